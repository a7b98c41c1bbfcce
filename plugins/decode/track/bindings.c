/* bindings.c
 * Binds and their answers: which context of a virtual connection is of which interface, in which
 * transfer syntax.
 * [C706] 12.6.4, [MS-RPCE] 2.2.2.4 (results), 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/bindings.h"

#include <string.h>

#include "track/emit.h"
#include "track/endpoint.h"
#include "track/virtual_connection.h"

/* [MS-RPCE] 2.2.2.4: bind time feature negotiation is a context of its own, with a result that is
 * no rejection. */
#define RESULT_ACCEPTANCE 0
#define RESULT_NEGOTIATE_ACK 3

struct oa_rpc_binding *
oa_vc_binding(struct virtual_connection *vc, uint16_t context_id)
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
        struct oa_rpc_binding *binding = oa_vc_binding(vc, context->id);

        vc->proposed[vc->n_proposed++] = context->id;
        if (!binding && facts->n_bindings < OA_RPC_CONTEXTS_MAX)
            binding = &facts->bindings[facts->n_bindings++];
        if (!binding)
            continue;
        *binding =
            (struct oa_rpc_binding){ .context_id = context->id,
                                     .syntax = context->abstract_syntax,
                                     .iface = oa_rpc_interface_find(context->abstract_syntax.uuid),
                                     .transfer_syntax = context->transfer_syntax };
        if (!facts->iface)
            facts->iface = binding->iface;
    }
}

static void
note_rejection(struct virtual_connection *vc, const struct oa_event *event,
               const struct oa_rpc_binding *binding)
{
    char uuid[OA_UUID_TEXT];

    oa_text_uuid(binding->syntax.uuid, uuid);
    vc->facts.rejected_bindings++;
    oa_emit_finding(vc->tracker, event, OA_FINDING_BIND_REJECTED,
                    "%s is rejected, result %u, reason %u",
                    binding->iface ? binding->iface->name : uuid, binding->result, binding->reason);
}

/*
 * A client proposes an interface once for each transfer syntax it knows, and the server accepts
 * one of them, [MS-RPCE] 3.3.1.5.6: whether the interface is accepted in another context.
 */
static bool
is_alternative(const struct virtual_connection *vc, const struct oa_rpc_binding *rejected)
{
    for (unsigned i = 0; i < vc->facts.n_bindings; i++) {
        const struct oa_rpc_binding *other = &vc->facts.bindings[i];
        if (other->state == OA_BINDING_ACCEPTED && other->syntax.major == rejected->syntax.major &&
            memcmp(other->syntax.uuid, rejected->syntax.uuid, sizeof other->syntax.uuid) == 0)
            return true;
    }
    return false;
}

static void
accept_binding(struct virtual_connection *vc, const struct oa_rpc_binding *binding)
{
    if (binding->iface && !vc->iface_accepted) {
        vc->facts.iface = binding->iface;
        vc->iface_accepted = true;
    }
    if (binding->iface && binding->iface->is_exchange)
        oa_endpoints_take_bind(vc);
}

static void
take_bind_ack(struct virtual_connection *vc, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    vc->facts.assoc_group_id = rpc->assoc_group_id;
    oa_association_join(vc);
    for (unsigned i = 0; i < rpc->n_results && i < vc->n_proposed; i++) {
        struct oa_rpc_binding *binding = oa_vc_binding(vc, vc->proposed[i]);

        if (!binding)
            continue;
        binding->result = rpc->results[i].result;
        binding->reason = rpc->results[i].reason;
        if (binding->result == RESULT_ACCEPTANCE) {
            binding->state = OA_BINDING_ACCEPTED;
            binding->transfer_syntax = rpc->results[i].transfer_syntax;
            accept_binding(vc, binding);
        } else if (binding->result != RESULT_NEGOTIATE_ACK) {
            binding->state = OA_BINDING_REJECTED;
        }
    }
    for (unsigned i = 0; i < rpc->n_results && i < vc->n_proposed; i++) {
        const struct oa_rpc_binding *binding = oa_vc_binding(vc, vc->proposed[i]);

        if (binding && binding->state == OA_BINDING_REJECTED && !is_alternative(vc, binding))
            note_rejection(vc, event, binding);
    }
}

static void
take_bind_nak(struct virtual_connection *vc, const struct oa_event *event)
{
    for (unsigned i = 0; i < vc->n_proposed; i++) {
        struct oa_rpc_binding *binding = oa_vc_binding(vc, vc->proposed[i]);

        if (binding && binding->state == OA_BINDING_PROPOSED) {
            binding->state = OA_BINDING_REJECTED;
            binding->reason = event->rpc->reject_reason;
            note_rejection(vc, event, binding);
        }
    }
}

/* Binds and their answers: on its second hop the same PDU tells nothing new. */
void
oa_bindings_take_rpc(struct virtual_connection *vc, struct oa_event *event)
{
    if (event->channel->hop != oa_vc_hop(&vc->facts))
        return;
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
        take_bind(vc, event->rpc);
        break;
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT_RESP:
        take_bind_ack(vc, event);
        break;
    case OA_RPC_BIND_NAK:
        take_bind_nak(vc, event);
        break;
    default:
        break;
    }
}
