/* call_stubs.c
 * The stubs of calls: the context handle and the return value of most; all parameters of those that
 * identify the client, or open or end a session.
 * [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1, [C706] appendix O
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_stubs.h"

#include "base/limits.h"
#include "exchange/call_facts.h"
#include "track/association.h"
#include "track/bindings.h"
#include "track/call_rops.h"
#include "track/emit.h"
#include "track/endpoint.h"
#include "track/mailboxes.h"
#include "track/tracker_state.h"

static bool
is_sealed(const struct oa_event *event)
{
    return event->seal != OA_SEAL_NONE && !oa_seal_is_open(event->seal);
}

static size_t
kept_bytes(const struct call_stubs *stubs)
{
    size_t sum = 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        sum += stubs->stub[side] ? stubs->stub[side]->len : 0;
    return sum;
}

void
oa_call_stubs_clear(struct call_stubs *stubs)
{
    oa_call_stubs_move(stubs, NULL);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        if (stubs->stub[side])
            g_byte_array_unref(stubs->stub[side]);
        stubs->stub[side] = NULL;
    }
}

void
oa_call_stubs_move(struct call_stubs *stubs, struct stub_budget *budget)
{
    size_t bytes = kept_bytes(stubs);

    if (stubs->budget) {
        stubs->budget->used -= bytes;
        stubs->budget->all->used -= bytes;
    }
    stubs->budget = budget;
    if (budget) {
        budget->used += bytes;
        budget->all->used += bytes;
    }
}

void
oa_call_stubs_move_hop(struct call_stubs *stubs, enum oa_hop from, enum oa_hop to)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (stubs->has_hop[side] && stubs->hop[side] == from)
            stubs->hop[side] = to;
}

void
oa_call_stubs_merge(struct call_stubs *into, struct call_stubs *from)
{
    oa_call_stubs_move(from, into->budget);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        if (into->has_hop[side] || !from->has_hop[side])
            continue;
        into->has_hop[side] = true;
        into->hop[side] = from->hop[side];
        into->is_spoiled[side] = from->is_spoiled[side];
        into->stub[side] = g_steal_pointer(&from->stub[side]);
        into->is_big_endian |= from->is_big_endian;
    }
    into->is_read |= from->is_read;
}

static bool
has_room(const struct call_stubs *stubs, size_t more, size_t limit)
{
    const struct stub_budget *budget = stubs->budget;

    return budget && budget->used + more <= limit && budget->all->used + more <= OA_LIMIT_STUBS_ALL;
}

static void
set_mailbox(struct oa_tracker *tracker, struct oa_call *call, struct oa_mailbox_session *mailbox)
{
    if (!mailbox || mailbox == call->mailbox)
        return;
    oa_mailbox_hold(mailbox);
    oa_mailbox_release(tracker, call->mailbox);
    call->mailbox = mailbox;
}

/* The parameters of all calls of a session begin with its handle, except for the connect. */
static void
find_mailbox(struct oa_tracker *tracker, struct oa_call *call, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    struct oa_stub stub = { .interface = call->iface,
                            .opnum = call->opnum,
                            .data = rpc->stub,
                            .length = rpc->stub_length };

    if (call->mailbox || event->side != OA_CLIENT || !(rpc->header.flags & OA_RPC_FIRST_FRAG) ||
        !call->iface || call->iface->service != OA_SERVICE_STORE)
        return;
    const uint8_t *handle = oa_stub_handle(&stub);
    if (handle)
        set_mailbox(tracker, call, oa_mailbox_of_handle(tracker, handle));
}

/* Whether the stub is read on the hop of the event: that where that side was seen first. */
static bool
is_read_here(struct call_stubs *stubs, const struct oa_event *event)
{
    if (!stubs->has_hop[event->side])
        stubs->hop[event->side] = event->channel->hop;
    stubs->has_hop[event->side] = true;
    return stubs->hop[event->side] == event->channel->hop;
}

