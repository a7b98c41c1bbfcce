/* fx_lexer.c
 * FastTransfer streams: markers and properties, in buffers that may end inside any of them.
 * [MS-OXCFXICS] 2.2.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/fx_lexer.h"

#include <string.h>

#include "rop/binary_values.h"
#include "rop/entry_id.h"
#include "rop/property.h"
#include "rop/rop_limits.h"
#include "rop/sync_values.h"

#define TAG_SIZE 4
#define NAME_OFFSET (TAG_SIZE + 16 + 1) /* after the GUID and the kind of a named property */
#define UNKNOWN_SIZE SIZE_MAX           /* more than any buffer has */
#define INVALID_SIZE 0

/* Elements that have to follow each other where a stream is taken up; the most values in one of
 * them, and the longest. */
#define CONTINUATION_ELEMENTS 8
#define CONTINUATION_VALUES 64
#define CONTINUATION_VALUE (16u << 20)

enum { ID_NAMED = 0x8000, TYPE_MULTIPLE = 0x1000, TYPE_CODE_PAGE = 0x8000 };
enum { CODE_PAGE_UTF16 = 1200, CODE_PAGE_UTF8 = 65001 };

/* Properties whose type does not say what they are, 2.2.1.1.1, 2.2.4.1.5.1. */
enum { IDSET_GIVEN = 0x40170003, DELETED = 0x40160003, WARNING = 0x400f0003 };

/* One buffer being read. */
struct lexer {
    struct oa_fx_state *state;
    struct oa_walk *walk;
    uint64_t frame;
    bool is_first; /* else nothing but the state's members may change */
};

/* clang-format off */

OA_LAYOUT(MARKER, "marker", OA_U32(TRANSFER_MARKER));
OA_LAYOUT(TAG, "propInfo", OA_U32(ROP_TAG));
OA_LAYOUT(NAME, "namedPropInfo",
    OA_GUID(PROPERTY_NAME_GUID),
    OA_U8(PROPERTY_NAME_KIND),
    OA_IF_EQUAL(PROPERTY_NAME_KIND, 0),
    OA_U32(PROPERTY_NAME_LID),
    OA_IF_EQUAL(PROPERTY_NAME_KIND, 1),
    OA_STRING16Z(PROPERTY_NAME_TEXT)
);
OA_LAYOUT(NAMED_TAG, "propInfo",
    OA_U32(ROP_TAG),
    OA_STRUCT(PROPERTY_NAME, NAME)
);
OA_LAYOUT(COUNT, "length", OA_U32(VALUE_COUNT));
OA_LAYOUT(LENGTH, "length", OA_U32(TRANSFER_LENGTH));

static oa_blob_fn read_structure, read_binary;
static oa_blob_test is_structured;

/* Values that are not as in ROPs. A boolean has two bytes, 2.2.4.1.3. */
OA_LAYOUT(BOOLEAN, "PtypBoolean", OA_U16(VALUE_BOOLEAN));
OA_LAYOUT(DELETED_TAG, "MetaTagFXDelProp", OA_U32(TRANSFER_DELETED));

/* The length of these was given to the walk. */
#define BOUNDED(id, name, value) OA_LAYOUT(id, name, OA_BOUND(TRANSFER_LENGTH, 0), value)
BOUNDED(STRING8, "PtypString8", OA_STRING8(VALUE_STRING8));
BOUNDED(STRING, "PtypString", OA_STRING16(VALUE_STRING));
BOUNDED(BINARY, "PtypBinary", OA_OCTETS(VALUE_BINARY));
BOUNDED(WHOLE_BINARY, "PtypBinary", OA_BLOB_IF(VALUE_BINARY, is_structured, read_binary));
BOUNDED(STRUCTURE, "PtypBinary", OA_CALL(read_structure));
BOUNDED(SERVER_ID, "PtypServerId", OA_STRUCT(VALUE_SERVER_ID, OA_LAYOUT_SERVER_ID));

