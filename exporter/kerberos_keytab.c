/* kerberos_keytab.c
 * The keys of a Kerberos key table, and the cryptography that opens what they protect. [RFC 3961]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kerberos_keytab.h"

#include <glib.h>
#include <krb5/krb5.h>
#include <profile.h>
#include <string.h>

#include "secret_file.h"

struct entry {
    char *service; /* its components with slashes between them */
    char *realm;
    uint32_t version, enctype;
    krb5_key key;
};

struct kerberos_keytab {
    krb5_context context;
    GArray *entries; /* struct entry */
    struct oa_kerberos_host host;
};

/* --- the host's functions --- */

static krb5_data
data_of(const uint8_t *bytes, size_t length)
{
    return (krb5_data){ .length = (unsigned)length, .data = (char *)bytes };
}

/* Adds a part, unless it is empty. */
static void
add_part(krb5_crypto_iov *parts, size_t *n_parts, krb5_cryptotype type, const uint8_t *bytes,
         size_t length)
{
    if (length)
        parts[(*n_parts)++] = (krb5_crypto_iov){ .flags = type, .data = data_of(bytes, length) };
}

static bool
decrypt_with(krb5_context context, krb5_key key, enum oa_kerberos_usage usage,
             struct oa_kerberos_sealed *sealed)
{
    krb5_enctype enctype = krb5_k_key_enctype(context, key);
    unsigned header, trailer;
    krb5_crypto_iov parts[6];
    size_t n_parts = 0;

    if (krb5_c_crypto_length(context, enctype, KRB5_CRYPTO_TYPE_HEADER, &header) ||
        krb5_c_crypto_length(context, enctype, KRB5_CRYPTO_TYPE_TRAILER, &trailer) ||
        sealed->length > G_MAXINT || sealed->length < (size_t)header + trailer ||
        sealed->data_length > sealed->length - header - trailer)
        return false;
    sealed->plain = sealed->bytes + header;
    sealed->plain_length = sealed->length - header - trailer;
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_HEADER, sealed->bytes, header);
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_SIGN_ONLY, sealed->before.at, sealed->before.length);
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_DATA, sealed->plain, sealed->data_length);
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_SIGN_ONLY, sealed->after.at, sealed->after.length);
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_DATA, sealed->plain + sealed->data_length,
             sealed->plain_length - sealed->data_length);
    add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_TRAILER, sealed->plain + sealed->plain_length,
             trailer);
    return krb5_k_decrypt_iov(context, key, (krb5_keyusage)usage, NULL, parts, n_parts) == 0;
}

static bool
decrypt(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
        struct oa_kerberos_sealed *sealed)
{
    struct kerberos_keytab *keytab = context;

    return decrypt_with(keytab->context, (krb5_key)key, usage, sealed);
}

static bool
verify(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
       const struct oa_bytes *spans, size_t n_spans, struct oa_bytes checksum)
{
    struct kerberos_keytab *keytab = context;
    krb5_crypto_iov parts[8];
    size_t n_parts = 0;
    krb5_boolean is_valid = false;

    g_assert(n_spans < G_N_ELEMENTS(parts));
    for (size_t i = 0; i < n_spans; i++)
        add_part(parts, &n_parts, KRB5_CRYPTO_TYPE_DATA, spans[i].at, spans[i].length);
    parts[n_parts++] = (krb5_crypto_iov){ .flags = KRB5_CRYPTO_TYPE_CHECKSUM,
                                          .data = data_of(checksum.at, checksum.length) };
    return krb5_k_verify_checksum_iov(keytab->context, 0, (krb5_key)key, (krb5_keyusage)usage,
                                      parts, n_parts, &is_valid) == 0 &&
           is_valid;
}

/* libkrb5 looks at the length of a key only once it is used. */
static krb5_key
new_key_in(krb5_context context, uint32_t enctype, const uint8_t *value, size_t length)
{
    krb5_keyblock block = { .enctype = (krb5_enctype)enctype,
                            .length = (unsigned)length,
                            .contents = (krb5_octet *)value };
    size_t bytes, wanted;
    krb5_key key = NULL;

    if (!krb5_c_valid_enctype(block.enctype) ||
        krb5_c_keylengths(context, block.enctype, &bytes, &wanted) || wanted != length ||
        krb5_k_create_key(context, &block, &key))
        return NULL;
    return key;
}

static struct oa_kerberos_key *
new_key(void *context, uint32_t enctype, const uint8_t *value, size_t length)
{
    struct kerberos_keytab *keytab = context;

    return (struct oa_kerberos_key *)new_key_in(keytab->context, enctype, value, length);
}

static void
free_key(void *context, struct oa_kerberos_key *key)
{
    struct kerberos_keytab *keytab = context;

    krb5_k_free_key(keytab->context, (krb5_key)key);
}

/* Directories compare names of services without case. */
static bool
is_of_service(const struct entry *entry, const struct oa_kerberos_ticket *ticket)
{
    return g_ascii_strcasecmp(entry->service, ticket->service) == 0 &&
           g_ascii_strcasecmp(entry->realm, ticket->realm) == 0;
}

static bool
opens(const struct kerberos_keytab *keytab, const struct entry *entry,
      const struct oa_kerberos_encrypted *part, uint8_t *plain, size_t *length)
{
    struct oa_kerberos_sealed sealed = { .bytes = plain, .length = part->cipher.length };

    memcpy(plain, part->cipher.at, part->cipher.length);
    if (!decrypt_with(keytab->context, entry->key, OA_KERBEROS_USE_TICKET, &sealed))
        return false;
    memmove(plain, sealed.plain, sealed.plain_length);
    *length = sealed.plain_length;
    return true;
}

