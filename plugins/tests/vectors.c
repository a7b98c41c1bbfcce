/* vectors.c
 * Reads the tab-separated test vectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vectors.h"

#include <string.h>

static void
free_row(void *row)
{
    g_strfreev(row);
}

GPtrArray *
vectors_read(const char *name)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(free_row);
    char *path = g_build_filename(VECTORS_DIR, name, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            g_ptr_array_add(rows, g_strsplit(*line, "\t", -1));
    g_strfreev(lines);
    g_free(text);
    g_free(path);
    return rows;
}

unsigned
vectors_column(const GPtrArray *rows, const char *title)
{
    char **header = rows->pdata[0];
    unsigned column = 0;

    while (header[column] && strcmp(header[column], title) != 0)
        column++;
    g_assert_nonnull(header[column]);
    return column;
}

uint8_t *
vectors_bytes(const char *hex, size_t *length)
{
    GByteArray *bytes = vectors_array(hex);

    *length = bytes->len;
    uint8_t *exact = g_malloc(bytes->len ? bytes->len : 1);
    if (bytes->len) /* an empty array has no data */
        memcpy(exact, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    return exact;
}

GByteArray *
vectors_array(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();
    int high = -1;

    for (; *hex; hex++) {
        int digit = g_ascii_xdigit_value(*hex);
        if (*hex == ' ')
            continue;
        if (high >= 0) {
            uint8_t byte = (uint8_t)(high << 4 | digit);
            g_byte_array_append(bytes, &byte, 1);
        }
        high = high >= 0 ? -1 : digit;
    }
    return bytes;
}