/* By type; those of size 0 have a length in the stream. */
static const struct type {
    uint8_t size;
    const struct oa_layout *layout;
} TYPES[] = {
    [0x002] = { 2, &OA_LAYOUT_INTEGER16 },
    [0x003] = { 4, &OA_LAYOUT_INTEGER32 },
    [0x004] = { 4, &OA_LAYOUT_FLOATING32 },
    [0x005] = { 8, &OA_LAYOUT_FLOATING64 },
    [0x006] = { 8, &OA_LAYOUT_CURRENCY },
    [0x007] = { 8, &OA_LAYOUT_FLOATING_TIME },
    [0x00a] = { 4, &OA_LAYOUT_ERROR_CODE },
    [0x00b] = { 2, &BOOLEAN },
    [0x00d] = { 0, &BINARY },
    [0x014] = { 8, &OA_LAYOUT_INTEGER64 },
    [0x01e] = { 0, &STRING8 },
    [0x01f] = { 0, &STRING },
    [0x040] = { 8, &OA_LAYOUT_TIME },
    [0x048] = { 16, &OA_LAYOUT_GUID },
    [0x0fb] = { 0, &SERVER_ID },
    [0x102] = { 0, &BINARY },
};

/* clang-format on */

/* --- what is kept --- */

static struct oa_fx_cut *
cut_new(uint64_t from)
{
    struct oa_fx_cut *cut = g_new0(struct oa_fx_cut, 1);

    cut->references = 1;
    cut->from = from;
    cut->bytes = g_byte_array_new();
    return cut;
}

static struct oa_fx_cut *
cut_hold(struct oa_fx_cut *cut)
{
    if (cut)
        cut->references++;
    return cut;
}

static void
cut_release(struct oa_fx_cut *cut)
{
    if (!cut || --cut->references > 0)
        return;
    g_byte_array_unref(cut->bytes);
    g_free(cut);
}

struct oa_fx_state *
oa_fx_state_new(void)
{
    return g_new0(struct oa_fx_state, 1);
}

void
oa_fx_restart(struct oa_fx_state *state)
{
    cut_release(state->cut);
    *state = (struct oa_fx_state){ .next = OA_FX_ELEMENT };
}

void
oa_fx_lose(struct oa_fx_state *state)
{
    oa_fx_restart(state);
    state->next = OA_FX_UNSEEN;
}

void
oa_fx_state_free(struct oa_fx_state *state)
{
    if (state)
        cut_release(state->cut);
    g_free(state);
}

void
oa_fx_part_free(struct oa_fx_part *part)
{
    if (!part)
        return;
    cut_release(part->before.cut);
    cut_release(part->continues);
    g_free(part);
}

void
oa_fx_take_back(struct oa_fx_state *state, const struct oa_fx_part *part)
{
    cut_hold(part->before.cut);
    cut_release(state->cut);
    *state = part->before;
}

/* --- types --- */

/* The type of a property's values, or NULL for one that streams do not have, 2.2.4.1.1. */
static const struct type *
type_of(uint32_t tag)
{
    unsigned type = tag & 0xffff;

    if (tag == IDSET_GIVEN)
        return &TYPES[0x102];
    if (type & TYPE_CODE_PAGE)
        return (type & ~TYPE_CODE_PAGE) == CODE_PAGE_UTF16 ? &TYPES[0x01f] : &TYPES[0x01e];
    type &= ~(unsigned)TYPE_MULTIPLE;
    return type < G_N_ELEMENTS(TYPES) && TYPES[type].layout ? &TYPES[type] : NULL;
}

static bool
is_multiple(uint32_t tag)
{
    return (tag & (TYPE_MULTIPLE | TYPE_CODE_PAGE)) == TYPE_MULTIPLE;
}

