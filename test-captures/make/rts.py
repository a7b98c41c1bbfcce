"""RTS PDUs, [MS-RPCH] 2.2.3 and 2.2.4: the 15 commands and the 50 named PDUs as tables, and one builder.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

# Values of the flags field, 2.2.3.6.1.
NONE, PING, OTHER_CMD, RECYCLE, IN, OUT, EOF, ECHO = 0, 1, 2, 4, 8, 0x10, 0x20, 0x40

# Destinations, 2.2.3.3.
CLIENT, INPROXY, SERVER, OUTPROXY = 0, 1, 2, 3


def _u32(kind):
    return lambda value: struct.pack("<II", kind, value)


def _cookie(kind):
    return lambda value: struct.pack("<I16s", kind, value)


# Commands, 2.2.3.5: how each is written.
COMMANDS = {
    "ReceiveWindowSize": _u32(0x0),
    "FlowControlAck": lambda ack: struct.pack("<III16s", 0x1, *ack),
    "ConnectionTimeout": _u32(0x2),
    "Cookie": _cookie(0x3),
    "ChannelLifetime": _u32(0x4),
    "ClientKeepalive": _u32(0x5),
    "Version": _u32(0x6),
    "Empty": lambda _: struct.pack("<I", 0x7),
    "Padding": lambda count: struct.pack("<II", 0x8, count) + bytes(count),
    "NegativeANCE": lambda _: struct.pack("<I", 0x9),
    "ANCE": lambda _: struct.pack("<I", 0xA),
    "ClientAddress": lambda value: struct.pack("<I", 0xB) + value,
    "AssociationGroupId": _cookie(0xC),
    "Destination": _u32(0xD),
    "PingTrafficSentNotify": _u32(0xE),
}

VERSION = ("Version", "version")
VC = ("Cookie", "vc")
CHANNEL = ("Cookie", "cookie")
PREDECESSOR = ("Cookie", "predecessor")
SUCCESSOR = ("Cookie", "successor")
LIFETIME = ("ChannelLifetime", "lifetime")
WINDOW = ("ReceiveWindowSize", "window")
TIMEOUT = ("ConnectionTimeout", "timeout")
KEEPALIVE = ("ClientKeepalive", "keepalive")
GROUP = ("AssociationGroupId", "group")
ADDRESS = ("ClientAddress", "address")
TO_CLIENT = ("Destination", CLIENT)
TO_SERVER = ("Destination", SERVER)
ANCE = ("ANCE", None)
EMPTY = ("Empty", None)
RECYCLE_IN = (VERSION, VC, PREDECESSOR, SUCCESSOR)

# The 50 PDUs of 2.2.4 in its order: section, who sends it to whom (None: several ways), flags, commands (a command's value
# is named, or fixed).
PDUS = {
    "CONN/A1": ("2.2.4.2", "client->outproxy", NONE, (VERSION, VC, CHANNEL, WINDOW)),
    "CONN/A2": ("2.2.4.3", "outproxy->server", OUT, (VERSION, VC, CHANNEL, LIFETIME, WINDOW)),
    "CONN/A3": ("2.2.4.4", "outproxy->client", NONE, (TIMEOUT,)),
    "CONN/B1": ("2.2.4.5", "client->inproxy", NONE, (VERSION, VC, CHANNEL, LIFETIME, KEEPALIVE, GROUP)),
    "CONN/B2": ("2.2.4.6", "inproxy->server", IN, (VERSION, VC, CHANNEL, WINDOW, TIMEOUT, GROUP, ADDRESS)),
    "CONN/B3": ("2.2.4.7", "server->inproxy", NONE, (WINDOW, VERSION)),
    "CONN/C1": ("2.2.4.8", "server->outproxy", NONE, (VERSION, WINDOW, TIMEOUT)),
    "CONN/C2": ("2.2.4.9", "outproxy->client", NONE, (VERSION, WINDOW, TIMEOUT)),
    "IN_R1/A1": ("2.2.4.10", "client->inproxy", RECYCLE, RECYCLE_IN),
    "IN_R1/A2": ("2.2.4.11", "inproxy->server", RECYCLE | IN, RECYCLE_IN + (WINDOW, TIMEOUT)),
    "IN_R1/A3": ("2.2.4.12", "server->outproxy", NONE, (TO_CLIENT, VERSION, WINDOW, TIMEOUT)),
    "IN_R1/A4": ("2.2.4.13", "outproxy->client", NONE, (TO_CLIENT, VERSION, WINDOW, TIMEOUT)),
    "IN_R1/A5": ("2.2.4.14", "client->inproxy", NONE, (SUCCESSOR,)),
    "IN_R1/A6": ("2.2.4.15", "inproxy->server", NONE, (SUCCESSOR,)),
    "IN_R1/B1": ("2.2.4.16", "inproxy->server", NONE, (EMPTY,)),
    "IN_R1/B2": ("2.2.4.17", "server->inproxy", NONE, (WINDOW,)),
    "IN_R2/A1": ("2.2.4.18", "client->inproxy", RECYCLE, RECYCLE_IN),
    "IN_R2/A2": ("2.2.4.19", "inproxy->server", NONE, (SUCCESSOR,)),
    "IN_R2/A3": ("2.2.4.20", "server->outproxy", NONE, (TO_CLIENT,)),
    "IN_R2/A4": ("2.2.4.21", "outproxy->client", NONE, (TO_CLIENT,)),
    "IN_R2/A5": ("2.2.4.22", "client->inproxy", NONE, (SUCCESSOR,)),
    "OUT_R1/A1": ("2.2.4.23", "server->outproxy", RECYCLE, (TO_CLIENT,)),
    "OUT_R1/A2": ("2.2.4.24", "outproxy->client", RECYCLE, (TO_CLIENT,)),
    "OUT_R1/A3": ("2.2.4.25", "client->outproxy", RECYCLE, RECYCLE_IN + (WINDOW,)),
    "OUT_R1/A4": ("2.2.4.26", "outproxy->server", RECYCLE | OUT, RECYCLE_IN + (LIFETIME, WINDOW, TIMEOUT)),
    "OUT_R1/A5": ("2.2.4.27", "server->outproxy", OUT, (TO_CLIENT, VERSION, TIMEOUT)),
    "OUT_R1/A6": ("2.2.4.28", "outproxy->client", OUT, (TO_CLIENT, VERSION, TIMEOUT)),
    "OUT_R1/A7": ("2.2.4.29", "client->inproxy", OUT, (TO_SERVER, SUCCESSOR)),
    "OUT_R1/A8": ("2.2.4.30", "inproxy->server", OUT, (TO_SERVER, SUCCESSOR)),
    "OUT_R1/A9": ("2.2.4.31", "server->outproxy", NONE, (ANCE,)),
    "OUT_R1/A10": ("2.2.4.32", "outproxy->client", NONE, (ANCE,)),
    "OUT_R1/A11": ("2.2.4.33", "client->outproxy", NONE, (ANCE,)),
    "OUT_R2/A1": ("2.2.4.34", "server->outproxy", RECYCLE, (TO_CLIENT,)),
    "OUT_R2/A2": ("2.2.4.35", "outproxy->client", RECYCLE, (TO_CLIENT,)),
    "OUT_R2/A3": ("2.2.4.36", "client->outproxy", RECYCLE, RECYCLE_IN + (WINDOW,)),
    "OUT_R2/A4": ("2.2.4.37", "outproxy->server", NONE, (SUCCESSOR,)),
    "OUT_R2/A5": ("2.2.4.38", "server->outproxy", NONE, (TO_CLIENT, ANCE)),
    "OUT_R2/A6": ("2.2.4.39", "outproxy->client", NONE, (TO_CLIENT, ANCE)),
    "OUT_R2/A7": ("2.2.4.40", "client->inproxy", OUT, (TO_SERVER, SUCCESSOR, VERSION)),
    "OUT_R2/A8": ("2.2.4.41", "inproxy->server", OUT, (TO_SERVER, SUCCESSOR)),
    "OUT_R2/B1": ("2.2.4.42", "server->outproxy", NONE, (ANCE,)),
    "OUT_R2/B2": ("2.2.4.43", "server->outproxy", NONE, (("NegativeANCE", None),)),
    "OUT_R2/B3": ("2.2.4.44", "outproxy->client", EOF, (ANCE,)),
    "OUT_R2/C1": ("2.2.4.45", "client->outproxy", PING, (EMPTY,)),
    "Keep-Alive": ("2.2.4.46", "client->inproxy", OTHER_CMD, (KEEPALIVE,)),
    "PingTrafficSentNotify": ("2.2.4.47", "outproxy->server", OTHER_CMD, (("PingTrafficSentNotify", "bytes"),)),
    "Echo": ("2.2.4.48", "proxy->client", ECHO, ()),
    "Ping": ("2.2.4.49", None, PING, ()),
    "FlowControlAck": ("2.2.4.50", None, OTHER_CMD, (("FlowControlAck", "ack"),)),
    "FlowControlAckWithDestination": ("2.2.4.51", None, OTHER_CMD, (("Destination", "destination"), ("FlowControlAck", "ack"))),
}


def pack(flags, commands, count=None, pfc_flags=3, drep=b"\x10\0\0\0", auth_length=0, call_id=0):
    """An RTS PDU of the given commands; the header's fixed values can be broken on purpose."""
    body = b"".join(commands)
    count = len(commands) if count is None else count
    return struct.pack("<BBBB4sHHIHH", 5, 0, 0x14, pfc_flags, drep, 20 + len(body), auth_length, call_id, flags, count) + body


def build(name, broken=None, **values):
    """The PDU of this name with its commands' values; the version is 1 unless given."""
    values.setdefault("version", 1)
    _, _, flags, commands = PDUS[name]
    parts = [COMMANDS[command](values[value] if isinstance(value, str) else value) for command, value in commands]
    return pack(flags, parts, **(broken or {}))


def address(host_address, form):
    """The ClientAddress command's body, 2.2.3.2.

    "text": the address first, little endian as 2.2.3.2.1 says, then 12 bytes of zeros. "network": the same in
    network order. "sockaddr": the image of a sockaddr_in (or sockaddr_in6) without family and port, which is what a
    PDU of a Windows proxy looks like.
    """
    packed = host_address.packed
    kind = struct.pack("<I", 0 if len(packed) == 4 else 1)
    if form == "sockaddr":
        return kind + bytes(len(packed) // 2 if len(packed) == 16 else 4) + packed + bytes(8 if len(packed) == 4 else 4)
    return kind + (packed[::-1] if form == "text" else packed) + bytes(12)
