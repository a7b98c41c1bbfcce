/* fx_stream.h
 * FastTransfer streams for tests: reads one buffer by buffer, each of them twice, and compares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FX_STREAM_H
#define FX_STREAM_H

#include <glib.h>

#include "rop/fx_lexer.h"

struct fx_stream {
    struct oa_fx_state *state;
    uint64_t frame;            /* of the last buffer, from 1 */
    struct oa_fx_part *part;   /* of the last buffer */
    struct oa_fx_part *before; /* of the one before */
    char *text;                /* what the last buffer reported, as in coverage_visitor.h */
    GByteArray *elements;      /* what all buffers reported, where they were cut aside */
    enum oa_field last;        /* field in it */
};

void fx_stream_start(struct fx_stream *stream);
void fx_stream_end(struct fx_stream *stream);

/* Reads the next buffer. The test fails if a byte is not reported once, or if a later reading does
 * not report the same. */
void fx_stream_read(struct fx_stream *stream, const uint8_t *bytes, size_t length);

/* Reads all of it in buffers of that size. The elements, to be freed. */
GByteArray *fx_stream_elements(const uint8_t *bytes, size_t length, size_t buffer);

#endif
