/* flow.h
 * From what one connection carries to the decoder, for every kind of source: a connection that
 * carries RPC or MAPI over HTTP becomes a channel, inside TLS as well; TLS that is not opened is
 * inspected for what is visible without keys.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FLOW_H
#define FLOW_H

#include "flow_step.h"
#include "tls/shape.h"

typedef void (*connection_function)(void *context, const struct connection_row *row);

/* What all flows of a run share. */
struct flows {
    /* The facts of the connection contain what came with that stamp; or NULL. */
    void (*counted)(void *context, struct connection *connection, struct oa_stamp stamp);
    /* As in connection_end.h; or NULL. */
    void (*undecided)(void *context, const uint8_t server[16], const struct connection_row *row,
                      uint64_t connections);
    struct continuity *continuity; /* of the files; NULL: not looked at. The owner's */
    struct oa_shapes *shapes;      /* of connections inside TLS; NULL: not looked at. The owner's */
    struct oa_tracker *tracker;
    struct connections_given_up given_up;
    uint64_t n_connections;       /* opened so far, which is the number of the next one */
    uint64_t n_channels;          /* of these, how many became a channel */
    connection_function on_ended; /* or NULL */
    void *context;                /* of these functions */
};

/* Begins a run. `on_ended` is called with each connection that has ended, before its channel closes
 * and before what its end shows is reported. One inside TLS waits for that, see connection_end.h.
 * `flows` must outlast the tracker. */
void flows_begin(struct flows *flows, struct oa_tracker *tracker, connection_function on_ended,
                 void *context);

/* A listener's `exchange` for these shapes. */
void flow_take_exchange(void *flow, const struct oa_estimated_call *exchange);

struct flow;

/* Opens the flow of a connection, and sets the connection's number. The caller has set the
 * endpoints, keeps ownership of `connection`, and must not move it before FLOW_CLOSED. If the data
 * show that the sides are the wrong way round, the flow swaps them, see connection_swap(), before
 * it emits any event. */
struct flow *flow_open(struct flows *flows, struct connection *connection);

/* The next step of what becomes of it: a flow_step_function. FLOW_CLOSED ends the flow, and frees
 * it; the facts of the connection are complete by then. */
void flow_take(void *flow, const struct flow_step *step);

/* The number of bytes at the end of what that side sent that cannot be decoded yet: the incomplete
 * start of a head or a PDU. */
size_t flow_waiting(const struct flow *flow, enum oa_side side);

/* Whether that side cannot send a request: the connection is the IN or OUT channel of a virtual
 * connection, so that the request was sent and its body or response has not ended. */
bool flow_is_busy(const struct flow *flow, enum oa_side side);

#endif
