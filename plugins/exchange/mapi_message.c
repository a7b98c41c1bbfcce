/* mapi_message.c
 * Messages of MAPI over HTTP, and which of them belong together according to the decoder.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_message.h"

#include <epan/proto_data.h>

#include "http/http_exchange.h"
#include "http/http_message.h"

int proto_oxcmapihttp = -1;

/* The message whose bytes are being passed to the decoder. */
struct feed {
    packet_info *pinfo;
    struct mapi_message *message;
    wmem_map_t *transactions; /* of its connection */
};

struct mapi_frame *
mapi_frame_find(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_oxcmapihttp, 0);
}

struct mapi_frame *
mapi_frame_of(packet_info *pinfo)
{
    struct mapi_frame *frame = mapi_frame_find(pinfo);

    if (!frame) {
        frame = wmem_new0(pinfo->pool, struct mapi_frame);
        p_add_proto_data(pinfo->pool, pinfo, proto_oxcmapihttp, 0, frame);
    }
    return frame;
}

/* --- events of the decoder --- */

/* Those of the connection that have no response yet, by the number of the exchange. */
static wmem_map_t *
transactions_of(const struct http_stream *stream)
{
    if (!*stream->kept)
        *stream->kept = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    return *stream->kept;
}

static struct mapi_transaction *
transaction_of(const struct feed *feed, const struct oa_http_exchange *exchange)
{
    gpointer key = GUINT_TO_POINTER((guint)exchange->number);
    struct mapi_transaction *transaction = wmem_map_lookup(feed->transactions, key);

    if (!transaction) {
        transaction = wmem_new0(wmem_file_scope(), struct mapi_transaction);
        transaction->type = exchange->mapi.type;
        transaction->endpoint = exchange->mapi.endpoint;
        wmem_map_insert(feed->transactions, key, transaction);
    }
    return transaction;
}

/* The first head in the bytes is that of the message. There is only one, unless stock HTTP and the
 * decoder disagree about where a message ends. */
static void
take_head(const struct feed *feed, struct mapi_transaction *transaction, enum oa_side side)
{
    if (feed->message->transaction)
        return;
    feed->message->transaction = transaction;
    if (side == OA_CLIENT) {
        transaction->request_frame = feed->pinfo->num;
        transaction->request_time = feed->pinfo->abs_ts;
    } else {
        transaction->response_frame = feed->pinfo->num;
    }
}

static void
on_event(void *context, const struct oa_event *event)
{
    const struct feed *feed = context;

    if (!event->mapi)
        return;
    struct mapi_transaction *transaction = transaction_of(feed, event->mapi);
    if (event->vc)
        transaction->session = event->vc;
    if (event->mailbox)
        transaction->mailbox = event->mailbox;
    if (event->type == OA_EVENT_MAPI_HEAD)
        take_head(feed, transaction, event->side);
    else if (event->type == OA_EVENT_CALL && event->mapi->response.has_head)
        transaction->call = event->call;
    if (event->type == OA_EVENT_CALL)
        wmem_map_remove(feed->transactions, GUINT_TO_POINTER((guint)event->mapi->number));
}

/* --- messages --- */

void
mapi_message_begin(struct mapi_message *message, packet_info *pinfo)
{
    if (message->is_begun)
        return;
    guint32 key = ++message->frame->begun;
    message->is_begun = true;
    if (PINFO_FD_VISITED(pinfo)) {
        message->transaction = p_get_proto_data(wmem_file_scope(), pinfo, proto_oxcmapihttp, key);
        return;
    }
    struct feed feed = { pinfo, message, transactions_of(message->stream) };
    guint length = tvb_captured_length(message->tvb);
    message->stream->decode(message->stream, tvb_get_ptr(message->tvb, 0, (gint)length), length,
                            &message->head, message->head_offset,
                            tvb_reported_length(message->tvb) - length, on_event, &feed);
    if (message->transaction)
        p_add_proto_data(wmem_file_scope(), pinfo, proto_oxcmapihttp, key, message->transaction);
}

struct mapi_message *
mapi_message_at(const struct http_stream *stream, tvbuff_t *tvb, packet_info *pinfo,
                struct mapi_frame *frame, int offset)
{
    struct mapi_message *message = wmem_new(pinfo->pool, struct mapi_message);
    size_t left = (size_t)tvb_captured_length_remaining(tvb, offset);
    const guint8 *data = tvb_get_ptr(tvb, offset, (gint)left);
    size_t length = oa_http_message_length(data, left, &message->head, &message->head_offset);

    message->stream = stream;
    message->frame = frame;
    message->transaction = NULL;
    message->is_begun = message->is_shown = false;
    message->tvb = length ? tvb_new_subset_length(tvb, offset, (gint)length)
                          : tvb_new_subset_remaining(tvb, offset);
    return message;
}

struct mapi_message *
mapi_message_current(packet_info *pinfo)
{
    struct mapi_frame *frame = mapi_frame_find(pinfo);
    struct mapi_message *message = frame ? frame->current : NULL;

    if (message)
        mapi_message_begin(message, pinfo);
    return message;
}
