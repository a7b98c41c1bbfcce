#!/usr/bin/env python3
"""Every byte of every stub, and of every MAPI over HTTP body, in all captures belongs to exactly one field.

The bytes are those that tshark passes to the plugin: reassembled from fragments and decrypted with the lab's keys and password. For
recorded captures the client's log gives their number.

Usage: check_byte_coverage.py DUMP_STUB PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import sys
import tempfile

import tools

INTERFACES = {"oxcrpc": "EMSMDB", "oxcrpc_async": "AsyncEMSMDB", "oxnspi": "NSPI", "oxabref": "RFR"}
WAYS = {"0": "in", "2": "out"}


def layers_of(home, capture):
    """The layers of each frame in order, (name, contents) or (name_raw, [bytes, ...]); names may repeat."""
    shown = ["http", "dcerpc", "oxcmapihttp", *INTERFACES]
    text = tools.tshark(home, capture, "-T", "json", "-x", "-J", " ".join(shown), "-Y", " || ".join(shown[2:]), *tools.PASSWORD)
    for packet in json.loads(text, object_pairs_hook=list):
        yield dict(dict(packet)["_source"])["layers"]


def stubs(home, capture):
    """Each stub and body passed to the plugin: interface, operation, direction, encoding and bytes, as dump_stub expects them."""
    for layers in layers_of(home, capture):
        latest = {}
        for name, content in layers:
            latest[name] = content
            if name in INTERFACES:
                shown = dict(content)
                way = WAYS[dict(latest["dcerpc"])["dcerpc.pkt_type"]]
                encoding = shown.get("oxcrpc.transfer_syntax", "NDR").lower()
                yield INTERFACES[name], shown[f"{name}.opnum"], way, encoding, bytes.fromhex(latest.pop(f"{name}_raw", [""])[0])
            # For a message without a body only the head is shown.
            elif name == "oxcmapihttp" and not (body := bytes.fromhex(latest.pop("oxcmapihttp_raw")[0])).startswith((b"POST ", b"HTTP/")):
                way = "out" if "http.response" in dict(latest["http"]) else "in"
                yield "MAPI/HTTP", dict(content)["oxcmapihttp.operation"], way, "plain", body


def check_names(home, opened, found, capture):
    """There are as many requests and responses of each operation as the client logged, and all were decrypted."""
    if not capture.with_suffix(".jsonl").exists() or capture.stem == "mapihttp":
        return
    wanted = collections.Counter()
    for call in tools.log(capture):
        if call.get("iface") in ("emsmdb", "nspi", "rfr") and "name" in call and "error" not in call:
            wanted.update((call["name"], way) for way in WAYS)
    rows = tools.fields(home, opened, ["rpch.rpc.operation", "dcerpc.pkt_type", "dcerpc.cn_flags.last_frag"], "-Y", "rpch.rpc.operation")
    shown = collections.Counter()
    for row in rows:
        shown.update((name, way) for name, way, last in zip(*(cell.split(";") for cell in row)) if last == "1")
    if shown != wanted or len(found) != wanted.total():
        raise AssertionError(f"{shown - wanted} too many, {wanted - shown} missing, {len(found)} opened")


def main():
    """All captures."""
    dump, home = sys.argv[1:3]
    stubs_read = bytes_read = 0
    with tempfile.TemporaryDirectory() as folder:
        for capture in tools.undamaged():
            opened = tools.with_keys(capture, folder)
            found = list(stubs(home, opened))
            try:
                check_names(home, opened, found, capture)
                tools.read_stubs(dump, [stub for stub in found if stub[-1]])
            except AssertionError as error:
                raise AssertionError(f"{capture.stem}: {error}") from None
            stubs_read += len(found)
            bytes_read += sum(len(stub[-1]) for stub in found)
    print(f"{stubs_read} stubs and bodies, {bytes_read} bytes: each in one field")


if __name__ == "__main__":
    main()
