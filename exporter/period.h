/* period.h
 * Days and weeks of local time: --period and --utc-offset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PERIOD_H
#define PERIOD_H

#include "interval.h"

/* The first instant of the local day that contains the time. */
int64_t day_start(int64_t time_ns, int64_t utc_offset_ns);

/* The first instant of the period that contains the time; weeks begin on Monday. INT64_MIN for
 * PERIOD_ALL. */
int64_t period_start(const struct intervals_settings *settings, int64_t time_ns);

/* The first instant after the period that begins then. INT64_MAX for PERIOD_ALL. */
int64_t period_end(const struct intervals_settings *settings, int64_t start_ns);

#endif
