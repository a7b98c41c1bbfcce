/* test_http_exchange.c
 * Exchanges of MAPI over HTTP put together: chunks, keep-alive, pipelining, other HTTP in between,
 * loss, limits; every split gives the same. [MS-OXCMAPIHTTP] 2.2.2, [RFC 9112] 6, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_exchange.h"
#include "http/http_message.h"

#include <string.h>

#include <glib.h>

#include "base/limits.h"

/* The heads of mapihttp.pcapng, without what plays no part. */
#define POST(endpoint, type, id, length)                                                           \
    "POST /mapi/" endpoint "/?MailboxId=lab@lab.test HTTP/1.1\r\nContent-Length: " length "\r\n"   \
    "Content-Type: application/mapi-http\r\nX-RequestType: " type "\r\nX-RequestId: {E}:" id       \
    "\r\n\r\n"
#define OK(type, id, rest)                                                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\nX-RequestType: " type               \
    "\r\nX-RequestId: {E}:" id "\r\nX-ResponseCode: 0\r\n" rest "\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define PREAMBLE "PROCESSING\r\nDONE\r\n\r\n"

/* One thing that happens on the connection: 'c' the client sends the text, 's' the server; 'C' and
 * 'S': as many bytes of theirs as the text says are lost; 'w': whether requests may be late (1, 0);
 * 't': the time of what follows. */
struct step {
    char what;
    const char *text;
};

#define STEPS_MAX 13

/*
 * A connection, and one line for each exchange: number, endpoint, type, status and X-ResponseCode,
 * sizes of the bodies, the bodies that were kept; `-` for what is not there, `!` behind a message
 * that is not complete, `~` behind one with a gap.
 */
