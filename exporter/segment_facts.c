/* segment_facts.c
 * What a TCP segment shows of its connection.
 * [RFC 9293] [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "segment_facts.h"

#include <string.h>

#include "base/cursor.h"

/* Of the TCP header. */
#define TCP_OPTIONS 20
#define OPTION_END 0
#define OPTION_NOTHING 1
#define OPTION_TIMESTAMPS 8
#define OPTION_HEADER 2 /* kind and length */

int
segment_side(const struct segment *segment)
{
    int order = memcmp(segment->source.address, segment->destination.address,
                       sizeof segment->source.address);

    return order ? order > 0 : segment->source.port > segment->destination.port;
}

bool
segment_ticks(const struct segment *segment, uint32_t *ticks)
{
    struct oa_cursor options = oa_cursor_over(segment->header, segment->header_length);

    options.big_endian = true;
    oa_cursor_skip(&options, TCP_OPTIONS);
    while (oa_cursor_left(&options)) {
        uint8_t kind = oa_cursor_u8(&options);
        if (kind == OPTION_END)
            return false;
        if (kind == OPTION_NOTHING)
            continue;
        size_t length = oa_cursor_u8(&options);
        if (length < OPTION_HEADER)
            return false;
        struct oa_cursor value = oa_cursor_sub(&options, length - OPTION_HEADER);
        *ticks = oa_cursor_u32(&value);
        if (kind == OPTION_TIMESTAMPS)
            return !value.is_short;
    }
    return false;
}
