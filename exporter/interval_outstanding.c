/* interval_outstanding.c
 * How many calls of a server were under way at once.
 *
 * Calls are known when they are over, and end in order of time. Their ends and beginnings are kept
 * as edges; those from more than a minute ago are summed up from time to time, as hardly any call
 * that is still under way began before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_outstanding.h"

#include <glib.h>

/* How long calls are waited for before the time in which they began is summed up. */
#define DELAY_NS INT64_C(60000000000)

/* Edges that are sorted at once, unless more of them are of the last minute. */
#define EDGES_MIN 4096

struct outstanding {
    int64_t interval_ns;
    outstanding_take take;
    void *context;
    GArray *edges;     /* int64_t: odd where a call begins, even where one ends, so that ends come
                          first */
    guint edges_max;   /* before they are summed up */
    int64_t summed_ns; /* everything before */
    uint64_t level;    /* then */
};

struct outstanding *
outstanding_new(int64_t interval_ns, outstanding_take take, void *context)
{
    struct outstanding *outstanding = g_new0(struct outstanding, 1);

    outstanding->interval_ns = interval_ns;
    outstanding->take = take;
    outstanding->context = context;
    outstanding->edges = g_array_new(FALSE, FALSE, sizeof(int64_t));
    outstanding->edges_max = EDGES_MIN;
    outstanding->summed_ns = INT64_MIN;
    return outstanding;
}

void
outstanding_free(struct outstanding *outstanding)
{
    if (!outstanding)
        return;
    g_array_unref(outstanding->edges);
    g_free(outstanding);
}

struct outstanding *
outstanding_copy(const struct outstanding *outstanding, void *context)
{
    struct outstanding *copy = g_memdup2(outstanding, sizeof *outstanding);

    copy->context = context;
    copy->edges = g_array_copy(outstanding->edges);
    return copy;
}

static int
compare_edges(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* So many calls were under way up to that time: by interval. */
static void
add_level(struct outstanding *outstanding, int64_t to_ns)
{
    int64_t at_ns = outstanding->summed_ns, length_ns = outstanding->interval_ns;

    while (outstanding->level && at_ns < to_ns) {
        int64_t rest_ns = at_ns % length_ns;
        int64_t start_ns = at_ns - rest_ns - (rest_ns < 0 ? length_ns : 0);
        int64_t end_ns = MIN(start_ns + length_ns, to_ns);
        outstanding->take(outstanding->context, start_ns, at_ns, end_ns, outstanding->level);
        at_ns = end_ns;
    }
    outstanding->summed_ns = to_ns;
}

static void
sum_up(struct outstanding *outstanding, int64_t end_ns)
{
    GArray *edges = outstanding->edges;
    guint n = 0;

    g_array_sort(edges, compare_edges);
    for (; n < edges->len; n++) {
        int64_t edge = g_array_index(edges, int64_t, n);
        if (edge >= end_ns)
            break;
        if (edge > outstanding->summed_ns)
            add_level(outstanding, edge);
        outstanding->level += edge & 1 ? 1 : (uint64_t)-1;
    }
    g_array_remove_range(edges, 0, n);
    if (end_ns != INT64_MAX && end_ns > outstanding->summed_ns)
        add_level(outstanding, end_ns);
    outstanding->edges_max = MAX(EDGES_MIN, 2 * edges->len);
}

bool
outstanding_add(struct outstanding *outstanding, int64_t from_ns, int64_t to_ns, int64_t now_ns)
{
    int64_t begin = from_ns | 1, end = to_ns & ~INT64_C(1);

    if (begin < outstanding->summed_ns)
        return false;
    if (end <= begin)
        return true;
    g_array_append_val(outstanding->edges, begin);
    g_array_append_val(outstanding->edges, end);
    if (outstanding->edges->len >= outstanding->edges_max && now_ns > INT64_MIN + DELAY_NS)
        sum_up(outstanding, now_ns - DELAY_NS);
    return true;
}

void
outstanding_finish(struct outstanding *outstanding)
{
    sum_up(outstanding, INT64_MAX);
}
