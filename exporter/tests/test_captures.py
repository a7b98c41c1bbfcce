#!/usr/bin/env python3
"""The report captures: what capinfos says of each file, and what was made of its frames, however the captures are cut and given.

Usage: test_captures.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import datetime
import io
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
BASIC = tools.REAL / "basic.pcapng"
# A table of: format, link type, limit of length, frames, bytes of the file and of the frames, first and last time in seconds.
CAPINFOS = ["capinfos", "-T", "-m", "-Q", "-M", "-S", "-t", "-E", "-l", "-c", "-s", "-d", "-a", "-e"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
SUMS = ("frames", "frame_bytes", "captured_bytes", "cut_frames", "mail_frames", "other_frames", "unsupported_frames", "second_copies")


def rows_of(*captures, code=0, **more):
    """The rows of the report."""
    result = tools.oaexport(PROGRAM, "-q", "-r", "captures", *captures, check=False, **more)
    if result.returncode != code:
        raise AssertionError(f"exit {result.returncode}: {result.stderr}")
    return tools.rows(result.stdout)


def microseconds(seconds):
    """Since the epoch, cut, of seconds as capinfos writes them."""
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 1000000 + int(fraction[:6].ljust(6, "0"))


def time_of(text):
    """The same of a time of a report."""
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(microseconds=1)


def totals(rows):
    """Sums over the files."""
    return {column: sum(int(row[column]) for row in rows) for column in SUMS}


class Captures(unittest.TestCase):
    """What the rows of the files are."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def edit(self, name, *arguments, program="editcap"):
        """A capture in the folder, made by editcap or mergecap."""
        path = self.folder / name
        before, after = (arguments, [path]) if program == "editcap" else (["-w", path, *arguments], [])
        subprocess.run([program, *before, *after], check=True, capture_output=True)
        return path

    def test_capinfos(self):
        """Of every capture."""
        compared = 0
        for capture in sorted(tools.CAPTURES.glob("**/*.pcap*")):
            with self.subTest(capture.name):
                told = subprocess.run([*CAPINFOS, capture], capture_output=True, text=True, check=False)
                result = tools.oaexport(PROGRAM, "-q", "-r", "captures", capture, check=False)
                row, = tools.rows(result.stdout)
                self.assertEqual(row["state"], "cut" if result.returncode == 3 else "whole")
                if told.returncode or row["state"] != "whole":
                    continue
                info, = csv.DictReader(io.StringIO(told.stdout))
                self.assertEqual((row["file"], row["format"], row["file_bytes"], row["frames"], row["frame_bytes"]),
                                 (str(capture), info["File type"], info["File size (bytes)"], info["Number of packets"], info["Data size (bytes)"]))
                if info["Packet size limit"].isdigit():
                    self.assertEqual(row["snap_length_bytes"], info["Packet size limit"])
                if ";" not in row["link_types"] and row["frames"] != "0":
                    self.assertEqual(row["link_types"], info["File encapsulation"])
                if row["first_time"] and info["Start time"][0].isdigit() and float(info["End time"]) < 9e9:
                    self.assertEqual((time_of(row["first_time"]), time_of(row["last_time"])),
                                     (microseconds(info["Start time"]), microseconds(info["End time"])))
                compared += 1
        self.assertGreater(compared, 100)

    def test_ring(self):
        """Ten files in any order: the same rows, in order of time, whose sums are those of the whole; only its own frames count for a file."""
        six = self.edit("all.pcapng", tools.SIX_USERS)
        whole, = rows_of(six)
        self.edit("part.pcapng", "-c", str(int(whole["frames"]) // 10 + 1), six)
        parts = sorted(self.folder.glob("part_*"))
        self.assertEqual(len(parts), 10)
        shuffled = parts[:]
        random.Random(7).shuffle(shuffled)
        rows = rows_of(*shuffled)
        self.assertEqual(rows, rows_of(*parts))
        self.assertEqual([row["file"] for row in rows], [str(path) for path in parts])
        self.assertEqual(totals(rows), totals([whole]))
        self.assertEqual((rows[0]["first_time"], rows[-1]["last_time"]), (whole["first_time"], whole["last_time"]))

    def test_mail_frames(self):
        """Those of connections with channels, but for what came before it was known."""
        reports = tools.reports(PROGRAM, ("captures", "connections"), tools.SIX_USERS)
        frames = sum(int(row["frames_in"]) + int(row["frames_out"]) for row in reports["connections"])
        row, = reports["captures"]
        # The three of each handshake show nothing.
        self.assertEqual(int(row["mail_frames"]), frames - 3 * len(reports["connections"]))
        for path in (tools.REAL / "tls.pcapng", tools.CAPTURES / "ordinary" / "loopback.pcap"):
            row, = tools.rows(tools.oaexport(PROGRAM, "-q", "-r", "captures", path, check=False).stdout)
            self.assertEqual(row["mail_frames"], "0")

    def test_copies(self):
        """The same file twice: second copies in the one or the other, and nothing else."""
        copy = self.folder / "copy.pcapng"
        shutil.copy(BASIC, copy)
        one, = rows_of(BASIC)
        rows = rows_of(BASIC, copy)
        self.assertEqual(sum(int(row["second_copies"]) for row in rows), int(one["frames"]))
        self.assertEqual(sum(int(row["mail_frames"]) for row in rows), int(one["mail_frames"]))

    def test_not_read(self):
        """Files that end early, frames that were cut, that are of other link types, that go back in time."""
        cut = self.folder / "cut.pcapng"
        cut.write_bytes(BASIC.read_bytes()[:100001])
        row, = rows_of(cut, code=3)
        self.assertEqual((row["state"], int(row["frames"]) < 622), ("cut", True))
        row, = rows_of(self.edit("short.pcapng", "-s", "100", BASIC))
        self.assertGreater(int(row["cut_frames"]), 0)
        self.assertLess(int(row["captured_bytes"]), int(row["frame_bytes"]))
        row, = rows_of(self.edit("wlan.pcapng", "-T", "ieee-802-11", BASIC), code=tools.NOTHING_FOUND)
        self.assertEqual((row["unsupported_frames"], row["link_types"]), (row["frames"], "ieee-802-11"))
        late = self.edit("late.pcapng", "-t", "3600", BASIC)
        row, = rows_of(self.edit("back.pcapng", "-a", late, BASIC, program="mergecap"))
        self.assertEqual((row["clock_steps"], row["reordered_frames"]), ("1", "0"))
        row, = rows_of(tools.CAPTURES / "clients" / "samba_basic_unsorted.pcapng")
        findings = tools.report(PROGRAM, "findings", tools.CAPTURES / "clients" / "samba_basic_unsorted.pcapng")
        self.assertIn(f" {row['reordered_frames']} frames were", next(one["evidence"] for one in findings if one["code"] == "reordered"))
        empty = self.folder / "empty.pcapng"
        subprocess.run(["tshark", "-r", BASIC, "-Y", "frame.number == 0", "-w", empty], check=True, capture_output=True)
        rows = rows_of(empty, BASIC)
        self.assertEqual([(row["file"], row["frames"], row["first_time"], row["clock_correction_ms"]) for row in rows[1:]], [(str(empty), "0", "", "")])

    def test_clocks(self):
        """What was added to the times of the second hop is what its clock was behind."""
        hops = tools.MADE / "conn_two_hops.pcapng"
        near, far = self.folder / "near.pcapng", self.folder / "far_right.pcapng"
        for path, wanted in ((near, "tcp.port == 80"), (far, "!(tcp.port == 80)")):
            subprocess.run(["tshark", "-r", hops, "-Y", wanted, "-w", path], check=True, capture_output=True)
        row = rows_of(near, self.edit("far.pcapng", "-t", "-5", far))[-1]
        self.assertTrue(row["file"].endswith("far.pcapng"), row)
        self.assertAlmostEqual(float(row["clock_correction_ms"]), 5000, delta=0.5)
        self.assertLess(abs(time_of(row["first_time"]) - time_of(rows_of(far)[0]["first_time"])), 500)
        merged = self.edit("merged.pcapng", "-I", "none", near, self.folder / "far.pcapng", program="mergecap")
        row, = rows_of(merged)
        self.assertEqual((row["clock_correction_ms"], row["interfaces"]), ("", "2"))

    def test_names(self):
        """Names as the user gave them, in folders too; pseudonyms that agree with those in findings."""
        shutil.copy(BASIC, self.folder / "day one.pcapng")
        self.assertEqual(rows_of("day one.pcapng", cwd=self.folder)[0]["file"], "day one.pcapng")
        self.assertEqual(rows_of(".", cwd=self.folder)[0]["file"], "./day one.pcapng")
        with subprocess.Popen(["cat", BASIC], stdout=subprocess.PIPE) as cat:
            row, = rows_of("-", stdin=cat.stdout)
        self.assertEqual((row["file"], row["file_bytes"], row["frames"]), ("standard input", "", "622"))
        key = self.folder / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        secret = self.folder / "secretplace.pcapng"
        (self.folder / "day one.pcapng").unlink()
        self.edit(secret.name, tools.CAPTURES / "clients" / "samba_basic_unsorted.pcapng")
        anonymous = ["--anonymize", key, secret]
        name = rows_of(*anonymous)[0]["file"]
        self.assertNotIn("place", name)
        self.assertRegex(name, r"^(/n[0-9a-f]{12})+$")
        evidence = next(row["evidence"] for row in tools.report(PROGRAM, "findings", *anonymous) if row["code"] == "reordered")
        self.assertTrue(evidence.startswith(f"{name.split('/')[-1]}: "), evidence)


if __name__ == "__main__":
    unittest.main()
