/* events_behind.h
 * What the decoder emits, taken in a thread of its own, behind the decoder and in the same order:
 * whoever takes it sees copies of the decoder's objects as they were then.
 *
 * Of what events point to there is: session and channel with their connection; a call, without its
 * ROPs; an exchange of authentication; a finding; of an exchange of MAPI over HTTP the status of
 * its response. Bytes and what was parsed of them are not there. What happens often does not bring
 * all members of session and channel up to date: a PDU and a head those that say where they count,
 * a call all of its session but what that has carried, and of its channel where it counts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EVENTS_BEHIND_H
#define EVENTS_BEHIND_H

#include "connection.h"
#include "task_queue.h"

/* Who takes it, in that thread. */
struct events_taker {
    void (*frame)(void *context, size_t file, int64_t time_ns);
    void (*gap)(void *context, size_t file);
    void (*clock_step)(void *context, int64_t before_ns, struct oa_stamp first);
    void (*counted)(void *context, struct connection *connection, struct oa_stamp stamp);
    oa_event_function event;
    void (*connection)(void *context, const struct connection_row *row);
};

struct events_behind;

/* `queue` and `taker` have to live as long. Of the segments of a connection in an interval, which
 * are aligned to UTC, `counted` is called with the last one only, and late: for who counts by
 * interval that is all. */
struct events_behind *events_behind_new(struct task_queue *queue, const struct events_taker *taker,
                                        void *context, int64_t interval_ns);

/* The functions of the taker with those arguments, later. */
void events_behind_frame(struct events_behind *behind, size_t file, int64_t time_ns);
void events_behind_gap(struct events_behind *behind, size_t file);
void events_behind_clock_step(struct events_behind *behind, int64_t before_ns,
                              struct oa_stamp first);
void events_behind_counted(struct events_behind *behind, struct connection *connection,
                           struct oa_stamp stamp);
void events_behind_event(struct events_behind *behind, const struct oa_event *event);
void events_behind_connection(struct events_behind *behind, const struct connection_row *row);

/* Waits for what was added; no event names an object that there is now: before the tracker is
 * freed. */
void events_behind_forget(struct events_behind *behind);

/* The queue is empty. May be NULL. */
void events_behind_free(struct events_behind *behind);

#endif
