/* rpch_rts.c
 * RTS PDUs in the tree: header, commands, and the sequence that the PDU is a step of.
 * [MS-RPCH] 2.2.3.5 (commands), 2.2.3.6 (header), 2.2.4 (PDUs)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_rts.h"

#include <epan/unit_strings.h>

#include "items.h"
#include "rpch_items.h"
#include "rpch_proto.h"
#include "track/sequence_steps.h"

static int hf_pdu = -1;
static int hf_vc_cookie = -1;
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
static int hf_command_part = -1;
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
static int hf_sequence = -1;
static int hf_sequence_complete = -1;
static int hf_step = -1;
static int hf_passed_on_in = -1;
static int hf_passed_on_from = -1;
static int hf_missing = -1;
static int hf_acknowledged = -1;

static gint ett_rts_flags = -1;
static gint ett_rts_command = -1;
static gint ett_sequence = -1;

static expert_field ei_unknown_command = EI_INIT;
static expert_field ei_command_short = EI_INIT;
static expert_field ei_missing = EI_INIT;

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

static const value_string address_types[] = {
    { 0, "IPv4" },
    { 1, "IPv6" },
    { 0, NULL },
};

/* How a command's number is shown in the tree, and its name in the summary line; milliseconds
 * become seconds there. */
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
    const struct oa_rts_address *client = &command->value.address;

    proto_tree_add_item(tree, hf_client_address_type, tvb, offset + 4, 4, ENC_LITTLE_ENDIAN);
    if (command->length <= 8)
        return;
    if (client->is_ipv6)
        proto_tree_add_item(tree, hf_client_address_ipv6, tvb,
                            offset + (client->sockaddr_form ? 16 : 8), 16, ENC_NA);
    else
        proto_tree_add_item(tree, hf_client_address_ipv4, tvb,
                            offset + (client->sockaddr_form ? 12 : 8), 4, ENC_BIG_ENDIAN);
}

/* What a cookie identifies follows from the number of cookies in the PDU, [MS-RPCH] 2.2.4. */
static const char *
cookie_of(const struct oa_rts *rts, size_t offset)
{
    static const char *const ROLES[][3] = { { "successor" },
                                            { "virtual connection", "channel" },
                                            { "virtual connection", "predecessor", "successor" } };
    unsigned cookies = 0, nth = 0;

    for (unsigned i = 0; i < rts->n_parsed; i++)
        if (rts->commands[i].type == OA_RTS_COOKIE) {
            nth += rts->commands[i].offset < offset;
            cookies++;
        }
    return cookies >= 1 && cookies <= array_length(ROLES) && nth < cookies ? ROLES[cookies - 1][nth]
                                                                           : "unknown";
}

