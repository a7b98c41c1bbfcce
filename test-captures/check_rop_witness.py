#!/usr/bin/env python3
"""Compares every ROP with what an independent decoder made of it: the same ROPs, the same bytes in each field, the same values.

The decoder is the parser of OfficeDev's MAPI Inspector; its trees lie beside the captures of the folder WITNESS (NAME.pcapng,
NAME.inspector.jsonl.gz). Where it is wrong by the documents, README.md says so; these ROPs are counted, not compared.

Usage: check_rop_witness.py ROP_COVERAGE WITNESS

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import datetime
import gzip
import json
import pathlib
import re
import struct
import subprocess
import sys

SKIPPED = 77
Field = collections.namedtuple("Field", "offset length name value")

# Where the witness is wrong or shows nothing, with the document's section: (ROP, side, our field or its path, reason). The
# rest of such a ROP is wrong too, if the reason says so.
WRONG = [
    ("RopModifyRules", "request", ".*", "widths of extended rules, [MS-OXORULE] 2.2.5"),
    ("RopFastTransfer.*", ".*", "transfer.length", "multi-valued text without its lengths, [MS-OXCFXICS] 2.2.4.1"),
    ("RopNotify", "response", "notification.insert_after_folder_id|notification.row_data_size|row.*|value.*",
     "InsertAfterTableRowFolderID of folders, rows without columns, [MS-OXCNOTIF] 2.2.1.4.1.2"),
    ("Rop(Write|Read)Stream", "response", "WrittenSize|DataSize", "failures that end after ReturnValue"),
    ("RopOptionsData", "response", ".*", "ReturnValue is not read, [MS-OXCROPS] 2.2.7.9.2"),
    ("RopGetNamesFromPropertyIds", "response", "property_name.guid", "names without a kind, [MS-OXCDATA] 2.6.1"),
    ("BlockJunk", ".*", ".*", "the rest of a body after an error"),
    # Read, but not displayed
    (".*", "request", "logon_id|input_handle_index|response_handle_index|output_handle_index|code_page_id", "not displayed"),
    ("RopModifyRecipients", "request", "(recipient|row|value).*|property_tag", "not displayed"),
    ("RopGetSearchCriteria", "response", "(restriction|value).*|property_tag", "not displayed"),
    ("Rop(OpenMessage|OpenEmbeddedMessage|ReloadCachedInformation)", "response", "property_tag", "not displayed"),
    ("RopLogon", "response", "logon.response_flags", "not displayed"),
    ("RopGetPropertiesSpecific", "response", "row.value.type", "not displayed"),
]
# A field of ours, and the reason why the witness lost its way there.
LOST = {"restriction.sub_object": "SubObjectRestriction is not read, [MS-OXCDATA] 2.12.10"}

# Of captures that are sealed, or inside TLS, rop_coverage sees nothing.
SEALED = ("privacy", "tls")


def ours(program, capture):
    """{(frame, side, payload): {number of the ROP: [Field]}}"""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    run = subprocess.run([program, "-v", "0", capture], capture_output=True, check=True)
    for line in run.stdout.decode("utf-8", "replace").split("\n"):
        cells = line.split("\t")
        if len(cells) == 8:
            frame, side, payload, number, name, offset, length, value = cells
            found[int(frame), side, int(payload)][int(number)].append(
                Field(int(offset), int(length), name.removeprefix("oxcrops."), value))
    return found


def witness_bodies(path):
    """Each body that the witness could read: (frame, side, its ROPs)."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            body = json.loads(line)
            if "rops" in body:
                yield body["frame"], body["dir"], body


def leaves(fields):
    """The fields of a witness's ROP that contain no others: {(offset, length): (path, texts)}. Bits of one byte share it."""
    spans = {}
    for path, text, offset, length in fields:
        if offset is not None and length:
            spans.setdefault((offset, length), (path, []))[1].append(text)
    return {span: value for span, value in spans.items()
            if not any(other != span and span[0] <= other[0] and other[0] + other[1] <= span[0] + span[1] for other in spans)}


def integers(text):
    """The numbers that a text of the witness says: "Name = 0x1F", "31 = 0x1F", "True"."""
    if text in ("True", "False"):
        return [int(text == "True")]
    return [int(number, 16) for number in re.findall(r"0x([0-9A-Fa-f]+)", text)] + [int(n) for n in re.findall(r"^-?\d+$", text)]


def guid(value):
    """A GUID in wire order as it is written."""
    first = struct.unpack("<IHH", bytes.fromhex(value[:16]))
    return "%08x-%04x-%04x-%s-%s" % (*first, value[16:20], value[20:])


