/* flow.c
 * From what one connection carries to the decoder: recognition, what TLS shows, the channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "flow.h"

#include <glib.h>
#include <string.h>

#include "held_bytes.h"
#include "histogram.h"
#include "tls/shape.h"
#include "tls/tls_opener.h"
#include "track/channel.h"
#include "track/connection_end.h"
#include "track/named_ports.h"
#include "track/tracker.h"

struct flow {
    struct flows *flows;
    struct connection *connection;
    struct oa_channel *channel;
    struct oa_tls *tls;                 /* the connection starts as TLS does; see flow_step.h */
    struct oa_tls_opener *opener;       /* then too, if there are keys */
    struct oa_tls_watch *watch;         /* then too */
    struct oa_shape *shape;             /* the same, if shapes are looked at */
    struct histogram *exchange_latency; /* NULL: no exchange */
    bool has_begun;                     /* its first bytes were received */
    bool is_examined[2];      /* by sender: the first bytes have been examined, or are lost */
    enum oa_before before[2]; /* by sender: what has been noted of it, see note_foreign() */
    /* By sender: the start of a segment that is too short to be recognised, or what came while
     * bytes of the other side, which may show what it is, wait behind a loss. */
    struct held_bytes held[2];
    /* By sender, what was nothing of ours as far as could be seen. */
    struct passed {
        uint64_t bytes;
        int64_t last_ns;
    } passed[2];
};

/* The SYN shows who is the client. If the source cannot see it, ports show it where only one of
 * them is a server's. */
static bool
sides_are_certain(const struct connection *connection)
{
    uint16_t client = connection->endpoint[OA_CLIENT].port;
    uint16_t server = connection->endpoint[OA_SERVER].port;

    return connection->handshake_seen ||
           (connection->payload_only && connection_sent_by_server(server, client));
}

/* So does a handshake of TLS. */
static bool
has_certain_sides(const struct flow *flow)
{
    return sides_are_certain(flow->connection) || flow->opener;
}

/* Returns who sent what was recognised, which changes if the sides are swapped. */
static enum oa_side
open_channel(struct flow *flow, enum oa_side side, const struct oa_recognition *recognition,
             struct oa_stamp stamp)
{
    struct connection *connection = flow->connection;

    g_clear_pointer(&flow->shape, oa_shape_drop);
    /* Both are better evidence than PDUs that either side may send. */
    if (!has_certain_sides(flow) && side != recognition->sender) {
        connection_swap(connection);
        side ^= 1;
    }
    flow->channel =
        oa_channel_open(flow->flows->tracker, recognition, &connection->endpoint[OA_CLIENT],
                        &connection->endpoint[OA_SERVER], connection, stamp);
    /* Exported PDUs show neither handshakes nor ends: they are taken for whole connections. */
    bool is_from_start =
        connection->handshake_seen || connection->payload_only || flow->opener != NULL;
    oa_channel_describe(flow->channel, (struct oa_known_connection){
                                           .is_in_tls = connection->is_in_tls || flow->opener,
                                           .is_from_start = is_from_start,
                                           .has_unknown_end = connection->payload_only });
    flow->channel->is_waiting = connection->is_waiting;
    flow->flows->n_channels++;
    return side;
}

/* What the capture holds of the connection before the bytes that are examined now. */
static enum oa_before
before_of(const struct flow *flow, enum oa_side side)
{
    if (flow->before[side] != OA_BEFORE_UNKNOWN)
        return flow->before[side];
    /* What the other side has sent before may wait behind a loss. */
    if (!flow->connection->handshake_seen || flow->is_examined[side] ||
        flow->connection->is_waiting[side ^ 1])
        return OA_BEFORE_UNKNOWN;
    return side == OA_CLIENT ? OA_BEFORE_CLIENT_FIRST : OA_BEFORE_SERVER_FIRST;
}

static enum oa_verdict
recognise(const struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
          enum oa_before before, struct oa_recognition *recognition)
{
    const struct oa_tracker *tracker = flow->flows->tracker;
    const struct oa_endpoint *endpoint = flow->connection->endpoint;
    enum oa_verdict verdict = oa_recognise(data, length, endpoint[side].port,
                                           endpoint[side ^ 1].port, before, recognition);

    if (verdict == OA_NOT_OURS && oa_rpc_may_be_header(data, length)) {
        enum oa_endpoint_known known = MAX(oa_tracker_endpoint(tracker, &endpoint[OA_CLIENT]),
                                           oa_tracker_endpoint(tracker, &endpoint[OA_SERVER]));
        verdict = oa_recognise_plain_rpc(data, length, known, before, recognition);
    }
    return verdict == OA_NOT_OURS ? oa_recognise_mapi_http(data, length, recognition) : verdict;
}

