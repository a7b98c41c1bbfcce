/* false_gaps.c
 * Where the clock of a capture was put forward, as the clocks of the hosts show.
 * [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "false_gaps.h"

#include <math.h>
#include <string.h>

#include "endpoint_hash.h"
#include "lower_bound.h"
#include "segment_facts.h"
#include "tick_rate.h"

#define CONVERSATIONS_MAX 4096
#define GAPS_MAX 1024

/* What a sender's clock showed before gaps, behind them, and at last before the next gap. */
struct crossing {
    uint64_t from, to; /* the gaps between the two, from + 1 to `to`; none: there is no crossing */
    struct tick_sighting before, behind;
};

/* The sender at one end of a connection. */
struct end {
    bool is_seen;
    uint64_t clock;                   /* of the capture: how often it had been put back */
    uint64_t gap;                     /* the number of the gap before `begin` */
    struct tick_sighting life;        /* since then there was no step, as far as is known */
    struct tick_sighting begin, last; /* since the gap */
    struct crossing crossing;
    struct tick_rate rate;
    uint64_t voted;            /* the gap that it holds for false; 0: none */
    struct tick_bounds bounds; /* by that, how far the clock was put forward */
};

/* A connection as it is seen on one interface. */
struct conversation {
    uint64_t key;
    struct end ends[2];
    bool has_two_hosts;
    GList link; /* the one that was silent longest first */
};

/* A pause in the capture. */
struct gap {
    uint64_t number; /* from 1 */
    uint64_t record;
    int64_t before_ns, behind_ns;
    bool is_refuted, is_false;
    struct tick_bounds bounds; /* if it is false */
};

struct false_gaps {
    int64_t slack_ns, window_ns;
    int64_t time_ns;   /* of the frame taken last */
    int64_t latest_ns; /* of those since the clock was put back */
    bool has_begun;
    uint64_t clock; /* how often it was put back */
    uint64_t n_gaps;
    uint64_t forgotten; /* the last gap that was forgotten undecided */
    GArray *open;       /* struct gap, by their numbers; those that are refuted go at times */
    GHashTable *table;  /* conversations by their keys */
    GQueue by_silence;
    uint64_t seed;
};

struct false_gaps *
false_gaps_new(int64_t window_ns)
{
    struct false_gaps *gaps = g_new0(struct false_gaps, 1);

    gaps->window_ns = window_ns;
    gaps->slack_ns = MAX(window_ns, FALSE_GAP_NS);
    gaps->open = g_array_new(FALSE, FALSE, sizeof(struct gap));
    gaps->table = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_queue_init(&gaps->by_silence);
    gaps->seed = hash_seed();
    return gaps;
}

void
false_gaps_free(struct false_gaps *gaps)
{
    if (!gaps)
        return;
    g_hash_table_unref(gaps->table);
    g_array_unref(gaps->open);
    g_free(gaps);
}

/* ---- gaps ---- */

static struct gap *
gap_at(const struct false_gaps *gaps, guint i)
{
    return &g_array_index(gaps->open, struct gap, i);
}

static int64_t
number_of(const void *gap)
{
    return (int64_t)((const struct gap *)gap)->number;
}

/* The first open gap of that number or a higher one. */
static guint
first_open(const struct false_gaps *gaps, uint64_t number)
{
    return lower_bound(gaps->open, (int64_t)number, number_of);
}

/* Of all that are open the older half if none is refuted. */
static void
forget_gaps(struct false_gaps *gaps)
{
    guint kept = 0;

    for (guint i = 0; i < gaps->open->len; i++)
        if (!gap_at(gaps, i)->is_refuted)
            *gap_at(gaps, kept++) = *gap_at(gaps, i);
    g_array_set_size(gaps->open, kept);
    if (kept <= GAPS_MAX / 2)
        return;
    gaps->forgotten = gap_at(gaps, kept - GAPS_MAX / 2 - 1)->number;
    g_array_remove_range(gaps->open, 0, kept - GAPS_MAX / 2);
}

/* A late frame shortens the gaps that it falls into: what is left may be no pause. */
static void
shorten_gaps(struct false_gaps *gaps, int64_t time_ns)
{
    for (guint i = gaps->open->len; i > 0 && gap_at(gaps, i - 1)->behind_ns > time_ns; i--) {
        struct gap *gap = gap_at(gaps, i - 1);

        gap->behind_ns = MAX(time_ns, gap->before_ns);
        gap->is_refuted |= tick_time(gap->before_ns, gap->behind_ns) <= (double)gaps->slack_ns;
    }
}

