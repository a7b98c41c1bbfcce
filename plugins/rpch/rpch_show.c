/* rpch_show.c
 * Trees, columns and expert infos of RPC over HTTP; hands HTTP heads and RPC PDUs to the stock
 * dissectors. [MS-RPCH] 2.2.3.5 (commands), 2.2.3.6 (RTS header), 2.2.4 (PDUs)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-http.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/proto_data.h>
#include <epan/show_exception.h>
#include <epan/unit_strings.h>

#include "track/channel_kind.h"
#include "rpch_tap.h"

/* Stock DCE/RPC pairs by conversation. A port no TCP connection can have keeps ours apart from all
 * real ones. */
#define VC_PORT_BASE 0x10000

#define NS_PER_S 1000000000

static dissector_handle_t data_handle;
static heur_dtbl_entry_t *dcerpc_entry;

static int hf_vc = -1;
static int hf_channel = -1;
static int hf_channel_number = -1;
static int hf_service = -1;
static int hf_target_server = -1;
static int hf_target_port = -1;
static int hf_channel_length = -1;
static int hf_min_conn_timeout = -1;
static int hf_session_id = -1;
static int hf_resource_type_uuid = -1;
static int hf_rpc_error = -1;
static int hf_rpc_error_name = -1;
static int hf_rpc_ptype = -1;
static int hf_rpc_call_id = -1;
static int hf_interface = -1;
static int hf_operation = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_time = -1;
static int hf_chunk = -1;
static int hf_skipped = -1;
static int hf_banner = -1;
static int hf_ignored = -1;
static int hf_hop = -1;
static int hf_join = -1;
static int hf_join_certainty = -1;
static int hf_flow_sent = -1;
static int hf_flow_acknowledged = -1;
static int hf_flow_available = -1;
static int hf_flow_estimated = -1;
static int hf_flow_stall = -1;
static int hf_idle = -1;
static int hf_finding = -1;
static int hf_other_hop = -1;
static int hf_time_store = -1;
static int hf_time_proxy = -1;
static int hf_body = -1;

gint rpch_ett = -1;
static gint ett_flow = -1;

static expert_field ei_findings[OA_FINDINGS];
static expert_field ei_skipped = EI_INIT;
static expert_field ei_cut = EI_INIT;
static expert_field ei_rpc_error = EI_INIT;

/* [C706] 12.6.4.1 and [MS-RPCE] 2.2.2, of those that run over connections */
const value_string rpch_ptypes[] = {
    { OA_RPC_REQUEST, "request" },
    { OA_RPC_RESPONSE, "response" },
    { OA_RPC_FAULT, "fault" },
    { OA_RPC_BIND, "bind" },
    { OA_RPC_BIND_ACK, "bind_ack" },
    { OA_RPC_BIND_NAK, "bind_nak" },
    { OA_RPC_ALTER_CONTEXT, "alter_context" },
    { OA_RPC_ALTER_CONTEXT_RESP, "alter_context_resp" },
    { OA_RPC_AUTH3, "auth3" },
    { OA_RPC_SHUTDOWN, "shutdown" },
    { OA_RPC_CO_CANCEL, "co_cancel" },
    { OA_RPC_ORPHANED, "orphaned" },
    { OA_RPC_RTS, "RTS" },
    { 0, NULL },
};

static const value_string hops[] = {
    { OA_HOP_CLIENT, "client to proxy" },
    { OA_HOP_SERVER, "proxy to server" },
    { 0, NULL },
};

static const value_string channel_kinds[] = {
    { OA_CHANNEL_UNKNOWN, "unknown" },   { OA_CHANNEL_IN, "IN" },
    { OA_CHANNEL_OUT, "OUT" },           { OA_CHANNEL_ECHO, "echo" },
    { OA_CHANNEL_DUPLEX, "IN and OUT" }, { 0, NULL },
};

proto_item *
rpch_generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

static void
add_text(proto_tree *tree, int hf, tvbuff_t *tvb, const char *text)
{
    if (text[0])
        rpch_generated(proto_tree_add_string(tree, hf, tvb, 0, 0, text));
}

