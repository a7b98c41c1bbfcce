#!/usr/bin/env python3
"""Captures that are still being written: what is followed gives what one run at the end gives, wherever it is cut; signals, kill, rotation.

Usage: test_follow.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import concurrent.futures
import csv
import fcntl
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "exporter" / "bench")]
import growth  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
# pcap and pcapng, one and two hops, MAPI over HTTP, gzip, interfaces out of order of time, nothing of ours, and a file that is cut.
GROWN = [tools.REAL / "basic.pcapng", tools.REAL / "mapihttp.pcapng", tools.MADE / "two_hop_r2_four_clients.pcapng", tools.MADE / "mixed.pcapng",
         tools.SIX_USERS, TOP / "test-captures" / "ordinary" / "made.pcapng"]
# Reports that grow by rows; the others count.
ROWS = ("connections", "channels", "sessions", "calls", "auth", "findings", "captures")
COUNTS = ("operations", "users", "connection_status", "hops", "counters", "capacity")
DEADLINE_S = 60
DAY_S, WEEK = 86400, 7
HEADER = 24
MAPI = b"POST /mapi/emsmdb/?MailboxId=box@mail.test HTTP/1.1\r\nHost: mail.test\r\nX-RequestType: %b\r\nX-RequestId: {1}:%d\r\n%bContent-Length: 0\r\n\r\n"
MAPI_CONNECT, MAPI_EXECUTE = MAPI % (b"Connect", 1, b""), MAPI % (b"Execute", 2, b"Cookie: MapiContext=1\r\n")
MAPI_CONNECTED = (b"HTTP/1.1 200 OK\r\nX-RequestType: Connect\r\nX-ResponseCode: 0\r\nX-RequestId: {1}:1\r\nSet-Cookie: MapiContext=1\r\n"
                  b"Content-Length: 0\r\n\r\n")
SILENT_S = 4  # longer than after which time goes on


def until(reached, process):
    """Waits for something, which has to come while the program runs."""
    end = time.monotonic() + DEADLINE_S
    while not reached():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"oaexport ended with {process.poll()}, or waits too long")
        time.sleep(0.005)


def follow(folder, capture, *options, **more):
    """The program, following."""
    return subprocess.Popen([PROGRAM, "--quiet", "--follow", "-o", folder, *options, capture], **more)


def batch(folder, *captures, **more):
    """One run over what is there; options may be among the captures."""
    subprocess.run([PROGRAM, "--quiet", "-o", folder, *captures], check=False, **more)


def end(process, number=signal.SIGTERM):
    """Its exit status after a signal."""
    process.send_signal(number)
    return process.wait(DEADLINE_S)


def place_in(process, path):
    """How far the program has read the file; -1: not open yet."""
    for entry in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if os.readlink(entry) == str(path):
                with open(f"/proc/{process.pid}/fdinfo/{entry.name}", encoding="ascii") as info:
                    return int(info.readline().split()[1])
        except FileNotFoundError:
            pass
    return -1


def queued(pipe):
    """Bytes in a pipe."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def pieces(data, count, seed):
    """Cut at any bytes."""
    places = sorted(random.Random(seed).sample(range(1, len(data)), count - 1))
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)])]


