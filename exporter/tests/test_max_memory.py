#!/usr/bin/env python3
"""--max-memory: bounds what is kept; gives up what is silent and of other services first, and says so.

Usage: test_max_memory.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "exporter" / "bench")]
import growth  # noqa: E402

PROGRAM = sys.argv.pop(1)
LIMIT = 32 << 20
OTHERS, EVERY = 60000, 100
GREETING = b"220 mail.test ESMTP\r\n"
MAPI_SESSIONS = 9000
USERS, OF_A_USER = 10000, 2000
REQUEST = "POST /mapi/emsmdb/?MailboxId=box%d@mail.test HTTP/1.1\r\nHost: mail.test\r\nX-RequestType: Connect\r\nX-RequestId: {%08d}:1\r\nContent-Length: 0\r\n\r\n"
RESPONSE = "HTTP/1.1 200 OK\r\nX-RequestType: Connect\r\nX-ResponseCode: 0\r\nX-RequestId: {%08d}:1\r\nSet-Cookie: MapiContext=%08d\r\nContent-Length: 0\r\n\r\n"
GIVEN_UP = re.compile(r"(\d+) connections of other services and (\d+) with RPC or MAPI over HTTP were given up, silent for (\d+) s or more")
ENDED = re.compile(r"(\d+) sessions of MAPI over HTTP were given up")


def traffic(path, ours):
    """Connections of another service, all of them left open, 500 in a second; among them, sessions with a call again and again."""
    capture = growth.Capture(path)
    sessions = [growth.session(capture, number) for number in range(ours)]
    call = 0
    for number in range(OTHERS):
        capture.time_us += 1900
        growth.Connection(capture, 2 * ours + number, b"\xc0\0\2\x19").send(1, GREETING)
        if number % EVERY == 0 and sessions:
            call += 1
            channels = sessions[call % ours]
            channels[0].send(0, growth.call(growth.REQUEST, call))
            channels[1].send(1, growth.call(growth.RESPONSE, call))
    capture.file.close()
    return call


def mapi_sessions(path):
    """Sessions of MAPI over HTTP that begin one after the other and stay open, each on a connection that is closed."""
    capture = growth.Capture(path)
    for number in range(MAPI_SESSIONS):
        capture.time_us += 20000
        connection = growth.Connection(capture, number)
        connection.send(0, (REQUEST % (number, number)).encode())
        connection.send(1, (RESPONSE % (number, number)).encode())
        connection.close()
    capture.file.close()


def users(path, count):
    """Sessions that begin and end one after the other, each of another user."""
    capture = growth.Capture(path)
    for number in range(count):
        login = b"Authorization: Basic " + base64.b64encode(f"CORP\\user{number}:x".encode()) + b"\r\n\r\n"
        channels = growth.session(capture, number, login=login)
        for side, kind in ((0, growth.REQUEST), (1, growth.RESPONSE)):
            channels[side].send(side, growth.call(kind, number))
        for connection in channels:
            connection.close()
        capture.time_us += 40000000
    capture.file.close()


class MaxMemory(unittest.TestCase):
    """One test per subject."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def run_with(self, *options):
        """Peak of a run in bytes, and the rows of its reports."""
        reports = self.path / "reports"
        with subprocess.Popen([PROGRAM, "--quiet", "--reports", "sessions,calls,findings", *options, "-o", reports, self.path / "made.pcap"]) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        rows = {}
        for name in ("sessions", "calls", "findings"):
            with open(reports / f"{name}.csv", encoding="utf-8", newline="") as file:
                rows[name] = list(csv.DictReader(file))
        found = [GIVEN_UP.match(row["evidence"]) for row in rows["findings"] if row["code"] == "limit_reached"]
        return usage.ru_maxrss * 1024, rows, [tuple(map(int, match.groups())) for match in found if match]

    def test_bound(self):
        """What others leave open is given up; sessions that are used lose nothing."""
        calls = traffic(self.path / "made.pcap", 20)
        free, before, none = self.run_with()
        bounded, after, given_up = self.run_with("--max-memory", "32M")
        self.assertEqual(none, [])
        self.assertGreater(free, 1.2 * LIMIT)
        self.assertLessEqual(bounded, LIMIT)
        self.assertEqual((after["sessions"], after["calls"]), (before["sessions"], before["calls"]))
        self.assertEqual(sum(row["state"] == "answered" for row in after["calls"]), calls)
        self.assertGreater(sum(others for others, _, _ in given_up), OTHERS / 4)
        self.assertEqual(sum(ours for _, ours, _ in given_up), 0)
        self.assertGreater(min(silent for _, _, silent in given_up), 10)

    def test_sessions(self):
        """Sessions outlive their connections: those silent for longest end, and each has one row."""
        mapi_sessions(self.path / "made.pcap")
        bounded, after, _ = self.run_with("--max-memory", "32M")  # first: the peak of a child is at least what this process has
        free, before, _ = self.run_with()
        self.assertGreater(free, 1.2 * LIMIT)
        self.assertLessEqual(bounded, LIMIT)
        self.assertEqual((len(before["sessions"]), len(after["sessions"])), (MAPI_SESSIONS, MAPI_SESSIONS))
        self.assertEqual([row for row in before["findings"] if row["code"] == "limit_reached"], [])
        ended = [ENDED.match(row["evidence"]) for row in after["findings"] if row["code"] == "limit_reached"]
        self.assertGreater(sum(int(match.group(1)) for match in ended if match), MAPI_SESSIONS / 4)

    def test_users(self):
        """What reports keep of a user whose sessions are over."""
        peaks = []
        for count in (USERS // 10, USERS):
            users(self.path / "made.pcap", count)
            peaks.append(self.run_with("--reports", "sessions,calls,findings,counters,users")[0])
            with open(self.path / "reports" / "users.csv", encoding="utf-8") as file:
                self.assertEqual(len(file.readlines()), count + 1)
        self.assertLess((peaks[1] - peaks[0]) / (USERS - USERS // 10), OF_A_USER)

    def test_enough(self):
        """With enough of it, nothing changes."""
        traffic(self.path / "made.pcap", 3)
        self.assertEqual(self.run_with()[1], self.run_with("--max-memory", "1G")[1])

    def test_sizes(self):
        """Sizes are whole numbers with a unit."""
        for size in ("31M", "0G", "1", "1T", "-1G", "1.5G", "G", "99999999999999G", "32M "):
            result = subprocess.run([PROGRAM, "--max-memory", size, "none"], check=False, capture_output=True)
            self.assertEqual((result.returncode, b"no size" in result.stderr), (1, True), size)


if __name__ == "__main__":
    if b"__asan_init" in pathlib.Path(PROGRAM).read_bytes():  # which has its own allocator
        sys.exit(77)
    unittest.main()
