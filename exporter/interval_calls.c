/* interval_calls.c
 * Calls in the intervals of servers, once it is known where they count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_calls.h"

#include "column.h"
#include "coverage.h"
#include "interval_outstanding.h"

/* Ends of intervals at which a call is counted as outstanding. */
#define OUTSTANDING_MAX 10000

/* A call that takes long is counted at the end of each interval too. */
static void
count_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                  int64_t to_ns)
{
    int64_t length_ns = intervals->settings.interval_ns;
    int64_t start_ns = interval_start(intervals, from_ns);

    if (to_ns - from_ns <= CALL_LIMITS_S[0] * NS_PER_S)
        return;
    for (int i = 0; i < OUTSTANDING_MAX && start_ns + length_ns < to_ns; i++) {
        int64_t waited_ns = start_ns + length_ns - from_ns;
        for (int limit = 0; limit < CALL_LIMITS; limit++)
            if (waited_ns > CALL_LIMITS_S[limit] * NS_PER_S)
                server_row_starting(server, start_ns)->over[limit]++;
        start_ns += length_ns;
    }
}

/* So many calls were under way at once; what began too long ago is added from its span. */
static void
add_outstanding_time(void *context, int64_t start_ns, int64_t from_ns, int64_t to_ns,
                     uint64_t calls)
{
    struct interval *row = server_row_starting(context, start_ns);

    row->outstanding_ns += (int64_t)calls * (to_ns - from_ns);
    if (calls > row->outstanding_most) {
        row->outstanding_most = calls;
        row->outstanding_most_ns = from_ns;
    }
}

static void
add_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                int64_t to_ns)
{
    struct span span = { .from_ns = from_ns, .to_ns = to_ns };

    if (to_ns <= from_ns)
        return;
    if (!server->outstanding)
        server->outstanding =
            outstanding_new(intervals->settings.interval_ns, add_outstanding_time, server);
    if (coverage_has_hole(intervals->coverage, from_ns, to_ns, intervals->settings.max_gap_ns) ||
        !outstanding_add(server->outstanding, from_ns, to_ns, intervals->now_ns))
        g_array_append_val(server->spans[OUTSTANDING], span);
    count_outstanding(intervals, server, from_ns, to_ns);
}

void
interval_count_call(const struct intervals *intervals, struct server *server,
                    const struct call_facts *call)
{
    struct interval *row;

    if (!call->has_request) {
        server_row(intervals, server, call->responded_ns)->orphan_responses++;
        return;
    }
    row = server_row(intervals, server, call->requested_ns);
    row->calls++;
    row->has_rops |= call->has_rops;
    row->rops += call->rops;
    rop_add_messages(&row->messages, &call->messages);
    row->waiting_calls += !call->is_prompt;
    row->faults += call->state == OA_CALL_FAULT;
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown_calls += call->state == OA_CALL_UNKNOWN;
    if (!call->is_prompt)
        return;
    if (call->latency_ns != NO_TIME) {
        row = server_row(intervals, server, call->responded_ns);
        interval_add_latency(&row->latency, call->latency_ns);
        for (int limit = 0; limit < CALL_LIMITS; limit++)
            row->over[limit] += call->latency_ns > CALL_LIMITS_S[limit] * NS_PER_S;
        if (call->store_latency_ns != NO_TIME)
            interval_add_latency(&row->store_latency, call->store_latency_ns);
        add_outstanding(intervals, server, call->requested_ns, call->responded_ns);
    } else if (call->state == OA_CALL_UNANSWERED) {
        add_outstanding(intervals, server, call->requested_ns, call->given_up_ns);
    }
}
