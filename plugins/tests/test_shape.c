/* test_shape.c
 * Virtual connections and their calls by the shape of encrypted connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape.h"

#include <glib.h>
#include <string.h>

#define MS INT64_C(1000000)

#define APPLICATION_DATA 23
#define AES_GCM 0xc02f
#define AES_CBC_SHA 0x002f
#define TLS_1_0 0x0301
#define GCM_ADDS 24

#define HEAD 250
#define A1 76
#define B1 104
#define C2 44
#define PING 20
#define ACK 56
#define SUCCESSOR 88
#define RTS_A4 28
#define RTS_A5 40
#define FRAGMENT 5840

struct fixture {
    struct oa_shapes *shapes;
    int64_t now_ns;
    uint64_t frame;
    uint16_t port;
    unsigned calls, waiting, exchanges, answered_exchanges;
    int64_t longest_ns;
    GArray *ended; /* of struct oa_estimate */
};

/* A connection. */
struct peer {
    struct fixture *fixture;
    struct oa_tls *tls;
    struct oa_shape *shape;
    bool is_waiting[2];
    uint8_t number[2]; /* of the last numbered record, by sender */
};

static void
on_call(void *context, struct oa_estimate *estimate, const struct oa_estimated_call *call)
{
    struct fixture *fixture = context;

    (void)estimate;
    fixture->calls++;
    fixture->waiting += call->is_waiting;
    if (call->response_last.frame)
        fixture->longest_ns =
            MAX(fixture->longest_ns, call->response_last.time_ns - call->request_last.time_ns);
}

static void
on_ended(void *context, struct oa_estimate *estimate)
{
    g_array_append_vals(((struct fixture *)context)->ended, estimate, 1);
}

static void
on_exchange(void *host, const struct oa_estimated_call *exchange)
{
    struct fixture *fixture = ((struct peer *)host)->fixture;

    fixture->exchanges++;
    fixture->answered_exchanges += exchange->response_last.frame != 0;
}

static void
set_up(struct fixture *fixture, const void *unused)
{
    (void)unused;
    fixture->shapes = oa_shapes_new(&(struct oa_shape_listener){
        .context = fixture, .call = on_call, .ended = on_ended, .exchange = on_exchange });
    fixture->ended = g_array_new(FALSE, FALSE, sizeof(struct oa_estimate));
    fixture->now_ns = 1000 * MS;
}

static void
tear_down(struct fixture *fixture, const void *unused)
{
    (void)unused;
    oa_shapes_free(fixture->shapes);
    g_array_unref(fixture->ended);
}

static void
send_bytes(struct peer *peer, enum oa_side side, const uint8_t *data, size_t length)
{
    struct fixture *fixture = peer->fixture;
    struct oa_stamp stamp = { fixture->now_ns, ++fixture->frame };

    g_assert_true(oa_tls_data(peer->tls, side, data, length, stamp));
    oa_shape_data(peer->shape, side, data, length, stamp);
}

/* A record of that length, some time later. */
static void
send_record(struct peer *peer, enum oa_side side, uint8_t type, size_t length)
{
    uint8_t *record = g_malloc0(5 + length);

    record[0] = type;
    record[1] = 3;
    record[2] = 3;
    record[3] = (uint8_t)(length >> 8);
    record[4] = (uint8_t)length;
    peer->fixture->now_ns += MS;
    send_bytes(peer, side, record, 5 + length);
    g_free(record);
}

/* A record with so many bytes inside. */
static void
speak(struct peer *peer, enum oa_side side, size_t length)
{
    send_record(peer, side, APPLICATION_DATA, length + GCM_ADDS);
}

/* The hellos of TLS 1.2 with AES-GCM, and the switch. */
static void
begin(struct fixture *fixture, struct peer *peer)
{
    static const uint8_t SERVER_HELLO[] = { 22, 3, 3, 0,        42,   2,    0, 0,
                                            38, 3, 3, [43] = 0, 0xc0, 0x2f, 0 };
    static const uint8_t SWITCH[] = { 20, 3, 3, 0, 1, 1 };
    struct oa_endpoint client = { .address = { [15] = 1 }, .port = ++fixture->port };
    struct oa_endpoint server = { .address = { [15] = 2 }, .port = 443 };

    *peer = (struct peer){ .fixture = fixture, .tls = oa_tls_new() };
    peer->shape =
        oa_shape_new(fixture->shapes, peer->tls, &client, &server, peer->is_waiting, peer);
    send_bytes(peer, OA_SERVER, SERVER_HELLO, sizeof SERVER_HELLO);
    g_assert_cmpuint(oa_tls_facts_of(peer->tls)->cipher_suite, ==, AES_GCM);
    send_bytes(peer, OA_CLIENT, SWITCH, sizeof SWITCH);
    send_bytes(peer, OA_SERVER, SWITCH, sizeof SWITCH);
}

