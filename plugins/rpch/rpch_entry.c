/* rpch_entry.c
 * Where data arrive from TCP and TLS: they go to the connection they belong to, or to a stock
 * dissector.
 * [MS-RPCH] 2.1.2, [MS-OXCMAPIHTTP] 2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_entry.h"

#include <epan/exceptions.h>
#include <wsutil/report_message.h>

#include "decode_args.h"
#include "http_stream.h"
#include "rpch_choice.h"
#include "rpch_conversation.h"
#include "rpch_findings.h"
#include "rpch_items.h"
#include "rpch_proto.h"
#include "rpch_stream.h"
#include "rpch_tracker.h"
#include "track/channel.h"

static dissector_handle_t http_stream_handle; /* shows MAPI over HTTP; NULL: not available */

/* What the HTTP stream dissector is passed, and what decode_mapi() needs. */
struct mapi_stream {
    struct http_stream stream; /* first, so that the two convert */
    const struct rpch_connection *connection;
    const packet_info *pinfo;
};

static void
decode_mapi(const struct http_stream *stream, const uint8_t *data, size_t length,
            const struct oa_http_head *head, size_t head_at, size_t missing,
            oa_event_function on_event, void *context)
{
    const struct mapi_stream *mapi = (const struct mapi_stream *)stream;
    struct oa_channel *channel = mapi->connection->channel;
    enum oa_side side = rpch_connection_side(mapi->connection, mapi->pinfo);

    if (mapi->connection->is_closed)
        return;
    rpch_tracker_listen(on_event, context);
    oa_channel_data_with_head(channel, side, data, length, head, head_at,
                              decode_stamp(mapi->pinfo));
    oa_channel_lost(channel, side, missing);
    rpch_tracker_listen(NULL, NULL);
    rpch_findings_keep(rpch_tracker_take_findings(), 0);
}

/* To stock HTTP if the HTTP stream dissector is disabled. */
static int
dissect_mapi(const struct rpch_connection *connection, tvbuff_t *tvb, packet_info *pinfo,
             proto_tree *tree, void *data)
{
    dissector_handle_t http = connection->transport->http;
    void **kept = &((struct rpch_connection *)connection)->kept_by_mapi;
    struct mapi_stream mapi = { { http, data, rpch_names_in_info(), kept, decode_mapi },
                                connection,
                                pinfo };
    enum oa_side side = rpch_connection_side(connection, pinfo);
    bool is_first_visit = !PINFO_FD_VISITED(pinfo) && !connection->is_closed;

    if (is_first_visit) {
        rpch_connection_follow(connection, side, connection->transport->is_tls ? NULL : data);
        rpch_findings_keep(rpch_tracker_take_findings(), 0);
    }
    int taken = call_dissector_only(http_stream_handle, tvb, pinfo, tree, &mapi.stream);
    if (taken && is_first_visit) {
        guint done = pinfo->desegment_len ? (guint)pinfo->desegment_offset : (guint)taken;
        guint length = tvb_captured_length_remaining(tvb, (gint)done);
        rpch_connection_put_off(connection, side,
                                length ? tvb_get_ptr(tvb, (gint)done, (gint)length) : NULL, length,
                                decode_stamp(pinfo));
    }
    return taken ? taken : call_dissector_only(http, tvb, pinfo, tree, data);
}

/* Makes TCP pass later frames of the connection straight to us; TLS does so by itself. */
static void
keep_conversation(packet_info *pinfo, const struct rpch_connection *connection)
{
    if (!PINFO_FD_VISITED(pinfo) && pinfo->num == connection->first_frame &&
        !connection->transport->is_tls)
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num,
                                                     rpch_stream_handle());
}

/*
 * What stock HTTP finds in a tunnel (CONNECT) it passes to TCP's dissectors, and so to ours again.
 * Whether it does, it decides by its own handle with the conversation, which is therefore in its
 * place meanwhile.
 */
