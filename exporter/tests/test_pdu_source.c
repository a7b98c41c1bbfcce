/* test_pdu_source.c
 * Streams exported in PDUs, as dissectors that defer incomplete messages cause them: each
 * byte reaches the decoder once. [Wireshark wsutil/exported_pdu_tlvs.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"
#include "track/tracker.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "track/channel.h"

#define IN_HEAD                                                                                    \
    "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: proxy\r\n"                          \
    "Content-Length: 1073741824\r\n\r\n"
#define PING "\x05\x00\x14\x03\x10\x00\x00\x00\x14\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
#define MAPI_HEAD                                                                                  \
    "POST /mapi/emsmdb/?MailboxId=a@b HTTP/1.1\r\nHost: mail\r\n"                                  \
    "Content-Type: application/mapi-http\r\nX-RequestType: Connect\r\nContent-Length: 40\r\n\r\n"
#define MAPI_BODY "the body is text and has no end of line."
#define GREETING "HELLO, a text of something else"

/* Offsets that the scripts name. */
#define H ((int)sizeof IN_HEAD - 1)
#define M ((int)sizeof MAPI_HEAD - 1)
#define B ((int)sizeof MAPI_BODY - 1)
#define P 20

enum stream { IN_CHANNEL, MAPI, TEXT };

static const struct {
    const char *bytes;
    size_t length;
} STREAMS[] = {
    [IN_CHANNEL] = { IN_HEAD PING PING PING, sizeof(IN_HEAD PING PING PING) - 1 },
    [MAPI] = { MAPI_HEAD MAPI_BODY MAPI_HEAD MAPI_BODY, 2 * (M + B) },
    [TEXT] = { GREETING, sizeof GREETING - 1 },
};

#define PIECES 8

/* The stream in the pieces that are exported: where each begins and ends. */
static const struct piece_row {
    const char *name;
    enum stream stream;
    int pieces[PIECES][2];
    bool needs_sequence; /* the content does not show what is repeated */
} PIECE_ROWS[] = {
    /* clang-format off */
    { "whole", IN_CHANNEL, { { 0, H + 3 * P } }, false },
    { "as-sent", IN_CHANNEL, { { 0, H }, { H, H + P }, { H + P, H + 2 * P }, { H + 2 * P, H + 3 * P } }, false },
    { "equal-pdus-are-no-repetition", IN_CHANNEL, { { 0, H }, { H, H + P }, { H + P, H + 3 * P } }, false },
    { "head-put-off", IN_CHANNEL, { { 0, 40 }, { 0, H }, { H, H + 3 * P } }, false },
    { "head-and-pdu-put-off", IN_CHANNEL, { { 0, H }, { 0, H + P }, { H + P, H + 3 * P } }, false },
    { "head-growing", IN_CHANNEL, { { 0, 1 }, { 0, 2 }, { 0, 30 }, { 0, H - 1 }, { 0, H }, { H, H + 3 * P } }, false },
    { "pdu-put-off", IN_CHANNEL, { { 0, H }, { H, H + 1 }, { H, H + 17 }, { H, H + P }, { H + P, H + 3 * P } }, false },
    { "pdu-put-off-behind-others", IN_CHANNEL, { { 0, H + P + 9 }, { H + P, H + 3 * P } }, false },
    { "pdu-cut-not-put-off", IN_CHANNEL, { { 0, H + 9 }, { H + 9, H + P + 1 }, { H + P + 1, H + 3 * P } }, false },
    { "first-byte-apart", IN_CHANNEL, { { 0, 1 }, { 1, H }, { H, H + 1 }, { H + 1, H + P }, { H + P, H + 3 * P } }, false },
    { "body-put-off", MAPI, { { 0, M }, { 0, M + B }, { M + B, 2 * (M + B) } }, false },
    { "body-put-off-behind-another", MAPI, { { 0, M + B + M + 9 }, { M + B, 2 * (M + B) } }, false },
    { "head-put-off-behind-a-message", MAPI, { { 0, M + B + 20 }, { M + B, 2 * M + B }, { M + B, 2 * (M + B) } }, false },
    { "body-not-put-off", MAPI, { { 0, M }, { M, M + B }, { M + B, 2 * M + B }, { 2 * M + B, 2 * (M + B) } }, false },
    { "line-put-off", MAPI, { { 0, M }, { M, M + 1 }, { M, M + 7 }, { M, M + B }, { M + B, 2 * (M + B) } }, false },
    { "any-overlap", IN_CHANNEL, { { 0, H + 5 }, { 3, H + 30 }, { H, H + 31 }, { H + 31, H + 3 * P } }, true },
    { "any-repetition", IN_CHANNEL, { { 0, H + P }, { 10, H }, { H, H + P }, { 5, H + 3 * P } }, true },
    { "not-ours", TEXT, { { 0, 8 }, { 0, 20 }, { 20, 31 } }, false },
    /* clang-format on */
};