/* The layout of a value that is a structure, or NULL. */
static const struct oa_layout *
structure_of(const struct oa_fx_state *state)
{
    bool is_binary = type_of(state->tag)->layout == &BINARY && !is_multiple(state->tag);

    return is_binary ? oa_sync_layout((uint16_t)(state->tag >> 16), state->marker) : NULL;
}

/* --- the steps of the stream --- */

static void
begin_value(struct oa_fx_state *state, uint32_t size)
{
    bool is_structure = structure_of(state) || (state->kind && !is_multiple(state->tag));

    state->next = OA_FX_VALUE;
    state->size = size;
    state->in_parts = size > (is_structure ? OA_LIMIT_TRANSFER_STRUCTURE : OA_LIMIT_TRANSFER_VALUE);
}

static void
next_value(struct oa_fx_state *state)
{
    const struct type *type = type_of(state->tag);

    if (state->count == 0)
        state->next = OA_FX_ELEMENT;
    else if (type->size == 0)
        state->next = OA_FX_LENGTH;
    else
        begin_value(state, type->size);
}

static void
end_value(struct oa_fx_state *state)
{
    state->count--;
    next_value(state);
}

void
oa_fx_expect_value(struct oa_fx_state *state, uint32_t tag, uint32_t size, uint64_t frame)
{
    oa_fx_restart(state);
    if (size == 0 || !type_of(tag))
        return;
    state->tag = tag;
    state->count = 1;
    state->frame = frame;
    begin_value(state, size);
}

bool
oa_fx_expects_value(const struct oa_fx_state *state)
{
    return state->next == OA_FX_VALUE;
}

/* --- bytes --- */

/* The bytes of what is next: those kept, and those ahead. */
static size_t
available(const struct lexer *lexer)
{
    return lexer->state->kept + oa_walk_left(lexer->walk);
}

static uint8_t
byte_at(const struct lexer *lexer, size_t i)
{
    size_t kept = lexer->state->kept;

    return i < kept ? lexer->state->cut->bytes->data[i]
                    : oa_walk_bytes_ahead(lexer->walk)[i - kept];
}

/* The first four bytes, which have to be there. */
static uint32_t
peek_u32(const struct lexer *lexer)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)byte_at(lexer, i) << 8 * i;
    return number;
}

static void
drop_cut(struct lexer *lexer)
{
    if (lexer->is_first)
        cut_release(lexer->state->cut);
    lexer->state->cut = NULL;
    lexer->state->kept = 0;
}

/* Makes sure that `cut` ends with the bytes kept. It has more after a buffer was taken back, which
 * parts of the buffers after that one may refer to. */
static void
own_cut(struct oa_fx_state *state)
{
    struct oa_fx_cut *cut = state->cut;

    if (cut && cut->bytes->len == state->kept)
        return;
    state->cut = cut_new(state->frame);
    if (cut)
        g_byte_array_append(state->cut->bytes, cut->bytes->data, (guint)state->kept);
    cut_release(cut);
}

/* Keeps the rest of the buffer for the next one. */
static void
keep_rest(struct lexer *lexer, void *node)
{
    struct oa_fx_state *state = lexer->state;
    size_t left = oa_walk_left(lexer->walk);

    if (left == 0)
        return;
    if (lexer->is_first) {
        own_cut(state);
        g_byte_array_append(state->cut->bytes, oa_walk_bytes_ahead(lexer->walk), (guint)left);
    }
    state->kept += left;
    oa_walk_bytes(lexer->walk, node, OA_F_TRANSFER_PART, left);
}

static void
read_joined(struct lexer *lexer, void *node, const struct oa_layout *layout, size_t size)
{
    struct oa_fx_state *state = lexer->state;
    size_t rest = size - state->kept;
    GByteArray *joined = g_byte_array_sized_new((guint)size);

    g_byte_array_append(joined, state->cut->bytes->data, (guint)state->kept);
    g_byte_array_append(joined, oa_walk_bytes_ahead(lexer->walk), (guint)rest);
    oa_walk_bytes(lexer->walk, node, OA_F_TRANSFER_PART, rest);
    oa_walk_source(lexer->walk, node, "Joined value", layout, joined->data, size);
    g_byte_array_unref(joined);
}