void
false_gaps_take_frame(struct false_gaps *gaps, uint64_t record, int64_t time_ns)
{
    gaps->time_ns = time_ns;
    if (!gaps->has_begun || tick_time(time_ns, gaps->latest_ns) > (double)gaps->window_ns) {
        gaps->clock += gaps->has_begun;
        gaps->has_begun = true;
    } else if (time_ns < gaps->latest_ns) {
        shorten_gaps(gaps, time_ns);
        return;
    } else if (tick_time(gaps->latest_ns, time_ns) > (double)gaps->slack_ns) {
        struct gap gap = { .number = ++gaps->n_gaps,
                           .record = record,
                           .before_ns = gaps->latest_ns,
                           .behind_ns = time_ns };
        if (gaps->open->len == GAPS_MAX)
            forget_gaps(gaps);
        g_array_append_val(gaps->open, gap);
    }
    gaps->latest_ns = time_ns;
}

/* ---- the clocks of the hosts ---- */

/* Both ends of the connection hold the gap for false. */
static void
decide(const struct false_gaps *gaps, struct gap *gap, const struct end *one,
       const struct end *other)
{
    if (!gap->is_false)
        gap->bounds = one->bounds;
    gap->is_false = true;
    gap->is_refuted |= !tick_bounds_unite(&gap->bounds, &one->bounds, (double)gaps->slack_ns) ||
                       !tick_bounds_unite(&gap->bounds, &other->bounds, (double)gaps->slack_ns);
}

/* What one end of a connection shows of the gaps that it has crossed: that none is false, or, of a
 * single one that may be, that it is. */
static void
judge(const struct false_gaps *gaps, struct conversation *conversation, int side)
{
    struct end *end = &conversation->ends[side], *other = &conversation->ends[side ^ 1];
    const struct crossing *crossing = &end->crossing;
    struct tick_bounds bounds, later;
    struct gap *only = NULL;
    unsigned n_open = 0;

    if (crossing->from == crossing->to || !tick_rate_is_known(&end->rate) ||
        !tick_rate_bounds(&end->rate, &crossing->before, &crossing->behind, &bounds) ||
        !tick_rate_bounds(&end->rate, &crossing->before, &end->last, &later))
        return;
    bool is_refuted = MIN(tick_rate_excess(&end->rate, &crossing->before, &crossing->behind),
                          later.high) < (double)gaps->slack_ns;
    for (guint i = first_open(gaps, crossing->from + 1);
         i < gaps->open->len && gap_at(gaps, i)->number <= crossing->to; i++) {
        gap_at(gaps, i)->is_refuted |= is_refuted;
        if (!gap_at(gaps, i)->is_refuted) {
            only = gap_at(gaps, i);
            n_open++;
        }
    }
    if (n_open != 1 || crossing->from < gaps->forgotten || !conversation->has_two_hosts ||
        bounds.low < (double)gaps->slack_ns)
        return;
    end->voted = only->number;
    end->bounds = bounds;
    if (other->voted == end->voted)
        decide(gaps, only, end, other);
}

/* A gap follows, or the end: what was seen since the last one is complete. */
static void
close_end(const struct false_gaps *gaps, struct conversation *conversation, int side)
{
    struct end *end = &conversation->ends[side];
    struct crossing *crossing = &end->crossing;

    tick_rate_learn(&end->rate, &end->begin, &end->last);
    tick_rate_learn_drift(&end->rate, &end->begin, &end->last, (double)gaps->slack_ns);
    judge(gaps, conversation, side);
    if (crossing->from != crossing->to) {
        tick_rate_learn(&end->rate, &crossing->before, &crossing->behind);
        if (fabs(tick_rate_excess(&end->rate, &crossing->before, &crossing->behind)) >
            (double)gaps->slack_ns)
            end->life = end->begin;
    }
    tick_rate_learn_drift(&end->rate, &end->life, &end->last, (double)gaps->slack_ns);
    crossing->from = crossing->to;
}

static void
close_conversation(const struct false_gaps *gaps, struct conversation *conversation)
{
    for (int side = 0; side < 2; side++)
        if (conversation->ends[side].is_seen)
            close_end(gaps, conversation, side);
}

static void
forget(struct false_gaps *gaps, struct conversation *conversation)
{
    close_conversation(gaps, conversation);
    g_queue_unlink(&gaps->by_silence, &conversation->link);
    g_hash_table_remove(gaps->table, &conversation->key);
}

