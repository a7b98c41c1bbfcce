/* tick_rate.h
 * The clock that a host shows by the timestamps option of TCP: how fast it goes, and by how much
 * the clock of the capture went ahead of it.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TICK_RATE_H
#define TICK_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* What the clock showed at a time of the capture. */
struct tick_sighting {
    int64_t time_ns;
    uint32_t ticks;
};

struct tick_rate {
    double period_ns;         /* of a tick; 0: unknown */
    unsigned agreed, opposed; /* times that it has shown that rate, and another one */
    double drift;             /* by what share it may go faster or slower */
};

/* A clock of which nothing is known. */
struct tick_rate tick_rate_new(void);

/* From one time to another, in nanoseconds, negative if that is earlier. */
double tick_time(int64_t from_ns, int64_t to_ns);

/* What the time between two sightings shows of the rate, the first one before the second one by
 * their ticks. Nothing if they are too few. */
void tick_rate_learn(struct tick_rate *rate, const struct tick_sighting *from,
                     const struct tick_sighting *to);

/* Whether it has shown one of the usual rates more often than others. */
bool tick_rate_is_known(const struct tick_rate *rate);

/* What the time between two sightings shows of how exactly the clock keeps its rate, if that agrees
 * with it but for the time by which frames may be late. */
void tick_rate_learn_drift(struct tick_rate *rate, const struct tick_sighting *from,
                           const struct tick_sighting *to, double slack_ns);

/* How much longer the time between two sightings is than the clock shows if it keeps its rate, in
 * nanoseconds. */
double tick_rate_excess(const struct tick_rate *rate, const struct tick_sighting *from,
                        const struct tick_sighting *to);

/* The same, between bounds. */
struct tick_bounds {
    double low, high;
};

/* False: they are not known, for the clock may have turned meanwhile. */
bool tick_rate_bounds(const struct tick_rate *rate, const struct tick_sighting *from,
                      const struct tick_sighting *to, struct tick_bounds *bounds);

/* Both, as far as they agree, for frames may be late. False: they do not. */
bool tick_bounds_unite(struct tick_bounds *bounds, const struct tick_bounds *other,
                       double slack_ns);

#endif
