#!/usr/bin/env python3
"""users, and who counts as one user in every report, from the rows of sessions and calls; comparison, from two counters.csv.

Usage: test_users.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import datetime
import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import disturb  # noqa: E402
import tools  # noqa: E402

PROGRAM = sys.argv.pop(1)
REPORTS = ("sessions", "calls", "users", "counters", "capacity", "connection_status", "rops")
# Both hops, plain TCP, MAPI over HTTP, sealed calls, sessions without names, several names and addresses of a user.
CAPTURES = [tools.REAL / f"{name}.pcapng" for name in ("basic", "mapihttp", "privacy", "compressed")] + [
    tools.MADE / f"{name}.pcapng" for name in ("mixed", "rpc_tcp", "http_forms", "http_negotiate", "http_anonymous", "mapi_http_heads", "emsmdb_old",
                                               "two_hop_r2_four_clients", "mid_stream_four_clients", "back_end_ports")]
MIXED = tools.MADE / "mixed.pcapng"
WAITING = ("EcDoAsyncWaitEx", "NotificationWait")
KEYS = {"dn": "user_dn", "rpc": "rpc_user", "http": "user", "address": "client_address"}
DAY = 86400
WEEK = 7 * DAY
PER_SECOND = 1000000  # as made captures count time
# By the covered time of the intervals; by the sum of other columns.
RATES = ("calls", "http_requests", "connections_new", "rpc_bytes_in", "wire_bytes_out", "packets_in")
MEANS = ("connections_open", "sessions_open", "outstanding_mean", "users_open")
SHARES = {"faults_share": ("faults", ("calls",)), "unanswered_share": ("unanswered", ("calls",)), "connections_failed_share": ("connections_failed", ("connections_new",)),
          "lost_share": ("lost_bytes", ("lost_bytes", "payload_bytes_in", "payload_bytes_out"))}


def export(folder, *arguments, reports=REPORTS):
    """Rows of the reports of a run."""
    result = tools.oaexport(PROGRAM, "-q", "-r", ",".join(reports), "-o", folder, *arguments, check=False)
    if result.returncode not in (0, 3, tools.NOTHING_FOUND):
        raise AssertionError(result.stderr)
    return {name: tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in reports}


def total(rows, column):
    """The sum of a column without its empty cells."""
    return sum(float(row[column]) for row in rows if row[column])


def fold(kind, name, domains):
    """The form in which names are compared."""
    name = name.casefold()
    if kind in ("rpc", "http") and "\\" in name:
        domain, user = name.split("\\", 1)
        if domain in domains:
            return f"{user}@{domains[domain]}"
    return name


def identities(sessions, domains=()):
    """The user of each session, as a pair of kind and name; None if it is not known."""
    domains = dict(domains)
    shown = {row["session"]: [(kind, fold(kind, row[column], domains)) for kind, column in KEYS.items() if row[column]] for row in sessions}
    better = collections.defaultdict(set)
    for names in shown.values():
        for name in names:
            better[name] |= {names[0]} - {name}
    known = {name for names in shown.values() for name in names}
    user = {}
    for kind in KEYS:
        for name in sorted(name for name in known if name[0] == kind):
            same = ("rpc", name[1])
            if kind == "http" and same in known:
                better[name].add(same)
            of = {user[other] for other in better[name]}
            user[name] = next(iter(of)) if len(of) == 1 else None if of and kind == "address" else user[same] if kind == "http" and same in known else name
    return {session: user[names[0]] if names else None for session, names in shown.items()}


class Users(unittest.TestCase):
    """What one row of users.csv says follows from the sessions and calls of the user."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def shifted(self, capture, seconds, name):
        """A later copy of a made capture."""
        trace = disturb.read(capture.read_bytes())
        for packet in trace.packets():
            time = (packet.time[0] << 32 | packet.time[1]) + seconds * PER_SECOND
            packet.time = (time >> 32, time & 0xFFFFFFFF)
        path = self.folder / name
        path.write_bytes(trace.bytes())
        return path

    def check_row(self, row, sessions, calls):
        """The row counts these sessions and calls."""
        self.assertEqual(int(row["sessions"]), len(sessions))
        self.assertEqual(int(row["calls"]), len(calls))
        for column, state in (("answered", "answered"), ("unanswered", "unanswered"), ("unknown", "unknown"), ("no_request", "no_request")):
            self.assertEqual(int(row[column]), sum(call["state"] == state for call in calls), column)
        for way in ("in", "out"):
            self.assertEqual(int(row[f"bytes_{way}"]), total(sessions, f"rpc_bytes_{way}"))
            self.assertEqual(int(row[f"rpc_pdus_{way}"]), total(sessions, f"rpc_pdus_{way}"))
        times = [float(call["latency_ms"]) for call in calls if call["latency_ms"] and call["operation"] not in WAITING]
        self.assertAlmostEqual(float(row["time_in_calls_ms"]), sum(times), delta=0.001 * len(times) + 0.001)
        self.assertEqual(float(row["latency_max_ms"] or 0), max(times, default=0))
        if all(call["request_fragments"] in ("", "1") for call in calls):
            self.assertEqual(int(row["active_minutes"]), len({call["start"][:16] for call in calls if call["start"]}))
        clients = collections.Counter(" ".join(filter(None, (row["client_software"], row["client_version"]))) for row in sessions)
        clients.pop("", None)
        self.assertEqual(dict(part.rsplit(":", 1) for part in row["client_sessions"].split(";") if part), {name: str(n) for name, n in clients.items()})
        self.assertEqual(int(row["rops"] or 0), total(calls, "rops"))
        if row["rops"]:
            days = {call["start"][:10] for call in calls if call["rops"]}
            self.assertAlmostEqual(float(row["messages_read_per_day"]), int(row["messages_read"]) / len(days), places=3)

    def check_ranks(self, rows):
        """Equal users have equal ranks, which leave room for all of them."""
        for column, *measured in (("calls_rank", "calls"), ("bytes_rank", "bytes_in", "bytes_out"), ("time_rank", "time_in_calls_ms")):
            values = collections.Counter()
            for row in rows:
                if row["identity"]:
                    values[row["identity"]] += sum(round(1000 * float(row[name])) for name in measured)
            for row in rows:
                above = sum(value > values[row["identity"]] for value in values.values())
                self.assertEqual(row[column], str(1 + above) if row["identity"] else "", column)

    def test_recomputed(self):
        rows_seen = 0
        for capture in CAPTURES:
            with self.subTest(capture=capture.name):
                reports = export(self.folder / capture.stem, "--rops", "--interval", "60", capture)
                user = identities(reports["sessions"])
                groups = collections.defaultdict(list)
                for session in reports["sessions"]:
                    groups[user[session["session"]], session["client_address"]].append(session)
                self.assertEqual(len(reports["users"]), len(groups))
                for row in reports["users"]:
                    name = row["identity"].casefold()
                    group, = [group for group in groups if (group[0] or ("", ""))[1] == name and group[1] == row["client_address"]]
                    numbers = {session["session"] for session in groups[group]}
                    self.check_row(row, groups[group], [call for call in reports["calls"] if call["session"] in numbers])
                    rows_seen += 1
                self.check_ranks(reports["users"])
                self.check_counted(reports, user)
        self.assertGreater(rows_seen, 25)

    def check_counted(self, reports, user):
        """capacity and counters count these users."""
        everybody = {one for one in user.values() if one}
        for row in reports["capacity"]:
            if not row["server_address"]:
                self.assertEqual(int(row["users_seen"]), len(everybody))
                messages = total(reports["users"], "messages_sent")
                user_days = {(user[call["session"]], call["start"][:10]) for call in reports["calls"] if call["rops"] and call["start"]}
                sent = row["messages_sent_per_user_per_day"]
                self.assertEqual(sent, f"{messages / len(user_days):.4f}" if user_days else "")
        nameless = [row for row in reports["sessions"] if not any(row[column] for column in ("user_dn", "rpc_user", "user"))]
        if nameless:
            self.assertGreater(total(reports["counters"], "anonymous_sessions"), 0)
        self.assertLessEqual(max(int(row["users_open"] or 0) for row in reports["counters"]), len(everybody))
        self.assertEqual(total(reports["counters"], "rops"), total(reports["calls"], "rops"))
        timed = [call for call in reports["calls"] if call["latency_ms"] and call["operation"] not in WAITING]
        self.assertEqual(total(reports["counters"], "timed_calls"), len(timed))

    def test_keys(self):
        """Only sessions that show the name have a user."""
        for key, column in KEYS.items():
            reports = export(self.folder / key, "--user-key", key, MIXED)
            shown = {row[column].casefold() for row in reports["sessions"]} - {""}
            self.assertTrue(shown)
            self.assertEqual({row["identity"].casefold() for row in reports["users"]} - {""}, shown, key)
            for report in ("sessions", "users"):
                self.assertEqual({row["identity"].casefold() for row in reports[report]} - {""}, shown, (key, report))
            for report in ("calls", "connection_status"):
                self.assertLessEqual({row["user"].casefold() for row in reports[report]}, shown | {""}, (key, report))
            everything, = [row for row in reports["capacity"] if not row["server_address"]]
            self.assertEqual(int(everything["users_seen"]), len(shown))

    def test_domains(self):
        r"""LAB\grace and grace@lab.test are one user, by the name that came first, wherever a user is named."""
        file = self.folder / "domains"
        file.write_text("# short names\n\nlab = LAB.test\n", encoding="utf-8")
        apart = export(self.folder / "apart", "--user-key", "http", MIXED)
        names = {"LAB\\grace", "grace@lab.test"}
        self.assertLessEqual(names, {row["identity"] for row in apart["users"]})
        for domain in ("LAB=lab.test", f"@{file}"):
            folded = export(self.folder / "folded", "--user-key", "http", "--domain-map", domain, MIXED)
            name, = names & {row["identity"] for row in folded["users"]}
            for report, column in (("users", "user"), ("calls", "user"), ("rops", "user"), ("connection_status", "user"), ("sessions", "identity")):
                self.assertEqual(names & {row[column] for row in folded[report]}, {name} if folded[report] else set(), report)
            counted = [sum(int(row["calls"]) for row in of["users"] if row["identity"] in names) for of in (apart, folded)]
            self.assertEqual(*counted)
            seen = [int(row["users_seen"]) for of in (apart, folded) for row in of["capacity"] if not row["server_address"]]
            self.assertEqual(seen[0] - 1, seen[1])

    def test_spelling_without_other_reports(self):
        """The same names, whichever reports are written."""
        alone = export(self.folder / "alone", "--rops", MIXED, reports=("users",))
        self.assertEqual(alone["users"], export(self.folder / "all", MIXED)["users"])

    def test_days(self):
        """A row for each day, with what was done on it; midnight is local."""
        capture = tools.MADE / "two_hop_r2_four_clients.pcapng"
        later = self.shifted(capture, 3 * DAY, "later.pcapng")
        whole = export(self.folder / "whole", capture, later)["users"]
        days = export(self.folder / "days", "--period", "day", "--utc-offset", "+02:00", capture, later)["users"]
        weeks = export(self.folder / "weeks", "--period", "week", capture, later)["users"]
        self.assertEqual({row["period_start"] for row in whole}, {""})
        starts = sorted({row["period_start"] for row in days})
        self.assertEqual([start[11:] for start in starts], ["22:00:00.000000Z"] * 2)
        for row in days:
            day = datetime.datetime.fromisoformat(row["period_start"][:-1])
            for column in ("first_seen", "last_seen"):
                self.assertTrue(day <= datetime.datetime.fromisoformat(row[column][:-1]) <= day + datetime.timedelta(days=1))
        for rows, parts in ((days, 2), (weeks, len({row["period_start"] for row in weeks}))):
            self.assertEqual(len(rows), len(whole) * parts)
            for column in ("calls", "answered", "bytes_in", "bytes_out", "rpc_pdus_in", "rpc_pdus_out", "time_in_calls_ms", "active_minutes", "sessions"):
                self.assertAlmostEqual(total(rows, column), total(whole, column), places=2, msg=column)
        for start in starts:
            self.check_ranks([row for row in days if row["period_start"] == start])

    def test_wrong_options(self):
        for arguments in (["--user-key", "name"], ["--domain-map", "LAB"], ["--domain-map", "@/nowhere"], ["--domain-map", "A=b.c", "--domain-map", "a=d.e"],
                          ["--utc-offset", "+01:00,+02:00"]):
            result = tools.oaexport(PROGRAM, *arguments, "-r", "users", MIXED, check=False)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (1, "", 1), arguments)


