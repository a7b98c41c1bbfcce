/* test_virtual_connection.c
 * Channels joined to virtual connections by cookies, by PDUs that identify a channel, and by calls;
 * recycling, merging, ending, and damaged PDUs.
 * [MS-RPCH] 2.2.4, 3.2.1.5, 3.2.3 to 3.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/virtual_connection.h"

#include <string.h>

#include "base/limits.h"
#include "track/channel.h"
#include "wire.h"

/* Cookies: of virtual connections, of channels. */
enum {
    V = 0x11,
    V2 = 0x12,
    IN1 = 0x21,
    IN2 = 0x22,
    IN3 = 0x23,
    OUT1 = 0x31,
    OUT2 = 0x32,
    OUT3 = 0x33
};

static void
conn_a1(struct wire *wire, struct oa_channel *out, uint8_t vc, uint8_t cookie)
{
    wire_rts(wire, out, OA_CLIENT, OA_RTS_CONN_A1, (struct wire_rts){ .cookies = { vc, cookie } });
}

static void
conn_b1(struct wire *wire, struct oa_channel *in, uint8_t vc, uint8_t cookie)
{
    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { vc, cookie } });
}

static const char HEAD_OF_6002[] = "RPC_IN_DATA /rpc/rpcproxy.dll?server:6002 HTTP/1.1\r\n"
                                   "Host: proxy\r\nContent-Length: 1073741824\r\n\r\n";

/* Both channels of the client's hop, established. */
struct pair {
    struct oa_channel *in, *out;
};

static struct pair
establish(struct wire *wire, uint8_t client, uint8_t vc, uint8_t in, uint8_t out)
{
    struct pair pair = { wire_in(wire, client), wire_out(wire, client) };

    conn_a1(wire, pair.out, vc, out);
    conn_b1(wire, pair.in, vc, in);
    wire_respond(wire, pair.out);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_CONN_A3, (struct wire_rts){ 0 });
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_CONN_C2,
             (struct wire_rts){ .window = 0x8000, .timeout_ms = 240000 });
    return pair;
}

static void
expect_joined(const struct oa_channel *channel, uint64_t vc, enum oa_join join)
{
    g_assert_nonnull(channel->vc);
    g_assert_cmpuint(channel->vc->number, ==, vc);
    g_assert_cmpint(channel->join, ==, join);
}

/* The first PDU of each channel contains both cookies; either channel may come first. */
static void
test_cookie(void)
{
    for (int a_first = 0; a_first < 2; a_first++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);

        g_assert_null(in->vc);
        for (int i = 0; i < 2; i++)
            if (i == a_first)
                conn_b1(wire, in, V, IN1);
            else
                conn_a1(wire, out, V, OUT1);
        g_assert_cmpuint(wire->n_vcs, ==, 1);
        expect_joined(in, 0, OA_JOIN_COOKIE);
        expect_joined(out, 0, OA_JOIN_COOKIE);
        const struct oa_virtual_connection *vc = in->vc;
        g_assert_true(vc == out->vc);
        g_assert_true(vc->channel[OA_HOP_CLIENT][OA_LEG_IN] == in);
        g_assert_true(vc->channel[OA_HOP_CLIENT][OA_LEG_OUT] == out);
        g_assert_true(vc->has_association_group);
        g_assert_cmpuint(vc->traffic[OA_HOP_CLIENT][OA_CLIENT].rts_pdus, ==, 2);
        g_assert_cmpstr(vc->target_server, ==, "mbx1");
        g_assert_cmpuint(vc->target_port, ==, 6001);
        g_assert_cmpuint(in->cookie.bytes[0], ==, IN1);
        g_assert_cmpuint(in->client_keepalive_ms, ==, 300000);
        g_assert_cmpuint(out->receive_window, ==, WIRE_WINDOW);
        wire_free(wire);
    }
}

/* Clients that connect at the same time from one address are distinguished by cookies. */
static void
test_interleaved(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[2], *out[2];

    for (int i = 0; i < 2; i++)
        in[i] = wire_in(wire, 1);
    for (int i = 1; i >= 0; i--)
        out[i] = wire_out(wire, 1);
    conn_b1(wire, in[0], V, IN1);
    conn_b1(wire, in[1], V2, IN2);
    conn_a1(wire, out[1], V2, OUT2);
    conn_a1(wire, out[0], V, OUT1);
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    g_assert_true(in[0]->vc == out[0]->vc);
    g_assert_true(in[1]->vc == out[1]->vc);
    g_assert_true(in[0]->vc != in[1]->vc);
    wire_free(wire);
}

/* The hops of a way over several proxies, client first: hosts 1, 2, 3, ... */
static struct pair
open_hop(struct wire *wire, uint8_t client, uint8_t server)
{
    struct pair pair = { wire_http_hop(wire, OA_LEG_IN, client, server),
                         wire_http_hop(wire, OA_LEG_OUT, client, server) };

    conn_b1(wire, pair.in, V, IN1);
    conn_a1(wire, pair.out, V, OUT1);
    return pair;
}

static void
expect_hop(struct pair pair, const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    g_assert_true(pair.in->vc == vc && pair.out->vc == vc);
    g_assert_cmpint(pair.in->hop, ==, hop);
    g_assert_cmpint(pair.out->hop, ==, hop);
    g_assert_true(vc->channel[hop][OA_LEG_IN] == pair.in);
    g_assert_true(vc->channel[hop][OA_LEG_OUT] == pair.out);
    g_assert_cmpuint(vc->traffic[hop][OA_CLIENT].rts_pdus, >=, 2);
}

/* Balancer, front end, back end: each passes the same PDUs on by HTTP. A call counts once. */
static void
test_many_http_hops(void)
{
    struct wire *wire = wire_new(false);
    struct pair hops[5];

    for (uint8_t i = 0; i < 4; i++)
        hops[i] = open_hop(wire, i + 1, i + 2);
    g_assert_cmpuint(wire->n_vcs, ==, 1);
    const struct oa_virtual_connection *vc = hops[0].in->vc;
    for (int i = 0; i < 4; i++)
        expect_hop(hops[i], vc, (enum oa_hop)i);
    hops[4] = open_hop(wire, 5, 6); /* one more than are followed */
    g_assert_null(hops[4].in->vc);
    g_assert_nonnull(strstr(wire->findings->str, "too_many_hops"));
    g_string_truncate(wire->findings, 0);
    for (int i = 3; i >= 0; i--) {
        wire_respond(wire, hops[i].out);
        wire_rts(wire, hops[i].out, OA_SERVER, OA_RTS_CONN_A3, (struct wire_rts){ 0 });
        wire_rts(wire, hops[i].out, OA_SERVER, OA_RTS_CONN_C2,
                 (struct wire_rts){ .window = 0x8000, .timeout_ms = 240000 });
        g_assert_cmpuint(hops[i].in->receive_window, ==, 0x8000);
    }
    for (int i = 0; i < 4; i++)
        wire_request(wire, hops[i].in, WIRE_WHOLE, 1, 3, 20, 1);
    for (int i = 3; i >= 0; i--)
        wire_response(wire, hops[i].out, WIRE_WHOLE, 1, 20, 1);
    g_assert_cmpstr(wire->calls->str, ==, "1 1 1/1\n");
    g_assert_cmpuint(vc->calls, ==, 1);
    g_assert_cmpuint(vc->conn.n_steps, ==, 4);
    g_assert_cmpstr(wire->findings->str, ==, "");

    wire_request(wire, hops[4].in, WIRE_WHOLE, 2, 3, 20, 1);
    g_assert_cmpuint(vc->calls, ==, 1);
    wire_free(wire);
}

/* The server of one hop is the client of the next, whichever is seen first. */
static void
test_hops_in_any_order(void)
{
    static const uint8_t CLIENTS[][3] = { { 3, 2, 1 }, { 2, 1, 3 }, { 2, 3, 1 }, { 1, 2, 3 } };

    for (size_t i = 0; i < G_N_ELEMENTS(CLIENTS); i++) {
        struct wire *wire = wire_new(false);
        struct pair hops[3];

        for (int n = 0; n < 3; n++) {
            uint8_t client = CLIENTS[i][n];
            hops[client - 1] = open_hop(wire, client, client + 1);
        }
        g_assert_cmpuint(wire->n_vcs, ==, 1);
        for (int n = 0; n < 3; n++)
            expect_hop(hops[n], hops[0].in->vc, (enum oa_hop)n);
        wire_free(wire);
    }
}

/* A balancer and what is behind it on one host: the hop that got the cookie first is nearer to the
 * client, whichever bytes come first. A channel that was put on the hop of others, when nothing was
 * known of its own, moves there. */
static void
test_hops_of_one_host(void)
{
    for (int near_late = 0; near_late < 2; near_late++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *far_in = wire_http_hop(wire, OA_LEG_IN, 5, 5);
        struct oa_channel *far_out = wire_http_hop(wire, OA_LEG_OUT, 5, 5);
        struct oa_channel *near_in = wire_http_hop(wire, OA_LEG_IN, 1, 2);
        struct oa_stamp start = wire->now;

        conn_a1(wire, far_out, V, OUT1);
        if (near_late) {
            conn_b1(wire, far_in, V, IN1);
            wire->now = start; /* held back */
            conn_b1(wire, near_in, V, IN1);
        } else {
            conn_b1(wire, near_in, V, IN1);
            conn_b1(wire, far_in, V, IN1);
        }
        const struct oa_virtual_connection *vc = far_in->vc;
        g_assert_true(near_in->vc == vc && far_out->vc == vc);
        g_assert_cmpint(near_in->hop, ==, OA_HOP_CLIENT);
        g_assert_cmpint(far_in->hop, ==, OA_HOP_HTTP_2);
        g_assert_cmpint(far_out->hop, ==, OA_HOP_HTTP_2);
        g_assert_true(vc->channel[OA_HOP_CLIENT][OA_LEG_IN] == near_in);
        g_assert_null(vc->channel[OA_HOP_CLIENT][OA_LEG_OUT]);
        g_assert_false(vc->leg_seen[OA_HOP_CLIENT][OA_LEG_OUT]);
        g_assert_true(vc->channel[OA_HOP_HTTP_2][OA_LEG_IN] == far_in);
        g_assert_true(vc->channel[OA_HOP_HTTP_2][OA_LEG_OUT] == far_out);
        g_assert_cmpuint(vc->traffic[OA_HOP_CLIENT][OA_CLIENT].rts_pdus, ==, 1);
        g_assert_cmpuint(vc->traffic[OA_HOP_HTTP_2][OA_CLIENT].rts_pdus, ==, 2);
        struct oa_channel *near_out = wire_http_hop(wire, OA_LEG_OUT, 1, 2);
        conn_a1(wire, near_out, V, OUT1);
        g_assert_cmpint(near_out->hop, ==, OA_HOP_CLIENT);
        g_assert_cmpstr(wire->findings->str, ==, "");
        wire_free(wire);
    }
}