static const struct row {
    const char *name;
    struct step steps[STEPS_MAX];
    const char *expect;
} ROWS[] = {
    { "two calls, the second with a pending period",
      { { 'c', POST("emsmdb", "Connect", "1", "3") "abc" },
        { 's', OK("Connect", "1", CHUNKED) "14\r\n" PREAMBLE "\r\n2\r\nxy\r\n0\r\n\r\n" },
        { 'c', POST("emsmdb", "Execute", "2", "2") "de" },
        { 's', OK("Execute", "2", CHUNKED) "c\r\nPROCESSING\r\n\r\n" },
        { 's', "9\r\nPENDING\r\n\r\n9;x=y\r\nPENDING\r\n\r\n" },
        { 's', "1d\r\nDONE\r\nX-ResponseCode: 10\r\n\r\nz\r\n00\r\nTrailer: t\r\n\r\n" } },
      "0 emsmdb Connect 200 0 abc PROCESSING|DONE||xy\n"
      "1 emsmdb Execute 200 10 de PROCESSING|PENDING|PENDING|DONE|X-ResponseCode: 10||z\n" },
    { "pipelined, answered in order, the last not at all",
      { { 'c', POST("nspi", "Bind", "1", "1") "a" POST("nspi", "QueryRows", "2", "1") "b" },
        { 'c', POST("nspi", "Unbind", "3", "1") "c" },
        { 's', OK("Bind", "1", "Content-Length: 1\r\n") "A" },
        { 's', OK("QueryRows", "2", "Content-Length: 0\r\n") } },
      "0 nspi Bind 200 0 a A\n1 nspi QueryRows 200 0 b -\n2 nspi Unbind - - c -!\n" },
    { "authentication leg, 100 Continue, other HTTP in between, blank lines",
      { { 'c', POST("emsmdb", "Connect", "1", "0") },
        { 's', "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno" },
        { 'c', "\r\nHEAD /ews HTTP/1.1\r\n\r\nGET /mapi/healthcheck.htm HTTP/1.1\r\n\r\n" },
        { 's', "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n200" },
        { 'c', POST("emsmdb", "Connect", "2", "4") },
        { 's', "HTTP/1.1 100 Continue\r\n\r\n" },
        { 'c', "body" },
        { 's', OK("Connect", "2", "Content-Length: 1\r\n") "B" } },
      "0 emsmdb Connect 401 - - no\n3 emsmdb Connect 200 0 body B\n" },
    { "an answer that the end of the connection ends",
      { { 'c', POST("emsmdb", "PING", "1", "0") }, { 's', OK("PING", "1", "") "to the end" } },
      "0 emsmdb PING 200 0 - to the end\n" },
    { "an answer is lost, the next ones are not mixed up",
      { { 'c', POST("emsmdb", "Execute", "1", "1") "a" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 'c', POST("emsmdb", "Execute", "3", "1") "c" },
        { 'S', "200" },
        { 's', "tail of some answer HTTP/1.x no head, POST " },
        { 's', OK("Execute", "3", "Content-Length: 1\r\n") "C" } },
      "0 emsmdb Execute - - a -!\n1 emsmdb Execute - - b -!\n2 emsmdb Execute 200 0 c C\n" },
    { "answers are lost, and the next one does not say whose it is",
      { { 'c', POST("emsmdb", "PING", "1", "0") POST("emsmdb", "Execute", "2", "1") "b" },
        { 'c', POST("emsmdb", "PING", "3", "0") },
        { 'S', "600" },
        { 'c', POST("emsmdb", "Execute", "4", "1") "d" },
        { 's', "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno" } },
      "0 emsmdb PING - - - -!\n1 emsmdb Execute - - b -!\n2 emsmdb PING - - - -!\n"
      "3 emsmdb Execute 503 - d no\n" },
    { "an answer and a request are lost, and the next answer may be that of the latter",
      { { 'c', POST("emsmdb", "Execute", "1", "1") "a" },
        { 'S', "200" },
        { 'C', "300" },
        { 's', "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno" } },
      "0 emsmdb Execute - - a -!\n" },
    { "what is lost was the answer to a request that is lost",
      { { 'C', "300" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 'S', "200" },
        { 's', OK("Execute", "2", "Content-Length: 1\r\n") "B" } },
      "0 emsmdb Execute 200 0 b B\n" },
    { "answers that do not say whose they are, before their requests",
      { { 'w', "1" },
        { 't', "10" },
        { 's', "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno" },
        { 't', "30" },
        { 's', "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno" },
        { 't', "50" },
        { 's', OK("Execute", "3", "Content-Length: 1\r\n") "C" },
        { 'C', "300" },
        { 't', "20" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 't', "40" },
        { 'c', POST("emsmdb", "Execute", "3", "1") "c" } },
      "3 emsmdb Execute 503 - b -\n2 emsmdb Execute 200 0 c C\n" },
    { "heads of which the end is cut off",
      { { 'c', "POST /mapi/emsmdb/ HTTP/1.1\r\nX-RequestType: PING\r\nX-RequestId: {E}:1\r\nX-Cl" },
        { 'C', "90" },
        { 's', "HTTP/1.1 200 OK\r\nX-RequestId: {E}:1\r\nX-Respo" },
        { 'S', "90" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 's', OK("Execute", "2", "Content-Length: 1\r\n") "B" } },
      "0 emsmdb PING 200 - -!~ -!~\n1 emsmdb Execute 200 0 b B\n" },
    { "a request is lost, its answer is still one",
      { { 'C', "300" },
        { 's', OK("Bind", "7", "Content-Length: 1\r\n") "A" },
        { 'c', "tail" POST("emsmdb", "Execute", "8", "1") "b" },
        { 's', OK("Execute", "8", "Content-Length: 1\r\n") "B" } },
      "0 nspi Bind 200 0 -! A\n1 emsmdb Execute 200 0 b B\n" },
    { "requests come after their responses, behind lost ones",
      { { 'w', "1" },
        { 't', "10" },
        { 's', OK("Execute", "1", "Content-Length: 1\r\n") "A" },
        { 't', "30" },
        { 's', OK("Execute", "2", "Content-Length: 1\r\n") "B" },
        { 't', "50" },
        { 's', OK("Execute", "3", "Content-Length: 1\r\n") "C" },
        { 'C', "300" },
        { 't', "20" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 'w', "0" },
        { 'c', POST("emsmdb", "Execute", "3", "1") "c" } },
      "0 emsmdb Execute 200 0 -! A\n1 emsmdb Execute 200 0 b B\n2 emsmdb Execute 200 0 -! C\n"
      "3 emsmdb Execute - - c -!\n" },
    { "a late request that is cut off, and one that never comes",
      { { 'w', "1" },
        { 's', OK("Execute", "1", "Content-Length: 1\r\n") "A" },
        { 's', OK("Execute", "2", "Content-Length: 1\r\n") "B" },
        { 'c', POST("emsmdb", "Execute", "1", "9") "a" },
        { 'C', "9" } },
      "0 emsmdb Execute 200 0 a!~ A\n1 emsmdb Execute 200 0 -! B\n" },
    { "a late request whose head is cut before the id",
      { { 'w', "1" },
        { 't', "20" },
        { 's', OK("Execute", "2", "Content-Length: 1\r\n") "B" },
        { 't', "10" },
        { 'c', "POST /mapi/emsmdb/ HTTP/1.1\r\nX-RequestType: Execute\r\nX-Requ" },
        { 'C', "90" },
        { 't', "30" },
        { 'c', POST("emsmdb", "Execute", "3", "1") "c" },
        { 'w', "0" },
        { 's', OK("Execute", "3", "Content-Length: 1\r\n") "C" } },
      "1 emsmdb Execute 200 0 -!~ B\n2 emsmdb Execute 200 0 c C\n" },
    { "a late request of which the response is under way",
      { { 'w', "1" },
        { 't', "20" },
        { 's', OK("Execute", "1", "Content-Length: 2\r\n") "A" },
        { 't', "10" },
        { 'c', POST("emsmdb", "Execute", "1", "1") "a" },
        { 't', "30" },
        { 's', "B" } },
      "0 emsmdb Execute 200 0 a AB\n" },
    { "after lost bytes, a response without an id is not that of a request sent later",
      { { 't', "10" },
        { 'c', POST("emsmdb", "Execute", "1", "1") "a" },
        { 't', "20" },
        { 'c', POST("emsmdb", "Execute", "2", "1") "b" },
        { 't', "40" },
        { 'c', POST("emsmdb", "Execute", "3", "1") "c" },
        { 'S', "300" },
        { 't', "30" },
        { 's', "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" },
        { 't', "50" },
        { 's', OK("Execute", "3", "Content-Length: 1\r\n") "C" } },
      "0 emsmdb Execute - - a -!\n1 emsmdb Execute 503 - b -\n2 emsmdb Execute 200 0 c C\n" },
    { "bytes in the middle of bodies are lost",
      { { 'c', POST("emsmdb", "Execute", "1", "8") "ab" },
        { 'C', "4" },
        { 'c', "gh" POST("emsmdb", "Execute", "2", "3") "d" },
        { 's', OK("Execute", "1", "Content-Length: 3\r\n") "A" },
        { 'S', "2" },
        { 'C', "2" },
        { 's', OK("Execute", "2", CHUNKED) "16\r\nPROCESS" },
        { 'S', "9" },
        { 's', "whatever" } },
      "0 emsmdb Execute 200 0 ab~ A~\n1 emsmdb Execute 200 0 d~ PROCESS!~\n" },
    { "what is no chunk framing, and an encoded body",
      { { 'c', POST("emsmdb", "Execute", "1", "0") POST("emsmdb", "Execute", "2", "0") },
        { 's', OK("Execute", "1", CHUNKED) "1\r\nA\r\nnonsense\r\n" },
        { 's', OK("Execute", "2", "Content-Encoding: gzip\r\nContent-Length: 4\r\n") "DONE" } },
      "0 emsmdb Execute 200 0 - A!~\n1 emsmdb Execute 200 0 - DONE\n" },
    { "the connection becomes another protocol",
      { { 'c', POST("emsmdb", "Execute", "1", "0") "GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n" },
        { 's', OK("Execute", "1", "Content-Length: 0\r\n") },
        { 's', "HTTP/1.1 101 Switching\r\n\r\n" OK("Execute", "2", "Content-Length: 0\r\n") },
        { 'c', POST("emsmdb", "Execute", "2", "0") } },
      "0 emsmdb Execute 200 0 - -\n" },
    { "no HTTP at all", { { 'c', "\1\2\3" }, { 's', "\4\5\6" } }, "" },
};

