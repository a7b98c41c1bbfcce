/* test_http_head.c
 * Tests of http_head.c: heads as clients, proxies and servers send them, and what is not a head.
 * [MS-RPCH] 2.1, 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_head.h"

#include <string.h>

#include <glib.h>

#define NTLM_TOKEN "TlRMTVNTUAABAAAABQKIoAAAAAAAAAAAAAAAAAAAAAA="
#define UUID "44e265dd-7daf-42cd-8560-3cdb6e7a2729"
#define GET "GET / HTTP/1.1\r\n"
#define IN_TO(query) "RPC_IN_DATA /rpc/rpcproxy.dll?" query " HTTP/1.1\r\n\r\n"

/* A head that parses, and its facts as struct oa_http_head calls them; text not named is empty. */
struct row {
    const char *name;
    const char *bytes;
    const char *method, *target, *path, *query, *rpc_server;
    const char *reason, *eeinfo;
    const char *host, *user_agent, *server_software, *content_type, *cookie;
    const char *resource_type_uuid, *session_id;
    enum oa_http_method method_id;
    uint32_t rpc_port;
    unsigned status;
    unsigned version_minor;
    int64_t rpc_error;      /* 0 when there is none */
    int64_t content_length; /* NO_LENGTH when there is none */
    uint32_t min_conn_timeout_s;
    bool chunked, connection_close, expect_continue, persistent_auth;
    const char *credentials[OA_HTTP_CREDENTIALS_MAX]; /* "header|scheme|token" */
};

#define NO_LENGTH (-1)