/* A cookie that is used again, on new connections that take the way of the old ones. */
static void
test_cookie_used_again(void)
{
    struct wire *wire = wire_new(false);
    struct pair old = establish(wire, 1, V, IN1, OUT1);
    struct pair new = establish(wire, 1, V, IN1, OUT1);

    g_assert_cmpuint(wire->n_vcs, ==, 2);
    g_assert_true(old.in->vc == old.out->vc);
    g_assert_true(new.in->vc == new.out->vc);
    g_assert_true(old.in->vc != new.in->vc);
    wire_close(old.in, OA_END_FIN, OA_CLIENT);
    wire_close(old.out, OA_END_FIN, OA_CLIENT);
    struct pair third = establish(wire, 1, V, IN1, OUT1);
    g_assert_cmpuint(third.out->vc->number, ==, 2);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* The first PDU of a channel is held back behind a loss until the client has used the cookie again:
 * it belongs to the earlier virtual connection, which lacks that channel. */
static void
test_cookie_used_again_late(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);

    conn_b1(wire, in, V, IN1);
    struct oa_stamp then = wire->now;
    wire->now.time_ns += 5000000;
    wire_request(wire, in, WIRE_WHOLE, 1, 11, 20, 1);
    wire->now.time_ns += INT64_C(1000000000);
    struct pair new = establish(wire, 1, V, IN2, OUT2);
    g_assert_true(new.in->vc != in->vc);
    wire->now = then;
    conn_a1(wire, out, V, OUT1);
    g_assert_true(out->vc == in->vc);
    g_assert_true(new.out->vc == new.in->vc);
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    wire_free(wire);
}

/* Of the earlier ones only the server's hop is in the capture: it belongs to the first one that
 * went on after that moment, which does not end earlier for it. */
static void
test_cookie_used_again_late_of_hop(void)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *in[3], *out = wire_out(wire, 1);
    struct oa_stamp then;

    for (size_t i = 0; i < G_N_ELEMENTS(in); i++) {
        if (i == 1) {
            then = wire->now;
            wire->now.time_ns += 5000000;
        }
        in[i] = wire_proxy(wire, 7, 9);
        wire_rts(wire, in[i], OA_CLIENT, OA_RTS_CONN_B2,
                 (struct wire_rts){ .cookies = { V, IN1 } });
        wire_rts(wire, in[i], OA_SERVER, OA_RTS_CONN_B3, (struct wire_rts){ 0 });
        wire->now.time_ns += INT64_C(1000000000);
    }
    establish(wire, 1, V, IN1, OUT1);
    struct oa_stamp last = in[1]->vc->last;
    wire->now = then;
    conn_a1(wire, out, V, OUT1);
    g_assert_true(out->vc == in[1]->vc);
    g_assert_cmpint(out->vc->last.time_ns, ==, last.time_ns);
    wire_free(wire);
}

/* Requests held back for longer than a response waits for its request: it waits by the times of the
 * requests, and the session does not end earlier for them. */
static void
test_requests_held_back(void)
{
    struct wire *wire = wire_new(true);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_stamp then = wire->now;

    wire->now.time_ns += 10000000;
    wire_response(wire, pair.out, WIRE_WHOLE, 2, 20, 2);
    wire->now.time_ns += INT64_C(200000000000);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    struct oa_stamp last = pair.out->vc->last;
    wire->now = then;
    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_request(wire, pair.in, WIRE_WHOLE, 2, 11, 20, 1);
    g_assert_cmpstr(wire->calls->str, ==, "2 1 1/1\n");
    g_assert_cmpint(pair.in->vc->last.time_ns, ==, last.time_ns);
    wire_free(wire);
}

/* The capture lacks the OUT channel of the first one: RPC PDUs on the hop show that it had one. */
static void
test_cookie_used_again_half(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_in(wire, 1);

    conn_b1(wire, in, V, IN1);
    wire_request(wire, in, WIRE_WHOLE, 1, 11, 20, 1);
    struct oa_channel *out = wire_out(wire, 1);
    conn_a1(wire, out, V, OUT2);
    g_assert_true(out->vc != in->vc);
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    wire_free(wire);
}

/* The capture lacks the proxy's hop of the first one, and the client's of the second. */
static void
test_cookie_used_again_elsewhere(void)
{
    struct wire *wire = wire_new(false);
    struct pair old = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *out = wire_proxy(wire, 7, 9);

    wire->now.time_ns += 100000000;
    wire_rts(wire, out, OA_CLIENT, OA_RTS_CONN_A2,
             (struct wire_rts){ .cookies = { V, OUT1 }, .window = 0x4000 });
    g_assert_true(out->vc != old.out->vc);
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    wire_free(wire);
}

/* Of two HTTP hops, the capture has the IN channel of one and the OUT channel of the other. */
static void
test_halves_of_two_hops(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_http_hop(wire, OA_LEG_IN, 1, 2);
    struct oa_channel *out = wire_http_hop(wire, OA_LEG_OUT, 3, 4);

    conn_b1(wire, in, V, IN1);
    conn_a1(wire, out, V, OUT1);
    g_assert_true(in->vc == out->vc);
    g_assert_cmpint(in->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpint(out->hop, ==, OA_HOP_CLIENT + 1);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* Windows and timeouts are set on the channels that they apply to. */
static void
test_parameters(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);

    g_assert_cmpuint(pair.out->receive_window, ==, WIRE_WINDOW); /* A1: the client's */
    g_assert_cmpuint(pair.in->receive_window, ==, 0x8000);       /* C2: the proxy's */
    g_assert_cmpuint(pair.in->connection_timeout_ms, ==, 240000);
    g_assert_cmpuint(pair.out->connection_timeout_ms, ==, WIRE_TIMEOUT_MS); /* A3 */
    g_assert_cmpuint(pair.in->lifetime, ==, WIRE_LIFETIME);
    g_assert_cmpuint(pair.in->vc->established.frame, ==, 7);
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_KEEP_ALIVE, (struct wire_rts){ 0 });
    g_assert_cmpuint(pair.in->client_keepalive_ms, ==, 300000);
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_PING, (struct wire_rts){ 0 });
    g_assert_cmpuint(pair.in->vc->traffic[OA_HOP_CLIENT][OA_CLIENT].pings, ==, 1);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* Both hops, and the client's address as reported by the proxy, in the byte order of either
 * implementation. */
static void
test_two_hops(void)
{
    static const uint8_t ADDRESSES[2][4] = { { 10, 0, 0, 1 }, { 1, 0, 0, 10 } };

    for (size_t i = 0; i < G_N_ELEMENTS(ADDRESSES); i++) {
        struct wire *wire = wire_new(false);
        struct pair pair = establish(wire, 1, V, IN1, OUT1);
        struct oa_channel *in = wire_proxy(wire, 7, 9), *out = wire_proxy(wire, 7, 9);
        struct wire_rts values = { .cookies = { V, IN1 } };

        memcpy(values.client_address, ADDRESSES[i], 4);
        wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B2, values);
        wire_rts(wire, out, OA_CLIENT, OA_RTS_CONN_A2,
                 (struct wire_rts){ .cookies = { V, OUT1 }, .window = 0x4000 });
        g_assert_cmpuint(wire->n_vcs, ==, 1);
        const struct oa_virtual_connection *vc = pair.in->vc;
        g_assert_true(in->vc == vc && out->vc == vc);
        g_assert_true(vc->channel[OA_HOP_SERVER][OA_LEG_IN] == in);
        g_assert_true(vc->channel[OA_HOP_SERVER][OA_LEG_OUT] == out);
        g_assert_cmpint(oa_vc_hop(vc), ==, OA_HOP_CLIENT);
        g_assert_cmpuint(out->receive_window, ==, 0x4000);
        g_assert_true(vc->has_client_address);
        g_assert_cmpmem(vc->client_address.bytes, 4, ADDRESSES[0], 4);
        wire_free(wire);
    }
}

/* A channel keeps what it carried before its cookie was known; if it turns out to belong to a known
 * virtual connection, that is merged. */
static void
test_late_cookie(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);

    wire_rts(wire, in, OA_CLIENT, OA_RTS_PING, (struct wire_rts){ 0 });
    expect_joined(in, 0, OA_JOIN_ALONE);
    conn_b1(wire, in, V, IN1);
    expect_joined(in, 0, OA_JOIN_COOKIE);
    g_assert_cmpuint(wire->n_vcs, ==, 1);
    g_assert_true(in->vc->has_cookie);
    wire_respond(wire, out);
    wire_rts(wire, out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    expect_joined(out, 1, OA_JOIN_ALONE);
    wire_response(wire, out, WIRE_WHOLE, 1, 8, 0);
    conn_a1(wire, out, V, OUT1);
    g_assert_cmpstr(wire->joins->str, ==, "1 0\n");
    expect_joined(out, 0, OA_JOIN_COOKIE);
    const struct oa_traffic *from_server = &in->vc->traffic[OA_HOP_CLIENT][OA_SERVER];
    g_assert_cmpuint(from_server->rts_pdus, ==, 1);
    g_assert_cmpuint(from_server->rpc_pdus, ==, 1);
    g_assert_cmpuint(in->vc->calls, ==, 1); /* the response waits here for its request */
    g_assert_nonnull(oa_calls_find(&((struct virtual_connection *)in->vc)->calls, 1));
    wire_free(wire);
}

/* In the middle of a connection an acknowledgment identifies the other channel, and a later
 * recycling of that one the virtual connection. */
static void
test_named_channels(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

    wire_rts(wire, in, OA_CLIENT, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION,
             (struct wire_rts){ .cookies = { OUT1 }, .destination = OA_RTS_FD_OUT_PROXY });
    wire_rts(wire, out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    expect_joined(in, 0, OA_JOIN_ALONE);
    expect_joined(out, 1, OA_JOIN_ALONE);
    g_assert_cmpint(in->kind, ==, OA_CHANNEL_IN);
    struct oa_channel *successor = wire_out(wire, 1);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_OUT_R1_A3,
             (struct wire_rts){ .cookies = { V, OUT1, OUT2 } });
    g_assert_cmpstr(wire->joins->str, ==, "2 0\n"); /* the whole has the lower number */
    expect_joined(in, 0, OA_JOIN_RECYCLE);
    expect_joined(successor, 0, OA_JOIN_COOKIE);
    g_assert_true(in->vc->has_final_number); /* its cookie and both channels are known */
    g_assert_false(out->vc->has_final_number);
    /* A7 on the IN channel with the same cookie changes nothing. */
    wire_rts(wire, in, OA_CLIENT, OA_RTS_OUT_R1_A7,
             (struct wire_rts){ .cookies = { OUT2 }, .destination = OA_RTS_FD_SERVER });
    g_assert_cmpstr(wire->joins->str, ==, "2 0\n");
    wire_free(wire);
}

/* Two channels whose acknowledgments identify the same third channel are of one virtual connection.
 * */
