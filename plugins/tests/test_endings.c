/* test_endings.c
 * What the end of a connection shows: silence, calls and echo requests without a response, TLS that
 * its client leaves, certificates.
 * [MS-RPCH] 2.1.2.1.5, 3.2.2.6.1; [MS-OXCMAPIHTTP] 2.2.7; [RFC 8446] 6.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "track/channel.h"
#include "track/connection_end.h"
#include "wire.h"

#define SECOND INT64_C(1000000000)

enum { V = 0x11, IN1 = 0x21, OUT1 = 0x31 };

static const uint8_t ASYNC_EMSMDB[20] = { 0x4a, 0x57, 0x61, 0x52, 0x72, 0x45, 0x6e, 0x20,
                                          0xb2, 0x68, 0x6b, 0x19, 0x92, 0x13, 0xb4, 0xe4 };

struct pair {
    struct oa_channel *in, *out;
};

/* A virtual connection of the client's hop, bound to that interface. */
static struct pair
establish(struct wire *wire, const uint8_t interface[20])
{
    struct pair pair = { wire_in(wire, 1), wire_out(wire, 1) };

    wire_rts(wire, pair.out, OA_CLIENT, OA_RTS_CONN_A1,
             (struct wire_rts){ .cookies = { V, OUT1 } });
    wire_rts(wire, pair.in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    wire_respond(wire, pair.out);
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_CONN_A3, (struct wire_rts){ 0 });
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_CONN_C2, (struct wire_rts){ 0 });
    wire_bind(wire, pair.in, 1, interface);
    wire_forget(wire);
    return pair;
}

/* The connection ends that many seconds after the last PDU. */
static void
end(struct wire *wire, struct oa_channel *channel, enum oa_end how, enum oa_side by, unsigned after)
{
    wire->now.frame++;
    oa_channel_close(channel,
                     (struct oa_ending){ .how = how,
                                         .by = by,
                                         .time_ns = wire->now.time_ns - 1000000 + after * SECOND,
                                         .frame = wire->now.frame });
}

static void
test_calls(void)
{
    static const struct {
        const uint8_t *interface;
        uint16_t opnum;
        bool has_part; /* of the response */
        enum oa_end how;
        enum oa_side by;
        const char *expect;
    } ROWS[] = {
        { WIRE_EMSMDB, 11, false, OA_END_FIN, OA_SERVER,
          "call_unanswered: EcDoRpcExt2: FIN by the server 7.000 s after the request\n" },
        { WIRE_EMSMDB, 11, false, OA_END_FIN, OA_CLIENT,
          "call_unanswered: EcDoRpcExt2: FIN by the client 7.000 s after the request\n" },
        { ASYNC_EMSMDB, 0, false, OA_END_RESET, OA_SERVER,
          "call_unanswered: EcDoAsyncWaitEx: RST by the server 7.000 s after the request\n" },
        { ASYNC_EMSMDB, 0, false, OA_END_FIN, OA_CLIENT, "" }, /* a client that leaves */
        { WIRE_EMSMDB, 11, true, OA_END_FIN, OA_SERVER,
          "response_cut: EcDoRpcExt2: FIN by the server 7.001 s after the request; 32 bytes of the "
          "response had come\n" },
        { WIRE_EMSMDB, 11, false, OA_END_OPEN, OA_SERVER, "" }, /* the capture ends */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct wire *wire = wire_new(false);
        struct pair pair = establish(wire, ROWS[i].interface);

        wire_request(wire, pair.in, WIRE_WHOLE, 1, ROWS[i].opnum, 40, 1);
        if (ROWS[i].has_part)
            wire_response(wire, pair.out, OA_RPC_FIRST_FRAG, 1, 8, 0);
        end(wire, pair.out, ROWS[i].how, ROWS[i].by, 7);
        end(wire, pair.in, ROWS[i].how, ROWS[i].by, 7);
        g_assert_cmpstr(wire->findings->str, ==, ROWS[i].expect);
        wire_free(wire);
    }
}

