#!/usr/bin/env python3
"""Random access, as by a user clicking around: frames look the same however often and in whatever order they are shown, and nothing
in undamaged ones is malformed.

Loads each capture into sharkd with the plugins and asks for the trees of its frames in order and in two random orders.

Usage: check_any_order.py PLUGIN_HOME made|others

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile

import sharkd
import tools
import versions


# Stock X11 shows its frames differently after a jump, with or without the plugins.
STOCK_DIFFERS = ("x11_on_6001",)

# Stock dissectors do not show these consistently: TCP's conversation completeness, TLS handshake messages that span records, and the
# request URI that HTTP shows with another request's response once it has shown both; versions have more.
UNSTABLE = re.compile("|".join([r"(tcp|tls)$|http\.response_for\.uri ", *versions.UNSTABLE]))

BAD = re.compile(rf'"f":"({"|".join(map(re.escape, tools.PROBLEMS))}|_ws\.malformed)\b|Dissector bug|Malformed|Continuation')


def stable(parts):
    """A tree without what stock dissectors show inconsistently."""
    return [{**part, "n": stable(part.get("n", []))} for part in parts if not UNSTABLE.match(part.get("f", ""))]


def lines(text):
    """The parts of a frame that must not change between visits."""
    shown = json.loads(text)
    return [json.dumps(part) for part in stable(shown["tree"])] + shown["col"]


def walk(shark, capture, is_undamaged):
    """Compares trees and columns of all frames over three visits: one in order, two in random order."""
    chance = random.Random(3)
    seen = {}
    order = list(range(1, shark.load(capture) + 1))
    for _ in range(3):
        for frame in order:
            shown = shark.frame(frame)
            before = seen.get(frame)
            if shown == before:
                continue
            if before and lines(before) != lines(shown):
                change = [pair for pair in zip(lines(before), lines(shown)) if pair[0] != pair[1]][:1]
                raise AssertionError(f"{capture.name}: frame {frame} changed between visits: {change}")
            if is_undamaged and BAD.search(shown):
                raise AssertionError(f"{capture.name}: frame {frame} shows {BAD.search(shown)[0]}")
            seen[frame] = shown
        chance.shuffle(order)
    return len(order)


def main():
    """Every capture of the part."""
    home, part = sys.argv[1:3]
    shark = sharkd.Sharkd(home)
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for capture in tools.of_outlook_anywhere(part):
            if capture.stem in STOCK_DIFFERS:
                continue
            copy = pathlib.Path(folder) / capture.name
            shutil.copyfile(tools.with_keys(capture, folder), copy)
            copy.chmod(0o644)
            total += walk(shark, copy, capture in tools.undamaged(part))
    shark.close()
    if not total:
        raise AssertionError("no capture")
    print(f"{total} frames, three visits each")


if __name__ == "__main__":
    main()
