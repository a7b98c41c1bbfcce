/* sealer.c
 * The sender's part of NTLM's session security, for tests of the receiver's. [MS-NLMP] 3.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sealer.h"

#include <string.h>

#include <gcrypt.h>

struct sealer {
    uint32_t flags;
    struct oa_ntlm_side_keys keys[2];
    struct oa_ntlm_checksum *checksum[2];
    gcry_cipher_hd_t cipher[2];
    uint32_t sequence[2];
    int of[2]; /* which of these a side uses */
};

struct sealer *
sealer_new(uint32_t flags, const uint8_t key[OA_NTLM_KEY], bool is_shared)
{
    struct sealer *sealer = g_new0(struct sealer, 1);

    g_assert_nonnull(gcry_check_version(NULL));
    sealer->flags = flags;
    sealer->of[OA_SERVER] = is_shared ? OA_CLIENT : OA_SERVER;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        g_assert_true(oa_ntlm_side_keys(flags, key, (enum oa_side)side, &sealer->keys[side]));
        sealer->checksum[side] = oa_ntlm_checksum_new(flags, sealer->keys[side].sign);
        g_assert_nonnull(sealer->checksum[side]);
        g_assert_cmpint(gcry_cipher_open(&sealer->cipher[side], GCRY_CIPHER_ARCFOUR,
                                         GCRY_CIPHER_MODE_STREAM, 0),
                        ==, 0);
    }
    sealer_begin_anew(sealer);
    return sealer;
}

void
sealer_begin_anew(struct sealer *sealer)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct oa_ntlm_side_keys *keys = &sealer->keys[side];
        g_assert_cmpint(gcry_cipher_setkey(sealer->cipher[side], keys->seal, keys->seal_length), ==,
                        0);
    }
}

void
sealer_free(struct sealer *sealer)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        gcry_cipher_close(sealer->cipher[side]);
        oa_ntlm_checksum_free(sealer->checksum[side]);
    }
    g_free(sealer);
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void
sealer_protect(struct sealer *sealer, enum oa_side side, bool is_sealed, bool signs_all,
               struct oa_bytes head, GByteArray *stub, struct oa_bytes trailer,
               uint8_t signature[SEALER_SIGNATURE])
{
    gcry_cipher_hd_t cipher = sealer->cipher[sealer->of[side]];
    uint32_t sequence = sealer->sequence[sealer->of[side]]++;
    uint8_t number[4], digest[OA_NTLM_KEY];
    struct oa_bytes pieces[] = { { number, 4 }, head, { stub->data, stub->len }, trailer };
    bool is_extended = sealer->flags & OA_NTLM_EXTENDED_SESSIONSECURITY;

    if (!signs_all)
        pieces[1].length = pieces[3].length = 0;
    put_u32(number, sequence);
    g_assert_true(oa_ntlm_checksum_of(sealer->checksum[side], pieces + !is_extended,
                                      G_N_ELEMENTS(pieces) - !is_extended, digest));
    if (is_sealed && stub->len)
        gcry_cipher_encrypt(cipher, stub->data, stub->len, NULL, 0);
    put_u32(signature, 1);
    if (is_extended) {
        memcpy(signature + 4, digest, 8);
        if (sealer->flags & OA_NTLM_KEY_EXCH)
            gcry_cipher_encrypt(cipher, signature + 4, 8, NULL, 0);
        put_u32(signature + 12, sequence);
        return;
    }
    put_u32(signature + 4, 0);
    memcpy(signature + 8, digest, 4);
    put_u32(signature + 12, sequence);
    gcry_cipher_encrypt(cipher, signature + 4, 12, NULL, 0);
    put_u32(signature + 4, 0); /* the random pad, [MS-NLMP] 3.4.4.1 */
}

static bool
find_secret(void *host, const char *user, const char *domain, size_t number,
            struct oa_ntlm_secret *secret, bool *is_password)
{
    const char *password = host;

    *is_password = true;
    return number == 0 && strcmp(user, "User") == 0 && strcmp(domain, "Domain") == 0 &&
           oa_ntlm_secret_of_password(password, strlen(password), secret);
}

const struct oa_seal_secrets SEALER_SECRETS = { .host = "Password", .find_nt_secret = find_secret };
