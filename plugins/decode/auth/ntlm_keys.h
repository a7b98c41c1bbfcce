/* ntlm_keys.h
 * Keys of NTLM: from a password, or its hash, and the tokens to the keys that sign and seal.
 * [MS-NLMP] 3.3 (responses), 3.4 (session security), 6 (NTOWF, LMOWF)
 *
 * The library of ciphers has to be initialised, gcry_check_version(). It may refuse the old ones,
 * as in FIPS mode: functions then say that they have no key. Keys belong to the caller, who clears
 * them with explicit_bzero().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_NTLM_KEYS_H
#define OA_NTLM_KEYS_H

#include "auth/ntlm_message.h"
#include "base/ground.h"

#define OA_NTLM_KEY 16

/* What a user's password becomes. */
struct oa_ntlm_secret {
    uint8_t nt_hash[OA_NTLM_KEY];
    bool has_lm_hash; /* the password has one: up to 14 characters, all of them ASCII */
    uint8_t lm_hash[OA_NTLM_KEY];
};

/* NTOWFv1 and LMOWFv1 of a password in UTF-8; false if it is not valid, or the ciphers are
 * refused. */
bool oa_ntlm_secret_of_password(const char *password, size_t length, struct oa_ntlm_secret *secret);

/* The tokens of one authentication, as far as keys depend on them. */
struct oa_ntlm_tokens {
    uint32_t flags;                /* of the AUTHENTICATE */
    const uint8_t *challenge;      /* OA_NTLM_CHALLENGE_SIZE bytes */
    struct oa_cursor user, domain; /* in UTF-16, little endian */
    struct oa_cursor lm_response, nt_response;
    struct oa_cursor session_key; /* EncryptedRandomSessionKey */
};

enum oa_ntlm_verdict {
    OA_NTLM_PROVEN,      /* the responses are those of the secret: `key` is set */
    OA_NTLM_DISPROVEN,   /* they are not */
    OA_NTLM_UNSUPPORTED, /* no key follows: an LM hash or a cipher is missing, or the tokens are
                            malformed */
};

/* Compares the client's responses with those of the secret, and derives the exported session key.
 */
enum oa_ntlm_verdict oa_ntlm_session_key(const struct oa_ntlm_tokens *tokens,
                                         const struct oa_ntlm_secret *secret,
                                         uint8_t key[OA_NTLM_KEY]);

/* A client without a user, whose responses are empty, or one byte for LM; everybody knows its keys:
 * that which exchanges the session key is zero, [MS-NLMP] 3.2.5.1.2, 3.3.1. False if the tokens are
 * malformed. */
bool oa_ntlm_is_anonymous(const struct oa_ntlm_tokens *tokens);
bool oa_ntlm_anonymous_key(const struct oa_ntlm_tokens *tokens, uint8_t key[OA_NTLM_KEY]);

/* The keys with which one side signs and seals. */
struct oa_ntlm_side_keys {
    uint8_t sign[OA_NTLM_KEY]; /* without extended session security: all zeros */
    uint8_t seal[OA_NTLM_KEY];
    size_t seal_length;
};

/* SIGNKEY and SEALKEY, [MS-NLMP] 3.4.5.2, 3.4.5.3. False if the ciphers are refused. */
bool oa_ntlm_side_keys(uint32_t flags, const uint8_t key[OA_NTLM_KEY], enum oa_side sender,
                       struct oa_ntlm_side_keys *keys);

/* HMAC-MD5 over pieces of bytes. False if the library refuses it. */
bool oa_ntlm_hmac(const uint8_t key[OA_NTLM_KEY], const struct oa_bytes *pieces, size_t n,
                  uint8_t digest[OA_NTLM_KEY]);

/* The checksum in the signatures of one side, which is made ready once for all of them, [MS-NLMP]
 * 3.4.4: HMAC-MD5 with the key that signs; without extended session security CRC-32, whose four
 * bytes stand in the digest as on the wire. NULL if the library refuses it; free() clears the key
 * and takes NULL. */
struct oa_ntlm_checksum;
struct oa_ntlm_checksum *oa_ntlm_checksum_new(uint32_t flags, const uint8_t sign[OA_NTLM_KEY]);
void oa_ntlm_checksum_free(struct oa_ntlm_checksum *checksum);
bool oa_ntlm_checksum_of(struct oa_ntlm_checksum *checksum, const struct oa_bytes *pieces, size_t n,
                         uint8_t digest[OA_NTLM_KEY]);

#endif
