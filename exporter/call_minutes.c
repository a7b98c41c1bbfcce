/* call_minutes.c
 * The minutes in which someone made calls.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "call_minutes.h"

#include "column.h"
#include "interval_levels.h"
#include "period.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)

struct call_minute {
    int32_t minute; /* since the epoch; may occur repeatedly */
    uint32_t calls : 31;
    bool has_rops : 1;
};

GArray *
call_minutes_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct call_minute));
}

void
call_minutes_add(GArray *minutes, int64_t time_ns, bool has_rops)
{
    int64_t minute = time_ns / NS_PER_MINUTE - (time_ns % NS_PER_MINUTE < 0);
    struct call_minute one = { (int32_t)minute, 1, has_rops };
    struct call_minute *last =
        minutes->len ? &g_array_index(minutes, struct call_minute, minutes->len - 1) : NULL;

    if (!last || last->minute != one.minute || last->calls == INT32_MAX) {
        g_array_append_val(minutes, one);
        return;
    }
    last->calls++;
    last->has_rops |= has_rops;
}

void
call_minutes_append(GArray *into, const GArray *from)
{
    g_array_append_vals(into, from->data, from->len);
}

static int
compare_minutes(const void *a, const void *b)
{
    const struct call_minute *left = a, *right = b;

    return left->minute < right->minute ? -1 : left->minute > right->minute;
}

void
call_minutes_settle(GArray *minutes)
{
    guint n = 0;

    g_array_sort(minutes, compare_minutes);
    for (guint i = 0; i < minutes->len; i++) {
        const struct call_minute *one = &g_array_index(minutes, struct call_minute, i);
        struct call_minute *last =
            n > 0 ? &g_array_index(minutes, struct call_minute, n - 1) : NULL;
        if (last && last->minute == one->minute) {
            last->calls += one->calls;
            last->has_rops |= one->has_rops;
        } else {
            g_array_index(minutes, struct call_minute, n++) = *one;
        }
    }
    g_array_set_size(minutes, n);
}

double
call_minutes_peak(const GArray *minutes, struct intervals *intervals)
{
    double most = NO_RATIO;

    for (guint i = 0; intervals && i < minutes->len; i++) {
        const struct call_minute *one = &g_array_index(minutes, struct call_minute, i);
        int64_t start_ns = one->minute * NS_PER_MINUTE;
        int64_t covered_ns = intervals_covered(intervals, start_ns, start_ns + NS_PER_MINUTE);
        if (2 * covered_ns >= NS_PER_MINUTE)
            most = MAX(most, one->calls * (double)NS_PER_S / (double)covered_ns);
    }
    return most;
}

uint64_t
call_minutes_rop_days(const GArray *minutes, int64_t utc_offset_ns)
{
    int64_t day_ns = NO_TIME;
    uint64_t days = 0;

    for (guint i = 0; i < minutes->len; i++) {
        const struct call_minute *one = &g_array_index(minutes, struct call_minute, i);
        int64_t start_ns = day_start(one->minute * NS_PER_MINUTE, utc_offset_ns);
        if (!one->has_rops || start_ns == day_ns)
            continue;
        day_ns = start_ns;
        days++;
    }
    return days;
}
