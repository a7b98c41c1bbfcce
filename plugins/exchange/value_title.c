/* value_title.c
 * The value of a field as text in the title of a structure, where the tree has it as an item too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "value_title.h"

#include <epan/to_str.h>

#include "rop/rop_words.h"

/* Longer bytes are counted. */
#define BYTES_MAX 16

static const char *
float_text(wmem_allocator_t *pool, tvbuff_t *tvb, const struct oa_value *value)
{
    gint offset = (gint)value->offset;
    double number = OA_FIELDS[value->id].type == OA_TYPE_FLOAT
                        ? tvb_get_letohieee_float(tvb, offset)
                        : tvb_get_letohieee_double(tvb, offset);

    return wmem_strdup_printf(pool, "%.10g", number);
}

static const char *
bytes_text(wmem_allocator_t *pool, const struct oa_value *value)
{
    if (value->length == 0)
        return "empty";
    if (value->length <= BYTES_MAX)
        return bytes_to_str(pool, value->bytes, value->length);
    return wmem_strdup_printf(pool, "%u bytes", (guint)value->length);
}

static const char *
number_text(wmem_allocator_t *pool, const struct oa_value *value)
{
    const struct oa_field_row *row = &OA_FIELDS[value->id];
    const char *name = oa_value_name(value->id, (uint32_t)value->number);

    if (row->names == OA_NAMES_STATUS) {
        char status[OA_ROP_STATUS_SIZE];
        oa_rop_status_text((uint32_t)value->number, status);
        return wmem_strdup(pool, status);
    }
    if (name)
        return name;
    if (row->type == OA_TYPE_BOOL)
        return value->number ? "True" : "False";
    if (row->type == OA_TYPE_INT16)
        return wmem_strdup_printf(pool, "%d", (int16_t)value->number);
    if (row->type == OA_TYPE_INT32)
        return wmem_strdup_printf(pool, "%d", (int32_t)value->number);
    if (row->type == OA_TYPE_CURRENCY)
        return wmem_strdup_printf(pool, "%.4f", (double)(int64_t)value->number / 10000);
    if (row->type == OA_TYPE_INT64)
        return wmem_strdup_printf(pool, "%" PRId64, (int64_t)value->number);
    if (row->type == OA_TYPE_ID)
        return wmem_strdup_printf(pool, "0x%016" PRIx64, value->number);
    if (row->base == OA_BASE_HEX)
        return wmem_strdup_printf(pool, "0x%0*" PRIx64, (int)value->length * 2, value->number);
    return wmem_strdup_printf(pool, "%" PRIu64, value->number);
}

const char *
value_title(wmem_allocator_t *pool, tvbuff_t *tvb, const struct oa_value *value)
{
    char text[VALUE_TITLE_MAX];
    nstime_t time;
    e_guid_t guid;

    switch (OA_FIELDS[value->id].type) {
    case OA_TYPE_TEXT8:
    case OA_TYPE_TELETEX:
    case OA_TYPE_TEXT16:
        oa_value_text(value, text, sizeof text);
        return wmem_strdup(pool, text);
    case OA_TYPE_FILETIME:
        filetime_to_nstime(&time, value->number);
        return abs_time_to_str(pool, &time, ABSOLUTE_TIME_UTC, TRUE);
    case OA_TYPE_GUID:
        tvb_get_letohguid(tvb, (gint)value->offset, &guid);
        return guid_to_str(pool, &guid);
    case OA_TYPE_FLOAT:
    case OA_TYPE_DOUBLE:
    case OA_TYPE_FLOATING_TIME:
        return float_text(pool, tvb, value);
    case OA_TYPE_BYTES:
    case OA_TYPE_SID:
        return bytes_text(pool, value);
    default:
        return number_text(pool, value);
    }
}
