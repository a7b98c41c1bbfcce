#!/usr/bin/env python3
"""8-bit text as tshark shows it, in one pass and in two, against what the scripts of the made captures wrote.

Usage: check_code_page.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys

import tools


def main():
    """Every made capture with such text."""
    home, captures, texts = sys.argv[1], 0, 0
    for capture in tools.of_outlook_anywhere("made"):
        rows = tools.truth(capture).get("texts", [])
        names = ["frame.number", *sorted({row["field"] for row in rows}), *tools.PROBLEMS]
        for passes in tools.PASSES if rows else ():
            shown = {int(row["frame.number"]): row for row in tools.named_fields(home, capture, names, *passes)}
            problems = [row for row in shown.values() if any(row[name] for name in tools.PROBLEMS)]
            tools.same(f"frames of {capture.name} with a problem {passes}", problems, [])
            for row in rows:
                for frame in row["frames"]:
                    tools.same(f"{capture.name} {passes}, frame {frame}", shown[frame][row["field"]], ";".join(row["texts"]))
                    texts += len(row["texts"])
        captures += bool(rows)
    if captures < 2:
        raise AssertionError(f"{captures} captures with texts")
    print(f"{texts} texts in {captures} captures are shown as written")


if __name__ == "__main__":
    main()
