/* page_json.h
 * The data of the page as JSON that may stand inside a script element of HTML.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_JSON_H
#define PAGE_JSON_H

#include <glib.h>

/* Append the begin or the end of an object or array, `"name":`, or a value. What separates it from
 * the one before is added. */
void page_json_begin(GString *json, char bracket);
void page_json_end(GString *json, char bracket);
void page_json_key(GString *json, const char *name);

/* Text of any bytes, which neither ends the element nor hides what is in it; "" is null. */
void page_json_text(GString *json, const char *text);

/* Rounded to four decimals, as reports are; what is not finite is null. */
void page_json_number(GString *json, double number);

/* A key and a value. */
void page_json_text_of(GString *json, const char *name, const char *text);
void page_json_number_of(GString *json, const char *name, double number);
void page_json_numbers_of(GString *json, const char *name, const double numbers[], size_t n);

#endif
