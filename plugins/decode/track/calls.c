/* calls.c
 * RPC calls with their responses, over the two channels of a virtual connection.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/calls.h"

#include <string.h>

#include "base/limits.h"
#include "rop/rop_walk.h"
#include "track/bindings.h"
#include "track/call_result.h"
#include "track/emit.h"
#include "track/endings.h"
#include "track/lone_channels.h"
#include "track/mailboxes.h"
#include "track/tracker_state.h"
#include "track/unsealing.h"

/* A response waits that long for its request: reassembly holds the requests behind a lost segment
 * back, and a capture may contain frames of two connections in the wrong order. */
#define ORPHAN_NS (INT64_C(120) * 1000000000)

/* Calls remembered of one virtual connection that ended before all of them had come. */
#define LATE_MAX 256

/* Ended calls that may still join virtual connections, in all. */
#define OVER_MAX 1024

/* Calls that are compared with these to find out whether they are late. */
#define COMPARED_MAX 16

/* Enough of a PDU to distinguish it from others: its header and the context handle; of one that is
 * cut at least OA_PDU_TELLING_BYTES. */
#define HASHED_BYTES 256

struct call_table {
    GHashTable *loose; /* call_id -> GQueue of struct call */
    GQueue over;       /* those of all lists, the oldest first */
    struct call *ended;
    uint64_t n_calls;
    unsigned n_waiting; /* in the lists of all virtual connections */
    unsigned n_parts;   /* lists with `is_part` */
    struct stub_budget stubs;
};

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

struct call *
oa_call_new(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    struct call *call = g_new0(struct call, 1);

    call->facts.number = tracker->calls->n_calls++;
    call->facts.vc = vc;
    call->link.data = call->loose_link.data = call->orphan_link.data = call;
    return call;
}

void
oa_call_free(void *data)
{
    struct call *call = data;

    oa_call_stubs_clear(&call->stubs);
    oa_rop_call_free(call->facts.rops);
    g_free(call);
}

/* The call is over, and the event that ended it has been emitted. */
static void
let_go(struct oa_tracker *tracker, struct call *call)
{
    oa_call_stubs_clear(&call->stubs); /* the call may outlive its list */
    oa_mailbox_release(tracker, call->facts.mailbox);
    oa_retire(tracker, call, oa_call_free);
}

/* --- calls that may join virtual connections --- */

static uint64_t
hash_of(const uint8_t *pdu, size_t bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ length;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ pdu[i]) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

static struct pdu_hash
hash_of_pdu(const struct oa_event *event)
{
    size_t length = event->pdu_length, there = event->is_cut ? event->length : length;
    struct pdu_hash hash = { 0 };

    if (!event->is_cut || there >= OA_PDU_TELLING_BYTES)
        hash.start = hash_of(event->pdu, MIN(there, OA_PDU_TELLING_BYTES), length);
    if (!event->is_cut)
        hash.more = hash_of(event->pdu, MIN(there, HASHED_BYTES), length);
    return hash;
}

bool
oa_calls_same_pdu(const struct pdu_hash *a, const struct pdu_hash *b)
{
    return a->more && b->more ? a->more == b->more : a->start && a->start == b->start;
}

enum pdu_of_half
oa_calls_last_pdu(const struct oa_call_half *half)
{
    return half->is_complete ? PDU_LAST : PDU_FIRST;
}

const GQueue *
oa_calls_loose(const struct oa_tracker *tracker, uint32_t call_id)
{
    return g_hash_table_lookup(tracker->calls->loose, GUINT_TO_POINTER(call_id));
}

static void
add_loose(const struct call_list *list, struct call *call)
{
    GHashTable *loose = list->tracker->calls->loose;
    gpointer key = GUINT_TO_POINTER(call->facts.call_id);

    if (call->is_loose || !oa_calls_may_join(list))
        return;
    GQueue *queue = g_hash_table_lookup(loose, key);
    if (!queue) {
        queue = g_new0(GQueue, 1);
        g_hash_table_insert(loose, key, queue);
    }
    call->is_loose = true;
    g_queue_push_head_link(queue, &call->loose_link);
}

static void
remove_loose(const struct call_list *list, struct call *call)
{
    GHashTable *loose = list->tracker->calls->loose;
    gpointer key = GUINT_TO_POINTER(call->facts.call_id);

    if (!call->is_loose)
        return;
    GQueue *queue = g_hash_table_lookup(loose, key);
    g_queue_unlink(queue, &call->loose_link);
    call->is_loose = false;
    if (queue->length == 0)
        g_hash_table_remove(loose, key);
}

/* --- the list of a virtual connection --- */

void
oa_call_list_init(struct call_list *list, struct oa_tracker *tracker,
                  struct oa_virtual_connection *vc)
{
    *list = (struct call_list){ .tracker = tracker, .vc = vc, .is_part = true };
    tracker->calls->n_parts++;
    list->by_id = g_hash_table_new(NULL, NULL);
    g_queue_init(&list->by_age);
    g_queue_init(&list->orphans);
    g_queue_init(&list->over);
    for (int hop = 0; hop < OA_HOPS; hop++)
        list->lost_until_ns[hop] = INT64_MIN;
    list->stubs.all = &tracker->calls->stubs;
}

