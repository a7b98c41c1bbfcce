/* eeinfo.c
 * Extended error information: type serialization, and the chain of records in NDR.
 * [MS-EERR] 2.2; [MS-RPCE] 2.2.6 (serialization version 1); [C706] 14.3 (NDR)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/eeinfo.h"

#include <string.h>

#include <glib.h>

#define SERIALIZATION_VERSION 1
#define COMMON_HEADER 8
#define PRIVATE_HEADER 8
#define LITTLE_ENDIAN_DATA 0x10

#define NAME_PRESENT 1
#define NAME_NOT_PRESENT 2

/* More than a reason phrase or a PDU can hold. */
#define BASE64_MAX (64 * 1024)

/* A text or blob that follows the chain, and where to store it. */
struct deferred {
    uint16_t size; /* as announced with the pointer, in elements */
    bool is_wide;
    char *text; /* NULL: bytes, which are only counted */
};

#define DEFERRED_MAX (1 + OA_EEINFO_PARAMS_MAX)

struct deferrals {
    unsigned n;
    struct deferred rows[DEFERRED_MAX];
};

struct reader {
    struct oa_cursor cursor; /* over the serialized object only, which is aligned to 8 */
    struct oa_eeinfo *eeinfo;
    struct deferrals deferrals[OA_EEINFO_RECORDS_MAX];
};

static void
align(struct oa_cursor *cursor, size_t to)
{
    oa_cursor_skip(cursor, (to - cursor->offset % to) % to);
}

static uint32_t
ndr_u32(struct oa_cursor *cursor)
{
    align(cursor, 4);
    return oa_cursor_u32(cursor);
}

static uint16_t
ndr_u16(struct oa_cursor *cursor)
{
    align(cursor, 2);
    return oa_cursor_u16(cursor);
}

/*
 * The tag of a union: first as the member `Type`, then as the union's discriminant. False if the
 * two differ.
 */
static bool
read_tag(struct oa_cursor *cursor, uint16_t *tag)
{
    *tag = ndr_u16(cursor);
    return ndr_u16(cursor) == *tag && !cursor->is_short;
}

/* A count with a pointer, [MS-EERR] 2.2.1.1 to 2.2.1.3. The referent follows the chain. */
static void
read_counted(struct reader *reader, struct deferrals *later, bool is_wide, char *text,
             uint64_t *count)
{
    align(&reader->cursor, 4); /* of the structure, because of its pointer */
    uint16_t size = ndr_u16(&reader->cursor);
    uint32_t pointer = ndr_u32(&reader->cursor);

    if (count)
        *count = size;
    if (pointer && later->n < DEFERRED_MAX)
        later->rows[later->n++] = (struct deferred){ size, is_wide, text };
}

/* [MS-EERR] 2.2.1.7 */
static bool
read_computer_name(struct reader *reader, struct deferrals *later, struct oa_eeinfo_record *record)
{
    uint16_t tag;

    align(&reader->cursor, 4);
    if (!read_tag(&reader->cursor, &tag))
        return false;
    record->has_computer_name = tag == NAME_PRESENT;
    if (tag == NAME_PRESENT)
        read_counted(reader, later, true, record->computer_name, NULL);
    return tag == NAME_PRESENT || tag == NAME_NOT_PRESENT;
}

/* [MS-EERR] 2.2.1.5. Elements of the array are aligned to the largest member of the union. */
static bool
read_param(struct reader *reader, struct deferrals *later, struct oa_eeinfo_param *param)
{
    struct oa_cursor *cursor = &reader->cursor;
    uint16_t tag;

    align(cursor, 8);
    if (!read_tag(cursor, &tag))
        return false;
    param->type = (enum oa_eeinfo_param_type)tag;
    switch (tag) {
    case OA_EEINFO_ANSI_STRING:
        read_counted(reader, later, false, param->text, NULL);
        return true;
    case OA_EEINFO_UNICODE_STRING:
        read_counted(reader, later, true, param->text, NULL);
        return true;
    case OA_EEINFO_BINARY:
        read_counted(reader, later, false, NULL, &param->number);
        return true;
    case OA_EEINFO_LONG:
        param->number = ndr_u32(cursor);
        return true;
    case OA_EEINFO_SHORT:
        param->number = ndr_u16(cursor);
        return true;
    case OA_EEINFO_POINTER:
        align(cursor, 8);
        param->number = oa_cursor_u64(cursor);
        return true;
    case OA_EEINFO_NONE:
        return true;
    default:
        return false;
    }
}

