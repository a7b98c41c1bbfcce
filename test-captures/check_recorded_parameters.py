#!/usr/bin/env python3
"""The parameters of calls to Exchange in a recorded capture, as the exchange plugin shows them, against the client's log.

Usage: check_recorded_parameters.py PLUGIN_HOME CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

import tools

FIELDS = ["frame.number", "dcerpc.pkt_type", "oxcrpc.opnum", "oxcrpc.user_dn", "oxcrpc.return", "oxcrpc.session", "oxcrpc.session.user_dn",
          "oxcrpc.ext.size", "oxcrpc.ext.size_actual", "oxcrpc.ext.flags", "oxcrpc.ext.flags.compressed", "oxcrpc.ext.flags.xor_magic",
          "oxcrpc.rop_size", "oxcrpc.handle", "oxcrpc.rops", "oxabref.opnum", "oxabref.user_dn", "oxabref.server", "oxabref.return",
          *tools.PROBLEMS]
REQUEST, RESPONSE = "0", "2"
CONNECT, CALL = "10", "11"  # EcDoConnectEx, EcDoRpcExt2


def check_store(shown, arguments, logged):
    """Operations, user, return values and session of calls to the store match the log."""
    rows = [row for row in shown if row["oxcrpc.opnum"]]
    for what, ptype in (("requests", REQUEST), ("responses", RESPONSE)):
        tools.same(f"operations of the {what}", [int(row["oxcrpc.opnum"]) for row in rows if row["dcerpc.pkt_type"] == ptype],
                   [call["opnum"] for call in logged])
    tools.same("user", [row["oxcrpc.user_dn"] for row in rows if row["dcerpc.pkt_type"] == REQUEST and row["oxcrpc.user_dn"]],
               [call["dn"] for call in logged if "dn" in call])
    tools.same("return values", {row["oxcrpc.return"] for row in rows if row["dcerpc.pkt_type"] == RESPONSE}, {"0x00000000"})
    # One session, from the response of EcDoConnectEx to the end.
    within = [row for row in rows if row["oxcrpc.opnum"] != CONNECT]
    tools.same("sessions", {row["oxcrpc.session"] for row in within}, {"1"})
    tools.same("the session's user", {row["oxcrpc.session.user_dn"] for row in within}, {arguments["dn"]})


def check_payloads(shown, arguments, logged):
    """Extended buffers decode to the announced size and start with the ROP that the client logged."""
    names = {}
    for direction in (REQUEST, RESPONSE):
        rows = [row for row in shown if (row["oxcrpc.opnum"], row["dcerpc.pkt_type"]) == (CALL, direction) and row["oxcrpc.rop_size"]]
        tools.same("calls with ROPs", len(rows), len(logged))
        for row, call in zip(rows, logged):
            where = f"of frame {row['frame.number']}"
            sizes, actual, flags, rop_size, handles, rops = (row[f"oxcrpc.{name}"].split(";") for name in (
                "ext.size", "ext.size_actual", "ext.flags", "rop_size", "handle", "rops"))
            # The first payload has the ROPs; empty auxiliary buffers may follow.
            handles = [handle for handle in handles if handle]
            tools.same(f"decoded size {where}", int(rop_size[0]) + 4 * len(handles), int(actual[0]))
            tools.same(f"bytes of ROPs {where}", len("".join(rops)) // 2, int(rop_size[0]) - 2)
            if not int(flags[0], 16) & 1:
                tools.same(f"stored size {where}", sizes[0], actual[0])
            if direction == REQUEST:
                tools.same(f"obfuscation {where}", bool(int(flags[0], 16) & 2), bool(arguments.get("xor")))
                names.setdefault(call["rops"][0], set()).add(rops[0][:2])
    # ROP names and numbers correspond one to one.
    tools.same("numbers of each ROP", {name: len(numbers) for name, numbers in names.items()}, dict.fromkeys(names, 1))
    tools.same("ROPs by number", len(set().union(*names.values())), len(names))
    return len(names)


def check_referral(shown, arguments, count):
    """RfrGetNewDSA: the requested user, and a server in that user's domain."""
    rows = [row for row in shown if row["oxabref.opnum"] == "0"]
    tools.same("referrals", len(rows), 2 * count)
    if count:
        tools.same("referral of", rows[0]["oxabref.user_dn"], arguments["dn"])
        tools.same("return value", rows[1]["oxabref.return"], "0x00000000")
        tools.same("the server's domain", rows[1]["oxabref.server"].split("@")[1], arguments["user"].split("@")[1])


def check_sources(home, capture, shown, arguments, logged):
    """Decompressed and deobfuscated payloads are data sources of their own."""
    text = tools.tshark(home, capture, "-x", "-Y", f"oxcrpc.opnum == {CALL}", *tools.PASSWORD)
    flags = [[row[f"oxcrpc.ext.flags.{name}"].split(";")[0] == "1" for name in ("compressed", "xor_magic")] for row in shown
             if row["oxcrpc.opnum"] == CALL and row["oxcrpc.rop_size"]]
    compressed = sum(is_compressed for is_compressed, _ in flags)
    obfuscated = sum(is_obfuscated and not is_compressed for is_compressed, is_obfuscated in flags)
    tools.same("decompressed sources", text.count("\nDecompressed ROP buffer ("), compressed)
    tools.same("deobfuscated sources", text.count("\nDeobfuscated ROP buffer ("), obfuscated)
    if arguments.get("xor"):
        tools.same("obfuscated requests", obfuscated, len(logged))
    if capture.stem == "compressed" and not compressed:
        raise AssertionError("nothing compressed was found")
    return compressed, obfuscated


def check_sealed(home, capture, passes):
    """Without the password sealed stubs show no parameters, and unsealed ones are complete."""
    where = " || ".join((*tools.PROBLEMS, *(["oxcrpc.cxh", "oxcrpc.return"] if capture.stem == "privacy" else [])))
    tools.same(f"parameters of sealed calls, problems {passes}", tools.fields(home, capture, ["frame.number"], "-Y", where, *passes), [])


def main():
    """One capture, in one pass and in two."""
    home, capture = sys.argv[1], pathlib.Path(sys.argv[2])
    log = tools.log(capture)
    arguments, calls = log[0]["args"], [entry for entry in log if "fact" not in entry and "error" not in entry]
    store = [call for call in calls if call["iface"] == "emsmdb"]
    with_rops = [call for call in store if call["name"] == "EcDoRpcExt2"]
    for passes in tools.PASSES:
        shown = tools.named_fields(home, capture, FIELDS, "-Y", "dcerpc", *passes, *tools.PASSWORD)
        tools.same(f"frames with a problem {passes}", [row for row in shown if any(row[name] for name in tools.PROBLEMS)], [])
        check_store(shown, arguments, store)
        rops = check_payloads(shown, arguments, with_rops)
        check_referral(shown, arguments, sum(call["name"] == "RfrGetNewDSA" for call in calls))
        check_sealed(home, capture, passes)
    compressed, obfuscated = check_sources(home, capture, shown, arguments, with_rops)
    print(f"{len(with_rops)} EcDoRpcExt2 of {rops} kinds, {compressed} payloads decompressed, {obfuscated} deobfuscated: as logged")


if __name__ == "__main__":
    main()
