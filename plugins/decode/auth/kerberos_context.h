/* kerberos_context.h
 * The security context that a Kerberos exchange makes: AP-REQ, AP-REP, and in DCE style one more
 * AP-REP of the client. [RFC 4120] 3.2, [RFC 4121] 4.1, [MS-KILE] 3.4.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_KERBEROS_CONTEXT_H
#define OA_KERBEROS_CONTEXT_H

#include "auth/kerberos_token.h"

struct oa_kerberos_context {
    struct oa_kerberos_keys keys;
    enum oa_kerberos_answer answer; /* OA_KERBEROS_OPENED: the ticket is open; else why it is not */
};

/* A context before its first token. The host outlives it. */
void oa_kerberos_context_init(struct oa_kerberos_context *context,
                              const struct oa_kerberos_host *host);

/* Wipes and frees the keys. */
void oa_kerberos_context_clear(struct oa_kerberos_context *context);

/* A token of the exchange, with or without SPNEGO and GSS header; others are passed over. An AP-REQ
 * begins the context anew. */
void oa_kerberos_context_take(struct oa_kerberos_context *context, enum oa_side side,
                              const uint8_t *token, size_t length);

#endif
