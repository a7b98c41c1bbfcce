/* bindings.c
 * Binds and their responses: the interface and transfer syntax of each context of a virtual
 * connection.
 * [C706] 12.6.4, [MS-RPCE] 2.2.2.4 (results), 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/bindings.h"

#include <glib.h>
#include <string.h>

#include "rpc/request_shape.h"
#include "track/association.h"
#include "track/emit.h"
#include "track/endpoint.h"

/* [MS-RPCE] 2.2.2.4: bind time feature negotiation is a separate context, with a result that is not
 * a rejection. */
#define RESULT_ACCEPTANCE 0
#define RESULT_NEGOTIATE_ACK 3

/* A response on an OUT channel of which nothing shows yet to which IN channel it belongs. */
struct unpaired_response {
    struct oa_stamp first, last;
    struct oa_rpc_pdu rpc; /* its results only */
};

struct oa_rpc_binding *
oa_binding_find(struct oa_virtual_connection *vc, uint16_t context_id)
{
    for (unsigned i = 0; i < vc->n_bindings; i++)
        if (vc->bindings[i].context_id == context_id)
            return &vc->bindings[i];
    return NULL;
}

struct oa_rpc_binding *
oa_binding_add(struct oa_virtual_connection *vc)
{
    if (vc->n_bindings == OA_RPC_CONTEXTS_MAX)
        return NULL;
    vc->bindings = g_renew(struct oa_rpc_binding, vc->bindings, vc->n_bindings + 1);
    struct oa_rpc_binding *binding = &vc->bindings[vc->n_bindings++];
    *binding = (struct oa_rpc_binding){ 0 };
    return binding;
}

static void
take_bind(struct bindings *bindings, struct oa_virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    vc->binds += rpc->header.ptype == OA_RPC_BIND;
    bindings->n_proposed = 0;
    bindings->call_id = rpc->header.call_id;
    for (unsigned i = 0; i < rpc->n_contexts; i++) {
        const struct oa_rpc_context *context = &rpc->contexts[i];
        struct oa_rpc_binding *binding = oa_binding_find(vc, context->id);

        bindings->proposed[bindings->n_proposed++] = context->id;
        if (!binding)
            binding = oa_binding_add(vc);
        if (!binding)
            continue;
        *binding =
            (struct oa_rpc_binding){ .context_id = context->id,
                                     .syntax = context->abstract_syntax,
                                     .iface = oa_rpc_interface_find(context->abstract_syntax.uuid),
                                     .transfer_syntax = context->transfer_syntax };
        if (!vc->iface)
            vc->iface = binding->iface;
    }
}

static const char *
name_of(const struct oa_rpc_binding *binding, char uuid[OA_UUID_TEXT])
{
    oa_text_uuid(binding->syntax.uuid, uuid);
    return binding->iface ? binding->iface->name : uuid;
}

static void
note_rejection(struct oa_tracker *tracker, const struct oa_event *event,
               const struct oa_rpc_binding *binding)
{
    char uuid[OA_UUID_TEXT];

    event->vc->rejected_bindings++;
    oa_emit_finding(tracker, event, OA_FINDING_BIND_REJECTED,
                    "%s is rejected, result %u, reason %u", name_of(binding, uuid), binding->result,
                    binding->reason);
}

/*
 * A client proposes an interface once for each transfer syntax it knows, and the server accepts one
 * of them, [MS-RPCE] 3.3.1.5.6: whether the interface was accepted in another context.
 */
static bool
is_alternative(const struct oa_virtual_connection *vc, const struct oa_rpc_binding *rejected)
{
    for (unsigned i = 0; i < vc->n_bindings; i++) {
        const struct oa_rpc_binding *other = &vc->bindings[i];
        if (other->state == OA_BINDING_ACCEPTED && other->syntax.major == rejected->syntax.major &&
            memcmp(other->syntax.uuid, rejected->syntax.uuid, sizeof other->syntax.uuid) == 0)
            return true;
    }
    return false;
}

static void
accept_binding(struct oa_tracker *tracker, struct bindings *bindings,
               struct oa_virtual_connection *vc, const struct oa_rpc_binding *binding)
{
    if (binding->iface && !bindings->iface_is_accepted) {
        vc->iface = binding->iface;
        bindings->iface_is_accepted = true;
    }
    if (binding->iface && binding->iface->is_exchange && vc->transport == OA_TRANSPORT_RPC_TCP)
        oa_endpoints_remember(tracker, &vc->endpoint[OA_HOP_SERVER][OA_SERVER], OA_ENDPOINT_TCP);
}

static void
take_results(struct oa_tracker *tracker, struct bindings *bindings, const struct oa_event *event)
{
    struct oa_virtual_connection *vc = event->vc;
    const struct oa_rpc_pdu *rpc = event->rpc;

    for (unsigned i = 0; i < rpc->n_results && i < bindings->n_proposed; i++) {
        struct oa_rpc_binding *binding = oa_binding_find(vc, bindings->proposed[i]);

        if (!binding)
            continue;
        binding->result = rpc->results[i].result;
        binding->reason = rpc->results[i].reason;
        if (binding->result == RESULT_ACCEPTANCE) {
            binding->state = OA_BINDING_ACCEPTED;
            binding->transfer_syntax = rpc->results[i].transfer_syntax;
            accept_binding(tracker, bindings, vc, binding);
        } else if (binding->result != RESULT_NEGOTIATE_ACK) {
            binding->state = OA_BINDING_REJECTED;
        }
    }
    for (unsigned i = 0; i < rpc->n_results && i < bindings->n_proposed; i++) {
        const struct oa_rpc_binding *binding = oa_binding_find(vc, bindings->proposed[i]);

        if (binding && binding->state == OA_BINDING_REJECTED && !is_alternative(vc, binding))
            note_rejection(tracker, event, binding);
    }
}

