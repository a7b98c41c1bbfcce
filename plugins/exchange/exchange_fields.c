/* exchange_fields.c
 * The protocol "exchange": a summary of each request and response.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange_fields.h"

#include <epan/proto_data.h>

#include "items.h"
#include "rpc/rpc_interface.h"
#include "track/call_result.h"
#include "track/mailbox_session.h"
#include "track/vc_names.h"

int proto_exchange = -1;

static int hf_operation = -1;
static int hf_user = -1;
static int hf_mailbox = -1;
static int hf_session = -1;
static int hf_time = -1;
static int hf_failed = -1;
static int hf_repeat = -1;
static int hf_rop = -1;

static gint ett = -1;

/* What is known of a response only: from its call. */
static void
show_result(tvbuff_t *tvb, proto_tree *tree, proto_item *item,
            const struct exchange_summary *summary)
{
    const struct oa_call *call = summary->call;
    bool has_failed = oa_call_failed(call);
    int64_t ns;

    if (oa_call_latency(call, summary->hop, &ns) && ns >= 0) {
        add_generated_duration(tree, hf_time, tvb, ns);
        proto_item_append_text(item, ", %.3f ms", (double)ns / 1e6);
    }
    generated(proto_tree_add_boolean(tree, hf_failed, tvb, 0, 0, has_failed));
    if (has_failed)
        proto_item_append_text(item, ", failed");
}

const struct exchange_summary *
exchange_fields_shown(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_exchange, 0);
}

void
exchange_fields_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *parent,
                     const struct exchange_summary *summary)
{
    const char *operation = oa_rpc_operation_name(summary->iface, summary->opnum);
    char text[OA_USER_TEXT];

    if (!parent || !operation)
        return;
    /* Where nobody reads the text, the protocol hierarchy still counts the item. */
    if (!seen_tree(parent, proto_exchange)) {
        proto_tree_add_item(parent, proto_exchange, tvb, 0, 0, ENC_NA);
        return;
    }
    proto_item *item = generated(
        proto_tree_add_protocol_format(parent, proto_exchange, tvb, 0, 0, "Exchange: %s %s",
                                       operation, summary->is_response ? "response" : "request"));
    if (!exchange_fields_shown(pinfo))
        p_add_proto_data(pinfo->pool, pinfo, proto_exchange, 0,
                         wmem_memdup(pinfo->pool, summary, sizeof *summary));
    proto_tree *tree = proto_item_add_subtree(item, ett);
    add_generated_text(tree, hf_operation, tvb, operation);
    if (summary->vc)
        add_generated_text(tree, hf_user, tvb, oa_vc_user_name(summary->vc, text));
    if (summary->mailbox) {
        add_generated_text(tree, hf_mailbox, tvb, summary->mailbox->user_dn);
        generated(proto_tree_add_uint64(tree, hf_session, tvb, 0, 0, summary->mailbox->number));
    }
    if (summary->call && summary->hop != oa_call_hop(summary->call))
        generated(proto_tree_add_boolean(tree, hf_repeat, tvb, 0, 0, TRUE));
    if (summary->is_response && summary->call)
        show_result(tvb, tree, item, summary);
}

void
exchange_fields_show_rop(tvbuff_t *tvb, proto_tree *tree, const char *name)
{
    proto_item_set_hidden(proto_tree_add_string(tree, hf_rop, tvb, 0, 0, name));
}

/* For rpch. */
static int
show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    exchange_fields_show(tvb, pinfo, tree, data);
    return (int)tvb_captured_length(tvb);
}

void
exchange_fields_register(void)
{
    static hf_register_info hf[] = {
        { &hf_operation,
          { "Operation", "exchange.operation", FT_STRING, BASE_NONE, NULL, 0,
            "Operation of the interface, or request type of MAPI over HTTP", HFILL } },
        { &hf_user,
          { "User", "exchange.user", FT_STRING, BASE_NONE, NULL, 0,
            "Who authenticated by HTTP, else by RPC, else the name in the connect", HFILL } },
        { &hf_mailbox,
          { "Mailbox", "exchange.mailbox", FT_STRING, BASE_NONE, NULL, 0,
            "Distinguished name with which the mailbox session was opened", HFILL } },
        { &hf_session,
          { "Session", "exchange.session", FT_UINT64, BASE_DEC, NULL, 0,
            "Number of the mailbox session, in order of appearance", HFILL } },
        { &hf_time,
          { "Time", "exchange.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the end of the request to the end of the response", HFILL } },
        { &hf_failed,
          { "Failed", "exchange.failed", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "The call ended in a fault, or returned an error", HFILL } },
        { &hf_repeat,
          { "Repeated", "exchange.repeat", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "The call is also on a hop nearer to the client: without these frames each is counted "
            "once",
            HFILL } },
        { &hf_rop,
          { "ROP", "exchange.rop", FT_STRING, BASE_NONE, NULL, 0,
            "Name of a ROP in the request or response", HFILL } },
    };
    static gint *etts[] = { &ett };

    proto_exchange = proto_register_protocol("Microsoft Exchange", "Exchange", "exchange");
    proto_register_field_array(proto_exchange, hf, array_length(hf));
    proto_register_subtree_array(etts, array_length(etts));
    /* Without a protocol, so that it adds none to those of the frame. */
    register_dissector(EXCHANGE_SUMMARY_DISSECTOR, show, -1);
}
