/* rpch_tcp.c
 * Hooks on TCP: ports and heuristics. [MS-RPCH] 2.1.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_tcp.h"

#include "rpc/service.h"
#include "rpch_choice.h"
#include "rpch_context.h"
#include "rpch_conversation.h"
#include "rpch_entry.h"
#include "rpch_proto.h"
#include "rpch_stock.h"

/* Our dissectors replace the stock ones in the table of TCP ports: HTTP on all ports, X11 on the
 * ports of the proxy's hop. A connection is ours from the frame where it is recognised; everything
 * else goes to the stock dissector unchanged. */
static struct rpch_transport on_tcp;
static dissector_handle_t x11; /* NULL: not found */
static dissector_handle_t ours_or_http, ours_or_x11;
static dissector_handle_t server;               /* chosen by the user: to a back-end server */
static heur_dissector_t http_heur, dcerpc_heur; /* the stock ones */

static int
dissect_ours_or_http(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(&on_tcp, on_tcp.http, tvb, pinfo, tree, data);
}

static int
dissect_ours_or_x11(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(&on_tcp, x11, tvb, pinfo, tree, data);
}

/* Chosen by the user. */
static int
dissect_chosen(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_alone(&on_tcp, tvb, pinfo, tree, data);
}

/* For ports without a dissector. */
static ws_compat_bool
dissect_rpch_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_claim(&on_tcp, tvb, pinfo, tree, data);
}

/*
 * Wireshark moves a heuristic dissector that has succeeded to the front, so sooner or later stock
 * HTTP is asked before us. It must not see requests of RPC over HTTP, and a connection that it
 * claims must still be able to become ours.
 */
static ws_compat_bool
dissect_http_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    switch (rpch_begins(tvb, pinfo, data)) {
    case RPCH_BEGINS_RPC:
        return false;
    case RPCH_BEGINS_MAPI_HTTP:
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num,
                                                     ours_or_http);
        return rpch_dissect_alone(&on_tcp, tvb, pinfo, tree, data) > 0;
    case RPCH_BEGINS_NOTHING:
        break;
    }
    if (!http_heur(tvb, pinfo, tree, data))
        return false;
    /* In a tunnel, stock HTTP knows itself by its own handle, and does not go round in circles. */
    if (rpch_connection_in_tunnel(pinfo))
        return true;
    conversation_t *conversation = rpch_conversation_find(pinfo);
    if (conversation && conversation_get_dissector(conversation, pinfo->num) == on_tcp.http)
        conversation_set_dissector_from_frame_number(conversation, pinfo->num, ours_or_http);
    return true;
}

/* The same for stock DCE/RPC, which would claim the PDUs of proxies on any port. */
static ws_compat_bool
dissect_dcerpc_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (rpch_begins(tvb, pinfo, data) == RPCH_BEGINS_RPC)
        return false;
    return dcerpc_heur(tvb, pinfo, tree, data);
}

/* The stock dissector of X11 is not registered by name; its handle is in the table only. */
static dissector_handle_t
find_x11(void)
{
    dissector_handle_t handle = NULL;

    for (size_t i = 0; i < OA_SERVICE_PORTS_COUNT && !handle; i++) {
        if (!(OA_SERVICE_PORTS[i].facts & OA_PORT_SERVER))
            continue;
        handle =
            dissector_get_uint_handle(find_dissector_table("tcp.port"), OA_SERVICE_PORTS[i].port);
        if (handle &&
            dissector_handle_get_protocol_index(handle) != proto_get_id_by_filter_name("x11"))
            handle = NULL;
    }
    return handle;
}

/*
 * Reading the preferences registers ports of the stock dissectors again, after the plugins'
 * handoff; so they have to be replaced each time a file is opened.
 */
static void
replace_stock(void)
{
    if (!x11)
        x11 = find_x11();
    if (on_tcp.http)
        rpch_replace_in_table("tcp.port", on_tcp.http, ours_or_http, NULL, false);
    if (x11)
        rpch_replace_in_table("tcp.port", x11, ours_or_x11, oa_is_server_port, true);
}

void
rpch_tcp_open(void)
{
    replace_stock();
    rpch_choice_open(server);
}

/* Registered under the stock protocol, so that it stays enabled when ours is disabled. */
static dissector_handle_t
new_handle(dissector_t dissect, const char *name, const char *short_name, const char *filter,
           const char *stock)
{
    return create_dissector_handle(
        dissect, proto_register_protocol_in_name_only(
                     name, short_name, filter, proto_get_id_by_filter_name(stock), FT_PROTOCOL));
}

void
rpch_tcp_register(void)
{
    ours_or_http = new_handle(dissect_ours_or_http, "RPC over HTTP, else HTTP", "HTTP or RPCH",
                              "http_or_rpch", "http");
    ours_or_x11 = new_handle(dissect_ours_or_x11, "RPC over HTTP, else X11", "X11 or RPCH",
                             "x11_or_rpch", "x11");
    server = create_dissector_handle(
        dissect_ours_or_http,
        proto_register_protocol_in_name_only("RPC over HTTP, back-end server", "RPCH server",
                                             "rpch_server", proto_rpch, FT_PROTOCOL));
}

void
rpch_tcp_handoff(void)
{
    on_tcp.http = find_dissector("http-over-tcp");
    on_tcp.instead = ours_or_http;
    heur_dissector_add("tcp", dissect_rpch_heur, "RPC over HTTP", "rpch_tcp", proto_rpch,
                       HEURISTIC_ENABLE);
    http_heur = rpch_replace_heuristic("tcp", "http_tcp", dissect_http_heur);
    dcerpc_heur = rpch_replace_heuristic("tcp", "dcerpc_tcp", dissect_dcerpc_heur);
    replace_stock();
    rpch_choice_add(ours_or_http, RPCH_CHOSEN_NOTHING);
    rpch_choice_add(ours_or_x11, RPCH_CHOSEN_NOTHING);
    rpch_choice_add(server, RPCH_CHOSEN_SERVER);
    dissector_add_for_decode_as("tcp.port", server);
    rpch_entry_offer("tcp.port", dissect_chosen);
}