/* Whether a hop shows one of its channels alone: the other one may still come, held back behind a
 * loss. */
static bool
lacks_channel(const struct oa_virtual_connection *vc)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (vc->leg_seen[hop][OA_LEG_IN] != vc->leg_seen[hop][OA_LEG_OUT])
            return true;
    return false;
}

bool
oa_calls_may_join(const struct call_list *list)
{
    return list->is_part || list->tracker->calls->n_parts > 0 || lacks_channel(list->vc) ||
           oa_lone_channels_wait(list->tracker);
}

void
oa_calls_tie(struct call_list *list)
{
    list->tracker->calls->n_parts -= list->is_part;
    list->is_part = false;
}

/* --- ended calls that may join virtual connections --- */

static void
forget_over(struct call *over)
{
    struct call_list *list = over->over_in;

    remove_loose(list, over);
    g_queue_unlink(&list->over, &over->link);
    g_queue_unlink(&list->tracker->calls->over, &over->orphan_link);
    oa_call_free(over);
}

void
oa_calls_forget_over(struct call_list *list)
{
    struct call *over;

    while ((over = g_queue_peek_head(&list->over)))
        forget_over(over);
}

/* The call is over before any of it came on another hop, where reassembly may hold it back: what
 * comes there still shows whose hop that is. */
static void
keep_over(struct call_list *list, const struct call *call)
{
    GQueue *all = &list->tracker->calls->over;

    if (!oa_calls_may_join(list))
        return;
    struct call *over = g_memdup2(call, sizeof *call);
    memset(&over->stubs, 0, sizeof over->stubs);
    over->facts.rops = NULL;
    over->facts.mailbox = NULL;
    over->link = over->loose_link = over->orphan_link = (GList){ .data = over };
    over->is_loose = false;
    over->over_in = list;
    g_queue_push_tail_link(&list->over, &over->link);
    g_queue_push_tail_link(all, &over->orphan_link);
    add_loose(list, over);
    if (all->length > OVER_MAX)
        forget_over(g_queue_peek_head(all));
}

void
oa_call_list_clear(struct call_list *list)
{
    struct call *call;

    while ((call = g_queue_peek_head(&list->by_age))) {
        g_queue_unlink(&list->by_age, &call->link);
        list->tracker->calls->n_waiting--;
        oa_call_free(call);
    }
    g_hash_table_unref(list->by_id);
    oa_calls_forget_over(list);
    if (list->late)
        g_array_unref(list->late);
    list->late = NULL;
}

/* --- what comes after the end of its call --- */

/* Whether a part of the half is missing on a hop that shows the other half. */
static bool
is_missing(const struct oa_call_half *half, const struct oa_call_half *other)
{
    return other->fragments && (!half->fragments || half->has_gap);
}

static void
add_late(struct call_list *list, const struct late_call *late)
{
    if (!list->late)
        list->late = g_array_new(FALSE, FALSE, sizeof *late);
    if (list->late->len < LATE_MAX)
        g_array_append_vals(list->late, late, 1);
    else
        g_array_index(list->late, struct late_call, list->n_late % LATE_MAX) = *late;
    list->n_late++;
}

/* Also on hops of the virtual connection that have shown nothing of the call: their clock may be a
 * little behind. `everywhere`: on all. */
static void
expect_late_parts(struct call_list *list, const struct oa_call *call, bool everywhere)
{
    struct late_call late = { .call_id = call->call_id, .from_ns = INT64_MAX };
    int64_t last_ns = INT64_MIN;
    bool is_any_new = false;

    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_call_half *request = &call->request[hop], *response = &call->response[hop];
        const bool *seen = list->vc->leg_seen[hop];
        bool is_expected = everywhere || seen[OA_LEG_IN] || seen[OA_LEG_OUT];
        bool is_new = is_expected && !request->fragments && !response->fragments;
        bool is_short = request->fragments && response->fragments && !request->is_complete;
        is_any_new |= is_new;
        late.hops[OA_CLIENT] |= is_new || is_short || is_missing(request, response) ? 1u << hop : 0;
        late.hops[OA_SERVER] |=
            is_new || is_missing(response, request) || response->has_gap ? 1u << hop : 0;
        if (request->fragments)
            late.from_ns = MIN(late.from_ns, request->first.time_ns - HOP_DELAY_NS);
        if (response->fragments)
            last_ns = MAX(last_ns, response->last.time_ns);
    }
    if (!(late.hops[OA_CLIENT] | late.hops[OA_SERVER]) || last_ns == INT64_MIN)
        return;
    if (late.from_ns == INT64_MAX)
        late.from_ns = INT64_MIN;
    late.until_ns[OA_CLIENT] = last_ns + (is_any_new ? OA_PAIRING_NS : 0);
    late.until_ns[OA_SERVER] = last_ns + HOP_DELAY_NS;
    add_late(list, &late);
}

