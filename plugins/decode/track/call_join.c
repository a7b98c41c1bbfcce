/* call_join.c
 * Joins virtual connections by their calls in captures that begin in the middle: [MS-RPCH] has no
 * other link between channels whose beginning is not in the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_join.h"

#include <stdlib.h>
#include <string.h>

#include "track/call_match.h"
#include "track/channel_kind.h"
#include "track/hop_join.h"
#include "track/http_hops.h"
#include "track/join_parts.h"

/* Candidate calls that may be the other half. */
#define FITTING_MAX 8

/* The two channels of a virtual connection are opened within that time. */
#define OPENING_NS (INT64_C(10) * 1000000000)

static struct virtual_connection *
vc_of(const struct call *call)
{
    return (struct virtual_connection *)call->facts.vc;
}

/* Whether the channel of `b` may be the successor of that of `a`, on which nothing came since that
 * time. */
static bool
may_succeed(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
            enum oa_hop hop, int leg, int64_t since_ns)
{
    const struct oa_channel *before = a->channel[hop][leg], *channel = b->channel[hop][leg];

    return channel && channel->has_start && oa_stamp_is_before(a->opened, channel->opened) &&
           (!before || (oa_stamp_is_before(before->opened, channel->opened) &&
                        before->last.time_ns <= since_ns));
}

/* Whether the channels of both may be those of one virtual connection: one cookie at most, and none
 * of them is there twice, unless it may be a successor as of the time for its leg; NULL: none may.
 */
static bool
may_belong(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
           enum oa_hop hop, const int64_t since_ns[OA_LEGS])
{
    for (int i = 0; i < OA_HOPS; i++)
        for (int leg = 0; leg < OA_LEGS; leg++)
            if (a->leg_seen[i][leg] && b->leg_seen[i][leg] &&
                !(since_ns && (may_succeed(a, b, (enum oa_hop)i, leg, since_ns[leg]) ||
                               may_succeed(b, a, (enum oa_hop)i, leg, since_ns[leg]))))
                return false;
    return !(a->has_cookie && b->has_cookie) && oa_join_is_same_end(a, b, hop);
}

static bool
is_same_text(const char *a, const char *b)
{
    return a && b && g_ascii_strcasecmp(a, b) == 0;
}

/* An exchange of which the end is missing names no user. */
static bool
may_be_same_user(const struct oa_auth *a, const struct oa_auth *b)
{
    return !a || !b || !a->user[0] || !b->user[0] || is_same_text(a->user, b->user);
}

/* Whether the head of one that lacks the server's hop is for the server of the other, whose own
 * head is missing. */
static bool
is_target_of(const struct oa_virtual_connection *head, const struct oa_virtual_connection *other)
{
    const struct oa_endpoint *server = &other->endpoint[OA_HOP_SERVER][OA_SERVER];

    return head->target_server && !other->target_server && server->port != 0 &&
           head->target_port == server->port;
}

static bool
is_same_target(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b)
{
    if (is_target_of(a, b) || is_target_of(b, a))
        return true;
    return is_same_text(a->target_server, b->target_server) && a->target_port == b->target_port;
}

static bool
are_opened_at_once(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b)
{
    return llabs(a->opened.time_ns - b->opened.time_ns) < OPENING_NS;
}

/* Whether the heads of both show that they were opened for the same: by one user, at one time,
 * through one proxy to one target. Then one match is enough, if they have one channel each. */
static bool
are_alike(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
          enum oa_hop hop)
{
    const struct oa_endpoint *mine = &a->endpoint[hop][OA_SERVER];
    const struct oa_endpoint *other = &b->endpoint[hop][OA_SERVER];

    return oa_hop_is_http(hop) && memcmp(mine, other, sizeof *mine) == 0 && is_same_target(a, b) &&
           may_be_same_user(a->auth, b->auth) && are_opened_at_once(a, b);
}

