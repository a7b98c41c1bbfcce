#!/usr/bin/env python3
"""One dialogue inside TLS of every kind in tls/MATRIX, opened with every kind of key, is the same as without TLS.

Usage: check_tls_matrix.py PLUGIN_HOME OAEXPORT keys|damaged|witness [ROUNDS_OF_DAMAGE]

keys: oaexport, with key logs, with secrets inside the capture, with the server's private key in each of its forms.
damaged: oaexport on captures with loss, reordering and duplicates, with wrong and truncated keys, with hostile records: what it still reports is true.
witness: tshark with the plugins and the same keys shows the same PDUs, calls and ROPs.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import concurrent.futures
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import matrix
import tools

sys.path.insert(0, str(tools.CAPTURES / "make"))
import disturb  # noqa: E402

PLAIN = matrix.FOLDER / "plain.pcapng.gz"
REPORTS = ("sessions", "calls", "operations", "users", "rops")
# What depends on when the dialogue was recorded, on the frames and bytes that TLS takes, and on which side sends its FIN first: a client's
# tool does at the server's close_notify.
VARIES = re.compile(r"^(start|end|ended_by|open_from|open_to|time|first_seen|last_seen|wire_bytes_.*|.*_ms|.*frame)$")
SHOWN = ("rpch.vc", "rpch.pdu", "rpch.rpc.ptype", "rpch.rpc.call_id", "dcerpc.cn_frag_len", "dcerpc.opnum", "rpch.auth.user", "oxcrops.rop_id")
# oaexport's exit code for a key log without a secret in it.
NO_SECRETS = 1
# Formats of the server's private key.
PRIVATE_KEYS = ("rsa.key", "rsa_pkcs1.key", "rsa.p12")
RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]", re.DOTALL)


def constant(rows):
    """The rows without what varies."""
    return [{name: cell for name, cell in row.items() if not VARIES.match(name)} for row in rows]


class Exporter:
    """oaexport on captures and keys in a folder."""

    def __init__(self, program, folder):
        self.program, self.folder, self.number = program, pathlib.Path(folder), itertools.count()
        (self.folder / "password").write_text(matrix.PASSWORD + "\n", encoding="utf-8")
        for name in PRIVATE_KEYS:
            shutil.copy(matrix.FOLDER / name, self.folder)
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "other.key"], check=True, capture_output=True)
        for path in self.folder.iterdir():
            path.chmod(0o600)

    def put(self, name, data):
        """A file that only its owner reads."""
        path = self.folder / f"{next(self.number)}-{name}"
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def with_key_log(self, row):
        """Options: its key log."""
        return ["--tls-keylog", self.put("keys", row.keys.read_bytes())]

    def with_private_key(self, name):
        """Options: a private key."""
        return ["--tls-private-key", self.folder / name, *(["--tls-private-key-password-file", self.folder / "password"] if name.endswith("p12") else [])]

    def with_secrets(self, row):
        """The capture, with its key log inside."""
        path = self.folder / f"{row.name}.pcapng"
        subprocess.run(["editcap", "--inject-secrets", f"tls,{row.keys}", row.capture, path], check=True, capture_output=True)
        return path

    def run(self, capture, *options, codes=(0,), reports=REPORTS + ("connections",), complaint="$"):
        """The rows of the reports. Standard error has nothing but what the pattern matches."""
        output = self.folder / f"{next(self.number)}-reports"
        result = tools.oaexport(self.program, "--quiet", "--reports", ",".join(reports), "-o", output, *options, capture, check=False)
        if result.returncode not in codes or not result.returncode and not re.match(complaint, result.stderr):
            raise AssertionError(f"{capture} {options}: exit {result.returncode}\n{result.stderr}")
        if not output.is_dir():
            return {name: [] for name in reports}
        rows = {name: tools.rows((output / f"{name}.csv").read_text(encoding="utf-8")) for name in reports}
        shutil.rmtree(output)
        return rows


def whys_not(row):
    """What is not decrypted of connections that are: early data, which the first one cannot have."""
    return ("", "early data are passed over") if any(feature.startswith("early") for feature in row.features) else ("",)


def check_keys(exporter):
    """Each row with each kind of key."""
    truth = {name: constant(rows) for name, rows in exporter.run(PLAIN, reports=REPORTS).items()}

    def check(row):
        ways = {"key_log": ("key_log", row.capture, exporter.with_key_log(row)),
                "inside": ("key_log", exporter.with_secrets(row), ())}
        if row.has_private_key():
            ways.update((name, ("private_key", row.capture, exporter.with_private_key(name))) for name in PRIVATE_KEYS)
        for way, (source, capture, options) in ways.items():
            found = exporter.run(capture, *options)
            for name in REPORTS:
                tools.same(f"{row.name}, {way}: {name}", constant(found[name]), truth[name])
            tools.same(f"{row.name}, {way}: opened", {(one["decrypted"], one["not_decrypted"], one["tls_version"], one["tls_cipher"])
                                                      for one in found["connections"]},
                       {(source, why_not, f"TLS {row.version}", row.suite) for why_not in whys_not(row)})
        return len(ways)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return f"{sum(pool.map(check, matrix.rows()))} ways to open {len(matrix.rows())} captures"


# --- damage ---

def answered(rows):
    """How often each request and each response of an answered call occurs. They are counted apart: which of them belong together is not what
    TLS decides, and where the beginnings of two sessions are missing not certain."""
    calls = [row for row in rows["calls"] if row["state"] == "answered"]
    return collections.Counter([part for row in calls for part in (("request", row["opnum"], row["call_id"], row["request_bytes"]),
                                                                   ("response", row["call_id"], row["response_bytes"]))])


def hostile(data, seed):
    """Some records with another type, version, length or content, and a record cut off by a segment that ends early."""
    trace, dice = disturb.read(data), random.Random(seed)
    places = [(packet, place.start()) for packet in trace.packets() for place in RECORD.finditer(packet.data, 54)]
    for packet, at in dice.sample(places, 6):
        change = bytearray(packet.data)
        what = dice.randrange(5)
        if what == 0:
            change[at] = dice.choice((0, 20, 21, 22, 23, 24, 255))
        elif what == 1:
            change[at + 1:at + 3] = dice.randbytes(2)
        elif what == 2:
            change[at + 3:at + 5] = dice.choice((b"\0\0", b"\0\1", b"\0\x10", b"\x40\0", b"\x48\x01", b"\xff\xff", dice.randbytes(2)))
        elif what == 3 and len(change) > at + 6:
            change[dice.randrange(at + 5, len(change))] ^= dice.randrange(1, 256)
        else:
            change[at:] = dice.randbytes(len(change) - at)
        packet.data = bytes(change)
    return trace.bytes()


def without_first(data, number):
    """The capture without its first frames."""
    trace = disturb.read(data)
    dropped = set(map(id, trace.packets()[:number]))
    trace.items = [item for item in trace.items if id(item) not in dropped]
    return trace.bytes()


def damages(data, seeds):
    """(what, capture, whether nothing may be missing)."""
    for seed in seeds:
        yield f"reordered {seed}", disturb.disturb(data, seed, swap=0.3)[0], True
        yield f"duplicated {seed}", disturb.disturb(data, seed, twice=0.2)[0], True
        yield f"lost {seed}", disturb.disturb(data, seed, lose=0.01)[0], False
        yield f"much lost {seed}", disturb.disturb(data, seed, lose=0.1)[0], False
        yield f"hostile {seed}", hostile(data, seed), False
        yield f"without the beginning {seed}", without_first(data, 3 + seed % 40), False


def truncated(log):
    """Key logs that end early, or lack what they need."""
    lines = log.splitlines(keepends=True)
    yield log[:len(log) // 2]
    yield b"".join(line[:len(line) - 3] + b"\n" for line in lines)
    yield b"".join(lines[len(lines) // 3:])
    yield b"".join(line[:20] + b"zz" + line[22:] for line in lines)
    yield log.replace(b" ", b"  ")[:-1] + b"\0\xff" * 100


def check_damaged(exporter, rounds):
    """What is reported of damaged captures, and with damaged keys, is true; each capture in so many rounds of damage, with seeds of its own."""
    plain = exporter.run(PLAIN)
    either, runs = (0, tools.NOTHING_FOUND), itertools.count()

    def check(place):
        number, (row, other) = place
        data = subprocess.run(["gzip", "-dc", row.capture], check=True, capture_output=True).stdout
        for what, damaged, is_whole in damages(data, range(number, number + rounds * 1000, 1000)):
            path = exporter.put("capture", damaged)
            found = exporter.run(path, *exporter.with_key_log(row), codes=either)
            tools.same(f"{row.name}, {what}: what did not happen", answered(found) - answered(plain), collections.Counter())
            if is_whole:
                tools.same(f"{row.name}, {what}", answered(found), answered(plain))
            path.unlink()
            next(runs)
        for number, log in enumerate(truncated(row.keys.read_bytes())):
            found = exporter.run(row.capture, "--tls-keylog", exporter.put("keys", log), codes=(*either, NO_SECRETS),
                                 complaint=r"(oaexport: .*: \d+ lines? .* malformed\n)?$")
            tools.same(f"{row.name}, truncated key log {number}", answered(found) - answered(plain), collections.Counter())
            next(runs)
        wrong = [exporter.with_key_log(other), exporter.with_private_key("other.key")]
        if not row.has_private_key():
            wrong.append(exporter.with_private_key("rsa.key"))
        for options in wrong:
            found = exporter.run(row.capture, *options, codes=either)
            tools.same(f"{row.name}, {options}: calls", found["calls"], [])
            tools.same(f"{row.name}, {options}: decrypted", {one["decrypted"] for one in found["connections"]} - {"no"}, set())
            tools.same(f"{row.name}, {options}: why not", [one for one in found["connections"] if not one["not_decrypted"]], [])
            next(runs)

    rows = matrix.rows()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(check, enumerate(zip(rows, rows[1:] + rows[:1]))))
    return f"{next(runs)} damaged captures and keys"


# --- tshark ---

def shown(home, capture, *options):
    """The values of each field, in the order of the capture."""
    rows = tools.fields(home, capture, SHOWN, *options)
    return {name: [value for row in rows for value in row[place].split(";") if value] for place, name in enumerate(SHOWN)}


def check_witness(home, folder):
    """tshark with a key log, and with one of the private keys."""
    os.chmod(folder, 0o755)
    for path in matrix.FOLDER.iterdir():
        (pathlib.Path(folder) / path.name).write_bytes(path.read_bytes())
        (pathlib.Path(folder) / path.name).chmod(0o644)
    truth = shown(home, PLAIN)

    def check(place):
        number, row = place
        ways = [f"tls.keylog_file:{folder}/{row.keys.name}"]
        if row.has_private_key():
            name = PRIVATE_KEYS[number % len(PRIVATE_KEYS)]
            ways.append(f'uat:rsa_keys:"{folder}/{name}","{matrix.PASSWORD if name.endswith("p12") else ""}"')
        for way in ways:
            tools.same(f"{row.name}, {way}", shown(home, row.capture, "-o", way), truth)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(check, enumerate(matrix.rows())))
    return f"{len(matrix.rows())} captures"


def main():
    """One of the parts."""
    home, program, part = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        if part == "witness":
            print(check_witness(home, folder))
        else:
            exporter = Exporter(program, folder)
            print(check_keys(exporter) if part == "keys" else check_damaged(exporter, int(sys.argv[4]) if len(sys.argv) > 4 else 1))


if __name__ == "__main__":
    main()
