/* plain_stream.c
 * From the bytes of one connection to what it carries.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plain_stream.h"

#include <glib.h>

#include "http/http_head.h"
#include "rpc/dcerpc.h"
#include "tls/shape_records.h"

struct plain_stream {
    struct plain_streams *streams;
    struct connection *connection;
    flow_step_function take;
    void *to;
    struct oa_tls *tls;           /* the connection starts as TLS does */
    struct oa_tls_opener *opener; /* then too, if there are keys */
    struct oa_stamp opened;       /* of the bytes that are being opened */
    bool has_begun;               /* its first bytes were received */
    bool is_plain;                /* without a handshake: they were none of TLS */
};

struct plain_stream *
plain_stream_open(struct plain_streams *streams, struct connection *connection,
                  flow_step_function take, void *to)
{
    struct plain_stream *stream = g_new(struct plain_stream, 1);

    *stream = (struct plain_stream){
        .streams = streams, .connection = connection, .take = take, .to = to
    };
    return stream;
}

static void
tell(const struct plain_stream *stream, struct flow_step step)
{
    step.tls = stream->tls;
    step.opener = stream->opener;
    stream->take(stream->to, &step);
}

static void
tell_bytes(const struct plain_stream *stream, enum flow_step_kind kind, enum oa_side side,
           const uint8_t *data, uint64_t length, struct oa_stamp stamp)
{
    tell(stream, (struct flow_step){
                     .kind = kind, .side = side, .data = data, .length = length, .stamp = stamp });
}

/* --- TLS --- */

static void
on_opened(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    const struct plain_stream *stream = context;

    tell_bytes(stream, FLOW_DATA, side, data, length, stream->opened);
}

static void
on_opened_lost(void *context, enum oa_side side, uint64_t bytes)
{
    tell_bytes(context, FLOW_LOST, side, NULL, bytes, (struct oa_stamp){ 0 });
}

/* The sender of a ClientHello is the client, whatever was assumed without TCP's handshake. Returns
 * whose bytes they are, which changes if the sides are swapped. */
static enum oa_side
begin_tls(struct plain_stream *stream, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_keys *keys = stream->streams->keys;

    if (side == OA_SERVER && !stream->connection->handshake_seen &&
        oa_tls_begins_hello(data, length)) {
        connection_swap(stream->connection);
        side = OA_CLIENT;
    }
    stream->tls = oa_tls_new();
    if (keys && oa_tls_keys_are_there(keys))
        stream->opener =
            oa_tls_opener_new(stream->tls, keys,
                              &(struct oa_tls_reader){ .context = stream,
                                                       .data = on_opened,
                                                       .lost = on_opened_lost,
                                                       .room = stream->streams->room });
    tell(stream, (struct flow_step){ .kind = FLOW_TLS });
    return side;
}

static void
take_tls(struct plain_stream *stream, enum oa_side side, const uint8_t *data, size_t length,
         struct oa_stamp stamp)
{
    tell_bytes(stream, FLOW_TLS_SENT, side, data, length, stamp);
    stream->opened = stamp;
    if (!oa_tls_data(stream->tls, side, data, length, stamp)) {
        tell(stream, (struct flow_step){ .kind = FLOW_NOT_TLS });
        g_clear_pointer(&stream->tls, oa_tls_free);
        g_clear_pointer(&stream->opener, oa_tls_opener_free);
    } else if (stream->streams->shows_tls) {
        tell_bytes(stream, FLOW_TLS_READ, side, data, length, stamp);
    }
}

/* --- all connections --- */

/* What flow.c recognises as the beginning of something. */
static bool
begins_plain(const uint8_t *data, size_t length)
{
    struct oa_http_head head;

    return oa_rpc_may_be_header(data, length) ||
           oa_http_head_parse(data, length, &head) != OA_HTTP_NOT_A_HEAD;
}

/* The middle of a record may be the first thing that was captured of a connection. */
static bool
may_begin_tls(struct plain_stream *stream, const uint8_t *data, size_t length)
{
    if (stream->tls)
        return false;
    if (!stream->has_begun && oa_tls_may_begin(data[0]))
        return true;
    if (stream->is_plain || stream->connection->handshake_seen)
        return false;
    stream->is_plain = begins_plain(data, length);
    return stream->has_begun && !stream->is_plain && oa_shape_records_may_begin(data, length);
}

void
plain_stream_data(struct plain_stream *stream, enum oa_side side, const uint8_t *data,
                  size_t length, struct oa_stamp stamp)
{
    if (may_begin_tls(stream, data, length))
        side = begin_tls(stream, side, data, length);
    stream->has_begun = true;
    if (stream->tls)
        take_tls(stream, side, data, length, stamp);
    else
        tell_bytes(stream, FLOW_DATA, side, data, length, stamp);
}

void
plain_stream_lost(struct plain_stream *stream, enum oa_side side, uint64_t bytes)
{
    struct oa_stamp none = { 0 };

    tell_bytes(stream, stream->tls ? FLOW_TLS_LOST : FLOW_LOST, side, NULL, bytes, none);
    if (stream->tls)
        oa_tls_lost(stream->tls, side, bytes);
}

void
plain_stream_cut(struct plain_stream *stream, enum oa_side side, uint64_t bytes,
                 struct oa_stamp stamp)
{
    tell_bytes(stream, stream->tls ? FLOW_TLS_CUT : FLOW_CUT, side, NULL, bytes, stamp);
    if (stream->tls)
        oa_tls_lost(stream->tls, side, bytes);
}

void
plain_stream_counted(const struct plain_stream *stream, struct oa_stamp stamp)
{
    tell(stream, (struct flow_step){ .kind = FLOW_COUNTED, .stamp = stamp });
}

void
plain_stream_close(struct plain_stream *stream)
{
    if (stream->opener)
        oa_tls_opener_end(stream->opener);
    tell(stream, (struct flow_step){ .kind = FLOW_CLOSED });
    g_free(stream);
}
