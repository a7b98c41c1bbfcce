/* native_source.c
 * The fast source: capture files through wiretap, our own TCP reassembly, the decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "native_source.h"

#include <glib.h>
#include <string.h>

#include "tcp.h"
#include "tls/tls_facts.h"
#include "track/channel.h"

#define FRAMES_BETWEEN_PROGRESS 4096

struct source {
    const struct source_sink *sink;
    struct source_result *result;
    struct oa_tracker *tracker;
};

/* What is kept of each TCP connection. */
struct flow {
    struct source *source;
    struct connection *connection;
    struct oa_channel *channel;
    struct oa_tls *tls; /* the connection began as TLS does */
    bool has_begun;     /* its first bytes have come */
    /* The beginning of a segment that may turn out to be ours, by sender. */
    struct held {
        GByteArray *bytes;
        struct oa_stamp stamp;
    } held[2];
};

static void
drop_held(struct held *held)
{
    if (held->bytes)
        g_byte_array_unref(held->bytes);
    held->bytes = NULL;
}

/* Returns who sent what was recognised; the sides may have been swapped by it. */
static enum oa_side
open_channel(struct flow *flow, enum oa_side side, const struct oa_recognition *recognition,
             struct oa_stamp stamp)
{
    struct connection *connection = flow->connection;
    struct source *source = flow->source;

    /* The SYN is a better witness than PDUs that either side may send. */
    if (!connection->handshake_seen && side != recognition->sender) {
        connection_swap(connection);
        side ^= 1;
    }
    flow->channel = oa_channel_open(source->tracker, recognition, &connection->endpoint[OA_CLIENT],
                                    &connection->endpoint[OA_SERVER], connection, stamp);
    source->result->channels++;
    return side;
}

static enum oa_verdict
recognise(const struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
          struct oa_recognition *recognition)
{
    const struct oa_tracker *tracker = flow->source->tracker;
    const struct oa_endpoint *endpoint = flow->connection->endpoint;
    enum oa_verdict verdict =
        oa_recognise(data, length, endpoint[side].port, endpoint[side ^ 1].port, recognition);

    if (verdict == OA_NOT_OURS && oa_rpc_may_be_header(data, length)) {
        enum oa_endpoint_known known = MAX(oa_tracker_endpoint(tracker, &endpoint[OA_CLIENT]),
                                           oa_tracker_endpoint(tracker, &endpoint[OA_SERVER]));
        verdict = oa_recognise_plain_rpc(data, length, known, recognition);
    }
    return verdict == OA_NOT_OURS ? oa_recognise_mapi_http(data, length, recognition) : verdict;
}

/* Whether the SYN says that the other side would have to say this: text in the answer of a server
 * that looks like a request makes no client of it. */
static bool
contradicts_handshake(const struct connection *connection, enum oa_side side,
                      const struct oa_recognition *recognition)
{
    bool is_certain = !recognition->is_raw || recognition->has_start;

    return connection->handshake_seen && is_certain && side != recognition->sender;
}

/*
 * Looks for what makes a connection one of ours. It may come after ordinary HTTP requests, or in
 * the middle, so every segment's beginning is looked at; one that is too short to tell is held
 * until more comes.
 */
static void
look_for_channel(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
                 struct oa_stamp stamp)
{
    struct held *held = &flow->held[side];
    struct oa_recognition recognition;
    const uint8_t *begin = data;
    size_t known = length;

    if (held->bytes) {
        g_byte_array_append(held->bytes, data, (guint)length);
        begin = held->bytes->data;
        known = held->bytes->len;
    }
    switch (recognise(flow, side, begin, known, &recognition)) {
    case OA_OURS:
        if (contradicts_handshake(flow->connection, side, &recognition))
            break;
        side = open_channel(flow, side, &recognition, held->bytes ? held->stamp : stamp);
        if (known > length)
            oa_channel_data(flow->channel, side, begin, known - length, held->stamp);
        oa_channel_data(flow->channel, side, data, length, stamp);
        break;
    case OA_MAYBE:
        if (known > OA_RECOGNISE_HEAD_MAX)
            break;
        if (!held->bytes) {
            held->stamp = stamp;
            held->bytes = g_byte_array_new();
            g_byte_array_append(held->bytes, data, (guint)length);
        }
        return;
    case OA_NOT_OURS:
        break;
    }
    drop_held(held);
}

