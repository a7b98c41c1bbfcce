/* tls_opener.h
 * Opens one TLS connection with the keys that there are: handshake, resumption, renegotiation, key
 * updates; what both sides send comes out as on a connection without TLS.
 * [RFC 5246] 7, 8, [RFC 7627] (extended master secret), [RFC 5077] (tickets), [RFC 5746]
 * (renegotiation), [RFC 8446] 4, 7
 *
 * Memory of a connection that is opened: about 9 KiB, or 12 KiB with a MAC (measured, with two
 * handles of the library for each direction), and what tls_record.h says; of one that cannot be
 * opened less than 1 KiB. During a handshake, copies of a few of its messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_OPENER_H
#define OA_TLS_OPENER_H

#include "tls/tls_facts.h"
#include "tls/tls_keys.h"

struct oa_tls_opener;

/* Who receives the data of the connection. */
struct oa_tls_reader {
    void *context;
    /* The data of a record, valid during the call. */
    void (*data)(void *context, enum oa_side side, const uint8_t *data, size_t length);
    /* About that many bytes of data are missing before the next ones. */
    void (*lost)(void *context, enum oa_side side, uint64_t bytes);
    uint8_t *room; /* OA_TLS_RECORD_MAX bytes, which all connections may share */
};

/* Opens `tls`, which has received no bytes yet and must not receive any once the opener is freed.
 */
struct oa_tls_opener *oa_tls_opener_new(struct oa_tls *tls, struct oa_tls_keys *keys,
                                        const struct oa_tls_reader *reader);
void oa_tls_opener_free(struct oa_tls_opener *opener); /* may be NULL */

/* The connection has ended: what was lost and not reported yet is. */
void oa_tls_opener_end(struct oa_tls_opener *opener);

/* How much was opened, and why not all of it. */
struct oa_tls_outcome {
    enum oa_tls_key_source source; /* FROM_NOWHERE: nothing was opened */
    const char *why_not;           /* in words; NULL: all was */
    struct {
        uint64_t opened, lost; /* bytes of data */
    } data[2];                 /* by sender */
};

struct oa_tls_outcome oa_tls_opener_outcome(const struct oa_tls_opener *opener);

/* "key_log", "private_key", "no" */
const char *oa_tls_key_source_name(enum oa_tls_key_source source);

/* Of a connection without an opener, as there are no keys. */
#define OA_TLS_WITHOUT_KEYS "there are no keys"

#endif
