/* virtual_connection.c
 * Joins channels of both hops to virtual connections by their cookies, and follows their RTS PDUs.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.2 (recycling), 3.2.3 to 3.2.5 (roles)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/virtual_connection.h"

#include <string.h>

#include "track/authentication.h"
#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/flow_control.h"
#include "track/sequence.h"
#include "track/tracker_state.h"

struct vc_table {
    GHashTable *open;
    GHashTable *by_cookie;
    GHashTable *by_channel; /* by cookies of channels */
    uint64_t n_vcs;
};

static void
free_sequences(struct oa_sequence *sequence)
{
    while (sequence) {
        struct oa_sequence *next = sequence->next;
        g_free(sequence);
        sequence = next;
    }
}

static void
free_vc(void *data)
{
    struct virtual_connection *vc = data;
    struct call *call;

    while ((call = g_queue_peek_head(&vc->pending_order))) {
        g_queue_unlink(&vc->pending_order, &call->link);
        oa_call_free(call);
    }
    g_hash_table_unref(vc->pending);
    for (int leg = 0; leg < OA_LEGS; leg++)
        free_sequences(vc->facts.recycle[leg]);
    free_sequences(vc->absorbed);
    g_free(vc->facts.target_server);
    g_free(vc->facts.proxy_name);
    g_free(vc->facts.auth);
    g_free(vc->facts.client);
    oa_mapi_free_session(vc->mapi);
    oa_auth_exchange_free(vc->facts.rpc_exchange);
    g_free(vc);
}

static unsigned
hash_cookie(const void *key)
{
    unsigned value;

    memcpy(&value, key, sizeof value);
    return value;
}

static int
equal_cookies(const void *a, const void *b)
{
    return memcmp(a, b, OA_COOKIE_SIZE) == 0;
}

struct vc_table *
oa_vcs_new(void)
{
    struct vc_table *table = g_new0(struct vc_table, 1);

    table->open = g_hash_table_new(NULL, NULL);
    table->by_cookie = g_hash_table_new(hash_cookie, equal_cookies);
    table->by_channel = g_hash_table_new(hash_cookie, equal_cookies);
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
    g_hash_table_unref(table->by_cookie);
    g_hash_table_unref(table->by_channel);
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
    vc->pending = g_hash_table_new(NULL, NULL);
    g_queue_init(&vc->pending_order);
    g_queue_init(&vc->channels);
    vc->is_loose = true;
    g_hash_table_add(tracker->vcs->open, vc);
    emit_vc(vc, OA_EVENT_VC_OPENED, &channel->facts);
    return vc;
}

/* Its cookie is known, or it is over: it cannot become a part of another any more. */
void
oa_vc_tie(struct virtual_connection *vc)
{
    vc->is_loose = false;
}

static void
give_cookie(struct virtual_connection *vc, const struct oa_cookie *cookie)
{
    vc->facts.has_cookie = true;
    vc->facts.cookie = *cookie;
    g_hash_table_insert(vc->tracker->vcs->by_cookie, &vc->facts.cookie, vc);
    oa_vc_tie(vc);
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

/* The channel becomes the current one of its leg; its kind may have been found out just now. */
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
        vc->channel[facts->hop][leg] = facts;
        vc->leg_seen[facts->hop][leg] = true;
    }
    if (kind == OA_CHANNEL_DUPLEX && vc->transport == OA_TRANSPORT_RPC_HTTP)
        vc->transport = facts->hop == OA_HOP_CLIENT || facts->has_banner ? OA_TRANSPORT_RPC_HTTP_V1
                                                                         : OA_TRANSPORT_RPC_TCP;
}

static bool
has_endpoint(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    return vc->endpoint[hop][OA_SERVER].port != 0;
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
                        mine->user, other->user);
}