/* Whether what that side sent at that time is a late part of a call. */
static bool
is_late(const struct call_list *list, uint32_t call_id, int hop, enum oa_side side,
        struct oa_stamp first)
{
    for (guint i = 0; list->late && i < list->late->len; i++) {
        const struct late_call *late = &g_array_index(list->late, struct late_call, i);
        if (late->call_id == call_id && late->hops[side] & 1u << hop &&
            first.time_ns >= late->from_ns && first.time_ns <= late->until_ns[side])
            return true;
    }
    return false;
}

/* Whether nothing but late parts is known of the call. */
static bool
is_late_call(const struct call_list *list, const struct oa_call *call)
{
    bool any = false;

    for (int hop = 0; hop < OA_HOPS; hop++)
        for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
            const struct oa_call_half *half =
                side == OA_CLIENT ? &call->request[hop] : &call->response[hop];
            if (!half->fragments)
                continue;
            if (!is_late(list, call->call_id, hop, (enum oa_side)side, half->first))
                return false;
            any = true;
        }
    return any;
}

/* How two parts go together that may be of one call. */
enum together { APART, TOGETHER, HALVES };

/* When the request was sent first; INT64_MAX: it is not there. */
static int64_t
sent_ns(const struct oa_call *call)
{
    int64_t first_ns = INT64_MAX;

    for (int hop = 0; hop < OA_HOPS; hop++)
        if (call->request[hop].fragments)
            first_ns = MIN(first_ns, call->request[hop].first.time_ns);
    return first_ns;
}

/* HALVES: each has one half of the call on some hop; TOGETHER: they are on different hops; APART:
 * they have a half twice, a response that came before its request, or requests at other times. */
static enum together
go_together(const struct oa_call *a, const struct oa_call *b)
{
    enum together result = TOGETHER;
    int64_t mine_ns = sent_ns(a), other_ns = sent_ns(b);
    int64_t first_ns = MIN(mine_ns, other_ns), last_ns = MAX(mine_ns, other_ns);

    if (last_ns != INT64_MAX && last_ns - HOP_DELAY_NS > first_ns)
        return APART;

    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_call_half *request = &a->request[hop], *response = &a->response[hop];

        if ((request->fragments && b->request[hop].fragments) ||
            (response->fragments && b->response[hop].fragments))
            return APART;
        if (!request->fragments)
            request = &b->request[hop];
        if (!response->fragments)
            response = &b->response[hop];
        if (!request->fragments || !response->fragments)
            continue;
        if (response->first.time_ns < request->last.time_ns)
            return APART;
        if ((request == &a->request[hop]) != (response == &a->response[hop]))
            result = HALVES;
    }
    return result;
}

static bool
is_rest_of(const struct oa_call_half *part, const struct oa_call_half *half)
{
    return half->fragments && !half->is_complete && part->fragments && part->has_gap;
}

/* Whether the part has the end of a request or response of which the call has the beginning. */
static bool
goes_on_in(const struct oa_call *call, const struct oa_call *part)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (is_rest_of(&part->request[hop], &call->request[hop]) ||
            is_rest_of(&part->response[hop], &call->response[hop]))
            return true;
    return false;
}

unsigned
oa_calls_parts(const struct call_list *whole, const struct call_list *part)
{
    unsigned looked_at = 0, fitting = 0;

    for (const GList *link = part->by_age.head; link && looked_at < COMPARED_MAX;
         link = link->next, looked_at++) {
        const struct oa_call *call = &((const struct call *)link->data)->facts;
        const struct call *known =
            g_hash_table_lookup(whole->by_id, GUINT_TO_POINTER(call->call_id));

        enum together how = known ? go_together(call, &known->facts) : APART;
        if (is_late_call(whole, call) || how == HALVES ||
            (known && goes_on_in(&known->facts, call)))
            fitting++;
        else if (how == APART && (known || call->has_opnum)) /* others may be of earlier requests */
            return 0;
    }
    return fitting;
}

/* --- bytes missing from the capture --- */

/* The losses so far concern what the call has of this moment on. */
static void
note_losses(const struct call_list *list, struct call *call)
{
    memcpy(call->losses, list->losses, sizeof call->losses);
}

/* Bytes were lost since the last fragment of an incomplete half: a fragment may be among them. */
static void
mark_gaps(const struct call_list *list, struct call *call)
{
    if (memcmp(call->losses, list->losses, sizeof call->losses) == 0) /* nearly always */
        return;
    for (int hop = 0; hop < OA_HOPS; hop++)
        for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
            struct oa_call *facts = &call->facts;
            struct oa_call_half *half =
                side == OA_CLIENT ? &facts->request[hop] : &facts->response[hop];

            if (half->fragments && !half->is_complete &&
                call->losses[hop][side] != list->losses[hop][side])
                half->has_gap = true;
        }
    note_losses(list, call);
}

void
oa_calls_note_loss(struct call_list *list, enum oa_hop hop, enum oa_side side)
{
    list->losses[hop][side]++;
    if (side == OA_SERVER)
        list->is_losing[hop] = true;
}

