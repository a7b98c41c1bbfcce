#!/usr/bin/env python3
"""What is counted of damaged captures is what the truth about the undamaged ones says can be counted of what is left, and damages that
take away nothing that findings need bring no findings but their own.

Usage: test_countable.py [--all] OAEXPORT [NAME...]

Every capture with a truth, every kind of damage, and two of them together: without --all a sample, the same each time, of the groups in
HOLDS. NAME: a capture, or a group of damages.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections
import concurrent.futures
import functools
import os
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "test-captures"), str(TOP / "test-captures" / "make")]
import call_truth  # noqa: E402
import damage  # noqa: E402
import disturb  # noqa: E402
import tools  # noqa: E402
import tunnels  # noqa: E402

# Oaexport reads no pipes; the others have no calls that can be read, are damaged themselves, or are compared in test_kerberos.py.
WITHOUT = ("named_pipe", "snap_length_300", "tls", "tls_handshakes", "wine_https", "curl_heads", "a1_lost",
           "http_kerberos", "http_kerberos_wrongkey", "rpc_kerberos_16", "rpc_kerberos_9", "rpc_kerberos_refused")
SNAP_LENGTHS = (96, 128, 192, 256, 384, 512)
LOSSES = (0.001, 0.01, 0.03)
GONE = (0.1, 0.25, 0.5)
SKEWS = (-60, -7, -0.0003, 0.0003, 7, 60)
UNJOINED = ("half_connection", "hops_apart")  # sessions of which the capture lacks the channel, or what shows that they are one
SMALL = 110  # frames of a capture that is cut at every one of them
LINES = 8  # of a failure
# These are always compared.
ALWAYS = (
    ("impacket_rpcmap", "loss of 3.0%, seed 2"),
    ("conn_two_hops", "loss of 1.0%, seed 4"),
    ("mid_stream_four_clients", "60 s ahead, 2 files, snap length 96"),
    ("flow_control_in_stall", "7 s ahead, 2 files, clients only"),
    ("wine_ntlm", "60 s ahead, 2 files, clients only"),
    ("two_hop_r2_four_clients", "clients only, snap length 128"),
    ("wine_ntlm", "clients only, snap length 96"),
    ("wine_mgmt", "7 s ahead, 2 files, snap length 192"),
    ("wine_window_exceeded", "60 s ahead, 2 files, snap length 128"),
    ("frdp_rdp", "-60 s ahead, 2 files, snap length 96"),
    ("http_error_mid_stream", "loss of 3.0%, seed 2, clients only"),
    ("mid_stream_hops_apart", "snap length 96"),
    ("mid_stream_hops_apart", "in geneve, snap length 128"),
    ("mapihttp", "loss of 1.0%, seed 6"),
    ("mapihttp", "loss of 3.0%, seed 10"),
    ("mapi_http_heads", "loss of 3.0%, seed 6"),
    ("mapi_http_forms", "loss of 3.0%, seed 31"),
    ("rpc_tcp", "loss of 1.0%, seed 22"),
    ("rpc_tcp", "loss of 3.0%, seed 9"),
    ("lb_two_http_legs", "loss of 1.0%, seed 32"),
    ("nspi_code_page", "loss of 1.0%, seed 31"),
    ("wine_errors", "loss of 1.0%, seed 18"),
    ("wine_mgmt", "loss of 3.0%, seed 34"),
    ("http_negotiate", "loss of 3.0%, seed 34"),
    ("split_everywhere", "loss of 1.0%, seed 22"),
    ("in_r1_server_hop", "loss of 3.0%, seed 39"),
    ("one_way_to_server", "loss of 3.0%, seed 8"),
    ("out_r2_negative", "loss of 1.0%, seed 33"),
    ("in_r2_client_hop", "loss of 3.0%, seed 28"),
    ("rpc_tcp", "loss of 3.0%, seed 30"),
    ("rpc_tcp", "loss of 3.0%, seed 36"),
    ("mixed", "loss of 3.0%, seed 33"),
    ("rops_many", "loss of 3.0%, seed 29"),
    ("conn_two_hops", "loss of 3.0%, seed 27"),
    ("basic", "loss of 3.0%, seed 34"),
    ("haproxy", "loss of 3.0%, seed 36"),
    ("http_v1", "loss of 3.0%, seed 35"),
    ("rpc_tcp", "loss of 3.0%, seed 37"),
    ("http_v1", "in fragments in erspan_3, snap length 128"),
    ("conn_two_hops_ipv6", "until frame 267, snap length 192"),
    ("haproxy", "until frame 248, snap length 192"),
    ("flow_control_in_stall", "until frame 533, since frame 440"),
    ("flow_control_out_stall", "since frame 111, snap length 96"),
    ("mid_stream_flow_control", "loss of 3.0%, seed 2, since frame 278"),
    ("in_r1_client_hop", "loss of 3.0%, seed 2, snap length 128"),
    ("mapi_http_forms", "loss of 1.0%, seed 2, snap length 256"),
    ("frdp_rdp", "loss of 3.0%, seed 12"),
    ("haproxy", "since frame 55"),
    ("samba_basic_unsorted", "loss of 3.0%, seed 4"),
    ("wine_ntlm", "snap length 96"),
    ("wine_rpcauth2", "snap length 128"),
    ("in_r1_queued", "since frame 74"),
)
# A loss, by its share and seed, with another damage: the group "crossed".
CROSSED = (
    ("chain_of_three", 0.03, 9, "clients only"),
    ("out_r1_client_hop", 0.03, 10, "clients only"),
    ("overlapping_server_hop", 0.03, 4, "clients only"),
    ("http_negotiate", 0.03, 7, "clients only"),
    ("basic", 0.03, 7, "swapped within 4"),
    ("frdp_rdp", 0.03, 7, "swapped within 30"),
)
# The groups that hold for every capture; of the others, and of other losses, --all shows what does not.
HOLDS = ("undamaged", "twice", "order", "until", "way", "tunnel", "skew", "loss", "gone", "since", "snap", "crossed")


def captures():
    """All captures with a truth of their calls."""
    paths = [path for folder in ("made", "real", "clients", "cases") for path in sorted((tools.CAPTURES / folder).glob("*.pcapng"))
             if path.stem not in WITHOUT]
    return [truth for truth in map(call_truth.Truth, paths) if truth.calls]


class Kind:
    """A kind of damage: how it is done, and what it allows."""

    def __init__(self, name, apply, ends=False, splits=False, cuts=False, files=1, loses=False, is_pair=False, tells=None):
        self.name, self.apply = name, apply
        self.tells = tells  # findings that the damage brings, and no others; None: what is missing may bring any
        self.is_pair = is_pair
        self.ends = ends  # the capture ends early: no response may be right
        self.splits = splits  # what would join the channels may be missing
        self.cuts, self.files, self.loses = cuts, files, loses

    def with_other(self, other):
        """This one, then the other."""
        return Kind(f"{self.name}, {other.name}", lambda truth, records: other.apply(truth, self.apply(truth, records)),
                    *(getattr(self, name) or getattr(other, name) for name in ("ends", "splits", "cuts")),
                    files=max(self.files, other.files), loses=self.loses or other.loses, is_pair=True)


def kinds_of(truth):
    """The kinds of damage, by group."""
    frames = len(truth.packets)
    dice = disturb.Dice(truth.path.stem)
    at = [number for number in range(2, frames + 1) if frames <= SMALL or dice.chance(40 / frames)]
    yield "undamaged", [Kind("undamaged", lambda _, records: records, tells=())]
    yield "loss", [Kind(f"loss of {share:.1%}, seed {seed}", damage.lose(share, seed), loses=True) for share in LOSSES for seed in range(1, 6)]
    yield "more loss", [Kind(f"loss of {share:.1%}, seed {seed}", damage.lose(share, seed), loses=True) for share in LOSSES[1:] for seed in range(6, 41)]
    yield "gone", [Kind(f"{share:.0%} of the connections gone, seed {seed}", damage.gone(share, seed), splits=True, loses=True,
                        tells=UNJOINED + ("call_unanswered",))  # who ended the session may be on one that is gone
                   for share in GONE for seed in range(1, 9)]
    yield "twice", [Kind(f"{share:.0%} twice", damage.repeat(share, 1), tells=("capture_duplicated",)) for share in (1, 0.1)]
    yield "order", [Kind(f"swapped within {window}", damage.reorder(0.5, 1, window), tells=("reordered",)) for window in (4, 30)]
    yield "until", [Kind(f"until frame {number}", damage.until(number), ends=True, tells=UNJOINED + ("capture_one_way",)) for number in at]
    yield "since", [Kind(f"since frame {number}", damage.since(number), splits=True, tells=UNJOINED) for number in at]
    yield "way", [Kind(f"{'clients' if of_client else 'servers'} only", damage.one_way(of_client), splits=not of_client, loses=True,
                       tells=("capture_one_way", "idle_closed"))
                  for of_client in (True, False)]
    yield "snap", [Kind(f"snap length {length}", damage.snap(length), cuts=True, splits=length < 192,
                        tells=("snap_length", *(("half_connection",) if length < 384 else ()))) for length in SNAP_LENGTHS]
    yield "tunnel", [Kind(f"in {name}", damage.tunnel(name), tells=()) for name in tunnels.TUNNELS] + [
        Kind(f"in {' in '.join(names)}", damage.tunnel(*names), tells=()) for names in
        (("vlan_stack", "vxlan"), ("gre", "ipip"), ("erspan_2", "mpls_ethernet"), ("geneve", "vlan", "fragments"), ("fragments", "erspan_3"))]
    if truth.back:
        yield "skew", [Kind(f"{seconds} s ahead, {1 + in_two} files", damage.skew(seconds, in_two), files=1 + in_two,
                            tells=("clock_skew", "clock_step"))
                       for seconds in SKEWS for in_two in ((False, True) if abs(seconds) < 1 else (True,))]


def pairs_of(groups, dice):
    """Two kinds of damage, one after the other. What moves frames comes before what removes them, tunnels and the snap length last."""
    order = ("skew", "order", "loss", "twice", "until", "since", "way", "tunnel", "snap")
    for place, first in enumerate(order):
        for second in order[place + 1:]:
            if first in groups and second in groups:
                yield dice.choice(groups[first]).with_other(dice.choice(groups[second]))


def crossed_of(name, groups):
    """Those of CROSSED of that capture. What moves frames comes before what removes them."""
    for capture, share, seed, other_name in CROSSED:
        if capture == name:
            lose = Kind(f"loss of {share:.1%}, seed {seed}", damage.lose(share, seed), loses=True)
            other = next(kind for kind in groups["way"] + groups["order"] if kind.name == other_name)
            yield other.with_other(lose) if other in groups["order"] else lose.with_other(other)


class Chooser(disturb.Dice):
    """Dice that choose from a list."""

    def choice(self, items):
        """One of them."""
        self.count += 1
        return items[int.from_bytes(disturb.digest(f"{self.seed}/{self.count}", 4), "big") % len(items)]


def export(program, paths, reports):
    """The rows of those reports."""
    with tempfile.TemporaryDirectory() as folder:
        result = tools.oaexport(program, "-q", "-r", ",".join(reports), "-o", folder, *paths, check=False)
        if result.returncode not in (0, tools.NOTHING_FOUND):
            raise AssertionError(f"exit {result.returncode}: {result.stderr[-500:]}")
        return [tools.rows((pathlib.Path(folder) / f"{name}.csv").read_text(encoding="utf-8")) for name in reports]


@functools.lru_cache(maxsize=None)
def codes_of(program, path):
    """The codes of the findings of a capture."""
    return {row["code"] for row in export(program, [path], ["findings"])[0]}


def http_hops_of(sessions):
    """The HTTP hops beyond the client's that these sessions pass."""
    return {hop for row in sessions for hop in row["hops"].split() if hop.startswith("http_")}


