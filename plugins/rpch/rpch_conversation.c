/* rpch_conversation.c
 * The conversation of a packet of TCP, which several layers ask for in each frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_conversation.h"

#include <string.h>

#include "decode_args.h"

/* Two connections that fall on the same place take it from each other. A power of two. */
#define PLACES 256

struct ends {
    struct oa_endpoint from, to;
};

static struct found {
    conversation_t *conversation; /* NULL: none */
    struct ends ends;             /* of the packet for which it was found, in either direction */
} found[PLACES];

static bool
has_endpoints(const packet_info *pinfo)
{
    return pinfo->ptype == PT_TCP && !pinfo->use_conv_addr_port_endpoints &&
           !pinfo->conv_elements && pinfo->src.type == pinfo->dst.type &&
           (pinfo->src.type == AT_IPv4 || pinfo->src.type == AT_IPv6);
}

static struct ends
ends_of(const packet_info *pinfo)
{
    return (struct ends){ decode_endpoint(&pinfo->src, pinfo->srcport),
                          decode_endpoint(&pinfo->dst, pinfo->destport) };
}

/* The same for both directions. */
static struct found *
place_of(const struct ends *ends)
{
    const uint8_t *from = ends->from.address, *to = ends->to.address;
    size_t last = sizeof ends->from.address - 1;
    unsigned sum = ends->from.port + ends->to.port + from[last] + to[last] +
                   7u * (from[last - 1] + to[last - 1]);

    return &found[sum % PLACES];
}

static bool
is_same(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    return a->port == b->port && memcmp(a->address, b->address, sizeof a->address) == 0;
}

static bool
is_of(const struct found *place, const struct ends *ends)
{
    const struct ends *known = &place->ends;

    return place->conversation &&
           ((is_same(&ends->from, &known->from) && is_same(&ends->to, &known->to)) ||
            (is_same(&ends->from, &known->to) && is_same(&ends->to, &known->from)));
}

conversation_t *
rpch_conversation_find(packet_info *pinfo)
{
    if (PINFO_FD_VISITED(pinfo) || !has_endpoints(pinfo))
        return find_conversation_pinfo(pinfo, 0);
    const struct ends ends = ends_of(pinfo);
    struct found *place = place_of(&ends);
    if (!is_of(place, &ends))
        *place = (struct found){ find_conversation_pinfo(pinfo, 0), ends };
    return place->conversation;
}

void
rpch_conversation_forget(const packet_info *pinfo)
{
    const struct ends ends = ends_of(pinfo);

    place_of(&ends)->conversation = NULL;
}

void
rpch_conversation_open(void)
{
    memset(found, 0, sizeof found);
}
