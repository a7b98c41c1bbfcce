/* object_copies.h
 * Copies of the decoder's objects for another thread: it looks at these while the decoder changes
 * its own.
 *
 * A copy is brought up to date by a task, which has what has changed since the last time. What it
 * refers to (texts, names of users) does not change: when there is something else in its place, it
 * is freed behind the tasks that may look at it. The copies of sessions and channels have all
 * members but those that no report has a use for, which are 0: of a session what events.h has last,
 * its channels, sequences and counts of findings; and the exchange of a channel. The host of a
 * session, and what is counted of a connection, are the other thread's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OBJECT_COPIES_H
#define OBJECT_COPIES_H

#include "connection.h"
#include "task_queue.h"

struct object_copies;

/* `queue` has to live as long. Until they are freed, `host` of sessions and `counted` of
 * connections refer to the copies. */
struct object_copies *object_copies_new(struct task_queue *queue);

/* Forgets all objects: before the tracker is freed, and what it has handed out with it. */
void object_copies_forget(struct object_copies *copies);

/* Behind object_copies_forget(), when the queue is empty. May be NULL. */
void object_copies_free(struct object_copies *copies);

/* Bring the copy up to date, and return it; it may be looked at by tasks only. NULL has none. */
struct oa_virtual_connection *copy_of_session(struct object_copies *copies,
                                              struct oa_virtual_connection *vc);
struct oa_channel *copy_of_channel(struct object_copies *copies, struct oa_channel *channel);
struct connection *copy_of_connection(struct object_copies *copies, struct connection *tcp);

/* The same but for what the session has carried, which may be older; new, if there is no copy. */
struct oa_virtual_connection *copy_of_called_session(struct object_copies *copies,
                                                     struct oa_virtual_connection *vc);

/* The copy as it is; made if there is none. */
struct connection *copy_of_counted(struct object_copies *copies, struct connection *tcp);

/* What was counted of a connection that has a copy, and is to be told later; the caller's own. */
struct counted_facts {
    bool is_there, is_swapped;
    int64_t interval;
    struct oa_stamp stamp;
    _Alignas(struct connection) uint8_t moving[CONNECTION_MOVING];
};

struct counted_facts *counted_facts_of(const struct connection *tcp);

/* The copies as they are, if that is enough to say where they count: server, service and hop,
 * number and transport; else NULL. Of the channel's session the first one, which is passed to the
 * second; NULL has none. */
struct oa_virtual_connection *copy_of_placed_session(const struct oa_virtual_connection *vc);
struct oa_channel *copy_of_placed_channel(const struct oa_channel *channel,
                                          const struct oa_virtual_connection *vc);

/* No task that comes looks at the copy any more. */
void object_copies_end_session(struct object_copies *copies, struct oa_virtual_connection *vc);
void object_copies_end_connection(struct object_copies *copies, struct connection *tcp);

/* The same for a channel and its connection, but only what comes after the next
 * object_copies_sweep() does not: the last events of a session come behind its last channel. */
void object_copies_end_channel(struct object_copies *copies, struct oa_channel *channel);
void object_copies_sweep(struct object_copies *copies);

#endif
