"""Connection-oriented RPC PDUs, [C706] chapter 12 and [MS-RPCE] 2.2.2, and the few calls the captures are filled with.

The calls are those of [MS-OXCRPC] (store) and of the management interface; their stubs are complete, so that what is shown
above the RPC layer is right too.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import uuid

from ndr import conformant_octets, handle, marshal, text, ulong, unique, ushort, varying_octets

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESP, AUTH3, CO_CANCEL = 0, 2, 3, 11, 12, 13, 14, 15, 16, 18
FIRST, LAST, MULTIPLEX = 1, 2, 0x10  # pfc_flags; the last: several calls may be under way at once
FRAGMENT = 4088  # what Outlook proposes in its bind

NDR = ("8a885d04-1ceb-11c9-9fe8-08002b104860", 2, 0)
NDR64 = ("71710533-beba-4937-8319-b5dbef9ccc36", 1, 0)
# Bind time feature negotiation: security context multiplexing and keeping the connection on orphans, [MS-RPCE] 2.2.2.14.
FEATURES = ("6cb71c2c-9812-4540-0300-000000000000", 1, 0)
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


def bind(call_id, contexts, group=0, ptype=BIND, auth=b""):
    """Asks for presentation contexts 0, 1, ...: each an interface (in NDR), or an interface and its transfer syntaxes."""
    body = struct.pack("<HHIBBH", FRAGMENT, FRAGMENT, group, len(contexts), 0, 0)
    for number, context in enumerate(contexts):
        interface, transfer = context if len(context) == 2 else (context, (NDR,))
        body += struct.pack("<HBB", number, len(transfer), 0) + syntax(interface) + b"".join(map(syntax, transfer))
    return pdu(ptype, call_id, body, FIRST | LAST | MULTIPLEX, auth)


def bind_ack(call_id, results, group, port, ptype=BIND_ACK, auth=b""):
    """Answers each proposed context: True or a transfer syntax accepts, False: abstract syntax not supported, None: none of the transfer
    syntaxes; FEATURES acknowledges what is negotiated, [MS-RPCE] 3.3.1.5.3."""
    answers = {True: (0, 0, syntax(NDR)), False: (2, 1, bytes(20)), None: (2, 2, bytes(20)), FEATURES: (3, 3, bytes(20))}
    name = str(port).encode() + b"\0" if port else b""
    body = struct.pack("<HHIH", FRAGMENT, FRAGMENT, group, len(name)) + name
    body += bytes(-(16 + len(body)) % 4) + struct.pack("<BBH", len(results), 0, 0)
    for answer in results:
        result, reason, transfer = answers[answer] if answer in answers else (0, 0, syntax(answer))
        body += struct.pack("<HH", result, reason) + transfer
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
    """A call to be made: its name and number, and the stubs of both ways or the descriptions of their parameters."""

    def __init__(self, name, opnum, request, response, interface="EMSMDB", context=0, status=None, values=None, **told):
        self.name, self.opnum, self.parameters = name, opnum, (request, response)
        self.interface, self.context = interface, context
        self.status = status  # answered by a fault with this status
        self.values = values  # of parameters, by the names of our fields, for the request and for the response; or None
        self.told = told      # what a reader learns of the client
        self.request = self.response = b""
        self.encode()

    def encode(self, wide=False):
        """Marshals both stubs in NDR, or in NDR64."""
        self.request, self.response = (part if isinstance(part, bytes) else marshal(part, wide) for part in self.parameters)


# [MS-OXCRPC] -----------------------------------------------------------------------------------------------------------

def rop_buffer(rops, handles):
    """ROPs and their table of server object handles, [MS-OXCROPS] 2.2.1."""
    return struct.pack("<H", len(rops) + 2) + rops + b"".join(struct.pack("<I", handle) for handle in handles)


def payload(rops, handles):
    """A ROP buffer under its RPC_HEADER_EXT, [MS-OXCRPC] 2.2.2.1, neither compressed nor obfuscated."""
    buffer = rop_buffer(rops, handles)
    return struct.pack("<HHHH", 0, 4, len(buffer), len(buffer)) + buffer


CLIENT_VERSION, SERVER_VERSION = (15, 0, 5023, 1000), (15, 0, 5024, 16)


def words(version):
    """A version as rgwClientVersion has it: the high bit says that major and minor number share a word."""
    return ushort(version[0] << 8 | version[1], 0x8000 | version[2], version[3])


def user_dn(user):
    """The distinguished name of a mailbox's owner."""
    return f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn={user}"


def connect(user, context_handle, display_name=None, code_page=1252):
    """EcDoConnectEx, [MS-OXCRPC] 3.1.4.1; the display name is in the code page."""
    request = (text(user_dn(user)), ulong(0, 0, 0, code_page, 1033, 1033, 0xFFFFFFFF), ushort(0), words(CLIENT_VERSION), ulong(0),
               conformant_octets(b""), ulong(0, 0x1008))
    response = (handle(context_handle), ulong(60000, 6, 10000), ushort(1), unique(text("/o=Lab")), unique(text(display_name or user)),
                words(SERVER_VERSION), words(CLIENT_VERSION), ulong(0x5F5E100), varying_octets(b""), ulong(0, 0))
    return Operation("EcDoConnectEx", 10, request, response, user_dn=user_dn(user), client_version=".".join(map(str, CLIENT_VERSION)))


def disconnect(context_handle):
    """EcDoDisconnect, [MS-OXCRPC] 3.1.4.3."""
    return Operation("EcDoDisconnect", 1, (handle(context_handle),), (handle(bytes(20)), ulong(0)))


def ext2(context_handle, rops_in, handles_in, rops_out, handles_out):
    """EcDoRpcExt2, [MS-OXCRPC] 3.1.4.2."""
    sent, returned = payload(rops_in, handles_in), payload(rops_out, handles_out)
    request = (handle(context_handle), ulong(3), conformant_octets(sent), ulong(len(sent), 0x8007), conformant_octets(b""),
               ulong(0, 0x1008))
    response = (handle(context_handle), ulong(0), varying_octets(returned), ulong(len(returned)), varying_octets(b""), ulong(0, 1, 0))
    return Operation("EcDoRpcExt2", 11, request, response)


LOGON, FOLDER, STREAM = 1, 2, 3  # server object handles


def identifier(counter):
    """A folder identifier of replica 1, [MS-OXCDATA] 2.2.1.1."""
    return struct.pack("<H", 1) + counter.to_bytes(6, "big")


def logon(context_handle, user, mailbox, carrier=ext2):
    """RopLogon to a private mailbox, [MS-OXCROPS] 2.2.3.1; the carrier makes the call that brings it there."""
    name = user_dn(user).encode() + b"\0"
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
