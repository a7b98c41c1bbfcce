/* vc_rts.h
 * Internal to track/. RTS PDUs and their effect on a virtual connection. [MS-RPCH] 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VC_RTS_H
#define OA_VC_RTS_H

#include "track/channel_state.h"
#include "track/sequence.h"

/* Takes the RTS PDU of the event, and sets the event's name of the PDU, virtual connection,
 * sequence and flow control. */
enum oa_sequence_effect oa_vc_take_rts(struct channel *channel, struct oa_event *event);

/* Whether the beginning of an RTS PDU, whose end the capture lacks, is that of one PDU only that is
 * legal here and opens a channel, and contains the cookie of the virtual connection. */
bool oa_vc_rts_opens(const struct channel *channel, enum oa_side side, const struct oa_rts *rts);

#endif
