#!/usr/bin/env python3
"""Captures that are truncated, damaged or duplicated: oaexport never fails, and what it reports stays true.

Usage: test_damage.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

CAPTURES = sorted((TOP / "test-captures" / "real").glob("*.pcapng"))
PROGRAM = sys.argv.pop(1)
GOOD_CODES = (0, 3, 5)


class Damage(unittest.TestCase):
    """Each test damages every recorded capture in one way."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, *captures):
        """Writes all reports; the exit code must be that of a completed run, and whatever they name has ended."""
        result = tools.oaexport(PROGRAM, "-o", self.folder / "out", *captures, check=False)
        self.assertIn(result.returncode, GOOD_CODES, f"{captures}: {result.stderr}")
        written = {name: tools.rows((self.folder / "out" / f"{name}.csv").read_text(encoding="utf-8")) for name in ("channels", "sessions", "calls", "findings")}
        sessions = {row["session"] for row in written["sessions"]} | {""}
        for name in ("channels", "calls", "findings"):
            self.assertLessEqual({row["session"] for row in written[name]}, sessions, f"{captures}: {name}")
        return result

    def edited(self, capture, *arguments):
        """A copy of the capture made by editcap."""
        copy = self.folder / "edited.pcapng"
        subprocess.run(["editcap", *arguments, str(capture), str(copy)], check=True, capture_output=True)
        return copy

    def test_random_errors(self):
        for capture in CAPTURES:
            for seed in range(1, 13):
                self.export(self.edited(capture, "-E", "0.02", "--seed", str(seed)))

    def test_snap_lengths(self):
        for capture in CAPTURES:
            for length in (14, 33, 54, 66, 67, 80, 100, 200, 400, 1000):
                self.export(self.edited(capture, "-s", str(length)))

    def test_prefixes(self):
        for capture in CAPTURES:
            data = capture.read_bytes()
            copy = self.folder / "prefix.pcapng"
            for length in range(400, len(data), len(data) // 25):
                copy.write_bytes(data[:length])
                self.export(copy)

    def test_one_direction(self):
        for capture in CAPTURES:
            for side in (False, True):
                trace = disturb.read(capture.read_bytes())
                facts = {packet: disturb.tcp_facts(packet) for packet in trace.packets()}
                trace.items = [item for item in trace.items if item not in facts or (facts[item] and facts[item][1] == side)]
                part = self.folder / "part.pcapng"
                part.write_bytes(trace.bytes())
                self.export(part)

    def test_doubled_frames(self):
        for capture in CAPTURES:
            once = {name: tools.oaexport(PROGRAM, "--reports", name, capture, check=False).stdout
                    for name in ("sessions", "operations")}
            for name, text in once.items():
                doubled = tools.oaexport(PROGRAM, "--reports", name, capture, capture, check=False).stdout
                self.assertEqual(doubled, text, f"{capture} twice, {name}")

    def test_lost_frames(self):
        """Every call reported as answered exists in the complete capture, with the same sizes."""
        chance = random.Random(7)
        columns = ("session", "opnum", "call_id")
        sizes = ("request_bytes", "response_bytes")
        for capture in CAPTURES:
            if capture.stem in ("tls", "tls_handshakes"):
                continue
            true = {tuple(row[name] for name in columns): row for row in tools.report(PROGRAM, "calls", capture)}
            for _ in range(6):
                gone = sorted(chance.sample(range(40, 240), 6))
                part = self.folder / "lossy.pcapng"
                subprocess.run(["editcap", str(capture), str(part), *map(str, gone)], check=True, capture_output=True)
                for row in tools.report(PROGRAM, "calls", part):
                    if row["state"] != "answered":
                        continue
                    whole = true[tuple(row[name] for name in columns)]
                    for size in sizes:
                        self.assertIn(row[size], ("", whole[size]), f"{capture} without {gone}: {row}")


if __name__ == "__main__":
    unittest.main()
