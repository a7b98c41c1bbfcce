#!/usr/bin/env python3
"""What oaexport costs without the noise of a clock: instructions for each frame, and memory for each open session.

Instructions are counted by valgrind over the captures of the benchmark, less those of an empty capture, so that starting the
program does not count. With a second oaexport, an earlier one for example, the ratio of the two is printed; both then make the
reports that both have. Memory is the difference of the peaks of two captures that end with all sessions open.

--without counts the same program without some of the reports instead: what these cost.

Usage: cost.py MAKE_CAPTURE OAEXPORT [EARLIER_OAEXPORT] [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile

KINDS = ("large", "small", "mapi")
PCAP_HEADER = 24
PCAP_RECORD = 16


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("make_capture")
    parser.add_argument("oaexport", nargs="+")
    parser.add_argument("--sessions", type=int, default=20, help="sessions whose frames are counted (default 20)")
    parser.add_argument("--calls", type=int, default=108, help="reads and writes of a session (default 108)")
    parser.add_argument("--open", default="500,5000", help="open sessions of the two captures for memory (default 500,5000)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of captures (default: all)")
    parser.add_argument("--without", default="", help="reports whose share is printed, separated by commas")
    parser.add_argument("--skip-memory", action="store_true", help="count instructions only")
    return parser.parse_args()


def default_reports(program):
    """The reports that are made without being asked for, in order."""
    told = subprocess.run([program, "--list-reports"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in told.splitlines() if "only " not in line]


def frames_of(path):
    """Number of frames of a capture of make_capture."""
    data, at, frames = path.read_bytes(), PCAP_HEADER, 0
    while at < len(data):
        at += PCAP_RECORD + int.from_bytes(data[at + 8:at + 12], "little")
        frames += 1
    return frames


def make(arguments, folder, kind, sessions, calls, percent):
    """A capture in which all sessions are open at the same time."""
    path = pathlib.Path(folder) / f"{kind}-{sessions}.pcap"
    subprocess.run([arguments.make_capture, str(path), str(sessions), str(sessions), str(calls), str(percent), kind], check=True)
    return path


def instructions(program, reports, path, folder):
    """Instructions of one run."""
    result = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "--quiet",
                             "--reports", ",".join(reports), "-o", str(pathlib.Path(folder) / "reports"), str(path)],
                            check=False, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1))


def peak(program, reports, path, folder):
    """Peak memory of one run, bytes."""
    process = subprocess.Popen([program, "--quiet", "--reports", ",".join(reports),  # pylint: disable=consider-using-with
                                "-o", str(pathlib.Path(folder) / "reports"), str(path)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{program}: exit {process.returncode}")
    return usage.ru_maxrss * 1024


def measure_instructions(arguments, kind, reports, folder):
    """Per frame, of each program."""
    path = make(arguments, folder, kind, arguments.sessions, arguments.calls, 100)
    empty = pathlib.Path(folder) / "empty.pcap"
    empty.write_bytes(path.read_bytes()[:PCAP_HEADER])
    frames = frames_of(path)
    found = [(instructions(program, reports, path, folder) - instructions(program, reports, empty, folder)) / frames
             for program in arguments.oaexport]
    line = f"{kind}: {frames:,} frames, instructions a frame: " + ", ".join(f"{count:,.0f}" for count in found)
    print(line + (f"; {100 * (found[0] / found[1] - 1):+.1f} %" if len(found) > 1 else ""), flush=True)
    if arguments.without:
        program, fewer = arguments.oaexport[0], [name for name in reports if name not in arguments.without.split(",")]
        rest = (instructions(program, fewer, path, folder) - instructions(program, fewer, empty, folder)) / frames
        print(f"{kind}: without {arguments.without} {rest:,.0f}: all reports take {found[0] / rest:.2f} times as many", flush=True)


def measure_memory(arguments, kind, reports, folder):
    """Per open session, of each program: the session itself, and with what all reports keep of it and its user."""
    few, many = (int(number) for number in arguments.open.split(","))
    paths = [make(arguments, folder, kind, sessions, 4, 50) for sessions in (few, many)]
    for wanted in (["sessions"], reports):
        found = []
        for program in arguments.oaexport:
            short, long = (peak(program, wanted, path, folder) for path in paths)
            found.append((long - short) / (many - few) / 1024)
        print(f"{kind}: KiB an open session with {'all reports' if wanted is reports else 'sessions alone'}: "
              + ", ".join(f"{size:.1f}" for size in found), flush=True)


def main():
    """One kind after the other."""
    arguments = options()
    known = [default_reports(program) for program in arguments.oaexport]
    reports = [name for name in known[0] if all(name in others for others in known)]
    for kind in arguments.kinds.split(","):
        with tempfile.TemporaryDirectory() as folder:
            measure_instructions(arguments, kind, reports, folder)
            if not arguments.skip_memory:
                measure_memory(arguments, kind, reports, folder)


if __name__ == "__main__":
    main()
