#!/usr/bin/env python3
"""What a second processor gives: oaexport on one and on two, with and without reports, beside a bare scan by wiretap and tshark.

Makes captures of many sessions, plain, compressed and inside TLS. Every figure is the shortest of several rounds, and the processor time of
that round, which shows what a busy machine hides. The bare scan is capinfos -c, which reads every record and looks at none.

Usage: scale.py OAEXPORT MAKE_CAPTURE FOLDER [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import time

import made_captures

# Of make_capture; inside TLS with its version, compressed with the name of the program.
KINDS = "large,small,mapi,large.gzip,small.gzip,large/1.2,small/1.3"
PROCESSORS = sorted(os.sched_getaffinity(0))[:2]


def options():
    """The command line."""
    parser = made_captures.parser(__doc__, KINDS, 500, 5)
    parser.add_argument("--skip-tshark", action="store_true", help="without tshark, which takes longest")
    return parser.parse_args()


def make(arguments, kind):
    """The capture, and the options for its key log in oaexport and in tshark."""
    path = pathlib.Path(arguments.folder) / f"scale-{kind.replace('/', '')}.pcap"
    program, keys = made_captures.make(arguments, kind, path)
    if program:
        subprocess.run([program, "-f", str(path)], check=True)
        path = path.with_name(f"{path.name}.{'gz' if program == 'gzip' else program}")
    return path, ["--tls-keylog", str(keys)] if keys else [], ["-o", f"tls.keylog_file:{keys}"] if keys else []


def run(command, processors):
    """Seconds, and seconds of all processors, of one run."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,  # pylint: disable=consider-using-with
                               preexec_fn=lambda: os.sched_setaffinity(0, processors))  # pylint: disable=subprocess-popen-preexec-fn
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit {process.returncode}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime


def tell(kind, name, found, scan):
    """A row."""
    seconds, processor = found
    print(f"{kind:<12} {name:<34} {seconds:7.2f} s {processor:7.2f} s CPU {seconds / scan:7.1f} times the scan", flush=True)


def measure(arguments, kind):
    """All rows of a kind."""
    path, keys, tshark_keys = make(arguments, kind)
    output = str(pathlib.Path(arguments.folder) / "scale-reports")
    one, two = PROCESSORS[:1], PROCESSORS
    commands = {"capinfos -c": (["capinfos", "-c", str(path)], one)}
    for what, reports in (("no reports", ["--reports", "captures"]), ("all reports", [])):
        for processors in (one, two):
            commands[f"oaexport -j {len(processors)}, {what}"] = (
                [arguments.oaexport, "-q", "-j", str(len(processors)), *keys, *reports, "-o", output, str(path)], processors)
    if not arguments.skip_tshark:
        commands["tshark -q -z io,stat,0"] = (["tshark", *tshark_keys, "-q", "-z", "io,stat,0", "-r", str(path)], two)
    rounds = {name: min(run(*command) for _ in range(1 if name.startswith("tshark") else arguments.rounds)) for name, command in commands.items()}
    for name, found in rounds.items():
        tell(kind, name, found, rounds["capinfos -c"][0])
    for made in pathlib.Path(arguments.folder).glob("scale-*.*"):
        made.unlink()


def main():
    """One kind after the other."""
    arguments = options()
    if len(PROCESSORS) < 2:
        raise SystemExit("one processor only")
    for kind in arguments.kinds.split(","):
        measure(arguments, kind)


if __name__ == "__main__":
    main()
