/* test_mapi_http.c
 * MAPI over HTTP: which heads are taken for it, all request types, response codes, and what stands
 * in front of a body, in every piece. [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3, 2.2.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/mapi_http.h"

#include <string.h>

#include <glib.h>

#define TYPE "Content-Type: application/mapi-http\r\n"

static void
check_text(struct oa_text text, const char *expect)
{
    char *copy = g_strndup(text.length ? text.at : "", text.length);

    g_assert_cmpstr(copy, ==, expect ? expect : "");
    g_free(copy);
}

static const struct {
    const char *head;
    bool is_mapi;
    enum oa_mapi_http_endpoint endpoint;
    enum oa_mapi_http_type type;
    const char *mailbox_id;
} REQUESTS[] = {
    /* mapihttp.pcapng, first request, without the headers that play no part */
    { "POST /mapi/emsmdb/?MailboxId=lab@lab.test HTTP/1.1\r\nHost: 198.51.100.2\r\n" TYPE
      "X-RequestType: Connect\r\n\r\n",
      true, OA_MAPI_HTTP_EMSMDB, OA_MAPI_HTTP_CONNECT, "lab@lab.test" },
    { "POST /MAPI/NSPI/?a=b&mailboxid=1@x&c HTTP/1.1\r\n" TYPE "X-RequestType: dntomid\r\n\r\n",
      true, OA_MAPI_HTTP_NSPI, OA_MAPI_HTTP_DN_TO_MIN_ID, "1@x" },
    { "POST /mapi/nspi HTTP/1.1\r\nX-RequestType: CompareMinIds\r\n\r\n", true, OA_MAPI_HTTP_NSPI,
      OA_MAPI_HTTP_COMPARE_MIN_IDS, NULL },
    { "POST /mapi/nspi?x HTTP/1.1\r\n" TYPE "X-RequestType: Brew\r\n\r\n", true, OA_MAPI_HTTP_NSPI,
      OA_MAPI_HTTP_UNKNOWN, NULL },
    { "POST /mapi/emsmdb/ HTTP/1.1\r\n" TYPE "\r\n", true, OA_MAPI_HTTP_EMSMDB,
      OA_MAPI_HTTP_UNKNOWN, NULL },
    { "POST /mapi/nspi/ HTTP/1.1\r\nX-RequestType: PING\r\n\r\n", true, OA_MAPI_HTTP_NSPI,
      OA_MAPI_HTTP_PING, NULL },
    { "POST /elsewhere HTTP/1.1\r\n" TYPE "X-RequestType: QueryRows\r\n\r\n", true,
      OA_MAPI_HTTP_NSPI, OA_MAPI_HTTP_QUERY_ROWS, NULL },
    { "POST /elsewhere HTTP/1.1\r\n" TYPE "X-RequestType: PING\r\n\r\n", true,
      OA_MAPI_HTTP_NO_ENDPOINT, OA_MAPI_HTTP_PING, NULL },
    { "POST /elsewhere HTTP/1.1\r\nX-RequestType: QueryRows\r\n\r\n", false, 0, 0, NULL },
    { "POST /mapi/emsmdbx HTTP/1.1\r\n" TYPE "\r\n", false, 0, 0, NULL },
    { "POST /mapi/emsmdb/ HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", false, 0, 0, NULL },
    { "GET /mapi/emsmdb/ HTTP/1.1\r\n" TYPE "X-RequestType: Connect\r\n\r\n", false, 0, 0, NULL },
    { "HTTP/1.1 200 OK\r\n" TYPE "X-RequestType: Connect\r\n\r\n", false, 0, 0, NULL },
};

static void
parse_head(const char *text, struct oa_http_head *head)
{
    g_assert_cmpint(oa_http_head_parse((const uint8_t *)text, strlen(text), head), ==,
                    OA_HTTP_COMPLETE);
}

static void
test_requests(void)
{
    struct oa_http_head head;
    struct oa_mapi_http_request request;

    for (size_t i = 0; i < G_N_ELEMENTS(REQUESTS); i++) {
        g_test_message("%s", REQUESTS[i].head);
        parse_head(REQUESTS[i].head, &head);
        g_assert_true(oa_mapi_http_request(&head, &request) == REQUESTS[i].is_mapi);
        if (!REQUESTS[i].is_mapi)
            continue;
        g_assert_cmpint(request.endpoint, ==, REQUESTS[i].endpoint);
        g_assert_cmpint(request.type, ==, REQUESTS[i].type);
        check_text(request.mailbox_id, REQUESTS[i].mailbox_id);
    }
    parse_head("HTTP/1.1 200 OK\r\n" TYPE "\r\n", &head);
    g_assert_true(oa_mapi_http_has_body(&head));
    g_assert_false(oa_mapi_http_is_response(&head));
    parse_head("HTTP/1.1 200 OK\r\n" TYPE "X-RequestType: Bind\r\n\r\n", &head);
    g_assert_true(oa_mapi_http_is_response(&head));
    parse_head("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-ResponseCode: 2\r\n\r\n", &head);
    g_assert_false(oa_mapi_http_has_body(&head));
    g_assert_false(oa_mapi_http_is_response(&head));
    parse_head("HTTP/1.1 401 No\r\nX-RequestType: Bind\r\nX-ResponseCode: 8\r\n\r\n", &head);
    g_assert_true(oa_mapi_http_is_response(&head));
}

