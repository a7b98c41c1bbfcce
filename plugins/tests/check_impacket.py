#!/usr/bin/env python3
"""Stubs of Exchange calls, decoded independently by this decoder and by impacket.

Compares every value of the directory calls in the captures, and of random stubs that impacket encodes, in NDR and in NDR64, for each
operation of EMSMDB, AsyncEMSMDB and RFR and each operation and property type of NSPI. Exits with 77 (skipped) where impacket is not
installed.

Usage: check_impacket.py DUMP_STUB PLUGIN_HOME CAPTURES

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
    from impacket.dcerpc.v5.dtypes import LPSTR, NULL, STR, ULONG, USHORT
    from impacket.uuid import bin_to_string, uuidtup_to_bin
except ImportError:
    print("impacket is not installed")
    sys.exit(77)

import tools  # noqa: E402

# NDR framing has no counterpart in impacket's trees, or another position.
FRAMING = ("exchange.ndr.max_count", "exchange.ndr.offset", "exchange.ndr.actual_count", "exchange.ndr.discriminant")

# Parts of byte arrays that the decoder splits: entry IDs, and buffers with RPC_HEADER_EXT. "hex": bytes; "text": null-terminated.
PARTS = {"oxnspi.entry_id.type": "<B", "oxnspi.entry_id.reserved": "hex", "oxnspi.entry_id.provider": "hex",
         "oxnspi.entry_id.version": "<L", "oxnspi.entry_id.display_type": "<L", "oxnspi.entry_id.dn": "text", "oxnspi.mid": "<L",
         "oxcrpc.ext.version": "<H", "oxcrpc.ext.flags": "<H", "oxcrpc.ext.size": "<H", "oxcrpc.ext.size_actual": "<H",
         "oxcrpc.rop_size": "<H", "oxcrpc.rops": "hex", "oxcrpc.handle": "<L", "oxcrpc.aux.size": "<H", "oxcrpc.aux.version": "<B",
         "oxcrpc.aux.type": "<B", "oxcrpc.aux.unknown": "hex"}
FIRST_PARTS = ("oxnspi.entry_id.type", "oxcrpc.ext.version")
NDR64 = uuidtup_to_bin(("71710533-BEBA-4937-8319-B5DBEF9CCC36", "1.0"))


def ours(dump, calls):
    """The values of each (interface, opnum, direction, transfer syntax, stub), all bytes of which must be decoded."""
    lines = "".join(f"{interface} {opnum} {way} {syntax} {stub.hex()}\n" for interface, opnum, way, syntax, stub in calls)
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
    """Values only, with byte arrays that the decoder split joined again."""
    values, whole = [], None
    for name, value in [*leaves, ("", "")]:
        if whole is not None and (name in FIRST_PARTS or name not in PARTS):
            values.append(whole.hex())
            whole = None
        if name in FIRST_PARTS:
            whole = b""
        if whole is None:
            values.append(value)
        else:
            whole += part(PARTS[name], value)
    return values[:-1]


def part(form, value):
    """The bytes of a part."""
    if form in ("hex", "text"):
        return bytes.fromhex(value) + (b"\0" if form == "text" else b"")
    return struct.pack(form, int(value))


def theirs(item):
    """The values of one of impacket's trees; referents follow the structure that contains the pointers."""
    if isinstance(item, ndr.NDRCALL):
        return [value for name, _ in item.structure for part in split(item.fields[name]) for value in part]
    values, referents = split(item)
    return values + referents


def split(item):
    """Values in place, and those of referents."""
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
        if item.item == "c":
            return [(data if isinstance(data, bytes) else b"".join(data)).hex()], []
        return joined_parts(data)
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


def with_trailing_gap(structure_data):
    """[MS-RPCE] 2.2.5.3.4.1: NDR64 fills a structure up to its alignment, but for one that ends in an array or a text. impacket cites
    this and leaves it out."""
    def data_of(self, soFar=0):
        data = structure_data(self, soFar)
        last = self.fields[(self.commonHdr + self.structure)[-1][0]]
        open_end = isinstance(last, (ndr.NDRUniConformantArray, ndr.NDRUniConformantVaryingArray)) or "ActualCount" in self.fields
        if self._isNDR64 and not isinstance(self, ndr.NDRPOINTER) and not open_end:
            data += bytes(-(soFar + len(data)) % self.getAlignment())
        return data
    return data_of


ndr.NDRSTRUCT.getData = with_trailing_gap(ndr.NDRSTRUCT.getData)
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
    """[MS-OXNSPI] 3.1.4.1.7; STAT is a [ref] pointer, which impacket's class does not reflect"""
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
    """[MS-OXNSPI] 3.1.4.1.9; the tables are [unique] pointers, which impacket's class does not reflect"""
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


