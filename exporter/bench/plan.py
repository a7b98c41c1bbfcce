#!/usr/bin/env python3
"""What parts cost, and a plan for many terabytes computed from that: machines, hours, storage, network, cost.

Makes captures, reads each in one run, in parts, and merges the parts. Rates are bytes of the captures, as they would be without compression, for
each second of a processor, which a busy machine changes little; the least of several rounds counts. The merge is one process of three threads, which
read, decode, and make reports: with two processors it takes as long as the thread that needs most, or as half of all if that is more.

Usage: plan.py OAEXPORT MAKE_CAPTURE FOLDER [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import shutil
import subprocess
import time

import made_captures

# Of make_capture; inside TLS with its version, compressed with the name of the program.
KINDS = "large,small,mapi,large.gzip,small/1.2"
FILES_PER_PART = 20
SAMPLE_S = 0.005
PROCESSORS = 2  # of a merge
ROW = "{:<12} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10}"
PLAN = "{:<12} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}"


def options():
    """The command line."""
    parser = made_captures.parser(__doc__, KINDS, 300, 3)
    parser.add_argument("--parts", type=int, default=4, help="parts that are measured (default 4)")
    parser.add_argument("--terabytes", type=float, default=10, help="of the plan (default 10)")
    parser.add_argument("--machines", type=int, default=8, help="machines that read parts (default 8)")
    parser.add_argument("--cores", type=int, default=16, help="processors of each (default 16)")
    parser.add_argument("--storage", type=float, default=5, help="what the shared storage gives, GB/s (default 5)")
    parser.add_argument("--network", type=float, default=1.25, help="what a machine gets of it, GB/s (default 1.25: 10 Gbit/s)")
    parser.add_argument("--price", type=float, default=0.05, help="of a processor for an hour (default 0.05)")
    parser.add_argument("--price-storage", type=float, default=25, help="of a terabyte for a month (default 25)")
    return parser.parse_args()


def make(arguments, kind):
    """The capture as a folder of files, enough that none is cut; its size without compression, and the options for its key log."""
    path, folder = (pathlib.Path(arguments.folder) / name for name in ("plan.pcap", "plan-captures"))
    program, keys = made_captures.make(arguments, kind, path)
    size = path.stat().st_size
    frames = int(subprocess.run(["capinfos", "-Tcrm", str(path)], check=True, capture_output=True, text=True).stdout.split(",")[-1])
    folder.mkdir()
    subprocess.run(["editcap", "-F", "pcap", "-c", str(frames // (FILES_PER_PART * arguments.parts) + 1), str(path), str(folder / "ring.pcap")], check=True)
    if program:
        subprocess.run([program, *map(str, folder.iterdir())], check=True)
    return folder, size, ["--tls-keylog", str(keys)] if keys else []


def thread_seconds(pid):
    """Processor seconds of each thread of a process that runs."""
    seconds = {}
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            seconds[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        pass
    return seconds


def run(*command):
    """Processor seconds of one run, and how long it takes if its threads wait for each other only."""
    threads, ended = {}, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not ended:
            threads.update(thread_seconds(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0 if ended else SAMPLE_S)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit {process.returncode}")
    total = usage.ru_utime + usage.ru_stime
    return total, max(total / PROCESSORS, *threads.values())


def least(rounds, function):
    """Of both, each for itself."""
    found = [function() for _ in range(rounds)]
    return min(one[0] for one in found), min(one[1] for one in found)


def measure(arguments, kind):
    """Rates in GB/s of one run, the parts, and the merge; of the latter in threads too; and how large the parts are."""
    path, size, keys = make(arguments, kind)
    parts, output = (pathlib.Path(arguments.folder) / name for name in ("plan-parts", "plan-reports"))
    program = [arguments.oaexport, "-q"]

    def all_parts():
        return tuple(map(sum, zip(*(run(*program, "--shard", f"{i + 1}/{arguments.parts}", "-o", str(parts), str(path)) for i in range(arguments.parts)))))

    one = least(arguments.rounds, lambda: run(*program, "-j", "1", *keys, "-o", str(output), str(path)))
    shard = least(arguments.rounds, all_parts)
    share = sum(part.stat().st_size for part in parts.iterdir()) / size
    merge = least(arguments.rounds, lambda: run(*program, "-j", "1", *keys, "-o", str(output), "merge", str(parts)))
    threads = least(arguments.rounds, lambda: run(*program, "-j", str(PROCESSORS), *keys, "-o", str(output), "merge", str(parts)))
    rates = {"one": size / one[0] / 1e9, "part": size / shard[0] / 1e9, "merge": size / merge[0] / 1e9, "threads": size / threads[1] / 1e9, "share": share}
    print(ROW.format(kind, f"{size / 1e9:.2f}", *(f"{rates[name]:.3f}" for name in ("one", "part", "merge", "threads")), f"{share * 100:.0f}%"), flush=True)
    for made in (path, parts, output):
        shutil.rmtree(made)
    for made in pathlib.Path(arguments.folder).glob("plan.*"):
        made.unlink()
    return rates


def plan(arguments, kind, rates):
    """Parts are limited by processors, storage or network; the merge is one process, which is also limited by the network of its machine."""
    gigabytes = arguments.terabytes * 1000
    rate = min(rates["part"] * arguments.machines * arguments.cores, arguments.storage, arguments.network * arguments.machines)
    part = gigabytes / rate / 3600
    rate = rates["threads" if arguments.cores >= PROCESSORS else "merge"]
    merge = gigabytes / min(rate, arguments.network / max(rates["share"], 1e-9)) / 3600
    work = gigabytes / rates["part"] / 3600 + merge * min(arguments.cores, PROCESSORS)
    month = 30 * 24
    stored = arguments.terabytes * (1 + rates["share"])
    cost = (work * arguments.price + stored * arguments.price_storage * (part + merge) / month) / arguments.terabytes
    print(PLAN.format(kind, f"{gigabytes / rates['one'] / 3600:.1f}", f"{part:.1f}", f"{merge:.1f}", f"{merge / (part + merge) * 100:.0f}%",
                      f"{arguments.terabytes * rates['share']:.1f}", f"{cost:.2f}"), flush=True)


def main():
    """All kinds, then the plan for each."""
    arguments = options()
    kinds = arguments.kinds.split(",")
    print(ROW.format("kind", "GB", "one run", "parts", "merge", f"merge -j {PROCESSORS}", "size"))
    print(ROW.format("", "", "GB/s", "GB/s", "GB/s", "GB/s", "of parts"))
    rates = {kind: measure(arguments, kind) for kind in kinds}
    print(f"\n{arguments.terabytes:g} TB on {arguments.machines} machines with {arguments.cores} processors, storage {arguments.storage:g} GB/s, "
          f"network {arguments.network:g} GB/s, {arguments.price:g} for a processor and hour, {arguments.price_storage:g} for a TB and month\n")
    print(PLAN.format("kind", "one run, h", "parts, h", "merge, h", "of all", "parts, TB", "cost a TB"))
    for kind in kinds:
        plan(arguments, kind, rates[kind])


if __name__ == "__main__":
    main()
