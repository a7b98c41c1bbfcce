#!/usr/bin/env python3
"""Calls to a store that [MS-OXCRPC] only reserves, in tshark and oaexport, against what the script of the made capture wrote.

Usage: check_old_store.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys

import tools

CAPTURE = tools.MADE / "emsmdb_old.pcapng"
REPORTS = ("sessions", "users", "connection_status", "operations")
RESERVED = {0, 2, 3, 5, 7, 8, 9, 12, 13}  # [MS-OXCRPC] 3.1.4
HOPS = ("client", "server")


def parts_of(truth):
    """Requests and responses with their values, by the frame that completes them; a fault has none."""
    parts = {}
    for call in truth["calls"]:
        for hop in HOPS:
            for way in ("request", "response") if "fault" not in call else ("request",):
                if "values" in call:
                    parts[call[hop][f"{way}_frames"][-1]] = (call, call["values"][way])
    return parts


def check_values(shown, parts, names, passes):
    """Every value is shown, reserved operations are marked, and no byte is trailing, missing or undecoded."""
    shown = {int(row["frame.number"]): row for row in shown}
    for frame, (call, values) in parts.items():
        row = shown[frame]
        where = f"{call['operation']} in frame {frame} {passes}"
        tools.same(f"operation of {where}", int(row["oxcrpc.opnum"]), call["opnum"])
        tools.same(f"reserved: {where}", row["oxcrpc.opnum.reserved"], "1" if call["opnum"] in RESERVED else "")
        tools.same(f"values of {where}", {name: row[name] for name in values}, values)
        tools.same(f"values beyond the script's, {where}", {name: row[name] for name in names if row[name] and name not in values}, {})
    tools.same(f"frames with a problem {passes}", [row for row in shown.values() if any(row[name] for name in tools.PROBLEMS)], [])
    return len(parts)


def check_session(shown, user, passes):
    """One session and its user from the accepted EcDoConnect to EcDoDisconnect, the same on both hops."""
    rows = [row for row in shown if row["oxcrpc.session"]]
    tools.same(f"sessions {passes}", {(row["oxcrpc.session"], row["oxcrpc.session.user_dn"]) for row in rows}, {("1", user)})
    tools.same(f"begin and end {passes}", {"0", "1"} - {row["oxcrpc.opnum"] for row in rows}, set())


def check_sources(home, truth):
    """Each EcDoRpc buffer becomes a data source of its own, on both hops."""
    buffers = [values for call in truth["calls"] if call["operation"] == "EcDoRpc"
               for values in call["values"].values() if "oxcrpc.rops" in values]
    shown = tools.tshark(home, CAPTURE, "-x", "-Y", "oxcrpc.opnum == 2")
    tools.same("opened ROP buffers", shown.count("\nDeobfuscated ROP buffer ("), len(HOPS) * len(buffers))
    return len(buffers)


def check_reports(program, truth, user):
    """oaexport identifies the client and counts each operation."""
    reports = tools.reports(program, REPORTS, CAPTURE)
    calls = [call for call in truth["calls"] if call["operation"] == "EcDoConnect"]
    accepted = calls[-1]["values"]
    client, server = accepted["request"]["oxcrpc.client_version"], accepted["response"]["oxcrpc.server_version"]
    product = accepted["request"]["oxcrpc.client_product"]
    (session,) = reports["sessions"]
    columns = ("user_dn", "client_software", "client_version", "server_version", "purpose", "calls")
    tools.same("session", [session[name] for name in columns],
               [user, product, client, server, "mail", str(len(truth["calls"]))])
    (row,) = reports["users"]
    tools.same("user", [row["user_dn"], row["clients"], row["calls"]], [user, f"{product} {client}", str(len(truth["calls"]))])
    (status,) = reports["connection_status"]
    failures = sum("fault" in call or call.get("values", {}).get("response", {}).get("oxcrpc.return", "0x00000000") != "0x00000000"
                   for call in truth["calls"])
    tools.same("connection", [status[name] for name in ("type", "client_version", "server_version", "requests", "failures")],
               ["Mail", client, server, str(len(truth["calls"])), str(failures)])
    counted = {row["operation"]: int(row["calls"]) for row in reports["operations"]}
    tools.same("operations", counted, dict(collections.Counter(call["operation"] for call in truth["calls"])))


def main():
    """Both passes of tshark, then the reports."""
    home, program = sys.argv[1:3]
    truth = tools.truth(CAPTURE)
    parts = parts_of(truth)
    names = sorted({name for _, values in parts.values() for name in values})
    user = next(call["values"]["request"]["oxcrpc.user_dn"] for call in truth["calls"] if call["operation"] == "EcDoConnect")
    for passes in tools.PASSES:
        about = ["frame.number", "oxcrpc.opnum", "oxcrpc.opnum.reserved", "oxcrpc.session", "oxcrpc.session.user_dn", *tools.PROBLEMS]
        shown = tools.named_fields(home, CAPTURE, list(dict.fromkeys(about + names)), "-Y", "oxcrpc", *passes)
        checked = check_values(shown, parts, names, passes)
        check_session(shown, user, passes)
    buffers = check_sources(home, truth)
    check_reports(program, truth, user)
    if not {call["opnum"] for call in truth["calls"]} >= RESERVED - {13}:
        raise AssertionError("a reserved operation is not in the capture")
    print(f"{checked} requests and responses of {len(truth['calls'])} calls, {buffers} obfuscated buffers: as written")


if __name__ == "__main__":
    main()
