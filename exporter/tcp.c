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
#include "tcp_stream.h"

#define FIRST_BUCKETS 1024

const struct tcp_limits TCP_DEFAULT_LIMITS = {
    .pending_bytes = 4 * 1024 * 1024,
    .total_pending_bytes = 256 * 1024 * 1024,
    .connections = 262144,
    .linger_ns = INT64_C(30) * 1000000000,
    .idle_ns = INT64_C(4) * 3600 * 1000000000,
};

struct tracked {
    struct tcp_pair pair;
    struct tcp_table *table;
    struct tracked *bucket_next;
    struct tracked *older, *newer; /* in one of the table's two lists */
    uint64_t hash;
    int64_t since_ns; /* time of the last segment, or of the end */
    bool is_ended;
    bool has_syn_ack; /* a SYN+ACK was seen */
    bool is_timed;    /* the handshake is over, or cannot be timed */
    unsigned syns, syn_acks;
};

/* Connections by the time they were added; the oldest expires first. */
struct list {
    struct tracked *oldest, *newest;
};

struct tcp_table {
    struct tcp_streams streams;
    void *context;
    struct tracked **buckets;
    size_t n_buckets; /* a power of two */
    size_t n_connections;
    uint64_t seed;
    int64_t now_ns; /* the latest time so far */
    struct tracked *last;
    struct list open, ended;
    struct tracked *unfinished; /* the oldest ended one that was not finished; or NULL */
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
    return c->pair.facts.endpoint[side].port == endpoint->port &&
           memcmp(c->pair.facts.endpoint[side].address, endpoint->address,
                  sizeof endpoint->address) == 0;
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

/* ---- connections ---- */

/* The server responded to the SYN with a reset. */
static bool
was_refused(const struct tracked *c)
{
    return c->pair.facts.ending.how == OA_END_RESET && c->pair.facts.ending.by == OA_SERVER &&
           c->pair.facts.handshake_seen && !c->has_syn_ack &&
           !c->pair.facts.stream[0].payload_bytes && !c->pair.facts.stream[1].payload_bytes;
}

/* Of a connection of which one side was not captured, only what the other one's frames show. */
static enum connection_state
state_of(const struct tracked *c)
{
    const struct connection *facts = &c->pair.facts;
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
    for (size_t i = 0; i < G_N_ELEMENTS(c->pair.half); i++)
        tcp_stream_finish(&c->pair, &c->pair.half[i]);
}

static void
close_connection(struct tracked *c)
{
    struct tcp_table *table = c->table;

    finish_connection(c);
    struct oa_ending *ending = &c->pair.facts.ending;
    ending->is_beyond =
        ending->how == OA_END_RESET && tcp_stream_ends_beyond(tcp_stream_of(&c->pair, ending->by));
    c->pair.facts.was_refused = was_refused(c);
    c->pair.facts.state = state_of(c);
    c->pair.facts.watched_ns = table->now_ns;
    table->streams.listener.closed(c->pair.user);

    if (table->unfinished == c)
        table->unfinished = c->newer;
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
    return tcp_elapsed(now, c->since_ns) >= limit;
}

/* Closes ended connections. The others of a session, which end at about the same time, get their
 * bytes before, also those behind a loss. */
static void
close_ended(struct tcp_table *table, int64_t now)
{
    while (oldest_expires(&table->ended, now, table->streams.limits.linger_ns)) {
        int64_t since_ns = table->ended.oldest->since_ns;

        while (table->unfinished &&
               tcp_elapsed(table->unfinished->since_ns, since_ns) <= TCP_LATE_NS) {
            finish_connection(table->unfinished);
            table->unfinished = table->unfinished->newer;
        }
        close_connection(table->ended.oldest);
    }
}

static void
expire(struct tcp_table *table, int64_t now)
{
    close_ended(table, now);
    while (oldest_expires(&table->open, now, table->streams.limits.idle_ns))
        close_connection(table->open.oldest);
}

/* Closes a connection that could not be kept. */
static void
give_up(struct tracked *c)
{
    c->pair.facts.is_given_up = !c->is_ended;
    c->pair.facts.silent_ns = tcp_elapsed(c->table->now_ns, c->since_ns);
    close_connection(c);
}

/* Makes room for one more connection: ended ones are closed first, then the one that was silent
 * longest. */
static void
make_room(struct tcp_table *table)
{
    while (table->n_connections >= MAX(table->streams.limits.connections, 1))
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
        if (foreign && c->pair.facts.has_channel)
            continue;
        give_up(c);
        done++;
    }
    return done;
}

