/* book_items.h
 * Calls of the address book in a few words, and the values of properties in the titles of their
 * items and rows. [MS-OXNSPI] 2.2, 3.1.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef BOOK_ITEMS_H
#define BOOK_ITEMS_H

#include "ws_compat.h"

#include <epan/packet.h>
#include <stdbool.h>

#include "layout/layout.h"

/* The parameters of one request or response being shown; from the pool. */
struct book_items;
struct book_items *book_items_new(wmem_allocator_t *pool, bool is_response);

/* The visitor's events; a field with the tree that it was added to. */
void book_items_begin(struct book_items *items, const struct oa_value *at);
void book_items_field(struct book_items *items, proto_tree *tree, tvbuff_t *tvb,
                      const struct oa_value *value);
void book_items_end(struct book_items *items);

/* For the Info column: "20 rows, 7 columns"; "" if there is nothing to say. */
const char *book_items_info(const struct book_items *items);

#endif