/* The whole bind is rejected, for one reason, whatever it proposed. */
static void
take_bind_nak(struct oa_tracker *tracker, const struct bindings *bindings,
              const struct oa_event *event)
{
    uint16_t reason = event->rpc->reject_reason;
    const struct oa_rpc_binding *first = NULL;
    char uuid[OA_UUID_TEXT];

    for (unsigned i = 0; i < bindings->n_proposed; i++) {
        struct oa_rpc_binding *binding = oa_binding_find(event->vc, bindings->proposed[i]);

        if (binding && binding->state == OA_BINDING_PROPOSED) {
            binding->state = OA_BINDING_REJECTED;
            binding->reason = reason;
            event->vc->rejected_bindings++;
            if (!first)
                first = binding;
        }
    }
    if (first)
        oa_emit_finding(tracker, event, OA_FINDING_BIND_REJECTED,
                        "The bind to %s is rejected, reason %u, %s", name_of(first, uuid), reason,
                        oa_rpc_reject_reason_name(reason));
}

/* What the server has decided about the last proposals. */
static void
take_response(struct oa_tracker *tracker, struct bindings *bindings, const struct oa_event *event)
{
    if (event->rpc->header.ptype == OA_RPC_BIND_NAK)
        take_bind_nak(tracker, bindings, event);
    else
        take_results(tracker, bindings, event);
}

static void
keep_response(struct bindings *bindings, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    struct unpaired_response *kept = bindings->unpaired;

    if (!kept)
        kept = bindings->unpaired = g_new(struct unpaired_response, 1);
    *kept = (struct unpaired_response){ .first = event->first,
                                        .last = event->last,
                                        .rpc = { .header = rpc->header,
                                                 .n_results = rpc->n_results,
                                                 .reject_reason = rpc->reject_reason } };
    memcpy(kept->rpc.results, rpc->results, sizeof rpc->results);
}

bool
oa_bindings_fit(const struct bindings *proposed, const struct bindings *answered)
{
    const struct oa_rpc_pdu *response = answered->unpaired ? &answered->unpaired->rpc : NULL;

    return response && proposed->n_proposed > 0 && answered->n_proposed == 0 &&
           response->header.call_id == proposed->call_id &&
           (response->header.ptype == OA_RPC_BIND_NAK ||
            response->n_results == proposed->n_proposed);
}

void
oa_bindings_clear(struct bindings *bindings)
{
    g_clear_pointer(&bindings->unpaired, g_free);
}

void
oa_bindings_merge(struct oa_tracker *tracker, struct bindings *into, const struct bindings *from,
                  const struct oa_event *event)
{
    const struct unpaired_response *response = into->unpaired ? into->unpaired : from->unpaired;

    if (!into->answer.group)
        into->answer = from->answer;
    if (into->n_proposed == 0) {
        memcpy(into->proposed, from->proposed, sizeof into->proposed);
        into->n_proposed = from->n_proposed;
        into->call_id = from->call_id;
        into->iface_is_accepted = from->iface_is_accepted;
    }
    if (into->n_proposed && response && response->rpc.header.call_id == into->call_id) {
        struct oa_event late = *event;
        late.first = response->first;
        late.last = response->last;
        late.rpc = &response->rpc;
        take_response(tracker, into, &late);
    }
    if (into->n_proposed)
        oa_bindings_clear(into);
    else if (!into->unpaired && from->unpaired)
        into->unpaired = g_memdup2(from->unpaired, sizeof *from->unpaired);
}

void
oa_bindings_take(struct oa_tracker *tracker, struct bindings *bindings,
                 const struct oa_event *event)
{
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
        take_bind(bindings, event->vc, event->rpc);
        break;
    case OA_RPC_BIND_ACK:
        bindings->answer = (struct bind_answer){ .first_ns = event->first.time_ns,
                                                 .call_id = event->rpc->header.call_id,
                                                 .group = event->rpc->assoc_group_id,
                                                 .length = event->rpc->header.frag_length };
        /* fall through */
    case OA_RPC_ALTER_CONTEXT_RESP:
        event->vc->assoc_group_id = event->rpc->assoc_group_id;
        oa_association_join(tracker, event->vc);
        /* fall through */
    case OA_RPC_BIND_NAK:
        if (bindings->n_proposed)
            take_response(tracker, bindings, event);
        else
            keep_response(bindings, event);
        break;
    default:
        break;
    }
}

void
oa_bindings_take_request(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                         const struct oa_rpc_pdu *rpc)
{
    const struct oa_endpoint *endpoint = &vc->endpoint[OA_HOP_SERVER][OA_SERVER];
    const struct oa_rpc_interface *iface = NULL;

    if (!oa_binding_find(vc, rpc->context_id) && vc->n_bindings < OA_RPC_CONTEXTS_MAX)
        iface = oa_request_shape(rpc);
    if (!iface)
        return;
    *oa_binding_add(vc) = (struct oa_rpc_binding){ .context_id = rpc->context_id,
                                                   .syntax = iface->syntax,
                                                   .iface = iface,
                                                   .state = OA_BINDING_ACCEPTED };
    if (!vc->iface)
        vc->iface = iface;
    if (endpoint->port && iface->is_exchange)
        oa_endpoints_remember(tracker, endpoint, OA_ENDPOINT_SEEN);
}
