#!/usr/bin/env python3
"""RPC over HTTP inside TLS, decrypted with the key log: as good as on plain TCP, and ordinary HTTPS is left as stock shows it.

Usage: check_tls.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import os
import pathlib
import re
import sys
import tempfile

import tools

REAL = tools.CAPTURES / "real"
PASSES = ([], ["-2"])
CONNECT = ["CONN/A1", "CONN/B1", "CONN/A3", "CONN/C2"]
REQUEST = "0"

# What differs in the details of ordinary HTTPS: how TLS calls the application's protocol.
STOCK_NAME = "Hypertext Transfer Protocol"
OUR_NAME = "Hypertext Transfer Protocol or RPC over HTTP"

# Connections of the other capture, as its notes list them.
ORDINARY = "0 .. 15, 24"
CHANNELS = (16, 18, 20, 22)  # the OUT channel of each pair; the IN channel follows
BEHIND_REQUEST = (16, 20)


def equal(what, left, right):
    """Ends the test with both values when they differ."""
    if left != right:
        raise AssertionError(f"{what}:\n  {left}\n  {right}")


def logged(path):
    """Name, request and response bytes of each call, and the number of virtual connections, as the client noted them."""
    calls, connections = [], 0
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "opnum" in entry or ("name" in entry and "error" not in entry):
            calls.append((entry["name"], entry.get("req"), entry.get("resp")))
        connections += entry.get("fact") == "bind" or "rejected" in entry.get("error", "")
    return calls, connections


def stub_bytes(row):
    """Bytes of the stubs in the PDUs of a frame, from the fields of their headers and verifiers."""
    lengths, auths = (map(int, row[field].split(";")) for field in ("dcerpc.cn_frag_len", "dcerpc.cn_auth_len"))
    padding = sum(map(int, filter(None, row["dcerpc.auth_pad_len"].split(";"))))
    return sum(length - 24 for length in lengths) - sum(auth + 8 for auth in auths if auth) - padding


def operation_of(row):
    """What the Info column calls the operation; empty for fragments before the last."""
    names = re.findall(r"(\w+) (?:request|response)", row["_ws.col.Info"])
    return names[-1] if names else ""


def shown_calls(home, keys, *passes):
    """Name, request and response bytes of each call as tshark shows them, in the order of the requests; paired by our own fields."""
    names = ["frame.number", "rpch.vc", "rpch.rpc.ptype", "rpch.rpc.call_id", "rpch.request_in", "dcerpc.cn_frag_len", "dcerpc.cn_auth_len",
             "dcerpc.auth_pad_len", "_ws.col.Info"]
    requests, calls = {}, {}
    for values in tools.fields(home, REAL / "tls.pcapng", names, *keys, "-Y", "rpch.rpc.ptype in {0, 2}", *passes):
        row = dict(zip(names, values))
        for field in ("rpch.vc", "rpch.rpc.ptype", "rpch.rpc.call_id", "rpch.request_in"):
            equal(f"values of {field} in frame {row['frame.number']}", len(set(row[field].split(";"))), 1)
            row[field] = row[field].split(";")[0]
        if row["rpch.rpc.ptype"] == REQUEST:
            requests[row["frame.number"]] = row
            continue
        request = requests[row["rpch.request_in"]]
        for field in ("rpch.vc", "rpch.rpc.call_id"):
            equal(f"{field} of request and response in frame {row['frame.number']}", request[field], row[field])
        call = calls.setdefault(row["rpch.request_in"], [operation_of(request), stub_bytes(request), 0, ""])
        call[2] += stub_bytes(row)
        call[3] = operation_of(row)
    equal("requests with a response", sorted(requests), sorted(calls))
    equal("names in request and response", [call[0] for call in calls.values()], [call[3] for call in calls.values()])
    return [tuple(calls[frame][:3]) for frame in sorted(calls, key=int)]


def check_session(home, keys):
    """The session of the client's log."""
    calls, connections = logged(REAL / "tls.jsonl")
    for passes in PASSES:
        shown = shown_calls(home, keys, *passes)
        equal("calls by name", [call[0] for call in shown], [call[0] for call in calls])
        sized = [(seen, noted) for seen, noted in zip(shown, calls) if noted[1] is not None]
        equal("sizes", [seen for seen, _ in sized], [noted for _, noted in sized])
        rows = tools.fields(home, REAL / "tls.pcapng", ["rpch.vc", "rpch.pdu"], *keys, "-Y", "rpch.pdu", *passes)
        pdus = collections.defaultdict(list)
        for vc, names in rows:
            pdus[vc.split(";")[-1]] += names.split(";")
        equal("RTS PDUs of each virtual connection", sorted(map(sorted, pdus.values())), [sorted(CONNECT)] * connections)
        text = tools.tshark(home, REAL / "tls.pcapng", "-V", *keys, *passes)
        for word in ("Malformed", "Dissector bug", "Continuation"):
            equal(f"lines with {word} {passes}", [line for line in text.splitlines() if word in line], [])
        equal("skipped", tools.fields(home, REAL / "tls.pcapng", ["frame.number"], *keys, "-Y", "rpch.skipped", *passes), [])
    return len(calls), connections


