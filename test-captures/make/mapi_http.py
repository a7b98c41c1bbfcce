"""MAPI over HTTP: what the real capture of it does not show; [MS-OXCMAPIHTTP] 2.2 and 3.1.5.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import auth
import rpc
from scenario import Lab, collector
from wire import Clock, Connection, digest

SCENARIOS = []
scenario = collector(SCENARIOS)
USER = auth.Account("grace@lab.test", domain="")
USER_DN = "/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=grace"
MAILBOX = "2d3c1a7e-5b0f-4c86-9a3e-0f6f2f1d8b11@lab.test"
PATHS = {"emsmdb": "/mapi/emsmdb/", "nspi": "/mapi/nspi/"}
FAILURE_PAGE = "<html><body><h1>{}</h1><p>The request could not be carried out.</p></body></html>"
NO_AUX = struct.pack("<I", 0)
PRESENT = b"\xff"
STAT = struct.pack("<9I", 0, 0, 0, 0, 0, 12, 1200, 1033, 1033)
TAGS = (0x3001001F, 0x39FE001F, 0x0FFE0003)  # PidTagDisplayName, PidTagSmtpAddress, PidTagObjectType


def text16(text):
    """UTF-16 with its end mark."""
    return (text + "\0").encode("utf-16-le")


def aux_block(kind, version, body):
    """One auxiliary block, [MS-OXCRPC] 2.2.2.2."""
    body += bytes(-len(body) % 4)
    return struct.pack("<HBB", len(body) + 4, version, kind) + body


def aux_buffer(blocks):
    """Auxiliary blocks under their RPC_HEADER_EXT, with the size in front."""
    return struct.pack("<IHHHH", len(blocks) + 8, 0, 4, len(blocks), len(blocks)) + blocks


def client_info(computer, mode):
    """AUX_PERF_CLIENTINFO, [MS-OXCRPC] 2.2.2.2.4: the computer's name, classic (1) or cached (2) mode."""
    return aux_block(0x02, 1, struct.pack("<IHHHHHHHHHHHH", 1000000, 1, 32, 0, 0, 0, 0, 0, 0, 0, 0, mode, 0) + text16(computer))


def process_info(name):
    """AUX_PERF_PROCESSINFO, [MS-OXCRPC] 2.2.2.2.6."""
    return aux_block(0x0B, 2, struct.pack("<HH16sHH", 4242, 0, digest(name), 28, 0) + text16(name))


def rows():
    """Two rows of an address book, with all their values."""
    out = struct.pack("<I", len(TAGS)) + struct.pack(f"<{len(TAGS)}I", *TAGS) + struct.pack("<I", 2)
    for name in ("Grace", "Barbara"):
        out += b"\0" + PRESENT + text16(name) + PRESENT + text16(f"{name.lower()}@lab.test") + struct.pack("<I", 6)
    return out


def good(body=b"", aux=NO_AUX, error=0):
    """The body of an answer that succeeded."""
    return struct.pack("<II", 0, error) + body + aux


