/* fuzz_transfer_stream.c
 * Any bytes as a FastTransfer stream: the first byte says how long its buffers are, at least; the
 * others are the stream. It has the same elements in one buffer as in many; each byte is reported
 * once, and a later reading of a buffer reports the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "count_bytes.h"

#include <string.h>

#include "rop/fx_lexer.h"

#define BUFFERS_MAX 16 /* more take time, and find nothing else */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* clang-format off */
OA_LAYOUT(BUFFER, "TransferBuffer", OA_OCTETS(TRANSFER_DATA));
/* clang-format on */

/* What is reported; the parts of values that are reported once more as a whole, aside. */
struct elements {
    struct count count;
    GByteArray *bytes;
    enum oa_field last;
};

struct stream {
    struct oa_walk *walk;
    struct oa_fx_state *state;
    struct oa_fx_part *part; /* of the buffer being read again */
    struct elements elements;
};

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct elements *elements = user;

    count_field(&elements->count, parent, value);
    if (value->id == OA_F_TRANSFER_PART)
        return;
    if (value->id != elements->last)
        g_byte_array_append(elements->bytes, (const uint8_t *)&value->id, sizeof value->id);
    elements->last = value->id;
    if (value->length > 0)
        g_byte_array_append(elements->bytes, value->bytes, (guint)value->length);
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct elements *elements = user;

    (void)parent;
    if (at->id == OA_F_TRANSFER_PROPERTY)
        elements->last = OA_F_NONE;
    return NULL;
}

static void
decode(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct stream *stream = oa_walk_context(walk);

    (void)bytes;
    (void)length;
    if (stream->part) {
        oa_fx_read_again(stream->part, walk, node);
    } else {
        stream->part = oa_fx_part_new(stream->state);
        oa_fx_read(stream->state, stream->part, walk, node, 1);
    }
}

static struct oa_walk_result
walk_buffer(struct stream *stream, const uint8_t *bytes, size_t length)
{
    static const struct oa_visitor VISITOR = { .field = on_field,
                                               .begin = on_begin,
                                               .gap = count_gap,
                                               .begin_source = count_begin_source,
                                               .end_source = count_end_source };

    stream->elements.count = (struct count){ .length = length };
    oa_walk_reuse(stream->walk, &VISITOR, &stream->elements);
    oa_walk_set_decoder(stream->walk, OA_F_TRANSFER_DATA, NULL, decode);
    oa_walk_set_context(stream->walk, stream);
    struct oa_walk_result result =
        oa_walk_run(stream->walk, &BUFFER, OA_PLAIN, false, bytes, length, NULL);
    if (stream->elements.count.seen != length)
        abort();
    return result;
}

/* Reads a buffer for the first time, and again. */
static void
read_buffer(struct stream *stream, const uint8_t *bytes, size_t length)
{
    enum oa_field last = stream->elements.last;
    guint start = stream->elements.bytes->len;

    struct oa_walk_result first = walk_buffer(stream, bytes, length);
    guint end = stream->elements.bytes->len;
    stream->elements.last = last;
    struct oa_walk_result again = walk_buffer(stream, bytes, length);
    const uint8_t *found = stream->elements.bytes->data;
    if (first.undecoded != again.undecoded || stream->elements.bytes->len - end != end - start ||
        (end > start && memcmp(found + start, found + end, end - start) != 0))
        abort();
    g_byte_array_set_size(stream->elements.bytes, end);
    oa_fx_part_free(stream->part);
    stream->part = NULL;
}

static GByteArray *
read_stream(struct oa_walk *walk, const uint8_t *bytes, size_t length, size_t buffer)
{
    struct stream stream = { .walk = walk,
                             .state = oa_fx_state_new(),
                             .elements = { .bytes = g_byte_array_new() } };

    for (size_t i = 0; i < length; i += buffer)
        read_buffer(&stream, bytes + i, MIN(buffer, length - i));
    oa_fx_state_free(stream.state);
    return stream.elements.bytes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct oa_walk *walk = oa_walk_new(&COUNT_VISITOR, NULL);
    GByteArray *whole = read_stream(walk, data + 1, size - 1, size);
    GByteArray *cut = read_stream(walk, data + 1, size - 1, MAX(data[0] + 1u, size / BUFFERS_MAX));
    if (whole->len != cut->len ||
        (whole->len > 0 && memcmp(whole->data, cut->data, whole->len) != 0))
        abort();
    g_byte_array_unref(whole);
    g_byte_array_unref(cut);
    oa_walk_free(walk);
    return 0;
}
