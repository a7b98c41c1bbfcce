/* virtual_connection.c
 * Joins IN and OUT channels to virtual connections by their cookies, and follows their RTS PDUs.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.2 (recycling), 3.2.3 to 3.2.5 (roles)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tracker.h"

#include <string.h>

void
oa_vc_free(struct virtual_connection *vc)
{
    struct call *call;

    while ((call = g_queue_peek_head(&vc->pending_order))) {
        g_queue_unlink(&vc->pending_order, &call->link);
        g_free(call);
    }
    g_hash_table_unref(vc->pending);
    for (int out = 0; out < 2; out++)
        while (vc->facts.recycle[out]) {
            struct oa_recycle *recycle = vc->facts.recycle[out];
            vc->facts.recycle[out] = recycle->next;
            g_free(recycle);
        }
    g_free(vc->facts.target_server);
    g_free(vc->facts.proxy_name);
    g_free(vc->facts.auth);
    oa_auth_exchange_free(vc->facts.rpc_exchange);
    g_free(vc);
}

static void
free_vc(void *vc)
{
    oa_vc_free(vc);
}

static void
emit_vc(struct virtual_connection *vc, enum oa_event_type type, struct oa_channel *channel)
{
    oa_tracker_emit(vc->tracker, &(struct oa_event){ .type = type,
                                                     .first = vc->facts.opened,
                                                     .last = vc->facts.last,
                                                     .channel = channel,
                                                     .vc = &vc->facts });
}

static struct virtual_connection *
new_vc(struct channel *channel, struct oa_stamp stamp)
{
    struct oa_tracker *tracker = channel->tracker;
    struct virtual_connection *vc = g_new0(struct virtual_connection, 1);

    vc->tracker = tracker;
    vc->facts.number = tracker->n_vcs++;
    vc->facts.opened = vc->facts.last = stamp;
    vc->pending = g_hash_table_new(NULL, NULL);
    g_queue_init(&vc->pending_order);
    g_hash_table_add(tracker->vcs, vc);
    emit_vc(vc, OA_EVENT_VC_OPENED, &channel->facts);
    return vc;
}

static void
give_cookie(struct virtual_connection *vc, const struct oa_cookie *cookie)
{
    vc->facts.has_cookie = true;
    vc->facts.cookie = *cookie;
    g_hash_table_insert(vc->tracker->vc_by_cookie, &vc->facts.cookie, vc);
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

/* What the channel carried before it was joined counts for the virtual connection too. */
static void
attach(struct channel *channel, struct virtual_connection *vc)
{
    struct oa_channel *facts = &channel->facts;

    facts->vc = &vc->facts;
    vc->open_channels++;
    if (facts->kind == OA_CHANNEL_IN || facts->kind == OA_CHANNEL_OUT) {
        vc->facts.channel[facts->kind - OA_CHANNEL_IN] = facts;
        vc->facts.channel_seen[facts->kind - OA_CHANNEL_IN] = true;
    }
    if (vc->open_channels == 1)
        memcpy(vc->facts.endpoint, facts->endpoint, sizeof vc->facts.endpoint);
    if (!vc->facts.target_server && facts->target_server) {
        vc->facts.target_server = g_strdup(facts->target_server);
        vc->facts.target_port = facts->target_port;
    }
    if (!vc->facts.proxy_name)
        vc->facts.proxy_name = g_strdup(facts->proxy_name);
    if (!vc->facts.auth && facts->auth)
        vc->facts.auth = g_memdup2(facts->auth, sizeof *facts->auth);
    if (facts->opened.time_ns < vc->facts.opened.time_ns)
        vc->facts.opened = facts->opened;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        add_traffic(&vc->facts.traffic[side], &facts->traffic[side]);
}

/* The virtual connection of the channel; a new one without a cookie when it is not known, as in a
 * capture that begins in the middle. */
struct virtual_connection *
oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp)
{
    if (!channel->facts.vc)
        attach(channel, new_vc(channel, stamp));
    return (struct virtual_connection *)channel->facts.vc;
}

