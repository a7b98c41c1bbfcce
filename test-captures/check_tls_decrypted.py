#!/usr/bin/env python3
"""RPC over HTTP inside TLS, decrypted with the key log: as good as on plain TCP, and ordinary HTTPS is left as stock shows it.

Usage: check_tls_decrypted.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import os
import pathlib
import re
import sys
import tempfile

import tools

SESSION, MIXED = (tools.REAL / f"{name}.pcapng" for name in ("tls", "tls_handshakes"))
FIELDS = ["frame.number", "rpch.vc", "rpch.pdu", "rpch.rpc.ptype", "rpch.rpc.call_id", "rpch.request_in", "dcerpc.cn_frag_len",
          "dcerpc.cn_auth_len", "dcerpc.auth_pad_len", "_ws.col.Info", "rpch.skipped"]
CONNECT = ["CONN/A1", "CONN/B1", "CONN/A3", "CONN/C2"]
REQUEST, RESPONSE = "0", "2"

# What differs in the details of ordinary HTTPS: how TLS calls the application's protocol.
STOCK_NAME = "Hypertext Transfer Protocol"
OUR_NAME = "Hypertext Transfer Protocol or RPC over HTTP"

# Its connections without RPC over HTTP.
ORDINARY = "0 .. 15, 24"


def logged():
    """Name, request and response bytes of each call, and the number of virtual connections, as the client noted them."""
    calls, connections = [], 0
    for entry in tools.log(SESSION):
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


def shown_calls(shown):
    """Name, request and response bytes of each call as tshark shows them, in the order of the requests; paired by our own fields."""
    requests, calls = {}, {}
    for row in shown:
        if not {REQUEST, RESPONSE} & set(row["rpch.rpc.ptype"].split(";")):
            continue
        row = dict(row)
        for field in ("rpch.vc", "rpch.rpc.ptype", "rpch.rpc.call_id", "rpch.request_in"):
            tools.same(f"values of {field} in frame {row['frame.number']}", len(set(row[field].split(";"))), 1)
            row[field] = row[field].split(";")[0]
        if row["rpch.rpc.ptype"] == REQUEST:
            requests[row["frame.number"]] = row
            continue
        request = requests[row["rpch.request_in"]]
        for field in ("rpch.vc", "rpch.rpc.call_id"):
            tools.same(f"{field} of request and response in frame {row['frame.number']}", row[field], request[field])
        call = calls.setdefault(row["rpch.request_in"], [operation_of(request), stub_bytes(request), 0, ""])
        call[2] += stub_bytes(row)
        call[3] = operation_of(row)
    tools.same("requests with a response", sorted(calls), sorted(requests))
    tools.same("names in request and response", [call[3] for call in calls.values()], [call[0] for call in calls.values()])
    return [tuple(calls[frame][:3]) for frame in sorted(calls, key=int)]


def check_session(home, keys):
    """The session of the client's log."""
    calls, connections = logged()
    for passes in tools.PASSES:
        shown = tools.named_fields(home, SESSION, FIELDS, *keys, "-Y", "rpch", *passes)
        found = shown_calls(shown)
        tools.same(f"calls by name {passes}", [call[0] for call in found], [call[0] for call in calls])
        sized = [(seen, noted) for seen, noted in zip(found, calls) if noted[1] is not None]
        tools.same(f"sizes {passes}", [seen for seen, _ in sized], [noted for _, noted in sized])
        pdus = collections.defaultdict(list)
        for row in shown:
            pdus[row["rpch.vc"].split(";")[-1]] += filter(None, row["rpch.pdu"].split(";"))
        tools.same(f"RTS PDUs of each virtual connection {passes}", sorted(sorted(names) for names in pdus.values() if names),
                   [sorted(CONNECT)] * connections)
        tools.same(f"bytes passed over {passes}", [row for row in shown if row["rpch.skipped"]], [])
    return len(calls), connections


def without_name(text):
    """Lines of a text, with the application's protocol as stock calls it, and without findings: the server is a proxy."""
    return [line.replace(OUR_NAME, STOCK_NAME) for line in tools.without_findings(text.splitlines())]


def check_ordinary(home, keys):
    """Ordinary HTTPS looks as without the plugins, in one pass and in two, and nothing of it is taken for ours."""
    wanted = ["-Y", f"tcp.stream in {{{ORDINARY}}}", "-V", *keys]
    for passes in tools.PASSES:
        stock, ours = (without_name(tools.tshark(where, MIXED, *wanted, *passes)) for where in (tools.STOCK, home))
        tools.same(f"lines of ordinary HTTPS {passes}", len(ours), len(stock))
        tools.same(f"ordinary HTTPS {passes}", ours, stock)
    disabled, stock = (tools.tshark(where, MIXED, *keys, *options).splitlines()
                       for where, options in ((home, ["--disable-protocol", "rpch"]), (tools.STOCK, [])))
    tools.same("the whole capture with the protocol disabled", disabled, stock)
    requests = tools.fields(home, MIXED, ["frame.number"], *keys, "-Y", "http.request.method == GET")
    tools.same("ordinary requests", len(requests) > 12, True)


def main():
    """Every check."""
    home = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        options = []
        for capture in (SESSION, MIXED):
            copy = pathlib.Path(folder) / f"{capture.stem}.keys"
            copy.write_bytes(capture.with_suffix(".keys").read_bytes())
            copy.chmod(0o644)
            options.append(["-o", f"tls.keylog_file:{copy}"])
        calls, connections = check_session(home, options[0])
        check_ordinary(home, options[1])
    print(f"{calls} calls on {connections} virtual connections inside TLS agree with the log")


if __name__ == "__main__":
    main()
