"""The interfaces of Exchange on plain TCP, as a client within the office meets them: ncacn_ip_tcp, [MS-RPCE] 2.1.1.1.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import auth
import calls
import nspi
import rpc
from scenario import Lab, collector
from session import Direct, finish
from wire import Clock, Host, digest

SCENARIOS = []
scenario = collector(SCENARIOS)
MAPPER, STORE, REFERRAL, BOOK = 135, 49166, 49171, 49157
# What each interface is called, and what it is for.
INTERFACES = {rpc.EMSMDB: ("EMSMDB", "store"), calls.ASYNC: ("AsyncEMSMDB", "store"), rpc.NSPI: ("NSPI", "directory"),
              rpc.RFR: ("RFR", "referral"), rpc.EPM: ("epm", "endpoint mapper"), rpc.MGMT: ("mgmt", "management")}
LATE = "captured_from_us"  # among the facts of a connection whose beginning is not in the capture
VERSION = "15.0.5023.1000"  # of the client that rpc.connect() speaks for


class Plain(Direct):
    """An RPC connection over TCP; `like` is one of the same client and association, whose handle it may use."""

    def __init__(self, capture, label, client, server, port, like=None, **options):
        options.setdefault("account", like.options["account"] if like else auth.Account("ada"))
        super().__init__(capture, label, client, None, server, port, banner=False, auth="none", target=None, **options)
        self.like = like
        self.association = like.association if like else 0x10000 + int.from_bytes(digest(f"{self.label}/association", 2), "little")
        if like:
            self.context_handle, self.mailed = like.context_handle, like.mailed

    def open(self, interfaces=(rpc.EMSMDB,), accepted=None):
        """Connects and binds."""
        finish(self.conn())
        self.bind(interfaces, accepted, self.association, asked=self.association if self.like else 0)
        name, service = INTERFACES[interfaces[0]]
        self.facts.update(interface=name, service=service, assoc_group=self.association)
        if self.options["rpc_auth"]:
            account = self.options["account"]
            self.facts.update(rpc_user=f"{account.domain}\\{account.user}", rpc_auth="NTLM", rpc_auth_level="connect",
                              workstation=account.workstation)
        return self

    def go_on(self, interface=None):
        """Goes on from before the capture; the interface is told if what is sent tells it."""
        self.inn.back.facts[LATE] = self.clock.now
        self.facts = dict(zip(("interface", "service"), INTERFACES[interface])) if interface else {}

    def tell_client(self):
        """The session's connect, or that of its association, says who and what the client is."""
        self.facts.update(user_dn=f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn={self.options['account'].user}",
                          client_version=VERSION)

    def end(self):
        """The client closes."""
        self.close_by_client()
        self.facts["ended_by"] = "client"


def is_captured(frame):
    """Whether the capture had begun for the frame's connection."""
    return frame.time_us >= frame.connection.facts.get(LATE, 0)


def look_up(capture, label, clock, client, server, interfaces):
    """Asks a server's endpoint mapper for interfaces and their ports."""
    mapper = Plain(capture, label, client, server, MAPPER, clock=clock).open((rpc.EPM,))
    for interface, port in interfaces:
        mapper.call(calls.ept_map(interface, server.address.packed, port), 300)
    mapper.end()


