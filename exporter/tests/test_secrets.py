#!/usr/bin/env python3
"""No key, password or hash that oaexport is given appears in an output, in a message, in the list of processes, or in a core file.

Usage: test_secrets.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import matrix  # noqa: E402
import tools  # noqa: E402
from keytab import read_keytab  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
REPORTS = [line.split()[0] for line in tools.oaexport(PROGRAM, "--list-reports").stdout.splitlines()]
PASSWORD = "Seed-Lab-1"  # of the users in real/
NT_HASH = bytes.fromhex("a76d20ae944bd0aaeb865ddcfd4ba87c")  # of it
FORMATS = (["-o", "csv"], ["--format", "json", "-o", "json"], ["-o", "reports.sqlite"], ["--html", "-o", "html"])
# How much of a secret counts as the secret.
PIECE = 12
# What may be an encoded secret.
ENCODED = re.compile(rb"[0-9A-Za-z+/]{10,}")


def encoded(secret):
    """What it is in hexadecimal, and in Base64 at each alignment."""
    yield secret.hex().encode()
    for before in range(3):
        yield base64.b64encode(bytes(before) + secret)[4 * (before > 0):].rstrip(b"=")[:-1]


def pieces(secret):
    """The beginning, the middle and the end of a long secret; a short one whole."""
    half = len(secret) // 2
    return {secret} if len(secret) <= PIECE else {secret[:PIECE], secret[half:half + PIECE], secret[-PIECE:]}


def of_key_log(text):
    """Its secrets, without what names the connection."""
    return [bytes.fromhex(line.split()[2]) for line in text.splitlines() if line and not line.startswith("#")]


def of_private_key(path):
    """All numbers of an RSA key but those of the certificate, and the lines of the file."""
    text = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-text"], check=True, capture_output=True, text=True).stdout
    numbers = re.findall(r"^(privateExponent|prime\d|exponent\d|coefficient):\n((?:    .*\n)+)", text, re.MULTILINE)
    lines = [line for line in path.read_text(encoding="ascii").splitlines() if "-----" not in line]
    return [bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0") for _, digits in numbers] + [line.encode() for line in lines if len(line) > 20]


def found(secrets, data):
    """The secrets in these bytes: as they are, as text of 16 bits, or encoded."""
    words = b" ".join(ENCODED.findall(data))
    words += b" " + words.lower()
    return [secret for secret in secrets for piece in pieces(secret)
            if piece in data or piece.decode("latin-1").encode("utf-16-le") in data or any(form in words for form in encoded(piece))]


class Keyed:
    """A capture, the options with which it is opened, and what these have of secrets."""

    def __init__(self, capture, options, secrets):
        self.capture, self.options, self.secrets = capture, options, secrets


class Secrets(unittest.TestCase):
    """In a folder with all key files, mode 600."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, data):
        """A file that only its owner reads; its option."""
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        path.chmod(0o600)
        return path

    def keyed(self):
        """Captures of each kind of key."""
        keys = self.put("rsa.key", (matrix.FOLDER / "rsa.key").read_bytes())
        package = self.put("rsa.p12", (matrix.FOLDER / "rsa.p12").read_bytes())
        password = self.put("password", matrix.PASSWORD + "\n")
        private = of_private_key(keys)
        for row in matrix.rows():
            log = row.keys.read_text(encoding="ascii")
            yield Keyed(row.capture, ["--tls-keylog", self.put(row.keys.name, log)], of_key_log(log))
            if row.has_private_key():
                yield Keyed(row.capture, ["--tls-private-key", keys], private)
                yield Keyed(row.capture, ["--tls-private-key", package, "--tls-private-key-password-file", password],
                            [*private, matrix.PASSWORD.encode()])
        for name in ("tls", "privacy"):
            log = (tools.REAL / "tls.keys").read_text(encoding="ascii")
            for secret in (PASSWORD, NT_HASH.hex()):
                users = self.put("users", f"carol:{secret}\nbrian:{secret}\nanna:{secret}\n")
                yield Keyed(tools.REAL / f"{name}.pcapng", ["--nt-password-file", users, "--tls-keylog", self.put("keys", log)],
                            [PASSWORD.encode(), NT_HASH, *of_key_log(log)])
        table = (tools.CAPTURES / "clients" / "kerberos.keytab").read_bytes()
        keytab, keys = self.put("keytab", table), [key for _, _, _, key in read_keytab(table)]
        for capture in sorted((tools.CAPTURES / "clients").glob("*kerberos*.pcapng")):
            yield Keyed(capture, ["--keytab", keytab], keys)
        inside = self.folder / "inside.pcapng"
        subprocess.run(["editcap", "--inject-secrets", f"tls,{tools.REAL / 'tls.keys'}", tools.REAL / "tls.pcapng", inside], check=True)
        yield Keyed(inside, [], of_key_log((tools.REAL / "tls.keys").read_text(encoding="ascii")))

    def check(self, what, secrets, data):
        """None of them is in the data."""
        self.assertEqual(found(secrets, data), [], what)

    def test_outputs(self):
        """Every report of every capture, in the formats in turn, the summary, the page, and the messages."""
        for number, keyed in enumerate(self.keyed()):
            arguments = FORMATS[number % len(FORMATS)]
            output = self.folder / "out"
            output.mkdir()
            options = ["--rops", "--reports", ",".join(REPORTS), *arguments[:-1], output / arguments[-1]]
            result = subprocess.run([PROGRAM, *map(str, [*keyed.options, *options, keyed.capture])], capture_output=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, b""), keyed.capture)
            written = [path for path in output.rglob("*") if path.is_file()]
            self.assertTrue(written)
            self.check(keyed.capture, keyed.secrets, b"\n".join([result.stdout, *(path.read_bytes() for path in written)]))
            shutil.rmtree(output)

    def test_finds(self):
        """The search finds what is there."""
        secret = bytes(range(100, 148))
        for text in (secret, secret.hex().upper().encode(), base64.b64encode(b"x" + secret), b"a" + base64.b64encode(secret)):
            self.assertTrue(found([secret], b"before " + text + b" after"), text)
        self.assertEqual(found([secret], base64.b64encode(bytes(100))), [])

    def messages(self, *options):
        """What oaexport says of these keys."""
        result = subprocess.run([PROGRAM, "--quiet", "--reports", "sessions", *map(str, options), tools.REAL / "tls.pcapng"], capture_output=True, check=False)
        return result.stderr

    def test_messages(self):
        """Files that are not what they should be, with secrets in them; the wrong password; a password where a file belongs."""
        log = (tools.REAL / "tls.keys").read_text(encoding="ascii")
        table = (tools.CAPTURES / "clients" / "kerberos.keytab").read_bytes()
        secrets = [*of_key_log(log), *of_private_key(matrix.FOLDER / "rsa.key"), PASSWORD.encode(), NT_HASH, matrix.PASSWORD.encode(),
                   *(key for _, _, _, key in read_keytab(table))]
        mixed = [self.put("damaged", log[:-20]), self.put("spaced", log.replace(" ", "  ")), self.put("zeros", log.encode().replace(b" ", b"\0")),
                 self.put("key", (matrix.FOLDER / "rsa.key").read_bytes()), self.put("cut", (matrix.FOLDER / "rsa.key").read_bytes()[:600]),
                 self.put("p12", (matrix.FOLDER / "rsa.p12").read_bytes()), self.put("users", f"carol:{PASSWORD}\nbrian {PASSWORD}\n:{NT_HASH.hex()}\n"),
                 self.put("keytab", table), self.put("cut keytab", table[:-9]),
                 self.put("wrong", PASSWORD + "\n"), self.put("right", matrix.PASSWORD + "\n")]
        said = set()
        for path in mixed:
            for option in ("--tls-keylog", "--tls-private-key", "--nt-password-file", "--keytab"):
                more = ["--tls-private-key-password-file", self.folder / "wrong"] if option == "--tls-private-key" else []
                text = self.messages(option, path, *more)
                self.check(f"{option} {path.name}", secrets, text)
                said.add(text)
        self.assertGreater(len(said), 9)

    def test_permissions(self):
        """Every file that others can read or change is named, and no other."""
        options = {"--tls-keylog": self.put("keys", (tools.REAL / "tls.keys").read_bytes()),
                   "--tls-private-key": self.put("rsa.key", (matrix.FOLDER / "rsa.key").read_bytes()),
                   "--tls-private-key-password-file": self.put("password", matrix.PASSWORD),
                   "--nt-password-file": self.put("users", f"carol:{PASSWORD}\n"),
                   "--keytab": self.put("keytab", (tools.CAPTURES / "clients" / "kerberos.keytab").read_bytes())}
        needed = {"--tls-private-key-password-file": ["--tls-private-key", self.put("rsa.p12", (matrix.FOLDER / "rsa.p12").read_bytes())]}
        for option, path in options.items():
            for mode in (0o600, 0o400, 0o640, 0o644, 0o620, 0o602):
                path.chmod(mode)
                text = self.messages(option, path, *needed.get(option, []))
                self.assertEqual((f"{path}: others can read or change the file" in text.decode(), text.count(b"chmod")), (mode & 0o77 != 0,) * 2, (option, oct(mode)))

    def start(self, *options):
        """oaexport with half of a capture on standard input: it has read its keys and waits."""
        data = (tools.REAL / "tls.pcapng").read_bytes()
        unlimited = (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2
        process = subprocess.Popen([*tools.as_ordinary_user(), PROGRAM, "--quiet", "--reports", "sessions", *map(str, options), "-"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited))
        self.addCleanup(process.stdout.close if process.stdout else lambda: None)
        process.stdin.write(data[:len(data) // 2])
        process.stdin.flush()
        end = time.monotonic() + 60
        while "Max core file size        0" not in pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii"):
            self.assertLess(time.monotonic(), end, "the limit of core files")
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        return process

    def test_process(self):
        """The list of processes while it runs, who can look into it, and that a crash leaves no core file."""
        users, keys = self.put("users", f"carol:{PASSWORD}\n"), self.put("keys", (tools.REAL / "tls.keys").read_bytes())
        secrets = [PASSWORD.encode(), NT_HASH, *of_key_log((tools.REAL / "tls.keys").read_text(encoding="ascii"))]
        if tools.as_ordinary_user():
            for path in (self.folder, users, keys):
                os.chown(path, 65534, 65534)
        process = self.start("--nt-password-file", users, "--tls-keylog", keys)
        about = pathlib.Path(f"/proc/{process.pid}")
        for name in ("cmdline", "environ"):
            self.check(name, secrets, (about / name).read_bytes())
        self.assertEqual((about / "mem").stat().st_uid, 0)  # of a process that others of its user cannot trace
        process.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -signal.SIGSEGV
        process.stdin.close()
        self.assertEqual((os.WTERMSIG(status), os.WCOREDUMP(status)), (signal.SIGSEGV, False))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["keys", "users"])


if __name__ == "__main__":
    unittest.main()
