/* tcp_stream.c
 * One direction of a TCP connection: its bytes in order and once, and what is missing.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_stream.h"

/*
 * How long after the receiver acknowledged missing bytes they may still appear: a capture that was
 * fed by several queues or merged from several captures can have the frames of a connection in
 * another order than on the wire, but not by more than this.
 */
#define LOSS_SEGMENTS 64

/* How far from what its receiver expects a reset still ends a connection. */
#define RESET_WINDOW (INT64_C(1) << 20)

/* In a stream without a SYN, how far before the first segment seen a later one may belong. */
#define BEFORE_START 65536

static struct connection_stream *
stream_of(struct tcp_pair *c, const struct tcp_stream *half)
{
    return &c->facts.stream[tcp_stream_side(c, half)];
}

static struct oa_stamp
last_stamp(const struct tcp_pair *c)
{
    return (struct oa_stamp){ .time_ns = c->facts.last.time_ns, .frame = c->facts.last.frame };
}

static void
deliver(struct tcp_pair *c, struct tcp_stream *half, const uint8_t *bytes, size_t length,
        struct oa_stamp stamp)
{
    half->next += (int64_t)length;
    if (bytes)
        c->shared->listener.data(c->user, (enum oa_side)tcp_stream_side(c, half), bytes, length,
                                 stamp);
}

/* `count` is what the bytes count as, though not as lost while no frame of their sender has come:
 * perhaps the capture holds the other direction only. */
static void
lose(struct tcp_pair *c, struct tcp_stream *half, uint64_t *count, int64_t bytes,
     struct oa_stamp stamp)
{
    struct connection_stream *stream = stream_of(c, half);

    half->next += bytes;
    if (count == &stream->lost_bytes && stream->frames == 0)
        count = &stream->unseen_bytes;
    *count += (uint64_t)bytes;
    c->shared->listener.lost(c->user, (enum oa_side)tcp_stream_side(c, half), (uint64_t)bytes,
                             stamp);
}

/* Bytes that were sent, but that the snap length cut off. */
static void
skip_cut(struct tcp_pair *c, struct tcp_stream *half, uint32_t bytes, struct oa_stamp stamp)
{
    half->next += bytes;
    c->shared->listener.cut(c->user, (enum oa_side)tcp_stream_side(c, half), bytes, stamp);
}

/* Delivers the pieces that are no longer preceded by a gap. */
static void
flush(struct tcp_pair *c, struct tcp_stream *half, struct oa_stamp stamp)
{
    const struct tcp_piece *first;

    while ((first = tcp_pending_first(&half->pending)) && first->offset == half->next) {
        struct tcp_piece taken = tcp_pending_take_first(&half->pending, &c->shared->pending_bytes);

        if (oa_stamp_is_before(stamp, taken.stamp))
            stamp = taken.stamp;
        if (taken.is_cut)
            skip_cut(c, half, taken.length, stamp);
        else
            deliver(c, half, taken.bytes, taken.length, stamp);
        g_free(taken.bytes);
    }
}

/* The receiver has had the missing bytes all along, so what followed them was complete when its own
 * frames arrived. */
static void
give_up_gap(struct tcp_pair *c, struct tcp_stream *half)
{
    struct oa_stamp stamp = tcp_pending_first(&half->pending)->stamp;

    lose(c, half, &stream_of(c, half)->lost_bytes,
         tcp_pending_first(&half->pending)->offset - half->next, stamp);
    flush(c, half, stamp);
}

static bool
is_over_limit(const struct tcp_pair *c, const struct tcp_stream *half)
{
    const struct tcp_streams *shared = c->shared;

    return half->pending.bytes > shared->limits.pending_bytes ||
           (shared->limits.total_pending_bytes > 0 &&
            shared->pending_bytes > shared->limits.total_pending_bytes);
}

/* Bytes before the first ones of a stream without a SYN. They are no loss of the capture if they
 * were under way when it began. */
