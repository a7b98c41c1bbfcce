"""Channel recycling, [MS-RPCH] 3.2.1.5.3.2 to 3.2.1.5.3.5, alone and combined.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import rpc
from scenario import Lab, collector, hop, start_after, variant
from session import Session, finish, until
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)
IN_R1, IN_R2 = "[MS-RPCH] 3.2.1.5.3.2", "[MS-RPCH] 3.2.1.5.3.3"
OUT_R1, OUT_R2 = "[MS-RPCH] 3.2.1.5.3.4", "[MS-RPCH] 3.2.1.5.3.5"


def opened(capture, lab=None, **options):
    """A session with a few calls behind it."""
    lab = lab or Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, lifetime=0x20000, **options)
    finish(session.conn())
    session.bind()
    session.mail(4)
    return lab, session


def closed(session):
    """A few calls more, and the end."""
    session.mail(3)
    session.call(rpc.disconnect(session.context_handle))
    session.close_by_client()


def split_request(session, steps, switch, release=None):
    """A call of four request fragments: two on the predecessor, two on the successor; the inbound proxy holds the latter back
    until the PDU called release."""
    call = session.begin(rpc.write(session.context_handle, digest("split request", 14000)))
    old = session.inn
    until(steps, switch[0])
    session.request(call, 2, channel=old)
    until(steps, switch[1])
    session.request(call, forward=release is None)
    if release:
        until(steps, release)
        session.forward(call, len(call.requests) - call.next_forward)
    finish(steps)
    session.clock.wait(900)
    session.response(call)


def split_response(session, steps, last, count=2):
    """A call whose first response fragments come over the predecessor, up to the PDU called last, the others over the successor."""
    call = session.begin(rpc.read(session.context_handle, digest("split response", 14000)))
    old = session.out
    session.request(call)
    session.clock.wait(900)
    session.response(call, count, channel=old)
    until(steps, last)
    finish(steps)
    session.response(call)


@scenario(IN_R1, "[MS-RPCH] 2.2.4.10-2.2.4.17")
def in_r1(capture):
    """IN recycling to another proxy: IN_R1/A1 to A6, B1, B2 on both hops; a call whose request fragments are split over predecessor and
    successor (the new proxy holds them back until B2)."""
    lab, session = opened(capture)
    split_request(session, session.in_r1(lab.proxies[1]), ("IN_R1/A1", "IN_R1/A5"), "IN_R1/B2")
    closed(session)


@scenario(IN_R1)
def in_r1_queued(capture):
    """IN recycling to another proxy that passes on a whole request between IN_R1/A6 and B1 on the predecessor's connection."""
    lab, session = opened(capture)
    steps = session.in_r1(lab.proxies[1])
    until(steps, "IN_R1/A4")
    call = session.begin(rpc.write(session.context_handle, digest("queued", 500)))
    old = session.inn
    session.request(call, forward=False)
    until(steps, "IN_R1/A6")
    session.forward(call, 1, channel=old)
    finish(steps)
    session.response(call)
    closed(session)


@scenario(IN_R2, "[MS-RPCH] 2.2.4.18-2.2.4.22")
def in_r2(capture):
    """IN recycling within the proxy: IN_R2/A1 to A5 on both hops; a call whose request fragments are split over predecessor and
    successor."""
    _, session = opened(capture)
    split_request(session, session.in_r2(), ("IN_R2/A1", "IN_R2/A5"))
    closed(session)


@scenario(OUT_R1, "[MS-RPCH] 2.2.4.23-2.2.4.33")
def out_r1(capture):
    """OUT recycling to another proxy: OUT_R1/A1 to A11 on both hops; a call whose response fragments are split; 41 undefined bytes
    after A10 that are to be ignored."""
    lab, session = opened(capture)
    split_response(session, session.out_r1(lab.proxies[1], undefined=41), "OUT_R1/A11")
    closed(session)


@scenario(OUT_R2, "[MS-RPCH] 2.2.4.34-2.2.4.45")
def out_r2(capture):
    """OUT recycling within the proxy: OUT_R2/A1 to A8 (short form), B1, B3, C1 on both hops; a call whose response fragments are split;
    37 undefined bytes after B3 that are to be ignored."""
    _, session = opened(capture)
    split_response(session, session.out_r2(undefined=37), "OUT_R2/C1")
    closed(session)


@scenario(OUT_R2)
def out_r2_long_form(capture):
    """OUT recycling within the proxy where the inbound proxy forwards OUT_R2/A7 unchanged: A8 of 56 bytes."""
    _, session = opened(capture)
    finish(session.out_r2(long_form=True))
    closed(session)


