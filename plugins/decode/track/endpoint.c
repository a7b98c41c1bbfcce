/* endpoint.c
 * Plain RPC over TCP: where servers listen, told by the endpoint mapper, by binds and by calls; and
 * which connections are of one client's association.
 * [C706] appendices L (towers) and O (ept_map), 12.6.4.3 (assoc_group_id), [MS-RPCE] 2.2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/endpoint.h"

#include <string.h>

#include "base/cursor.h"
#include "rpc/request_shape.h"
#include "track/bindings.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

/* Endpoints remembered; those beyond are known by their binds only. */
#define ENDPOINTS_MAX 65536

/* Entries of one answer that are read; what asks for more asks for everything. */
#define TOWERS_MAX 64

/* Protocol identifiers of floors, [C706] appendix I. */
#define FLOOR_UUID 0x0d
#define FLOOR_TCP 0x07
#define FLOORS_OF_TCP 5
#define HANDLE_SIZE 20

struct endpoint_table {
    GHashTable *endpoints; /* struct oa_endpoint -> enum oa_endpoint_known */
    GHashTable
        *associations; /* struct oa_association -> struct virtual_connection, its key in it */
};

static unsigned
hash_bytes(const uint8_t *bytes, size_t length)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

static unsigned
hash_endpoint(const void *key)
{
    const struct oa_endpoint *endpoint = key;
    return hash_bytes(endpoint->address, sizeof endpoint->address) ^ endpoint->port;
}

static int
equal_endpoints(const void *a, const void *b)
{
    const struct oa_endpoint *left = a, *right = b;
    return left->port == right->port &&
           memcmp(left->address, right->address, sizeof left->address) == 0;
}

static unsigned
hash_association(const void *key)
{
    const struct oa_association *association = key;
    return hash_endpoint(&association->server) ^
           hash_bytes(association->client, sizeof association->client) ^ association->group;
}

static int
equal_associations(const void *a, const void *b)
{
    const struct oa_association *left = a, *right = b;
    return left->group == right->group && equal_endpoints(&left->server, &right->server) &&
           memcmp(left->client, right->client, sizeof left->client) == 0;
}

struct endpoint_table *
oa_endpoints_new(void)
{
    struct endpoint_table *table = g_new(struct endpoint_table, 1);

    table->endpoints = g_hash_table_new_full(hash_endpoint, equal_endpoints, g_free, NULL);
    table->associations = g_hash_table_new(hash_association, equal_associations);
    return table;
}

void
oa_endpoints_free(struct endpoint_table *table)
{
    g_hash_table_unref(table->endpoints);
    g_hash_table_unref(table->associations);
    g_free(table);
}

enum oa_endpoint_known
oa_endpoints_known(const struct endpoint_table *table, const struct oa_endpoint *endpoint)
{
    return (enum oa_endpoint_known)GPOINTER_TO_INT(g_hash_table_lookup(table->endpoints, endpoint));
}

static void
remember(struct endpoint_table *table, const struct oa_endpoint *endpoint,
         enum oa_endpoint_known known)
{
    if (oa_endpoints_known(table, endpoint) >= known ||
        g_hash_table_size(table->endpoints) >= ENDPOINTS_MAX)
        return;
    g_hash_table_replace(table->endpoints, g_memdup2(endpoint, sizeof *endpoint),
                         GINT_TO_POINTER((int)known));
}

/* What one floor of a tower says: its left side begins with the protocol, and both are counted. */
static struct oa_cursor
floor_side(struct oa_cursor *tower)
{
    uint16_t length = oa_cursor_u16(tower);
    return oa_cursor_sub(tower, length);
}

/* The TCP port where an interface of Exchange listens by that tower; 0 if it says something else.
 * Towers are little endian whatever the PDU is, but for ports. */
static uint16_t
exchange_port(struct oa_cursor tower)
{
    const struct oa_rpc_interface *iface = NULL;
    unsigned floors = oa_cursor_u16(&tower);
    uint16_t port = 0;

    for (unsigned i = 0; i < floors && i < FLOORS_OF_TCP && !tower.is_short; i++) {
        struct oa_cursor left = floor_side(&tower), right = floor_side(&tower);
        uint8_t protocol = oa_cursor_u8(&left);

        right.big_endian = true;
        if (i == 0 && protocol == FLOOR_UUID) {
            const uint8_t *uuid = oa_cursor_bytes(&left, 16);
            iface = uuid ? oa_rpc_interface_find(uuid) : NULL;
        } else if (protocol == FLOOR_TCP) {
            port = oa_cursor_u16(&right);
        }
    }
    return iface && iface->is_exchange && !tower.is_short ? port : 0;
}

