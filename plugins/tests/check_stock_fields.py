#!/usr/bin/env python3
"""plugins/doc/STOCK-FIELDS.txt says of every field of the replaced dissectors which of ours there is instead, and these exist.

Usage: check_stock_fields.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

REFERENCE = TOP / "plugins" / "doc" / "STOCK-FIELDS.txt"
REPLACED = ("mapi", "nspi", "rfr")
# Since 4.4 stock mapi is another one, with fields that the document does not list; this is one of the earlier.
EARLIER_MAPI = "mapi.EcDoConnect.name"


def fields_of(home):
    """The filter names that tshark knows."""
    text = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "fields"], tools.surroundings(home), check=False).stdout
    return {line.split("\t")[2] for line in text.splitlines() if line[:2] in ("P\t", "F\t")}


def main():
    """Compares both columns with what there is."""
    lines = [line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = dict(line.split(maxsplit=1) for line in lines)
    ours = fields_of(sys.argv[1])
    stock = {name for name in fields_of(tools.STOCK) if name.split(".")[0] in REPLACED}
    tools.same("rows, each once and sorted", [line.split()[0] for line in lines], sorted(rows))
    required = {name for name in stock if EARLIER_MAPI in stock or not name.startswith("mapi.")}
    tools.same("stock fields without a row", sorted(required - set(rows)), [])
    named = {name for text in rows.values() if not text.startswith("none: ") for name in text.split(", ")}
    tools.same("fields that do not exist", sorted(named - (ours - stock)), [])
    print(f"{len(rows)} fields of stock, {len(named)} of ours")


if __name__ == "__main__":
    main()
