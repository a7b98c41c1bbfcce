/* rpch_reassembly.h
 * What TCP keeps back because a stock dissector asked for more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_REASSEMBLY_H
#define RPCH_REASSEMBLY_H

#include <epan/packet.h>

/*
 * TCP is about to get a segment of the packet, which has that sequence number as in its header and
 * that payload at its end, on the first visit; `pinfo` has its ports. Stock X11, which has the
 * ports of the proxy's hop, takes the middle of a connection for its own, and may read a length
 * there that keeps back everything up to its end. If the payload begins a connection of ours, the
 * segment is taken out of that.
 */
void rpch_reassembly_release(packet_info *pinfo, tvbuff_t *segment, guint32 sequence,
                             const guint8 *payload, guint length);

#endif
