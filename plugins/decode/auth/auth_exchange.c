/* auth_exchange.c
 * The facts of an authentication exchange.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_exchange.h"

#include <glib.h>

bool
oa_auth_exchange_has_credentials(const struct oa_auth_exchange *exchange)
{
    return exchange->scheme != OA_AUTH_SCHEME_NONE;
}

enum oa_auth_mechanism
oa_auth_exchange_mechanism(const struct oa_auth_exchange *exchange)
{
    return exchange->server->mechanism != OA_AUTH_UNKNOWN ? exchange->server->mechanism
                                                          : exchange->client->mechanism;
}

const char *
oa_auth_result_name(enum oa_auth_result result)
{
    static const char *const NAMES[] = { [OA_AUTH_PENDING] = "unfinished",
                                         [OA_AUTH_ACCEPTED] = "accepted",
                                         [OA_AUTH_REFUSED] = "refused",
                                         [OA_AUTH_UNDECIDED] = "undecided" };
    return (size_t)result < G_N_ELEMENTS(NAMES) ? NAMES[result] : "";
}

const char *
oa_auth_anonymous_name(enum oa_auth_anonymous anonymous)
{
    static const char *const NAMES[] = { [OA_AUTH_ANONYMOUS_NOT_TRIED] = "",
                                         [OA_AUTH_ANONYMOUS_PENDING] = "",
                                         [OA_AUTH_ANONYMOUS_ACCEPTED] = "accepted",
                                         [OA_AUTH_ANONYMOUS_REFUSED] = "refused",
                                         [OA_AUTH_ANONYMOUS_UNKNOWN] = "unknown" };
    return (size_t)anonymous < G_N_ELEMENTS(NAMES) ? NAMES[anonymous] : "";
}
