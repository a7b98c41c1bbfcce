"""RPC over HTTP, RPC over TCP and MAPI over HTTP in one capture, at the same time.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import auth
import mapi_http
import plain_rpc
import rpc
from scenario import Lab, collector
from session import Session, finish
from wire import Clock

SCENARIOS = []
scenario = collector(SCENARIOS)


def through_proxy(capture, lab, number, start_us):
    """A mailbox session of a client outside, on both hops; its IN channel is recycled."""
    session = Session(capture, f"outside {number}", lab.clients[number], lab.proxy, lab.server, start_us=start_us,
                      account=auth.Account(("ada", "grace", "edsger", "barbara")[number]))
    finish(session.conn())
    session.bind()
    session.mail(12, largest=1200)
    finish(session.in_r2())
    session.mail(12, largest=1200)
    session.call(rpc.disconnect(session.context_handle))
    session.close_by_client()


@scenario("[MS-RPCH] 3.2.1.5", "[MS-RPCE] 2.1.1.1", "[MS-OXCMAPIHTTP] 3.1.5")
def mixed(capture):
    """What a server sees in the years between: clients outside by RPC over HTTP through a proxy, clients within the office by RPC over
    TCP, clients by MAPI over HTTP, interleaved."""
    lab = Lab()
    player = mapi_http.Player(capture, lab)
    through_proxy(capture, lab, 1, 0)
    clock = Clock(capture, "office", 3000)
    plain_rpc.look_up(capture, "mapper", clock, lab.clients[2], lab.server, ((rpc.EMSMDB, plain_rpc.STORE),))
    mapi_http.address_book(player)
    plain_rpc.store(capture, clock, lab.clients[2], lab.server, auth.Account("edsger"))
    through_proxy(capture, lab, 3, 20_000)
    mapi_http.mailbox(player)
    through_proxy(capture, lab, 0, 60_000)
