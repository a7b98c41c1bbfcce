/* stream.h
 * Internal to track/. One direction of a channel: what its next bytes are, and how its body is
 * framed. [RFC 9112] 6, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_STREAM_H
#define OA_STREAM_H

#include <glib.h>

#include "http/chunked.h"
#include "track/events.h"

/* What the next bytes of one direction are. */
enum stream_state {
    STREAM_HEAD,
    STREAM_BANNER, /* the server's side of a raw connection, before its first byte */
    STREAM_BODY,   /* of an HTTP message that carries no PDUs */
    STREAM_PDUS,
    STREAM_TAIL,  /* the rest of a PDU whose beginning is lost: `tail` bytes */
    STREAM_LOST,  /* look for the next PDU or head */
    STREAM_DRAIN, /* after the last PDU of a recycled OUT channel: bytes without meaning,
                     [MS-RPCH] 3.2.3.5.10 */
};

struct stream {
    enum stream_state state;
    bool chunked;
    bool in_chunk;    /* chunked: inside a chunk's data, `left` bytes of it to come */
    bool after_chunk; /* chunked: the line end behind a chunk's data is still to come */
    uint64_t left;    /* bytes of the body to come; UINT64_MAX until the connection ends */
    uint64_t tail;
    bool broken_off;   /* a head stands where a PDU had to */
    GByteArray *carry; /* oa_channel_data: bytes that wait for their rest */
    struct oa_stamp carry_from;
    size_t carry_need; /* how many bytes the waiting ones have to become before another try is worth
                          it */
};

/* A body of that many bytes begins (UINT64_MAX: until the connection ends), or a chunked one; it is
 * to be taken in that state. */
void oa_stream_begin_body(struct stream *stream, enum stream_state state, uint64_t left);
void oa_stream_begin_chunked_body(struct stream *stream, enum stream_state state);

/* That many bytes of the body have been taken. When it ends, the next message begins. */
void oa_stream_take(struct stream *stream, uint64_t bytes);

/* What comes next is not known any more. */
void oa_stream_lose(struct stream *stream);

/*
 * Finds `want` bytes of the body at the start of `data`: where they are (in place, or put together
 * in `joined`), and how many bytes they take on the wire (`walk->wire`). NULL if they are not all
 * there; `*got` is then how many are. Takes nothing.
 */
const uint8_t *oa_stream_look(const struct stream *stream, const uint8_t *data, size_t length,
                              size_t want, uint8_t *joined, struct oa_chunk_walk *walk,
                              size_t *got);

/* Takes the bytes of the body that oa_stream_look() has found. */
void oa_stream_take_found(struct stream *stream, size_t want, const struct oa_chunk_walk *walk);

/* Takes chunk framing at the start of `data`, which stands before a chunk or after the last one:
 * returns its length; 0 if more bytes are needed, or if it is none and the stream is lost. */
size_t oa_stream_take_framing(struct stream *stream, const uint8_t *data, size_t length);

#endif
