#!/usr/bin/env python3
"""Damaged copies of every capture through tshark with the plugins: no crash, no dissector bug, no complaint, in one pass and in two.

Usage: check_robust.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys
import tempfile

import tools

SNAP_LENGTHS = (60, 66, 70, 90, 120, 200, 500)
SEEDS = (1, 2, 3)
PREFIXES = 4

# Stock TLS stumbles in the second pass over handshake messages in several records when frames are cut.
STOCK_BUG = "packet-tls.c"


def damaged_copies(capture, folder):
    """Paths of copies with random errors, cut frames, and a cut end; of made captures, which are many and much alike, errors only."""
    copy = folder / "damaged.pcapng"
    edits = [["-E", "0.02", "--seed", str(seed)] for seed in SEEDS] + [["-s", str(length)] for length in SNAP_LENGTHS]
    if capture.parent.name == "made":
        edits = edits[:1]
    for edit in edits:
        subprocess.run(["editcap", *edit, *tools.secrets(capture), str(capture), str(copy)], check=True, capture_output=True)
        yield f"{capture.name} {edit}", copy
    if capture.parent.name == "made":
        return
    data = tools.with_keys(capture, folder).read_bytes()
    for part in range(1, PREFIXES):
        copy.write_bytes(data[:len(data) * part // PREFIXES])
        yield f"{capture.name} cut", copy


def check(home, what, capture):
    """Both passes go through; only a cut file may be complained about."""
    for passes in ([], ["-2"]):
        result = tools.tshark_result(home, capture, "-V", *passes, check=False)
        text = result.stdout
        bugs = [line for line in text.splitlines() if "Dissector bug" in line and STOCK_BUG not in line]
        if bugs:
            raise AssertionError(f"{what} {passes}: {bugs[0]}")
        if result.returncode not in (0, 2) or (result.returncode == 2 and "cut" not in what and "-E" not in what):
            raise AssertionError(f"{what} {passes}: exit {result.returncode}\n{result.stderr[-2000:]}")


def main():
    """Every capture, every damage."""
    home = sys.argv[1]
    copies = 0
    with tempfile.TemporaryDirectory() as name:
        for capture in tools.of_outlook_anywhere():
            for what, copy in damaged_copies(capture, pathlib.Path(name)):
                check(home, what, copy)
                copies += 1
    if not copies:
        raise AssertionError("no capture")
    print(f"{copies} damaged copies, two ways each")


if __name__ == "__main__":
    main()
