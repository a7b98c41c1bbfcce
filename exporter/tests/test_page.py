#!/usr/bin/env python3
"""report.html: its figures equal the CSV files, however it was made, and nothing in them becomes markup or script.

Usage: test_page.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import datetime
import hashlib
import math
import os
import pathlib
import random
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(pathlib.Path(__file__).resolve().parent)]
import made_reports  # noqa: E402
import page_data  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
CAPTURES = [tools.REAL / "basic.pcapng", tools.REAL / "tls.pcapng", tools.REAL / "mapihttp.pcapng"] + [
    tools.MADE / f"{name}.pcapng" for name in ("two_hop_r2_four_clients", "mixed", "http_errors", "violations", "idle_reset")]
SUMS = ("calls", "waiting_calls", "faults", "unanswered", "unknown_calls", "orphan_responses", "over_2s", "http_requests", "auth_refused", "rpc_errors", "lost_bytes",
        "wire_bytes_in", "wire_bytes_out", "payload_bytes_in", "payload_bytes_out")
ROWS_ALONE = (*SUMS, "connections_open", "sessions_open", "users_open", "users_active", "outstanding_mean", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
HOSTILE = ["</script><script>alert(1)</script>", "<!--<script>", "--></style><img src=x onerror=alert(1)>", "\"';\\\u2028&amp;&lt;", "@@data@@", "]]>\x01\x7f\u202e"]


def seconds(text):
    """A time of a report, since the epoch."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def total(rows, column):
    """The sum of a column without its empty cells."""
    return sum(float(row[column]) for row in rows if row.get(column))


def known(values):
    """The sum of numbers without unknown ones."""
    return sum(value for value in values or [] if value is not None)


