/* flow_control.c
 * RPC bytes against receive windows, by channel and hop: what is sent, what is acknowledged, and
 * when a sender had to wait.
 * [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5, 3.2.1.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/flow_control.h"

#include <glib.h>

#include "base/clock_steps.h"
#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/tracker_state.h"

void
oa_flow_begin(struct oa_channel *channel, uint32_t window)
{
    struct oa_flow *flow = &channel->flow;

    channel->receive_window = window;
    flow->window_max = window;
    if (flow->acks == 0) {
        flow->window = window;
        flow->has_window = true;
    }
}

/* The HTTP hop in the capture on which the sender of the RPC bytes of that leg is: others pass its
 * bytes and its waits on. */
static enum oa_hop
hop_of_sender(const struct oa_virtual_connection *vc, enum oa_leg leg)
{
    int found = OA_HOP_CLIENT;

    for (int hop = OA_HOP_HTTP_4; hop >= OA_HOP_CLIENT; hop--)
        if (vc->leg_seen[hop][leg]) {
            found = hop;
            if (leg == OA_LEG_OUT)
                break;
        }
    return (enum oa_hop)found;
}

static bool
is_at_sender(const struct oa_channel *channel)
{
    enum oa_leg leg = oa_channel_leg(channel);

    return !channel->vc || channel->hop == OA_HOP_SERVER ||
           channel->hop == hop_of_sender(channel->vc, leg);
}

/* Whether acknowledgments of the channel would be in the capture: their sender has sent something
 * on the connection that carries them. */
static bool
has_acks_in_capture(const struct oa_channel *channel)
{
    const struct oa_virtual_connection *vc = channel->vc;
    enum oa_side receiver = channel->kind == OA_CHANNEL_OUT ? OA_CLIENT : OA_SERVER;
    enum oa_leg other = channel->kind == OA_CHANNEL_OUT ? OA_LEG_IN : OA_LEG_OUT;

    if (!vc)
        return true;
    return (channel->hop == OA_HOP_SERVER || vc->leg_seen[channel->hop][other]) &&
           vc->traffic[channel->hop][receiver].rts_pdus > 0;
}

/* Whether bytes of the channel wait for missing ones before them. */
static bool
is_waiting(const struct oa_channel *channel)
{
    return channel && channel->is_waiting &&
           (channel->is_waiting[OA_CLIENT] || channel->is_waiting[OA_SERVER]);
}

/* Whether acknowledgments that were sent may not have been taken yet. */
static bool
has_acks_waiting(const struct oa_channel *channel)
{
    const struct oa_virtual_connection *vc = channel->vc;

    for (int hop = 0; vc && hop < OA_HOPS; hop++)
        if (is_waiting(vc->channel[hop][OA_LEG_IN]) || is_waiting(vc->channel[hop][OA_LEG_OUT]))
            return true;
    return is_waiting(channel);
}

/*
 * How long the sender of this PDU had to wait for the window before: it stopped because the PDU did
 * not fit, and an acknowledgment made room. What it waited for after that is not the window, unless
 * it went on soon. Estimates are not reliable enough for this.
 */
static int64_t
stall_before(const struct oa_flow *flow, uint64_t length, const struct oa_event *event,
             const struct oa_clock_steps *steps)
{
    if (flow->is_estimate || !flow->last_sent.frame || !flow->released.frame ||
        flow->available_before_release > (int64_t)length)
        return 0;
    int64_t closed_ns = flow->released.time_ns - flow->last_sent.time_ns;
    int64_t after_ns = event->last.time_ns - flow->released.time_ns;

    if (oa_clock_stepped(steps, flow->last_sent, event->last))
        return 0;
    if (after_ns < 0) /* frames of two connections in the wrong order */
        return 0;
    if (after_ns <= OA_STALL_MIN_NS)
        closed_ns += after_ns;
    return closed_ns >= OA_STALL_MIN_NS ? closed_ns : 0;
}

