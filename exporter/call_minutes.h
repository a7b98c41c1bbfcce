/* call_minutes.h
 * The minutes in which someone made calls, as an array that is cheap to append to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CALL_MINUTES_H
#define CALL_MINUTES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct intervals;

/* Of struct call_minute; to be freed with g_array_unref(). */
GArray *call_minutes_new(void);

/* Counts a call at that time, in nanoseconds since the epoch; whether its ROPs could be read. */
void call_minutes_add(GArray *minutes, int64_t time_ns, bool has_rops);
void call_minutes_append(GArray *into, const GArray *from);

/* Puts them in order, each once. Required before what follows; then `len` is their number. */
void call_minutes_settle(GArray *minutes);

/* The most calls of a minute per covered second, of minutes that are covered by at least half;
 * NO_RATIO if there is none, or `intervals` is NULL. */
double call_minutes_peak(const GArray *minutes, struct intervals *intervals);

/* The number of local days with a call whose ROPs could be read. */
uint64_t call_minutes_rop_days(const GArray *minutes, int64_t utc_offset_ns);

#endif
