/* calls.c
 * Binds, and RPC calls with their answers, over the two channels of a virtual connection.
 * [C706] 12.6.4, [MS-RPCE] 2.2.2.4 (results), 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tracker.h"

#include <string.h>

/* Calls waiting for their answer on one virtual connection; a client has a handful. Beyond, the
 * oldest is given up. */
#define PENDING_MAX 4096

/* [MS-RPCE] 2.2.2.4: bind time feature negotiation is a context of its own, with a result that is
 * no rejection. */
#define RESULT_ACCEPTANCE 0
#define RESULT_NEGOTIATE_ACK 3

static struct oa_rpc_binding *
find_binding(struct virtual_connection *vc, uint16_t context_id)
{
    for (unsigned i = 0; i < vc->facts.n_bindings; i++)
        if (vc->facts.bindings[i].context_id == context_id)
            return &vc->facts.bindings[i];
    return NULL;
}

static void
take_bind(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    struct oa_virtual_connection *facts = &vc->facts;

    facts->binds += rpc->header.ptype == OA_RPC_BIND;
    vc->n_proposed = 0;
    for (unsigned i = 0; i < rpc->n_contexts; i++) {
        const struct oa_rpc_context *context = &rpc->contexts[i];
        struct oa_rpc_binding *binding = find_binding(vc, context->id);

        vc->proposed[vc->n_proposed++] = context->id;
        if (!binding && facts->n_bindings < OA_RPC_CONTEXTS_MAX)
            binding = &facts->bindings[facts->n_bindings++];
        if (!binding)
            continue;
        *binding = (struct oa_rpc_binding){ .context_id = context->id,
                                            .syntax = context->abstract_syntax,
                                            .iface = oa_rpc_interface_find(
                                                context->abstract_syntax.uuid) };
        if (!facts->iface)
            facts->iface = binding->iface;
    }
}

static void
take_bind_ack(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    vc->facts.assoc_group_id = rpc->assoc_group_id;
    for (unsigned i = 0; i < rpc->n_results && i < vc->n_proposed; i++) {
        struct oa_rpc_binding *binding = find_binding(vc, vc->proposed[i]);

        if (!binding)
            continue;
        binding->result = rpc->results[i].result;
        binding->reason = rpc->results[i].reason;
        if (binding->result == RESULT_ACCEPTANCE) {
            binding->state = OA_BINDING_ACCEPTED;
            if (binding->iface && !vc->iface_accepted) {
                vc->facts.iface = binding->iface;
                vc->iface_accepted = true;
            }
        } else if (binding->result != RESULT_NEGOTIATE_ACK) {
            binding->state = OA_BINDING_REJECTED;
            vc->facts.rejected_bindings++;
        }
    }
}

static void
take_bind_nak(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    for (unsigned i = 0; i < vc->n_proposed; i++) {
        struct oa_rpc_binding *binding = find_binding(vc, vc->proposed[i]);

        if (binding && binding->state == OA_BINDING_PROPOSED) {
            binding->state = OA_BINDING_REJECTED;
            binding->reason = rpc->reject_reason;
            vc->facts.rejected_bindings++;
        }
    }
}

/* The tokens of an authentication come in binds, their answers and auth3; later verifiers are
 * signatures. */
static void
take_verifier(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;
    struct oa_rpc_security *security = &vc->facts.security;
    struct oa_auth *auth = &vc->tracker->auth;

    if (!verifier->present)
        return;
    security->present = true;
    security->type = verifier->type;
    security->level = verifier->level;
    if (!oa_auth_from_token(verifier->value, verifier->value_length, auth))
        return;
    if (auth->user[0] || (auth->mechanism != OA_AUTH_UNKNOWN && !security->auth.user[0]))
        security->auth = *auth;
    event->auth = auth;
    event->auth_place = OA_AUTH_RPC;
    struct oa_event told = *event;
    told.type = OA_EVENT_AUTH;
    told.vc = &vc->facts;
    oa_tracker_emit(vc->tracker, &told);
}

static struct call *
new_call(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    struct call *call = g_new0(struct call, 1);
    const struct oa_rpc_binding *binding = find_binding(vc, rpc->context_id);

    call->facts.number = vc->tracker->n_calls++;
    call->facts.vc = &vc->facts;
    call->facts.call_id = rpc->header.call_id;
    call->facts.context_id = rpc->context_id;
    if (binding) {
        call->facts.syntax = binding->syntax;
        call->facts.iface = binding->iface;
    }
    call->link.data = call;
    g_hash_table_insert(vc->pending, GUINT_TO_POINTER(call->facts.call_id), call);
    g_queue_push_tail_link(&vc->pending_order, &call->link);
    vc->facts.calls++;
    return call;
}

