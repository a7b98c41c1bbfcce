#!/usr/bin/env python3
"""The same traffic in other file formats and link layers gives the same reports.

Usage: test_formats.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

BASIC = TOP / "test-captures" / "real" / "basic.pcapng"
PROGRAM = sys.argv.pop(1)
GLOBAL = struct.Struct("<IHHiIII")
RECORD = struct.Struct("<IIII")
NANOSECOND_PCAP = 0xA1B23C4D
ETHERNET = 1
IPV4 = b"\x08\x00"

# Link type, and what replaces the Ethernet header of a frame.
LINKS = {
    "vlan": (ETHERNET, lambda frame: frame[:12] + b"\x81\x00\x00\x07" + frame[12:]),
    "vlan stack": (ETHERNET, lambda frame: frame[:12] + b"\x88\xa8\x00\x07\x81\x00\x00\x08" + frame[12:]),
    "cooked": (113, lambda frame: b"\0\0\0\1\0\6" + frame[6:12] + b"\0\0" + IPV4 + frame[14:]),
    "cooked 2": (276, lambda frame: IPV4 + b"\0\0\0\0\0\2\0\1\0\6" + frame[6:12] + b"\0\0" + frame[14:]),
    "raw": (101, lambda frame: frame[14:]),
    "raw IPv4": (228, lambda frame: frame[14:]),
    "loopback": (0, lambda frame: struct.pack("<I", 2) + frame[14:]),
    "loopback of the other byte order": (0, lambda frame: struct.pack(">I", 2) + frame[14:]),
    "OpenBSD loopback": (108, lambda frame: struct.pack(">I", 2) + frame[14:]),
}


class Formats(unittest.TestCase):
    """Each test converts the basic capture."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.pcap = cls.edited("nsecpcap")
        cls.expected = cls.reports(BASIC)
        assert cls.expected["calls"].count("\n") > 100

    @classmethod
    def edited(cls, kind, source=BASIC):
        """A copy in another format."""
        path = cls.folder / f"basic.{kind}"
        subprocess.run(["editcap", "-F", kind, source, path], check=True, capture_output=True)
        return path

    @classmethod
    def reports(cls, *captures, **more):
        """Text of every report but that about the files themselves."""
        out = cls.folder / "out"
        tools.oaexport(PROGRAM, "-o", out, *captures, **more)
        return {path.stem: path.read_text(encoding="utf-8") for path in out.iterdir() if path.stem != "captures"}

    def check(self, *captures, **more):
        """Expects the same reports as from the capture itself."""
        self.assertEqual(self.reports(*captures, **more), self.expected)

    def frames(self):
        """Record header and bytes of each frame."""
        data = self.pcap.read_bytes()
        at = GLOBAL.size
        while at < len(data):
            record = RECORD.unpack_from(data, at)
            at += RECORD.size
            yield record, data[at:at + record[2]]
            at += record[2]

    def write(self, name, link, frames):
        """Writes the frames to a pcap file."""
        path = self.folder / name
        with open(path, "wb") as file:
            file.write(GLOBAL.pack(NANOSECOND_PCAP, 2, 4, 0, 0, 262144, link))
            for (seconds, nanoseconds, captured, _), frame in frames:
                assert captured
                file.write(RECORD.pack(seconds, nanoseconds, len(frame), len(frame)) + frame)
        return path

    def test_link_layers(self):
        for name, (link, wrap) in LINKS.items():
            with self.subTest(name):
                frames = [(record, wrap(frame)) for record, frame in self.frames() if frame[12:14] == IPV4]
                self.assertGreater(len(frames), 600)
                # Frame numbers stay the same only if every frame is IPv4.
                self.assertEqual(len(frames), len(list(self.frames())))
                self.check(self.write("link.pcap", link, frames))

    def test_formats(self):
        for kind in ("nsecpcap", "pcapng"):
            with self.subTest(kind):
                self.check(self.edited(kind))

    def test_network_monitor(self):
        """Its resolution is 100 ns and its start time a whole millisecond: only times may differ, slightly."""
        found = self.reports(self.edited("netmon2"))
        for name in ("calls", "sessions"):
            for ours, theirs in zip(tools.rows(found[name]), tools.rows(self.expected[name]), strict=True):
                for column in ours:
                    if column.endswith("_ms") and ours[column]:
                        self.assertAlmostEqual(float(ours[column]), float(theirs[column]), delta=0.0021)
                    elif column not in ("start", "end", "open_from", "open_to"):
                        self.assertEqual(ours[column], theirs[column], (name, column))

    def test_gzip(self):
        zipped = self.folder / "basic.gz"
        zipped.write_bytes(gzip.compress(self.pcap.read_bytes()))
        self.check(zipped)

    def test_standard_input(self):
        for path in (BASIC, self.pcap):
            with open(path, "rb") as file:
                self.check("-", stdin=file)

    def test_several_files(self):
        """Parts in any order, overlapping in time, and in different formats."""
        frames = list(self.frames())
        odd = self.write("odd.pcap", ETHERNET, frames[::2])
        even = self.write("even.pcap", ETHERNET, frames[1::2])
        self.check(even, odd)
        third = len(frames) // 3
        raw = [(record, frame[14:]) for record, frame in frames[third:]]
        late = self.write("late.pcap", 101, raw)
        early = self.folder / "early.pcapng.gz"
        early.write_bytes(gzip.compress(self.edited("pcapng", self.write("early.pcap", ETHERNET, frames[:third])).read_bytes()))
        self.check(late, early)


if __name__ == "__main__":
    unittest.main()