static bool
end(struct peer *peer)
{
    struct fixture *fixture = peer->fixture;
    struct oa_stamp stamp = { fixture->now_ns, ++fixture->frame };
    bool is_channel = oa_shape_end(peer->shape, stamp, false);

    oa_tls_free(peer->tls);
    return is_channel;
}

/* Both channels, and the bind. */
static void
establish(struct fixture *fixture, struct peer *in, struct peer *out)
{
    begin(fixture, in);
    begin(fixture, out);
    speak(in, OA_CLIENT, HEAD);
    speak(out, OA_CLIENT, HEAD);
    speak(out, OA_CLIENT, A1);
    speak(in, OA_CLIENT, B1);
    speak(out, OA_SERVER, HEAD);
    speak(out, OA_SERVER, C2);
    speak(in, OA_CLIENT, 116);
    speak(out, OA_SERVER, 84);
}

static void
call(struct peer *in, struct peer *out)
{
    speak(in, OA_CLIENT, 200);
    speak(out, OA_SERVER, 300);
}

/* Ends both, and returns what was estimated. */
static struct oa_estimate
finish(struct fixture *fixture, struct peer *in, struct peer *out)
{
    g_assert_true(end(in));
    g_assert_true(end(out));
    g_assert_cmpuint(fixture->ended->len, ==, 1);
    return g_array_index(fixture->ended, struct oa_estimate, 0);
}

static void
test_calls(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 100; i++)
        call(&in, &out);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_cmpint(estimate.kind, ==, OA_ESTIMATE_CALLS);
    g_assert_true(estimate.has_exact_sizes);
    g_assert_cmpuint(estimate.calls, ==, 100);
    g_assert_cmpuint(estimate.answered, ==, 100);
    g_assert_cmpuint(fixture->calls, ==, 100);
    g_assert_cmpint(fixture->longest_ns, ==, MS);
    g_assert_cmpuint(estimate.bytes[OA_CLIENT].most, ==, 116 + 100 * 200);
    g_assert_cmpuint(estimate.bytes[OA_SERVER].least, ==, 84 + 100 * 300);
    g_assert_cmpfloat(estimate.score, ==, 1);
    g_assert_cmpuint(estimate.in_port, ==, 1);
    g_assert_cmpuint(estimate.client.port, ==, 2);
}

/* The last leg of an authentication, and fragments, are no requests of their own. */
static void
test_parts(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    speak(&in, OA_CLIENT, 340);
    fixture->now_ns += 500 * MS;
    call(&in, &out);
    for (int i = 0; i < 3; i++)
        speak(&in, OA_CLIENT, FRAGMENT);
    speak(&in, OA_CLIENT, 100);
    for (int i = 0; i < 3; i++)
        speak(&out, OA_SERVER, FRAGMENT);
    speak(&out, OA_SERVER, 100);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_cmpuint(estimate.calls, ==, 2);
    g_assert_cmpuint(estimate.clean, ==, 2);
}

static void
test_pings_and_acks(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    call(&in, &out);
    for (int i = 0; i < 5; i++) {
        fixture->now_ns += 60000 * MS;
        speak(&in, OA_CLIENT, PING);
        speak(&out, OA_SERVER, PING);
    }
    speak(&in, OA_CLIENT, 200);
    speak(&out, OA_SERVER, FRAGMENT);
    speak(&in, OA_CLIENT, ACK);
    speak(&out, OA_SERVER, 300);
    speak(&in, OA_CLIENT, ACK); /* which is too early for another one */
    speak(&out, OA_SERVER, 300);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_cmpuint(estimate.pings, ==, 10);
    g_assert_cmpuint(estimate.acks, ==, 1);
    g_assert_cmpuint(estimate.calls, ==, 3);
}

static void
test_notifications(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 4; i++) {
        speak(&in, OA_CLIENT, 48);
        fixture->now_ns += 15000 * MS;
        speak(&out, OA_SERVER, 32);
    }
    speak(&in, OA_CLIENT, 48);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.kind, ==, OA_ESTIMATE_NOTIFICATIONS);
    g_assert_cmpuint(estimate.calls, ==, 5);
    g_assert_cmpuint(estimate.answered, ==, 4);
    g_assert_cmpuint(fixture->waiting, ==, 5);
}

/* Slow calls of a usual size are calls of a slow server. */
static void
test_slow_server(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 4; i++) {
        speak(&in, OA_CLIENT, 200);
        fixture->now_ns += 15000 * MS;
        speak(&out, OA_SERVER, 300);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.kind, ==, OA_ESTIMATE_CALLS);
    g_assert_cmpuint(fixture->waiting, ==, 0);
}

