#!/usr/bin/env python3
"""Writes the corpus of fuzz_session.c: sessions that do what documents describe, for the fuzzer to vary.

Usage: session_corpus.py DECODE FOLDER, with DECODE the folder of the decoder, whose table names the RTS PDUs.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import sys

OPEN, RTS, REQUEST, RESPONSE, FAULT, BIND, HEAD, CLOSE, LOST, WAIT, REQUEST_STUB, RESPONSE_STUB, BYTES, ACK = range(14)
IN, OUT, HOP_IN, HOP_OUT, PROXY, MIDDLE_CLIENT, MIDDLE_SERVER, DIRECT = range(8)
WHOLE, FIRST, LAST = 0x30, 0x10, 0x20
ROWS = re.compile(r"^OA_RTS_(?:STEP\((\w+), (\w+)|PDU\(\w+, \"([^\"]+)\")", re.M)


class Session:
    """A list of actions."""

    def __init__(self, pdus):
        self.pdus, self.bytes = pdus, b""

    def do(self, action, slot, *values):
        """One action of four bytes."""
        self.bytes += bytes([slot << 4 | action, *values, *[0] * (3 - len(values))])

    def rts(self, slot, name, cookies=(0, 0, 0)):
        """A PDU by its name."""
        first, second, third = (*cookies, 0, 0)[:3]
        self.do(RTS, slot, self.pdus.index(name), first | second << 4, third)

    def hop(self, slot, kinds, hosts, cookies=(1, 2, 3)):
        """An IN and an OUT channel of an HTTP hop, established by the client; `cookies`: of the virtual connection, IN, OUT."""
        for i, kind in enumerate(kinds):
            self.do(OPEN, slot + i, kind, *hosts)
        self.rts(slot + 1, "CONN/A1", (cookies[0], cookies[2]))
        self.rts(slot, "CONN/B1", (cookies[0], cookies[1]))

    def accept(self, slot):
        """The server's part of the establishment."""
        self.do(HEAD, slot + 1, 0, 1)
        self.rts(slot + 1, "CONN/A3")
        self.rts(slot + 1, "CONN/C2")

    def server_hop(self, slot, cookies=(1, 2, 3)):
        """The proxy's two connections to the server, established."""
        for i, name in enumerate(("CONN/B2", "CONN/A2")):
            self.do(OPEN, slot + i, PROXY, 1, 2)
            self.do(HEAD, slot + i, 9, 1)
            self.rts(slot + i, name, (cookies[0], cookies[1 + i]))
        self.rts(slot, "CONN/B3")
        self.rts(slot + 1, "CONN/C1")

    def bind(self, slots, interface=0, call=1):
        """A bind and its answer on each hop, given by the slots of their IN channels."""
        for slot in slots:
            self.do(BIND, slot, 0, interface, call)
        for slot in reversed(slots):
            self.do(BIND, slot + 1, 1, 0, call)

    def call(self, slots, call, opnum=11):
        """A request and its response on each hop."""
        for slot in slots:
            self.do(REQUEST, slot, WHOLE | call, opnum, 12)
        for slot in reversed(slots):
            self.do(RESPONSE, slot + 1, WHOLE | call, 0, 20)


def one_hop(session):
    """The client's hop, three calls, pings, an orderly end."""
    session.hop(0, (IN, OUT), (0, 0))
    session.accept(0)
    session.bind([0])
    for call in range(2, 5):
        session.call([0], call)
    session.rts(0, "Ping")
    session.do(FAULT, 1, 5, 5)
    session.do(CLOSE, 0, 1, 0)
    session.do(CLOSE, 1, 1, 0)


def both_hops(session):
    """The client's hop and the server's, with acknowledgments."""
    session.hop(0, (IN, OUT), (0, 0))
    session.server_hop(2)
    session.accept(0)
    session.bind([0, 2])
    for call in range(2, 6):
        session.call([0, 2], call)
        session.do(ACK, 2, 2 | 2 << 4, call, 64)
        session.do(ACK, 0, 1 | 3 << 4, call, 64)


def three_http_hops(session):
    """Balancer, front end, back end, store."""
    for hop in range(3):
        session.hop(2 * hop, (HOP_IN, HOP_OUT), (hop, hop + 1))
    session.server_hop(6)
    for hop in (2, 1, 0):
        session.accept(2 * hop)
    session.bind([0, 2, 4, 6])
    for call in range(2, 5):
        session.call([0, 2, 4, 6], call)


