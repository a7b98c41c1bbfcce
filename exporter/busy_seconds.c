/* busy_seconds.c
 * Calls by the second.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "busy_seconds.h"

#include <glib.h>

#include "coverage.h"

#define NS_PER_S INT64_C(1000000000)

struct busy_seconds {
    GHashTable *calls; /* start in nanoseconds -> number; NULL: there were too many */
};

struct busy_seconds *
busy_seconds_new(void)
{
    struct busy_seconds *seconds = g_new0(struct busy_seconds, 1);

    seconds->calls = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return seconds;
}

void
busy_seconds_free(struct busy_seconds *seconds)
{
    if (seconds->calls)
        g_hash_table_unref(seconds->calls);
    g_free(seconds);
}

void
busy_seconds_add(struct busy_seconds *seconds, int64_t time_ns)
{
    int64_t rest_ns = time_ns % NS_PER_S;
    int64_t start_ns = time_ns - rest_ns - (rest_ns < 0 ? NS_PER_S : 0);

    if (!seconds->calls)
        return;
    gsize calls = GPOINTER_TO_SIZE(g_hash_table_lookup(seconds->calls, &start_ns));
    if (!calls && g_hash_table_size(seconds->calls) == BUSY_SECONDS_MAX)
        g_clear_pointer(&seconds->calls, g_hash_table_unref);
    else
        g_hash_table_insert(seconds->calls, g_memdup2(&start_ns, sizeof start_ns),
                            GSIZE_TO_POINTER(calls + 1));
}

bool
busy_seconds_greatest(const struct busy_seconds *seconds, const struct coverage *coverage,
                      int64_t *start_ns, double *calls_per_s)
{
    GHashTableIter all;
    void *start, *calls;
    bool is_known = false;

    if (!seconds->calls)
        return false;
    g_hash_table_iter_init(&all, seconds->calls);
    while (g_hash_table_iter_next(&all, &start, &calls)) {
        int64_t at_ns = *(const int64_t *)start;
        int64_t covered_ns = coverage_within(coverage, at_ns, at_ns + NS_PER_S);
        double rate =
            (double)GPOINTER_TO_SIZE(calls) * (double)NS_PER_S / (double)MAX(covered_ns, 1);

        if (2 * covered_ns < NS_PER_S || (is_known && rate < *calls_per_s) ||
            (is_known && rate == *calls_per_s && at_ns > *start_ns))
            continue;
        is_known = true;
        *start_ns = at_ns;
        *calls_per_s = rate;
    }
    return is_known;
}
