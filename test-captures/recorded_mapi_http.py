"""The exchanges of the recorded MAPI over HTTP capture, reassembled independently of the decoder, and the client's log of them.

The capture ends before the log: its last frames were not written.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import tools

CAPTURE = tools.REAL / "mapihttp.pcapng"
HEAD = re.compile(rb"(?P<line>[^\r\n]*)\r\n(?P<headers>.*?\r\n)\r\n", re.DOTALL)


def streams():
    """Bytes of the TCP connections by (stream, sent by the server)."""
    found = {}
    for number, port, payload in tools.fields(tools.STOCK, CAPTURE, ["tcp.stream", "tcp.srcport", "tcp.payload"], "-Y", "tcp.len > 0"):
        found.setdefault((int(number), port == "80"), bytearray()).extend(bytes.fromhex(payload))
    return found


def dechunked(data):
    """(body, remaining bytes) of a chunked body."""
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        body += data[:length]
        data = data[length + 2:]
        if length == 0:
            return body, data


def messages(data):
    """(X-RequestType, header fields, body) of the HTTP messages in one direction."""
    data = bytes(data)
    while data:
        head = HEAD.match(data)
        headers = dict(re.findall(rb"([^:\r\n]+): *([^\r\n]*)\r\n", head["headers"].lower()))
        types = re.search(rb"X-RequestType: *(\w+)", head["headers"], re.IGNORECASE)
        data = data[head.end():]
        if headers.get(b"transfer-encoding") == b"chunked":
            body, data = dechunked(data)
        else:
            length = int(headers.get(b"content-length", b"0"))
            body, data = data[:length], data[length:]
        yield types and types[1].decode(), headers, body


def exchanges():
    """(type, request, response headers, response) in the order of each connection."""
    found = streams()
    for number in sorted({number for number, _ in found}):
        for (kind, _, request), (_, headers, response) in zip(messages(found[number, False]), messages(found[number, True])):
            if kind:
                yield kind, request, headers, response


def logged():
    """The client's arguments, and the logged exchanges that the capture contains, as rows of the form that sidecars use."""
    log = tools.log(CAPTURE)
    (start,) = [row for row in log if row.get("fact") == "start"]
    rows = [row for row in log if row.get("iface") == "mapihttp"]
    bodies = list(exchanges())
    if not 100 < len(bodies) < len(rows):
        raise AssertionError(f"{len(bodies)} exchanges, {len(rows)} in the log")
    found = []
    for number, (row, (kind, request, _, response)) in enumerate(zip(rows, bodies), 1):
        tools.same(f"exchange {number}", [kind, len(request), len(response)], [row["type"], row["req"], row["resp"]])
        body = response.index(b"\r\n\r\n") + 4
        found.append({"endpoint": "emsmdb", "type": row["type"], "counter": number, "request_bytes": row["req"], "status": row["status"],
                      "response_bytes": row["resp"] - body, "code": int(row["code"]), "session": "", "at_most_ms": row["ms"]})
    return start["args"], found