/* --- what is reported --- */

struct fixture {
    struct flows flows;
    void *source;
    uint64_t frames;
    uint64_t heads, pdus, skipped;
    uint64_t first_frame; /* of the last PDU of RTS */
    GArray *closed;       /* of struct connection */
};

static void
on_event(void *context, const struct oa_event *event)
{
    struct fixture *fixture = context;

    fixture->heads += event->type == OA_EVENT_HTTP_HEAD || event->type == OA_EVENT_MAPI_HEAD;
    fixture->pdus += event->type == OA_EVENT_RTS;
    if (event->type == OA_EVENT_RTS)
        fixture->first_frame = event->first.frame;
    if (event->type == OA_EVENT_SKIPPED)
        fixture->skipped += event->length;
}

static void
on_ended(void *context, const struct connection_row *row)
{
    struct fixture *fixture = context;

    g_assert_true(row->tcp->payload_only);
    g_assert_null(row->tls);
    g_array_append_val(fixture->closed, *row->tcp);
}

static void
begin(struct fixture *fixture)
{
    *fixture = (struct fixture){ .closed = g_array_new(FALSE, FALSE, sizeof(struct connection)) };
    flows_begin(&fixture->flows, oa_tracker_new(on_event, fixture, false), on_ended, fixture);
    fixture->source = PDU_SOURCE.begin(&fixture->flows, NULL);
}

/* Ends what is open; the counters stay. */
static void
end(struct fixture *fixture)
{
    struct source_result result = { 0 };

    PDU_SOURCE.end(fixture->source, &result);
    oa_tracker_end(fixture->flows.tracker);
    oa_tracker_free(fixture->flows.tracker);
}

static const struct connection *
closed(const struct fixture *fixture, guint index)
{
    g_assert_cmpuint(index, <, fixture->closed->len);
    return &g_array_index(fixture->closed, struct connection, index);
}

/* --- PDUs --- */

struct sent {
    uint16_t from, to; /* ports; addresses go by the port */
    const char *bytes;
    size_t length;
    uint32_t sequence; /* 0: none */
    bool is_reassembled;
    size_t cut;            /* how much longer the PDU was */
    const char *dissector; /* NULL: http */
};

static void
tag(GByteArray *frame, uint16_t type, const void *value, uint16_t length)
{
    uint16_t head[] = { g_htons(type), g_htons(length) };

    g_byte_array_append(frame, (const guint8 *)head, sizeof head);
    if (length)
        g_byte_array_append(frame, value, length);
}

static void
tag_number(GByteArray *frame, uint16_t type, uint32_t number)
{
    uint32_t value = g_htonl(number);

    tag(frame, type, &value, sizeof value);
}

static void
tag_sequence(GByteArray *frame, const struct sent *sent)
{
    uint8_t info[19] = { 0, 1 };
    uint32_t numbers[] = { g_htonl(sent->sequence),
                           g_htonl(sent->sequence + (uint32_t)sent->length) };

    memcpy(info + 2, numbers, sizeof numbers);
    info[14] = sent->is_reassembled;
    tag(frame, 34, info, sizeof info);
}

static void
send_pdu(struct fixture *fixture, struct sent sent)
{
    GByteArray *frame = g_byte_array_new();
    uint8_t source[4] = { 192, 0, 2, (uint8_t)sent.from },
            target[4] = { 192, 0, 2, (uint8_t)sent.to };

    fixture->frames++;
    const char *dissector = sent.dissector ? sent.dissector : "http";
    tag(frame, 12, dissector, (uint16_t)strlen(dissector));
    tag(frame, 20, source, sizeof source);
    tag(frame, 21, target, sizeof target);
    tag_number(frame, 24, 2);
    tag_number(frame, 25, sent.from);
    tag_number(frame, 26, sent.to);
    tag_number(frame, 30, (uint32_t)fixture->frames * 10);
    if (sent.sequence)
        tag_sequence(frame, &sent);
    tag(frame, 0, NULL, 0);
    g_byte_array_append(frame, (const guint8 *)sent.bytes, (guint)sent.length);
    struct capture_frame captured = { .number = fixture->frames,
                                      .time_ns = (int64_t)fixture->frames * 1000000,
                                      .encap = WTAP_ENCAP_WIRESHARK_UPPER_PDU,
                                      .data = frame->data,
                                      .captured = frame->len,
                                      .on_wire = frame->len + sent.cut };
    g_assert_true(PDU_SOURCE.frame(fixture->source, &captured, NULL));
    g_byte_array_unref(frame);
}

#define FIRST_OF(text, count) .bytes = (text), .length = (count)
#define TEXT_OF(text) FIRST_OF(text, sizeof(text) - 1)

