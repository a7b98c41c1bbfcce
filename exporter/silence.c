/* silence.c
 * How time goes on in a capture that is followed, while nothing comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "silence.h"

#include <glib.h>

/* Of what frames were late at most, what is left with each that was less. */
#define FORGET_PART 16

struct silence
silence_begin(int64_t window_ns)
{
    return (struct silence){ .hold_ns = window_ns + SILENCE_HOLD_NS,
                             .latest_ns = SILENCE_NO_TIME,
                             .late_ns = SILENCE_NO_TIME,
                             .told_ns = SILENCE_NO_TIME };
}

/* Times are from files, and may be any. */
static int64_t
difference(int64_t a_ns, int64_t b_ns)
{
    int64_t difference_ns;

    if (!__builtin_sub_overflow(a_ns, b_ns, &difference_ns))
        return MAX(difference_ns, SILENCE_NO_TIME + 1);
    return a_ns < b_ns ? SILENCE_NO_TIME + 1 : INT64_MAX;
}

/* One that was late once, as after a pause of a disk, counts less and less. */
static void
note_late(struct silence *silence, int64_t late_ns)
{
    int64_t before_ns = silence->late_ns;

    if (before_ns == SILENCE_NO_TIME || late_ns >= before_ns)
        silence->late_ns = late_ns;
    else
        silence->late_ns = before_ns - difference(before_ns, late_ns) / FORGET_PART;
}

void
silence_take(struct silence *silence, int64_t time_ns, int64_t latest_ns, int64_t now_ns)
{
    silence->latest_ns = latest_ns;
    silence->told_ns = MIN(silence->told_ns, time_ns);
    if (now_ns != SILENCE_NO_TIME)
        note_late(silence, difference(now_ns, time_ns));
}

bool
silence_passes(struct silence *silence, int64_t now_ns, int64_t silent_ns, bool has_waiting)
{
    int64_t late_ns = difference(now_ns - silent_ns, silence->latest_ns);

    if (silence->latest_ns == SILENCE_NO_TIME || late_ns < -SILENCE_LIVE_NS)
        return false;
    late_ns = MAX(late_ns, silence->late_ns);
    if (late_ns > SILENCE_LIVE_NS)
        return false;
    int64_t time_ns = now_ns - late_ns - silence->hold_ns;
    bool is_first = silence->told_ns < silence->latest_ns;
    if (time_ns <= silence->latest_ns ||
        (!has_waiting && !is_first && time_ns - silence->told_ns < SILENCE_STEP_NS))
        return false;
    silence->told_ns = MAX(silence->told_ns, time_ns);
    return true;
}
