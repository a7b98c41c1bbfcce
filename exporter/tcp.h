/* tcp.h
 * TCP connections of a capture, put back in order: streaming, bounded memory.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_H
#define TCP_H

#include "packet.h"

/* Who sent: the side that opened the connection is the client. */
enum tcp_side { TCP_CLIENT, TCP_SERVER };

enum tcp_end {
    TCP_END_OPEN,    /* still open at the end of the capture, or forgotten after long silence */
    TCP_END_FIN,     /* orderly; ended_by says who began */
    TCP_END_RESET,   /* ended_by says who sent it */
    TCP_END_REPLACED /* a new SYN took the same ports */
};

struct tcp_stream {
    uint64_t frames;
    uint64_t payload_bytes;        /* new bytes, each counted once */
    uint64_t retransmitted_frames; /* frames whose payload had all been seen before */
    uint64_t lost_bytes; /* bytes that the capture does not hold and that were given up on */
};

struct tcp_connection {
    uint64_t number;           /* in order of first appearance, from 0: Wireshark's tcp.stream */
    struct address address[2]; /* by enum tcp_side */
    uint16_t port[2];
    bool handshake_seen;       /* the SYN was captured, so the sides are certain */
    int64_t first_ns, last_ns; /* since the epoch */
    uint64_t first_frame, last_frame;
    struct tcp_stream stream[2]; /* by sender */
    enum tcp_end end;
    enum tcp_side ended_by; /* meaningful with FIN and RESET */
    void *user;             /* the listener's own */
};

/* The frame that brought the bytes, or made them deliverable. */
struct tcp_stamp {
    int64_t time_ns;
    uint64_t frame;
};

/* Listener. Bytes of one stream come in order and once; `lost` says that `bytes` of the stream are
 * missing before the next data. */
struct tcp_listener {
    void (*opened)(void *context, struct tcp_connection *connection);
    void (*data)(void *context, struct tcp_connection *connection, enum tcp_side side,
                 const uint8_t *data, size_t length, struct tcp_stamp stamp);
    void (*lost)(void *context, struct tcp_connection *connection, enum tcp_side side,
                 uint64_t bytes, struct tcp_stamp stamp);
    void (*closed)(
        void *context,
        struct tcp_connection *connection); /* frees `user`; the connection goes after the call */
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
                       struct tcp_stamp stamp);

/* When set by the listener (from `opened` or `data`), no more data of this connection is buffered
 * or delivered, only counted. */
void tcp_connection_ignore(struct tcp_connection *connection);

/*
 * Turns the sides round: for a connection without a handshake whose first data shows that the side
 * taken for the server is the client. Data counters and pending segments turn with it. To be called
 * before any data of the connection was used.
 */
void tcp_connection_swap(struct tcp_connection *connection);

/* The server answered the SYN by a reset: nobody listens there. */
bool tcp_connection_was_refused(const struct tcp_connection *connection);

/* Delivers what is still pending (gaps as lost), closes every connection in order of number, and
 * frees the table. */
void tcp_table_free(struct tcp_table *table);

#endif