@functools.lru_cache(maxsize=None)
def hops_of(program, path):
    """Those of a capture."""
    return http_hops_of(export(program, [path], ["sessions"])[0])


def call_of(row):
    """What tells a call from others of its capture."""
    return row["call_id"], row["opnum"], row["start"]


@functools.lru_cache(maxsize=None)
def signatures_of(program, path):
    """How many signatures each call of a capture has, the largest number of those that are alike."""
    most = collections.Counter()
    for row in export(program, [path], ["calls"])[0]:
        most[call_of(row)] = max(most[call_of(row)], int(row["signatures"] or 0))
    return most


class Comparison:
    """The calls that oaexport reports of a damaged capture, and those that the truth has of it."""

    def __init__(self, program, truth, kind):
        self.truth, self.kind = truth, kind
        self.damaged = damage.Damaged(truth, kind.apply(truth, truth.records()), kind.name)
        self.rows, self.sessions, findings = self._export(program)
        # Two kinds of damage together may leave nothing that tells: then a finding has to say so.
        self.may_be_twice = kind.is_pair and any(row["code"] == "hops_apart" for row in findings)
        self.wrong = []
        if kind.tells is not None:
            new = {row["code"] for row in findings} - codes_of(program, truth.path) - set(kind.tells)
            self.wrong += [("finding", code) for code in sorted(new)]
        self.wrong += [("hop", hop) for hop in sorted(http_hops_of(self.sessions) - hops_of(program, truth.path))]
        signatures = signatures_of(program, truth.path)
        self.wrong += [("signatures", self._brief(row), row["signatures"]) for row in self.rows
                       if call_of(row) in signatures and not self._signatures_fit(row, signatures[call_of(row)])]
        self.is_cut = call_truth.Message.is_countable if kind.cuts else call_truth.Message.is_whole
        self.whole, self.short = 0, []
        self._compare()

    def _export(self, program):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"{number}.pcapng" for number in range(len(self.damaged.files))]
            for path, data in zip(paths, self.damaged.files):
                path.write_bytes(data)
            try:
                return export(program, paths, ("calls", "sessions", "findings"))
            except AssertionError as error:
                raise AssertionError(f"{self.truth.path.stem}, {self.kind.name}") from error

    def _frame(self, row, side):
        """The frame that a row names, in the undamaged capture."""
        cell = row[("request_frame", "response_frame")[side]]
        return self.damaged.numbers[int(cell) - 1] if cell and len(self.damaged.files) == 1 else None

    def _agrees(self, row, call):
        """Whether what the row says may be said of the call."""
        values = (("opnum", {call.opnum}), ("request_bytes", {call.sizes[0]}), ("response_bytes", {call.sizes[1]}),
                  ("latency_ms", set().union(*call.latency.values())))
        if any(row[name] and row[name] not in wanted for name, wanted in values):
            return False
        hops = set(call.hops)
        for side in (0, 1):
            frame = self._frame(row, side)
            if frame:
                hops &= {hop for hop, frames in call.frames(side).items() if frame in frames}
        return bool(hops) and call.is_seen(self.damaged.left)

    def _signatures_fit(self, row, most):
        """Whether the call may have so many; empty: what is cut does not show it. A snap length takes no PDU away."""
        number = int(row["signatures"] or most)
        is_all_there = self.kind.cuts and not self.kind.is_pair and row["state"] in ("answered", "fault")
        return number == most if is_all_there else number <= most

    def _state_fits(self, row, call):
        """Whether the call may have that state."""
        if row["state"] in ("answered", "fault"):
            return row["state"] == call.state
        return row["state"] != "unanswered" or call.state is None or self.kind.ends

    def _match(self, rows):
        """Each row with a call of its own, as far as possible: [(row, call)], and the rows that are left."""
        everything = sum(self.calls.values(), [])  # an id that is cut off is unknown
        candidates = {id(row): [call for call in (self.calls[row["call_id"]] if row["call_id"] else everything) if self._agrees(row, call)]
                      for row in rows}
        owner = {}

        def place(row, tried):
            for call in candidates[id(row)]:
                if id(call) not in tried:
                    tried.add(id(call))
                    if id(call) not in owner or place(owner[id(call)][0], tried):
                        owner[id(call)] = row, call
                        return True
            return False
        left = [row for row in rows if not place(row, set())]
        return list(owner.values()), left, candidates

    def _compare(self):
        left = self.damaged.left
        self.calls = collections.defaultdict(list)
        for call in self.truth.calls:
            if not call.is_leg or not call.is_whole(left):
                self.calls[call.call_id].append(call)
        counted = [row for row in self.rows if row["state"] != "no_request"]
        matched, over, candidates = self._match(counted)
        self.wrong += [("counted twice" if candidates[id(row)] else "no such call", self._brief(row)) for row in over
                       if not (self.may_be_twice and candidates[id(row)])]
        self.wrong += [("state", self._brief(row), call.state) for row, call in matched if not self._state_fits(row, call)]
        kind, truth = self.kind, self.truth
        if not (kind.splits or truth.starts_late or (truth.has_no_beginning and (kind.ends or kind.loses or kind.cuts))):
            _, over, candidates = self._match(self.rows)
            self.wrong += [("counted twice", self._brief(row)) for row in over if row["state"] == "no_request" and candidates[id(row)]]
            if len(self.sessions) > len(self.truth.sessions) and not self.may_be_twice:
                self.wrong.append(("sessions", len(self.sessions), len(self.truth.sessions)))
        mixed = collections.defaultdict(set)
        for row, call in matched:
            if len(candidates[id(row)]) == 1 and call.session is not None:
                mixed[row["session"]].add(call.session)
        self.wrong += [("sessions mixed", number, len(found)) for number, found in mixed.items() if len(found) > 1]
        done = collections.Counter(row["call_id"] for row in self.rows if row["state"] in ("answered", "fault"))
        whole = collections.Counter(call.call_id for call in self.truth.calls if not call.is_leg and call.is_whole(left, self.is_cut)
                                    and (not self.kind.splits or truth.is_named(call, left)))
        self.whole = sum(whole.values())
        self.short = sorted((whole - done).elements())

    @staticmethod
    def _brief(row):
        names = ("call_id", "state", "opnum", "request_bytes", "response_bytes", "latency_ms", "request_frame", "response_frame")
        return " ".join(f"{name}={row[name]}" for name in names if row[name])