bool
tcp_table_give_up(struct tcp_table *table)
{
    size_t n = table->n_connections / PARTS_TO_GIVE_UP + 1;
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
    c->pair.shared = &table->streams;
    c->hash = segment_hash(table, segment);
    c->since_ns = stamp.time_ns;
    c->pair.half[1].index = 1;
    c->pair.half[0].fin = c->pair.half[1].fin = TCP_UNKNOWN_OFFSET;
    c->pair.facts = (struct connection){
        .handshake_seen = (segment->flags & TCP_SYN) != 0,
        .first = stamp,
        .last = stamp,
    };
    c->pair.facts.endpoint[*side] = segment->source;
    c->pair.facts.endpoint[*side ^ 1] = segment->destination;

    bucket_push(table, c);
    list_append(&table->open, c);
    table->n_connections++;
    table->last = c;
    c->pair.user = table->streams.listener.opened(table->context, &c->pair.facts);
    /* The listener may have swapped the sides. */
    *side ^= c->pair.facts.is_swapped;
    return c;
}

/* Whether a SYN starts a new connection instead of belonging to the one with these ports. */
static bool
is_new_handshake(struct tracked *c, const struct segment *segment, unsigned side)
{
    const struct tcp_stream *half = tcp_stream_of(&c->pair, side);
    const struct tcp_stream *other = tcp_stream_of(&c->pair, side ^ 1);
    bool is_same = half->is_seen && half->isn == segment->sequence;

    if (!(segment->flags & TCP_ACK))
        return c->pair.facts.ending.how != OA_END_OPEN || (half->is_seen && !is_same);
    if (is_same || (!half->is_seen && c->pair.facts.ending.how == OA_END_OPEN))
        return false;
    /* A server may respond to a repeated SYN with a new initial sequence number, as long as the
     * first one was not used. */
    bool answers = other->is_seen && other->isn + 1 == segment->acknowledgment;
    return c->pair.facts.ending.how != OA_END_OPEN || !answers || half->next > 0 ||
           half->pending.pieces;
}

/* Handles what only a segment with SYN has: which connection it is, its sides, where the streams
 * start. */
static struct tracked *
handshake(struct tcp_table *table, struct tracked *c, const struct segment *segment, unsigned *side,
          struct oa_stamp stamp)
{
    bool is_syn_ack = (segment->flags & TCP_ACK) != 0;

    if (c && is_new_handshake(c, segment, *side)) {
        if (c->pair.facts.ending.how == OA_END_OPEN)
            c->pair.facts.ending =
                (struct oa_ending){ .how = OA_END_REPLACED, .time_ns = stamp.time_ns };
        close_connection(c);
        c = NULL;
    }
    if (!c)
        c = open_connection(table, segment, side, stamp);
    if (!c->pair.facts.handshake_seen) {
        bool is_unused =
            c->pair.facts.stream[0].payload_bytes + c->pair.facts.stream[1].payload_bytes == 0;

        if (is_unused && *side == (is_syn_ack ? OA_CLIENT : OA_SERVER)) {
            connection_swap(&c->pair.facts);
            *side ^= 1;
        }
        c->pair.facts.handshake_seen = true;
    }

    c->has_syn_ack |= is_syn_ack;
    struct tcp_stream *half = tcp_stream_of(&c->pair, *side),
                      *other = tcp_stream_of(&c->pair, *side ^ 1);
    if (!half->is_started || (is_syn_ack && half->isn != segment->sequence)) {
        tcp_stream_start(half, segment->sequence + 1);
        half->isn = segment->sequence;
        half->is_seen = true;
    }
    if (is_syn_ack && !other->is_started) {
        tcp_stream_start(other, segment->acknowledgment);
        other->isn = segment->acknowledgment - 1;
        other->is_seen = true;
    }
    return c;
}

static void
end_connection(struct tracked *c, struct tcp_stream *half, const struct segment *segment,
               struct oa_stamp stamp)
{
    bool is_reset = (segment->flags & TCP_RST) != 0;

    if (c->pair.facts.ending.how == OA_END_OPEN)
        c->pair.facts.closed_ns = stamp.time_ns;
    /* A reset that comes after both FINs ends nothing. */
    if (c->pair.facts.ending.how == OA_END_OPEN || (is_reset && !c->is_ended))
        c->pair.facts.ending =
            (struct oa_ending){ .how = is_reset ? OA_END_RESET : OA_END_FIN,
                                .by = (enum oa_side)tcp_stream_side(&c->pair, half),
                                .time_ns = stamp.time_ns,
                                .frame = stamp.frame };
    if (!is_reset) {
        if (half->is_started && half->fin == TCP_UNKNOWN_OFFSET)
            half->fin =
                tcp_stream_offset(half, segment->sequence + (segment->flags & TCP_SYN ? 1 : 0)) +
                segment->payload_length + segment->cut_length;
        half->is_finished = true;
        if (!c->pair.half[0].is_finished || !c->pair.half[1].is_finished)
            return;
    } else if (half->is_started) {
        half->reset = tcp_stream_offset(half, segment->sequence);
    }
    c->is_ended = true;
    c->since_ns = stamp.time_ns;
    list_remove(&c->table->open, c);
    list_append(&c->table->ended, c);
    if (!c->table->unfinished)
        c->table->unfinished = c;
}

