/* tls_handshake.c
 * What is known of a handshake, and the keys that it makes.
 * [RFC 5246] 7.4, 8.1, [RFC 7627] (extended master secret), [RFC 5077] (tickets)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_handshake.h"

#include <string.h>

#include "base/cursor.h"

#define MESSAGE_HEADER 4

static struct oa_tls_copy
copy_of(const uint8_t *at, size_t length)
{
    return (struct oa_tls_copy){ length ? g_memdup2(at, length) : NULL, length };
}

static struct oa_tls_piece
piece_of(const struct oa_tls_copy *copy)
{
    return (struct oa_tls_piece){ copy->at, copy->length };
}

static void
replace(struct oa_tls_copy *copy, const uint8_t *at, size_t length)
{
    g_free(copy->at);
    *copy = copy_of(at, length);
}

static struct oa_tls_session_id
session_id_of(struct oa_tls_piece piece)
{
    struct oa_tls_session_id id = { .length = (uint8_t)MIN(piece.length, OA_TLS_SESSION_ID_MAX) };

    if (id.length)
        memcpy(id.bytes, piece.at, id.length);
    return id;
}

static void
take_hello(struct oa_tls_handshake *handshake, enum oa_side side, const struct oa_tls_hello *hello)
{
    memcpy(handshake->random[side], hello->random, OA_TLS_RANDOM);
    handshake->session_id[side] = session_id_of(hello->session_id);
}

struct oa_tls_handshake *
oa_tls_handshake_new(const struct oa_tls_hello *hello)
{
    struct oa_tls_handshake *handshake = g_new0(struct oa_tls_handshake, 1);

    handshake->hellos = g_byte_array_new();
    handshake->early_data = hello->early_data;
    replace(&handshake->ticket, hello->ticket.at, hello->ticket.length);
    take_hello(handshake, OA_CLIENT, hello);
    return handshake;
}

void
oa_tls_handshake_answer(struct oa_tls_handshake *handshake, const struct oa_tls_hello *hello,
                        const struct oa_tls_facts *facts)
{
    take_hello(handshake, OA_SERVER, hello);
    handshake->has_server_hello = true;
    handshake->version = facts->version;
    handshake->suite = oa_tls_suite_find(facts->cipher_suite);
    handshake->compression = hello->compression;
    handshake->extended_master = hello->extended_master;
    handshake->encrypt_then_mac = hello->encrypt_then_mac;
}

void
oa_tls_handshake_free(struct oa_tls_handshake *handshake)
{
    if (!handshake)
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        oa_tls_protection_free(handshake->next[side]);
    g_free(handshake->ticket.at);
    g_free(handshake->new_ticket.at);
    g_free(handshake->certificate.at);
    g_free(handshake->encrypted.at);
    if (handshake->hellos)
        g_byte_array_free(handshake->hellos, TRUE);
    gcry_md_close(handshake->transcript);
    explicit_bzero(handshake, sizeof *handshake);
    g_free(handshake);
}

/* Adds a message, or the rest of a long one, to the hash of the handshake; it begins when the hash
 * is known. */
static void
hash_message(struct oa_tls_handshake *handshake, const uint8_t *message, size_t length)
{
    if (handshake->transcript)
        gcry_md_write(handshake->transcript, message, length);
    else if (handshake->hellos && (!handshake->hellos->len || handshake->has_server_hello))
        g_byte_array_append(handshake->hellos, message, (guint)length);
}

/* After the ServerHello: only the extended master secret needs the hash. */
static void
begin_hash(struct oa_tls_handshake *handshake)
{
    const struct oa_tls_suite *suite = handshake->suite;
    bool is_1_2 = handshake->version >= OA_TLS_1_2;
    int algorithm = is_1_2 && suite ? oa_tls_hash_algorithm(suite->prf) : GCRY_MD_MD5;

    if (handshake->extended_master && suite && !handshake->is_hash_lost &&
        gcry_md_open(&handshake->transcript, algorithm, 0) == 0) {
        if (!is_1_2)
            gcry_md_enable(handshake->transcript, GCRY_MD_SHA1);
        gcry_md_write(handshake->transcript, handshake->hellos->data, handshake->hellos->len);
    }
    g_byte_array_free(g_steal_pointer(&handshake->hellos), TRUE);
}

