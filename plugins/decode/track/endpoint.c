/* endpoint.c
 * Where servers listen for plain RPC over TCP, from the endpoint mapper, binds and calls.
 * [C706] appendix O (ept_map)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/endpoint.h"

#include <string.h>

#include "rpc/tower.h"
#include "track/tracker_state.h"

/* Endpoints remembered; others are recognised by their binds only. */
#define ENDPOINTS_MAX 65536

/* Entries read of one response; a client that requests more requests everything. */
#define TOWERS_MAX 64

#define HANDLE_SIZE 20

struct endpoint_table {
    GTree *known; /* struct oa_endpoint -> enum oa_endpoint_known */
};

static int
compare_endpoints(const void *a, const void *b, void *unused)
{
    const struct oa_endpoint *left = a, *right = b;

    (void)unused;
    if (left->port != right->port)
        return left->port < right->port ? -1 : 1;
    return memcmp(left->address, right->address, sizeof left->address);
}

struct endpoint_table *
oa_endpoints_new(void)
{
    struct endpoint_table *table = g_new(struct endpoint_table, 1);

    table->known = g_tree_new_full(compare_endpoints, NULL, g_free, NULL);
    return table;
}

void
oa_endpoints_free(struct endpoint_table *table)
{
    g_tree_unref(table->known);
    g_free(table);
}

enum oa_endpoint_known
oa_endpoints_known(const struct oa_tracker *tracker, const struct oa_endpoint *endpoint)
{
    return (enum oa_endpoint_known)GPOINTER_TO_INT(
        g_tree_lookup(tracker->endpoints->known, endpoint));
}

void
oa_endpoints_remember(struct oa_tracker *tracker, const struct oa_endpoint *endpoint,
                      enum oa_endpoint_known known)
{
    GTree *table = tracker->endpoints->known;

    if (oa_endpoints_known(tracker, endpoint) >= known || g_tree_nnodes(table) >= ENDPOINTS_MAX)
        return;
    g_tree_replace(table, g_memdup2(endpoint, sizeof *endpoint), GINT_TO_POINTER((int)known));
}

bool
oa_endpoints_is_foreign(const GByteArray *stub, bool big_endian)
{
    struct oa_cursor cursor = oa_cursor_over(stub->data, stub->len);

    cursor.big_endian = big_endian;
    struct oa_tower asked = oa_tower_asked_for(&cursor);
    return asked.has_uuid && !oa_tower_is_exchange(&asked);
}

/* The response of ept_map: handle, count, a conformant varying array of pointers to towers, status.
 * A client connects to the machine whose mapper it asked, whatever the address in a tower. */
void
oa_endpoints_take_map(struct oa_tracker *tracker, const struct oa_virtual_connection *vc,
                      const GByteArray *stub, bool big_endian)
{
    struct oa_cursor cursor = oa_cursor_over(stub->data, stub->len);
    struct oa_endpoint endpoint = vc->endpoint[OA_HOP_SERVER][OA_SERVER];
    unsigned pointers = 0;

    if (!endpoint
             .port) /* the mapper was asked over HTTP, and the server's hop is not in the capture */
        return;
    cursor.big_endian = big_endian;
    oa_cursor_skip(&cursor, HANDLE_SIZE + 4 + 4 + 4); /* handle, num_towers, max_count, offset */
    uint32_t count = oa_cursor_u32(&cursor);
    for (uint32_t i = 0; i < count && i < TOWERS_MAX && !cursor.is_short; i++)
        pointers += oa_cursor_u32(&cursor) != 0;
    for (unsigned i = 0; i < pointers && count <= TOWERS_MAX; i++) {
        oa_cursor_skip(&cursor, (4 - cursor.offset % 4) % 4);
        struct oa_tower tower = oa_tower_read(&cursor);
        if (cursor.is_short)
            return;
        endpoint.port = tower.port;
        if (endpoint.port && oa_tower_is_exchange(&tower))
            oa_endpoints_remember(tracker, &endpoint, OA_ENDPOINT_TCP);
    }
}
