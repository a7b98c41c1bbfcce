/* tcp.h
 * TCP reassembly of a capture: streaming, bounded memory.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_H
#define TCP_H

#include "packet.h"
#include "tcp_listener.h"

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

/* No segment from before that time will come: connections that have ended are closed when they
 * would be with the next one. Those that only are silent stay until it comes. */
void tcp_table_silence(struct tcp_table *table, int64_t time_ns);

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
