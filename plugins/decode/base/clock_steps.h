/* clock_steps.h
 * Where the clock of a capture was set: times before and after cannot be compared.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CLOCK_STEPS_H
#define OA_CLOCK_STEPS_H

#include "base/ground.h"

/* A clock that goes by less is not set: frames of several queues come out of order. */
#define OA_CLOCK_STEP_NS INT64_C(1000000000)

struct oa_clock_steps;

/* Both end the program if memory runs out, as GLib does. */
struct oa_clock_steps *oa_clock_steps_new(void);
void oa_clock_steps_free(struct oa_clock_steps *steps);

/* From that frame on, with that time, times are of another clock; the time before it was the
 * latest so far. In order of the frames. The number of steps that are kept is limited: then of the
 * last ones only the last. */
void oa_clock_steps_add(struct oa_clock_steps *steps, int64_t before_ns, struct oa_stamp first);

/* Whether times of the two frames are of different clocks. NULL has no steps. */
bool oa_clock_stepped(const struct oa_clock_steps *steps, struct oa_stamp from, struct oa_stamp to);

/* When there was something last: then, or now, though bytes that were held back come late. What is
 * behind a step of the clock is the last in any case. */
struct oa_stamp oa_clock_steps_last(const struct oa_clock_steps *steps, struct oa_stamp then,
                                    struct oa_stamp now);

/* Whether a clock was set at a time in [from, to), by what it showed before or after. */
bool oa_clock_stepped_within(const struct oa_clock_steps *steps, int64_t from_ns, int64_t to_ns);

#endif
