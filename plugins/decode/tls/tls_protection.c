/* tls_protection.c
 * The ciphers of all suites, through libgcrypt: one handle for a direction, no memory for a record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_protection.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#define IV_MAX 16
#define NONCE 12
#define EXPLICIT_NONCE 8
#define MAC_KEY_MAX 48
#define PAD_MAX 48

enum kind { KIND_NONE, KIND_NULL, KIND_STREAM, KIND_CBC, KIND_AEAD };

/* clang-format off */
static const struct cipher {
    enum kind kind;
    int algorithm, mode;
    size_t key;
    size_t iv;            /* block of a CBC cipher; what the key block gives of a nonce */
    size_t explicit_part; /* of the nonce, in the record; not in TLS 1.3 */
    size_t tag;
} CIPHERS[OA_TLS_CIPHERS] = {
    [OA_TLS_CIPHER_NONE] = { KIND_NONE, 0, 0, 0, 0, 0, 0 },
    [OA_TLS_CIPHER_NULL] = { KIND_NULL, 0, 0, 0, 0, 0, 0 },
    [OA_TLS_CIPHER_RC4_128] = { KIND_STREAM, GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, 16, 0, 0, 0 },
    [OA_TLS_CIPHER_TRIPLE_DES_CBC] = { KIND_CBC, GCRY_CIPHER_3DES, GCRY_CIPHER_MODE_CBC, 24, 8, 0, 0 },
    [OA_TLS_CIPHER_AES_128_CBC] = { KIND_CBC, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, 16, 16, 0, 0 },
    [OA_TLS_CIPHER_AES_256_CBC] = { KIND_CBC, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CBC, 32, 16, 0, 0 },
    [OA_TLS_CIPHER_CAMELLIA_128_CBC] = { KIND_CBC, GCRY_CIPHER_CAMELLIA128, GCRY_CIPHER_MODE_CBC, 16, 16, 0, 0 },
    [OA_TLS_CIPHER_CAMELLIA_256_CBC] = { KIND_CBC, GCRY_CIPHER_CAMELLIA256, GCRY_CIPHER_MODE_CBC, 32, 16, 0, 0 },
    [OA_TLS_CIPHER_AES_128_GCM] = { KIND_AEAD, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 16, 4, 8, 16 },
    [OA_TLS_CIPHER_AES_256_GCM] = { KIND_AEAD, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, 32, 4, 8, 16 },
    [OA_TLS_CIPHER_CAMELLIA_128_GCM] = { KIND_AEAD, GCRY_CIPHER_CAMELLIA128, GCRY_CIPHER_MODE_GCM, 16, 4, 8, 16 },
    [OA_TLS_CIPHER_CAMELLIA_256_GCM] = { KIND_AEAD, GCRY_CIPHER_CAMELLIA256, GCRY_CIPHER_MODE_GCM, 32, 4, 8, 16 },
    [OA_TLS_CIPHER_AES_128_CCM] = { KIND_AEAD, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CCM, 16, 4, 8, 16 },
    [OA_TLS_CIPHER_AES_256_CCM] = { KIND_AEAD, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CCM, 32, 4, 8, 16 },
    [OA_TLS_CIPHER_AES_128_CCM_8] = { KIND_AEAD, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CCM, 16, 4, 8, 8 },
    [OA_TLS_CIPHER_AES_256_CCM_8] = { KIND_AEAD, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CCM, 32, 4, 8, 8 },
    [OA_TLS_CIPHER_CHACHA20_POLY1305] = { KIND_AEAD, GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305, 32, 12, 0, 16 },
};
/* clang-format on */

