#!/usr/bin/env python3
"""NSPI stubs read by two decoders that do not know each other: ours and impacket's.

Compares every value of the directory calls in the captures, and of stubs that impacket makes with random content for each
operation and property type it knows. Ends with 77 (skipped) where impacket is not installed.

Usage: check_nspi.py DUMP_STUB PLUGIN_HOME CAPTURES

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import random
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test-captures"))
sys.path.append("/usr/lib/python3/dist-packages")
try:
    from impacket.dcerpc.v5 import ndr, nspi
    from impacket.dcerpc.v5.dtypes import NULL
    from impacket.uuid import bin_to_string
except ImportError:
    print("impacket is not installed")
    sys.exit(77)

import tools  # noqa: E402

# What NDR puts around values has no counterpart in impacket's trees, or another place.
FRAMING = ("exchange.ndr.max_count", "exchange.ndr.offset", "exchange.ndr.actual_count", "exchange.ndr.discriminant")
ENTRY_ID = "oxnspi.entry_id."


def ours(dump, calls):
    """The values of each (opnum, direction, stub), and that they are all there is."""
    lines = "".join(f"NSPI {opnum} {way} ndr {stub.hex()}\n" for opnum, way, stub in calls)
    output = subprocess.run([dump], input=lines, check=True, capture_output=True, text=True).stdout
    leaves, all_leaves = [], []
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        if name == "end":
            if value != "0 0":
                raise AssertionError(f"call {len(all_leaves)}, {calls[len(all_leaves)]}: ended {value}")
            all_leaves.append(joined(leaves))
            leaves = []
        elif name not in FRAMING:
            leaves.append((name, value))
    return all_leaves


def joined(leaves):
    """Values only; what we take apart of an entry ID is put together again."""
    values, entry_id = [], b""
    for name, value in [*leaves, ("", "")]:
        part = entry_id_part(name, value, bool(entry_id))
        if part is None and entry_id:
            values.append(entry_id.hex())
            entry_id = b""
        if part is None:
            values.append(value)
        else:
            entry_id += part
    return values[:-1]


def entry_id_part(name, value, inside):
    """The bytes of that part of an entry ID, or None when it is none."""
    if name == ENTRY_ID + "type":
        return bytes([int(value)])
    if name in (ENTRY_ID + "reserved", ENTRY_ID + "provider"):
        return bytes.fromhex(value)
    if name == ENTRY_ID + "dn":
        return bytes.fromhex(value) + b"\0"
    if name.startswith(ENTRY_ID) or (name == "oxnspi.mid" and inside):
        return struct.pack("<L", int(value))
    return None


def theirs(item):
    """The values of one of impacket's trees; what pointers point to stands at the end of the structure they are in."""
    if isinstance(item, ndr.NDRCALL):
        return [value for name, _ in item.structure for part in split(item.fields[name]) for value in part]
    values, referents = split(item)
    return values + referents


def split(item):
    """The values in place, and those of referents."""
    if isinstance(item, (bytes, int)):
        return [item.hex() if isinstance(item, bytes) else str(item)], []
    if isinstance(item, ndr.NDRPOINTERNULL) or isinstance(item, ndr.NDRPOINTER) and not item.fields["ReferentID"]:
        return ["0"], []
    if isinstance(item, ndr.NDRPOINTER):
        return [str(item.fields["ReferentID"])], theirs(item.fields["Data"])
    if isinstance(item, ndr.NDRUNION):
        return split(item.fields[item.structure[0][0]])
    if isinstance(item, ndr.NDRArray):
        data = item.fields["Data"]
        if data and all(isinstance(element, bytes) for element in data):
            return [b"".join(data).hex()], []
        return joined_parts(data if not isinstance(data, bytes) else [data])
    return split_structure(item)


def joined_parts(items):
    """Their values, then their referents."""
    parts = [split(item) for item in items]
    return [value for values, _ in parts for value in values] + [value for _, values in parts for value in values], []


