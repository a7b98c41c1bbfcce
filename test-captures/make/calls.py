"""Calls to the other interfaces an Outlook in the office speaks to: endpoint mapper, referral, asynchronous store.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import uuid

import rpc
from ndr import full, handle, octets, text, ulong, unique
from wire import digest

ASYNC = ("5261574a-4572-206e-b268-6b199213b4e4", 0, 1)
NULL_HANDLE = bytes(20)
NOT_REGISTERED = 0x16C9A0D6  # ept_s_not_registered


def new_handle(label):
    """A context handle: attributes, then the server's UUID for it."""
    return bytes(4) + digest(label)


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


def twr(number, data):
    """A pointer, of that number, to a twr_t, a conformant structure."""
    def write(stub):
        stub.put(stub.count, len(data))
        stub.put("I", len(data))
        stub.data += data
    return full(number, write)


def ept_map(interface, address, port):
    """Asks where an interface listens; port None: the answer is that it is not registered."""
    found = [] if port is None else [tower(interface, address, port)]

    def towers(stub):
        stub.put(stub.count, 4, 0, len(found))
        stub.write(twr(number, data) for number, data in enumerate(found, 3))

    request = (full(1, octets(bytes(16), 4)), twr(2, tower(interface, bytes(4), 135)), handle(NULL_HANDLE), ulong(4))
    response = (handle(NULL_HANDLE), ulong(len(found)), towers, ulong(0 if found else NOT_REGISTERED))
    return rpc.Operation("ept_map", 3, request, response, interface="epm")


# Referral, [MS-OXABREF] 3.1.4 ---------------------------------------------------------------------------------------------

def new_dsa(user_dn, server):
    """RfrGetNewDSA: which server has the address book."""
    unused = unique(unique(text("")))
    return rpc.Operation("RfrGetNewDSA", 0, (ulong(0), text(user_dn), unused, unused), (unused, unique(unique(text(server))), ulong(0)),
                         interface="RFR")


def fqdn(server_dn, name):
    """RfrGetFQDNFromServerDN."""
    return rpc.Operation("RfrGetFQDNFromServerDN", 1, (ulong(0, len(server_dn) + 1), text(server_dn)), (unique(text(name)), ulong(0)),
                         interface="RFR")


# Store, asynchronous, [MS-OXCRPC] 3.1.4.4 and 3.3.4.1 -----------------------------------------------------------------------

def async_connect(context_handle, async_handle):
    """EcDoAsyncConnectEx, which gives the handle to wait with."""
    return rpc.Operation("EcDoAsyncConnectEx", 14, (handle(context_handle),), (handle(async_handle), ulong(0)))


def async_wait(async_handle, news=True):
    """EcDoAsyncWaitEx: answered when there is news, or after five minutes without."""
    return rpc.Operation("EcDoAsyncWaitEx", 0, (handle(async_handle), ulong(0)), (ulong(int(news), 0),), interface="AsyncEMSMDB")
