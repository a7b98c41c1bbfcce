/* code_page.c
 * 8-bit text in Windows code pages, converted to UTF-8 by the system's iconv.
 * [MS-UCODEREF] 2.2.1, [MS-NSPI] 2.2.5, 3.1.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/code_page.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#define REPLACEMENT "\xEF\xBF\xBD"

#define FALLBACK 1252
#define JAPANESE 932

#define NO_CONVERTER ((GIConv)(-1))

/* Bytes converted at a time. */
#define PIECE 256

/* Code pages whose first half is ASCII, with their iconv names, in ascending order. UTF-8 is read
 * as it is. */
/* clang-format off */
static const struct {
    uint32_t number;
    const char *name;
} PAGES[] = {
    { 437, "CP437" },
    { 737, "CP737" },
    { 775, "CP775" },
    { 850, "CP850" },
    { 852, "CP852" },
    { 855, "CP855" },
    { 857, "CP857" },
    { 860, "CP860" },
    { 861, "CP861" },
    { 862, "CP862" },
    { 863, "CP863" },
    { 865, "CP865" },
    { 866, "CP866" },
    { 869, "CP869" },
    { 874, "CP874" },
    { 932, "CP932" },
    { 936, "CP936" },
    { 949, "CP949" },
    { 950, "CP950" },
    { 1250, "CP1250" },
    { 1251, "CP1251" },
    { FALLBACK, "CP1252" },
    { 1253, "CP1253" },
    { 1254, "CP1254" },
    { 1255, "CP1255" },
    { 1256, "CP1256" },
    { 1257, "CP1257" },
    { 1258, "CP1258" },
    { 20127, "ASCII" },
    { OA_CODE_PAGE_TELETEX, NULL },
    { 20866, "KOI8-R" },
    { 21866, "KOI8-U" },
    { 28591, "ISO-8859-1" },
    { 28592, "ISO-8859-2" },
    { 28593, "ISO-8859-3" },
    { 28594, "ISO-8859-4" },
    { 28595, "ISO-8859-5" },
    { 28596, "ISO-8859-6" },
    { 28597, "ISO-8859-7" },
    { 28598, "ISO-8859-8" },
    { 28599, "ISO-8859-9" },
    { 28600, "ISO-8859-10" },
    { 28601, "ISO-8859-11" },
    { 28603, "ISO-8859-13" },
    { 28604, "ISO-8859-14" },
    { 28605, "ISO-8859-15" },
    { 65001, NULL },
};
/* clang-format on */

struct oa_code_pages {
    bool is_open[G_N_ELEMENTS(PAGES)]; /* tried at least */
    GIConv converters[G_N_ELEMENTS(PAGES)];
    GString *utf8;
    uint32_t of_names; /* 0: a guess */
};

struct oa_code_pages *
oa_code_pages_new(void)
{
    struct oa_code_pages *pages = g_new0(struct oa_code_pages, 1);

    pages->utf8 = g_string_new(NULL);
    return pages;
}

void
oa_code_pages_free(struct oa_code_pages *pages)
{
    if (!pages)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(PAGES); i++)
        if (pages->is_open[i] && pages->converters[i] != NO_CONVERTER)
            g_iconv_close(pages->converters[i]);
    g_string_free(pages->utf8, TRUE);
    g_free(pages);
}

