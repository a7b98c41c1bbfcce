#!/usr/bin/env python3
"""Program and documents agree: options and exit codes in the manual page, columns in REPORTS.txt.

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
    """Compares, or with --update rewrites the list of columns."""
    program = sys.argv[1]
    described = output(program, "--describe")
    if "--update" in sys.argv:
        COLUMNS.write_text(described, encoding="utf-8")
    manual = (EXPORTER / "doc" / "oaexport.1").read_text(encoding="utf-8")
    helped = output(program, "--help")

    errors = []
    if COLUMNS.read_text(encoding="utf-8") != described:
        errors.append("doc/REPORTS.txt is not what --describe prints (test_docs.py OAEXPORT --update)")
    # Of each option: its letter, its name, whether it has an argument, or may have one. The synopsis and the text have no others.
    options = set(re.findall(r"^  (?:-(\w), |    )--([a-z-]+)(?![a-z-])(\[=| (?=\S))?", helped, re.MULTILINE))
    in_manual = {(letter, name, {"": "", "Ns Op =": "[="}.get(kind, " ")) for letter, name, kind in
                 re.findall(r"^\.It Fl (?:(\w) , Fl )?Fl ([a-z-]+) ?(Ns Op =|Ar|)", manual, re.MULTILINE)}
    if options != in_manual:
        errors.append(f"options only in one of --help and the manual page: {sorted(options ^ in_manual)}")
    named = set(re.findall(r"Fl Fl ([a-z-]+)", manual)) ^ {name for _, name, _ in options}
    if named:
        errors.append(f"options that the manual page names without describing them: {sorted(named)}")
    header = (EXPORTER / "exit_codes.h").read_text(encoding="utf-8")
    codes = dict(re.findall(r"EXIT_\w+ =\s*(\d+), +/\* (.*) \*/", header))
    documented = dict(re.findall(r"\.It (\d+)\n(.*)\.\n", manual))
    if len(codes) < 5 or {code: text[0].upper() + text[1:] for code, text in codes.items()} != documented:
        errors.append(f"exit codes differ: {codes} {documented}")
    for code in codes:
        if not re.search(rf"\b{code} \w", helped.split("Exit status")[1]):
            errors.append(f"--help does not list exit code {code}")
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
