/* report_hops.c
 * hops.csv: one row for each pair of hosts and service: client, proxy, store, domain controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <string.h>

/* Pairs kept apart; those beyond are counted together. */
#define HOPS_MAX 65536

struct key {
    const char *hop, *service; /* of static tables, compared as text */
    uint8_t address[2][16];    /* by enum oa_side */
    uint16_t port;             /* of the server */
};

struct hop {
    struct key key;
    bool is_rest; /* of all pairs that are not kept apart */
    uint64_t connections, sessions;
    uint64_t tcp_seen; /* connections that are not payload only; without any, TCP's facts are
                          unknown */
    uint64_t frames[2], bytes[2], retransmitted[2], lost[2]; /* by sender */
    uint64_t refused, unanswered, reset_without_data, reset, tls_alerts;
    int64_t first_ns, last_ns;
};

struct state {
    GHashTable *hops; /* struct key -> struct hop, the key inside it */
    struct hop rest;
};

#define ROW(name) const struct hop *name = row

#define KEY_TEXT_CELL(function, member)                                                            \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(pair);                                                                                 \
        csv_text(csv, pair->is_rest ? NULL : pair->key.member);                                    \
    }

KEY_TEXT_CELL(hop_cell, hop)
KEY_TEXT_CELL(service_cell, service)

#define KEY_ADDRESS_CELL(function, side)                                                           \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(pair);                                                                                 \
        if (pair->is_rest)                                                                         \
            csv_empty(csv);                                                                        \
        else                                                                                       \
            csv_address(csv, pair->key.address[side]);                                             \
    }

KEY_ADDRESS_CELL(client_address, OA_CLIENT)
KEY_ADDRESS_CELL(server_address, OA_SERVER)

static void
server_port(struct csv *csv, const void *row)
{
    ROW(pair);
    if (pair->is_rest)
        csv_empty(csv);
    else
        csv_number(csv, pair->key.port);
}

#define KNOWN_CELL(function, member, is_known)                                                     \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(pair);                                                                                 \
        if (is_known)                                                                              \
            csv_number(csv, pair->member);                                                         \
        else                                                                                       \
            csv_empty(csv);                                                                        \
    }
#define NUMBER_CELL(function, member) KNOWN_CELL(function, member, true)
#define TCP_CELL(function, member) KNOWN_CELL(function, member, pair->tcp_seen)

NUMBER_CELL(connections, connections)
NUMBER_CELL(sessions, sessions)
TCP_CELL(frames_in, frames[OA_CLIENT])
TCP_CELL(frames_out, frames[OA_SERVER])
NUMBER_CELL(bytes_in, bytes[OA_CLIENT])
NUMBER_CELL(bytes_out, bytes[OA_SERVER])
TCP_CELL(retransmitted_in, retransmitted[OA_CLIENT])
TCP_CELL(retransmitted_out, retransmitted[OA_SERVER])
TCP_CELL(lost_in, lost[OA_CLIENT])
TCP_CELL(lost_out, lost[OA_SERVER])
TCP_CELL(refused, refused)
TCP_CELL(unanswered, unanswered)
TCP_CELL(reset_without_data, reset_without_data)
TCP_CELL(reset, reset)
TCP_CELL(tls_alerts, tls_alerts)

static void
first_seen(struct csv *csv, const void *row)
{
    ROW(pair);
    csv_time(csv, pair->first_ns);
}

static void
last_seen(struct csv *csv, const void *row)
{
    ROW(pair);
    csv_time(csv, pair->last_ns);
}

static const struct column COLUMNS_OF_HOPS[] = {
    { "hop", "text",
      "client_proxy, proxy_store, client_store, or store_dc, as in connections.csv; empty in the "
      "row of all pairs beyond the first 65536",
      hop_cell },
    { "service", "text",
      "What the connections are for, by their content, else by the server's port", service_cell },
    { "client_address", "address", "Side that opened the connections", client_address },
    { "server_address", "address", "Side that accepted the connections", server_address },
    { "server_port", "number", "TCP port of the server", server_port },
    { "connections", "count", "TCP connections", connections },
    { "sessions", "count", "Sessions with a channel on this hop, as in sessions.csv", sessions },
    { "frames_in", "count", "Frames from the client", frames_in },
    { "frames_out", "count", "Frames to the client", frames_out },
    { "bytes_in", "bytes", "TCP payload from the client, each byte once", bytes_in },
    { "bytes_out", "bytes", "TCP payload to the client, each byte once", bytes_out },
    { "first_seen", "time", "First frame", first_seen },
    { "last_seen", "time", "Last frame", last_seen },
    { "refused", "count", "Connections that the server refused by a reset", refused },
    { "unanswered", "count", "Connections whose SYN nobody answered", unanswered },
    { "reset_without_data", "count", "Connections set up and reset before any payload",
      reset_without_data },
    { "reset", "count", "Connections reset after payload", reset },
    { "tls_alerts", "count", "Connections with a TLS alert other than close_notify", tls_alerts },
    { "retransmitted_frames_in", "count",
      "Frames from the client with nothing but payload seen before", retransmitted_in },
    { "retransmitted_frames_out", "count",
      "Frames to the client with nothing but payload seen before", retransmitted_out },
    { "lost_bytes_in", "bytes", "Payload from the client that the capture does not hold", lost_in },
    { "lost_bytes_out", "bytes", "Payload to the client that the capture does not hold", lost_out },
};

