/* vc_rts.c
 * RTS PDUs and their effect on a virtual connection: its channels, their parameters, its sequences.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.2 (recycling), 3.2.3 to 3.2.5 (roles)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/vc_rts.h"

#include <string.h>

#include "base/clock_steps.h"
#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/flow_control.h"
#include "track/successors.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

static bool
has_cookie(const struct oa_channel *channel, enum oa_hop hop, const struct oa_cookie *cookie)
{
    return channel->hop == hop && channel->has_cookie &&
           memcmp(&channel->cookie, cookie, OA_COOKIE_SIZE) == 0;
}

/* The first of the newest open channels. */
static const GList *
recent_channels(const struct virtual_connection *vc)
{
    const GList *link = vc->channels.tail;

    for (unsigned i = 1; i < OA_CHANNELS_SEARCHED && link && link->prev; i++)
        link = link->prev;
    return link;
}

/* The channel is the successor of another one, known by its cookie, or of `before`; NULL: that is
 * not known. If the predecessor is not in the capture, neither is what it carried. In R2 one
 * connection of the server's hop serves both, by the cookie of another one. */
static void
inherit(struct channel *channel, struct oa_channel *before, struct virtual_connection *vc)
{
    struct oa_channel *facts = &channel->facts;
    bool is_found = before != NULL;

    for (const GList *link = recent_channels(vc); link; link = link->next) {
        struct oa_channel *other = &((struct channel *)link->data)->facts;
        if (other == facts || !has_cookie(other, facts->hop, &facts->predecessor_cookie)) {
            is_found |= other != facts && facts->hop == OA_HOP_SERVER && other->hop == facts->hop &&
                        other->kind == facts->kind;
            continue;
        }
        is_found = true;
        oa_successors_tell(other, facts);
    }
    if (before)
        oa_successors_tell(before, facts);
    if (!is_found)
        oa_calls_note_loss(&vc->calls, facts->hop,
                           facts->kind == OA_CHANNEL_IN ? OA_CLIENT : OA_SERVER);
}

static bool
number_of(const struct oa_rts *rts, enum oa_rts_command_type type, uint32_t *value)
{
    const struct oa_rts_command *command = oa_rts_find(rts, type, 0);

    if (command)
        *value = command->value.number;
    return command != NULL;
}

/* The client's address as the proxy reports it. If an HTTP hop is in the capture, it shows which
 * byte order the proxy used. */
static void
take_client_address(struct oa_virtual_connection *vc, const struct oa_rts *rts)
{
    const struct oa_rts_command *command = oa_rts_find(rts, OA_RTS_CLIENT_ADDRESS, 0);

    if (!command)
        return;
    vc->has_client_address = true;
    vc->client_address = command->value.address;
    if (vc->client_address.is_ipv6)
        return;
    const uint8_t *a = vc->client_address.bytes;
    const uint8_t reversed[4] = { a[3], a[2], a[1], a[0] };
    for (int hop = OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++) {
        const uint8_t *seen = vc->endpoint[hop][OA_CLIENT].address;
        if (!oa_vc_has_endpoint(vc, (enum oa_hop)hop) || memcmp(reversed, seen + 12, 4) != 0)
            continue;
        if (memcmp(a, seen + 12, 4) != 0)
            memcpy(vc->client_address.bytes, reversed, 4);
        break;
    }
}

/* The channel, the first one of `vc`, is the successor of another OUT channel: no cookie has told
 * of which virtual connection, perhaps what came before does. `vc` becomes the whole. Returns that
 * other channel, if it is open and has no cookie that would tell. */
static struct oa_channel *
succeed(struct channel *channel, struct virtual_connection *vc)
{
    struct oa_virtual_connection *found = NULL;
    struct oa_channel *before = NULL;

    if (channel->facts.kind == OA_CHANNEL_OUT && vc->channels.length == 1)
        found = oa_successors_find(vc->tracker, &channel->facts);
    if (found && found != &vc->facts) {
        before = found->channel[channel->facts.hop][OA_LEG_OUT];
        oa_vc_merge(vc, (struct virtual_connection *)found, OA_JOIN_SUCCESSION);
    }
    oa_successors_forget_one(vc->tracker, &channel->facts);
    return before && !before->has_cookie ? before : NULL;
}

