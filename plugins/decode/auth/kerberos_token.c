/* kerberos_token.c
 * Tokens of single messages: Wrap and MIC, of newer encryption types and of RC4.
 * [RFC 4121] 4.2, [RFC 4757] 7, [MS-KILE] 3.4.5.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/kerberos_token.h"

#include <string.h>

#include <gcrypt.h>
#include <glib.h>

#include "auth/der.h"

/* --- newer encryption types, [RFC 4121] 4.2.6 --- */

#define CFX_MIC 0x0404
#define CFX_WRAP 0x0504
#define CFX_HEADER 16

#define CFX_SENT_BY_ACCEPTOR 0x01
#define CFX_SEALED 0x02
#define CFX_ACCEPTOR_SUBKEY 0x04

struct cfx_header {
    uint16_t id;
    uint8_t flags;
    uint16_t extra_count, rotation; /* of Wrap tokens */
};

static bool
read_cfx_header(struct oa_cursor *token, struct cfx_header *header)
{
    token->big_endian = true;
    header->id = oa_cursor_u16(token);
    header->flags = oa_cursor_u8(token);
    oa_cursor_skip(token, 1); /* filler */
    header->extra_count = oa_cursor_u16(token);
    header->rotation = oa_cursor_u16(token);
    oa_cursor_skip(token, 8); /* the sequence number, which nothing here depends on */
    return !token->is_short;
}

/* The key that the token was made with. Checks that the token is of its sender, so that none can be
 * turned round. */
static enum oa_seal_outcome
choose_cfx_key(const struct oa_kerberos_keys *keys, const struct cfx_header *header,
               enum oa_side side, struct oa_kerberos_key **key)
{
    bool has_initiator_key = keys->of[OA_KERBEROS_FROM_INITIATOR].key != NULL;

    if (!(header->flags & CFX_SENT_BY_ACCEPTOR) != (side == OA_CLIENT))
        return OA_SEAL_BAD_SIGNATURE;
    *key = keys->of[header->flags & CFX_ACCEPTOR_SUBKEY ? OA_KERBEROS_FROM_ACCEPTOR
                    : has_initiator_key                 ? OA_KERBEROS_FROM_INITIATOR
                                                        : OA_KERBEROS_FROM_TICKET]
               .key;
    return *key ? OA_SEAL_BY_KEYTAB : OA_SEAL_NO_TOKENS;
}

/*
 * What was encrypted: the rest of the token, then the data, turned back by the count that says how
 * far it was rotated, [RFC 4121] 4.2.5. DCE style rotates by the extra count as well, so that the
 * data stay where they were, [MS-KILE] 3.4.5.4.1.
 */
static uint8_t *
turn_back(struct oa_cursor rest, const struct oa_bytes *data, size_t rotation, size_t *length)
{
    size_t n_rest = oa_cursor_left(&rest);
    uint8_t *bytes = g_malloc(n_rest + data->length + 1);

    *length = n_rest + data->length;
    size_t at = *length ? *length - rotation % *length : 0;
    const struct oa_bytes parts[] = { { oa_cursor_bytes(&rest, n_rest), n_rest }, *data };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        size_t first = MIN(parts[i].length, *length - at);

        if (parts[i].length == 0)
            continue;
        memcpy(bytes + at, parts[i].at, first);
        memcpy(bytes, parts[i].at + first, parts[i].length - first);
        at = (at + parts[i].length) % *length;
    }
    return bytes;
}

/* Behind the data and the extra bytes stands a copy of the header, with a rotation of 0. */
static bool
is_copy_of_header(const struct oa_kerberos_sealed *sealed, const uint8_t *header,
                  size_t extra_count)
{
    if (sealed->plain_length != sealed->data_length + extra_count + CFX_HEADER)
        return false;
    const uint8_t *copy = sealed->plain + sealed->plain_length - CFX_HEADER;
    return memcmp(copy, header, 4) == 0 && memcmp(copy + 8, header + 8, 8) == 0;
}

