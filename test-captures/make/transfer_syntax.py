"""Calls in NDR64 and in NDR, and how client and server agree on either, [MS-RPCE] 3.3.1.5.6.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import nspi
import rpc
from rpc import FEATURES, NDR, NDR64
from scenario import Lab, collector, hop
from session import Session, finish
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)

# Transfer syntaxes of each context that a client proposes, and the answers: a context each, as Windows does, or all in one.
OFFERS = (
    (((NDR,),), (NDR,)),
    (((NDR,), (NDR64,), (FEATURES,)), (None, NDR64, FEATURES)),
    (((NDR,), (NDR64,), (FEATURES,)), (NDR, None, FEATURES)),
    (((NDR64, NDR),), (NDR64,)),
    (((NDR, NDR64),), (NDR,)),
)
# Two people with a property of each type that nspi.py can write.
PEOPLE = [{0x3001001F: f"{name} \u2603", 0x39FE001E: f"{name.lower()}@lab.test", 0x0FFE0003: 6, 0x3A40000B: 1, 0x36000002: number,
           0x30070040: 0x01DCA0F000000000 + number, 0x8C6D0048: digest(name), 0x0FFF0102: digest(f"{name}/entry", 13),
           0x66671003: list(range(number + 1))} for number, name in enumerate(("Grace", "Barbara"))]


def store(session):
    """A mailbox is opened."""
    user, handle = session.options["account"].user, session.context_handle
    session.call(rpc.connect(user, handle))
    session.call(rpc.logon(handle, user, digest("mailbox")))
    session.call(rpc.disconnect(handle))


def directory(session):
    """Rows of the address book."""
    session.call(nspi.bind(digest("directory"), session.context_handle))
    session.call(nspi.query_rows(session.context_handle, PEOPLE))
    session.call(nspi.unbind(session.context_handle))


@scenario("[MS-RPCE] 2.2.5", "[MS-RPCE] 3.3.1.5.3", "[MS-RPCE] 3.3.1.5.6", keep=hop("client"))
def ndr64(capture):
    """The same calls to the store and to the directory in NDR and in NDR64: a client of 64 bits proposes both, in contexts of their own
    with bind time feature negotiation or in one context, and the server accepts one."""
    lab = Lab()
    for number, (contexts, answers) in enumerate(OFFERS):
        for port, interface, calls in ((6001, rpc.EMSMDB, store), (6004, rpc.NSPI, directory)):
            session = Session(capture, f"vc {number} {port}", lab.clients[number % 4], lab.proxy, lab.server, port,
                              start_us=400_000 * number + (port - 6001) * 50_000)
            finish(session.conn())
            session.bind([(interface, transfer) for transfer in contexts], list(answers))
            calls(session)
            session.close_by_client()
