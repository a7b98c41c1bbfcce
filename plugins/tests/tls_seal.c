/* tls_seal.c
 * Protects records as a sender of TLS does. It shares no code with what opens them.
 * [RFC 5246] 6.2.3, [RFC 7366], [RFC 5288], [RFC 6655], [RFC 7905], [RFC 8446] 5.2, [RFC
 * 6101] 5.2.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls_seal.h"

#include <gcrypt.h>
#include <string.h>

static const struct {
    enum oa_tls_cipher cipher;
    int algorithm, mode;
    unsigned key, block, tag;
} ROWS[] = {
    { OA_TLS_CIPHER_RC4_128, GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, 16, 0, 0 },
    { OA_TLS_CIPHER_TRIPLE_DES_CBC, GCRY_CIPHER_3DES, GCRY_CIPHER_MODE_CBC, 24, 8, 0 },
    { OA_TLS_CIPHER_AES_128_CBC, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, 16, 16, 0 },
    { OA_TLS_CIPHER_AES_256_CBC, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CBC, 32, 16, 0 },
    { OA_TLS_CIPHER_CAMELLIA_128_CBC, GCRY_CIPHER_CAMELLIA128, GCRY_CIPHER_MODE_CBC, 16, 16, 0 },
    { OA_TLS_CIPHER_CAMELLIA_256_GCM, GCRY_CIPHER_CAMELLIA256, GCRY_CIPHER_MODE_GCM, 32, 0, 16 },
    { OA_TLS_CIPHER_AES_128_GCM, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 16, 0, 16 },
    { OA_TLS_CIPHER_AES_256_GCM, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, 32, 0, 16 },
    { OA_TLS_CIPHER_AES_128_CCM, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CCM, 16, 0, 16 },
    { OA_TLS_CIPHER_AES_256_CCM_8, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CCM, 32, 0, 8 },
    { OA_TLS_CIPHER_CHACHA20_POLY1305, GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305, 32, 0, 16 },
};

static unsigned
row_of(enum oa_tls_cipher cipher)
{
    unsigned i = 0;

    while (i < G_N_ELEMENTS(ROWS) && ROWS[i].cipher != cipher)
        i++;
    g_assert_cmpuint(i, <, G_N_ELEMENTS(ROWS));
    return i;
}

static void
put(GByteArray *out, uint64_t value, unsigned size)
{
    for (unsigned i = size; i-- > 0;)
        g_byte_array_append(out, &(guint8){ (guint8)(value >> 8 * i) }, 1);
}

static void
append(GByteArray *out, const GByteArray *more)
{
    g_byte_array_append(out, more->data, more->len);
}

/* Number, type, version, length. */
static GByteArray *
prefix_of(const struct seal *seal, uint8_t type, size_t length)
{
    GByteArray *prefix = g_byte_array_new();

    put(prefix, seal->number, 8);
    put(prefix, type, 1);
    if (seal->version > 0x0300)
        put(prefix, seal->version, 2);
    put(prefix, length, 2);
    return prefix;
}

static void
append_mac(const struct seal *seal, uint8_t type, const GByteArray *data, GByteArray *out)
{
    static const int ALGORITHMS[OA_TLS_HASHES] = { GCRY_MD_NONE, GCRY_MD_MD5, GCRY_MD_SHA1,
                                                   GCRY_MD_SHA256, GCRY_MD_SHA384 };
    int algorithm = ALGORITHMS[seal->suite->mac];
    unsigned length = gcry_md_get_algo_dlen(algorithm);
    g_autoptr(GByteArray) whole = prefix_of(seal, type, data->len);
    guint8 digest[48], pad[48], inner[48 + 48 + 48];

    append(whole, data);
    if (seal->version > 0x0300) {
        gcry_buffer_t buffers[2] = { { 0, 0, length, (void *)seal->mac_key },
                                     { 0, 0, whole->len, whole->data } };
        g_assert_cmpint(gcry_md_hash_buffers(algorithm, GCRY_MD_FLAG_HMAC, digest, buffers, 2), ==,
                        0);
    } else {
        unsigned n_pad = algorithm == GCRY_MD_MD5 ? 48 : 40;
        g_autoptr(GByteArray) first = g_byte_array_new();
        memset(pad, 0x36, sizeof pad);
        g_byte_array_append(first, seal->mac_key, length);
        g_byte_array_append(first, pad, n_pad);
        append(first, whole);
        memset(pad, 0x5c, sizeof pad);
        memcpy(inner, seal->mac_key, length);
        memcpy(inner + length, pad, n_pad);
        gcry_md_hash_buffer(algorithm, inner + length + n_pad, first->data, first->len);
        gcry_md_hash_buffer(algorithm, digest, inner, length + n_pad + length);
    }
    g_byte_array_append(out, digest, length);
}