/* Two calls at a time: the second answer has no request of its own. */
static void
test_overlapping(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 10; i++) {
        speak(&in, OA_CLIENT, 200);
        speak(&in, OA_CLIENT, 200);
        speak(&out, OA_SERVER, 300);
        speak(&out, OA_SERVER, 300);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_ORPHANS);
    g_assert_cmpuint(estimate.orphans, ==, 10);
    g_assert_cmpfloat(estimate.score, <, OA_ESTIMATE_SCORE);
    g_assert_cmpuint(fixture->calls, ==, 0);
}

static void
test_successor(struct fixture *fixture, const void *unused)
{
    struct peer in, out, next;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 20; i++)
        call(&in, &out);
    begin(fixture, &next);
    speak(&next, OA_CLIENT, HEAD);
    speak(&next, OA_CLIENT, SUCCESSOR);
    g_assert_true(end(&in));
    for (int i = 0; i < 20; i++)
        call(&next, &out);
    g_assert_true(end(&next));
    g_assert_cmpuint(fixture->ended->len, ==, 0);
    g_assert_true(end(&out));
    struct oa_estimate estimate = g_array_index(fixture->ended, struct oa_estimate, 0);
    g_assert_cmpuint(estimate.recycles, ==, 1);
    g_assert_cmpuint(estimate.calls, ==, 40);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
}

/* Channels that begin at the same time: what fits. */
static void
test_several_at_once(struct fixture *fixture, const void *unused)
{
    struct peer in[4], out[4];

    (void)unused;
    for (int i = 0; i < 4; i++) {
        begin(fixture, &in[i]);
        begin(fixture, &out[i]);
        speak(&out[i], OA_CLIENT, HEAD);
        speak(&out[i], OA_CLIENT, A1);
        speak(&in[i], OA_CLIENT, HEAD);
        speak(&in[i], OA_CLIENT, B1);
    }
    for (int i = 0; i < 4; i++)
        speak(&out[i], OA_SERVER, HEAD);
    for (int i = 0; i < 4; i++)
        call(&in[i], &out[i]);
    for (int round = 0; round < 30; round++)
        for (int i = 3; i >= 0; i--)
            if (round % (i + 1) == 0)
                call(&in[i], &out[i]);
    for (int i = 0; i < 4; i++) {
        g_assert_true(end(&in[i]));
        g_assert_true(end(&out[i]));
    }
    g_assert_cmpuint(fixture->ended->len, ==, 4);
    for (guint i = 0; i < 4; i++) {
        const struct oa_estimate *estimate = &g_array_index(fixture->ended, struct oa_estimate, i);
        g_assert_cmpuint(estimate->client.port, ==, estimate->in_port + 1);
        g_assert_cmpuint(estimate->calls, ==, (30 + i) / (i + 1));
    }
}

/* An upload and a download at the same time are no virtual connection. */
static void
test_ordinary(struct fixture *fixture, const void *unused)
{
    struct peer up, down, web;

    (void)unused;
    begin(fixture, &up);
    begin(fixture, &down);
    begin(fixture, &web);
    speak(&down, OA_CLIENT, HEAD);
    speak(&down, OA_SERVER, HEAD);
    speak(&up, OA_CLIENT, HEAD);
    for (int i = 0; i < 200; i++) {
        speak(&up, OA_CLIENT, 1000);
        if (i % 7 == 0)
            speak(&up, OA_CLIENT, 1000);
        if (i % 3 != 0)
            speak(&down, OA_SERVER, 1000);
    }
    speak(&up, OA_SERVER, HEAD);
    for (int i = 0; i < 5; i++)
        call(&web, &web);
    speak(&web, OA_CLIENT, HEAD);
    g_assert_false(end(&up));
    g_assert_false(end(&down));
    g_assert_cmpuint(fixture->exchanges, ==, 7);
    g_assert_false(end(&web));
    g_assert_cmpuint(fixture->exchanges, ==, 8);
    g_assert_cmpuint(fixture->answered_exchanges, ==, 7);
    g_assert_cmpuint(fixture->ended->len, ==, 0);
}

/* Bytes are missing in the middle of a record of the response, then a whole request. */
static void
test_loss(struct fixture *fixture, const void *unused)
{
    static const uint8_t PART[] = { APPLICATION_DATA, 3, 3, 0, 100, 1, 2 };
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 60; i++)
        call(&in, &out);
    speak(&in, OA_CLIENT, 200);
    send_bytes(&out, OA_SERVER, PART, sizeof PART);
    oa_shape_lost(out.shape, OA_SERVER, 98);
    call(&in, &out);
    oa_shape_lost(in.shape, OA_CLIENT, 229);
    speak(&out, OA_SERVER, 300);
    for (int i = 0; i < 60; i++)
        call(&in, &out);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_cmpuint(estimate.calls, ==, 123);
    g_assert_cmpuint(estimate.lossy, ==, 2);
    g_assert_cmpuint(estimate.orphans, ==, 0);
}

