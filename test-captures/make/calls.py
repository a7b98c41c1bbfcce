"""Calls to the other interfaces an Outlook in the office speaks to: endpoint mapper, referral, address book, asynchronous store.

Every stub is complete NDR of version 2.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import uuid

import rpc
from wire import digest

ASYNC = ("5261574a-4572-206e-b268-6b199213b4e4", 0, 1)
NULL_HANDLE = bytes(20)
NOT_REGISTERED = 0x16C9A0D6  # ept_s_not_registered


def handle(label):
    """A context handle: attributes, then the server's UUID for it."""
    return bytes(4) + digest(label)


def joined(*parts):
    """The parts of a stub, each of which begins with a number of four bytes, with the padding that needs before it."""
    stub = b""
    for part in parts:
        stub += bytes(-len(stub) % 4) + part
    return stub


def numbers(*values):
    """Unsigned numbers of four bytes."""
    return struct.pack(f"<{len(values)}I", *values)


def text(string):
    """A string of 8-bit characters."""
    data = string.encode() + b"\0"
    return numbers(len(data), 0, len(data)) + data


# Endpoint mapper, [C706] appendices L and O, [MS-RPCE] 2.2.1.2 ----------------------------------------------------------------

def floor(left, right):
    """One floor of a tower."""
    return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right


def tower(interface, address, port):
    """The five floors of RPC over TCP: interface, transfer syntax, connection-oriented RPC, TCP port, IPv4 address."""
    floors = [floor(b"\x0d" + uuid.UUID(name).bytes_le + struct.pack("<H", major), struct.pack("<H", minor))
              for name, major, minor in (interface, rpc.NDR)]
    floors += [floor(b"\x0b", b"\0\0"), floor(b"\x07", struct.pack(">H", port)), floor(b"\x09", address)]
    return struct.pack("<H", len(floors)) + b"".join(floors)


def twr(octets):
    """twr_t: a conformant structure."""
    return numbers(len(octets), len(octets)) + octets


def ept_map(interface, address, port):
    """Asks where an interface listens; port None: the answer is that it is not registered."""
    request = joined(numbers(1) + bytes(16), numbers(2), twr(tower(interface, bytes(4), 135)), NULL_HANDLE, numbers(4))
    found = [] if port is None else [tower(interface, address, port)]
    pointers = numbers(*range(3, 3 + len(found)))
    response = joined(NULL_HANDLE, numbers(len(found), 4, 0, len(found)), pointers, *map(twr, found), numbers(0 if found else NOT_REGISTERED))
    return rpc.Operation("ept_map", 3, request, response, interface="epm")


# Referral, [MS-OXABREF] 3.1.4 ---------------------------------------------------------------------------------------------

def new_dsa(user_dn, server):
    """RfrGetNewDSA: which server has the address book."""
    pointers = (numbers(0x20000, 0x20004), numbers(0x20008, 0x2000C))
    request = joined(numbers(0), text(user_dn), pointers[0], text(""), pointers[1], text(""))
    response = joined(pointers[0], text(""), pointers[1], text(server), numbers(0))
    return rpc.Operation("RfrGetNewDSA", 0, request, response, interface="RFR")


def fqdn(server_dn, name):
    """RfrGetFQDNFromServerDN."""
    request = numbers(0, len(server_dn) + 1) + text(server_dn)
    response = joined(numbers(0x20000), text(name), numbers(0))
    return rpc.Operation("RfrGetFQDNFromServerDN", 1, request, response, interface="RFR")


# Address book, [MS-OXNSPI] 3.1.4.1 ----------------------------------------------------------------------------------------

def stat(position=0, total=0):
    """STAT, 2.2.8: sorted by display name in the global address list."""
    return struct.pack("<IIIiIIIII", 0, 0, 0, 0, position, total, 1252, 1033, 1033)


def nspi_bind(book):
    """NspiBind, which gives the handle."""
    request = numbers(0) + stat() + numbers(0x20000) + bytes(16)
    response = numbers(0x20000) + digest("directory server") + book + numbers(0)
    return rpc.Operation("NspiBind", 0, request, response, interface="NSPI")


def nspi_unbind(book):
    """NspiUnbind, which returns UnbindSuccess."""
    return rpc.Operation("NspiUnbind", 1, book + numbers(0), NULL_HANDLE + numbers(1), interface="NSPI")


def nspi_update_stat(book):
    """NspiUpdateStat."""
    request = book + numbers(0) + stat(3, 500) + struct.pack("<Ii", 0x20000, 3)
    return rpc.Operation("NspiUpdateStat", 2, request, stat(3, 500) + struct.pack("<IiI", 0x20000, 3, 0), interface="NSPI")


def nspi_dn_to_mid(book, names):
    """NspiDNToMId: many names make a request of several fragments."""
    count = len(names)
    request = joined(book, numbers(0, count, count, *range(0x20000, 0x20000 + 4 * count, 4)), *map(text, names))
    response = numbers(0x20000, count + 1, count, 0, count, *range(0x40000, 0x40000 + count), 0)
    return rpc.Operation("NspiDNToMId", 7, request, response, interface="NSPI")


def nspi_compare(book):
    """NspiCompareMIds."""
    request = book + numbers(0) + stat() + numbers(0x40001, 0x40002)
    return rpc.Operation("NspiCompareMIds", 10, request, struct.pack("<iI", -1, 0), interface="NSPI")


# Store, asynchronous, [MS-OXCRPC] 3.1.4.4 and 3.3.4.1 -----------------------------------------------------------------------

def async_connect(context_handle, async_handle):
    """EcDoAsyncConnectEx, which gives the handle to wait with."""
    return rpc.Operation("EcDoAsyncConnectEx", 14, context_handle, async_handle + numbers(0))


def async_wait(async_handle, news=True):
    """EcDoAsyncWaitEx: answered when there is news, or after five minutes without."""
    return rpc.Operation("EcDoAsyncWaitEx", 0, async_handle + numbers(0), numbers(int(news), 0),
                         interface="AsyncEMSMDB")
