/* tls_seal.h
 * Protects records as a sender of TLS does, with the library's own functions only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TLS_SEAL_H
#define TLS_SEAL_H

#include <glib.h>

#include "tls/tls_suite.h"

/* One direction; the keys have any bytes. */
struct seal {
    const struct oa_tls_suite *suite;
    uint16_t version;
    gboolean encrypt_then_mac;
    uint8_t mac_key[48], key[32], iv[16];
    uint64_t number;      /* of the next record */
    uint64_t first_nonce; /* what the explicit part of nonces begins with */
    GByteArray *sent;     /* RC4: payloads so far */
};

/* Appends the next record to `out`. */
void seal_record(struct seal *seal, uint8_t type, const void *data, size_t length, GByteArray *out);

#endif
