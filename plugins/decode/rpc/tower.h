/* tower.h
 * Towers of protocols, by which the endpoint mapper names interfaces and endpoints.
 * [C706] appendices I (protocol identifiers), L (towers) and O (ept_map)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TOWER_H
#define OA_TOWER_H

#include "base/cursor.h"
#include "rpc/rpc_interface.h"

/* What a tower shows; nothing if it is not complete. */
struct oa_tower {
    bool has_uuid;                        /* of an interface */
    const struct oa_rpc_interface *iface; /* NULL: not a known one */
    uint16_t port;                        /* of TCP; 0: none */
};

/* Reads a tower with the count that precedes it; the cursor stands after it then, or is short. */
struct oa_tower oa_tower_read(struct oa_cursor *cursor);

/* Reads that of a request of ept_map, whose stub the cursor is at. */
struct oa_tower oa_tower_asked_for(struct oa_cursor *stub);

/* Whether the tower names an interface of Exchange. */
bool oa_tower_is_exchange(const struct oa_tower *tower);

#endif