static void
add_message(GString *lines, const struct oa_http_message *message)
{
    g_string_append_c(lines, ' ');
    if (message->body_kept == 0)
        g_string_append_c(lines, '-');
    for (size_t i = 0; i < message->body_kept; i++) {
        if (message->body[i] == '\n')
            g_string_append_c(lines, '|');
        else if (message->body[i] != '\r')
            g_string_append_c(lines, (char)message->body[i]);
    }
    if (!message->is_complete)
        g_string_append_c(lines, '!');
    if (message->has_gap)
        g_string_append_c(lines, '~');
}

static void
add_line(void *context, const struct oa_http_exchange *exchange)
{
    GString *lines = context;
    char *status = exchange->response.has_head
                       ? g_strdup_printf("%u", exchange->response.head.status)
                       : g_strdup("-");
    char *code = exchange->has_response_code ? g_strdup_printf("%u", exchange->response_code)
                                             : g_strdup("-");

    g_string_append_printf(lines, "%u %s %s %s %s", (unsigned)exchange->number,
                           exchange->mapi.endpoint == OA_MAPI_HTTP_NSPI ? "nspi" : "emsmdb",
                           oa_mapi_http_type_name(exchange->mapi.type), status, code);
    add_message(lines, &exchange->request);
    add_message(lines, &exchange->response);
    g_string_append_c(lines, '\n');
    g_free(status);
    g_free(code);
}

