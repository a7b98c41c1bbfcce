#!/usr/bin/env python3
"""Runs the golden cases of CASES: a command over a capture prints what its golden file holds.

Usage: check_golden.py PLUGIN_HOME OAEXPORT [NAME ...]
       check_golden.py PLUGIN_HOME OAEXPORT --regenerate NAME ...

SPDX-License-Identifier: GPL-2.0-or-later
"""
import difflib
import itertools
import shlex
import sys

import tools

GOLDEN = tools.CAPTURES / "golden"


def cases():
    """Name, capture, golden file and command of each case."""
    for line in (tools.CAPTURES / "CASES").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, capture, golden, command = line.split(maxsplit=3)
            yield name, tools.CAPTURES / capture, GOLDEN / golden, shlex.split(command)


def output(home, program, capture, command):
    """What the case prints."""
    if command[0] == "tshark":
        return tools.tshark(home, capture, *command[1:])
    if command[0] == "oaexport":
        return tools.oaexport(program, *command[1:], capture).stdout
    raise AssertionError(f"neither tshark nor oaexport: {command}")


def main():
    """Compares every case, or those named."""
    home, program, *names = sys.argv[1:]
    regenerate = names[:1] == ["--regenerate"]
    names = names[1:] if regenerate else names
    known = list(cases())
    unknown = set(names) - {case[0] for case in known}
    unused = {path.name for path in GOLDEN.iterdir()} - {case[2].name for case in known}
    if unknown or unused or (regenerate and not names):
        sys.exit(f"cases that are not in CASES: {sorted(unknown)}; golden files without a case: {sorted(unused)}")
    failed = 0
    for name, capture, golden, command in known:
        if names and name not in names:
            continue
        printed = output(home, program, capture, command)
        if not printed:
            sys.exit(f"{name}: nothing printed")
        if regenerate:
            golden.write_text(printed, encoding="utf-8", newline="")
            continue
        expected = golden.read_text(encoding="utf-8")
        if printed != expected:
            failed += 1
            diff = difflib.unified_diff(expected.splitlines(), printed.splitlines(), golden.name, name, lineterm="", n=1)
            print("\n".join(itertools.islice(diff, 40)))
    if failed:
        sys.exit(f"{failed} cases differ (check_golden.py PLUGIN_HOME OAEXPORT --regenerate NAME)")


if __name__ == "__main__":
    main()
