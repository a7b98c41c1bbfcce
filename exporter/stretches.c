/* stretches.c
 * What TCP connections do in each file, by their sequence numbers, and how that goes on in another
 * file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stretches.h"

#include <string.h>

#include "connection.h"
#include "endpoint_hash.h"
#include "segment_facts.h"

/* Connections in files that are kept, at most. */
#define STRETCHES_MAX 32768

/* A flag of the TCP header. */
#define PSH 0x08

struct stretches {
    GHashTable *table; /* by their keys */
    struct stretch *last;
    uint64_t sampled; /* connections without any of these bits are watched */
    uint64_t seed;
};

struct stretches *
stretches_new(void)
{
    struct stretches *stretches = g_new0(struct stretches, 1);

    stretches->table = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    stretches->seed = hash_seed();
    return stretches;
}

void
stretches_free(struct stretches *stretches)
{
    g_hash_table_unref(stretches->table);
    g_free(stretches);
}

void
stretches_clear(struct stretches *stretches)
{
    g_hash_table_remove_all(stretches->table);
    stretches->last = NULL;
    stretches->sampled = 0;
}

GPtrArray *
stretches_all(const struct stretches *stretches)
{
    GPtrArray *all = g_ptr_array_sized_new(g_hash_table_size(stretches->table));
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, stretches->table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(all, value);
    return all;
}

static gboolean
is_of_no_use(gpointer key, gpointer value, gpointer data)
{
    const struct stretches *stretches = data;
    const struct stretch *stretch = value;

    (void)key;
    return (stretch->begins && stretch->is_ended) || stretch->connection & stretches->sampled;
}

/* Forgets connections that began and ended in one file, then half of all. */
static void
thin_out(struct stretches *stretches)
{
    stretches->last = NULL;
    g_hash_table_foreach_remove(stretches->table, is_of_no_use, stretches);
    while (g_hash_table_size(stretches->table) > STRETCHES_MAX / 2) {
        stretches->sampled = stretches->sampled << 1 | 1;
        g_hash_table_foreach_remove(stretches->table, is_of_no_use, stretches);
    }
}

/* As the handshake shows, or the ports. */
static int
client_of(const struct segment *segment)
{
    uint16_t from = segment->source.port, to = segment->destination.port;
    int side = segment_side(segment);

    if (segment->flags & TCP_SYN)
        return segment->flags & TCP_ACK ? side ^ 1 : side;
    if (connection_sent_by_server(from, to))
        return side ^ 1;
    return connection_sent_by_server(to, from) ? side : NOBODY;
}

static uint64_t
hosts_of(const struct stretches *stretches, const struct segment *segment)
{
    struct oa_endpoint hosts[2] = { segment->source, segment->destination };

    hosts[0].port = hosts[1].port = 0;
    if (memcmp(hosts[0].address, hosts[1].address, sizeof hosts[0].address) == 0)
        return 0;
    return connection_hash(stretches->seed, &hosts[0], &hosts[1]);
}

