#!/usr/bin/env python3
"""The reports of one run agree with each other, in every shipped capture; and columns whose values need a capture of their own.

Usage: test_columns.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "users", "connection_status", "auth", "hops", "findings", "frames")
STATES = {"answered": "answered", "faults": "fault", "unanswered": "unanswered", "unknown": "unknown", "no_request": "no_request"}


def reports(path):
    """All reports of a capture, by their names."""
    code = tools.oaexport(PROGRAM, "-q", "-r", "sessions", path, check=False).returncode
    return tools.reports(PROGRAM, REPORTS, path, code=code)


def total(rows, column):
    """The sum of a column; empty cells add nothing."""
    return sum(int(row[column] or 0) for row in rows)


class Agreement(unittest.TestCase):
    """Every shipped capture."""

    @classmethod
    def setUpClass(cls):
        cls.captures = {path: reports(path) for path in tools.of_outlook_anywhere()}

    def each(self):
        """The reports of each capture, with its name in what fails."""
        for path, rows in self.captures.items():
            with self.subTest(capture=path.name):
                yield rows

    def test_numbers_exist(self):
        """No report names a session, channel or connection that its own report does not have."""
        named = 0
        for rows in self.each():
            for column, where in (("session", "sessions"), ("channel", "channels"), ("connection", "connections")):
                known = {row[column] for row in rows[where]}
                self.assertEqual(len(known), len(rows[where]), f"{column} twice")
                for report in REPORTS:
                    names = {row[column] for row in rows[report] if row.get(column)}
                    self.assertEqual(names - known, set(), (report, column))
                    named += len(names)
        self.assertGreater(named, 1000)

    def test_calls_of_sessions(self):
        """The calls of each session are those of calls.csv, by their states."""
        for rows in self.each():
            states = collections.Counter((row["session"], row["state"]) for row in rows["calls"])
            for row in rows["sessions"]:
                for column, state in STATES.items():
                    self.assertEqual(int(row[column]), states[row["session"], state], (row["session"], state))
                self.assertEqual(int(row["calls"]), total([row], "answered") + total([row], "faults") + total([row], "unanswered")
                                 + total([row], "unknown") + total([row], "no_request"), row["session"])

    def test_sums(self):
        """Users, operations and connection status count the same sessions, calls, states and bytes."""
        for rows in self.each():
            for report in ("users", "connection_status"):
                self.assertEqual(total(rows[report], "sessions"), len(rows["sessions"]), report)
            for report in ("users", "operations"):
                self.assertEqual(total(rows[report], "calls"), len(rows["calls"]), report)
            for column in ("answered", "unanswered", "unknown", "no_request"):
                for report in ("users", "operations"):
                    self.assertEqual(total(rows[report], column), total(rows["sessions"], column), (report, column))
            for column in ("request_bytes", "response_bytes"):
                self.assertEqual(total(rows["operations"], column), total(rows["calls"], column), column)
            for row in rows["users"]:
                if row["calls"] == "0":
                    self.assertEqual([row["latency_mean_ms"], row["latency_p95_ms"], row["latency_max_ms"]], ["", "", ""], row)

    def test_sessions_of_hops(self):
        """Each session counts on each hop that it was captured on, once for each pair of hosts."""
        for rows in self.each():
            counted = collections.Counter()
            for row in rows["hops"]:
                counted[row["hop"]] += total([row], "sessions")
            pairs = collections.defaultdict(set)
            for row in rows["channels"]:
                if row["session"] and row["kind"] != "MAPI over HTTP":
                    connection, = (one for one in rows["connections"] if one["connection"] == row["connection"])
                    pairs[row["hop"], row["session"]].add((connection["client_address"], connection["server_address"], connection["server_port"]))
            known = collections.Counter()
            for (hop, _), those in pairs.items():
                known[hop] += len(those)
            for row in rows["sessions"]:
                if row["transport"] == "mapi_http":
                    known.update(["client_proxy"] if row["hops"] == "client_proxy" else row["hops"].split())
            self.assertEqual(+counted, +known)


if __name__ == "__main__":
    unittest.main()
