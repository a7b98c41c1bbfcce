/* entry_id.h
 * Entry IDs and keys of objects, as binary property values have them.
 * [MS-OXCDATA] 2.2.4 (stores), 2.2.5 (recipients), [MS-OXCFXICS] 2.2.2.2, 2.2.2.3 (XID)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ENTRY_ID_H
#define OA_ENTRY_ID_H

#include "layout/layout.h"

/* For OA_BLOB_IF slots: whether bytes are an entry ID of a known kind, and its parts. */
bool oa_rop_is_entry_id(const struct oa_walk *walk, const uint8_t *bytes, size_t length);
void oa_rop_entry_id(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* The slot of an XID in a field of bytes, to the end of the bounds; what is too short for one is
 * not taken apart. */
#define OA_XID(f) OA_BLOB_IF(f, oa_rop_is_xid, oa_rop_xid)
bool oa_rop_is_xid(const struct oa_walk *walk, const uint8_t *bytes, size_t length);
void oa_rop_xid(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* XID, to the end of the bounds; PredecessorChangeList: XIDs with their sizes. */
extern const struct oa_layout OA_LAYOUT_XID;
extern const struct oa_layout OA_LAYOUT_PREDECESSORS;

#endif
