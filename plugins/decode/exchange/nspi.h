/* nspi.h
 * Parts of NSPI that are used in other encodings too. [MS-OXNSPI] 2.2.8, 2.2.9
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_NSPI_H
#define OA_NSPI_H

#include "layout/layout.h"

/* The position in a table and its sort order; the same bytes in NDR and in MAPI over HTTP. */
extern const struct oa_layout OA_LAYOUT_STAT;

/* For OA_BLOB_IF slots: entry IDs of address book objects. */
bool oa_nspi_is_entry_id(const struct oa_walk *walk, const uint8_t *bytes, size_t length);
void oa_nspi_entry_id(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

#endif
