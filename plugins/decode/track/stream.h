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
    STREAM_BODY,   /* of an HTTP message without PDUs */
    STREAM_PDUS,
    STREAM_TAIL,  /* the rest of a PDU whose beginning was lost: `tail` bytes */
    STREAM_LOST,  /* searching for the next PDU or head */
    STREAM_DRAIN, /* after the last PDU of a recycled OUT channel: bytes without meaning,
                     [MS-RPCH] 3.2.3.5.10 */
};

/* When the bytes that wait behind a loss came: what looks there like the beginning of a PDU or
 * chunk may make whole PDUs wait with it. */
struct arrivals;

struct stream {
    enum stream_state state;
    bool chunked;
    bool in_chunk;    /* chunked: inside the data of a chunk, `left` more bytes */
    bool after_chunk; /* chunked: the line end after the data of a chunk is next */
    uint64_t left;    /* more bytes of the body; UINT64_MAX until the connection ends */
    uint64_t tail;
    bool was_lost;     /* since the last PDU */
    bool broken_off;   /* there is a head where a PDU is expected */
    GByteArray *carry; /* oa_channel_data(): bytes that wait for more */
    struct oa_stamp carry_from;
    size_t carry_need; /* how many bytes have to wait before another attempt is worthwhile */
    struct arrivals *arrivals; /* of the carried bytes; NULL: they wait for one PDU */
};

/* A body of that many bytes begins (UINT64_MAX: until the connection ends), or a chunked one, to be
 * read in that state. */
void oa_stream_begin_body(struct stream *stream, enum stream_state state, uint64_t left);
void oa_stream_begin_chunked_body(struct stream *stream, enum stream_state state);

/* Adds bytes that wait for more. */
void oa_stream_carry(struct stream *stream, const uint8_t *data, size_t length);

/* The last of the bytes that wait came with that stamp. */
void oa_stream_note_arrival(struct stream *stream, struct oa_stamp stamp);

/* The next event takes the carried bytes from that place on. */
void oa_stream_go_to(struct stream *stream, size_t at);

/* Sets when the first and the last of the next `length` bytes came, if they have waited behind a
 * loss. */
void oa_stream_find_arrival(const struct stream *stream, size_t length, struct oa_stamp *first,
                            struct oa_stamp *last);

/* That many of the bytes that wait are taken. */
void oa_stream_shorten_carry(struct stream *stream, size_t taken);

/* Drops the bytes that wait for more, with their memory: most connections are idle, and open for
 * hours. */
void oa_stream_drop_carry(struct stream *stream);

/* Takes that many bytes of the body. When it ends, the next message begins. */
void oa_stream_take(struct stream *stream, uint64_t bytes);

/* What comes next is no longer known. */
void oa_stream_lose(struct stream *stream);

/*
 * Whether a chunk begins here, and with it a PDU, as may be found in the middle of a body: returns
 * the length of its chunk-size line, and sets the size of the chunk. 0: none, or too few bytes to
 * tell; `*need` is then how many would do.
 */
size_t oa_stream_find_chunk(const uint8_t *data, size_t length, size_t *size, size_t *need);

/* oa_stream_look() where there is chunk framing. */
const uint8_t *oa_stream_look_in_chunks(const struct stream *stream, const uint8_t *data,
                                        size_t length, size_t want, uint8_t *joined,
                                        struct oa_chunk_walk *walk, size_t *got);

/*
 * Finds `want` bytes of the body at the start of `data`: returns where they are (in place, or
 * assembled in `joined`), and sets how many bytes they take on the wire (`walk->wire`). NULL if
 * they are not complete; `*got` is then how many are there. Takes nothing.
 */
static inline const uint8_t *
oa_stream_look(const struct stream *stream, const uint8_t *data, size_t length, size_t want,
               uint8_t *joined, struct oa_chunk_walk *walk, size_t *got)
{
    if (stream->chunked)
        return oa_stream_look_in_chunks(stream, data, length, want, joined, walk, got);
    *walk = (struct oa_chunk_walk){ .left = stream->left, .wire = want };
    *got = MIN(length, want);
    return length >= want ? data : NULL;
}

/* Takes the bytes of the body that oa_stream_look() has found. */
void oa_stream_take_found(struct stream *stream, size_t want, const struct oa_chunk_walk *walk);

/* Takes chunk framing at the start of `data`, before a chunk or after the last one, and returns its
 * length; 0 if more bytes are needed, or if it is not chunk framing, and the stream is lost. */
size_t oa_stream_take_framing(struct stream *stream, const uint8_t *data, size_t length);

#endif
