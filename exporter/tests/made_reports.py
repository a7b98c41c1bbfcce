#!/usr/bin/env python3
"""Writes the reports of a company that does not exist, as many users and days as wanted, to look at the page and to test it.

Usage: made_reports.py DIR USERS DAYS [INTERVAL]

Two proxies, three stores and two directory servers; nights, weekends and lunch; a hole of two hours on the second day, lost bytes, and a slow
quarter of an hour. There is no randomness: the same arguments give the same files.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import datetime
import math
import pathlib
import random
import sys

START = datetime.datetime(2026, 11, 16, tzinfo=datetime.timezone.utc)  # a Monday
PROXIES = [("proxy", "192.0.2.10", "mail.example.com"), ("proxy", "192.0.2.11", "mail.example.com")]
STORES = [("store", f"192.0.2.{20 + i}", f"mbx{i + 1}.example.com") for i in range(3)]
DIRECTORIES = [("directory", f"192.0.2.{30 + i}", "") for i in range(2)]
BY_HOUR = [1, 1, 1, 1, 2, 5, 18, 52, 88, 100, 96, 84, 58, 70, 92, 94, 82, 60, 28, 12, 8, 5, 3, 2]
OPERATIONS = [
    ("store", "EMSMDB", "EcDoRpcExt2", 11, 0.90, 6), ("store", "EMSMDB", "EcDoConnectEx", 10, 0.02, 9), ("store", "EMSMDB", "EcDoDisconnect", 1, 0.02, 2),
    ("store", "AsyncEMSMDB", "EcDoAsyncWaitEx", 0, 0.02, 240000), ("directory", "NSPI", "NspiQueryRows", 3, 0.02, 4),
    ("directory", "NSPI", "NspiResolveNamesW", 20, 0.01, 5), ("referral", "RFR", "RfrGetNewDSA", 0, 0.01, 3),
]
EDGES = [32 * 2 ** (i / 8) / 100 for i in range(1, 160)]  # of bins of latency, in ms
CALLS_MAX = 400000  # about


def text(time):
    """A time as reports print it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Writer:
    """Reports with the columns that are given; others are missing."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, name, rows):
        """One report from dictionaries with the same keys."""
        with open(self.folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            rows = iter(rows)
            first = next(rows)
            writer = csv.DictWriter(file, list(first), lineterminator="\n")
            writer.writeheader()
            writer.writerow(first)
            writer.writerows(rows)


def load(time, interval):
    """How much of the users are at work, from 0 to 1."""
    hour = time.hour + time.minute / 60
    low, high = BY_HOUR[int(hour)], BY_HOUR[(int(hour) + 1) % 24]
    share = (low + (high - low) * (hour % 1)) / 100
    weekend = 0.08 if time.weekday() >= 5 else 1
    growth = 1 + 0.15 * ((time - START).days // 7)
    return min(share * weekend * growth * (1 + 0.04 * math.sin(time.timestamp() / interval * 1.7)), 1)


class Company:
    """What its reports are made of."""

    def __init__(self, users, days, interval):
        self.chance = random.Random(users * 1000 + days)
        self.users, self.days, self.interval = users, days, interval
        self.s_per_call = max(60, users * days * 30000 // CALLS_MAX)
        self.times = [START + datetime.timedelta(seconds=i * interval) for i in range(days * 86400 // interval)]
        # What a user does, of the mean: a few do most.
        self.weights = [self.chance.lognormvariate(-0.5, 1) for _ in range(users)]

    def is_hole(self, time):
        """Nothing was captured."""
        return self.days > 1 and time.date() == (START + datetime.timedelta(days=1)).date() and time.hour in (12, 13)

    def is_slow(self, time):
        """A store is busy with something else."""
        return time.day == (START + datetime.timedelta(days=min(self.days - 1, 2))).day and time.hour == 15 and time.minute < 15

    def counters(self):
        """Rows of counters."""
        for servers, share_of in ((DIRECTORIES, 0), (PROXIES, 1), (STORES, 0)):
            for number, (role, address, name) in enumerate(servers):
                part = (0.55, 0.45)[number] if len(servers) == 2 else (0.5, 0.3, 0.2)[number]
                for time in self.times:
                    yield self.interval_row(time, role, address, name, part, share_of)

    def interval_row(self, time, role, address, name, part, has_calls):
        """One row of a server."""
        row = {"start": text(time), "interval_s": self.interval, "covered_s": 0 if self.is_hole(time) else self.interval, "role": role,
               "server_address": address, "server_name": name}
        at_work = load(time, self.interval) * self.users * part
        calls = round(at_work * self.interval / self.s_per_call * (1 + 0.08 * self.chance.gauss(0, 1))) if has_calls else 0
        calls = max(calls, 0)
        slow = 60 if self.is_slow(time) else 1
        lost = 48000 if time.hour == 10 and time.minute == 30 and time.day == START.day else 0
        size = at_work * self.interval * 90 * (0.2 if role == "directory" else 1)
        middle = 4 * slow * (1 + 1.5 * load(time, self.interval))
        values = {
            "connections_open": at_work * 2.2 if role == "proxy" else at_work * 0.9, "connections_max": round(at_work * 2.4), "connections_new": round(at_work / 40),
            "connections_failed": 0, "channels_open": at_work * 2 if has_calls else 0, "sessions_open": at_work * 1.1 if has_calls else 0, "sessions_max": round(at_work * 1.2) if has_calls else 0,
            "users_open": round(at_work) if has_calls else 0, "users_active": round(at_work * min(1, self.interval / 90)) if has_calls else 0, "anonymous_sessions": 0,
            "calls": calls, "waiting_calls": round(calls * 0.02), "faults": round(calls / 3000), "unanswered": 0, "unknown_calls": 4 if lost else 0, "orphan_responses": 0,
            "outstanding_mean": calls * middle / 1000 / self.interval, "latency_mean_ms": middle * 1.4 if calls else "",
            "latency_p50_ms": middle if calls else "", "latency_p95_ms": middle * 6 if calls else "", "latency_p99_ms": middle * 22 if calls else "", "latency_max_ms": middle * 60 if calls else "",
            "over_2s": round(calls * (0.02 if slow > 1 else 0.0004)), "over_5s": round(calls * (0.005 if slow > 1 else 0.0001)), "over_10s": round(calls * (0.001 if slow > 1 else 0)),
            "payload_bytes_in": round(size * 0.9), "payload_bytes_out": round(size * 3.1), "wire_bytes_in": round(size), "wire_bytes_out": round(size * 3.2),
            "retransmitted_bytes": round(size / 2000), "lost_bytes": lost, "quality": "loss" if lost else "ok",
        }
        hole = row["covered_s"] == 0
        return row | {key: "" if hole else round(value, 4) if isinstance(value, float) else value for key, value in values.items()}

    def histograms(self, counters):
        """Calls by latency that fit the percentiles."""
        for row in counters:
            calls = row["calls"] or 0
            left = calls
            for low, high in zip(EDGES, EDGES[1:]):
                below = calls * 0.5 * (1 + math.erf(math.log(high / float(row["latency_p50_ms"])) / 1.54)) if calls else 0
                count = min(max(round(below - (calls - left)), 0), left)
                left -= count
                if count:
                    yield {"start": row["start"], "role": row["role"], "server_address": row["server_address"], "measure": "latency",
                           "bin_low_ms": f"{low:.3f}", "bin_high_ms": f"{high:.3f}", "calls": count}

    def name(self, user):
        """The name of a user."""
        return f"user{user:04d}@example.com"

    def calls(self):
        """A few calls of each user in each hour at work."""
        kinds = [kind for kind in OPERATIONS for _ in range(round(kind[4] * 100))]
        for hour in range(self.days * 24):
            begin = START + datetime.timedelta(hours=hour)
            if self.is_hole(begin):
                continue
            share = load(begin, 3600)
            for user in range(self.users):
                expected = share * 3600 / self.s_per_call
                for _ in range(int(expected + self.chance.random())):
                    service, interface, operation, opnum, _, mean = self.chance.choice(kinds)
                    store = mean * self.chance.lognormvariate(0, 0.6)
                    proxy = 1.5 * self.chance.lognormvariate(0, 0.5)
                    yield {"start": text(begin + datetime.timedelta(seconds=self.chance.random() * 3599)), "service": service, "interface": interface, "operation": operation,
                           "opnum": opnum, "state": "answered", "request_pdu_bytes": round(3300 * self.s_per_call / 60), "response_pdu_bytes": round(9000 * self.s_per_call / 60 * self.weights[user] * self.chance.lognormvariate(0, 0.8)),
                           "latency_ms": f"{store + proxy:.3f}", "store_latency_ms": f"{store:.3f}", "proxy_latency_ms": f"{proxy:.3f}", "user": self.name(user)}

    def people(self):
        """Rows of users; every tenth has two addresses."""
        for user, weight in enumerate(self.weights):
            for address in range(2 if user % 10 == 0 else 1):
                calls = round(400 * weight * self.days / (address + 1))
                yield {"user": self.name(user), "client_address": f"198.51.{100 + user // 250}.{user % 250 + 1 + 100 * address}", "clients": ("Outlook 2010 14.0.7268.5000", "Outlook 2013 15.0.5589.1000")[user % 2],
                       "client_modes": "cached" if user % 7 else "classic", "sessions": 6 + user % 5, "calls": calls, "answered": calls, "failures": calls // 900, "unanswered": 0,
                       "bytes_in": calls * 900, "bytes_out": calls * 5200, "latency_mean_ms": f"{6 + weight:.3f}", "latency_p95_ms": f"{40 + weight * 8:.3f}", "latency_max_ms": f"{900 + weight:.3f}",
                       "first_seen": text(START + datetime.timedelta(hours=7)), "last_seen": text(self.times[-1])}

    def operations(self):
        """Rows by store."""
        for share, (_, _, name) in zip((0.5, 0.3, 0.2), STORES):
            for service, interface, operation, opnum, part, mean in OPERATIONS:
                calls = round(sum(self.weights) * 400 * self.days * share * part)
                yield {"target_server": name, "service": service, "interface": interface, "operation": operation, "opnum": opnum, "calls": calls, "answered": calls - calls // 3000,
                       "faults": calls // 3000, "unanswered": 0, "request_bytes": calls * 800, "response_bytes": calls * 5000, "latency_mean_ms": f"{mean * (1 + share):.3f}",
                       "latency_p50_ms": f"{mean:.3f}", "latency_p95_ms": f"{mean * 6 * (1 + share):.3f}", "latency_max_ms": f"{mean * 90:.3f}", "rop": ""}

    def hops(self):
        """Clients, proxies, stores and directory servers."""
        def row(hop, service, client, server, connections, size, sessions="", refused=0, unanswered=0):
            return {"hop": hop, "service": service, "client_address": client, "server_address": server, "connections": connections, "sessions": sessions, "bytes_in": size,
                    "bytes_out": size * 3, "refused": refused, "unanswered": unanswered, "reset_without_data": 0, "reset": connections // 400, "tls_alerts": 0}
        for user in range(self.users):
            client = f"198.51.{100 + user // 250}.{user % 250 + 1}"
            yield row("client_proxy", "rpc over http", client, PROXIES[user % 2][1], 14 * self.days, 60000 * self.days, sessions=6 * self.days)
        for i, (_, proxy, _) in enumerate(PROXIES):
            for k, (_, store, _) in enumerate(STORES):
                yield row("proxy_store", "store", proxy, store, self.users * self.days // (2 + k), self.users * 20000 * self.days, self.users * self.days, refused=17 if (i, k) == (1, 2) else 0)
        for i, (_, store, _) in enumerate(STORES):
            yield row("store_dc", "ldap", store, DIRECTORIES[i % 2][1], 300 * self.days, 2000000 * self.days, unanswered=2 * i)

    def findings(self):
        """A few kinds of them, many of one."""
        kinds = [("error", "rpc_error", "The proxy reports an RPC error in its reason phrase", 17), ("warning", "window_stall", "A sender waited for the receive window", 240),
                 ("warning", "auth_refused", "The server refused the credentials of an authentication", 31), ("note", "half_connection", "Only one of the two channels of a virtual connection is in the capture", 5)]
        frame = 1000
        for severity, code, meaning, many in kinds:
            for i in range(many):
                frame += 977
                yield {"time": text(START + datetime.timedelta(minutes=500 + 7 * i)), "severity": severity, "code": code, "meaning": meaning, "host": f"198.51.100.{i % 250 + 1}",
                       "hop": "client_proxy", "frame": frame, "user": self.name(i % self.users), "evidence": "RPC Error: 6ba" if code == "rpc_error" else "for 120 ms"}

    def capacity(self, counters):
        """One row for all servers, from the counters; and one for each proxy."""
        for server in [*PROXIES, None]:
            rows = [row for row in counters if row["role"] == "proxy" and row["covered_s"] and (server is None or row["server_address"] == server[1])]
            by_time = {}
            for row in rows:
                one = by_time.setdefault(row["start"], dict.fromkeys(("users_open", "users_active", "sessions_max", "connections_max", "calls", "wire_bytes_in", "wire_bytes_out"), 0))
                for key in one:
                    one[key] += row[key]
            def peak(key):
                at = max(by_time, key=lambda time: by_time[time][key])
                return by_time[at][key], at
            hours = {}
            for time, one in by_time.items():
                hours[time[:13]] = hours.get(time[:13], 0) + one["calls"]
            busy = max(hours, key=hours.get)
            in_busy = [one for time, one in by_time.items() if time[:13] == busy]
            active = max(one["users_active"] for one in in_busy)
            yield {"period_start": text(START), "period_end": text(self.times[-1] + datetime.timedelta(seconds=self.interval)), "covered_h": round(len(by_time) * self.interval / 3600, 4),
                   "server_address": server[1] if server else "", "server_name": server[2] if server else "all", "role": server[0] if server else "", "services": "rpc over http",
                   "users_seen": self.users, "users_peak": peak("users_open")[0], "users_peak_at": peak("users_open")[1], "users_active_peak": peak("users_active")[0], "users_active_peak_at": peak("users_active")[1],
                   "sessions_peak": peak("sessions_max")[0], "sessions_peak_at": peak("sessions_max")[1], "connections_peak": peak("connections_max")[0], "connections_peak_at": peak("connections_max")[1],
                   "connections_per_user": 2.4, "calls_peak_per_s": round(peak("calls")[0] / self.interval, 4), "calls_peak_at": peak("calls")[1], "busy_hour": f"{busy}:00:00.000000Z",
                   "busy_hour_calls_per_s": round(hours[busy] / 3600, 4), "busy_hour_users_active": active,
                   "busy_hour_bytes_in_per_s": round(sum(one["wire_bytes_in"] for one in in_busy) / 3600, 4), "busy_hour_bytes_out_per_s": round(sum(one["wire_bytes_out"] for one in in_busy) / 3600, 4),
                   "busy_hour_latency_p95_ms": 54.1, "calls_per_user_per_s": round(hours[busy] / 3600 / max(active, 1), 4),
                   "bytes_in_per_user_per_h": round(sum(one["wire_bytes_in"] for one in in_busy) / max(active, 1), 4), "bytes_out_per_user_per_h": round(sum(one["wire_bytes_out"] for one in in_busy) / max(active, 1), 4),
                   "peak_to_mean": 2.9, "concurrency": round(peak("users_open")[0] / self.users, 4), "latency_p50_ms": 9.1, "latency_p95_ms": 51.2, "latency_p99_ms": 190.4, "latency_max_ms": 36000,
                   "over_2s_share": 0.0006, "over_5s_share": 0.0002, "over_10s_share": 0, "cached_share": 0.86, "classic_share": 0.14, "mapi_http_share": 0, "quality_share": 0.9999}

    def captures(self):
        """A file for each stretch of a day without a hole."""
        stretches = []
        for time in self.times:
            if self.is_hole(time):
                continue
            if not stretches or time != stretches[-1][1] or not time.hour | time.minute:
                stretches.append([time, time])
            stretches[-1][1] = time + datetime.timedelta(seconds=self.interval)
        for number, (first, last) in enumerate(stretches, 1):
            frames = round(self.users * (last - first).total_seconds() * 0.7)
            yield {"file": f"ring/proxies_{number:05}.pcapng.gz", "format": "pcapng", "state": "whole", "file_bytes": frames * 90, "link_types": "ether", "interfaces": 2,
                   "snap_length_bytes": 262144, "first_time": text(first), "last_time": text(last), "clock_correction_ms": 0, "frames": frames, "frame_bytes": frames * 310,
                   "captured_bytes": frames * 310, "cut_frames": 0, "mail_frames": round(frames * 0.93), "other_frames": round(frames * 0.01), "unsupported_frames": 0,
                   "second_copies": 0, "reordered_frames": 12 * number, "clock_steps": 0}

    def write(self, folder):
        """All reports."""
        writer = Writer(folder)
        writer.write("captures", self.captures())
        counters = list(self.counters())
        writer.write("counters", counters)
        writer.write("histograms", self.histograms(counters))
        writer.write("capacity", self.capacity(counters))
        writer.write("calls", self.calls())
        writer.write("users", self.people())
        writer.write("operations", self.operations())
        writer.write("hops", self.hops())
        writer.write("findings", self.findings())


def main():
    """Writes the reports."""
    folder, users, days = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    Company(users, days, int(sys.argv[4]) if len(sys.argv) > 4 else 60).write(folder)


if __name__ == "__main__":
    main()
