#!/usr/bin/env python3
"""Two tables of plugins/doc/GUIDE.md against what they are about.

Usage: check_guide_tables.py PLUGIN_HOME OAEXPORT [--update]

Findings: each code of findings.def in its order, with its severity and meaning, an advice, and a capture with such a finding or a dash.
Differences: what stock Wireshark and the plugins show of frames. The column of stock Wireshark is that of STOCK_VERSION.
With --update the parts that follow from the code are written again; a code without a row gets one without advice, which fails.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys

import tools

TOP = tools.CAPTURES.parent
GUIDE = TOP / "plugins" / "doc" / "GUIDE.md"
FINDINGS = TOP / "plugins" / "decode" / "base" / "findings.def"
FINDING = re.compile(r'^OA_FINDING\(\w+, "(?P<code>\w+)", (?P<severity>[A-Z]+), "(?P<meaning>[^"]+)"\)$', re.MULTILINE)
STOCK_VERSION = "4.0"
# Protocol and Info of a frame up to here.
SHOWN = 60


class Table:
    """A table of the page, by the names in its head line."""

    def __init__(self, page, head):
        found = re.search(rf"^\| {re.escape(' | '.join(head))} \|\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", page, re.MULTILINE)
        if not found:
            raise AssertionError(f"no table with the columns {', '.join(head)}")
        self.head, self.span, self.text = head, found.span("rows"), found["rows"]
        self.rows = [dict(zip(head, re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))))
                     for line in found["rows"].splitlines()]

    def written(self, rows):
        """The lines of these rows."""
        return "".join(f"| {' | '.join(row[name] for name in self.head)} |\n" for row in rows)


def findings(page, program):
    """The table of findings, and its rows as findings.def has them."""
    table = Table(page, ("code", "severity", "what it means", "what to look at", "shown in"))
    known = {row["code"].strip("`"): row for row in table.rows}
    rows = []
    for finding in FINDING.finditer(FINDINGS.read_text(encoding="utf-8")):
        row = known.get(finding["code"], {"what to look at": "", "shown in": "-"})
        rows.append({**row, "code": f"`{finding['code']}`", "severity": finding["severity"].lower(), "what it means": finding["meaning"]})
        if not row["what to look at"]:
            raise AssertionError(f"{finding['code']}: no advice")
    for capture in {row["shown in"] for row in rows} - {"-"}:
        path = next((path for path in tools.CAPTURES.glob(f"{capture}.pcap*")), None)
        printed = tools.oaexport(program, "--reports", "findings", path, check=False).stdout  # also of TLS without keys, which has no sessions
        codes = {row["code"] for row in tools.rows(printed)}
        told = {row["code"].strip("`") for row in rows if row["shown in"] == capture}
        if not told <= codes:
            raise AssertionError(f"{capture} has no {', '.join(sorted(told - codes))}")
    return table, rows


def shown(home, row):
    """Protocol and Info of the row's frame."""
    capture = next(tools.CAPTURES.glob(f"{row['capture']}.pcap*"))
    cells, = tools.fields(home, capture, ["_ws.col.Protocol", "_ws.col.Info"], "-2", "-Y", f"frame.number == {row['frame']}")
    text = ": ".join(part.strip() for part in cells)
    text = text if len(text) <= SHOWN else text[:SHOWN].rsplit(" ", 1)[0] + " \u2026"
    return f"`{text}`".replace("|", "\\|")


def differences(page, home):
    """The table of differences, and its rows as the two print them."""
    table = Table(page, ("capture", "frame", "stock Wireshark", "with the plugins", "why"))
    version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout
    is_same = re.match(rf"TShark \(Wireshark\) {re.escape(STOCK_VERSION)}\.", version)
    rows = [{**row, "with the plugins": shown(home, row), **({"stock Wireshark": shown(tools.STOCK, row)} if is_same else {})} for row in table.rows]
    for row in rows:
        if row["stock Wireshark"] == row["with the plugins"]:
            raise AssertionError(f"no difference in frame {row['frame']} of {row['capture']}")
    return table, rows


def main():
    """Compares, or with --update rewrites the tables."""
    home, program = sys.argv[1:3]
    page = GUIDE.read_text(encoding="utf-8")
    made = page
    for table, rows in (findings(page, program), differences(page, home)):
        made = made.replace(table.text, table.written(rows))
        if "--update" not in sys.argv:
            tools.same(f"{GUIDE.name} ({pathlib.Path(sys.argv[0]).name} PLUGIN_HOME OAEXPORT --update)", table.written(rows).splitlines(), table.text.splitlines())
    if "--update" in sys.argv:
        GUIDE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
