#!/usr/bin/env python3
"""Named properties and their names: makes named_properties.def from named_properties.tsv, or checks that it was made from it.

Usage: make_named_properties.py [--check]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
HEAD = """/* named_properties.def
 * Names of properties by their set and number (LID), in that order. [MS-OXPROPS] 2
 * Made by make_named_properties.py from named_properties.tsv.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"""


def rows():
    """(set, LID, name), ordered."""
    with open(FOLDER / "named_properties.tsv", encoding="utf-8", newline="") as file:
        return sorted((row["property_set"], int(row["lid"], 16), row["name"]) for row in csv.DictReader(file, delimiter="\t"))


def main():
    """Writes the file, or compares it."""
    found = rows()
    made = HEAD + "".join(f'OA_NAMED_PROPERTY({group}, 0x{lid:04x}, "{name}")\n' for group, lid, name in found)
    target = FOLDER / "named_properties.def"
    if "--check" not in sys.argv[1:]:
        target.write_text(made, encoding="utf-8")
    elif target.read_text(encoding="utf-8") != made:
        sys.exit("named_properties.def is not what make_named_properties.py makes of named_properties.tsv")
    print(f"{len(found)} named properties")


if __name__ == "__main__":
    main()