static void
end_call(struct virtual_connection *vc, struct call *call, enum oa_call_state state)
{
    struct oa_call *facts = &call->facts;

    facts->state = facts->has_opnum || state == OA_CALL_FAULT ? state : OA_CALL_NO_REQUEST;
    vc->facts.answered += state == OA_CALL_ANSWERED;
    vc->facts.faults += state == OA_CALL_FAULT;
    vc->facts.unanswered += state == OA_CALL_UNANSWERED;
    g_hash_table_remove(vc->pending, GUINT_TO_POINTER(facts->call_id));
    g_queue_unlink(&vc->pending_order, &call->link);
    oa_tracker_emit(vc->tracker, &(struct oa_event){ .type = OA_EVENT_CALL,
                                                     .first = facts->request.first,
                                                     .last = vc->facts.last,
                                                     .vc = &vc->facts,
                                                     .call = facts });
}

static void
retire_call(struct virtual_connection *vc, struct call *call, enum oa_call_state state)
{
    end_call(vc, call, state);
    oa_tracker_retire(vc->tracker, call, g_free);
}

static void
add_fragment(struct oa_call_half *half, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    if (half->fragments++ == 0) {
        half->first = event->first;
        half->has_gap = !(rpc->header.flags & OA_RPC_FIRST_FRAG);
    }
    half->last = event->last;
    half->stub_bytes += rpc->stub_length;
    half->pdu_bytes += event->pdu_length;
    half->is_complete |= (rpc->header.flags & OA_RPC_LAST_FRAG) != 0;
}

static void
take_request(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    struct call *call = g_hash_table_lookup(vc->pending, GUINT_TO_POINTER(rpc->header.call_id));

    if (call && (rpc->header.flags & OA_RPC_FIRST_FRAG)) {
        retire_call(vc, call, OA_CALL_UNANSWERED); /* the number is used anew */
        call = NULL;
    }
    if (!call) {
        call = new_call(vc, rpc);
        if (g_queue_get_length(&vc->pending_order) > PENDING_MAX)
            retire_call(vc, g_queue_peek_head(&vc->pending_order), OA_CALL_UNANSWERED);
    }
    call->facts.has_opnum = true;
    call->facts.opnum = rpc->opnum;
    if (rpc->verifier.present)
        call->facts.auth_level = rpc->verifier.level;
    add_fragment(&call->facts.request, event);
    event->call = &call->facts;
}

/* The call that ended with the last event has been told. */
void
oa_calls_forget_ended(struct oa_tracker *tracker)
{
    if (tracker->ended)
        oa_tracker_retire(tracker, tracker->ended, g_free);
    tracker->ended = NULL;
}

/* A call that is over with this answer stays for the event of the PDU. */
static void
take_answer(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    struct call *call = g_hash_table_lookup(vc->pending, GUINT_TO_POINTER(rpc->header.call_id));
    bool is_fault = rpc->header.ptype == OA_RPC_FAULT;

    if (!call)
        call = new_call(vc, rpc);
    event->call = &call->facts;
    add_fragment(&call->facts.response, event);
    if (is_fault)
        call->facts.fault_status = rpc->fault_status;
    if (!is_fault && !(rpc->header.flags & OA_RPC_LAST_FRAG))
        return;
    end_call(vc, call, is_fault ? OA_CALL_FAULT : OA_CALL_ANSWERED);
    vc->tracker->ended = call;
}

void
oa_calls_take_rpc(struct channel *channel, struct oa_event *event)
{
    struct virtual_connection *vc = oa_vc_of_channel(channel, event->last);
    struct oa_traffic *traffic = &vc->facts.traffic[event->side];

    traffic->rpc_pdus++;
    traffic->rpc_bytes += event->pdu_length;
    vc->facts.last = event->last;
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
        take_bind(vc, event->rpc);
        take_verifier(vc, event);
        break;
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT_RESP:
        take_bind_ack(vc, event->rpc);
        take_verifier(vc, event);
        break;
    case OA_RPC_BIND_NAK:
        take_bind_nak(vc, event->rpc);
        break;
    case OA_RPC_AUTH3:
        take_verifier(vc, event);
        break;
    case OA_RPC_REQUEST:
        take_request(vc, event);
        break;
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        take_answer(vc, event);
        break;
    default:
        break;
    }
    oa_auth_exchange_take_rpc(vc, event);
}

/* Bytes of that side are missing: what has begun and not ended may lack a fragment. */
void
oa_calls_note_loss(struct virtual_connection *vc, enum oa_side side)
{
    for (const GList *link = vc->pending_order.head; link; link = link->next) {
        struct oa_call *call = &((struct call *)link->data)->facts;
        struct oa_call_half *half = side == OA_CLIENT ? &call->request : &call->response;

        if (half->fragments && !half->is_complete)
            half->has_gap = true;
    }
}

/* The virtual connection is over: what still waits stays unanswered. */
void
oa_calls_end(struct virtual_connection *vc)
{
    struct call *call;

    while ((call = g_queue_peek_head(&vc->pending_order)))
        retire_call(vc, call, OA_CALL_UNANSWERED);
    oa_auth_exchange_close_vc(vc);
}
