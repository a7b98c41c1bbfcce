/* rpch_items.c
 * Items common to all units: virtual connection and channel, flow control, idle time, findings; and
 * the Info column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_items.h"

#include <epan/unit_strings.h>

#include "items.h"
#include "rpch_connection.h"
#include "rpch_party.h"
#include "rpch_prefs.h"
#include "rpch_proto.h"
#include "rpch_tracker.h"
#include "track/channel_kind.h"
#include "track/tracker.h"
#include "track/vc_names.h"

gint rpch_ett = -1;
static gint ett_context = -1;
static gint ett_flow = -1;

static int hf_context = -1;
static int hf_vc = -1;
static int hf_service = -1;
static int hf_user = -1;
static int hf_target = -1;
static int hf_purpose = -1;
static int hf_party = -1;
static int hf_channel = -1;
static int hf_channel_number = -1;
static int hf_hop = -1;
static int hf_join = -1;
static int hf_join_certainty = -1;
static int hf_flow = -1;
static int hf_flow_sent = -1;
static int hf_flow_acknowledged = -1;
static int hf_flow_available = -1;
static int hf_flow_estimated = -1;
static int hf_flow_stall = -1;
static int hf_idle = -1;
static int hf_finding = -1;
static int hf_session = -1;

static expert_field ei_findings[OA_FINDINGS];

/* [C706] 12.6.4.1 and [MS-RPCE] 2.2.2, connection-oriented only */
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
    { 0, "client to proxy" }, { 1, "proxy to server" }, { 2, "second HTTP hop" },
    { 3, "third HTTP hop" },  { 4, "fourth HTTP hop" }, { 0, NULL },
};

static const value_string channel_kinds[] = {
    { OA_CHANNEL_UNKNOWN, "unknown" },   { OA_CHANNEL_IN, "IN" },
    { OA_CHANNEL_OUT, "OUT" },           { OA_CHANNEL_ECHO, "echo" },
    { OA_CHANNEL_DUPLEX, "IN and OUT" }, { 0, NULL },
};

proto_tree *
rpch_add_unit(const struct rpch_place *place, tvbuff_t *tvb, int offset, int length,
              proto_item **item)
{
    *item = place->tree ? proto_tree_add_item(place->tree, proto_rpch, tvb, offset, length, ENC_NA)
                        : NULL;
    return place->is_seen ? proto_item_add_subtree(*item, rpch_ett) : NULL;
}

/* Whose it is, and what for. */
static void
show_vc(const struct rpch_place *place, proto_tree *tree, proto_item *title,
        const struct oa_virtual_connection *vc)
{
    wmem_allocator_t *pool = place->pinfo->pool;
    const char *user = rpch_user(pool, vc), *target = rpch_target(pool, vc);

    generated(proto_tree_add_uint(tree, hf_vc, place->tvb, 0, 0, (guint32)vc->number));
    if (vc->iface)
        add_generated_text(tree, hf_service, place->tvb, oa_service_name(vc->iface->service));
    add_generated_text(tree, hf_user, place->tvb, user);
    add_generated_text(tree, hf_target, place->tvb, target);
    add_generated_text(tree, hf_purpose, place->tvb, oa_vc_purpose(vc));
    for (int side = OA_CLIENT; side <= OA_SERVER && proto_field_is_referenced(tree, hf_party);
         side++)
        proto_item_set_hidden(
            proto_tree_add_string(tree, hf_party, place->tvb, 0, 0,
                                  rpch_party(pool, vc, place->channel->hop, (enum oa_side)side)));
    proto_item_append_text(title, ", virtual connection %u%s%s%s%s", (unsigned)vc->number,
                           user ? " of " : "", user ? user : "", target ? " to " : "",
                           target ? target : "");
}

/* The virtual connection of a unit, or on later visits of its channel. */
static const struct oa_virtual_connection *
vc_of(const struct rpch_place *place, const struct rpch_unit *unit)
{
    const struct oa_virtual_connection *vc = rpch_vc_of(unit);

    return vc || !PINFO_FD_VISITED(place->pinfo) ? vc : oa_vc_whole(place->channel->vc);
}

