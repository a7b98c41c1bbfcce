/* summary_lines.h
 * For the modules of the summary only: lines of text in the columns of a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SUMMARY_LINES_H
#define SUMMARY_LINES_H

#include "summary.h"
#include "summary_facts.h"

/* Columns of the terminal, and that in which the text of a line with a label begins. */
#define SUMMARY_WIDTH 80
#define SUMMARY_LABEL 16

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_RED, STYLE_YELLOW };

/* A text while it is being written. */
struct text {
    GString *out;
    const struct summary *summary;
    const struct summary_run *run;
};

/* Between these, text of that style, if there are colours. */
void text_begin_style(const struct text *text, enum style style);
void text_end_style(const struct text *text, enum style style);

/* Columns that a terminal needs for valid UTF-8. */
int text_columns(const char *utf8);

/* What the capture says, on one line, with everything visible; to be freed with g_free(). */
char *text_visible(const char *from);

void text_spaces(const struct text *text, int n);

/* A name, visible, in exactly so many columns; what is longer is cut. */
void text_name(const struct text *text, const char *name, int width);

/* Words, broken into lines that begin in that column, where the text is now. */
void text_wrapped(const struct text *text, int column, const char *words);

/* An empty line and a heading; a label, or "", and words; words below a heading. */
void text_heading(const struct text *text, const char *heading);
void text_line(const struct text *text, const char *label, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void text_item(const struct text *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "s" unless it is one. */
const char *text_plural(double n);

/* The sums of one kind, the greatest first; findings by severity before; to be freed with
 * g_ptr_array_unref(). */
GPtrArray *summary_sorted(const struct summary *summary, enum sums which);

/* The severity of a finding. */
enum oa_severity summary_severity(const struct sum *finding);

/* What to try next, in summary_next.c. */
void summary_put_next(const struct text *text);

#endif
