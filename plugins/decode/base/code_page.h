/* code_page.h
 * 8-bit text in Windows code pages, as UTF-8. [MS-UCODEREF] 2.2.1, [MS-OXNSPI] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CODE_PAGE_H
#define OA_CODE_PAGE_H

#include "base/text.h"

/* CP_TELETEX, the code page of DNs. The documents restrict it to ASCII; it is read as UTF-8. */
#define OA_CODE_PAGE_TELETEX 20261

/* Converters, each opened when it is first needed. Not thread-safe. */
struct oa_code_pages;

/* No converters yet; oa_code_pages_free() also closes them. */
struct oa_code_pages *oa_code_pages_new(void);
void oa_code_pages_free(struct oa_code_pages *pages);

/*
 * Copies text in a code page to `out` as oa_text_copy() does: clean UTF-8, terminated, cut at a
 * character boundary. Bytes that are not a character become U+FFFD. Text in a code page that is not
 * one of 8-bit text (0, 1200, unknown ones) is read as 1252; without `pages` (NULL) all text is
 * read as UTF-8.
 */
void oa_code_pages_copy(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text,
                        char *out, size_t size);

/* The same, complete and with control characters, for callers that can show them. The caller frees
 * it with g_free(). At most three bytes for each byte of the text. */
char *oa_code_pages_dup(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text);

/*
 * Names that clients send in their own code page, which nothing in the message identifies. Sets the
 * one that all are in; 0, as at the start, for a guess: text of nothing but pairs of bytes that are
 * Japanese in 932 is in 932, all other text in 1252.
 */
void oa_code_pages_set_of_names(struct oa_code_pages *pages, uint32_t code_page);

/* The code page of such a name, which may have a domain before or after it; 0 for one that is
 * UTF-8, and without `pages`. */
uint32_t oa_code_pages_of_name(struct oa_code_pages *pages, struct oa_text name);

/* The first backslash in it that is a character, not a part of one; NULL if there is none. */
const char *oa_code_pages_backslash(uint32_t code_page, struct oa_text name);

#endif
