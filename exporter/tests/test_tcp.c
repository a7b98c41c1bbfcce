/* test_tcp.c
 * The flow table on scripts of segments: what the listener is told, byte by byte.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

/*
 * A script is a list of words, each a segment or a change of the capture:
 *
 *   c or s      who sends, then any of
 *     S         SYN
 *     @7        the stream's ISN is 7 steps (of 7 million) above the usual one
 *     A20       acknowledges up to offset 20 of the other stream (else no ACK flag, so that nothing
 * is implied) F R       FIN, RST 0+10      ten bytes at offset 0; negative offsets lie before the
 * start !5        five more bytes that the snap length cut away ^         in capitals, to tell
 * whose copy was taken +500        the capture clock moves by so many milliseconds; it may go back
 *   =500       so many milliseconds pass in silence: the next segment may come at once
 *   *70         the segment before once more, so many times
 *   p1          the client's port is now the usual one + 1
 *
 * The byte at an offset is its letter: a to z, and again. The log has, in order, "open", "c:abc"
 * for data (joined while the sender stays), "c?5" for a loss, and "fin-c", "rst-s", "open-", "new-"
 * for the close, with "+" if bytes are missing before that RST; "#number" comes before when it is
 * another connection than that of the word before.
 */
struct script_row {
    const char *name;
    const char *script;
    const char *log;
};

#define SHAKE "cS sSA0 cA0 "