/* The half of the call that the side has sent. */
static const struct oa_call_half *
half_of(const struct call *call, enum oa_hop hop, enum oa_side side)
{
    return side == OA_CLIENT ? &call->facts.request[hop] : &call->facts.response[hop];
}

/* Whether the other half of the call that `side` has sent to `vc` may be in that call: it is of a
 * virtual connection that has the channel that `vc` lacks, and no other that both have; or one of
 * them has the successor of a channel of the other one. */
static bool
may_be_other_half(const struct virtual_connection *vc, enum oa_hop hop, enum oa_side side,
                  const struct call *mine, const struct call *call)
{
    const struct virtual_connection *other = vc_of(call);
    const struct oa_call_half *theirs = half_of(call, hop, side ^ 1);
    const struct oa_call_half *request = side == OA_CLIENT ? half_of(mine, hop, side) : theirs;
    const struct oa_call_half *response = side == OA_CLIENT ? theirs : half_of(mine, hop, side);
    const int64_t since_ns[] = {
        [OA_LEG_IN] = request->first.time_ns, [OA_LEG_OUT] = response->first.time_ns
    };

    return other != vc && theirs->is_complete && !half_of(call, hop, side)->fragments &&
           response->first.time_ns >= request->first.time_ns &&
           may_belong(&other->facts, &vc->facts, hop, since_ns);
}

/* Whether the last PDU of `vc` matched a call of the other one. */
static bool
fitted_before(const struct virtual_connection *vc, int place,
              const struct virtual_connection *other)
{
    return vc->fits[place] > 0 && vc->fitting[place] == other->facts.number;
}

/* How the calls of both fit, of which `vc` has that leg of the hop, the other one the other leg. */
static struct call_match
match(const struct virtual_connection *vc, const struct virtual_connection *other, enum oa_hop hop,
      enum oa_leg leg)
{
    return leg == OA_LEG_IN ? oa_call_match(&vc->calls, &other->calls, hop)
                            : oa_call_match(&other->calls, &vc->calls, hop);
}

/* Whether most responses are to the request that was the newest one. */
static bool
is_prompt(const struct call_match *how)
{
    return how->prompt > 0 && how->prompt >= how->belated;
}

/* Whether each request has its response, and each response its request, as of a client that sends
 * several requests before it gets the first response. The last requests may still have none; of the
 * others, and of the responses, the capture may have lost some. */
static bool
is_all_answered(const struct call_match *how)
{
    unsigned answered = how->prompt + how->belated;
    unsigned alone = how->requests - how->open - answered;

    if (!how->goes_on || answered < JOIN_FITS_NEEDED || (alone > 0 && !how->may_lack))
        return false;
    return how->strays + alone == 0 || how->strays + alone < answered;
}

/*
 * Requests on one connection and responses on another have the same call ids, each response that of
 * the newest request, and no third connection fits as well: these two are channels of one virtual
 * connection. The responses may be the first to come: bytes behind a loss are held back.
 */
static struct virtual_connection *
join_by_other_half(struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
                   enum oa_side side)
{
    const GQueue *queue = oa_calls_loose(vc->tracker, mine->facts.call_id);
    enum oa_leg leg = side == OA_CLIENT ? OA_LEG_IN : OA_LEG_OUT;
    struct virtual_connection *fitting[FITTING_MAX], *found = NULL;
    unsigned looked_at = 0, n = 0, rivals = 0;
    int place = hop == OA_HOP_SERVER;