struct oa_tls_protection {
    const struct cipher *cipher;
    uint16_t version;
    bool encrypt_then_mac;
    bool has_iv;             /* of a CBC cipher with a chain */
    size_t explicit_part;    /* of the nonce */
    uint64_t explicit_last;  /* of the record opened last */
    gcry_cipher_hd_t handle; /* NULL: no cipher */
    gcry_md_hd_t mac;        /* NULL: an AEAD; keyed but for SSL 3.0 */
    size_t mac_length;
    int mac_algorithm;
    uint8_t *ahead; /* of a stream cipher: its next bytes, generated already; NULL */
    size_t n_ahead;
    uint8_t iv[IV_MAX];           /* of a CBC cipher with a chain, or the fixed part of a nonce */
    uint8_t mac_key[MAC_KEY_MAX]; /* of SSL 3.0 */
};

struct oa_tls_key_lengths
oa_tls_key_lengths_of(const struct oa_tls_suite *suite, uint16_t version)
{
    const struct cipher *cipher = &CIPHERS[suite->cipher];
    bool has_iv = cipher->kind != KIND_CBC || version <= OA_TLS_1_0;

    return (struct oa_tls_key_lengths){ oa_tls_hash_length(suite->mac), cipher->key,
                                        version >= OA_TLS_1_3 ? NONCE
                                        : has_iv              ? cipher->iv
                                                              : 0 };
}

static bool
open_handles(struct oa_tls_protection *protection, const uint8_t *mac_key, const uint8_t *key)
{
    const struct cipher *cipher = protection->cipher;

    if (cipher->kind != KIND_NULL &&
        (gcry_cipher_open(&protection->handle, cipher->algorithm, cipher->mode, 0) ||
         gcry_cipher_setkey(protection->handle, key, cipher->key)))
        return false;
    if (!protection->mac_length)
        return true;
    bool is_keyed = protection->version >= OA_TLS_1_0;
    if (gcry_md_open(&protection->mac, protection->mac_algorithm, is_keyed ? GCRY_MD_FLAG_HMAC : 0))
        return false;
    if (is_keyed)
        return gcry_md_setkey(protection->mac, mac_key, protection->mac_length) == 0;
    memcpy(protection->mac_key, mac_key, protection->mac_length);
    return true;
}

struct oa_tls_protection *
oa_tls_protection_new(const struct oa_tls_suite *suite, uint16_t version, bool encrypt_then_mac,
                      const uint8_t *mac_key, const uint8_t *key, const uint8_t *iv)
{
    const struct cipher *cipher = &CIPHERS[suite->cipher];
    struct oa_tls_protection *protection;

    if (cipher->kind == KIND_NONE || (version >= OA_TLS_1_3 && cipher->kind != KIND_AEAD))
        return NULL;
    protection = g_new0(struct oa_tls_protection, 1);
    protection->cipher = cipher;
    protection->version = version;
    protection->encrypt_then_mac = encrypt_then_mac && cipher->kind == KIND_CBC;
    protection->explicit_part = version >= OA_TLS_1_3 ? 0 : cipher->explicit_part;
    protection->mac_length = oa_tls_hash_length(suite->mac);
    protection->mac_algorithm = oa_tls_hash_algorithm(suite->mac);
    protection->has_iv = true;
    memcpy(protection->iv, iv, oa_tls_key_lengths_of(suite, version).iv);
    if (!open_handles(protection, mac_key, key))
        g_clear_pointer(&protection, oa_tls_protection_free);
    return protection;
}

struct oa_tls_protection *
oa_tls_protection_of_secret(const struct oa_tls_suite *suite, const uint8_t *secret)
{
    uint8_t key[32], iv[NONCE];
    struct oa_tls_protection *protection = NULL;

    if (oa_tls_expand_label(suite->prf, secret, "key", key, CIPHERS[suite->cipher].key) &&
        oa_tls_expand_label(suite->prf, secret, "iv", iv, sizeof iv))
        protection = oa_tls_protection_new(suite, OA_TLS_1_3, false, NULL, key, iv);
    explicit_bzero(key, sizeof key);
    return protection;
}

static void
drop_ahead(struct oa_tls_protection *protection)
{
    if (protection->ahead)
        explicit_bzero(protection->ahead, protection->n_ahead);
    g_clear_pointer(&protection->ahead, g_free);
    protection->n_ahead = 0;
}

