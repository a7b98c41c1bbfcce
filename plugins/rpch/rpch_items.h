/* rpch_items.h
 * Items that every part of the tree has: what is known of a unit's surroundings, its flow control,
 * silence and findings; and the Info column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_ITEMS_H
#define RPCH_ITEMS_H

#include "rpch_unit.h"

#include <epan/expert.h>
#include <stdbool.h>

extern gint rpch_ett;
extern const value_string rpch_ptypes[];

void rpch_items_register(expert_module_t *expert);

/* Virtual connection, channel, hop; on later visits also what was found out after the unit. */
void rpch_show_context(const struct rpch_place *place, proto_tree *tree,
                       const struct rpch_unit *unit);

/* Flow control, idle time, and findings with their expert infos. */
void rpch_show_facts(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                     tvbuff_t *tvb);

/* Whether this is the first unit in the frame, so that the Info column still has what TCP wrote;
 * to be asked once for each unit. */
bool rpch_begins_frame(const struct rpch_place *place);

/* Adds to the Info column, where the units of a frame stand side by side. */
void rpch_add_info(packet_info *pinfo, const char *text, bool begins);

#endif