class Comparison(unittest.TestCase):
    """The second week is the first one, later, and without some of its packets."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def weeks(self, capture):
        """Folders with the reports of two weeks."""
        trace = disturb.read(capture.read_bytes())
        packets = trace.packets()
        for packet in packets:
            time = (packet.time[0] << 32 | packet.time[1]) + WEEK * PER_SECOND
            packet.time = (time >> 32, time & 0xFFFFFFFF)
        others = [item for item in trace.items if not isinstance(item, disturb.Packet)]
        later = self.folder / "later.pcapng"
        later.write_bytes(disturb.Trace(trace.order, trace.pcapng, others + packets[len(packets) // 4:]).bytes())
        for folder, path in (("first", capture), ("second", later)):
            export(self.folder / folder, "--histograms", "--interval", "1", path, reports=("counters", "histograms"))
        return [self.folder / name for name in ("first", "second")]

    def compare(self, *arguments):
        """The rows of the comparison by server, role and measure."""
        result = tools.oaexport(PROGRAM, "compare", *arguments)
        return {(row["server"], row["service"], row["measure"]): row for row in csv.DictReader(result.stdout.splitlines())}

    def check(self, row, folder, value):
        """One value of a row; None is unknown."""
        cell = row[("first", "second")[folder]]
        self.assertEqual(cell == "", value is None, (row, value))
        if cell:
            self.assertAlmostEqual(float(cell), value, delta=0.0006 + abs(value) * 1e-5, msg=row)

    def check_server(self, rows, key, folder, of):
        """The measures of a server in one folder, from its rows that count."""
        for column in RATES:
            known = [row for row in of if row[column]]
            self.check(rows[(*key, f"{column}_per_s")], folder, total(known, column) / total(known, "covered_s") if known else None)
        for column in MEANS:
            known = [row for row in of if row[column]]
            mean = sum(float(row[column]) * float(row["covered_s"]) for row in known) / total(known, "covered_s") if known else None
            self.check(rows[(*key, column)], folder, mean)
        for measure, (column, whole) in SHARES.items():
            sums = sum(total(of, name) for name in whole)
            self.check(rows[(*key, measure)], folder, total(of, column) / sums if sums else None)
        timed = total(of, "timed_calls")
        self.check(rows[(*key, "latency_mean_ms")], folder,
                   sum(float(row["latency_mean_ms"] or 0) * int(row["timed_calls"] or 0) for row in of) / timed if timed else None)
        self.check(rows[(*key, "latency_max_ms")], folder, max((float(row["latency_max_ms"]) for row in of if row["latency_max_ms"]), default=None))

    def check_percentiles(self, rows, key, folder, bins):
        """Nearest rank, to the width of a bin."""
        calls = sum(int(row["calls"]) for row in bins)
        for percent in (50, 95, 99):
            row, seen = rows[(*key, f"latency_p{percent}_ms")], 0
            for one in sorted(bins, key=lambda one: float(one["bin_low_ms"])):
                seen += int(one["calls"])
                if seen >= percent / 100 * calls:
                    middle = (float(one["bin_low_ms"]) + float(one["bin_high_ms"])) / 2
                    self.assertAlmostEqual(float(row[("first", "second")[folder]]), middle, delta=0.01 * middle + 0.001)
                    break
            self.assertEqual(row[("first", "second")[folder]] == "", not calls)

    def test_recomputed(self):
        for name in ("two_hop_r2_four_clients", "mixed", "idle_reset", "rpc_tcp"):
            with self.subTest(capture=name):
                folders = self.weeks(tools.MADE / f"{name}.pcapng")
                rows = self.compare(*folders)
                counters, bins = ([tools.rows((folder / f"{report}.csv").read_text(encoding="utf-8")) for folder in folders] for report in ("counters", "histograms"))

                def time_of(row):
                    return datetime.datetime.fromisoformat(row["start"][:-1]).replace(tzinfo=datetime.timezone.utc).timestamp() % WEEK

                both = set.intersection(*({time_of(row) for row in of if float(row["covered_s"])} for of in counters))
                self.assertTrue(both)
                for folder in range(2):
                    servers = collections.defaultdict(list)
                    for row in counters[folder]:
                        if time_of(row) in both and float(row["covered_s"]):
                            servers[row["server_address"], row["role"]].append(row)
                    for key, of in servers.items():
                        self.check_server(rows, key, folder, of)
                        self.check_percentiles(rows, key, folder, [row for row in bins[folder] if time_of(row) in both and row["measure"] == "latency"
                                                                   and (row["server_address"], row["role"]) == key])
                self.check_changes(rows.values())

    def check_changes(self, rows):
        """The change of each row."""
        for row in rows:
            self.assertEqual(row["change"] == "", row["first"] == "" or row["second"] == "", row)
            if row["change"]:
                first, change = float(row["first"]), float(row["change"])
                self.assertAlmostEqual(change, float(row["second"]) - first, delta=0.0002)
                self.assertEqual(row["change_percent"] == "", first == 0 and float(row["change_percent"] or 0) == 0, row)
                if first > 1:
                    self.assertAlmostEqual(float(row["change_percent"]), 100 * change / first, delta=0.02 + abs(100 * change / first) * 1e-3)

    def test_formats(self):
        """In a folder, as JSON, as a database; the same rows."""
        folders = self.weeks(tools.MADE / "rpc_tcp.pcapng")
        tools.oaexport(PROGRAM, "compare", "-o", self.folder / "out", *folders)
        written = tools.rows((self.folder / "out" / "comparison.csv").read_text(encoding="utf-8"))
        self.assertEqual(written, list(self.compare(*folders).values()))
        self.assertEqual(len(tools.oaexport(PROGRAM, "compare", "--format", "json", *folders).stdout.splitlines()), len(written))
        tools.oaexport(PROGRAM, "compare", "-o", self.folder / "out.sqlite", *folders)
        self.assertTrue((self.folder / "out.sqlite").exists())

    def test_errors(self):
        first, second = self.weeks(tools.MADE / "rpc_tcp.pcapng")
        export(self.folder / "longer", "--interval", "10", tools.MADE / "rpc_tcp.pcapng", reports=("counters",))
        for code, *arguments in ((1, first), (1, first, second, second), (1, "-r", "calls", first, second), (2, first, self.folder), (2, first, self.folder / "nowhere"),
                                 (2, first, self.folder / "longer"), (4, "-o", first / "counters.csv", first, second)):
            result = tools.oaexport(PROGRAM, "compare", *arguments, check=False)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (code, "", 1), (arguments, result.stderr))
        result = tools.oaexport(PROGRAM, "-r", "comparison", MIXED, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))


if __name__ == "__main__":
    unittest.main()
