#!/usr/bin/env python3
"""Calls in NDR and NDR64: tshark shows the same values, and oaexport reports the same facts about the client.

Usage: check_transfer_syntax.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys
import xml.etree.ElementTree

import tools

CAPTURE = tools.MADE / "ndr64.pcapng"
INTERFACES = ("oxcrpc", "oxnspi")
# Fields that differ between sessions or refer to other frames.
OWN = ("oxcrpc.session", "oxcrops.opened_in", "dcerpc.", "exchange.ndr.")


def values_shown(home, *passes):
    """By frame: names and values of a stub's fields, without the framing of the transfer syntax."""
    document = xml.etree.ElementTree.fromstring(tools.tshark(home, CAPTURE, "-T", "pdml", "-Y", " || ".join(INTERFACES), *passes))
    shown = {}
    for packet in document.iter("packet"):
        (number,) = [field.get("show") for field in packet.iter("field") if field.get("name") == "frame.number"]
        fields = [field for proto in packet.iter("proto") if proto.get("name") in INTERFACES for field in proto.iter("field")]
        shown[int(number)] = [(field.get("name"), field.get("show")) for field in fields
                              if field.get("name") and not field.get("name").startswith(OWN)]
    return shown


def without_syntax(values):
    """The values without the name of the transfer syntax."""
    return [value for value in values if value[0] != "oxcrpc.transfer_syntax"]


def check_values(home, calls, *passes):
    """Requests and responses of each operation show the same values in every session, whatever the transfer syntax."""
    shown, by_half = values_shown(home, *passes), collections.defaultdict(list)
    for call in calls:
        for way in ("request", "response"):
            by_half[call["operation"], way].append((call, shown.pop(call["client"][f"{way}_frames"][-1])))
    if shown:
        raise AssertionError(f"frames of no call: {sorted(shown)}")
    for half, found in by_half.items():
        first = found[0][1]
        for call, values in found:
            syntax = "NDR64" if ("oxcrpc.transfer_syntax", "NDR64") in values else "NDR"
            if syntax != call["transfer_syntax"]:
                raise AssertionError(f"{half} {passes}, call {call}: shown as {syntax}")
            if without_syntax(values) != without_syntax(first):
                raise AssertionError(f"{half} {passes}, call {call}:\n  {values}\n  {first}")
            if call.get("user_dn") and half[1] == "request" and ("oxcrpc.user_dn", call["user_dn"]) not in values:
                raise AssertionError(f"{half} {passes}: no {call['user_dn']} in {values}")
        if {call["transfer_syntax"] for call, _ in found} != {"NDR", "NDR64"}:
            raise AssertionError(f"{half} occurs in one transfer syntax only")
    return sum(len(values) for found in by_half.values() for _, values in found)


def check_sessions(program, truth):
    """sessions.csv identifies the client of each store session; findings.csv is empty: a context that lost to another is not rejected."""
    wanted = collections.Counter((call["user_dn"], call["client_version"]) for call in truth["calls"] if "user_dn" in call)
    wanted["", ""] = len(truth["sessions"]) - wanted.total()
    rows = tools.report(program, "sessions", CAPTURE)
    found = collections.Counter((row["user_dn"], row["client_version"]) for row in rows)
    if found != wanted:
        raise AssertionError(f"sessions: {found}, wanted {wanted}")
    findings = tools.report(program, "findings", CAPTURE)
    if findings:
        raise AssertionError(f"findings: {findings}")
    return len(rows)


def main():
    """In one pass and in two."""
    home, program = sys.argv[1:3]
    truth = tools.truth(CAPTURE)
    one, two = check_values(home, truth["calls"]), check_values(home, truth["calls"], "-2")
    print(f"{one} and {two} values, {check_sessions(program, truth)} sessions")


if __name__ == "__main__":
    main()
