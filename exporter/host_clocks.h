/* host_clocks.h
 * For continuity.c: clocks that hosts have in common for all their connections with each other.
 * They go on from file to file even if no connection does.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HOST_CLOCKS_H
#define HOST_CLOCKS_H

#include "stretches.h"
#include "tick_rate.h"

struct host_clocks;

/* Those that connections of a file show: two or more between the same hosts, all of which have the
 * same time. Many hosts begin each connection at another time: they have none. */
struct host_clocks *host_clocks_new(const GPtrArray *stretches);
void host_clocks_free(struct host_clocks *clocks);

/*
 * Whether the clock of the capture was put forward between two files by that time or more, in
 * nanoseconds, which is then in *bounds. Two hosts that have talked to each other in both files
 * have to show the same, and no clock may show otherwise.
 */
bool host_clocks_show_step(const struct host_clocks *clocks, size_t from, size_t to,
                           int64_t least_ns, struct tick_bounds *bounds);

#endif
