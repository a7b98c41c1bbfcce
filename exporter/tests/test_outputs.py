#!/usr/bin/env python3
"""The formats of output hold the same values, and appear whole or not at all; every query of QUERIES.md gives what the CSVs give.

Usage: test_outputs.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import concurrent.futures
import contextlib
import csv
import datetime
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

EXPORTER = pathlib.Path(__file__).resolve().parents[1]
TOP = EXPORTER.parent
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

BASIC = TOP / "test-captures" / "real" / "basic.pcapng"
PROGRAM = sys.argv.pop(1)
REPORTS = [line.split()[0] for line in tools.oaexport(PROGRAM, "--list-reports").stdout.splitlines()]
ALL = ["--quiet", "--reports", ",".join(REPORTS)]
INTEGERS, REALS = ("number", "count", "bytes"), ("ms", "s", "h", "1/s", "ratio", "mean", "bytes/h", "bytes/d", "1/d", "value", "percent")
TABLES = re.findall(r"^(\w+): one row.*\n((?:  .*\n)+)", tools.oaexport(PROGRAM, "--describe").stdout, re.MULTILINE)
UNITS = {report: dict(re.findall(r"^  (\w+) +(\S+)", columns, re.MULTILINE)) for report, columns in TABLES}
KEYS = ("connections", "channels", "sessions", "calls")
QUERIES = re.findall(r"^## (.*)\n(?:(?!## |```).*\n)*```sql\n((?:(?!```).*\n)+)```",
                     (EXPORTER / "doc" / "QUERIES.md").read_text(encoding="utf-8"), re.MULTILINE)



def value(cell, unit):
    """What a cell of a CSV is in the other formats."""
    if cell == "":
        return None
    if unit in INTEGERS:
        return int(cell)
    if unit in REALS:
        return float(cell)
    # The apostrophes are for spreadsheets alone.
    return re.sub(r"(^|[;\t]|^\s+|[;\t]\s+)'(?=[=+\-@\t\r＝＋－＠])", r"\1", cell)


def csv_rows(folder):
    """Report name to rows of values, from the CSVs."""
    found = {}
    for report in REPORTS:
        with open(folder / f"{report}.csv", encoding="utf-8", newline="") as file:
            found[report] = [{name: value(cell, UNITS[report][name]) for name, cell in row.items()} for row in csv.DictReader(file)]
    return found


def json_rows(folder):
    """The same from lines of JSON, whose numbers have to be of the right type."""
    found = {}
    for report in REPORTS:
        text = (folder / f"{report}.jsonl").read_text(encoding="utf-8")
        found[report] = [json.loads(line) for line in text.splitlines()]
    return found


def database_rows(path):
    """The same from the database."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return {report: [dict(row) for row in database.execute(f'SELECT * FROM "{report}" ORDER BY rowid')] for report in REPORTS}


# --- the results of the queries, computed from the CSVs ---

def groups(rows, *columns):
    """Values of the columns to the rows that have them."""
    found = collections.defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found


def total(rows, column):
    """The sum of the known values, or None; as sum() of SQL."""
    known = [row[column] for row in rows if row[column] is not None]
    return sum(known) if known else None


def distinct(rows, column):
    """How many values are known."""
    return len({row[column] for row in rows} - {None})


def least(rows, column):
    """The least known value, or None."""
    return min((row[column] for row in rows if row[column] is not None), default=None)


def order(*keys):
    """A key to sort by, in which None comes first."""
    return [(key is not None, key if key is not None else 0) for key in keys]


def meaning(_):
    """What a column means."""
    described = tools.oaexport(PROGRAM, "--describe=calls").stdout
    return [(UNITS["calls"]["latency_ms"], re.search(r"^  latency_ms +\w+ +(.*)$", described, re.MULTILINE)[1])]


def busiest(length, end, limit, *count):
    """Calls by the first characters of their start."""
    def query(reports):
        times = collections.defaultdict(list)
        for row in reports["calls"]:
            if row["start"]:
                times[row["start"][:length] + end].append(row)
        found = [(period, len(rows), *(function(rows, column) for function, column in count)) for period, rows in times.items()]
        return sorted(found, key=lambda row: (-row[1], row[0]))[:limit]
    return query