static void
test_common_channel(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *a = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *b = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    struct wire_rts ack = { .cookies = { OUT1 }, .destination = OA_RTS_FD_OUT_PROXY };

    wire_rts(wire, a, OA_CLIENT, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    wire_rts(wire, b, OA_CLIENT, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    g_assert_true(a->vc == b->vc);
    g_assert_cmpuint(strlen(wire->joins->str), ==, 4);
    /* Not if both have cookies of their own: then the channel cookie is wrong. */
    struct pair first = establish(wire, 1, V, IN1, OUT2);
    struct pair second = establish(wire, 1, V2, IN2, OUT2);
    g_assert_true(first.in->vc != second.in->vc);
    wire_free(wire);
}

/* Requests on one connection, responses on another, repeatedly with the same call ids. */
static void
test_call_ids(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *stranger = wire_middle(wire, OA_HOP_CLIENT, 3, 2);

    for (uint32_t id = 1; id <= 3; id++) {
        wire_request(wire, stranger, WIRE_WHOLE, id, 1, 20, 7); /* another client's */
        wire_request(wire, in, WIRE_WHOLE, id, 11, 20, 1);
        g_assert_cmpstr(wire->joins->str, ==, "");
        wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
    }
    g_assert_cmpstr(wire->joins->str, ==, "2 1\n");
    expect_joined(out, 1, OA_JOIN_CALL_IDS);
    g_assert_true(in->vc == out->vc);
    g_assert_true(stranger->vc != in->vc);
    /* The three calls ended in the merge; the event of the last PDU has its call. */
    g_assert_cmpstr(wire->calls->str, ==, "1 1 1/1\n2 1 1/1\n3 1 1/1\n");
    g_assert_cmpuint(wire->last.call->call_id, ==, 3);
    g_assert_true(wire->last.vc == in->vc);
    g_assert_cmpuint(in->vc->answered, ==, 3);
    wire_request(wire, in, WIRE_WHOLE, 4, 11, 20, 1);
    wire_response(wire, out, WIRE_WHOLE, 4, 8, 2);
    g_assert_cmpuint(in->vc->answered, ==, 4);
    wire_free(wire);
}

/* Two connections that match equally prove nothing, nor do occasional matches. */
static void
test_call_ids_unsure(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[2], *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

    for (int i = 0; i < 2; i++)
        in[i] = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    for (uint32_t id = 1; id <= 9; id++) {
        for (int i = 0; i < 2; i++)
            wire_request(wire, in[i], WIRE_WHOLE, id, 11, 20, (uint8_t)i);
        wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
    }
    g_assert_cmpstr(wire->joins->str, ==, "");
    /* Each in turn: some of the responses belong to neither. */
    for (uint32_t id = 11; id <= 19; id++) {
        wire_request(wire, in[id % 2], WIRE_WHOLE, id, 11, 20, 1);
        wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
    }
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_close(out, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_free(wire);
}

/* Requests on one connection and responses on another, each with the ids from `first` to `last`:
 * `ahead` of them are sent before the first response comes. */
static void
send_calls(struct wire *wire, struct oa_channel *in, struct oa_channel *out, uint32_t first,
           uint32_t last, uint32_t ahead)
{
    for (uint32_t id = first; id <= last + ahead; id++) {
        if (id <= last)
            wire_request(wire, in, WIRE_WHOLE, id, 11, 20, 1);
        if (id >= first + ahead)
            wire_response(wire, out, WIRE_WHOLE, id - ahead, 8, 2);
    }
}

/* A client waits for a response before it goes on: responses to requests that were followed by
 * others, of a session of which the requests are lost, do not show that they belong to them. */
static void
test_call_ids_of_another(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *stranger = wire_in(wire, 1), *in = wire_in(wire, 1);
    struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

    conn_b1(wire, stranger, V, IN1);
    conn_b1(wire, in, V2, IN2);
    for (uint32_t id = 2; id <= 7; id++)
        wire_request(wire, stranger, WIRE_WHOLE, id, 3, 20, 1);
    oa_vc_note_skipped((struct channel *)in, OA_CLIENT, 100, true);
    wire_response(wire, out, WIRE_WHOLE, 2, 8, 2); /* to a request that is lost */
    send_calls(wire, in, out, 3, 6, 0);
    oa_vc_note_skipped((struct channel *)in, OA_CLIENT, 100, true);
    wire_response(wire, out, WIRE_WHOLE, 7, 8, 2);
    wire_response(wire, out, WIRE_WHOLE, 8, 8, 2);
    g_assert_true(out->vc != stranger->vc);
    send_calls(wire, in, out, 9, 11, 0);
    expect_joined(out, 1, OA_JOIN_CALL_IDS);
    g_assert_true(in->vc == out->vc);
    g_assert_cmpuint(stranger->vc->answered, ==, 0);
    wire_free(wire);
}

/* At the end a few responses are enough, but not those of a session whose requests are not in the
 * capture at all, or those that come long after the last request. */
static void
test_call_ids_at_end(void)
{
    static const struct {
        uint32_t first, last, ahead;
        int64_t pause_ns;
        bool joins;
    } CASES[] = {
        { 5, 6, 0, 0, true },  { 5, 5, 0, 0, true }, { 5, 5, 1, 800000000, false },
        { 5, 8, 4, 0, false }, /* all of them after the last request */
        { 5, 9, 3, 0, true },  /* the client went on, and each request has its response */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *in = wire_middle(wire, OA_HOP_SERVER, 7, 9);
        struct oa_channel *out = wire_middle(wire, OA_HOP_SERVER, 7, 9);

        if (CASES[i].pause_ns) {
            wire_request(wire, in, WIRE_WHOLE, CASES[i].first, 11, 20, 1);
            wire->now.time_ns += CASES[i].pause_ns;
            wire_response(wire, out, WIRE_WHOLE, CASES[i].first, 8, 2);
        } else {
            send_calls(wire, in, out, CASES[i].first, CASES[i].last, CASES[i].ahead);
        }
        g_assert_cmpstr(wire->joins->str, ==, "");
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpstr(wire->joins->str, ==, CASES[i].joins ? "1 0\n" : "");
        wire_free(wire);
    }
}

/* A client that sends several requests before it gets the first response: the last ones may have no
 * response yet. Another one may lack it only if bytes of the server are missing. */
static void
test_call_ids_open_at_end(void)
{
    static const struct {
        uint32_t open;
        bool lacks, loses, joins;
    } CASES[] = {
        { 2, false, false, true },
        { 0, true, false, false },
        { 0, true, true, true },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *in = wire_middle(wire, OA_HOP_SERVER, 7, 9);
        struct oa_channel *out = wire_middle(wire, OA_HOP_SERVER, 7, 9);

        for (uint32_t id = 5; id <= 10; id++) {
            wire_request(wire, in, WIRE_WHOLE, id, 11, 20, 1);
            if (id >= 7 && !(id == 8 && CASES[i].lacks))
                wire_response(wire, out, WIRE_WHOLE, id - 2, 8, 2);
            if (id == 8 && CASES[i].loses)
                oa_channel_lost(out, OA_SERVER, 32);
        }
        for (uint32_t id = 9; id <= 10 && !CASES[i].open; id++)
            wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpstr(wire->joins->str, ==, CASES[i].joins ? "1 0\n" : "");
        wire_free(wire);
    }
}

/* All responses come after the last request. Both channels are of one time if they began before the
 * capture. */
static void
test_call_ids_before_capture(void)
{
    for (int is_later = 0; is_later <= 1; is_later++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 1);

        for (uint32_t id = 5; id <= 8; id++)
            wire_request(wire, in, WIRE_WHOLE, id, 11, 20, 1);
        struct oa_channel *out =
            is_later ? wire_out(wire, 1) : wire_middle(wire, OA_HOP_CLIENT, 1, 1);
        for (uint32_t id = 5; id <= 8; id++)
            wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpstr(wire->joins->str, ==, is_later ? "" : "1 0\n");
        wire_free(wire);
    }
}

/* Each of both is the best one for the other: the responses may belong to another connection. */
static void
test_call_ids_of_two(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[2], *out;

    for (int i = 0; i < 2; i++)
        in[i] = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    out = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    for (int i = 0; i < 2; i++)
        wire_request(wire, in[i], WIRE_WHOLE, 5, 11, 20, 1);
    wire_response(wire, out, WIRE_WHOLE, 5, 8, 2);
    for (int i = 0; i < 2; i++)
        wire_close(in[i], OA_END_FIN, OA_CLIENT);
    wire_close(out, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_free(wire);
}

/* A connection that would be the second one of its kind is not joined by calls. */
static void
test_call_ids_twice(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *server = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    struct oa_channel *in = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    struct oa_channel *other = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

    wire_response(wire, server, WIRE_WHOLE, 2, 40, 6); /* one session */
    wire_response(wire, other, WIRE_WHOLE, 2, 40, 6);
    g_assert_true(server->vc == other->vc);
    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 40, 5); /* and another one */
    wire_request(wire, in, WIRE_WHOLE, 1, 11, 40, 5);
    g_assert_true(in->vc == pair.in->vc);
    for (uint32_t id = 3; id <= 9; id++) {
        wire_request(wire, in, WIRE_WHOLE, id, 11, 40, 7);
        wire_response(wire, server, WIRE_WHOLE, id, 40, 8);
    }
    wire_close(other, OA_END_FIN, OA_CLIENT);
    wire_close(server, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->joins->str, ==, "2 1\n3 0\n");
    g_assert_cmpuint(pair.in->vc->answered, ==, 0);
    wire_free(wire);
}

/* The same PDU on the other hop, within two seconds. */
static void
test_same_pdu(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *client = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *server = wire_middle(wire, OA_HOP_SERVER, 7, 9);

    wire_request(wire, client, WIRE_WHOLE, 1, 11, 40, 1);
    wire->now.time_ns += INT64_C(2000000000);
    wire_request(wire, server, WIRE_WHOLE, 1, 11, 40, 1); /* too late */
    wire_request(wire, server, WIRE_WHOLE, 2, 11, 40, 1);
    wire_request(wire, client, WIRE_WHOLE, 2, 11, 40, 9); /* other bytes */
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_request(wire, server, WIRE_WHOLE, 3, 11, 40, 1); /* the server's hop may be first */
    wire_request(wire, client, WIRE_WHOLE, 3, 11, 40, 1);
    g_assert_cmpstr(wire->joins->str, ==, "1 0\n");
    g_assert_true(client->vc == server->vc);
    expect_joined(server, 0, OA_JOIN_CALL_IDS);
    g_assert_cmpuint(wire->last.call->request[OA_HOP_SERVER].fragments, ==, 1);
    g_assert_cmpuint(wire->last.call->request[OA_HOP_CLIENT].fragments, ==, 1);
    g_assert_cmpuint(client->vc->calls, ==, 3);
    wire_free(wire);
}

/* The capture begins in the middle of a request, at another fragment of each hop: its last one
 * joins them. */
static void
test_same_last_pdu(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *client = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *server = wire_middle(wire, OA_HOP_SERVER, 7, 9);

    wire_request(wire, server, OA_RPC_FIRST_FRAG, 1, 11, 40, 1);
    wire_request(wire, client, 0, 1, 11, 40, 2);
    wire_request(wire, server, 0, 1, 11, 40, 2);
    wire_request(wire, client, OA_RPC_LAST_FRAG, 1, 11, 20, 3);
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_request(wire, server, OA_RPC_LAST_FRAG, 1, 11, 20, 3);
    g_assert_cmpstr(wire->joins->str, ==, "1 0\n");
    g_assert_true(client->vc == server->vc);
    g_assert_cmpuint(client->vc->calls, ==, 1);
    wire_free(wire);
}

/* The response of an HTTP hop that is further away comes before that of the nearer one: it belongs
 * to the hop between the same hosts. */
static void
test_response_of_far_hop(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[2], *out, *server = wire_middle(wire, OA_HOP_SERVER, 7, 9);

    for (uint8_t i = 0; i < 2; i++) {
        in[i] = wire_http_hop(wire, OA_LEG_IN, (uint8_t)(1 + i), (uint8_t)(2 + i));
        conn_b1(wire, in[i], V, IN1);
    }
    out = wire_middle(wire, OA_HOP_CLIENT, 2, 3);
    memcpy(out->endpoint, in[1]->endpoint, sizeof out->endpoint);
    for (int i = 0; i < 2; i++)
        wire_request(wire, in[i], WIRE_WHOLE, 1, 11, 40, 1);
    wire_request(wire, server, WIRE_WHOLE, 1, 11, 40, 1);
    wire_response(wire, server, WIRE_WHOLE, 1, 8, 2);
    wire_response(wire, out, WIRE_WHOLE, 1, 8, 2);
    g_assert_true(out->vc == in[0]->vc);
    g_assert_cmpint(out->hop, ==, OA_HOP_HTTP_2);
    g_assert_true(out->vc->channel[OA_HOP_HTTP_2][OA_LEG_OUT] == out);
    wire_free(wire);
}

/* Sessions may begin with the same bytes: what cannot be in the order of one call, and what two
 * others had, is not the same PDU. What comes when the client has sent more may be: it sends ahead.
 */
static void
test_same_pdu_of_another(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *client = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *server[4];

    for (size_t i = 0; i < G_N_ELEMENTS(server); i++)
        server[i] = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 40, 1);
    wire_response(wire, pair.out, WIRE_WHOLE, 1, 40, 1);
    wire_request(wire, server[0], WIRE_WHOLE, 1, 11, 40, 1); /* after the response */
    wire_request(wire, client, WIRE_WHOLE, 2, 11, 40, 2);
    wire_request(wire, client, WIRE_WHOLE, 3, 11, 40, 2);
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_request(wire, server[1], WIRE_WHOLE, 2, 11, 40, 2); /* after the next one */
    g_assert_cmpstr(wire->joins->str, ==, "3 2\n");
    for (size_t i = 2; i < 4; i++)
        wire_request(wire, server[i], WIRE_WHOLE, 4, 11, 40, 4);
    wire->now.time_ns -= 3000000; /* held back */
    wire_request(wire, client, WIRE_WHOLE, 4, 11, 40, 4);
    g_assert_cmpstr(wire->joins->str, ==, "3 2\n");
    wire_free(wire);
}

/* The same PDU on several HTTP hops: what comes from the client comes later on those further from
 * it, what comes from the server earlier. Connections between the same hosts are not hops. */
static void
test_same_pdu_by_http(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[3], *out[3], *server = wire_middle(wire, OA_HOP_SERVER, 7, 9);

    for (uint8_t i = 0; i < 3; i++) {
        in[i] = wire_middle(wire, OA_HOP_CLIENT, (uint8_t)(10 + 2 * i), (uint8_t)(11 + 2 * i));
        out[i] = wire_middle(wire, OA_HOP_CLIENT, (uint8_t)(10 + 2 * i), (uint8_t)(11 + 2 * i));
    }
    struct oa_channel *other = wire_middle(wire, OA_HOP_CLIENT, 10, 11);
    for (uint32_t call = 1; call <= 4; call++) {
        for (int i = 0; i < 3; i++) {
            wire->now.time_ns += 1000000;
            wire_request(wire, in[i], WIRE_WHOLE, call, 11, 40, 1);
        }
        wire->now.time_ns += 1000000;
        wire_request(wire, server, WIRE_WHOLE, call, 11, 40, 1);
        for (int i = 2; i >= 0; i--) {
            wire->now.time_ns += 1000000;
            wire_response(wire, out[i], WIRE_WHOLE, call, 20, 1);
        }
    }
    wire_request(wire, in[0], WIRE_WHOLE, 5, 11, 40, 5);
    wire_request(wire, other, WIRE_WHOLE, 5, 11, 40, 5);
    g_assert_true(other->vc != in[0]->vc);
    for (int i = 0; i < 3; i++) {
        g_assert_true(in[i]->vc == in[0]->vc);
        g_assert_true(out[i]->vc == in[0]->vc);
        g_assert_cmpint(in[i]->hop, ==, i);
        g_assert_cmpint(out[i]->hop, ==, i);
    }
    g_assert_true(server->vc == in[0]->vc);
    g_assert_cmpint(server->hop, ==, OA_HOP_SERVER);
    g_assert_cmpuint(in[0]->vc->calls, ==, 5);
    wire_free(wire);
}

/* Two clients of one server may send PDUs that begin with the same bytes: these are two sessions,
 * not two hops of one. */
static void
test_two_clients_of_one_server(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in[2];

    for (uint8_t i = 0; i < 2; i++)
        in[i] = wire_middle(wire, OA_HOP_CLIENT, (uint8_t)(10 + i), 20);
    for (uint32_t id = 1; id <= 3; id++)
        for (int i = 0; i < 2; i++)
            wire_request(wire, in[i], WIRE_WHOLE, id, 11, 40, 1);
    g_assert_true(in[0]->vc != in[1]->vc);
    g_assert_cmpint(in[0]->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpint(in[1]->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_free(wire);
}

/* IN_R2: the successor inherits window and timeout, as they are not sent again, 2.2.4.25. */
static void
test_recycle_in(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *successor = wire_in(wire, 1);

    wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
             (struct wire_rts){ .cookies = { V, IN1, IN2 } });
    expect_joined(successor, 0, OA_JOIN_COOKIE);
    g_assert_true(successor->is_successor);
    g_assert_cmpuint(successor->predecessor_cookie.bytes[0], ==, IN1);
    g_assert_true(pair.in->has_successor);
    g_assert_cmpuint(pair.in->successor_cookie.bytes[0], ==, IN2);
    g_assert_cmpuint(successor->receive_window, ==, 0x8000);
    g_assert_cmpuint(successor->flow.sent, ==, 0);
    g_assert_cmpuint(successor->connection_timeout_ms, ==, 240000);
    g_assert_true(pair.in->vc->channel[OA_HOP_CLIENT][OA_LEG_IN] == successor);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_IN_R2_A4, (struct wire_rts){ 0 });
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_IN_R1_A5, (struct wire_rts){ .cookies = { IN2 } });
    /* A call that began on the predecessor ends on the successor. */
    wire_request(wire, pair.in, OA_RPC_FIRST_FRAG, 1, 11, 20, 1);
    wire_request(wire, successor, OA_RPC_LAST_FRAG, 1, 11, 20, 1);
    wire_response(wire, pair.out, WIRE_WHOLE, 1, 8, 0);
    g_assert_cmpstr(wire->calls->str, ==, "1 1 2/1\n");
    wire_close(pair.in, OA_END_FIN, OA_SERVER);
    g_assert_cmpstr(wire->vcs_closed->str, ==, ""); /* the virtual connection continues */
    g_assert_cmpint(successor->vc->ending.how, ==, OA_END_OPEN);
    wire_close(successor, OA_END_RESET, OA_CLIENT);
    wire_close(pair.out, OA_END_FIN, OA_SERVER);
    g_assert_cmpstr(wire->vcs_closed->str, ==, "0 1\n");
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* Of channels whose beginning is not in the capture a cookie tells nothing: the successor belongs
 * to the virtual connection that was asked for one, between the same hosts. */
static void
test_successor_asked_for(void)
{
    static const struct {
        bool other_is_asked, other_host;
        bool joins;
    } CASES[] = {
        { false, false, true },
        { true, true, true },
        { true, false, false }, /* it may be the successor of either */
    };
    static const struct wire_rts ask = { .destination = OA_RTS_FD_CLIENT };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 1);
        struct oa_channel *other = wire_middle(wire, OA_HOP_CLIENT, CASES[i].other_host ? 3 : 1, 1);

        wire_response(wire, out, WIRE_WHOLE, 1, 8, 2);
        wire_response(wire, other, WIRE_WHOLE, 1, 8, 2);
        wire_rts(wire, out, OA_SERVER, OA_RTS_OUT_R1_A2, ask);
        if (CASES[i].other_is_asked)
            wire_rts(wire, other, OA_SERVER, OA_RTS_OUT_R1_A2, ask);
        struct oa_channel *successor = wire_out(wire, 1);
        wire_rts(wire, successor, OA_CLIENT, OA_RTS_OUT_R1_A3,
                 (struct wire_rts){ .cookies = { V, OUT1, OUT2 } });
        g_assert_cmpint(successor->vc == out->vc, ==, CASES[i].joins);
        g_assert_true(other->vc != out->vc);
        if (successor->vc == out->vc)
            g_assert_cmpint(out->join, ==, OA_JOIN_SUCCESSION);
        g_assert_true(successor->vc->channel[OA_HOP_CLIENT][OA_LEG_OUT] == successor);
        /* It was asked for one: a second one is not its own. */
        struct oa_channel *third = wire_out(wire, 1);
        wire_rts(wire, third, OA_CLIENT, OA_RTS_OUT_R1_A3,
                 (struct wire_rts){ .cookies = { V2, IN1, IN2 } });
        g_assert_true(third->vc != successor->vc && third->vc != out->vc);
        wire_free(wire);
    }
}

