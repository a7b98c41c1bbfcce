#!/usr/bin/env python3
"""Exchange on plain TCP and in named pipes: tshark with the plugins, and oaexport, against the sidecars of the made captures.

Usage: check_plain_rpc.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys

import tools

# The field of each interface's operation number; the last two are stock dissectors'.
OPNUMS = {"EMSMDB": "oxcrpc.opnum", "AsyncEMSMDB": "oxcrpc_async.opnum", "NSPI": "oxnspi.opnum", "RFR": "oxabref.opnum",
          "epm": "epm.opnum", "mgmt": "mgmt.opnum"}
FIELDS = ["frame.number", "frame.protocols", "_ws.expert.group", *OPNUMS.values(), "dcerpc.request_in", "dcerpc.time", "oxcrpc.session"]
UNDECODED = str(0x05000000)  # the group of expert infos
REPORTS = ("connections", "sessions", "channels", "calls", "operations", "users", "connection_status", "hops", "auth", "findings")
# Facts about a session in the truth, under their names in sessions.csv.
FACTS = ("transport", "interface", "service", "rpc_user", "rpc_auth", "rpc_auth_level", "workstation", "user_dn", "client_version",
         "ended_by")


def check_dissection(shown, truth, passes):
    """Every call is shown by our protocols (or stock ones), completely, with its response time."""
    requests = {call["server"]["request_frames"][-1]: call for call in truth["calls"]}
    responses = {call["server"]["response_frames"][-1]: call for call in truth["calls"]}
    for frame, call in [*requests.items(), *responses.items()]:
        if frame in responses and "fault" in call:
            continue  # a fault has no stub
        tools.same(f"{call['operation']} in frame {frame} {passes}", shown[frame][OPNUMS[call["interface"]]], str(call["opnum"]))
    for frame, call in responses.items():
        row = {name: set(shown[frame][name].split(";")) for name in ("dcerpc.request_in", "dcerpc.time")}
        asked = call["server"]["request_frames"]
        tools.same(f"request of frame {frame} {passes}", row["dcerpc.request_in"], {str(asked[0])})
        if len(asked) == 1:  # stock DCE/RPC counts from the first fragment
            tools.same(f"time of frame {frame} {passes}", [round(float(time) * 1e6) for time in row["dcerpc.time"]],
                       [call["server"]["latency_us"]])
    tools.same(f"frames of X11, or with bytes not decoded {passes}",
               [frame for frame, row in shown.items()
                if "x11" in row["frame.protocols"].split(":") or UNDECODED in row["_ws.expert.group"].split(";")], [])


def session_numbers(shown, truth):
    """For each session of the truth, the numbers of the mailbox sessions that the plugin shows for its calls."""
    found = collections.defaultdict(set)
    for call in truth["calls"]:
        if call["interface"] in ("EMSMDB", "AsyncEMSMDB") and "fault" not in call:
            found[call["session"]].add(shown[call["server"]["response_frames"][-1]]["oxcrpc.session"])
    return found


def check_mailbox_sessions(shown, truth, passes):
    """A context handle identifies one mailbox session across connections; different handles identify different ones."""
    groups = {session["session"]: session.get("assoc_group", session["session"]) for session in truth["sessions"]}
    by_group = collections.defaultdict(set)
    for session, found in session_numbers(shown, truth).items():
        by_group[groups[session]] |= found
    for group, found in by_group.items():
        tools.same(f"mailbox sessions of {group} {passes}: {found}", (len(found), "" in found), (1, False))
    tools.same(f"all mailbox sessions {passes}", len(set.union(*by_group.values())), len(by_group))


def check_tshark(home, name):
    """The same in one pass and in two; returns the truth."""
    truth = tools.truth(name)
    for passes in tools.PASSES:
        shown = {int(row["frame.number"]): row for row in tools.named_fields(home, tools.MADE / f"{name}.pcapng", FIELDS, *passes)}
        check_dissection(shown, truth, passes)
        check_mailbox_sessions(shown, truth, passes)
    return truth


def endpoint(text):
    """Address and port of an endpoint in the truth."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), port


def check_connections(rows, truth):
    """connections.csv has every TCP connection and its purpose; returns the truth's session by connection number."""
    sessions = {session["session"]: session for session in truth["sessions"]}
    wanted = {(*endpoint(row["client"]), *endpoint(row["server"])): row for row in truth["connections"]}
    found = {}
    for row in rows:
        known = wanted.pop((row["client_address"], row["client_port"], row["server_address"], row["server_port"]))
        session = sessions[known["session"]]
        tools.same("connection", [row["hop"], row["service"], row["first_frame"], row["last_frame"], row["decoded_share"], row["ended_by"]],
                   ["client_store", session["service"], str(known["first_frame"]), str(known["last_frame"]), "1.0000", session["ended_by"]])
        found[row["connection"]] = session
    tools.same("connections missing in the report", list(wanted), [])
    return found


