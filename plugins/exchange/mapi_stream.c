/* mapi_stream.c
 * The connections of MAPI over HTTP, message by message: stock HTTP dissects each of them, the
 * decoder says which ones belong together. [MS-OXCMAPIHTTP] 2.2.2, 3.1.5
 *
 * Stock HTTP hands on bodies only, by their media type. So this stands in front of it
 * (http_stream.h), cuts what it gets into messages, and shows those that had no body for the
 * plugin: PING and its answer, and whatever a server or proxy says instead of an answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange.h"

#include <epan/conversation.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>

#include "track/channel.h"
#include "track/tracker.h"
#include "decode_args.h"
#include "http/http_exchange.h"
#include "http_stream.h"

static int proto = -1;
static struct oa_tracker *tracker;

/* A TCP connection on which MAPI over HTTP was met. */
struct connection {
    struct oa_channel *channel;
    address client;
    guint32 client_port;
    guint32 first_frame;      /* where it was met */
    wmem_map_t *transactions; /* by the number of the exchange; not yet answered ones */
};

/* How far this dissection of the frame has come. */
struct frame_position {
    guint next; /* message */
    bool is_met;
    struct mapi_message *current;
};

/* The message whose bytes the decoder is being given. */
static struct {
    packet_info *pinfo;
    struct mapi_message *message;
} fed;

static struct frame_position *
position_in_frame(packet_info *pinfo)
{
    struct frame_position *position = p_get_proto_data(pinfo->pool, pinfo, proto, 0);

    if (!position) {
        position = wmem_new0(pinfo->pool, struct frame_position);
        p_add_proto_data(pinfo->pool, pinfo, proto, 0, position);
    }
    return position;
}

/* --- what the decoder says --- */

static struct mapi_transaction *
transaction_of(const struct connection *connection, const struct oa_http_exchange *exchange)
{
    gpointer key = GUINT_TO_POINTER((guint)exchange->number);
    struct mapi_transaction *transaction = wmem_map_lookup(connection->transactions, key);

    if (!transaction) {
        transaction = wmem_new0(wmem_file_scope(), struct mapi_transaction);
        transaction->type = exchange->mapi.type;
        transaction->endpoint = exchange->mapi.endpoint;
        wmem_map_insert(connection->transactions, key, transaction);
    }
    return transaction;
}

/* The first head in the bytes is that of the message; there is no other, unless stock HTTP and the
 * decoder do not agree on where messages end. */
static void
take_head(struct mapi_transaction *transaction, enum oa_side side)
{
    if (!fed.message || fed.message->transaction)
        return;
    fed.message->transaction = transaction;
    if (side == OA_CLIENT) {
        transaction->request_frame = fed.pinfo->num;
        transaction->request_time = fed.pinfo->abs_ts;
    } else {
        transaction->response_frame = fed.pinfo->num;
    }
}

static void
on_event(void *context _U_, const struct oa_event *event)
{
    if (!event->mapi)
        return;
    const struct connection *connection = event->channel->host;
    struct mapi_transaction *transaction = transaction_of(connection, event->mapi);
    if (event->type == OA_EVENT_MAPI_HEAD)
        take_head(transaction, event->side);
    else if (event->type == OA_EVENT_CALL && event->mapi->response.has_head)
        transaction->call = event->call;
    if (event->type == OA_EVENT_CALL)
        wmem_map_remove(connection->transactions, GUINT_TO_POINTER((guint)event->mapi->number));
}

/* --- connections --- */

/* First visit only. */
static struct connection *
new_connection(packet_info *pinfo, const struct oa_recognition *recognition)
{
    bool by_client = recognition->sender == OA_CLIENT;
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);
    struct connection *connection = wmem_new0(wmem_file_scope(), struct connection);

    copy_address_wmem(wmem_file_scope(), &connection->client,
                      by_client ? &pinfo->src : &pinfo->dst);
    connection->client_port = by_client ? pinfo->srcport : pinfo->destport;
    connection->first_frame = pinfo->num;
    connection->transactions = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    connection->channel = oa_channel_open(tracker, recognition, by_client ? &from : &to,
                                          by_client ? &to : &from, connection, decode_stamp(pinfo));
    conversation_add_proto_data(find_or_create_conversation(pinfo), proto, connection);
    return connection;
}

/* The connection, from the first message of MAPI over HTTP on; before it, NULL. */
static struct connection *
connection_of(tvbuff_t *tvb, packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    struct connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto) : NULL;
    struct frame_position *position = position_in_frame(pinfo);
    guint length = tvb_captured_length(tvb);
    struct oa_recognition recognition;

    if (connection && (pinfo->num > connection->first_frame || position->is_met))
        return connection;
    if ((connection && pinfo->num < connection->first_frame) ||
        oa_recognise_mapi_http(tvb_get_ptr(tvb, 0, (gint)length), length, &recognition) != OA_OURS)
        return NULL;
    if (!connection && !PINFO_FD_VISITED(pinfo))
        connection = new_connection(pinfo, &recognition);
    position->is_met = connection != NULL;
    return connection;
}

