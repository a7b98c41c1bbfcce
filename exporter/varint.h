/* varint.h
 * Numbers in few bytes: seven bits in each, the lowest first, the highest bit set in all but the
 * last.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VARINT_H
#define VARINT_H

#include <glib.h>
#include <stdint.h>

/* Appends the number. */
static inline void
varint_put(GByteArray *to, uint64_t number)
{
    uint8_t bytes[10];
    guint n = 0;

    for (; number >= 0x80; number >>= 7)
        bytes[n++] = (uint8_t)(number | 0x80);
    bytes[n++] = (uint8_t)number;
    g_byte_array_append(to, bytes, n);
}

/* Reads a number that varint_put() wrote, and moves on to what follows. */
static inline uint64_t
varint_take(const uint8_t **at)
{
    uint64_t number = 0;
    unsigned shift = 0;

    for (; **at & 0x80; (*at)++, shift += 7)
        number |= (uint64_t)(**at & 0x7f) << shift;
    return number | (uint64_t) * (*at)++ << shift;
}

#endif
