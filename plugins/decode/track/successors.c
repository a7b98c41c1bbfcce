/* successors.c
 * Successors of channels whose virtual connection began before the capture, or whose first PDU is
 * lost. The PDUs of a recycling name the new channel by its cookie; without it, hosts and order are
 * left: a client opens a successor of the OUT channel when it is asked for it, and names each one
 * on the IN channel. The head of a successor of the OUT channel shows that it is one.
 * [MS-RPCH] 2.1.2.1.2 (Content-Length), 2.2.4.22 (OUT_R1/A3), 3.2.1.5.2 (recycling)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/successors.h"

#include <string.h>

#include <glib.h>

#include "track/channel_kind.h"
#include "track/flow_control.h"
#include "track/http_hops.h"
#include "track/tracker_state.h"

/* The newest ones that are remembered. */
#define REMEMBERED 64

/* A client opens the successor within that time. */
#define WITHIN_NS (INT64_C(60) * 1000000000)

struct expecting {
    struct oa_virtual_connection *vc; /* NULL: forgotten */
    enum oa_leg leg;
    bool is_named;           /* by the client; else it was asked for */
    struct oa_cookie cookie; /* that name */
    struct oa_stamp after;   /* when its predecessor was opened, if that is open */
    struct oa_stamp since;
};

struct successor_table {
    struct expecting entries[REMEMBERED];
    unsigned n; /* ever remembered */
};

struct successor_table *
oa_successors_new(void)
{
    return g_new0(struct successor_table, 1);
}

void
oa_successors_free(struct successor_table *table)
{
    g_free(table);
}

void
oa_successors_forget(struct oa_tracker *tracker, const struct oa_virtual_connection *vc)
{
    struct successor_table *table = tracker->successors;

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++)
        if (table->entries[i].vc == vc)
            table->entries[i].vc = NULL;
}

/* Whether the channel was opened when the successor could be: after it was asked for; before it was
 * named, and after its predecessor. */
static bool
is_in_order(const struct expecting *expecting, const struct oa_channel *channel)
{
    if (!expecting->is_named)
        return !oa_stamp_is_before(channel->opened, expecting->since);
    return oa_stamp_is_before(expecting->after, channel->opened) &&
           oa_stamp_is_before(channel->opened, expecting->since);
}

static bool
has_name(const struct expecting *expecting, const struct oa_cookie *cookie)
{
    return memcmp(&expecting->cookie, cookie, sizeof *cookie) == 0;
}

/* Reassembly may hold the successor back until another one has come. */
void
oa_successors_forget_one(struct oa_tracker *tracker, const struct oa_channel *channel)
{
    struct successor_table *table = tracker->successors;

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++) {
        struct expecting *entry = &table->entries[i];
        bool is_it = !entry->is_named || (channel->has_cookie ? has_name(entry, &channel->cookie)
                                                              : is_in_order(entry, channel));
        if (entry->vc == channel->vc && entry->leg == oa_channel_leg(channel) && is_it)
            entry->vc = NULL;
    }
}

void
oa_successors_expect(struct oa_tracker *tracker, struct oa_virtual_connection *vc, enum oa_leg leg,
                     const struct oa_cookie *name, struct oa_stamp since)
{
    struct successor_table *table = tracker->successors;
    const struct oa_channel *before = vc->channel[OA_HOP_CLIENT][leg];

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++) {
        struct expecting *entry = &table->entries[i];
        if (entry->vc == vc && entry->leg == leg &&
            (!entry->is_named || (name && has_name(entry, name))))
            entry->vc = NULL;
    }
    struct expecting *entry = &table->entries[table->n++ % REMEMBERED];
    *entry = (struct expecting){ .vc = vc, .leg = leg, .is_named = name != NULL, .since = since };
    if (name)
        entry->cookie = *name;
    if (before)
        entry->after = before->opened;
}

bool
oa_successors_are_named(const struct oa_tracker *tracker, const struct oa_virtual_connection *vc)
{
    const struct successor_table *table = tracker->successors;

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++)
        if (table->entries[i].vc == vc && table->entries[i].is_named)
            return true;
    return false;
}

/* A channel whose first PDU was read belongs to the virtual connection of its cookie, if that one
 * has the same. */
static bool
may_be_expected(const struct expecting *expecting, const struct oa_channel *channel)
{
    if (!channel->is_successor)
        return is_in_order(expecting, channel);
    return !expecting->vc->has_cookie &&
           (!expecting->is_named || has_name(expecting, &channel->cookie));
}

struct oa_virtual_connection *
oa_successors_find(const struct oa_tracker *tracker, const struct oa_channel *channel)
{
    const struct successor_table *table = tracker->successors;
    enum oa_leg leg = oa_channel_leg(channel);
    struct oa_virtual_connection *found = NULL;

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++) {
        const struct expecting *expecting = &table->entries[i];
        struct oa_virtual_connection *vc = expecting->vc;
        if (!vc || expecting->leg != leg || !may_be_expected(expecting, channel) ||
            !oa_http_hops_may_succeed(vc, channel) ||
            channel->opened.time_ns - vc->last.time_ns > WITHIN_NS)
            continue;
        if (found && found != vc)
            return NULL;
        found = vc;
    }
    return found;
}

void
oa_successors_tell(struct oa_channel *before, struct oa_channel *channel)
{
    before->has_successor = true;
    if (channel->has_cookie)
        before->successor_cookie = channel->cookie;
    if (before->has_cookie)
        channel->predecessor_cookie = before->cookie;
    channel->connection_timeout_ms = before->connection_timeout_ms;
    if (channel->kind == OA_CHANNEL_IN && before->receive_window)
        oa_flow_begin(channel, before->receive_window);
}
