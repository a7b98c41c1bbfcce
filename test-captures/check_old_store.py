#!/usr/bin/env python3
"""The calls to a store that the document only reserves, in tshark and in oaexport, against what the made capture's script wrote.

Usage: check_old_store.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import sys

import tools

CAPTURE = tools.CAPTURES / "made" / "emsmdb_old.pcapng"
PROBLEMS = ["exchange.trailing", "exchange.undecoded", "exchange.short", "exchange.limit", "exchange.unknown"]
RESERVED = {0, 2, 3, 5, 7, 8, 9, 12, 13}  # [MS-OXCRPC] 3.1.4
HOPS = ("client", "server")


def same(what, found, wanted):
    """Raises unless both are the same."""
    if found != wanted:
        raise AssertionError(f"{what}:\n  found    {found}\n  expected {wanted}")


def parts_of(truth):
    """Requests and responses with their values, by the frame that completes them; a fault has none."""
    parts = {}
    for call in truth["calls"]:
        for hop in HOPS:
            for way in ("request", "response") if "fault" not in call else ("request",):
                if "values" in call:
                    parts[call[hop][f"{way}_frames"][-1]] = (call, call["values"][way])
    return parts


def check_values(home, parts, passes):
    """Every value of every part is shown, and that its number is reserved."""
    names = sorted({name for _, values in parts.values() for name in values})
    rows = tools.fields(home, CAPTURE, ["frame.number", "oxcrpc.opnum", "oxcrpc.opnum.reserved", *names], "-Y", "oxcrpc.opnum", *passes)
    shown = {int(row[0]): row[1:] for row in rows}
    for frame, (call, values) in parts.items():
        opnum, reserved, *cells = shown[frame]
        where = f"{call['operation']} in frame {frame} {passes}"
        same(f"operation of {where}", int(opnum), call["opnum"])
        same(f"reserved: {where}", reserved, "1" if call["opnum"] in RESERVED else "")
        cells = dict(zip(names, cells))
        same(f"values of {where}", {name: cells[name] for name in values}, values)
        same(f"values that were not written, {where}", {name: cell for name, cell in cells.items() if cell and name not in values}, {})
    return len(parts)


def check_whole(home, passes):
    """No byte is left over, missing or not understood."""
    same(f"frames with a problem {passes}", tools.fields(home, CAPTURE, ["frame.number"], "-Y", " || ".join(PROBLEMS), *passes), [])


def check_session(home, truth, passes):
    """One session with its user, from the accepted EcDoConnect to EcDoDisconnect, the same on both hops."""
    rows = tools.fields(home, CAPTURE, ["oxcrpc.session", "oxcrpc.session.user_dn"], "-Y", "oxcrpc.session", *passes)
    user = next(call["values"]["request"]["oxcrpc.user_dn"] for call in truth["calls"] if call["operation"] == "EcDoConnect")
    same(f"sessions {passes}", {tuple(row) for row in rows}, {("1", user)})
    ends = tools.fields(home, CAPTURE, ["oxcrpc.opnum"], "-Y", "oxcrpc.session && (oxcrpc.opnum == 0 || oxcrpc.opnum == 1)", *passes)
    same(f"begin and end {passes}", {row[0] for row in ends}, {"0", "1"})
    return user


def check_sources(home, truth):
    """Each buffer of EcDoRpc is opened as a data source of its own, on both hops."""
    buffers = [values for call in truth["calls"] if call["operation"] == "EcDoRpc"
               for values in call["values"].values() if "oxcrpc.rops" in values]
    shown = tools.tshark(home, CAPTURE, "-x", "-Y", "oxcrpc.opnum == 2")
    same("opened ROP buffers", shown.count("\nDeobfuscated ROP buffer ("), len(HOPS) * len(buffers))
    return len(buffers)


def check_reports(program, truth, user):
    """oaexport tells who the client is, and counts each operation."""
    calls = [call for call in truth["calls"] if call["operation"] == "EcDoConnect"]
    accepted = calls[-1]["values"]
    client, server = accepted["request"]["oxcrpc.client_version"], accepted["response"]["oxcrpc.server_version"]
    product = accepted["request"]["oxcrpc.client_product"]
    (session,) = tools.report(program, "sessions", CAPTURE)
    same("session", [session[name] for name in ("user_dn", "client_software", "client_version", "server_version", "purpose", "calls")],
         [user, product, client, server, "mail", str(len(truth["calls"]))])
    (row,) = tools.report(program, "users", CAPTURE)
    same("user", [row["user_dn"], row["clients"], row["calls"]], [user, f"{product} {client}", str(len(truth["calls"]))])
    (status,) = tools.report(program, "connection_status", CAPTURE)
    failures = sum("fault" in call or call.get("values", {}).get("response", {}).get("oxcrpc.return", "0x00000000") != "0x00000000"
                   for call in truth["calls"])
    same("connection", [status[name] for name in ("type", "client_version", "server_version", "requests", "failures")],
         ["Mail", client, server, str(len(truth["calls"])), str(failures)])
    counted = {row["operation"]: int(row["calls"]) for row in tools.report(program, "operations", CAPTURE)}
    same("operations", counted, dict(collections.Counter(call["operation"] for call in truth["calls"])))


def main():
    """Both passes of tshark, then the reports."""
    home, program = sys.argv[1:3]
    truth = json.loads(CAPTURE.with_suffix(".json").read_text(encoding="utf-8"))
    parts = parts_of(truth)
    for passes in ([], ["-2"]):
        checked = check_values(home, parts, passes)
        check_whole(home, passes)
        user = check_session(home, truth, passes)
    buffers = check_sources(home, truth)
    check_reports(program, truth, user)
    if not {call["opnum"] for call in truth["calls"]} >= RESERVED - {13}:
        raise AssertionError("a reserved operation is not in the capture")
    print(f"{checked} requests and responses of {len(truth['calls'])} calls, {buffers} obfuscated buffers: as written")


if __name__ == "__main__":
    main()
