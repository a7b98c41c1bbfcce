#!/usr/bin/env python3
"""Other traffic looks exactly the same with and without the plugins, in one pass and in two.

Usage: check_ordinary_traffic.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import difflib
import itertools
import sys

import tools

FOLDER = tools.CAPTURES / "ordinary"
# Without keys nothing of it is decoded; but its server is a proxy, so that refused certificates are reported.
HANDSHAKES = tools.REAL / "tls_handshakes.pcapng"
# Every way in which the bytes can reach HTTP.
SETTINGS = (["-2"], [], ["-o", "tcp.desegment_tcp_streams:FALSE"], ["-o", "http.desegment_body:FALSE"],
            ["-o", "tcp.reassemble_out_of_order:TRUE"], ["-o", "tcp.try_heuristic_first:TRUE"])
# What TLS reports of a record's contents is no line of the text.
FIELDS = ["-T", "fields", "-e", "frame.protocols", "-e", "tls.app_data_proto", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info"]


def check_same(home, capture, arguments):
    """Both texts are equal; else the first difference is shown. Returns how many lines were compared."""
    ours, stock = (tools.tshark(place, capture, *arguments, check=False).splitlines() for place in (home, tools.STOCK))
    if capture == HANDSHAKES:
        ours = tools.without_findings(ours)
    if not stock:
        raise AssertionError(f"{capture.name}: nothing shown")
    if ours != stock:
        diff = itertools.islice(difflib.unified_diff(stock, ours, "stock", "with the plugins", lineterm=""), 60)
        raise AssertionError(f"{capture.name} {arguments}:\n" + "\n".join(diff))
    return len(stock)


def main():
    """Every capture of traffic that is not ours, every setting."""
    home = sys.argv[1]
    loaded = [tools.run([*tools.as_ordinary_user(), "tshark", "-G", "plugins"], tools.surroundings(place)).stdout
              for place in (home, tools.STOCK)]
    tools.same("plugins loaded", ["rpch.so" in text for text in loaded], [True, False])
    outputs = [["-V", *setting] for setting in SETTINGS] + [FIELDS, [*FIELDS, "-2"]]
    captures = sorted([*FOLDER.glob("*.pcap*"), HANDSHAKES])
    lines = sum(check_same(home, capture, output) for capture in captures for output in outputs)
    print(f"{lines} lines are the same")


if __name__ == "__main__":
    main()
