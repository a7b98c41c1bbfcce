/* held_bytes.h
 * Bytes of one direction of a connection that wait until it is known whether they are ours, with
 * the times at which they came.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OAEXPORT_HELD_BYTES_H
#define OAEXPORT_HELD_BYTES_H

#include <glib.h>

#include "track/channel.h"

/* All zeros: none. */
struct held_bytes {
    GByteArray *bytes; /* NULL: none */
    GArray *parts;     /* of struct held_part, in order */
};

/* Appends bytes that came at that time. Beyond a few hundred parts the last one grows. */
void held_bytes_add(struct held_bytes *held, const uint8_t *data, size_t length,
                    struct oa_stamp stamp);

/* When the first and the last part came; there must be some. */
struct oa_stamp held_bytes_begin(const struct held_bytes *held);
struct oa_stamp held_bytes_end(const struct held_bytes *held);

/* Gives all of them to the channel, as sent by that side at their times, and drops them. */
void held_bytes_give(struct held_bytes *held, struct oa_channel *channel, enum oa_side side);

void held_bytes_drop(struct held_bytes *held);

#endif