/* Gives the next bytes; `reads` is whether the host reads the head at their start. */
static void
give(struct oa_http_connection *connection, enum oa_side side, const char *bytes, size_t length,
     bool reads, struct oa_stamp stamp)
{
    uint8_t *copy = g_memdup2(bytes, length);
    struct oa_http_head head;
    size_t head_at;

    if (reads) {
        oa_http_message_length(copy, length, &head, &head_at);
        if (head.length)
            oa_http_connection_know_head(connection, copy + head_at, &head);
    }
    oa_http_connection_data(connection, side, copy, length, stamp);
    memset(&head, 0, sizeof head);
    g_free(copy);
}

/* Gives the connection's bytes in pieces of that size. */
static char *
run(const struct row *row, size_t piece, bool reads)
{
    GString *lines = g_string_new(NULL);
    struct oa_http_connection *connection = oa_http_connection_new(add_line, lines, NULL);
    struct oa_stamp stamp = { 0, 0 };

    for (const struct step *step = row->steps; step->what; step++) {
        enum oa_side side = g_ascii_tolower(step->what) == 'c' ? OA_CLIENT : OA_SERVER;
        size_t length = strlen(step->text);
        uint64_t number = g_ascii_strtoull(step->text, NULL, 10);

        if (step->what == 't') {
            stamp.time_ns = (int64_t)number;
            continue;
        }
        if (step->what == 'w') {
            oa_http_connection_expect_late(connection, number != 0);
            continue;
        }
        if (g_ascii_isupper(step->what)) {
            oa_http_connection_lost(connection, side, number);
            continue;
        }
        for (size_t at = 0; at < length; at += piece)
            give(connection, side, step->text + at, MIN(piece, length - at), reads, stamp);
    }
    oa_http_connection_close(connection, true);
    return g_string_free(lines, FALSE);
}

static void
test_rows(void)
{
    static const size_t PIECES[] = { G_MAXUINT16, 1, 2, 3, 7, 31, 64 };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        for (size_t j = 0; j < 2 * G_N_ELEMENTS(PIECES); j++) {
            size_t piece = PIECES[j / 2];
            char *lines = run(&ROWS[i], piece, j % 2);

            g_test_message("%s, pieces of %u", ROWS[i].name, (unsigned)piece);
            g_assert_cmpstr(lines, ==, ROWS[i].expect);
            g_free(lines);
        }
    }
}

/* Heads are told as they come, those of other HTTP are not. */
static void
add_head(void *context, const struct oa_http_exchange *exchange, enum oa_side side)
{
    g_string_append_printf(context, "%u %s %s%s\n", (unsigned)exchange->number,
                           oa_mapi_http_type_name(exchange->mapi.type),
                           side == OA_CLIENT ? "request" : "response",
                           exchange->request.has_head ? "" : " alone");
}

