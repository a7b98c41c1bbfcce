#!/usr/bin/env python3
"""Runs the golden cases of CASES: a command over a capture prints what its golden file holds.

Usage: check_golden.py PLUGIN_HOME OAEXPORT [NAME ...]
       check_golden.py PLUGIN_HOME OAEXPORT --regenerate NAME ...

SPDX-License-Identifier: GPL-2.0-or-later
"""
import decimal
import difflib
import itertools
import re
import shlex
import sys

import tools

GOLDEN = tools.CAPTURES / "golden"
# Labels are the same at least so far.
LABEL = 200
SECONDS = {"milliseconds": "1e-3", "microseconds": "1e-6", "nanoseconds": "1e-9"}


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


def in_seconds(duration):
    """A duration of the text as seconds."""
    value = decimal.Decimal(duration[1]) * decimal.Decimal(SECONDS[duration[2]])
    return f"{value:.9f} seconds"


def comparable(text):
    """Lines without what Wireshark's versions print differently: since 4.4 a long label is marked as cut short, and so is cut earlier;
    since 4.6 frames are "packets", and short durations have smaller units."""
    for line in text.splitlines():
        line = re.sub(r"^(Frame \d+: )Packet, ", r"\1", line)
        if line.startswith(" "):
            line = re.sub(rf"([\d.]+) ({'|'.join(SECONDS)})\b", in_seconds, line)
            line = re.sub(r"\[\u2026\] | \[\u2026\]", "", line, count=1)[:LABEL]
        yield line


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
        expected, printed = (list(comparable(text)) for text in (golden.read_text(encoding="utf-8"), printed))
        if printed != expected:
            failed += 1
            diff = difflib.unified_diff(expected, printed, golden.name, name, lineterm="", n=1)
            print("\n".join(itertools.islice(diff, 40)))
    if failed:
        sys.exit(f"{failed} cases differ (check_golden.py PLUGIN_HOME OAEXPORT --regenerate NAME)")


if __name__ == "__main__":
    main()
