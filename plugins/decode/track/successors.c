/* successors.c
 * Successors of channels whose virtual connection began before the capture. The PDUs of a recycling
 * name the new channel by its cookie; if a snap length has cut it, or the PDU is lost, hosts and
 * order are left: a client opens the successor when it is asked for it.
 * [MS-RPCH] 2.2.4.22 (OUT_R1/A3), 3.2.1.5.2 (recycling)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/successors.h"

#include <glib.h>

#include "track/http_hops.h"
#include "track/tracker_state.h"

/* The newest ones that are remembered. */
#define REMEMBERED 64

/* A client opens the successor within that time. */
#define WITHIN_NS (INT64_C(60) * 1000000000)

struct successor_table {
    struct oa_virtual_connection *expecting[REMEMBERED]; /* NULL: forgotten */
    unsigned n;                                          /* ever remembered */
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
        if (table->expecting[i] == vc)
            table->expecting[i] = NULL;
}

void
oa_successors_expect(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    struct successor_table *table = tracker->successors;

    oa_successors_forget(tracker, vc);
    table->expecting[table->n++ % REMEMBERED] = vc;
}

struct oa_virtual_connection *
oa_successors_find(const struct oa_tracker *tracker, const struct oa_channel *channel)
{
    const struct successor_table *table = tracker->successors;
    struct oa_virtual_connection *found = NULL;

    for (unsigned i = 0; i < MIN(table->n, REMEMBERED); i++) {
        struct oa_virtual_connection *vc = table->expecting[i];
        if (!vc || vc->has_cookie || !oa_http_hops_share_way(vc, channel) ||
            channel->opened.time_ns - vc->last.time_ns > WITHIN_NS)
            continue;
        if (found)
            return NULL;
        found = vc;
    }
    return found;
}
