/* interval_forget.c
 * Intervals that have been written are forgotten, so that what is kept does not grow with time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "intervals.h"

#include "busy_seconds.h"
#include "coverage.h"
#include "interval_connections.h"
#include "interval_row.h"
#include "interval_servers.h"

struct forgetting {
    struct server *server;
    int64_t begin_ns;
};

static gboolean
forget_packed(void *packed, void *value, void *data)
{
    const struct forgetting *forgetting = data;
    struct server *server = forgetting->server;

    (void)value;
    if (((const struct packed_interval *)packed)->start_ns >= forgetting->begin_ns)
        return FALSE;
    struct interval *row = interval_unpack(packed);
    if (!server->before)
        server->before = interval_new(forgetting->begin_ns);
    interval_merge(server->before, row);
    interval_free(row);
    return TRUE;
}

static bool
keep_none(void *context, struct interval *row)
{
    (void)context;
    (void)row;
    return false;
}

static void
forget_spans(GArray *spans, int64_t begin_ns)
{
    guint n = 0;

    for (guint i = 0; i < spans->len; i++) {
        struct span *span = &g_array_index(spans, struct span, i);
        if (span->to_ns <= begin_ns)
            continue;
        span->from_ns = MAX(span->from_ns, begin_ns);
        g_array_index(spans, struct span, n++) = *span;
    }
    g_array_set_size(spans, n);
}

static void
forget_active(GArray *active, int64_t begin_ns)
{
    guint n = 0;

    for (guint i = 0; i < active->len; i++) {
        const struct active *one = &g_array_index(active, struct active, i);
        if (one->start_ns >= begin_ns)
            g_array_index(active, struct active, n++) = *one;
    }
    g_array_set_size(active, n);
}

static void
forget_server(struct server *server, int64_t begin_ns)
{
    struct forgetting forgetting = { server, begin_ns };

    server_rows_each(server, keep_none, NULL); /* all are packed then */
    g_hash_table_foreach_remove(server->packed, forget_packed, &forgetting);
    for (int i = 0; i < SPANS; i++)
        forget_spans(server->spans[i], begin_ns);
    forget_active(server->active, begin_ns);
}

static gboolean
forget_whole(void *key, void *value, void *begin)
{
    struct server *whole = value;

    (void)key;
    forget_server(whole, *(const int64_t *)begin);
    for (guint i = 0; whole->parts && i < whole->parts->len; i++)
        forget_server(g_ptr_array_index(whole->parts, i), *(const int64_t *)begin);
    return FALSE;
}

static void
forget_session(void *key, void *value, void *begin)
{
    const struct session *session = value;
    int64_t begin_ns = *(const int64_t *)begin;

    (void)key;
    forget_active(session->active, begin_ns);
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (session->open[hop])
            forget_spans(session->open[hop], begin_ns);
}

void
intervals_end_at(struct intervals *intervals, size_t file, int64_t end_ns)
{
    coverage_take(intervals->coverage, file, end_ns);
    intervals->end_ns = end_ns;
}

void
intervals_forget(struct intervals *intervals, int64_t begin_ns)
{
    if (intervals->begin_ns != begin_ns) {
        busy_seconds_free(intervals->seconds);
        intervals->seconds = busy_seconds_new();
    }
    interval_settle_connections(intervals);
    intervals->begin_ns = begin_ns;
    user_identities_fill(intervals->users, false);
    coverage_forget(intervals->coverage, begin_ns);
    g_tree_foreach(intervals->servers, forget_whole, &begin_ns);
    g_hash_table_foreach(intervals->sessions, forget_session, &begin_ns);
}
