/* mapi_flow_graph.c
 * Statistics > Flow Graph > MAPI over HTTP Flows, and `tshark -z flow,oxcmapihttp,...`: the frames
 * that complete a request or a response, on all hops.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_flow_graph.h"

#include "flow_graph.h"
#include "mapi_follow.h"

static tap_packet_status
draw_frame(void *graph, packet_info *pinfo, epan_dissect_t *edt, const void *data,
           tap_flags_t flags)
{
    return mapi_follow_has_message(pinfo) ? flow_graph_draw(graph, pinfo, edt, data, flags)
                                          : TAP_PACKET_DONT_REDRAW;
}

void
mapi_flow_graph_register(void)
{
    flow_graph_register("oxcmapihttp", "MAPI over HTTP Flows", proto_oxcmapihttp, draw_frame);
}
