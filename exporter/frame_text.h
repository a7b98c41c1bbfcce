/* frame_text.h
 * One-line summaries of HTTP heads, RTS PDUs and RPC PDUs; without credentials.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FRAME_TEXT_H
#define FRAME_TEXT_H

#include "base/renamer.h"
#include "track/events.h"

/* The summary (g_free); for an RTS PDU what follows its name. NULL for event types other than
 * HTTP_HEAD, BANNER, RTS and RPC. The renamer, if it is not NULL, changes what names somebody. */
char *frame_text(const struct oa_event *event, const struct oa_renamer *renamer);

/* "HTTP", "RPCH", "DCERPC", or the name of the RPC interface. */
const char *frame_protocol(const struct oa_event *event);

#endif
