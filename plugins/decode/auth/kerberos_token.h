/* kerberos_token.h
 * Tokens of single messages: Wrap and MIC, of newer encryption types and of RC4.
 * [RFC 4121] 4.2, [RFC 4757] 7, [MS-KILE] 3.4.5.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_KERBEROS_TOKEN_H
#define OA_KERBEROS_TOKEN_H

#include "auth/kerberos_ticket.h"
#include "auth/seal_mechanism.h"

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

/*
 * Decrypts and verifies a sealed PDU, or verifies one that is only signed. The client is the
 * initiator. `head` and `trailer` are empty if only the stub was signed. Writes a plain stub to
 * `plain`, which may be that of the PDU. Returns OA_SEAL_BY_KEYTAB, else why it fails, and then
 * `plain` is unchanged.
 */
enum oa_seal_outcome oa_kerberos_open(const struct oa_kerberos_keys *keys,
                                      const struct oa_seal_pdu *pdu, uint8_t *plain);

#endif
