#!/usr/bin/env python3
"""report.html in headless Chromium: it asks for nothing, has nothing to complain of, and shows the figures of the CSV files.

Usage: test_page_browser.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(pathlib.Path(__file__).resolve().parent)]
import made_reports  # noqa: E402
import page_data  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SKIPPED = 77
# Hosts that the browser asks of its own accord.
ITS_OWN = re.compile(r"https?://[a-z0-9.-]+\.(google|googleapis|gvt1)\.com(:\d+)?/")
PARTS = ["Summary", "Concurrency", "Calls and bytes", "Latency", "Capacity", "Users", "Operations", "Hops", "Findings"]
CHARTS = ["coverage", "hops_diagram", "concurrency_over_time", "calls_per_second", "wire_bytes_in_per_second", "wire_bytes_out_per_second", "latency_over_time"]


class Dom(html.parser.HTMLParser):
    """What a test looks at: tables, texts by id, links of CSV, headings, and what lacks a name."""

    VOID = ("meta", "link", "input", "br", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tables, self.links, self.heads, self.faults, self.root = [], {}, {}, {}, [], [], {}
        self.rows = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "html":
            self.root = attrs
        if tag == "table" and "id" in attrs:
            self.rows = self.tables.setdefault(attrs["id"], [])
        if tag == "tr" and self.rows is not None:
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append([attrs.get("data-value"), ""])
        if tag == "a" and "download" in attrs:
            self.links[attrs["download"].removesuffix(".csv")] = urllib.parse.unquote(attrs["href"].partition(",")[2])
        if attrs.get("role") == "img" and not attrs.get("aria-label"):
            self.faults.append((tag, attrs))
        if tag == "th" and attrs.get("scope") not in ("col", "row"):
            self.faults.append((tag, attrs))
        if tag not in self.VOID:
            self.open.append((tag, attrs.get("id")))

    def handle_data(self, data):
        for tag, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data
            if tag == "h2" and (not self.heads or self.heads[-1] != data):
                self.heads.append(data)
        if self.rows and self.rows[-1] and any(tag in ("td", "th") for tag, _ in self.open):
            self.rows[-1][-1][1] += data

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        while self.open and self.open[-1][0] != tag:
            self.open.pop()
        if self.open:
            self.open.pop()
        if tag == "table":
            self.rows = None


class Browser(unittest.TestCase):
    """Pages of captures and of a made company."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_chromium(self, page, *arguments):
        """Standard output and error of the browser with a page."""
        own = ["--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run", "--enable-logging=stderr", "--virtual-time-budget=10000",
               "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self.folder / 'profile'}", *(["--no-sandbox"] if os.getuid() == 0 else [])]
        result = subprocess.run([CHROMIUM, *own, *arguments, page.as_uri()], capture_output=True, text=True, timeout=240, check=True)
        return result.stdout, result.stderr

    def load(self, page, is_clean=True):
        """The document after its scripts have run; without a complaint or a request, unless told otherwise."""
        log = self.folder / "net.json"
        text, errors = self.run_chromium(page, f"--log-net-log={log}", "--dump-dom")
        complaints = [line for line in errors.splitlines() if "CONSOLE" in line]
        requests = [url for url in re.findall(r'"url":"(https?:[^"]*)"', log.read_text(encoding="utf-8")) if not ITS_OWN.match(url)]
        if not is_clean:
            return complaints
        self.assertEqual((complaints, requests), ([], []))
        dom = Dom(text)
        self.assertEqual(dom.root.get("data-ready"), "yes")
        self.assertEqual(dom.faults, [])
        return dom

    def export(self, *arguments):
        """A page from a capture."""
        tools.oaexport(PROGRAM, "--quiet", "--html", "--interval", "1", "-o", self.folder / "reports", *arguments, check=False)
        return self.folder / "reports" / "report.html"

    def rows(self, name):
        """Rows of a report."""
        return page_data.rows(self.folder / "reports", name)

    def check_table(self, dom, table, rows, column, expected):
        """The values of a numeric column, in any order."""
        at = [cell[1] for cell in dom.tables[table][0]].index(column)
        found = sorted(float(row[at][0]) for row in dom.tables[table][1:] if row[at][0] is not None)
        self.assertEqual(found, sorted(float(row[expected]) for row in rows if row[expected]), (table, column))

    def check_stack(self, dom):
        """Bytes by service are those of the calls, and the line is that of the counters."""
        grid = page_data.data_of(self.folder / "reports" / "report.html")["grid"]
        for chart, of_calls, wire in (("wire_bytes_in_per_second", "request_pdu_bytes", "wire_bytes_in"), ("wire_bytes_out_per_second", "response_pdu_bytes", "wire_bytes_out")):
            head, *lines = [line.split(",") for line in dom.links[chart].splitlines()]
            totals = {name: sum(float(line[at] or 0) * covered for line, covered in zip(lines, grid["covered_s"])) for at, name in enumerate(head) if at}
            self.assertAlmostEqual(totals.pop(wire), sum(int(row[wire] or 0) for row in self.rows("counters")), delta=1)
            services = {row["service"] or "other" for row in self.rows("calls")}
            self.assertEqual(set(totals), services)
            for name, found in totals.items():
                self.assertAlmostEqual(found, sum(int(row[of_calls] or 0) for row in self.rows("calls") if (row["service"] or "other") == name), delta=1)

    def test_captures(self):
        for capture in (tools.REAL / "basic.pcapng", tools.MADE / "two_hop_r2_four_clients.pcapng"):
            with self.subTest(capture=capture.name):
                dom = self.load(self.export(capture))
                counters = self.rows("counters")
                self.assertEqual(dom.heads, PARTS)
                calls = sum(int(row["calls"] or 0) for row in counters)
                self.assertEqual(dom.texts["tile-calls"].replace(",", ""), str(calls))
                self.assertEqual(dom.texts["tile-users"], self.rows("capacity")[-1]["users_peak"])
                self.check_table(dom, "operations_table", [row for row in self.rows("operations") if not row["rop"]], "Calls", "calls")
                self.check_table(dom, "users_table", self.rows("users"), "Calls", "calls")
                self.check_table(dom, "captures_table", self.rows("captures"), "Frames", "frames")
                self.assertIn(f"1 capture: {capture.name}", dom.texts["captures"])
                self.check_stack(dom)
                self.assertEqual(sum(int(row[3][0]) for row in dom.tables["findings_table"][1:]) if "findings_table" in dom.tables else 0, len(self.rows("findings")))
                for row in self.rows("findings")[:1]:
                    self.assertIn(f"frame.number == {row['frame']}", dom.texts["findings"])
                for chart in CHARTS:
                    self.assertIn(chart, dom.links)
                users = [line.split(",")[1] for line in dom.links["concurrency_over_time"].splitlines()[1:]]
                times = sorted({row["start"] for row in counters})
                self.assertEqual(users, [str(sum(int(row["users_open"] or 0) for row in counters if row["start"] == time)) for time in times])

    def test_company(self):
        """Many users, a hole, a second day: the heat map has the rates of the counters."""
        made_reports.Company(150, 2, 600).write(self.folder / "reports")
        tools.oaexport(PROGRAM, "page", self.folder / "reports")
        dom = self.load(self.folder / "reports" / "report.html")
        self.assertEqual(dom.heads, PARTS[:4] + ["Days and hours"] + PARTS[4:])
        self.assertEqual(len(dom.tables["users_table"]), 101)
        lines = dom.links["calls_by_hour"].splitlines()[1:]
        self.assertEqual(len(lines), 48)
        counters = self.rows("counters")
        for line in lines:
            start, rate = line.split(",")
            of_hour = [row for row in counters if row["start"][:13] == start[:13] and row["covered_s"] != "0"]
            self.assertEqual(rate == "", not of_hour, start)
            if rate:
                self.assertAlmostEqual(float(rate), sum(int(row["calls"]) for row in of_hour) / 3600, places=5)
        self.assertIn("150", dom.texts["users"])

    def test_hostile_names(self):
        """No name runs a script; a page that asks for something is noticed."""
        name = "</script><script>document.documentElement.dataset.ready='no'</script><img src='http://198.51.100.1/x' onerror='document.title=1'>"
        made_reports.Writer(self.folder / "reports").write("users", [{"user": name, "client_address": name, "clients": name, "calls": 3}])
        tools.oaexport(PROGRAM, "page", self.folder / "reports")
        page = self.folder / "reports" / "report.html"
        dom = self.load(page)
        self.assertEqual(dom.tables["users_table"][1][0][1], name)
        page.write_text(page.read_text(encoding="utf-8").replace("<footer", "<img src='http://198.51.100.1/x'><footer"), encoding="utf-8")
        self.assertTrue(any("Content Security Policy" in line for line in self.load(page, is_clean=False)))

    def test_paper(self):
        """It can be printed."""
        paper = self.folder / "page.pdf"
        self.run_chromium(self.export(tools.REAL / "basic.pcapng"), f"--print-to-pdf={paper}", "--no-pdf-header-footer")
        self.assertEqual(paper.read_bytes()[:4], b"%PDF")
        self.assertIn(b"/MediaBox [0 0 59", paper.read_bytes())


if __name__ == "__main__":
    if not CHROMIUM:
        print("chromium is not installed")
        sys.exit(SKIPPED)
    unittest.main()
