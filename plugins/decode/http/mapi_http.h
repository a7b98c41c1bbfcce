/* mapi_http.h
 * MAPI over HTTP: which HTTP messages carry it, what they request, and where the actual body of a
 * response begins. [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3, 2.2.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_HTTP_H
#define OA_MAPI_HTTP_H

#include "http/http_head.h"

/* Longest line before a body. */
#define OA_MAPI_HTTP_LINE_MAX 4096

enum oa_mapi_http_endpoint {
    OA_MAPI_HTTP_NO_ENDPOINT,
    OA_MAPI_HTTP_EMSMDB, /* /mapi/emsmdb, the mailbox */
    OA_MAPI_HTTP_NSPI,   /* /mapi/nspi, the address book */
};

/* OA_MAPI_HTTP_UNKNOWN, which is 0, OA_MAPI_HTTP_CONNECT and so on. */
enum oa_mapi_http_type {
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts) OA_MAPI_HTTP_##id,
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
    OA_MAPI_HTTP_TYPES
};

struct oa_mapi_http_request {
    enum oa_mapi_http_endpoint endpoint; /* by the path; if that is not known, by the type */
    enum oa_mapi_http_type type;         /* head->mapi.request_type has it as sent */
    struct oa_text mailbox_id;           /* MailboxId of the query, as sent */
};

/*
 * Whether a request's head is one of MAPI over HTTP: a POST with the content type
 * application/mapi-http or with X-RequestType. Both are required if the path is not one of the two
 * known ones (a proxy may have changed it).
 */
bool oa_mapi_http_request(const struct oa_http_head *head, struct oa_mapi_http_request *request);

/* The cookie that carries the Session Context, of Exchange or Gromox; empty if the head has none.
 * All others (routing, sequence, load balancing) change or are shared. [MS-OXCMAPIHTTP] 2.2.3.2 */
struct oa_text oa_mapi_http_context(const struct oa_http_head *head);

/* Whether the body of a response is one of MAPI over HTTP; that of a failed request may be text or
 * HTML instead. */
bool oa_mapi_http_has_body(const struct oa_http_head *head);

/* Whether the head alone shows that it is a response of MAPI over HTTP: it names the type of the
 * request, and such a body follows or there is an X-ResponseCode. [MS-OXCMAPIHTTP] 2.2.3.3.1,
 * 2.2.3.3.3 */
bool oa_mapi_http_is_response(const struct oa_http_head *head);

enum oa_mapi_http_line_kind {
    OA_MAPI_HTTP_PROCESSING, /* the meta-tags, [MS-OXCMAPIHTTP] 2.2.7 */
    OA_MAPI_HTTP_PENDING,
    OA_MAPI_HTTP_DONE,
    OA_MAPI_HTTP_HEADER, /* an additional response header, after DONE */
    OA_MAPI_HTTP_BLANK,  /* the line that ends them */
};

struct oa_mapi_http_line {
    enum oa_mapi_http_line_kind kind;
    size_t offset; /* in the body */
    size_t length; /* with the line end */
    struct oa_text name;
    struct oa_text value; /* of a header */
};

enum oa_mapi_http_state {
    OA_MAPI_HTTP_PREAMBLE, /* more lines follow */
    OA_MAPI_HTTP_BODY,     /* the preamble has ended, the binary body begins at `offset` */
    OA_MAPI_HTTP_OTHER,    /* the bytes at `offset` do not belong to a preamble */
};

/*
 * Reads the lines before the body of a response one by one. It starts as {0} and keeps no bytes:
 * the same reader continues when it gets more of the same body, without chunk framing.
 */
struct oa_mapi_http_reader {
    enum oa_mapi_http_state state;
    size_t offset; /* of the next line */
    bool done;     /* after DONE: headers follow */
};

/* The next line; false if there is no complete one. `body` is always the whole body from its start.
 * */
bool oa_mapi_http_next_line(struct oa_mapi_http_reader *reader, const uint8_t *body, size_t length,
                            struct oa_mapi_http_line *line);

/* What the lines contain. Texts point into the body. */
struct oa_mapi_http_preamble {
    enum oa_mapi_http_state state;
    size_t body_offset; /* where the binary body begins, or the first byte that does not belong to
                           the preamble */
    unsigned n_processing, n_pending;
    bool done;
    bool has_response_code;
    uint32_t response_code; /* replaces the one in the head */
    bool has_elapsed_time;
    uint32_t elapsed_time_ms; /* as measured by the server */
    struct oa_text start_time;
};

/* Reads all lines before the body of a response. */
void oa_mapi_http_preamble(const uint8_t *body, size_t length,
                           struct oa_mapi_http_preamble *preamble);

/* The code in an X-ResponseCode, given as text; false if there is none. */
bool oa_mapi_http_response_code(struct oa_text text, uint32_t *code);

/* The type in an X-RequestType, of a request or of the response that repeats it. */
enum oa_mapi_http_type oa_mapi_http_type_of(struct oa_text text);

/* The endpoint that a request type belongs to, and the names of types and of lines. */
enum oa_mapi_http_endpoint oa_mapi_http_type_endpoint(enum oa_mapi_http_type type);
const char *oa_mapi_http_type_name(enum oa_mapi_http_type type); /* "Unknown" for no type */
const char *oa_mapi_http_line_name(enum oa_mapi_http_line_kind kind);

/* NULL for a code that the document does not name. [MS-OXCMAPIHTTP] 2.2.3.3.3 */
const char *oa_mapi_http_response_code_name(uint32_t code);

#endif
