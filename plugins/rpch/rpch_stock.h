/* rpch_stock.h
 * Standing in the place of stock dissectors: in dissector tables, and in lists of heuristics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STOCK_H
#define RPCH_STOCK_H

#include "ws_compat.h"

#include <epan/packet.h>
#include <stdbool.h>

/*
 * In a dissector table, puts `ours` wherever `stock` stands; with `only`, under those numbers it is
 * true for. Not by dissector_change_uint, as if the user had chosen it: that would change the order
 * in which TCP tries all ports.
 */
void rpch_replace_in_table(const char *table, dissector_handle_t stock, dissector_handle_t ours,
                           bool (*only)(uint16_t number));

/* Replaces a stock heuristic dissector, by its short name, under all its names; returns the stock
 * one, or NULL if there is none. */
heur_dissector_t rpch_replace_heuristic(const char *table, const char *short_name,
                                        heur_dissector_t ours);

#endif
