/* flow_ahead.h
 * A flow whose connection is read in another thread: the flow has facts of its own of the
 * connection, which are as old as the step that it takes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FLOW_AHEAD_H
#define FLOW_AHEAD_H

#include "flow.h"

/* Ends with FLOW_CLOSED, which frees it. */
struct flow_ahead;

/* A step on its way from one thread to the other, with the facts of the connection as they were. */
struct flow_ahead_step {
    struct flow_ahead *flow;
    struct flow_step step;
    bool is_counted; /* FLOW_COUNTED follows, with the same stamp and facts */
    _Alignas(struct connection) uint8_t moving[CONNECTION_MOVING];
    const struct connection *facts; /* NULL: the other facts are those of the step before */
};

/* By the thread that reads; `flows` belongs to the one that takes the steps. */
struct flow_ahead *flow_ahead_new(struct flows *flows);

/* By that thread, before each step: whether the step has to have all facts. */
bool flow_ahead_needs_facts(struct flow_ahead *flow, const struct connection *facts);

/* By the other thread, all steps in order. */
void flow_ahead_take(const struct flow_ahead_step *step);

#endif
