/* tls_handshake.h
 * What is known of a handshake, and the keys that it makes.
 * [RFC 5246] 7.4, 8.1, [RFC 7627] (extended master secret), [RFC 5077] (tickets)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_HANDSHAKE_H
#define OA_TLS_HANDSHAKE_H

#include <gcrypt.h>
#include <glib.h>

#include "tls/tls_facts.h"
#include "tls/tls_keys.h"
#include "tls/tls_protection.h"

#define OA_TLS_SESSION_ID_MAX 32
#define OA_TLS_DIGEST_MAX 48

struct oa_tls_session_id {
    uint8_t length;
    uint8_t bytes[OA_TLS_SESSION_ID_MAX];
};

struct oa_tls_copy {
    uint8_t *at;
    size_t length;
};

/* What is known of a handshake until both sides have switched to its keys. */
struct oa_tls_handshake {
    bool has_server_hello, has_key_exchange, is_ready;
    bool extended_master, encrypt_then_mac, early_data;
    uint8_t random[2][OA_TLS_RANDOM]; /* by sender */
    struct oa_tls_session_id session_id[2];
    uint16_t version;
    uint8_t compression;
    const struct oa_tls_suite *suite;
    struct oa_tls_copy ticket, new_ticket;   /* that the client has, and gets */
    struct oa_tls_copy certificate;          /* of the server, in DER, if it is of use */
    struct oa_tls_copy encrypted;            /* premaster secret */
    GByteArray *hellos;                      /* messages before it is known how to hash them */
    gcry_md_hd_t transcript;                 /* NULL: not needed, or not possible */
    bool is_hash_lost;                       /* then too */
    uint8_t session_hash[OA_TLS_DIGEST_MAX]; /* up to the ClientKeyExchange */
    size_t n_session_hash;
    struct oa_tls_session session;
    struct oa_tls_protection *next[2]; /* by sender: what it will switch to */
};

/* A handshake that begins with this ClientHello; what it keeps is copied. */
struct oa_tls_handshake *oa_tls_handshake_new(const struct oa_tls_hello *hello);
void oa_tls_handshake_free(struct oa_tls_handshake *handshake); /* may be NULL */

/* The ServerHello, which chooses; the facts contain it. */
void oa_tls_handshake_answer(struct oa_tls_handshake *handshake, const struct oa_tls_hello *hello,
                             const struct oa_tls_facts *facts);

/* Takes a message, hellos too, with its header, and the rest of a long one as it comes. */
void oa_tls_handshake_message(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys,
                              enum oa_side side, const uint8_t *data, size_t length);
void oa_tls_handshake_rest(struct oa_tls_handshake *handshake, const uint8_t *data, size_t length);

/*
 * Up to TLS 1.2, each of these finds the master secret, and says where it is from: from the key
 * log, from an earlier handshake in the capture, with the server's private key. False if that does
 * not have it.
 */
bool oa_tls_handshake_from_log(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys);
bool oa_tls_handshake_recall(struct oa_tls_handshake *handshake, struct oa_tls_keys *keys);
bool oa_tls_handshake_decrypt(struct oa_tls_handshake *handshake, const struct oa_tls_keys *keys);

/* Keeps the master secret for handshakes that resume the session. */
void oa_tls_handshake_learn(const struct oa_tls_handshake *handshake, struct oa_tls_keys *keys);

/* Makes the keys of both directions from the master secret; false if the library cannot. */
bool oa_tls_handshake_protect(struct oa_tls_handshake *handshake);

#endif