static void
test_heads(void)
{
    static const char REQUESTS[] = POST(
        "emsmdb", "Connect", "1", "4") "body"
                                       "GET / HTTP/1.1\r\n\r\n" POST("emsmdb", "PING", "2", "0");
    static const char ANSWERS[] =
        OK("Connect", "1",
           "Content-Length: 4\r\n") "body"
                                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                    "HTTP/1.1 100 Continue\r\n\r\n"
                                    "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" OK("Execute",
                                                                                      "9", CHUNKED);
    GString *lines = g_string_new(NULL);
    struct oa_http_connection *connection = oa_http_connection_new(NULL, lines, NULL);
    struct oa_stamp stamp = { 0, 0 };

    oa_http_connection_on_head(connection, add_head);
    oa_http_connection_data(connection, OA_CLIENT, (const uint8_t *)REQUESTS, sizeof REQUESTS - 1,
                            stamp);
    oa_http_connection_data(connection, OA_SERVER, (const uint8_t *)ANSWERS, sizeof ANSWERS - 1,
                            stamp);
    g_assert_cmpstr(lines->str, ==,
                    "0 Connect request\n2 PING request\n0 Connect response\n2 PING response\n"
                    "3 Execute response alone\n");
    oa_http_connection_free(connection);
    g_string_free(lines, TRUE);
}

