#!/usr/bin/env python3
"""Authentication in tshark and in oaexport, on a small capture made here: legs, results and error information agree.

The NTLM messages are the NTLMv2 samples of [MS-NLMP] 4.2.4; the error records are built by the IDL of [MS-EERR] 5, as no real ones
are public.

Usage: check_auth.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import pathlib
import struct
import sys
import tempfile

import tools

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

# Client port, who sends, what; a frame each. What is expected of them stands below.
SCRIPT = [
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

COLUMNS = ("place", "scheme", "mechanism", "legs", "domain", "user", "netbios_computer", "ntlm_version", "spn", "realm", "result",
           "status", "anonymous", "persistent", "first_frame", "last_frame")
EXPECT = {
    0: ("http", "NTLM", "NTLM", "3", "Domain", "User", "Server", "v2", "", "", "accepted", "200", "refused", "yes", "1", "9"),
    1: ("http", "NTLM", "NTLM", "2", "Domain", "User", "Server", "v2", "", "", "accepted", "", "", "no", "6", "8"),
    2: ("rpc", "NTLM", "NTLM", "1", "", "", "", "", "", "", "refused", "", "", "", "11", "11"),
    3: ("http", "Basic", "Basic", "1", "LAB", "alice", "", "", "", "", "refused", "401", "", "no", "13", "14"),
    4: ("http", "Basic", "Basic", "1", "LAB", "alice", "", "", "", "", "accepted", "503", "", "no", "15", "16"),
    5: ("http", "Negotiate", "Kerberos", "1", "", "", "", "", "HTTP/proxy.lab.test", "LAB.TEST", "accepted", "200", "", "no", "17",
        "18"),
    6: ("http", "", "", "1", "", "", "", "", "", "", "accepted", "200", "accepted", "no", "19", "20"),
}
# Frame: leg and result as tshark shows them once the whole capture is known.
SHOWN = {1: ("0", "1", ""), 2: ("0", "1", ""), 3: ("0", "2", ""), 4: ("0", "2", ""), 5: ("0", "3", "accepted"), 6: ("1", "1", ""),
         7: ("1", "1", ""), 8: ("1", "2", "accepted"), 9: ("0", "3", "accepted"), 11: ("2", "1", "refused"), 13: ("3", "1", "refused"),
         14: ("3", "1", "refused"), 15: ("4", "1", "accepted"), 16: ("4", "1", "accepted"), 17: ("5", "1", "accepted"),
         18: ("5", "1", "accepted"), 19: ("6", "1", "accepted"), 20: ("6", "1", "accepted")}
ANSWERS = (9, 14, 16, 18, 20)


def frame(port, direction, sequence, acknowledged, data):
    """An Ethernet frame between the client and the proxy."""
    ports = (port, 80) if direction == ">" else (80, port)
    hosts = (b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02")
    source, target = hosts if direction == ">" else hosts[::-1]
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, 0x18, 65535, 0, 0)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, source, target)
    return bytes(12) + b"\x08\x00" + head + tcp + data


def make(path):
    """Writes the capture, a frame each millisecond."""
    sent = {}
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, (port, direction, data) in enumerate(SCRIPT):
            own, other = (sent.get((port, way), 1) for way in (direction, "<" if direction == ">" else ">"))
            raw = frame(port, direction, own, other, data)
            sent[port, direction] = own + len(data)
            file.write(struct.pack("<IIII", 1700000000, number * 1000, len(raw), len(raw)) + raw)


def equal(what, left, right):
    """Ends the test with both values when they differ."""
    if left != right:
        raise AssertionError(f"{what}:\n  {left}\n  {right}")


def values(home, capture, *names, passes=("-2",), where="rpch"):
    """Values of the fields by frame number."""
    return {int(row[0]): tuple(row[1:])
            for row in tools.fields(home, capture, ["frame.number", *names], "-Y", where, *passes)}


def check_fields(home, capture):
    """Legs, results and names in the tree."""
    shown = values(home, capture, "rpch.auth.exchange", "rpch.auth.leg", "rpch.auth.result", where="rpch.auth.exchange")
    equal("legs and results", shown, SHOWN)
    once = values(home, capture, "rpch.auth.exchange", "rpch.auth.leg", "rpch.auth.result", passes=(), where="rpch.auth.exchange")
    equal("the same in one pass", once, {number: row if number in ANSWERS else row[:2] + ("",) for number, row in SHOWN.items()})
    equal("challenge", values(home, capture, "rpch.auth.ntlm.type", "rpch.auth.ntlm.version", "rpch.auth.ntlm.netbios_domain",
                              "rpch.auth.server", where="frame.number == 4")[4], ("2", "6.0.6000", "Domain", "Server"))
    equal("last message", values(home, capture, "rpch.auth.domain", "rpch.auth.user", "rpch.auth.workstation", "rpch.auth.ntlm.proof",
                                 "rpch.auth.ntlm.mic", "rpch.auth.ntlm.flags.key_exch", where="frame.number == 5")[5],
          ("Domain", "User", "COMPUTER", "NTLMv2", "0", "1"))
    equal("offers", values(home, capture, "rpch.auth.scheme", where="frame.number == 2")[2], ("Negotiate;NTLM",))
    equal("ticket", values(home, capture, "rpch.auth.spn", "rpch.auth.realm", "rpch.auth.kerberos.message",
                           where="frame.number == 17")[17], ("HTTP/proxy.lab.test", "LAB.TEST", "AP-REQ"))
    equal("SPNEGO", values(home, capture, "rpch.auth.spnego.state", where="frame.number == 18")[18], ("accept-completed",))
    equal("refused", sorted(values(home, capture, where="rpch.auth.refused")), [14])
    equal("anonymous", sorted(values(home, capture, where="rpch.auth.anonymous_request")), [20])


def check_errors(home, capture):
    """Error records of the reason phrase and the body of the same answer, and of a bind_nak."""
    names = ("rpch.eeinfo.status.name", "rpch.eeinfo.computer", "rpch.eeinfo.component", "rpch.eeinfo.process")
    record = ("PROXY1", "14", "4660")
    found = values(home, capture, *names, where="rpch.eeinfo.record")
    equal("error records", found, {12: ("ERROR_ACCESS_DENIED", *record),
                                   16: tuple(f"{value};{value}" for value in ("RPC_S_SERVER_UNAVAILABLE", *record))})


def check_report(program, capture):
    """auth.csv."""
    rows = {int(row["auth"]): row for row in tools.report(program, "auth", capture)}
    equal("auth.csv", {number: tuple(row[column] for column in COLUMNS) for number, row in rows.items()}, EXPECT)
    equal("time", [rows[number]["time_ms"] for number in range(7)], ["8.000", "", "", "1.000", "1.000", "1.000", "1.000"])
    equal("sessions", [rows[number]["session"] for number in range(7)], ["0", "0", "0", "1", "2", "3", "4"])


def main():
    """Makes the capture and runs every check."""
    home, program = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        capture = pathlib.Path(folder) / "auth.pcap"
        make(capture)
        check_fields(home, capture)
        check_errors(home, capture)
        check_report(program, capture)
        text = tools.tshark(home, capture, "-O", "rpch", "-2")
        equal("malformed or a bug", [line for line in text.splitlines() if "Malformed" in line or "Dissector bug" in line], [])
        shown = text.encode() + "".join(tools.oaexport(program, "--reports", name, capture).stdout
                                        for name in ("auth", "sessions", "channels")).encode()
        equal("password shown", PASSWORD in shown or base64.b64encode(PASSWORD) in shown, False)


if __name__ == "__main__":
    main()