static void
show_command(proto_tree *parent, tvbuff_t *tvb, int offset, const struct oa_rts *rts,
             const struct oa_rts_command *command)
{
    const struct oa_rts_command_row *row = &OA_RTS_COMMAND_ROWS[command->type];
    proto_tree *tree = add_titled_tree(parent, hf_command_part, tvb, offset, (gint)command->length,
                                       ett_rts_command, "%s", row->name);

    proto_tree_add_item(tree, hf_command, tvb, offset, 4, ENC_LITTLE_ENDIAN);
    switch (row->shape) {
    case OA_RTS_SHAPE_NONE:
        break;
    case OA_RTS_SHAPE_NUMBER:
        show_number(tree, tvb, offset, command);
        if (command->type == OA_RTS_DESTINATION)
            proto_item_append_text(tree, ": %s", oa_rts_destination_name(command->value.number));
        else
            proto_item_append_text(tree, ": %u", command->value.number);
        break;
    case OA_RTS_SHAPE_COOKIE:
        proto_tree_add_item(tree,
                            command->type == OA_RTS_ASSOCIATION_GROUP_ID ? hf_association_group_id
                                                                         : hf_cookie,
                            tvb, offset + 4, OA_COOKIE_SIZE, ENC_LITTLE_ENDIAN);
        if (command->type == OA_RTS_COOKIE)
            proto_item_append_text(tree, " of the %s", cookie_of(rts, (size_t)offset));
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

/* All commands, including more than a named PDU can have. A problem ends the walk and is reported
 * once. */
static void
show_commands(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo, const struct oa_rts *rts)
{
    struct oa_cursor cursor = oa_cursor_over(tvb_get_ptr(tvb, 0, (gint)rts->length), rts->length);
    struct oa_rts_command command;
    unsigned seen = 0;

    oa_cursor_skip(&cursor, OA_RTS_HEADER_SIZE);
    for (; seen < rts->n_commands && oa_rts_command_next(&cursor, &command); seen++)
        show_command(tree, tvb, (int)command.offset, rts, &command);
    if (seen < rts->n_commands && cursor.is_short && command.type >= OA_RTS_COMMAND_TYPES)
        expert_add_info_format(pinfo, tree, &ei_unknown_command,
                               "Command %u of %u has the undefined type 0x%x; its length is "
                               "unknown, so decoding of the PDU ends here",
                               seen + 1, rts->n_commands, command.type);
    else if (seen < rts->n_commands)
        expert_add_info_format(pinfo, tree, &ei_command_short,
                               "Command %u of %u does not fit in the PDU", seen + 1,
                               rts->n_commands);
}

/* What matters most in the PDU in one line, such as ", window 65536, timeout 120 s". */
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

/* The name; as long as it is not decided which of two it is, it contains both. */
static void
name_text(const struct rpch_unit *unit, char name[OA_RTS_NAME_TEXT])
{
    const struct oa_sequence *sequence = oa_sequence_whole(unit->sequence);

    oa_rts_name_text(unit->rts_name, sequence ? sequence->type : OA_RECYCLE_UNDECIDED, name);
}

static const char *
sequence_name(const struct oa_sequence *sequence)
{
    static const char *const NAMES[3][3] = {
        [OA_SEQUENCE_CONN] = { "CONN", "CONN", "CONN" },
        [OA_SEQUENCE_IN] = { "IN_R?", "IN_R1", "IN_R2" },
        [OA_SEQUENCE_OUT] = { "OUT_R?", "OUT_R1", "OUT_R2" },
    };
    unsigned column = sequence->type == OA_RECYCLE_R1 ? 1 : sequence->type == OA_RECYCLE_R2 ? 2 : 0;

    return NAMES[sequence->kind][column];
}

/* The steps of the sequence with their frames; on later visits including later steps. */
static void
show_sequence(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *parent,
              tvbuff_t *tvb)
{
    const struct oa_sequence *sequence = oa_sequence_whole(unit->sequence);
    enum oa_rts_pdu pdu = unit->rts_name.r1;
    char name[OA_RTS_NAME_TEXT];

    add_generated_frame(parent, hf_passed_on_in, tvb, oa_sequence_passed_on_in(sequence, pdu));
    add_generated_frame(parent, hf_passed_on_from, tvb, oa_sequence_passed_on_from(sequence, pdu));
    proto_item *item =
        generated(proto_tree_add_string(parent, hf_sequence, tvb, 0, 0, sequence_name(sequence)));
    proto_tree *tree = proto_item_add_subtree(item, ett_sequence);
    generated(proto_tree_add_boolean(tree, hf_sequence_complete, tvb, 0, 0, sequence->is_complete));
    for (unsigned i = 0; i < sequence->n_steps; i++) {
        const struct oa_sequence_step *step = &sequence->step[i];
        oa_rts_name_text(step->name, sequence->type, name);
        generated(proto_tree_add_uint_format(tree, hf_step, tvb, 0, 0, (guint32)step->stamp.frame,
                                             "%s in frame %u", name, (guint32)step->stamp.frame));
    }
    struct oa_rts_name missing = oa_sequence_missing(sequence, pdu);
    if (missing.r1 == OA_RTS_UNKNOWN || unit->vc->conn.n_steps == 0)
        return;
    oa_rts_name_text(missing, sequence->type, name);
    item = generated(proto_tree_add_string(tree, hf_missing, tvb, 0, 0, name));
    expert_add_info_format(place->pinfo, item, &ei_missing, "%s has to precede this PDU", name);
}

void
rpch_rts_show(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;
    struct oa_rts *rts = wmem_new0(pinfo->pool, struct oa_rts);
    wmem_strbuf_t *line = wmem_strbuf_new(pinfo->pool, NULL);
    char name[OA_RTS_NAME_TEXT];

    oa_rts_parse(tvb_get_ptr(tvb, 0, -1), tvb_captured_length(tvb), rts);
    name_text(unit, name);
    wmem_strbuf_append(line, name);
    size_t named = wmem_strbuf_get_len(line);
    append_summary(line, rts);
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "RTS");
    rpch_add_info(place, unit, wmem_strbuf_get_str(line));

    proto_item *item;
    proto_tree *tree = rpch_add_unit(place, tvb, 0, -1, &item);
    proto_item_append_text(item, ", %s", name);
    if (unit->vc)
        proto_item_append_text(item, ", virtual connection %u", (unsigned)rpch_vc_of(unit)->number);
    proto_item_append_text(item, "%s", wmem_strbuf_get_str(line) + named);
    generated(proto_tree_add_string(tree, hf_pdu, tvb, 0, 0, name));
    rpch_show_context(place, tree, unit);
    if (unit->vc && unit->vc->cookie_bytes == OA_COOKIE_SIZE)
        generated(
            proto_tree_add_guid(tree, hf_vc_cookie, tvb, 0, 0,
                                (e_guid_t *)wmem_memdup(pinfo->pool, unit->vc->cookie.bytes, 16)));
    if (unit->acknowledged)
        generated(proto_tree_add_uint(tree, hf_acknowledged, tvb, 0, 0,
                                      (guint32)unit->acknowledged->number));
    show_rts_header(tree, tvb);
    show_commands(tree, tvb, pinfo, rts);
    if (unit->sequence)
        show_sequence(place, unit, tree, tvb);
    rpch_show_facts(place, unit, tree, tvb);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_pdu,
          { "PDU", "rpch.pdu", FT_STRING, BASE_NONE, NULL, 0, "Name of the RTS PDU", HFILL } },
        { &hf_vc_cookie,
          { "Virtual connection cookie", "rpch.vc.cookie", FT_GUID, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_rts_version,
          { "Version", "rpch.rts.rpc_vers", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_rts_version_minor,
          { "Minor version", "rpch.rts.rpc_vers_minor", FT_UINT8, BASE_DEC, NULL, 0, NULL,
            HFILL } },
        { &hf_rts_ptype,
          { "Packet type", "rpch.rts.ptype", FT_UINT8, BASE_DEC, VALS(rpch_ptypes), 0, NULL,
            HFILL } },
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
        { &hf_command_part,
          { "Command", "rpch.rts.command", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL } },
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
        { &hf_sequence,
          { "Sequence", "rpch.sequence", FT_STRING, BASE_NONE, NULL, 0,
            "The establishment or recycling that the PDU is a step of", HFILL } },
        { &hf_sequence_complete,
          { "Complete", "rpch.sequence.complete", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "Whether its last step is in the capture", HFILL } },
        { &hf_step,
          { "Step", "rpch.sequence.step", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of a step of the sequence", HFILL } },
        { &hf_passed_on_in,
          { "Passed on in", "rpch.passed_on_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of this PDU on the next hop", HFILL } },
        { &hf_passed_on_from,
          { "Passed on from", "rpch.passed_on_from", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of this PDU on the previous hop", HFILL } },
        { &hf_missing,
          { "Missing", "rpch.sequence.missing", FT_STRING, BASE_NONE, NULL, 0,
            "PDU that has to precede this one and is not in the capture", HFILL } },
        { &hf_acknowledged,
          { "Acknowledged channel", "rpch.ack.channel", FT_UINT32, BASE_DEC, NULL, 0,
            "Number of the channel whose bytes are acknowledged", HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

void
rpch_rts_register(expert_module_t *expert)
{
    static gint *ett[] = { &ett_rts_flags, &ett_rts_command, &ett_sequence };
    static ei_register_info ei[] = {
        { &ei_unknown_command,
          { "rpch.command.unknown", PI_UNDECODED, PI_WARN, "RTS command of undefined type",
            EXPFILL } },
        { &ei_command_short,
          { "rpch.command.short", PI_PROTOCOL, PI_ERROR, "RTS command does not fit in the PDU",
            EXPFILL } },
        { &ei_missing,
          { "rpch.sequence.missing.expert", PI_SEQUENCE, PI_WARN,
            "RTS PDU without the one that has to precede it", EXPFILL } },
    };

    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
