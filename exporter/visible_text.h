/* visible_text.h
 * Text of a capture as it is printed: nothing in it is hidden from a reader.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VISIBLE_TEXT_H
#define VISIBLE_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* Appends the text with hidden characters as <U+202E> and bytes that are not UTF-8 as U+FFFD; if it
 * is for a spreadsheet, with an apostrophe before what would be a formula, at its start or after a
 * semicolon or a tab, which separate cells in many countries. */
void visible_text_append(GString *out, const char *text, bool is_for_spreadsheet);

/* Whether a spreadsheet takes text for a formula that begins so. */
bool visible_text_is_formula(gunichar first);

#endif