def without_name(text):
    """Lines of a text, with the application's protocol as stock calls it."""
    return [line.replace(OUR_NAME, STOCK_NAME) for line in text.splitlines()]


def check_ordinary(home, keys):
    """Ordinary HTTPS looks as without the plugins, in one pass and in two, and nothing of it is taken for ours."""
    capture = REAL / "tls_handshakes.pcapng"
    wanted = ["-Y", f"tcp.stream in {{{ORDINARY}}}", "-V", *keys]
    for passes in PASSES:
        stock, ours = (without_name(tools.tshark(where, capture, *wanted, *passes)) for where in ("/nonexistent", home))
        changed = [pair for pair in zip(stock, ours) if pair[0] != pair[1]]
        equal(f"first difference of ordinary HTTPS {passes}", changed[:1], [])
        equal("lines", len(stock), len(ours))
    disabled = tools.tshark(home, capture, *keys, "--disable-protocol", "rpch")
    stock = tools.tshark("/nonexistent", capture, *keys)
    equal("the whole capture with the protocol disabled", disabled == stock, True)
    requests = tools.fields(home, capture, ["frame.number"], *keys, "-Y", "http.request.method == GET")
    equal("ordinary requests", len(requests) > 12, True)


def check_mixed(home, keys):
    """Channels behind ordinary requests and alone, with ALPN and without, on the HTTPS port and on another, cut into records anyhow."""
    capture = REAL / "tls_handshakes.pcapng"
    for passes in PASSES:
        rows = tools.fields(home, capture, ["tcp.stream", "rpch.pdu"], *keys, "-Y", "rpch.pdu", *passes)
        pdus = collections.defaultdict(list)
        for stream, names in rows:
            pdus[int(stream)] += names.split(";")
        equal(f"PDUs {passes}", pdus, {out + half: (["CONN/B1"] if half else ["CONN/A1", "CONN/A3", "CONN/C2"])
                                     for out in CHANNELS for half in (0, 1)})
        for word in ("Malformed", "Dissector bug", "Continuation"):
            text = tools.tshark(home, capture, "-V", *keys, *passes)
            equal(f"lines with {word} {passes}", [line for line in text.splitlines() if word in line], [])
        heads = tools.fields(home, capture, ["tcp.stream", "http.request.method"], *keys, *passes,
                             "-Y", "http.request && tcp.stream in {16 .. 23}")
        equal(f"requests {passes}", heads, [row for out in CHANNELS for half, method in enumerate(("RPC_OUT_DATA", "RPC_IN_DATA"))
                                            for row in [[str(out + half), "GET"]] * (out in BEHIND_REQUEST) + [[str(out + half), method]]])
    return len(pdus)


def main():
    """Every check."""
    home = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        options = []
        for name in ("tls", "tls_handshakes"):
            copy = pathlib.Path(folder) / f"{name}.keys"
            copy.write_bytes((REAL / copy.name).read_bytes())
            copy.chmod(0o644)
            options.append(["-o", f"tls.keylog_file:{copy}"])
        calls, connections = check_session(home, options[0])
        check_ordinary(home, options[1])
        channels = check_mixed(home, options[1])
    print(f"{calls} calls on {connections} virtual connections inside TLS agree with the log; {channels} channels more")


if __name__ == "__main__":
    main()
