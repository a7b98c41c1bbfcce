/* tally.c
 * The rows of a report that counts over the whole capture: found by key, bounded in number,
 * mergeable, written in order at the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tally.h"

struct tally {
    const struct report *report;
    GTree *rows;          /* key and value: the row */
    void *rest;           /* the row without a key; NULL until needed */
    GHashTable *sessions; /* number -> row, until the session ends */
};

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
    if ((unsigned)g_tree_nnodes(tally->rows) >= tally->report->rows->max)
        return begin_rest(tally);
    row = new_row(tally, key);
    g_tree_insert(tally->rows, row, row);
    return row;
}

void
tally_add(const struct tally *tally, void *row, const void *other)
{
    columns_merge(tally->report->columns, tally->report->n_columns, row, other);
    if (tally->report->rows->merge)
        tally->report->rows->merge(row, other);
}

static void *
row_of_session(struct tally *tally, const struct oa_virtual_connection *vc)
{
    void *number = GSIZE_TO_POINTER((gsize)vc->number);
    void *row = g_hash_table_lookup(tally->sessions, number);

    if (!row) {
        row = tally->report->rows->of_session(tally, vc);
        g_hash_table_insert(tally->sessions, number, row);
    }
    return row;
}

void
tally_take_event(struct report_run *run, const struct oa_event *event)
{
    struct tally *tally = run->state;

    if (event->type == OA_EVENT_CALL) {
        run->report->rows->call(row_of_session(tally, event->call->vc), event->call);
    } else if (event->type == OA_EVENT_VC_CLOSED && !oa_vc_is_foreign(event->vc)) {
        run->report->rows->session(tally, row_of_session(tally, event->vc), event->vc);
        g_hash_table_remove(tally->sessions, GSIZE_TO_POINTER((gsize)event->vc->number));
    }
}

void *
tally_new(const struct report *report)
{
    struct tally *tally = g_new0(struct tally, 1);

    tally->report = report;
    tally->rows = g_tree_new(report->rows->compare);
    tally->sessions = g_hash_table_new(NULL, NULL);
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
    void *number, *row;

    g_tree_foreach(other->rows, merge_keyed_row, &merging);
    if (other->rest) {
        tally_add(into, begin_rest(into), other->rest);
        g_hash_table_insert(merging.moved, other->rest, begin_rest(into));
    }
    g_hash_table_iter_init(&sessions, other->sessions);
    while (g_hash_table_iter_next(&sessions, &number, &row))
        g_hash_table_insert(merging.into->sessions, number,
                            g_hash_table_lookup(merging.moved, row));
    g_hash_table_unref(merging.moved);
}

static gboolean
write_row(void *key, void *row, void *run)
{
    (void)key;
    report_row(run, row);
    return FALSE;
}

void
tally_write(struct report_run *run)
{
    struct tally *tally = run->state;

    g_tree_foreach(tally->rows, write_row, run);
    if (tally->rest)
        report_row(run, tally->rest);
}

static gboolean
free_row(void *key, void *row, void *report)
{
    const struct tally_rows *rows = ((const struct report *)report)->rows;

    (void)key;
    if (rows->clear)
        rows->clear(row);
    g_free(row);
    return FALSE;
}

void
tally_free(void *state)
{
    struct tally *tally = state;

    g_tree_foreach(tally->rows, free_row, (void *)tally->report);
    if (tally->rest)
        free_row(NULL, tally->rest, (void *)tally->report);
    g_tree_destroy(tally->rows);
    g_hash_table_unref(tally->sessions);
    g_free(tally);
}
