/* join_parts.c
 * What modules that join virtual connections without cookies have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/join_parts.h"

#include <string.h>

#include "track/http_hops.h"

struct neighbours
oa_join_neighbours(const struct virtual_connection *vc)
{
    return (struct neighbours){ .vc = vc, .next = vc->age_link.prev, .left = JOIN_CANDIDATES_MAX };
}

struct virtual_connection *
oa_join_next(struct neighbours *neighbours)
{
    if (!neighbours->is_forward && (!neighbours->next || neighbours->left == 0))
        *neighbours = (struct neighbours){ .vc = neighbours->vc,
                                           .next = neighbours->vc->age_link.next,
                                           .left = JOIN_CANDIDATES_MAX,
                                           .is_forward = true };
    const GList *link = neighbours->next;
    if (!link || neighbours->left == 0)
        return NULL;
    neighbours->next = neighbours->is_forward ? link->next : link->prev;
    neighbours->left--;
    return link->data;
}

bool
oa_join_has_leg(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    return vc->facts.leg_seen[hop][leg];
}
bool
oa_join_is_same_end(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
                    enum oa_hop hop)
{
    const struct oa_endpoint *mine = a->endpoint[hop], *other = b->endpoint[hop];

    if (oa_hop_is_http(hop))
        return memcmp(mine[OA_CLIENT].address, other[OA_CLIENT].address, 16) == 0;
    return memcmp(&mine[OA_SERVER], &other[OA_SERVER], sizeof mine[OA_SERVER]) == 0;
}

struct virtual_connection *
oa_join_parts(struct virtual_connection *into, struct virtual_connection *from)
{
    if (from->facts.has_cookie) {
        struct virtual_connection *with_cookie = from;
        from = into;
        into = with_cookie;
    }
    oa_vc_merge(into, from, OA_JOIN_CALL_IDS);
    return into;
}

const struct pdu_trail *
oa_join_trail(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    const struct oa_channel *channel = vc->facts.channel[hop][leg];

    return channel ? ((const struct channel *)channel)->trail : NULL;
}

bool
oa_join_arrange_hops(struct virtual_connection *vc, struct virtual_connection *other)
{
    unsigned distance[2];

    if (oa_http_hops_align(&vc->facts, &other->facts, distance))
        return oa_vc_arrange_hops(vc, other);
    return !oa_vc_has_endpoint(&vc->facts, OA_HOP_CLIENT) ||
           !oa_vc_has_endpoint(&other->facts, OA_HOP_CLIENT) ||
           oa_join_is_same_end(&vc->facts, &other->facts, OA_HOP_CLIENT);
}