/* Each type is found by what is sent and by its name, and no two are alike. */
static void
test_types(void)
{
    static const char *const WIRE[] = {
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts) wire,
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
    };
    struct oa_http_head head;
    struct oa_mapi_http_request request;

    g_assert_cmpuint(G_N_ELEMENTS(WIRE), ==, OA_MAPI_HTTP_TYPES);
    for (int type = OA_MAPI_HTTP_UNKNOWN + 1; type < OA_MAPI_HTTP_TYPES; type++) {
        const char *names[] = { WIRE[type], oa_mapi_http_type_name((enum oa_mapi_http_type)type) };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
            char *text =
                g_strdup_printf("POST /x HTTP/1.1\r\n" TYPE "X-RequestType: %s\r\n\r\n", names[i]);
            parse_head(text, &head);
            g_assert_true(oa_mapi_http_request(&head, &request));
            g_assert_cmpint(request.type, ==, type);
            g_assert_cmpint(request.endpoint, ==,
                            oa_mapi_http_type_endpoint((enum oa_mapi_http_type)type));
            g_free(text);
        }
    }
}

static void
test_response_codes(void)
{
    uint32_t code = 77;

    g_assert_cmpstr(oa_mapi_http_response_code_name(0), ==, "Success");
    g_assert_cmpstr(oa_mapi_http_response_code_name(2), ==, "Invalid Verb");
    g_assert_cmpstr(oa_mapi_http_response_code_name(10), ==, "Context Not Found");
    g_assert_cmpstr(oa_mapi_http_response_code_name(13), ==, "Missing Cookie");
    g_assert_cmpstr(oa_mapi_http_response_code_name(18), ==, "Endpoint Shutting Down");
    g_assert_null(oa_mapi_http_response_code_name(19));
    g_assert_false(oa_mapi_http_response_code((struct oa_text){ "x", 1 }, &code));
    g_assert_false(oa_mapi_http_response_code((struct oa_text){ NULL, 0 }, &code));
    g_assert_cmpuint(code, ==, 77);
    g_assert_true(oa_mapi_http_response_code((struct oa_text){ "16", 2 }, &code));
    g_assert_cmpuint(code, ==, 16);
}

/* Bodies without chunk framing: the lines of the preamble, and what stands behind these. */
static const struct row {
    const char *name;
    const char *lines;
    const char *rest;
    enum oa_mapi_http_state state;
    unsigned n_processing, n_pending;
    bool done;
    int64_t response_code, elapsed_time_ms; /* NONE when there is none */
    const char *start_time;
} BODIES[] = {
#define NONE (-1)
    { "mapihttp.pcapng, answer to Connect",
      "PROCESSING\r\nDONE\r\nX-ElapsedTime: 0\r\n"
      "X-StartTime: Mon, 23 Nov 2026 23:25:19 GMT\r\n\r\n",
      "\1binary\r\nDONE\r\n", OA_MAPI_HTTP_BODY, 1, 0, true, NONE, 0,
      "Mon, 23 Nov 2026 23:25:19 GMT" },
    { "[MS-OXCMAPIHTTP] 4.2, an answer that took two pending periods",
      "PROCESSING\r\nPENDING\r\nPENDING\r\nDONE\r\nX-ResponseCode: 10\r\n"
      "X-ElapsedTime: 31250\r\n\r\n",
      "\r\n", OA_MAPI_HTTP_BODY, 1, 2, true, 10, 31250, NULL },
    { "no headers, lines ended by LF", "DONE\n\n", "\n", OA_MAPI_HTTP_BODY, 0, 0, true, NONE, NONE,
      NULL },
    { "numbers that are none", "DONE\r\nX-ResponseCode: -1\r\nX-ElapsedTime: 4294967296\r\n\r\n",
      "", OA_MAPI_HTTP_BODY, 0, 0, true, NONE, NONE, NULL },
    { "still pending", "PROCESSING\r\nPENDING\r\n", "PEND", OA_MAPI_HTTP_PREAMBLE, 1, 1, false,
      NONE, NONE, NULL },
    { "nothing yet", "", "", OA_MAPI_HTTP_PREAMBLE, 0, 0, false, NONE, NONE, NULL },
    { "HTML of a failure", "", "<html><body>Invalid verb\r\n", OA_MAPI_HTTP_OTHER, 0, 0, false,
      NONE, NONE, NULL },
    { "a tag in small letters", "", "done\r\n\r\n", OA_MAPI_HTTP_OTHER, 0, 0, false, NONE, NONE,
      NULL },
    { "a longer tag", "", "DONEX", OA_MAPI_HTTP_OTHER, 0, 0, false, NONE, NONE, NULL },
    { "a blank line before DONE", "PENDING\r\n", "\r\n", OA_MAPI_HTTP_OTHER, 0, 1, false, NONE,
      NONE, NULL },
    { "no header behind DONE", "DONE\r\n", "X-ElapsedTime 7\r\n\r\n", OA_MAPI_HTTP_OTHER, 0, 0,
      true, NONE, NONE, NULL },
#undef NONE
};