static bool
is_ascii(struct oa_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

/* The row of a code page, or that of the fallback. */
static size_t
row_of(uint32_t code_page)
{
    size_t row = 0;

    while (row < G_N_ELEMENTS(PAGES) && PAGES[row].number != code_page)
        row++;
    return row < G_N_ELEMENTS(PAGES) ? row : row_of(FALLBACK);
}

/* NO_CONVERTER for text that is read as UTF-8, as ASCII always is. */
static GIConv
converter_for(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text)
{
    if (!pages || is_ascii(text))
        return NO_CONVERTER;
    size_t row = row_of(code_page);
    if (!PAGES[row].name)
        return NO_CONVERTER;
    if (!pages->is_open[row])
        pages->converters[row] = g_iconv_open("UTF-8", PAGES[row].name);
    pages->is_open[row] = true;
    /* A system may lack the converters for some scripts. */
    if (pages->converters[row] == NO_CONVERTER && PAGES[row].number != FALLBACK)
        return converter_for(pages, FALLBACK, text);
    return pages->converters[row];
}

/* Some converters hold a letter back until they know whether a mark follows. */
static void
flush(GIConv converter, GString *utf8)
{
    char piece[PIECE];
    gchar *out = piece;
    gsize room = sizeof piece;

    g_iconv(converter, NULL, NULL, &out, &room);
    g_string_append_len(utf8, piece, out - piece);
}

/* Converts until at least `enough` bytes are made, or all text is. */
static void
convert(GIConv converter, struct oa_text text, size_t enough, GString *utf8)
{
    gchar *in = (gchar *)text.at; /* not written to */
    gsize left = text.length;

    g_iconv(converter, NULL, NULL, NULL, NULL);
    while (left > 0 && utf8->len < enough) {
        char piece[PIECE];
        gchar *out = piece;
        gsize room = sizeof piece;
        bool is_bad = g_iconv(converter, &in, &left, &out, &room) == (gsize)-1 && errno != E2BIG;
        bool is_cut = is_bad && errno == EINVAL;

        g_string_append_len(utf8, piece, out - piece);
        if (!is_bad || left == 0)
            continue;
        flush(converter, utf8);
        g_string_append(utf8, REPLACEMENT);
        in++;
        left = is_cut ? 0 : left - 1;
    }
    flush(converter, utf8);
}

void
oa_code_pages_copy(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text, char *out,
                   size_t size)
{
    GIConv converter = converter_for(pages, code_page, text);

    if (converter != NO_CONVERTER) {
        g_string_truncate(pages->utf8, 0);
        convert(converter, text, size, pages->utf8);
        text = (struct oa_text){ pages->utf8->str, pages->utf8->len };
    }
    oa_text_copy(text, out, size);
}

char *
oa_code_pages_dup(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text)
{
    GIConv converter = converter_for(pages, code_page, text);

    if (converter == NO_CONVERTER)
        return text.length ? g_utf8_make_valid(text.at, (gssize)text.length) : g_strdup("");
    GString *utf8 = g_string_sized_new(text.length);
    convert(converter, text, SIZE_MAX, utf8);
    return g_string_free(utf8, FALSE);
}

/* --- names --- */

/* Whether the byte is the first of two, in a code page where the second may be a backslash. */
static bool
is_lead(uint32_t code_page, char byte)
{
    uint8_t c = (uint8_t)byte;

    switch (code_page) {
    case JAPANESE:
        return (c >= 0x81 && c <= 0x9f) || (c >= 0xe0 && c <= 0xfc);
    case 936:
    case 950:
        return c >= 0x81 && c <= 0xfe;
    default:
        return false;
    }
}

/* Whether a pair of bytes is a kana or kanji in 932, as far as its first byte shows. */
static bool
is_japanese(char byte)
{
    uint8_t c = (uint8_t)byte;

    return c == 0x82 || c == 0x83 || (c >= 0x88 && c <= 0x9f) || (c >= 0xe0 && c <= 0xea);
}

/* The name alone: without what precedes a backslash, if that is ASCII, or follows an at sign. */
static struct oa_text
without_domain(struct oa_text name)
{
    struct oa_text rest = name;

    while (rest.length > 0 && (uint8_t)rest.at[0] < 0x80) {
        bool is_end = rest.at[0] == '\\';
        rest.at++;
        rest.length--;
        if (is_end)
            break;
    }
    const char *at = rest.length ? memchr(rest.at, '@', rest.length) : NULL;
    return at ? (struct oa_text){ rest.at, (size_t)(at - rest.at) } : rest;
}

/* A converter finds pairs that are no character; letters between them are not of a Japanese name.
 */
static bool
may_be_japanese(struct oa_code_pages *pages, struct oa_text name)
{
    char converted[PIECE];
    unsigned pairs = 0;

    for (size_t i = 0; i < name.length; i++) {
        if ((uint8_t)name.at[i] < 0x80) {
            if (g_ascii_isalpha(name.at[i]))
                return false;
            continue;
        }
        if (!is_japanese(name.at[i]) || i + 1 == name.length)
            return false;
        pairs++;
        i++;
    }
    oa_code_pages_copy(pages, JAPANESE, name, converted, sizeof converted);
    return pages->converters[row_of(JAPANESE)] != NO_CONVERTER && pairs > 1 &&
           !strstr(converted, REPLACEMENT);
}

void
oa_code_pages_set_of_names(struct oa_code_pages *pages, uint32_t code_page)
{
    pages->of_names = code_page;
}

uint32_t
oa_code_pages_of_name(struct oa_code_pages *pages, struct oa_text name)
{
    if (!pages || name.length == 0 || g_utf8_validate_len(name.at, name.length, NULL))
        return 0;
    if (pages->of_names)
        return pages->of_names;
    return may_be_japanese(pages, without_domain(name)) ? JAPANESE : FALLBACK;
}

const char *
oa_code_pages_backslash(uint32_t code_page, struct oa_text name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.at[i] == '\\')
            return name.at + i;
        i += is_lead(code_page, name.at[i]);
    }
    return NULL;
}
