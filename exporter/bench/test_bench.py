#!/usr/bin/env python3
"""The benchmark's capture is reproducible, and oaexport reports what it was made of.

Usage: test_bench.py OAEXPORT MAKE_CAPTURE

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

SESSIONS, CONCURRENT, CALLS = 7, 3, 20
# EcDoConnectEx, and EcDoRpcExt2 for the logon and for opening the stream.
CALLS_BEFORE = 3


def check_mapi_http(program, maker, folder):
    """The capture of MAPI over HTTP: Connect, the calls, Disconnect."""
    path = pathlib.Path(folder) / "mapi.pcap"
    subprocess.run([maker, str(path), str(SESSIONS), str(CONCURRENT), str(CALLS), "100", "mapi"], check=True)
    found = [(row["user"], row["calls"], row["answered"], row["skipped_bytes"]) for row in tools.report(program, "sessions", path)]
    assert sorted(found) == [(f"user{number:05}@bench.test", str(CALLS + 2), str(CALLS + 2), "0") for number in range(SESSIONS)], found


def main():
    """Makes each capture twice and exports it once."""
    program, maker = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        check_mapi_http(program, maker, folder)
    for kind in ("large", "small"):
        for version in (None, "1.2", "1.3"):
            check_rpc(program, maker, kind, version)


def check_rpc(program, maker, kind, version):
    """The captures of RPC over HTTP; inside TLS with a version of it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("first.pcap", "second.pcap")]
        keys = pathlib.Path(folder) / "keys"
        keys.touch(0o600)
        for path in paths:
            subprocess.run([maker, str(path), str(SESSIONS), str(CONCURRENT), str(CALLS), "100", kind, *([version, str(keys)] if version else [])],
                           check=True)
        assert paths[0].read_bytes() == paths[1].read_bytes()
        options = ["--tls-keylog", keys] if version else []
        sessions, calls, connections = (tools.report(program, name, *options, paths[0]) for name in ("sessions", "calls", "connections"))
    found = {(row["channels"], row["user"], row["calls"], row["answered"], row["skipped_bytes"], row["end_state"])
             for row in sessions}
    expected = {("both", f"user{number:05}@bench.test", str(CALLS + CALLS_BEFORE), str(CALLS + CALLS_BEFORE), "0", "fin")
                for number in range(SESSIONS)}
    assert found == expected, found ^ expected
    assert {row["operation"] for row in calls} == {"EcDoConnectEx", "EcDoRpcExt2"}
    assert {row["decoded_share"] for row in connections} == {"1.0000"}
    assert len(connections) == 2 * SESSIONS
    assert {row["decrypted"] for row in connections} == {"key_log" if version else ""}


if __name__ == "__main__":
    main()
