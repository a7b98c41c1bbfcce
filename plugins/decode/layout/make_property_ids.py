#!/usr/bin/env python3
"""Property ids and their names: makes property_ids.def and address_book_ids.def from property_ids.tsv, or checks that they were made
from it.

Several properties may share an id and differ by their type; the id then carries all their names.

Usage: make_property_ids.py [--check]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
HEAD = """/* {name}
 * {what} [MS-OXPROPS] 2
 * Made by make_property_ids.py from property_ids.tsv.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"""
# In a store, higher ids are those of named properties, which differ from logon to logon.
FIRST_NAMED = 0x8000
FILES = {
    "property_ids.def": ("Names of properties by their id, the upper half of a property tag.", range(FIRST_NAMED)),
    "address_book_ids.def": ("Names of properties that only address books have.", range(FIRST_NAMED, 0x10000)),
}


def rows():
    """(id, names joined) in ascending order."""
    names = {}
    with open(FOLDER / "property_ids.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            names.setdefault(int(row["property_id"], 16), []).append(row["name"])
    return sorted((number, " or ".join(found)) for number, found in names.items())


def main():
    """Writes the files, or compares them."""
    for name, (what, ids) in FILES.items():
        made = HEAD.format(name=name, what=what)
        made += "".join(f'OA_NAME(0x{number:04x}, "{found}")\n' for number, found in rows() if number in ids)
        target = FOLDER / name
        if "--check" not in sys.argv[1:]:
            target.write_text(made, encoding="utf-8")
        elif target.read_text(encoding="utf-8") != made:
            sys.exit(f"{name} is not what make_property_ids.py makes of property_ids.tsv")
    print(f"{len(rows())} property ids")


if __name__ == "__main__":
    main()
