/* virtual_connection.c
 * Virtual connections: joins channels of both hops by their cookies, and two virtual connections
 * when they turn out to be one.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.2 (recycling), 3.2.3 to 3.2.5 (roles)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/virtual_connection.h"

#include <string.h>

#include "auth/auth_course.h"
#include "base/renamer.h"
#include "track/association.h"
#include "track/authentication.h"
#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/http_hops.h"
#include "track/lone_channels.h"
#include "track/lone_hops.h"
#include "track/outcome.h"
#include "track/sequence.h"
#include "track/successors.h"
#include "track/tracker_state.h"

/* Trees, not hash tables: senders choose cookies, and may choose those that a hash function maps to
 * one place. */
struct vc_table {
    GHashTable *open;
    GQueue by_age;     /* the same, the oldest first */
    GTree *by_cookie;  /* of struct virtual_connection, by their cookies */
    GTree *by_channel; /* by cookies of channels */
    uint64_t n_vcs;
};

static void
free_cookie(void *cookie, void *unused)
{
    (void)unused;
    g_free(cookie);
}

static void
free_vc(void *data)
{
    struct virtual_connection *vc = data;

    oa_call_list_clear(&vc->calls);
    oa_bindings_clear(&vc->bindings);
    for (int hop = 0; hop < OA_HOPS; hop++)
        oa_unsealing_free(vc->unsealing[hop]);
    g_queue_foreach(&vc->channel_cookies, free_cookie, NULL);
    oa_sequences_free(&vc->facts);
    g_free(vc->facts.target_server);
    g_free(vc->facts.proxy_name);
    oa_auth_copy_release(vc->facts.auth);
    oa_auth_copy_release(vc->facts.security.auth);
    g_free(vc->facts.findings);
    g_free(vc->facts.client);
    g_free(vc->facts.bindings);
    oa_auth_course_free(vc->facts.rpc_exchange);
    g_free(vc);
}

static int
compare_cookies(const void *a, const void *b)
{
    return memcmp(a, b, OA_COOKIE_SIZE);
}

static int
compare_vcs(const void *a, const void *b)
{
    const struct virtual_connection *one = a, *other = b;

    return compare_cookies(&one->facts.cookie, &other->facts.cookie);
}

/* A cookie, of which the first bytes are known. */
struct known_cookie {
    const struct oa_cookie *cookie;
    size_t bytes;
};

/* By the bytes that are known of both: those that are not are 0 where they are sorted. */
static int
compare_known(const void *data, const void *wanted)
{
    const struct virtual_connection *vc = data;
    const struct known_cookie *known = wanted;

    return memcmp(known->cookie, &vc->facts.cookie, MIN(known->bytes, vc->facts.cookie_bytes));
}

/* The last virtual connection with that cookie; NULL: none. */
static struct virtual_connection *
find_by_cookie(const struct vc_table *table, const struct oa_cookie *cookie, size_t bytes)
{
    return g_tree_search(table->by_cookie, compare_known,
                         &(struct known_cookie){ .cookie = cookie, .bytes = bytes });
}

struct vc_table *
oa_vcs_new(void)
{
    struct vc_table *table = g_new0(struct vc_table, 1);

    table->open = g_hash_table_new(NULL, NULL);
    table->by_cookie = g_tree_new(compare_vcs);
    table->by_channel = g_tree_new(compare_cookies);
    return table;
}

void
oa_vcs_free(struct vc_table *table)
{
    GHashTableIter iter;
    void *vc;

    g_hash_table_iter_init(&iter, table->open);
    while (g_hash_table_iter_next(&iter, &vc, NULL))
        free_vc(vc);
    g_hash_table_unref(table->open);
    g_tree_unref(table->by_cookie);
    g_tree_unref(table->by_channel);
    g_free(table);
}

static void
emit_vc(struct virtual_connection *vc, enum oa_event_type type, struct oa_channel *channel)
{
    oa_emit(vc->tracker, &(struct oa_event){ .type = type,
                                             .first = vc->facts.opened,
                                             .last = vc->facts.last,
                                             .channel = channel,
                                             .vc = &vc->facts });
}

struct virtual_connection *
oa_vc_new(struct channel *channel, struct oa_stamp stamp)
{
    struct oa_tracker *tracker = channel->tracker;
    struct virtual_connection *vc = g_new0(struct virtual_connection, 1);

    vc->tracker = tracker;
    vc->facts.number = tracker->vcs->n_vcs++;
    vc->facts.opened = vc->facts.last = stamp;
    oa_call_list_init(&vc->calls, tracker, &vc->facts);
    g_queue_init(&vc->channels);
    g_hash_table_add(tracker->vcs->open, vc);
    vc->age_link.data = vc;
    g_queue_push_tail_link(&tracker->vcs->by_age, &vc->age_link);
    emit_vc(vc, OA_EVENT_VC_OPENED, &channel->facts);
    return vc;
}

