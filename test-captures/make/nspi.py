"""Calls to the address book, [MS-NSPI] 2.3 and 3.1.4, by descriptions of their parameters.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from ndr import conformant, conformant_octets, handle, octets, structure, text, ulong, union, unique, ushort
from rpc import Operation

STAT = structure(ulong(0, 0, 0, 0, 0, 2, 1200, 1033, 1033))  # 2.3.7
UNBIND_SUCCESS = 1

# Arms of PROP_VAL_UNION, 2.3.1.11, by the property type: a description of the value.
ARMS = {
    0x0002: ushort,
    0x0003: ulong,
    0x000B: ushort,
    0x001E: lambda value: unique(text(value)),
    0x001F: lambda value: unique(text(value, "utf-16-le")),
    0x0040: lambda value: octets(value.to_bytes(8, "little"), 4),
    0x0048: lambda value: unique(octets(value)),
    0x0102: lambda value: structure(ulong(len(value)), unique(conformant_octets(value)), pointers=True),
    0x1003: lambda value: structure(ulong(len(value)), unique(conformant(*map(ulong, value))), pointers=True),
}


def property_tags(tags):
    """PropertyTagArray_r, 2.3.1.2: one more is allocated than is sent."""
    def write(stub):
        stub.put(stub.count, len(tags) + 1)
        stub.put("I", len(tags))
        stub.put(stub.count, 0, len(tags))
        stub.put("I", *tags)
    return write


def property_value(tag, value):
    """PropertyValue_r, 2.3.1.12."""
    return structure(ulong(tag, 0), union(tag & 0xFFFF, ARMS[tag & 0xFFFF](value)), pointers=True)


def property_row(values):
    """PropertyRow_r, 2.3.2."""
    return structure(ulong(0, len(values)), unique(conformant(*(property_value(*value) for value in values.items()))), pointers=True)


def property_rows(rows):
    """PropertyRowSet_r, 2.3.3."""
    def write(stub):
        stub.put(stub.count, len(rows))
        stub.put("I", len(rows))
        stub.write(map(property_row, rows))
    return write


def bind(server_guid, context_handle):
    """NspiBind, 3.1.4.1."""
    return Operation("NspiBind", 0, (ulong(0), STAT, unique(octets(bytes(16)))),
                     (unique(octets(server_guid)), handle(context_handle), ulong(0)), "NSPI")


def query_rows(context_handle, rows):
    """NspiQueryRows, 3.1.4.8: rows that have the same properties."""
    request = (handle(context_handle), ulong(0), STAT, ulong(0), unique(), ulong(len(rows)), unique(property_tags(list(rows[0]))))
    return Operation("NspiQueryRows", 3, request, (STAT, unique(property_rows(rows)), ulong(0)), "NSPI")


def unbind(context_handle):
    """NspiUnbind, 3.1.4.2."""
    return Operation("NspiUnbind", 1, (handle(context_handle), ulong(0)), (handle(bytes(20)), ulong(UNBIND_SUCCESS)), "NSPI")
