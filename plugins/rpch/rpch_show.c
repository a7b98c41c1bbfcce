/* rpch_show.c
 * Trees, columns and expert infos of RPC over HTTP; hands HTTP heads and RPC PDUs to the stock
 * dissectors. [MS-RPCH] 2.2.3.5 (commands), 2.2.3.6 (RTS header), 2.2.4 (PDUs)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch.h"

#include <epan/conversation.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/proto_data.h>
#include <epan/show_exception.h>

#include "channel.h"
#include "rpch_tap.h"

/* Stock DCE/RPC pairs by conversation. A port no TCP connection can have keeps ours apart from all
 * real ones. */
#define VC_PORT_BASE 0x10000

static dissector_handle_t http_handle;
static dissector_handle_t data_handle;
static heur_dtbl_entry_t *dcerpc_entry;

static int hf_vc = -1;
static int hf_channel = -1;
static int hf_channel_number = -1;
static int hf_pdu = -1;
static int hf_vc_cookie = -1;
static int hf_target_server = -1;
static int hf_target_port = -1;
static int hf_channel_length = -1;
static int hf_min_conn_timeout = -1;
static int hf_session_id = -1;
static int hf_resource_type_uuid = -1;
static int hf_rpc_error = -1;
static int hf_rpc_error_name = -1;
static int hf_auth_scheme = -1;
static int hf_auth_mechanism = -1;
static int hf_auth_ntlm_type = -1;
static int hf_auth_user = -1;
static int hf_auth_domain = -1;
static int hf_auth_workstation = -1;
static int hf_auth_server = -1;
static int hf_rts_version = -1;
static int hf_rts_version_minor = -1;
static int hf_rts_ptype = -1;
static int hf_rts_pfc_flags = -1;
static int hf_rts_drep = -1;
static int hf_rts_frag_length = -1;
static int hf_rts_auth_length = -1;
static int hf_rts_call_id = -1;
static int hf_rts_flags = -1;
static int hf_rts_flag_ping = -1;
static int hf_rts_flag_other_cmd = -1;
static int hf_rts_flag_recycle_channel = -1;
static int hf_rts_flag_in_channel = -1;
static int hf_rts_flag_out_channel = -1;
static int hf_rts_flag_eof = -1;
static int hf_rts_flag_echo = -1;
static int hf_rts_commands = -1;
static int hf_command = -1;
static int hf_receive_window = -1;
static int hf_ack_bytes_received = -1;
static int hf_ack_available_window = -1;
static int hf_ack_cookie = -1;
static int hf_connection_timeout = -1;
static int hf_cookie = -1;
static int hf_channel_lifetime = -1;
static int hf_client_keepalive = -1;
static int hf_version = -1;
static int hf_padding_length = -1;
static int hf_padding = -1;
static int hf_client_address_type = -1;
static int hf_client_address_ipv4 = -1;
static int hf_client_address_ipv6 = -1;
static int hf_association_group_id = -1;
static int hf_destination = -1;
static int hf_ping_traffic = -1;
static int hf_rpc_ptype = -1;
static int hf_rpc_call_id = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_time = -1;
static int hf_chunk = -1;
static int hf_skipped = -1;
static int hf_body = -1;

static gint ett_rpch = -1;
static gint ett_rts_flags = -1;
static gint ett_rts_command = -1;

static expert_field ei_skipped = EI_INIT;
static expert_field ei_cut = EI_INIT;
static expert_field ei_unexpected = EI_INIT;
static expert_field ei_unknown_pdu = EI_INIT;
static expert_field ei_unknown_command = EI_INIT;
static expert_field ei_command_short = EI_INIT;
static expert_field ei_length_mismatch = EI_INIT;
static expert_field ei_rpc_error = EI_INIT;
static expert_field ei_rejected = EI_INIT;
static expert_field ei_anonymous = EI_INIT;

static const value_string command_names[] = {
    { OA_RTS_RECEIVE_WINDOW_SIZE, "ReceiveWindowSize" },
    { OA_RTS_FLOW_CONTROL_ACK_COMMAND, "FlowControlAck" },
    { OA_RTS_CONNECTION_TIMEOUT, "ConnectionTimeout" },
    { OA_RTS_COOKIE, "Cookie" },
    { OA_RTS_CHANNEL_LIFETIME, "ChannelLifetime" },
    { OA_RTS_CLIENT_KEEPALIVE, "ClientKeepalive" },
    { OA_RTS_VERSION, "Version" },
    { OA_RTS_EMPTY, "Empty" },
    { OA_RTS_PADDING, "Padding" },
    { OA_RTS_NEGATIVE_ANCE, "NegativeANCE" },
    { OA_RTS_ANCE, "ANCE" },
    { OA_RTS_CLIENT_ADDRESS, "ClientAddress" },
    { OA_RTS_ASSOCIATION_GROUP_ID, "AssociationGroupId" },
    { OA_RTS_DESTINATION, "Destination" },
    { OA_RTS_PING_TRAFFIC_SENT, "PingTrafficSentNotify" },
    { 0, NULL },
};

