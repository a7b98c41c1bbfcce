#!/usr/bin/env python3
"""Prints the manual page outlook-anywhere-filter(4): the template beside this script with the fields of FIELDS.txt.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent


def quoted(text):
    """Text that roff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def fields():
    """A section for each protocol, with an entry for each field."""
    lines = []
    for row in (HERE / "FIELDS.txt").read_text(encoding="utf-8").splitlines():
        name, kind, label = row.split(None, 2)
        if kind == "protocol":
            lines.append(f".SS {name}: {quoted(label)}")
        else:
            lines += [".TP", f"\\fB{quoted(name)}\\fR ({kind.replace('_', ' ')})", quoted(label)]
    return "\n".join(lines)


def main():
    """Prints the page."""
    print((HERE / "outlook-anywhere-filter.4.in").read_text(encoding="utf-8").replace("@FIELDS@", fields()), end="")


if __name__ == "__main__":
    main()
