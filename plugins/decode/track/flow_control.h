/* flow_control.h
 * Internal to track/. RPC bytes against receive windows. [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_FLOW_CONTROL_H
#define OA_FLOW_CONTROL_H

#include "track/events.h"

struct oa_tracker;

/* The receiver has announced the window of a channel, in bytes. */
void oa_flow_begin(struct oa_channel *channel, uint32_t window);

/* Shorter waits for the window are not counted as stalls: acknowledgments take some time to come,
 * and senders to go on. The reports and the field rpch.flow.stall state this length. */
#define OA_STALL_MIN_NS (INT64_C(50) * 1000000)

/* An RPC PDU of event->channel. */
void oa_flow_take_rpc(struct oa_tracker *tracker, struct oa_event *event);

/* The RTS PDU of the event acknowledges RPC bytes of that channel. It counts once it has reached
 * their sender; before that it is only noted in the event. */
void oa_flow_take_ack(struct oa_tracker *tracker, struct oa_channel *acknowledged,
                      const struct oa_rts_ack *ack, bool has_reached_sender,
                      struct oa_event *event);

#endif