/* Keeps the part of the stub. */
static void
keep(struct oa_tracker *tracker, struct call_stubs *stubs, const struct oa_call *call,
     const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    GByteArray **stub = &stubs->stub[event->side];
    bool has_rops = oa_call_rops_wanted(tracker, call->iface, call->opnum);
    size_t limit = has_rops ? OA_LIMIT_ROP_STUB : OA_LIMIT_STUB;

    if (stubs->is_read)
        return;
    if (!has_room(stubs, rpc->stub_length, has_rops ? OA_LIMIT_ROP_STUBS : OA_LIMIT_STUBS)) {
        struct stub_budget *budget = stubs->budget;

        oa_call_stubs_clear(stubs);
        stubs->budget = budget;
        stubs->is_read = true; /* never: a part of it is missing */
        oa_emit_limit(tracker, event, OA_LIMIT_OF_STUBS);
        return;
    }
    if (!*stub)
        *stub = g_byte_array_new();
    if ((*stub)->len + rpc->stub_length <= limit) {
        g_byte_array_append(*stub, rpc->stub, (guint)rpc->stub_length);
        stubs->budget->used += rpc->stub_length;
        stubs->budget->all->used += rpc->stub_length;
    }
    stubs->is_big_endian = rpc->header.big_endian;
}

static const struct oa_call_half *
half_of(const struct call_stubs *stubs, const struct oa_call *call, enum oa_side side)
{
    const struct oa_call_half *halves = side == OA_CLIENT ? call->request : call->response;

    return &halves[stubs->hop[side]];
}

static void
take_client(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
            const struct oa_call_facts *facts)
{
    if (!vc->client)
        vc->client = g_new0(struct oa_client, 1);
    oa_client_take_call(vc->client, facts);
    oa_association_share(tracker, vc);
}

/* The stub of that side; returns false if the capture does not contain the whole of it. */
static bool
whole_stub(const struct call_stubs *stubs, const struct oa_call *call, enum oa_side side,
           uint32_t code_page, struct oa_stub *stub)
{
    const struct oa_call_half *half = half_of(stubs, call, side);
    const GByteArray *bytes = stubs->stub[side];

    if (!bytes || !half->is_complete || half->has_gap || half->is_cut || stubs->is_spoiled[side])
        return false;
    const struct oa_rpc_binding *binding = oa_binding_find(call->vc, call->context_id);
    *stub = (struct oa_stub){ .interface = call->iface,
                              .opnum = call->opnum,
                              .is_response = side == OA_SERVER,
                              .is_ndr64 = binding && oa_rpc_is_ndr64(&binding->transfer_syntax),
                              .big_endian = stubs->is_big_endian,
                              .data = bytes->data,
                              .length = bytes->len,
                              .code_page = code_page };
    return true;
}

/* Returns false if the capture does not contain the whole stub of that side, or it has no layout.
 */
static bool
read_stub(struct oa_tracker *tracker, const struct call_stubs *stubs, struct oa_call *call,
          enum oa_side side, uint32_t code_page, struct oa_call_facts *facts)
{
    struct oa_stub stub;

    if (!whole_stub(stubs, call, side, code_page, &stub))
        return false;
    if (side == OA_SERVER && call->iface->id == OA_IF_EPM)
        oa_endpoints_take_map(tracker, call->vc, stubs->stub[side], stubs->is_big_endian);
    if (side == OA_CLIENT && call->iface->id == OA_IF_EPM)
        call->is_foreign = oa_endpoints_is_foreign(stubs->stub[side], stubs->is_big_endian);
    oa_walk_reuse(tracker->walk, &OA_CALL_FACTS_VISITOR, facts);
    oa_walk_set_code_pages(tracker->walk, tracker->code_pages);
    oa_call_facts_start(facts, &stub);
    return oa_stub_walk(tracker->walk, &stub, NULL, &facts->walk);
}

/* Requests are read when they are complete, so that hosts can show them; responses only after
 * these. */
static void
read_rops(struct oa_tracker *tracker, const struct call_stubs *stubs, struct oa_call *call,
          enum oa_side side)
{
    uint32_t code_page = call->mailbox ? call->mailbox->code_page : 0;
    struct oa_stub stub;

