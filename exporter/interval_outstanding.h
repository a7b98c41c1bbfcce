/* interval_outstanding.h
 * How many calls of a server were under way at once, summed up while the captures are read: only
 * the calls of the last minute are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_OUTSTANDING_H
#define INTERVAL_OUTSTANDING_H

#include <stdbool.h>
#include <stdint.h>

struct outstanding;

/* Called with each piece of time, in order, in which so many calls were under way, but not 0; it is
 * within the interval that begins at `start_ns`. */
typedef void (*outstanding_take)(void *context, int64_t start_ns, int64_t from_ns, int64_t to_ns,
                                 uint64_t calls);

struct outstanding *outstanding_new(int64_t interval_ns, outstanding_take take, void *context);
void outstanding_free(struct outstanding *outstanding);

/* The same calls, for another context. */
struct outstanding *outstanding_copy(const struct outstanding *outstanding, void *context);

/* A call that is over at `now_ns`, the time of the capture, was under way between the two times.
 * False, and nothing is done, if the time of its beginning has been summed up already. */
bool outstanding_add(struct outstanding *outstanding, int64_t from_ns, int64_t to_ns,
                     int64_t now_ns);

/* Sums up the rest. No call may be added after that. */
void outstanding_finish(struct outstanding *outstanding);

#endif
