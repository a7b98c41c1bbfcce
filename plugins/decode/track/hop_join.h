/* hop_join.h
 * Internal to track/. Joins the hops of a virtual connection by what each of them has carried.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HOP_JOIN_H
#define OA_HOP_JOIN_H

#include "track/virtual_connection.h"

/* A channel of `vc` is about to end. If exactly one of those opened at about the same time has
 * carried the same PDUs, which were cut short, or has got the same response to its bind, on another
 * hop, both are of one virtual connection. Returns the whole, or `vc`. */
struct virtual_connection *oa_hop_join(struct virtual_connection *vc,
                                       const struct channel *channel);

#endif
