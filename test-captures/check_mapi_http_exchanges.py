#!/usr/bin/env python3
"""MAPI over HTTP in tshark and oaexport: the recorded capture against its client's log, the made ones against their sidecars.

Usage: check_mapi_http_exchanges.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys

import recorded_mapi_http
import tools

MADE = ("mapi_http_forms", "mapi_http_heads")
REPORTS = ("calls", "sessions", "operations", "users", "connection_status")
# Types whose names in the header field differ from the document's.
NAMES = {"DNToMId": "DnToMinId", "CompareMIds": "CompareMinIds"}
INTERFACES = {"emsmdb": "EMSMDB over HTTP", "nspi": "NSPI over HTTP"}
FIELDS = ["frame.number", "oxcmapihttp.operation", "oxcmapihttp.response_code", "oxcmapihttp.request_in", "oxcmapihttp.response_in",
          "oxcmapihttp.time", "oxcmapihttp.request_id"]


def has_failed(row):
    """Whether the response reports a failure, by its X-ResponseCode or its HTTP status."""
    return bool(row["code"]) or row["status"] != 200


def check_calls(calls, capture, rows):
    """calls.csv has these exchanges and no others."""
    calls = sorted(calls, key=lambda call: int(call["call_id"]))
    rows = [row for row in rows if row["session"] is not None]
    tools.same(f"{capture.name}: calls", [int(call["call_id"]) for call in calls], [row["counter"] for row in rows])
    for call, row in zip(calls, rows):
        where = f"{capture.name}: request {row['counter']}"
        for column, value in (("operation", NAMES.get(row["type"], row["type"])), ("interface", INTERFACES[row["endpoint"]]),
                              ("request_bytes", str(row["request_bytes"])), ("response_bytes", str(row["response_bytes"])),
                              ("state", "fault" if has_failed(row) else "answered"), ("opnum", "")):
            tools.same(f"{where}: {column}", call[column], value)
        if bool(call["fault_status"]) != has_failed(row):
            raise AssertionError(f"{where}: {call['fault_status']}")
        if "request_frame" in row:
            tools.same(f"{where}: frames", [call["request_frame"], call["response_frame"]],
                       [str(row["request_frame"]), str(row["response_frame"])])
            tools.same(f"{where}: latency", call["latency_ms"], f"{row['latency_us'] / 1000:.3f}")
        elif not 0 < float(call["latency_ms"]) <= row["at_most_ms"]:
            raise AssertionError(f"{where}: {call['latency_ms']} ms, by the client's clock {row['at_most_ms']}")
    return calls


def check_sessions(reports, capture, rows):
    """The totals in sessions.csv, users.csv and operations.csv match the exchanges."""
    sessions = reports["sessions"]
    rows = [row for row in rows if row["session"] is not None]
    wanted = {}
    for row in rows:
        total = wanted.setdefault(row["session"], collections.Counter())
        total.update(calls=1, faults=has_failed(row), rpc_bytes_in=row["request_bytes"], rpc_bytes_out=row["response_bytes"])
    columns = ("calls", "faults", "rpc_bytes_in", "rpc_bytes_out")
    tools.same(f"{capture.name}: sessions", [[int(session[column]) for column in columns] for session in sessions],
               [[total[column] for column in columns] for total in wanted.values()])
    for session in sessions:
        tools.same(f"{capture.name}: transport", session["transport"], "mapi_http")
    counts = collections.Counter((INTERFACES[row["endpoint"]], NAMES.get(row["type"], row["type"])) for row in rows)
    tools.same(f"{capture.name}: operations",
               {(row["interface"], row["operation"]): int(row["calls"]) for row in reports["operations"]}, dict(counts))
    (user,) = reports["users"]
    tools.same(f"{capture.name}: user", [user[column] for column in ("sessions", "calls", "failures", "transports")],
               [str(len(wanted)), str(len(rows)), str(sum(map(has_failed, rows))), "mapi_http"])
    tools.same(f"{capture.name}: connection status", sum(int(row["requests"]) for row in reports["connection_status"]), len(rows))
    return sessions, user


def messages(home, capture, *arguments):
    """Field values of each message that tshark shows, in order of frames."""
    found = []
    for frame, *values in tools.fields(home, capture, FIELDS, "-Y", "oxcmapihttp", *arguments):
        operations = values[0].split(";")
        columns = [value.split(";") if value else [""] * len(operations) for value in values]
        found += [(int(frame), *(column[i] if len(column) == len(operations) else column for column in columns))
                  for i in range(len(operations))]
    return found


def check_tshark(home, capture, rows):
    """Each message is named, with or without a body; request and response are linked; the second pass adds only the forward links."""
    once, twice = messages(home, capture), messages(home, capture, "-2")
    tools.same(f"{capture.name}: passes", [row[:4] + row[5:] for row in twice], [row[:4] + row[5:] for row in once])
    requests = {message[6]: message for message in twice if not message[3]}
    # A proxy's response does not repeat the X-RequestId.
    responses = {message[6] or next(key for key, request in requests.items() if request[4] == str(message[0])): message
               for message in twice if message[3]}
    for found, codes in ((requests, [""] * len(rows)), (responses, ["" if row["code"] is None else str(row["code"]) for row in rows])):
        tools.same(f"{capture.name}: messages", sorted((int(key.split(":")[1]), *message[1:3]) for key, message in found.items()),
                   [(row["counter"], NAMES.get(row["type"], row["type"]), code) for row, code in zip(rows, codes)])
    for key, response in responses.items():
        tools.same(f"{capture.name}: links of {key}", [response[3], requests[key][4]], [str(requests[key][0]), str(response[0])])
    return {int(key.split(":")[1]): response for key, response in responses.items()}


def main():
    """All captures, in both programs."""
    home, program = sys.argv[1:3]
    start, logged = recorded_mapi_http.logged()
    made = [(tools.MADE / f"{name}.pcapng", tools.truth(name)["mapi_http"]) for name in MADE]
    for capture, rows in ((recorded_mapi_http.CAPTURE, logged), *made):
        reports = tools.reports(program, REPORTS, capture)
        calls = check_calls(reports["calls"], capture, rows)
        sessions, user = check_sessions(reports, capture, rows)
        responses = check_tshark(home, capture, rows)
        for call in calls:
            response = responses[int(call["call_id"])]
            tools.same(f"{capture.name}: request {call['call_id']}", [call["response_frame"], call["request_frame"], call["latency_ms"]],
                       [str(response[0]), response[3], f"{float(response[5]) * 1000:.3f}"])
        print(f"{capture.name}: {len(rows)} exchanges, {len(sessions)} sessions, user {user['user']}")
        if rows is logged:
            tools.same("user of the log", [user["user"], user["user_dn"]], [start["user"], start["dn"]])
        else:
            tools.same("client", [user["user_dn"].rpartition("=")[2], sorted(user["clients"].split(";")), user["client_modes"],
                                  user["client_names"]],
                       ["grace", ["OUTLOOK.EXE 15.0.5023.1000", "Outlook 15.0.5023.1000"], "cached", "DESK1"])


if __name__ == "__main__":
    main()