# The store and the referral service, which impacket does not have.
class Words(ndr.NDRSTRUCT):
    """unsigned short [3]"""
    structure = (("First", USHORT), ("Second", USHORT), ("Third", USHORT))


class Octets(ndr.NDRUniConformantArray):
    """[size_is] bytes without structure"""


class Rops(ndr.NDRUniConformantArray):
    """[size_is] bytes of an extended buffer with ROPs"""


class Aux(ndr.NDRUniConformantArray):
    """[size_is] bytes of an extended buffer with auxiliary blocks"""


class RopsOut(ndr.NDRUniConformantVaryingArray):
    """[size_is, length_is] bytes of an extended buffer with ROPs"""


class AuxOut(ndr.NDRUniConformantVaryingArray):
    """[size_is, length_is] bytes of an extended buffer with auxiliary blocks"""


class PointerToText(ndr.NDRPOINTER):
    """[unique, string] unsigned char **"""
    referent = (("Data", LPSTR),)


def call_class(*kinds):
    """The class of a call with parameters of these kinds."""
    structure = tuple((f"p{number}", kind) for number, kind in enumerate(kinds))
    return type("Call", (ndr.NDRCALL,), {"structure": structure})


HANDLE = nspi.handle_t
# [MS-OXCRPC] 6 and [MS-OXABREF] 6: by interface and opnum the [in] parameters, then the [out] ones and what is returned.
PARAMETERS = {
    # EcDoDisconnect
    ("EMSMDB", 1): ((HANDLE,), (HANDLE, ULONG)),
    # EcRRegisterPushNotification
    ("EMSMDB", 4): ((HANDLE, ULONG, Octets, USHORT, ULONG, Octets, USHORT), (HANDLE, ULONG, ULONG)),
    # EcDoConnectEx
    ("EMSMDB", 10): ((STR, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, USHORT, Words, ULONG, Aux, ULONG, ULONG),
                     (HANDLE, ULONG, ULONG, ULONG, USHORT, LPSTR, LPSTR, Words, Words, ULONG, AuxOut, ULONG, ULONG)),
    # EcDoRpcExt2
    ("EMSMDB", 11): ((HANDLE, ULONG, Rops, ULONG, ULONG, Aux, ULONG, ULONG),
                     (HANDLE, ULONG, RopsOut, ULONG, AuxOut, ULONG, ULONG, ULONG)),
    # EcDoAsyncConnectEx
    ("EMSMDB", 14): ((HANDLE,), (HANDLE, ULONG)),
    # EcDoAsyncWaitEx
    ("AsyncEMSMDB", 0): ((HANDLE, ULONG), (ULONG, ULONG)),
    # RfrGetNewDSA
    ("RFR", 0): ((ULONG, STR, PointerToText, PointerToText), (PointerToText, PointerToText, ULONG)),
    # RfrGetFQDNFromServerDN
    ("RFR", 1): ((ULONG, ULONG, STR), (LPSTR, ULONG)),
}


def class_of(opnum, way):
    """impacket's class of a directory call as its clients send it, or None."""
    for cls in vars(nspi).values():
        if isinstance(cls, type) and getattr(cls, "opnum", None) == opnum:
            return cls if way == "in" else getattr(nspi, cls.__name__ + "Response")
    return None


def made_classes():
    """(interface, opnum, direction, class) of every stub that can be generated."""
    own = {cls.opnum: cls for cls in (NspiGetMatches, NspiResortRestriction, NspiGetProps, NspiModProps, NspiSeekEntries,
                                      NspiSpecialTable, NspiGetIDsFromNames)}
    own_out = {5: NspiGetMatchesResponse, 6: NspiResortRestrictionResponse, 11: NspiModPropsResponse}
    for opnum in range(21):
        request = own.get(opnum) or class_of(opnum, "in")
        if request:
            yield "NSPI", opnum, "in", request
            yield "NSPI", opnum, "out", own_out.get(opnum) or class_of(opnum, "out")
    for (interface, opnum), (request, response) in PARAMETERS.items():
        yield interface, opnum, "in", call_class(*request)
        yield interface, opnum, "out", call_class(*response)


