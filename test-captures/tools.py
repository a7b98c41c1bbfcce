"""Shared by the checks: captures and their truth, comparisons, and runs of oaexport and of tshark with the plugins of a build tree.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile

CAPTURES = pathlib.Path(__file__).resolve().parent
REAL, MADE = CAPTURES / "real", CAPTURES / "made"
# Six users at once: for numbers, too long for what is done with every capture.
SIX_USERS = CAPTURES / "load" / "multi.pcapng.gz"
# A HOME without plugins, for stock Wireshark.
STOCK = "/nonexistent"
PASSES = ([], ["-2"])
# Decrypts what NTLM sealed in the recorded captures.
PASSWORD = ["-o", "ntlmssp.nt_password:Seed-Lab-1"]
# oaexport's exit code when the captures contain nothing to report.
NOTHING_FOUND = 5
# What the exchange plugin adds when bytes are missing, trailing or undecoded.
PROBLEMS = ("exchange.trailing", "exchange.undecoded", "exchange.short", "exchange.limit", "exchange.unknown")


def of_outlook_anywhere(part=None):
    """Captures with traffic of Outlook and Exchange: all, those in made/ ("made"), or the "others". Those of tls/ have tests of their own."""
    return sorted(path for path in CAPTURES.glob("**/*.pcap*") if path.parent.name not in ("ordinary", "load", "tls")
                  and part in (None, "made" if path.parent == MADE else "others"))


def undamaged(part=None):
    """The same, without those in hostile/, and those of other programs, whose calls to other services stock dissectors do not always read."""
    return [path for path in of_outlook_anywhere(part) if path.parent.name not in ("hostile", "clients") and not path.stem.startswith("wine")]


def truth(capture):
    """The sidecar of a made capture, given by path or name: what the script that wrote it knows."""
    return json.loads((MADE / capture).with_suffix(".json").read_text(encoding="utf-8"))


def log(capture):
    """The entries of the client's log for a recorded capture."""
    return [json.loads(line) for line in pathlib.Path(capture).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]


def difference(found, expected):
    """The first differences between two values."""
    if isinstance(found, collections.Counter):
        return [sorted((one - other).items())[:5] for one, other in ((found, expected), (expected, found))]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return next([one, other] for one, other in zip(found, expected) if one != other)
    return found, expected


def same(what, found, expected):
    """Raises AssertionError with the differences unless the values are equal."""
    if found != expected:
        found, expected = difference(found, expected)
        raise AssertionError(f"{what}:\n  found    {found}\n  expected {expected}")


def surroundings(home):
    """The environment of a run: no user settings, fixed locale and time zone. Told that it runs from a build folder, Wireshark skips its
    own plugins and its tables of vendors and ports, which take a third of its start. G_SLICE is for the thread sanitizer, which does not see
    how GLib hands memory from thread to thread."""
    return {**{name: os.environ[name] for name in ("G_SLICE",) if name in os.environ}, "PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "XDG_CONFIG_HOME": str(pathlib.Path(home) / ".config"), "WIRESHARK_RUN_FROM_BUILD_DIRECTORY": ""}


def as_ordinary_user():
    """Prefix of a command: Wireshark programs started as root do not load plugins from a home folder."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


def run(command, env, check=True, **more):
    """Runs a command; the result has its output as text. With check, any error or message on standard error raises."""
    result = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", errors="replace",
                            timeout=300, **more)
    if check and (result.returncode or result.stderr):
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stderr[-2000:]}")
    return result


def tshark_result(home, capture, *arguments, check=True):
    """Runs tshark on a copy of the capture that any user may read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = pathlib.Path(folder) / "capture"
        copy.write_bytes(pathlib.Path(capture).read_bytes())
        copy.chmod(0o644)
        return run([*as_ordinary_user(), "tshark", "-r", str(copy), *arguments], surroundings(home), check)


def tshark(home, capture, *arguments, check=True):
    """tshark's standard output for the capture."""
    return tshark_result(home, capture, *arguments, check=check).stdout


def fields_result(home, capture, names, *arguments, check=False):
    """Runs tshark -T fields; values of a field that occurs several times in a frame are separated by semicolons."""
    wanted = [part for name in names for part in ("-e", name)]
    return tshark_result(home, capture, "-T", "fields", "-E", "aggregator=;", *wanted, *arguments, check=check)


def as_numbers(cell):
    """Wireshark 4.0 prints booleans as 1 and 0 and a backslash as it is, later versions True and False, and two backslashes."""
    return ";".join({"True": "1", "False": "0"}.get(value, value) for value in cell.replace("\\\\", "\\").split(";"))


def fields(home, capture, names, *arguments):
    """Rows of field values, one per frame; booleans are 1 and 0."""
    return [[as_numbers(cell) for cell in line.split("\t")]
            for line in fields_result(home, capture, names, *arguments, check=True).stdout.splitlines()]


def named_fields(home, capture, names, *arguments):
    """The same rows as dictionaries."""
    return [dict(zip(names, row)) for row in fields(home, capture, names, *arguments)]


def without_findings(lines):
    """The lines without the findings that are shown with a frame, not with one of our PDUs."""
    kept, inside = [], False
    for line in lines:
        inside = line == "[RPC over HTTP, findings]" or inside and line.startswith(" ")
        if not inside:
            kept.append(line)
    return kept


def secrets(capture):
    """editcap options that insert the key log beside a capture."""
    keys = capture.with_suffix(".keys")
    return ["--inject-secrets", f"tls,{keys}"] if keys.exists() else []


def with_keys(capture, folder):
    """The capture, or a copy in the folder that includes its keys."""
    if not secrets(capture):
        return capture
    copy = pathlib.Path(folder) / f"keys_{capture.name}"
    subprocess.run(["editcap", *secrets(capture), str(capture), str(copy)], check=True, capture_output=True)
    return copy


def oaexport(program, *arguments, check=True, **more):
    """Runs oaexport."""
    return run([program, *map(str, arguments)], surroundings("/nonexistent"), check, **more)


def rows(text):
    """The rows of a CSV, as dictionaries."""
    return list(csv.DictReader(io.StringIO(text)))


def report(program, name, *captures):
    """The rows of one report, as dictionaries."""
    return rows(oaexport(program, "--reports", name, *captures).stdout)


def reports(program, names, *captures, code=0):
    """Rows of several reports from one run, by report name; the run must end with that exit code."""
    with tempfile.TemporaryDirectory() as folder:
        result = oaexport(program, "--quiet", "--reports", ",".join(names), "-o", folder, *captures, check=False)
        same(f"exit code {result.stderr}", result.returncode, code)
        return {name: rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in names}


def read_stubs(dump, stubs):
    """The (name, text) values that the decoder finds in stubs and bodies, given as (interface, operation, direction, encoding, bytes).
    Every byte must be decoded exactly once."""
    lines = "".join(f"{' '.join(map(str, about))} {data.hex()}\n" for *about, data in stubs)
    output = subprocess.run([dump], input=lines, check=True, capture_output=True, text=True).stdout
    found = [[]]
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        if name == "end":
            same(f"end of {stubs[len(found) - 1]}", value, "0 0")
            found.append([])
        else:
            found[-1].append((name, value))
    same("stubs read", len(found) - 1, len(stubs))
    return found[:-1]
