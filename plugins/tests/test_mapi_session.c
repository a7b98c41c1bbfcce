/* test_mapi_session.c
 * Sessions and calls of MAPI over HTTP: cookies, clients without any, several connections, the
 * authentication legs before, time; every split gives the same.
 * [MS-OXCMAPIHTTP] 2.2.3.2, 3.1.5, 3.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include <glib.h>

#include "auth/auth_exchange.h"
#include "track/channel.h"
#include "track/tracker.h"

#define MINUTE (INT64_C(60) * 1000000000)

#define POST(endpoint, type, id, more, body)                                                       \
    "POST /mapi/" endpoint "/?MailboxId=box HTTP/1.1\r\nContent-Type: application/mapi-http\r\n"   \
    "X-ClientInfo: {C}:1\r\nX-RequestType: " type "\r\nX-RequestId: {E}:" id "\r\n" more           \
    "Content-Length: " body
#define OK(type, id, more)                                                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\nX-RequestType: " type               \
    "\r\nX-RequestId: {E}:" id "\r\nX-ResponseCode: 0\r\n" more                                    \
    "Content-Length: 28\r\n\r\nPROCESSING\r\nDONE\r\n\r\n\0\0\0\0\0\0\0\0"
#define NONE "0\r\n\r\n"
#define CONTEXT(value) "Cookie: x=y; MapiContext=" value "; MapiSequence=1\r\n"
#define SET(value) "Set-Cookie: MapiContext=" value "; path=/mapi\r\n"

/* What one side of one connection sends, and how many minutes passed before. */
struct step {
    unsigned connection;
    char side; /* 'c', 's'; 'x': the connection ends */
    unsigned minutes;
    const char *text;
    size_t length;
};

#define STEP(connection, side, minutes, text)                                                      \
    {                                                                                              \
        connection, side, minutes, text, sizeof(text) - 1                                          \
    }
#define STEPS_MAX 16
#define CONNECTIONS 3

/*
 * Steps, and what is told: `call` session type id state, `closed` session calls faults service and
 * the connection that ended it, `auth` result.
 */
