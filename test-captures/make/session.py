"""One virtual connection over both hops, [MS-RPCH] 3.2: its channels, its recycling, its calls, and the truth about them.

A session drives simulated TCP connections and notes for everything it sends what it is. Longer sequences are generators that
pause after each PDU (and say which), so that a scenario can put calls or another sequence in between.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import auth
import rpc
import rts
from wire import Clock, Connection, Host, digest

ALL_SCHEMES = ("Negotiate", "NTLM", 'Basic realm="mail.lab.test"')
DENIED = b"Access Denied"
OUT_FIRST, OUT_NEXT = 76, 120  # Content-Length of an OUT request, 2.1.2.1.2: A1; A3 and the 24 bytes that follow


class Proxy:
    """An RPC proxy: one machine with an address for clients and one for servers."""

    def __init__(self, name, front, back):
        self.name = name
        self.front, self.back = Host(name, front), Host(name, back)


class Channel:
    """One IN or OUT channel instance with its two legs."""

    def __init__(self, kind, cookie, proxy):
        self.kind, self.cookie, self.proxy = kind, cookie, proxy
        self.http = self.back = None
        self.predecessor = self.recycle = self.exchange = None
        self.auth_result = "accepted"
        self.sent = {"client": 0, "server": 0}   # RPC bytes of each leg
        self.acked = {"client": 0, "server": 0}


class Call:
    """A call under way: its PDUs and where they were sent."""

    def __init__(self, session, call_id, operation, size):
        self.operation, self.call_id, self.session = operation, call_id, session
        self.requests = rpc.fragments(rpc.REQUEST, call_id, operation.request, operation.opnum, operation.context, size)
        if operation.status is not None:
            self.responses = [rpc.fault(call_id, operation.status, operation.context)]
        else:
            self.responses = rpc.fragments(rpc.RESPONSE, call_id, operation.response, 0, operation.context, size)
        self.places = {("request", "client"): [], ("request", "server"): [], ("response", "client"): [], ("response", "server"): []}
        self.next_request = self.next_forward = self.next_response = 0


def finish(steps):
    """Runs a sequence to its end."""
    for _ in steps:
        pass


def until(steps, name):
    """Runs a sequence up to and with this PDU."""
    for step in steps:
        if step == name:
            return
    raise ValueError(f"the sequence has no {name}")


class Session:
    """A virtual connection. Options are the values of its PDUs and heads."""

    def __init__(self, capture, label, client, proxy, server, port=6001, **options):
        self.capture, self.label = capture, f"{capture.seed}/{label}"
        self.client, self.proxy, self.server, self.port = client, proxy, server, port
        self.clock = options.pop("clock", None) or Clock(capture, label, options.pop("start_us", 0))
        self.options = {"target": f"{server.name}.lab.test:{port}", "auth": "basic", "account": auth.Account("ada"), "banner": True,
                        "window": 0x10000, "lifetime": 0x40000000, "timeout": 120000, "keepalive": 300000, "address_form": "text",
                        "fragment": rpc.FRAGMENT, "one_segment": False, "host": "mail.lab.test", "path": "/rpc/rpcproxy.dll",
                        "absolute": False, "headers": (), "out_headers": (), "ack": True, "in_length": None, "out_length": None,
                        "chunks": None, "version": "HTTP/1.1", "content_type": "application/rpc", "expect": False,
                        "rpc_auth": False, "proxy_port": 80, "via": None, "group": None, "persistent": False, "tunnel": None, "mss": {}}
        unknown = set(options) - set(self.options)
        if unknown:
            raise ValueError(f"unknown options {unknown}")
        self.options.update(options)
        self.vc = digest(f"{self.label}/vc")
        self.group = self.options["group"] or digest(f"{self.label}/group")
        self.channels, self.recycles = [], []
        self.inn = self.out = None            # the default channels as the client sees them
        self.call_id = 0
        self.agreed = None  # context and transfer syntax of the calls, where a bind settled them
        self.ended = "capture ends"
        self.transport = "rpc_http_v2"
        self.facts = {}                       # what else the truth file says of it
        self.number = len(capture.sessions) + 1
        self.context_handle = bytes(4) + digest(f"{self.label}/context")
        capture.sessions.append(self)

    # Sending -----------------------------------------------------------------------------------------------------------

    def _place(self, connection, side, data):
        """Sends, and returns where it stands; a chunked OUT response wraps it."""
        chunk = self.options["chunks"]
        if chunk and connection.facts["hop"] == "client" and connection.facts["channel"] == "OUT" and side == 1:
            return self._chunked(connection, data, chunk)
        start, end = connection.send(side, data)
        return connection, side, start, end

    @staticmethod
    def _chunked(connection, data, chunk):
        """The bytes as chunks of this size: PDUs are cut by chunk boundaries."""
        first = last = None
        with connection.together(1):
            for at in range(0, len(data), chunk):
                part = data[at:at + chunk]
                connection.send(1, f"{len(part):x}\r\n".encode())
                start, last = connection.send(1, part)
                first = start if first is None else first
                connection.send(1, b"\r\n")
        return connection, 1, first, last

    def send_rts(self, name, channel, path=None, broken=None, data=None, note=None, violation=None, **values):
        """Sends an RTS PDU over the leg its path names ("client->inproxy") and notes it, and which rule it breaks."""
        sender, receiver = (path or rts.PDUS[name][1]).split("->")
        hop = "client" if "client" in (sender, receiver) else "server"
        side = 0 if sender == "client" or receiver == "server" else 1
        values.setdefault("vc", self.vc)
        for key in ("window", "timeout", "lifetime", "keepalive"):
            values.setdefault(key, self.options[key])
        values.setdefault("group", self.group)
        data = data or rts.build(name, broken, **values)
        place = self._place(channel.http if hop == "client" else channel.back, side, data)
        self.capture.pdus.append({"type": "rts", "name": name, "session": self.number, "hop": hop, "from": sender, "to": receiver,
                                  "channel": channel.cookie.hex(), "place": place, "bytes": len(data), "note": note,
                                  "violation": violation})
        if violation:
            self.capture.notes.append({"code": violation, "session": self.number, "place": place})
        return name

    def send_rpc(self, kind, data, channel, hop, call_id, fragment=None):
        """Sends an RPC PDU over one leg of a channel, counts it against the window, and notes it."""
        side = 0 if channel.kind == "IN" else 1
        place = self._place(channel.http if hop == "client" else channel.back, side, data)
        channel.sent[hop] += len(data)
        ends = {("IN", "client"): ("client", "inproxy"), ("IN", "server"): ("inproxy", "server"),
                ("OUT", "client"): ("outproxy", "client"), ("OUT", "server"): ("server", "outproxy")}[channel.kind, hop]
        self.capture.pdus.append({"type": kind, "session": self.number, "hop": hop, "from": ends[0], "to": ends[1], "call_id": call_id,
                                  "channel": channel.cookie.hex(), "place": place, "bytes": len(data), "fragment": fragment})
        return place

    def head(self, connection, side, lines, body=b"", what=None):
        """Sends an HTTP head (and an ordinary body)."""
        text = "\r\n".join(lines) + "\r\n\r\n"
        start, end = connection.send(side, text.encode() + body)
        self.capture.heads.append({"session": self.number, "what": what, "line": lines[0][:200], "place": (connection, side, start, end)})

    # HTTP --------------------------------------------------------------------------------------------------------------

    def request_lines(self, kind, length, authorization=None):
        """The head of an RPC_IN_DATA or RPC_OUT_DATA request, 2.1.2.1.1 and 2.1.2.1.2."""
        options = self.options
        uri = f"{options['path']}?{options['target']}"
        if options["absolute"]:
            uri = f"http://{options['host']}{uri}"
        lines = [f"RPC_{kind}_DATA {uri} {options['version']}", "Accept: application/rpc", "Cache-Control: no-cache",
                 "Connection: Keep-Alive", f"Content-Length: {length}", f"Host: {options['host']}", "Pragma: No-cache", "User-Agent: MSRPC"]
        lines += options["headers"]
        if options["expect"] and kind == "IN" and length:
            lines.append("Expect: 100-continue")
        if authorization:
            lines.append(f"Authorization: {authorization}")
        return lines

    @staticmethod
    def challenge_lines(challenges, length):
        """The head of a 401 as IIS writes it."""
        return ["HTTP/1.1 401 Unauthorized", f"Content-Length: {length}", "Content-Type: text/plain", "Server: Microsoft-IIS/10.0",
                *(f"WWW-Authenticate: {challenge}" for challenge in challenges)]

    def open_http(self, kind, channel, length, first_bare=False):
        """Connects to the proxy, authenticates the TCP connection, sends the final request's head."""
        via = self.options["via"]
        channel.http = Connection(self.capture, self.clock, self.client, (via or channel.proxy).front, self.options["proxy_port"],
                                  hop="client", channel=kind, session=self.number, **self.options["mss"])
        connection = channel.http.open(2 * 900)
        if self.options["tunnel"]:
            self.tunnel(connection)
        exchange = auth.Exchange(self.options["auth"], f"{self.label}/{channel.cookie.hex()}", self.options["account"])
        if first_bare:
            self.head(connection, 0, self.request_lines(kind, 0), what="request without credentials")
            self.clock.wait(1500, 2500)
            self.head(connection, 1, self.challenge_lines(ALL_SCHEMES, len(DENIED)), DENIED, "challenge")
            self.clock.wait(900, 1400)
        for request, challenge in exchange.legs():
            self.head(connection, 0, self.request_lines(kind, 0, request), what="authentication leg")
            self.clock.wait(1500, 2500)
            self.head(connection, 1, self.challenge_lines((challenge,), len(DENIED)), DENIED, "challenge")
            self.clock.wait(900, 1400)
        channel.exchange = exchange
        return lambda: self.head(connection, 0, self.request_lines(kind, length, exchange.final()), what="channel request")

    def tunnel(self, connection):
        """A CONNECT through an HTTP proxy that wants credentials first."""
        lines = [f"CONNECT {self.options['tunnel']} HTTP/1.1", f"Host: {self.options['tunnel']}", "Proxy-Connection: Keep-Alive"]
        self.head(connection, 0, lines, what="tunnel request")
        self.clock.wait(1500, 2500)
        self.head(connection, 1, ["HTTP/1.1 407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="proxy"',
                                  "Content-Length: 0"], what="challenge")
        self.clock.wait(900, 1400)
        self.head(connection, 0, lines + [f"Proxy-Authorization: {auth.basic(auth.Account('surfer', ''))}"], what="tunnel request")
        self.clock.wait(1500, 2500)
        self.head(connection, 1, ["HTTP/1.1 200 Connection established"], what="tunnel response")
        self.clock.wait(900, 1400)

    def out_response(self, channel):
        """The head of the 200 that opens an OUT response, 2.1.2.1.4."""
        options = self.options
        lines = ["HTTP/1.1 200 Success", f"Content-Type: {options['content_type']}"]
        if options["chunks"]:
            lines.append("Transfer-Encoding: chunked")
        else:
            lines.append(f"Content-Length: {options['out_length'] or options['lifetime']}")
        accepted = channel.exchange.accepted()
        if accepted:
            lines.append(f"WWW-Authenticate: {accepted}")
        lines += options["out_headers"]
        if options["persistent"]:
            lines.append("Persistent-Auth: true")
        self.head(channel.http, 1, lines, what="channel response")

    def open_back(self, channel):
        """The proxy connects to the server, which greets, 2.1.2.2.1."""
        channel.back = Connection(self.capture, self.clock, channel.proxy.back, self.server, self.port, hop="server",
                                  channel=channel.kind, session=self.number, **self.options["mss"])
        channel.back.open(300)
        if self.options["banner"]:
            channel.back.send(1, b"ncacn_http/1.0")
            self.clock.wait(60)

    def new_channel(self, kind, proxy, recycle=None, predecessor=None):
        """A channel instance with its cookie."""
        count = sum(channel.kind == kind for channel in self.channels)
        channel = Channel(kind, digest(f"{self.label}/{kind}/{count}"), proxy)
        channel.predecessor, channel.recycle = predecessor, recycle
        self.channels.append(channel)
        return channel

    # Establishment, 3.2.1.5.3.1 ----------------------------------------------------------------------------------------------

    def conn(self, in_proxy=None, out_proxy=None, first_bare=False, proxy_pause=300):
        """CONN/A1 to CONN/C2."""
        options = self.options
        self.inn = inn = self.new_channel("IN", in_proxy or self.proxy)
        self.out = out = self.new_channel("OUT", out_proxy or self.proxy)
        in_head = self.open_http("IN", inn, options["in_length"] or options["lifetime"], first_bare)
        out_head = self.open_http("OUT", out, OUT_FIRST, first_bare)
        self._with_head(inn.http, in_head, lambda: None if options["expect"] else self.send_rts("CONN/B1", inn, cookie=inn.cookie))
        if options["expect"]:
            self.clock.wait(1200)
            self.head(inn.http, 1, ["HTTP/1.1 100 Continue", "Via: 1.1 FIREWALL1"], what="continue")
            self.clock.wait(900)
            self.send_rts("CONN/B1", inn, cookie=inn.cookie)
        yield "CONN/B1"
        self.clock.wait(100, 200)
        self._with_head(out.http, out_head, lambda: self.send_rts("CONN/A1", out, cookie=out.cookie))
        yield "CONN/A1"
        self.clock.wait(proxy_pause, proxy_pause + 200)
        self.open_back(out)
        yield self.send_rts("CONN/A2", out, cookie=out.cookie)
        self.clock.wait(80, 160)
        if options["one_segment"] and not options["chunks"]:
            with out.http.together(1):
                self.out_response(out)
                self.send_rts("CONN/A3", out)
        else:
            self.out_response(out)
            self.send_rts("CONN/A3", out)
        yield "CONN/A3"
        self.open_back(inn)
        address = rts.address(self.client.address, options["address_form"])
        yield self.send_rts("CONN/B2", inn, cookie=inn.cookie, address=address)
        self.clock.wait(400, 700)
        yield self.send_rts("CONN/C1", out)
        self.clock.wait(30)
        yield self.send_rts("CONN/B3", inn)
        self.clock.wait(80, 160)
        yield self.send_rts("CONN/C2", out)
        self.clock.wait(2000, 2600)

    def _with_head(self, connection, send_head, send_pdu):
        """A request's head and its first PDU: in one segment, or one after the other."""
        if self.options["one_segment"]:
            with connection.together(0):
                send_head()
                send_pdu()
        else:
            send_head()
            self.clock.wait(20)
            send_pdu()

    # Recycling, 3.2.1.5.3.2 to 3.2.1.5.3.5 ------------------------------------------------------------------------------------

    def _recycle(self, kind, form, predecessor, successor):
        record = {"kind": kind, "form": form, "predecessor": predecessor.cookie.hex(), "successor": successor.cookie.hex(),
                  "result": "under way"}
        successor.predecessor, successor.recycle = predecessor, form
        self.recycles.append(record)
        return record

    def in_r1(self, proxy):
        """IN channel recycling to another proxy, 3.2.1.5.3.2: IN_R1/A1 to A6, B1, B2."""
        old, new = self.inn, self.new_channel("IN", proxy)
        record = self._recycle("IN", "R1", old, new)
        cookies = {"predecessor": old.cookie, "successor": new.cookie}
        self.open_http("IN", new, self.options["in_length"] or self.options["lifetime"])()
        yield self.send_rts("IN_R1/A1", new, **cookies)
        self.clock.wait(250, 400)
        self.open_back(new)
        yield self.send_rts("IN_R1/A2", new, **cookies)
        self.clock.wait(200, 400)
        yield self.send_rts("IN_R1/A3", self.out)
        self.clock.wait(80, 160)
        yield self.send_rts("IN_R1/A4", self.out)
        self.clock.wait(1800, 2200)
        name = self.send_rts("IN_R1/A5", old, successor=new.cookie)
        self.inn = new
        yield name
        self.clock.wait(80, 160)
        yield self.send_rts("IN_R1/A6", old, successor=new.cookie)
        self.clock.wait(40, 80)
        yield self.send_rts("IN_R1/B1", old)
        old.http.finish(1)
        old.back.finish(0)
        self.clock.wait(150, 250)
        yield self.send_rts("IN_R1/B2", new)
        self.clock.wait(80)
        record["result"] = "done"

    def in_r2(self):
        """IN channel recycling within one proxy, 3.2.1.5.3.3: IN_R2/A1 to A5; the back-end connection stays."""
        old, new = self.inn, self.new_channel("IN", self.inn.proxy)
        record = self._recycle("IN", "R2", old, new)
        new.back = old.back
        self.open_http("IN", new, self.options["in_length"] or self.options["lifetime"])()
        yield self.send_rts("IN_R2/A1", new, predecessor=old.cookie, successor=new.cookie)
        self.clock.wait(80, 160)
        yield self.send_rts("IN_R2/A2", new, successor=new.cookie)
        self.clock.wait(200, 400)
        yield self.send_rts("IN_R2/A3", self.out)
        self.clock.wait(80, 160)
        yield self.send_rts("IN_R2/A4", self.out)
        self.clock.wait(1800, 2200)
        name = self.send_rts("IN_R2/A5", old, successor=new.cookie)
        self.inn = new
        yield name
        self.clock.wait(100)
        old.http.finish(1)
        record["result"] = "done"

    def out_r1(self, proxy, undefined=0):
        """OUT channel recycling to another proxy, 3.2.1.5.3.4: OUT_R1/A1 to A11."""
        old, new = self.out, self.new_channel("OUT", proxy)
        record = self._recycle("OUT", "R1", old, new)
        cookies = {"predecessor": old.cookie, "successor": new.cookie}
        yield self.send_rts("OUT_R1/A1", old)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R1/A2", old)
        self.clock.wait(1800, 2200)
        self.open_http("OUT", new, OUT_NEXT)()
        yield self.send_rts("OUT_R1/A3", new, **cookies)
        self.clock.wait(250, 400)
        self.open_back(new)
        yield self.send_rts("OUT_R1/A4", new, **cookies)
        self.clock.wait(200, 400)
        yield self.send_rts("OUT_R1/A5", old)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R1/A6", old)
        self.clock.wait(1800, 2200)
        yield self.send_rts("OUT_R1/A7", self.inn, successor=new.cookie)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R1/A8", self.inn, successor=new.cookie)
        self.clock.wait(200, 400)
        yield self.send_rts("OUT_R1/A9", old)
        old.back.finish(1)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R1/A10", old)
        self._undefined(old, undefined)
        self.clock.wait(1800, 2200)
        yield self.send_rts("OUT_R1/A11", new)
        self.clock.wait(80, 160)
        self.out_response(new)
        self.out = new
        record["result"] = "done"

    def out_r2(self, c1_first=False, long_form=False, refused=False, undefined=0):
        """OUT channel recycling within one proxy, 3.2.1.5.3.5: A1 to A8, B1 (or B2), B3, C1; the back-end connection stays."""
        old, new = self.out, self.new_channel("OUT", self.out.proxy)
        record = self._recycle("OUT", "R2", old, new)
        new.back = old.back
        yield self.send_rts("OUT_R2/A1", old)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R2/A2", old)
        self.clock.wait(1800, 2200)
        self.open_http("OUT", new, OUT_NEXT)()
        yield self.send_rts("OUT_R2/A3", new, predecessor=old.cookie, successor=new.cookie)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R2/A4", new, successor=new.cookie)
        self.clock.wait(200, 400)
        yield self.send_rts("OUT_R2/A5", old)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R2/A6", old)
        self.clock.wait(1800, 2200)
        if c1_first:
            yield self.send_rts("OUT_R2/C1", new)
            self.clock.wait(100, 200)
        wrong = digest(f"{self.label}/wrong") if refused else new.cookie
        yield self.send_rts("OUT_R2/A7", self.inn, successor=wrong)
        self.clock.wait(80, 160)
        if long_form:
            yield self.send_rts("OUT_R2/A8", self.inn, data=rts.build("OUT_R2/A7", successor=wrong), note="forwarded unchanged, 56 bytes")
        else:
            yield self.send_rts("OUT_R2/A8", self.inn, successor=wrong)
        if not c1_first:
            self.clock.wait(50, 90)
            yield self.send_rts("OUT_R2/C1", new)
        self.clock.wait(200, 400)
        if refused:
            yield self.send_rts("OUT_R2/B2", old)
            new.http.finish(1)
            record["result"] = "refused"
            return
        yield self.send_rts("OUT_R2/B1", old)
        self.clock.wait(80, 160)
        yield self.send_rts("OUT_R2/B3", old)
        self._undefined(old, undefined)
        self.out_response(new)
        self.out = new
        record["result"] = "done"

    def _undefined(self, channel, count):
        """Bytes without meaning after the last PDU of a predecessor OUT response, then its end."""
        if count:
            start, end = channel.http.send(1, digest(f"{self.label}/undefined/{channel.cookie.hex()}", count))
            self.capture.notes.append({"code": "bytes to ignore", "session": self.number, "place": (channel.http, 1, start, end)})
        channel.http.finish(1)

    # RPC ---------------------------------------------------------------------------------------------------------------

    def bind(self, interfaces=(rpc.EMSMDB,), accepted=None, group=0x12345, ptype=rpc.BIND, asked=0):
        """A bind and its answer on both hops; with NTLM of level connect where the session asks for it. asked is the association group
        that a bind names, 0 for a new one."""
        self.call_id += 1
        token = [b"", b"", b""]
        if self.options["rpc_auth"]:
            ntlm = auth.Ntlm(f"{self.label}/rpc", self.options["account"], self.server.name.upper(), f"exchangeMDB/{self.server.name}")
            token = [rpc.verifier(ntlm.negotiate()), rpc.verifier(ntlm.challenge()), ntlm.authenticate()]
        results = accepted or [True] * len(interfaces)
        for context, answer in enumerate(results):
            if answer in (rpc.NDR, rpc.NDR64):
                self.agreed = context, answer
        names = {rpc.BIND: ("bind", "bind_ack"), rpc.ALTER: ("alter_context", "alter_context_resp")}[ptype]
        self.relay("IN", names[0], rpc.bind(self.call_id, interfaces, asked if ptype == rpc.BIND else group, ptype, token[0]))
        self.clock.wait(500, 900)
        answer = rpc.BIND_ACK if ptype == rpc.BIND else rpc.ALTER_RESP
        self.relay("OUT", names[1], rpc.bind_ack(self.call_id, results, group, self.port, answer, token[1]))
        self.clock.wait(1800, 2400)
        if token[2]:
            self.relay("IN", "auth3", rpc.auth3(self.call_id, token[2]))
            self.clock.wait(100)

    def relay(self, kind, name, data, **more):
        """An RPC PDU over both hops in its direction."""
        channel = self.inn if kind == "IN" else self.out
        hops = ("client", "server") if kind == "IN" else ("server", "client")
        for hop in hops:
            self.send_rpc(name, data, channel, hop, self.call_id, **more)
            self.clock.wait(60, 140)

    def begin(self, operation, size=None):
        """A call that is going to be made."""
        self.call_id += 1
        if self.agreed:
            operation.context = self.agreed[0]
            operation.encode(wide=self.agreed[1] == rpc.NDR64)
        call = Call(self, self.call_id, operation, size or self.options["fragment"])
        self.capture.calls.append(call)
        return call

    def put(self, call, way, hop, index, channel):
        """Sends one fragment of a call over one leg."""
        data = (call.requests if way == "request" else call.responses)[index]
        kind = "fault" if way == "response" and call.operation.status is not None else way
        place = self.send_rpc(kind, data, channel, hop, call.call_id, index)
        if place:
            call.places[way, hop].append(place)
        return place

    def request(self, call, count=None, forward=True, channel=None):
        """Sends the next request fragments (all by default) to the proxy, and on to the server."""
        channel = channel or self.inn
        for _ in range(count if count is not None else len(call.requests) - call.next_request):
            self.put(call, "request", "client", call.next_request, channel)
            call.next_request += 1
            self.clock.wait(60, 140)
            if forward:
                self.forward(call, 1, channel)
        return call

    def forward(self, call, count=1, channel=None):
        """The inbound proxy passes on request fragments it has."""
        channel = channel or self.inn
        for _ in range(count):
            self.put(call, "request", "server", call.next_forward, channel)
            call.next_forward += 1
            self.clock.wait(20, 60)
        self._acknowledge(channel)

    def response(self, call, count=None, channel=None):
        """The next response fragments (all by default), from the server over the outbound proxy."""
        channel = channel or self.out
        for _ in range(count if count is not None else len(call.responses) - call.next_response):
            for hop in ("server", "client"):
                self.put(call, "response", hop, call.next_response, channel)
                self.clock.wait(60, 140)
            call.next_response += 1
        self._acknowledge(channel)
        return call

    def call(self, operation, server_us=1500, think_us=3000, size=None):
        """A call from beginning to end."""
        call = self.request(self.begin(operation, size))
        self.clock.wait(server_us, server_us * 2)
        self.response(call)
        self.clock.wait(think_us, think_us * 2)
        return call

    def mail(self, count, largest=1800):
        """Store calls as a mailbox is read and written: connect, logon and open first when they are still to come."""
        handle = self.context_handle
        first = [lambda: rpc.connect(self.options["account"].user, handle),
                 lambda: rpc.logon(handle, self.options["account"].user, digest(f"{self.label}/mailbox")),
                 lambda: rpc.open_stream(handle)]
        for _ in range(count):
            made = self.mailed = getattr(self, "mailed", -1) + 1
            size = int.from_bytes(digest(f"{self.label}/size {made}", 2), "big") % largest + 1
            data = digest(f"{self.label}/data {made}", size)
            if made < len(first):
                self.call(first[made]())
            else:
                self.call(rpc.read(handle, data) if made % 3 else rpc.write(handle, data))

    # Flow control, 3.2.1.4.1 and 3.2.1.5.1; pings, 3.2.1.2.1 -----------------------------------------------------------------

    def _acknowledge(self, channel):
        """A receiver acknowledges when half of its window is used, as Windows does."""
        if self.options["ack"]:
            for hop in ("client", "server"):
                if channel.sent[hop] - channel.acked[hop] >= self.options["window"] // 2:
                    finish(self.ack(channel, hop))

    def ack(self, channel, hop, received=None, window=None, carrier=None):
        """The receiver of a leg acknowledges what it got; the PDU takes the way of 3.2.1.5.2, leg by leg."""
        received = channel.sent[hop] if received is None else received
        window = self.options["window"] if window is None else window
        channel.acked[hop] = received
        value = (received, window, channel.cookie)
        inn, out = self.inn, self.out
        if hop == "server":
            path = "server->inproxy" if channel.kind == "IN" else "outproxy->server"
            yield self.send_rts("FlowControlAck", channel, path, ack=value)
            self.clock.wait(20, 60)
            return
        if channel.kind == "OUT":
            ways, destination = (("client->inproxy", inn), ("inproxy->server", inn), ("server->outproxy", out)), rts.OUTPROXY
        else:
            ways, destination = (("inproxy->server", inn), ("server->outproxy", out), ("outproxy->client", out)), rts.CLIENT
        for path, carried in ways:
            yield self.send_rts("FlowControlAckWithDestination", carried, path, ack=value, destination=destination)
            self.clock.wait(60, 140)

    def ping(self, kind):
        """A ping of the client on IN or of the outbound proxy on OUT."""
        if kind == "IN":
            self.send_rts("Ping", self.inn, "client->inproxy")
        else:
            self.send_rts("Ping", self.out, "outproxy->client")

    # Ends --------------------------------------------------------------------------------------------------------------

    def close_by_client(self):
        """The client closes OUT and resets IN; the proxies close their connections to the server."""
        self.out.http.finish(0, both=False)
        self.clock.wait(50)
        self.inn.http.reset(0)
        self.clock.wait(150)
        self.out.http.finish(1)
        self.inn.back.finish(0)
        self.out.back.finish(0)
        self.ended = "closed by client"

    def close_by_server(self):
        """The server closes both of its connections; the proxies close the client's."""
        self.inn.back.finish(1)
        self.out.back.finish(1)
        self.clock.wait(100)
        self.out.http.finish(1)
        self.inn.http.finish(1)
        self.ended = "closed by server"