    if (!queue || half_of(mine, hop, side)->fragments != 1 || !oa_join_has_leg(vc, hop, leg) ||
        half_of(mine, hop, side ^ 1)->fragments ||
        (side == OA_CLIENT && oa_join_has_leg(vc, hop, leg ^ 1)))
        return vc;
    for (const GList *link = queue->head; link; link = link->next) {
        if (++looked_at > JOIN_CANDIDATES_MAX)
            return vc;
        if (!may_be_other_half(vc, hop, side, mine, link->data))
            continue;
        if (n == FITTING_MAX)
            return vc;
        fitting[n++] = vc_of(link->data);
    }
    struct call_match how = { 0 };
    for (unsigned i = 0; i < n; i++) {
        struct call_match this = match(vc, fitting[i], hop, leg);

        if (this.is_excluded)
            continue;
        rivals++;
        found = fitting[i];
        how = this;
    }
    if (rivals > 1)
        return vc;
    vc->fits[place] = rivals == 0 ? 0 : fitted_before(vc, place, found) ? vc->fits[place] + 1 : 1;
    vc->fitting[place] = rivals == 0 ? 0 : found->facts.number;
    if (rivals == 0 || !is_prompt(&how))
        return vc;
    bool is_successor = oa_join_has_leg(found, hop, leg) || oa_join_has_leg(vc, hop, leg ^ 1);
    if ((is_successor || !are_alike(&vc->facts, &found->facts, hop)) &&
        MIN(vc->fits[place], how.prompt) < JOIN_FITS_NEEDED)
        return vc;
    return oa_join_parts(found, vc);
}

/* Whether that channel of `vc` may be one of `other`, which has none, or whose own it may replace:
 * it is the only one of `vc`, of the same hosts, nothing came on the other since, and the call is
 * the last one so far. What recycled it is not in the capture. Or its own is a successor, and this
 * one may be what came before that, held back behind a loss. */
static bool
may_take(const struct virtual_connection *vc, const struct virtual_connection *other,
         enum oa_hop hop, enum oa_leg leg, const struct oa_call *call, struct oa_stamp first)
{
    const struct oa_channel *own = other->facts.channel[hop][leg];

    if (!oa_join_has_leg(other, hop, leg))
        return true;
    if (vc->channels.length != 1 || !oa_join_is_same_end(&vc->facts, &other->facts, hop))
        return false;
    return (own && own->is_successor && first.time_ns < own->opened.time_ns) ||
           (call->call_id >= other->calls.highest_id[hop] &&
            (!own || own->last.time_ns <= first.time_ns));
}

static struct oa_stamp
stamp_of(const struct oa_call_half *half, enum pdu_of_half which)
{
    return which == PDU_FIRST ? half->first : half->last;
}

/* Whether the halves may be those of one call, in the order of the way from the client to the
 * server and back. */
static bool
are_in_order(const struct oa_call *a, enum oa_hop a_hop, const struct oa_call *b, enum oa_hop b_hop,
             enum pdu_of_half which)
{
    const struct oa_call *near = a_hop < b_hop ? a : b, *far = near == a ? b : a;
    enum oa_hop near_hop = MIN(a_hop, b_hop), far_hop = MAX(a_hop, b_hop);
    const struct oa_call_half *halves[] = { &near->request[near_hop], &far->request[far_hop],
                                            &far->response[far_hop], &near->response[near_hop] };
    int64_t before_ns = INT64_MIN;

    for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
        if (!halves[i]->fragments)
            continue;
        int64_t time_ns = stamp_of(halves[i], which).time_ns;
        if (time_ns + OA_PAIRING_NS < before_ns)
            return false;
        before_ns = time_ns;
    }
    return true;
}

/* Calls that are looked at to find the one before. */
#define CALLS_BEFORE_MAX 8

static enum oa_leg
leg_of(enum oa_side sender)
{
    return sender == OA_SERVER ? OA_LEG_OUT : OA_LEG_IN;
}

static bool
is_vague(const struct virtual_connection *vc, enum oa_hop hop, enum oa_side side)
{
    return oa_pdu_trail_is_vague(oa_join_trail(vc, hop, leg_of(side)), side);
}

/* How the PDUs fit that the side has sent to both, of which the first one is nearer to the client
 * or not. */
static struct pdu_trail_fit
fit_hops(const struct virtual_connection *vc, enum oa_hop hop,
         const struct virtual_connection *other, enum oa_hop other_hop, enum oa_side side,
         bool is_near)
{
    const struct pdu_trail *mine = oa_join_trail(vc, hop, leg_of(side));
    const struct pdu_trail *theirs = oa_join_trail(other, other_hop, leg_of(side));

    return is_near ? oa_pdu_trails_fit(mine, theirs, side) : oa_pdu_trails_fit(theirs, mine, side);
}