/* --- each byte once --- */

static void
check_pieces(const struct piece_row *row, bool with_sequence)
{
    const char *bytes = STREAMS[row->stream].bytes;
    struct fixture fixture;

    begin(&fixture);
    for (int i = 0; i < PIECES && row->pieces[i][1]; i++) {
        int from = row->pieces[i][0], to = row->pieces[i][1];
        send_pdu(&fixture, (struct sent){ .from = 50000,
                                          .to = 80,
                                          .bytes = bytes + from,
                                          .length = (size_t)(to - from),
                                          .sequence = with_sequence ? (uint32_t)from + 7 : 0,
                                          .is_reassembled = true });
    }
    end(&fixture);
    g_assert_cmpuint(fixture.closed->len, ==, 1);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].payload_bytes, ==,
                     STREAMS[row->stream].length);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].lost_bytes, ==, 0);
    g_assert_cmpuint(fixture.skipped, ==, 0);
    g_assert_cmpuint(fixture.pdus, ==, row->stream == IN_CHANNEL ? 3 : 0);
    g_assert_cmpuint(fixture.heads > 0, ==, row->stream != TEXT);
    g_assert_cmpuint(fixture.flows.n_channels, ==, row->stream == TEXT ? 0 : 1);
    g_array_unref(fixture.closed);
}

static void
test_pieces(gconstpointer data)
{
    const struct piece_row *row = data;

    check_pieces(row, true);
    if (!row->needs_sequence)
        check_pieces(row, false);
}

/* Where no dissector waits nothing comes again, whatever it looks like. */
static void
test_data(void)
{
    static const char *const DISSECTORS[] = { "data", "http" };

    for (size_t i = 0; i < G_N_ELEMENTS(DISSECTORS); i++) {
        struct fixture fixture;

        begin(&fixture);
        send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF("aaaa"), .dissector = DISSECTORS[i] });
        send_pdu(&fixture,
                 (struct sent){ 50000, 80, TEXT_OF("aaaaaaaa"), .dissector = DISSECTORS[i] });
        end(&fixture);
        g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].payload_bytes, ==, i == 0 ? 12 : 8);
        g_array_unref(fixture.closed);
    }
}

/* A PDU that came in two pieces began in the first one's frame. */
static void
test_frames(void)
{
    struct fixture fixture;

    begin(&fixture);
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(IN_HEAD) });
    send_pdu(&fixture, (struct sent){ 50000, 80, FIRST_OF(PING, 7) });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING) });
    g_assert_cmpuint(fixture.pdus, ==, 1);
    g_assert_cmpuint(fixture.first_frame, ==, 20);
    end(&fixture);
    g_assert_cmpuint(closed(&fixture, 0)->first.frame, ==, 10);
    g_assert_cmpuint(closed(&fixture, 0)->last.frame, ==, 30);
    g_assert_cmpint(closed(&fixture, 0)->last.time_ns, ==, 3000000);
    g_assert_cmpint(closed(&fixture, 0)->ending.how, ==, OA_END_UNKNOWN);
    g_array_unref(fixture.closed);
}

static void
test_lost(void)
{
    struct fixture fixture;

    begin(&fixture);
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(IN_HEAD), .sequence = 100 });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING), .sequence = 100 + H + P });
    send_pdu(&fixture,
             (struct sent){ 50000, 80, FIRST_OF(PING, 8), .sequence = 100 + H + 2 * P, .cut = 12 });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING), .sequence = 100 + H + 3 * P });
    end(&fixture);
    g_assert_cmpuint(fixture.pdus, ==, 2);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].lost_bytes, ==, P + 12);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].payload_bytes, ==, H + 2 * P + 8);
    g_array_unref(fixture.closed);
}

/* Sequence numbers far ahead are another counting: nothing is lost by them. */
static void
test_other_counting(void)
{
    struct fixture fixture;

    begin(&fixture);
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(IN_HEAD), .sequence = 1 });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING), .sequence = 0x70000000 });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING), .sequence = 0x70000000 + P });
    end(&fixture);
    g_assert_cmpuint(fixture.pdus, ==, 2);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].lost_bytes, ==, 0);
    g_array_unref(fixture.closed);
}

/* --- connections --- */

