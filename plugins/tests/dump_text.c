/* dump_text.c
 * Reads lines "CODE_PAGE HEX" and prints the text of these bytes in UTF-8, as hexadecimal digits:
 * for comparison with other decoders.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/code_page.h"

/* Bytes of a text, at most. */
#define TEXT_MAX 64

static void
dump_line(struct oa_code_pages *pages, const char *line)
{
    char bytes[TEXT_MAX];
    char *hex;
    uint32_t code_page = (uint32_t)strtoul(line, &hex, 10);
    struct oa_text text = { bytes, 0 };

    for (hex++; text.length < TEXT_MAX && g_ascii_isxdigit(hex[0]); hex += 2)
        bytes[text.length++] =
            (char)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
    char *made = oa_code_pages_dup(pages, code_page, text);
    for (const char *at = made; *at; at++)
        printf("%02x", (unsigned char)*at);
    printf("\n");
    g_free(made);
}

int
main(void)
{
    char line[16 + 2 * TEXT_MAX];
    struct oa_code_pages *pages = oa_code_pages_new();

    while (fgets(line, sizeof line, stdin))
        dump_line(pages, line);
    oa_code_pages_free(pages);
    return 0;
}