class Group:
    """The results of one group of damages."""

    def __init__(self):
        self.runs, self.whole, self.short, self.wrong = 0, 0, 0, []

    def add(self, result):
        """One comparison, as (capture, damage, calls that are whole, those of them that are not counted, faults)."""
        capture, kind, whole, short, wrong = result
        self.runs += 1
        self.whole += whole
        self.short += len(short)
        self.wrong += [(capture, kind, *entry) for entry in wrong]
        if short:
            self.wrong.append((capture, kind, "not counted", *short[:LINES]))


def compare(task):
    """One comparison, in any process."""
    program, number, group, place = task
    truth = TRUTHS[number]
    kind = PLANS[number][group][place]
    result = Comparison(program, truth, kind)
    return group, (truth.path.stem, kind.name, result.whole, result.short, result.wrong)


TRUTHS, PLANS = captures(), []
for _truth in TRUTHS:
    _groups = dict(kinds_of(_truth))
    _dice = Chooser(f"{_truth.path.stem}/pairs")
    _groups["two"] = [pair for _ in range(3) for pair in pairs_of(_groups, _dice)]
    if _crossed := list(crossed_of(_truth.path.stem, _groups)):
        _groups["crossed"] = _crossed
    PLANS.append(_groups)


def main():
    """All comparisons that are asked for."""
    parser = argparse.ArgumentParser(description="Compares what is counted of damaged captures with what can be counted.")
    parser.add_argument("--all", action="store_true", help="all damages, not a sample of them")
    parser.add_argument("--verbose", action="store_true", help="every fault, not the first ones of each kind")
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    dice = disturb.Dice("sample")
    tasks = []
    for number, (truth, groups) in enumerate(zip(TRUTHS, PLANS)):
        for group, kinds in groups.items():
            share = 1 if options.all or options.names else min(1, 1.2 / len(kinds)) if group in HOLDS else 0
            if not options.names or {truth.path.stem, group} & set(options.names):
                tasks += [(options.program, number, group, place) for place, kind in enumerate(kinds)
                          if dice.chance(share) or (truth.path.stem, kind.name) in ALWAYS]
    results = collections.defaultdict(Group)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for group, result in pool.map(compare, tasks, chunksize=8):
            results[group].add(result)
    for name, group in results.items():
        print(f"{name}: {group.runs} runs, {group.whole} calls can be counted, {group.short} of them are not, {len(group.wrong)} faults")
        for entry in group.wrong[:None if options.verbose else LINES]:
            print("   ", *entry)
    sys.exit(any(group.wrong for group in results.values()))


if __name__ == "__main__":
    main()
