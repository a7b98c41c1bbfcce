/* tcp.c
 * TCP reassembly of a capture: streaming, bounded memory.
 * [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

#include "endpoint_hash.h"
#include "rpc/service.h"
#include "tcp_pending.h"

/*
 * How long after the receiver acknowledged missing bytes they may still appear: a capture that was
 * fed by several queues or merged from several captures can have the frames of a connection in
 * another order than on the wire, but not by more than this.
 */
#define LOSS_SEGMENTS 64
#define LOSS_NS G_GINT64_CONSTANT(1000000000)

/* The largest possible window, [RFC 7323] section 2.3; an acknowledgment further ahead is damaged.
 */
#define LARGEST_WINDOW (INT64_C(1) << 30)

/* How far from what its receiver expects a reset still ends a connection. */
#define RESET_WINDOW (INT64_C(1) << 20)

/* In a stream without a SYN, how far before the first segment seen a later one may belong. */
#define BEFORE_START 65536

#define FIRST_BUCKETS 1024
#define UNKNOWN_OFFSET INT64_MIN

const struct tcp_limits TCP_DEFAULT_LIMITS = {
    .pending_bytes = 4 * 1024 * 1024,
    .total_pending_bytes = 256 * 1024 * 1024,
    .connections = 262144,
    .linger_ns = INT64_C(30) * 1000000000,
    .idle_ns = INT64_C(4) * 3600 * 1000000000,
};

/* One direction. Offsets count from the first byte after the SYN, or from where the capture
 * started. */
struct half {
    uint32_t base;      /* sequence number of offset 0; before the start: of a skipped probe */
    bool is_started;    /* the stream has an offset 0 */
    bool is_seen;       /* isn is known */
    bool is_finished;   /* its FIN was seen */
    bool is_held;       /* the first segment waits, see hold_start() */
    bool probe_skipped; /* a single byte came first, see starts_stream() */
    uint8_t index;      /* in connection->half */
    uint32_t isn; /* of the SYN; without it, as if the first segment seen were the first one sent */
    int64_t next; /* first offset not yet delivered */
    int64_t acked; /* by the other side */
    int64_t fin;   /* offset of the FIN; UNKNOWN_OFFSET */
    struct tcp_pending pending;
    /* The acknowledgment beyond a gap that decides whether it is given up, and its time. */
    int64_t mark;
    int64_t mark_ns;
    uint64_t mark_segments;
};

struct tracked {
    struct connection facts;
    void *user; /* the listener's, for this connection */
    struct tcp_table *table;
    struct tracked *bucket_next;
    struct tracked *older, *newer; /* in one of the table's two lists */
    uint64_t hash;
    int64_t since_ns; /* time of the last segment, or of the end */
    bool is_ended;
    bool has_syn_ack; /* a SYN+ACK was seen */
    bool is_timed;    /* the handshake is over, or cannot be timed */
    unsigned syns, syn_acks;
    struct half half[2];
};

/* Connections by the time they were added; the oldest expires first. */
struct list {
    struct tracked *oldest, *newest;
};

struct tcp_table {
    struct tcp_listener listener;
    void *context;
    struct tcp_limits limits;
    struct tracked **buckets;
    size_t n_buckets; /* a power of two */
    size_t n_connections;
    uint64_t seed;
    size_t pending_bytes; /* of all streams */
    int64_t now_ns;       /* the latest time so far */
    struct tracked *last;
    struct list open, ended;
};

/* ---- lists and hash table ---- */

static void
list_remove(struct list *list, struct tracked *c)
{
    if (c->older)
        c->older->newer = c->newer;
    else
        list->oldest = c->newer;
    if (c->newer)
        c->newer->older = c->older;
    else
        list->newest = c->older;
}

static void
list_append(struct list *list, struct tracked *c)
{
    c->older = list->newest;
    c->newer = NULL;
    if (list->newest)
        list->newest->newer = c;
    else
        list->oldest = c;
    list->newest = c;
}

static uint64_t
segment_hash(const struct tcp_table *table, const struct segment *segment)
{
    return connection_hash(table->seed, &segment->source, &segment->destination);
}

static bool
is_endpoint(const struct tracked *c, unsigned side, const struct oa_endpoint *endpoint)
{
    return c->facts.endpoint[side].port == endpoint->port &&
           memcmp(c->facts.endpoint[side].address, endpoint->address, sizeof endpoint->address) ==
               0;
}

