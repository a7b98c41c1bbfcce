/* text.h
 * Text found in packets: spans that point into the packet, and safe copies of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TEXT_H
#define OA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters inside bytes that somebody else owns; not terminated; `at` is NULL when there is no
 * such text. */
struct oa_text {
    const char *at;
    size_t length;
};

/* Room for an expanded 16-byte UUID or cookie with its end mark. */
#define OA_UUID_TEXT 37

/* Compares without regard to ASCII case. */
bool oa_text_equals(struct oa_text text, const char *word);
bool oa_text_starts(struct oa_text text, const char *prefix);

/* Reads an unsigned number made of nothing but digits of that base (10 or 16), at least one; false
 * if it is none, or greater than `max`. */
bool oa_text_number(struct oa_text digits, unsigned base, uint64_t max, uint64_t *value);

/* Cuts blanks and tabs from both ends. */
struct oa_text oa_text_trim(struct oa_text text);

/*
 * Copies text to `out` (of `size` bytes, always terminated) as clean UTF-8: control characters and
 * bytes that are not UTF-8 become U+FFFD, what does not fit is left away at a character's border.
 */
void oa_text_copy(struct oa_text text, char *out, size_t size);

/* Keeps a clean copy of a text of up to 1023 bytes, for g_free(), if there is one and `*to` is
 * still NULL. */
void oa_text_keep(char **to, struct oa_text text);

/* oa_text_copy() from UTF-16LE (`length` in bytes; an odd last byte is ignored); unpaired
 * surrogates become U+FFFD. */
void oa_text_copy_utf16le(const uint8_t *data, size_t length, char *out, size_t size);

/* Formats a 16-byte UUID in its little-endian wire form, the way Windows and Wireshark print it. */
void oa_text_uuid(const uint8_t wire[16], char out[OA_UUID_TEXT]);

/* The other way round, for a text that oa_text_uuid() could have written. */
void oa_text_uuid_to_wire(const char *text, uint8_t wire[16]);

#endif
