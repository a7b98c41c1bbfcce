#!/usr/bin/env python3
"""Traffic that is not ours looks the same with the plugins as without, to the byte, in one pass and in two.

Usage: check_ordinary.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import difflib
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile

import tools

FOLDER = tools.CAPTURES / "ordinary"
# Every way the bytes can come to HTTP.
SETTINGS = (["-2"], [], ["-o", "tcp.desegment_tcp_streams:FALSE"], ["-o", "http.desegment_body:FALSE"],
            ["-o", "tcp.reassemble_out_of_order:TRUE"], ["-o", "tcp.try_heuristic_first:TRUE"])
# What TLS says of a record's contents is no line of the text.
FIELDS = ["-T", "fields", "-e", "frame.protocols", "-e", "tls.app_data_proto", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info"]


def check_made(folder):
    """The made capture is what its script makes."""
    again = pathlib.Path(folder) / "made.pcapng"
    subprocess.run([sys.executable, str(tools.CAPTURES / "make" / "ordinary.py"), str(again)], check=True)
    if again.read_bytes() != (FOLDER / "made.pcapng").read_bytes():
        raise AssertionError("ordinary/made.pcapng is not what make/ordinary.py makes")


def check_same(home, stock_home, capture, arguments):
    """Both texts are equal; else the first difference is shown. Returns how many lines were compared."""
    ours, stock = (tools.tshark(place, capture, *arguments, check=False).splitlines() for place in (home, stock_home))
    if not stock:
        raise AssertionError(f"{capture.name}: nothing shown")
    if ours != stock:
        diff = itertools.islice(difflib.unified_diff(stock, ours, "stock", "with the plugins", lineterm=""), 60)
        raise AssertionError(f"{capture.name} {arguments}:\n" + "\n".join(diff))
    return len(stock)


def main():
    """Every capture of traffic that is not ours, every setting."""
    home = sys.argv[1]
    lines = 0
    with tempfile.TemporaryDirectory() as stock_home:
        os.chmod(stock_home, 0o755)
        check_made(stock_home)
        loaded = [tools.run([*tools.as_ordinary_user(), "tshark", "-G", "plugins"], tools.surroundings(place)).stdout
                  for place in (home, stock_home)]
        if ["rpch.so" in text for text in loaded] != [True, False]:
            raise AssertionError(f"plugins loaded: {loaded}")
        for capture in sorted([*FOLDER.glob("*.pcap*"), tools.CAPTURES / "real" / "tls_handshakes.pcapng"]):
            for setting in SETTINGS:
                lines += check_same(home, stock_home, capture, ["-V", *setting])
            for setting in ([], ["-2"]):
                lines += check_same(home, stock_home, capture, FIELDS + setting)
    print(f"{lines} lines are the same")


if __name__ == "__main__":
    main()
