/* association.c
 * Associations of plain RPC over TCP: the connections from one client to one server that share
 * context handles. [C706] 12.6.4.3 (assoc_group_id)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/association.h"

#include <glib.h>
#include <string.h>

#include "track/tracker_state.h"

/*
 * One connection in its group. Each server process numbers its groups itself; behind a proxy the
 * server is not known for certain.
 */
struct member {
    uint8_t client[16];
    struct oa_endpoint server;
    uint32_t group;
    struct oa_virtual_connection *vc;
};

struct association_table {
    GHashTable *members; /* struct oa_virtual_connection -> struct member */
    GTree *groups; /* struct member: of each group the one that knows its client, otherwise the
                           last to join */
};

static int
compare_groups(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    int order = memcmp(left->client, right->client, sizeof left->client);

    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    if (left->server.port != right->server.port)
        return left->server.port < right->server.port ? -1 : 1;
    return order ? order
                 : memcmp(left->server.address, right->server.address, sizeof left->server.address);
}

struct association_table *
oa_associations_new(void)
{
    struct association_table *table = g_new(struct association_table, 1);

    table->members = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    table->groups = g_tree_new(compare_groups);
    return table;
}

void
oa_associations_free(struct association_table *table)
{
    g_tree_unref(table->groups);
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
    const struct member *known = g_tree_lookup(table->groups, own);
    if (known && known->vc->client && !vc->client)
        vc->client = g_memdup2(known->vc->client, sizeof *vc->client);
    if (!known || !known->vc->client || vc->client)
        g_tree_replace(table->groups, own, own);
}

void
oa_association_leave(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    struct association_table *table = tracker->associations;
    struct member *own = g_hash_table_lookup(table->members, vc);

    if (!own)
        return;
    if (g_tree_lookup(table->groups, own) == own)
        g_tree_remove(table->groups, own);
    g_hash_table_remove(table->members, vc);
}
