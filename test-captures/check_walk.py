#!/usr/bin/env python3
"""A user clicking around: frames shown in any order, any number of times, always look the same.

Loads each capture into sharkd with the plugins and asks for the trees of its frames in order and in two random orders.

Usage: check_walk.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import tools


# Stock X11 shows its frames differently after a jump, with the plugins and without.
STOCK_DIFFERS = ("x11_on_6001",)


class Sharkd:
    """A sharkd that speaks JSON-RPC over its standard streams."""

    def __init__(self, home, capture):
        command = [*tools.as_ordinary_user(), "sharkd", "-"]
        self.process = subprocess.Popen(command, env=tools.surroundings(home), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
        self.number = 0
        self.ask("load", file=str(capture))

    def ask(self, method, **params):
        """The result of a call."""
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.strip():
                answer = json.loads(line)
                if "error" in answer:
                    raise AssertionError(f"{method} {params}: {answer['error']}")
                return answer["result"]
        raise AssertionError(f"sharkd ended at {method} {params}")

    def close(self):
        """Ends it; a crash on the way shows in its exit code."""
        self.process.stdin.close()
        if self.process.wait(60):
            raise AssertionError(f"sharkd ended with {self.process.returncode}")


# Stock itself does not show these the same each time: TCP's conversation completeness, TLS handshake messages over several records,
# and the URI of a request that HTTP says with the response to another once it has shown both.
UNSTABLE = re.compile(r"(tcp|tls)$|http\.response_for\.uri ")


def stable(parts):
    """A tree without what stock shows differently each time."""
    return [{**part, "n": stable(part.get("n", []))} for part in parts if not UNSTABLE.match(part.get("f", ""))]


def walk(home, capture):
    """Trees and columns of all frames, each seen three times at random moments."""
    shark = Sharkd(home, capture)
    frames = shark.ask("status")["frames"]
    chance = random.Random(3)
    seen = {}
    order = list(range(1, frames + 1))
    for _ in range(3):
        for frame in order:
            shown = shark.ask("frame", frame=frame, proto=True, columns=True)
            lines = [json.dumps(part) for part in stable(shown["tree"])] + shown["col"]
            before = seen.setdefault(frame, lines)
            if before != lines:
                change = [pair for pair in zip(before, lines) if pair[0] != pair[1]][:1]
                raise AssertionError(f"{capture}: frame {frame} looks different the next time: {change}")
        chance.shuffle(order)
    shark.close()
    return frames


def main():
    """Every capture."""
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for capture in tools.of_outlook_anywhere():
            if capture.stem in STOCK_DIFFERS:
                continue
            copy = pathlib.Path(folder) / capture.name
            shutil.copyfile(tools.with_keys(capture, folder), copy)
            copy.chmod(0o644)
            total += walk(sys.argv[1], copy)
    if not total:
        raise AssertionError("no capture")
    print(f"{total} frames, three visits each")


if __name__ == "__main__":
    main()
