/* layout_walk.c
 * The interpreter of layouts: walks bytes along the tables and reports each one to a visitor.
 * [C706] 14 (NDR), [MS-RPCE] 2.2.5 (NDR64), 2.2.2.13 (verification trailer)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout/layout_read.h"

#include <stdlib.h>
#include <string.h>

/* Nesting of structures, referents and sources. Restrictions are the deepest structures, and
 * servers refuse them long before this limit. */
#define DEPTH_MAX 48

/* Reports of one run: so many, and more with the length of the input and its sources. Rows report
 * most, with two to four for each byte; layouts without bytes could go on for ever. */
#define BUDGET (1u << 16)
#define BUDGET_PER_BYTE 4

#define GUID_SIZE 16
#define ID_SIZE 8

/* clang-format off */
const struct oa_layout OA_LAYOUT_CONTEXT_HANDLE = OA_LAYOUT_OF("ndr_context_handle",
    OA_U32(NDR_HANDLE_ATTRIBUTES),
    OA_GUID(NDR_HANDLE_UUID)
);
/* clang-format on */

static void walk_slot(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index);

/* Structures */

static void
place(struct oa_walk *walk, const struct oa_slot *slot)
{
    uint64_t at = oa_walk_value(walk, slot->by);

    if (at == 0)
        return;
    if (at > walk->cursor.length - walk->origin) {
        oa_walk_problem(walk, OA_WALK_SHORT, oa_slot_value(slot)->field);
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

/* Walks the expressions placed since `from`, in the order of their offsets. One that overlaps bytes
 * already read is not walked. */
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
            oa_walk_problem(walk, OA_WALK_UNKNOWN, oa_slot_value(placed.slot)->field);
            continue;
        }
        walk->cursor.offset = placed.offset;
        oa_walk_gap(walk, node, OA_GAP_ALIGNMENT, offset, placed.offset - offset);
        walk_slot(walk, node, placed.slot, -1);
    }
    g_array_set_size(walk->placed, from);
}

void
oa_walk_slots(struct oa_walk *walk, void *node, const struct oa_slot *slots)
{
    unsigned placed = walk->placed->len;

    for (const struct oa_slot *slot = slots; slot->kind != OA_SLOT_END && !oa_walk_stopped(walk);
         slot = oa_slot_after(slot))
        walk_slot(walk, node, slot, -1);
    walk_placed(walk, node, placed);
}

void
oa_walk_layout(struct oa_walk *walk, void *node, const struct oa_layout *layout)
{
    unsigned scope = oa_walk_known(walk);

    oa_walk_slots(walk, node, layout->slots);
    oa_walk_forget(walk, scope);
}

