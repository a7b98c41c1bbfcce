/* rpch_entry.h
 * Where data come in: to a connection of ours, which they may begin, or to a stock dissector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_ENTRY_H
#define RPCH_ENTRY_H

#include "rpch_connection.h"

void rpch_entry_handoff(void);

enum rpch_beginning {
    RPCH_BEGINS_NOTHING,
    RPCH_BEGINS_RPC,       /* over HTTP, or over TCP */
    RPCH_BEGINS_MAPI_HTTP, /* never if nobody shows it (http_stream.h) */
};

/* What of ours the data begin with; of heads, whole ones. `segment` as in rpch_connection_begins().
 */
enum rpch_beginning rpch_begins(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment);

/* Dissects what a transport hands over: by us if the connection is ours or becomes ours with these
 * data, else by the stock dissector that stood there. */
int rpch_dissect_or(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
                    packet_info *pinfo, proto_tree *tree, void *data);

/* For our heuristic dissectors: dissects data that begin with RPC, and makes the connection ours;
 * false for all other data. */
bool rpch_claim(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                proto_tree *tree, void *data);

/* For heuristic dissectors in the place of stock HTTP's, and data that begin with MAPI over HTTP:
 * rpch_dissect_or(), which enters HTTP among the frame's protocols itself. */
bool rpch_dissect_mapi_http(const struct rpch_transport *transport, tvbuff_t *tvb,
                            packet_info *pinfo, proto_tree *tree, void *data);

#endif