static bool
read_params(struct reader *reader, struct deferrals *later, struct oa_eeinfo_record *record,
            unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!read_param(reader, later, &record->params[i]) || reader->cursor.is_short)
            return false;
        record->n_params++;
    }
    return true;
}

/*
 * One record, up to the end of its parameters. The size of an array that ends a structure precedes
 * the structure, [C706] 14.3.7. False if the chain cannot be followed any further.
 */
static bool
read_record(struct reader *reader, bool *has_next)
{
    struct oa_eeinfo *eeinfo = reader->eeinfo;
    struct oa_cursor *cursor = &reader->cursor;
    struct oa_eeinfo_record *record = &eeinfo->records[eeinfo->n_records];
    struct deferrals *later = &reader->deferrals[eeinfo->n_records];
    uint32_t size = ndr_u32(cursor);

    align(cursor, 8);
    record->offset = cursor->offset;
    *has_next = ndr_u32(cursor) != 0;
    if (!read_computer_name(reader, later, record))
        return false;
    record->process_id = ndr_u32(cursor);
    align(cursor, 8);
    record->time = oa_cursor_u64(cursor);
    record->component = ndr_u32(cursor);
    record->status = ndr_u32(cursor);
    record->location = ndr_u16(cursor);
    record->flags = ndr_u16(cursor);
    uint16_t count = ndr_u16(cursor);
    if (cursor->is_short)
        return false;
    eeinfo->n_records++;
    bool good =
        count == size && count <= OA_EEINFO_PARAMS_MAX && read_params(reader, later, record, count);
    record->length = cursor->offset - record->offset;
    return good;
}

/* Converts to UTF-8 from UTF-16 of either byte order, or from Latin-1, [MS-EERR] 2.2.1.1. */
static void
copy_text(const uint8_t *at, size_t length, bool is_wide, bool big_endian, char *text)
{
    uint8_t wide[2 * OA_EEINFO_TEXT] = { 0 };
    size_t step = is_wide ? 2 : 1;
    size_t used = 0;

    for (size_t i = 0; i + step <= length && used < sizeof wide; i += step) {
        wide[used++] = at[i + (is_wide && big_endian)];
        wide[used++] = is_wide ? at[i + !big_endian] : 0;
    }
    oa_text_copy_utf16le(wide, used, text, OA_EEINFO_TEXT);
}

/* An array preceded by its size; a text ends at its first zero. */
static bool
read_deferred(struct oa_cursor *cursor, const struct deferred *deferred)
{
    uint32_t size = ndr_u32(cursor);
    size_t bytes = (size_t)size << deferred->is_wide;

    if (size != deferred->size)
        return false;
    struct oa_cursor elements = oa_cursor_sub(cursor, bytes);
    if (elements.is_short)
        return false;
    const uint8_t *at = oa_cursor_bytes(&elements, bytes);
    size_t step = deferred->is_wide ? 2 : 1;
    size_t used = 0;
    while (used < bytes && (at[used] || (deferred->is_wide && at[used + 1])))
        used += step;
    if (deferred->text)
        copy_text(at, used, deferred->is_wide, cursor->big_endian, deferred->text);
    return true;
}

/*
 * The referents of embedded pointers follow the structure that contains them, in the order of the
 * pointers, [C706] 14.3.12.3. The link to the next record is the first of them: so all records come
 * first, then the texts of the last record, and so on back to those of the first.
 */
