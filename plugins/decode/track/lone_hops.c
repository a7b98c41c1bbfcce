/* lone_hops.c
 * Virtual connections of which the capture lacks channels of a hop. The cookie joins them,
 * [MS-RPCH] 2.2.3.1, or PDUs that both carry: if the capture has neither, they stay apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/lone_hops.h"

#include <glib.h>

#include "track/emit.h"
#include "track/tracker_state.h"

/* The newest ones that are remembered. */
#define REMEMBERED 64

/* Clocks of two machines that are not known to differ may do so by that much. */
#define CLOCKS_APART_NS (INT64_C(60) * 1000000000)

/* The two sides of the proxy. */
enum way { TOWARDS_CLIENT, TOWARDS_SERVER, WAYS };

/* What is remembered of one that has ended. */
struct lone {
    bool has_way[WAYS];
    bool has_leg[WAYS][OA_LEGS]; /* a channel of which only one side was captured may be either */
    int64_t first_ns, last_ns;
    const struct oa_rpc_interface *iface; /* NULL: unknown */
    uint32_t port;                        /* of the server; 0: unknown */
    bool has_cookie;
};

struct lone_hops {
    struct lone lone[REMEMBERED];
    unsigned n; /* ever remembered */
};

struct lone_hops *
oa_lone_hops_new(void)
{
    return g_new0(struct lone_hops, 1);
}

void
oa_lone_hops_free(struct lone_hops *hops)
{
    g_free(hops);
}

static struct lone
describe(const struct oa_virtual_connection *vc)
{
    struct lone lone = { .first_ns = vc->opened.time_ns,
                         .last_ns = vc->last.time_ns,
                         .iface = vc->iface,
                         .port = vc->target_port,
                         .has_cookie = vc->has_cookie };

    if (oa_vc_has_endpoint(vc, OA_HOP_SERVER))
        lone.port = vc->endpoint[OA_HOP_SERVER][OA_SERVER].port;
    for (int hop = 0; hop < OA_HOPS; hop++) {
        enum way way = oa_hop_is_http((enum oa_hop)hop) ? TOWARDS_CLIENT : TOWARDS_SERVER;
        lone.has_way[way] |= oa_vc_has_endpoint(vc, (enum oa_hop)hop);
        for (int leg = 0; leg < OA_LEGS; leg++)
            lone.has_leg[way][leg] |= vc->leg_seen[hop][leg];
    }
    return lone;
}

/* Whether both together may be one virtual connection with both sides of the proxy. */
static bool
may_be_one(const struct lone *a, const struct lone *b)
{
    for (int way = 0; way < WAYS; way++)
        for (int leg = 0; leg < OA_LEGS; leg++)
            if (a->has_leg[way][leg] && b->has_leg[way][leg])
                return false;
    return (a->has_way[TOWARDS_CLIENT] || b->has_way[TOWARDS_CLIENT]) &&
           (a->has_way[TOWARDS_SERVER] || b->has_way[TOWARDS_SERVER]) &&
           !(a->has_cookie && b->has_cookie) && a->first_ns <= b->last_ns + CLOCKS_APART_NS &&
           b->first_ns <= a->last_ns + CLOCKS_APART_NS &&
           (a->port == b->port || a->port == 0 || b->port == 0) &&
           (a->iface == b->iface || !a->iface || !b->iface);
}

void
oa_lone_hops_judge(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                   struct oa_channel *channel)
{
    struct lone_hops *hops = tracker->lone_hops;
    struct lone mine = describe(vc);

    if ((vc->transport != OA_TRANSPORT_RPC_HTTP && vc->transport != OA_TRANSPORT_RPC_HTTP_V1) ||
        vc->calls == 0)
        return;
    for (unsigned i = 0; i < MIN(hops->n, REMEMBERED); i++)
        if (may_be_one(&hops->lone[i], &mine)) {
            oa_emit_finding(
                tracker,
                &(struct oa_event){
                    .first = vc->opened, .last = vc->opened, .channel = channel, .vc = vc },
                OA_FINDING_HOPS_APART,
                "Nothing tells whether its calls are also those of a "
                "session on the other side of the proxy");
            break;
        }
    hops->lone[hops->n++ % REMEMBERED] = mine;
}
