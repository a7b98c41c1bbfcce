/* mapi_http.h
 * MAPI over HTTP: which HTTP messages carry it, what they ask for, and where the body proper of an
 * answer begins. [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3, 2.2.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_HTTP_H
#define OA_MAPI_HTTP_H

#include "http/http_head.h"

/* A line in front of a body that is longer is not taken for one. */
#define OA_MAPI_HTTP_LINE_MAX 4096

enum oa_mapi_http_endpoint {
    OA_MAPI_HTTP_NO_ENDPOINT,
    OA_MAPI_HTTP_EMSMDB, /* /mapi/emsmdb, the mailbox */
    OA_MAPI_HTTP_NSPI,   /* /mapi/nspi, the address book */
};

/* OA_MAPI_HTTP_CONNECT and so on. */
enum oa_mapi_http_type {
    OA_MAPI_HTTP_UNKNOWN,
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint) OA_MAPI_HTTP_##id,
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
    OA_MAPI_HTTP_TYPES
};

struct oa_mapi_http_request {
    enum oa_mapi_http_endpoint endpoint; /* by the path; if that tells none, by the type */
    enum oa_mapi_http_type type;         /* head->mapi.request_type has it as sent */
    struct oa_text mailbox_id;           /* MailboxId of the query, as sent */
};

/*
 * Whether a request's head is one of MAPI over HTTP: a POST with the content type
 * application/mapi-http or with X-RequestType. Both are asked for when the path is neither of the
 * two known ones (a proxy may have changed it).
 */
bool oa_mapi_http_request(const struct oa_http_head *head, struct oa_mapi_http_request *request);

/* Whether the body of a response is one of MAPI over HTTP; one that tells of a failure may be text
 * or HTML instead. */
bool oa_mapi_http_has_body(const struct oa_http_head *head);

enum oa_mapi_http_line_kind {
    OA_MAPI_HTTP_PROCESSING, /* the meta-tags, [MS-OXCMAPIHTTP] 2.2.7 */
    OA_MAPI_HTTP_PENDING,
    OA_MAPI_HTTP_DONE,
    OA_MAPI_HTTP_HEADER, /* an additional response header, behind DONE */
    OA_MAPI_HTTP_BLANK,  /* the line that ends them */
};

struct oa_mapi_http_line {
    enum oa_mapi_http_line_kind kind;
    size_t offset; /* in the body */
    size_t length; /* with the line's end */
    struct oa_text name;
    struct oa_text value; /* of a header */
};

enum oa_mapi_http_state {
    OA_MAPI_HTTP_PREAMBLE, /* more lines must come */
    OA_MAPI_HTTP_BODY,     /* the preamble is over, the binary body begins at `offset` */
    OA_MAPI_HTTP_OTHER,    /* at `offset` stands what belongs in no preamble */
};

/*
 * Reads the lines in front of a response's body one by one. It starts as {0} and keeps no bytes:
 * the same reader goes on when it is given more of the same body, chunk framing taken off.
 */
struct oa_mapi_http_reader {
    enum oa_mapi_http_state state;
    size_t offset; /* of the next line */
    bool done;     /* DONE was met: headers follow */
};

/* The next line; false when there is no whole one. `body` is always all of it from its start. */
bool oa_mapi_http_next_line(struct oa_mapi_http_reader *reader, const uint8_t *body, size_t length,
                            struct oa_mapi_http_line *line);

/* All that the lines tell. Texts point into the body. */
struct oa_mapi_http_preamble {
    enum oa_mapi_http_state state;
    size_t body_offset; /* where the binary body begins, or the first byte that fits nowhere */
    unsigned n_processing, n_pending;
    bool done;
    bool has_response_code;
    uint32_t response_code; /* takes the place of the one in the head */
    bool has_elapsed_time;
    uint32_t elapsed_time_ms; /* the server's own measurement */
    struct oa_text start_time;
};

void oa_mapi_http_preamble(const uint8_t *body, size_t length,
                           struct oa_mapi_http_preamble *preamble);

/* The code in the X-ResponseCode of a head, or as `text` has it; false when there is none. */
bool oa_mapi_http_response_code(struct oa_text text, uint32_t *code);

/* The type of an X-RequestType, of a request or of the answer that repeats it. */
enum oa_mapi_http_type oa_mapi_http_type_of(struct oa_text text);

enum oa_mapi_http_endpoint oa_mapi_http_type_endpoint(enum oa_mapi_http_type type);
const char *oa_mapi_http_type_name(enum oa_mapi_http_type type); /* "Unknown" for no type */
const char *oa_mapi_http_line_name(enum oa_mapi_http_line_kind kind);

/* NULL for a code that the document does not name. [MS-OXCMAPIHTTP] 2.2.3.3.3 */
const char *oa_mapi_http_response_code_name(uint32_t code);

#endif
