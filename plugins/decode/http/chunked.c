/* chunked.c
 * Walks over the chunk framing of an HTTP body.
 * [RFC 9112] 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/chunked.h"

#include <string.h>

#include <glib.h>

/* The longest line that is accepted as a chunk-size line. */
#define CHUNK_LINE_MAX 256

bool
oa_chunk_walk_to_data(struct oa_chunk_walk *walk, const uint8_t *data, size_t length)
{
    while (!walk->in_chunk) {
        size_t at = walk->wire;
        uint64_t size = 0;
        const uint8_t *end =
            at < length ? memchr(data + at, '\n', MIN(length - at, CHUNK_LINE_MAX)) : NULL;

        if (!end) {
            walk->broken = length - at >= CHUNK_LINE_MAX;
            return false;
        }
        size_t digits = 0;
        for (; at < length && g_ascii_isxdigit(data[at]) && digits < 15; at++, digits++)
            size = size << 4 | (unsigned)g_ascii_xdigit_value((char)data[at]);
        bool empty_line = digits == 0 && (data[at] == '\r' || data[at] == '\n');
        walk->wire = (size_t)(end - data) + 1;
        if (walk->ended && empty_line)
            return true;
        if (walk->after_chunk && empty_line) {
            walk->after_chunk = false;
            continue;
        }
        if (digits == 0 && !walk->ended) {
            walk->broken = true;
            return false;
        }
        if (walk->ended)
            continue; /* trailer fields */
        walk->after_chunk = false;
        walk->ended = size == 0;
        walk->in_chunk = size != 0;
        walk->left = size;
    }
    return true;
}
