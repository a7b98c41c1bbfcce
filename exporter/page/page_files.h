/* page_files.h
 * The files of this folder as the program contains them, see embed.cmake.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_FILES_H
#define PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *text;
    size_t length;
};

/* page.html; page.css and the library's; the library, and its licence; our own scripts. */
extern const struct page_file PAGE_TEMPLATE, PAGE_STYLE, PAGE_LIBRARY, PAGE_LICENCE, PAGE_SCRIPT;

#endif