void
oa_vc_tie(struct virtual_connection *vc)
{
    oa_calls_tie(&vc->calls);
    vc->facts.has_final_number = true;
}

/* With a cookie and both channels of its hop nothing but cookies adds to it. A channel whose own
 * cookie is not in the capture is joined by the calls. */
static void
tie_if_whole(struct virtual_connection *vc)
{
    const bool *seen = vc->facts.leg_seen[oa_vc_hop(&vc->facts)];

    if (vc->facts.has_cookie && seen[OA_LEG_IN] && seen[OA_LEG_OUT])
        oa_vc_tie(vc);
}

static void
give_cookie(struct virtual_connection *vc, const struct oa_cookie *cookie, size_t bytes)
{
    vc->facts.has_cookie = true;
    vc->facts.cookie = *cookie;
    vc->facts.cookie_bytes = bytes;
    g_tree_replace(vc->tracker->vcs->by_cookie, vc, vc);
    tie_if_whole(vc);
}

/* `from` is a part of `to`. */
static void
take_traffic_off(struct oa_traffic *to, const struct oa_traffic *from)
{
    to->rpc_pdus -= from->rpc_pdus;
    to->rpc_bytes -= from->rpc_bytes;
    to->rts_pdus -= from->rts_pdus;
    to->rts_bytes -= from->rts_bytes;
    to->pings -= from->pings;
    to->acks -= from->acks;
    to->skipped_bytes -= from->skipped_bytes;
}

static void
add_traffic(struct oa_traffic *to, const struct oa_traffic *from)
{
    to->rpc_pdus += from->rpc_pdus;
    to->rpc_bytes += from->rpc_bytes;
    to->rts_pdus += from->rts_pdus;
    to->rts_bytes += from->rts_bytes;
    to->pings += from->pings;
    to->acks += from->acks;
    to->skipped_bytes += from->skipped_bytes;
}

void
oa_vc_place_channel(struct channel *channel)
{
    struct oa_channel *facts = &channel->facts;
    struct oa_virtual_connection *vc = facts->vc;
    enum oa_channel_kind kind = facts->kind;

    for (int leg = 0; leg < OA_LEGS; leg++) {
        enum oa_channel_kind wanted = leg == OA_LEG_IN ? OA_CHANNEL_IN : OA_CHANNEL_OUT;
        if (kind != wanted && kind != OA_CHANNEL_DUPLEX && kind != OA_CHANNEL_MAPI_HTTP)
            continue;
        const struct oa_channel *current = vc->channel[facts->hop][leg];
        vc->leg_seen[facts->hop][leg] = true;
        if (!current || !oa_stamp_is_before(facts->opened, current->opened))
            vc->channel[facts->hop][leg] = facts;
    }
    if (kind == OA_CHANNEL_OUT && !facts->has_start)
        oa_calls_note_late_start(&((struct virtual_connection *)vc)->calls, facts->hop,
                                 facts->opened);
    if (kind == OA_CHANNEL_DUPLEX && vc->transport == OA_TRANSPORT_RPC_HTTP)
        vc->transport = oa_hop_is_http(facts->hop) || facts->has_banner ? OA_TRANSPORT_RPC_HTTP_V1
                                                                        : OA_TRANSPORT_RPC_TCP;
}

static void
check_users(struct channel *channel, struct oa_virtual_connection *vc)
{
    const struct oa_auth *mine = channel->facts.auth, *other = vc->auth;

    if (mine && other && mine->user[0] && other->user[0] &&
        (g_ascii_strcasecmp(mine->user, other->user) != 0 ||
         g_ascii_strcasecmp(mine->domain, other->domain) != 0))
        oa_emit_finding(channel->tracker,
                        &(struct oa_event){ .first = channel->facts.head,
                                            .last = channel->facts.head,
                                            .channel = &channel->facts,
                                            .vc = vc },
                        OA_FINDING_USERS_DIFFER, "%.80s here, %.80s on the other channel",
                        OA_SHOWN(channel->tracker->renamer, USER, mine->user),
                        OA_SHOWN(channel->tracker->renamer, USER, other->user));
}

/* Adds the channel to its hop. Traffic of the channel before it was joined counts for the virtual
 * connection too. */
