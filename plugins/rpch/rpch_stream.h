/* rpch_stream.h
 * The bytes of a connection of ours: decoded on the first visit, shown on every one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STREAM_H
#define RPCH_STREAM_H

#include "ws_compat.h"

#include <epan/packet.h>

void rpch_stream_register(void);

/* The dissector of data of a connection that has been opened; 0 for others. */
int rpch_stream_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

/* The same as a handle. */
dissector_handle_t rpch_stream_handle(void);

#endif
