/* report_histograms.c
 * histograms.csv: how many calls took how long, in intervals of time that can be added: percentiles
 * of any sum of intervals, servers or weeks follow from these rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_levels.h"
#include "report.h"

struct row {
    const uint8_t *address;
    const char *role, *measure, *estimated;
    int64_t start_ns, low_ns, high_ns;
    uint64_t calls;
};

/* clang-format off */
static const struct column COLUMNS_OF_HISTOGRAMS[] = {
    { "start", TIME(start_ns), "Begin of the interval, as in counters.csv" TIMES_ARE },
    { "role", WORD(role), "Role of the server, as there" },
    { "server_address", ADDRESS(address), "Server, as there" },
    { "measure", WORD(measure),
      "latency, or store_latency (the same as the proxy sees it, of calls captured on both hops)" },
    { "bin_low_ms", MS(low_ns), "The calls took at least so long" },
    { "bin_high_ms", MS(high_ns), "The calls took less; at most 0.8 percent more, beyond 128 ns" },
    { "calls", COUNT(calls), "Calls with a response, without those that wait for notifications" },
    { "estimated", WORD(estimated),
      "yes if some of them are estimated from the shape of connections inside TLS (--estimates)" },
};
/* clang-format on */

struct putting {
    struct report_run *run;
    struct row row;
};

static void
put_bin(void *context, int64_t low_ns, int64_t high_ns, uint64_t count)
{
    struct putting *putting = context;

    putting->row.low_ns = low_ns;
    putting->row.high_ns = high_ns;
    putting->row.calls = count;
    report_row(putting->run, &putting->row);
}

static void
take_server(void *context, const struct server_load *server)
{
    struct putting putting = { context, { .address = server->address } };

    putting.row.role = server_role_name(server->role);
    for (size_t i = 0; i < server->n; i++) {
        const struct interval *at = &server->interval[i];

        putting.row.start_ns = at->start_ns;
        putting.row.estimated = at->estimated_calls ? "yes" : NULL;
        putting.row.measure = "latency";
        if (at->latency)
            histogram_each(at->latency, put_bin, &putting);
        putting.row.measure = "store_latency";
        if (at->store_latency)
            histogram_each(at->store_latency, put_bin, &putting);
    }
}

static void
finish(struct report_run *run)
{
    if (run->intervals)
        intervals_each(run->intervals, take_server, run);
}

const struct report REPORT_HISTOGRAMS = {
    .name = "histograms",
    .row_is = "interval of time, server and bin of latency",
    .order = "ordered as counters, then by latency",
    .on_request = true,
    .needs_intervals = true,
    COLUMNS(COLUMNS_OF_HISTOGRAMS),
    .finish = finish,
};
