/* http_hops.c
 * Virtual connections that pass several HTTP hops: client, balancer, front end, back end. Each
 * passes the same PDUs on, so that a channel, known by its cookie, is on several TCP connections.
 * [MS-RPCH] 2.2.3.1 (cookies), 3.2.1.5.1 (establishment)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/http_hops.h"

#include <string.h>

#include <glib.h>

#include "track/channel_kind.h"

/* The times of PDUs on different hops are known that well. */
#define HOPS_WITHIN_NS INT64_C(10000000)

static bool
is_same_host(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    return memcmp(a->address, b->address, sizeof a->address) == 0;
}

static bool
is_same_server(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    return is_same_host(a, b) && a->port == b->port;
}

static bool
takes_same_way(const struct oa_channel *channel, const struct oa_endpoint hop[2])
{
    return is_same_host(&channel->endpoint[OA_CLIENT], &hop[OA_CLIENT]) &&
           is_same_server(&channel->endpoint[OA_SERVER], &hop[OA_SERVER]);
}

/* One end of the channel is that of the hop: the other channel of the hop may be at another
 * gateway, or of another address of the client. */
static bool
is_similar(const struct oa_channel *channel, const struct oa_endpoint hop[2])
{
    return is_same_host(&channel->endpoint[OA_CLIENT], &hop[OA_CLIENT]) ||
           is_same_server(&channel->endpoint[OA_SERVER], &hop[OA_SERVER]);
}

static bool
is_in_capture(const struct oa_virtual_connection *vc, int hop)
{
    return vc->endpoint[hop][OA_SERVER].port != 0;
}

/* Whether another connection carries the same channel on that hop. If a snap length has cut the
 * cookie of one, it does if both have no end in common: a successor has the client. */
static bool
is_taken(const struct oa_virtual_connection *vc, int hop, const struct oa_channel *channel)
{
    const struct oa_channel *current = vc->channel[hop][oa_channel_leg(channel)];

    if (!current || current == channel)
        return false;
    if (!current->has_cookie || !channel->has_cookie)
        return current->has_start && !is_similar(channel, vc->endpoint[hop]);
    return memcmp(&current->cookie, &channel->cookie, OA_COOKIE_SIZE) == 0;
}

/* The hop that is in the capture already and that the channel is on: that with the same ends, then
 * that with one end the same, without this channel. -1: none. */
static int
find_known(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    int similar = -1;

    for (int hop = OA_HOP_SERVER - 1; hop >= OA_HOP_CLIENT; hop--) {
        const struct oa_endpoint *ends = vc->endpoint[hop];
        if (!is_in_capture(vc, hop))
            continue;
        if (takes_same_way(channel, ends))
            return hop;
        if (is_taken(vc, hop, channel))
            continue;
        if (is_similar(channel, ends))
            similar = hop;
    }
    return similar;
}

/* Whether addresses show that a channel with these ends is on the hop before that one. */
static bool
is_before(const struct oa_endpoint ends[2], const struct oa_endpoint hop[2])
{
    return !is_same_host(&ends[OA_CLIENT], &ends[OA_SERVER]) &&
           is_same_host(&ends[OA_SERVER], &hop[OA_CLIENT]);
}

/* By time alone: frames that came at once are not numbered in the order of hops. */
static bool
was_named_before(const struct oa_channel *channel, const struct oa_channel *other)
{
    return channel->named.time_ns < other->named.time_ns;
}

/* Where a new hop belongs: before the one whose client is its server, or that got the cookie later;
 * otherwise behind all. */
static int
find_place(const struct oa_virtual_connection *vc, const struct oa_channel *channel, int end)
{
    for (int hop = OA_HOP_CLIENT; hop < end; hop++)
        if (is_before(channel->endpoint, vc->endpoint[hop]))
            return hop;
    for (int hop = OA_HOP_CLIENT; hop < end; hop++)
        if (is_taken(vc, hop, channel) &&
            was_named_before(channel, vc->channel[hop][oa_channel_leg(channel)]) &&
            !is_before(vc->endpoint[hop], channel->endpoint))
            return hop;
    return end;
}

bool
oa_http_hops_is_misplaced(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    const struct oa_endpoint *ends = vc->endpoint[channel->hop];
    const struct oa_channel *current = vc->channel[channel->hop][oa_channel_leg(channel)];

    if (!oa_hop_is_http(channel->hop) || takes_same_way(channel, ends))
        return false;
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++)
        if (is_in_capture(vc, hop) && takes_same_way(channel, vc->endpoint[hop]))
            return true;
    return is_taken(vc, (int)channel->hop, channel) && takes_same_way(current, ends) &&
           !is_similar(channel, ends);
}

