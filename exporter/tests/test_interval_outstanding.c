/* test_interval_outstanding.c
 * Calls under way, against a count at every instant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_outstanding.h"

#include <glib.h>

#define SECOND INT64_C(1000000000)
#define INTERVALS 64
#define CALLS 20000

struct sums {
    int64_t ns[INTERVALS];
    uint64_t most[INTERVALS];
    int64_t end_ns; /* of the piece before */
};

static void
take(void *context, int64_t start_ns, int64_t from_ns, int64_t to_ns, uint64_t calls)
{
    struct sums *sums = context;
    size_t i = (size_t)(from_ns / SECOND);

    g_assert_cmpint(from_ns, <, to_ns);
    g_assert_cmpint(from_ns, >=, sums->end_ns);
    g_assert_cmpint(start_ns, <=, from_ns);
    g_assert_cmpint(to_ns, <=, start_ns + SECOND);
    g_assert_cmpuint(calls, >, 0);
    g_assert_cmpuint(i, <, INTERVALS);
    sums->ns[i] += (int64_t)calls * (to_ns - from_ns);
    sums->most[i] = MAX(sums->most[i], calls);
    sums->end_ns = to_ns;
}

/* Calls in order of their ends; of so many one may last longer than an interval. */
static void
check_sums(int long_ones)
{
    struct sums sums = { .end_ns = INT64_MIN }, expected = { .end_ns = 0 };
    struct outstanding *outstanding = outstanding_new(SECOND, take, &sums);
    GRand *dice = g_rand_new_with_seed(7);
    int16_t change[INTERVALS * 1000 + 1] = { 0 }; /* by millisecond */

    for (int i = 0; i < CALLS; i++) {
        int64_t end_ms = 2 + (int64_t)i * (INTERVALS * 1000 - 10) / CALLS;
        int64_t lasts_ms = g_rand_int_range(dice, 1, i % long_ones == 0 ? 5000 : 50);
        int64_t begin_ms = MAX(end_ms - lasts_ms, 0);
        change[begin_ms]++;
        change[end_ms]--;
        /* Beginnings are odd, ends are even: exact at even milliseconds less one. */
        g_assert_true(outstanding_add(outstanding, begin_ms * 1000000 + 1, end_ms * 1000000,
                                      end_ms * 1000000));
    }
    outstanding_finish(outstanding);
    int64_t level = 0;
    for (int ms = 0; ms < INTERVALS * 1000; ms++) {
        size_t at = (size_t)(ms / 1000);
        level += change[ms];
        expected.ns[at] += level * 1000000;
        expected.most[at] = MAX(expected.most[at], (uint64_t)level);
    }
    for (size_t i = 0; i < INTERVALS; i++) {
        g_assert_cmpint(ABS(sums.ns[i] - expected.ns[i]), <=, 2 * CALLS);
        g_assert_cmpuint(sums.most[i], ==, expected.most[i]);
    }
    g_rand_free(dice);
    outstanding_free(outstanding);
}

/* They begin nearly in the order in which they end, */
static void
test_sums(void)
{
    check_sums(100);
}

/* or in any. */
static void
test_sums_of_long(void)
{
    check_sums(1);
}

static void
count(void *context, int64_t start_ns, int64_t from_ns, int64_t to_ns, uint64_t calls)
{
    g_assert_cmpint(start_ns % SECOND, ==, 0);
    g_assert_cmpint(start_ns, <=, from_ns);
    g_assert_cmpint(to_ns, <=, start_ns + SECOND);
    *(double *)context += (double)calls * (double)(to_ns - from_ns) / (double)SECOND;
}

/* A call that began before what is summed up is refused, one within the last minute is not; memory
 * is that of the last minute. */
static void
test_late(void)
{
    double seconds = 0;
    struct outstanding *outstanding = outstanding_new(SECOND, count, &seconds);

    for (int64_t i = 0; i < 1000000; i++) {
        int64_t now_ns = 1000 * SECOND + i * SECOND / 100;
        g_assert_true(outstanding_add(outstanding, now_ns - SECOND / 50, now_ns, now_ns));
        if (i == 500000) {
            g_assert_true(outstanding_add(outstanding, now_ns - 59 * SECOND, now_ns, now_ns));
            g_assert_false(outstanding_add(outstanding, now_ns - 600 * SECOND, now_ns, now_ns));
        }
        if (i % 1000 == 0 && i > 100000) {
            g_assert_cmpfloat(seconds, >=, 0.02 * (double)i - 400);
        }
    }
    outstanding_finish(outstanding);
    g_assert_cmpfloat(ABS(seconds - (20000 + 59)), <, 0.1);
    outstanding_free(outstanding);
}

/* Times before 1970, and calls without any duration. */
static void
test_odd_times(void)
{
    double seconds = 0;
    struct outstanding *outstanding = outstanding_new(SECOND, count, &seconds);

    g_assert_true(outstanding_add(outstanding, -5 * SECOND / 2, -SECOND / 2, -SECOND / 2));
    g_assert_true(outstanding_add(outstanding, 3 * SECOND, 3 * SECOND, 3 * SECOND));
    outstanding_finish(outstanding);
    g_assert_cmpfloat(ABS(seconds - 2), <, 0.000001);
    outstanding_free(outstanding);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interval-outstanding/sums", test_sums);
    g_test_add_func("/interval-outstanding/sums-of-long", test_sums_of_long);
    g_test_add_func("/interval-outstanding/late", test_late);
    g_test_add_func("/interval-outstanding/odd-times", test_odd_times);
    return g_test_run();
}