/* The answer of ept_map: handle, count, a conformant varying array of pointers to towers, status.
 * A client goes to the machine whose mapper it asked, whatever address a tower has. */
void
oa_endpoints_take_map(struct virtual_connection *vc, const GByteArray *stub, bool big_endian)
{
    struct oa_cursor cursor = oa_cursor_over(stub->data, stub->len);
    struct oa_endpoint endpoint = vc->facts.endpoint[OA_HOP_SERVER][OA_SERVER];
    unsigned pointers = 0;

    if (!endpoint.port) /* the mapper was asked over HTTP, and the proxy's hop is not there */
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
            remember(vc->tracker->endpoints, &endpoint, OA_ENDPOINT_TCP);
    }
}

/* An interface of Exchange was accepted on this connection. */
void
oa_endpoints_take_bind(struct virtual_connection *vc)
{
    if (vc->facts.transport == OA_TRANSPORT_RPC_TCP)
        remember(vc->tracker->endpoints, &vc->facts.endpoint[OA_HOP_SERVER][OA_SERVER],
                 OA_ENDPOINT_TCP);
}

/* Where the bind of its context is not in the capture, the shape of a request may tell the
 * interface, and that Exchange listens here; not by what transport. */
void
oa_endpoints_take_request(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc)
{
    const struct oa_endpoint *endpoint = &vc->facts.endpoint[OA_HOP_SERVER][OA_SERVER];
    struct oa_virtual_connection *facts = &vc->facts;
    const struct oa_rpc_interface *iface = NULL;

    if (!oa_vc_binding(vc, rpc->context_id) && facts->n_bindings < OA_RPC_CONTEXTS_MAX)
        iface = oa_request_shape(rpc);
    if (!iface)
        return;
    facts->bindings[facts->n_bindings++] =
        (struct oa_rpc_binding){ .context_id = rpc->context_id,
                                 .syntax = oa_rpc_interface_syntax(iface),
                                 .iface = iface,
                                 .state = OA_BINDING_ACCEPTED };
    if (!facts->iface)
        facts->iface = iface;
    if (endpoint->port)
        remember(vc->tracker->endpoints, endpoint, OA_ENDPOINT_SEEN);
}

/* Of an association, the connection that knows its client stands in the table, else the last. */
static void
enter(struct virtual_connection *vc)
{
    GHashTable *associations = vc->tracker->endpoints->associations;
    struct virtual_connection *known = g_hash_table_lookup(associations, &vc->association);

    if (!known || !known->facts.client || vc->facts.client)
        g_hash_table_replace(associations, &vc->association, vc);
}

/* The server has told the association group of a connection. Groups are numbered by each server
 * process for itself, and behind a proxy the server is not known for sure. */
void
oa_association_join(struct virtual_connection *vc)
{
    const struct oa_endpoint *endpoint = vc->facts.endpoint[OA_HOP_SERVER];

    if (vc->facts.transport != OA_TRANSPORT_RPC_TCP || !vc->facts.assoc_group_id ||
        vc->association.group)
        return;
    vc->association.group = vc->facts.assoc_group_id;
    vc->association.server = endpoint[OA_SERVER];
    memcpy(vc->association.client, endpoint[OA_CLIENT].address, sizeof vc->association.client);
    oa_association_share(vc);
}

/* What one connection of an association tells of the client holds for the others. */
void
oa_association_share(struct virtual_connection *vc)
{
    if (!vc->association.group)
        return;
    const struct virtual_connection *known =
        g_hash_table_lookup(vc->tracker->endpoints->associations, &vc->association);
    if (known && known != vc && known->facts.client && !vc->facts.client)
        vc->facts.client = g_memdup2(known->facts.client, sizeof *known->facts.client);
    enter(vc);
}

/* The connection goes; its key goes with it. */
void
oa_association_leave(struct virtual_connection *vc)
{
    GHashTable *associations = vc->tracker->endpoints->associations;

    if (vc->association.group && g_hash_table_lookup(associations, &vc->association) == vc)
        g_hash_table_remove(associations, &vc->association);
}