    if (oa_call_rops_wanted(tracker, call->iface, call->opnum) &&
        whole_stub(stubs, call, side, code_page, &stub))
        oa_call_rops_read(tracker, call, &stub);
}

void
oa_call_stubs_end(struct oa_tracker *tracker, struct call_stubs *stubs, struct oa_call *call)
{
    struct oa_call_facts facts[2];
    const struct oa_call_facts *read[2] = { NULL, NULL };

    if (stubs->is_read || !(stubs->stub[OA_CLIENT] || stubs->stub[OA_SERVER]))
        return;
    stubs->is_read = true;
    if (oa_call_rops_wanted(tracker, call->iface, call->opnum)) {
        read_rops(tracker, stubs, call, OA_CLIENT);
        read_rops(tracker, stubs, call, OA_SERVER);
        return;
    }
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        uint32_t code_page = read[OA_CLIENT] ? read[OA_CLIENT]->code_page : 0;

        if (!read_stub(tracker, stubs, call, (enum oa_side)side, code_page, &facts[side]))
            continue;
        read[side] = &facts[side];
        if (oa_rpc_operation_has(call->iface, call->opnum, OA_OP_IDENTIFIES))
            take_client(tracker, call->vc, read[side]);
    }
    set_mailbox(tracker, call, oa_mailboxes_take(tracker, read[OA_CLIENT], read[OA_SERVER]));
    if (call->mailbox && call->mailbox->has_ended)
        oa_mailbox_close(tracker, call->mailbox);
}

void
oa_call_stubs_take(struct oa_tracker *tracker, struct call_stubs *stubs, struct oa_call *call,
                   const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    if (is_read_here(stubs, event)) {
        call->seal[event->side] = MAX(call->seal[event->side], event->seal);
        call->is_sealed |= is_sealed(event);
        oa_signatures_add(&call->signatures[event->side], event->signature);
        stubs->is_spoiled[event->side] |= is_sealed(event);
    }
    if (!call->has_opnum || rpc->header.ptype == OA_RPC_FAULT || is_sealed(event) ||
        (event->is_cut && rpc->header.auth_length)) /* then sealed, perhaps */
        return;
    find_mailbox(tracker, call, event);
    if (is_read_here(stubs, event) &&
        (oa_rpc_operation_has(call->iface, call->opnum, OA_OP_IDENTIFIES) ||
         oa_mailboxes_want(call->iface, call->opnum) ||
         oa_call_rops_wanted(tracker, call->iface, call->opnum)))
        keep(tracker, stubs, call, event);
    if (event->side == OA_CLIENT && !stubs->is_read)
        read_rops(tracker, stubs, call, OA_CLIENT);
    if (stubs->stub[OA_SERVER] && half_of(stubs, call, OA_SERVER)->is_complete &&
        (!stubs->stub[OA_CLIENT] || half_of(stubs, call, OA_CLIENT)->is_complete))
        oa_call_stubs_end(tracker, stubs, call);
}

/* The `n`th number of four bytes from the end of the stub. */
static uint32_t
last_number(const struct oa_rpc_pdu *rpc, size_t n)
{
    const uint8_t *at = rpc->stub + rpc->stub_length - 4 * n;
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value |= (uint32_t)at[rpc->header.big_endian ? 3 - i : i] << (8 * i);
    return value;
}

/* The return value is the last parameter of a response; pulTransTime, where there is one, the one
 * before it. */
void
oa_call_take_return_value(struct oa_call *call, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    if (rpc->header.ptype != OA_RPC_RESPONSE || !(rpc->header.flags & OA_RPC_LAST_FRAG) ||
        is_sealed(event) || rpc->stub_length < 4 || !call->iface ||
        !(call->iface->is_exchange || call->iface->id == OA_IF_EPM))
        return;
    call->has_return_value = true;
    call->return_value = last_number(rpc, 1);
    if (oa_rpc_operation_has(call->iface, call->opnum, OA_OP_TIMED) && call->has_opnum &&
        rpc->stub_length >= 8) {
        call->has_server_time = true;
        call->server_time_ms = last_number(rpc, 2);
    }
}
