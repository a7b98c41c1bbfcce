/* tcp.h
 * TCP connections of a capture, put back in order: streaming, bounded memory.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_H
#define TCP_H

#include "connection.h"
#include "packet.h"

/*
 * Listener. `opened` numbers the connection and returns what the other three are given; the facts
 * stay where they are until `closed` has returned, and the listener may swap their sides while no
 * data of the connection was used. Bytes of one stream come in order and once, each with the frame
 * that brought it or made it deliverable; `lost` reports that `bytes` of the stream are missing
 * before the next data.
 */
struct tcp_listener {
    void *(*opened)(void *context, struct connection *connection);
    void (*data)(void *user, enum oa_side side, const uint8_t *data, size_t length,
                 struct oa_stamp stamp);
    void (*lost)(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp);
    void (*closed)(void *user);
};

struct tcp_limits {
    size_t pending_bytes; /* out-of-order payload, with its bookkeeping, kept per stream before the
                             gap is given up */
    size_t total_pending_bytes; /* the same over all streams: the stream that passes it gives up; 0
                                   for no such limit */
    size_t connections; /* kept at the same time; beyond, ended ones are freed, then the longest
                           silent one */
    int64_t linger_ns;  /* how long an ended connection still takes retransmissions */
    int64_t idle_ns;    /* silence after which an open connection is forgotten */
};

extern const struct tcp_limits TCP_DEFAULT_LIMITS;

struct tcp_table;

/* The listener and limits are copied. Ends the program only when memory ends, as GLib does. */
struct tcp_table *tcp_table_new(const struct tcp_listener *listener, void *context,
                                const struct tcp_limits *limits);

/* Takes the next segment in capture order. `segment->payload` is not kept beyond the call. */
void tcp_table_segment(struct tcp_table *table, const struct segment *segment,
                       struct oa_stamp stamp);

/* Delivers what is still pending (gaps as lost), closes every connection in order of their numbers,
 * and frees the table. */
void tcp_table_free(struct tcp_table *table);

#endif
