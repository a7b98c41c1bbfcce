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

import ordinary_shapes
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
WITHOUT = (LOAD / "https_noise.pcapng.gz", *sorted(ORDINARY.glob("*.pcap*")))
RECYCLED = ("in_r1", "in_r2", "out_r1", "out_r2", "chain_of_three", "mixed")
# Plain captures that are put into TLS, and in which suites.
ALL = tuple(tls_shapes.SUITES)
SOME = ("TLS 1.2 AES-GCM", "TLS 1.3", "TLS 1.2 AES-CBC-SHA384")
PADDED = tuple(tls_shapes.PADDED)
WRAPPED = ((tools.REAL / "basic.pcapng", ALL + PADDED), (tools.REAL / "privacy.pcapng", SOME), (tools.SIX_USERS, SOME + PADDED),
           (CLIENTS / "wine_ntlm.pcapng", SOME), (CLIENTS / "samba_basic_unsorted.pcapng", SOME), (CLIENTS / "frdp_rdp.pcapng", SOME),
           *((tools.MADE / f"{name}.pcapng", SOME) for name in RECYCLED))
LOSS, SEED = (0.001, 0.01), "estimates"
PORTS_APART, CLIENTS_APART = 37, 1_700_000_000
SNAPS = (80, 96, 200, 600)
MIDDLES = (0.3, 0.5)
CLIENTS_OF_MAPI = 10


class Truth:
    """A virtual connection as it was."""

    def __init__(self, ports, calls, latencies, in_out=None, begun=()):
        self.ports, self.calls, self.latencies, self.bytes, self.begun = ports, calls, latencies, in_out, begun


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
                found.append(Truth({str(one["in_port"]), str(one["out_port"])}, len(calls), [(call["t1"] - call["t0"]) * 1e3 for call in calls],
                                   begun=[call["t0"] for call in calls]))
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
            truth = next((one for one in left if {row["client_port_in"], row["client_port"]} - {""} <= one.ports), None)
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


def by_log_from(name, time):
    """The same, of which calls were begun at that time or later."""
    found = []
    for one in by_log(name):
        since = [latency for latency, begun in zip(one.latencies, one.begun) if begun >= time]
        if since:
            found.append(Truth(one.ports, len(since), since))
    return found


def seconds(packet):
    """Its time; pcapng with nanoseconds."""
    return ((packet.time[0] << 32) + packet.time[1]) / 1e9


def disturbed(data):
    """(name, kind, trace, truth) of tls_multi: lossy, cut, begun later, ended earlier."""
    def changed(change):
        trace = disturb.read(data)
        change(trace)
        return trace

    for loss in LOSS:
        yield f"{100 * loss:g} % of the frames lost", "lossy", changed(lambda trace, loss=loss: disturb.drop(trace, SEED, loss)), by_log("tls_multi")
    yield "5 % of the frames in another order", "reordered", changed(lambda trace: reorder(trace, 0.05)), by_log("tls_multi")
    for share in MIDDLES:
        trace = changed(lambda trace, share=share: keep(trace, share, 1))
        yield f"begins after {share:.0%} of the frames", "middle", trace, by_log_from("tls_multi", seconds(trace.packets()[0]))
        disturb.drop(trace, SEED, 0.003)
        yield f"begins after {share:.0%}, 0.3 % of the frames lost", "lossy", trace, by_log_from("tls_multi", seconds(trace.packets()[0]))
    for side, name in enumerate(("clients", "server")):
        trace = changed(lambda trace, side=side: one_way(trace, side))
        yield f"only what the {name} sent", "one way", trace, by_log("tls_multi")
    for length in SNAPS:
        yield f"frames cut to {length} bytes", "cut", changed(lambda trace, length=length: snap(trace, length)), by_log("tls_multi")


def variants(program, folder):
    """(name, capture, truth, kind) of everything in the table."""
    for name in RECORDED:
        yield name, LOAD / f"{name}.pcapng.gz", by_log(name), "recorded"
    for capture in WITHOUT:
        yield capture.name.split(".")[0], capture, [], "without"
    file = folder / "capture.pcap"
    for suite in SOME[:2]:
        for is_middle in (False, True):
            file.write_bytes(ordinary_shapes.capture(range(5), suite, is_middle))
            yield f"made HTTPS in {suite}{', begins in the middle' if is_middle else ''}", file, [], "without"
    for name, kind, trace, truths in disturbed(gzip.decompress((LOAD / "tls_multi.pcapng.gz").read_bytes())):
        file.write_bytes(trace.bytes())
        yield f"tls_multi, {name}", file, truths, kind
    for name, trace, truths in mapi_http():
        file.write_bytes(trace.bytes())
        yield f"tls_mapihttp{name}", file, truths, "mapi_http"
    for capture, suites in WRAPPED:
        truths, ports = by_reports(program, capture)
        rows = tls_shapes.rows_of(capture)
        assert tls_wrap.is_wrappable(rows), capture
        for suite in suites:
            file.write_bytes(tls_shapes.wrap(rows, suite, ports))
            yield f"{capture.name.split('.')[0]} in {suite}", file, truths, "padded" if "padded" in suite else "wrapped"


