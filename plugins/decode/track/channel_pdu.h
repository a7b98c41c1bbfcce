/* channel_pdu.h
 * Internal to track/. One PDU of a channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_PDU_H
#define OA_CHANNEL_PDU_H

#include "track/channel_state.h"

void oa_channel_take_pdu(struct channel *channel, struct oa_event *event,
                         const struct oa_rpc_header *header);

#endif
