"""What can be counted of a made capture of which frames are missing or cut: computed from its sidecar and its own frames, by no decoder.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import ipaddress
import json
import struct

import disturb

HOPS = ("client", "server")
# The fixed fields of a PDU of a call: with them its interface's context, its number and its length are known.
FIXED = {"request": 24, "response": 24, "fault": 28}


def segment(packet):
    """(connection, side, bytes of payload in the packet, bytes of payload on the wire) of a TCP packet with payload, else None."""
    fact = disturb.tcp_facts(packet)
    if not fact or not fact[3]:
        return None
    return fact[0], fact[1], fact[3]


class Pdu:
    """A PDU of a call: the frames that carry it, by number, and whether it begins where the payload of the first one does."""

    def __init__(self, kind, frames, begins_segment):
        self.kind, self.frames, self.begins_segment = kind, frames, begins_segment

    def is_whole(self, left):
        """All of it is there; `left`: bytes of payload that are left of each frame, by number, None for all of them."""
        return all(frame in left and left[frame] is None for frame in self.frames)

    def is_countable(self, left):
        """Its fixed fields are there, and where it begins is known."""
        first = self.frames[0]
        return self.is_whole(left) or (self.begins_segment and first in left and (left[first] is None or left[first] >= FIXED[self.kind]))


class Call:
    """A call: its PDUs by hop and side."""

    def __init__(self, row, pdus):
        self.row, self.pdus = row, pdus
        self.call_id, self.opnum = str(row["call_id"]), str(row["opnum"])
        self.is_answered = any(row.get(hop, {}).get("response_complete") for hop in HOPS)

    def is_seen(self, left):
        """A part of it is in the capture."""
        return any(frame in left for sides in self.pdus.values() for pdus in sides for pdu in pdus for frame in pdu.frames)

    def is_whole(self, left, countable=Pdu.is_whole):
        """All of request and response is there, on one of the hops."""
        return any(all(pdus and all(countable(pdu, left) for pdu in pdus) for pdus in self.pdus[hop])
                   and self.row[hop]["request_complete"] and self.row[hop]["response_complete"] for hop in self.pdus)

    def latencies(self):
        """In the form of the reports."""
        return {"%.3f" % (self.row[hop]["latency_us"] / 1000) for hop in self.pdus if "latency_us" in self.row[hop]}


class Truth:
    """A made capture and what is in it."""

    def __init__(self, path):
        self.path = path
        self.data = path.read_bytes()
        self.row = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.trace = disturb.read(self.data)
        self.packets = self.trace.packets()
        self.segments = dict(enumerate(map(segment, self.packets), 1))
        self.calls = self._calls()

    def all(self):
        """All frames, whole."""
        return {number: None for number in self.segments}

    def _payload_frames(self, first, last):
        return [number for number in range(first, last + 1) if self.segments[number] and self.segments[number][:2] == self.segments[last][:2]]

    def _calls(self):
        ends = collections.Counter((row["connection"], row["direction"], row["frame"]) for part in ("rpc", "rts") for row in self.row[part])
        heads = {(row["connection"], row["frame"]) for row in self.row["heads"]}
        pdus = collections.defaultdict(list)
        for row in self.row["rpc"]:
            if row["type"] not in FIXED:
                continue
            frames = self._payload_frames(row["first_frame"], row["frame"])
            others = ends[row["connection"], row["direction"], row["first_frame"]] - (row["first_frame"] == row["frame"])
            begins = not others and (row["connection"], row["first_frame"]) not in heads
            pdus[row["session"], row["hop"], row["type"] == "request", row["call_id"], row["frame"]].append(Pdu(row["type"], frames, begins))
        calls = []
        for row in self.row["calls"]:
            of = {}
            for hop in HOPS:
                if hop in row:
                    of[hop] = [[pdu for frame in dict.fromkeys(row[hop][f"{way}_frames"])
                                for pdu in pdus[row["session"], hop, way == "request", row["call_id"], frame]] for way in ("request", "response")]
            calls.append(Call(row, of))
        return calls

    def bytes(self, packets):
        """A capture file of these packets."""
        kept = set(map(id, packets))
        items = [item for item in self.trace.items if not isinstance(item, disturb.Packet) or id(item) in kept]
        return disturb.Trace(self.trace.order, self.trace.pcapng, items).bytes()

    def without(self, gone):
        """The capture without frames, by number, and what is left of it."""
        data = self.bytes([packet for number, packet in enumerate(self.packets, 1) if number not in gone])
        return data, {number: None for number in self.segments if number not in gone}

    def cut(self, length):
        """The capture as a snap length leaves it, and what is left of it."""
        items, left, number = [], {}, 0
        for item in self.trace.items:
            if not isinstance(item, disturb.Packet):
                items.append(item)
                continue
            number += 1
            missing = max(len(item.data) - length, 0)
            if missing:
                item = disturb.Packet(item.time, item.data[:length], item.link_type, item.head[:4] + struct.pack(self.trace.order + "I", length) + item.head[8:])
            items.append(item)
            left[number] = max(self.segments[number][2] - missing, 0) if missing and self.segments[number] else None
        return disturb.Trace(self.trace.order, self.trace.pcapng, items).bytes(), left

    def one_way(self, client):
        """The capture with the frames of the client, or of the server, of each connection only."""
        ours = {}
        for row in self.row["connections"]:
            ends = [endpoint(row[side]) for side in ("client", "server")]
            ours[tuple(sorted(ends))] = (ends[0] < ends[1]) == client
        facts = dict(enumerate(map(disturb.tcp_facts, self.packets), 1))
        return self.without({number for number, fact in facts.items() if fact and ours.get(fact[0], fact[1]) != fact[1]})

    def in_time(self, change):
        """The capture with other times: change(number, time) of each frame in ns; in the order of these times."""
        times = sorted((change(number, ticks(packet.time)), number, packet) for number, packet in enumerate(self.packets, 1))
        moved = [disturb.Packet((time >> 32, time & 0xFFFFFFFF), packet.data, packet.link_type, packet.head, packet.tail) for time, _, packet in times]
        head = [item for item in self.trace.items if not isinstance(item, disturb.Packet)]
        return disturb.Trace(self.trace.order, self.trace.pcapng, head + moved).bytes(), self.all()

    def skewed(self, microseconds):
        """The capture of two machines: the clock of the one that has the connections to the servers is ahead."""
        back = {tuple(sorted(endpoint(row[side]) for side in ("client", "server"))) for row in self.row["connections"] if row["hop"] == "server"}
        facts = dict(enumerate(map(disturb.tcp_facts, self.packets), 1))
        return self.in_time(lambda number, time: time + (microseconds if facts[number] and facts[number][0] in back else 0))

    def wrapped(self, wrap):
        """The capture inside a tunnel: wrap(frame) of each frame."""
        items = []
        for item in self.trace.items:
            if isinstance(item, disturb.Packet):
                data = wrap(item.data)
                item = disturb.Packet(item.time, data, item.link_type, item.head[:4] + 2 * struct.pack(self.trace.order + "I", len(data)))
            items.append(item)
        return disturb.Trace(self.trace.order, self.trace.pcapng, items).bytes(), self.all()


def endpoint(text):
    """An address with its port, as disturb.tcp_facts() has it."""
    address, _, port = text.rpartition(":")
    return ipaddress.ip_address(address.strip("[]")).packed + struct.pack(">H", int(port))


def ticks(time):
    """The time stamp of a packet of pcapng as one number."""
    return time[0] << 32 | time[1]
