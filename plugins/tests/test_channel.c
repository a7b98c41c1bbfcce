/* test_channel.c
 * A session through the decoder: cut anywhere, cut short, in chunks, with losses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "session.h"
#include "track/channel.h"
#include "track/tracker.h"

static const char EXPECTED[] =
    "open 0 \n"
    "open 0 \n"
    "head 0 IN\n"
    "auth 0 IN LAB\\alice\n"
    "head 0 OUT\n"
    "vc-open 0 OUT vc 0\n"
    "rts 0 OUT vc 0 CONN/A1\n"
    "rts 0 IN vc 0 CONN/B1\n"
    "finding 1 OUT vc 0 anonymous_accepted\n"
    "head 1 OUT vc 0\n"
    "rts 1 OUT vc 0 CONN/A3\n"
    "rts 1 OUT vc 0 CONN/C2\n"
    "rpc 0 IN vc 0 bind 72\n"
    "rpc 1 OUT vc 0 bind_ack 60\n"
    "rpc 0 IN vc 0 request 324\n"
    "rpc 0 IN vc 0 request 324\n"
    "rpc 0 IN vc 0 request 64\n"
    "rpc 0 IN vc 0 request 41\n"
    "finding 1 OUT vc 0 rpc_fault\n"
    "ended 0 vc 0 call 3 opnum 10 EMSMDB state 2 fault 1c010003 request 1/40 response 1/0\n"
    "rpc 1 OUT vc 0 fault 32\n"
    "rpc 1 OUT vc 0 response 124\n"
    "rts 0 IN vc 0 Ping\n"
    "rts 1 OUT vc 0 Ping\n"
    "ended 0 vc 0 call 2 opnum 11 EMSMDB state 1 fault 0 request 3/617 response 2/101\n"
    "rpc 1 OUT vc 0 response 25\n"
    "rpc 0 IN vc 0 request 44\n"
    "close 0 IN vc 0\n"
    "close 0 OUT vc 0\n"
    "finding 1 vc 0 call_unanswered\n"
    "ended 0 vc 0 call 4 opnum 1 EMSMDB state 3 fault 0 request 1/20 response 0/0\n"
    "vc-close 0 OUT vc 0 calls 3 answered 1 faults 1 unanswered 1 rpc 869+241 rts 200+92 "
    "skipped 0+0\n";

static void
expect_session(bool chunked, int cut, bool keep)
{
    GPtrArray *session = session_new(chunked);
    char *text = session_play(session, cut, keep);

    g_assert_cmpstr(text, ==, EXPECTED);
    g_free(text);
    session_free(session);
}

static void
test_whole(void)
{
    expect_session(false, 0, false);
    expect_session(false, 0, true);
}

static void
test_every_split(void)
{
    for (int cut = 1; cut < 130; cut++)
        expect_session(false, cut, false);
    for (int i = 0; i < 200; i++)
        expect_session(false, -1, false);
}

static void
test_chunked(void)
{
    expect_session(true, 0, false);
    for (int cut = 1; cut < 40; cut++)
        expect_session(true, cut, false);
    for (int i = 0; i < 200; i++)
        expect_session(true, -1, false);
}

/* A capture that ends anywhere: what came before is told as if nothing had been cut. */
static void
test_prefixes(void)
{
    for (int chunked = 0; chunked < 2; chunked++) {
        GPtrArray *session = session_new(chunked);
        while (session->len) {
            struct session_piece *last = session->pdata[session->len - 1];
            for (; last->bytes->len; g_byte_array_set_size(last->bytes, last->bytes->len - 1)) {
                char *text = session_play(session, 0, false);
                size_t same = 0;
                while (text[same] && text[same] == EXPECTED[same])
                    same++;
                while (same && text[same - 1] != '\n')
                    same--;
                /* After the common part only ends may follow. */
                for (char **line = g_strsplit(text + same, "\n", -1), **first = line;; line++)
                    if (!*line) {
                        g_strfreev(first);
                        break;
                    } else {
                        g_assert_true(!**line || g_str_has_prefix(*line, "close") ||
                                      g_str_has_prefix(*line, "ended") ||
                                      g_str_has_prefix(*line, "finding") ||
                                      g_str_has_prefix(*line, "vc-close"));
                    }
                g_free(text);
            }
            g_ptr_array_set_size(session, (gint)session->len - 1);
        }
        session_free(session);
    }
}

