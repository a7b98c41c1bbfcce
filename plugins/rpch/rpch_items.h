/* rpch_items.h
 * Items common to all units: virtual connection and channel, flow control, idle time, findings; and
 * the Info column.
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

/* Adds the protocol's item; returns the tree for what is below it, NULL if nobody looks at that. */
proto_tree *rpch_add_unit(const struct rpch_place *place, tvbuff_t *tvb, int offset, int length,
                          proto_item **item);

/* Virtual connection, channel, hop; on later visits including what later frames showed. */
void rpch_show_context(const struct rpch_place *place, proto_tree *tree,
                       const struct rpch_unit *unit);

/* One finding, with its expert info; and its session, if no unit shows it. */
void rpch_show_finding(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb,
                       const struct rpch_finding *finding);
void rpch_show_session(proto_tree *tree, tvbuff_t *tvb, const struct rpch_finding *finding);

/* The findings of the unit. Those that name other frames are kept there, for later visits. */
void rpch_show_findings(const struct rpch_place *place, const struct rpch_unit *unit,
                        proto_tree *tree, tvbuff_t *tvb);

/* Flow control, idle time, and findings with their expert infos. */
void rpch_show_facts(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                     tvbuff_t *tvb);

/* The Info column lists the units of a frame: replaces the text of TCP with the names of the
 * virtual connection and its user, if the preferences want them, or separates the unit from the one
 * before. Call once for each unit, before its text is appended. */
void rpch_begin_info(const struct rpch_place *place, const struct rpch_unit *unit);

/* The same with a text. */
void rpch_add_info(const struct rpch_place *place, const struct rpch_unit *unit, const char *text);

/* Whether the packet has a unit that is shown. */
bool rpch_info_has_begun(packet_info *pinfo);

/* Whether the Info column is to name virtual connections or sessions, and users. */
bool rpch_names_in_info(void);

#endif
