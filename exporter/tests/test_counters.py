#!/usr/bin/env python3
"""counters and capacity: their sums equal the other reports; cutting, joining and shifting captures changes what it should.

Usage: test_counters.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("connections", "sessions", "calls", "operations", "users", "counters", "capacity")
ONE_HOP = tools.REAL / "basic.pcapng"
TWO_HOPS = tools.MADE / "two_hop_r2_four_clients.pcapng"
WAITING = ("EcDoAsyncWaitEx", "NotificationWait")
SILENT = ("start", "interval_s", "covered_s", "role", "server_address", "server_name")
PER_SECOND = 1000000  # as made captures count time


def total(rows, column):
    """The sum of a column without its empty cells."""
    return sum(float(row[column]) for row in rows if row[column])


def part(trace, first, end):
    """Some packets of a capture."""
    packets = trace.packets()[first:end]
    others = [item for item in trace.items if not isinstance(item, disturb.Packet)]
    return disturb.Trace(trace.order, trace.pcapng, others + packets)


def shift(trace, seconds):
    """The same capture, later by so much."""
    for packet in trace.packets():
        time = (packet.time[0] << 32 | packet.time[1]) + round(seconds * PER_SECOND)
        packet.time = (time >> 32, time & 0xFFFFFFFF)
    return trace


class Counters(unittest.TestCase):
    """One test per subject."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def export(self, *arguments, codes=(0, 3, 5)):
        """All reports of a run."""
        with tempfile.TemporaryDirectory() as folder:
            result = tools.oaexport(PROGRAM, "--quiet", "--reports", ",".join(REPORTS), "-o", folder, *arguments, check=False)
            self.assertIn(result.returncode, codes, result.stderr)
            return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}

    def write(self, trace, name):
        """A capture as a file."""
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(trace.bytes())
        return path

    def cut(self, capture, ends):
        """The pieces of a capture as files."""
        ends = [0, *ends, None]
        return [self.write(part(disturb.read(capture.read_bytes()), first, end), f"{i}.pcapng") for i, (first, end) in enumerate(zip(ends, ends[1:]))]

    def test_sums(self):
        for capture in tools.of_outlook_anywhere():
            with self.subTest(capture=capture.name):
                reports = self.export("--interval", "10", capture)
                self.check_capacity(reports)
                self.check_services(reports)
                counters, calls = reports["counters"], reports["calls"]
                self.assertEqual(total(counters, "calls") + total(counters, "orphan_responses"), len(calls))
                self.assertEqual(len(calls), total(reports["operations"], "calls"))
                self.assertEqual(len(calls), total(reports["users"], "calls"))
                for column, state in (("unanswered", "unanswered"), ("unknown_calls", "unknown")):
                    self.assertEqual(total(counters, column), sum(call["state"] == state for call in calls), column)
                for way in ("in", "out"):
                    self.assertEqual(total(counters, f"rpc_bytes_{way}"), total(reports["users"], f"bytes_{way}"))
                    self.assertEqual(total(counters, f"payload_bytes_{way}"), total(reports["connections"], f"bytes_{way}"))
                    self.assertEqual(total(counters, f"packets_{way}"), total(reports["connections"], f"frames_{way}"))
                self.assertEqual(total(counters, "lost_bytes"),
                                 total(reports["connections"], "lost_bytes_in") + total(reports["connections"], "lost_bytes_out"))
                self.assertEqual(total(counters, "connections_new"), sum(row["handshake"] == "seen" for row in reports["connections"]))

    def test_known_numbers(self):
        rows = self.export("--interval", "1", tools.MADE / "idle_reset.pcapng")["counters"]
        self.assertAlmostEqual(total(rows, "covered_s"), 130.5487, delta=0.001)
        self.assertEqual({row["role"] for row in rows}, {"proxy"})
        # An idle session stays open as long as its connections.
        self.assertGreaterEqual({row["sessions_max"] for row in rows[:120]}, {"1"})
        self.assertNotIn("0", {row["sessions_max"] for row in rows[:120]})
        self.assertEqual(total(rows, "calls"), 10)

    def test_six_users(self):
        """What the logs of the six users add up to, and what was counted by hand."""
        reports = self.export("--interval", "1", tools.SIX_USERS)
        rows = reports["counters"]
        self.assertEqual({row["role"] for row in rows}, {"proxy"})
        for column, value in (("calls", 1326), ("unanswered", 0), ("unknown_calls", 0), ("faults", 0), ("orphan_responses", 0), ("connections_new", 48),
                              ("rpc_bytes_in", 318999), ("rpc_bytes_out", 765216)):
            self.assertEqual(total(rows, column), value, column)
        self.assertEqual(max(int(row["connections_max"]) for row in rows), 5)
        self.assertEqual(len(reports["users"]), 6)
        self.assertEqual(sum(int(row["sessions"]) for row in reports["users"]), 24)

    def test_loss(self):
        """One frame in a hundred is missing: no more calls than there were, the same as in calls.csv, and rows that say that bytes are missing."""
        whole = total(self.export(tools.SIX_USERS)["counters"], "calls")
        for seed in range(3):
            trace = disturb.read(gzip.decompress(tools.SIX_USERS.read_bytes()))
            disturb.drop(trace, seed, 0.01)
            reports = self.export("--interval", "1", self.write(trace, f"{seed}.pcapng"))
            calls = total(reports["counters"], "calls")
            self.assertLessEqual(calls, whole)
            self.assertGreater(calls, 0.9 * whole)
            self.assertEqual(calls + total(reports["counters"], "orphan_responses"), len(reports["calls"]))
            for row in reports["counters"]:
                self.assertEqual("loss" in row["quality"].split(";"), row["lost_bytes"] not in ("", "0"), row["start"])

    def test_snap_length(self):
        """Frames cut at 256 bytes count the payload that they had."""
        whole = self.export(ONE_HOP)["counters"]
        path = pathlib.Path(self.folder.name) / "cut.pcapng"
        subprocess.run(["editcap", "-s", "256", str(ONE_HOP), str(path)], check=True, capture_output=True)
        cut = self.export(path)["counters"]
        for column in ("payload_bytes_in", "payload_bytes_out", "wire_bytes_in", "wire_bytes_out", "packets_in", "packets_out"):
            self.assertEqual([row[column] for row in cut], [row[column] for row in whole], column)

    def test_clock_back(self):
        """The rows to which the clock of a capture went back by more than a second say so."""
        trace = disturb.read(TWO_HOPS.read_bytes())
        packets = trace.packets()
        for packet in packets[len(packets) // 2:]:
            shift(disturb.Trace(trace.order, trace.pcapng, [packet]), -2)
        rows = self.export("--interval", "1", self.write(trace, "back.pcapng"))["counters"]
        self.assertIn("clock", {word for row in rows for word in row["quality"].split(";")})

    def test_wrong_time(self):
        """A frame a year ahead: what is counted stays the same, and a small capture makes no million rows."""
        trace = disturb.read(TWO_HOPS.read_bytes())
        shift(part(trace, -1, None), 365 * 86400)
        before, after = self.export(TWO_HOPS), self.export(self.write(trace, "ahead.pcapng"))
        self.assertEqual(len(after["calls"]), len(before["calls"]))
        for column in ("calls", "rpc_bytes_in", "rpc_bytes_out", "connections_new"):
            self.assertEqual(total(after["counters"], column), total(before["counters"], column), column)
        self.assertLess(len(after["counters"]), 100)

    def test_addresses_of_a_proxy(self):
        """What a proxy does from its inner address counts at the address where clients reach it; alone, nothing else is known of it."""
        proxy, store = self.export(TWO_HOPS)["counters"]
        self.assertEqual((proxy["role"], store["role"]), ("proxy", "store"))
        self.assertNotEqual(proxy["backend_attempts"], "0")
        self.assertEqual(proxy["backend_attempts"], store["connections_new"])
        alone = self.export(tools.MADE / "in_r1_server_hop.pcapng")
        rows = [row for row in alone["counters"] if row["role"] == "proxy"]
        self.assertEqual(total(rows, "backend_attempts"), 3)
        for row in rows:
            self.assertEqual({name for name, cell in row.items() if cell} - set(SILENT), {"backend_attempts", "backend_failed", "quality"})
        self.assertNotIn("proxy", {row["role"] for row in alone["capacity"]})

    def test_requests_of_mapi_over_http(self):
        """Requests of MAPI over HTTP are counted like those for channels, those refused to authenticate are not."""
        for name in ("mapi_http_forms", "mapi_http_heads"):
            reports = self.export(tools.MADE / f"{name}.pcapng")
            self.assertEqual(total(reports["counters"], "http_requests"), len(reports["calls"]), name)

    def test_pieces_in_any_order(self):
        count = len(disturb.read(TWO_HOPS.read_bytes()).packets())
        pieces = self.cut(TWO_HOPS, [count * i // 10 for i in range(1, 10)])
        whole = self.export("--interval", "1", TWO_HOPS)
        for seed in range(3):
            random.Random(seed).shuffle(pieces)
            self.assertEqual(self.export("--interval", "1", *pieces), whole)

    def test_halves(self):
        """A request counts in its half; a response in the other one is an orphan there."""
        whole = total(self.export(ONE_HOP)["counters"], "calls")
        count = len(disturb.read(ONE_HOP.read_bytes()).packets())
        for at in range(count // 5, count, count // 5):
            halves = [self.export(piece)["counters"] for piece in self.cut(ONE_HOP, [at])]
            calls = sum(total(rows, "calls") for rows in halves)
            orphans = sum(total(rows, "orphan_responses") for rows in halves)
            self.assertLessEqual(calls, whole, at)
            self.assertGreaterEqual(calls + orphans, whole, at)

    def test_hole(self):
        count = len(disturb.read(TWO_HOPS.read_bytes()).packets())
        first, second = self.cut(TWO_HOPS, [count // 2])
        second.write_bytes(shift(disturb.read(second.read_bytes()), 3600).bytes())
        rows = self.export("--interval", "60", first, second)["counters"]
        hole = [row for row in rows if row["covered_s"] == "0.0000"]
        self.assertGreaterEqual(len(hole), 59)
        for row in hole:
            self.assertEqual({name for name, cell in row.items() if cell}, {name for name in SILENT if row[name]})
        whole = self.export("--max-gap", "4000", first, second)["counters"]
        self.assertGreater(total(whole, "covered_s"), 3599)

    def test_twice(self):
        once, twice = self.export(TWO_HOPS), self.export(TWO_HOPS, TWO_HOPS)
        self.assertEqual(once["counters"], twice["counters"])

    def test_two_machines(self):
        def is_http(packet):
            at = 14 + (packet.data[14] & 15) * 4
            return bool({80, 443} & set(struct.unpack(">HH", packet.data[at:at + 4])))

        packets = disturb.read(TWO_HOPS.read_bytes())
        client = disturb.Trace(packets.order, packets.pcapng, [item for item in packets.items if not isinstance(item, disturb.Packet) or is_http(item)])
        server = disturb.Trace(packets.order, packets.pcapng, [item for item in packets.items if not isinstance(item, disturb.Packet) or not is_http(item)])
        hop = self.write(client, "client.pcapng")
        both = self.export(hop, self.write(shift(server, 0.05), "server.pcapng"))["counters"]
        self.assertEqual(total(both, "calls"), total(self.export(hop)["counters"], "calls"))

    def check_capacity(self, reports):
        """capacity is what counters add up to."""
        rows = collections.defaultdict(list)
        for row in reports["counters"]:
            rows[row["role"], row["server_address"]].append(row)
        for row in reports["capacity"]:
            if not row["role"] or row["service"]:
                continue
            of = rows[row["role"], row["server_address"]]
            self.assertAlmostEqual(float(row["covered_h"]), total(of, "covered_s") / 3600, delta=0.001)
            for column, peak in (("users_open", "users_peak"), ("users_active", "users_active_peak"), ("sessions_max", "sessions_peak")):
                # What has a number is covered, even if for less than covered_s can show.
                covered = [one for one in of if one[column] or float(one["covered_s"])]
                most = max(int(one[column] or 0) for one in covered)
                self.assertEqual(int(row[peak]), most, peak)
                first = next(one["start"] for one in covered if one[column] == str(most)) if most else ""
                self.assertEqual(row[f"{peak}_at"], first)
            self.assertGreaterEqual(int(row["users_seen"]), int(row["users_peak"]))

    def check_services(self, reports):
        """The rows of a service have what connections, sessions and calls say of it; a server has them if it has several."""
        servers = collections.defaultdict(dict)
        for row in reports["capacity"]:
            if row["role"]:
                servers[row["role"], row["server_address"]][row["service"]] = row
        sessions = {row["session"]: self.service(row) for row in reports["sessions"]}
        latencies, seen = collections.defaultdict(list), collections.Counter(sessions.values())
        for call in reports["calls"]:
            if call["latency_ms"] and call["operation"] not in WAITING:
                latencies[sessions[call["session"]]].append(float(call["latency_ms"]))
        for (_, address), services in servers.items():
            whole, parts = services.pop(""), list(services.values())
            self.assertNotEqual(len(parts), 1)
            if not parts:
                continue
            self.assertLessEqual(set(whole["services"].split(";")), set(services))
            for column in ("users_seen", "users_peak", "sessions_peak", "connections_peak"):
                numbers = [int(row[column] or 0) for row in parts]
                self.assertGreaterEqual(int(whole[column] or 0), max(numbers), column)
                self.assertLessEqual(int(whole[column] or 0), sum(numbers), column)
            for service, row in services.items():
                times = latencies[address, service]
                self.assertEqual(row["latency_max_ms"], f"{max(times):.3f}" if times else "", (address, service))
                self.assertEqual(bool(int(row["sessions_peak"])), bool(seen[address, service]), (address, service))
                self.assertEqual(row["services"], service)

    @staticmethod
    def service(session):
        """The server and the service of a session's connections on the hop nearest to the client."""
        if session["hops"] in ("proxy_store", "client_store"):
            return session["store_address"], session["service"] or "rpc"
        return session["proxy_address"], "mapi over http" if session["transport"] == "mapi_http" else "rpc over http"

    def test_services(self):
        """A proxy with both transports, and a store with several interfaces, have a row for each after their own."""
        rows = self.export(tools.MADE / "mixed.pcapng")["capacity"]
        self.assertEqual([(row["role"], row["service"]) for row in rows],
                         [("proxy", ""), ("proxy", "mapi over http"), ("proxy", "rpc over http"),
                          ("store", ""), ("store", "endpoint mapper"), ("store", "management"), ("store", "store"), ("", "")])

    def test_wrong_options(self):
        for arguments in (["--interval", "0"], ["--interval", "86401"], ["--period", "month"], ["--utc-offset", "2"], ["--max-gap", "-1"]):
            result = tools.oaexport(PROGRAM, *arguments, "--reports", "counters", TWO_HOPS, check=False)
            self.assertEqual((result.returncode, result.stdout), (1, ""), arguments)


if __name__ == "__main__":
    unittest.main()