static const char REPLACEMENT_HEAD[] = "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                                       "Host: proxy\r\nContent-Length: 120\r\n\r\n";

static const char REPLACEMENT_OF_6002[] = "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6002 HTTP/1.1\r\n"
                                          "Host: proxy\r\nContent-Length: 120\r\n\r\n";

/* Of the first `n` pairs: by the server, or by the client, which names it. */
static void
ask_for_successors(struct wire *wire, enum oa_leg leg, const struct pair *pairs, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (leg == OA_LEG_OUT)
            wire_rts(wire, pairs[i].out, OA_SERVER, OA_RTS_OUT_R1_A2,
                     (struct wire_rts){ .destination = OA_RTS_FD_CLIENT });
        else
            wire_rts(wire, pairs[i].in, OA_CLIENT, OA_RTS_IN_R1_A5,
                     (struct wire_rts){ .cookies = { IN2 } });
}

/* The first PDU of the only successor that a client was asked for, or that it has named, is lost.
 * The head of an OUT channel shows whether it is one. */
static void
test_successor_without_first_pdu(void)
{
    static const struct {
        enum oa_leg leg;
        bool is_asked, is_replacement, comes_before, other_is_asked;
        bool joins;
    } CASES[] = {
        { OA_LEG_OUT, true, true, false, false, true },
        { OA_LEG_OUT, false, true, false, false, false },
        { OA_LEG_OUT, true, false, false, false, false },
        { OA_LEG_OUT, true, true, true, false, false },
        { OA_LEG_OUT, true, true, false, true, false },
        { OA_LEG_IN, true, true, true, false, true },
        { OA_LEG_IN, false, true, true, false, false },
        { OA_LEG_IN, true, true, false, false, false },
        { OA_LEG_IN, true, true, true, true, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        enum oa_leg leg = CASES[i].leg;
        struct wire *wire = wire_new(true);
        struct pair pairs[] = { establish(wire, 1, V, IN1, OUT1),
                                establish(wire, 1, V2, IN3, OUT3) };
        unsigned asked = CASES[i].is_asked ? 1 + CASES[i].other_is_asked : 0;

        if (!CASES[i].comes_before)
            ask_for_successors(wire, leg, pairs, asked);
        struct oa_channel *successor = leg == OA_LEG_IN ? wire_in(wire, 1)
                                       : CASES[i].is_replacement
                                           ? wire_http(wire, 1, REPLACEMENT_HEAD)
                                           : wire_out(wire, 1);
        if (CASES[i].comes_before)
            ask_for_successors(wire, leg, pairs, asked);
        oa_channel_lost(successor, OA_CLIENT, 88);
        if (leg == OA_LEG_IN)
            wire_request(wire, successor, WIRE_WHOLE, 1, 11, 20, 1);
        else
            wire_rts(wire, successor, OA_CLIENT, OA_RTS_PING, (struct wire_rts){ 0 });
        g_assert_cmpint(successor->vc == pairs[0].in->vc, ==, CASES[i].joins);
        g_assert_true(successor->vc != pairs[1].in->vc);
        g_assert_cmpint(successor->is_successor, ==, CASES[i].joins);
        if (CASES[i].joins) {
            g_assert_cmpint(successor->join, ==, OA_JOIN_SUCCESSION);
            g_assert_true(successor->vc->channel[OA_HOP_CLIENT][leg] == successor);
        }
        wire_free(wire);
    }
}

/* The client names a successor of the OUT channel, whose first PDU is lost; the server's side may
 * be missing from the capture. It may be at another proxy, and reassembly may hold it back until
 * the next successor has come. */
static void
test_successor_named(void)
{
    static const struct {
        bool other_is_named, other_proxy, other_target, next_is_first;
        bool joins;
    } CASES[] = {
        { false, false, false, false, true }, { true, false, false, false, false },
        { false, true, false, false, true },  { false, true, true, false, false },
        { false, false, false, true, true },
    };
    static const struct wire_rts name = { .cookies = { OUT2 } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(true);
        struct pair pair = { wire_in(wire, 1), wire_out(wire, 1) };
        struct pair other = { wire_in(wire, 1), wire_out(wire, 1) };

        conn_a1(wire, pair.out, V, OUT1);
        conn_b1(wire, pair.in, V, IN1);
        conn_a1(wire, other.out, V2, OUT3);
        conn_b1(wire, other.in, V2, IN3);
        struct oa_channel *successor =
            wire_http(wire, 1, CASES[i].other_target ? REPLACEMENT_OF_6002 : REPLACEMENT_HEAD);
        successor->endpoint[OA_SERVER].address[15] += CASES[i].other_proxy;
        wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_OUT_R1_A7, name);
        if (CASES[i].other_is_named)
            wire_rts(wire, other.in, OA_CLIENT, OA_RTS_OUT_R1_A7, name);
        if (CASES[i].next_is_first)
            wire_rts(wire, wire_http(wire, 1, REPLACEMENT_HEAD), OA_CLIENT, OA_RTS_OUT_R1_A3,
                     (struct wire_rts){ .cookies = { V, OUT2, IN2 } });
        oa_channel_lost(successor, OA_CLIENT, 96);
        wire_rts(wire, successor, OA_CLIENT, OA_RTS_OUT_R1_A11, (struct wire_rts){ 0 });
        g_assert_cmpint(successor->vc == pair.in->vc, ==, CASES[i].joins);
        g_assert_true(successor->vc != other.in->vc);
        g_assert_cmpint(successor->hop, ==, OA_HOP_CLIENT);
        g_assert_cmpint(pair.out->has_successor, ==, CASES[i].joins && !CASES[i].next_is_first);
        if (pair.out->has_successor) /* each is told of the other */
            g_assert_cmpuint(successor->predecessor_cookie.bytes[0], ==, OUT1);
        wire_free(wire);
    }
}

