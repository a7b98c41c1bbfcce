/* silence.h
 * How time goes on in a capture that is followed, while nothing comes.
 *
 * That is known only of a line that is captured now: its frames come soon after their times by the
 * clock of this host. Then those still to come are from later than a time that is a little behind
 * that clock. Captures of another time, as a file that is copied or replayed, and writers that keep
 * frames back for long, stand still while nothing comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SILENCE_H
#define SILENCE_H

#include <stdbool.h>
#include <stdint.h>

/* How far frames may be behind the clock, or before it, when they come. */
#define SILENCE_LIVE_NS INT64_C(60000000000)

/* With the window in which frames are put in order, what the time stays behind. */
#define SILENCE_HOLD_NS INT64_C(2000000000)

/* How far time goes on at once, so that who waits is not asked all the time. */
#define SILENCE_STEP_NS INT64_C(1000000000)

#define SILENCE_NO_TIME INT64_MIN

struct silence {
    int64_t hold_ns;
    int64_t latest_ns; /* of the frames so far; SILENCE_NO_TIME */
    int64_t late_ns;   /* how far they are behind the clock at most; SILENCE_NO_TIME: unknown */
    int64_t told_ns;   /* nothing is from before; SILENCE_NO_TIME */
};

struct silence silence_begin(int64_t window_ns);

/* A frame came, and `latest_ns` is the time of the latest one, or of the first since the clock was
 * set back. `now_ns`, if it was waited for, is when that was by the clock of this host;
 * SILENCE_NO_TIME: it was there. */
void silence_take(struct silence *silence, int64_t time_ns, int64_t latest_ns, int64_t now_ns);

/* Nothing more has come for so long. Whether time goes on, to `silence->told_ns`: behind all frames
 * if some wait to be put in order (`has_waiting`); else by steps. */
bool silence_passes(struct silence *silence, int64_t now_ns, int64_t silent_ns, bool has_waiting);

#endif