struct oa_virtual_connection *
rpch_vc_of(const struct rpch_unit *unit)
{
    struct oa_virtual_connection *vc = unit->vc;

    while (vc && vc->joined)
        vc = vc->joined;
    return vc;
}

/* What is known of a unit's surroundings; on later visits also what came after it. */
void
rpch_show_context(const struct rpch_place *place, proto_tree *tree, const struct rpch_unit *unit)
{
    const struct oa_channel *channel = place->channel;
    const struct oa_virtual_connection *vc = rpch_vc_of(unit);

    if (!vc && PINFO_FD_VISITED(place->pinfo))
        vc = channel->vc;
    if (vc)
        rpch_generated(proto_tree_add_uint(tree, hf_vc, place->tvb, 0, 0, (guint32)vc->number));
    if (vc && vc->iface)
        add_text(tree, hf_service, place->tvb, oa_service_name(vc->iface->service));
    rpch_generated(
        proto_tree_add_uint(tree, hf_channel_number, place->tvb, 0, 0, (guint32)channel->number));
    rpch_generated(proto_tree_add_uint(tree, hf_channel, place->tvb, 0, 0, channel->kind));
    rpch_generated(proto_tree_add_uint(tree, hf_hop, place->tvb, 0, 0, channel->hop));
    add_text(tree, hf_join, place->tvb, oa_join_name(channel->join));
    add_text(tree, hf_join_certainty, place->tvb, oa_join_certainty(channel->join));
}

static void
add_duration(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t ns)
{
    nstime_t time = { ns / NS_PER_S, (int)(ns % NS_PER_S) };

    rpch_generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
}

static void
show_flow(proto_tree *parent, tvbuff_t *tvb, const struct oa_flow *flow)
{
    proto_tree *tree = proto_tree_add_subtree_format(
        parent, tvb, 0, 0, ett_flow, NULL,
        "Flow control: %" G_GUINT64_FORMAT " bytes sent, %" G_GUINT64_FORMAT " acknowledged%s",
        flow->sent, flow->acknowledged, flow->is_estimate ? " (estimated)" : "");

    rpch_generated(tree);
    rpch_generated(proto_tree_add_uint64(tree, hf_flow_sent, tvb, 0, 0, flow->sent));
    rpch_generated(
        proto_tree_add_uint64(tree, hf_flow_acknowledged, tvb, 0, 0, flow->acknowledged));
    if (flow->has_window)
        rpch_generated(
            proto_tree_add_int64(tree, hf_flow_available, tvb, 0, 0, oa_flow_available(flow)));
    rpch_generated(proto_tree_add_boolean(tree, hf_flow_estimated, tvb, 0, 0, flow->is_estimate));
}

void
rpch_show_facts(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                tvbuff_t *tvb)
{
    if (unit->flow.sent || unit->flow.acks)
        show_flow(tree, tvb, &unit->flow);
    if (unit->stall_ns)
        add_duration(tree, hf_flow_stall, tvb, unit->stall_ns);
    if (unit->idle_ns)
        add_duration(tree, hf_idle, tvb, unit->idle_ns);
    for (const struct rpch_finding *finding = unit->findings; finding; finding = finding->next) {
        proto_item *item = rpch_generated(
            proto_tree_add_string(tree, hf_finding, tvb, 0, 0, OA_FINDING_ROWS[finding->id].code));
        expert_add_info_format(place->pinfo, item, &ei_findings[finding->id], "%s: %s",
                               OA_FINDING_ROWS[finding->id].meaning, finding->text);
    }
}

