/* channel_pdu.h
 * Internal to track/. One PDU of a channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_PDU_H
#define OA_CHANNEL_PDU_H

#include "track/channel_state.h"

/* Takes a complete PDU: what it is, what it shows of its channel and virtual connection, and
 * whether it is legal. Fills in the event. */
void oa_channel_take_pdu(struct channel *channel, struct oa_event *event,
                         const struct oa_rpc_header *header);

/* A PDU, or a part of a message, has come: returns the time since the one before, 0 for the first.
 */
int64_t oa_channel_measure_idle(const struct oa_tracker *tracker, struct oa_channel *facts,
                                struct oa_stamp stamp);

#endif
