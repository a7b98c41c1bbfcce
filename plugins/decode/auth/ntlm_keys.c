/* ntlm_keys.c
 * Keys of NTLM: from a password, or its hash, and the tokens to the keys that sign and seal.
 * [MS-NLMP] 3.3 (responses), 3.4 (session security), 6 (NTOWF, LMOWF)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/ntlm_keys.h"

#include <string.h>

#include <gcrypt.h>
#include <glib.h>

#define DES_KEY 8
#define DES_BLOCK 8
#define LM_PASSWORD 14

/* --- primitives --- */

/* The digest of all pieces, of up to OA_NTLM_KEY bytes. */
static bool
digest_with(gcry_md_hd_t hash, const struct oa_bytes *pieces, size_t n, uint8_t digest[OA_NTLM_KEY])
{
    for (size_t i = 0; i < n; i++)
        gcry_md_write(hash, pieces[i].at, pieces[i].length);
    const uint8_t *result = gcry_md_read(hash, 0);
    if (result)
        memcpy(digest, result, gcry_md_get_algo_dlen(gcry_md_get_algo(hash)));
    return result != NULL;
}

/* NULL if the library refuses it; with a key for the HMAC. */
static gcry_md_hd_t
hash_new(enum gcry_md_algos algorithm, const uint8_t *key)
{
    gcry_md_hd_t hash;

    if (gcry_md_open(&hash, algorithm, key ? GCRY_MD_FLAG_HMAC : 0) != 0)
        return NULL;
    if (!key || gcry_md_setkey(hash, key, OA_NTLM_KEY) == 0)
        return hash;
    gcry_md_close(hash);
    return NULL;
}

static bool
digest_of(enum gcry_md_algos algorithm, const uint8_t *key, const struct oa_bytes *pieces, size_t n,
          uint8_t digest[OA_NTLM_KEY])
{
    gcry_md_hd_t hash = hash_new(algorithm, key);
    bool is_done = hash && digest_with(hash, pieces, n, digest);

    gcry_md_close(hash);
    return is_done;
}

bool
oa_ntlm_hmac(const uint8_t key[OA_NTLM_KEY], const struct oa_bytes *pieces, size_t n,
             uint8_t digest[OA_NTLM_KEY])
{
    return digest_of(GCRY_MD_MD5, key, pieces, n, digest);
}

struct oa_ntlm_checksum {
    gcry_md_hd_t hash;
};

struct oa_ntlm_checksum *
oa_ntlm_checksum_new(uint32_t flags, const uint8_t sign[OA_NTLM_KEY])
{
    bool is_extended = flags & OA_NTLM_EXTENDED_SESSIONSECURITY;
    gcry_md_hd_t hash =
        hash_new(is_extended ? GCRY_MD_MD5 : GCRY_MD_CRC32, is_extended ? sign : NULL);
    struct oa_ntlm_checksum *checksum = hash ? g_new(struct oa_ntlm_checksum, 1) : NULL;

    if (checksum)
        checksum->hash = hash;
    return checksum;
}

void
oa_ntlm_checksum_free(struct oa_ntlm_checksum *checksum)
{
    if (!checksum)
        return;
    gcry_md_close(checksum->hash);
    g_free(checksum);
}

bool
oa_ntlm_checksum_of(struct oa_ntlm_checksum *checksum, const struct oa_bytes *pieces, size_t n,
                    uint8_t digest[OA_NTLM_KEY])
{
    gcry_md_reset(checksum->hash);
    if (!digest_with(checksum->hash, pieces, n, digest))
        return false;
    if (gcry_md_get_algo(checksum->hash) == GCRY_MD_CRC32) /* the library's is in network order */
        for (size_t i = 0; i < 2; i++) {
            uint8_t byte = digest[i];
            digest[i] = digest[3 - i];
            digest[3 - i] = byte;
        }
    return true;
}

