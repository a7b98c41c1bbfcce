#!/usr/bin/env python3
"""Exchange on plain TCP and in named pipes: tshark with the plugins, and oaexport, against the truth beside the made captures.

Usage: check_plain_rpc.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import sys

import tools

MADE = tools.CAPTURES / "made"
PASSES = ([], ["-2"])
# The field with the operation's number that each interface has; stock DCE/RPC has the last two.
OPNUMS = {"EMSMDB": "oxcrpc.opnum", "AsyncEMSMDB": "oxcrpc_async.opnum", "NSPI": "oxnspi.opnum", "RFR": "oxabref.opnum",
          "epm": "epm.opnum", "mgmt": "mgmt.opnum"}
# What the truth tells of a session, under the names of sessions.csv.
FACTS = ("transport", "interface", "service", "rpc_user", "rpc_auth", "rpc_auth_level", "workstation", "user_dn", "client_version",
         "ended_by")


def same(what, found, wanted):
    """Ends the test with what differs."""
    if found != wanted:
        if isinstance(found, collections.Counter):
            found, wanted = sorted((found - wanted).items())[:5], sorted((wanted - found).items())[:5]
        raise AssertionError(f"{what}:\n  found  {found}\n  wanted {wanted}")


def truth_of(name):
    """The capture and its truth."""
    return MADE / f"{name}.pcapng", json.loads((MADE / f"{name}.json").read_text(encoding="utf-8"))


def check_dissection(home, capture, truth):
    """Every call by our protocols (or stock's), whole, with the time it took; the same in one pass and in two."""
    requests = {call["server"]["request_frames"][-1]: call for call in truth["calls"]}
    responses = {call["server"]["response_frames"][-1]: call for call in truth["calls"]}
    names = ["frame.number", *OPNUMS.values(), "dcerpc.request_in", "dcerpc.time"]
    for passes in PASSES:
        rows = {int(row[0]): dict(zip(names, row)) for row in tools.fields(home, capture, names, "-Y", "dcerpc", *passes)}
        for frame, call in [*requests.items(), *responses.items()]:
            if frame in responses and "fault" in call:
                continue  # which has no stub to show
            same(f"{call['operation']} in frame {frame} {passes}", rows[frame][OPNUMS[call["interface"]]], str(call["opnum"]))
        for frame, call in responses.items():
            row = {name: set(rows[frame][name].split(";")) for name in ("dcerpc.request_in", "dcerpc.time")}
            asked = call["server"]["request_frames"]
            same(f"request of frame {frame} {passes}", row["dcerpc.request_in"], {str(asked[0])})
            if len(asked) == 1:  # stock DCE/RPC counts from the first fragment
                same(f"time of frame {frame} {passes}", [round(float(time) * 1e6) for time in row["dcerpc.time"]],
                     [call["server"]["latency_us"]])
        text = tools.tshark(home, capture, "-V", *passes)
        for word in ("Dissector bug", "Malformed Packet", "Long frame", "Trailing bytes", "X11", "Undecoded", "\nData ("):
            same(f"{word} {passes}", word in text, False)


def session_numbers(home, capture, truth, passes):
    """For each session of the truth, the numbers that our plugin gives the mailbox sessions of its calls."""
    shown = {int(frame): number for frame, number in
             tools.fields(home, capture, ["frame.number", "oxcrpc.session"], "-Y", "oxcrpc.session", *passes)}
    found = collections.defaultdict(set)
    for call in truth["calls"]:
        frame = call["server"]["response_frames"][-1]
        if call["interface"] in ("EMSMDB", "AsyncEMSMDB") and "fault" not in call:
            found[call["session"]].add(shown.get(frame))
    return found


def check_mailbox_sessions(home, capture, truth):
    """A context handle is one session, whatever connections it is used on; others have others."""
    groups = {session["session"]: session.get("assoc_group", session["session"]) for session in truth["sessions"]}
    for passes in PASSES:
        numbers = session_numbers(home, capture, truth, passes)
        by_group = collections.defaultdict(set)
        for session, found in numbers.items():
            by_group[groups[session]] |= found
        for group, found in by_group.items():
            same(f"mailbox sessions of {group} {passes}", len(found), 1)
        same(f"all mailbox sessions {passes}", len(set.union(*by_group.values())), len(by_group))


def endpoint(text):
    """Address and port of the truth's text."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), port


def check_connections(program, capture, truth):
    """connections.csv has every TCP connection, by what it is for; returns the truth's session of each number."""
    sessions = {session["session"]: session for session in truth["sessions"]}
    wanted = {(*endpoint(row["client"]), *endpoint(row["server"])): row for row in truth["connections"]}
    found = {}
    for row in tools.report(program, "connections", capture):
        known = wanted.pop((row["client_address"], row["client_port"], row["server_address"], row["server_port"]))
        session = sessions[known["session"]]
        same("connection", [row["hop"], row["service"], row["first_frame"], row["last_frame"], row["decoded_share"], row["ended_by"]],
             ["client_store", session["service"], str(known["first_frame"]), str(known["last_frame"]), "1.0000", session["ended_by"]])
        found[row["connection"]] = session
    same("connections that are not there", list(wanted), [])
    return found


def check_sessions(program, capture, by_connection):
    """sessions.csv tells of each what the truth does, and nothing more; auth.csv has each authentication."""
    rows = {row["session"]: row for row in tools.report(program, "sessions", capture)}
    by_number = {row["session"]: by_connection[row["connection"]] for row in tools.report(program, "channels", capture)}
    same("sessions", sorted(by_number), sorted(rows))
    for number, session in by_number.items():
        row = rows[number]
        for fact in FACTS:
            same(f"{fact} of session {number}", row[fact], session.get(fact, ""))
        same(f"session {number}", [row["hops"], row["channels"], row["rejected_contexts"], row["rpc_association_group"],
                                   row["client_address"]],
             ["client_store", "both", str(session.get("rejected_contexts", 0)), str(session.get("assoc_group", "")), session["client"]])
        purpose = {"epm": "endpoint_lookup", "mgmt": "rpcping"}.get(session["interface"], "mail")
        same(f"purpose of session {number}", row["purpose"], purpose)
    shown = collections.Counter((row["session"], f"{row['domain']}\\{row['user']}", row["workstation"], row["result"], row["place"])
                                for row in tools.report(program, "auth", capture))
    same("authentications", shown, collections.Counter(
        (number, session["rpc_user"], session["workstation"], "accepted", "rpc")
        for number, session in by_number.items() if "rpc_user" in session))


def operation_of(name):
    """mgmt's operations have a prefix in the reports."""
    return name.removeprefix("rpc__mgmt_")


def check_counts(program, capture, truth):
    """operations.csv, users.csv, connection_status.csv and calls.csv count the calls of the truth, by name and by server."""
    servers = {row["session"]: endpoint(row["server"])[0] for row in truth["connections"]}
    users = {session["session"]: session.get("rpc_user", "") for session in truth["sessions"]}
    rows = tools.report(program, "operations", capture)
    same("operations", collections.Counter({(row["target_server"], row["interface"], operation_of(row["operation"])): int(row["calls"])
                                            for row in rows}),
         collections.Counter((servers[call["session"]], call["interface"], call["operation"]) for call in truth["calls"]))
    same("faults", sum(int(row["faults"]) for row in rows), sum("fault" in call for call in truth["calls"]))
    for row in rows:
        mine = [call for call in truth["calls"] if (servers[call["session"]], call["interface"], call["operation"]) ==
                (row["target_server"], row["interface"], operation_of(row["operation"]))]
        same(f"request bytes of {row['operation']}", int(row["request_bytes"]), sum(call["request_bytes"] for call in mine))
    status = tools.report(program, "connection_status", capture)
    same("conn", {row["conn"] for row in status}, {"TCP/IP"})
    same("requests", sum(int(row["requests"]) for row in status), len(truth["calls"]))
    counted = collections.Counter()
    for row in tools.report(program, "users", capture):
        same("transports", row["transports"], "rpc_tcp")
        counted[row["user"]] += int(row["calls"])
    same("calls of users", counted, collections.Counter(users[call["session"]] for call in truth["calls"]))
    hops = tools.report(program, "hops", capture)
    same("hops", {row["hop"] for row in hops}, {"client_store"})
    same("sessions of hops", sum(int(row["sessions"]) for row in hops), len(truth["sessions"]))
    answers = [row["return_value"] for row in tools.report(program, "calls", capture) if row["operation"] == "ept_map"]
    same("answers of the endpoint mapper", answers.count("ept_s_not_registered"), 1)


def check_named_pipe(home, program):
    """Stock SMB2 hands the pipes to DCE/RPC, that the calls to us; for oaexport these are no connections of Exchange."""
    capture, truth = truth_of("named_pipe")
    check_dissection(home, capture, truth)
    check_mailbox_sessions(home, capture, truth)
    for name in ("connections", "sessions", "channels", "calls", "operations", "users", "hops", "auth", "findings"):
        result = tools.oaexport(program, "--reports", name, capture, check=False)
        same(f"rows of {name}", tools.rows(result.stdout), [])
    return len(truth["calls"])


def main():
    """Both captures."""
    home, program = sys.argv[1:]
    capture, truth = truth_of("rpc_tcp")
    check_dissection(home, capture, truth)
    check_mailbox_sessions(home, capture, truth)
    by_connection = check_connections(program, capture, truth)
    check_sessions(program, capture, by_connection)
    check_counts(program, capture, truth)
    print(f"{len(truth['calls'])} calls on plain TCP, {check_named_pipe(home, program)} in named pipes")


if __name__ == "__main__":
    main()