/* An account has one key for all names of its services, so that a key under another name may be the
 * right one: they are tried too, after those of the ticket's own name. */
static enum oa_seal_outcome
open_ticket(void *context, const struct oa_kerberos_ticket *ticket, uint8_t *plain, size_t *length)
{
    const struct kerberos_keytab *keytab = context;
    const struct oa_kerberos_encrypted *part = &ticket->part;
    enum oa_seal_outcome outcome = OA_SEAL_NO_SERVICE_KEY;

    if (!krb5_c_valid_enctype((krb5_enctype)part->enctype))
        return oa_seal_unsupported_type(part->enctype);
    for (int names = 1; names >= 0; names--)
        for (guint i = 0; i < keytab->entries->len; i++) {
            const struct entry *entry = &g_array_index(keytab->entries, struct entry, i);
            bool is_type = entry->enctype == part->enctype;

            if (is_of_service(entry, ticket) != names)
                continue;
            if (is_type && opens(keytab, entry, part, plain, length))
                return OA_SEAL_BY_KEYTAB;
            if (!names)
                continue;
            /* The nearest of the failures says why. */
            enum oa_seal_outcome why = !is_type ? OA_SEAL_NO_KEY_TYPE
                                       : part->has_version && part->version != entry->version
                                           ? OA_SEAL_NO_KEY_VERSION
                                           : OA_SEAL_WRONG_KEY;
            outcome = MAX(outcome, why);
        }
    return outcome;
}

/* --- the key table --- */

static char *
service_of(krb5_const_principal principal)
{
    GString *name = g_string_new(NULL);

    for (krb5_int32 i = 0; i < principal->length; i++) {
        if (i > 0)
            g_string_append_c(name, '/');
        g_string_append_len(name, principal->data[i].data, principal->data[i].length);
    }
    return g_string_free(name, FALSE);
}

/* Keys of types that libkrb5 does not know any more are left out: no ticket can be opened by them.
 */
static void
add_entry(struct kerberos_keytab *keytab, const krb5_keytab_entry *from)
{
    krb5_const_principal principal = from->principal;
    uint32_t enctype = (uint32_t)from->key.enctype;
    krb5_key key = new_key_in(keytab->context, enctype, from->key.contents, from->key.length);
    guint n = keytab->entries->len;

    if (!key)
        return;
    g_array_set_size(keytab->entries, n + 1);
    g_array_index(keytab->entries, struct entry, n) =
        (struct entry){ .service = service_of(principal),
                        .realm = g_strndup(principal->realm.data, principal->realm.length),
                        .version = from->vno,
                        .enctype = enctype,
                        .key = key };
}

/* Returns libkrb5's error, 0 at the end of the table. */
static krb5_error_code
read_entries(struct kerberos_keytab *keytab, krb5_keytab file)
{
    krb5_keytab_entry entry;
    krb5_kt_cursor cursor;
    krb5_error_code error = krb5_kt_start_seq_get(keytab->context, file, &cursor);

    if (error)
        return error;
    while ((error = krb5_kt_next_entry(keytab->context, file, &entry, &cursor)) == 0) {
        add_entry(keytab, &entry);
        krb5_free_keytab_entry_contents(keytab->context, &entry); /* clears the key */
    }
    krb5_kt_end_seq_get(keytab->context, file, &cursor);
    return error == KRB5_KT_END ? 0 : error;
}

static krb5_error_code
read_file(struct kerberos_keytab *keytab, const char *path)
{
    char *name = g_strconcat("FILE:", path, NULL);
    krb5_keytab file;
    krb5_error_code error = krb5_kt_resolve(keytab->context, name, &file);

    g_free(name);
    if (error)
        return error;
    error = read_entries(keytab, file);
    krb5_kt_close(keytab->context, file);
    return error;
}

/* A context whose configuration is empty. */
static krb5_error_code
new_context(krb5_context *context)
{
    profile_t profile;
    krb5_error_code error = (krb5_error_code)profile_init(NULL, &profile);

    if (error)
        return error;
    error = krb5_init_context_profile(profile, 0, context);
    profile_release(profile);
    return error;
}

struct kerberos_keytab *
kerberos_keytab_open(const char *path, char **warning, char **message)
{
    struct kerberos_keytab *keytab = g_new0(struct kerberos_keytab, 1);

    secret_file_guard(path, warning);
    keytab->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    keytab->host = (struct oa_kerberos_host){ .context = keytab,
                                              .open_ticket = open_ticket,
                                              .new_key = new_key,
                                              .free_key = free_key,
                                              .decrypt = decrypt,
                                              .verify = verify };
    krb5_error_code error = new_context(&keytab->context);
    if (!error)
        error = read_file(keytab, path);
    if (error) {
        const char *why = krb5_get_error_message(keytab->context, error);
        *message = g_strdup_printf("%s: %s", path, why);
        krb5_free_error_message(keytab->context, why);
    } else if (keytab->entries->len == 0) {
        *message = g_strdup_printf("%s: no key of a supported type", path);
    }
    if (!*message)
        return keytab;
    kerberos_keytab_free(keytab);
    return NULL;
}

void
kerberos_keytab_free(struct kerberos_keytab *keytab)
{
    if (!keytab)
        return;
    for (guint i = 0; i < keytab->entries->len; i++) {
        struct entry *entry = &g_array_index(keytab->entries, struct entry, i);

        krb5_k_free_key(keytab->context, entry->key);
        g_free(entry->service);
        g_free(entry->realm);
    }
    g_array_free(keytab->entries, TRUE);
    if (keytab->context)
        krb5_free_context(keytab->context);
    g_free(keytab);
}

const struct oa_kerberos_host *
kerberos_keytab_host(const struct kerberos_keytab *keytab)
{
    return &keytab->host;
}