/* The proxy names a successor by the PDU that goes on to the server: the connection on which the
 * same cookie came is the OUT channel, whose first PDU is lost. */
static void
test_successor_named_to_server(void)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *in = wire_proxy(wire, 7, 9), *out = wire_proxy(wire, 7, 9);
    static const struct wire_rts name = { .cookies = { OUT2 } };

    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_rts(wire, out, OA_CLIENT, OA_RTS_OUT_R2_A4, name);
    g_assert_true(out->vc != in->vc);
    wire_rts(wire, in, OA_CLIENT, OA_RTS_OUT_R2_A8, name);
    g_assert_true(out->vc == in->vc);
    wire_free(wire);
}

/* A client moves its IN channel to another proxy in a capture that begins later: what the old one
 * says of the new one does not make them two hops. */
static void
test_successor_at_another_proxy(void)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    struct oa_channel *successor = wire_http_hop(wire, OA_LEG_IN, 1, 3);

    wire_request(wire, in, WIRE_WHOLE, 5, 11, 20, 1);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
             (struct wire_rts){ .cookies = { V, IN1, IN2 } });
    wire_rts(wire, in, OA_CLIENT, OA_RTS_IN_R1_A5, (struct wire_rts){ .cookies = { IN2 } });
    g_assert_true(in->vc == successor->vc);
    g_assert_cmpint(in->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpint(successor->hop, ==, OA_HOP_CLIENT);
    wire_free(wire);
}

/* The PDU that shows which channel it replaces is cut: the successor is found by the calls that it
 * carries, also if one of them began on the predecessor. */
static void
test_successor_by_calls(void)
{
    for (int leg = 0; leg < OA_LEGS; leg++) {
        struct wire *wire = wire_new(true);
        struct pair pair = establish(wire, 1, V, IN1, OUT1), now = pair;
        struct oa_channel *successor = leg == OA_LEG_IN ? wire_in(wire, 1) : wire_out(wire, 1);

        send_calls(wire, pair.in, pair.out, 1, 2, 0);
        if (leg == OA_LEG_IN) {
            now.in = successor;
            wire_request(wire, pair.in, OA_RPC_FIRST_FRAG, 3, 11, 20, 1);
            wire_request(wire, successor, OA_RPC_LAST_FRAG, 3, 11, 20, 1);
            wire_response(wire, pair.out, WIRE_WHOLE, 3, 8, 2);
        } else {
            now.out = successor;
            wire_respond(wire, successor);
            wire_request(wire, pair.in, WIRE_WHOLE, 3, 11, 20, 1);
            wire_response(wire, pair.out, OA_RPC_FIRST_FRAG, 3, 8, 2);
            wire_response(wire, successor, OA_RPC_LAST_FRAG, 3, 8, 2);
        }
        send_calls(wire, now.in, now.out, 4, 5, 0);
        g_assert_true(successor->vc != pair.in->vc); /* two calls may match by chance */
        send_calls(wire, now.in, now.out, 6, 6, 0);
        g_assert_true(successor->vc == pair.in->vc);
        wire_close(successor, OA_END_FIN, OA_CLIENT);
        wire_close(pair.in, OA_END_FIN, OA_CLIENT);
        wire_close(pair.out, OA_END_FIN, OA_CLIENT);
        g_assert_true(successor->vc == pair.in->vc);
        g_assert_nonnull(strstr(wire->calls->str, leg == OA_LEG_IN ? "3 1 2/1\n" : "3 1 1/2\n"));
        g_assert_cmpuint(pair.in->vc->answered, ==, 6);
        wire_free(wire);
    }
}

/* The first PDU of a successor is lost, and its requests come when all calls have been answered, as
 * far as the capture shows: of one of them only on the server's hop. */
static void
test_successor_of_late_calls(void)
{
    struct wire *wire = wire_new(true);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *successor = wire_in(wire, 1), *server = wire_proxy(wire, 7, 9);

    wire_rts(wire, server, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
    send_calls(wire, pair.in, pair.out, 1, 2, 0);
    struct oa_stamp start = wire->now;
    for (uint32_t id = 3; id <= 7; id++) {
        wire->now.time_ns = start.time_ns + id * 1000000 + 100000;
        wire_request(wire, server, WIRE_WHOLE, id, 11, 20, 1);
        wire->now.time_ns = start.time_ns + id * 1000000 + 200000;
        if (id != 5)
            wire_response(wire, pair.out, WIRE_WHOLE, id, 8, 2);
    }
    struct oa_stamp end = wire->now;
    for (uint32_t id = 3; id <= 7; id++) {
        wire->now.time_ns = start.time_ns + id * 1000000;
        wire_request(wire, successor, WIRE_WHOLE, id, 11, 20, 9);
    }
    wire->now = end;
    g_assert_true(successor->vc != pair.in->vc);
    wire_close(pair.in, OA_END_FIN, OA_CLIENT);
    wire_close(successor, OA_END_FIN, OA_CLIENT);
    g_assert_true(successor->vc == pair.out->vc);
    wire_close(pair.out, OA_END_FIN, OA_CLIENT);
    wire_close(server, OA_END_FIN, OA_CLIENT);
    g_assert_cmpuint(pair.in->vc->calls, ==, 7);
    g_assert_cmpuint(pair.in->vc->answered, ==, 6);
    wire_free(wire);
}

/* A request that waits behind a loss comes minutes after its response; on the other hop it is lost.
 */
static void
test_held_request(void)
{
    for (int is_held = 0; is_held <= 1; is_held++) {
        bool is_waiting[2] = { is_held, false };
        struct wire *wire = wire_new(true);
        struct pair pair = establish(wire, 1, V, IN1, OUT1);
        struct oa_channel *server = wire_proxy(wire, 7, 9);

        wire_rts(wire, server, OA_CLIENT, OA_RTS_CONN_B2,
                 (struct wire_rts){ .cookies = { V, IN1 } });
        struct oa_stamp sent = wire->now;
        wire_response(wire, pair.out, WIRE_WHOLE, 1, 8, 2);
        server->is_waiting = is_waiting;
        wire->now.time_ns += INT64_C(130) * 1000000000;
        send_calls(wire, pair.in, pair.out, 2, 2, 0);
        wire_request(wire, server, WIRE_WHOLE, 2, 11, 20, 1);
        g_assert_cmpuint(pair.in->vc->no_request, ==, !is_held);
        wire->now = sent;
        wire_request(wire, server, WIRE_WHOLE, 1, 11, 20, 1);
        server->is_waiting = NULL;
        wire_close(pair.in, OA_END_FIN, OA_CLIENT);
        wire_close(pair.out, OA_END_FIN, OA_CLIENT);
        wire_close(server, OA_END_FIN, OA_CLIENT);
        g_assert_cmpuint(pair.in->vc->answered, ==, 1 + is_held);
        wire_free(wire);
    }
}

/* Calls end on the server's hop while all of the client's hop waits behind losses: what comes then
 * is of these calls, also without the cookie of the IN channel. */
static void
test_hop_held_back(void)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);
    struct oa_channel *far_out = wire_proxy(wire, 7, 9), *far_in = wire_proxy(wire, 7, 9);
    const bool is_waiting[] = { true, false };
    int64_t begin_ns;

    in->is_waiting = is_waiting;
    wire_rts(wire, far_out, OA_CLIENT, OA_RTS_CONN_A2, (struct wire_rts){ .cookies = { V, OUT1 } });
    wire_rts(wire, far_in, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
    begin_ns = wire->now.time_ns;
    send_calls(wire, far_in, far_out, 1, 4, 0);
    g_assert_cmpuint(far_in->vc->answered, ==, 4);
    in->is_waiting = NULL;
    wire->now.time_ns = begin_ns - 100000;
    conn_a1(wire, out, V, OUT1);
    for (uint32_t id = 1; id <= 4; id++) {
        wire->now.time_ns = begin_ns - 100000 + (id - 1) * 2000000;
        wire_request(wire, in, WIRE_WHOLE, id, 11, 20, 1);
    }
    wire_respond(wire, out);
    for (uint32_t id = 1; id <= 4; id++) {
        wire->now.time_ns = begin_ns + 1200000 + (id - 1) * 2000000;
        wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
    }
    struct oa_channel *all[] = { in, out, far_in, far_out };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        wire_close(all[i], OA_END_FIN, OA_CLIENT);
    g_assert_true(in->vc == far_in->vc);
    g_assert_true(out->vc == far_in->vc);
    g_assert_cmpuint(far_in->vc->calls, ==, 4);
    wire_free(wire);
}

