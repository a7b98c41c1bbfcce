/* fuzz_kerberos.c
 * Any bytes as tokens and PDUs of a Kerberos context: what they say opens, or says why it does not.
 * [LLVM libFuzzer]
 *
 * The first byte of the input chooses who opens: libkrb5 with a key table, which hardly anything
 * passes, or a host to which everything is plain, so that what tickets and tokens contain is
 * reached. Then come parts: a byte of bits, a length in two bytes, and that many bytes: of a token,
 * or of a PDU. The pieces of a PDU begin with their lengths in a byte each: head, trailer, token;
 * the rest is the stub.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gcrypt.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/seal.h"
#include "kerberos_keytab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part_bits { FROM_SERVER = 0x01, IS_TOKEN = 0x02, IS_SEALED = 0x04, IS_MERGE = 0x08 };

/* As with AES. */
#define CONFOUNDER 16
#define CHECKSUM 12

static void
require(bool condition)
{
    if (!condition)
        abort();
}

/* --- a host to which everything is plain --- */

static int n_keys; /* in use */

static enum oa_seal_outcome
open_plain_ticket(void *context, const struct oa_kerberos_ticket *ticket, uint8_t *plain,
                  size_t *length)
{
    (void)context;
    require(g_utf8_validate(ticket->service, -1, NULL));
    require(g_utf8_validate(ticket->realm, -1, NULL));
    *length = ticket->part.cipher.length;
    memcpy(plain, ticket->part.cipher.at, *length);
    return ticket->part.enctype == 1 ? OA_SEAL_NO_KEY_TYPE : OA_SEAL_BY_KEYTAB;
}

static struct oa_kerberos_key *
new_plain_key(void *context, uint32_t enctype, const uint8_t *value, size_t length)
{
    (void)context;
    (void)enctype;
    require(length > 0 && length <= OA_KERBEROS_KEY);
    n_keys++;
    return (struct oa_kerberos_key *)g_memdup2(value, length);
}

static void
free_plain_key(void *context, struct oa_kerberos_key *key)
{
    (void)context;
    n_keys--;
    g_free(key);
}

static bool
decrypt_plain(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
              struct oa_kerberos_sealed *sealed)
{
    (void)context;
    (void)usage;
    require(key != NULL);
    if (sealed->length < CONFOUNDER + CHECKSUM ||
        sealed->data_length > sealed->length - CONFOUNDER - CHECKSUM)
        return false;
    sealed->plain = sealed->bytes + CONFOUNDER;
    sealed->plain_length = sealed->length - CONFOUNDER - CHECKSUM;
    return true;
}

static bool
verify_plain(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
             const struct oa_bytes *pieces, size_t n_pieces, struct oa_bytes checksum)
{
    (void)context;
    (void)usage;
    require(key && n_pieces > 0 && pieces[n_pieces - 1].length == 16);
    return checksum.length == CHECKSUM;
}

static const struct oa_kerberos_host PLAIN_HOST = { .open_ticket = open_plain_ticket,
                                                    .new_key = new_plain_key,
                                                    .free_key = free_plain_key,
                                                    .decrypt = decrypt_plain,
                                                    .verify = verify_plain };

/* --- libkrb5 --- */

static const struct oa_kerberos_host *
real_host(void)
{
    static const struct kerberos_keytab *keytab;
    static const uint8_t HEAD[] =
        "\5\2\0\0\0\x3F\0\2\0\13EXAMPLE.COM\0\13exchangeMDB\0\4mail\0\0\0\2"
        "\0\0\0\0\3\0\x17\0\x10"
        "0123456789abcdef";
    char *path = NULL, *warning = NULL, *message = NULL;

    if (keytab)
        return kerberos_keytab_host(keytab);
    g_close(g_file_open_tmp(NULL, &path, NULL), NULL);
    require(g_file_set_contents_full(path, (const char *)HEAD, sizeof HEAD - 1,
                                     G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    keytab = kerberos_keytab_open(path, &warning, &message);
    require(keytab && !warning && !message);
    g_remove(path);
    g_free(path);
    return kerberos_keytab_host(keytab);
}

/* --- the input --- */

static void
check_names(const uint8_t *token, size_t length, const struct oa_kerberos_host *host)
{
    struct oa_auth_reader reader = { .kerberos = host };
    struct oa_auth auth;

    if (!oa_auth_from_token(token, length, &reader, &auth) || !oa_seal_is_open(auth.ticket))
        return;
    require(auth.kerberos_message == OA_KERBEROS_AP_REQ || auth.mechanism == OA_AUTH_NTLM);
    require(g_utf8_validate(auth.user, -1, NULL));
    for (const char *at = auth.user; *at; at = g_utf8_next_char(at))
        require(!g_unichar_iscntrl(g_utf8_get_char(at)));
}

static struct oa_bytes
take(struct oa_cursor *from, size_t length)
{
    length = MIN(length, oa_cursor_left(from));
    return (struct oa_bytes){ oa_cursor_bytes(from, length), length };
}

static void
open_pdu(struct oa_seal *seal, unsigned bits, struct oa_cursor part)
{
    size_t head = oa_cursor_u8(&part), trailer = oa_cursor_u8(&part), token = oa_cursor_u8(&part);
    struct oa_seal_pdu pdu = { .side = bits & FROM_SERVER ? OA_SERVER : OA_CLIENT,
                               .is_sealed = bits & IS_SEALED };

    pdu.head = take(&part, head);
    pdu.trailer = take(&part, trailer);
    pdu.signature = take(&part, token);
    pdu.stub = take(&part, oa_cursor_left(&part));
    uint8_t *plain = g_malloc(pdu.stub.length ? pdu.stub.length : 1); /* of the exact size */
    enum oa_seal_outcome outcome = oa_seal_open(seal, &pdu, plain);
    require(oa_seal_is_open(outcome) == (oa_seal_source(outcome) != NULL));
    require(oa_seal_is_open(outcome) == (oa_seal_reason(outcome) == NULL));
    g_free(plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    const struct oa_kerberos_host *host = &PLAIN_HOST;

    gcry_check_version(NULL);
    if (oa_cursor_u8(&cursor) & 1)
        host = real_host();
    struct oa_seal_secrets secrets = { .kerberos = host };
    struct oa_seal *seal = oa_seal_new(&secrets), *other = oa_seal_new(&secrets);
    while (oa_cursor_left(&cursor) > 0) {
        unsigned bits = oa_cursor_u8(&cursor);
        struct oa_bytes bytes = take(&cursor, oa_cursor_u16(&cursor));
        uint8_t *copy = g_malloc(bytes.length ? bytes.length : 1); /* of the exact size */

        if (bytes.length)
            memcpy(copy, bytes.at, bytes.length);
        if (bits & IS_MERGE) {
            oa_seal_merge(other, seal);
            seal = other;
            other = oa_seal_new(&secrets);
        } else if (bits & IS_TOKEN) {
            oa_seal_take_token(seal, bits & FROM_SERVER ? OA_SERVER : OA_CLIENT, copy,
                               bytes.length);
            check_names(copy, bytes.length, host);
        } else {
            open_pdu(seal, bits, oa_cursor_over(copy, bytes.length));
        }
        g_free(copy);
    }
    oa_seal_free(seal);
    oa_seal_free(other);
    require(n_keys == 0);
    return 0;
}
