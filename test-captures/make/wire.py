"""Hosts, TCP connections on a timeline, and the capture file they are written to.

Everything a capture holds follows from the script that makes it: times come from clocks the script moves, identifiers and
"random" bytes from digests of their labels, so the same script writes the same bytes on every machine.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import hashlib
import ipaddress
import struct

EPOCH_US = 1772438400 * 1_000_000  # 2026-03-02 08:00:00 UTC
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ACK_DELAY_US = 35
SEGMENT_US = 12


def digest(label, length=16):
    """Bytes that look random and depend on the label only."""
    data = b""
    while len(data) < length:
        data += hashlib.sha256(f"{label}/{len(data)}".encode()).digest()
    return data[:length]


class Clock:
    """The time of one chain of events, in microseconds from the capture's first moment."""

    def __init__(self, capture, label, start_us=0):
        self.now = start_us
        self.label = f"{capture.seed}/{label}"
        self.draws = 0

    def wait(self, low_us, high_us=None):
        """Lets time pass: a fixed span, or one between two bounds that depends on the clock's label only."""
        span = low_us
        if high_us is not None and high_us > low_us:
            self.draws += 1
            span += int.from_bytes(digest(f"{self.label}/{self.draws}", 6), "big") % (high_us - low_us)
        self.now += span


class Host:
    """A machine: a name, its addresses, and the counters its packets carry."""

    def __init__(self, name, address):
        self.name = name
        self.address = ipaddress.ip_address(address)
        self.mac = b"\x02\x00" + hashlib.sha256(self.address.packed).digest()[:4]
        self.port = 49152 + int.from_bytes(digest(f"{name}/{address}", 2), "big") % 4096
        self.identification = 0

    def next_port(self):
        """A new client port."""
        self.port += 1
        return self.port


class Frame:
    """One captured packet; its number is known when the capture is written (None: not captured)."""

    def __init__(self, time_us, data, connection, side):
        self.time_us, self.data, self.connection, self.side = time_us, data, connection, side
        self.number = None


