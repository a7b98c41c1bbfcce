#!/usr/bin/env python3
"""Calls that NTLM seals, with --nt-password-file: the ROPs of the client's log, whatever is lost or comes twice; reasons; faulty files.

Usage: test_unsealed.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
CAPTURE = tools.REAL / "privacy.pcapng"
PASSWORD = "Seed-Lab-1"
NT_HASH = "a76d20ae944bd0aaeb865ddcfd4ba87c"
LOG = [json.loads(line) for line in CAPTURE.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
LOGGED = [rop for line in LOG for rop in line.get("rops", [])]
CALLS = 58
# Frames of the connection before the calls, with the authentication.
FIRST_CALL = 24
SEALED_ONLY = ("return_value", "server_time_ms", "rops", "first_rop", "unsealed", "unsealed_why_not", "signatures_verified", "signatures_why_not")


class Unsealed(unittest.TestCase):
    """oaexport with a file of passwords."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "passwords"

    def write(self, text):
        """The file of passwords, for its owner alone."""
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.file.chmod(0o600)

    def run_with(self, text, *arguments):
        """A run that may fail, with that file of passwords."""
        self.write(text)
        return subprocess.run([PROGRAM, "--nt-password-file", self.file, *arguments], capture_output=True, text=True, check=False)

    def report(self, text, name, capture=CAPTURE):
        """The rows of a report; nothing is said on standard error, and no secret in the report."""
        result = self.run_with(text, "--rops", "--reports", name, capture)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for secret in (PASSWORD, NT_HASH):
            self.assertNotIn(secret, result.stdout)
        return tools.rows(result.stdout)

    def outcomes(self, text, capture=CAPTURE):
        """How often each cell of `unsealed` is there, with its reason."""
        return collections.Counter((row["unsealed"], row["unsealed_why_not"]) for row in self.report(text, "calls", capture))

    def damaged(self, data):
        """A capture of these bytes."""
        path = self.folder / "damaged.pcapng"
        path.write_bytes(data)
        return path

    def test_forms(self):
        """Each form of a line; of several for one user the right one counts."""
        for line in (f"brian:{PASSWORD}", f"brian@lab.test:{PASSWORD}", f"BRIAN@LAB.TEST:{PASSWORD}", f"LAB\\brian:{PASSWORD}",
                     f"# a comment\r\n\r\nada:other\r\nbrian:{PASSWORD}\r\n", f"\ufeffbrian:{PASSWORD}", f"brian:wrong\nbrian:{PASSWORD}"):
            with self.subTest(line=line):
                self.assertEqual(self.outcomes(line), {("password", ""): CALLS})
        self.assertEqual(self.outcomes(f"brian:{NT_HASH}"), {("nt_hash", ""): CALLS})
        self.assertEqual(self.outcomes(f"brian:{NT_HASH.upper()}"), {("nt_hash", ""): CALLS})

    def test_domains(self):
        """A line of another domain is of the user if --domain-map says that the domains are the same, by whichever name."""
        for line in (f"brian@mail.example.com:{PASSWORD}", f"EXAMPLE\\brian:{PASSWORD}"):
            for options, outcome in (([], "no"), (["--domain-map", "lab.test=mail.example.com", "--domain-map", "EXAMPLE=mail.example.com"], "password")):
                result = self.run_with(line, *options, "--reports", "calls", CAPTURE)
                self.assertEqual({row["unsealed"] for row in tools.rows(result.stdout)}, {outcome}, (line, options))

    def test_log(self):
        """The ROPs of the client's log, and the user."""
        rops = self.report(f"brian:{PASSWORD}", "rops")
        self.assertEqual([row["rop"] for row in rops], LOGGED)
        session = self.report(f"brian:{PASSWORD}", "sessions")[0]
        self.assertTrue(session["user_dn"].endswith("-brian"))
        self.assertEqual(session["client_software"], "Outlook 2007")

    def test_reasons(self):
        """Without the right secret all else is the same, and the reason is told."""
        read = self.report(f"brian:{PASSWORD}", "calls")
        for text, reason in (("ada:x", "no secret of this user was given"), (f"OTHER\\brian:{PASSWORD}", "no secret of this user was given"),
                             ("brian:wrong", "the secret given is not that of the user")):
            with self.subTest(text=text):
                rows = self.report(text, "calls")
                self.assertEqual({(row["unsealed"], row["unsealed_why_not"]) for row in rows}, {("no", reason)})
                for one, other in zip(rows, read):
                    self.assertEqual({name: value for name, value in one.items() if name not in SEALED_ONLY},
                                     {name: value for name, value in other.items() if name not in SEALED_ONLY})
                    self.assertEqual([one[name] for name in SEALED_ONLY[:4]], [""] * 4)
        rows = tools.report(PROGRAM, "calls", CAPTURE)
        self.assertEqual({(row["unsealed"], row["unsealed_why_not"]) for row in rows}, {("no", "no secrets were given")})
        rows = self.report(f"brian:{PASSWORD}", "calls", tools.REAL / "basic.pcapng")
        self.assertEqual({(row["unsealed"], row["unsealed_why_not"]) for row in rows}, {("", "")})

    def test_wrong_signature(self):
        """Bytes of a request that somebody has changed: its signature is wrong, which is reported, and all others are verified."""
        before = self.report(f"brian:{PASSWORD}", "calls")
        self.assertEqual({(row["signatures"], row["signatures_verified"], row["signatures_why_not"]) for row in before if row["response_fragments"] == "1"}, {("2", "2", "")})
        changed = before[20]
        trace = disturb.read(CAPTURE.read_bytes())
        packet = trace.packets()[int(changed["request_frame"]) - 1]
        packet.data = packet.data[:-40] + bytes([packet.data[-40] ^ 1]) + packet.data[-39:]
        path = self.damaged(trace.bytes())
        found = [row for row in self.report(f"brian:{PASSWORD}", "findings", path) if row["code"] == "signature_wrong"]
        self.assertEqual([(row["frame"], row["evidence"]) for row in found],
                         [(changed["request_frame"], f"RPC request of call {changed['call_id']}: NTLM, packet privacy")])
        for row, other in zip(self.report(f"brian:{PASSWORD}", "calls", path), before, strict=True):
            wanted = ("2", "1", "the signature is wrong") if other is changed else (other["signatures"], other["signatures_verified"], "")
            self.assertEqual((row["signatures"], row["signatures_verified"], row["signatures_why_not"]), wanted)

    def test_loss(self):
        """Whichever frame is lost, the calls that are there as a whole are read, before it and behind it."""
        data = CAPTURE.read_bytes()
        for number in range(FIRST_CALL, len(disturb.read(data).packets()) + 1, 3):
            with self.subTest(number=number):
                found = self.outcomes(f"brian:{PASSWORD}", self.damaged(disturb.without(data, number)))
                self.assertGreaterEqual(found[("password", "")], CALLS - 2)
                self.assertLessEqual({reason for _, reason in found} - {""}, {"the capture does not contain all of it"})
        for seed in range(10):
            with self.subTest(seed=seed):
                path = self.damaged(disturb.disturb(data, seed, lose=0.05)[0])
                if self.report("ada:x", "auth", path)[-1]["legs"] != "3":
                    continue  # the authentication is lost
                found = self.outcomes(f"brian:{PASSWORD}", path)
                self.assertLessEqual({reason for _, reason in found} - {""},
                                     {"the capture does not contain all of it", "the authentication is not in the capture"})

    def test_start_lost(self):
        """Without the tokens nothing can be read, which is told."""
        trace = disturb.read(CAPTURE.read_bytes())
        gone = set(map(id, trace.packets()[:FIRST_CALL]))
        path = self.damaged(disturb.Trace(trace.order, trace.pcapng, [item for item in trace.items if id(item) not in gone]).bytes())
        found = self.outcomes(f"brian:{PASSWORD}", path)
        self.assertEqual(set(found), {("no", "the authentication is not in the capture")})

    def test_two_hops(self):
        """The same PDUs on two hops: each call is read once."""
        path = self.damaged(disturb.second_leg(CAPTURE.read_bytes()))
        self.assertEqual(self.outcomes(f"brian:{PASSWORD}", path), {("password", ""): CALLS})
        self.assertEqual([row["rop"] for row in self.report(f"brian:{PASSWORD}", "rops", path)], LOGGED)

    def test_joined_frames(self):
        """Several PDUs in a frame."""
        path = self.damaged(disturb.coalesced(CAPTURE.read_bytes())[0])
        self.assertEqual([row["rop"] for row in self.report(f"brian:{PASSWORD}", "rops", path)], LOGGED)

    def test_faulty_files(self):
        """Nothing is written, and the message shows nothing of a password."""
        for text, message in (("brian", ":1: not USER:PASSWORD or USER:HASH"), (f"ada:x\n:{PASSWORD}", ":2: not USER:PASSWORD or USER:HASH"),
                              (b"brian:\xff\xfe", ":1: not UTF-8"), (b"brian:a\0b", ":1: not UTF-8"), ("# nobody\n", ": no user in it"),
                              ("", ": the file is empty")):
            with self.subTest(text=text):
                result = self.run_with(text, "--reports", "calls", CAPTURE)
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertEqual(result.stderr, f"oaexport: {self.file}{message}\n")
        result = subprocess.run([PROGRAM, "--nt-password-file", self.folder / "none", CAPTURE], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.write(f"brian:{PASSWORD}")
        self.file.chmod(0o644)
        result = subprocess.run([PROGRAM, "--nt-password-file", self.file, "--reports", "rops", CAPTURE], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, f"oaexport: {self.file}: others can read or change the file (chmod 600)\n")


if __name__ == "__main__":
    unittest.main()
