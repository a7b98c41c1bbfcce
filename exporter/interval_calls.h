/* interval_calls.h
 * For the modules of intervals only: calls.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_CALLS_H
#define INTERVAL_CALLS_H

#include "interval_servers.h"

/* A call, as far as it is needed. */
struct call_facts {
    enum oa_hop hop;
    enum oa_call_state state;
    bool is_prompt, has_request;
    int64_t requested_ns, responded_ns;
    int64_t latency_ns, store_latency_ns; /* NO_TIME: unknown */
    int64_t given_up_ns;                  /* unanswered */
    bool has_rops;
    uint64_t rops;
    struct rop_messages messages;
};

/* Counts it at one server. */
void interval_count_call(const struct intervals *intervals, struct server *server,
                         const struct call_facts *call);

#endif
