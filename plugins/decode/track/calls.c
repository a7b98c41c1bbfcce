/* calls.c
 * RPC calls with their answers, over the two channels of a virtual connection.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/calls.h"

#include <string.h>

#include "exchange/call_facts.h"
#include "track/authentication.h"
#include "track/bindings.h"
#include "track/emit.h"
#include "track/endpoint.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

/* Calls waiting for their answer on one virtual connection; a client has a handful. Beyond, the
 * oldest is given up; sooner when only one of the two channels is in the capture. */
#define PENDING_MAX 4096
#define PENDING_OF_HALF_MAX 64

/* Answers that wait for their request: captures put frames of two connections in the wrong order.
 */
#define ORPHANS_MAX 16

/* Calls of one number compared with, and how many have to fit in a row before that counts,
 * [MS-RPCH] has no other tie between channels whose beginning is not in the capture. */
#define CANDIDATES_MAX 64
#define FITS_NEEDED 3

/* How much later than the other hop a hop may show the same PDU. */
#define HOP_DELAY_NS (INT64_C(2) * 1000000000)

/* Enough of a PDU to tell it from others: its header and the context handle. */
#define HASHED_BYTES 256

/* Bytes of one call's parameters that are kept; a user's name and some auxiliary blocks. */
#define TELLING_STUB_MAX 65536

/* Verifiers of this level seal the stub. */
#define LEVEL_PRIVACY 6

struct call_table {
    GHashTable
        *loose; /* call_id -> GQueue of struct call, of virtual connections without a cookie */
    struct call *ended; /* the call whose last PDU is the current event */
    uint64_t n_calls;
};

void
oa_call_free(void *data)
{
    struct call *call = data;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (call->stub[side])
            g_byte_array_unref(call->stub[side]);
    g_free(call);
}

struct call_table *
oa_calls_new(void)
{
    struct call_table *table = g_new0(struct call_table, 1);

    table->loose = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return table;
}

void
oa_calls_free(struct call_table *table)
{
    if (table->ended)
        oa_call_free(table->ended);
    g_hash_table_unref(table->loose);
    g_free(table);
}

uint64_t
oa_calls_number(const struct oa_tracker *tracker)
{
    return tracker->calls->n_calls++;
}

/* --- joining by calls, in captures that begin in the middle --- */

