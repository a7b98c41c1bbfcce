#!/usr/bin/env python3
"""Bodies of MAPI over HTTP in the capture against the client's own log: request by request, every byte read.

The capture ends before the log does: its last frames were not written.

Usage: check_mapi_http.py DUMP_STUB PLUGIN_HOME CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import re
import subprocess
import sys

import tools

HEAD = re.compile(rb"(?P<line>[^\r\n]*)\r\n(?P<headers>.*?\r\n)\r\n", re.DOTALL)


def streams(home, capture):
    """Bytes of each direction of the TCP connections, by stream and source port."""
    found = {}
    for number, port, payload in tools.fields(home, capture, ["tcp.stream", "tcp.srcport", "tcp.payload"], "-Y", "tcp.len > 0"):
        found.setdefault((int(number), port == "80"), bytearray()).extend(bytes.fromhex(payload))
    return found


def dechunked(data):
    """(body, what follows) of chunked bytes."""
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        body += data[:length]
        data = data[length + 2:]
        if length == 0:
            return body, data


def messages(data):
    """(first line, headers, body) of the HTTP messages in a direction."""
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


def exchanges(home, capture):
    """(type, request, response headers, response) in the order of each connection."""
    found = streams(home, capture)
    for number in sorted({number for number, _ in found}):
        for (kind, _, request), (_, headers, response) in zip(messages(found[number, False]), messages(found[number, True])):
            if kind:
                yield kind, request, headers, response


def read(dump, bodies):
    """[(name, value)] of each body; all bytes have to be read."""
    lines = "".join(f"MAPI/HTTP {kind} {way} plain {body.hex()}\n" for kind, way, body in bodies)
    output = subprocess.run([dump], input=lines, check=True, capture_output=True, text=True).stdout
    values = [[]]
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        if name != "end":
            values[-1].append((name, value))
            continue
        if value != "0 0":
            raise AssertionError(f"body {len(values)} {bodies[len(values) - 1]}: ended {value}")
        values.append([])
    return values[:-1]


def only(values, name):
    """The value that a body has once."""
    (value,) = [found for key, found in values if key == name]
    return value


def check_connect(request, response, row):
    """The user of the log, and success."""
    if bytes.fromhex(only(request, "oxcrpc.user_dn")).decode() != row["dn"]:
        raise AssertionError(f"user {only(request, 'oxcrpc.user_dn')}")
    if only(response, "oxcrpc.return") != "0" or int(only(response, "oxcrpc.polls_max")) == 0:
        raise AssertionError(f"{response}")


def check_execute(request, response, row):
    """Buffers hold what their sizes say."""
    for values, size in ((request, "oxcrpc.cb_in"), (response, "oxcrpc.cb_out")):
        headers = [int(value) for name, value in values if name == "oxcrpc.ext.size"]
        announced = int(only(values, size)) + int(only(values, "oxcmapihttp.aux_size"))
        if not headers or sum(headers) + 8 * len(headers) != announced:
            raise AssertionError(f"{row}: {values}")


def main():
    """All exchanges of the capture."""
    dump, home, capture = sys.argv[1:4]
    with open(pathlib.Path(capture).with_suffix(".jsonl"), encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row.get("iface") == "mapihttp"]
    found = list(exchanges(home, capture))
    if not found or [kind for kind, *_ in found] != [row["type"] for row in rows[:len(found)]]:
        raise AssertionError(f"{len(found)} exchanges, {len(rows)} in the log")
    good = [(exchange, row) for exchange, row in zip(found, rows) if row["code"] == "0"]
    bodies = [body for (kind, request, _, response), _ in good for body in ((kind, "in", request), (kind, "out", response))]
    values = read(dump, bodies)
    for i, ((kind, request, headers, response), row) in enumerate(good):
        if len(request) != row["req"] or len(response) != row["resp"] or headers.get(b"x-responsecode") != b"0":
            raise AssertionError(f"{kind}: {len(request)}, {len(response)}, {headers}, {row}")
        check = {"Connect": check_connect, "Execute": check_execute}.get(kind)
        if check:
            check(values[2 * i], values[2 * i + 1], row)
    print(f"{len(found)} exchanges, {len(good)} of them good, {sum(map(len, values))} values")


if __name__ == "__main__":
    main()
