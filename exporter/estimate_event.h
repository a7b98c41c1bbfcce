/* estimate_event.h
 * What connections inside TLS show without keys, as an event for the reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESTIMATE_EVENT_H
#define ESTIMATE_EVENT_H

#include "column.h"
#include "tls/estimate.h"

/* A call of a virtual connection, or its end. */
struct estimate_event {
    struct oa_estimate *of;
    const struct oa_estimated_call *call; /* NULL: the end */
};

/* "exact", "turns", "waits", "middle": what its channels were told by. */
const char *estimate_evidence_name(const struct oa_estimate *estimate);

/* "calls", "notifications", "mapi_http"; why its calls are unknown, NULL if they are known. */
const char *estimate_kind_name(enum oa_estimate_kind kind);
const char *estimate_doubt_name(enum oa_estimate_doubt doubt);

/* Its calls; NO_NUMBER: unknown. */
uint64_t estimate_calls(const struct oa_estimate *estimate);
uint64_t estimate_answered(const struct oa_estimate *estimate); /* of these */

/* From the last byte of the request to the last byte of the response; NO_TIME: one of them is not
 * in the capture. */
int64_t estimate_latency(const struct oa_estimated_call *call);

/* Sessions and calls that are estimated are numbered from here, so that the others keep the numbers
 * that they have without estimates, and in Wireshark. */
#define ESTIMATED_FROM UINT64_C(1000000000)

/* Definitions of the columns in reports that may have estimates too. */
#define ESTIMATED_IS                                                                               \
    "yes if the row is estimated from the shape of connections inside TLS (--estimates); what "    \
    "that "                                                                                        \
    "does not show is empty"
#define CONFIDENCE_IS                                                                              \
    "Of an estimated row, confidence: score in estimates.csv; from 0.9 to 1 where its calls are "  \
    "known"

/* The middle of a range. */
uint64_t estimate_bytes(struct oa_tls_size size);

#endif
