#!/usr/bin/env python3
"""Parts that are read alone and merged give the files of one run, byte for byte, by time and by hosts; and what is no set of parts is refused.

Usage: test_shards.py OAEXPORT [--all]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
ALL = "--all" in sys.argv
if ALL:
    sys.argv.remove("--all")
REPORTS = ",".join(name for name in (line.split()[0] for line in tools.oaexport(PROGRAM, "--list-reports").stdout.splitlines()) if name != "comparison")
CUTS = [(count, way) for count in (2, 3, 7) for way in ("time", "hosts")]
BASIC = TOP / "test-captures/real/basic.pcapng"


def outcome(*arguments):
    """Everything that a run shows: exit code, messages, files."""
    with tempfile.TemporaryDirectory() as folder:
        result = tools.oaexport(PROGRAM, "--rops", "--estimates", "--reports", REPORTS, "-o", folder, *arguments, check=False)
        return result.returncode, result.stderr, {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}


def read_part(index, count, way, folder, *captures):
    return tools.oaexport(PROGRAM, "--shard", f"{index}/{count}", "--shard-by", way, "-o", folder, *captures)


def read_parts(count, way, folder, *captures):
    for index in range(1, count + 1):
        read_part(index, count, way, folder, *captures)
    return folder


def keys_of(capture):
    keys = capture.with_suffix(".keys")
    return ["--tls-keylog", keys] if keys.exists() else []


def with_right_sums(data):
    """A partial result whose blocks have the sums of what is in them now."""
    data, at = bytearray(data), 8
    while at + 8 <= len(data) - 16:
        length = int.from_bytes(data[at:at + 4], "little")
        data[at + 4:at + 8] = zlib.crc32(data[at + 8:at + 8 + length]).to_bytes(4, "big")
        at += 8 + length
    return bytes(data)


class Shards(unittest.TestCase):
    """Against one run."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def check(self, *captures, options=(), cuts=None):
        """All ways to cut show the same."""
        code, messages, files = outcome(*options, *captures)
        for count, way in cuts or CUTS:
            with tempfile.TemporaryDirectory() as folder, self.subTest(count=count, way=way, captures=captures):
                found = outcome(*options, "merge", read_parts(count, way, folder, *captures))
                self.assertEqual(found[:2], (code, messages))
                self.assertEqual(sorted(found[2]), sorted(files))
                self.assertEqual([name for name in files if files[name] != found[2][name]], [])
        return code

    def test_every_capture(self):
        """With its keys, if there are any; of each twelfth, unless all are wanted, in ways that change."""
        captures = sorted((TOP / "test-captures").glob("**/*.pcap*"))
        self.assertGreater(len(captures), 100)
        for i, capture in enumerate(captures if ALL else captures[::12]):
            self.check(capture, options=keys_of(capture), cuts=CUTS if ALL else [CUTS[i % len(CUTS)]])

    def test_together(self):
        """Folders, whose captures overlap in time and have different clocks."""
        for name in ("real", "made", "clients", "cases") if ALL else ("clients",):
            self.check(TOP / "test-captures" / name, cuts=None if ALL else [(3, "time"), (2, "hosts")])

    def test_ring(self):
        """One capture in many files, more than 16 for each part, which are not cut; out of order on the command line, with damage at an end."""
        subprocess.run(["editcap", "-c", "12", str(BASIC), str(self.folder / "ring.pcapng")], check=True)
        files = sorted(self.folder.iterdir())
        self.assertGreater(len(files), 16 * 2)
        files[3].write_bytes(files[3].read_bytes()[:-30])
        self.assertEqual(self.check(*files[::-1], cuts=[(2, "time"), (2, "hosts"), (40, "time")]), 3)

    def test_two_hops(self):
        """Two files of the same sessions, of which one clock is wrong, so that all is read again; frames that are late; a clock that was set."""
        hops = [TOP / f"test-captures/made/overlapping_{name}_hop.pcapng" for name in ("client", "server")]
        late = self.folder / "late.pcapng"
        subprocess.run(["editcap", "-t", "0.7", str(hops[1]), str(late)], check=True)
        self.check(hops[0], late, cuts=[(3, "time"), (2, "hosts")])
        self.assertIn("clock_skew", tools.oaexport(PROGRAM, "--reports", "findings", "merge", read_parts(2, "hosts", self.folder / "parts", hops[0], late)).stdout)
        first, rest, second = (self.folder / f"{name}.pcapng" for name in ("first", "rest", "second"))
        subprocess.run(["editcap", "-r", str(BASIC), str(first), "1-120"], check=True)
        subprocess.run(["editcap", str(BASIC), str(rest), "1-120"], check=True)
        subprocess.run(["editcap", "-t", "-3600", str(rest), str(second)], check=True)
        self.check(first, second, cuts=[(3, "time"), (2, "hosts")])

    def test_disturbed(self):
        """Cut by a snap length; frames in the wrong order; twice; damaged in the middle and at the end, compressed and not."""
        names = [self.folder / name for name in ("snapped.pcap", "mixed.pcapng", "cut.pcapng", "cut.pcapng.gz")]
        subprocess.run(["editcap", "-F", "pcap", "-s", "90", str(BASIC), str(names[0])], check=True)
        swapped = [str(frame) for frame in range(60, 400, 2)]
        parts = [self.folder / "even", self.folder / "odd"]
        subprocess.run(["editcap", "-r", str(BASIC), str(parts[0]), *swapped], check=True)
        subprocess.run(["editcap", str(BASIC), str(parts[1]), *swapped], check=True)
        subprocess.run(["mergecap", "-a", "-w", str(names[1]), *map(str, parts)], check=True)
        data = BASIC.read_bytes()
        names[2].write_bytes(data[:len(data) // 2] + b"\xff" * 8 + data[len(data) // 2 + 8:])
        names[3].write_bytes(subprocess.run(["gzip", "-c"], input=data, capture_output=True, check=True).stdout[:-2000])
        for name in names:
            self.check(name, cuts=[(2, "time"), (3, "hosts"), (7, "time")])
        self.check(BASIC, BASIC, cuts=[(2, "time"), (3, "hosts")])

    def test_options(self):
        """Of output, memory and threads belong to merge; the summary and a database come from parts too."""
        parts = read_parts(3, "time", self.folder, tools.SIX_USERS)
        for options in (["--format", "json"], ["-j", "1"], ["--max-memory", "64M"], ["--reorder-window", "0"], ["--interval", "7"]):
            self.assertEqual(outcome(*options, "merge", parts), outcome(*options, tools.SIX_USERS))
        one = tools.oaexport(PROGRAM, "--reports", "calls", tools.SIX_USERS).stdout
        self.assertEqual(tools.oaexport(PROGRAM, "--reports", "calls", "merge", parts).stdout, one)
        summaries = [tools.oaexport(PROGRAM, *captures).stdout.replace(" ".join(map(str, captures)), "CAPTURE") for captures in ((tools.SIX_USERS,), ("merge", parts))]
        numbers = [[line for line in summary.splitlines() if "CAPTURE" not in line and "tshark" not in line] for summary in summaries]
        self.assertEqual(numbers[0][:10], numbers[1][:10])

    def refused(self, word, *arguments):
        """One line with that word, exit code 2, and no file."""
        out = self.folder / "out"
        result = tools.oaexport(PROGRAM, "-o", out, "merge", *arguments, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1), result.stderr)
        self.assertIn(word, result.stderr)
        self.assertFalse(out.exists() and any(out.iterdir()))

    def test_no_set(self):
        """A part is missing, there twice, of other captures, cut otherwise, not whole, damaged, changed, of another version, nothing at all."""
        parts = read_parts(3, "time", self.folder / "parts", BASIC)
        second = parts / "part-2-of-3.oapart"
        whole = second.read_bytes()
        others = {name: self.folder / name for name in ("hosts", "four", "file", "empty")}
        read_part(2, 3, "hosts", others["hosts"], BASIC)
        read_part(2, 4, "time", others["four"], BASIC)
        read_part(2, 3, "time", others["file"], tools.SIX_USERS)
        others["empty"].mkdir()
        self.refused("part 3 again", parts, parts / "part-3-of-3.oapart")
        second.unlink()
        self.refused("part 2 of 3 is missing", parts)
        for name, word in (("hosts", "not of the same"), ("four", "not of the same"), ("file", "not of the same"), ("empty", "no partial result")):
            self.refused(word, parts, others[name])
        self.refused("No such file", parts, second)
        self.refused("damaged, or not", parts, BASIC)
        for length in (0, 1, 20, len(whole) // 2, len(whole) - 1):
            second.write_bytes(whole[:length])
            self.refused("damaged, or not" if length < 24 else "not whole", parts)
        for at in (3, len(whole) // 3, len(whole) - 20):
            second.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.refused("damaged", parts)
        index = int.from_bytes(whole[-16:-8], "little")
        second.write_bytes(with_right_sums(whole[:index + 8] + b"\x7f" + whole[index + 9:]))
        self.refused("another version", parts)

    def test_hostile(self):
        """Any byte of a part may be another, with sums that are right: the parts are refused or merged, and nothing else happens."""
        parts = read_parts(1, "time", self.folder / "parts", TOP / "test-captures/made/half_out_server_hop.pcapng", TOP / "test-captures/hostile/ipfrag.pcap")
        part = parts / "part-1-of-1.oapart"
        whole = part.read_bytes()
        for at in range(8, len(whole) - 16, 1 if ALL else max(len(whole) // 60, 1)):
            part.write_bytes(with_right_sums(whole[:at] + bytes([whole[at] ^ (0xff if at % 2 else 0x01)]) + whole[at + 1:]))
            result = tools.oaexport(PROGRAM, "-q", "--reports", "calls,sessions,findings", "-o", self.folder / "out", "merge", parts, check=False)
            self.assertIn(result.returncode, (0, 2, 3, 5), f"byte {at}: {result.stderr}")

    def test_killed(self):
        """A part that is ended leaves nothing that is taken for one; SIGTERM not even a file."""
        big = self.folder / "big.pcapng"
        subprocess.run(["mergecap", "-a", "-w", str(big), *[str(BASIC)] * 200], check=True)
        for number in (signal.SIGTERM, signal.SIGKILL):
            out = self.folder / f"out{number}"
            process = subprocess.Popen([PROGRAM, "--shard", "1/1", "-o", str(out), str(big)], stderr=subprocess.PIPE)
            while process.poll() is None and not (out.exists() and any(out.iterdir())):
                time.sleep(0.001)
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, -number)
            left = [path.name for path in out.iterdir()]
            self.assertEqual([name for name in left if name.endswith(".oapart")], [])
            if number == signal.SIGTERM:
                self.assertEqual(left, [])
            shutil.rmtree(out)

    def test_not_written(self):
        """The place for it is a file."""
        (self.folder / "file").touch()
        result = tools.oaexport(PROGRAM, "--shard", "1/2", "-o", self.folder / "file", BASIC, check=False)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (4, 1))

    def test_command_line(self):
        """What is no part, and what does not go together."""
        for arguments, word in ((["--shard", "0/2"], "second of seven"), (["--shard", "3/2"], "second of seven"), (["--shard", "1"], "second of seven"),
                                (["--shard", "1/2/3"], "second of seven"), (["--shard", "1/2", "--shard-by", "day"], "neither"), (["--shard", "1/2"], "directory"),
                                (["--shard", "1/2", "-o", "x.sqlite"], "directory"), (["--shard", "1/2", "-o", "x", "--follow"], "follow")):
            result = tools.oaexport(PROGRAM, *arguments, BASIC, check=False)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (1, "", 1))
            self.assertIn(word, result.stderr)
        self.assertEqual(tools.oaexport(PROGRAM, "-o", "x", "merge", check=False).returncode, 1)
        result = tools.oaexport(PROGRAM, "--shard", "1/2", "-o", self.folder, "-", check=False)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1))


if __name__ == "__main__":
    unittest.main()