static const struct row {
    const char *name;
    struct step steps[STEPS_MAX];
    const char *expect;
} ROWS[] = {
    { "a session on two connections, closed when its client is silent for long",
      { STEP(0, 'c', 0, POST("emsmdb", "Connect", "1", "", NONE)),
        STEP(0, 's', 0, OK("Connect", "1", SET("A"))),
        STEP(1, 'c', 1, POST("emsmdb", "NotificationWait", "2", CONTEXT("A"), NONE)),
        STEP(0, 'c', 1, POST("emsmdb", "Execute", "3", CONTEXT("A"), NONE)),
        STEP(0, 's', 1, OK("Execute", "3", "")), STEP(1, 's', 1, OK("NotificationWait", "2", "")),
        STEP(0, 'x', 0, ""), STEP(1, 'c', 16, POST("emsmdb", "Execute", "4", CONTEXT("B"), NONE)),
        STEP(1, 's', 0, OK("Execute", "4", "")) },
      "call 0 Connect 1 answered 0\ncall 0 Execute 3 answered 0\n"
      "call 0 NotificationWait 2 answered 0\nauth accepted\nclosed 0 calls 3 faults 0 store, open\n"
      "call 1 Execute 4 answered 0\nauth accepted\nclosed 1 calls 1 faults 0 store, end of 1\n" },
    { "a response alone, which has no cookie: the GUID of its X-RequestId is that of the session",
      { STEP(0, 'c', 0, POST("emsmdb", "Connect", "1", "", NONE)),
        STEP(0, 's', 0, OK("Connect", "1", SET("A"))), STEP(0, 'x', 0, ""),
        STEP(1, 's', 0, OK("Execute", "2", "")) },
      "call 0 Connect 1 answered 0\nauth accepted\ncall 0 Execute 2 no request 0\n"
      "closed 0 calls 2 faults 0 store, end of 1\n" },
    { "a leg, a failing Bind, a good one; the mailbox is another session",
      { STEP(0, 'c', 0, POST("nspi", "Bind", "1", "", NONE)),
        STEP(0, 's', 0,
             "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
             "WWW-Authenticate: Basic realm=x\r\n\r\n"),
        STEP(0, 'c', 0, POST("nspi", "Bind", "2", "Authorization: Basic YTpi\r\n", NONE)),
        STEP(0, 's', 0, "HTTP/1.1 200 OK\r\nX-ResponseCode: 2\r\nContent-Length: 0\r\n\r\n"),
        STEP(0, 'c', 0, POST("nspi", "Bind", "3", "Authorization: Basic YTpi\r\n", NONE)),
        STEP(0, 's', 0, OK("Bind", "3", SET("A"))),
        STEP(0, 'c', 0, POST("emsmdb", "Execute", "4", CONTEXT("A"), NONE)),
        STEP(0, 's', 0, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
        STEP(0, 'c', 0, POST("nspi", "Unbind", "5", CONTEXT("A"), NONE)),
        STEP(0, 's', 0, OK("Unbind", "5", "")) },
      "call 0 Bind 2 fault 2\ncall 1 Bind 3 answered 0\ncall 2 Execute 4 fault 500\n"
      "call 1 Unbind 5 answered 0\nauth accepted\nclosed 0 calls 1 faults 1 directory, end of 0\n"
      "closed 2 calls 1 faults 1 store, end of 0\n"
      "closed 1 calls 2 faults 0 directory, end of 0\n" },
    { "servers without a cookie that is known: the client tells; a new Connect is a new session",
      { STEP(0, 'c', 0, POST("emsmdb", "Connect", "1", "", NONE)),
        STEP(0, 's', 0, OK("Connect", "1", "Set-Cookie: other=1\r\n")),
        STEP(1, 'c', 0, POST("emsmdb", "Execute", "2", "Cookie: other=1\r\n", NONE)),
        STEP(1, 's', 0, OK("Execute", "2", "")),
        STEP(1, 'c', 0, POST("emsmdb", "Connect", "3", "", NONE)),
        STEP(1, 's', 0, OK("Connect", "3", "")),
        STEP(0, 'c', 0, POST("emsmdb", "Execute", "4", "", NONE)),
        STEP(0, 's', 0, OK("Execute", "4", "")) },
      "call 0 Connect 1 answered 0\ncall 0 Execute 2 answered 0\ncall 1 Connect 3 answered 0\n"
      "call 1 Execute 4 answered 0\nauth accepted\nauth accepted\n"
      "closed 0 calls 2 faults 0 store, end of 1\nclosed 1 calls 2 faults 0 store, end of 0\n" },
    { "another session uses the connection, which then ends: both used it last",
      { STEP(0, 'c', 0, POST("emsmdb", "Connect", "1", "", NONE)),
        STEP(0, 's', 0, OK("Connect", "1", SET("A"))),
        STEP(1, 'c', 0, POST("emsmdb", "Execute", "2", CONTEXT("A"), NONE)),
        STEP(1, 's', 0, OK("Execute", "2", "")),
        STEP(0, 'c', 0, POST("nspi", "Bind", "3", "", NONE)),
        STEP(0, 's', 0, OK("Bind", "3", SET("B"))), STEP(0, 'x', 1, ""),
        STEP(1, 'c', 0, POST("nspi", "QueryRows", "4", CONTEXT("B"), NONE)),
        STEP(1, 's', 0, OK("QueryRows", "4", "")), STEP(1, 'x', 1, "") },
      "call 0 Connect 1 answered 0\ncall 0 Execute 2 answered 0\ncall 1 Bind 3 answered 0\n"
      "auth accepted\ncall 1 QueryRows 4 answered 0\nauth accepted\n"
      "closed 0 calls 2 faults 0 store, end of 1\n"
      "closed 1 calls 2 faults 0 directory, end of 1\n" },
    { "the middle of a session, requests without answers, an answer without its request",
      { STEP(0, 's', 0, OK("Execute", "1", SET("A"))),
        STEP(0, 'c', 0, POST("emsmdb", "Execute", "2", CONTEXT("A"), NONE)),
        STEP(0, 's', 0, OK("Execute", "2", "")),
        STEP(0, 'c', 0, POST("emsmdb", "Execute", "3", CONTEXT("A"), NONE)) },
      "call 0 Execute 1 no request 0\ncall 0 Execute 2 answered 0\n"
      "call 0 Execute 3 unanswered 0\nauth accepted\nclosed 0 calls 3 faults 0 store, end of 0\n" },
};

static void
add_call(GString *lines, const struct oa_call *call)
{
    static const char *const STATES[] = {
        [OA_CALL_ANSWERED] = "answered",     [OA_CALL_FAULT] = "fault",
        [OA_CALL_UNANSWERED] = "unanswered", [OA_CALL_NO_REQUEST] = "no request",
        [OA_CALL_UNKNOWN] = "unknown",
    };

    g_assert_cmpint(call->vc->transport, ==, OA_TRANSPORT_MAPI_HTTP);
    g_string_append_printf(lines, "call %u %s %u %s %u\n", (unsigned)call->vc->number,
                           oa_rpc_operation_name(call->iface, call->opnum), call->call_id,
                           STATES[call->state], call->fault_status);
}

/* Connections end by FIN, the frame is their number from 1 on. */
static const char *
name_of_end(const struct oa_ending *ending)
{
    static const char *const NAMES[CONNECTIONS + 1] = { "open", "end of 0", "end of 1",
                                                        "end of 2" };

    g_assert_cmpint(ending->how, ==, ending->frame ? OA_END_FIN : OA_END_OPEN);
    return NAMES[ending->frame];
}

static void
on_event(void *context, const struct oa_event *event)
{
    GString *lines = context;

    if (event->type == OA_EVENT_CALL)
        add_call(lines, event->call);
    else if (event->type == OA_EVENT_AUTH_DONE)
        g_string_append_printf(lines, "auth %s\n", oa_auth_result_name(event->exchange->result));
    else if (event->type == OA_EVENT_VC_CLOSED)
        g_string_append_printf(
            lines, "closed %u calls %u faults %u %s, %s\n", (unsigned)event->vc->number,
            (unsigned)event->vc->calls, (unsigned)event->vc->faults,
            oa_service_name(event->vc->iface->service), name_of_end(&event->vc->ending));
}

static struct oa_channel *
open_channel(struct oa_tracker *tracker, unsigned number, struct oa_stamp stamp)
{
    struct oa_endpoint client = { { 1 }, (uint16_t)(50000 + number) }, server = { { 2 }, 80 };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_mapi_http = true };

    return oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
}

