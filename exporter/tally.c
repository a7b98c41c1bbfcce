/* tally.c
 * The rows of a report that counts over the whole capture: found by key, bounded in number,
 * mergeable, written in order at the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tally.h"

struct tally {
    const struct report *report;
    const struct report_run *run; /* of the event that is taken; NULL before */
    GTree *rows;                  /* key and value: the row */
    bool is_full;                 /* by tally_fill() */
    void *rest;                   /* the row without a key; NULL until needed */
    GHashTable *sessions;         /* number -> struct counted, until the session ends */
};

/* Where the calls of a session are counted. */
struct counted {
    void *row;
    bool is_own; /* not in the tally: the session may turn out to be a part of another one */
    struct session_traffic *traffic; /* not yet counted; NULL: not wanted */
};

static void
counted_free(void *data)
{
    struct counted *counted = data;

    session_traffic_free(counted->traffic);
    g_free(counted);
}

static void *
new_row(const struct tally *tally, const void *key)
{
    void *row = g_malloc0(tally->report->rows->size);

    tally->report->rows->begin(row, key);
    return row;
}

static void *
begin_rest(struct tally *tally)
{
    if (!tally->rest)
        tally->rest = new_row(tally, NULL);
    return tally->rest;
}

void *
tally_find(const struct tally *tally, const void *key)
{
    return g_tree_lookup(tally->rows, key);
}

void *
tally_rest(const struct tally *tally)
{
    return tally->rest;
}

void *
tally_row(struct tally *tally, const void *key)
{
    void *row = tally_find(tally, key);

    if (row)
        return row;
    if (tally->is_full || (unsigned)g_tree_nnodes(tally->rows) >= tally->report->rows->max)
        return begin_rest(tally);
    row = new_row(tally, key);
    g_tree_insert(tally->rows, row, row);
    return row;
}

void
tally_add(const struct tally *tally, void *row, const void *other)
{
    if (!tally->report->rows->merges_all)
        columns_merge(tally->report->columns, tally->report->n_columns, row, other);
    if (tally->report->rows->merge)
        tally->report->rows->merge(row, other);
}

static void
clear_row(const struct tally *tally, void *row)
{
    if (tally->report->rows->clear)
        tally->report->rows->clear(row);
    g_free(row);
}

static gpointer
key_of(const struct oa_virtual_connection *vc)
{
    return GSIZE_TO_POINTER((gsize)vc->number);
}

/* The row of a session that has no row of its own any more from now on. */
static void *
choose_row(struct tally *tally, struct counted *counted, const struct oa_virtual_connection *vc)
{
    void *own = counted->is_own ? counted->row : NULL;

    if (own || !counted->row)
        counted->row = tally->report->rows->of_session(tally, vc);
    counted->is_own = false;
    if (own) {
        tally_add(tally, counted->row, own);
        clear_row(tally, own);
    }
    return counted->row;
}

static struct counted *
counted_of(struct tally *tally, const struct oa_virtual_connection *vc)
{
    struct counted *counted = g_hash_table_lookup(tally->sessions, key_of(vc));

    if (!counted) {
        counted = g_new0(struct counted, 1);
        counted->traffic = tally->report->rows->traffic ? session_traffic_new() : NULL;
        g_hash_table_insert(tally->sessions, key_of(vc), counted);
    }
    return counted;
}

static void
note_traffic(struct tally *tally, const struct oa_virtual_connection *vc, int64_t time_ns)
{
    const struct tally_rows *rows = tally->report->rows;

    if (rows->traffic)
        session_traffic_note(counted_of(tally, vc)->traffic, vc, rows->span_start(tally, time_ns));
}

static void
note_pdu(struct tally *tally, const struct oa_event *event)
{
    const struct tally_rows *rows = tally->report->rows;

    if (rows->traffic)
        session_traffic_note_hop(counted_of(tally, event->vc)->traffic, event->vc,
                                 event->channel->hop, rows->span_start(tally, event->last.time_ns));
}

struct counting {
    const struct tally_rows *rows;
    void *row;
};

static void
count_traffic(void *context, int64_t start_ns, const struct traffic_growth *growth)
{
    struct counting *counting = context;

    counting->rows->traffic(counting->row, start_ns, growth);
}

/* The row is chosen. */
static void
take_traffic(const struct tally *tally, const struct counted *counted,
             const struct oa_virtual_connection *vc)
{
    struct counting counting = { tally->report->rows, counted->row };

    if (counted->traffic)
        session_traffic_each(counted->traffic, vc, count_traffic, &counting);
}

static void
take_call(struct tally *tally, const struct oa_call *call)
{
    struct counted *counted = counted_of(tally, call->vc);

    if (call->vc->has_final_number) {
        choose_row(tally, counted, call->vc);
        take_traffic(tally, counted, call->vc);
    }
    if (!counted->row) {
        counted->is_own = true;
        counted->row = new_row(tally, NULL);
    }
    tally->report->rows->call(tally, counted->row, call);
}

/* The rows that were chosen for two sessions which are one. */
static void
join_rows(struct tally *tally, struct counted *whole, const struct counted *part)
{
    if (!part->row)
        return;
    if (!whole->row) {
        whole->row = part->row;
        whole->is_own = part->is_own;
        return;
    }
    tally_add(tally, whole->row, part->row);
    if (part->is_own)
        clear_row(tally, part->row);
}