/* What comes while bytes of the other channel are missing waits for them. */
static void
test_late(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 10; i++) {
        speak(&in, OA_CLIENT, 200);
        fixture->frame += 10;
        out.is_waiting[OA_SERVER] = true;
        speak(&in, OA_CLIENT, 200); /* the next one already */
        out.is_waiting[OA_SERVER] = false;
        fixture->frame -= 8;
        speak(&out, OA_SERVER, 300); /* in between */
        fixture->frame += 8;
        speak(&out, OA_SERVER, 300);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_cmpuint(estimate.calls, ==, 20);
}

/* The same, of which the snap length left the beginning. */
static void
speak_cut(struct peer *peer, enum oa_side side, size_t length, size_t captured)
{
    struct fixture *fixture = peer->fixture;
    const size_t payload = length + GCM_ADDS;
    const uint8_t record[40] = { APPLICATION_DATA, 3, 3, (uint8_t)(payload >> 8),
                                 (uint8_t)payload };

    fixture->now_ns += MS;
    if (captured)
        send_bytes(peer, side, record, captured);
    struct oa_stamp stamp = { fixture->now_ns, fixture->frame += !captured };
    oa_shape_cut(peer->shape, side, 5 + payload - captured, stamp);
    oa_tls_lost(peer->tls, side, 5 + payload - captured);
}

/* Of the server's hello less than the suite was captured: Finished shows how much it adds. */
static void
begin_cut(struct fixture *fixture, struct peer *peer, size_t finished)
{
    static const uint8_t SWITCH[] = { 20, 3, 3, 0, 1, 1 };
    static const uint8_t HELLO[] = { 22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3 };
    struct oa_endpoint client = { .address = { [15] = 1 }, .port = ++fixture->port };
    struct oa_endpoint server = { .address = { [15] = 2 }, .port = 443 };

    *peer = (struct peer){ .fixture = fixture, .tls = oa_tls_new() };
    peer->shape =
        oa_shape_new(fixture->shapes, peer->tls, &client, &server, peer->is_waiting, peer);
    send_bytes(peer, OA_SERVER, HELLO, sizeof HELLO);
    oa_shape_cut(peer->shape, OA_SERVER, 5 + 42 - sizeof HELLO + 900,
                 (struct oa_stamp){ fixture->now_ns, fixture->frame });
    oa_tls_lost(peer->tls, OA_SERVER, 5 + 42 - sizeof HELLO + 900);
    send_bytes(peer, OA_CLIENT, SWITCH, sizeof SWITCH);
    send_record(peer, OA_CLIENT, 22, finished);
    g_assert_false(oa_tls_facts_of(peer->tls)->has_server_hello);
}

static void
test_cut(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    begin_cut(fixture, &in, 16 + GCM_ADDS);
    begin_cut(fixture, &out, 16 + GCM_ADDS);
    speak_cut(&in, OA_CLIENT, HEAD, 40);
    speak_cut(&out, OA_CLIENT, HEAD, 40);
    speak_cut(&out, OA_CLIENT, A1, 40);
    speak_cut(&in, OA_CLIENT, B1, 40);
    speak_cut(&out, OA_SERVER, HEAD, 40);
    speak_cut(&in, OA_CLIENT, 116, 40);
    speak_cut(&out, OA_SERVER, 84, 40);
    for (int i = 0; i < 20; i++) {
        speak_cut(&in, OA_CLIENT, 200, 40);
        speak_cut(&out, OA_SERVER, FRAGMENT, 40); /* the next record may begin anywhere */
        speak_cut(&out, OA_SERVER, 300, 0);
        speak_cut(&out, OA_SERVER, 100, 2);
        speak(&out, OA_SERVER, PING);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_true(estimate.has_exact_sizes);
    g_assert_cmpuint(estimate.calls, ==, 20);
    g_assert_cmpuint(estimate.answered, ==, 20);
    g_assert_cmpuint(estimate.pings, ==, 20);
    g_assert_cmpuint(estimate.tls_version, ==, 0); /* only what was seen is told */
}

static void
test_finished(struct fixture *fixture, const void *unused)
{
    static const struct {
        uint16_t version;
        size_t length, payload, least, most;
    } ROWS[] = {
        { OA_TLS_1_2, 40, 100, 76, 76 }, { OA_TLS_1_2, 32, 100, 84, 84 },
        { TLS_1_0, 36, 100, 80, 80 },    { TLS_1_0, 48, 96, 60, 75 },
        { TLS_1_0, 40, 96, 68, 75 },     { OA_TLS_1_2, 96, 128, 48, 63 },
    };

    (void)fixture;
    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_tls_size size = oa_tls_record_size(
            oa_tls_choice_by_finished(ROWS[i].version, ROWS[i].length), ROWS[i].payload);
        g_assert_cmpuint(size.least, ==, ROWS[i].least);
        g_assert_cmpuint(size.most, ==, ROWS[i].most);
    }
    g_assert_false(oa_tls_choice_by_finished(OA_TLS_1_2, 41).is_known);
    g_assert_false(oa_tls_choice_by_finished(TLS_1_0, 96).is_known);
}

