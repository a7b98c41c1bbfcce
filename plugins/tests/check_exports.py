#!/usr/bin/env python3
"""A plugin exports the symbols that Wireshark looks for and no others.

Usage: check_exports.py PLUGIN.so

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess
import sys

WANTED = {"plugin_version", "plugin_want_major", "plugin_want_minor", "plugin_register"}
ALLOWED = WANTED | {"plugin_describe"}


def main():
    """Compares the defined dynamic symbols with those wanted, ignoring the sanitizers'."""
    lines = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[-1].split("@")[0] for line in lines.splitlines()}
    symbols = {name for name in symbols if not name.startswith(("__asan", "__odr_asan", "__ubsan", "_init", "_fini"))}
    if not WANTED <= symbols <= ALLOWED:
        sys.exit(f"missing: {sorted(WANTED - symbols)}; unexpected: {sorted(symbols - ALLOWED)}")


if __name__ == "__main__":
    main()
