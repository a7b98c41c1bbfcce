/* flow_control.h
 * Internal to track/. RPC bytes against receive windows. [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_FLOW_CONTROL_H
#define OA_FLOW_CONTROL_H

#include "track/events.h"

struct channel;

void oa_flow_begin(struct channel *channel, uint32_t window);
void oa_flow_take_rpc(struct channel *channel, struct oa_event *event);
void oa_flow_take_ack(struct channel *channel, struct oa_event *event);

#endif