static uint64_t
hash_of_pdu(const uint8_t *pdu, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ length;

    for (size_t i = 0; i < MIN(length, HASHED_BYTES); i++)
        hash = (hash ^ pdu[i]) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

static void
index_call(struct call *call)
{
    struct oa_tracker *tracker = call->vc->tracker;
    gpointer key = GUINT_TO_POINTER(call->facts.call_id);
    GQueue *queue = g_hash_table_lookup(tracker->calls->loose, key);

    if (call->is_indexed || !call->vc->is_loose)
        return;
    if (!queue) {
        queue = g_new0(GQueue, 1);
        g_hash_table_insert(tracker->calls->loose, key, queue);
    }
    call->loose_link.data = call;
    call->is_indexed = true;
    g_queue_push_head_link(queue, &call->loose_link);
}

static void
unindex_call(struct call *call)
{
    struct oa_tracker *tracker = call->vc->tracker;
    gpointer key = GUINT_TO_POINTER(call->facts.call_id);

    if (!call->is_indexed)
        return;
    GQueue *queue = g_hash_table_lookup(tracker->calls->loose, key);
    g_queue_unlink(queue, &call->loose_link);
    call->is_indexed = false;
    if (queue->length == 0)
        g_hash_table_remove(tracker->calls->loose, key);
}

/* Both halves of a connection to the same proxy come from one client; both connections of proxies
 * go to one server. */
static bool
may_belong(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
           enum oa_hop hop)
{
    const struct oa_endpoint *mine = a->endpoint[hop], *other = b->endpoint[hop];

    if (hop == OA_HOP_CLIENT)
        return memcmp(mine[OA_CLIENT].address, other[OA_CLIENT].address, 16) == 0;
    return memcmp(&mine[OA_SERVER], &other[OA_SERVER], sizeof mine[OA_SERVER]) == 0;
}

static bool
has_leg(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    return vc->facts.leg_seen[hop][leg];
}

/*
 * Requests on one connection and answers on another that have the same numbers, again and again,
 * and no third that fits as well: these two are the channels of one virtual connection.
 */
static struct virtual_connection *
join_by_answer(struct virtual_connection *vc, enum oa_hop hop, const struct call *answer)
{
    const GQueue *queue =
        g_hash_table_lookup(vc->tracker->calls->loose, GUINT_TO_POINTER(answer->facts.call_id));
    struct virtual_connection *found = NULL;
    unsigned looked_at = 0, fitting = 0;

    if (!queue || has_leg(vc, hop, OA_LEG_IN) || !has_leg(vc, hop, OA_LEG_OUT))
        return vc;
    for (const GList *link = queue->head; link && looked_at < CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct call *call = link->data;
        const struct oa_call_half *request = &call->facts.request[hop];
        if (call->vc == vc || !request->is_complete || has_leg(call->vc, hop, OA_LEG_OUT) ||
            call->facts.response[hop].fragments || !may_belong(&call->vc->facts, &vc->facts, hop))
            continue;
        fitting++;
        if (!found || call->vc->facts.number == vc->fitting)
            found = call->vc;
    }
    if (!found || (fitting > 1 && found->facts.number != vc->fitting))
        return vc;
    vc->fits = found->facts.number == vc->fitting && vc->fits ? vc->fits + 1 : 1;
    vc->fitting = found->facts.number;
    if (vc->fits < FITS_NEEDED)
        return vc;
    oa_vc_merge(found, vc, OA_JOIN_CALL_IDS);
    return found;
}

/* The very same PDU on the other hop, context handle and all: the two hops of one virtual
 * connection. */
static struct virtual_connection *
join_by_pdu(struct virtual_connection *vc, enum oa_hop hop, const struct call *mine, bool is_answer)
{
    const GQueue *queue =
        g_hash_table_lookup(vc->tracker->calls->loose, GUINT_TO_POINTER(mine->facts.call_id));
    enum oa_hop other_hop = hop == OA_HOP_CLIENT ? OA_HOP_SERVER : OA_HOP_CLIENT;
    enum oa_leg leg = is_answer ? OA_LEG_OUT : OA_LEG_IN;
    uint64_t hash = is_answer ? mine->response_hash : mine->request_hash;
    unsigned looked_at = 0;

    if (!queue || !hash || has_leg(vc, other_hop, leg))
        return vc;
    for (const GList *link = queue->head; link && looked_at < CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct call *call = link->data;
        const struct oa_call_half *theirs =
            is_answer ? &call->facts.response[other_hop] : &call->facts.request[other_hop];
        const struct oa_call_half *own =
            is_answer ? &mine->facts.response[hop] : &mine->facts.request[hop];
        if (call->vc == vc || !theirs->fragments || has_leg(call->vc, hop, leg) ||
            (is_answer ? call->response_hash : call->request_hash) != hash ||
            ABS(own->first.time_ns - theirs->first.time_ns) > HOP_DELAY_NS)
            continue;
        struct virtual_connection *into = hop == OA_HOP_CLIENT ? vc : call->vc;
        oa_vc_merge(into, into == vc ? call->vc : vc, OA_JOIN_CALL_IDS);
        return into;
    }
    return vc;
}

/* --- calls --- */

static void retire_call(struct virtual_connection *vc, struct call *call, enum oa_call_state state);

static struct call *
find_call(const struct virtual_connection *vc, uint32_t call_id)
{
    return g_hash_table_lookup(vc->pending, GUINT_TO_POINTER(call_id));
}

static void
put_call(struct virtual_connection *vc, struct call *call)
{
    call->vc = vc;
    call->facts.vc = &vc->facts;
    g_hash_table_insert(vc->pending, GUINT_TO_POINTER(call->facts.call_id), call);
    g_queue_push_tail_link(&vc->pending_order, &call->link);
    vc->orphans += !call->facts.has_opnum;
}

static void
take_call_out(struct virtual_connection *vc, struct call *call)
{
    unindex_call(call);
    g_hash_table_remove(vc->pending, GUINT_TO_POINTER(call->facts.call_id));
    g_queue_unlink(&vc->pending_order, &call->link);
    vc->orphans -= !call->facts.has_opnum;
}

static void
name_interface(struct virtual_connection *vc, struct oa_call *call)
{
    const struct oa_rpc_binding *binding = oa_vc_binding(vc, call->context_id);

    if (binding) {
        call->syntax = binding->syntax;
        call->iface = binding->iface;
    }
}

static struct call *
new_call(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    struct call *call = g_new0(struct call, 1);

    call->facts.number = oa_calls_number(vc->tracker);
    call->facts.call_id = rpc->header.call_id;
    call->facts.context_id = rpc->context_id;
    call->link.data = call;
    put_call(vc, call);
    name_interface(vc, &call->facts);
    vc->facts.calls++;
    return call;
}

static void
check_fault(struct virtual_connection *vc, const struct oa_call *call)
{
    const struct oa_call_half *answer = &call->response[oa_call_hop(call)];
    const char *operation = oa_rpc_operation_name(call->iface, call->opnum);
    const char *status = oa_rpc_status_name(call->fault_status);
    bool is_directory =
        call->iface && strcmp(call->iface->service, "store") != 0 && call->iface->is_exchange;

    if (call->state != OA_CALL_FAULT)
        return;
    oa_emit_finding(vc->tracker,
                    &(struct oa_event){ .first = answer->first,
                                        .last = answer->last,
                                        .channel = vc->facts.channel[oa_call_hop(call)][OA_LEG_OUT],
                                        .vc = &vc->facts,
                                        .side = OA_SERVER },
                    is_directory ? OA_FINDING_DIRECTORY_REFUSED : OA_FINDING_RPC_FAULT,
                    "%s: %s (0x%08x)", operation ? operation : "call",
                    status ? status : "unknown status", call->fault_status);
}

/* --- what parameters tell --- */

/* Of all calls only those that tell more than themselves have their parameters kept, until they
 * end. */
static void
keep_stub(struct call *call, const struct oa_event *event)
{
    const struct oa_rpc_interface *iface = call->facts.iface;
    const struct oa_rpc_pdu *rpc = event->rpc;
    GByteArray *stub = call->stub[event->side];

    if (!oa_rpc_operation_is_telling(iface, call->facts.opnum) || !call->facts.has_opnum ||
        rpc->header.ptype == OA_RPC_FAULT || event->channel->hop != oa_vc_hop(&call->vc->facts) ||
        (rpc->verifier.present && rpc->verifier.level >= LEVEL_PRIVACY))
        return;
    if (!stub)
        stub = call->stub[event->side] = g_byte_array_new();
    if (stub->len + rpc->stub_length <= TELLING_STUB_MAX)
        g_byte_array_append(stub, rpc->stub, (guint)rpc->stub_length);
    call->is_big_endian = rpc->header.big_endian;
}

static void
read_stubs(struct virtual_connection *vc, struct call *call)
{
    uint32_t code_page = 0;
    bool is_map = strcmp(call->facts.iface->name, "epm") == 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct oa_call_half *halves =
            side == OA_CLIENT ? call->facts.request : call->facts.response;
        const struct oa_call_half *half = &halves[oa_vc_hop(&vc->facts)];
        const struct oa_rpc_binding *binding = oa_vc_binding(vc, call->facts.context_id);
        struct oa_call_facts facts;

        if (!call->stub[side] || !half->is_complete || half->has_gap)
            continue;
        if (is_map && side == OA_SERVER)
            oa_endpoints_take_map(vc, call->stub[side], call->is_big_endian);
        struct oa_stub stub = { .interface = call->facts.iface,
                                .opnum = call->facts.opnum,
                                .is_response = side == OA_SERVER,
                                .is_ndr64 = binding && oa_rpc_is_ndr64(&binding->transfer_syntax),
                                .big_endian = call->is_big_endian,
                                .data = call->stub[side]->data,
                                .length = call->stub[side]->len,
                                .code_page = code_page };
        struct oa_walk *walk = oa_walk_new(&OA_CALL_FACTS_VISITOR, &facts);
        oa_walk_set_code_pages(walk, vc->tracker->code_pages);
        oa_call_facts_start(&facts, &stub);
        if (oa_stub_walk(walk, &stub, NULL, &facts.walk)) {
            if (!vc->facts.client)
                vc->facts.client = g_new0(struct oa_client, 1);
            oa_client_take_call(vc->facts.client, &facts);
            oa_association_share(vc);
        }
        oa_walk_free(walk);
        code_page = facts.code_page;
    }
}