/* Whether what was recognised must have been sent by the other side: text in a server's response
 * that looks like a request does not make it the client. */
static bool
contradicts_sides(const struct flow *flow, enum oa_side side,
                  const struct oa_recognition *recognition)
{
    bool is_certain = !recognition->is_raw || recognition->has_start;

    return has_certain_sides(flow) && is_certain && side != recognition->sender;
}

/* What bytes that are not ours mean for the following ones, where that is not known yet. */
static void
note_foreign(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
             enum oa_before before)
{
    if (flow->before[OA_CLIENT] == OA_BEFORE_TUNNEL)
        return;
    switch (oa_foreign(data, length, before)) {
    case OA_FOREIGN_NEITHER:
        break;
    case OA_FOREIGN_OTHER_SIDE:
        flow->before[side ^ 1] = OA_BEFORE_FOREIGN;
        break;
    case OA_FOREIGN_BOTH_SIDES:
        flow->before[OA_CLIENT] = flow->before[OA_SERVER] = OA_BEFORE_FOREIGN;
        break;
    case OA_FOREIGN_TUNNEL:
        flow->before[OA_CLIENT] = flow->before[OA_SERVER] = OA_BEFORE_TUNNEL;
        break;
    }
}

/* A channel has been opened by bytes of that time: what passed by on that side may have been of it
 * if the bytes waited behind a loss, or those of the other side still do. */
static void
lose_passed(struct flow *flow, enum oa_side side, const struct passed *passed,
            struct oa_stamp stamp)
{
    if (passed->bytes &&
        (passed->last_ns > stamp.time_ns || flow->connection->is_waiting[side ^ 1]))
        oa_channel_lost(flow->channel, side, passed->bytes);
}

static void
pass(struct flow *flow, enum oa_side side, size_t bytes, struct oa_stamp stamp)
{
    flow->passed[side].bytes += bytes;
    flow->passed[side].last_ns = stamp.time_ns;
}

/* Whether the bytes may be those of a channel that what waits of the other side will show: of a
 * server on a port that nothing names, whose client's bind is lost. */
static bool
may_be_shown(const struct flow *flow, enum oa_side side, const uint8_t *data, size_t length)
{
    return flow->connection->is_waiting[side ^ 1] && oa_rpc_may_be_header(data, length);
}

/*
 * Recognises a connection that carries RPC or MAPI over HTTP. That may come after ordinary HTTP
 * requests, and the capture may start in the middle, so the start of every segment is checked; one
 * that is too short is held until more bytes arrive.
 */
static void
look_for_channel(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
                 struct oa_stamp stamp)
{
    struct held_bytes *held = &flow->held[side], *held_of_other = &flow->held[side ^ 1];
    const struct passed *mine = &flow->passed[side], *other = &flow->passed[side ^ 1];
    struct oa_recognition recognition;
    const uint8_t *begin = data;
    size_t known = length;
    enum oa_before before = before_of(flow, side);

    if (held->bytes) {
        held_bytes_add(held, data, length, stamp);
        begin = held->bytes->data;
        known = held->bytes->len;
    }
    enum oa_verdict verdict = recognise(flow, side, begin, known, before, &recognition);
    bool waits =
        verdict == OA_MAYBE || (verdict == OA_NOT_OURS && may_be_shown(flow, side, begin, known));
    if (waits && known <= OA_RECOGNISE_HEAD_MAX) {
        if (!held->bytes)
            held_bytes_add(held, data, length, stamp);
        return;
    }
    if (verdict == OA_OURS && !contradicts_sides(flow, side, &recognition)) {
        side = open_channel(flow, side, &recognition, held->bytes ? held_bytes_begin(held) : stamp);
        if (held->bytes)
            held_bytes_give(held, flow->channel, side);
        else
            oa_channel_data(flow->channel, side, data, length, stamp);
        if (recognition.is_raw) /* else it begins here, behind other messages of HTTP */
            lose_passed(flow, side, mine, stamp);
        lose_passed(flow, side ^ 1, other, stamp);
        held_bytes_give(held_of_other, flow->channel, side ^ 1);
    } else if (verdict == OA_NOT_OURS) {
        note_foreign(flow, side, begin, known, before);
        pass(flow, side, known, stamp);
    }
    flow->is_examined[side] = true;
    held_bytes_drop(held);
}

/* --- without TLS, or inside of it --- */

static void
take_plain(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
           struct oa_stamp stamp)
{
    if (flow->channel)
        oa_channel_data(flow->channel, side, data, length, stamp);
    else
        look_for_channel(flow, side, data, length, stamp);
}