static void
bind_ack(struct wire *wire, struct oa_channel *out, uint32_t call_id, uint32_t group)
{
    GByteArray *ack = wire_pdu(OA_RPC_BIND_ACK, WIRE_WHOLE, call_id);

    wire_put(ack, 4088 | 4088 << 16, 4);
    wire_put(ack, group, 4);
    wire_put(ack, 5, 2);
    wire_put_bytes(ack, "6001\0", 6);
    wire_put(ack, 1, 4);
    wire_put(ack, 0, 4);
    wire_put_bytes(ack, WIRE_NDR, 20);
    wire_send(wire, out, OA_SERVER, ack);
}

/* The head and the first PDU of an IN channel are lost, and it carries nothing but a bind: it is of
 * the session that has the response, if there is one alone. */
static void
test_one_bind(void)
{
    static const struct {
        uint32_t call_id;
        uint8_t client;
        bool has_rival, joins;
    } CASES[] = {
        { 1, 1, false, true },
        { 2, 1, false, false },
        { 1, 2, false, false },
        { 1, 1, true, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *outs[] = { wire_out(wire, 1), wire_out(wire, 1) };
        struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, CASES[i].client, 1);

        for (int j = 0; j <= CASES[i].has_rival; j++)
            conn_a1(wire, outs[j], V + j, OUT1 + j);
        wire_bind(wire, in, CASES[i].call_id, WIRE_EMSMDB);
        for (int j = 0; j <= CASES[i].has_rival; j++) {
            wire_respond(wire, outs[j]);
            bind_ack(wire, outs[j], 1, 0);
        }
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpint(in->vc == outs[0]->vc, ==, CASES[i].joins);
        wire_free(wire);
    }
}

/* The cookies of one hop are lost, and there is no call yet: the response to the bind, with the
 * group that the server has chosen, shows whose hop it is, unless two sessions have got the same
 * one. */
static void
test_one_answer(void)
{
    static const struct {
        uint32_t group, call_id;
        int64_t pause_ns;
        bool has_rival, joins;
    } CASES[] = {
        { 77, 1, 0, false, true },  { 0, 1, 0, false, false }, { 77, 2, 0, false, false },
        { 78, 1, 0, false, false }, { 77, 1, 0, true, false }, { 77, 1, 3000000000, false, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1), *far[4];

        for (int j = 0; j < 4; j++)
            far[j] = wire_proxy(wire, 7, 9);
        for (int j = 0; j <= CASES[i].has_rival; j++) {
            wire_rts(wire, far[2 * j], OA_CLIENT, OA_RTS_CONN_A2,
                     (struct wire_rts){ .cookies = { (uint8_t)(V + j), (uint8_t)(OUT1 + j) } });
            wire_rts(wire, far[2 * j + 1], OA_CLIENT, OA_RTS_CONN_B2,
                     (struct wire_rts){ .cookies = { (uint8_t)(V + j), (uint8_t)(IN1 + j) } });
        }
        wire_bind(wire, in, 1, WIRE_EMSMDB);
        for (int j = 0; j <= CASES[i].has_rival; j++) {
            wire_bind(wire, far[2 * j + 1], 1, WIRE_EMSMDB);
            bind_ack(wire, far[2 * j], 1, CASES[i].group ? 77 : 0);
        }
        wire->now.time_ns += CASES[i].pause_ns;
        wire_respond(wire, out);
        bind_ack(wire, out, CASES[i].call_id, CASES[i].group);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        wire_close(out, OA_END_FIN, OA_CLIENT);
        g_assert_cmpint(out->vc == far[0]->vc, ==, CASES[i].joins);
        wire_free(wire);
    }
}

/* The first PDU of a connection to the server is lost, and no call tells whose it is: it belongs to
 * the only session that lacks it, opened by that proxy at that time. */
static void
test_lost_opening(void)
{
    for (int rivals = 0; rivals < 3; rivals++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *in = wire_proxy(wire, 7, 9), *out = wire_proxy(wire, 7, 9), *rival;

        wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
        if (rivals) { /* of the same proxy, of another one */
            rival = wire_proxy(wire, rivals == 1 ? 7 : 8, 9);
            wire_rts(wire, rival, OA_CLIENT, OA_RTS_CONN_B2,
                     (struct wire_rts){ .cookies = { V2, IN2 } });
        }
        wire_rts(wire, out, OA_SERVER, OA_RTS_CONN_C1, (struct wire_rts){ 0 });
        wire_rts(wire, in, OA_SERVER, OA_RTS_CONN_B3, (struct wire_rts){ 0 });
        g_assert_true(out->vc != in->vc);
        if (rivals)
            wire_rts(wire, rival, OA_SERVER, OA_RTS_CONN_B3, (struct wire_rts){ 0 });
        wire_close(out, OA_END_FIN, OA_CLIENT);
        g_assert_true((out->vc == in->vc) == (rivals != 1));
        wire_free(wire);
    }
}

/* The first PDU of an IN channel is lost, and the head of the OUT channel: the connection to the
 * server shows that both have the same target. */
static void
test_lost_opening_and_head(void)
{
    for (int is_other = 0; is_other < 2; is_other++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *in = is_other ? wire_http(wire, 1, HEAD_OF_6002) : wire_in(wire, 1);
        struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 1);
        struct oa_channel *back = wire_proxy(wire, 7, 9);

        conn_a1(wire, out, V, OUT1);
        wire_rts(wire, back, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
        wire_rts(wire, in, OA_CLIENT, OA_RTS_PING, (struct wire_rts){ 0 });
        wire_rts(wire, out, OA_SERVER, OA_RTS_CONN_C2, (struct wire_rts){ .window = 0x8000 });
        g_assert_true(back->vc == out->vc);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_true((in->vc == out->vc) == !is_other);
        wire_free(wire);
    }
}

/* The head and the first PDU of an IN channel are lost, and the server's side is not in the
 * capture: it is of the only OUT channel that its client has opened at that time. */
static void
test_lost_opening_of_silent_server(void)
{
    static const struct {
        bool has_rival, is_late;
        bool joins;
    } CASES[] = { { false, false, true }, { true, false, false }, { false, true, false } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *out = wire_out(wire, 1);

        conn_a1(wire, out, V, OUT1);
        if (CASES[i].has_rival)
            conn_a1(wire, wire_out(wire, 1), V2, OUT2);
        if (CASES[i].is_late)
            wire->now.time_ns += INT64_C(20) * 1000000000;
        struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 1);
        wire_request(wire, in, WIRE_WHOLE, 2, 11, 20, 1);
        wire_request(wire, in, WIRE_WHOLE, 3, 11, 20, 1);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpint(in->vc == out->vc, ==, CASES[i].joins);
        wire_free(wire);
    }
}

/* The first PDU of an OUT channel is lost, and the only request to which it has a response. */
static void
test_lost_opening_and_request(void)
{
    for (unsigned responses = 1; responses <= 2; responses++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);

        conn_b1(wire, in, V, IN1);
        oa_channel_lost(in, OA_CLIENT, 177);
        wire_respond(wire, out);
        for (uint32_t id = 1; id <= responses; id++)
            wire_response(wire, out, WIRE_WHOLE, id, 8, 2);
        g_assert_true(in->vc != out->vc);
        wire_close(in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpint(in->vc == out->vc, ==, responses == 1);
        wire_free(wire);
    }
}

/* A channel whose beginning is not in the capture had a call that goes on in a session, whose own
 * channel on that leg is another one: it was replaced. The session may end first. */
static void
test_predecessor_by_calls(void)
{
    for (int session_first = 0; session_first < 2; session_first++) {
        struct wire *wire = wire_new(true);
        struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

        wire_response(wire, out, WIRE_WHOLE, 5, 8, 2); /* to a request before the capture */
        struct pair pair = establish(wire, 1, V, IN1, OUT1);
        wire_request(wire, pair.in, WIRE_WHOLE, 6, 11, 20, 1);
        wire_response(wire, out, WIRE_WHOLE, 6, 8, 2);
        send_calls(wire, pair.in, pair.out, 7, 8, 0);
        if (!session_first)
            wire_close(out, OA_END_FIN, OA_CLIENT);
        wire_close(pair.out, OA_END_FIN, OA_CLIENT);
        wire_close(pair.in, OA_END_FIN, OA_CLIENT);
        if (session_first)
            wire_close(out, OA_END_FIN, OA_CLIENT);
        g_assert_true(out->vc == pair.in->vc);
        g_assert_cmpint(out->join, ==, OA_JOIN_CALL_IDS);
        g_assert_cmpuint(pair.in->vc->answered, ==, 3);
        wire_free(wire);
    }
}

/* The first PDU of an IN channel is lost, and what followed it has been held back until its
 * successor came. */
static void
test_predecessor_held_back(void)
{
    struct wire *wire = wire_new(true);
    struct oa_channel *in = wire_in(wire, 1), *out = wire_out(wire, 1);
    int64_t begin_ns = wire->now.time_ns;

    conn_a1(wire, out, V, OUT1);
    wire_respond(wire, out);
    wire->now.time_ns = begin_ns + 10000000;
    wire_response(wire, out, WIRE_WHOLE, 2, 8, 2);
    wire_response(wire, out, WIRE_WHOLE, 3, 8, 2);
    struct oa_channel *successor = wire_in(wire, 1);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
             (struct wire_rts){ .cookies = { V, IN1, IN2 } });
    send_calls(wire, successor, out, 4, 4, 0);
    g_assert_true(successor->vc == out->vc);
    wire->now.time_ns = begin_ns + 5000000;
    wire_request(wire, in, WIRE_WHOLE, 2, 11, 20, 1);
    wire_request(wire, in, WIRE_WHOLE, 3, 11, 20, 1);
    wire_close(in, OA_END_FIN, OA_CLIENT);
    g_assert_true(in->vc == out->vc);
    g_assert_cmpuint(out->vc->answered, ==, 3);
    g_assert_true(out->vc->channel[OA_HOP_CLIENT][OA_LEG_IN] == successor);
    wire_free(wire);
}

/* OUT_R2: bytes after the last PDU of the predecessor have no meaning, 3.2.3.5.10. */
static void
test_recycle_out(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct oa_channel *successor = wire_out(wire, 1);
    struct wire_rts none = { 0 };

    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_OUT_R1_A2, none);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_OUT_R1_A3,
             (struct wire_rts){ .cookies = { V, OUT1, OUT2 }, .window = 0x2000 });
    g_assert_cmpuint(successor->receive_window, ==, 0x2000);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_OUT_R2_A6, none);
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_OUT_R2_A7,
             (struct wire_rts){ .cookies = { OUT2 }, .destination = OA_RTS_FD_SERVER });
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_OUT_R2_C1, none);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_OUT_R2_B3, none);
    g_assert_cmpint(wire->last.sequence->type, ==, OA_RECYCLE_R2);
    wire_head(wire, pair.out, OA_SERVER, "\5\0\24 left over");
    g_assert_cmpint(wire->last.type, ==, OA_EVENT_IGNORED);
    g_assert_cmpuint(pair.out->traffic[OA_SERVER].skipped_bytes, ==, 0);
    wire_respond(wire, successor);
    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_response(wire, successor, WIRE_WHOLE, 1, 8, 0);
    g_assert_cmpstr(wire->calls->str, ==, "1 1 1/1\n");
    wire_close(pair.out, OA_END_FIN, OA_SERVER);
    g_assert_cmpuint(pair.in->vc->recycles[OA_LEG_OUT], ==, 1);
    g_assert_cmpuint(pair.in->vc->recycles_failed, ==, 0);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* A long-lived virtual connection has more recyclings than remembered cookies. */
