/* busy_seconds.h
 * Calls by the second, for captures that are too short for the busiest interval to say anything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef BUSY_SECONDS_H
#define BUSY_SECONDS_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds with calls that are told apart: with more, nothing is known. */
#define BUSY_SECONDS_MAX 4096

struct coverage;
struct busy_seconds;

struct busy_seconds *busy_seconds_new(void);
void busy_seconds_free(struct busy_seconds *seconds);

/* Counts a call at that time, in nanoseconds since the epoch. */
void busy_seconds_add(struct busy_seconds *seconds, int64_t time_ns);

/* The greatest rate of a second of UTC, divided by what is covered of it, which has to be at least
 * half; the first one of equals. False if there is none. `coverage` is settled. */
bool busy_seconds_greatest(const struct busy_seconds *seconds, const struct coverage *coverage,
                           int64_t *start_ns, double *calls_per_s);

#endif
