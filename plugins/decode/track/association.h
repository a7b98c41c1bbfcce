/* association.h
 * Internal to track/. Associations of plain RPC over TCP: the connections of one client to one
 * server that share context handles. What one of them says of the client holds for all.
 * [C706] 12.6.4.3 (assoc_group_id)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ASSOCIATION_H
#define OA_ASSOCIATION_H

#include "track/events.h"

struct oa_tracker;

struct association_table *oa_associations_new(void);
void oa_associations_free(struct association_table *table);

/* The server has named the association group of `vc`, in its assoc_group_id: it joins the group if
 * it is plain RPC over TCP and in none yet. */
void oa_association_join(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* `vc` may know its client now: it takes the client from its group, or gives it. */
void oa_association_share(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* `vc` goes. */
void oa_association_leave(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

#endif
