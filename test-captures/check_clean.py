#!/usr/bin/env python3
"""Undamaged captures in one pass of tshark: nothing is malformed, missing, trailing or left to the stock HTTP dissector, and there is no
dissector bug; made captures have correct checksums and no TCP anomalies. check_any_order.py looks for the same on later visits.

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
    """The labels of the fields and expert infos in tools.PROBLEMS."""
    text = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "fields"], tools.surroundings(home)).stdout
    named = dict(reversed(row) for row in re.findall(r"^F\t([^\t]*)\t([^\t]*)\t", text, re.MULTILINE))
    return [named[name] for name in tools.PROBLEMS]


def check(home, capture, words, *arguments):
    """The text of the capture contains none of the words."""
    text = tools.tshark(home, capture, "-V", *arguments)
    tools.same(f"{capture.name} {arguments}", [word for word in words if word in text], [])


def main():
    """Every capture with keys and password, and a sealed one without the password."""
    home = sys.argv[1]
    words = [*WORDS, *labels(home)]
    captures = tools.undamaged()
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
