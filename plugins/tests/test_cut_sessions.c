/* test_cut_sessions.c
 * Sessions of which a snap length leaves the beginning of each PDU: joined by the PDUs in a row
 * that two hops have in common, and by what is left of their cookies. [MS-RPCH] 2.2.4 (RTS PDUs),
 * [C706] 12.6.3 (header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "track/channel.h"
#include "wire.h"

/* A header, the fixed fields of a request, and 6 bytes of its stub. */
#define SHORT_SNAP 30

/* The version and 10 bytes of the cookie of the virtual connection. */
#define COOKIE_SNAP 42

enum { V = 0x11, V2 = 0x12, IN1 = 0x21, IN2 = 0x22, OUT1 = 0x31 };

static struct wire *
cut_wire(size_t snap)
{
    struct wire *wire = wire_new(false);

    wire->snap = snap;
    return wire;
}

/* The two connections of a hop, whose beginning is not in the capture. */
struct hop {
    struct oa_channel *in, *out;
};

static struct hop
middle_hop(struct wire *wire, enum oa_hop hop, uint8_t client, uint8_t server)
{
    return (struct hop){ wire_middle(wire, hop, client, server),
                         wire_middle(wire, hop, client, server) };
}

static void
pass_request(struct wire *wire, struct hop near, struct hop far, uint32_t call_id, unsigned stub)
{
    wire_request(wire, near.in, WIRE_WHOLE, call_id, 11, stub, 1);
    wire_request(wire, far.in, WIRE_WHOLE, call_id, 11, stub, 1);
}

static void
pass_response(struct wire *wire, struct hop near, struct hop far, uint32_t call_id, unsigned stub)
{
    wire_response(wire, far.out, WIRE_WHOLE, call_id, stub, 1);
    wire_response(wire, near.out, WIRE_WHOLE, call_id, stub, 1);
}

static void
pass_call(struct wire *wire, struct hop near, struct hop far, uint32_t call_id)
{
    pass_request(wire, near, far, call_id, 60 + call_id);
    pass_response(wire, near, far, call_id, 90 + call_id);
}

static void
send_bind(struct wire *wire, struct oa_channel *in)
{
    GByteArray *bind = wire_pdu(OA_RPC_BIND, WIRE_WHOLE, 1);

    for (int i = 0; i < 56; i++)
        wire_put(bind, 0, 1);
    wire_send(wire, in, OA_CLIENT, bind);
}

/* Three PDUs in a row that both hops have in common, in each direction. */
static void
test_two_hops(void)
{
    struct wire *wire = cut_wire(SHORT_SNAP);
    struct hop client = middle_hop(wire, OA_HOP_CLIENT, 1, 2);
    struct hop server = middle_hop(wire, OA_HOP_SERVER, 7, 9);

    for (uint32_t call_id = 1; call_id <= 2; call_id++)
        pass_call(wire, client, server, call_id);
    g_assert_cmpstr(wire->joins->str, ==, "");
    for (uint32_t call_id = 3; call_id <= 5; call_id++)
        pass_call(wire, client, server, call_id);
    g_assert_true(client.in->vc == server.in->vc);
    g_assert_true(client.out->vc == server.out->vc);
    g_assert_true(client.in->vc == client.out->vc);
    g_assert_cmpuint(client.in->vc->calls, ==, 5);
    g_assert_cmpuint(client.in->vc->answered, ==, 5);
    wire_free(wire);
}

