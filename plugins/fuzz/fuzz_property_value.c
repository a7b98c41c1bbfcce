/* fuzz_property_value.c
 * Any bytes as the value of a property: the first byte is the code page, the next four are the tag,
 * the others the value. It has to be read the same alone, behind its tag, and in a row, with a flag
 * or without. [MS-OXCDATA] 2.8.1, 2.11
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "same_reading.h"

#include "rop/property.h"

#define TAG_SIZE 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t STANDARD[] = { 0 }, FLAGGED[] = { 1, 0 };
    static const struct oa_visitor NONE = { 0 };
    static struct oa_walk *walk;
    struct oa_cursor cursor = oa_cursor_over(data, size);
    uint8_t page = oa_cursor_u8(&cursor);
    uint32_t tag = oa_cursor_u32(&cursor);
    struct reading alone, other;

    if (size < 1 + TAG_SIZE)
        return 0;
    if (!walk)
        walk = oa_walk_new(&NONE, NULL);
    const uint8_t *tag_bytes = data + 1, *value = tag_bytes + TAG_SIZE;
    size_t length = oa_cursor_left(&cursor);

    begin_reading(&alone, walk, page);
    oa_walk_set(walk, OA_F_ROP_TAG, tag);
    read_behind(&alone, walk, &OA_LAYOUT_PROPERTY_VALUE, NULL, 0, value, length);

    begin_reading(&other, walk, page);
    read_behind(&other, walk, &OA_LAYOUT_PROPERTY, tag_bytes, TAG_SIZE, value, length);
    require_same(&alone, &other);

    begin_reading(&other, walk, page);
    oa_walk_set_columns(walk, &tag, 1);
    read_behind(&other, walk, &OA_LAYOUT_PROPERTY_ROW, STANDARD, sizeof STANDARD, value, length);
    require_same(&alone, &other);

    if ((tag & 0xffff) == 0)
        return 0; /* the type stands before the flag */
    begin_reading(&other, walk, page);
    oa_walk_set_columns(walk, &tag, 1);
    read_behind(&other, walk, &OA_LAYOUT_PROPERTY_ROW, FLAGGED, sizeof FLAGGED, value, length);
    require_same(&alone, &other);
    return 0;
}
