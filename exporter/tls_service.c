/* tls_service.c
 * Which connections inside TLS lead to an RPC proxy.
 * [MS-RPCH] 3.2.1.5 (two channels), [RFC 6066] 3 (SNI), [RFC 7301] (ALPN)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls_service.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "rpc/service.h"

/* Requests of a client on one connection that were answered on another one. */
#define TURNS_NEEDED 3

/* The two channels of a virtual connection are opened within that time. */
#define PAIR_NS (INT64_C(10) * 1000000000)

/* What a server sends to end TLS is no response: a record with an alert, which TLS 1.3 shows as one
 * with data. */
#define RECORD_ALERT 0x15
#define CLOSING_BYTES 31

/* Rows that wait, of all servers; beyond, the oldest is dropped. */
#define HELD_MAX 4096

/* Pairs of a client and a server that are followed. */
#define PAIRS_MAX 65536

struct server {
    uint8_t address[16]; /* first: the key */
    bool is_known;
    GQueue held; /* of struct held */
    uint64_t dropped;
};

/* A row that waits. */
struct held {
    struct connection tcp;
    struct oa_tls_facts tls;
    struct oa_tls_certificate certificate;
    bool has_tls;
    struct server *server;
    GList link;     /* in the server's */
    GList age_link; /* in the order of all */
};

/* One client and one server: the connections between them. */
struct pair {
    struct {
        uint8_t client[16];
        struct oa_endpoint server;
    } key;
    unsigned n_watches;
    struct tls_watch *speaker; /* on which the client has spoken last; NULL once that is answered */
    int64_t failed_ns;         /* beginning of the last one as in 4; 0: none */
};

struct tls_watch {
    struct tls_service *service;
    const struct connection *connection;
    struct pair *pair; /* NULL until data come, and if there are too many */
    unsigned turns;
};

struct tls_service {
    struct tls_service_sink sink;
    char *const *proxies;
    GTree *servers; /* address -> struct server */
    GTree *pairs;   /* key -> struct pair */
    GQueue by_age;  /* of struct held, of all servers */
};

static int
compare_addresses(const void *a, const void *b, void *unused)
{
    (void)unused;
    return memcmp(a, b, 16);
}

static int
compare_pairs(const void *a, const void *b, void *unused)
{
    const struct pair *left = a, *right = b;
    int order = memcmp(left->key.client, right->key.client, sizeof left->key.client);

    (void)unused;
    if (!order)
        order = memcmp(left->key.server.address, right->key.server.address, 16);
    return order ? order : (int)left->key.server.port - (int)right->key.server.port;
}

static void
free_server(void *data)
{
    struct server *server = data;
    GList *link;

    while ((link = g_queue_pop_head_link(&server->held)))
        g_free(link->data);
    g_free(server);
}

struct tls_service *
tls_service_new(const struct tls_service_sink *sink, char *const *proxies)
{
    struct tls_service *service = g_new0(struct tls_service, 1);

    service->sink = *sink;
    service->proxies = proxies;
    service->servers = g_tree_new_full(compare_addresses, NULL, NULL, free_server);
    service->pairs = g_tree_new_full(compare_pairs, NULL, NULL, g_free);
    return service;
}

void
tls_service_free(struct tls_service *service)
{
    g_tree_unref(service->pairs);
    g_tree_unref(service->servers);
    g_free(service);
}

/* --- servers --- */

static struct server *
server_of(struct tls_service *service, const uint8_t address[16])
{
    struct server *server = g_tree_lookup(service->servers, address);

    if (!server) {
        server = g_new0(struct server, 1);
        memcpy(server->address, address, sizeof server->address);
        g_queue_init(&server->held);
        g_tree_insert(service->servers, server->address, server);
    }
    return server;
}

static void
pass_on(struct tls_service *service, struct held *held)
{
    struct connection_row row = { .tcp = &held->tcp, .tls = held->has_tls ? &held->tls : NULL };

    service->sink.ended(service->sink.context, &row);
}

/* Removes it from both lists; to be freed. */
static void
take_out(struct tls_service *service, struct held *held)
{
    g_queue_unlink(&held->server->held, &held->link);
    g_queue_unlink(&service->by_age, &held->age_link);
}

static void
report_dropped(const struct tls_service *service, const struct server *server)
{
    struct oa_finding finding = { .id = OA_FINDING_LIMIT_REACHED };
    struct oa_event event = { .type = OA_EVENT_FINDING, .finding = &finding };
    char address[ADDRESS_TEXT];

    snprintf(finding.text, sizeof finding.text,
             "%" G_GUINT64_FORMAT " connections inside TLS to %s ended too long before it turned "
             "out to be a proxy",
             server->dropped, address_text(server->address, address));
    service->sink.event(service->sink.context, &event);
}

static void
know(struct tls_service *service, const uint8_t address[16])
{
    struct server *server = server_of(service, address);
    struct held *held;

    if (server->is_known)
        return;
    server->is_known = true;
    while (server->held.length > 0) {
        held = server->held.head->data;
        take_out(service, held);
        pass_on(service, held);
        g_free(held);
    }
    if (server->dropped)
        report_dropped(service, server);
}

