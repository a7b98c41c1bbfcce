/* mapi_message.c
 * Messages of MAPI over HTTP, and which of them belong together, by what the decoder says.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_message.h"

#include <epan/conversation.h>
#include <epan/proto_data.h>

#include "decode_args.h"
#include "http/http_exchange.h"
#include "track/channel.h"
#include "track/tracker.h"

int proto_oxcmapihttp = -1;

static struct oa_tracker *tracker;

/* A TCP connection on which MAPI over HTTP was met. */
struct mapi_connection {
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
    struct frame_position *position = p_get_proto_data(pinfo->pool, pinfo, proto_oxcmapihttp, 0);

    if (!position) {
        position = wmem_new0(pinfo->pool, struct frame_position);
        p_add_proto_data(pinfo->pool, pinfo, proto_oxcmapihttp, 0, position);
    }
    return position;
}

/* --- what the decoder says --- */

static struct mapi_transaction *
transaction_of(const struct mapi_connection *connection, const struct oa_http_exchange *exchange)
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
    const struct mapi_connection *connection = event->channel->host;
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
static struct mapi_connection *
new_connection(packet_info *pinfo, const struct oa_recognition *recognition)
{
    bool by_client = recognition->sender == OA_CLIENT;
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);
    struct mapi_connection *connection = wmem_new0(wmem_file_scope(), struct mapi_connection);

    copy_address_wmem(wmem_file_scope(), &connection->client,
                      by_client ? &pinfo->src : &pinfo->dst);
    connection->client_port = by_client ? pinfo->srcport : pinfo->destport;
    connection->first_frame = pinfo->num;
    connection->transactions = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    connection->channel = oa_channel_open(tracker, recognition, by_client ? &from : &to,
                                          by_client ? &to : &from, connection, decode_stamp(pinfo));
    conversation_add_proto_data(find_or_create_conversation(pinfo), proto_oxcmapihttp, connection);
    return connection;
}

const struct mapi_connection *
mapi_connection_at(tvbuff_t *tvb, packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    struct mapi_connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto_oxcmapihttp) : NULL;
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
feed(packet_info *pinfo, struct mapi_message *message)
{
    const struct mapi_connection *connection = message->connection;
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

void
mapi_message_begin(struct mapi_message *message, packet_info *pinfo)
{
    if (message->is_begun)
        return;
    guint32 key = ++position_in_frame(pinfo)->next;
    message->is_begun = true;
    if (PINFO_FD_VISITED(pinfo)) {
        message->transaction = p_get_proto_data(wmem_file_scope(), pinfo, proto_oxcmapihttp, key);
        return;
    }
    feed(pinfo, message);
    if (message->transaction)
        p_add_proto_data(wmem_file_scope(), pinfo, proto_oxcmapihttp, key, message->transaction);
}

struct mapi_message *
mapi_message_at(const struct mapi_connection *connection, tvbuff_t *tvb, packet_info *pinfo,
                int offset)
{
    struct mapi_message *message = wmem_new0(pinfo->pool, struct mapi_message);
    size_t left = (size_t)tvb_captured_length_remaining(tvb, offset);
    const guint8 *data = tvb_get_ptr(tvb, offset, (gint)left);
    size_t length = oa_http_message_length(data, left);

    message->connection = connection;
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

struct mapi_message *
mapi_message_current(packet_info *pinfo)
{
    struct mapi_message *message = position_in_frame(pinfo)->current;

    if (message)
        mapi_message_begin(message, pinfo);
    return message;
}

void
mapi_message_set_current(packet_info *pinfo, struct mapi_message *message)
{
    position_in_frame(pinfo)->current = message;
}

guint
mapi_messages_begun(packet_info *pinfo)
{
    return position_in_frame(pinfo)->next;
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
mapi_message_register(void)
{
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}
