"""What HTTP brings with it: authentication, proxies, errors, forms of heads; [MS-RPCH] 2.1 and 2.2.2.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import struct

import auth
import rpc
import rts
from scenario import Lab, collector, hop
from session import DENIED, OUT_FIRST, ALL_SCHEMES, Direct, Proxy, Session, finish
from wire import Clock, Connection

SCENARIOS = []
scenario = collector(SCENARIOS)
CLIENT_HOP = hop("client")
REQUESTS = "[MS-RPCH] 2.1.2.1.1, 2.1.2.1.2"


def play(capture, label, lab=None, mails=4, client=0, proxy=None, **options):
    """One ordinary virtual connection with these options."""
    lab = lab or Lab()
    session = Session(capture, label, lab.clients[client], proxy or lab.proxy, lab.server, options.pop("port", 6001), **options)
    finish(session.conn(first_bare=options.get("auth") == "ntlm"))
    session.bind()
    session.mail(mails)
    session.close_by_client()
    return session


def attempt(session, kind, lines, body=b"", what="error", first_pdu=True, authorization=None, close=0):
    """One request for a channel that is answered by this head; returns the channel."""
    channel = session.new_channel(kind, session.proxy)
    length = session.options["lifetime"] if kind == "IN" else OUT_FIRST
    if authorization is None:
        session.open_http(kind, channel, length)()
    else:
        session.open_http(kind, channel, length)
        session.head(channel.http, 0, session.request_lines(kind, length, authorization), what="channel request")
    if first_pdu:
        session.clock.wait(30)
        session.send_rts("CONN/B1" if kind == "IN" else "CONN/A1", channel, cookie=channel.cookie)
    session.clock.wait(1500, 2500)
    session.head(channel.http, 1, lines, body, what)
    session.clock.wait(200)
    channel.http.finish(close)
    return channel


@scenario(REQUESTS, "[MS-NTHT] 3", "[MS-NLMP] 2.2.1")
def http_ntlm(capture):
    """NTLM on both connections: a request without credentials, the leg with the type 1 message and an empty body, the final request."""
    play(capture, "vc", auth="ntlm", account=auth.Account("grace", workstation="DESK2"))


@scenario(REQUESTS, "RFC 4178 4.2", "[MS-NTHT] 3", "RFC 4559", keep=CLIENT_HOP)
def http_negotiate(capture):
    """Negotiate three times: SPNEGO with NTLM inside, SPNEGO with a Kerberos AP-REQ, and NTLM without SPNEGO."""
    lab = Lab()
    for number, kind in enumerate(("negotiate-ntlm", "negotiate-kerberos", "negotiate-raw")):
        play(capture, f"vc {kind}", lab, client=number, auth=kind, account=auth.Account("ada", workstation=f"DESK{number + 1}"),
             start_us=number * 400_000)


@scenario(REQUESTS, "RFC 7617", keep=CLIENT_HOP)
def http_basic(capture):
    """Basic: DOMAIN\\user, user@domain, and a password with colons; the second proxy answers Persistent-Auth."""
    lab = Lab()
    for number, account in enumerate((auth.Account("ada"), auth.Account("ada@lab.test", ""), auth.Account("ada", password="a:b:c"))):
        play(capture, f"vc {number}", lab, client=number, account=account, start_us=number * 400_000, persistent=number == 1)


@scenario(REQUESTS, "RFC 7617", keep=CLIENT_HOP)
def http_basic_refused(capture):
    """A wrong password: three attempts on both channels, each answered 401."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, account=auth.Account("ada", password="wrong"))
    for _ in range(3):
        for kind in ("IN", "OUT"):
            attempt(session, kind, session.challenge_lines(ALL_SCHEMES, len(DENIED)), DENIED, "refusal").auth_result = "refused"
        session.clock.wait(900_000, 1_100_000)
    session.ended = "refused: 401"