bool
oa_http_hops_are_inverted(const struct oa_virtual_connection *vc, int hop)
{
    bool is_inverted = false, is_in_order = false;

    for (int leg = 0; leg < OA_LEGS && hop + 1 < OA_HOP_SERVER; leg++) {
        const struct oa_channel *near = vc->channel[hop][leg], *far = vc->channel[hop + 1][leg];
        bool is_same = near && far && near->has_cookie && far->has_cookie &&
                       memcmp(&near->cookie, &far->cookie, OA_COOKIE_SIZE) == 0;
        is_inverted |= is_same && was_named_before(far, near);
        is_in_order |= is_same && !was_named_before(far, near);
    }
    return is_inverted && !is_in_order && !is_before(vc->endpoint[hop], vc->endpoint[hop + 1]);
}

enum oa_hop
oa_http_hops_find(const struct oa_virtual_connection *vc, const struct oa_channel *channel,
                  bool *is_between)
{
    int known = find_known(vc, channel);
    int end = OA_HOP_CLIENT;

    *is_between = false;
    if (known >= 0)
        return (enum oa_hop)known;
    while (end < OA_HOP_SERVER && is_in_capture(vc, end))
        end++;
    if (end == OA_HOP_SERVER)
        return OA_HOP_SERVER;
    int place = find_place(vc, channel, end);
    *is_between = place < end;
    return (enum oa_hop)place;
}

/* Whether a channel like this one was opened on the same way: there was one, or RPC PDUs, which
 * come when both are open. */
static bool
has_way(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    for (int hop = OA_HOP_CLIENT; hop <= OA_HOP_SERVER; hop++) {
        const struct oa_traffic *traffic = vc->traffic[hop];
        bool was_open = vc->leg_seen[hop][oa_channel_leg(channel)] ||
                        traffic[OA_CLIENT].rpc_pdus > 0 || traffic[OA_SERVER].rpc_pdus > 0;
        if (was_open && takes_same_way(channel, vc->endpoint[hop]) &&
            oa_hop_is_http((enum oa_hop)hop) == oa_hop_is_http(channel->hop))
            return true;
    }
    return false;
}

/* Whether the other channel of its hop is open, and waits for this one: nothing has come that needs
 * both. A server may go on before it has the second one. */
static bool
is_waited_for(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    for (int hop = OA_HOP_CLIENT; hop <= OA_HOP_SERVER; hop++)
        if (vc->channel[hop][oa_channel_leg(channel) ^ 1] &&
            takes_same_way(channel, vc->endpoint[hop]))
            return !has_way(vc, channel);
    return false;
}

bool
oa_http_hops_is_used_again(const struct oa_virtual_connection *vc, const struct oa_channel *channel,
                           struct oa_stamp stamp)
{
    /* Bytes behind a loss come late. */
    struct oa_stamp since = vc->established.frame ? vc->established : vc->last;
    int64_t within_ns = has_way(vc, channel) ? 0 : HOPS_WITHIN_NS;

    return !channel->is_successor && channel->vc != vc &&
           (vc->established.frame || vc->calls || vc->binds) &&
           stamp.time_ns > since.time_ns + within_ns && !is_waited_for(vc, channel);
}

bool
oa_http_hops_lack(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    bool is_on_http = oa_hop_is_http(channel->hop);
    enum oa_leg leg = oa_channel_leg(channel);

    for (int hop = OA_HOP_CLIENT; hop <= OA_HOP_SERVER; hop++)
        if (takes_same_way(channel, vc->endpoint[hop]) &&
            oa_hop_is_http((enum oa_hop)hop) == is_on_http)
            return !vc->leg_seen[hop][leg];
    return !is_in_capture(vc, is_on_http ? OA_HOP_CLIENT : OA_HOP_SERVER);
}

/* Whether the head of the channel is for the server of `vc`. */
static bool
has_same_target(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    return vc->target_server && channel->target_server &&
           g_ascii_strcasecmp(vc->target_server, channel->target_server) == 0 &&
           vc->target_port == channel->target_port;
}

