#!/usr/bin/env python3
"""Following one: the summaries of calls, the tables of conversations and endpoints, followed dialogues and flow graphs agree with the reports
of oaexport and with the frames and bytes that TCP carried.

Usage: check_following.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import re
import sys
import tempfile

import tools

PLAIN = ["real/basic", "real/compressed", "real/mapihttp", "made/conn_two_hops", "made/in_r1", "made/out_r2", "made/mixed", "made/rpc_tcp",
         "made/mapi_http_forms", "real/privacy"]
IN_TLS = ["real/tls"]
FOLLOWED = ["real/basic", "made/in_r1", "made/out_r2", "made/rpc_tcp"]
DRAWN = [("rpch", "made/conn_two_hops"), ("rpch", "made/two_hop_r2_four_clients"), ("rpch", "real/basic"), ("oxcmapihttp", "made/mapi_http_forms"),
         ("oxcmapihttp", "made/mixed")]
ARROW = re.compile(r"^\|[ |]*\(\d+\) +(?:-+>|<-+) +\(\d+\)")
SUCCESS = ("", "Success (ecNone)", "UnbindSuccess")
SUMMARY = ["frame.number", "exchange.operation", "exchange.user", "exchange.time", "exchange.failed"]
EACH_HOP = ["-o", "rpch.count_each_hop:TRUE"]
EACH_ROW = re.compile(r"^.*?(?P<target>[^ >]+ \(vc (?P<number>\d+), hop (?P<hop>\d+)\)) ")
TABLE_ROW = re.compile(r"^(?P<client>\S.*?) +<-> (?P<server>\S.*?) \(vc (?P<number>\d+)\) ")


def check_summaries(home, program, capture):
    """Every response of a call of Exchange has its operation, user and time."""
    calls = [call for call in tools.report(program, "calls", capture)
             if call["operation"] and call["response_frame"] and call["service"] in ("store", "directory", "referral")]
    shown = collections.defaultdict(list)
    for row in tools.fields(home, capture, SUMMARY, "-2", "-Y", "exchange.time"):
        for operation, user, time, failed in zip(*(cell.split(";") for cell in row[1:])):
            shown[int(row[0])].append((operation, user, round(float(time) * 1e6), failed))
    for call in calls:
        if not call["latency_ms"]:
            continue
        failed = call["state"] == "fault" or call["return_value"] not in SUCCESS
        expected = (call["operation"], call["user"], round(float(call["latency_ms"]) * 1e3), "1" if failed else "0")
        found = shown[int(call["response_frame"])]
        if not any(one[:2] == expected[:2] and one[3] == expected[3] and abs(one[2] - expected[2]) <= 1 for one in found):
            raise AssertionError(f"{capture.name}: call {call['call']}: {expected} is not in {found}")
    return len(calls)


def check_tables(home, program, capture):
    """A row for each session that has carried anything, and for each user."""
    sessions = {int(row["session"]): row for row in tools.report(program, "sessions", capture) if row["transport"] != "mapi_http"}
    printed = tools.tshark(home, capture, "-2", "-q", "-z", "conv,rpch").splitlines()
    rows = {int(row["number"]): row for row in map(TABLE_ROW.match, printed) if row}
    tools.same(f"conversations of {capture.name}", sorted(rows), sorted(sessions))
    for number, row in rows.items():
        tools.same(f"client of {number}", row["client"], next(filter(None, (sessions[number][name] for name in ("user", "rpc_user", "user_dn", "client_address")))))
    endpoints = tools.tshark(home, capture, "-2", "-q", "-z", "endpoints,rpch")
    for row in rows.values():
        if not re.search(rf"^{re.escape(row['client'])} ", endpoints, re.MULTILINE):
            raise AssertionError(f"{capture.name}: no endpoint {row['client']}")
    return len(rows)


def check_each_hop(home, capture):
    """With the preference a row for each hop, whose filters find its frames."""
    rows = [row.groupdict() for row in map(EACH_ROW.match, tools.tshark(home, capture, "-2", "-q", "-z", "conv,rpch", *EACH_HOP).splitlines()) if row]
    shown = {pair for row in tools.fields(home, capture, ["rpch.vc", "rpch.hop"], "-2", "-Y", "rpch.vc") for pair in zip(*(cell.split(";") for cell in row))}
    tools.same(f"hops in {capture.name}", sorted((row["number"], row["hop"]) for row in rows), sorted(shown))
    for row in rows:
        found = [len(tools.fields(home, capture, ["frame.number"], "-2", *EACH_HOP, "-Y", text)) for text in
                 (f'rpch.party == "{row["target"]}"', f"rpch.vc == {row['number']} && rpch.hop == {row['hop']}")]
        tools.same(f"frames of {row}", found[0], found[1])


def sides(text):
    """The bytes of each side of a dialogue printed with `raw`: those of the server are indented."""
    lines = [line for line in text.splitlines() if re.fullmatch(r"\t?[0-9a-f]+", line)]
    return [b"".join(bytes.fromhex(line) for line in lines if line.startswith("\t") == is_server) for is_server in (False, True)]


def check_followed(home, capture):
    """A dialogue has the bytes of the connections of the hop nearest to the client, none twice and none left out."""
    streams = collections.defaultdict(lambda: collections.defaultdict(set))
    for row in tools.fields(home, capture, ["rpch.vc", "rpch.hop", "tcp.stream"], "-2", "-Y", "rpch.vc"):
        for number, hop in zip(row[0].split(";"), row[1].split(";")):
            streams[int(number)][int(hop)].add(int(row[2]))
    for number, hops in streams.items():
        nearest = hops[0] or hops[1]
        followed = sides(tools.tshark(home, capture, "-2", "-q", "-z", f"follow,rpch,raw,{number}"))
        carried = [sides(tools.tshark(home, capture, "-2", "-q", "-z", f"follow,tcp,raw,{stream}")) for stream in sorted(nearest)]
        for side in (0, 1):
            tools.same(f"{capture.name}: bytes of side {side} of {number}", len(followed[side]), sum(len(one[side]) for one in carried))
            tools.same(f"{capture.name}: bytes of side {side} of {number}, counted by value", collections.Counter(followed[side]),
                       collections.Counter(b"".join(one[side] for one in carried)))
    return len(streams)


def check_drawn(home, flow, capture):
    """A flow has an arrow for each frame of the protocol, between the same two ports, on all hops and no other."""
    printed = tools.tshark(home, capture, "-2", "-q", "-z", f"flow,{flow},standard").splitlines()
    arrows = [sorted(re.findall(r"\((\d+)\)", arrow[0])) for arrow in map(ARROW.match, printed) if arrow]
    frames = tools.fields(home, capture, ["tcp.srcport", "tcp.dstport"], "-2", "-Y", flow)
    tools.same(f"arrows of {flow} in {capture.name}", arrows, [sorted(row) for row in frames])
    return len(arrows)


def main():
    """Every capture."""
    home, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for name in PLAIN:
            capture = tools.CAPTURES / f"{name}.pcapng"
            print(f"{name}: {check_summaries(home, program, capture)} calls, {check_tables(home, program, capture)} conversations")
        for name in FOLLOWED:
            print(f"{name}: {check_followed(home, tools.CAPTURES / f'{name}.pcapng')} dialogues")
        for flow, name in DRAWN:
            print(f"{name}: {check_drawn(home, flow, tools.CAPTURES / f'{name}.pcapng')} arrows")
        check_each_hop(home, tools.MADE / "conn_two_hops.pcapng")
        check_each_hop(home, tools.MADE / "two_hop_r2_four_clients.pcapng")
        for name in IN_TLS:
            capture = tools.with_keys(tools.CAPTURES / f"{name}.pcapng", folder)
            rows = [line for line in tools.tshark(home, capture, "-2", "-q", "-z", "conv,rpch").splitlines() if TABLE_ROW.match(line)]
            tools.same(f"conversations of {name}", len(rows), 4)


if __name__ == "__main__":
    main()