@scenario("[MS-RPCH] 2.1.2.1.3", "[MS-NTHT] 3", keep=CLIENT_HOP)
def http_ntlm_refused(capture):
    """NTLM with a wrong password: the final request is answered 401 on both channels."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, auth="ntlm", account=auth.Account("ada", password="wrong"))
    for kind in ("IN", "OUT"):
        attempt(session, kind, session.challenge_lines(ALL_SCHEMES, len(DENIED)), DENIED, "refusal").auth_result = "refused"
    session.ended = "refused: 401"


def extended_error(status, computer="PROXY1"):
    """An ExtendedErrorInfo of one record, [MS-EERR] 2.2.1.8, serialized as [MS-RPCE] 2.2.6 says."""
    name = computer.encode("utf-16-le") + b"\0\0"
    units = len(name) // 2
    data = struct.pack("<II", 0x00020000, 0)                                  # the record, its array of no parameters
    data += struct.pack("<IHHH2xI", 0, 1, 1, units, 0x00020004)               # no next record; the computer's name
    data += struct.pack("<I4xQ", 1444, auth.TIME)                             # process, time
    data += struct.pack("<IIHHH2x", 14, status, 1440, 0, 0)                   # component, status, detection location, flags
    data += struct.pack("<I", units) + name
    data += bytes(-len(data) % 8)
    return struct.pack("<BBHIII", 1, 0x10, 8, 0xCCCCCCCC, len(data), 0) + data


def error_head(code, blob=None, version="1.0"):
    """An RPC error head and its body, 2.1.2.1.3 and 2.1.2.1.4."""
    if blob is None:
        return [f"HTTP/{version} 503 RPC Error: {code:x}", "Content-Length: 0"], b""
    text = base64.b64encode(blob).decode()
    body = f"RPC EEInfo:{text}".encode()
    return [f"HTTP/{version} 503 RPC Error: {code:x}, EEInfo: {text}", f"Content-Length: {len(body)}", "Content-Type: text/plain"], body


@scenario("[MS-RPCH] 2.1.2.1.3, 2.1.2.1.4", "[MS-EERR] 2.2.1.8")
def http_errors(capture):
    """Error heads in place of channels: 403, 404 with the store's reason, 503 with 6ba and extended error information in head and body (the
    back end refuses the connection), 503 with 773 and without, 502; on IN, on OUT, on both."""
    lab = Lab()
    cases = (("403", ("OUT",), (["HTTP/1.1 403 Forbidden", "Content-Length: 9", "Content-Type: text/plain"], b"Forbidden")),
             ("404", ("IN", "OUT"), (["HTTP/1.1 404 Not Found", "X-CasErrorCode: MailboxGuidWithDomainNotFound",
                                     "Content-Length: 0"], b"")),
             ("503 6ba", ("IN", "OUT"), error_head(0x6BA, extended_error(1722))),
             ("503 773", ("OUT",), error_head(0x773, version="1.1")),
             ("503 5", ("OUT",), error_head(0x5)),
             ("502", ("IN", "OUT"), (["HTTP/1.1 502 Bad Gateway", "Content-Length: 11", "Content-Type: text/plain"], b"Bad Gateway")))
    for number, (label, kinds, (lines, body)) in enumerate(cases):
        session = Session(capture, f"vc {label}", lab.client, lab.proxy, lab.server, (6001, 6099)[label == "503 6ba"],
                          start_us=number * 100_000)
        for kind in ("IN", "OUT"):
            if kind in kinds:
                if label == "503 6ba":
                    Connection(capture, session.clock, lab.proxy.back, lab.server, 6099, hop="server", channel=kind,
                               session=session.number).refuse()
                    session.clock.wait(200)
                attempt(session, kind, lines, body, close=1)
            else:
                channel = session.new_channel(kind, lab.proxy)
                session.open_http(kind, channel, session.options["lifetime"])()
                session.clock.wait(30)
                session.send_rts("CONN/B1", channel, cookie=channel.cookie)
                session.inn = channel
        session.clock.wait(500)
        if session.inn:
            session.inn.http.reset(0)
        session.ended = f"refused: {label}"


@scenario("[MS-RPCH] 2.1.2.1.4", "[MS-RPCH] 3.2.2.5.11")
def http_error_mid_stream(capture):
    """An error head where the next PDU of the OUT stream is expected: the server has gone, a call stays without an answer."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server)
    finish(session.conn())
    session.bind()
    session.mail(5)
    session.request(session.begin(rpc.read(session.context_handle, b"lost" * 20)))
    session.clock.wait(4000)
    for channel in (session.inn, session.out):
        channel.back.reset(1)
    session.clock.wait(150)
    lines, body = error_head(0x6BE)
    session.head(session.out.http, 1, lines, body, "error in the OUT stream")
    session.out.http.finish(1)
    session.inn.http.finish(1)
    session.ended = "reset by server"


