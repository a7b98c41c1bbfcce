/* rpch_entry.h
 * Where data arrive from TCP and TLS: they go to the connection they belong to, or to a stock
 * dissector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_ENTRY_H
#define RPCH_ENTRY_H

#include "rpch_connection.h"

void rpch_entry_handoff(void);

/* Offers RPC over HTTP and MAPI over HTTP in Decode As of that table of ports, and in preferences.
 * The dissector's own layer is to be removed, see rpch_dissect_alone(). */
void rpch_entry_offer(const char *table, dissector_t dissect);

enum rpch_beginning {
    RPCH_BEGINS_NOTHING,
    RPCH_BEGINS_RPC,       /* over HTTP, or over TCP */
    RPCH_BEGINS_MAPI_HTTP, /* only if there is an HTTP stream dissector (http_stream.h) */
};

/* What of ours the data begin with; of heads, whole ones. `segment` as in rpch_connection_begins().
 */
enum rpch_beginning rpch_begins(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment);

/* Dissects data from a transport: ourselves if they belong to a connection we follow, or begin one,
 * else with the stock dissector that was replaced. */
int rpch_dissect_or(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
                    packet_info *pinfo, proto_tree *tree, void *data);

/* For our heuristic dissectors: if the data begin with RPC, opens the connection and dissects them;
 * else returns false. */
bool rpch_claim(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                proto_tree *tree, void *data);

/* rpch_dissect_or() without the layer of the dissector that calls it, since those that it calls add
 * their own. */
int rpch_dissect_alone(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                       proto_tree *tree, void *data);

#endif