static enum oa_seal_outcome
unseal_cfx(const struct oa_kerberos_keys *keys, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    struct oa_cursor token = oa_cursor_over(pdu->signature.at, pdu->signature.length);
    struct cfx_header header;
    struct oa_kerberos_key *key = NULL;

    if (!read_cfx_header(&token, &header) || !(header.flags & CFX_SEALED))
        return OA_SEAL_UNSUPPORTED;
    enum oa_seal_outcome outcome = choose_cfx_key(keys, &header, pdu->side, &key);
    if (outcome != OA_SEAL_BY_KEYTAB)
        return outcome;

    size_t rotation = header.rotation + (keys->is_dce_style ? header.extra_count : (size_t)0);
    struct oa_kerberos_sealed sealed = { .before = pdu->head,
                                         .data_length = pdu->stub.length,
                                         .after = pdu->trailer };
    sealed.bytes = turn_back(token, &pdu->stub, rotation, &sealed.length);
    if (!keys->host->decrypt(keys->host->context, key,
                             pdu->side == OA_CLIENT ? OA_KERBEROS_USE_INITIATOR_SEAL
                                                    : OA_KERBEROS_USE_ACCEPTOR_SEAL,
                             &sealed) ||
        !is_copy_of_header(&sealed, pdu->signature.at, header.extra_count))
        outcome = OA_SEAL_BAD_SIGNATURE;
    else if (sealed.data_length)
        memcpy(plain, sealed.plain, sealed.data_length);
    g_free(sealed.bytes);
    return outcome;
}

static enum oa_seal_outcome
verify_cfx(const struct oa_kerberos_keys *keys, const struct oa_seal_pdu *pdu)
{
    struct oa_cursor token = oa_cursor_over(pdu->signature.at, pdu->signature.length);
    struct cfx_header header;
    struct oa_kerberos_key *key = NULL;

    if (!read_cfx_header(&token, &header))
        return OA_SEAL_UNSUPPORTED;
    enum oa_seal_outcome outcome = choose_cfx_key(keys, &header, pdu->side, &key);
    if (outcome != OA_SEAL_BY_KEYTAB)
        return outcome;

    const struct oa_bytes spans[] = {
        pdu->head, pdu->stub, pdu->trailer, { pdu->signature.at, CFX_HEADER }
    };
    size_t left = oa_cursor_left(&token);
    struct oa_bytes checksum = { oa_cursor_bytes(&token, left), left };
    bool is_good = keys->host->verify(keys->host->context, key,
                                      pdu->side == OA_CLIENT ? OA_KERBEROS_USE_INITIATOR_SIGN
                                                             : OA_KERBEROS_USE_ACCEPTOR_SIGN,
                                      spans, G_N_ELEMENTS(spans), checksum);
    return is_good ? OA_SEAL_BY_KEYTAB : OA_SEAL_BAD_SIGNATURE;
}

/* --- RC4, [RFC 4757] 7 --- */

#define ENCTYPE_RC4_EXPORT 24
#define ENCTYPE_RC4 23

#define RC4_MIC 0x0101
#define RC4_WRAP 0x0201
#define RC4_KEY 16
#define RC4_HEADER 8
#define RC4_CHECKSUM 8
#define RC4_CONFOUNDER 8

/* Salts of checksums. */
#define RC4_SALT_WRAP 13
#define RC4_SALT_MIC 15

struct rc4_token {
    uint16_t id;
    bool is_hmac, is_sealed;
    const uint8_t *header, *sequence, *checksum;
    const uint8_t *confounder; /* of Wrap tokens */
};

/* In DCE style the length in the GSS header excludes the data. */
static bool
read_rc4_token(struct oa_bytes span, struct rc4_token *token)
{
    struct oa_cursor at = oa_cursor_over(span.at, span.length);
    struct oa_der gss, oid;
    bool malformed = false;

    if (!oa_der_next(&at, &gss, &malformed) || gss.tag != OA_DER_GSS_TOKEN ||
        !oa_der_next(&gss.body, &oid, &malformed) || oid.tag != OA_DER_OID)
        return false;
    struct oa_cursor body = oa_cursor_over(gss.body.data, gss.body.length);
    oa_cursor_skip(&body, gss.body.offset);
    struct oa_cursor header = body;
    token->header = oa_cursor_bytes(&body, RC4_HEADER);
    token->sequence = oa_cursor_bytes(&body, 8);
    token->checksum = oa_cursor_bytes(&body, RC4_CHECKSUM);
    header.big_endian = true;
    token->id = oa_cursor_u16(&header);
    token->is_hmac = oa_cursor_u16(&header) == 0x1100;
    token->is_sealed = oa_cursor_u16(&header) == 0x1000;
    if (token->id == RC4_WRAP)
        token->confounder = oa_cursor_bytes(&body, RC4_CONFOUNDER);
    return !body.is_short && token->is_hmac;
}

