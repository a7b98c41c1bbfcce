#!/usr/bin/env python3
"""What oaexport holds in memory for each open session, for each user, and for each interval of a server.

Each figure is the difference of the peaks of two captures that differ in nothing but the number of these. At the end, the peak
for a week of minutes of 50 servers, with a call in each interval.

Usage: memory.py MAKE_CAPTURE OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import itertools
import pathlib
import random
import subprocess
import sys
import tempfile

import cost
import growth

MINUTE_US = 60000000
LOADS = ["counters", "capacity"]
FEW, MANY = 500, 5000
CONCURRENT = 20
WEEK = 7 * 24 * 60
SERVERS = 50


def make(folder, *arguments):
    """A capture of make_capture."""
    path = pathlib.Path(folder) / "made.pcap"
    subprocess.run([MAKE_CAPTURE, str(path), *map(str, arguments)], check=True)
    return path


def intervals(folder, servers, minutes, calls):
    """A session at each server, with so many calls of different latencies in each minute."""
    path = pathlib.Path(folder) / "intervals.pcap"
    capture = growth.Capture(path)
    chance = random.Random(1)
    sessions = [growth.session(capture, number, bytes([192, 0, 2, number + 1])) for number in range(servers)]
    number = itertools.count(1)
    for minute in range(1, minutes):
        capture.time_us = max(minute * MINUTE_US, capture.time_us)
        for requests, responses in sessions:
            for _ in range(calls):
                this = next(number)
                requests.send(0, growth.call(growth.REQUEST, this))
                capture.time_us += round(chance.lognormvariate(7, 1))
                responses.send(1, growth.call(growth.RESPONSE, this))
    capture.file.close()
    return path


def slope(few, many, peaks):
    """Bytes for each."""
    return (peaks[1] - peaks[0]) / (many - few)


def main():
    """One figure on each line."""
    everything = cost.default_reports(OAEXPORT)
    with tempfile.TemporaryDirectory() as folder:
        for kind in cost.KINDS:
            cost.measure_memory(argparse.Namespace(make_capture=MAKE_CAPTURE, oaexport=[OAEXPORT], open=f"{FEW},{MANY}"), kind, everything, folder)
        for reports, name in ((everything, "all reports"), (["users"], "users alone")):
            found = [cost.peak(OAEXPORT, reports, make(folder, count, CONCURRENT, 4, 100, "small"), folder) for count in (FEW, MANY)]
            print(f"a user whose session is over, {name}: {slope(FEW, MANY, found) / 1024:.1f} KiB", flush=True)
        for calls in (1, 20):
            sizes = [500, 2500]
            found = [cost.peak(OAEXPORT, LOADS, intervals(folder, 10, minutes, calls), folder) for minutes in sizes]
            print(f"an interval of a server, calls in it: {calls}: {slope(10 * sizes[0], 10 * sizes[1], found):.0f} bytes", flush=True)
        found = cost.peak(OAEXPORT, LOADS, intervals(folder, SERVERS, WEEK, 1), folder)
        print(f"{SERVERS} servers, a week of minutes, {SERVERS * WEEK:,} intervals: {found / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    MAKE_CAPTURE, OAEXPORT = sys.argv[1:3]
    main()
