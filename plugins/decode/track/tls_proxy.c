/* tls_proxy.c
 * Which servers of connections inside TLS are RPC proxies.
 * [MS-RPCH] 3.2.1.5 (two channels), [RFC 6066] 3 (SNI), [RFC 7301] (ALPN)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/tls_proxy.h"

#include <string.h>

#include <glib.h>

#include "base/text.h"
#include "track/tracker_state.h"

/* Requests of a client on one connection that were answered on another one. */
#define TURNS_NEEDED 3

/* The two channels of a virtual connection are opened within that time. */
#define PAIR_NS (INT64_C(10) * 1000000000)

/* What a server sends to end TLS is no response: a record with an alert, which TLS 1.3 shows as one
 * with data. */
#define RECORD_ALERT 0x15
#define CLOSING_BYTES 31

/* Pairs of a client and a server that are followed. */
#define PAIRS_MAX 65536

/* Names of proxies that are remembered. */
#define NAMES_MAX 1024

/* One client and one server: the connections between them. */
struct pair {
    struct oa_client_and_server key;
    unsigned n_watches;
    struct oa_tls_watch *speaker; /* on which the client has sent last; NULL once it is answered */
    int64_t failed_ns;            /* beginning of the last one as in 4; 0: none */
};

struct oa_tls_watch {
    struct tls_proxies *proxies;
    struct pair *pair; /* NULL if there are too many */
    unsigned turns;
};

struct tls_proxies {
    char *const *named;
    GTree *servers; /* addresses of known ones */
    GTree *names;   /* of known ones */
    GTree *pairs;   /* key -> struct pair */
};

static int
compare_addresses(const void *a, const void *b, void *unused)
{
    (void)unused;
    return memcmp(a, b, sizeof((struct oa_endpoint *)NULL)->address);
}

static int
compare_names(const void *a, const void *b, void *unused)
{
    (void)unused;
    return g_ascii_strcasecmp(a, b);
}

static int
compare_pairs(const void *a, const void *b, void *unused)
{
    const struct pair *left = a, *right = b;

    (void)unused;
    return oa_compare_client_and_server(&left->key, &right->key);
}

struct tls_proxies *
oa_tls_proxies_new(void)
{
    struct tls_proxies *proxies = g_new0(struct tls_proxies, 1);

    proxies->servers = g_tree_new_full(compare_addresses, NULL, g_free, NULL);
    proxies->names = g_tree_new_full(compare_names, NULL, g_free, NULL);
    proxies->pairs = g_tree_new_full(compare_pairs, NULL, NULL, g_free);
    return proxies;
}

void
oa_tls_proxies_free(struct tls_proxies *proxies)
{
    g_tree_unref(proxies->pairs);
    g_tree_unref(proxies->names);
    g_tree_unref(proxies->servers);
    g_free(proxies);
}

/* --- servers --- */

void
oa_tls_proxies_name(struct oa_tracker *tracker, char *const *hosts)
{
    tracker->tls_proxies->named = hosts;
}

bool
oa_tls_proxies_add(struct oa_tracker *tracker, const struct oa_endpoint *server)
{
    GTree *servers = tracker->tls_proxies->servers;
    void *address;

    if (g_tree_lookup_extended(servers, server->address, NULL, NULL))
        return false;
    address = g_memdup2(server->address, sizeof server->address);
    g_tree_insert(servers, address, address);
    return true;
}

const char *
oa_tls_proxies_add_name(struct oa_tracker *tracker, struct oa_text host)
{
    GTree *names = tracker->tls_proxies->names;
    const char *port = host.length ? memchr(host.at, ':', host.length) : NULL;
    char name[OA_TLS_NAME_TEXT];

    if (port)
        host.length = (size_t)(port - host.at);
    if (!host.length || host.length >= sizeof name || g_tree_nnodes(names) >= NAMES_MAX)
        return NULL;
    oa_text_copy(host, name, sizeof name);
    if (g_tree_lookup(names, name))
        return NULL;
    char *kept = g_strdup(name);
    g_tree_insert(names, kept, kept);
    return kept;
}

/* Whether the user has named the server. */
static bool
is_named(const struct tls_proxies *proxies, const struct oa_endpoint *server,
         const struct oa_tls_facts *tls)
{
    char address[OA_ADDRESS_TEXT];

    oa_text_address(server->address, address);
    for (char *const *host = proxies->named; host && *host; host++)
        if (g_ascii_strcasecmp(*host, address) == 0 ||
            (tls && tls->sni[0] && g_ascii_strcasecmp(*host, tls->sni) == 0))
            return true;
    return false;
}

bool
oa_tls_proxies_has(const struct oa_tracker *tracker, const struct oa_endpoint *server,
                   const struct oa_tls_facts *tls)
{
    const struct tls_proxies *proxies = tracker->tls_proxies;

    return g_tree_lookup_extended(proxies->servers, server->address, NULL, NULL) ||
           (tls && tls->sni[0] && g_tree_lookup(proxies->names, tls->sni)) ||
           is_named(proxies, server, tls);
}

/* --- pairs of connections --- */

static struct pair *
pair_of(GTree *pairs, const struct oa_endpoint *client, const struct oa_endpoint *server)
{
    struct pair wanted = { .n_watches = 0 };

    memcpy(wanted.key.client, client->address, sizeof wanted.key.client);
    wanted.key.server = *server;
    struct pair *pair = g_tree_lookup(pairs, &wanted);
    if (!pair && g_tree_nnodes(pairs) < PAIRS_MAX) {
        pair = g_memdup2(&wanted, sizeof wanted);
        g_tree_insert(pairs, pair, pair);
    }
    return pair;
}

struct oa_tls_watch *
oa_tls_watch_new(struct oa_tracker *tracker, const struct oa_endpoint *client,
                 const struct oa_endpoint *server)
{
    struct oa_tls_watch *watch = g_new0(struct oa_tls_watch, 1);

    watch->proxies = tracker->tls_proxies;
    watch->pair = pair_of(watch->proxies->pairs, client, server);
    if (watch->pair)
        watch->pair->n_watches++;
    return watch;
}

void
oa_tls_watch_free(struct oa_tls_watch *watch)
{
    struct pair *pair = watch ? watch->pair : NULL;

    if (pair && pair->speaker == watch)
        pair->speaker = NULL;
    if (pair && --pair->n_watches == 0 && !pair->failed_ns)
        g_tree_remove(watch->proxies->pairs, pair);
    g_free(watch);
}

void
oa_tls_watch_data(struct oa_tls_watch *watch, enum oa_side side, const uint8_t *data, size_t length)
{
    struct pair *pair = watch->pair;

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
is_failed_channel(const struct oa_tls_facts *tls)
{
    return tls && tls->has_client_hello && !tls->alpn_offered[0] && !tls->is_finished &&
           tls->alert.is_seen;
}

bool
oa_tls_watch_ended(struct oa_tls_watch *watch, const struct oa_tls_facts *tls, int64_t begin_ns)
{
    struct pair *pair = watch->pair;
    bool is_proxy = watch->turns >= TURNS_NEEDED;

    if (pair && is_failed_channel(tls)) {
        is_proxy |= pair->failed_ns && begin_ns - pair->failed_ns < PAIR_NS;
        pair->failed_ns = begin_ns;
    }
    return is_proxy;
}