/* One that was sent again does not show which of both was answered, [RFC 6298] section 3. */
static void
time_handshake(struct tracked *c, unsigned side, const struct segment *segment,
               struct oa_stamp stamp)
{
    bool is_syn = (segment->flags & TCP_SYN) != 0, is_ack = (segment->flags & TCP_ACK) != 0;

    if (c->is_timed)
        return;
    c->syns += is_syn && !is_ack;
    c->syn_acks += is_syn && is_ack;
    if (is_syn || side != OA_CLIENT)
        return;
    c->is_timed = true;
    c->pair.facts.has_round_trip =
        is_ack && !(segment->flags & TCP_RST) && c->syns == 1 && c->syn_acks == 1;
    c->pair.facts.round_trip_ns = MAX(stamp.time_ns - c->pair.facts.first.time_ns, 0);
}

static void
count_segment(struct tracked *c, unsigned side, const struct segment *segment,
              struct oa_stamp stamp)
{
    struct tcp_stream *half = tcp_stream_of(&c->pair, side);

    time_handshake(c, side, segment, stamp);
    struct connection_stream *stream = &c->pair.facts.stream[side];
    if (stream->frames++ == 0) {
        stream->lost_bytes += stream->unseen_bytes;
        stream->unseen_bytes = 0;
    }
    c->pair.facts.stream[side].wire_bytes += segment->ip_length;
    c->pair.facts.last.time_ns = MAX(c->pair.facts.last.time_ns, stamp.time_ns);
    c->pair.facts.last.frame = stamp.frame;
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

    if (!table->streams.first_ns)
        table->streams.first_ns = stamp.time_ns;
    table->now_ns = MAX(table->now_ns, stamp.time_ns);
    expire(table, stamp.time_ns);
    struct tracked *c = find(table, segment, &side);
    if (segment->flags & TCP_SYN)
        c = handshake(table, c, segment, &side, stamp);
    else if (!c)
        c = open_connection(table, segment, &side, stamp);

    struct tcp_stream *half = tcp_stream_of(&c->pair, side),
                      *other = tcp_stream_of(&c->pair, side ^ 1);
    count_segment(c, side, segment, stamp);
    /* What a reset acknowledges or carries is not part of the streams: stacks and middleboxes put
     * anything there. */
    if (!(segment->flags & TCP_RST)) {
        if (segment->flags & TCP_ACK)
            tcp_stream_acknowledge(other, segment->acknowledgment);
        tcp_stream_note_waiting(&c->pair, other);
        if (other->is_held && tcp_stream_shows_receipt(other, segment))
            tcp_stream_release(&c->pair, other);
        if (segment->payload_length > 0 || segment->cut_length > 0)
            tcp_stream_receive(&c->pair, half, segment, stamp);
    }
    bool ends = segment->flags & TCP_RST ? tcp_stream_takes_reset(half, segment)
                                         : (segment->flags & TCP_FIN) != 0;
    if (ends) {
        tcp_stream_release(&c->pair, half);
        tcp_stream_release(&c->pair, other);
        if (!c->is_ended)
            end_connection(c, half, segment, stamp);
    }
    if (tcp_stream_may_lack(half))
        tcp_stream_check_loss(&c->pair, half, stamp);
    if (tcp_stream_may_lack(other))
        tcp_stream_check_loss(&c->pair, other, stamp);
    tcp_stream_note_waiting(&c->pair, half);
    tcp_stream_note_waiting(&c->pair, other);
    if (table->streams.listener.counted)
        table->streams.listener.counted(c->pair.user, stamp);
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

void
tcp_table_silence(struct tcp_table *table, int64_t time_ns)
{
    if (time_ns >= table->now_ns)
        close_ended(table, time_ns);
}

struct tcp_table *
tcp_table_new(const struct tcp_listener *listener, void *context, const struct tcp_limits *limits)
{
    struct tcp_table *table = g_new0(struct tcp_table, 1);

    table->streams.listener = *listener;
    table->context = context;
    table->streams.limits = *limits;
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

    return left->pair.facts.number < right->pair.facts.number
               ? -1
               : left->pair.facts.number > right->pair.facts.number;
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