static void
test_many_recyclings(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, 0x80, OUT1);

    for (uint8_t i = 0; i < 2 * OA_CHANNEL_COOKIES_MAX; i++) {
        struct oa_channel *successor = wire_in(wire, 1);
        wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
                 (struct wire_rts){ .cookies = { V, (uint8_t)(0x80 + i), (uint8_t)(0x81 + i) } });
        wire_rts(wire, pair.out, OA_SERVER, OA_RTS_IN_R2_A4, (struct wire_rts){ 0 });
        wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_IN_R1_A5,
                 (struct wire_rts){ .cookies = { (uint8_t)(0x81 + i) } });
        g_assert_true(pair.in->has_successor);
        wire_close(pair.in, OA_END_FIN, OA_CLIENT);
        pair.in = successor;
    }
    g_assert_cmpuint(pair.in->vc->recycles[OA_LEG_IN], ==, 2 * OA_CHANNEL_COOKIES_MAX);
    /* The last ones are known, the first one is not. */
    struct oa_channel *middle = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    wire_rts(wire, middle, OA_CLIENT, OA_RTS_IN_R1_A6, (struct wire_rts){ .cookies = { 0x80 } });
    g_assert_true(middle->vc != pair.in->vc);
    struct oa_channel *last = wire_middle(wire, OA_HOP_SERVER, 7, 9);
    wire_rts(wire, last, OA_CLIENT, OA_RTS_IN_R1_A6, (struct wire_rts){ .cookies = { 0xBF } });
    g_assert_true(last->vc == pair.in->vc);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* Recyclings without end fill no memory: the oldest are counted only. */
static void
test_endless_recycling(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);

    for (unsigned i = 0; i < OA_LIMIT_RECYCLINGS + 2; i++)
        wire_rts(wire, pair.out, OA_SERVER, OA_RTS_OUT_R1_A2, (struct wire_rts){ 0 });
    unsigned kept = 0;
    for (const struct oa_sequence *r = pair.out->vc->recycle[OA_LEG_OUT]; r; r = r->next)
        kept++;
    g_assert_cmpuint(kept, ==, OA_LIMIT_RECYCLINGS);
    g_assert_cmpuint(pair.out->vc->recycles[OA_LEG_OUT], ==, OA_LIMIT_RECYCLINGS + 2);
    g_assert_cmpuint(pair.out->vc->recycles_forgotten, ==, 2);
    g_assert_cmpstr(wire->findings->str, ==,
                    "limit_reached: Too many recyclings: the oldest are not checked\n");
    wire_free(wire);
}

/* Of each code the first findings of a session are reported, at its end how many there were. */
static void
test_many_findings(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct pair other = establish(wire, 2, V + 8, IN1 + 8, OUT1 + 8);
    unsigned lines = 0;

    for (uint32_t id = 1; id <= OA_LIMIT_FINDINGS + 50; id++) {
        wire_request(wire, pair.in, WIRE_WHOLE, id, 11, 20, 1);
        wire_fault(wire, pair.out, id, 5);
    }
    for (const char *at = wire->findings->str; (at = strstr(at, "rpc_fault: ")); at++)
        lines++;
    g_assert_cmpuint(lines, ==, OA_LIMIT_FINDINGS);
    wire_forget(wire);
    wire_request(wire, other.in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_fault(wire, other.out, 1, 5);
    g_assert_nonnull(strstr(wire->findings->str, "rpc_fault: ")); /* another session */
    wire_forget(wire);
    wire_close(pair.in, OA_END_FIN, OA_CLIENT);
    wire_close(pair.out, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->findings->str, ==,
                    "limit_reached: 150 findings of rpc_fault; the first 100 are reported\n");
    wire_free(wire);
}

/* An acknowledgment applies to the channel with its cookie: of the other leg, or the predecessor as
 * long as that is open. */
static void
test_acknowledged(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct wire_rts ack = { .cookies = { OUT1 },
                            .destination = OA_RTS_FD_OUT_PROXY,
                            .bytes_received = 32,
                            .available_window = 60000 };

    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_response(wire, pair.out, WIRE_WHOLE, 1, 8, 0);
    g_assert_cmpuint(pair.out->flow.sent, ==, 32);
    g_assert_cmpuint(pair.in->flow.sent, ==, 44);
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    g_assert_true(wire->last.acknowledged == pair.out);
    g_assert_cmpuint(pair.out->flow.acknowledged, ==, 32);
    ack.cookies[0] = IN1;
    ack.destination = OA_RTS_FD_CLIENT;
    ack.bytes_received = 44;
    ack.available_window = 0x7000;
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    g_assert_true(wire->last.acknowledged == pair.in);

    struct oa_channel *successor = wire_in(wire, 1);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
             (struct wire_rts){ .cookies = { V, IN1, IN2 } });
    ack.available_window = 0x7500;
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    g_assert_true(wire->last.acknowledged == pair.in); /* the predecessor's cookie */
    g_assert_cmpuint(successor->flow.acks, ==, 0);
    ack.cookies[0] = IN3;
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION, ack);
    g_assert_null(wire->last.acknowledged); /* of no channel */
    g_assert_cmpuint(pair.in->flow.acks, ==, 2);
    g_assert_cmpuint(wire->last.vc->traffic[OA_HOP_CLIENT][OA_SERVER].acks, ==, 3);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);

    /* On the server's hop one connection serves predecessor and successor of an R2. */
    wire = wire_new(false);
    struct oa_channel *in = wire_proxy(wire, 7, 9);
    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_rts(wire, in, OA_SERVER, OA_RTS_FLOW_CONTROL_ACK,
             (struct wire_rts){ .cookies = { IN2 }, .available_window = 1000 });
    g_assert_true(wire->last.acknowledged == in);
    wire_free(wire);
}

/* How a virtual connection ends: with its last channel, as the current channel that ended first. */
static void
test_ends(void)
{
    struct wire *wire = wire_new(true);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    const struct oa_virtual_connection *vc = pair.in->vc;

    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_close(pair.out, OA_END_RESET, OA_SERVER);
    g_assert_null(vc->channel[OA_HOP_CLIENT][OA_LEG_OUT]);
    g_assert_true(pair.out->vc == vc); /* closed objects are kept and stay valid */
    g_assert_cmpstr(wire->vcs_closed->str, ==, "");
    wire_close(pair.in, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->vcs_closed->str, ==, "0 1\n");
    g_assert_cmpint(vc->ending.how, ==, OA_END_RESET);
    g_assert_cmpint(vc->ending.by, ==, OA_SERVER);
    g_assert_cmpstr(wire->calls->str, ==, "1 3 1/0\n");
    /* The cookie may be used again, for another virtual connection. */
    struct pair again = establish(wire, 1, V, IN1, OUT1);
    expect_joined(again.in, 1, OA_JOIN_COOKIE);
    g_assert_true(again.in->vc == again.out->vc);
    wire_free(wire);
}

/* A RST of the server comes after bytes that the capture lacks: the response may be among them. */
static void
test_reset_beyond(void)
{
    for (int is_beyond = 0; is_beyond <= 1; is_beyond++) {
        struct wire *wire = wire_new(true);
        struct pair pair = establish(wire, 1, V, IN1, OUT1);

        wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1);
        oa_channel_close(
            pair.out,
            (struct oa_ending){ .how = OA_END_RESET, .by = OA_SERVER, .is_beyond = is_beyond });
        wire_close(pair.in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpuint(pair.in->vc->unknown, ==, is_beyond);
        g_assert_cmpuint(pair.in->vc->unanswered, ==, !is_beyond);
        wire_free(wire);
    }
}

/* Only one of the two channels is in the capture. */
static void
test_half(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_in(wire, 1);

    conn_b1(wire, in, V, IN1);
    wire_request(wire, in, WIRE_WHOLE, 1, 11, 20, 1);
    wire_close(in, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->findings->str, ==,
                    "half_connection: Only the IN channel is in the capture\n");
    g_assert_cmpstr(wire->vcs_closed->str, ==, "0 1\n");
    wire_free(wire);
}

/* The channels of a hop in the middle of two sessions, or of one; what is sent differs. */
static void
pass_calls(struct wire *wire, enum oa_hop hop, unsigned stub)
{
    struct oa_channel *in = wire_middle(wire, hop, 1, 2), *out = wire_middle(wire, hop, 1, 2);

    for (uint32_t call = 5; call < 9; call++) {
        wire_request(wire, in, WIRE_WHOLE, call, 11, stub + 4 * call, (uint8_t)stub);
        wire_response(wire, out, WIRE_WHOLE, call, stub + 8 * call, (uint8_t)stub);
    }
    wire_close(in, OA_END_FIN, OA_CLIENT);
    wire_close(out, OA_END_FIN, OA_CLIENT);
}

/* Two sessions, each with one side of the proxy, and nothing that tells whether they are one. */
static void
test_hops_apart(void)
{
    static const struct {
        enum oa_hop hops[2];
        int64_t wait_s;
        bool are_apart;
    } CASES[] = {
        { { OA_HOP_CLIENT, OA_HOP_SERVER }, 0, true },
        { { OA_HOP_SERVER, OA_HOP_CLIENT }, 50, true },
        { { OA_HOP_CLIENT, OA_HOP_SERVER }, 70, false }, /* no clocks are that far apart */
        { { OA_HOP_CLIENT, OA_HOP_CLIENT }, 0, false },
        { { OA_HOP_SERVER, OA_HOP_SERVER }, 0, false }
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct wire *wire = wire_new(false);
        pass_calls(wire, CASES[i].hops[0], 40);
        wire->now.time_ns += CASES[i].wait_s * INT64_C(1000000000);
        pass_calls(wire, CASES[i].hops[1], 60);
        g_assert_cmpstr(wire->findings->str, ==,
                        CASES[i].are_apart
                            ? "hops_apart: Nothing tells whether its calls are also those of a "
                              "session on the other side of the proxy\n"
                            : "");
        wire_free(wire);
    }
}

/* The response to a request that came before the first byte of the OUT channel may have been
 * before the capture, or lost. */
static void
test_late_start(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_middle(wire, OA_HOP_CLIENT, 1, 2);

    wire_request(wire, in, WIRE_WHOLE, 5, 11, 40, 1);
    struct oa_channel *out = wire_middle(wire, OA_HOP_CLIENT, 1, 2);
    for (uint32_t call = 6; call < 9; call++) {
        wire_request(wire, in, WIRE_WHOLE, call, 11, 40, 1);
        wire_response(wire, out, WIRE_WHOLE, call, 80, 1);
    }
    wire_request(wire, in, WIRE_WHOLE, 9, 11, 40, 1);
    wire_close(out, OA_END_FIN, OA_CLIENT);
    wire_close(in, OA_END_FIN, OA_CLIENT);
    g_assert_cmpstr(wire->calls->str, ==, "6 1 1/1\n7 1 1/1\n8 1 1/1\n5 5 1/0\n9 3 1/0\n");
    wire_free(wire);
}