/* Ports that say nothing: who is the client follows from what is sent. */
static void
test_sides(void)
{
    struct fixture fixture;

    begin(&fixture);
    send_pdu(&fixture, (struct sent){ 8441, 8442, TEXT_OF("HTTP/1.1 401 No\r\n\r\n") });
    send_pdu(&fixture, (struct sent){ 8442, 8441, TEXT_OF(IN_HEAD) });
    send_pdu(&fixture, (struct sent){ 8442, 8441, FIRST_OF(PING, 5) });
    send_pdu(&fixture, (struct sent){ 8442, 8441, TEXT_OF(PING) });
    send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(IN_HEAD) });
    end(&fixture);
    g_assert_cmpuint(fixture.closed->len, ==, 2);
    g_assert_cmpuint(closed(&fixture, 0)->number, ==, 0);
    g_assert_cmpuint(closed(&fixture, 0)->endpoint[OA_CLIENT].port, ==, 8442);
    g_assert_cmpuint(closed(&fixture, 0)->stream[OA_CLIENT].payload_bytes, ==, H + P);
    g_assert_cmpuint(closed(&fixture, 1)->endpoint[OA_CLIENT].port, ==, 50000);
    g_assert_cmpuint(fixture.pdus, ==, 1);
    g_array_unref(fixture.closed);
}

/* A connection that takes the ports of one before shows by its first request. */
static void
test_ports_used_again(void)
{
    for (uint32_t sequence = 0; sequence < 2; sequence++) {
        struct fixture fixture;

        begin(&fixture);
        for (int i = 0; i < 2; i++) {
            send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(MAPI_HEAD MAPI_BODY),
                                              .sequence = sequence });
            send_pdu(&fixture, (struct sent){ 80, 50000, TEXT_OF("HTTP/1.1 200 OK\r\n\r\n"),
                                              .sequence = sequence });
        }
        end(&fixture);
        /* Without sequence numbers requests of MAPI over HTTP follow each other. */
        g_assert_cmpuint(fixture.closed->len, ==, sequence ? 2 : 1);
        g_assert_cmpint(closed(&fixture, 0)->ending.how, ==,
                        sequence ? OA_END_REPLACED : OA_END_UNKNOWN);
        g_array_unref(fixture.closed);
    }
}

/* One that ends and goes on as the IN channel of another session. */
static void
test_channel_replaced(void)
{
    /* CONN/B1 of MS-RPCH 2.2.4.5, with cookies of ones, of twos and of threes. */
    static const char CONN_B1[] =
        "\x05\x00\x14\x03\x10\x00\x00\x00\x68\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00"
        "\x06\x00\x00\x00\x01\x00\x00\x00"
        "\x03\x00\x00\x00"
        "1111111111111111"
        "\x03\x00\x00\x00"
        "2222222222222222"
        "\x04\x00\x00\x00\x00\x00\x00\x40"
        "\x05\x00\x00\x00\xe0\x93\x04\x00"
        "\x0c\x00\x00\x00"
        "3333333333333333";
    struct fixture fixture;

    begin(&fixture);
    for (int i = 0; i < 2; i++) {
        send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(IN_HEAD) });
        send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(CONN_B1) });
        send_pdu(&fixture, (struct sent){ 50000, 80, TEXT_OF(PING) });
    }
    end(&fixture);
    g_assert_cmpuint(fixture.pdus, ==, 4);
    g_assert_cmpuint(fixture.closed->len, ==, 2);
    g_assert_cmpint(closed(&fixture, 0)->ending.how, ==, OA_END_REPLACED);
    g_assert_cmpint(closed(&fixture, 1)->ending.how, ==, OA_END_UNKNOWN);
    g_array_unref(fixture.closed);
}

/* Enough of them to try the tree, all ended in the order of their numbers. */
static void
test_many(void)
{
    struct fixture fixture;

    begin(&fixture);
    for (uint16_t round = 0; round < 2; round++)
        for (uint16_t port = 10000; port < 14000; port++)
            send_pdu(&fixture, (struct sent){ round ? 80 : port, round ? port : 80, TEXT_OF("x") });
    end(&fixture);
    g_assert_cmpuint(fixture.closed->len, ==, 4000);
    for (guint i = 0; i < fixture.closed->len; i++) {
        g_assert_cmpuint(closed(&fixture, i)->number, ==, i);
        g_assert_cmpuint(closed(&fixture, i)->stream[OA_SERVER].payload_bytes, ==, 1);
    }
    g_array_unref(fixture.closed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(PIECE_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/pdu_source/pieces/%s", PIECE_ROWS[i].name);
        g_test_add_data_func(path, &PIECE_ROWS[i], test_pieces);
    }
    g_test_add_func("/pdu_source/data", test_data);
    g_test_add_func("/pdu_source/frames", test_frames);
    g_test_add_func("/pdu_source/lost", test_lost);
    g_test_add_func("/pdu_source/other-counting", test_other_counting);
    g_test_add_func("/pdu_source/sides", test_sides);
    g_test_add_func("/pdu_source/ports-used-again", test_ports_used_again);
    g_test_add_func("/pdu_source/channel-replaced", test_channel_replaced);
    g_test_add_func("/pdu_source/many", test_many);
    return g_test_run();
}
