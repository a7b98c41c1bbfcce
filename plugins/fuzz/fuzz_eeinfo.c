/* fuzz_eeinfo.c
 * Any bytes as extended error information, raw and as base64: texts are clean, both ways agree.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/eeinfo.h"

#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
    g_assert_true(memchr(text, '\0', OA_EEINFO_TEXT) != NULL);
    g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void
check_record(const struct oa_eeinfo_record *record, size_t size)
{
    g_assert_true(record->offset + record->length <= size);
    g_assert_true(record->n_params <= OA_EEINFO_PARAMS_MAX);
    g_assert_true(record->has_computer_name || record->computer_name[0] == '\0');
    check_text(record->computer_name);
    for (unsigned i = 0; i < record->n_params; i++)
        check_text(record->params[i].text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oa_eeinfo raw, decoded;
    char *base64 = g_base64_encode(data, size);
    bool found = oa_eeinfo_parse(data, size, &raw);

    g_assert_true(raw.n_records <= OA_EEINFO_RECORDS_MAX);
    for (unsigned i = 0; i < raw.n_records; i++)
        check_record(&raw.records[i], size);
    if (strlen(base64) < 64 * 1024) {
        bool again = oa_eeinfo_from_base64((struct oa_text){ base64, strlen(base64) }, &decoded);
        g_assert_true(again == found && memcmp(&raw, &decoded, sizeof raw) == 0);
    }
    g_free(base64);
    return 0;
}
