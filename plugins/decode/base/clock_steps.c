/* clock_steps.c
 * Where the clock of a capture was set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/clock_steps.h"

#include <glib.h>

#define STEPS_MAX 65536

struct step {
    uint64_t frame; /* the first one of the new clock */
    int64_t before_ns, after_ns;
};

struct oa_clock_steps {
    GArray *steps; /* of struct step, by their frames */
};

struct oa_clock_steps *
oa_clock_steps_new(void)
{
    struct oa_clock_steps *steps = g_new0(struct oa_clock_steps, 1);

    steps->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
    return steps;
}

void
oa_clock_steps_free(struct oa_clock_steps *steps)
{
    if (!steps)
        return;
    g_array_unref(steps->steps);
    g_free(steps);
}

void
oa_clock_steps_add(struct oa_clock_steps *steps, int64_t before_ns, struct oa_stamp first)
{
    struct step step = { first.frame, before_ns, first.time_ns };

    if (steps->steps->len == STEPS_MAX)
        g_array_set_size(steps->steps, STEPS_MAX - 1);
    g_array_append_val(steps->steps, step);
}

bool
oa_clock_stepped(const struct oa_clock_steps *steps, struct oa_stamp from, struct oa_stamp to)
{
    if (!steps || steps->steps->len == 0) /* as in nearly all captures */
        return false;
    guint low = 0, high = steps->steps->len;
    uint64_t first = MIN(from.frame, to.frame), last = MAX(from.frame, to.frame);

    /* The first step behind the first frame. */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(steps->steps, struct step, middle).frame <= first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < steps->steps->len && g_array_index(steps->steps, struct step, low).frame <= last;
}

static bool
is_within(int64_t time_ns, int64_t from_ns, int64_t to_ns)
{
    return time_ns >= from_ns && time_ns < to_ns;
}

struct oa_stamp
oa_clock_steps_last(const struct oa_clock_steps *steps, struct oa_stamp then, struct oa_stamp now)
{
    return oa_clock_stepped(steps, then, now) ? now : oa_stamp_later(then, now);
}

bool
oa_clock_stepped_within(const struct oa_clock_steps *steps, int64_t from_ns, int64_t to_ns)
{
    for (guint i = 0; steps && i < steps->steps->len; i++) {
        const struct step *step = &g_array_index(steps->steps, struct step, i);
        if (is_within(step->before_ns, from_ns, to_ns) || is_within(step->after_ns, from_ns, to_ns))
            return true;
    }
    return false;
}