/* What the channel carried before it was joined counts for the virtual connection too. */
static void
attach(struct channel *channel, struct virtual_connection *vc, enum oa_join join)
{
    struct oa_channel *facts = &channel->facts;

    facts->vc = &vc->facts;
    facts->join = join;
    g_queue_push_tail_link(&vc->channels, &channel->link);
    oa_vc_place_channel(channel);
    if (!has_endpoint(&vc->facts, facts->hop))
        memcpy(vc->facts.endpoint[facts->hop], facts->endpoint, sizeof facts->endpoint);
    if (!vc->facts.target_server && facts->target_server) {
        vc->facts.target_server = g_strdup(facts->target_server);
        vc->facts.target_port = facts->target_port;
    }
    if (!vc->facts.proxy_name)
        vc->facts.proxy_name = g_strdup(facts->proxy_name);
    check_users(channel, &vc->facts);
    if (!vc->facts.auth && facts->auth)
        vc->facts.auth = g_memdup2(facts->auth, sizeof *facts->auth);
    if (facts->opened.time_ns < vc->facts.opened.time_ns)
        vc->facts.opened = facts->opened;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        add_traffic(&vc->facts.traffic[facts->hop][side], &facts->traffic[side]);
}

/* The virtual connection of the channel; a new one without a cookie when it is not known, as in a
 * capture that begins in the middle. */
struct virtual_connection *
oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp)
{
    if (!channel->facts.vc)
        attach(channel, oa_vc_new(channel, stamp), OA_JOIN_ALONE);
    return (struct virtual_connection *)channel->facts.vc;
}

static gboolean
is_of_vc(void *key, void *value, void *vc)
{
    (void)key;
    return value == vc;
}

/* No table leads to it any more. */
static void
forget_vc(struct virtual_connection *vc)
{
    struct oa_tracker *tracker = vc->tracker;

    if (vc->facts.has_cookie &&
        g_hash_table_lookup(tracker->vcs->by_cookie, &vc->facts.cookie) == vc)
        g_hash_table_remove(tracker->vcs->by_cookie, &vc->facts.cookie);
    if (vc->n_channel_cookies)
        g_hash_table_foreach_remove(tracker->vcs->by_channel, is_of_vc, vc);
    oa_association_leave(vc);
    oa_vc_tie(vc);
    g_hash_table_remove(tracker->vcs->open, vc);
}

static void
judge(struct virtual_connection *vc, struct oa_channel *channel)
{
    struct oa_virtual_connection *facts = &vc->facts;
    const bool *seen = facts->leg_seen[oa_vc_hop(facts)];

    oa_sequence_judge(vc, channel);
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
    oa_calls_end(vc);
    oa_association_share(vc);
    if (!vc->mapi)
        judge(vc, last_channel);
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

/* The channel is over, or goes to another virtual connection. With `keep` its facts still say where
 * it belonged. */
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
    if (is_current && (vc->facts.ending.how == OA_END_OPEN || vc->mapi))
        vc->facts.ending = channel->facts.ending;
    if (vc->channels.length == 0 && !vc->mapi)
        oa_vc_close(vc, &channel->facts);
    if (!oa_keeps_closed(channel->tracker))
        channel->facts.vc = NULL;
}

/* Facts of a part that the whole does not have yet. */
static void
adopt_facts(struct oa_virtual_connection *into, struct oa_virtual_connection *from)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        if (!has_endpoint(into, (enum oa_hop)hop))
            memcpy(into->endpoint[hop], from->endpoint[hop], sizeof into->endpoint[hop]);
        for (int leg = 0; leg < OA_LEGS; leg++)
            into->leg_seen[hop][leg] |= from->leg_seen[hop][leg];
    }
    if (into->n_bindings == 0) {
        memcpy(into->bindings, from->bindings, sizeof into->bindings);
        into->n_bindings = from->n_bindings;
        into->iface = from->iface;
        into->rejected_bindings = from->rejected_bindings;
        into->binds = from->binds;
    }
    if (!into->security.present)
        into->security = from->security;
    if (!into->client)
        into->client = g_steal_pointer(&from->client);
    if (!into->assoc_group_id)
        into->assoc_group_id = from->assoc_group_id;
    if (!into->established.frame)
        into->established = from->established;
    into->anonymous_accepted |= from->anonymous_accepted;
    into->anonymous_refused |= from->anonymous_refused;
    if (from->last.time_ns > into->last.time_ns)
        into->last = from->last;
}

