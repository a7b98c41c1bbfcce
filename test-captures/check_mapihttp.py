#!/usr/bin/env python3
"""MAPI over HTTP in tshark and in oaexport: the recorded capture against its client's log, the made ones against their script.

The recorded capture ends before the log does: its last frames were not written.

Usage: check_mapihttp.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import sys

import check_mapi_http
import tools

REAL = tools.CAPTURES / "real" / "mapihttp.pcapng"
FORMS = tools.CAPTURES / "made" / "mapi_http_forms.pcapng"
HEADS = tools.CAPTURES / "made" / "mapi_http_heads.pcapng"
# The types that are written another way than the document names them.
NAMES = {"DNToMId": "DnToMinId", "CompareMIds": "CompareMinIds"}
INTERFACES = {"emsmdb": "EMSMDB over HTTP", "nspi": "NSPI over HTTP"}
FIELDS = ["frame.number", "oxcmapihttp.operation", "oxcmapihttp.response_code", "oxcmapihttp.request_in", "oxcmapihttp.response_in",
          "oxcmapihttp.time", "oxcmapihttp.request_id"]


def log_rows(home):
    """What the log says of the exchanges in the recorded capture: rows as the made capture's truth has them."""
    with open(REAL.with_suffix(".jsonl"), encoding="utf-8") as file:
        log = [json.loads(line) for line in file]
    (start,) = [row for row in log if row.get("fact") == "start"]
    rows = [row for row in log if row.get("iface") == "mapihttp"]
    bodies = list(check_mapi_http.exchanges(home, REAL))
    if not 100 < len(bodies) < len(rows):
        raise AssertionError(f"{len(bodies)} exchanges, {len(rows)} in the log")
    found = []
    for number, (row, (kind, request, _, response)) in enumerate(zip(rows, bodies), 1):
        if kind != row["type"] or len(request) != row["req"] or len(response) != row["resp"]:
            raise AssertionError(f"exchange {number}: {kind} {len(request)} {len(response)}, in the log {row}")
        body = response.index(b"\r\n\r\n") + 4
        found.append({"endpoint": "emsmdb", "type": row["type"], "counter": number, "request_bytes": row["req"], "status": row["status"],
                      "response_bytes": row["resp"] - body, "code": int(row["code"]), "session": "", "at_most_ms": row["ms"]})
    return start["args"], found


def expect(what, found, wanted):
    """Raises with the first that differs unless both are the same."""
    if found != wanted and isinstance(found, list) and len(found) == len(wanted):
        found, wanted = next(pair for pair in zip(found, wanted) if pair[0] != pair[1])
    if found != wanted:
        raise AssertionError(f"{what}: found {found}, expected {wanted}")


def has_failed(row):
    """Whether the answer tells of a failure, by its X-ResponseCode or its HTTP status."""
    return bool(row["code"]) or row["status"] != 200


def check_calls(program, capture, rows):
    """calls.csv has these exchanges, and no other."""
    calls = sorted(tools.report(program, "calls", capture), key=lambda call: int(call["call_id"]))
    rows = [row for row in rows if row["session"] is not None]
    expect(f"{capture.name}: calls", [int(call["call_id"]) for call in calls], [row["counter"] for row in rows])
    for call, row in zip(calls, rows):
        where = f"{capture.name}: request {row['counter']}"
        for column, value in (("operation", NAMES.get(row["type"], row["type"])), ("interface", INTERFACES[row["endpoint"]]),
                              ("request_bytes", str(row["request_bytes"])), ("response_bytes", str(row["response_bytes"])),
                              ("state", "fault" if has_failed(row) else "answered"), ("opnum", "")):
            expect(f"{where}: {column}", call[column], value)
        if bool(call["fault_status"]) != has_failed(row):
            raise AssertionError(f"{where}: {call['fault_status']}")
        if "request_frame" in row:
            expect(f"{where}: frames", [call["request_frame"], call["response_frame"]], [str(row["request_frame"]), str(row["response_frame"])])
            expect(f"{where}: latency", call["latency_ms"], f"{row['latency_us'] / 1000:.3f}")
        elif not 0 < float(call["latency_ms"]) <= row["at_most_ms"]:
            raise AssertionError(f"{where}: {call['latency_ms']} ms, by the client's clock {row['at_most_ms']}")
    return calls


