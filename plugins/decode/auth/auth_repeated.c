/* auth_repeated.c
 * Credentials that a client sends with each request are read once. [RFC 7617] 2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_repeated.h"

#include <string.h>

#include <glib.h>

static bool
is_same(const struct oa_auth_repeated *last, const struct oa_http_credentials *credentials)
{
    const struct oa_text *scheme = &credentials->scheme, *token = &credentials->token;

    return last->auth && scheme->length == last->scheme_length &&
           scheme->length + token->length == last->length &&
           memcmp(last->sent, scheme->at, scheme->length) == 0 &&
           memcmp(last->sent + scheme->length, token->at, token->length) == 0;
}

static void
remember(struct oa_auth_repeated *last, const struct oa_http_credentials *credentials,
         struct oa_auth_copies *copies, const struct oa_auth *auth)
{
    const struct oa_text *scheme = &credentials->scheme, *token = &credentials->token;
    size_t length = scheme->length + token->length;

    if (!scheme->length || !token->length || length > OA_AUTH_REPEATED_MAX)
        return;
    last->auth = oa_auth_copies_keep(copies, auth);
    last->scheme_length = (uint16_t)scheme->length;
    last->length = (uint16_t)length;
    last->sent = g_malloc(length);
    memcpy(last->sent, scheme->at, scheme->length);
    memcpy(last->sent + scheme->length, token->at, token->length);
}

const struct oa_auth *
oa_auth_repeated_read(struct oa_auth_repeated *last, const struct oa_http_credentials *credentials,
                      struct oa_auth_copies *copies, struct oa_auth *auth)
{
    if (is_same(last, credentials))
        return last->auth;
    oa_auth_from_http(credentials, oa_auth_copies_reader(copies), auth);
    oa_auth_repeated_clear(last);
    remember(last, credentials, copies, auth);
    return auth;
}

void
oa_auth_repeated_clear(struct oa_auth_repeated *last)
{
    if (last->sent)
        explicit_bzero(last->sent, last->length);
    g_free(last->sent);
    oa_auth_copy_release(last->auth);
    *last = (struct oa_auth_repeated){ .auth = NULL };
}
