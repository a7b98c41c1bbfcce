/* hop_join.c
 * Joins the hops of a virtual connection by what each of them has carried, where the capture lacks
 * cookies and calls that tell: PDUs cut short, or the response to a bind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/hop_join.h"

#include "track/channel_kind.h"
#include "track/http_hops.h"
#include "track/join_parts.h"

/* --- by PDUs that were cut short --- */

/* Of PDUs that are all that two connections have carried. */
#define FITS_NEEDED_OF_ALL 2

/* Another virtual connection whose PDUs on another hop are those of this one. */
struct same_way {
    struct virtual_connection *vc; /* NULL: none, or several that fit as well */
    bool is_near;                  /* this one is nearer to the client */
    int64_t apart_ns;
};

/* Whether a connection with that trail is on the same way as the one of `vc`: both have carried the
 * same, or enough of it. */
static void
compare_ways(struct same_way *best, const struct pdu_trail *mine, struct virtual_connection *other,
             const struct pdu_trail *theirs, enum oa_side side, bool is_near)
{
    struct pdu_trail_fit fit =
        is_near ? oa_pdu_trails_fit(mine, theirs, side) : oa_pdu_trails_fit(theirs, mine, side);

    if (fit.is_excluded || fit.same < (fit.is_whole ? FITS_NEEDED_OF_ALL : JOIN_FITS_NEEDED) ||
        fit.apart_ns > best->apart_ns)
        return;
    best->vc = fit.apart_ns < best->apart_ns ? other : NULL;
    best->is_near = is_near;
    best->apart_ns = fit.apart_ns;
}

/* Whether they may be parts of one virtual connection that have that leg of different hops. */
static bool
may_continue(const struct virtual_connection *vc, enum oa_hop hop,
             const struct virtual_connection *other, enum oa_hop other_hop, enum oa_leg leg)
{
    if (vc->facts.has_cookie && other->facts.has_cookie)
        return false;
    if (oa_hop_is_http(hop) && oa_hop_is_http(other_hop))
        return !oa_http_hops_are_parallel(&vc->facts, &other->facts);
    return hop != other_hop && !oa_join_has_leg(vc, other_hop, leg) &&
           !oa_join_has_leg(other, hop, leg);
}

/* The neighbour that is the other hop of the channel that `vc` has on that leg of the hop. */
static struct same_way
find_same_way(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    struct same_way best = { .apart_ns = INT64_MAX };
    const struct pdu_trail *mine = oa_join_trail(vc, hop, leg);
    enum oa_side side = leg == OA_LEG_OUT ? OA_SERVER : OA_CLIENT;
    struct neighbours neighbours = oa_join_neighbours(vc);

    for (struct virtual_connection *other; (other = oa_join_next(&neighbours));)
        for (int at = 0; at < OA_HOPS; at++) {
            const struct pdu_trail *theirs = oa_join_trail(other, (enum oa_hop)at, leg);
            if (!theirs || !may_continue(vc, hop, other, (enum oa_hop)at, leg))
                continue;
            if (oa_hop_is_http(hop))
                compare_ways(&best, mine, other, theirs, side, true);
            if (oa_hop_is_http((enum oa_hop)at))
                compare_ways(&best, mine, other, theirs, side, false);
        }
    return best;
}

/* The channel is about to end: if another one has carried the same PDUs on another hop, and each is
 * the best one for the other, both are of one virtual connection. */
static struct virtual_connection *
join_same_way(struct virtual_connection *vc, const struct channel *channel)
{
    enum oa_hop hop = channel->facts.hop;
    enum oa_leg leg = oa_channel_leg(&channel->facts);

    if (!channel->trail || !oa_calls_may_join(&vc->calls) ||
        oa_join_trail(vc, hop, leg) != channel->trail)
        return vc;
    struct same_way found = find_same_way(vc, hop, leg);
    if (!found.vc)
        return vc;
    for (int at = 0; at < OA_HOPS; at++) {
        if (!oa_join_trail(found.vc, (enum oa_hop)at, leg) ||
            find_same_way(found.vc, (enum oa_hop)at, leg).vc != vc)
            continue;
        struct virtual_connection *near = found.is_near ? vc : found.vc;
        struct virtual_connection *far = found.is_near ? found.vc : vc;
        bool is_http = oa_hop_is_http(hop) && oa_hop_is_http((enum oa_hop)at);
        if (is_http ? oa_vc_arrange_hops(near, far) : oa_join_arrange_hops(near, far))
            return oa_join_parts(near, far);
    }
    return vc;
}

/* --- by the response to a bind --- */

/* Whether both show the same response to a bind, and `near`, which is nearer to the client, shows
 * it later. */
static bool
have_same_answer(const struct bind_answer *near, const struct bind_answer *far)
{
    int64_t apart_ns = near->first_ns - far->first_ns;

    return near->group && near->group == far->group && near->call_id == far->call_id &&
           near->length == far->length && apart_ns >= -OA_PAIRING_NS && apart_ns <= HOP_DELAY_NS;
}

/* Whether `vc` is nearer to the client than the other one, by what came back from the server. */
static bool
is_nearer(const struct virtual_connection *vc, const struct virtual_connection *other)
{
    bool is_http = oa_hop_is_http(oa_vc_hop(&vc->facts));

    return is_http && oa_hop_is_http(oa_vc_hop(&other->facts))
               ? vc->bindings.answer.first_ns >= other->bindings.answer.first_ns
               : is_http;
}

/* Plain RPC over TCP has one hop. */
static bool
may_have_hops(const struct virtual_connection *vc)
{
    return vc->facts.has_cookie || vc->calls.is_part;
}

/* The only neighbour that has the same response to a bind on another hop; NULL: none, or several.
 */
static struct virtual_connection *
find_same_answer(const struct virtual_connection *vc)
{
    struct neighbours neighbours = oa_join_neighbours(vc);
    enum oa_hop hop = oa_vc_hop(&vc->facts);
    struct virtual_connection *found = NULL;

    for (struct virtual_connection *other; (other = oa_join_next(&neighbours));) {
        bool is_near = is_nearer(vc, other);
        const struct virtual_connection *near = is_near ? vc : other;
        const struct virtual_connection *far = is_near ? other : vc;

        if (!have_same_answer(&near->bindings.answer, &far->bindings.answer) ||
            !may_have_hops(other) ||
            !may_continue(vc, hop, other, oa_vc_hop(&other->facts), OA_LEG_OUT))
            continue;
        if (found)
            return NULL;
        found = other;
    }
    return found;
}

/* A channel of `vc` is about to end: if another one, and only that one, got the same response to
 * its bind on another hop, both are one virtual connection. The capture may have no call of it. */
static struct virtual_connection *
join_same_answer(struct virtual_connection *vc)
{
    struct virtual_connection *found = NULL;

    if (vc->bindings.answer.group && may_have_hops(vc) && oa_calls_may_join(&vc->calls))
        found = find_same_answer(vc);
    if (!found || find_same_answer(found) != vc)
        return vc;
    bool is_near = is_nearer(vc, found);
    struct virtual_connection *near = is_near ? vc : found, *far = is_near ? found : vc;

    return oa_join_arrange_hops(near, far) ? oa_join_parts(near, far) : vc;
}

struct virtual_connection *
oa_hop_join(struct virtual_connection *vc, const struct channel *channel)
{
    return join_same_answer(join_same_way(vc, channel));
}
