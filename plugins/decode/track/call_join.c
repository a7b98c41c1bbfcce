/* call_join.c
 * Joining virtual connections by their calls, in captures that begin in the middle: [MS-RPCH] has
 * no other tie between channels whose beginning is not in the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_join.h"

#include <stdlib.h>
#include <string.h>

/* Calls of one number compared with, and how many have to fit in a row before that counts. */
#define CANDIDATES_MAX 64
#define FITS_NEEDED 3

/* How much later than the other hop a hop may show the same PDU. */
#define HOP_DELAY_NS (INT64_C(2) * 1000000000)

static struct virtual_connection *
vc_of(const struct call *call)
{
    return (struct virtual_connection *)call->facts.vc;
}

static bool
has_leg(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    return vc->facts.leg_seen[hop][leg];
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

/*
 * Requests on one connection and answers on another that have the same numbers, again and again,
 * and no third that fits as well: these two are the channels of one virtual connection.
 */
static struct virtual_connection *
join_by_answer(struct virtual_connection *vc, enum oa_hop hop, const struct call *answer)
{
    const GQueue *queue = oa_calls_loose(vc->tracker, answer->facts.call_id);
    struct virtual_connection *found = NULL;
    unsigned looked_at = 0, fitting = 0;

    if (!queue || has_leg(vc, hop, OA_LEG_IN) || !has_leg(vc, hop, OA_LEG_OUT))
        return vc;
    for (const GList *link = queue->head; link && looked_at < CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct call *call = link->data;
        struct virtual_connection *other = vc_of(call);

        if (other == vc || !call->facts.request[hop].is_complete ||
            has_leg(other, hop, OA_LEG_OUT) || call->facts.response[hop].fragments ||
            !may_belong(&other->facts, &vc->facts, hop))
            continue;
        fitting++;
        if (!found || other->facts.number == vc->fitting)
            found = other;
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

/* The half of the call that the first PDU of that side has begun. */
static const struct oa_call_half *
half_of(const struct call *call, enum oa_hop hop, enum oa_side side)
{
    return side == OA_CLIENT ? &call->facts.request[hop] : &call->facts.response[hop];
}

/* The very same PDU on the other hop, context handle and all: the two hops of one virtual
 * connection. */
static struct virtual_connection *
join_by_pdu(struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
            enum oa_side side)
{
    const GQueue *queue = oa_calls_loose(vc->tracker, mine->facts.call_id);
    const struct oa_call_half *own = half_of(mine, hop, side);
    enum oa_hop other_hop = hop == OA_HOP_CLIENT ? OA_HOP_SERVER : OA_HOP_CLIENT;
    enum oa_leg leg = side == OA_SERVER ? OA_LEG_OUT : OA_LEG_IN;
    unsigned looked_at = 0;

    if (!queue || !mine->hash[side] || has_leg(vc, other_hop, leg))
        return vc;
    for (const GList *link = queue->head; link && looked_at < CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct call *call = link->data;
        const struct oa_call_half *theirs = half_of(call, other_hop, side);
        struct virtual_connection *other = vc_of(call);

        if (other == vc || !theirs->fragments || has_leg(other, hop, leg) ||
            call->hash[side] != mine->hash[side] ||
            llabs(own->first.time_ns - theirs->first.time_ns) > HOP_DELAY_NS)
            continue;
        struct virtual_connection *into = hop == OA_HOP_CLIENT ? vc : other;
        oa_vc_merge(into, into == vc ? other : vc, OA_JOIN_CALL_IDS);
        return into;
    }
    return vc;
}

struct virtual_connection *
oa_call_join(struct virtual_connection *vc, const struct call *call, const struct oa_event *event)
{
    enum oa_hop hop = event->channel->hop;
    enum oa_side side = event->rpc->header.ptype == OA_RPC_REQUEST ? OA_CLIENT : OA_SERVER;

    if (!vc->calls.may_join || half_of(call, hop, side)->fragments != 1)
        return vc;
    if (side == OA_SERVER) {
        vc = join_by_answer(vc, hop, call);
        call = oa_calls_find(&vc->calls, event->rpc->header.call_id);
        if (!call)
            return vc;
    }
    return join_by_pdu(vc, hop, call, side);
}
