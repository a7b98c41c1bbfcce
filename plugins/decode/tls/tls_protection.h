/* tls_protection.h
 * Opens single records: decrypts one, and verifies that its sender has the keys.
 * [RFC 6101] 5.2.3 (SSL 3.0), [RFC 2246] 6.2.3, [RFC 4346] 6.2.3, [RFC 5246] 6.2.3,
 * [RFC 7366] (encrypt-then-MAC), [RFC 5288], [RFC 6655], [RFC 7905] (AEAD suites),
 * [RFC 8446] 5.2, 5.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_PROTECTION_H
#define OA_TLS_PROTECTION_H

#include "tls/tls_schedule.h"

struct oa_tls_key_lengths {
    size_t mac, key, iv;
};

/* What one direction takes of the key block, or, in TLS 1.3, of its traffic secret. */
struct oa_tls_key_lengths oa_tls_key_lengths_of(const struct oa_tls_suite *suite, uint16_t version);

struct oa_tls_protection;

/* Of one direction; the keys have the lengths above and are not kept, except inside the library.
 * NULL if the library does not have the cipher. */
struct oa_tls_protection *oa_tls_protection_new(const struct oa_tls_suite *suite, uint16_t version,
                                                bool encrypt_then_mac, const uint8_t *mac_key,
                                                const uint8_t *key, const uint8_t *iv);

/* The same from a traffic secret of TLS 1.3. */
struct oa_tls_protection *oa_tls_protection_of_secret(const struct oa_tls_suite *suite,
                                                      const uint8_t *secret);
void oa_tls_protection_free(struct oa_tls_protection *protection); /* may be NULL */

struct oa_tls_opened {
    uint8_t type;
    const uint8_t *data;
    size_t length;
};

/*
 * Opens the record with that number. `out` has room for `length` bytes and does not overlap
 * `payload`; what is opened lies in it. False if the record does not authenticate: nothing of it
 * may be used.
 *
 * A stream cipher moves on by the length of the payload whatever becomes of it, so that it can be
 * tried once only. A cipher whose IV is the end of the record before (TLS 1.0) takes it from
 * oa_tls_protection_pass() or from the record opened before.
 */
bool oa_tls_protection_open(struct oa_tls_protection *protection, uint64_t number,
                            const uint8_t header[OA_TLS_RECORD_HEADER], const uint8_t *payload,
                            size_t length, uint8_t *out, struct oa_tls_opened *opened);

/*
 * The same for a record before which `ahead` bytes of payload are missing. A stream cipher moves on
 * only if the record authenticates; others do not care. At most OA_TLS_AHEAD_MAX bytes, for which
 * it keeps as many until then.
 */
#define OA_TLS_AHEAD_MAX 65536
bool oa_tls_protection_open_ahead(struct oa_tls_protection *protection, size_t ahead,
                                  uint64_t number, const uint8_t header[OA_TLS_RECORD_HEADER],
                                  const uint8_t *payload, size_t length, uint8_t *out,
                                  struct oa_tls_opened *opened);

/* What a record has at least beyond its data. */
size_t oa_tls_protection_overhead(const struct oa_tls_protection *protection);

bool oa_tls_protection_is_1_3(const struct oa_tls_protection *protection);

/* Whether records depend on what was sent before them, and where that ends. */
bool oa_tls_protection_is_stream(const struct oa_tls_protection *protection);

/* How many bytes in front of a record begin with its IV; 0: it has its own. */
size_t oa_tls_protection_chain(const struct oa_tls_protection *protection);

/* Passes over a payload that cannot be opened, of which `last` are the last bytes, as many as
 * oa_tls_protection_chain() says; NULL: not known. */
void oa_tls_protection_pass(struct oa_tls_protection *protection, size_t length,
                            const uint8_t *last);

/* The number that the record says itself it has, relative to that of the record opened last;
 * false if it does not. */
bool oa_tls_protection_step(const struct oa_tls_protection *protection, const uint8_t *payload,
                            size_t length, uint64_t *step);

#endif
