/* pseudonym_writer.c
 * A writer before another one that puts pseudonyms in the place of names and addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pseudonym_writer.h"

#include <string.h>

#include "column.h"

struct pseudonym_writer {
    struct writer base;
    struct writer *behind;
    struct pseudonyms *pseudonyms;
    enum oa_name_kind *kinds; /* of the columns */
    size_t cell;              /* index of the next one of the row */
    GString *shown;
};

/* What the text of a column names. */
static enum oa_name_kind
kind_of(const struct cell *cell)
{
    if (strcmp(cell->unit, "address") == 0)
        return OA_NAME_HOST;
    return strcmp(cell->unit, "text") == 0 && !cell->name ? cell->names : OA_NAME_WORD;
}

static struct pseudonym_writer *
self(struct writer *base)
{
    return (struct pseudonym_writer *)base;
}

/* The pseudonym of the next cell; NULL: its text stays. */
static const GString *
rename_next(struct pseudonym_writer *writer, const char *text)
{
    enum oa_name_kind kind = writer->kinds[writer->cell++];

    if (kind == OA_NAME_WORD || !text || !text[0])
        return NULL;
    g_string_truncate(writer->shown, 0);
    pseudonyms_append(writer->pseudonyms, kind, text, writer->shown);
    return writer->shown;
}

static void
put_text(struct writer *base, const char *text)
{
    const GString *shown = rename_next(self(base), text);

    writer_text(self(base)->behind, shown ? shown->str : text);
}

static void
put_token(struct writer *base, const char *token, size_t length)
{
    struct writer *behind = self(base)->behind;
    char text[SHORT_CELL];

    memcpy(text, token, MIN(length, sizeof text - 1));
    text[MIN(length, sizeof text - 1)] = '\0';
    const GString *shown = rename_next(self(base), text);
    if (shown)
        behind->format->token(behind, shown->str, shown->len);
    else
        behind->format->token(behind, token, length);
}

static void
put_number(struct writer *base, uint64_t number)
{
    self(base)->cell++;
    writer_number(self(base)->behind, number);
}

static void
put_decimal(struct writer *base, const char *text, size_t length)
{
    struct writer *behind = self(base)->behind;

    self(base)->cell++;
    behind->format->decimal(behind, text, length);
}

static void
put_empty(struct writer *base)
{
    self(base)->cell++;
    writer_empty(self(base)->behind);
}

static void
put_session(struct writer *base, struct session_number *session)
{
    self(base)->cell++;
    writer_session(self(base)->behind, session);
}

static void
end_row(struct writer *base)
{
    self(base)->cell = 0;
    writer_end_row(self(base)->behind);
}

static bool
has_failed(const struct writer *base)
{
    return writer_failed(((const struct pseudonym_writer *)base)->behind);
}

static bool
flush(struct writer *base, char **message)
{
    return writer_flush(self(base)->behind, message);
}

static bool
sync_behind(struct writer *base, char **message)
{
    return writer_sync(self(base)->behind, message);
}

static bool
publish(struct writer *base, char **message)
{
    return writer_publish(self(base)->behind, message);
}

static void
free_writer(struct pseudonym_writer *writer)
{
    g_free(writer->kinds);
    g_string_free(writer->shown, TRUE);
    g_free(writer);
}

static void
close_both(struct writer *base)
{
    writer_close(self(base)->behind);
    free_writer(self(base));
}

static void
discard(struct writer *base)
{
    writer_discard(self(base)->behind);
    free_writer(self(base));
}

static bool
show(struct writer *base, char **message)
{
    return writer_show(self(base)->behind, message);
}

static bool
has_news(const struct writer *base)
{
    return writer_has_news(((const struct pseudonym_writer *)base)->behind);
}

static uint64_t
bytes(const struct writer *base)
{
    return writer_bytes(((const struct pseudonym_writer *)base)->behind);
}

static bool
carry(struct writer *from, struct writer *to, const char *directory, char **message)
{
    return writer_carry(self(from)->behind, self(to)->behind, directory, message);
}

static const struct writer_format PSEUDONYMS = {
    .text = put_text,
    .token = put_token,
    .number = put_number,
    .decimal = put_decimal,
    .empty = put_empty,
    .session = put_session,
    .end_row = end_row,
    .failed = has_failed,
    .flush = flush,
    .sync = sync_behind,
    .publish = publish,
    .close = close_both,
    .discard = discard,
    .show = show,
    .has_news = has_news,
    .bytes = bytes,
    .carry = carry,
};

struct writer *
pseudonym_writer_new(struct writer *behind, struct writer_columns columns,
                     struct pseudonyms *pseudonyms)
{
    struct pseudonym_writer *writer = g_new0(struct pseudonym_writer, 1);

    writer->base.format = &PSEUDONYMS;
    writer->base.spreadsheet_times = behind->spreadsheet_times;
    writer->behind = behind;
    writer->pseudonyms = pseudonyms;
    writer->shown = g_string_new(NULL);
    writer->kinds = g_new(enum oa_name_kind, columns.n);
    for (size_t i = 0; i < columns.n; i++)
        writer->kinds[i] = kind_of(&columns.columns[i].cell);
    return &writer->base;
}