static const struct script_row SCRIPT_ROWS[] = {
    { "in-order", SHAKE "c0+3 c3+3 s0+4 cF6 sF4", "open c:abcdef s:abcd fin-c" },
    { "first-fin-names-the-side", SHAKE "sF0 cF0", "open fin-s" },
    { "half-closed-goes-on", SHAKE "cF0 s0+3 s3+3", "open s:abcdef fin-c" },
    { "data-with-fin", SHAKE "c0+3F sF0", "open c:abc fin-c" },
    { "data-with-syn", "cS0+3 c3+2", "open c:abcde open-" },
    { "reset", SHAKE "c0+3 sR", "open c:abc rst-s" },
    { "reset-far-ahead", SHAKE "c0+3 sR2000000+0 c3+3 sF0 cF6", "open c:abcdef fin-s" },
    { "reset-far-behind", SHAKE "c0+3 sR-2000000+0 c3+3 sF0 cF6", "open c:abcdef fin-s" },
    { "reset-in-window", SHAKE "c0+3 sR60000+0", "open c:abc rst-s+" },
    { "reset-after-missing", SHAKE "s0+3 sR5+0", "open s:abc rst-s+" },
    { "reset-after-missing-fin", SHAKE "s0+3 sR4+0", "open s:abc rst-s" },
    { "reset-after-lost", SHAKE "s0+3 cA5 sR5+0", "open s:abc s?2 rst-s" },
    { "reset-after-late-data", SHAKE "s0+3 sR6+0 s3+3", "open s:abcdef rst-s" },
    { "reset-without-syn-ack", "cS sR-5000000+0", "open rst-s" },
    { "reset-after-one-fin", SHAKE "cF0 sR", "open rst-s" },
    { "reset-after-both-fins", SHAKE "cF0 sF0 cR", "open fin-c" },
    { "reset-carries-no-data", SHAKE "c0+3 sR0+5", "open c:abc rst-s" },
    { "late-data-after-reset", SHAKE "c3+3 sR c0+3", "open c:abcdef rst-s" },
    { "swapped", SHAKE "c3+3 c0+3", "open c:abcdef open-" },
    { "retransmitted", SHAKE "c0+3 c0+3 c3+3", "open c:abcdef open-" },
    { "retransmitted-longer", SHAKE "c0+3 c0+6", "open c:abcdef open-" },
    { "retransmitted-in-part", SHAKE "c0+6 c3+6", "open c:abcdefghi open-" },
    { "first-copy-wins-delivered", SHAKE "c0+4 c2+4^", "open c:abcdEF open-" },
    { "first-copy-wins-inside", SHAKE "c4+2 c2+6^ c0+2", "open c:abCDefGH open-" },
    { "first-copy-wins-around", SHAKE "c2+6 c4+2^ c0+2", "open c:abcdefgh open-" },
    { "first-copy-wins-left", SHAKE "c4+4 c2+4^ c0+2", "open c:abCDefgh open-" },
    { "first-copy-wins-right", SHAKE "c2+4 c4+4^ c0+2", "open c:abcdefGH open-" },
    { "first-copy-wins-bridge", SHAKE "c1+2 c5+2 c9+2 c0+12^", "open c:AbcDEfgHIjkL open-" },
    { "keep-alive", SHAKE "c0+3 c2+1^ sA3 c2+0 sA3 c3+2", "open c:abcde open-" },
    { "zero-window-probe", SHAKE "c0+3 c3+1 c3+1 c3+3", "open c:abcdef open-" },
    { "cut", SHAKE "c0+3!3 c6+3", "open c:abc c?3 c:ghi open-" },
    { "cut-wholly", SHAKE "c0+0!6 c6+3", "open c?6 c:ghi open-" },
    { "cut-out-of-order", SHAKE "c3+1!2 c6+2 c0+3", "open c:abcd c?2 c:gh open-" },
    { "cut-overlapping", SHAKE "c0+6 c3+1!8", "open c:abcdef c?6 open-" },
    { "cut-retransmitted", SHAKE "c0+3!3 c0+3!3 c6+1", "open c:abc c?3 c:g open-" },
    { "loss-at-end", SHAKE "c0+3 c5+3", "open c:abc c?2 c:fgh open-" },
    { "loss-before-fin", SHAKE "c0+3 cF9 sF0", "open c:abc c?6 fin-c" },
    { "loss-acknowledged-at-end", SHAKE "c0+3 sA9", "open c:abc c?6 open-" },
    { "acknowledged-fin-is-no-loss", SHAKE "c0+3 sA4", "open c:abc open-" },
    { "acknowledged-fin-seen", SHAKE "c0+3F sA4F cA1", "open c:abc fin-c" },
    { "loss-by-limit", SHAKE "c5+200 s0+1 c205+200 c405+200 s1+1 c0+5",
      "open s:a c?5 c:@5+600 s:b open-" },
    { "gap-waits", SHAKE "c5+3 s0+1 *200 +5000 s1+1 c0+5", "open s:ab c:abcdefgh open-" },
    { "loss-by-ack-and-segments", SHAKE "c5+3 sA8 *63 s0+1 c8+1 c0+5",
      "open s:a c?5 c:fghi open-" },
    { "loss-by-ack-needs-segments", SHAKE "c5+3 sA8 *60 s0+1 c8+1 c0+5",
      "open s:a c:abcdefghi open-" },
    { "loss-by-ack-and-time", SHAKE "c5+3 sA8 +1000 c8+1 s0+1 c0+5", "open c?5 c:fghi s:a open-" },
    { "loss-by-ack-needs-time", SHAKE "c5+3 sA8 +999 c8+1 s0+1 c0+5",
      "open s:a c:abcdefghi open-" },
    { "loss-by-ack-clock-back", SHAKE "c5+3 sA8 +-9000 c8+1 c0+5", "open c:abcdefghi open-" },
    { "loss-by-ack-within-gap", SHAKE "c5+3 sA4 +5000 sA4 *99 s0+1 c0+5",
      "open s:a c:abcdefgh open-" },
    { "loss-by-ack-later-gap-end", SHAKE "c5+3 sA4 +5000 sA8 s0+1 c0+5",
      "open s:a c:abcdefgh open-" },
    { "loss-by-ack-before-data", SHAKE "sA5 +5000 c5+3 s0+1", "open c?5 c:fgh s:a open-" },
    { "loss-two-gaps", SHAKE "c2+1 c5+1 sA6 +2000 c6+1", "open c?2 c:c c?2 c:fg open-" },
    { "loss-second-gap-waits-no-longer", SHAKE "c2+1 sA3 c5+1 sA6 +1000 s0+1",
      "open s:a c?2 c:c c?2 c:f open-" },
    { "loss-second-gap-acked-before-data", SHAKE "c2+1 sA3 sA5 c5+1 +1000 s0+1",
      "open s:a c?2 c:c c?2 c:f open-" },
    { "loss-second-gap-acked-later", SHAKE "c2+1 sA3 c5+1 +900 sA6 +100 s0+1 +900 s1+1",
      "open s:a c?2 c:c s:b c?2 c:f open-" },
    { "ack-before-data", SHAKE "sA3 c0+3 sA6 c3+3", "open c:abcdef open-" },
    { "ack-before-data-swapped", SHAKE "sA6 c3+3 c0+3", "open c:abcdef open-" },
    { "ack-beyond-any-window", SHAKE "c0+3 sA2000000000 +5000 c4+1 c3+1", "open c:abcde open-" },
    { "mid-stream", "c0+3 s0+3 c3+3", "open c:abc s:abc c:def open-" },
    { "mid-stream-server-first", "s0+3 c0+3", "open s:abc c:abc open-" },
    { "mid-stream-earlier-segment", "c3+3 c0+3 c6+3", "open c:abcdefghi open-" },
    { "mid-stream-earlier-twice", "c3+3 c3+3 c0+3 c6+3", "open c:abcdefghi open-" },
    { "mid-stream-earlier-too-late", "c3+3 c6+3 c0+3", "open c:defghi open-" },
    { "mid-stream-earlier-acked", "c3+3 sA6 c0+3 c6+3", "open c:defghi open-" },
    { "mid-stream-earlier-answered", "c3+3 s0+2 c0+3", "open c:def s:ab open-" },
    { "mid-stream-one-segment-reset", "c3+3 sR", "open c:def rst-s" },
    { "mid-stream-earlier-overlaps", "c3+3 c0+9^", "open c:ABCdefGHI open-" },
    { "mid-stream-start-lost", "c0+3A0 s4+3 c3+3A7", "open c:abc s?4 s:efg c:def open-" },
    { "mid-stream-start-lost-and-swapped", "c0+3A0 s7+3 s4+3 c3+3",
      "open c:abc s?4 s:efghij c:def open-" },
    { "mid-stream-start-there", "c0+3A0 s0+3 c3+3A3", "open c:abc s:abc c:def open-" },
    { "mid-stream-all-lost", "c0+3A0 sA3 c3+3A5 c6+3A9", "open c:abcdefghi s?9 open-" },
    { "mid-stream-one-way", "c0+3A0 c3+3A5 c6+3A9", "open c:abcdefghi open-" },
    { "mid-stream-all-lost-but-one", "c0+3A0 sA3 c3+3A5 +2000 s5+3 c6+3A9",
      "open c:abcdef s?5 s:fgh c:ghi open-" },
    { "mid-stream-fin-acknowledged", "c0+3A0 c3+3A1", "open c:abcdef open-" },
    { "mid-stream-acknowledged-anywhere", "c0+3A2000000000 s4+3 c3+3A7",
      "open c:abc s:efg c:def open-" },
    { "mid-stream-acks-only", "cA0 sA0 c0+3", "open c:abc open-" },
    { "mid-stream-keep-alive", "c-1+1 sA0 c-1+1 sA0 c0+3", "open c:abc open-" },
    { "mid-stream-single-bytes", "c0+1 c1+1 c2+1", "open c:bc open-" },
    { "mid-stream-then-syn", "c0+3 cS", "open c:abc open-" },
    { "syn-ack-first", "sSA0 c2+3 c0+2 s0+1", "open c:abcde s:a open-" },
    { "syn-ack-then-syn", "sSA0 cS c0+2", "open c:ab open-" },
    { "syn-repeated", "cS cS sSA0 sSA0 cS c0+2", "open c:ab open-" },
    { "syn-answered-anew", "cS sSA0 sS@7A0 s0+2@7", "open s:ab open-" },
    { "ports-reused-open", SHAKE "c0+2 c9+1 cS@7 c0+3@7",
      "open c:ab c?7 c:j new- #1 open c:abc open-" },
    { "ports-reused-ended", SHAKE "c0+2F sF0 cS c0+3", "open c:ab fin-c #1 open c:abc open-" },
    { "ports-reused-syn-ack-only", SHAKE "c0+2 s0+1 sS@7A0 s0+2@7",
      "open c:ab s:a new- #1 open s:ab open-" },
    { "ports-reused-after-reset", "cS sR cS sSA0 c0+2", "open rst-s #1 open c:ab open-" },
    { "linger-takes-late-data", SHAKE "c3+3 cF6 sF0 +29999 c0+3", "open c:abcdef fin-c" },
    { "linger-ends-for-all", SHAKE "cF0 sF0 p1 " SHAKE "c3+3 +500 cF6 sF0 +29500 p2 cS",
      "open #1 open c?3 c:def #0 fin-c #2 open #1 fin-c #2 open-" },
    { "linger-ends", SHAKE "c3+3 cF6 sF0 +30000 p1 c0+2 c2+1",
      "open c?3 c:def fin-c #1 open c:abc open-" },
    { "linger-in-silence", SHAKE "c0+3F sF0 =29999 c0+3 =30000 p1 cS",
      "open c:abc fin-c #1 open open-" },
    { "linger-ends-in-silence", SHAKE "c0+3F sF0 p1 cS =30000 c0+2",
      "open c:abc #1 open #0 fin-c #1 c:ab open-" },
    { "idle-in-silence", SHAKE "c0+3 =99999999 c3+3", "open c:abcdef open-" },
    { "silence-before-now", SHAKE "cF0 sF0 =-99999999 =29999 c0+3", "open c:abc fin-c" },
    { "idle-stays", SHAKE "c0+3 +14399999 c3+3", "open c:abcdef open-" },
    { "idle-ends", SHAKE "c0+3 +14400000 p1 c0+2", "open c:abc open- #1 open c:ab open-" },
    { "clock-back", SHAKE "c0+3 +-99999999 c3+3 p1 cS", "open c:abcdef #1 open #0 open- #1 open-" },
    { "clock-back-linger", SHAKE "cF0 sF0 +-99999999 p1 cS +30000 cS",
      "open #1 open #0 fin-c #1 open-" },
    { "longest-silent-goes", "cS p1 cS p2 cS p0 c0+2 p3 cS",
      "open #1 open #2 open #0 c:ab #1 open- #3 open #0 open- #2 open- #3 open-" },
    { "ended-goes-before-silent", "cS p1 cS p2 cS cR p3 cS",
      "open #1 open #2 open rst-c #3 open #0 open- #1 open- #3 open-" },
};