struct counts {
    unsigned rts, rpc, answered;
    uint64_t skipped;
};

static void
count_event(void *context, const struct oa_event *event)
{
    struct counts *counts = context;

    counts->rts += event->type == OA_EVENT_RTS;
    counts->rpc += event->type == OA_EVENT_RPC;
    counts->answered += event->type == OA_EVENT_CALL && event->call->state == OA_CALL_ANSWERED;
    if (event->type == OA_EVENT_CHANNEL_CLOSED)
        counts->skipped +=
            event->channel->traffic[0].skipped_bytes + event->channel->traffic[1].skipped_bytes;
}

/* Whether these bytes of a PDU are enough: the fixed fields of a call, or of the first PDU of a
 * channel half of the cookie of the virtual connection. */
static bool
is_enough(const GByteArray *pdu, guint length)
{
    switch (pdu->data[2]) {
    case OA_RPC_REQUEST:
    case OA_RPC_RESPONSE:
        return length >= 24;
    case OA_RPC_FAULT:
        return length >= 28;
    case OA_RPC_RTS:
        return pdu->len > 60 && length >= 40;
    default:
        return false;
    }
}

/*
 * Loses `length` bytes that begin `offset` bytes into piece `lost`, and goes on: every PDU that is
 * whole on the wire has to be there, that of a call also with its beginning only, and no other; the
 * bytes that are missing or of no use are counted to the byte.
 */
