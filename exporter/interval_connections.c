/* interval_connections.c
 * Connections and their bytes in the intervals of servers. A connection's role and service may be
 * known only at its end: its bytes wait until then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_connections.h"

#include <string.h>

#include "base/clock_steps.h"
#include "column.h"

/* An open connection that is silent for so long is taken for forgotten. */
#define FORGOTTEN_NS (4 * 3600 * NS_PER_S)

/* What has been counted of a connection. The streams are by the sides of its opening, whatever
 * these turned out to be later. */
struct traffic {
    int64_t start_ns;
    struct connection_stream stream[2];
};

struct counted {
    struct server *whole;             /* NULL: not yet known where it counts */
    const char *service;              /* of the server */
    struct connection_stream now[2];  /* everything so far */
    struct connection_stream mark[2]; /* what of it counts already; */
    int64_t start_ns;                 /* the rest does in the interval that starts then, */
    bool is_swapped;                  /* with the sides so */
    GArray *waiting;                  /* of struct traffic; NULL: none */
};

void
interval_free_counted(void *data)
{
    struct counted *counted = data;

    if (counted->waiting)
        g_array_unref(counted->waiting);
    g_free(counted);
}

static struct counted *
counted_of(struct intervals *intervals, struct connection *connection)
{
    if (!connection->counted) {
        struct counted *counted = g_new0(struct counted, 1);
        g_hash_table_add(intervals->counted, counted);
        connection->counted = counted;
    }
    return connection->counted;
}

static void
add_stream(struct connection_stream *sum, const struct connection_stream *more,
           const struct connection_stream *less)
{
    sum->frames += more->frames - less->frames;
    sum->payload_bytes += more->payload_bytes - less->payload_bytes;
    sum->retransmitted_bytes += more->retransmitted_bytes - less->retransmitted_bytes;
    sum->lost_bytes += more->lost_bytes - less->lost_bytes;
    sum->wire_bytes += more->wire_bytes - less->wire_bytes;
}

static void
add_to_row(struct interval *row, enum oa_side side, const struct connection_stream *more,
           const struct connection_stream *less)
{
    row->packets[side] += more->frames - less->frames;
    row->payload_bytes[side] += more->payload_bytes - less->payload_bytes;
    row->wire_bytes[side] += more->wire_bytes - less->wire_bytes;
    row->retransmitted_bytes += more->retransmitted_bytes - less->retransmitted_bytes;
    row->lost_bytes += more->lost_bytes - less->lost_bytes;
}

/* At the server and its service. */
static void
add_to_rows(const struct intervals *intervals, const struct counted *counted, int64_t start_ns,
            enum oa_side side, const struct connection_stream *more,
            const struct connection_stream *less)
{
    struct server *at = server_part(intervals, counted->whole, counted->service);

    for (; at; at = at->whole)
        add_to_row(server_row_starting(at, start_ns), side, more, less);
}

/* The waiting traffic of the interval. */
static struct traffic *
waiting_at(struct counted *counted, int64_t start_ns)
{
    if (!counted->waiting)
        counted->waiting = g_array_new(FALSE, TRUE, sizeof(struct traffic));
    GArray *waiting = counted->waiting;
    if (!waiting->len ||
        g_array_index(waiting, struct traffic, waiting->len - 1).start_ns != start_ns) {
        struct traffic traffic = { .start_ns = start_ns };
        g_array_append_val(waiting, traffic);
    }
    return &g_array_index(waiting, struct traffic, waiting->len - 1);
}

/* Counts in its interval what has come for the connection. */
static void
settle(const struct intervals *intervals, struct counted *counted)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(counted->now); i++) {
        const struct connection_stream *now = &counted->now[i];
        struct connection_stream *mark = &counted->mark[i];

        if (memcmp(now, mark, sizeof *mark) == 0)
            continue;
        if (counted->whole)
            add_to_rows(intervals, counted, counted->start_ns,
                        (enum oa_side)(i ^ counted->is_swapped), now, mark);
        else
            add_stream(&waiting_at(counted, counted->start_ns)->stream[i], now, mark);
        *mark = *now;
    }
}

/* Takes what has come for the connection since the last time; together with the rest of the
 * interval it counts later. */
static void
count(const struct intervals *intervals, struct counted *counted,
      const struct connection *connection, int64_t time_ns)
{
    int64_t start_ns = interval_start(intervals, time_ns);

    if (start_ns != counted->start_ns)
        settle(intervals, counted);
    counted->start_ns = start_ns;
    counted->is_swapped = connection->is_swapped;
    for (unsigned i = 0; i < G_N_ELEMENTS(counted->now); i++)
        counted->now[i] = connection->stream[i ^ connection->is_swapped];
}

void
interval_settle_connections(struct intervals *intervals)
{
    GHashTableIter all;
    void *counted, *unused;

    g_hash_table_iter_init(&all, intervals->counted);
    while (g_hash_table_iter_next(&all, &counted, &unused))
        settle(intervals, counted);
}

/* From now on it is known where the connection counts. */
static void
choose_server(const struct intervals *intervals, struct counted *counted,
              const struct connection *connection, struct server *server, const char *service)
{
    static const struct connection_stream NOTHING;

    if (counted->whole)
        return;
    counted->whole = server_whole(server);
    counted->service = service;
    for (struct server *at = server; at; at = at->whole)
        at->has_packets |= !connection->payload_only;
    for (guint i = 0; counted->waiting && i < counted->waiting->len; i++) {
        const struct traffic *traffic = &g_array_index(counted->waiting, struct traffic, i);
        for (unsigned side = OA_CLIENT; side <= OA_SERVER; side++)
            add_to_rows(intervals, counted, traffic->start_ns, (enum oa_side)side,
                        &traffic->stream[side ^ connection->is_swapped], &NOTHING);
    }
    if (counted->waiting)
        g_array_unref(counted->waiting);
    counted->waiting = NULL;
}