static uint64_t
key_of(const struct false_gaps *gaps, unsigned interface, const struct segment *segment)
{
    return hash_mix(connection_hash(gaps->seed, &segment->source, &segment->destination) +
                    interface);
}

/* What was known is of another connection with the same ports. */
static void
begin_connection(struct false_gaps *gaps, unsigned interface, const struct segment *segment)
{
    uint64_t key = key_of(gaps, interface, segment);
    struct conversation *before = g_hash_table_lookup(gaps->table, &key);

    if (before)
        forget(gaps, before);
}

static struct conversation *
conversation_of(struct false_gaps *gaps, unsigned interface, const struct segment *segment)
{
    uint64_t key = key_of(gaps, interface, segment);
    struct conversation *conversation = g_hash_table_lookup(gaps->table, &key);

    if (conversation) {
        g_queue_unlink(&gaps->by_silence, &conversation->link);
    } else {
        if (g_hash_table_size(gaps->table) == CONVERSATIONS_MAX)
            forget(gaps, g_queue_peek_head(&gaps->by_silence));
        conversation = g_new0(struct conversation, 1);
        conversation->key = key;
        conversation->link.data = conversation;
        conversation->has_two_hosts = memcmp(segment->source.address, segment->destination.address,
                                             sizeof segment->source.address) != 0;
        g_hash_table_insert(gaps->table, &conversation->key, conversation);
    }
    g_queue_push_tail_link(&gaps->by_silence, &conversation->link);
    return conversation;
}

/* Nothing is known of the sender before this. */
static void
begin_end(const struct false_gaps *gaps, struct end *end, struct tick_sighting now)
{
    *end = (struct end){ .is_seen = true,
                         .clock = gaps->clock,
                         .gap = gaps->n_gaps,
                         .life = now,
                         .begin = now,
                         .last = now,
                         .rate = tick_rate_new() };
}

/* The same sender, behind one gap or several. */
static void
cross(struct false_gaps *gaps, struct conversation *conversation, int side,
      struct tick_sighting now)
{
    struct end *end = &conversation->ends[side];

    close_end(gaps, conversation, side);
    end->crossing = (struct crossing){ end->gap, gaps->n_gaps, end->last, now };
    end->gap = gaps->n_gaps;
    end->begin = now;
}

void
false_gaps_take_segment(struct false_gaps *gaps, unsigned interface, const struct segment *segment)
{
    struct tick_sighting now = { .time_ns = gaps->time_ns };

    if (segment->flags & TCP_SYN) {
        begin_connection(gaps, interface, segment);
        return;
    }
    if (segment->flags & TCP_RST || !segment_ticks(segment, &now.ticks))
        return;
    struct conversation *conversation = conversation_of(gaps, interface, segment);
    int side = segment_side(segment);
    struct end *end = &conversation->ends[side];

    if (!end->is_seen || end->clock != gaps->clock) {
        if (end->is_seen)
            close_end(gaps, conversation, side);
        begin_end(gaps, end, now);
        return;
    }
    /* Late, or another connection with the same ports. */
    if (number_is_before(now.ticks, end->last.ticks) || now.time_ns < end->last.time_ns) {
        if (tick_time(end->last.time_ns, now.time_ns) > (double)gaps->slack_ns)
            begin_end(gaps, end, now);
        return;
    }
    if (end->gap != gaps->n_gaps)
        cross(gaps, conversation, side, now);
    end->last = now;
}

/* A positive time, as far as the range goes. */
static int64_t
in_range(double time_ns)
{
    return time_ns < (double)INT64_MAX ? (int64_t)time_ns : INT64_MAX;
}

GArray *
false_gaps_end(struct false_gaps *gaps)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct false_gap));

    for (GList *link = gaps->by_silence.head; link; link = link->next)
        close_conversation(gaps, link->data);
    for (guint i = 0; i < gaps->open->len; i++) {
        const struct gap *gap = gap_at(gaps, i);
        struct false_gap one = {
            .record = gap->record,
            .gap_ns = (int64_t)MIN((uint64_t)gap->behind_ns - (uint64_t)gap->before_ns, INT64_MAX),
            .size_ns = in_range((gap->bounds.low + gap->bounds.high) / 2),
            .within_ns = in_range(fabs(gap->bounds.high - gap->bounds.low) / 2),
        };
        if (gap->is_false && !gap->is_refuted)
            g_array_append_val(found, one);
    }
    return found;
}
