/* csv_reader.c
 * Reads reports of csv_writer.c: RFC 4180, with either end of line, with or without a byte order
 * mark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csv_reader.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv_writer.h"

#define ROW_MAX (1024 * 1024)
/* Of UTF-8. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct csv_reader {
    FILE *file;
    char *path;
    GString *row;   /* its cells, each ended by NUL */
    GArray *cells;  /* size_t: where each begins in `row` */
    char **columns; /* of the header line */
};

static void
set_message(const struct csv_reader *reader, const char *what, char **message)
{
    *message = g_strdup_printf("%s: %s", reader->path, what);
}

static void
end_cell(struct csv_reader *reader)
{
    size_t next;

    g_string_append_c(reader->row, '\0');
    next = reader->row->len;
    g_array_append_val(reader->cells, next);
}

/* Takes a character of the row; returns whether it ends the row. In quotes, a quote is written
 * twice. */
static bool
take(struct csv_reader *reader, int c, bool *is_quoted)
{
    size_t begin = g_array_index(reader->cells, size_t, reader->cells->len - 1);

    if (*is_quoted && c == '"') {
        int next = getc_unlocked(reader->file);

        *is_quoted = next == '"';
        if (*is_quoted)
            g_string_append_c(reader->row, '"');
        else if (next != EOF)
            ungetc(next, reader->file);
    } else if (*is_quoted) {
        g_string_append_c(reader->row, c ? (char)c : ' ');
    } else if (c == '"' && reader->row->len == begin) {
        *is_quoted = true;
    } else if (c == ',') {
        end_cell(reader);
    } else if (c == '\n') {
        return true;
    } else if (c != '\r') {
        g_string_append_c(reader->row, c ? (char)c : ' ');
    }
    return false;
}

static bool
read_row(struct csv_reader *reader, char **message)
{
    static const size_t FIRST = 0;
    bool is_quoted = false, is_empty = true;
    int c;

    g_string_truncate(reader->row, 0);
    g_array_set_size(reader->cells, 0);
    g_array_append_val(reader->cells, FIRST);
    while ((c = getc_unlocked(reader->file)) != EOF && !take(reader, c, &is_quoted)) {
        is_empty = false;
        if (reader->row->len > ROW_MAX) {
            set_message(reader, "a row is too long for a report", message);
            return false;
        }
    }
    if (ferror(reader->file))
        set_message(reader, g_strerror(errno), message);
    end_cell(reader);
    g_array_set_size(reader->cells, reader->cells->len - 1);
    return !*message && (c != EOF || !is_empty);
}

static bool
read_header(struct csv_reader *reader, char **message)
{
    if (!read_row(reader, message)) {
        if (!*message)
            set_message(reader, "empty, not a report", message);
        return false;
    }
    GStrvBuilder *columns = g_strv_builder_new();
    for (size_t i = 0; i < reader->cells->len; i++) {
        const char *name = csv_reader_text(reader, i);

        if (i == 0 && g_str_has_prefix(name, BYTE_ORDER_MARK))
            name += strlen(BYTE_ORDER_MARK);
        g_strv_builder_add(columns, name);
    }
    reader->columns = g_strv_builder_end(columns);
    g_strv_builder_unref(columns);
    return true;
}

struct csv_reader *
csv_reader_open(const char *directory, const char *name, char **message)
{
    g_autofree char *file = g_strconcat(name, CSV_SUFFIX, NULL);
    struct csv_reader *reader = g_new0(struct csv_reader, 1);

    *message = NULL;
    reader->path = g_build_filename(directory, file, NULL);
    reader->file = g_fopen(reader->path, "re");
    reader->row = g_string_new(NULL);
    reader->cells = g_array_new(FALSE, FALSE, sizeof(size_t));
    if (!reader->file && errno != ENOENT)
        set_message(reader, g_strerror(errno), message);
    if (reader->file && read_header(reader, message))
        return reader;
    csv_reader_close(reader);
    return NULL;
}

void
csv_reader_close(struct csv_reader *reader)
{
    if (!reader)
        return;
    if (reader->file)
        fclose(reader->file);
    g_free(reader->path);
    g_string_free(reader->row, TRUE);
    g_array_unref(reader->cells);
    g_strfreev(reader->columns);
    g_free(reader);
}

size_t
csv_reader_column(const struct csv_reader *reader, const char *name)
{
    for (size_t i = 0; reader->columns[i]; i++)
        if (strcmp(reader->columns[i], name) == 0)
            return i;
    return CSV_NO_COLUMN;
}

bool
csv_reader_next(struct csv_reader *reader, char **message)
{
    *message = NULL;
    return read_row(reader, message);
}

const char *
csv_reader_text(const struct csv_reader *reader, size_t column)
{
    if (column >= reader->cells->len)
        return "";
    return reader->row->str + g_array_index(reader->cells, size_t, column);
}

double
csv_reader_number(const struct csv_reader *reader, size_t column)
{
    const char *text = csv_reader_text(reader, column);
    char *end;
    double number = g_ascii_strtod(text, &end);

    return end != text && !*end && isfinite(number) ? number : NAN;
}

/* `n` decimal digits as a number. */
static int
digits(const char *at, int n)
{
    int number = 0;

    for (int i = 0; i < n; i++)
        number = number * 10 + at[i] - '0';
    return number;
}

/* Days since the epoch of a date of the Gregorian calendar: years begin in March, so that the leap
 * day is their last. */
static int64_t
days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* "2026-11-24T01:02:03.456789Z", "2026-11-24 01:02:03.456" */
bool
csv_reader_time(const struct csv_reader *reader, size_t column, int64_t *time_us)
{
    static const char FORM[] = "0000-00-00 00:00:00";
    const char *text = csv_reader_text(reader, column);
    int64_t fraction = 0, unit = 1000000;
    size_t i = 0;

    for (; FORM[i] && text[i]; i++)
        if (FORM[i] == '0'   ? !g_ascii_isdigit(text[i])
            : FORM[i] == ' ' ? text[i] != ' ' && text[i] != 'T'
                             : text[i] != FORM[i])
            return false;
    if (FORM[i])
        return false;
    if (text[i] == '.')
        for (i++; g_ascii_isdigit(text[i]) && unit > 1; i++) {
            unit /= 10;
            fraction += (text[i] - '0') * unit;
        }
    int64_t days = days_of(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2));
    int64_t seconds =
        digits(text + 11, 2) * 3600 + digits(text + 14, 2) * 60 + digits(text + 17, 2);
    *time_us = (days * 86400 + seconds) * 1000000 + fraction;
    return true;
}
