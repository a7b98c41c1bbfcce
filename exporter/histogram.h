/* histogram.h
 * Distribution of durations in bounded memory: exact count, sum, minimum and maximum; percentiles
 * within 0.4 percent. Mergeable.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <glib.h>
#include <stdint.h>

struct histogram;

struct histogram *histogram_new(void);
void histogram_free(struct histogram *histogram);

/* Adds a duration in nanoseconds; negative ones count as 0. */
void histogram_add(struct histogram *histogram, int64_t ns);

/* The same, `count` times; more than 0. */
void histogram_add_many(struct histogram *histogram, int64_t ns, uint32_t count);

/* Adds all durations in `from`: the result is the same as if they had been added one by one. */
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);
int64_t histogram_min(const struct histogram *histogram);
int64_t histogram_max(const struct histogram *histogram);
double histogram_mean(const struct histogram *histogram);

/* The smallest value that at least `percent` of all values do not exceed (nearest rank), rounded to
 * the middle of its bucket; 0 if there are none. */
int64_t histogram_percentile(const struct histogram *histogram, double percent);

/* Calls the function with each bucket that is not empty: its values are at least `low_ns` and less
 * than `high_ns`. */
void histogram_each(const struct histogram *histogram,
                    void (*take)(void *context, int64_t low_ns, int64_t high_ns, uint64_t count),
                    void *context);

/* Appends the histogram in few bytes: less than two for each bucket of a few values. */
void histogram_pack(const struct histogram *histogram, GByteArray *to);

/* The histogram again, from what histogram_pack() wrote; `*at` moves on to what follows. */
struct histogram *histogram_unpack(const uint8_t **at);

/* How many values are greater, as far as the buckets can tell them apart. */
uint64_t histogram_above(const struct histogram *histogram, int64_t ns);

#endif
