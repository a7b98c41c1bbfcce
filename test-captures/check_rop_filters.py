#!/usr/bin/env python3
"""Each filter in plugins/doc/ROPS.md finds as many frames as its table says.

Usage: check_rop_filters.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys

import tools

ROW = re.compile(r"^\| `(?P<filter>[^`]+)` \| [^|]+ \| (?P<capture>\S+) \| (?P<frames>\d+) \|$", re.MULTILINE)


def main():
    """Every row of the table."""
    page = (tools.CAPTURES.parent / "plugins" / "doc" / "ROPS.md").read_text(encoding="utf-8")
    rows = list(ROW.finditer(page))
    tools.same("rows", len(rows), page.count("\n| `"))
    for row in rows:
        found = tools.tshark(sys.argv[1], tools.CAPTURES / f"{row['capture']}.pcapng", "-2", "-Y", row["filter"]).splitlines()
        tools.same(row["filter"], len(found), int(row["frames"]))
        if not found:
            raise AssertionError(f"{row['filter']} finds nothing")
    print(f"{len(rows)} filters")


if __name__ == "__main__":
    main()