/* A virtual connection turns out to be a part of another one: its channels and calls move. */
void
oa_vc_merge(struct virtual_connection *into, struct virtual_connection *from, enum oa_join join)
{
    GList *link;

    while ((link = g_queue_peek_head_link(&from->channels))) {
        struct channel *channel = link->data;
        oa_vc_detach(channel, from);
        attach(channel, into, join);
    }
    adopt_facts(&into->facts, &from->facts);
    oa_auth_exchange_merge_vc(into, from);
    oa_sequence_merge(into, from);
    oa_calls_merge(into, from);
    from->facts.joined = &into->facts;
    emit_vc(from, OA_EVENT_VC_JOINED, NULL);
    forget_vc(from);
    oa_retire(from->tracker, from, free_vc);
}

static struct virtual_connection *
join_by_cookie(struct channel *channel, const struct oa_cookie *cookie, struct oa_stamp stamp)
{
    struct virtual_connection *known =
        g_hash_table_lookup(channel->tracker->vcs->by_cookie, cookie);
    struct virtual_connection *own = (struct virtual_connection *)channel->facts.vc;

    if (known && known == own)
        return known;
    if (!known && own && !own->facts.has_cookie) {
        give_cookie(own, cookie);
        channel->facts.join = OA_JOIN_COOKIE;
        return own;
    }
    if (known && own && !own->facts.has_cookie) {
        oa_vc_merge(known, own, OA_JOIN_COOKIE);
        return known;
    }
    if (own)
        oa_vc_leave(channel);
    if (!known) {
        known = oa_vc_new(channel, stamp);
        give_cookie(known, cookie);
    }
    attach(channel, known, OA_JOIN_COOKIE);
    return known;
}

/*
 * A channel of this virtual connection has that cookie. When another one without a cookie of its
 * own was found to have it before, both are one.
 */
static struct virtual_connection *
claim_channel_cookie(struct virtual_connection *vc, const struct oa_cookie *cookie)
{
    struct oa_tracker *tracker = vc->tracker;
    struct virtual_connection *known = g_hash_table_lookup(tracker->vcs->by_channel, cookie);

    if (known == vc)
        return vc;
    if (known && !known->facts.has_cookie) {
        oa_vc_merge(vc, known, OA_JOIN_RECYCLE);
    } else if (known && !vc->facts.has_cookie) {
        oa_vc_merge(known, vc, OA_JOIN_RECYCLE);
        return known;
    }
    struct oa_cookie *place = &vc->channel_cookies[vc->n_channel_cookies % OA_CHANNEL_COOKIES_MAX];
    if (vc->n_channel_cookies++ >= OA_CHANNEL_COOKIES_MAX &&
        g_hash_table_lookup(tracker->vcs->by_channel, place) == vc)
        g_hash_table_remove(tracker->vcs->by_channel, place);
    *place = *cookie;
    g_hash_table_replace(tracker->vcs->by_channel, place, vc);
    return vc;
}

/* In an IN_R2 the client hears nothing new of window and timeout: they stay, [MS-RPCH] 2.2.4.25. */
static void
inherit(struct channel *channel, const struct virtual_connection *vc)
{
    struct oa_channel *facts = &channel->facts;

    for (const GList *link = vc->channels.head; link; link = link->next) {
        struct oa_channel *other = &((struct channel *)link->data)->facts;
        if (other == facts || other->hop != facts->hop || !other->has_cookie ||
            memcmp(&other->cookie, &facts->predecessor_cookie, OA_COOKIE_SIZE) != 0)
            continue;
        other->has_successor = true;
        other->successor_cookie = facts->cookie;
        facts->connection_timeout_ms = other->connection_timeout_ms;
        if (facts->kind == OA_CHANNEL_IN && other->receive_window)
            oa_flow_begin(channel, other->receive_window);
    }
}

static bool
number_of(const struct oa_rts *rts, enum oa_rts_command_type type, uint32_t *value)
{
    const struct oa_rts_command *command = oa_rts_find(rts, type, 0);

    if (command)
        *value = command->value.number;
    return command != NULL;
}

/* The proxy's own idea of the client: which byte order it used shows when the client is in the
 * capture too. */