static void
feed(const struct connection *connection, packet_info *pinfo, struct mapi_message *message)
{
    guint length = tvb_captured_length(message->tvb);
    guint missing = tvb_reported_length(message->tvb) - length;
    enum oa_side side = pinfo->srcport == connection->client_port &&
                                addresses_equal(&pinfo->src, &connection->client)
                            ? OA_CLIENT
                            : OA_SERVER;

    fed.pinfo = pinfo;
    fed.message = message;
    oa_channel_data(connection->channel, side, tvb_get_ptr(message->tvb, 0, (gint)length), length,
                    decode_stamp(pinfo));
    oa_channel_lost(connection->channel, side, missing);
    fed.message = NULL;
}

/* Stock HTTP will not ask for more bytes of the message: it counts. */
static void
begin(const struct connection *connection, packet_info *pinfo, struct mapi_message *message)
{
    guint32 key = ++position_in_frame(pinfo)->next;

    message->is_begun = true;
    if (PINFO_FD_VISITED(pinfo)) {
        message->transaction = p_get_proto_data(wmem_file_scope(), pinfo, proto, key);
        return;
    }
    feed(connection, pinfo, message);
    if (message->transaction)
        p_add_proto_data(wmem_file_scope(), pinfo, proto, key, message->transaction);
}

struct mapi_message *
mapi_stream_message(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    const struct connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto) : NULL;
    struct mapi_message *message = position_in_frame(pinfo)->current;

    if (!connection || !message)
        return NULL;
    if (!message->is_begun)
        begin(connection, pinfo, message);
    return message;
}

/* --- messages --- */

/* The message at `offset`; what is not all there, or has no head, reaches to the end. */
static struct mapi_message *
message_at(tvbuff_t *tvb, packet_info *pinfo, int offset)
{
    struct mapi_message *message = wmem_new0(pinfo->pool, struct mapi_message);
    size_t left = (size_t)tvb_captured_length_remaining(tvb, offset);
    const guint8 *data = tvb_get_ptr(tvb, offset, (gint)left);
    size_t length = oa_http_message_length(data, left);

    message->tvb = length ? tvb_new_subset_length(tvb, offset, (gint)length)
                          : tvb_new_subset_remaining(tvb, offset);
    while (message->head_offset < left &&
           (data[message->head_offset] == '\r' || data[message->head_offset] == '\n'))
        message->head_offset++;
    if (oa_http_head_parse(data + message->head_offset, left - message->head_offset,
                           &message->head) != OA_HTTP_COMPLETE)
        message->head.length = 0;
    return message;
}

static void
end_message(const struct connection *connection, struct mapi_message *message, packet_info *pinfo,
            proto_tree *tree, const char *before)
{
    if (!message->is_begun)
        begin(connection, pinfo, message);
    if (message->transaction && message->head.length && !message->is_shown)
        exchange_show_mapi_head(message, pinfo, tree, before);
}

/* False when stock HTTP asks for more bytes first. The transport's data are those of the first
 * message's bytes. */
static bool
dissect_message(const struct connection *connection, struct mapi_message *message, int offset,
                packet_info *pinfo, proto_tree *tree, const struct http_stream *stream)
{
    struct frame_position *position = position_in_frame(pinfo);
    const char *info = col_get_text(pinfo->cinfo, COL_INFO);
    const char *before = position->next > 0 && info ? wmem_strdup(pinfo->pool, info) : "";

    position->current = message;
    TRY
    {
        call_dissector_only(stream->http, message->tvb, pinfo, tree,
                            offset == 0 ? stream->transport_data : NULL);
    }
    CATCH_ALL
    {
        /* The capture cut the body off. */
        position->current = NULL;
        end_message(connection, message, pinfo, tree, before);
        RETHROW;
    }
    ENDTRY;
    position->current = NULL;
    if (pinfo->desegment_len) {
        pinfo->desegment_offset += offset;
        if (position->next > 0)
            col_clear(pinfo->cinfo, COL_INFO); /* what HTTP has written behind its fence */
        return false;
    }
    end_message(connection, message, pinfo, tree, before);
    return true;
}

static int
dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    int length = (int)tvb_captured_length(tvb);
    int offset = 0;

    if (!data || length == 0 || !proto_is_protocol_enabled(find_protocol_by_id(proto)))
        return 0;
    const struct connection *connection = connection_of(tvb, pinfo);
    if (!connection)
        return 0;
    /* This step is none that what TCP allows to be asked for should lessen by. */
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    while (offset < length) {
        struct mapi_message *message = message_at(tvb, pinfo, offset);

        if (!dissect_message(connection, message, offset, pinfo, tree, data))
            break;
        offset += (int)tvb_captured_length(message->tvb);
    }
    return length;
}

static void
open_file(void)
{
    tracker = oa_tracker_new(on_event, NULL, true);
}

static void
close_file(void)
{
    oa_tracker_free(tracker);
    tracker = NULL;
}

void
mapi_stream_register(int mapi_http)
{
    proto = mapi_http;
    /* Of no protocol, so that it adds none to the frame's. */
    register_dissector(HTTP_STREAM_DISSECTOR, dissect, -1);
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}
