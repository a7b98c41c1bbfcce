#!/usr/bin/env python3
"""Writes a capture of ordinary HTTP in all its shapes, and of others on its ports: what the plugins must leave as it is.

Every conversation of HTTP is played on each of several ports, and cut into segments in several ways.

Usage: ordinary.py FILE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import gzip
import struct
import sys

PORTS = (80, 8080, 3128, 12345)
PORTS_OF_BACK_ENDS = (6001, 6003, 593)
CLIENT, SERVER = 0, 1
ADDRESSES = (bytes([198, 51, 100, 20]), bytes([198, 51, 100, 30]))
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MSS = 1400
PAGE = b"<html><head><title>Canteen</title></head><body>" + b"<p>Soup of the day, and bread.</p>" * 90 + b"</body></html>"


def request(method, target, *headers, body=b""):
    """A request with its head and body."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: www.lab.test", "User-Agent: test", *headers, "", ""]).encode() + body


def sized(method, target, *headers, body):
    """A request with Content-Length."""
    return request(method, target, *headers, f"Content-Length: {len(body)}", body=body)


def response(status, *headers, body=None):
    """A response, with Content-Length if there is a body."""
    length = [] if body is None else [f"Content-Length: {len(body)}"]
    return "\r\n".join([f"HTTP/1.1 {status}", "Server: test", *headers, *length, "", ""]).encode() + (body or b"")