def check_sessions(reports, by_connection):
    """sessions.csv has the facts of the truth and no others; auth.csv has each authentication."""
    rows = {row["session"]: row for row in reports["sessions"]}
    by_number = {row["session"]: by_connection[row["connection"]] for row in reports["channels"]}
    tools.same("sessions", sorted(by_number), sorted(rows))
    for number, session in by_number.items():
        row = rows[number]
        for fact in FACTS:
            tools.same(f"{fact} of session {number}", row[fact], session.get(fact, ""))
        tools.same(f"session {number}",
                   [row[name] for name in ("hops", "channels", "rejected_contexts", "rpc_association_group", "client_address")],
                   ["client_store", "both", str(session.get("rejected_contexts", 0)), str(session.get("assoc_group", "")),
                    session["client"]])
        purpose = {"epm": "endpoint_lookup", "mgmt": "rpcping"}.get(session["interface"], "mail")
        tools.same(f"purpose of session {number}", row["purpose"], purpose)
    shown = collections.Counter((row["session"], f"{row['domain']}\\{row['user']}", row["workstation"], row["result"], row["place"])
                                for row in reports["auth"])
    tools.same("authentications", shown, collections.Counter(
        (number, session["rpc_user"], session["workstation"], "accepted", "rpc")
        for number, session in by_number.items() if "rpc_user" in session))


def operation_of(name):
    """The name without the prefix that mgmt's operations have in the reports."""
    return name.removeprefix("rpc__mgmt_")


def users_of(truth):
    """The user of each session; one without a name is of the only user with its address."""
    clients = {row["session"]: endpoint(row["client"])[0] for row in truth["connections"]}
    named = {session["session"]: session["rpc_user"] for session in truth["sessions"] if session.get("rpc_user")}
    at = collections.defaultdict(set)
    for session, user in named.items():
        at[clients[session]].add(user)
    return {session["session"]: named.get(session["session"]) or (max(at[clients[session["session"]]]) if len(at[clients[session["session"]]]) == 1 else "")
            for session in truth["sessions"]}


def check_counts(reports, truth):
    """operations.csv, users.csv, connection_status.csv and calls.csv count the calls of the truth by name and server."""
    servers = {row["session"]: endpoint(row["server"])[0] for row in truth["connections"]}
    users = users_of(truth)
    rows = reports["operations"]
    counted = {(row["target_server"], row["interface"], operation_of(row["operation"])): int(row["calls"]) for row in rows}
    tools.same("operations", collections.Counter(counted),
               collections.Counter((servers[call["session"]], call["interface"], call["operation"]) for call in truth["calls"]))
    tools.same("faults", sum(int(row["faults"]) for row in rows), sum("fault" in call for call in truth["calls"]))
    for row in rows:
        mine = [call for call in truth["calls"] if (servers[call["session"]], call["interface"], call["operation"]) ==
                (row["target_server"], row["interface"], operation_of(row["operation"]))]
        tools.same(f"request bytes of {row['operation']}", int(row["request_bytes"]), sum(call["request_bytes"] for call in mine))
    status = reports["connection_status"]
    tools.same("conn", {row["conn"] for row in status}, {"TCP/IP"})
    tools.same("requests", sum(int(row["requests"]) for row in status), len(truth["calls"]))
    counted = collections.Counter()
    for row in reports["users"]:
        tools.same("transports", row["transports"], "rpc_tcp")
        counted[row["user"]] += int(row["calls"])
    tools.same("calls of users", counted, collections.Counter(users[call["session"]] for call in truth["calls"]))
    hops = reports["hops"]
    tools.same("hops", {row["hop"] for row in hops}, {"client_store"})
    tools.same("sessions of hops", sum(int(row["sessions"]) for row in hops), len(truth["sessions"]))
    responses = [row["return_value"] for row in reports["calls"] if row["operation"] == "ept_map"]
    tools.same("responses of the endpoint mapper", responses.count("ept_s_not_registered"), 1)


def main():
    """Both captures. In named pipes stock SMB2 and DCE/RPC call the plugin; oaexport does not read them."""
    home, program = sys.argv[1:]
    truth, pipes = (check_tshark(home, name) for name in ("rpc_tcp", "named_pipe"))
    reports = tools.reports(program, REPORTS, tools.MADE / "rpc_tcp.pcapng")
    by_connection = check_connections(reports["connections"], truth)
    check_sessions(reports, by_connection)
    check_counts(reports, truth)
    nothing = tools.reports(program, REPORTS, tools.MADE / "named_pipe.pcapng", code=tools.NOTHING_FOUND)
    tools.same("rows of named_pipe", {name: rows for name, rows in nothing.items() if rows}, {})
    print(f"{len(truth['calls'])} calls on plain TCP, {len(pipes['calls'])} in named pipes")


if __name__ == "__main__":
    main()
