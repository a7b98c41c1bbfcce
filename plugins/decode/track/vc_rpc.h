/* vc_rpc.h
 * Internal to track/. RPC PDUs, and what they do to a virtual connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VC_RPC_H
#define OA_VC_RPC_H

#include "track/channel_state.h"

/* Takes the RPC PDU of the event, which gets the virtual connection and the call it belongs to. */
void oa_vc_take_rpc(struct channel *channel, struct oa_event *event);

#endif