static const struct row ROWS[] = {
    {
        .name = "IN request of IronRDP",
        .bytes = "RPC_IN_DATA /rpc/rpcproxy.dll?target.example:3389 HTTP/1.1\r\n"
                 "Accept: application/rpc\r\nCache-Control: no-cache\r\nConnection: Keep-Alive\r\n"
                 "Content-Length: 131072\r\nHost: gateway.example\r\nPragma: No-cache\r\n"
                 "Pragma: ResourceTypeUuid=" UUID "\r\nUser-Agent: MSRPC\r\n"
                 "Pragma: SessionId=12345678-1234-1234-1234-123456789abc\r\n"
                 "Expect: 100-continue\r\nAuthorization: Negotiate token\r\n"
                 "Cookie: session=value\r\n\r\n",
        .method = "RPC_IN_DATA",
        .method_id = OA_HTTP_RPC_IN_DATA,
        .target = "/rpc/rpcproxy.dll?target.example:3389",
        .path = "/rpc/rpcproxy.dll",
        .query = "target.example:3389",
        .rpc_server = "target.example",
        .rpc_port = 3389,
        .version_minor = 1,
        .content_length = 131072,
        .host = "gateway.example",
        .user_agent = "MSRPC",
        .resource_type_uuid = UUID,
        .session_id = "12345678-1234-1234-1234-123456789abc",
        .expect_continue = true,
        .cookie = "session=value",
        .credentials = { "0|Negotiate|token" },
    },
    {
        .name = "IN request of impacket",
        .bytes = "RPC_IN_DATA /rpc/rpcproxy.dll?SERVER:6001 HTTP/1.1\r\n"
                 "User-Agent: MSRPC\r\nCache-Control: no-cache\r\nConnection: Keep-Alive\r\n"
                 "Expect: 100-continue\r\nAccept: application/rpc\r\nPragma: No-cache\r\n"
                 "Content-Length: 1073741824\r\nAuthorization: NTLM " NTLM_TOKEN "\r\n\r\n",
        .method = "RPC_IN_DATA",
        .method_id = OA_HTTP_RPC_IN_DATA,
        .target = "/rpc/rpcproxy.dll?SERVER:6001",
        .path = "/rpc/rpcproxy.dll",
        .query = "SERVER:6001",
        .rpc_server = "SERVER",
        .rpc_port = 6001,
        .version_minor = 1,
        .content_length = 1073741824,
        .user_agent = "MSRPC",
        .expect_continue = true,
        .credentials = { "0|NTLM|" NTLM_TOKEN },
    },
    {
        .name = "OUT request of Samba, lines ended by LF",
        .bytes = "RPC_OUT_DATA /rpc/rpcproxy.dll?server.example.com:6001 HTTP/1.1\n"
                 "Accept: application/rpc\nUser-Agent: MSRPC\nContent-Length: 76\n"
                 "Cache-Control: no-cache\nPragma: no-cache\n\n",
        .method = "RPC_OUT_DATA",
        .method_id = OA_HTTP_RPC_OUT_DATA,
        .target = "/rpc/rpcproxy.dll?server.example.com:6001",
        .path = "/rpc/rpcproxy.dll",
        .query = "server.example.com:6001",
        .rpc_server = "server.example.com",
        .rpc_port = 6001,
        .version_minor = 1,
        .content_length = 76,
        .user_agent = "MSRPC",
    },
    {
        .name = "authentication leg without a body, through an HTTP proxy",
        .bytes = "RPC_IN_DATA http://mail.example.com/rpc/rpcproxy.dll?server:6001 HTTP/1.0\r\n"
                 "Content-Length: 0\r\nHost: mail.example.com\r\nUser-Agent: MSRPC\r\n"
                 "Proxy-Authorization: Basic eDp5\r\nAuthorization: NTLM " NTLM_TOKEN "\r\n\r\n",
        .method = "RPC_IN_DATA",
        .method_id = OA_HTTP_RPC_IN_DATA,
        .target = "http://mail.example.com/rpc/rpcproxy.dll?server:6001",
        .path = "/rpc/rpcproxy.dll",
        .query = "server:6001",
        .rpc_server = "server",
        .rpc_port = 6001,
        .host = "mail.example.com",
        .user_agent = "MSRPC",
        .credentials = { "1|Basic|eDp5", "0|NTLM|" NTLM_TOKEN },
    },
    {
        .name = "answer to an authentication leg",
        .bytes = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nContent-Type: text/html\r\n"
                 "WWW-Authenticate: NTLM\r\nWWW-Authenticate: Negotiate\r\n\r\n",
        .status = 401,
        .reason = "Unauthorized",
        .version_minor = 1,
        .content_length = 4,
        .content_type = "text/html",
        .credentials = { "2|NTLM|", "2|Negotiate|" },
    },
    {
        .name = "several schemes in one line",
        .bytes = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: "
                 "Digest realm=\"a, \\\"b\", nonce=\"c\" , ,NTLM,Negotiate TlRM==, "
                 "Basic realm=\"x\"\r\n\r\n",
        .status = 407,
        .reason = "Proxy Authentication Required",
        .version_minor = 1,
        .content_length = NO_LENGTH,
        .credentials = { "3|Digest|realm=\"a, \\\"b\", nonce=\"c\"", "3|NTLM|",
                         "3|Negotiate|TlRM==", "3|Basic|realm=\"x\"" },
    },
    {
        .name = "OUT response of gromox",
        .bytes = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                 "Persistent-Auth: true\r\nContent-Length: 1073741824\r\n\r\n",
        .status = 200,
        .reason = "Success",
        .version_minor = 1,
        .content_type = "application/rpc",
        .persistent_auth = true,
        .content_length = 1073741824,
    },
    {
        .name = "echo request",
        .bytes = "RPC_IN_DATA /rpc/rpcproxy.dll?server:593 HTTP/1.1\r\nAccept: application/rpc\r\n"
                 "Cache-Control: no-cache\r\nConnection: Keep-Alive\r\nContent-Length: 4\r\n"
                 "Host: proxy.example.com\r\nPragma: No-cache\r\nUser-Agent: MSRPC\r\n\r\n",
        .method = "RPC_IN_DATA",
        .method_id = OA_HTTP_RPC_IN_DATA,
        .target = "/rpc/rpcproxy.dll?server:593",
        .path = "/rpc/rpcproxy.dll",
        .query = "server:593",
        .rpc_server = "server",
        .rpc_port = 593,
        .version_minor = 1,
        .content_length = 4,
        .host = "proxy.example.com",
        .user_agent = "MSRPC",
    },
    {
        .name = "echo answer",
        .bytes = "HTTP/1.1 200 Success\r\nConnection: Keep-Alive\r\nContent-Length: 20\r\n"
                 "Content-Type: application/rpc\r\n\r\n",
        .status = 200,
        .reason = "Success",
        .version_minor = 1,
        .content_length = 20,
        .content_type = "application/rpc",
    },
    {
        .name = "error, seen in mod_proxy_msrpc issue 25",
        .bytes = "HTTP/1.0 503 RPC Error: 6ba\r\n\r\n",
        .status = 503,
        .reason = "RPC Error: 6ba",
        .rpc_error = 1722,
        .content_length = NO_LENGTH,
    },
    {
        .name = "error, seen in FreeRDP issue 5256",
        .bytes = "HTTP/1.1 503 RPC Error: 773\r\nContent-Type: text/html; charset=utf-8\r\n"
                 "Server: Microsoft-IIS/10.0\r\nContent-Length: 27\r\nConnection: close\r\n\r\n",
        .status = 503,
        .reason = "RPC Error: 773",
        .rpc_error = 1907,
        .version_minor = 1,
        .content_type = "text/html",
        .server_software = "Microsoft-IIS/10.0",
        .content_length = 27,
        .connection_close = true,
    },
    {
        .name = "error, seen in FreeRDP issue 2282",
        .bytes = "HTTP/1.1 503 RPC Error: 5\r\n\r\n",
        .status = 503,
        .reason = "RPC Error: 5",
        .rpc_error = 5,
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "error with extended information",
        .bytes = "HTTP/1.0 503 RPC Error: 6BA, EEInfo: AAAAAA==\r\n\r\n",
        .status = 503,
        .reason = "RPC Error: 6BA, EEInfo: AAAAAA==",
        .eeinfo = "AAAAAA==",
        .rpc_error = 1722,
        .content_length = NO_LENGTH,
    },
    {
        .name = "error that has too many digits",
        .bytes = "HTTP/1.0 503 RPC Error: 100000000\r\n\r\n",
        .status = 503,
        .reason = "RPC Error: 100000000",
        .content_length = NO_LENGTH,
    },
    {
        .name = "100-continue",
        .bytes = "HTTP/1.1 100 Continue\r\nVia: 1.1 FIREWALL1\r\n\r\n",
        .status = 100,
        .reason = "Continue",
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "status without a reason",
        .bytes = "HTTP/1.1 204\r\n\r\n",
        .status = 204,
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "v1 request",
        .bytes = "RPC_CONNECT server.example.com:593 HTTP/1.1\r\nPragma: No-cache\r\n"
                 "User-Agent: RPC\r\n\r\n",
        .method = "RPC_CONNECT",
        .method_id = OA_HTTP_RPC_CONNECT,
        .target = "server.example.com:593",
        .rpc_server = "server.example.com",
        .rpc_port = 593,
        .version_minor = 1,
        .content_length = NO_LENGTH,
        .user_agent = "RPC",
    },
    {
        .name = "v1 request with a path",
        .bytes = "RPC_CONNECT /rpc/rpcproxy.dll?server:593 HTTP/1.1\r\n\r\n",
        .method = "RPC_CONNECT",
        .method_id = OA_HTTP_RPC_CONNECT,
        .target = "/rpc/rpcproxy.dll?server:593",
        .path = "/rpc/rpcproxy.dll",
        .query = "server:593",
        .rpc_server = "server",
        .rpc_port = 593,
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "request of a replacement OUT channel",
        .bytes = "RPC_OUT_DATA /rpc/rpcproxy.dll?server:6001 HTTP/1.1\r\n"
                 "Accept: application/rpc\r\nCache-Control: no-cache\r\n"
                 "Connection: Keep-Alive\r\nContent-Length: 120\r\nHost: mail.example.com\r\n"
                 "Pragma: No-cache\r\nUser-Agent: MSRPC\r\n\r\n",
        .method = "RPC_OUT_DATA",
        .method_id = OA_HTTP_RPC_OUT_DATA,
        .target = "/rpc/rpcproxy.dll?server:6001",
        .path = "/rpc/rpcproxy.dll",
        .query = "server:6001",
        .rpc_server = "server",
        .rpc_port = 6001,
        .version_minor = 1,
        .content_length = 120,
        .host = "mail.example.com",
        .user_agent = "MSRPC",
    },
    {
        .name = "chunked OUT response",
        .bytes = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n",
        .status = 200,
        .reason = "Success",
        .version_minor = 1,
        .content_type = "application/rpc",
        .chunked = true,
        .content_length = NO_LENGTH,
    },
    {
        .name = "Pragmas in one line, odd case and blanks, folded and broken lines",
        .bytes = "GET / HTTP/1.1\r\n"
                 "pragma:no-cache , minconntimeout = 120,RESOURCETYPEUUID={" UUID "}\r\n"
                 "PRAGMA: SessionId={" UUID "}, MinConnTimeout=7\r\n"
                 "X: a\r\n Host: folded\r\nno colon\r\nHost : blank\r\n"
                 "hOST:\t h \r\nHost: second\r\n\r\n",
        .method = "GET",
        .target = "/",
        .path = "/",
        .version_minor = 1,
        .content_length = NO_LENGTH,
        .min_conn_timeout_s = 120,
        .resource_type_uuid = UUID,
        .session_id = UUID,
        .host = "h",
    },
    {
        .name = "other method: a query is no RPC server",
        .bytes = "POST /mapi/emsmdb/?MailboxId=guid@domain:1 HTTP/1.1\r\n\r\n",
        .method = "POST",
        .target = "/mapi/emsmdb/?MailboxId=guid@domain:1",
        .path = "/mapi/emsmdb/",
        .query = "MailboxId=guid@domain:1",
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "authority form",
        .bytes = "CONNECT mail.example.com:443 HTTP/1.1\r\n\r\n",
        .method = "CONNECT",
        .target = "mail.example.com:443",
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
    {
        .name = "method in lower case is another one",
        .bytes = "rpc_in_data /rpc/rpcproxy.dll?server:6001 HTTP/1.1\r\n\r\n",
        .method = "rpc_in_data",
        .target = "/rpc/rpcproxy.dll?server:6001",
        .path = "/rpc/rpcproxy.dll",
        .query = "server:6001",
        .version_minor = 1,
        .content_length = NO_LENGTH,
    },
};

/* Queries and what server and port they name; none when `server` is NULL. */
static const struct {
    const char *request;
    const char *server;
    uint32_t port;
} SERVERS[] = {
    { IN_TO("server.domain:593"), "server.domain", 593 },
    { IN_TO("localhost:3388"), "localhost", 3388 },
    { IN_TO("2001:db8:66::2:6001"), "2001:db8:66::2", 6001 },
    { IN_TO("[2001:db8:66::2]:6001"), "2001:db8:66::2", 6001 },
    { IN_TO("e6a6ec08-7dbb-4d7e-8f5f-0a5c7a8b2c0d@example.com:6001"),
      "e6a6ec08-7dbb-4d7e-8f5f-0a5c7a8b2c0d@example.com", 6001 },
    { IN_TO("SERVER:6001&CorrelationID=<empty>;&RequestId=a:b"), "SERVER", 6001 },
    { IN_TO("s:123456"), "s", 123456 },
    { IN_TO("s:000593"), "s", 593 },
    { IN_TO("s:1234567"), NULL, 0 },
    { IN_TO("s:"), NULL, 0 },
    { IN_TO(":593"), NULL, 0 },
    { IN_TO("[]:593"), NULL, 0 },
    { IN_TO("s"), NULL, 0 },
    { IN_TO("s:59a"), NULL, 0 },
    { IN_TO("s:+59"), NULL, 0 },
    { IN_TO("s;593"), NULL, 0 },
    { IN_TO("a=b&s:593"), NULL, 0 },
    { IN_TO(""), NULL, 0 },
};

static const struct {
    const char *head;
    bool has;
    uint64_t length;
} CONTENT_LENGTHS[] = {
    { GET "Content-Length: 2147483648\r\n\r\n", true, UINT64_C(2147483648) },
    { GET "Content-Length: 9223372036854775808\r\n\r\n", true, UINT64_C(1) << 63 },
    { GET "Content-Length: 9223372036854775809\r\n\r\n", false, 0 },
    { GET "Content-Length: 18446744073709551617\r\n\r\n", false, 0 },
    { GET "Content-Length: 76\r\nContent-Length: 76\r\n\r\n", true, 76 },
    { GET "Content-Length: 76, 76\r\n\r\n", true, 76 },
    { GET "Content-Length: 76\r\nContent-Length: 120\r\n\r\n", false, 0 },
    { GET "Content-Length: 76\r\nContent-Length: x\r\n\r\n", false, 0 },
    { GET "Content-Length: x\r\nContent-Length: 76\r\n\r\n", false, 0 },
    { GET "Content-Length:\r\n\r\n", false, 0 },
    { GET "Content-Length: -1\r\n\r\n", false, 0 },
    { GET "Content-Length: 0x10\r\n\r\n", false, 0 },
    { GET "Content-Length: 1 0\r\n\r\n", false, 0 },
};

/* Bytes that no further ones can make a head of. */
static const struct {
    const char *bytes;
    size_t length;
} NOT_HEADS[] = {
#define ROW(bytes) bytes, sizeof bytes - 1
    { ROW("\x05\x00\x14\x03\x10\x00\x00\x00") }, /* an RTS PDU */
    { ROW("\x16\x03\x01") },                     /* TLS */
    { ROW("ncacn_http/1.0") },                   /* the banner of a back end */
    { ROW("\r\n") },
    { ROW(" ") },
    { ROW("GET\t") },
    { ROW("HTTP/2") },
    { ROW("HTTP/1.1\r") },
    { ROW("HTTP/1.1 20 OK") },
    { ROW("HTTP/1.1 2000") },
    { ROW("HTTP/1.1 099 x\r\n") },
    { ROW("HTTP/11 200 OK") },
    { ROW("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") },
    { ROW("GET / HTTP/2.0\r\n") },
    { ROW("GET / HTTP/1.1x\r\n") },
    { ROW("GET / HTTP/1.x\r\n") },
    { ROW("GET  HTTP/1.1\r\n") },
    { ROW("GET HTTP/1.1\r\n") },
    { ROW("GET /\r\n") },
    { ROW("GET / \x01") },
    { ROW("GET / HTTP/1.1\rX") },
    { ROW("GET / HTTP/1.1\r\nA: \0") },
    { ROW("GET / HTTP/1.1\r\nA: b\r\n\x05\x00") },
    { ROW("AVERYLONGSTRINGOFLETTERSANDNOBLANKS") },
#undef ROW
};

/* A copy on the heap of just that size, so that the address sanitizer sees a read beyond it. */
static uint8_t *
exact(const char *bytes, size_t length)
{
    uint8_t *copy = g_malloc(length ? length : 1);

    memcpy(copy, bytes, length);
    return copy;
}

/* Parses what must be a whole head, and moves it: its texts point into what is returned. */
static uint8_t *
parse_whole(const char *bytes, struct oa_http_head *head)
{
    size_t length = strlen(bytes);
    uint8_t *first = exact(bytes, length), *copy = exact(bytes, length);

    g_assert_cmpint(oa_http_head_parse(first, length, head), ==, OA_HTTP_COMPLETE);
    oa_http_head_move(head, first, copy);
    memset(first, 0, length);
    g_free(first);
    return copy;
}

static void
check_text(struct oa_text text, const char *expect)
{
    char *copy = g_strndup(text.length ? text.at : "", text.length);

    g_assert_cmpstr(copy, ==, expect ? expect : "");
    g_free(copy);
}

static void
check_credentials(const struct oa_http_head *head, const struct row *row)
{
    size_t count = 0;

    for (; count < G_N_ELEMENTS(row->credentials) && row->credentials[count]; count++) {
        const struct oa_http_credentials *found = &head->credentials[count];
        g_assert_cmpuint(count, <, head->n_credentials);
        char *scheme = g_strndup(found->scheme.at, found->scheme.length);
        char *token = g_strndup(found->token.at, found->token.length);
        char *line = g_strdup_printf("%d|%s|%s", (int)found->header, scheme, token);

        g_assert_cmpstr(line, ==, row->credentials[count]);
        g_free(line);
        g_free(token);
        g_free(scheme);
    }
    g_assert_cmpuint(head->n_credentials, ==, count);
}

static void
check_texts(const struct oa_http_head *head, const struct row *row)
{
    check_text(head->method, row->method);
    check_text(head->target, row->target);
    check_text(head->path, row->path);
    check_text(head->query, row->query);
    check_text(head->rpc_server, row->rpc_server);
    check_text(head->reason, row->reason);
    check_text(head->eeinfo, row->eeinfo);
    check_text(head->host, row->host);
    check_text(head->user_agent, row->user_agent);
    check_text(head->server_software, row->server_software);
    check_text(head->content_type, row->content_type);
    check_text(head->cookies[0], row->cookie);
    g_assert_cmpuint(head->n_cookies, ==, row->cookie ? 1 : 0);
    check_text(head->resource_type_uuid, row->resource_type_uuid);
    check_text(head->session_id, row->session_id);
}

static void
check_facts(const struct oa_http_head *head, const struct row *row)
{
    g_assert_cmpuint(head->length, ==, strlen(row->bytes));
    g_assert_cmpint(head->is_request, ==, row->method != NULL);
    g_assert_cmpuint(head->version_minor, ==, row->version_minor);
    g_assert_cmpint(head->method_id, ==, row->method_id);
    g_assert_cmpint(head->has_rpc_server, ==, row->rpc_server != NULL);
    g_assert_cmpuint(head->rpc_port, ==, row->rpc_port);
    g_assert_cmpuint(head->status, ==, row->status);
    g_assert_cmpint(head->has_rpc_error, ==, row->rpc_error != 0);
    g_assert_cmpuint(head->rpc_error, ==, (uint64_t)row->rpc_error);
    g_assert_cmpint(head->has_content_length, ==, row->content_length != NO_LENGTH);
    if (head->has_content_length)
        g_assert_cmpuint(head->content_length, ==, (uint64_t)row->content_length);
    g_assert_cmpint(head->chunked, ==, row->chunked);
    g_assert_cmpint(head->connection_close, ==, row->connection_close);
    g_assert_cmpint(head->expect_continue, ==, row->expect_continue);
    g_assert_cmpint(head->persistent_auth, ==, row->persistent_auth);
    g_assert_cmpint(head->has_min_conn_timeout, ==, row->min_conn_timeout_s != 0);
    g_assert_cmpuint(head->min_conn_timeout_s, ==, row->min_conn_timeout_s);
}

static void
test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_http_head head;

        g_test_message("%s", ROWS[i].name);
        uint8_t *copy = parse_whole(ROWS[i].bytes, &head);
        check_facts(&head, &ROWS[i]);
        check_texts(&head, &ROWS[i]);
        check_credentials(&head, &ROWS[i]);
        g_free(copy);
    }
}