static void
put_on_hop(struct channel *channel, struct virtual_connection *vc)
{
    struct oa_channel *facts = &channel->facts;

    g_queue_push_tail_link(&vc->channels, &channel->link);
    oa_vc_place_channel(channel);
    if (!oa_vc_has_endpoint(&vc->facts, facts->hop))
        memcpy(vc->facts.endpoint[facts->hop], facts->endpoint, sizeof facts->endpoint);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        add_traffic(&vc->facts.traffic[facts->hop][side], &facts->traffic[side]);
}

static void
attach(struct channel *channel, struct virtual_connection *vc, enum oa_join join)
{
    struct oa_channel *facts = &channel->facts;

    oa_lone_channels_remove(channel);
    facts->vc = &vc->facts;
    facts->join = join;
    put_on_hop(channel, vc);
    tie_if_whole(vc);
    if (!vc->facts.target_server && facts->target_server) {
        vc->facts.target_server = g_strdup(facts->target_server);
        vc->facts.target_port = facts->target_port;
    }
    if (!vc->facts.proxy_name)
        vc->facts.proxy_name = g_strdup(facts->proxy_name);
    vc->facts.is_in_tls |= facts->is_in_tls && oa_hop_is_http(facts->hop);
    check_users(channel, &vc->facts);
    if (!vc->facts.auth)
        vc->facts.auth = oa_auth_copy_hold(facts->auth);
    if (facts->opened.time_ns < vc->facts.opened.time_ns)
        vc->facts.opened = facts->opened;
}

/* The oldest cookie of a channel of `vc` is no longer remembered. */
static void
forget_channel_cookie(struct virtual_connection *vc)
{
    struct channel_cookie *oldest = g_queue_peek_head(&vc->channel_cookies);
    GTree *by_channel = vc->tracker->vcs->by_channel;

    if (g_tree_lookup(by_channel, &oldest->cookie) == vc)
        g_tree_remove(by_channel, &oldest->cookie);
    g_queue_unlink(&vc->channel_cookies, &oldest->link);
    g_free(oldest);
}

/* Removes it from all tables. */
static void
forget_vc(struct virtual_connection *vc)
{
    struct oa_tracker *tracker = vc->tracker;

    if (vc->facts.has_cookie && g_tree_lookup(tracker->vcs->by_cookie, vc) == vc)
        g_tree_remove(tracker->vcs->by_cookie, vc);
    while (vc->channel_cookies.length > 0)
        forget_channel_cookie(vc);
    oa_successors_forget(tracker, &vc->facts);
    oa_association_leave(tracker, &vc->facts);
    oa_calls_forget_over(&vc->calls);
    oa_vc_tie(vc);
    g_hash_table_remove(tracker->vcs->open, vc);
    g_queue_unlink(&tracker->vcs->by_age, &vc->age_link);
}

/* True for a session of MAPI over HTTP, which begins without channels. */
static bool
outlives_channels(const struct virtual_connection *vc)
{
    return vc->facts.transport == OA_TRANSPORT_MAPI_HTTP;
}

static void
judge(struct virtual_connection *vc, struct oa_channel *channel)
{
    struct oa_virtual_connection *facts = &vc->facts;
    const bool *seen = facts->leg_seen[oa_vc_hop(facts)];

    if (facts->is_one_way) {
        oa_emit_finding(
            vc->tracker,
            &(struct oa_event){
                .first = facts->opened, .last = facts->opened, .channel = channel, .vc = facts },
            OA_FINDING_CAPTURE_ONE_WAY, "No frame of the %s is in the capture",
            facts->silent == OA_CLIENT ? "client" : "server");
        return;
    }
    oa_sequence_judge(vc->tracker, facts, channel);
    if (seen[OA_LEG_IN] != seen[OA_LEG_OUT])
        oa_emit_finding(
            vc->tracker,
            &(struct oa_event){
                .first = facts->opened, .last = facts->opened, .channel = channel, .vc = facts },
            OA_FINDING_HALF_CONNECTION, "Only the %s channel is in the capture",
            seen[OA_LEG_IN] ? "IN" : "OUT");
}

void
oa_vc_close(struct virtual_connection *vc, struct oa_channel *last_channel)
{
    oa_calls_end(&vc->calls);
    oa_auth_close_vc(vc->tracker, &vc->facts);
    oa_association_share(vc->tracker, &vc->facts);
    if (!outlives_channels(vc))
        judge(vc, last_channel);
    oa_lone_hops_judge(vc->tracker, &vc->facts, last_channel);
    oa_emit_suppressed(vc->tracker, &(struct oa_event){ .first = vc->facts.last,
                                                        .last = vc->facts.last,
                                                        .channel = last_channel,
                                                        .vc = &vc->facts });
    emit_vc(vc, OA_EVENT_VC_CLOSED, last_channel);
    forget_vc(vc);
    oa_retire(vc->tracker, vc, free_vc);
}