/* The last member's expression if its count precedes the structure, else NULL. */
static const struct oa_slot *
conformant_tail(const struct oa_layout *layout)
{
    const struct oa_slot *last = NULL;

    for (const struct oa_slot *slot = layout->slots; slot->kind != OA_SLOT_END;
         slot = oa_slot_after(slot))
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

/* A bounded part has ended: the walk goes on after it, unless it has reached a limit. */
static void
end_part(struct oa_walk *walk)
{
    if (walk->is_partial)
        walk->stopped = walk->is_partial = false;
}

static bool
enter(struct oa_walk *walk, enum oa_field field)
{
    if (walk->depth >= DEPTH_MAX) {
        oa_walk_stop(walk, OA_WALK_LIMIT, field);
        return false;
    }
    walk->depth++;
    return true;
}

static void
walk_struct(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    unsigned alignment = oa_layout_alignment(walk, slot->layout, 0);
    const struct oa_slot *tail = walk->encoding == OA_PLAIN ? NULL : conformant_tail(slot->layout);
    bool count_first = tail && !walk->has_max_count;

    if (!enter(walk, slot->field))
        return;
    if (!count_first)
        oa_walk_align(walk, node, alignment);
    void *inner = oa_walk_begin(walk, node, slot->field, index);
    if (count_first) {
        walk->max_count = oa_read_count(walk, inner, OA_F_NDR_MAX_COUNT, tail);
        walk->has_max_count = true;
        oa_walk_align(walk, inner, alignment);
    }
    oa_walk_layout(walk, inner, slot->layout);
    /* NDR64 also pads a structure after its last member, [MS-RPCE] 2.2.5.3.4.1. */
    if (walk->encoding == OA_NDR64 && !tail && oa_walk_left(walk) > 0)
        oa_walk_align(walk, inner, alignment);
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
        oa_walk_give_up(walk, slot->field ? slot->field : slot->by);
    else if (arm->layout)
        oa_walk_layout(walk, node, arm->layout);
}

static void
walk_switch_index(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t value = oa_walk_value(walk, slot->by) & (uint64_t)slot->number;
    const struct oa_arm *arm = value < slot->n_arms ? &slot->arms[value] : NULL;

    if (!arm || arm->kind == OA_ARM_IS_END)
        oa_walk_give_up(walk, slot->by);
    else if (arm->layout)
        oa_walk_layout(walk, node, arm->layout);
}

/* Rows */

static void
walk_cells(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t count = walk->columns->len - walk->first_column;

    if (!walk->has_columns && oa_walk_left(walk) > 0) {
        oa_walk_give_up(walk, slot->field);
        return;
    }
    if (slot->count)
        count = MIN(count, oa_walk_value(walk, slot->count));
    for (unsigned i = 0; i < count && !oa_walk_stopped(walk); i++) {
        uint32_t tag = g_array_index(walk->columns, uint32_t, walk->first_column + i);
        unsigned scope = oa_walk_known(walk);
        if (!enter(walk, slot->field) || !oa_walk_charge(walk, slot->field))
            break;
        void *cell = oa_walk_open_cell(walk, node, slot, (int)i, tag);
        oa_walk_remember(walk, slot->by, tag);
        oa_walk_layout(walk, cell, slot->layout);
        oa_walk_forget(walk, scope);
        oa_walk_end(walk, cell);
        walk->depth--;
    }
}

static void
walk_union(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    /* NDR64 aligns the discriminant and the arm to the largest arm, [MS-RPCE] 2.2.5.3.4.4. */
    unsigned alignment = walk->encoding == OA_NDR64 ? oa_arms_alignment(walk, slot, 0) : 1;

    oa_walk_align(walk, node, alignment);
    uint64_t discriminant =
        oa_read_uint(walk, node, OA_F_NDR_DISCRIMINANT, slot->field, slot->size, -1);
    oa_walk_align(walk, node, alignment);
    if (!oa_walk_stopped(walk))
        walk_arm(walk, node, slot, discriminant);
}

/* Pointers */

/* Walks the referents of all embedded pointers since `from`, each followed by its own referents. */
static void
walk_pending(struct oa_walk *walk, unsigned from)
{
    unsigned to = walk->pending->len;

    if (to == from)
        return;
    for (unsigned i = from; i < to && !oa_walk_stopped(walk); i++) {
        struct pending pending = g_array_index(walk->pending, struct pending, i);
        if (!enter(walk, oa_slot_value(pending.slot)->field))
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
    uint64_t id = oa_read_count(walk, node, OA_F_NDR_REFERENT_ID, slot);

    if (oa_walk_stopped(walk) || id == 0 || (slot->kind == OA_SLOT_FULL && is_alias(walk, id)))
        return;
    struct pending pending = { slot + 1, node };
    g_array_append_val(walk->pending, pending);
}

/* Arrays */

/* Decodes a blob with a function. */
static void
walk_blob(struct oa_walk *walk, void *node, const struct oa_slot *slot, oa_blob_fn *decode,
          size_t length)
{
    struct oa_cursor outer = walk->cursor;
    enum oa_encoding encoding = walk->encoding;

    if (!enter(walk, slot->field))
        return;
    void *inner = oa_walk_open(walk, node, slot->field, -1, length);
    walk->cursor.length = outer.offset + length;
    walk->encoding = OA_PLAIN;
    decode(walk, inner, outer.data + outer.offset, length);
    size_t rest = walk->cursor.length - walk->cursor.offset;
    oa_walk_gap(walk, inner, oa_walk_stopped(walk) ? OA_GAP_UNDECODED : OA_GAP_TRAILING,
                walk->cursor.offset, rest);
    end_part(walk);
    walk->cursor = outer;
    walk->cursor.offset += length;
    walk->encoding = encoding;
    oa_walk_end(walk, inner);
    walk->depth--;
}

/* What decodes the octets ahead; NULL: nothing. */
static oa_blob_fn *
decoder_of(const struct oa_walk *walk, const struct oa_slot *slot, size_t length)
{
    const uint8_t *bytes = oa_walk_bytes_ahead(walk);

    for (unsigned i = 0; i < walk->n_decoders; i++) {
        const struct decoder *decoder = &walk->decoders[i];
        if (decoder->field == slot->field &&
            (!decoder->is_blob || decoder->is_blob(walk, bytes, length)))
            return decoder->decode;
    }
    return slot->is_blob && !slot->is_blob(walk, bytes, length) ? NULL : slot->blob;
}

static void
walk_octets(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t count)
{
    oa_blob_fn *decode =
        count > 0 && count <= oa_walk_left(walk) ? decoder_of(walk, slot, (size_t)count) : NULL;

    if (decode)
        walk_blob(walk, node, slot, decode, (size_t)count);
    else
        oa_read_available(walk, node, (struct oa_value){ .id = slot->field, .index = -1 }, count);
}

static void
walk_elements(struct oa_walk *walk, void *node, const struct oa_slot *array, uint64_t count)
{
    const struct oa_slot *element = array + 1;

    if (element->kind == OA_SLOT_OCTETS) {
        walk_octets(walk, node, element, count);
        return;
    }
    void *inner = array->field ? oa_walk_begin(walk, node, array->field, -1) : node;
    unsigned scope = oa_walk_known(walk);
    for (uint64_t i = 0; i < count && !oa_walk_stopped(walk); i++) {
        if (!oa_walk_charge(walk, array->field))
            break;
        walk_slot(walk, inner, element, (int)MIN(i, G_MAXINT));
        oa_walk_forget(walk, scope);
    }
    if (array->field)
        oa_walk_end(walk, inner);
}

static uint64_t
read_max_count(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    if (!walk->has_max_count)
        return oa_read_count(walk, node, OA_F_NDR_MAX_COUNT, slot);
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
        oa_read_count(walk, node, OA_F_NDR_OFFSET, slot);
        count = oa_read_count(walk, node, OA_F_NDR_ACTUAL_COUNT, slot);
    }
    if (!oa_walk_stopped(walk))
        walk_elements(walk, node, slot, count);
}

static void
walk_rest(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    void *inner = slot->field ? oa_walk_begin(walk, node, slot->field, -1) : node;
    unsigned scope = oa_walk_known(walk);

    for (int i = 0; oa_walk_left(walk) > 0 && oa_walk_charge(walk, slot->field); i++) {
        size_t before = walk->cursor.offset;
        walk_slot(walk, inner, slot + 1, i);
        oa_walk_forget(walk, scope);
        if (walk->cursor.offset == before)
            break;
    }
    if (slot->field)
        oa_walk_end(walk, inner);
}

/* Text */

/* The number of bytes before the first terminator, or all. */
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
    oa_read_available(walk, node, value, length);
}