def checksum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Connection:
    """A simulated TCP connection: side 0 connects, side 1 accepts."""

    def __init__(self, capture, clock, client, server, port, **facts):
        self.capture, self.clock = capture, clock
        self.hosts = (client, server)
        self.ports = (client.next_port(), port)
        self.mss = facts.pop("mss", 1460 if client.address.version == 4 else 1440)
        self.facts = facts  # hop, channel: what the truth file says of the connection
        self.number = len(capture.connections)
        label = f"{capture.seed}/connection {self.number}"
        self.first_sequence = [int.from_bytes(digest(f"{label}/{side}", 4), "big") for side in (0, 1)]
        self.sent = [0, 0]         # payload bytes of each side so far
        self.finished = [False, False]
        self.opened = False
        self.segments = ([], [])   # (start, end, frame) of each side's payload
        self.frames = []
        self.corked = [None, None]
        self.ended = "open at the end"
        capture.connections.append(self)

    # Packets -----------------------------------------------------------------------------------------------------------

    def _packet(self, side, flags, payload=b"", options=b"", at_us=None, start=None):
        """Puts one packet of a side on the timeline."""
        source, target = self.hosts[side], self.hosts[1 - side]
        passed = 0 if flags & SYN else 1 + (self.finished[side] and not flags & FIN)
        sequence = self.first_sequence[side] + passed + (self.sent[side] if start is None else start)
        acknowledged = 0
        if flags & ACK:
            acknowledged = self.first_sequence[1 - side] + 1 + self.sent[1 - side] + self.finished[1 - side]
        header = struct.pack(">HHIIBBHHH", self.ports[side], self.ports[1 - side], sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF,
                             (20 + len(options)) // 4 << 4, flags, 0 if flags & RST else 64240, 0, 0) + options
        length = len(header) + len(payload)
        if source.address.version == 4:
            source.identification = (source.identification + 1) & 0xFFFF
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, source.identification, 0x4000, 64, 6, 0,
                             source.address.packed, target.address.packed)
            ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
            pseudo = ip[12:20] + struct.pack(">BBH", 0, 6, length)
            kind = b"\x08\x00"
        else:
            ip = struct.pack(">IHBB16s16s", 0x60000000, length, 6, 64, source.address.packed, target.address.packed)
            pseudo = ip[8:40] + struct.pack(">IHBB", length, 0, 0, 6)
            kind = b"\x86\xdd"
        header = header[:16] + struct.pack(">H", checksum(pseudo + header + payload)) + header[18:]
        frame = Frame(self.clock.now if at_us is None else at_us, target.mac + source.mac + kind + ip + header + payload, self, side)
        self.capture.frames.append(frame)
        self.frames.append(frame)
        return frame

    def open(self, round_trip_us=400):
        """The three packets that open a connection."""
        options = struct.pack(">BBHBBBBBB", 2, 4, self.mss, 1, 3, 3, 0, 4, 2) + b"\x01\x01\x01"
        options += b"\0" * (-len(options) % 4)
        self._packet(0, SYN, options=options)
        self.clock.wait(round_trip_us)
        self._packet(1, SYN | ACK, options=options)
        self.clock.wait(round_trip_us // 2)
        self.opened = True
        self._packet(0, ACK)
        self.clock.wait(20)
        return self

    def refuse(self):
        """A connection attempt answered by a reset."""
        self._packet(0, SYN, options=struct.pack(">BBH", 2, 4, self.mss))
        self.clock.wait(300)
        self.first_sequence[1] = 0
        self._packet(1, RST | ACK)
        self.ended = "refused"
        return self

    # Payload -----------------------------------------------------------------------------------------------------------

    def send(self, side, data, sizes=()):
        """Sends bytes in segments (of the given sizes first, then of the maximum) and has them acknowledged.

        Returns where in the side's stream the bytes stand."""
        if self.corked[side] is not None:
            start = self.sent[side] + len(self.corked[side])
            self.corked[side] += data
            return start, start + len(data)
        start = self.sent[side]
        self._segments(side, data, list(sizes))
        return start, start + len(data)

    def _segments(self, side, data, sizes):
        """Cuts the bytes into segments; every second one and the last are acknowledged at once."""
        offset, count = 0, 0
        while offset < len(data):
            size = min(sizes.pop(0) if sizes else self.mss, self.mss)
            part = data[offset:offset + size]
            offset += len(part)
            last = offset >= len(data)
            frame = self._packet(side, ACK | (PSH if last else 0), part)
            start = self.sent[side]
            self.sent[side] += len(part)
            self.segments[side].append((start, self.sent[side], frame))
            count += 1
            if count % 2 == 0 or last:
                self._packet(1 - side, ACK, at_us=self.clock.now + ACK_DELAY_US)
                self.clock.wait(ACK_DELAY_US + 5)
            self.clock.wait(SEGMENT_US)

    @contextlib.contextmanager
    def together(self, side, sizes=()):
        """What a side sends within this block leaves in one go: heads and PDUs share segments."""
        self.corked[side] = b""
        yield
        data, self.corked[side] = self.corked[side], None
        self._segments(side, data, list(sizes))

    def frame_of(self, side, offset):
        """The frame that carries the byte at this place of a side's stream."""
        for start, end, frame in self.segments[side]:
            if start <= offset < end:
                return frame
        raise ValueError(f"{self.capture.name}: nothing was sent at {offset}")

    # Ends --------------------------------------------------------------------------------------------------------------

    def finish(self, side, both=True):
        """A side closes; the other side follows unless told otherwise."""
        if self.finished[side]:
            return
        self._packet(side, FIN | ACK)
        self.finished[side] = True
        self.clock.wait(60)
        self._packet(1 - side, ACK)
        self.clock.wait(40)
        if self.ended == "open at the end":
            self.ended = f"FIN by {self.hosts[side].name}"
        if both and not self.finished[1 - side]:
            self._packet(1 - side, FIN | ACK)
            self.finished[1 - side] = True
            self.clock.wait(60)
            self._packet(side, ACK)
            self.clock.wait(40)

    def reset(self, side, by=None):
        """A side (or a box in the middle in its name) resets."""
        self._packet(side, RST | ACK)
        self.clock.wait(40)
        self.ended = f"RST by {by or self.hosts[side].name}"


class Capture:
    """What one capture file holds, and the truth about it."""

    def __init__(self, name, about, sections, seed=None):
        self.name, self.about, self.sections = name, about, sections
        self.seed = seed or name  # captures of one seed show the same traffic
        self.connections, self.frames = [], []
        self.sessions, self.pdus, self.calls, self.heads, self.notes = [], [], [], [], []
        self.exchanges = []             # of MAPI over HTTP
        self.texts = []                 # of 8 bits, in their code pages
        self.keep = lambda frame: True  # which frames were captured
        self.readable = {}              # what a reader can tell of a PDU, where less than its name
        self.start_us = 0

    def number(self):
        """Orders the frames in time, leaves out what was not captured, numbers the rest."""
        kept = [frame for frame in sorted(self.frames, key=lambda frame: frame.time_us)
                if frame.time_us >= self.start_us and self.keep(frame)]
        for frame in self.frames:
            frame.number = None
        for index, frame in enumerate(kept, 1):
            frame.number = index
        return kept

    def pcapng(self):
        """The capture as a pcapng file; the section header's comment says what it is."""
        def option(code, value):
            return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

        def block(kind, body):
            return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

        comment = f"Made, not recorded: {self.about} {'; '.join(self.sections)}"
        blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(1, comment.encode()) + option(0, b"")),
                  block(1, struct.pack("<HHI", 1, 0, 262144))]
        for frame in self.number():
            time = EPOCH_US + frame.time_us
            size = len(frame.data)
            blocks.append(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, size, size)
                                + frame.data + b"\0" * (-size % 4)))
        return b"".join(blocks)


def pcap(records, link_type=1):
    """A classic pcap file of (microseconds since 1970, bytes) records."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)]
    for time, data in records:
        out.append(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(data), len(data)) + data)
    return b"".join(out)
