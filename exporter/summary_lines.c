/* summary_lines.c
 * Lines of text in the columns of a terminal; sums in their order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "summary_lines.h"

#include <stdarg.h>
#include <string.h>

#include "visible_text.h"

/* --- characters --- */

void
text_begin_style(const struct text *text, enum style style)
{
    static const char *const CODES[] = { "", "\033[1m", "\033[31m", "\033[33m" };

    if (text->run->has_colours)
        g_string_append(text->out, CODES[style]);
}

void
text_end_style(const struct text *text, enum style style)
{
    if (text->run->has_colours && style != STYLE_PLAIN)
        g_string_append(text->out, "\033[0m");
}

/* Columns that a terminal needs for the character. */
static int
columns_of(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

int
text_columns(const char *utf8)
{
    int columns = 0;

    for (; *utf8; utf8 = g_utf8_next_char(utf8))
        columns += columns_of(g_utf8_get_char(utf8));
    return columns;
}

char *
text_visible(const char *from)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    GString *line = g_string_new(NULL);

    visible_text_append(shown, from, false);
    for (const char *at = shown->str; *at; at++)
        if ((unsigned char)*at < ' ')
            g_string_append_printf(line, "<U+%04X>", (unsigned)*at);
        else
            g_string_append_c(line, *at);
    return g_string_free(line, FALSE);
}

void
text_spaces(const struct text *text, int n)
{
    for (; n > 0; n--)
        g_string_append_c(text->out, ' ');
}

void
text_name(const struct text *text, const char *name, int width)
{
    g_autofree char *shown = text_visible(name[0] ? name : "(unknown)");
    int columns = text_columns(shown), used = 0;
    int room = columns <= width ? width : width - 3;

    for (const char *at = shown; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (used + columns_of(c) > room)
            break;
        used += columns_of(c);
        g_string_append_unichar(text->out, c);
    }
    if (columns > width) {
        g_string_append(text->out, "...");
        used += 3;
    }
    text_spaces(text, width - used);
}

/* --- lines --- */

void
text_heading(const struct text *text, const char *heading)
{
    g_string_append_c(text->out, '\n');
    text_begin_style(text, STYLE_BOLD);
    g_string_append(text->out, heading);
    text_end_style(text, STYLE_BOLD);
    g_string_append_c(text->out, '\n');
}

void
text_wrapped(const struct text *text, int column, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    int at = column;

    for (char **part = parts; *part; part++) {
        int columns = text_columns(*part);
        if (at > column && at + 1 + columns > SUMMARY_WIDTH) {
            g_string_append_c(text->out, '\n');
            text_spaces(text, column);
            at = column;
        } else if (at > column) {
            g_string_append_c(text->out, ' ');
            at++;
        }
        g_string_append(text->out, *part);
        at += columns;
    }
    g_string_append_c(text->out, '\n');
}

void
text_line(const struct text *text, const char *label, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_string_append_printf(text->out, "%-*s", SUMMARY_LABEL, label);
    text_wrapped(text, SUMMARY_LABEL, words);
}

void
text_item(const struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    text_spaces(text, 2);
    text_wrapped(text, 2, words);
}

const char *
text_plural(double n)
{
    return n == 1 ? "" : "s";
}

/* --- sums in order --- */

enum oa_severity
summary_severity(const struct sum *finding)
{
    int rank = OA_SEVERITY_ERROR;

    while (rank > 0 &&
           strcmp(oa_severity_name((enum oa_severity)rank), finding->names[FINDING_SEVERITY]) != 0)
        rank--;
    return (enum oa_severity)rank;
}

/* The greatest first; equal ones by name. */
static int
compare_sums(const void *a, const void *b)
{
    const struct sum *left = *(struct sum *const *)a, *right = *(struct sum *const *)b;
    int order = 0;

    if (left->numbers[0] != right->numbers[0])
        return left->numbers[0] > right->numbers[0] ? -1 : 1;
    for (int i = 0; i < SUM_NAMES && !order; i++)
        order = strcmp(left->names[i], right->names[i]);
    return order;
}

static int
compare_findings(const void *a, const void *b)
{
    enum oa_severity left = summary_severity(*(struct sum *const *)a);
    enum oa_severity right = summary_severity(*(struct sum *const *)b);

    return left != right ? (int)right - (int)left : compare_sums(a, b);
}

GPtrArray *
summary_sorted(const struct summary *summary, enum sums which)
{
    GPtrArray *sums = g_ptr_array_new();
    GHashTableIter all;
    void *key, *sum;

    g_hash_table_iter_init(&all, summary->sums[which]);
    while (g_hash_table_iter_next(&all, &key, &sum))
        g_ptr_array_add(sums, sum);
    g_ptr_array_sort(sums, which == BY_FINDING ? compare_findings : compare_sums);
    return sums;
}
