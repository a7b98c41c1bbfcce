/* interval_levels.c
 * What is known only at the end: how many of something were open at once, and which users, from the
 * spans; then the rows of each server in order of time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_levels.h"

#include <string.h>

#include "column.h"
#include "busy_seconds.h"
#include "coverage.h"
#include "interval_connections.h"
#include "interval_outstanding.h"
#include "interval_row.h"
#include "interval_servers.h"
#include "intervals.h"
#include "lower_bound.h"
#include "period.h"

/* Intervals are listed at all servers together, so many and one for each frame. Beyond, as with a
 * frame whose time is wrong by a year, only those with traffic are. */
#define LISTED_ANYWAY 100000

struct server_sessions {
    const struct intervals *intervals;
    const GArray *spans;
    const GArray *active;
};

/* --- the end: levels and users from spans --- */

static int
compare_edges(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* The spans as their ends, in order of time: odd if it begins, even if it ends, so that ends come
 * first. */
static GArray *
edges_of(const struct intervals *intervals, const GArray *spans)
{
    GArray *edges = g_array_sized_new(FALSE, FALSE, sizeof(int64_t), 2 * spans->len);

    for (guint i = 0; i < spans->len; i++) {
        const struct span *span = &g_array_index(spans, struct span, i);
        int64_t from = span->was_before ? coverage_begin_of(intervals->coverage, span->from_ns)
                                        : span->from_ns;
        int64_t begin = from | 1, end = span->to_ns & ~INT64_C(1);
        if (end <= begin)
            continue;
        g_array_append_val(edges, begin);
        g_array_append_val(edges, end);
    }
    g_array_sort(edges, compare_edges);
    return edges;
}

struct walk {
    const struct intervals *intervals;
    const struct server_load *load;
    size_t level_at; /* offset of the level in a row */
    size_t row;
};

/* So many were open between the two times. */
static void
add_level(struct walk *walk, int64_t from_ns, int64_t to_ns, uint64_t level)
{
    int64_t length_ns = walk->intervals->settings.interval_ns;
    struct interval *rows = walk->load->interval;

    while (walk->row < walk->load->n && rows[walk->row].start_ns + length_ns <= from_ns)
        walk->row++;
    for (size_t i = walk->row; level && i < walk->load->n && rows[i].start_ns < to_ns; i++) {
        int64_t begin = MAX(from_ns, rows[i].start_ns);
        int64_t end = MIN(to_ns, rows[i].start_ns + length_ns);
        struct interval_level *sum = (void *)((char *)&rows[i] + walk->level_at);

        if (begin >= end)
            continue;
        sum->max = MAX(sum->max, level);
        sum->mean += (double)level * (double)coverage_within(walk->intervals->coverage, begin, end);
    }
}

static void
add_levels(const struct intervals *intervals, const struct server_load *load, const GArray *spans,
           size_t level_at)
{
    struct walk walk = { intervals, load, level_at, 0 };
    GArray *edges = edges_of(intervals, spans);
    int64_t before = load->n ? load->interval[0].start_ns : 0;
    uint64_t level = 0;

    for (guint i = 0; i < edges->len; i++) {
        int64_t edge = g_array_index(edges, int64_t, i);
        if (edge > before) {
            add_level(&walk, before, edge, level);
            before = edge;
        }
        level += edge & 1 ? 1 : (uint64_t)-1;
    }
    g_array_unref(edges);
    for (size_t i = 0; i < load->n; i++) {
        struct interval_level *sum = (void *)((char *)&load->interval[i] + level_at);
        double covered = (double)load->interval[i].covered_ns;
        sum->mean = covered > 0 ? sum->mean / covered : NO_RATIO;
    }
}

/* The first row that ends after the time. */
static size_t
row_after(const struct server_load *load, int64_t length_ns, int64_t time_ns)
{
    size_t low = 0, high = load->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load->interval[middle].start_ns <= time_ns - length_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int
compare_user_spans(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    if (left->user != right->user)
        return left->user < right->user ? -1 : 1;
    return interval_compare_spans(a, b);
}

/* Each user counts once in an interval, sessions without a name each. The number in a row is the
 * sum of the changes up to it. */
static void
add_users(const struct intervals *intervals, const struct server_load *load, GArray *sessions)
{
    int64_t *change = g_new0(int64_t, load->n + 1), *anonymous = g_new0(int64_t, load->n + 1);
    int64_t length_ns = intervals->settings.interval_ns, users = 0, unknown = 0;
    uint32_t user = USER_ANONYMOUS;
    size_t next = 0; /* the first row that does not yet have the user */

    g_array_sort(sessions, compare_user_spans);
    for (guint i = 0; i < sessions->len; i++) {
        const struct span *span = &g_array_index(sessions, struct span, i);
        int64_t from = span->was_before ? coverage_begin_of(intervals->coverage, span->from_ns)
                                        : span->from_ns;
        size_t first = row_after(load, length_ns, from);
        size_t end = row_after(load, length_ns, MAX(span->to_ns, from + 1) - 1);

        end = MIN(end + 1, load->n);
        if (span->is_anonymous) {
            anonymous[first]++;
            anonymous[MAX(end, first)]--;
        }
        if (span->user == USER_ANONYMOUS)
            continue;
        if (span->user != user)
            next = 0;
        user = span->user;
        first = MAX(first, next);
        if (first < end) {
            change[first]++;
            change[end]--;
            next = end;
        }
    }
    for (size_t i = 0; i < load->n; i++) {
        load->interval[i].users_open = (uint64_t)(users += change[i]);
        load->interval[i].anonymous_sessions = (uint64_t)(unknown += anonymous[i]);
    }
    g_free(change);
    g_free(anonymous);
}

static int
compare_active(const void *a, const void *b)
{
    const struct active *left = a, *right = b;

    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    return left->user < right->user ? -1 : left->user > right->user;
}

static void
add_active_users(const struct server_load *load, GArray *active)
{
    size_t row = 0;

    g_array_sort(active, compare_active);
    for (guint i = 0; i < active->len; i++) {
        const struct active *one = &g_array_index(active, struct active, i);
        if (i > 0 && compare_active(one, one - 1) == 0)
            continue;
        while (row < load->n && load->interval[row].start_ns < one->start_ns)
            row++;
        if (row < load->n && load->interval[row].start_ns == one->start_ns)
            load->interval[row].users_active++;
    }
}

static int
compare_rows(const void *a, const void *b)
{
    const struct interval *left = a, *right = b;

    return left->start_ns < right->start_ns ? -1 : left->start_ns > right->start_ns;
}

struct listing {
    GArray *list; /* of struct interval */
    int64_t first_ns, length_ns;
    bool lists_all; /* else only those with traffic, as they come */
};

static bool
list_row(void *context, struct interval *row)
{
    const struct listing *listing = context;
    uint64_t at =
        ((uint64_t)row->start_ns - (uint64_t)listing->first_ns) / (uint64_t)listing->length_ns;

    if (listing->lists_all && at >= listing->list->len)
        return false;
    if (listing->lists_all)
        g_array_index(listing->list, struct interval, at) = *row;
    else
        g_array_append_vals(listing->list, row, 1);
    g_free(row); /* its histograms belong to the list */
    return true;
}

/* Whether so many at each server are no more than the captures are worth. */
static bool
may_list(const struct intervals *intervals, uint64_t n)
{
    uint64_t n_servers = (uint64_t)MAX(g_tree_nnodes(intervals->servers), 1);

    return n <= (LISTED_ANYWAY + intervals->n_frames) / n_servers;
}

/* All intervals of the captures, with those of the server among them. */
static void
list_rows(struct intervals *intervals, struct server *server, struct server_load *load)
{
    int64_t length_ns = intervals->settings.interval_ns, first_ns = 0, last_ns;
    uint64_t n = 0;

    if (intervals_span(intervals, &first_ns, &last_ns))
        n = ((uint64_t)interval_start(intervals, MIN(last_ns, intervals->end_ns - 1)) -
             (uint64_t)interval_start(intervals, first_ns)) /
                (uint64_t)length_ns +
            1;
    struct listing listing = { .list = g_array_new(FALSE, TRUE, sizeof(struct interval)),
                               .first_ns = interval_start(intervals, first_ns),
                               .length_ns = length_ns,
                               .lists_all = may_list(intervals, n) };
    for (uint64_t i = 0; listing.lists_all && i < n; i++) {
        struct interval empty = { .start_ns = listing.first_ns + (int64_t)i * length_ns };
        g_array_append_val(listing.list, empty);
    }
    server_rows_each(server, list_row, &listing);
    g_array_sort(listing.list, compare_rows);
    load->n = listing.list->len;
    load->interval = (struct interval *)(void *)g_array_free(listing.list, FALSE);
}

/* To the calls whose time was summed up, those that began too long before. */
static void
add_outstanding(const struct intervals *intervals, const struct server_load *load,
                const GArray *spans)
{
    int64_t length_ns = intervals->settings.interval_ns;

    add_levels(intervals, load, spans, offsetof(struct interval, outstanding));
    for (guint i = 0; i < spans->len; i++) {
        const struct span *span = &g_array_index(spans, struct span, i);
        for (size_t row = row_after(load, length_ns, span->from_ns);
             row < load->n && load->interval[row].start_ns < span->to_ns; row++) {
            struct interval *at = &load->interval[row];
            at->outstanding_most +=
                at->outstanding_most_ns >= span->from_ns && at->outstanding_most_ns < span->to_ns;
        }
    }
    for (size_t i = 0; i < load->n; i++) {
        struct interval *row = &load->interval[i];
        row->outstanding.max = MAX(row->outstanding.max, row->outstanding_most);
        if (row->covered_ns > 0)
            row->outstanding.mean += (double)row->outstanding_ns / (double)row->covered_ns;
    }
}

/* Which rows have estimated calls or sessions. */
static void
add_estimates(const struct intervals *intervals, const struct server_load *load,
              const GArray *sessions)
{
    int64_t length_ns = intervals->settings.interval_ns;

    for (size_t i = 0; i < load->n; i++) {
        load->interval[i].is_estimated = load->interval[i].estimated_calls > 0;
        load->interval[i].confidence = NO_RATIO;
    }
    for (guint i = 0; i < sessions->len; i++) {
        const struct span *span = &g_array_index(sessions, struct span, i);
        size_t row = span->is_estimated ? row_after(load, length_ns, span->from_ns) : load->n;
        for (; row < load->n && load->interval[row].start_ns <= span->to_ns; row++) {
            struct interval *at = &load->interval[row];
            bool is_least = at->confidence == NO_RATIO || span->confidence < at->confidence;
            at->confidence = is_least ? span->confidence : at->confidence;
            at->is_estimated = true;
        }
    }
}

static void
finish_rows(const struct intervals *intervals, const struct server *server,
            const struct server_load *load)
{
    int64_t length_ns = intervals->settings.interval_ns;

    for (size_t i = 0; i < load->n; i++) {
        struct interval *row = &load->interval[i];
        row->covered_ns =
            coverage_within(intervals->coverage, row->start_ns, row->start_ns + length_ns);
        row->has_step = oa_clock_stepped_within(intervals->clock_steps, row->start_ns,
                                                row->start_ns + length_ns);
    }
    add_levels(intervals, load, server->spans[CONNECTIONS], offsetof(struct interval, connections));
    add_levels(intervals, load, server->spans[CHANNELS], offsetof(struct interval, channels));
    add_levels(intervals, load, server->spans[SESSIONS], offsetof(struct interval, sessions));
    add_outstanding(intervals, load, server->spans[OUTSTANDING]);
    add_estimates(intervals, load, server->spans[SESSIONS]);
    add_users(intervals, load, server->spans[SESSIONS]);
    add_active_users(load, server->active);
    for (guint i = 0; i < server->spans[ONE_WAY]->len; i++) {
        const struct span *span = &g_array_index(server->spans[ONE_WAY], struct span, i);
        for (size_t row = row_after(load, length_ns, span->from_ns);
             row < load->n && load->interval[row].start_ns < span->to_ns; row++)
            load->interval[row].is_one_way = true;
    }
}

static bool
merge_row(void *context, struct interval *row)
{
    interval_merge(server_row_starting(context, row->start_ns), row);
    return false;
}

static gboolean
merge_server(void *key, void *value, void *data)
{
    struct server *server = value, *all = data;

    (void)key;
    server_rows_each(server, merge_row, all);
    for (int i = 0; i < SPANS; i++)
        interval_append(all->spans[i], server->spans[i]);
    interval_append(all->active, server->active);
    all->has_packets |= server->has_packets;
    return FALSE;
}

/* --- what the reports get --- */

/* What a proxy did from its inner address, where clients do not reach it, counts at the other. */
static bool
move_row(void *context, struct interval *row)
{
    struct interval *into = server_row_starting(context, row->start_ns);

    into->backend_attempts += row->backend_attempts;
    into->backend_failed += row->backend_failed;
    return false;
}

static gboolean
move_to_front(void *key, void *value, void *data)
{
    struct server *inside = value;

    (void)key;
    if (!inside->front || inside->is_proxy)
        return FALSE;
    struct server *at = server_part(data, inside->front, SERVICE_RPC_OVER_HTTP);
    for (; at; at = at->whole)
        server_rows_each(inside, move_row, at);
    g_hash_table_remove_all(inside->packed);
    return FALSE;
}

static void
finish_outstanding(struct server *server)
{
    if (server->outstanding)
        outstanding_finish(server->outstanding);
}

/* From the numbers of names to those of users. */
static void
name_users(const struct intervals *intervals, struct server *server)
{
    guint n = 0;

    for (guint i = 0; i < server->spans[SESSIONS]->len; i++) {
        struct span *span = &g_array_index(server->spans[SESSIONS], struct span, i);
        span->user = user_identity(intervals->users, span->user);
    }
    for (guint i = 0; i < server->active->len; i++) {
        struct active *active = &g_array_index(server->active, struct active, i);
        active->user = user_identity(intervals->users, active->user);
        if (active->user != USER_ANONYMOUS)
            g_array_index(server->active, struct active, n++) = *active;
    }
    g_array_set_size(server->active, n);
}

/* The whole, and then its parts. */
static gboolean
settle_server(void *key, void *value, void *data)
{
    struct server *whole = value;

    (void)key;
    finish_outstanding(whole);
    name_users(data, whole);
    for (guint i = 0; whole->parts && i < whole->parts->len; i++) {
        finish_outstanding(g_ptr_array_index(whole->parts, i));
        name_users(data, g_ptr_array_index(whole->parts, i));
    }
    return FALSE;
}

static void
settle(struct intervals *intervals)
{
    if (intervals->is_settled)
        return;
    interval_settle_connections(intervals);
    if (intervals->begin_ns != INT64_MIN)
        intervals_forget(intervals, intervals->begin_ns);
    coverage_settle(intervals->coverage, intervals->settings.max_gap_ns);
    g_tree_foreach(intervals->servers, move_to_front, intervals);
    user_identities_settle(intervals->users);
    g_tree_foreach(intervals->servers, settle_server, intervals);
    intervals->is_settled = true;
}

bool
intervals_span(struct intervals *intervals, int64_t *first_ns, int64_t *last_ns)
{
    settle(intervals);
    return coverage_span(intervals->coverage, first_ns, last_ns);
}

int64_t
intervals_covered(struct intervals *intervals, int64_t from_ns, int64_t to_ns)
{
    settle(intervals);
    return coverage_within(intervals->coverage, from_ns, to_ns);
}

void
intervals_each_piece(struct intervals *intervals,
                     void (*take)(void *context, int64_t first_ns, int64_t last_ns), void *context)
{
    settle(intervals);
    coverage_each_piece(intervals->coverage, take, context);
}

bool
intervals_busiest_second(struct intervals *intervals, int64_t *start_ns, double *calls_per_s)
{
    settle(intervals);
    return busy_seconds_greatest(intervals->seconds, intervals->coverage, start_ns, calls_per_s);
}

struct giving {
    struct intervals *intervals;
    void (*take)(void *context, const struct server_load *server);
    void *context;
};

static gboolean
add_service(void *service, void *value, void *text)
{
    (void)value;
    if (((GString *)text)->len)
        g_string_append_c(text, ';');
    g_string_append(text, service);
    return FALSE;
}

static char *
services_of(const struct server *server)
{
    GString *text = g_string_new(NULL);

    g_tree_foreach(server->services, add_service, text);
    return g_string_free(text, FALSE);
}

/* A server as a whole, or one service of it. */
static void
give(const struct giving *giving, struct server *server)
{
    struct server *whole = server_whole(server);
    struct server_sessions sessions = { giving->intervals, server->spans[SESSIONS],
                                        server->active };
    struct server_load load = { .name = server_name(server),
                                .address = server->is_all ? NULL : server->address,
                                .role = server->role,
                                .has_packets = server->has_packets,
                                .is_back_end_only = server->role == ROLE_PROXY &&
                                                    !whole->is_proxy && !server->is_all,
                                .service = server->whole ? server->service : NULL,
                                .sessions = &sessions };

    if (load.is_back_end_only && (whole->front || !whole->has_back_end))
        return;
    g_autofree char *services = server->whole ? g_strdup(server->service) : services_of(server);
    load.services = services;
    list_rows(giving->intervals, server, &load);
    finish_rows(giving->intervals, server, &load);
    giving->take(giving->context, &load);
    for (size_t i = 0; i < load.n; i++)
        interval_clear(&load.interval[i]);
    g_free(load.interval);
}

static gboolean
give_whole(void *key, void *value, void *data)
{
    (void)key;
    give(data, value);
    return FALSE;
}

static int
compare_services(const void *a, const void *b)
{
    const struct server *const *left = a, *const *right = b;

    return strcmp((*left)->service, (*right)->service);
}

static gboolean
give_parts(void *key, void *value, void *data)
{
    struct server *whole = value;

    give_whole(key, whole, data);
    if (!whole->parts)
        return FALSE;
    g_ptr_array_sort(whole->parts, compare_services);
    for (guint i = 0; i < whole->parts->len; i++)
        give(data, g_ptr_array_index(whole->parts, i));
    return FALSE;
}

void
intervals_each(struct intervals *intervals,
               void (*take)(void *context, const struct server_load *server), void *context)
{
    struct giving giving = { intervals, take, context };

    settle(intervals);
    g_tree_foreach(intervals->servers, give_whole, &giving);
}

void
intervals_each_service(struct intervals *intervals,
                       void (*take)(void *context, const struct server_load *server), void *context)
{
    static const uint8_t NOWHERE[16];
    struct giving giving = { intervals, take, context };

    settle(intervals);
    g_tree_foreach(intervals->servers, give_parts, &giving);
    if (g_tree_nnodes(intervals->servers) == 0)
        return;
    struct server *all = server_new(ROLE_PROXY, NOWHERE);
    all->is_all = true;
    g_tree_foreach(intervals->servers, merge_server, all);
    give(&giving, all);
    server_free(all);
}

static int64_t
from_of(const struct server_sessions *sessions, const struct span *span)
{
    return span->was_before ? coverage_begin_of(sessions->intervals->coverage, span->from_ns)
                            : span->from_ns;
}

uint64_t
server_users(const struct server_load *server, int64_t from_ns, int64_t to_ns)
{
    const struct server_sessions *sessions = server->sessions;
    uint32_t user = USER_ANONYMOUS; /* counted last: the sessions are in order of users */
    uint64_t n = 0;

    for (guint i = 0; i < sessions->spans->len; i++) {
        const struct span *span = &g_array_index(sessions->spans, struct span, i);
        int64_t from = from_of(sessions, span);
        if (span->user == user || from >= to_ns || span->to_ns <= from_ns)
            continue;
        user = span->user;
        n++;
    }
    return n;
}

static int64_t
start_of_active(const void *active)
{
    return ((const struct active *)active)->start_ns;
}

uint64_t
server_active_users(const struct server_load *server, int64_t from_ns, int64_t to_ns)
{
    const GArray *active = server->sessions->active;
    GHashTable *users = g_hash_table_new(NULL, NULL);

    for (guint i = lower_bound(active, from_ns, start_of_active); i < active->len; i++) {
        const struct active *one = &g_array_index(active, struct active, i);
        if (one->start_ns >= to_ns)
            break;
        g_hash_table_add(users, GUINT_TO_POINTER(one->user));
    }
    uint64_t n = g_hash_table_size(users);
    g_hash_table_unref(users);
    return n;
}

uint64_t
server_rop_user_days(const struct server_load *server, int64_t from_ns, int64_t to_ns)
{
    const struct server_sessions *sessions = server->sessions;
    g_autoptr(GHashTable) days = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    for (guint i = 0; i < sessions->active->len; i++) {
        const struct active *one = &g_array_index(sessions->active, struct active, i);
        if (!one->has_rops || one->start_ns < from_ns || one->start_ns >= to_ns)
            continue;
        int64_t day_ns = day_start(one->start_ns, sessions->intervals->settings.utc_offset_ns);
        int64_t key = day_ns / NS_PER_S ^ (int64_t)one->user << 36;
        g_hash_table_add(days, g_memdup2(&key, sizeof key));
    }
    return g_hash_table_size(days);
}

/* The programs by their time, most first; consumes the times. */
static char *
programs_text(const struct intervals *intervals, double *time, double sum)
{
    GString *text = g_string_new(NULL);

    for (guint n = 1; sum > 0 && n < intervals->programs->len; n++) {
        guint most = 1;
        for (guint i = 2; i < intervals->programs->len; i++)
            if (time[i] > time[most])
                most = i;
        if (time[most] <= 0)
            break;
        g_string_append_printf(text, "%s%s:%.4f", text->len ? ";" : "",
                               (const char *)g_ptr_array_index(intervals->programs, most),
                               time[most] / sum);
        time[most] = 0;
    }
    g_free(time);
    return g_string_free(text, FALSE);
}

void
server_clients(const struct server_load *server, int64_t from_ns, int64_t to_ns,
               struct server_clients *clients)
{
    const struct server_sessions *sessions = server->sessions;
    const struct intervals *intervals = sessions->intervals;
    double sum = 0, cached = 0, classic = 0, mapi_http = 0;
    double *time = g_new0(double, intervals->programs->len);

    for (guint i = 0; i < sessions->spans->len; i++) {
        const struct span *span = &g_array_index(sessions->spans, struct span, i);
        int64_t from = MAX(from_of(sessions, span), from_ns), to = MIN(span->to_ns, to_ns);
        double open = span->is_estimated ? 0 : (double)MAX(to - from, 0);

        sum += open;
        cached += span->is_cached ? open : 0;
        classic += span->is_classic ? open : 0;
        mapi_http += span->is_mapi_http ? open : 0;
        time[span->program] += open;
    }
    double known = cached + classic;
    *clients = (struct server_clients){ .cached = known > 0 ? cached / known : NO_RATIO,
                                        .classic = known > 0 ? classic / known : NO_RATIO,
                                        .mapi_http = sum > 0 ? mapi_http / sum : NO_RATIO,
                                        .programs = programs_text(intervals, time, sum) };
}

const char *
server_role_name(enum server_role role)
{
    static const char *const NAMES[] = {
        [ROLE_PROXY] = "proxy", [ROLE_STORE] = "store", [ROLE_DIRECTORY] = "directory"
    };

    return NAMES[role];
}