void
oa_calls_note_late_start(struct call_list *list, enum oa_hop hop, struct oa_stamp first)
{
    list->lost_until_ns[hop] = MAX(list->lost_until_ns[hop], first.time_ns);
}

/* A response came after a loss: what was lost had been sent before it. */
static void
end_loss(struct call_list *list, enum oa_hop hop, struct oa_stamp first)
{
    if (list->is_losing[hop])
        oa_calls_note_late_start(list, hop, first);
    list->is_losing[hop] = false;
}

/* --- the calls that have not ended --- */

/* Most sessions have one call at a time. */
static struct call *
look_up(const struct call_list *list, uint32_t call_id)
{
    struct call *newest = list->by_age.tail ? list->by_age.tail->data : NULL;

    if (!newest || newest->facts.call_id == call_id)
        return newest;
    return g_hash_table_lookup(list->by_id, GUINT_TO_POINTER(call_id));
}

struct call *
oa_calls_find(const struct call_list *list, uint32_t call_id)
{
    struct call *call = look_up(list, call_id);

    if (call)
        mark_gaps(list, call);
    return call;
}

static void
put_call(struct call_list *list, struct call *call)
{
    call->facts.vc = list->vc;
    g_hash_table_insert(list->by_id, GUINT_TO_POINTER(call->facts.call_id), call);
    g_queue_push_tail_link(&list->by_age, &call->link);
    list->tracker->calls->n_waiting++;
    if (!call->facts.has_opnum)
        g_queue_push_tail_link(&list->orphans, &call->orphan_link);
    note_losses(list, call);
    for (int hop = 0; hop < OA_HOPS; hop++)
        call->lost_before[hop] = list->losses[hop][OA_SERVER];
    oa_call_stubs_move(&call->stubs, &list->stubs);
}

static void
take_call_out(struct call_list *list, struct call *call)
{
    remove_loose(list, call);
    g_hash_table_remove(list->by_id, GUINT_TO_POINTER(call->facts.call_id));
    g_queue_unlink(&list->by_age, &call->link);
    list->tracker->calls->n_waiting--;
    if (!call->facts.has_opnum)
        g_queue_unlink(&list->orphans, &call->orphan_link);
    mark_gaps(list, call);
}

static void
name_interface(struct oa_call *call)
{
    const struct oa_rpc_binding *binding = oa_binding_find(call->vc, call->context_id);

    if (binding) {
        call->syntax = binding->syntax;
        call->iface = binding->iface;
    }
}

static struct call *
begin_call(struct call_list *list, const struct oa_rpc_pdu *rpc)
{
    struct call *call = oa_call_new(list->tracker, list->vc);

    call->facts.call_id = rpc->header.call_id;
    call->facts.context_id = rpc->context_id;
    put_call(list, call);
    name_interface(&call->facts);
    list->vc->calls++;
    return call;
}

/* The request of a call: the response may have come before it. */
static void
name_operation(struct call_list *list, struct call *call, uint16_t opnum, uint16_t context_id)
{
    struct oa_call *facts = &call->facts;

    if (!facts->has_opnum) {
        g_queue_unlink(&list->orphans, &call->orphan_link);
        facts->context_id = context_id;
        name_interface(facts);
    }
    facts->has_opnum = true;
    facts->opnum = opnum;
}

/* --- the end of a call --- */

static void
check_fault(struct oa_tracker *tracker, const struct oa_call *call)
{
    if (call->state != OA_CALL_FAULT)
        return;
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    const char *operation =
        call->has_opnum ? oa_rpc_operation_name(call->iface, call->opnum) : NULL;
    const char *status = oa_rpc_status_name(call->fault_status);
    bool is_directory =
        call->iface && call->iface->service != OA_SERVICE_STORE && call->iface->is_exchange;
    oa_emit_finding(tracker,
                    &(struct oa_event){ .first = response->first,
                                        .last = response->last,
                                        .channel = call->vc->channel[oa_call_hop(call)][OA_LEG_OUT],
                                        .vc = call->vc,
                                        .side = OA_SERVER },
                    is_directory ? OA_FINDING_DIRECTORY_REFUSED : OA_FINDING_RPC_FAULT,
                    "%s: %s (0x%08x)", operation ? operation : "call",
                    status ? status : "unknown status", call->fault_status);
}

