/* der.c
 * DER, as far as authentication tokens need it. [X.690] 8.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/der.h"

#include <glib.h>

bool
oa_der_next(struct oa_cursor *from, struct oa_der *element, bool *malformed)
{
    if (oa_cursor_left(from) == 0)
        return false;
    element->tag = oa_cursor_u8(from);
    uint64_t length = oa_cursor_u8(from);
    if (length > 0x84)
        from->is_short = true; /* more than 4 GiB */
    else if (length > 0x80) {
        from->big_endian = true;
        length = oa_cursor_uint(from, (unsigned)length & 0x7F);
    } else if (length == 0x80)
        from->is_short = true; /* the indefinite form is not DER */
    if ((element->tag & 0x1F) == 0x1F)
        from->is_short = true; /* tags of more than one byte are not used here */
    size_t left = oa_cursor_left(from);
    *malformed |= from->is_short || length > left;
    if (from->is_short)
        return false;
    element->body = oa_cursor_sub(from, (size_t)MIN(length, left));
    return true;
}

bool
oa_der_descend(struct oa_cursor *at, const uint8_t *path, size_t depth, bool *malformed)
{
    for (size_t i = 0; i < depth; i++) {
        struct oa_der element;

        do {
            if (!oa_der_next(at, &element, malformed))
                return false;
        } while (element.tag != path[i]);
        *at = element.body;
    }
    return true;
}

bool
oa_der_number(struct oa_cursor at, unsigned context, uint32_t *value, bool *malformed)
{
    const uint8_t path[] = { (uint8_t)OA_DER_CONTEXT(context), OA_DER_INTEGER };

    if (!oa_der_descend(&at, path, sizeof path, malformed) || oa_cursor_left(&at) == 0)
        return false;
    *value = 0;
    while (oa_cursor_left(&at) > 0)
        *value = *value << 8 | oa_cursor_u8(&at);
    return true;
}
