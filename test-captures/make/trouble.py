"""Flow control that stalls, broken rules, connections that die; [MS-RPCH] 3.2.1.1.4, 3.2.1.4.1, 3.2.1.5.1, 2.2.3.6.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import rpc
import rts
from scenario import Lab, collector, hop, start_after, variant
from session import Session, finish

SCENARIOS = []
scenario = collector(SCENARIOS)
UNIT = 4000      # bytes of each RPC PDU here
WINDOW = 64000   # 16 of them


def quiet(capture, label="vc", **options):
    """A session with a bind and the first calls behind it, whose windows are then all acknowledged and open."""
    lab = Lab()
    session = Session(capture, label, lab.client, lab.proxy, lab.server, window=WINDOW, ack=False, **options)
    finish(session.conn())
    session.bind()
    session.mail(3)
    for channel in (session.inn, session.out):
        for leg in ("server", "client"):
            finish(session.ack(channel, leg))
            session.clock.wait(800)
    return session


def place_time(place):
    """When the last byte of something was captured."""
    connection, side, _, end = place
    return connection.frame_of(side, end - 1).time_us


def note_stall(session, leg, channel, last, ack, after):
    """What the sidecar says of a stall."""
    session.capture.notes.append({"code": "window stall", "session": session.number, "hop": leg, "channel": channel.cookie.hex(),
                                  "since_last_pdu_us": place_time(ack) - place_time(last), "stall_us": place_time(after) - place_time(last),
                                  "ack_to_next_pdu_us": place_time(after) - place_time(ack), "place": after})


def acked(session, channel, leg, **values):
    """An acknowledgement over its whole way; returns where its last leg was sent."""
    finish(session.ack(channel, leg, **values))
    return session.capture.pdus[-1]["place"]


@scenario("[MS-RPCH] 3.2.1.1.4", "[MS-RPCH] 3.2.1.5.1.2", "[MS-RPCH] 3.2.1.4.1.3")
def flow_control_in_stall(capture):
    """The client fills the inbound proxy's window of 64000 bytes with PDUs of 4000 and waits 250 ms for room. Before that the numbers of
    the specification's example times 64: 16000 sent leaves 48000; an acknowledgement (16000, 54400) after 32000 more leaves 22400; (48000,
    35200) leaves 35200; (48000, 64000) leaves 64000."""
    session = quiet(capture)
    inn, clock, handle = session.inn, session.clock, session.context_handle
    base = inn.sent["client"]

    def ask(count):
        calls = [session.begin(rpc.write_of(handle, UNIT, b"w")) for _ in range(count)]
        for call in calls:
            session.request(call, forward=False)
            clock.wait(300)
        return calls

    def answer(calls):
        for call in calls:
            session.forward(call)
            clock.wait(300)
        finish(session.ack(inn, "server"))
        for call in calls:
            clock.wait(200)
            session.response(call)

    def available(when, value):
        left = window - (inn.sent["client"] - base - received)
        if left != value:
            raise ValueError(f"{when}: {left} bytes available, not {value}")
        capture.notes.append({"code": "available", "session": session.number, "hop": "client", "channel": inn.cookie.hex(), "bytes": value,
                              "place": capture.pdus[-1]["place"]})

    received, window = 0, WINDOW
    calls = ask(4)
    available("after 16000", 48000)
    calls += ask(8)
    received, window = 16000, 54400
    acked(session, inn, "client", received=base + received, window=window)
    available("after the first acknowledgement", 22400)
    received, window = 48000, 35200
    acked(session, inn, "client", received=base + received, window=window)
    available("after the second", 35200)
    window = 64000
    acked(session, inn, "client", received=base + received, window=window)
    available("after the third", 64000)
    answer(calls)
    calls = ask(15)
    available("when the window is used", 4000)
    last = calls[-1].places["request", "client"][-1]
    clock.wait(250_000 - (clock.now - place_time(last)) - 900)
    ack = acked(session, inn, "client")
    clock.wait(250)
    more = ask(3)
    note_stall(session, "client", inn, last, ack, more[0].places["request", "client"][0])
    answer(calls + more[:1])
    answer(more[1:])
    session.close_by_client()


@scenario("[MS-RPCH] 3.2.1.1.4", "[MS-RPCH] 3.2.1.4.1.1", "[MS-RPCH] 3.2.1.5.2")
def flow_control_out_stall(capture):
    """The outbound proxy fills the client's window of 64000 bytes with 15 response PDUs of 4000 and waits 400 ms for the client's
    acknowledgement, which comes over IN; the server goes on sending to the proxy meanwhile."""
    session = quiet(capture)
    out, clock, handle = session.out, session.clock, session.context_handle
    calls = [session.request(session.begin(rpc.read_of(handle, UNIT, b"r"))) for _ in range(25)]
    for call in calls[:15]:
        session.put(call, "response", "server", 0, out)
        clock.wait(90)
        session.put(call, "response", "client", 0, out)
        clock.wait(200)
        if call is calls[7]:
            finish(session.ack(out, "server"))
    finish(session.ack(out, "server"))
    for call in calls[15:]:
        session.put(call, "response", "server", 0, out)
        clock.wait(150)
    last = calls[14].places["response", "client"][0]
    clock.wait(400_000 - (clock.now - place_time(last)) - 900)
    ack = acked(session, out, "client")
    clock.wait(250)
    for call in calls[15:]:
        session.put(call, "response", "client", 0, out)
        clock.wait(200)
    note_stall(session, "client", out, last, ack, calls[15].places["response", "client"][0])
    finish(session.ack(out, "server"))
    session.close_by_client()


def broken(capture, lab, number, label, say):
    """A session that goes well until one PDU; then the proxy that receives it closes everything."""
    session = Session(capture, label, lab.clients[number % 4], lab.proxy, lab.server, start_us=200_000 * number)
    finish(session.conn())
    session.bind()
    session.mail(4)
    say(session)
    session.clock.wait(300)
    session.inn.http.finish(1)
    session.out.http.finish(1)
    session.inn.back.finish(0)
    session.out.back.finish(0)
    session.ended = "closed by proxy after a protocol error"


@scenario("[MS-RPCH] 2.2.3.6.1", "[MS-RPCH] 2.2.3.5", "[MS-RPCH] 3.2.3.5.11")
def violations(capture):
    """One broken rule in each session, and its receiver closes: header fields, lengths, an unknown command, PDUs where none of their kind
    may be, acknowledgements of what was never sent."""
    def ping(code, **fields):
        return lambda session: session.send_rts("Ping", session.inn, "client->inproxy", broken=fields, violation=code)

    def raw(code, name, kind, path, data):
        return lambda session: session.send_rts(name, session.inn if kind == "IN" else session.out, path, data=data(session),
                                                violation=code)

    def acknowledge(code, received, window):
        def say(session):
            out = session.out
            value = (out.sent["client"] + received, window, out.cookie)
            if received < 0:
                session.send_rts("FlowControlAckWithDestination", session.inn, "client->inproxy", destination=rts.OUTPROXY,
                                 ack=(out.sent["client"], 65536, out.cookie))
                session.clock.wait(500)
            session.send_rts("FlowControlAckWithDestination", session.inn, "client->inproxy", destination=rts.OUTPROXY, ack=value,
                             violation=code)
        return say

    u32, cookie = rts.COMMANDS["ClientKeepalive"], rts.COMMANDS["Cookie"]
    cases = (
        ("pfc_flags is not 3", ping("pfc_flags is not 3", pfc_flags=1)),
        ("call_id is not 0", ping("call_id is not 0", call_id=7)),
        ("auth_length is not 0", ping("auth_length is not 0", auth_length=16)),
        ("drep is not little endian", ping("drep is not little endian", drep=bytes(4))),
        ("bytes after the last command", raw("bytes after the last command", "Keep-Alive", "IN", "client->inproxy",
                                             lambda _: rts.pack(rts.OTHER_CMD, [u32(300000) + bytes(4)], 1))),
        ("commands run past the end", raw("commands run past the end", "Unknown RTS PDU", "IN", "client->inproxy",
                                          lambda _: rts.pack(rts.OTHER_CMD, [u32(300000)], 2))),
        ("unknown command", raw("unknown command", "Unknown RTS PDU", "IN", "client->inproxy",
                                lambda _: rts.pack(rts.OTHER_CMD, [b"\xff\0\0\0\x01\0\0\0"], 1))),
        ("unknown flags and commands", raw("unknown signature", "Unknown RTS PDU", "OUT", "outproxy->client",
                                           lambda _: rts.pack(rts.RECYCLE | rts.EOF, [u32(300000)], 1))),
        ("cookie on OUT", raw("PDU not allowed here", None, "OUT", "outproxy->client",
                              lambda session: rts.pack(rts.NONE, [cookie(session.out.cookie)]))),
        ("IN_R1/A5 without recycling", raw("PDU not allowed in this state", "IN_R?/A5", "IN", "client->inproxy",
                                           lambda session: rts.pack(rts.NONE, [cookie(session.inn.cookie)]))),
        ("OUT_R1/A6 without recycling", raw("PDU not allowed in this state", "OUT_R1/A6", "OUT", "outproxy->client",
                                            lambda session: rts.build("OUT_R1/A6", timeout=120000))),
        ("CONN/A3 twice", raw("PDU not allowed in this state", "CONN/A3", "OUT", "outproxy->client",
                              lambda session: rts.build("CONN/A3", timeout=120000))),
        ("acknowledged more than sent", acknowledge("acknowledged more than sent", 5000, 65536)),
        ("acknowledgement goes back", acknowledge("acknowledgement goes back", -40, 65536)),
        ("window larger than announced", acknowledge("window larger than announced", 0, 65537 + 4096)),
    )
    lab = Lab()
    for number, (label, say) in enumerate(cases):
        broken(capture, lab, number, label, say)


@scenario("[MS-RPCH] 3.2.2.1.3", "[MS-RPCH] 2.2.3.5.5", "[MS-RPCH] 3.2.2.5.12", keep=hop("client"))
def lifetime_overrun(capture):
    """A client that goes on sending on an IN channel of 131072 bytes (RTS and RPC PDUs together) without a successor."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, lifetime=0x20000)
    finish(session.conn())
    session.bind()
    session.mail(3)
    noted = False
    while session.inn.http.sent[0] < 0x20000 + 9000:
        session.call(rpc.write_of(session.context_handle, UNIT, b"l"))
        used = sum(record["bytes"] for record in capture.pdus
                   if record["place"][0] is session.inn.http and record["place"][1] == 0)
        if used > 0x20000 and not noted:
            noted = True
            capture.notes.append({"code": "lifetime overrun", "session": session.number, "channel": session.inn.cookie.hex(), "bytes": used,
                                  "place": next(record["place"] for record in reversed(capture.pdus)
                                                if record["place"][0] is session.inn.http and record["type"] == "request")})
    session.close_by_client()


