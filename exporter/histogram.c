/* histogram.c
 * Distribution of durations in bounded memory: each power of two that occurs is divided into 128
 * equal buckets. Most histograms are of one user or one interval, and few of their buckets are in
 * use: these are in a list.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "histogram.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "varint.h"

#define SUB_BITS 7
#define SUB_BUCKETS (1u << SUB_BITS)
#define OCTAVES (64 - SUB_BITS + 1)

/* Buckets in a list. */
#define FEW_MAX 32

struct bucket {
    uint32_t number, count;
};

struct histogram {
    uint64_t count;
    uint64_t sum; /* UINT64_MAX: that or more */
    int64_t min, max;
    struct bucket *few; /* in order of their numbers, while there are no octaves */
    unsigned n_few;
    uint32_t **octave; /* OCTAVES, of SUB_BUCKETS each; NULL while all are 0 */
};

struct histogram *
histogram_new(void)
{
    return g_new0(struct histogram, 1);
}

void
histogram_free(struct histogram *histogram)
{
    if (!histogram)
        return;
    for (unsigned i = 0; histogram->octave && i < OCTAVES; i++)
        g_free(histogram->octave[i]);
    g_free(histogram->octave);
    g_free(histogram->few);
    g_free(histogram);
}

/* Values below SUB_BUCKETS have a bucket each; of others, the highest SUB_BITS + 1 bits select it.
 */
static unsigned
bucket_of(uint64_t value)
{
    unsigned shift = 0;

    if (value >= SUB_BUCKETS)
        shift = (unsigned)(63 - SUB_BITS - __builtin_clzll(value)) + 1;
    return value < SUB_BUCKETS
               ? (unsigned)value
               : (shift << SUB_BITS) + (unsigned)(value >> (shift - 1)) - SUB_BUCKETS;
}

/* The first value of the bucket, and how many follow on it. */
static int64_t
low_of(unsigned bucket, uint64_t *width)
{
    unsigned shift = bucket >> SUB_BITS;

    *width = shift == 0 ? 1 : 1ull << (shift - 1);
    if (shift == 0)
        return bucket;
    return (int64_t)(((uint64_t)(bucket & (SUB_BUCKETS - 1)) + SUB_BUCKETS) << (shift - 1));
}

static int64_t
middle_of(unsigned bucket)
{
    uint64_t width;
    int64_t low = low_of(bucket, &width);

    return low + (int64_t)(width / 2);
}

/* In the buckets of one power of two, created when it first occurs. */
static void
add_to_octave(struct histogram *histogram, unsigned bucket, uint32_t count)
{
    uint32_t **octave = &histogram->octave[bucket >> SUB_BITS];

    if (!*octave)
        *octave = g_new0(uint32_t, SUB_BUCKETS);
    (*octave)[bucket & (SUB_BUCKETS - 1)] += count;
}

static void
begin_octaves(struct histogram *histogram)
{
    histogram->octave = g_new0(uint32_t *, OCTAVES);
    for (unsigned i = 0; i < histogram->n_few; i++)
        add_to_octave(histogram, histogram->few[i].number, histogram->few[i].count);
    g_clear_pointer(&histogram->few, g_free);
    histogram->n_few = 0;
}

/* False: there is no room for one more in the list. */
static bool
add_to_few(struct histogram *histogram, unsigned bucket, uint32_t count)
{
    unsigned n = histogram->n_few, at = n;

    while (at > 0 && histogram->few[at - 1].number >= bucket)
        at--;
    if (at < n && histogram->few[at].number == bucket) {
        histogram->few[at].count += count;
        return true;
    }
    if (n == FEW_MAX)
        return false;
    if ((n & (n - 1)) == 0) /* a power of two: it is full */
        histogram->few = g_renew(struct bucket, histogram->few, MAX(2 * n, 1));
    memmove(&histogram->few[at + 1], &histogram->few[at], (n - at) * sizeof *histogram->few);
    histogram->few[at] = (struct bucket){ bucket, count };
    histogram->n_few++;
    return true;
}

static void
add_to_bucket(struct histogram *histogram, unsigned bucket, uint32_t count)
{
    if (!histogram->octave && add_to_few(histogram, bucket, count))
        return;
    if (!histogram->octave)
        begin_octaves(histogram);
    add_to_octave(histogram, bucket, count);
}

/* The next bucket that is not 0, in order of numbers; false: there is none. `*at` is 0 at first. */
static bool
next_bucket(const struct histogram *histogram, unsigned *at, struct bucket *bucket)
{
    while (!histogram->octave && *at < histogram->n_few) {
        *bucket = histogram->few[(*at)++];
        if (bucket->count)
            return true;
    }
    for (; histogram->octave && *at < OCTAVES << SUB_BITS; ++*at) {
        const uint32_t *octave = histogram->octave[*at >> SUB_BITS];
        if (!octave) {
            *at |= SUB_BUCKETS - 1;
        } else if (octave[*at & (SUB_BUCKETS - 1)]) {
            *bucket = (struct bucket){ *at, octave[*at & (SUB_BUCKETS - 1)] };
            ++*at;
            return true;
        }
    }
    return false;
}

