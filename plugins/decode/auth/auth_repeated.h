/* auth_repeated.h
 * The credentials that the client of a connection sent last, and what they say: Basic sends the
 * same ones with each request, which need to be read once. [RFC 7617] 2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_REPEATED_H
#define OA_AUTH_REPEATED_H

#include "auth/auth_copies.h"

/* Longer credentials are not remembered: only those with passwords in them are repeated. */
#define OA_AUTH_REPEATED_MAX 256

/* All zeros: none yet. */
struct oa_auth_repeated {
    const struct oa_auth *auth; /* what they say, held; NULL: none */
    char *sent;                 /* scheme and token, one after the other */
    uint16_t scheme_length, length;
};

/* What the credentials of a request say: a kept copy, valid until the next call, if they are the
 * same as last time; otherwise `auth`, which they are read into. */
const struct oa_auth *oa_auth_repeated_read(struct oa_auth_repeated *last,
                                            const struct oa_http_credentials *credentials,
                                            struct oa_auth_copies *copies, struct oa_auth *auth);

/* Forgets them; what was sent is wiped. */
void oa_auth_repeated_clear(struct oa_auth_repeated *last);

#endif
