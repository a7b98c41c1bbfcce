/* kerberos_token.h
 * Tokens of single messages: Wrap and MIC, of newer encryption types and of RC4.
 * [RFC 4121] 4.2, [RFC 4757] 7, [MS-KILE] 3.4.5.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_KERBEROS_TOKEN_H
#define OA_KERBEROS_TOKEN_H

#include "auth/kerberos_host.h"
#include "auth/kerberos_ticket.h"
#include "base/ground.h"

/* Whose keys a context has; a later one takes precedence, [RFC 4121] 2. */
enum oa_kerberos_key_from {
    OA_KERBEROS_FROM_TICKET,
    OA_KERBEROS_FROM_INITIATOR,
    OA_KERBEROS_FROM_ACCEPTOR,
    OA_KERBEROS_KEYS
};

struct oa_kerberos_keys {
    const struct oa_kerberos_host *host;
    struct {
        struct oa_kerberos_key_value value; /* length 0: none */
        struct oa_kerberos_key *key;        /* NULL: none */
    } of[OA_KERBEROS_KEYS];
    bool is_dce_style; /* the legs and the rotation of [MS-KILE] 3.4.5.1 */
};

/* A message and its token. In RPC: the header of a PDU, the stub with its padding, the trailer of
 * its verifier, and the verifier's value. The spans around the data are empty if only the data are
 * signed. */
struct oa_kerberos_wrapped {
    enum oa_side side; /* who sent it; the client is the initiator */
    struct oa_kerberos_span before, data, after;
    struct oa_kerberos_span token;
};

/*
 * Decrypts and verifies a message whose data are sealed. Writes as many bytes to `plain` as there
 * are data, which may be the same bytes. Returns OA_KERBEROS_OPENED, else why it fails, and then
 * `plain` is unchanged.
 */
enum oa_kerberos_answer oa_kerberos_unseal(const struct oa_kerberos_keys *keys,
                                           const struct oa_kerberos_wrapped *message,
                                           uint8_t *plain);

/* Verifies a message that is signed only, in the same way. */
enum oa_kerberos_answer oa_kerberos_verify(const struct oa_kerberos_keys *keys,
                                           const struct oa_kerberos_wrapped *message);

#endif