static void
test_silence(void)
{
    static const struct {
        enum oa_end how;
        enum oa_side by;
        unsigned after;
        const char *expect;
    } ROWS[] = {
        { OA_END_FIN, OA_SERVER, 59, "" },
        { OA_END_FIN, OA_SERVER, 61,
          "idle_closed: Closed by the server after 61.000 s without a PDU\n" },
        { OA_END_FIN, OA_CLIENT, 61, "" },
        { OA_END_FIN, OA_CLIENT, 121,
          "idle_closed: Closed by the client after 121.000 s without a PDU\n" },
        { OA_END_RESET, OA_CLIENT, 61,
          "idle_reset: Reset by the client after 61.000 s without a PDU\n" },
        { OA_END_OPEN, OA_CLIENT, 500, "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct wire *wire = wire_new(false);
        struct pair pair = establish(wire, WIRE_EMSMDB);

        g_assert_cmpuint(pair.out->connection_timeout_ms, ==, WIRE_TIMEOUT_MS);
        wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
        end(wire, pair.out, ROWS[i].how, ROWS[i].by, ROWS[i].after);
        g_assert_cmpstr(wire->findings->str, ==, ROWS[i].expect);
        end(wire, pair.in, OA_END_FIN, OA_CLIENT, 0);
        wire_free(wire);
    }
}

/* A silence that ends with a PDU, and a value outside its range. */
static void
test_late_ping(void)
{
    struct wire *wire = wire_new(false);
    struct pair pair = establish(wire, WIRE_EMSMDB);

    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    wire->now.time_ns += 119 * SECOND;
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire->now.time_ns += 121 * SECOND;
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    g_assert_cmpstr(wire->findings->str, ==,
                    "idle_too_long: 121.001 s without a PDU; the connection timeout is 120 s\n");
    wire_forget(wire);
    wire->now.time_ns += 121 * SECOND;
    oa_channel_lost(pair.out, OA_SERVER, 20); /* a ping among them, perhaps */
    wire_rts(wire, pair.out, OA_SERVER, OA_RTS_PING, (struct wire_rts){ 0 });
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
    wire = wire_new(false);
    wire_rts(wire, wire_out(wire, 1), OA_CLIENT, OA_RTS_CONN_A1,
             (struct wire_rts){ .cookies = { V, OUT1 }, .window = 0x1000 });
    g_assert_cmpstr(wire->findings->str, ==,
                    "rts_range: ReceiveWindowSize 4096 is outside its range\n");
    wire_free(wire);
}

static void
test_echo(void)
{
    static const char ECHO[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                               "Content-Length: 4\r\n\r\n\xf8\xe8\x18\x08";
    static const char BARE[] = "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                               "Content-Length: 0\r\n\r\n";
    static const char RESPONSE[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    struct wire *wire = wire_new(false);
    struct oa_channel *channel = wire_http(wire, 1, ECHO);

    end(wire, channel, OA_END_FIN, OA_SERVER, 60);
    g_assert_cmpstr(wire->findings->str, ==,
                    "echo_unanswered: Echo request: FIN by the server 60.000 s after it\n");
    wire_forget(wire);
    end(wire, wire_http(wire, 1, BARE), OA_END_RESET, OA_CLIENT, 5);
    g_assert_cmpstr(wire->findings->str, ==,
                    "echo_unanswered: Request: RST by the client 5.000 s after it\n");
    wire_forget(wire);
    channel = wire_http(wire, 1, ECHO);
    wire_head(wire, channel, OA_SERVER, RESPONSE);
    wire_forget(wire);
    end(wire, channel, OA_END_FIN, OA_SERVER, 0);
    end(wire, wire_http(wire, 1, ECHO), OA_END_OPEN, OA_SERVER, 60);
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* A response of MAPI over HTTP in chunks, without its last one. */
static void
test_mapi_http(void)
{
    static const char REQUEST[] =
        "POST /mapi/emsmdb/?MailboxId=box HTTP/1.1\r\nContent-Type: application/mapi-http\r\n"
        "X-RequestType: NotificationWait\r\nX-RequestId: {E}:1\r\nContent-Length: 0\r\n"
        "Authorization: Basic TEFCXGFkYTp4\r\n\r\n";
    static const char BEGIN[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\nX-RequestType: NotificationWait"
        "\r\nX-RequestId: {E}:1\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nPROCESSING\r\n\r\n";
    static const char REST[] = "e\r\nDONE\r\n\r\n\0\0\0\0\0\0\r\n0\r\n\r\n";
    static const struct {
        bool is_begun, is_finished;
        enum oa_end how;
        enum oa_side by;
        const char *expect;
    } ROWS[] = {
        { true, false, OA_END_FIN, OA_SERVER,
          "response_cut: NotificationWait: FIN by the server 60.001 s after the request; 154 bytes "
          "of the response had come\n" },
        { true, false, OA_END_RESET, OA_SERVER,
          "response_cut: NotificationWait: RST by the server 60.001 s after the request; 154 bytes "
          "of the response had come\n" },
        { false, false, OA_END_FIN, OA_SERVER,
          "call_unanswered: NotificationWait: FIN by the server 60.000 s after the request\n" },
        { true, false, OA_END_FIN, OA_CLIENT, "" },
        { true, true, OA_END_FIN, OA_SERVER, "" },
        { true, false, OA_END_OPEN, OA_SERVER, "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct wire *wire = wire_new(false);
        struct oa_recognition recognition = { .is_mapi_http = true, .has_start = true };
        struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
        struct oa_channel *channel =
            oa_channel_open(wire->tracker, &recognition, &client, &server, NULL, wire->now);

        wire_head(wire, channel, OA_CLIENT, REQUEST);
        if (ROWS[i].is_begun)
            wire_head(wire, channel, OA_SERVER, BEGIN);
        if (ROWS[i].is_finished)
            oa_channel_data(channel, OA_SERVER, (const uint8_t *)REST, sizeof REST - 1, wire->now);
        wire_forget(wire);
        end(wire, channel, ROWS[i].how, ROWS[i].by, 60);
        g_assert_cmpstr(wire->findings->str, ==, ROWS[i].expect);
        wire_free(wire);
    }
}

/* IN and OUT at two proxies; the successor of a channel may be at another. */
static void
test_gateways(void)
{
    struct wire *wire = wire_new(false);
    struct oa_channel *in = wire_http_hop(wire, OA_LEG_IN, 1, 2);
    struct oa_channel *out = wire_http_hop(wire, OA_LEG_OUT, 1, 3);

    wire_rts(wire, out, OA_CLIENT, OA_RTS_CONN_A1, (struct wire_rts){ .cookies = { V, OUT1 } });
    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    g_assert_cmpstr(wire->findings->str, ==,
                    "gateways_differ: 10.0.0.2 here, 10.0.0.3 on the other channel\n");
    wire_free(wire);

    wire = wire_new(false); /* the hops of a balancer, of which each lacks a channel */
    in = wire_http_hop(wire, OA_LEG_IN, 1, 2);
    out = wire_http_hop(wire, OA_LEG_OUT, 4, 3);
    wire_rts(wire, out, OA_CLIENT, OA_RTS_CONN_A1, (struct wire_rts){ .cookies = { V, OUT1 } });
    wire_rts(wire, in, OA_CLIENT, OA_RTS_CONN_B1, (struct wire_rts){ .cookies = { V, IN1 } });
    g_assert_cmpstr(wire->findings->str, ==, "");
    wire_free(wire);
}

/* --- TLS --- */

#define YEAR_S (INT64_C(365) * 24 * 3600)

static void
test_tls(void)
{
    static struct oa_tls_certificate good = { .subject = "CN=mail",
                                              .issuer = "CN=root",
                                              .has_validity = true,
                                              .not_before_s = 0,
                                              .not_after_s = YEAR_S };
    static struct oa_tls_certificate self = { .subject = "CN=mail", .issuer = "CN=mail" };
    static struct oa_tls_certificate old = { .subject = "CN=mail",
                                             .issuer = "CN=root",
                                             .has_validity = true,
                                             .not_before_s = 0,
                                             .not_after_s = 1 };
    static struct oa_tls_certificate early = { .subject = "CN=mail",
                                               .issuer = "CN=root",
                                               .has_validity = true,
                                               .not_before_s = YEAR_S,
                                               .not_after_s = 2 * YEAR_S };
    const struct {
        struct oa_tls_facts facts;
        enum oa_end how;
        enum oa_side by;
        const char *expect;
    } ROWS[] = {
        { { .certificate = &good, .has_server_hello = true, .has_switched = { true, true } },
          OA_END_FIN,
          OA_CLIENT,
          "" },
        { { .certificate = &self, .has_server_hello = true, .has_switched = { true, true } },
          OA_END_FIN,
          OA_CLIENT,
          "" },
        { { .certificate = &self, .has_server_hello = true },
          OA_END_FIN,
          OA_SERVER,
          "certificate_self_signed: CN=mail\n" },
        { { .certificate = &old, .has_server_hello = true, .has_switched = { true, true } },
          OA_END_FIN,
          OA_CLIENT,
          "certificate_expired: CN=mail: expired on 1970-01-01\n" },
        { { .certificate = &early, .has_server_hello = true, .has_switched = { true, true } },
          OA_END_FIN,
          OA_CLIENT,
          "certificate_expired: CN=mail: not valid before 1971-01-01\n" },
        { { .certificate = &good,
            .has_server_hello = true,
            .has_switched = { true, true },
            .sni = "other",
            .name_match = OA_TLS_NAME_NOT_COVERED },
          OA_END_FIN,
          OA_CLIENT,
          "certificate_name: CN=mail; requested other\n" },
        { { .certificate = &good, .has_server_hello = true, .sni = "mail" },
          OA_END_FIN,
          OA_CLIENT,
          "tls_abandoned: FIN by the client after the server's certificate of CN=mail; requested "
          "mail\n" },
        { { .has_server_hello = true },
          OA_END_RESET,
          OA_CLIENT,
          "tls_abandoned: RST by the client after the server's hello\n" },
        { { .has_server_hello = true }, OA_END_FIN, OA_SERVER, "" },
        { { .has_server_hello = true }, OA_END_OPEN, OA_CLIENT, "" },
        { { .has_server_hello = true, .is_lost = { false, true } }, OA_END_FIN, OA_CLIENT, "" },
        { { .has_server_hello = true, .alert = { true, OA_CLIENT, 2, 48, { 3 * SECOND, 3 } } },
          OA_END_FIN,
          OA_CLIENT,
          "certificate_refused: unknown_ca (48) by the client\n" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct wire *wire = wire_new(false);
        struct oa_tls_facts facts = ROWS[i].facts;

        facts.certificate_stamp = (struct oa_stamp){ 10 * SECOND, 2 };
        const struct oa_connection_end end = {
            .tls = &facts,
            .server = { .port = 443 },
            .ending = { .how = ROWS[i].how, .by = ROWS[i].by, .time_ns = SECOND, .frame = 9 },
        };
        oa_connection_ended(wire->tracker, &end);
        g_assert_cmpstr(wire->findings->str, ==, ROWS[i].expect);
        /* What concerns the certificate is not reported again. */
        wire_forget(wire);
        oa_connection_ended(wire->tracker, &end);
        g_assert_null(strstr(wire->findings->str, "certificate_self"));
        g_assert_null(strstr(wire->findings->str, "certificate_expired:"));
        g_assert_null(strstr(wire->findings->str, "certificate_name"));
        /* Another service on that port is none of ours. */
        wire_forget(wire);
        struct oa_connection_end other = end;
        other.server.port = 8443;
        oa_connection_ended(wire->tracker, &other);
        g_assert_cmpstr(wire->findings->str, ==, "");
        wire_free(wire);
    }
}

static void
test_tcp(void)
{
    struct wire *wire = wire_new(false);
    struct oa_connection_end end = { .server = { .port = 6001 }, .was_refused = true };

    oa_connection_ended(wire->tracker, &end);
    end = (struct oa_connection_end){ .server = { .port = 6001 }, .lost_bytes = { 3, 0 } };
    oa_connection_ended(wire->tracker, &end);
    g_assert_cmpstr(wire->findings->str, ==,
                    "connection_refused: No program listens on the port\n"
                    "capture_loss: 3 bytes from the client and 0 from the server are missing from "
                    "the capture\n");
    wire_free(wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/endings/calls", test_calls);
    g_test_add_func("/endings/silence", test_silence);
    g_test_add_func("/endings/late-ping", test_late_ping);
    g_test_add_func("/endings/echo", test_echo);
    g_test_add_func("/endings/mapi-http", test_mapi_http);
    g_test_add_func("/endings/gateways", test_gateways);
    g_test_add_func("/endings/tls", test_tls);
    g_test_add_func("/endings/tcp", test_tcp);
    return g_test_run();
}