/* One of them has another length, or does not come on the other hop. */
static void
test_contradiction(void)
{
    for (int is_missing = 0; is_missing <= 1; is_missing++) {
        struct wire *wire = cut_wire(SHORT_SNAP);
        struct hop client = middle_hop(wire, OA_HOP_CLIENT, 1, 2);
        struct hop server = middle_hop(wire, OA_HOP_SERVER, 7, 9);

        pass_request(wire, client, server, 1, 60);
        wire_request(wire, client.in, WIRE_WHOLE, 2, 11, 60, 1);
        if (!is_missing)
            wire_request(wire, server.in, WIRE_WHOLE, 2, 11, 61, 1);
        pass_request(wire, client, server, 3, 60);
        pass_request(wire, client, server, 4, 60);
        g_assert_true(client.in->vc != server.in->vc);
        wire_close(client.in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpstr(wire->joins->str, ==, "");
        wire_free(wire);
    }
}

/* Bytes were lost on one hop: what the other one has more is no contradiction. */
static void
test_loss(void)
{
    struct wire *wire = cut_wire(SHORT_SNAP);
    struct hop client = middle_hop(wire, OA_HOP_CLIENT, 1, 2);
    struct hop server = middle_hop(wire, OA_HOP_SERVER, 7, 9);

    pass_request(wire, client, server, 1, 60);
    wire_request(wire, client.in, WIRE_WHOLE, 2, 11, 60, 1);
    oa_channel_lost(server.in, OA_CLIENT, 84);
    pass_request(wire, client, server, 3, 60);
    g_assert_true(client.in->vc != server.in->vc);
    pass_request(wire, client, server, 4, 60);
    g_assert_true(client.in->vc == server.in->vc);
    wire_free(wire);
}

/* Two servers' connections have the same PDUs as the client's: it does not show which one it is. */
static void
test_rival(void)
{
    struct wire *wire = cut_wire(SHORT_SNAP);
    struct hop client = middle_hop(wire, OA_HOP_CLIENT, 1, 2);
    struct hop server = middle_hop(wire, OA_HOP_SERVER, 7, 9);
    struct hop other = middle_hop(wire, OA_HOP_SERVER, 7, 9);

    for (uint32_t call_id = 1; call_id <= 4; call_id++) {
        pass_request(wire, client, server, call_id, 60);
        wire_request(wire, other.in, WIRE_WHOLE, call_id, 11, 60, 1);
    }
    g_assert_cmpstr(wire->joins->str, ==, "");
    wire_request(wire, client.in, WIRE_WHOLE, 5, 11, 60, 1);
    wire_request(wire, other.in, WIRE_WHOLE, 5, 11, 80, 1);
    wire_request(wire, server.in, WIRE_WHOLE, 5, 11, 60, 1);
    g_assert_true(client.in->vc == server.in->vc);
    wire_free(wire);
}

/* Short sessions of the same PDUs: when a connection ends, the one is taken that has carried the
 * same, all of it, at the same time. */
static void
test_at_end(void)
{
    struct wire *wire = cut_wire(SHORT_SNAP);
    struct hop client[2], server[2];

    for (uint8_t i = 0; i < 2; i++) {
        client[i] = middle_hop(wire, OA_HOP_CLIENT, (uint8_t)(1 + i), 6);
        server[i] = middle_hop(wire, OA_HOP_SERVER, 7, 9);
    }
    for (int i = 0; i < 2; i++) {
        send_bind(wire, client[i].in);
        send_bind(wire, server[i].in);
        pass_request(wire, client[i], server[i], 1, 60);
        wire->now.time_ns += 50000000;
        pass_response(wire, client[i], server[i], 1, 60);
    }
    g_assert_cmpstr(wire->joins->str, ==, "");
    for (int i = 0; i < 2; i++) {
        wire_close(client[i].in, OA_END_FIN, OA_CLIENT);
        g_assert_true(server[i].in->vc->endpoint[OA_HOP_CLIENT][OA_CLIENT].address[15] == 1 + i);
    }
    wire_free(wire);
}

/* A single PDU shows nothing, and neither do two of more. */
static void
test_too_few(void)
{
    for (unsigned more = 0; more <= 1; more++) {
        struct wire *wire = cut_wire(SHORT_SNAP);
        struct hop client = middle_hop(wire, OA_HOP_CLIENT, 1, 2);
        struct hop server = middle_hop(wire, OA_HOP_SERVER, 7, 9);

        if (more) {
            send_bind(wire, client.in);
            wire_request(wire, client.in, WIRE_WHOLE, 2, 11, 70, 1);
            oa_channel_lost(server.in, OA_CLIENT, 94);
            pass_request(wire, client, server, 3, 60);
        }
        pass_request(wire, client, server, 4, 60);
        wire_close(client.in, OA_END_FIN, OA_CLIENT);
        g_assert_cmpstr(wire->joins->str, ==, "");
        wire_free(wire);
    }
}

/* A balancer passes requests on by HTTP. */
static void
test_http_hops(void)
{
    struct wire *wire = cut_wire(SHORT_SNAP);
    struct hop hop[3] = { middle_hop(wire, OA_HOP_CLIENT, 1, 2),
                          middle_hop(wire, OA_HOP_CLIENT, 3, 4),
                          middle_hop(wire, OA_HOP_SERVER, 7, 9) };

    for (uint32_t call_id = 1; call_id <= 5; call_id++) {
        for (int i = 0; i < 3; i++)
            wire_request(wire, hop[i].in, WIRE_WHOLE, call_id, 11, 60, 1);
        for (int i = 2; i >= 0; i--)
            wire_response(wire, hop[i].out, WIRE_WHOLE, call_id, 90, 1);
    }
    for (int i = 0; i < 3; i++) {
        g_assert_true(hop[i].in->vc == hop[0].in->vc);
        g_assert_true(hop[i].out->vc == hop[0].in->vc);
    }
    g_assert_cmpint(hop[0].out->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpint(hop[1].out->hop, ==, OA_HOP_HTTP_2);
    g_assert_cmpuint(hop[0].in->vc->calls, ==, 5);
    wire_free(wire);
}

static void
open_channels(struct wire *wire, struct hop hop, uint8_t cookie)
{
    wire_rts(wire, hop.in, OA_CLIENT, OA_RTS_CONN_B1,
             (struct wire_rts){ .cookies = { cookie, IN1 } });
    wire_rts(wire, hop.out, OA_CLIENT, OA_RTS_CONN_A1,
             (struct wire_rts){ .cookies = { cookie, OUT1 } });
}

#define BEGIN_OF_REQUEST 60

static const char IN_ECHO[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: proxy\r\n"
                              "Content-Length: 0\r\n\r\n";
static const char IN_CHANNEL[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                                 "Host: proxy\r\nContent-Length: 1000\r\n\r\n";

/* An echo whose heads do not show that it is one, by its response; a channel may follow on the
 * connection. */
static void
test_cut_echo(void)
{
    for (int is_channel = 0; is_channel <= 1; is_channel++) {
        struct wire *wire = cut_wire(BEGIN_OF_REQUEST);
        struct oa_channel *channel = wire_http(wire, 1, IN_ECHO);

        g_assert_cmpint(channel->kind, ==, OA_CHANNEL_IN);
        wire->snap = 0;
        if (is_channel) {
            wire_head(wire, channel, OA_CLIENT, IN_CHANNEL);
            wire_rts(wire, channel, OA_CLIENT, OA_RTS_CONN_B1,
                     (struct wire_rts){ .cookies = { V, IN1 } });
        } else {
            wire_rts(wire, channel, OA_SERVER, OA_RTS_ECHO, (struct wire_rts){ 0 });
        }
        g_assert_cmpint(channel->kind, ==, is_channel ? OA_CHANNEL_IN : OA_CHANNEL_ECHO);
        g_assert_cmpstr(wire->findings->str, ==, "");
        if (!is_channel) { /* the error is not one in the middle of the echo */
            wire_head(wire, channel, OA_CLIENT, IN_CHANNEL);
            wire_head(wire, channel, OA_SERVER,
                      "HTTP/1.1 503 RPC Error: 6ba\r\nContent-Length: 0\r\n\r\n");
            g_assert_true(g_str_has_prefix(wire->findings->str, "rpc_error: 503 RPC Error: 6ba"));
        }
        wire_free(wire);
    }
}

/* A request without credentials is anonymous only if none have been cut off before it. */
static void
test_cut_credentials(void)
{
    for (int is_cut = 0; is_cut <= 1; is_cut++) {
        struct wire *wire = cut_wire(is_cut ? BEGIN_OF_REQUEST : 0);
        struct oa_channel *channel = wire_http(wire, 1, IN_ECHO);

        wire->snap = 0;
        wire_head(wire, channel, OA_CLIENT, IN_CHANNEL);
        wire_rts(wire, channel, OA_CLIENT, OA_RTS_CONN_B1,
                 (struct wire_rts){ .cookies = { V, IN1 } });
        wire_rts(wire, channel, OA_CLIENT, OA_RTS_PING, (struct wire_rts){ 0 });
        g_assert_cmpstr(wire->findings->str, ==,
                        is_cut ? "" : "anonymous_accepted: no credentials\n");
        wire_free(wire);
    }
}

/* A part of a cookie joins channels, also their successors; what is not all of it is not shown. */
static void
test_cut_cookie(void)
{
    struct wire *wire = cut_wire(COOKIE_SNAP);
    struct hop hop = { wire_in(wire, 1), wire_out(wire, 1) };
    struct hop other = { wire_in(wire, 1), wire_out(wire, 1) };
    struct oa_channel *successor = wire_in(wire, 1);

    open_channels(wire, hop, V);
    open_channels(wire, other, V2);
    wire_rts(wire, successor, OA_CLIENT, OA_RTS_IN_R1_A1,
             (struct wire_rts){ .cookies = { V, IN1, IN2 } });
    g_assert_cmpuint(wire->n_vcs, ==, 2);
    g_assert_true(hop.in->vc == hop.out->vc);
    g_assert_true(successor->vc == hop.in->vc);
    g_assert_true(successor->is_successor);
    g_assert_true(other.in->vc == other.out->vc);
    g_assert_true(other.in->vc != hop.in->vc);
    g_assert_cmpuint(hop.in->vc->cookie_bytes, ==, 10);

    wire->snap = 0; /* another hop, of which more is left */
    struct oa_channel *server = wire_proxy(wire, 7, 9);
    wire_rts(wire, server, OA_CLIENT, OA_RTS_CONN_B2, (struct wire_rts){ .cookies = { V, IN1 } });
    g_assert_true(server->vc == hop.in->vc);
    wire_free(wire);

    wire = cut_wire(COOKIE_SNAP - 3); /* 7 bytes */
    hop = (struct hop){ wire_in(wire, 1), wire_out(wire, 1) };
    open_channels(wire, hop, V);
    g_assert_cmpuint(wire->n_vcs, ==, 0);
    wire_free(wire);
}

/* Without the cookies of the channels, hosts show on which HTTP hop each of them is: before there
 * is anything else of it, after a PDU that opens nothing, and when its response is the server's. */
static void
test_places(void)
{
    struct wire *wire = cut_wire(COOKIE_SNAP);
    struct oa_channel *in = wire_http_hop(wire, OA_LEG_IN, 1, 2);
    struct oa_channel *far_in = wire_http_hop(wire, OA_LEG_IN, 3, 4);
    struct oa_channel *out = wire_http_hop(wire, OA_LEG_OUT, 1, 2);
    struct oa_channel *far_out = wire_http_hop(wire, OA_LEG_OUT, 3, 4);
    struct oa_channel *server = wire_proxy(wire, 7, 9);
    struct oa_channel *last_in = wire_http_hop(wire, OA_LEG_IN, 5, 6);

    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_rts(wire, far_in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_request(wire, last_in, WIRE_WHOLE, 1, 11, 60, 1);
    wire_rts(wire, last_in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_rts(wire, server, OA_CLIENT, OA_RTS_CONN_A2, (struct wire_rts){ .cookies = { V, OUT1 } });
    wire_request(wire, in, WIRE_WHOLE, 2, 11, 60, 1);
    wire_request(wire, far_in, WIRE_WHOLE, 2, 11, 60, 1);
    wire_response(wire, server, WIRE_WHOLE, 2, 90, 1);
    wire_response(wire, far_out, WIRE_WHOLE, 2, 90, 1);
    wire_response(wire, out, WIRE_WHOLE, 2, 90, 1);
    g_assert_cmpint(in->hop, ==, OA_HOP_CLIENT);
    g_assert_cmpint(far_in->hop, ==, OA_HOP_HTTP_2);
    g_assert_cmpint(last_in->hop, ==, OA_HOP_HTTP_3);
    g_assert_true(far_out->vc == in->vc);
    g_assert_cmpint(far_out->hop, ==, OA_HOP_HTTP_2);
    g_assert_true(out->vc == in->vc);
    g_assert_cmpint(out->hop, ==, OA_HOP_CLIENT);
    wire_free(wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cut-sessions/two-hops", test_two_hops);
    g_test_add_func("/cut-sessions/contradiction", test_contradiction);
    g_test_add_func("/cut-sessions/loss", test_loss);
    g_test_add_func("/cut-sessions/rival", test_rival);
    g_test_add_func("/cut-sessions/at-end", test_at_end);
    g_test_add_func("/cut-sessions/too-few", test_too_few);
    g_test_add_func("/cut-sessions/http-hops", test_http_hops);
    g_test_add_func("/cut-sessions/cut-echo", test_cut_echo);
    g_test_add_func("/cut-sessions/cut-credentials", test_cut_credentials);
    g_test_add_func("/cut-sessions/cut-cookie", test_cut_cookie);
    g_test_add_func("/cut-sessions/places", test_places);
    return g_test_run();
}
