/* test_histogram.c
 * Percentiles against those of the sorted values; merged histograms against one of all values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdlib.h>

#include "histogram.h"

static const double PERCENTS[] = { 0.1, 1, 50, 95, 99, 100 };

static int
compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

static void
expect_percentiles(int64_t *values, size_t n)
{
    struct histogram *histogram = histogram_new();

    for (size_t i = 0; i < n; i++)
        histogram_add(histogram, values[i]);
    qsort(values, n, sizeof *values, compare);
    g_assert_cmpuint(histogram_count(histogram), ==, n);
    g_assert_cmpint(histogram_min(histogram), ==, values[0]);
    g_assert_cmpint(histogram_max(histogram), ==, values[n - 1]);
    for (size_t i = 0; i < G_N_ELEMENTS(PERCENTS); i++) {
        size_t rank = (size_t)(PERCENTS[i] / 100 * (double)n);
        if ((double)rank < PERCENTS[i] / 100 * (double)n || rank == 0)
            rank++;
        int64_t exact = values[rank - 1];
        int64_t found = histogram_percentile(histogram, PERCENTS[i]);
        g_assert_cmpint(llabs(found - exact), <=, exact / 250);
    }
    histogram_free(histogram);
}

/* With so many different values, in any order and from two halves: whether buckets are in a list
 * does not show. */
static void
test_few(void)
{
    for (int n = 1; n < 100; n++) {
        struct histogram *whole = histogram_new(), *halves[] = { histogram_new(), histogram_new() };
        GByteArray *bytes[] = { g_byte_array_new(), g_byte_array_new() };

        for (int round = 0; round < 2; round++)
            for (int i = 0; i < n; i++) {
                int64_t value = INT64_C(1000003) * ((i * 101) % n);
                histogram_add(whole, value);
                histogram_add(halves[(i + round) % 2], value);
            }
        histogram_merge(halves[0], halves[1]);
        histogram_pack(whole, bytes[0]);
        histogram_pack(halves[0], bytes[1]);
        g_assert_cmpmem(bytes[0]->data, bytes[0]->len, bytes[1]->data, bytes[1]->len);
        g_assert_cmpuint(histogram_above(whole, 0), ==, 2 * (guint64)(n - 1));
        for (int i = 0; i < 2; i++) {
            histogram_free(halves[i]);
            g_byte_array_unref(bytes[i]);
        }
        histogram_free(whole);
    }
}

/* Packed and unpacked it is the same, and packs to the same bytes; what follows is left alone. */
static void
test_packed(void)
{
    static const int64_t SCALES[] = { 1, 100, 100000, 100000000, INT64_MAX / 2 };

    for (int round = 0; round < 200; round++) {
        struct histogram *histogram = histogram_new();
        GByteArray *bytes = g_byte_array_new(), *again = g_byte_array_new();
        int n = round == 0 ? 0 : g_test_rand_int_range(1, 400);
        int64_t scale = SCALES[g_test_rand_int_range(0, G_N_ELEMENTS(SCALES))];
        for (int i = 0; i < n; i++)
            histogram_add_many(
                histogram, (int64_t)(g_test_rand_double() * g_test_rand_double() * (double)scale),
                (uint32_t)g_test_rand_int_range(1, i % 7 == 0 ? 100000 : 20));
        histogram_pack(histogram, bytes);
        guint length = bytes->len;
        g_byte_array_append(bytes, (const guint8 *)"rest", 4);
        uint8_t *exact = g_memdup2(bytes->data, length);
        const uint8_t *at = exact;
        struct histogram *unpacked = histogram_unpack(&at);
        g_assert_true(at == exact + length);
        histogram_pack(unpacked, again);
        g_assert_cmpmem(again->data, again->len, exact, length);
        g_assert_cmpuint(histogram_count(unpacked), ==, histogram_count(histogram));
        g_assert_cmpint(histogram_min(unpacked), ==, histogram_min(histogram));
        g_assert_cmpint(histogram_max(unpacked), ==, histogram_max(histogram));
        g_assert_cmpfloat(histogram_mean(unpacked), ==, histogram_mean(histogram));
        for (size_t i = 0; i < G_N_ELEMENTS(PERCENTS); i++)
            g_assert_cmpint(histogram_percentile(unpacked, PERCENTS[i]), ==,
                            histogram_percentile(histogram, PERCENTS[i]));
        histogram_free(unpacked);
        histogram_free(histogram);
        g_byte_array_unref(bytes);
        g_byte_array_unref(again);
        g_free(exact);
    }
}

