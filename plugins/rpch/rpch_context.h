/* rpch_context.h
 * Presentation contexts whose bind is not in the capture, made known to stock DCE/RPC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CONTEXT_H
#define RPCH_CONTEXT_H

#include "ws_compat.h"

#include <epan/packet.h>

void rpch_context_handoff(void);

/* Where the bind is not in the capture, makes the context of a request known to stock DCE/RPC if
 * its shape tells the interface. First visits only. */
void rpch_context_introduce(packet_info *pinfo, tvbuff_t *tvb);

#endif