static void
walk_string(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t count = oa_walk_left(walk) / slot->size;

    if (walk->encoding != OA_PLAIN) {
        read_max_count(walk, node, slot);
        oa_read_count(walk, node, OA_F_NDR_OFFSET, slot);
        count = oa_read_count(walk, node, OA_F_NDR_ACTUAL_COUNT, slot);
    }
    if (oa_walk_stopped(walk))
        return;
    /* A count near 2^64 must not wrap; so many bytes cannot be there anyway. */
    walk_text(walk, node, slot, count > G_MAXUINT32 ? count : count * slot->size);
}

static void
walk_string_z(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    size_t left = oa_walk_left(walk);
    size_t length = text_length(walk, left, slot->size);

    /* If there is no terminator, one character more than there is has to follow. */
    walk_text(walk, node, slot, length + slot->size);
}

/* Bounds and conditions of plain encodings */

/* Walks an expression limited to `length` bytes; what is missing or unknown in it does not end the
 * walk. */
static void
walk_narrowed(struct oa_walk *walk, void *node, const struct oa_slot *slot, uint64_t length)
{
    size_t left = oa_walk_left(walk);
    size_t outer = walk->cursor.length;
    size_t enclosing = walk->enclosing;
    enum oa_field field = oa_slot_value(slot)->field;

    if (length > left)
        oa_walk_problem(walk, OA_WALK_SHORT, field);
    size_t end = walk->cursor.offset + (size_t)MIN(length, left);
    walk->cursor.length = end;
    walk->enclosing = outer;
    walk_slot(walk, node, slot, -1);
    if (!walk->stopped || walk->is_partial) {
        bool has_failed = walk->stopped || walk->cursor.is_short;
        oa_walk_gap(walk, node, has_failed ? OA_GAP_UNDECODED : OA_GAP_TRAILING,
                    walk->cursor.offset, end - walk->cursor.offset);
        walk->cursor.offset = end;
        walk->cursor.is_short = length > left;
        end_part(walk);
    }
    walk->cursor.length = outer;
    walk->enclosing = enclosing;
}

/* The size of an integer, which may depend on an earlier field. */
static unsigned
int_size(const struct oa_walk *walk, const struct oa_slot *slot)
{
    return slot->by && oa_walk_value(walk, slot->by) ? 4 : slot->size;
}