static void
expect_loss(const GPtrArray *session, guint lost, guint offset, guint length)
{
    struct counts counts = { 0 };
    struct oa_tracker *tracker = oa_tracker_new(count_event, &counts, false);
    struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
    struct oa_channel *channels[2];
    struct oa_stamp stamp = { 0, 0 };

    for (int i = SESSION_IN; i <= SESSION_OUT; i++)
        channels[i] = oa_channel_open(tracker, &SESSION_RECOGNITION, &client, &server, NULL, stamp);
    for (guint i = 0; i < session->len; i++) {
        const struct session_piece *piece = session->pdata[i];
        struct oa_channel *channel = channels[piece->connection];
        guint before = i == lost ? offset : piece->bytes->len;

        oa_channel_data(channel, piece->side, piece->bytes->data, before, stamp);
        if (i == lost) {
            oa_channel_lost(channel, piece->side, length);
            oa_channel_data(channel, piece->side, piece->bytes->data + offset + length,
                            piece->bytes->len - offset - length, stamp);
        }
    }
    for (int i = SESSION_IN; i <= SESSION_OUT; i++)
        oa_channel_close(channels[i], (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_free(tracker);
    const GByteArray *pdu = ((const struct session_piece *)session->pdata[lost])->bytes;
    bool is_there = is_enough(pdu, offset);
    g_assert_cmpuint(counts.rts + counts.rpc, ==, 15 + is_there);
    g_assert_cmpuint(counts.skipped, ==, pdu->len - (is_there ? offset : 0));
}

static void
test_loss(void)
{
    GPtrArray *session = session_new(false);

    g_assert_cmpuint(session->len, ==, 19);
    for (guint lost = 0; lost < session->len; lost++) {
        const struct session_piece *piece = session->pdata[lost];
        if (piece->bytes->data[0] != 5)
            continue; /* a head that is lost takes the connection with it */
        for (guint offset = 0; offset < piece->bytes->len; offset += 5)
            for (guint length = 1; offset + length <= piece->bytes->len; length += 7)
                expect_loss(session, lost, offset, length);
    }
    session_free(session);
}

/* The PDUs of the server, each in chunks of 48 bytes. */
static GPtrArray *
chunked_pdus(void)
{
    GPtrArray *session = session_new(false);
    GPtrArray *pdus = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

    for (guint i = 0; i < session->len; i++) {
        const struct session_piece *piece = session->pdata[i];
        if (piece->side != OA_SERVER || piece->bytes->data[0] != 5)
            continue;
        GByteArray *bytes = g_byte_array_new();
        for (guint at = 0; at < piece->bytes->len; at += 48) {
            guint n = MIN(48, piece->bytes->len - at);
            g_autofree char *line = g_strdup_printf("%x\r\n", n);
            g_byte_array_append(bytes, (const guint8 *)line, (guint)strlen(line));
            g_byte_array_append(bytes, piece->bytes->data + at, n);
            g_byte_array_append(bytes, (const guint8 *)"\r\n", 2);
        }
        g_ptr_array_add(pdus, bytes);
    }
    session_free(session);
    return pdus;
}

/* A chunked body after a loss, or from its middle on: the chunk that begins with a PDU shows where
 * to go on. */
static void
test_chunks_after_loss(void)
{
    GPtrArray *pdus = chunked_pdus();

    for (guint from = 0; from < pdus->len; from++) {
        const GByteArray *first = pdus->pdata[from];
        struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
        struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
        struct oa_recognition recognition;
        struct oa_stamp stamp = { 1, 1 };

        g_assert_cmpint(oa_recognise(first->data, 2, 80, 50000, OA_BEFORE_UNKNOWN, &recognition),
                        ==, OA_MAYBE);
        g_assert_cmpint(
            oa_recognise(first->data, first->len, 80, 50000, OA_BEFORE_CLIENT_FIRST, &recognition),
            ==, OA_NOT_OURS);
        g_assert_cmpint(
            oa_recognise(first->data, first->len, 80, 50000, OA_BEFORE_UNKNOWN, &recognition), ==,
            OA_OURS);
        g_assert_cmpint(recognition.sender, ==, OA_SERVER);
        struct oa_channel *channel =
            oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
        for (guint i = from; i < pdus->len; i++) {
            const GByteArray *bytes = pdus->pdata[i];
            if (i == from + 1) { /* its beginning only */
                oa_channel_data(channel, OA_SERVER, bytes->data, 10, stamp);
                oa_channel_lost(channel, OA_SERVER, bytes->len - 10);
                continue;
            }
            for (guint at = 0; at < bytes->len; at++)
                oa_channel_data(channel, OA_SERVER, bytes->data + at, 1, stamp);
        }
        g_assert_cmpuint(channel->traffic[OA_SERVER].rpc_pdus +
                             channel->traffic[OA_SERVER].rts_pdus + (from + 1 < pdus->len),
                         ==, pdus->len - from);
        oa_tracker_free(tracker);
    }
    g_ptr_array_unref(pdus);
}

struct arrived {
    struct oa_stamp first, last;
};

static void
note_arrival(void *data, const struct oa_event *event)
{
    struct arrived *arrived = data;

    if (event->type == OA_EVENT_RPC)
        *arrived = (struct arrived){ event->first, event->last };
}

/* Behind a loss, bytes that look like the beginning of a long chunk make a PDU wait that is whole:
 * it has the time at which it came. */
static void
test_arrivals_behind_loss(void)
{
    static const char HEAD[] = "HTTP/1.1 200 Success\r\nContent-Length: 1073741824\r\n\r\n";
    static const char CHUNK[] = "2000\r\n\5\0\2\3\x10\0\0\0\xff\x1f\0\0\1\0\0\0";
    static const uint8_t PDUS[2][24] = {
        { 5, 0, 2, 3, 0x10, 0, 0, 0, 24, 0, 0, 0, 1 },
        { 5, 0, 2, 3, 0x10, 0, 0, 0, 24, 0, 0, 0, 2 },
    };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct arrived arrived = { 0 };
    struct oa_tracker *tracker = oa_tracker_new(note_arrival, &arrived, true);
    struct oa_stamp stamp = { 1000, 1 };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_answer = true };
    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    uint8_t more[200] = { 0 };

    oa_channel_data(channel, OA_SERVER, (const uint8_t *)HEAD, sizeof HEAD - 1, stamp);
    oa_channel_lost(channel, OA_SERVER, 100);
    oa_channel_data(channel, OA_SERVER, (const uint8_t *)CHUNK, sizeof CHUNK - 1,
                    (struct oa_stamp){ 2000, 2 });
    for (unsigned i = 0; i < 2; i++)
        oa_channel_data(channel, OA_SERVER, PDUS[i], sizeof PDUS[i],
                        (struct oa_stamp){ 3000 + 1000 * i, 3 + i });
    g_assert_cmpuint(channel->traffic[OA_SERVER].rpc_pdus, ==, 0);
    for (uint64_t frame = 5; frame < 300 && !channel->traffic[OA_SERVER].rpc_pdus; frame++)
        oa_channel_data(channel, OA_SERVER, more, sizeof more, (struct oa_stamp){ 5000, frame });
    g_assert_cmpuint(channel->traffic[OA_SERVER].rpc_pdus, ==, 2);
    g_assert_cmpint(arrived.first.time_ns, ==, 4000);
    g_assert_cmpint(arrived.last.time_ns, ==, 4000);
    oa_tracker_free(tracker);
}

/* A chunk that the snap length cuts: its PDU counts by its header; how it goes on is not known. */
static void
test_cut_chunk(void)
{
    static const char HEAD[] = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    static const uint8_t CUT[] = { '1', '8', '\r', '\n', 5, 0, 2, 3, 0x10, 0, 0, 0, 100, 0, 0,
                                   0,   40,  0,    1,    0, 0, 0, 0, 0,    0, 0, 0, 0,   0, 0 };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_stamp stamp = { 1000, 1 };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_answer = true };
    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    struct oa_event event;

    oa_channel_data(channel, OA_SERVER, (const uint8_t *)HEAD, sizeof HEAD - 1, stamp);
    for (unsigned i = 1; i <= 2; i++) { /* the second one where the stream is lost */
        g_assert_true(oa_channel_next_cut(channel, OA_SERVER, CUT, sizeof CUT, 90, stamp, stamp,
                                          false, &event));
        g_assert_cmpuint(event.pdu_length, ==, 100);
        g_assert_cmpuint(event.length, ==, 24);
        g_assert_true(event.end_is_lost);
        g_assert_cmpuint(channel->traffic[OA_SERVER].rpc_pdus, ==, i);
    }
    oa_tracker_free(tracker);
}