/* Establishes with a bind of that size, then an exchange, and returns how many calls there were. */
static uint64_t
calls_with_bind(struct fixture *fixture, size_t bind, size_t bind_ack, size_t next)
{
    struct peer in, out;

    begin(fixture, &in);
    begin(fixture, &out);
    speak(&in, OA_CLIENT, HEAD);
    speak(&out, OA_CLIENT, HEAD);
    speak(&out, OA_CLIENT, A1);
    speak(&in, OA_CLIENT, B1);
    speak(&out, OA_SERVER, HEAD);
    speak(&in, OA_CLIENT, bind);
    speak(&out, OA_SERVER, bind_ack);
    speak(&in, OA_CLIENT, next);
    speak(&out, OA_SERVER, 93);
    for (int i = 0; i < 5; i++)
        call(&in, &out);
    g_assert_true(end(&in));
    g_assert_true(end(&out));
    const struct oa_estimate *estimate =
        &g_array_index(fixture->ended, struct oa_estimate, fixture->ended->len - 1);
    g_assert_cmpint(estimate->doubt, ==, OA_DOUBT_NONE);
    fixture->now_ns += 60000 * MS;
    return estimate->calls;
}

static void
test_authentication(struct fixture *fixture, const void *unused)
{
    (void)unused;
    g_assert_cmpuint(calls_with_bind(fixture, 198, 261, 494), ==, 5); /* Negotiate */
    g_assert_cmpuint(calls_with_bind(fixture, 2891, 262, 181), ==, 5);
    g_assert_cmpuint(calls_with_bind(fixture, 112, 238, 494), ==, 6); /* auth3 with a request */
    g_assert_cmpuint(calls_with_bind(fixture, 116, 84, 200), ==, 6);  /* none */
}

/* A response that looks like the rest of the one before it hides that its request was lost. */
static void
test_hidden_loss(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 20; i++)
        call(&in, &out);
    speak(&in, OA_CLIENT, 200);
    speak(&out, OA_SERVER, 1393);
    speak(&out, OA_SERVER, 300);
    oa_shape_lost(in.shape, OA_CLIENT, 5 + 200 + GCM_ADDS);
    call(&in, &out);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_LOSS);
    g_assert_cmpfloat(estimate.score, >, OA_ESTIMATE_SCORE);
}

/* Sizes that are multiples, with the byte of the type. */
static void
test_padding(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    begin(fixture, &in);
    begin(fixture, &out);
    speak(&in, OA_CLIENT, 255);
    speak(&out, OA_CLIENT, 255);
    speak(&out, OA_CLIENT, 127);
    speak(&out, OA_SERVER, 255);
    for (int i = 0; i < 20; i++) {
        speak(&in, OA_CLIENT, 127);
        speak(&out, OA_SERVER, 319);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_PADDING);
    g_assert_false(estimate.has_exact_sizes);
}

/* What follows a successor's first PDU is a request, and the last call is none of the PDUs about
 * channels. */
static void
test_recycling(struct fixture *fixture, const void *unused)
{
    struct peer in, out, next;

    (void)unused;
    establish(fixture, &in, &out);
    for (int i = 0; i < 10; i++)
        call(&in, &out);
    begin(fixture, &next);
    speak(&next, OA_CLIENT, HEAD);
    speak(&next, OA_CLIENT, SUCCESSOR);
    speak(&out, OA_SERVER, RTS_A4);
    speak(&in, OA_CLIENT, RTS_A5);
    for (int i = 0; i < 10; i++)
        call(&next, &out);
    speak(&next, OA_CLIENT, RTS_A5);
    speak(&out, OA_SERVER, 48);
    g_assert_true(end(&in));
    g_assert_true(end(&next));
    g_assert_true(end(&out));
    struct oa_estimate estimate = g_array_index(fixture->ended, struct oa_estimate, 0);
    g_assert_cmpuint(estimate.calls, ==, 21);
    g_assert_cmpuint(estimate.overlaps, ==, 0);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
}

