"""Calls to the address book, [MS-OXNSPI] 3.1.4.1, whose stubs are complete; text of 8 bits is in the code page of the STAT.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

from rpc import Operation, text

DISPLAY_NAME, EMAIL_ADDRESS, OBJECT_TYPE = 0x3001001E, 0x3003001E, 0x0FFE0003  # with the type PtypString8, and PtypInteger32
COLUMNS = (DISPLAY_NAME, EMAIL_ADDRESS, OBJECT_TYPE)
MAIL_USER = 6


class Stub:
    """A stub that is being written: values aligned as NDR wants them, each parameter's referents behind it."""

    def __init__(self, data=b""):
        self.data, self.referents, self.waiting = data, 0, []

    def words(self, *values):
        """Integers of four bytes."""
        self.data += bytes(-len(self.data) % 4) + struct.pack(f"<{len(values)}I", *(value & 0xFFFFFFFF for value in values))
        return self

    def raw(self, data):
        """Bytes after the last value, aligned to four."""
        self.data += bytes(-len(self.data) % 4) + data
        return self

    def pointer(self, write=None):
        """A unique pointer, null without something to write behind the structure around it."""
        self.referents += write is not None
        self.words(0x00020000 + 4 * self.referents if write else 0)
        if write:
            self.waiting.append(write)
        return self

    def parameter(self):
        """A parameter is complete: what its pointers point to, each with its own referents behind it."""
        waiting, self.waiting = self.waiting, []
        for write in waiting:
            write()
            self.parameter()
        return self

    def tags(self, values):
        """PropertyTagArray_r."""
        return self.words(len(values) + 1, len(values), 0, len(values), *values)

    def tags_pointer(self, values):
        """A pointer to such an array, as a parameter."""
        return self.pointer(lambda: self.tags(values)).parameter()

    def string(self, data):
        """A pointer to a string."""
        return self.pointer(lambda: self.raw(text(data)))

    def strings(self, values):
        """StringsArray_r, as a parameter."""
        self.words(len(values), len(values))
        for value in values:
            self.string(value)
        return self.parameter()

    def values(self, row):
        """The values of a row."""
        self.words(len(row))
        for tag, value in row:
            self.words(tag, 0, tag & 0xFFFF)
            if isinstance(value, bytes):
                self.string(value)
            else:
                self.words(value)

    def row(self, row):
        """PropertyRow_r."""
        return self.words(0, len(row)).pointer(lambda: self.values(row))

    def rows(self, rows):
        """A pointer to a PropertyRowSet_r, as a parameter."""
        def write():
            self.words(len(rows), len(rows))
            for row in rows:
                self.row(row)
        return self.pointer(write).parameter()


def stat(code_page, current=0):
    """STAT, 2.2.8."""
    return 0, 0, current, 0, 0, 3, code_page, 1033, 1033


def entry(name, dn):
    """A row of COLUMNS; the name in its code page."""
    return (DISPLAY_NAME, name), (EMAIL_ADDRESS, dn.encode()), (OBJECT_TYPE, MAIL_USER)


def operation(name, opnum, request, response):
    """A call by its stubs."""
    return Operation(name, opnum, request.data, response.data, interface="NSPI")


def bind(handle, guid, code_page):
    """NspiBind, 3.1.4.1.1."""
    request = Stub().words(0, *stat(code_page)).pointer().parameter()
    response = Stub()
    response.pointer(lambda: response.raw(guid)).parameter().raw(handle).words(0)
    return operation("NspiBind", 0, request, response)


def unbind(handle):
    """NspiUnbind, 3.1.4.1.2."""
    return operation("NspiUnbind", 1, Stub(handle).words(0), Stub(bytes(20)).words(1))


def query_rows(handle, code_page, rows):
    """NspiQueryRows, 3.1.4.1.8."""
    request = Stub(handle).words(0, *stat(code_page), 0).pointer().parameter().words(50).tags_pointer(COLUMNS)
    return operation("NspiQueryRows", 3, request, Stub().words(*stat(code_page)).rows(rows).words(0))


def dn_to_mid(handle, names):
    """NspiDNToMId, 3.1.4.1.13."""
    request = Stub(handle).words(0).strings([name.encode() for name in names])
    return operation("NspiDNToMId", 7, request, Stub().tags_pointer(range(16, 16 + len(names))).words(0))


def get_props(handle, code_page, row):
    """NspiGetProps, 3.1.4.1.7: the answer does not say the code page again."""
    request = Stub(handle).words(0, *stat(code_page, 16)).tags_pointer([tag for tag, _ in row])
    response = Stub()
    response.pointer(lambda: response.row(row)).parameter().words(0)
    return operation("NspiGetProps", 9, request, response)


def get_special_table(handle, code_page, rows):
    """NspiGetSpecialTable, 3.1.4.1.3: the answer does not say the code page again."""
    return operation("NspiGetSpecialTable", 12, Stub(handle).words(0, *stat(code_page), 0), Stub().words(1).rows(rows).words(0))


def resolve_names(handle, code_page, names, rows):
    """NspiResolveNames, 3.1.4.1.16: names in the code page; the answer does not say it again."""
    request = Stub(handle).words(0, *stat(code_page)).tags_pointer(COLUMNS).strings(names)
    return operation("NspiResolveNames", 19, request, Stub().tags_pointer([2] * len(names)).rows(rows).words(0))