static void
test_every_prefix(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        for (size_t length = 0; length < strlen(ROWS[i].bytes); length++) {
            struct oa_http_head head = { .status = 4711 };
            uint8_t *copy = exact(ROWS[i].bytes, length);

            g_assert_cmpint(oa_http_head_parse(copy, length, &head), ==, OA_HTTP_INCOMPLETE);
            g_assert_cmpuint(head.status, ==, 4711);
            g_free(copy);
        }
    }
}

/* The body behind a head changes nothing. */
static void
test_body_behind(void)
{
    static const uint8_t BODY[] = { 0x05, 0x00, 0x14, 0x03, '\r', '\n', '\r', '\n' };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        GByteArray *bytes = g_byte_array_new();
        struct oa_http_head head;

        g_byte_array_append(bytes, (const guint8 *)ROWS[i].bytes, (guint)strlen(ROWS[i].bytes));
        g_byte_array_append(bytes, BODY, sizeof BODY);
        g_assert_cmpint(oa_http_head_parse(bytes->data, bytes->len, &head), ==, OA_HTTP_COMPLETE);
        check_facts(&head, &ROWS[i]);
        g_byte_array_unref(bytes);
    }
}

static void
test_servers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SERVERS); i++) {
        const char *request = SERVERS[i].request;
        struct oa_http_head head;

        g_test_message("%s", request);
        uint8_t *copy = parse_whole(request, &head);
        g_assert_cmpint(head.has_rpc_server, ==, SERVERS[i].server != NULL);
        check_text(head.rpc_server, SERVERS[i].server);
        g_assert_cmpuint(head.rpc_port, ==, SERVERS[i].port);
        g_free(copy);
    }
}

