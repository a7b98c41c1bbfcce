#!/usr/bin/env python3
"""Each filter in the tables of a page finds as many frames, in the window, as its row says.

Usage: check_filter_tables.py PLUGIN_HOME PAGE

A table of filters begins with "| type |"; PAGE is a file of the project.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys

import tools

TABLE = re.compile(r"^\| type \|.*\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE)
ROW = re.compile(r"^\| `(?P<filter>[^`]+)` \| [^|]+ \| (?P<capture>\S+) \| (?P<frames>\d+) \|$")


def main():
    """Every row of the tables."""
    page = (tools.CAPTURES.parent / sys.argv[2]).read_text(encoding="utf-8")
    lines = "".join(TABLE.findall(page)).splitlines()
    if not lines:
        raise AssertionError(f"{sys.argv[2]} has no table of filters")
    for line in lines:
        row = ROW.match(line)
        if not row:
            raise AssertionError(f"not a row of a table of filters: {line}")
        text = row["filter"].replace("\\|", "|")
        found = tools.tshark(sys.argv[1], tools.CAPTURES / f"{row['capture']}.pcapng", "-2", "-Y", text).splitlines()
        tools.same(text, len(found), int(row["frames"]))
        if not found:
            raise AssertionError(f"{text} finds nothing")
    print(f"{len(lines)} filters")


if __name__ == "__main__":
    main()
