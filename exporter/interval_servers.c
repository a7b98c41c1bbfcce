/* interval_servers.c
 * Servers and their rows: one for each interval in which something was counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_servers.h"

#include <string.h>

/* --- rows --- */

int64_t
interval_start(const struct intervals *intervals, int64_t time_ns)
{
    int64_t length_ns = intervals->settings.interval_ns, rest = time_ns % length_ns;

    return time_ns - (rest < 0 ? rest + length_ns : rest);
}

static void
row_free(void *data)
{
    struct interval *row = data;

    histogram_free(row->latency);
    histogram_free(row->store_latency);
    histogram_free(row->round_trip);
    g_free(row);
}

struct interval *
server_row_starting(struct server *server, int64_t start_ns)
{
    if (server->last && server->last->start_ns == start_ns)
        return server->last;
    struct interval *row = g_hash_table_lookup(server->rows, &start_ns);
    if (!row) {
        row = g_new0(struct interval, 1);
        row->start_ns = start_ns;
        g_hash_table_insert(server->rows, &row->start_ns, row);
    }
    return server->last = row;
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
    server->rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, row_free);
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

    g_hash_table_unref(server->rows);
    g_hash_table_unref(server->names);
    g_tree_destroy(server->services);
    g_array_unref(server->active);
    for (int i = 0; i < SPANS; i++)
        g_array_unref(server->spans[i]);
    g_free(server);
}

struct server *
server_of(const struct intervals *intervals, enum server_role role, const uint8_t address[16])
{
    struct server key = { .role = role };

    memcpy(key.address, address, sizeof key.address);
    struct server *server = g_tree_lookup(intervals->servers, &key);
    if (!server) {
        server = server_new(role, address);
        g_tree_insert(intervals->servers, server, server);
    }
    return server;
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
    return server_of(intervals, server_role_of_hop(hop), vc->endpoint[hop][OA_SERVER].address);
}

struct server *
server_of_channel(const struct intervals *intervals, const struct oa_channel *channel)
{
    return server_of(intervals, server_role_of_hop(channel->hop),
                     channel->endpoint[OA_SERVER].address);
}

void
server_note_name(struct server *server, const char *name)
{
    if (!name || !name[0])
        return;
    guint times = GPOINTER_TO_UINT(g_hash_table_lookup(server->names, name));
    g_hash_table_replace(server->names, g_strdup(name), GUINT_TO_POINTER(times + 1));
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
