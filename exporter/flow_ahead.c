/* flow_ahead.c
 * A flow whose connection is read in another thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "flow_ahead.h"

#include <glib.h>
#include <string.h>

struct flow_ahead {
    /* Of the thread that reads. */
    struct connection told; /* what does not change with every segment */
    bool has_told;

    /* Of the one that takes the steps. */
    struct flows *flows;
    struct flow *flow;       /* NULL before the first step */
    struct connection facts; /* as the flow has them */
    bool is_swapped;         /* as the reader has them */
};

struct flow_ahead *
flow_ahead_new(struct flows *flows)
{
    struct flow_ahead *ahead = g_new0(struct flow_ahead, 1);

    ahead->flows = flows;
    return ahead;
}

bool
flow_ahead_needs_facts(struct flow_ahead *ahead, const struct connection *facts)
{
    size_t length = sizeof *facts - CONNECTION_MOVING;

    if (ahead->has_told && memcmp((const char *)&ahead->told + CONNECTION_MOVING,
                                  (const char *)facts + CONNECTION_MOVING, length) == 0)
        return false;
    ahead->told = *facts;
    ahead->has_told = true;
    return true;
}

static void
take_moving(struct flow_ahead *ahead, const uint8_t *moving)
{
    struct connection *facts = &ahead->facts;

    memcpy(facts, moving, CONNECTION_MOVING);
    if (ahead->is_swapped == facts->is_swapped)
        return;
    struct connection_stream first = facts->stream[0];
    bool is_waiting = facts->is_waiting[0];
    facts->stream[0] = facts->stream[1];
    facts->stream[1] = first;
    facts->is_waiting[0] = facts->is_waiting[1];
    facts->is_waiting[1] = is_waiting;
}

/* Takes over what the reader knows, and keeps what the flow has found out, which may have swapped
 * the sides in addition. */
static void
take_facts(struct flow_ahead *ahead, const struct connection *read)
{
    struct connection *facts = &ahead->facts, now = *read;
    bool is_swapped = facts->is_swapped ^ ahead->is_swapped ^ read->is_swapped;

    ahead->is_swapped = read->is_swapped;
    if (now.is_swapped != is_swapped)
        connection_swap(&now);
    now.number = facts->number;
    now.has_channel = facts->has_channel;
    now.exchanges = facts->exchanges;
    now.counted = facts->counted;
    *facts = now;
}

static void
begin(struct flow_ahead *ahead, const struct connection *read)
{
    ahead->facts = *read;
    ahead->is_swapped = read->is_swapped;
    ahead->flow = flow_open(ahead->flows, &ahead->facts);
}

void
flow_ahead_take(const struct flow_ahead_step *step)
{
    struct flow_ahead *ahead = step->flow;
    struct flow_step own = step->step;

    if (!ahead->flow)
        begin(ahead, step->facts);
    else if (step->facts)
        take_facts(ahead, step->facts);
    else
        take_moving(ahead, step->moving);
    own.side ^= ahead->is_swapped != ahead->facts.is_swapped;
    flow_take(ahead->flow, &own);
    if (step->is_counted) {
        own.kind = FLOW_COUNTED;
        flow_take(ahead->flow, &own);
    }
    if (step->step.kind == FLOW_CLOSED)
        g_free(ahead);
}
