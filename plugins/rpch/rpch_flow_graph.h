/* rpch_flow_graph.h
 * Statistics > Flow Graph for RPC over HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_FLOW_GRAPH_H
#define RPCH_FLOW_GRAPH_H

void rpch_flow_graph_register(void);

#endif
