/* rpch_stock.h
 * Replacing stock dissectors, in dissector tables and in lists of heuristic dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STOCK_H
#define RPCH_STOCK_H

#include "ws_compat.h"

#include <epan/packet.h>
#include <stdbool.h>

/*
 * Replaces `stock` by `ours` under every key of a dissector table; if `only` is not NULL, under the
 * numbers for which it returns true; if `leaves_chosen`, not where the user has chosen it with
 * Decode As. Does not use dissector_change_uint(), which counts as a choice of the user and would
 * change the order in which TCP tries its ports.
 */
void rpch_replace_in_table(const char *table, dissector_handle_t stock, dissector_handle_t ours,
                           bool (*only)(uint16_t number), bool leaves_chosen);

/* Replaces the stock heuristic dissector with that short name; ours keeps its names and whether it
 * is enabled. Returns the stock one, or NULL if there is none. */
heur_dissector_t rpch_replace_heuristic(const char *table, const char *short_name,
                                        heur_dissector_t ours);

#endif
