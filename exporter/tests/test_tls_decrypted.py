#!/usr/bin/env python3
"""Recorded connections inside TLS, opened with keys: against the client's log, and call for call against tshark with the same keys.

Usage: test_tls_decrypted.py OAEXPORT FOLDER [PLUGIN_HOME]; skipped without the captures of FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import functools
import io
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test-captures"))
import tools  # noqa: E402
import versions  # noqa: E402

OAEXPORT, FOLDER, PLUGIN_HOME = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None
SERVER_KEY = "server.key"
PASSWORD = "Seed-Lab-1"
SKIPPED = 77

# Name, and how its connections are opened.
CAPTURES = {
    "tls10_rsa": "private_key", "tls10_rsa_3des": "private_key", "tls10_rsa_rc4": "private_key", "tls12_rsa_ids": "private_key",
    "tls12_ecdhe_cbc": "key_log", "tls12_ecdhe_gcm": "key_log", "tls12_privacy": "key_log", "tls13_aes256": "key_log",
    "tls13_privacy": "key_log", "tls_mapihttp": "key_log", "tls_multi": "key_log"}
# What tshark does not pass on with an exported PDU, or in other words.
NOT_EXPORTED = {"user", *(() if versions.EXPORTS_RECORDS else versions.PARTS)}


@functools.cache
def keys_folder():
    """Copies of the key files that nobody else can read."""
    folder = tempfile.TemporaryDirectory()
    for path in [*FOLDER.glob("*.keys"), *FOLDER.glob("server*")]:
        copy = pathlib.Path(folder.name) / path.name
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o600)
    for name, text in (("password", PASSWORD + "\n"), ("wrong_password", "Seed-Lab-2\n")):
        (pathlib.Path(folder.name) / name).touch(0o600)
        (pathlib.Path(folder.name) / name).write_text(text, encoding="ascii")
    return folder


def key_path(name):
    """Of a copy."""
    return pathlib.Path(keys_folder().name) / name


def options_of(name):
    """The keys of a capture."""
    if CAPTURES.get(name) == "private_key":
        return ["--tls-private-key", key_path(SERVER_KEY)]
    return ["--tls-keylog", key_path(name + ".keys")]


def run(*arguments, **more):
    """oaexport's result, whatever it is."""
    return subprocess.run([OAEXPORT, "--quiet", *map(str, arguments)], capture_output=True, check=False, **more)


def report(name, *arguments, codes=(0,), **more):
    """Rows of a report."""
    result = run("--reports", name, "-o", "-", *arguments, **more)
    if result.returncode not in codes or (result.stderr and result.returncode == 0):
        raise AssertionError(f"{arguments}: exit {result.returncode}: {result.stderr.decode()}")
    return list(csv.DictReader(io.StringIO(result.stdout.decode())))


def key_of(name, request, response):
    """The server of the recording ends its first PENDING line of a long NotificationWait without a line break, so that the client and
    the specification disagree about where the response begins."""
    return name, str(request), "" if name == "NotificationWait" else str(response)


def calls_of(rows):
    """What the client knows of each call: its number or name, and the bytes of both stubs."""
    return collections.Counter(key_of(row["opnum"] or row["operation"], row["request_bytes"], row["response_bytes"]) for row in rows
                               if row["state"] == "answered")


