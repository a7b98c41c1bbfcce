#!/usr/bin/env python3
"""Disturbs a capture as networks and capture points do: frames swapped, seen twice, lost. The same seed gives the same file.

Usage: disturb.py [OPTIONS] IN OUT; see --help. Reads and writes pcap and pcapng (of either byte order); everything that is no
packet stays where it is.

A swap exchanges two frames that follow each other in one direction of one TCP connection, with no other frame of that
connection between them: what a network may reorder without either side noticing more than that. With --acks a frame may
also change places with a pure acknowledgement of the other side, as capture points with several queues show it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import pathlib
import struct

from wire import digest

ETHERNET, NULL, RAW, COOKED, LOOP, COOKED2 = 1, 0, 101, 113, 108, 276
NETWORK_AT = {NULL: 4, RAW: 0, LOOP: 4, COOKED: 16, COOKED2: 20}
SYN, FIN, RST = 2, 1, 4


class Packet:
    """A packet of a capture file: its time stamp as stored, and the rest of its record."""

    def __init__(self, time, data, link_type, head=b"", tail=b""):
        self.time, self.data, self.link_type, self.head, self.tail = time, data, link_type, head, tail


class Trace:
    """A capture file taken apart: a list of packets and of blocks that are none."""

    def __init__(self, order, pcapng, items):
        self.order, self.pcapng, self.items = order, pcapng, items

    def packets(self):
        """The packets alone."""
        return [item for item in self.items if isinstance(item, Packet)]

    def bytes(self):
        """The file."""
        return b"".join(self._record(item) if isinstance(item, Packet) else item for item in self.items)

    def _record(self, packet):
        if not self.pcapng:
            return struct.pack(self.order + "II", *packet.time) + packet.head + packet.data
        padded = packet.data + bytes(-len(packet.data) % 4)
        size = 32 + len(padded) + len(packet.tail)
        return (struct.pack(self.order + "II", 6, size) + packet.head[:4] + struct.pack(self.order + "II", *packet.time) + packet.head[4:]
                + padded + packet.tail + struct.pack(self.order + "I", size))


def read(data):
    """Takes a capture file apart."""
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return _read_pcapng(data)
    magics = {0xA1B2C3D4, 0xA1B23C4D}
    order = next((order for order in "<>" if struct.unpack(order + "I", data[:4])[0] in magics), None)
    if order is None:
        raise ValueError("neither pcap nor pcapng")
    link_type = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    items, at = [data[:24]], 24
    while at + 16 <= len(data):
        seconds, fraction, captured = struct.unpack(order + "III", data[at:at + 12])
        items.append(Packet((seconds, fraction), data[at + 16:at + 16 + captured], link_type, data[at + 8:at + 16]))
        at += 16 + captured
    return Trace(order, False, items)


def _read_pcapng(data):
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    items, link_types, at = [], [], 0
    while at + 12 <= len(data):
        kind, size = struct.unpack(order + "II", data[at:at + 8])
        if size < 12 or size % 4 or at + size > len(data):
            raise ValueError(f"block at {at} has a length of {size}")
        block = data[at:at + size]
        at += size
        if kind == 1:
            link_types.append(struct.unpack(order + "H", block[8:10])[0])
        if kind != 6:
            items.append(block)
            continue
        interface, high, low, captured = struct.unpack(order + "IIII", block[8:24])
        end = 28 + captured
        items.append(Packet((high, low), block[28:end], link_types[interface], block[8:12] + block[20:28],
                            block[end + -captured % 4:size - 4]))
    return Trace(order, True, items)


def tcp_facts(packet):
    """(connection, side, flags, payload bytes) of a TCP packet, None for anything else."""
    data = packet.data
    if packet.link_type == ETHERNET:
        at = 12
        while data[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
            at += 4
        at += 2
    elif packet.link_type in NETWORK_AT:
        at = NETWORK_AT[packet.link_type]
    else:
        return None
    version = data[at] >> 4 if at < len(data) else 0
    if version == 4 and len(data) >= at + 20 and data[at + 9] == 6:
        header = (data[at] & 15) * 4
        total = struct.unpack(">H", data[at + 2:at + 4])[0]
        source, target, tcp, end = data[at + 12:at + 16], data[at + 16:at + 20], at + header, at + total
    elif version == 6 and len(data) >= at + 40 and data[at + 6] == 6:
        total = struct.unpack(">H", data[at + 4:at + 6])[0]
        source, target, tcp, end = data[at + 8:at + 24], data[at + 24:at + 40], at + 40, at + 40 + total
    else:
        return None
    if len(data) < tcp + 20:
        return None
    sender, receiver = source + data[tcp:tcp + 2], target + data[tcp + 2:tcp + 4]
    payload = end - tcp - (data[tcp + 12] >> 4) * 4
    return tuple(sorted((sender, receiver))), sender < receiver, data[tcp + 13] & 7, max(payload, 0)


class Dice:
    """Decisions that depend on a seed and on nothing else."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def chance(self, share):
        """True for about this share of the throws."""
        self.count += 1
        return int.from_bytes(digest(f"{self.seed}/{self.count}", 4), "big") < share * 2**32