/*
 * The first PDU of a channel. Its cookies are, in order, those of the virtual connection and of the
 * channel (CONN), or of the virtual connection, the predecessor and the successor (recycling); of a
 * PDU that is cut, at least the beginning of the first one is there. NULL if the channel is on a
 * further hop than can be followed.
 */
static struct virtual_connection *
open_by_pdu(struct channel *channel, const struct oa_rts *rts, bool is_successor,
            struct oa_stamp stamp)
{
    struct oa_channel *facts = &channel->facts;
    const struct oa_rts_command *whole = oa_rts_find(rts, OA_RTS_COOKIE, 0);
    const struct oa_rts_command *predecessor = oa_rts_find(rts, OA_RTS_COOKIE, 1);
    const struct oa_rts_command *cookie =
        is_successor ? oa_rts_find(rts, OA_RTS_COOKIE, 2) : predecessor;
    const struct oa_rts_command *group = oa_rts_find(rts, OA_RTS_ASSOCIATION_GROUP_ID, 0);
    uint32_t number;

    facts->has_start = true;
    if (!facts->has_cookie)
        facts->named = stamp;
    facts->has_cookie = cookie != NULL;
    if (cookie)
        facts->cookie = cookie->value.cookie;
    facts->is_successor = is_successor;
    struct virtual_connection *vc =
        oa_vc_join_by_cookie(channel, whole ? &whole->value.cookie : &rts->cut_cookie,
                             whole ? OA_COOKIE_SIZE : rts->cut_cookie_bytes, stamp);
    if (!vc)
        return NULL;
    if (is_successor && predecessor) {
        facts->predecessor_cookie = predecessor->value.cookie;
        vc = oa_vc_claim_cookie(vc, &facts->predecessor_cookie, OA_CLIENT);
    }
    struct oa_channel *before = is_successor ? succeed(channel, vc) : NULL;
    if (is_successor && predecessor)
        inherit(channel, before, vc);
    if (cookie)
        vc = oa_vc_claim_cookie(vc, &facts->cookie, OA_CLIENT);
    /* In CONN/B2 and IN_R1/A2 it is the window of the inbound proxy for the client. */
    if (number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &number) && facts->kind == OA_CHANNEL_OUT)
        oa_flow_begin(facts, number);
    number_of(rts, OA_RTS_CLIENT_KEEPALIVE, &facts->client_keepalive_ms);
    if (number_of(rts, OA_RTS_CHANNEL_LIFETIME, &number) && oa_hop_is_http(facts->hop))
        facts->lifetime = number;
    if (group) {
        vc->facts.has_association_group = true;
        vc->facts.association_group = group->value.cookie;
    }
    take_client_address(&vc->facts, rts);
    return vc;
}

/* CONN/C2 and IN_R1/A4 come on the OUT channel but apply to the IN channel of the same hop. */
static void
take_in_parameters(struct virtual_connection *vc, enum oa_hop hop, const struct oa_rts *rts)
{
    struct oa_channel *in = vc->facts.channel[hop][OA_LEG_IN];
    uint32_t number;

    if (!in)
        return;
    if (number_of(rts, OA_RTS_RECEIVE_WINDOW_SIZE, &number))
        oa_flow_begin(in, number);
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
    vc->facts.last = oa_clock_steps_last(vc->tracker->clock_steps, vc->facts.last, event->last);
}

/* NULL: none of the newest open channels on that hop has the cookie. */
static struct oa_channel *
find_channel(const struct virtual_connection *vc, enum oa_hop hop, const struct oa_cookie *cookie)
{
    for (const GList *link = recent_channels(vc); link; link = link->next) {
        struct oa_channel *channel = &((struct channel *)link->data)->facts;
        if (has_cookie(channel, hop, cookie))
            return channel;
    }
    return NULL;
}

/* During a recycling the predecessor may still be acknowledged. */
static struct oa_channel *
channel_of_cookie(const struct virtual_connection *vc, struct oa_channel *current,
                  const struct oa_cookie *cookie)
{
    if (!current->has_cookie || has_cookie(current, current->hop, cookie))
        return current;
    struct oa_channel *other = find_channel(vc, current->hop, cookie);
    if (other)
        return other;
    /* In R2 one connection of the server's hop serves predecessor and successor. */
    return current->hop == OA_HOP_SERVER ? current : NULL;
}

