/* tls_facts.h
 * What is visible of one TLS connection without keys: a parser of both directions that accepts
 * bytes in pieces of any size, in bounded memory.
 * [RFC 8446], [RFC 5246], [RFC 6101]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_FACTS_H
#define OA_TLS_FACTS_H

#include "base/ground.h"
#include "tls/tls_certificate.h"
#include "tls/tls_wire.h"

#define OA_TLS_VERSIONS_MAX 8
#define OA_TLS_ALPN_TEXT 64
#define OA_TLS_VERSION_TEXT 24
#define OA_TLS_CIPHER_TEXT 64

/* Bytes kept of a handshake message; a longer one is parsed up to there. In a Certificate message
 * the certificate of interest comes first. */
#define OA_TLS_MESSAGE_MAX 16384

enum oa_tls_level { OA_TLS_WARNING = 1, OA_TLS_FATAL = 2 };

struct oa_tls_alert {
    bool is_seen;
    enum oa_side by;
    uint8_t level;
    uint8_t description;
    struct oa_stamp stamp;
};

/* Whether the certificate has the name that the client requested. */
enum oa_tls_name_match { OA_TLS_NAME_UNKNOWN, OA_TLS_NAME_COVERED, OA_TLS_NAME_NOT_COVERED };

/* Texts are clean UTF-8, empty if not seen. */
struct oa_tls_facts {
    bool is_sslv2_hello;   /* the client began with a hello of SSL 2.0, which is not decoded */
    bool has_client_hello; /* the last one, if the server asked for another */
    uint16_t offered[OA_TLS_VERSIONS_MAX]; /* versions, in the client's order */
    unsigned n_offered;
    char sni[OA_TLS_NAME_TEXT];
    char alpn_offered[OA_TLS_ALPN_TEXT]; /* separated by commas */
    bool has_server_hello;
    uint16_t version; /* chosen by the server */
    uint16_t cipher_suite;
    char alpn[OA_TLS_ALPN_TEXT];            /* chosen by the server; encrypted in TLS 1.3 */
    struct oa_tls_certificate *certificate; /* the server's own; NULL if not seen (encrypted in
                                               TLS 1.3, not sent when a session is resumed) */
    enum oa_tls_name_match name_match;      /* UNKNOWN without a certificate or an SNI */
    struct oa_stamp certificate_stamp;
    bool certificate_requested; /* of the client */
    bool client_certificate_sent;
    bool client_certificate_refused; /* the client answered that with an empty message */
    struct oa_tls_alert alert;       /* the first other than close_notify; otherwise close_notify */
    bool has_switched[2];            /* by sender: everything that follows is encrypted */
    bool is_finished;                /* both sides have finished the handshake, as far as visible */
    bool is_lost[2];                 /* by sender: bytes are missing from the capture */
};

struct oa_tls;

/* What a hello shows that only keys have a use for; valid during the call that passes it. */
struct oa_tls_hello {
    const uint8_t *random;                  /* OA_TLS_RANDOM bytes */
    struct oa_tls_piece session_id, ticket; /* length 0: none */
    uint8_t compression;                    /* of the server */
    bool extended_master, encrypt_then_mac, early_data;
};

/* Who opens what is encrypted, see tls_opener.h. The data of a direction are the listener's from
 * the point on where they may be encrypted. */
struct oa_tls_listener {
    void *context;
    /* A hello, of SSL 3.0 or later; the facts contain it. */
    void (*hello)(void *context, enum oa_side side, const struct oa_tls_hello *hello);
    /* Then that and every other handshake message, with its header; of one that is longer than
     * OA_TLS_MESSAGE_MAX only so many bytes, and then its other ones as they come. */
    void (*message)(void *context, enum oa_side side, const uint8_t *data, size_t length);
    void (*rest)(void *context, enum oa_side side, const uint8_t *data, size_t length);
    /* What follows in that direction is encrypted; false: nothing of it can be opened. */
    bool (*switched)(void *context, enum oa_side side);
    void (*data)(void *context, enum oa_side side, const uint8_t *data, size_t length);
    void (*lost)(void *context, enum oa_side side, uint64_t bytes);
};

/* Whether a connection whose first byte this is may be TLS. */
static inline bool
oa_tls_may_begin(uint8_t first)
{
    return first >= 0x80 || (first >= 0x14 && first <= 0x17);
}

/* Whether the bytes are the beginning of a client's side. */
static inline bool
oa_tls_begins_hello(const uint8_t *data, size_t length)
{
    return length > 5 &&
           ((data[0] == 0x16 && data[1] == 3 && data[5] == 1) || (data[0] >= 0x80 && data[2] == 1));
}

/* A connection without bytes yet; oa_tls_free() also frees its facts. */
struct oa_tls *oa_tls_new(void);
void oa_tls_free(struct oa_tls *tls);

/*
 * Takes the next bytes of one direction. Returns false as soon as the bytes turn out not to be TLS
 * before anything was recognised: then there are no facts. Bytes that cannot be read later only end
 * the reading of that direction.
 */
bool oa_tls_data(struct oa_tls *tls, enum oa_side side, const uint8_t *data, size_t length,
                 struct oa_stamp stamp);

/* Bytes of that direction are missing: nothing more can be read from it without keys. */
void oa_tls_lost(struct oa_tls *tls, enum oa_side side, uint64_t bytes);

/* Before the first bytes; the listener must outlive `tls`. */
void oa_tls_listen(struct oa_tls *tls, const struct oa_tls_listener *listener);

/* For the listener: decrypted bytes of handshake messages, and alerts. */
void oa_tls_take_handshake(struct oa_tls *tls, enum oa_side side, const uint8_t *data,
                           size_t length);
void oa_tls_take_alert(struct oa_tls *tls, enum oa_side side, const uint8_t alert[2]);

/* What is known so far; NULL until a record has been recognised. */
const struct oa_tls_facts *oa_tls_facts_of(const struct oa_tls *tls);

/* "TLS 1.2"; in hex if unknown. */
void oa_tls_version_text(uint16_t version, char out[OA_TLS_VERSION_TEXT]);

/* The name registered with IANA; in hex if not in the table. */
void oa_tls_cipher_text(uint16_t suite, char out[OA_TLS_CIPHER_TEXT]);

/* As [RFC 8446] appendix B.2 writes it, "unknown_ca"; NULL if unknown. */
const char *oa_tls_alert_name(uint8_t description);

#endif