static gcry_cipher_hd_t
cipher_of(const struct seal *seal)
{
    unsigned row = row_of(seal->suite->cipher);
    gcry_cipher_hd_t handle;

    g_assert_cmpint(gcry_cipher_open(&handle, ROWS[row].algorithm, ROWS[row].mode, 0), ==, 0);
    g_assert_cmpint(gcry_cipher_setkey(handle, seal->key, ROWS[row].key), ==, 0);
    return handle;
}

static GByteArray *
seal_stream(struct seal *seal, uint8_t type, GByteArray *data)
{
    gcry_cipher_hd_t handle = cipher_of(seal);
    GByteArray *payload = g_byte_array_new();

    if (!seal->sent)
        seal->sent = g_byte_array_new();
    append(payload, data);
    append_mac(seal, type, data, payload);
    g_autofree guint8 *past = g_malloc0(seal->sent->len + 1);
    gcry_cipher_encrypt(handle, past, seal->sent->len, NULL, 0);
    gcry_cipher_encrypt(handle, payload->data, payload->len, NULL, 0);
    append(seal->sent, payload);
    gcry_cipher_close(handle);
    return payload;
}

static GByteArray *
seal_cbc(struct seal *seal, uint8_t type, const GByteArray *data)
{
    unsigned block = ROWS[row_of(seal->suite->cipher)].block;
    gboolean is_explicit = seal->version > 0x0301;
    GByteArray *payload = g_byte_array_new(), *plain = g_byte_array_new();
    gcry_cipher_hd_t handle = cipher_of(seal);

    if (is_explicit)
        memset(seal->iv, (int)(seal->number * 7 + 1), block);
    append(plain, data);
    if (!seal->encrypt_then_mac)
        append_mac(seal, type, data, plain);
    unsigned padding = block - plain->len % block;
    for (unsigned i = 0; i < padding; i++)
        put(plain, padding - 1, 1);
    if (is_explicit)
        g_byte_array_append(payload, seal->iv, block);
    gcry_cipher_setiv(handle, seal->iv, block);
    gcry_cipher_encrypt(handle, plain->data, plain->len, NULL, 0);
    append(payload, plain);
    memcpy(seal->iv, plain->data + plain->len - block, block);
    if (seal->encrypt_then_mac) {
        g_autoptr(GByteArray) authenticated = g_byte_array_new();
        append(authenticated, payload);
        append_mac(seal, type, authenticated, payload);
    }
    g_byte_array_unref(plain);
    gcry_cipher_close(handle);
    return payload;
}

static GByteArray *
seal_aead(struct seal *seal, uint8_t type, const GByteArray *data)
{
    unsigned row = row_of(seal->suite->cipher), tag = ROWS[row].tag;
    gboolean is_1_3 = seal->version == 0x0304;
    gboolean is_explicit = !is_1_3 && ROWS[row].mode != GCRY_CIPHER_MODE_POLY1305;
    g_autoptr(GByteArray) plain = g_byte_array_new(), extra = NULL;
    GByteArray *payload = g_byte_array_new();
    gcry_cipher_hd_t handle = cipher_of(seal);
    guint8 nonce[12], trailer[16];

    append(plain, data);
    if (is_1_3) {
        put(plain, type, 1);
        put(plain, 0, (unsigned)(seal->number % 3)); /* padding */
        extra = g_byte_array_new();
        put(extra, 0x170303, 3);
        put(extra, plain->len + tag, 2);
    } else {
        extra = prefix_of(seal, type, plain->len);
    }
    memcpy(nonce, seal->iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++) {
        guint8 counted = (guint8)((seal->number + (is_explicit ? seal->first_nonce : 0)) >> 8 * i);
        nonce[11 - i] = is_explicit ? counted : nonce[11 - i] ^ counted;
    }
    if (is_explicit)
        g_byte_array_append(payload, nonce + 4, 8);
    gcry_cipher_setiv(handle, nonce, sizeof nonce);
    if (ROWS[row].mode == GCRY_CIPHER_MODE_CCM) {
        guint64 lengths[3] = { plain->len, extra->len, tag };
        gcry_cipher_ctl(handle, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths);
    }
    gcry_cipher_authenticate(handle, extra->data, extra->len);
    gcry_cipher_encrypt(handle, plain->data, plain->len, NULL, 0);
    gcry_cipher_gettag(handle, trailer, tag);
    append(payload, plain);
    g_byte_array_append(payload, trailer, tag);
    gcry_cipher_close(handle);
    return payload;
}

void
seal_record(struct seal *seal, uint8_t type, const void *data, size_t length, GByteArray *out)
{
    unsigned row = row_of(seal->suite->cipher);
    g_autoptr(GByteArray) plain = g_byte_array_new(), payload = NULL;

    g_byte_array_append(plain, data, (guint)length);
    payload = ROWS[row].tag     ? seal_aead(seal, type, plain)
              : ROWS[row].block ? seal_cbc(seal, type, plain)
                                : seal_stream(seal, type, plain);
    put(out, seal->version == 0x0304 ? 23 : type, 1);
    put(out, MIN(seal->version, 0x0303), 2);
    put(out, payload->len, 2);
    append(out, payload);
    seal->number++;
}
