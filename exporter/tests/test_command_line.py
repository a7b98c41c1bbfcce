#!/usr/bin/env python3
"""oaexport's command line: output, exit codes, and no partial files after failures.

Usage: test_command_line.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import gzip
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

BASIC = TOP / "test-captures" / "real" / "basic.pcapng"
PROGRAM = sys.argv.pop(1)
REPORTS = {"auth", "connections", "counters", "capacity", "captures", "channels", "sessions", "calls", "operations", "findings", "hops", "users", "connection_status"}


class CommandLine(unittest.TestCase):
    """Each test is something that a user does."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, *arguments, **more):
        """Runs oaexport; the result has stdout, stderr and the exit code."""
        return tools.oaexport(PROGRAM, *arguments, check=False, **more)

    def expect_error(self, code, *arguments, words="", **more):
        """Expects one line on stderr, the exit code, and nothing on stdout."""
        result = self.export(*arguments, **more)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("oaexport: "), result.stderr)
        self.assertIn(words, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_all_reports(self):
        result = self.export("-o", self.folder / "new" / "deep", BASIC)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual({path.name for path in (self.folder / "new" / "deep").iterdir()},
                         {f"{name}.csv" for name in REPORTS})

    def test_one_report_to_standard_output(self):
        result = self.export("--reports", "calls", BASIC)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.count("\n"), 118)
        self.assertEqual(self.export("-o", "-", "--reports", "calls", BASIC, cwd=self.folder).stdout, result.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])
        self.expect_error(1, "-o", "-", BASIC, words="-o DIR")

    def test_spreadsheet_style(self):
        result = subprocess.run([PROGRAM, "--reports=sessions", "--crlf", "--bom", BASIC], capture_output=True, check=True)
        self.assertTrue(result.stdout.startswith(b"\xef\xbb\xbfsession,"))
        self.assertEqual(result.stdout.count(b"\r\n"), result.stdout.count(b"\n"))

    def test_several_files_and_compression(self):
        whole = self.export("--reports", "calls", BASIC).stdout
        zipped = self.folder / "basic.pcapng.gz"
        zipped.write_bytes(gzip.compress(BASIC.read_bytes()))
        self.assertEqual(self.export("--reports", "calls", zipped).stdout, whole)
        parts = []
        for index, frames in enumerate(("301-622", "1-150", "151-300")):
            part = self.folder / f"part{index}.pcap"
            subprocess.run(["editcap", "-F", "nsecpcap", "-r", BASIC, part, frames], check=True, capture_output=True)
            parts.append(part)
        self.assertEqual(self.export("--reports", "calls", *parts).stdout, whole)
        with open(BASIC, "rb") as file:
            self.assertEqual(self.export("--reports", "calls", "-", stdin=file).stdout, whole)

    def test_network_monitor(self):
        cap = self.folder / "basic.cap"
        subprocess.run(["editcap", "-F", "netmon2", BASIC, cap], check=True, capture_output=True)
        result = self.export("--reports", "operations", cap)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("EMSMDB,EcDoRpcExt2,11,108,108,", result.stdout)

    def test_informing(self):
        self.assertIn("oaexport 0.", self.export("--version").stdout)
        self.assertIn("Usage: oaexport", self.export("--help").stdout)
        listed = {line.split()[0] for line in self.export("--list-reports").stdout.splitlines()}
        self.assertEqual(listed, REPORTS | {"estimates", "frames", "histograms", "rops"})
        for arguments in (["--describe=calls"], ["--describe", "calls"]):
            described = self.export(*arguments).stdout
            self.assertIn("latency_ms", described)
            self.assertNotIn("sessions: one row", described)
        self.assertIn("sessions: one row", self.export("--describe").stdout)

    def test_rops(self):
        """ROPs are read only if that is asked for."""
        for arguments, expected in ([], ""), (["--rops"], "1,RopLogon"):
            calls = csv.DictReader(self.export(*arguments, "--reports", "calls", BASIC).stdout.splitlines())
            first = next(call for call in calls if call["operation"] == "EcDoRpcExt2")
            self.assertEqual(",".join((first["rops"], first["first_rop"])).strip(","), expected)
        self.assertIn(",RopLogon,0xfe,logon,", self.export("--reports", "rops", BASIC).stdout)
        self.assertNotIn("Rop", self.export("--rops", "--reports", "calls", BASIC.with_name("privacy.pcapng")).stdout)

    def test_wrong_command_lines(self):
        self.expect_error(1, words="no capture")
        self.expect_error(1, "--reports", "calls,users", BASIC, words="-o DIR")
        self.expect_error(1, "--format", "json", BASIC, words="-o DIR")
        self.expect_error(1, "--bom", BASIC, words="are for CSV")
        self.expect_error(1, "--reports", "calls,nonsense", BASIC, words="'nonsense'")
        self.expect_error(1, "--nonsense", BASIC, words="'--nonsense'")
        self.expect_error(1, "-Z", BASIC, words="'-Z'")
        self.expect_error(1, "-o", words="needs an argument")
        self.expect_error(1, "--describe=nonsense", words="'nonsense'")
        self.expect_error(1, "--valid-ports", "mbx1", BASIC, words="mbx1")

    def test_all_reports_or_none(self):
        """A folder in the place of one report: the reports of the run before stay."""
        self.export("-o", self.folder, "--reports", "calls,sessions,users", BASIC)
        before = {path: path.read_bytes() for path in self.folder.iterdir()}
        (self.folder / "users.csv").unlink()
        (self.folder / "users.csv").mkdir()
        other = TOP / "test-captures" / "real" / "xor.pcapng"
        self.expect_error(4, "-o", self.folder, "--reports", "calls,sessions,users", other, words="users.csv")
        for name in ("calls.csv", "sessions.csv"):
            self.assertEqual((self.folder / name).read_bytes(), before[self.folder / name])
        self.assertEqual(len(list(self.folder.iterdir())), 3)

    def test_leftovers(self):
        """What killed runs left goes; what is not theirs stays, also what a link names."""
        other = self.folder / "other.txt"
        other.write_text("other", encoding="ascii")
        for name in ("calls.csv.123.partial", "sessions.csv.123.before.partial"):
            (self.folder / name).write_text("left", encoding="ascii")
        (self.folder / "users.csv.7.partial").symlink_to(other)
        kept = {"letters.csv.123.partial", "calls.csv.partial", "other.txt"}
        for name in kept:
            (self.folder / name).write_text("other", encoding="ascii")
        self.assertEqual(self.export("-o", self.folder, "--reports", "calls", BASIC).returncode, 0)
        self.assertEqual({path.name for path in self.folder.iterdir()}, kept | {"calls.csv"})
        self.assertEqual(other.read_text(encoding="ascii"), "other")

    def test_one_run_a_folder(self):
        with subprocess.Popen([PROGRAM, "-o", self.folder, "--reports", "calls", "-"], stdin=subprocess.PIPE) as first:
            first.stdin.write(BASIC.read_bytes()[:1000])
            first.stdin.flush()
            deadline = time.monotonic() + 20
            while not any(self.folder.iterdir()) and time.monotonic() < deadline:
                time.sleep(0.02)
            self.expect_error(4, "-o", self.folder, BASIC, words="another oaexport is writing there")
            first.stdin.write(BASIC.read_bytes()[1000:])
            first.stdin.close()
            self.assertEqual(first.wait(), 0)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["calls.csv"])

    def test_unreadable_captures(self):
        text = self.folder / "text.pcap"
        text.write_text("This is a letter and not a capture, though its name says so.\n" * 20, encoding="ascii")
        empty = self.folder / "empty.pcap"
        empty.touch()
        output = self.folder / "out"
        for path in (self.folder / "missing.pcap", self.folder, empty, text):
            self.expect_error(2, "-o", output, path, words=str(path))
            self.expect_error(2, "-o", output, BASIC, path, words=str(path))
            self.assertFalse(output.exists())

    def test_cut_capture(self):
        cut = self.folder / "cut.pcapng"
        cut.write_bytes(BASIC.read_bytes()[:100001])
        result = self.export("--reports", "calls", cut)
        self.assertEqual(result.returncode, 3)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(str(cut), result.stderr)
        whole = set(self.export("--reports", "calls", BASIC).stdout.splitlines())
        answered = [line for line in result.stdout.splitlines() if ",answered," in line]
        self.assertGreater(len(answered), 50)
        self.assertLessEqual(set(answered), whole)

    def test_nothing_found(self):
        result = self.export("-o", self.folder, TOP / "test-captures" / "ordinary" / "loopback.pcap",
                             TOP / "test-captures" / "ordinary" / "made.pcapng")
        self.assertEqual(result.returncode, 5)
        self.assertEqual(result.stderr, "oaexport: no RPC or MAPI over HTTP found\n")
        # These also have the connections to ports of a service that carry something else.
        for name in set(REPORTS) - {"connections", "counters", "capacity", "captures", "hops"}:
            rows = tools.rows((self.folder / f"{name}.csv").read_text(encoding="utf-8"))
            # The made capture repeats frames immediately, which no sender does.
            self.assertLessEqual({row.get("code") for row in rows}, {"capture_duplicated"}, name)

    def test_tls(self):
        """Connections inside TLS count if they lead to a proxy: by their shape, or because the user says so."""
        web = TOP / "test-captures" / "ordinary" / "tls_web_traffic.pcap"
        for arguments, rows in ((("--proxy", "127.0.0.1"), 2), (("--proxy", "127.0.0.2"), 0), ((), 0)):
            result = self.export("-q", "-r", "connections", *arguments, web)
            self.assertEqual((result.returncode, len(tools.rows(result.stdout))), (tools.NOTHING_FOUND, rows), arguments)
        mail = tools.rows(self.export("-q", "-r", "connections", TOP / "test-captures" / "real" / "tls.pcapng").stdout)
        self.assertEqual([row["service"] for row in mail], ["https"] * 8)

    def test_not_looked_into(self):
        """What was not looked into is named, for that may be where it is."""
        ethernet, ip = bytes(12), bytes.fromhex("4500001c00010000401100000a0000010a000002")
        frames = [ethernet + b"\x08\x00" + ip + struct.pack(">HHHH", 50000, 4788, 8, 0)] * 3 + [ethernet + b"\x08\x06"] * 2
        path = self.folder / "other.pcap"
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) +
                         b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in frames))
        result = self.export("--reports", "sessions", path)
        self.assertEqual(result.returncode, 5)
        self.assertEqual(result.stderr, "oaexport: no RPC or MAPI over HTTP found; "
                         "3 frames of UDP 4788, 2 frames of Ethernet type 0x0806 not looked into\n")

    def test_output_that_cannot_be_written(self):
        self.expect_error(4, "-o", "/dev/full", BASIC, words="/dev/full")
        self.expect_error(4, "-o", BASIC, BASIC, words=str(BASIC))
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, "--reports", "calls", BASIC], stdout=full, stderr=subprocess.PIPE, text=True,
                                    check=False)
        self.assertEqual(result.returncode, 4)
        self.assertEqual(result.stderr.count("\n"), 1)
        blocked = self.folder / "blocked"
        (blocked / "calls.csv").mkdir(parents=True)
        self.expect_error(4, "-o", blocked, BASIC, words="calls.csv")
        self.assertEqual([path.name for path in blocked.iterdir() if path.name.endswith(".partial")], [])

    def test_full_disk(self):
        if os.getuid() != 0:
            self.skipTest("needs root for a file system of its own")
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], capture_output=True,
                          check=False).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.expect_error(4, "-o", disk, BASIC, words="No space left")
        self.assertEqual(list(disk.iterdir()), [])
        self.expect_error(4, "-o", disk / "new", BASIC, words="No space left")
        self.assertEqual(list(disk.iterdir()), [])

    def test_interrupted(self):
        """Interrupted while reading from a pipe, it removes partial reports."""
        output = self.folder / "out"
        data = BASIC.read_bytes()
        for number in (signal.SIGINT, signal.SIGTERM):
            # A test run in the background may have been started with SIGINT ignored.
            with subprocess.Popen([PROGRAM, "-o", output, "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
                process.stdin.write(data[:100000])
                process.stdin.flush()
                while not output.exists() or len(list(output.iterdir())) < len(REPORTS):
                    self.assertIsNone(process.poll())
                    time.sleep(0.01)
                process.send_signal(number)
                self.assertEqual(process.wait(20), -number)
                self.assertEqual(process.stderr.read(), b"")
            self.assertFalse(output.exists())

    def test_closed_pipe(self):
        process = subprocess.Popen([PROGRAM, "--reports", "calls", BASIC], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        message = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(), 4)
        self.assertEqual(message.count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