void
rpch_show_context(const struct rpch_place *place, proto_tree *parent, const struct rpch_unit *unit)
{
    const struct oa_channel *channel = place->channel;
    const struct oa_virtual_connection *vc = vc_of(place, unit);

    if (!parent)
        return;
    proto_tree *tree = add_titled_tree(
        parent, hf_context, place->tvb, 0, 0, ett_context, "%s%schannel %u, %s",
        oa_channel_kind_name(channel->kind), channel->kind ? " " : "", (unsigned)channel->number,
        val_to_str_const(rpch_hop_number(channel->hop), hops, "unknown hop"));
    proto_item *title = generated(proto_tree_get_parent(tree));
    if (vc)
        show_vc(place, tree, title, vc);
    generated(
        proto_tree_add_uint(tree, hf_channel_number, place->tvb, 0, 0, (guint32)channel->number));
    generated(proto_tree_add_uint(tree, hf_channel, place->tvb, 0, 0, channel->kind));
    generated(proto_tree_add_uint(tree, hf_hop, place->tvb, 0, 0, rpch_hop_number(channel->hop)));
    add_generated_text(tree, hf_join, place->tvb, oa_join_name(channel->join));
    add_generated_text(tree, hf_join_certainty, place->tvb, oa_join_certainty(channel->join));
}

static void
show_flow(proto_tree *parent, tvbuff_t *tvb, const struct rpch_unit *unit)
{
    const struct rpch_unit_flow *flow = &unit->flow;
    const struct oa_flow known = rpch_flow_of(unit);
    proto_tree *tree = add_titled_tree(
        parent, hf_flow, tvb, 0, 0, ett_flow,
        "Flow control: %" G_GUINT64_FORMAT " bytes sent, %" G_GUINT64_FORMAT " acknowledged%s",
        flow->sent, flow->acknowledged, flow->is_estimate ? " (estimated)" : "");

    generated(tree);
    generated(proto_tree_add_uint64(tree, hf_flow_sent, tvb, 0, 0, flow->sent));
    generated(proto_tree_add_uint64(tree, hf_flow_acknowledged, tvb, 0, 0, flow->acknowledged));
    if (flow->has_window)
        generated(
            proto_tree_add_int64(tree, hf_flow_available, tvb, 0, 0, oa_flow_available(&known)));
    generated(proto_tree_add_boolean(tree, hf_flow_estimated, tvb, 0, 0, flow->is_estimate));
}

void
rpch_show_session(proto_tree *tree, tvbuff_t *tvb, const struct rpch_finding *finding)
{
    const struct oa_virtual_connection *vc =
        oa_vc_whole((struct oa_virtual_connection *)finding->vc);

    if (vc)
        generated(proto_tree_add_uint(tree, hf_session, tvb, 0, 0, (guint32)vc->number));
}

void
rpch_show_finding(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb,
                  const struct rpch_finding *finding)
{
    const struct oa_finding_row *row = &OA_FINDING_ROWS[finding->id];
    proto_item *item = generated(proto_tree_add_string(tree, hf_finding, tvb, 0, 0, row->code));

    expert_add_info_format(pinfo, item, &ei_findings[finding->id], "%s: %s", row->meaning,
                           finding->text);
}

void
rpch_show_findings(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                   tvbuff_t *tvb)
{
    packet_info *pinfo = place->pinfo;

    for (const struct rpch_finding *finding = unit->findings; finding; finding = finding->next)
        if (finding->frame == pinfo->num || !PINFO_FD_VISITED(pinfo))
            rpch_show_finding(pinfo, tree, tvb, finding);
}

void
rpch_show_facts(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                tvbuff_t *tvb)
{
    if (unit->flow.is_there && tree)
        show_flow(tree, tvb, unit);
    if (unit->stall_ns)
        add_generated_duration(tree, hf_flow_stall, tvb, unit->stall_ns);
    if (unit->idle_ns)
        add_generated_duration(tree, hf_idle, tvb, unit->idle_ns);
    rpch_show_findings(place, unit, tree, tvb);
}

bool
rpch_info_has_begun(packet_info *pinfo)
{
    const struct rpch_progress *progress = rpch_connection_progress(pinfo);

    return progress && progress->has_begun;
}

/* Whether a unit is the first one that is shown in the frame; asked once for each. */
static bool
begins_frame(const struct rpch_place *place)
{
    struct rpch_progress *progress = rpch_connection_progress(place->pinfo);
    bool begins = !progress->has_begun;

    progress->has_begun = true;
    return begins;
}

void
rpch_begin_info(const struct rpch_place *place, const struct rpch_unit *unit)
{
    column_info *cinfo = place->pinfo->cinfo;

    if (begins_frame(place)) {
        col_clear(cinfo, COL_INFO);
        const struct oa_virtual_connection *vc = vc_of(place, unit);
        if (vc && cinfo && rpch_names_in_info()) {
            const char *user = rpch_user(place->pinfo->pool, vc);
            col_append_fstr(cinfo, COL_INFO, "VC %u%s%s: ", (unsigned)vc->number, user ? ", " : "",
                            user ? user : "");
        }
    } else {
        col_append_str(cinfo, COL_INFO, ", ");
    }
    col_set_fence(cinfo, COL_INFO);
}