def may_swap(first, second, acks):
    """Whether two neighbours of one connection, with these facts, may change places."""
    if first[2] & (SYN | FIN | RST) or second[2] & (SYN | FIN | RST):
        return False
    return first[1] == second[1] or (acks and not (first[3] and second[3]))


def reorder(trace, seed, share, window=4, acks=False):
    """Swaps neighbours of a connection that are at most window frames apart; each frame is moved once. Returns the number of swaps."""
    places = [index for index, item in enumerate(trace.items) if isinstance(item, Packet)]
    facts = [tcp_facts(trace.items[index]) for index in places]
    dice, last, swaps, moved = Dice(f"{seed}/reorder"), {}, 0, set()
    for number, fact in enumerate(facts):
        if not fact:
            continue
        before = last.get(fact[0])
        last[fact[0]] = number
        if before is None or number - before > window or before in moved or not may_swap(facts[before], fact, acks):
            continue
        if dice.chance(share):
            a, b = places[before], places[number]
            trace.items[a], trace.items[b] = trace.items[b], trace.items[a]
            moved.update((before, number))
            swaps += 1
    return swaps


def duplicate(trace, seed, share):
    """Lets some TCP frames with payload be seen twice. Returns how many."""
    dice, items, count = Dice(f"{seed}/duplicate"), [], 0
    for item in trace.items:
        items.append(item)
        fact = tcp_facts(item) if isinstance(item, Packet) else None
        if fact and fact[3] and dice.chance(share):
            items.append(Packet(item.time, item.data, item.link_type, item.head, item.tail))
            count += 1
    trace.items = items
    return count


def drop(trace, seed, share):
    """Loses some frames. Returns how many."""
    dice, before = Dice(f"{seed}/drop"), len(trace.items)
    trace.items = [item for item in trace.items if not (isinstance(item, Packet) and dice.chance(share))]
    return before - len(trace.items)


def in_time_order(trace):
    """Gives the time stamps to the frames in rising order: a swap then exchanges contents, as at a capture point."""
    packets = trace.packets()
    for packet, time in zip(packets, sorted(packet.time for packet in packets)):
        packet.time = time


def disturb(data, seed, swap=0.0, twice=0.0, lose=0.0, window=4, acks=False, keep_times=False):
    """A disturbed copy of a capture file, and (swaps, duplicates, losses)."""
    trace = read(data)
    counts = reorder(trace, seed, swap, window, acks), duplicate(trace, seed, twice), drop(trace, seed, lose)
    if not keep_times:
        in_time_order(trace)
    return trace.bytes(), counts


