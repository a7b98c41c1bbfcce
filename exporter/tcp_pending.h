/* tcp_pending.h
 * Pieces of a TCP stream that arrived out of order, until the bytes before them come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_PENDING_H
#define TCP_PENDING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ground.h"

/* An acknowledgment: its time, and the segments of the connection by then; zeroed, there is none. */
struct tcp_mark {
    int64_t ns;
    uint64_t segments;
};

/* A piece of a stream that waits for missing bytes before it. */
struct tcp_piece {
    int64_t offset;
    uint32_t length;
    bool is_cut;    /* cut off by the snap length: lost, but not missing from the sequence */
    uint8_t *bytes; /* NULL when cut off */
    struct oa_stamp stamp;
    struct tcp_mark acked; /* the first acknowledgment of what comes before it */
};

/* Zeroed, there are none. */
struct tcp_pending {
    GSequence *pieces; /* of struct tcp_piece, by offset, not overlapping; NULL: none */
    size_t bytes;      /* that they take */
};

/*
 * Adds the new bytes of a piece (the first copy of a byte wins), or, with NULL, that many which are
 * cut off; returns their number. `*total` is what the pieces of all streams take.
 */
uint64_t tcp_pending_add(struct tcp_pending *pending, size_t *total, int64_t offset,
                         const uint8_t *bytes, uint32_t length, struct oa_stamp stamp);

/* The piece with the lowest offset, valid until the next change; NULL: there is none. */
static inline const struct tcp_piece *
tcp_pending_first(const struct tcp_pending *pending)
{
    return pending->pieces ? (const struct tcp_piece *)g_sequence_get(
                                 g_sequence_get_begin_iter(pending->pieces))
                           : NULL;
}

/* The pieces that begin after `from` and not after `to` were acknowledged, if none is marked yet. */
void tcp_pending_mark(struct tcp_pending *pending, int64_t from, int64_t to, struct tcp_mark mark);

/* Takes that piece out; its bytes are freed by the caller. */
struct tcp_piece tcp_pending_take_first(struct tcp_pending *pending, size_t *total);

#endif
