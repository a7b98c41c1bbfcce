"""Puts the TCP payload of a plaintext capture into records as any cipher suite would: their lengths are right, their contents zero.

Each segment becomes one record. The handshake of a connection is in front of its first byte.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "exporter" / "tests"))
import tls_wrap  # noqa: E402
import tools  # noqa: E402

TLS_1_0, TLS_1_2, TLS_1_3 = 0x0301, 0x0303, 0x0304
SUPPORTED_VERSIONS = 43
MS = 10**6


def cbc(mac, block, vector):
    """Length of a record with padding to whole blocks."""
    return lambda size: vector + (size + mac) // block * block + block


# Name: version, cipher suite, length of a record from that of its plaintext.
SUITES = {
    "TLS 1.2 AES-GCM": (TLS_1_2, 0xC02F, lambda size: size + 24),
    "TLS 1.2 ChaCha20": (TLS_1_2, 0xCCA8, lambda size: size + 16),
    "TLS 1.3": (TLS_1_3, 0x1302, lambda size: size + 17),
    "TLS 1.0 RC4-SHA": (TLS_1_0, 0x0005, lambda size: size + 20),
    "TLS 1.0 3DES-SHA": (TLS_1_0, 0x000A, cbc(20, 8, 0)),
    "TLS 1.2 AES-CBC-SHA384": (TLS_1_2, 0xC028, cbc(48, 16, 16)),
}
PADDED = {f"TLS 1.3, padded to {to}": (TLS_1_3, 0x1302, lambda size, to=to: size // to * to + to + 16) for to in (16, 64, 256, 4096)}


class Connection(tls_wrap.Connection):
    """A connection with a suite whose keys nobody has."""

    def __init__(self, number, ends, suite):
        super().__init__(number, ends)
        self.version, self.suite, self.length = (SUITES | PADDED)[suite]

    def record(self, kind, data):
        """One record as it is sent."""
        return bytes([kind]) + struct.pack(">HH", min(self.version, TLS_1_2), len(data)) + data

    def encrypted(self, kind, size):
        """One record with so many bytes of plaintext."""
        return self.record(kind, bytes(self.length(size)))

    def handshake(self):
        """Flights: who sends, and what."""
        suite, version = struct.pack(">H", self.suite), struct.pack(">H", min(self.version, TLS_1_2))
        extensions = struct.pack(">HHHH", 6, SUPPORTED_VERSIONS, 2, self.version) if self.version == TLS_1_3 else b"\0\0"
        client = tls_wrap.message(1, version + self.randoms[0] + b"\0\0\2" + suite + b"\1\0")
        server = self.record(22, tls_wrap.message(2, version + self.randoms[1] + b"\0" + suite + b"\0" + extensions))
        switch = self.record(20, b"\1")
        yield 0, self.record(22, client)
        if self.version == TLS_1_3:
            yield 1, server + switch + self.encrypted(23, 1000)
            yield 0, switch + self.encrypted(23, 36)
            return
        yield 1, server + self.record(22, tls_wrap.message(14, b""))
        yield 0, self.record(22, tls_wrap.message(16, b"\0\0")) + switch + self.encrypted(22, 16)
        yield 1, switch + self.encrypted(22, 16)

    def data(self, payload):
        """The records of a segment."""
        return b"".join(self.encrypted(tls_wrap.APPLICATION_DATA, len(payload[at:at + tls_wrap.RECORD_MAX]))
                        for at in range(0, len(payload), tls_wrap.RECORD_MAX))


def file_of(frames):
    """A capture file from (nanoseconds, packet)."""
    file = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for time, packet in sorted(frames, key=lambda frame: frame[0]):
        file.append(struct.pack("<IIII", time // 10**9, time % 10**9, len(packet), len(packet)) + packet)
    return b"".join(file)


def rows_of(capture):
    """The capture's frames for wrap()."""
    return [dict(zip(tls_wrap.FIELDS, row)) for row in tools.fields(tools.STOCK, capture, tls_wrap.FIELDS)]


def wrap(rows, suite, server_ports):
    """A capture file from rows of FIELDS, of the connections to these ports; nothing may be missing or out of order in them."""
    connections, frames = {}, []
    for row in rows:
        if not row["tcp.payload"] or not {row["tcp.srcport"], row["tcp.dstport"]} & server_ports:
            continue
        time, ends = tls_wrap.nanoseconds(row["frame.time_epoch"]), tls_wrap.ends_of(row)
        if row["tcp.stream"] not in connections:
            by_server = row["tcp.srcport"] in server_ports
            connections[row["tcp.stream"]] = Connection(row["tcp.stream"], ends[::-1] if by_server else ends, suite)
            flights = list(connections[row["tcp.stream"]].handshake())
            frames += [(time - (len(flights) - at) * MS, connections[row["tcp.stream"]].packet(side, flight))
                       for at, (side, flight) in enumerate(flights)]
        connection = connections[row["tcp.stream"]]
        payload = connection.data(bytes.fromhex(row["tcp.payload"]))
        frames.append((time, connection.packet(connection.ends.index(ends[0]), payload)))
    return file_of(frames)
