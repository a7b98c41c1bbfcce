#!/usr/bin/env python3
"""--metrics: the text keeps to the format of Prometheus, its counters equal counters.csv, and while a capture is followed they never go back.

Usage: test_metrics.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "exporter" / "bench")]
import growth  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
CAPTURES = [tools.REAL / "basic.pcapng", tools.REAL / "mapihttp.pcapng", tools.MADE / "two_hop_r2_four_clients.pcapng", tools.MADE / "mixed.pcapng",
            tools.SIX_USERS, TOP / "test-captures" / "ordinary" / "made.pcapng"]
# Of counters.csv and here; those with a direction by its two columns.
SAME = {"connections_new": "connections", "connections_failed": "connections_failed", "http_requests": "http_requests", "http_errors": "http_errors",
        "auth_refused": "auth_refused", "rpc_errors": "rpc_errors", "calls": "calls", "waiting_calls": "calls_waiting", "faults": "calls_faults",
        "unanswered": "calls_unanswered", "unknown_calls": "calls_unknown", "orphan_responses": "orphan_responses",
        "retransmitted_bytes": "retransmitted_bytes", "lost_bytes": "lost_bytes"}
BOTH = ("rpc_bytes", "payload_bytes", "wire_bytes", "packets")
LEVELS = {"sessions_open": "sessions", "connections_open": "connections", "channels_open": "channels", "users_open": "users", "users_active": "users_active"}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? (\S+)")
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
DEADLINE_S = 60
SESSION_FRAMES = 14  # of growth.session() with three calls


def read(path):
    """The rows of a report."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parse(text):
    """Samples by name and labels, and types by name; anything that the format does not allow raises AssertionError."""
    assert text.endswith("\n") and "\n\n" not in text
    types, helped, samples = {}, set(), {}
    current = None
    for line in text.splitlines():
        comment = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.*)", line)
        if comment and comment[1] == "HELP":
            assert comment[2] not in helped and not re.search(r"\\(?![\\n])", comment[3]), line
            helped.add(comment[2])
            current = comment[2]
        elif comment:
            assert comment[2] == current and current not in types and comment[3] in PARTS, line
            types[current] = comment[3]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] in [current + part for part in PARTS[types[current]]], line
            labels = tuple(sorted(re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"', match[2] or "")))
            assert len({name for name, _ in labels}) == len(labels) and (match[1], labels) not in samples, line
            value = float(match[3])
            assert types[current] != "counter" or (value >= 0 and current.endswith("_total")), line
            samples[match[1], labels] = value
    return samples, types


def check_histograms(samples, types):
    """Buckets are in order and cumulative, and the last one has all."""
    found = collections.defaultdict(list)
    for (name, labels), value in samples.items():
        if name.endswith("_bucket"):
            rest = tuple(pair for pair in labels if pair[0] != "le")
            found[name[:-len("_bucket")], rest].append((float(dict(labels)["le"]), value))
    assert {name for name, _ in found} <= {name for name, kind in types.items() if kind == "histogram"}
    for (name, labels), buckets in found.items():
        assert buckets == sorted(buckets) and [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1] == (math.inf, samples[name + "_count", labels]), name


def of_server(samples, name, row, **more):
    """The value for the server of a row of counters.csv; 0 if there is none."""
    labels = {"role": row["role"], "server_address": row["server_address"], "server_name": row["server_name"], **more}
    return samples.get((f"oaexport_{name}", tuple(sorted(labels.items()))))


class Metrics(unittest.TestCase):
    """One test per subject."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.file = self.path / "oaexport.prom"

    def samples(self):
        """Of the file, which is checked."""
        samples, types = parse(self.file.read_text(encoding="utf-8"))
        check_histograms(samples, types)
        if shutil.which("promtool"):
            subprocess.run(["promtool", "check", "metrics"], input=self.file.read_bytes(), check=True, capture_output=True)
        return samples

    def run_batch(self, *captures):
        """counters.csv of a run with metrics."""
        subprocess.run([PROGRAM, "--quiet", "--metrics", self.file, "-o", self.path / "reports", *captures], check=False)
        self.assertEqual([path.name for path in self.path.iterdir() if "partial" in path.name], [])
        return read(self.path / "reports" / "counters.csv")

    def test_batch(self):
        """Sums over the intervals of each server, and levels of its last interval."""
        for capture in CAPTURES:
            with self.subTest(capture.name):
                rows = self.run_batch(capture)
                samples = self.samples()
                servers = {(row["role"], row["server_address"]): row for row in rows}
                for key, last in servers.items():
                    of_it = [row for row in rows if (row["role"], row["server_address"]) == key]
                    for column, name in SAME.items():
                        if any(row[column] for row in of_it):
                            self.assertEqual(of_server(samples, f"{name}_total", last), sum(int(row[column] or 0) for row in of_it), column)
                    for column in BOTH:
                        for way in ("in", "out"):
                            if any(row[f"{column}_{way}"] for row in of_it):
                                self.assertEqual(of_server(samples, f"{column}_total", last, direction=way),
                                                 sum(int(row[f"{column}_{way}"] or 0) for row in of_it), column)
                    timed = sum(int(row["timed_calls"] or 0) for row in of_it)
                    self.assertEqual(of_server(samples, "call_latency_seconds_count", last), timed)
                    for column, name in LEVELS.items():
                        level = of_server(samples, name, last)
                        self.assertEqual(level is None, last[column] == "", column)
                        if level is not None:
                            self.assertAlmostEqual(level, float(last[column]), 3, column)
                frames = sum(int(row["frames"]) for row in read(self.path / "reports" / "captures.csv"))
                self.assertEqual(samples["oaexport_frames_total", ()], frames)

    def test_documented(self):
        """Names, types and texts are those of LIVE.md."""
        listed = re.findall(r"^\| `(oaexport_\w+)` \| (\w+) \| (.*) \|$", (TOP / "exporter" / "doc" / "LIVE.md").read_text(encoding="utf-8"), re.MULTILINE)
        self.run_batch(tools.REAL / "basic.pcapng")
        text = self.file.read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"# HELP (\S+) .*\n# TYPE \S+ (\S+)", text), [(name, kind) for name, kind, _ in listed])
        self.assertEqual(re.findall(r"# HELP \S+ (.*)", text), [told for _, _, told in listed])

    def test_names_of_any_kind(self):
        """What a sender chooses as the name of a server cannot break the text."""
        data = (tools.REAL / "basic.pcapng").read_bytes()
        name = re.search(rb"Host: ([^\r]+)\r", data)[1]
        for odd in (b'a"b\\c', b"a\tb\xffc", b'\\"\\n}'):
            changed = self.path / "changed.pcapng"
            changed.write_bytes(data.replace(name, (odd * len(name))[:len(name)]))
            self.run_batch(changed)
            self.assertIn("oaexport_calls_total", {sample for sample, _ in self.samples()})

    def test_follow(self):
        """Each file that appears is whole and as new as its frames, and no counter goes back, neither when outputs are rotated; at the end it is that
        of one run."""
        capture = growth.Capture(self.path / "all.pcap")
        for count in range(240):
            capture.time_us = max(capture.time_us, count * 60000000)
            channels = growth.session(capture, count)
            for side, kind in ((0, growth.REQUEST), (1, growth.RESPONSE), (0, growth.REQUEST)):
                channels[side].send(side, growth.call(kind, count))
        capture.file.close()
        data = (self.path / "all.pcap").read_bytes()
        command = [PROGRAM, "--quiet", "--follow", "--rotate", "1h", "--metrics", self.file, "-o", self.path / "live", "-"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)
        before, size = {}, len(data) // 6 + 1
        for at in range(0, len(data), size):
            process.stdin.write(data[at:at + size])
            end = time.monotonic() + DEADLINE_S
            while not self.file.exists() or self.samples()["oaexport_frames_total", ()] <= before.get(("oaexport_frames_total", ()), 0):
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            now = self.samples()
            packets = sum(value for (name, _), value in now.items() if name == "oaexport_packets_total")
            self.assertLess(now["oaexport_frames_total", ()] - packets, SESSION_FRAMES)  # those of a session that has just begun may wait
            for key, value in before.items():
                if key[0].endswith(("_total", "_bucket", "_count", "_sum")):
                    self.assertGreaterEqual(now.get(key, 0), value, key)
            before = now
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE_S), 0)
        rotated = self.samples()
        self.run_batch(self.path / "all.pcap")
        once = self.samples()
        self.assertEqual({key: value for key, value in rotated.items() if key[0].endswith("_total")},
                         {key: value for key, value in once.items() if key[0].endswith("_total")})

    def test_alone(self):
        """With one report on standard output too; a file that cannot be written is exit status 4."""
        command = [PROGRAM, "--quiet", "--reports", "captures"]
        result = subprocess.run([*command, "--metrics", self.file, tools.REAL / "basic.pcapng"], check=True, capture_output=True)
        self.assertEqual(result.stdout.count(b"\n"), 2)
        self.assertIn("oaexport_calls_total", {sample for sample, _ in self.samples()})
        for path in (self.path, self.path / "none" / "file"):
            result = subprocess.run([*command, "--metrics", path, tools.REAL / "basic.pcapng"], check=False, capture_output=True)
            self.assertEqual((result.returncode, result.stderr.count(b"\n")), (4, 1))


if __name__ == "__main__":
    unittest.main()
