/* mapi_flow_graph.h
 * Statistics > Flow Graph for MAPI over HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MAPI_FLOW_GRAPH_H
#define MAPI_FLOW_GRAPH_H

void mapi_flow_graph_register(void);

#endif
