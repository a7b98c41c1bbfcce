/* value_text.c
 * The text of a value that a walk reports. [MS-NSPI] 3.1.1.2, [MS-OXCDATA] 2.11.1.2,
 * [MS-OXOCAL] 2.2.1.44.1 (minutes)
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

void
oa_minutes_text(uint32_t minutes, char out[OA_MINUTES_TEXT])
{
    enum { HOUR = 60, DAY = 24 * HOUR };
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1601);
    g_date_add_days(&date, minutes / DAY);
    g_snprintf(out, OA_MINUTES_TEXT, "%04u-%02u-%02u %02u:%02u", (unsigned)g_date_get_year(&date),
               (unsigned)g_date_get_month(&date), (unsigned)g_date_get_day(&date),
               minutes % DAY / HOUR, minutes % HOUR);
}