static void
close_vc(struct virtual_connection *vc, struct oa_channel *last_channel)
{
    oa_calls_end(vc);
    emit_vc(vc, OA_EVENT_VC_CLOSED, last_channel);
    if (vc->facts.has_cookie &&
        g_hash_table_lookup(vc->tracker->vc_by_cookie, &vc->facts.cookie) == vc)
        g_hash_table_remove(vc->tracker->vc_by_cookie, &vc->facts.cookie);
    g_hash_table_remove(vc->tracker->vcs, vc);
    oa_tracker_retire(vc->tracker, vc, free_vc);
}

/* The channel is over, or goes to another virtual connection. With `keep` its facts still say where
 * it belonged. */
void
oa_vc_leave(struct channel *channel)
{
    struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;

    if (!vc)
        return;
    for (int out = 0; out < 2; out++)
        if (vc->facts.channel[out] == &channel->facts) {
            vc->facts.channel[out] = NULL;
            if (vc->facts.ending.how == OA_END_OPEN)
                vc->facts.ending = channel->facts.ending;
        }
    if (--vc->open_channels == 0)
        close_vc(vc, &channel->facts);
    if (!channel->tracker->keep)
        channel->facts.vc = NULL;
}

static struct virtual_connection *
join_by_cookie(struct channel *channel, const struct oa_cookie *cookie, struct oa_stamp stamp)
{
    struct virtual_connection *known = g_hash_table_lookup(channel->tracker->vc_by_cookie, cookie);
    struct virtual_connection *own = (struct virtual_connection *)channel->facts.vc;

    if (known && known == own)
        return known;
    if (!known && own && !own->facts.has_cookie) {
        give_cookie(own, cookie);
        return own;
    }
    if (own)
        oa_vc_leave(channel);
    if (!known) {
        known = new_vc(channel, stamp);
        give_cookie(known, cookie);
    }
    attach(channel, known);
    return known;
}

static enum oa_rts_place
place_of(const struct channel *channel, enum oa_side side)
{
    switch (channel->facts.kind) {
    case OA_CHANNEL_IN:
        return side == OA_CLIENT ? OA_RTS_IN_REQUEST : 0;
    case OA_CHANNEL_OUT:
        return side == OA_CLIENT ? OA_RTS_OUT_REQUEST : OA_RTS_OUT_RESPONSE;
    case OA_CHANNEL_ECHO:
        return side == OA_SERVER ? OA_RTS_ECHO_RESPONSE : 0;
    case OA_CHANNEL_UNKNOWN:
        break;
    }
    return 0;
}

static bool
number_of(const struct oa_rts *rts, enum oa_rts_command_type type, uint32_t *value)
{
    const struct oa_rts_command *command = oa_rts_find(rts, type, 0);

    if (command)
        *value = command->value.number;
    return command != NULL;
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
    const struct oa_rts_command *vc_cookie = oa_rts_find(rts, OA_RTS_COOKIE, 0);
    const struct oa_rts_command *cookie = oa_rts_find(rts, OA_RTS_COOKIE, is_successor ? 2 : 1);
    const struct oa_rts_command *group = oa_rts_find(rts, OA_RTS_ASSOCIATION_GROUP_ID, 0);
    struct virtual_connection *vc = join_by_cookie(channel, &vc_cookie->value.cookie, stamp);
    uint32_t number;

    channel->facts.has_cookie = true;
    channel->facts.cookie = cookie->value.cookie;
    channel->facts.is_successor = is_successor;
    if (is_successor)
        channel->facts.predecessor_cookie = oa_rts_find(rts, OA_RTS_COOKIE, 1)->value.cookie;
    number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &channel->facts.receive_window);
    number_of(rts, OA_RTS_CLIENT_KEEPALIVE, &channel->facts.client_keepalive_ms);
    if (number_of(rts, OA_RTS_CHANNEL_LIFETIME, &number))
        channel->facts.lifetime = number;
    if (group) {
        vc->facts.has_association_group = true;
        vc->facts.association_group = group->value.cookie;
    }
    return vc;
}

/* CONN/C2 and IN_R1/A4 come on the OUT channel and speak of the IN channel. */
static void
take_in_parameters(struct virtual_connection *vc, const struct oa_rts *rts)
{
    struct oa_channel *in = vc->facts.channel[OA_CHANNEL_IN - OA_CHANNEL_IN];

    if (!in)
        return;
    number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &in->receive_window);
    number_of(rts, OA_RTS_CONNECTION_TIMEOUT, &in->connection_timeout_ms);
}