static bool
hmac(const uint8_t key[RC4_KEY], const void *data, size_t length, uint8_t out[RC4_KEY])
{
    return oa_ntlm_hmac(key, &(struct oa_bytes){ data, length }, 1, out);
}

static bool
rc4(const uint8_t key[RC4_KEY], uint8_t *first, size_t n_first, uint8_t *second, size_t n_second)
{
    gcry_cipher_hd_t cipher;

    if (gcry_cipher_open(&cipher, GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, 0) != 0)
        return false;
    bool is_done = gcry_cipher_setkey(cipher, key, RC4_KEY) == 0 &&
                   gcry_cipher_decrypt(cipher, first, n_first, NULL, 0) == 0 &&
                   (n_second == 0 || gcry_cipher_decrypt(cipher, second, n_second, NULL, 0) == 0);
    gcry_cipher_close(cipher);
    return is_done;
}

/* Both keys that are not for signing begin with the HMAC of a salt of 0. The export type, which
 * cuts it to 40 bits, is gone from the libraries. */
static bool
derive_rc4_key(const uint8_t key[RC4_KEY], const uint8_t *from, size_t length, uint8_t out[RC4_KEY])
{
    static const uint8_t SALT[4] = { 0 };

    return hmac(key, SALT, sizeof SALT, out) && hmac(out, from, length, out);
}