static struct oa_bytes
bytes_of(const struct oa_cursor *cursor)
{
    return (struct oa_bytes){ cursor->data + cursor->offset, oa_cursor_left(cursor) };
}

/* Encrypts `length` bytes in place. */
static bool
encrypt(enum gcry_cipher_algos algorithm, enum gcry_cipher_modes mode, const uint8_t *key,
        size_t key_length, uint8_t *bytes, size_t length)
{
    gcry_cipher_hd_t cipher;

    if (gcry_cipher_open(&cipher, algorithm, mode, 0) != 0)
        return false;
    /* Passwords and the protocol choose weak keys. */
    gcry_cipher_ctl(cipher, GCRYCTL_SET_ALLOW_WEAK_KEY, NULL, 1);
    gcry_error_t error = gcry_cipher_setkey(cipher, key, key_length);
    bool has_key = error == 0 || gcry_err_code(error) == GPG_ERR_WEAK_KEY;
    bool is_done = has_key && gcry_cipher_encrypt(cipher, bytes, length, NULL, 0) == 0;
    gcry_cipher_close(cipher);
    return is_done;
}

/* DES of a block with a key of 7 bytes, which get their parity bits, [MS-NLMP] 6 */
static bool
des(const uint8_t key[7], const uint8_t block[DES_BLOCK], uint8_t out[DES_BLOCK])
{
    uint8_t spread[DES_KEY];
    uint64_t bits = 0;

    for (int i = 0; i < 7; i++)
        bits = bits << 8 | key[i];
    for (int i = 0; i < DES_KEY; i++)
        spread[i] = (uint8_t)((bits >> (49 - 7 * i)) << 1);
    memmove(out, block, DES_BLOCK);
    bool is_done =
        encrypt(GCRY_CIPHER_DES, GCRY_CIPHER_MODE_ECB, spread, sizeof spread, out, DES_BLOCK);
    explicit_bzero(spread, sizeof spread);
    explicit_bzero(&bits, sizeof bits);
    return is_done;
}

/* DESL: three blocks with the 16 bytes of the key, and zeros, as three keys. */
static bool
des_long(const uint8_t key[OA_NTLM_KEY], const uint8_t block[DES_BLOCK],
         uint8_t out[OA_NTLM_V1_RESPONSE])
{
    uint8_t keys[21] = { 0 };
    bool is_done = true;

    memcpy(keys, key, OA_NTLM_KEY);
    for (size_t i = 0; i < 3; i++)
        is_done &= des(keys + 7 * i, block, out + DES_BLOCK * i);
    explicit_bzero(keys, sizeof keys);
    return is_done;
}

/* --- passwords --- */

static bool
lm_hash_of(const char *password, size_t length, uint8_t hash[OA_NTLM_KEY])
{
    static const uint8_t PLAIN[DES_BLOCK] = { 'K', 'G', 'S', '!', '@', '#', '$', '%' };
    uint8_t upper[LM_PASSWORD] = { 0 };
    bool is_possible = length <= LM_PASSWORD;

    for (size_t i = 0; is_possible && i < length; i++) {
        is_possible = g_ascii_isprint(password[i]);
        upper[i] = (uint8_t)g_ascii_toupper(password[i]);
    }
    is_possible = is_possible && des(upper, PLAIN, hash) && des(upper + 7, PLAIN, hash + DES_BLOCK);
    explicit_bzero(upper, sizeof upper);
    return is_possible;
}

bool
oa_ntlm_secret_of_password(const char *password, size_t length, struct oa_ntlm_secret *secret)
{
    glong units = 0;
    gunichar2 *utf16 = NULL;
    bool is_done = false;

    memset(secret, 0, sizeof *secret);
    if (g_utf8_validate(password, (gssize)length, NULL))
        utf16 = g_utf8_to_utf16(password, (glong)length, NULL, &units, NULL);
    if (!utf16)
        return false;
    for (glong i = 0; i < units; i++)
        utf16[i] = GUINT16_TO_LE(utf16[i]);
    struct oa_bytes text = { (const uint8_t *)utf16, (size_t)units * sizeof *utf16 };
    is_done = digest_of(GCRY_MD_MD4, NULL, &text, 1, secret->nt_hash);
    explicit_bzero(utf16, text.length);
    g_free(utf16);
    secret->has_lm_hash = lm_hash_of(password, length, secret->lm_hash);
    return is_done;
}

