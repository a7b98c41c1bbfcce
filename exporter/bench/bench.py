#!/usr/bin/env python3
"""How fast oaexport is and how much memory it takes, beside tshark with the plugins doing the same work.

Makes a large capture of many sessions of each kind (RPC over HTTP with large and with small calls, also inside TLS with a key log, MAPI
over HTTP), runs both programs over it in turn, and runs oaexport over the first half of the same traffic: its memory must not depend on the length.

Usage: bench.py PLUGIN_HOME OAEXPORT MAKE_CAPTURE FOLDER [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

# What the reports are made of, as far as fields of tshark can tell it.
FIELDS = ["frame.number", "frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.stream", "rpch.vc",
          "rpch.channel", "rpch.channel.number", "rpch.pdu", "rpch.vc.cookie", "rpch.target.server", "rpch.target.port", "rpch.auth.user",
          "rpch.rpc.ptype", "rpch.rpc.call_id", "rpch.request_in", "rpch.time", "dcerpc.cn_frag_len", "dcerpc.opnum"]


KINDS = "large,small,mapi,large/1.2,large/1.3"


class Run:
    """One run of a command: seconds, peak memory in bytes, how much it printed."""

    def __init__(self, command, env):
        begin = time.monotonic()
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
        self.printed = 0
        while block := process.stdout.read(1 << 20):
            self.printed += len(block)
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - begin
        self.processor_seconds = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss * 1024
        if process.returncode:
            raise SystemExit(f"{command}: exit {process.returncode}")


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("home", "oaexport", "make_capture", "folder"):
        parser.add_argument(name)
    parser.add_argument("--sessions", type=int, default=500, help="sessions in the capture (default 500)")
    parser.add_argument("--concurrent", type=int, default=100, help="of these, how many at a time (default 100)")
    parser.add_argument("--calls", type=int, default=108, help="reads and writes of a session (default 108)")
    parser.add_argument("--kinds", default=KINDS, help=f"kinds of captures, inside TLS with its version (default: {KINDS})")
    parser.add_argument("--rounds", type=int, default=3, help="runs of oaexport (default 3)")
    parser.add_argument("--tshark-rounds", type=int, default=1, help="of these, how many beside a run of tshark (default 1)")
    return parser.parse_args()


def make(arguments, kind, percent):
    """The capture, or the first part of it; made anew each time, so that it is in memory when it is read."""
    kind, _, version = kind.partition("/")
    path = pathlib.Path(arguments.folder) / f"bench-{kind}{version}-{percent}.pcap"
    command = [arguments.make_capture, str(path), str(arguments.sessions), str(arguments.concurrent), str(arguments.calls), str(percent), kind]
    if not version:
        subprocess.run(command, check=True)
        return Capture(path, None)
    keys = path.with_suffix(".keys")
    subprocess.run([*command, version, str(keys)], check=True)
    keys.chmod(0o600)
    if tools.as_ordinary_user():
        os.chown(keys, 65534, -1)  # both programs read it, and nobody else
    return Capture(path, keys)


class Capture:
    """A capture, and its key log if it is inside TLS."""

    def __init__(self, path, keys):
        self.path, self.keys = path, keys

    def for_oaexport(self):
        """Arguments."""
        return [*(["--tls-keylog", str(self.keys)] if self.keys else []), str(self.path)]

    def for_tshark(self):
        """Arguments."""
        return [*(["-o", f"tls.keylog_file:{self.keys}"] if self.keys else []), "-r", str(self.path)]

    def remove(self):
        """From the disk."""
        self.path.unlink()
        if self.keys:
            self.keys.unlink()


def frames_of(path):
    """Number of frames."""
    told = subprocess.run(["capinfos", "-M", "-T", "-r", "-c", str(path)], check=True, capture_output=True, text=True).stdout
    return int(told.split()[-1])


def tell(name, run, frames, size):
    """A line of the result."""
    print(f"{name:<16} {run.seconds:7.2f} s {run.processor_seconds:7.2f} s CPU {frames / run.seconds:12,.0f} frames/s "
          f"{size / run.seconds / 1e6:8.1f} MB/s {run.memory / 1e6:8.1f} MB", flush=True)
    return run


def measure(arguments, kind):
    """Makes the captures of a kind, runs, prints."""
    env = tools.surroundings(arguments.home)
    reports = pathlib.Path(arguments.folder) / "bench-reports"
    half, full = make(arguments, kind, 50), make(arguments, kind, 100)
    frames, size = frames_of(full.path), full.path.stat().st_size
    print(f"{kind}: {arguments.sessions} sessions, {frames:,} frames, {size / 1e6:.0f} MB", flush=True)

    fields = [part for name in FIELDS for part in ("-e", name)]
    ours, theirs = [], []
    for number in range(arguments.rounds):
        ours.append(tell("oaexport", Run([arguments.oaexport, "-o", str(reports), *full.for_oaexport()], env), frames, size))
        if number < arguments.tshark_rounds:
            protocol = "oxcmapihttp" if kind == "mapi" else "rpch"
            command = [*tools.as_ordinary_user(), "tshark", *full.for_tshark(), "-Y", protocol, "-T", "fields", *fields]
            theirs.append(tell("tshark -T fields", Run(command, env), frames, size))
            if not theirs[-1].printed:
                raise SystemExit("tshark printed nothing: are the plugins loaded?")
    shorter = tell("oaexport, half", Run([arguments.oaexport, "-o", str(reports), *half.for_oaexport()], env), frames_of(half.path),
                   half.path.stat().st_size)

    peak = max(run.memory for run in ours)
    print(f"memory of oaexport: {shorter.memory / 1e6:.1f} MB for half, {peak / 1e6:.1f} MB for all: "
          f"{100 * (peak / shorter.memory - 1):+.1f} %")
    if theirs:
        speed = statistics.median(run.seconds for run in theirs) / statistics.median(run.seconds for run in ours)
        memory = statistics.median(run.memory for run in theirs) / peak
        print(f"oaexport is {speed:.1f} times faster than tshark and takes 1/{memory:.0f} of its memory")
    for capture in (half, full):
        capture.remove()


def main():
    """One kind after the other."""
    arguments = options()
    for kind in arguments.kinds.split(","):
        measure(arguments, kind)


if __name__ == "__main__":
    main()
