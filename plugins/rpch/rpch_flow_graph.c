/* rpch_flow_graph.c
 * Statistics > Flow Graph > RPC over HTTP Flows, and `tshark -z flow,rpch,...`: the frames with
 * heads and PDUs, on all hops, without the acknowledgements and retransmissions of TCP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_flow_graph.h"

#include "flow_graph.h"
#include "rpch_items.h"
#include "rpch_proto.h"

static tap_packet_status
draw_frame(void *graph, packet_info *pinfo, epan_dissect_t *edt, const void *data,
           tap_flags_t flags)
{
    return rpch_info_has_begun(pinfo) ? flow_graph_draw(graph, pinfo, edt, data, flags)
                                      : TAP_PACKET_DONT_REDRAW;
}

void
rpch_flow_graph_register(void)
{
    flow_graph_register("rpch", "RPC over HTTP Flows", proto_rpch, draw_frame);
}