static void
end_call(struct call_list *list, struct call *call, enum oa_call_state state)
{
    struct oa_virtual_connection *vc = list->vc;
    struct oa_call *facts = &call->facts;

    if (!facts->iface) /* a later request may have named it */
        name_interface(facts);
    oa_unsealing_settle(facts);
    oa_call_stubs_end(list->tracker, &call->stubs, facts);
    if (facts->is_foreign && vc->transport == OA_TRANSPORT_RPC_TCP) {
        vc->calls--;
        vc->foreign_calls++;
        take_call_out(list, call);
        oa_call_stubs_clear(&call->stubs);
        return;
    }
    facts->state = facts->has_opnum || state == OA_CALL_FAULT ? state : OA_CALL_NO_REQUEST;
    oa_call_note_clock(facts, list->tracker->clock_steps);
    vc->answered += facts->state == OA_CALL_ANSWERED;
    vc->faults += facts->state == OA_CALL_FAULT;
    vc->unanswered += facts->state == OA_CALL_UNANSWERED;
    vc->unknown += facts->state == OA_CALL_UNKNOWN;
    vc->no_request += facts->state == OA_CALL_NO_REQUEST;
    vc->exchange_calls += facts->iface && facts->iface->is_exchange;
    vc->sealed_calls += facts->is_sealed;
    take_call_out(list, call);
    expect_late_parts(list, facts, false);
    check_fault(list->tracker, facts);
    oa_ending_of_call(list->tracker, facts, NULL, &vc->ending);
    oa_call_stubs_clear(&call->stubs); /* the call may outlive the list */
    oa_emit(list->tracker, &(struct oa_event){ .type = OA_EVENT_CALL,
                                               .first = facts->request[oa_call_hop(facts)].first,
                                               .last = vc->last,
                                               .vc = vc,
                                               .call = facts });
}

static void
retire_call(struct call_list *list, struct call *call, enum oa_call_state state)
{
    end_call(list, call, state);
    let_go(list->tracker, call);
}

/* Whether bytes of the server that were lost had been sent after the request: it may have been held
 * back, so that it came after them. */
static bool
is_lost_after(const struct call_list *list, const struct call *call, int hop)
{
    return call->lost_before[hop] != list->losses[hop][OA_SERVER] || list->is_losing[hop] ||
           list->lost_until_ns[hop] >= call->facts.request[hop].first.time_ns;
}

/* Whether the response may be in the bytes from the server that the capture lacks, on a hop that
 * shows the call. */
static bool
may_be_lost(const struct call_list *list, const struct call *call)
{
    const struct oa_virtual_connection *vc = list->vc;

    if (vc->is_one_way && vc->silent == OA_SERVER)
        return true;
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (call->facts.request[hop].fragments &&
            (!vc->leg_seen[hop][OA_LEG_OUT] || is_lost_after(list, call, hop)))
            return true;
    return false;
}

/* Whether a response has begun that may last: for as long as the session, as of a call that has all
 * data to the client as its response ([MS-TSGU] 3.2.6.2.2). */
static bool
may_go_on(const struct call_list *list, const struct call *call)
{
    return call->facts.response[oa_call_hop(&call->facts)].fragments &&
           !oa_ending_gives_up(&call->facts, &list->vc->ending);
}

/* The state of a call that gets no further responses. */
static enum oa_call_state
final_state(const struct call_list *list, const struct call *call)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (call->facts.response[hop].is_complete)
            return call->facts.is_fault ? OA_CALL_FAULT : OA_CALL_ANSWERED;
    return may_be_lost(list, call) || may_go_on(list, call) ? OA_CALL_UNKNOWN : OA_CALL_UNANSWERED;
}

/* Whether more of the request follows: a capture may contain frames of two connections in the wrong
 * order. */
static bool
waits_for_request(const struct oa_call *call, enum oa_hop hop)
{
    return call->response[hop].fragments && !call->request[hop].is_complete &&
           call->vc->channel[hop][OA_LEG_IN];
}

/* Whether the response is complete on every hop where a part of the call was seen, or where a
 * response is expected. */
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

struct oa_call *
oa_calls_ended(const struct oa_tracker *tracker)
{
    struct call *ended = tracker->calls->ended;

    return ended ? &ended->facts : NULL;
}

void
oa_calls_forget_ended(struct oa_tracker *tracker)
{
    struct call_table *table = tracker->calls;

    if (table->ended)
        let_go(tracker, table->ended);
    table->ended = NULL;
}

/* A call that ends with this PDU is kept for the event of the PDU. */
static void
finish_if_over(struct call_list *list, struct call *call)
{
    if (!is_finished(&call->facts))
        return;
    end_call(list, call, call->facts.is_fault ? OA_CALL_FAULT : OA_CALL_ANSWERED);
    keep_over(list, call);
    list->tracker->calls->ended = call;
}

/* Whether requests wait behind missing bytes. */
static bool
are_requests_held(const struct call_list *list)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_channel *in = list->vc->channel[hop][OA_LEG_IN];
        if (in && in->is_waiting && in->is_waiting[OA_CLIENT])
            return true;
    }
    return false;
}

/* Whether the request of a response would have come by now, if only it is in the capture. */
static bool
is_too_old(const struct call_list *list, const struct call *orphan, enum oa_hop hop)
{
    const struct oa_call_half *response = &orphan->facts.response[hop];

    return response->is_complete && list->vc->leg_seen[hop][OA_LEG_IN] &&
           list->now_ns - response->last.time_ns > ORPHAN_NS && !are_requests_held(list);
}

static void
report_limit(const struct call_list *list, enum oa_limit limit)
{
    const struct oa_stamp last = list->vc->last;

    oa_emit_limit(list->tracker, &(struct oa_event){ .first = last, .last = last, .vc = list->vc },
                  limit);
}

