"""Frames as tunnels, tags and fragmentation deliver them: each takes an Ethernet frame and a number, and returns the frames that carry it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

MACS = bytes.fromhex("02aabbccddee021122334455")
IPV4_ENDS = bytes.fromhex("c0000201c0000202")
IPV6_ENDS = bytes.fromhex("20010db8000000000000000000000001" "20010db8000000000000000000000002")


def ethernet(kind, payload):
    """A frame between the ends of the tunnel."""
    return MACS + struct.pack(">H", kind) + payload


def split(frame):
    """(addresses, type, payload) of a frame."""
    return frame[:12], struct.unpack(">H", frame[12:14])[0], frame[14:]


def ipv4(protocol, payload, number=0, fragment=0):
    """An IPv4 packet."""
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, fragment, 64, protocol, 0) + IPV4_ENDS + payload


def ipv6(protocol, payload):
    """An IPv6 packet."""
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + IPV6_ENDS + payload


def udp(port, payload):
    """A UDP datagram."""
    return struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload


def in_ipv4(protocol, payload):
    """One frame with an IPv4 packet."""
    return [ethernet(0x0800, ipv4(protocol, payload))]


def gre(kind, payload, flags=0, options=b""):
    """GRE over IPv4."""
    return in_ipv4(47, struct.pack(">HH", flags, kind) + options + payload)


def of_ip(wrap):
    """A tunnel that carries IP packets: wrap(type, packet); other frames pass beside it."""
    def apply(frame, _):
        _, kind, payload = split(frame)
        return wrap(kind, payload) if kind in (0x0800, 0x86DD) else [frame]
    return apply


def of_frames(wrap):
    """A tunnel that carries Ethernet frames."""
    return lambda frame, _: wrap(frame)


def tagged(*tags):
    """802.1Q tags, the outer ones first."""
    def apply(frame):
        addresses, rest = frame[:12], frame[12:]
        return [addresses + b"".join(struct.pack(">HH", tag, 100 + at) for at, tag in enumerate(tags)) + rest]
    return of_frames(apply)


def ppp(kind):
    """The protocol of PPP for an Ethernet type."""
    return struct.pack(">H", {0x0800: 0x0021, 0x86DD: 0x0057}[kind])


def fragments(frame, number):
    """The IP packet of a frame in pieces; IPv4 by its header, IPv6 by a header of its own, [RFC 8200] 4.5."""
    addresses, kind, payload = split(frame)
    if kind == 0x0800 and len(payload) > 60:
        header, end = (payload[0] & 15) * 4, struct.unpack(">H", payload[2:4])[0]
        body, size = payload[header:end], 64 if len(payload) < 400 else 512
        pieces = [(at, body[at:at + size]) for at in range(0, len(body), size)]
        return [addresses + b"\x08\x00" + payload[:2] + struct.pack(">HHH", header + len(piece), number & 0xFFFF,
                                                                   at // 8 | (0 if at + size >= len(body) else 0x2000))
                + payload[8:header] + piece for at, piece in pieces]
    if kind == 0x86DD and len(payload) > 100:
        body, size = payload[40:], 64 if len(payload) < 400 else 512
        pieces = [(at, body[at:at + size]) for at in range(0, len(body), size)]
        return [addresses + b"\x86\xdd" + payload[:4] + struct.pack(">HB", 8 + len(piece), 44) + payload[7:40]
                + struct.pack(">BBHI", payload[6], 0, at | (at + size < len(body)), number) + piece for at, piece in pieces]
    return [frame]


def carried(piece):
    """How many bytes of the packet a piece of it has that fragments() has made."""
    _, kind, payload = split(piece)
    return len(payload) - ((payload[0] & 15) * 4 if kind == 0x0800 else 48)


TUNNELS = {
    "plain": lambda frame, _: [frame],
    "gre": of_ip(gre),
    "gre_with_options": of_ip(lambda kind, packet: gre(kind, packet, 0xB000, bytes(4) + b"\x00\x00\x00\x07" + bytes(4))),
    "nvgre": of_frames(lambda frame: gre(0x6558, frame, 0x2000, b"\x00\x13\x88\x00")),
    "erspan_1": of_frames(lambda frame: gre(0x88BE, frame)),
    "erspan_2": lambda frame, number: gre(0x88BE, b"\x10\x64\x00\x01" + bytes(4) + frame, 0x1000, struct.pack(">I", number)),
    "erspan_3": lambda frame, number: gre(0x22EB, b"\x20\x64\x00\x01" + bytes(8) + frame, 0x1000, struct.pack(">I", number)),
    "erspan_3_long": lambda frame, number: gre(0x22EB, b"\x20\x64\x00\x01" + bytes(7) + b"\x01" + bytes(8) + frame, 0x1000,
                                               struct.pack(">I", number)),
    "vxlan": of_frames(lambda frame: in_ipv4(17, udp(4789, bytes.fromhex("0800000000000700") + frame))),
    "vxlan_over_ipv6": of_frames(lambda frame: [ethernet(0x86DD, ipv6(17, udp(4789, bytes.fromhex("0800000000000700") + frame)))]),
    "geneve": of_frames(lambda frame: in_ipv4(17, udp(6081, bytes.fromhex("0000655800000700") + frame))),
    "geneve_with_options": of_ip(lambda kind, packet: in_ipv4(17, udp(6081, b"\x02\x00" + struct.pack(">H", kind) + bytes(12) + packet))),
    "ipip": of_ip(lambda kind, packet: in_ipv4(4 if kind == 0x0800 else 41, packet)),
    "ip_in_ipv6": of_ip(lambda kind, packet: [ethernet(0x86DD, ipv6(4 if kind == 0x0800 else 41, packet))]),
    "etherip": of_frames(lambda frame: in_ipv4(97, b"\x30\x00" + frame)),
    "mpls": of_ip(lambda _, packet: [ethernet(0x8847, bytes.fromhex("0001004000020140") + packet)]),
    "mpls_ethernet": of_frames(lambda frame: [ethernet(0x8847, bytes.fromhex("0001014000000000") + frame)]),
    "ppp": of_ip(lambda kind, packet: gre(0x880B, b"\xff\x03" + ppp(kind) + packet, 0x3081,
                                          struct.pack(">HHII", 4 + len(packet), 1, 1, 1))),
    "pppoe": of_ip(lambda kind, packet: [ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 7, 2 + len(packet)) + ppp(kind) + packet)]),
    "cisco_metadata": lambda frame, _: [frame[:12] + b"\x89\x09\x01\x01\x00\x01\x00\x07" + frame[12:]],
    "backbone": of_frames(lambda frame: [ethernet(0x88E7, bytes.fromhex("00000007") + frame)]),
    "vlan": tagged(0x8100),
    "vlan_stack": tagged(0x88A8, 0x9100, 0x8100, 0x8100),
    "fragments": fragments,
}