/* Reads what is next, of `size` bytes. False: the buffer ends before, or the walk has ended. */
static bool
take(struct lexer *lexer, void *node, const struct oa_layout *layout, size_t size)
{
    if (available(lexer) < size) {
        keep_rest(lexer, node);
        return false;
    }
    if (lexer->state->kept > 0)
        read_joined(lexer, node, layout, size);
    else
        oa_walk_layout(lexer->walk, node, layout);
    drop_cut(lexer);
    return !oa_walk_stopped(lexer->walk);
}

static void
lose(struct lexer *lexer)
{
    drop_cut(lexer);
    lexer->state->next = OA_FX_LOST;
    oa_walk_give_up(lexer->walk, OA_F_ROP_TAG);
}

/* --- elements --- */

/* The size of a property's tag and name; UNKNOWN_SIZE if the buffer ends before that can be said.
 */
static size_t
info_size(const struct lexer *lexer, uint32_t tag)
{
    enum { BY_LID, BY_NAME };
    size_t there = available(lexer);

    if (tag >> 16 < ID_NAMED)
        return TAG_SIZE;
    if (there < NAME_OFFSET)
        return UNKNOWN_SIZE;
    uint8_t kind = byte_at(lexer, NAME_OFFSET - 1);
    if (kind != BY_NAME)
        return kind == BY_LID ? NAME_OFFSET + 4 : INVALID_SIZE;
    for (size_t i = 0; i < OA_LIMIT_TRANSFER_NAME; i += 2) {
        if (there < NAME_OFFSET + i + 2)
            return UNKNOWN_SIZE;
        if (byte_at(lexer, NAME_OFFSET + i) == 0 && byte_at(lexer, NAME_OFFSET + i + 1) == 0)
            return NAME_OFFSET + i + 2;
    }
    return INVALID_SIZE;
}

/* The name ahead, which has to be there, behind its tag; `size` with the tag. */
static struct oa_property_name
peek_name(const struct lexer *lexer, size_t size)
{
    struct oa_property_name name = { .kind = byte_at(lexer, NAME_OFFSET - 1) };
    uint8_t rest[OA_LIMIT_TRANSFER_NAME];
    size_t length = size - NAME_OFFSET;

    for (size_t i = 0; i < sizeof name.guid; i++)
        name.guid[i] = byte_at(lexer, TAG_SIZE + i);
    for (size_t i = 0; i < length; i++)
        rest[i] = byte_at(lexer, NAME_OFFSET + i);
    struct oa_cursor cursor = oa_cursor_over(rest, length);
    if (name.kind == OA_PROPERTY_NAME_LID)
        name.lid = oa_cursor_u32(&cursor);
    else
        oa_text_copy_utf16le(rest, length, name.text, sizeof name.text);
    return name;
}

/* Tag and name. */
static bool
read_info(struct lexer *lexer, void *node, uint32_t tag)
{
    struct oa_fx_state *state = lexer->state;
    bool has_type = type_of(tag) != NULL;
    size_t size = has_type ? info_size(lexer, tag) : INVALID_SIZE;

    if (size == INVALID_SIZE) {
        if (!has_type)
            take(lexer, node, &TAG, TAG_SIZE);
        lose(lexer);
        return false;
    }
    bool is_there = available(lexer) >= size;
    state->has_name = is_there && size > TAG_SIZE;
    if (state->has_name)
        state->name = peek_name(lexer, size);
    if (!take(lexer, node, size == TAG_SIZE ? &TAG : &NAMED_TAG, size))
        return false;
    state->tag = tag;
    state->kind = type_of(tag)->layout == &BINARY
                      ? oa_binary_kind((uint16_t)(tag >> 16), state->has_name ? &state->name : NULL)
                      : 0;
    state->count = 1;
    if (is_multiple(tag))
        state->next = OA_FX_COUNT;
    else
        next_value(state);
    return true;
}

