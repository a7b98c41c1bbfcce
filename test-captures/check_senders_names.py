#!/usr/bin/env python3
"""Heads and PDUs under the names that their senders gave them.

The captures in clients/ come with the logs of the proxy and of the server: every head and PDU that each of them sent or received, by the name
that its own code has for it. For each direction of each connection tshark (RTS PDUs, in two passes) and oaexport (report frames) have the same
names in the same order. A log leaves out what a program did not get to read; only such an end may be missing in it.

Usage: check_senders_names.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import json
import re
import sys
import tempfile

import tools

CLIENTS = tools.CAPTURES / "clients"
ROLES = ("proxy", "store")
OTHER_RTS = ("Echo", "Ping", "Keep-Alive", "PingTrafficSentNotify", "FlowControlAck", "FlowControlAckWithDestination")
# Other requests than those of RPC over HTTP.
OTHER = re.compile(r"(?!RPC_)[A-Z]+ /")
# A PDU of RPC as frames.csv describes it: "bind mgmt, call 1", "EcDoRpcExt2 request, call 3, 44 bytes".
RPC = re.compile(r"\b(bind|bind_ack|bind_nak|alter_context|alter_context_resp|auth3|request|response|fault|co_cancel|orphaned|shutdown)\b.*?call (\d+)")


def logged(path):
    """Sender, receiver -> names in order, as the logs of both programs have them; a hop that both logged is the same in both."""
    streams = {}
    for role in ROLES:
        file = path.with_suffix(f".{role}.jsonl.gz")
        if not file.exists():
            continue
        mine = collections.defaultdict(list)
        with gzip.open(file, "rt") as lines:
            for entry in map(json.loads, lines):
                if "way" not in entry:
                    continue
                ends = (entry["peer"], entry["me"])
                name = entry.get("head") or entry.get("banner") or entry["pdu"]
                mine[ends if entry["way"] == "rx" else ends[::-1]].append((name, entry.get("call_id")))
        for ends in [ends for ends, names in mine.items() if any(OTHER.match(name) for name, _ in names)]:
            mine.pop(ends), mine.pop(ends[::-1], None)
        streams.update({ends: names for ends, names in mine.items() if len(names) > len(streams.get(ends, []))})
    return streams


def name_of(row):
    """Name and call of a row of frames.csv, as in the logs."""
    text = row["description"]
    if row["protocol"] == "HTTP":
        return re.sub(r"(RPC Error: [0-9a-f]+), RPC_S_\w+$", r"\1", text), None
    if row["protocol"] == "RPCH":
        return row["pdu"] or text.removeprefix("Banner "), None
    kind, call = RPC.search(text).groups()
    return kind, int(call)


def is_rts(name):
    """Whether it is a name of [MS-RPCH] 2.2.4."""
    return name in OTHER_RTS or re.fullmatch(r"(CONN|(IN|OUT)_R[12])/[ABC]\d+", name)


def exported(program, path):
    """The same from frames.csv."""
    streams = collections.defaultdict(list)
    for row in tools.report(program, "frames", path):
        streams[row["source"], row["destination"]].append(name_of(row))
    return streams


def shown(home, path):
    """The names of RTS PDUs by direction, as tshark shows them."""
    fields = ["ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "rpch.pdu"]
    streams = collections.defaultdict(list)
    for row in tools.named_fields(home, path, fields, "-2", "-Y", "rpch.pdu"):
        ends = (f"{row['ip.src']}:{row['tcp.srcport']}", f"{row['ip.dst']}:{row['tcp.dstport']}")
        streams[ends] += row["rpch.pdu"].split(";")
    return streams


def check(home, program, path, folder):
    """One capture. Returns how many names were compared."""
    wanted, compared = logged(path), 0
    found, rts = exported(program, path), shown(home, tools.with_keys(path, folder))
    is_encrypted = path.with_suffix(".keys").exists()
    for ends, names in wanted.items():
        if not is_encrypted:
            tools.same(f"{path.name}: {' to '.join(ends)}, oaexport", found.get(ends, [])[:len(names)], names)
        plain = [name for name, _ in names if is_rts(name)]
        tools.same(f"{path.name}: {' to '.join(ends)}, tshark", rts.get(ends, [])[:len(plain)], plain)
        compared += len(names)
    return compared


def main():
    """All captures with logs."""
    home, program = sys.argv[1:]
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(CLIENTS.glob("*.pcapng")):
            if path.with_suffix(".proxy.jsonl.gz").exists():
                total += check(home, program, path, folder)
    assert total > 1000
    print(f"{total} heads and PDUs under their senders' names")


main()