/* Heads and PDUs that the snap length cuts, as a host sees them that keeps no bytes: the facts of a
 * head's whole lines, the size of a PDU by its header, and the time of its end. */
static void
test_cut(void)
{
    static const char HEAD[] =
        "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1.lab.test:6001 HTTP/1.1\r\n"
        "Host: mail.lab.test\r\nContent-Length: 76\r\nAuthorization: Basic Zm9v";
    static const char RESPONSE[] = "HTTP/1.1 200 Success\r\nContent-Type: appl";
    static const uint8_t REQUEST[] = { 5,  0, 0, 3, 0x10, 0, 0, 0, 100, 0, 0,  0,
                                       40, 0, 1, 0, 0,    0, 0, 0, 0,   0, 11, 0 };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_stamp stamp = { 1000, 1 }, late = { 2000, 2 };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .has_start = true };
    struct oa_event event;
    size_t need;

    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    g_assert_true(oa_channel_next_cut(channel, OA_CLIENT, (const uint8_t *)HEAD, sizeof HEAD - 1,
                                      100, stamp, stamp, false, &event));
    g_assert_cmpint(event.type, ==, OA_EVENT_HTTP_HEAD);
    g_assert_true(event.is_cut);
    g_assert_cmpint(channel->kind, ==, OA_CHANNEL_OUT);
    g_assert_cmpstr(channel->target_server, ==, "mbx1.lab.test");
    g_assert_cmpuint(channel->target_port, ==, 6001);
    g_assert_cmpstr(channel->proxy_name, ==, "mail.lab.test");
    g_assert_null(channel->exchange); /* the credentials may be there or not */
    g_assert_true(oa_channel_next_cut(channel, OA_SERVER, (const uint8_t *)RESPONSE,
                                      sizeof RESPONSE - 1, 50, stamp, stamp, false, &event));
    g_assert_cmpuint(channel->http_status, ==, 200);

    recognition = (struct oa_recognition){ .is_raw = true, .hop = OA_HOP_SERVER };
    channel = oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    g_assert_true(oa_channel_next_cut(channel, OA_CLIENT, REQUEST, sizeof REQUEST, 76, stamp, late,
                                      false, &event));
    g_assert_cmpuint(event.pdu_length, ==, 100);
    const struct oa_call_half *half = &event.call->request[OA_HOP_SERVER];
    g_assert_cmpuint(half->stub_bytes, ==, 76);
    g_assert_cmpint(half->last.time_ns, ==, late.time_ns);
    g_assert_true(oa_call_half_has_end(half));
    g_assert_false(half->has_gap);
    /* The next PDU begins behind the gap; of the last one the fixed fields are not there. */
    g_assert_true(oa_channel_next(channel, OA_CLIENT, REQUEST, sizeof REQUEST, stamp, stamp, &event,
                                  &need) == false);
    g_assert_cmpuint(need, ==, 100);
    g_assert_false(
        oa_channel_next_cut(channel, OA_CLIENT, REQUEST, 22, 78, stamp, late, false, &event));
    g_assert_cmpuint(channel->traffic[OA_CLIENT].rpc_pdus, ==, 1);
    g_assert_cmpuint(channel->traffic[OA_CLIENT].skipped_bytes, ==, 76 + 100);
    oa_tracker_free(tracker);
}

