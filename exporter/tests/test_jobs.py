#!/usr/bin/env python3
"""Whatever the number of threads, the same files, messages and exit code: for every capture, alone and together, whole and damaged.

Usage: test_jobs.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
JOBS = (1, 2, 4)
ALL = [line.split()[0] for line in tools.oaexport(PROGRAM, "--list-reports").stdout.splitlines()]
REPORTS = ",".join(name for name in ALL if name != "comparison")
# Each of these writes the rows of a report in another way.
STYLES = ([], ["--format", "json"], ["--crlf", "--time", "spreadsheet"])
# Reports that need nothing but events, and what changes how they count: these are taken in a thread of their own.
COUNTING = ",".join(name for name in ALL if name not in ("comparison", "estimates", "frames", "rops"))
COUNTED = (["--interval", "1"], ["--interval", "5", "--period", "day", "--utc-offset", "+05:30"], ["--period", "week", "--user-key", "http"],
           ["--user-key", "address", "--valid-ports", "exchange:6001-6004"], ["--max-memory", "64M"])


def keys_of(capture):
    """The options for its key log, if there is one."""
    keys = capture.with_name(capture.name.partition(".")[0] + ".keys")
    return ["--tls-keylog", keys] if keys.exists() else []


def outcome(jobs, *arguments, reports=("--rops", "--estimates", "--reports", REPORTS), **more):
    """Everything that a run shows: exit code, messages, files."""
    with tempfile.TemporaryDirectory() as folder:
        result = tools.oaexport(PROGRAM, "-j", jobs, *reports, "-o", folder, *arguments, check=False, **more)
        files = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
        return result.returncode, result.stderr, files


class Jobs(unittest.TestCase):
    """N = 1 reads and writes in one thread."""

    def check(self, *arguments, numbers=JOBS, **more):
        """All numbers of threads show the same."""
        code, messages, files = outcome(numbers[0], *arguments, **more)
        for jobs in numbers[1:]:
            found = outcome(jobs, *arguments, **more)
            with self.subTest(jobs=jobs, arguments=arguments):
                self.assertEqual(found[:2], (code, messages))
                self.assertEqual(sorted(found[2]), sorted(files))
                self.assertEqual([name for name in files if files[name] != found[2][name]], [])

    def test_every_capture(self):
        """With its keys, if there are any."""
        captures = sorted((TOP / "test-captures").glob("**/*.pcap*"))
        self.assertGreater(len(captures), 100)
        for capture in captures:
            self.check(*keys_of(capture), capture, numbers=JOBS[:2])

    def test_connections_ahead(self):
        """With keys, and without estimates, connections are read in the other thread too: those inside TLS, and any others."""
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder) / "other.keys"
            other.write_text(f"CLIENT_RANDOM {'00' * 32} {'00' * 48}\n", encoding="ascii")
            for capture in sorted((TOP / "test-captures").glob("**/*.pcap*")):
                self.check(*(keys_of(capture) or ["--tls-keylog", other]), capture, numbers=JOBS[:2], reports=())
            for name in ("real", "made", "clients", "cases"):
                self.check("--tls-keylog", other, TOP / "test-captures" / name, numbers=JOBS[:2], reports=())
        for capture in sorted((TOP / "test-captures" / "tls").glob("*_rsa_*.gz")):
            self.check("--tls-private-key", capture.with_name("rsa.key"), capture, numbers=JOBS[:2], reports=())

    def test_exported_pdus(self):
        """Beside packets, where both open TLS with the same keys."""
        capture = TOP / "test-captures/tls/tls12_rsa_3des_sha_ticket.pcapng.gz"
        with tempfile.TemporaryDirectory() as folder:
            exported = pathlib.Path(folder) / "exported.pcapng"
            shutil.copy(capture, folder)
            os.chmod(folder, 0o777)
            tools.run([*tools.as_ordinary_user(), "tshark", "-r", f"{folder}/{capture.name}", "-U", "OSI layer 4", "-w", str(exported)],
                      tools.surroundings(folder))
            self.check(*keys_of(capture), capture, exported, reports=())
            self.check(*keys_of(capture), exported, reports=())

    def test_together(self):
        """Folders, whose captures overlap in time and have different clocks."""
        for name in ("real", "made", "clients", "cases"):
            self.check(TOP / "test-captures" / name)

    def test_counting(self):
        """With all that changes what is counted."""
        for options in COUNTED:
            for name in ("real", "clients"):
                self.check(*options, TOP / "test-captures" / name, reports=("--reports", COUNTING))
        self.check("--html", tools.SIX_USERS, reports=())
        for capture in sorted((TOP / "test-captures").glob("*/*mapi*.pcap*")):
            self.check("--interval", "1", capture, numbers=JOBS[:2], reports=("--reports", COUNTING))

    def test_metrics(self):
        """Counted at the end."""
        with tempfile.TemporaryDirectory() as folder:
            found = []
            for jobs in JOBS:
                path = pathlib.Path(folder) / f"{jobs}.prom"
                tools.oaexport(PROGRAM, "-j", jobs, "--metrics", path, "-o", f"{folder}/{jobs}", tools.SIX_USERS)
                found.append(path.read_bytes())
            self.assertEqual(found[1:], found[:1] * 2)

    def test_styles(self):
        """Of output; and names replaced."""
        with tempfile.TemporaryDirectory() as folder:
            key = pathlib.Path(folder) / "key"
            key.touch(0o600)
            key.write_bytes(b"0123456789abcdef0123456789abcdef")
            for style in (*STYLES, ["--anonymize", key]):
                self.check(*style, tools.SIX_USERS)
                self.check(*style, tools.SIX_USERS, reports=())

    def test_database(self):
        """Rows of all reports go into one file."""
        dumps = []
        for jobs in JOBS:
            with tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/reports.sqlite"
                tools.oaexport(PROGRAM, "-j", jobs, "-o", path, tools.SIX_USERS)
                dumps.append(tools.run([sys.executable, "-c", "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).iterdump(), sep='\\n')", path],
                                       tools.surroundings(folder)).stdout)
        self.assertEqual(dumps[1:], dumps[:1] * 2)

    def test_standard_output(self):
        """One report, and the summary, which repeats the command line; from a file and through a pipe."""
        for arguments in (["--reports", "calls"], []):
            runs = [tools.oaexport(PROGRAM, "-j", jobs, *arguments, tools.SIX_USERS).stdout.replace(f" -j {jobs} ", " ") for jobs in JOBS]
            self.assertEqual(runs[1:], runs[:1] * 2)
        with open(tools.SIX_USERS, "rb") as file:
            with subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as cat:
                piped = tools.oaexport(PROGRAM, "-j", 2, "--reports", "calls", "-", stdin=cat.stdout).stdout
        self.assertEqual(piped, tools.oaexport(PROGRAM, "-j", 1, "--reports", "calls", tools.SIX_USERS).stdout)

    def test_damaged(self):
        """Cut anywhere, or with a lying length."""
        data = (TOP / "test-captures/real/basic.pcapng").read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "damaged.pcapng"
            for cut in range(400, len(data), len(data) // 12):
                path.write_bytes(data[:cut])
                self.check(path)
                self.check(path, reports=())
                path.write_bytes(data[:cut] + b"\xff" * 8 + data[cut + 8:])
                self.check(path)
                self.check(path, reports=())

    def test_read_again(self):
        """Frames out of order, found late: the files are opened again, with frames read ahead."""
        data = subprocess.run(["editcap", "-F", "nsecpcap", str(TOP / "test-captures/real/basic.pcapng"), "-"], capture_output=True, check=True).stdout
        at, frames = 24, []
        while at < len(data):
            length = int.from_bytes(data[at + 8:at + 12], "little")
            frames.append(data[at:at + 16 + length])
            at += 16 + length
        for i in range(50, len(frames) - 1, 50):
            frames[i], frames[i + 1] = frames[i + 1], frames[i]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "disordered.pcap"
            path.write_bytes(data[:24] + b"".join(frames))
            for window in ("1", "0", "0.000001"):
                self.check("--reorder-window", window, path)
                self.check("--reorder-window", window, path, reports=())

    def test_clock_set(self):
        """Between two files of a capture: options of TCP show which one follows the other."""
        capture = TOP / "test-captures/real/basic.pcapng"
        with tempfile.TemporaryDirectory() as folder:
            first, rest, second = (f"{folder}/{name}.pcapng" for name in ("first", "rest", "second"))
            for cut in (40, 120, 300):
                subprocess.run(["editcap", "-r", capture, first, f"1-{cut}"], check=True)
                subprocess.run(["editcap", capture, rest, f"1-{cut}"], check=True)
                for seconds in ("-1", "-3600", "3600"):
                    subprocess.run(["editcap", "-t", seconds, rest, second], check=True)
                    self.check(first, second)
                    self.check(second, first, reports=())

    def test_refused(self):
        """A number of threads that is none."""
        for jobs in ("0", "-1", "two", "1000", ""):
            result = tools.oaexport(PROGRAM, "-j", jobs, tools.SIX_USERS, check=False)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("threads", result.stderr)


if __name__ == "__main__":
    unittest.main()
