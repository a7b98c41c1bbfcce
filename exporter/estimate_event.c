/* estimate_event.c
 * Estimates as the reports show them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "estimate_event.h"

const char *
estimate_kind_name(enum oa_estimate_kind kind)
{
    static const char *const NAMES[] = { [OA_ESTIMATE_CALLS] = "calls",
                                         [OA_ESTIMATE_NOTIFICATIONS] = "notifications",
                                         [OA_ESTIMATE_MAPI_HTTP] = "mapi_http" };

    return NAMES[kind];
}

const char *
estimate_evidence_name(const struct oa_estimate *estimate)
{
    if (estimate->is_middle)
        return "middle";
    if (estimate->kind == OA_ESTIMATE_MAPI_HTTP)
        return "waits";
    return estimate->has_exact_sizes ? "exact" : "turns";
}

const char *
estimate_doubt_name(enum oa_estimate_doubt doubt)
{
    static const char *const NAMES[] = {
        [OA_DOUBT_NONE] = NULL,
        [OA_DOUBT_PARTNER] = "partner",
        [OA_DOUBT_ORPHANS] = "orphans",
        [OA_DOUBT_OVERLAPS] = "overlaps",
        [OA_DOUBT_LOSS] = "loss",
        [OA_DOUBT_RECYCLING] = "recycling",
        [OA_DOUBT_PADDING] = "padding",
        [OA_DOUBT_AUTHENTICATION] = "authentication",
        [OA_DOUBT_BEGINNING] = "beginning",
        [OA_DOUBT_HTTP] = "http",
    };

    return NAMES[doubt];
}

uint64_t
estimate_calls(const struct oa_estimate *estimate)
{
    return estimate->doubt == OA_DOUBT_NONE ? estimate->calls : NO_NUMBER;
}

uint64_t
estimate_answered(const struct oa_estimate *estimate)
{
    return estimate->doubt == OA_DOUBT_NONE ? estimate->answered : NO_NUMBER;
}

int64_t
estimate_latency(const struct oa_estimated_call *call)
{
    return call->request_last.frame && call->response_last.frame
               ? call->response_last.time_ns - call->request_last.time_ns
               : NO_TIME;
}

uint64_t
estimate_bytes(struct oa_tls_size size)
{
    return size.least + (size.most - size.least) / 2;
}
