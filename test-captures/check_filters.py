#!/usr/bin/env python3
"""Each filter in FILTERS finds as many frames of its capture as its row says.

Usage: check_filters.py PLUGIN_HOME [--update]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys
import tempfile

import tools

FILTERS = tools.CAPTURES / "FILTERS"
ROW = re.compile(r"(?P<capture>[a-z]+/\S+) +(?P<frames>\d+) (?P<filter>.+?)(?P<question> # .*)?$")


def frames_of(home, row):
    """How many frames the filter finds, in two passes."""
    with tempfile.TemporaryDirectory() as folder:
        return len(tools.tshark(home, tools.with_keys(tools.CAPTURES / row["capture"], folder), "-2", "-Y", row["filter"],
                                "-T", "fields", "-e", "frame.number").splitlines())


def main():
    """All rows; with --update, the numbers are rewritten."""
    lines, wrong = [], []
    for line in FILTERS.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row:
            found = frames_of(sys.argv[1], row)
            if found != int(row["frames"]):
                wrong.append(f"{row['capture']}: {row['filter']}: {found} frames, not {row['frames']}")
            line = f"{row['capture']:<26}{found:>3} {row['filter']}{row['question'] or ''}"
        lines.append(line)
    if "--update" in sys.argv:
        FILTERS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