/* Whether the segment belongs to the connection; `*side` is who sent it. */
static bool
matches(const struct tracked *c, const struct segment *segment, unsigned *side)
{
    for (unsigned from = OA_CLIENT; from <= OA_SERVER; from++) {
        if (is_endpoint(c, from, &segment->source) &&
            is_endpoint(c, from ^ 1, &segment->destination)) {
            *side = from;
            return true;
        }
    }
    return false;
}

static struct tracked *
find(struct tcp_table *table, const struct segment *segment, unsigned *side)
{
    if (table->last && matches(table->last, segment, side))
        return table->last;

    uint64_t hash = segment_hash(table, segment);
    struct tracked *c = table->buckets[hash & (table->n_buckets - 1)];
    while (c && !(c->hash == hash && matches(c, segment, side)))
        c = c->bucket_next;
    if (c)
        table->last = c;
    return c;
}

static void
bucket_push(struct tcp_table *table, struct tracked *c)
{
    struct tracked **bucket = &table->buckets[c->hash & (table->n_buckets - 1)];

    c->bucket_next = *bucket;
    *bucket = c;
}

static void
bucket_remove(struct tcp_table *table, struct tracked *c)
{
    struct tracked **at = &table->buckets[c->hash & (table->n_buckets - 1)];

    while (*at != c)
        at = &(*at)->bucket_next;
    *at = c->bucket_next;
}

static void
grow_buckets(struct tcp_table *table)
{
    struct tracked **old = table->buckets;
    size_t n_old = table->n_buckets;

    table->n_buckets *= 2;
    table->buckets = g_new0(struct tracked *, table->n_buckets);
    for (size_t i = 0; i < n_old; i++) {
        for (struct tracked *c = old[i], *next; c; c = next) {
            next = c->bucket_next;
            bucket_push(table, c);
        }
    }
    g_free(old);
}

/* ---- streams ---- */

/* Capture time may go backwards, which counts as 0. */
static int64_t
elapsed(int64_t now, int64_t then)
{
    if (now <= then)
        return 0;
    return (uint64_t)now - (uint64_t)then > INT64_MAX ? INT64_MAX : now - then;
}

static unsigned
side_of(const struct tracked *c, const struct half *half)
{
    return half->index ^ c->facts.is_swapped;
}

static struct half *
half_of(struct tracked *c, unsigned side)
{
    return &c->half[side ^ c->facts.is_swapped];
}

/* A listener may swap the sides in any call, so the side is determined for each. */
static struct connection_stream *
stream_of(struct tracked *c, const struct half *half)
{
    return &c->facts.stream[side_of(c, half)];
}

static struct oa_stamp
last_stamp(const struct tracked *c)
{
    return (struct oa_stamp){ .time_ns = c->facts.last.time_ns, .frame = c->facts.last.frame };
}

/* Extends a sequence number to the offset nearest to the next expected one. */
static int64_t
offset_of(const struct half *half, uint32_t sequence)
{
    uint32_t next = half->base + (uint32_t)half->next;

    return half->next + (int32_t)(sequence - next);
}

static void
deliver(struct tracked *c, struct half *half, const uint8_t *bytes, size_t length,
        struct oa_stamp stamp)
{
    half->next += (int64_t)length;
    if (bytes)
        c->table->listener.data(c->user, (enum oa_side)side_of(c, half), bytes, length, stamp);
}

static void
lose(struct tracked *c, struct half *half, int64_t bytes, struct oa_stamp stamp)
{
    half->next += bytes;
    stream_of(c, half)->lost_bytes += (uint64_t)bytes;
    c->table->listener.lost(c->user, (enum oa_side)side_of(c, half), (uint64_t)bytes, stamp);
}

/* Bytes that were sent, but that the snap length cut off. */
static void
skip_cut(struct tracked *c, struct half *half, uint32_t bytes, struct oa_stamp stamp)
{
    half->next += bytes;
    c->table->listener.cut(c->user, (enum oa_side)side_of(c, half), bytes, stamp);
}

