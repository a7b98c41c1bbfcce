/* channel_pdu.c
 * One PDU of a channel: what it shows of the kind of channel, its header, the channel's lifetime
 * and idle time.
 * [MS-RPCH] 2.2.3.6 (RTS header), 2.2.3.5.5 (lifetime), 3.2.2.6.1 and 3.2.4.2.1 (pings)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/channel_pdu.h"

#include "base/clock_steps.h"
#include "track/authentication.h"
#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/flow_control.h"
#include "track/tracker_state.h"
#include "track/vc_rpc.h"
#include "track/vc_rts.h"
#include "track/virtual_connection.h"

static void
set_kind(struct channel *channel, enum oa_channel_kind kind, bool is_guess)
{
    channel->facts.kind = kind;
    channel->kind_is_guess = is_guess;
    if (channel->facts.vc)
        oa_vc_place_channel(channel);
}

/* Whether an echo was not all of the connection: the response to one is a PDU of its own name, the
 * request has none. The head of what followed is not in the capture. */
static bool
is_beyond_echo(const struct channel *channel, const struct oa_event *event)
{
    return channel->facts.kind == OA_CHANNEL_ECHO &&
           (event->type != OA_EVENT_RTS || !oa_rts_has_signature(event->rts, OA_RTS_ECHO));
}

/* Whether the PDU is the response to an echo request of which the head is missing, or the part of
 * it that would show this. It is all that the connection has carried. */
static bool
is_lone_echo(const struct channel *channel, const struct oa_event *event)
{
    const struct oa_channel *facts = &channel->facts;
    const struct oa_traffic *in = &facts->traffic[OA_CLIENT], *out = &facts->traffic[OA_SERVER];
    bool is_guess = facts->kind == OA_CHANNEL_UNKNOWN || channel->is_kind_of_cut_head ||
                    in->skipped_bytes || out->skipped_bytes;

    return event->type == OA_EVENT_RTS && event->side == OA_SERVER && is_guess &&
           oa_hop_is_http(facts->hop) && oa_rts_has_signature(event->rts, OA_RTS_ECHO) &&
           !facts->vc && !in->rpc_pdus && !in->rts_pdus && !out->rpc_pdus && !out->rts_pdus;
}

/*
 * Without an HTTP head the PDUs show whether the channel is an IN or an OUT channel: RTS PDUs by
 * their names, RPC PDUs by their sender. RPC both ways is version 1, or plain RPC over TCP.
 */
static void
settle_kind(struct channel *channel, const struct oa_event *event)
{
    bool from_client = event->side == OA_CLIENT;

    if (is_beyond_echo(channel, event))
        channel->facts.kind = OA_CHANNEL_UNKNOWN;
    if (is_lone_echo(channel, event)) {
        channel->facts.kind = OA_CHANNEL_ECHO;
        /* What follows is the response to another request. */
        oa_stream_begin_body(&channel->stream[OA_SERVER], STREAM_HEAD, UINT64_MAX);
    }
    if (event->type == OA_EVENT_RTS) {
        if (channel->facts.kind != OA_CHANNEL_UNKNOWN && !channel->kind_is_guess)
            return;
        unsigned all = oa_channel_places(
            &(struct oa_channel){ .hop = channel->facts.hop, .kind = OA_CHANNEL_UNKNOWN },
            event->side);
        unsigned places = 0;
        for (unsigned pdu = OA_RTS_UNKNOWN + 1; pdu < OA_RTS_PDUS; pdu++)
            if (oa_rts_has_signature(event->rts, (enum oa_rts_pdu)pdu))
                places |= OA_RTS_PDU_ROWS[pdu].places & all;
        unsigned in = places & (OA_RTS_IN_REQUEST | OA_RTS_IN_PROXY | OA_RTS_IN_SERVER);
        if (places && (in == places || in == 0))
            set_kind(channel, in ? OA_CHANNEL_IN : OA_CHANNEL_OUT, false);
    } else if (channel->facts.kind == OA_CHANNEL_UNKNOWN) {
        bool is_v1 = channel->facts.has_banner && channel->facts.has_start &&
                     channel->facts.traffic[OA_CLIENT].skipped_bytes == 0 &&
                     event->rpc->header.ptype == OA_RPC_BIND;
        set_kind(channel,
                 is_v1         ? OA_CHANNEL_DUPLEX
                 : from_client ? OA_CHANNEL_IN
                               : OA_CHANNEL_OUT,
                 !is_v1);
    } else if (channel->kind_is_guess && from_client != (channel->facts.kind == OA_CHANNEL_IN)) {
        set_kind(channel, OA_CHANNEL_DUPLEX, false);
    }
}

