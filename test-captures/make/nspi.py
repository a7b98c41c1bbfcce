"""Calls to the address book, [MS-NSPI] 2.3 and 3.1.4, by descriptions of their parameters; text of 8 bits is in the code page of the STAT.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from ndr import conformant, conformant_octets, handle, octets, structure, text, ulong, union, unique, ushort
from rpc import Operation

UNICODE = 1200
UNBIND_SUCCESS = 1
MID_RESOLVED = 2

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
    """PropertyRow_r, 2.3.2: values by their tags."""
    return structure(ulong(0, len(values)), unique(conformant(*(property_value(*value) for value in values.items()))), pointers=True)


def counted(elements):
    """A structure that is a count and the array of that size: PropertyRowSet_r, 2.3.3, StringsArray_r, 2.3.5."""
    def write(stub):
        stub.put(stub.count, len(elements))
        stub.put("I", len(elements))
        stub.write(elements)
    return write


def property_rows(rows):
    """PropertyRowSet_r, 2.3.3."""
    return counted([property_row(row) for row in rows])


def stat_fields(code_page=UNICODE, current=0, delta=0):
    """The nine values of STAT, 2.3.7, in a table of 500 rows."""
    return 0, 0, current, delta, 0, 500, code_page, 1033, 1033


def stat(*fields):
    """STAT, 2.3.7."""
    return structure(ulong(*stat_fields(*fields)))


def operation(name, opnum, request, response):
    """A call by its parameters."""
    return Operation(name, opnum, request, response, "NSPI")


def bind(server_guid, context_handle, code_page=UNICODE):
    """NspiBind, 3.1.4.1."""
    return operation("NspiBind", 0, (ulong(0), stat(code_page), unique(octets(bytes(16)))),
                     (unique(octets(server_guid)), handle(context_handle), ulong(0)))


def unbind(context_handle):
    """NspiUnbind, 3.1.4.2."""
    return operation("NspiUnbind", 1, (handle(context_handle), ulong(0)), (handle(bytes(20)), ulong(UNBIND_SUCCESS)))


def update_stat(context_handle, delta):
    """NspiUpdateStat, 3.1.4.6."""
    request = (handle(context_handle), ulong(0), stat(UNICODE, 0, delta), unique(ulong(delta)))
    return operation("NspiUpdateStat", 2, request, (stat(UNICODE, 0, delta), unique(ulong(delta)), ulong(0)))


def query_rows(context_handle, rows, code_page=UNICODE):
    """NspiQueryRows, 3.1.4.8: rows that have the same properties."""
    request = (handle(context_handle), ulong(0), stat(code_page), ulong(0), unique(), ulong(len(rows)),
               unique(property_tags(list(rows[0]))))
    return operation("NspiQueryRows", 3, request, (stat(code_page), unique(property_rows(rows)), ulong(0)))


def dn_to_mid(context_handle, names):
    """NspiDNToMId, 3.1.4.13."""
    request = (handle(context_handle), ulong(0), counted([unique(text(name)) for name in names]))
    return operation("NspiDNToMId", 7, request, (unique(property_tags(range(16, 16 + len(names)))), ulong(0)))


def compare_mids(context_handle):
    """NspiCompareMIds, 3.1.4.10: the first one sorts before the second."""
    request = (handle(context_handle), ulong(0), stat(), ulong(0x40001, 0x40002))
    return operation("NspiCompareMIds", 10, request, (ulong(0xFFFFFFFF, 0),))


def get_props(context_handle, row, code_page=UNICODE):
    """NspiGetProps, 3.1.4.7: the answer does not say the code page again."""
    request = (handle(context_handle), ulong(0), stat(code_page, 16), unique(property_tags(list(row))))
    return operation("NspiGetProps", 9, request, (unique(property_row(row)), ulong(0)))


def get_special_table(context_handle, rows, code_page=UNICODE):
    """NspiGetSpecialTable, 3.1.4.3: the answer does not say the code page again."""
    request = (handle(context_handle), ulong(0), stat(code_page), ulong(0))
    return operation("NspiGetSpecialTable", 12, request, (ulong(1), unique(property_rows(rows)), ulong(0)))


def resolve_names(context_handle, names, rows, code_page=UNICODE):
    """NspiResolveNames, 3.1.4.16: names in the code page; the answer does not say it again."""
    request = (handle(context_handle), ulong(0), stat(code_page), unique(property_tags(list(rows[0]))),
               counted([unique(text(name)) for name in names]))
    response = (unique(property_tags([MID_RESOLVED] * len(names))), unique(property_rows(rows)), ulong(0))
    return operation("NspiResolveNames", 19, request, response)
