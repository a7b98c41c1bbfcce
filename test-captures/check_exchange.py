#!/usr/bin/env python3
"""Compares the parameters of the calls to Exchange, as the exchange plugin decodes them, with the client's own log.

Usage: check_exchange.py PLUGIN_HOME CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import sys

import tools

# What the plugin adds when bytes are missing, left over or not understood.
PROBLEMS = ["exchange.trailing", "exchange.undecoded", "exchange.short", "exchange.limit", "exchange.unknown"]
# For captures whose stubs are sealed: stock NTLMSSP opens them with the lab's password.
PASSWORD = ["-o", "ntlmssp.nt_password:Seed-Lab-1"]
PAYLOAD = ["oxcrpc.ext.size", "oxcrpc.ext.size_actual", "oxcrpc.ext.flags", "oxcrpc.rop_size", "oxcrpc.handle",
           "oxcrpc.rops"]
CALL = ["frame.number", "oxcrpc.opnum", "dcerpc.pkt_type", "oxcrpc.user_dn", "oxcrpc.return", "oxcrpc.session",
        "oxcrpc.session.user_dn", "oxcrpc.cxh"]


def equal(what, left, right):
    """Ends the test with both values when they differ."""
    if left != right:
        raise AssertionError(f"{what}:\n  {left}\n  {right}")


def log_of(capture):
    """The client's log: its first entry's arguments, and its calls."""
    entries = [json.loads(line) for line in pathlib.Path(capture).with_suffix(".jsonl").read_text("utf-8").splitlines()]
    calls = [entry for entry in entries if "fact" not in entry and "error" not in entry]
    return entries[0]["args"], calls


def check_no_problem(home, capture, passes):
    """Every byte of every stub is decoded, and once."""
    for options in (passes, [*passes, *PASSWORD]):
        rows = tools.fields(home, capture, ["frame.number"], "-Y", " || ".join(PROBLEMS), *options)
        equal(f"frames with a problem {options}", rows, [])
        text = tools.tshark(home, capture, "-V", *options)
        for word in ("Malformed", "Dissector bug", "Long frame", "Short frame"):
            equal(f"lines with {word} {options}", [line for line in text.splitlines() if word in line], [])


def check_store(home, capture, passes):
    """Operations, user, return values and session of the calls to the store are those of the log."""
    arguments, logged = log_of(capture)
    logged = [call for call in logged if call["iface"] == "emsmdb"]
    rows = tools.fields(home, capture, CALL, "-Y", "oxcrpc", *passes, *PASSWORD)
    requests = [row for row in rows if row[2] == "0"]
    responses = [row for row in rows if row[2] == "2"]
    for what, part in (("requests", requests), ("responses", responses)):
        equal(f"operations of the {what}", [int(row[1]) for row in part], [call["opnum"] for call in logged])
    equal("user", [row[3] for row in requests if row[3]], [call["dn"] for call in logged if "dn" in call])
    equal("return values", {row[4] for row in responses}, {"0x00000000"})
    # One session, from the answer of EcDoConnectEx to the end.
    equal("sessions", {row[5] for row in rows if row[1] != "10"}, {"1"})
    equal("the session's user", {row[6] for row in rows if row[1] != "10"}, {arguments["dn"]})
    return [call for call in logged if call["name"] == "EcDoRpcExt2"]


def check_payloads(home, capture, logged, passes):
    """Extended buffers open to the size they announce, and begin with the ROP the client says it sent."""
    arguments, _ = log_of(capture)
    names = {}
    for direction in ("0", "2"):
        rows = tools.fields(home, capture, PAYLOAD, "-Y",
                            f"oxcrpc.opnum == 11 && dcerpc.pkt_type == {direction} && oxcrpc.rop_size", *passes, *PASSWORD)
        equal("calls with ROPs", len(rows), len(logged))
        for row, call in zip(rows, logged):
            sizes, actual, flags, rop_size, handles, rops = (cell.split(";") for cell in row)
            # The payload of the ROPs is the first; empty auxiliary buffers may follow.
            handles = [handle for handle in handles if handle]
            equal(f"opened size of {row}", int(rop_size[0]) + 4 * len(handles), int(actual[0]))
            equal(f"bytes of ROPs of {row}", len("".join(rops)) // 2, int(rop_size[0]) - 2)
            if not int(flags[0], 16) & 1:
                equal(f"stored size of {row}", sizes[0], actual[0])
            if direction == "0":
                equal(f"obfuscation of {row}", bool(int(flags[0], 16) & 2), bool(arguments.get("xor")))
                names.setdefault(call["rops"][0], set()).add(rops[0][:2])
    # Each ROP has one number, and each number is one ROP.
    equal("numbers of each ROP", {name: len(numbers) for name, numbers in names.items()}, dict.fromkeys(names, 1))
    equal("ROPs by number", len(set().union(*names.values())), len(names))
    return len(names)


def check_referral(home, capture, passes):
    """RfrGetNewDSA: the user asked for, and a server in the answer that the user's name is part of."""
    arguments, logged = log_of(capture)
    count = sum(call["name"] == "RfrGetNewDSA" for call in logged)
    rows = tools.fields(home, capture, ["oxabref.user_dn", "oxabref.server", "oxabref.return"], "-Y", "oxabref.opnum == 0",
                        *passes)
    equal("referrals", len(rows), 2 * count)
    if count:
        equal("referral of", rows[0][0], arguments["dn"])
        equal("return value", rows[1][2], "0x00000000")
        equal("the server's domain", rows[1][1].split("@")[1], arguments["user"].split("@")[1])


def check_sources(home, capture, logged):
    """Opened payloads are data sources of their own."""
    arguments, _ = log_of(capture)
    shown = tools.tshark(home, capture, "-x", "-Y", "oxcrpc.opnum == 11", *PASSWORD)
    flags = tools.fields(home, capture, ["oxcrpc.ext.flags.compressed", "oxcrpc.ext.flags.xor_magic"],
                         "-Y", "oxcrpc.opnum == 11 && oxcrpc.rop_size", *PASSWORD)
    compressed = sum(row[0].split(";")[0] == "1" for row in flags)
    obfuscated = sum(row[1].split(";")[0] == "1" and row[0].split(";")[0] != "1" for row in flags)
    equal("decompressed sources", shown.count("\nDecompressed ROP buffer ("), compressed)
    equal("deobfuscated sources", shown.count("\nDeobfuscated ROP buffer ("), obfuscated)
    if arguments.get("xor"):
        equal("obfuscated requests", obfuscated, len(logged))
    if pathlib.Path(capture).stem == "compressed" and not compressed:
        raise AssertionError("nothing compressed was found")
    return compressed, obfuscated


def check_sealed(home, capture):
    """Without the password sealed stubs stay closed, and nothing is made up of them."""
    if pathlib.Path(capture).stem == "privacy":
        equal("parameters of sealed calls", tools.fields(home, capture, ["frame.number"], "-Y", "oxcrpc.cxh || oxcrpc.return"),
              [])


def main():
    """Runs every check for the capture."""
    home, capture = sys.argv[1:3]
    for passes in ([], ["-2"]):
        check_no_problem(home, capture, passes)
        logged = check_store(home, capture, passes)
        rops = check_payloads(home, capture, logged, passes)
        check_referral(home, capture, passes)
    compressed, obfuscated = check_sources(home, capture, logged)
    check_sealed(home, capture)
    print(f"{len(logged)} EcDoRpcExt2 of {rops} kinds, {compressed} payloads decompressed, {obfuscated} deobfuscated: as logged")


if __name__ == "__main__":
    main()
