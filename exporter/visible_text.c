/* visible_text.c
 * Text of a capture as it is printed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "visible_text.h"

/* With what a spreadsheet begins a formula, also in the wide forms of East Asian keyboards. */
bool
visible_text_is_formula(gunichar first)
{
    switch (first) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case 0xff1d:
    case 0xff0b:
    case 0xff0d:
    case 0xff20:
        return true;
    default:
        return false;
    }
}

/* Characters that nobody sees, or that change how others are seen: without them a text would not be
 * what it seems to be. */
static bool
is_hidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
        return c != '\t' && c != '\r' && c != '\n';
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
        return true;
    default:
        return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || c == 0x034f ||
               c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x3164 ||
               c == 0xffa0;
    }
}

/* How many bytes in front are characters that everybody sees and behind which nothing begins. */
static size_t
usual_length(const char *text)
{
    size_t length = 0;

    while (text[length] >= ' ' && text[length] <= '~' && text[length] != ';')
        length++;
    return length;
}

void
visible_text_append(GString *out, const char *text, bool is_for_spreadsheet)
{
    bool at_start = true;
    const char *next;

    for (; *text; text = next) {
        size_t usual = at_start ? 0 : usual_length(text);

        next = text + usual;
        if (usual) {
            g_string_append_len(out, text, (gssize)usual);
            continue;
        }
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool is_valid = c != (gunichar)-1 && c != (gunichar)-2;

        next = is_valid ? g_utf8_next_char(text) : text + 1;
        if (!is_valid)
            c = 0xfffd;
        if (is_for_spreadsheet && at_start && visible_text_is_formula(c))
            g_string_append_c(out, '\'');
        if (is_hidden(c))
            g_string_append_printf(out, "<U+%04X>", c);
        else
            g_string_append_unichar(out, c);
        at_start = c == ';' || c == '\t' || (at_start && g_unichar_isspace(c));
    }
}