void
oa_tls_protection_free(struct oa_tls_protection *protection)
{
    if (!protection)
        return;
    gcry_cipher_close(protection->handle);
    gcry_md_close(protection->mac);
    drop_ahead(protection);
    explicit_bzero(protection, sizeof *protection);
    g_free(protection);
}

size_t
oa_tls_protection_overhead(const struct oa_tls_protection *protection)
{
    const struct cipher *cipher = protection->cipher;

    if (cipher->kind == KIND_AEAD)
        return protection->explicit_part + cipher->tag + (protection->version >= OA_TLS_1_3);
    if (cipher->kind == KIND_CBC)
        return (oa_tls_protection_chain(protection) ? 0 : cipher->iv) + protection->mac_length + 1;
    return protection->mac_length;
}

bool
oa_tls_protection_is_1_3(const struct oa_tls_protection *protection)
{
    return protection->version >= OA_TLS_1_3;
}

bool
oa_tls_protection_is_stream(const struct oa_tls_protection *protection)
{
    return protection->cipher->kind == KIND_STREAM;
}

size_t
oa_tls_protection_chain(const struct oa_tls_protection *protection)
{
    if (protection->cipher->kind != KIND_CBC || protection->version > OA_TLS_1_0)
        return 0;
    return protection->cipher->iv + (protection->encrypt_then_mac ? protection->mac_length : 0);
}

