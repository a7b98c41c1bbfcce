"""What can be counted of a capture of which frames are missing or cut: computed from its sidecar, or from the logs and the bytes of the
undamaged capture, by no decoder.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json

import damage
import disturb
import tools
import undamaged

HOPS = ("client", "server")
# The fixed fields of a PDU of a call: with them its interface's context, its number and its length are known.
FIXED = {"request": 24, "response": 24, "fault": 28}
# The ports of proxies and of the servers behind them; of a connection to another one whose beginning is missing, only what it carries may show
# what it is.
NAMED_PORTS = (80, 443, 593, 6001, 6002, 6004)


class Message:
    """A PDU of a call, or a message of MAPI over HTTP: the frames that carry it, whether it begins where the payload of the first one does,
    and how much of its beginning shows what it is."""

    def __init__(self, frames, begins_segment, fixed):
        self.frames, self.begins_segment, self.fixed = frames, begins_segment, fixed

    def is_whole(self, left):
        """All of it is there; `left`: bytes of payload that are left of each frame, by number, None for all of them."""
        return all(frame in left and left[frame] is None for frame in self.frames)

    def is_countable(self, left):
        """Its fixed fields are there, and where it begins is known."""
        first = self.frames[0]
        return self.is_whole(left) or (self.begins_segment and first in left and (left[first] is None or left[first] >= self.fixed))


class Call:
    """A call: its messages by hop, as (of the request, of the response), and what each hop shows of its end."""

    def __init__(self, session, call_id, opnum, sizes):
        self.session, self.call_id, self.opnum, self.sizes = session, str(call_id), str(opnum), tuple(map(str, sizes))
        self.hops, self.latency, self.is_complete = {}, {}, {}
        self.state = None  # answered or fault; None without a response
        self.is_leg = False  # one of an authentication, which counts as no call if all of it is there
        self.is_of_any = False  # its interface is one of any service, not of Exchange

    def is_seen(self, left):
        """A part of it is in the capture."""
        return any(frame in left for sides in self.hops.values() for messages in sides for message in messages for frame in message.frames)

    def is_whole(self, left, countable=Message.is_whole):
        """All of request and response is there, on one of the hops."""
        return any(all(messages and all(countable(message, left) for message in messages) for messages in sides) and all(self.is_complete[hop])
                   for hop, sides in self.hops.items())

    def frames(self, side):
        """The frames of the request (0) or of the response (1), by hop."""
        return {hop: {frame for message in sides[side] for frame in message.frames} for hop, sides in self.hops.items()}


class Truth:
    """A capture and what is in it."""

    def __init__(self, path):
        self.path = path
        self.trace = disturb.read(path.read_bytes())
        self.packets = self.trace.packets()
        facts = [disturb.tcp_facts(packet) for packet in self.packets]
        self.payload = {number: fact[3] if fact else 0 for number, fact in enumerate(facts, 1)}
        self.ways = {number: fact[:2] if fact else None for number, fact in enumerate(facts, 1)}
        self.row = json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) if path.parent == tools.MADE else None
        if self.row:
            self.sessions = {row["session"] for row in self.row["sessions"]}
            self.clients = [tuple(map(damage.endpoint, (row["client"], row["server"]))) for row in self.row["connections"]]
            self.back = {tuple(sorted(map(damage.endpoint, (row["client"], row["server"])))) for row in self.row["connections"]
                         if row["hop"] == "server"}
            self.calls = self._made_calls() + self._made_exchanges()
        else:
            self._read()
        self.sessions |= {call.session for call in self.calls}

    def records(self):
        """The frames, to be damaged."""
        return [damage.Record(number, packet) for number, packet in enumerate(self.packets, 1)]

    # --- made captures ---

    def _payload_frames(self, first, last):
        return [number for number in range(first, last + 1) if self.payload[number] and self.ways[number] == self.ways[last]]

    def _made_messages(self):
        ends = {}
        for part in ("rpc", "rts"):
            for row in self.row[part]:
                key = row["connection"], row["direction"], row["frame"]
                ends[key] = ends.get(key, 0) + 1
        heads = {(row["connection"], row["frame"]) for row in self.row["heads"]}
        messages = {}
        for row in self.row["rpc"]:
            if row["type"] in FIXED:
                others = ends.get((row["connection"], row["direction"], row["first_frame"]), 0) - (row["first_frame"] == row["frame"])
                message = Message(self._payload_frames(row["first_frame"], row["frame"]),
                                  not others and (row["connection"], row["first_frame"]) not in heads, FIXED[row["type"]])
                key = row["session"], row["hop"], row["type"] == "request", row["call_id"], row["frame"]
                messages.setdefault(key, []).append(message)
        return messages

    def _made_calls(self):
        messages, calls = self._made_messages(), []
        for row in self.row["calls"]:
            call = Call(row["session"], row["call_id"], row["opnum"], (row["request_bytes"], row["response_bytes"] or 0))
            for hop in HOPS:
                if hop not in row:
                    continue
                shown = row[hop]
                call.hops[hop] = [[message for frame in dict.fromkeys(shown[f"{way}_frames"])
                                   for message in messages.get((row["session"], hop, way == "request", row["call_id"], frame), [])]
                                  for way in ("request", "response")]
                call.is_complete[hop] = shown["request_complete"], shown["response_complete"]
                if "latency_us" in shown:
                    call.latency[hop] = {"%.3f" % (shown["latency_us"] / 1000)}
                elif shown["request_frames"] and shown["response_complete"]:  # only the beginning of the request is missing
                    call.latency[hop] = self._times(shown["request_frames"][-1], shown["response_frames"][-1])
                call.is_of_any = row["interface"] == "mgmt"
                if shown["response_complete"]:
                    call.state = "fault" if call.hops[hop][1][-1].fixed == FIXED["fault"] else "answered"
            calls.append(call)
        return calls

    def _made_exchanges(self):
        rows = self.row.get("mapi_http", [])
        read = undamaged.mapi_calls(undamaged.read_all(self.packets)) if rows else []
        by_frame = {(made.call_id, made.hops[hop][0][0].frames[-1]): made for made in read for hop in made.hops}
        calls = []
        for row in rows:
            made = by_frame[row["counter"], row["request_frame"]]
            call = self._exchange(made, row["session"])
            tools.same(f"{self.path.stem}, request {row['counter']}", (*call.sizes, call.hops["client"][1][0].frames[-1]),
                       (str(row["request_bytes"]), str(row["response_bytes"]), row["response_frame"]))
            call.is_leg = row["session"] is None
            call.state = "fault" if row["code"] or row["status"] != 200 else "answered"
            calls.append(call)
        return calls

    # --- recorded captures ---

    def _times(self, request, response):
        """The time between two frames, as reports have it: cut or rounded to the microsecond."""
        between = self.times[response] - self.times[request]
        return {f"{us // 1000}.{us % 1000:03}" for us in (between // 1000, (between + 500) // 1000)}

    def _exchange(self, made, session):
        """A call of the one exchange."""
        sides, = made.hops.values()
        call = Call(session, made.call_id, "", [side[0].facts["body"] if side else "" for side in sides])
        call.hops["client"] = [[Message(item.frames, item.begins_segment, item.fixed) for item in side] for side in sides]
        call.is_complete["client"] = tuple(bool(side) and side[0].facts["is_complete"] for side in sides)
        if all(call.is_complete["client"]):
            call.latency["client"] = self._times(*(side[0].frames[-1] for side in sides))
            call.state = "answered" if sides[1][0].facts["status"] == 200 else "fault"
        return call

    def _read(self):
        read = undamaged.read_all(self.packets)
        undamaged.compare(self.path, read)
        self.clients = [connection[:2] for connection, _ in read]
        self.back = {tuple(sorted(connection[:2])) for connection, (is_http, *_) in read if not is_http}
        self.calls, self.sessions = [], {session for session in undamaged.sessions_of(read) if session}
        for made in undamaged.rpc_calls(read):
            shown = [sides for sides in made.hops.values() if sides[0]][0]
            call = Call(made.session, made.call_id, shown[0][0].facts["opnum"], [sum(item.facts["stub"] for item in side) for side in shown])
            for hop, sides in made.hops.items():
                call.hops[hop] = [[Message(item.frames, item.begins_segment, item.fixed) for item in side] for side in sides]
                call.is_complete[hop] = tuple(bool(side) and undamaged.ends(side[-1]) for side in sides)
                if all(call.is_complete[hop]):
                    call.latency[hop] = self._times(sides[0][-1].frames[-1], sides[1][-1].frames[-1])
                    call.state = "fault" if sides[1][-1].facts["kind"] == "fault" else "answered"
            self.calls.append(call)
        self.calls += [self._exchange(made, "mailbox") for made in undamaged.mapi_calls(read)]

    def is_named(self, call, left):
        """Whether its connections are to ports that name their service, or their beginnings are there and do: all of the handshake and of the
        first data, with the bind to an interface of Exchange."""
        ends = {self.ways[message.frames[0]][0] for sides in call.hops.values() for messages in sides for message in messages}
        return all(any(int.from_bytes(end[-2:], "big") in NAMED_PORTS for end in pair) or
                   (not call.is_of_any and self.first_frames[pair] in left and left.get(self.first_data[pair], 0) is None) for pair in ends)

    @functools.cached_property
    def first_frames(self):
        """The first frame of each connection, by its ends."""
        found = {}
        for number, way in self.ways.items():
            if way:
                found.setdefault(way[0], number)
        return found

    @functools.cached_property
    def first_data(self):
        """The first frame with data of each connection that has data, by its ends."""
        found = {}
        for number, way in self.ways.items():
            if way and self.payload[number]:
                found.setdefault(way[0], number)
        return found

    @property
    def starts_late(self):
        """Whether the capture begins in the middle of a recycling: then its channels may have nothing in common."""
        return self.path.stem.startswith("mid_recycle")

    @property
    def has_no_beginning(self):
        """Whether it does not show how its sessions began: calls alone join their channels, and less of it has less of them."""
        return self.path.stem.startswith("mid_")

    @functools.cached_property
    def times(self):
        """The times of the frames in ns, by number."""
        unit = 10 ** 9 // damage.ticks_per_second(self.trace)
        return {number: (packet.time[0] << 32 | packet.time[1]) * unit for number, packet in enumerate(self.packets, 1)}