static const value_string destination_names[] = {
    { OA_RTS_FD_CLIENT, "FDClient" },
    { OA_RTS_FD_IN_PROXY, "FDInProxy" },
    { OA_RTS_FD_SERVER, "FDServer" },
    { OA_RTS_FD_OUT_PROXY, "FDOutProxy" },
    { 0, NULL },
};

static const value_string channel_kinds[] = {
    { OA_CHANNEL_UNKNOWN, "unknown" },
    { OA_CHANNEL_IN, "IN" },
    { OA_CHANNEL_OUT, "OUT" },
    { OA_CHANNEL_ECHO, "echo" },
    { 0, NULL },
};

static const value_string address_types[] = {
    { 0, "IPv4" },
    { 1, "IPv6" },
    { 0, NULL },
};

/* How a command's number is shown in the tree and named in the summary line; milliseconds are
 * summed up in seconds. */
static const struct number_row {
    int *hf;
    const char *summary;
    bool is_ms;
} number_rows[OA_RTS_COMMAND_TYPES] = {
    [OA_RTS_RECEIVE_WINDOW_SIZE] = { &hf_receive_window, "window", false },
    [OA_RTS_CONNECTION_TIMEOUT] = { &hf_connection_timeout, "timeout", true },
    [OA_RTS_CHANNEL_LIFETIME] = { &hf_channel_lifetime, "lifetime", false },
    [OA_RTS_CLIENT_KEEPALIVE] = { &hf_client_keepalive, "keepalive", true },
    [OA_RTS_VERSION] = { &hf_version, NULL, false },
    [OA_RTS_DESTINATION] = { &hf_destination, NULL, false },
    [OA_RTS_PING_TRAFFIC_SENT] = { &hf_ping_traffic, "ping bytes", false },
};

static proto_item *
generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

/* What is known of a unit's surroundings; on later visits also what came after it. */
static void
show_context(const struct rpch_place *place, proto_tree *tree,
             const struct oa_virtual_connection *vc)
{
    const struct oa_channel *channel = place->channel;

    if (!vc && PINFO_FD_VISITED(place->pinfo))
        vc = channel->vc;
    if (vc)
        generated(proto_tree_add_uint(tree, hf_vc, place->tvb, 0, 0, (guint32)vc->number));
    generated(
        proto_tree_add_uint(tree, hf_channel_number, place->tvb, 0, 0, (guint32)channel->number));
    generated(proto_tree_add_uint(tree, hf_channel, place->tvb, 0, 0, channel->kind));
}

