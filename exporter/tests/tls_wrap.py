"""Puts the TCP payload of a plaintext capture into TLS, so that Wireshark has something to decrypt.

Each segment becomes one record of TLS_RSA_WITH_NULL_SHA, in a frame of its own with the same time; the handshakes are in
front of all, so that frame N of the plaintext is frame N + offset. Frames without payload are placeholders.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import hmac
import ipaddress
import struct

NULL_SHA = 0x0002
TLS_1_2 = b"\x03\x03"
HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 20, 23
RECORD_MAX = 16384
FIELDS = ["frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.stream", "tcp.seq",
          "tcp.payload"]


def prf(secret, label, seed, length):
    """P_SHA256, RFC 5246 section 5."""
    seed = label + seed
    out, part = b"", seed
    while len(out) < length:
        part = hmac.new(secret, part, hashlib.sha256).digest()
        out += hmac.new(secret, part + seed, hashlib.sha256).digest()
    return out[:length]


class Side:
    """What one side of a TLS connection counts."""

    def __init__(self, key):
        self.key = key
        self.records = 0
        self.sent = 0  # TCP payload

    def record(self, kind, data, protected=True):
        """One record; its MAC has the number of the record in it."""
        if protected:
            head = struct.pack(">Q", self.records) + bytes([kind]) + TLS_1_2 + struct.pack(">H", len(data))
            data += hmac.new(self.key, head + data, hashlib.sha1).digest()
            self.records += 1
        return bytes([kind]) + TLS_1_2 + struct.pack(">H", len(data)) + data


def message(kind, body):
    """A handshake message."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


class Connection:
    """A TLS connection in the place of a plaintext one; side 0 is the client."""

    def __init__(self, number, ends):
        self.ends = ends
        self.randoms = [hashlib.sha256(f"{number}/{side}".encode()).digest() for side in ("client", "server")]
        self.master = hashlib.sha384(f"{number}/master".encode()).digest()
        keys = prf(self.master, b"key expansion", self.randoms[1] + self.randoms[0], 40)
        self.sides = [Side(keys[:20]), Side(keys[20:])]

    def key_log(self):
        """The line for tls.keylog_file."""
        return f"CLIENT_RANDOM {self.randoms[0].hex()} {self.master.hex()}\n"

    def handshake(self):
        """Flights: who sends, and what."""
        suite = struct.pack(">H", NULL_SHA)
        client, server = self.sides
        finished = message(20, bytes(12))
        yield 0, client.record(HANDSHAKE, message(1, TLS_1_2 + self.randoms[0] + b"\0" + b"\0\2" + suite + b"\1\0"), False)
        yield 1, (server.record(HANDSHAKE, message(2, TLS_1_2 + self.randoms[1] + b"\0" + suite + b"\0"), False)
                  + server.record(HANDSHAKE, message(14, b""), False))
        yield 0, (client.record(HANDSHAKE, message(16, b"\0\0"), False) + client.record(CHANGE_CIPHER_SPEC, b"\1", False)
                  + client.record(HANDSHAKE, finished))
        yield 1, server.record(CHANGE_CIPHER_SPEC, b"\1", False) + server.record(HANDSHAKE, finished)

    def packet(self, side, payload):
        """The next segment of that side, from Ethernet on."""
        (source, source_port), (target, target_port) = self.ends[side], self.ends[1 - side]
        tcp = struct.pack(">HHIIBBHHH", source_port, target_port, 1 + self.sides[side].sent & 0xFFFFFFFF,
                          1 + self.sides[1 - side].sent & 0xFFFFFFFF, 0x50, 0x18, 65535, 0, 0) + payload
        self.sides[side].sent += len(payload)
        if source.version == 4:
            return (bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0,
                                                          source.packed, target.packed) + tcp)
        return bytes(12) + b"\x86\xdd" + struct.pack(">IHBB16s16s", 0x60000000, len(tcp), 6, 64, source.packed, target.packed) + tcp


def nanoseconds(text):
    """A time with nine decimals as whole nanoseconds."""
    whole, fraction = text.split(".")
    return int(whole) * 10**9 + int(fraction)


def is_wrappable(rows):
    """Whether every payload follows the one before in its stream: nothing lost, repeated or out of order."""
    expected = {}
    for row in rows:
        if row["tcp.payload"]:
            key = row["tcp.stream"], row["tcp.srcport"], row["ip.src"] + row["ipv6.src"]
            if int(row["tcp.seq"]) != expected.get(key, int(row["tcp.seq"])):
                return False
            expected[key] = int(row["tcp.seq"]) + len(row["tcp.payload"]) // 2
    return True


def ends_of(row):
    """Sender and receiver."""
    return [(ipaddress.ip_address(row[f"ip.{side}"] or row[f"ipv6.{side}"]), int(row[f"tcp.{side}port"])) for side in ("src", "dst")]


def wrap(rows, server_ports, capture_path, keys_path):
    """Writes the capture and its key log from rows of FIELDS, one a frame; returns the offset of the frame numbers."""
    connections, frames = {}, []
    begin = nanoseconds(rows[0]["frame.time_epoch"])
    for row in rows:
        if row["tcp.payload"] and row["tcp.stream"] not in connections:
            ends = ends_of(row)
            connections[row["tcp.stream"]] = Connection(row["tcp.stream"], ends[::-1] if ends[0][1] in server_ports else ends)
    for connection in connections.values():
        frames += [(begin, connection.packet(side, flight)) for side, flight in connection.handshake()]
    offset = len(frames)
    for row in rows:
        packet = bytes(12) + b"\x88\xb5"  # the EtherType for experiments
        if row["tcp.payload"]:
            connection = connections[row["tcp.stream"]]
            side = connection.ends.index(ends_of(row)[0])
            payload = bytes.fromhex(row["tcp.payload"])
            packet = connection.packet(side, b"".join(connection.sides[side].record(APPLICATION_DATA, payload[at:at + RECORD_MAX])
                                                      for at in range(0, len(payload), RECORD_MAX)))
        frames.append((nanoseconds(row["frame.time_epoch"]), packet))
    with open(capture_path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for time, packet in frames:
            file.write(struct.pack("<IIII", time // 10**9, time % 10**9, len(packet), len(packet)) + packet)
    keys_path.write_text("".join(connection.key_log() for connection in connections.values()), encoding="ascii")
    return offset
