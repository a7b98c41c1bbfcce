"""Parameters of calls in both transfer syntaxes: NDR, [C706] 14, and NDR64, [MS-RPCE] 2.2.5.

A description is what the functions here return: it writes itself to a Stub, which knows how the transfer syntax aligns and how wide
its counts and pointers are. So one description of a call gives the stub of either.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

REFERENT = 0x00020000  # the first pointer's value, as Windows numbers them


class Stub:
    """A stub under way."""

    def __init__(self, wide):
        self.wide = wide
        self.count = "Q" if wide else "I"  # of counts and pointers
        self.data = bytearray()
        self.pointers = 0
        self.deferred = []

    def align(self, size):
        """Padding up to a multiple of the size."""
        self.data += bytes(-len(self.data) % size)

    def put(self, form, *values):
        """Integers of one form of struct, each aligned to its size."""
        for value in values:
            self.align(struct.calcsize(form))
            self.data += struct.pack("<" + form, value)

    def referents(self):
        """What was pointed to, each with its own referents behind it."""
        deferred, self.deferred = self.deferred, []
        for parts in deferred:
            self.write(parts)
            self.referents()

    def write(self, parts):
        """Descriptions, one after the other."""
        for part in parts:
            part(self)


def marshal(parameters, wide=False):
    """The stub of a call's parameters, each followed by its referents; wide: in NDR64."""
    stub = Stub(wide)
    for parameter in parameters:
        parameter(stub)
        stub.referents()
    return bytes(stub.data)


def ushort(*values):
    """Integers of 16 bits."""
    return lambda stub: stub.put("H", *values)


def ulong(*values):
    """Integers of 32 bits."""
    return lambda stub: stub.put("I", *values)


def octets(data, alignment=1):
    """Bytes of a fixed number, of what is aligned so."""
    def write(stub):
        stub.align(alignment)
        stub.data += data
    return write


def handle(context_handle):
    """ndr_context_handle, [C706] appendix N."""
    return octets(context_handle, 4)


def conformant(*elements):
    """An array that tells its size."""
    def write(stub):
        stub.put(stub.count, len(elements))
        stub.write(elements)
    return write


def conformant_octets(data):
    """An array of bytes that tells its size."""
    def write(stub):
        stub.put(stub.count, len(data))
        stub.data += data
    return write


def varying_octets(data, size=None):
    """An array of bytes that tells its size, by default that of the bytes, and how much of it is sent: these."""
    def write(stub):
        stub.put(stub.count, len(data) if size is None else size, 0, len(data))
        stub.data += data
    return write


def text(value, encoding="latin-1"):
    """A string, or its bytes in the encoding, with its terminator: of 8-bit characters or of UTF-16."""
    terminator = "\0".encode(encoding)
    data = (value if isinstance(value, bytes) else value.encode(encoding)) + terminator

    def write(stub):
        characters = len(data) // len(terminator)
        stub.put(stub.count, characters, 0, characters)
        stub.data += data
    return write


def unique(*parts):
    """A pointer to what the parts describe, which comes behind what it stands in; without parts NULL."""
    def write(stub):
        stub.put(stub.count, REFERENT + 4 * stub.pointers if parts else 0)
        if parts:
            stub.pointers += 1
            stub.deferred.append(parts)
    return write


def full(number, *parts):
    """The same, a full pointer: the number stands for what it points to in the request and in the response."""
    def write(stub):
        stub.put(stub.count, number)
        stub.deferred.append(parts)
    return write


def structure(*parts, pointers=False):
    """A structure of integers of 32 bits, or also of pointers or what is aligned like them; NDR64 fills it up at its end."""
    def write(stub):
        alignment = struct.calcsize("<" + stub.count) if pointers else 4
        stub.align(alignment)
        stub.write(parts)
        if stub.wide:
            stub.align(alignment)
    return write


def union(discriminant, *arm):
    """A union with pointers among its arms, which NDR64 aligns to them, its discriminant and its arm."""
    def write(stub):
        alignment = struct.calcsize("<" + stub.count) if stub.wide else 1
        stub.align(alignment)
        stub.put("I", discriminant)
        stub.align(alignment)
        stub.write(arm)
    return write