def check_sessions(program, capture, rows):
    """sessions.csv, users.csv and operations.csv add up to the exchanges."""
    sessions = tools.report(program, "sessions", capture)
    rows = [row for row in rows if row["session"] is not None]
    wanted = {}
    for row in rows:
        total = wanted.setdefault(row["session"], collections.Counter())
        total.update(calls=1, faults=has_failed(row), rpc_bytes_in=row["request_bytes"], rpc_bytes_out=row["response_bytes"])
    columns = ("calls", "faults", "rpc_bytes_in", "rpc_bytes_out")
    expect(f"{capture.name}: sessions", [[int(session[column]) for column in columns] for session in sessions],
           [[total[column] for column in columns] for total in wanted.values()])
    for session in sessions:
        expect(f"{capture.name}: transport", session["transport"], "mapi_http")
    operations = tools.report(program, "operations", capture)
    counts = collections.Counter((INTERFACES[row["endpoint"]], NAMES.get(row["type"], row["type"])) for row in rows)
    expect(f"{capture.name}: operations", {(row["interface"], row["operation"]): int(row["calls"]) for row in operations}, dict(counts))
    (user,) = tools.report(program, "users", capture)
    expect(f"{capture.name}: user", [user[column] for column in ("sessions", "calls", "failures", "transports")],
           [str(len(wanted)), str(len(rows)), str(sum(map(has_failed, rows))), "mapi_http"])
    status = tools.report(program, "connection_status", capture)
    expect(f"{capture.name}: connection status", sum(int(row["requests"]) for row in status), len(rows))
    return sessions, user


def messages(home, capture, *arguments):
    """What tshark says of each message: values of the fields by frame and place in the frame."""
    found = []
    for frame, *values in tools.fields(home, capture, FIELDS, "-Y", "oxcmapihttp", *arguments):
        operations = values[0].split(";")
        columns = [value.split(";") if value else [""] * len(operations) for value in values]
        found += [(int(frame), *(column[i] if len(column) == len(operations) else column for column in columns))
                  for i in range(len(operations))]
    return found


def check_tshark(home, capture, rows):
    """Each message is named, with a body or without one; request and answer are linked; the second pass adds the links forward,
    nothing else."""
    once, twice = messages(home, capture), messages(home, capture, "-2")
    expect(f"{capture.name}: passes", [row[:4] + row[5:] for row in twice], [row[:4] + row[5:] for row in once])
    requests = {message[6]: message for message in twice if not message[3]}
    # An answer of a proxy repeats no X-RequestId.
    answers = {message[6] or next(key for key, request in requests.items() if request[4] == str(message[0])): message
               for message in twice if message[3]}
    for found, codes in ((requests, [""] * len(rows)), (answers, ["" if row["code"] is None else str(row["code"]) for row in rows])):
        expect(f"{capture.name}: messages", sorted((int(key.split(":")[1]), *message[1:3]) for key, message in found.items()),
               [(row["counter"], NAMES.get(row["type"], row["type"]), code) for row, code in zip(rows, codes)])
    for key, answer in answers.items():
        expect(f"{capture.name}: links of {key}", [answer[3], requests[key][4]], [str(requests[key][0]), str(answer[0])])
    return {int(key.split(":")[1]): answer for key, answer in answers.items()}


def check_info(home):
    """What the Info column says of messages without a body; several in a segment stand side by side."""
    found = {int(frame): text for frame, text in tools.fields(home, HEADS, ["frame.number", "_ws.col.Info"], "-Y", "oxcmapihttp")}
    for row in json.loads(HEADS.with_suffix(".json").read_text(encoding="utf-8"))["mapi_http"]:
        failure = "" if row["status"] == 200 else f", HTTP status {row['status']}"
        for frame, text in ((row["request_frame"], f"{row['type']} request"), (row["response_frame"], f"{row['type']} response{failure}")):
            if not any(part == text or part.startswith(f"{text}, ") for part in found[frame].split(" | ")):
                raise AssertionError(f"frame {frame}: {found[frame]!r} without {text!r}")


def main():
    """All captures, both programs."""
    home, program = sys.argv[1:3]
    start, logged = log_rows(home)
    forms, heads = (json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["mapi_http"] for path in (FORMS, HEADS))
    for capture, rows in ((REAL, logged), (FORMS, forms), (HEADS, heads)):
        calls = check_calls(program, capture, rows)
        sessions, user = check_sessions(program, capture, rows)
        answers = check_tshark(home, capture, rows)
        for call in calls:
            answer = answers[int(call["call_id"])]
            expect(f"{capture.name}: request {call['call_id']}", [call["response_frame"], call["request_frame"], call["latency_ms"]],
                   [str(answer[0]), answer[3], f"{float(answer[5]) * 1000:.3f}"])
        print(f"{capture.name}: {len(rows)} exchanges, {len(sessions)} sessions, user {user['user']}")
        if capture == REAL:
            expect("user of the log", [user["user"], user["user_dn"]], [start["user"], start["dn"]])
        else:
            expect("client", [user["user_dn"].rpartition("=")[2], sorted(user["clients"].split(";")), user["client_modes"], user["client_names"]],
                   ["grace", ["OUTLOOK.EXE 15.0.5023.1000", "Outlook 15.0.5023.1000"], "cached", "DESK1"])
    check_info(home)


if __name__ == "__main__":
    main()
