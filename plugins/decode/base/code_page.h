/* code_page.h
 * 8-bit text in the code pages of Windows, as UTF-8. [MS-UCODEREF] 2.2.1, [MS-OXNSPI] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CODE_PAGE_H
#define OA_CODE_PAGE_H

#include "base/text.h"

/* CP_TELETEX: what DNs are made of. The documents hold it to ASCII, written as UTF-8. */
#define OA_CODE_PAGE_TELETEX 20261

/* Converters, each made when it is first needed. Not for several threads at once. */
struct oa_code_pages;

struct oa_code_pages *oa_code_pages_new(void);
void oa_code_pages_free(struct oa_code_pages *pages);

/*
 * Copies text in a code page to `out` as oa_text_copy does: clean UTF-8, terminated, cut at a
 * character's border. Bytes that are no character there become U+FFFD. A number that is no code
 * page of 8-bit text (0, 1200, unknown ones) is read as 1252; without `pages` (NULL) all are UTF-8.
 */
void oa_code_pages_copy(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text,
                        char *out, size_t size);

/* The same, whole and with its control characters, for who can show them; to be freed with g_free.
 * At most three bytes for each of the text's. */
char *oa_code_pages_dup(struct oa_code_pages *pages, uint32_t code_page, struct oa_text text);

#endif