static void
take_client_address(struct oa_virtual_connection *vc, const struct oa_rts *rts)
{
    const struct oa_rts_command *command = oa_rts_find(rts, OA_RTS_CLIENT_ADDRESS, 0);
    const uint8_t *seen = vc->endpoint[OA_HOP_CLIENT][OA_CLIENT].address;

    if (!command)
        return;
    vc->has_client_address = true;
    vc->client_address = command->value.address;
    if (!has_endpoint(vc, OA_HOP_CLIENT) || vc->client_address.is_ipv6)
        return;
    const uint8_t *a = vc->client_address.bytes;
    const uint8_t reversed[4] = { a[3], a[2], a[1], a[0] };
    if (memcmp(a, seen + 12, 4) != 0 && memcmp(reversed, seen + 12, 4) == 0)
        memcpy(vc->client_address.bytes, reversed, 4);
}

/*
 * What the first PDU of a channel tells. Its cookies are, in order, those of the virtual connection
 * and of the channel (CONN), or of the virtual connection, the predecessor and the successor
 * (recycling).
 */
static struct virtual_connection *
open_by_pdu(struct channel *channel, const struct oa_rts *rts, bool is_successor,
            struct oa_stamp stamp)
{
    struct oa_channel *facts = &channel->facts;
    const struct oa_rts_command *vc_cookie = oa_rts_find(rts, OA_RTS_COOKIE, 0);
    const struct oa_rts_command *cookie = oa_rts_find(rts, OA_RTS_COOKIE, is_successor ? 2 : 1);
    const struct oa_rts_command *group = oa_rts_find(rts, OA_RTS_ASSOCIATION_GROUP_ID, 0);
    struct virtual_connection *vc = join_by_cookie(channel, &vc_cookie->value.cookie, stamp);
    uint32_t number;

    facts->has_cookie = true;
    facts->has_start = true;
    facts->cookie = cookie->value.cookie;
    facts->is_successor = is_successor;
    if (is_successor) {
        facts->predecessor_cookie = oa_rts_find(rts, OA_RTS_COOKIE, 1)->value.cookie;
        vc = claim_channel_cookie(vc, &facts->predecessor_cookie);
        inherit(channel, vc);
    }
    vc = claim_channel_cookie(vc, &facts->cookie);
    /* In CONN/B2 and IN_R1/A2 it is the window of the inbound proxy towards the client. */
    if (number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &number) && facts->kind == OA_CHANNEL_OUT)
        oa_flow_begin(channel, number);
    number_of(rts, OA_RTS_CLIENT_KEEPALIVE, &facts->client_keepalive_ms);
    if (number_of(rts, OA_RTS_CHANNEL_LIFETIME, &number) && facts->hop == OA_HOP_CLIENT)
        facts->lifetime = number;
    if (group) {
        vc->facts.has_association_group = true;
        vc->facts.association_group = group->value.cookie;
    }
    take_client_address(&vc->facts, rts);
    return vc;
}

/* CONN/C2 and IN_R1/A4 come on the OUT channel and speak of the IN channel to the proxy. */
static void
take_in_parameters(struct virtual_connection *vc, const struct oa_rts *rts)
{
    struct oa_channel *in = vc->facts.channel[OA_HOP_CLIENT][OA_LEG_IN];
    uint32_t number;

    if (!in)
        return;
    if (number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &number))
        oa_flow_begin((struct channel *)in, number);
    number_of(rts, OA_RTS_CONNECTION_TIMEOUT, &in->connection_timeout_ms);
}

static void
count(struct channel *channel, const struct oa_event *event, struct virtual_connection *vc)
{
    struct oa_traffic *own = &channel->facts.traffic[event->side];
    struct oa_traffic *all = &vc->facts.traffic[channel->facts.hop][event->side];
    bool is_ack = oa_rts_find(event->rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0) != NULL;
    bool is_ping = event->rts_name.r1 == OA_RTS_PING;

    own->acks += is_ack;
    all->acks += is_ack;
    own->pings += is_ping;
    all->pings += is_ping;
    all->rts_pdus++;
    all->rts_bytes += event->pdu_length;
    vc->facts.last = event->last;
}