void
oa_vc_detach(struct channel *channel, struct virtual_connection *vc)
{
    g_queue_unlink(&vc->channels, &channel->link);
    for (int leg = 0; leg < OA_LEGS; leg++)
        if (vc->facts.channel[channel->facts.hop][leg] == &channel->facts)
            vc->facts.channel[channel->facts.hop][leg] = NULL;
}

/* By the times of FIN and RST: hosts may report ends in another order. */
static bool
is_earlier(const struct oa_ending *ending, const struct oa_ending *known)
{
    if (!oa_end_is_known(ending->how) || !oa_end_is_known(known->how))
        return !oa_end_is_known(known->how);
    return ending->time_ns < known->time_ns;
}

/* Whether an OUT channel to the server was recycled, by a successor that the capture lacks: in R1
 * it has a connection of its own, [MS-RPCH] 3.2.4.5.7. */
static bool
lacks_successor(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    const struct oa_sequence *recycle = vc->recycle[OA_LEG_OUT];

    return channel->kind == OA_CHANNEL_OUT && channel->hop == OA_HOP_SERVER &&
           !channel->has_successor && channel->ending.how == OA_END_FIN && recycle &&
           recycle->type != OA_RECYCLE_R2 && !recycle->has_failed &&
           !oa_stamp_is_before(recycle->first, channel->opened);
}

void
oa_vc_leave(struct channel *channel)
{
    struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;
    bool is_current = false;

    if (!vc)
        return;
    for (int leg = 0; leg < OA_LEGS; leg++)
        is_current |= vc->facts.channel[channel->facts.hop][leg] == &channel->facts;
    oa_vc_detach(channel, vc);
    vc->facts.legs_ended[channel->facts.hop][oa_channel_leg(&channel->facts)]++;
    if (!channel->facts.has_start)
        vc->facts.leg_late[channel->facts.hop][oa_channel_leg(&channel->facts)] = true;
    if (is_current && lacks_successor(&vc->facts, &channel->facts))
        oa_calls_note_loss(&vc->calls, channel->facts.hop, OA_SERVER);
    if (channel->facts.ending.is_beyond)
        oa_calls_note_loss(&vc->calls, channel->facts.hop, channel->facts.ending.by);
    oa_outcome_take_channel(&vc->facts, &channel->facts);
    if (channel->facts.ending.is_one_way && channel->facts.hop == oa_vc_hop(&vc->facts)) {
        vc->facts.is_one_way = true;
        vc->facts.silent = channel->facts.ending.silent;
    }
    if (is_current && !outlives_channels(vc) &&
        is_earlier(&channel->facts.ending, &vc->facts.ending))
        vc->facts.ending = channel->facts.ending;
    if (vc->channels.length == 0 && !outlives_channels(vc))
        oa_vc_close(vc, &channel->facts);
    if (!oa_keeps_closed(channel->tracker))
        channel->facts.vc = NULL;
}

/* Copies the facts of a part that the whole does not have yet. */
static void
adopt_facts(struct oa_virtual_connection *into, struct oa_virtual_connection *from)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        if (!oa_vc_has_endpoint(into, (enum oa_hop)hop))
            memcpy(into->endpoint[hop], from->endpoint[hop], sizeof into->endpoint[hop]);
        for (int leg = 0; leg < OA_LEGS; leg++) {
            into->leg_seen[hop][leg] |= from->leg_seen[hop][leg];
            into->leg_late[hop][leg] |= from->leg_late[hop][leg];
            into->legs_ended[hop][leg] += from->legs_ended[hop][leg];
        }
    }
    if (into->n_bindings == 0) {
        into->bindings = g_memdup2(from->bindings, from->n_bindings * sizeof *from->bindings);
        into->n_bindings = from->n_bindings;
        into->iface = from->iface;
        into->rejected_bindings = from->rejected_bindings;
        into->binds = from->binds;
    }
    if (!into->security.present) {
        into->security = from->security;
        oa_auth_copy_hold(into->security.auth);
    }
    if (!into->client)
        into->client = g_steal_pointer(&from->client);
    if (!into->assoc_group_id)
        into->assoc_group_id = from->assoc_group_id;
    if (!into->established.frame)
        into->established = from->established;
    if (!into->http_status) {
        into->http_status = from->http_status;
        into->has_rpc_error = from->has_rpc_error;
        into->rpc_error = from->rpc_error;
    }
    into->anonymous_accepted |= from->anonymous_accepted;
    into->anonymous_refused |= from->anonymous_refused;
    if (from->last.time_ns > into->last.time_ns)
        into->last = from->last;
}

