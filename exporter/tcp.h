/* tcp.h
 * TCP reassembly of a capture: streaming, bounded memory.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_H
#define TCP_H

#include "connection.h"
#include "packet.h"

/*
 * `opened` numbers the connection and returns the pointer that is passed to the others; the
 * facts stay at their address until `closed` has returned. The listener may swap the sides as long
 * as it has not used any data of the connection. The bytes of a stream are delivered in order and
 * once, with the frame that contained them or made them deliverable; `lost` reports how many bytes
 * are missing before the next data, `cut` how many of them the snap length has cut off a frame.
 */
struct tcp_listener {
    void *(*opened)(void *context, struct connection *connection);
    void (*data)(void *user, enum oa_side side, const uint8_t *data, size_t length,
                 struct oa_stamp stamp);
    void (*lost)(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp);
    void (*cut)(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp);
    void (*closed)(void *user);
    void (*counted)(void *user, struct oa_stamp stamp); /* a segment, in the facts; or NULL */
};

struct tcp_limits {
    size_t pending_bytes; /* out-of-order payload with its bookkeeping, per stream; beyond it the
                             gap is given up */
    size_t total_pending_bytes; /* the same over all streams: the stream that exceeds it gives up; 0
                                   for no limit */
    size_t connections; /* tracked at the same time; beyond, ended ones are freed, then the one that
                           was silent longest */
    int64_t linger_ns;  /* how long an ended connection still accepts retransmissions */
    int64_t idle_ns;    /* silence after which an open connection is forgotten */
};

extern const struct tcp_limits TCP_DEFAULT_LIMITS;

struct tcp_table;

/* The listener and limits are copied. Aborts only when out of memory, as GLib does. */
struct tcp_table *tcp_table_new(const struct tcp_listener *listener, void *context,
                                const struct tcp_limits *limits);

/* Takes the next segment in capture order. `segment->payload` is not kept beyond the call. */
void tcp_table_segment(struct tcp_table *table, const struct segment *segment,
                       struct oa_stamp stamp);

/* The clock was set, and the next segment has that time: silence is counted from there. */
void tcp_table_clock_step(struct tcp_table *table, int64_t time_ns);

/*
 * Closes some connections, a sixteenth of all: those that have ended first, then foreign ones, then
 * the others; of each, those that were silent for longest. What comes for one later begins in the
 * middle. The last CONNECTIONS_KEPT are not closed. Returns false if there are no more.
 */
bool tcp_table_give_up(struct tcp_table *table);

/* Delivers what is still pending (gaps as lost), closes every connection in the order of their
 * numbers, and frees the table. */
void tcp_table_free(struct tcp_table *table);

#endif
