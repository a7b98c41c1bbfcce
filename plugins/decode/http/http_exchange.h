/* http_exchange.h
 * Requests and responses of MAPI over HTTP on one TCP connection, assembled from its bytes.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5, [RFC 9112] 6, 7.1, 9.3
 *
 * A host creates a connection for each TCP connection that begins with an HTTP request and passes
 * it the bytes of both directions, in order, in pieces of any size. Other HTTP on the same
 * connection is skipped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_EXCHANGE_H
#define OA_HTTP_EXCHANGE_H

#include "base/ground.h"
#include "http/mapi_http.h"

struct oa_http_message {
    bool has_head; /* if false, everything else is unknown */
    struct oa_http_head head;
    struct oa_text context;      /* in a cookie of the head, see oa_mapi_http_context() */
    const uint8_t *body;         /* from its start, without chunk framing */
    size_t body_kept;            /* bytes in `body` */
    uint64_t body_length;        /* bytes received or known to be lost */
    uint64_t wire_bytes;         /* head, body and chunk framing in the capture */
    struct oa_stamp first, last; /* where its first and last bytes were received */
    bool is_complete;            /* the end was seen */
    bool has_gap;     /* bytes are missing from the capture; the body is kept up to there */
    bool end_is_lost; /* the last ones, too: the time of `last` is not that of the end */
};

struct oa_http_exchange {
    uint64_t number;                  /* within the connection, from 0, in order of appearance */
    struct oa_http_message request;   /* has_head is false if only the response is in the capture */
    struct oa_http_message response;  /* has_head is false if there is none */
    unsigned n_continues;             /* 100 Continue and other interim responses */
    struct oa_mapi_http_request mapi; /* without a request, from the response's X-RequestType */
    struct oa_mapi_http_preamble
        preamble;           /* state OTHER unless the response has a MAPI over HTTP body */
    bool is_cut;            /* of the bodies less is kept than was received: base/limits.h */
    bool has_response_code; /* the preamble's X-ResponseCode, otherwise the head's */
    uint32_t response_code;
};

/* Everything an exchange points to is valid during the call. */
typedef void (*oa_http_exchange_function)(void *context, const struct oa_http_exchange *exchange);

struct oa_http_connection;
struct oa_http_store; /* http_store.h */

/* A connection without bytes yet; `context` is passed to the function. Without a store, NULL, it
 * has one of its own. */
struct oa_http_connection *oa_http_connection_new(oa_http_exchange_function on_exchange,
                                                  void *context, struct oa_http_store *store);

/* The host also gets each head of MAPI over HTTP when it is received, with what is known of its
 * exchange by then; exchanges are identified by their number. */
typedef void (*oa_http_head_function)(void *context, const struct oa_http_exchange *exchange,
                                      enum oa_side side);
void oa_http_connection_on_head(struct oa_http_connection *connection,
                                oa_http_head_function on_head);

/* The host has read the head at `at`, among the bytes that it passes next, so that it need not be
 * read again. Both are used until oa_http_connection_data() returns. */
void oa_http_connection_know_head(struct oa_http_connection *connection, const uint8_t *at,
                                  const struct oa_http_head *head);

/* Takes all of the next bytes of that side. The host gets each exchange of MAPI over HTTP when its
 * response is complete. */
void oa_http_connection_data(struct oa_http_connection *connection, enum oa_side side,
                             const uint8_t *data, size_t length, struct oa_stamp stamp);

/* Whether the requests of the responses that come next may come after them, because bytes of the
 * client wait behind missing ones. Responses then wait for the request with their X-RequestId. */
void oa_http_connection_expect_late(struct oa_http_connection *connection, bool requests_are_late);

/* Whether too many requests waited, though the capture has responses: base/limits.h. */
bool oa_http_connection_gave_up(const struct oa_http_connection *connection);

/* The next `bytes` bytes of that side are missing from the capture. A head that they cut off counts
 * as far as it goes. Unless they all belong to a body of known length, decoding resumes at the next
 * head. */
void oa_http_connection_lost(struct oa_http_connection *connection, enum oa_side side,
                             uint64_t bytes);

/* The TCP connection has ended: passes the waiting exchanges on as they are, and frees it. With
 * `is_clean` a response that lasts until the connection ends is complete. */
void oa_http_connection_close(struct oa_http_connection *connection, bool is_clean);

/* Frees it without reporting the waiting exchanges; NULL is allowed. */
void oa_http_connection_free(struct oa_http_connection *connection);

#endif
