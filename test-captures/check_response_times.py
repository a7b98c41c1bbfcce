#!/usr/bin/env python3
"""The exchange plugin's statistics against operations.csv and the clients' logs.

Number of calls, minimum, maximum and mean response time of each operation are equal where both see the call: the statistics count
responses that the plugin shows, operations.csv those that are complete.

Usage: check_response_times.py PLUGIN_HOME OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import re
import sys

import recorded_mapi_http
import tools

ROW = re.compile(r" +\d+  (\S+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$")
CAPTURES = [*(tools.REAL / f"{name}.pcapng" for name in ("basic", "compressed", "mapihttp", "xor")),
            *(tools.MADE / f"{name}.pcapng" for name in ("mapi_http_forms", "mapi_http_heads"))]
# On both hops, without faults: a call counts once, or on each.
TWO_HOPS = [tools.MADE / f"{name}.pcapng" for name in ("in_r1", "out_r1", "out_r2", "overlapping", "two_hop_r2_four_clients")]
EACH_HOP = ["-o", "rpch.count_each_hop:TRUE"]
STOCK_SRT = "dcerpc,srt,a4f1db00-ca47-1067-b31f-00dd010662da,0.81"
INTERFACES = ["EMSMDB", "AsyncEMSMDB", "NSPI", "RFR", "EMSMDB over HTTP", "NSPI over HTTP"]


def response_times(text, title=None):
    """{(interface, operation): (calls, minimum, maximum, mean, sum)} of a printed statistic, times in microseconds."""
    found = {}
    for line in text.splitlines():
        head = re.match(r"Index +(.*?) +Calls +Min SRT", line)
        row = ROW.match(line)
        if head:
            interface = title or head[1]
        elif row:
            found[interface, row[1]] = (int(row[2]), *(round(float(value) * 1e6) for value in row.groups()[2:]))
    return found


def tree_counts(text):
    """{(interface, operation): responses} of the printed tree, and {outcome: responses}."""
    counts, outcomes, path = {}, collections.Counter(), []
    for line in text[text.index("Topic / Item"):].partition("\n====")[0].splitlines():
        row = re.match(r"( *)(\S.*?) {2,}(\d+) ", line)
        if not row:
            continue
        depth = len(row[1])
        path = path[:depth] + [row[2]]
        if depth == 2:
            counts[path[1], path[2]] = int(row[3])
        elif depth == 3:
            outcomes[path[3]] += int(row[3])
    return counts, outcomes


def exported(program, capture):
    """The same from operations.csv."""
    found = {}
    for row in tools.report(program, "operations", capture):
        if not row["latency_mean_ms"] or row["interface"] not in INTERFACES:
            continue
        key = row["interface"], row["operation"]
        if key in found:
            raise AssertionError(f"{capture.name}: {key} of two servers")
        calls = int(row["answered"]) + int(row["faults"])
        found[key] = (calls, *(round(float(row[f"latency_{name}_ms"]) * 1000) for name in ("min", "max", "mean")))
    return found


def compare(name, times, wanted):
    """Counts, minima and maxima are equal, means within a microsecond; the sum is the mean times the count."""
    if {key: value[:3] for key, value in times.items()} != {key: value[:3] for key, value in wanted.items()} or not wanted:
        raise AssertionError(f"{name}: found {times}, expected {wanted}")
    for key, (calls, _, _, mean, total) in times.items():
        if abs(mean - wanted[key][3]) > 1 or abs(total - calls * mean) > calls:
            raise AssertionError(f"{name}: {key} {times[key]}, expected {wanted[key]}")


def check_log(times):
    """The numbers of recorded calls by type match the client's log."""
    _, rows = recorded_mapi_http.logged()
    found = {operation: value[0] for (_, operation), value in times.items()}
    if found != dict(collections.Counter(row["type"] for row in rows)):
        raise AssertionError(f"mapihttp: {found}")


def check_hops(home, program, path):
    """Calls on both hops, as oaexport counts them, and on each; no table is empty."""
    once = response_times(tools.tshark(home, path, "-q", "-z", "exchange,srt"))
    compare(path.name, once, exported(program, path))
    text = tools.tshark(home, path, "-q", *EACH_HOP, "-z", "exchange,srt", "-z", "exchange,tree")
    each, counts = response_times(text), tree_counts(text)[0]
    tools.same(f"{path.name}: on each hop", {key: value[0] for key, value in each.items()}, {key: 2 * value[0] for key, value in once.items()})
    tools.same(f"{path.name}: tree", counts, {key: value[0] for key, value in each.items()})
    hops = [response_times(tools.tshark(home, path, "-q", *EACH_HOP, "-z", f"exchange,srt,rpch.hop == {hop}")) for hop in (0, 1)]
    tools.same(f"{path.name}: client's hop", hops[0], once)
    tools.same(f"{path.name}: both hops", {key: sum(hop[key][0] for hop in hops) for key in once}, counts)
    stock = response_times(tools.tshark(home, path, "-q", "-z", f"{STOCK_SRT},!exchange.repeat"), "EMSMDB")
    tools.same(f"{path.name}: stock without repeats", {key: value[0] for key, value in stock.items()}, {key: value[0] for key, value in once.items()})
    tables = re.findall(r"^Index +(.*?) +Calls ", text, re.MULTILINE)
    tools.same(f"{path.name}: tables", tables, sorted({interface for interface, _ in once}))
    print(f"{path.name}: {sum(value[0] for value in once.values())} calls once")


def main():
    """All captures; for one of them also the stock statistic for EMSMDB."""
    home, program = sys.argv[1:3]
    for path in CAPTURES:
        text = tools.tshark(home, path, "-q", "-z", "exchange,srt", "-z", "exchange,tree")
        times = response_times(text)
        compare(path.name, times, exported(program, path))
        counts, outcomes = tree_counts(text)
        if counts != {key: value[0] for key, value in times.items()} or sum(outcomes.values()) != sum(counts.values()):
            raise AssertionError(f"{path.name}: {counts} {outcomes}")
        if path.stem == "mapihttp":
            check_log(times)
        if path.stem == "basic":
            stock = response_times(tools.tshark(home, path, "-q", "-z", STOCK_SRT), "EMSMDB")
            if not stock or stock != {key: value for key, value in times.items() if key[0] == "EMSMDB"}:
                raise AssertionError(f"stock: {stock}")
        if path.parent.name == "made":
            rows = tools.truth(path)["mapi_http"]
            codes = collections.Counter(row["code"] for row in rows if row["session"] and row["code"])
            counted = collections.Counter({int(re.search(r"\d+", text)[0]): count for text, count in outcomes.items()
                                        if text.startswith("X-ResponseCode")})
            if counted != codes:
                raise AssertionError(f"{path.name}: {outcomes}, in the script {codes}")
        print(f"{path.name}: {sum(counts.values())} calls of {len(counts)} operations; {dict(outcomes)}")
    for path in TWO_HOPS:
        check_hops(home, program, path)


if __name__ == "__main__":
    main()