#define USUAL_CLIENT_PORT 40000
#define ISN_STEP 7000000u

struct fixture {
    struct tcp_table *table;
    GString *log;
    uint64_t opened, logged_number;
    int sender; /* whose data the log ends in; -1 */
    uint32_t isn[2];
    uint16_t client_port, server_port;
    struct oa_stamp stamp;
    bool is_mute; /* data are counted, not logged */
    /* What the listener is to do with data, and what it saw last. */
    void (*on_data)(struct connection *connection);
    struct connection closed;
    uint64_t delivered[2], lost[2];
};

/* What the listener keeps of a connection. */
struct listened {
    struct fixture *fixture;
    struct connection *connection;
};

static uint8_t
byte_at(int64_t offset, bool capital)
{
    return (uint8_t)((capital ? 'A' : 'a') + (offset % 26 + 26) % 26);
}

static void
log_word(struct fixture *fixture, const struct connection *connection, const char *word)
{
    if (fixture->log->len > 0)
        g_string_append_c(fixture->log, ' ');
    if (connection->number != fixture->logged_number)
        g_string_append_printf(fixture->log, "#%" G_GUINT64_FORMAT " ", connection->number);
    fixture->logged_number = connection->number;
    fixture->sender = -1;
    g_string_append(fixture->log, word);
}

