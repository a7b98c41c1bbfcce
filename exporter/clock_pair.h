/* clock_pair.h
 * For clocks.c: two interfaces that captured the same PDUs, and how far their clocks differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CLOCK_PAIR_H
#define CLOCK_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ground.h"

/* Differences kept of each direction. */
#define CLOCK_SAMPLES_MAX 512

/* Times of one direction on the later interface of a pair, less those in the earlier one. */
struct clock_samples {
    int64_t values[CLOCK_SAMPLES_MAX];
    size_t n;
    uint64_t seen, stride; /* every stride-th one is kept; 0: every one */
    bool are_unique;       /* of PDUs that no other session has: the others do not count then */
};

struct clock_pair {
    size_t interface[2]; /* the earlier one on the command line, or in its file, first */
    struct clock_samples samples[2]; /* by enum oa_side, the sender */
    uint64_t unique;                 /* PDUs in common that no other session has */
    uint64_t by_cookies; /* of them, with two cookies: each shows as much as two others */
    uint64_t moves[2];   /* of connections, to which of the two */
};

struct clock_difference {
    const struct clock_pair *pair;
    int64_t ahead_ns, within_ns;
    bool is_by_moves; /* no PDUs show it */
};

/* The same PDU was on both; for `value` see struct clock_samples, `is_unique`: no other session has
 * it. */
void clock_pair_add(struct clock_pair *pair, enum oa_side sender, int64_t value, bool is_unique);

/*
 * How far the clock of the pair's second interface is ahead, in the middle of the interval. If it
 * is nearer to the server, requests come later by their transit than the difference, responses
 * earlier; otherwise it is the other way round. One direction alone shows only differences that are
 * too large for a transit, as those of the shortest ones. Files that were cut from one capture have
 * one clock. False: they do not show it.
 */
bool clock_pair_estimate(struct clock_pair *pair, bool is_one_capture,
                         struct clock_difference *difference);

#endif