/* A fault has no stub, also if the snap length leaves some of what follows its fixed fields. */
static void
test_cut_fault(void)
{
    static const char HEAD[] = "HTTP/1.1 200 Success\r\nContent-Length: 1073741824\r\n\r\n";
    static const uint8_t FAULT[40] = { 5, 0, 3, 3, 0x10, 0, 0, 0, 100, 0, 0, 0, 40, 0, 0, 0 };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_stamp stamp = { 1000, 1 };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_answer = true };
    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    struct oa_event event;

    oa_channel_data(channel, OA_SERVER, (const uint8_t *)HEAD, sizeof HEAD - 1, stamp);
    g_assert_true(oa_channel_next_cut(channel, OA_SERVER, FAULT, sizeof FAULT, 60, stamp, stamp,
                                      false, &event));
    g_assert_true(event.is_cut && event.call->is_fault);
    g_assert_cmpuint(event.call->response[OA_HOP_CLIENT].pdu_bytes, ==, 100);
    g_assert_cmpuint(event.call->response[OA_HOP_CLIENT].stub_bytes, ==, 0);
    oa_tracker_free(tracker);
}

/* A stranger's capture: any bytes end in events or nothing, never worse. */
static void
test_noise(void)
{
    GPtrArray *session = session_new(false);

    for (int round = 0; round < 500; round++) {
        GPtrArray *noisy = session_new(round & 1);
        for (int i = 0; i < 30; i++) {
            struct session_piece *piece =
                noisy->pdata[g_test_rand_int_range(0, (gint32)noisy->len)];
            piece->bytes->data[g_test_rand_int_range(0, (gint32)piece->bytes->len)] =
                (guint8)g_test_rand_int_range(0, 256);
        }
        g_free(session_play(noisy, -1, round & 2));
        session_free(noisy);
    }
    session_free(session);
}

/* An echo request need not have a length; its response does, that of one RTS PDU without commands.
 */
