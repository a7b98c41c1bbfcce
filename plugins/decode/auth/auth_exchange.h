/* auth_exchange.h
 * Authentication exchanges: which requests, or RPC PDUs, belong together, the identity they carry,
 * and how they ended. [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11, [MS-RPCE] 3.3.1.5.2
 *
 * One TCP connection has one HTTP exchange at a time, one virtual connection one RPC exchange; each
 * is reported by OA_EVENT_AUTH_DONE when the next begins, or when its connection ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_EXCHANGE_H
#define OA_AUTH_EXCHANGE_H

#include "auth/auth.h"
#include "base/ground.h"

struct oa_channel;            /* track/events.h */
struct oa_virtual_connection; /* track/events.h */

/* Schemes that can be offered: each once. */
#define OA_AUTH_OFFER_MAX (OA_AUTH_SCHEME_OTHER + 1)

enum oa_auth_place { OA_AUTH_HTTP, OA_AUTH_RPC };

enum oa_auth_result {
    OA_AUTH_PENDING,   /* under way, or never finished */
    OA_AUTH_ACCEPTED,  /* the request was granted */
    OA_AUTH_REFUSED,   /* 401 or 407 to the last token; bind_nak, or a fault that reports it */
    OA_AUTH_UNDECIDED, /* a response that does not show it, such as 403 or 404 */
};

/* What became of a request without any credentials. */
enum oa_auth_anonymous {
    OA_AUTH_ANONYMOUS_NOT_TRIED,
    OA_AUTH_ANONYMOUS_PENDING,
    OA_AUTH_ANONYMOUS_ACCEPTED,
    OA_AUTH_ANONYMOUS_REFUSED,
    OA_AUTH_ANONYMOUS_UNKNOWN, /* accepted, perhaps for an authentication before the capture */
};

struct oa_auth_exchange {
    uint64_t number; /* from 0, in order of the first requests, HTTP and RPC together */
    enum oa_auth_place place;
    struct oa_channel *channel;       /* HTTP */
    struct oa_virtual_connection *vc; /* RPC */
    struct oa_stamp first;            /* the first request, or PDU */
    struct oa_stamp last; /* HTTP: the last response, or the last request; RPC: the last PDU with a
                             token, or the one that refuses it */
    bool answered;        /* `last` is of the server */
    unsigned legs;        /* HTTP: requests; RPC: PDUs with a token, of both sides */
    enum oa_auth_scheme scheme;   /* of the client's credentials; NONE without any */
    const struct oa_auth *client; /* from the client's tokens, the later ones first; never NULL, all
                                     empty without a token */
    const struct oa_auth *server; /* the same from the server's */
    enum oa_auth_result result;
    bool kerberos_declined; /* the server chose NTLM although the client sent a Kerberos ticket,
                               whose SPN and realm `client` keeps */

    /* HTTP */
    bool may_begin_earlier; /* requests before it on the connection may be missing */
    bool is_split;          /* the client responds to an NTLM challenge of another connection; the
                               result is never a refusal */
    bool is_proxy;          /* 407 and Proxy-Authorization */
    unsigned offered;       /* schemes of the challenges: bit 1 << enum oa_auth_scheme */
    uint8_t offer[OA_AUTH_OFFER_MAX]; /* the same in the server's order; then
                                         OA_AUTH_SCHEME_NONE */
    unsigned status;                  /* of the response to the last request; 0 none */
    enum oa_auth_anonymous anonymous;
    bool may_have_certificate; /* the path of clients that present one in TLS, [MS-RPCH] 2.2.2 */
    bool is_persistent;        /* `Persistent-Auth: true`, or later requests were accepted without
                                  credentials */
    unsigned later_requests;   /* that rely on it */

    /* RPC */
    uint8_t type, level;
    uint32_t context_id;
    struct oa_signatures signatures; /* of the PDUs of its context, until the next exchange */
};

/* Whether any credentials were sent. */
bool oa_auth_exchange_has_credentials(const struct oa_auth_exchange *exchange);

/* The mechanism that both sides agreed on. */
enum oa_auth_mechanism oa_auth_exchange_mechanism(const struct oa_auth_exchange *exchange);

/* "accepted", "refused", "undecided", "unfinished". */
const char *oa_auth_result_name(enum oa_auth_result result);

/* "accepted", "refused", "unknown"; "" otherwise. */
const char *oa_auth_anonymous_name(enum oa_auth_anonymous anonymous);

#endif
