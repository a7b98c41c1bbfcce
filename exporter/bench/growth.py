#!/usr/bin/env python3
"""Time and memory grow with the input, not with its square, for captures made to be slow; what is given up is reported.

Each capture is made small and four times as large. Processor time is noisy, so the least of three runs counts, and a square
would take sixteen times as long.

Usage: growth.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROXY = b"\xc0\0\2\x0a"
IN_HEAD = (b"RPC_IN_DATA /rpc/rpcproxy.dll?mbx.test:6001 HTTP/1.1\r\nHost: proxy.test\r\n"
           b"Content-Length: 1073741824\r\n\r\n")
OUT_HEAD = b"RPC_OUT_DATA /rpc/rpcproxy.dll?mbx.test:6001 HTTP/1.1\r\nHost: proxy.test\r\nContent-Length: 76\r\n\r\n"
ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n"
REQUEST, RESPONSE, RTS = 0, 2, 20


class Capture:
    """A pcap file, a frame every 20 microseconds; no checksums."""

    def __init__(self, path):
        self.file = open(path, "wb")  # pylint: disable=consider-using-with
        self.file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.time_us = 0

    def frame(self, source, target, numbers, flags, data=b""):
        """`source`, `target`: address and port; `numbers`: sequence and acknowledgment."""
        tcp = struct.pack(">HHIIBBHHH", source[1], target[1], *numbers, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0) + source[0] + target[0]
        packet = bytes(12) + b"\x08\0" + ip + tcp + data
        self.time_us += 20
        seconds, rest = divmod(self.time_us, 1000000)
        self.file.write(struct.pack("<IIII", 1700000000 + seconds, rest, len(packet), len(packet)) + packet)


class Connection:
    """A TCP connection to the proxy from its handshake on."""

    def __init__(self, capture, number, proxy=PROXY):
        self.capture = capture
        self.ends = (b"\x0a" + struct.pack(">I", number // 20000)[1:], 10000 + number % 20000), (proxy, 80)
        self.sent = [0, 0]
        for side, flags in ((0, 2), (1, 0x12), (0, 0x10)):
            self.frame(side, flags)
            self.sent[side] += flags != 0x10

    def frame(self, side, flags, data=b""):
        """One frame of that side."""
        self.capture.frame(self.ends[side], self.ends[1 - side], (self.sent[side], self.sent[1 - side]), flags, data)

    def send(self, side, data):
        """A segment of that side."""
        self.frame(side, 0x18, data)
        self.sent[side] += len(data)

    def close(self):
        """FIN of both."""
        for side in (0, 1):
            self.frame(side, 0x11)
            self.sent[side] += 1


def pdu(ptype, call_id, body, flags=3):
    """[C706] 12.6"""
    return struct.pack("<BBBBIHHI", 5, 0, ptype, flags, 0x10, 16 + len(body), 0, call_id) + body


def call(ptype, call_id):
    """A request or response of an unknown operation."""
    return pdu(ptype, call_id, struct.pack("<IHH", 8, 0, 99 if ptype == REQUEST else 0) + bytes(8))


def rts(flags, *commands):
    """[MS-RPCH] 2.2.3.6"""
    return pdu(RTS, 0, struct.pack("<HH", flags, len(commands)) + b"".join(commands))


def cookie(number):
    """A cookie that begins as all others do."""
    return struct.pack("<I12xI", 3, number)


def session(capture, number, proxy=PROXY, login=b"\r\n"):
    """The IN and the OUT connection of a virtual connection; `login` ends the heads."""
    channels = Connection(capture, 2 * number, proxy), Connection(capture, 2 * number + 1, proxy)
    channels[0].send(0, IN_HEAD[:-2] + login)
    channels[1].send(0, OUT_HEAD[:-2] + login)
    channels[1].send(0, rts(0, struct.pack("<II", 6, 1), cookie(4 * number), cookie(4 * number + 1), struct.pack("<II", 0, 65536)))
    channels[0].send(0, rts(0, struct.pack("<II", 6, 1), cookie(4 * number), cookie(4 * number + 2), struct.pack("<II", 4, 1 << 30),
                            struct.pack("<II", 5, 300000), struct.pack("<I16x", 12)))
    channels[1].send(1, ACCEPTED)
    return channels


def sessions(capture, count):
    """All open at once, then ended one after the other."""
    for both in [session(capture, number) for number in range(count)]:
        for connection in both:
            connection.close()


def orphans(capture, count):
    """Responses without a request behind as many calls as may wait."""
    requests, responses = session(capture, 0)
    for number in range(4000):
        requests.send(0, call(REQUEST, number))
    for number in range(count):
        responses.send(1, call(RESPONSE, 100000 + number))


def findings(capture, count):
    """RTS PDUs with several faults each."""
    requests, _ = session(capture, 0)
    for _ in range(count):
        requests.send(0, pdu(RTS, 7, struct.pack("<HH", 0x55, 0), 0))


def run(program, path, folder):
    """Least processor time of three runs, seconds, and peak memory, bytes."""
    times = []
    for _ in range(3):
        process = subprocess.Popen([program, "--quiet", "-o", folder, str(path)])  # pylint: disable=consider-using-with
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, path
        times.append(usage.ru_utime)
    return min(times), usage.ru_maxrss * 1024


def main():
    """Each kind in both sizes."""
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        for kind, count in ((sessions, 1500), (orphans, 30000), (findings, 30000)):
            found = []
            for size in (count, 4 * count):
                path = pathlib.Path(folder) / f"{kind.__name__}-{size}.pcap"
                capture = Capture(path)
                kind(capture, size)
                capture.file.close()
                found.append(run(program, path, folder))
            (short, few), (long, many) = found
            print(f"{kind.__name__}: {short:.2f} s, {long:.2f} s; {few / 1e6:.1f} MB, {many / 1e6:.1f} MB")
            assert long < 9 * max(short, 0.02), (kind.__name__, found)
            if kind is not sessions:
                assert many < few + 8e6, (kind.__name__, found)
        rows = tools.report(program, "findings", path)
        counts = [row["evidence"] for row in rows if row["code"] == "limit_reached"]
        assert "120000 findings of rts_unknown; the first 100 are reported" in counts, counts
        assert sum(row["code"] == "rts_unknown" for row in rows) == 100
        assert os.path.getsize(pathlib.Path(folder) / "findings.csv") < path.stat().st_size


if __name__ == "__main__":
    main()
