"""Connection-oriented RPC PDUs, [C706] chapter 12 and [MS-RPCE] 2.2.2, and the few calls the captures are filled with.

The calls are those of [MS-OXCRPC] (store) and of the management interface; their stubs are complete, so that what is shown
above the RPC layer is right too.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import uuid

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3, CO_CANCEL = 0, 2, 3, 11, 12, 13, 14, 15, 16, 18
FIRST, LAST, MULTIPLEX = 1, 2, 0x10  # pfc_flags; the last: several calls may be under way at once
FRAGMENT = 4088  # what Outlook proposes in its bind

NDR = ("8a885d04-1ceb-11c9-9fe8-08002b104860", 2, 0)
EMSMDB = ("a4f1db00-ca47-1067-b31f-00dd010662da", 0, 81)
MGMT = ("afa8bd80-7d8a-11c9-bef4-08002b102989", 1, 0)
EPM = ("e1af8308-5d1f-11c9-91a4-08002b14a0fa", 3, 0)
NSPI = ("f5cc5a18-4264-101a-8c59-08002b2f8426", 56, 0)
RFR = ("1544f5e0-613c-11d1-93df-00c04fd7bd09", 1, 0)


def syntax(interface):
    """An interface or transfer syntax identifier."""
    name, major, minor = interface
    return uuid.UUID(name).bytes_le + struct.pack("<HH", major, minor)


def pdu(ptype, call_id, body, flags=FIRST | LAST, verifier=b""):
    """A PDU: the common header, the body, and a verifier that begins with its trailer."""
    padding = b""
    if verifier:
        padding = bytes(-len(body) % 4)
        verifier = verifier[:2] + bytes([len(padding)]) + verifier[3:]
    length = 16 + len(body) + len(padding) + len(verifier)
    header = struct.pack("<BBBB4sHHI", 5, 0, ptype, flags, b"\x10\0\0\0", length, max(len(verifier) - 8, 0), call_id)
    return header + body + padding + verifier


def verifier(token, kind=10, level=2, context=0):
    """A security trailer with its token; pdu() fills in the padding length."""
    return struct.pack("<BBBBI", kind, level, 0, 0, context) + token


def bind(call_id, interfaces, group=0, ptype=BIND, auth=b""):
    """Asks for presentation contexts 0, 1, ... for the interfaces."""
    body = struct.pack("<HHIBBH", FRAGMENT, FRAGMENT, group, len(interfaces), 0, 0)
    for number, interface in enumerate(interfaces):
        body += struct.pack("<HBB", number, 1, 0) + syntax(interface) + syntax(NDR)
    return pdu(ptype, call_id, body, FIRST | LAST | MULTIPLEX, auth)


def bind_ack(call_id, results, group, port, ptype=BIND_ACK, auth=b""):
    """Answers each proposed context: True accepted, False abstract syntax not supported."""
    name = str(port).encode() + b"\0" if port else b""
    body = struct.pack("<HHIH", FRAGMENT, FRAGMENT, group, len(name)) + name
    body += bytes(-(16 + len(body)) % 4) + struct.pack("<BBH", len(results), 0, 0)
    for accepted in results:
        body += struct.pack("<HH", 0, 0) + syntax(NDR) if accepted else struct.pack("<HH", 2, 1) + bytes(20)
    return pdu(ptype, call_id, body, FIRST | LAST | MULTIPLEX, auth)


def bind_nak(call_id, reason):
    """Refuses a bind."""
    return pdu(BIND_NAK, call_id, struct.pack("<HBBB", reason, 1, 5, 0) + b"\0\0\0")


def auth3(call_id, token):
    """The third leg of an NTLM exchange; it has no answer."""
    return pdu(AUTH3, call_id, b"\0\0\0\0", verifier=verifier(token))


def fault(call_id, status, context=0):
    """A fault."""
    return pdu(FAULT, call_id, struct.pack("<IHBBII", 32, context, 0, 0, status, 0))


def fragments(ptype, call_id, stub, opnum=0, context=0, size=FRAGMENT):
    """The request or response PDUs of a stub; no fragment is longer than the size agreed on."""
    room = (size - 24) // 8 * 8
    parts = [stub[at:at + room] for at in range(0, len(stub), room)] or [b""]
    out = []
    for index, part in enumerate(parts):
        flags = (FIRST if index == 0 else 0) | (LAST if index == len(parts) - 1 else 0)
        left = len(stub) - index * room
        tail = opnum if ptype == REQUEST else 0
        out.append(pdu(ptype, call_id, struct.pack("<IHH", left, context, tail) + part, flags))
    return out


class Operation:
    """A call to be made: its name and number and the stubs of both ways."""

    def __init__(self, name, opnum, request, response, interface="EMSMDB", context=0, status=None, values=None):
        self.name, self.opnum, self.request, self.response = name, opnum, request, response
        self.interface, self.context = interface, context
        self.status = status  # answered by a fault with this status
        self.values = values  # of parameters, by the names of our fields, for the request and for the response; or None


# [MS-OXCRPC] -----------------------------------------------------------------------------------------------------------

def aligned(stub, size):
    """A stub with the padding that an integer of that size needs before it."""
    return stub + bytes(-len(stub) % size)


def conformant(data):
    """A conformant array before an integer of four bytes."""
    return aligned(struct.pack("<I", len(data)) + data, 4)


def varying(data):
    """A conformant varying array before an integer of four bytes; what is announced is what is sent."""
    return aligned(struct.pack("<III", len(data), 0, len(data)) + data, 4)


def ndr_text(text):
    """A string of 8-bit characters with its terminator."""
    data = text.encode() + b"\0"
    return struct.pack("<III", len(data), 0, len(data)) + data


def rop_buffer(rops, handles):
    """ROPs and their table of server object handles, [MS-OXCROPS] 2.2.1."""
    return struct.pack("<H", len(rops) + 2) + rops + b"".join(struct.pack("<I", handle) for handle in handles)


def payload(rops, handles):
    """A ROP buffer under its RPC_HEADER_EXT, [MS-OXCRPC] 2.2.2.1, neither compressed nor obfuscated."""
    buffer = rop_buffer(rops, handles)
    return struct.pack("<HHHH", 0, 4, len(buffer), len(buffer)) + buffer


def connect(user, context_handle):
    """EcDoConnectEx, [MS-OXCRPC] 3.1.4.1: a client of version 15.0.5023.1000."""
    request = aligned(ndr_text(f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn={user}"), 4)
    request += struct.pack("<IIIIIIIHHHH", 0, 0, 0, 1252, 1033, 1033, 0xFFFFFFFF, 0, 0x0F00, 0x939F, 1000)
    request = aligned(request, 4) + struct.pack("<I", 0) + conformant(b"") + struct.pack("<II", 0, 0x1008)
    response = context_handle + struct.pack("<IIIH", 60000, 6, 10000, 1)
    for referent, text in ((0x00020000, "/o=Lab"), (0x00020004, user)):
        response = aligned(response, 4) + struct.pack("<I", referent) + ndr_text(text)
    response = aligned(response, 2) + struct.pack("<HHHHHH", 0x0F00, 0x93A0, 16, 0x0F00, 0x939F, 1000)
    response = aligned(response, 4) + struct.pack("<I", 0x5F5E100) + varying(b"") + struct.pack("<II", 0, 0)
    return Operation("EcDoConnectEx", 10, request, response)


def disconnect(context_handle):
    """EcDoDisconnect, [MS-OXCRPC] 3.1.4.3."""
    return Operation("EcDoDisconnect", 1, context_handle, bytes(20) + struct.pack("<I", 0))


def ext2(context_handle, rops_in, handles_in, rops_out, handles_out):
    """EcDoRpcExt2, [MS-OXCRPC] 3.1.4.2."""
    sent, returned = payload(rops_in, handles_in), payload(rops_out, handles_out)
    request = context_handle + struct.pack("<I", 3) + conformant(sent) + struct.pack("<II", len(sent), 0x8007)
    request += conformant(b"") + struct.pack("<II", 0, 0x1008)
    response = context_handle + struct.pack("<I", 0) + varying(returned) + struct.pack("<I", len(returned))
    response += varying(b"") + struct.pack("<III", 0, 1, 0)
    return Operation("EcDoRpcExt2", 11, request, response)


LOGON, FOLDER, STREAM = 1, 2, 3  # server object handles


def identifier(counter):
    """A folder identifier of replica 1, [MS-OXCDATA] 2.2.1.1."""
    return struct.pack("<H", 1) + counter.to_bytes(6, "big")


def logon(context_handle, user, mailbox, carrier=ext2):
    """RopLogon to a private mailbox, [MS-OXCROPS] 2.2.3.1; the carrier makes the call that brings it there."""
    name = f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn={user}".encode() + b"\0"
    rops_in = struct.pack("<BBBBIIH", 0xFE, 0, 0, 1, 0x01000000 | 0x4, 0, len(name)) + name
    folders = b"".join(identifier(number) for number in range(1, 14))
    rops_out = struct.pack("<BBIB", 0xFE, 0, 0, 1) + folders + b"\x07" + mailbox + struct.pack("<H", 1) + mailbox[::-1]
    rops_out += struct.pack("<BBBBBBH", 0, 0, 8, 1, 2, 3, 2026) + struct.pack("<QI", 0x01DCA0F000000000, 0)
    return carrier(context_handle, rops_in, [0xFFFFFFFF], rops_out, [LOGON])


def open_stream(context_handle, carrier=ext2):
    """RopOpenFolder and RopOpenStream in one buffer, [MS-OXCROPS] 2.2.4.1 and 2.2.9.1."""
    rops_in = struct.pack("<BBBB", 0x02, 0, 0, 1) + identifier(7) + b"\0"
    rops_in += struct.pack("<BBBBIB", 0x2B, 0, 1, 2, 0x3FE00102, 1)
    rops_out = struct.pack("<BBIBB", 0x02, 1, 0, 0, 0) + struct.pack("<BBII", 0x2B, 2, 0, 0)
    return carrier(context_handle, rops_in, [LOGON, 0xFFFFFFFF, 0xFFFFFFFF], rops_out, [LOGON, FOLDER, STREAM])


def write(context_handle, data, carrier=ext2):
    """RopWriteStream, [MS-OXCROPS] 2.2.9.3: a big request, a small response."""
    return carrier(context_handle, struct.pack("<BBBH", 0x2D, 0, 0, len(data)) + data, [STREAM],
                   struct.pack("<BBIH", 0x2D, 0, 0, len(data)), [STREAM])


def read(context_handle, data, carrier=ext2):
    """RopReadStream, [MS-OXCROPS] 2.2.9.2: a small request, a big response."""
    return carrier(context_handle, struct.pack("<BBBH", 0x2C, 0, 0, len(data)), [STREAM],
                   struct.pack("<BBIH", 0x2C, 0, 0, len(data)) + data, [STREAM])


def write_of(context_handle, frag_length, label):
    """A RopWriteStream whose one request PDU has exactly this length (a multiple of 4)."""
    spare = frag_length - 24 - len(write(context_handle, b"").request)
    size = spare + (-len(payload(b"12345", [STREAM])) % 4)
    operation = write(context_handle, label[:1] * size)
    if 24 + len(operation.request) != frag_length:
        raise ValueError(f"{frag_length} bytes cannot be had, {24 + len(operation.request)} can")
    return operation


def read_of(context_handle, frag_length, label):
    """A RopReadStream whose one response PDU has exactly this length (a multiple of 4)."""
    spare = frag_length - 24 - len(read(context_handle, b"").response)
    size = spare + (-len(payload(b"12345678", [STREAM])) % 4)
    operation = read(context_handle, label[:1] * size)
    if 24 + len(operation.response) != frag_length:
        raise ValueError(f"{frag_length} bytes cannot be had, {24 + len(operation.response)} can")
    return operation


def cancel(call_id):
    """A client gives a call up, [C706] 12.6.4.6."""
    return pdu(CO_CANCEL, call_id, b"")


def inq_if_ids():
    """rpc__mgmt_inq_if_ids, [C706] appendix Q: the interfaces a server offers; what RPCPing calls."""
    vector = struct.pack("<II", 0x00020000, 2) + struct.pack("<III", 2, 0x00020004, 0x00020008) + syntax(EMSMDB) + syntax(MGMT)
    return Operation("inq_if_ids", 0, b"", vector + struct.pack("<I", 0), interface="mgmt")