/* The session hash of [RFC 7627] 3: after the ClientKeyExchange. */
static void
end_hash(struct oa_tls_handshake *handshake)
{
    size_t n = 0;

    if (!handshake->transcript)
        return;
    if (handshake->version < OA_TLS_1_2) {
        memcpy(handshake->session_hash, gcry_md_read(handshake->transcript, GCRY_MD_MD5), 16);
        memcpy(handshake->session_hash + 16, gcry_md_read(handshake->transcript, GCRY_MD_SHA1), 20);
        n = 36;
    } else {
        n = oa_tls_hash_length(handshake->suite->prf);
        memcpy(handshake->session_hash, gcry_md_read(handshake->transcript, 0), n);
    }
    handshake->n_session_hash = n;
    gcry_md_close(handshake->transcript);
    handshake->transcript = NULL;
}

static bool
derive_master(struct oa_tls_handshake *handshake, struct oa_tls_piece premaster)
{
    struct oa_tls_piece client = { handshake->random[OA_CLIENT], OA_TLS_RANDOM };
    struct oa_tls_piece server = { handshake->random[OA_SERVER], OA_TLS_RANDOM };
    struct oa_tls_piece hash = { handshake->session_hash, handshake->n_session_hash };
    const struct oa_tls_piece none = { NULL, 0 };
    bool extended = handshake->extended_master;

    if (!premaster.length || (extended && !hash.length))
        return false;
    return oa_tls_prf(handshake->version, handshake->suite->prf, premaster,
                      extended ? "extended master secret" : "master secret",
                      extended ? hash : client, extended ? none : server, handshake->session.master,
                      OA_TLS_MASTER);
}

static bool
take_master(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys, enum oa_tls_secret what,
            const uint8_t *name, size_t length)
{
    struct oa_tls_piece master = oa_tls_keys_find(keys, what, name, length);

    if (master.length != OA_TLS_MASTER)
        return false;
    memcpy(handshake->session.master, master.at, master.length);
    return true;
}

bool
oa_tls_handshake_from_log(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys)
{
    const uint8_t *random = handshake->random[OA_CLIENT];
    const struct oa_tls_session_id *id = &handshake->session_id[OA_SERVER];

    handshake->session.source = OA_TLS_FROM_KEY_LOG;
    return take_master(handshake, keys, OA_TLS_MASTER_OF_RANDOM, random, OA_TLS_RANDOM) ||
           take_master(handshake, keys, OA_TLS_MASTER_OF_SESSION_ID, id->bytes, id->length) ||
           derive_master(handshake, oa_tls_keys_find(keys, OA_TLS_PREMASTER_OF_RANDOM, random,
                                                     OA_TLS_RANDOM)) ||
           (handshake->encrypted.length >= 8 &&
            derive_master(handshake, oa_tls_keys_find(keys, OA_TLS_PREMASTER_OF_ENCRYPTED,
                                                      handshake->encrypted.at, 8)));
}

bool
oa_tls_handshake_recall(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys)
{
    const struct oa_tls_session_id *ours = &handshake->session_id[OA_CLIENT];
    const struct oa_tls_session_id *theirs = &handshake->session_id[OA_SERVER];
    struct oa_tls_piece id = { ours->bytes, ours->length };
    bool is_same =
        ours->length == theirs->length && memcmp(ours->bytes, theirs->bytes, ours->length) == 0;

    return (is_same && oa_tls_keys_recall(keys, OA_TLS_BY_ID, id, &handshake->session)) ||
           oa_tls_keys_recall(keys, OA_TLS_BY_TICKET, piece_of(&handshake->ticket),
                              &handshake->session);
}

bool
oa_tls_handshake_decrypt(struct oa_tls_handshake *handshake, const struct oa_tls_keys *keys)
{
    const struct oa_tls_private_keys *private = oa_tls_keys_private(keys);
    uint8_t premaster[OA_TLS_MASTER];

    if (!private || handshake->suite->exchange != OA_TLS_EXCHANGE_RSA ||
        !handshake->encrypted.length ||
        !private->decrypt(private->context, piece_of(&handshake->certificate),
                          piece_of(&handshake->encrypted), premaster))
        return false;
    handshake->session.source = OA_TLS_FROM_PRIVATE_KEY;
    bool is_derived =
        derive_master(handshake, (struct oa_tls_piece){ premaster, sizeof premaster });
    explicit_bzero(premaster, sizeof premaster);
    return is_derived;
}

