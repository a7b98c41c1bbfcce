#!/usr/bin/env python3
"""Writes files of keys of each kind into the corpus of fuzz_key_files.c, with the byte before each that names the kind.

Usage: key_file_corpus.py FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys

CAPTURES = pathlib.Path(__file__).resolve().parents[2] / "test-captures"
KEY_LOG, PASSWORDS, KEYTAB, PRIVATE_KEY, PRIVATE_KEY_WITH_PASSWORD = range(5)
PASSWORD = "Matrix-Lab-1"
LINES = ("# a comment\r\n\r\nanna:Seed-Lab-1\nLAB\\anna:a76d20ae944bd0aaeb865ddcfd4ba87c\nanna@lab.test:\u00e4\n", "\ufeffbrian@lab.test:x:y\n")
# Forms of a key that openssl writes from another.
FORMS = {"pkcs8_des3": ("pkcs8", "-topk8", "-v2", "des3"), "pkcs8_aes": ("pkcs8", "-topk8", "-v2", "aes256", "-iter", "2"),
         "pkcs1_aes": ("rsa", "-traditional", "-aes128"), "pkcs8_der": ("pkcs8", "-topk8", "-nocrypt", "-outform", "DER"),
         "p12_legacy": ("pkcs12", "-export", "-legacy", "-nocerts", "-iter", "2"), "p12_new": ("pkcs12", "-export", "-nocerts", "-iter", "2")}


def forms(key):
    """The key in each form, by name."""
    for name, command in FORMS.items():
        secret = () if "-nocrypt" in command else ("-passout", f"pass:{PASSWORD}")
        source = "-inkey" if command[0] == "pkcs12" else "-in"
        yield name, subprocess.run(["openssl", command[0], source, str(key), *command[1:], *secret], check=True, capture_output=True).stdout


def main():
    """Small keys, so that the fuzzer is fast."""
    target = pathlib.Path(sys.argv[1])
    tls = CAPTURES / "tls"
    small = target / "small.key"
    subprocess.run(["openssl", "genrsa", "-out", str(small), "512"], check=True, capture_output=True)
    files = {f"log_{path.stem}": (KEY_LOG, path.read_bytes()) for path in (tls / "tls13_aes256_gcm_sha384.keys", tls / "tls10_rsa_rc4_sha.keys")}
    files |= {f"passwords_{i}": (PASSWORDS, text.encode()) for i, text in enumerate(LINES)}
    files["keytab"] = (KEYTAB, (CAPTURES / "clients" / "kerberos.keytab").read_bytes())
    files |= {f"key_{path.name}": (PRIVATE_KEY, path.read_bytes()) for path in (small, tls / "rsa_pkcs1.key", tls / "ecdsa.key")}
    for name, data in forms(small):
        files[name] = (PRIVATE_KEY_WITH_PASSWORD, data)
    files["p12"] = (PRIVATE_KEY_WITH_PASSWORD, (tls / "rsa.p12").read_bytes())
    small.unlink()
    for name, (kind, data) in files.items():
        (target / name).write_bytes(bytes([kind]) + data)


if __name__ == "__main__":
    main()
