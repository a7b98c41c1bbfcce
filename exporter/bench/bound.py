#!/usr/bin/env python3
"""What oaexport keeps of what is open, as bytes for each session and each connection of other services, and that --max-memory bounds it.

The figure at each scale is the difference of its peak to the next smaller one, for each session more.

Usage: bound.py MAKE_CAPTURE OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

KINDS = ("small", "mapi")
SESSIONS = (50, 500, 5000, 50000)
FOREIGN = (1000, 250000, 2000000)
LIMITS = (None, "256M", "64M")
CALLS, PERCENT = 4, 50
MIB = 1 << 20
SYN, ACK, PUSH = 2, 16, 8
GREETING = b"220 mail.test ESMTP\r\n"


def foreign(file, count):
    """Connections to port 25 that say something and stay open, 10,000 new ones a second."""
    file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    server = b"\xc0\0\2\x19"
    ethernet = bytes(12) + b"\x08\0"
    for number in range(count):
        client = b"\x0a" + struct.pack(">I", number // 50000)[1:]
        port = 10000 + number % 50000
        seconds, rest = divmod(number * 100, 1000000)
        for ends, ports, numbers, flags, data in (((client, server), (port, 25), (0, 0), SYN, b""), ((server, client), (25, port), (0, 1), SYN | ACK, b""),
                                                  ((server, client), (25, port), (1, 1), PUSH | ACK, GREETING)):
            packet = (ethernet + struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0) + ends[0] + ends[1]
                      + struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65535, 0, 0) + data)
            file.write(struct.pack("<IIII", 1700000000 + seconds, rest, len(packet), len(packet)) + packet)


def run(program, folder, capture, limit, fed=None):
    """Peak of one run in bytes, and how many findings say that something was given up."""
    with open(pathlib.Path(folder) / "findings.csv", "wb") as found:
        command = [program, "--quiet", "--reports", "connections,channels,sessions,calls,findings,counters,users", "-o", str(pathlib.Path(folder) / "reports"), str(capture)]
        process = subprocess.Popen(command + (["--max-memory", limit] if limit else []), stdin=subprocess.PIPE, stdout=found)  # pylint: disable=consider-using-with
        if fed:
            fed(process.stdin)
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 5):
        raise SystemExit(f"{program}: exit {process.returncode}")
    findings = (pathlib.Path(folder) / "reports" / "findings.csv").read_text(encoding="utf-8")
    return usage.ru_maxrss * 1024, findings.count("limit_reached")


def measure(what, scales, one):
    """A table: each scale, without a limit and with each."""
    before = None
    for count in scales:
        found = [one(count, limit) for limit in LIMITS]
        each = f", {(found[0][0] - before[1]) / (count - before[0]):,.0f} bytes for each more" if before else ""
        bounded = ", ".join(f"{limit}: {peak / MIB:.0f} ({findings} findings)" for limit, (peak, findings) in zip(LIMITS[1:], found[1:]))
        print(f"{count:,} {what}: {found[0][0] / MIB:.0f} MiB{each}; {bounded}", flush=True)
        before = count, found[0][0]


def main():
    """All figures."""
    make_capture, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "made.pcap"
        measure("connections of other services", FOREIGN, lambda count, limit: run(program, folder, "-", limit, lambda file: foreign(file, count)))
        for kind in KINDS:
            def sessions(count, limit, kind=kind):
                if limit is None:
                    subprocess.run([make_capture, str(path), str(count), str(count), str(CALLS), str(PERCENT), kind], check=True)
                return run(program, folder, path, limit)
            measure(f"open sessions, {kind} calls", SESSIONS, sessions)


if __name__ == "__main__":
    main()
