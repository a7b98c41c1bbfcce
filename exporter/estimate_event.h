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

/* "calls", "notifications"; why its calls are unknown, NULL if they are known. */
const char *estimate_kind_name(enum oa_estimate_kind kind);
const char *estimate_doubt_name(enum oa_estimate_doubt doubt);

/* Its calls; NO_NUMBER: unknown. */
uint64_t estimate_calls(const struct oa_estimate *estimate);

/* From the last byte of the request to the last byte of the response; NO_TIME: one of them is not
 * in the capture. */
int64_t estimate_latency(const struct oa_estimated_call *call);

/* The middle of a range. */
uint64_t estimate_bytes(struct oa_tls_size size);

#endif
