/* layout.c
 * The interpreter of layouts: walks bytes along the tables and reports every one to a visitor.
 * [C706] 14 (NDR), [MS-RPCE] 2.2.5 (NDR64), 2.2.2.13 (verification trailer)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

/* Nesting of structures, referents and sources. Restrictions are the deepest thing seen, and
 * servers refuse them long before. */
#define DEPTH_MAX 48

/* Reports of one run; the largest real stub, a row set, has some ten thousand. */
#define BUDGET_MAX (1u << 18)

/* How deep alignments of structures in structures are looked up. */
#define ALIGNMENT_DEPTH 16

#define HANDLE_SIZE 20
#define GUID_SIZE 16

/* A value that later slots may refer to. */
struct value {
    enum oa_field field;
    uint64_t number;
};

/* A pointer whose referent is still to come. */
struct pending {
    const struct oa_slot *slot;
    void *node;
};

/* An expression that stands at a place of its own, which comes at the end of its layout. */
struct placed {
    const struct oa_slot *slot;
    size_t offset;
};

struct oa_walk {
    const struct oa_visitor *visitor;
    void *user;
    void *context;
    struct oa_code_pages *code_pages;
    uint32_t code_page; /* of 8-bit text, as said last; 0: nobody said */
    struct oa_cursor cursor;
    enum oa_encoding encoding;
    GArray *values;
    GArray *pending;
    GArray *placed;
    GByteArray *scratch;
    size_t origin;     /* where places count from */
    GArray *referents; /* IDs of full pointers seen in this run */
    unsigned depth;
    unsigned budget;
    bool has_max_count; /* read in front of a structure for its last member */
    uint64_t max_count;
    bool has_inputs;
    bool stopped;
    struct oa_walk_result result;
};

static const struct oa_slot CONTEXT_HANDLE[] = { OA_U32(NDR_HANDLE_ATTRIBUTES),
                                                 OA_GUID(NDR_HANDLE_UUID), OA_END };
const struct oa_layout OA_LAYOUT_CONTEXT_HANDLE = { "ndr_context_handle", CONTEXT_HANDLE };

static void walk_slot(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index);

/* The slot behind an expression: its prefixes and the value they apply to. */
static const struct oa_slot *
slot_after(const struct oa_slot *slot)
{
    while (slot->kind >= OA_SLOT_FIRST_PREFIX)
        slot++;
    return slot->kind == OA_SLOT_END ? slot : slot + 1;
}

/* The value an expression ends in: what a pointer or a count is about. */
static const struct oa_slot *
slot_value(const struct oa_slot *slot)
{
    while (slot->kind >= OA_SLOT_FIRST_PREFIX)
        slot++;
    return slot;
}

static unsigned
count_size(const struct oa_walk *walk)
{
    return walk->encoding == OA_NDR64 ? 8 : 4;
}

/* Reports */

void
oa_walk_problem(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field)
{
    if (walk->result.state == OA_WALK_DONE) {
        walk->result.state = state;
        walk->result.field = field;
        walk->result.offset = walk->cursor.offset;
    }
}

bool
oa_walk_stopped(const struct oa_walk *walk)
{
    return walk->stopped || walk->cursor.is_short;
}

/* Ends the walk where it is; what is left will be reported as not decoded. */
static void
stop(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field)
{
    oa_walk_problem(walk, state, field);
    walk->stopped = true;
}

/* Takes one from the number of reports allowed. */
static bool
charge(struct oa_walk *walk, enum oa_field field)
{
    if (walk->budget == 0) {
        stop(walk, OA_WALK_LIMIT, field);
        return false;
    }
    walk->budget--;
    return true;
}

static void
report_field(struct oa_walk *walk, void *node, struct oa_value value)
{
    value.bytes = walk->cursor.data + value.offset;
    value.big_endian = walk->cursor.big_endian;
    value.code_page =
        OA_FIELDS[value.id].type == OA_TYPE_TELETEX ? OA_CODE_PAGE_TELETEX : walk->code_page;
    value.code_pages = walk->code_pages;
    if (walk->visitor->field)
        walk->visitor->field(walk->user, node, &value);
}