class Page(unittest.TestCase):
    """One test per subject."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "reports"

    def run_program(self, *arguments, code=0):
        """Runs oaexport, which has to end with that code."""
        result = tools.oaexport(PROGRAM, "--quiet", *arguments, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def page(self, folder=None):
        """Makes the page of a folder, and returns its data."""
        folder = folder or self.folder
        self.run_program("page", folder)
        return page_data.data_of(folder / "report.html")

    def rows(self, name):
        """Rows of a report in the folder."""
        return page_data.rows(self.folder, name)

    def write(self, name, *rows):
        """A report of rows with the same columns."""
        made_reports.Writer(self.folder).write(name, rows)

    def test_both_ways(self):
        """--html and page give the same bytes, and --html writes the reports that the page needs."""
        for capture in CAPTURES:
            with self.subTest(capture=capture.name):
                tools.oaexport(PROGRAM, "--quiet", "--html", "--reports", "users", "-o", self.folder, capture, check=False)
                written = (self.folder / "report.html").read_bytes()
                self.page()
                self.assertEqual((self.folder / "report.html").read_bytes(), written)
                self.assertTrue((self.folder / "histograms.csv").exists())

    def test_captures(self):
        for capture in CAPTURES:
            with self.subTest(capture=capture.name):
                tools.oaexport(PROGRAM, "--quiet", "--html", "--interval", "1", "-o", self.folder, capture, check=False)
                data = page_data.data_of(self.folder / "report.html")
                self.check_loads(data)
                self.check_tables(data)

    def test_estimates(self):
        """What is estimated is marked, in each interval and in words."""
        tools.oaexport(PROGRAM, "--quiet", "--estimates", "--html", "--interval", "1", "-o", self.folder,
                       tools.CAPTURES / "load" / "tls13_aes256.pcapng.gz", check=False)
        data = page_data.data_of(self.folder / "report.html")
        self.assertEqual(data["grid"]["qualities"][-1], "estimated")
        bits = [bits >> (len(data["grid"]["qualities"]) - 1) for bits in data["loads"][0]["quality"]]
        self.assertEqual(sum(bits), len({row["start"] for row in self.rows("counters") if row["estimated"]}))
        self.assertGreater(sum(bits), 0)

    def check_loads(self, data):
        """What is shown over time equals counters, row by row where there is one of each."""
        counters = self.rows("counters")
        if not counters:
            self.assertNotIn("loads", data)
            return
        grid, loads = data["grid"], data["loads"]
        self.assertEqual(grid["step_s"], 1)
        self.assertAlmostEqual(known(grid["covered_s"]), total([row for row in counters if row["server_address"] == counters[0]["server_address"]], "covered_s"), places=3)
        for column in SUMS:
            self.assertAlmostEqual(known(loads[0].get(column)), total(counters, column), places=3, msg=column)
        for row in counters:
            at = round(seconds(row["start"]) - grid["start_s"])
            load = next((one for one in loads[1:] if (one["role"], one["address"]) == (row["role"], row["server_address"])), None)
            if not load:
                self.assertGreater(grid["servers"], len(loads) - 1)
                continue
            for column in ROWS_ALONE:
                found = (load.get(column) or {at: None})[at]
                expected = float(row[column]) if row[column] and (float(row["covered_s"]) or column in SUMS) else None
                if column.startswith("latency"):
                    expected = float(row[column]) if row[column] else None
                self.assertEqual(found, expected, (row["start"], column))
            words = [word for bit, word in enumerate(grid["qualities"]) if load["quality"][at] >> bit & 1]
            self.assertEqual(";".join(word for word in words if word != "estimated") or "ok", row["quality"] or "ok")
            self.assertEqual("estimated" in words, row["estimated"] == "yes")
        requested = [row for row in self.rows("calls") if row["state"] != "no_request"]
        self.assertEqual(sum(known(service["calls"]) for service in data["services"]), len(requested))
        for column, of_calls in (("request_bytes", "request_pdu_bytes"), ("response_bytes", "response_pdu_bytes")):
            found = {service["name"]: known(service[column]) for service in data["services"]}
            self.assertEqual(found, {name: total([row for row in requested if (row["service"] or "other") == name], of_calls) for name in found})

    def check_tables(self, data):
        """Tables equal their reports."""
        users, operations, hops, findings = (self.rows(name) for name in ("users", "operations", "hops", "findings"))
        self.assertEqual(data["users"]["count"], len({row["user"].lower() for row in users}))
        for column in ("sessions", "calls", "failures", "bytes_in", "bytes_out"):
            self.assertEqual(sum(known([row[column]]) for row in data["users"]["items"]), total(users, column), column)
        for column in ("calls", "faults", "request_bytes"):
            self.assertEqual(sum(known([row[column]]) for row in data["operations"]["items"]), total(operations, column), column)
        for column in ("connections", "sessions", "bytes_in", "refused", "reset", "tls_alerts"):
            self.assertEqual(sum(known([row[column]]) for row in data["hops"]["items"]), total(hops, column), column)
        self.assertEqual(sum(row["count"] for row in data["findings"]), len(findings))
        for found in data["findings"]:
            of_code = [row for row in findings if row["code"] == found["code"]]
            self.assertEqual((found["first"], found["last"]), (min(row["time"] for row in of_code), max(row["time"] for row in of_code)))
            self.assertEqual([one["frame"] for one in found["examples"]], [int(row["frame"]) if row["frame"] else None for row in of_code[:3]])
        captures = self.rows("captures")
        self.assertEqual(data["captures"]["count"], len(captures))
        self.assertEqual([{column: str(row.get(column, "")) for column in ("file", "state", "frames", "frame_bytes", "mail_frames", "first_time")} for row in data["captures"]["items"]],
                         [{column: row[column] for column in ("file", "state", "frames", "frame_bytes", "mail_frames", "first_time")} for row in captures])
        self.assertEqual([row.get("users_seen") for row in data["capacity"]["items"]], [int(row["users_seen"]) for row in self.rows("capacity")])

    def test_sums_of_rows(self):
        """A point that stands for several rows: sums, weighted means, greatest, percentiles; a hole stays a hole."""
        made_reports.Company(30, 2, 60).write(self.folder)
        data = self.page()
        grid, counters = data["grid"], self.rows("counters")
        self.assertEqual((grid["step_s"], grid["servers"], len(data["loads"])), (120, 7, 7))
        for column in SUMS:
            self.assertAlmostEqual(known(data["loads"][0].get(column)), total(counters, column), places=3, msg=column)
        proxy = next(load for load in data["loads"] if load["address"] == made_reports.PROXIES[0][1])
        of_proxy = [row for row in counters if row["server_address"] == proxy["address"]]
        for at in (290, 300, 870):
            pair = of_proxy[2 * at:2 * at + 2]
            self.assertAlmostEqual(proxy["sessions_open"][at], total(pair, "sessions_open") / 2, places=3)
            self.assertEqual(proxy["users_open"][at], max(float(row["users_open"]) for row in pair))
        hole = round((made_reports.START + datetime.timedelta(days=1, hours=12, minutes=30)).timestamp() - grid["start_s"]) // 120
        self.assertEqual(grid["covered_s"][hole], 0)
        self.assertIsNone(data["loads"][0]["calls"][hole])
        self.assertIsNone(data["loads"][0]["sessions_open"][hole])
        self.check_percentiles(data)

    def check_percentiles(self, data):
        """Those of all servers, from the histograms."""
        bins = {}
        for row in self.rows("histograms"):
            at = round(seconds(row["start"]) - data["grid"]["start_s"]) // 120
            bins.setdefault(at, []).append(((float(row["bin_low_ms"]) + float(row["bin_high_ms"])) / 2, int(row["calls"])))
        self.assertEqual(data["loads"][0]["inexact"], 0)
        for at in (280, 300, 900):
            rank, seen = math.ceil(0.95 * sum(calls for _, calls in bins[at])), 0
            for middle, calls in sorted(bins[at]):
                seen += calls
                if seen >= rank:
                    break
            self.assertAlmostEqual(data["loads"][0]["latency_p95_ms"][at] / middle, 1, delta=0.01)
        (self.folder / "histograms.csv").unlink()
        self.assertGreater(self.page()["loads"][0]["inexact"], 900)

    def test_users(self):
        """The first 100 of each rank, the curve of load, and bytes by hour of what calls show."""
        made_reports.Company(300, 1, 600).write(self.folder)
        data, users, calls = self.page()["users"], self.rows("users"), self.rows("calls")
        self.assertEqual(data["count"], 300)
        by_user = {}
        for row in users:
            by_user[row["user"]] = by_user.get(row["user"], 0) + int(row["calls"])
        first = sorted(by_user, key=lambda user: (-by_user[user], user))[:100]
        items = {row["user"]: row for row in data["items"]}
        self.assertEqual([row["user"] for row in data["items"]][:100], first)
        self.assertLessEqual(len(items), 300)
        for user in first:
            self.assertEqual(items[user]["calls"], by_user[user])
        prompt = [row for row in calls if row["user"] == first[0] and row["operation"] != "EcDoAsyncWaitEx"]
        self.assertAlmostEqual(items[first[0]]["time_ms"], total(prompt, "latency_ms"), places=2)
        self.assertAlmostEqual(data["curves"]["calls"][10], sum(sorted(by_user.values())[-30:]) / sum(by_user.values()), places=3)
        self.assertEqual(data["curves"]["calls"][100], 1)
        hours = {(row["user"], row["start"][:13]) for row in calls}
        self.assertEqual(sum(self.page()["user_hours"]["count"]), len(hours))

    def test_size(self):
        """The page does not grow with users, nor with time."""
        made_reports.Company(40, 1, 60).write(self.folder)
        self.page()
        small = (self.folder / "report.html").stat().st_size
        self.write("users", *[row | {"user": f"{row['user']} {i}"} for i in range(100) for row in self.rows("users")])
        self.page()
        self.assertLess((self.folder / "report.html").stat().st_size, small + 100000)
        self.assertLess(small, 1500000)

    def test_hostile_names(self):
        """Names end no script, and no script but those of the program is allowed."""
        for name in HOSTILE:
            with self.subTest(name=name):
                self.write("users", {"user": name, "client_address": name, "clients": name, "calls": 1, "bytes_in": 1, "bytes_out": 1})
                self.write("operations", {"service": name, "interface": name, "operation": name, "calls": 1, "answered": 1, "faults": 0, "latency_mean_ms": 1})
                self.write("hops", {"hop": "client_proxy", "server_address": name, "connections": 1})
                self.write("counters", {"start": "2026-11-24T00:00:00.000000Z", "interval_s": 60, "covered_s": 60, "role": "proxy", "server_address": name, "server_name": name, "calls": 1})
                self.write("findings", {"time": name, "severity": name, "code": name, "meaning": name, "frame": name, "evidence": name})
                data = self.page()
                page = page_data.parse(self.folder / "report.html")
                self.assertEqual(len(page.scripts), 3)
                shown = name.replace("\x01", "<U+0001>").replace("\x7f", "<U+007F>").replace("\u2028", "<U+2028>").replace("\u202e", "<U+202E>")
                self.assertEqual((data["users"]["items"][0]["user"], data["findings"][0]["examples"][0]["evidence"], data["loads"][1]["name"]), (shown, shown, shown))
                for attrs, text in page.scripts + page.styles:
                    if attrs.get("type") != "application/json":
                        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                        self.assertIn(f"'sha256-{digest}'", page.policy)
                self.assertIn("default-src 'none'", page.policy)
                self.assertNotIn("unsafe", page.policy)

    def test_other_forms(self):
        """CSV for spreadsheets gives the same figures."""
        capture = tools.MADE / "two_hop_r2_four_clients.pcapng"
        self.run_program("--html", "--interval", "1", "-o", self.folder, capture)
        expected = page_data.data_of(self.folder / "report.html")
        self.run_program("--html", "--interval", "1", "--crlf", "--bom", "--time", "spreadsheet", "-o", self.folder, capture)
        found = page_data.data_of(self.folder / "report.html")
        self.assertEqual(found["loads"], expected["loads"])
        self.assertEqual(found["services"], expected["services"])

    def test_local_time(self):
        """Days begin where the offset says, and it is in the page."""
        made_reports.Company(5, 1, 600).write(self.folder)
        self.run_program("page", "--utc-offset", "+05:30", self.folder)
        data = page_data.data_of(self.folder / "report.html")
        self.assertEqual(data["utc_offset_s"], 19800)
        self.assertEqual((data["grid"]["start_s"] + 19800) % data["grid"]["step_s"], 0)

    def test_command_line(self):
        self.folder.mkdir()
        self.assertIn("no reports there", self.run_program("page", self.folder, code=2))
        self.assertIn("no reports there", self.run_program("page", self.folder / "missing", code=2))
        self.assertIn("--html", self.run_program("--html", "--reports", "calls", CAPTURES[0], code=1))
        self.assertIn("--html", self.run_program("--html", "--format", "json", "-o", self.folder, CAPTURES[0], code=1))
        self.write("users", {"user": "anna", "calls": 1})
        (self.folder / "report.html").mkdir()
        self.assertIn("report.html", self.run_program("page", self.folder, code=4))
        self.assertEqual(sorted(os.listdir(self.folder)), ["report.html", "users.csv"])

    def test_leftovers(self):
        """What a killed run left of the page is removed by the next one."""
        self.folder.mkdir()
        (self.folder / "report.html.4711.partial").touch()
        (self.folder / "report.html.mine").touch()
        self.run_program("--html", "-o", self.folder, CAPTURES[0])
        self.assertFalse((self.folder / "report.html.4711.partial").exists())
        self.assertTrue((self.folder / "report.html.mine").exists())

    def test_damaged_reports(self):
        """Any bytes in the files end with a page that can be read, or with a message."""
        chance = random.Random(13)
        self.run_program("--html", "--interval", "1", "-o", self.folder, CAPTURES[3])
        whole = {path: path.read_bytes() for path in self.folder.glob("*.csv")}
        for _ in range(60):
            for path in sorted(whole):
                data = bytearray(whole[path])
                for _ in range(chance.randrange(4)):
                    at = chance.randrange(len(data))
                    piece = chance.choice((b"", b"\"", b",", b"\n", b"\0", b"9" * 30, b"-1", b"1e308", b"nan", b"\xff\xfe", b"9999-12-31T23:59:59Z", b"0000-00-00T00:00:00Z"))
                    data[at:at + chance.choice((0, 1, 27, 2000))] = piece
                path.write_bytes(data)
            result = tools.oaexport(PROGRAM, "page", self.folder, check=False)
            self.assertIn(result.returncode, (0, 2), result.stderr)
            if result.returncode == 0:
                page_data.data_of(self.folder / "report.html")
            else:
                self.assertRegex(result.stderr, r"^oaexport: .+\n$")
        (self.folder / "calls.csv").write_bytes(b"\"" + b"x" * 3000000)
        self.assertIn("too long", self.run_program("page", self.folder, code=2))


if __name__ == "__main__":
    unittest.main()