static void
miss_start(struct tcp_pair *c, struct tcp_stream *half, struct oa_stamp first)
{
    int64_t bytes = half->next - tcp_stream_offset(half, half->first_ack);

    if (!half->is_acked || bytes <= 0 || bytes > TCP_LARGEST_WINDOW)
        return;
    bool is_lost = tcp_elapsed(first.time_ns, c->shared->first_ns) >= TCP_LATE_NS;
    struct connection_stream *stream = stream_of(c, half);
    half->next -= bytes;
    lose(c, half, is_lost ? &stream->lost_bytes : &stream->under_way_bytes, bytes, first);
}

void
tcp_stream_release(struct tcp_pair *c, struct tcp_stream *half)
{
    if (!half->is_held)
        return;
    half->is_held = false;
    if (!half->pending.pieces)
        return;
    half->next = tcp_pending_first(&half->pending)->offset;
    miss_start(c, half, tcp_pending_first(&half->pending)->stamp);
    flush(c, half, (struct oa_stamp){ 0 });
}

static struct tcp_mark
mark_at(const struct tcp_pair *c, struct oa_stamp stamp)
{
    return (struct tcp_mark){ .ns = stamp.time_ns,
                              .segments = c->facts.stream[0].frames + c->facts.stream[1].frames };
}

/* Payload that is not simply the continuation of the stream. */
static void
receive_pending(struct tcp_pair *c, struct tcp_stream *half, const struct segment *segment,
                int64_t offset, struct oa_stamp stamp)
{
    const uint8_t *payload = segment->payload;
    uint32_t length = segment->payload_length, cut = segment->cut_length;
    bool begins = half->is_held && !half->pending.pieces;
    size_t *total = &c->shared->pending_bytes;

    if (offset < half->next) {
        uint64_t old = (uint64_t)(half->next - offset);
        uint32_t old_payload = (uint32_t)MIN(old, length);

        payload += old_payload;
        length -= old_payload;
        cut -= (uint32_t)MIN(old - old_payload, cut);
        offset = half->next;
    }
    uint64_t added = tcp_pending_add(&half->pending, total, offset, payload, length, stamp);
    added += tcp_pending_add(&half->pending, total, offset + length, NULL, cut, stamp);
    if (offset <= half->noted)
        tcp_pending_mark(&half->pending, offset - 1, MIN(half->noted, offset + length + cut),
                         mark_at(c, stamp));
    stream_of(c, half)->payload_bytes += added;
    stream_of(c, half)->retransmitted_bytes +=
        (uint64_t)segment->payload_length + segment->cut_length - added;
    if (added == 0)
        stream_of(c, half)->retransmitted_frames++;
    else if (!begins)
        tcp_stream_release(c, half);

    flush(c, half, stamp);
    while (half->pending.pieces && !half->is_held && is_over_limit(c, half))
        give_up_gap(c, half);
}

void
tcp_stream_start(struct tcp_stream *half, uint32_t base)
{
    half->base = base;
    half->is_started = true;
    half->acked = half->mark = half->noted = 0;
    half->fin = TCP_UNKNOWN_OFFSET;
}

void
tcp_stream_acknowledge_early(struct tcp_stream *half, uint32_t acknowledgment)
{
    int32_t beyond = (int32_t)(acknowledgment - half->first_ack);

    if (!half->is_acked) {
        half->is_acked = true;
        half->first_ack = acknowledgment;
    } else if (half->is_seen && beyond > 1 && beyond <= TCP_LARGEST_WINDOW) { /* a FIN takes one */
        tcp_stream_start(half, half->first_ack);
        half->acked = beyond;
    }
}

/*
 * The first two segments decide where a stream without a SYN starts: they may be in the wrong order
 * in the capture. The first one is held until the second, or a response to it.
 */
static void
hold_start(struct tcp_stream *half, uint32_t sequence)
{
    tcp_stream_start(half, sequence - BEFORE_START);
    half->is_held = true;
}

