/* segment_facts.h
 * What a TCP segment shows of its connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SEGMENT_FACTS_H
#define SEGMENT_FACTS_H

#include "packet.h"

/* The side that sent it, 0 or 1: the same for all segments of a sender in a connection. The lesser
 * endpoint has 0. */
int segment_side(const struct segment *segment);

/* The value of the timestamps option, [RFC 7323] section 3.2; false if there is none. */
bool segment_ticks(const struct segment *segment, uint32_t *ticks);

/* Whether a number comes before another one. Both sequence numbers and timestamps wrap around. */
static inline bool
number_is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
