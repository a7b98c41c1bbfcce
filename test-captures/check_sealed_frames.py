#!/usr/bin/env python3
"""Sealed calls, whichever frames their PDUs share, and whatever is lost or comes late: tshark with the password shows what it shows of one PDU
in each frame, with all of them there and in order.

Usage: check_sealed_frames.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys
import tempfile

import tools

sys.path.insert(0, str(tools.CAPTURES / "make"))
import disturb  # noqa: E402

CAPTURE = tools.REAL / "privacy.pcapng"
FIELDS = ("dcerpc.cn_call_id", "dcerpc.pkt_type", "dcerpc.auth_level", "oxcrpc.opnum", "oxcrpc.return", "oxcrops.rop_id", "oxcrops.return_value",
          "oxcrpc.cxh", "_ws.malformed")
# Of the frames that are joined, some have two PDUs of one response.
FEWEST = 3
# Frames that are lost, or come late, one in each copy: every so many of those with a sealed PDU.
STEP = 17
# Bytes that are missing, more than the keystream is searched for; where TCP's sequence number is in these frames.
FAR, SEQUENCE_AT = 0x100000, 38


def shown(home, capture, *arguments):
    """Values of each field, in the order of the frames."""
    rows = tools.named_fields(home, capture, FIELDS, *arguments, *tools.PASSWORD, "-Y", "dcerpc")
    return {name: [value for row in rows for value in row[name].split(";") if value] for name in FIELDS}


def by_call(home, capture, *arguments):
    """What is shown of each request and response, without the numbers of frames; calls by number of the frame."""
    rows = tools.named_fields(home, capture, ("frame.number", "rpch.rpc.call_id", *FIELDS), *arguments, *tools.PASSWORD, "-Y", "dcerpc && rpch")
    calls = {int(row.pop("frame.number")): row["rpch.rpc.call_id"] for row in rows}
    return calls, sorted(tuple(row.values()) for row in rows)


def late(data, number):
    """The capture with that frame behind the next one of its sender that has data."""
    trace = disturb.read(data)
    packet = trace.packets()[number - 1]
    connection, side, _, _ = disturb.tcp_facts(packet)
    behind = next((other for other in trace.packets()[number:] if disturb.tcp_facts(other)[:2] == (connection, side) and disturb.tcp_facts(other)[3]), None)
    if not behind:
        return None
    trace.items.remove(packet)
    trace.items.insert(trace.items.index(behind) + 1, packet)
    packet.time, behind.time = behind.time, packet.time
    return trace.bytes()


def far_behind(data, number):
    """The capture as if more bytes than can be searched were missing before that frame, and a PDU among them."""
    trace = disturb.read(data)
    lost = trace.packets()[number - 1]
    connection, side, _, _ = disturb.tcp_facts(lost)
    trace.items.remove(lost)
    for packet in trace.packets()[number - 1:]:
        facts = disturb.tcp_facts(packet)
        if facts and facts[:2] == (connection, side):
            sequence, = struct.unpack_from(">I", packet.data, SEQUENCE_AT)
            packet.data = packet.data[:SEQUENCE_AT] + struct.pack(">I", sequence + FAR) + packet.data[SEQUENCE_AT + 4:]
    return trace.bytes()


def check_disturbed(home, folder):
    """All calls but that of the frame look the same, above all those that come after it."""
    data = CAPTURE.read_bytes()
    calls, expected = by_call(home, CAPTURE)
    sealed = [number for number, call in calls.items() if int(call) > 2]
    count = 0
    for how in (disturb.without, late):
        for number in sealed[::STEP]:
            disturbed = how(data, number)
            if not disturbed:
                continue
            count += 1
            copy = folder / "disturbed.pcapng"
            copy.write_bytes(disturbed)
            for passes in tools.PASSES:
                _, found = by_call(home, copy, *passes)
                tools.same(f"{how.__name__} frame {number} {passes}", *([row for row in rows if row[0] != calls[number]] for rows in (found, expected)))
    for passes in tools.PASSES:
        copy.write_bytes(far_behind(data, sealed[len(sealed) // 2]))
        _, found = by_call(home, copy, *passes)
        readable = [row for row in found if row[1 + FIELDS.index("oxcrpc.opnum")]]
        tools.same(f"what is shown with too much missing {passes}", set(readable) - set(expected), set())
        tools.same(f"calls before it {passes}", len(readable) > len(sealed) // 3, True)
    return count


def main():
    """In one pass and in two."""
    home = sys.argv[1]
    expected = shown(home, CAPTURE)
    tools.same("calls are read", len(expected["oxcrpc.return"]) > 50 and not expected["_ws.malformed"], True)
    data, count = disturb.coalesced(CAPTURE.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        joined = pathlib.Path(folder) / "joined.pcapng"
        joined.write_bytes(data)
        shared = [row for row in tools.fields(home, joined, ["dcerpc.pkt_type"], "-Y", "dcerpc") if row[0] == "2;2"]
        tools.same("responses share frames", len(shared) >= FEWEST, True)
        for passes in ((), ("-2",)):
            tools.same(f"joined frames {passes}", shown(home, joined, *passes), expected)
        disturbed = check_disturbed(home, pathlib.Path(folder))
    print(f"{count} frames joined, {disturbed} lost or late")


if __name__ == "__main__":
    main()
