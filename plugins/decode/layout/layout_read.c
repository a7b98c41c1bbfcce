/* layout_read.c
 * The parts of a walk along layouts: its state, its reports to the visitor, and values, which are
 * aligned, read and stored.
 * [C706] 14.2 (primitive types, alignment), [MS-RPCE] 2.2.5 (NDR64)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout/layout_read.h"

/* Maximum nesting for determining the alignment of structures. */
#define ALIGNMENT_DEPTH 16

/* Columns for which there is room from the beginning, so that none is not NULL. */
#define COLUMNS 16

/* Known values for which there is room at first. */
#define KNOWN 64

const struct oa_slot *
oa_slot_after(const struct oa_slot *slot)
{
    while (slot->kind >= OA_SLOT_FIRST_PREFIX)
        slot++;
    return slot->kind == OA_SLOT_END ? slot : slot + 1;
}

const struct oa_slot *
oa_slot_value(const struct oa_slot *slot)
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

void
oa_walk_stop(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field)
{
    oa_walk_problem(walk, state, field);
    walk->stopped = true;
    walk->is_partial = false;
}

void
oa_walk_give_up(struct oa_walk *walk, enum oa_field field)
{
    if (walk->stopped)
        return;
    oa_walk_stop(walk, OA_WALK_UNKNOWN, field);
    walk->is_partial = true;
}

bool
oa_walk_charge(struct oa_walk *walk, enum oa_field field)
{
    if (walk->budget == 0) {
        oa_walk_stop(walk, OA_WALK_LIMIT, field);
        return false;
    }
    walk->budget--;
    return true;
}

/* Completes the value. */
static void
report_field(struct oa_walk *walk, void *node, struct oa_value *value)
{
    value->bytes = walk->cursor.data + value->offset;
    value->big_endian = walk->cursor.big_endian;
    value->code_page =
        OA_FIELDS[value->id].type == OA_TYPE_TELETEX ? OA_CODE_PAGE_TELETEX : walk->code_page;
    value->code_pages = walk->code_pages;
    if (walk->observe)
        walk->observe(walk, value);
    if (walk->visitor->field)
        walk->visitor->field(walk->user, node, value);
}

void
oa_walk_gap(struct oa_walk *walk, void *node, enum oa_gap gap, size_t offset, size_t length)
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
open_container(struct oa_walk *walk, void *node, struct oa_value at)
{
    at.offset = walk->cursor.offset;
    at.bytes = walk->cursor.data + walk->cursor.offset;
    at.big_endian = walk->cursor.big_endian;
    oa_walk_charge(walk, at.id);
    return walk->visitor->begin ? walk->visitor->begin(walk->user, node, &at) : NULL;
}

void *
oa_walk_open(struct oa_walk *walk, void *node, enum oa_field field, int index, size_t length)
{
    return open_container(walk, node,
                          (struct oa_value){ .id = field, .length = length, .index = index });
}

void *
oa_walk_open_cell(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index,
                  uint32_t tag)
{
    return open_container(
        walk, node,
        (struct oa_value){ .id = slot->field, .about = slot->by, .number = tag, .index = index });
}

void *
oa_walk_begin(struct oa_walk *walk, void *node, enum oa_field field, int index)
{
    return oa_walk_open(walk, node, field, index, 0);
}

void *
oa_walk_begin_about(struct oa_walk *walk, void *node, enum oa_field field, enum oa_field about,
                    uint64_t number)
{
    return open_container(
        walk, node,
        (struct oa_value){ .id = field, .about = about, .number = number, .index = -1 });
}

void
oa_walk_end(struct oa_walk *walk, void *node)
{
    if (walk->visitor->end)
        walk->visitor->end(walk->user, node, walk->cursor.offset);
}

/* Values */

/* These two are seldom called, and so not inlined into the function after them, which is called for
 * nearly every integer. */
static G_NO_INLINE void
make_room(struct oa_walk *walk)
{
    walk->known_room = MAX(KNOWN, walk->known_room * 2);
    walk->known = g_renew(struct known, walk->known, walk->known_room);
}

static G_NO_INLINE void
collect(struct oa_walk *walk, uint64_t number)
{
    uint32_t tag = (uint32_t)number;

    g_array_append_val(walk->columns, tag);
}