static uint64_t
number_at(const uint8_t bytes[8])
{
    uint64_t number = 0;

    for (size_t i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static void
put_number(uint8_t bytes[8], uint64_t number)
{
    for (size_t i = 8; i-- > 0; number >>= 8)
        bytes[i] = (uint8_t)number;
}

/* Number, type, version and length: what is authenticated beyond the data. SSL 3.0 leaves out the
 * version. */
static size_t
put_prefix(const struct oa_tls_protection *protection, uint64_t number, const uint8_t *header,
           size_t length, uint8_t out[13])
{
    size_t at = 8;

    put_number(out, number);
    out[at++] = header[0];
    if (protection->version >= OA_TLS_1_0) {
        out[at++] = header[1];
        out[at++] = header[2];
    }
    out[at++] = (uint8_t)(length >> 8);
    out[at++] = (uint8_t)length;
    return at;
}

/* Which of the bytes differ shows nothing to anybody here. */
static bool
has_mac(const struct oa_tls_protection *protection, uint64_t number, const uint8_t *header,
        const uint8_t *data, size_t length, const uint8_t *mac)
{
    gcry_md_hd_t md = protection->mac;
    uint8_t prefix[13], inner[MAC_KEY_MAX], pad[PAD_MAX];
    size_t n_prefix = put_prefix(protection, number, header, length, prefix);
    size_t n_pad = protection->mac_algorithm == GCRY_MD_MD5 ? 48 : 40;

    gcry_md_reset(md);
    if (protection->version < OA_TLS_1_0) {
        memset(pad, 0x36, sizeof pad);
        gcry_md_write(md, protection->mac_key, protection->mac_length);
        gcry_md_write(md, pad, n_pad);
    }
    gcry_md_write(md, prefix, n_prefix);
    gcry_md_write(md, data, length);
    if (protection->version < OA_TLS_1_0) {
        memcpy(inner, gcry_md_read(md, 0), protection->mac_length);
        memset(pad, 0x5c, sizeof pad);
        gcry_md_reset(md);
        gcry_md_write(md, protection->mac_key, protection->mac_length);
        gcry_md_write(md, pad, n_pad);
        gcry_md_write(md, inner, protection->mac_length);
    }
    return memcmp(gcry_md_read(md, 0), mac, protection->mac_length) == 0;
}

/* --- AEAD --- */

static bool
open_aead(struct oa_tls_protection *protection, uint64_t number, const uint8_t *header,
          const uint8_t *payload, size_t length, uint8_t *out, struct oa_tls_opened *opened)
{
    const struct cipher *cipher = protection->cipher;
    size_t explicit_part = protection->explicit_part, extra = explicit_part + cipher->tag;
    bool is_1_3 = protection->version >= OA_TLS_1_3;
    uint8_t nonce[NONCE], number_bytes[8], prefix[13];
    gcry_cipher_hd_t handle = protection->handle;

    if (length < extra)
        return false;
    size_t n = length - extra;
    memcpy(nonce, protection->iv, NONCE);
    put_number(number_bytes, number);
    for (size_t i = 0; i < 8; i++)
        nonce[4 + i] = explicit_part ? payload[i] : (uint8_t)(nonce[4 + i] ^ number_bytes[i]);
    size_t n_prefix = put_prefix(protection, number, header, n, prefix);
    if (gcry_cipher_setiv(handle, nonce, sizeof nonce))
        return false;
    if (cipher->mode == GCRY_CIPHER_MODE_CCM) {
        uint64_t lengths[3] = { n, is_1_3 ? OA_TLS_RECORD_HEADER : n_prefix, cipher->tag };
        if (gcry_cipher_ctl(handle, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths))
            return false;
    }
    if (gcry_cipher_authenticate(handle, is_1_3 ? header : prefix,
                                 is_1_3 ? OA_TLS_RECORD_HEADER : n_prefix) ||
        gcry_cipher_decrypt(handle, out, n, payload + explicit_part, n) ||
        gcry_cipher_checktag(handle, payload + explicit_part + n, cipher->tag))
        return false;
    if (explicit_part)
        protection->explicit_last = number_at(payload);
    opened->type = header[0];
    if (is_1_3) {
        while (n > 0 && out[n - 1] == 0)
            n--;
        if (n == 0)
            return false;
        opened->type = out[--n];
    }
    opened->data = out;
    opened->length = n;
    return true;
}

/* --- CBC --- */

/* The length without padding; SIZE_MAX if the padding is none. What it consists of is random in
 * SSL 3.0, which has less than a block. */
static size_t
without_padding(const struct oa_tls_protection *protection, const uint8_t *data, size_t length)
{
    size_t padding = (size_t)data[length - 1] + 1;

    if (padding > length || (protection->version < OA_TLS_1_0 && padding > protection->cipher->iv))
        return SIZE_MAX;
    for (size_t i = length - padding; i < length && protection->version >= OA_TLS_1_0; i++)
        if (data[i] != padding - 1)
            return SIZE_MAX;
    return length - padding;
}

static bool
open_cbc(struct oa_tls_protection *protection, uint64_t number, const uint8_t *header,
         const uint8_t *payload, size_t length, uint8_t *out, struct oa_tls_opened *opened)
{
    size_t block = protection->cipher->iv, mac = protection->mac_length;
    size_t chain = oa_tls_protection_chain(protection);
    size_t n_iv = chain ? 0 : block, trailer = protection->encrypt_then_mac ? mac : 0;
    uint8_t iv[IV_MAX];
    bool has_iv = protection->has_iv;

    if (length < n_iv + trailer + block || (length - n_iv - trailer) % block)
        return false;
    size_t n = length - n_iv - trailer;
    memcpy(iv, chain ? protection->iv : payload, block);
    if (chain)
        oa_tls_protection_pass(protection, length, payload + length - chain);
    if (!has_iv)
        return false;
    if (trailer &&
        !has_mac(protection, number, header, payload, length - trailer, payload + n_iv + n))
        return false;
    if (gcry_cipher_setiv(protection->handle, iv, block) ||
        gcry_cipher_decrypt(protection->handle, out, n, payload + n_iv, n))
        return false;
    n = without_padding(protection, out, n);
    if (n == SIZE_MAX || (!trailer && n < mac))
        return false;
    if (!trailer) {
        n -= mac;
        if (!has_mac(protection, number, header, out, n, out + n))
            return false;
    }
    *opened = (struct oa_tls_opened){ header[0], out, n };
    return true;
}

/* --- streams --- */

/* Generates the next bytes of the stream without using them; false if the library fails. */
static bool
look_ahead(struct oa_tls_protection *protection, size_t length)
{
    size_t had = protection->n_ahead;

    if (length <= had)
        return true;
    protection->ahead = g_realloc(protection->ahead, length);
    protection->n_ahead = length;
    memset(protection->ahead + had, 0, length - had);
    return gcry_cipher_decrypt(protection->handle, protection->ahead + had, length - had, NULL,
                               0) == 0;
}

/* Moves on by that many bytes. */
static void
move_on(struct oa_tls_protection *protection, size_t length)
{
    uint8_t nothing[256];
    size_t part = MIN(length, protection->n_ahead);

    if (part == protection->n_ahead)
        drop_ahead(protection);
    else
        memmove(protection->ahead, protection->ahead + part, protection->n_ahead -= part);
    for (length -= part; length > 0; length -= part) {
        part = MIN(length, sizeof nothing);
        gcry_cipher_decrypt(protection->handle, nothing, part, nothing, part);
    }
}

static bool
decrypt_stream(struct oa_tls_protection *protection, const uint8_t *payload, size_t length,
               uint8_t *out)
{
    size_t part = MIN(length, protection->n_ahead);

    if (!protection->handle) {
        memcpy(out, payload, length);
        return true;
    }
    for (size_t i = 0; i < part; i++)
        out[i] = payload[i] ^ protection->ahead[i];
    if (part)
        move_on(protection, part);
    return gcry_cipher_decrypt(protection->handle, out + part, length - part, payload + part,
                               length - part) == 0;
}

/* Verifies what is decrypted in `out`. */
static bool
take_stream(const struct oa_tls_protection *protection, uint64_t number, const uint8_t *header,
            const uint8_t *out, size_t length, struct oa_tls_opened *opened)
{
    size_t mac = protection->mac_length;

    if (length < mac || !has_mac(protection, number, header, out, length - mac, out + length - mac))
        return false;
    *opened = (struct oa_tls_opened){ header[0], out, length - mac };
    return true;
}

bool
oa_tls_protection_open(struct oa_tls_protection *protection, uint64_t number,
                       const uint8_t header[OA_TLS_RECORD_HEADER], const uint8_t *payload,
                       size_t length, uint8_t *out, struct oa_tls_opened *opened)
{
    switch (protection->cipher->kind) {
    case KIND_AEAD:
        return open_aead(protection, number, header, payload, length, out, opened);
    case KIND_CBC:
        return open_cbc(protection, number, header, payload, length, out, opened);
    default:
        return decrypt_stream(protection, payload, length, out) &&
               take_stream(protection, number, header, out, length, opened);
    }
}

bool
oa_tls_protection_open_ahead(struct oa_tls_protection *protection, size_t ahead, uint64_t number,
                             const uint8_t header[OA_TLS_RECORD_HEADER], const uint8_t *payload,
                             size_t length, uint8_t *out, struct oa_tls_opened *opened)
{
    if (!oa_tls_protection_is_stream(protection))
        return oa_tls_protection_open(protection, number, header, payload, length, out, opened);
    if (ahead > OA_TLS_AHEAD_MAX || !look_ahead(protection, ahead + length))
        return false;
    for (size_t i = 0; i < length; i++)
        out[i] = payload[i] ^ protection->ahead[ahead + i];
    if (!take_stream(protection, number, header, out, length, opened))
        return false;
    move_on(protection, ahead + length);
    return true;
}

void
oa_tls_protection_pass(struct oa_tls_protection *protection, size_t length, const uint8_t *last)
{
    if (oa_tls_protection_chain(protection)) {
        protection->has_iv = last != NULL;
        if (last)
            memcpy(protection->iv, last, protection->cipher->iv);
    }
    if (oa_tls_protection_is_stream(protection))
        move_on(protection, length);
}

bool
oa_tls_protection_step(const struct oa_tls_protection *protection, const uint8_t *payload,
                       size_t length, uint64_t *step)
{
    if (!protection->explicit_part || length < EXPLICIT_NONCE)
        return false;
    *step = number_at(payload) - protection->explicit_last;
    return true;
}
