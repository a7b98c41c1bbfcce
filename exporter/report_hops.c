/* report_hops.c
 * hops.csv: one row for each pair of hosts and service: client, proxy, store, domain controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tally.h"

/* Pairs with a row of their own; all others are counted together. */
#define HOPS_MAX 65536

struct key {
    const char *hop, *service; /* static strings */
    uint8_t address[2][16];    /* by enum oa_side */
    uint16_t port;             /* of the server */
};

struct row {
    struct key key;
    const uint8_t *client, *server; /* addresses; NULL in the row of all other pairs */
    uint64_t port;
    uint64_t connections, sessions;
    uint64_t frames[2], bytes[2], retransmitted[2], lost[2]; /* by sender */
    uint64_t refused, unanswered, reset_without_data, reset, tls_alerts;
    int64_t first_ns, last_ns;
};

/* clang-format off */
static const struct column COLUMNS_OF_HOPS[] = {
    { "hop", TEXT(key.hop),
      "client_proxy, proxy_store, client_store, or store_dc, as in connections.csv; empty in the "
      "row that sums up all pairs after the first 65536" },
    { "service", TEXT(key.service),
      "Purpose of the connections, from their content or else from the server's port" },
    { "client_address", ADDRESS(client), "Side that opened the connections" },
    { "server_address", ADDRESS(server), "Side that accepted the connections" },
    { "server_port", NUMBER(port), "TCP port of the server" },
    { "connections", COUNT(connections), "TCP connections" },
    { "sessions", COUNT(sessions), "Sessions with a channel on this hop, as in sessions.csv" },
    { "frames_in", COUNT(frames[OA_CLIENT]), "Frames from the client" },
    { "frames_out", COUNT(frames[OA_SERVER]), "Frames to the client" },
    { "bytes_in", BYTES(bytes[OA_CLIENT]),
      "TCP payload from the client, without retransmissions" },
    { "bytes_out", BYTES(bytes[OA_SERVER]), "TCP payload to the client, without retransmissions" },
    { "first_seen", FIRST_TIME(first_ns), "First frame" },
    { "last_seen", LAST_TIME(last_ns), "Last frame" },
    { "refused", COUNT(refused), "Connections refused by the server with a reset" },
    { "unanswered", COUNT(unanswered), "Connections whose SYN was not answered" },
    { "reset_without_data", COUNT(reset_without_data),
      "Connections that were established and reset before any payload" },
    { "reset", COUNT(reset), "Connections that were reset after payload" },
    { "tls_alerts", COUNT(tls_alerts), "Connections with a TLS alert other than close_notify" },
    { "retransmitted_frames_in", COUNT(retransmitted[OA_CLIENT]),
      "Frames from the client whose payload was already seen in full" },
    { "retransmitted_frames_out", COUNT(retransmitted[OA_SERVER]),
      "Frames to the client whose payload was already seen in full" },
    { "lost_bytes_in", BYTES(lost[OA_CLIENT]),
      "Payload from the client that is missing from the capture" },
    { "lost_bytes_out", BYTES(lost[OA_SERVER]),
      "Payload to the client that is missing from the capture" },
};
/* clang-format on */

/* Hop, client, server, port, service. */
static int
compare(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->hop, right->hop);

    if (!order)
        order = memcmp(left->address, right->address, sizeof left->address);
    if (!order)
        order = (int)left->port - (int)right->port;
    return order ? order : strcmp(left->service, right->service);
}

/* Known only if the source sees TCP itself, and TLS as it was sent. */
static void
forget_tcp(struct row *row)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        row->frames[side] = row->retransmitted[side] = row->lost[side] = NO_NUMBER;
    row->refused = row->unanswered = row->reset_without_data = row->reset = NO_NUMBER;
    row->tls_alerts = NO_NUMBER;
}

static void
begin(void *data, const void *key)
{
    struct row *row = data;

    row->port = NO_NUMBER;
    forget_tcp(row);
    row->first_ns = INT64_MAX;
    row->last_ns = NO_TIME;
    if (!key)
        return;
    row->key = *(const struct key *)key;
    row->client = row->key.address[OA_CLIENT];
    row->server = row->key.address[OA_SERVER];
    row->port = row->key.port;
}

static const struct tally_rows ROWS = {
    .size = sizeof(struct row),
    .max = HOPS_MAX,
    .compare = compare,
    .begin = begin,
};

static void
count_failures(struct row *one, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool has_data = tcp->stream[OA_CLIENT].payload_bytes || tcp->stream[OA_SERVER].payload_bytes;

    one->refused = tcp->was_refused;
    if (!one->refused && tcp->ending.how == OA_END_RESET) {
        one->reset = has_data;
        one->reset_without_data = !has_data;
    } else if (!one->refused) {
        one->unanswered = tcp->handshake_seen && !tcp->stream[OA_SERVER].frames && !has_data;
    }
    one->tls_alerts = row->tls && row->tls->alert.is_seen && row->tls->alert.description != 0;
}

static struct key
key_of(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
       const uint8_t client[16], const uint8_t server[16], uint16_t port)
{
    struct key key = { .hop = hop_name(channel, port),
                       .service = service_name(channel, vc, port),
                       .port = port };

    memcpy(key.address[OA_CLIENT], client, sizeof key.address[OA_CLIENT]);
    memcpy(key.address[OA_SERVER], server, sizeof key.address[OA_SERVER]);
    return key;
}

static void
take_connection(struct report_run *run, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    struct row one = { .connections = 1,
                       .first_ns = tcp->first.time_ns,
                       .last_ns = tcp->last.time_ns };

    if (!connection_is_of_service(row))
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        one.frames[side] = tcp->stream[side].frames;
        one.bytes[side] = tcp->stream[side].payload_bytes;
        one.retransmitted[side] = tcp->stream[side].retransmitted_frames;
        one.lost[side] = tcp->stream[side].lost_bytes;
    }
    count_failures(&one, row);
    if (tcp->payload_only)
        forget_tcp(&one);
    struct key key = key_of(row->channel, row->channel ? row->channel->vc : NULL,
                            tcp->endpoint[OA_CLIENT].address, tcp->endpoint[OA_SERVER].address,
                            tcp->endpoint[OA_SERVER].port);
    tally_add(run->state, tally_row(run->state, &key), &one);
}

/* A session counts on each hop on which it was captured. Its last connection is reported before its
 * end, so the pair already has a row. */
static void
take(struct report_run *run, const struct oa_event *event)
{
    struct oa_virtual_connection *vc = event->vc;

    if (event->type != OA_EVENT_VC_CLOSED || oa_vc_is_foreign(vc))
        return;
    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_endpoint *end = vc->endpoint[hop];
        const struct oa_channel any = { .hop = (enum oa_hop)hop, .vc = vc };

        if (!session_has_hop(vc, hop))
            continue;
        struct key key =
            key_of(&any, vc, end[OA_CLIENT].address, end[OA_SERVER].address, end[OA_SERVER].port);
        struct row *pair = tally_find(run->state, &key);
        if (!pair) { /* the interface became known after the connections had ended */
            key.service = service_name(&any, NULL, key.port);
            pair = tally_find(run->state, &key);
        }
        if (!pair)
            pair = tally_rest(run->state);
        if (pair)
            pair->sessions++;
    }
}

const struct report REPORT_HOPS = {
    .name = "hops",
    .row_is = "pair of hosts and service",
    .order = "ordered by hop, client, server, port, service",
    COLUMNS(COLUMNS_OF_HOPS),
    TALLY(ROWS),
    .event = take,
    .connection = take_connection,
};
