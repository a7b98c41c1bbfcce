#!/usr/bin/env python3
"""Compares the decoder's 8-bit text with Python's codecs, which have tables of their own: every byte, and every pair of bytes, of
each code page.

Usage: check_code_pages.py DUMP_TEXT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess
import sys
import unicodedata

SINGLE = {number: f"cp{number}" for number in (437, 737, 775, 850, 852, 855, 857, 860, 861, 862, 863, 865, 866, 869, 874, *range(1250, 1259))}
SINGLE.update({20127: "ascii", 20866: "koi8_r", 21866: "koi8_u"})
SINGLE.update({28590 + part: f"iso8859_{part}" for part in (*range(1, 12), 13, 14, 15)})
DOUBLE = {932: "cp932", 936: "gbk", 949: "cp949", 950: "cp950"}
# Numbers that are not 8-bit code pages, and the code page that is used instead.
OTHERS = {0: "cp1252", 1200: "cp1252", 4711: "cp1252", 65001: "utf_8", 20261: "utf_8"}

LATER = (949, b"\xa2\xe8")  # a circled letter added to the standard after Python's table


def ours(dump, page, texts):
    """The bytes as text by the decoder."""
    lines = "".join(f"{page} {data.hex()}\n" for data in texts)
    output = subprocess.run([dump], input=lines, check=True, capture_output=True, text=True).stdout
    return [bytes.fromhex(line).decode() for line in output.splitlines()]


def is_no_character(text):
    """Whether it contains anything that tables disagree on: invalid bytes, controls, private use characters."""
    return any(char == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(char) in ("Cc", "Co") for char in text)


def theirs(page, codec, data):
    """The bytes as text by Python."""
    # Byte 80 is the euro sign in Windows code page 936 and undefined in Python's codec.
    return data.decode("cp1252" if page == 936 and data[:1] == b"\x80" else codec, "replace")


def check(dump, page, codec, texts):
    """Compares the texts except where tables disagree; returns the number of equal characters."""
    equal = 0
    for data, shown in zip(texts, ours(dump, page, texts), strict=True):
        wanted = theirs(page, codec, data)
        if shown == wanted or (page, data) == LATER:
            equal += not is_no_character(shown)
        elif not (is_no_character(shown) if is_no_character(wanted) else is_no_character(shown) and page in DOUBLE):
            raise AssertionError(f"code page {page}, {data.hex()}: {shown!r}, not {wanted!r}")
    return equal


def main():
    """All code pages."""
    singles = [bytes((byte,)) for byte in range(1, 256)]
    pairs = [bytes((lead, trail)) for lead in range(0x80, 0x100) for trail in range(0x40, 0x100)]
    dump = sys.argv[1]
    for page, codec in {**SINGLE, **OTHERS}.items():
        check(dump, page, codec, singles)
    for page, codec in DOUBLE.items():
        equal = check(dump, page, codec, singles + pairs)
        if equal < 7000:
            raise AssertionError(f"only {equal} characters of code page {page} are right")
        print(f"code page {page}: {equal} characters")
    print(f"{len(SINGLE) + len(OTHERS) + len(DOUBLE)} code pages")


if __name__ == "__main__":
    main()
