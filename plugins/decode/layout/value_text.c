/* value_text.c
 * The text of a value that a walk reports. [MS-NSPI] 3.1.1.2, [MS-OXCDATA] 2.11.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout/layout.h"

void
oa_value_text(const struct oa_value *value, char *out, size_t size)
{
    struct oa_text text = { (const char *)value->bytes, value->text_length };

    if (OA_FIELDS[value->id].type == OA_TYPE_TEXT16)
        oa_text_copy_utf16le(value->bytes, value->text_length, out, size);
    else
        oa_code_pages_copy(value->code_pages, value->code_page, text, out, size);
}
