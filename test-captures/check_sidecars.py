#!/usr/bin/env python3
"""tshark with the plugins, and oaexport, against the truth that lies beside every made capture.

Every RTS PDU by its name and frame (in two passes by its final name; in one pass by it, or as undecided), every call by
number, frames, bytes and latency on both hops, every session with its recycles.

Usage: check_sidecars.py PLUGIN_HOME OAEXPORT [NAME ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import sys

import tools

MADE = tools.CAPTURES / "made"
UNKNOWN = "Unknown RTS PDU"
HOPS = ("client", "server")
FLOW_FIELDS = {"available": "rpch.flow.available", "window stall": "rpch.flow.stall"}


def same(what, found, wanted):
    """Ends the test with what differs."""
    if found != wanted:
        if isinstance(found, collections.Counter):
            found, wanted = sorted((found - wanted).items())[:5], sorted((wanted - found).items())[:5]
        raise AssertionError(f"{what}:\n  found  {found}\n  wanted {wanted}")


def names_shown(home, capture, *passes):
    """Frame and name of every RTS PDU that tshark shows."""
    rows = tools.fields(home, capture, ["frame.number", "rpch.pdu"], "-Y", "rpch.pdu", *passes)
    return collections.Counter((int(frame), name) for frame, names in rows for name in names.split(";"))


def is_open(name):
    """Whether the name leaves it open which recycling it is."""
    return "?" in name or " or " in name


def check_names(home, program, capture, truth):
    """All PDUs are there, and no other, under their names, in tshark and in frames.csv."""
    wanted = collections.Counter((row["frame"], row.get("readable_as") or row.get("name") or UNKNOWN) for row in truth["rts"])
    same("names in two passes", names_shown(home, capture, "-2"), wanted)
    exported = collections.Counter((int(row["frame"]), row["pdu"]) for row in tools.report(program, "frames", capture) if row["pdu"])
    same("names in frames.csv", exported, wanted)
    first = names_shown(home, capture)
    for frame, name in (first - wanted):
        if not is_open(name):
            raise AssertionError(f"frame {frame} is {name} in one pass, not in two")
    same("frames in one pass", collections.Counter(f for f, _ in first.elements()), collections.Counter(f for f, _ in wanted.elements()))
    return sum(wanted.values())


def last_frame(hop, part):
    """Frame that completes the request or the response of a call on a hop; empty when it is not in the capture."""
    complete = hop[f"{part}_complete"] or hop[f"{part}_frames"]
    return str(hop[f"{part}_frames"][-1]) if complete and hop[f"{part}_frames"] else ""


def check_calls(program, capture, truth):
    """calls.csv holds the same calls, by the hop nearest to the client."""
    rows = tools.report(program, "calls", capture)
    plain = {session["session"] for session in truth["sessions"] if session["transport"] == "rpc_tcp"}
    by_frames = {(row["request_frame"], row["response_frame"], row["call_id"]): row for row in rows}
    for call in truth["calls"]:
        near = call.get("client") or call["server"]
        key = (last_frame(near, "request"), last_frame(near, "response"), str(call["call_id"]))
        row = by_frames.pop(key, None)
        if row is None:
            raise AssertionError(f"no call {key}: {call}")
        if row["opnum"]:
            same(f"opnum of {key}", int(row["opnum"]), call["opnum"])
        if row["interface"]:
            same(f"interface of {key}", row["interface"], call["interface"])
        if call["state"] != "answered" or not (key[0] and key[1]):
            continue
        same(f"state of {key}", row["state"], "fault" if "fault" in call else "answered")
        for part in ("request", "response") if "fault" not in call else ("request",):
            same(f"{part} bytes of {key}", row[f"{part}_bytes"], str(call[f"{part}_bytes"]))
        for column, hop in (("latency_ms", near), ("store_latency_ms", call.get("server"))):
            if hop and "latency_us" in hop:
                same(f"{column} of {key}", row[column], f"{hop['latency_us'] / 1000:.3f}")
        same(f"hops of {key}", row["hops"], "both" if "client" in call and "server" in call
             else "client_proxy" if "client" in call else "client_store" if call["session"] in plain else "proxy_store")
    same("calls that are not there", list(by_frames), [])
    return len(rows)


def check_pairs(home, capture, truth):
    """tshark pairs requests and responses on each hop; in one pass too where no channels have to be found to belong together."""
    wanted = collections.Counter()
    for call in truth["calls"]:
        for hop in HOPS:
            if hop in call and "latency_us" in call[hop]:
                wanted[(int(last_frame(call[hop], "request")), int(last_frame(call[hop], "response")), call[hop]["latency_us"])] += 1
    for passes in (["-2"],) if capture.stem.startswith("mid_") else ([], ["-2"]):
        found = collections.Counter()
        for requests, frame, times in tools.fields(home, capture, ["rpch.request_in", "frame.number", "rpch.time"],
                                                   "-Y", "rpch.time", *passes):
            for request, time in zip(requests.split(";"), times.split(";")):
                found[(int(request), int(frame), round(float(time) * 1e6))] += 1
        missing = wanted - found
        if missing:
            raise AssertionError(f"pairs {passes}: {sorted(missing)[:5]}")


def check_sessions(program, capture, truth):
    """As many sessions, with their hops and recycles; captures from the middle of a recycling hold no tie between some channels."""
    rows = tools.report(program, "sessions", capture)
    wanted = [session for session in truth["sessions"] if session["ended"] != "echo only"]
    if capture.stem.startswith("mid_recycle"):
        if len(rows) < len(wanted):
            raise AssertionError(f"sessions: {len(rows)}")
        return
    same("sessions", len(rows), len(wanted))
    for kind in ("IN", "OUT"):
        same(f"{kind} recycles", sum(int(row[f"recycles_{kind.lower()}"]) for row in rows),
             sum(recycle["kind"] == kind for session in wanted for recycle in session.get("recycles", [])))


def check_notes(home, capture, truth):
    """What else is to be found: windows, stalls, idle times, broken rules."""
    notes = truth.get("notes", [])
    if not notes:
        return
    names = ["frame.number", "rpch.flow.available", "rpch.flow.stall", "rpch.idle", "rpch.finding", "rpch.sequence.missing",
             "rpch.ignored"]
    rows = [dict(zip(names, row)) for row in tools.fields(home, capture, names, "-2", "-Y", "rpch")]
    by_frame = {int(row["frame.number"]): row for row in rows}
    for note in notes:
        row = by_frame.get(note.get("frame"))
        code = note["code"]
        if capture.stem.startswith("mid_") and code in FLOW_FIELDS and not row[FLOW_FIELDS[code]]:
            continue  # which channel the first acknowledgements speak of was found later only
        if code == "available":
            same(f"{note}", row["rpch.flow.available"], str(note["bytes"]))
        elif code == "window stall":
            same(f"{note}", round(float(row["rpch.flow.stall"]) * 1e6), note["stall_us"])
        elif "idle_us" in note:
            idle = max(float(value) * 1e6 for row in rows for value in row["rpch.idle"].split(";") if value)
            if "timeout_us" not in note and idle < note["idle_us"]:  # else no PDU ends the silence
                raise AssertionError(f"{note}: longest idle time {idle}")
        elif code.startswith("X11"):
            same(f"{note}", tools.fields(home, capture, ["frame.number"], "-Y", f"rpch && tcp.stream == {note['connection']}"), [])
        elif row is None or not (row["rpch.finding"] or row["rpch.sequence.missing"] or row["rpch.ignored"]):
            raise AssertionError(f"nothing told of {note}")


def check_clean(home, capture):
    """No complaint of a dissector; what is broken is broken on purpose, and told by us."""
    for passes in ([], ["-2"]):
        text = tools.tshark(home, capture, "-V", *passes)
        for word in ("Dissector bug", "Malformed Packet", "Continuation"):
            same(f"{word} {passes}", [line for line in text.splitlines() if word in line], [])


def main():
    """Every made capture, or those named."""
    home, program, *names = sys.argv[1:]
    pdus = calls = captures = 0
    for sidecar in sorted(MADE.glob("*.json")):
        truth = json.loads(sidecar.read_text(encoding="utf-8"))  # check_mapihttp.py has those of MAPI over HTTP
        capture = MADE / truth["capture"]
        if "mapi_http" in truth or sidecar.stem == "named_pipe" or (names and sidecar.stem not in names):
            continue
        try:
            pdus += check_names(home, program, capture, truth)
            calls += check_calls(program, capture, truth)
            check_pairs(home, capture, truth)
            check_sessions(program, capture, truth)
            check_notes(home, capture, truth)
            check_clean(home, capture)
        except AssertionError as error:
            raise AssertionError(f"{sidecar.stem}: {error}") from None
        captures += 1
    if not captures:
        raise AssertionError("no made capture")
    print(f"{captures} captures: {pdus} RTS PDUs and {calls} calls are what they should be")


if __name__ == "__main__":
    main()
