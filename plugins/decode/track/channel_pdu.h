/* channel_pdu.h
 * Internal to track/. One PDU of a channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_PDU_H
#define OA_CHANNEL_PDU_H

#include "track/channel_state.h"

/* A PDU that has come whole: what it is, what it says of its channel and virtual connection, and
 * whether it may be so. Fills the event. */
void oa_channel_take_pdu(struct channel *channel, struct oa_event *event,
                         const struct oa_rpc_header *header);

#endif