/* A count or a length; its number goes to *number. */
static bool
read_number(struct lexer *lexer, void *node, const struct oa_layout *layout, uint32_t *number)
{
    if (available(lexer) >= 4)
        *number = peek_u32(lexer);
    return take(lexer, node, layout, 4);
}

/* How many bytes of a value in parts are read next: whole characters, except for the last ones. */
static size_t
part_size(const struct lexer *lexer)
{
    const struct oa_fx_state *state = lexer->state;
    size_t unit = type_of(state->tag)->layout == &STRING ? 2 : 1;
    size_t there = MIN(available(lexer), state->size);

    if (state->kept > 0 || there < unit)
        return MIN(unit, state->size);
    return there == state->size ? there : there - there % unit;
}

static const struct oa_layout *
layout_of(const struct oa_fx_state *state)
{
    const struct oa_layout *layout = type_of(state->tag)->layout;

    if (state->tag == DELETED)
        return &DELETED_TAG;
    if (state->tag == WARNING)
        return &OA_LAYOUT_ERROR_CODE;
    if (state->in_parts)
        return layout == &STRING || layout == &STRING8 ? layout : &BINARY;
    if (structure_of(state))
        return &STRUCTURE;
    return layout == &BINARY ? &WHOLE_BINARY : layout;
}

/* The layout of a structure is found by the tag and the marker that the walk was given. */
static void
read_structure(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    uint16_t property_id = (uint16_t)(oa_walk_value(walk, OA_F_ROP_TAG) >> 16);
    uint32_t marker = (uint32_t)oa_walk_value(walk, OA_F_TRANSFER_MARKER);

    (void)bytes;
    (void)length;
    oa_walk_layout(walk, node, oa_sync_layout(property_id, marker));
}

/* The layout of a whole binary value, by the kind that the walk was given, or as an entry ID; NULL:
 * only bytes. */
static const struct oa_layout *
structure_in(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    return oa_binary_layout((unsigned)oa_walk_value(walk, OA_F_TRANSFER_PROPERTY), bytes, length);
}

static bool
is_structured(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    return structure_in(walk, bytes, length) || oa_rop_is_entry_id(walk, bytes, length);
}

static void
read_binary(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    const struct oa_layout *layout = structure_in(walk, bytes, length);

    if (layout)
        oa_walk_layout(walk, node, layout);
    else
        oa_rop_entry_id(walk, node, bytes, length);
}

/* Reads a value, or as much of it as there is. */
static bool
read_bytes(struct lexer *lexer, void *node)
{
    struct oa_fx_state *state = lexer->state;
    size_t size = state->in_parts ? part_size(lexer) : state->size;
    unsigned known = oa_walk_known(lexer->walk);

    oa_walk_set(lexer->walk, OA_F_TRANSFER_LENGTH, size);
    oa_walk_set(lexer->walk, OA_F_TRANSFER_PROPERTY, state->kind);
    bool is_read = take(lexer, node, layout_of(state), size);
    oa_walk_forget(lexer->walk, known);
    if (!is_read)
        return false;
    state->size -= (uint32_t)size;
    if (state->size == 0)
        end_value(state);
    return true;
}

/* The length of a value, or the value. */
static bool
read_value(struct lexer *lexer, void *node)
{
    struct oa_fx_state *state = lexer->state;
    uint32_t size = 0;

    if (state->next == OA_FX_VALUE)
        return read_bytes(lexer, node);
    if (!read_number(lexer, node, &LENGTH, &size))
        return false;
    if (size > 0)
        begin_value(state, size);
    else
        end_value(state);
    return true;
}