bool
oa_http_hops_may_succeed(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++)
        if (is_in_capture(vc, hop) &&
            is_same_host(&channel->endpoint[OA_CLIENT], &vc->endpoint[hop][OA_CLIENT]) &&
            (takes_same_way(channel, vc->endpoint[hop]) || has_same_target(vc, channel)))
            return true;
    return false;
}

static bool
is_same_way(const struct oa_endpoint a[2], const struct oa_endpoint b[2])
{
    return is_same_host(&a[OA_CLIENT], &b[OA_CLIENT]) &&
           is_same_server(&a[OA_SERVER], &b[OA_SERVER]);
}

static bool
shares_leg(const struct oa_virtual_connection *a, int hop, const struct oa_virtual_connection *b,
           int other_hop)
{
    return (a->leg_seen[hop][OA_LEG_IN] && b->leg_seen[other_hop][OA_LEG_IN]) ||
           (a->leg_seen[hop][OA_LEG_OUT] && b->leg_seen[other_hop][OA_LEG_OUT]);
}

/* The number of hops up to the last one of HTTP. */
static unsigned
n_http_hops(const struct oa_virtual_connection *vc)
{
    int end = OA_HOP_SERVER;

    while (end > OA_HOP_CLIENT && !is_in_capture(vc, end - 1))
        end--;
    return (unsigned)end;
}

/* Whether `vc` has only the nearest HTTP hop, and `other` has one between the same hosts. */
static bool
has_place_in(const struct oa_virtual_connection *vc, const struct oa_virtual_connection *other,
             unsigned *hop)
{
    for (*hop = 0; n_http_hops(vc) == 1 && *hop < n_http_hops(other); ++*hop)
        if (is_same_way(vc->endpoint[OA_HOP_CLIENT], other->endpoint[*hop]))
            return true;
    return false;
}

bool
oa_http_hops_align(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
                   unsigned distance[2])
{
    distance[0] = distance[1] = 0;
    if (shares_leg(a, OA_HOP_SERVER, b, OA_HOP_SERVER))
        return false;
    if (has_place_in(b, a, &distance[1]))
        return true;
    distance[1] = 0;
    return has_place_in(a, b, &distance[0]);
}

unsigned
oa_http_hops_behind(const struct oa_virtual_connection *near,
                    const struct oa_virtual_connection *far)
{
    unsigned mine = n_http_hops(near), other = n_http_hops(far);

    if (shares_leg(near, OA_HOP_SERVER, far, OA_HOP_SERVER))
        return OA_HOP_SERVER;
    return mine + other <= OA_HOP_SERVER ? mine : OA_HOP_SERVER;
}

bool
oa_http_hops_collide(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b)
{
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++)
        if (shares_leg(a, hop, b, hop) && !is_same_way(a->endpoint[hop], b->endpoint[hop]))
            return true;
    return false;
}

/* Whether it has the successor that the cookie names, or of the channel that it names. */
static bool
has_successor(const struct oa_virtual_connection *vc, const struct oa_cookie *cookie)
{
    for (int leg = 0; leg < OA_LEGS; leg++) {
        const struct oa_channel *channel = vc->channel[OA_HOP_CLIENT][leg];
        if (channel && channel->is_successor &&
            (memcmp(&channel->cookie, cookie, OA_COOKIE_SIZE) == 0 ||
             memcmp(&channel->predecessor_cookie, cookie, OA_COOKIE_SIZE) == 0))
            return true;
    }
    return false;
}

bool
oa_http_hops_continue(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
                      const struct oa_cookie *cookie, bool is_expected)
{
    return (is_expected || has_successor(a, cookie) != has_successor(b, cookie)) &&
           is_in_capture(a, OA_HOP_CLIENT) && is_in_capture(b, OA_HOP_CLIENT) &&
           is_same_host(&a->endpoint[OA_HOP_CLIENT][OA_CLIENT],
                        &b->endpoint[OA_HOP_CLIENT][OA_CLIENT]);
}

bool
oa_http_hops_are_parallel(const struct oa_virtual_connection *a,
                          const struct oa_virtual_connection *b)
{
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++)
        for (int other = OA_HOP_CLIENT; other < OA_HOP_SERVER; other++)
            if (is_in_capture(a, hop) && is_in_capture(b, other) && shares_leg(a, hop, b, other) &&
                is_same_server(&a->endpoint[hop][OA_SERVER], &b->endpoint[other][OA_SERVER]))
                return true;
    return false;
}
