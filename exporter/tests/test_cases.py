#!/usr/bin/env python3
"""Captures that are neither clean nor complete, each with the right numbers of sessions, calls and findings.

Usage: test_cases.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("sessions", "calls", "operations", "connections", "auth", "findings")

Case = collections.namedtuple("Case", "sessions calls states findings", defaults=(None, None, None, None))
ANY = object()

# capture: sessions, calls, calls by state, findings (all, or with ANY at least those that are named; with 0 none of them).
CASES = {
    "cases/a1_lost": Case(1, 10, {"answered": 10}, {ANY: 0, "half_connection": 0, "not_established": 0}),
    "ordinary/connect_tunnels": Case(0, 0, {}, {}),
    "cases/echo_unanswered": Case(None, 0, {}, {"echo_unanswered": 2}),
    "cases/haproxy_proxy_v1_one_segment": Case(1, 6, {"answered": 6}, {ANY: 0, "rts_state": 0}),
    "cases/lb_two_http_legs": Case(3, 24, {"answered": 24}, {}),
    "cases/mapi_wait_cut_fin": Case(1, None, None, {"response_cut": 3}),
    "cases/old_store_rops": Case(2, 10, {"answered": 10}, {}),
    "cases/one_way_to_server": Case(1, 10, {"unknown": 10}, {"capture_one_way": 1}),
    "cases/small_erspan": Case(1, 10, {"answered": 10}, {}),
    "cases/small_vxlan": Case(1, 10, {"answered": 10}, {}),
    "cases/snap_length_300": Case(1, 10, {"answered": 10}, {"snap_length": 1}),
    # The answer to one call of RD Gateway goes on until the channel ends.
    "cases/tsg_and_mail": Case(2, 19, {"answered": 18, "unknown": 1}),
    "clients/frdp_recycle": Case(None, None, None, {ANY: 0, "rts_state": 0}),
    "clients/haproxy": Case(None, 9, {"answered": 9}, {ANY: 0, "rts_state": 0}),
    "clients/impacket_rpcmap": Case(41, None, None, {ANY: 0, "rts_state": 0}),
    "clients/samba_basic_unsorted": Case(None, 23, None, {ANY: 0, "reordered": 1}),
    "clients/wine_fragments_slow": Case(None, None, None, {ANY: 0, "window_violation": 2, "ack_invalid": 0, "window_stall": 0}),
    "hostile/ipfrag": Case(4, 117, {"answered": 117}, {ANY: 0, "capture_loss": 0}),
    "hostile/one_lost_request": Case(4, 117, {"answered": 116, "no_request": 1}, {ANY: 0, "capture_loss": 1}),
    "hostile/stale_in_chunk_0": Case(None, None, None, {ANY: 0, "error_in_stream": 0, "http_error": 1}),
    "hostile/stale_in_chunk_1": Case(None, None, None, {ANY: 0, "error_in_stream": 0, "http_error": 1, "anonymous_refused": 1}),
    "hostile/time_2262_mapi": Case(),
    "hostile/zero_length_event": Case(None, None, None, {"capture_loss": 1, "capture_duplicated": 1}),
    "hostile/l401_lost": Case(None, 30, {"answered": 30}),
    "hostile/t_c1": Case(),
    "hostile/t_semi": Case(),
    "hostile/t_uml": Case(),
    "made/http_error_mid_stream": Case(None, None, None, {ANY: 0, "error_in_stream": 1}),
    "made/lifetime_overrun": Case(None, None, None, {"lifetime_overrun": 1}),
    "made/violations": Case(None, None, None, {ANY: 0, "rts_header": 4, "rts_length": 3, "rts_unknown": 3, "rts_unexpected": 1}),
    "made/mapi_http_forms": Case(3, None, None, {"mapi_http_failed": 2}),
    "real/tls_handshakes": Case(None, None, None, {ANY: 0, "certificate_self_signed": 1, "certificate_name": 3, "certificate_refused": 4,
                                                   "certificate_expired": 1, "tls_alert": 3}),
    "ordinary/svcctl_on_http_ports": Case(0, 0, {}, {}),
    "ordinary/tls_web_traffic": Case(0, 0, {}, {}),
}

# Tests that expect findings by their codes or ids, each file with nothing else of these names.
TESTED_IN = (("plugins/tests", "test_*.c"), ("exporter/tests", "test_clocks.c"), ("exporter/tests", "test_two_clocks.py"),
             ("exporter/tests", "test_input.py"))


def run(capture):
    """The rows of the reports; their files are UTF-8."""
    path = next(tools.CAPTURES.glob(f"{capture}.pcap*"))
    with tempfile.TemporaryDirectory() as folder:
        tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", folder, path, check=False)
        return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}


class Cases(unittest.TestCase):
    """The table, and what single captures show beside it."""

    def check(self, capture, case):
        """One row of the table."""
        reports = run(capture)
        found = collections.Counter(row["code"] for row in reports["findings"])
        for expected, name in ((case.sessions, "sessions"), (case.calls, "calls")):
            if expected is not None:
                self.assertEqual(len(reports[name]), expected, name)
        if case.states is not None:
            self.assertEqual(collections.Counter(row["state"] for row in reports["calls"]), case.states)
        if case.findings is not None:
            wanted = {code: count for code, count in case.findings.items() if code is not ANY}
            self.assertEqual({code: found[code] for code in wanted} if ANY in case.findings else found, wanted)

    def test_table(self):
        for capture, case in CASES.items():
            with self.subTest(capture):
                self.check(capture, case)

    def test_every_finding(self):
        """Each row of findings.def is reported in a case above, in a golden file, or in a unit test."""
        top = tools.CAPTURES.parent
        known = re.findall(r'^OA_FINDING\(\w+, "(\w+)"', (top / "plugins/decode/base/findings.def").read_text(encoding="utf-8"), re.M)
        tested = {code for case in CASES.values() for code, count in (case.findings or {}).items() if count}
        for golden in (tools.CAPTURES / "golden").glob("*.csv"):
            tested |= {row.get("code") for row in tools.rows(golden.read_text(encoding="utf-8"))}
        for folder, pattern in TESTED_IN:
            for path in (top / folder).glob(pattern):
                tested |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        self.assertEqual([code for code in known if code not in tested and f"OA_FINDING_{code.upper()}" not in tested], [])

    def test_every_leg_once(self):
        """A balancer's two legs: bytes and calls of the client's hop, and a hop of its own for the other."""
        reports = run("cases/lb_two_http_legs")
        self.assertEqual([(row["rpc_bytes_in"], row["rpc_bytes_out"]) for row in reports["sessions"]],
                         [("3196", "4380"), ("2140", "3852"), ("1420", "4464")])
        self.assertEqual({row["client_address"] for row in reports["sessions"]}, {"192.0.2.11", "192.0.2.12", "192.0.2.13"})
        self.assertEqual({(row["operation"], row["calls"], row["answered"]) for row in reports["operations"]},
                         {("EcDoConnectEx", "3", "3"), ("EcDoRpcExt2", "21", "21")})

    def test_other_services(self):
        """RD Gateway beside Outlook, with its name."""
        self.assertEqual(sorted(row["purpose"] for row in run("cases/tsg_and_mail")["sessions"]), ["mail", "rd_gateway"])

    def test_cut_heads(self):
        """What is left of heads that a snap length cut."""
        session, = run("cases/snap_length_300")["sessions"]
        self.assertEqual((session["target_server"], session["target_port"]), ("mbx1.lab.test", "6001"))
        self.assertTrue(session["user"])

    def test_late_refusal(self):
        """A 401 that reassembly held back, to an earlier request than the one that the server accepted."""
        exchange, = run("hostile/zero_length_event")["auth"]
        self.assertEqual((exchange["result"], exchange["status"]), ("accepted", "200"))

    def test_reported_client(self):
        """The client that a line of the PROXY protocol names."""
        session, = run("cases/haproxy_proxy_v1_one_segment")["sessions"]
        self.assertEqual(session["client_address"], "203.0.113.99")


unittest.main(argv=sys.argv[:1])