/*
 * Whether an acknowledgment with that destination has reached the sender when it is on that
 * channel. Those for the client come with the OUT channel's response. Those for the outbound proxy
 * go from the client by way of the server: the last of these connections in the capture counts.
 */
static bool
has_reached_sender(const struct oa_virtual_connection *vc, const struct oa_channel *channel,
                   uint32_t destination)
{
    const bool *server_legs = vc->leg_seen[OA_HOP_SERVER];

    if (destination == OA_RTS_FD_CLIENT)
        return oa_hop_is_http(channel->hop);
    if (channel->hop == OA_HOP_SERVER)
        return channel->kind == OA_CHANNEL_OUT || !server_legs[OA_LEG_OUT];
    return !server_legs[OA_LEG_IN] && !server_legs[OA_LEG_OUT];
}

/*
 * An acknowledgment without a destination is on the connection whose bytes it acknowledges. One
 * with a destination passes the server: it is for the HTTP hop that it is on, or for all of them.
 */
static void
take_ack(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rts_command *command =
        oa_rts_find(event->rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0);
    const struct oa_rts_command *destination = oa_rts_find(event->rts, OA_RTS_DESTINATION, 0);
    struct oa_channel *on = event->channel, *acknowledged;

    if (!command)
        return;
    const struct oa_rts_ack *ack = &command->value.ack;

    if (!destination) {
        acknowledged = channel_of_cookie(vc, on, &ack->cookie);
        if (acknowledged)
            oa_flow_take_ack(vc->tracker, acknowledged, ack, true, event);
        return;
    }
    uint32_t to = destination->value.number;

    if (to != OA_RTS_FD_OUT_PROXY && to != OA_RTS_FD_CLIENT)
        return;
    enum oa_leg leg = to == OA_RTS_FD_OUT_PROXY ? OA_LEG_OUT : OA_LEG_IN;
    bool is_http = oa_hop_is_http(on->hop);

    for (int hop = is_http ? (int)on->hop : OA_HOP_CLIENT; hop < OA_HOP_SERVER; hop++) {
        acknowledged = vc->facts.channel[hop][leg];
        if (acknowledged)
            acknowledged = channel_of_cookie(vc, acknowledged, &ack->cookie);
        if (acknowledged)
            oa_flow_take_ack(vc->tracker, acknowledged, ack, has_reached_sender(&vc->facts, on, to),
                             event);
        if (is_http)
            break;
    }
}

/* The client has named a successor of the channel on that leg: it is expected if it has not come to
 * the client's side of the proxy. */
static void
expect_named(const struct virtual_connection *vc, enum oa_leg leg, const struct oa_event *event)
{
    const struct oa_rts_command *cookie = oa_rts_find(event->rts, OA_RTS_COOKIE, 0);
    struct oa_virtual_connection *facts = event->vc;

    for (int hop = OA_HOP_CLIENT; cookie && hop < OA_HOP_SERVER; hop++)
        if (find_channel(vc, (enum oa_hop)hop, &cookie->value.cookie))
            return;
    if (cookie)
        oa_successors_expect(vc->tracker, facts, leg, &cookie->value.cookie, event->last);
}

/* What a PDU does apart from being counted and added to its sequence. */
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
            oa_flow_begin(&channel->facts, window);
        break;
    case OA_RTS_CONN_C1:
        if (!vc->facts.established.frame)
            vc->facts.established = event->last;
        break;
    case OA_RTS_OUT_R1_A2:
        oa_successors_expect(vc->tracker, &vc->facts, OA_LEG_OUT, NULL, event->last);
        break;
    case OA_RTS_OUT_R1_A7:
    case OA_RTS_OUT_R1_A8:
    case OA_RTS_OUT_R2_A7:
    case OA_RTS_OUT_R2_A8:
        expect_named(vc, OA_LEG_OUT, event);
        break;
    case OA_RTS_IN_R1_A5:
        expect_named(vc, OA_LEG_IN, event);
        break;
    case OA_RTS_CONN_C2:
        vc->facts.established = event->last;
        take_in_parameters(vc, channel->facts.hop, rts);
        break;
    case OA_RTS_IN_R1_A4:
        take_in_parameters(vc, channel->facts.hop, rts);
        break;
    case OA_RTS_KEEP_ALIVE:
        number_of(rts, OA_RTS_CLIENT_KEEPALIVE, &channel->facts.client_keepalive_ms);
        break;
    default:
        break;
    }
    take_ack(vc, event);
}