/* One user on the IN channel, another on the OUT channel. */
static void
test_users_differ(void)
{
    static const char *const HEADS[] = {
        "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nContent-Length: 1073741824\r\n"
        "Authorization: Basic TEFCXGFkYTp4\r\n\r\n", /* LAB\ada */
        "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nContent-Length: 76\r\n"
        "Authorization: Basic TEFCXGJvYjp4\r\n\r\n", /* LAB\bob */
    };
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_http(wire, 1, HEADS[0]), *out = wire_http(wire, 1, HEADS[1]);

    conn_b1(wire, in, V, IN1);
    conn_a1(wire, out, V, OUT1);
    g_assert_cmpstr(wire->findings->str, ==, "users_differ: bob here, ada on the other channel\n");
    g_assert_cmpstr(in->vc->auth->user, ==, "ada");
    wire_free(wire);
}

/* A balancer sends the channels of one client to two proxies. Of a session that began before the
 * capture, a later channel may go elsewhere. */
static void
test_gateways_differ(void)
{
    enum { SAME, DIFFERENT, FROM_MIDDLE, SUCCESSOR, CASES };

    for (int which = 0; which < CASES; which++) {
        struct wire *wire = wire_new(false);
        struct oa_channel *out = wire_http_hop(wire, OA_LEG_OUT, 1, 2);
        struct oa_channel *in = wire_http_hop(wire, OA_LEG_IN, 1, which == SAME ? 2 : 3);

        oa_channel_describe(in,
                            (struct oa_known_connection){ .is_from_start = which != FROM_MIDDLE });
        conn_a1(wire, out, V, OUT1);
        if (which == SUCCESSOR)
            wire_rts(wire, in, OA_CLIENT, OA_RTS_IN_R1_A1,
                     (struct wire_rts){ .cookies = { V, IN1, IN2 } });
        else
            conn_b1(wire, in, V, IN1);
        g_assert_cmpint(strstr(wire->findings->str, "gateways_differ") != NULL, ==,
                        which == DIFFERENT);
        wire_free(wire);
    }
}

/* Unknown PDUs, and PDUs that are not legal on a channel, are reported and have no effect. */
static void
test_wrong_pdus(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    const struct oa_virtual_connection *vc = pair.in->vc;
    GByteArray *pdu = wire_pdu(OA_RPC_RTS, WIRE_WHOLE, 0);

    wire_put(pdu, 0x7f, 2);
    wire_put(pdu, 0, 2);
    wire_send(wire, pair.in, OA_CLIENT, pdu);
    g_assert_cmpstr(wire->findings->str, ==,
                    "rts_unknown: Flags 0x007f with 0 commands match no named PDU\n");
    wire_forget(wire);
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_OUT_R2_B3, (struct wire_rts){ 0 });
    g_assert_cmpstr(wire->findings->str, ==,
                    "rts_unexpected: OUT_R2/B3 is not legal from the client on this IN channel\n");
    g_assert_null(vc->recycle[OA_LEG_OUT]);
    wire_request(wire, pair.in, WIRE_WHOLE, 1, 11, 20, 1); /* the channel continues */
    g_assert_cmpint(wire->last.type, ==, OA_EVENT_RPC);
    wire_forget(wire);
    /* A cookie that is cut off, in a PDU that should have more. */
    pdu = wire_pdu(OA_RPC_RTS, WIRE_WHOLE, 0);
    wire_put(pdu, OA_RTS_FLAG_RECYCLE_CHANNEL, 2);
    wire_put(pdu, 4, 2);
    wire_put(pdu, OA_RTS_VERSION, 4);
    wire_put(pdu, 1, 4);
    wire_put(pdu, OA_RTS_COOKIE, 4);
    wire_put(pdu, V, 4);
    wire_send(wire, pair.in, OA_CLIENT, pdu);
    g_assert_nonnull(strstr(wire->findings->str, "rts_unknown: "));
    g_assert_nonnull(strstr(wire->findings->str, "rts_length: "));
    g_assert_true(pair.in->vc == vc);
    g_assert_cmpuint(pair.in->cookie.bytes[0], ==, IN1);
    g_assert_false(pair.in->is_successor);
    wire_free(wire);
}

/* A channel that sends the cookie of another virtual connection moves there. */
static void
test_moved(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);

    conn_b1(wire, pair.in, V2, IN2);
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    expect_joined(pair.in, 1, OA_JOIN_COOKIE);
    expect_joined(pair.out, 0, OA_JOIN_COOKIE);
    g_assert_null(pair.out->vc->channel[OA_HOP_CLIENT][OA_LEG_IN]);
    conn_a1(wire, pair.out, V2, OUT2);
    g_assert_true(pair.in->vc == pair.out->vc);
    g_assert_cmpstr(wire->vcs_closed->str, ==, "0 0\n"); /* it had no channels left */
    wire_free(wire);
}

/* Losses count for the virtual connection, and for the incomplete calls on that channel. */
static void
test_loss(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, 1, V, IN1, OUT1);
    struct virtual_connection *vc = (struct virtual_connection *)pair.in->vc;

    wire_request(wire, pair.in, OA_RPC_FIRST_FRAG, 1, 11, 20, 1);
    oa_vc_note_skipped((struct channel *)pair.out, OA_SERVER, 50, true);
    g_assert_cmpuint(vc->facts.traffic[OA_HOP_CLIENT][OA_SERVER].skipped_bytes, ==, 50);
    const struct oa_call *call = &oa_calls_find(&vc->calls, 1)->facts;
    g_assert_false(call->request[OA_HOP_CLIENT].has_gap);
    oa_vc_note_skipped((struct channel *)pair.in, OA_CLIENT, 0, true);
    g_assert_false(call->request[OA_HOP_CLIENT].has_gap);
    oa_vc_note_skipped((struct channel *)pair.in, OA_CLIENT, 1, true);
    call = &oa_calls_find(&vc->calls, 1)->facts;
    g_assert_true(call->request[OA_HOP_CLIENT].has_gap);
    oa_vc_note_skipped((struct channel *)wire_in(wire, 1), OA_CLIENT, 7,
                       true); /* of no virtual connection */
    wire_free(wire);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtual-connection/cookie", test_cookie);
    g_test_add_func("/virtual-connection/interleaved", test_interleaved);
    g_test_add_func("/virtual-connection/many-http-hops", test_many_http_hops);
    g_test_add_func("/virtual-connection/hops-in-any-order", test_hops_in_any_order);
    g_test_add_func("/virtual-connection/hops-of-one-host", test_hops_of_one_host);
    g_test_add_func("/virtual-connection/cookie-used-again", test_cookie_used_again);
    g_test_add_func("/virtual-connection/cookie-used-again-late", test_cookie_used_again_late);
    g_test_add_func("/virtual-connection/cookie-used-again-late-of-hop",
                    test_cookie_used_again_late_of_hop);
    g_test_add_func("/virtual-connection/requests-held-back", test_requests_held_back);
    g_test_add_func("/virtual-connection/cookie-used-again-half", test_cookie_used_again_half);
    g_test_add_func("/virtual-connection/cookie-used-again-elsewhere",
                    test_cookie_used_again_elsewhere);
    g_test_add_func("/virtual-connection/halves-of-two-hops", test_halves_of_two_hops);
    g_test_add_func("/virtual-connection/parameters", test_parameters);
    g_test_add_func("/virtual-connection/two-hops", test_two_hops);
    g_test_add_func("/virtual-connection/late-cookie", test_late_cookie);
    g_test_add_func("/virtual-connection/named-channels", test_named_channels);
    g_test_add_func("/virtual-connection/endless-recycling", test_endless_recycling);
    g_test_add_func("/virtual-connection/many-findings", test_many_findings);
    g_test_add_func("/virtual-connection/common-channel", test_common_channel);
    g_test_add_func("/virtual-connection/call-ids", test_call_ids);
    g_test_add_func("/virtual-connection/call-ids-unsure", test_call_ids_unsure);
    g_test_add_func("/virtual-connection/same-pdu", test_same_pdu);
    g_test_add_func("/virtual-connection/call-ids-of-another", test_call_ids_of_another);
    g_test_add_func("/virtual-connection/call-ids-at-end", test_call_ids_at_end);
    g_test_add_func("/virtual-connection/call-ids-open-at-end", test_call_ids_open_at_end);
    g_test_add_func("/virtual-connection/call-ids-before-capture", test_call_ids_before_capture);
    g_test_add_func("/virtual-connection/call-ids-of-two", test_call_ids_of_two);
    g_test_add_func("/virtual-connection/call-ids-twice", test_call_ids_twice);
    g_test_add_func("/virtual-connection/same-last-pdu", test_same_last_pdu);
    g_test_add_func("/virtual-connection/response-of-far-hop", test_response_of_far_hop);
    g_test_add_func("/virtual-connection/lost-opening", test_lost_opening);
    g_test_add_func("/virtual-connection/lost-opening-and-head", test_lost_opening_and_head);
    g_test_add_func("/virtual-connection/lost-opening-of-silent-server",
                    test_lost_opening_of_silent_server);
    g_test_add_func("/virtual-connection/lost-opening-and-request", test_lost_opening_and_request);
    g_test_add_func("/virtual-connection/successor-of-late-calls", test_successor_of_late_calls);
    g_test_add_func("/virtual-connection/held-request", test_held_request);
    g_test_add_func("/virtual-connection/hop-held-back", test_hop_held_back);
    g_test_add_func("/virtual-connection/one-bind", test_one_bind);
    g_test_add_func("/virtual-connection/one-answer", test_one_answer);
    g_test_add_func("/virtual-connection/same-pdu-of-another", test_same_pdu_of_another);
    g_test_add_func("/virtual-connection/same-pdu-by-http", test_same_pdu_by_http);
    g_test_add_func("/virtual-connection/two-clients-of-one-server",
                    test_two_clients_of_one_server);
    g_test_add_func("/virtual-connection/recycle-in", test_recycle_in);
    g_test_add_func("/virtual-connection/successor-asked-for", test_successor_asked_for);
    g_test_add_func("/virtual-connection/successor-without-first-pdu",
                    test_successor_without_first_pdu);
    g_test_add_func("/virtual-connection/successor-named", test_successor_named);
    g_test_add_func("/virtual-connection/successor-named-to-server",
                    test_successor_named_to_server);
    g_test_add_func("/virtual-connection/successor-at-another-proxy",
                    test_successor_at_another_proxy);
    g_test_add_func("/virtual-connection/successor-by-calls", test_successor_by_calls);
    g_test_add_func("/virtual-connection/predecessor-by-calls", test_predecessor_by_calls);
    g_test_add_func("/virtual-connection/predecessor-held-back", test_predecessor_held_back);
    g_test_add_func("/virtual-connection/recycle-out", test_recycle_out);
    g_test_add_func("/virtual-connection/many-recyclings", test_many_recyclings);
    g_test_add_func("/virtual-connection/acknowledged", test_acknowledged);
    g_test_add_func("/virtual-connection/ends", test_ends);
    g_test_add_func("/virtual-connection/reset-beyond", test_reset_beyond);
    g_test_add_func("/virtual-connection/half", test_half);
    g_test_add_func("/virtual-connection/hops-apart", test_hops_apart);
    g_test_add_func("/virtual-connection/late-start", test_late_start);
    g_test_add_func("/virtual-connection/users-differ", test_users_differ);
    g_test_add_func("/virtual-connection/gateways-differ", test_gateways_differ);
    g_test_add_func("/virtual-connection/wrong-pdus", test_wrong_pdus);
    g_test_add_func("/virtual-connection/moved", test_moved);
    g_test_add_func("/virtual-connection/loss", test_loss);
    return g_test_run();
}
