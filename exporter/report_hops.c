/* report_hops.c
 * hops.csv: one row for each pair of hosts and service: client, proxy, store, domain controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tally.h"
#include "track/connection_end.h"

/* Pairs with a row of their own; all others are counted together. */
#define HOPS_MAX 65536

/* Pairs on which a session is counted: more proxies than any farm has. */
#define PAIRS_MAX 64

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
    uint64_t refused, unanswered, reset_without_data, reset, tls_alerts, certificate_problems;
    int64_t first_ns, last_ns;
};

struct state {
    struct tally *tally;
    GHashTable *sessions; /* number -> GArray of struct key: pairs that the open session has used */
};

/* clang-format off */
static const struct column COLUMNS_OF_HOPS[] = {
    { "hop", WORD(key.hop),
      "client_proxy, proxy_store, client_store, or store_dc, as in connections.csv; empty in the "
      "row that sums up all pairs after the first 65536" },
    { "service", WORD(key.service),
      "Purpose of the connections, from their content or else from the server's port" },
    { "client_address", ADDRESS(client), "Side that opened the connections" },
    { "server_address", ADDRESS(server), "Side that accepted the connections" },
    { "server_port", NUMBER(port), "TCP port of the server" },
    { "connections", COUNT(connections), "TCP connections" },
    { "sessions", COUNT(sessions),
      "Sessions that used one of these connections, as in sessions.csv: one that moves to another "
      "proxy counts for each; empty if none of them was decoded, so that it is not known" },
    { "frames_in", COUNT(frames[OA_CLIENT]), "Frames from the client" },
    { "frames_out", COUNT(frames[OA_SERVER]), "Frames to the client" },
    { "bytes_in", BYTES(bytes[OA_CLIENT]),
      "TCP payload from the client, each byte once: not again if retransmitted; bytes that the snap "
 "length cut off count, others that are missing from the capture do not" },
    { "bytes_out", BYTES(bytes[OA_SERVER]), "TCP payload to the client, each byte once: not again if retransmitted; bytes that the snap "
 "length cut off count, others that are missing from the capture do not" },
    { "first_seen", FIRST_TIME(first_ns), "First frame" TIMES_ARE },
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
    { "certificate_problems", COUNT(certificate_problems),
      "Connections with a problem of the server's certificate that findings.csv has once for each "
      "server: certificate_refused, certificate_self_signed, certificate_expired, certificate_name; "
      "empty if no certificate was seen on connections inside TLS" },
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
    row->tls_alerts = row->certificate_problems = NO_NUMBER;
}

static void
begin(void *data, const void *key)
{
    struct row *row = data;

    row->port = row->sessions = NO_NUMBER;
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

/* Unknown if nothing shows a certificate that may have been there: TLS 1.3 and resumed sessions, a
 * connection whose beginning is not in the capture. */
static uint64_t
certificate_problems(const struct connection_row *row)
{
    const struct oa_tls_facts *tls = row->tls;

    if (tls && oa_connection_has_certificate_problem(tls))
        return 1;
    return (tls && tls->certificate) || (!tls && (row->channel || row->tcp->handshake_seen))
               ? 0
               : NO_NUMBER;
}

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
    one->certificate_problems = certificate_problems(row);
    one->tls_alerts = row->tls && row->tls->alert.is_seen && row->tls->alert.description != 0;
}

/* The pair that the connection belongs to. */
static struct key
key_of(const struct connection *tcp, const struct oa_channel *channel)
{
    uint16_t port = tcp->endpoint[OA_SERVER].port;
    struct key key = { .hop = hop_name(channel, port),
                       .service = service_name(channel, channel ? channel->vc : NULL, port),
                       .port = port };

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        memcpy(key.address[side], tcp->endpoint[side].address, sizeof key.address[side]);
    return key;
}

/* No session goes to a domain controller. */
static bool
carries_none(const struct connection *tcp)
{
    return strcmp(hop_name(NULL, tcp->endpoint[OA_SERVER].port), "store_dc") == 0;
}

static void
take_connection(struct report_run *run, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool has_data = tcp->stream[OA_CLIENT].payload_bytes || tcp->stream[OA_SERVER].payload_bytes;
    struct row one = { .connections = 1,
                       .sessions = row->channel || !has_data || carries_none(tcp) ? 0 : NO_NUMBER,
                       .first_ns = tcp->first.time_ns,
                       .last_ns = tcp->last.time_ns };
    struct state *state = run->state;

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
    struct key key = key_of(tcp, row->channel);
    tally_add(state->tally, tally_row(state->tally, &key), &one);
}
/* --- sessions --- */