/* The checksum of a token and its message with that key, [RFC 4757] 7.2, 7.3. */
static bool
is_rc4_checksum(const struct rc4_token *token, const struct oa_seal_pdu *pdu,
                const uint8_t key[RC4_KEY], const uint8_t *confounder, const uint8_t *data)
{
    static const char SIGNATURE_KEY[] = "signaturekey"; /* and its zero */
    const uint8_t salt[4] = { token->id == RC4_WRAP ? RC4_SALT_WRAP : RC4_SALT_MIC };
    const struct oa_bytes spans[] = {
        { salt, sizeof salt },
        { token->header, RC4_HEADER },
        { confounder, confounder ? RC4_CONFOUNDER : 0 },
        pdu->head,
        { data, pdu->stub.length },
        pdu->trailer,
    };
    uint8_t sign_key[RC4_KEY] = { 0 }, checksum[RC4_KEY] = { 0 };
    gcry_md_hd_t hash;

    if (gcry_md_open(&hash, GCRY_MD_MD5, 0) != 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        if (spans[i].length)
            gcry_md_write(hash, spans[i].at, spans[i].length);
    bool is_good = hmac(key, SIGNATURE_KEY, sizeof SIGNATURE_KEY, sign_key) &&
                   hmac(sign_key, gcry_md_read(hash, GCRY_MD_MD5), RC4_KEY, checksum) &&
                   memcmp(checksum, token->checksum, RC4_CHECKSUM) == 0;
    gcry_md_close(hash);
    explicit_bzero(sign_key, sizeof sign_key);
    return is_good;
}

/* The sequence number, four octets, and four more that say who sent the token. */
static bool
read_rc4_sequence(const struct rc4_token *token, const uint8_t key[RC4_KEY], uint8_t out[8])
{
    uint8_t sequence_key[RC4_KEY];

    memcpy(out, token->sequence, 8);
    bool is_read = derive_rc4_key(key, token->checksum, RC4_CHECKSUM, sequence_key) &&
                   rc4(sequence_key, out, 8, NULL, 0);
    explicit_bzero(sequence_key, sizeof sequence_key);
    return is_read;
}

static bool
decrypt_rc4(const struct rc4_token *token, const uint8_t key[RC4_KEY], const uint8_t sequence[4],
            uint8_t confounder[RC4_CONFOUNDER], struct oa_bytes data, uint8_t *plain)
{
    uint8_t seal_key[RC4_KEY];

    for (size_t i = 0; i < RC4_KEY; i++)
        seal_key[i] = key[i] ^ 0xF0;
    memcpy(confounder, token->confounder, RC4_CONFOUNDER);
    if (data.length)
        memcpy(plain, data.at, data.length);
    bool is_done = derive_rc4_key(seal_key, sequence, 4, seal_key) &&
                   rc4(seal_key, confounder, RC4_CONFOUNDER, plain, data.length);
    explicit_bzero(seal_key, sizeof seal_key);
    return is_done;
}

/* Tries one key; `plain` is NULL for a PDU that is only signed. */
static bool
open_rc4(const struct rc4_token *token, const struct oa_seal_pdu *pdu,
         const struct oa_kerberos_key_value *value, uint8_t *plain)
{
    uint8_t sequence[8], confounder[RC4_CONFOUNDER];
    const uint8_t direction = pdu->side == OA_CLIENT ? 0x00 : 0xFF;

    if (value->length != RC4_KEY || value->enctype != ENCTYPE_RC4 ||
        !read_rc4_sequence(token, value->bytes, sequence))
        return false;
    for (size_t i = 4; i < sizeof sequence; i++)
        if (sequence[i] != direction)
            return false;
    if (!plain)
        return is_rc4_checksum(token, pdu, value->bytes, NULL, pdu->stub.at);
    return decrypt_rc4(token, value->bytes, sequence, confounder, pdu->stub, plain) &&
           is_rc4_checksum(token, pdu, value->bytes, confounder, plain);
}

/* These tokens do not name their key. The server's, where it sent one, is tried first. Those of the
 * export type have other derivations. */
static enum oa_seal_outcome
try_rc4_keys(const struct oa_kerberos_keys *keys, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    size_t length = pdu->stub.length;
    struct rc4_token token = { 0 };

    if (!read_rc4_token(pdu->signature, &token) || token.is_sealed != pdu->is_sealed ||
        token.id != (pdu->is_sealed ? RC4_WRAP : RC4_MIC))
        return OA_SEAL_UNSUPPORTED;
    uint8_t *bytes = pdu->is_sealed ? g_malloc(length + 1) : NULL;
    enum oa_seal_outcome outcome = OA_SEAL_BAD_SIGNATURE;
    for (size_t i = OA_KERBEROS_KEYS; i-- > 0 && outcome != OA_SEAL_BY_KEYTAB;)
        if (keys->of[i].key && keys->of[i].value.enctype == ENCTYPE_RC4_EXPORT)
            outcome = OA_SEAL_RC4_EXPORT;
        else if (open_rc4(&token, pdu, &keys->of[i].value, bytes))
            outcome = OA_SEAL_BY_KEYTAB;
    if (outcome == OA_SEAL_BY_KEYTAB && bytes && length)
        memcpy(plain, bytes, length);
    g_free(bytes);
    return outcome;
}

/* --- either --- */

static bool
is_gss(struct oa_bytes token)
{
    return token.length > 0 && token.at[0] == OA_DER_GSS_TOKEN;
}

static uint16_t
id_of(struct oa_bytes token)
{
    struct oa_cursor at = oa_cursor_over(token.at, token.length);

    at.big_endian = true;
    return oa_cursor_u16(&at);
}

enum oa_seal_outcome
oa_kerberos_open(const struct oa_kerberos_keys *keys, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    uint16_t id = id_of(pdu->signature);

    if (!keys->of[OA_KERBEROS_FROM_TICKET].key)
        return OA_SEAL_NO_TOKENS;
    if (is_gss(pdu->signature))
        return try_rc4_keys(keys, pdu, plain);
    if (pdu->is_sealed)
        return id == CFX_WRAP ? unseal_cfx(keys, pdu, plain) : OA_SEAL_UNSUPPORTED;
    return id == CFX_MIC ? verify_cfx(keys, pdu) : OA_SEAL_UNSUPPORTED;
}
