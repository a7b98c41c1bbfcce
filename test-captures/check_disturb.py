#!/usr/bin/env python3
"""make/disturb.py does what it documents, on every shipped capture.

Usage: check_disturb.py

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import sys
import tempfile

import tools

sys.path.insert(0, str(tools.CAPTURES / "make"))
import disturb  # noqa: E402
import wire  # noqa: E402


def streams(data):
    """Sequence number and payload of each segment, per connection and side, in sequence order and without repeats."""
    found = collections.defaultdict(set)
    for packet in disturb.read(data).packets():
        facts = disturb.tcp_facts(packet)
        if facts and facts[3]:
            found[facts[:2]].add(packet.data[-facts[3]:])
    return found


def times(data):
    """The time stamps in file order."""
    return [packet.time for packet in disturb.read(data).packets()]


def check(path):
    """Checks one capture; returns the numbers of swapped, duplicated and lost frames."""
    data = path.read_bytes()
    tools.same(f"{path.name} untouched", disturb.disturb(data, 1)[0], data)
    changed, (swaps, twice, _) = disturb.disturb(data, 1, swap=1.0, twice=0.2)
    tools.same(f"{path.name} disturbed again", disturb.disturb(data, 1, swap=1.0, twice=0.2)[0], changed)
    tools.same(f"{path.name}: frames", len(times(changed)), len(times(data)) + twice)
    tools.same(f"{path.name}: in time order", times(changed), sorted(times(changed)))
    tools.same(f"{path.name}: contents of the streams", streams(changed), streams(data))
    if swaps:
        kept = disturb.disturb(data, 1, swap=1.0, keep_times=True)[0]
        tools.same(f"{path.name}: time stamps stay with their frames", sorted(times(kept)), sorted(times(data)))
        tools.same(f"{path.name}: packets", sorted(packet.data for packet in disturb.read(kept).packets()),
                   sorted(packet.data for packet in disturb.read(data).packets()))
    less, (_, _, lost) = disturb.disturb(data, 1, lose=0.1)
    tools.same(f"{path.name}: frames left", len(times(less)) + lost, len(times(data)))
    return swaps, twice, lost


def check_tshark(path):
    """tshark reads the result and reports the swaps and duplicates."""
    changed, (swaps, twice, _) = disturb.disturb(path.read_bytes(), 1, swap=1.0, twice=0.5)
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
        file.write(changed)
        file.flush()
        seen = tools.tshark(tools.STOCK, file.name, "-Y", "tcp.analysis.out_of_order || tcp.analysis.retransmission"
                            " || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission"
                            " || tcp.analysis.duplicate_ack_num")
    if len(seen.splitlines()) < (swaps + twice) // 2:
        raise AssertionError(f"{path.name}: tshark reports {len(seen.splitlines())} frames after {swaps} swaps and {twice} duplicates")


def main():
    """Every capture, and a classic pcap file."""
    total = [0, 0, 0]
    # Some in clients/ are not in order of time, in which the tool puts them.
    paths = [path for path in tools.of_outlook_anywhere() if path.parent.name != "clients"]
    for path in paths:
        total = [a + b for a, b in zip(total, check(path))]
    if not all(total):
        raise AssertionError(f"nothing was done: {total}")
    check_tshark(tools.MADE / "two_hop_r2_four_clients.pcapng")
    classic = tools.MADE / "conn_two_hops.pcapng"
    frames = [((packet.time[0] << 32 | packet.time[1]), packet.data) for packet in disturb.read(classic.read_bytes()).packets()]
    old = wire.pcap(frames)
    tools.same("classic pcap untouched", disturb.disturb(old, 1)[0], old)
    tools.same("classic pcap: packets", [packet.data for packet in disturb.read(old).packets()], [data for _, data in frames])
    print(f"{len(paths)} captures: {total[0]} swaps, {total[1]} duplicates, {total[2]} losses")


if __name__ == "__main__":
    main()
