/* page_tables.h
 * The tables of the page: captures, capacity, users, operations, hops and findings, each with a
 * number of rows that does not grow with the captures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_TABLES_H
#define PAGE_TABLES_H

#include <glib.h>
#include <stdbool.h>

struct page_calls;

/* Appends a member for each of these reports that is in the folder, with the definitions of their
 * columns. `calls` may be NULL. False with a message for one line in `*message` (g_free) if a file
 * cannot be read. */
bool page_tables_put(GString *json, const char *directory, const struct page_calls *calls,
                     char **message);

#endif
