/* seal_outcome.h
 * What became of what a security context seals, or of a token of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEAL_OUTCOME_H
#define OA_SEAL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* What became of a sealed stub, or of a signature; of several, the greatest counts for all. */
enum oa_seal_outcome {
    OA_SEAL_NONE, /* it is not sealed */

    /* It was read with: */
    OA_SEAL_BY_NO_SECRET, /* the client is anonymous */
    OA_SEAL_BY_PASSWORD,
    OA_SEAL_BY_NT_HASH,
    OA_SEAL_BY_KEYTAB,

    /* It was not, because: */
    OA_SEAL_NO_SECRETS,        /* the host has none at all */
    OA_SEAL_NO_SECRET_OF_USER, /* or none of this user */
    OA_SEAL_WRONG_SECRET,      /* the client has proven another one */
    OA_SEAL_NO_KEYTAB,         /* Kerberos: the host has no key table */
    OA_SEAL_NO_SERVICE_KEY,    /* it has one, without a key of the service */
    OA_SEAL_NO_KEY_TYPE,       /* with some, but none of the ticket's encryption type */
    OA_SEAL_NO_KEY_VERSION,    /* with one of that type, but of another version, which fails */
    OA_SEAL_WRONG_KEY,         /* its key fails */
    OA_SEAL_NO_TOKENS,         /* the tokens of the context are not in the capture, or not yet */
    OA_SEAL_USER_TO_USER,      /* Kerberos: the ticket's key is a session key of the server */
    OA_SEAL_GONE_DES_CBC_CRC,  /* encryption types that libraries have given up */
    OA_SEAL_GONE_DES_CBC_MD4,
    OA_SEAL_GONE_DES_CBC_MD5,
    OA_SEAL_GONE_DES3,
    OA_SEAL_RC4_EXPORT,
    OA_SEAL_UNSUPPORTED,   /* by mechanism, option or cipher, or tokens are malformed */
    OA_SEAL_BYTES_LOST,    /* before it, so many that its keystream cannot be found */
    OA_SEAL_BAD_SIGNATURE, /* it is not what its sender has signed */
    OA_SEAL_CUT,           /* the capture does not contain all of it */

    OA_SEAL_UNSURE, /* nor what would show whether it is there */
};

/* Whether the stub was sealed and can be read. */
static inline bool
oa_seal_is_open(enum oa_seal_outcome outcome)
{
    return outcome > OA_SEAL_NONE && outcome < OA_SEAL_NO_SECRETS;
}

/* The signatures of PDUs: how many there are, how many of them were verified, and the outcome that
 * counts for the others; OA_SEAL_NONE: there are none. Of `unsure` more PDUs it is not known
 * whether they have one. */
struct oa_signatures {
    uint32_t count, verified, unsure;
    enum oa_seal_outcome worst;
};

/* Counts one; OA_SEAL_NONE: there is none. */
void oa_signatures_add(struct oa_signatures *signatures, enum oa_seal_outcome outcome);

/* Those of which it was not known turn out to have one, or to have none. */
void oa_signatures_settle(struct oa_signatures *signatures, bool are_signed);

/* Why nothing can be opened with that encryption type of Kerberos, which is not supported,
 * [RFC 3961] 8, [RFC 8429]. */
enum oa_seal_outcome oa_seal_unsupported_type(uint32_t enctype);

/* What it was read with: "anonymous", "password", "nt_hash", "keytab"; NULL if it was not. */
const char *oa_seal_source(enum oa_seal_outcome outcome);

/* Why a sealed stub was not read, in words; NULL if it was, or is not sealed. */
const char *oa_seal_reason(enum oa_seal_outcome outcome);

#endif
