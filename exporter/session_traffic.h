/* session_traffic.h
 * When a session carried what: the growth of its totals, by span of time, on the hop nearest to the
 * client, which may be known only later.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SESSION_TRAFFIC_H
#define SESSION_TRAFFIC_H

#include "track/events.h"

struct session_traffic;

/* What came in a span, by sender. */
struct traffic_growth {
    uint64_t rpc_bytes[2], rpc_pdus[2];
};

struct session_traffic *session_traffic_new(void);
struct session_traffic *session_traffic_copy(const struct session_traffic *traffic);
void session_traffic_free(struct session_traffic *traffic); /* may be NULL */

/* Takes note of what the session has carried since the last time, for the span that starts then: on
 * all hops, or on one of them, which is enough after a PDU on it. */
void session_traffic_note(struct session_traffic *traffic, const struct oa_virtual_connection *vc,
                          int64_t start_ns);
void session_traffic_note_hop(struct session_traffic *traffic,
                              const struct oa_virtual_connection *vc, enum oa_hop hop,
                              int64_t start_ns);

/* How many spans, of each hop, wait for session_traffic_each(). */
unsigned session_traffic_waiting(const struct session_traffic *traffic);

/* Calls the function with what was noted since the last time on the hop nearest to the client, and
 * forgets it. To be called when that hop is known: `vc` has its final number, or has ended. */
void session_traffic_each(struct session_traffic *traffic, const struct oa_virtual_connection *vc,
                          void (*take)(void *context, int64_t start_ns,
                                       const struct traffic_growth *growth),
                          void *context);

/* Two sessions turned out to be one. */
void session_traffic_join(struct session_traffic *whole, const struct session_traffic *part);

#endif