static void
take_tls(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length)
{
    if (!oa_tls_data(flow->tls, side, data, length)) {
        oa_tls_free(flow->tls);
        flow->tls = NULL;
    }
}

/* The sender of a hello is the client, whatever was guessed without the handshake of TCP. */
static void
begin_tls(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length)
{
    if (side == OA_SERVER && !flow->connection->handshake_seen &&
        oa_tls_begins_hello(data, length)) {
        connection_swap(flow->connection);
        side = OA_CLIENT;
    }
    flow->tls = oa_tls_new();
    take_tls(flow, side, data, length);
}

static void *
on_opened(void *context, struct connection *connection)
{
    struct flow *flow = g_new0(struct flow, 1);

    flow->source = context;
    flow->connection = connection;
    return flow;
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    struct flow *flow = user;

    if (flow->channel)
        oa_channel_data(flow->channel, side, data, length, stamp);
    else if (flow->tls)
        take_tls(flow, side, data, length);
    else if (!flow->has_begun && oa_tls_may_begin(data[0]))
        begin_tls(flow, side, data, length);
    else
        look_for_channel(flow, side, data, length, stamp);
    flow->has_begun = true;
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    struct flow *flow = user;

    (void)stamp;
    drop_held(&flow->held[side]);
    if (flow->channel)
        oa_channel_lost(flow->channel, side, bytes);
    else if (flow->tls)
        oa_tls_lost(flow->tls, side);
}

static void
on_closed(void *user)
{
    struct flow *flow = user;
    const struct source_sink *sink = flow->source->sink;
    struct connection_row row = { flow->connection, flow->channel, oa_tls_facts_of(flow->tls) };

    sink->connection(sink->context, &row);
    if (flow->channel)
        oa_channel_close(flow->channel, flow->connection->ending);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        drop_held(&flow->held[side]);
    oa_tls_free(flow->tls);
    g_free(flow);
}

static void
take_frame(struct source *source, struct tcp_table *table, const struct capture_frame *frame)
{
    struct segment segment;

    source->result->frames++;
    switch (packet_decode(frame->encap, frame->data, frame->captured, frame->on_wire, &segment)) {
    case PACKET_TCP:
        source->result->tcp_segments++;
        tcp_table_segment(table, &segment, (struct oa_stamp){ frame->time_ns, frame->number });
        break;
    case PACKET_UNSUPPORTED:
        source->result->unsupported_frames++;
        break;
    case PACKET_OTHER:
    case PACKET_CUT:
        break;
    }
}

void
native_source_run(struct capture_reader *reader, const struct source_sink *sink,
                  struct source_result *result)
{
    static const struct tcp_listener listener = {
        .opened = on_opened, .data = on_data, .lost = on_lost, .closed = on_closed
    };
    struct source source = { .sink = sink, .result = result };
    struct capture_frame frame;
    enum capture_status status;
    char *message = NULL;

    memset(result, 0, sizeof *result);
    source.tracker = oa_tracker_new(sink->event, sink->context, false);
    struct tcp_table *table = tcp_table_new(&listener, &source, &TCP_DEFAULT_LIMITS);
    while ((status = capture_reader_next(reader, &frame, &message)) != CAPTURE_END &&
           !result->stopped) {
        if (status == CAPTURE_OK) {
            take_frame(&source, table, &frame);
        } else {
            result->incomplete = true;
            sink->warning(sink->context, message);
            g_clear_pointer(&message, g_free);
        }
        if (result->frames % FRAMES_BETWEEN_PROGRESS == 0)
            result->stopped = !sink->progress(sink->context, reader, result->frames);
    }
    tcp_table_free(table);
    oa_tracker_end(source.tracker);
    oa_tracker_free(source.tracker);
}