/* What operations of Exchange, and of the endpoint mapper, return stands last.
 * [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1, [C706] appendix O */
static void
take_return_value(struct oa_call *call, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    bool is_sealed = rpc->verifier.present && rpc->verifier.level >= LEVEL_PRIVACY;

    if (rpc->header.ptype != OA_RPC_RESPONSE || !(rpc->header.flags & OA_RPC_LAST_FRAG) ||
        is_sealed || rpc->stub_length < 4 || !call->iface ||
        !(call->iface->is_exchange || strcmp(call->iface->name, "epm") == 0))
        return;
    const uint8_t *at = rpc->stub + rpc->stub_length - 4;
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value |= (uint32_t)at[rpc->header.big_endian ? 3 - i : i] << (8 * i);
    call->has_return_value = true;
    call->return_value = value;
}

static void
end_call(struct virtual_connection *vc, struct call *call, enum oa_call_state state)
{
    struct oa_call *facts = &call->facts;

    facts->state = facts->has_opnum || state == OA_CALL_FAULT ? state : OA_CALL_NO_REQUEST;
    vc->facts.answered += state == OA_CALL_ANSWERED;
    vc->facts.faults += state == OA_CALL_FAULT;
    vc->facts.unanswered += state == OA_CALL_UNANSWERED;
    vc->facts.exchange_calls += facts->iface && facts->iface->is_exchange;
    take_call_out(vc, call);
    check_fault(vc, facts);
    if (call->stub[OA_CLIENT] || call->stub[OA_SERVER])
        read_stubs(vc, call);
    oa_emit(vc->tracker, &(struct oa_event){ .type = OA_EVENT_CALL,
                                             .first = facts->request[oa_call_hop(facts)].first,
                                             .last = vc->facts.last,
                                             .vc = &vc->facts,
                                             .call = facts });
}

