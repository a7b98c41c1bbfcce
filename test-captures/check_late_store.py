#!/usr/bin/env python3
"""On the ports of the proxy's hop, which stock X11 has too, connections without their beginning are ours from their first whole PDU on; those of
X11 look as without the plugins.

Usage: check_late_store.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import struct
import sys
import tempfile

import tools

sys.path.append(str(tools.CAPTURES / "make"))
import disturb  # noqa: E402

CAPTURE = tools.MADE / "two_hop_r2_four_clients.pcapng"
# A connection of X11 beside one of ours, and its client.
X11, DESK = tools.MADE / "x11_on_6001.pcapng", "203.0.113.60"
PORTS = (6001, 6002, 6004)
# Frames of each connection that are left out.
LATE, LATE_X11 = (12, 20, 50), (4, 7)
SETTINGS = (*tools.PASSES, ["-o", "tcp.relative_sequence_numbers:FALSE"])


def is_whole_pdu(payload):
    """Whether it begins with a PDU of DCE/RPC that it holds all of."""
    return payload[:2] == b"\5\0" and payload[4:8] == b"\x10\0\0\0" and struct.unpack("<H", payload[8:10])[0] <= len(payload)


def cut(capture, late, path):
    """Writes the capture without the first frames of each connection to such a port. Returns the frames that begin with a whole PDU."""
    trace = disturb.read(capture.read_bytes())
    seen, kept, expected, frames = collections.Counter(), [], [], 0
    for item in trace.items:
        facts = disturb.tcp_facts(item) if isinstance(item, disturb.Packet) else None
        to_store = facts and any(struct.unpack(">H", end[-2:])[0] in PORTS for end in facts[0])
        if to_store:
            seen[facts[0]] += 1
            if seen[facts[0]] <= late:
                continue
        kept.append(item)
        frames += isinstance(item, disturb.Packet)
        if to_store and facts[3] and is_whole_pdu(item.data[-facts[3]:]):
            expected.append(frames)
    trace.items = kept
    path.write_bytes(trace.bytes())
    return expected


def main():
    """The capture, cut at several places; in one pass and in two, with both kinds of sequence numbers."""
    home, frames = sys.argv[1], 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "late.pcapng"
        for late in LATE:
            expected = cut(CAPTURE, late, path)
            frames += len(expected)
            for arguments in SETTINGS:
                shown = tools.fields(home, path, ["frame.number"], "-Y", "rpch && tcp.port in {6001, 6002, 6004}", *arguments)
                tools.same(f"without {late} frames, {arguments}", sorted(set(expected) - {int(row[0]) for row in shown}), [])
        for late in LATE_X11:
            cut(X11, late, path)
            ours, stock = (tools.tshark(place, path, "-V", "-Y", f"x11 && ip.addr == {DESK}").splitlines() for place in (home, tools.STOCK))
            tools.same(f"{X11.name} without {late} frames", (ours, bool(ours)), (stock, True))
    print(f"{frames} PDUs")


if __name__ == "__main__":
    main()
