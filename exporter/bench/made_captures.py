"""Captures that the benchmarks make, and the options that say which.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import subprocess


def parser(description, kinds, sessions, rounds):
    """A command line with the programs, and what of make_capture is asked for."""
    made = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    for name in ("oaexport", "make_capture", "folder"):
        made.add_argument(name)
    made.add_argument("--sessions", type=int, default=sessions, help=f"sessions in a capture (default {sessions})")
    made.add_argument("--calls", type=int, default=108, help="reads and writes of a session (default 108)")
    made.add_argument("--kinds", default=kinds, help=f"kinds of captures (default: {kinds})")
    made.add_argument("--rounds", type=int, default=rounds, help=f"runs of each command (default {rounds})")
    return made


def make(arguments, kind, path):
    """The capture; the program that is to compress it, or an empty text, and the file of its keys, or None: of "large.gzip", "small/1.3"."""
    kind, _, version = kind.partition("/")
    kind, _, program = kind.partition(".")
    keys = path.with_suffix(".keys") if version else None
    command = [arguments.make_capture, str(path), str(arguments.sessions), str(min(arguments.sessions, 100)), str(arguments.calls), "100", kind]
    subprocess.run([*command, *([version, str(keys)] if keys else [])], check=True)
    if keys:
        keys.chmod(0o600)
    return program, keys