static bool
read_chain(struct reader *reader)
{
    struct oa_eeinfo *eeinfo = reader->eeinfo;
    bool has_next = ndr_u32(&reader->cursor) != 0;

    while (has_next) {
        if (eeinfo->n_records == OA_EEINFO_RECORDS_MAX) {
            eeinfo->has_more = true;
            return true;
        }
        if (!read_record(reader, &has_next))
            return false;
    }
    for (unsigned i = eeinfo->n_records; i-- > 0;)
        for (unsigned j = 0; j < reader->deferrals[i].n; j++)
            if (!read_deferred(&reader->cursor, &reader->deferrals[i].rows[j]))
                return false;
    return true;
}

bool
oa_eeinfo_parse(const uint8_t *data, size_t length, struct oa_eeinfo *eeinfo)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);
    struct reader reader = { .eeinfo = eeinfo };

    memset(eeinfo, 0, sizeof *eeinfo);
    uint8_t version = oa_cursor_u8(&cursor);
    uint8_t order = oa_cursor_u8(&cursor);
    uint16_t header = oa_cursor_u16(&cursor);
    oa_cursor_skip(&cursor, 4);
    if (cursor.is_short || version != SERIALIZATION_VERSION || header != COMMON_HEADER ||
        (order != LITTLE_ENDIAN_DATA && order != 0))
        return false;
    cursor.big_endian = order == 0;
    size_t object = oa_cursor_u32(&cursor);
    oa_cursor_skip(&cursor, 4);
    size_t left = oa_cursor_left(&cursor);
    eeinfo->malformed = cursor.is_short || object > left;
    reader.cursor = oa_cursor_sub(&cursor, MIN(object, left));
    if (!read_chain(&reader) || reader.cursor.is_short)
        eeinfo->malformed = true;
    for (unsigned i = 0; i < eeinfo->n_records; i++)
        eeinfo->records[i].offset += COMMON_HEADER + PRIVATE_HEADER;
    return true;
}

bool
oa_eeinfo_from_base64(struct oa_text base64, struct oa_eeinfo *eeinfo)
{
    size_t take = MIN(base64.length, BASE64_MAX);
    uint8_t *bytes = g_malloc(take / 4 * 3 + 3); /* what g_base64_decode_step asks for */
    gint state = 0;
    guint bits = 0;
    size_t length = g_base64_decode_step(base64.at, take, bytes, &state, &bits);
    bool found = oa_eeinfo_parse(bytes, length, eeinfo);

    g_free(bytes);
    return found;
}

struct oa_text
oa_eeinfo_of_body(const uint8_t *body, size_t length)
{
    static const char MARK[] = "RPC EEInfo:";
    struct oa_text text = { (const char *)body, length };

    if (!oa_text_starts(text, MARK))
        return (struct oa_text){ NULL, 0 };
    text.at += sizeof MARK - 1;
    text.length -= sizeof MARK - 1;
    return text;
}

/* The first ten are those of Microsoft's "Understanding Extended Error Information", the last is
 * that of [MS-EERR] 2.2.3. */
const char *
oa_eeinfo_component_name(uint32_t component)
{
    /* clang-format off */
    static const char *const NAMES[] = {
        [1] = "application",
        [2] = "RPC runtime",
        [3] = "security provider",
        [4] = "NPFS file system",
        [5] = "redirector",
        [6] = "named pipe system",
        [7] = "I/O system",
        [8] = "Winsock",
        [9] = "authorization",
        [10] = "local procedure call",
        [14] = "RPC over HTTP proxy",
    };
    /* clang-format on */

    return component < G_N_ELEMENTS(NAMES) ? NAMES[component] : NULL;
}

const char *
oa_eeinfo_location_name(uint32_t component, uint16_t location)
{
    return component == 14 && location == 0x5A0 ? "the proxy could not connect to the server"
                                                : NULL;
}
