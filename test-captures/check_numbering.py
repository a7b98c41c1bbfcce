#!/usr/bin/env python3
"""A session has one number: `session` in the reports is rpch.vc, or oxcmapihttp.session, in tshark.

Every shipped capture: channels.csv by TCP connection, calls.csv and others by the frames they name, sessions.csv by cookie. The
numbers in tshark are those of sessions.csv, no more and no less. In the capture that mixes all transports the sessions are those
of the truth beside it.

Usage: check_numbering.py PLUGIN_HOME OAEXPORT [CAPTURE ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import pathlib
import sys

import tools

MIXED = tools.CAPTURES / "made" / "mixed.pcapng"
UNSEEN = ("named_pipe", "tls", "tls_handshakes")  # in which oaexport sees nothing of it
# Reports with sessions, and their columns of frames that show the session.
ROWS = {"calls": ("request_frame", "response_frame"), "frames": ("frame",), "findings": ("frame",)}
FIELDS = ["frame.number", "tcp.stream", "rpch.vc", "rpch.vc.cookie", "oxcmapihttp.session", "rpch.channel.number", "rpch.finding.session"]


def same(what, found, wanted):
    """Ends the test with what differs."""
    if found != wanted:
        raise AssertionError(f"{what}:\n  found  {found}\n  wanted {wanted}")


def values(text):
    """The values of a field in a frame."""
    return set(text.split(";")) if text else set()


class Shown:
    """What tshark shows of the numbers in a capture, after it has seen all of it."""

    def __init__(self, home, capture):
        self.by_stream = collections.defaultdict(set)   # numbers of RPC, by TCP connection
        self.mapi_streams = collections.defaultdict(set)
        self.channels = collections.defaultdict(set)    # numbers of channels, by TCP connection
        self.by_frame = {}                              # numbers, of either kind
        self.by_cookie = collections.defaultdict(set)
        for frame, stream, *numbers in tools.fields(home, capture, FIELDS, "-2", "-Y", "rpch or oxcmapihttp"):
            rpc, cookies, mapi, channels, found = map(values, numbers)
            self.by_stream[stream] |= rpc
            self.mapi_streams[stream] |= mapi
            self.channels[stream] |= channels
            self.by_frame[frame] = rpc | mapi | found
            for cookie in cookies:
                self.by_cookie[cookie] |= rpc

    def numbers(self, mapi):
        """All numbers of one kind."""
        return set().union(*(self.mapi_streams if mapi else self.by_stream).values())


def check_channels(program, capture, shown):
    """Each TCP connection of RPC belongs to one session; MAPI over HTTP may use it for several, of which the report has the last."""
    for row in tools.report(program, "channels", capture):
        where = f"{capture.name}: connection {row['connection']}"
        if row["kind"] == "MAPI over HTTP":
            if row["session"] and row["session"] not in shown.mapi_streams[row["connection"]]:
                raise AssertionError(f"{where}: {row['session']}, not {shown.mapi_streams[row['connection']]}")
        else:
            same(f"{where}: session", shown.by_stream[row["connection"]], values(row["session"]))
            same(f"{where}: channel", shown.channels[row["connection"]], {row["channel"]})


def check_rows(program, capture, shown, sessions):
    """The frames of what is reported show its session."""
    count = 0
    found = collections.defaultdict(set)
    for report, columns in ROWS.items():
        for row in tools.report(program, report, capture):
            # A reset, which may be a finding, has no data and nothing of ours.
            frames = [row[column] for column in columns if row[column] in shown.by_frame] if row["session"] else []
            for frame in frames:
                numbers = shown.by_frame[frame]
                found[report, row["session"]] |= numbers & {row["session"]} or numbers
            count += bool(frames)
    for (report, number), numbers in found.items():
        if numbers != {number} or number not in sessions:
            raise AssertionError(f"{capture.name}: session {number} of {report}.csv is shown as {numbers}")
    return count


def check_sessions(program, capture, shown):
    """Each session is there under its number, by its cookie if it has one; tshark shows no other."""
    sessions = {row["session"]: row for row in tools.report(program, "sessions", capture)}
    numbers = collections.defaultdict(set)  # a client may use a cookie again
    for number, row in sessions.items():
        numbers[row["cookie"]].add(number)
    for cookie in numbers.keys() & shown.by_cookie.keys():
        same(f"{capture.name}: {cookie}", shown.by_cookie[cookie], numbers[cookie])
    for mapi in (False, True):
        wanted = {number for number, row in sessions.items() if (row["transport"] == "mapi_http") == mapi}
        same(f"{capture.name}: sessions", shown.numbers(mapi), wanted)
    return sessions


def check_mixed(program, shown):
    """Every session of the truth has a number of its own, and the transports take turns in them."""
    truth = json.loads(MIXED.with_suffix(".json").read_text(encoding="utf-8"))
    found = collections.defaultdict(set)
    for call in truth["calls"]:
        for hop in ("client", "server"):
            if hop in call and call[hop]["response_frames"]:
                found["rpc", call["session"]] |= shown.by_frame[str(call[hop]["response_frames"][-1])]
    for row in truth["mapi_http"]:
        if row["session"]:
            found["mapi", row["session"]] |= shown.by_frame[str(row["response_frame"])]
    if any(len(numbers) != 1 for numbers in found.values()) or len(set().union(*found.values())) != len(found):
        raise AssertionError(f"{MIXED.name}: {dict(found)}")
    rows = sorted(tools.report(program, "sessions", MIXED), key=lambda row: int(row["session"]))
    transports = [row["transport"] for row in rows]
    same(f"{MIXED.name}: sessions", len(found), len(rows))
    turns = sum(one != other for one, other in zip(transports, transports[1:]))
    if set(transports) != {"rpc_http", "rpc_tcp", "mapi_http"} or turns < 6:
        raise AssertionError(f"{MIXED.name}: transports in the order of their numbers are {transports}")


def main():
    """Every capture, or those named."""
    home, program, *names = sys.argv[1:]
    captures = [pathlib.Path(name) for name in names] or [path for path in tools.of_outlook_anywhere() if path.stem not in UNSEEN]
    rows = sessions = 0
    for capture in captures:
        shown = Shown(home, capture)
        check_channels(program, capture, shown)
        found = check_sessions(program, capture, shown)
        rows += check_rows(program, capture, shown, found)
        sessions += len(found)
        if capture == MIXED:
            check_mixed(program, shown)
    if not sessions:
        raise AssertionError("no session")
    print(f"{len(captures)} captures: {sessions} sessions have one number in {rows} rows")


if __name__ == "__main__":
    main()
