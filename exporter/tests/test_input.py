#!/usr/bin/env python3
"""The same reports from a capture however it was taken: in any order, twice, in tunnels and fragments, cut by a snap length.

Usage: test_input.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REAL = TOP / "test-captures" / "real"
CAPTURES = [REAL / "basic.pcapng", REAL / "mapihttp.pcapng", TOP / "test-captures" / "made" / "two_hop_r2_four_clients.pcapng"]
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "auth", "findings", "hops", "users")
HEADER = struct.Struct("<IIII")
TUNNEL = bytes.fromhex("c0000201c0000202")


def read_pcap(path):
    """Link type and frames (time in ns, bytes) of a capture of any format."""
    data = subprocess.run(["editcap", "-F", "nsecpcap", str(path), "-"], capture_output=True, check=True).stdout
    at, frames = 24, []
    while at < len(data):
        second, fraction, length, _ = HEADER.unpack_from(data, at)
        frames.append((second * 10**9 + fraction, data[at + 16:at + 16 + length]))
        at += 16 + length
    return struct.unpack_from("<I", data, 20)[0], frames


def write_pcap(path, link, frames):
    """Writes them in the order given."""
    data = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link)]
    for time, frame in frames:
        data += [HEADER.pack(time // 10**9, time % 10**9, len(frame), len(frame)), frame]
    path.write_bytes(b"".join(data))
    return path


def ipv4(protocol, payload, number, fragment=0):
    """An IPv4 packet between the ends of the tunnel."""
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, fragment, 64, protocol, 0) + TUNNEL + payload


def udp(port, payload):
    """A UDP datagram."""
    return struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload


ETHERNET = bytes(12) + b"\x08\x00"
WRAPPERS = {
    "vlan": lambda frame, number: frame[:12] + b"\x81\x00\x00\x07\x81\x00\x00\x08" + frame[12:],
    "vxlan": lambda frame, number: ETHERNET + ipv4(17, udp(4789, bytes.fromhex("0800000000000700") + frame), number),
    "geneve": lambda frame, number: ETHERNET + ipv4(17, udp(6081, bytes.fromhex("0000655800000700") + frame), number),
    "erspan_1": lambda frame, number: ETHERNET + ipv4(47, bytes.fromhex("000088be") + frame, number),
    "erspan_2": lambda frame, number: ETHERNET + ipv4(47, bytes.fromhex("100088be") + struct.pack(">I", number) +
                                                      bytes.fromhex("1001000000000000") + frame, number),
    "erspan_3": lambda frame, number: ETHERNET + ipv4(47, bytes.fromhex("100022eb") + struct.pack(">I", number) +
                                                      bytes.fromhex("200100000000000000000000") + frame, number),
    "nvgre": lambda frame, number: ETHERNET + ipv4(47, bytes.fromhex("2000655800000100") + frame, number),
    "gre_mpls_ip": lambda frame, number: ETHERNET + ipv4(47, bytes.fromhex("0000884700010100") + frame[14:], number),
    "ip_in_ip": lambda frame, number: ETHERNET + ipv4(4, frame[14:], number),
    "802.1ah": lambda frame, number: bytes(12) + bytes.fromhex("88e700000007") + frame,
    "vxlan_in_gre": lambda frame, number: ETHERNET + ipv4(47, b"\0\0\x08\0" + ipv4(17, udp(4789, bytes.fromhex("0800000000000700") +
                                                                                        frame), number), number),
}


def is_frame(name):
    """Whether a column has numbers of frames."""
    return name == "frame" or name.endswith("_frame")


def in_any_order(rows):
    """Rows to be compared without their order."""
    return sorted(tuple(row.items()) for row in rows)


def in_fragments(packet, number, size):
    """An outer IPv4 packet of Ethernet in fragments of that many bytes, the last one first."""
    payload, protocol = packet[34:], packet[23]
    pieces = [(at, payload[at:at + size]) for at in range(0, len(payload), size)]
    return [ETHERNET + ipv4(protocol, piece, number, at // 8 | (0x2000 if at + size < len(payload) else 0)) for at, piece in
            reversed(pieces)]


class Input(unittest.TestCase):
    """Every way of capturing, against the capture as it is."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def reports(self, *paths):
        """The rows of all reports, and the findings about the capture by code."""
        out = self.folder / "out"
        result = tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", out, *paths, check=False)
        self.assertIn(result.returncode, (0, 5), result.stderr)
        rows = {name: tools.rows((out / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}
        of_capture = {row["code"]: row for row in rows["findings"] if row["code"] in
                      ("reordered", "clock_step", "capture_duplicated", "snap_length")}
        rows["findings"] = [row for row in rows["findings"] if row["code"] not in of_capture]
        return rows, of_capture

    def plain(self, path, *without):
        """Reports without columns that number or count frames."""
        def counts(name):
            return is_frame(name) or name in without
        rows, of_capture = self.reports(*path) if isinstance(path, tuple) else self.reports(path)
        return {name: [{key: value for key, value in row.items() if not counts(key)} for row in rows[name]] for name in rows}, of_capture

    def test_order(self):
        """Two interfaces, of which one is written 0.3 s late: as sorted, but for the numbers of the frames, which are those of the file."""
        for path in CAPTURES:
            link, frames = read_pcap(path)
            in_order = sorted(frames, key=lambda frame: frame[0])
            order = sorted(range(len(frames)), key=lambda at: in_order[at][0] + 300_000_000 * (in_order[at][1][26:30] > in_order[at][1][30:34]))
            expected, nothing = self.reports(write_pcap(self.folder / "sorted.pcap", link, in_order))
            rows, found = self.reports(write_pcap(self.folder / "late.pcap", link, [in_order[at] for at in order]))
            for name, of_report in rows.items():
                for row in of_report:
                    row.update({key: str(order[int(value) - 1] + 1) for key, value in row.items() if is_frame(key) and value})
                self.assertEqual(in_any_order(of_report), in_any_order(expected[name]), (path.stem, name))
            self.assertEqual((set(found), nothing), ({"reordered"}, {}))
            self.assertEqual((found["reordered"]["session"], found["reordered"]["connection"]), ("", ""))

    def test_clock_step(self):
        link, frames = read_pcap(CAPTURES[0])
        half = len(frames) // 2
        stepped = frames[:half] + [(time - 3600 * 10**9, frame) for time, frame in frames[half:]]
        rows, found = self.reports(write_pcap(self.folder / "stepped.pcap", link, stepped))
        self.assertEqual(set(found), {"clock_step"})
        self.assertEqual(len(rows["calls"]), len(self.reports(CAPTURES[0])[0]["calls"]))

    def test_twice(self):
        """A mirror with copies of another MAC, VLAN and TTL, and a file given twice; with retransmissions, which stay."""
        for path in CAPTURES:
            link, frames = read_pcap(path)
            again = []
            for number, (time, frame) in enumerate(frames):
                again.append((time, frame))
                if number % 50 == 20 and frame[12:14] == b"\x08\x00":
                    other = frame[:18] + struct.pack(">H", 60000 + number % 5000) + frame[20:]
                    again.append((time + 250_000_000, other))
            again.sort(key=lambda frame: frame[0])
            expected, nothing = self.reports(write_pcap(self.folder / "once.pcap", link, again))
            self.assertEqual(nothing, {})
            copies = [(time + 180_000, b"\2" * 12 + b"\x81\0\0\7" + frame[12:22] + bytes([frame[22] - 1]) + frame[23:])
                      for time, frame in again if frame[12:14] == b"\x08\x00"]
            both = sorted(again + copies, key=lambda frame: frame[0])
            write_pcap(self.folder / "both.pcap", link, both)
            for paths in ((self.folder / "both.pcap",), (self.folder / "once.pcap", self.folder / "once.pcap")):
                rows, found = self.plain(paths)
                self.assertEqual(rows, self.plain(self.folder / "once.pcap")[0])
                self.assertEqual(set(found), {"capture_duplicated"})
                self.assertTrue(found["capture_duplicated"]["evidence"].startswith(f"{len(again)} of {2 * len(again)} "))
            if "real" in str(path):
                self.assertTrue(any(row["retransmitted_frames_in"] + row["retransmitted_frames_out"] != "00" for row in
                                    expected["connections"]))

    def test_tunnels(self):
        for path in CAPTURES[:2]:
            link, frames = read_pcap(path)
            expected = self.reports(path)[0]
            for name, wrap in WRAPPERS.items():
                with self.subTest(capture=path.stem, tunnel=name):
                    wrapped = [(time, wrap(frame, number)) for number, (time, frame) in enumerate(frames)]
                    self.assertEqual(self.reports(write_pcap(self.folder / "tunnel.pcap", link, wrapped))[0], expected)

    def test_fragments(self):
        """The tunnel's packets, and the TCP packets themselves, in fragments, of which each counts as a packet on the wire."""
        wire = ("wire_bytes_in", "wire_bytes_out")
        without = ("frames_in", "frames_out", *wire)
        for path in CAPTURES[:2]:
            link, frames = read_pcap(path)
            expected = self.plain(path, *without)[0]
            wrap = WRAPPERS["vxlan"]
            outer = [(time, piece) for number, (time, frame) in enumerate(frames) for piece in in_fragments(wrap(frame, number), number, 400)]
            inner = []
            for time, frame in frames:
                pieces = [frame]
                if len(frame) > 200:
                    size = struct.unpack_from(">H", frame, 16)[0] - 20
                    payload = frame[34:34 + size]
                    pieces = [frame[:16] + struct.pack(">H", 20 + len(payload[at:at + 96])) + frame[18:20] +
                              struct.pack(">H", at // 8 | (0x2000 if at + 96 < size else 0)) + frame[22:34] + payload[at:at + 96]
                              for at in range(0, size, 96)]
                inner += [(time, piece) for piece in pieces]
            for name, changed, sent in (("outer", outer, frames), ("inner", inner, inner)):
                with self.subTest(capture=path.stem, fragments=name):
                    fragments = write_pcap(self.folder / "fragments.pcap", link, changed)
                    self.assertEqual(self.plain(fragments, *without)[0], expected)
                    rows = self.reports(fragments)[0]["connections"]
                    self.assertEqual(sum(int(row[column]) for row in rows for column in wire),
                                     sum(struct.unpack_from(">H", frame, 16)[0] for _, frame in sent))

    def test_snap_length(self):
        """Bytes and frames of connections are those of the whole capture."""
        columns = ("connection", "frames_in", "frames_out", "bytes_in", "bytes_out", "lost_bytes_in", "lost_bytes_out",
                   "retransmitted_frames_in", "retransmitted_frames_out")
        for path in CAPTURES[:2]:
            expected = [{name: row[name] for name in columns} for row in self.reports(path)[0]["connections"]]
            for length in (96, 128, 256, 512):
                cut = self.folder / "cut.pcap"
                subprocess.run(["editcap", "-s", str(length), str(path), str(cut)], check=True)
                rows, found = self.reports(cut)
                # Heads that are cut too early to be recognised leave connections out.
                for row in rows["connections"]:
                    self.assertIn({name: row[name] for name in columns}, expected, (path.stem, length))
                self.assertTrue(rows["connections"] or path.stem != "basic", length)
                self.assertEqual(set(found), {"snap_length"})
                self.assertNotIn("capture_loss", {row["code"] for row in rows["findings"]})


if __name__ == "__main__":
    unittest.main()
