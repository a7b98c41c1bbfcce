#!/usr/bin/env python3
"""Undamaged captures in one pass of tshark: nothing is malformed, missing, left over or left to stock HTTP, and no dissector has a bug;
in made captures stock TCP has nothing to remark, but what was cut away on purpose. check_any_order.py looks for the same on later visits.

Usage: check_clean.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys
import tempfile

import tools

CHECKSUMS = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
WORDS = ("Malformed", "Dissector bug", "Continuation", "Long frame", "Short frame", "\nData (")
TCP_WORDS = ("[TCP Analysis Flags]", "Checksum Status: Bad", "Header checksum status: Bad")


def labels(home):
    """What the fields and expert infos of tools.PROBLEMS are called in the tree."""
    text = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "fields"], tools.surroundings(home)).stdout
    named = dict(reversed(row) for row in re.findall(r"^F\t([^\t]*)\t([^\t]*)\t", text, re.MULTILINE))
    return [named[name] for name in tools.PROBLEMS]


def check(home, capture, words, *arguments):
    """None of the words is in the text of the capture."""
    text = tools.tshark(home, capture, "-V", *arguments)
    tools.same(f"{capture.name} {arguments}", [word for word in words if word in text], [])


def main():
    """Every capture, opened with keys and password; one that the password opens without it too."""
    home = sys.argv[1]
    words = [*WORDS, *labels(home)]
    captures = tools.of_outlook_anywhere()
    with tempfile.TemporaryDirectory() as folder:
        for capture in captures:
            if capture.parent == tools.MADE:
                check(home, capture, [*words, *TCP_WORDS], *tools.PASSWORD, *CHECKSUMS)
            else:
                check(home, tools.with_keys(capture, folder), words, *tools.PASSWORD)
    check(home, tools.REAL / "privacy.pcapng", words)
    print(f"{len(captures)} captures without {', '.join(map(str.strip, words))}")


if __name__ == "__main__":
    main()
