/* tcp_stream.h
 * One direction of a TCP connection: its bytes in order and once, and what is missing.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TCP_STREAM_H
#define TCP_STREAM_H

#include <glib.h>

#include "packet.h"
#include "tcp_listener.h"
#include "tcp_pending.h"

/* The largest possible window, [RFC 7323] section 2.3; an acknowledgment further ahead is damaged.
 */
#define TCP_LARGEST_WINDOW (INT64_C(1) << 30)

#define TCP_UNKNOWN_OFFSET INT64_MIN

/* How much later frames of a connection may come than their place in it, and how long bytes may be
 * under way. */
#define TCP_LATE_NS (INT64_C(1000000000))

/* One direction. Offsets count from the first byte after the SYN, or from where the capture
 * started. */
struct tcp_stream {
    uint32_t base;      /* sequence number of offset 0; before the start: of a skipped probe */
    bool is_started;    /* the stream has an offset 0 */
    bool is_seen;       /* isn is known */
    bool is_finished;   /* its FIN was seen */
    bool is_held;       /* the first segment waits, see hold_start() in tcp_stream.c */
    bool probe_skipped; /* a single byte came first, see starts_stream() there */
    bool is_acked;      /* before the start: there was an acknowledgment, first_ack */
    uint8_t index;      /* in connection->half */
    uint32_t isn; /* of the SYN; without it, as if the first segment seen were the first one sent */
    uint32_t first_ack;
    int64_t next;  /* first offset not yet delivered */
    int64_t acked; /* by the other side */
    int64_t fin;   /* offset of the FIN; TCP_UNKNOWN_OFFSET */
    int64_t reset; /* of the RST that ended the connection, by which nothing counts as lost; 0 */
    struct tcp_pending pending;
    int64_t noted; /* up to there the pending pieces have the acknowledgments that they had */
    /* The acknowledgment beyond a gap that decides whether it is given up. */
    int64_t mark;
    struct tcp_mark marked;
};

/* What the streams of all connections share. */
struct tcp_streams {
    struct tcp_listener listener;
    struct tcp_limits limits;
    size_t pending_bytes;
    int64_t first_ns; /* when the capture began */
};

/* The streams of a connection. */
struct tcp_pair {
    struct connection facts;
    void *user; /* the listener's, for this connection */
    struct tcp_streams *shared;
    struct tcp_stream half[2];
};

/* Capture time may go backwards, which counts as 0. */
static inline int64_t
tcp_elapsed(int64_t now, int64_t then)
{
    if (now <= then)
        return 0;
    return (uint64_t)now - (uint64_t)then > INT64_MAX ? INT64_MAX : now - then;
}

/* The side whose bytes these are; a listener may swap the sides in any call. */
static inline unsigned
tcp_stream_side(const struct tcp_pair *c, const struct tcp_stream *half)
{
    return half->index ^ c->facts.is_swapped;
}

/* What that side sends. */
static inline struct tcp_stream *
tcp_stream_of(struct tcp_pair *c, unsigned side)
{
    return &c->half[side ^ c->facts.is_swapped];
}

/* Extends a sequence number to the offset nearest to the next expected one. */
static inline int64_t
tcp_stream_offset(const struct tcp_stream *half, uint32_t sequence)
{
    uint32_t next = half->base + (uint32_t)half->next;

    return half->next + (int32_t)(sequence - next);
}

/* The stream has an offset 0, at that sequence number. */
void tcp_stream_start(struct tcp_stream *half, uint32_t base);

/* The stream starts with the lowest offset received so far. What the other side had not
 * acknowledged when it was first seen is missing before that. */
void tcp_stream_release(struct tcp_pair *c, struct tcp_stream *half);

/* Takes the payload of a segment. */
void tcp_stream_receive(struct tcp_pair *c, struct tcp_stream *half, const struct segment *segment,
                        struct oa_stamp stamp);

/* Of a stream without an offset 0: it begins at the first one, unless the capture has no frame of
 * that side. */
void tcp_stream_acknowledge_early(struct tcp_stream *half, uint32_t acknowledgment);

/* Takes an acknowledgment of the other side. */
static inline void
tcp_stream_acknowledge(struct tcp_stream *half, uint32_t acknowledgment)
{
    if (!half->is_started) {
        tcp_stream_acknowledge_early(half, acknowledgment);
        return;
    }
    int64_t offset = tcp_stream_offset(half, acknowledgment);
    if (offset > half->acked && offset - half->next <= TCP_LARGEST_WINDOW)
        half->acked = offset;
}

/* Whether bytes may be missing: nearly always not. */
static inline bool
tcp_stream_may_lack(const struct tcp_stream *half)
{
    return (half->pending.pieces || half->acked > half->next) && half->is_started && !half->is_held;
}

/* Notes whether bytes wait behind missing ones, or are missing that the receiver has. */
static inline void
tcp_stream_note_waiting(struct tcp_pair *c, const struct tcp_stream *half)
{
    c->facts.is_waiting[tcp_stream_side(c, half)] =
        tcp_stream_may_lack(half) &&
        (half->pending.pieces || half->acked > half->next + (half->fin != TCP_UNKNOWN_OFFSET));
}

/*
 * Gives up a gap that the receiver acknowledged: it has bytes that the capture does not have. The
 * mark is the first such acknowledgment for the gap, also if gaps before it were given up since;
 * from there on late frames have a limited time to appear.
 */
void tcp_stream_check_loss(struct tcp_pair *c, struct tcp_stream *half, struct oa_stamp stamp);

/* At the end nothing more can appear: what was sent or acknowledged after the last byte seen is
 * lost too. */
void tcp_stream_finish(struct tcp_pair *c, struct tcp_stream *half);

/* Whether the sequence number of a RST shows, at the end, that bytes had been sent before it that
 * the capture lacks. */
bool tcp_stream_ends_beyond(const struct tcp_stream *half);

/* Whether the segment shows that its sender has received what is held: it carries data itself, or
 * acknowledges it. */
bool tcp_stream_shows_receipt(const struct tcp_stream *half, const struct segment *segment);

/*
 * Whether the receiver takes the reset: [RFC 9293] section 3.5.3, [RFC 5961] section 3.2, by what
 * it has acknowledged. Its window is known only with the scale of the handshake, and segments on
 * their way may be missing, so there is room on both sides.
 */
bool tcp_stream_takes_reset(const struct tcp_stream *half, const struct segment *segment);

#endif
