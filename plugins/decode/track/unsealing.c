/* unsealing.c
 * The security contexts of virtual connections, with which sealed stubs are read as if they had not
 * been sealed. [MS-RPCE] 2.2.2.11, 3.3.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/unsealing.h"

#include <string.h>

#include <glib.h>

#include "base/limits.h"
#include "track/emit.h"
#include "track/tracker_state.h"

/* frag_length has 16 bits. */
#define PLAIN_MAX 0xFFFF

struct security_context {
    uint32_t id;
    uint8_t level;
    struct oa_seal *seal;
    bool has_verified[2]; /* a signature of that side, and so the keys */
};

struct unsealing {
    unsigned n;
    struct security_context contexts[OA_LIMIT_SECURITY_CONTEXTS];
    uint64_t owed[2]; /* bytes still to come, or missing, of PDUs that were taken without them */
};

struct unsealing_table {
    uint8_t plain[PLAIN_MAX];
    struct oa_rpc_pdu rpc;
};

struct unsealing_table *
oa_unsealing_table_new(void)
{
    return g_new0(struct unsealing_table, 1);
}

void
oa_unsealing_table_free(struct unsealing_table *table)
{
    g_free(table);
}

void
oa_unsealing_free(struct unsealing *unsealing)
{
    for (unsigned i = 0; unsealing && i < unsealing->n; i++)
        oa_seal_free(unsealing->contexts[i].seal);
    g_free(unsealing);
}

static struct security_context *
find_context(struct unsealing *unsealing, uint32_t id)
{
    for (unsigned i = 0; unsealing && i < unsealing->n; i++)
        if (unsealing->contexts[i].id == id)
            return &unsealing->contexts[i];
    return NULL;
}

/* NULL beyond the limit. */
static struct security_context *
add_context(struct oa_tracker *tracker, struct unsealing **unsealing, const struct oa_event *event)
{
    if (!*unsealing)
        *unsealing = g_new0(struct unsealing, 1);
    if ((*unsealing)->n == OA_LIMIT_SECURITY_CONTEXTS) {
        oa_emit_limit(tracker, event, OA_LIMIT_OF_SECURITY_CONTEXTS);
        return NULL;
    }
    struct security_context *context = &(*unsealing)->contexts[(*unsealing)->n++];
    context->id = event->rpc->verifier.context_id;
    context->seal = oa_seal_new(tracker->secrets);
    return context;
}

static void
take_token(struct oa_tracker *tracker, struct unsealing **unsealing, const struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;
    struct security_context *context = find_context(*unsealing, verifier->context_id);

    if (!verifier->present || verifier->level < OA_RPC_LEVEL_PKT)
        return;
    if (!context)
        context = add_context(tracker, unsealing, event);
    if (!context)
        return;
    context->level = verifier->level;
    oa_seal_take_token(context->seal, event->side, verifier->value, verifier->value_length);
}

static bool
is_privacy(uint8_t level)
{
    return level >= OA_RPC_LEVEL_PKT_PRIVACY;
}

/* The padding is a part of what is protected. */
static struct oa_seal_pdu
protected_pdu(const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    const uint8_t *value = rpc->verifier.value, *trailer = value - OA_RPC_TRAILER_SIZE;

    return (struct oa_seal_pdu){
        .side = event->side,
        .is_sealed = is_privacy(rpc->verifier.level),
        .head = { event->pdu, (size_t)(rpc->stub - event->pdu) },
        .stub = { rpc->stub, (size_t)(trailer - rpc->stub) },
        .trailer = { trailer, OA_RPC_TRAILER_SIZE },
        .signature = { value, rpc->verifier.value_length },
    };
}

/* A signature is known to be wrong if others with the same keys are right. Behind the first hop the
 * same PDU says nothing new. */
static void
note_signature(struct oa_tracker *tracker, struct security_context *context,
               const struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;

    if (oa_seal_is_open(event->signature))
        context->has_verified[event->side] = true;
    else if (event->signature == OA_SEAL_BAD_SIGNATURE && context->has_verified[event->side] &&
             event->channel->hop == oa_vc_hop(event->vc))
        oa_emit_finding(tracker, event, OA_FINDING_SIGNATURE_WRONG, "RPC %s of call %u: %s, %s",
                        oa_rpc_ptype_name(event->rpc->header.ptype), event->rpc->header.call_id,
                        oa_rpc_auth_type_name(verifier->type),
                        oa_rpc_auth_level_name(verifier->level));
}