def split_structure(item):
    """A text, a number or a structure of others."""
    kind = type(item).__name__
    if kind in ("STR", "WSTR"):
        text, end = item.fields["Data"], b"\0" if kind == "STR" else b"\0\0"
        return [text[:-len(end)].hex() if text.endswith(end) else text.hex()], []
    if kind == "FILETIME":
        return [struct.pack("<LL", item["dwLowDateTime"] & 0xFFFFFFFF, item["dwHighDateTime"] & 0xFFFFFFFF).hex()], []
    if set(item.fields) >= {"Data"} and isinstance(item.fields["Data"], (int, bytes)):
        return split(item.fields["Data"])
    return joined_parts([item.fields[name] for name, _ in item.structure])


# [MS-OXNSPI] 2.2.2.10: an array of FILETIME, not of pointers to them.
nspi.DateTimeArray.item = nspi.FILETIME
# [MS-OXNSPI] 2.2.2.1: FlatUID_r is an array of bytes, which is not aligned as a GUID is.
nspi.UUID.getAlignment = lambda self: 1


# Operations that impacket leaves out, of its structures.
class NspiGetMatches(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.10"""
    opnum = 5
    structure = (("hRpc", nspi.handle_t), ("Reserved1", nspi.DWORD), ("pStat", nspi.STAT),
                 ("pReserved", nspi.PPropertyTagArray_r), ("Reserved2", nspi.DWORD), ("Filter", nspi.PRestriction_r),
                 ("lpPropName", nspi.PPropertyName_r), ("ulRequested", nspi.DWORD), ("pPropTags", nspi.PPropertyTagArray_r))


class NspiGetMatchesResponse(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.10"""
    structure = (("pStat", nspi.STAT), ("ppOutMIds", nspi.PPropertyTagArray_r), ("ppRows", nspi.PPropertyRowSet_r),
                 ("ErrorCode", nspi.ULONG))


class NspiResortRestriction(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.11"""
    opnum = 6
    structure = (("hRpc", nspi.handle_t), ("Reserved", nspi.DWORD), ("pStat", nspi.STAT),
                 ("pInMIds", nspi.PropertyTagArray_r), ("ppOutMIds", nspi.PPropertyTagArray_r))


class NspiResortRestrictionResponse(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.11"""
    structure = (("pStat", nspi.STAT), ("ppOutMIds", nspi.PPropertyTagArray_r), ("ErrorCode", nspi.ULONG))


class NspiGetProps(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.7; STAT is a [ref] pointer, which impacket's own class does not know"""
    opnum = 9
    structure = (("hRpc", nspi.handle_t), ("dwFlags", nspi.DWORD), ("pStat", nspi.STAT),
                 ("pPropTags", nspi.PPropertyTagArray_r))


class NspiModProps(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.14"""
    opnum = 11
    structure = (("hRpc", nspi.handle_t), ("Reserved", nspi.DWORD), ("pStat", nspi.STAT),
                 ("pPropTags", nspi.PPropertyTagArray_r), ("pRow", nspi.PropertyRow_r))


class NspiModPropsResponse(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.14"""
    structure = (("ErrorCode", nspi.ULONG),)


class NspiSeekEntries(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.9; the tables are [unique] pointers, which impacket's own class does not know"""
    opnum = 4
    structure = (("hRpc", nspi.handle_t), ("Reserved", nspi.DWORD), ("pStat", nspi.STAT), ("pTarget", nspi.PropertyValue_r),
                 ("lpETable", nspi.PPropertyTagArray_r), ("pPropTags", nspi.PPropertyTagArray_r))


class NspiSpecialTable(ndr.NDRCALL):
    """[MS-OXNSPI] 3.1.4.1.3; the pointers are [ref]"""
    opnum = 12
    structure = (("hRpc", nspi.handle_t), ("dwFlags", nspi.DWORD), ("pStat", nspi.STAT), ("lpVersion", nspi.DWORD))


class PropertyNames(ndr.NDRUniConformantArray):
    """[size_is(cPropNames)] PropertyName_r **"""
    item = nspi.PPropertyName_r


class NspiGetIDsFromNames(ndr.NDRCALL):
    """[MS-NSPI] 3.1.4.17; an array of pointers, not varying"""
    opnum = 18
    structure = (("hRpc", nspi.handle_t), ("Reserved", nspi.DWORD), ("dwFlags", nspi.DWORD), ("cPropNames", nspi.DWORD),
                 ("pNames", PropertyNames))


def class_of(opnum, way):
    """impacket's class of a call as its clients send it, or None."""
    for cls in vars(nspi).values():
        if isinstance(cls, type) and getattr(cls, "opnum", None) == opnum:
            return cls if way == "in" else getattr(nspi, cls.__name__ + "Response")
    return None


def made_classes():
    """(opnum, direction, class) of everything that can be made."""
    own = {cls.opnum: cls for cls in (NspiGetMatches, NspiResortRestriction, NspiGetProps, NspiModProps, NspiSeekEntries,
                                      NspiSpecialTable, NspiGetIDsFromNames)}
    own_out = {5: NspiGetMatchesResponse, 6: NspiResortRestrictionResponse, 11: NspiModPropsResponse}
    for opnum in range(21):
        request = own.get(opnum) or class_of(opnum, "in")
        if request:
            yield opnum, "in", request
            yield opnum, "out", own_out.get(opnum) or class_of(opnum, "out")


class Maker:
    """Fills impacket's structures with random content."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def text(self):
        """Some letters."""
        return "".join(self.chance.choice("abcxyz/=- ") for _ in range(self.chance.randrange(9))) + "\0"

    def entry_id(self):
        """A binary value: one of both kinds of entry ID, or anything."""
        head = struct.pack("<4s16sLL", b"\0\0\0\0", nspi.GUID_NSPI, 1, self.chance.choice((0, 1, 6, 256)))
        kinds = (head + self.text().encode(), b"\x87" + head[1:] + self.chance.randbytes(4),
                 self.chance.randbytes(self.chance.randrange(1, 40)))
        return self.chance.choice(kinds)

    def fill(self, item, depth=0):
        """Fills a structure in place and returns it."""
        if isinstance(item, nspi.PropertyValue_r):
            return self.fill_union(item, "ulPropTag", "Value", self.chance.randrange(1, 0x8000) << 16, depth)
        if isinstance(item, nspi.Restriction_r):
            return self.fill_union(item, "rt", "res", 0, depth)
        for name, kind in item.structure:
            self.fill_member(item, name, kind, depth)
        counts = [name for name, _ in item.structure if name in ("cValues", "cRows", "cRes", "Count", "dwETableCount")]
        arrays = [name for name, _ in item.structure if self.size_of(item.fields[name]) is not None]
        if counts and arrays and counts[0] != "Count" or isinstance(item, (nspi.StringsArray_r, nspi.WStringsArray_r)):
            item[counts[0]] = self.size_of(item.fields[arrays[0]])
        return item

    @staticmethod
    def size_of(field):
        """Elements of an array or of the array a pointer has, None for anything else."""
        if isinstance(field, ndr.NDRPOINTERNULL):
            return None
        if isinstance(field, ndr.NDRPOINTER):
            field = field.fields["Data"]
        return len(field.fields["Data"]) if isinstance(field, ndr.NDRArray) else None

    def fill_union(self, item, switch, union, base, depth):
        """A discriminant of the union's and its arm; near the end of depth one without further structures."""
        arms = list(item.fields[union].union)
        if union == "res" and depth > 3:
            arms = [5, 6, 7, 8]
        arm = self.chance.choice(arms)
        item[switch] = base | arm
        item.fields[union].fields["tag"] = 0
        item[union]["tag"] = arm
        name, kind = item.fields[union].union[arm]
        self.fill_member(item.fields[union], name, kind, depth + 1)
        return item

    def fill_member(self, item, name, kind, depth):
        """Fills a member according to its class."""
        made = kind()
        if isinstance(made, ndr.NDRPOINTER):
            self.fill_pointer(item, name, made, depth)
        elif type(made).__name__ in ("UUID", "GUID"):
            item[name] = self.chance.randbytes(16)
        elif type(made).__name__ == "handle_t":
            made["context_handle_attributes"] = 0
            made["context_handle_uuid"] = self.chance.randbytes(16)
            item[name] = made
        elif type(made).__name__ in ("STR", "WSTR"):
            item[name] = self.text()
        elif type(made).__name__ == "FILETIME":
            made["dwLowDateTime"], made["dwHighDateTime"] = self.chance.randrange(1 << 31), self.chance.randrange(1 << 31)
            item.fields[name] = made
        elif isinstance(made, ndr.NDRArray):
            self.fill_array(made, depth)
            item.fields[name] = made
        elif isinstance(made, ndr.NDRSTRUCT):
            item.fields[name] = self.fill(made, depth)
        else:
            size = {"NDRSHORT": 15, "NDRUSHORT": 16}.get(type(made).__name__, 31)
            item[name] = self.chance.randrange(1 << size)

    def fill_pointer(self, item, name, made, depth):
        """A pointer, sometimes null where nothing counts what it points to."""
        (_, referent), = made.referent
        if self.chance.random() < 0.2:
            item[name] = NULL
            return
        self.fill_member(made, "Data", referent, depth + 1)
        made.fields["ReferentID"] = self.chance.randrange(1, 1 << 16)
        item.fields[name] = made

    def fill_array(self, array, depth):
        """An array of a few elements."""
        if array.item == "c":
            array["Data"] = self.entry_id()
            return
        elements = []
        for _ in range(self.chance.randrange(1, 4)):
            holder = ndr.NDRCALL()
            holder.fields["x"] = array.item()
            self.fill_member(holder, "x", array.item, depth + 1)
            elements.append(holder.fields["x"])
        array.fields["Data"] = elements
        array.fields["MaximumCount"] = None
        if "ActualCount" in array.fields:
            array.fields["ActualCount"] = None


def made(seed, rounds):
    """(opnum, direction, stub) with random content, and impacket's tree of each."""
    maker = Maker(seed)
    for _ in range(rounds):
        for opnum, way, cls in made_classes():
            item = maker.fill(cls())
            yield (opnum, way, item.getData()), item


def stub_of(payload, fragment, auth, padding):
    """The stub in a segment that ends with a PDU of one fragment."""
    pdu = bytes.fromhex(payload)[-int(fragment):]
    if len(pdu) != int(fragment) or pdu[0] != 5 or pdu[3] & 3 != 3:
        raise AssertionError(f"no whole PDU: {payload}")
    verifier = int(auth) + 8 + int(padding or "0") if int(auth) else 0
    return pdu[24:len(pdu) - verifier]


def captured(home, capture):
    """(opnum, direction, stub) of the directory calls in a capture."""
    names = ["rpch.vc", "dcerpc.pkt_type", "dcerpc.cn_bind_to_uuid", "dcerpc.opnum", "tcp.payload", "dcerpc.cn_frag_len",
             "dcerpc.cn_auth_len", "dcerpc.auth_pad_len"]
    calls, directory = [], set()
    for session, ptype, uuids, opnum, *pdu in tools.fields(home, capture, names, "-Y", "dcerpc"):
        if nspi_uuid() in uuids:
            directory.add(session)
        if session in directory and ptype in ("0", "2"):
            calls.append((int(opnum), "in" if ptype == "0" else "out", stub_of(*pdu)))
    return calls


def nspi_uuid():
    """The interface's UUID as tshark prints it."""
    return bin_to_string(nspi.MSRPC_UUID_NSPI[:16]).lower()


def compare(what, calls, parsed, all_values):
    """The number of values, all of them equal."""
    count = 0
    for call, item, values in zip(calls, parsed, all_values, strict=True):
        expected = theirs(item)
        if values != expected:
            raise AssertionError(f"{what}, {call[:2]} {call[2].hex()}:\n  ours   {values}\n  theirs {expected}")
        count += len(values)
    return count


def main():
    """Captured calls, then made ones."""
    dump, home, captures = sys.argv[1:4]
    found = 0
    for capture in sorted(pathlib.Path(captures).glob("*.pcapng")):
        calls = captured(home, capture)
        found += compare(capture.name, calls, [class_of(*call[:2])(call[2]) for call in calls], ours(dump, calls))
    calls, items = zip(*made(7, 60))
    print(f"{found} values of captured calls, {compare('made', calls, items, ours(dump, calls))} of {len(calls)} made stubs")
    if not found:
        raise AssertionError("no directory call in the captures")


if __name__ == "__main__":
    main()
