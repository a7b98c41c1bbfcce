#!/usr/bin/env python3
"""Writes the captures of samples/: single messages of RPC over HTTP as specifications print them, without the conversations around them.

The NTLM messages are the NTLMv2 samples of [MS-NLMP] 4.2.4; the error records are built by the IDL of [MS-EERR] 5, as no real ones
are public.

Usage: samples.py DIRECTORY

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import pathlib
import struct
import sys

import wire

START_US = 1_700_000_000 * 1_000_000
PASSWORD = b"Pass-Word-1"
BASIC = b"Basic " + base64.b64encode(b"LAB\\alice:" + PASSWORD)
TYPE1 = bytes.fromhex("4e544c4d5353500001000000050288a000000000000000000000000000000000")
TYPE2 = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400000006007017"
    "0000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000")
TYPE3 = bytes.fromhex(
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010005c000000"
    "10001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d00500055005400"
    "4500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c0101000000000000"
    "0000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c00530065007200760065007200"
    "0000000000000000c5dad2544fc9799094ce1ce90bc9d03e")


def ntlm(message):
    """A header's value."""
    return b"NTLM " + base64.b64encode(message)


def der(tag, *parts):
    """One element of DER, shorter than 64 KiB."""
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else struct.pack(">BH", 0x82, size)
    return bytes([tag]) + length + body


def ap_req(realm, *service):
    """A GSS token with the AP-REQ of a ticket for the service, [RFC 4121] 4.1, [RFC 4120] 5.5.1."""
    sealed = der(0x30, der(0xA0, der(2, b"\x12")), der(0xA2, der(4, bytes(16))))
    sname = der(0x30, der(0xA0, der(2, b"\x02")), der(0xA1, der(0x30, *(der(0x1B, part) for part in service))))
    ticket = der(0x61, der(0x30, der(0xA0, der(2, b"\x05")), der(0xA1, der(0x1B, realm)), der(0xA2, sname), der(0xA3, sealed)))
    message = der(0x6E, der(0x30, der(0xA0, der(2, b"\x05")), der(0xA1, der(2, b"\x0e")), der(0xA2, der(3, bytes(5))),
                            der(0xA3, ticket), der(0xA4, sealed)))
    return der(0x60, der(6, bytes.fromhex("2a864886f712010202")), b"\x01\x00", message)