enum likeness { UNLIKE, LIKE_SO_FAR, SAME };

/* Whether the PDU that that side sent to `vc` on the hop is that of the call on the other hop, of
 * which the first one is nearer to the client or not. If too little of it is left, those before it
 * have to be the same, too. */
static enum likeness
compare_pdus(const struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
             const struct call *call, enum oa_hop other_hop, enum oa_side side, bool is_near)
{
    enum pdu_of_half which = oa_calls_last_pdu(half_of(mine, hop, side));

    if (!is_vague(vc, hop, side) && !is_vague(vc_of(call), other_hop, side))
        return oa_calls_same_pdu(&call->hash[side][which], &mine->hash[side][which]) ? SAME
                                                                                     : UNLIKE;
    struct pdu_trail_fit fit = fit_hops(vc, hop, vc_of(call), other_hop, side, is_near);
    if (fit.same == 0 || fit.is_excluded)
        return UNLIKE;
    return fit.same >= JOIN_FITS_NEEDED ? SAME : LIKE_SO_FAR;
}

/* Whether what that side sent to `vc` on the hop may be the PDU of the call on the other hop. */
static bool
may_be_same_pdu(const struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
                const struct call *call, enum oa_hop other_hop, enum oa_side side)
{
    const struct virtual_connection *other = vc_of(call);
    const struct oa_call_half *own = half_of(mine, hop, side);
    const struct oa_call_half *theirs = half_of(call, other_hop, side);
    enum oa_leg leg = side == OA_SERVER ? OA_LEG_OUT : OA_LEG_IN;
    enum pdu_of_half which = oa_calls_last_pdu(own);
    int64_t own_ns = stamp_of(own, which).time_ns, their_ns = stamp_of(theirs, which).time_ns;

    return other != vc && theirs->fragments && !half_of(call, hop, side)->fragments &&
           !half_of(mine, other_hop, side)->fragments &&
           may_take(vc, other, hop, leg, &mine->facts, own->first) &&
           may_take(other, vc, other_hop, leg, &call->facts, theirs->first) &&
           !(vc->facts.has_cookie && other->facts.has_cookie) &&
           llabs(own_ns - their_ns) <= HOP_DELAY_NS &&
           are_in_order(&mine->facts, hop, &call->facts, other_hop, which);
}

/* The last call before that one of which the hop has the half that the side sends; NULL: none. */
static const struct call *
call_before(const struct call *call, enum oa_hop hop, enum oa_side side)
{
    const GList *link = call->link.prev;

    for (unsigned i = 0; link && i < CALLS_BEFORE_MAX; i++, link = link->prev)
        if (half_of(link->data, hop, side)->fragments)
            return link->data;
    return NULL;
}

/* PDUs that were cut short show that `found` is the other hop of `vc`. Whether those of a third
 * one, which has not come to the last of them yet, fit as well. */
static bool
has_rival(const struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
          const struct virtual_connection *found, enum oa_hop other_hop, enum oa_side side,
          bool is_near)
{
    const struct call *before = call_before(mine, hop, side);
    const GQueue *queue = before ? oa_calls_loose(vc->tracker, before->facts.call_id) : NULL;
    unsigned looked_at = 0;

    if (!queue || (!is_vague(vc, hop, side) && !is_vague(found, other_hop, side)))
        return false;
    for (const GList *link = queue->head; link && looked_at < JOIN_CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct virtual_connection *rival = vc_of(link->data);
        struct pdu_trail_fit fit = { 0 };

        if (rival != vc && rival != found && !oa_join_has_leg(rival, other_hop, leg_of(side)))
            fit = fit_hops(rival, hop, found, other_hop, side, is_near);
        if (fit.same > 0 && !fit.is_excluded)
            return true;
    }
    return false;
}