void
oa_tls_handshake_learn(const struct oa_tls_handshake *handshake, struct oa_tls_keys *keys)
{
    const struct oa_tls_session_id *id = &handshake->session_id[OA_SERVER];

    oa_tls_keys_learn(keys, OA_TLS_BY_ID, (struct oa_tls_piece){ id->bytes, id->length },
                      &handshake->session);
    oa_tls_keys_learn(keys, OA_TLS_BY_TICKET, piece_of(&handshake->new_ticket),
                      &handshake->session);
}

bool
oa_tls_handshake_protect(struct oa_tls_handshake *handshake)
{
    struct oa_tls_key_lengths n = oa_tls_key_lengths_of(handshake->suite, handshake->version);
    struct oa_tls_piece master = { handshake->session.master, OA_TLS_MASTER };
    struct oa_tls_piece client = { handshake->random[OA_CLIENT], OA_TLS_RANDOM };
    struct oa_tls_piece server = { handshake->random[OA_SERVER], OA_TLS_RANDOM };
    uint8_t block[2 * (OA_TLS_DIGEST_MAX + 32 + 16)];
    bool is_made = oa_tls_prf(handshake->version, handshake->suite->prf, master, "key expansion",
                              server, client, block, 2 * (n.mac + n.key + n.iv));

    for (size_t side = OA_CLIENT; side <= OA_SERVER && is_made; side++) {
        handshake->next[side] = oa_tls_protection_new(
            handshake->suite, handshake->version, handshake->encrypt_then_mac, block + side * n.mac,
            block + 2 * n.mac + side * n.key, block + 2 * (n.mac + n.key) + side * n.iv);
        is_made = handshake->next[side] != NULL;
    }
    explicit_bzero(block, sizeof block);
    return is_made;
}

/* Only of the server's own certificate, and only if a private key may have use for it. */
static void
keep_certificate(struct oa_tls_handshake *handshake, const struct oa_tls_keys *keys,
                 struct oa_cursor *message)
{
    if (!oa_tls_keys_private(keys))
        return;
    oa_cursor_skip(message, 3);
    size_t length = (size_t)oa_cursor_uint(message, 3);
    struct oa_cursor der = oa_cursor_sub(message, length);
    if (!der.is_short)
        replace(&handshake->certificate, der.data, der.length);
}

/* SSL 3.0 has no length before what is encrypted. */
static void
take_key_exchange(struct oa_tls_handshake *handshake, struct oa_cursor *message)
{
    handshake->has_key_exchange = true;
    if (handshake->version >= OA_TLS_1_0)
        oa_cursor_skip(message, 2);
    size_t length = oa_cursor_left(message);
    if (handshake->suite && handshake->suite->exchange == OA_TLS_EXCHANGE_RSA)
        replace(&handshake->encrypted, oa_cursor_bytes(message, length), length);
}

static void
take_ticket(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys, struct oa_cursor *message)
{
    oa_cursor_skip(message, 4);
    size_t length = oa_cursor_u16(message);
    const uint8_t *ticket = oa_cursor_bytes(message, length);
    if (!ticket)
        return;
    replace(&handshake->new_ticket, ticket, length);
    if (handshake->is_ready)
        oa_tls_handshake_learn(handshake, keys);
}

/* Up to TLS 1.2. */
static void
take_message(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys, enum oa_side side,
             uint8_t type, struct oa_cursor *message)
{
    if (type == OA_TLS_MESSAGE_CERTIFICATE && side == OA_SERVER) {
        keep_certificate(handshake, keys, message);
    } else if (type == OA_TLS_MESSAGE_CLIENT_KEY_EXCHANGE && side == OA_CLIENT) {
        take_key_exchange(handshake, message);
        end_hash(handshake);
    } else if (type == OA_TLS_MESSAGE_NEW_SESSION_TICKET && side == OA_SERVER) {
        take_ticket(handshake, keys, message);
    }
}

void
oa_tls_handshake_message(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys,
                         enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_cursor message = oa_cursor_over(data + MESSAGE_HEADER, length - MESSAGE_HEADER);

    message.big_endian = true;
    if (data[0] != OA_TLS_MESSAGE_HELLO_REQUEST)
        hash_message(handshake, data, length);
    if (handshake->hellos && handshake->has_server_hello)
        begin_hash(handshake);
    if (handshake->version < OA_TLS_1_3)
        take_message(handshake, keys, side, data[0], &message);
}

/* Hellos are not that long. */
void
oa_tls_handshake_rest(struct oa_tls_handshake *handshake, const uint8_t *data, size_t length)
{
    if (handshake->hellos && handshake->hellos->len)
        handshake->is_hash_lost = true;
    else
        hash_message(handshake, data, length);
}
