#!/usr/bin/env python3
"""Connections inside TLS that are made with Python's ssl from plaintext captures: the reports are those of the plaintext.

Both HTTP hops inside TLS, as with a front end that sends requests on to a back end by HTTPS; a handshake with more certificates than are kept.

Usage: test_tls_real.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import ssl
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import matrix  # noqa: E402
import tls_real  # noqa: E402
import tls_shapes  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
CAPTURE = tools.REAL / "basic.pcapng"
KEPT = 16384  # bytes of a message, OA_TLS_MESSAGE_MAX
SUITE = "AES128-SHA"
# What TLS, with its handshakes in front and without the ends of the connections, does not change.
SAME = {"sessions": ("session", "hops", "user", "target_server", "service", "channels", "binds", "calls", "rpc_bytes_in", "rpc_bytes_out"),
        "calls": ("call", "session", "service", "operation", "call_id", "state", "start", "latency_ms", "user", "hops", "http_2_latency_ms", "request_bytes", "response_bytes"),
        "operations": ("target_server", "service", "operation", "calls", "latency_p50_ms"), "hops": ("hop", "service", "server_address", "connections", "sessions")}


class Real(unittest.TestCase):
    """In a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = self.folder / "rsa.key"
        self.key.write_bytes((matrix.FOLDER / "rsa.key").read_bytes())
        self.key.chmod(0o600)

    def wrapped(self, plain, settings):
        """The capture inside TLS."""
        path = self.folder / "inside.pcap"
        tls_real.wrap(tls_shapes.rows_of(plain), {"80"}, settings, path)
        return path

    def compare(self, plain, inside, options):
        """Report by report."""
        for name, columns in SAME.items():
            expected = tools.report(PROGRAM, name, plain)
            found = tools.rows(tools.oaexport(PROGRAM, "-q", "-r", name, *options, inside).stdout)
            self.assertTrue(expected, name)
            self.assertEqual(*([[row[column] for column in columns] for row in rows] for rows in (found, expected)), name)

    def test_two_hops(self):
        """Client to front end, and front end to back end, with the keys of both."""
        plain, keys = self.folder / "plain.pcapng", self.folder / "keys"
        plain.write_bytes(disturb.second_leg(CAPTURE.read_bytes()))
        keys.touch(0o600)
        self.assertEqual({row["hop"] for row in tools.report(PROGRAM, "channels", plain)}, {"client_proxy", "http_2"})
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            inside = self.wrapped(plain, tls_real.contexts(matrix.FOLDER / "rsa.pem", self.key, version, key_log=keys))
            self.compare(plain, inside, ["--tls-keylog", keys])

    def test_long_messages(self):
        """With extended master secret the hash over the handshake needs all bytes of the certificates."""
        chain = self.folder / "chain.pem"
        certificate = (matrix.FOLDER / "rsa.pem").read_bytes()
        size = len(ssl.PEM_cert_to_DER_cert(certificate.decode())) + 3
        for count in (1, KEPT // size + 2, 3 * KEPT // size):
            chain.write_bytes(certificate * count)
            inside = self.wrapped(CAPTURE, tls_real.contexts(chain, self.key, ssl.TLSVersion.TLSv1_2, SUITE))
            connections = tools.rows(tools.oaexport(PROGRAM, "-q", "-r", "connections", "--tls-private-key", self.key, inside).stdout)
            self.assertEqual({row["decrypted"] for row in connections if row["hop"] == "client_proxy"}, {"private_key"}, count)


if __name__ == "__main__":
    unittest.main()