void
tls_service_know(struct tls_service *service, const struct oa_endpoint *server)
{
    know(service, server->address);
}

static void
hold(struct tls_service *service, const struct connection_row *row)
{
    struct held *held = g_new0(struct held, 1);

    held->tcp = *row->tcp;
    held->has_tls = row->tls != NULL;
    if (row->tls) {
        held->tls = *row->tls;
        if (row->tls->certificate) {
            held->certificate = *row->tls->certificate;
            held->tls.certificate = &held->certificate;
        }
    }
    held->server = server_of(service, row->tcp->endpoint[OA_SERVER].address);
    held->link.data = held->age_link.data = held;
    g_queue_push_tail_link(&held->server->held, &held->link);
    g_queue_push_tail_link(&service->by_age, &held->age_link);
    if (service->by_age.length > HELD_MAX) {
        held = service->by_age.head->data;
        held->server->dropped++;
        take_out(service, held);
        g_free(held);
    }
}

/* Whether the user has named the server. */
static bool
is_named(const struct tls_service *service, const struct connection_row *row)
{
    char address[ADDRESS_TEXT];

    address_text(row->tcp->endpoint[OA_SERVER].address, address);
    for (char *const *host = service->proxies; host && *host; host++)
        if (g_ascii_strcasecmp(*host, address) == 0 ||
            (row->tls && g_ascii_strcasecmp(*host, row->tls->sni) == 0))
            return true;
    return false;
}

/* --- pairs of connections --- */

struct tls_watch *
tls_watch_new(struct tls_service *service, const struct connection *connection)
{
    struct tls_watch *watch = g_new0(struct tls_watch, 1);

    watch->service = service;
    watch->connection = connection;
    return watch;
}

/* The sides are certain only once there are data. */
static struct pair *
pair_of(struct tls_watch *watch)
{
    GTree *pairs = watch->service->pairs;
    const struct oa_endpoint *endpoint = watch->connection->endpoint;
    struct pair wanted = { .n_watches = 0 };

    if (watch->pair)
        return watch->pair;
    memcpy(wanted.key.client, endpoint[OA_CLIENT].address, sizeof wanted.key.client);
    wanted.key.server = endpoint[OA_SERVER];
    struct pair *pair = g_tree_lookup(pairs, &wanted);
    if (!pair && g_tree_nnodes(pairs) < PAIRS_MAX) {
        pair = g_memdup2(&wanted, sizeof wanted);
        g_tree_insert(pairs, pair, pair);
    }
    if (pair)
        pair->n_watches++;
    watch->pair = pair;
    return pair;
}

void
tls_watch_data(struct tls_watch *watch, enum oa_side side, const uint8_t *data, size_t length)
{
    struct pair *pair = pair_of(watch);

    if (!pair)
        return;
    if (side == OA_CLIENT) {
        pair->speaker = watch;
        return;
    }
    if (length <= CLOSING_BYTES || data[0] == RECORD_ALERT)
        return;
    watch->turns = 0;
    if (pair->speaker && pair->speaker != watch)
        pair->speaker->turns++;
    pair->speaker = NULL;
}

/* Whether the handshake failed as that of one of a pair of channels. */
static bool
is_failed_channel(const struct connection_row *row)
{
    return row->tls && row->tls->has_client_hello && !row->tls->alpn_offered[0] &&
           !row->tls->is_finished && row->tls->alert.is_seen;
}

/* Ends the watch; whether the connection shows that its server is a proxy. */
static bool
end_watch(struct tls_watch *watch, const struct connection_row *row)
{
    struct pair *pair = pair_of(watch);
    bool is_shape = watch->turns >= TURNS_NEEDED;
    int64_t begin_ns = row->tcp->first.time_ns;

    if (pair && pair->speaker == watch)
        pair->speaker = NULL;
    if (pair && is_failed_channel(row)) {
        is_shape |= pair->failed_ns && begin_ns - pair->failed_ns < PAIR_NS;
        pair->failed_ns = begin_ns;
    }
    if (pair && --pair->n_watches == 0 && !pair->failed_ns)
        g_tree_remove(watch->service->pairs, pair);
    g_free(watch);
    return is_shape;
}

/* --- rows --- */

/* Whether the row has to wait for evidence: it is on the port of HTTPS, or TLS on that of HTTP. */
static bool
is_doubtful(const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    const struct oa_service_port *port = oa_service_hop_port(tcp->endpoint[OA_SERVER].port);
    bool has_data = tcp->stream[OA_CLIENT].payload_bytes || tcp->stream[OA_SERVER].payload_bytes;

    return !row->channel && has_data && port &&
           (port->service == OA_SERVICE_HTTPS || (port->service == OA_SERVICE_HTTP && row->tls));
}

void
tls_service_ended(struct tls_service *service, struct tls_watch *watch,
                  const struct connection_row *row)
{
    const uint8_t *address = row->tcp->endpoint[OA_SERVER].address;

    if (watch && end_watch(watch, row))
        know(service, address);
    if (!is_doubtful(row) || is_named(service, row) || server_of(service, address)->is_known)
        service->sink.ended(service->sink.context, row);
    else
        hold(service, row);
}