def chunked(body, size, trailer=b""):
    """The body in chunks."""
    chunks = [b"%x;name=value\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size]) for i in range(0, len(body), size)]
    return b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


def websocket(opcode, payload, mask=None):
    """One frame of RFC 6455."""
    head = bytes([0x80 | opcode, len(payload) | (0x80 if mask else 0)])
    if mask:
        return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return head + payload


def client_hello():
    """A TLS client hello with one cipher suite and a server name."""
    name = b"www.lab.test"
    sni = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    body = struct.pack(">H32sBHHBBH", 0x0303, bytes(range(32)), 0, 2, 0x1301, 1, 0, len(sni)) + sni
    return b"\x16\x03\x01" + struct.pack(">HB", len(body) + 4, 1) + struct.pack(">I", len(body))[1:] + body


def conversations():
    """Lists of (side, bytes), by name."""
    basic = "Authorization: Basic " + base64.b64encode(b"anna:Secret-1").decode()
    form = b"from=Lab&text=" + b"RPC_IN_DATA+is+a+word+in+this+form. " * 200
    zipped = gzip.compress(PAGE, mtime=0)
    # Which system made it (RFC 1952 2.3.1) differs between versions of Python.
    zipped = zipped[:9] + b"\x03" + zipped[10:]
    yield "plain", [(CLIENT, request("GET", "/")), (SERVER, response("200 OK", "Content-Type: text/html", body=PAGE)),
                    (CLIENT, request("HEAD", "/")), (SERVER, response("200 OK", "Content-Type: text/html", "Content-Length: 3000")),
                    (CLIENT, request("GET", "/cached", 'If-None-Match: "1"')), (SERVER, response("304 Not Modified", 'ETag: "1"')),
                    (CLIENT, request("DELETE", "/x")), (SERVER, response("204 No Content"))]
    yield "pipelined", [(CLIENT, request("GET", "/1") + request("GET", "/2") + request("GET", "/3")),
                        (SERVER, b"".join(response("200 OK", "Content-Type: text/plain", body=b"answer %d" % i) for i in range(3)))]
    yield "chunked", [(CLIENT, request("GET", "/stream")),
                      (SERVER, response("200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked") +
                       chunked(PAGE, 700, b"X-Sum: 17\r\n")),
                      (CLIENT, request("POST", "/upload", "Transfer-Encoding: chunked") + chunked(form, 999)),
                      (SERVER, response("201 Created", body=b"done"))]
    yield "gzip", [(CLIENT, request("GET", "/z", "Accept-Encoding: gzip")),
                   (SERVER, response("200 OK", "Content-Type: text/html", "Content-Encoding: gzip", body=zipped)),
                   (CLIENT, request("GET", "/zc", "Accept-Encoding: gzip")),
                   (SERVER, response("200 OK", "Content-Encoding: gzip", "Transfer-Encoding: chunked") + chunked(zipped, 50))]
    yield "post", [(CLIENT, sized("POST", "/form", "Content-Type: application/x-www-form-urlencoded", body=form)),
                   (SERVER, response("302 Found", "Location: /done", body=b""))]
    yield "continue", [(CLIENT, request("PUT", "/file", f"Content-Length: {len(form)}", "Expect: 100-continue")),
                       (SERVER, response("100 Continue")), (CLIENT, form), (SERVER, response("201 Created", body=b""))]
    yield "no_length", [(CLIENT, b"GET /old HTTP/1.0\r\n\r\n"), (SERVER, b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)]
    yield "connect_tls", [(CLIENT, b"CONNECT www.lab.test:443 HTTP/1.1\r\nHost: www.lab.test:443\r\n\r\n"),
                          (SERVER, b"HTTP/1.1 200 Connection established\r\n\r\n"), (CLIENT, client_hello()),
                          (SERVER, b"\x15\x03\x03\x00\x02\x02\x28")]
    yield "connect_other", [(CLIENT, b"CONNECT git.lab.test:22 HTTP/1.1\r\nHost: git.lab.test:22\r\n\r\n"),
                            (SERVER, b"HTTP/1.1 200 OK\r\n\r\n"), (SERVER, b"SSH-2.0-Lab\r\n"), (CLIENT, b"SSH-2.0-Client\r\n")]
    yield "websocket", [(CLIENT, request("GET", "/chat", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")),
                        (SERVER, response("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                                          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
                        (CLIENT, websocket(1, b"RPC_IN_DATA", b"\1\2\3\4")), (SERVER, websocket(1, b"RPC_OUT_DATA /x HTTP/1.1")),
                        (CLIENT, websocket(9, b"", b"\5\6\7\x08")), (SERVER, websocket(10, b"")), (SERVER, websocket(8, b"\x03\xe8"))]
    yield "authenticated", [(CLIENT, request("GET", "/private")),
                            (SERVER, response("401 Unauthorized", 'WWW-Authenticate: Basic realm="lab"', "WWW-Authenticate: NTLM", body=b"no")),
                            (CLIENT, request("GET", "/private", basic)), (SERVER, response("200 OK", body=b"yes"))]
    yield "other_methods", [(CLIENT, sized("REPORT", "/calendar", "Depth: 1", body=b"<report/>")), (SERVER, response("207 Multi-Status", body=b"<m/>")),
                            (CLIENT, request("RPC_CONNECTED", "/x")), (SERVER, response("501 Not Implemented", body=b"")),
                            (CLIENT, request("RPC", "/x")), (SERVER, response("501 Not Implemented", body=b"")),
                            (CLIENT, request("OPTIONS", "*")), (SERVER, response("200 OK", "Allow: GET", body=b"")),
                            (CLIENT, request("PROPFIND", "/dav/", "Depth: 0")), (SERVER, response("207 Multi-Status", body=b"<m/>"))]
    yield "json", [(CLIENT, sized("POST", "/api", "Content-Type: application/json", body=b'{"method":"RPC_IN_DATA","n":[1,2]}')),
                   (SERVER, response("200 OK", "Content-Type: application/json", body=b'{"ok":true}'))]
    yield "long_head", [(CLIENT, request("GET", "/?" + "q" * 1800, "Cookie: " + "c=d; " * 300)),
                        (SERVER, response("200 OK", *[f"X-Header-{i}: {'v' * 60}" for i in range(20)], body=b"ok"))]
    yield "not_http", [(CLIENT, b"R\r\n"), (SERVER, b"\x00\x01binary"), (CLIENT, b"RPC_IN_DATA"), (SERVER, b"RPC_")]
    yield "http2", [(CLIENT, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")),
                    (SERVER, bytes.fromhex("000000040000000000"))]


def rpc_pdu(ptype, call_id, body):
    """A PDU of DCE/RPC, first and last fragment, little endian."""
    return struct.pack("<BBBBIHHI", 5, 0, ptype, 3, 0x10, 16 + len(body), 0, call_id) + body


def foreign_rpc():
    """A service that is none of ours (SVCCTL): bind, two calls with their responses."""
    uuid = bytes.fromhex("81bb7a364498f135ad3298f038001003")
    ndr = bytes.fromhex("045d888aeb1cc9119fe808002b104860")
    bind = struct.pack("<HHIIHH", 4088, 4088, 0, 1, 0, 1) + uuid + struct.pack("<HH", 2, 0) + ndr + struct.pack("<I", 2)
    ack = struct.pack("<HHIH", 4088, 4088, 5, 5) + b"8080\0\0" + struct.pack("<IHH", 1, 0, 0) + ndr + struct.pack("<I", 2)
    yield CLIENT, rpc_pdu(11, 1, bind)
    yield SERVER, rpc_pdu(12, 1, ack)
    for call_id in (2, 3):
        yield CLIENT, rpc_pdu(0, call_id, struct.pack("<IHH", 24, 0, 15) + bytes(24))
        yield SERVER, rpc_pdu(2, call_id, struct.pack("<IHH", 24, 0, 0) + bytes(24))


def connect(host, port):
    """The beginning of a tunnel through a proxy."""
    return [(CLIENT, f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()),
            (SERVER, b"HTTP/1.1 200 Connection established\r\n\r\n")]


def others():
    """What else is found on the ports of HTTP and of back ends: tunnels, and protocols that are no HTTP. Lists as above."""
    page = [(CLIENT, request("GET", "/")), (SERVER, b"HTTP/1.1 200 OK\r\nServer: one\r\n\r\n"),
            (CLIENT, request("GET", "/two")), (SERVER, response("200 OK", "Content-Type: text/html", body=PAGE))]
    greeting = bytes.fromhex("05000b0310")
    mail = [(SERVER, b"220 mail.lab.test ESMTP\r\n"), (CLIENT, b"EHLO lab\r\n"), (SERVER, b"250-mail.lab.test\r\n250 PIPELINING\r\n"),
            (CLIENT, b"QUIT\r\n"), (SERVER, b"221 bye\r\n")]
    socks = [(CLIENT, b"\5\1\0"), (SERVER, b"\5\0"), (CLIENT, b"\5\1\0\1" + ADDRESSES[1] + b"\0\x50"),
             (SERVER, b"\5\0\0\1" + ADDRESSES[0] + b"\x9c\x40")]
    for port in (80, 443, 9999):
        yield connect("www.lab.test", port) + page
    for data in (b"hello", greeting, b"RPC_I", b"ncacn"):
        yield connect("www.lab.test", 443) + [(SERVER, data)]
        yield connect("www.lab.test", 9999) + [(CLIENT, data), (SERVER, data)]
    yield connect("mail.lab.test", 25) + mail
    yield connect("files.lab.test", 9998) + list(foreign_rpc())
    yield socks + page
    yield [(CLIENT, b"\4\1\0\x50" + ADDRESSES[1] + b"lab\0"), (SERVER, b"\0\x5a" + bytes(6))] + page
    yield list(foreign_rpc())
    yield mail


def whole(data):
    """Segments as large as they go."""
    return [data[i:i + MSS] for i in range(0, len(data), MSS)]


def early_cuts(data):
    """The first bytes one by one, so that no method is whole when first seen."""
    return [data[i:i + 1] for i in range(min(14, len(data)))] + whole(data[14:])


def small(data):
    """Segments of 331 bytes."""
    return [data[i:i + 331] for i in range(0, len(data), 331)]


class Capture:
    """A pcapng file being written, one TCP conversation after the other."""

    def __init__(self, file):
        self.file = file
        self.time = 1_700_000_000_000_000
        self.client_port = 40000
        self.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        self.block(1, struct.pack("<HHI", 1, 0, 0))

    def block(self, kind, body):
        """One block of the file."""
        body += bytes(-len(body) % 4)
        self.file.write(struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12))

    def packet(self, ports, sides, flags, seq, ack, data):
        """One frame; checksums are left out, as an offloading sender does."""
        self.time += 137
        tcp = struct.pack(">HHIIBBHHH", ports[sides], ports[1 - sides], seq, ack, 0x50, flags, 64000, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, ADDRESSES[sides], ADDRESSES[1 - sides])
        frame = bytes([2, 0, 0, 0, 0, 2 - sides, 2, 0, 0, 0, 0, 1 + sides, 8, 0]) + ip + tcp + data
        self.block(6, struct.pack("<IIIII", 0, self.time >> 32, self.time & 0xFFFFFFFF, len(frame), len(frame)) + frame)

    def play(self, port, messages, cut, disorder=False, begins=True):
        """A conversation; with `disorder`, neighbours are swapped and a segment is sent twice."""
        self.client_port += 1
        ports, seq = (self.client_port, port), [1000, 2000]
        if begins:
            self.packet(ports, CLIENT, SYN, 999, 0, b"")
            self.packet(ports, SERVER, SYN | ACK, 1999, 1000, b"")
            self.packet(ports, CLIENT, ACK, 1000, 2000, b"")
        for side, message in messages:
            segments = []
            for data in cut(message):
                segments.append((side, ACK | PSH, seq[side], seq[1 - side], data))
                seq[side] += len(data)
            if disorder:
                for i in range(0, len(segments) - 1, 3):
                    segments[i], segments[i + 1] = segments[i + 1], segments[i]
                segments.insert(1, segments[0])
            for segment in segments:
                self.packet(ports, *segment)
            self.packet(ports, 1 - side, ACK, seq[1 - side], seq[side], b"")
        self.packet(ports, SERVER, FIN | ACK, seq[SERVER], seq[CLIENT], b"")
        self.packet(ports, CLIENT, FIN | ACK, seq[CLIENT], seq[SERVER] + 1, b"")
        self.packet(ports, SERVER, ACK, seq[SERVER] + 1, seq[CLIENT] + 1, b"")


def main():
    """Every conversation of HTTP whole on every port, and in the other ways on one port each; all others whole on every port."""
    with open(sys.argv[1], "wb") as file:
        capture = Capture(file)
        for _, messages in conversations():
            for port in PORTS:
                capture.play(port, messages, whole)
            capture.play(PORTS[0], messages, early_cuts)
            capture.play(PORTS[0], messages, small, disorder=True)
            capture.play(PORTS[1], messages[1:], whole, begins=False)
        for messages in others():
            for port in PORTS + PORTS_OF_BACK_ENDS:
                capture.play(port, messages, whole)


if __name__ == "__main__":
    main()
