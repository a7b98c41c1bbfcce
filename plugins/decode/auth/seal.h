/* seal.h
 * Security contexts of RPC: with the secrets that the host has, the stubs that they seal are read.
 * [MS-RPCE] 2.2.2.11, 3.3.1.5.2, [C706] 13
 *
 * A context is created by the tokens of bind, alter_context, their responses, and auth3. Which
 * mechanism it has is told by the tokens, within SPNEGO too, and each mechanism is a row of a table
 * in seal.c. The PDUs of a context have to come in the order in which their sender protected them,
 * as far as they are in the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEAL_H
#define OA_SEAL_H

#include "auth/auth.h"
#include "auth/ntlm_keys.h"

/* What became of a sealed stub; of several, the greatest counts for all. */
enum oa_seal_outcome {
    OA_SEAL_NONE, /* it is not sealed */

    /* It was read with: */
    OA_SEAL_BY_PASSWORD,
    OA_SEAL_BY_NT_HASH,

    /* It was not, because: */
    OA_SEAL_NO_SECRETS,        /* the host has none at all */
    OA_SEAL_NO_SECRET_OF_USER, /* or none of this user */
    OA_SEAL_WRONG_SECRET,      /* the client has proven another one */
    OA_SEAL_NO_TOKENS,         /* the tokens of the context are not in the capture, or not yet */
    OA_SEAL_UNSUPPORTED,       /* by mechanism, option or cipher, or tokens are malformed */
    OA_SEAL_BYTES_LOST,        /* before it, so many that its keystream cannot be found */
    OA_SEAL_BAD_SIGNATURE,     /* it is not what its sender has signed */
    OA_SEAL_CUT,               /* the capture does not contain all of it */
};

/* Whether the stub was sealed and can be read. */
static inline bool
oa_seal_is_open(enum oa_seal_outcome outcome)
{
    return outcome > OA_SEAL_NONE && outcome < OA_SEAL_NO_SECRETS;
}

/* What it was read with: "password", "nt_hash"; NULL if it was not. */
const char *oa_seal_source(enum oa_seal_outcome outcome);

/* Why a sealed stub was not read, in words; NULL if it was, or is not sealed. */
const char *oa_seal_reason(enum oa_seal_outcome outcome);

/* What the host knows. The functions get `host`. */
struct oa_seal_secrets {
    void *host;

    /* The secrets that may be of the user, as the AUTHENTICATE names it, in UTF-8: the one with
     * that number, from 0. False if there are no more. `is_password`: not only its hash is known.
     */
    bool (*find_nt_secret)(void *host, const char *user, const char *domain, size_t number,
                           struct oa_ntlm_secret *secret, bool *is_password);
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

/* NTLM, ntlm_seal.c */
extern const struct oa_seal_mechanism OA_SEAL_NTLM;

/* A security context. `secrets`, which may be NULL, outlives it. To be freed with oa_seal_free(),
 * which accepts NULL. */
struct oa_seal *oa_seal_new(const struct oa_seal_secrets *secrets);
void oa_seal_free(struct oa_seal *seal);

/* A token of the context: the auth_value of a bind, alter_context, a response to these, or auth3.
 */
void oa_seal_take_token(struct oa_seal *seal, enum oa_side side, const uint8_t *token,
                        size_t length);

/*
 * Checks the signature of a PDU, and if it is sealed writes its plain stub, of pdu->stub.length
 * bytes, to `plain`. Unless the outcome is open, `plain` has no meaning.
 */
enum oa_seal_outcome oa_seal_open(struct oa_seal *seal, const struct oa_seal_pdu *pdu,
                                  uint8_t *plain);

/* A sealed PDU of that size whose end is not in the capture; `stub_length` counts the padding. */
void oa_seal_pass(struct oa_seal *seal, enum oa_side side, size_t pdu_length, size_t stub_length);

/* That many bytes of that side are missing from the capture, and with them, perhaps, PDUs of the
 * context. */
void oa_seal_lose(struct oa_seal *seal, enum oa_side side, uint64_t bytes);

/* `part`, which is freed, turns out to be the same context: what the other side has sent. */
void oa_seal_merge(struct oa_seal *seal, struct oa_seal *part);

#endif
