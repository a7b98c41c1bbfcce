#!/usr/bin/env python3
"""Writes connections of Python's ssl module with itself, with their key logs, into the corpus of fuzz_tls.c.

Usage: tls_corpus.py FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import ssl
import struct
import subprocess
import sys
import tempfile

SERVER, KEYS = 1, 4
TLS = ssl.TLSVersion
# Name, version, cipher suites, whether a second connection resumes the first one.
KINDS = [
    ("tls13_gcm", TLS.TLSv1_3, "", False), ("tls13_resumed", TLS.TLSv1_3, "", True),
    ("tls12_gcm", TLS.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256", False), ("tls12_chacha", TLS.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305", False),
    ("tls12_ccm", TLS.TLSv1_2, "AES128-CCM8", False), ("tls12_cbc", TLS.TLSv1_2, "ECDHE-RSA-AES256-SHA384", False),
    ("tls12_rsa", TLS.TLSv1_2, "AES128-SHA256", True), ("tls11_cbc", TLS.TLSv1_1, "AES128-SHA", True),
    ("tls10_cbc", TLS.TLSv1, "AES256-SHA", False)]
SECURITY = ":@SECLEVEL=0"


class End:
    """One side, in memory."""

    def __init__(self, context, is_server, session=None):
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self.inward, self.outward, server_side=is_server, session=session)
        self.is_ready = False

    def go_on(self):
        """As far as the handshake comes."""
        try:
            self.ssl.do_handshake()
            self.is_ready = True
        except ssl.SSLWantReadError:
            pass


def contexts(folder, version, ciphers):
    """Of server and client."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    for context in server, client:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers((ciphers or "DEFAULT") + SECURITY)
    server.load_cert_chain(folder / "certificate", folder / "key")
    client.keylog_filename = str(folder / "keys")
    return server, client


def connect(server_context, client_context, session):
    """What both sides send, as pairs of a side and bytes; and the session."""
    ends = [End(client_context, False, session), End(server_context, True)]
    flights = []

    def move(side):
        data = ends[side].outward.read()
        if data:
            flights.append((side, data))
            ends[1 - side].inward.write(data)

    while not all(end.is_ready for end in ends):
        for side in 0, 1:
            ends[side].go_on()
            move(side)
    for side, text in (0, b"POST /"), (1, b"HTTP/1.1 200"), (0, b"x" * 100), (1, b"y" * 50):
        ends[side].ssl.write(text)
        move(side)
        ends[1 - side].ssl.read()
    return flights, ends[0].ssl.session


def part(bits, data):
    """As fuzz_tls.c reads it."""
    return bytes([bits]) + struct.pack("<H", len(data)) + data


def main():
    """Writes a file for each kind."""
    target = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=a", "-keyout", str(folder / "key"),
                        "-out", str(folder / "certificate")], check=True, capture_output=True)
        for kind, version, ciphers, resumes in KINDS:
            (folder / "keys").write_bytes(b"")
            server, client = contexts(folder, version, ciphers)
            flights, session = connect(server, client, None)
            if resumes:
                flights, session = connect(server, client, session)
            keys = b"".join(line for line in (folder / "keys").read_bytes().splitlines(True) if not line.startswith(b"#"))
            (target / kind).write_bytes(part(KEYS, keys) + b"".join(part(side, data) for side, data in flights))


if __name__ == "__main__":
    main()
