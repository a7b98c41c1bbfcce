#!/usr/bin/env python3
"""Compares what tshark and oaexport say of a real capture with the client's own log of its calls, and with each other.

Usage: check_truth.py PLUGIN_HOME OAEXPORT CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import pathlib
import sys

import tools

# What the basic capture is known to hold besides its calls.
BASIC_PDUS = {"CONN/A1": 4, "CONN/B1": 4, "CONN/A3": 4, "CONN/C2": 4}
BASIC_PTYPES = {"11": 4, "12": 4, "16": 3}
BASIC_TARGETS = [("mbx1.lab.test", "6002"), ("mbx1.lab.test", "6004"), ("mbx1.lab.test", "6001"), ("mbx1.lab.test", "6001")]


def equal(what, left, right):
    """Ends the test with both values when they differ."""
    if left != right:
        if isinstance(left, list) and isinstance(right, list):
            left, right = [x for x in left if x not in right] or left, [x for x in right if x not in left] or right
        raise AssertionError(f"{what}:\n  {left}\n  {right}")


def logged_calls(path):
    """Name, request and response bytes of each call in the client's log; bytes are None where it noted none."""
    calls = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            if "fact" not in entry and "error" not in entry:
                calls.append((entry["name"], entry.get("req"), entry.get("resp")))
    return calls


def microseconds(seconds):
    """Whole microseconds, rounded half up, of a time with nine decimals."""
    whole, fraction = seconds.split(".")
    return (int(whole + fraction) + 500) // 1000


def call_pairs(home, capture, *passes):
    """Virtual connection, request frame, response frame and latency in seconds of every call tshark pairs."""
    rows = tools.fields(home, capture, ["rpch.vc", "rpch.request_in", "frame.number", "rpch.time"], "-Y", "rpch.time",
                        *passes)
    pairs = []
    for vcs, requests, frame, times in rows:
        for request, time in zip(requests.split(";"), times.split(";")):
            pairs.append((vcs.split(";")[0], request, frame, microseconds(time)))
    return sorted(pairs, key=lambda pair: int(pair[2]))


def check_calls(home, program, capture):
    """Log, CSV and tshark name and pair the same calls."""
    logged = logged_calls(pathlib.Path(capture).with_suffix(".jsonl"))
    rows = sorted(tools.report(program, "calls", capture), key=lambda row: int(row["call"]))
    equal("calls by name", [row["operation"] for row in rows], [call[0] for call in logged])
    for row, (name, request, response) in zip(rows, logged):
        if request is not None:
            equal(f"bytes of {name}, call {row['call']}", (int(row["request_bytes"]), int(row["response_bytes"])),
                  (request, response))
    equal("states", {row["state"] for row in rows}, {"answered"})

    exported = sorted(((row["session"], row["request_frame"], row["response_frame"],
                        int(row["latency_ms"].replace(".", ""))) for row in rows), key=lambda pair: int(pair[2]))
    for passes in ([], ["-2"]):
        equal(f"pairs of tshark {passes} and calls.csv", call_pairs(home, capture, *passes), exported)
    # Stock DCE/RPC pairs them too, over the two connections.
    stock = tools.fields(home, capture, ["frame.number", "dcerpc.request_in"], "-Y", "rpch.time && dcerpc.request_in")
    equal("pairs of stock DCE/RPC", len(stock), len(exported))
    forward = tools.fields(home, capture, ["frame.number"], "-2", "-Y", "rpch.response_in && dcerpc.response_in")
    equal("requests that lead to their response", len(forward), len(exported))
    return len(rows)


def check_auth(program, capture):
    """Every channel and every accepted bind of the log was authenticated by the log's user; nothing was refused."""
    with open(pathlib.Path(capture).with_suffix(".jsonl"), encoding="utf-8") as file:
        facts = [entry for entry in map(json.loads, file) if "fact" in entry]
    asked = next(entry["args"] for entry in facts if entry["fact"] == "start")
    rows = tools.report(program, "auth", capture)
    http = [row for row in rows if row["place"] == "http"]
    bound = [row for row in rows if row["place"] == "rpc" and row["result"] == "accepted"]
    equal("HTTP exchanges", len(http), len(tools.report(program, "channels", capture)))
    equal("who and how", {(row["user"], row["scheme"], row["result"]) for row in http}, {(asked["user"], asked["http_auth"], "accepted")})
    equal("binds", len(bound), sum(entry["fact"] == "bind" for entry in facts))
    equal("who binds", {(row["user"], row["mechanism"], row["ntlm_version"]) for row in bound}, {(asked["user"], "NTLM", "v2")})
    equal("refused", [row for row in rows if row["result"] == "refused"], [])


def check_clean(home, capture):
    """Nothing malformed, no dissector bug, and no bytes left to stock HTTP, in one pass and in two."""
    for passes in ([], ["-2"]):
        text = tools.tshark(home, capture, "-V", *passes)
        for word in ("Malformed", "Dissector bug", "Continuation"):
            equal(f"lines with {word} {passes}", [line for line in text.splitlines() if word in line], [])
        equal("skipped", tools.fields(home, capture, ["frame.number"], "-Y", "rpch.skipped", *passes), [])


def check_basic(home, program, capture):
    """The facts of the basic capture."""
    for passes in ([], ["-2"]):
        rows = tools.fields(home, capture, ["rpch.pdu", "rpch.rpc.ptype"], "-Y", "rpch", *passes)
        pdus = collections.Counter(name for row in rows for name in row[0].split(";") if name)
        ptypes = collections.Counter(ptype for row in rows for ptype in row[1].split(";") if ptype in BASIC_PTYPES)
        equal("RTS PDUs", dict(pdus), BASIC_PDUS)
        equal("binds, answers, auth3", dict(ptypes), BASIC_PTYPES)
        equal("rejected", len(tools.fields(home, capture, ["frame.number"], "-Y", "rpch.finding.bind_rejected", *passes)), 1)
        users = tools.fields(home, capture, ["rpch.auth.user"], "-Y", "http.request && rpch.auth.user", *passes)
        equal("users", {tuple(user) for user in users}, {("brian@lab.test",)})
    sessions = sorted(tools.report(program, "sessions", capture), key=lambda row: int(row["session"]))
    equal("targets", [(row["target_server"], row["target_port"]) for row in sessions], BASIC_TARGETS)
    equal("halves", {row["channels"] for row in sessions}, {"both"})
    equal("rejected contexts", [row["rejected_contexts"] for row in sessions], ["0", "0", "1", "0"])
    equal("channels", len(tools.report(program, "channels", capture)), 8)
    equal("decoded", {row["decoded_share"] for row in tools.report(program, "connections", capture)}, {"1.0000"})
    equal("calls", len(tools.report(program, "calls", capture)), 117)


def main():
    """Runs every check for the capture."""
    home, program, capture = sys.argv[1:4]
    check_clean(home, capture)
    if pathlib.Path(capture).stem not in ("mapihttp", "tls"):
        calls = check_calls(home, program, capture)
        print(f"{calls} calls: the log, calls.csv and tshark agree")
        check_auth(program, capture)
    if pathlib.Path(capture).stem == "basic":
        check_basic(home, program, capture)
    # A password is never shown by our own fields, nor in any report.
    text = "".join(tools.oaexport(program, "--reports", name, capture, check=False).stdout
                   for name in ("auth", "sessions", "channels"))
    equal("password in reports", "Seed-Lab-1" in text, False)


if __name__ == "__main__":
    main()