/* Along the way of a call: hop, then client, server, port, service. */
static int
compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->hop, right->hop);

    if (!order)
        order = memcmp(left->address, right->address, sizeof left->address);
    if (!order)
        order = (int)left->port - (int)right->port;
    return order ? order : strcmp(left->service, right->service);
}

static gboolean
equal_keys(const void *a, const void *b)
{
    return compare_keys(a, b) == 0;
}

static guint
hash_key(const void *key)
{
    const struct key *of = key;
    guint hash = g_str_hash(of->hop) ^ g_str_hash(of->service) ^ of->port;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        for (size_t i = 0; i < sizeof of->address[side]; i++)
            hash = hash * 31 + of->address[side][i];
    return hash;
}

static void *
new_state(void)
{
    struct state *state = g_new0(struct state, 1);

    state->hops = g_hash_table_new_full(hash_key, equal_keys, NULL, g_free);
    state->rest.is_rest = true;
    return state;
}

static struct hop *
hop_of(struct state *state, const struct key *key)
{
    struct hop *hop = g_hash_table_lookup(state->hops, key);

    if (hop)
        return hop;
    if (g_hash_table_size(state->hops) >= HOPS_MAX)
        return &state->rest;
    hop = g_new0(struct hop, 1);
    hop->key = *key;
    g_hash_table_insert(state->hops, &hop->key, hop);
    return hop;
}

static void
count_failures(struct hop *hop, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool has_data = tcp->stream[OA_CLIENT].payload_bytes || tcp->stream[OA_SERVER].payload_bytes;

    if (tcp->was_refused)
        hop->refused++;
    else if (tcp->ending.how == OA_END_RESET && !has_data)
        hop->reset_without_data++;
    else if (tcp->ending.how == OA_END_RESET)
        hop->reset++;
    else if (tcp->handshake_seen && !tcp->stream[OA_SERVER].frames && !has_data)
        hop->unanswered++;
    hop->tls_alerts += row->tls && row->tls->alert.is_seen && row->tls->alert.description != 0;
}

static void
take_connection(struct report_run *run, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    const struct oa_virtual_connection *vc = row->channel ? row->channel->vc : NULL;
    uint16_t port = tcp->endpoint[OA_SERVER].port;

    if (!connection_is_of_service(row))
        return;
    struct key key = { .hop = hop_name(row->channel, port),
                       .service = service_name(row->channel, vc, port),
                       .port = port };
    memcpy(key.address[OA_CLIENT], tcp->endpoint[OA_CLIENT].address, 16);
    memcpy(key.address[OA_SERVER], tcp->endpoint[OA_SERVER].address, 16);
    struct hop *hop = hop_of(run->state, &key);
    hop->first_ns = hop->connections ? MIN(hop->first_ns, tcp->first.time_ns) : tcp->first.time_ns;
    hop->last_ns = hop->connections ? MAX(hop->last_ns, tcp->last.time_ns) : tcp->last.time_ns;
    hop->connections++;
    hop->tcp_seen += !tcp->payload_only;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        hop->frames[side] += tcp->stream[side].frames;
        hop->bytes[side] += tcp->stream[side].payload_bytes;
        hop->retransmitted[side] += tcp->stream[side].retransmitted_frames;
        hop->lost[side] += tcp->stream[side].lost_bytes;
    }
    count_failures(hop, row);
}

/* A session counts on each hop on which it is in the capture. Its last connection is told before
 * its end, so that the pair is known by then. */
static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->vc;

    if (event->type != OA_EVENT_VC_CLOSED)
        return;
    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_endpoint *endpoint = vc->endpoint[hop];
        const struct oa_channel any = { .hop = (enum oa_hop)hop, .vc = event->vc };

        if (!vc->leg_seen[hop][OA_LEG_IN] && !vc->leg_seen[hop][OA_LEG_OUT])
            continue;
        struct key key = { .hop = hop_name(&any, endpoint[OA_SERVER].port),
                           .service = service_name(&any, vc, endpoint[OA_SERVER].port),
                           .port = endpoint[OA_SERVER].port };
        memcpy(key.address[OA_CLIENT], endpoint[OA_CLIENT].address, 16);
        memcpy(key.address[OA_SERVER], endpoint[OA_SERVER].address, 16);
        struct state *state = run->state;
        struct hop *pair = g_hash_table_lookup(state->hops, &key);
        if (!pair) { /* the interface became known when the connections had ended */
            key.service = service_name(&any, NULL, key.port);
            pair = g_hash_table_lookup(state->hops, &key);
        }
        (pair ? pair : &state->rest)->sessions++;
    }
}

static void
finish(struct report_run *run)
{
    struct state *state = run->state;
    GList *keys = g_list_sort(g_hash_table_get_keys(state->hops), compare_keys);

    for (const GList *key = keys; key; key = key->next)
        report_row(run, g_hash_table_lookup(state->hops, key->data));
    g_list_free(keys);
    if (state->rest.connections)
        report_row(run, &state->rest);
}

static void
free_state(void *data)
{
    struct state *state = data;

    g_hash_table_unref(state->hops);
    g_free(state);
}

const struct report REPORT_HOPS = {
    .name = "hops",
    .row_is = "pair of hosts and service",
    .order = "by hop, client, server, port, service",
    COLUMNS(COLUMNS_OF_HOPS),
    .new_state = new_state,
    .event = take,
    .connection = take_connection,
    .finish = finish,
    .free_state = free_state,
};
