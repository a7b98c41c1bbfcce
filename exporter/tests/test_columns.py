#!/usr/bin/env python3
"""The reports of one run agree with each other, in every shipped capture; and columns whose values need a capture of their own.

Usage: test_columns.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import collections
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("connections", "channels", "sessions", "calls", "operations", "users", "connection_status", "auth", "hops", "findings", "frames", "rops")
STATES = {"answered": "answered", "faults": "fault", "unanswered": "unanswered", "unknown": "unknown", "no_request": "no_request"}

HOPS = ("client_proxy", "http_2", "http_3", "http_4", "client_store", "proxy_store")
HOPS_UNANSWERED = "Connections whose SYN was not answered"
# Outcome and HTTP status of the sessions of a capture.
OUTCOMES = {
    "conn_two_hops": [("established", "200")],
    "half_in_client_hop": [("established", "")],
    "in_r1_server_hop": [("established", "")],
    "http_error_mid_stream": [("established", "200")],
    "http_anonymous": [("established", "200"), ("refused_401", "401")],
    "http_basic_refused": [("refused_401", "401")],
    "http_ntlm_refused": [("refused_401", "401")],
    "http_in_401_after_b1": [("refused_401", "401")],
    "http_errors": [("http_403", "403"), ("http_404", "404"), ("http_502", "502"), ("rpc_error_5", "503"), ("rpc_error_6ba", "503"),
                    ("rpc_error_773", "503")],
}


def milliseconds(begin, end):
    """Between two times of a report."""
    return (datetime.datetime.fromisoformat(end[:-1]) - datetime.datetime.fromisoformat(begin[:-1])) / datetime.timedelta(milliseconds=1)


def reports(path):
    """All reports of a capture, by their names."""
    code = tools.oaexport(PROGRAM, "-q", "-r", "sessions", path, check=False).returncode
    return tools.reports(PROGRAM, REPORTS, path, code=code)


def total(rows, column):
    """The sum of a column; empty cells add nothing."""
    return sum(int(row[column] or 0) for row in rows)


class Agreement(unittest.TestCase):
    """Every shipped capture."""

    @classmethod
    def setUpClass(cls):
        cls.captures = {path: reports(path) for path in tools.of_outlook_anywhere()}

    def each(self):
        """The reports of each capture, with its name in what fails."""
        for path, rows in self.captures.items():
            with self.subTest(capture=path.name):
                yield rows

    def test_numbers_exist(self):
        """No report names a session, channel or connection that its own report does not have."""
        named = 0
        for rows in self.each():
            for column, where in (("session", "sessions"), ("channel", "channels"), ("connection", "connections")):
                known = {row[column] for row in rows[where]}
                self.assertEqual(len(known), len(rows[where]), f"{column} twice")
                for report in REPORTS:
                    names = {row[column] for row in rows[report] if row.get(column)}
                    self.assertEqual(names - known, set(), (report, column))
                    named += len(names)
        self.assertGreater(named, 1000)

    def test_calls_of_sessions(self):
        """The calls of each session are those of calls.csv, by their states."""
        for rows in self.each():
            states = collections.Counter((row["session"], row["state"]) for row in rows["calls"])
            for row in rows["sessions"]:
                for column, state in STATES.items():
                    self.assertEqual(int(row[column]), states[row["session"], state], (row["session"], state))
                self.assertEqual(int(row["calls"]), total([row], "answered") + total([row], "faults") + total([row], "unanswered")
                                 + total([row], "unknown") + total([row], "no_request"), row["session"])

    def test_sums(self):
        """Users, operations and connection status count the same sessions, calls, states and bytes."""
        for rows in self.each():
            for report in ("users", "connection_status"):
                self.assertEqual(total(rows[report], "sessions"), len(rows["sessions"]), report)
            for report in ("users", "operations"):
                self.assertEqual(total(rows[report], "calls"), len(rows["calls"]), report)
            for column in ("answered", "unanswered", "unknown", "no_request"):
                for report in ("users", "operations"):
                    self.assertEqual(total(rows[report], column), total(rows["sessions"], column), (report, column))
            for column in ("request_bytes", "response_bytes"):
                self.assertEqual(total(rows["operations"], column), total(rows["calls"], column), column)
            for row in rows["users"]:
                if row["calls"] == "0":
                    self.assertEqual([row["latency_mean_ms"], row["latency_p95_ms"], row["latency_max_ms"]], ["", "", ""], row)

    def test_rops(self):
        """Calls, operations and users count the ROPs that rops.csv has; of sealed calls nothing is known."""
        counted = 0
        for rows in self.each():
            by_call = collections.Counter(row["call"] for row in rows["rops"])
            first = {row["call"]: row["rop"] for row in reversed(rows["rops"])}
            for row in rows["calls"]:
                self.assertEqual(int(row["rops"] or 0), by_call[row["call"]], row)
                self.assertEqual(row["first_rop"], first.get(row["call"], ""), row)
            failed = sum(row["return_value"] not in ("", "Success (ecNone)") and not row["return_value"].startswith("MAPI_W_")
                         for row in rows["rops"])
            for report, failures in (("operations", "rop_failures"), ("users", "rop_failures")):
                self.assertEqual(total(rows[report], "rops"), len(rows["rops"]), report)
                self.assertEqual(total(rows[report], failures), failed, report)
            classes = collections.Counter(row["class"] for row in rows["rops"])
            for name in ("logon", "open", "read", "write", "table", "transfer", "notify", "submit", "other"):
                self.assertEqual(total(rows["users"], f"rops_{name}"), classes[name], name)
                self.assertEqual(sum(int(row["rops"]) for row in rows["operations"] if row["rop_class"] == name), classes[name], name)
            for row in rows["operations"]:
                self.assertEqual(row["calls"] == "", row["rop"] != "", row)
            counted += len(rows["rops"])
        self.assertGreater(counted, 600)
        for row in self.captures[tools.REAL / "privacy.pcapng"]["users"]:
            self.assertEqual([row[column] for column in row if column.startswith(("rops", "rop_", "message"))], 19 * [""], row)

    def test_sessions_of_hops(self):
        """Each session counts on each hop that it was captured on, once for each pair of hosts."""
        for rows in self.each():
            counted = collections.Counter()
            for row in rows["hops"]:
                counted[row["hop"]] += total([row], "sessions")
            pairs = collections.defaultdict(set)
            for row in rows["channels"]:
                if row["session"] and row["kind"] != "MAPI over HTTP":
                    connection, = (one for one in rows["connections"] if one["connection"] == row["connection"])
                    pairs[row["hop"], row["session"]].add((connection["client_address"], connection["server_address"], connection["server_port"]))
            known = collections.Counter()
            for (hop, _), those in pairs.items():
                known[hop] += len(those)
            for row in rows["sessions"]:
                if row["transport"] == "mapi_http":
                    known.update(["client_proxy"] if row["hops"] == "client_proxy" else row["hops"].split())
            self.assertEqual(+counted, +known)

    def test_open_times(self):
        """A session is open from the first SYN of its connections on the hop nearest to the client to the last FIN or RST."""
        for rows in self.each():
            connections = {row["connection"]: row for row in rows["connections"]}
            for session in rows["sessions"]:
                if session["transport"] == "mapi_http":
                    continue
                of_hop = [connections[row["connection"]] for row in rows["channels"] if row["session"] == session["session"]]
                nearest = min((row["hop"] for row in of_hop), key=HOPS.index)
                of_hop = [row for row in of_hop if row["hop"] == nearest]
                first = min(of_hop, key=lambda row: row["start"])
                self.assertEqual(session["open_from"], first["start"] if first["handshake"] == "seen" else "", session["session"])
                ended = [row["closed"] for row in of_hop if row["end_state"] != "replaced"]
                if len(ended) == len(of_hop):
                    self.assertEqual(session["open_to"], max(ended) if all(ended) else "", session["session"])

    def test_ends_of_connections(self):
        for rows in self.each():
            for row in rows["connections"]:
                self.assertEqual(bool(row["closed"]), row["end_state"] in ("fin", "reset"))
                self.assertIn(row["state"], {"fin": ("closed", "fin_wait", ""), "open": ("established", "syn_sent")}.get(row["end_state"], ("closed",)))

    def test_wire_bytes(self):
        """A session's packets are those of its connections on the hop nearest to the client; of those that serve others too they are unknown."""
        known = collections.Counter()
        for rows in self.each():
            connections = {row["connection"]: row for row in rows["connections"]}
            used = collections.defaultdict(set)
            for row in rows["frames"]:
                used[row["channel"]] |= {row["session"]} - {""}
            for session in rows["sessions"]:
                if session["transport"] == "mapi_http":
                    own = [row for row in rows["channels"] if session["session"] in used[row["channel"]]]
                    are_shared = any(len(used[row["channel"]]) > 1 for row in own)
                    for column in ("wire_bytes_in", "wire_bytes_out"):
                        expected = "" if are_shared else str(total([connections[row["connection"]] for row in own], column))
                        self.assertEqual(session[column], expected, session["session"])
                    known["mapi_http", are_shared] += 1
                    continue
                of_hop = [row for row in rows["channels"] if row["session"] == session["session"]]
                nearest = min((row["hop"] for row in of_hop), key=HOPS.index, default=None)
                of_hop = [connections[row["connection"]] for row in of_hop if row["hop"] == nearest]
                for column in ("wire_bytes_in", "wire_bytes_out"):
                    self.assertEqual(session[column], str(total(of_hop, column)), session["session"])
                    known["rpc"] += 1
            for row in rows["connections"]:
                for side in ("in", "out"):
                    least = total([row], f"bytes_{side}") + 40 * total([row], f"frames_{side}")
                    self.assertGreaterEqual(total([row], f"wire_bytes_{side}"), least, row["connection"])
        self.assertGreater(known["rpc"], 100)
        self.assertGreater(min(known["mapi_http", False], known["mapi_http", True]), 2)

    def test_users_of_connections(self):
        known = 0
        for rows in self.each():
            users = {row["session"]: row["user"] or row["rpc_user"] for row in rows["sessions"]}
            channels = {row["connection"]: row for row in rows["channels"]}
            for row in rows["connections"]:
                channel = channels.get(row["connection"])
                if not channel:
                    self.assertEqual(row["users"], "", row["connection"])
                elif channel["kind"] == "MAPI over HTTP":
                    those = ";".join((*users.values(), channel["user"], ""))
                    self.assertLessEqual(set(row["users"].split(";")), set(those.split(";")), row["connection"])
                else:
                    self.assertEqual(row["users"], users.get(channel["session"], channel["user"]), row["connection"])
                known += row["users"] != ""
        self.assertGreater(known, 100)

    def test_begun(self):
        for rows in self.each():
            for row in rows["connections"]:
                self.assertEqual(row["begun"], {"seen": "in_capture", "not_seen": "before", "": ""}[row["handshake"]], row["connection"])

    def test_users_of_calls(self):
        for rows in self.each():
            users = {row["session"]: row["user"] or row["rpc_user"] for row in rows["sessions"]}
            for row in rows["calls"]:
                self.assertIn(row["user"], ("", users[row["session"]]))

    def test_idle_times(self):
        """No channel was silent for longer than is reported, nor between its last PDU and the end of its connection."""
        for rows in self.each():
            closed = {row["connection"]: row["closed"] for row in rows["connections"]}
            for row in rows["channels"]:
                end = closed[row["connection"]]
                if row["longest_idle_ms"] and end:
                    self.assertGreaterEqual(float(row["longest_idle_ms"]) + 0.002, milliseconds(row["end"], end), row["channel"])

    def test_status_of_in_channels(self):
        """The proxy does not respond on an IN channel that works."""
        for rows in self.each():
            for row in rows["channels"]:
                if row["kind"] == "IN" and row["rpc_pdus"] != "0" and row["hop"] == "client_proxy":
                    self.assertEqual(row["http_status"], "", row["channel"])

    def test_times_of_servers(self):
        """A server reports whole milliseconds, and no more than the capture shows."""
        timed = 0
        for path in (path for path in self.captures if path.parent == tools.REAL):
            for row in self.captures[path]["calls"]:
                if row["server_time_ms"] and row["latency_ms"]:
                    self.assertLess(int(row["server_time_ms"]), float(row["latency_ms"]) + 1, row["call"])
                    timed += 1
        self.assertGreater(timed, 300)
        for row in self.captures[tools.REAL / "privacy.pcapng"]["calls"]:
            self.assertEqual(row["server_time_ms"], "")