static void *
on_opened(void *context, struct connection *connection)
{
    struct listened *listened = g_new0(struct listened, 1);

    listened->fixture = context;
    listened->connection = connection;
    connection->number = listened->fixture->opened++;
    log_word(listened->fixture, connection, "open");
    return listened;
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    const struct listened *listened = user;
    struct fixture *fixture = listened->fixture;

    g_assert_cmpuint(length, >, 0);
    g_assert_cmpuint(stamp.frame, <=, fixture->stamp.frame);
    fixture->delivered[side] += length;
    if (fixture->is_mute)
        return;
    if (fixture->sender != (int)side || listened->connection->number != fixture->logged_number) {
        log_word(fixture, listened->connection, side == OA_CLIENT ? "c:" : "s:");
        fixture->sender = (int)side;
    }
    g_string_append_len(fixture->log, (const char *)data, (gssize)length);
    if (fixture->on_data)
        fixture->on_data(listened->connection);
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    const struct listened *listened = user;
    g_autofree char *word =
        g_strdup_printf("%c?%" G_GUINT64_FORMAT, side == OA_CLIENT ? 'c' : 's', bytes);

    (void)stamp;
    g_assert_cmpuint(bytes, >, 0);
    log_word(listened->fixture, listened->connection, word);
    listened->fixture->lost[side] += bytes;
}

static void
on_closed(void *user)
{
    static const char *const ENDS[] = { [OA_END_OPEN] = "open-",
                                        [OA_END_FIN] = "fin-",
                                        [OA_END_RESET] = "rst-",
                                        [OA_END_REPLACED] = "new-" };
    struct listened *listened = user;
    struct fixture *fixture = listened->fixture;
    struct oa_ending ending = listened->connection->ending;

    log_word(fixture, listened->connection, ENDS[ending.how]);
    if (ending.how == OA_END_FIN || ending.how == OA_END_RESET)
        g_string_append_c(fixture->log, ending.by == OA_CLIENT ? 'c' : 's');
    if (ending.is_beyond)
        g_string_append_c(fixture->log, '+');
    fixture->closed = *listened->connection;
    g_free(listened);
}

static const struct tcp_listener LISTENER = {
    on_opened, on_data, on_lost, on_lost, on_closed, NULL
};

static void
fixture_begin(struct fixture *fixture, const struct tcp_limits *limits, uint32_t isn)
{
    *fixture = (struct fixture){
        .log = g_string_new(NULL),
        .sender = -1,
        .isn = { isn, isn ^ 0x55 },
        .client_port = USUAL_CLIENT_PORT,
        .server_port = 80,
        .stamp = { .time_ns = G_GINT64_CONSTANT(1700000000000000000) },
    };
    fixture->table = tcp_table_new(&LISTENER, fixture, limits);
}

static void
fixture_end(struct fixture *fixture)
{
    tcp_table_free(fixture->table);
    fixture->table = NULL;
}

static void
send_segment(struct fixture *fixture, unsigned side, struct segment segment, int64_t offset,
             bool capital)
{
    uint8_t *payload = (uint8_t *)g_malloc(segment.payload_length + 1);

    for (uint32_t i = 0; i < segment.payload_length; i++)
        payload[i] = byte_at(offset + i, capital);
    segment.payload = payload;
    memset(segment.source.address, 1 + (int)side, sizeof segment.source.address);
    memset(segment.destination.address, 2 - (int)side, sizeof segment.destination.address);
    segment.source.port = side == OA_CLIENT ? fixture->client_port : fixture->server_port;
    segment.destination.port = side == OA_CLIENT ? fixture->server_port : fixture->client_port;
    fixture->stamp.frame++;
    tcp_table_segment(fixture->table, &segment, fixture->stamp);
    g_free(payload);
}