/* The units of a frame stand side by side in the Info column. */
static void
add_info(packet_info *pinfo, const char *text, bool begins)
{
    if (begins)
        col_clear(pinfo->cinfo, COL_INFO);
    col_append_sep_str(pinfo->cinfo, COL_INFO, ", ", text);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

/* Whether this is the first thing of ours in the frame, so that the Info column still says what TCP
 * wrote. */
static bool
begins_frame(const struct rpch_place *place)
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
        call_dissector_only(handle, tvb, place->pinfo, place->tree, place->tcp_data);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(tvb, place->pinfo, place->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    place->pinfo->can_desegment = can_desegment;
}

static void
add_text(proto_tree *tree, int hf, tvbuff_t *tvb, const char *text)
{
    if (text[0])
        generated(proto_tree_add_string(tree, hf, tvb, 0, 0, text));
}

/* Who, by which scheme. The password of Basic is not decoded at all. */
static void
show_auth(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, const struct oa_auth *auth)
{
    add_text(tree, hf_auth_scheme, tvb, oa_auth_scheme_name(auth->scheme));
    add_text(tree, hf_auth_mechanism, tvb, oa_auth_mechanism_name(auth->mechanism));
    if (auth->ntlm_type)
        generated(proto_tree_add_uint(tree, hf_auth_ntlm_type, tvb, 0, 0, auth->ntlm_type));
    add_text(tree, hf_auth_user, tvb, auth->user);
    add_text(tree, hf_auth_domain, tvb, auth->domain);
    add_text(tree, hf_auth_workstation, tvb, auth->workstation);
    add_text(tree, hf_auth_server, tvb,
             auth->dns_computer[0] ? auth->dns_computer : auth->netbios_computer);
    if (auth->is_anonymous)
        expert_add_info(pinfo, tree, &ei_anonymous);
}

static void
show_wire_text(proto_tree *tree, int hf, tvbuff_t *tvb, packet_info *pinfo, struct oa_text text)
{
    if (text.length)
        generated(proto_tree_add_string(tree, hf, tvb, 0, 0,
                                        wmem_strndup(pinfo->pool, text.at, text.length)));
}

static void
show_head_facts(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                const struct oa_http_head *http)
{
    packet_info *pinfo = place->pinfo;

    if (http->has_rpc_server) {
        show_wire_text(tree, hf_target_server, tvb, pinfo, http->rpc_server);
        generated(proto_tree_add_uint(tree, hf_target_port, tvb, 0, 0, http->rpc_port));
    }
    if (http->has_content_length)
        generated(proto_tree_add_uint64(tree, hf_channel_length, tvb, 0, 0, http->content_length));
    if (http->has_min_conn_timeout)
        generated(
            proto_tree_add_uint(tree, hf_min_conn_timeout, tvb, 0, 0, http->min_conn_timeout_s));
    show_wire_text(tree, hf_session_id, tvb, pinfo, http->session_id);
    show_wire_text(tree, hf_resource_type_uuid, tvb, pinfo, http->resource_type_uuid);
    if (http->has_rpc_error) {
        const char *name = oa_rpc_status_name(http->rpc_error);
        proto_item *item =
            generated(proto_tree_add_uint(tree, hf_rpc_error, tvb, 0, 0, http->rpc_error));
        add_text(tree, hf_rpc_error_name, tvb, name ? name : "");
        expert_add_info_format(pinfo, item, &ei_rpc_error, "The proxy reports RPC error %u (%s)",
                               http->rpc_error, name ? name : "not in the table");
    }
    for (size_t i = 0; i < http->n_credentials; i++) {
        struct oa_auth *auth = wmem_new(pinfo->pool, struct oa_auth);
        oa_auth_from_http(&http->credentials[i], auth);
        show_auth(tree, tvb, pinfo, auth);
    }
}

static void
show_head(const struct rpch_place *place, const struct rpch_unit *unit, int offset, guint body)
{
    guint length = unit->length + body;
    tvbuff_t *tvb = tvb_new_subset_length(place->tvb, offset, (gint)length);
    struct oa_http_head *http = wmem_new0(place->pinfo->pool, struct oa_http_head);
    bool begins = begins_frame(place);

    oa_http_head_parse(tvb_get_ptr(tvb, 0, (gint)unit->length), unit->length, http);
    if (begins)
        col_clear(place->pinfo->cinfo, COL_INFO);
    else
        col_append_str(place->pinfo->cinfo, COL_INFO, ", ");
    col_set_fence(place->pinfo->cinfo, COL_INFO);
    call_guarded(http_handle, tvb, place);
    col_set_fence(place->pinfo->cinfo, COL_INFO);

    proto_item *item =
        proto_tree_add_item(place->tree, proto_rpch, tvb, 0, (gint)unit->length, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_rpch);
    show_context(place, tree, unit->vc);
    show_head_facts(place, tree, tvb, http);
    proto_item_append_text(item, ", HTTP %s of the %s channel",
                           http->is_request ? "request" : "response",
                           oa_channel_kind_name(place->channel->kind));
    if (http->has_rpc_server)
        proto_item_append_text(item, " to %.*s:%u", (int)http->rpc_server.length,
                               http->rpc_server.at, http->rpc_port);
}

static void
show_number(proto_tree *tree, tvbuff_t *tvb, int offset, const struct oa_rts_command *command)
{
    const struct number_row *row = &number_rows[command->type];

    if (row->hf && command->length == 8)
        proto_tree_add_item(tree, *row->hf, tvb, offset + 4, 4, ENC_LITTLE_ENDIAN);
}

static void
show_address(proto_tree *tree, tvbuff_t *tvb, int offset, const struct oa_rts_command *command)
{
    const struct oa_rts_address *address = &command->value.address;

    proto_tree_add_item(tree, hf_client_address_type, tvb, offset + 4, 4, ENC_LITTLE_ENDIAN);
    if (command->length <= 8)
        return;
    if (address->is_ipv6)
        proto_tree_add_item(tree, hf_client_address_ipv6, tvb,
                            offset + (address->sockaddr_form ? 16 : 8), 16, ENC_NA);
    else
        proto_tree_add_item(tree, hf_client_address_ipv4, tvb,
                            offset + (address->sockaddr_form ? 12 : 8), 4, ENC_BIG_ENDIAN);
}

static void
show_command(proto_tree *parent, tvbuff_t *tvb, int offset, const struct oa_rts_command *command)
{
    const struct oa_rts_command_row *row = &OA_RTS_COMMAND_ROWS[command->type];
    proto_tree *tree = proto_tree_add_subtree(parent, tvb, offset, (gint)command->length,
                                              ett_rts_command, NULL, row->name);

    proto_tree_add_item(tree, hf_command, tvb, offset, 4, ENC_LITTLE_ENDIAN);
    switch (row->shape) {
    case OA_RTS_SHAPE_NONE:
        break;
    case OA_RTS_SHAPE_NUMBER:
        show_number(tree, tvb, offset, command);
        proto_item_append_text(tree, ": %u", command->value.number);
        break;
    case OA_RTS_SHAPE_COOKIE:
        proto_tree_add_item(tree,
                            command->type == OA_RTS_ASSOCIATION_GROUP_ID ? hf_association_group_id
                                                                         : hf_cookie,
                            tvb, offset + 4, OA_COOKIE_SIZE, ENC_LITTLE_ENDIAN);
        break;
    case OA_RTS_SHAPE_ACK:
        proto_tree_add_item(tree, hf_ack_bytes_received, tvb, offset + 4, 4, ENC_LITTLE_ENDIAN);
        proto_tree_add_item(tree, hf_ack_available_window, tvb, offset + 8, 4, ENC_LITTLE_ENDIAN);
        proto_tree_add_item(tree, hf_ack_cookie, tvb, offset + 12, OA_COOKIE_SIZE,
                            ENC_LITTLE_ENDIAN);
        break;
    case OA_RTS_SHAPE_PADDING:
        proto_tree_add_item(tree, hf_padding_length, tvb, offset + 4, 4, ENC_LITTLE_ENDIAN);
        proto_tree_add_item(tree, hf_padding, tvb, offset + 8, (gint)command->length - 8, ENC_NA);
        break;
    case OA_RTS_SHAPE_ADDRESS:
        show_address(tree, tvb, offset, command);
        break;
    }
}

static void
show_rts_header(proto_tree *tree, tvbuff_t *tvb)
{
    static int *const flags[] = {
        &hf_rts_flag_ping,
        &hf_rts_flag_other_cmd,
        &hf_rts_flag_recycle_channel,
        &hf_rts_flag_in_channel,
        &hf_rts_flag_out_channel,
        &hf_rts_flag_eof,
        &hf_rts_flag_echo,
        NULL,
    };

    proto_tree_add_item(tree, hf_rts_version, tvb, 0, 1, ENC_NA);
    proto_tree_add_item(tree, hf_rts_version_minor, tvb, 1, 1, ENC_NA);
    proto_tree_add_item(tree, hf_rts_ptype, tvb, 2, 1, ENC_NA);
    proto_tree_add_item(tree, hf_rts_pfc_flags, tvb, 3, 1, ENC_NA);
    proto_tree_add_item(tree, hf_rts_drep, tvb, 4, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_rts_frag_length, tvb, 8, 2, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_rts_auth_length, tvb, 10, 2, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_rts_call_id, tvb, 12, 4, ENC_LITTLE_ENDIAN);
    proto_tree_add_bitmask(tree, tvb, 16, hf_rts_flags, ett_rts_flags, flags, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_rts_commands, tvb, 18, 2, ENC_LITTLE_ENDIAN);
}

/* All commands, also those beyond what a named PDU can have; a problem ends the walk and is told
 * once. */
static void
show_commands(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, const struct oa_rts *rts)
{
    struct oa_cursor cursor = oa_cursor_over(tvb_get_ptr(tvb, 0, (gint)rts->length), rts->length);
    struct oa_rts_command command;
    unsigned seen = 0;

    oa_cursor_skip(&cursor, OA_RTS_HEADER_SIZE);
    for (; seen < rts->n_commands && oa_rts_command_next(&cursor, &command); seen++)
        show_command(tree, tvb, (int)command.offset, &command);
    if (seen < rts->n_commands && cursor.is_short && command.type >= OA_RTS_COMMAND_TYPES)
        expert_add_info_format(pinfo, tree, &ei_unknown_command,
                               "Command %u of %u has the undefined type 0x%x; its length is not "
                               "known, so the walk ends here",
                               seen + 1, rts->n_commands, command.type);
    else if (seen < rts->n_commands)
        expert_add_info_format(pinfo, tree, &ei_command_short,
                               "Command %u of %u does not fit in the PDU", seen + 1,
                               rts->n_commands);
    else if (cursor.offset != rts->length)
        expert_add_info_format(pinfo, tree, &ei_length_mismatch,
                               "%u bytes stand behind the last command",
                               (unsigned)(rts->length - cursor.offset));
}

/* "window 65536, timeout 120 s": what an analyst wants of the PDU in one line. */
static void
append_summary(wmem_strbuf_t *line, const struct oa_rts *rts)
{
    for (unsigned i = 0; i < rts->n_parsed; i++) {
        const struct oa_rts_command *command = &rts->commands[i];
        const struct number_row *row = &number_rows[command->type];

        if (row->summary && row->is_ms)
            wmem_strbuf_append_printf(line, ", %s %g s", row->summary,
                                      command->value.number / 1000.0);
        else if (row->summary)
            wmem_strbuf_append_printf(line, ", %s %u", row->summary, command->value.number);
        else if (command->type == OA_RTS_DESTINATION)
            wmem_strbuf_append_printf(line, ", to %s",
                                      oa_rts_destination_name(command->value.number));
        else if (command->type == OA_RTS_FLOW_CONTROL_ACK_COMMAND)
            wmem_strbuf_append_printf(line, ", received %u, window %u",
                                      command->value.ack.bytes_received,
                                      command->value.ack.available_window);
    }
}

/* The final name; while it is open which of two it is, both first visits and what is known only
 * later show it so. */
static void
name_text(const struct rpch_unit *unit, char name[OA_RTS_NAME_TEXT])
{
    oa_rts_name_text(unit->rts_name, unit->recycle ? unit->recycle->type : OA_RECYCLE_UNDECIDED,
                     name);
}

static void
show_rts(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    struct oa_rts *rts = wmem_new0(pinfo->pool, struct oa_rts);
    wmem_strbuf_t *line = wmem_strbuf_new(pinfo->pool, NULL);
    char name[OA_RTS_NAME_TEXT];

    oa_rts_parse(tvb_get_ptr(tvb, 0, -1), tvb_captured_length(tvb), rts);
    name_text(unit, name);
    wmem_strbuf_append(line, name);
    if (unit->vc)
        wmem_strbuf_append_printf(line, ", virtual connection %u", (unsigned)unit->vc->number);
    append_summary(line, rts);
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "RPCH");
    add_info(pinfo, wmem_strbuf_get_str(line), begins_frame(place));

    proto_item *item = proto_tree_add_item(place->tree, proto_rpch, tvb, 0, -1, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_rpch);
    proto_item_append_text(item, ", %s", wmem_strbuf_get_str(line));
    proto_item *pdu = generated(proto_tree_add_string(tree, hf_pdu, tvb, 0, 0, name));
    if (unit->rts_name.unexpected)
        expert_add_info(pinfo, pdu, &ei_unexpected);
    else if (unit->rts_name.r1 == OA_RTS_UNKNOWN)
        expert_add_info(pinfo, pdu, &ei_unknown_pdu);
    show_context(place, tree, unit->vc);
    if (unit->vc && unit->vc->has_cookie)
        generated(
            proto_tree_add_guid(tree, hf_vc_cookie, tvb, 0, 0,
                                (e_guid_t *)wmem_memdup(pinfo->pool, unit->vc->cookie.bytes, 16)));
    show_rts_header(tree, tvb);
    show_commands(tree, tvb, pinfo, rts);
}

