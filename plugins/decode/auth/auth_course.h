/* auth_course.h
 * The course of an authentication exchange: how each request, response and token advances it. For
 * modules that follow exchanges; hosts read the facts only (auth_exchange.h).
 * [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_COURSE_H
#define OA_AUTH_COURSE_H

#include "auth/auth_copies.h"
#include "auth/auth_exchange.h"

struct oa_auth_course {
    struct oa_auth_exchange facts; /* first, so that the two convert */
    struct oa_auth_copies *copies; /* where its tokens are kept */
    enum {
        OA_AUTH_WAITING,    /* waiting for the response to the last request */
        OA_AUTH_CHALLENGED, /* waiting for the client's next request */
        OA_AUTH_SETTLED,
    } phase;
    bool is_later_request; /* the waiting request relies on an exchange that has ended */
    struct oa_stamp later_request;
    bool tries_credentials; /* the last request had some */
    unsigned pdus;          /* of the client, after the last request */
    unsigned unanswered;    /* requests since the last response */
};

/* An exchange without any request or token yet, to be freed with oa_auth_course_free(), which
 * accepts NULL. */
struct oa_auth_course *oa_auth_course_new(struct oa_auth_copies *copies, uint64_t number,
                                          enum oa_auth_place place, struct oa_stamp first);
void oa_auth_course_free(void *course);

/* --- HTTP --- */

/* The credentials of a request head: those for the party that asked last in `course` (NULL: no
 * exchange yet), otherwise the first ones. NULL if there are none. */
const struct oa_http_credentials *oa_auth_course_credentials(const struct oa_auth_course *course,
                                                             const struct oa_http_head *request);

enum oa_auth_relation {
    OA_AUTH_BEGINS,    /* it begins an exchange of its own */
    OA_AUTH_CONTINUES, /* it belongs to the exchange */
    OA_AUTH_RESTS,     /* it relies on the exchange, which has authenticated the client */
    OA_AUTH_UNRELATED, /* a response to no request of an exchange */
};

/* How a request with these credentials (NULL: none) relates to `course` (NULL: no exchange yet). */
enum oa_auth_relation oa_auth_course_relate(const struct oa_auth_course *course,
                                            const struct oa_auth *auth);

/* The request relies on the exchange. True if it is the first to show that the client was accepted:
 * the response is missing from the capture. */
bool oa_auth_course_rest(struct oa_auth_course *course, struct oa_stamp first);

/* The request begins or continues the exchange. */
void oa_auth_course_add_request(struct oa_auth_course *course, const struct oa_http_head *request,
                                const struct oa_auth *auth, bool is_proxy, struct oa_stamp last);

/* Whether a response that ended with that stamp is to an earlier request than the last one:
 * reassembly has held it back, behind bytes that are missing from the capture. It counts as theirs
 * then. */
bool oa_auth_course_is_late(struct oa_auth_course *course, struct oa_stamp last);

/* How a final response relates to the exchange. OA_AUTH_BEGINS: it refuses a request that was taken
 * to need no exchange and now begins one; `*request` is the stamp of that request. */
enum oa_auth_relation oa_auth_course_match_response(struct oa_auth_course *course,
                                                    const struct oa_http_head *response,
                                                    struct oa_stamp *request);

/* The response continues the exchange. `auth` is a buffer for its tokens. Returns the result so
 * far. */
enum oa_auth_result oa_auth_course_add_response(struct oa_auth_course *course,
                                                const struct oa_http_head *response,
                                                struct oa_stamp last, struct oa_auth *auth);

/* A PDU of the client on an IN channel, which has no response while it works: continuing to send
 * shows that the request was accepted. True if this PDU is the first to show it. */
bool oa_auth_course_take_pdu(struct oa_auth_course *course);

/* Nothing more follows. True if that decides the result: a client that sends no credentials after
 * the first 401 has been refused. */
bool oa_auth_course_end(struct oa_auth_course *course);

/* --- RPC --- */

/* A PDU whose verifier carries a token; `auth` is the decoded token, or NULL. True if the token is
 * the server's and the client is refused. */
bool oa_auth_course_add_token(struct oa_auth_course *course, enum oa_side side,
                              const struct oa_auth *auth, struct oa_stamp last);

#endif
