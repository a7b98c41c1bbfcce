/* test_tls_proxy.c
 * Connections inside TLS: which of their servers are RPC proxies, and when their ends are reported.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/tls_proxy.h"

#include <glib.h>
#include <string.h>

#include "track/channel.h"
#include "track/connection_end.h"
#include "track/tracker.h"

#define HTTPS 443
#define MANY 5000

struct fixture {
    struct oa_tracker *tracker;
    GArray *ended;         /* numbers of the connections that were reported */
    unsigned dropped;      /* findings of the limit */
    unsigned refused;      /* findings of a refused certificate */
    unsigned n_copies;     /* of hosts, not yet freed */
    uint64_t undecided[2]; /* kept and dropped ones of servers that are no proxies */
};

/* One connection. */
struct peer {
    uint64_t number; /* first: the host */
    struct fixture *fixture;
    struct oa_endpoint client, server;
    int64_t begin_ns;
    struct oa_tls_facts tls;
    struct oa_tls_watch *watch;
};

static void
on_ended(void *context, const struct oa_connection_end *end)
{
    struct fixture *fixture = context;
    const struct peer *peer = end->host;

    g_assert_cmpuint(end->last.frame, ==, peer->number + 1);
    g_array_append_val(fixture->ended, peer->number);
}

static void
on_undecided(void *context, const uint8_t server[16], const struct oa_connection_end *end,
             uint64_t connections)
{
    struct fixture *fixture = context;

    g_assert_true(!end || memcmp(end->server.address, server, sizeof end->server.address) == 0);
    fixture->undecided[!end] += connections;
}

static void *
keep_peer(void *host)
{
    struct peer *peer = host;

    peer->fixture->n_copies++;
    return g_memdup2(peer, sizeof *peer);
}

static void
forget_peer(void *host)
{
    struct peer *peer = host;

    peer->fixture->n_copies--;
    g_free(peer);
}

static void
on_event(void *context, const struct oa_event *event)
{
    struct fixture *fixture = context;

    if (event->type != OA_EVENT_FINDING)
        return;
    fixture->dropped += event->finding->id == OA_FINDING_LIMIT_REACHED;
    fixture->refused += event->finding->id == OA_FINDING_CERTIFICATE_REFUSED;
}

