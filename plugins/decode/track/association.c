/* association.c
 * Associations of plain RPC over TCP: the connections of one client to one server that share
 * context handles. [C706] 12.6.4.3 (assoc_group_id)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/association.h"

#include <glib.h>
#include <string.h>

#include "track/tracker_state.h"

/*
 * One connection in its group. Groups are numbered by each server process for itself; with a proxy
 * in between the server is not known for sure.
 */
struct member {
    uint8_t client[16];
    struct oa_endpoint server;
    uint32_t group;
    struct oa_virtual_connection *vc;
};

struct association_table {
    GHashTable *members; /* struct oa_virtual_connection -> struct member */
    GHashTable *groups;  /* struct member: of each group the one that knows its client, else the
                            last to join */
};

static unsigned
hash_group(const void *key)
{
    const struct member *member = key;
    unsigned hash = 2166136261u ^ member->group ^ member->server.port;

    for (size_t i = 0; i < sizeof member->client; i++)
        hash = (hash ^ member->client[i] ^ (unsigned)member->server.address[i] << 8) * 16777619u;
    return hash;
}

static int
is_same_group(const void *a, const void *b)
{
    const struct member *left = a, *right = b;

    return left->group == right->group && left->server.port == right->server.port &&
           memcmp(left->server.address, right->server.address, sizeof left->server.address) == 0 &&
           memcmp(left->client, right->client, sizeof left->client) == 0;
}

struct association_table *
oa_associations_new(void)
{
    struct association_table *table = g_new(struct association_table, 1);

    table->members = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    table->groups = g_hash_table_new(hash_group, is_same_group);
    return table;
}

void
oa_associations_free(struct association_table *table)
{
    g_hash_table_unref(table->groups);
    g_hash_table_unref(table->members);
    g_free(table);
}

void
oa_association_join(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    const struct oa_endpoint *endpoint = vc->endpoint[OA_HOP_SERVER];
    GHashTable *members = tracker->associations->members;

    if (vc->transport != OA_TRANSPORT_RPC_TCP || !vc->assoc_group_id ||
        g_hash_table_contains(members, vc))
        return;
    struct member *member = g_new(struct member, 1);
    member->group = vc->assoc_group_id;
    member->server = endpoint[OA_SERVER];
    member->vc = vc;
    memcpy(member->client, endpoint[OA_CLIENT].address, sizeof member->client);
    g_hash_table_insert(members, vc, member);
    oa_association_share(tracker, vc);
}

void
oa_association_share(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    struct association_table *table = tracker->associations;
    struct member *own = g_hash_table_lookup(table->members, vc);

    if (!own)
        return;
    const struct member *known = g_hash_table_lookup(table->groups, own);
    if (known && known->vc->client && !vc->client)
        vc->client = g_memdup2(known->vc->client, sizeof *vc->client);
    if (!known || !known->vc->client || vc->client)
        g_hash_table_add(table->groups, own);
}

void
oa_association_leave(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    struct association_table *table = tracker->associations;
    struct member *own = g_hash_table_lookup(table->members, vc);

    if (!own)
        return;
    if (g_hash_table_lookup(table->groups, own) == own)
        g_hash_table_remove(table->groups, own);
    g_hash_table_remove(table->members, vc);
}