static long
take_number(const char **text)
{
    char *end;
    long number = strtol(*text, &end, 10);

    *text = end;
    return number;
}

/* Reads one segment's word, see above. */
static void
run_segment(struct fixture *fixture, const char *word)
{
    unsigned side = *word++ == 'c' ? OA_CLIENT : OA_SERVER;
    struct segment segment = { .acknowledgment = 0 };
    int64_t offset = 0;
    uint32_t isn_steps = 0;
    bool capital = false;

    while (*word) {
        switch (*word++) {
        case 'S':
            segment.flags |= TCP_SYN;
            break;
        case '@':
            isn_steps = (uint32_t)take_number(&word);
            break;
        case 'A':
            segment.flags |= TCP_ACK;
            segment.acknowledgment = fixture->isn[side ^ 1] + 1 + (uint32_t)take_number(&word);
            break;
        case 'F':
            segment.flags |= TCP_FIN;
            if (g_ascii_isdigit(*word))
                offset = take_number(&word);
            break;
        case 'R':
            segment.flags |= TCP_RST;
            break;
        case '^':
            capital = true;
            break;
        case '!':
            segment.cut_length = (uint32_t)take_number(&word);
            break;
        default:
            word--;
            offset = take_number(&word);
            g_assert_cmpint(*word++, ==, '+');
            segment.payload_length = (uint32_t)take_number(&word);
        }
    }
    segment.sequence = fixture->isn[side] + isn_steps * ISN_STEP + (uint32_t)offset;
    if (!(segment.flags & TCP_SYN))
        segment.sequence++;
    send_segment(fixture, side, segment, offset, capital);
}

static void
run_script(struct fixture *fixture, const char *script)
{
    g_auto(GStrv) words = g_strsplit(script, " ", -1);
    const char *before = NULL;

    for (char **word = words; *word; word++) {
        if (**word == 'c' || **word == 's') {
            run_segment(fixture, before = *word);
        } else if (**word == '+') {
            fixture->stamp.time_ns += strtol(*word + 1, NULL, 10) * 1000000;
        } else if (**word == '=') {
            tcp_table_silence(fixture->table,
                              fixture->stamp.time_ns + strtol(*word + 1, NULL, 10) * 1000000);
        } else if (**word == '*') {
            for (long n = strtol(*word + 1, NULL, 10); n > 0; n--)
                run_segment(fixture, before);
        } else if (**word == 'p') {
            fixture->client_port = (uint16_t)(USUAL_CLIENT_PORT + strtol(*word + 1, NULL, 10));
        }
    }
}

/* In an expected log "@5+600" stands for the bytes at these offsets. */
static char *
expand_log(const char *log)
{
    GString *out = g_string_new(NULL);

    for (; *log; log++) {
        if (*log != '@') {
            g_string_append_c(out, *log);
            continue;
        }
        log++;
        long offset = take_number(&log), length = take_number(&log);
        for (long i = 0; i < length; i++)
            g_string_append_c(out, (char)byte_at(offset + i, false));
        log--;
    }
    return g_string_free(out, FALSE);
}

/* Every script runs with sequence numbers that stay small, that wrap, and that pass the sign. */
static const uint32_t ISNS[] = { 1000, 0xffffffff, 0xfffffffc, 0x7ffffffd };

static void
test_script(gconstpointer data)
{
    const struct script_row *row = (const struct script_row *)data;
    g_autofree char *expected = expand_log(row->log);
    struct tcp_limits limits = TCP_DEFAULT_LIMITS;

    limits.pending_bytes = 800;
    limits.connections = 3;
    for (size_t i = 0; i < G_N_ELEMENTS(ISNS); i++) {
        struct fixture fixture;

        fixture_begin(&fixture, &limits, ISNS[i]);
        run_script(&fixture, row->script);
        fixture_end(&fixture);
        g_assert_cmpstr(fixture.log->str, ==, expected);
        g_string_free(fixture.log, TRUE);
    }
}

struct count_row {
    const char *name;
    const char *script;
    struct connection_stream client;
    bool handshake_seen;
    uint64_t first_frame, last_frame;
};

