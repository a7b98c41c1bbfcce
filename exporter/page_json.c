/* page_json.c
 * The data of the page as JSON that may stand inside a script element of HTML.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page_json.h"

#include <math.h>
#include <string.h>

#include "visible_text.h"

/* Numbers of more digits are not exact anyway. */
#define LARGEST 1e15

static void
separate(GString *json)
{
    if (json->len && !strchr("{[:", json->str[json->len - 1]))
        g_string_append_c(json, ',');
}

void
page_json_begin(GString *json, char bracket)
{
    separate(json);
    g_string_append_c(json, bracket);
}

void
page_json_end(GString *json, char bracket)
{
    g_string_append_c(json, bracket);
}

void
page_json_key(GString *json, const char *name)
{
    separate(json);
    g_string_append_printf(json, "\"%s\":", name);
}

/* "<" is escaped too: it begins all that ends or changes a script element. */
void
page_json_text(GString *json, const char *text)
{
    g_autoptr(GString) visible = g_string_new(NULL);

    separate(json);
    if (!text[0]) {
        g_string_append(json, "null");
        return;
    }
    visible_text_append(visible, text, false);
    g_string_append_c(json, '"');
    for (const char *at = visible->str; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '<')
            g_string_append_printf(json, "\\u%04x", (unsigned)*at);
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(json, "\\%c", *at);
        else
            g_string_append_c(json, *at);
    g_string_append_c(json, '"');
}

void
page_json_number(GString *json, double number)
{
    char text[64];

    separate(json);
    if (!isfinite(number) || fabs(number) > LARGEST) {
        g_string_append(json, "null");
        return;
    }
    g_ascii_formatd(text, sizeof text, "%.4f", number);
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    g_string_append_len(json, text, (gssize)length);
}

void
page_json_text_of(GString *json, const char *name, const char *text)
{
    page_json_key(json, name);
    page_json_text(json, text);
}

void
page_json_number_of(GString *json, const char *name, double number)
{
    page_json_key(json, name);
    page_json_number(json, number);
}

void
page_json_numbers_of(GString *json, const char *name, const double numbers[], size_t n)
{
    page_json_key(json, name);
    page_json_begin(json, '[');
    for (size_t i = 0; i < n; i++)
        page_json_number(json, numbers[i]);
    page_json_end(json, ']');
}
