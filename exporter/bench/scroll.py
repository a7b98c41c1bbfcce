#!/usr/bin/env python3
"""How fast frames are dissected again while somebody scrolls through a large capture, without the plugins and with them.

Wireshark's window dissects a row again when it comes into view, for its columns, and the frame that is selected with its tree. sharkd
does both on request, with the same code. Once the capture is loaded, pages of rows at random places are asked for, and single frames
with their trees. The times are those of the user: what sharkd prints counts.

Usage: scroll.py PLUGIN_HOME MAKE_CAPTURE [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import bench

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import sharkd  # noqa: E402
import tools  # noqa: E402

PAGE = 50


def seconds(function, *arguments, **named):
    """How long a call takes."""
    begin = time.monotonic()
    function(*arguments, **named)
    return time.monotonic() - begin


def memory(process):
    """In use, bytes."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def measure(name, home, path, places):
    """A line of the result."""
    shark = sharkd.Sharkd(home)
    opening = seconds(shark.load, path)
    # To get to a place takes time too, for one row as for a page of them.
    pages = [seconds(shark.ask, "frames", skip=place, limit=PAGE) for place in places]
    ways = [seconds(shark.ask, "frames", skip=place, limit=1) for place in places]
    trees = [seconds(shark.frame, place + 1) for place in places]
    print(f"{name:<13} opened in {opening:6.1f} s, {memory(shark.process) / 1e6:7.0f} MB; "
          f"{(PAGE - 1) * len(places) / (sum(pages) - sum(ways)):9,.0f} rows/s, a page in {1000 * max(pages):.0f} ms at most; "
          f"{len(places) / sum(trees):7,.0f} trees/s, one in {1000 * max(trees):.0f} ms at most", flush=True)
    shark.close()


def main():
    """Without and with the plugins."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("home")
    parser.add_argument("make_capture")
    parser.add_argument("--sessions", type=int, default=500, help="sessions in the capture (default 500: 650 MB)")
    parser.add_argument("--kind", default="large", help="kind of the capture (default large)")
    parser.add_argument("--pages", type=int, default=200, help="pages, and trees (default 200)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        path = pathlib.Path(folder) / "scroll.pcap"
        subprocess.run([arguments.make_capture, str(path), str(arguments.sessions), str(min(100, arguments.sessions)), "108", "100", arguments.kind],
                       check=True)
        frames = bench.frames_of(path)
        places = random.Random(1).sample(range(frames - PAGE), arguments.pages)
        print(f"{arguments.kind}: {frames:,} frames, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        measure("stock", tools.STOCK, path, places)
        measure("with plugins", arguments.home, path, places)


if __name__ == "__main__":
    main()