class Player:
    """One client with its connections to one server; remembers its cookies and counts its requests."""

    def __init__(self, capture, lab):
        self.capture, self.lab = capture, lab
        self.clock = Clock(capture, "mapi")
        self.counter = 0
        self.cookies = {}

    def connect(self):
        """A new TCP connection."""
        return Connection(self.capture, self.clock, self.lab.client, self.lab.proxy.front, 80, hop="client", channel="MAPI").open()

    def request(self, endpoint, kind, body, authorized=True):
        """The bytes of a request, and its truth."""
        self.counter += 1
        lines = [f"POST {PATHS[endpoint]}?MailboxId={MAILBOX} HTTP/1.1", "Host: mail.lab.test", f"X-RequestType: {kind}",
                 "X-ClientInfo: {0C7A1E52-33F0-4E3C-8E1B-6B9A52D1A0F4}:7",
                 f"X-RequestId: {{{digest('requests').hex()}}}:{self.counter}", "X-ClientApplication: Outlook/15.0.5023.1000",
                 "User-Agent: Microsoft Office/15.0", "Content-Type: application/mapi-http", f"Content-Length: {len(body)}"]
        if endpoint in self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies[endpoint].items()))
        if authorized:
            lines.append(f"Authorization: {auth.basic(USER)}")
        row = {"endpoint": endpoint, "type": kind, "counter": self.counter, "request_bytes": len(body)}
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body, row

    def answer_head(self, row, code, more, status="200 OK", content="application/mapi-http"):
        """The head of an answer."""
        lines = [f"HTTP/1.1 {status}", "Cache-Control: private", f"Content-Type: {content}", f"X-RequestType: {row['type']}",
                 f"X-RequestId: {{{digest('requests').hex()}}}:{row['counter']}", f"X-ResponseCode: {code}",
                 "X-ServerApplication: Exchange/15.00.0847.4040", "X-PendingPeriod: 1500", "X-ExpirationInfo: 900000", *more]
        row.update(status=int(status[:3]), code=code)
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def chunked(self, row, body, code=0, pending=0, more=()):
        """The pieces of a chunked answer: what stands in front, then the body."""
        done = b"DONE\r\nX-ElapsedTime: 4\r\nX-StartTime: Mon, 02 Mar 2026 08:00:00 GMT\r\n\r\n"
        parts = [b"PROCESSING\r\n", *[b"PENDING\r\n"] * pending, done + body]
        row.update(response_bytes=len(body), pending=pending)
        pieces = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
        pieces[0] = self.answer_head(row, code, [*more, "Transfer-Encoding: chunked"]) + pieces[0]
        pieces[-1] += b"0\r\n\r\n"
        return pieces

    def whole(self, row, code, text, status="200 OK", more=()):
        """An answer with a text that says what is wrong."""
        row.update(response_bytes=len(text), pending=0, is_text=bool(text))
        return self.answer_head(row, code, [*more, f"Content-Length: {len(text)}"], status, "text/html") + text.encode()

    def bare(self, row, status, more=()):
        """A head and nothing else, which does not even say that it is of MAPI over HTTP: a proxy's answer."""
        row.update(status=int(status[:3]), code=None, response_bytes=0, pending=0)
        return "\r\n".join([f"HTTP/1.1 {status}", "Server: proxy", *more, "Content-Length: 0"]).encode() + b"\r\n\r\n"

    def new_cookies(self, endpoint):
        """Cookies of a new session context; the lines that set them."""
        name = digest(f"{endpoint} {self.counter}").hex()
        self.cookies[endpoint] = {"MapiContext": f"MAPIAAAA{name}", "MapiSequence": f"{self.counter}-{name[:8]}", "X-BackEndCookie": "mbx1"}
        return [f"Set-Cookie: {name}={value}; path={PATHS[endpoint]}; secure; HttpOnly" for name, value in self.cookies[endpoint].items()]

    def next_sequence(self, endpoint):
        """The line that moves the sequence on."""
        self.cookies[endpoint]["MapiSequence"] = f"{self.counter}-{digest(str(self.counter)).hex()[:8]}"
        return [f"Set-Cookie: MapiSequence={self.cookies[endpoint]['MapiSequence']}; path={PATHS[endpoint]}; secure; HttpOnly"]

    def note(self, row, session, request, response):
        """Writes an exchange down."""
        row.update(session=session, request=request, response=response)
        self.capture.exchanges.append(row)

    def send(self, connection, side, data):
        """Where the bytes stand."""
        return (connection, side, *connection.send(side, data))

    def exchange(self, connection, endpoint, kind, body, answer, session, **more):
        """One request and its answer; `answer` makes the pieces of it from the row."""
        data, row = self.request(endpoint, kind, body, **more)
        request = self.send(connection, 0, data)
        self.clock.wait(900, 4000)
        pieces = answer(row)
        places = []
        for piece in pieces if isinstance(pieces, list) else [pieces]:
            places.append(self.send(connection, 1, piece))
            if row.get("pending") and len(places) < len(pieces):
                self.clock.wait(1_500_000)
        self.note(row, session, request, (connection, 1, places[0][2], places[-1][3]))
        self.clock.wait(300, 900)


    def together(self, connection, session, calls):
        """Requests in one segment, and their answers in one; each call is (endpoint, type, body, what makes the answer)."""
        requests = [self.request(*call[:3]) for call in calls]
        start, _ = connection.send(0, b"".join(data for data, _ in requests))
        self.clock.wait(2000, 3000)
        answers = [b"".join(call[3](row)) for call, (_, row) in zip(calls, requests)]
        back, _ = connection.send(1, b"".join(answers))
        for (data, row), answer in zip(requests, answers):
            self.note(row, session, (connection, 0, start, start + len(data)), (connection, 1, back, back + len(answer)))
            start, back = start + len(data), back + len(answer)
        self.clock.wait(500)