/* A message's length is told from all of its bytes on, and from no fewer. */
static void
test_message_length(void)
{
    static const struct {
        const char *message;
        bool has_end;
    } MESSAGES[] = {
        { POST("emsmdb", "PING", "1", "0"), true },
        { "\r\n" POST("emsmdb", "Connect", "1", "4") "body", true },
        { "POST / HTTP/1.1\r\n\r\n", true },
        { OK("Connect", "1", "Content-Length: 3\r\n") "abc", true },
        { OK("Connect", "1", CHUNKED) "2\r\nab\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\n",
          true },
        { "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", true },
        { "HTTP/1.1 100 Continue\r\n\r\n", true },
        { OK("Connect", "1", "") "up to the end", false },
        { OK("Connect", "1", CHUNKED) "nonsense\r\n", false },
        { "\1\2\3", false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(MESSAGES); i++) {
        size_t whole = strlen(MESSAGES[i].message);
        char *more = g_strconcat(MESSAGES[i].message, MESSAGES[i].message, NULL);

        for (size_t length = 0; length <= 2 * whole; length++) {
            uint8_t *copy = g_memdup2(more, length);
            struct oa_http_head head;
            size_t head_at;
            g_assert_cmpuint(oa_http_message_length(copy, length, &head, &head_at), ==,
                             MESSAGES[i].has_end && length >= whole ? whole : 0);
            if (MESSAGES[i].has_end && length >= whole)
                g_assert_cmpuint(head.length, >, 0);
            g_assert_cmpuint(head_at, ==, MIN(length, strspn(more, "\r\n")));
            g_free(copy);
        }
        g_free(more);
    }
}

static void
keep_stamps(void *context, const struct oa_http_exchange *exchange)
{
    const struct oa_http_message *messages[] = { &exchange->request, &exchange->response };
    GString *lines = context;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        g_string_append_printf(lines, "%u-%u ", (unsigned)messages[side]->first.frame,
                               (unsigned)messages[side]->last.frame);
    g_string_append_printf(lines, "%u %u %u\n", (unsigned)exchange->request.wire_bytes,
                           (unsigned)exchange->response.wire_bytes, exchange->n_continues);
}

/* Each piece has a frame of its own: where the first and the last byte of a message came. */
static void
test_stamps(void)
{
    static const char REQUEST[] = POST("emsmdb", "Execute", "1", "4") "body";
    static const char RESPONSE[] =
        OK("Execute", "1", CHUNKED) "14\r\nPROCESSING\r\nDONE\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n";
    GString *lines = g_string_new(NULL);
    struct oa_http_connection *connection = oa_http_connection_new(keep_stamps, lines, NULL);
    struct oa_stamp stamp = { 0, 0 };
    size_t half = sizeof REQUEST / 2;

    for (size_t at = 0; at < sizeof REQUEST - 1; at += half, stamp.frame++)
        oa_http_connection_data(connection, OA_CLIENT, (const uint8_t *)REQUEST + at,
                                MIN(half, sizeof REQUEST - 1 - at), stamp);
    g_assert_cmpuint(stamp.frame, ==, 2);
    oa_http_connection_data(connection, OA_SERVER, (const uint8_t *)"HTTP/1.1 100 Continue\r\n\r\n",
                            25, stamp);
    for (size_t at = 0; at < sizeof RESPONSE - 1; at++) {
        stamp.frame++;
        oa_http_connection_data(connection, OA_SERVER, (const uint8_t *)RESPONSE + at, 1, stamp);
    }
    char *expect = g_strdup_printf("0-1 3-%u %u %u 1\n", (unsigned)stamp.frame,
                                   (unsigned)sizeof REQUEST - 1, (unsigned)sizeof RESPONSE - 1);
    g_assert_cmpstr(lines->str, ==, expect);
    oa_http_connection_close(connection, true);
    g_free(expect);
    g_string_free(lines, TRUE);
}

static void
keep_sizes(void *context, const struct oa_http_exchange *exchange)
{
    uint64_t *sizes = context;

    sizes[0] = exchange->request.body_kept;
    sizes[1] = exchange->request.body_length;
    sizes[2]++;
}

/* Bodies without end fill no memory. */
static void
test_limits(void)
{
    static const char HEAD[] = POST("emsmdb", "Execute", "1", "4294967296");
    uint64_t sizes[3] = { 0 };
    uint8_t *block = g_malloc0(1024 * 1024);
    struct oa_stamp stamp = { 0, 0 };
    struct oa_http_connection *connection = oa_http_connection_new(keep_sizes, sizes, NULL);

    oa_http_connection_data(connection, OA_CLIENT, (const uint8_t *)HEAD, sizeof HEAD - 1, stamp);
    for (unsigned i = 0; i < 16; i++)
        oa_http_connection_data(connection, OA_CLIENT, block, 1024 * 1024, stamp);
    oa_http_connection_close(connection, true);
    g_assert_cmpuint(sizes[0], ==, OA_LIMIT_BODY);
    g_assert_cmpuint(sizes[1], ==, 16 * 1024 * 1024);
    g_assert_cmpuint(sizes[2], ==, 1);
    g_free(block);
}

/* Requests whose responses the capture lacks: all are told, the oldest as soon as too many wait.
 * That is worth a finding only if there are responses at all. */
static void
test_without_responses(void)
{
    static const char REQUEST[] = POST("emsmdb", "Execute", "1", "0");
    static const char RESPONSE[] = OK("Execute", "1", "Content-Length: 0\r\n");
    struct oa_stamp stamp = { 0, 0 };

    for (int has_response = 0; has_response <= 1; has_response++) {
        uint64_t sizes[3] = { 0 };
        struct oa_http_connection *connection = oa_http_connection_new(keep_sizes, sizes, NULL);

        for (unsigned i = 0; i < 2 * OA_LIMIT_PIPELINE; i++) {
            oa_http_connection_data(connection, OA_CLIENT, (const uint8_t *)REQUEST,
                                    sizeof REQUEST - 1, stamp);
            if (has_response && i == 0)
                oa_http_connection_data(connection, OA_SERVER, (const uint8_t *)RESPONSE,
                                        sizeof RESPONSE - 1, stamp);
            unsigned waiting = i + 1 - has_response;
            unsigned over = has_response + waiting - MIN(waiting, OA_LIMIT_PIPELINE);
            g_assert_cmpuint(sizes[2], ==, over);
            g_assert_true(oa_http_connection_gave_up(connection) ==
                          (has_response && waiting > OA_LIMIT_PIPELINE));
        }
        oa_http_connection_close(connection, true);
        g_assert_cmpuint(sizes[2], ==, 2 * OA_LIMIT_PIPELINE);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-exchange/rows", test_rows);
    g_test_add_func("/http-exchange/stamps", test_stamps);
    g_test_add_func("/http-exchange/heads", test_heads);
    g_test_add_func("/http-exchange/message-length", test_message_length);
    g_test_add_func("/http-exchange/limits", test_limits);
    g_test_add_func("/http-exchange/without-responses", test_without_responses);
    return g_test_run();
}
