/* flow_control.c
 * RPC bytes against receive windows, channel by channel and hop by hop: what is sent, what is
 * acknowledged, and when a sender had to wait.
 * [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5, 3.2.1.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/flow_control.h"

#include <string.h>

#include "track/channel_kind.h"
#include "track/emit.h"
#include "track/virtual_connection.h"

/* The receiver has announced the window of a channel. */
void
oa_flow_begin(struct channel *channel, uint32_t window)
{
    struct oa_flow *flow = &channel->facts.flow;

    channel->facts.receive_window = window;
    flow->window_max = window;
    if (flow->acks == 0) {
        flow->window = window;
        flow->has_window = true;
    }
}

/*
 * The sender of this PDU had to wait if it did not fit into the window as it was before the last
 * acknowledgment, which came after the PDU before this one. Estimates are not sure enough to say
 * so.
 */
static int64_t
stall_before(const struct oa_flow *flow, int64_t available_before_ack, uint64_t length,
             struct oa_stamp now)
{
    if (flow->is_estimate || !flow->acks || !flow->last_sent.frame ||
        flow->last_ack.time_ns < flow->last_sent.time_ns || available_before_ack > (int64_t)length)
        return 0;
    return MAX(now.time_ns - flow->last_sent.time_ns, 0);
}

void
oa_flow_take_rpc(struct channel *channel, struct oa_event *event)
{
    struct oa_flow *flow = &channel->facts.flow;

    if (channel->facts.kind == OA_CHANNEL_DUPLEX || channel->facts.kind == OA_CHANNEL_UNKNOWN ||
        event->side != oa_channel_carrier(&channel->facts))
        return;
    if (!channel->facts.has_start)
        flow->is_estimate = true;
    event->stall_ns =
        stall_before(flow, channel->available_before_ack, event->pdu_length, event->last);
    if (event->stall_ns) {
        flow->stalls++;
        flow->stalled_ns += event->stall_ns;
        flow->longest_stall_ns = MAX(flow->longest_stall_ns, event->stall_ns);
        oa_emit_finding(
            channel->tracker, event, OA_FINDING_WINDOW_STALL,
            "The sender waited %.3f ms for the window; %" G_GINT64_FORMAT " bytes were left of %u",
            (double)event->stall_ns / 1e6, channel->available_before_ack, flow->window_max);
    }
    flow->sent += event->pdu_length;
    flow->last_sent = event->last;
    if (flow->has_window && !flow->is_estimate && oa_flow_available(flow) < 0 &&
        !channel->told_violation) {
        channel->told_violation = true;
        oa_emit_finding(channel->tracker, event, OA_FINDING_WINDOW_VIOLATION,
                        "%" G_GINT64_FORMAT " bytes more than the window of %u allows",
                        -oa_flow_available(flow), flow->window);
    }
    event->flow = *flow;
}

/*
 * The channel an acknowledgment speaks of. With a destination it crosses the hops to the sender on
 * the client's hop; without one it goes straight back on the connection it speaks of.
 */
static struct oa_channel *
acknowledged_channel(struct channel *channel, const struct oa_rts *rts)
{
    const struct oa_rts_command *destination = oa_rts_find(rts, OA_RTS_DESTINATION, 0);
    struct oa_virtual_connection *vc = channel->facts.vc;

    if (!destination)
        return &channel->facts;
    if (destination->value.number == OA_RTS_FD_OUT_PROXY)
        return vc->channel[OA_HOP_CLIENT][OA_LEG_OUT];
    if (destination->value.number == OA_RTS_FD_CLIENT)
        return vc->channel[OA_HOP_CLIENT][OA_LEG_IN];
    return NULL;
}

/* Around a recycling the predecessor may still be acknowledged. */
static struct oa_channel *
channel_of_cookie(struct channel *channel, struct oa_channel *current,
                  const struct oa_cookie *cookie)
{
    const struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;

    if (!current->has_cookie || memcmp(&current->cookie, cookie, OA_COOKIE_SIZE) == 0)
        return current;
    for (const GList *link = vc->channels.head; link; link = link->next) {
        struct oa_channel *other = &((struct channel *)link->data)->facts;
        if (other->hop == current->hop && other->has_cookie &&
            memcmp(&other->cookie, cookie, OA_COOKIE_SIZE) == 0)
            return other;
    }
    /* On the server's hop one connection serves predecessor and successor in R2. */
    return current->hop == OA_HOP_SERVER ? current : NULL;
}

static void
check_ack(struct channel *channel, const struct oa_event *event, const struct oa_flow *flow,
          const struct oa_rts_ack *ack)
{
    if (flow->is_estimate)
        return;
    if (ack->bytes_received > flow->sent)
        oa_emit_finding(channel->tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, %" G_GUINT64_FORMAT " were sent",
                        ack->bytes_received, flow->sent);
    else if (ack->bytes_received < flow->acknowledged)
        oa_emit_finding(channel->tracker, event, OA_FINDING_ACK_INVALID,
                        "%u bytes are acknowledged, but %" G_GUINT64_FORMAT " were before",
                        ack->bytes_received, flow->acknowledged);
    if (flow->window_max && ack->available_window > flow->window_max)
        oa_emit_finding(channel->tracker, event, OA_FINDING_ACK_INVALID,
                        "A window of %u is more than the %u announced", ack->available_window,
                        flow->window_max);
}

void
oa_flow_take_ack(struct channel *channel, struct oa_event *event)
{
    const struct oa_rts_command *command =
        oa_rts_find(event->rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0);

    if (!command)
        return;
    struct oa_channel *current = acknowledged_channel(channel, event->rts);
    if (current)
        current = channel_of_cookie(channel, current, &command->value.ack.cookie);
    if (!current)
        return;
    struct channel *acknowledged = (struct channel *)current;
    struct oa_flow *flow = &current->flow;
    const struct oa_rts_ack *ack = &command->value.ack;
    bool is_repeat = flow->acks && ack->bytes_received == flow->acknowledged &&
                     ack->available_window == flow->window;
    event->acknowledged = current;
    if (!is_repeat) { /* the same acknowledgment on its next hop tells nothing new */
        if (!current->has_start && flow->acks == 0) {
            flow->is_estimate = true;
            flow->sent = ack->bytes_received;
        }
        check_ack(channel, event, flow, ack);
        acknowledged->available_before_ack = flow->has_window ? oa_flow_available(flow) : INT64_MAX;
        flow->acknowledged = ack->bytes_received;
        flow->window = ack->available_window;
        flow->has_window = true;
        flow->acks++;
        flow->last_ack = event->last;
    }
    event->flow = *flow;
}
