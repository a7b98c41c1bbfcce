/* tls_record.h
 * The records of one direction of a TLS connection, from the one on that is or may be encrypted:
 * cuts them out of the stream, opens them in order, and goes on after bytes that are missing.
 * [RFC 5246] 6.2, [RFC 8446] 5
 *
 * Memory: a record that is not complete yet, at most OA_TLS_RECORD_MAX with its header; after loss
 * twice that, until the place is found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_RECORD_H
#define OA_TLS_RECORD_H

#include "tls/tls_protection.h"

struct oa_tls_records;

/* Who receives what is opened. */
struct oa_tls_record_user {
    void *context;
    /* The data of the next record, valid during the call, which may call
     * oa_tls_records_protect(). */
    void (*record)(void *context, const struct oa_tls_opened *opened);
    /* That many bytes of data are missing before the next ones, as far as can be said: of records
     * that got lost, what they have at least beyond their data is taken off. */
    void (*lost)(void *context, uint64_t bytes);
    /* The keys that come after the current ones, in case the message that says so got lost; NULL:
     * not known. If a record opens with them, `took_next` is called before it is passed on. */
    struct oa_tls_protection *(*next)(void *context);
    void (*took_next)(void *context);
    uint8_t *room; /* OA_TLS_RECORD_MAX bytes for what is opened; may be shared with others */
};

/* Whether records are opened. */
enum oa_tls_record_state {
    OA_TLS_RECORDS_OPEN,
    OA_TLS_RECORDS_REFUSED, /* the first one does not authenticate: the keys are others */
    OA_TLS_RECORDS_STOPPED, /* the place was not found again, or what follows is no TLS */
};

struct oa_tls_records *oa_tls_records_new(const struct oa_tls_record_user *user);
void oa_tls_records_free(struct oa_tls_records *records); /* may be NULL */

/*
 * From the next record on these keys apply; takes ownership. Without any, records of data are
 * passed over, and all others are handed on as they are.
 *
 * `may_be_foreign`: records that do not authenticate are passed over until the first that does, as
 * early data of TLS 1.3 are.
 */
void oa_tls_records_protect(struct oa_tls_records *records, struct oa_tls_protection *protection,
                            bool may_be_foreign);

/* Takes the next bytes; ignored unless the state is OPEN. */
void oa_tls_records_data(struct oa_tls_records *records, const uint8_t *data, size_t length);

/* Bytes are missing before the next ones. */
void oa_tls_records_lost(struct oa_tls_records *records, uint64_t bytes);

/* There is nothing more: what was lost and not reported yet is. */
void oa_tls_records_end(struct oa_tls_records *records);

enum oa_tls_record_state oa_tls_records_state(const struct oa_tls_records *records);

/* How many records were opened. */
uint64_t oa_tls_records_opened(const struct oa_tls_records *records);

#endif
