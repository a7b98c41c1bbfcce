/* host_clocks.c
 * Clocks that hosts have in common for all their connections with each other.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "host_clocks.h"

#include <math.h>
#include <stdlib.h>

#include "lower_bound.h"
#include "segment_facts.h"

/* Frames may be late by that. */
#define SLACK_NS 1e9

/* One of two hosts in a file, as its connections with the other one show it. */
struct host {
    struct tick_sighting first, last;
    struct tick_rate rate;
    bool has_clock;
};

/* Two hosts in a file, with two connections or more. */
struct meeting {
    size_t file;
    uint64_t hosts;
    struct host host[2]; /* the lesser address first */
};

struct host_clocks {
    GArray *meetings; /* struct meeting, by files and hosts */
};

static int
compare_stretches(const void *a, const void *b)
{
    const struct stretch *left = *(const struct stretch *const *)a;
    const struct stretch *right = *(const struct stretch *const *)b;

    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return left->hosts < right->hosts ? -1 : left->hosts > right->hosts;
}

/* Whether two sightings, in any order, are of one clock. */
static bool
is_one_clock(const struct tick_rate *rate, const struct tick_sighting *a,
             const struct tick_sighting *b)
{
    bool is_turned = number_is_before(b->ticks, a->ticks);

    return fabs(tick_rate_excess(rate, is_turned ? b : a, is_turned ? a : b)) <= SLACK_NS;
}

/* What connections show of one of the hosts. */
static struct host
host_of(struct stretch *const *stretches, size_t n, int side)
{
    struct host host = { .rate = tick_rate_new(), .has_clock = true };

    for (size_t i = 0; i < n; i++) {
        const struct way *way = &stretches[i]->way[side];
        if (!way->has_ticks || stretches[i]->is_reused)
            return (struct host){ .has_clock = false };
        tick_rate_learn(&host.rate, &way->first_tick, &way->last_tick);
        if (i == 0 || way->first_tick.time_ns < host.first.time_ns)
            host.first = way->first_tick;
        if (i == 0 || way->last_tick.time_ns > host.last.time_ns)
            host.last = way->last_tick;
    }
    host.has_clock = tick_rate_is_known(&host.rate);
    for (size_t i = 0; i < n && host.has_clock; i++)
        host.has_clock =
            is_one_clock(&host.rate, &host.first, &stretches[i]->way[side].first_tick) &&
            is_one_clock(&host.rate, &host.first, &stretches[i]->way[side].last_tick);
    if (host.has_clock)
        tick_rate_learn_drift(&host.rate, &host.first, &host.last, SLACK_NS);
    return host;
}

struct host_clocks *
host_clocks_new(const GPtrArray *all)
{
    struct host_clocks *clocks = g_new0(struct host_clocks, 1);
    size_t n = 0;
    g_autofree struct stretch **stretches = g_new(struct stretch *, all->len + 1);

    clocks->meetings = g_array_new(FALSE, FALSE, sizeof(struct meeting));
    for (guint i = 0; i < all->len; i++)
        if (((struct stretch *)all->pdata[i])->hosts)
            stretches[n++] = all->pdata[i];
    qsort(stretches, n, sizeof *stretches, compare_stretches);
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && compare_stretches(&stretches[begin], &stretches[end]) == 0)
            end++;
        struct meeting meeting = { .file = stretches[begin]->file,
                                   .hosts = stretches[begin]->hosts };
        for (int side = 0; side < 2; side++)
            meeting.host[side] = host_of(stretches + begin, end - begin, side);
        if (end - begin >= 2 && (meeting.host[0].has_clock || meeting.host[1].has_clock))
            g_array_append_val(clocks->meetings, meeting);
    }
    return clocks;
}

void
host_clocks_free(struct host_clocks *clocks)
{
    g_array_unref(clocks->meetings);
    g_free(clocks);
}

static const struct meeting *
meeting_at(const struct host_clocks *clocks, guint i)
{
    return &g_array_index(clocks->meetings, struct meeting, i);
}

static int64_t
file_of(const void *meeting)
{
    return (int64_t)((const struct meeting *)meeting)->file;
}

/* The first meeting of the file; or where it would be. */
static guint
first_of_file(const struct host_clocks *clocks, size_t file)
{
    return lower_bound(clocks->meetings, (int64_t)file, file_of);
}

enum verdict { NOTHING, STEP, NO_STEP };

/* What one host shows of the time between two files. */
static enum verdict
judge(const struct host *from, const struct host *to, int64_t least_ns, struct tick_bounds *bounds)
{
    if (!from->has_clock || !to->has_clock || from->rate.period_ns != to->rate.period_ns)
        return NOTHING;
    if (tick_rate_excess(&from->rate, &from->last, &to->first) < (double)least_ns)
        return NO_STEP;
    return tick_rate_bounds(&from->rate, &from->last, &to->first, bounds) &&
                   bounds->low >= (double)least_ns
               ? STEP
               : NOTHING;
}

bool
host_clocks_show_step(const struct host_clocks *clocks, size_t from, size_t to, int64_t least_ns,
                      struct tick_bounds *bounds)
{
    guint i = first_of_file(clocks, from), k = first_of_file(clocks, to);
    guint n = clocks->meetings->len;
    bool is_shown = false;

    while (i < n && k < n && meeting_at(clocks, i)->file == from &&
           meeting_at(clocks, k)->file == to) {
        const struct meeting *before = meeting_at(clocks, i), *behind = meeting_at(clocks, k);
        struct tick_bounds of_host[2];
        unsigned steps = 0;

        i += before->hosts <= behind->hosts;
        k += behind->hosts <= before->hosts;
        for (int side = 0; side < 2 && before->hosts == behind->hosts; side++) {
            enum verdict verdict =
                judge(&before->host[side], &behind->host[side], least_ns, &of_host[side]);
            if (verdict == NO_STEP)
                return false;
            steps += verdict == STEP;
        }
        if (steps < 2)
            continue;
        if (!is_shown)
            *bounds = of_host[0];
        is_shown = true;
        if (!tick_bounds_unite(bounds, &of_host[0], SLACK_NS) ||
            !tick_bounds_unite(bounds, &of_host[1], SLACK_NS))
            return false;
    }
    return is_shown;
}