/* A preamble's facts from pieces: the reader is given one byte more each time. */
static void
check_pieces(const struct row *row, const char *body)
{
    struct oa_mapi_http_reader reader = { .offset = 0 };
    struct oa_mapi_http_line line;
    size_t end = strlen(row->lines);
    unsigned n_pending = 0;
    size_t lines = 0;

    for (size_t length = 0; length <= strlen(body); length++) {
        uint8_t *part = g_memdup2(body, MAX(length, 1));

        while (oa_mapi_http_next_line(&reader, part, length, &line)) {
            g_assert_cmpuint(line.offset, ==, lines);
            g_assert_cmpuint(line.offset + line.length, ==, length);
            lines += line.length;
            n_pending += line.kind == OA_MAPI_HTTP_PENDING;
        }
        if (length < end)
            g_assert_cmpint(reader.state, ==, OA_MAPI_HTTP_PREAMBLE);
        g_free(part);
    }
    g_assert_cmpint(reader.state, ==, row->state);
    g_assert_cmpuint(reader.offset, ==, end);
    g_assert_cmpuint(n_pending, ==, row->n_pending);
}

static void
test_bodies(void)
{
    struct oa_mapi_http_preamble preamble;

    for (size_t i = 0; i < G_N_ELEMENTS(BODIES); i++) {
        const struct row *row = &BODIES[i];
        char *body = g_strconcat(row->lines, row->rest, NULL);

        g_test_message("%s", row->name);
        oa_mapi_http_preamble((const uint8_t *)body, strlen(body), &preamble);
        g_assert_cmpint(preamble.state, ==, row->state);
        g_assert_cmpuint(preamble.body_offset, ==, strlen(row->lines));
        g_assert_cmpuint(preamble.n_processing, ==, row->n_processing);
        g_assert_cmpuint(preamble.n_pending, ==, row->n_pending);
        g_assert_true(preamble.done == row->done);
        g_assert_true(preamble.has_response_code == (row->response_code >= 0));
        if (row->response_code >= 0)
            g_assert_cmpuint(preamble.response_code, ==, (uint32_t)row->response_code);
        g_assert_true(preamble.has_elapsed_time == (row->elapsed_time_ms >= 0));
        if (row->elapsed_time_ms >= 0)
            g_assert_cmpuint(preamble.elapsed_time_ms, ==, (uint32_t)row->elapsed_time_ms);
        check_text(preamble.start_time, row->start_time);
        check_pieces(row, body);
        g_free(body);
    }
}

static void
test_long_line(void)
{
    GString *body = g_string_new("DONE\r\nX-Long: ");
    struct oa_mapi_http_preamble preamble;

    while (body->len < 6 + OA_MAPI_HTTP_LINE_MAX - 1)
        g_string_append_c(body, 'x');
    oa_mapi_http_preamble((const uint8_t *)body->str, body->len, &preamble);
    g_assert_cmpint(preamble.state, ==, OA_MAPI_HTTP_PREAMBLE);
    g_string_append_c(body, 'x');
    oa_mapi_http_preamble((const uint8_t *)body->str, body->len, &preamble);
    g_assert_cmpint(preamble.state, ==, OA_MAPI_HTTP_OTHER);
    g_assert_cmpuint(preamble.body_offset, ==, 6);
    g_string_free(body, TRUE);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-http/requests", test_requests);
    g_test_add_func("/mapi-http/types", test_types);
    g_test_add_func("/mapi-http/response-codes", test_response_codes);
    g_test_add_func("/mapi-http/bodies", test_bodies);
    g_test_add_func("/mapi-http/long-line", test_long_line);
    return g_test_run();
}
