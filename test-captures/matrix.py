"""The rows of tls/MATRIX: captures of one dialogue inside TLS of many kinds.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "tls"
PASSWORD = "Matrix-Lab-1"  # of rsa.p12
TLS_1_3_SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                  "TLS_AES_128_CCM_8_SHA256")

# Parts of the suites' names as GnuTLS calls them.
GNUTLS_CIPHERS = {"RC4_128": "ARCFOUR-128", "3DES_EDE_CBC": "3DES-CBC", "CHACHA20_POLY1305": "CHACHA20-POLY1305"}
# The few suites of servers of OpenSSL.
OPENSSL_NAMES = {"TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
                 "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384": "ECDHE-RSA-AES256-SHA384", "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256"}


class Row:
    """One capture."""

    def __init__(self, line):
        self.name, self.version, self.suite, self.server, self.client, *rest = line.split()
        self.features = tuple(rest)
        self.exchange, _, self.bulk = self.suite[4:].rpartition("_WITH_") if "_WITH_" in self.suite else ("", "", self.suite[4:])
        self.certificate = "ecdsa" if "ECDSA" in self.exchange else "rsa"
        self.capture, self.keys = (FOLDER / f"{self.name}.{end}" for end in ("pcapng.gz", "keys"))

    def has_private_key(self):
        """Whether the server's private key decrypts it."""
        return self.exchange == "RSA"

    def openssl_name(self):
        """The suite, up to TLS 1.2."""
        return OPENSSL_NAMES[self.suite]

    def gnutls_parts(self):
        """Key exchange, cipher and MAC as priorities of GnuTLS."""
        cipher, mac = re.fullmatch(r"(.*?)(?:_(SHA|SHA256|SHA384))?", self.bulk).groups()
        is_aead = any(mode in cipher for mode in ("GCM", "CCM", "CHACHA"))
        exchanges = [self.exchange.replace("_", "-")] if self.exchange else ["ECDHE-RSA"]
        macs = ["AEAD"] if is_aead else ["SHA1" if mac == "SHA" else mac]
        return [f"+{part}" for part in [*exchanges, GNUTLS_CIPHERS.get(cipher, cipher.replace("_", "-")), *macs]]


def rows():
    """All of them."""
    text = (FOLDER / "MATRIX").read_text(encoding="utf-8")
    return [Row(line) for line in text.splitlines() if line and not line.startswith("#")]
