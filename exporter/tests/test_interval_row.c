/* test_interval_row.c
 * Rows of intervals, packed and unpacked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_row.h"

#include <glib.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)

static void
check(const struct histogram *one, const struct histogram *other)
{
    g_assert_true((one == NULL) == (other == NULL));
    if (!one)
        return;
    g_assert_cmpuint(histogram_count(one), ==, histogram_count(other));
    g_assert_cmpint(histogram_percentile(one, 95), ==, histogram_percentile(other, 95));
}

/* Every byte of the counts is kept, whatever is in them. */
static void
test_same(void)
{
    size_t counts_at = offsetof(struct interval, connections_new);
    size_t counts_end = offsetof(struct interval, latency);

    for (int round = 0; round < 500; round++) {
        struct interval *row = interval_new(g_test_rand_int() * INT64_C(1000000000));
        for (size_t at = counts_at; at < counts_end; at += sizeof(uint64_t)) {
            uint64_t count = (uint64_t)(unsigned)g_test_rand_int() << g_test_rand_int_range(0, 33);
            if (g_test_rand_int_range(0, 10) < round % 11)
                memcpy((char *)row + at, &count, sizeof count);
        }
        row->has_rops = round & 1;
        struct histogram **histograms[] = { &row->latency, &row->store_latency, &row->round_trip };
        for (unsigned i = 0; i < G_N_ELEMENTS(histograms); i++)
            if (round & 2 << i) {
                *histograms[i] = histogram_new();
                histogram_add(*histograms[i], (round + 1) * NS_PER_MS);
            }
        struct packed_interval *packed = interval_pack(row);
        struct interval *again = interval_unpack(packed);
        g_assert_cmpint(packed->start_ns, ==, row->start_ns);
        g_assert_cmpint(again->start_ns, ==, row->start_ns);
        g_assert_cmpmem((char *)again + counts_at, counts_end - counts_at, (char *)row + counts_at,
                        counts_end - counts_at);
        g_assert_true(again->has_rops == row->has_rops);
        check(again->latency, row->latency);
        check(again->store_latency, row->store_latency);
        check(again->round_trip, row->round_trip);
        interval_free(row);
        interval_free(again);
        g_free(packed);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interval-row/same", test_same);
    return g_test_run();
}