static void
begin(struct fixture *fixture, char *const *proxies)
{
    *fixture = (struct fixture){ .ended = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
    fixture->tracker = oa_tracker_new(on_event, fixture, false);
    oa_connection_ends_listen(fixture->tracker,
                              &(struct oa_end_listener){ .context = fixture,
                                                         .ended = on_ended,
                                                         .keep = keep_peer,
                                                         .forget = forget_peer,
                                                         .undecided = on_undecided });
    oa_tls_proxies_name(fixture->tracker, proxies);
}

static void
end(struct fixture *fixture, guint rows)
{
    oa_tracker_free(fixture->tracker);
    g_assert_cmpuint(fixture->n_copies, ==, 0);
    g_assert_cmpuint(fixture->ended->len, ==, rows);
    for (guint i = 0; i < rows; i++)
        g_assert_cmpuint(g_array_index(fixture->ended, uint64_t, i), ==, i);
    g_array_unref(fixture->ended);
}

static struct peer *
peer_new(struct fixture *fixture, uint64_t number, uint8_t server)
{
    struct peer *peer = g_new0(struct peer, 1);

    *peer = (struct peer){
        .number = number,
        .fixture = fixture,
        .client = { { [10] = 0xFF, 0xFF, 10, 0, 0, 1 }, (uint16_t)(50000 + number) },
        .server = { { [10] = 0xFF, 0xFF, 10, 0, 1, server }, HTTPS },
        .begin_ns = (int64_t)number + 1,
    };
    peer->watch = oa_tls_watch_new(fixture->tracker, &peer->client, &peer->server);
    return peer;
}

static void
say(struct peer *peer, enum oa_side side)
{
    static const uint8_t DATA[100] = { 0x17, 3, 3 };

    oa_tls_watch_data(peer->watch, side, DATA, sizeof DATA);
}

static void
close_peer(struct fixture *fixture, struct peer *peer)
{
    static const uint8_t ALERT[69] = { 0x15, 3, 3 };
    const struct oa_connection_end connection_end = {
        .host = peer,
        .tls = &peer->tls,
        .server = peer->server,
        .watch = peer->watch,
        .begin_ns = peer->begin_ns,
        .last = { (int64_t)peer->number, peer->number + 1 },
        .has_data = true,
    };

    oa_tls_watch_data(peer->watch, OA_SERVER, ALERT, sizeof ALERT);
    oa_connection_ended(fixture->tracker, &connection_end);
    oa_tls_watch_free(peer->watch);
    g_free(peer);
}

/* What is sent on one connection is answered on another one: both count, and what came before. */
static void
test_shape(void)
{
    struct fixture fixture;

    begin(&fixture, NULL);
    close_peer(&fixture, peer_new(&fixture, 0, 1));
    struct peer *in = peer_new(&fixture, 1, 1), *out = peer_new(&fixture, 2, 1);
    say(in, OA_SERVER); /* a request for credentials */
    for (int i = 0; i < 3; i++) {
        say(in, OA_CLIENT);
        say(out, OA_SERVER);
        say(out, OA_SERVER);
        g_assert_cmpuint(fixture.ended->len, ==, 0);
    }
    close_peer(&fixture, in);
    close_peer(&fixture, out);
    end(&fixture, 3);
}

/* Requests and responses on each of two connections, also with an upload beside a download. */
static void
test_web(void)
{
    struct fixture fixture;

    begin(&fixture, NULL);
    struct peer *a = peer_new(&fixture, 0, 1), *b = peer_new(&fixture, 1, 1);
    for (int i = 0; i < 20; i++) {
        say(a, OA_CLIENT);
        say(b, OA_SERVER);
    }
    say(a, OA_SERVER); /* the response to the upload */
    for (int i = 0; i < 20; i++) {
        say(b, OA_CLIENT);
        say(b, OA_SERVER);
        say(a, OA_CLIENT);
        say(a, OA_SERVER);
    }
    close_peer(&fixture, a);
    close_peer(&fixture, b);
    end(&fixture, 0);
}

static struct peer *
failed(struct fixture *fixture, uint64_t number, int64_t begin_ns, const char *alpn)
{
    struct peer *peer = peer_new(fixture, number, 1);

    peer->begin_ns = begin_ns;
    peer->tls.has_client_hello = true;
    peer->tls.alert.is_seen = true;
    g_strlcpy(peer->tls.alpn_offered, alpn, sizeof peer->tls.alpn_offered);
    return peer;
}

/* A pair whose certificate is refused; not one that is far apart, nor one of a browser. */
static void
test_failed_pair(void)
{
    struct fixture fixture;

    begin(&fixture, NULL);
    close_peer(&fixture, failed(&fixture, 0, 1000, "h2"));
    close_peer(&fixture, failed(&fixture, 1, 2000, "h2"));
    close_peer(&fixture, failed(&fixture, 2, 3000, ""));
    close_peer(&fixture, failed(&fixture, 3, INT64_C(20000000000), ""));
    g_assert_cmpuint(fixture.ended->len, ==, 0);
    close_peer(&fixture, failed(&fixture, 4, INT64_C(20000000001), ""));
    end(&fixture, 5);
}

/* The user names an address, or the name that the client asks for; other connections pass. */
static void
test_named(void)
{
    static char ADDRESS[] = "10.0.1.1", NAME[] = "mail.lab.test";
    char *const proxies[] = { ADDRESS, NAME, NULL };
    struct fixture fixture;

    begin(&fixture, proxies);
    close_peer(&fixture, peer_new(&fixture, 0, 1));
    struct peer *peer = peer_new(&fixture, 1, 2);
    g_strlcpy(peer->tls.sni, "MAIL.lab.test", sizeof peer->tls.sni);
    close_peer(&fixture, peer);
    close_peer(&fixture, peer_new(&fixture, 99, 2)); /* of the same address, another name */
    peer = peer_new(&fixture, 2, 3);
    peer->server.port = 636;
    close_peer(&fixture, peer);
    end(&fixture, 3);
}

/* A connection that is decoded makes its server known; what the ends show is reported then. */
static void
test_decoded(void)
{
    static const char HEAD[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mail:6001 HTTP/1.1\r\n"
                               "Content-Length: 1073741824\r\n\r\n";
    struct fixture fixture;
    struct oa_recognition recognition;

    begin(&fixture, NULL);
    struct peer *peer = peer_new(&fixture, 0, 1);
    peer->tls.alert = (struct oa_tls_alert){ true, OA_CLIENT, OA_TLS_FATAL, 48, { 1, 1 } };
    close_peer(&fixture, peer);
    close_peer(&fixture, peer_new(&fixture, 99, 2));
    g_assert_cmpuint(fixture.refused, ==, 0);
    g_assert_cmpint(oa_recognise((const uint8_t *)HEAD, strlen(HEAD), 50000, 80,
                                 OA_BEFORE_CLIENT_FIRST, &recognition),
                    ==, OA_OURS);
    struct oa_endpoint client = { { 0 }, 50000 };
    struct oa_endpoint server = { { [10] = 0xFF, 0xFF, 10, 0, 1, 1 }, 80 };
    struct oa_channel *channel = oa_channel_open(fixture.tracker, &recognition, &client, &server,
                                                 NULL, (struct oa_stamp){ 2, 2 });
    g_assert_cmpuint(fixture.refused, ==, 1);
    oa_channel_close(channel, (struct oa_ending){ .how = OA_END_OPEN });
    end(&fixture, 1);
}

/* The host that requests of a decoded connection name, RPC or MAPI over HTTP, is one at any
 * address, where clients request it by that name; others at that address are not. */
static void
test_host_name(void)
{
    static const char *const HEADS[] = {
        "RPC_IN_DATA /rpc/rpcproxy.dll?mbx:6001 HTTP/1.1\r\nHost: Mail.lab.test:80\r\n"
        "Content-Length: 1073741824\r\n\r\n",
        "POST /mapi/emsmdb/?MailboxId=a@lab.test HTTP/1.1\r\nHost: Mail.lab.test\r\n"
        "X-RequestType: Connect\r\nX-RequestId: {1}:1\r\n"
        "Content-Type: application/mapi-http\r\nContent-Length: 0\r\n\r\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(HEADS); i++) {
        struct fixture fixture;
        struct oa_recognition recognition;
        const uint8_t *head = (const uint8_t *)HEADS[i];
        size_t length = strlen(HEADS[i]);

        begin(&fixture, NULL);
        struct peer *peer = peer_new(&fixture, 0, 5);
        g_strlcpy(peer->tls.sni, "mail.LAB.test", sizeof peer->tls.sni);
        close_peer(&fixture, peer);
        close_peer(&fixture, peer_new(&fixture, 99, 5));
        g_assert_cmpuint(fixture.ended->len, ==, 0);
        if (oa_recognise_mapi_http(head, length, &recognition) != OA_OURS)
            g_assert_cmpint(
                oa_recognise(head, length, 50000, 80, OA_BEFORE_CLIENT_FIRST, &recognition), ==,
                OA_OURS);
        struct oa_endpoint client = { { 0 }, 50000 };
        struct oa_endpoint server = { { [10] = 0xFF, 0xFF, 10, 0, 1, 1 }, 80 };
        struct oa_channel *channel = oa_channel_open(fixture.tracker, &recognition, &client,
                                                     &server, NULL, (struct oa_stamp){ 2, 2 });
        oa_channel_data(channel, OA_CLIENT, head, length, (struct oa_stamp){ 2, 2 });
        oa_channel_close(channel, (struct oa_ending){ .how = OA_END_OPEN });
        g_assert_cmpuint(fixture.ended->len, ==, 1);
        peer = peer_new(&fixture, 1, 6);
        g_strlcpy(peer->tls.sni, "mail.lab.test", sizeof peer->tls.sni);
        close_peer(&fixture, peer);
        close_peer(&fixture, peer_new(&fixture, 98, 6));
        end(&fixture, 2);
    }
}

/* A server that turns out to be one when the first rows have been given up: one finding. */
static void
test_bounded(void)
{
    struct fixture fixture;

    begin(&fixture, NULL);
    for (uint64_t i = 0; i < MANY; i++)
        close_peer(&fixture, peer_new(&fixture, i, 1));
    struct peer *peer = peer_new(&fixture, MANY, 1);
    oa_connection_ends_know(fixture.tracker, &peer->server);
    close_peer(&fixture, peer);
    g_assert_cmpuint(fixture.dropped, ==, 1);
    g_assert_cmpuint(fixture.ended->len, ==, 4096 + 1);
    g_array_set_size(fixture.ended, 0);
    end(&fixture, 0);
}

/* What is left of servers that are no proxies is told at the end, also if it was not kept. */
static void
test_undecided(void)
{
    struct fixture fixture;

    begin(&fixture, NULL);
    for (uint64_t i = 0; i < MANY; i++)
        close_peer(&fixture, peer_new(&fixture, i, (uint8_t)(1 + i % 2)));
    oa_connection_ends_know(fixture.tracker,
                            &(struct oa_endpoint){ { [10] = 0xFF, 0xFF, 10, 0, 1, 2 }, HTTPS });
    g_array_set_size(fixture.ended, 0);
    oa_tracker_end(fixture.tracker);
    g_assert_cmpuint(fixture.undecided[0], ==, 4096 / 2);
    g_assert_cmpuint(fixture.undecided[1], ==, (MANY - 4096) / 2);
    end(&fixture, 0);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls_proxy/shape", test_shape);
    g_test_add_func("/tls_proxy/web", test_web);
    g_test_add_func("/tls_proxy/failed-pair", test_failed_pair);
    g_test_add_func("/tls_proxy/named", test_named);
    g_test_add_func("/tls_proxy/decoded", test_decoded);
    g_test_add_func("/tls_proxy/host-name", test_host_name);
    g_test_add_func("/tls_proxy/bounded", test_bounded);
    g_test_add_func("/tls_proxy/undecided", test_undecided);
    return g_test_run();
}