def top_users(reports):
    """Users with the most calls."""
    found = [(row["user"], row["client_address"], row["sessions"], row["calls"], row["bytes_in"] + row["bytes_out"],
              row["latency_mean_ms"], row["latency_p95_ms"]) for row in reports["users"]]
    return sorted(found, key=lambda row: (-row[3], -row[4], order(*row[:2])))[:10]


def slow_calls(reports):
    """Slowest calls."""
    columns = ("call", "start", "user", "interface", "operation", "latency_ms", "proxy_latency_ms", "store_latency_ms",
               "request_frame", "response_frame")
    found = [tuple(row[column] for column in columns) for row in reports["calls"]
             if row["latency_ms"] is not None and row["operation"] not in ("EcDoAsyncWaitEx", "NotificationWait")]
    return sorted(found, key=lambda row: (-row[5], row[0]))[:10]


def percentiles(reports):
    """Latency percentiles of each operation."""
    found = []
    for key, rows in groups((row for row in reports["calls"] if row["latency_ms"] is not None), "interface", "operation").items():
        times = sorted(row["latency_ms"] for row in rows)
        p50, p95 = (next(time for place, time in enumerate(times, 1) if place >= share * len(times)) for share in (0.5, 0.95))
        found.append((*key, len(times), p50, p95, times[-1]))
    return sorted(found, key=lambda row: (-row[2], order(*row[:2])))


def proxy_share(reports):
    """Share of the proxy in the latency."""
    found = groups((row for row in reports["calls"] if row["proxy_latency_ms"] is not None), "target_server")
    return [(server, len(rows), total(rows, "proxy_latency_ms") / len(rows), total(rows, "store_latency_ms") / len(rows))
            for (server,), rows in sorted(found.items(), key=lambda item: order(*item[0]))]


def most_sessions(reports):
    """Most sessions at the same time."""
    changes = [(row[column], change) for row in reports["sessions"] if row["start"] and row["end"]
               for column, change in (("start", 1), ("end", -1))]
    found, count = [], 0
    for when, change in sorted(changes, key=lambda item: (item[0], -item[1])):
        count += change
        found.append((when, count))
    return sorted(found, key=lambda row: (-row[1], row[0]))[:1]


def failed_calls(reports):
    """Calls that failed."""
    found = groups((row for row in reports["calls"] if row["state"] == "fault"), "user", "interface", "operation", "fault_status")
    return sorted(((*key, len(rows), least(rows, "request_frame")) for key, rows in found.items()),
                  key=lambda row: (-row[4], order(*row[:4])))


def findings(reports):
    """Findings by severity."""
    found = [(*key, len(rows), distinct(rows, "host"), least(rows, "time"), least(rows, "frame"))
             for key, rows in groups(reports["findings"], "severity", "code").items()]
    return sorted(found, key=lambda row: (["error", "warning", "note"].index(row[0]), -row[2], row[1]))


def payload(reports):
    """TCP payload of each session."""
    connections = {row["connection"]: row for row in reports["connections"]}
    users = {row["session"]: row["user"] for row in reports["sessions"]}
    used = {(row["session"], row["connection"]) for row in reports["channels"] if row["session"] is not None}
    found = collections.defaultdict(list)
    for session, connection in used:
        if connection in connections:
            found[session].append(connections[connection])
    return sorted(((session, users[session], len(rows), total(rows, "bytes_in"), total(rows, "bytes_out"))
                   for session, rows in found.items()), key=lambda row: (-(row[3] + row[4]), row[0]))[:10]


def clients(reports):
    """Clients and their versions."""
    found = groups(reports["sessions"], "client_software", "client_version", "client_mode")
    return sorted(((*key, len(rows), distinct(rows, "user")) for key, rows in found.items()),
                  key=lambda row: (-row[3], order(*row[:3])))


RESULTS = {
    "What a column means": meaning,
    "Busiest hours": busiest(13, ":00:00Z", 5, (total, "request_pdu_bytes"), (total, "response_pdu_bytes")),
    "Busiest minutes": busiest(16, "", 10, (distinct, "session"), (distinct, "user")),
    "Users with the most calls": top_users,
    "Slowest calls": slow_calls,
    "Latency percentiles of each operation": percentiles,
    "Share of the proxy in the latency": proxy_share,
    "Most sessions at the same time": most_sessions,
    "Calls that failed": failed_calls,
    "Findings by severity": findings,
    "TCP payload of each session": payload,
    "Clients and their versions": clients,
}


def rounded(rows):
    """Sums of reals depend on their order in the last digits."""
    return [tuple(round(cell, 6) if isinstance(cell, float) else cell for cell in row) for row in rows]


