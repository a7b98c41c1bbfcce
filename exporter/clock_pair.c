/* clock_pair.c
 * How far the clocks of two interfaces differ, by the PDUs that both have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "clock_pair.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Clocks that differ by less agree. */
#define CLOCKS_AGREE_NS INT64_C(100000)

/* How many differences are needed to compare clocks, and how many of them of PDUs that are unique.
 * Sessions of different users may begin with the same bytes. */
#define SAMPLES_NEEDED 3
#define UNIQUE_NEEDED 2

/* A PDU takes no longer from one place to the next: differences further from their median are of
 * PDUs that only look the same. */
#define TRANSIT_MAX_NS (INT64_C(1) * 1000000000)

/* The share of differences at each end that is left out: clocks drift, and queues reorder. */
#define TRIMMED 20

/* An interval that comes as near to no difference as this share of its width does not show any: a
 * proxy that takes long to pass requests on makes it wide on one side. */
#define AGREE_SHARE 50

void
clock_pair_add(struct clock_pair *pair, enum oa_side sender, int64_t value, bool is_unique)
{
    struct clock_samples *samples = &pair->samples[sender];

    if (is_unique && !samples->are_unique)
        *samples = (struct clock_samples){ .are_unique = true };
    if (is_unique != samples->are_unique)
        return;
    if (samples->stride && samples->seen++ % samples->stride != 0)
        return;
    if (samples->n == CLOCK_SAMPLES_MAX) {
        for (size_t i = 0; i < CLOCK_SAMPLES_MAX / 2; i++)
            samples->values[i] = samples->values[2 * i];
        samples->n = CLOCK_SAMPLES_MAX / 2;
        samples->stride = MAX(samples->stride, 1) * 2;
    }
    samples->values[samples->n++] = value;
}

static int
compare_values(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* Sorts the samples, of which those too far from `median_ns` are dropped. */
static void
clean(struct clock_samples *samples, int64_t median_ns)
{
    size_t n = 0;

    for (size_t i = 0; i < samples->n; i++)
        if (ABS(samples->values[i] - median_ns) <= TRANSIT_MAX_NS)
            samples->values[n++] = samples->values[i];
    samples->n = n;
    qsort(samples->values, n, sizeof samples->values[0], compare_values);
}

static int64_t
median_of_all(const struct clock_pair *pair)
{
    int64_t values[2 * CLOCK_SAMPLES_MAX];
    size_t n = 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        memcpy(values + n, pair->samples[side].values, pair->samples[side].n * sizeof(int64_t));
        n += pair->samples[side].n;
    }
    qsort(values, n, sizeof values[0], compare_values);
    return n ? values[n / 2] : 0;
}

static int64_t
least(const struct clock_samples *samples)
{
    return samples->values[samples->n / TRIMMED];
}

static int64_t
greatest(const struct clock_samples *samples)
{
    return samples->values[samples->n - 1 - samples->n / TRIMMED];
}

/* Whether no difference is as likely as any in the interval; it is upside down where clocks drift,
 * or PDUs were taken for others. */
static bool
may_agree(int64_t low_ns, int64_t high_ns)
{
    int64_t from_zero_ns = MAX(MAX(MIN(low_ns, high_ns), -MAX(low_ns, high_ns)), 0);

    return from_zero_ns <= ABS(high_ns - low_ns) / AGREE_SHARE;
}

/*
 * The interval above `below` and under `above`, which are sorted. If no value is in it, some
 * samples are of PDUs that only look the same: then it is that with which most samples agree.
 */
static void
find_interval(const struct clock_samples *below, const struct clock_samples *above, int64_t *low_ns,
              int64_t *high_ns)
{
    size_t best = 0;

    *low_ns = greatest(below);
    *high_ns = least(above);
    if (*low_ns <= *high_ns)
        return;
    for (size_t i = 0, j = 0; i < below->n; i++) {
        while (j < above->n && above->values[j] < below->values[i])
            j++;
        if (j == above->n || i + 1 + above->n - j <= best)
            continue;
        best = i + 1 + above->n - j;
        *low_ns = below->values[i];
        *high_ns = above->values[j];
    }
}

/* The difference with the shortest transit: near it lie most, and few last much longer. */
static int64_t
shortest(const struct clock_samples *samples)
{
    int64_t median_ns = samples->values[samples->n / 2];

    return median_ns - least(samples) <= greatest(samples) - median_ns ? least(samples)
                                                                       : greatest(samples);
}

bool
clock_pair_estimate(struct clock_pair *pair, bool is_one_capture,
                    struct clock_difference *difference)
{
    int64_t *ahead_ns = &difference->ahead_ns, *within_ns = &difference->within_ns;
    struct clock_samples *requests = &pair->samples[OA_CLIENT],
                         *responses = &pair->samples[OA_SERVER];
    int64_t median_ns = median_of_all(pair), low_ns, high_ns;
    size_t n = requests->n + responses->n;

    if (is_one_capture) {
        difference->is_by_moves = true;
        return true;
    }
    clean(requests, median_ns);
    clean(responses, median_ns);
    size_t agreeing = requests->n + responses->n;
    if (agreeing < n / 2 + 1 || agreeing + pair->by_cookies < SAMPLES_NEEDED ||
        pair->unique + pair->by_cookies < UNIQUE_NEEDED) {
        *difference = (struct clock_difference){ .pair = pair, .is_by_moves = true };
        return (pair->moves[0] == 0) != (pair->moves[1] == 0);
    }
    bool has_both = requests->n > 0 && responses->n > 0;
    const struct clock_samples *only = requests->n ? requests : responses;

    if (!has_both) {
        low_ns = least(only) - TRANSIT_MAX_NS;
        high_ns = greatest(only) + TRANSIT_MAX_NS;
    } else if (requests->values[requests->n / 2] >= responses->values[responses->n / 2]) {
        find_interval(responses, requests, &low_ns, &high_ns);
    } else {
        find_interval(requests, responses, &low_ns, &high_ns);
    }
    if (has_both && ABS(high_ns - low_ns) > TRANSIT_MAX_NS / 2)
        return false;
    *ahead_ns = has_both ? low_ns + (high_ns - low_ns) / 2 : shortest(only);
    *within_ns = ABS(high_ns - low_ns) / 2;
    if (may_agree(low_ns, high_ns) || ABS(*ahead_ns) < CLOCKS_AGREE_NS)
        *ahead_ns = 0;
    return true;
}