def logged(name):
    """The same of the client's logs, and how many virtual connections there were."""
    calls, connections = collections.Counter(), 0
    for path in sorted(FOLDER.glob(name + ".jsonl")) + sorted(FOLDER.glob(name + ".*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            connections += entry.get("fact") == "vc"
            if entry.get("fact") == "call":
                calls[key_of(str(entry.get("http", entry.get("opnum"))), entry["req"], entry["resp"])] += 1
    return calls, connections


def users_of(name):
    """Who was logged on."""
    logs = sorted(FOLDER.glob(name + ".jsonl")) + sorted(FOLDER.glob(name + ".*.jsonl"))
    return {json.loads(path.read_text(encoding="utf-8").splitlines()[0])["args"]["user"] for path in logs}


class Recorded(unittest.TestCase):
    """Captures beside the project."""

    maxDiff = None

    def capture(self, name):
        """The path of a capture."""
        return FOLDER / (name + ".pcapng")

    def test_logs(self):
        """Calls, users, virtual connections as the clients noted them; every connection with a handshake is opened to its end."""
        for name, how in CAPTURES.items():
            with self.subTest(name):
                rows = report("calls", self.capture(name), *options_of(name))
                calls, connections = logged(name)
                self.assertEqual(calls_of(rows), calls)
                sessions = report("sessions", self.capture(name), *options_of(name))
                if connections:
                    self.assertEqual(len(sessions), connections)
                self.assertEqual({row["user"] for row in report("users", self.capture(name), *options_of(name))}, users_of(name))
                tcp = report("connections", self.capture(name), *options_of(name))
                opened = [row for row in tcp if row["tls_cipher"]]
                self.assertEqual({(row["decrypted"], row["not_decrypted"], row["decoded_share"]) for row in opened}, {(how, "", "1.0000")})
                closed = {(row["decrypted"], row["not_decrypted"]) for row in tcp if not row["tls_cipher"]}
                self.assertLessEqual(closed, {("no", "the handshake is not in the capture")})
                status = report("connection_status", self.capture(name), *options_of(name))
                self.assertEqual({row["conn"].split()[0] for row in status}, {"HTTPS"})

    @unittest.skipUnless(PLUGIN_HOME, "needs the plugins")
    def test_tshark(self):
        """What tshark decrypts and exports with the same keys gives the same calls, in the same frames."""
        for name in CAPTURES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                os.chmod(folder, 0o777)
                capture, keys, exported = (pathlib.Path(folder) / part for part in ("capture", "keys", "exported"))
                capture.write_bytes(self.capture(name).read_bytes())
                is_private = CAPTURES[name] == "private_key"
                keys.write_bytes((FOLDER / (SERVER_KEY if is_private else name + ".keys")).read_bytes())
                preference = f'uat:rsa_keys:"{keys}",""' if is_private else f"tls.keylog_file:{keys}"
                tools.run([*tools.as_ordinary_user(), "tshark", "-r", str(capture), "-o", preference, "-d", "tcp.port==8443,tls", "-U",
                           "OSI layer 7", "-w", str(exported)], tools.surroundings(PLUGIN_HOME))
                for reported in ("calls", "rops"):
                    ours = report(reported, self.capture(name), *options_of(name))
                    theirs = report(reported, exported)
                    tools.same(reported, without(ours), without(theirs))
                    self.assertTrue(ours or reported == "rops")

    def test_pkcs(self):
        """The same key in other forms."""
        name = "tls12_rsa_ids"
        expected = report("calls", self.capture(name), *options_of(name))
        for arguments in (["server_pkcs1.key"], ["server.p12", "password"]):
            more = ["--tls-private-key-password-file", key_path(arguments[1])] if arguments[1:] else []
            self.assertEqual(report("calls", self.capture(name), "--tls-private-key", key_path(arguments[0]), *more), expected)

    def test_forms_of_private_keys(self):
        """PKCS#8 and PKCS#12 as openssl encrypts them, in every form that servers export."""
        name = "tls12_rsa_ids"
        expected = report("calls", self.capture(name), *options_of(name))
        made = key_path("made.key")
        made.touch(0o600)
        key, password = key_path(SERVER_KEY), f"file:{key_path('password')}"
        for command in (["pkcs8", "-topk8", "-in", key, "-passout", password, "-v2", "aes-256-cbc"],
                        ["pkcs8", "-topk8", "-in", key, "-passout", password, "-v1", "PBE-SHA1-3DES"],
                        ["rsa", "-in", key, "-aes128", "-passout", password, "-traditional"],
                        ["pkcs12", "-export", "-inkey", key, "-in", key_path("server.pem"), "-passout", password],
                        ["rsa", "-in", key, "-outform", "DER"]):
            with self.subTest(command):
                subprocess.run(["openssl", *map(str, command), "-out", str(made)], check=True, capture_output=True)
                more = ["--tls-private-key-password-file", key_path("password")]
                self.assertEqual(report("calls", self.capture(name), "--tls-private-key", made, *more), expected)

    def test_refused_files(self):
        """One line says what is wrong, and no secret is in it."""
        name = "tls12_rsa_ids"
        empty, garbage = key_path("empty"), key_path("garbage")
        for path, content in ((empty, b""), (garbage, bytes(range(256)))):
            path.touch(0o600)
            path.write_bytes(content)
        for arguments, word in (
                (["--tls-private-key", key_path("server.p12"), "--tls-private-key-password-file", key_path("wrong_password")], "wrong"),
                (["--tls-private-key", key_path("server.p12")], "encrypted"),
                (["--tls-private-key", key_path("server.pem")], "no private key"),
                (["--tls-private-key", garbage], "no private key"), (["--tls-private-key", empty], "empty"),
                (["--tls-keylog", empty], "empty"), (["--tls-keylog", garbage], "no secrets"),
                (["--tls-keylog", key_path("absent")], "No such file")):
            with self.subTest(arguments):
                result = run("--reports", "calls", self.capture(name), *arguments, start_new_session=True, stdin=subprocess.DEVNULL)
                self.assertEqual(result.returncode, 1)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertIn(word, result.stderr.decode())
                self.assertNotIn(PASSWORD, result.stderr.decode())

    def why(self, name, *arguments):
        """The words of the connections with a handshake."""
        rows = report("connections", self.capture(name), "--proxy", "198.51.100.2", *arguments, codes=(0, 5))
        return {(row["decrypted"], row["not_decrypted"]) for row in rows if row["tls_cipher"]}

    def test_why_not(self):
        """Words for what cannot be opened."""
        random.seed(1)
        lines = key_path("tls12_ecdhe_gcm.keys").read_text(encoding="ascii").splitlines()
        others = key_path("others.keys")
        others.touch(0o600)
        others.write_text("".join(" ".join(line.split()[:2] + [random.randbytes(48).hex()]) + "\n" for line in lines
                                  if line.startswith("CLIENT_RANDOM")), encoding="ascii")
        self.assertEqual(self.why("tls12_ecdhe_gcm", "--tls-keylog", others), {("no", "the key log has another key")})
        self.assertEqual(self.why("tls12_ecdhe_gcm"), {("no", "there are no keys")})
        self.assertEqual(self.why("tls12_ecdhe_gcm", "--tls-keylog", key_path("tls13_aes256.keys")),
                         {("no", "the key log has no line for this connection")})
        ephemeral = {("no", "the server's key cannot open DHE or ECDHE; a key log is needed")}
        for name in ("tls12_ecdhe_gcm", "tls13_aes256"):
            self.assertEqual(self.why(name, "--tls-private-key", key_path(SERVER_KEY)), ephemeral)
        other = key_path("other.key")
        subprocess.run(["openssl", "genrsa", "-out", str(other), "2048"], check=True, capture_output=True)
        self.assertEqual(self.why("tls12_rsa_ids", "--tls-private-key", other),
                         {("no", "the private key is not that of the server's certificate"),
                          ("no", "resumed; the session's first handshake is not in the capture")})
        self.assertEqual(self.why("tls12_rsa_ids", "--tls-private-key", other, "--tls-private-key", key_path(SERVER_KEY)),
                         {("private_key", "")})

    def test_loss(self):
        """Frames are missing: records behind them are opened again, with every suite, and no call is made up."""
        for name, how in CAPTURES.items():
            if name == "tls_mapihttp":
                continue  # a response without its request is a call of its own there
            calls = {(row["start"], row["opnum"]): row for row in report("calls", self.capture(name), *options_of(name))}
            lines = tools.run(["tshark", "-r", str(self.capture(name)), "-T", "fields", "-e", "frame.number", "-e", "tcp.len", "-e",
                               "tls.handshake.type"], {**os.environ, "HOME": "/nonexistent"}, check=False).stdout.splitlines()
            frames = [number for number, length, message in (line.split("\t") for line in lines) if length not in ("", "0") and not message]
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                damaged = pathlib.Path(folder) / "damaged.pcapng"
                subprocess.run(["editcap", str(self.capture(name)), str(damaged), *random.Random(3).sample(frames, len(frames) // 40)],
                               check=True, capture_output=True)
                rows = report("connections", damaged, *options_of(name))
                self.assertEqual({(row["decrypted"], row["not_decrypted"]) for row in rows if row["tls_cipher"]}, {(how, "")})
                found = [row for row in report("calls", damaged, *options_of(name)) if row["state"] == "answered"]
                self.assertGreater(len(found), len(calls) // 4)
                self.assertEqual([row for row in found if (row["start"], row["opnum"]) not in calls], [])

    def test_secrets_inside(self):
        """A block of secrets in the capture opens it, also behind all frames; then the file is read again, or before if what it becomes cannot be taken back."""
        for name in ("tls13_aes256", "tls12_ecdhe_gcm"):
            expected = report("calls", self.capture(name), *options_of(name))
            with tempfile.TemporaryDirectory() as folder:
                inside, behind = pathlib.Path(folder) / "inside.pcapng", pathlib.Path(folder) / "behind.pcapng"
                subprocess.run(["editcap", "--inject-secrets", f"tls,{key_path(name + '.keys')}", str(self.capture(name)), str(inside)],
                               check=True, capture_output=True)
                self.assertEqual(report("calls", inside), expected)
                blocks = list(blocks_of(inside.read_bytes()))
                behind.write_bytes(b"".join(block for _, block in sorted(blocks, key=lambda block: block[0] == SECRETS)))
                self.assertEqual(report("calls", behind), expected)
                run("-o", folder, behind)
                with open(pathlib.Path(folder) / "calls.csv", encoding="utf-8") as file:
                    self.assertEqual(list(csv.DictReader(file)), expected)


SECRETS = 10  # the type of a Decryption Secrets Block


def blocks_of(data):
    """Type and bytes of each block of a pcapng file in little endian."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        yield kind, data[at:at + length]
        at += length


def without(rows):
    """Rows without what exported PDUs do not show: how calls ended that were open at the end."""
    kept = [{key: value for key, value in row.items() if key not in NOT_EXPORTED} for row in rows
            if row.get("state") not in ("unanswered", "unknown")]
    return sorted(kept, key=lambda row: int(row.get("call", 0)))


if __name__ == "__main__":
    if not FOLDER.is_dir():
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
