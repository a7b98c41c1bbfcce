/* page_loads.h
 * What the page shows over time: counters.csv and histograms.csv, summed up to a number of points
 * that does not grow with the time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_LOADS_H
#define PAGE_LOADS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The points of time of all charts: each stands for the seconds from it to the next one. */
struct page_grid {
    int64_t start_s; /* of the first, since the epoch */
    int64_t step_s;
    size_t n;          /* 0: there are no counters */
    double *covered_s; /* `n`: how much of each the captures cover; freed by page_grid_clear() */
};

void page_grid_clear(struct page_grid *grid);

/* The position of a time; `n` if it is in none. */
size_t page_grid_at(const struct page_grid *grid, int64_t time_us);

/* Appends the members "grid" and "loads" and fills `grid`, whose days begin at that time of UTC.
 * All servers together are the first load; the busiest servers follow. Without counters.csv nothing
 * is appended. False with a message for one line in `*message` (g_free) if a file cannot be read.
 */
bool page_loads_put(GString *json, const char *directory, int64_t utc_offset_s,
                    struct page_grid *grid, char **message);

#endif
