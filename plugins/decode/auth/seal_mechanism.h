/* seal_mechanism.h
 * What a mechanism of security contexts is: its functions, what they get from the host, and the
 * PDUs that it protects. Each is a row of the table in seal.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEAL_MECHANISM_H
#define OA_SEAL_MECHANISM_H

#include "auth/auth.h"
#include "auth/ntlm_keys.h"
#include "auth/seal_outcome.h"

/* What the host knows. The functions get `host`. */
struct oa_seal_secrets {
    void *host;

    /* The secrets that may be of the user, as the AUTHENTICATE names it, in UTF-8: the one with
     * that number, from 0. False if there are no more. `is_password`: not only its hash is known.
     * NULL: there are none. */
    bool (*find_nt_secret)(void *host, const char *user, const char *domain, size_t number,
                           struct oa_ntlm_secret *secret, bool *is_password);

    const struct oa_kerberos_host *kerberos; /* NULL without a key table */
    struct oa_code_pages *code_pages;        /* of names of NTLM that are not Unicode; NULL: none */
};

/* A request, response or fault with a verifier. The pieces follow each other in the PDU. */
struct oa_seal_pdu {
    enum oa_side side;
    bool is_sealed;       /* packet privacy; else it is only signed */
    struct oa_bytes head; /* the common header and the fields before the stub */
    struct oa_bytes stub; /* with the padding before the trailer; as sent */
    struct oa_bytes trailer;
    struct oa_bytes signature; /* auth_value */
};

/* A mechanism. Its functions get what create() returned. */
struct oa_seal_mechanism {
    enum oa_auth_mechanism mechanism;

    /* `secrets` outlives the state. */
    void *(*create)(const struct oa_seal_secrets *secrets);
    void (*free)(void *state); /* clears all keys; NULL is allowed */

    /* A message of the mechanism, without SPNEGO and GSS headers. */
    void (*take_message)(void *state, enum oa_side side, const uint8_t *message, size_t length);

    /* As oa_seal_open(), oa_seal_pass(), oa_seal_lose(), oa_seal_merge(). */
    enum oa_seal_outcome (*open)(void *state, const struct oa_seal_pdu *pdu, uint8_t *plain);
    void (*pass)(void *state, enum oa_side side, size_t pdu_length, size_t stub_length);
    void (*lose)(void *state, enum oa_side side, uint64_t bytes);
    void (*merge)(void *state, void *part);
};

extern const struct oa_seal_mechanism OA_SEAL_NTLM;     /* ntlm_seal.c */
extern const struct oa_seal_mechanism OA_SEAL_KERBEROS; /* kerberos_seal.c */

#endif
