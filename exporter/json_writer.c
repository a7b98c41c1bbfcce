/* json_writer.c
 * Writes a report as lines of JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "json_writer.h"

#include <stdio.h>
#include <string.h>

#include "column.h"
#include "text_writer.h"
#include "visible_text.h"

static void
put_null(struct writer *writer)
{
    text_writer_plain(writer, "null", strlen("null"));
}

static void
put_token(struct writer *base, const char *text, size_t length)
{
    struct text_writer *writer = (struct text_writer *)base;
    char *at = text_writer_begin_cell(writer, length + 2);

    *at++ = '"';
    memcpy(at, text, length);
    at[length] = '"';
    text_writer_end_cell(writer, at + length + 1);
}

/* Printable ASCII that needs no escape. */
static size_t
plain_length(const char *text)
{
    size_t length = 0;

    while (text[length] >= ' ' && text[length] < 0x7f && text[length] != '"' &&
           text[length] != '\\')
        length++;
    return length;
}

/* Escapes what JSON does not allow in a string. */
static void
put_escaped(struct text_writer *writer, const char *text)
{
    while (*text) {
        size_t length = 0;
        char escape[8];

        while ((unsigned char)text[length] >= ' ' && text[length] != '"' && text[length] != '\\')
            length++;
        text_writer_put(writer, text, length);
        text += length;
        if (!*text)
            break;
        snprintf(escape, sizeof escape, (unsigned char)*text < ' ' ? "\\u%04x" : "\\%c", *text);
        text_writer_put(writer, escape, strlen(escape));
        text++;
    }
}

static void
put_text(struct writer *base, const char *text)
{
    struct text_writer *writer = (struct text_writer *)base;

    if (!text || !text[0]) {
        put_null(base);
        return;
    }
    size_t length = plain_length(text);
    text_writer_plain(base, "\"", 1);
    if (text[length]) {
        g_autoptr(GString) visible = g_string_sized_new(2 * length + 64);
        visible_text_append(visible, text, false);
        put_escaped(writer, visible->str);
    } else {
        text_writer_put(writer, text, length);
    }
    text_writer_put(writer, "\"", 1);
}

static const struct writer_format JSON = {
    .text = put_text,
    .token = put_token,
    .empty = put_null,
    TEXT_WRITER_FUNCTIONS,
};

struct writer *
json_writer_open(const char *directory, const char *name, struct writer_columns columns,
                 char **message)
{
    struct text_writer *writer = text_writer_open(&JSON, directory, name, JSON_SUFFIX, message);

    if (!writer)
        return NULL;
    writer->row_end = "}\n";
    writer->none = "null";
    writer->leads = g_new0(char *, columns.n + 1);
    for (size_t i = 0; i < columns.n; i++)
        writer->leads[i] = g_strdup_printf("%c\"%s\":", i ? ',' : '{', columns.columns[i].name);
    return &writer->base;
}
