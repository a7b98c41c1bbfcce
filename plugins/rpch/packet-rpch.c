/* packet-rpch.c
 * RPC over HTTP in Wireshark: what the plugin registers. [MS-RPCH]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-rpch.h"

#include "ws_compat.h"

#include <epan/packet.h>

#include "rpch_context.h"
#include "rpch_conversation.h"
#include "rpch_end.h"
#include "rpch_entry.h"
#include "rpch_filters.h"
#include "rpch_findings.h"
#include "rpch_flow_graph.h"
#include "rpch_follow.h"
#include "rpch_prefs.h"
#include "rpch_proto.h"
#include "rpch_show.h"
#include "rpch_stream.h"
#include "rpch_tables.h"
#include "rpch_tcp.h"
#include "rpch_tls.h"
#include "rpch_tracker.h"

static void
open_file(void)
{
    rpch_prefs_open();
    rpch_tracker_open();
    rpch_conversation_open();
    rpch_findings_open();
    rpch_end_open();
    rpch_tcp_open();
    rpch_tls_open();
}

static void
close_file(void)
{
    rpch_end_close();
    rpch_tracker_close();
}

void
proto_register_rpch(void)
{
    proto_rpch = proto_register_protocol("RPC over HTTP", "RPCH", "rpch");
    rpch_prefs_register();
    rpch_stream_register();
    rpch_tcp_register();
    rpch_tls_register();
    rpch_show_register();
    rpch_end_register();
    rpch_filters_register();
    rpch_flow_graph_register();
    rpch_follow_register();
    rpch_tables_register();
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}

void
proto_reg_handoff_rpch(void)
{
    rpch_entry_handoff();
    rpch_tcp_handoff();
    rpch_tls_handoff();
    rpch_show_handoff();
    rpch_end_handoff();
    rpch_context_handoff();
}
