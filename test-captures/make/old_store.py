"""Calls to a mailbox store as older clients made them: numbers that [MS-OXCRPC] 3.1.4 only reserves.

Their parameters are those of OpenChange's exchange.idl and Wireshark's mapi.idl; where these do not agree, both forms are made.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import rpc
from ndr import conformant_octets, handle, octets, text, ulong, unique, ushort, varying_octets
from scenario import Lab, collector
from session import Session, finish
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)

CLIENT, SERVER = (11, 8161, 0), (6, 7638, 1)  # Outlook 2003 SP3 and Exchange 2003 SP2, in the form of three numbers
ROOM = 0x7FFF
NOTIFICATION = 0x00051234
PUSH, NEW_MAIL = 1, 2
NULL_HANDLE = bytes(20)


def words(numbers):
    """Values of an array as tshark lists them."""
    return ";".join(f"0x{number:04x}" for number in numbers)


def returned_value(status):
    """The value that ends each response."""
    return {"oxcrpc.return": f"0x{status:08x}"}


def connect(user, context_handle, status=0):
    """EcDoConnect: what EcDoConnectEx has but for its auxiliary buffers."""
    name = f"/o=Lab/ou=First Administrative Group/cn=Recipients/cn={user}"
    request = (text(name), ulong(0, 0x5EED, 0, 1252, 1031, 1033, 0xFFFFFFFF), ushort(1, *CLIENT), ulong(0))
    values = {"oxcrpc.user_dn": name, "oxcrpc.connect_flags": "0x00000000", "oxcrpc.con_mod": "0x00005eed", "oxcrpc.limit": "0",
              "oxcrpc.cpid": "1252", "oxcrpc.lcid_string": "0x00000407", "oxcrpc.lcid_sort": "0x00000409",
              "oxcrpc.icxr_link": "0xffffffff", "oxcrpc.can_convert": "0x0001", "oxcrpc.client_version_word": words(CLIENT),
              "oxcrpc.client_version": "11.0.8161.0", "oxcrpc.client_product": "Outlook 2003 SP3", "oxcrpc.time_stamp": "0x00000000"}
    if status:
        response = (handle(NULL_HANDLE), ulong(0, 0, 0), ushort(0), unique(), unique(), octets(bytes(12), 2), ulong(0, status))
        zeros = {"oxcrpc.polls_max": "0", "oxcrpc.retry": "0", "oxcrpc.retry_delay": "0", "oxcrpc.icxr": "0x0000",
                 "oxcrpc.server_version_word": words((0, 0, 0)), "oxcrpc.best_version_word": words((0, 0, 0)),
                 "oxcrpc.time_stamp": "0x00000000"}
        zeros.update(returned_value(status))
        return rpc.Operation("EcDoConnect", 0, request, response, values={"request": values, "response": zeros})
    response = (handle(context_handle), ulong(60000, 6, 10000), ushort(3), unique(text("/o=Lab")), unique(text(user.title())),
                ushort(*SERVER, *CLIENT), ulong(0x5F5E100, 0))
    answer = {"oxcrpc.polls_max": "60000", "oxcrpc.retry": "6", "oxcrpc.retry_delay": "10000", "oxcrpc.icxr": "0x0003",
              "oxcrpc.dn_prefix": "/o=Lab", "oxcrpc.display_name": user.title(), "oxcrpc.server_version_word": words(SERVER),
              "oxcrpc.best_version_word": words(CLIENT), "oxcrpc.server_version": "6.0.7638.1",
              "oxcrpc.server_product": "Exchange 2000 or 2003", "oxcrpc.time_stamp": "0x05f5e100", **returned_value(0)}
    return rpc.Operation("EcDoConnect", 0, request, response, values={"request": values, "response": answer})


def buffer_values(rops, handles):
    """The values of a ROP buffer."""
    return {"oxcrpc.rop_size": str(len(rops) + 2), "oxcrpc.rops": rops.hex(),
            "oxcrpc.handle": ";".join(f"0x{handle:08x}" for handle in handles)}


def do_rpc(context_handle, rops_in, handles_in, rops_out, handles_out):
    """EcDoRpc: the ROP buffer without a header, each of its bytes obfuscated."""
    parts, values = {}, {}
    for way, rops, handles in (("request", rops_in, handles_in), ("response", rops_out, handles_out)):
        buffer = rpc.rop_buffer(rops, handles)
        parts[way] = handle(context_handle), varying_octets(bytes(byte ^ 0xA5 for byte in buffer), ROOM), ushort(len(buffer))
        values[way] = {"oxcrpc.cb_rgb": str(len(buffer)), **buffer_values(rops, handles)}
    values["request"]["oxcrpc.cb_rgb_max"] = str(ROOM)
    values["response"].update(returned_value(0))
    return rpc.Operation("EcDoRpc", 2, (*parts["request"], ushort(ROOM)), (*parts["response"], ulong(0)), values=values)


def rpc_failed(context_handle, status):
    """An EcDoRpc that comes back without ROPs."""
    call = do_rpc(context_handle, b"\x01\0\0", [rpc.FOLDER], b"", [])
    response = (handle(context_handle), varying_octets(b"", ROOM), ushort(0), ulong(status))
    values = {**call.values, "response": {"oxcrpc.cb_rgb": "0", **returned_value(status)}}
    return rpc.Operation(call.name, call.opnum, call.request, response, values=values)


def more(context_handle, rest):
    """EcGetMoreRpc: bytes of a buffer that was too long for one answer."""
    return rpc.Operation("EcGetMoreRpc", 3, (handle(context_handle), varying_octets(b"", ROOM), ushort(0, ROOM)),
                         (handle(context_handle), varying_octets(rest, ROOM), ushort(len(rest)), ulong(0)),
                         values={"request": {"oxcrpc.cb_rgb": "0", "oxcrpc.cb_rgb_max": str(ROOM)},
                                 "response": {"oxcrpc.more": rest.hex(), "oxcrpc.cb_rgb": str(len(rest)), **returned_value(0)}})


def register(context_handle, address):
    """EcRRegisterPushNotification, [MS-OXCRPC] 3.1.4.5, which is not reserved."""
    context, callback = struct.pack("<I", 0x77), struct.pack("<HH", 2, 0) + address.packed + bytes(8)
    request = (handle(context_handle), ulong(PUSH), conformant_octets(context), ushort(len(context)), ulong(NEW_MAIL),
               conformant_octets(callback), ushort(len(callback)))
    response = (handle(context_handle), ulong(NOTIFICATION, 0))
    return rpc.Operation("EcRRegisterPushNotification", 4, request, response, values={
        "request": {"oxcrpc.rpc_index": f"0x{PUSH:08x}", "oxcrpc.context": context.hex(), "oxcrpc.cb_context": str(len(context)),
                    "oxcrpc.advise_bits": f"0x{NEW_MAIL:08x}", "oxcrpc.callback": callback.hex(), "oxcrpc.cb_callback": str(len(callback))},
        "response": {"oxcrpc.notification": f"0x{NOTIFICATION:08x}", **returned_value(0)}})


def unregister(context_handle):
    """EcRUnregisterPushNotification."""
    return rpc.Operation("EcRUnregisterPushNotification", 5,
                         (handle(context_handle), ulong(PUSH, NOTIFICATION)), (handle(context_handle), ulong(0)),
                         values={"request": {"oxcrpc.rpc_index": f"0x{PUSH:08x}", "oxcrpc.notification": f"0x{NOTIFICATION:08x}"},
                                 "response": returned_value(0)})


def dummy():
    """EcDummyRpc, [MS-OXCRPC] 3.1.4.6, which is not reserved."""
    return rpc.Operation("EcDummyRpc", 6, (), (ulong(0),), values={"request": {}, "response": returned_value(0)})


def domain_controller(name, opnum, *handles):
    """EcRGetDCName and EcRNetGetDCName, which has no context handle."""
    found = b"\\\\DC1".ljust(16, b"\0")
    return rpc.Operation(name, opnum, (*handles, text("LAB")), (*handles, octets(found), ulong(0)),
                         values={"request": {"oxcrpc.domain": "LAB"},
                                 "response": {"oxcrpc.domain_controller": found.hex(), **returned_value(0)}})


def ext(reserved):
    """Makes EcDoRpcExt: with an empty reserved array in both directions, as OpenChange has it, or without, as Wireshark has it."""
    def carrier(context_handle, rops_in, handles_in, rops_out, handles_out):
        sent, returned = rpc.payload(rops_in, handles_in), rpc.payload(rops_out, handles_out)
        request = (handle(context_handle), ulong(3), conformant_octets(sent), ulong(len(sent), 0x8007),
                   *[ulong(0)] * (4 if reserved else 2))
        response = (handle(context_handle), ulong(0), varying_octets(returned), ulong(len(returned)), *[ulong(0)] * (4 if reserved else 0),
                    ulong(5, 0))
        extra = {"oxcrpc.reserved1": "0"} if reserved else {}
        return rpc.Operation("EcDoRpcExt", 9, request, response, values={
            "request": {"oxcrpc.flags": "0x00000003", "oxcrpc.cb_in": str(len(sent)), "oxcrpc.cb_out": "32775", "oxcrpc.cb_aux_in": "0",
                        "oxcrpc.ext.size": str(len(sent) - 8), **buffer_values(rops_in, handles_in)},
            "response": {"oxcrpc.flags": "0x00000000", "oxcrpc.cb_out": str(len(returned)), "oxcrpc.trans_time": "5",
                         "oxcrpc.ext.size": str(len(returned) - 8), **buffer_values(rops_out, handles_out), **extra, **returned_value(0)}})
    return carrier


def reserved_number(opnum):
    """A call of a number without parameters that are known; the server has no such operation."""
    return rpc.Operation(f"Opnum{opnum}Reserved", opnum, digest("reserved", 8), b"", status=0x1C010002,
                         values={"request": {"oxcrpc.reserved": digest("reserved", 8).hex()}, "response": {}})


@scenario("[MS-OXCRPC] 3.1.4", "[MS-OXCROPS] 2.2.1", "[MS-RPCH] 3.2.1.5.3.1")
def emsmdb_old(capture):
    """Outlook 2003 and an Exchange server with the calls that the document only reserves: an EcDoConnect refused and one accepted,
    EcDoRpc with obfuscated ROP buffers in one and several fragments, EcGetMoreRpc, push notifications, the domain controller's
    name, EcDoRpcExt in both forms, a number without an operation, EcDoDisconnect."""
    lab = Lab()
    session = Session(capture, "vc", lab.client, lab.proxy, lab.server)
    mailbox = session.context_handle
    finish(session.conn())
    session.bind()
    session.call(dummy())
    session.call(connect("ada", mailbox, 0x80040111))
    session.call(connect("ada", mailbox))
    session.call(rpc.logon(mailbox, "ada", digest("emsmdb_old/mailbox"), do_rpc))
    session.call(rpc.open_stream(mailbox, do_rpc))
    session.call(rpc.write(mailbox, digest("emsmdb_old/write", 777), do_rpc))
    session.call(rpc.read(mailbox, digest("emsmdb_old/read", 6000), do_rpc))
    session.call(more(mailbox, digest("emsmdb_old/more", 41)))
    session.call(rpc_failed(mailbox, 0x80040115))
    session.call(register(mailbox, lab.client.address))
    session.call(unregister(mailbox))
    session.call(domain_controller("EcRGetDCName", 7, handle(session.context_handle)))
    session.call(domain_controller("EcRNetGetDCName", 8))
    session.call(rpc.read(mailbox, digest("emsmdb_old/ext", 99), ext(reserved=True)))
    session.call(rpc.read(mailbox, digest("emsmdb_old/ext", 98), ext(reserved=False)))
    session.call(reserved_number(12))
    session.call(rpc.disconnect(mailbox))
    session.close_by_client()
