#!/usr/bin/env python3
"""No password of an account in the captures appears in a report of oaexport or in what the plugins show.

Usage: check_passwords.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import pathlib
import sys
import tempfile

import tools

# Of the accounts in real/, made/ and samples/; see README.md.
PASSWORDS = ("Seed-Lab-1", "Made-Lab-1", "Pass-Word-1")
BASIC = (tools.REAL / "basic.pcapng", tools.MADE / "http_basic.pcapng", tools.CAPTURES / "samples" / "authentication.pcap")
PROTOCOLS = "rpch,oxcrpc,oxcrpc_async,oxnspi,oxabref,oxcmapihttp"


def forms(password):
    """The password, and its Base64 encodings at the three possible alignments."""
    return [password, *(base64.b64encode(bytes(before) + password.encode()).decode().rstrip("=")[4:-1] for before in range(3))]


def found(text):
    """The forms of passwords that the text contains."""
    return [form for password in PASSWORDS for form in forms(password) if form in text]


def main():
    """All reports of every capture; the trees of captures with Basic authentication, in which stock HTTP shows the password."""
    home, program = sys.argv[1:3]
    names = [line.split()[0] for line in tools.oaexport(program, "--list-reports").stdout.splitlines()]
    captures = tools.of_outlook_anywhere()
    with tempfile.TemporaryDirectory() as folder:
        for capture in captures:
            tools.oaexport(program, "--quiet", "--reports", ",".join(names), "-o", folder, capture, check=False)
            for path in pathlib.Path(folder).iterdir():
                tools.same(f"{capture.name}, {path.name}", found(path.read_text(encoding="utf-8")), [])
    for capture in BASIC:
        tools.same(f"{capture.name}: stock HTTP shows both forms", len(found(tools.tshark(home, capture, "-O", "http"))) > 1, True)
        tools.same(capture.name, found(tools.tshark(home, capture, "-2", "-O", PROTOCOLS)), [])
    print(f"{len(names)} reports of {len(captures)} captures without {', '.join(PASSWORDS)}")


if __name__ == "__main__":
    main()