/* [MS-RPCH] 2.2.2: shorter than 1024 characters */
static void
test_server_length(void)
{
    for (size_t length = 1023; length <= 1024; length++) {
        char *name = g_strnfill(length, 's');
        char *request = g_strdup_printf("RPC_IN_DATA /?%s:1 HTTP/1.1\r\n\r\n", name);
        struct oa_http_head head;
        uint8_t *copy = parse_whole(request, &head);

        g_assert_cmpint(head.has_rpc_server, ==, length < 1024);
        g_free(copy);
        g_free(request);
        g_free(name);
    }
}

static void
test_content_lengths(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(CONTENT_LENGTHS); i++) {
        const char *bytes = CONTENT_LENGTHS[i].head;
        struct oa_http_head head;

        g_test_message("%s", bytes);
        uint8_t *copy = parse_whole(bytes, &head);
        g_assert_cmpint(head.has_content_length, ==, CONTENT_LENGTHS[i].has);
        g_assert_cmpuint(head.content_length, ==, CONTENT_LENGTHS[i].length);
        g_free(copy);
    }
}

static void
test_not_heads(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(NOT_HEADS); i++) {
        size_t length = NOT_HEADS[i].length;
        struct oa_http_head head;
        uint8_t *copy = exact(NOT_HEADS[i].bytes, length);

        g_test_message("row %zu", i);
        g_assert_cmpint(oa_http_head_parse(copy, length, &head), ==, OA_HTTP_NOT_A_HEAD);
        g_free(copy);
    }
}