def time(value):
    """A FILETIME as the witness writes it, without fractions of a second."""
    ticks = struct.unpack("<Q", bytes.fromhex(value))[0]
    if ticks >> 61:
        return None
    moment = datetime.datetime(1601, 1, 1) + datetime.timedelta(microseconds=ticks // 10)
    return moment.strftime("%m/%d/%Y %H:%M:%S")


def agrees_with(field, text):
    """Whether a text of the witness says the same as a field."""
    cut = re.fullmatch(r"(.*)…\(\d+\)", text, re.DOTALL)
    text = (cut.group(1) if cut else text).rstrip("\0")
    ascii_only = field.value.encode("ascii", "replace").decode()  # as the witness shows 8-bit text
    value, integer = field.value, re.fullmatch(r"0x([0-9a-f]+)", field.value)
    if not text or text.startswith("Ptyp"):
        return True  # the witness has the bytes, but no text of their own
    if integer and any((int(integer[1], 16) - number) % 256 ** field.length == 0 for number in integers(text)):
        return True
    if text.startswith('"'):
        text = text[1:] if cut else text[1:-1]
        return any((known.startswith(text) if cut else known == text) for known in (value, ascii_only))
    if integer:
        # An ID, which the witness may show as bytes, or as one integer of them.
        replica, counter = divmod(int(integer[1], 16), 2 ** 48)
        raw = replica.to_bytes(2, "little") + counter.to_bytes(6, "big")
        return field.length == 8 and (text.lower() == raw.hex() or int.from_bytes(raw, "little") in integers(text))
    raw = bytes.fromhex(value) if re.fullmatch(r"([0-9a-f]{2})+", value) else b""
    readings = [value, ascii_only, value.lower(), (value + "\0").encode().hex()]
    if len(raw) == 16:
        readings.append(guid(value))
    if len(raw) == 8:
        readings += [time(value), str(struct.unpack("<d", raw)[0]), str(struct.unpack("<Q", raw)[0])]
        text = text.split(" = ")[0]
    if len(raw) == 4:
        readings.append(str(struct.unpack("<f", raw)[0]))
    return any(known.startswith(text) if cut else known in (text, text.lower(), f"{text}.0") for known in readings) \
        or bool(cut) and value.startswith(text.lower())


def agrees(field, texts):
    """Whether both say the same of a field; of single bits the witness has no number of the whole."""
    return len(texts) > 1 or agrees_with(field, texts[0])


def combined(field, parts):
    """Whether fields that the witness shows in parts have the same value: IDs, tags, two halves of a number."""
    texts = [text for _, (_, (text, *_)) in parts]
    lengths = [span[1] for span, _ in parts]
    value = int(field.value, 16) if field.value.startswith("0x") else 0
    if lengths not in ([2, 6], [2, 2]):
        return 1 in lengths  # single bits of bytes, which have no numbers
    low = integers(texts[0])
    if lengths == [2, 6]:
        return value == low[0] << 48 | int(texts[1], 16)
    return any(value == number | high << 16 for number in low for high in integers(texts[1]))


def compare(fields, witness):
    """What differs: (kind, name of our field or path of the witness, detail)."""
    spans = sorted(witness.items())
    used = set()
    for field in fields:
        end = field.offset + field.length
        inside = [(span, value) for span, value in spans if field.offset <= span[0] and span[0] + span[1] <= end]
        around = [(span, value) for span, value in spans if span[0] <= field.offset and end <= span[0] + span[1]]
        touching = [span for span, _ in spans if span[0] < end and field.offset < span[0] + span[1]]
        used.update(touching)
        if field.length == 0:
            continue
        exact = witness.get((field.offset, field.length))
        if exact:
            if not agrees(field, exact[1]):
                yield "value", field.name, (field, exact)
        elif inside and sum(span[1] for span, _ in inside) == field.length:
            if not combined(field, inside):
                yield "value", field.name, (field, inside)
        elif around:
            pass  # bytes that the witness does not open
        elif touching:
            yield "boundary", field.name, (field, touching)
        else:
            yield "not in the witness", field.name, field
    for span, (path, text) in spans:
        if span not in used:
            yield "not in ours", re.sub(r"\[\d+\]", "", path), (span, text[0])


def rop_names():
    """{RopId: name}, from the table of names."""
    table = pathlib.Path(__file__).resolve().parent.parent / "plugins/decode/layout/field_names_rop.def"
    rows = table.read_text(encoding="utf-8").split("OA_NAMES_END(ROP_ID)")[0]
    return {int(number, 16): name for number, name in re.findall(r'OA_NAME\((0x..), "(\w+)"\)', rows)}


def reason_of(name, side, field):
    """Why the witness differs in that field, or None."""
    return next((reason for row in WRONG for *patterns, reason in [row]
                 if all(re.fullmatch(pattern, text) for pattern, text in zip(patterns, (name, side, field)))), None)


def check_body(found, body, names):
    """Compares the ROPs of a body. Yields for each ROP its name, the reasons why the witness is not followed in it, and what
    differs without a reason."""
    side = body["dir"]
    for number, rop in enumerate(body["rops"]):
        name = re.sub(r"(Request|Response)(_\w+)?$", "", rop["name"])
        fields = found.get(number, [])
        lost = next((LOST[field.name] for field in fields if field.name in LOST), None) or reason_of(name, side, "")
        mine = names[int(fields[0].value, 16)] if fields else "nothing"
        if mine != name:
            yield name, {lost} - {None}, [] if lost else [("name", mine, number)]
            return
        differences = [] if lost else list(compare(fields, leaves(rop["fields"])))
        reasons = {reason_of(name, side, field) for _, field, _ in differences} | {lost}
        yield name, reasons - {None}, [row for row in differences if not reason_of(name, side, row[1])]
        if lost:
            return


def main():
    """Compares all captures of the folder."""
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    trees = sorted(folder.glob("*.inspector.jsonl.gz"))
    if not trees:
        print(f"no trees in {folder}: nothing to compare with")
        sys.exit(SKIPPED)
    names = rop_names()
    counts, reasons, failures = collections.Counter(), collections.Counter(), []
    for tree in trees:
        capture = tree.name.removesuffix(".inspector.jsonl.gz")
        if capture in SEALED:
            continue
        found = ours(program, str(folder / f"{capture}.pcapng"))
        for frame, side, body in witness_bodies(tree):
            for name, why, differences in check_body(found[frame, side, 1], body, names):
                counts[name] += 1
                reasons.update(why)
                failures += [f"{capture}, {side} of frame {frame}, {name}: {difference}" for difference in differences]
    print(f"{counts.total()} ROPs of {len(counts)} kinds in {len(trees)} captures")
    for reason, count in reasons.most_common():
        print(f"  {count} not followed: {reason}")
    if failures:
        sys.exit("\n".join(failures[:20]) + f"\n{len(failures)} differences")


if __name__ == "__main__":
    main()
