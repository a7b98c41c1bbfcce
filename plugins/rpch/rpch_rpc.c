/* rpch_rpc.c
 * RPC PDUs in the tree: the call each one belongs to, then stock DCE/RPC's own dissection.
 * [C706] 12.6.4, [MS-RPCH] 2.2.3.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_rpc.h"

#include <epan/conversation.h>
#include <epan/exceptions.h>
#include <epan/show_exception.h>

#include "exchange_summary.h"
#include "items.h"
#include "rpch_auth.h"
#include "rpch_context.h"
#include "rpch_eeinfo.h"
#include "rpch_items.h"
#include "rpch_prefs.h"
#include "rpch_proto.h"
#include "rpch_state.h"
#include "rpch_tracker.h"
#include "rpch_unseal.h"

/* Stock DCE/RPC pairs requests and responses by conversation. A port number that TCP cannot have
 * separates the conversations we make up from real ones. */
#define VC_PORT_BASE 0x10000

/* Stock DCE/RPC keeps the fragments of a request or response in a list that it walks for each new
 * one, and copies them once all have come. A response without an end ([MS-TSGU] 3.2.6.2.2) must not
 * be such a list. The largest response of Exchange is far below. */
#define FRAGMENTS_MAX 512

static dissector_handle_t data_handle;
static heur_dtbl_entry_t *dcerpc_entry;

/* What stock DCE/RPC is dissecting; NULL: nothing, or not for us. */
static struct {
    const struct rpch_unit *unit;
    enum oa_hop hop;
} current;
static dissector_handle_t summary_handle; /* NULL: no exchange.so */

static int hf_rpc_ptype = -1;
static int hf_rpc_call_id = -1;
static int hf_interface = -1;
static int hf_operation = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_time = -1;
static int hf_other_hop = -1;
static int hf_time_store = -1;
static int hf_time_proxy = -1;
static int hf_flags = -1;
static int hf_fragment = -1;
static int hf_stub = -1;

/* Links of ours and of stock DCE/RPC. */
static struct {
    int *ours;
    const char *stock;
    int hf_stock;
} links[] = {
    { &hf_request_in, "dcerpc.request_in", -1 },
    { &hf_response_in, "dcerpc.response_in", -1 },
};

/*
 * Stock DCE/RPC keeps its state by endpoints: calls by those of the conversation, fragments by
 * those of the frame. The endpoints of the virtual connection's first channel on the hop are used
 * for all of its channels there, whatever proxies they connect to.
 */
static void
set_endpoints(const struct rpch_place *place, const struct oa_virtual_connection *vc)
{
    packet_info *pinfo = place->pinfo;
    const struct oa_endpoint *endpoint = vc->endpoint[place->channel->hop];
    bool by_client = place->side == OA_CLIENT;
    address *client = wmem_new(pinfo->pool, address), *server = wmem_new(pinfo->pool, address);
    guint32 client_port = VC_PORT_BASE + (guint32)vc->number;
    guint32 server_port = endpoint[OA_SERVER].port;

    *client = address_of(&endpoint[OA_CLIENT]);
    *server = address_of(&endpoint[OA_SERVER]);
    conversation_set_conv_addr_port_endpoints(pinfo, client, server, CONVERSATION_TCP, client_port,
                                              server_port);
    copy_address_shallow(&pinfo->src, by_client ? client : server);
    copy_address_shallow(&pinfo->dst, by_client ? server : client);
    pinfo->srcport = by_client ? client_port : server_port;
    pinfo->destport = by_client ? server_port : client_port;
}