void
oa_walk_remember(struct oa_walk *walk, enum oa_field field, uint64_t number)
{
    if (walk->n_known == walk->known_room)
        make_room(walk);
    walk->known[walk->n_known++] = (struct known){ field, number };
    if (OA_FIELDS[field].role == OA_ROLE_CODE_PAGE && number != 0)
        walk->code_page = (uint32_t)number;
    if (walk->collects == field && field != OA_F_NONE)
        collect(walk, number);
}

uint64_t
oa_walk_value(const struct oa_walk *walk, enum oa_field field)
{
    for (unsigned i = walk->n_known; i > 0; i--)
        if (walk->known[i - 1].field == field)
            return walk->known[i - 1].number;
    return 0;
}

size_t
oa_walk_left(const struct oa_walk *walk)
{
    return walk->stopped ? 0 : oa_cursor_left(&walk->cursor);
}

/* Missing bytes latch the cursor; the first field that lacks bytes is recorded. */
static bool
is_there(struct oa_walk *walk, enum oa_field field)
{
    if (walk->cursor.is_short)
        oa_walk_problem(walk, OA_WALK_SHORT, field);
    return !walk->cursor.is_short;
}

void
oa_walk_align(struct oa_walk *walk, void *node, unsigned to)
{
    size_t offset = walk->cursor.offset;

    if (walk->encoding == OA_PLAIN)
        return;
    size_t padding = to > 1 ? -offset & (to - 1) : 0; /* in NDR all are powers of two */
    if (padding == 0 || oa_walk_stopped(walk))
        return;
    if (oa_cursor_skip(&walk->cursor, padding))
        oa_walk_gap(walk, node, OA_GAP_ALIGNMENT, offset, padding);
    else
        oa_walk_problem(walk, OA_WALK_SHORT, OA_F_NONE);
}

uint64_t
oa_read_uint(struct oa_walk *walk, void *node, enum oa_field field, enum oa_field about,
             unsigned size, int index)
{
    if (walk->encoding != OA_PLAIN)
        oa_walk_align(walk, node, size);
    struct oa_value value = {
        .id = field, .about = about, .offset = walk->cursor.offset, .length = size, .index = index
    };

    if (walk->stopped || !oa_walk_charge(walk, field))
        return 0;
    value.number = oa_cursor_uint(&walk->cursor, size);
    if (!is_there(walk, field))
        return 0;
    report_field(walk, node, &value);
    return value.number;
}

uint64_t
oa_read_count(struct oa_walk *walk, void *node, enum oa_field field, const struct oa_slot *about)
{
    return oa_read_uint(walk, node, field, oa_slot_value(about)->field, count_size(walk), -1);
}

void
oa_read_bytes(struct oa_walk *walk, void *node, struct oa_value value)
{
    value.offset = walk->cursor.offset;
    if (walk->stopped || !oa_walk_charge(walk, value.id))
        return;
    oa_cursor_skip(&walk->cursor, value.length);
    if (is_there(walk, value.id))
        report_field(walk, node, &value);
}

void
oa_read_available(struct oa_walk *walk, void *node, struct oa_value value, uint64_t announced)
{
    size_t left = oa_walk_left(walk);

    value.is_cut = announced > left;
    value.length = value.is_cut ? left : (size_t)announced;
    if (value.text_length > value.length)
        value.text_length = value.length;
    if (value.length || !value.is_cut)
        oa_read_bytes(walk, node, value);
    if (value.is_cut && !walk->stopped) {
        oa_walk_problem(walk, OA_WALK_SHORT, value.id);
        walk->cursor.is_short = true;
    }
}

void
oa_walk_bytes(struct oa_walk *walk, void *node, enum oa_field field, size_t length)
{
    oa_read_available(walk, node, (struct oa_value){ .id = field, .index = -1 }, length);
}

/* What blob functions ask for */

unsigned
oa_walk_known(const struct oa_walk *walk)
{
    return walk->n_known;
}

void
oa_walk_forget(struct oa_walk *walk, unsigned known)
{
    walk->n_known = known;
}

void *
oa_walk_context(const struct oa_walk *walk)
{
    return walk->context;
}

const uint8_t *
oa_walk_bytes_ahead(const struct oa_walk *walk)
{
    return walk->cursor.data + walk->cursor.offset;
}

const uint8_t *
oa_walk_beyond(const struct oa_walk *walk, size_t *length)
{
    *length = walk->enclosing - walk->cursor.length;
    return walk->cursor.data + walk->cursor.length;
}

const uint32_t *
oa_walk_columns(const struct oa_walk *walk, size_t *count)
{
    const uint32_t *columns = (const uint32_t *)(const void *)walk->columns->data;

    *count = walk->has_columns ? walk->columns->len - walk->first_column : 0;
    return walk->has_columns ? columns + walk->first_column : NULL;
}

