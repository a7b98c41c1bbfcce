/* rop_items.h
 * ROPs in the tree and in the Info column: the titles of their items, the objects that they mean,
 * the values of properties in the rows of these, and failures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROP_ITEMS_H
#define ROP_ITEMS_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "rop/rop_walk.h"

/* Registers the protocol, which the decoder's fields of ROPs belong to as well. */
void rop_items_register(void);

/* The ROPs of one request or response while they are shown. */
struct rop_items;

/* `call` is what is kept of the ROPs; `tree` may be NULL. Everything is allocated from the packet's
 * pool. */
struct rop_items *rop_items_new(packet_info *pinfo, proto_tree *tree,
                                const struct oa_rop_call *call, bool is_response);

/* Objects of these ROPs can be exported: what is kept of them lives as long as the file is open. */
void rop_items_export(struct rop_items *items);

/* The walk has begun a structure, reports a field, ends a structure whose fields are in `tree`;
 * items are NULL if they are not shown. */
void rop_items_begin(struct rop_items *items, const struct oa_value *at, proto_item *item);
void rop_items_field(struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value,
                     proto_item *item);
void rop_items_end(struct rop_items *items, tvbuff_t *tvb, proto_tree *tree);

/* The same where nothing is to be seen but the Info column and failures, and nothing exported; an
 * end is told by its structure. */
void rop_items_begin_unseen(struct rop_items *items, enum oa_field structure);
void rop_items_field_unseen(struct rop_items *items, const struct oa_value *value);
void rop_items_end_unseen(struct rop_items *items, enum oa_field structure);

/* The walk has ended. For the Info column: "Logon(anna), OpenFolder(Inbox)"; of a response
 * "QueryRows 12 rows, OpenMessage ecNotFound". "" if there are none. */
const char *rop_items_finish(struct rop_items *items);

#endif
