"""The hop between proxy and server by itself, [MS-RPCH] 2.1.1.2 and 2.1.2.2, and what else may use its ports.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import rpc
from scenario import Lab, collector, hop, kind, variant
from session import Direct, Session, finish
from wire import Clock, Connection, Host

SCENARIOS = []
scenario = collector(SCENARIOS)
PORTS = (6001, 6002, 6004, 593, 49233)
BACK = "[MS-RPCH] 2.1.2.2"


def ports(capture, banner):
    """A virtual connection to each of the ports."""
    lab = Lab()
    for number, port in enumerate(PORTS):
        session = Session(capture, f"vc {port}", lab.clients[number % 4], lab.proxy, lab.server, port, banner=banner,
                          start_us=150_000 * number)
        finish(session.conn())
        if port == 593:
            session.bind((rpc.MGMT,))
            for _ in range(2):
                session.call(rpc.inq_if_ids())
        else:
            session.bind((rpc.EMSMDB,))
            session.mail(5)
        session.close_by_client()


variant(SCENARIOS, ports, "back_end_ports", "Virtual connections to ports 6001, 6002, 6004, 593 and 49233 between proxy and server: "
        "two connections each, the server greets with its banner.", BACK, "[MS-RPCH] 2.1.2.2.1",
        arguments={"banner": True}, keep=hop("server"))
variant(SCENARIOS, ports, "back_end_no_banner", "The same without the banner, which a proxy has to do without.", BACK,
        arguments={"banner": False}, keep=hop("server"))


@scenario("[MS-RPCH] 2.1.1.2", "[MS-RPCH] 3.1.3")
def back_end_v1(capture):
    """RPC PDUs both ways on one connection, the bind first: version 1 of the protocol or a client that connects to the server itself, on
    593 and on 6001, with the banner and without."""
    lab = Lab()
    for number, (port, banner) in enumerate(((593, True), (6001, True), (6001, False))):
        session = Direct(capture, f"direct {number}", lab.clients[number], lab.proxy, lab.server, port, banner=banner, auth="none",
                         start_us=200_000 * number)
        finish(session.conn())
        if port == 593:
            session.bind((rpc.MGMT,))
            session.call(rpc.inq_if_ids())
        else:
            session.bind((rpc.EMSMDB,))
            session.mail(6)
            session.call(rpc.read(session.context_handle, b"long" * 2500))
        session.close_by_client()


# X11, the X protocol of version 11 ------------------------------------------------------------------------------------

def setup_reply():
    """What a display answers to a connection set-up: one screen of depth 24."""
    vendor = b"The X.Org Foundation"
    formats = struct.pack("<BBB5x", 24, 32, 32)
    visual = struct.pack("<IBBHIII4x", 0x21, 4, 8, 256, 0xFF0000, 0xFF00, 0xFF)
    screen = struct.pack("<IIIIIHHHHHHIBBBB", 0x200, 0x20, 0xFFFFFF, 0, 0, 1920, 1080, 508, 285, 1, 1, 0x21, 0, 0, 24, 1)
    screen += struct.pack("<BxH4x", 24, 1) + visual
    body = struct.pack("<IIIIHHBBBBBBBB4x", 12101003, 0x200000, 0x1FFFFF, 256, len(vendor), 65535, 1, 1, 0, 0, 32, 32, 8, 255)
    body += vendor + bytes(-len(vendor) % 4) + formats + screen
    return struct.pack("<BxHHH", 1, 11, 0, len(body) // 4) + body


def x11(capture):
    """An X client of display 1: set-up, InternAtom, CreateWindow, MapWindow, an Expose event, GetGeometry."""
    clock = Clock(capture, "x11", 40_000)
    desk, display = Host("desk", "203.0.113.60"), Host("display", "203.0.113.61")
    connection = Connection(capture, clock, desk, display, 6001, hop="x11", channel="X11").open()
    connection.send(0, struct.pack("<BxHHHHxx", 0x6C, 11, 0, 0, 0))
    clock.wait(800)
    connection.send(1, setup_reply())
    for sequence, name in enumerate((b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"), 1):
        clock.wait(500)
        connection.send(0, struct.pack("<BBHHxx", 16, 0, 2 + (len(name) + 3) // 4, len(name)) + name + bytes(-len(name) % 4))
        clock.wait(300)
        connection.send(1, struct.pack("<BxHII20x", 1, sequence, 0, 200 + sequence))
    clock.wait(500)
    create = struct.pack("<BBHIIhhHHHHIII", 1, 24, 9, 0x200001, 0x200, 10, 20, 640, 480, 0, 1, 0x21, 0x800, 0x8000)
    connection.send(0, create + struct.pack("<BxHI", 8, 2, 0x200001))
    clock.wait(2000)
    connection.send(1, struct.pack("<BxHIHHHHH14x", 12, 4, 0x200001, 0, 0, 640, 480, 0))
    clock.wait(500)
    connection.send(0, struct.pack("<BxHI", 14, 2, 0x200001))
    clock.wait(300)
    connection.send(1, struct.pack("<BBHIIhhHHH10x", 1, 24, 5, 0, 0x200, 10, 20, 640, 480, 0))
    clock.wait(3000)
    connection.finish(0)
    capture.notes.append({"code": "X11 stays X11", "connection": connection.number})


@scenario("X Window System Protocol 11, chapter 8", BACK)
def x11_on_6001(capture):
    """An X11 session on port 6001, and a virtual connection to the same port of another server at the same time."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server)
    finish(session.conn())
    session.bind()
    session.mail(6)
    session.close_by_client()
    x11(capture)


def small(capture):
    """A virtual connection of a few calls."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server)
    finish(session.conn())
    session.bind()
    session.mail(5)
    session.ping("IN")
    session.clock.wait(900)
    session.ping("OUT")
    session.clock.wait(900)
    session.close_by_client()


def both(name, wanted):
    """Keeps one kind of channel on one hop."""
    return lambda frame: hop(name)(frame) and kind(wanted)(frame)


for side in ("IN", "OUT"):
    variant(SCENARIOS, small, f"half_{side.lower()}_client_hop", f"Half a virtual connection: only the HTTP connection of the {side} "
            "channel was captured.", "[MS-RPCH] 3.2.1.1.1", keep=both("client", side))
    variant(SCENARIOS, small, f"half_{side.lower()}_server_hop", f"Half a virtual connection: only the connection of the {side} proxy to "
            "the server was captured.", "[MS-RPCH] 3.2.1.1.1", keep=both("server", side))
