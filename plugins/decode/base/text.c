/* text.c
 * Text found in packets: comparing spans and copying them as clean UTF-8.
 * [RFC 3629] 3, [RFC 2781] 2.2, [MS-DTYP] 2.3.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/text.h"

#include <string.h>

#include <glib.h>

#include "base/cursor.h"
#include "base/inet.h"

#define REPLACEMENT 0xFFFD

/* The longest UTF-8 sequence, bytes. */
#define UTF8_MAX 6

/* A terminated string that is being filled. */
struct copy {
    char *out;
    size_t size;
    size_t used;
};

/* Appends one character; false when it does not fit. */
static bool
put(struct copy *copy, gunichar c)
{
    char bytes[UTF8_MAX];

    if (g_unichar_iscntrl(c))
        c = REPLACEMENT;
    size_t count = (size_t)g_unichar_to_utf8(c, bytes);
    if (copy->size - copy->used <= count)
        return false;
    memcpy(copy->out + copy->used, bytes, count);
    copy->used += count;
    return true;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool
oa_text_number(struct oa_text digits, unsigned base, uint64_t max, uint64_t *value)
{
    const uint64_t most = max / base;

    *value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        int digit =
            g_ascii_isdigit(digits.at[i]) ? digits.at[i] - '0' : g_ascii_xdigit_value(digits.at[i]);

        if (digit < 0 || (unsigned)digit >= base || *value > most ||
            *value * base > max - (unsigned)digit)
            return false;
        *value = *value * base + (unsigned)digit;
    }
    return digits.length > 0;
}

bool
oa_text_starts(struct oa_text text, const char *prefix)
{
    size_t length = strlen(prefix);

    if (length == 0)
        return true;
    /* The first characters tell most texts apart: apart from their case, which is one bit. */
    return text.length >= length && ((text.at[0] ^ prefix[0]) & ~0x20) == 0 &&
           (memcmp(text.at, prefix, length) == 0 ||
            g_ascii_strncasecmp(text.at, prefix, length) == 0);
}

bool
oa_text_equals(struct oa_text text, const char *word)
{
    return text.length == strlen(word) && oa_text_starts(text, word);
}

bool
oa_text_is(struct oa_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

struct oa_text
oa_text_trim(struct oa_text text)
{
    if (text.length == 0)
        return text;
    const char *from = text.at, *to = text.at + text.length;
    while (to > from && is_blank(to[-1]))
        to--;
    while (from < to && is_blank(*from))
        from++;
    return (struct oa_text){ from, (size_t)(to - from) };
}

void
oa_text_copy(struct oa_text text, char *out, size_t size)
{
    struct copy copy = { out, size, 0 };

    if (size == 0)
        return;
    for (size_t i = 0; i < text.length;) {
        unsigned char first = (unsigned char)text.at[i];
        gunichar c = first;
        size_t taken = 1;

        if (first >= 0x80) {
            gssize left = (gssize)MIN(text.length - i, UTF8_MAX);

            /* Error values are above the last character; each byte of a bad sequence is an error of
             * its own. */
            c = g_utf8_get_char_validated(text.at + i, left);
            if (c > 0x10FFFF)
                c = REPLACEMENT;
            else
                taken = (size_t)g_unichar_to_utf8(c, NULL);
        }
        if (!put(&copy, c))
            break;
        i += taken;
    }
    out[copy.used] = '\0';
}

void
oa_text_mend(char *text)
{
    char *to = text;

    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        size_t count = c > 0x10FFFF ? 1 : (size_t)g_unichar_to_utf8(c, NULL);

        if (c <= 0x10FFFF) {
            memmove(to, text, count);
            to += count;
        }
        text += count;
    }
    *to = '\0';
}

/* Takes one character; of an unpaired surrogate only its one unit. */
static gunichar
next_utf16(struct oa_cursor *cursor)
{
    gunichar unit = oa_cursor_u16(cursor);

    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    struct oa_cursor ahead = *cursor;
    gunichar partner = oa_cursor_u16(&ahead);
    if (unit > 0xDBFF || partner < 0xDC00 || partner > 0xDFFF)
        return REPLACEMENT;
    *cursor = ahead;
    return 0x10000 + ((unit - 0xD800) << 10) + (partner - 0xDC00);
}

void
oa_text_keep(char **to, struct oa_text text)
{
    char clean[1024];

    if (*to || text.length == 0)
        return;
    oa_text_copy(text, clean, sizeof clean);
    *to = g_strdup(clean);
}

void
oa_text_copy_utf16le(const uint8_t *data, size_t length, char *out, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);
    struct copy copy = { out, size, 0 };

    if (size == 0)
        return;
    while (oa_cursor_left(&cursor) >= 2 && put(&copy, next_utf16(&cursor)))
        continue;
    out[copy.used] = '\0';
}

/* Data1, Data2 and Data3 are little endian on the wire, [MS-DTYP] 2.3.4.2. */
static const uint8_t UUID_ORDER[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

void
oa_text_uuid(const uint8_t wire[16], char out[OA_UUID_TEXT])
{
    static const char DIGITS[] = "0123456789abcdef";
    char *to = out;

    for (size_t i = 0; i < sizeof UUID_ORDER; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = DIGITS[wire[UUID_ORDER[i]] >> 4];
        *to++ = DIGITS[wire[UUID_ORDER[i]] & 15];
    }
    *to = '\0';
}

const char *
oa_text_address(const uint8_t address[16], char out[OA_ADDRESS_TEXT])
{
    static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff };

    if (memcmp(address, MAPPED, sizeof MAPPED) == 0)
        inet_ntop(AF_INET, address + sizeof MAPPED, out, OA_ADDRESS_TEXT);
    else
        inet_ntop(AF_INET6, address, out, OA_ADDRESS_TEXT);
    return out;
}