/* Delivers the pieces that are no longer preceded by a gap. */
static void
flush(struct tracked *c, struct half *half, struct oa_stamp stamp)
{
    const struct tcp_piece *first;

    while ((first = tcp_pending_first(&half->pending)) && first->offset == half->next) {
        struct tcp_piece taken = tcp_pending_take_first(&half->pending, &c->table->pending_bytes);

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
give_up_gap(struct tracked *c, struct half *half)
{
    struct oa_stamp stamp = tcp_pending_first(&half->pending)->stamp;

    lose(c, half, tcp_pending_first(&half->pending)->offset - half->next, stamp);
    flush(c, half, stamp);
}

static bool
is_over_limit(const struct tracked *c, const struct half *half)
{
    const struct tcp_table *table = c->table;

    return half->pending.bytes > table->limits.pending_bytes ||
           (table->limits.total_pending_bytes > 0 &&
            table->pending_bytes > table->limits.total_pending_bytes);
}

/* The stream starts with the lowest offset received so far; nothing is missing before it. */
static void
release_start(struct tracked *c, struct half *half)
{
    if (!half->is_held)
        return;
    half->is_held = false;
    if (!half->pending.pieces)
        return;
    half->next = tcp_pending_first(&half->pending)->offset;
    flush(c, half, (struct oa_stamp){ 0 });
}

/* Payload that is not simply the continuation of the stream. */
static void
receive_pending(struct tracked *c, struct half *half, const struct segment *segment, int64_t offset,
                struct oa_stamp stamp)
{
    const uint8_t *payload = segment->payload;
    uint32_t length = segment->payload_length, cut = segment->cut_length;
    bool begins = half->is_held && !half->pending.pieces;
    size_t *total = &c->table->pending_bytes;

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
    stream_of(c, half)->payload_bytes += added;
    stream_of(c, half)->retransmitted_bytes +=
        (uint64_t)segment->payload_length + segment->cut_length - added;
    if (added == 0)
        stream_of(c, half)->retransmitted_frames++;
    else if (!begins)
        release_start(c, half);

    flush(c, half, stamp);
    while (half->pending.pieces && !half->is_held && is_over_limit(c, half))
        give_up_gap(c, half);
}

static void
half_start(struct half *half, uint32_t base)
{
    half->base = base;
    half->is_started = true;
    half->acked = half->mark = 0;
    half->fin = UNKNOWN_OFFSET;
}

/*
 * The first two segments decide where a stream without a SYN starts: they may be in the wrong order
 * in the capture. The first one is held until the second, or a response to it.
 */
static void
hold_start(struct half *half, uint32_t sequence)
{
    half_start(half, sequence - BEFORE_START);
    half->is_held = true;
}

/*
 * A stream whose SYN was not captured starts at the first payload seen. A single byte, however, is
 * usually a keep-alive probe, which repeats a byte sent long ago: the stream then starts at the
 * next segment.
 */
static bool
starts_stream(struct half *half, uint32_t sequence, uint32_t length)
{
    if (length == 1 && (!half->probe_skipped || sequence == half->base)) {
        half->probe_skipped = true;
        half->base = sequence;
        return false;
    }
    hold_start(half, sequence);
    return true;
}

static void
receive(struct tracked *c, struct half *half, const struct segment *segment, struct oa_stamp stamp)
{
    uint32_t sequence = segment->sequence + (segment->flags & TCP_SYN ? 1 : 0);

    if (!half->is_started &&
        !starts_stream(half, sequence, segment->payload_length + segment->cut_length))
        return;

    int64_t offset = offset_of(half, sequence);
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

static void
acknowledge(struct half *half, uint32_t acknowledgment)
{
    if (!half->is_started)
        return;
    int64_t offset = offset_of(half, acknowledgment);
    if (offset > half->acked && offset - half->next <= LARGEST_WINDOW)
        half->acked = offset;
}

/* Whether bytes may be missing: nearly always not. */
static inline bool
may_lack(const struct half *half)
{
    return (half->pending.pieces || half->acked > half->next) && half->is_started && !half->is_held;
}

/* Notes whether bytes wait behind missing ones, or are missing that the receiver has. */
static inline void
note_waiting(struct tracked *c, const struct half *half)
{
    c->facts.is_waiting[side_of(c, half)] =
        may_lack(half) &&
        (half->pending.pieces || half->acked > half->next + (half->fin != UNKNOWN_OFFSET));
}

/*
 * Gives up a gap that the receiver acknowledged: it has bytes that the capture does not have. The
 * mark is the first such acknowledgment for the current gap; from there on late frames have a
 * limited time to appear.
 */
static void
check_loss(struct tracked *c, struct half *half, struct oa_stamp stamp)
{
    while (half->is_started && !half->is_held && half->acked > half->next) {
        const struct tcp_piece *first = tcp_pending_first(&half->pending);
        int64_t beyond = first ? first->offset : half->next + 1;
        uint64_t segments = c->facts.stream[0].frames + c->facts.stream[1].frames;

        if (half->acked < beyond)
            return;
        if (half->mark < beyond) {
            half->mark = half->acked;
            half->mark_ns = stamp.time_ns;
            half->mark_segments = segments;
            return;
        }
        if (!first || (segments - half->mark_segments < LOSS_SEGMENTS &&
                       elapsed(stamp.time_ns, half->mark_ns) < LOSS_NS))
            return;
        give_up_gap(c, half);
    }
}

/* At the end nothing more can appear: what was sent or acknowledged after the last byte seen is
 * lost too. */
static void
finish_half(struct tracked *c, struct half *half)
{
    struct oa_stamp stamp = last_stamp(c);

    release_start(c, half);
    while (half->pending.pieces)
        give_up_gap(c, half);
    if (!half->is_started)
        return;
    /* Without the FIN, the sequence number that it takes must not count as a byte. */
    int64_t missing =
        half->fin != UNKNOWN_OFFSET ? half->fin - half->next : half->acked - half->next - 1;
    if (missing > 0)
        lose(c, half, half->fin != UNKNOWN_OFFSET ? missing : missing + 1, stamp);
}

/* ---- connections ---- */

/* The server responded to the SYN with a reset. */
static bool
was_refused(const struct tracked *c)
{
    return c->facts.ending.how == OA_END_RESET && c->facts.ending.by == OA_SERVER &&
           c->facts.handshake_seen && !c->has_syn_ack && !c->facts.stream[0].payload_bytes &&
           !c->facts.stream[1].payload_bytes;
}

/* Of a connection of which one side was not captured, only what the other one's frames show. */
static enum connection_state
state_of(const struct tracked *c)
{
    const struct connection *facts = &c->facts;
    bool is_one_way = !facts->stream[0].frames || !facts->stream[1].frames;
    bool has_data = facts->stream[0].payload_bytes || facts->stream[1].payload_bytes;

    if (c->is_ended || facts->ending.how == OA_END_RESET || facts->ending.how == OA_END_REPLACED)
        return CONNECTION_CLOSED;
    if (facts->ending.how == OA_END_FIN)
        return is_one_way ? CONNECTION_UNKNOWN : CONNECTION_FIN_WAIT;
    return facts->handshake_seen && !c->has_syn_ack && !has_data ? CONNECTION_SYN_SENT
                                                                 : CONNECTION_ESTABLISHED;
}

/* Doing it again does nothing. */
static void
finish_connection(struct tracked *c)
{
    /* Not by sides, which a listener may swap, but does not if it listens later. */
    for (size_t i = 0; i < G_N_ELEMENTS(c->half); i++)
        finish_half(c, &c->half[i]);
}

static void
close_connection(struct tracked *c)
{
    struct tcp_table *table = c->table;

    finish_connection(c);
    c->facts.was_refused = was_refused(c);
    c->facts.state = state_of(c);
    c->facts.watched_ns = table->now_ns;
    table->listener.closed(c->user);

    list_remove(c->is_ended ? &table->ended : &table->open, c);
    bucket_remove(table, c);
    table->n_connections--;
    if (table->last == c)
        table->last = NULL;
    g_free(c);
}

static bool
oldest_expires(struct list *list, int64_t now, int64_t limit)
{
    struct tracked *c = list->oldest;

    if (!c)
        return false;
    /* Capture time went backwards: without this, one frame from the future would keep all later
     * ones forever. */
    if (c->since_ns > now)
        c->since_ns = now;
    return elapsed(now, c->since_ns) >= limit;
}

static void
expire(struct tcp_table *table, int64_t now)
{
    while (oldest_expires(&table->ended, now, table->limits.linger_ns))
        close_connection(table->ended.oldest);
    while (oldest_expires(&table->open, now, table->limits.idle_ns))
        close_connection(table->open.oldest);
}

/* Closes a connection that could not be kept. */
static void
give_up(struct tracked *c)
{
    c->facts.is_given_up = !c->is_ended;
    c->facts.silent_ns = elapsed(c->table->now_ns, c->since_ns);
    close_connection(c);
}

/* Makes room for one more connection: ended ones are closed first, then the one that was silent
 * longest. */
static void
make_room(struct tcp_table *table)
{
    while (table->n_connections >= MAX(table->limits.connections, 1))
        give_up(table->ended.oldest ? table->ended.oldest : table->open.oldest);
    if (table->n_connections >= table->n_buckets)
        grow_buckets(table);
}

/* Closes up to `n` of the list, the oldest first; with `foreign`, only connections that are not
 * ours. */
static size_t
give_up_oldest(const struct list *list, bool foreign, size_t n)
{
    size_t done = 0;

    for (struct tracked *c = list->oldest, *next; c && done < n; c = next) {
        next = c->newer;
        if (foreign && c->facts.has_channel)
            continue;
        give_up(c);
        done++;
    }
    return done;
}

bool
tcp_table_give_up(struct tcp_table *table)
{
    size_t n = table->n_connections / 16 + 1;
    if (table->n_connections <= CONNECTIONS_KEPT)
        return false;
    n = MIN(n, table->n_connections - CONNECTIONS_KEPT);
    size_t done = give_up_oldest(&table->ended, false, n);

    done += give_up_oldest(&table->open, true, n - done);
    done += give_up_oldest(&table->open, false, n - done);
    return done > 0;
}

static bool
sent_by_server(const struct segment *segment)
{
    if (segment->flags & TCP_SYN)
        return (segment->flags & TCP_ACK) != 0;
    return connection_sent_by_server(segment->source.port, segment->destination.port);
}

static struct tracked *
open_connection(struct tcp_table *table, const struct segment *segment, unsigned *side,
                struct oa_stamp stamp)
{
    make_room(table);
    struct tracked *c = g_new0(struct tracked, 1);

    *side = sent_by_server(segment) ? OA_SERVER : OA_CLIENT;
    c->table = table;
    c->hash = segment_hash(table, segment);
    c->since_ns = stamp.time_ns;
    c->half[1].index = 1;
    c->half[0].fin = c->half[1].fin = UNKNOWN_OFFSET;
    c->facts = (struct connection){
        .handshake_seen = (segment->flags & TCP_SYN) != 0,
        .first = stamp,
        .last = stamp,
    };
    c->facts.endpoint[*side] = segment->source;
    c->facts.endpoint[*side ^ 1] = segment->destination;

    bucket_push(table, c);
    list_append(&table->open, c);
    table->n_connections++;
    table->last = c;
    c->user = table->listener.opened(table->context, &c->facts);
    /* The listener may have swapped the sides. */
    *side ^= c->facts.is_swapped;
    return c;
}

/* Whether a SYN starts a new connection instead of belonging to the one with these ports. */
static bool
is_new_handshake(struct tracked *c, const struct segment *segment, unsigned side)
{
    const struct half *half = half_of(c, side);
    const struct half *other = half_of(c, side ^ 1);
    bool is_same = half->is_seen && half->isn == segment->sequence;

    if (!(segment->flags & TCP_ACK))
        return c->facts.ending.how != OA_END_OPEN || (half->is_seen && !is_same);
    if (is_same || (!half->is_seen && c->facts.ending.how == OA_END_OPEN))
        return false;
    /* A server may respond to a repeated SYN with a new initial sequence number, as long as the
     * first one was not used. */
    bool answers = other->is_seen && other->isn + 1 == segment->acknowledgment;
    return c->facts.ending.how != OA_END_OPEN || !answers || half->next > 0 || half->pending.pieces;
}

/* Handles what only a segment with SYN has: which connection it is, its sides, where the streams
 * start. */
static struct tracked *
handshake(struct tcp_table *table, struct tracked *c, const struct segment *segment, unsigned *side,
          struct oa_stamp stamp)
{
    bool is_syn_ack = (segment->flags & TCP_ACK) != 0;

    if (c && is_new_handshake(c, segment, *side)) {
        if (c->facts.ending.how == OA_END_OPEN)
            c->facts.ending =
                (struct oa_ending){ .how = OA_END_REPLACED, .time_ns = stamp.time_ns };
        close_connection(c);
        c = NULL;
    }
    if (!c)
        c = open_connection(table, segment, side, stamp);
    if (!c->facts.handshake_seen) {
        bool is_unused = c->facts.stream[0].payload_bytes + c->facts.stream[1].payload_bytes == 0;

        if (is_unused && *side == (is_syn_ack ? OA_CLIENT : OA_SERVER)) {
            connection_swap(&c->facts);
            *side ^= 1;
        }
        c->facts.handshake_seen = true;
    }

    c->has_syn_ack |= is_syn_ack;
    struct half *half = half_of(c, *side), *other = half_of(c, *side ^ 1);
    if (!half->is_started || (is_syn_ack && half->isn != segment->sequence)) {
        half_start(half, segment->sequence + 1);
        half->isn = segment->sequence;
        half->is_seen = true;
    }
    if (is_syn_ack && !other->is_started) {
        half_start(other, segment->acknowledgment);
        other->isn = segment->acknowledgment - 1;
        other->is_seen = true;
    }
    return c;
}

/* Whether the segment shows that its sender has received what is held: it carries data itself, or
 * acknowledges it. */
static bool
shows_receipt(const struct half *half, const struct segment *segment)
{
    const struct tcp_piece *first = tcp_pending_first(&half->pending);

    return segment->payload_length > 0 || segment->cut_length > 0 ||
           (first && half->acked >= first->offset + (int64_t)first->length);
}

/*
 * Whether the receiver takes the reset: [RFC 9293] section 3.5.3, [RFC 5961] section 3.2, by what
 * it has acknowledged. Its window is known only with the scale of the handshake, and segments on
 * their way may be missing, so there is room on both sides.
 */
static bool
is_reset_in_window(const struct half *half, const struct segment *segment)
{
    if (!half->is_started || half->is_held)
        return true;
    int64_t offset = offset_of(half, segment->sequence);

    return offset >= MIN(half->acked, half->next) - RESET_WINDOW &&
           offset <= MAX(half->acked, half->next) + RESET_WINDOW;
}

static void
end_connection(struct tracked *c, struct half *half, const struct segment *segment,
               struct oa_stamp stamp)
{
    bool is_reset = (segment->flags & TCP_RST) != 0;

    if (c->facts.ending.how == OA_END_OPEN)
        c->facts.closed_ns = stamp.time_ns;
    /* A reset that comes after both FINs ends nothing. */
    if (c->facts.ending.how == OA_END_OPEN || (is_reset && !c->is_ended))
        c->facts.ending = (struct oa_ending){ .how = is_reset ? OA_END_RESET : OA_END_FIN,
                                              .by = (enum oa_side)side_of(c, half),
                                              .time_ns = stamp.time_ns,
                                              .frame = stamp.frame };
    if (!is_reset) {
        if (half->is_started && half->fin == UNKNOWN_OFFSET)
            half->fin = offset_of(half, segment->sequence + (segment->flags & TCP_SYN ? 1 : 0)) +
                        segment->payload_length + segment->cut_length;
        half->is_finished = true;
        if (!c->half[0].is_finished || !c->half[1].is_finished)
            return;
    }
    c->is_ended = true;
    c->since_ns = stamp.time_ns;
    list_remove(&c->table->open, c);
    list_append(&c->table->ended, c);
}

/* One that was sent again does not show which of both was answered, [RFC 6298] section 3. */
static void
time_handshake(struct tracked *c, unsigned side, const struct segment *segment,
               struct oa_stamp stamp)
{
    bool is_syn = (segment->flags & TCP_SYN) != 0, is_ack = (segment->flags & TCP_ACK) != 0;

    c->syns += is_syn && !is_ack;
    c->syn_acks += is_syn && is_ack;
    if (is_syn || side != OA_CLIENT || c->is_timed)
        return;
    c->is_timed = true;
    c->facts.has_round_trip =
        is_ack && !(segment->flags & TCP_RST) && c->syns == 1 && c->syn_acks == 1;
    c->facts.round_trip_ns = MAX(stamp.time_ns - c->facts.first.time_ns, 0);
}

static void
count_segment(struct tracked *c, unsigned side, const struct segment *segment,
              struct oa_stamp stamp)
{
    struct half *half = half_of(c, side);

    time_handshake(c, side, segment, stamp);
    c->facts.stream[side].frames++;
    c->facts.stream[side].wire_bytes += segment->ip_length;
    c->facts.last.time_ns = MAX(c->facts.last.time_ns, stamp.time_ns);
    c->facts.last.frame = stamp.frame;
    if (!half->is_seen) {
        half->is_seen = true;
        half->isn = segment->sequence - 1;
    }
    if (!c->is_ended) {
        c->since_ns = stamp.time_ns;
        if (c != c->table->open.newest) {
            list_remove(&c->table->open, c);
            list_append(&c->table->open, c);
        }
    }
}

void
tcp_table_segment(struct tcp_table *table, const struct segment *segment, struct oa_stamp stamp)
{
    unsigned side = OA_CLIENT;

    table->now_ns = MAX(table->now_ns, stamp.time_ns);
    expire(table, stamp.time_ns);
    struct tracked *c = find(table, segment, &side);
    if (segment->flags & TCP_SYN)
        c = handshake(table, c, segment, &side, stamp);
    else if (!c)
        c = open_connection(table, segment, &side, stamp);

    struct half *half = half_of(c, side), *other = half_of(c, side ^ 1);
    count_segment(c, side, segment, stamp);
    /* What a reset acknowledges or carries is not part of the streams: stacks and middleboxes put
     * anything there. */
    if (!(segment->flags & TCP_RST)) {
        if (segment->flags & TCP_ACK)
            acknowledge(other, segment->acknowledgment);
        note_waiting(c, other);
        if (other->is_held && shows_receipt(other, segment))
            release_start(c, other);
        if (segment->payload_length > 0 || segment->cut_length > 0)
            receive(c, half, segment, stamp);
    }
    bool ends = segment->flags & TCP_RST ? is_reset_in_window(half, segment)
                                         : (segment->flags & TCP_FIN) != 0;
    if (ends) {
        release_start(c, half);
        release_start(c, other);
        if (!c->is_ended)
            end_connection(c, half, segment, stamp);
    }
    if (may_lack(half))
        check_loss(c, half, stamp);
    if (may_lack(other))
        check_loss(c, other, stamp);
    note_waiting(c, half);
    note_waiting(c, other);
    if (table->listener.counted)
        table->listener.counted(c->user, stamp);
}

void
tcp_table_clock_step(struct tcp_table *table, int64_t time_ns)
{
    const struct list *lists[] = { &table->open, &table->ended };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (struct tracked *c = lists[i]->oldest; c; c = c->newer)
            c->since_ns = time_ns;
    table->now_ns = time_ns;
}

struct tcp_table *
tcp_table_new(const struct tcp_listener *listener, void *context, const struct tcp_limits *limits)
{
    struct tcp_table *table = g_new0(struct tcp_table, 1);

    table->listener = *listener;
    table->context = context;
    table->limits = *limits;
    table->n_buckets = FIRST_BUCKETS;
    table->buckets = g_new0(struct tracked *, table->n_buckets);
    table->seed = hash_seed();
    return table;
}

static int
compare_numbers(const void *a, const void *b)
{
    const struct tracked *left = *(struct tracked *const *)a;
    const struct tracked *right = *(struct tracked *const *)b;

    return left->facts.number < right->facts.number ? -1 : left->facts.number > right->facts.number;
}

void
tcp_table_free(struct tcp_table *table)
{
    if (!table)
        return;

    /* One more than needed, because qsort() must not be given NULL. */
    struct tracked **all = g_new(struct tracked *, table->n_connections + 1);
    size_t n = 0;
    for (struct tracked *c = table->open.oldest; c; c = c->newer)
        all[n++] = c;
    for (struct tracked *c = table->ended.oldest; c; c = c->newer)
        all[n++] = c;
    qsort(all, n, sizeof *all, compare_numbers);
    for (size_t i = 0; i < n; i++) /* the channels of one session need each other's bytes */
        finish_connection(all[i]);
    for (size_t i = 0; i < n; i++)
        close_connection(all[i]);
    g_free(all);
    g_free(table->buckets);
    g_free(table);
}
