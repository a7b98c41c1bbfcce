/* tick_rate.c
 * The clock that a host shows by the timestamps option of TCP.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tick_rate.h"

#include <glib.h>
#include <math.h>

#define NS_PER_S 1e9
#define NS_PER_MS 1e6

/* How long a tick takes, [RFC 7323] section 5.4: what the kernels in use make of that. */
static const double PERIODS_MS[] = { 1, 4, 10, 100, 500, 1000 };

/* Between two sightings that show the rate of a clock, at least; and by what share of the time they
 * may differ from it. */
#define TICKS_NEEDED 10
#define RATE_SHARE 0.1

/* The drift as long as little was seen of a clock, and at least: that of the capture is slewed. */
#define DRIFT_UNKNOWN 0.2
#define DRIFT_LEAST 0.001

/* No connection is silent for longer: so long a time did not pass, however often the clock of a
 * host may have turned meanwhile. */
#define SILENCE_MAX_NS (365.0 * 86400 * NS_PER_S)

struct tick_rate
tick_rate_new(void)
{
    return (struct tick_rate){ .drift = DRIFT_UNKNOWN };
}

double
tick_time(int64_t from_ns, int64_t to_ns)
{
    return to_ns >= from_ns ? (double)((uint64_t)to_ns - (uint64_t)from_ns)
                            : -(double)((uint64_t)from_ns - (uint64_t)to_ns);
}

static double
time_between(const struct tick_sighting *from, const struct tick_sighting *to)
{
    return tick_time(from->time_ns, to->time_ns);
}

static double
ticks_between(const struct tick_sighting *from, const struct tick_sighting *to)
{
    return (double)(uint32_t)(to->ticks - from->ticks);
}

/* 0: as with no clock that is known. */
static double
period_of(double time_ns, double ticks)
{
    for (size_t i = 0; i < G_N_ELEMENTS(PERIODS_MS); i++) {
        double period_ns = PERIODS_MS[i] * NS_PER_MS;
        if (fabs(time_ns - ticks * period_ns) <= RATE_SHARE * time_ns + period_ns)
            return period_ns;
    }
    return 0;
}

void
tick_rate_learn(struct tick_rate *rate, const struct tick_sighting *from,
                const struct tick_sighting *to)
{
    double ticks = ticks_between(from, to);

    if (ticks < TICKS_NEEDED)
        return;
    double period_ns = period_of(time_between(from, to), ticks);
    if (rate->period_ns == 0)
        rate->period_ns = period_ns;
    if (period_ns > 0 && period_ns == rate->period_ns)
        rate->agreed++;
    else
        rate->opposed++;
}

bool
tick_rate_is_known(const struct tick_rate *rate)
{
    return rate->agreed > rate->opposed;
}

void
tick_rate_learn_drift(struct tick_rate *rate, const struct tick_sighting *from,
                      const struct tick_sighting *to, double slack_ns)
{
    double time_ns = time_between(from, to);

    if (tick_rate_is_known(rate) && time_ns > 0 &&
        fabs(tick_rate_excess(rate, from, to)) <= slack_ns)
        rate->drift = CLAMP(2 * slack_ns / time_ns, DRIFT_LEAST, rate->drift);
}

double
tick_rate_excess(const struct tick_rate *rate, const struct tick_sighting *from,
                 const struct tick_sighting *to)
{
    return time_between(from, to) - ticks_between(from, to) * rate->period_ns;
}

bool
tick_rate_bounds(const struct tick_rate *rate, const struct tick_sighting *from,
                 const struct tick_sighting *to, struct tick_bounds *bounds)
{
    double time_ns = time_between(from, to), ticks = ticks_between(from, to);
    double half_turn_ns = (double)(UINT32_C(1) << 31) * rate->period_ns;

    bounds->low = time_ns - (ticks + 1) * rate->period_ns * (1 + rate->drift);
    bounds->high = time_ns - MAX(ticks - 1, 0) * rate->period_ns * (1 - rate->drift);
    return time_ns < half_turn_ns || time_ns > SILENCE_MAX_NS;
}

bool
tick_bounds_unite(struct tick_bounds *bounds, const struct tick_bounds *other, double slack_ns)
{
    bounds->low = MAX(bounds->low, other->low);
    bounds->high = MIN(bounds->high, other->high);
    return bounds->low - bounds->high <= 2 * slack_ns;
}