def address_book(capture, label, clock, client, server, account):
    """Names are looked up in the address book, many at a time."""
    book = Plain(capture, label, client, server, BOOK, clock=clock, account=account, rpc_auth=True).open((rpc.NSPI,))
    handle = calls.new_handle(f"{book.label}/book")
    names = [f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=Person {number:04}" for number in range(120)]
    for operation in (nspi.bind(digest("directory server"), handle), nspi.update_stat(handle, 3), nspi.dn_to_mid(handle, names[:2]),
                      nspi.dn_to_mid(handle, names), nspi.compare_mids(handle), nspi.unbind(handle)):
        book.call(operation)
    book.end()


def store(capture, clock, client, server, account):
    """A mailbox session over four connections of one association: store, the same handle on a second one, waiting, management."""
    first = Plain(capture, "store", client, server, STORE, clock=clock, account=account, rpc_auth=True).open((rpc.EMSMDB, rpc.RFR),
                                                                                                              [True, False])
    first.facts["rejected_contexts"] = 1
    first.mail(6)
    first.tell_client()
    handle, waiting = first.context_handle, calls.new_handle(f"{first.label}/waiting")
    second = Plain(capture, "store 2", client, server, STORE, first, clock=clock, rpc_auth=True).open()
    second.tell_client()
    second.mail(4)
    first.call(calls.async_connect(handle, waiting))
    third = Plain(capture, "waiting", client, server, STORE, first, clock=clock, rpc_auth=True).open((calls.ASYNC,))
    third.tell_client()
    pending = third.request(third.begin(calls.async_wait(waiting)))
    first.call(rpc.read(handle, digest("big read", 14000)))
    second.call(rpc.write(handle, digest("big write", 11000)))
    clock.wait(41_000_000)
    third.response(pending)
    pending = third.request(third.begin(calls.async_wait(waiting, news=False)))
    clock.wait(3000)
    management = Plain(capture, "management", client, server, STORE, first, clock=clock).open((rpc.MGMT,))
    management.tell_client()
    management.call(rpc.inq_if_ids())
    management.end()
    second.call(rpc.Operation("EcDoRpcExt2", 11, rpc.read(handle, b"x" * 40).request, b"", status=0x1C00001A))
    clock.wait(300_000_000)
    third.response(pending)
    first.call(rpc.disconnect(handle))
    third.end()
    second.inn.back.reset(1)
    second.facts["ended_by"] = "server"
    second.ended = "reset by server"
    first.end()


@scenario("[MS-RPCE] 2.1.1.1", "[C706] appendix L", "[MS-OXCRPC] 2.1", "[MS-OXNSPI] 2.1", "[MS-OXABREF] 2.1", "[MS-OXCRPC] 3.3.4.1",
          keep=is_captured)
def rpc_tcp(capture):
    """Clients within the office, without a proxy: endpoint mapper, referral, address book on another server, a mailbox session over four
    connections of one association to a dynamic port; a connection to that port and one to a server seen nowhere else, both from the
    middle on; the fixed ports 6001, 6002, 6004 without RTS PDUs."""
    lab = Lab()
    server, directory, other = lab.server, Host("gc1", "203.0.113.50"), Host("mbx2", "203.0.113.41")
    ada, clock = auth.Account("ada"), Clock(capture, "ada")
    look_up(capture, "mapper", clock, lab.client, server, ((rpc.EMSMDB, STORE), (rpc.RFR, REFERRAL), (rpc.NSPI, None)))
    referral = Plain(capture, "referral", lab.client, server, REFERRAL, clock=clock, rpc_auth=True).open((rpc.RFR,))
    referral.call(calls.new_dsa("/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=ada", "gc1.lab.test"))
    referral.facts["user_dn"] = "/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=ada"
    referral.call(calls.fqdn("/o=Lab/ou=Exchange Administrative Group/cn=Configuration/cn=Servers/cn=mbx1", "mbx1.lab.test"))
    referral.end()
    look_up(capture, "mapper 2", clock, lab.client, directory, ((rpc.NSPI, BOOK),))
    address_book(capture, "book", clock, lab.client, directory, ada)
    store(capture, clock, lab.client, server, ada)

    # Before the capture began: one whose port the mapper has told or others bind to, and one that its requests alone give away.
    for number, (target, port) in enumerate(((server, STORE), (other, 50123)), 1):
        late = Plain(capture, f"late {number}", lab.clients[number], target, port, start_us=200_000 * number + 200_000, rpc_auth=True,
                     account=auth.Account(("grace", "edsger")[number - 1], workstation=f"DESK{number + 1}")).open()
        late.mail(5)
        late.go_on(rpc.EMSMDB)
        late.mail(9)
        late.call(rpc.disconnect(late.context_handle))
        late.end()

    # The fixed ports, by a client that needs no proxy for them.
    account, clock = auth.Account("barbara", workstation="DESK4"), Clock(capture, "barbara", 900_000)
    for port, interface in ((6002, rpc.RFR), (6004, rpc.NSPI), (6001, rpc.EMSMDB)):
        fixed = Plain(capture, f"fixed {port}", lab.clients[3], server, port, clock=clock, account=account, rpc_auth=True).open((interface,))
        if interface == rpc.RFR:
            fixed.call(calls.new_dsa("/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=barbara", "mbx1.lab.test"))
            fixed.facts["user_dn"] = "/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=barbara"
        elif interface == rpc.NSPI:
            handle = calls.new_handle(f"{fixed.label}/book")
            for operation in (nspi.bind(digest("directory server"), handle), nspi.compare_mids(handle), nspi.unbind(handle)):
                fixed.call(operation)
        else:
            fixed.mail(8)
            fixed.tell_client()
            fixed.call(rpc.disconnect(fixed.context_handle))
        fixed.end()
    late = Plain(capture, "late 6001", lab.clients[3], server, 6001, clock=clock, account=account, rpc_auth=True).open()
    late.mail(5)
    late.go_on(rpc.EMSMDB)
    late.mail(3)
    late.end()