static void
report_gap(struct oa_walk *walk, void *node, enum oa_gap gap, size_t offset, size_t length)
{
    if (length == 0)
        return;
    if (gap == OA_GAP_UNDECODED)
        walk->result.undecoded += length;
    if (gap == OA_GAP_TRAILING)
        walk->result.trailing += length;
    if (walk->visitor->gap)
        walk->visitor->gap(walk->user, node, gap, offset, length);
}

static void *
begin(struct oa_walk *walk, void *node, enum oa_field field, int index, const char *name,
      size_t length)
{
    struct oa_value at = { .id = field,
                           .length = length,
                           .offset = walk->cursor.offset,
                           .bytes = walk->cursor.data + walk->cursor.offset,
                           .big_endian = walk->cursor.big_endian,
                           .index = index,
                           .name = name };

    charge(walk, field);
    return walk->visitor->begin ? walk->visitor->begin(walk->user, node, &at) : NULL;
}

void *
oa_walk_begin(struct oa_walk *walk, void *node, enum oa_field field, int index, const char *name)
{
    return begin(walk, node, field, index, name, 0);
}

void
oa_walk_end(struct oa_walk *walk, void *node)
{
    if (walk->visitor->end)
        walk->visitor->end(walk->user, node, walk->cursor.offset);
}

/* Values */

static void
remember(struct oa_walk *walk, enum oa_field field, uint64_t number)
{
    struct value value = { field, number };

    g_array_append_val(walk->values, value);
    if (OA_FIELDS[field].names == OA_NAMES_CODE_PAGE && number != 0)
        walk->code_page = (uint32_t)number;
}

uint64_t
oa_walk_value(const struct oa_walk *walk, enum oa_field field)
{
    for (size_t i = walk->values->len; i > 0; i--) {
        const struct value *value = &g_array_index(walk->values, struct value, i - 1);
        if (value->field == field)
            return value->number;
    }
    return 0;
}

size_t
oa_walk_left(const struct oa_walk *walk)
{
    return walk->stopped ? 0 : oa_cursor_left(&walk->cursor);
}

/* Bytes that do not fit latch the cursor; the first time it happens says what was wanted. */
static bool
is_there(struct oa_walk *walk, enum oa_field field)
{
    if (walk->cursor.is_short)
        oa_walk_problem(walk, OA_WALK_SHORT, field);
    return !walk->cursor.is_short;
}

static void
align(struct oa_walk *walk, void *node, unsigned to)
{
    size_t offset = walk->cursor.offset;
    size_t padding = to > 1 ? (to - offset % to) % to : 0;

    if (padding == 0 || walk->encoding == OA_PLAIN || oa_walk_stopped(walk))
        return;
    if (oa_cursor_skip(&walk->cursor, padding))
        report_gap(walk, node, OA_GAP_ALIGNMENT, offset, padding);
    else
        oa_walk_problem(walk, OA_WALK_SHORT, OA_F_NONE);
}

static uint64_t
read_uint(struct oa_walk *walk, void *node, enum oa_field field, enum oa_field about, unsigned size,
          int index)
{
    align(walk, node, size);
    struct oa_value value = {
        .id = field, .about = about, .offset = walk->cursor.offset, .length = size, .index = index
    };

    if (walk->stopped || !charge(walk, field))
        return 0;
    value.number = oa_cursor_uint(&walk->cursor, size);
    if (!is_there(walk, field))
        return 0;
    report_field(walk, node, value);
    return value.number;
}

/* A count, an offset or a pointer, which grow with the transfer syntax. */
static uint64_t
read_count(struct oa_walk *walk, void *node, enum oa_field field, const struct oa_slot *about)
{
    return read_uint(walk, node, field, slot_value(about)->field, count_size(walk), -1);
}

static void
read_bytes(struct oa_walk *walk, void *node, struct oa_value value)
{
    value.offset = walk->cursor.offset;
    if (walk->stopped || !charge(walk, value.id))
        return;
    oa_cursor_skip(&walk->cursor, value.length);
    if (is_there(walk, value.id))
        report_field(walk, node, value);
}