/* Alignment */

unsigned
oa_arms_alignment(const struct oa_walk *walk, const struct oa_slot *slot, unsigned depth)
{
    unsigned largest = slot->size;

    for (const struct oa_arm *arm = slot->arms; arm->kind != OA_ARM_IS_END; arm++)
        if (arm->layout)
            largest = MAX(largest, oa_layout_alignment(walk, arm->layout, depth + 1));
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
        return oa_layout_alignment(walk, slot->layout, depth + 1);
    case OA_SLOT_UNION:
        return oa_arms_alignment(walk, slot, depth);
    default:
        return slot->kind >= OA_SLOT_FIRST_PREFIX ? slot_alignment(walk, slot + 1, depth) : 1;
    }
}

/* The largest alignment of the members; that of a referent does not count. */
unsigned
oa_layout_alignment(const struct oa_walk *walk, const struct oa_layout *layout, unsigned depth)
{
    unsigned largest = 1;

    if (walk->encoding == OA_PLAIN || depth > ALIGNMENT_DEPTH)
        return 1;
    for (const struct oa_slot *slot = layout->slots; slot->kind != OA_SLOT_END;
         slot = oa_slot_after(slot))
        largest = MAX(largest, slot_alignment(walk, slot, depth));
    return largest;
}

void
oa_walk_set_code_pages(struct oa_walk *walk, struct oa_code_pages *pages)
{
    walk->code_pages = pages;
}

void
oa_walk_set(struct oa_walk *walk, enum oa_field field, uint64_t value)
{
    oa_walk_remember(walk, field, value);
    walk->has_inputs = true;
}

void
oa_walk_set_columns(struct oa_walk *walk, const uint32_t *tags, size_t count)
{
    g_array_set_size(walk->columns, walk->first_column);
    walk->has_columns = tags != NULL;
    if (tags)
        g_array_append_vals(walk->columns, tags, (guint)count);
    walk->has_inputs = true;
}

uint32_t
oa_walk_set_code_page(struct oa_walk *walk, uint32_t code_page)
{
    uint32_t before = walk->code_page;

    walk->code_page = code_page;
    return before;
}

void
oa_walk_set_decoder(struct oa_walk *walk, enum oa_field field, oa_blob_test *is_blob,
                    oa_blob_fn *decode)
{
    unsigned i = 0;

    while (i < walk->n_decoders && walk->decoders[i].field != field)
        i++;
    g_assert(i < OA_DECODERS_MAX);
    walk->decoders[i] = (struct decoder){ field, is_blob, decode };
    walk->n_decoders = MAX(walk->n_decoders, i + 1);
}

void
oa_walk_set_context(struct oa_walk *walk, void *context)
{
    walk->context = context;
}

void
oa_walk_set_observer(struct oa_walk *walk, oa_observe_fn *observe)
{
    walk->observe = observe;
}

GByteArray *
oa_walk_scratch(struct oa_walk *walk)
{
    return walk->scratch;
}

struct oa_walk *
oa_walk_new(const struct oa_visitor *visitor, void *user)
{
    struct oa_walk *walk = g_new0(struct oa_walk, 1);

    walk->visitor = visitor;
    walk->user = user;
    walk->columns = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t), COLUMNS);
    walk->pending = g_array_new(FALSE, FALSE, sizeof(struct pending));
    walk->scratch = g_byte_array_new();
    walk->placed = g_array_new(FALSE, FALSE, sizeof(struct placed));
    walk->referents = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    return walk;
}

void
oa_walk_reuse(struct oa_walk *walk, const struct oa_visitor *visitor, void *user)
{
    walk->visitor = visitor;
    walk->user = user;
    walk->code_pages = NULL;
    walk->code_page = 0;
    walk->n_decoders = 0;
    walk->context = NULL;
    walk->observe = NULL;
    walk->has_columns = false;
    walk->has_inputs = false;
    oa_walk_forget(walk, 0);
}

void
oa_walk_free(struct oa_walk *walk)
{
    if (!walk)
        return;
    g_free(walk->known);
    g_array_free(walk->columns, TRUE);
    g_array_free(walk->pending, TRUE);
    g_array_free(walk->placed, TRUE);
    g_byte_array_unref(walk->scratch);
    g_array_free(walk->referents, TRUE);
    g_free(walk);
}