static void
retire_call(struct virtual_connection *vc, struct call *call, enum oa_call_state state)
{
    end_call(vc, call, state);
    oa_retire(vc->tracker, call, oa_call_free);
}

/* What a call that gets no more answers is. */
static enum oa_call_state
final_state(const struct oa_call *call)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (call->response[hop].is_complete)
            return call->is_fault ? OA_CALL_FAULT : OA_CALL_ANSWERED;
    return OA_CALL_UNANSWERED;
}

/* Whether more of the request is to come: captures put frames of two connections in the wrong
 * order.
 */
static bool
waits_for_request(const struct oa_call *call, enum oa_hop hop)
{
    return call->response[hop].fragments && !call->request[hop].is_complete &&
           call->vc->channel[hop][OA_LEG_IN];
}

/* Answered on every hop on which a part of it was seen, or the answer is to come. */
static bool
is_finished(const struct oa_call *call)
{
    if (!call->has_opnum)
        return false;
    for (int hop = 0; hop < OA_HOPS; hop++) {
        bool is_wanted = call->request[hop].fragments || call->response[hop].fragments ||
                         call->vc->channel[hop][OA_LEG_OUT];
        if ((is_wanted && !call->response[hop].is_complete) ||
            waits_for_request(call, (enum oa_hop)hop))
            return false;
    }
    return true;
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
    half->is_complete |=
        (rpc->header.flags & OA_RPC_LAST_FRAG) != 0 || rpc->header.ptype == OA_RPC_FAULT;
}