/* Like read_bytes, but takes what there is when it is less. */
static void
read_available(struct oa_walk *walk, void *node, struct oa_value value, uint64_t announced)
{
    size_t left = oa_walk_left(walk);

    value.is_cut = announced > left;
    value.length = value.is_cut ? left : (size_t)announced;
    if (value.text_length > value.length)
        value.text_length = value.length;
    if (value.length || !value.is_cut)
        read_bytes(walk, node, value);
    if (value.is_cut && !walk->stopped) {
        oa_walk_problem(walk, OA_WALK_SHORT, value.id);
        walk->cursor.is_short = true;
    }
}

void
oa_walk_bytes(struct oa_walk *walk, void *node, enum oa_field field, size_t length)
{
    read_available(walk, node, (struct oa_value){ .id = field, .index = -1 }, length);
}

/* Alignment */

static unsigned layout_alignment(const struct oa_walk *walk, const struct oa_layout *layout,
                                 unsigned depth);

static unsigned
arms_alignment(const struct oa_walk *walk, const struct oa_slot *slot, unsigned depth)
{
    unsigned largest = slot->size;

    for (const struct oa_arm *arm = slot->arms; arm->kind != OA_ARM_IS_END; arm++)
        if (arm->layout)
            largest = MAX(largest, layout_alignment(walk, arm->layout, depth + 1));
    return largest;
}

static unsigned
slot_alignment(const struct oa_walk *walk, const struct oa_slot *slot, unsigned depth)
{
    switch (slot->kind) {
    case OA_SLOT_INT:
        return slot->size;
    case OA_SLOT_GUID:
    case OA_SLOT_FILETIME:
        return 4;
    case OA_SLOT_STRING:
    case OA_SLOT_REF:
    case OA_SLOT_UNIQUE:
    case OA_SLOT_FULL:
        return count_size(walk);
    case OA_SLOT_CONFORMANT:
    case OA_SLOT_VARYING:
    case OA_SLOT_CONFORMANT_VARYING:
        return MAX(count_size(walk), slot_alignment(walk, slot + 1, depth));
    case OA_SLOT_STRUCT:
        return layout_alignment(walk, slot->layout, depth + 1);
    case OA_SLOT_UNION:
        return arms_alignment(walk, slot, depth);
    default:
        return slot->kind >= OA_SLOT_FIRST_PREFIX ? slot_alignment(walk, slot + 1, depth) : 1;
    }
}

/* The largest alignment of the members; pointers hide what they point to. */
static unsigned
layout_alignment(const struct oa_walk *walk, const struct oa_layout *layout, unsigned depth)
{
    unsigned largest = 1;

    if (walk->encoding == OA_PLAIN || depth > ALIGNMENT_DEPTH)
        return 1;
    for (const struct oa_slot *slot = layout->slots; slot->kind != OA_SLOT_END;
         slot = slot_after(slot))
        largest = MAX(largest, slot_alignment(walk, slot, depth));
    return largest;
}

/* Structures */

static void
place(struct oa_walk *walk, const struct oa_slot *slot)
{
    uint64_t at = oa_walk_value(walk, slot->by);

    if (at == 0)
        return;
    if (at > walk->cursor.length - walk->origin) {
        oa_walk_problem(walk, OA_WALK_SHORT, slot_value(slot)->field);
        return;
    }
    struct placed placed = { slot + 1, walk->origin + (size_t)at };
    g_array_append_val(walk->placed, placed);
}