class Outputs(unittest.TestCase):
    """Each test has a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, *arguments, code=0, **more):
        """Runs oaexport, which has to return the code."""
        result = tools.oaexport(PROGRAM, *arguments, check=False, **more)
        self.assertEqual(result.returncode, code, (arguments, result.stderr))
        return result

    def expect_same_rows(self, name, rows, other, key):
        """The order of a report with a key is not kept in its table."""
        if key:
            rows = sorted(rows, key=lambda row: row[key])
            other = sorted(other, key=lambda row: row[key])
        tools.same(name, other, rows)
        for row, equal in zip(other, rows):
            for column, cell in row.items():
                # A whole duration, as 5 ms, is an integer of JSON.
                self.assertIn(type(cell), (type(equal[column]), int if isinstance(equal[column], float) else None), (name, column))

    def export_all(self, capture):
        """The reports of a capture in each format, in a folder of its own."""
        base = self.folder / capture.parent.name / capture.name
        for arguments in (["-o", base], ["--format", "json", "-o", base], ["-o", base / "r.sqlite"]):
            result = tools.oaexport(PROGRAM, *ALL, *arguments, capture, check=False)
            self.assertIn(result.returncode, (0, 3, tools.NOTHING_FOUND), result.stderr)
        return capture, base

    def test_same_values(self):
        """Every report of every capture, in the three formats; and every query."""
        captures = tools.of_outlook_anywhere()
        self.assertEqual([title for title, _ in QUERIES], list(RESULTS))
        answered = collections.Counter()
        # Writing waits for the disk.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for capture, base in pool.map(self.export_all, captures):
                with self.subTest(capture=capture.name):
                    expected, lines, tables = csv_rows(base), json_rows(base), database_rows(base / "r.sqlite")
                    for report in REPORTS:
                        key = report[:-1] if report in KEYS else None
                        self.expect_same_rows(f"{capture.name}: {report}, JSON", expected[report], lines[report], None)
                        self.expect_same_rows(f"{capture.name}: {report}, table", expected[report], tables[report], key)
                    with contextlib.closing(sqlite3.connect(base / "r.sqlite")) as database:
                        self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
                        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
                        for title, query in QUERIES:
                            found = rounded(database.execute(query).fetchall())
                            tools.same(f"{capture.name}: {title}", found, rounded(RESULTS[title](expected)))
                            answered[title] += bool(found)
        self.assertEqual([title for title, _ in QUERIES if not answered[title]], [])

    def test_schema(self):
        """Types, keys, indices, views; only what the reports of the run allow."""
        path = self.folder / "r.db"
        self.export("--reports", "calls,findings,channels", "-o", path, BASIC)
        with contextlib.closing(sqlite3.connect(path)) as database:
            objects = dict(database.execute("SELECT name, type FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"))
            keys = {row[2:5] for row in database.execute("PRAGMA foreign_key_list(findings)")}
            kinds = {row[1]: row[2] for row in database.execute("PRAGMA table_info(calls)")}
            described = set(database.execute("SELECT report, \"column\", unit FROM report_columns"))
        self.assertEqual({name for name, kind in objects.items() if kind == "table"}, {"calls", "findings", "channels", "report_columns"})
        self.assertEqual({name for name, kind in objects.items() if kind == "view"}, {"busy_hour"})
        self.assertEqual(keys, {("channels", "channel", None)})
        self.assertLessEqual({"calls_start", "calls_user", "findings_time", "findings_channel"}, set(objects))
        for name, unit in UNITS["calls"].items():
            self.assertEqual(kinds[name], "INTEGER" if unit in INTEGERS else "REAL" if unit in REALS else "TEXT", name)
        self.assertEqual(described, {(report, name, unit) for report in ("calls", "findings", "channels")
                                     for name, unit in UNITS[report].items()})

    def test_spreadsheet_times(self):
        """The same instants, cut to the millisecond, in a form without T and Z."""
        iso = tools.rows(self.export("-r", "sessions", BASIC).stdout)
        spreadsheet = tools.rows(self.export("-r", "sessions", "--time", "spreadsheet", BASIC).stdout)
        self.assertEqual(len(iso), len(spreadsheet))
        for one, other in zip(iso, spreadsheet):
            for name, unit in UNITS["sessions"].items():
                cell = one[name]
                if unit == "time" and cell:
                    cell = cell[:23].replace("T", " ")
                    datetime.datetime.strptime(other[name], "%Y-%m-%d %H:%M:%S.%f")
                self.assertEqual(other[name], cell, name)

    def test_standard_output(self):
        lines = self.export("-r", "calls", "--format", "json", BASIC).stdout.splitlines()
        self.assertEqual(len(lines), 117)
        self.assertEqual(list(json.loads(lines[0])), list(UNITS["calls"]))

    def test_wrong_command_lines(self):
        for arguments, words in ((["--format", "xml", "-o", self.folder], "'xml'"), (["--time", "now", "-o", self.folder], "'now'"),
                                 (["--format", "sqlite", "-r", "calls"], "-o FILE.sqlite"),
                                 (["--format", "json", "--bom", "-o", self.folder], "are for CSV"),
                                 (["--time", "spreadsheet", "-o", self.folder / "x.db"], "are for CSV")):
            result = self.export(*arguments, BASIC, code=1)
            self.assertIn(words, result.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_format_by_name(self):
        for name in ("a.sqlite", "deep/er/a.sqlite3", "a.db"):
            self.export("-o", self.folder / name, BASIC)
            self.assertEqual((self.folder / name).read_bytes()[:15], b"SQLite format 3")
        self.export("--format", "csv", "-o", self.folder / "b.sqlite", BASIC)
        self.assertTrue((self.folder / "b.sqlite" / "calls.csv").is_file())
        self.export("--format", "sqlite", "-o", self.folder / "calls", BASIC)
        self.assertEqual((self.folder / "calls").read_bytes()[:15], b"SQLite format 3")

    def test_in_the_way(self):
        """A folder with the name of the database, or a file with that of its folder: nothing changes."""
        (self.folder / "r.sqlite").mkdir()
        (self.folder / "file").touch()
        for path in (self.folder / "r.sqlite", self.folder / "file" / "r.sqlite"):
            result = self.export("-o", path, BASIC, code=4)
            self.assertEqual(result.stderr.count("\n"), 1)
            self.assertEqual({entry.name for entry in self.folder.iterdir()}, {"r.sqlite", "file"})
        (self.folder / "calls.jsonl").mkdir()
        self.assertIn("calls.jsonl", self.export("--format", "json", "-o", self.folder, BASIC, code=4).stderr)
        self.assertEqual({entry.name for entry in self.folder.iterdir()}, {"r.sqlite", "file", "calls.jsonl"})

    def test_replaced(self):
        """The database of an earlier run is replaced, also through a link, whose target stays; what killed runs left goes."""
        target = self.folder / "target"
        target.write_text("other", encoding="ascii")
        path = self.folder / "r.sqlite"
        path.symlink_to(target)
        (self.folder / "r.sqlite.123.partial").write_text("left", encoding="ascii")
        (self.folder / "r.sqlite.x.partial").write_text("other", encoding="ascii")
        for _ in range(2):
            self.export("-o", path, BASIC)
            self.assertEqual({entry.name for entry in self.folder.iterdir()}, {"target", "r.sqlite", "r.sqlite.x.partial"})
        self.assertFalse(path.is_symlink())
        self.assertEqual(target.read_text(encoding="ascii"), "other")

    def test_interrupted(self):
        """Ended while it waits for the rest of a capture, a run leaves nothing; another one for the same database, finished
        meanwhile, is not disturbed and does not disturb it."""
        path = self.folder / "r.sqlite"
        with subprocess.Popen([PROGRAM, "-o", path, "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdin.write(BASIC.read_bytes()[:100000])
            process.stdin.flush()
            deadline = time.monotonic() + 20
            while not list(self.folder.glob("*.partial")) and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(len(list(self.folder.glob("r.sqlite.*.partial"))), 1)
            self.export("-o", path, BASIC)
            self.assertEqual(len(list(self.folder.glob("r.sqlite.*.partial"))), 1)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), -signal.SIGTERM)
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual([entry.name for entry in self.folder.iterdir()], ["r.sqlite"])
        with contextlib.closing(sqlite3.connect(path)) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM calls").fetchone(), (117,))

    def test_full_disk(self):
        if os.getuid() != 0:
            self.skipTest("needs root for a file system of its own")
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.assertIn("r.sqlite", self.export("-o", disk / "r.sqlite", BASIC, code=4).stderr)
        self.assertEqual(list(disk.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