static gpointer
number_of(const struct oa_virtual_connection *vc)
{
    return GSIZE_TO_POINTER((gsize)vc->number);
}

static void
free_pairs(void *pairs)
{
    g_array_unref(pairs);
}

static GArray *
pairs_of(struct state *state, gpointer number)
{
    GArray *pairs = g_hash_table_lookup(state->sessions, number);

    if (!pairs) {
        pairs = g_array_new(FALSE, FALSE, sizeof(struct key));
        g_hash_table_insert(state->sessions, number, pairs);
    }
    return pairs;
}

static void
add_pair(GArray *pairs, const struct key *key)
{
    for (guint i = 0; i < pairs->len; i++)
        if (compare(&g_array_index(pairs, struct key, i), key) == 0)
            return;
    if (pairs->len < PAIRS_MAX)
        g_array_append_val(pairs, *key);
}

static void
add_pairs(GArray *pairs, const GArray *more)
{
    for (guint i = 0; i < more->len; i++)
        add_pair(pairs, &g_array_index(more, struct key, i));
}

/* The connection of the channel counts at its end, by what is known then. With MAPI over HTTP it
 * may have served other sessions before. */
static void
note_pair(struct state *state, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->channel->vc;

    if (vc) {
        struct key key = key_of(connection_of(event->channel), event->channel);
        add_pair(pairs_of(state, number_of(vc)), &key);
    }
}

/* Two sessions turn out to be one. */
static void
join_pairs(struct state *state, const struct oa_virtual_connection *part)
{
    const GArray *pairs = g_hash_table_lookup(state->sessions, number_of(part));

    if (!pairs)
        return;
    add_pairs(pairs_of(state, number_of(part->joined)), pairs);
    g_hash_table_remove(state->sessions, number_of(part));
}

static void
count_session(struct state *state, const struct oa_virtual_connection *vc)
{
    const GArray *pairs = g_hash_table_lookup(state->sessions, number_of(vc));
    struct row one = { .sessions = 1, .first_ns = INT64_MAX, .last_ns = NO_TIME };

    forget_tcp(&one);
    for (guint i = 0; pairs && i < pairs->len && !oa_vc_is_foreign(vc); i++)
        tally_add(state->tally, tally_row(state->tally, &g_array_index(pairs, struct key, i)),
                  &one);
    g_hash_table_remove(state->sessions, number_of(vc));
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    switch (event->type) {
    case OA_EVENT_HTTP_HEAD:
        if (event->channel->kind == OA_CHANNEL_MAPI_HTTP)
            note_pair(run->state, event);
        break;
    case OA_EVENT_CHANNEL_CLOSED:
        note_pair(run->state, event);
        break;
    case OA_EVENT_VC_JOINED:
        join_pairs(run->state, event->vc);
        break;
    case OA_EVENT_VC_CLOSED:
        count_session(run->state, event->vc);
        break;
    default:
        break;
    }
}

/* --- state --- */

static void *
new_state(const struct report *report)
{
    struct state *state = g_new(struct state, 1);

    state->tally = tally_new(report);
    state->sessions = g_hash_table_new_full(NULL, NULL, NULL, free_pairs);
    return state;
}

static void
merge(void *into, const void *from)
{
    struct state *state = into;
    const struct state *other = from;
    GHashTableIter sessions;
    void *number, *pairs;

    tally_merge(state->tally, other->tally);
    g_hash_table_iter_init(&sessions, other->sessions);
    while (g_hash_table_iter_next(&sessions, &number, &pairs))
        add_pairs(pairs_of(state, number), pairs);
}

static void
fill(void *state)
{
    tally_fill(((struct state *)state)->tally);
}

static void
rotate(void *state)
{
    tally_rotate(((struct state *)state)->tally);
}

static void
finish(struct report_run *run)
{
    tally_write(run, ((const struct state *)run->state)->tally);
}

static void
free_state(void *data)
{
    struct state *state = data;

    tally_free(state->tally);
    g_hash_table_unref(state->sessions);
    g_free(state);
}

const struct report REPORT_HOPS = {
    .name = "hops",
    .row_is = "pair of hosts and service",
    .order = "ordered by hop, client, server, port, service",
    COLUMNS(COLUMNS_OF_HOPS),
    .rows = &ROWS,
    .new_state = new_state,
    .event = take,
    .takes = REPORT_TAKES(HTTP_HEAD) | REPORT_TAKES(CHANNEL_CLOSED) | REPORT_TAKES(VC_JOINED) |
             REPORT_TAKES(VC_CLOSED),
    .connection = take_connection,
    .merge = merge,
    .fill = fill,
    .rotate = rotate,
    .finish = finish,
    .free_state = free_state,
};