static int
compare_places(const void *a, const void *b)
{
    const struct placed *left = a;
    const struct placed *right = b;

    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* Walks what was placed since `from`, in the order of the bytes. What would be read a second time
 * is left away. */
static void
walk_placed(struct oa_walk *walk, void *node, unsigned from)
{
    unsigned count = walk->placed->len - from;

    if (count == 0)
        return;
    qsort(&g_array_index(walk->placed, struct placed, from), count, sizeof(struct placed),
          compare_places);
    for (unsigned i = from; i < from + count && !oa_walk_stopped(walk); i++) {
        struct placed placed = g_array_index(walk->placed, struct placed, i);
        size_t offset = walk->cursor.offset;
        if (placed.offset < offset) {
            oa_walk_problem(walk, OA_WALK_UNKNOWN, slot_value(placed.slot)->field);
            continue;
        }
        walk->cursor.offset = placed.offset;
        report_gap(walk, node, OA_GAP_ALIGNMENT, offset, placed.offset - offset);
        walk_slot(walk, node, placed.slot, -1);
    }
    g_array_set_size(walk->placed, from);
}

void
oa_walk_layout(struct oa_walk *walk, void *node, const struct oa_layout *layout)
{
    unsigned scope = walk->values->len;
    unsigned placed = walk->placed->len;

    for (const struct oa_slot *slot = layout->slots;
         slot->kind != OA_SLOT_END && !oa_walk_stopped(walk); slot = slot_after(slot))
        walk_slot(walk, node, slot, -1);
    walk_placed(walk, node, placed);
    g_array_set_size(walk->values, scope);
}

/* The last member's expression if its count goes in front of the structure, else NULL. */
static const struct oa_slot *
conformant_tail(const struct oa_layout *layout)
{
    const struct oa_slot *last = NULL;

    for (const struct oa_slot *slot = layout->slots; slot->kind != OA_SLOT_END;
         slot = slot_after(slot))
        last = slot;
    if (!last)
        return NULL;
    if (last->kind == OA_SLOT_STRUCT)
        return conformant_tail(last->layout);
    return last->kind == OA_SLOT_CONFORMANT || last->kind == OA_SLOT_CONFORMANT_VARYING ||
                   last->kind == OA_SLOT_STRING
               ? last
               : NULL;
}

static bool
enter(struct oa_walk *walk, enum oa_field field)
{
    if (walk->depth >= DEPTH_MAX) {
        stop(walk, OA_WALK_LIMIT, field);
        return false;
    }
    walk->depth++;
    return true;
}

static void
walk_struct(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    unsigned alignment = layout_alignment(walk, slot->layout, 0);
    const struct oa_slot *tail = walk->encoding == OA_PLAIN ? NULL : conformant_tail(slot->layout);
    bool count_first = tail && !walk->has_max_count;

    if (!enter(walk, slot->field))
        return;
    if (!count_first)
        align(walk, node, alignment);
    void *inner = oa_walk_begin(walk, node, slot->field, index, slot->layout->name);
    if (count_first) {
        walk->max_count = read_count(walk, inner, OA_F_NDR_MAX_COUNT, tail);
        walk->has_max_count = true;
        align(walk, inner, alignment);
    }
    oa_walk_layout(walk, inner, slot->layout);
    /* NDR64 pads a structure behind its last member too, [MS-RPCE] 2.2.5.3.4.1. */
    if (walk->encoding == OA_NDR64 && !tail && oa_walk_left(walk) > 0)
        align(walk, inner, alignment);
    oa_walk_end(walk, inner);
    walk->depth--;
}

static void
walk_arm(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t discriminant)
{
    const struct oa_arm *arm = slot->arms;

    while (arm->kind == OA_ARM_IS_VALUE && arm->value != discriminant)
        arm++;
    if (arm->kind == OA_ARM_IS_END)
        stop(walk, OA_WALK_UNKNOWN, slot->field ? slot->field : slot->by);
    else if (arm->layout)
        oa_walk_layout(walk, node, arm->layout);
}

static void
walk_union(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    /* NDR64 aligns the discriminant and the arm to the largest arm, [MS-RPCE] 2.2.5.3.4.4. */
    unsigned alignment = walk->encoding == OA_NDR64 ? arms_alignment(walk, slot, 0) : 1;

    align(walk, node, alignment);
    uint64_t discriminant =
        read_uint(walk, node, OA_F_NDR_DISCRIMINANT, slot->field, slot->size, -1);
    align(walk, node, alignment);
    if (!oa_walk_stopped(walk))
        walk_arm(walk, node, slot, discriminant);
}

/* Pointers */

/* Referents of everything embedded in what was just walked, each with its own behind it. */
static void
walk_pending(struct oa_walk *walk, unsigned from)
{
    unsigned to = walk->pending->len;

    for (unsigned i = from; i < to && !oa_walk_stopped(walk); i++) {
        struct pending pending = g_array_index(walk->pending, struct pending, i);
        if (!enter(walk, slot_value(pending.slot)->field))
            break;
        walk_slot(walk, pending.node, pending.slot, -1);
        walk_pending(walk, to);
        walk->depth--;
    }
    g_array_set_size(walk->pending, from);
}

static bool
is_alias(struct oa_walk *walk, uint64_t id)
{
    for (unsigned i = 0; i < walk->referents->len; i++)
        if (g_array_index(walk->referents, uint64_t, i) == id)
            return true;
    g_array_append_val(walk->referents, id);
    return false;
}

static void
walk_pointer(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t id = read_count(walk, node, OA_F_NDR_REFERENT_ID, slot);

    if (oa_walk_stopped(walk) || id == 0 || (slot->kind == OA_SLOT_FULL && is_alias(walk, id)))
        return;
    struct pending pending = { slot + 1, node };
    g_array_append_val(walk->pending, pending);
}

/* Arrays */

/* Takes a blob apart with its function. */
static void
walk_blob(struct oa_walk *walk, void *node, const struct oa_slot *slot, size_t length)
{
    struct oa_cursor outer = walk->cursor;
    enum oa_encoding encoding = walk->encoding;

    if (!enter(walk, slot->field))
        return;
    void *inner = begin(walk, node, slot->field, -1, NULL, length);
    walk->cursor.length = outer.offset + length;
    walk->encoding = OA_PLAIN;
    slot->blob(walk, inner, outer.data + outer.offset, length);
    size_t rest = walk->cursor.length - walk->cursor.offset;
    report_gap(walk, inner, oa_walk_stopped(walk) ? OA_GAP_UNDECODED : OA_GAP_TRAILING,
               walk->cursor.offset, rest);
    walk->cursor = outer;
    walk->cursor.offset += length;
    walk->encoding = encoding;
    oa_walk_end(walk, inner);
    walk->depth--;
}

static void
walk_octets(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t count)
{
    bool is_blob = slot->blob && count > 0 && count <= oa_walk_left(walk);

    if (is_blob && slot->is_blob)
        is_blob = slot->is_blob(walk->cursor.data + walk->cursor.offset, (size_t)count);
    if (is_blob)
        walk_blob(walk, node, slot, (size_t)count);
    else
        read_available(walk, node, (struct oa_value){ .id = slot->field, .index = -1 }, count);
}

static void
walk_elements(struct oa_walk *walk, void *node, const struct oa_slot *array, uint64_t count)
{
    const struct oa_slot *element = array + 1;

    if (element->kind == OA_SLOT_OCTETS) {
        walk_octets(walk, node, element, count);
        return;
    }
    void *inner = array->field ? oa_walk_begin(walk, node, array->field, -1, NULL) : node;
    unsigned scope = walk->values->len;
    for (uint64_t i = 0; i < count && !oa_walk_stopped(walk); i++) {
        if (!charge(walk, array->field))
            break;
        walk_slot(walk, inner, element, (int)MIN(i, G_MAXINT));
        g_array_set_size(walk->values, scope);
    }
    if (array->field)
        oa_walk_end(walk, inner);
}

static uint64_t
read_max_count(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    if (!walk->has_max_count)
        return read_count(walk, node, OA_F_NDR_MAX_COUNT, slot);
    walk->has_max_count = false;
    return walk->max_count;
}

static void
walk_array(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t count = 0;

    if (slot->kind != OA_SLOT_VARYING)
        count = read_max_count(walk, node, slot);
    if (slot->kind != OA_SLOT_CONFORMANT) {
        read_count(walk, node, OA_F_NDR_OFFSET, slot);
        count = read_count(walk, node, OA_F_NDR_ACTUAL_COUNT, slot);
    }
    if (!oa_walk_stopped(walk))
        walk_elements(walk, node, slot, count);
}

static void
walk_rest(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    void *inner = slot->field ? oa_walk_begin(walk, node, slot->field, -1, NULL) : node;
    unsigned scope = walk->values->len;

    for (int i = 0; oa_walk_left(walk) > 0 && charge(walk, slot->field); i++) {
        size_t before = walk->cursor.offset;
        walk_slot(walk, inner, slot + 1, i);
        g_array_set_size(walk->values, scope);
        if (walk->cursor.offset == before)
            break;
    }
    if (slot->field)
        oa_walk_end(walk, inner);
}

/* Text */

/* Bytes before the first end mark, or all. */
static size_t
text_length(const struct oa_walk *walk, size_t length, unsigned size)
{
    const uint8_t *text = walk->cursor.data + walk->cursor.offset;

    for (size_t i = 0; i + size <= length; i += size)
        if (text[i] == 0 && (size == 1 || text[i + 1] == 0))
            return i;
    return length;
}

static void
walk_text(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t length)
{
    size_t there = (size_t)MIN(length, oa_walk_left(walk));
    struct oa_value value = { .id = slot->field, .index = -1 };

    value.text_length = text_length(walk, there, slot->size);
    read_available(walk, node, value, length);
}

static void
walk_string(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t count = oa_walk_left(walk) / slot->size;

    if (walk->encoding != OA_PLAIN) {
        read_max_count(walk, node, slot);
        read_count(walk, node, OA_F_NDR_OFFSET, slot);
        count = read_count(walk, node, OA_F_NDR_ACTUAL_COUNT, slot);
    }
    if (oa_walk_stopped(walk))
        return;
    /* A count near 2^64 must not wrap; it does not fit anyway. */
    walk_text(walk, node, slot, count > G_MAXUINT32 ? count : count * slot->size);
}

static void
walk_string_z(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    size_t left = oa_walk_left(walk);
    size_t length = text_length(walk, left, slot->size);

    /* Without an end mark one more character is wanted than there is. */
    walk_text(walk, node, slot, length + slot->size);
}

/* Bounds and conditions of plain encodings */

/* Walks an expression that sees `length` bytes; being short in it is its own trouble. */
static void
walk_narrowed(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t length)
{
    size_t left = oa_walk_left(walk);
    size_t outer = walk->cursor.length;
    enum oa_field field = slot_value(slot)->field;

    if (length > left)
        oa_walk_problem(walk, OA_WALK_SHORT, field);
    size_t end = walk->cursor.offset + (size_t)MIN(length, left);
    walk->cursor.length = end;
    walk_slot(walk, node, slot, -1);
    if (!walk->stopped) {
        bool was_short = walk->cursor.is_short;
        report_gap(walk, node, was_short ? OA_GAP_UNDECODED : OA_GAP_TRAILING, walk->cursor.offset,
                   end - walk->cursor.offset);
        walk->cursor.offset = end;
        walk->cursor.is_short = length > left;
    }
    walk->cursor.length = outer;
}

static void
walk_counted(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t length = read_uint(walk, node, slot->field, OA_F_NONE, slot->size, -1);

    if (oa_walk_stopped(walk))
        return;
    remember(walk, slot->field, length);
    walk_narrowed(walk, node, slot + 1, length);
}

static void
walk_bound(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t value = oa_walk_value(walk, slot->by);
    bool below = slot->number < 0 && value < (uint64_t)-slot->number;

    walk_narrowed(walk, node, slot + 1, below ? 0 : value + (uint64_t)slot->number);
}

void
oa_walk_bounded(struct oa_walk *walk, void *node, enum oa_field field,
                const struct oa_layout *layout, size_t length)
{
    struct oa_slot slot = { .kind = OA_SLOT_STRUCT, .field = field, .layout = layout };

    walk_narrowed(walk, node, &slot, length);
}

static bool
holds(const struct oa_walk *walk, const struct oa_slot *slot)
{
    uint64_t value = oa_walk_value(walk, slot->by);
    uint64_t number = (uint64_t)slot->number;

    switch (slot->kind) {
    case OA_SLOT_IF_EQUAL:
        return value == number;
    case OA_SLOT_IF_NOT:
        return value != number;
    case OA_SLOT_IF_ANY:
        return (value & number) != 0;
    case OA_SLOT_IF_NONE:
        return (value & number) == 0;
    case OA_SLOT_IF_LEFT_IS:
        return oa_walk_left(walk) == number;
    default:
        return oa_walk_left(walk) >= number;
    }
}

/* The dispatch */

static void
walk_value(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    struct oa_value value = { .id = slot->field, .index = index };

    switch (slot->kind) {
    case OA_SLOT_INT:
        value.number = read_uint(walk, node, slot->field, OA_F_NONE, slot->size, index);
        remember(walk, slot->field, value.number);
        break;
    case OA_SLOT_FILETIME:
        align(walk, node, 4);
        if (oa_walk_left(walk) >= 8) {
            struct oa_cursor ahead = walk->cursor;
            uint64_t low = oa_cursor_u32(&ahead);
            value.number = low | (uint64_t)oa_cursor_u32(&ahead) << 32;
        }
        value.length = 8;
        read_bytes(walk, node, value);
        break;
    case OA_SLOT_GUID:
        align(walk, node, 4);
        value.length = GUID_SIZE;
        read_bytes(walk, node, value);
        break;
    case OA_SLOT_BYTES:
        read_available(walk, node, value, (uint64_t)slot->number);
        break;
    case OA_SLOT_OCTETS:
        walk_octets(walk, node, slot, oa_walk_left(walk));
        break;
    case OA_SLOT_STRING:
        walk_string(walk, node, slot);
        break;
    default:
        walk_string_z(walk, node, slot);
    }
}

static void
walk_prefix(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    switch (slot->kind) {
    case OA_SLOT_REF:
    case OA_SLOT_UNIQUE:
    case OA_SLOT_FULL:
        walk_pointer(walk, node, slot);
        break;
    case OA_SLOT_FIXED:
        walk_elements(walk, node, slot, (uint64_t)slot->number);
        break;
    case OA_SLOT_REPEAT:
        walk_elements(walk, node, slot, oa_walk_value(walk, slot->by));
        break;
    case OA_SLOT_REPEAT_REST:
        walk_rest(walk, node, slot);
        break;
    case OA_SLOT_COUNTED:
        walk_counted(walk, node, slot);
        break;
    case OA_SLOT_BOUND:
        walk_bound(walk, node, slot);
        break;
    case OA_SLOT_AT:
        place(walk, slot);
        break;
    case OA_SLOT_CONFORMANT:
    case OA_SLOT_VARYING:
    case OA_SLOT_CONFORMANT_VARYING:
        walk_array(walk, node, slot);
        break;
    default:
        if (holds(walk, slot))
            walk_slot(walk, node, slot + 1, index);
    }
}

static void
walk_slot(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    switch (slot->kind) {
    case OA_SLOT_END:
        break;
    case OA_SLOT_ORIGIN:
        walk->origin = walk->cursor.offset;
        break;
    case OA_SLOT_CALL:
        slot->blob(walk, node, walk->cursor.data + walk->cursor.offset, oa_walk_left(walk));
        break;
    case OA_SLOT_STRUCT:
        walk_struct(walk, node, slot, index);
        break;
    case OA_SLOT_UNION:
        walk_union(walk, node, slot);
        break;
    case OA_SLOT_SWITCH:
        walk_arm(walk, node, slot, oa_walk_value(walk, slot->by) & (uint64_t)slot->number);
        break;
    default:
        if (slot->kind >= OA_SLOT_FIRST_PREFIX)
            walk_prefix(walk, node, slot, index);
        else
            walk_value(walk, node, slot, index);
    }
}

/* Runs */

void
oa_walk_source(struct oa_walk *walk, void *node, const char *name, const struct oa_layout *layout,
               const uint8_t *data, size_t length)
{
    struct oa_cursor outer = walk->cursor;
    size_t origin = walk->origin;

    if (oa_walk_stopped(walk) || !enter(walk, OA_F_NONE))
        return;
    void *inner = walk->visitor->begin_source
                      ? walk->visitor->begin_source(walk->user, node, name, data, length)
                      : node;
    walk->cursor = oa_cursor_over(data, length);
    walk->origin = 0;
    oa_walk_layout(walk, inner, layout);
    report_gap(walk, inner, oa_walk_stopped(walk) ? OA_GAP_UNDECODED : OA_GAP_TRAILING,
               walk->cursor.offset, length - walk->cursor.offset);
    if (walk->visitor->end_source)
        walk->visitor->end_source(walk->user, inner);
    walk->cursor = outer;
    walk->origin = origin;
    walk->depth--;
}

/* One parameter after the other, each with its referents. */
static void
walk_parameters(struct oa_walk *walk, void *root, const struct oa_layout *layout)
{
    for (const struct oa_slot *slot = layout->slots;
         slot->kind != OA_SLOT_END && !oa_walk_stopped(walk); slot = slot_after(slot)) {
        walk_slot(walk, root, slot, -1);
        walk_pending(walk, 0);
    }
    walk_placed(walk, root, 0);
}

/* What stands behind the last parameter. */
static void
walk_tail(struct oa_walk *walk, void *root)
{
    static const uint8_t SIGNATURE[8] = { 0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71 };
    size_t offset = walk->cursor.offset;
    size_t left = walk->cursor.length - offset;
    size_t padding = (4 - offset % 4) % 4;

    if (oa_walk_stopped(walk)) {
        report_gap(walk, root, OA_GAP_UNDECODED, offset, left);
        return;
    }
    if (walk->encoding != OA_PLAIN && left >= padding + sizeof SIGNATURE &&
        memcmp(walk->cursor.data + offset + padding, SIGNATURE, sizeof SIGNATURE) == 0) {
        report_gap(walk, root, OA_GAP_ALIGNMENT, offset, padding);
        report_gap(walk, root, OA_GAP_VERIFICATION, offset + padding, left - padding);
        return;
    }
    report_gap(walk, root, OA_GAP_TRAILING, offset, left);
}

struct oa_walk_result
oa_walk_run(struct oa_walk *walk, const struct oa_layout *layout, enum oa_encoding encoding,
            bool big_endian, const uint8_t *data, size_t length, void *root)
{
    walk->cursor = oa_cursor_over(data, length);
    walk->cursor.big_endian = big_endian;
    walk->encoding = encoding;
    walk->depth = 0;
    walk->budget = BUDGET_MAX;
    walk->has_max_count = false;
    walk->stopped = false;
    walk->result = (struct oa_walk_result){ .state = OA_WALK_DONE };
    if (!walk->has_inputs) {
        g_array_set_size(walk->values, 0);
        walk->code_page = 0;
    }
    g_array_set_size(walk->pending, 0);
    g_array_set_size(walk->placed, 0);
    g_array_set_size(walk->referents, 0);
    walk->origin = 0;
    walk_parameters(walk, root, layout);
    walk_tail(walk, root);
    g_array_set_size(walk->values, 0);
    walk->code_page = 0;
    walk->has_inputs = false;
    return walk->result;
}

void
oa_walk_set_code_pages(struct oa_walk *walk, struct oa_code_pages *pages)
{
    walk->code_pages = pages;
}

void
oa_walk_set(struct oa_walk *walk, enum oa_field field, uint64_t value)
{
    remember(walk, field, value);
    walk->has_inputs = true;
}

GByteArray *
oa_walk_scratch(struct oa_walk *walk)
{
    return walk->scratch;
}

void
oa_walk_set_context(struct oa_walk *walk, void *context)
{
    walk->context = context;
}

void *
oa_walk_context(const struct oa_walk *walk)
{
    return walk->context;
}

struct oa_walk *
oa_walk_new(const struct oa_visitor *visitor, void *user)
{
    struct oa_walk *walk = g_new0(struct oa_walk, 1);

    walk->visitor = visitor;
    walk->user = user;
    walk->values = g_array_new(FALSE, FALSE, sizeof(struct value));
    walk->pending = g_array_new(FALSE, FALSE, sizeof(struct pending));
    walk->scratch = g_byte_array_new();
    walk->placed = g_array_new(FALSE, FALSE, sizeof(struct placed));
    walk->referents = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    return walk;
}

void
oa_walk_free(struct oa_walk *walk)
{
    if (!walk)
        return;
    g_array_free(walk->values, TRUE);
    g_array_free(walk->pending, TRUE);
    g_array_free(walk->placed, TRUE);
    g_byte_array_unref(walk->scratch);
    g_array_free(walk->referents, TRUE);
    g_free(walk);
}
