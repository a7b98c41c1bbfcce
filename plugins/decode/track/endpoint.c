/* endpoint.c
 * Where servers listen for plain RPC over TCP, from the endpoint mapper, binds and calls.
 * [C706] appendices L (towers) and O (ept_map)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/endpoint.h"

#include <string.h>

#include "base/cursor.h"
#include "track/tracker_state.h"

/* Endpoints remembered; others are recognised by their binds only. */
#define ENDPOINTS_MAX 65536

/* Entries read of one response; a client that requests more requests everything. */
#define TOWERS_MAX 64

/* Protocol identifiers of floors, [C706] appendix I. */
#define FLOOR_UUID 0x0d
#define FLOOR_TCP 0x07
#define FLOORS_OF_TCP 5
#define HANDLE_SIZE 20
#define OBJECT_SIZE 16

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

/* One side of a floor of a tower: a count and its bytes. The left side begins with the protocol. */
static struct oa_cursor
floor_side(struct oa_cursor *tower)
{
    uint16_t length = oa_cursor_u16(tower);
    return oa_cursor_sub(tower, length);
}

/* What a tower shows; nothing if it is not complete. */
struct tower {
    bool has_uuid;                        /* of an interface */
    const struct oa_rpc_interface *iface; /* NULL: not a known one */
    uint16_t port;                        /* of TCP; 0: none */
};

/* Towers are little endian whatever the byte order of the PDU, except for ports. */
static struct tower
read_tower(struct oa_cursor tower)
{
    unsigned floors = oa_cursor_u16(&tower);
    struct tower found = { .port = 0 };

    for (unsigned i = 0; i < floors && i < FLOORS_OF_TCP && !tower.is_short; i++) {
        struct oa_cursor left = floor_side(&tower), right = floor_side(&tower);
        uint8_t protocol = oa_cursor_u8(&left);

        right.big_endian = true;
        if (i == 0 && protocol == FLOOR_UUID) {
            const uint8_t *uuid = oa_cursor_bytes(&left, 16);
            found.has_uuid = uuid != NULL;
            found.iface = uuid ? oa_rpc_interface_find(uuid) : NULL;
        } else if (protocol == FLOOR_TCP) {
            found.port = oa_cursor_u16(&right);
        }
    }
    if (tower.is_short)
        found = (struct tower){ .port = 0 };
    return found;
}

/* The TCP port of an Exchange interface in that tower; 0 if the tower is another one. */
static uint16_t
exchange_port(struct oa_cursor tower)
{
    struct tower found = read_tower(tower);

    return found.iface && found.iface->is_exchange ? found.port : 0;
}

/* The request of ept_map: pointers to an object and to a tower, handle, count. */
bool
oa_endpoints_is_foreign(const GByteArray *stub, bool big_endian)
{
    struct oa_cursor cursor = oa_cursor_over(stub->data, stub->len);

    cursor.big_endian = big_endian;
    if (oa_cursor_u32(&cursor))
        oa_cursor_skip(&cursor, OBJECT_SIZE);
    if (!oa_cursor_u32(&cursor))
        return false;
    oa_cursor_skip(&cursor, 4); /* max_count */
    uint32_t length = oa_cursor_u32(&cursor);
    struct oa_cursor tower = oa_cursor_sub(&cursor, length);
    tower.big_endian = false;
    struct tower asked = read_tower(tower);
    return asked.has_uuid && !(asked.iface && asked.iface->is_exchange);
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
        oa_cursor_skip(&cursor, (4 - cursor.offset % 4) % 4 + 4); /* max_count */
        uint32_t length = oa_cursor_u32(&cursor);
        struct oa_cursor tower = oa_cursor_sub(&cursor, length);
        if (tower.is_short)
            return;
        tower.big_endian = false;
        endpoint.port = exchange_port(tower);
        if (endpoint.port)
            oa_endpoints_remember(tracker, &endpoint, OA_ENDPOINT_TCP);
    }
}
