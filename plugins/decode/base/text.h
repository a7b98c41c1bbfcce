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

/* Characters in bytes that the caller owns, not terminated; `at` is NULL if there is no such text.
 * */
struct oa_text {
    const char *at;
    size_t length;
};

/* Size of a 16-byte UUID or cookie as text, with its terminator. */
#define OA_UUID_TEXT 37

/* Compare without regard to ASCII case. */
bool oa_text_equals(struct oa_text text, const char *word);
bool oa_text_starts(struct oa_text text, const char *prefix);

/* Compares in all bytes. */
bool oa_text_is(struct oa_text text, const char *word);

/* Reads an unsigned number that consists of digits of that base (10 or 16) only, at least one;
 * returns false if the text is not such a number, or the number is greater than `max`. */
bool oa_text_number(struct oa_text digits, unsigned base, uint64_t max, uint64_t *value);

/* Strips spaces and tabs from both ends. */
struct oa_text oa_text_trim(struct oa_text text);

/*
 * Copies text to `out` (of `size` bytes, always terminated) as clean UTF-8: control characters and
 * bytes that are not UTF-8 become U+FFFD, text that does not fit is cut at a character boundary.
 */
void oa_text_copy(struct oa_text text, char *out, size_t size);

/* Removes what is left of characters that were cut when clean texts were put together, as
 * precisions and sizes of printf() count bytes. */
void oa_text_mend(char *text);

/* Keeps a clean copy of a text (at most 1023 bytes, to be freed with g_free()) if there is one and
 * `*to` is still NULL. */
void oa_text_keep(char **to, struct oa_text text);

/* oa_text_copy() from UTF-16LE (`length` in bytes; an odd last byte is ignored); unpaired
 * surrogates become U+FFFD. */
void oa_text_copy_utf16le(const uint8_t *data, size_t length, char *out, size_t size);

/* Formats a 16-byte UUID in its little-endian wire form, the way Windows and Wireshark print it. */
void oa_text_uuid(const uint8_t wire[16], char out[OA_UUID_TEXT]);

/* An address in text form, without the IPv4 mapping; returns `out`. */
#define OA_ADDRESS_TEXT 46
const char *oa_text_address(const uint8_t address[16], char out[OA_ADDRESS_TEXT]);

#endif
