"""Reads key tables of Kerberos.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct


def read_keytab(data):
    """Its entries as [components with the realm first, bytes before the version, version, encryption type, key]."""
    entries, at = [], 2
    while at < len(data):
        size, count = struct.unpack_from(">lH", data, at)
        end, at = at + 4 + size, at + 6
        names = []
        for _ in range(count + 1):
            length, = struct.unpack_from(">H", data, at)
            names.append(data[at + 2:at + 2 + length])
            at += 2 + length
        version, enctype, length = struct.unpack_from(">8xBHH", data, at)
        at += 13
        if end - at - length >= 4:
            version, = struct.unpack_from(">L", data, at + length)
        entries.append([names, version, enctype, data[at:at + length]])
        at = end
    return entries
