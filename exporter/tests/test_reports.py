#!/usr/bin/env python3
"""findings, hops, frames and sessions against the sidecars of the made captures.

Usage: test_reports.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import re
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)

# The finding that corresponds to a note of a sidecar.
CODES = {
    "pfc_flags is not 3": "rts_header", "call_id is not 0": "rts_header", "auth_length is not 0": "rts_header",
    "drep is not little endian": "rts_header", "bytes after the last command": "rts_length", "commands run past the end": "rts_length",
    "unknown command": "rts_unknown", "unknown signature": "rts_unknown", "PDU not allowed here": "rts_unexpected",
    "PDU not allowed in this state": "rts_state", "acknowledged more than sent": "ack_invalid",
    "acknowledgement goes back": "ack_invalid", "window larger than announced": "ack_invalid", "lifetime overrun": "lifetime_overrun",
    "window stall": "window_stall",
}
STATUS = {"6ba": "RPC_S_SERVER_UNAVAILABLE", "773": "ERROR_PASSWORD_MUST_CHANGE", "5": "ERROR_ACCESS_DENIED", "6be": "RPC_S_CALL_FAILED"}


def report(name, capture):
    """The rows of a report of a made capture."""
    return tools.report(PROGRAM, name, tools.MADE / f"{capture}.pcapng")


def numbers(capture):
    """Numbers of connections in the reports by those in the sidecar, which also counts connections that were not captured."""
    found = {(row["client_address"], row["client_port"]): row["connection"] for row in report("connections", capture)}
    return {row["connection"]: found.get(tuple(row["client"].rsplit(":", 1))) for row in tools.truth(capture)["connections"]}


def findings(capture, *codes):
    """Findings with these codes, or all."""
    return [row for row in report("findings", capture) if not codes or row["code"] in codes]


class Reports(unittest.TestCase):
    """One test per subject."""

    def test_notes(self):
        """Each problem noted in a sidecar is reported at its frame, stalls with their length."""
        seen = collections.Counter()
        for path in sorted(tools.MADE.glob("*.json")):
            # Windows are estimates where the capture starts in the middle.
            notes = [note for note in tools.truth(path.stem)["notes"] if note["code"] in CODES and not path.stem.startswith("mid_stream")]
            rows = findings(path.stem) if notes else []
            for note in notes:
                found = [row for row in rows if row["code"] == CODES[note["code"]] and int(row["frame"]) == note["frame"]]
                self.assertTrue(found, (path.stem, note))
                seen[note["code"]] += 1
                if note["code"] == "window stall":
                    waited = float(re.search(r"waited ([0-9.]+) ms", found[0]["evidence"]).group(1))
                    self.assertAlmostEqual(waited, note["stall_us"] / 1000, delta=1, msg=(path.stem, note))
        self.assertEqual(set(seen), set(CODES))

    def test_nothing_without_cause(self):
        """Undisturbed conversations have no warning or error except for the faults they contain."""
        for name in ("conn_two_hops", "in_r1", "in_r2", "out_r1", "out_r2", "chain_of_three", "overlapping", "two_hop_r2_four_clients",
                     "http_ntlm", "http_negotiate", "http_rpcping", "back_end_ports"):
            faults = collections.Counter("rpc_fault" for call in tools.truth(name)["calls"] if "fault" in call)
            found = collections.Counter(row["code"] for row in findings(name) if row["severity"] != "note")
            found.pop("directory_refused", None)
            self.assertLessEqual(found, faults, name)

    def test_http_errors(self):
        """Each HTTP error is a finding at its frame, with the name of the Win32 error."""
        for name, what, codes in (("http_errors", "error", ("http_error", "rpc_error")),
                                  ("http_error_mid_stream", "error in the OUT stream", ("error_in_stream",))):
            heads = {head["frame"]: head["line"] for head in tools.truth(name)["heads"] if head["what"] == what}
            rows = {int(row["frame"]): row for row in findings(name, *codes)}
            self.assertTrue(heads)
            self.assertEqual(set(rows), set(heads), name)
            for frame, line in heads.items():
                status, error = line.split()[1], re.search(r"RPC Error: ([0-9a-f]+)", line)
                self.assertTrue(rows[frame]["evidence"].startswith(status), rows[frame])
                self.assertNotIn("EEInfo", rows[frame]["evidence"])
                if error:
                    self.assertIn(STATUS[error.group(1)], rows[frame]["evidence"])

    def test_idle_resets(self):
        notes = {note["session"]: note["idle_us"] / 1e6 for note in tools.truth("idle_reset")["notes"]}
        resets = collections.defaultdict(list)
        for row in findings("idle_reset", "idle_reset"):
            resets[int(row["session"]) + 1].append(float(re.search(r"after ([0-9.]+) s", row["evidence"]).group(1)))
        self.assertEqual(set(resets), set(notes))
        for session, idle in notes.items():
            self.assertLess(min(abs(silence - idle) for silence in resets[session]), 0.1)
        number = numbers("idle_reset")
        reset = {number[row["connection"]] for row in tools.truth("idle_reset")["connections"] if row["ended"].startswith("RST")}
        self.assertEqual({row["connection"] for row in findings("idle_reset", "idle_reset")} - reset, set())
        self.assertEqual(findings("http_rpcping", "idle_reset"), [])

    def test_authentication(self):
        """Refusals and anonymous requests by connection, and the anonymous column of sessions."""
        for name in ("http_basic", "http_basic_refused", "http_ntlm", "http_ntlm_refused", "http_negotiate", "http_anonymous"):
            number = numbers(name)
            refused = {number[row["connection"]] for row in tools.truth(name)["auth"] if row["result"] == "refused"}
            found = {row["connection"] for row in findings(name, "auth_refused", "auth_loop", "anonymous_refused")}
            self.assertEqual(found, refused, name)
        kinds = collections.defaultdict(set)
        for row in tools.truth("http_anonymous")["auth"]:
            kinds[row["session"]].add(row["result"])
        found = {int(row["session"]) + 1: {row["anonymous"]} for row in report("sessions", "http_anonymous")}
        self.assertEqual(found, dict(kinds))
        self.assertEqual({row["anonymous"] for row in report("sessions", "http_ntlm")}, {""})

    def test_recycles_and_halves(self):
        failing = [tools.MADE / f"{name}.json" for name in ("successor_never_finished", "out_r2_negative")]
        for path in sorted(tools.MADE.glob("*_client_hop.json")) + failing:
            if path.stem.startswith("mid_"):
                continue
            sessions = report("sessions", path.stem)
            for row, known in zip(sorted(sessions, key=lambda row: row["start"]), tools.truth(path.stem)["sessions"]):
                begun = len(known["recycles"])
                self.assertEqual(int(row["recycles_in"]) + int(row["recycles_out"]), begun, (path.stem, known["recycles"]))
            half = path.stem.startswith("half_")
            self.assertEqual(bool(findings(path.stem, "half_connection")), half, path.stem)
        for name in ("successor_never_finished", "out_r2_negative"):
            self.assertTrue(findings(name, "recycle_failed"), name)

    def test_rpcping(self):
        self.assertEqual({row["purpose"] for row in report("sessions", "http_rpcping")}, {"rpcping"})
        called = {call["session"] for call in tools.truth("http_anonymous")["calls"]}
        self.assertEqual({int(row["session"]) + 1 for row in report("sessions", "http_anonymous") if row["purpose"] == "mail"}, called)

    def test_foreign(self):
        captures = TOP / "test-captures"

        def sessions(capture):
            return tools.rows(tools.oaexport(PROGRAM, "--reports", "sessions", captures / capture, check=False).stdout)

        self.assertEqual(sessions("ordinary/svcctl_on_http_ports.pcapng"), [])
        self.assertEqual([(row["interface"], row["purpose"]) for row in sessions("cases/tsg_and_mail.pcapng")],
                         [("TsProxyRpcInterface", "rd_gateway"), ("EMSMDB", "mail")])

    def test_proxy_line(self):
        capture = TOP / "test-captures" / "cases" / "haproxy_proxy_v1_one_segment.pcapng"
        row, = tools.rows(tools.oaexport(PROGRAM, "--reports", "sessions", capture).stdout)
        self.assertEqual([row[name] for name in ("client_address", "proxy_name", "target_server", "target_port", "user", "http_auth", "calls", "answered")],
                         ["203.0.113.99", "mail.lab.test", "mbx1.lab.test", "6001", "LAB\\ada", "Basic", "6", "6"])

    def test_echo(self):
        kinds = collections.Counter(row["kind"] for row in report("channels", "http_echo"))
        self.assertGreater(kinds["echo"], 0)
        names = {row["frame"]: row["pdu"] for row in report("frames", "http_echo") if row["pdu"]}
        echoes = [str(row["frame"]) for row in tools.truth("http_echo")["rts"] if row["name"] == "Echo"]
        self.assertTrue(echoes)
        self.assertEqual({names[frame] for frame in echoes}, {"Echo"})

    def test_hops(self):
        """Connections by pair of addresses match the sidecar, without refused ones; resets are counted."""
        for name in ("conn_two_hops", "two_hop_r2_four_clients", "conn_two_hops_ipv6", "http_errors"):
            known = collections.Counter()
            for row in tools.truth(name)["connections"]:
                client, server = (re.sub(r"[][]", "", row[side].rsplit(":", 1)[0]) for side in ("client", "server"))
                known[client, server, row["server"].rsplit(":", 1)[1]] += 1
            found = collections.Counter()
            for row in report("hops", name):
                found[row["client_address"], row["server_address"], row["server_port"]] += int(row["connections"])
            self.assertEqual(found, known, name)
        rows = report("hops", "idle_reset")
        self.assertEqual(sum(int(row["reset"]) for row in rows), 4)

    def test_names_of_frames(self):
        """Every RTS PDU of every made capture has its final name at its frame; rows of a connection are in frame order."""
        total = 0
        for path in sorted(tools.MADE.glob("*.json")):
            known = collections.Counter((row["frame"], row.get("readable_as", row["name"])) for row in tools.truth(path.stem)["rts"]
                                        if "violation" not in row)
            if path.stem == "named_pipe":
                continue  # see check_plain_rpc.py
            rows = report("frames", path.stem)
            broken = {row["frame"] for row in tools.truth(path.stem)["rts"] if "violation" in row}
            found = collections.Counter((int(row["frame"]), row["pdu"]) for row in rows if row["pdu"] and int(row["frame"]) not in broken)
            self.assertEqual(found - known, collections.Counter(), path.stem)
            self.assertEqual(known - found, collections.Counter(), path.stem)
            frames = collections.defaultdict(list)
            for row in rows:
                frames[frozenset((row["source"], row["destination"]))].append(int(row["frame"]))
                self.assertNotIn("Authorization", row["description"])
            if "mapi_http" in tools.truth(path.stem):
                continue  # requests of MAPI over HTTP are reported with their responses
            for numbers in frames.values():
                self.assertEqual(numbers, sorted(numbers), path.stem)
            total += sum(known.values())
        self.assertGreater(total, 1000)


if __name__ == "__main__":
    unittest.main()