/* The units of a frame stand side by side in the Info column. */
void
rpch_add_info(packet_info *pinfo, const char *text, bool begins)
{
    if (begins)
        col_clear(pinfo->cinfo, COL_INFO);
    col_append_sep_str(pinfo->cinfo, COL_INFO, ", ", text);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

/* Whether this is the first thing of ours in the frame, so that the Info column still says what TCP
 * wrote. */
bool
rpch_begins_frame(const struct rpch_place *place)
{
    const guint32 key = RPCH_PACKET_VC + 1;

    if (p_get_proto_data(place->pinfo->pool, place->pinfo, proto_rpch, key))
        return false;
    p_add_proto_data(place->pinfo->pool, place->pinfo, proto_rpch, key, GUINT_TO_POINTER(1));
    return true;
}

static void
call_guarded(dissector_handle_t handle, tvbuff_t *tvb, const struct rpch_place *place)
{
    guint16 can_desegment = place->pinfo->can_desegment;

    /* Its body is not to be collected by the stock dissector: it has no end. */
    place->pinfo->can_desegment = 0;
    TRY
    {
        call_dissector_only(handle, tvb, place->pinfo, place->tree, place->transport_data);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(tvb, place->pinfo, place->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    place->pinfo->can_desegment = can_desegment;
}

static void
show_wire_text(proto_tree *tree, int hf, tvbuff_t *tvb, packet_info *pinfo, struct oa_text text)
{
    if (text.length)
        rpch_generated(proto_tree_add_string(tree, hf, tvb, 0, 0,
                                             wmem_strndup(pinfo->pool, text.at, text.length)));
}

static void
show_head_facts(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                const struct oa_http_head *http)
{
    packet_info *pinfo = place->pinfo;

    if (http->has_rpc_server) {
        show_wire_text(tree, hf_target_server, tvb, pinfo, http->rpc_server);
        rpch_generated(proto_tree_add_uint(tree, hf_target_port, tvb, 0, 0, http->rpc_port));
    }
    if (http->has_content_length)
        rpch_generated(
            proto_tree_add_uint64(tree, hf_channel_length, tvb, 0, 0, http->content_length));
    if (http->has_min_conn_timeout)
        rpch_generated(
            proto_tree_add_uint(tree, hf_min_conn_timeout, tvb, 0, 0, http->min_conn_timeout_s));
    show_wire_text(tree, hf_session_id, tvb, pinfo, http->session_id);
    show_wire_text(tree, hf_resource_type_uuid, tvb, pinfo, http->resource_type_uuid);
    if (http->has_rpc_error) {
        const char *name = oa_rpc_status_name(http->rpc_error);
        proto_item *item =
            rpch_generated(proto_tree_add_uint(tree, hf_rpc_error, tvb, 0, 0, http->rpc_error));
        add_text(tree, hf_rpc_error_name, tvb, name ? name : "");
        expert_add_info_format(pinfo, item, &ei_rpc_error, "The proxy reports RPC error %u (%s)",
                               http->rpc_error, name ? name : "not in the table");
    }
}

/*
 * A head goes to stock HTTP. In a tunnel (CONNECT) that would hand all bytes on by the port of the
 * tunnel's end, where we stand ourselves: the tunnel is hidden from it for the call. It is known by
 * the connection's last request, or by where it began once there are requests inside.
 */
static void
call_http(const struct rpch_place *place, tvbuff_t *tvb)
{
    conversation_t *conversation = find_conversation_pinfo(place->pinfo, 0);
    http_conv_t *http = conversation ? (http_conv_t *)conversation_get_proto_data(
                                           conversation, proto_get_id_by_filter_name("http"))
                                     : NULL;
    WS_COMPAT_HTTP_LAST *last = http ? WS_COMPAT_HTTP_LAST_OF(http) : NULL;
    bool is_connect = last && last->request_method && strcmp(last->request_method, "CONNECT") == 0;

    if (!is_connect && !(http && http->startframe)) {
        call_guarded(place->http, tvb, place);
        return;
    }
    guint status = last ? last->response_code : 0;
    gchar *method = last ? last->request_method : NULL;
    guint32 start = http->startframe;
    if (is_connect)
        last->response_code = 0;
    http->startframe = 0;
    call_guarded(place->http, tvb, place);
    if (is_connect) {
        last->response_code = status;
        last->request_method = method;
    }
    /* The tunnel's beginning, which stock HTTP would have noted with its first bytes. */
    http->startframe = start || PINFO_FD_VISITED(place->pinfo) ? start : place->pinfo->num;
}

/* Stock HTTP leaves a blank behind a response's reason; what comes next in the column follows a
 * comma. */
static void
end_info(packet_info *pinfo)
{
    const char *text = col_get_text(pinfo->cinfo, COL_INFO);
    size_t length = text ? strlen(text) : 0;

    if (length && text[length - 1] == ' ') {
        char *trimmed = wmem_strndup(pinfo->pool, text, length - 1);
        col_clear_fence(pinfo->cinfo, COL_INFO);
        col_add_str(pinfo->cinfo, COL_INFO, trimmed);
    }
    col_set_fence(pinfo->cinfo, COL_INFO);
}

static void
show_head(const struct rpch_place *place, const struct rpch_unit *unit, int offset, guint body)
{
    guint length = unit->length + body;
    tvbuff_t *tvb = tvb_new_subset_length(place->tvb, offset, (gint)length);
    struct oa_http_head *http = wmem_new0(place->pinfo->pool, struct oa_http_head);
    bool begins = rpch_begins_frame(place);

    oa_http_head_parse(tvb_get_ptr(tvb, 0, (gint)unit->length), unit->length, http);
    if (begins)
        col_clear(place->pinfo->cinfo, COL_INFO);
    else
        col_append_str(place->pinfo->cinfo, COL_INFO, ", ");
    col_set_fence(place->pinfo->cinfo, COL_INFO);
    call_http(place, tvb);
    end_info(place->pinfo);

    proto_item *item =
        proto_tree_add_item(place->tree, proto_rpch, tvb, 0, (gint)unit->length, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, rpch_ett);
    rpch_show_context(place, tree, unit);
    show_head_facts(place, tree, tvb, http);
    rpch_auth_show_head(place, unit, tree, tvb, http);
    rpch_eeinfo_show_head(place, tree, tvb, unit->length, http);
    rpch_show_facts(place, unit, tree, tvb);
    proto_item_append_text(item, ", HTTP %s of the %s channel",
                           http->is_request ? "request" : "response",
                           oa_channel_kind_name(place->channel->kind));
    if (http->has_rpc_server)
        proto_item_append_text(item, " to %.*s:%u", (int)http->rpc_server.length,
                               http->rpc_server.at, http->rpc_port);
}

static address *
address_of(wmem_allocator_t *pool, const struct oa_endpoint *endpoint)
{
    address *out = wmem_new(pool, address);

    set_address(out, AT_IPv6, sizeof endpoint->address, endpoint->address);
    return out;
}

/*
 * Stock DCE/RPC keeps its state by endpoints: calls by those of a conversation, their fragments by
 * those of the frame. Those of the virtual connection's first channel on the hop stand for all of
 * its channels there, whatever proxies they go to.
 */
static void
set_endpoints(const struct rpch_place *place, const struct oa_virtual_connection *vc)
{
    packet_info *pinfo = place->pinfo;
    const struct oa_endpoint *endpoint = vc->endpoint[place->channel->hop];
    bool by_client = place->side == OA_CLIENT;
    address *client = address_of(pinfo->pool, &endpoint[OA_CLIENT]);
    address *server = address_of(pinfo->pool, &endpoint[OA_SERVER]);
    guint32 client_port = VC_PORT_BASE + (guint32)vc->number;
    guint32 server_port = endpoint[OA_SERVER].port;

    conversation_set_conv_addr_port_endpoints(pinfo, client, server, CONVERSATION_TCP, client_port,
                                              server_port);
    copy_address_shallow(&pinfo->src, by_client ? client : server);
    copy_address_shallow(&pinfo->dst, by_client ? server : client);
    pinfo->srcport = by_client ? client_port : server_port;
    pinfo->destport = by_client ? server_port : client_port;
}

static void
call_dcerpc(const struct rpch_place *place, const struct oa_virtual_connection *vc, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    guint16 can_desegment = pinfo->can_desegment;
    address src = pinfo->src, dst = pinfo->dst;
    guint32 srcport = pinfo->srcport, destport = pinfo->destport;

    if (vc)
        set_endpoints(place, vc);
    p_add_proto_data(pinfo->pool, pinfo, proto_rpch, RPCH_PACKET_VC, (void *)vc);
    pinfo->can_desegment = 0;
    TRY
    {
        /* Shows the bytes as data if stock DCE/RPC refuses them, or is switched off. */
        if (vc && vc->binds == 0)
            rpch_context_introduce(pinfo, tvb);
        if (dcerpc_entry)
            call_heur_dissector_direct(dcerpc_entry, tvb, pinfo, place->tree, NULL);
        else
            call_dissector_only(data_handle, tvb, pinfo, place->tree, NULL);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(tvb, pinfo, place->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    p_remove_proto_data(pinfo->pool, pinfo, proto_rpch, RPCH_PACKET_VC);
    pinfo->can_desegment = can_desegment;
    pinfo->use_conv_addr_port_endpoints = FALSE;
    pinfo->conv_addr_port_endpoints = NULL;
    pinfo->src = src;
    pinfo->dst = dst;
    pinfo->srcport = srcport;
    pinfo->destport = destport;
}

static void
add_frame(proto_tree *tree, int hf, tvbuff_t *tvb, const struct oa_call_half *half)
{
    if (half->is_complete)
        rpch_generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, (guint32)half->last.frame));
}

static bool
has_latency(const struct oa_call *call, enum oa_hop hop)
{
    return call->request[hop].is_complete && call->response[hop].is_complete;
}

static int64_t
latency_of(const struct oa_call *call, enum oa_hop hop)
{
    return MAX(call->response[hop].last.time_ns - call->request[hop].last.time_ns, 0);
}

/* What the store and what the proxy take of the time, where both hops are in the capture. */
static void
show_shares(proto_tree *tree, tvbuff_t *tvb, const struct oa_call *call)
{
    if (!has_latency(call, OA_HOP_CLIENT) || !has_latency(call, OA_HOP_SERVER))
        return;
    int64_t store = latency_of(call, OA_HOP_SERVER);
    add_duration(tree, hf_time_store, tvb, store);
    add_duration(tree, hf_time_proxy, tvb, MAX(latency_of(call, OA_HOP_CLIENT) - store, 0));
}

static const char *
operation_name(const struct oa_call *call)
{
    return call && call->iface && call->has_opnum ? oa_rpc_operation_name(call->iface, call->opnum)
                                                  : NULL;
}

/* Stock DCE/RPC names the operation of stubs only that are whole and open. */
static void
name_operation(column_info *cinfo, size_t before, const struct oa_call *call)
{
    const char *text = col_get_text(cinfo, COL_INFO);
    const char *name = operation_name(call);

    if (text && name && strlen(text) >= before && !strstr(text + before, name))
        col_append_fstr(cinfo, COL_INFO, ", %s", name);
}

/* Links to the other half of the call, and to the same PDU on the other hop; those forward are
 * known on later visits only. */
static void
show_call(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
          const struct oa_rpc_header *header, const struct oa_call *call)
{
    enum oa_hop hop = place->channel->hop;
    enum oa_hop other = hop == OA_HOP_CLIENT ? OA_HOP_SERVER : OA_HOP_CLIENT;
    bool is_request = place->side == OA_CLIENT;
    bool is_last = header->ptype == OA_RPC_FAULT || (header->flags & OA_RPC_LAST_FRAG);

    if (operation_name(call)) {
        rpch_generated(proto_tree_add_string(tree, hf_interface, tvb, 0, 0, call->iface->name));
        rpch_generated(proto_tree_add_string(tree, hf_operation, tvb, 0, 0, operation_name(call)));
    }
    if (is_request) {
        add_frame(tree, hf_response_in, tvb, &call->response[hop]);
    } else {
        add_frame(tree, hf_request_in, tvb, &call->request[hop]);
        if (is_last && has_latency(call, hop))
            add_duration(tree, hf_time, tvb, latency_of(call, hop));
        if (is_last && hop == OA_HOP_CLIENT)
            show_shares(tree, tvb, call);
    }
    add_frame(tree, hf_other_hop, tvb, is_request ? &call->request[other] : &call->response[other]);
}

static void
show_rpc(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    struct oa_rpc_pdu *rpc = wmem_new0(pinfo->pool, struct oa_rpc_pdu);
    const struct oa_call *call = unit->call;

    while (call && call->joined)
        call = call->joined;
    oa_rpc_parse(tvb_get_ptr(tvb, 0, -1), tvb_captured_length(tvb), rpc);
    proto_item *item = proto_tree_add_item(place->tree, proto_rpch, tvb, 0, -1, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, rpch_ett);
    proto_item_append_text(item, ", RPC %s", oa_rpc_ptype_name(rpc->header.ptype));
    if (unit->vc)
        proto_item_append_text(item, ", virtual connection %u", (unsigned)rpch_vc_of(unit)->number);
    proto_item_append_text(item, ", call %u", rpc->header.call_id);
    rpch_show_context(place, tree, unit);
    proto_tree_add_item(tree, hf_rpc_ptype, tvb, 2, 1, ENC_NA);
    rpch_generated(proto_tree_add_uint(tree, hf_rpc_call_id, tvb, 12, 4, rpc->header.call_id));
    if (call)
        show_call(place, tree, tvb, &rpc->header, call);
    rpch_auth_show_rpc(place, unit, tree, tvb, rpc);
    rpch_eeinfo_show_rpc(place, tree, tvb, rpc);
    rpch_show_facts(place, unit, tree, tvb);

    if (rpch_begins_frame(place))
        col_clear(pinfo->cinfo, COL_INFO);
    else
        col_append_str(pinfo->cinfo, COL_INFO, ", ");
    col_set_fence(pinfo->cinfo, COL_INFO);
    const char *info = col_get_text(pinfo->cinfo, COL_INFO);
    size_t before = info ? strlen(info) : 0;
    call_dcerpc(place, unit->vc, tvb);
    name_operation(pinfo->cinfo, before, call);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

static void
show_bytes(const struct rpch_place *place, const struct rpch_unit *unit, int offset)
{
    proto_item *item = proto_tree_add_item(place->tree, proto_rpch, place->tvb, offset,
                                           (gint)unit->length, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, rpch_ett);
    static const struct {
        const char *what;
        int *hf;
    } KINDS[] = {
        [OA_EVENT_HTTP_BODY] = { "bytes of HTTP body", &hf_body },
        [OA_EVENT_CHUNK] = { "bytes of chunk framing", &hf_chunk },
        [OA_EVENT_BANNER] = { "bytes of banner, ncacn_http/1.0", &hf_banner },
        [OA_EVENT_IGNORED] = { "bytes to be ignored", &hf_ignored },
        [OA_EVENT_SKIPPED] = { "bytes passed over", &hf_skipped },
    };
    const char *what = KINDS[unit->type].what;
    int hf = *KINDS[unit->type].hf;

    proto_item_append_text(item, ", %u %s", unit->length, what);
    rpch_show_context(place, tree, unit);
    item = proto_tree_add_item(tree, hf, place->tvb, offset, (gint)unit->length,
                               unit->type == OA_EVENT_BANNER ? ENC_ASCII : ENC_NA);
    if (unit->type == OA_EVENT_CHUNK)
        return;
    if (unit->type == OA_EVENT_HTTP_BODY)
        rpch_eeinfo_show_body(place, tree, offset, unit->length);
    if (unit->type == OA_EVENT_SKIPPED)
        expert_add_info_format(
            place->pinfo, item, &ei_skipped,
            "%u bytes are no PDU and no HTTP head; decoding takes up again behind them",
            unit->length);
    col_set_str(place->pinfo->cinfo, COL_PROTOCOL, "RPCH");
    rpch_add_info(place->pinfo, wmem_strdup_printf(place->pinfo->pool, "%u %s", unit->length, what),
                  rpch_begins_frame(place));
}

void
rpch_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset, guint body)
{
    tvbuff_t *tvb;

    if (unit->type == OA_EVENT_HTTP_HEAD) {
        show_head(place, unit, offset, body);
        return;
    }
    if (unit->type != OA_EVENT_RTS && unit->type != OA_EVENT_RPC) {
        show_bytes(place, unit, offset);
        return;
    }
    if (unit->joined) {
        tvb = tvb_new_child_real_data(place->tvb, unit->joined, unit->joined_length,
                                      (gint)unit->joined_length);
        add_new_data_source(place->pinfo, tvb, "De-chunked PDU");
    } else {
        tvb = tvb_new_subset_length(place->tvb, offset, (gint)unit->length);
    }
    if (unit->type == OA_EVENT_RTS)
        rpch_rts_show(place, unit, tvb);
    else
        show_rpc(place, unit, tvb);
}

void
rpch_show_cut(const struct rpch_place *place, guint missing)
{
    proto_tree_add_expert_format(place->tree, place->pinfo, &ei_cut, place->tvb, 0, 0,
                                 "The capture does not hold the last %u bytes of this segment",
                                 missing);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_vc,
          { "Virtual connection", "rpch.vc", FT_UINT32, BASE_DEC, NULL, 0,
            "The pair of an IN and an OUT channel, numbered in order of appearance", HFILL } },
        { &hf_service,
          { "Service", "rpch.service", FT_STRING, BASE_NONE, NULL, 0,
            "What the virtual connection is for, by the interface that was bound: store, "
            "directory, referral, ...",
            HFILL } },
        { &hf_channel,
          { "Channel", "rpch.channel", FT_UINT32, BASE_DEC, VALS(channel_kinds), 0,
            "IN or OUT channel", HFILL } },
        { &hf_channel_number,
          { "Channel number", "rpch.channel.number", FT_UINT32, BASE_DEC, NULL, 0,
            "Channel instance, numbered in order of appearance", HFILL } },
        { &hf_target_server,
          { "Target server", "rpch.target.server", FT_STRING, BASE_NONE, NULL, 0,
            "Server that the proxy is asked to connect to", HFILL } },
        { &hf_target_port,
          { "Target port", "rpch.target.port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_channel_length,
          { "Content length", "rpch.content_length", FT_UINT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "Bytes that this message may carry", HFILL } },
        { &hf_min_conn_timeout,
          { "MinConnTimeout", "rpch.min_conn_timeout", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_seconds, 0, NULL, HFILL } },
        { &hf_session_id,
          { "SessionId", "rpch.session_id", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_resource_type_uuid,
          { "ResourceTypeUuid", "rpch.resource_type_uuid", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_rpc_error,
          { "RPC error", "rpch.rpc_error", FT_UINT32, BASE_DEC_HEX, NULL, 0,
            "Win32 error in the reason phrase", HFILL } },
        { &hf_rpc_error_name,
          { "RPC error name", "rpch.rpc_error.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_rpc_ptype,
          { "RPC packet type", "rpch.rpc.ptype", FT_UINT8, BASE_DEC, VALS(rpch_ptypes), 0, NULL,
            HFILL } },
        { &hf_rpc_call_id,
          { "RPC call id", "rpch.rpc.call_id", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_interface,
          { "Interface", "rpch.rpc.interface", FT_STRING, BASE_NONE, NULL, 0,
            "Of the call that the PDU is a part of", HFILL } },
        { &hf_operation,
          { "Operation", "rpch.rpc.operation", FT_STRING, BASE_NONE, NULL, 0,
            "Of the call that the PDU is a part of, also of fragments, faults and sealed calls",
            HFILL } },
        { &hf_request_in,
          { "Request in", "rpch.request_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL } },
        { &hf_response_in,
          { "Response in", "rpch.response_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, NULL, HFILL } },
        { &hf_time,
          { "Time from request", "rpch.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the end of the request to the end of the response", HFILL } },
        { &hf_ignored,
          { "Bytes to be ignored", "rpch.ignored", FT_BYTES, BASE_NONE, NULL, 0,
            "What comes behind the last PDU of a recycled OUT channel has no meaning", HFILL } },
        { &hf_banner,
          { "Banner", "rpch.banner", FT_STRING, BASE_NONE, NULL, 0,
            "What a server of RPC over HTTP says first", HFILL } },
        { &hf_hop,
          { "Hop", "rpch.hop", FT_UINT32, BASE_DEC, VALS(hops), 0,
            "Between client and proxy, or between proxy and server", HFILL } },
        { &hf_join,
          { "Joined by", "rpch.join.reason", FT_STRING, BASE_NONE, NULL, 0,
            "What ties the channel to its virtual connection", HFILL } },
        { &hf_join_certainty,
          { "Certainty", "rpch.join.certainty", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_flow_sent,
          { "Sent", "rpch.flow.sent", FT_UINT64, BASE_DEC | BASE_UNIT_STRING, &units_byte_bytes, 0,
            "RPC bytes that the channel has carried, with this PDU", HFILL } },
        { &hf_flow_acknowledged,
          { "Acknowledged", "rpch.flow.acknowledged", FT_UINT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "Of these, by the last acknowledgment", HFILL } },
        { &hf_flow_available,
          { "Available", "rpch.flow.available", FT_INT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "What the sender may still send", HFILL } },
        { &hf_flow_estimated,
          { "Estimated", "rpch.flow.estimated", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "The beginning of the channel is not in the capture", HFILL } },
        { &hf_flow_stall,
          { "Waited for the window", "rpch.flow.stall", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the PDU before to this one, which did not fit into the window", HFILL } },
        { &hf_idle,
          { "Time since the PDU before", "rpch.idle", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "On the same connection, in either direction", HFILL } },
        { &hf_finding,
          { "Finding", "rpch.finding", FT_STRING, BASE_NONE, NULL, 0,
            "Code of a problem, as in findings.csv", HFILL } },
        { &hf_other_hop,
          { "On the other hop in", "rpch.other_hop", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "The same request or response between proxy and server, or client and proxy", HFILL } },
        { &hf_time_store,
          { "Of it the server", "rpch.time.store", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "Time from request to response as the proxy sees it", HFILL } },
        { &hf_time_proxy,
          { "Of it the proxy", "rpch.time.proxy", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "What the proxy, and the way between, add to it", HFILL } },
        { &hf_chunk, { "Chunk framing", "rpch.chunk", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_skipped,
          { "Bytes passed over", "rpch.skipped", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_body, { "HTTP body", "rpch.http_body", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

/* One expert info for each finding of the decoder. */
static void
register_findings(expert_module_t *expert)
{
    static const int SEVERITIES[] = { [OA_SEVERITY_NOTE] = PI_NOTE,
                                      [OA_SEVERITY_WARNING] = PI_WARN,
                                      [OA_SEVERITY_ERROR] = PI_ERROR };
    static ei_register_info ei[OA_FINDINGS];

    for (unsigned id = 0; id < OA_FINDINGS; id++) {
        const struct oa_finding_row *row = &OA_FINDING_ROWS[id];
        ei_findings[id] = (expert_field)EI_INIT;
        ei[id] = (ei_register_info){ &ei_findings[id],
                                     { g_strconcat("rpch.finding.", row->code, NULL), PI_PROTOCOL,
                                       SEVERITIES[row->severity], row->meaning, EXPFILL } };
    }
    expert_register_field_array(expert, ei, array_length(ei));
}

void
rpch_show_register(void)
{
    static gint *ett[] = { &rpch_ett, &ett_flow };
    static ei_register_info ei[] = {
        { &ei_skipped,
          { "rpch.skipped.expert", PI_SEQUENCE, PI_WARN, "Bytes passed over", EXPFILL } },
        { &ei_cut, { "rpch.cut", PI_SEQUENCE, PI_NOTE, "Segment cut by the capture", EXPFILL } },
        { &ei_rpc_error,
          { "rpch.rpc_error.expert", PI_RESPONSE_CODE, PI_WARN, "The proxy reports an RPC error",
            EXPFILL } },
    };

    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    expert_module_t *expert = expert_register_protocol(proto_rpch);
    expert_register_field_array(expert, ei, array_length(ei));
    register_findings(expert);
    rpch_rts_register(expert);
    rpch_auth_register(expert);
    rpch_eeinfo_register(expert);
}

void
rpch_show_handoff(void)
{
    data_handle = find_dissector("data");
    dcerpc_entry = find_heur_dissector_by_unique_short_name("dcerpc_http");
}