static void
take_stall(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_flow *flow = &event->channel->flow;

    event->stall_ns = stall_before(flow, event->pdu_length, event, tracker->clock_steps);
    if (!event->stall_ns)
        return;
    flow->stalls++;
    flow->stalled_ns += event->stall_ns;
    flow->longest_stall_ns = MAX(flow->longest_stall_ns, event->stall_ns);
    oa_emit_finding(
        tracker, event, OA_FINDING_WINDOW_STALL,
        "The sender waited %.3f ms for the window; %" G_GINT64_FORMAT " bytes were left of %u",
        (double)event->stall_ns / 1e6, flow->available_before_release, flow->window_max);
}

void
oa_flow_take_rpc(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_channel *channel = event->channel;
    struct oa_flow *flow = &channel->flow;

    if (channel->kind == OA_CHANNEL_DUPLEX || channel->kind == OA_CHANNEL_UNKNOWN ||
        event->side != oa_channel_carrier(channel))
        return;
    if (!channel->has_start || !has_acks_in_capture(channel))
        flow->is_estimate = true;
    bool is_sender = is_at_sender(channel);

    if (is_sender)
        take_stall(tracker, event);
    flow->sent += event->pdu_length;
    flow->last_sent = event->last;
    flow->released = (struct oa_stamp){ 0, 0 };
    if (is_sender && flow->has_window && !flow->is_estimate && oa_flow_available(flow) < 0 &&
        !flow->is_violated && !has_acks_waiting(channel)) {
        flow->is_violated = true;
        oa_emit_finding(tracker, event, OA_FINDING_WINDOW_VIOLATION,
                        "%" G_GINT64_FORMAT " bytes more than the window of %u allows",
                        -oa_flow_available(flow), flow->window);
    }
    event->flow = *flow;
}

/* Whether the capture holds anything that the sender of the channel's RPC bytes has sent. */
static bool
shows_sender(const struct oa_channel *channel)
{
    enum oa_side carrier = oa_channel_carrier(channel);
    const struct oa_traffic *traffic = &channel->traffic[carrier];

    return traffic->rpc_pdus || traffic->rts_pdus ||
           (carrier == OA_SERVER && channel->response.frame);
}

/* On the channel's own hop, where the receiver has sent it or its sender gets it. */
static void
check_ack(struct oa_tracker *tracker, const struct oa_event *event,
          const struct oa_channel *channel, const struct oa_rts_ack *ack)
{
    const struct oa_flow *flow = &channel->flow;

    if (flow->is_estimate || !is_at_sender(channel))
        return;
    if (ack->bytes_received > flow->sent && !is_waiting(channel))
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, %" G_GUINT64_FORMAT " were sent",
                        ack->bytes_received, flow->sent);
    if (ack->bytes_received < flow->checked)
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, fewer than the %" G_GUINT64_FORMAT " before",
                        ack->bytes_received, flow->checked);
    if (flow->window_max && ack->available_window > flow->window_max)
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "A window of %u is more than the %u announced", ack->available_window,
                        flow->window_max);
}

/* The acknowledgment has reached the sender of the channel's RPC bytes. */
static void
use_ack(struct oa_channel *channel, const struct oa_rts_ack *ack, struct oa_stamp now)
{
    struct oa_flow *flow = &channel->flow;

    if (!channel->has_start && flow->acks == 0)
        flow->sent = ack->bytes_received;
    int64_t before = flow->has_window ? oa_flow_available(flow) : INT64_MAX;

    flow->acknowledged = ack->bytes_received;
    flow->window = ack->available_window;
    flow->has_window = true;
    flow->acks++;
    if (!flow->released.frame && oa_flow_available(flow) > before) {
        flow->released = now;
        flow->available_before_release = before;
    }
}

void
oa_flow_take_ack(struct oa_tracker *tracker, struct oa_channel *acknowledged,
                 const struct oa_rts_ack *ack, bool has_reached_sender, struct oa_event *event)
{
    event->acknowledged = acknowledged;
    if (!acknowledged->has_start || !shows_sender(acknowledged))
        acknowledged->flow.is_estimate = true;
    if (event->channel->hop == acknowledged->hop) {
        check_ack(tracker, event, acknowledged, ack);
        acknowledged->flow.checked = ack->bytes_received;
    }
    if (has_reached_sender)
        use_ack(acknowledged, ack, event->last);
    event->flow = acknowledged->flow;
}