@scenario(OUT_R2)
def out_r2_c1_first(capture):
    """OUT recycling within the proxy by a client that sends OUT_R2/C1 before A7, as FreeRDP does."""
    _, session = opened(capture)
    finish(session.out_r2(c1_first=True))
    closed(session)


@scenario(OUT_R2, "[MS-RPCH] 2.2.4.43")
def out_r2_negative(capture):
    """OUT recycling refused: OUT_R2/A8 names a cookie the server does not know, it answers B2 and closes the virtual connection."""
    _, session = opened(capture)
    finish(session.out_r2(c1_first=True, refused=True))
    session.clock.wait(200)
    session.close_by_server()


@scenario(IN_R2, OUT_R2)
def overlapping(capture):
    """IN and OUT recycled within the proxy at the same time, step by step in turn, with a call in the middle."""
    _, session = opened(capture)
    inward, outward = session.in_r2(), session.out_r2()
    until(outward, "OUT_R2/A2")
    until(inward, "IN_R2/A1")
    until(outward, "OUT_R2/A3")
    until(inward, "IN_R2/A2")
    call = session.request(session.begin(rpc.read(session.context_handle, digest("overlap", 700))))
    until(outward, "OUT_R2/A5")
    until(inward, "IN_R2/A4")
    until(outward, "OUT_R2/A6")
    session.response(call)
    finish(inward)
    finish(outward)
    closed(session)


@scenario(IN_R1, OUT_R2)
def in_r1_out_r2(capture):
    """One virtual connection whose IN channel goes to another proxy while its OUT channel stays: R1 and R2 in one, overlapping; the
    OUT channel is recycled through the new inbound proxy."""
    lab, session = opened(capture)
    inward, outward = session.in_r1(lab.proxies[1]), session.out_r2()
    until(outward, "OUT_R2/A4")
    until(inward, "IN_R1/A4")
    until(outward, "OUT_R2/A6")
    finish(inward)
    finish(outward)
    closed(session)


@scenario(IN_R2, OUT_R1, "[MS-RPCH] 3.2.2.5.12")
def chain_of_three(capture):
    """Each channel recycled three times: IN by R2, R1, R2 and OUT by R2, R1, R2, with calls in between; pings inside recycling."""
    lab, session = opened(capture)
    second = lab.proxies[1]
    for inward, outward in ((session.in_r2, session.out_r2), (lambda: session.in_r1(second), lambda: session.out_r1(second)),
                            (session.in_r2, session.out_r2)):
        steps = inward()
        next(steps)
        session.ping("IN")
        session.clock.wait(500)
        finish(steps)
        session.mail(3)
        steps = outward()
        next(steps)
        session.ping("OUT")
        session.clock.wait(500)
        finish(steps)
        session.mail(3)
    closed(session)


@scenario(OUT_R2)
def successor_never_finished(capture):
    """OUT recycling that stops after OUT_R2/A6 because the client dies: it resets all of its connections."""
    _, session = opened(capture)
    until(session.out_r2(), "OUT_R2/A6")
    session.clock.wait(500)
    for channel in session.channels:
        channel.http.reset(0)
    session.inn.back.finish(0)
    session.out.back.finish(0)
    session.ended = "reset by client"


for script, sections in ((in_r1, IN_R1), (in_r2, IN_R2), (out_r1, OUT_R1), (out_r2, OUT_R2), (overlapping, IN_R2)):
    for side in ("client", "server"):
        variant(SCENARIOS, script, f"{script.__name__}_{side}_hop",
                f"The scenario of {script.__name__} as captured on the {side} hop only.",
                sections, keep=hop(side))
UNTOLD = {"IN_R2/A5": "IN_R?/A5"}  # IN_R?/A4 would tell which
for script, first, sections in ((in_r1, "IN_R1/A2", IN_R1), (in_r2, "IN_R2/A4", IN_R2), (out_r1, "OUT_R1/A4", OUT_R1),
                                (out_r2, "OUT_R2/A4", OUT_R2)):
    variant(SCENARIOS, script, f"mid_recycle_{script.__name__}", f"The scenario of {script.__name__} captured from after {first} on.",
            sections, prepare=start_after(first), readable=UNTOLD if script is in_r2 else None)
variant(SCENARIOS, in_r2, "mid_recycle_in_r2_client_hop", "The scenario of in_r2 captured on the client hop from after IN_R2/A4 on: "
        "IN_R2/A5 cannot be told from IN_R1/A5 by what was captured.", IN_R2, keep=hop("client"),
        prepare=start_after("IN_R2/A4"), readable=UNTOLD)
