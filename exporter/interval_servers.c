/* interval_servers.c
 * Servers and their rows: one for each interval in which something was counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_servers.h"

#include <string.h>

#include "interval_outstanding.h"
#include "interval_row.h"

/* --- rows --- */

int64_t
interval_start(const struct intervals *intervals, int64_t time_ns)
{
    int64_t length_ns = intervals->settings.interval_ns, rest = time_ns % length_ns;

    return time_ns - (rest < 0 ? rest + length_ns : rest);
}

static void
close_row(struct server *server, struct interval *row)
{
    if (!row)
        return;
    g_hash_table_add(server->packed, interval_pack(row));
    interval_free(row);
}

struct interval *
server_row_starting(struct server *server, int64_t start_ns)
{
    struct interval *row = server->open[0];
    unsigned at = 0;

    if (row && row->start_ns == start_ns)
        return row;
    while (at < OPEN_ROWS && server->open[at] && server->open[at]->start_ns != start_ns)
        at++;
    row = at < OPEN_ROWS ? server->open[at] : NULL;
    if (!row) {
        const struct packed_interval *packed = g_hash_table_lookup(server->packed, &start_ns);
        row = packed ? interval_unpack(packed) : interval_new(start_ns);
        if (packed)
            g_hash_table_remove(server->packed, &start_ns);
        at = MIN(at, OPEN_ROWS - 1);
        close_row(server, server->open[at]);
    }
    memmove(server->open + 1, server->open, at * sizeof server->open[0]);
    return server->open[0] = row;
}

void
server_rows_each(struct server *server, bool (*take)(void *context, struct interval *row),
                 void *context)
{
    GHashTableIter rows;
    void *packed, *unused;

    for (unsigned i = 0; i < OPEN_ROWS; i++) {
        close_row(server, server->open[i]);
        server->open[i] = NULL;
    }
    g_hash_table_iter_init(&rows, server->packed);
    while (g_hash_table_iter_next(&rows, &packed, &unused)) {
        struct interval *row = interval_unpack(packed);
        if (!take(context, row))
            interval_free(row);
    }
}

struct interval *
server_row(const struct intervals *intervals, struct server *server, int64_t time_ns)
{
    return server_row_starting(server, interval_start(intervals, time_ns));
}

void
interval_add_latency(struct histogram **histogram, int64_t ns)
{
    if (!*histogram)
        *histogram = histogram_new();
    histogram_add(*histogram, ns);
}

int
interval_compare_spans(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    return left->from_ns < right->from_ns ? -1 : left->from_ns > right->from_ns;
}

void
interval_append(GArray *to, const GArray *from)
{
    g_array_append_vals(to, from->data, from->len);
}

/* --- servers --- */

