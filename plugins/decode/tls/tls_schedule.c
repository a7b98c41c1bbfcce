/* tls_schedule.c
 * The pseudo-random functions of all versions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_schedule.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#define DIGEST_MAX 48
#define LABEL_MAX 32

static const struct {
    int algorithm;
    size_t length;
} HASHES[OA_TLS_HASHES] = {
    [OA_TLS_HASH_NONE] = { GCRY_MD_NONE, 0 },      [OA_TLS_HASH_MD5] = { GCRY_MD_MD5, 16 },
    [OA_TLS_HASH_SHA1] = { GCRY_MD_SHA1, 20 },     [OA_TLS_HASH_SHA256] = { GCRY_MD_SHA256, 32 },
    [OA_TLS_HASH_SHA384] = { GCRY_MD_SHA384, 48 },
};

int
oa_tls_hash_algorithm(enum oa_tls_hash hash)
{
    return HASHES[hash].algorithm;
}

size_t
oa_tls_hash_length(enum oa_tls_hash hash)
{
    return HASHES[hash].length;
}

static void
write_piece(gcry_md_hd_t md, struct oa_tls_piece piece)
{
    gcry_md_write(md, piece.at, piece.length);
}

/* P_hash: combines with `out` by exclusive or. */
static bool
expand(enum oa_tls_hash hash, struct oa_tls_piece secret, const struct oa_tls_piece seed[3],
       uint8_t *out, size_t length)
{
    size_t size = oa_tls_hash_length(hash);
    uint8_t a[DIGEST_MAX];
    gcry_md_hd_t md;

    if (gcry_md_open(&md, oa_tls_hash_algorithm(hash), GCRY_MD_FLAG_HMAC))
        return false;
    if (gcry_md_setkey(md, secret.at, secret.length)) {
        gcry_md_close(md);
        return false;
    }
    for (size_t i = 0; i < 3; i++)
        write_piece(md, seed[i]);
    for (size_t done = 0; done < length; done += MIN(size, length - done)) {
        memcpy(a, gcry_md_read(md, 0), size);
        gcry_md_reset(md);
        gcry_md_write(md, a, size);
        for (size_t i = 0; i < 3; i++)
            write_piece(md, seed[i]);
        const uint8_t *block = gcry_md_read(md, 0);
        for (size_t i = 0; i < size && done + i < length; i++)
            out[done + i] ^= block[i];
        gcry_md_reset(md);
        gcry_md_write(md, a, size);
    }
    explicit_bzero(a, sizeof a);
    gcry_md_close(md);
    return true;
}

/* MD5(secret, SHA("A", secret, seed)), MD5(secret, SHA("BB", ...)) and so on. */
static bool
expand_ssl3(struct oa_tls_piece secret, struct oa_tls_piece seed, struct oa_tls_piece more_seed,
            uint8_t *out, size_t length)
{
    gcry_md_hd_t inner, outer = NULL;

    if (gcry_md_open(&inner, GCRY_MD_SHA1, 0) || gcry_md_open(&outer, GCRY_MD_MD5, 0)) {
        gcry_md_close(inner);
        return false;
    }
    for (size_t done = 0, round = 1; done < length && round <= 26; done += 16, round++) {
        for (size_t i = 0; i < round; i++)
            gcry_md_putc(inner, (int)('A' + round - 1));
        write_piece(inner, secret);
        write_piece(inner, seed);
        write_piece(inner, more_seed);
        write_piece(outer, secret);
        gcry_md_write(outer, gcry_md_read(inner, 0), 20);
        memcpy(out + done, gcry_md_read(outer, 0), MIN(length - done, 16));
        gcry_md_reset(inner);
        gcry_md_reset(outer);
    }
    gcry_md_close(inner);
    gcry_md_close(outer);
    return true;
}

bool
oa_tls_prf(uint16_t version, enum oa_tls_hash hash, struct oa_tls_piece secret, const char *label,
           struct oa_tls_piece seed, struct oa_tls_piece more_seed, uint8_t *out, size_t length)
{
    const struct oa_tls_piece whole[] = { { (const uint8_t *)label, strlen(label) },
                                          seed,
                                          more_seed };

    memset(out, 0, length);
    if (version < OA_TLS_1_0)
        return expand_ssl3(secret, seed, more_seed, out, length);
    if (version >= OA_TLS_1_2)
        return expand(hash, secret, whole, out, length);
    size_t half = secret.length - secret.length / 2;
    struct oa_tls_piece first = { secret.at, half };
    struct oa_tls_piece second = { secret.at + secret.length - half, half };
    return expand(OA_TLS_HASH_MD5, first, whole, out, length) &&
           expand(OA_TLS_HASH_SHA1, second, whole, out, length);
}

bool
oa_tls_expand_label(enum oa_tls_hash hash, const uint8_t *secret, const char *label, uint8_t *out,
                    size_t length)
{
    size_t size = oa_tls_hash_length(hash), n_label = strlen(label);
    uint8_t info[2 + 1 + 6 + LABEL_MAX + 1] = { (uint8_t)(length >> 8), (uint8_t)length,
                                                (uint8_t)(6 + n_label) };
    gcry_md_hd_t md;

    g_return_val_if_fail(n_label <= LABEL_MAX && length <= 255, false);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, n_label);
    size_t n_info = 9 + n_label + 1;
    if (gcry_md_open(&md, oa_tls_hash_algorithm(hash), GCRY_MD_FLAG_HMAC))
        return false;
    if (gcry_md_setkey(md, secret, size)) {
        gcry_md_close(md);
        return false;
    }
    uint8_t block[DIGEST_MAX];
    for (size_t done = 0, round = 1; done < length; done += size, round++) {
        if (round > 1)
            gcry_md_write(md, block, size);
        gcry_md_write(md, info, n_info);
        gcry_md_putc(md, (int)round);
        memcpy(block, gcry_md_read(md, 0), size);
        memcpy(out + done, block, MIN(size, length - done));
        gcry_md_reset(md);
    }
    explicit_bzero(block, sizeof block);
    gcry_md_close(md);
    return true;
}