/* A call has been given up. With one channel only that does no harm, unless the other one comes. */
static void
note_given_up(struct call_list *list, bool is_half, enum oa_limit limit)
{
    list->has_given_up |= is_half;
    if (!is_half)
        report_limit(list, limit);
}

/* Gives up calls beyond the limits, the oldest first. */
static void
limit_pending(struct call_list *list, enum oa_hop hop)
{
    const bool *seen = list->vc->leg_seen[hop];
    bool is_half = seen[OA_LEG_IN] != seen[OA_LEG_OUT];
    guint most = is_half && seen[OA_LEG_IN] ? OA_LIMIT_CALLS_OF_HALF : OA_LIMIT_CALLS;
    guint most_orphans = seen[OA_LEG_IN] ? OA_LIMIT_ORPHANS : OA_LIMIT_ORPHANS_OF_HALF;

    if (list->tracker->calls->n_waiting > OA_LIMIT_CALLS_ALL)
        most = MIN(most, OA_LIMIT_CALLS_OF_HALF);
    while (list->by_age.length > most) {
        struct call *oldest = g_queue_peek_head(&list->by_age);
        note_given_up(list, is_half, OA_LIMIT_OF_CALLS);
        retire_call(list, oldest, final_state(list, oldest));
    }
    while (list->orphans.length > most_orphans) {
        struct call *oldest = g_queue_peek_head(&list->orphans);
        note_given_up(list, is_half, OA_LIMIT_OF_ORPHANS);
        retire_call(list, oldest, final_state(list, oldest));
    }
    if (!is_half && list->has_given_up) {
        report_limit(list, OA_LIMIT_OF_HALVES);
        list->has_given_up = false;
    }
    for (struct call *oldest; (oldest = g_queue_peek_head(&list->by_age)) &&
                              !oldest->facts.has_opnum && is_too_old(list, oldest, hop);)
        retire_call(list, oldest, final_state(list, oldest));
}

void
oa_calls_settle(struct call_list *list, struct call *call, enum oa_hop hop)
{
    add_loose(list, call);
    finish_if_over(list, call);
    limit_pending(list, hop);
}

void
oa_calls_end(struct call_list *list)
{
    struct call *call;

    while ((call = g_queue_peek_head(&list->by_age)))
        retire_call(list, call, final_state(list, call));
}

/* --- PDUs --- */

static bool
is_last_fragment(const struct oa_rpc_pdu *rpc)
{
    return rpc->header.flags & OA_RPC_LAST_FRAG || rpc->header.ptype == OA_RPC_FAULT;
}

static void
add_fragment(struct oa_call_half *half, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    bool is_last = is_last_fragment(rpc);

    if (half->fragments++ == 0) {
        half->first = event->first;
        half->has_gap = !(rpc->header.flags & OA_RPC_FIRST_FRAG);
    } else if (oa_stamp_is_before(event->first, half->first)) {
        half->first = event->first;
    }
    if (is_last || !half->is_complete) { /* others may come late, from the channel before */
        half->last = event->last;
        half->end_is_lost = event->end_is_lost;
    }
    if (!event->is_cut)
        half->stub_bytes += rpc->stub_length;
    else if (rpc->header.ptype != OA_RPC_FAULT) /* which has no stub */
        half->stub_bytes += rpc->stub_length + (event->pdu_length - event->length);
    half->pdu_bytes += event->pdu_length;
    half->is_cut |= event->is_cut;
    /* The padding of the verifier, which is no part of the stub, is unknown. */
    half->has_gap |= event->is_cut && rpc->header.auth_length;
    half->announced = MAX(half->announced, rpc->alloc_hint);
    half->is_complete |= is_last;
    /* Of a call that moves to a new connection, what the old one lacks is not known yet. */
    half->has_gap |= half->is_complete && half->fragments > 1 && half->announced > half->stub_bytes;
}

static uint32_t
highest_id(const struct call_list *list)
{
    uint32_t highest = 0;

    for (int hop = 0; hop < OA_HOPS; hop++)
        highest = MAX(highest, list->highest_id[hop]);
    return highest;
}

/* Whether the call is a response to an earlier request with that id, which is not in the capture.
 * Clients that count their calls use no id again: theirs have to be paired even if a capture point
 * has mixed up the times. */
static bool
is_older(const struct call_list *list, const struct call *call, const struct oa_event *request)
{
    const struct oa_call_half *response = &call->facts.response[request->channel->hop];

    return !call->facts.has_opnum && response->fragments &&
           call->facts.call_id <= highest_id(list) &&
           response->first.time_ns + OA_PAIRING_NS < request->first.time_ns;
}

/* Whether the fragment is the beginning of a request of which the rest came on the next channel:
 * reassembly held it back behind a loss. */
static bool
is_late_beginning(const struct oa_call_half *request, const struct oa_event *event)
{
    return request->fragments && request->has_gap &&
           oa_stamp_is_before(event->last, request->first);
}