static int
call_stock(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
           packet_info *pinfo, proto_tree *tree, void *data)
{
    volatile int taken = 0;
    conversation_t *conversation = rpch_conversation_find(pinfo);
    bool is_ours = transport->instead && conversation &&
                   conversation_get_dissector(conversation, pinfo->num) == transport->instead;

    if (rpch_connection_in_tunnel(pinfo))
        return call_dissector_only(stock, tvb, pinfo, tree, data);
    rpch_connection_enter_stock(pinfo);
    if (is_ours)
        conversation_set_dissector_from_frame_number(conversation, pinfo->num, stock);
    TRY
    {
        taken = call_dissector_only(stock, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        if (is_ours && conversation_get_dissector(conversation, pinfo->num) == stock)
            conversation_set_dissector_from_frame_number(conversation, pinfo->num,
                                                         transport->instead);
        rpch_connection_leave_stock(pinfo);
    }
    ENDTRY;
    return taken;
}

int
rpch_dissect_or(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
                packet_info *pinfo, proto_tree *tree, void *data)
{
    enum oa_verdict verdict;
    const struct rpch_connection *connection =
        rpch_connection_at(tvb, pinfo, transport->is_tls ? NULL : data, transport, &verdict);

    /* The step in between must not lessen what TCP allows the dissectors to ask for. */
    pinfo->can_desegment = pinfo->saved_can_desegment;
    if (connection && connection->is_mapi_http)
        return dissect_mapi(connection, tvb, pinfo, tree, data);
    if (connection) {
        keep_conversation(pinfo, connection);
        return call_dissector_only(rpch_stream_handle(), tvb, pinfo, tree, data);
    }
    if (verdict == OA_MAYBE && pinfo->can_desegment > 0 &&
        tvb_captured_length(tvb) == tvb_reported_length(tvb)) {
        pinfo->desegment_offset = 0;
        pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
        return tvb_captured_length(tvb);
    }
    return call_stock(transport, stock, tvb, pinfo, tree, data);
}

enum rpch_beginning
rpch_begins(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment)
{
    struct oa_recognition recognition;

    if (rpch_connection_begins(tvb, pinfo, segment, &recognition) != OA_OURS)
        return RPCH_BEGINS_NOTHING;
    return recognition.is_mapi_http ? RPCH_BEGINS_MAPI_HTTP : RPCH_BEGINS_RPC;
}

/* Does not go through a handle: the layer of the heuristic dissector is already among the frame's
 * protocols. */
bool
rpch_claim(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
           proto_tree *tree, void *data)
{
    const struct tcpinfo *segment = transport->is_tls ? NULL : data;
    enum oa_verdict verdict;

    if (rpch_begins(tvb, pinfo, segment) != RPCH_BEGINS_RPC)
        return false;
    keep_conversation(pinfo, rpch_connection_at(tvb, pinfo, segment, transport, &verdict));
    rpch_stream_dissect(tvb, pinfo, tree, data);
    return true;
}

int
rpch_dissect_alone(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                   proto_tree *tree, void *data)
{
    wmem_list_remove_frame(pinfo->layers, wmem_list_tail(pinfo->layers));
    pinfo->curr_layer_num--;
    return rpch_dissect_or(transport, transport->http, tvb, pinfo, tree, data);
}

static void
offer(const char *table, dissector_t dissect, int proto, enum rpch_chosen what)
{
    dissector_handle_t handle = create_dissector_handle(dissect, proto);

    rpch_choice_add(handle, what);
    dissector_add_for_decode_as_with_preference(table, handle);
}

void
rpch_entry_offer(const char *table, dissector_t dissect)
{
    int mapi_http = proto_get_id_by_filter_name("oxcmapihttp");

    offer(table, dissect, proto_rpch, RPCH_CHOSEN_HTTP);
    if (http_stream_handle)
        offer(table, dissect, mapi_http, RPCH_CHOSEN_MAPI);
}

void
rpch_entry_handoff(void)
{
    http_stream_handle = find_dissector(HTTP_STREAM_DISSECTOR);
    rpch_connection_follow_mapi_http(http_stream_handle != NULL);
    if (!http_stream_handle && proto_get_id_by_filter_name("oxcmapihttp") >= 0)
        report_warning("The plugins rpch and exchange are of different builds; MAPI over HTTP is "
                       "shown without its sessions.");
}
