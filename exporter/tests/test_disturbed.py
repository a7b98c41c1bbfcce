#!/usr/bin/env python3
"""The same reports from captures whose frames are swapped or seen twice; and nothing untrue from those that lack frames.

Usage: test_disturbed.py OAEXPORT [NAME...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import pathlib
import re
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
SEEDS = (1, 2, 3)
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "auth", "findings", "hops", "frames")
COUNTED_FRAMES = {"frames_in", "frames_out", "retransmitted_frames_in", "retransmitted_frames_out"}
OF_THE_CAPTURE = {"capture_duplicated", "reordered"}  # findings that say how it was disturbed
TIMES = {"time", "start", "end", "first_seen", "last_seen"}


def is_frame(name):
    """A column that is a number of a frame, or counts frames."""
    return name == "frame" or name.endswith("_frame") or name in COUNTED_FRAMES


def is_time(name):
    """A column that moves with the time stamps of frames."""
    return name in TIMES or name.endswith("_ms")


def comparable(rows, *leave_out):
    """The rows without the given kinds of columns, in any order; sentences without frame numbers, and without times if these go."""
    result = []
    for row in rows:
        if row.get("code") in OF_THE_CAPTURE:
            continue
        row = {name: value for name, value in row.items() if not any(leaves(name) for leaves in leave_out)}
        if "evidence" in row:
            row["evidence"] = re.sub(r"frame \d+", "frame", row["evidence"])
        if "evidence" in row and is_time in leave_out:
            row["evidence"] = re.sub(r"\d+\.\d+ m?s", "time", row["evidence"])
        result.append(tuple(row.items()))
    return collections.Counter(result)


class Disturbed(unittest.TestCase):
    """Every shipped capture, disturbed."""

    def reports(self, path):
        """All reports of a capture."""
        with tempfile.TemporaryDirectory() as folder:
            result = tools.oaexport(PROGRAM, "-q", "-r", ",".join(REPORTS), "-o", folder, path, check=False)
            self.assertIn(result.returncode, (0, 5), (path, result.stderr))
            return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in REPORTS}

    def disturbed(self, path, seed, **how):
        """All reports of the capture, disturbed."""
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            file.write(disturb.disturb(path.read_bytes(), seed, **how)[0])
            file.flush()
            return self.reports(file.name)

    def expect_same(self, path, before, after, *leave_out):
        """The same rows but for some columns."""
        for name in REPORTS:
            with self.subTest(capture=path.stem, report=name):
                old, new = comparable(before[name], *leave_out), comparable(after[name], *leave_out)
                self.assertEqual(list((new - old).elements())[:3], list((old - new).elements())[:3])

    def expect_true(self, path, before, after):
        """What is told of calls in spite of missing frames is as it was."""
        known = collections.defaultdict(set)
        sidecar = path.with_suffix(".json")
        told = json.loads(sidecar.read_text(encoding="utf-8"))["calls"] if sidecar.exists() else []
        told = [{name: str(call.get(name, "")) for name in ("call_id", "opnum", "request_bytes", "response_bytes")} for call in told]
        for row in before["calls"] + told:
            for side in ("request_bytes", "response_bytes"):
                known[row["call_id"], row["opnum"], side].add(row[side])
                known[row["call_id"], "", side].add(row[side])
        recycles = any(row["recycles_in"] + row["recycles_out"] != "00" for row in before["sessions"])
        for row in after["calls"]:
            for side in ("request_bytes", "response_bytes"):
                # A gap on one connection is not known yet when the rest of a message comes on its successor.
                if row[side] and not (recycles and row[side.replace("bytes", "fragments")] != "1"):
                    self.assertIn(row[side], known[row["call_id"], row["opnum"], side], (path.stem, row))
        for name in ("bytes_in", "bytes_out"):
            total = [sum(int(row[name]) for row in reports["connections"]) for reports in (before, after)]
            self.assertLessEqual(total[1], total[0], (path.stem, name))
        self.assertLessEqual({row["user"] for row in after["sessions"]}, {row["user"] for row in before["sessions"]} | {""}, path.stem)

    def test_captures(self):
        paths = [path for path in tools.of_outlook_anywhere() if not NAMES or path.stem in NAMES]
        self.assertTrue(paths)
        for path in paths:
            before = self.reports(path)
            self.expect_same(path, before, self.disturbed(path, SEEDS[0], twice=0.5), is_frame)
            for seed in SEEDS:
                self.expect_same(path, before, self.disturbed(path, seed, swap=0.3, twice=0.05), is_frame, is_time)
                self.expect_true(path, before, self.disturbed(path, seed, lose=0.05))

    def test_acknowledgements_first(self):
        """Acknowledgements seen before what they acknowledge are no loss."""
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
