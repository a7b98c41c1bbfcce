#!/usr/bin/env python3
"""The summary: its figures are those of the reports, it fits a terminal, and the commands that it proposes work.

Usage: test_summary.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
BASIC, TLS, PRIVACY = (tools.REAL / f"{name}.pcapng" for name in ("basic", "tls", "privacy"))
REPORTS = ("captures", "connections", "sessions", "operations", "users", "capacity", "findings")
STATES = {"answered": "answered", "faults": "with a fault", "unanswered": "unanswered", "unknown": "unknown", "no_request": "without request"}
TOP_LINES = 5


def columns(line):
    """The columns of a terminal that a line takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def total(rows, column):
    """The sum of a column."""
    return sum(int(row[column] or 0) for row in rows)


class Summary:
    """A summary, taken apart."""

    def __init__(self, text):
        self.text = text
        first, *sections = text.split("\n\n")
        self.lines = dict(re.findall(r"^(\S.{14}) (.*(?:\n {16}.*)*)$", first, re.MULTILINE))
        self.lines = {label.strip(): value for label, value in self.lines.items()}
        self.sections = {}
        for section in sections:
            heading, _, body = section.partition("\n")
            self.sections[re.split("  ", heading)[0]] = body.splitlines()

    def table(self, heading):
        """Rows of a table: name, then numbers."""
        return [(line[2:36].rstrip(), line[36:].split()) for line in self.sections.get(heading, []) if not line.startswith("  and ")]

    def findings(self):
        """Code to severity and number."""
        found = (re.match(r"  (\w+) +(\d+)  (\w+) ", line) for line in self.sections.get("Findings", []))
        return {line[3]: (line[1], int(line[2])) for line in found if line}

    def commands(self):
        """Proposed commands of oaexport that have no placeholder."""
        text = "\n".join(self.sections["Next"]).replace(" \\\n", "")
        return [line.strip() for line in text.splitlines() if line.startswith("  oaexport ") and "CAPTURE" not in line]


