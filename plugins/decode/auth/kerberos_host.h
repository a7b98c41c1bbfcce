/* kerberos_host.h
 * What the decoder asks of a host that has Kerberos keys: to open tickets, to decrypt, to verify.
 * The decoder reads the structures, the host does the cryptography and never shows a key.
 * [RFC 3961], [RFC 4120] 5.3, 7.5.1, [RFC 4121] 2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_KERBEROS_HOST_H
#define OA_KERBEROS_HOST_H

#include "auth/seal_outcome.h"
#include "base/ground.h"

#define OA_KERBEROS_NAME 256

/* The longest key of an encryption type: AES-256 and Camellia-256. */
#define OA_KERBEROS_KEY 32

/* Key usages, [RFC 4120] 7.5.1, [RFC 4121] 2. */
enum oa_kerberos_usage {
    OA_KERBEROS_USE_TICKET = 2,
    OA_KERBEROS_USE_AUTHENTICATOR = 11,
    OA_KERBEROS_USE_AP_REP = 12,
    OA_KERBEROS_USE_ACCEPTOR_SEAL = 22,
    OA_KERBEROS_USE_ACCEPTOR_SIGN = 23,
    OA_KERBEROS_USE_INITIATOR_SEAL = 24,
    OA_KERBEROS_USE_INITIATOR_SIGN = 25,
};

/* EncryptedData, [RFC 4120] 5.2.9. */
struct oa_kerberos_encrypted {
    uint32_t enctype;
    bool has_version;
    uint32_t version; /* of the key */
    struct oa_bytes cipher;
};

/* A ticket, [RFC 4120] 5.3. The texts are clean UTF-8. */
struct oa_kerberos_ticket {
    char service[OA_KERBEROS_NAME]; /* its components with slashes between them */
    char realm[OA_KERBEROS_NAME];
    struct oa_kerberos_encrypted part;
};

/*
 * One encrypted message whose checksum also covers other bytes, [MS-KILE] 3.4.5.4.1. `bytes` hold
 * the confounder, the data, whatever else is encrypted, and the checksum. They are decrypted in
 * place.
 */
struct oa_kerberos_sealed {
    uint8_t *bytes;
    size_t length;
    struct oa_bytes before; /* signed before the data */
    size_t data_length;     /* of the data, which `after` follows */
    struct oa_bytes after;
    /* set by the host: the data and whatever else was encrypted */
    uint8_t *plain;
    size_t plain_length;
};

/* A key as libkrb5, or what else the host has, keeps it. */
struct oa_kerberos_key;

struct oa_kerberos_host {
    void *context;

    /* Decrypts the ticket's part into `plain`, which has room for all of it, and sets `*length`.
     * Times do not matter. Returns OA_SEAL_BY_KEYTAB, or why it fails. */
    enum oa_seal_outcome (*open_ticket)(void *context, const struct oa_kerberos_ticket *ticket,
                                        uint8_t *plain, size_t *length);

    /* A key of that type, to be freed; NULL if the type is unknown or has another length. */
    struct oa_kerberos_key *(*new_key)(void *context, uint32_t enctype, const uint8_t *value,
                                       size_t length);
    void (*free_key)(void *context, struct oa_kerberos_key *key);

    /* Decrypts and verifies; false, with `bytes` destroyed, if it is not what was signed. */
    bool (*decrypt)(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
                    struct oa_kerberos_sealed *sealed);

    /* Whether this is the checksum of the spans, one after the other. */
    bool (*verify)(void *context, struct oa_kerberos_key *key, enum oa_kerberos_usage usage,
                   const struct oa_bytes *spans, size_t n_spans, struct oa_bytes checksum);
};

#endif
