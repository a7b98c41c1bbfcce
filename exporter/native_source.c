/* native_source.c
 * The fast source: capture files through wiretap, our own TCP reassembly, the decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "native_source.h"

#include <glib.h>
#include <string.h>

#include "tls/tls_facts.h"
#include "track/channel.h"
#include "track/tracker.h"

#define FRAMES_BETWEEN_PROGRESS 4096

struct source {
    const struct source_sink *sink;
    struct source_result *result;
    struct oa_tracker *tracker;
};

/* What is kept of each TCP connection. */
struct flow {
    struct oa_channel *channel;
    struct oa_tls *tls; /* the connection began as TLS does */
    bool has_begun;     /* its first bytes have come */
    /* The beginning of a segment that may turn out to be ours, by sender. */
    struct held {
        GByteArray *bytes;
        struct oa_stamp stamp;
    } held[2];
};

static struct oa_stamp
stamp_of(struct tcp_stamp stamp)
{
    return (struct oa_stamp){ stamp.time_ns, stamp.frame };
}

static void
endpoint_of(const struct tcp_connection *connection, enum tcp_side side,
            struct oa_endpoint *endpoint)
{
    memcpy(endpoint->address, connection->address[side].bytes, sizeof endpoint->address);
    endpoint->port = connection->port[side];
}

static void
drop_held(struct held *held)
{
    if (held->bytes)
        g_byte_array_unref(held->bytes);
    held->bytes = NULL;
}

static enum oa_side
side_of(enum tcp_side side)
{
    return side == TCP_CLIENT ? OA_CLIENT : OA_SERVER;
}

/* Returns who sent what was recognised; the sides may have turned round by it. */
static enum tcp_side
open_channel(struct source *source, struct tcp_connection *connection, struct flow *flow,
             enum tcp_side side, const struct oa_recognition *recognition, struct oa_stamp stamp)
{
    struct oa_endpoint client, server;

    /* The SYN is a better witness than PDUs that either side may send. */
    if (!connection->handshake_seen && (side == TCP_CLIENT) != (recognition->sender == OA_CLIENT)) {
        tcp_connection_swap(connection);
        side ^= 1;
    }
    endpoint_of(connection, TCP_CLIENT, &client);
    endpoint_of(connection, TCP_SERVER, &server);
    flow->channel =
        oa_channel_open(source->tracker, recognition, &client, &server, connection, stamp);
    source->result->channels++;
    return side;
}

static enum oa_endpoint_known
known_endpoint(const struct source *source, const struct tcp_connection *connection,
               enum tcp_side side)
{
    struct oa_endpoint endpoint;

    endpoint_of(connection, side, &endpoint);
    return oa_tracker_endpoint(source->tracker, &endpoint);
}

static enum oa_verdict
recognise(const struct source *source, const struct tcp_connection *connection, enum tcp_side side,
          const uint8_t *data, size_t length, struct oa_recognition *recognition)
{
    enum oa_verdict verdict =
        oa_recognise(data, length, connection->port[side], connection->port[side ^ 1], recognition);

    if (verdict == OA_NOT_OURS && oa_rpc_may_be_header(data, length)) {
        enum oa_endpoint_known known = MAX(known_endpoint(source, connection, TCP_CLIENT),
                                           known_endpoint(source, connection, TCP_SERVER));
        verdict = oa_recognise_plain_rpc(data, length, known, recognition);
    }
    return verdict == OA_NOT_OURS ? oa_recognise_mapi_http(data, length, recognition) : verdict;
}

/* Whether the SYN says that the other side would have to say this: text in the answer of a server
 * that looks like a request makes no client of it. */
static bool
contradicts_handshake(const struct tcp_connection *connection, enum tcp_side side,
                      const struct oa_recognition *recognition)
{
    bool is_certain = !recognition->is_raw || recognition->has_start;

    return connection->handshake_seen && is_certain && side_of(side) != recognition->sender;
}

/*
 * Looks for what makes a connection one of ours. It may come after ordinary HTTP requests, or in
 * the middle, so every segment's beginning is looked at; one that is too short to tell is held
 * until more comes.
 */
