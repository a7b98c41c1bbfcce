/* tls_schedule.h
 * The keys of a TLS connection, from its secrets.
 * SSL 3.0: [RFC 6101] 5.6.8, 6.1, 6.2; TLS 1.0 and 1.1: [RFC 2246] 5; TLS 1.2: [RFC 5246]
 * 5, 6.3, 8.1; extended master secret: [RFC 7627] 4; TLS 1.3: [RFC 8446] 7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_SCHEDULE_H
#define OA_TLS_SCHEDULE_H

#include <stdbool.h>

#include "tls/tls_suite.h"
#include "tls/tls_wire.h"

#define OA_TLS_MASTER 48
#define OA_TLS_TRAFFIC_MAX 48 /* of TLS 1.3: as long as the hash */

/* The algorithm in libgcrypt, and the length of its digest. */
int oa_tls_hash_algorithm(enum oa_tls_hash hash);
size_t oa_tls_hash_length(enum oa_tls_hash hash);

/*
 * The pseudo-random function of that version, up to TLS 1.2: fills `out` from the secret, the label
 * and the seed in two pieces. `hash` counts from TLS 1.2 on. SSL 3.0 has no labels, and no more
 * than 416 bytes. False if the library refuses an algorithm.
 */
bool oa_tls_prf(uint16_t version, enum oa_tls_hash hash, struct oa_tls_piece secret,
                const char *label, struct oa_tls_piece seed, struct oa_tls_piece more_seed,
                uint8_t *out, size_t length);

/* HKDF-Expand-Label of TLS 1.3 with an empty context; the secret is as long as the hash. At most
 * 255 bytes. */
bool oa_tls_expand_label(enum oa_tls_hash hash, const uint8_t *secret, const char *label,
                         uint8_t *out, size_t length);

#endif
