/* private_keys.c
 * Private RSA keys of servers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "private_keys.h"

#include <glib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#define KEY_ID 32

struct private_key {
    gnutls_privkey_t key;
    uint8_t id[KEY_ID]; /* of its public part */
};

struct private_keys {
    GPtrArray *keys; /* of struct private_key */
    struct oa_tls_private_keys use;
};

static void
free_key(void *data)
{
    struct private_key *key = data;

    gnutls_privkey_deinit(key->key);
    g_free(key);
}

/* What the client encrypted: 48 bytes, the first two of them its version. */
static bool
decrypt_with(const struct private_key *key, struct oa_tls_piece encrypted,
             uint8_t premaster[OA_TLS_MASTER])
{
    const gnutls_datum_t from = { (unsigned char *)encrypted.at, (unsigned)encrypted.length };
    gnutls_datum_t plain = { NULL, 0 };

    if (gnutls_privkey_decrypt_data(key->key, 0, &from, &plain) != GNUTLS_E_SUCCESS)
        return false;
    bool is_good = plain.size == OA_TLS_MASTER && plain.data[0] == 3 && plain.data[1] <= 4;
    if (is_good)
        memcpy(premaster, plain.data, OA_TLS_MASTER);
    explicit_bzero(plain.data, plain.size);
    gnutls_free(plain.data);
    return is_good;
}

/* The id of a certificate's public key; false if it cannot be read. */
static bool
id_of(struct oa_tls_piece certificate, uint8_t id[KEY_ID])
{
    const gnutls_datum_t der = { (unsigned char *)certificate.at, (unsigned)certificate.length };
    gnutls_x509_crt_t crt;
    size_t size = KEY_ID;

    if (!certificate.length || gnutls_x509_crt_init(&crt) != GNUTLS_E_SUCCESS)
        return false;
    bool is_read =
        gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
        gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &size) == GNUTLS_E_SUCCESS;
    gnutls_x509_crt_deinit(crt);
    return is_read;
}

static bool
decrypt(void *context, struct oa_tls_piece certificate, struct oa_tls_piece encrypted,
        uint8_t premaster[OA_TLS_MASTER])
{
    const struct private_keys *keys = context;
    uint8_t id[KEY_ID];
    bool has_id = id_of(certificate, id);

    for (guint i = 0; i < keys->keys->len; i++) {
        const struct private_key *key = keys->keys->pdata[i];
        if ((!has_id || memcmp(key->id, id, KEY_ID) == 0) &&
            decrypt_with(key, encrypted, premaster))
            return true;
    }
    return false;
}

struct private_keys *
private_keys_new(void)
{
    struct private_keys *keys = g_new0(struct private_keys, 1);

    keys->keys = g_ptr_array_new_with_free_func(free_key);
    keys->use = (struct oa_tls_private_keys){ .context = keys, .decrypt = decrypt };
    return keys;
}

void
private_keys_free(struct private_keys *keys)
{
    if (!keys)
        return;
    g_ptr_array_unref(keys->keys);
    g_free(keys);
}

const struct oa_tls_private_keys *
private_keys_use(const struct private_keys *keys)
{
    return keys->keys->len ? &keys->use : NULL;
}

/* --- files --- */

static enum private_key_result
result_of(int error)
{
    switch (error) {
    case GNUTLS_E_SUCCESS:
        return PRIVATE_KEY_ADDED;
    case GNUTLS_E_DECRYPTION_FAILED:
    case GNUTLS_E_MAC_VERIFY_FAILED:
    case GNUTLS_E_PKCS1_WRONG_PAD:
        return PRIVATE_KEY_IS_ENCRYPTED;
    default:
        return PRIVATE_KEY_UNREADABLE;
    }
}

/* PKCS#12 has an integrity check by the password, which comes before anything is decrypted. */
static enum private_key_result
import_pkcs12(const gnutls_datum_t *file, const char *password, gnutls_x509_privkey_t *key)
{
    gnutls_pkcs12_t pkcs12;
    enum private_key_result result = PRIVATE_KEY_UNREADABLE;

    if (gnutls_pkcs12_init(&pkcs12) != GNUTLS_E_SUCCESS)
        return result;
    if (gnutls_pkcs12_import(pkcs12, file, GNUTLS_X509_FMT_DER, 0) == GNUTLS_E_SUCCESS) {
        result = result_of(gnutls_pkcs12_verify_mac(pkcs12, password ? password : ""));
        if (result == PRIVATE_KEY_ADDED)
            result = result_of(gnutls_pkcs12_simple_parse(pkcs12, password ? password : "", key,
                                                          NULL, NULL, NULL, NULL, NULL, 0));
    }
    gnutls_pkcs12_deinit(pkcs12);
    return result;
}

static enum private_key_result
import_plain(const gnutls_datum_t *file, gnutls_x509_crt_fmt_t format, const char *password,
             gnutls_x509_privkey_t *key)
{
    if (gnutls_x509_privkey_init(key) != GNUTLS_E_SUCCESS)
        return PRIVATE_KEY_UNREADABLE;
    enum private_key_result result =
        result_of(gnutls_x509_privkey_import2(*key, file, format, password, 0));
    if (result != PRIVATE_KEY_ADDED) {
        gnutls_x509_privkey_deinit(*key);
        *key = NULL;
    }
    return result;
}

/* Takes ownership of `key`. */
static enum private_key_result
add_key(struct private_keys *keys, gnutls_x509_privkey_t key)
{
    struct private_key *added = g_new0(struct private_key, 1);
    size_t size = KEY_ID;

    if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_RSA &&
        gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, added->id, &size) ==
            GNUTLS_E_SUCCESS &&
        gnutls_privkey_init(&added->key) == GNUTLS_E_SUCCESS &&
        gnutls_privkey_import_x509(added->key, key, GNUTLS_PRIVKEY_IMPORT_COPY) ==
            GNUTLS_E_SUCCESS) {
        g_ptr_array_add(keys->keys, added);
        gnutls_x509_privkey_deinit(key);
        return PRIVATE_KEY_ADDED;
    }
    gnutls_x509_privkey_deinit(key);
    free_key(added);
    return PRIVATE_KEY_IS_OTHER;
}

enum private_key_result
private_keys_add(struct private_keys *keys, const uint8_t *bytes, size_t length,
                 const char *password)
{
    const gnutls_datum_t file = { (unsigned char *)bytes, (unsigned)length };
    static const gnutls_x509_crt_fmt_t FORMATS[] = { GNUTLS_X509_FMT_PEM, GNUTLS_X509_FMT_DER };
    gnutls_x509_privkey_t key = NULL;
    enum private_key_result result = PRIVATE_KEY_UNREADABLE;

    /* With a password GnuTLS expects that the key is encrypted. */
    for (size_t i = 0; i < 2 && result == PRIVATE_KEY_UNREADABLE; i++) {
        result = import_plain(&file, FORMATS[i], NULL, &key);
        if (result != PRIVATE_KEY_ADDED && password)
            result = import_plain(&file, FORMATS[i], password, &key);
    }
    if (result == PRIVATE_KEY_UNREADABLE)
        result = import_pkcs12(&file, password, &key);
    if (!key)
        return result == PRIVATE_KEY_ADDED ? PRIVATE_KEY_IS_OTHER : result;
    return add_key(keys, key);
}
