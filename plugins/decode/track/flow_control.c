/* flow_control.c
 * RPC bytes against receive windows, by channel and hop: what is sent, what is acknowledged, and
 * when a sender had to wait.
 * [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5, 3.2.1.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/flow_control.h"

#include <glib.h>

#include "track/channel_kind.h"
#include "track/emit.h"

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

/*
 * The sender of this PDU had to wait if it did not fit into the window before the last
 * acknowledgment, and that came after the previous PDU. Estimates are not reliable enough for this.
 */
static int64_t
stall_before(const struct oa_flow *flow, uint64_t length, struct oa_stamp now)
{
    if (flow->is_estimate || !flow->acks || !flow->last_sent.frame ||
        flow->last_ack.time_ns < flow->last_sent.time_ns ||
        flow->available_before_ack > (int64_t)length)
        return 0;
    return MAX(now.time_ns - flow->last_sent.time_ns, 0);
}

void
oa_flow_take_rpc(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_channel *channel = event->channel;
    struct oa_flow *flow = &channel->flow;

    if (channel->kind == OA_CHANNEL_DUPLEX || channel->kind == OA_CHANNEL_UNKNOWN ||
        event->side != oa_channel_carrier(channel))
        return;
    if (!channel->has_start)
        flow->is_estimate = true;
    event->stall_ns = stall_before(flow, event->pdu_length, event->last);
    if (event->stall_ns) {
        flow->stalls++;
        flow->stalled_ns += event->stall_ns;
        flow->longest_stall_ns = MAX(flow->longest_stall_ns, event->stall_ns);
        oa_emit_finding(
            tracker, event, OA_FINDING_WINDOW_STALL,
            "The sender waited %.3f ms for the window; %" G_GINT64_FORMAT " bytes were left of %u",
            (double)event->stall_ns / 1e6, flow->available_before_ack, flow->window_max);
    }
    flow->sent += event->pdu_length;
    flow->last_sent = event->last;
    if (flow->has_window && !flow->is_estimate && oa_flow_available(flow) < 0 &&
        !flow->is_violated) {
        flow->is_violated = true;
        oa_emit_finding(tracker, event, OA_FINDING_WINDOW_VIOLATION,
                        "%" G_GINT64_FORMAT " bytes more than the window of %u allows",
                        -oa_flow_available(flow), flow->window);
    }
    event->flow = *flow;
}

static void
check_ack(struct oa_tracker *tracker, const struct oa_event *event, const struct oa_flow *flow,
          const struct oa_rts_ack *ack)
{
    if (flow->is_estimate)
        return;
    if (ack->bytes_received > flow->sent)
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, %" G_GUINT64_FORMAT " were sent",
                        ack->bytes_received, flow->sent);
    else if (ack->bytes_received < flow->acknowledged)
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, fewer than the %" G_GUINT64_FORMAT " before",
                        ack->bytes_received, flow->acknowledged);
    if (flow->window_max && ack->available_window > flow->window_max)
        oa_emit_finding(tracker, event, OA_FINDING_ACK_INVALID,
                        "A window of %u is more than the %u announced", ack->available_window,
                        flow->window_max);
}

void
oa_flow_take_ack(struct oa_tracker *tracker, struct oa_channel *acknowledged,
                 const struct oa_rts_ack *ack, struct oa_event *event)
{
    struct oa_flow *flow = &acknowledged->flow;
    bool is_repeat = flow->acks && ack->bytes_received == flow->acknowledged &&
                     ack->available_window == flow->window;

    event->acknowledged = acknowledged;
    if (!is_repeat) { /* the same acknowledgment on its next hop contains nothing new */
        if (!acknowledged->has_start && flow->acks == 0) {
            flow->is_estimate = true;
            flow->sent = ack->bytes_received;
        }
        check_ack(tracker, event, flow, ack);
        flow->available_before_ack = flow->has_window ? oa_flow_available(flow) : INT64_MAX;
        flow->acknowledged = ack->bytes_received;
        flow->window = ack->available_window;
        flow->has_window = true;
        flow->acks++;
        flow->last_ack = event->last;
    }
    event->flow = *flow;
}
