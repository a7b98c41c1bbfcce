/* tcp_listener.h
 * Who receives what TCP reassembly finds, and its limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_LISTENER_H
#define TCP_LISTENER_H

#include "connection.h"

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

#endif
