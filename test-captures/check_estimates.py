#!/usr/bin/env python3
"""Estimates from encrypted captures against their truth: the client's log, or the same capture in plaintext.

The table of exporter/doc/ESTIMATES.md is what this finds; floors hold where nothing is in the way of an estimate.

Usage: check_estimates.py OAEXPORT [--update]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import gzip
import json
import math
import pathlib
import struct
import sys
import tempfile

import tls_shapes
import tls_wrap
import tools

sys.path.append(str(tools.CAPTURES / "make"))
import disturb  # noqa: E402

LOAD, CLIENTS, ORDINARY = tools.CAPTURES / "load", tools.CAPTURES / "clients", tools.CAPTURES / "ordinary"
DOCUMENT = tools.CAPTURES.parent / "exporter" / "doc" / "ESTIMATES.md"
BEGIN, END = "<!-- generated: check_estimates.py -->\n", "<!-- end -->\n"
HEADINGS = ("capture", "found / true / false", "calls estimated / true", "unknown", "p50 ms", "p95 ms", "bytes in", "bytes out")
RECORDED = ("tls10_rsa", "tls10_rsa_3des", "tls10_rsa_rc4", "tls12_rsa_ids", "tls12_ecdhe_gcm", "tls12_ecdhe_cbc", "tls13_aes256",
            "tls12_privacy", "tls13_privacy", "tls_multi")
WITHOUT = (LOAD / "tls_mapihttp.pcapng.gz", LOAD / "https_noise.pcapng.gz", *sorted(ORDINARY.glob("*.pcap*")))
RECYCLED = ("in_r1", "in_r2", "out_r1", "out_r2", "chain_of_three", "mixed")
# Plain captures that are put into TLS, and in which suites.
ALL = tuple(tls_shapes.SUITES)
SOME = ("TLS 1.2 AES-GCM", "TLS 1.3", "TLS 1.2 AES-CBC-SHA384")
WRAPPED = ((tools.REAL / "basic.pcapng", ALL), (tools.REAL / "privacy.pcapng", SOME), (tools.SIX_USERS, SOME),
           (CLIENTS / "wine_ntlm.pcapng", SOME), (CLIENTS / "samba_basic_unsorted.pcapng", SOME), (CLIENTS / "frdp_rdp.pcapng", SOME),
           *((tools.MADE / f"{name}.pcapng", SOME) for name in RECYCLED))
LOSS, SEED = (0.001, 0.01), "estimates"
SNAPS = (80, 96, 200, 600)


class Truth:
    """A virtual connection as it was."""

    def __init__(self, ports, calls, latencies, in_out=None):
        self.ports, self.calls, self.latencies, self.bytes = ports, calls, latencies, in_out


def percentile(values, percent):
    """Nearest rank."""
    values = sorted(values)
    return values[max(0, math.ceil(percent / 100 * len(values)) - 1)] if values else None


def by_log(name):
    """The virtual connections in the clients' logs of a recorded capture."""
    found = []
    for path in sorted(LOAD.glob(f"{name}.jsonl.gz")) + sorted(LOAD.glob(f"{name}.*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            entries = [json.loads(line) for line in file]
        for one in entries:
            if one.get("fact") == "vc":
                calls = [entry for entry in entries if entry.get("fact") == "call" and entry.get("vc") == one["vc"]]
                found.append(Truth({str(one["in_port"]), str(one["out_port"])}, len(calls), [(call["t1"] - call["t0"]) * 1e3 for call in calls]))
    return found


def by_reports(program, capture):
    """The virtual connections on the clients' hop of a plaintext capture; and the ports of their proxies."""
    connections = {row["connection"]: row["server_port"] for row in tools.report(program, "connections", capture)}
    ports, server_ports, calls = {}, set(), {}
    for row in tools.report(program, "channels", capture):
        if row["hop"] == "client_proxy" and row["session"]:
            ports.setdefault(row["session"], set()).add(row["client_port"])
            server_ports.add(connections[row["connection"]])
    for row in tools.report(program, "calls", capture):
        calls.setdefault(row["session"], []).append(row)
    found = []
    for row in tools.report(program, "sessions", capture):
        if row["transport"] == "rpc_http" and row["channels"] == "both" and row["session"] in ports and int(row["binds"]):
            of_session = [call for call in calls.get(row["session"], []) if call["latency_ms"]]
            found.append(Truth(ports[row["session"]], len(of_session), [float(call["latency_ms"]) for call in of_session],
                               (int(row["rpc_bytes_in"]), int(row["rpc_bytes_out"]))))
    return found, server_ports


class Result:
    """Estimates of one capture compared with the truth."""

    def __init__(self, program, capture, truths):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "reports"
            tools.run([program, "-q", "--estimates", "-r", "sessions,calls,estimates", "-o", str(out), str(capture)], None, check=False)
            sessions, calls, rows = (tools.rows((out / f"{name}.csv").read_text(encoding="utf-8")) for name in ("sessions", "calls", "estimates"))
        assert {row["estimated"] for row in sessions + calls} <= {"yes"}, capture
        rows = [row for row in rows if row["kind"] != "http"]
        assert len(rows) == len(sessions), capture
        self.true, self.found, self.false, self.unknown = len(truths), 0, 0, 0
        self.estimated = self.calls = 0
        self.exact = True
        self.wrong = []  # calls estimated, and true: known, but not right
        latencies, sizes = [], [0, 0, 0, 0]
        left = list(truths)
        for row in rows:
            truth = next((one for one in left if {row["client_port_in"], row["client_port"]} <= one.ports), None)
            if not truth:
                self.false += 1
                continue
            left.remove(truth)
            self.found += 1
            if not row["responses"]:
                self.unknown += 1
                continue
            self.estimated += int(row["responses"])
            self.calls += truth.calls
            self.exact &= int(row["responses"]) == truth.calls
            if not int(row["responses"]) <= truth.calls <= int(row["calls"]):
                self.wrong.append((int(row["calls"]), truth.calls))
            latencies += truth.latencies
            if truth.bytes:
                sizes = [a + b for a, b in zip(sizes, (int(row["bytes_in"]), truth.bytes[0], int(row["bytes_out"]), truth.bytes[1]))]
        own = [float(row["latency_ms"]) for row in calls if row["latency_ms"]]
        self.latency = [(percentile(own, percent), percentile(latencies, percent)) for percent in (50, 95)]
        self.bytes = [sizes[at] / sizes[at + 1] - 1 if sizes[at + 1] else None for at in (0, 2)]

    def cells(self, name):
        """A line of the table."""
        latency = [f"{own:.2f} / {true:.2f}" if own is not None and true is not None else "" for own, true in self.latency]
        sizes = [f"{100 * part:+.0f} %" if part is not None else "" for part in self.bytes]
        return (name, f"{self.found} / {self.true} / {self.false}", f"{self.estimated} / {self.calls}", str(self.unknown or ""), *latency, *sizes)


def variants(program, folder):
    """(name, capture, truth, kind) of everything in the table."""
    for name in RECORDED:
        yield name, LOAD / f"{name}.pcapng.gz", by_log(name), "recorded"
    for capture in WITHOUT:
        yield capture.name.split(".")[0], capture, [], "without"
    file = folder / "capture.pcap"
    data = gzip.decompress((LOAD / "tls_multi.pcapng.gz").read_bytes())
    for name, kind, cut in (*((f"{100 * loss:g} % of the frames lost", "lossy", lambda trace, loss=loss: disturb.drop(trace, SEED, loss)) for loss in LOSS),
                            ("begins in the middle", "middle", second_half),
                            *((f"frames cut to {length} bytes", "cut", lambda trace, length=length: snap(trace, length)) for length in SNAPS)):
        trace = disturb.read(data)
        cut(trace)
        file.write_bytes(trace.bytes())
        yield f"tls_multi, {name}", file, by_log("tls_multi"), kind
    for capture, suites in WRAPPED:
        truths, ports = by_reports(program, capture)
        rows = tls_shapes.rows_of(capture)
        assert tls_wrap.is_wrappable(rows), capture
        for suite in suites:
            file.write_bytes(tls_shapes.wrap(rows, suite, ports))
            yield f"{capture.name.split('.')[0]} in {suite}", file, truths, "padded" if "padded" in suite else "wrapped"


def second_half(trace):
    """Without the first half of its packets."""
    packets = trace.packets()
    gone = set(map(id, packets[:len(packets) // 2]))
    trace.items = [item for item in trace.items if id(item) not in gone]


def snap(trace, length):
    """Only the beginning of each packet; the heads of their records end with the captured and the original length."""
    for packet in trace.packets():
        packet.data = packet.data[:length]
        packet.head = packet.head[:-8] + struct.pack(trace.order + "I", len(packet.data)) + packet.head[-4:]


def table(lines):
    """In Markdown."""
    return "".join("| " + " | ".join(line) + " |\n" for line in [HEADINGS, ["---"] * len(HEADINGS), *lines])


def check(results):
    """The floors."""
    for name, result, kind in results:
        assert result.false == 0, f"{name}: a false virtual connection"
        # Of a lossy capture, the responses that are in it.
        assert not result.wrong and (result.exact or kind == "lossy"), f"{name}: calls {result.wrong}"
        if kind in ("recorded", "cut"):
            assert (result.found, result.unknown) == (result.true, 0) and result.exact, name
        for own, true in result.latency:
            # The clients' logs measure from before the request is encrypted until the response is decoded.
            assert own is None or kind == "lossy" or not result.exact or -3 - true / 4 < own - true <= 0.01, f"{name}: latency {own}, not {true}"
    recorded = [result for _, result, kind in results if kind == "recorded"]
    assert sum(result.found for result in recorded) >= 51 and sum(result.estimated for result in recorded) >= 1651
    by_name = {name: result for name, result, _ in results}
    lossy = by_name["tls_multi, 1 % of the frames lost"]
    assert lossy.found >= 23 and lossy.unknown <= 9, "with loss"
    for suite in SOME:
        assert by_name[f"frdp_rdp in {suite}"].unknown == by_name[f"frdp_rdp in {suite}"].found == 1, "several calls at a time are unknown"


def main():
    """Prints the table, or renews it."""
    program, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        results = [(name, Result(program, capture, truths), kind) for name, capture, truths, kind in variants(program, pathlib.Path(folder))]
    text = table([result.cells(name) for name, result, _ in results])
    print(text)
    check(results)
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    now, _, after = rest.partition(END)
    if options == ["--update"]:
        DOCUMENT.write_text(before + BEGIN + text + END + after, encoding="utf-8")
    else:
        assert now == text, f"{DOCUMENT.name} differs: check_estimates.py OAEXPORT --update"


if __name__ == "__main__":
    main()
