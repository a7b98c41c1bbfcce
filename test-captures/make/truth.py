"""The sidecar of a made capture: what it holds, frame by frame, as the script that made it knows.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json

import rpc

# Kinds of HTTP authentication that show the user's name.
NAMED = ("basic", "ntlm", "negotiate-ntlm", "negotiate-raw")


def frames(place):
    """Numbers of the frames with the first and with the last byte of something sent (None: not captured)."""
    connection, side, start, end = place
    return connection.frame_of(side, start).number, connection.frame_of(side, end - 1).number


def whole(place):
    """The frame that completes it, or None unless all of it was captured."""
    connection, side, start, end = place
    numbers = [frame.number for first, last, frame in connection.segments[side] if first < end and last > start]
    return None if None in numbers else numbers[-1]


def microseconds(place, last=True):
    """When its last (or first) byte was captured."""
    connection, side, start, end = place
    return connection.frame_of(side, end - 1 if last else start).time_us


def connections(capture):
    """TCP connections with captured frames."""
    rows = []
    for connection in capture.connections:
        numbers = [frame.number for frame in connection.frames if frame.number]
        if numbers:
            ends = [f"[{host.address}]:{port}" if host.address.version == 6 else f"{host.address}:{port}"
                    for host, port in zip(connection.hosts, connection.ports)]
            rows.append({"connection": connection.number, "client": ends[0], "server": ends[1], **connection.facts,
                         "first_frame": min(numbers), "last_frame": max(numbers), "frames": len(numbers), "ended": connection.ended})
    return rows


def pdu(record, readable):
    """One RTS or RPC PDU; None when not all of it was captured."""
    number = whole(record["place"])
    if number is None:
        return None
    row = {"frame": number, "first_frame": frames(record["place"])[0], "connection": record["place"][0].number,
           "direction": "to_server" if record["place"][1] == 0 else "to_client"}
    row.update((key, value) for key, value in record.items() if key != "place" and value is not None)
    if row.get("name") in readable:
        row["readable_as"] = readable[row["name"]]
    return row


def call(record):
    """One call: its frames on each hop that was captured and the time between them."""
    operation = record.operation
    row = {"session": record.session.number, "call_id": record.call_id, "interface": operation.interface, "opnum": operation.opnum,
           "operation": operation.name, "request_bytes": len(operation.request),
           "response_bytes": None if operation.status is not None else len(operation.response)}
    if operation.status is not None:
        row["fault"] = f"0x{operation.status:08x}"
    if record.session.agreed:
        row.update(transfer_syntax="NDR64" if record.session.agreed[1] == rpc.NDR64 else "NDR", **operation.told)
    if operation.values is not None:
        row["values"] = operation.values
    captured = False
    for hop in ("client", "server"):
        leg = {}
        for way in ("request", "response"):
            numbers = [whole(place) for place in record.places[way, hop]]
            leg[f"{way}_frames"] = [number for number in numbers if number]
            expected = record.requests if way == "request" else record.responses
            leg[f"{way}_complete"] = None not in numbers and len(numbers) == len(expected)
        captured |= bool(leg["request_frames"] or leg["response_frames"])
        if leg["request_complete"] and leg["response_complete"]:
            asked = microseconds(record.places["request", hop][-1])
            leg["first_latency_us"] = microseconds(record.places["response", hop][0], last=False) - asked
            leg["latency_us"] = microseconds(record.places["response", hop][-1]) - asked
        if leg["request_frames"] or leg["response_frames"]:
            row[hop] = leg
    if not captured:
        return None
    legs = [row[hop] for hop in ("client", "server") if hop in row]
    row["state"] = "answered" if any("latency_us" in leg for leg in legs) else "unanswered" if any(
        leg["request_complete"] for leg in legs) else "incomplete"
    return row


def session(record):
    """One virtual connection (or v1 connection)."""
    options = record.options
    row = {"session": record.number, "transport": record.transport, "client": str(record.client.address), "target": options["target"],
           "server": f"{record.server.name}:{record.port}", "http_auth": options["auth"]}
    account = options["account"]
    if options["auth"] in NAMED:
        row["user"] = f"{account.domain}\\{account.user}" if account.domain else account.user
    if record.transport == "rpc_http_v2":
        row["vc_cookie"], row["association_group"] = record.vc.hex(), record.group.hex()
        row["client_address_form"] = options["address_form"]
        row["channels"] = [{"kind": channel.kind, "cookie": channel.cookie.hex(),
                            "http": channel.http.number if channel.http else None,
                            "back_end": channel.back.number if channel.back else None,
                            "predecessor": channel.predecessor.cookie.hex() if channel.predecessor else None, "recycle": channel.recycle}
                           for channel in record.channels]
        row["recycles"] = record.recycles
    row.update(record.facts)
    row["ended"] = record.ended
    return row


def exchanges(record):
    """How each HTTP connection of a session was authenticated."""
    for channel in record.channels:
        if channel.exchange and any(frame.number for frame in channel.http.frames):
            exchange, account = channel.exchange, channel.exchange.account
            row = {"connection": channel.http.number, "session": record.number, "kind": exchange.kind, "legs": len(exchange.legs()),
                   "result": channel.auth_result}
            if exchange.kind in NAMED:
                row["user"], row["domain"] = account.user, account.domain
                if exchange.kind != "basic":
                    row["workstation"] = account.workstation
            yield row


def mapi_exchange(record):
    """One request of MAPI over HTTP with its answer."""
    row = {key: value for key, value in record.items() if key not in ("request", "response")}
    request, response = record["request"], record["response"]
    row.update(connection=request[0].number, request_frame=whole(request), response_frame=whole(response),
               latency_us=microseconds(response) - microseconds(request))
    return row


def text_row(record):
    """Texts of 8 bits in one request or response, and the frames that complete it."""
    if "call" in record:
        places = [record["call"].places[record["way"], hop][-1] for hop in ("client", "server")]
    else:
        places = [record["exchange"][record["way"]]]
    return {"frames": [whole(place) for place in places], "field": record["field"], "texts": record["texts"]}


def sidecar(capture):
    """The whole truth; numbers are those of the last writing of the capture."""
    pdus = [row for row in (pdu(record, capture.readable) for record in capture.pdus) if row]
    order = {id(row): index for index, row in enumerate(pdus)}
    pdus.sort(key=lambda row: (row["frame"], order[id(row)]))
    heads = []
    for record in capture.heads:
        number = whole(record["place"])
        if number:
            heads.append({"frame": number, "connection": record["place"][0].number, "session": record["session"],
                          "what": record["what"], "line": record["line"]})
    notes = []
    for record in capture.notes:
        row = {key: value for key, value in record.items() if key != "place"}
        if "place" in record:
            row["frame"] = whole(record["place"])
            if row["frame"] is None:
                continue
        notes.append(row)
    kept = {row["session"] for row in pdus} | {row["session"] for row in heads}
    more = {"mapi_http": [mapi_exchange(record) for record in capture.exchanges]} if capture.exchanges else {}
    if capture.texts:
        more["texts"] = [text_row(record) for record in capture.texts]
    return {"capture": f"{capture.name}.pcapng", "about": capture.about, "sections": capture.sections,
            "frames": sum(frame.number is not None for frame in capture.frames), "connections": connections(capture),
            "sessions": [session(record) for record in capture.sessions if record.number in kept],
            "auth": [row for record in capture.sessions for row in exchanges(record)],
            "rts": [row for row in pdus if row["type"] == "rts"], "rpc": [row for row in pdus if row["type"] != "rts"],
            "calls": [row for row in map(call, capture.calls) if row], "heads": sorted(heads, key=lambda row: row["frame"]),
            "notes": sorted(notes, key=lambda row: row.get("frame", 0)), **more}


def text(capture):
    """The sidecar as JSON: one row of a list on each line, so that differences can be read."""
    parts = []
    for key, value in sidecar(capture).items():
        if isinstance(value, list) and value:
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f'"{key}": [\n  {rows}\n ]')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{" + ",\n ".join(parts) + "}\n"