/* A PDU that is there as a whole. */
static void
open_pdu(struct oa_tracker *tracker, struct unsealing *unsealing, struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;
    struct security_context *context = find_context(unsealing, verifier->context_id);
    struct unsealing_table *table = tracker->unsealing;
    enum oa_seal_outcome outcome = tracker->secrets ? OA_SEAL_NO_TOKENS : OA_SEAL_NO_SECRETS;
    struct oa_bytes plain = { table->plain, 0 };

    if (!verifier->present || verifier->level < OA_RPC_LEVEL_PKT || !event->rpc->stub)
        return;
    if (context) {
        struct oa_seal_pdu pdu = protected_pdu(event);
        outcome = oa_seal_open(context->seal, &pdu, table->plain);
        plain.length = pdu.stub.length;
    }
    event->signature = outcome;
    if (context)
        note_signature(tracker, context, event);
    if (!is_privacy(verifier->level))
        return;
    event->seal = outcome;
    if (oa_seal_is_open(outcome)) {
        table->rpc = *event->rpc;
        table->rpc.stub = table->plain;
        event->rpc = &table->rpc;
        event->plain = plain;
    }
}

/* A PDU without its end, where its verifier is: it belongs to the only context, if there is one. */
static void
pass_cut(struct unsealing *unsealing, struct oa_event *event)
{
    const struct oa_rpc_header *header = &event->rpc->header;
    const struct oa_rpc_security *security = &event->vc->security;
    size_t around =
        (size_t)(event->rpc->stub - event->pdu) + OA_RPC_TRAILER_SIZE + header->auth_length;

    if (!header->auth_length)
        return;
    if (!security->present)
        event->signature = OA_SEAL_UNSURE; /* without its bind it may be of level connect */
    else if (security->level >= OA_RPC_LEVEL_PKT)
        event->signature = OA_SEAL_CUT;
    if (security->present && is_privacy(security->level))
        event->seal = OA_SEAL_CUT;
    if (!unsealing)
        return;
    unsealing->owed[event->side] = event->pdu_length - event->length;
    for (unsigned i = 0; i < unsealing->n; i++) {
        const struct security_context *context = &unsealing->contexts[i];
        if (unsealing->n > 1 || event->pdu_length < around)
            oa_seal_lose(context->seal, event->side, event->pdu_length);
        else
            oa_seal_pass(context->seal, event->side, event->pdu_length,
                         is_privacy(context->level) ? event->pdu_length - around : 0);
    }
}

void
oa_unsealing_take(struct oa_tracker *tracker, struct unsealing **unsealing, struct oa_event *event)
{
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT:
    case OA_RPC_ALTER_CONTEXT_RESP:
    case OA_RPC_AUTH3:
        if (tracker->secrets)
            take_token(tracker, unsealing, event);
        break;
    case OA_RPC_REQUEST:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        if (event->is_cut)
            pass_cut(*unsealing, event);
        else
            open_pdu(tracker, *unsealing, event);
        break;
    default:
        break;
    }
}

void
oa_unsealing_settle(struct oa_call *call)
{
    const struct oa_rpc_security *security = &call->vc->security;
    uint8_t level = security->present ? security->level : call->auth_level;

    for (int side = OA_CLIENT; level && side <= OA_SERVER; side++)
        oa_signatures_settle(&call->signatures[side], level >= OA_RPC_LEVEL_PKT);
}

void
oa_unsealing_lose(struct unsealing *unsealing, enum oa_side side, uint64_t bytes, bool is_unknown)
{
    if (!unsealing)
        return;
    uint64_t known = MIN(unsealing->owed[side], bytes);
    unsealing->owed[side] -= known;
    for (unsigned i = 0; is_unknown && i < unsealing->n; i++)
        oa_seal_lose(unsealing->contexts[i].seal, side, bytes - known);
}

void
oa_unsealing_merge(struct unsealing **whole, struct unsealing **part)
{
    struct unsealing *from = *part;

    *part = NULL;
    if (!*whole) {
        *whole = from;
        return;
    }
    for (unsigned i = 0; from && i < from->n; i++) {
        struct security_context *context = find_context(*whole, from->contexts[i].id);
        if (context)
            oa_seal_merge(context->seal, from->contexts[i].seal);
        else if ((*whole)->n < OA_LIMIT_SECURITY_CONTEXTS)
            (*whole)->contexts[(*whole)->n++] = from->contexts[i];
        else
            oa_seal_free(from->contexts[i].seal);
    }
    g_free(from);
}