def rows(path):
    """The lines of a report without its header."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def simulated(path, days, every_s=300):
    """A session each few minutes, with calls, closed when the next one has begun."""
    capture = growth.Capture(path)
    number, before = 0, ()
    for count in range(days * DAY_S // every_s):
        capture.time_us = max(capture.time_us, count * every_s * 1000000)
        channels = growth.session(capture, count)
        for _ in range(4):
            number += 1
            for side, kind in ((0, growth.REQUEST), (1, growth.RESPONSE)):
                channels[side].send(side, growth.call(kind, number))
                capture.time_us += 5000
        for connection in before:
            connection.close()
        before = channels
    capture.file.close()


class Live(growth.Capture):
    """A capture whose frames are of now, or so long after; what was made is written at once."""

    def __init__(self, path):
        super().__init__(path)
        self.begun_us = time.time_ns() // 1000 - 1700000000 * 1000000
        self.calls = 0

    def at(self, after_s):
        """The next frames are of that time, in seconds since the capture began."""
        self.time_us = self.begun_us + round(after_s * 1000000)

    def call(self, channels):
        """A call and its response."""
        self.calls += 1
        for side, kind in ((0, growth.REQUEST), (1, growth.RESPONSE)):
            channels[side].send(side, growth.call(kind, self.calls))

    def ended_session(self, number, after_s):
        """One with a call, whose connections are closed."""
        self.at(after_s)
        channels = growth.session(self, number)
        self.call(channels)
        for connection in channels:
            connection.close()


def split(path, folder, count):
    """A pcap file as a ring of several ones; their names."""
    data = path.read_bytes()
    frames, at = [], HEADER
    while at < len(data):
        length = 16 + struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at:at + length])
        at += length
    size = -(-len(frames) // count)
    names = []
    for number in range(count):
        names.append(folder / f"ring_{number + 1}.pcap")
        names[-1].write_bytes(data[:HEADER] + b"".join(frames[number * size:(number + 1) * size]))
    return names


class Follow(unittest.TestCase):
    """One test per subject."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def same(self, found, expected):
        """Two folders of reports hold the same."""
        names = [sorted(item.name for item in folder.iterdir()) for folder in (found, expected)]
        self.assertEqual(*names)
        for name in names[0]:
            self.assertEqual((found / name).read_bytes(), (expected / name).read_bytes(), name)

    def grow(self, capture):
        """A file that grows; what is written is waited for until it was read."""
        folder = self.path / capture.stem
        folder.mkdir()
        grown = folder / capture.name
        grown.touch()
        process = follow(folder / "followed", grown)
        with open(grown, "ab", buffering=0) as file:
            for piece in pieces(capture.read_bytes(), 5, capture.name):
                file.write(piece)
                until(lambda: place_in(process, grown) == file.tell(), process)
        code = end(process)
        batch(folder / "batch", grown)
        return code, folder

    def test_growing_file(self):
        """Equal to one run, and exit status 0."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for code, folder in pool.map(self.grow, GROWN):
                with self.subTest(folder.name):
                    self.assertEqual(code, 0)
                    self.same(folder / "followed", folder / "batch")

    def test_standard_input(self):
        """Pieces at any byte, each read before the next one comes; it ends by itself, with the exit status of one run."""
        capture = tools.MADE / "mixed.pcapng"
        process = follow(self.path / "followed", "-", stdin=subprocess.PIPE, bufsize=0)
        for piece in pieces(capture.read_bytes(), 400, 1):
            process.stdin.write(piece)
            until(lambda: queued(process.stdin) == 0, process)
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE_S), 0)
        with open(capture, "rb") as file:
            batch(self.path / "batch", "-", stdin=subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE).stdout)
        self.same(self.path / "followed", self.path / "batch")

    def test_end_of_input(self):
        """Cut in the middle of a block, standard input is cut, without a signal."""
        data = (tools.REAL / "basic.pcapng").read_bytes()
        result = subprocess.run([PROGRAM, "--quiet", "--follow", "-o", self.path / "cut", "-"], input=data[:-10], check=False, capture_output=True)
        self.assertEqual((result.returncode, b"in the middle of a packet" in result.stderr), (3, True))
        result = subprocess.run([PROGRAM, "--quiet", "--follow", "-o", self.path / "none", "-"], input=b"", check=False, capture_output=True)
        self.assertNotIn(result.returncode, (0, -signal.SIGSEGV))

    def test_rows_come(self):
        """Rows of what has ended are there while the rest of a block is waited for; counts when an interval has ended."""
        simulated(self.path / "all.pcap", 1)
        data = (self.path / "all.pcap").read_bytes()
        grown = self.path / "grown.pcap"
        grown.write_bytes(data[:len(data) // 2 + 7])
        process = follow(self.path / "reports", grown)
        sessions, counters = (self.path / "reports" / name for name in ("sessions.csv", "counters.csv"))
        until(lambda: sessions.exists() and len(rows(sessions)) > 100, process)
        until(lambda: counters.exists() and len(rows(counters)) > 600, process)
        self.assertTrue(sessions.read_bytes().endswith(b"\n"))
        before = len(rows(counters))
        with open(grown, "ab") as file:
            file.write(data[len(data) // 2 + 7:])
        until(lambda: len(rows(counters)) > before + 600, process)
        self.assertEqual(end(process), 0)
        self.assertEqual(len(rows(sessions)), DAY_S // 300)
        self.assertEqual(list((self.path / "reports").glob("*.partial")), [])

    def test_silence(self):
        """On a line where nothing comes any more, time goes on: rows of what has ended come, and intervals end; what comes then is as in one run."""
        capture = Live(self.path / "live.pcap")
        capture.ended_session(0, -28)
        unanswered = growth.Connection(capture, 100)
        for side, data in ((0, MAPI_CONNECT), (1, MAPI_CONNECTED), (0, MAPI_EXECUTE)):
            unanswered.send(side, data)
        unanswered.close()
        capture.at(0)
        channels = growth.session(capture, 1)
        capture.call(channels)
        capture.file.flush()
        folder = self.path / "reports"
        process = follow(folder, self.path / "live.pcap", "--interval", "1", "--metrics", self.path / "metrics")
        sessions, calls, counters = (folder / f"{name}.csv" for name in ("sessions", "calls", "counters"))
        until(lambda: calls.exists() and len(rows(calls)) == 2, process)  # the last one waited to be put in order
        until(lambda: len(rows(sessions)) == 1, process)
        until(counters.exists, process)
        ended = len(rows(counters))
        until(lambda: len(rows(counters)) > ended, process)
        until((self.path / "metrics").exists, process)
        last = [line for line in (self.path / "metrics").read_text().splitlines() if line.startswith("oaexport_last_frame")]
        self.assertEqual(last, [f"oaexport_last_frame_timestamp_seconds {1700000000 + capture.time_us / 1e6:.6f}"])
        capture.at(time.time() - 1700000000 - capture.begun_us / 1e6 + 1)
        capture.call(channels)
        capture.ended_session(2, 3600)
        capture.file.close()
        self.assertEqual(end(process), 0)
        batch(self.path / "batch", self.path / "live.pcap", "--interval", "1")
        self.same(folder, self.path / "batch")

    def test_silence_rotates(self):
        """Periods end on a silent line; no row is lost or there twice."""
        capture = Live(self.path / "live.pcap")
        capture.at(0)
        channels = growth.session(capture, 0)
        capture.call(channels)
        capture.file.flush()
        folder = self.path / "reports"
        process = follow(folder, self.path / "live.pcap", "--interval", "1", "--rotate", "2s")
        until(lambda: folder.exists() and len([item for item in folder.iterdir() if item.name[0] == "2"]) > 1, process)
        capture.at(time.time() - 1700000000 - capture.begun_us / 1e6 + 1)
        capture.call(channels)
        capture.file.close()
        until(lambda: place_in(process, self.path / "live.pcap") == (self.path / "live.pcap").stat().st_size, process)
        self.assertEqual(end(process), 0)
        batch(self.path / "batch", self.path / "live.pcap", "--interval", "1")
        found = sorted(folder.iterdir())
        for report in ("connections", "channels", "sessions", "calls", "counters"):
            name = f"{report}.csv"
            self.assertEqual([row for period in found for row in rows(period / name)], rows(self.path / "batch" / name), name)

    def test_silence_in_a_ring(self):
        """The last frames of a file do not wait for the first one of the next."""
        ring = self.path / "ring"
        ring.mkdir()
        capture = Live(ring / "ring_1.pcap")
        capture.at(0)
        channels = growth.session(capture, 0)
        capture.call(channels)
        capture.file.close()
        following = Live(ring / "ring_2.pcap")
        following.file.flush()
        process = follow(self.path / "reports", ring)
        calls = self.path / "reports" / "calls.csv"
        until(lambda: calls.exists() and len(rows(calls)) == 1, process)
        channels[0].capture = channels[1].capture = following
        following.at(5)
        following.call(channels)
        following.file.close()
        self.assertEqual(end(process), 0)
        batch(self.path / "batch", *sorted(ring.iterdir()))
        self.same(self.path / "reports", self.path / "batch")

    def test_no_silence(self):
        """What is not captured now stands still while nothing comes, so that frames that come late for their time change nothing."""
        capture = growth.Capture(self.path / "old.pcap")
        channels = growth.session(capture, 0)
        channels[0].send(0, growth.call(growth.REQUEST, 1))
        capture.file.flush()
        begun = (self.path / "old.pcap").read_bytes()
        capture.time_us -= 600000
        channels[1].send(1, growth.call(growth.RESPONSE, 1))
        capture.file.close()
        process = follow(self.path / "followed", "-", stdin=subprocess.PIPE, bufsize=0)
        process.stdin.write(begun)
        time.sleep(SILENT_S)
        self.assertEqual(rows(self.path / "followed" / "channels.csv"), [])
        process.stdin.write((self.path / "old.pcap").read_bytes()[len(begun):])
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE_S), 0)
        with open(self.path / "old.pcap", "rb") as file:
            batch(self.path / "batch", "-", stdin=subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE).stdout)
        self.same(self.path / "followed", self.path / "batch")

    def test_signals(self):
        """Each ends with complete files, whether or not anything was there."""
        for number in ENDINGS:
            for content in (b"", (tools.REAL / "basic.pcapng").read_bytes()):
                with self.subTest(number, size=len(content)):
                    grown = self.path / f"{number}_{len(content)}.pcapng"
                    grown.write_bytes(content)
                    folder = self.path / grown.stem
                    process = follow(folder, grown)
                    until(lambda: place_in(process, grown) == len(content), process)
                    self.assertEqual(end(process, number), 0)
                    self.assertEqual({item.stem for item in folder.iterdir()}, set(ROWS + COUNTS))
                    if content:
                        batch(self.path / "batch", grown)
                        self.same(folder, self.path / "batch")

    def test_kill(self):
        """Files consist of whole rows, which are the first ones of one run; what is left does not hinder the next run."""
        simulated(self.path / "all.pcap", 2)
        data = (self.path / "all.pcap").read_bytes()
        batch(self.path / "batch", self.path / "all.pcap")
        for seed in range(3):
            folder = self.path / f"killed_{seed}"
            process = follow(folder, "-", "--format", "csv", stdin=subprocess.PIPE, bufsize=0)
            for piece in pieces(data, 40, seed)[:20 + 5 * seed]:
                process.stdin.write(piece)
            until(lambda: (folder / "calls.csv").exists() and rows(folder / "calls.csv"), process)
            process.kill()
            process.wait()
            process.stdin.close()
            for path in folder.glob("*.csv"):
                found = path.read_bytes()
                self.assertTrue(found.endswith(b"\n"), path)
                if path.stem in ROWS:
                    self.assertTrue((self.path / "batch" / path.name).read_bytes().startswith(found), path)
                else:
                    self.assertEqual({len(row) for row in rows(path)} - {len(rows(self.path / "batch" / path.name)[0])}, set(), path)
        process = follow(folder, "-", stdin=subprocess.PIPE, bufsize=0)
        process.stdin.write(data)
        process.stdin.close()
        self.assertEqual((process.wait(DEADLINE_S), list(folder.glob("*.partial"))), (0, []))

    def test_ring(self):
        """Files appear one after the other, and the oldest vanish when they have been read."""
        simulated(self.path / "all.pcap", 1, 1800)
        (self.path / "whole").mkdir()
        (self.path / "ring").mkdir()
        whole = split(self.path / "all.pcap", self.path / "whole", 80)
        process = follow(self.path / "followed", self.path / "ring")
        (self.path / "ring" / "README").write_text("no capture")
        for number, path in enumerate(whole):
            part = self.path / "ring" / path.name
            data = path.read_bytes()
            with open(part, "wb", buffering=0) as file:
                file.write(data[:len(data) // 2])
                if number % 20 == 19:
                    until(lambda: place_in(process, part) == len(data) // 2, process)
                    for old in whole[number - 19:number]:
                        (self.path / "ring" / old.name).unlink()
                file.write(data[len(data) // 2:])
        self.assertEqual(end(process), 0)
        shutil.copytree(self.path / "whole", self.path / "ring", dirs_exist_ok=True)
        batch(self.path / "batch", *(self.path / "ring" / path.name for path in whole))
        self.same(self.path / "followed", self.path / "batch")

    def test_ring_that_is_there(self):
        """A folder that nobody writes to any more, is read in the order in which its files were written, whatever their names."""
        simulated(self.path / "all.pcap", 1, 3600)
        (self.path / "ring").mkdir()
        for number, path in enumerate(split(self.path / "all.pcap", self.path / "ring", 12)):
            os.utime(path, (1000, 1000 + number))
            path.rename(path.with_name(f"part_{99 - number}.pcap"))
        process = follow(self.path / "followed", self.path / "ring")
        until((self.path / "followed" / "sessions.csv").exists, process)
        self.assertEqual(end(process), 0)
        batch(self.path / "batch", *sorted((self.path / "ring").iterdir(), key=lambda path: path.stat().st_mtime))
        self.same(self.path / "followed", self.path / "batch")

    def test_week(self):
        """Rotated every day, a week takes no more memory than two days, and all its rows are those of one run."""
        peaks = []
        for days in (2, WEEK):
            simulated(self.path / "all.pcap", days)
            with open(self.path / "all.pcap", "rb") as file:
                process = follow(self.path / f"days_{days}", "-", "--rotate", "1d", stdin=file)
                until(lambda: place_in(process, self.path / "all.pcap") == (self.path / "all.pcap").stat().st_size, process)
                process.send_signal(signal.SIGTERM)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            peaks.append(usage.ru_maxrss)
        if b"__asan_init" not in pathlib.Path(PROGRAM).read_bytes():  # which keeps what was freed
            self.assertLess(peaks[1], 1.1 * peaks[0])
        batch(self.path / "batch", self.path / "all.pcap")
        found = sorted(item for item in (self.path / f"days_{WEEK}").iterdir())
        self.assertEqual([item.name for item in found[:2]], ["20231114T221320Z", "20231115T000000Z"])
        self.assertEqual(len(found), WEEK + 1)
        for report in ("connections", "channels", "sessions", "calls", "auth", "findings", "counters"):
            name = f"{report}.csv"
            self.assertEqual([row for day in found for row in rows(day / name)], rows(self.path / "batch" / name), name)
        for day in found:
            self.assertEqual({item.stem for item in day.iterdir()}, set(ROWS + COUNTS))
            self.assertEqual(sum(int(row[5]) for row in rows(day / "operations.csv")), len(rows(day / "calls.csv")))

    def test_rotation_by_size(self):
        """Each folder is about as large as requested; what a killed run left is put aside."""
        simulated(self.path / "all.pcap", 2)
        reports = self.path / "reports"
        reports.mkdir()
        (reports / "calls.csv").write_text("of a killed run\n")
        with open(self.path / "all.pcap", "rb") as file:
            process = follow(reports, "-", "--rotate", "60K", stdin=file)
            until(lambda: place_in(process, self.path / "all.pcap") == (self.path / "all.pcap").stat().st_size, process)
            self.assertEqual(end(process), 0)
        aside = list(reports.glob("unfinished-*/calls.csv"))
        self.assertEqual([path.read_text() for path in aside], ["of a killed run\n"])
        sizes = [sum((folder / f"{report}.csv").stat().st_size for report in ROWS) for folder in sorted(reports.iterdir()) if folder.name[0] == "2"]
        self.assertGreater(len(sizes), 2)
        self.assertTrue(all(60 * 1024 <= size < 64 * 1024 for size in sizes[:-1]), sizes)

    def test_one_report(self):
        """On standard output, and as lines of JSON, with pseudonyms."""
        capture = tools.REAL / "basic.pcapng"
        key = self.path / "key"
        key.write_bytes(bytes(range(32)))
        key.chmod(0o600)
        for options in (["--reports", "calls"], ["--reports", "counters"], ["--reports", "sessions", "--format", "json", "--anonymize", key]):
            command = [PROGRAM, "--quiet", *options]
            with open(capture, "rb") as file:
                process = subprocess.Popen([*command, "--follow", "-"], stdin=file, stdout=subprocess.PIPE)
                until(lambda: place_in(process, capture) == capture.stat().st_size, process)
                process.send_signal(signal.SIGTERM)
                found = process.communicate(timeout=DEADLINE_S)[0]
            self.assertEqual((process.returncode, found), (0, subprocess.run([*command, capture], check=True, capture_output=True).stdout))

    def test_reader_that_goes_away(self):
        """Ends the program, as a write error."""
        simulated(self.path / "all.pcap", 1, 3600)
        data = (self.path / "all.pcap").read_bytes()
        command = [PROGRAM, "--follow", "--reports", "calls", "-"]
        for first in (0, len(data) // 2):
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
                process.stdin.write(data[:first])
                if first:
                    self.assertTrue(process.stdout.readline().startswith(b"call,"))
                    until(lambda: queued(process.stdin) == 0, process)
                process.stdout.close()
                process.stdin.write(data[first:])
                self.assertEqual(process.wait(DEADLINE_S), 4)
                self.assertEqual(process.stderr.read().count(b"\n"), 1)

    def test_command_line(self):
        """What does not go together is refused, and so is what is not there."""
        basic = tools.REAL / "basic.pcapng"
        out = ["-o", self.path / "out"]
        for words, code in ((["--follow", *out, basic, basic], 1), (["--follow", basic], 1), (["--rotate", "1d", *out, basic], 1),
                            (["--follow", "--html", *out, basic], 1), (["--follow", "-o", self.path / "a.sqlite", basic], 1),
                            (["--follow", "--rotate", "1x", *out, basic], 1), (["--follow", "--rotate", "0s", *out, basic], 1),
                            (["--follow", "--rotate", "99999999999999999999G", *out, basic], 1), (["--follow", *out, self.path / "none.pcap"], 2)):
            result = subprocess.run([PROGRAM, *words], check=False, capture_output=True)
            self.assertEqual((result.returncode, result.stderr.count(b"\n")), (code, 1), words)
        self.assertEqual(list(self.path.iterdir()), [])


if __name__ == "__main__":
    if not shutil.os.path.isdir("/proc/self/fdinfo"):
        sys.exit(77)
    unittest.main()