class Maker:
    """Fills impacket's structures with random content."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def text(self):
        """A short random text."""
        return "".join(self.chance.choice("abcxyz/=- ") for _ in range(self.chance.randrange(9))) + "\0"

    def entry_id(self):
        """A binary value: an entry ID of either kind, or random bytes."""
        head = struct.pack("<4s16sLL", b"\0\0\0\0", nspi.GUID_NSPI, 1, self.chance.choice((0, 1, 6, 256)))
        kinds = (head + self.text().encode(), b"\x87" + head[1:] + self.chance.randbytes(4),
                 self.chance.randbytes(self.chance.randrange(1, 40)))
        return self.chance.choice(kinds)

    def extended(self, payload):
        """The payload with its RPC_HEADER_EXT, or nothing."""
        header = struct.pack("<HHHH", 0, 4, len(payload), len(payload))
        return self.chance.choice((b"", header + payload, header + payload))

    def octets(self, kind):
        """Content of a byte array."""
        some = self.chance.randbytes(self.chance.randrange(1, 40))
        if kind in (Rops, RopsOut):
            return self.extended(struct.pack("<H", len(some) + 2) + some + self.chance.randbytes(4 * self.chance.randrange(3)))
        if kind in (Aux, AuxOut):
            return self.extended(struct.pack("<HBB", len(some) + 4, 1, 0x77) + some)
        return some if kind is Octets else self.entry_id()

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
        """Number of elements of an array or of a pointer's array; None for anything else."""
        if isinstance(field, ndr.NDRPOINTERNULL):
            return None
        if isinstance(field, ndr.NDRPOINTER):
            field = field.fields["Data"]
        return len(field.fields["Data"]) if isinstance(field, ndr.NDRArray) else None

    def fill_union(self, item, switch, union, base, depth):
        """A discriminant of the union and its arm; near the depth limit one without nested structures."""
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
        """A pointer, sometimes null."""
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
            array["Data"] = self.octets(type(array))
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
    """(interface, opnum, direction, transfer syntax, stub) with random content in both transfer syntaxes, and the values of each."""
    maker = Maker(seed)
    for _ in range(rounds):
        for interface, opnum, way, cls in made_classes():
            item = maker.fill(cls())
            values = theirs(item)
            yield (interface, opnum, way, "ndr", item.getData()), values
            item.changeTransferSyntax(NDR64)
            yield (interface, opnum, way, "ndr64", item.getData()), values


def stub_of(payload, fragment, auth, padding):
    """The stub in a segment that ends with a PDU of one fragment."""
    pdu = bytes.fromhex(payload)[-int(fragment):]
    if len(pdu) != int(fragment) or pdu[0] != 5 or pdu[3] & 3 != 3:
        raise AssertionError(f"no whole PDU: {payload}")
    verifier = int(auth) + 8 + int(padding or "0") if int(auth) else 0
    return pdu[24:len(pdu) - verifier]


def captured(home, capture):
    """(interface, opnum, direction, transfer syntax, stub) of the directory calls in a capture."""
    names = ["rpch.vc", "dcerpc.pkt_type", "dcerpc.cn_bind_to_uuid", "dcerpc.opnum", "tcp.payload", "dcerpc.cn_frag_len",
             "dcerpc.cn_auth_len", "dcerpc.auth_pad_len"]
    calls, directory = [], set()
    for session, ptype, uuids, opnum, *pdu in tools.fields(home, capture, names, "-Y", "dcerpc"):
        if nspi_uuid() in uuids:
            directory.add(session)
        if session in directory and ptype in ("0", "2"):
            calls.append(("NSPI", int(opnum), "in" if ptype == "0" else "out", "ndr", stub_of(*pdu)))
    return calls


def nspi_uuid():
    """The interface's UUID as tshark prints it."""
    return bin_to_string(nspi.MSRPC_UUID_NSPI[:16]).lower()


def compare(what, dump, calls, expected):
    """The number of values, all of them equal."""
    for call, values, wanted in zip(calls, ours(dump, calls), expected, strict=True):
        if values != wanted:
            raise AssertionError(f"{what}, {call[:4]} {call[4].hex()}:\n  ours   {values}\n  theirs {wanted}")
    return sum(map(len, expected))


def main():
    """Captured calls, then generated ones."""
    dump, home, captures = sys.argv[1:4]
    found = 0
    for capture in sorted(pathlib.Path(captures).glob("*.pcapng")):
        calls = captured(home, capture)
        found += compare(capture.name, dump, calls, [theirs(class_of(*call[1:3])(call[4])) for call in calls])
    calls, values = zip(*made(7, 60))
    print(f"{found} values of captured calls, {compare('made', dump, calls, values)} of {len(calls)} generated stubs")
    if not found:
        raise AssertionError("no directory call in the captures")


if __name__ == "__main__":
    main()
