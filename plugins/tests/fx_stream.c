/* fx_stream.c
 * FastTransfer streams for tests: reads one buffer by buffer, each of them twice, and compares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fx_stream.h"

#include "coverage_visitor.h"

/* clang-format off */
OA_LAYOUT(BUFFER, "TransferBuffer", OA_OCTETS(TRANSFER_DATA));
/* clang-format on */

/* Collects the bytes of fields, without the places where buffers end: parts of one value become one
 * field again. */
struct collector {
    GByteArray *elements;
    enum oa_field last;
};

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct collector *collector = user;
    uint8_t head[] = { 0xff, (uint8_t)(value->id >> 8), (uint8_t)value->id };

    (void)parent;
    if (value->id == OA_F_TRANSFER_PART)
        return;
    if (value->id != collector->last)
        g_byte_array_append(collector->elements, head, sizeof head);
    collector->last = value->id;
    g_byte_array_append(collector->elements, value->bytes, (guint)value->length);
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct collector *collector = user;

    (void)parent;
    if (at->id == OA_F_TRANSFER_PROPERTY)
        collector->last = OA_F_NONE;
    return NULL;
}

static const struct oa_visitor COLLECTOR = { .field = on_field, .begin = on_begin };

void
fx_stream_start(struct fx_stream *stream)
{
    *stream = (struct fx_stream){ .state = oa_fx_state_new(), .elements = g_byte_array_new() };
}

void
fx_stream_end(struct fx_stream *stream)
{
    oa_fx_state_free(stream->state);
    oa_fx_part_free(stream->part);
    oa_fx_part_free(stream->before);
    g_byte_array_unref(stream->elements);
    g_free(stream->text);
}

static void
decode(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct fx_stream *stream = oa_walk_context(walk);

    (void)bytes;
    (void)length;
    if (stream->part) {
        oa_fx_read_again(stream->part, walk, node);
    } else {
        stream->part = oa_fx_part_new(stream->state);
        oa_fx_read(stream->state, stream->part, walk, node, stream->frame);
    }
}

static void
run(struct fx_stream *stream, const struct oa_visitor *visitor, void *user, const uint8_t *bytes,
    size_t length)
{
    struct oa_walk *walk = oa_walk_new(visitor, user);

    oa_walk_set_decoder(walk, OA_F_TRANSFER_DATA, NULL, decode);
    oa_walk_set_context(walk, stream);
    oa_walk_run(walk, &BUFFER, OA_PLAIN, false, bytes, length, user);
    oa_walk_free(walk);
}

static char *
text_of(struct fx_stream *stream, const uint8_t *bytes, size_t length)
{
    struct coverage coverage;

    coverage_start(&coverage, length);
    run(stream, &COVERAGE_VISITOR, &coverage, bytes, length);
    coverage_finish(&coverage);
    g_assert_cmpuint(coverage.missed, ==, 0);
    g_assert_cmpuint(coverage.twice, ==, 0);
    char *text = g_strdup(g_strchomp(coverage.text->str));
    coverage_end(&coverage);
    return text;
}

void
fx_stream_read(struct fx_stream *stream, const uint8_t *bytes, size_t length)
{
    struct collector collector = { stream->elements, stream->last };
    uint8_t *copy = g_memdup2(bytes, length); /* so that a sanitizer sees reads beyond its end */

    oa_fx_part_free(stream->before);
    stream->before = stream->part;
    stream->part = NULL;
    stream->frame++;
    g_free(stream->text);
    stream->text = text_of(stream, copy, length);
    char *later = text_of(stream, copy, length);
    g_assert_cmpstr(later, ==, stream->text);
    run(stream, &COLLECTOR, &collector, copy, length);
    stream->last = collector.last;
    g_free(later);
    g_free(copy);
}

GByteArray *
fx_stream_elements(const uint8_t *bytes, size_t length, size_t buffer)
{
    struct fx_stream stream;

    fx_stream_start(&stream);
    for (size_t i = 0; i < length; i += buffer)
        fx_stream_read(&stream, bytes + i, MIN(buffer, length - i));
    GByteArray *elements = g_byte_array_ref(stream.elements);
    fx_stream_end(&stream);
    return elements;
}
