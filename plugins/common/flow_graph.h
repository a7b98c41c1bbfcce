/* flow_graph.h
 * Statistics > Flow Graph and `tshark -z flow,...`: what both plugins need to offer flows of their
 * own. An arrow is drawn as for "All Flows"; the plugins choose which frames have one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FLOW_GRAPH_H
#define FLOW_GRAPH_H

#include <wireshark.h>

#include <epan/packet_info.h>
#include <epan/tap.h>

/* The header is in Wireshark's sources only, not among those that it installs; libwireshark exports
 * the functions, with these declarations since 3.0. */
#if __has_include(<epan/sequence_analysis.h>)
#include <epan/sequence_analysis.h>
#else
typedef struct register_analysis register_analysis_t;
WS_DLL_PUBLIC void register_seq_analysis(const char *name, const char *ui_name, const int proto_id,
                                         const char *tap_listener, guint tap_flags,
                                         tap_packet_cb tap_func);
WS_DLL_PUBLIC register_analysis_t *sequence_analysis_find_by_name(const char *name);
WS_DLL_PUBLIC tap_packet_cb sequence_analysis_get_packet_func(register_analysis_t *analysis);
#endif

/* Offers the flow; `draw` is called for each frame when all of it has been dissected, and calls
 * flow_graph_draw() if the frame belongs to the flow. Both names must outlive the registration. */
static inline void
flow_graph_register(const char *name, const char *menu_name, int proto, tap_packet_cb draw)
{
    register_seq_analysis(name, menu_name, proto, "frame", TL_REQUIRES_COLUMNS, draw);
}

/* Draws the frame's arrow, with what the columns Protocol and Info say. */
static inline tap_packet_status
flow_graph_draw(void *graph, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                tap_flags_t flags)
{
    register_analysis_t *all = sequence_analysis_find_by_name("any");

    return all ? sequence_analysis_get_packet_func(all)(graph, pinfo, edt, data, flags)
               : TAP_PACKET_DONT_REDRAW;
}

#endif