static void
end_channel(struct oa_channel **channel, unsigned number, struct oa_stamp stamp)
{
    oa_channel_close(*channel, (struct oa_ending){ .how = OA_END_FIN,
                                                   .by = OA_CLIENT,
                                                   .time_ns = stamp.time_ns,
                                                   .frame = number + 1 });
    *channel = NULL;
}

/* Each step's bytes in pieces of that size; 0: in one. */
static char *
play(const struct row *row, size_t piece)
{
    GString *lines = g_string_new(NULL);
    struct oa_tracker *tracker = oa_tracker_new(on_event, lines, false);
    struct oa_channel *channels[CONNECTIONS] = { NULL };
    struct oa_stamp stamp = { 0, 0 };

    for (const struct step *step = row->steps; step->text; step++) {
        struct oa_channel **channel = &channels[step->connection];
        stamp.frame++;
        stamp.time_ns += step->minutes * MINUTE;
        if (step->side == 'x') {
            end_channel(channel, step->connection, stamp);
            continue;
        }
        if (!*channel)
            *channel = open_channel(tracker, step->connection, stamp);
        for (size_t at = 0; at < step->length;) {
            size_t length = piece ? MIN(piece, step->length - at) : step->length;
            oa_channel_data(*channel, step->side == 's' ? OA_SERVER : OA_CLIENT,
                            (const uint8_t *)step->text + at, length, stamp);
            at += length;
        }
    }
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (channels[i])
            end_channel(&channels[i], i, stamp);
    oa_tracker_end(tracker);
    oa_tracker_free(tracker);
    return g_string_free(lines, FALSE);
}

