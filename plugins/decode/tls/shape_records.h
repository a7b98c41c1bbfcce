/* shape_records.h
 * The records of a connection inside TLS, to its end: their headers are never encrypted. For what
 * handshakes show see tls_facts.h, which stops at the switch to encryption.
 * [RFC 8446] 5.1, [RFC 5246] 6.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_RECORDS_H
#define OA_SHAPE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ground.h"

#define OA_TLS_APPLICATION_DATA 23

struct oa_shape_record {
    enum oa_side by;
    uint8_t type;
    bool is_hidden;   /* not even its header was captured: a part of a segment without one, of any
                         type, in one record or several */
    uint16_t version; /* of its header; 0 if hidden */
    uint32_t length;  /* of its payload as sent; of what is hidden, headers included */
    uint64_t number; /* its first eight bytes, where a suite may send its number; 0: not captured */
    struct oa_stamp first, last; /* its first and last bytes */
};

struct oa_shape_record_listener {
    void *context;
    void (*record)(void *context, const struct oa_shape_record *record); /* a complete one */
    void (*gap)(void *context, enum oa_side by); /* a part of a record, or more, is missing */
};

#define OA_TLS_HEADER 5
#define OA_TLS_NUMBER 8 /* bytes */

/* One direction. Begins as all zero. */
struct oa_tls_direction {
    uint8_t header[OA_TLS_HEADER]; /* of the current record */
    uint8_t n_header;
    uint16_t left;   /* bytes of its payload */
    uint64_t number; /* of those before, the first eight: */
    uint8_t n_number;
    bool is_adrift;        /* the beginning of the next record is not known: */
    bool is_hidden;        /* as the snap length cut it off */
    struct oa_stamp first; /* byte of it */
};

/* Both; no memory is owned. Begins as all zero but for the listener. */
struct oa_shape_records {
    struct oa_shape_record_listener listener;
    struct oa_tls_direction direction[2];
};

/* Whether a segment in the middle of a connection begins with a record of data: one that ends with
 * the segment, or that another one follows. */
bool oa_shape_records_may_begin(const uint8_t *data, size_t length);

/* Takes the next bytes of one direction, in pieces of any size. After something that is no record,
 * as after missing bytes, the reading goes on with the first piece that begins with the header of a
 * record, like most segments. */
void oa_shape_records_data(struct oa_shape_records *records, enum oa_side side, const uint8_t *data,
                           size_t length, struct oa_stamp stamp);

/* So many bytes were sent next, with that stamp, but not captured. */
void oa_shape_records_cut(struct oa_shape_records *records, enum oa_side side, uint64_t bytes,
                          struct oa_stamp stamp);

/* So many bytes are missing before the next ones. */
void oa_shape_records_lost(struct oa_shape_records *records, enum oa_side side, uint64_t bytes);

#endif