def in_recycling(session):
    """The IN channel is replaced, by both protocols."""
    for name, new in (("IN_R1", 8), ("IN_R2", 10)):
        session.hop(0, (IN, OUT), (0, 0), (new, new + 1, new + 2))
        session.accept(0)
        session.bind([0])
        session.do(OPEN, 2, IN, 0, 0)
        session.rts(2, f"{name}/A1", (new, new + 1, new + 3))
        session.rts(1, f"{name}/A4")
        session.rts(0, f"{name}/A5", (new + 3,))
        session.call([0], 3)
        session.do(CLOSE, 0, 1, 0)
        session.do(REQUEST, 2, WHOLE | 4, 11, 4)
        session.do(RESPONSE, 1, WHOLE | 4, 0, 4)


def out_recycling(session):
    """The OUT channel is replaced, on both hops."""
    session.hop(0, (IN, OUT), (0, 0))
    session.server_hop(2)
    session.accept(0)
    session.bind([0, 2])
    session.rts(3, "OUT_R1/A1")
    session.rts(1, "OUT_R1/A2")
    session.do(OPEN, 4, OUT, 0, 0)
    session.rts(4, "OUT_R1/A3", (1, 3, 4))
    session.do(OPEN, 5, PROXY, 2, 2)
    session.rts(5, "OUT_R1/A4", (1, 3, 4))
    session.rts(3, "OUT_R1/A5")
    session.rts(1, "OUT_R1/A6")
    session.rts(0, "OUT_R1/A7", (4,))
    session.rts(2, "OUT_R1/A8", (4,))
    session.rts(3, "OUT_R1/A9")
    session.rts(1, "OUT_R1/A10")
    session.rts(4, "OUT_R1/A11")
    session.do(HEAD, 4, 0, 1)
    session.do(RESPONSE, 4, WHOLE | 2, 0, 4)


def joined_late(session):
    """Channels from the middle that a call joins, and two virtual connections that turn out to be one."""
    for slot, kind in enumerate((MIDDLE_CLIENT, MIDDLE_CLIENT, MIDDLE_SERVER, MIDDLE_SERVER)):
        session.do(OPEN, slot, kind, 1, 1)
    for call in range(2, 5):
        session.call([0, 2], call)
    session.rts(0, "IN_R1/A5", (7,))
    session.rts(2, "IN_R1/A6", (7,))
    session.rts(1, "OUT_R1/A2")
    session.rts(1, "OUT_R1/A6")


def lost_and_split(session):
    """Losses between PDUs, requests in fragments, responses without requests."""
    session.hop(0, (IN, OUT), (0, 0))
    session.accept(0)
    session.bind([0])
    session.do(REQUEST, 0, FIRST | 2, 11, 20)
    session.do(LOST, 0, 0, 3)
    session.do(REQUEST, 0, LAST | 2, 11, 20)
    session.do(RESPONSE, 1, WHOLE | 3, 0, 9)
    session.do(LOST, 1, 1, 3)
    session.do(RESPONSE, 1, FIRST | 2, 0, 9)
    session.do(WAIT, 0, 1, 100)
    session.do(CLOSE, 1, 2, 1)
    session.do(CLOSE, 0, 1, 1)


def endpoint_map(session):
    """The endpoint mapper names an endpoint, and plain RPC goes there."""
    tower = bytes.fromhex("05001300 0d 00db f1a4 47ca 6710 b31f 00dd 0106 62da 5100 0200 0000"
                          "1300 0d 045d 888a eb1c c911 9fe8 0800 2b10 4860 0200 0200 0000"
                          "0100 0b 0200 0000 0100 07 0200 c000 0100 09 0400 0a00 0002".replace(" ", ""))
    body = bytes(20) + (1).to_bytes(4, "little") + bytes.fromhex("0400000000000000010000000000020000000000")
    body += len(tower).to_bytes(4, "little") * 2 + tower + bytes(-len(tower) % 4) + bytes(4)
    session.do(OPEN, 0, DIRECT, 0, 1)
    session.do(BIND, 0, 0, 2, 1)
    session.do(BIND, 0, 1, 0, 1)
    session.do(REQUEST, 0, WHOLE | 2, 3, 30)
    session.do(RESPONSE_STUB, 0, 2, 0, (len(body) + 3) // 4)
    session.bytes += body + bytes(-len(body) % 4)
    session.do(OPEN, 1, DIRECT, 0, 1)
    session.do(REQUEST, 1, WHOLE | 2, 11, 30)
    session.do(RESPONSE, 1, WHOLE | 2, 0, 30)


def main():
    """One file a session."""
    decode, folder = map(pathlib.Path, sys.argv[1:])
    text = (decode / "rpc" / "rts_pdus.def").read_text(encoding="utf-8")
    pdus = [plain or f"{sequence}/{step}" for sequence, step, plain in ROWS.findall(text)]
    folder.mkdir(exist_ok=True)
    for write in (one_hop, both_hops, three_http_hops, in_recycling, out_recycling, joined_late, lost_and_split, endpoint_map):
        session = Session(pdus)
        write(session)
        (folder / write.__name__).write_bytes(session.bytes)


main()
