"""Runs tshark with the plugins of a build tree, and oaexport, always in the same surroundings.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import io
import os
import pathlib
import subprocess
import tempfile

CAPTURES = pathlib.Path(__file__).resolve().parent


def of_outlook_anywhere():
    """The captures the plugins are for, without those of ordinary HTTP."""
    return sorted(path for path in CAPTURES.glob("**/*.pcap*") if path.parent.name != "ordinary")


def surroundings(home):
    """The environment of a run: nothing of the user's own settings, a fixed locale and time zone."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "XDG_CONFIG_HOME": str(pathlib.Path(home) / ".config"), "WIRESHARK_RUN_FROM_BUILD_DIRECTORY": ""}


def as_ordinary_user():
    """Wireshark programs started as root do not load the plugins of a home folder."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


def run(command, env, check=True, **more):
    """Runs a command and returns it with its output as text."""
    result = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", errors="replace",
                            timeout=300, **more)
    if check and (result.returncode or result.stderr):
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stderr[-2000:]}")
    return result


def tshark_result(home, capture, *arguments, check=True):
    """A run of tshark over the capture, which is copied to where an ordinary user may read it."""
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
    """A run of tshark -T fields; several values of one field in a frame are joined by semicolons."""
    wanted = [part for name in names for part in ("-e", name)]
    return tshark_result(home, capture, "-T", "fields", "-E", "aggregator=;", *wanted, *arguments, check=check)


def as_numbers(cell):
    """Wireshark 4.0 prints booleans as 1 and 0, later versions as True and False."""
    return ";".join({"True": "1", "False": "0"}.get(value, value) for value in cell.split(";"))


def fields(home, capture, names, *arguments):
    """Rows of field values, one for each frame; booleans are 1 and 0."""
    return [[as_numbers(cell) for cell in line.split("\t")]
            for line in fields_result(home, capture, names, *arguments, check=True).stdout.splitlines()]


def secrets(capture):
    """Options with which editcap puts the key log beside a capture into its copy."""
    keys = capture.with_suffix(".keys")
    return ["--inject-secrets", f"tls,{keys}"] if keys.exists() else []


def with_keys(capture, folder):
    """The capture, or a copy in the folder that holds its keys."""
    if not secrets(capture):
        return capture
    copy = pathlib.Path(folder) / f"keys_{capture.name}"
    subprocess.run(["editcap", *secrets(capture), str(capture), str(copy)], check=True, capture_output=True)
    return copy


def oaexport(program, *arguments, check=True, **more):
    """A run of oaexport."""
    return run([program, *map(str, arguments)], surroundings("/nonexistent"), check, **more)


def rows(text):
    """The rows of a CSV, as dictionaries."""
    return list(csv.DictReader(io.StringIO(text)))


def report(program, name, *captures):
    """The rows of one report, as dictionaries."""
    return rows(oaexport(program, "--reports", name, *captures).stdout)