static const struct count_row COUNT_ROWS[] = {
    { "plain", SHAKE "c0+3 c3+3", { 4, 6, 0, 0, 0, 0, 0, 0 }, true, 1, 5 },
    { "retransmitted", SHAKE "c0+3 c0+3 c0+2 c3+1 c0+5", { 7, 5, 2, 0, 0, 0, 0, 0 }, true, 1, 8 },
    { "pending-repeated", SHAKE "c3+3 c3+3 c4+1 c0+3", { 6, 6, 2, 0, 0, 0, 0, 0 }, true, 1, 7 },
    { "keep-alive", SHAKE "c0+3 c2+1 c2+0", { 5, 3, 1, 0, 0, 0, 0, 0 }, true, 1, 6 },
    { "empty-is-no-retransmission", SHAKE "c0+3 c0+0 cA0", { 5, 3, 0, 0, 0, 0, 0, 0 }, true, 1, 6 },
    { "cut", SHAKE "c0+3!4 c0+3!4 c7+1", { 5, 8, 1, 0, 0, 0, 0, 0 }, true, 1, 6 },
    { "lost", SHAKE "c0+3 c8+2", { 4, 5, 0, 5, 0, 0, 0, 0 }, true, 1, 5 },
    { "mid-stream", "c5+3 c8+1 c0+5", { 3, 4, 1, 0, 0, 0, 0, 0 }, false, 1, 3 },
    { "mid-stream-swapped", "c5+3 c0+5 c8+1", { 3, 9, 0, 0, 0, 0, 0, 0 }, false, 1, 3 },
    { "start-under-way", "s0+3A0 c4+3 s3+3A7", { 1, 3, 0, 0, 0, 0, 4, 0 }, false, 1, 3 },
    { "start-lost", "s0+3A0 +2000 c4+3 s3+3A7", { 1, 3, 0, 4, 0, 0, 0, 0 }, false, 1, 3 },
    { "one-way", "sSA0 s0+3A9 s3+3A12", { 0, 0, 0, 0, 0, 0, 0, 12 }, true, 1, 3 },
    { "late-first", "sSA0 s0+3A9 s3+3A12 c12+3 s6+1A15", { 1, 3, 0, 12, 0, 0, 0, 0 }, true, 1, 5 },
};

static void
assert_stream(const struct connection_stream *stream, const struct connection_stream *expected)
{
    g_assert_cmpuint(stream->frames, ==, expected->frames);
    g_assert_cmpuint(stream->payload_bytes, ==, expected->payload_bytes);
    g_assert_cmpuint(stream->retransmitted_frames, ==, expected->retransmitted_frames);
    g_assert_cmpuint(stream->lost_bytes, ==, expected->lost_bytes);
    g_assert_cmpuint(stream->under_way_bytes, ==, expected->under_way_bytes);
    g_assert_cmpuint(stream->unseen_bytes, ==, expected->unseen_bytes);
}

static void
test_counts(gconstpointer data)
{
    const struct count_row *row = (const struct count_row *)data;
    struct fixture fixture;

    fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 0xfffffffd);
    run_script(&fixture, row->script);
    fixture_end(&fixture);
    assert_stream(&fixture.closed.stream[OA_CLIENT], &row->client);
    g_assert_cmpint(fixture.closed.handshake_seen, ==, row->handshake_seen);
    g_assert_cmpuint(fixture.closed.first.frame, ==, row->first_frame);
    g_assert_cmpuint(fixture.closed.last.frame, ==, row->last_frame);
    g_string_free(fixture.log, TRUE);
}

static void
swap_8080(struct connection *connection)
{
    if (connection->endpoint[OA_SERVER].port != 8080)
        connection_swap(connection);
}

/*
 * The server's data come first, so it is taken for the client; the listener says otherwise from
 * within these data. All that was counted and is pending turns, and data go on under the other
 * name.
 */
static void
test_swap(void)
{
    struct fixture fixture;

    fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 5);
    fixture.server_port = 8080;
    fixture.on_data = swap_8080;
    run_script(&fixture, "s0+2 s4+2 c0+3 c5+1 s2+2 sF6 sA3");
    fixture_end(&fixture);
    g_assert_cmpstr(fixture.log->str, ==, "open c:ababc s:cdef c?2 c:f fin-s");
    assert_stream(&fixture.closed.stream[OA_SERVER],
                  &(struct connection_stream){ 5, 6, 0, 0, 0, 0, 0, 0 });
    assert_stream(&fixture.closed.stream[OA_CLIENT],
                  &(struct connection_stream){ 2, 4, 0, 2, 0, 0, 0, 0 });
    g_string_free(fixture.log, TRUE);
}

struct state_row {
    const char *script;
    enum connection_state state;
    int closed_ms; /* after the start; -1: not */
};

static const struct state_row STATE_ROWS[] = {
    { "cS +500 cS", CONNECTION_SYN_SENT, -1 },
    { "cS +500 sRA0", CONNECTION_CLOSED, 500 },
    { "cS sSA0", CONNECTION_ESTABLISHED, -1 },
    { SHAKE "c0+3 s0+3", CONNECTION_ESTABLISHED, -1 },
    { "c0+3 s0+3", CONNECTION_ESTABLISHED, -1 },
    { SHAKE "c0+3 +500 cF3 +500 s0+3", CONNECTION_FIN_WAIT, 500 },
    { SHAKE "c0+3 +500 cF3 +500 sF0", CONNECTION_CLOSED, 500 },
    { SHAKE "c0+3 +500 cF3 +500 sR", CONNECTION_CLOSED, 500 },
    { SHAKE "c0+3 +500 sR", CONNECTION_CLOSED, 500 },
    { "c0+3 +500 cF3", CONNECTION_UNKNOWN, 500 }, /* no frame of the server */
};