static void
test_sizes(struct fixture *fixture, const void *unused)
{
    static const struct {
        uint16_t version, suite;
        size_t length, least, most;
    } ROWS[] = {
        { OA_TLS_1_2, AES_GCM, 100, 76, 76 },     { OA_TLS_1_2, 0xcca8, 100, 84, 84 },
        { OA_TLS_1_2, 0xc0a0, 100, 84, 84 }, /* CCM_8 */
        { OA_TLS_1_3, 0x1301, 100, 83, 83 },      { OA_TLS_1_3, 0x1305, 100, 91, 91 },
        { TLS_1_0, 0x0005, 100, 80, 80 },         { TLS_1_0, AES_CBC_SHA, 96, 60, 75 },
        { OA_TLS_1_2, AES_CBC_SHA, 112, 60, 75 }, { TLS_1_0, 0x000a, 96, 68, 75 },
        { OA_TLS_1_2, 0xc028, 128, 48, 63 },      { OA_TLS_1_2, 0xc028, 32, 0, 0 },
    };

    (void)fixture;
    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_tls_choice choice = { true, ROWS[i].version, ROWS[i].suite };
        struct oa_tls_size size = oa_tls_record_size(choice, ROWS[i].length);
        g_assert_cmpuint(size.least, ==, ROWS[i].least);
        g_assert_cmpuint(size.most, ==, ROWS[i].most);
    }
    g_assert_false(oa_tls_size_may_be(oa_tls_record_size((struct oa_tls_choice){ 0 }, 128), B1));
}

/* A connection whose handshake was before the capture. Records of AES-GCM have numbers. */
static void
begin_middle(struct fixture *fixture, struct peer *peer)
{
    struct oa_endpoint client = { .address = { [15] = 1 }, .port = ++fixture->port };
    struct oa_endpoint server = { .address = { [15] = 2 }, .port = 443 };

    *peer = (struct peer){ .fixture = fixture, .tls = oa_tls_new() };
    peer->shape =
        oa_shape_new(fixture->shapes, peer->tls, &client, &server, peer->is_waiting, peer);
}

static void
speak_numbered(struct peer *peer, enum oa_side side, size_t length)
{
    uint8_t *record = g_malloc0(5 + length + GCM_ADDS);

    record[0] = APPLICATION_DATA;
    record[1] = record[2] = 3;
    record[3] = (uint8_t)((length + GCM_ADDS) >> 8);
    record[4] = (uint8_t)(length + GCM_ADDS);
    record[12] = ++peer->number[side];
    peer->fixture->now_ns += MS;
    send_bytes(peer, side, record, 5 + length + GCM_ADDS);
    g_free(record);
}

/* Calls at irregular times. */
static void
call_numbered(struct peer *in, struct peer *out, int at)
{
    in->fixture->now_ns += (at * 7 % 5 + 1) * 100 * MS;
    speak_numbered(in, OA_CLIENT, 230);
    speak_numbered(out, OA_SERVER, 300);
}

static void
test_middle(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    begin_middle(fixture, &in);
    begin_middle(fixture, &out);
    speak_numbered(&out, OA_SERVER, 500); /* of a request before the capture */
    for (int i = 0; i < 20; i++)
        call_numbered(&in, &out, i);
    fixture->now_ns += 30000 * MS;
    speak_numbered(&in, OA_CLIENT, PING);
    speak_numbered(&out, OA_SERVER, PING);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_NONE);
    g_assert_true(estimate.is_middle);
    g_assert_cmpuint(estimate.calls, ==, 20);
    g_assert_cmpuint(estimate.answered, ==, 20);
    g_assert_cmpuint(estimate.pings, ==, 2);
    g_assert_cmpuint(fixture->calls, ==, 20);
    g_assert_cmpfloat_with_epsilon(estimate.score, 20.0 / 21, 1e-9);
}

/* Too few to be certain of the number; and the first one looks like a bind. */
static void
test_middle_doubt(struct fixture *fixture, const void *unused)
{
    static const size_t FIRST[][2] = { { 230, 300 }, { 116, 84 } };

    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(FIRST); i++) {
        struct peer in, out;
        begin_middle(fixture, &in);
        begin_middle(fixture, &out);
        speak_numbered(&in, OA_CLIENT, FIRST[i][0]);
        speak_numbered(&out, OA_SERVER, FIRST[i][1]);
        for (int at = 0; at < (i ? 30 : 6); at++)
            call_numbered(&in, &out, at);
        g_assert_true(end(&in));
        g_assert_true(end(&out));
        g_assert_cmpint(g_array_index(fixture->ended, struct oa_estimate, i).doubt, ==,
                        OA_DOUBT_BEGINNING);
    }
}