static void
merge_bindings(struct virtual_connection *into, const struct virtual_connection *from)
{
    const enum oa_hop hop = oa_vc_hop(&into->facts);
    const struct oa_event event = { .channel = into->facts.channel[hop][OA_LEG_OUT],
                                    .vc = &into->facts };

    oa_bindings_merge(into->tracker, &into->bindings, &from->bindings, &event);
}

/* The whole is known by the number of the part that appeared first, unless its own is final. */
static void
choose_number(struct oa_virtual_connection *into, struct oa_virtual_connection *from)
{
    uint64_t number = into->number;

    if (into->has_final_number || number < from->number)
        return;
    into->number = from->number;
    from->number = number;
}

/* Moves everything of a hop to another one, which is empty. */
static void
move_hop(struct virtual_connection *vc, int hop, int next)
{
    struct oa_virtual_connection *facts = &vc->facts;

    for (const GList *link = vc->channels.head; link; link = link->next) {
        struct oa_channel *channel = &((struct channel *)link->data)->facts;
        if (channel->hop == (enum oa_hop)hop)
            channel->hop = (enum oa_hop)next;
    }
    memcpy(facts->channel[next], facts->channel[hop], sizeof facts->channel[hop]);
    memcpy(facts->leg_seen[next], facts->leg_seen[hop], sizeof facts->leg_seen[hop]);
    memcpy(facts->leg_late[next], facts->leg_late[hop], sizeof facts->leg_late[hop]);
    memcpy(facts->legs_ended[next], facts->legs_ended[hop], sizeof facts->legs_ended[hop]);
    memcpy(facts->endpoint[next], facts->endpoint[hop], sizeof facts->endpoint[hop]);
    memcpy(facts->traffic[next], facts->traffic[hop], sizeof facts->traffic[hop]);
    memset(facts->channel[hop], 0, sizeof facts->channel[hop]);
    memset(facts->leg_seen[hop], 0, sizeof facts->leg_seen[hop]);
    memset(facts->leg_late[hop], 0, sizeof facts->leg_late[hop]);
    memset(facts->legs_ended[hop], 0, sizeof facts->legs_ended[hop]);
    memset(facts->endpoint[hop], 0, sizeof facts->endpoint[hop]);
    memset(facts->traffic[hop], 0, sizeof facts->traffic[hop]);
    oa_unsealing_free(vc->unsealing[next]);
    vc->unsealing[next] = g_steal_pointer(&vc->unsealing[hop]);
    oa_calls_move(&vc->calls, (enum oa_hop)hop, (enum oa_hop)next);
    for (int leg = 0; leg < OA_LEGS; leg++)
        oa_sequences_move(facts, (enum oa_leg)leg, (enum oa_hop)hop, (enum oa_hop)next);
}

/* All HTTP hops of `vc` turn out to be that many hops further from the client. */
static void
move_all_on(struct virtual_connection *vc, unsigned distance)
{
    for (int hop = OA_HOP_HTTP_4; hop >= OA_HOP_CLIENT; hop--)
        for (int at = hop;
             oa_vc_has_endpoint(&vc->facts, (enum oa_hop)at) && at < hop + (int)distance; at++)
            move_hop(vc, at, at + 1);
}

/* One of two parts has a single HTTP hop, between the same hosts as one of the other: it is this
 * one.
 */
static bool
align_hops(struct virtual_connection *a, struct virtual_connection *b)
{
    unsigned distance[2];
    bool is_aligned = oa_http_hops_align(&a->facts, &b->facts, distance);

    if (is_aligned) {
        move_all_on(a, distance[0]);
        move_all_on(b, distance[1]);
    }
    return is_aligned;
}

void
oa_vc_merge(struct virtual_connection *into, struct virtual_connection *from, enum oa_join join)
{
    GList *link;

    align_hops(into, from);
    choose_number(&into->facts, &from->facts);
    while ((link = g_queue_peek_head_link(&from->channels))) {
        struct channel *channel = link->data;
        oa_vc_detach(channel, from);
        attach(channel, into, join);
    }
    adopt_facts(&into->facts, &from->facts);
    merge_bindings(into, from);
    for (int hop = 0; hop < OA_HOPS; hop++)
        oa_unsealing_merge(&into->unsealing[hop], &from->unsealing[hop]);
    oa_auth_merge_vc(into->tracker, &into->facts, &from->facts);
    oa_sequence_merge(&into->facts, &from->facts);
    oa_calls_merge(&into->calls, &from->calls);
    for (int i = 0; i < 2; i++)
        if (!into->fits[i]) {
            into->fits[i] = from->fits[i];
            into->fitting[i] = from->fitting[i];
        }
    oa_finding_counts_merge(&into->facts.findings, from->facts.findings);
    from->facts.joined = &into->facts;
    emit_vc(from, OA_EVENT_VC_JOINED, NULL);
    forget_vc(from);
    oa_retire(from->tracker, from, free_vc);
}

