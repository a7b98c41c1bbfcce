#!/usr/bin/env python3
"""plugins/doc/FIELDS.txt lists the plugins' fields as tshark does.

Usage: check_fields.py PLUGIN_HOME [--update]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

REFERENCE = TOP / "plugins" / "doc" / "FIELDS.txt"
PROTOCOLS = re.compile(r"(rpch|exchange|oxcrpc|oxcrops|oxnspi|oxabref|oxcmapihttp)(\.|$)")


def reference(home):
    """One line per field: filter name, type, label; sorted, each protocol before its fields."""
    text = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "fields"], tools.surroundings(home)).stdout
    rows = []
    for line in text.splitlines():
        parts = line.split("\t")
        if PROTOCOLS.match(parts[2]):
            rows.append((parts[2], "protocol", parts[1]) if parts[0] == "P" else (parts[2], parts[3][3:].lower(), parts[1]))
    rows.sort()
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return "".join(f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {label}\n" for name, kind, label in rows)


def main():
    """Compares, or with --update rewrites the reference."""
    found = reference(sys.argv[1])
    if "--update" in sys.argv:
        REFERENCE.write_text(found, encoding="utf-8")
    known = set(REFERENCE.read_text(encoding="utf-8").splitlines())
    differing = sorted(known ^ set(found.splitlines()))
    if differing or REFERENCE.read_text(encoding="utf-8") != found:
        sys.exit("plugins/doc/FIELDS.txt differs (check_fields.py PLUGIN_HOME --update):\n" + "\n".join(differing))


if __name__ == "__main__":
    main()