/* Acknowledgments identify the other channel of the virtual connection, steps of a recycling the
 * successor; in a capture that begins in the middle this may be the only way to join them. */
static struct virtual_connection *
take_named_channel(struct virtual_connection *vc, const struct oa_event *event)
{
    const struct oa_rts_command *ack = oa_rts_find(event->rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0);
    const struct oa_rts_command *cookie = oa_rts_find(event->rts, OA_RTS_COOKIE, 0);

    if ((vc->facts.has_cookie && ack) || event->rts_name.r1 == OA_RTS_UNKNOWN ||
        event->rts_name.unexpected)
        return vc;
    if (ack)
        return oa_vc_claim_cookie(vc, &ack->value.ack.cookie, event->side);
    return cookie ? oa_vc_claim_cookie(vc, &cookie->value.cookie, event->side) : vc;
}

/* Whether the PDU answers an echo request before the one that the connection carries now: a loss
 * has held it back. */
static bool
is_late_echo(const struct oa_channel *channel, const struct oa_event *event)
{
    return event->side == OA_SERVER && channel->traffic[OA_SERVER].skipped_bytes &&
           oa_hop_is_http(channel->hop) && oa_rts_has_signature(event->rts, OA_RTS_ECHO);
}

static void
check_name(struct channel *channel, const struct oa_event *event)
{
    if (is_late_echo(&channel->facts, event))
        return;
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
                        "Flags 0x%04x with %u commands match no named PDU", event->rts->flags,
                        event->rts->n_commands);
}

bool
oa_vc_rts_opens(const struct channel *channel, enum oa_side side, const struct oa_rts *rts)
{
    struct oa_rts_name name = oa_rts_identify(rts, oa_channel_places(&channel->facts, side));

    if (name.unexpected)
        return false;
    switch (name.r1) {
    case OA_RTS_CONN_A1:
    case OA_RTS_CONN_A2:
    case OA_RTS_CONN_B1:
    case OA_RTS_CONN_B2:
    case OA_RTS_IN_R1_A1:
    case OA_RTS_IN_R1_A2:
    case OA_RTS_OUT_R1_A3:
    case OA_RTS_OUT_R1_A4:
        return oa_rts_find(rts, OA_RTS_COOKIE, 0) || rts->cut_cookie_bytes;
    default:
        return false;
    }
}

enum oa_sequence_effect
oa_vc_take_rts(struct channel *channel, struct oa_event *event)
{
    enum oa_sequence_effect effect = OA_SEQUENCE_GOES_ON;
    const struct oa_rts *rts = event->rts;
    struct virtual_connection *vc;

    event->rts_name = oa_rts_identify(rts, oa_channel_places(&channel->facts, event->side));
    if (channel->facts.kind == OA_CHANNEL_ECHO || channel->is_surplus) {
        check_name(channel, event);
        return effect;
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
    if (!vc) {
        channel->is_surplus = true;
        oa_emit_finding(channel->tracker, event, OA_FINDING_TOO_MANY_HOPS,
                        "%s on one more connection; %u HTTP hops are followed",
                        OA_RTS_PDU_ROWS[event->rts_name.r1].name, (unsigned)OA_HOP_SERVER);
        return effect;
    }
    event->vc = &vc->facts;
    check_name(channel, event);
    if (!event->rts_name.unexpected) {
        effect = oa_sequence_take(channel->tracker, event);
        if (effect == OA_SEQUENCE_DRAINS && !channel->facts.has_successor)
            oa_calls_note_loss(&vc->calls, channel->facts.hop,
                               OA_SERVER); /* all on its successor */
        act(channel, vc, event);
    }
    count(channel, event, vc);
    return effect;
}
