/* vc_rpc.c
 * RPC PDUs and their effect on a virtual connection: calls, bindings, authentication.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/vc_rpc.h"

#include "base/clock_steps.h"
#include "track/authentication.h"
#include "track/call_join.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

/* A PDU of a call. The call may show that the virtual connection is a part of another, or that
 * another is a part of it: returns the whole. */
static struct virtual_connection *
take_call(struct virtual_connection *vc, struct oa_event *event)
{
    struct call *call = oa_calls_take(&vc->calls, event);

    if (call && oa_calls_may_join(&vc->calls)) {
        vc = oa_call_join(vc, call, event);
        call = oa_calls_find(&vc->calls, event->rpc->header.call_id);
        event->vc = &vc->facts;
        event->call = call ? &call->facts : oa_calls_ended(vc->tracker);
    }
    if (call) /* it may have ended in the merge */
        oa_calls_settle(&vc->calls, call, event->channel->hop);
    return vc;
}

void
oa_vc_take_rpc(struct channel *channel, struct oa_event *event)
{
    enum oa_hop hop = channel->facts.hop;

    if (channel->is_surplus)
        return;
    struct virtual_connection *vc = oa_vc_of_channel(channel, event->last);
    event->vc = &vc->facts;
    oa_unsealing_take(vc->tracker, &vc->unsealing[hop], event);
    switch (event->rpc->header.ptype) {
    case OA_RPC_REQUEST:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        vc = take_call(vc, event);
        break;
    default:
        if (hop == oa_vc_hop(&vc->facts)) /* on its second hop the same PDU contains nothing new */
            oa_bindings_take(vc->tracker, &vc->bindings, event);
        break;
    }
    struct oa_traffic *traffic = &vc->facts.traffic[hop][event->side];
    traffic->rpc_pdus++;
    traffic->rpc_bytes += event->pdu_length;
    vc->facts.last = oa_clock_steps_last(vc->tracker->clock_steps, vc->facts.last, event->last);
    if (hop == oa_vc_hop(&vc->facts))
        oa_auth_take_rpc(vc->tracker, event);
}