static bool
has_values(const struct lexer *lexer)
{
    return (lexer->state->next == OA_FX_LENGTH || lexer->state->next == OA_FX_VALUE) &&
           oa_walk_left(lexer->walk) > 0;
}

/* The values of a multiple property are in a list of their own. */
static void
read_values(struct lexer *lexer, void *node)
{
    bool is_list = is_multiple(lexer->state->tag);

    if (!has_values(lexer))
        return;
    void *inner = is_list ? oa_walk_begin(lexer->walk, node, OA_F_VALUE_LIST, -1) : node;
    while (has_values(lexer) && read_value(lexer, inner))
        ;
    if (is_list)
        oa_walk_end(lexer->walk, inner);
}

/* The code page that a type has in it, 2.2.4.1.1.1; that of the walk if it has none. */
static uint32_t
code_page_of(uint32_t tag, uint32_t others)
{
    unsigned type = tag & 0xffff;

    if (type == CODE_PAGE_UTF8)
        return CODE_PAGE_UTF8;
    return type & TYPE_CODE_PAGE ? type & ~(unsigned)TYPE_CODE_PAGE : others;
}

static void
read_property(struct lexer *lexer, void *node, uint32_t tag)
{
    struct oa_fx_state *state = lexer->state;
    unsigned known = oa_walk_known(lexer->walk);
    uint32_t code_page = oa_walk_set_code_page(lexer->walk, 0);

    oa_walk_set_code_page(lexer->walk, code_page_of(tag, code_page));
    oa_walk_set(lexer->walk, OA_F_TRANSFER_MARKER, state->marker);
    oa_walk_set(lexer->walk, OA_F_ROP_TAG, tag);
    if (state->next != OA_FX_ELEMENT || read_info(lexer, node, tag)) {
        if (state->next == OA_FX_COUNT && read_number(lexer, node, &COUNT, &state->count))
            next_value(state);
        read_values(lexer, node);
    }
    oa_walk_forget(lexer->walk, known);
    oa_walk_set_code_page(lexer->walk, code_page);
}

static bool
is_marker(uint32_t tag)
{
    return oa_field_name(OA_NAMES_TRANSFER_MARKER, tag) != NULL;
}

bool
oa_fx_is_stream(const uint8_t *bytes, size_t length)
{
    struct oa_cursor cursor = oa_cursor_over(bytes, length);
    uint32_t tag = oa_cursor_u32(&cursor);

    return !cursor.is_short && (is_marker(tag) || (!(tag & TYPE_CODE_PAGE) && type_of(tag)));
}

/* Reads an element, or as much of it as there is: a marker, or a property. */
static void
read_element(struct lexer *lexer, void *node)
{
    struct oa_fx_state *state = lexer->state;
    bool is_new = state->next == OA_FX_ELEMENT && state->kept < TAG_SIZE;

    if (is_new && state->kept == 0)
        state->frame = lexer->frame;
    if (is_new && available(lexer) < TAG_SIZE) {
        keep_rest(lexer, node);
        return;
    }
    uint32_t tag = state->next == OA_FX_ELEMENT ? peek_u32(lexer) : state->tag;
    if (is_new && is_marker(tag)) {
        take(lexer, node, &MARKER, TAG_SIZE);
        state->marker = tag;
        return;
    }
    void *inner = oa_walk_begin_about(lexer->walk, node,
                                      is_new ? OA_F_TRANSFER_PROPERTY : OA_F_TRANSFER_CONTINUED,
                                      OA_F_ROP_TAG, tag);
    read_property(lexer, inner, tag);
    oa_walk_end(lexer->walk, inner);
}

/* --- streams whose beginning was not seen --- */

/* Skips the tag of a property ahead, its name and values; false: there can be none such here. What
 * ends behind the buffer is skipped with it. */