static struct oa_recycle *
begin_recycle(struct virtual_connection *vc, bool is_out, struct oa_stamp stamp)
{
    struct oa_recycle *recycle = g_new0(struct oa_recycle, 1);

    recycle->is_out = is_out;
    recycle->first = stamp;
    recycle->next = vc->facts.recycle[is_out];
    vc->facts.recycle[is_out] = recycle;
    vc->facts.recycles[is_out]++;
    return recycle;
}

static bool
is_step(struct oa_rts_name name, const char *sequence, const char *step)
{
    const char *text = OA_RTS_PDU_ROWS[name.r1].name;
    size_t length = strlen(sequence);

    return g_str_has_prefix(text, sequence) && strcmp(text + length + 1, step) == 0;
}

/*
 * The recycling that the PDU belongs to. A step that only one type has decides the type; [MS-RPCH]
 * gives each PDU name to one sequence, so the table of names is the table of evidence.
 */
static struct oa_recycle *
follow_recycle(struct virtual_connection *vc, struct oa_rts_name name, struct oa_stamp stamp)
{
    const char *text = OA_RTS_PDU_ROWS[name.r1].name;
    bool is_out = g_str_has_prefix(text, "OUT_R");

    if (name.unexpected || (!is_out && !g_str_has_prefix(text, "IN_R")))
        return NULL;
    struct oa_recycle *recycle = vc->facts.recycle[is_out];
    bool begins = is_step(name, is_out ? "OUT_R1" : "IN_R1", is_out ? "A2" : "A1");
    if (!recycle || (recycle->is_complete && begins))
        recycle = begin_recycle(vc, is_out, stamp);
    recycle->last = stamp;
    if (name.r1 != name.r2)
        return recycle;
    if (recycle->type == OA_RECYCLE_UNDECIDED)
        recycle->type = strstr(text, "_R1/") ? OA_RECYCLE_R1 : OA_RECYCLE_R2;
    return recycle;
}

static void
count(struct channel *channel, const struct oa_event *event, struct virtual_connection *vc)
{
    struct oa_traffic *own = &channel->facts.traffic[event->side];
    struct oa_traffic *all = &vc->facts.traffic[event->side];
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

/* What a PDU does besides being counted. */
static void
act(struct channel *channel, struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rts *rts = event->rts;

    switch (event->rts_name.r1) {
    case OA_RTS_CONN_A3:
        number_of(rts, OA_RTS_CONNECTION_TIMEOUT, &channel->facts.connection_timeout_ms);
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
    case OA_RTS_IN_R1_A5:
        if (vc->facts.recycle[0])
            vc->facts.recycle[0]->is_complete = true;
        break;
    case OA_RTS_OUT_R1_A10:
    case OA_RTS_OUT_R2_B3:
        if (vc->facts.recycle[1])
            vc->facts.recycle[1]->is_complete = true;
        channel->stream[event->side].state = STREAM_DRAIN;
        break;
    default:
        break;
    }
}

void
oa_vc_take_rts(struct channel *channel, struct oa_event *event)
{
    const struct oa_rts *rts = event->rts;
    struct virtual_connection *vc;

    event->rts_name = oa_rts_identify(rts, place_of(channel, event->side));
    if (channel->facts.kind == OA_CHANNEL_ECHO)
        return;
    switch (event->rts_name.r1) {
    case OA_RTS_CONN_A1:
    case OA_RTS_CONN_B1:
        vc = open_by_pdu(channel, rts, false, event->last);
        break;
    case OA_RTS_IN_R1_A1:
    case OA_RTS_OUT_R1_A3:
        vc = open_by_pdu(channel, rts, true, event->last);
        break;
    default:
        vc = oa_vc_of_channel(channel, event->last);
        break;
    }
    if (!event->rts_name.unexpected) {
        event->recycle = follow_recycle(vc, event->rts_name, event->last);
        act(channel, vc, event);
    }
    count(channel, event, vc);
}
