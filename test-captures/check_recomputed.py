#!/usr/bin/env python3
"""The figures of counters.csv once more, computed by this script from what tshark with the plugins prints as JSON.

The plugins show calls and users, Wireshark's TCP and IP dissectors the connections, bytes and packets; sums, peaks, means and percentiles
are made here, interval by interval. Percentiles may differ by the half width of a bin of the histograms, means by the last digit written.

Usage: check_recomputed.py PLUGIN_HOME OAEXPORT [CAPTURE ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import math
import pathlib
import sys

import tools
import versions

CAPTURES = [*(tools.REAL / f"{name}.pcapng" for name in ("basic", "compressed", "privacy", "xor", "mapihttp", "rops_streams")),
            *(tools.MADE / f"{name}.pcapng" for name in ("two_hop_r2_four_clients", "mapi_http_forms", "mapi_http_heads", "idle_reset", "rpc_tcp")),
            *(tools.CAPTURES / "clients" / f"{name}.pcapng" for name in ("samba_basic_unsorted", "wine_fragments_slow", "wine_mgmt"))]
FIELDS = ("frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ip.len", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.len",
          "tcp.analysis.retransmission", "http.request.method", "http.response.code", "rpch.vc", "rpch.auth.user", "rpch.pdu", "rpch.request_in",
          "rpch.response_in", "rpch.time", "dcerpc.pkt_type", "http.content_length", versions.INFO_KEY, "oxcmapihttp.request_type", "oxcmapihttp.request_in",
          "oxcmapihttp.response_in", "oxcmapihttp.time", "oxcmapihttp.session")
FIN, SYN, RST, ACK = 1, 2, 4, 16
CHANNELS = ("RPC_IN_DATA", "RPC_OUT_DATA")
# The greatest body of an echo request, and of a request that only authenticates.
ECHO_BYTES = 16
WAITING = ("NotificationWait", "EcDoAsyncWaitEx")
# Responses to a part of an authentication, which is no call.
LEGS = {"401", "407"}
# Half a bin of the histograms, and the microsecond of a printed time.
PERCENTILE_TOLERANCE = 0.005


Call = collections.namedtuple("Call", "requested responded seconds waits user")


class Frame:
    """A frame, by the names of the fields."""

    def __init__(self, layers):
        self.layers = layers
        self.number = int(layers["frame.number"][0])
        self.time = float(layers["frame.time_epoch"][0])
        self.stream = int(self.first("tcp.stream", -1))
        self.flags = int(self.first("tcp.flags", "0"), 16)
        self.source = (self.first("ip.src"), int(self.first("tcp.srcport", 0)))
        self.target = (self.first("ip.dst"), int(self.first("tcp.dstport", 0)))

    def all(self, name):
        """The values of a field in this frame."""
        return self.layers.get(name, [])

    def first(self, name, default=None):
        """The first of them."""
        return self.all(name)[0] if self.all(name) else default


class Connection:
    """A TCP connection: when it was open, who accepted it, and what it carried."""

    def __init__(self, first, capture_begin):
        from_client = not (first.flags & SYN and first.flags & ACK)
        if not first.flags & SYN:
            from_client = first.source[1] > first.target[1]
        self.server = first.target if from_client else first.source
        self.new = bool(first.flags & SYN)
        # What has no SYN was open before the capture.
        self.begin, self.end = first.time if self.new else capture_begin, math.inf
        self.http = self.rpc = False

    def take(self, frame):
        """One more of its frames."""
        if frame.flags & (FIN | RST):
            self.end = min(self.end, frame.time)
        self.http |= frame.first("http.request.method") in CHANNELS or bool(frame.all("oxcmapihttp.response_in"))
        self.rpc |= bool(frame.all("rpch.pdu") or frame.all("dcerpc.pkt_type"))

    @property
    def role(self):
        """What the server is to Outlook."""
        return "proxy" if self.http else "store" if self.rpc else None


def frames_of(home, capture):
    """Every frame with TCP, from tshark -T json in two passes, so that requests know their responses."""
    wanted = [part for name in FIELDS for part in ("-e", name)]
    text = tools.tshark(home, capture, "-2", "-T", "json", "--no-duplicate-keys", *wanted, check=False)
    return [frame for frame in (Frame(packet["_source"]["layers"]) for packet in json.loads(text)) if frame.stream >= 0]


def percentile(values, share):
    """The smallest value that so many others do not exceed."""
    values = sorted(values)
    return values[max(math.ceil(share * len(values)) - 1, 0)]


def most_at_once(spans, begin, end):
    """The greatest number of spans open at one time of the interval."""
    edges = sorted([(max(first, begin), 1) for first, last in spans if first < end and last > begin]
                   + [(last, -1) for first, last in spans if first < end and begin < last < end])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def call_times(frames):
    """(time of request, time of response, seconds, whether it waits for events, user) of each answered call of these frames."""
    waiting, users = set(), {}
    for frame in frames:
        if any(name in frame.first(field, "") for name in WAITING for field in ("oxcmapihttp.request_type", versions.INFO_KEY)):
            waiting.add(frame.number)
        if frame.all("rpch.auth.user"):
            users.setdefault(frame.first("rpch.vc"), frame.first("rpch.auth.user").lower())
    found = []
    for frame in frames:
        for protocol in ("rpch", "oxcmapihttp"):
            for request, seconds in zip(frame.all(f"{protocol}.request_in"), frame.all(f"{protocol}.time")):
                if LEGS.isdisjoint(frame.all("http.response.code")):
                    found.append(Call(frame.time - float(seconds), frame.time, float(seconds), int(request) in waiting,
                                      users.get(frame.first("rpch.vc"))))
    return found


def request_times(frames):
    """When the requests for channels and of MAPI over HTTP came that are no part of an authentication."""
    channels, times = {}, []
    for frame in frames:
        refused = not LEGS.isdisjoint(frame.all("http.response.code"))
        if frame.first("http.request.method") in CHANNELS and int(frame.first("http.content_length")) > ECHO_BYTES:
            channels[frame.stream] = frame.time
        elif frame.all("http.response.code") and frame.stream in channels:
            time = channels.pop(frame.stream)
            times += [] if refused else [time]
        times += [frame.time] * len(frame.all("oxcmapihttp.response_in"))
        if refused and frame.all("oxcmapihttp.request_in"):
            times.remove(max(time for time in times if time < frame.time))
    return times + list(channels.values())


def recompute(frames, interval):
    """{(role, server, interval): {column: value}}."""
    connections, of_role = {}, collections.defaultdict(list)
    for frame in frames:
        connections.setdefault(frame.stream, Connection(frame, frames[0].time)).take(frame)
    for frame in frames:
        connection = connections[frame.stream]
        if connection.role:
            of_role[connection.role, connection.server[0]].append(frame)
    # A call that the proxy passes on is the proxy's.
    both = {role for role, _ in of_role} == {"proxy", "store"}
    first, last = int(frames[0].time // interval), int(frames[-1].time // interval)
    found = {}
    for (role, server), own in of_role.items():
        calls = [] if both and role == "store" else call_times(own)
        heads = request_times(own)
        streams = {frame.stream for frame in own}
        spans = [(connections[stream].begin, min(connections[stream].end, frames[-1].time)) for stream in streams]
        for number in range(first, last + 1):
            begin, end = number * interval, (number + 1) * interval
            covered = min(end, frames[-1].time) - max(begin, frames[0].time)
            here = [frame for frame in own if begin <= frame.time < end]
            incoming = [frame for frame in here if frame.target == connections[frame.stream].server]
            outgoing = [frame for frame in here if frame.source == connections[frame.stream].server]
            times = [call.seconds * 1000 for call in calls if begin <= call.responded < end and not call.waits]
            under_way = sum(max(min(call.responded, end) - max(call.requested, begin), 0) for call in calls if not call.waits)
            requested = [call for call in calls if begin <= call.requested < end]
            row = {
                "covered_s": covered,
                "connections_open": sum(max(min(closed, end) - max(opened, begin), 0) for opened, closed in spans) / covered if covered else 0,
                "connections_max": most_at_once(spans, begin, end),
                "connections_new": sum(connections[stream].new and begin <= connections[stream].begin < end for stream in streams),
                "packets_in": len(incoming), "packets_out": len(outgoing),
                "wire_bytes_in": sum(int(frame.first("ip.len")) for frame in incoming),
                "wire_bytes_out": sum(int(frame.first("ip.len")) for frame in outgoing),
                "payload_bytes_in": sum(int(frame.first("tcp.len")) for frame in incoming if not frame.all("tcp.analysis.retransmission")),
                "payload_bytes_out": sum(int(frame.first("tcp.len")) for frame in outgoing if not frame.all("tcp.analysis.retransmission")),
                "over_2s": sum(time > 2000 for time in times),
                "outstanding_mean": under_way / covered if covered else 0,
            }
            if role == "proxy":
                row["http_requests"] = sum(begin <= time < end for time in heads)
                row["backend_attempts"] = sum(one.role == "store" and one.new and begin <= one.begin < end for one in connections.values())
            if not (both and role == "store"):
                row["calls"] = len(requested)
                row["waiting_calls"] = sum(call.waits for call in requested)
            if all(call.user for call in requested):
                row["users_active"] = len({call.user for call in requested})
            if times:
                row.update(latency_mean_ms=sum(times) / len(times), latency_max_ms=max(times), latency_p50_ms=percentile(times, 0.5),
                           latency_p95_ms=percentile(times, 0.95), latency_p99_ms=percentile(times, 0.99))
            found[role, server, number] = row
    return found


def agrees(column, ours, theirs):
    """Whether two values of a column are the same as far as they are written."""
    if "_p" in column:
        return abs(ours - theirs) <= PERCENTILE_TOLERANCE * ours + 0.001
    if column in ("covered_s", "connections_open", "outstanding_mean"):
        return abs(ours - theirs) <= 0.0002 + 0.0005 * ours
    if column.startswith("latency"):
        return abs(ours - theirs) <= 0.0015
    return ours == theirs


def check(home, program, capture, interval=1):
    """Every column that can be computed from the JSON, in every row; returns how many cells were compared."""
    rows = tools.rows(tools.oaexport(program, "--reports", "counters", "--interval", str(interval), capture, check=False).stdout)
    written = {}
    first = None
    wanted = recompute(frames_of(home, capture), interval)
    servers = sorted({key[:2] for key in wanted})
    for row in rows:
        written.setdefault((row["role"], row["server_address"]), []).append(row)
    tools.same(f"{capture.name}: servers", sorted(key for key in written if key[0] != "directory"), servers)
    cells = 0
    for role, server in servers:
        first = min(number for name, address, number in wanted if (name, address) == (role, server))
        for place, row in enumerate(written[role, server]):
            figures = wanted[role, server, first + place]
            for column, value in figures.items():
                cell = row[column]
                if not agrees(column, value, float(cell or 0)):
                    raise AssertionError(f"{capture.name}: {role} {server} {row['start']} {column}: written {cell}, computed {value}")
                cells += 1
    return cells


def main():
    """All captures."""
    home, program, *captures = sys.argv[1:]
    for capture in map(pathlib.Path, captures or CAPTURES):
        print(f"{capture.name}: {check(home, program, capture)} cells equal")


if __name__ == "__main__":
    main()
