/* sync_values.h
 * Values of properties that belong to synchronization: identifiers and sets of them, progress,
 * groups of properties. [MS-OXCFXICS] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SYNC_VALUES_H
#define OA_SYNC_VALUES_H

#include "layout/layout.h"

/* Sets of IDs, 2.2.2.4, as in the state of a synchronization: each with a GUID. */
extern const struct oa_layout OA_LAYOUT_IDSETS;
#define OA_REPLICA_GUID_SIZE 16

/* The structure that a binary property is, in a container of its own, as long as its bounded part;
 * NULL: none of synchronization. Properties of id 0, which occur in streams only, depend on the
 * marker before them; 0: none. */
const struct oa_layout *oa_sync_layout(uint16_t property_id, uint32_t marker);

#endif
