#!/usr/bin/env python3
"""How fast frames are dissected again while somebody scrolls through a large capture, without the plugins and with them.

Wireshark's window dissects a row again when it comes into view: without a tree, for its columns; and the frame that is selected, with its tree. sharkd
does both on request, with the code of the window. Asked for are pages of rows at random places, each once and in the same order, after
the capture has been loaded; and single frames with their trees.

Usage: scroll.py PLUGIN_HOME MAKE_CAPTURE [options]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import bench

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PAGE = 50


class Sharkd:
    """A running sharkd."""

    def __init__(self, home):
        self.process = subprocess.Popen([*tools.as_ordinary_user(), "sharkd", "-"], env=tools.surroundings(home),  # pylint: disable=consider-using-with
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.number = 0

    def ask(self, method, **parameters):
        """The result of a request, and how long it took, seconds."""
        self.number += 1
        begin = time.monotonic()
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": parameters}) + "\n")
        self.process.stdin.flush()
        while line := self.process.stdout.readline():
            if line.startswith("{") and json.loads(line).get("id") == self.number:
                return json.loads(line)["result"], time.monotonic() - begin
        raise SystemExit("sharkd ended")

    def memory(self):
        """In use, bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def close(self):
        """Ends it."""
        self.process.stdin.close()
        self.process.wait()


def measure(name, home, path, places):
    """A line of the result."""
    sharkd = Sharkd(home)
    sharkd.ask("status")  # once it has started
    _, opening = sharkd.ask("load", file=str(path))
    # What one row takes is how long it takes to get to the place: subtracted.
    rows = sum(sharkd.ask("frames", skip=place, limit=PAGE)[1] - sharkd.ask("frames", skip=place, limit=1)[1] for place in places)
    slowest = max(sharkd.ask("frames", skip=place, limit=PAGE)[1] for place in places)
    trees = [sharkd.ask("frame", frame=place + 1, proto=True)[1] for place in places]
    print(f"{name:<13} opened in {opening:6.1f} s, {sharkd.memory() / 1e6:7.0f} MB; {(PAGE - 1) * len(places) / rows:9,.0f} rows/s, "
          f"a page in {1000 * slowest:.0f} ms at most; {len(places) / sum(trees):7,.0f} trees/s, one in {1000 * max(trees):.0f} ms at most", flush=True)
    sharkd.close()


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