/* The same PDU, including its context handle, was seen on the other hop of one other virtual
 * connection: these are the two hops of one. */
static struct virtual_connection *
join_by_pdu(struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
            enum oa_side side)
{
    const GQueue *queue = oa_calls_loose(vc->tracker, mine->facts.call_id);
    enum oa_hop other_hop = hop == OA_HOP_CLIENT ? OA_HOP_SERVER : OA_HOP_CLIENT;
    struct virtual_connection *found = NULL;
    enum likeness how = UNLIKE;
    unsigned looked_at = 0;

    if (!queue)
        return vc;
    for (const GList *link = queue->head; link && looked_at < JOIN_CANDIDATES_MAX;
         link = link->next, looked_at++) {
        struct virtual_connection *other = vc_of(link->data);

        if (other == found || !may_be_same_pdu(vc, hop, mine, link->data, other_hop, side))
            continue;
        enum likeness this =
            compare_pdus(vc, hop, mine, link->data, other_hop, side, hop < other_hop);
        if (this == UNLIKE)
            continue;
        if (found) /* it does not show which of them */
            return vc;
        found = other;
        how = this;
    }
    if (how != SAME || has_rival(vc, hop, mine, found, other_hop, side, hop < other_hop) ||
        !oa_join_arrange_hops(vc, found))
        return vc;
    return hop == OA_HOP_CLIENT ? oa_join_parts(vc, found) : oa_join_parts(found, vc);
}

/* The first HTTP hop that has the half of the call that the side has sent; OA_HOP_SERVER: none. */
static enum oa_hop
http_hop_of(const struct call *call, enum oa_side side)
{
    int hop = OA_HOP_CLIENT;

    while (hop < OA_HOP_SERVER && !half_of(call, (enum oa_hop)hop, side)->fragments)
        hop++;
    return (enum oa_hop)hop;
}

/*
 * The same PDU was seen on an HTTP hop of one other virtual connection: a balancer or front end
 * passes requests on by HTTP. Of their hops, those nearer to the client have requests earlier, and
 * responses later.
 */
static struct virtual_connection *
join_by_http_pdu(struct virtual_connection *vc, enum oa_hop hop, const struct call *mine,
                 enum oa_side side)
{
    const GQueue *queue = oa_calls_loose(vc->tracker, mine->facts.call_id);
    const struct oa_call_half *own = half_of(mine, hop, side);
    enum pdu_of_half which = oa_calls_last_pdu(own);
    struct oa_stamp then, now = stamp_of(own, which);
    struct virtual_connection *found = NULL;
    enum likeness how = UNLIKE;
    bool is_near = false;
    unsigned looked_at = 0;

    if (!queue || !oa_hop_is_http(hop))
        return vc;
    for (const GList *link = queue->head; link && looked_at < JOIN_CANDIDATES_MAX;
         link = link->next, looked_at++) {
        const struct call *call = link->data;
        enum oa_hop other_hop = http_hop_of(call, side);
        const struct oa_call_half *theirs = half_of(call, other_hop, side);
        struct virtual_connection *other = vc_of(call);

        if (other == vc || other_hop == OA_HOP_SERVER ||
            (vc->facts.has_cookie && other->facts.has_cookie))
            continue;
        then = stamp_of(theirs, which);
        if (llabs(now.time_ns - then.time_ns) > HOP_DELAY_NS ||
            oa_http_hops_are_parallel(&vc->facts, &other->facts))
            continue;
        bool is_later = oa_stamp_is_before(theirs->first, own->first);
        bool is_nearer = is_later == (side == OA_SERVER);
        enum likeness this = compare_pdus(vc, hop, mine, call, other_hop, side, is_nearer);
        if (this == UNLIKE)
            continue;
        if (found) /* it does not show which of them */
            return vc;
        found = other;
        how = this;
        is_near = is_nearer;
    }
    if (how != SAME)
        return vc;
    struct virtual_connection *near = is_near ? vc : found, *far = is_near ? found : vc;