/* Requirements on every RTS header, [MS-RPCH] 2.2.3.6.1. */
static void
check_rts(struct channel *channel, const struct oa_event *event, const struct oa_rpc_header *header)
{
    struct oa_tracker *tracker = channel->tracker;

    if (header->flags != (OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG))
        oa_emit_finding(tracker, event, OA_FINDING_RTS_HEADER, "pfc_flags is 0x%02x, not 0x03",
                        header->flags);
    if (header->big_endian)
        oa_emit_finding(tracker, event, OA_FINDING_RTS_HEADER,
                        "The data representation is not little endian");
    if (header->auth_length)
        oa_emit_finding(tracker, event, OA_FINDING_RTS_HEADER, "auth_length is %u, not 0",
                        header->auth_length);
    if (header->call_id)
        oa_emit_finding(tracker, event, OA_FINDING_RTS_HEADER, "call_id is %u, not 0",
                        header->call_id);
    if (!event->rts->is_complete && !event->is_cut)
        oa_emit_finding(tracker, event, OA_FINDING_RTS_LENGTH,
                        "%u of %u commands were read; they do not fill the %u bytes of the PDU",
                        event->rts->n_parsed, event->rts->n_commands, header->frag_length);
    for (unsigned i = 0; i < event->rts->n_parsed; i++) {
        const struct oa_rts_command *command = &event->rts->commands[i];
        if (!oa_rts_in_range(command))
            oa_emit_finding(tracker, event, OA_FINDING_RTS_RANGE, "%s %u is outside its range",
                            OA_RTS_COMMAND_ROWS[command->type].name, command->value.number);
    }
}

static void
check_lifetime(struct channel *channel, const struct oa_event *event)
{
    const struct oa_traffic *traffic = &channel->facts.traffic[event->side];
    uint64_t used = traffic->rpc_bytes + traffic->rts_bytes;

    if (channel->told_overrun || !channel->facts.lifetime || used <= channel->facts.lifetime ||
        event->side != oa_channel_carrier(&channel->facts))
        return;
    channel->told_overrun = true;
    oa_emit_finding(channel->tracker, event, OA_FINDING_LIFETIME_OVERRUN,
                    "%" G_GUINT64_FORMAT
                    " bytes on a channel with a lifetime of %" G_GUINT64_FORMAT,
                    used, channel->facts.lifetime);
}

int64_t
oa_channel_measure_idle(const struct oa_tracker *tracker, struct oa_channel *facts,
                        struct oa_stamp stamp)
{
    bool is_known =
        facts->last_pdu.frame && !oa_clock_stepped(tracker->clock_steps, facts->last_pdu, stamp);
    int64_t idle_ns = is_known ? MAX(stamp.time_ns - facts->last_pdu.time_ns, 0) : 0;

    facts->last_pdu = stamp;
    facts->last_idle_ns = idle_ns;
    facts->longest_idle_ns = MAX(facts->longest_idle_ns, idle_ns);
    return idle_ns;
}

/* Time without a PDU. It should not exceed the timeout, before which either side has to send a
 * ping, [MS-RPCH] 3.2.2.6.1, 3.2.4.2.1. */
static void
measure_idle(struct channel *channel, struct oa_event *event)
{
    struct oa_channel *facts = &channel->facts;
    int64_t timeout_ns = (int64_t)facts->connection_timeout_ms * 1000000;

    event->idle_ns = oa_channel_measure_idle(channel->tracker, facts, event->last);
    if (timeout_ns && event->idle_ns > timeout_ns)
        oa_emit_finding(channel->tracker, event, OA_FINDING_IDLE_TOO_LONG,
                        "%.3f s without a PDU; the connection timeout is %u s",
                        (double)event->idle_ns / 1e9, facts->connection_timeout_ms / 1000);
}

/* RPC PDUs are sent over an established channel: a request for credentials was about an earlier
 * request, and the one that carries the channel is not in the capture. */
static void
forget_refusal(struct oa_channel *facts)
{
    if (facts->http_status == 401 || facts->http_status == 407)
        facts->http_status = 0;
}

void
oa_channel_take_pdu(struct channel *channel, struct oa_event *event,
                    const struct oa_rpc_header *header)
{
    struct oa_traffic *traffic = &channel->facts.traffic[event->side];

    channel->facts.last =
        oa_clock_steps_last(channel->tracker->clock_steps, channel->facts.last, event->last);
    measure_idle(channel, event);
    oa_auth_take_pdu(channel->tracker, event);
    if (header->ptype == OA_RPC_RTS) {
        event->type = OA_EVENT_RTS;
        event->rts = &channel->tracker->channels->rts;
        (event->is_cut ? oa_rts_parse_cut : oa_rts_parse)(
            event->pdu, event->is_cut ? event->length : event->pdu_length,
            &channel->tracker->channels->rts);
        settle_kind(channel, event);
        if (oa_vc_take_rts(channel, event) == OA_SEQUENCE_DRAINS)
            channel->stream[event->side].state = STREAM_DRAIN;
        check_rts(channel, event, header);
        traffic->rts_pdus++;
        traffic->rts_bytes += event->pdu_length;
    } else {
        event->type = OA_EVENT_RPC;
        event->rpc = &channel->tracker->channels->rpc;
        oa_rpc_parse_rest(event->pdu, event->is_cut ? event->length : event->pdu_length, header,
                          &channel->tracker->channels->rpc);
        settle_kind(channel, event);
        forget_refusal(&channel->facts);
        oa_pdu_trail_add(&channel->trail, event->side, event->pdu,
                         event->is_cut ? MIN(event->length, event->pdu_length) : event->pdu_length,
                         event->is_cut, event->first);
        oa_vc_take_rpc(channel, event);
        oa_flow_take_rpc(channel->tracker, event);
        traffic->rpc_pdus++;
        traffic->rpc_bytes += event->pdu_length;
    }
    check_lifetime(channel, event);
}
