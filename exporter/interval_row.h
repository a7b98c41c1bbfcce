/* interval_row.h
 * Rows of intervals, and their packed form: a week of minutes of many servers is kept in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_ROW_H
#define INTERVAL_ROW_H

#include "interval.h"

/* What was counted in an interval, in few bytes. The key in tables is `start_ns`. */
struct packed_interval {
    int64_t start_ns;
    uint8_t bytes[];
};

struct interval *interval_new(int64_t start_ns);
void interval_free(void *row);

/* Frees the histograms only. */
void interval_clear(struct interval *row);

/* Adds what another row has counted. */
void interval_merge(struct interval *into, const struct interval *from);

/* Both return what the caller owns: the packed form is freed with g_free(). Only what is counted is
 * packed, not what intervals_each() adds. */
struct packed_interval *interval_pack(const struct interval *row);
struct interval *interval_unpack(const struct packed_interval *packed);

#endif