static void
walk_counted(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t length = oa_read_uint(walk, node, slot->field, OA_F_NONE, int_size(walk, slot), -1);

    if (oa_walk_stopped(walk))
        return;
    oa_walk_remember(walk, slot->field, length);
    walk_narrowed(walk, node, slot + 1, length);
}

static void
walk_bound(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    uint64_t value = oa_walk_value(walk, slot->by);
    bool below = slot->number < 0 && value < (uint64_t)-slot->number;

    walk_narrowed(walk, node, slot + 1, below ? 0 : value * slot->size + (uint64_t)slot->number);
}

void
oa_walk_bounded(struct oa_walk *walk, void *node, enum oa_field field,
                const struct oa_layout *layout, size_t length)
{
    struct oa_slot slot = { .kind = OA_SLOT_STRUCT, .field = field, .layout = layout };

    walk_narrowed(walk, node, &slot, length);
}

/* The values of a field in the expression become the columns. */
static void
walk_columns(struct oa_walk *walk, void *node, const struct oa_slot *slot)
{
    g_array_set_size(walk->columns, walk->first_column);
    walk->collects = slot->by;
    walk_slot(walk, node, slot + 1, -1);
    walk->collects = OA_F_NONE;
    walk->has_columns = !oa_walk_stopped(walk);
}

static void
walk_own_columns(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    guint first = walk->first_column, count = walk->columns->len;
    bool has_columns = walk->has_columns;

    walk->first_column = count;
    walk->has_columns = false;
    walk_slot(walk, node, slot + 1, index);
    g_array_set_size(walk->columns, count);
    walk->first_column = first;
    walk->has_columns = has_columns;
}

static void
walk_big_endian(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    bool outer = walk->cursor.big_endian;

    walk->cursor.big_endian = true;
    walk_slot(walk, node, slot + 1, index);
    walk->cursor.big_endian = outer;
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
    case OA_SLOT_IF_AT_LEAST:
        return value >= number;
    case OA_SLOT_IF_LEFT_IS:
        return oa_walk_left(walk) == number;
    default:
        return oa_walk_left(walk) >= number;
    }
}

/* The length of a SID by the number of its parts, [MS-DTYP] 2.4.2.2. */
static size_t
sid_length(const struct oa_walk *walk)
{
    enum { HEAD = 8, PART = 4 };

    return oa_walk_left(walk) >= 2 ? HEAD + PART * (size_t)oa_walk_bytes_ahead(walk)[1] : HEAD;
}

/* Replica ID and counter, [MS-OXCDATA] 2.2.1; 0 when bytes are missing. */
static uint64_t
peek_id(const struct oa_walk *walk)
{
    struct oa_cursor ahead = walk->cursor;
    uint64_t replica = oa_cursor_u16(&ahead);

    ahead.big_endian = true;
    uint64_t counter = oa_cursor_uint(&ahead, ID_SIZE - 2);
    return ahead.is_short ? 0 : replica << 48 | counter;
}

/* The dispatch */

