/* seal_outcome.c
 * What became of what a security context seals, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/seal_outcome.h"

#include <stddef.h>

#define GONE " is no longer supported by the Kerberos library"

static const struct outcome_row {
    const char *source, *reason;
} OUTCOMES[] = {
    /* clang-format off */
    [OA_SEAL_NONE] = { NULL, NULL },
    [OA_SEAL_BY_NO_SECRET] = { "anonymous", NULL },
    [OA_SEAL_BY_PASSWORD] = { "password", NULL },
    [OA_SEAL_BY_NT_HASH] = { "nt_hash", NULL },
    [OA_SEAL_BY_KEYTAB] = { "keytab", NULL },
    [OA_SEAL_NO_SECRETS] = { NULL, "no secrets were given" },
    [OA_SEAL_NO_SECRET_OF_USER] = { NULL, "no secret of this user was given" },
    [OA_SEAL_WRONG_SECRET] = { NULL, "the secret given is not that of the user" },
    [OA_SEAL_NO_KEYTAB] = { NULL, "no keytab was given" },
    [OA_SEAL_NO_SERVICE_KEY] = { NULL, "the keytab has no key of the service" },
    [OA_SEAL_NO_KEY_TYPE] = { NULL, "the keytab has no key of the ticket's encryption type" },
    [OA_SEAL_NO_KEY_VERSION] = { NULL, "the keytab has no key of the ticket's version" },
    [OA_SEAL_WRONG_KEY] = { NULL, "the key in the keytab is not that of the service" },
    [OA_SEAL_NO_TOKENS] = { NULL, "the authentication is not in the capture" },
    [OA_SEAL_USER_TO_USER] = { NULL, "the ticket is encrypted with a session key of the server (user-to-user)" },
    [OA_SEAL_GONE_DES_CBC_CRC] = { NULL, "encryption type des-cbc-crc" GONE },
    [OA_SEAL_GONE_DES_CBC_MD4] = { NULL, "encryption type des-cbc-md4" GONE },
    [OA_SEAL_GONE_DES_CBC_MD5] = { NULL, "encryption type des-cbc-md5" GONE },
    [OA_SEAL_GONE_DES3] = { NULL, "encryption type des3-cbc-sha1" GONE },
    [OA_SEAL_RC4_EXPORT] = { NULL, "encryption type arcfour-hmac-exp is not supported" },
    [OA_SEAL_UNSUPPORTED] = { NULL, "this kind of protection is not supported" },
    [OA_SEAL_BYTES_LOST] = { NULL, "bytes before it are missing from the capture" },
    [OA_SEAL_BAD_SIGNATURE] = { NULL, "the signature is wrong" },
    [OA_SEAL_CUT] = { NULL, "the capture does not contain all of it" },
    [OA_SEAL_UNSURE] = { NULL, NULL },
    /* clang-format on */
};

const char *
oa_seal_source(enum oa_seal_outcome outcome)
{
    return OUTCOMES[outcome].source;
}

const char *
oa_seal_reason(enum oa_seal_outcome outcome)
{
    return OUTCOMES[outcome].reason;
}

void
oa_signatures_add(struct oa_signatures *signatures, enum oa_seal_outcome outcome)
{
    if (outcome == OA_SEAL_NONE)
        return;
    if (outcome == OA_SEAL_UNSURE) {
        signatures->unsure++;
        return;
    }
    signatures->count++;
    signatures->verified += oa_seal_is_open(outcome);
    if (outcome > signatures->worst)
        signatures->worst = outcome;
}

void
oa_signatures_settle(struct oa_signatures *signatures, bool are_signed)
{
    uint32_t unsure = signatures->unsure;

    signatures->unsure = 0;
    if (!are_signed || unsure == 0)
        return;
    signatures->count += unsure;
    signatures->worst = OA_SEAL_CUT;
}

enum oa_seal_outcome
oa_seal_unsupported_type(uint32_t enctype)
{
    static const struct {
        uint32_t enctype;
        enum oa_seal_outcome outcome;
    } TYPES[] = {
        { 1, OA_SEAL_GONE_DES_CBC_CRC }, { 2, OA_SEAL_GONE_DES_CBC_MD4 },
        { 3, OA_SEAL_GONE_DES_CBC_MD5 }, { 16, OA_SEAL_GONE_DES3 },
        { 24, OA_SEAL_RC4_EXPORT },
    };

    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].enctype == enctype)
            return TYPES[i].outcome;
    return OA_SEAL_UNSUPPORTED;
}