/* --- responses, and the session base key, [MS-NLMP] 3.3 --- */

/* A name in upper case, as Windows has it: character by character. */
static uint8_t *
upper_case(const struct oa_cursor *name, size_t *length)
{
    struct oa_cursor units = *name;
    GByteArray *upper = g_byte_array_new();

    while (oa_cursor_left(&units) >= 2) {
        uint16_t unit = oa_cursor_u16(&units);
        gunichar other = g_unichar_toupper(unit);
        if (other <= UINT16_MAX)
            unit = (uint16_t)other;
        uint8_t bytes[2] = { (uint8_t)unit, (uint8_t)(unit >> 8) };
        g_byte_array_append(upper, bytes, sizeof bytes);
    }
    *length = upper->len;
    return g_byte_array_free(upper, FALSE);
}

/* NTOWFv2 */
static bool
v2_key(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
       uint8_t key[OA_NTLM_KEY])
{
    struct oa_bytes name[2] = { { NULL, 0 }, bytes_of(&tokens->domain) };
    uint8_t *user = upper_case(&tokens->user, &name[0].length);

    name[0].at = user;
    bool is_done = oa_ntlm_hmac(secret->nt_hash, name, G_N_ELEMENTS(name), key);
    g_free(user);
    return is_done;
}

static enum oa_ntlm_verdict
verdict(bool is_done, const uint8_t *wanted, const uint8_t *response, size_t length)
{
    if (!is_done)
        return OA_NTLM_UNSUPPORTED;
    return memcmp(wanted, response, length) == 0 ? OA_NTLM_PROVEN : OA_NTLM_DISPROVEN;
}

/* [MS-NLMP] 3.3.2 */
static enum oa_ntlm_verdict
prove_v2(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
         uint8_t base_key[OA_NTLM_KEY])
{
    struct oa_bytes response = bytes_of(&tokens->nt_response);
    struct oa_bytes proof = { response.at, OA_NTLM_V2_PROOF };
    struct oa_bytes pieces[] = { { tokens->challenge, OA_NTLM_CHALLENGE_SIZE },
                                 { response.at + proof.length, response.length - proof.length } };
    uint8_t key[OA_NTLM_KEY], wanted[OA_NTLM_KEY];
    bool is_done = v2_key(tokens, secret, key) &&
                   oa_ntlm_hmac(key, pieces, G_N_ELEMENTS(pieces), wanted) &&
                   oa_ntlm_hmac(key, &proof, 1, base_key);

    explicit_bzero(key, sizeof key);
    return verdict(is_done, wanted, proof.at, proof.length);
}

/* [MS-NLMP] 3.3.1 */
static enum oa_ntlm_verdict
prove_v1(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
         uint8_t base_key[OA_NTLM_KEY])
{
    struct oa_bytes lm = bytes_of(&tokens->lm_response), nt = bytes_of(&tokens->nt_response);
    struct oa_bytes hash = { secret->nt_hash, OA_NTLM_KEY };
    uint8_t block[OA_NTLM_KEY], wanted[OA_NTLM_V1_RESPONSE];
    bool is_done = digest_of(GCRY_MD_MD4, NULL, &hash, 1, base_key);

    memcpy(block, tokens->challenge, OA_NTLM_CHALLENGE_SIZE);
    if (tokens->flags & OA_NTLM_EXTENDED_SESSIONSECURITY) {
        struct oa_bytes both[] = { { tokens->challenge, OA_NTLM_CHALLENGE_SIZE },
                                   { lm.at, OA_NTLM_CHALLENGE_SIZE } };
        if (lm.length < OA_NTLM_CHALLENGE_SIZE)
            return OA_NTLM_UNSUPPORTED;
        is_done &= digest_of(GCRY_MD_MD5, NULL, both, G_N_ELEMENTS(both), block);
    }
    is_done = is_done && des_long(secret->nt_hash, block, wanted);
    return verdict(is_done, wanted, nt.at, sizeof wanted);
}

