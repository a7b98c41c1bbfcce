#!/usr/bin/env python3
"""Keys of `tshark -T json` in our layers are names of fields, or one of few fixed titles: none has a value in it, so that scripts can look it up.

Usage: check_json_keys.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import re
import sys

import tools

CAPTURES = ["made/conn_two_hops.pcapng", "made/http_errors.pcapng", "made/http_ntlm.pcapng", "made/mapi_http_forms.pcapng", "made/named_pipe.pcapng",
            "made/nspi_code_page.pcapng", "made/rops_many.pcapng", "made/out_r2.pcapng", "made/violations.pcapng", "real/basic.pcapng",
            "real/rops_messages.pcapng", "samples/authentication.pcap"]
LAYER = re.compile(r"rpch|exchange|oxcrpc|oxcrpc_async|oxcrops|oxnspi|oxabref|oxcmapihttp")
FIELD = re.compile(r"[a-z0-9_.]+")
TITLES = {"Preamble", "Target information"}


def keys_of(value):
    """All keys in a value, at any depth."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key
        yield from keys_of(inner)
    for inner in value if isinstance(value, list) else ():
        yield from keys_of(inner)


def main():
    """Every frame of the captures."""
    found = collections.Counter()
    for name in CAPTURES:
        for frame in json.loads(tools.tshark(sys.argv[1], tools.CAPTURES / name, "-2", "-T", "json", "--no-duplicate-keys")):
            layers = frame["_source"]["layers"].items()
            found.update(key for layer, value in layers if LAYER.fullmatch(layer) for key in keys_of(value))
    tools.same("keys that are no names", sorted(key for key in found if not FIELD.fullmatch(key) and key not in TITLES), [])
    print(f"{len(found)} keys")


if __name__ == "__main__":
    main()
