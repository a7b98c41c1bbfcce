#!/usr/bin/env python3
"""Golden cases: the command of a row in CASES prints the contents of its golden file. tshark is given the keys beside a capture.

Usage: check_golden.py BUILD NAME ...
       check_golden.py BUILD --regenerate NAME ...
BUILD is a build folder such as build/dev.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import decimal
import difflib
import itertools
import pathlib
import re
import shlex
import sys
import tempfile

import tools

GOLDEN = tools.CAPTURES / "golden"
# Labels are compared up to here.
LABEL = 200
# So many digits of bytes every version shows.
DIGITS = 72
SECONDS = {"milliseconds": "1e-3", "microseconds": "1e-6", "nanoseconds": "1e-9"}


def cases():
    """Capture, golden file and command of each case, by name."""
    found = {}
    for line in (tools.CAPTURES / "CASES").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, capture, golden, command = line.split(maxsplit=3)
            found[name] = tools.CAPTURES / capture, GOLDEN / golden, shlex.split(command)
    return found


def output(build, capture, command):
    """What the case prints."""
    program, *arguments = command
    if program == "tshark":
        with tempfile.TemporaryDirectory() as folder:
            return tools.tshark(build / "home", tools.with_keys(capture, folder), *arguments)
    if program == "oaexport":
        return tools.oaexport(build / "exporter" / "oaexport", *arguments, capture).stdout
    raise AssertionError(f"neither tshark nor oaexport: {command}")


def in_seconds(duration):
    """A duration of the text as seconds."""
    value = decimal.Decimal(duration[1]) * decimal.Decimal(SECONDS[duration[2]])
    return f"{value:.9f} seconds"


def comparable(text):
    """Lines without the differences between Wireshark versions: since 4.4 truncated labels are marked and therefore shorter, and more
    bytes are shown; since 4.6 frames are "packets", short durations have smaller units, booleans are words, and the protocol hierarchy
    begins with the frame."""
    above = ""
    for line in text.splitlines():
        if level := re.fullmatch(r"( *)(\w+) +(frames:\d+ bytes:\d+)", line):
            above = "  " if level[2] == "frame" else above
            if level[2] != "frame":
                yield f"{level[1].removeprefix(above)}{level[2]} {level[3]}"
            continue
        line = re.sub(r"^(Frame \d+: )Packet, ", r"\1", line)
        if line.startswith(" "):
            line = re.sub(rf"([\d.]+) ({'|'.join(SECONDS)})\b", in_seconds, line)
            line = re.sub(rf"\b([0-9a-f]{{{DIGITS}}})[0-9a-f]*\u2026?", r"\1", line)
            line = re.sub(r"\[\u2026\] | \[\u2026\]", "", line, count=1)[:LABEL]
        elif "\t" in line:
            line = "\t".join(map(tools.as_numbers, line.split("\t")))
        yield line


def compare(name, golden, printed):
    """The first lines that differ, or an empty text."""
    expected, printed = (list(comparable(text)) for text in (golden.read_text(encoding="utf-8"), printed))
    return "\n".join(itertools.islice(difflib.unified_diff(expected, printed, golden.name, name, lineterm="", n=1), 40))


def main():
    """The cases named."""
    build, *names = sys.argv[1:]
    regenerate = names[:1] == ["--regenerate"]
    names = names[1:] if regenerate else names
    known = cases()
    if not names or not set(names) <= set(known):
        sys.exit(f"name one or more of {', '.join(known)}")
    differing = []
    for name in names:
        capture, golden, command = known[name]
        printed = output(pathlib.Path(build).absolute(), capture, command)
        if not printed:
            sys.exit(f"{name}: nothing printed")
        if regenerate:
            golden.write_text(printed, encoding="utf-8", newline="")
        elif difference := compare(name, golden, printed):
            differing.append(name)
            print(difference)
    if differing:
        sys.exit(f"differs: {' '.join(differing)} (check_golden.py {build} --regenerate NAME)")


if __name__ == "__main__":
    main()
