/* http_head.h
 * One HTTP/1.x message head, parsed into the facts that RPC over HTTP needs.
 * [MS-RPCH] 2.1, [RFC 9112]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_HEAD_H
#define OA_HTTP_HEAD_H

#include "http/http_head_end.h"

/* Authentication header lines kept of one head; servers offer a handful of schemes at most. */
#define OA_HTTP_CREDENTIALS_MAX 8

/* Cookie or Set-Cookie lines kept of one head; Exchange sets four or five. */
#define OA_HTTP_COOKIES_MAX 8

enum oa_http_method {
    OA_HTTP_OTHER,
    OA_HTTP_RPC_IN_DATA,
    OA_HTTP_RPC_OUT_DATA,
    OA_HTTP_RPC_CONNECT, /* [MS-RPCH] 2.1.1.1.1, RPC over HTTP v1 */
};

enum oa_http_auth_header {
    OA_HTTP_AUTHORIZATION,
    OA_HTTP_PROXY_AUTHORIZATION,
    OA_HTTP_WWW_AUTHENTICATE,
    OA_HTTP_PROXY_AUTHENTICATE,
};

/* One scheme of one authentication header: `Authorization: NTLM TlRM...`. The token may be absent
 * (an offer only). */
struct oa_http_credentials {
    enum oa_http_auth_header header;
    struct oa_text scheme;
    struct oa_text token;
};

/* Header fields of MAPI over HTTP, as sent. [MS-OXCMAPIHTTP] 2.2.3.3 */
struct oa_http_mapi {
    struct oa_text request_type; /* X-RequestType, and so on */
    struct oa_text request_id;
    struct oa_text response_code;
    struct oa_text client_info;
    struct oa_text client_application;
    struct oa_text server_application;
    struct oa_text expiration_info;
    struct oa_text pending_period;
    struct oa_text elapsed_time;
    struct oa_text start_time;
    struct oa_text device_info;
};

/* All texts point into the parsed bytes and are valid as long as these. */
struct oa_http_head {
    size_t length; /* of the whole head with its empty line, bytes */
    bool is_cut;   /* only of oa_http_head_parse_cut(): what its end contained is unknown */
    bool is_request;
    unsigned version_minor; /* of HTTP/1.x */

    /* requests */
    enum oa_http_method method_id;
    struct oa_text method;
    struct oa_text target; /* as sent, origin or absolute form */
    struct oa_text path;   /* of either form, without the query */
    struct oa_text query;
    bool has_rpc_server;       /* the query is `server:port`, [MS-RPCH] 2.2.2 */
    struct oa_text rpc_server; /* DNS name, IPv4, IPv6 (without brackets), NetBIOS name or
                                  mailbox-guid@domain */
    uint32_t rpc_port;

    /* responses */
    unsigned status;
    struct oa_text reason;
    bool has_rpc_error; /* reason phrase `RPC Error: 6ba[, EEInfo: base64]`, [MS-RPCH] 2.1.2.1.3 */
    uint32_t rpc_error; /* Win32 code */
    struct oa_text eeinfo;

    /* both */
    bool has_content_length;
    uint64_t content_length;
    bool chunked;
    bool connection_close;
    bool expect_continue;
    bool persistent_auth;
    struct oa_text host;
    struct oa_text user_agent;
    struct oa_text server_software;
    struct oa_text content_type; /* without parameters */
    struct oa_text content_encoding;
    struct oa_text cookies[OA_HTTP_COOKIES_MAX]; /* values of Cookie and Set-Cookie lines */
    size_t n_cookies;
    struct oa_http_mapi mapi;
    bool has_min_conn_timeout; /* Pragma: MinConnTimeout=T, [MS-RPCH] 2.1.2.1.1 */
    uint32_t min_conn_timeout_s;
    struct oa_text resource_type_uuid; /* Pragma: ResourceTypeUuid=U, without braces */
    struct oa_text session_id;         /* Pragma: SessionId=U, without braces */
    struct oa_http_credentials credentials[OA_HTTP_CREDENTIALS_MAX];
    size_t n_credentials;
};

/*
 * Parses the head at the start of `data`. Fills `head` only when it returns OA_HTTP_COMPLETE.
 * Accepts lines that end in CR LF or LF, names in any case, and folded lines (taken as lines of
 * their own and ignored). The method of a request must consist of token characters and its line end
 * in HTTP/1.x; a response must begin with HTTP/1. Never reads beyond `length`.
 */
enum oa_http_parse oa_http_head_parse(const uint8_t *data, size_t length,
                                      struct oa_http_head *head);

/*
 * The same for the beginning of a head whose rest the capture lacks: takes the lines that are
 * there in full, and the user of Basic credentials. Of a start line without its end only the method
 * of RPC over HTTP or the status is known.
 */
enum oa_http_parse oa_http_head_parse_cut(const uint8_t *data, size_t length,
                                          struct oa_http_head *head);

/* The two steps of oa_http_head_parse(), for those who copy a head before they read it. The first
 * finds its end, the length of a complete head; of such a one only the second shows whether the
 * start line is right, and returns false if it is not. */
enum oa_http_parse oa_http_head_find(const uint8_t *data, size_t length, size_t *head_length);
bool oa_http_head_read(const uint8_t *data, size_t length, struct oa_http_head *head);

/* The bytes of the head have been copied from `from` to `to`: so its texts are there now. */
void oa_http_head_move(struct oa_http_head *head, const uint8_t *from, const uint8_t *to);

/*
 * Whether the bytes of an incomplete head may have become a complete one since there were `was` of
 * them, so that bytes that trickle in are not parsed again each time. Always true for few bytes:
 * parsing them checks the start line.
 */
bool oa_http_head_may_be_whole(const uint8_t *data, size_t length, size_t was);

/* Finds a cookie by name in Cookie and Set-Cookie lines. */
bool oa_http_cookie(const struct oa_http_head *head, const char *name, struct oa_text *value);

/*
 * Whether bytes are the beginning of an RPC over HTTP request line (`RPC_IN_DATA `, `RPC_OUT_DATA
 * `, `RPC_CONNECT `): OA_HTTP_COMPLETE if the method is there in full, OA_HTTP_INCOMPLETE if the
 * bytes match as far as they go, otherwise OA_HTTP_NOT_A_HEAD.
 */
enum oa_http_parse oa_http_rpc_method(const uint8_t *data, size_t length,
                                      enum oa_http_method *method);

#endif