def mapi_http():
    """(name, trace, truth) of a recorded session, and of several of one or many addresses."""
    data = gzip.decompress((LOAD / "tls_mapihttp.pcapng.gz").read_bytes())
    with gzip.open(LOAD / "tls_mapihttp.jsonl.gz", "rt", encoding="utf-8") as log:
        ports = {entry["port"] for entry in map(json.loads, log) if entry.get("fact") == "conn"}
    for clients, is_one, share, name in ((1, True, 0, ""), (CLIENTS_OF_MAPI, False, 0, f", {CLIENTS_OF_MAPI} clients"),
                                         (CLIENTS_OF_MAPI, True, 0, f", {CLIENTS_OF_MAPI} clients of one address"),
                                         (1, True, 0.3, ", begins after 30% of the frames")):
        trace, packets = disturb.read(data), []
        for number in range(clients):
            packets += [of_client(packet, number, is_one) for packet in disturb.read(data).packets()]
        packets.sort(key=lambda packet: packet.time)
        trace.items = [item for item in trace.items if not isinstance(item, disturb.Packet)] + packets
        keep(trace, share, 1)
        yield name, trace, [Truth({str(port + PORTS_APART * number) for port in ports}, 0, []) for number in range(clients)]


def of_client(packet, number, is_one):
    """A packet of IPv4 as of another client, a little later."""
    data, server = bytearray(packet.data), 443
    tcp = 14 + (data[14] & 15) * 4
    if data[12:14] == b"\x08\x00" and data[23] == 6:
        for address, port in ((26, tcp), (30, tcp + 2)):
            number_of = int.from_bytes(data[port:port + 2], "big")
            if number_of != server:
                data[port:port + 2] = (number_of + PORTS_APART * number).to_bytes(2, "big")
                data[address + 3] += 0 if is_one else number
    time = (packet.time[0] << 32) + packet.time[1] + number * CLIENTS_APART
    packet.data, packet.time = bytes(data), (time >> 32, time & 0xFFFFFFFF)
    return packet


def reorder(trace, share):
    """Frames that follow each other at once change places."""
    disturb.reorder(trace, SEED, share, window=1)
    disturb.in_time_order(trace)


def keep(trace, begin, end):
    """Only the packets from and to these parts of all."""
    packets = trace.packets()
    kept = set(map(id, packets[int(len(packets) * begin):int(len(packets) * end)]))
    trace.items = [item for item in trace.items if not isinstance(item, disturb.Packet) or id(item) in kept]


def one_way(trace, by_server):
    """Only what one side sent."""
    def is_kept(item):
        if not isinstance(item, disturb.Packet):
            return True
        tcp = 14 + (item.data[14] & 15) * 4
        return (int.from_bytes(item.data[tcp:tcp + 2], "big") == 443) == bool(by_server)

    trace.items = [item for item in trace.items if is_kept(item)]


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
        if kind in ("padded", "mapi_http"):
            assert result.found == result.true, name
        if kind == "mapi_http" or (kind == "padded" and not name.endswith("to 16")):
            assert result.unknown == result.found, f"{name}: calls are unknown"
        if kind == "one way":
            assert result.found == result.unknown, f"{name}: low numbers"
        for own, true in result.latency:
            # The clients' logs measure from before the request is encrypted until the response is decoded.
            assert own is None or kind in ("lossy", "middle", "reordered") or not result.exact or -3 - true / 4 < own - true <= 0.01, f"{name}: latency {own}, not {true}"
    recorded = [result for _, result, kind in results if kind == "recorded"]
    assert sum(result.found for result in recorded) >= 51 and sum(result.estimated for result in recorded) >= 1651
    middle = [result for _, result, kind in results if kind == "middle"]
    assert sum(result.found for result in middle) >= 24 and sum(result.estimated for result in middle) >= 790, "captures that begin in the middle"
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