static struct call *
take_request(struct call_list *list, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    enum oa_hop hop = event->channel->hop;
    struct call *call = oa_calls_find(list, rpc->header.call_id);

    oa_bindings_take_request(list->tracker, list->vc, rpc);
    if (call && (rpc->header.flags & OA_RPC_FIRST_FRAG) &&
        !is_late_beginning(&call->facts.request[hop], event) &&
        (call->facts.request[hop].fragments || is_older(list, call, event))) {
        retire_call(list, call, final_state(list, call)); /* the id is used again */
        call = NULL;
    }
    if (!call && is_late(list, rpc->header.call_id, (int)hop, OA_CLIENT, event->first))
        return NULL;
    if (!call)
        call = begin_call(list, rpc);
    name_operation(list, call, rpc->opnum, rpc->context_id);
    if (rpc->verifier.present)
        call->facts.auth_level = rpc->verifier.level;
    list->highest_id[hop] = MAX(list->highest_id[hop], rpc->header.call_id);
    add_fragment(&call->facts.request[hop], event);
    oa_call_stubs_take(list->tracker, &call->stubs, &call->facts, event);
    return call;
}

static struct call *
take_response(struct call_list *list, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    enum oa_hop hop = event->channel->hop;
    struct call *call = oa_calls_find(list, rpc->header.call_id);

    end_loss(list, hop, event->first);
    if (!call && is_late(list, rpc->header.call_id, (int)hop, OA_SERVER, event->first))
        return NULL;
    if (!call)
        call = begin_call(list, rpc);
    add_fragment(&call->facts.response[hop], event);
    oa_call_stubs_take(list->tracker, &call->stubs, &call->facts, event);
    if (!event->is_cut)
        oa_call_take_return_value(&call->facts, event);
    if (rpc->header.ptype == OA_RPC_FAULT) {
        call->facts.is_fault = true;
        call->facts.fault_status = rpc->fault_status;
    }
    return call;
}

static void
note_hash(struct call *call, const struct oa_event *event, enum oa_side side)
{
    const struct oa_call_half *halves =
        side == OA_CLIENT ? call->facts.request : call->facts.response;
    bool is_first = halves[event->channel->hop].fragments == 1;
    bool is_last = is_last_fragment(event->rpc);

    if (is_first || is_last)
        call->hash[side][is_last ? PDU_LAST : PDU_FIRST] = hash_of_pdu(event);
    if (is_first && is_last)
        call->hash[side][PDU_FIRST] = call->hash[side][PDU_LAST];
}

struct call *
oa_calls_take(struct call_list *list, struct oa_event *event)
{
    bool is_request = event->rpc->header.ptype == OA_RPC_REQUEST;

    list->now_ns = event->last.time_ns;
    struct call *call = is_request ? take_request(list, event) : take_response(list, event);

    if (!call)
        return NULL;
    if (oa_calls_may_join(list))
        note_hash(call, event, is_request ? OA_CLIENT : OA_SERVER);
    event->call = &call->facts;
    return call;
}

struct move {
    enum oa_hop from, to;
};

static void
move_halves(void *data, void *user_data)
{
    struct call *whole = data;
    struct oa_call *call = &whole->facts;
    const struct move *move = user_data;

    oa_call_stubs_move_hop(&whole->stubs, move->from, move->to);
    whole->lost_before[move->to] = whole->lost_before[move->from];
    call->request[move->to] = call->request[move->from];
    call->response[move->to] = call->response[move->from];
    call->request[move->from] = call->response[move->from] =
        (struct oa_call_half){ .fragments = 0 };
}

static void
move_late(const struct call_list *list, const struct move *move)
{
    for (guint i = 0; list->late && i < list->late->len; i++) {
        struct late_call *late = &g_array_index(list->late, struct late_call, i);

        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            if (late->hops[side] & 1u << move->from)
                late->hops[side] ^= 1u << move->from | 1u << move->to;
    }
}

static void
move_losses(struct call_list *list, const struct move *move)
{
    memcpy(list->losses[move->to], list->losses[move->from], sizeof list->losses[move->to]);
    list->is_losing[move->to] = list->is_losing[move->from];
    list->lost_until_ns[move->to] = list->lost_until_ns[move->from];
    memset(list->losses[move->from], 0, sizeof list->losses[move->from]);
    list->is_losing[move->from] = false;
    list->lost_until_ns[move->from] = INT64_MIN;
}

void
oa_calls_move(struct call_list *list, enum oa_hop from, enum oa_hop to)
{
    struct move move = { from, to };

    for (const GList *link = list->by_age.head; link; link = link->next)
        mark_gaps(list, link->data);
    g_queue_foreach(&list->by_age, move_halves, &move);
    g_queue_foreach(&list->over, move_halves, &move);
    move_late(list, &move);
    move_losses(list, &move);
    for (const GList *link = list->by_age.head; link; link = link->next)
        note_losses(list, link->data);
    list->highest_id[to] = list->highest_id[from];
    list->highest_id[from] = 0;
}

/* --- merging --- */

