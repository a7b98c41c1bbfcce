#!/usr/bin/env python3
"""Captures written by scripts are reproducible; those in made/ contain every RTS PDU, and the builder agrees with the published vectors.

Usage: check_made_captures.py VECTORS [NAME...]
VECTORS is the unit tests' table of RTS PDUs.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import tools

sys.path.insert(0, str(tools.CAPTURES / "make"))
import make  # noqa: E402
import rts  # noqa: E402
import truth  # noqa: E402


def check_reproducible(names):
    """The scripts write the files that are checked in, and there are no others."""
    known = make.scenarios()
    expected = {f"{name}.{kind}" for name in known for kind in ("pcapng", "json")}
    found = {path.name for path in tools.MADE.iterdir()}
    if found != expected:
        raise AssertionError(f"made/ and the scenarios differ in {sorted(found ^ expected)}")
    for name in names or known:
        capture = known[name].run()
        for kind, data in (("pcapng", capture.pcapng()), ("json", truth.text(capture).encode())):
            if (tools.MADE / f"{name}.{kind}").read_bytes() != data:
                raise AssertionError(f"{name}.{kind} is not what make/make.py writes")
    return len(names or known)


def check_others_reproducible():
    """The same for the captures in samples/ and for the one in ordinary/ that has a script."""
    with tempfile.TemporaryDirectory() as folder:
        for script, target, where in (("samples", folder, "samples"), ("ordinary", f"{folder}/made.pcapng", "ordinary")):
            subprocess.run([sys.executable, tools.CAPTURES / "make" / f"{script}.py", target], check=True)
            for path in pathlib.Path(folder).iterdir():
                kept = tools.CAPTURES / where / path.name
                tools.same(f"{where}/{path.name} is what its script writes", kept.read_bytes() == path.read_bytes(), True)
                path.unlink()


def pdu_bytes(path, frames):
    """Payload by frame number, as tshark reads it without the plugins."""
    rows = tools.fields(tools.STOCK, path, ["frame.number", "tcp.payload"])
    return {int(number): bytes.fromhex(payload.replace(";", "")) for number, payload in rows if int(number) in frames}


def check_complete():
    """Each of the 50 RTS PDUs occurs; the bytes of one of each are in the frame that the sidecar names."""
    places = {}
    for path in tools.of_outlook_anywhere("made"):
        for row in tools.truth(path)["rts"]:
            if row.get("name") in rts.PDUS and "violation" not in row and row["frame"] == row["first_frame"]:
                places.setdefault(row["name"], []).append((path.stem, row["frame"], row["bytes"]))
    missing = [name for name in rts.PDUS if name not in places]
    if missing:
        raise AssertionError(f"no capture contains {', '.join(missing)}")
    wanted = {}
    for name in rts.PDUS:
        capture, frame, size = places[name][0]
        wanted.setdefault(capture, []).append((name, frame, size))
    for capture, rows in wanted.items():
        payloads = pdu_bytes(tools.MADE / f"{capture}.pcapng", {frame for _, frame, _ in rows})
        for name, frame, size in rows:
            _, _, flags, commands = rts.PDUS[name]
            start = bytes([5, 0, 0x14, 3, 0x10, 0, 0, 0]) + size.to_bytes(2, "little") + bytes(6)
            start += flags.to_bytes(2, "little") + len(commands).to_bytes(2, "little")
            if start not in payloads[frame]:
                raise AssertionError(f"{capture} frame {frame} does not contain {name}")
    for name in rts.PDUS:
        print(f"{name}\t{places[name][0][0]}\t{places[name][0][1]}\t{len(places[name])} in all")
    return len(places)


def check_vectors(path):
    """The builder's PDUs equal the unit tests' vectors, which come from other implementations where there are any."""
    cookies = {name: bytes(range(start, start + 16)) if name == "vc" else bytes([start]) * 16 for name, start in
               (("vc", 0x10), ("in", 0x21), ("in2", 0x22), ("out", 0x31), ("out2", 0x32), ("group", 0x41))}
    checked = 0
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if not row["kind"].startswith("CONSTRUCTED"):
                continue
            kind = "out" if row["name"].startswith("OUT") or row["name"][:6] in ("CONN/A", "FlowCo") else "in"
            data = rts.build(row["name"], vc=cookies["vc"], cookie=cookies[kind], predecessor=cookies[kind], successor=cookies[kind + "2"],
                             window=0x10000, timeout=120000, lifetime=0x40000000, keepalive=300000, group=cookies["group"], bytes=1040,
                             destination=rts.OUTPROXY, ack=(0x8000, 0x8000, cookies["out"]),
                             address=bytes(8) + bytes((192, 0, 2, 1)) + bytes(8))
            if data.hex() != row["hex"]:
                raise AssertionError(f"{row['name']}:\n  {data.hex()}\n  {row['hex']}")
            checked += 1
    if checked != len(rts.PDUS):
        raise AssertionError(f"{checked} PDUs of {len(rts.PDUS)} have a vector")
    return checked


def main():
    """Runs all checks, for all captures or the named ones."""
    names = sys.argv[2:]
    vectors, captures = check_vectors(sys.argv[1]), check_reproducible(names)
    check_others_reproducible()
    print(f"{check_complete()} RTS PDUs in {captures} captures, {vectors} vectors")


if __name__ == "__main__":
    main()
