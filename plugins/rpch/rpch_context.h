/* rpch_context.h
 * Presentation contexts whose bind is not in the capture: stock DCE/RPC is given a made-up one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CONTEXT_H
#define RPCH_CONTEXT_H

#include "ws_compat.h"

#include <epan/packet.h>

void rpch_context_handoff(void);

/* For a request whose bind is not in the capture: if its shape identifies the interface, passes a
 * bind of its context to stock DCE/RPC. Only has an effect on a first visit. */
void rpch_context_introduce(packet_info *pinfo, tvbuff_t *tvb);

#endif
