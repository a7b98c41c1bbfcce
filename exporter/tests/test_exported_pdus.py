#!/usr/bin/env python3
"""Reports of PDUs that tshark exported equal those of the plaintext, but for what only TCP knows.

Usage: test_exported_pdus.py OAEXPORT [PLUGIN_HOME]

Without the folder of the plugins only stock tshark is run.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tls_wrap

TOP = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = TOP / "test-captures"
sys.path.insert(0, str(CAPTURES))
import matrix  # noqa: E402
import tools  # noqa: E402
import versions  # noqa: E402

PROGRAM = sys.argv.pop(1)
PLUGIN_HOME = sys.argv.pop(1) if len(sys.argv) > 1 else None
STOCK_HOME = "/nonexistent"
REAL = [CAPTURES / "real" / f"{name}.pcapng" for name in ("basic", "compressed", "mapihttp", "privacy", "xor")]
# The hop between client and proxy, as TLS carries it.
MADE = [CAPTURES / "made" / f"{name}.pcapng" for name in (
    "half_in_client_hop", "half_out_client_hop", "http_anonymous", "http_basic", "http_chunked", "http_echo", "http_errors",
    "http_expect_continue", "http_forms", "http_in_401_after_b1", "http_negotiate", "http_ntlm", "http_proxies", "in_r1_client_hop",
    "in_r2_client_hop", "mapi_http_code_page", "mapi_http_forms", "mapi_http_heads", "mid_recycle_in_r2_client_hop", "ndr64",
    "out_r1_client_hop", "out_r2_client_hop", "overlapping_client_hop", "split_everywhere")]
SERVER_PORTS = {80, 443, 593, 3128, 6001, 6002, 6004, 8080}

# What exported PDUs do not show: TCP's packets, TLS's handshake, ends; and the numbers of connections, which are counted anew.
TLS = {f"tls_{name}" for name in ("version", "sni", "alpn", "cipher", "certificate_subject", "certificate_issuer",
                                  "certificate_not_after", "alert", "alert_by", "handshake", "client_certificate")}
TCP = {"frames_in", "frames_out", "retransmitted_frames_in", "retransmitted_frames_out", "lost_bytes_in", "lost_bytes_out"}
WIRE = {"wire_bytes_in", "wire_bytes_out"}
UNKNOWN = {
    "connections": TCP | TLS | WIRE | {"connection", "start", "end", "duration_ms", "handshake", "end_state", "ended_by", "first_frame",
                                "last_frame", "closed", "state", "begun", "decrypted"},
    "channels": {"connection", "end_state", "ended_by", "longest_idle_ms"},
    "sessions": WIRE | {"end_state", "ended_by", "recycles_failed", "open_from", "open_to"},
    "auth": {"connection"},
    "connection_status": {"status", "open_sessions", "conn"},
    "hops": TCP | {"first_seen", "last_seen", "refused", "unanswered", "reset_without_data", "reset", "tls_alerts", "certificate_problems"},
    "findings": {"connection"},
}
# Of these the cells are empty, and never 0.
EMPTY = {"connections": TCP | TLS | WIRE | {"handshake", "ended_by", "closed", "state", "begun"},
         "sessions": WIRE | {"ended_by"},
         "hops": TCP | {"refused", "unanswered", "reset_without_data", "reset", "tls_alerts", "certificate_problems"}}
# Of connections that oaexport opens itself: their bytes on the wire, and what opened them.
OPENED = {"connections": {"bytes_in", "bytes_out", "decrypted", "not_decrypted"}, "hops": {"bytes_in", "bytes_out"}}
FRAMES = {"frame", "first_frame", "last_frame", "request_frame", "response_frame", "object_frame"}
ALL = ("connections", "channels", "sessions", "calls", "operations", "users", "connection_status", "auth", "hops", "findings", "frames", "rops")
MAIN = ("sessions", "calls", "operations", "users", "rops")
# Where TLS does not export each record of what a dissector waits for.
AS_WAITED_FOR = () if versions.EXPORTS_RECORDS else versions.PARTS
# Of stock tshark, as the manual page has it: each segment as it came, whatever dissectors wait for.
SEGMENTS = [option for name in ("x11", "udp", "http", "dcerpc") for option in ("--disable-protocol", name)]


def as_sent(*ports):
    """Options of tshark: each record as it came, whatever stock HTTP would wait for."""
    return ["--disable-heuristic", "http_tls", *(option for port in ports for option in ("-d", f"tls.port=={port},data"))]



def reports(*captures, names=ALL):
    """The reports by name, each a list of rows."""
    with tempfile.TemporaryDirectory() as folder:
        result = tools.oaexport(PROGRAM, "-q", "--reports", ",".join(names), "-o", folder, *captures, check=False)
        if result.returncode or result.stderr:
            raise AssertionError(f"{captures}: exit {result.returncode}\n{result.stderr}")
        return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in names}


def known(name, rows, offset, unknown=()):
    """What can be known of a report's rows, without these columns and in an order of its own; frames as before wrapping. (Connections end in another order,
    and a connection without SYN begins with its second segment where packets are read.)"""
    result = []
    for row in rows:
        if row.get("code") == "connection_refused" or (row.get("bytes_in"), row.get("bytes_out")) == ("0", "0"):
            continue  # connections without payload
        cells = {key: value for key, value in row.items() if key not in unknown and key not in UNKNOWN.get(name, ())}
        cells.update((key, str(int(cells[key]) - offset)) for key in FRAMES & set(cells) if cells[key])
        result.append(json.dumps(cells))
    return sorted(result)


class Folder:
    """A folder whose files an ordinary user's tshark reads and writes."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.path.chmod(0o777)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def put(self, capture):
        """A copy of a capture."""
        copy = self.path / capture.name
        copy.write_bytes(capture.read_bytes())
        copy.chmod(0o644)
        return copy

    def export(self, home, capture, layer, *options):
        """The PDUs that tshark exports of it."""
        exported = self.path / "exported.pcapng"
        exported.unlink(missing_ok=True)
        tools.run([*tools.as_ordinary_user(), "tshark", "-r", str(capture), *map(str, options), "-U", f"OSI layer {layer}",
                   "-w", str(exported)], tools.surroundings(home))
        return exported