/* NULL: the connection is none of those that are watched. */
static struct stretch *
stretch_of(struct stretches *stretches, size_t file, const struct segment *segment, int64_t time_ns)
{
    uint64_t connection = connection_hash(stretches->seed, &segment->source, &segment->destination);
    uint64_t key = hash_mix(connection + file);
    struct stretch *stretch = stretches->last;

    if (connection & stretches->sampled)
        return NULL;
    if (!stretch || stretch->key != key)
        stretch = g_hash_table_lookup(stretches->table, &key);
    if (!stretch) {
        if (g_hash_table_size(stretches->table) == STRETCHES_MAX)
            thin_out(stretches);
        stretch = g_new0(struct stretch, 1);
        *stretch = (struct stretch){ .key = key,
                                     .connection = connection,
                                     .hosts = hosts_of(stretches, segment),
                                     .file = file,
                                     .first_ns = time_ns,
                                     .begins = (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN,
                                     .first_payload = NOBODY,
                                     .last_payload = NOBODY,
                                     .client = client_of(segment) };
        g_hash_table_insert(stretches->table, &stretch->key, stretch);
    }
    stretches->last = stretch;
    return stretch;
}

/* Another connection with the same ports: how the file ends is that one's, how it began is not. */
static void
begin_anew(struct stretch *stretch)
{
    for (int side = 0; side < 2; side++)
        stretch->way[side].is_seen = stretch->way[side].is_acked = false;
    stretch->is_reused = true;
    stretch->is_ended = false;
}

static void
take_ticks(struct way *way, const struct segment *segment, int64_t time_ns)
{
    struct tick_sighting now = { .time_ns = time_ns };

    if (!segment_ticks(segment, &now.ticks))
        return;
    if (!way->has_ticks)
        way->first_tick = now;
    if (!way->has_ticks || number_is_before(way->last_tick.ticks, now.ticks))
        way->last_tick = now;
    way->has_ticks = true;
}

static void
take_payload(struct stretch *stretch, int side, const struct segment *segment)
{
    struct way *way = &stretch->way[side];

    if (stretch->first_payload == NOBODY)
        stretch->first_payload = side;
    stretch->last_payload = side;
    way->has_pushed |= (segment->flags & PSH) != 0;
    way->is_mid_burst = !(segment->flags & PSH);
}

void
stretches_take(struct stretches *stretches, size_t file, const struct segment *segment,
               int64_t time_ns)
{
    struct stretch *stretch = stretch_of(stretches, file, segment, time_ns);
    uint32_t length = segment->payload_length + segment->cut_length;
    uint32_t end =
        segment->sequence + length + !!(segment->flags & TCP_SYN) + !!(segment->flags & TCP_FIN);
    int side = segment_side(segment);

    if (!stretch)
        return;
    stretch->last_ns = MAX(stretch->last_ns, time_ns);
    if (segment->flags & TCP_RST) { /* its numbers may be anything */
        stretch->is_ended = true;
        return;
    }
    struct way *way = &stretch->way[side], *other = &stretch->way[side ^ 1];
    if ((segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && way->is_seen &&
        way->next != segment->sequence + 1)
        begin_anew(stretch);
    if (!way->is_seen && !stretch->is_reused) {
        way->first = segment->sequence;
        way->first_acks = segment->acknowledgment;
        way->first_is_empty = length == 0 && stretch->first_payload == NOBODY;
    }
    if (!way->is_seen || number_is_before(way->next, end))
        way->next = end;
    way->is_seen = true;
    if (segment->flags & TCP_ACK &&
        (!other->is_acked || number_is_before(other->acked, segment->acknowledgment))) {
        other->acked = segment->acknowledgment;
        other->is_acked = true;
    }
    take_ticks(way, segment, time_ns);
    if (length)
        take_payload(stretch, side, segment);
    stretch->is_ended |= (segment->flags & TCP_FIN) && other->is_acked && other->acked == end;
}

/* ---- how they go on ---- */

bool
stretch_follows(const struct stretch *from, const struct stretch *to)
{
    bool any = false;

    for (int side = 0; side < 2; side++) {
        const struct way *before = &from->way[side], *after = &to->way[side];
        if (!before->is_seen || !after->is_seen)
            continue;
        if (before->next != after->first)
            return false;
        any = true;
    }
    return any && !to->begins;
}

/* Whether more of the bytes that one side sent are in both than are sent again after a loss: most
 * of those in one of them. */
static bool
have_same_bytes(const struct way *a, const struct way *b)
{
    int32_t ahead = (int32_t)(b->first - a->first), length = (int32_t)(a->next - a->first);
    int32_t other = (int32_t)(b->next - b->first), begin = MAX(ahead, 0);
    int64_t same = MIN((int64_t)length, (int64_t)ahead + other) - begin;

    return same > 0 && same * 2 > MIN(length, other);
}

bool
stretch_is_parallel(const struct stretch *a, const struct stretch *b)
{
    for (int side = 0; side < 2; side++)
        if (a->way[side].is_seen && b->way[side].is_seen && !a->is_reused && !b->is_reused &&
            have_same_bytes(&a->way[side], &b->way[side]))
            return true;
    return false;
}

bool
stretch_is_in_time(const struct stretch *from, const struct stretch *to)
{
    for (int side = 0; side < 2; side++) {
        const struct way *sent = &from->way[side], *goes_on = &to->way[side];
        const struct way *receiver = &to->way[side ^ 1];
        bool is_waiting =
            sent->is_seen && (!sent->is_acked || number_is_before(sent->acked, sent->next));

        if (is_waiting && receiver->is_seen && receiver->first_is_empty &&
            receiver->first_acks == sent->next)
            return true;
        if (sent->is_mid_burst && sent->has_pushed && goes_on->is_seen &&
            to->first_payload == side && goes_on->first == sent->next)
            return true;
    }
    return false;
}

uint32_t
stretch_ticks_between(const struct stretch *from, const struct stretch *to)
{
    uint32_t least = UINT32_MAX;

    for (int side = 0; side < 2; side++) {
        const struct way *before = &from->way[side], *after = &to->way[side];
        if (before->has_ticks && after->has_ticks && !from->is_reused && !to->is_reused &&
            !number_is_before(after->first_tick.ticks, before->last_tick.ticks))
            least = MIN(least, after->first_tick.ticks - before->last_tick.ticks);
    }
    return least;
}

bool
stretch_is_answered(const struct stretch *from, const struct stretch *to)
{
    return from->client != NOBODY && from->last_payload == from->client &&
           to->first_payload == (from->client ^ 1);
}

int64_t
stretch_progress(const struct stretch *stretch, const struct stretch *since, bool at_end)
{
    int64_t sum = 0;

    for (int side = 0; side < 2; side++) {
        const struct way *way = &stretch->way[side], *base = &since->way[side];
        if (way->is_seen && base->is_seen)
            sum += (int32_t)((at_end ? way->next : way->first) - base->first);
    }
    return sum;
}
