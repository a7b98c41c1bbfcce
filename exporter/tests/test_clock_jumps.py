#!/usr/bin/env python3
"""Captures cut into files between which the clock of the machine was set, and captures in which it was: the counts of the whole capture, the step as a
finding, and no time across it.

Usage: test_clock_jumps.py OAEXPORT [SEED...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import itertools
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
SEEDS = [int(seed) for seed in sys.argv[1:]] or [1]
del sys.argv[1:]
COUNTED = ("connections", "channels", "sessions", "calls", "operations")
REPORTS = (*COUNTED, "counters", "findings", "captures")
STEPS = (-1, -3600, 3600)
ONE_HOP = [tools.CAPTURES / name for name in (
    "real/basic.pcapng", "made/two_hop_r2_four_clients.pcapng", "made/mixed.pcapng", "made/mapi_http_forms.pcapng", "made/rpc_interleaved.pcapng",
    "clients/haproxy.pcapng", "clients/frdp_recycle.pcapng", "clients/http_kerberos.pcapng")]
# With the timestamps option, with pauses, and a busy one; without the option.
TIMED = [tools.CAPTURES / name for name in (
    "real/basic.pcapng", "load/multi.pcapng.gz", "clients/frdp_recycle.pcapng", "clients/haproxy.pcapng", "clients/wine_errors.pcapng")]
UNTIMED = [tools.MADE / f"{name}.pcapng" for name in ("mixed", "mapi_http_forms", "idle_reset")]
FORWARD = (2, 60, 3600)
TWO_HOPS = "two_hop_r2_four_clients in_r1 out_r1 mixed".split()
# Columns of what a step makes unknown, and of what depends on how long no frame came.
TIMES = re.compile(r".*_ms|.*frame|start|end|over|closed|state|end_state|open_from|open_to|connection|call|channel|first_time|last_time|opened")
# A step is recognised if connections go back by more than a tenth of a second.
PAUSE = 0.5


def counts(rows):
    """The rows without times and places, in any order."""
    return collections.Counter(tuple(sorted((name, value) for name, value in row.items() if not TIMES.fullmatch(name))) for row in rows)


def latencies(reports):
    """The response times of all calls."""
    return collections.Counter(call["latency_ms"] for call in reports["calls"] if call["latency_ms"])


class Segment:
    """What the test knows of a frame."""

    def __init__(self, line):
        cells = line.split("\t")
        number, time, stream, source, sequence, length, acknowledgment, flags, stamp = (cell.split(",")[0] for cell in cells)
        self.number, self.time, self.stream, self.sender = int(number), float(time), stream, (stream, source)
        self.length, flags = int(length or 0), int(flags or "0", 16)
        self.sequence, self.acknowledgment = int(sequence or 0), int(acknowledgment or 0)
        self.end = self.sequence + self.length + bool(flags & 2) + bool(flags & 1)
        self.is_reset, self.has_stamp = bool(flags & 4), bool(stamp)
        self.begins = flags & 0x12 == 2


def segments_of(capture):
    """All TCP segments of a capture."""
    names = "frame.number frame.time_epoch tcp.stream tcp.srcport tcp.seq tcp.len tcp.ack tcp.flags tcp.options.timestamp.tsval".split()
    lines = tools.fields_result(tools.STOCK, capture, names, "-Y", "tcp").stdout.splitlines()
    return [Segment(line) for line in lines if line.count("\t") == len(names) - 1 and line.split("\t")[2]]


class Cut:
    """A capture in files, from one of which on the clock is another one."""

    def __init__(self, capture, segments, frames, chance):
        self.capture, self.step = capture, chance.choice(STEPS)
        n = min(chance.randint(2, 10), frames - 1)
        self.ends = [0, *sorted(chance.sample(range(1, frames), n - 1)), frames]
        self.at = chance.randrange(1, n)
        self.before = [one for one in segments if self.ends[self.at - 1] < one.number <= self.ends[self.at]]
        self.behind = [one for one in segments if self.ends[self.at] < one.number <= self.ends[self.at + 1]]
        self.everything_before = {one.stream for one in segments if one.number <= self.ends[self.at]}

    def write(self, folder):
        """The files, in order."""
        paths = []
        for number, (begin, end) in enumerate(zip(self.ends, self.ends[1:])):
            paths.append(pathlib.Path(folder) / f"part_{number}.pcapng")
            subprocess.run(["editcap", "-r", "-t", str(self.step if number >= self.at else 0), self.capture, paths[-1], f"{begin + 1}-{end}"],
                           check=True, capture_output=True)
        return paths

    def crossing(self):
        """Connections in both files next to the step: the last segment of the first file, the first one of the second."""
        first = {}
        for one in self.behind:
            first.setdefault(one.stream, one)
        last = {one.stream: one for one in self.before}
        return [(last[stream], one) for stream, one in first.items() if stream in last and not one.begins]

    def is_crossed(self):
        """Whether any connection was there before the step and after it."""
        return any(one.stream in self.everything_before for one in self.behind)

    def is_exact(self, after):
        """Whether each side of the connection goes on behind what it had sent."""
        ends, begun = {}, {}
        for one in self.before:
            if not one.is_reset:
                ends[one.sender] = max(ends.get(one.sender, 0), one.end)
        for one in self.behind:
            begun.setdefault(one.sender, one.sequence)
        both = [sender for sender in ends if sender in begun and sender[0] == after.stream]
        return bool(both) and all(ends[sender] == begun[sender] for sender in both)

    def must_be_found(self):
        """Whether connections show the step without doubt: back, one that goes on soon; forwards, an acknowledgment of what came last, or timestamps."""
        exact = [(last, first) for last, first in self.crossing() if self.is_exact(first) and not last.is_reset and not first.is_reset]
        if len(exact) * 2 <= len(self.crossing()):
            return False
        if self.step < 0:
            return any(first.time - last.time < PAUSE for last, first in exact)
        return any(last.length and last.sender != first.sender and not first.length and first.acknowledgment == last.end or
                   last.sender == first.sender and last.has_stamp and first.has_stamp for last, first in exact)


class Frame:
    """A frame of Ethernet and IPv4, with the time of its sender's clock, if it has that."""

    def __init__(self, time, data):
        self.time, self.data, self.stamp_at, self.sender, self.connection = time, data, None, None, None
        if data[12:14] != b"\x08\x00" or data[23] != 6:
            return
        tcp = 14 + (data[14] & 15) * 4
        ends = data[26:30] + data[tcp:tcp + 2], data[30:34] + data[tcp + 2:tcp + 4]
        self.sender, self.connection, self.begins = ends[0][:4], frozenset(ends), data[tcp + 13] & 2
        at, end = tcp + 20, tcp + (data[tcp + 12] >> 4) * 4
        while at < end and data[at] != 0:
            if data[at] == 8:
                self.stamp_at = at + 2
            at += 1 if data[at] == 1 else data[at + 1]

    @property
    def stamp(self):
        """In milliseconds."""
        return struct.unpack_from(">I", self.data, self.stamp_at)[0]

    def later(self, seconds, awake=True):
        """The same frame so many seconds later, which its sender's clock shows, or not."""
        data = bytearray(self.data)
        if self.stamp_at and awake:
            struct.pack_into(">I", data, self.stamp_at, (self.stamp + round(seconds * 1000)) % 2**32)
        return Frame(self.time + round(seconds * 10**9), bytes(data))

    def with_stamp(self, milliseconds):
        """The same frame with another time of its sender's clock."""
        data = bytearray(self.data)
        if self.stamp_at:
            struct.pack_into(">I", data, self.stamp_at, milliseconds % 2**32)
        return Frame(self.time, bytes(data))

    def of_other_port(self):
        """The same frame of another connection: the client's port, which is the higher one, is another one."""
        data, tcp = bytearray(self.data), 14 + (self.data[14] & 15) * 4
        if self.connection:
            at = tcp if data[tcp:tcp + 2] > data[tcp + 2:tcp + 4] else tcp + 2
            struct.pack_into(">H", data, at, struct.unpack_from(">H", data, at)[0] ^ 0x0800)
        return Frame(self.time, bytes(data))

    def without_stamp(self):
        """With something else in the place of the option."""
        data = self.data
        return Frame(self.time, data[:self.stamp_at - 2] + 10 * b"\x01" + data[self.stamp_at + 8:] if self.stamp_at else data)