/* Finds the hop of a channel that `vc` is about to get; false if there is no room for it. */
static bool
place_on_hop(struct channel *channel, struct virtual_connection *vc)
{
    bool is_between;

    if (!oa_hop_is_http(channel->facts.hop))
        return true;
    enum oa_hop hop = oa_http_hops_find(&vc->facts, &channel->facts, &is_between);
    if (hop == OA_HOP_SERVER)
        return false;
    for (int other = OA_HOP_HTTP_3; is_between && other >= (int)hop; other--)
        if (oa_vc_has_endpoint(&vc->facts, (enum oa_hop)other))
            move_hop(vc, other, other + 1);
    channel->facts.hop = hop;
    return true;
}

/* `own`, whose only channel it is, turns out to be a part of `vc`: moves it to the hop that the
 * channel is on, unless it had channels on further hops. */
static void
place_part_on_hop(struct channel *channel, struct virtual_connection *own,
                  struct virtual_connection *vc)
{
    enum oa_hop was = channel->facts.hop, is;

    for (int hop = OA_HOP_HTTP_2; hop < OA_HOP_SERVER; hop++)
        if (oa_vc_has_endpoint(&own->facts, (enum oa_hop)hop))
            return;
    if (own->channels.length != 1 || was != OA_HOP_CLIENT || !place_on_hop(channel, vc))
        return;
    is = channel->facts.hop;
    channel->facts.hop = was;
    move_all_on(own, is - was);
}

/* Puts HTTP hops in the order in which they got a cookie. */
static void
reorder(struct virtual_connection *vc)
{
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_HTTP_4; hop++) {
        if (!oa_http_hops_are_inverted(&vc->facts, hop) ||
            oa_vc_has_endpoint(&vc->facts, OA_HOP_HTTP_4))
            continue;
        move_hop(vc, hop, OA_HOP_HTTP_4);
        move_hop(vc, hop + 1, hop);
        move_hop(vc, OA_HOP_HTTP_4, hop + 1);
    }
}

/* A channel of `vc` came that may show that others were put on the wrong hop: moves these. */
static void
rearrange(struct virtual_connection *vc)
{
    GList *before, *link = vc->channels.tail;

    for (unsigned i = 0; link && i < OA_CHANNELS_SEARCHED; i++, link = before) {
        struct channel *channel = link->data;
        enum oa_hop hop = channel->facts.hop;

        before = link->prev;
        if (!oa_http_hops_is_misplaced(&vc->facts, &channel->facts))
            continue;
        enum oa_leg leg = oa_channel_leg(&channel->facts);
        oa_vc_detach(channel, vc);
        oa_sequences_move(&vc->facts, leg, hop, OA_HOPS); /* meanwhile, on none */
        vc->facts.leg_seen[hop][leg] = vc->facts.channel[hop][leg] != NULL;
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            take_traffic_off(&vc->facts.traffic[hop][side], &channel->facts.traffic[side]);
        place_on_hop(channel, vc); /* it stays where it is if there is no room */
        put_on_hop(channel, vc);
        oa_sequences_move(&vc->facts, leg, OA_HOPS, channel->facts.hop);
    }
}

/* Whether it can be the first channel of its leg: of a session that began before the capture, a
 * later one may go to another proxy. */
static bool
can_be_first(const struct oa_channel *channel)
{
    return !channel->is_from_middle && !channel->is_successor;
}

/* The first IN and the first OUT channel of an HTTP hop: a balancer may send those of a client to
 * different proxies. */
