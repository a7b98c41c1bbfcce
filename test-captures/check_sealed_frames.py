#!/usr/bin/env python3
"""Sealed calls, whichever frames their PDUs share: tshark with the password shows what it shows of one PDU in each frame.

Usage: check_sealed_frames.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
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


def shown(home, capture, *arguments):
    """Values of each field, in the order of the frames."""
    rows = tools.named_fields(home, capture, FIELDS, *arguments, *tools.PASSWORD, "-Y", "dcerpc")
    return {name: [value for row in rows for value in row[name].split(";") if value] for name in FIELDS}


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
    print(f"{count} frames joined")


if __name__ == "__main__":
    main()
