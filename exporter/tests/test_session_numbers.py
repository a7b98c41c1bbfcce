#!/usr/bin/env python3
"""No report names a session that sessions.csv does not have: every shipped capture, and one whose endpoint mapper is asked for another
service.

Usage: test_session_numbers.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("sessions", "channels", "calls", "auth", "findings", "frames", "rops")
# How the interfaces of NSPI, EMSMDB and RFR begin on the wire.
INTERFACES = tuple(bytes.fromhex(text) for text in ("185accf5", "00dbf1a4", "e0f54415"))
MAPPER = (135).to_bytes(2, "big")


def foreign_copy(folder):
    """rpc_tcp.pcapng, with other interfaces in what its endpoint mapper is asked."""
    trace = disturb.read((tools.MADE / "rpc_tcp.pcapng").read_bytes())
    for packet in trace.packets():
        facts = disturb.tcp_facts(packet)
        if facts and any(end.endswith(MAPPER) for end in facts[0]):
            for known in INTERFACES:
                packet.data = packet.data.replace(known, known[::-1])
    copy = folder / "foreign.pcapng"
    copy.write_bytes(trace.bytes())
    return copy


class SessionNumbers(unittest.TestCase):
    """The sessions that the reports of a capture name."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def reports(self, capture, *options):
        """Runs oaexport into a folder of its own, which is returned."""
        out = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", out, *options, capture, check=False)
        return out

    def named(self, capture):
        """Sets of sessions, by report."""
        out = self.reports(capture)
        return {name: {row["session"] for row in tools.rows((out / f"{name}.csv").read_text(encoding="utf-8"))} for name in REPORTS}

    def check(self, named):
        """Nobody names another session than those of sessions.csv."""
        for name, sessions in named.items():
            self.assertLessEqual(sessions - {"", None}, named["sessions"], name)

    def test_captures(self):
        for capture in tools.of_outlook_anywhere():
            with self.subTest(capture.name):
                self.check(self.named(capture))

    def test_foreign(self):
        capture = foreign_copy(self.folder)
        named = self.named(capture)
        self.check(named)
        self.assertLess(len(named["sessions"]), len(self.named(tools.MADE / "rpc_tcp.pcapng")["sessions"]))
        self.assertIn("", named["frames"])
        lines = (self.reports(capture, "--format", "json") / "frames.jsonl").read_text(encoding="utf-8").splitlines()
        self.assertEqual({"" if frame["session"] is None else str(frame["session"]) for frame in map(json.loads, lines)}, named["frames"])
        database = self.folder / "frames.sqlite"
        tools.oaexport(PROGRAM, "-q", "-r", "frames", "--format", "sqlite", "-o", database, capture)
        with contextlib.closing(sqlite3.connect(database)) as base:
            found = {"" if row[0] is None else str(row[0]) for row in base.execute("SELECT session FROM frames")}
        self.assertEqual(found, named["frames"])


unittest.main()
