#!/usr/bin/env python3
"""CSV with --time spreadsheet in LibreOffice: times are times, numbers numbers, and equal those of the reports.

Usage: test_spreadsheet.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import datetime
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
SKIPPED = 77
REPORTS = ("captures", "capacity", "counters", "sessions")
UNITS = {report: dict(re.findall(r"^  (\w+) +(\S+)", tools.oaexport(PROGRAM, f"--describe={report}").stdout, re.MULTILINE)) for report in REPORTS}
# Comma, double quotes, UTF-8, from line 1, "Detect special numbers".
CSV_FILTER = "Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
TABLE, OFFICE_NS, TEXT = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("table", "office", "text"))
# LibreOffice writes times cut to hundredths of a second.
CLOSE = datetime.timedelta(milliseconds=10)


def cells_of(row):
    """Type and value of each cell of a row."""
    found = []
    for cell in row.findall(f"{TABLE}table-cell"):
        kind = cell.get(f"{OFFICE_NS}value-type")
        value = cell.get(f"{OFFICE_NS}date-value") or cell.get(f"{OFFICE_NS}value") or "\n".join("".join(text.itertext()) for text in cell.findall(f"{TEXT}p"))
        found += [(kind, value)] * min(int(cell.get(f"{TABLE}number-columns-repeated", 1)), 200)
    return found


class Spreadsheet(unittest.TestCase):
    """Reports opened by LibreOffice."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def read(self, *paths):
        """The sheets of CSV files: rows of types and values."""
        subprocess.run([OFFICE, f"-env:UserInstallation={(self.folder / 'profile').as_uri()}", "--headless", f"--infilter={CSV_FILTER}",
                        "--convert-to", "fods:OpenDocument Spreadsheet Flat XML", "--outdir", self.folder / "sheets", *paths], check=True, capture_output=True, timeout=240)
        trees = [xml.etree.ElementTree.parse(self.folder / "sheets" / f"{path.stem}.fods") for path in paths]
        return [[cells_of(row) for row in tree.getroot().iter(f"{TABLE}table-row")] for tree in trees]

    def check(self, report, row, cells):
        """A row of a report, and what became of it."""
        seen = 0
        for (column, text), (kind, value) in zip(row.items(), cells):
            unit = UNITS[report][column]
            if not text:
                self.assertIsNone(kind, column)
            elif unit == "time":
                self.assertEqual(kind, "date", (report, column, text))
                apart = datetime.datetime.fromisoformat(value[:23].ljust(23, "0") if "." in value else value) - datetime.datetime.fromisoformat(text)
                self.assertLess(abs(apart), CLOSE, (report, column, text))
                seen += 1
            elif unit not in ("text", "address", "uuid"):
                self.assertEqual((kind, float(value)), ("float", float(text)), (report, column))
        return seen

    def test_times(self):
        out = self.folder / "reports"
        tools.oaexport(PROGRAM, "-q", "--interval", "1", "--time", "spreadsheet", "-r", ",".join(REPORTS), "-o", out, tools.SIX_USERS)
        for report, (head, *lines) in zip(REPORTS, self.read(*(out / f"{report}.csv" for report in REPORTS))):
            rows = tools.rows((out / f"{report}.csv").read_text(encoding="utf-8"))
            self.assertEqual([name for _, name in head], list(rows[0]))
            self.assertGreaterEqual(len(lines), len(rows))
            for row, cells in zip(rows, lines):
                self.assertGreater(self.check(report, row, cells), 0, report)


if __name__ == "__main__":
    if not OFFICE:
        print("LibreOffice is not installed")
        sys.exit(SKIPPED)
    unittest.main()
