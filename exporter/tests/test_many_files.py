#!/usr/bin/env python3
"""A capture in thousands of files, named in any order, with few descriptors: the same reports as from one file; and progress.

Usage: test_many_files.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import pty
import random
import resource
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
FILES = 3000
DESCRIPTORS = 100
REPORTS = ("sessions", "calls", "operations", "connections", "channels", "users", "auth", "counters")
PCAP_HEADER, PCAP_RECORD = 24, 16


def records_of(data):
    """The records of a pcap, with their headers."""
    at, records = PCAP_HEADER, []
    while at < len(data):
        end = at + PCAP_RECORD + int.from_bytes(data[at + 8:at + 12], "little")
        records.append(data[at:end])
        at = end
    return records


def time_of(record):
    """Seconds and nanoseconds."""
    return int.from_bytes(record[:4], "little"), int.from_bytes(record[4:8], "little")


def few_descriptors():
    """For the program that is about to start."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


class ManyFiles(unittest.TestCase):
    """Written once for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        data = subprocess.run(["editcap", "-F", "nsecpcap", str(tools.SIX_USERS), "-"], capture_output=True, check=True).stdout
        records = sorted(records_of(data), key=time_of)  # else files put in order number frames in another way than one
        assert len(records) >= FILES, len(records)
        cls.whole = pathlib.Path(cls.folder.name) / "whole.pcap"
        cls.whole.write_bytes(data[:PCAP_HEADER] + b"".join(records))
        cls.parts = []
        for number in range(FILES):
            first, end = (len(records) * bound // FILES for bound in (number, number + 1))
            path = pathlib.Path(cls.folder.name) / f"part{number}.pcap"
            path.write_bytes(data[:PCAP_HEADER] + b"".join(records[first:end]))
            cls.parts.append(path)
        random.Random(1).shuffle(cls.parts)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_reports(self):
        """Files are open only while they are due."""
        expected = tools.reports(PROGRAM, REPORTS, self.whole)
        with tempfile.TemporaryDirectory() as output:
            for jobs in (1, 2):
                result = tools.oaexport(PROGRAM, "-j", jobs, "-q", "--reports", ",".join(REPORTS), "-o", output, *self.parts, check=False,
                                        preexec_fn=few_descriptors)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                for name in REPORTS:
                    tools.same(name, tools.rows((pathlib.Path(output) / f"{name}.csv").read_text(encoding="utf-8")), expected[name])

    def test_progress_on_a_terminal(self):
        """Bytes, rate, sessions and time left on one line, which is cleared at the end."""
        reader, writer = pty.openpty()
        with tempfile.TemporaryDirectory() as output:
            # The same file many times: long enough for a line.
            files = [self.whole] * 600
            with subprocess.Popen([PROGRAM, "-o", output, *map(str, files)], stderr=writer, stdout=subprocess.DEVNULL) as process:
                os.close(writer)
                shown = b""
                while True:
                    try:
                        shown += (block := os.read(reader, 4096))
                    except OSError:  # the other end is closed
                        break
                    if not block:
                        break
                process.wait()
        os.close(reader)
        lines = shown.decode().split("\r")
        self.assertEqual(process.returncode, 0)
        self.assertTrue(lines[-1].startswith("\033[K"), lines)
        self.assertRegex("".join(lines), r"B of [\d.]+\s.?B, \d+ frames/s, \d+ sessions, \d+:\d\d left\033\[K")

    def test_no_progress(self):
        """Without a terminal, and with it if it is not wanted."""
        with tempfile.TemporaryDirectory() as output:
            self.assertEqual(tools.oaexport(PROGRAM, "-o", output, self.whole).stderr, "")
            self.assertEqual(tools.oaexport(PROGRAM, "--progress", "-o", output, self.whole).stderr, "")  # it takes less than ten seconds


if __name__ == "__main__":
    unittest.main()