def address_book(player):
    """A refused request, a failing Bind, a good one, calls one by one and two at once."""
    connection = player.connect()
    bind = struct.pack("<I", 0) + PRESENT + STAT + NO_AUX
    player.exchange(connection, "nspi", "Bind", bind, lambda row: player.whole(
        row, 8, FAILURE_PAGE.format("401"), "401 Unauthorized", ['WWW-Authenticate: Basic realm="mail.lab.test"']), None, authorized=False)
    player.exchange(connection, "nspi", "Bind", bind, lambda row: player.whole(row, 2, FAILURE_PAGE.format("Invalid verb")), "failed bind")
    player.exchange(connection, "nspi", "Bind", bind, lambda row: player.chunked(
        row, good(digest("server")), more=player.new_cookies("nspi")), "address book")
    columns = PRESENT + struct.pack("<I", len(TAGS)) + struct.pack(f"<{len(TAGS)}I", *TAGS)
    query = struct.pack("<I", 0) + PRESENT + STAT + struct.pack("<II", 0, 50) + columns + NO_AUX
    player.exchange(connection, "nspi", "QueryRows", query, lambda row: player.chunked(
        row, good(PRESENT + STAT + PRESENT + rows()), more=player.next_sequence("nspi")), "address book")
    update = bytes(4) + PRESENT + STAT + b"\1" + NO_AUX
    names = bytes(4) + PRESENT + struct.pack("<I", 1) + USER_DN.encode() + b"\0" + NO_AUX
    player.together(connection, "address book", [
        ("nspi", "UpdateStat", update, lambda row: player.chunked(row, good(PRESENT + STAT + PRESENT + struct.pack("<i", -3)))),
        ("nspi", "DNToMId", names, lambda row: player.chunked(row, good(PRESENT + struct.pack("<II", 1, 0x1A))))])
    player.exchange(connection, "nspi", "Unbind", bytes(4) + NO_AUX, lambda row: player.chunked(row, good(error=1)), "address book")
    connection.finish(0)


def connect_body():
    """The body of a Connect."""
    body = USER_DN.encode() + b"\0" + struct.pack("<IIII", 0, 1252, 1033, 1033)
    return body + aux_buffer(client_info("DESK1", 2) + process_info("OUTLOOK.EXE"))


def connected():
    """The body of its answer."""
    return good(struct.pack("<III", 60000, 6, 10000) + b"/o=Lab\0" + text16("Grace"))


def execute_bodies():
    """The body of an Execute, and of its answer."""
    request, response = rpc.payload(b"\x01\x00\x00", (0x11,)), rpc.payload(b"", (0xFFFFFFFF,))  # RopRelease has no response
    return (struct.pack("<II", 3, len(request)) + request + struct.pack("<I", 0x8007) + NO_AUX,
            good(struct.pack("<II", 0, len(response)) + response))


def mailbox(player):
    """A session on one connection, its wait for news on another, its end, and a request that comes too late."""
    work, waits = player.connect(), player.connect()
    player.exchange(work, "emsmdb", "Connect", connect_body(), lambda row: player.chunked(
        row, connected(), more=player.new_cookies("emsmdb")), "mailbox")
    execute, answer = execute_bodies()
    player.exchange(work, "emsmdb", "Execute", execute, lambda row: player.chunked(row, answer, more=player.next_sequence("emsmdb")), "mailbox")
    player.exchange(waits, "emsmdb", "NotificationWait", bytes(4) + NO_AUX, lambda row: player.chunked(
        row, good(struct.pack("<I", 1)), pending=2), "mailbox")
    player.exchange(work, "emsmdb", "PING", b"", lambda row: player.whole(row, 0, ""), "mailbox")
    player.exchange(work, "emsmdb", "Disconnect", NO_AUX, lambda row: player.chunked(row, good()), "mailbox")
    player.exchange(work, "emsmdb", "Execute", execute, lambda row: player.whole(row, 10, FAILURE_PAGE.format("Context not found")), "mailbox")
    waits.finish(0)
    work.reset(1)


@scenario("[MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3.3, 2.2.4, 2.2.5, 2.2.7, 3.1.5", "RFC 9112 9.3.2")
def mapi_http_forms(capture):
    """MAPI over HTTP: a 401 leg, a Bind that fails by its X-ResponseCode, a good one, two requests in one segment, a
    NotificationWait kept alive by PENDING, PING, Disconnect, and a request after it."""
    player = Player(capture, Lab())
    address_book(player)
    mailbox(player)


@scenario("[MS-OXCMAPIHTTP] 2.2.2, 2.2.6, 3.1.5", "RFC 9112 6.3, 9.3.2")
def mapi_http_heads(capture):
    """MAPI over HTTP without bodies: PING alone, and between other requests in one segment, on both endpoints; a 401 and a 503
    of a proxy that have a head only and no field of MAPI over HTTP."""
    player = Player(capture, Lab())
    connection = player.connect()
    player.exchange(connection, "emsmdb", "PING", b"", lambda row: player.bare(
        row, "401 Unauthorized", ['WWW-Authenticate: Basic realm="mail.lab.test"']), None, authorized=False)
    player.exchange(connection, "emsmdb", "Connect", connect_body(), lambda row: player.chunked(
        row, connected(), more=player.new_cookies("emsmdb")), "mailbox")
    execute, answer = execute_bodies()
    ping = ("emsmdb", "PING", b"", lambda row: [player.whole(row, 0, "")])
    player.together(connection, "mailbox", [ping, ("emsmdb", "Execute", execute, lambda row: player.chunked(row, answer)), ping])
    player.exchange(connection, "emsmdb", "PING", b"", lambda row: player.bare(row, "503 Service Unavailable"), "mailbox")
    player.exchange(connection, "nspi", "PING", b"", lambda row: player.whole(row, 0, ""), "address book")
    connection.finish(0)
