/* csv_writer.c
 * Writes a report as CSV.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csv_writer.h"

#include <limits.h>
#include <string.h>

#include "column.h"
#include "text_writer.h"
#include "visible_text.h"

static void
put_empty(struct writer *base)
{
    struct text_writer *writer = (struct text_writer *)base;

    text_writer_end_cell(writer, text_writer_begin_cell(writer, 0));
}

/* What need not be looked at: all but separators, quotes, control characters, and what is not
 * ASCII. */
static const bool IS_PLAIN[UCHAR_MAX + 1] = {
    /* clang-format off */
    [' '] = 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
    ['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1,
    ['@'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['P'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['`'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['p'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
    /* clang-format on */
};

static size_t
plain_length(const char *text)
{
    const char *end = text;

    while (IS_PLAIN[(unsigned char)*end])
        end++;
    return (size_t)(end - text);
}

static void
put_quoted(struct text_writer *writer, const char *text)
{
    text_writer_put(writer, "\"", 1);
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        text_writer_put(writer, text, (size_t)(quote - text) + 1);
        text_writer_put(writer, "\"", 1);
    }
    text_writer_put(writer, text, strlen(text));
    text_writer_put(writer, "\"", 1);
}

/* A cell that is more than a copy of the text, or long. */
static G_NO_INLINE void
put_unusual(struct text_writer *writer, const char *text, size_t plain)
{
    put_empty(&writer->base);
    if (!text[plain] && text[0] != ' ') {
        text_writer_put(writer, "'", visible_text_is_formula((unsigned char)text[0]));
        text_writer_put(writer, text, plain);
        return;
    }
    g_autoptr(GString) guarded = g_string_sized_new(2 * plain + 64);
    visible_text_append(guarded, text, true);
    if (guarded->str[strcspn(guarded->str, ",\"\r\n")])
        put_quoted(writer, guarded->str);
    else
        text_writer_put(writer, guarded->str, guarded->len);
}

static void
put_text(struct writer *base, const char *text)
{
    if (!text || !text[0]) {
        put_empty(base);
        return;
    }
    size_t length = plain_length(text);
    if (text[length] || length >= SHORT_CELL || text[0] == ' ' ||
        visible_text_is_formula((unsigned char)text[0]))
        put_unusual((struct text_writer *)base, text, length);
    else
        text_writer_plain(base, text, length);
}

static const struct writer_format CSV = {
    .text = put_text,
    .token = text_writer_plain,
    .empty = put_empty,
    TEXT_WRITER_FUNCTIONS,
};

struct writer *
csv_writer_open(const char *directory, const char *name, struct writer_columns columns,
                struct output_style style, char **message)
{
    struct text_writer *writer = text_writer_open(&CSV, directory, name, CSV_SUFFIX, message);

    if (!writer)
        return NULL;
    writer->base.spreadsheet_times = style.spreadsheet_times;
    writer->row_end = style.crlf ? "\r\n" : "\n";
    if (style.bom)
        text_writer_put(writer, "\xEF\xBB\xBF", 3);
    for (size_t i = 0; i < columns.n; i++)
        put_text(&writer->base, columns.columns[i].name);
    if (columns.n)
        text_writer_end_row(&writer->base);
    return &writer->base;
}