void
interval_take_counted(struct intervals *intervals, struct connection *connection,
                      struct oa_stamp stamp)
{
    count(intervals, counted_of(intervals, connection), connection, stamp.time_ns);
}

static bool
is_forgotten(const struct connection *connection)
{
    int64_t ended_ns;

    return !connection_has_ended(connection, &ended_ns) &&
           connection->watched_ns - connection->last.time_ns >= FORGOTTEN_NS;
}

struct span
interval_span_of(const struct connection *connection)
{
    struct span span = { .from_ns = connection->first.time_ns,
                         .was_before = !connection->handshake_seen };

    if (connection_has_ended(connection, &span.to_ns))
        return span;
    span.to_ns = is_forgotten(connection) ? connection->last.time_ns : OPEN_END;
    return span;
}

static enum server_role
role_of(const struct connection_row *row)
{
    const char *hop = hop_name(row->channel, row->tcp->endpoint[OA_SERVER].port);

    if (row->channel)
        return server_role_of_hop(row->channel->hop);
    return strcmp(hop, "store_dc") == 0       ? ROLE_DIRECTORY
           : strcmp(hop, "client_proxy") == 0 ? ROLE_PROXY
                                              : ROLE_STORE;
}

static bool
is_unanswered(const struct connection *tcp)
{
    return tcp->was_refused || !tcp->stream[OA_SERVER].frames;
}

/* What a proxy connects to belongs to its RPC over HTTP. */
static void
count_back_end(const struct intervals *intervals, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool is_silent = tcp->ending.how != OA_END_OPEN && !tcp->stream[OA_SERVER].payload_bytes;
    struct server *proxy =
        server_of(intervals, ROLE_PROXY, tcp->endpoint[OA_CLIENT].address, SERVICE_RPC_OVER_HTTP);

    server_whole(proxy)->has_back_end |= row->channel != NULL;
    for (; proxy; proxy = proxy->whole) {
        struct interval *at = server_row(intervals, proxy, tcp->first.time_ns);
        at->backend_attempts++;
        at->backend_failed += is_unanswered(tcp) || is_silent;
    }
}

/* Only clients' hops have the network between clients and servers. */
static void
note_round_trip(const struct intervals *intervals, struct interval *at,
                const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    const char *hop = hop_name(row->channel, tcp->endpoint[OA_SERVER].port);

    if (tcp->has_round_trip && g_str_has_prefix(hop, "client_") &&
        !oa_clock_stepped(intervals->clock_steps, tcp->first, tcp->last))
        interval_add_latency(&at->round_trip, tcp->round_trip_ns);
}

/* Of a connection that has ended, what TCP shows. */
static void
count_connection(const struct intervals *intervals, struct server *server,
                 const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    struct interval *first = server_row(intervals, server, tcp->first.time_ns);
    struct span span = interval_span_of(tcp);

    g_array_append_val(server->spans[CONNECTIONS], span);
    note_round_trip(intervals, first, row);
    first->connections_new += tcp->handshake_seen;
    first->connections_failed +=
        tcp->handshake_seen && (is_unanswered(tcp) || (row->tls && !row->tls->is_finished));
    server_row(intervals, server, tcp->last.time_ns)->forgotten += is_forgotten(tcp);
    bool is_one_way = !tcp->stream[0].frames || !tcp->stream[1].frames;
    if (is_one_way && (tcp->stream[0].payload_bytes || tcp->stream[1].payload_bytes)) {
        span.to_ns = tcp->last.time_ns + 1;
        g_array_append_val(server->spans[ONE_WAY], span);
    }
}

void
interval_take_connection(struct intervals *intervals, const struct connection_row *row)
{
    struct connection *tcp = row->tcp;
    const struct oa_endpoint *end = &tcp->endpoint[OA_SERVER];
    struct counted *counted = tcp->counted;

    if (connection_is_of_service(row)) {
        const char *service =
            service_name(row->channel, row->channel ? row->channel->vc : NULL, end->port);
        struct server *server = server_of(intervals, role_of(row), end->address, service);
        struct server *whole = server_whole(server);

        whole->is_proxy = whole->role == ROLE_PROXY;
        g_tree_insert(whole->services, (char *)service, NULL);
        if (counted) {
            choose_server(intervals, counted, tcp, server, service);
            count(intervals, counted, tcp, tcp->last.time_ns);
            settle(intervals, counted);
        }
        for (struct server *at = server; at && !tcp->payload_only; at = at->whole)
            count_connection(intervals, at, row);
        bool is_to_store = strcmp(hop_name(row->channel, end->port), "proxy_store") == 0;
        if (is_to_store && tcp->handshake_seen && !tcp->payload_only)
            count_back_end(intervals, row);
    }
    if (counted)
        g_hash_table_remove(intervals->counted, counted);
    tcp->counted = NULL;
}

void
interval_place_channel(struct intervals *intervals, const struct oa_channel *channel)
{
    struct connection *connection = channel->host;
    struct counted *counted = connection->counted;

    if (counted && !counted->whole && oa_hop_is_http(channel->hop) &&
        channel->kind != OA_CHANNEL_UNKNOWN)
        choose_server(intervals, counted, connection, server_of_channel(intervals, channel),
                      service_name(channel, NULL, 0));
}
