#!/usr/bin/env python3
"""Property ids and their names: makes property_ids.def from property_ids.tsv, or checks that it was made from it.

Several properties may share an id and differ by their type; the id then carries all their names.

Usage: make_property_ids.py [--check]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
HEAD = """/* property_ids.def
 * Names of properties by their id, the upper half of a property tag. [MS-OXPROPS] 2
 * Made by make_property_ids.py from property_ids.tsv.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"""


def rows():
    """(id, names joined) in ascending order."""
    names = {}
    with open(FOLDER / "property_ids.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            names.setdefault(int(row["property_id"], 16), []).append(row["name"])
    return sorted((number, " or ".join(found)) for number, found in names.items())


def main():
    """Writes the file, or compares it."""
    made = HEAD + "".join(f'OA_NAME(0x{number:04x}, "{name}")\n' for number, name in rows())
    target = FOLDER / "property_ids.def"
    if "--check" not in sys.argv[1:]:
        target.write_text(made, encoding="utf-8")
    elif target.read_text(encoding="utf-8") != made:
        sys.exit("property_ids.def is not what make_property_ids.py makes of property_ids.tsv")
    print(f"{len(rows())} property ids")


if __name__ == "__main__":
    main()