def echo(session, connection, method="IN", absolute=False, headers=()):
    """An echo request and, later, its answer, 2.1.2.1.5 and 2.1.2.1.6; a generator that pauses in between."""
    uri = ("http://mail.lab.test" if absolute else "") + "/rpc/rpcproxy.dll?mbx1.lab.test:6001"
    body = bytes.fromhex("f8e81808")
    session.head(connection, 0, [f"RPC_{method}_DATA {uri} HTTP/1.1", "Accept: application/rpc", "Cache-Control: no-cache",
                                 "Connection: Keep-Alive", f"Content-Length: {len(body)}", "Host: mail.lab.test", "Pragma: No-cache",
                                 "User-Agent: MSRPC", *headers], body, "echo request")
    yield
    with connection.together(1):
        session.head(connection, 1, ["HTTP/1.1 200 Success", "Connection: Keep-Alive", "Content-Length: 20",
                                     "Content-Type: application/rpc"], what="echo response")
        data = rts.build("Echo")
        start, end = connection.send(1, data)
    session.capture.pdus.append({"type": "rts", "name": "Echo", "session": session.number, "hop": "client", "from": "proxy", "to": "client",
                                 "place": (connection, 1, start, end), "bytes": 20})


@scenario("[MS-RPCH] 2.1.2.1.5, 2.1.2.1.6", "[MS-RPCH] 3.2.2.4.1.1", "[MS-RPCH] 2.2.4.48", keep=CLIENT_HOP)
def http_echo(capture):
    """Echo requests: one of each method answered by an Echo PDU; the discovery of proxy use, directly and through an HTTP proxy at
    once, the proxy's answer first and the direct one within 200 ms; then a virtual connection, directly."""
    lab = Lab()
    web_proxy = Proxy("web proxy", "198.51.100.80", "203.0.113.80")
    session = Session(capture, "echo", lab.client, lab.proxy, lab.server, auth="none")
    session.ended = "echo only"
    for method in ("IN", "OUT"):
        connection = Connection(capture, session.clock, lab.client, lab.proxy.front, 80, hop="client", channel="ECHO").open()
        finish(echo(session, connection, method))
        session.clock.wait(300)
        connection.finish(0)
    session.clock.wait(5000)
    direct = Connection(capture, session.clock, lab.client, lab.proxy.front, 80, hop="client", channel="ECHO").open()
    proxied = Connection(capture, session.clock, lab.client, web_proxy.front, 8080, hop="client", channel="ECHO").open()
    steps = echo(session, direct), echo(session, proxied, absolute=True)
    for step in steps:
        next(step)
    session.clock.wait(20_000)
    finish(steps[1])
    session.clock.wait(120_000)
    finish(steps[0])
    proxied.finish(0)
    direct.finish(0)
    play(capture, "vc", lab, start_us=300_000)


@scenario(REQUESTS, "RFC 9110 10.1.1", keep=CLIENT_HOP)
def http_expect_continue(capture):
    """An IN request that expects 100 Continue and gets it, with a Via line of a box in between."""
    play(capture, "vc", expect=True)


@scenario("[MS-RPCH] 2.1.2.1.4, 2.1.2.1.8", "RFC 9112 7.1", keep=CLIENT_HOP)
def http_chunked(capture):
    """An OUT response in chunks of 50 bytes, as gateways make it: PDUs are cut by chunks, heads of chunks stand between them."""
    play(capture, "vc", chunks=50, mails=6)


@scenario(REQUESTS, "[MS-RPCH] 1.3.3", keep=CLIENT_HOP)
def http_proxies(capture):
    """Through an HTTP proxy on port 8080: with absolute URIs; through a tunnel by CONNECT after a 407."""
    lab = Lab()
    web_proxy = Proxy("web proxy", "198.51.100.80", "203.0.113.80")
    play(capture, "vc absolute", lab, via=web_proxy, proxy_port=8080, absolute=True)
    play(capture, "vc tunnel", lab, client=1, via=web_proxy, proxy_port=8080, tunnel="mail.lab.test:80", start_us=400_000)


