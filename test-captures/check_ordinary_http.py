#!/usr/bin/env python3
"""Ordinary HTTP looks the same with the plugins as without, to the byte, in one pass and in two.

Usage: check_ordinary_http.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import difflib
import itertools
import sys

import tools

FOLDER = tools.CAPTURES / "ordinary"
# Every way the bytes can come to HTTP.
SETTINGS = (["-2"], [], ["-o", "tcp.desegment_tcp_streams:FALSE"], ["-o", "http.desegment_body:FALSE"],
            ["-o", "tcp.reassemble_out_of_order:TRUE"], ["-o", "tcp.try_heuristic_first:TRUE"])


def check_same(home, capture, arguments):
    """Both texts are equal; else the first difference is shown. Returns how many lines were compared."""
    ours, stock = (tools.tshark(place, capture, "-V", *arguments, check=False).splitlines() for place in (home, tools.STOCK))
    if not stock:
        raise AssertionError(f"{capture.name}: nothing shown")
    if ours != stock:
        diff = itertools.islice(difflib.unified_diff(stock, ours, "stock", "with the plugins", lineterm=""), 60)
        raise AssertionError(f"{capture.name} {arguments}:\n" + "\n".join(diff))
    return len(stock)


def main():
    """Every capture of ordinary HTTP, every setting."""
    home = sys.argv[1]
    loaded = [tools.run([*tools.as_ordinary_user(), "tshark", "-G", "plugins"], tools.surroundings(place)).stdout
              for place in (home, tools.STOCK)]
    tools.same("plugins loaded", ["rpch.so" in text for text in loaded], [True, False])
    lines = sum(check_same(home, capture, setting) for capture in sorted(FOLDER.glob("*.pcap*")) for setting in SETTINGS)
    print(f"{lines} lines are the same")


if __name__ == "__main__":
    main()
