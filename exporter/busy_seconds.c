/* busy_seconds.c
 * Calls by the second.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "busy_seconds.h"

#include <glib.h>

#include "coverage.h"

#define NS_PER_S INT64_C(1000000000)

struct second {
    int64_t start_ns; /* the key, which has to be first */
    uint64_t calls;
};

struct busy_seconds {
    GHashTable *all;     /* set of struct second; NULL: there were too many */
    struct second *last; /* the one used last; NULL: none */
};

struct busy_seconds *
busy_seconds_new(void)
{
    struct busy_seconds *seconds = g_new0(struct busy_seconds, 1);

    seconds->all = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return seconds;
}

void
busy_seconds_free(struct busy_seconds *seconds)
{
    if (seconds->all)
        g_hash_table_unref(seconds->all);
    g_free(seconds);
}

/* The second that starts then; NULL: there are too many. */
static struct second *
second_at(struct busy_seconds *seconds, int64_t start_ns)
{
    struct second *second = g_hash_table_lookup(seconds->all, &start_ns);

    if (second)
        return second;
    if (g_hash_table_size(seconds->all) == BUSY_SECONDS_MAX)
        return NULL;
    second = g_new0(struct second, 1);
    second->start_ns = start_ns;
    g_hash_table_add(seconds->all, second);
    return second;
}

void
busy_seconds_add(struct busy_seconds *seconds, int64_t time_ns)
{
    int64_t rest_ns = time_ns % NS_PER_S;
    int64_t start_ns = time_ns - rest_ns - (rest_ns < 0 ? NS_PER_S : 0);

    if (!seconds->all)
        return;
    if (!seconds->last || seconds->last->start_ns != start_ns)
        seconds->last = second_at(seconds, start_ns);
    if (seconds->last)
        seconds->last->calls++;
    else
        g_clear_pointer(&seconds->all, g_hash_table_unref);
}

bool
busy_seconds_greatest(const struct busy_seconds *seconds, const struct coverage *coverage,
                      int64_t *start_ns, double *calls_per_s)
{
    GHashTableIter all;
    void *key;
    bool is_known = false;

    if (!seconds->all)
        return false;
    g_hash_table_iter_init(&all, seconds->all);
    while (g_hash_table_iter_next(&all, &key, NULL)) {
        const struct second *second = key;
        int64_t at_ns = second->start_ns;
        int64_t covered_ns = coverage_within(coverage, at_ns, at_ns + NS_PER_S);
        double rate = (double)second->calls * (double)NS_PER_S / (double)MAX(covered_ns, 1);

        if (2 * covered_ns < NS_PER_S || (is_known && rate < *calls_per_s) ||
            (is_known && rate == *calls_per_s && at_ns > *start_ns))
            continue;
        is_known = true;
        *start_ns = at_ns;
        *calls_per_s = rate;
    }
    return is_known;
}