class Summaries(unittest.TestCase):
    """Each test is something that a user does."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments, code=0, **more):
        """The summary, checked for what holds of all of them."""
        result = tools.oaexport(PROGRAM, *arguments, check=False, **more)
        self.assertEqual(result.returncode, code, result.stderr)
        for line in result.stdout.splitlines():
            self.assertLessEqual(columns(line), 80, line)
            self.assertFalse([c for c in line if unicodedata.category(c) in ("Cc", "Cf")], line)
            self.assertEqual(line, line.rstrip())
        return Summary(result.stdout)

    def copy(self, capture, name):
        """A capture under another name in the folder."""
        path = self.folder / name
        shutil.copy(capture, path)
        return path

    def compare(self, summary, reports):
        """Whether the figures are those of the reports."""
        rows = {name: tools.rows((reports / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}
        overall = next((row for row in rows["capacity"] if not row["role"]), None)
        sessions = re.match(r"\d+", summary.lines["Sessions"])
        self.assertEqual(int(sessions[0]) if sessions else 0, len(rows["sessions"]))
        findings = collections.Counter((row["code"], row["severity"]) for row in rows["findings"])
        self.assertEqual(summary.findings(), {code: (severity, n) for (code, severity), n in findings.items()})
        if not sessions:
            return
        operations = [row for row in rows["operations"] if not row["rop"]]
        calls = dict((words, int(n)) for n, words in re.findall(r"(\d+) (answered|with a fault|unanswered|unknown|without request)",
                                                                summary.lines["Calls"].replace("\n" + " " * 16, " ")))
        self.assertEqual(int(summary.lines["Calls"].split(":")[0]), total(operations, "calls"))
        self.assertEqual(calls, {words: total(operations, state) for state, words in STATES.items() if total(operations, state)})
        if overall:
            self.assertEqual(summary.lines["Users"].split(",")[0], overall["users_seen"])
        else:
            self.assertIn("unknown", summary.lines["Users"])
            overall = collections.defaultdict(str)
        latency = dict(re.findall(r"(mean|p50|p95|max) ([\d.]+)", summary.lines.get("Latency (ms)", "")))
        self.assertEqual(latency, {name: overall[f"latency_{name}_ms"] for name in ("mean", "p50", "p95", "max")
                                   if overall["latency_mean_ms"]})
        self.assertEqual(self.busiest(summary, "Busiest minute"), (overall["calls_peak_at"], overall["calls_peak_per_s"]))
        users = collections.defaultdict(collections.Counter)
        for row in rows["users"]:
            for column in ("calls", "sessions", "bytes_in", "bytes_out"):
                users[row["user"] or row["user_dn"]][column] += int(row[column])
        found = [list(map(int, numbers)) for _, numbers in summary.table("Users by calls")]
        self.assertEqual([numbers[0] for numbers in found], sorted((user["calls"] for user in users.values()), reverse=True)[:TOP_LINES])
        for name, numbers in summary.table("Users by calls"):
            if name in users:
                self.assertEqual(list(map(int, numbers)), list(users[name].values()), name)
        by_operation = collections.Counter()
        for row in operations:
            by_operation[f"{row['interface']} {row['operation']}".strip()] += int(row["calls"])
        for name, numbers in summary.table("Operations by calls"):
            if name in by_operation:
                self.assertEqual(int(numbers[0]), by_operation[name], name)
        self.assertEqual([int(numbers[0]) for _, numbers in summary.table("Operations by calls")],
                         sorted(by_operation.values(), reverse=True)[:TOP_LINES])

    @staticmethod
    def busiest(summary, label):
        """The time and rate of that line; empty without it."""
        found = re.fullmatch(r"(\S+) (\S+), ([\d.]+) calls/s", summary.lines.get(label, ""))
        return (f"{found[1]}T{found[2]}.000000Z", found[3]) if found else ("", "")

    def check_seconds(self, capture, summary):
        """The busiest second of a short capture is what --interval 1 says, and there is the mean where no second is covered."""
        reports = tools.reports(PROGRAM, ("capacity", "counters"), "--interval", "1", capture)
        overall = next((row for row in reports["capacity"] if not row["role"]), None)
        covered_s = sum(float(row["covered_s"]) for row in reports["counters"] if row["server_address"] == reports["counters"][0]["server_address"])
        if not overall or not overall["calls_peak_per_s"]:
            self.assertNotIn("Busiest second", summary.lines)
            if covered_s and "Calls" in summary.lines and "Busiest minute" not in summary.lines:
                mean = total(reports["counters"], "calls") / covered_s
                self.assertAlmostEqual(float(summary.lines["Calls/s"].split(",")[0]) / mean if mean else 1, 1, delta=0.01)
        elif covered_s < 300:
            self.assertEqual(self.busiest(summary, "Busiest second"), (overall["calls_peak_at"], overall["calls_peak_per_s"]))
        else:
            self.assertNotIn("Busiest second", summary.lines)
        return "Busiest second" in summary.lines, "Calls/s" in summary.lines, "Busiest minute" in summary.lines

    def test_figures(self):
        """On every capture."""
        compared = 0
        for capture in tools.of_outlook_anywhere():
            with self.subTest(capture.name):
                result = tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", self.folder / "reports", capture, check=False)
                code = tools.oaexport(PROGRAM, capture, check=False).returncode
                self.assertIn((result.returncode, code), ((0, 0), (3, 3), (5, 0), (5, 5)))
                summary = self.run_it(capture, code=code)
                self.compare(summary, self.folder / "reports")
                self.assertTrue(summary.lines["Captures"].replace("\n" + " " * 16, " ").startswith("1 file, "))
                self.assertIn(capture.name, summary.lines["Captures"])
                compared += 1
        self.assertGreater(compared, 100)

    def test_seconds(self):
        """Of captures of a fraction of a second, of seconds, and of minutes."""
        kinds = set()
        for capture in (BASIC, tools.CAPTURES / "load" / "multi.pcapng.gz", tools.MADE / "idle_reset.pcapng", tools.MADE / "conn_two_hops.pcapng",
                        tools.CAPTURES / "cases" / "mapi_wait_cut_fin.pcapng", tools.MADE / "two_hop_r2_four_clients.pcapng"):
            with self.subTest(capture.name):
                kinds.add(self.check_seconds(capture, self.run_it(capture)))
        self.assertLessEqual({(True, False, True), (True, False, False), (False, True, False), (False, False, True)}, kinds)

    def test_long_capture(self):
        """The busiest minute, of two files with a hole between them."""
        late = self.folder / "late.pcapng"
        subprocess.run(["editcap", "-t", "86400", BASIC, late], check=True, capture_output=True)
        tools.oaexport(PROGRAM, "-r", ",".join(REPORTS), "-o", self.folder / "reports", "--max-gap", "80000", BASIC, late)
        summary = self.run_it("--interval", "1", BASIC, late)
        self.assertIn("1 hole", summary.lines["Covered"])
        self.assertIn("0.434 s, 0.0 %", summary.lines["Covered"])
        self.assertEqual(summary.lines["Not covered"], "2026-11-23 23:21:58 to 2026-11-24 23:21:57 (23 h 59 min)")
        self.assertIn("Calls/s", summary.lines)
        self.assertIn("Busiest 2 s", self.run_it("--interval", "2", tools.CAPTURES / "load" / "multi.pcapng.gz").lines)
        summary = self.run_it("--max-gap", "90000", BASIC, late)
        self.assertNotIn("Covered", summary.lines)
        self.compare(self.run_it("--max-gap", "90000", "--interval", "60", BASIC, late), self.again("--max-gap", "90000", BASIC, late))
        many = [BASIC]
        for day in range(1, 7):
            many.append(self.folder / f"{day}.pcapng")
            subprocess.run(["editcap", "-t", str(86400 * day), BASIC, many[-1]], check=True, capture_output=True)
        summary = self.run_it(*many)
        self.assertIn("6 holes", summary.lines["Covered"])
        self.assertIn("and 3 more", summary.text)

    def again(self, *arguments):
        """The reports of the same run."""
        tools.oaexport(PROGRAM, "-r", ",".join(REPORTS), "-o", self.folder / "again", *arguments)
        return self.folder / "again"

    def test_nothing_is_written(self):
        self.copy(BASIC, "basic.pcapng")
        self.run_it("basic.pcapng", cwd=self.folder)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["basic.pcapng"])

    def test_tls(self):
        """Without keys it says what was seen, and where keys come from; that is no error."""
        summary = self.run_it(TLS)
        connections = tools.rows(tools.oaexport(PROGRAM, "-q", "-r", "connections", TLS, check=False).stdout)
        self.assertEqual(summary.table("Connections inside TLS, by server"),
                         [(connections[0]["server_address"],
                           [str(len(connections)), "0", str(total(connections, "bytes_in")), str(total(connections, "bytes_out"))])])
        self.assertIn(f"  {len(connections)} connections inside TLS: there are no keys", summary.sections["Not read"])
        self.assertIn("--tls-keylog KEYS", summary.text)
        self.assertIn("SSLKEYLOGFILE", summary.text)
        keys = self.folder / "other.keys"
        keys.write_text(f"CLIENT_RANDOM {'00' * 32} {'00' * 48}\n", encoding="ascii")
        keys.chmod(0o600)
        with_keys = self.run_it("--tls-keylog", keys, TLS)
        self.assertNotIn("KEYS", with_keys.text)
        self.assertTrue(any(command.startswith("oaexport -r connections ") for command in with_keys.commands()), with_keys.text)
        web = tools.CAPTURES / "ordinary" / "tls_web_traffic.pcap"
        summary = self.run_it(web)
        self.assertEqual(summary.commands()[0].split()[1:3], ["--proxy", "127.0.0.1"])
        self.assertIn("  2 connections inside TLS: nothing shows whether the server is an RPC proxy", summary.sections["Not read"])
        proxy = self.run_it("--proxy", "127.0.0.1", web)
        self.assertEqual(proxy.table("Connections inside TLS, by server"), summary.table("Connections inside TLS, by server"))
        self.assertNotIn("nothing shows", proxy.text)

    def test_not_read(self):
        """What was not read, and why."""
        self.assertIn("sealed by RPC itself", self.run_it(PRIVACY).text)
        self.assertNotIn("0x0806", self.run_it(TLS).text)
        frames = self.folder / "frames.pcap"
        ethernet, ip = bytes(12), bytes.fromhex("4500001c00010000401100000a0000010a000002")
        spanning_tree, quic = ethernet + bytes.fromhex("0026424203") + bytes(35), ethernet + b"\x08\0" + ip + bytes.fromhex("c00001bb00080000")
        frames.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) +
                           b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in (quic, spanning_tree, quic)))
        self.assertEqual(self.run_it(frames, code=tools.NOTHING_FOUND).sections["Not read"], ["  2 frames of UDP 443"])
        cut = self.folder / "cut.pcapng"
        cut.write_bytes(BASIC.read_bytes()[:100001])
        self.assertIn("  1 file cut short, damaged or unreadable: all before that was read", self.run_it(cut, code=3).sections["Not read"])

    def test_nothing_found(self):
        summary = self.run_it(tools.CAPTURES / "ordinary" / "loopback.pcap", code=tools.NOTHING_FOUND)
        self.assertEqual(summary.lines["Sessions"], "no RPC or MAPI over HTTP found")
        self.assertIn("-z conv,tcp", summary.text)

    def test_commands(self):
        """What it proposes works as it stands, whatever the names of captures."""
        shutil.copy(tools.CAPTURES / "cases" / "wine_window_exceeded.pcapng", self.folder / "it's 1 (a).pcapng")
        environment = {**os.environ, "PATH": f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}"}
        summary = self.run_it("--interval", "5", "it's 1 (a).pcapng", cwd=self.folder)
        self.assertEqual(len(summary.commands()), 2, summary.text)
        for command in summary.commands():
            self.assertIn("--interval 5", command)
            subprocess.run(command, shell=True, check=True, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL)
        self.assertTrue((self.folder / "reports" / "calls.csv").exists())
        (self.folder / "it's 1 (a).pcapng").rename(self.folder / "bell\a.pcapng")
        summary = self.run_it("bell\a.pcapng", cwd=self.folder)
        self.assertEqual(summary.commands(), [])
        self.assertIn("oaexport -o reports/ CAPTURE...", summary.text)
        with open(BASIC, "rb") as file:
            self.assertIn("  oaexport -o reports/ -", self.run_it("-", stdin=file).sections["Next"])

    def test_folders(self):
        """A folder stands for the captures in it, and for nothing else."""
        expected = self.run_it(BASIC, PRIVACY)
        self.copy(BASIC, "day1.pcapng")
        with gzip.open(self.folder / "trace.pcap07", "wb") as file:
            file.write(PRIVACY.read_bytes())
        inside = self.folder / "inside"
        inside.mkdir()
        shutil.copy(TLS, inside)
        self.copy(TLS, ".hidden.pcapng")
        (self.folder / "empty.pcap").touch()
        (self.folder / "notes.txt").write_text("no capture\n", encoding="ascii")
        (self.folder / "picture.json").write_text("{}\n", encoding="ascii")
        os.mkfifo(self.folder / "fifo")
        summary = self.run_it(self.folder)
        self.assertEqual(summary.lines, expected.lines | {"Captures": expected.lines["Captures"].replace("basic.pcapng", "day1.pcapng").replace("privacy.pcapng", "trace.pcap07")})
        self.assertIn("  3 files in folders: no captures", summary.sections["Not read"])
        calls = tools.oaexport(PROGRAM, "-r", "calls", BASIC, PRIVACY).stdout
        self.assertEqual(tools.oaexport(PROGRAM, "-r", "calls", self.folder).stdout, calls)
        result = tools.oaexport(PROGRAM, self.folder, self.folder / "nothing", check=False)
        self.assertEqual(result.returncode, 2)
        (self.folder / "nothing").mkdir()
        result = tools.oaexport(PROGRAM, self.folder, self.folder / "nothing", check=False)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("no capture in this folder", result.stderr)

    def colours(self, **environment):
        """Whether it prints colours on a terminal."""
        parent, terminal = pty.openpty()
        subprocess.run([PROGRAM, "-q", tools.CAPTURES / "cases" / "wine_window_exceeded.pcapng"], stdout=terminal, check=True,
                       env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment})
        os.close(terminal)
        text = b""
        try:
            while part := os.read(parent, 65536):
                text += part
        except OSError:
            pass
        os.close(parent)
        self.assertIn(b"Findings", text)
        return b"\033[" in text

    def test_colours(self):
        self.assertTrue(self.colours())
        self.assertTrue(self.colours(NO_COLOR=""))
        self.assertFalse(self.colours(NO_COLOR="1"))
        self.assertFalse(self.colours(TERM="dumb"))

    def test_full_output(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, BASIC], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (4, "oaexport: standard output: No space left on device\n"))


if __name__ == "__main__":
    unittest.main()
