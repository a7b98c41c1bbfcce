#!/usr/bin/env python3
"""Texts of 8 bits as tshark shows them, in one pass and in two, against what the made captures' scripts wrote.

Usage: check_code_page.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import sys

import tools

MADE = tools.CAPTURES / "made"
# What the plugin adds when bytes are missing, left over or not understood.
PROBLEMS = "exchange.trailing || exchange.undecoded || exchange.short || exchange.limit || exchange.unknown || _ws.malformed"


def main():
    """Every made capture with such texts."""
    home, captures, texts = sys.argv[1], 0, 0
    for sidecar in sorted(MADE.glob("*.json")):
        rows = json.loads(sidecar.read_text(encoding="utf-8")).get("texts", [])
        capture = sidecar.with_suffix(".pcapng")
        names = sorted({row["field"] for row in rows})
        for passes in ([], ["-2"]) if rows else ():
            problems = tools.fields(home, capture, ["frame.number"], "-Y", PROBLEMS, *passes)
            if problems:
                raise AssertionError(f"{capture.name} {passes}: something is wrong in frames {problems}")
            shown = {int(frame): dict(zip(names, cells)) for frame, *cells in tools.fields(home, capture, ["frame.number", *names], *passes)}
            for row in rows:
                for frame in row["frames"]:
                    found = shown[frame][row["field"]]
                    if found != ";".join(row["texts"]):
                        raise AssertionError(f"{capture.name} {passes}, frame {frame}: {found}\n  wanted {row['texts']}")
                    texts += len(row["texts"])
        captures += bool(rows)
    if captures < 2:
        raise AssertionError(f"{captures} captures with texts")
    print(f"{texts} texts in {captures} captures are shown as they were written")


if __name__ == "__main__":
    main()