int
server_compare(const void *a, const void *b, void *data)
{
    const struct server *left = a, *right = b;

    (void)data;
    if (left->role != right->role)
        return left->role < right->role ? -1 : 1;
    return memcmp(left->address, right->address, sizeof left->address);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

struct server *
server_new(enum server_role role, const uint8_t address[16])
{
    struct server *server = g_new0(struct server, 1);

    server->role = role;
    memcpy(server->address, address, sizeof server->address);
    server->packed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    server->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    server->services = g_tree_new(compare_names);
    server->active = g_array_new(FALSE, FALSE, sizeof(struct active));
    for (int i = 0; i < SPANS; i++)
        server->spans[i] = g_array_new(FALSE, FALSE, sizeof(struct span));
    return server;
}

void
server_free(void *data)
{
    struct server *server = data;

    for (unsigned i = 0; i < OPEN_ROWS; i++)
        if (server->open[i])
            interval_free(server->open[i]);
    if (server->parts)
        g_ptr_array_unref(server->parts);
    if (server->before)
        interval_free(server->before);
    g_hash_table_unref(server->packed);
    outstanding_free(server->outstanding);
    g_hash_table_unref(server->names);
    g_tree_destroy(server->services);
    g_array_unref(server->active);
    for (int i = 0; i < SPANS; i++)
        g_array_unref(server->spans[i]);
    g_free(server);
}

/* What the whole has had so far, which was all of one service, becomes the first part. */
static bool
copy_row(void *context, struct interval *row)
{
    g_hash_table_add(((struct server *)context)->packed, interval_pack(row));
    return false;
}

static struct server *
add_part(struct server *whole, const char *service)
{
    struct server *part = server_new(whole->role, whole->address);

    part->whole = whole;
    part->service = service;
    if (!whole->parts)
        whole->parts = g_ptr_array_new_with_free_func(server_free);
    g_ptr_array_add(whole->parts, part);
    return part;
}

static void
divide(struct server *whole)
{
    struct server *part = add_part(whole, whole->service);

    server_rows_each(whole, copy_row, part);
    part->has_packets = whole->has_packets;
    if (whole->before) {
        part->before = interval_new(whole->before->start_ns);
        interval_merge(part->before, whole->before);
    }
    part->outstanding = whole->outstanding ? outstanding_copy(whole->outstanding, part) : NULL;
    for (int i = 0; i < SPANS; i++)
        interval_append(part->spans[i], whole->spans[i]);
    interval_append(part->active, whole->active);
}

struct server *
server_part(const struct intervals *intervals, struct server *whole, const char *service)
{
    if (!whole->service)
        whole->service = service;
    if (!intervals->by_service || (!whole->parts && whole->service == service))
        return whole;
    if (!whole->parts)
        divide(whole);
    for (guint i = 0; i < whole->parts->len; i++) {
        struct server *part = g_ptr_array_index(whole->parts, i);
        if (part->service == service)
            return part;
    }
    return add_part(whole, service);
}

struct server *
server_whole(struct server *server)
{
    return server->whole ? server->whole : server;
}

struct server *
server_of(const struct intervals *intervals, enum server_role role, const uint8_t address[16],
          const char *service)
{
    struct server key = { .role = role };

    memcpy(key.address, address, sizeof key.address);
    struct server *server = g_tree_lookup(intervals->servers, &key);
    if (!server) {
        server = server_new(role, address);
        g_tree_insert(intervals->servers, server, server);
    }
    return server_part(intervals, server, service);
}

enum server_role
server_role_of_hop(enum oa_hop hop)
{
    return oa_hop_is_http(hop) ? ROLE_PROXY : ROLE_STORE;
}

/* The server where the hop ends. */
struct server *
server_of_hop(const struct intervals *intervals, const struct oa_virtual_connection *vc,
              enum oa_hop hop)
{
    const struct oa_endpoint *end = &vc->endpoint[hop][OA_SERVER];

    return server_of(intervals, server_role_of_hop(hop), end->address, service_of_session(vc, hop));
}

struct server *
server_of_channel(const struct intervals *intervals, const struct oa_channel *channel)
{
    const struct oa_endpoint *end = &channel->endpoint[OA_SERVER];

    return server_of(intervals, server_role_of_hop(channel->hop), end->address,
                     service_name(channel, channel->vc, end->port));
}

void
server_note_name(struct server *server, const char *name)
{
    GHashTable *names = server_whole(server)->names;

    if (!name || !name[0])
        return;
    guint times = GPOINTER_TO_UINT(g_hash_table_lookup(names, name));
    g_hash_table_replace(names, g_strdup(name), GUINT_TO_POINTER(times + 1));
}

/* The most frequent name, of equal ones the first in the alphabet. */
const char *
server_name(const struct server *server)
{
    GHashTableIter names;
    void *name, *times;
    const char *best = NULL;
    guint most = 0;

    g_hash_table_iter_init(&names, server->names);
    while (g_hash_table_iter_next(&names, &name, &times)) {
        guint n = GPOINTER_TO_UINT(times);
        if (n > most || (n == most && strcmp(name, best) < 0)) {
            best = name;
            most = n;
        }
    }
    return best;
}