    if (!oa_vc_arrange_hops(near, far))
        return vc;
    return oa_join_parts(near, far);
}

/* The ways to join by a call, one after the other. */
static struct virtual_connection *(*const WAYS[])(struct virtual_connection *vc, enum oa_hop hop,
                                                  const struct call *mine, enum oa_side side) = {
    join_by_other_half,
    join_by_pdu,
    join_by_http_pdu,
};

struct virtual_connection *
oa_call_join(struct virtual_connection *vc, const struct call *call, const struct oa_event *event)
{
    enum oa_side side = event->rpc->header.ptype == OA_RPC_REQUEST ? OA_CLIENT : OA_SERVER;
    const struct oa_call_half *half = half_of(call, event->channel->hop, side);

    if (!oa_calls_may_join(&vc->calls) || (half->fragments > 1 && !half->is_complete))
        return vc;
    for (size_t i = 0; call && i < G_N_ELEMENTS(WAYS); i++) {
        vc = WAYS[i](vc, event->channel->hop, call, side);
        call = oa_calls_find(&vc->calls, event->rpc->header.call_id);
    }
    return vc;
}

/* --- at the end --- */

/* Whether `vc` has that channel of the hop, but not the other one. */
static bool
has_only(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    return oa_join_has_leg(vc, hop, leg) && !oa_join_has_leg(vc, hop, leg ^ 1);
}

/* How well two virtual connections fit that may be the two channels of a hop. */
enum fit { FIT_NONE, FIT_BY_HOSTS, FIT_BY_HEAD, FIT_BY_HEAD_AND_TIME, FIT_BY_CALLS };

/* Whether one of two connections to a server lacks its first PDU, and both were opened by one proxy
 * at one time. */
static bool
are_of_one_proxy(const struct virtual_connection *a, const struct virtual_connection *b)
{
    const struct oa_virtual_connection *half = a->facts.has_cookie ? &b->facts : &a->facts;
    const struct oa_virtual_connection *other = a->facts.has_cookie ? &a->facts : &b->facts;

    return !half->has_cookie && other->has_cookie && are_opened_at_once(half, other) &&
           memcmp(half->endpoint[OA_HOP_SERVER][OA_CLIENT].address,
                  other->endpoint[OA_HOP_SERVER][OA_CLIENT].address, 16) == 0;
}

/* Whether the capture holds nothing of what the server sent on the OUT channel. */
static bool
is_one_way(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    const struct oa_channel *channel = vc->channel[hop][OA_LEG_OUT];

    return channel && !channel->response.frame && !channel->traffic[OA_SERVER].rts_pdus &&
           !channel->traffic[OA_SERVER].rpc_pdus;
}

/* Whether both are of one proxy, and the head of one at least is missing. */
static bool
lacks_head(const struct oa_virtual_connection *a, const struct oa_virtual_connection *b,
           enum oa_hop hop)
{
    return (!a->target_server || !b->target_server) &&
           memcmp(&a->endpoint[hop][OA_SERVER], &b->endpoint[hop][OA_SERVER],
                  sizeof(struct oa_endpoint)) == 0;
}

/* Whether one shows a bind and the other one a response to it. */
static bool
have_one_bind(const struct virtual_connection *vc, const struct virtual_connection *other,
              enum oa_leg leg)
{
    return leg == OA_LEG_IN ? oa_bindings_fit(&vc->bindings, &other->bindings)
                            : oa_bindings_fit(&other->bindings, &vc->bindings);
}

/* Whether the only channel that `vc` has of the hop began before the capture. */
static bool
began_before(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    const struct oa_channel *channel = vc->facts.channel[hop][leg];

    return channel ? !channel->has_start : vc->facts.leg_late[hop][leg];
}

