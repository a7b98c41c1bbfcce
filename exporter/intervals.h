/* intervals.h
 * What each server carried in each interval of time: the numbers of counters.csv and capacity.csv.
 *
 * A server is an address in a role. A session, its calls and its users count once: at the server of
 * the hop nearest to the client on which they were captured. Connections and their bytes count at
 * the server that accepted them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVALS_H
#define INTERVALS_H

#include "base/clock_steps.h"
#include "estimate_event.h"
#include "interval.h"

extern const struct intervals_settings INTERVALS_DEFAULT;

struct intervals;

struct intervals *intervals_new(const struct intervals_settings *settings);
void intervals_free(struct intervals *intervals);
const struct intervals_settings *intervals_settings(const struct intervals *intervals);

/* The services of a server are kept apart; to be called before anything is counted. */
void intervals_divide(struct intervals *intervals);

/* Rows in which a clock was set say so; `steps` must outlive `intervals`. */
void intervals_use_clock_steps(struct intervals *intervals, const struct oa_clock_steps *steps);

/* What happens, in capture order: a frame of a file, of any protocol; that its clock was put
 * forward before its next one, so that the time between is not covered; what came for a connection
 * with that stamp; an event; a connection that has ended. */
void intervals_take_frame(struct intervals *intervals, size_t file, int64_t time_ns);
void intervals_take_gap(struct intervals *intervals, size_t file);
void intervals_take_counted(struct intervals *intervals, struct connection *connection,
                            struct oa_stamp stamp);
void intervals_take_event(struct intervals *intervals, const struct oa_event *event);
void intervals_take_estimate(struct intervals *intervals, const struct estimate_event *event);
void intervals_take_connection(struct intervals *intervals, const struct connection_row *row);

/* Memory is short: sessions of users that are not known yet count as those without a name, until
 * something is forgotten. */
void intervals_fill(struct intervals *intervals);

/* The captures are taken to end where an interval does: a frame of that file is from then or later.
 */
void intervals_end_at(struct intervals *intervals, size_t file, int64_t end_ns);

/* Forgets what was before the start of an interval, which has been written: what lasts is kept from
 * then on, and what comes late for the time before is not counted. */
void intervals_forget(struct intervals *intervals, int64_t begin_ns);

#endif
