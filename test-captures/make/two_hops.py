"""Virtual connections seen on both sides of the proxy.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import auth
import rpc
from scenario import Lab, collector, start_after, variant
from session import Session, finish
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)


def conversation(session):
    """Everything an undisturbed virtual connection shows."""
    clock, handle = session.clock, session.context_handle
    finish(session.conn())
    session.bind((rpc.EMSMDB,))
    session.mail(9)
    session.call(rpc.read(handle, digest("big read", 9000)))
    session.call(rpc.write(handle, digest("big write", 9000)))
    session.call(rpc.Operation("EcDoRpcExt2", 11, rpc.read(handle, b"x" * 40).request, b"", status=0x1C010003))
    # Acknowledgements of all four legs, 3.2.1.4.1.1, though nobody's window is half used yet.
    for kind in ("OUT", "IN"):
        channel = session.out if kind == "OUT" else session.inn
        for hop in ("server", "client"):
            finish(session.ack(channel, hop))
            clock.wait(1500, 3000)
    session.mail(3)
    # Idle: client and outbound proxy ping within the connection timeout, 3.2.1.2.1; 52 pings make a note, 3.2.4.
    session.send_rts("Keep-Alive", session.inn, keepalive=60000)
    for number in range(3):
        clock.wait(59_000_000, 60_000_000)
        session.ping("IN")
        clock.wait(4000)
        session.ping("OUT")
    for number in range(49):
        clock.wait(30_000_000)
        session.ping("OUT")
        if number % 2:
            session.ping("IN")
    clock.wait(120)
    session.send_rts("PingTrafficSentNotify", session.out, bytes=52 * 20)
    clock.wait(2_000_000)
    session.mail(2)
    session.call(rpc.disconnect(handle))
    session.close_by_client()


@scenario("[MS-RPCH] 3.2.1.5.3.1", "[MS-RPCH] 3.2.1.4.1", "[MS-RPCH] 2.1.2.2.1", "[MS-RPCH] 2.2.4.2-2.2.4.9, 2.2.4.46-2.2.4.51")
def conn_two_hops(capture):
    """One virtual connection from CONN/A1 to its close, captured on the proxy: client and server hop, banner, bind, calls of one and of
    several fragments, a fault, acknowledgements of all four legs, pings, Keep-Alive, PingTrafficSentNotify."""
    lab = Lab()
    conversation(Session(capture, "vc", lab.client, lab.proxy, lab.server, address_form="sockaddr", rpc_auth=True, auth="ntlm",
                         account=auth.Account("ada")))


@scenario("[MS-RPCH] 3.2.1.5.3.1", "[MS-RPCH] 2.2.3.2.2", "[MS-RPCH] 2.2.4.6")
def conn_two_hops_ipv6(capture):
    """The same over IPv6 (CONN/B2 of 140 bytes) for two virtual connections of one association group: the client address in network
    order right after the type, and as the image of a sockaddr_in6."""
    lab = Lab(6)
    first = Session(capture, "vc 1", lab.client, lab.proxy, lab.server, address_form="network")
    conversation(first)
    second = Session(capture, "vc 2", lab.client, lab.proxy, lab.server, address_form="sockaddr", group=first.group,
                     start_us=700_000, one_segment=True)
    finish(second.conn())
    second.bind()
    second.mail(6)
    second.close_by_server()


@scenario("[MS-RPCH] 3.2.1.5.3.1", "[MS-RPCH] 3.2.1.5.3.3", "[MS-RPCH] 3.2.1.5.3.5")
def two_hop_r2_four_clients(capture):
    """Four clients with a virtual connection each over both hops, at the same time; IN and OUT are recycled within the proxy in the
    middle, 60 calls each, none lost."""
    lab = Lab()
    for number, client in enumerate(lab.clients):
        account = auth.Account(("ada", "grace", "edsger", "barbara")[number], workstation=f"DESK{number + 1}")
        session = Session(capture, f"vc {number + 1}", client, lab.proxy, lab.server, (6001, 6001, 6002, 6004)[number], account=account,
                          auth=("basic", "ntlm", "basic", "negotiate-ntlm")[number], start_us=3700 * number, one_segment=number == 2)
        finish(session.conn())
        session.bind()
        session.mail(30, largest=2400)
        for recycle in (session.in_r2, session.out_r2) if number % 2 else (session.out_r2, session.in_r2):
            finish(recycle())
            session.mail(4, largest=900)
        session.mail(21, largest=900)
        session.call(rpc.disconnect(session.context_handle))
        session.close_by_client()


@scenario("[MS-RPCH] 2.1.2.1.7, 2.1.2.1.8", "[C706] 12.6.3, 12.6.4")
def rpc_interleaved(capture):
    """What the RPC layer may do on a virtual connection: a refused context, an alter_context, calls answered in another order than asked,
    response fragments of two calls in turn, a cancelled call that faults, a bind that is refused as a whole."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server)
    clock, handle = session.clock, session.context_handle
    finish(session.conn())
    session.bind((rpc.EMSMDB, rpc.MGMT), [True, False])
    session.bind((rpc.EMSMDB, rpc.NSPI), [True, False], ptype=rpc.ALTER)
    session.mail(4)
    calls = [session.request(session.begin(rpc.read(handle, digest(f"turn {number}", 9000 + 3000 * number)))) for number in range(3)]
    clock.wait(2000)
    while any(call.next_response < len(call.responses) for call in calls):
        for call in reversed(calls):
            if call.next_response < len(call.responses):
                session.response(call, 1)
    call = session.request(session.begin(rpc.Operation("EcDoRpcExt2", 11, rpc.read(handle, b"x" * 40).request, b"", status=0x1C00000D)))
    clock.wait(5000)
    session.relay("IN", "co_cancel", rpc.cancel(call.call_id))
    clock.wait(900)
    session.response(call)
    session.close_by_client()
    session = Session(capture, "vc refused", lab.clients[1], lab.proxy, lab.server, start_us=200_000)
    finish(session.conn())
    session.call_id += 1
    session.relay("IN", "bind", rpc.bind(session.call_id, (rpc.EMSMDB,)))
    session.clock.wait(700)
    session.relay("OUT", "bind_nak", rpc.bind_nak(session.call_id, 2))
    session.close_by_client()


