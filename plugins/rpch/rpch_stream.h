/* rpch_stream.h
 * The bytes of a connection with RPC: decoded on the first visit, shown on every one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STREAM_H
#define RPCH_STREAM_H

#include "ws_compat.h"

#include <epan/packet.h>

void rpch_stream_register(void);

/* Dissects data of a connection that has been opened; returns 0 for any other. */
int rpch_stream_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

/* The handle of that dissector. */
dissector_handle_t rpch_stream_handle(void);

#endif
