/* tls_keys.h
 * The keys that the user has, and those of sessions that may be resumed.
 * [NSS Key Log Format], [draft-ietf-tls-keylogfile], [RFC 5077] (tickets)
 *
 * Keys are cleared when they are freed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_KEYS_H
#define OA_TLS_KEYS_H

#include "tls/tls_schedule.h"

/* Where the keys of a connection come from. */
enum oa_tls_key_source { OA_TLS_FROM_NOWHERE, OA_TLS_FROM_KEY_LOG, OA_TLS_FROM_PRIVATE_KEY };

/* What a line of a key log gives; all but the first two are found by the client's random. */
enum oa_tls_secret {
    OA_TLS_MASTER_OF_SESSION_ID,
    OA_TLS_PREMASTER_OF_ENCRYPTED, /* the key is the first 8 bytes of it as the client sends it */
    OA_TLS_MASTER_OF_RANDOM,
    OA_TLS_PREMASTER_OF_RANDOM,
    OA_TLS_CLIENT_HANDSHAKE,
    OA_TLS_SERVER_HANDSHAKE,
    OA_TLS_CLIENT_TRAFFIC,
    OA_TLS_SERVER_TRAFFIC,
    OA_TLS_SECRETS,
};

/* What the private keys of servers can do. */
struct oa_tls_private_keys {
    void *context;
    /*
     * Decrypts the premaster secret of an RSA key exchange with the key of that certificate, in
     * DER; if `certificate.length` is 0 it was not seen, and any key may be tried. False if there
     * is no such key, or what was encrypted is not as [RFC 5246] 7.4.7.1 wants it.
     */
    bool (*decrypt)(void *context, struct oa_tls_piece certificate, struct oa_tls_piece encrypted,
                    uint8_t premaster[OA_TLS_MASTER]);
};

struct oa_tls_keys;

struct oa_tls_keys *oa_tls_keys_new(void);
void oa_tls_keys_free(struct oa_tls_keys *keys); /* may be NULL */

struct oa_tls_log_lines {
    size_t used;
    size_t malformed; /* cut off, or with digits that are none */
};

/* Adds the lines of a key log, or of a block of secrets in a capture; others than those of TLS are
 * passed over. The text is not kept. */
struct oa_tls_log_lines oa_tls_keys_add_log(struct oa_tls_keys *keys, const char *text,
                                            size_t length);

/* Private keys, which must outlive `keys`. */
void oa_tls_keys_use_private(struct oa_tls_keys *keys, const struct oa_tls_private_keys *private);

/* NULL: none. */
const struct oa_tls_private_keys *oa_tls_keys_private(const struct oa_tls_keys *keys);

/* Whether there are any for a connection that begins now. */
bool oa_tls_keys_are_there(struct oa_tls_keys *keys);

/* Whether a line was added for what had been looked for before, in vain, or the first one after
 * oa_tls_keys_are_there(): reading the captures again would show more. */
bool oa_tls_keys_came_late(const struct oa_tls_keys *keys);

/* What has been learned from connections is forgotten: the captures are read from the beginning. */
void oa_tls_keys_begin(struct oa_tls_keys *keys);

/* The secret, valid until the next call with `keys`; length 0: there is none. */
struct oa_tls_piece oa_tls_keys_find(struct oa_tls_keys *keys, enum oa_tls_secret what,
                                     const uint8_t *key, size_t length);

/* --- sessions that may be resumed --- */

enum oa_tls_session_name { OA_TLS_BY_ID, OA_TLS_BY_TICKET };

struct oa_tls_session {
    uint8_t master[OA_TLS_MASTER];
    enum oa_tls_key_source source;
};

/* The master secret of the session with that name; of the sessions, OA_TLS_SESSIONS_MAX are
 * remembered, those named or looked for last. */
#define OA_TLS_SESSIONS_MAX 65536
void oa_tls_keys_learn(struct oa_tls_keys *keys, enum oa_tls_session_name by,
                       struct oa_tls_piece name, const struct oa_tls_session *session);
bool oa_tls_keys_recall(struct oa_tls_keys *keys, enum oa_tls_session_name by,
                        struct oa_tls_piece name, struct oa_tls_session *session);

#endif