static void
call_dcerpc(const struct rpch_place *place, const struct oa_virtual_connection *vc, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    const struct oa_channel *channel = place->channel;
    address *client = place->side == OA_CLIENT ? &pinfo->src : &pinfo->dst;
    address *server = place->side == OA_CLIENT ? &pinfo->dst : &pinfo->src;
    guint16 can_desegment = pinfo->can_desegment;

    if (vc)
        conversation_set_conv_addr_port_endpoints(pinfo, client, server, CONVERSATION_TCP,
                                                  VC_PORT_BASE + (guint32)vc->number,
                                                  channel->endpoint[OA_SERVER].port);
    p_add_proto_data(pinfo->pool, pinfo, proto_rpch, RPCH_PACKET_VC, (void *)vc);
    pinfo->can_desegment = 0;
    TRY
    {
        /* Shows the bytes as data if stock DCE/RPC refuses them, or is switched off. */
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
}

/* Links to the other half of the call; those forward are known on later visits only. */
static void
show_call(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
          const struct oa_rpc_header *header, const struct oa_call *call)
{
    if (place->side == OA_CLIENT && call->response.is_complete)
        generated(proto_tree_add_uint(tree, hf_response_in, tvb, 0, 0,
                                      (guint32)call->response.last.frame));
    if (place->side == OA_SERVER && call->request.fragments) {
        int64_t ns = call->response.last.time_ns - call->request.last.time_ns;
        nstime_t time = { ns / 1000000000, (int)(ns % 1000000000) };
        generated(
            proto_tree_add_uint(tree, hf_request_in, tvb, 0, 0, (guint32)call->request.last.frame));
        if (header->ptype == OA_RPC_FAULT || (header->flags & OA_RPC_LAST_FRAG))
            generated(proto_tree_add_time(tree, hf_time, tvb, 0, 0, &time));
    }
}

static void
show_rpc(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    struct oa_rpc_pdu *rpc = wmem_new0(pinfo->pool, struct oa_rpc_pdu);

    oa_rpc_parse(tvb_get_ptr(tvb, 0, -1), tvb_captured_length(tvb), rpc);
    proto_item *item = proto_tree_add_item(place->tree, proto_rpch, tvb, 0, -1, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_rpch);
    proto_item_append_text(item, ", RPC %s", oa_rpc_ptype_name(rpc->header.ptype));
    if (unit->vc)
        proto_item_append_text(item, ", virtual connection %u", (unsigned)unit->vc->number);
    proto_item_append_text(item, ", call %u", rpc->header.call_id);
    show_context(place, tree, unit->vc);
    proto_tree_add_item(tree, hf_rpc_ptype, tvb, 2, 1, ENC_NA);
    generated(proto_tree_add_uint(tree, hf_rpc_call_id, tvb, 12, 4, rpc->header.call_id));
    if (unit->call)
        show_call(place, tree, tvb, &rpc->header, unit->call);
    for (unsigned i = 0; i < rpc->n_results; i++)
        if (rpc->results[i].result == 1 || rpc->results[i].result == 2)
            expert_add_info_format(pinfo, item, &ei_rejected,
                                   "Presentation context %u of the bind is rejected", i);
    if (rpc->verifier.present && rpc->header.ptype >= OA_RPC_BIND) {
        struct oa_auth *auth = wmem_new(pinfo->pool, struct oa_auth);
        if (oa_auth_from_token(rpc->verifier.value, rpc->verifier.value_length, auth))
            show_auth(tree, tvb, pinfo, auth);
    }

    if (begins_frame(place))
        col_clear(pinfo->cinfo, COL_INFO);
    else
        col_append_str(pinfo->cinfo, COL_INFO, ", ");
    col_set_fence(pinfo->cinfo, COL_INFO);
    call_dcerpc(place, unit->vc, tvb);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

static void
show_bytes(const struct rpch_place *place, const struct rpch_unit *unit, int offset)
{
    proto_item *item = proto_tree_add_item(place->tree, proto_rpch, place->tvb, offset,
                                           (gint)unit->length, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_rpch);
    const char *what = unit->type == OA_EVENT_CHUNK       ? "chunk framing"
                       : unit->type == OA_EVENT_HTTP_BODY ? "HTTP body"
                                                          : "bytes passed over";
    int hf = unit->type == OA_EVENT_CHUNK       ? hf_chunk
             : unit->type == OA_EVENT_HTTP_BODY ? hf_body
                                                : hf_skipped;

    proto_item_append_text(item, ", %u bytes of %s", unit->length, what);
    show_context(place, tree, unit->vc);
    item = proto_tree_add_item(tree, hf, place->tvb, offset, (gint)unit->length, ENC_NA);
    if (unit->type == OA_EVENT_CHUNK)
        return;
    if (unit->type == OA_EVENT_SKIPPED)
        expert_add_info_format(
            place->pinfo, item, &ei_skipped,
            "%u bytes are no PDU and no HTTP head; decoding takes up again behind them",
            unit->length);
    col_set_str(place->pinfo->cinfo, COL_PROTOCOL, "RPCH");
    add_info(place->pinfo,
             wmem_strdup_printf(place->pinfo->pool, "%u bytes of %s", unit->length, what),
             begins_frame(place));
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
        show_rts(place, unit, tvb);
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
        { &hf_channel,
          { "Channel", "rpch.channel", FT_UINT32, BASE_DEC, VALS(channel_kinds), 0,
            "IN or OUT channel", HFILL } },
        { &hf_channel_number,
          { "Channel number", "rpch.channel.number", FT_UINT32, BASE_DEC, NULL, 0,
            "Channel instance, numbered in order of appearance", HFILL } },
        { &hf_pdu,
          { "PDU", "rpch.pdu", FT_STRING, BASE_NONE, NULL, 0, "Name of the RTS PDU", HFILL } },
        { &hf_vc_cookie,
          { "Virtual connection cookie", "rpch.vc.cookie", FT_GUID, BASE_NONE, NULL, 0, NULL,
            HFILL } },
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
        { &hf_auth_scheme,
          { "Authentication scheme", "rpch.auth.scheme", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_auth_mechanism,
          { "Authentication mechanism", "rpch.auth.mechanism", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_auth_ntlm_type,
          { "NTLM message type", "rpch.auth.ntlm_type", FT_UINT32, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_auth_user, { "User", "rpch.auth.user", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_auth_domain,
          { "Domain", "rpch.auth.domain", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_auth_workstation,
          { "Workstation", "rpch.auth.workstation", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_auth_server,
          { "Authenticating server", "rpch.auth.server", FT_STRING, BASE_NONE, NULL, 0,
            "Computer name in the target information", HFILL } },
        { &hf_rts_version,
          { "Version", "rpch.rts.rpc_vers", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rts_version_minor,
          { "Minor version", "rpch.rts.rpc_vers_minor", FT_UINT8, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_rts_ptype,
          { "Packet type", "rpch.rts.ptype", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rts_pfc_flags,
          { "PFC flags", "rpch.rts.pfc_flags", FT_UINT8, BASE_HEX, NULL, 0, NULL, HFILL } },
        { &hf_rts_drep,
          { "Data representation", "rpch.rts.drep", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL } },
        { &hf_rts_frag_length,
          { "Fragment length", "rpch.rts.frag_length", FT_UINT16, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_rts_auth_length,
          { "Auth length", "rpch.rts.auth_length", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rts_call_id,
          { "Call id", "rpch.rts.call_id", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rts_flags, { "Flags", "rpch.flags", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL } },
        { &hf_rts_flag_ping,
          { "RTS_FLAG_PING", "rpch.flags.ping", FT_BOOLEAN, 16, NULL, OA_RTS_FLAG_PING, NULL,
            HFILL } },
        { &hf_rts_flag_other_cmd,
          { "RTS_FLAG_OTHER_CMD", "rpch.flags.other_cmd", FT_BOOLEAN, 16, NULL,
            OA_RTS_FLAG_OTHER_CMD, NULL, HFILL } },
        { &hf_rts_flag_recycle_channel,
          { "RTS_FLAG_RECYCLE_CHANNEL", "rpch.flags.recycle_channel", FT_BOOLEAN, 16, NULL,
            OA_RTS_FLAG_RECYCLE_CHANNEL, NULL, HFILL } },
        { &hf_rts_flag_in_channel,
          { "RTS_FLAG_IN_CHANNEL", "rpch.flags.in_channel", FT_BOOLEAN, 16, NULL,
            OA_RTS_FLAG_IN_CHANNEL, NULL, HFILL } },
        { &hf_rts_flag_out_channel,
          { "RTS_FLAG_OUT_CHANNEL", "rpch.flags.out_channel", FT_BOOLEAN, 16, NULL,
            OA_RTS_FLAG_OUT_CHANNEL, NULL, HFILL } },
        { &hf_rts_flag_eof,
          { "RTS_FLAG_EOF", "rpch.flags.eof", FT_BOOLEAN, 16, NULL, OA_RTS_FLAG_EOF, NULL,
            HFILL } },
        { &hf_rts_flag_echo,
          { "RTS_FLAG_ECHO", "rpch.flags.echo", FT_BOOLEAN, 16, NULL, OA_RTS_FLAG_ECHO, NULL,
            HFILL } },
        { &hf_rts_commands,
          { "Number of commands", "rpch.number_of_commands", FT_UINT16, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_command,
          { "Command", "rpch.command", FT_UINT32, BASE_HEX, VALS(command_names), 0, NULL, HFILL } },
        { &hf_receive_window,
          { "ReceiveWindowSize", "rpch.receive_window", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, NULL, HFILL } },
        { &hf_ack_bytes_received,
          { "BytesReceived", "rpch.ack.bytes_received", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, NULL, HFILL } },
        { &hf_ack_available_window,
          { "AvailableWindow", "rpch.ack.available_window", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, NULL, HFILL } },
        { &hf_ack_cookie,
          { "ChannelCookie", "rpch.ack.cookie", FT_GUID, BASE_NONE, NULL, 0,
            "The channel whose bytes are acknowledged", HFILL } },
        { &hf_connection_timeout,
          { "ConnectionTimeout", "rpch.connection_timeout", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_milliseconds, 0, NULL, HFILL } },
        { &hf_cookie, { "Cookie", "rpch.cookie", FT_GUID, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_channel_lifetime,
          { "ChannelLifetime", "rpch.channel_lifetime", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, NULL, HFILL } },
        { &hf_client_keepalive,
          { "ClientKeepalive", "rpch.client_keepalive", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_milliseconds, 0, NULL, HFILL } },
        { &hf_version,
          { "Version", "rpch.version", FT_UINT32, BASE_DEC, NULL, 0, "RPC over HTTP v2 version",
            HFILL } },
        { &hf_padding_length,
          { "ConformanceCount", "rpch.padding.length", FT_UINT32, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_padding, { "Padding", "rpch.padding", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_client_address_type,
          { "Address type", "rpch.client_address.type", FT_UINT32, BASE_DEC, VALS(address_types), 0,
            NULL, HFILL } },
        { &hf_client_address_ipv4,
          { "ClientAddress", "rpch.client_address.ipv4", FT_IPv4, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_client_address_ipv6,
          { "ClientAddress", "rpch.client_address.ipv6", FT_IPv6, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_association_group_id,
          { "AssociationGroupId", "rpch.association_group_id", FT_GUID, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_destination,
          { "Destination", "rpch.destination", FT_UINT32, BASE_DEC, VALS(destination_names), 0,
            NULL, HFILL } },
        { &hf_ping_traffic,
          { "PingTrafficSent", "rpch.ping_traffic_sent", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, NULL, HFILL } },
        { &hf_rpc_ptype,
          { "RPC packet type", "rpch.rpc.ptype", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rpc_call_id,
          { "RPC call id", "rpch.rpc.call_id", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_request_in,
          { "Request in", "rpch.request_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL } },
        { &hf_response_in,
          { "Response in", "rpch.response_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, NULL, HFILL } },
        { &hf_time,
          { "Time from request", "rpch.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the end of the request to the end of the response", HFILL } },
        { &hf_chunk, { "Chunk framing", "rpch.chunk", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_skipped,
          { "Bytes passed over", "rpch.skipped", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_body, { "HTTP body", "rpch.http_body", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

void
rpch_show_register(void)
{
    static gint *ett[] = { &ett_rpch, &ett_rts_flags, &ett_rts_command };
    static ei_register_info ei[] = {
        { &ei_skipped,
          { "rpch.skipped.expert", PI_SEQUENCE, PI_WARN, "Bytes passed over", EXPFILL } },
        { &ei_cut, { "rpch.cut", PI_SEQUENCE, PI_NOTE, "Segment cut by the capture", EXPFILL } },
        { &ei_unexpected,
          { "rpch.pdu.unexpected", PI_PROTOCOL, PI_WARN, "RTS PDU is not legal at this place",
            EXPFILL } },
        { &ei_unknown_pdu,
          { "rpch.pdu.unknown", PI_UNDECODED, PI_WARN,
            "RTS PDU with a signature that no named PDU has", EXPFILL } },
        { &ei_unknown_command,
          { "rpch.command.unknown", PI_UNDECODED, PI_WARN, "RTS command of undefined type",
            EXPFILL } },
        { &ei_command_short,
          { "rpch.command.short", PI_MALFORMED, PI_ERROR, "RTS command does not fit in the PDU",
            EXPFILL } },
        { &ei_length_mismatch,
          { "rpch.length_mismatch", PI_PROTOCOL, PI_WARN, "RTS commands do not fill the PDU",
            EXPFILL } },
        { &ei_rpc_error,
          { "rpch.rpc_error.expert", PI_RESPONSE_CODE, PI_WARN, "The proxy reports an RPC error",
            EXPFILL } },
        { &ei_rejected,
          { "rpch.bind.rejected", PI_RESPONSE_CODE, PI_NOTE, "Presentation context rejected",
            EXPFILL } },
        { &ei_anonymous,
          { "rpch.auth.anonymous", PI_SECURITY, PI_NOTE, "Anonymous authentication", EXPFILL } },
    };

    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_rpch), ei, array_length(ei));
}

void
rpch_show_handoff(void)
{
    http_handle = find_dissector("http-over-tcp");
    data_handle = find_dissector("data");
    dcerpc_entry = find_heur_dissector_by_unique_short_name("dcerpc_http");
}
