#!/usr/bin/env python3
"""Hops captured on two machines whose clocks differ: the same reports as from one clock, and the difference as a finding.

Usage: test_two_clocks.py OAEXPORT [NAME...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import datetime
import itertools
import pathlib
import re
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
NAMES = sys.argv[1:]
del sys.argv[1:]
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "users", "auth", "findings", "hops")
SHIFTS = (-45, -0.3, 0.3, 45)
TWO_HOPS = ("conn_two_hops two_hop_r2_four_clients in_r1 in_r2 out_r1 out_r2 flow_control_in_stall flow_control_out_stall "
            "rpc_interleaved emsmdb_old mixed").split()
# The difference is known but for half of what a PDU takes from hop to hop.
MOST_MS = 0.5
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
PER_SECOND = 1000000  # as made captures count time


def part(data, wanted):
    """The capture with only those packets."""
    trace = disturb.read(data)
    return disturb.Trace(trace.order, trace.pcapng, [item for item in trace.items if not isinstance(item, disturb.Packet) or wanted(item)])


def shift(trace, seconds):
    """Another clock: all times of the capture later by so much."""
    for packet in trace.packets():
        time = (packet.time[0] << 32 | packet.time[1]) + round(seconds * PER_SECOND)
        packet.time = (time >> 32, time & 0xFFFFFFFF)
    return trace


def is_http(packet):
    """To or from port 80 or 443."""
    data = packet.data
    at = 14 + (data[14] & 15) * 4 if data[12:14] == b"\x08\x00" else 54
    return bool({80, 443} & set(struct.unpack(">HH", data[at:at + 4])))


def is_second_leg(packet):
    """Between a balancer and the proxies, of disturb.second_leg()."""
    return bytes([10, 9, 0, 5]) in (packet.data[26:30], packet.data[30:34])


class TwoClocks(unittest.TestCase):
    """Two files, of which the second one's clock is shifted; also merged to one."""

    def reports(self, *traces, is_merged=False):
        """All reports of the files, or of the one that mergecap makes of them, with an interface for each."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"hop_{number}.pcapng" for number in range(len(traces))]
            for path, trace in zip(paths, traces):
                path.write_bytes(trace.bytes())
            if is_merged:
                merged = pathlib.Path(folder) / "merged.pcapng"
                subprocess.run(["mergecap", "-I", "none", "-w", merged, *paths], check=True, capture_output=True)
                paths = [merged]
            tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", folder, *paths)
            one = tools.oaexport(PROGRAM, "-q", "-r", "calls", *paths)
            texts = {name: (pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8") for name in REPORTS}
            self.assertEqual(one.stdout, texts["calls"])
        return {name: tools.rows(text) for name, text in texts.items()}

    def expect_same(self, before, after):
        """The same rows; times and durations nearly so."""
        for name in REPORTS:
            with self.subTest(report=name):
                self.assertEqual(len(before[name]), len(after[name]))
                for old, new in zip(before[name], after[name]):
                    for column, value in old.items():
                        if column.endswith("_ms") and value:
                            self.assertAlmostEqual(float(value), float(new[column]), delta=MOST_MS, msg=(column, old))
                        elif TIME.fullmatch(value):
                            apart = datetime.datetime.fromisoformat(value[:-1]) - datetime.datetime.fromisoformat(new[column][:-1])
                            self.assertLess(abs(apart.total_seconds()), MOST_MS / 1000, (column, old))
                        elif not column.endswith("frame"):
                            self.assertEqual(re.sub(r"\d+\.\d+ m?s", "time", value), re.sub(r"\d+\.\d+ m?s", "time", new[column]),
                                             (column, old))

    def check(self, name, near, far):
        """Parts of a capture, made anew each time."""
        if NAMES and name not in NAMES:
            return
        before = self.reports(near(), far())
        for reports in before, self.reports(near(), far(), is_merged=True):
            self.assertNotIn("clock_skew", [row["code"] for row in reports["findings"]])
        for seconds, is_merged in itertools.product(SHIFTS, (False, True)):
            with self.subTest(capture=name, shift=seconds, merged=is_merged):
                after = self.reports(near(), shift(far(), seconds), is_merged=is_merged)
                skew = [row["evidence"] for row in after["findings"] if row["code"] == "clock_skew"]
                self.assertEqual(len(skew), 1)
                pattern = r"merged.pcapng interface 1: {} merged.pcapng interface 0," if is_merged else r"hop_1.pcapng: {} hop_0.pcapng,"
                told = re.match(pattern.format(r"(\d+\.\d+) s (ahead of|behind)"), skew[0])
                self.assertAlmostEqual(float(told[1]) * (1 if told[2] == "ahead of" else -1), seconds, delta=MOST_MS / 1000)
                after["findings"] = [row for row in after["findings"] if row["code"] != "clock_skew"]
                self.expect_same(before, after)

    def test_proxy_and_store(self):
        for name in TWO_HOPS:
            data = (tools.MADE / f"{name}.pcapng").read_bytes()
            self.check(name, lambda data=data: part(data, is_http), lambda data=data: part(data, lambda packet: not is_http(packet)))

    def test_balancer(self):
        for name in "made/http_basic made/mapi_http_forms made/mapi_http_heads".split():
            data = disturb.second_leg((TOP / "test-captures" / f"{name}.pcapng").read_bytes())
            self.check(name.partition("/")[2], lambda data=data: part(data, lambda packet: not is_second_leg(packet)),
                       lambda data=data: part(data, is_second_leg))


if __name__ == "__main__":
    unittest.main(verbosity=1)
