/* http_head_end.c
 * Finds the end of a message head, many bytes at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_head_end.h"

#include <stdint.h>
#include <string.h>

#include <glib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
#define WIDE sizeof(__m128i)

/* Which of so many bytes are control characters, or tabs: bits 1 << index. */
static unsigned
controls_of(const char *at)
{
    const __m128i wide = _mm_loadu_si128((const void *)at);
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(wide, _mm_set1_epi8(' ' - 1)), wide);

    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(low, _mm_cmpeq_epi8(wide, _mm_set1_epi8(0x7F))));
}
#endif

/* Eight bytes at a time. */
#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Which byte of the word has the lowest of the marks, which are the highest bits of bytes. */
static size_t
first_marked(uint64_t marks)
{
    return (size_t)(((marks & (0 - marks)) >> 7) * UINT64_C(0x0001020304050607) >> 56);
}

static bool
is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 0x7F;
}

/* The first control character from `at` on, or a tab; the length of the bytes if there is none. */
static size_t
find_control(struct oa_text bytes, size_t at)
{
    uint64_t word;

#ifdef __SSE2__
    for (; bytes.length - at >= WIDE; at += WIDE) {
        unsigned controls = controls_of(bytes.at + at);
        if (controls)
            return at + (size_t)__builtin_ctz(controls);
    }
#endif
    for (; bytes.length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes.at + at, sizeof word);
        word = GUINT64_FROM_LE(word);
        uint64_t delete = word ^ EACH_BYTE(0x7F);
        uint64_t low = (word - EACH_BYTE(' ')) & ~word;
        uint64_t marks = (low | ((delete - EACH_BYTE(1)) & ~delete)) & EACH_BYTE(0x80);
        if (marks)
            return at + first_marked(marks); /* those above it may be carried over */
    }
    while (at < bytes.length && !is_control(bytes.at[at]))
        at++;
    return at;
}

/* The end of the head is not among the bytes. */
static enum oa_http_parse
without_end(struct oa_text bytes)
{
    return bytes.length < OA_HTTP_HEAD_MAX ? OA_HTTP_INCOMPLETE : OA_HTTP_NOT_A_HEAD;
}

enum oa_http_parse
oa_http_head_end(struct oa_text bytes, size_t *end)
{
    size_t line = 0;

    for (size_t i = find_control(bytes, 0); i < bytes.length; i = find_control(bytes, i + 1)) {
        char c = bytes.at[i];

        if (c == '\t')
            continue;
        size_t length = i - line;
        if (c == '\r' && ++i < bytes.length)
            c = bytes.at[i];
        if (c != '\n')
            return i < bytes.length ? OA_HTTP_NOT_A_HEAD : without_end(bytes);
        if (length == 0) {
            *end = i + 1;
            return OA_HTTP_COMPLETE;
        }
        line = i + 1;
    }
    return without_end(bytes);
}
