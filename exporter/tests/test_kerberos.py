#!/usr/bin/env python3
"""Kerberos with a keytab: users from tickets, and calls that it seals, in recorded captures.

The users and services are those that the proxy's own log has, the calls those of the server's log, and every plain stub is the one that
tshark decrypts with the same keytab. Keytabs whose keys do not fit say why.

Usage: test_kerberos.py OAEXPORT DUMP_STUBS [PLUGIN_HOME]

Without PLUGIN_HOME there is no comparison with tshark.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import json
import pathlib
import re
import struct
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402
from keytab import read_keytab  # noqa: E402

HOME = sys.argv.pop(3) if len(sys.argv) > 3 else None
DUMP = sys.argv.pop(2)
PROGRAM = sys.argv.pop(1)
CLIENTS = tools.CAPTURES / "clients"
KEYTAB = CLIENTS / "kerberos.keytab"
SEALED = ("rpc_kerberos_16", "rpc_kerberos_9")
ALL = SEALED + ("http_kerberos", "http_kerberos_wrongkey", "rpc_kerberos_refused")
ANNA, BRIAN = "anna@CL.TEST", "brian@CL.TEST"
HOST, HTTP = "host/dc1.cl.test@CL.TEST", "http/proxy.cl.test@CL.TEST"
# What the clients' commands authenticated with inside RPC: user, service, level.
RPC = {**dict.fromkeys(SEALED, [(ANNA, HOST, "connect"), (ANNA, HOST, "packet integrity"), (BRIAN, HOST, "packet privacy")]),
       "http_kerberos": [(ANNA, HOST, "connect")], "http_kerberos_wrongkey": [],
       "rpc_kerberos_refused": [(ANNA, HTTP, "packet integrity"), (ANNA, HTTP, "packet privacy")]}


def write_keytab(path, entries):
    """Writes such entries, for its owner only."""
    out = b"\x05\x02"
    for names, version, enctype, key in entries:
        body = struct.pack(">H", len(names) - 1) + b"".join(struct.pack(">H", len(name)) + name for name in names)
        body += struct.pack(">LLBHH", 1, 0, version & 0xFF, enctype, len(key)) + key + struct.pack(">L", version)
        out += struct.pack(">l", len(body)) + body
    path.write_bytes(out)
    path.chmod(0o600)


def log(name, role):
    """The entries of the log of the proxy or of the store."""
    path = CLIENTS / f"{name}.{role}.jsonl.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def service_of(row):
    """As the log has it; Samba asks for it in lower case."""
    return f"{row['spn']}@{row['realm']}".replace("HTTP/", "http/")


class Kerberos(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.keytab = self.path / "keytab"
        self.entries = read_keytab(KEYTAB.read_bytes())
        write_keytab(self.keytab, self.entries)

    def export(self, name, *arguments, keytab=True, reports=("auth", "calls", "sessions", "users")):
        """Rows of the reports, by report."""
        output = self.path / "reports"
        tools.oaexport(PROGRAM, "-q", "-r", ",".join(reports), "-o", output, *(["--keytab", self.keytab] if keytab else []), *arguments,
                       CLIENTS / f"{name}.pcapng")
        return {report: tools.rows((output / f"{report}.csv").read_text(encoding="utf-8")) for report in reports}

    def test_users(self):
        for name in ALL:
            with self.subTest(name):
                reports = self.export(name)
                accepted = collections.Counter((entry["user"], entry["service"].replace("HTTP/", "http/")) for entry in log(name, "proxy")
                                               if entry.get("auth") == "negotiate" and entry["ok"])
                http = [row for row in reports["auth"] if row["place"] == "http"]
                tools.same("HTTP", collections.Counter((row["user"], service_of(row)) for row in http if row["result"] == "accepted"), accepted)
                rpc = [(row["user"], service_of(row), row["rpc_level"]) for row in reports["auth"] if row["place"] == "rpc"]
                tools.same("RPC", rpc, RPC[name])
                self.assertTrue(http)
                for row in reports["auth"]:
                    self.assertEqual((row["ticket"], row["domain"]), ("opened", ""))
                if name != "http_kerberos_wrongkey":
                    users = {user for user, *_ in accepted}
                    self.assertEqual({row["user"] for row in reports["users"]}, users)
                    self.assertEqual({row["user"] for row in reports["sessions"] if row["user"]}, users)

    def test_refusals(self):
        """They name the user and the service."""
        for name, texts in (("http_kerberos_wrongkey", ["Negotiate, anna@CL.TEST for HTTP/proxy.cl.test; 401"] * 2 + ["Negotiate, anna@CL.TEST for http/"]),
                            ("rpc_kerberos_refused", ["Inside RPC: Kerberos, anna@CL.TEST for HTTP/proxy.cl.test; by a bind_nak",
                                                      "Inside RPC: SPNEGO, anna@CL.TEST for HTTP/proxy.cl.test; by a bind_nak"])):
            rows = [row for row in self.export(name, reports=("findings",))["findings"] if row["code"] == "auth_refused"]
            self.assertEqual(len(rows), len(texts))
            for row, text in zip(rows, texts):
                self.assertTrue(row["evidence"].startswith(text), row["evidence"])
                self.assertEqual(row["user"], ANNA)

    def test_refused_before_ntlm(self):
        """The client goes on with NTLM, which names nobody: the name is the ticket's."""
        result = tools.oaexport(PROGRAM, "-q", "-r", "auth", "--keytab", self.keytab, tools.CAPTURES / "cases" / "http_negotiate_fallback.pcapng")
        self.assertEqual([(row["user"], row["ticket"], row["result"]) for row in tools.rows(result.stdout)], [(BRIAN, "opened", "refused")] * 2)

    def test_calls(self):
        for name in SEALED:
            with self.subTest(name):
                rows = self.export(name)["calls"]
                logged = [(entry["call_id"], entry["opnum"]) for entry in log(name, "store") if entry.get("pdu") == "request"]
                tools.same("calls", [(int(row["call_id"]), int(row["opnum"])) for row in rows], logged)
                for row in rows:
                    is_sealed = row["auth_level"] == "packet privacy"
                    self.assertEqual(row["unsealed"], "keytab" if is_sealed else "")
                    self.assertEqual(row["unsealed_why_not"], "")
                    self.assertEqual(row["user"], BRIAN if is_sealed else ANNA)
                self.assertEqual(sum(row["unsealed"] == "keytab" for row in rows), 7)

    def test_without_keytab(self):
        reports = self.export("rpc_kerberos_16", keytab=False)
        self.assertEqual({row["ticket"] for row in reports["auth"]}, {"no keytab was given"})
        self.assertEqual({row["user"] for report in ("auth", "calls", "sessions") for row in reports[report]}, {""})
        self.assertEqual({row["unsealed_why_not"] for row in reports["calls"] if row["auth_level"] == "packet privacy"},
                         {"no secrets were given"})

    def test_why_not(self):
        def changed(version=None, enctype=None, key=None):
            return [[names, version or v, enctype or e, bytes(key and byte ^ 1 or byte for byte in k)] for names, v, e, k in self.entries]

        for what, entries, words in (
                ("other keys", changed(key=True), "the key in the keytab is not that of the service"),
                ("other keys of another version", changed(version=99, key=True), "the keytab has no key of the ticket's version"),
                ("another type", [entry for entry in self.entries if entry[2] == 17] or [[names, 1, 17, key[:16]] for names, _, _, key in self.entries],
                 "the keytab has no key of the ticket's encryption type"),
                ("another account", [entry for entry in self.entries if entry[0][1] == b"anna"], "the keytab has no key of the service")):
            with self.subTest(what):
                write_keytab(self.keytab, entries)
                reports = self.export("rpc_kerberos_9")
                self.assertEqual({row["ticket"] for row in reports["auth"]}, {words})
                sealed = [row for row in reports["calls"] if row["auth_level"] == "packet privacy"]
                self.assertEqual({(row["unsealed"], row["unsealed_why_not"]) for row in sealed}, {("no", words)})
                self.assertEqual({row["user"] for row in reports["sessions"]}, {""})

    def test_unsupported_types(self):
        """A type that libkrb5 has given up is named, also if the keytab has no such key: the ticket's own type in the capture is another."""
        path = self.path / "des.pcapng"
        ticket = re.compile(rb"(\xa0\x03\x02\x01)[\x11\x12\x17](\xa1\x03\x02\x01.\xa2)", re.DOTALL)
        for number, name in ((1, "des-cbc-crc"), (3, "des-cbc-md5")):
            data, count = ticket.subn(rb"\g<1>" + bytes([number]) + rb"\g<2>", (CLIENTS / "rpc_kerberos_16.pcapng").read_bytes())
            self.assertGreater(count, 0)
            path.write_bytes(data)
            result = tools.oaexport(PROGRAM, "-q", "-r", "auth", "--keytab", self.keytab, path)
            words = f"encryption type {name} is no longer supported by the Kerberos library"
            self.assertEqual({row["ticket"] for row in tools.rows(result.stdout) if row["place"] == "rpc"}, {words})

    def test_signatures(self):
        """Of every PDU at the levels packet integrity and packet privacy."""
        for name in SEALED:
            reports = self.export(name, reports=("auth", "calls", "findings"))
            for row in reports["calls"]:
                wanted = int(row["request_fragments"]) + int(row["response_fragments"]) if row["auth_level"].startswith("packet") else 0
                self.assertEqual((row["signatures"], row["signatures_verified"], row["signatures_why_not"]), (str(wanted), str(wanted), ""))
            for row in reports["auth"]:
                numbers = [row["signatures"], row["signatures_verified"]]
                self.assertEqual(numbers[0], numbers[1])
                self.assertEqual(numbers[0] == "", row["place"] == "http")
            self.assertGreater(sum(int(row["signatures"] or 0) for row in reports["auth"]), 10)
            self.assertNotIn("signature_wrong", {row["code"] for row in reports["findings"]})
        none = self.export("rpc_kerberos_16", keytab=False, reports=("calls",))["calls"]
        self.assertEqual({(row["signatures_verified"], row["signatures_why_not"]) for row in none if row["auth_level"].startswith("packet")},
                         {("0", "no secrets were given")})

    def test_files(self):
        capture = CLIENTS / "http_kerberos.pcapng"
        for content, words in ((None, "not found"), (b"", "Unsupported key table"), (b"no keytab at all", "Unsupported key table"), (b"\x05\x02", "no key of a supported type")):
            with self.subTest(content):
                self.keytab.unlink(missing_ok=True)
                if content is not None:
                    self.keytab.write_bytes(content)
                    self.keytab.chmod(0o600)
                result = tools.oaexport(PROGRAM, "--keytab", self.keytab, capture, check=False)
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertRegex(result.stderr, f"^oaexport: {re.escape(str(self.keytab))}: .*{words}")
                self.assertEqual(result.stderr.count("\n"), 1)
        write_keytab(self.keytab, self.entries)
        self.keytab.chmod(0o644)
        result = tools.oaexport(PROGRAM, "-q", "-r", "auth", "--keytab", self.keytab, capture, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertIn("others can read or change the file (chmod 600)", result.stderr)

    def test_secrets(self):
        """No key, and with --anonymize no name, is in any output."""
        key = self.path / "key"
        key.write_bytes(b"a long key of a test")
        key.chmod(0o600)
        for arguments, hidden in ((), ()), (("--anonymize", key), (b"anna", b"brian")):
            output = self.path / "all"
            result = tools.oaexport(PROGRAM, "-q", "--html", "--histograms", "-o", output, "--keytab", self.keytab, *arguments,
                                    *(CLIENTS / f"{name}.pcapng" for name in SEALED))
            texts = [file.read_bytes() for file in output.iterdir()] + [result.stdout.encode()]
            self.assertGreater(len(texts), 10)
            for _, _, _, value in self.entries:
                for form in (value, value.hex().encode(), value.hex().upper().encode()):
                    self.assertFalse([text for text in texts if form in text])
            for name in hidden:
                self.assertFalse([text for text in texts if name in text.lower()])

    def dumped(self, capture):
        """Plain stubs by frame, in order."""
        stubs = collections.defaultdict(list)
        for line in tools.run([DUMP, str(self.keytab), str(capture)], tools.surroundings("/nonexistent")).stdout.splitlines():
            frame, _, _, stub = line.split("\t")
            stubs[int(frame)].append(stub)
        return stubs

    @unittest.skipUnless(HOME, "needs the plugins")
    def test_stubs(self):
        """Byte for byte, on each hop, in one pass and in two, also with two PDUs in a frame."""
        self.keytab.chmod(0o644)
        self.path.chmod(0o755)
        keys = ("-o", "kerberos.decrypt:TRUE", "-o", f"kerberos.file:{self.keytab}")
        for name in SEALED:
            capture, pairs = CLIENTS / f"{name}.pcapng", self.path / "pairs.pcapng"
            pairs.write_bytes(in_pairs(capture.read_bytes()))
            for path, frames in ((capture, 4 * 7), (pairs, 4 * 4)):
                stubs = self.dumped(path)
                self.assertEqual((len(stubs), sum(map(len, stubs.values()))), (frames, 4 * 7))
                for passes in tools.PASSES:
                    with self.subTest(path=path, passes=passes):
                        text = tools.tshark(HOME, path, *passes, *keys, "-Y", "rpch && dcerpc.encrypted_stub_data", "-x", "-P", "-T", "text",
                                            "-o", "gui.column.format:frame,%m", check=False)
                        found = decrypted(text)
                        self.assertEqual(sorted(found), sorted(stubs))
                        for frame, sealed in stubs.items():
                            for stub, other in zip(sealed, found[frame], strict=True):
                                self.assertTrue(other.startswith(stub) and len(other) - len(stub) < 32, (frame, stub, other))


def is_sealed(pdu):
    """Whether it is a whole request or response with the token of AES at packet privacy."""
    return (len(pdu) > 24 + 8 + 76 and pdu[0] == 5 and pdu[2] in (0, 2) and struct.unpack_from("<HH", pdu, 8) == (len(pdu), 76)
            and pdu[len(pdu) - 76 - 7] == 6)


def in_pairs(data):
    """The capture with each second sealed PDU of a direction in one segment with the one before it."""
    trace = disturb.read(data)
    firsts, gone = {}, []
    for packet in trace.packets():
        connection, side, _, length = disturb.tcp_facts(packet) or (None,) * 3 + (0,)
        pdu = packet.data[-length:] if length else b""
        if not is_sealed(pdu):
            continue
        first = firsts.pop((connection, side), None)
        if not first:
            firsts[connection, side] = packet
            continue
        gone.append(first)
        both = disturb.longer(first, pdu, trace.order)
        packet.data, packet.head = both.data, both.head
    return disturb.Trace(trace.order, trace.pcapng, [item for item in trace.items if item not in gone]).bytes()


def decrypted(text):
    """Stubs with their padding by frame, from tshark's dump of bytes."""
    stubs, frame, is_stub = collections.defaultdict(list), None, False
    for line in text.splitlines():
        if re.fullmatch(r" *\d+ *", line):
            frame = int(line)
        elif match := re.match(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} ){1,16})", line):
            if is_stub:
                stubs[frame][-1] += match.group(2).replace(" ", "")
        elif line:
            is_stub = line.startswith("Decrypted stub data (")
            if is_stub:
                stubs[frame].append("")
    return stubs


unittest.main()