def second_leg(data, client=bytes([10, 9, 0, 5]), server=bytes([10, 9, 0, 21])):
    """Each frame of HTTP over IPv4 a second time, as a balancer sends it on: requests after the first, responses before it."""
    trace = read(data)
    items = []
    for item in trace.items:
        items.append(item)
        if not isinstance(item, Packet) or item.data[12:14] != b"\x08\x00" or item.data[23] != 6:
            continue
        at = 14 + (item.data[14] & 15) * 4
        ports = struct.unpack(">HH", item.data[at : at + 4])
        if 80 in ports:
            to_server = ports[1] == 80
            ends = client + server if to_server else server + client
            sent_on = Packet(item.time, item.data[:26] + ends + item.data[34:], item.link_type, item.head, item.tail)
            items.insert(len(items) - (0 if to_server else 1), sent_on)
    return Trace(trace.order, trace.pcapng, items).bytes()


def longer(packet, payload, order):
    """A packet of IPv4 with that payload behind its own; its record's head ends with both lengths."""
    header = bytearray(packet.data[14:34])
    header[2:4] = struct.pack(">H", struct.unpack(">H", header[2:4])[0] + len(payload))
    header[10:12] = b"\0\0"
    total = sum(struct.unpack(">10H", header))
    header[10:12] = struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF)
    data = packet.data[:14] + bytes(header) + packet.data[34:] + payload
    return Packet(packet.time, data, packet.link_type, packet.head[:-8] + struct.pack(order + "II", len(data), len(data)), packet.tail)


def coalesced(data):
    """Segments of Ethernet and IPv4 that follow each other, with nothing but acknowledgements between, as one: as a network card with
    receive offload delivers them. And how many there were."""
    trace, items, last, count = read(data), [], None, 0
    for item in trace.items:
        facts = tcp_facts(item) if isinstance(item, Packet) else None
        if not facts or (not facts[3] and not facts[2]):
            items.append(item)
            continue
        before = tcp_facts(items[last]) if last is not None else None
        if facts[3] and before and before[:2] == facts[:2] and before[3] and not (before[2] | facts[2]) and before[3] + facts[3] < 40000:
            items[last] = longer(items[last], item.data[-facts[3]:], trace.order)
            count += 1
        else:
            last = len(items)
            items.append(item)
    return Trace(trace.order, trace.pcapng, items).bytes(), count


def one_way(data, port=80):
    """The capture without what servers at that port sent."""
    trace = read(data)
    sent = [item for item in trace.packets() if item.data[12:14] == b"\x08\x00" and item.data[23] == 6 and struct.unpack(">H", item.data[34:36])[0] == port]
    return Trace(trace.order, trace.pcapng, [item for item in trace.items if item not in sent]).bytes()


def without(data, number):
    """The capture without that frame, from 1."""
    trace = read(data)
    gone = trace.packets()[number - 1]
    return Trace(trace.order, trace.pcapng, [item for item in trace.items if item is not gone]).bytes()


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Disturbs a capture: frames swapped, seen twice, lost.")
    parser.add_argument("--reorder", type=float, default=0, metavar="SHARE",
                        help="swap this share (0 to 1) of the pairs that may be swapped")
    parser.add_argument("--duplicate", type=float, default=0, metavar="SHARE", help="show this share of the frames with TCP payload twice")
    parser.add_argument("--drop", type=float, default=0, metavar="SHARE", help="lose this share of all frames")
    parser.add_argument("--window", type=int, default=4, help="frames of a pair are at most so far apart in the file (4)")
    parser.add_argument("--acks", action="store_true", help="swap with pure acknowledgements of the other side, too")
    parser.add_argument("--keep-times", action="store_true", help="frames keep their own time stamps, which then go backwards")
    parser.add_argument("--seed", default="1", help="what the decisions depend on (1)")
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    data, counts = disturb(options.input.read_bytes(), options.seed, options.reorder, options.duplicate, options.drop, options.window,
                           options.acks, options.keep_times)
    options.output.write_bytes(data)
    print("%d swapped, %d twice, %d lost" % counts)


if __name__ == "__main__":
    main()