/* Each byte in each place of a line of that length: control characters but the tab are in no head.
 */
static void
check_every_byte(int line)
{
    for (int place = 0; place < line; place++)
        for (unsigned byte = 0; byte < 256; byte++) {
            g_autofree char *bytes = g_strdup_printf("GET / HTTP/1.1\r\nA: \t%.*s\r\n\r\n", line,
                                                     "56789012345678901234567890");
            const size_t length = strlen(bytes);
            bool is_control = (byte < ' ' && byte != '\t') || byte == 0x7F;
            struct oa_http_head head;
            size_t found;

            bytes[20 + place] = (char)byte;
            g_autofree uint8_t *copy = exact(bytes, length);
            enum oa_http_parse state = oa_http_head_find(copy, length, &found);
            if (byte == '\n' || !is_control) {
                g_assert_cmpint(state, ==, OA_HTTP_COMPLETE);
                bool is_end = byte == '\n' && place == line - 1; /* the line behind it is empty */
                g_assert_cmpuint(found, ==, is_end ? length - 2 : length);
            } else {
                g_assert_cmpint(state, ==, OA_HTTP_NOT_A_HEAD);
            }
            g_assert_cmpint(oa_http_head_parse(copy, length, &head), ==, state);
        }
}

/* The bytes are looked at sixteen, eight and one at a time. */
static void
test_every_byte(void)
{
    for (int line = 1; line <= 26; line++)
        check_every_byte(line);
}

