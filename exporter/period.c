/* period.c
 * Days and weeks of local time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "period.h"

#define NS_PER_DAY INT64_C(86400000000000)

/* The epoch was a Thursday. */
#define DAYS_TO_MONDAY 3

/* What lies before the beginning of time begins there. */
static int64_t
earlier(int64_t time_ns, int64_t by_ns)
{
    int64_t earlier_ns;

    return __builtin_sub_overflow(time_ns, by_ns, &earlier_ns) ? INT64_MIN + 1 : earlier_ns;
}

static int64_t
rest_of(int64_t time_ns, int64_t offset_ns, int64_t length_ns)
{
    int64_t rest = (time_ns % length_ns + offset_ns) % length_ns;

    return rest < 0 ? rest + length_ns : rest;
}

int64_t
day_start(int64_t time_ns, int64_t utc_offset_ns)
{
    return earlier(time_ns, rest_of(time_ns, utc_offset_ns, NS_PER_DAY));
}

int64_t
period_start(const struct intervals_settings *settings, int64_t time_ns)
{
    int64_t offset_ns = settings->utc_offset_ns;

    switch (settings->period) {
    case PERIOD_DAY:
        return day_start(time_ns, offset_ns);
    case PERIOD_WEEK:
        return earlier(time_ns,
                       rest_of(time_ns, offset_ns + DAYS_TO_MONDAY * NS_PER_DAY, 7 * NS_PER_DAY));
    default:
        return INT64_MIN;
    }
}

int64_t
period_end(const struct intervals_settings *settings, int64_t start_ns)
{
    int64_t end_ns;

    if (settings->period == PERIOD_ALL ||
        __builtin_add_overflow(start_ns, (settings->period == PERIOD_DAY ? 1 : 7) * NS_PER_DAY,
                               &end_ns))
        return INT64_MAX;
    return end_ns;
}