static void
append_half(struct oa_call_half *half, const struct oa_call_half *rest)
{
    half->last = rest->last;
    half->end_is_lost = rest->end_is_lost;
    half->fragments += rest->fragments;
    half->stub_bytes += rest->stub_bytes;
    half->pdu_bytes += rest->pdu_bytes;
    half->announced = MAX(half->announced, rest->announced);
    half->is_cut |= rest->is_cut;
    half->is_complete = rest->is_complete;
    half->has_gap |= half->is_complete && half->announced > half->stub_bytes;
}

static void
merge_half(struct oa_call_half *into, const struct oa_call_half *from)
{
    if (into->fragments == 0)
        *into = *from;
    else if (is_rest_of(from, into) && !oa_stamp_is_before(from->first, into->last))
        append_half(into, from);
}

static void
merge_hashes(struct call *into, const struct call *from)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        for (int which = 0; which < PDUS_OF_HALF; which++)
            if (!into->hash[side][which].start)
                into->hash[side][which] = from->hash[side][which];
}

/* Both are one call, seen on different connections. */
static void
merge_call(struct call_list *list, struct call *call, struct call *other)
{
    struct oa_call *into = &call->facts, *from = &other->facts;

    merge_hashes(call, other);

    if (!into->has_opnum && from->has_opnum)
        name_operation(list, call, from->opnum, from->context_id);
    for (int hop = 0; hop < OA_HOPS; hop++) {
        merge_half(&into->request[hop], &from->request[hop]);
        merge_half(&into->response[hop], &from->response[hop]);
    }
    if (from->is_fault) {
        into->is_fault = true;
        into->fault_status = from->fault_status;
    }
    into->is_sealed |= from->is_sealed;
    if (into->iface != from->iface || into->opnum != from->opnum)
        oa_call_stubs_clear(&other->stubs); /* of an operation that it is not, or may not be */
    oa_call_stubs_merge(&call->stubs, &other->stubs);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        if (into->seal[side] == OA_SEAL_NONE)
            into->seal[side] = from->seal[side];
        if (!into->signatures[side].count &&
            (from->signatures[side].count || from->signatures[side].unsure))
            into->signatures[side] = from->signatures[side];
    }
    if (!into->mailbox) {
        into->mailbox = from->mailbox;
        oa_mailbox_hold(into->mailbox);
    }
    if (from->has_return_value) {
        into->has_return_value = true;
        into->return_value = from->return_value;
    }
    if (from->has_server_time) {
        into->has_server_time = true;
        into->server_time_ms = from->server_time_ms;
    }
    from->joined = into;
}

/* Takes what is known of the ended calls of the part, and drops the calls of the whole that turn
 * out to be late parts of them. */
static void
merge_ended(struct call_list *into, struct call_list *from)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        into->is_losing[hop] |= from->is_losing[hop];
        into->highest_id[hop] = MAX(into->highest_id[hop], from->highest_id[hop]);
        into->lost_until_ns[hop] = MAX(into->lost_until_ns[hop], from->lost_until_ns[hop]);
    }
    for (guint i = 0; from->late && i < from->late->len; i++)
        add_late(into, &g_array_index(from->late, struct late_call, i));
    for (struct call *over; (over = g_queue_peek_head(&from->over));) {
        g_queue_unlink(&from->over, &over->link);
        g_queue_push_tail_link(&into->over, &over->link);
        over->over_in = into;
        over->facts.vc = into->vc;
    }
    for (const GList *link = into->over.head; link; link = link->next)
        expect_late_parts(into, &((const struct call *)link->data)->facts, true);
    for (GList *link = into->by_age.head; link;) {
        struct call *call = link->data;
        link = link->next;
        if (!is_late_call(into, &call->facts))
            continue;
        take_call_out(into, call);
        into->vc->calls--;
        let_go(into->tracker, call);
    }
}

void
oa_calls_merge(struct call_list *into, struct call_list *from)
{
    struct oa_virtual_connection *to = into->vc;
    struct call *call;

    merge_ended(into, from);
    to->calls += from->vc->calls;
    to->answered += from->vc->answered;
    to->faults += from->vc->faults;
    to->unanswered += from->vc->unanswered;
    to->unknown += from->vc->unknown;
    to->no_request += from->vc->no_request;
    to->exchange_calls += from->vc->exchange_calls;
    to->sealed_calls += from->vc->sealed_calls;
    into->has_given_up |= from->has_given_up;
    while ((call = g_queue_peek_head(&from->by_age))) {
        struct call *known = oa_calls_find(into, call->facts.call_id);

        take_call_out(from, call);
        if (!known && is_late_call(into, &call->facts)) {
            to->calls--;
            let_go(into->tracker, call);
            continue;
        }
        if (!known) {
            put_call(into, call);
            if (!call->facts.iface)
                name_interface(&call->facts);
            add_loose(into, call);
            continue;
        }
        merge_call(into, known, call);
        to->calls--;
        let_go(into->tracker, call);
        if (is_finished(&known->facts)) {
            oa_calls_forget_ended(into->tracker);
            finish_if_over(into, known);
        }
    }
}