static uint64_t
add_up(uint64_t left, uint64_t right)
{
    uint64_t sum;

    return __builtin_add_overflow(left, right, &sum) ? UINT64_MAX : sum;
}

void
histogram_add(struct histogram *histogram, int64_t ns)
{
    histogram_add_many(histogram, ns, 1);
}

void
histogram_add_many(struct histogram *histogram, int64_t ns, uint32_t count)
{
    int64_t value = MAX(ns, 0);
    uint64_t sum;

    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    histogram->max = MAX(value, histogram->max);
    histogram->count += count;
    if (__builtin_mul_overflow((uint64_t)value, count, &sum))
        sum = UINT64_MAX;
    histogram->sum = add_up(histogram->sum, sum);
    add_to_bucket(histogram, bucket_of((uint64_t)value), count);
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
    struct bucket bucket;
    unsigned at = 0;

    if (from->count == 0)
        return;
    into->min = into->count ? MIN(into->min, from->min) : from->min;
    into->max = MAX(into->max, from->max);
    into->count += from->count;
    into->sum = add_up(into->sum, from->sum);
    while (next_bucket(from, &at, &bucket))
        add_to_bucket(into, bucket.number, bucket.count);
}

uint64_t
histogram_count(const struct histogram *histogram)
{
    return histogram->count;
}

int64_t
histogram_min(const struct histogram *histogram)
{
    return histogram->min;
}

int64_t
histogram_max(const struct histogram *histogram)
{
    return histogram->max;
}

double
histogram_mean(const struct histogram *histogram)
{
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}

int64_t
histogram_percentile(const struct histogram *histogram, double percent)
{
    double exact = percent / 100 * (double)histogram->count;
    uint64_t rank = (uint64_t)exact;
    uint64_t seen = 0;
    struct bucket bucket;
    unsigned at = 0;

    if (histogram->count == 0)
        return 0;
    if ((double)rank < exact || rank == 0)
        rank++;
    while (next_bucket(histogram, &at, &bucket)) {
        seen += bucket.count;
        if (seen >= rank)
            return CLAMP(middle_of(bucket.number), histogram->min, histogram->max);
    }
    return histogram->max;
}

uint64_t
histogram_above(const struct histogram *histogram, int64_t ns)
{
    unsigned limit = bucket_of((uint64_t)MAX(ns, 0)), at = 0;
    uint64_t above = 0;
    struct bucket bucket;

    while (next_bucket(histogram, &at, &bucket))
        above += bucket.number > limit ? bucket.count : 0;
    return above;
}

void
histogram_each(const struct histogram *histogram,
               void (*take)(void *context, int64_t low_ns, int64_t high_ns, uint64_t count),
               void *context)
{
    struct bucket bucket;
    unsigned at = 0;

    while (next_bucket(histogram, &at, &bucket)) {
        uint64_t width;
        int64_t low = low_of(bucket.number, &width), high;

        if (__builtin_add_overflow(low, (int64_t)width, &high))
            high = INT64_MAX;
        take(context, low, high, bucket.count);
    }
}

/* Steps between buckets and their counts share a byte while both are small. */
#define SHARED_BITS 4
#define SHARED_MAX ((1u << SHARED_BITS) - 1)

void
histogram_pack(const struct histogram *histogram, GByteArray *to)
{
    unsigned before = 0, at = 0;
    struct bucket bucket;

    varint_put(to, histogram->count);
    varint_put(to, histogram->sum);
    varint_put(to, (uint64_t)histogram->min);
    varint_put(to, (uint64_t)histogram->max);
    while (next_bucket(histogram, &at, &bucket)) {
        unsigned step = bucket.number - before + 1;
        uint32_t count = bucket.count;

        before = bucket.number;
        uint8_t byte = (uint8_t)(MIN(step, SHARED_MAX) << SHARED_BITS | MIN(count, SHARED_MAX));
        g_byte_array_append(to, &byte, 1);
        if (step >= SHARED_MAX)
            varint_put(to, step - SHARED_MAX);
        if (count >= SHARED_MAX)
            varint_put(to, count - SHARED_MAX);
    }
    g_byte_array_append(to, (const guint8 *)"", 1);
}

struct histogram *
histogram_unpack(const uint8_t **at)
{
    struct histogram *histogram = histogram_new();
    unsigned bucket = 0, shared;

    histogram->count = varint_take(at);
    histogram->sum = varint_take(at);
    histogram->min = (int64_t)varint_take(at);
    histogram->max = (int64_t)varint_take(at);
    while ((shared = *(*at)++) != 0) {
        uint64_t step = shared >> SHARED_BITS, count = shared & SHARED_MAX;
        step += step == SHARED_MAX ? varint_take(at) : 0;
        count += count == SHARED_MAX ? varint_take(at) : 0;
        bucket += (unsigned)step - 1;
        add_to_bucket(histogram, bucket, (uint32_t)count);
    }
    return histogram;
}