/* Something is missing before it shows which connections belong together. */
static void
test_middle_loss(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    begin_middle(fixture, &in);
    begin_middle(fixture, &out);
    speak_numbered(&in, OA_CLIENT, 230);
    oa_shape_lost(in.shape, OA_CLIENT, 5 + 230 + GCM_ADDS);
    speak_numbered(&out, OA_SERVER, 300);
    for (int i = 0; i < 20; i++)
        call_numbered(&in, &out, i);
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_BEGINNING);
}

/* Several at once, each found among the others. */
static void
test_middle_several(struct fixture *fixture, const void *unused)
{
    struct peer in[6], out[6];

    (void)unused;
    for (int i = 0; i < 6; i++) {
        begin_middle(fixture, &in[i]);
        begin_middle(fixture, &out[i]);
    }
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int round = 0; round < 120; round++) {
        int which = g_rand_int_range(random, 0, 6);
        call_numbered(&in[which], &out[which], g_rand_int_range(random, 0, 5));
    }
    for (int i = 0; i < 6; i++) {
        g_assert_true(end(&in[i]));
        g_assert_true(end(&out[i]));
    }
    g_assert_cmpuint(fixture->ended->len, ==, 6);
    uint64_t calls = 0;
    for (guint i = 0; i < 6; i++) {
        const struct oa_estimate *estimate = &g_array_index(fixture->ended, struct oa_estimate, i);
        g_assert_cmpuint(estimate->client.port, ==, estimate->in_port + 1);
        g_assert_cmpint(estimate->doubt, ==, OA_DOUBT_NONE);
        calls += estimate->calls;
    }
    g_assert_cmpuint(calls, ==, 120);
}

/* A chunk a second up, and an event a second down; large transfers both ways; requests with
 * responses on one connection. */
static void
test_middle_ordinary(struct fixture *fixture, const void *unused)
{
    struct peer up[2], down[2], web;

    (void)unused;
    for (int i = 0; i < 2; i++) {
        begin_middle(fixture, &up[i]);
        begin_middle(fixture, &down[i]);
    }
    begin_middle(fixture, &web);
    for (int i = 0; i < 100; i++) {
        fixture->now_ns += 600 * MS;
        speak_numbered(&up[0], OA_CLIENT, 300);
        fixture->now_ns += 400 * MS;
        speak_numbered(&down[0], OA_SERVER, 200);
        speak_numbered(&up[1], OA_CLIENT, 8192);
        speak_numbered(&down[1], OA_SERVER, 8192);
        call_numbered(&web, &web, i);
    }
    for (int i = 0; i < 2; i++) {
        g_assert_false(end(&up[i]));
        g_assert_false(end(&down[i]));
    }
    g_assert_false(end(&web));
    g_assert_cmpuint(fixture->ended->len, ==, 0);
}

/* The hello of TLS 1.3, and the ends of the handshake. */
static void
begin_tls_1_3(struct fixture *fixture, struct peer *peer)
{
    static const uint8_t SERVER_HELLO[] = { 22,   3,    3, 0, 50, 2, 0,  0, 46, 3, 3, [43] = 0,
                                            0x13, 0x02, 0, 0, 6,  0, 43, 0, 2,  3, 4 };
    struct oa_endpoint client = { .address = { [15] = 1 }, .port = ++fixture->port };
    struct oa_endpoint server = { .address = { [15] = 2 }, .port = 443 };

    *peer = (struct peer){ .fixture = fixture, .tls = oa_tls_new() };
    peer->shape =
        oa_shape_new(fixture->shapes, peer->tls, &client, &server, peer->is_waiting, peer);
    send_bytes(peer, OA_SERVER, SERVER_HELLO, sizeof SERVER_HELLO);
    g_assert_cmpuint(oa_tls_facts_of(peer->tls)->version, ==, OA_TLS_1_3);
    send_record(peer, OA_SERVER, APPLICATION_DATA, 1000);
    send_record(peer, OA_CLIENT, APPLICATION_DATA, 52);
}

/* A record with so many bytes inside, padded. */
static void
speak_padded(struct peer *peer, enum oa_side side, size_t length)
{
    send_record(peer, side, APPLICATION_DATA, (length + 1 + 255) / 256 * 256 + 16);
}

/* Padded to 256: the channels show, the number of calls does not. */
static void
test_padded(struct fixture *fixture, const void *unused)
{
    struct peer in, out;

    (void)unused;
    begin_tls_1_3(fixture, &in);
    begin_tls_1_3(fixture, &out);
    speak_padded(&in, OA_CLIENT, HEAD);
    speak_padded(&out, OA_CLIENT, HEAD);
    speak_padded(&out, OA_CLIENT, A1);
    speak_padded(&in, OA_CLIENT, B1);
    speak_padded(&out, OA_SERVER, HEAD);
    speak_padded(&out, OA_SERVER, C2);
    speak_padded(&in, OA_CLIENT, 116);
    speak_padded(&out, OA_SERVER, 84);
    for (int i = 0; i < 3; i++) {
        speak_padded(&in, OA_CLIENT, 200);
        speak_padded(&out, OA_SERVER, 300);
    }
    struct oa_estimate estimate = finish(fixture, &in, &out);
    g_assert_cmpint(estimate.doubt, ==, OA_DOUBT_PADDING);
    g_assert_cmpuint(estimate.in_port, ==, 1);
    g_assert_cmpuint(estimate.client.port, ==, 2);
}