static void
test_row(const void *data)
{
    const struct row *row = data;

    for (size_t piece = 0; piece < 40; piece++) {
        char *told = play(row, piece);
        g_assert_cmpstr(told, ==, row->expect);
        g_free(told);
    }
}

/* Whatever ends too early is freed, and nothing is told twice. */
static void
test_left_open(void)
{
    GString *lines = g_string_new(NULL);
    struct oa_tracker *tracker = oa_tracker_new(on_event, lines, true);
    struct oa_channel *channel = open_channel(tracker, 0, (struct oa_stamp){ 0, 1 });
    static const char REQUEST[] = POST("emsmdb", "Connect", "1", "", NONE);
    static const char ANSWER[] = OK("Connect", "1", SET("A"));

    oa_channel_data(channel, OA_CLIENT, (const uint8_t *)REQUEST, sizeof REQUEST - 1,
                    (struct oa_stamp){ 0, 1 });
    oa_channel_data(channel, OA_SERVER, (const uint8_t *)ANSWER, sizeof ANSWER - 1,
                    (struct oa_stamp){ 0, 2 });
    oa_channel_data(channel, OA_CLIENT, (const uint8_t *)REQUEST, sizeof REQUEST - 1,
                    (struct oa_stamp){ 0, 3 });
    oa_channel_lost(channel, OA_SERVER, 1000);
    oa_tracker_free(tracker);
    g_assert_cmpstr(lines->str, ==, "call 0 Connect 1 answered 0\n");
    g_string_free(lines, TRUE);
}

static void
test_recognise(void)
{
    static const struct {
        const char *bytes;
        enum oa_verdict verdict;
        enum oa_side sender;
    } CASES[] = {
        { POST("emsmdb", "Connect", "1", "", NONE), OA_OURS, OA_CLIENT },
        { "POST /mapi/emsmdb/ HTTP/1.1\r\nX-Reques", OA_MAYBE, OA_CLIENT },
        { "PO", OA_MAYBE, OA_CLIENT },
        { "POST /ews HTTP/1.1\r\nContent-Length: 0\r\n\r\n", OA_NOT_OURS, OA_CLIENT },
        { "PUT / HTTP/1.1\r\n\r\n", OA_NOT_OURS, OA_CLIENT },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\nX-RequestType: Bind\r\n\r\n",
          OA_OURS, OA_SERVER },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", OA_NOT_OURS, OA_SERVER },
        { "\5\0\13", OA_NOT_OURS, OA_CLIENT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct oa_recognition recognition = { .sender = OA_CLIENT };
        g_assert_cmpint(oa_recognise_mapi_http((const uint8_t *)CASES[i].bytes,
                                               strlen(CASES[i].bytes), &recognition),
                        ==, CASES[i].verdict);
        if (CASES[i].verdict == OA_OURS) {
            g_assert_cmpint(recognition.sender, ==, CASES[i].sender);
            g_assert_true(recognition.is_mapi_http);
        }
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        char *path = g_strdup_printf("/mapi_session/%s", ROWS[i].name);
        g_test_add_data_func(path, &ROWS[i], test_row);
        g_free(path);
    }
    g_test_add_func("/mapi_session/left open", test_left_open);
    g_test_add_func("/mapi_session/recognise", test_recognise);
    return g_test_run();
}