/* Oldest first: what is more than is waited for. */
static void
limit_pending(struct virtual_connection *vc, enum oa_hop hop)
{
    bool is_half = !has_leg(vc, hop, OA_LEG_OUT) || !has_leg(vc, hop, OA_LEG_IN);
    guint most = is_half ? PENDING_OF_HALF_MAX : PENDING_MAX;

    while (g_queue_get_length(&vc->pending_order) > most) {
        struct call *oldest = g_queue_peek_head(&vc->pending_order);
        retire_call(vc, oldest, final_state(&oldest->facts));
    }
    for (GList *link = vc->pending_order.head; link && vc->orphans > ORPHANS_MAX;) {
        struct call *call = link->data;
        link = link->next;
        if (!call->facts.has_opnum)
            retire_call(vc, call, final_state(&call->facts));
    }
}

/* The call that ended with the last event has been told. */
void
oa_calls_forget_ended(struct oa_tracker *tracker)
{
    if (tracker->calls->ended)
        oa_retire(tracker, tracker->calls->ended, oa_call_free);
    tracker->calls->ended = NULL;
}

/* A call that is over with this PDU stays for the event of the PDU. */
static void
finish_if_over(struct virtual_connection *vc, struct call *call)
{
    if (!is_finished(&call->facts))
        return;
    end_call(vc, call, call->facts.is_fault ? OA_CALL_FAULT : OA_CALL_ANSWERED);
    vc->tracker->calls->ended = call;
}

static struct virtual_connection *
take_request(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    enum oa_hop hop = event->channel->hop;
    struct call *call = find_call(vc, rpc->header.call_id);

    oa_endpoints_take_request(vc, rpc);
    if (call && (rpc->header.flags & OA_RPC_FIRST_FRAG) && call->facts.request[hop].fragments) {
        retire_call(vc, call, final_state(&call->facts)); /* the number is used anew */
        call = NULL;
    }
    if (!call)
        call = new_call(vc, rpc);
    if (!call->facts.has_opnum) {
        vc->orphans--;
        call->facts.context_id = rpc->context_id;
        name_interface(vc, &call->facts);
    }
    call->facts.has_opnum = true;
    call->facts.opnum = rpc->opnum;
    if (rpc->verifier.present)
        call->facts.auth_level = rpc->verifier.level;
    add_fragment(&call->facts.request[hop], event);
    keep_stub(call, event);
    event->call = &call->facts;
    if (vc->is_loose && call->facts.request[hop].fragments == 1) {
        call->request_hash = hash_of_pdu(event->pdu, event->pdu_length);
        vc = join_by_pdu(vc, hop, call, false);
        call = find_call(vc, rpc->header.call_id);
        if (!call) { /* it ended as it was joined */
            event->call = vc->tracker->calls->ended ? &vc->tracker->calls->ended->facts : NULL;
            return vc;
        }
        event->call = &call->facts;
    }
    index_call(call);
    finish_if_over(vc, call);
    limit_pending(vc, hop);
    return vc;
}

static struct virtual_connection *
take_answer(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    enum oa_hop hop = event->channel->hop;
    struct call *call = find_call(vc, rpc->header.call_id);

    if (!call)
        call = new_call(vc, rpc);
    add_fragment(&call->facts.response[hop], event);
    keep_stub(call, event);
    take_return_value(&call->facts, event);
    if (rpc->header.ptype == OA_RPC_FAULT) {
        call->facts.is_fault = true;
        call->facts.fault_status = rpc->fault_status;
    }
    if (vc->is_loose && call->facts.response[hop].fragments == 1) {
        call->response_hash = hash_of_pdu(event->pdu, event->pdu_length);
        vc = join_by_answer(vc, hop, call);
        call = find_call(vc, rpc->header.call_id);
        if (call)
            vc = join_by_pdu(vc, hop, call, true);
        call = find_call(vc, rpc->header.call_id);
        if (!call) { /* it ended as it was joined */
            event->call = vc->tracker->calls->ended ? &vc->tracker->calls->ended->facts : NULL;
            return vc;
        }
        index_call(call);
    }
    event->call = &call->facts;
    finish_if_over(vc, call);
    limit_pending(vc, hop);
    return vc;
}

