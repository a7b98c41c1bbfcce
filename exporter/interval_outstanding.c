/* interval_outstanding.c
 * How many calls of a server were under way at once.
 *
 * Calls are known when they are over, and end in order of time. Their beginnings and ends are kept;
 * those from more than a minute ago are summed up from time to time, as hardly any call that is
 * still under way began before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_outstanding.h"

#include <glib.h>

/* How long calls are waited for before the time in which they began is summed up. */
#define DELAY_NS INT64_C(60000000000)

/* Edges, which are beginnings and ends, that are summed up at once, unless more of them are of the
 * last minute. */
#define EDGES_MIN 4096

/* How far a time may be from its place, on average, to be put there step by step. */
#define STEPS_MAX 8

struct outstanding {
    int64_t interval_ns;
    outstanding_take take;
    void *context;
    GArray *begins, *ends; /* int64_t: odd and even, so that an end comes first */
    guint edges_max;       /* before they are summed up */
    int64_t summed_ns;     /* everything before */
    uint64_t level;        /* then */
};

struct outstanding *
outstanding_new(int64_t interval_ns, outstanding_take take, void *context)
{
    struct outstanding *outstanding = g_new0(struct outstanding, 1);

    outstanding->interval_ns = interval_ns;
    outstanding->take = take;
    outstanding->context = context;
    outstanding->begins = g_array_new(FALSE, FALSE, sizeof(int64_t));
    outstanding->ends = g_array_new(FALSE, FALSE, sizeof(int64_t));
    outstanding->edges_max = EDGES_MIN;
    outstanding->summed_ns = INT64_MIN;
    return outstanding;
}

void
outstanding_free(struct outstanding *outstanding)
{
    if (!outstanding)
        return;
    g_array_unref(outstanding->begins);
    g_array_unref(outstanding->ends);
    g_free(outstanding);
}

struct outstanding *
outstanding_copy(const struct outstanding *outstanding, void *context)
{
    struct outstanding *copy = g_memdup2(outstanding, sizeof *outstanding);

    copy->context = context;
    copy->begins = g_array_copy(outstanding->begins);
    copy->ends = g_array_copy(outstanding->ends);
    return copy;
}

static guint
n_edges(const struct outstanding *outstanding)
{
    return outstanding->begins->len + outstanding->ends->len;
}

static int
compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* Mostly they are in order, or nearly so. */
static void
sort(GArray *times)
{
    int64_t *time = (int64_t *)times->data;
    uint64_t steps = 0;

    for (guint i = 1; i < times->len; i++) {
        int64_t one = time[i];
        guint at = i;
        while (at > 0 && time[at - 1] > one) {
            time[at] = time[at - 1];
            at--;
        }
        time[at] = one;
        steps += i - at;
        if (steps > (uint64_t)STEPS_MAX * times->len) {
            g_array_sort(times, compare_times);
            return;
        }
    }
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

/* The next time at which the level changes, and by what; INT64_MAX: there is none. */
static int64_t
next_edge(const struct outstanding *outstanding, guint n_begun, guint n_ended, bool *is_begin)
{
    const GArray *begins = outstanding->begins, *ends = outstanding->ends;
    int64_t begin = n_begun < begins->len ? g_array_index(begins, int64_t, n_begun) : INT64_MAX;
    int64_t end = n_ended < ends->len ? g_array_index(ends, int64_t, n_ended) : INT64_MAX;

    *is_begin = begin < end;
    return MIN(begin, end);
}

static void
sum_up(struct outstanding *outstanding, int64_t end_ns)
{
    guint n_begun = 0, n_ended = 0;
    bool is_begin;
    int64_t edge;

    sort(outstanding->begins);
    sort(outstanding->ends);
    while ((edge = next_edge(outstanding, n_begun, n_ended, &is_begin)) < end_ns) {
        if (edge > outstanding->summed_ns)
            add_level(outstanding, edge);
        outstanding->level += is_begin ? 1 : (uint64_t)-1;
        n_begun += is_begin;
        n_ended += !is_begin;
    }
    g_array_remove_range(outstanding->begins, 0, n_begun);
    g_array_remove_range(outstanding->ends, 0, n_ended);
    if (end_ns != INT64_MAX && end_ns > outstanding->summed_ns)
        add_level(outstanding, end_ns);
    outstanding->edges_max = MAX(EDGES_MIN, 2 * n_edges(outstanding));
}

bool
outstanding_add(struct outstanding *outstanding, int64_t from_ns, int64_t to_ns, int64_t now_ns)
{
    int64_t begin = from_ns | 1, end = to_ns & ~INT64_C(1);

    if (begin < outstanding->summed_ns)
        return false;
    if (end <= begin)
        return true;
    g_array_append_val(outstanding->begins, begin);
    g_array_append_val(outstanding->ends, end);
    if (n_edges(outstanding) >= outstanding->edges_max && now_ns > INT64_MIN + DELAY_NS)
        sum_up(outstanding, now_ns - DELAY_NS);
    return true;
}

void
outstanding_finish(struct outstanding *outstanding)
{
    sum_up(outstanding, INT64_MAX);
}