static void
test_states(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(STATE_ROWS); i++) {
        const struct state_row *row = &STATE_ROWS[i];
        struct fixture fixture;

        fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 5);
        int64_t start_ns = fixture.stamp.time_ns;
        run_script(&fixture, row->script);
        fixture_end(&fixture);
        g_assert_cmpint(fixture.closed.state, ==, row->state);
        if (row->closed_ms >= 0)
            g_assert_cmpint((fixture.closed.closed_ns - start_ns) / 1000000, ==, row->closed_ms);
        g_string_free(fixture.log, TRUE);
    }
}

struct side_row {
    uint16_t sender_port, receiver_port;
    uint16_t client_port;
};

static const struct side_row SIDE_ROWS[] = {
    { 50000, 80, 50000 },   { 443, 50000, 50000 }, { 6001, 50000, 50000 }, { 50000, 6004, 50000 },
    { 50000, 3268, 50000 }, { 8080, 50000, 8080 }, { 50000, 8080, 50000 }, { 80, 443, 80 },
    { 6001, 6002, 6001 },   { 6003, 6001, 6003 },  { 3269, 6003, 6003 },   { 1023, 1024, 1024 },
};

static void
test_sides(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SIDE_ROWS); i++) {
        struct fixture fixture;

        fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 5);
        fixture.client_port = SIDE_ROWS[i].sender_port;
        fixture.server_port = SIDE_ROWS[i].receiver_port;
        run_script(&fixture, "c0+2");
        fixture_end(&fixture);
        g_assert_cmpuint(fixture.closed.endpoint[OA_CLIENT].port, ==, SIDE_ROWS[i].client_port);
        g_assert_false(fixture.closed.handshake_seen);
        g_string_free(fixture.log, TRUE);
    }
}

static void
permute(int *order, int n, void (*visit)(const int *order))
{
    if (n == 1) {
        visit(order);
        return;
    }
    for (int i = 0; i < n; i++) {
        permute(order, n - 1, visit);
        int other = n % 2 ? 0 : i;
        int moved = order[other];
        order[other] = order[n - 1];
        order[n - 1] = moved;
    }
}

#define PIECES 5

/* Offsets and lengths that meet, and that overlap. */
static const int PIECE_ROWS[2][PIECES][2] = {
    { { 0, 4 }, { 4, 1 }, { 5, 6 }, { 11, 2 }, { 13, 3 } },
    { { 0, 6 }, { 2, 7 }, { 5, 6 }, { 6, 3 }, { 8, 8 } },
};

static unsigned permutations_seen;

static void
check_permutation(const int *order)
{
    for (int set = 0; set < 2; set++) {
        for (size_t i = 0; i < G_N_ELEMENTS(ISNS); i++) {
            struct fixture fixture;

            fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, ISNS[i] - 6);
            run_script(&fixture, SHAKE);
            for (int k = 0; k < PIECES; k++) {
                g_autofree char *word = g_strdup_printf("s%d+%d", PIECE_ROWS[set][order[k]][0],
                                                        PIECE_ROWS[set][order[k]][1]);
                run_script(&fixture, word);
            }
            fixture_end(&fixture);
            g_assert_cmpstr(fixture.log->str, ==, "open s:abcdefghijklmnop open-");
            g_assert_cmpuint(fixture.closed.stream[OA_SERVER].payload_bytes, ==, 16);
            g_string_free(fixture.log, TRUE);
        }
    }
    permutations_seen++;
}

static void
test_permutations(void)
{
    int order[PIECES] = { 0, 1, 2, 3, 4 };

    permutations_seen = 0;
    permute(order, PIECES, check_permutation);
    g_assert_cmpuint(permutations_seen, ==, 120);
}

#define STREAM_BYTES 200000
#define SHUFFLE_WINDOW 20

/* Cuts a stream into segments, moves each within a window, repeats some, and expects the stream
 * again. */