/* A client that sends no NT response. */
static enum oa_ntlm_verdict
prove_lm(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
         uint8_t base_key[OA_NTLM_KEY])
{
    struct oa_bytes hash = { secret->nt_hash, OA_NTLM_KEY };
    uint8_t wanted[OA_NTLM_V1_RESPONSE];
    bool is_done = secret->has_lm_hash && digest_of(GCRY_MD_MD4, NULL, &hash, 1, base_key) &&
                   des_long(secret->lm_hash, tokens->challenge, wanted);

    return verdict(is_done, wanted, bytes_of(&tokens->lm_response).at, sizeof wanted);
}

static enum oa_ntlm_verdict
prove(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
      uint8_t base_key[OA_NTLM_KEY])
{
    size_t nt_length = oa_cursor_left(&tokens->nt_response);

    if (nt_length > OA_NTLM_V1_RESPONSE)
        return prove_v2(tokens, secret, base_key);
    if (nt_length == OA_NTLM_V1_RESPONSE)
        return prove_v1(tokens, secret, base_key);
    if (oa_cursor_left(&tokens->lm_response) == OA_NTLM_V1_RESPONSE)
        return prove_lm(tokens, secret, base_key);
    return OA_NTLM_UNSUPPORTED;
}

/* --- the session key --- */

/* The key that depends on the LM hash, [MS-NLMP] 3.4.5.1 */
static bool
lm_exchange_key(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
                uint8_t key[OA_NTLM_KEY])
{
    struct oa_bytes response = bytes_of(&tokens->lm_response);
    uint8_t second[7] = { secret->lm_hash[7], 0xBD, 0xBD, 0xBD, 0xBD, 0xBD, 0xBD };

    if (!secret->has_lm_hash || response.length < DES_BLOCK)
        return false;
    bool is_done =
        des(secret->lm_hash, response.at, key) && des(second, response.at, key + DES_BLOCK);
    explicit_bzero(second, sizeof second);
    return is_done;
}

/* KXKEY, [MS-NLMP] 3.4.5.1; `key` is the session base key before. */
static bool
exchange_key(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
             uint8_t key[OA_NTLM_KEY])
{
    struct oa_bytes pieces[] = { { tokens->challenge, OA_NTLM_CHALLENGE_SIZE },
                                 bytes_of(&tokens->lm_response) };

    if (oa_cursor_left(&tokens->nt_response) > OA_NTLM_V1_RESPONSE)
        return true;
    if (tokens->flags & OA_NTLM_EXTENDED_SESSIONSECURITY) {
        if (pieces[1].length < OA_NTLM_CHALLENGE_SIZE)
            return false;
        pieces[1].length = OA_NTLM_CHALLENGE_SIZE;
        return oa_ntlm_hmac(key, pieces, G_N_ELEMENTS(pieces), key);
    }
    if (tokens->flags & OA_NTLM_LM_KEY)
        return lm_exchange_key(tokens, secret, key);
    if (tokens->flags & OA_NTLM_NON_NT_SESSION_KEY) {
        if (!secret->has_lm_hash)
            return false;
        memset(key, 0, OA_NTLM_KEY);
        memcpy(key, secret->lm_hash, 8);
    }
    return true;
}

