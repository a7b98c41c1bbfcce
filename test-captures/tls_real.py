"""Puts the TCP payload of a plaintext capture into TLS as Python's ssl, with OpenSSL, encrypts it: every connection with its own handshake.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import ssl
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "exporter" / "tests"))
import tls_wrap  # noqa: E402

MS = 10**6
CLIENT, SERVER = 0, 1


def contexts(chain, key, version, ciphers=None, key_log=None):
    """Both sides' settings: the server's certificates and key, one version of TLS."""
    found = []
    for side in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        context = ssl.SSLContext(side)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        found.append(context)
    found[SERVER].load_cert_chain(chain, key)
    if key_log:
        found[CLIENT].keylog_filename = str(key_log)
    return found


class Connection(tls_wrap.Connection):
    """A TLS connection in the place of a plaintext one."""

    def __init__(self, number, ends, settings):
        super().__init__(number, ends)
        pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in settings]
        self.arriving, self.leaving = zip(*pipes)
        self.sides_of_tls = [context.wrap_bio(*pipe, server_side=side == SERVER, server_hostname=None if side == SERVER else "mail.lab.test")
                             for side, (context, pipe) in enumerate(zip(settings, pipes))]

    def sent(self, side):
        """What the side has to send, which arrives."""
        data = self.leaving[side].read()
        self.arriving[1 - side].write(data)
        return data

    def handshake(self):
        """Flights: who sends, and what."""
        done, side = [False, False], CLIENT
        while not all(done) or any(pipe.pending for pipe in self.leaving):
            try:
                self.sides_of_tls[side].do_handshake()
                done[side] = True
            except ssl.SSLWantReadError:
                pass
            data = self.sent(side)
            if data:
                yield side, data
            side = 1 - side

    def data(self, side, payload):
        """The records of a segment."""
        self.sides_of_tls[side].write(payload)
        data = self.sent(side)
        try:
            while self.sides_of_tls[1 - side].read(1 << 16):
                pass
        except ssl.SSLWantReadError:
            pass
        return data


def wrap(rows, server_ports, settings, path):
    """Writes a capture from rows of tls_wrap.FIELDS; nothing may be missing or out of order in them."""
    connections, frames = {}, []
    for row in rows:
        if not row["tcp.payload"]:
            continue
        time, ends = tls_wrap.nanoseconds(row["frame.time_epoch"]), tls_wrap.ends_of(row)
        connection = connections.get(row["tcp.stream"])
        if not connection:
            by_server = row["tcp.srcport"] in server_ports
            connection = connections[row["tcp.stream"]] = Connection(row["tcp.stream"], ends[::-1] if by_server else ends, settings)
            flights = list(connection.handshake())
            frames += [(time - (len(flights) - at) * MS // 10, connection.packet(side, flight)) for at, (side, flight) in enumerate(flights)]
        side = connection.ends.index(ends[0])
        frames.append((time, connection.packet(side, connection.data(side, bytes.fromhex(row["tcp.payload"])))))
    file = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for time, packet in sorted(frames, key=lambda frame: frame[0]):
        file.append(struct.pack("<IIII", time // 10**9, time % 10**9, len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(file))
