#!/usr/bin/env python3
"""The plugins work without each other, and beside one of another build as if it was not there.

The other build is a copy of exchange.so whose name of the decoder (decoder_build.h) has been changed.

Usage: check_other_build.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import re
import shutil
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

CAPTURE = TOP / "test-captures" / "made" / "mixed.pcapng"
NAME = re.compile(rb"(http_stream|rpch_state)-([0-9a-f]{16})")
WARNING = "different builds"
# Fields of each plugin that depend on the other one. Calls of RPC over HTTP reach exchange.so by way of any rpch.so.
FIELDS = {"rpch": ("rpch.vc", "rpch.channel.number"), "exchange": ("oxcmapihttp.operation", "oxcmapihttp.session")}
CALLS = ("oxcrpc.opnum", "oxnspi.opnum")


def copy_plugins(home, folder, names):
    """A home with these plugins only; returns where they are."""
    (source,) = pathlib.Path(home).glob(".local/lib/wireshark/plugins/*/epan")
    target = folder / source.relative_to(home)
    target.mkdir(parents=True)
    for name in names:
        shutil.copy(source / f"{name}.so", target)
    for path in folder.glob("**/*"):
        path.chmod(0o755)
    return target


def shown(home, fields):
    """Values of the fields in every frame, and whether tshark warns of different builds."""
    result = tools.fields_result(home, CAPTURE, ["frame.number", *fields], "-2")
    if result.returncode:
        raise AssertionError(f"exit {result.returncode}\n{result.stderr[-2000:]}")
    return result.stdout, WARNING in result.stderr


def same(what, found, wanted):
    """Ends the test with what differs."""
    if found != wanted:
        raise AssertionError(f"{what}: not as it should be")


def main():
    """Each alone, both, and both of different builds."""
    home = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        top = pathlib.Path(name)
        alone = {}
        for plugin, fields in FIELDS.items():
            copy_plugins(home, top / plugin, [plugin])
            alone[plugin], warns = shown(top / plugin, fields)
            same(f"warning of {plugin}.so alone", warns, False)
        other = copy_plugins(home, top / "other", FIELDS) / "exchange.so"
        calls, _ = shown(top / "other", CALLS)
        for plugin, fields in FIELDS.items():
            found, warns = shown(top / "other", fields)
            same("warning of one build", warns, False)
            same(f"{plugin}.so with the other one differs from it alone", found != alone[plugin], True)
        binary, count = NAME.subn(lambda match: match.group(1) + b"-" + match.group(2)[::-1], other.read_bytes())
        same("names of the decoder in exchange.so", count >= len(FIELDS), True)
        other.write_bytes(binary)
        for plugin, fields in FIELDS.items():
            same(f"{plugin}.so beside another build", shown(top / "other", fields), (alone[plugin], True))
        same("calls with another build", shown(top / "other", CALLS), (calls, True))
    print("alone, together, and of different builds")


if __name__ == "__main__":
    main()