static void
look_for_channel(struct source *source, struct tcp_connection *connection, struct flow *flow,
                 enum tcp_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
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
    switch (recognise(source, connection, side, begin, known, &recognition)) {
    case OA_OURS:
        if (contradicts_handshake(connection, side, &recognition))
            break;
        side = open_channel(source, connection, flow, side, &recognition,
                            held->bytes ? held->stamp : stamp);
        if (known > length)
            oa_channel_data(flow->channel, side_of(side), begin, known - length, held->stamp);
        oa_channel_data(flow->channel, side_of(side), data, length, stamp);
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
take_tls(struct flow *flow, enum tcp_side side, const uint8_t *data, size_t length)
{
    if (!oa_tls_data(flow->tls, side_of(side), data, length)) {
        oa_tls_free(flow->tls);
        flow->tls = NULL;
    }
}

/* The sender of a hello is the client, whatever was guessed without the handshake of TCP. */
static void
begin_tls(struct tcp_connection *connection, struct flow *flow, enum tcp_side side,
          const uint8_t *data, size_t length)
{
    if (side == TCP_SERVER && !connection->handshake_seen && oa_tls_begins_hello(data, length)) {
        tcp_connection_swap(connection);
        side = TCP_CLIENT;
    }
    flow->tls = oa_tls_new();
    take_tls(flow, side, data, length);
}

static void
on_opened(void *context, struct tcp_connection *connection)
{
    (void)context;
    connection->user = g_new0(struct flow, 1);
}

static void
on_data(void *context, struct tcp_connection *connection, enum tcp_side side, const uint8_t *data,
        size_t length, struct tcp_stamp stamp)
{
    struct source *source = context;
    struct flow *flow = connection->user;

    if (flow->channel)
        oa_channel_data(flow->channel, side_of(side), data, length, stamp_of(stamp));
    else if (flow->tls)
        take_tls(flow, side, data, length);
    else if (!flow->has_begun && oa_tls_may_begin(data[0]))
        begin_tls(connection, flow, side, data, length);
    else
        look_for_channel(source, connection, flow, side, data, length, stamp_of(stamp));
    flow->has_begun = true;
}

static void
on_lost(void *context, struct tcp_connection *connection, enum tcp_side side, uint64_t bytes,
        struct tcp_stamp stamp)
{
    struct flow *flow = connection->user;

    (void)context;
    (void)stamp;
    drop_held(&flow->held[side]);
    if (flow->channel)
        oa_channel_lost(flow->channel, side_of(side), bytes);
    else if (flow->tls)
        oa_tls_lost(flow->tls, side_of(side));
}

static void
on_closed(void *context, struct tcp_connection *connection)
{
    static const enum oa_end ENDS[] = {
        [TCP_END_OPEN] = OA_END_OPEN,
        [TCP_END_FIN] = OA_END_FIN,
        [TCP_END_RESET] = OA_END_RESET,
        [TCP_END_REPLACED] = OA_END_REPLACED,
    };
    struct source *source = context;
    struct flow *flow = connection->user;
    struct connection_row row = { connection, flow->channel, oa_tls_facts_of(flow->tls) };

    source->sink->connection(source->sink->context, &row);
    if (row.channel)
        oa_channel_close(flow->channel, (struct oa_ending){ ENDS[connection->end],
                                                            side_of(connection->ended_by) });
    for (int side = TCP_CLIENT; side <= TCP_SERVER; side++)
        drop_held(&flow->held[side]);
    oa_tls_free(flow->tls);
    g_free(flow);
    connection->user = NULL;
}

static void
take_frame(struct source *source, struct tcp_table *table, const struct capture_frame *frame)
{
    struct segment segment;

    source->result->frames++;
    switch (packet_decode(frame->encap, frame->data, frame->captured, frame->on_wire, &segment)) {
    case PACKET_TCP:
        source->result->tcp_segments++;
        tcp_table_segment(table, &segment, (struct tcp_stamp){ frame->time_ns, frame->number });
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
