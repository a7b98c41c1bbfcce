/* fuzz_code_page.c
 * Any bytes as text in any code page: the first byte chooses it, the second the room there is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/code_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t PAGES[] = { 0,    437,  850,  852,   866,   874,   932,
                                  936,  949,  950,  1200,  1250,  1251,  1253,
                                  1255, 1256, 1258, 20127, 20261, 28605, 65001 };

/* A copy is the beginning of the whole text, but for control characters, and within its room. */
static void
check(const char *copy, const char *whole, size_t room)
{
    if (strlen(copy) >= room || !g_utf8_validate(copy, -1, NULL) ||
        !g_utf8_validate(whole, -1, NULL))
        abort();
    for (; *copy; copy = g_utf8_next_char(copy), whole = g_utf8_next_char(whole)) {
        gunichar c = g_utf8_get_char(whole);
        if (g_utf8_get_char(copy) != (g_unichar_iscntrl(c) ? 0xFFFD : c))
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct oa_code_pages *pages = oa_code_pages_new();
    struct oa_text text = { (const char *)data + 2, size - 2 };
    uint32_t code_page = PAGES[data[0] % G_N_ELEMENTS(PAGES)];
    size_t room = (size_t)data[1] + 1;
    char *copy = g_malloc(room);

    if (memchr(text.at, 0, text.length) == NULL) {
        char *whole = oa_code_pages_dup(pages, code_page, text);
        if (strlen(whole) > 3 * text.length)
            abort();
        oa_code_pages_copy(pages, code_page, text, copy, room);
        check(copy, whole, room);
        g_free(whole);
    }
    oa_code_pages_copy(pages, code_page, text, copy, room);
    g_free(copy);
    oa_code_pages_free(pages);
    return 0;
}