static enum fit
fit_of(const struct virtual_connection *vc, const struct virtual_connection *other, enum oa_hop hop,
       enum oa_leg leg)
{
    if (!may_belong(&vc->facts, &other->facts, hop, NULL))
        return FIT_NONE;
    struct call_match how = match(vc, other, hop, leg);

    if (how.is_excluded)
        return FIT_NONE;
    bool is_at_one_time = (vc->facts.opened.time_ns <= other->facts.last.time_ns &&
                           other->facts.opened.time_ns <= vc->facts.last.time_ns) ||
                          (began_before(vc, hop, leg) && began_before(other, hop, leg ^ 1));
    if (is_prompt(&how) || is_all_answered(&how) ||
        (oa_hop_is_http(hop) && is_at_one_time && how.prompt + how.belated >= JOIN_FITS_NEEDED))
        return FIT_BY_CALLS;
    bool is_silent = is_one_way(leg == OA_LEG_OUT ? &vc->facts : &other->facts, hop);
    bool are_to_lost = how.requests == 0 && how.responses <= how.lost;
    if ((how.responses > 0 && !are_to_lost) || (how.requests > 1 && !is_silent))
        return FIT_NONE;
    is_at_one_time |= is_silent; /* nothing shows how long it went on */
    if (!oa_hop_is_http(hop))
        return is_at_one_time && are_of_one_proxy(vc, other) ? FIT_BY_HEAD_AND_TIME : FIT_NONE;
    bool is_headless = lacks_head(&vc->facts, &other->facts, hop);
    if (is_at_one_time && is_headless && have_one_bind(vc, other, leg))
        return FIT_BY_HEAD_AND_TIME;
    if (is_silent && is_headless && are_opened_at_once(&vc->facts, &other->facts))
        return FIT_BY_HOSTS;
    if (!are_alike(&vc->facts, &other->facts, hop))
        return FIT_NONE;
    return is_at_one_time ? FIT_BY_HEAD_AND_TIME : FIT_BY_HEAD;
}

/* The best of the neighbours that have only the channel that `vc` lacks; NULL if several are. */
static struct virtual_connection *
find_best(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    struct neighbours neighbours = oa_join_neighbours(vc);
    struct virtual_connection *found = NULL;
    enum fit best = FIT_NONE;

    if (vc->is_contested)
        return NULL;
    for (struct virtual_connection *other; (other = oa_join_next(&neighbours));) {
        bool may_fit = has_only(other, hop, leg ^ 1) && !other->is_contested;
        enum fit fit = may_fit ? fit_of(vc, other, hop, leg) : FIT_NONE;
        if (fit == FIT_NONE || fit < best)
            continue;
        found = fit > best ? other : NULL;
        best = fit;
    }
    return found;
}

/* The virtual connection that has the channel that `vc` lacks: each is the best one for the other.
 * `vc` is about to end: if another one is as good, that one remembers it. */
static struct virtual_connection *
find_other_channel(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg)
{
    struct virtual_connection *found = find_best(vc, hop, leg);
    const struct virtual_connection *back = found ? find_best(found, hop, leg ^ 1) : NULL;

    if (found)
        found->is_contested |= !back;
    return back == vc ? found : NULL;
}

/* Whether the only channel of `half` may be one that `other` had before its own on that leg: the
 * capture has neither its first PDU nor what recycled it. The channel that replaced it came and
 * went later; it may have ended. */
static bool
may_precede(const struct oa_channel *mine, const struct virtual_connection *other, enum oa_hop hop,
            enum oa_leg leg)
{
    const struct oa_channel *current = other->facts.channel[hop][leg];

    if (!current)
        return !mine->has_start && oa_stamp_is_before(mine->last, other->facts.last);
    return oa_stamp_is_before(mine->last, current->last) &&
           ((current->has_start && !mine->has_start) ||
            oa_stamp_is_before(mine->opened, current->opened));
}

/* Whether it may be the one that replaced the own channel of `other`, though the PDU that shows
 * this is lost or cut; `parts`: calls of `other` that it completes. */
