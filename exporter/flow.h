/* flow.h
 * The bytes of one connection on their way to the decoder: a TLS connection is watched for its
 * facts, one that carries RPC or MAPI over HTTP becomes a channel. The same for every source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FLOW_H
#define FLOW_H

#include "connection.h"

/* What all flows of a run share. */
struct flows {
    struct oa_tracker *tracker;
    void (*ended)(void *context, const struct connection_row *row); /* before the channel closes */
    void *context;                                                  /* of `ended` */
    uint64_t n_connections; /* opened so far; gives each its number */
    uint64_t n_channels;    /* of these, those that became a channel */
};

struct flow;

/*
 * Begins the flow of a connection and numbers it. `connection` stays the caller's, and where it
 * is, until flow_close(); its endpoints are filled. Data may show that its sides have to be
 * swapped, see connection_swap(); that happens before any event tells of it.
 */
struct flow *flow_open(struct flows *flows, struct connection *connection);

/* The next bytes of that side, at least one, and what is missing before the next ones. */
void flow_data(struct flow *flow, enum oa_side side, const uint8_t *data, size_t length,
               struct oa_stamp stamp);
void flow_lost(struct flow *flow, enum oa_side side, uint64_t bytes);

/* Bytes at the end of what that side sent that wait for their rest: the beginning of a head or of a
 * PDU. */
size_t flow_waiting(const struct flow *flow, enum oa_side side);

/* Whether that side cannot send a request now: the connection is the IN or OUT channel of a virtual
 * connection, which begins once on it. */
bool flow_is_busy(const struct flow *flow, enum oa_side side);

/* The connection is over: its facts are complete. Frees the flow. */
void flow_close(struct flow *flow);

#endif
