#!/usr/bin/env python3
"""Bodies of the recorded MAPI over HTTP capture against the client's log: each request and response, every byte decoded.

Usage: check_mapi_http_bodies.py DUMP_STUB

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys

import recorded_mapi_http
import tools


def only(values, name):
    """The value of a field that occurs once."""
    (value,) = [found for key, found in values if key == name]
    return value


def check_connect(request, response, row):
    """The user of the log, and a successful response."""
    if bytes.fromhex(only(request, "oxcrpc.user_dn")).decode() != row["dn"]:
        raise AssertionError(f"user {only(request, 'oxcrpc.user_dn')}")
    if only(response, "oxcrpc.return") != "0" or int(only(response, "oxcrpc.polls_max")) == 0:
        raise AssertionError(f"{response}")


def check_execute(request, response, row):
    """Buffers have the sizes that are announced."""
    for values, size in ((request, "oxcrpc.cb_in"), (response, "oxcrpc.cb_out")):
        headers = [int(value) for name, value in values if name == "oxcrpc.ext.size"]
        announced = int(only(values, size)) + int(only(values, "oxcmapihttp.aux_size"))
        if not headers or sum(headers) + 8 * len(headers) != announced:
            raise AssertionError(f"{row}: {values}")


def main():
    """All exchanges of the capture."""
    rows = [row for row in tools.log(recorded_mapi_http.CAPTURE) if row.get("iface") == "mapihttp"]
    found = list(recorded_mapi_http.exchanges())
    if not found:
        raise AssertionError("no exchange")
    tools.same("types", [kind for kind, *_ in found], [row["type"] for row in rows[:len(found)]])
    good = [(exchange, row) for exchange, row in zip(found, rows) if row["code"] == "0"]
    bodies = [("MAPI/HTTP", kind, way, "plain", body) for (kind, request, _, response), _ in good
              for way, body in (("in", request), ("out", response))]
    values = tools.read_stubs(sys.argv[1], bodies)
    for i, ((kind, request, headers, response), row) in enumerate(good):
        if len(request) != row["req"] or len(response) != row["resp"] or headers.get(b"x-responsecode") != b"0":
            raise AssertionError(f"{kind}: {len(request)}, {len(response)}, {headers}, {row}")
        check = {"Connect": check_connect, "Execute": check_execute}.get(kind)
        if check:
            check(values[2 * i], values[2 * i + 1], row)
    print(f"{len(found)} exchanges, {len(good)} of them successful, {sum(map(len, values))} values")


if __name__ == "__main__":
    main()
