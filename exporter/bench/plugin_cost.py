#!/usr/bin/env python3
"""What the plugins cost tshark: with them against without, for four captures and four ways to run it.

The captures are made (RPC over HTTP with large calls, one session of small ones, MAPI over HTTP) or recorded (six users at once). Runs
with and without the plugins take turns. Printed are processor time and peak memory, each as "without, with: ratio", of the whole program,
and in the last column the same ratio without what tshark needs for an empty capture: the ratio that long captures tend to. --instructions
counts instructions with valgrind in place of time, which takes fifty times as long but has no noise.

Stock Wireshark shows the PDUs of RPC over HTTP as continuations of HTTP: it decodes nothing of what the plugins are compared with.

Usage: plugin_cost.py PLUGIN_HOME MAKE_CAPTURE [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import gzip
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import tempfile

import bench

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

RUNS = {"statistics": ["-q", "-z", "io,stat,0"], "columns": [], "details": ["-V"], "two passes": ["-2"]}
# Sessions, of these at a time, calls of each: arguments of make_capture.
MADE = {"large": (100, 20, 108), "small": (1, 1, 30000), "mapi": (100, 20, 108)}
PCAP_HEADER = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
CAPTURES = ("large", "real", "small", "mapi")


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("home")
    parser.add_argument("make_capture")
    parser.add_argument("--captures", default=",".join(CAPTURES), help="which (default: all)")
    parser.add_argument("--runs", default=",".join(RUNS), help="ways to run tshark (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts (default 3)")
    parser.add_argument("--share", type=int, default=100, help="percent of the made captures' sessions and calls (default 100)")
    parser.add_argument("--instructions", action="store_true", help="count instructions in place of time")
    return parser.parse_args()


def capture(arguments, kind, folder):
    """The capture of that kind."""
    path = pathlib.Path(folder) / f"{kind}.pcap"
    if kind == "real":
        path.write_bytes(gzip.decompress(tools.SIX_USERS.read_bytes()))
        return path
    sessions, concurrent, calls = MADE[kind]
    if sessions == 1:
        calls = calls * arguments.share // 100
    else:
        sessions = max(sessions * arguments.share // 100, 1)
    subprocess.run([arguments.make_capture, str(path), str(sessions), str(min(concurrent, sessions)), str(calls), "100", kind], check=True)
    return path


def tshark(path, run):
    """The command."""
    return [*tools.as_ordinary_user(), "tshark", "-r", str(path), *RUNS[run]]


def instructions(command, home):
    """Of one run, in units that read like seconds: 10^9."""
    at = command.index("tshark")
    counted = [*command[:at], "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command[at:]]
    result = subprocess.run(counted, env=tools.surroundings(home), check=True, capture_output=True, text=True, errors="replace")
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1)) / 1e9


def measure(arguments, path, run):
    """Time or instructions, and memory, without and with the plugins; the two take turns."""
    command = tshark(path, run)
    found = {home: ([], []) for home in (tools.STOCK, arguments.home)}
    for number in range(arguments.rounds):
        for home, (spent, memory) in found.items():
            done = bench.Run(command, tools.surroundings(home))
            spent.append(done.processor_seconds)
            memory.append(done.memory / 1e6)
            if arguments.instructions and number == 0:
                found[home] = ([instructions(command, home)] * arguments.rounds, memory)
    return [[statistics.median(values) for values in pair] for pair in found.values()]


def ratios(unit, both, empty):
    """ "without, with: ratio (ratio beyond an empty capture)". """
    without, with_plugins = both
    beyond = (with_plugins - empty[1]) / max(without - empty[0], 1e-9)
    return f"{without:8.2f} {with_plugins:8.2f} {unit} {with_plugins / without:5.2f} {beyond:5.2f}"


def main():
    """A line for each capture and run."""
    arguments = options()
    unit = "G" if arguments.instructions else "s"
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        print("capture     frames run          processor: without, with, ratio, beyond start   memory: the same", flush=True)
        for kind in arguments.captures.split(","):
            path = capture(arguments, kind, folder)
            empty = pathlib.Path(folder) / "empty.pcap"
            empty.write_bytes(PCAP_HEADER)
            for run in arguments.runs.split(","):
                (spent_start, memory_start), (spent, memory) = (zip(*measure(arguments, file, run)) for file in (empty, path))
                print(f"{kind:<6} {bench.frames_of(path):>11,} {run:<11} {ratios(unit, spent, spent_start)}   "
                      f"{ratios('MB', memory, memory_start)}", flush=True)


if __name__ == "__main__":
    main()
