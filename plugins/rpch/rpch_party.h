/* rpch_party.h
 * Who takes part in a virtual connection: the texts by which menus, tables and fields name it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_PARTY_H
#define RPCH_PARTY_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "track/events.h"

/* The user: who authenticated by HTTP, else by RPC, else as named in EcDoConnectEx; NULL if
 * unknown. Texts live as long as the pool. */
const char *rpch_user(wmem_allocator_t *pool, const struct oa_virtual_connection *vc);

/* "server:port" of the server that the client asked for, else of the one that was connected to;
 * NULL if unknown. */
const char *rpch_target(wmem_allocator_t *pool, const struct oa_virtual_connection *vc);

/* One side as a row of the tables of conversations and endpoints: the user, else the client's
 * address; the target with the number of the virtual connection, and of the hop where each of them
 * is counted. */
const char *rpch_party(wmem_allocator_t *pool, const struct oa_virtual_connection *vc,
                       enum oa_hop hop, enum oa_side side);

/* The value of rpch.hop. */
guint32 rpch_hop_number(enum oa_hop hop);

/* The virtual connection that the packet belongs to, as far as known by now; NULL if none. */
const struct oa_virtual_connection *rpch_vc_of_packet(packet_info *pinfo);

/* The virtual connection in whose dialogue the unit counts: of several hops it is the one nearest
 * to the client. NULL if in none. */
const struct oa_virtual_connection *rpch_vc_counting(const struct oa_event *event);

#endif
