#!/usr/bin/env python3
"""Makes the captures of test-captures/made/ and their sidecars.

Usage: make.py [FOLDER [NAME...]]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

import back_end
import code_pages
import http_cases
import mapi_http
import mixed
import named_pipe
import old_store
import plain_rpc
import recycling
import rops
import transfer_syntax
import truth
import trouble
import two_hops

MODULES = (two_hops, recycling, http_cases, back_end, trouble, mapi_http, code_pages, transfer_syntax, old_store, plain_rpc, named_pipe,
           mixed, rops)


def scenarios():
    """Every scenario by its capture's name."""
    found = {}
    for module in MODULES:
        for scenario in module.SCENARIOS:
            if scenario.name in found:
                raise ValueError(f"two scenarios are named {scenario.name}")
            found[scenario.name] = scenario
    return found


def main():
    """Writes all captures, or the named ones."""
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent / "made")
    known = scenarios()
    for name in sys.argv[2:] or known:
        capture = known[name].run()
        (folder / f"{name}.pcapng").write_bytes(capture.pcapng())
        (folder / f"{name}.json").write_text(truth.text(capture), encoding="utf-8")


if __name__ == "__main__":
    main()
