#!/usr/bin/env python3
"""The client's log, calls.csv, auth.csv and tshark agree on the calls and authentications of a recorded capture.

Usage: check_recorded_calls.py PLUGIN_HOME OAEXPORT CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys

import tools

FIELDS = ["frame.number", "rpch.vc", "rpch.request_in", "rpch.response_in", "rpch.time", "dcerpc.request_in", "dcerpc.response_in",
          "rpch.skipped"]


def microseconds(seconds):
    """Whole microseconds, rounded half up, of a time with nine decimals."""
    whole, fraction = seconds.split(".")
    return (int(whole + fraction) + 500) // 1000


def pairs(shown):
    """Virtual connection, request frame, response frame and latency of every call that tshark pairs, by response frame."""
    return [(row["rpch.vc"].split(";")[0], request, row["frame.number"], microseconds(time)) for row in shown if row["rpch.time"]
            for request, time in zip(row["rpch.request_in"].split(";"), row["rpch.time"].split(";"))]


def check_calls(log, rows, once, twice):
    """Log, calls.csv and tshark have the same calls, with the same pairs."""
    # The log has no sizes of stubs that impacket encoded.
    logged = [(entry["name"], entry.get("req"), entry.get("resp")) for entry in log if "fact" not in entry and "error" not in entry]
    rows = sorted(rows, key=lambda row: int(row["call"]))
    tools.same("calls by name", [row["operation"] for row in rows], [call[0] for call in logged])
    for row, (name, request, response) in zip(rows, logged):
        if request is not None:
            tools.same(f"bytes of {name}, call {row['call']}", (int(row["request_bytes"]), int(row["response_bytes"])), (request, response))
    tools.same("states", {row["state"] for row in rows}, {"answered"})

    exported = sorted(((row["session"], row["request_frame"], row["response_frame"], int(row["latency_ms"].replace(".", "")))
                       for row in rows), key=lambda pair: int(pair[2]))
    for what, shown in (("one pass", once), ("two passes", twice)):
        tools.same(f"pairs of tshark in {what} and calls.csv", pairs(shown), exported)
        tools.same(f"bytes passed over in {what}", [row for row in shown if row["rpch.skipped"]], [])
    # Stock DCE/RPC pairs them too, across the two connections.
    stock = [row for row in once if row["rpch.time"] and row["dcerpc.request_in"]]
    tools.same("pairs of stock DCE/RPC", len(stock), len(exported))
    forward = [row for row in twice if row["rpch.response_in"] and row["dcerpc.response_in"]]
    tools.same("requests that lead to their response", len(forward), len(exported))
    return len(rows)


def check_auth(log, rows, channels):
    """The log's user authenticated every channel and every accepted bind; nothing was refused."""
    facts = [entry for entry in log if "fact" in entry]
    asked = next(entry["args"] for entry in facts if entry["fact"] == "start")
    http = [row for row in rows if row["place"] == "http"]
    bound = [row for row in rows if row["place"] == "rpc" and row["result"] == "accepted"]
    tools.same("HTTP exchanges", len(http), len(channels))
    tools.same("who and how", {(row["user"], row["scheme"], row["result"]) for row in http},
               {(asked["user"], asked["http_auth"], "accepted")})
    tools.same("binds", len(bound), sum(entry["fact"] == "bind" for entry in facts))
    tools.same("who binds", {(row["user"], row["mechanism"], row["ntlm_version"]) for row in bound}, {(asked["user"], "NTLM", "v2")})
    tools.same("refused", [row for row in rows if row["result"] == "refused"], [])


def main():
    """One capture."""
    home, program, capture = sys.argv[1:4]
    log = tools.log(capture)
    once, twice = (tools.named_fields(home, capture, FIELDS, "-Y", "rpch", *passes) for passes in tools.PASSES)
    reports = tools.reports(program, ("calls", "auth", "channels"), capture)
    calls = check_calls(log, reports["calls"], once, twice)
    check_auth(log, reports["auth"], reports["channels"])
    print(f"{calls} calls: the log, calls.csv and tshark agree")


if __name__ == "__main__":
    main()