/* What was received so far cannot be completed; a channel is to be told itself. Returns whose bytes
 * are missing, which changes if the sides are swapped. */
static enum oa_side
break_off(struct flow *flow, enum oa_side side)
{
    const struct oa_endpoint *endpoint = flow->connection->endpoint;
    struct held_bytes held = flow->held[side];
    struct oa_recognition recognition;

    flow->held[side] = (struct held_bytes){ 0 };
    flow->is_examined[side] = true;
    if (held.bytes && !flow->channel &&
        oa_recognise_cut(held.bytes->data, held.bytes->len, endpoint[side].port,
                         endpoint[side ^ 1].port, &recognition) == OA_OURS &&
        !contradicts_sides(flow, side, &recognition)) {
        side = open_channel(flow, side, &recognition, held_bytes_begin(&held));
        held_bytes_give(&held, flow->channel, side);
    } else if (held.bytes) {
        pass(flow, side, held.bytes->len, held_bytes_end(&held));
    }
    held_bytes_drop(&held);
    return side;
}

static void
lose_plain(struct flow *flow, enum oa_side side, uint64_t bytes)
{
    side = break_off(flow, side);
    if (flow->channel)
        oa_channel_lost(flow->channel, side, bytes);
}

/* --- TLS --- */

static void
begin_tls(struct flow *flow, const struct flow_step *step)
{
    const struct flows *flows = flow->flows;
    const struct oa_endpoint *endpoint = flow->connection->endpoint;

    flow->tls = step->tls;
    flow->opener = step->opener;
    if (!flow->watch)
        flow->watch = oa_tls_watch_new(flows->tracker, &endpoint[OA_CLIENT], &endpoint[OA_SERVER]);
    if (flows->shapes)
        flow->shape = oa_shape_new(flows->shapes, flow->tls, &endpoint[OA_CLIENT],
                                   &endpoint[OA_SERVER], flow->connection->is_waiting, flow);
}

static void
forget_tls(struct flow *flow)
{
    flow->tls = NULL;
    flow->opener = NULL;
    g_clear_pointer(&flow->shape, oa_shape_drop);
}

struct flow *
flow_open(struct flows *flows, struct connection *connection)
{
    struct flow *flow = g_new0(struct flow, 1);

    connection->number = flows->n_connections++;
    flow->flows = flows;
    flow->connection = connection;
    return flow;
}

void
flow_take_exchange(void *flow, const struct oa_estimated_call *exchange)
{
    struct flow *of = flow;
    struct connection_exchanges *sums = &of->connection->exchanges;

    sums->n++;
    if (!exchange->response_last.frame)
        return;
    sums->answered++;
    if (!of->exchange_latency)
        of->exchange_latency = histogram_new();
    histogram_add(of->exchange_latency,
                  exchange->response_last.time_ns - exchange->request_last.time_ns);
}

/* What belongs to channels is reported with their virtual connection. */
static void
end_shape(struct flow *flow)
{
    struct connection *connection = flow->connection;
    struct connection_exchanges *sums = &connection->exchanges;
    bool is_channel = flow->shape && oa_shape_end(flow->shape, connection->last,
                                                  connection->ending.how == OA_END_OPEN);

    if (is_channel) {
        *sums = (struct connection_exchanges){ 0 };
    } else if (flow->exchange_latency) {
        sums->p50_ns = histogram_percentile(flow->exchange_latency, 50);
        sums->p95_ns = histogram_percentile(flow->exchange_latency, 95);
    }
    histogram_free(flow->exchange_latency);
}

static void
cut_plain(struct flow *flow, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    side = break_off(flow, side);
    if (flow->channel)
        oa_channel_cut(flow->channel, side, bytes, stamp);
}

size_t
flow_waiting(const struct flow *flow, enum oa_side side)
{
    const GByteArray *held = flow->held[side].bytes;

    if (flow->channel)
        return oa_channel_waiting(flow->channel, side);
    return held ? held->len : 0;
}

bool
flow_is_busy(const struct flow *flow, enum oa_side side)
{
    const struct oa_channel *channel = flow->channel;

    return side == OA_CLIENT && channel && channel->vc && oa_hop_is_http(channel->hop) &&
           (channel->kind == OA_CHANNEL_IN || channel->kind == OA_CHANNEL_OUT);
}

/* How it ended, and whether the capture contains one direction only. */
static struct oa_ending
ending_of(const struct connection *connection)
{
    struct oa_ending ending = connection->ending;

    for (int side = OA_CLIENT; side <= OA_SERVER && !connection->payload_only; side++)
        if (!connection->stream[side].frames) {
            ending.is_one_way = true;
            ending.silent = (enum oa_side)side;
        }
    return ending;
}