class Direct(Session):
    """An RPC connection both ways over one TCP connection: version 1 of the protocol, 3.1, with or without its HTTP hop."""

    def __init__(self, capture, label, client, proxy, server, port, http=None, **options):
        super().__init__(capture, label, client, proxy, server, port, **options)
        self.http = http  # the request's URI, or None: the client connects to the server itself
        self.transport = "rpc_http_v1" if http else "ncacn_http direct" if self.options["banner"] else "rpc_tcp"
        self.inn = self.out = Channel("BOTH", b"", proxy)
        self.channels.append(self.inn)

    def conn(self):
        """The connections; with a proxy RPC_CONNECT, 2.1.1.1.1, and its answer."""
        channel = self.inn
        if self.http:
            channel.http = Connection(self.capture, self.clock, self.client, self.proxy.front, self.options["proxy_port"], hop="client",
                                      channel="BOTH", session=self.number).open(1800)
            self.head(channel.http, 0, [f"RPC_CONNECT {self.http} HTTP/1.1", f"Host: {self.options['host']}", "Pragma: No-cache",
                                        "User-Agent: RPC"], what="channel request")
            self.clock.wait(300)
        channel.back = Connection(self.capture, self.clock, self.proxy.back if self.http else self.client, self.server, self.port,
                                  hop="server", channel="BOTH", session=self.number).open(300)
        if self.options["banner"]:
            channel.back.send(1, b"ncacn_http/1.0")
            self.clock.wait(60)
        if self.http:
            self.head(channel.http, 1, ["HTTP/1.1 200 OK"], what="channel response")
        yield "open"

    def send_rpc(self, kind, data, channel, hop, call_id, fragment=None):
        """An RPC PDU over a leg that exists; its type says which way."""
        connection = channel.http if hop == "client" else channel.back
        if not connection:
            return None
        side = 0 if kind in ("bind", "alter_context", "auth3", "co_cancel", "request") else 1
        start, end = connection.send(side, data)
        ends = ("client", "proxy") if hop == "client" else ("proxy" if self.http else "client", "server")
        self.capture.pdus.append({"type": kind, "session": self.number, "hop": hop, "from": ends[side], "to": ends[1 - side],
                                  "call_id": call_id, "place": (connection, side, start, end), "bytes": len(data), "fragment": fragment})
        return connection, side, start, end

    def _acknowledge(self, channel):
        """There is no flow control."""

    def close_by_client(self):
        """The client closes."""
        for connection in (self.inn.http, self.inn.back):
            if connection:
                connection.finish(0)
        self.ended = "closed by client"
