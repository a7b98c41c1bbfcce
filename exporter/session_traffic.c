/* session_traffic.c
 * When a session carried what: the growth of its totals, by span of time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_traffic.h"

#include <glib.h>

/* What one hop carried in a span. */
struct part {
    int64_t start_ns;
    enum oa_hop hop;
    struct traffic_growth growth;
};

struct session_traffic {
    struct traffic_growth mark[OA_HOPS]; /* noted so far */
    GArray *parts;                       /* of struct part: not yet taken */
};

struct session_traffic *
session_traffic_new(void)
{
    struct session_traffic *traffic = g_new0(struct session_traffic, 1);

    traffic->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    return traffic;
}

struct session_traffic *
session_traffic_copy(const struct session_traffic *traffic)
{
    struct session_traffic *copy = session_traffic_new();

    session_traffic_join(copy, traffic);
    return copy;
}

void
session_traffic_free(struct session_traffic *traffic)
{
    if (!traffic)
        return;
    g_array_unref(traffic->parts);
    g_free(traffic);
}

static void
grow(struct traffic_growth *sum, const struct traffic_growth *more)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        sum->rpc_bytes[side] += more->rpc_bytes[side];
        sum->rpc_pdus[side] += more->rpc_pdus[side];
    }
}

/* Adds to one of the last parts, of which each hop has at most one for a span. */
static void
add_part(struct session_traffic *traffic, const struct part *more)
{
    GArray *parts = traffic->parts;

    for (guint i = 0; i < MIN(parts->len, OA_HOPS); i++) {
        struct part *part = &g_array_index(parts, struct part, parts->len - 1 - i);
        if (part->hop == more->hop && part->start_ns == more->start_ns) {
            grow(&part->growth, &more->growth);
            return;
        }
    }
    g_array_append_vals(parts, more, 1);
}

void
session_traffic_note_hop(struct session_traffic *traffic, const struct oa_virtual_connection *vc,
                         enum oa_hop hop, int64_t start_ns)
{
    struct traffic_growth *mark = &traffic->mark[hop];
    struct part more = { .start_ns = start_ns, .hop = hop };
    bool is_any = false;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct oa_traffic *sum = &vc->traffic[hop][side];
        more.growth.rpc_bytes[side] = sum->rpc_bytes - mark->rpc_bytes[side];
        more.growth.rpc_pdus[side] = sum->rpc_pdus - mark->rpc_pdus[side];
        is_any |= more.growth.rpc_bytes[side] || more.growth.rpc_pdus[side];
    }
    if (!is_any)
        return;
    grow(mark, &more.growth);
    add_part(traffic, &more);
}

void
session_traffic_note(struct session_traffic *traffic, const struct oa_virtual_connection *vc,
                     int64_t start_ns)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        session_traffic_note_hop(traffic, vc, (enum oa_hop)hop, start_ns);
}

unsigned
session_traffic_waiting(const struct session_traffic *traffic)
{
    return traffic->parts->len;
}

void
session_traffic_each(struct session_traffic *traffic, const struct oa_virtual_connection *vc,
                     void (*take)(void *context, int64_t start_ns,
                                  const struct traffic_growth *growth),
                     void *context)
{
    enum oa_hop nearest = oa_vc_hop(vc);

    for (guint i = 0; i < traffic->parts->len; i++) {
        const struct part *part = &g_array_index(traffic->parts, struct part, i);
        if (part->hop == nearest)
            take(context, part->start_ns, &part->growth);
    }
    g_array_set_size(traffic->parts, 0);
}

void
session_traffic_join(struct session_traffic *whole, const struct session_traffic *part)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        grow(&whole->mark[hop], &part->mark[hop]);
    g_array_append_vals(whole->parts, part->parts->data, part->parts->len);
}
