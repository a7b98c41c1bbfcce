/* report_comparison.c
 * comparison.csv: what has changed between two folders of reports; written by `oaexport compare`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>

#include "comparison.h"
#include "report.h"
#include "report_comparison.h"

struct row {
    const char *server, *service, *measure, *server_name;
    double first, second, change, change_percent; /* NAN: unknown */
};

/* clang-format off */
static const struct column COLUMNS_OF_COMPARISON[] = {
    { "server", NAMED(HOST, server), "Address of the server, as in counters.csv; \"all\" for all together, where what cannot be "
      "added is empty: users, and peaks, which are at different times" },
    { "service", WORD(service), "Its role: proxy, store, directory; empty for all" },
    { "measure", WORD(measure),
      "What is compared, named like the columns of counters.csv: ..._per_s by covered second; _open and "
      "_mean averages by time, latency_mean_ms by calls; _max the greatest; latency_p50_ms and the like "
      "from histograms.csv, if both folders have it; ..._share of connections_new, http_requests, "
      "backend_attempts, calls, or TCP payload; covered_s, the time that was counted; quality_ok_share, "
      "of it where the quality is ok" },
    { "first", SIGNED("value", first), "In the first folder, over the intervals that begin at a time of the local week "
      "(--utc-offset) that both folders cover; empty if unknown" },
    { "second", SIGNED("value", second), "In the second folder" },
    { "change", SIGNED("value", change), "second - first" },
    { "change_percent", SIGNED("percent", change_percent), "The change by the first; empty if that is 0" },
    { "server_name", NAMED(HOST, server_name), "Name of the server, as in counters.csv" },
};
/* clang-format on */

static void
put(void *run, const struct comparison_value *value)
{
    struct row row = { .server = value->server,
                       .service = value->service,
                       .measure = value->measure,
                       .server_name = value->server_name,
                       .first = value->value[0],
                       .second = value->value[1],
                       .change = value->value[1] - value->value[0] };

    row.change_percent = row.first > 0 ? 100 * row.change / row.first : NAN;
    report_row(run, &row);
}

void
report_comparison_write(struct report_run *run, const struct comparison *comparison)
{
    comparison_each(comparison, put, run);
}

const struct report REPORT_COMPARISON = {
    .name = "comparison",
    .row_is = "server and measure of two folders of reports",
    .order = "ordered by server, as in counters, all together last",
    .on_request = true,
    .is_of_folders = true,
    COLUMNS(COLUMNS_OF_COMPARISON),
};
