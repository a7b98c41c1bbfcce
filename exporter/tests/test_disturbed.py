#!/usr/bin/env python3
"""Captures with frames swapped or duplicated give the same reports, and those with frames missing nothing untrue.

Usage: test_disturbed.py OAEXPORT [NAME...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import re
import struct
import sys
import tempfile
import unittest
import uuid

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
NAMES = sys.argv[1:]
del sys.argv[1:]
SEEDS = (1, 2, 3)
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "auth", "findings", "hops", "frames", "rops")
COUNTED_FRAMES = {"frames_in", "frames_out", "retransmitted_frames_in", "retransmitted_frames_out"}
OF_THE_CAPTURE = {"capture_duplicated", "reordered", "snap_length"}  # findings that say how it was disturbed
TIMES = {"time", "start", "end", "closed", "open_from", "open_to", "first_seen", "last_seen"}


def is_frame(name):
    """Whether a column is a frame number or counts frames."""
    return name == "frame" or name.endswith("_frame") or name in COUNTED_FRAMES


def is_time(name):
    """Whether a column depends on time stamps."""
    return name in TIMES or name.endswith("_ms")


def comparable(rows, *leave_out):
    """The rows in any order, without the given kinds of columns; evidence without frame numbers, and without times if those go."""
    names = [name for name in rows[0] if not any(leaves(name) for leaves in leave_out)] if rows else []
    result = collections.Counter()
    for row in rows:
        if row.get("code") in OF_THE_CAPTURE:
            continue
        if "evidence" in row:
            row = dict(row, evidence=re.sub(r"frame \d+", "frame", row["evidence"]))
            if is_time in leave_out:
                row["evidence"] = re.sub(r"\d+\.\d+ m?s", "time", row["evidence"])
        result[tuple((name, row[name]) for name in names)] += 1
    return result


def by_connection(reports):
    """The same rows numbered by TCP connection: swapped frames change which channel's head, or whose credentials, come first."""
    of_channel = {row["channel"]: row["connection"] for row in reports["channels"]}
    return {name: [row | {key: of_channel.get(row["channel"], "") for key in ("channel", "auth") if key in row} if "channel" in row else row
                   for row in rows] for name, rows in reports.items()}


