/* rpch_entry.h
 * Where data come in: to a connection of ours, which they may begin, or to a stock dissector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_ENTRY_H
#define RPCH_ENTRY_H

#include "rpch_connection.h"

/* A file is opened. */
void rpch_entry_open(void);

/* Whether the data begin with a whole method of RPC over HTTP, or with something else of ours. */
bool rpch_begins(tvbuff_t *tvb, const packet_info *pinfo);

/* Whether the data begin with a whole head of MAPI over HTTP, and somebody wants to see such
 * streams from their start (http_stream.h). */
bool rpch_begins_stream(tvbuff_t *tvb);

/* Dissects what a transport hands over: by us if the connection is ours or becomes ours with these
 * data, else by the stock dissector that stood there. */
int rpch_dissect_or(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
                    packet_info *pinfo, proto_tree *tree, void *data);

/* For heuristic dissectors: dissects data that begin with something of ours, and makes the
 * connection ours; false for all other data. */
bool rpch_claim(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                proto_tree *tree, void *data);

/* For heuristic dissectors of stock HTTP: rpch_dissect_or(), which enters HTTP among the frame's
 * protocols itself. */
bool rpch_dissect_stream(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                         proto_tree *tree, void *data);

#endif
