#!/usr/bin/env python3
"""What stands twice is the same: options and exit codes in the program and its manual page, columns and their list.

Usage: test_docs.py OAEXPORT [--update]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys

EXPORTER = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = EXPORTER / "doc" / "REPORTS.txt"


def output(*command):
    """Standard output of a command."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    """Compares; with --update writes the list of columns anew."""
    program = sys.argv[1]
    described = output(program, "--describe")
    if "--update" in sys.argv:
        COLUMNS.write_text(described, encoding="utf-8")
    manual = (EXPORTER / "doc" / "oaexport.1").read_text(encoding="utf-8")
    helped = output(program, "--help")

    errors = []
    if COLUMNS.read_text(encoding="utf-8") != described:
        errors.append("doc/REPORTS.txt is not what --describe prints (test_docs.py OAEXPORT --update)")
    options = set(re.findall(r"--([a-z-]+)", helped.split("Exit status")[0]))
    in_manual = set(re.findall(r"Fl Fl ([a-z-]+)", manual))
    if options != in_manual:
        errors.append(f"options only in one of --help and the manual page: {sorted(options ^ in_manual)}")
    header = (EXPORTER / "exit_codes.h").read_text(encoding="utf-8")
    codes = dict(re.findall(r"EXIT_\w+ =\s*(\d+), +/\* (.*) \*/", header))
    told = dict(re.findall(r"\.It (\d+)\n(.*)\.\n", manual))
    if len(codes) < 5 or {code: text[0].upper() + text[1:] for code, text in codes.items()} != told:
        errors.append(f"exit codes differ: {codes} {told}")
    for code in codes:
        if not re.search(rf"\b{code} \w", helped.split("Exit status")[1]):
            errors.append(f"--help does not tell exit code {code}")
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