static void
test_random(void)
{
    for (int round = 0; round < 50; round++) {
        size_t n = (size_t)g_test_rand_int_range(1, 3000);
        int64_t *values = g_new(int64_t, n);
        for (size_t i = 0; i < n; i++)
            values[i] = (int64_t)(g_test_rand_double_range(0, 1) *
                                  (double)(1ll << g_test_rand_int_range(1, 50)));
        expect_percentiles(values, n);
        g_free(values);
    }
}

/* Each value alone, over every power of two: it is its own percentile. */
static void
test_single(void)
{
    for (int bit = 0; bit < 63; bit++)
        for (int64_t off = -1; off <= 1; off++) {
            int64_t value = (1ll << bit) + off;
            expect_percentiles(&value, 1);
        }
    int64_t greatest = INT64_MAX;
    expect_percentiles(&greatest, 1);
}

static void
test_edges(void)
{
    struct histogram *histogram = histogram_new();

    g_assert_cmpint(histogram_percentile(histogram, 50), ==, 0);
    histogram_add(histogram, -5);
    g_assert_cmpint(histogram_min(histogram), ==, 0);
    g_assert_cmpint(histogram_max(histogram), ==, 0);
    histogram_add(histogram, 10);
    g_assert_cmpfloat(histogram_mean(histogram), ==, 5.0);
    histogram_free(histogram);
}

static void
expect_same(const struct histogram *one, const struct histogram *other)
{
    g_assert_cmpuint(histogram_count(one), ==, histogram_count(other));
    g_assert_cmpint(histogram_min(one), ==, histogram_min(other));
    g_assert_cmpint(histogram_max(one), ==, histogram_max(other));
    g_assert_cmpfloat(histogram_mean(one), ==, histogram_mean(other));
    for (size_t i = 0; i < G_N_ELEMENTS(PERCENTS); i++)
        g_assert_cmpint(histogram_percentile(one, PERCENTS[i]), ==,
                        histogram_percentile(other, PERCENTS[i]));
}

/* Any values, dealt out to any number of histograms, some of them empty. */
static void
test_merge(void)
{
    enum { PARTS = 5 };

    for (int round = 0; round < 200; round++) {
        struct histogram *whole = histogram_new(), *merged = histogram_new(), *part[PARTS];
        int used = g_test_rand_int_range(1, PARTS + 1), n = g_test_rand_int_range(0, 500);

        for (int i = 0; i < PARTS; i++)
            part[i] = histogram_new();
        for (int i = 0; i < n; i++) {
            int64_t value =
                (int64_t)(g_test_rand_double() * (double)(1ll << g_test_rand_int_range(1, 63)));
            histogram_add(whole, value);
            histogram_add(part[g_test_rand_int_range(0, used)], value);
        }
        for (int i = 0; i < PARTS; i++) {
            histogram_merge(merged, part[i]);
            histogram_free(part[i]);
        }
        expect_same(merged, whole);
        histogram_free(whole);
        histogram_free(merged);
    }
}

/* More than the sum can hold: it stays at its greatest, whatever the order. */
static void
test_overflow(void)
{
    struct histogram *whole = histogram_new(), *part = histogram_new();

    for (int i = 0; i < 3; i++)
        histogram_add(part, INT64_MAX);
    for (int i = 0; i < 6; i++)
        histogram_add(whole, INT64_MAX);
    histogram_merge(part, part);
    expect_same(part, whole);
    histogram_free(whole);
    histogram_free(part);
}

static void
test_many(void)
{
    struct histogram *one_by_one = histogram_new(), *at_once = histogram_new();

    for (int64_t ns = -1; ns < INT64_C(5000000000); ns = 3 * ns + 2) {
        for (int i = 0; i < 7; i++)
            histogram_add(one_by_one, ns);
        histogram_add_many(at_once, ns, 7);
        if (ns < 0)
            ns = 0;
    }
    expect_same(at_once, one_by_one);
    histogram_free(one_by_one);
    histogram_free(at_once);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/histogram/random", test_random);
    g_test_add_func("/histogram/packed", test_packed);
    g_test_add_func("/histogram/single", test_single);
    g_test_add_func("/histogram/edges", test_edges);
    g_test_add_func("/histogram/merge", test_merge);
    g_test_add_func("/histogram/overflow", test_overflow);
    g_test_add_func("/histogram/many", test_many);
    g_test_add_func("/histogram/few", test_few);
    return g_test_run();
}
