#!/usr/bin/env python3
"""Compares rops.csv with what the clients logged: the ROPs of every call in their order, sizes, handles, return values, and the values that
the report shows of them.

Logs lie beside the captures of FOLDER: NAME.jsonl or NAME.jsonl.gz; of captures with several users NAME.USER.jsonl.

Usage: check_rop_logs.py OAEXPORT FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import gzip
import json
import pathlib
import re
import sys

import tools

SKIPPED = 77
NO_HANDLE = 0xffffffff
LAYOUT = pathlib.Path(__file__).resolve().parents[1] / "plugins" / "decode" / "layout"
EVENTS = {0x002: "NewMail", 0x004: "ObjectCreated", 0x008: "ObjectDeleted", 0x010: "ObjectModified", 0x020: "ObjectMoved",
          0x040: "ObjectCopied", 0x080: "SearchCompleted", 0x100: "TableModified", 0x400: "Extended"}
RESTRICTIONS = {"and": "And", "or": "Or", "not": "Not", "content": "Content", "property": "Property", "compare": "CompareProperties",
                "bitmask": "BitMask", "size": "Size", "exist": "Exist", "sub": "SubObject", "comment": "Comment", "count": "Count"}
# ROPs whose request names properties in the log's member.
TAGS = {"RopGetPropertiesSpecific": "tags", "RopSetColumns": "tags", "RopDeleteProperties": "tags", "RopDeletePropertiesNoReplicate": "tags",
        "RopCopyProperties": "tags", "RopSetProperties": "values", "RopSetPropertiesNoReplicate": "values", "RopOpenStream": "tag"}
# ROPs whose data the log's member counts, in the request and in the response.
DATA = {"RopWriteStream", "RopWriteStreamExtended", "RopWriteAndCommitStream", "RopFastTransferDestinationPutBuffer",
        "RopFastTransferDestinationPutBufferExtended", "RopSynchronizationUploadStateStreamContinue"}
DATA_READ = {"RopReadStream", "RopFastTransferSourceGetBuffer"}
ROWS = {"RopQueryRows", "RopReadRecipients", "RopExpandRow", "RopGetReceiveFolderTable"}
# Calls with ROPs in a capture that ends before its log: its last frames were not written.
ENDS_EARLY = {"mapihttp": 101}
compared = collections.Counter()
named = {}  # what the client has asked for and been told: names by property ID


def names(file):
    """The names in a table of the decoder, by number."""
    return {int(number, 16): name for number, name in re.findall(r'OA_NAME\((0x\w+), "([^"]+)"\)', (LAYOUT / file).read_text())}


STATUS = names("mapi_status.def")
PROPERTIES = names("property_ids.def")


def name_of(table, number, digits):
    """A name, else the number in hex."""
    return table.get(number, f"0x{number:0{digits}x}")


def hex_id(number):
    """A folder or message ID of the log, which is 8 bytes as one little-endian number."""
    octets = number.to_bytes(8, "little")
    return f"0x{int.from_bytes(octets[:2], 'little'):04x}{octets[2:].hex()}"


def kinds(restriction):
    """The kinds in a restriction, from the outermost to the innermost."""
    if not isinstance(restriction, dict):
        return []
    kind = next(key for key in restriction if key in RESTRICTIONS)
    inner = restriction[kind] if kind in ("and", "or") else [restriction["not"]] if kind == "not" else [restriction.get("r")]
    return [f"{RESTRICTIONS[kind]}Restriction", *(name for part in inner for name in kinds(part))]


def same(where, what, got, expected):
    """One value of a row."""
    compared[what] += 1
    if got != str(expected):
        raise AssertionError(f"{where}: {what} is {got!r}, not {expected!r}")


def check_properties(where, row, value):
    """The properties that a request names."""
    tags = value if isinstance(value, list) else [value]
    tags = [int(tag["tag"] if isinstance(tag, dict) else tag, 16) for tag in tags]
    same(where, "properties", row["properties"] or "0", len(tags))
    shown = row["property_names"].split(";") if row["property_names"] else []
    same(where, "property_names", str(len(shown)), len(tags[:32]))
    for tag, name in zip(tags, shown):
        if tag >> 16 not in named:
            same(where, "property_names", name, name_of(PROPERTIES, tag >> 16, 4))
        elif not name.startswith("Pid"):
            same(where, "named properties", name.split(" ", 1)[1], named[tag >> 16])
        else:
            compared["canonical names of named properties"] += 1


def learn_names(call):
    """The names that the server has told the IDs of."""
    for sent, received in zip(call["requests"], call.get("responses") or []):
        if sent["rop"] == received["rop"] == "RopGetPropertyIdsFromNames" and received.get("rv") == 0:
            for number, name in zip(received["ids"], sent["names"]):
                if number >= 0x8000:
                    named[number] = name.get("name", f"0x{name.get('lid', 0):04x}")


def check_subject(where, row, values):
    """The first subject that is set."""
    subjects = [value["v"] for value in values if value["tag"].startswith(("0x0037", "0x0E1D")) and isinstance(value.get("v"), str)]
    files = [value["v"] for value in values if value["tag"].startswith(("0x3704", "0x3707")) and isinstance(value.get("v"), str)]
    classes = [value["v"] for value in values if value["tag"].startswith("0x001A") and isinstance(value.get("v"), str)]
    for column, found in (("subject", subjects), ("file_name", files), ("message_class", classes)):
        if found:
            same(where, column, row[column], found[0])


def check_request(where, row, sent, handles):
    """A ROP as it was sent."""
    same(where, "request_bytes", row["request_bytes"], sent["size"])
    index = sent.get("message", sent.get("attachment", sent["in"]))
    same(where, "input_index", row["input_index"], index)
    for key in ("out", "dest"):
        if key in sent:
            same(where, "output_index", row["output_index"], sent[key])
    if sent["rop"] != "RopLogon" and handles[index] != NO_HANDLE:
        same(where, "input_handle", row["input_handle"], f"0x{handles[index]:08x}")
    if sent["rop"] in TAGS:
        check_properties(where, row, sent[TAGS[sent["rop"]]])
    if sent["rop"] in ("RopSetProperties", "RopSetPropertiesNoReplicate"):
        check_subject(where, row, sent["values"])
    if "restriction" in sent:
        same(where, "restrictions", row["restrictions"], ";".join(kinds(sent["restriction"])[:16]))
    if sent["rop"] in DATA:
        same(where, "data_bytes", row["data_bytes"], sent["bytes"])
    if sent["rop"] in ("RopOpenFolder", "RopOpenMessage", "RopCreateMessage"):
        same(where, "folder_id", row["folder_id"], hex_id(sent["fid"]))
    if sent["rop"] == "RopOpenMessage":
        same(where, "message_id", row["message_id"], hex_id(sent["mid"]))
    if sent["rop"] == "RopCreateFolder":
        same(where, "folder", row["folder"], sent["folder"])
    if sent["rop"] == "RopSetStreamSize":
        same(where, "stream_bytes", row["stream_bytes"], sent["stream_size"])


def check_response(where, row, received, handles):
    """A ROP as the client read its response."""
    same(where, "response_bytes", row["response_bytes"], received["size"])
    same(where, "payload", row["payload"], received.get("payload", 0) + 1)
    if "rv" in received:
        same(where, "return_value", row["return_value"], name_of(STATUS, received["rv"], 8))
    if received.get("rv") == 0 and row["output_handle"]:
        same(where, "output_handle", row["output_handle"], f"0x{handles[received['index']]:08x}")
    if received["rop"] in DATA_READ and "bytes" in received:
        same(where, "data_bytes", row["data_bytes"], received["bytes"])
    if received["rop"] in ROWS and "rows" in received:
        same(where, "rows", row["rows"], len(received["rows"]))
    if "stream_size" in received:
        same(where, "stream_bytes", row["stream_bytes"], received["stream_size"])
    if received["rop"] in ("RopOpenMessage", "RopReloadCachedInformation") and received.get("subject"):
        same(where, "subject", row["subject"], received["subject"])
    if received["rop"] == "RopCreateFolder" and "fid" in received:
        same(where, "folder_id", row["folder_id"], hex_id(received["fid"]))
    if received["rop"] == "RopNotify":
        same(where, "event", row["event"], EVENTS[received["flags"] & 0xfff])
        if received.get("cls"):
            same(where, "message_class", row["message_class"], received["cls"])


def check_responses(where, rows, call):
    """The responses of a call, in the order of the client: to the requests, and between them those without one."""
    answered = collections.deque(row for row in rows if row["input_index"] and row["response_bytes"])
    others = collections.deque(row for row in rows if not row["input_index"])
    for received in call.get("responses") or []:
        name = received.get("for", received["rop"])
        for queue in (answered, others):
            if queue and queue[0]["rop"] in (name, received["rop"]) and queue[0]["response_bytes"] == str(received["size"]):
                check_response(f"{where}, response {name}", queue.popleft(), received, call["handles_out"])
                break
        else:
            raise AssertionError(f"{where}: no row for the response of {name}, {received['size']} bytes")
    if answered or others:
        raise AssertionError(f"{where}: more responses than the client saw: {[row['rop'] for row in (*answered, *others)]}")


def check_call(where, rows, call):
    """One call. Logs without `requests` have the names only."""
    requests = [row for row in rows if row["input_index"]]
    same(where, "ROPs", ",".join(row["rop"] for row in requests), ",".join(call["rops"]))
    if "requests" not in call:
        return
    for row, sent in zip(requests, call["requests"]):
        check_request(f"{where}, ROP {row['number']} {sent['rop']}", row, sent, call["handles"])
    check_responses(where, rows, call)
    learn_names(call)


def logs_of(capture):
    """The logs of a capture: the user, if there are several, and the calls with ROPs."""
    for path in sorted(capture.parent.glob(f"{capture.stem}.*jsonl*")):
        if ".inspector." in path.name or path.name.endswith((".proxy.jsonl.gz", ".store.jsonl.gz")):
            continue
        read = gzip.open if path.suffix == ".gz" else open
        with read(path, "rt", encoding="utf-8") as file:
            calls = [call for call in map(json.loads, file) if "rops" in call]
        user = path.name.removeprefix(capture.stem + ".").split(".")[0]
        if calls:
            yield ("" if user == "jsonl" else user), calls


def check_capture(program, capture):
    """All calls of a capture; the number of its ROPs."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    rows = tools.rows(tools.oaexport(program, "-q", "--reports", "rops", capture, check=False).stdout)
    for user, calls in logs_of(capture):
        named.clear()
        for row in rows:
            if row["user"].startswith(user):
                found[user][int(row["call"])].append(row)
        if not found[user]:
            print(f"{capture.name}: ROPs are sealed, or inside TLS")
            return 0
        ours = [found[user][call] for call in sorted(found[user])]
        tools.same(f"{capture.name} {user}: calls with ROPs", len(ours), ENDS_EARLY.get(capture.stem, len(calls)))
        for number, (call_rows, call) in enumerate(zip(ours, calls)):
            check_call(f"{capture.name} {user} call {call_rows[0]['call']}, {number} of the log", call_rows, call)
    return len(rows) if found else 0


def main():
    """Every capture with a log."""
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    total = 0
    for capture in sorted(folder.glob("*.pcapng")):
        count = check_capture(program, capture) if list(logs_of(capture)) else 0
        if count:
            print(f"{capture.name}: {count} ROPs as in the log")
        total += count
    if not total:
        print(f"no captures with logs in {folder}")
        sys.exit(SKIPPED)
    print(f"{total} ROPs; values compared: {', '.join(f'{what} {count}' for what, count in sorted(compared.items()))}")


if __name__ == "__main__":
    main()
