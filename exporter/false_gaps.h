/* false_gaps.h
 * Where the clock of a capture was put forward: a pause in which nothing was captured, and which
 * the hosts did not have. Many send the time of a clock of their own, by the timestamps option of
 * TCP; a host that was silent, or asleep, shows by its clock, or its peer's, that time passed.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FALSE_GAPS_H
#define FALSE_GAPS_H

#include <glib.h>

#include "packet.h"

/* Clocks that are put forward by less are not noticed. */
#define FALSE_GAP_NS (INT64_C(1) * 1000000000)

struct false_gap {
    uint64_t record;   /* the first one of the new clock */
    int64_t gap_ns;    /* from the time before it to its own */
    int64_t size_ns;   /* of these, by how much the clock was put forward, */
    int64_t within_ns; /* as far as the clocks of the hosts show: so much more or less */
};

struct false_gaps;

/* For one file, whose frames may be so much late without the clock having been set; steps up to
 * that, and to a second, are not looked for. Keeps at most about two megabytes: of more
 * connections, those that were silent longest are forgotten, of more pauses, the oldest. */
struct false_gaps *false_gaps_new(int64_t window_ns);
void false_gaps_free(struct false_gaps *gaps);

/* Takes each frame of the file, in its order: the number of its record, and its time. */
void false_gaps_take_frame(struct false_gaps *gaps, uint64_t record, int64_t time_ns);

/* Takes the segment in the frame taken last. */
void false_gaps_take_segment(struct false_gaps *gaps, unsigned interface,
                             const struct segment *segment);

/*
 * The file was read to its end. Returns its false gaps, struct false_gap in the order of the
 * records, to be freed with g_array_unref().
 *
 * A gap is false if both ends of a connection say so, by clocks that have gone at one of the usual
 * rates elsewhere in the file: both went on by less than the gap, by the same. Nothing may speak
 * against it, neither another clock, nor what the two show later: frames may wait where they are
 * captured, and have too late times.
 */
GArray *false_gaps_end(struct false_gaps *gaps);

#endif