/* A wait for notifications, with a PENDING every 15 s. */
static void
wait_for_notification(struct peer *peer, int pending)
{
    speak(peer, OA_CLIENT, 500);
    speak(peer, OA_CLIENT, 8);
    speak(peer, OA_SERVER, 460);
    for (int i = 0; i < pending; i++) {
        peer->fixture->now_ns += 15000 * MS;
        speak(peer, OA_SERVER, 14);
    }
    peer->fixture->now_ns += 9000 * MS;
    speak(peer, OA_SERVER, 120);
}

static void
test_mapi_http(struct fixture *fixture, const void *unused)
{
    struct peer calls, waits, other;

    (void)unused;
    begin(fixture, &calls);
    begin(fixture, &waits);
    for (int i = 0; i < 10; i++) {
        speak(&calls, OA_CLIENT, 500);
        speak(&calls, OA_CLIENT, 60);
        speak(&calls, OA_SERVER, 700);
    }
    wait_for_notification(&waits, 2);
    begin(fixture, &other);
    wait_for_notification(&other, 0); /* goes on there */
    end(&calls);
    end(&waits);
    end(&other);
    g_assert_cmpuint(fixture->ended->len, ==, 1);
    const struct oa_estimate *estimate = &g_array_index(fixture->ended, struct oa_estimate, 0);
    g_assert_cmpint(estimate->kind, ==, OA_ESTIMATE_MAPI_HTTP);
    g_assert_cmpint(estimate->doubt, ==, OA_DOUBT_HTTP);
    g_assert_cmpuint(estimate->waits, ==, 2);
    g_assert_cmpuint(estimate->exchanges, ==, 12);
    g_assert_cmpuint(estimate->client.port, ==, 2);
    g_assert_cmpfloat(estimate->score, ==, 0.75);
}

/* Long polls, events with signs of life, and a slow response are none. */
static void
test_no_mapi_http(struct fixture *fixture, const void *unused)
{
    struct peer poll, events, slow;

    (void)unused;
    begin(fixture, &poll);
    begin(fixture, &events);
    begin(fixture, &slow);
    speak(&events, OA_CLIENT, 400);
    speak(&events, OA_SERVER, 300);
    for (int i = 0; i < 10; i++) {
        speak(&poll, OA_CLIENT, 500);
        speak(&poll, OA_CLIENT, 8);
        speak(&slow, OA_CLIENT, 500);
        speak(&slow, OA_CLIENT, 8);
        speak(&slow, OA_SERVER, 300);
        fixture->now_ns += 15000 * MS;
        speak(&events, OA_SERVER, 14);
        speak(&poll, OA_SERVER, 300);
        speak(&slow, OA_SERVER, 8192);
        speak(&slow, OA_SERVER, 8192);
    }
    end(&poll);
    end(&events);
    end(&slow);
    g_assert_cmpuint(fixture->ended->len, ==, 0);
}

static void
add(const char *path, void (*test)(struct fixture *, const void *))
{
    g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    add("/shape/sizes", test_sizes);
    add("/shape/finished", test_finished);
    add("/shape/cut", test_cut);
    add("/shape/authentication", test_authentication);
    add("/shape/hidden_loss", test_hidden_loss);
    add("/shape/padding", test_padding);
    add("/shape/recycling", test_recycling);
    add("/shape/calls", test_calls);
    add("/shape/parts", test_parts);
    add("/shape/pings_and_acks", test_pings_and_acks);
    add("/shape/notifications", test_notifications);
    add("/shape/slow_server", test_slow_server);
    add("/shape/overlapping", test_overlapping);
    add("/shape/successor", test_successor);
    add("/shape/several_at_once", test_several_at_once);
    add("/shape/ordinary", test_ordinary);
    add("/shape/loss", test_loss);
    add("/shape/late", test_late);
    add("/shape/middle", test_middle);
    add("/shape/middle_doubt", test_middle_doubt);
    add("/shape/middle_loss", test_middle_loss);
    add("/shape/middle_several", test_middle_several);
    add("/shape/middle_ordinary", test_middle_ordinary);
    add("/shape/padded", test_padded);
    add("/shape/mapi_http", test_mapi_http);
    add("/shape/no_mapi_http", test_no_mapi_http);
    return g_test_run();
}