static bool
is_attempt(const struct flow *flow)
{
    const struct connection *connection = flow->connection;

    return !flow->has_begun && connection->handshake_seen &&
           oa_named_ports_has(flow->flows->tracker, connection->endpoint[OA_SERVER].port);
}

static void
report_end(const struct flow *flow)
{
    const struct connection *tcp = flow->connection;
    const struct connection_stream *in = &tcp->stream[OA_CLIENT], *out = &tcp->stream[OA_SERVER];

    struct oa_tls_outcome opened = { .why_not = flow->tls ? OA_TLS_WITHOUT_KEYS : NULL };

    if (flow->opener)
        opened = oa_tls_opener_outcome(flow->opener);
    oa_connection_ended(
        flow->flows->tracker,
        &(struct oa_connection_end){ .host = (void *)tcp,
                                     .channel = flow->channel,
                                     .tls = oa_tls_facts_of(flow->tls),
                                     .opened = opened,
                                     .server = tcp->endpoint[OA_SERVER],
                                     .watch = flow->watch,
                                     .ending = tcp->ending,
                                     .begin_ns = tcp->first.time_ns,
                                     .last = tcp->last,
                                     .has_data = in->payload_bytes || out->payload_bytes,
                                     .is_attempt = is_attempt(flow),
                                     .was_refused = tcp->was_refused,
                                     .lost_bytes = { in->lost_bytes, out->lost_bytes } });
}

/* What was shown of TLS is the flow's by now. */
static void
close_flow(struct flow *flow)
{
    connections_add_given_up(&flow->flows->given_up, flow->connection);
    end_shape(flow);
    report_end(flow);
    if (flow->channel)
        oa_channel_close(flow->channel, ending_of(flow->connection));
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        held_bytes_drop(&flow->held[side]);
    oa_tls_watch_free(flow->watch);
    oa_tls_free(flow->tls);
    oa_tls_opener_free(flow->opener);
    g_free(flow);
}

void
flow_take(void *to, const struct flow_step *step)
{
    struct flow *flow = to;

    switch (step->kind) {
    case FLOW_TLS:
        begin_tls(flow, step);
        break;
    case FLOW_TLS_SENT:
        flow->has_begun = true;
        oa_tls_watch_data(flow->watch, step->side, step->data, step->length);
        break;
    case FLOW_TLS_READ:
        oa_shape_data(flow->shape, step->side, step->data, step->length, step->stamp);
        break;
    case FLOW_TLS_LOST:
        oa_shape_lost(flow->shape, step->side, step->length);
        break;
    case FLOW_TLS_CUT:
        oa_shape_cut(flow->shape, step->side, step->length, step->stamp);
        break;
    case FLOW_NOT_TLS:
        forget_tls(flow);
        break;
    case FLOW_DATA:
        flow->has_begun = true;
        take_plain(flow, step->side, step->data, step->length, step->stamp);
        break;
    case FLOW_LOST:
        lose_plain(flow, step->side, step->length);
        break;
    case FLOW_CUT:
        cut_plain(flow, step->side, step->length, step->stamp);
        break;
    case FLOW_COUNTED:
        if (flow->flows->counted)
            flow->flows->counted(flow->flows->context, flow->connection, step->stamp);
        break;
    case FLOW_CLOSED:
        close_flow(flow);
        break;
    }
}

/* --- connections that have ended --- */

static struct connection_row
row_of(const struct oa_connection_end *end)
{
    return (struct connection_row){ .tcp = end->host,
                                    .channel = end->channel,
                                    .tls = end->tls,
                                    .opened = end->opened,
                                    .is_attempt = end->is_attempt };
}

static void
on_ended(void *context, const struct oa_connection_end *end)
{
    const struct flows *flows = context;
    const struct connection_row row = row_of(end);

    if (flows->on_ended)
        flows->on_ended(flows->context, &row);
}

static void
on_undecided(void *context, const uint8_t server[16], const struct oa_connection_end *end,
             uint64_t connections)
{
    const struct flows *flows = context;
    struct connection_row row;

    if (end)
        row = row_of(end);
    if (flows->undecided)
        flows->undecided(flows->context, server, end ? &row : NULL, connections);
}

static void *
keep_connection(void *connection)
{
    return g_memdup2(connection, sizeof(struct connection));
}

void
flows_begin(struct flows *flows, struct oa_tracker *tracker, connection_function function,
            void *context)
{
    *flows = (struct flows){ .tracker = tracker, .on_ended = function, .context = context };
    oa_connection_ends_listen(tracker, &(struct oa_end_listener){ .context = flows,
                                                                  .ended = on_ended,
                                                                  .keep = keep_connection,
                                                                  .forget = g_free,
                                                                  .undecided = on_undecided });
}