@scenario("[MS-RPCH] 3.2.1.2.1", "[MS-RPCH] 3.2.2.2.1", keep=hop("client"))
def idle_reset(capture):
    """Idle for longer than a box in between allows: it forgets both connections after 60 s without a packet; the client's ping at 100 s,
    within the connection timeout of 120 s, is answered by a reset. A second client that never pings is reset at 130 s."""
    lab = Lab()
    session = Session(capture, "vc late", lab.clients[0], lab.proxy, lab.server)
    finish(session.conn())
    session.bind()
    session.mail(5)
    idle = session.clock.now
    session.clock.wait(100_000_000)
    session.ping("IN")
    session.clock.wait(300)
    session.inn.http.reset(1, "a box in between")
    session.clock.wait(200)
    session.out.http.reset(0)
    session.ended = "reset after idle time"
    capture.notes.append({"code": "keep-alive too late", "session": session.number, "idle_us": session.clock.now - idle})
    session = Session(capture, "vc silent", lab.clients[1], lab.proxy, lab.server, start_us=500_000)
    finish(session.conn())
    session.bind()
    session.mail(5)
    idle = session.clock.now
    session.clock.wait(130_000_000)
    session.inn.http.reset(1, "a box in between")
    session.out.http.reset(1, "a box in between")
    session.ended = "reset after idle time"
    capture.notes.append({"code": "idle longer than the connection timeout", "session": session.number,
                          "idle_us": session.clock.now - idle, "timeout_us": 120_000_000})


@scenario("[MS-RPCH] 2.1.2.1.8", "[MS-RPCH] 3.2.3.5.2")
def split_everywhere(capture):
    """Segments of 7 bytes on both hops: heads and PDUs are cut everywhere."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, mss={"mss": 7})
    finish(session.conn())
    session.bind()
    session.mail(3)
    session.close_by_client()


variant(SCENARIOS, flow_control_in_stall, "mid_stream_flow_control", "flow_control_in_stall from after its first acknowledgements on: "
        "what was sent before is known from the next acknowledgement only.", "[MS-RPCH] 3.2.1.5.1.2",
        prepare=start_after("FlowControlAck", 6_000))
