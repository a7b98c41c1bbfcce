"""RPC over named pipes, ncacn_np, [MS-RPCE] 2.1.1.2: DCE/RPC in the pipes of an SMB2 session, [MS-SMB2].

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import auth
import calls
import nspi
import rpc
from plain_rpc import INTERFACES
from scenario import Lab, collector
from session import Call, Session
from wire import Connection, Host, digest

SCENARIOS = []
scenario = collector(SCENARIOS)
NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, READ, WRITE, IOCTL = 0, 1, 2, 3, 4, 5, 6, 8, 9, 11
MORE = 0xC0000016  # STATUS_MORE_PROCESSING_REQUIRED
FSCTL_PIPE_TRANSCEIVE = 0x0011C017
DIALECT = 0x0210
MAX_WRITE = 4280


class Smb:
    """A TCP connection of SMB2: messages with their numbers, and the tree and the session they are of."""

    def __init__(self, session, connection):
        self.session, self.connection = session, connection
        self.message = self.tree = self.identifier = 0

    def _send(self, side, command, body, status=0, flags=0):
        """One message behind its length, [MS-SMB2] 2.1 and 2.2.1.2."""
        head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ16x", 64, 0 if command == NEGOTIATE else 1, status, command, 1, flags, 0, self.message,
                                        0xFEFF, self.tree, self.identifier)
        data = head + body
        start, _ = self.connection.send(side, struct.pack(">I", len(data)) + data)
        return start + 4 + len(head)

    def request(self, command, body):
        """What the client asks; returns where the body stands in the stream."""
        place = self._send(0, command, body)
        self.connection.clock.wait(300, 600)
        return place

    def response(self, command, body, status=0):
        """The answer to it."""
        place = self._send(1, command, body, status, 1)
        self.message += 1
        self.connection.clock.wait(300, 600)
        return place

    def both(self, command, request, response, status=0):
        """A request and its answer."""
        self.request(command, request)
        self.response(command, response, status)

    def log_on(self, account, server):
        """Negotiation, and a session by NTLM in SPNEGO, [MS-SMB2] 3.2.4.2."""
        ntlm = auth.Ntlm(f"{self.session.label}/smb", account, server.upper(), f"cifs/{server}")
        offer = auth.spnego_init([auth.NTLM_OID], ntlm.negotiate())
        hello = auth.spnego_init([auth.NTLM_OID], b"")
        self.both(NEGOTIATE, struct.pack("<HHHHI16sQH", 36, 1, 1, 0, 0, digest("smb client"), 0, DIALECT),
                  struct.pack("<HHHH16sIIIIQQHHI", 65, 1, DIALECT, 0, digest("smb server"), 0, 65536, 65536, 65536, auth.TIME, 0, 128,
                              len(hello), 0) + hello)
        legs = ((offer, auth.spnego_response(1, auth.NTLM_OID, ntlm.challenge()), MORE),
                (auth.spnego_response(None, None, ntlm.authenticate()), auth.spnego_response(0), 0))
        for token, answer, status in legs:
            self.request(SESSION_SETUP, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token)
            self.identifier = 0x0000400000000001 | int.from_bytes(digest(f"{self.session.label}/session", 4), "little") << 4
            self.response(SESSION_SETUP, struct.pack("<HHHH", 9, 0, 72, len(answer)) + answer, status)

    def connect_tree(self, server):
        """The share of pipes."""
        path = f"\\\\{server}.lab.test\\IPC$".encode("utf-16-le")
        self.request(TREE_CONNECT, struct.pack("<HHHH", 9, 0, 72, len(path)) + path)
        self.tree = 1
        self.response(TREE_CONNECT, struct.pack("<HBBIII", 16, 2, 0, 0x30, 0, 0x1F00A9))


class Pipe(Session):
    """A pipe opened on an SMB2 connection, and the RPC connection in it."""

    def __init__(self, capture, label, client, server, smb_port=445, **options):
        super().__init__(capture, label, client, None, server, smb_port, auth="none", target=None, banner=False, **options)
        self.transport = "named_pipe"
        self.connection = Connection(capture, self.clock, client, server, smb_port, hop="server", channel="PIPE", session=self.number).open()
        self.smb = Smb(self, self.connection)
        self.file = digest(f"{self.label}/file")

    def open_pipe(self, name):
        """CREATE, 2.2.13."""
        path = name.encode("utf-16-le")
        self.smb.both(CREATE, struct.pack("<HBBI8x8xIIIIIHHII", 57, 0, 0, 2, 0x12019F, 0, 3, 1, 0, 120, len(path), 0, 0) + path,
                      struct.pack("<HBBI32xQQII", 89, 0, 0, 1, 4096, 0, 0x80, 0) + self.file + struct.pack("<II", 0, 0))

    def note(self, kind, data, side, at, call_id, fragment=None):
        """A PDU for the truth file."""
        place = (self.connection, side, at, at + len(data))
        ends = ("client", "server") if side == 0 else ("server", "client")
        self.capture.pdus.append({"type": kind, "session": self.number, "hop": "server", "from": ends[0], "to": ends[1], "call_id": call_id,
                                  "place": place, "bytes": len(data), "fragment": fragment})
        return place

    def write(self, kind, data, call_id, fragment=None):
        """WRITE, 2.2.21."""
        at = self.smb.request(WRITE, struct.pack("<HHIQ16sIIHHI", 49, 112, len(data), 0, self.file, 0, 0, 0, 0, 0) + data)
        self.smb.response(WRITE, struct.pack("<HHIIHH", 17, 0, len(data), 0, 0, 0))
        return self.note(kind, data, 0, at + 48, call_id, fragment)

    def read(self, kind, data, call_id, fragment=None):
        """READ, 2.2.19."""
        self.smb.request(READ, struct.pack("<HBBIQ16sIIIHHB", 49, 80, 0, MAX_WRITE, 0, self.file, 0, 0, 0, 0, 0, 0))
        at = self.smb.response(READ, struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data)
        return self.note(kind, data, 1, at + 16, call_id, fragment)

    def transceive(self, sent, returned, call):
        """FSCTL_PIPE_TRANSCEIVE, 2.2.31: a request and its answer in one exchange."""
        at = self.smb.request(IOCTL, struct.pack("<HHI16sIIIIIIII", 57, 0, FSCTL_PIPE_TRANSCEIVE, self.file, 120, len(sent), 0, 0, 0,
                                                 MAX_WRITE, 1, 0) + sent)
        call.places["request", "server"].append(self.note("request", sent, 0, at + 56, call.call_id, len(call.requests) - 1))
        at = self.smb.response(IOCTL, struct.pack("<HHI16sIIIIII", 49, 0, FSCTL_PIPE_TRANSCEIVE, self.file, 112, 0, 112, len(returned),
                                                  0, 0) + returned)
        kind = "fault" if call.operation.status is not None else "response"
        call.places["response", "server"].append(self.note(kind, returned, 1, at + 48, call.call_id, 0))

    def bind_pipe(self, interface):
        """The bind is written, its answer read."""
        self.call_id += 1
        self.write("bind", rpc.bind(self.call_id, (interface,)), self.call_id)
        self.read("bind_ack", rpc.bind_ack(self.call_id, [True], 0x2345, "\\PIPE\\lsass"), self.call_id)
        self.facts.update(zip(("interface", "service"), INTERFACES[interface]))

    def ask(self, operation):
        """A call: what comes before the last request fragment is written, what comes behind the first response fragment read."""
        self.call_id += 1
        call = Call(self, self.call_id, operation, self.options["fragment"])
        self.capture.calls.append(call)
        for index, data in enumerate(call.requests[:-1]):
            call.places["request", "server"].append(self.write("request", data, call.call_id, index))
        self.transceive(call.requests[-1], call.responses[0], call)
        for index, data in enumerate(call.responses[1:], 1):
            call.places["response", "server"].append(self.read("response", data, call.call_id, index))

    def end(self):
        """CLOSE, TREE_DISCONNECT, LOGOFF; the client closes."""
        self.smb.both(CLOSE, struct.pack("<HHI16s", 24, 0, 0, self.file), struct.pack("<HHI52x", 60, 0, 0))
        self.smb.both(TREE_DISCONNECT, struct.pack("<HH", 4, 0), struct.pack("<HH", 4, 0))
        self.smb.tree = 0
        self.smb.both(LOGOFF, struct.pack("<HH", 4, 0), struct.pack("<HH", 4, 0))
        self.connection.finish(0)
        self.ended = "closed by client"


@scenario("[MS-RPCE] 2.1.1.2", "[MS-OXNSPI] 2.1", "[MS-SMB2] 2.2")
def named_pipe(capture):
    """The address book through the pipe lsass of a domain controller, and a mailbox through a pipe: an SMB2 session each, binds written and
    read, calls by FSCTL_PIPE_TRANSCEIVE, requests and responses of several fragments, a fault."""
    lab, directory = Lab(), Host("gc1", "203.0.113.50")
    book = Pipe(capture, "book", lab.client, directory)
    book.smb.log_on(auth.Account("ada"), "gc1")
    book.smb.connect_tree("gc1")
    book.open_pipe("lsass")
    book.bind_pipe(rpc.NSPI)
    handle = calls.new_handle(f"{book.label}/book")
    names = [f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=Person {number:04}" for number in range(90)]
    for operation in (nspi.bind(digest("directory server"), handle), nspi.update_stat(handle, 3), nspi.dn_to_mid(handle, names),
                      nspi.compare_mids(handle), nspi.unbind(handle)):
        book.ask(operation)
    book.end()
    store = Pipe(capture, "store", lab.clients[1], lab.server, start_us=50_000)
    store.smb.log_on(auth.Account("grace", workstation="DESK2"), "mbx1")
    store.smb.connect_tree("mbx1")
    store.open_pipe("store")
    store.bind_pipe(rpc.EMSMDB)
    handle = store.context_handle
    for operation in (rpc.connect("grace", handle), rpc.logon(handle, "grace", digest("grace's mailbox")), rpc.open_stream(handle),
                      rpc.read(handle, digest("big read", 9000)), rpc.write(handle, digest("big write", 9000)),
                      rpc.Operation("EcDoRpcExt2", 11, rpc.read(handle, b"x" * 40).request, b"", status=0x1C00001A),
                      rpc.disconnect(handle)):
        store.ask(operation)
    store.end()