static void
check_gateways(struct channel *channel, struct oa_virtual_connection *vc)
{
    const struct oa_channel *facts = &channel->facts;
    enum oa_leg leg = oa_channel_leg(facts);
    const struct oa_channel *other = vc->channel[facts->hop][leg == OA_LEG_IN];
    const struct oa_endpoint *mine = &facts->endpoint[OA_SERVER];
    const struct oa_renamer *renamer = channel->tracker->renamer;
    char text[2][OA_ADDRESS_TEXT];

    if (!other || vc->leg_seen[facts->hop][leg] || !oa_hop_is_http(facts->hop) ||
        !can_be_first(facts) || !can_be_first(other) ||
        memcmp(&facts->endpoint[OA_CLIENT].address, &other->endpoint[OA_CLIENT].address,
               sizeof mine->address) != 0 ||
        memcmp(mine->address, other->endpoint[OA_SERVER].address, sizeof mine->address) == 0)
        return;
    oa_emit_finding(
        channel->tracker,
        &(struct oa_event){
            .first = facts->head, .last = facts->head, .channel = &channel->facts, .vc = vc },
        OA_FINDING_GATEWAYS_DIFFER, "%s here, %s on the other channel",
        OA_SHOWN(renamer, HOST, oa_text_address(mine->address, text[0])),
        OA_SHOWN(renamer, HOST, oa_text_address(other->endpoint[OA_SERVER].address, text[1])));
}

/* Virtual connections that are looked at to find an earlier one with a cookie. */
#define COOKIES_SEARCHED 64

/* Bytes behind a loss come late, and meanwhile the client may have used the cookie again: of the
 * virtual connections with it that went on after that moment, the first one that lacks the channel;
 * `known`, the last one with the cookie: there is none. */
static struct virtual_connection *
find_earlier(struct virtual_connection *known, const struct oa_channel *channel,
             struct oa_stamp stamp)
{
    struct virtual_connection *found = known;
    const GList *link = known->age_link.prev;

    if (!oa_stamp_is_before(stamp, known->facts.opened))
        return known;
    for (unsigned i = 0; link && i < COOKIES_SEARCHED; i++, link = link->prev) {
        struct virtual_connection *other = link->data;
        if (other->facts.has_cookie &&
            compare_cookies(&other->facts.cookie, &known->facts.cookie) == 0 &&
            oa_stamp_is_before(stamp, other->facts.last) &&
            oa_http_hops_lack(&other->facts, channel))
            found = other;
    }
    return found;
}

struct virtual_connection *
oa_vc_join_by_cookie(struct channel *channel, const struct oa_cookie *cookie, size_t bytes,
                     struct oa_stamp stamp)
{
    struct virtual_connection *known = find_by_cookie(channel->tracker->vcs, cookie, bytes);
    struct virtual_connection *own = (struct virtual_connection *)channel->facts.vc;

    if (known && known != own)
        known = find_earlier(known, &channel->facts, stamp);
    if (known && oa_http_hops_is_used_again(&known->facts, &channel->facts, stamp))
        known = NULL;
    if (known && known == own)
        return known;
    if (!known && own && !own->facts.has_cookie) {
        give_cookie(own, cookie, bytes);
        channel->facts.join = OA_JOIN_COOKIE;
        return own;
    }
    if (known && own && !own->facts.has_cookie) {
        place_part_on_hop(channel, own, known);
        oa_vc_merge(known, own, OA_JOIN_COOKIE);
        return known;
    }
    if (own)
        oa_vc_leave(channel);
    if (!known) {
        known = oa_vc_new(channel, stamp);
        give_cookie(known, cookie, bytes);
    } else if (!place_on_hop(channel, known)) {
        return NULL;
    } else {
        check_gateways(channel, &known->facts);
    }
    attach(channel, known, OA_JOIN_COOKIE);
    rearrange(known);
    reorder(known);
    return known;
}

/* Plain RPC over TCP, known as such from its first bytes, is on that connection alone. */
static void
tie_if_direct(struct channel *channel)
{
    const struct oa_channel *facts = &channel->facts;

    if (facts->hop == OA_HOP_SERVER && facts->kind == OA_CHANNEL_DUPLEX && !facts->has_banner)
        oa_vc_tie((struct virtual_connection *)facts->vc);
}

/* A new channel on an HTTP hop, whose first PDU is lost, and with it the cookies, may be the
 * successor that one virtual connection expects: returns whether it is. What else is lost may be
 * PDUs of calls. */
static bool
succeed_unnamed(struct channel *channel)
{
    struct oa_channel *facts = &channel->facts;
    struct oa_virtual_connection *found = NULL;

    if (facts->has_start && oa_hop_is_http(facts->hop) &&
        (facts->kind == OA_CHANNEL_IN || channel->is_replacement))
        found = oa_successors_find(channel->tracker, facts);
    struct virtual_connection *vc = (struct virtual_connection *)found;
    if (!vc || !place_on_hop(channel, vc))
        return false;
    struct oa_channel *before = found->channel[facts->hop][oa_channel_leg(facts)];
    facts->is_successor = true;
    attach(channel, vc, OA_JOIN_SUCCESSION);
    if (before && oa_stamp_is_before(before->opened, facts->opened))
        oa_successors_tell(before, facts);
    oa_successors_forget_one(channel->tracker, facts);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (facts->traffic[side].skipped_bytes > 0)
            oa_calls_note_loss(&vc->calls, facts->hop, (enum oa_side)side);
    return true;
}