static void
walk_value(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index)
{
    struct oa_value value = { .id = slot->field, .index = index };

    switch (slot->kind) {
    case OA_SLOT_INT:
        value.number =
            oa_read_uint(walk, node, slot->field, OA_F_NONE, int_size(walk, slot), index);
        oa_walk_remember(walk, slot->field, value.number);
        break;
    case OA_SLOT_ID:
        value.number = peek_id(walk);
        value.length = ID_SIZE;
        oa_read_bytes(walk, node, value);
        oa_walk_remember(walk, slot->field, value.number);
        break;
    case OA_SLOT_SID:
        oa_read_available(walk, node, value, sid_length(walk));
        break;
    case OA_SLOT_FILETIME:
        oa_walk_align(walk, node, 4);
        if (oa_walk_left(walk) >= 8) {
            struct oa_cursor ahead = walk->cursor;
            uint64_t low = oa_cursor_u32(&ahead);
            value.number = low | (uint64_t)oa_cursor_u32(&ahead) << 32;
        }
        value.length = 8;
        oa_read_bytes(walk, node, value);
        break;
    case OA_SLOT_GUID:
        oa_walk_align(walk, node, 4);
        value.length = GUID_SIZE;
        oa_read_bytes(walk, node, value);
        break;
    case OA_SLOT_BYTES:
        value.text_length = text_length(walk, MIN((size_t)slot->number, oa_walk_left(walk)), 1);
        oa_read_available(walk, node, value, (uint64_t)slot->number);
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
    case OA_SLOT_COLUMNS:
        walk_columns(walk, node, slot);
        break;
    case OA_SLOT_AT:
        place(walk, slot);
        break;
    case OA_SLOT_OWN_COLUMNS:
        walk_own_columns(walk, node, slot, index);
        break;
    case OA_SLOT_BIG_ENDIAN:
        walk_big_endian(walk, node, slot, index);
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
    case OA_SLOT_PARTS:
        oa_walk_layout(walk, node, slot->layout);
        break;
    case OA_SLOT_UNION:
        walk_union(walk, node, slot);
        break;
    case OA_SLOT_SWITCH:
        walk_arm(walk, node, slot, oa_walk_value(walk, slot->by) & (uint64_t)slot->number);
        break;
    case OA_SLOT_SWITCH_INDEX:
        walk_switch_index(walk, node, slot);
        break;
    case OA_SLOT_CELLS:
        walk_cells(walk, node, slot);
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
    size_t enclosing = walk->enclosing;

    if (oa_walk_stopped(walk) || !enter(walk, OA_F_NONE))
        return;
    void *inner = walk->visitor->begin_source
                      ? walk->visitor->begin_source(walk->user, node, name, data, length)
                      : node;
    walk->cursor = oa_cursor_over(data, length);
    walk->origin = 0;
    walk->enclosing = length;
    walk->budget += (uint64_t)length * BUDGET_PER_BYTE;
    oa_walk_layout(walk, inner, layout);
    oa_walk_gap(walk, inner, oa_walk_stopped(walk) ? OA_GAP_UNDECODED : OA_GAP_TRAILING,
                walk->cursor.offset, length - walk->cursor.offset);
    if (walk->visitor->end_source)
        walk->visitor->end_source(walk->user, inner);
    end_part(walk);
    walk->cursor = outer;
    walk->origin = origin;
    walk->enclosing = enclosing;
    walk->depth--;
}

/* Walks one parameter after the other, each with its referents. */
static void
walk_parameters(struct oa_walk *walk, void *root, const struct oa_layout *layout)
{
    for (const struct oa_slot *slot = layout->slots;
         slot->kind != OA_SLOT_END && !oa_walk_stopped(walk); slot = oa_slot_after(slot)) {
        walk_slot(walk, root, slot, -1);
        walk_pending(walk, 0);
    }
    walk_placed(walk, root, 0);
}

/* Reports what follows the last parameter. */
static void
walk_tail(struct oa_walk *walk, void *root)
{
    static const uint8_t SIGNATURE[8] = { 0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71 };
    size_t offset = walk->cursor.offset;
    size_t left = walk->cursor.length - offset;
    size_t padding = (4 - offset % 4) % 4;

    if (oa_walk_stopped(walk)) {
        oa_walk_gap(walk, root, OA_GAP_UNDECODED, offset, left);
        return;
    }
    if (walk->encoding != OA_PLAIN && left >= padding + sizeof SIGNATURE &&
        memcmp(walk->cursor.data + offset + padding, SIGNATURE, sizeof SIGNATURE) == 0) {
        oa_walk_gap(walk, root, OA_GAP_ALIGNMENT, offset, padding);
        oa_walk_gap(walk, root, OA_GAP_VERIFICATION, offset + padding, left - padding);
        return;
    }
    oa_walk_gap(walk, root, OA_GAP_TRAILING, offset, left);
}

struct oa_walk_result
oa_walk_run(struct oa_walk *walk, const struct oa_layout *layout, enum oa_encoding encoding,
            bool big_endian, const uint8_t *data, size_t length, void *root)
{
    walk->cursor = oa_cursor_over(data, length);
    walk->cursor.big_endian = big_endian;
    walk->encoding = encoding;
    walk->depth = 0;
    walk->budget = BUDGET + (uint64_t)length * BUDGET_PER_BYTE;
    walk->enclosing = length;
    walk->collects = OA_F_NONE;
    walk->first_column = 0;
    walk->has_max_count = false;
    walk->stopped = false;
    walk->is_partial = false;
    walk->result = (struct oa_walk_result){ .state = OA_WALK_DONE };
    if (!walk->has_inputs) {
        oa_walk_forget(walk, 0);
        walk->has_columns = false;
        walk->code_page = 0;
    }
    g_array_set_size(walk->pending, 0);
    g_array_set_size(walk->placed, 0);
    g_array_set_size(walk->referents, 0);
    walk->origin = 0;
    walk_parameters(walk, root, layout);
    walk_tail(walk, root);
    oa_walk_forget(walk, 0);
    walk->code_page = 0;
    walk->has_columns = false;
    walk->has_inputs = false;
    return walk->result;
}