void
rpch_add_info(const struct rpch_place *place, const struct rpch_unit *unit, const char *text)
{
    rpch_begin_info(place, unit);
    col_append_str(place->pinfo->cinfo, COL_INFO, text);
    col_set_fence(place->pinfo->cinfo, COL_INFO);
}

bool
rpch_names_in_info(void)
{
    return rpch_prefs.info_names == RPCH_INFO_NAMES_ALWAYS ||
           (rpch_prefs.info_names == RPCH_INFO_NAMES_SEVERAL && oa_tracker_vcs(rpch_tracker()) > 1);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_context,
          { "Context", "rpch.context", FT_NONE, BASE_NONE, NULL, 0,
            "Channel, hop and virtual connection", HFILL } },
        { &hf_vc,
          { "Virtual connection", "rpch.vc", FT_UINT32, BASE_DEC, NULL, 0,
            "Number of the virtual connection, or of the connection of RPC over TCP, in order of "
            "appearance; session in the reports",
            HFILL } },
        { &hf_service,
          { "Service", "rpch.service", FT_STRING, BASE_NONE, NULL, 0,
            "What the virtual connection is used for, according to the interface that was bound: "
            "store, directory, referral, ...",
            HFILL } },
        { &hf_user,
          { "User", "rpch.user", FT_STRING, BASE_NONE, NULL, 0,
            "Who authenticated by HTTP, else by RPC, else the name in EcDoConnectEx", HFILL } },
        { &hf_target,
          { "Target", "rpch.target", FT_STRING, BASE_NONE, NULL, 0,
            "Server and port that the virtual connection leads to", HFILL } },
        { &hf_purpose,
          { "Purpose", "rpch.purpose", FT_STRING, BASE_NONE, NULL, 0,
            "What the virtual connection was used for so far, as in sessions.csv: mail, "
            "connect_only, endpoint_lookup, rd_gateway, rpcping, other",
            HFILL } },
        { &hf_party,
          { "Party", "rpch.party", FT_STRING, BASE_NONE, NULL, 0,
            "The user, else the client's address; the target with the number of the virtual "
            "connection: the rows of the tables of conversations and endpoints",
            HFILL } },
        { &hf_channel,
          { "Channel", "rpch.channel", FT_UINT32, BASE_DEC, VALS(channel_kinds), 0,
            "IN or OUT channel", HFILL } },
        { &hf_channel_number,
          { "Channel number", "rpch.channel.number", FT_UINT32, BASE_DEC, NULL, 0,
            "Channel instance, numbered in order of appearance", HFILL } },
        { &hf_hop,
          { "Hop", "rpch.hop", FT_UINT32, BASE_DEC, VALS(hops), 0,
            "Between client and proxy, or between proxy and server; the latter also for a client "
            "without a proxy",
            HFILL } },
        { &hf_join,
          { "Joined by", "rpch.join.reason", FT_STRING, BASE_NONE, NULL, 0,
            "How the channel was assigned to its virtual connection", HFILL } },
        { &hf_join_certainty,
          { "Certainty", "rpch.join.certainty", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_flow, { "Flow control", "rpch.flow", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_flow_sent,
          { "Sent", "rpch.flow.sent", FT_UINT64, BASE_DEC | BASE_UNIT_STRING, &units_byte_bytes, 0,
            "RPC bytes sent on the channel, including this PDU", HFILL } },
        { &hf_flow_acknowledged,
          { "Acknowledged", "rpch.flow.acknowledged", FT_UINT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "RPC bytes acknowledged so far", HFILL } },
        { &hf_flow_available,
          { "Available", "rpch.flow.available", FT_INT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "Bytes the sender may still send", HFILL } },
        { &hf_flow_estimated,
          { "Estimated", "rpch.flow.estimated", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "The beginning of the channel, or its acknowledgments, are not in the capture",
            HFILL } },
        { &hf_flow_stall,
          { "Wait for the window", "rpch.flow.stall", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "Time, 50 ms or more, from the previous PDU to this one, which did not fit into the "
            "window",
            HFILL } },
        { &hf_idle,
          { "Time since the previous PDU", "rpch.idle", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "On the same connection, in either direction", HFILL } },
        { &hf_finding,
          { "Finding", "rpch.finding", FT_STRING, BASE_NONE, NULL, 0,
            "Code of the finding, as in findings.csv", HFILL } },
        { &hf_session,
          { "Session", "rpch.finding.session", FT_UINT32, BASE_DEC, NULL, 0,
            "Number of the session that a finding shown with the whole frame belongs to", HFILL } },
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
rpch_items_register(expert_module_t *expert)
{
    static gint *ett[] = { &rpch_ett, &ett_context, &ett_flow };

    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    register_findings(expert);
}