static void
test_echo_without_length(void)
{
    static const char REQUEST[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n\r\n";
    static const char RESPONSE[] = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                                   "Content-Length: 20\r\n\r\n"
                                   "\5\0\x14\3\x10\0\0\0\x14\0\0\0\0\0\0\0\x40\0\0\0";
    static const uint8_t B1[104] = {
        5,         0,           20,       3,           16, 0,
        0,         0,           104,      [18] = 6,    /* header; RTS header of six commands */
        [20] = 6,  [24] = 1,                           /* version */
        [28] = 3,  [32] = 1,                           /* cookies */
        [48] = 3,  [52] = 2,    [68] = 4, [75] = 0x40, /* lifetime */
        [76] = 5,  [80] = 0xe0, 0x93,     4,           /* keep-alive */
        [84] = 12, [88] = 3,                           /* association group */
    };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_stamp stamp = { 0, 1 };
    struct oa_recognition recognition;

    g_assert_cmpint(oa_recognise((const uint8_t *)REQUEST, sizeof REQUEST - 1, 50000, 80,
                                 OA_BEFORE_CLIENT_FIRST, &recognition),
                    ==, OA_OURS);
    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    oa_channel_data(channel, OA_CLIENT, (const uint8_t *)REQUEST, sizeof REQUEST - 1, stamp);
    oa_channel_data(channel, OA_SERVER, (const uint8_t *)RESPONSE, sizeof RESPONSE - 1, stamp);
    g_assert_cmpint(channel->kind, ==, OA_CHANNEL_ECHO);
    g_assert_null(channel->vc);
    g_assert_cmpuint(channel->traffic[OA_SERVER].skipped_bytes, ==, 0);
    /* The head of the IN channel is lost, CONN/B1 is not. */
    oa_channel_lost(channel, OA_CLIENT, 268);
    oa_channel_data(channel, OA_CLIENT, B1, sizeof B1, stamp);
    g_assert_cmpint(channel->kind, ==, OA_CHANNEL_IN);
    g_assert_nonnull(channel->vc);
    oa_tracker_free(tracker);
}

/* CONN/B2 of which a snap length leaves the beginning: its signature as far as it goes. */
static void
test_cut_opening(void)
{
    static const uint8_t B2[] = {
        5, 0, 20, 3, 16, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, /* header */
        8, 0, 7,  0, 6,  0, 0, 0, 1,   0, 0, 0, 3, 0, 0, 0, /* RTS header, version, cookie */
    };
    static const struct {
        size_t there;
        uint8_t flags;
        enum oa_verdict verdict;
    } CASES[] = {
        { 32, 8, OA_OURS },        { 28, 8, OA_OURS },        { 27, 8, OA_NOT_OURS },
        { 32, 0x40, OA_NOT_OURS }, { 32, 0x10, OA_NOT_OURS }, /* of other PDUs */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct oa_recognition recognition;
        uint8_t bytes[sizeof B2];

        memcpy(bytes, B2, sizeof bytes);
        bytes[16] = CASES[i].flags;
        g_assert_cmpint(
            oa_recognise(bytes, CASES[i].there, 50000, 593, OA_BEFORE_CLIENT_FIRST, &recognition),
            ==, OA_MAYBE);
        g_assert_cmpint(oa_recognise_cut(bytes, CASES[i].there, 50000, 593, &recognition), ==,
                        CASES[i].verdict);
        if (CASES[i].verdict != OA_OURS)
            continue;
        g_assert_cmpint(recognition.hop, ==, OA_HOP_SERVER);
        g_assert_cmpint(recognition.sender, ==, OA_CLIENT);
        g_assert_true(recognition.is_raw && recognition.has_start);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/channel/whole", test_whole);
    g_test_add_func("/channel/every-split", test_every_split);
    g_test_add_func("/channel/chunked", test_chunked);
    g_test_add_func("/channel/prefixes", test_prefixes);
    g_test_add_func("/channel/loss", test_loss);
    g_test_add_func("/channel/chunks-after-loss", test_chunks_after_loss);
    g_test_add_func("/channel/arrivals-behind-loss", test_arrivals_behind_loss);
    g_test_add_func("/channel/cut", test_cut);
    g_test_add_func("/channel/cut-chunk", test_cut_chunk);
    g_test_add_func("/channel/cut-fault", test_cut_fault);
    g_test_add_func("/channel/noise", test_noise);
    g_test_add_func("/channel/echo-without-length", test_echo_without_length);
    g_test_add_func("/channel/cut-opening", test_cut_opening);
    return g_test_run();
}