static bool
may_follow(const struct virtual_connection *half, const struct oa_channel *mine,
           const struct virtual_connection *other, enum oa_hop hop, enum oa_leg leg, unsigned parts)
{
    const struct oa_channel *current = other->facts.channel[hop][leg];

    if (mine->has_cookie || (current && (oa_stamp_is_before(mine->opened, current->opened) ||
                                         oa_stamp_is_before(mine->last, current->last))))
        return false;
    struct call_match how = match(half, other, hop, leg);
    return !how.is_excluded && (is_prompt(&how) || parts >= JOIN_FITS_NEEDED);
}

/* Whether it may be an earlier or a later channel of `other`: what it carried belongs to calls of
 * `other`, which lack it. */
static bool
may_complete(const struct virtual_connection *half, const struct virtual_connection *other,
             enum oa_hop hop, enum oa_leg leg)
{
    const struct oa_channel *mine = half->facts.channel[hop][leg];

    if (!mine || other == half || half->facts.has_cookie || !oa_join_has_leg(other, hop, leg) ||
        !oa_join_is_same_end(&half->facts, &other->facts, hop))
        return false;
    unsigned parts = oa_calls_parts(&other->calls, &half->calls);
    return parts > 0 &&
           (may_precede(mine, other, hop, leg) || may_follow(half, mine, other, hop, leg, parts));
}

/* Joins the half to the only virtual connection of which its channel may be an earlier or a later
 * one. */
static struct virtual_connection *
join_another(struct virtual_connection *half, enum oa_hop hop, enum oa_leg leg)
{
    struct neighbours neighbours = oa_join_neighbours(half);
    struct virtual_connection *found = NULL;

    for (struct virtual_connection *other; (other = oa_join_next(&neighbours));) {
        if (!may_complete(half, other, hop, leg))
            continue;
        if (found)
            return half;
        found = other;
    }
    if (!found)
        return half;
    struct oa_channel *current = found->facts.channel[hop][leg];
    const struct oa_channel *own = half->facts.channel[hop][leg];
    bool is_before = may_precede(own, found, hop, leg);

    oa_vc_merge(found, half, OA_JOIN_CALL_IDS); /* which may move both to other hops */
    if (is_before && (!current || current->hop == own->hop))
        found->facts.channel[own->hop][leg] = current;
    return found;
}

static const enum oa_hop HOPS[] = { OA_HOP_CLIENT, OA_HOP_SERVER };

/* `vc` is about to end: halves that are still open may be earlier or later channels of
 * it. */
static void
take_others(struct virtual_connection *vc)
{
    struct neighbours neighbours = oa_join_neighbours(vc);

    for (struct virtual_connection *half; (half = oa_join_next(&neighbours));)
        for (size_t i = 0; i < G_N_ELEMENTS(HOPS) * OA_LEGS; i++) {
            enum oa_hop hop = HOPS[i / OA_LEGS];
            enum oa_leg leg = (enum oa_leg)(i % OA_LEGS);
            if (has_only(half, hop, leg) && half->channels.length == 1 &&
                may_complete(half, vc, hop, leg) && join_another(half, hop, leg) != half)
                break;
        }
}

void
oa_call_join_rest(struct channel *channel)
{
    struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;

    if (!vc)
        return;
    vc = oa_hop_join(vc, channel);
    if (vc->channels.length != 1)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(HOPS); i++)
        for (int leg = 0; leg < OA_LEGS; leg++) {
            struct virtual_connection *other =
                has_only(vc, HOPS[i], (enum oa_leg)leg)
                    ? find_other_channel(vc, HOPS[i], (enum oa_leg)leg)
                    : NULL;
            if (other)
                vc = oa_join_parts(other, vc);
            else if (has_only(vc, HOPS[i], (enum oa_leg)leg))
                vc = join_another(vc, HOPS[i], (enum oa_leg)leg);
        }
    if (vc->channels.length == 1)
        take_others(vc);
    oa_calls_forget_ended(channel->tracker);
}
