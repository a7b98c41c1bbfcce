"""Ways in which captures are damaged, and what each leaves of every frame. Any number of them can follow each other: each takes a list of
records and returns another.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ipaddress
import struct

import disturb
import tunnels

TICKS_PER_SECOND = 1000000  # unless the interface says otherwise
IF_TSRESOL = 9


def endpoint(text):
    """An address with its port, as disturb.tcp_facts() has it."""
    address, _, port = text.rpartition(":")
    return ipaddress.ip_address(address.strip("[]")).packed + struct.pack(">H", int(port))


def ticks_per_second(trace):
    """The unit of the time stamps of a pcapng file with one kind of interface."""
    for item in trace.items:
        if isinstance(item, bytes) and struct.unpack(trace.order + "I", item[:4])[0] == 1:
            at = 16
            while at + 4 <= len(item) - 4:
                kind, size = struct.unpack(trace.order + "HH", item[at:at + 4])
                if kind == IF_TSRESOL:
                    return 10 ** item[at + 4]
                at += 4 + size + -size % 4
    return TICKS_PER_SECOND


class Record:
    """A frame, or a part of one, that a damaged capture has: the number of the frame, how much of its end is missing, and how many bytes
    of the frame the parts behind it carry."""

    def __init__(self, number, packet, part=0, parts=1, missing=0, file=0, behind=0):
        self.number, self.packet, self.part, self.parts, self.missing, self.file = number, packet, part, parts, missing, file
        self.behind = behind

    def changed(self, data, missing=None, **more):
        """The same frame with other bytes."""
        packet = self.packet
        result = Record(self.number, disturb.Packet(packet.time, data, packet.link_type, packet.head, b""), self.part, self.parts, self.missing,
                        self.file, self.behind)
        result.missing = self.missing if missing is None else missing
        for name, value in more.items():
            setattr(result, name, value)
        return result

    @property
    def time(self):
        """As one number."""
        return self.packet.time[0] << 32 | self.packet.time[1]

    def at(self, time):
        """The same frame at another time."""
        result = self.changed(self.packet.data)
        result.packet.time = time >> 32, time & 0xFFFFFFFF
        return result


class Damaged:
    """A damaged capture: its files, which frames they have in their order, and how many bytes of payload are left of each up to the first one
    that is missing (None: all of them)."""

    def __init__(self, truth, records, what):
        self.what = what
        self.numbers = [record.number for record in records]
        self.files = [self._file(truth.trace, [record for record in records if record.file == file])
                      for file in sorted({record.file for record in records})] or [self._file(truth.trace, [])]
        parts = {}
        for record in records:
            seen = parts.setdefault(record.number, {})
            missing = min(record.missing, seen[record.part][0]) if record.part in seen else record.missing
            seen[record.part] = missing, record.behind, record.parts
        self.left = {}
        for number, seen in parts.items():
            payload = truth.payload[number]
            missing = next((missing + behind for _, (missing, behind, _) in sorted(seen.items()) if missing), 0)
            if len(seen) < next(iter(seen.values()))[2]:
                missing = payload
            self.left[number] = max(payload - missing, 0) if missing and payload else None

    @staticmethod
    def _file(trace, records):
        packets = []
        for record in records:
            packet = record.packet
            sizes = struct.pack(trace.order + "II", len(packet.data), len(packet.data) + record.missing)
            packets.append(disturb.Packet(packet.time, packet.data, packet.link_type, packet.head[:4] + sizes, b""))
        blocks = [item for item in trace.items if not isinstance(item, disturb.Packet)]
        return disturb.Trace(trace.order, trace.pcapng, blocks + packets).bytes()


# --- the kinds of damage: each has a name, and what it needs of the truth ---

def lose(share, seed):
    """Frames lost at random."""
    def apply(truth, records):
        dice = disturb.Dice(f"{truth.path.stem}/{share}/{seed}")
        return [record for record in records if not dice.chance(share)]
    return apply


def gone(share, seed):
    """About that share of the connections missing, each with all of its frames."""
    def apply(truth, records):
        dice = disturb.Dice(f"{truth.path.stem}/gone/{share}/{seed}")
        is_gone = {}
        for record in records:
            way = truth.ways[record.number]
            if way and way[0] not in is_gone:
                is_gone[way[0]] = dice.chance(share)
        return [record for record in records if not (truth.ways[record.number] and is_gone[truth.ways[record.number][0]])]
    return apply


def repeat(share, seed):
    """Frames that the capture has twice, as a mirror port delivers them: of the same time, with another MAC address."""
    def apply(truth, records):
        dice, result = disturb.Dice(f"{truth.path.stem}/twice/{seed}"), []
        for record in records:
            result.append(record)
            if dice.chance(share):
                data = record.packet.data
                if record.packet.link_type == disturb.ETHERNET:
                    data = b"\x02\xaa" + data[2:]
                result.append(record.changed(data))
        return result
    return apply


def reorder(share, seed, window):
    """Neighbours of one side of a connection swapped, within a few frames and less than the reorder window; each keeps its time."""
    def apply(truth, records):
        most = 9 * ticks_per_second(truth.trace) // 10
        result, dice, last, moved = list(records), disturb.Dice(f"{truth.path.stem}/order/{seed}"), {}, set()
        for place, record in enumerate(records):
            way = truth.ways[record.number]
            before = last.get(way)
            last[way] = place
            if way is None or before is None or place - before > window or before in moved or not dice.chance(share) or \
                    record.time - records[before].time > most:
                continue
            if not any(disturb.tcp_facts(truth.packets[records[at].number - 1])[2] for at in (before, place)):
                result[before], result[place] = result[place], result[before]
                moved |= {before, place}
        return result
    return apply


def until(number):
    """The capture ends before that frame."""
    return lambda truth, records: [record for record in records if record.number < number]


def since(number):
    """The capture begins with that frame."""
    return lambda truth, records: [record for record in records if record.number >= number]


def without(numbers):
    """These frames are lost."""
    return lambda truth, records: [record for record in records if record.number not in numbers]


def one_way(of_client):
    """The frames of the clients only, or of the servers only."""
    def apply(truth, records):
        ours = {tuple(sorted(ends)): (ends[0] < ends[1]) == of_client for ends in truth.clients}
        return [record for record in records if not (way := truth.ways[record.number]) or ours.get(way[0], way[1]) == way[1]]
    return apply


def snap(length):
    """Frames cut at that length."""
    def apply(_, records):
        return [record.changed(record.packet.data[:length], record.missing + max(len(record.packet.data) - length, 0)) for record in records]
    return apply


def skew(seconds, in_two_files):
    """Two machines, of which the one with the connections to the servers has another clock: two files, or one in the order of time."""
    def apply(truth, records):
        ahead = round(seconds * ticks_per_second(truth.trace))
        moved = []
        for record in records:
            is_back = truth.ways[record.number] is not None and truth.ways[record.number][0] in truth.back
            record = record.at(record.time + ahead) if is_back else record
            record.file = int(is_back and in_two_files)
            moved.append(record)
        return sorted(moved, key=lambda record: (record.file, record.time))
    return apply


def tunnel(*names):
    """Each frame in these tunnels, the first one innermost."""
    def apply(_, records):
        for name in names:
            wrap, wrapped = tunnels.TUNNELS[name], []
            for record in records:
                frames = wrap(record.packet.data, record.number)
                carried = [tunnels.carried(frame) if len(frames) > 1 else 0 for frame in frames]
                wrapped += [record.changed(frame, part=record.part * len(frames) + part, parts=record.parts * len(frames),
                                           behind=record.behind + sum(carried[part + 1:])) for part, frame in enumerate(frames)]
            records = wrapped
        return records
    return apply
