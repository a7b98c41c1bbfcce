/* page_calls.h
 * What the page shows of calls.csv: calls by service over time, the share of both hops in their
 * latency, and what users did in each hour.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_CALLS_H
#define PAGE_CALLS_H

#include "page_loads.h"

struct page_calls;

/* Reads calls.csv. NULL if it is missing, or with a message for one line in `*message` (g_free) if
 * it cannot be read. `grid` is kept. */
struct page_calls *page_calls_read(const char *directory, const struct page_grid *grid,
                                   int64_t utc_offset_s, char **message);
void page_calls_free(struct page_calls *calls);

/* Appends the members "services", "hop_shares" and "user_hours", as far as there are any. */
void page_calls_put(GString *json, const struct page_calls *calls);

/* The milliseconds that answered calls of the user took, and how many they were, without those that
 * wait for notifications; false if there are none. The name is in lower case. */
bool page_calls_of_user(const struct page_calls *calls, const char *user, double *time_ms,
                        double *answered);

/* Whether an operation of that name waits for something to report. */
bool page_calls_waits(const char *operation);

#endif