/* What was counted under the number that is not used any more is of the whole. */
static void
take_join(struct tally *tally, const struct oa_virtual_connection *part)
{
    struct counted *counted = g_hash_table_lookup(tally->sessions, key_of(part));
    struct counted *whole = g_hash_table_lookup(tally->sessions, key_of(part->joined));

    if (!counted)
        return;
    g_hash_table_steal(tally->sessions, key_of(part));
    if (!whole) {
        g_hash_table_insert(tally->sessions, key_of(part->joined), counted);
        return;
    }
    if (counted->traffic)
        session_traffic_join(whole->traffic, counted->traffic);
    join_rows(tally, whole, counted);
    counted_free(counted);
}

static void
take_end(struct tally *tally, const struct oa_virtual_connection *vc)
{
    if (!oa_vc_is_foreign(vc)) {
        struct counted *counted = counted_of(tally, vc);
        void *row = choose_row(tally, counted, vc);

        note_traffic(tally, vc, vc->last.time_ns);
        take_traffic(tally, counted, vc);
        tally->report->rows->session(tally, row, vc);
    }
    g_hash_table_remove(tally->sessions, key_of(vc));
}

const struct report_run *
tally_run(const struct tally *tally)
{
    return tally->run;
}

void
tally_take_event(struct report_run *run, const struct oa_event *event)
{
    ((struct tally *)run->state)->run = run;
    if (event->type == OA_EVENT_RPC && event->vc)
        note_pdu(run->state, event);
    else if (event->type == OA_EVENT_CALL) {
        if (event->mapi)
            note_traffic(run->state, event->call->vc, event->last.time_ns);
        take_call(run->state, event->call);
    } else if (event->type == OA_EVENT_VC_JOINED)
        take_join(run->state, event->vc);
    else if (event->type == OA_EVENT_VC_CLOSED)
        take_end(run->state, event->vc);
}

void *
tally_new(const struct report *report)
{
    struct tally *tally = g_new0(struct tally, 1);

    tally->report = report;
    tally->rows = g_tree_new(report->rows->compare);
    tally->sessions = g_hash_table_new_full(NULL, NULL, NULL, counted_free);
    return tally;
}

struct merging {
    struct tally *into;
    GHashTable *moved; /* row of `from` -> row of `into` */
};

static gboolean
merge_keyed_row(void *key, void *row, void *data)
{
    struct merging *merging = data;
    void *into = tally_row(merging->into, key);

    tally_add(merging->into, into, row);
    g_hash_table_insert(merging->moved, row, into);
    return FALSE;
}

void
tally_merge(void *into, const void *from)
{
    const struct tally *other = from;
    struct merging merging = { into, g_hash_table_new(NULL, NULL) };
    GHashTableIter sessions;
    void *number, *value;

    g_tree_foreach(other->rows, merge_keyed_row, &merging);
    if (other->rest) {
        tally_add(into, begin_rest(into), other->rest);
        g_hash_table_insert(merging.moved, other->rest, begin_rest(into));
    }
    g_hash_table_iter_init(&sessions, other->sessions);
    while (g_hash_table_iter_next(&sessions, &number, &value)) {
        const struct counted *counted = value;
        struct counted *copy = g_new(struct counted, 1);

        *copy = *counted;
        copy->traffic = counted->traffic ? session_traffic_copy(counted->traffic) : NULL;
        copy->row = counted->is_own ? new_row(into, NULL)
                                    : g_hash_table_lookup(merging.moved, counted->row);
        if (copy->is_own)
            tally_add(into, copy->row, counted->row);
        g_hash_table_insert(merging.into->sessions, number, copy);
    }
    g_hash_table_unref(merging.moved);
}

struct taking {
    void (*take)(void *context, void *row);
    void *context;
};

static gboolean
take_row(void *key, void *row, void *data)
{
    const struct taking *taking = data;

    (void)key;
    taking->take(taking->context, row);
    return FALSE;
}

void
tally_each(const struct tally *tally, void (*take)(void *context, void *row), void *context)
{
    struct taking taking = { take, context };

    g_tree_foreach(tally->rows, take_row, &taking);
    if (tally->rest)
        take(context, tally->rest);
}

static void
write_row(void *run, void *row)
{
    report_row(run, row);
}

void
tally_finish(struct report_run *run)
{
    tally_write(run, run->state);
}

void
tally_write(struct report_run *run, const struct tally *tally)
{
    tally_each(tally, write_row, run);
}

static gboolean
free_row(void *key, void *row, void *tally)
{
    (void)key;
    clear_row(tally, row);
    return FALSE;
}

static void
free_own_row(void *key, void *value, void *tally)
{
    const struct counted *counted = value;

    (void)key;
    if (counted->is_own)
        clear_row(tally, counted->row);
}

static void
forget_row(void *key, void *value, void *data)
{
    struct counted *counted = value;

    (void)key;
    (void)data;
    if (!counted->is_own)
        counted->row = NULL;
}

void
tally_fill(void *state)
{
    ((struct tally *)state)->is_full = true;
}

void
tally_rotate(void *state)
{
    struct tally *tally = state;

    g_hash_table_foreach(tally->sessions, forget_row, NULL);
    g_tree_foreach(tally->rows, free_row, tally);
    g_tree_destroy(tally->rows);
    tally->rows = g_tree_new(tally->report->rows->compare);
    tally->is_full = false;
    if (tally->rest)
        clear_row(tally, tally->rest);
    tally->rest = NULL;
}

void
tally_free(void *state)
{
    struct tally *tally = state;

    g_tree_foreach(tally->rows, free_row, tally);
    if (tally->rest)
        clear_row(tally, tally->rest);
    g_hash_table_foreach(tally->sessions, free_own_row, tally);
    g_tree_destroy(tally->rows);
    g_hash_table_unref(tally->sessions);
    g_free(tally);
}