/* The exported session key: with key exchange the client's own, which the other one encrypts. */
static bool
export_key(const struct oa_ntlm_tokens *tokens, const uint8_t exchange[OA_NTLM_KEY],
           uint8_t key[OA_NTLM_KEY])
{
    struct oa_bytes random = bytes_of(&tokens->session_key);
    bool is_exchanged = tokens->flags & OA_NTLM_KEY_EXCH;

    if (is_exchanged && random.length != OA_NTLM_KEY)
        return false;
    memcpy(key, is_exchanged ? random.at : exchange, OA_NTLM_KEY);
    return !is_exchanged || encrypt(GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, exchange,
                                    OA_NTLM_KEY, key, OA_NTLM_KEY);
}

enum oa_ntlm_verdict
oa_ntlm_session_key(const struct oa_ntlm_tokens *tokens, const struct oa_ntlm_secret *secret,
                    uint8_t key[OA_NTLM_KEY])
{
    uint8_t exchange[OA_NTLM_KEY] = { 0 };
    enum oa_ntlm_verdict verdict = prove(tokens, secret, exchange);

    if (verdict == OA_NTLM_PROVEN &&
        (!exchange_key(tokens, secret, exchange) || !export_key(tokens, exchange, key)))
        verdict = OA_NTLM_UNSUPPORTED;
    explicit_bzero(exchange, sizeof exchange);
    if (verdict != OA_NTLM_PROVEN)
        explicit_bzero(key, OA_NTLM_KEY);
    return verdict;
}

bool
oa_ntlm_is_anonymous(const struct oa_ntlm_tokens *tokens)
{
    return !oa_cursor_left(&tokens->user) && !oa_cursor_left(&tokens->nt_response) &&
           oa_cursor_left(&tokens->lm_response) <= 1;
}

bool
oa_ntlm_anonymous_key(const struct oa_ntlm_tokens *tokens, uint8_t key[OA_NTLM_KEY])
{
    static const uint8_t ZEROS[OA_NTLM_KEY];

    return export_key(tokens, ZEROS, key);
}

/* --- keys that sign and seal, [MS-NLMP] 3.4.5 --- */

/* With extended session security: how much of the session key counts for sealing. */
static size_t
strength_of(uint32_t flags)
{
    return flags & OA_NTLM_128 ? OA_NTLM_KEY : flags & OA_NTLM_56 ? 7 : 5;
}

static bool
derive(const uint8_t *key, size_t length, const char *magic, uint8_t out[OA_NTLM_KEY])
{
    struct oa_bytes pieces[] = {
        { key, length }, { (const uint8_t *)magic, strlen(magic) + 1 /* with the zero */ }
    };

    return digest_of(GCRY_MD_MD5, NULL, pieces, G_N_ELEMENTS(pieces), out);
}

bool
oa_ntlm_side_keys(uint32_t flags, const uint8_t key[OA_NTLM_KEY], enum oa_side sender,
                  struct oa_ntlm_side_keys *keys)
{
    static const char *const SIGN[] = {
        [OA_CLIENT] = "session key to client-to-server signing key magic constant",
        [OA_SERVER] = "session key to server-to-client signing key magic constant",
    };
    static const char *const SEAL[] = {
        [OA_CLIENT] = "session key to client-to-server sealing key magic constant",
        [OA_SERVER] = "session key to server-to-client sealing key magic constant",
    };
    static const uint8_t END_OF_40[] = { 0xE5, 0x38, 0xB0 };

    *keys = (struct oa_ntlm_side_keys){ .seal_length = OA_NTLM_KEY };
    if (flags & OA_NTLM_EXTENDED_SESSIONSECURITY)
        return derive(key, OA_NTLM_KEY, SIGN[sender], keys->sign) &&
               derive(key, strength_of(flags), SEAL[sender], keys->seal);
    memcpy(keys->seal, key, OA_NTLM_KEY);
    if (!(flags & OA_NTLM_LM_KEY))
        return true;
    keys->seal_length = 8;
    if (flags & OA_NTLM_56)
        keys->seal[7] = 0xA0;
    else
        memcpy(keys->seal + 5, END_OF_40, sizeof END_OF_40);
    return true;
}
