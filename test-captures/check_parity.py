#!/usr/bin/env python3
"""Every finding that oaexport reports is shown by Wireshark, at the frame that it names, and no others.

Every shipped capture: code and frame of each row of findings.csv are those of an rpch.finding in tshark, which has visited all
frames once (-2), and the expert info says the same. EXCEPTIONS lists the codes that one of the programs alone can know.

Usage: check_parity.py PLUGIN_HOME OAEXPORT [CAPTURE ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import sys

import tools

# Code: why only one of the two has it.
EXCEPTIONS = {
    "target_refused": "found by --valid-ports, which only oaexport has",
}


def reported(oaexport, capture):
    """What oaexport reports, by code and frame."""
    result = tools.oaexport(oaexport, "--quiet", "--reports", "findings", capture, check=False)
    return collections.Counter((row["code"], row["frame"]) for row in tools.rows(result.stdout)
                               if row["code"] not in EXCEPTIONS and row["frame"])


def shown(home, capture):
    """What tshark shows, by code and frame."""
    found = collections.Counter()
    for frame, codes in tools.fields(home, capture, ["frame.number", "rpch.finding"], "-2", "-Y", "rpch.finding"):
        found.update((code, frame) for code in codes.split(";") if code not in EXCEPTIONS)
    return found


def main():
    """Compares each capture."""
    home, oaexport = sys.argv[1:3]
    captures = [pathlib.Path(path) for path in sys.argv[3:]] or tools.of_outlook_anywhere()
    different = []
    total = 0
    for capture in captures:
        one, other = reported(oaexport, capture), shown(home, capture)
        total += sum(one.values())
        if one != other:
            different.append(f"{capture.name}: only oaexport {sorted((one - other).items())[:6]}, "
                             f"only tshark {sorted((other - one).items())[:6]}")
    if different:
        raise AssertionError("\n".join(different))
    print(f"{total} findings of {len(captures)} captures")


if __name__ == "__main__":
    main()