class Columns(unittest.TestCase):
    """Values that are known from how a capture was made."""

    def report(self, name, capture, *options, code=0):
        """The rows of one report."""
        result = tools.oaexport(PROGRAM, "-q", *options, "--reports", name, capture, check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return tools.rows(result.stdout)

    def test_outcomes(self):
        for capture, outcomes in OUTCOMES.items():
            found = [(row["outcome"], row["http_status"]) for row in self.report("sessions", tools.MADE / f"{capture}.pcapng")]
            self.assertEqual(sorted(set(found)), sorted(outcomes), capture)

    def test_lost_head(self):
        """Without the request that carries an IN channel, the 401 before it is not the status of that channel."""
        capture = tools.MADE / "conn_two_hops.pcapng"
        heads = [row for row in self.report("frames", capture) if row["description"].startswith("RPC_IN_DATA")]
        refused = {row["channel"] for row in self.report("channels", capture) if row["kind"] == "IN" and row["auth_legs"] == "1"}
        lost = [row["frame"] for row in heads if row["channel"] in refused][-1]
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            subprocess.run(["editcap", capture, file.name, lost], check=True, capture_output=True)
            rows = [row for row in self.report("channels", file.name) if row["kind"] == "IN" and row["rpc_pdus"] != "0"]
            self.assertTrue([row for row in rows if row["auth_legs"] == "1" and row["skipped_bytes"] != "0"])
            self.assertEqual({row["http_status"] for row in rows}, {""})

    def test_mapi_open_times(self):
        """From Connect or Bind to the response to Disconnect or Unbind."""
        capture = tools.MADE / "mapi_http_forms.pcapng"
        calls = {(call["session"], call["operation"]): call for call in self.report("calls", capture)}
        refused, directory, store = sorted(self.report("sessions", capture), key=lambda row: row["session"])
        self.assertEqual([refused[name] for name in ("outcome", "http_status", "open_from", "open_to")], ["response_code_2", "200", "", ""])
        for row, first, last in ((directory, "Bind", "Unbind"), (store, "Connect", "Disconnect")):
            last = calls[row["session"], last]
            self.assertEqual(row["open_from"], calls[row["session"], first]["start"])
            self.assertAlmostEqual(milliseconds(last["start"], row["open_to"]), float(last["latency_ms"]), delta=1)
            self.assertEqual(row["outcome"], "established")
        self.assertEqual({row["open_to"] for row in self.report("sessions", tools.REAL / "mapihttp.pcapng")}, {""})

    def test_refused_back_ends(self):
        """On a port that a URI names, or, without the client's hop, ValidPorts."""
        capture = tools.MADE / "http_errors.pcapng"
        refused = [row["server_port"] for row in self.report("findings", capture) if row["code"] == "connection_refused"]
        self.assertEqual(refused, ["6099"] * 2)
        with tempfile.TemporaryDirectory() as folder:
            alone = pathlib.Path(folder) / "alone.pcapng"
            subprocess.run(["tshark", "-r", capture, "-Y", "tcp.port == 6099", "-w", alone], check=True, capture_output=True)
            self.assertEqual(self.report("findings", alone, code=5), [])
            for report in ("connections", "findings"):
                rows = self.report(report, alone, "--valid-ports", "mbx1:6090-6099", code=5)
                self.assertEqual([row["server_port"] for row in rows], ["6099"] * 2)
            row, = self.report("hops", alone, "--valid-ports", "mbx1:6090-6099", code=5)
            self.assertEqual((row["refused"], row["sessions"]), ("2", "0"))

    def test_reported_clients(self):
        """The address in CONN/B2 in both byte orders, if the client's hop is not in the capture."""
        for name in ("in_r1_server_hop", "half_in_server_hop", "back_end_ports"):
            known = {row["client"].rsplit(":", 1)[0] for row in tools.truth(name)["sessions"]}
            for row in self.report("sessions", tools.MADE / f"{name}.pcapng"):
                self.assertIn(row["client_address"], known, name)
                self.assertEqual(row["client_address_order"], "little_endian")
                self.assertEqual(row["client_address_other"].split("."), row["client_address"].split(".")[::-1])
        for row in self.report("sessions", tools.MADE / "conn_two_hops.pcapng"):
            self.assertEqual((row["client_address_order"], row["client_address_other"]), ("", ""))

    def test_encrypted_hops(self):
        rows = [row for row in self.report("hops", tools.REAL / "tls.pcapng", code=5) if row["service"] == "https"]
        self.assertEqual({row["sessions"] for row in rows}, {""})

    def test_packets_of_connections(self):
        """Wire bytes against what stock Wireshark says of the same packets."""
        for path in (tools.REAL / "basic.pcapng", tools.REAL / "mapihttp.pcapng", tools.REAL / "tls_handshakes.pcapng",
                     tools.MADE / "conn_two_hops_ipv6.pcapng", tools.MADE / "idle_reset.pcapng", tools.SIX_USERS):
            expected = collections.Counter()
            for stream, source, port, length, payload in tools.fields(
                    tools.STOCK, path, ("tcp.stream", "tcp.srcport", "tcp.dstport", "ip.len", "ipv6.plen"), "-Y", "tcp"):
                expected[stream, source, port] += int(length) if length else 40 + int(payload)
            rows = self.report("connections", path, code=tools.NOTHING_FOUND if "tls_" in path.name else 0)
            for row in rows:
                for column, side, other in (("wire_bytes_in", "client_port", "server_port"), ("wire_bytes_out", "server_port", "client_port")):
                    self.assertEqual(int(row[column]), expected[row["connection"], row[side], row[other]], (path.name, row["connection"]))
            self.assertGreater(total(rows, "wire_bytes_in"), 0, path.name)

    def test_certificate_problems(self):
        """Each connection counts, also those of a certificate that was reported before."""
        capture = tools.REAL / "tls_handshakes.pcapng"
        found = {row["connection"] for row in self.report("findings", capture, code=tools.NOTHING_FOUND) if row["code"].startswith("certificate_")}
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            subprocess.run(["editcap", "-t", "600", str(capture), file.name], check=True)
            for paths in ((capture,), (capture, file.name)):
                result = tools.oaexport(PROGRAM, "-q", "-r", "hops", *paths, check=False)
                problems = [(row["service"], row["certificate_problems"]) for row in tools.rows(result.stdout)]
                self.assertEqual(problems, [("https", str(len(paths) * len(found))), ("ldaps", "0")])
        # Nothing inside TLS shows a certificate, and no TLS has one.
        self.assertEqual({row["certificate_problems"] for row in self.report("hops", tools.MADE / "http_basic.pcapng")}, {"0"})

    def test_slow_calls(self):
        """Time stretched 3000 times: the limits that response times exceed, but not those of calls which wait."""
        trace = disturb.read((tools.MADE / "mixed.pcapng").read_bytes())
        times = [packet.time[0] << 32 | packet.time[1] for packet in trace.packets()]
        for packet, time in zip(trace.packets(), times):
            later = times[0] + 3000 * (time - times[0])
            packet.time = (later >> 32, later & 0xFFFFFFFF)
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
            file.write(trace.bytes())
            file.flush()
            rows = self.report("calls", file.name)
        waited = 0
        for row in rows:
            limits = [limit for limit in (2, 5, 10) if row["latency_ms"] and float(row["latency_ms"]) > 1000 * limit]
            waits = row["operation"] in ("EcDoAsyncWaitEx", "NotificationWait")
            self.assertEqual(row["over"], str(limits[-1]) if limits and not waits else "", row)
            waited += waits and bool(limits)
        self.assertLessEqual({"", "5", "10"}, {row["over"] for row in rows})
        self.assertGreater(waited, 0)

    def test_code_page(self):
        """A Japanese name in Basic credentials, and a Western one."""
        capture = tools.MADE / "http_basic.pcapng"
        whole = capture.read_bytes()
        token = re.search(rb"Basic ([A-Za-z0-9+/=]+)", whole).group(1)
        length = len(base64.b64decode(token))
        others = {row["user"] for row in self.report("sessions", capture)}
        for name, options, user, code_page in (
                ("\u5c71\u7530".encode("cp932"), (), "\u5c71\u7530", "932"), (b"B\xf6ll", (), "B\u00f6ll", "1252"),
                ("\u0412\u043e\u0432\u0430".encode("cp1251"), ("--code-page", "1251"), "\u0412\u043e\u0432\u0430", "1251")):
            changed = base64.b64encode((name + b":").ljust(length, b"x"))
            self.assertEqual(len(changed), len(token))
            with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
                file.write(whole.replace(token, changed))
                file.flush()
                self.assertEqual({row["user"] for row in self.report("sessions", file.name, *options)} - others, {user})
                self.assertEqual({(row["user"], row["code_page"]) for row in self.report("auth", file.name, *options)} & {(user, code_page)},
                                 {(user, code_page)})

    def test_definitions(self):
        """Counts of calls mean the same in every report, and their words are those of calls.csv."""
        described = tools.oaexport(PROGRAM, "--describe").stdout
        for column in ("answered", "unanswered", "unknown", "no_request", "faults"):
            words = set(re.findall(rf"^  {column} +count +(.*)$", described, re.M)) - {HOPS_UNANSWERED}
            self.assertEqual(len(words), 1, column)
        for name in REPORTS:
            self.assertEqual(tools.oaexport(PROGRAM, f"--describe={name}").stdout.count("all times are UTC, cut to the microsecond"),
                             0 if name == "operations" else 1, name)


if __name__ == "__main__":
    unittest.main()
