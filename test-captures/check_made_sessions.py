#!/usr/bin/env python3
"""tshark with the plugins, and oaexport, against the sidecar of every made capture.

Every RTS PDU by name and frame (in two passes by its final name, in one pass by that or as undecided), every call by number, frames,
bytes and latency on both hops, every session with its recycles, and whatever the notes list.

Usage: check_made_sessions.py PLUGIN_HOME OAEXPORT [NAME ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys

import tools

UNKNOWN = "Unknown RTS PDU"
HOPS = ("client", "server")
FLOW_FIELDS = {"available": "rpch.flow.available", "window stall": "rpch.flow.stall"}
FIELDS = ["frame.number", "tcp.stream", "rpch.pdu", "rpch.request_in", "rpch.time", "rpch.flow.available", "rpch.flow.stall", "rpch.idle",
          "rpch.finding", "rpch.sequence.missing", "rpch.ignored"]


class Shown:
    """What tshark shows in the frames that contain RPC over HTTP."""

    def __init__(self, home, capture, passes):
        self.rows = tools.named_fields(home, capture, FIELDS, "-Y", "rpch", *passes)

    def names(self):
        """Frame and name of every RTS PDU."""
        return collections.Counter((int(row["frame.number"]), name) for row in self.rows if row["rpch.pdu"]
                                   for name in row["rpch.pdu"].split(";"))

    def pairs(self):
        """Request frame, response frame and time between them in microseconds, of every call."""
        return collections.Counter((int(request), int(row["frame.number"]), round(float(time) * 1e6))
                                   for row in self.rows if row["rpch.time"]
                                   for request, time in zip(row["rpch.request_in"].split(";"), row["rpch.time"].split(";")))


def is_open(name):
    """Whether the name leaves the kind of recycling open."""
    return "?" in name or " or " in name


def check_names(once, twice, frames, truth):
    """tshark and frames.csv have all PDUs under their names, and no others."""
    wanted = collections.Counter((row["frame"], row.get("readable_as") or row.get("name") or UNKNOWN) for row in truth["rts"])
    tools.same("names in two passes", twice.names(), wanted)
    exported = collections.Counter((int(row["frame"]), row["pdu"]) for row in frames if row["pdu"])
    tools.same("names in frames.csv", exported, wanted)
    first = once.names()
    for frame, name in (first - wanted):
        if not is_open(name):
            raise AssertionError(f"frame {frame} is {name} in one pass, not in two")
    tools.same("frames in one pass", *(collections.Counter(frame for frame, _ in names.elements()) for names in (first, wanted)))
    return sum(wanted.values())


def last_frame(hop, part):
    """Frame that completes a call's request or response on a hop; empty when the capture does not contain it."""
    complete = hop[f"{part}_complete"] or hop[f"{part}_frames"]
    return str(hop[f"{part}_frames"][-1]) if complete and hop[f"{part}_frames"] else ""


def check_calls(rows, truth):
    """calls.csv has the same calls, as seen on the hop nearest to the client."""
    plain = {session["session"] for session in truth["sessions"] if session["transport"] == "rpc_tcp"}
    by_frames = {(row["request_frame"], row["response_frame"], row["call_id"]): row for row in rows}
    for call in truth["calls"]:
        near = call.get("client") or call["server"]
        key = (last_frame(near, "request"), last_frame(near, "response"), str(call["call_id"]))
        row = by_frames.pop(key, None)
        if row is None:
            raise AssertionError(f"no call {key}: {call}")
        if row["opnum"]:
            tools.same(f"opnum of {key}", int(row["opnum"]), call["opnum"])
        if row["interface"]:
            tools.same(f"interface of {key}", row["interface"], call["interface"])
        if call["state"] != "answered" or not (key[0] and key[1]):
            continue
        tools.same(f"state of {key}", row["state"], "fault" if "fault" in call else "answered")
        for part in ("request", "response") if "fault" not in call else ("request",):
            tools.same(f"{part} bytes of {key}", row[f"{part}_bytes"], str(call[f"{part}_bytes"]))
        for column, hop in (("latency_ms", near), ("store_latency_ms", call.get("server"))):
            if hop and "latency_us" in hop:
                tools.same(f"{column} of {key}", row[column], f"{hop['latency_us'] / 1000:.3f}")
        tools.same(f"hops of {key}", row["hops"], "both" if "client" in call and "server" in call
                   else "client_proxy" if "client" in call else "client_store" if call["session"] in plain else "proxy_store")
    tools.same("calls missing in the truth", list(by_frames), [])
    return len(rows)


