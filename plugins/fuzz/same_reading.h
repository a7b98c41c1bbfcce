/* same_reading.h
 * For fuzz targets of parts of ROP buffers: the same bytes have to be read the same, whatever they
 * stand in. Every byte is reported once, and texts are clean.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SAME_READING_H
#define SAME_READING_H

#include <string.h>

#include "count_bytes.h"

/* So many containers in each other are within the walk's limit of depth, whatever else it counts.
 */
#define COMPARED_DEPTH 8

struct reading {
    struct count count;
    size_t head;     /* bytes before those that are compared */
    uint64_t fields; /* a hash of those behind the head */
    unsigned depth, deepest;
    struct oa_walk_result result;
};

static void
note_field(void *user, void *parent, const struct oa_value *value)
{
    struct reading *reading = user;
    enum oa_type type = OA_FIELDS[value->id].type;

    count_field(&reading->count, parent, value);
    if (type == OA_TYPE_TEXT8 || type == OA_TYPE_TEXT16) {
        char text[64];
        oa_value_text(value, text, sizeof text);
        if (!memchr(text, '\0', sizeof text) || !g_utf8_validate(text, -1, NULL))
            abort();
    }
    if (reading->count.sources || value->offset < reading->head)
        return;
    const uint64_t facts[] = { value->id, value->offset - reading->head, value->length,
                               value->number };
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
        reading->fields = (reading->fields ^ facts[i]) * UINT64_C(0x100000001b3);
}

static void *
note_begin(void *user, void *parent, const struct oa_value *at)
{
    struct reading *reading = user;

    (void)at;
    reading->depth++;
    reading->deepest = MAX(reading->deepest, reading->depth);
    return parent;
}

static void
note_end(void *user, void *node, size_t offset)
{
    (void)node;
    (void)offset;
    ((struct reading *)user)->depth--;
}

/* Gives the walk to a reading; 8-bit text is in one of four code pages, or in an unknown one. */
static void
begin_reading(struct reading *reading, struct oa_walk *walk, unsigned page)
{
    static const uint32_t PAGES[] = { 0, 1252, 932, 65001 };
    static const struct oa_visitor VISITOR = { .field = note_field,
                                               .begin = note_begin,
                                               .end = note_end,
                                               .gap = count_gap,
                                               .begin_source = count_begin_source,
                                               .end_source = count_end_source };
    static struct oa_code_pages *code_pages; /* take longer to open than to use */

    if (!code_pages)
        code_pages = oa_code_pages_new();
    *reading = (struct reading){ 0 };
    oa_walk_reuse(walk, &VISITOR, reading);
    oa_walk_set_code_pages(walk, code_pages);
    oa_walk_set(walk, OA_F_OXCRPC_CPID, PAGES[page % G_N_ELEMENTS(PAGES)]);
}

/* Walks the bytes, with those of a head before them. */
static void
read_behind(struct reading *reading, struct oa_walk *walk, const struct oa_layout *layout,
            const void *head, size_t head_length, const uint8_t *bytes, size_t length)
{
    /* Exactly as many as there are, so that a sanitizer sees a read beyond them. */
    size_t whole = head_length + length;
    uint8_t *copy = g_malloc(MAX(whole, 1));

    if (head_length > 0)
        memcpy(copy, head, head_length);
    if (length > 0)
        memcpy(copy + head_length, bytes, length);
    reading->head = head_length;
    reading->count.length = whole;
    reading->result = oa_walk_run(walk, layout, OA_PLAIN, false, copy, whole, NULL);
    if (reading->count.seen != whole || reading->depth > 0)
        abort();
    g_free(copy);
}

static void
require_same(const struct reading *one, const struct reading *other)
{
    bool is_limited = one->result.state == OA_WALK_LIMIT || other->result.state == OA_WALK_LIMIT ||
                      MAX(one->deepest, other->deepest) > COMPARED_DEPTH;

    if (!is_limited && (one->fields != other->fields || one->result.state != other->result.state ||
                        one->result.undecoded != other->result.undecoded ||
                        one->result.trailing != other->result.trailing))
        abort();
}

#endif