static void
test_shuffled(void)
{
    for (guint32 seed = 1; seed <= 25; seed++) {
        GRand *random = g_rand_new_with_seed(seed);
        GArray *pieces = g_array_new(FALSE, FALSE, sizeof(int[2]));
        struct fixture fixture;

        for (int at = 0; at < STREAM_BYTES;) {
            int piece[2] = { at, g_rand_int_range(random, 1, 1461) };

            piece[1] = MIN(piece[1], STREAM_BYTES - at);
            at += piece[1];
            for (int copies = g_rand_int_range(random, 0, 8) == 0 ? 2 : 1; copies > 0; copies--) {
                int back = g_rand_int_range(random, 0, SHUFFLE_WINDOW);
                guint to = pieces->len - MIN((guint)back, pieces->len);
                g_array_insert_vals(pieces, to, piece, 1);
            }
        }
        fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 0xffffffff - STREAM_BYTES / 2);
        run_script(&fixture, SHAKE);
        for (guint i = 0; i < pieces->len; i++) {
            const int *piece = (const int *)(void *)(pieces->data + i * sizeof(int[2]));
            struct segment segment = {
                .sequence = fixture.isn[OA_CLIENT] + 1 + (uint32_t)piece[0],
                .payload_length = (uint32_t)piece[1],
            };

            send_segment(&fixture, OA_CLIENT, segment, piece[0], false);
        }
        fixture_end(&fixture);
        g_autofree char *expected = expand_log("open c:@0+200000 open-");
        g_assert_true(strcmp(fixture.log->str, expected) == 0);
        g_assert_cmpuint(fixture.closed.stream[OA_CLIENT].payload_bytes, ==, STREAM_BYTES);
        g_assert_cmpuint(fixture.closed.stream[OA_CLIENT].lost_bytes, ==, 0);
        g_string_free(fixture.log, TRUE);
        g_array_free(pieces, TRUE);
        g_rand_free(random);
    }
}

/* More than 4 GiB in one stream: offsets go on where sequence numbers begin again. */
static void
test_long_stream(void)
{
    enum { STEP = 1 << 16, STEPS = 5 << 14 };
    uint8_t *payload = (uint8_t *)g_malloc0(STEP);
    struct fixture fixture;

    fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 77);
    fixture.is_mute = true;
    run_script(&fixture, "cS");
    struct segment segment = { .payload = payload, .payload_length = STEP };
    memset(segment.source.address, 1, sizeof segment.source.address);
    memset(segment.destination.address, 2, sizeof segment.destination.address);
    segment.source.port = fixture.client_port;
    segment.destination.port = fixture.server_port;
    for (uint32_t i = 0; i < STEPS; i++) {
        /* Pairs change places. */
        segment.sequence = 78 + (i ^ 1) * STEP;
        tcp_table_segment(fixture.table, &segment, fixture.stamp);
    }
    fixture_end(&fixture);
    g_assert_cmpuint(fixture.closed.stream[OA_CLIENT].payload_bytes, ==, (uint64_t)STEP * STEPS);
    g_assert_cmpuint(fixture.closed.stream[OA_CLIENT].lost_bytes, ==, 0);
    g_string_free(fixture.log, TRUE);
    g_free(payload);
}

static void
test_total_limit(void)
{
    struct tcp_limits limits = TCP_DEFAULT_LIMITS;
    struct fixture fixture;

    limits.total_pending_bytes = 1000;
    fixture_begin(&fixture, &limits, 5);
    run_script(&fixture, "cS c1+600 p1 cS c1+2 c9+600 p0 c0+1 p1 c0+1");
    fixture_end(&fixture);
    g_autofree char *expected =
        expand_log("open #1 open c?1 c:bc c?6 c:@9+600 #0 c:@0+601 open- #1 open-");
    g_assert_cmpstr(fixture.log->str, ==, expected);
    g_string_free(fixture.log, TRUE);
}

/* Enough connections for the hash table to grow, each with one byte, closed in order of their
 * numbers. */
static void
test_many(void)
{
    struct fixture fixture;
    uint64_t n = 20000;

    fixture_begin(&fixture, &TCP_DEFAULT_LIMITS, 5);
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < n; i++) {
            fixture.client_port = (uint16_t)(30000 + i);
            run_script(&fixture, round ? "c0+1" : "cS");
        }
    }
    g_string_truncate(fixture.log, 0);
    fixture.logged_number = n;
    fixture_end(&fixture);
    g_assert_cmpuint(fixture.closed.number, ==, n - 1);
    g_assert_cmpuint(fixture.delivered[OA_CLIENT], ==, n);
    g_assert_true(g_str_has_prefix(fixture.log->str, "#0 open- #1 open- #2 open- #3 open- "));
    g_string_free(fixture.log, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(SCRIPT_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/tcp/script/%s", SCRIPT_ROWS[i].name);
        g_test_add_data_func(path, &SCRIPT_ROWS[i], test_script);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(COUNT_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/tcp/count/%s", COUNT_ROWS[i].name);
        g_test_add_data_func(path, &COUNT_ROWS[i], test_counts);
    }
    g_test_add_func("/tcp/swap", test_swap);
    g_test_add_func("/tcp/sides", test_sides);
    g_test_add_func("/tcp/states", test_states);
    g_test_add_func("/tcp/permutations", test_permutations);
    g_test_add_func("/tcp/shuffled", test_shuffled);
    g_test_add_func("/tcp/long-stream", test_long_stream);
    g_test_add_func("/tcp/total-limit", test_total_limit);
    g_test_add_func("/tcp/many", test_many);
    return g_test_run();
}