def check_pairs(once, twice, capture, truth):
    """tshark pairs requests and responses on each hop; in one pass only where the channels are joined from the start."""
    wanted = collections.Counter()
    for call in truth["calls"]:
        for hop in HOPS:
            if hop in call and "latency_us" in call[hop]:
                wanted[(int(last_frame(call[hop], "request")), int(last_frame(call[hop], "response")), call[hop]["latency_us"])] += 1
    for shown in (twice,) if capture.stem.startswith("mid_") else (once, twice):
        missing = wanted - shown.pairs()
        if missing:
            raise AssertionError(f"pairs in {'two passes' if shown is twice else 'one pass'}: {sorted(missing)[:5]}")


def check_sessions(rows, capture, truth):
    """The number of sessions and recycles; captures that start in the middle of a recycling do not link all channels."""
    wanted = [session for session in truth["sessions"] if session["ended"] != "echo only"]
    if capture.stem.startswith("mid_recycle"):
        if len(rows) < len(wanted):
            raise AssertionError(f"sessions: {len(rows)}")
        return
    tools.same("sessions", len(rows), len(wanted))
    for kind in ("IN", "OUT"):
        tools.same(f"{kind} recycles", sum(int(row[f"recycles_{kind.lower()}"]) for row in rows),
                   sum(recycle["kind"] == kind for session in wanted for recycle in session.get("recycles", [])))


def check_notes(once, twice, capture, notes):
    """What the notes list: windows, stalls, idle times, broken rules."""
    by_frame = {int(row["frame.number"]): row for row in twice.rows}
    for note in notes:
        row = by_frame.get(note.get("frame"))
        code = note["code"]
        if capture.stem.startswith("mid_") and code in FLOW_FIELDS and not row[FLOW_FIELDS[code]]:
            continue  # the channel of the first acknowledgements was identified later
        if code == "available":
            tools.same(f"{note}", row["rpch.flow.available"], str(note["bytes"]))
        elif code == "window stall":
            tools.same(f"{note}", round(float(row["rpch.flow.stall"]) * 1e6), note["stall_us"])
        elif "idle_us" in note:
            idle = max(float(value) * 1e6 for row in twice.rows for value in row["rpch.idle"].split(";") if value)
            if "timeout_us" not in note and idle < note["idle_us"]:  # otherwise no PDU ends the idle time
                raise AssertionError(f"{note}: longest idle time {idle}")
        elif code.startswith("X11"):
            tools.same(f"{note}", [row for row in once.rows if row["tcp.stream"] == str(note["connection"])], [])
        elif row is None or not (row["rpch.finding"] or row["rpch.sequence.missing"] or row["rpch.ignored"]):
            raise AssertionError(f"not reported: {note}")


def main():
    """Every made capture except those of other checks, or those named."""
    home, program, *chosen = sys.argv[1:]
    pdus = calls = captures = 0
    for capture in tools.of_outlook_anywhere("made"):
        name, truth = capture.stem, tools.truth(capture)
        if name == "named_pipe" or "mapi_http" in truth or (chosen and name not in chosen):
            continue  # see check_plain_rpc.py and check_mapi_http_exchanges.py
        once, twice = (Shown(home, capture, passes) for passes in tools.PASSES)
        reports = tools.reports(program, ("frames", "calls", "sessions"), capture)
        try:
            pdus += check_names(once, twice, reports["frames"], truth)
            calls += check_calls(reports["calls"], truth)
            check_pairs(once, twice, capture, truth)
            check_sessions(reports["sessions"], capture, truth)
            check_notes(once, twice, capture, truth.get("notes", []))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
        captures += 1
    if not captures:
        raise AssertionError("no made capture")
    print(f"{captures} captures: {pdus} RTS PDUs and {calls} calls match")


if __name__ == "__main__":
    main()