/*
 * A stream whose SYN was not captured starts at the first payload seen. A single byte, however, is
 * usually a keep-alive probe, which repeats a byte sent long ago: the stream then starts at the
 * next segment.
 */
static bool
starts_stream(struct tcp_stream *half, uint32_t sequence, uint32_t length)
{
    if (length == 1 && (!half->probe_skipped || sequence == half->base)) {
        half->probe_skipped = true;
        half->base = sequence;
        return false;
    }
    hold_start(half, sequence);
    return true;
}

void
tcp_stream_receive(struct tcp_pair *c, struct tcp_stream *half, const struct segment *segment,
                   struct oa_stamp stamp)
{
    uint32_t sequence = segment->sequence + (segment->flags & TCP_SYN ? 1 : 0);

    if (!half->is_started &&
        !starts_stream(half, sequence, segment->payload_length + segment->cut_length))
        return;

    int64_t offset = tcp_stream_offset(half, sequence);
    if (offset != half->next || half->pending.pieces) {
        receive_pending(c, half, segment, offset, stamp);
        return;
    }
    if (segment->payload_length > 0) {
        stream_of(c, half)->payload_bytes += segment->payload_length;
        deliver(c, half, segment->payload, segment->payload_length, stamp);
    }
    if (segment->cut_length > 0) {
        stream_of(c, half)->payload_bytes += segment->cut_length;
        skip_cut(c, half, segment->cut_length, stamp);
    }
}

void
tcp_stream_check_loss(struct tcp_pair *c, struct tcp_stream *half, struct oa_stamp stamp)
{
    const struct tcp_mark now = mark_at(c, stamp);

    if (half->acked > half->noted) {
        tcp_pending_mark(&half->pending, half->noted, half->acked, now);
        half->noted = half->acked;
    }
    while (half->is_started && !half->is_held && half->acked > half->next) {
        const struct tcp_piece *first = tcp_pending_first(&half->pending);
        int64_t beyond = first ? first->offset : half->next + 1;

        if (half->acked < beyond)
            return;
        if (half->mark < beyond) {
            half->mark = half->acked;
            half->marked = first && first->acked.segments ? first->acked : now;
        }
        if (!first || (now.segments - half->marked.segments < LOSS_SEGMENTS &&
                       tcp_elapsed(now.ns, half->marked.ns) < TCP_LATE_NS))
            return;
        give_up_gap(c, half);
    }
}

void
tcp_stream_finish(struct tcp_pair *c, struct tcp_stream *half)
{
    struct oa_stamp stamp = last_stamp(c);

    tcp_stream_release(c, half);
    while (half->pending.pieces)
        give_up_gap(c, half);
    if (!half->is_started)
        return;
    /* Without the FIN, the sequence number that it takes must not count as a byte. */
    int64_t missing =
        half->fin != TCP_UNKNOWN_OFFSET ? half->fin - half->next : half->acked - half->next - 1;
    if (missing > 0)
        lose(c, half, &stream_of(c, half)->lost_bytes,
             half->fin != TCP_UNKNOWN_OFFSET ? missing : missing + 1, stamp);
}

bool
tcp_stream_ends_beyond(const struct tcp_stream *half)
{
    return half->fin == TCP_UNKNOWN_OFFSET && half->reset - half->next > 1; /* a FIN takes one */
}

bool
tcp_stream_shows_receipt(const struct tcp_stream *half, const struct segment *segment)
{
    const struct tcp_piece *first = tcp_pending_first(&half->pending);

    return segment->payload_length > 0 || segment->cut_length > 0 ||
           (first && half->acked >= first->offset + (int64_t)first->length);
}

bool
tcp_stream_takes_reset(const struct tcp_stream *half, const struct segment *segment)
{
    if (!half->is_started || half->is_held)
        return true;
    int64_t offset = tcp_stream_offset(half, segment->sequence);

    return offset >= MIN(half->acked, half->next) - RESET_WINDOW &&
           offset <= MAX(half->acked, half->next) + RESET_WINDOW;
}
