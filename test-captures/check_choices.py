#!/usr/bin/env python3
"""What the user chooses: Decode As and the preferences of the plugins.

A capture whose ports have been changed looks, with a choice for these, as it does on the usual ones; without, most of it is left to whom
the ports belong. With the choice of another dissector, or of ports to leave, a capture looks as in stock Wireshark.

Usage: check_choices.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import re
import struct
import sys
import tempfile

import tools

TWO_HOPS = tools.MADE / "conn_two_hops.pcapng"
SHOWN = ["frame.number", "rpch.pdu", "rpch.hop", "rpch.vc", "rpch.rpc.ptype", "exchange.operation", "oxcmapihttp.operation", "frame.protocols",
         "_ws.col.Protocol"]
# Ports of stock dissectors that take whatever comes.
SQL, OTHER_SQL, CALLS = 3306, 5432, 5060
TO_PROXY, TO_SERVER = f"tcp.port=={SQL},rpch", f"tcp.port=={OTHER_SQL},rpch_server"
ENHANCED_PACKET, ETHERNET, IPV4 = 6, 14, 0x800


def with_ports(capture, copy, ports, first=1):
    """A copy of a pcapng file of Ethernet frames with other TCP ports, from a frame on."""
    data, at, number = bytearray(capture.read_bytes()), 0, 0
    kept = bytearray()
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        number += kind == ENHANCED_PACKET
        if kind == ENHANCED_PACKET:
            packet = at + 28 + ETHERNET
            is_ipv4 = struct.unpack_from(">H", data, packet - 2)[0] == IPV4
            segment = packet + ((data[packet] & 15) * 4 if is_ipv4 else 40)
            for place in (segment, segment + 2):
                port = struct.unpack_from(">H", data, place)[0]
                struct.pack_into(">H", data, place, ports.get(port, port))
        if kind != ENHANCED_PACKET or number >= first:
            kept += data[at:at + size]
        at += size
    copy.write_bytes(kept)
    return copy


def shown(home, capture, *arguments):
    """What the frames show."""
    return tools.fields(home, capture, SHOWN, *arguments)


def is_ours(rows):
    """How many frames show something of ours."""
    return sum(any(row[1:7]) for row in rows)


def expect_same(what, home, usual, moved, *choices):
    """With each of the choices the moved capture shows what the usual one does, without any it shows nothing of ours."""
    wanted = shown(home, usual)
    if not is_ours(wanted):
        raise AssertionError(f"{what}: nothing of ours in {usual}")
    if is_ours(shown(home, moved)) * 2 > is_ours(wanted):
        raise AssertionError(f"{what}: found without a choice")
    for choice in choices:
        tools.same(f"{what}: with {choice}", shown(home, moved, *choice), wanted)
    print(f"{what}: {is_ours(wanted)} frames, {len(choices)} choices")


def check_taken(home, folder):
    """RPC over HTTP, RPC to servers and MAPI over HTTP on ports of others."""
    ports = {80: SQL, 6001: OTHER_SQL}
    by_port, by_preference = ["-d", TO_PROXY, "-d", TO_SERVER], ["-o", f"rpch.tcp.port:{SQL}", "-o", f"rpch.server_ports:{OTHER_SQL}"]
    expect_same("both hops", home, TWO_HOPS, with_ports(TWO_HOPS, folder / "two", ports), by_port, by_preference)
    middle = with_ports(tools.MADE / "mid_stream_two_hops.pcapng", folder / "late", {}, 20)
    expect_same("from the middle", home, middle, with_ports(middle, folder / "middle", ports), by_port, by_preference)
    mapi = tools.MADE / "mapi_http_forms.pcapng"
    expect_same("MAPI over HTTP", home, mapi, with_ports(mapi, folder / "mapi", {80: CALLS}), ["-d", f"tcp.port=={CALLS},oxcmapihttp"],
                ["-o", f"oxcmapihttp.tcp.port:{CALLS}"])
    # PDUs cut into segments of 7 bytes: the first ones are in the middle of one.
    pieces = with_ports(tools.MADE / "split_everywhere.pcapng", folder / "pieces", ports, 400)
    found = shown(home, pieces, *by_port)
    kinds = {value for row in found for value in row[4].split(";") if value}
    if not {"0", "2"} <= kinds or "dcerpc" not in " ".join(row[7] for row in found):
        raise AssertionError(f"pieces: {kinds}")


def check_left(home, folder):
    """What others are to have, outside and inside TLS."""
    stock = tools.tshark(tools.STOCK, TWO_HOPS, "-V")
    tools.same("ports left", tools.tshark(home, TWO_HOPS, "-V", "-o", "rpch.left_ports:80,6001"), stock)
    tools.same("X11 chosen", tools.tshark(home, TWO_HOPS, "-V", "-o", "rpch.left_ports:80", "-d", "tcp.port==6001,x11"), stock)
    for choice in (["-d", "tcp.port==80,data", "-d", "tcp.port==6001,data"], ["-d", "tcp.port==80,data", "-o", "rpch.left_ports:6001"]):
        tools.same(f"left by {choice}", is_ours(shown(home, TWO_HOPS, *choice)), 0)
    one = is_ours(shown(home, TWO_HOPS, "-d", "tcp.port==80,data"))
    tools.same("the other hop stays", one, sum("1" in row[2].split(";") for row in shown(home, TWO_HOPS)))
    # RPC over HTTP is HTTP: neither its choice nor its preference is one against us.
    for choice in (["-o", "http.tcp.port:80,8000"], ["-d", "tcp.port==80,http"]):
        tools.same(f"kept by {choice}", shown(home, TWO_HOPS, *choice), shown(home, TWO_HOPS))
    in_tls = tools.with_keys(tools.REAL / "tls.pcapng", folder)
    usual = shown(home, in_tls)
    tools.same("kept inside TLS", shown(home, in_tls, "-d", "tls.port==443,http"), usual)
    for choice in (["-d", "tls.port==443,data"], ["-o", "rpch.left_ports:443"]):
        tools.same(f"left by {choice}", is_ours(shown(home, in_tls, *choice)), 0)
    for choice in (["-d", "tls.port==443,rpch"], ["-o", "rpch.tls.port:443"]):
        tools.same(f"inside TLS by {choice}", shown(home, in_tls, *choice), usual)


def info(home, capture, *arguments):
    """The Info columns of frames with something of ours; later versions escape backslashes."""
    return [row[0].replace("\\\\", "\\") for row in tools.fields(home, capture, ["_ws.col.Info"], "-2", "-Y", "rpch || oxcmapihttp", *arguments)]


def check_names(home):
    """Virtual connection or session, and user, in front of the Info column."""
    basic, mapi = tools.REAL / "basic.pcapng", tools.REAL / "mapihttp.pcapng"
    never, always = (["-o", f"rpch.info_names:{word}"] for word in ("never", "always"))
    plain = info(home, basic, *never)
    vcs = [row[0].split(";")[0] for row in tools.fields(home, basic, ["rpch.vc"], "-2", "-Y", "rpch")]
    tools.same("several", info(home, basic), [f"VC {vc}, brian@lab.test: {text}" for vc, text in zip(vcs, plain)])
    tools.same("always", info(home, basic, *always), info(home, basic))
    tools.same("one", info(home, TWO_HOPS), info(home, TWO_HOPS, *never))
    tools.same("one, always", info(home, TWO_HOPS, *always), [f"VC 0, LAB\\ada: {text}" for text in info(home, TWO_HOPS)])
    found = info(home, mapi, *always)
    named = [re.match(r"Session \d+, dave@lab.test: (.*)", text) for text in found]
    tools.same("sessions", [match[1] for match in named if match], [text for match, text in zip(named, info(home, mapi, *never)) if match])
    if sum(map(bool, named)) < len(found) - 4:
        raise AssertionError(f"sessions: {found}")


def check_others(home):
    """Colours and fragments."""
    rows = tools.fields(home, TWO_HOPS, ["rpch.vc", "frame.coloring_rule.name"], "-2", "--color", "-o", "rpch.colour_sessions:TRUE", "-Y", "rpch")
    rows += tools.fields(home, tools.REAL / "basic.pcapng", ["rpch.vc", "frame.coloring_rule.name"], "-2", "--color", "-o",
                         "rpch.colour_sessions:TRUE", "-Y", "rpch.vc")
    tools.same("colours", collections.Counter(int(row[1][-2:]) - int(row[0].split(";")[0]) for row in rows), {1: len(rows)})
    alone = [len(tools.fields(home, tools.MADE / "rpc_interleaved.pcapng", ["rpch.rpc.fragment"], "-2", "-o", f"rpch.fragments:{limit}", "-Y", "rpch.rpc.fragment"))
             for limit in (0, 1, 512)]
    if not alone[0] > alone[1] > alone[2] == 0:
        raise AssertionError(f"fragments shown alone: {alone}")


def check_documented(home):
    """Every preference is in the document."""
    text = tools.run([*tools.as_ordinary_user(), "tshark", "-G", "currentprefs"], tools.surroundings(home), check=False).stdout
    documented = (tools.CAPTURES.parent / "plugins" / "doc" / "FOLLOWING.md").read_text(encoding="utf-8")
    names = set(re.findall(r"^#?((?:rpch|exchange|oxc\w+|oxnspi|oxabref)\.\S+):", text, re.MULTILINE))
    tools.same("preferences without a row", sorted(name for name in names if f"`{name}`" not in documented), [])
    tools.same("some of them", {"rpch.info_names", "rpch.tls_proxies"} - names, set())


def main():
    """All of them."""
    home = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        check_taken(home, pathlib.Path(name))
        check_left(home, pathlib.Path(name))
    check_names(home)
    check_others(home)
    check_documented(home)


if __name__ == "__main__":
    main()