def payload_rows(capture):
    """The capture's frames for tls_wrap.wrap()."""
    return [dict(zip(tls_wrap.FIELDS, row)) for row in tools.fields(STOCK_HOME, capture, tls_wrap.FIELDS)]


class ExportedPdus(unittest.TestCase):
    """Each test is a way to export."""

    def homes(self):
        """Stock tshark, and with the plugins."""
        return [STOCK_HOME] + ([PLUGIN_HOME] if PLUGIN_HOME else [])

    def compare(self, what, left, right, names=ALL, offset=0, unknown=()):
        """The same as far as both can know."""
        for name in names:
            self.assertEqual(known(name, left[name], 0, unknown), known(name, right[name], offset, unknown), f"{what}: {name}")
        for name in set(names) & set(EMPTY):
            for row in right[name]:
                self.assertEqual({key: row[key] for key in EMPTY[name] if row.get(key)}, {}, f"{what}: {name}")

    def check_wrapped(self, capture):
        """The capture in TLS, decrypted and exported by tshark, against itself."""
        plain = reports(capture)
        with Folder() as folder:
            keys = folder.path / "keys"
            rows = payload_rows(capture)
            self.assertTrue(tls_wrap.is_wrappable(rows), capture)
            offset = tls_wrap.wrap(rows, SERVER_PORTS, folder.path / "wrapped.pcap", keys)
            options = ["-o", f"tls.keylog_file:{keys}", *(option for port in SERVER_PORTS for option in ("-d", f"tcp.port=={port},tls"))]
            wrapped = folder.path / "wrapped.pcap"
            exported = reports(folder.export(STOCK_HOME, wrapped, 7, *options, *as_sent(*SERVER_PORTS)))
            self.compare(f"{capture}, as sent", plain, exported, offset=offset)
            # As Wireshark knows it of port 443.
            options += [option for port in SERVER_PORTS for option in ("-d", f"tls.port=={port},http")]
            if PLUGIN_HOME:
                exported = reports(folder.export(PLUGIN_HOME, wrapped, 7, *options))
                self.compare(f"{capture}, plugins", plain, exported, offset=offset, unknown=AS_WAITED_FOR)
            if capture in REAL and versions.EXPORTS_RECORDS:
                exported = reports(folder.export(STOCK_HOME, wrapped, 7, *options), names=MAIN)
                self.compare(f"{capture}, stock", plain, exported, MAIN, offset)

    def test_tls(self):
        """OSI layer 7 of TLS."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.check_wrapped, REAL + MADE))

    def check_opened(self, row):
        """What tshark opens with the keys of a capture of tls/ and exports, against what oaexport opens with them."""
        with Folder() as folder:
            keys = folder.put(row.keys)
            exported = reports(folder.export(STOCK_HOME, folder.put(row.capture), 7, "-o", f"tls.keylog_file:{keys}", *as_sent(443)))
            keys.chmod(0o600)
            opened = reports("--tls-keylog", keys, row.capture)
        self.assertEqual({one["decrypted"] for one in exported["connections"]}, {"exported"}, row.name)
        opened["findings"] = [one for one in opened["findings"] if one["code"] != "call_unanswered"]  # for the end is not exported
        for found in (opened, exported):
            for name, columns in OPENED.items():
                found[name] = [{column: cell for column, cell in one.items() if column not in columns} for one in found[name]]
        self.compare(row.name, opened, exported)

    def test_opened(self):
        """Each kind of key exchange and resumption in each version: the same as with oaexport's own decryption."""
        chosen = {(row.version, row.exchange, row.features): row for row in matrix.rows() if row.client != "gnutls"}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.check_opened, chosen.values()))

    def check_layer_4(self, capture):
        """What TCP exports of the capture, against the capture."""
        plain = reports(capture)
        with Folder() as folder:
            copy = folder.put(capture)
            if PLUGIN_HOME:
                self.compare(f"{capture}, layer 4, plugins", plain, reports(folder.export(PLUGIN_HOME, copy, 4)),
                             unknown=() if versions.EXPORTS_SEGMENTS else versions.PARTS)
            if capture in REAL:
                self.compare(f"{capture}, layer 4", plain, reports(folder.export(STOCK_HOME, copy, 4, *SEGMENTS)))

    def test_tcp(self):
        """OSI layer 4: sequence numbers tell what comes again."""
        made = [CAPTURES / "made" / f"{name}.pcapng" for name in (
            "back_end_no_banner", "back_end_ports", "back_end_v1", "conn_two_hops_ipv6", "emsmdb_old", "http_v1", "in_r1_out_r2",
            "mid_stream_four_clients", "rpc_interleaved", "rpc_tcp", "split_everywhere", "two_hop_r2_four_clients")]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.check_layer_4, REAL + made))

    def test_real_tls(self):
        """A real capture of TLS: what the client logged, by the pipe that the manual page shows."""
        logged = []
        for line in (CAPTURES / "real" / "tls.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "fact" not in entry and "error" not in entry:
                logged.append((entry["name"], entry.get("req"), entry.get("resp")))
        with Folder() as folder:
            keys = folder.put(CAPTURES / "real" / "tls.keys")
            capture = folder.put(CAPTURES / "real" / "tls.pcapng")
            for home in self.homes():
                for options in ([], as_sent(443), ["-2"]):
                    exported = folder.export(home, capture, 7, "-o", f"tls.keylog_file:{keys}", *options)
                    found = reports(exported)
                    calls = [(row["operation"], int(row["request_bytes"]), int(row["response_bytes"])) for row in found["calls"]]
                    self.assertEqual([call[0] for call in calls], [call[0] for call in logged])
                    for call, logged_call in zip(calls, logged):
                        self.assertIn(logged_call[1:], (call[1:], (None, None)), call)
                    self.assertEqual({row["state"] for row in found["calls"]}, {"answered"})
                    self.assertEqual({row["user"] for row in found["sessions"]}, {"carol@lab.test"})
                    self.assertEqual({row["skipped_bytes"] for row in found["channels"]}, {"0"})
                    self.assertEqual({row["decoded_share"] for row in found["connections"]}, {"1.0000"})
                    self.assertEqual({row["end_state"] for row in found["sessions"]}, {"unknown"})
                    self.assertEqual({row["end_state"] for row in found["channels"]}, {"unknown"})
                    self.assertEqual({(row["conn"], row["status"], row["open_sessions"]) for row in found["connection_status"]},
                                     {("HTTPS", "Unknown", "")})

    def test_pipe(self):
        """Straight from tshark's standard output."""
        with Folder() as folder:
            keys = folder.put(CAPTURES / "real" / "tls.keys")
            capture = folder.put(CAPTURES / "real" / "tls.pcapng")
            options = ["-o", f"tls.keylog_file:{keys}"]
            saved = reports(folder.export(STOCK_HOME, capture, 7, *options), names=("calls",))
            command = [*tools.as_ordinary_user(), "tshark", "-r", str(capture), *options, "-U", "OSI layer 7", "-w", "-"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, env=tools.surroundings(STOCK_HOME)) as tshark:
                piped = tools.oaexport(PROGRAM, "--reports", "calls", "-", stdin=tshark.stdout)
            self.assertEqual(tools.rows(piped.stdout), saved["calls"])

    def test_mixed(self):
        """Packets and PDUs in one file, and in two: sessions of both, numbered together."""
        with Folder() as folder:
            keys = folder.put(CAPTURES / "real" / "tls.keys")
            exported = folder.export(STOCK_HOME, folder.put(CAPTURES / "real" / "tls.pcapng"), 7, "-o", f"tls.keylog_file:{keys}")
            mixed = folder.path / "mixed.pcapng"
            subprocess.run(["mergecap", "-w", mixed, REAL[0], exported], check=True)
            for captures in ([mixed], [REAL[0], exported]):
                found = reports(*captures)
                self.assertEqual([row["session"] for row in found["sessions"]], [str(number) for number in range(8)])
                self.assertEqual({row["connection"] for row in found["connections"]}, {str(number) for number in range(16)})
                self.assertEqual(len(found["calls"]), 117 + 65)
                self.assertEqual([row["frames_in"] != "" for row in found["hops"]], [True, False])

    def test_pieces(self):
        """Heads and PDUs over several records, behind ordinary requests; TLS on port 8443 too."""
        with Folder() as folder:
            keys = folder.put(CAPTURES / "real" / "tls_handshakes.keys")
            capture = folder.put(CAPTURES / "real" / "tls_handshakes.pcapng")
            expected = None
            for home, options in [(STOCK_HOME, as_sent(443, 8443))] + [(home, []) for home in self.homes() if versions.EXPORTS_RECORDS or home != STOCK_HOME]:
                found = reports(folder.export(home, capture, 7, "-o", f"tls.keylog_file:{keys}", *options))
                self.assertEqual([row["channels"] for row in found["sessions"]], ["both"] * 4)
                self.assertEqual({row["skipped_bytes"] for row in found["sessions"]}, {"0"})
                expected = expected or found
                self.compare(f"{capture} {options}", expected, found, ("sessions", "channels", "users", "auth", "findings"), unknown=AS_WAITED_FOR)

    def test_nothing_found(self):
        """Traffic that is not ours; a link type that the content does not fit."""
        with Folder() as folder:
            capture = folder.put(CAPTURES / "ordinary" / "made.pcapng")
            result = tools.oaexport(PROGRAM, "--reports", "sessions", folder.export(STOCK_HOME, capture, 4, *SEGMENTS), check=False)
            self.assertEqual((result.returncode, result.stderr), (5, "oaexport: no RPC or MAPI over HTTP found\n"))
            lying = folder.path / "lying.pcapng"
            subprocess.run(["editcap", "-T", "wireshark-upper-pdu", REAL[0], lying], check=True)
            result = tools.oaexport(PROGRAM, "--reports", "connections", lying, check=False)
            self.assertEqual((result.returncode, result.stdout.count("\n")), (5, 1))


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main()
