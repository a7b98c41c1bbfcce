#!/usr/bin/env python3
"""What bash completes on a command line of oaexport, by the script that it prints; zsh reads its own without complaint.

Usage: test_completion.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "test-captures"))
import tools  # noqa: E402

# As readline splits it: the words, the last one unfinished. FILES: left to readline, which completes file names; NOTHING: not even these.
FILES, NOTHING = object(), object()
CASES = (
    (("--for",), ["--format"]),
    (("--format", ""), ["csv", "json", "sqlite"]),
    (("--format", "="), ["csv", "json", "sqlite"]),
    (("--format", "=", "s"), ["sqlite"]),
    (("--time", "sp"), ["spreadsheet"]),
    (("--period", "w"), ["week"]),
    (("--user-key", "d"), ["dn"]),
    (("--completion", ""), ["bash", "zsh"]),
    (("-r", "cal"), ["calls"]),
    (("--reports", "calls,us"), ["calls,users"]),
    (("--reports", "=", "calls,sess"), ["calls,sessions"]),
    (("--describe", "=", "hop"), ["hops"]),
    (("-q", "--describe", "hop"), ["hops"]),
    (("-o", ""), FILES),
    (("--output", "day"), FILES),
    (("--anonymize", "="), FILES),
    (("--interval", ""), NOTHING),
    (("--domain-map", "="), NOTHING),
    (("com",), ["compare"]),
    (("",), ["compare", "day 1.pcapng", "merge", "page"]),
    (("day",), ["day 1.pcapng"]),
    (("-q", "day"), FILES),
    (("compare", ""), FILES),
)
COMPLETE = r"""
source "$1"
compopt() { printf 'option %s\n' "$*"; }
shift
COMP_WORDS=(oaexport "$@")
COMP_CWORD=$#
_oaexport
printf '%s\n' "${COMPREPLY[@]}"
"""


def completed(script, folder, words):
    """What bash offers for the last word."""
    output = subprocess.run(["bash", "--norc", "-euo", "pipefail", "-c", COMPLETE, "bash", script, *words], check=True, capture_output=True,
                            text=True, cwd=folder).stdout.splitlines()
    found = sorted(line for line in output if line and not line.startswith("option "))
    return found or (NOTHING if "option +o default" in output else FILES)


def main():
    """Compares each case; every option of --help is offered."""
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "files").mkdir()
        (folder / "files" / "day 1.pcapng").touch()
        for shell in ("bash", "zsh"):
            (folder / shell).write_text(tools.oaexport(program, "--completion", shell).stdout, encoding="utf-8")
        script = str(folder / "bash")
        for words, expected in CASES:
            tools.same(f"completion of {words}", completed(script, folder / "files", words), expected)
        offered = completed(script, folder / "files", ("--",))
        listed = re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", tools.oaexport(program, "--help").stdout, re.MULTILINE)
        tools.same("options", offered, sorted(listed))
        in_zsh = set(re.findall(r"(?:\*|')?(--[a-z-]+)[=-]*\[", (folder / "zsh").read_text(encoding="utf-8").replace("{", "{\n").replace(",", "\n")))
        in_zsh |= set(re.findall(r",(--[a-z-]+)=?\}", (folder / "zsh").read_text(encoding="utf-8")))
        tools.same("options in zsh", sorted(in_zsh), sorted(listed))
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-f", "-n", str(folder / "zsh")], check=True)
    print(f"{len(CASES)} command lines, {len(listed)} options")


if __name__ == "__main__":
    main()