static void
call_dcerpc(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    const struct oa_virtual_connection *vc = unit->vc;
    packet_info *pinfo = place->pinfo;
    guint16 can_desegment = pinfo->can_desegment;
    address src = pinfo->src, dst = pinfo->dst;
    guint32 srcport = pinfo->srcport, destport = pinfo->destport;
    GSList *of_frame = pinfo->fd->pfd;
    if (unit->stock)
        pinfo->fd->pfd = unit->stock->pfd;
    if (vc)
        set_endpoints(place, vc);
    current.unit = unit;
    current.hop = place->channel->hop;
    pinfo->can_desegment = 0;
    TRY
    {
        /* Shows the bytes as data if stock DCE/RPC rejects them, or is disabled. */
        if (vc && vc->binds == 0)
            rpch_context_introduce(pinfo, tvb);
        if (unit->stock)
            rpch_unseal_hand_over(pinfo, tvb, unit->stock);
        if (dcerpc_entry)
            call_heur_dissector_direct(dcerpc_entry, tvb, pinfo, place->tree, NULL);
        else
            call_dissector_only(data_handle, tvb, pinfo, place->tree, NULL);
    }
    CATCH_BOUNDS_AND_DISSECTOR_ERRORS
    {
        show_exception(tvb, pinfo, place->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    FINALLY
    {
        current.unit = NULL;
    }
    ENDTRY;
    if (unit->stock) {
        unit->stock->pfd = pinfo->fd->pfd;
        pinfo->fd->pfd = of_frame;
    }
    pinfo->can_desegment = can_desegment;
    pinfo->use_conv_addr_port_endpoints = FALSE;
    pinfo->conv_addr_port_endpoints = NULL;
    pinfo->src = src;
    pinfo->dst = dst;
    pinfo->srcport = srcport;
    pinfo->destport = destport;
}

static void
add_half(proto_tree *tree, int hf, tvbuff_t *tvb, const struct oa_call_half *half)
{
    add_generated_frame(tree, hf, tvb, half->is_complete ? half->last.frame : 0);
}

static int64_t
latency_of(const struct oa_call *call, enum oa_hop hop)
{
    return call->response[hop].last.time_ns - call->request[hop].last.time_ns;
}

/* The server's and the proxy's share of the time, if both hops are in the capture. */
static void
show_shares(proto_tree *tree, tvbuff_t *tvb, const struct oa_call *call)
{
    if (!oa_call_has_latency(call, OA_HOP_CLIENT) || !oa_call_has_latency(call, OA_HOP_SERVER))
        return;
    int64_t store = latency_of(call, OA_HOP_SERVER);
    add_generated_duration(tree, hf_time_store, tvb, store);
    if (latency_of(call, OA_HOP_CLIENT) >= store)
        add_generated_duration(tree, hf_time_proxy, tvb, latency_of(call, OA_HOP_CLIENT) - store);
}

static const char *
operation_name(const struct oa_call *call)
{
    return call && call->iface && call->has_opnum ? oa_rpc_operation_name(call->iface, call->opnum)
                                                  : NULL;
}

/* Stock DCE/RPC names the operation only of stubs that are complete and not encrypted. */
static void
name_operation(column_info *cinfo, size_t before, const struct oa_call *call)
{
    const char *text = col_get_text(cinfo, COL_INFO);
    const char *name = operation_name(call);

    if (text && name && strlen(text) >= before && !strstr(text + before, name))
        col_append_fstr(cinfo, COL_INFO, ", %s", name);
}

/* Links to the other half of the call and to the same PDU on the other hop. Links to later frames
 * are only known on later visits. */
static void
show_call(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
          const struct oa_rpc_header *header, const struct oa_call *call)
{
    enum oa_hop hop = place->channel->hop;
    bool is_request = place->side == OA_CLIENT;
    bool is_last = header->ptype == OA_RPC_FAULT || (header->flags & OA_RPC_LAST_FRAG);

    if (operation_name(call)) {
        add_generated_text(tree, hf_interface, tvb, call->iface->name);
        add_generated_text(tree, hf_operation, tvb, operation_name(call));
    }
    if (is_request) {
        add_half(tree, hf_response_in, tvb, &call->response[hop]);
    } else {
        add_half(tree, hf_request_in, tvb, &call->request[hop]);
        if (is_last && oa_call_has_latency(call, hop))
            add_generated_duration(tree, hf_time, tvb, latency_of(call, hop));
        if (is_last && hop == OA_HOP_CLIENT)
            show_shares(tree, tvb, call);
    }
    for (int other = 0; other < OA_HOPS; other++)
        if (other != (int)hop)
            add_half(tree, hf_other_hop, tvb,
                     is_request ? &call->request[other] : &call->response[other]);
}

/* Whether stock DCE/RPC is not given the PDU: one of a request or response with too many fragments,
 * or one that stock NTLM would decipher with a keystream out of step. */
static bool
is_alone(const struct rpch_unit *unit, const struct oa_rpc_pdu *rpc)
{
    const uint8_t whole = OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG;

    return unit->is_lost ||
           (unit->fragment > rpch_prefs.fragments && (rpc->header.flags & whole) != whole);
}

/* A PDU that stock DCE/RPC is not given: the fragment's own fields. */
static void
show_fragment(packet_info *pinfo, proto_tree *tree, const struct rpch_unit *unit, tvbuff_t *tvb,
              const struct oa_rpc_pdu *rpc)
{
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "DCERPC");
    col_append_fstr(pinfo->cinfo, COL_INFO, "%s: call_id: %u, Fragment %u",
                    val_to_str_const(rpc->header.ptype, rpch_ptypes, "PDU"), rpc->header.call_id,
                    unit->fragment);
    proto_tree_add_item(tree, hf_flags, tvb, 3, 1, ENC_NA);
    generated(proto_tree_add_uint(tree, hf_fragment, tvb, 0, 0, unit->fragment));
    if (rpc->stub_length)
        proto_tree_add_item(tree, hf_stub, tvb, (gint)(rpc->stub - tvb_get_ptr(tvb, 0, -1)),
                            (gint)rpc->stub_length, ENC_NA);
}

/* Links that stock DCE/RPC, in the items after ours, has too are shown once; filters find both. */
static void
hide_links(proto_item *item)
{
    for (size_t i = 0; item && i < array_length(links); i++) {
        proto_item *link = item_in(item, *links[i].ours);
        proto_node *stock = link ? item->next : NULL;
        while (stock && !item_in(stock, links[i].hf_stock))
            stock = stock->next;
        if (stock)
            proto_item_set_hidden(link);
    }
}

/* Of a call of Exchange. The session of a sealed one is known on later visits. */
static void
show_summary(const struct rpch_place *place, tvbuff_t *tvb, const struct oa_virtual_connection *vc,
             const struct oa_call *call)
{
    struct exchange_summary summary = {
        .is_response = place->side == OA_SERVER, .hop = place->channel->hop, .call = call, .vc = vc
    };

    if (!summary_handle || !call || !call->has_opnum || !call->iface || !call->iface->is_exchange)
        return;
    summary.iface = call->iface;
    summary.opnum = call->opnum;
    summary.mailbox = call->mailbox;
    call_dissector_only(summary_handle, tvb, place->pinfo, place->tree, &summary);
}

/* The title, the header's fields, and what the tracker knows of the PDU. */
static void
show_header(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb,
            proto_item *item, proto_tree *tree, const struct oa_rpc_header *header)
{
    const struct oa_virtual_connection *vc = rpch_vc_of(unit);
    const struct oa_call *call = rpch_call_of(unit);

    if (vc && vc->transport == OA_TRANSPORT_RPC_TCP)
        proto_item_set_text(item, "RPC over TCP");
    proto_item_append_text(item, ", RPC %s", oa_rpc_ptype_name(header->ptype));
    if (vc)
        proto_item_append_text(item, ", virtual connection %u", (unsigned)vc->number);
    proto_item_append_text(item, ", call %u", header->call_id);
    rpch_show_context(place, tree, unit);
    proto_tree_add_item(tree, hf_rpc_ptype, tvb, 2, 1, ENC_NA);
    generated(proto_tree_add_uint(tree, hf_rpc_call_id, tvb, 12, 4, header->call_id));
    if (call)
        show_call(place, tree, tvb, header, call);
}

void
rpch_rpc_show(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    struct oa_rpc_pdu *rpc = wmem_new(pinfo->pool, struct oa_rpc_pdu);
    const struct oa_virtual_connection *vc = rpch_vc_of(unit);
    const struct oa_call *call = rpch_call_of(unit);

    oa_rpc_parse_beginning(tvb_get_ptr(tvb, 0, -1), tvb_captured_length(tvb), rpc);
    proto_item *item;
    proto_tree *tree = rpch_add_unit(place, tvb, 0, -1, &item);
    if (place->is_seen)
        show_header(place, unit, tvb, item, tree, &rpc->header);
    rpch_auth_show_rpc(place, unit, tree, tvb, rpc);
    rpch_eeinfo_show_rpc(place, tree, tvb, rpc);
    rpch_show_facts(place, unit, tree, tvb);
    if (place->tree)
        show_summary(place, tvb, vc, call);

    rpch_begin_info(place, unit);
    const char *info = col_get_text(pinfo->cinfo, COL_INFO);
    size_t before = info ? strlen(info) : 0;
    if (is_alone(unit, rpc))
        show_fragment(pinfo, tree, unit, tvb, rpc);
    else
        call_dcerpc(place, unit, tvb);
    hide_links(item);
    name_operation(pinfo->cinfo, before, call);
    /* What is sealed, or only a part, has not reached the dissector of the interface. */
    if (call && call->iface && call->iface->is_exchange && call->has_opnum)
        col_set_str(pinfo->cinfo, COL_PROTOCOL, call->iface->name);
    const char *eeinfo = rpch_eeinfo_of_rpc(pinfo, rpc);
    if (eeinfo)
        col_append_fstr(pinfo->cinfo, COL_INFO, ", %s", eeinfo);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_rpc_ptype,
          { "RPC packet type", "rpch.rpc.ptype", FT_UINT8, BASE_DEC, VALS(rpch_ptypes), 0, NULL,
            HFILL } },
        { &hf_rpc_call_id,
          { "RPC call id", "rpch.rpc.call_id", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_interface,
          { "Interface", "rpch.rpc.interface", FT_STRING, BASE_NONE, NULL, 0,
            "Interface of the call that the PDU belongs to", HFILL } },
        { &hf_operation,
          { "Operation", "rpch.rpc.operation", FT_STRING, BASE_NONE, NULL, 0,
            "Operation of the call that the PDU belongs to; also for fragments, faults and "
            "encrypted "
            "calls",
            HFILL } },
        { &hf_request_in,
          { "Request in", "rpch.request_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL } },
        { &hf_response_in,
          { "Response in", "rpch.response_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, NULL, HFILL } },
        { &hf_flags,
          { "Flags", "rpch.rpc.flags", FT_UINT8, BASE_HEX, NULL, 0,
            "Of a PDU that DCE/RPC does not show, see rpch.rpc.fragment", HFILL } },
        { &hf_fragment,
          { "Fragment", "rpch.rpc.fragment", FT_UINT32, BASE_DEC, NULL, 0,
            "Number in its request or response, of a PDU that DCE/RPC does not show: fragments "
            "beyond those that are reassembled, and sealed PDUs that cannot be unsealed after a "
            "loss",
            HFILL } },
        { &hf_stub,
          { "Stub data", "rpch.rpc.stub", FT_BYTES, BASE_NONE, NULL, 0,
            "Of a PDU that DCE/RPC does not show, see rpch.rpc.fragment", HFILL } },
        { &hf_time,
          { "Time from request", "rpch.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the end of the request to the end of the response", HFILL } },
        { &hf_other_hop,
          { "On the other hop in", "rpch.other_hop", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of the same request or response on the other hop", HFILL } },
        { &hf_time_store,
          { "Server share", "rpch.time.store", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "Time from request to response as seen by the proxy", HFILL } },
        { &hf_time_proxy,
          { "Proxy share", "rpch.time.proxy", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "Time added by the proxy and the network between", HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

/* For the dissectors of interfaces, rpch_state.h. */
static int
fill_state(tvbuff_t *tvb, packet_info *pinfo _U_, proto_tree *tree _U_, void *data)
{
    struct rpch_state *state = data;

    state->tracker = rpch_tracker();
    if (current.unit) {
        state->vc = current.unit->vc;
        state->call = rpch_call_of(current.unit);
        state->hop = current.hop;
        state->is_repeat =
            !rpch_prefs.counts_each_hop && state->call && current.hop != oa_call_hop(state->call);
    }
    return (int)tvb_captured_length(tvb);
}

void
rpch_rpc_register(void)
{
    register_fields();
    /* Without a protocol, so that it adds none to those of the frame. */
    register_dissector(RPCH_STATE_DISSECTOR, fill_state, -1);
}

void
rpch_rpc_handoff(void)
{
    data_handle = find_dissector("data");
    for (size_t i = 0; i < array_length(links); i++)
        links[i].hf_stock = proto_registrar_get_id_byname(links[i].stock);
    summary_handle = find_dissector(EXCHANGE_SUMMARY_DISSECTOR);
    dcerpc_entry = find_heur_dissector_by_unique_short_name("dcerpc_http");
    rpch_unseal_handoff();
}
