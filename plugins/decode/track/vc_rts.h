/* vc_rts.h
 * Internal to track/. RTS PDUs, and what they do to a virtual connection. [MS-RPCH] 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VC_RTS_H
#define OA_VC_RTS_H

#include "track/channel_state.h"
#include "track/sequence.h"

/* Takes the RTS PDU of the event, which gets the PDU's name, its virtual connection, and what else
 * it has to do with. */
enum oa_sequence_effect oa_vc_take_rts(struct channel *channel, struct oa_event *event);

#endif
