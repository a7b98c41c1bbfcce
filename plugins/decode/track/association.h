/* association.h
 * Internal to track/. Associations of plain RPC over TCP: the connections from one client to one
 * server that share context handles. What one of them shows of the client applies to all.
 * [C706] 12.6.4.3 (assoc_group_id)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ASSOCIATION_H
#define OA_ASSOCIATION_H

#include "track/events.h"

struct oa_tracker;

/* The tracker's table of associations. */
struct association_table *oa_associations_new(void);
void oa_associations_free(struct association_table *table);

/* The server has set the assoc_group_id of `vc`: `vc` joins that association group if it is plain
 * RPC over TCP and not in a group yet. */
void oa_association_join(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* Shares the client of `vc` with its group: `vc` takes it from the group, or provides it. */
void oa_association_share(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* `vc` is being freed. */
void oa_association_leave(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

#endif