/* What a PDU does besides being counted and put into its sequence. */
static void
act(struct channel *channel, struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rts *rts = event->rts;
    uint32_t window;

    switch (event->rts_name.r1) {
    case OA_RTS_CONN_A3:
        number_of(rts, OA_RTS_CONNECTION_TIMEOUT, &channel->facts.connection_timeout_ms);
        break;
    case OA_RTS_CONN_B3:
    case OA_RTS_IN_R1_B2:
        if (number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &window))
            oa_flow_begin(channel, window);
        break;
    case OA_RTS_CONN_C1:
        if (!vc->facts.established.frame)
            vc->facts.established = event->last;
        break;
    case OA_RTS_CONN_C2:
        vc->facts.established = event->last;
        take_in_parameters(vc, rts);
        break;
    case OA_RTS_IN_R1_A4:
        take_in_parameters(vc, rts);
        break;
    case OA_RTS_KEEP_ALIVE:
        number_of(rts, OA_RTS_CLIENT_KEEPALIVE, &channel->facts.client_keepalive_ms);
        break;
    default:
        break;
    }
    oa_flow_take_ack(channel, event);
}

/* Acknowledgments name the other channel of the virtual connection, steps of a recycling the
 * successor; in a capture that begins in the middle this may be all there is to join them by. */
static struct virtual_connection *
take_named_channel(struct virtual_connection *vc, const struct oa_event *event)
{
    const struct oa_rts_command *ack = oa_rts_find(event->rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0);
    const struct oa_rts_command *cookie = oa_rts_find(event->rts, OA_RTS_COOKIE, 0);

    if (vc->facts.has_cookie || event->rts_name.r1 == OA_RTS_UNKNOWN || event->rts_name.unexpected)
        return vc;
    if (ack)
        return claim_channel_cookie(vc, &ack->value.ack.cookie);
    return cookie ? claim_channel_cookie(vc, &cookie->value.cookie) : vc;
}

static void
check_name(struct channel *channel, const struct oa_event *event)
{
    if (event->rts_name.unexpected)
        oa_emit_finding(channel->tracker, event, OA_FINDING_RTS_UNEXPECTED,
                        "%s is not legal from the %s on this %s channel",
                        event->rts_name.r1 == OA_RTS_UNKNOWN
                            ? "A PDU of this signature"
                            : OA_RTS_PDU_ROWS[event->rts_name.r1].name,
                        event->side == OA_CLIENT ? "client" : "server",
                        oa_channel_kind_name(channel->facts.kind));
    else if (event->rts_name.r1 == OA_RTS_UNKNOWN)
        oa_emit_finding(channel->tracker, event, OA_FINDING_RTS_UNKNOWN,
                        "Flags 0x%04x with %u commands are of no named PDU", event->rts->flags,
                        event->rts->n_commands);
}

void
oa_vc_take_rts(struct channel *channel, struct oa_event *event)
{
    const struct oa_rts *rts = event->rts;
    struct virtual_connection *vc;

    event->rts_name = oa_rts_identify(rts, oa_channel_places(&channel->facts, event->side));
    if (channel->facts.kind == OA_CHANNEL_ECHO) {
        check_name(channel, event);
        return;
    }
    switch (event->rts_name.r1) {
    case OA_RTS_CONN_A1:
    case OA_RTS_CONN_A2:
    case OA_RTS_CONN_B1:
    case OA_RTS_CONN_B2:
        vc = open_by_pdu(channel, rts, false, event->last);
        break;
    case OA_RTS_IN_R1_A1:
    case OA_RTS_IN_R1_A2:
    case OA_RTS_OUT_R1_A3:
    case OA_RTS_OUT_R1_A4:
        vc = open_by_pdu(channel, rts, true, event->last);
        break;
    default:
        vc = take_named_channel(oa_vc_of_channel(channel, event->last), event);
        break;
    }
    event->vc = &vc->facts;
    check_name(channel, event);
    if (!event->rts_name.unexpected) {
        oa_sequence_take(vc, channel, event);
        act(channel, vc, event);
    }
    count(channel, event, vc);
}