class Disturbed(unittest.TestCase):
    """Every shipped capture, disturbed."""

    def reports(self, path):
        """All reports of a capture."""
        with tempfile.TemporaryDirectory() as folder:
            result = tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", folder, path, check=False)
            self.assertIn(result.returncode, (0, 5), (path, result.stderr))
            return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}

    def disturbed(self, path, seed, **how):
        """All reports of a disturbed copy."""
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            file.write(disturb.disturb(path.read_bytes(), seed, **how)[0])
            file.flush()
            return self.reports(file.name)

    def expect_same(self, path, before, after, *leave_out):
        """Expects the same rows except for some columns."""
        for name in REPORTS:
            with self.subTest(capture=path.stem, report=name):
                old, new = comparable(before[name], *leave_out), comparable(after[name], *leave_out)
                self.assertEqual(list((new - old).elements())[:3], list((old - new).elements())[:3])

    def expect_true(self, path, before, after):
        """Expects nothing that contradicts the complete capture or its sidecar."""
        known = collections.defaultdict(set)
        columns = ("call_id", "opnum", "request_bytes", "response_bytes")
        calls = tools.truth(path)["calls"] if path.with_suffix(".json").exists() else []
        for row in before["calls"] + [{name: str(call.get(name, "")) for name in columns} for call in calls]:
            for side in ("request_bytes", "response_bytes"):
                known[row["call_id"], row["opnum"], side].add(row[side])
                known[row["call_id"], "", side].add(row[side])
        recycles = any(row["recycles_in"] + row["recycles_out"] != "00" for row in before["sessions"])
        for row in after["calls"]:
            for side in ("request_bytes", "response_bytes"):
                # A gap on one connection is not yet known when the rest of a message arrives on its successor.
                if row[side] and not (recycles and row[side.replace("bytes", "fragments")] != "1"):
                    self.assertIn(row[side], known[row["call_id"], row["opnum"], side], (path.stem, row))
        for name in ("bytes_in", "bytes_out"):
            total = [sum(int(row[name]) for row in reports["connections"]) for reports in (before, after)]
            self.assertLessEqual(total[1], total[0], (path.stem, name))
        self.assertLessEqual({row["user"] for row in after["sessions"]}, {row["user"] for row in before["sessions"]} | {""}, path.stem)

    def test_captures(self):
        # The order of the messages in samples/ is in their time stamps only.
        paths = [path for path in tools.undamaged() if path.parent.name != "samples" and (not NAMES or path.stem in NAMES)]
        self.assertTrue(paths)
        for path in paths:
            before = self.reports(path)
            self.expect_same(path, before, self.disturbed(path, SEEDS[0], twice=0.5), is_frame)
            swapped = self.disturbed(path, SEEDS[1], swap=0.3, twice=0.05)
            self.expect_same(path, by_connection(before), by_connection(swapped), is_frame, is_time)
            self.expect_true(path, before, self.disturbed(path, SEEDS[2], lose=0.05))

    def changed(self, data):
        """All reports of a capture that a test has made."""
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            file.write(data)
            file.flush()
            return self.reports(file.name)

    def test_second_leg(self):
        """A balancer's second leg changes no count: a call is one call on however many hops it is seen."""
        counted = ("calls", "answered", "faults", "unanswered", "unknown", "no_request", "rpc_bytes_in", "rpc_bytes_out")
        same = ("client_address", "user", "recycles_in", "recycles_out", "duration_ms") + counted
        call = ("call_id", "operation", "state", "request_bytes", "response_bytes", "latency_ms")
        for name in (
            "real/basic real/mapihttp made/conn_two_hops made/http_basic made/in_r1 made/in_r2 made/out_r1 made/out_r2 "
            "made/http_forms made/http_ntlm made/overlapping made/mapi_http_forms"
        ).split():
            path = TOP / "test-captures" / f"{name}.pcapng"
            before, after = self.reports(path), self.changed(disturb.second_leg(path.read_bytes()))
            for report, columns in (("sessions", same), ("calls", call)):
                rows = [collections.Counter(tuple(row[column] for column in columns) for row in reports[report]) for reports in (before, after)]
                self.assertEqual(rows[1], rows[0], (name, report))
            self.assertEqual(*[collections.Counter(row["code"] for row in reports["findings"]) for reports in (before, after)], name)
            self.assertTrue(any("http_2" in row["hops"] for row in after["calls"]), name)

    def test_second_leg_of_the_middle(self):
        """The same where no cookie shows that both legs are hops of one session: the calls do."""
        counted = ("calls", "answered", "faults", "unanswered", "unknown", "no_request")
        for name in "http_v1 mid_stream_four_clients mid_stream_two_hops mid_stream_flow_control mid_recycle_in_r1 mid_recycle_in_r2".split():
            path = TOP / "test-captures" / "made" / f"{name}.pcapng"
            before, after = self.reports(path), self.changed(disturb.second_leg(path.read_bytes()))
            for report, columns in (("sessions", counted), ("calls", ("call_id", "operation", "state", "request_bytes", "response_bytes"))):
                rows = [collections.Counter(tuple(row[column] for column in columns) for row in reports[report]) for reports in (before, after)]
                self.assertEqual(rows[1], rows[0], (name, report))
            self.assertTrue(any("http_2" in row["hops"] for row in after["calls"]), name)

    def test_one_way(self):
        """Without any frame of the server its silence is no fault: one finding for each session, and no call is unanswered."""
        for name in ("http_chunked", "in_r1_client_hop", "lifetime_overrun", "http_basic"):
            path, truth = tools.MADE / f"{name}.pcapng", tools.truth(name)
            after = self.changed(disturb.one_way(path.read_bytes()))
            self.assertEqual(len(after["sessions"]), len(truth["sessions"]), name)
            self.assertEqual([row["state"] for row in after["calls"]], ["unknown"] * len(truth["calls"]), name)
            codes = collections.Counter(row["code"] for row in after["findings"])
            self.assertEqual(codes["capture_one_way"], len(truth["sessions"]), name)
            self.assertFalse({"not_established", "half_connection", "recycle_failed"} & set(codes), name)

    def test_any_frame_of_the_set_up(self):
        """Without any one of the first frames: one session, and calls as the frames that are left show them."""
        for name in ("lifetime_overrun", "in_r1_client_hop", "conn_two_hops"):
            path, truth = tools.MADE / f"{name}.pcapng", tools.truth(name)
            for gone in range(1, 31):
                after = self.changed(disturb.without(path.read_bytes(), gone))
                self.assertEqual(len(after["sessions"]), 1, (name, gone))
                self.assertEqual({row["channels"] for row in after["sessions"]}, {"both"}, (name, gone))
                self.assertNotIn("half_connection", {row["code"] for row in after["findings"]}, (name, gone))
                states = collections.Counter(row["state"] for row in after["calls"])
                self.assertEqual(sum(states.values()), len(truth["calls"]), (name, gone))
                frames = [sum((call.get(hop, {}).get(half, []) for hop in ("client", "server")
                               for half in ("request_frames", "response_frames")), []) for call in truth["calls"]]
                whole = [of_call for of_call in frames if gone not in of_call]
                self.assertGreaterEqual(states["answered"] + states["fault"], len(whole), (name, gone, states))

    def test_mapper_of_others(self):
        """An endpoint mapper that is asked about other services only: no session, user or call of ours."""
        path = TOP / "test-captures" / "made" / "rpc_tcp.pcapng"
        interfaces = ("a4f1db00-ca47-1067-b31f-00dd010662da", "f5cc5a18-4264-101a-8c59-08002b2f8426", "1544f5e0-613c-11d1-93df-00c04fd7bd09")
        before, trace = self.reports(path), disturb.read(path.read_bytes())
        for packet in trace.packets():
            if 135 in struct.unpack(">HH", packet.data[34:38]):
                for interface in interfaces:
                    packet.data = packet.data.replace(uuid.UUID(interface).bytes_le, uuid.UUID("367abb81-9844-35f1-ad32-98f038001003").bytes_le)
        after = self.changed(trace.bytes())
        mapper = {row["session"] for row in before["sessions"] if row["interface"] == "epm"}
        self.assertEqual(len(mapper), 2)
        for name in ("sessions", "calls", "channels"):
            left = [row["session"] for row in before[name] if row["session"] not in mapper]
            self.assertEqual([row["session"] for row in after[name]], left, name)
        self.assertNotIn("135", {row["server_port"] for row in after["connections"]})

    def test_acknowledgements_first(self):
        """Acknowledgements captured before what they acknowledge do not indicate loss."""
        for name in ("real/basic", "real/compressed", "made/two_hop_r2_four_clients", "made/rpc_interleaved"):
            path = TOP / "test-captures" / f"{name}.pcapng"
            before = self.reports(path)
            for seed in SEEDS:
                for window in (4, 30):
                    after = self.disturbed(path, seed, swap=0.5, window=window, acks=True)
                    for report in (before, after):
                        report["states"] = collections.Counter((row["call_id"], row["opnum"], row["state"]) for row in report["calls"])
                    self.assertEqual(after["states"], before["states"], (name, seed, window))
                    for row in after["connections"]:
                        self.assertEqual((row["lost_bytes_in"], row["lost_bytes_out"]), ("0", "0"), (name, seed, window, row))


if __name__ == "__main__":
    unittest.main()