static bool
skip_property(struct oa_cursor *cursor, uint32_t tag)
{
    const struct type *type = type_of(tag);
    uint32_t count = 1;

    if (!type)
        return false;
    if (tag >> 16 >= ID_NAMED) {
        oa_cursor_skip(cursor, NAME_OFFSET - TAG_SIZE - 1);
        uint8_t kind = oa_cursor_u8(cursor);
        if (kind > 1)
            return false;
        if (kind == 0)
            oa_cursor_skip(cursor, 4);
        size_t left = oa_cursor_left(cursor);
        while (kind == 1 && !cursor->is_short && oa_cursor_u16(cursor) != 0)
            if (left - oa_cursor_left(cursor) > OA_LIMIT_TRANSFER_NAME)
                return false;
    }
    if (is_multiple(tag))
        count = oa_cursor_u32(cursor);
    if (count > CONTINUATION_VALUES)
        return false;
    for (uint32_t i = 0; i < count && !cursor->is_short; i++) {
        uint32_t size = type->size ? type->size : oa_cursor_u32(cursor);
        if (size > CONTINUATION_VALUE)
            return false;
        oa_cursor_skip(cursor, size);
    }
    return true;
}

/* Whether a stream goes on with a marker here: it is followed by elements, or by as many as the
 * buffer has. A single one, at the end of a buffer, proves nothing. */
static bool
is_continuation(const uint8_t *bytes, size_t length)
{
    struct oa_cursor cursor = oa_cursor_over(bytes, length);
    unsigned elements = 0;

    for (; elements < CONTINUATION_ELEMENTS && oa_cursor_left(&cursor) >= TAG_SIZE; elements++) {
        uint32_t tag = oa_cursor_u32(&cursor);
        if (!is_marker(tag) && (elements == 0 || !skip_property(&cursor, tag)))
            return false;
    }
    return elements > 1;
}

/* The bytes before the first marker are the rest of an element. False: there is none. */
static bool
find_element(struct lexer *lexer, void *node)
{
    const uint8_t *bytes = oa_walk_bytes_ahead(lexer->walk);
    size_t left = oa_walk_left(lexer->walk), offset = 0;

    while (offset < left && !is_continuation(bytes + offset, left - offset))
        offset++;
    if (offset > 0)
        oa_walk_bytes(lexer->walk, node, OA_F_TRANSFER_UNREAD, offset);
    if (offset < left)
        lexer->state->next = OA_FX_ELEMENT;
    return offset < left;
}

static void
read_elements(struct lexer *lexer, void *node)
{
    if (lexer->state->next == OA_FX_UNSEEN && !find_element(lexer, node))
        return;
    if (lexer->state->next == OA_FX_LOST)
        oa_walk_give_up(lexer->walk, OA_F_ROP_TAG);
    while (oa_walk_left(lexer->walk) > 0)
        read_element(lexer, node);
    /* Nothing else stops the walk but its limits. */
    if (oa_walk_stopped(lexer->walk)) {
        drop_cut(lexer);
        lexer->state->next = OA_FX_LOST;
    }
}

struct oa_fx_part *
oa_fx_part_new(const struct oa_fx_state *state)
{
    struct oa_fx_part *part = g_new0(struct oa_fx_part, 1);

    part->before = *state;
    cut_hold(state->cut);
    return part;
}

void
oa_fx_read(struct oa_fx_state *state, struct oa_fx_part *part, struct oa_walk *walk, void *node,
           uint64_t frame)
{
    struct lexer lexer = { state, walk, frame, true };

    if (state->cut)
        state->cut->to = frame;
    read_elements(&lexer, node);
    bool is_inside = state->next < OA_FX_UNSEEN && state->next != OA_FX_ELEMENT;
    if (is_inside && !state->cut)
        state->cut = cut_new(state->frame);
    part->continues = cut_hold(state->cut);
}

void
oa_fx_read_again(const struct oa_fx_part *part, struct oa_walk *walk, void *node)
{
    struct oa_fx_state state = part->before;
    struct lexer lexer = { &state, walk, 0, false };

    read_elements(&lexer, node);
}
