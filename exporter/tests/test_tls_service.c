/* test_tls_service.c
 * Connections inside TLS: which of them count as those of an RPC proxy, and when.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls_service.h"

#include <glib.h>
#include <string.h>

#define HTTPS 443
#define MANY 5000

struct fixture {
    struct tls_service *service;
    GArray *rows;     /* numbers of the connections passed on */
    unsigned dropped; /* findings */
};

/* One connection. */
struct peer {
    struct connection tcp;
    struct oa_tls_facts tls;
    struct tls_watch *watch;
};

static void
on_ended(void *context, const struct connection_row *row)
{
    struct fixture *fixture = context;

    g_array_append_val(fixture->rows, row->tcp->number);
}

static void
on_event(void *context, const struct oa_event *event)
{
    struct fixture *fixture = context;

    g_assert_cmpint(event->type, ==, OA_EVENT_FINDING);
    g_assert_cmpint(event->finding->id, ==, OA_FINDING_LIMIT_REACHED);
    fixture->dropped++;
}

static void
begin(struct fixture *fixture, char *const *proxies)
{
    const struct tls_service_sink sink = { on_ended, on_event, fixture };

    *fixture = (struct fixture){ .rows = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
    fixture->service = tls_service_new(&sink, proxies);
}

static void
end(struct fixture *fixture, guint rows)
{
    tls_service_free(fixture->service);
    g_assert_cmpuint(fixture->rows->len, ==, rows);
    for (guint i = 0; i < rows; i++)
        g_assert_cmpuint(g_array_index(fixture->rows, uint64_t, i), ==, i);
    g_array_unref(fixture->rows);
}

static struct peer *
peer_new(struct fixture *fixture, uint64_t number, uint8_t server)
{
    struct peer *peer = g_new0(struct peer, 1);

    peer->tcp = (struct connection){
        .number = number,
        .endpoint = { { { [10] = 0xFF, 0xFF, 10, 0, 0, 1 }, (uint16_t)(50000 + number) },
                      { { [10] = 0xFF, 0xFF, 10, 0, 1, server }, HTTPS } },
        .first = { (int64_t)number + 1, number + 1 },
    };
    peer->tcp.stream[OA_CLIENT].payload_bytes = 1;
    peer->watch = tls_watch_new(fixture->service, &peer->tcp);
    return peer;
}

static void
say(struct peer *peer, enum oa_side side)
{
    static const uint8_t DATA[100] = { 0x17, 3, 3 };

    tls_watch_data(peer->watch, side, DATA, sizeof DATA);
}

static void
close_peer(struct fixture *fixture, struct peer *peer)
{
    static const uint8_t ALERT[69] = { 0x15, 3, 3 };
    struct connection_row row = { .tcp = &peer->tcp, .tls = &peer->tls };

    tls_watch_data(peer->watch, OA_SERVER, ALERT, sizeof ALERT);
    tls_service_ended(fixture->service, peer->watch, &row);
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
        g_assert_cmpuint(fixture.rows->len, ==, 0);
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

    peer->tcp.first.time_ns = begin_ns;
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
    g_assert_cmpuint(fixture.rows->len, ==, 0);
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
    peer->tcp.endpoint[OA_SERVER].port = 636;
    close_peer(&fixture, peer);
    end(&fixture, 3);
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
    tls_service_know(fixture.service, &peer->tcp.endpoint[OA_SERVER]);
    close_peer(&fixture, peer);
    g_assert_cmpuint(fixture.dropped, ==, 1);
    g_assert_cmpuint(fixture.rows->len, ==, 4096 + 1);
    g_array_set_size(fixture.rows, 0);
    end(&fixture, 0);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls_service/shape", test_shape);
    g_test_add_func("/tls_service/web", test_web);
    g_test_add_func("/tls_service/failed-pair", test_failed_pair);
    g_test_add_func("/tls_service/named", test_named);
    g_test_add_func("/tls_service/bounded", test_bounded);
    return g_test_run();
}
