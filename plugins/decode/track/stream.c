/* stream.c
 * One direction of a channel: how its body is framed.
 * [RFC 9112] 6 (length), 7.1 (chunks)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/stream.h"

#include <string.h>

#include "rpc/dcerpc.h"

/* Of the chunks that are searched for: large enough for the header of a PDU, and not much larger
 * than a PDU. */
#define CHUNK_DIGITS_MAX 5

void
oa_stream_begin_body(struct stream *stream, enum stream_state state, uint64_t left)
{
    stream->state = left ? state : STREAM_HEAD;
    stream->chunked = stream->in_chunk = stream->after_chunk = false;
    stream->left = left;
}

void
oa_stream_begin_chunked_body(struct stream *stream, enum stream_state state)
{
    stream->state = state;
    stream->chunked = true;
    stream->in_chunk = stream->after_chunk = false;
    stream->left = UINT64_MAX;
}

/* A length is quickly claimed: room for what is needed, but not for much more than what is there.
 */
#define CARRY_GROWTH 8

void
oa_stream_carry(struct stream *stream, const uint8_t *data, size_t length)
{
    if (!stream->carry)
        stream->carry =
            g_byte_array_sized_new((guint)MIN(stream->carry_need, CARRY_GROWTH * length));
    g_byte_array_append(stream->carry, data, (guint)length);
}

/* Of segments; what comes behind so many counts as one. */
#define ARRIVALS_MAX 64

struct arrivals {
    size_t at; /* of the next event */
    unsigned n;
    struct {
        size_t end;
        struct oa_stamp stamp;
    } entries[ARRIVALS_MAX];
};

void
oa_stream_note_arrival(struct stream *stream, struct oa_stamp stamp)
{
    if (!stream->arrivals && !stream->was_lost)
        return;
    if (!stream->arrivals)
        stream->arrivals = g_new0(struct arrivals, 1);
    struct arrivals *arrivals = stream->arrivals;
    unsigned i = arrivals->n < ARRIVALS_MAX ? arrivals->n++ : ARRIVALS_MAX - 1;

    arrivals->entries[i].end = stream->carry->len;
    arrivals->entries[i].stamp = stamp;
}

void
oa_stream_go_to(struct stream *stream, size_t at)
{
    if (stream->arrivals)
        stream->arrivals->at = at;
}

static struct oa_stamp
arrival_of(const struct arrivals *arrivals, size_t at)
{
    unsigned i = 0;

    while (i + 1 < arrivals->n && arrivals->entries[i].end <= at)
        i++;
    return arrivals->entries[i].stamp;
}

void
oa_stream_find_arrival(const struct stream *stream, size_t length, struct oa_stamp *first,
                       struct oa_stamp *last)
{
    const struct arrivals *arrivals = stream->arrivals;

    if (!arrivals || length == 0)
        return;
    *first = arrival_of(arrivals, arrivals->at);
    *last = arrival_of(arrivals, arrivals->at + length - 1);
}

void
oa_stream_shorten_carry(struct stream *stream, size_t taken)
{
    struct arrivals *arrivals = stream->arrivals;
    unsigned kept = 0;

    g_byte_array_remove_range(stream->carry, 0, (guint)taken);
    for (unsigned i = 0; arrivals && i < arrivals->n; i++)
        if (arrivals->entries[i].end > taken) {
            arrivals->entries[kept] = arrivals->entries[i];
            arrivals->entries[kept++].end -= taken;
        }
    if (arrivals)
        arrivals->n = kept;
}

void
oa_stream_drop_carry(struct stream *stream)
{
    g_free(stream->arrivals);
    stream->arrivals = NULL;
    if (stream->carry)
        g_byte_array_unref(stream->carry);
    stream->carry = NULL;
}

/* The next message begins where the body ends. */
static void
end_body(struct stream *stream)
{
    stream->state = STREAM_HEAD;
    stream->chunked = false;
    stream->left = 0;
}

void
oa_stream_take(struct stream *stream, uint64_t bytes)
{
    if (stream->left != UINT64_MAX || stream->in_chunk) {
        stream->left -= MIN(bytes, stream->left);
        if (stream->left == 0 && stream->in_chunk) {
            stream->in_chunk = false;
            stream->after_chunk = true;
        } else if (stream->left == 0) {
            end_body(stream);
        }
    }
}

void
oa_stream_lose(struct stream *stream)
{
    stream->state = STREAM_LOST;
    stream->was_lost = true;
    stream->chunked = stream->in_chunk = stream->after_chunk = false;
}

size_t
oa_stream_find_chunk(const uint8_t *data, size_t length, size_t *size, size_t *need)
{
    size_t line = 0;

    *size = *need = 0;
    for (; line < MIN(length, CHUNK_DIGITS_MAX) && g_ascii_isxdigit(data[line]); line++)
        *size = *size << 4 | (size_t)g_ascii_xdigit_value((char)data[line]);
    if (line == 0 || memcmp(data + line, "\r\n", MIN(length - line, 2)) != 0 ||
        !oa_rpc_may_be_header(data + MIN(line + 2, length), length - MIN(line + 2, length)))
        return 0;
    line += 2;
    if (length < line + OA_RPC_HEADER_SIZE)
        *need = line + OA_RPC_HEADER_SIZE;
    else if (*size >= OA_RPC_HEADER_SIZE &&
             oa_rpc_header_parse(data + line, length - line, &(struct oa_rpc_header){ 0 }))
        return line;
    return 0;
}

const uint8_t *
oa_stream_look_in_chunks(const struct stream *stream, const uint8_t *data, size_t length,
                         size_t want, uint8_t *joined, struct oa_chunk_walk *walk, size_t *got)
{
    *walk = (struct oa_chunk_walk){ .in_chunk = stream->in_chunk,
                                    .after_chunk = stream->after_chunk,
                                    .left = stream->left };
    *got = 0;
    while (*got < want) {
        if (!oa_chunk_walk_to_data(walk, data, length) || walk->ended)
            return NULL;
        size_t piece = MIN(want - *got, MIN(walk->left, length - walk->wire));
        if (piece == 0)
            return NULL;
        const uint8_t *at = data + walk->wire;
        walk->wire += piece;
        walk->left -= piece;
        if (walk->left == 0) {
            walk->in_chunk = false;
            walk->after_chunk = true;
        }
        if (*got == 0 && piece == want) {
            *got = want;
            return at;
        }
        memcpy(joined + *got, at, piece);
        *got += piece;
    }
    return joined;
}

void
oa_stream_take_found(struct stream *stream, size_t want, const struct oa_chunk_walk *walk)
{
    if (!stream->chunked) {
        oa_stream_take(stream, want);
        return;
    }
    stream->in_chunk = walk->in_chunk;
    stream->after_chunk = walk->after_chunk;
    stream->left = walk->left;
}

size_t
oa_stream_take_framing(struct stream *stream, const uint8_t *data, size_t length)
{
    size_t line_end = data[0] == '\r' ? 2 : 1;
    struct oa_chunk_walk walk = { 0 };

    if (stream->after_chunk && (data[0] == '\r' || data[0] == '\n')) {
        if (length < line_end)
            return 0;
        stream->after_chunk = false;
        return line_end;
    }
    if (!oa_chunk_walk_to_data(&walk, data, length)) {
        if (walk.broken)
            oa_stream_lose(stream);
        return 0;
    }
    stream->in_chunk = walk.in_chunk;
    stream->after_chunk = false;
    stream->left = walk.left;
    if (walk.ended)
        end_body(stream);
    return walk.wire;
}
