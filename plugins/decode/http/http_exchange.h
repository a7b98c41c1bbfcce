/* http_exchange.h
 * Requests and answers of MAPI over HTTP on one TCP connection, put together from its bytes.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5, [RFC 9112] 6, 7.1, 9.3
 *
 * A host creates a connection for each TCP connection that begins with an HTTP request, and gives
 * it the bytes of both directions, in order, in whatever pieces. Other HTTP on the same connection
 * is walked over and not kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_EXCHANGE_H
#define OA_HTTP_EXCHANGE_H

#include "base/ground.h"
#include "http/mapi_http.h"

/* Bytes of one body, and of all bodies of one connection, that are kept at a time. The
 * ROP buffers of a message have 256 KiB at the most, [MS-OXCRPC] 3.1.4.2. */
#define OA_HTTP_BODY_KEPT_MAX (4 * 1024 * 1024)
#define OA_HTTP_KEPT_MAX (16 * 1024 * 1024)

/* Requests without an answer that are waited for on one connection. */
#define OA_HTTP_PIPELINE_MAX 64

struct oa_http_message {
    bool has_head; /* without it all else is unknown */
    struct oa_http_head head;
    const uint8_t *body;         /* from its start, chunk framing taken off */
    size_t body_kept;            /* bytes there */
    uint64_t body_length;        /* bytes that came, or that are known to be lost */
    uint64_t wire_bytes;         /* head, body and chunk framing in the capture */
    struct oa_stamp first, last; /* where its first and its last byte came */
    bool is_complete;            /* the end was seen */
    bool has_gap;                /* bytes are not in the capture; the body is kept up to there */
};

struct oa_http_exchange {
    uint64_t number;                  /* of the connection's, from 0, in order of appearance */
    struct oa_http_message request;   /* has_head is false when only the answer is in the capture */
    struct oa_http_message response;  /* has_head is false when there is none */
    unsigned n_continues;             /* 100 Continue and other answers that came before the one */
    struct oa_mapi_http_request mapi; /* without a request, by the answer's X-RequestType */
    struct oa_mapi_http_preamble preamble; /* state OTHER unless the answer has a body of ours */
    bool has_response_code;                /* the preamble's X-ResponseCode, else the head's */
    uint32_t response_code;
};

/* All an exchange points to is valid during the call. */
typedef void (*oa_http_exchange_function)(void *context, const struct oa_http_exchange *exchange);

struct oa_http_connection;

struct oa_http_connection *oa_http_connection_new(oa_http_exchange_function on_exchange,
                                                  void *context);

/* The host is also told of each head of MAPI over HTTP when it comes, with what is known of its
 * exchange then; exchanges are told apart by their number. */
typedef void (*oa_http_head_function)(void *context, const struct oa_http_exchange *exchange,
                                      enum oa_side side);
void oa_http_connection_on_head(struct oa_http_connection *connection,
                                oa_http_head_function on_head);

/*
 * The length of the message whose head begins the bytes, empty lines in front of it included; 0
 * when it is not all there, when it lasts until the connection ends, and when there is no head.
 * What answers HEAD or CONNECT is not told from others.
 */
size_t oa_http_message_length(const uint8_t *data, size_t length);

/* Takes the next bytes of that side, all of them. Each exchange of MAPI over HTTP is given to the
 * host when its answer is complete. */
void oa_http_connection_data(struct oa_http_connection *connection, enum oa_side side,
                             const uint8_t *data, size_t length, struct oa_stamp stamp);

/* The capture does not hold the next `bytes` of that side. Where they are not all of a body whose
 * length is known, decoding takes up again at the next head. */
void oa_http_connection_lost(struct oa_http_connection *connection, enum oa_side side,
                             uint64_t bytes);

/* The TCP connection is over: gives the exchanges that wait, as they are, and frees it. With
 * `is_clean` an answer whose length only this end tells is complete. */
void oa_http_connection_close(struct oa_http_connection *connection, bool is_clean);

/* Frees it without telling of what waits; NULL is allowed. */
void oa_http_connection_free(struct oa_http_connection *connection);

#endif