def frames_of(capture):
    """All frames, in their order."""
    data = subprocess.run(["editcap", "-F", "nsecpcap", str(capture), "-"], capture_output=True, check=True).stdout
    at, frames = 24, []
    while at < len(data):
        second, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        frames.append(Frame(second * 10**9 + fraction, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


def write_frames(path, frames):
    """A capture of them."""
    data = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for frame in frames:
        data += [struct.pack("<IIII", *divmod(frame.time, 10**9), len(frame.data), len(frame.data)), frame.data]
    path.write_bytes(b"".join(data))
    return path


def shows_step(before, behind):
    """Whether both ends of a connection show it: their clocks are known, and were read right before the step and right behind it."""
    ends = {}
    for frames, order in ((before[::-1], 0), (behind, 1)):
        for frame in frames:
            if frame.stamp_at and not frame.begins:
                ends.setdefault((frame.connection, frame.sender), ([], []))[order].append(frame)
    shown = set()
    for (connection, sender), (last, first) in ends.items():
        if last and first and max(before[-1].time - last[0].time, first[0].time - behind[0].time) < 2 * 10**8 and (
                last[0].stamp - last[-1].stamp >= 20 or min(first, key=lambda frame: -frame.stamp).stamp - first[0].stamp >= 20):
            shown.add((connection, sender))
    return any(len([one for one in shown if one[0] == connection]) == 2 for connection, _ in shown)


class ClockJumps(unittest.TestCase):
    """The clock is set between two files, or in one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def reports(self, *captures):
        """All reports, by name; those on standard output are the same."""
        with tempfile.TemporaryDirectory() as folder:
            tools.oaexport(PROGRAM, "-q", "--interval", "1", "-r", ",".join(REPORTS), "-o", folder, *captures)
            texts = {name: (pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8") for name in REPORTS}
        self.assertEqual(tools.oaexport(PROGRAM, "-q", "-r", "calls", *captures).stdout, texts["calls"])
        return {name: tools.rows(text) for name, text in texts.items()}

    def steps(self, reports):
        """The findings about steps, and whether a row of the counters is marked."""
        is_marked = any("clock" in row["quality"].split(";") for row in reports["counters"])
        found = [row["evidence"] for row in reports["findings"] if row["code"] == "clock_step"]
        self.assertEqual(is_marked, bool(found), found)
        return found

    def check_times(self, reports, whole):
        """No time is negative, and no response took other than in the whole capture, or its time is unknown."""
        for row in itertools.chain(*(reports[name] for name in COUNTED)):
            for column, value in row.items():
                if column.endswith("_ms") and value:
                    self.assertGreaterEqual(float(value), 0, (column, row))
        self.assertEqual(latencies(reports) - latencies(whole), collections.Counter())

    def check_cut(self, cut, whole, chance):
        """One capture, cut."""
        paths = cut.write(self.folder)
        before, behind = paths[cut.at - 1].name, paths[cut.at].name
        chance.shuffle(paths)
        reports = self.reports(*paths)
        steps = self.steps(reports)
        if cut.must_be_found():
            self.assertEqual(len(steps), 1)
            size = re.match(rf"{behind} continues the connections of (\S+), but begins (\S+) s (before|after) its end", steps[0])
            if size[1] == before:
                self.assertAlmostEqual(float(size[2]), abs(cut.step), delta=PAUSE)
            self.assertEqual(size[3], "before" if cut.step < 0 else "after")
            corrected = {row["file"][-len(behind):] for row in reports["captures"] if float(row["clock_correction_ms"])}
            self.assertEqual(behind in corrected, cut.step < 0)
            self.check_times(reports, whole)
        if cut.must_be_found() or not cut.is_crossed() and cut.step > 0:
            for name in COUNTED:
                self.assertEqual(counts(reports[name]), counts(whole[name]), name)
        return cut.must_be_found()

    def test_between_files(self):
        found = 0
        for seed, capture in itertools.product(SEEDS, ONE_HOP):
            segments, whole = segments_of(capture), self.reports(capture)
            frames = int(whole["captures"][0]["frames"])
            chance = random.Random(f"{seed} {capture.name}")
            for _ in range(2):
                cut = Cut(capture, segments, frames, chance)
                with self.subTest(seed=seed, capture=capture.name, ends=cut.ends, at=cut.at, step=cut.step):
                    found += self.check_cut(cut, whole, chance)
        self.assertGreater(found, len(SEEDS) * len(ONE_HOP))

    def test_without_step(self):
        """Nothing is found where nothing was set."""
        for capture in ONE_HOP:
            segments, whole = segments_of(capture), self.reports(capture)
            cut = Cut(capture, segments, int(whole["captures"][0]["frames"]), random.Random(capture.name))
            cut.step = 0
            with self.subTest(capture=capture.name):
                reports = self.reports(*cut.write(self.folder))
                self.assertEqual(self.steps(reports), [])
                self.assertEqual(counts(reports["calls"]), counts(whole["calls"]))

    def test_two_hops(self):
        """The other hop's file is of another machine, whose clock goes on."""
        for name in TWO_HOPS:
            capture = tools.MADE / f"{name}.pcapng"
            hops = self.folder / "near.pcapng", self.folder / "far.pcapng"
            for path, wanted in zip(hops, ("tcp.port == 80 || tcp.port == 443", "!(tcp.port == 80 || tcp.port == 443)")):
                subprocess.run(["tshark", "-r", capture, "-Y", wanted, "-w", path], check=True, capture_output=True)
            whole = self.reports(*hops)
            for jumping, step in itertools.product((0, 1), STEPS):
                frames = int(whole["captures"][jumping]["frames"])
                with self.subTest(capture=name, jumping=hops[jumping].name, step=step):
                    parts = self.folder / "first.pcapng", self.folder / "second.pcapng"
                    for path, shift, wanted in zip(parts, (0, step), (f"1-{frames // 2}", f"{frames // 2 + 1}-{frames}")):
                        subprocess.run(["editcap", "-r", "-t", str(shift), hops[jumping], path, wanted], check=True, capture_output=True)
                    reports = self.reports(parts[1], hops[1 - jumping], parts[0])
                    steps = self.steps(reports)
                    if step < 0:
                        self.assertEqual(len(steps), 1)
                    elif not steps: # nothing shows it, and the hops are an hour apart
                        continue
                    for of_report in ("sessions", "calls", "operations"):
                        self.assertEqual(counts(reports[of_report]), counts(whole[of_report]), of_report)
                    longest = max(float(call["latency_ms"] or 0) for call in whole["calls"])
                    self.assertLessEqual(max(float(call["latency_ms"] or 0) for call in reports["calls"]), longest + 0.5)

    def check_forward(self, frames, at, step, whole):
        """The clock is put forward in one file: that is found, with its size, or nothing is."""
        changed = frames[:at] + [Frame(frame.time + step * 10**9, frame.data) for frame in frames[at:]]
        reports = self.reports(write_frames(self.folder / "forward.pcap", changed))
        steps = self.steps(reports)
        if shows_step(frames[:at], frames[at:]):
            self.assertEqual(len(steps), 1)
        if not steps:
            return False
        size = re.fullmatch(r"forward.pcap: the clock was put forward 1 times, by up to (\S+) s, within (\S+) s by the clocks of the hosts", steps[0])
        self.assertAlmostEqual(float(size[1]), step, delta=float(size[2]) + 0.01)
        self.assertEqual(reports["captures"][0]["clock_steps"], "1")
        self.assertEqual(next(row["frame"] for row in reports["findings"] if row["code"] == "clock_step"), str(at + 1))
        self.check_times(reports, whole)
        for name in COUNTED:
            self.assertEqual(counts(reports[name]), counts(whole[name]), name)
        for name in ("sessions", "connections"):
            durations = [collections.Counter(row["duration_ms"] for row in of[name]) for of in (reports, whole)]
            self.assertLessEqual(set(durations[0] - durations[1]), {""})
        last, first = changed[at - 1].time, changed[at].time
        covered = [{row["start"]: float(row["covered_s"]) for row in of["counters"]} for of in (reports, whole)]
        self.assertAlmostEqual(sum(covered[0].values()), (changed[-1].time - changed[0].time - (first - last)) / 10**9, places=3)
        return True

    def test_forward_within_file(self):
        """A clock that is put forward in one file: the clocks of the hosts show it."""
        found = 0
        for seed, capture in itertools.product(SEEDS, TIMED):
            frames, whole = frames_of(capture), self.reports(write_frames(self.folder / "whole.pcap", frames_of(capture)))
            chance = random.Random(f"forward {seed} {capture.name}")
            for step in FORWARD:
                at = chance.randrange(1, len(frames))
                with self.subTest(seed=seed, capture=capture.name, at=at, step=step):
                    found += self.check_forward(frames, at, step, whole)
        self.assertGreater(found, len(SEEDS) * len(TIMED))

    def test_forward_in_parts(self):
        """With one thread, with two, and from parts of the capture, everything is the same."""
        frames = frames_of(tools.CAPTURES / "real/basic.pcapng")
        capture = write_frames(self.folder / "forward.pcap", frames[:300] + [Frame(frame.time + 60 * 10**9, frame.data) for frame in frames[300:]])
        parts, found = self.folder / "parts", []
        for index in (1, 2):
            tools.oaexport(PROGRAM, "-q", "--shard", f"{index}/2", "-o", parts, capture)
        for arguments in (["-j1", capture], ["-j2", capture], ["merge", parts]):
            with tempfile.TemporaryDirectory() as folder:
                tools.oaexport(PROGRAM, *arguments[:-1], "-q", "-o", folder, arguments[-1])
                found.append({path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()})
        self.assertIn(b"clock_step", found[0]["findings.csv"])
        self.assertEqual(found[1:], [found[0], found[0]])

    def test_silence(self):
        """Nothing is found where time passed, where frames are missing, where one host's clock stood still, and where no clocks are."""
        for capture in (*TIMED, *UNTIMED):
            frames = frames_of(capture)
            chance = random.Random(f"silence {capture.name}")
            sleeper = chance.choice(sorted({frame.sender for frame in frames if frame.sender}))
            for step in FORWARD:
                at = chance.randrange(1, len(frames))
                silent = {
                    "silence": frames[:at] + [frame.later(step) for frame in frames[at:]],
                    "a host asleep": frames[:at] + [frame.later(step, frame.sender != sleeper) for frame in frames[at:]],
                    "no clocks": [frame.without_stamp() for frame in frames[:at]] + [frame.later(step).without_stamp() for frame in frames[at:]],
                    "frames missing": frames[:at] + frames[at + chance.randrange(len(frames) - at):]}
                if capture in UNTIMED:
                    silent = {"step": silent["silence"]}
                for name, changed in silent.items():
                    with self.subTest(capture=capture.name, at=at, step=step, kind=name):
                        out = tools.oaexport(PROGRAM, "-q", "-r", "findings", write_frames(self.folder / "silent.pcap", changed)).stdout
                        self.assertEqual([row for row in tools.rows(out) if row["code"] == "clock_step"], [])

    def test_between_files_by_hosts(self):
        """No connection goes on from file to file; but the clocks of the hosts do, where all connections of a host have the same."""
        frames = frames_of(tools.CAPTURES / "real/basic.pcapng")
        common = [frame.with_stamp(frame.time // 10**6 + (frame.sender or b"\0")[-1] * 10**7) for frame in frames]
        again = [frame.of_other_port() for frame in common]
        cases = {
            "step": ([Frame(frame.later(5).time + 60 * 10**9, frame.later(5).data) for frame in again], True),
            "silence": ([frame.later(65) for frame in again], False),
            "a host asleep": ([frame.later(65, frame.sender == again[0].sender) for frame in again], False),
            "each connection has its own": ([frame.later(65, False).of_other_port() for frame in frames], False)}
        for name, (behind, is_found) in cases.items():
            with self.subTest(kind=name):
                reports = self.reports(write_frames(self.folder / "b.pcap", behind),
                                       write_frames(self.folder / "a.pcap", frames if name.startswith("each") else common))
                steps = self.steps(reports)
                self.assertEqual(len(steps), is_found)
                if is_found:
                    size = re.fullmatch(r"b.pcap begins (\S+) s after the end of a.pcap, (\S+) s of which did not pass by the clocks of the hosts", steps[0])
                    self.assertAlmostEqual(float(size[1]), 65 - (frames[-1].time - frames[0].time) / 10**9, places=5)
                    self.assertAlmostEqual(float(size[2]), 60, delta=1)

    def test_within_file(self):
        """A clock that goes back in one file: what lasts over it has no duration, whether that would be negative or only wrong."""
        capture = tools.MADE / "idle_reset.pcapng"
        whole = self.reports(capture)
        frames = int(whole["captures"][0]["frames"])
        for step in (-2, -3600):
            parts = self.folder / "first.pcapng", self.folder / "second.pcapng"
            for path, shift, wanted in zip(parts, (0, step), (f"1-{frames // 2}", f"{frames // 2 + 1}-{frames}")):
                subprocess.run(["editcap", "-r", "-t", str(shift), capture, path, wanted], check=True, capture_output=True)
            subprocess.run(["mergecap", "-a", "-w", self.folder / "one.pcapng", *parts], check=True, capture_output=True)
            reports = self.reports(self.folder / "one.pcapng")
            self.assertEqual(len(self.steps(reports)), 1)
            self.check_times(reports, whole)
            durations = [collections.Counter(row["duration_ms"] for name in ("sessions", "connections") for row in of[name]) for of in (reports, whole)]
            self.assertEqual(set(durations[0] - durations[1]), {""})


if __name__ == "__main__":
    unittest.main(verbosity=1)