@scenario(REQUESTS, "[MS-RPCH] 2.2.2", keep=CLIENT_HOP)
def http_forms(capture):
    """Forms of heads: client certificate path without credentials, Content-Length 2147483648, content type Application/RPC, pragmas in
    one and in several lines, an IPv6 address and a mailbox as target, HTTP/1.0, letters of the path in other cases, cookies."""
    lab = Lab()
    guid = "44e265dd-7daf-42cd-8560-3cdb6e7a2729"
    cases = (
        {"path": "/rpcwithcert/rpcproxy.dll", "auth": "none"},
        {"lifetime": 0x80000000},
        {"content_type": "Application/RPC", "one_segment": True},
        {"headers": ("Pragma: MinConnTimeout=1800", f"Pragma: ResourceTypeUuid={guid}",
                     "Pragma: SessionId=12345678-1234-1234-1234-123456789abc")},
        {"headers": (f"pragma: minconntimeout=1800, ResourceTypeUuid={{{guid}}}, SessionId={{12345678-1234-1234-1234-123456789abc}}",)},
        {"target": "2001:db8:3::40:6001"},
        {"target": "5f2c7a60-6a2e-4f0c-9b57-0c7f1d1c9a11@lab.test:6001"},
        {"version": "HTTP/1.0"},
        {"path": "/Rpc/RpcProxy.dll", "headers": ('Cookie: OutlookSession="{0B7C1C65-2C0F-4C7B-8F4A-6F1F5F0C2D11}"',)},
    )
    for number, options in enumerate(cases):
        play(capture, f"vc {number}", lab, mails=3, client=number % 4, start_us=number * 200_000, **options)


@scenario("[MS-RPCH] 2.1.1", "[MS-RPCH] 3.1")
def http_v1(capture):
    """RPC_CONNECT, version 1 of the protocol: one connection on each hop, RPC PDUs both ways, no RTS PDU; with the bare server:port as
    URI, and with path and query."""
    lab = Lab()
    for number, uri in enumerate(("mbx1.lab.test:593", "/rpc/rpcproxy.dll?mbx1.lab.test:6001")):
        session = Direct(capture, f"v1 {number}", lab.clients[number], lab.proxy, lab.server, (593, 6001)[number], http=uri, auth="none",
                         start_us=300_000 * number)
        finish(session.conn())
        session.bind((rpc.MGMT,) if number == 0 else (rpc.EMSMDB,))
        if number == 0:
            session.call(rpc.inq_if_ids())
        else:
            session.mail(6)
            session.call(rpc.read(session.context_handle, b"long" * 2500))
        session.close_by_client()


@scenario(REQUESTS, "[MS-NLMP] 3.2.5.1.2", keep=CLIENT_HOP)
def http_anonymous(capture):
    """Requests without credentials: accepted, refused by 401; an anonymous NTLM message: accepted, refused."""
    lab = Lab()
    play(capture, "vc accepted", lab, auth="none")
    for number, kind in enumerate(("none", "anonymous-ntlm"), 1):
        session = Session(capture, f"vc refused {kind}", lab.clients[number], lab.proxy, lab.server, auth=kind, start_us=number * 300_000)
        for channel in ("IN", "OUT"):
            attempt(session, channel, session.challenge_lines(ALL_SCHEMES, len(DENIED)), DENIED, "refusal").auth_result = "refused"
        session.ended = "refused: 401"
    play(capture, "vc ntlm accepted", lab, client=3, auth="anonymous-ntlm", start_us=900_000)


@scenario(REQUESTS, "[MS-RPCH] 3.2.1.5.3.1", "[C706] appendix Q", keep=CLIENT_HOP)
def http_rpcping(capture):
    """What RPCPing makes: a virtual connection that is opened and closed without any call; one with calls of the management interface
    only, on the endpoint mapper's port and on the store's."""
    lab = Lab()
    for number, port in enumerate((6001, 593, 6001)):
        session = Session(capture, f"ping {number}", lab.client, lab.proxy, lab.server, port, auth="ntlm", start_us=number * 200_000)
        finish(session.conn(first_bare=True))
        if number:
            session.bind((rpc.MGMT,))
            for _ in range(3):
                session.call(rpc.inq_if_ids())
        session.close_by_client()


@scenario("[MS-RPCH] 2.1.2.1.3", "[MS-RPCH] 3.2.2.5.11", keep=CLIENT_HOP)
def http_in_401_after_b1(capture):
    """The IN request is answered 401 after CONN/B1 while the OUT channel is already open: OUT gets A3 and never C2."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server, clock=Clock(capture, "vc"))
    for step in session.conn():
        if step == "CONN/A3":
            break
    session.head(session.inn.http, 1, session.challenge_lines(ALL_SCHEMES, len(DENIED)), DENIED, "refusal")
    session.inn.auth_result = "refused"
    session.inn.http.finish(1)
    session.clock.wait(400)
    session.out.http.finish(0)
    session.out.back.finish(0)
    session.ended = "refused: 401"