struct virtual_connection *
oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp)
{
    if (!channel->facts.vc && !succeed_unnamed(channel)) {
        attach(channel, oa_vc_new(channel, stamp), OA_JOIN_ALONE);
        tie_if_direct(channel);
    }
    return (struct virtual_connection *)channel->facts.vc;
}

/* Whether merging has to go the other way: `vc` has so many channels that moving them each time
 * would be slow. */
static bool
is_larger(const struct virtual_connection *vc, const struct virtual_connection *other)
{
    return vc->channels.length > OA_CHANNELS_SEARCHED && !other->facts.has_cookie &&
           vc->channels.length > other->channels.length;
}

bool
oa_vc_arrange_hops(struct virtual_connection *near, struct virtual_connection *far)
{
    if (align_hops(near, far))
        return true;
    unsigned distance = oa_http_hops_behind(&near->facts, &far->facts);

    if (distance == OA_HOP_SERVER)
        return false;
    move_all_on(far, distance);
    return true;
}

/* Whether the channels on which that side sends show that `vc` was seen before the other one, which
 * has just been told of it: bytes that were held back come late. */
static bool
was_first(const struct virtual_connection *vc, const struct virtual_connection *known,
          enum oa_side sender)
{
    enum oa_leg leg = sender == OA_SERVER ? OA_LEG_OUT : OA_LEG_IN;
    const struct oa_channel *own = vc->facts.channel[OA_HOP_CLIENT][leg];
    const struct oa_channel *other = known->facts.channel[OA_HOP_CLIENT][leg];

    return own && other && oa_stamp_is_before(own->opened, other->opened);
}

/* Both are one: they have that cookie. `vc` has just had a PDU that the other one had before,
 * unless it was held back, or the one with a successor. What the client sends comes later on hops
 * further from it. */
static void
separate_hops(struct virtual_connection *vc, struct virtual_connection *known,
              const struct oa_cookie *cookie, enum oa_side sender)
{
    bool is_expected = oa_successors_are_named(vc->tracker, &vc->facts) ||
                       oa_successors_are_named(vc->tracker, &known->facts);

    if (align_hops(known, vc) || !oa_http_hops_collide(&known->facts, &vc->facts) ||
        oa_http_hops_continue(&known->facts, &vc->facts, cookie, is_expected))
        return;
    bool is_near = (sender == OA_SERVER) != was_first(vc, known, sender);
    oa_vc_arrange_hops(is_near ? vc : known, is_near ? known : vc);
}

struct virtual_connection *
oa_vc_claim_cookie(struct virtual_connection *vc, const struct oa_cookie *cookie,
                   enum oa_side sender)
{
    GTree *by_channel = vc->tracker->vcs->by_channel;
    struct virtual_connection *known = g_tree_lookup(by_channel, cookie);

    if (known == vc)
        return vc;
    if (known && !(known->facts.has_cookie && vc->facts.has_cookie))
        separate_hops(vc, known, cookie, sender);
    if (known && !known->facts.has_cookie && !is_larger(known, vc)) {
        oa_vc_merge(vc, known, OA_JOIN_RECYCLE);
    } else if (known && !vc->facts.has_cookie) {
        oa_vc_merge(known, vc, OA_JOIN_RECYCLE);
        return known;
    }
    struct channel_cookie *own = g_new0(struct channel_cookie, 1);
    own->cookie = *cookie;
    own->link.data = own;
    g_queue_push_tail_link(&vc->channel_cookies, &own->link);
    g_tree_replace(by_channel, &own->cookie, vc);
    if (vc->channel_cookies.length > OA_CHANNEL_COOKIES_MAX)
        forget_channel_cookie(vc);
    return vc;
}

void
oa_vc_note_skipped(struct channel *channel, enum oa_side side, uint64_t bytes, bool is_unknown)
{
    struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;
    enum oa_hop hop = channel->facts.hop;

    if (!vc || bytes == 0)
        return;
    vc->facts.traffic[hop][side].skipped_bytes += bytes;
    oa_unsealing_lose(vc->unsealing[hop], side, bytes, is_unknown);
    if (!is_unknown)
        return;
    for (const GList *link = vc->channels.head; link; link = link->next)
        ((struct channel *)link->data)->facts.flow.is_estimate = true; /* or acknowledgments */
    oa_calls_note_loss(&vc->calls, hop, side);
}

uint64_t
oa_vcs_numbered(const struct vc_table *table)
{
    return table->n_vcs;
}
