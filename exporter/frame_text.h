/* frame_text.h
 * What is in a frame, in words: HTTP heads, RTS PDUs, RPC PDUs; never credentials.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FRAME_TEXT_H
#define FRAME_TEXT_H

#include "track/events.h"

/* With the main values (g_free); of a RTS PDU what follows its name. NULL for events of other types
 * than HTTP_HEAD, BANNER, RTS and RPC. */
char *frame_text(const struct oa_event *event);

/* "HTTP", "RPCH", "DCERPC", or the RPC interface. */
const char *frame_protocol(const struct oa_event *event);

#endif
