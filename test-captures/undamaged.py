"""The calls of an undamaged capture, read from its bytes by the few rules that need no state, and compared with what its clients logged.

A complete capture needs no decoder: bytes are where the sequence numbers put them, heads end in an empty line, PDUs have their length in
their header, and RTS PDUs name their virtual connection by their first cookie. The logs of the programs that took part, or the sidecar, must
have the same calls.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import bisect
import collections
import gzip
import itertools
import json
import re
import struct

import disturb
import tools

RTS, RECYCLES, TYPES = 20, 4, {0: "request", 2: "response", 3: "fault"}
FIRST_FRAGMENT, LAST_FRAGMENT, WITH_OBJECT = 1, 2, 0x80
# The commands of RTS PDUs by their size, [MS-RPCH] 2.2.3.5; those of other sizes end the walk.
COMMAND_SIZES = {0: 4, 1: 24, 2: 4, 3: 16, 4: 4, 5: 4, 6: 4, 7: 0, 10: 0, 12: 16, 13: 4, 14: 4}
COOKIE = 3
BANNER = b"ncacn_http/1.0"
ENDS_OF_PREAMBLE = re.compile(rb"(?:(?:PROCESSING|PENDING|DONE)\r\n)+(?:[^\r\n]+\r\n)*\r\n")


class Direction:
    """What one side of a TCP connection sent: its bytes in order, and the frames that they came in."""

    def __init__(self):
        self.data, self.starts, self.frames, self.next = bytearray(), [], [], None

    def add(self, sequence, payload, frame):
        """The payload of a frame; bytes that came before are not taken again."""
        if self.next is None:
            self.next = sequence
        known = (self.next - sequence) & 0xFFFFFFFF
        if known >= 1 << 31 or known >= len(payload):
            return known < 1 << 31
        self.starts.append(len(self.data))
        self.frames.append(frame)
        self.data += payload[known:]
        self.next = (sequence + len(payload)) & 0xFFFFFFFF
        return True

    def frames_of(self, start, end):
        """The frames of a range of bytes, and whether the first of them begins with it."""
        first, last = bisect.bisect_right(self.starts, start) - 1, bisect.bisect_left(self.starts, end) - 1
        return self.frames[first:last + 1], self.starts[first] == start


class Item:
    """A head, a PDU or a message: its frames, and what it says of itself."""

    def __init__(self, direction, start, end, fixed, **facts):
        self.frames, self.begins_segment = direction.frames_of(start, end)
        self.length, self.fixed, self.facts = end - start, fixed, facts


def tcp_payload(packet):
    """(sender, receiver, flags, sequence number, payload) of a TCP packet; None for others."""
    fact = disturb.tcp_facts(packet)
    if not fact:
        return None
    ends, is_first, flags, length = fact
    sender, receiver = ends if is_first else ends[::-1]
    # The port in the key is where the header begins.
    at = packet.data.index(sender[-2:] + receiver[-2:], 14 if packet.link_type == disturb.ETHERNET else 0)
    header = at + (packet.data[at + 12] >> 4) * 4
    return sender, receiver, flags, struct.unpack(">I", packet.data[at + 4:at + 8])[0], packet.data[header:header + length]


def connections(packets):
    """The TCP connections: [(client, server, {client's Direction, server's})] in the order of their first frames."""
    found, open_now = [], {}
    for number, packet in enumerate(packets, 1):
        fact = tcp_payload(packet)
        if not fact:
            continue
        sender, receiver, flags, sequence, payload = fact
        key = tuple(sorted((sender, receiver)))
        if key not in open_now or (flags & disturb.SYN and open_now[key][2][sender].data):
            server_first = sender[-2:] < receiver[-2:] and not flags & disturb.SYN
            client, server = (receiver, sender) if server_first else (sender, receiver)
            open_now[key] = (client, server, {client: Direction(), server: Direction()})
            found.append(open_now[key])
        if payload and not open_now[key][2][sender].add(sequence, payload, number):
            raise ValueError(f"frame {number}: bytes before it are missing")
    return found


def fields_of(head):
    """The fields of an HTTP head by their lower-case names."""
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])}


def chunks(data, at):
    """(body, end, whether it ends) of a chunked body."""
    body = b""
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line].split(b";")[0], 16)
        body += data[line + 2:line + 2 + size]
        at = line + 2 + size + 2
        if size == 0 or at > len(data):
            return body, min(at, len(data)), at <= len(data)
    return body, len(data), False


def first_cookie(data):
    """The first cookie of an RTS PDU if it has two: that of its virtual connection."""
    (count,), at, found = struct.unpack("<H", data[18:20]), 20, []
    for _ in range(count):
        (kind,) = struct.unpack("<I", data[at:at + 4])
        if kind not in COMMAND_SIZES:
            break
        if kind == COOKIE:
            found.append(bytes(data[at + 4:at + 20]))
        at += 4 + COMMAND_SIZES[kind]
    return found[0] if len(found) > 1 else None


def pdu_at(direction, at, order="<"):
    """The PDU at that place; None if it is not whole."""
    data = direction.data
    if at + 16 > len(data) or data[at] != 5:
        return None
    length, auth, call_id = struct.unpack(order + "HHI", data[at + 8:at + 16])
    kind, flags = data[at + 2], data[at + 3]
    if at + length > len(data) or length < 16:
        return None
    item = Item(direction, at, at + length, 16, kind=TYPES.get(kind, kind), flags=flags, call_id=call_id)
    if kind == RTS:
        item.facts["cookie"] = first_cookie(data[at:at + length])
        item.facts["recycles"] = bool(data[at + 16] & RECYCLES)
    if kind in TYPES:
        item.fixed = 28 if kind == 3 else 24
        stub = length - 24 - (16 if kind == 0 and flags & WITH_OBJECT else 0)
        if auth:
            stub -= auth + 8 + data[at + length - auth - 8 + 2]
        item.facts["stub"] = 0 if kind == 3 else stub
        if kind == 0:
            item.facts["opnum"] = struct.unpack(order + "H", data[at + 22:at + 24])[0]
    return item


def pdus(direction, at, end):
    """The PDUs from there on, and where the next item begins."""
    found = []
    while at < min(end, len(direction.data)):
        item = pdu_at(direction, at)
        if not item:
            break
        found.append(item)
        at += item.length
    return found, at


def http_items(direction, is_client, answered):
    """The items of one side of an HTTP connection. `answered`: the methods of the requests, in order, for their responses."""
    data, at, found = direction.data, 0, []
    while at < len(data):
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            break
        head, start, at = bytes(data[at:end + 4]), at, end + 4
        fields, line = fields_of(head), head.split(b"\r\n", 1)[0].decode("latin-1")
        length = int(fields.get(b"content-length", b"0"))
        status = 0 if is_client else int(line.split()[1])
        method = line.split()[0] if is_client else answered.pop(0) if status >= 200 and answered else None
        if is_client:
            answered.append(method)
        is_rpc = method in ("RPC_IN_DATA", "RPC_OUT_DATA")
        is_complete, is_chunked = True, fields.get(b"transfer-encoding", b"").lower() == b"chunked"
        if is_rpc and (is_client and length > 16 or status == 200) and not is_chunked:
            found.append(Item(direction, start, at, at - start, head=line, status=status))
            items, at = pdus(direction, at, at + length if length else len(data))
            found += items
            continue
        if is_chunked:
            body, at, is_complete = chunks(data, at)
        else:
            body, is_complete = bytes(data[at:at + length]), at + length <= len(data)
            at += len(body)
        preamble = None if is_client else ENDS_OF_PREAMBLE.match(body)
        fixed = end + 4 - start
        request_id = fields.get(b"x-requestid", b"").decode("latin-1")
        found.append(Item(direction, start, at, fixed, head=line, status=status, method=method, request_id=request_id, is_complete=is_complete,
                          type=fields.get(b"x-requesttype", b"").decode("latin-1"), whole=len(body), body=len(body) - (preamble.end() if preamble else 0)))
    return found


def items_of(connection):
    """Both sides of a connection as items: (whether it is HTTP, of the client, of the server); None for other traffic."""
    client, server, directions = connection
    if directions[server].data.startswith(BANNER):
        return False, pdus(directions[client], 0, 1 << 62)[0], pdus(directions[server], len(BANNER), 1 << 62)[0]
    if re.match(rb"[A-Z_]+ [^\r\n]+ HTTP/1", bytes(directions[client].data[:2000])):
        methods = []
        return True, http_items(directions[client], True, methods), http_items(directions[server], False, methods)
    return None


def port_of(end):
    """The port of an end of a connection."""
    return struct.unpack(">H", end[-2:])[0]


def logged_pdus(path):
    """What the proxy and the server logged of PDUs that are no RTS ones: (receiver's port, sender's port) -> [(type, bytes, call)]."""
    found = {}
    for role in ("proxy", "store"):
        file = path.with_suffix(f".{role}.jsonl.gz")
        if not file.exists():
            continue
        mine = collections.defaultdict(list)
        with gzip.open(file, "rt") as lines:
            for entry in map(json.loads, lines):
                if entry.get("pdu") in TYPES.values():
                    ends = tuple(int(entry[end].rpartition(":")[2]) for end in ("me", "peer"))
                    mine[ends if entry["way"] == "rx" else ends[::-1]].append((entry["pdu"], entry["len"], entry["call_id"]))
        found.update({ends: rows for ends, rows in mine.items() if len(rows) > len(found.get(ends, []))})
    return found


def compare_pdus(path, read):
    """The items read are those that both ends logged; a log may lack what a program did not get to read at its end."""
    logged = logged_pdus(path)
    compared = 0
    for (client, server, _), (_, *sides) in read:
        for sender, receiver, items in ((client, server, sides[0]), (server, client, sides[1])):
            mine = [(item.facts["kind"], item.length, item.facts["call_id"]) for item in items if item.facts.get("kind") in TYPES.values()]
            theirs = logged.get((port_of(receiver), port_of(sender)), [])
            tools.same(f"{path.name}: PDUs from port {port_of(sender)} to {port_of(receiver)}", mine[:len(theirs)], theirs)
            compared += len(theirs)
    if not compared:
        raise AssertionError(f"{path.name}: its logs have none of its PDUs")


class Call:
    """A call in the making: its items by hop and side."""

    def __init__(self, session, call_id):
        self.session, self.call_id, self.hops = session, call_id, {}


def sessions_of(read):
    """The session of each connection with RPC, in the order of the connections: its cookie, and which use of the cookie it is."""
    uses, found = collections.Counter(), []
    for (client, server, _), (is_http, *sides) in read:
        rts = [item for side in sides for item in side if item.facts.get("kind") == RTS and item.facts["cookie"]]
        cookie = rts[0].facts["cookie"] if rts else None
        is_in = any(item.facts.get("head", "").startswith("RPC_IN") for item in sides[0]) if is_http else \
            any(item.facts["kind"] in ("request", 11) for item in sides[0])
        way = (cookie, client[:-2], server, is_in)
        if rts and not rts[0].facts["recycles"]:
            uses[way] += 1
        found.append((cookie, uses[way]) if cookie else None)
    return found


def hop_of(connection, is_http):
    """A name for the hop: that to the store, or one for each pair of hosts."""
    return ("http", connection[0][:-2], connection[1]) if is_http else "server"


def rpc_calls(read):
    """The calls of RPC, in the order of their requests."""
    calls, parts = {}, []
    for (connection, (is_http, *sides)), session in zip(read, sessions_of(read)):
        for side, items in enumerate(sides):
            parts += [(item.frames[0], place, session, hop_of(connection, is_http), side, item) for place, item in enumerate(items)
                      if item.facts.get("kind") in TYPES.values() and session]
    uses = collections.Counter()
    for _, _, session, hop, side, item in sorted(parts, key=lambda part: part[:2]):
        key = (session, hop, side, item.facts["call_id"])
        uses[key] += bool(item.facts["flags"] & FIRST_FRAGMENT)
        name = (session, item.facts["call_id"], uses[key])
        call = calls.setdefault(name, Call(session, item.facts["call_id"]))
        call.hops.setdefault(hop, ([], []))[side].append(item)
    return [call for call in calls.values() if any(sides[0] for sides in call.hops.values())]


def mapi_calls(read):
    """The exchanges of MAPI over HTTP as calls; each has its counter, the number behind the colon of X-RequestId."""
    calls = []
    for connection, (is_http, *sides) in read:
        if not is_http:
            continue
        messages = [[item for item in items if "body" in item.facts and item.facts["status"] != 100] for items in sides]
        for request, response in itertools.zip_longest(messages[0], messages[1][:len(messages[0])]):
            number = request.facts["request_id"].rpartition(":")[2]
            if number:
                call = Call(None, int(number))
                call.hops[hop_of(connection, True)] = ([request], [response] if response else [])
                calls.append(call)
    return calls


def read_all(packets):
    """The connections that carry HTTP or RPC, with their items."""
    read = [(connection, items_of(connection)) for connection in connections(packets)]
    return [(connection, items) for connection, items in read if items]


def ends(item):
    """Whether the PDU is the last of its request or response."""
    return bool(item.facts["flags"] & LAST_FRAGMENT) or item.facts["kind"] == "fault"


def compare_log(path, read):
    """The calls are those of the client's log. It has no sizes of the stubs that its library encoded; the capture may end before it."""
    entries = [entry for entry in tools.log(path) if "fact" not in entry and "error" not in entry]
    calls = rpc_calls(read) or mapi_calls(read)
    logged = [(entry.get("opnum"), entry.get("req"), entry.get("resp")) for entry in entries]
    mine = []
    for call, theirs in zip(calls, logged):
        (requests, responses), = call.hops.values()
        # The log of MAPI over HTTP counts the lines before the body, too.
        sizes = [sum(item.facts["stub"] for item in side) if "stub" in side[0].facts else side[0].facts["whole"] for side in (requests, responses)]
        found = (requests[0].facts.get("opnum"), *sizes)
        mine.append(tuple(None if wanted is None else value for value, wanted in zip(found, theirs)))
    tools.same(f"{path.name}: calls", mine, logged[:len(calls)])
    if len(calls) < 0.5 * len(entries):
        raise AssertionError(f"{path.name}: {len(calls)} calls, {len(entries)} in the log")


def compare(path, read):
    """Compares what was read with what took part logged, where there is a log."""
    if path.with_suffix(".jsonl").exists():
        compare_log(path, read)
    elif path.with_suffix(".proxy.jsonl.gz").exists():
        compare_pdus(path, read)