def error_record(status):
    """A serialized chain of one record: the proxy could not connect to the server."""
    name = "PROXY1\0".encode("utf-16-le")
    record = struct.pack("<III HHHxxI I4xQ IIHHH", 1, 0, 0, 1, 1, len(name) // 2, 4, 4660, 133444736000000000, 14, status, 0x5A0, 0, 0)
    chain = record + b"\0\0" + struct.pack("<I", len(name) // 2) + name
    chain += bytes(-len(chain) % 8)
    return bytes.fromhex("01100800cccccccc") + struct.pack("<II", len(chain), 0) + chain


def pdu(ptype, body, verifier=None):
    """A PDU; the verifier's token is one of NTLM at level connect."""
    token = struct.pack("<BBBBI", 10, 2, 0, 0, 0) + verifier if verifier else b""
    return struct.pack("<BBBB4sHHI", 5, 0, ptype, 3, b"\x10\0\0\0", 16 + len(body) + len(token), len(verifier or b""), 1) + body + token


def rts(flags, *commands):
    """An RTS PDU of ready commands."""
    return pdu(20, struct.pack("<HH", flags, len(commands)) + b"".join(commands))


VERSION, WINDOW = struct.pack("<II", 6, 1), struct.pack("<II", 0, 65536)


def cookie(fill):
    """A Cookie command."""
    return struct.pack("<I", 3) + bytes([fill]) * 16


def conn_a1(fill):
    """The first PDU of the OUT channel of the virtual connection with that cookie."""
    return rts(0, VERSION, cookie(fill), cookie(2), WINDOW)


CONN_B1 = rts(0, VERSION, cookie(1), cookie(3), struct.pack("<II", 4, 1 << 30), struct.pack("<II", 5, 300000),
              struct.pack("<I", 12) + bytes(16))
CONN_A3 = rts(0, struct.pack("<II", 2, 120000))
PING = rts(1)
BIND = pdu(11, struct.pack("<HHIB3x", 4088, 4088, 0, 0), TYPE1)
BIND_NAK = pdu(13, struct.pack("<HBBB3x", 8, 1, 5, 0) + bytes.fromhex("20037490d0fad31182d7009027b130ab") + error_record(5))


def ask(kind, length, credentials=None):
    """A request of RPC over HTTP."""
    head = b"RPC_%s_DATA /rpc/rpcproxy.dll?mbx:6001 HTTP/1.1\r\nHost: proxy\r\nContent-Length: %d\r\n" % (kind, length)
    return head + (b"Authorization: " + credentials + b"\r\n" if credentials else b"") + b"\r\n"


def answer(line, *fields, body=b"", length=None):
    """A response; the length is the body's unless given."""
    head = b"HTTP/1.1 " + line + b"\r\nContent-Length: %d\r\n" % (len(body) if length is None else length)
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


YES = (b"200 Success", b"Content-Type: application/rpc")
ERROR = base64.b64encode(error_record(1722))

# Of each sample: client port, who sends, what; a frame each.
AUTHENTICATION = [
    (5001, ">", ask(b"OUT", 0)),
    (5001, "<", answer(b"401 Unauthorized", b"WWW-Authenticate: Negotiate", b"WWW-Authenticate: NTLM", body=b"x" * 341)),
    (5001, ">", ask(b"OUT", 0, ntlm(TYPE1))),
    (5001, "<", answer(b"401 Unauthorized", b"WWW-Authenticate: " + ntlm(TYPE2), body=b"Access Denied")),
    (5001, ">", ask(b"OUT", 76, ntlm(TYPE3)) + conn_a1(1)),
    (5002, ">", ask(b"IN", 0, ntlm(TYPE1))),
    (5002, "<", answer(b"401 Unauthorized", b"WWW-Authenticate: " + ntlm(TYPE2))),
    (5002, ">", ask(b"IN", 1 << 30, ntlm(TYPE3)) + CONN_B1),
    (5001, "<", answer(*YES, b"Persistent-Auth: true", length=1 << 30) + CONN_A3),
    (5002, ">", PING),
    (5002, ">", BIND),
    (5001, "<", BIND_NAK),
    (5003, ">", ask(b"OUT", 76, BASIC) + conn_a1(3)),
    (5003, "<", answer(b"401 Unauthorized", b"WWW-Authenticate: Basic realm=\"x\"")),
    (5004, ">", ask(b"OUT", 76, BASIC) + conn_a1(4)),
    (5004, "<", answer(b"503 RPC Error: 6ba, EEInfo: " + ERROR, body=b"RPC EEInfo:" + ERROR)),
    (5005, ">", ask(b"OUT", 76, b"Negotiate " + base64.b64encode(ap_req(b"LAB.TEST", b"HTTP", b"proxy.lab.test"))) + conn_a1(5)),
    (5005, "<", answer(*YES, b"WWW-Authenticate: Negotiate " + base64.b64encode(bytes.fromhex("a1073005a0030a0100")), length=1 << 30)),
    (5006, ">", ask(b"OUT", 76) + conn_a1(6)),
    (5006, "<", answer(*YES, length=1 << 30)),
]
TWO_REQUESTS = [(5001, ">", ask(b"OUT", 0) + ask(b"OUT", 76) + conn_a1(1))]
SAMPLES = {"authentication": AUTHENTICATION, "two_requests": TWO_REQUESTS}


def frame(port, direction, sequence, acknowledged, data):
    """An Ethernet frame between the client and the proxy."""
    ports = (port, 80) if direction == ">" else (80, port)
    hosts = (b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02")
    source, target = hosts if direction == ">" else hosts[::-1]
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, 0x18, 65535, 0, 0)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, source, target)
    return bytes(12) + b"\x08\x00" + head + tcp + data


def capture(script):
    """The capture of a script, a frame each millisecond."""
    sent, records = {}, []
    for number, (port, direction, data) in enumerate(script):
        own, other = (sent.get((port, way), 1) for way in (direction, "<" if direction == ">" else ">"))
        sent[port, direction] = own + len(data)
        records.append((START_US + number * 1000, frame(port, direction, own, other, data)))
    return wire.pcap(records)


def main():
    """All samples."""
    for name, script in SAMPLES.items():
        (pathlib.Path(sys.argv[1]) / f"{name}.pcap").write_bytes(capture(script))


if __name__ == "__main__":
    main()
