/* packed_packet.h
 * A packet that was found in a frame elsewhere, in place of the frame's data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKED_PACKET_H
#define PACKED_PACKET_H

#include <glib.h>

#include "packet.h"

/* What the data begin with; the header and the payload of the segment follow, if there is one. */
struct packed_packet {
    enum packet_kind kind; /* PACKET_TCP, with `segment`; PACKET_OTHER, with `trace` */
    struct packet_trace trace;
    struct segment segment; /* its pointers are of the one who put it there */
};

/* Puts the packet in the place of what `to` holds. */
void packed_packet_put(GByteArray *to, const struct packed_packet *packed);

/* What packet_decode() would have made of the frame that has such data, in `packets` too. The
 * segment points into them. */
enum packet_kind packed_packet_take(struct packets *packets, const uint8_t *data,
                                    struct segment *segment);

#endif
