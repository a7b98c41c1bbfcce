#!/usr/bin/env python3
"""What tshark shows of ROPs against the clients' logs: ids in the order of requests and responses, return values, and of requests the texts and
integers that are written to properties, the tags of properties, kinds of restrictions, and sizes of data written to streams.

The captures and their logs lie in FOLDER, as for check_rop_logs.py, which compares rops.csv.

Usage: check_rop_fields.py PLUGIN_HOME FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import json
import pathlib
import sys

import check_rop_logs as logs
import tools

SKIPPED = 77
BUFFER_TOO_SMALL = 0xff
PTYP_INTEGER32 = 0x03
# Types of properties whose values are compared: integers and texts.
COMPARED = (0x02, PTYP_INTEGER32, 0x14, 0x1e, 0x1f)
VALUES = ("string", "string8", "i16", "i32", "i64", "boolean")
FIELDS = ("frame.number", "rpch.response_in", "rpch.request_in", "oxcmapihttp.response_in", "oxcmapihttp.request_in", "oxcrops.rop_id",
          "oxcrops.return_value", "oxcrops.restriction.type", "oxcrops.property_tag", "oxcrops.data_size", *(f"oxcrops.value.{name}" for name in VALUES))
KINDS = {name: number for number, name in enumerate(logs.RESTRICTIONS.values())}
STREAM_WRITERS = ("RopWriteStream", "RopWriteAndCommitStream")
WRITERS = ("RopSetProperties", "RopSetPropertiesNoReplicate")


def shown(home, capture):
    """Of requests and of responses: [ids, return values, values] as tshark shows them, frame by frame."""
    wanted = [part for name in FIELDS for part in ("-e", name)]
    sides = {"request": [], "response": []}
    for packet in json.loads(tools.tshark(home, capture, "-2", "-Y", "oxcrops", "-T", "json", "--no-duplicate-keys", *wanted)):
        layers = packet["_source"]["layers"]
        side = "response" if "rpch.request_in" in layers or "oxcmapihttp.request_in" in layers else "request"
        frame = {name: [int(one, 0) for one in layers.get(f"oxcrops.{name}", [])]
                 for name in ("rop_id", "return_value", "restriction.type", "property_tag", "data_size")}
        frame["values"] = collections.Counter(value for name in VALUES for value in layers.get(f"oxcrops.value.{name}", []))
        sides[side].append(frame)
    return sides


def text_of(value):
    """A logged value as tshark writes it; None: not compared here."""
    if isinstance(value, bool):
        return None
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else None


def check_request(where, found, call):
    """A request with its ROPs; the number of values that were compared."""
    tools.same(f"{where}: ids of {call['rops']}", found["rop_id"], call["rop_ids"])
    kinds, sizes, tags, count = [], [], collections.Counter(found["property_tag"]), 0
    for rop in call["requests"]:
        if "restriction" in rop:
            kinds += [KINDS[kind.removesuffix("Restriction")] for kind in logs.kinds(rop["restriction"])]
        if rop["rop"] in STREAM_WRITERS:
            sizes.append(rop["bytes"])
        if rop["rop"] in logs.TAGS:
            named = rop[logs.TAGS[rop["rop"]]]
            named = [int(tag["tag"] if isinstance(tag, dict) else tag, 16) for tag in (named if isinstance(named, list) else [named])]
            tools.same(f"{where}: tags of {rop['rop']}", [tag for tag in named if not tags[tag]], [])
            count += len(named)
        for one in rop.get("values", []) if rop["rop"] in WRITERS else []:
            text, kind = text_of(one["v"]), int(one["tag"], 16) & 0xffff
            if not text or kind not in COMPARED:
                continue
            if kind == PTYP_INTEGER32 and int(text) >= 1 << 31:
                text = str(int(text) - (1 << 32))
            tools.same(f"{where}: whether {rop['rop']} {one} is there", found["values"][text] > 0, True)
            count += 1
    if kinds:  # others are values of properties
        tools.same(f"{where}: kinds of restrictions", found["restriction.type"], kinds)
    tools.same(f"{where}: sizes of data", [size for size in sizes if size not in found["data_size"]], [])
    return count + len(kinds) + len(sizes)


def check_response(where, found, call):
    """A response with its ROPs."""
    tools.same(f"{where}: ids of responses", found["rop_id"], [one["id"] for one in call["responses"]])
    tools.same(f"{where}: return values", found["return_value"], [one["rv"] for one in call["responses"] if "rv" in one])


def check_capture(home, capture, calls):
    """All calls of a capture with one user; how many ROPs and values were compared."""
    sides = shown(home, capture)
    responses = [call for call in calls if call.get("responses")]
    tools.same(f"{capture.name}: requests with ROPs", len(sides["request"]), len(calls))
    tools.same(f"{capture.name}: responses with ROPs", len(sides["response"]), len(responses))
    ids = values = 0
    for found, call in zip(sides["request"], calls):
        values += check_request(capture.name, found, call)
        ids += len(found["rop_id"])
    for found, call in zip(sides["response"], responses):
        if BUFFER_TOO_SMALL not in found["rop_id"]:
            check_response(capture.name, found, call)
            ids += len(found["rop_id"])
    return ids, values


def main():
    """Every capture of one user with a log of ROPs."""
    home, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    total = collections.Counter()
    for capture in sorted(folder.glob("rops_*.pcapng")):
        log = capture.with_suffix(".jsonl.gz")
        if not log.exists():
            continue
        with gzip.open(log, "rt", encoding="utf-8") as file:
            calls = [call for call in map(json.loads, file) if "rops" in call]
        ids, values = check_capture(home, capture, calls)
        total.update(ROPs=ids, values=values)
        print(f"{capture.name}: {ids} ROPs, {values} values")
    if not total:
        print(f"no captures with logs of ROPs in {folder}")
        sys.exit(SKIPPED)
    print(", ".join(f"{count} {what}" for what, count in total.items()))


if __name__ == "__main__":
    main()