/* Only reading shows that the start line of a whole head is wrong. */
static void
test_steps(void)
{
    static const char WRONG[] = "GET / HTTP/2.0\r\n\r\n";
    struct oa_http_head head = { .length = 7 };
    const uint8_t *data = (const uint8_t *)WRONG;
    size_t length;

    g_assert_cmpint(oa_http_head_find(data, sizeof WRONG - 1, &length), ==, OA_HTTP_COMPLETE);
    g_assert_false(oa_http_head_read(data, length, &head));
    g_assert_cmpuint(head.length, ==, 7);
    g_assert_cmpint(oa_http_head_find(data, sizeof WRONG - 2, &length), ==, OA_HTTP_NOT_A_HEAD);
}

static void
test_longest(void)
{
    char *name = g_strnfill(OA_HTTP_HEAD_MAX, 'a');
    struct oa_http_head head;

    memcpy(name, "GET / HTTP/1.1\r\nA: ", 19);
    const uint8_t *data = (const uint8_t *)name;
    g_assert_cmpint(oa_http_head_parse(data, OA_HTTP_HEAD_MAX - 1, &head), ==, OA_HTTP_INCOMPLETE);
    g_assert_cmpint(oa_http_head_parse(data, OA_HTTP_HEAD_MAX, &head), ==, OA_HTTP_NOT_A_HEAD);
    memcpy(name + OA_HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
    g_assert_cmpint(oa_http_head_parse(data, OA_HTTP_HEAD_MAX, &head), ==, OA_HTTP_COMPLETE);
    g_assert_cmpuint(head.length, ==, OA_HTTP_HEAD_MAX);
    g_free(name);
}

static void
test_too_many_credentials(void)
{
    GString *text = g_string_new("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: S0");
    struct oa_http_head head;

    for (unsigned i = 1; i <= OA_HTTP_CREDENTIALS_MAX; i++)
        g_string_append_printf(text, ", S%u, p=\"q\"", i);
    g_string_append(text, "\r\n\r\n");
    uint8_t *copy = parse_whole(text->str, &head);
    g_assert_cmpuint(head.n_credentials, ==, OA_HTTP_CREDENTIALS_MAX);
    check_text(head.credentials[OA_HTTP_CREDENTIALS_MAX - 1].scheme, "S7");
    check_text(head.credentials[OA_HTTP_CREDENTIALS_MAX - 1].token, "p=\"q\"");
    g_free(copy);
    g_string_free(text, TRUE);
}

static void
test_rpc_method(void)
{
    static const struct {
        const char *bytes;
        enum oa_http_parse result;
        enum oa_http_method method;
    } METHOD_ROWS[] = {
        { "", OA_HTTP_INCOMPLETE, OA_HTTP_OTHER },
        { "R", OA_HTTP_INCOMPLETE, OA_HTTP_OTHER },
        { "RPC_", OA_HTTP_INCOMPLETE, OA_HTTP_OTHER },
        { "RPC_IN_DATA", OA_HTTP_INCOMPLETE, OA_HTTP_OTHER },
        { "RPC_IN_DATA ", OA_HTTP_COMPLETE, OA_HTTP_RPC_IN_DATA },
        { "RPC_OUT_DATA /", OA_HTTP_COMPLETE, OA_HTTP_RPC_OUT_DATA },
        { "RPC_CONNECT s:593 HTTP/1.1\r\n", OA_HTTP_COMPLETE, OA_HTTP_RPC_CONNECT },
        { "RPC_IN_DATAX", OA_HTTP_NOT_A_HEAD, OA_HTTP_OTHER },
        { "RPC_X", OA_HTTP_NOT_A_HEAD, OA_HTTP_OTHER },
        { "rpc_in_data ", OA_HTTP_NOT_A_HEAD, OA_HTTP_OTHER },
        { "GET / HTTP/1.1", OA_HTTP_NOT_A_HEAD, OA_HTTP_OTHER },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(METHOD_ROWS); i++) {
        size_t length = strlen(METHOD_ROWS[i].bytes);
        uint8_t *copy = exact(METHOD_ROWS[i].bytes, length);
        enum oa_http_method method = OA_HTTP_RPC_CONNECT;

        g_assert_cmpint(oa_http_rpc_method(copy, length, &method), ==, METHOD_ROWS[i].result);
        g_assert_cmpint(method, ==, METHOD_ROWS[i].method);
        g_free(copy);
    }
}

/* Header fields of MAPI over HTTP, and cookies of several lines and several to a line. */
static void
test_mapi(void)
{
    static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\n"
                                 "X-RequestType: Connect\r\nX-RequestId: {A}:1\r\n"
                                 "X-ClientInfo: {B}:2\r\nX-ResponseCode: 0\r\n"
                                 "X-PendingPeriod: 30000\r\nX-ExpirationInfo: 900000\r\n"
                                 "X-ServerApplication: Exchange/15.00.0847.4040\r\n"
                                 "Set-Cookie: MapiContext=MAPIAAAA; path=/mapi/; secure\r\n"
                                 "Set-Cookie: MapiSequence = 1-7\r\n\r\n";
    static const char REQUEST[] = "POST /mapi/nspi/ HTTP/1.1\r\nX-DeviceInfo: d\r\n"
                                  "X-ClientApplication: Outlook/15.0.4815.1000\r\n"
                                  "Cookie: a=1; sid=x=y; b\r\nCookie: sequence=2\r\n\r\n";
    struct oa_http_head head;
    struct oa_text value = { NULL, 0 };

    g_assert_cmpint(oa_http_head_parse((const uint8_t *)ANSWER, sizeof ANSWER - 1, &head), ==,
                    OA_HTTP_COMPLETE);
    check_text(head.mapi.request_type, "Connect");
    check_text(head.mapi.request_id, "{A}:1");
    check_text(head.mapi.client_info, "{B}:2");
    check_text(head.mapi.response_code, "0");
    check_text(head.mapi.pending_period, "30000");
    check_text(head.mapi.expiration_info, "900000");
    check_text(head.mapi.server_application, "Exchange/15.00.0847.4040");
    g_assert_true(oa_http_cookie(&head, "mapicontext", &value));
    check_text(value, "MAPIAAAA");
    g_assert_true(oa_http_cookie(&head, "MapiSequence", &value));
    check_text(value, "1-7");
    g_assert_false(oa_http_cookie(&head, "Mapi", &value));

    g_assert_cmpint(oa_http_head_parse((const uint8_t *)REQUEST, sizeof REQUEST - 1, &head), ==,
                    OA_HTTP_COMPLETE);
    check_text(head.mapi.device_info, "d");
    check_text(head.mapi.client_application, "Outlook/15.0.4815.1000");
    g_assert_true(oa_http_cookie(&head, "sid", &value));
    check_text(value, "x=y");
    g_assert_true(oa_http_cookie(&head, "b", &value));
    check_text(value, NULL);
    g_assert_true(oa_http_cookie(&head, "sequence", &value));
    check_text(value, "2");
}

/* The beginning of a head, cut anywhere: what is shown is what the whole shows, and each fact as
 * soon as its line is there; the user as soon as the colon after it is. */
static void
test_cut(void)
{
    static const char HEAD[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                               "Content-Length: 1073741824\r\nHost: mail.lab.test\r\n"
                               "Authorization: Basic TEFCXGFkYTpwdw==\r\n\r\n";
    const size_t line = (size_t)(strchr(HEAD, '\n') - HEAD),
                 colon = (size_t)(strstr(HEAD, "YTpw") - HEAD) + 4;
    struct oa_http_head head;

    for (size_t length = 0; length < sizeof HEAD - 1; length++) {
        enum oa_http_parse state = oa_http_head_parse_cut((const uint8_t *)HEAD, length, &head);
        if (length < strlen("RPC_IN_DATA ")) {
            g_assert_cmpint(state, ==, OA_HTTP_NOT_A_HEAD);
            continue;
        }
        g_assert_cmpint(state, ==, OA_HTTP_COMPLETE);
        g_assert_true(head.is_cut && head.is_request);
        g_assert_cmpint(head.method_id, ==, OA_HTTP_RPC_IN_DATA);
        g_assert_cmpuint(head.length, ==, length);
        g_assert_true(head.has_rpc_server == (length > line));
        g_assert_true(oa_text_equals(head.rpc_server, length > line ? "mbx1" : ""));
        g_assert_cmpuint(head.n_credentials, ==, length >= colon);
        g_assert_true(!head.has_content_length || head.content_length == 1073741824);
        g_assert_true(!head.host.length || oa_text_equals(head.host, "mail.lab.test"));
    }
    g_assert_cmpint(oa_http_head_parse_cut((const uint8_t *)HEAD, sizeof HEAD - 1, &head), ==,
                    OA_HTTP_NOT_A_HEAD); /* it is whole */
    g_assert_cmpint(oa_http_head_parse_cut((const uint8_t *)"HTTP/1.1 200 Su", 15, &head), ==,
                    OA_HTTP_COMPLETE);
    g_assert_cmpuint(head.status, ==, 200);
    g_assert_cmpuint(head.reason.length, ==, 0);
    g_assert_cmpint(oa_http_head_parse_cut((const uint8_t *)"HTTP/1.1 20", 11, &head), ==,
                    OA_HTTP_NOT_A_HEAD);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-head/rows", test_rows);
    g_test_add_func("/http-head/every-prefix", test_every_prefix);
    g_test_add_func("/http-head/body-behind", test_body_behind);
    g_test_add_func("/http-head/servers", test_servers);
    g_test_add_func("/http-head/server-length", test_server_length);
    g_test_add_func("/http-head/content-lengths", test_content_lengths);
    g_test_add_func("/http-head/not-heads", test_not_heads);
    g_test_add_func("/http-head/every-byte", test_every_byte);
    g_test_add_func("/http-head/steps", test_steps);
    g_test_add_func("/http-head/longest", test_longest);
    g_test_add_func("/http-head/too-many-credentials", test_too_many_credentials);
    g_test_add_func("/http-head/mapi", test_mapi);
    g_test_add_func("/http-head/rpc-method", test_rpc_method);
    g_test_add_func("/http-head/cut", test_cut);
    return g_test_run();
}