variant(SCENARIOS, conn_two_hops, "mid_stream_two_hops", "The conversation of conn_two_hops from after its bind on: no CONN PDU, no head; "
        "calls on both channels, acknowledgements that name the channels.", "[MS-RPCH] 2.1.2.1.7", "[MS-RPCH] 2.1.2.1.8",
        prepare=start_after("auth3", 2000))
variant(SCENARIOS, two_hop_r2_four_clients, "mid_stream_four_clients", "The four clients of two_hop_r2_four_clients from the middle of "
        "their calls on, before the channels are recycled.", "[MS-RPCH] 3.2.1.5.3.3", "[MS-RPCH] 3.2.1.5.3.5",
        prepare=lambda capture: setattr(capture, "start_us", 150_000))


def one_hop_of_two(capture):
    """Keeps the first client's hop from the middle of its calls on, and of the second one the hop to the server."""
    hops = {session.number: hop for session, hop in zip(capture.sessions, ("client", "server"))}
    capture.keep = lambda frame: hops.get(frame.connection.facts["session"]) == frame.connection.facts["hop"]
    capture.start_us = 150_000


variant(SCENARIOS, two_hop_r2_four_clients, "mid_stream_hops_apart", "One hop each of two of the four clients of two_hop_r2_four_clients, from the middle of "
        "their calls on: nothing shows that these are not the two hops of one session.", "[MS-RPCH] 2.2.3.1", prepare=one_hop_of_two)
