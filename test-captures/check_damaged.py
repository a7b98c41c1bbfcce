#!/usr/bin/env python3
"""Damaged copies of captures cause no crash and no dissector bug, in tshark or when sharkd shows the frames of a loaded capture.

Usage: check_damaged.py PLUGIN_HOME made|others

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import sharkd
import tools
import versions

SNAP_LENGTHS = (60, 66, 70, 90, 120, 200, 500)
SEEDS = (1, 2, 3)
PREFIXES = 4
FEW = ("made", "clients", "hostile", "cases")  # many and similar captures

# The stock TLS dissector has a bug in handshake messages that span records when frames are cut: on later visits, since 4.4 on each.
STOCK_BUG = "packet-tls.c"


def damaged_copies(capture, folder):
    """Paths of copies with random errors, truncated frames and a missing end; for captures that are many and similar only errors."""
    copy = folder / "damaged.pcapng"
    edits = [["-E", "0.02", "--seed", str(seed)] for seed in SEEDS] + [["-s", str(length)] for length in SNAP_LENGTHS]
    if capture.parent.name in FEW:
        edits = edits[:1]
    for edit in edits:
        subprocess.run(["editcap", *edit, *tools.secrets(capture), str(capture), str(copy)], check=True, capture_output=True)
        yield f"{capture.name} {edit}", copy
    if capture.parent.name in FEW:
        return
    data = tools.with_keys(capture, folder).read_bytes()
    for part in range(1, PREFIXES):
        copy.write_bytes(data[:len(data) * part // PREFIXES])
        yield f"{capture.name} cut", copy


def check_bugs(what, text):
    """The text contains no dissector bug except the stock one. A bug is a line with its place, and an expert info of that group."""
    if "Dissector bug" in text:
        bugs = [line for line in text.replace('"l":', '\n"l":').splitlines()
                if "Dissector bug" in line and STOCK_BUG not in line and "Group: Dissector bug" not in line]
        tools.same(f"{what}: dissector bugs", bugs[:1], [])


def check(home, shark, what, capture):
    """Both programs finish; only a truncated or corrupted file may be reported as such."""
    result = tools.tshark_result(home, capture, "-V", check=False)
    check_bugs(what, result.stdout)
    may_end_early = "cut" in what or "-E" in what
    if result.returncode not in ((0, versions.EXIT_UNREADABLE) if may_end_early else (0,)):
        raise AssertionError(f"{what}: exit {result.returncode}\n{result.stderr[-2000:]}")
    for frame in range(1, shark.load(capture) + 1):
        check_bugs(f"{what}, frame {frame} on a later visit", shark.frame(frame))


def main():
    """Every capture of the part, with every kind of damage."""
    home, part = sys.argv[1:3]
    shark = sharkd.Sharkd(home)
    copies = 0
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        for capture in tools.of_outlook_anywhere(part):
            for what, copy in damaged_copies(capture, pathlib.Path(name)):
                copy.chmod(0o644)
                check(home, shark, what, copy)
                copies += 1
    shark.close()
    if not copies:
        raise AssertionError("no capture")
    print(f"{copies} damaged copies")


if __name__ == "__main__":
    main()