static void
merge_half(struct oa_call_half *into, const struct oa_call_half *from)
{
    if (into->fragments == 0)
        *into = *from;
}

/* The calls that wait in a virtual connection that was found to be a part of another. */
void
oa_calls_merge(struct virtual_connection *into, struct virtual_connection *from)
{
    struct oa_virtual_connection *to = &into->facts;
    struct call *call;

    to->calls += from->facts.calls;
    to->answered += from->facts.answered;
    to->faults += from->facts.faults;
    to->unanswered += from->facts.unanswered;
    to->exchange_calls += from->facts.exchange_calls;
    while ((call = g_queue_peek_head(&from->pending_order))) {
        struct call *known = find_call(into, call->facts.call_id);

        take_call_out(from, call);
        if (!known) {
            put_call(into, call);
            if (!call->facts.iface)
                name_interface(into, &call->facts);
            index_call(call);
            continue;
        }
        if (!known->facts.has_opnum && call->facts.has_opnum) {
            into->orphans--;
            known->facts.has_opnum = true;
            known->facts.opnum = call->facts.opnum;
            known->facts.context_id = call->facts.context_id;
            name_interface(into, &known->facts);
        }
        for (int hop = 0; hop < OA_HOPS; hop++) {
            merge_half(&known->facts.request[hop], &call->facts.request[hop]);
            merge_half(&known->facts.response[hop], &call->facts.response[hop]);
        }
        if (call->facts.is_fault) {
            known->facts.is_fault = true;
            known->facts.fault_status = call->facts.fault_status;
        }
        if (call->facts.has_return_value) {
            known->facts.has_return_value = true;
            known->facts.return_value = call->facts.return_value;
        }
        to->calls--;
        call->facts.joined = &known->facts;
        oa_retire(into->tracker, call, oa_call_free);
        if (is_finished(&known->facts)) {
            oa_calls_forget_ended(into->tracker);
            finish_if_over(into, known);
        }
    }
}

void
oa_calls_take_rpc(struct channel *channel, struct oa_event *event)
{
    struct virtual_connection *vc = oa_vc_of_channel(channel, event->last);

    event->vc = &vc->facts;
    switch (event->rpc->header.ptype) {
    case OA_RPC_REQUEST:
        vc = take_request(vc, event);
        break;
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        vc = take_answer(vc, event);
        break;
    default:
        oa_bindings_take_rpc(vc, event);
        break;
    }
    struct oa_traffic *traffic = &vc->facts.traffic[channel->facts.hop][event->side];
    traffic->rpc_pdus++;
    traffic->rpc_bytes += event->pdu_length;
    vc->facts.last = event->last;
    if (channel->facts.hop == oa_vc_hop(&vc->facts))
        oa_auth_exchange_take_rpc(vc, event);
}

/* Bytes of that side are missing: what has begun and not ended may lack a fragment. */
void
oa_calls_note_loss(struct channel *channel, enum oa_side side)
{
    const struct virtual_connection *vc = (const struct virtual_connection *)channel->facts.vc;
    enum oa_hop hop = channel->facts.hop;

    for (const GList *link = vc->pending_order.head; link; link = link->next) {
        struct oa_call *call = &((struct call *)link->data)->facts;
        struct oa_call_half *half = side == OA_CLIENT ? &call->request[hop] : &call->response[hop];

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
        retire_call(vc, call, final_state(&call->facts));
    oa_auth_exchange_close_vc(vc);
}
