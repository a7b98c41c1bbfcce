/* session_wire.c
 * What sessions carried on the wire.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_wire.h"

#include <glib.h>

#include "column.h"
#include "connection.h"
#include "http/http_exchange.h"

/* A session that is open. */
struct sum {
    uint64_t bytes[OA_HOPS][2]; /* by sender; NO_NUMBER: unknown */
    bool is_used[OA_HOPS];
    GHashTable *open; /* set of struct use: open, and of this session alone; NULL: none */
};

/* A connection of MAPI over HTTP. */
struct use {
    gpointer session; /* key of the first one that used it */
    enum oa_hop hop;
    bool is_shared;
    uint64_t until[2]; /* by sender, to the end of the last response; NO_NUMBER: unknown */
};

struct session_wire {
    GHashTable *sums; /* by number of the session */
    GHashTable *uses; /* by channel */
};

static void
free_sum(void *data)
{
    struct sum *sum = data;

    if (sum->open)
        g_hash_table_unref(sum->open);
    g_free(sum);
}

struct session_wire *
session_wire_new(void)
{
    struct session_wire *wire = g_new0(struct session_wire, 1);

    wire->sums = g_hash_table_new_full(NULL, NULL, NULL, free_sum);
    wire->uses = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return wire;
}

void
session_wire_free(struct session_wire *wire)
{
    g_hash_table_unref(wire->sums);
    g_hash_table_unref(wire->uses);
    g_free(wire);
}

/* --- sums --- */

static gpointer
key_of(const struct oa_virtual_connection *vc)
{
    return GSIZE_TO_POINTER((gsize)vc->number);
}

static struct sum *
sum_of(struct session_wire *wire, gpointer session)
{
    struct sum *sum = g_hash_table_lookup(wire->sums, session);

    if (!sum) {
        sum = g_new0(struct sum, 1);
        g_hash_table_insert(wire->sums, session, sum);
    }
    return sum;
}

/* The sum is unknown if a part of it is. */
static void
add(struct sum *sum, enum oa_hop hop, const uint64_t more[2])
{
    sum->is_used[hop] = true;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        sum->bytes[hop][side] = sum->bytes[hop][side] == NO_NUMBER || more[side] == NO_NUMBER
                                    ? NO_NUMBER
                                    : sum->bytes[hop][side] + more[side];
}

static void
spoil(struct sum *sum, enum oa_hop hop)
{
    add(sum, hop, (const uint64_t[2]){ NO_NUMBER, NO_NUMBER });
}

/* What the connection has carried so far. */
static void
get_bytes(const struct oa_channel *channel, uint64_t bytes[2])
{
    const struct connection *tcp = connection_of(channel);

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        bytes[side] = tcp->payload_only ? NO_NUMBER : tcp->stream[side].wire_bytes;
}

/* --- connections of MAPI over HTTP --- */

/* The connection is no open one of that session alone any more. */
static void
forget_use(struct sum *sum, struct use *use)
{
    if (sum->open)
        g_hash_table_remove(sum->open, use);
}

static void
share(struct session_wire *wire, struct use *use)
{
    struct sum *first = g_hash_table_lookup(wire->sums, use->session);

    use->is_shared = true;
    if (!first)
        return; /* it is over */
    forget_use(first, use);
    spoil(first, use->hop);
}

/* An exchange of the session has ended. */
static void
take_use(struct session_wire *wire, const struct oa_channel *channel,
         const struct oa_virtual_connection *vc)
{
    struct use *use = g_hash_table_lookup(wire->uses, channel);
    struct sum *sum = sum_of(wire, key_of(vc));

    if (!use) {
        use = g_new0(struct use, 1);
        use->session = key_of(vc);
        g_hash_table_insert(wire->uses, (gpointer)channel, use);
    }
    if (!use->is_shared && use->session != key_of(vc))
        share(wire, use);
    use->hop = channel->hop;
    if (use->is_shared) {
        spoil(sum, use->hop);
        return;
    }
    get_bytes(channel, use->until);
    if (!sum->open)
        sum->open = g_hash_table_new(NULL, NULL);
    g_hash_table_add(sum->open, use);
}

static void
end_use(struct session_wire *wire, const struct oa_channel *channel)
{
    struct use *use = g_hash_table_lookup(wire->uses, channel);
    struct sum *sum = use && !use->is_shared ? g_hash_table_lookup(wire->sums, use->session) : NULL;
    uint64_t bytes[2];

    if (sum) {
        get_bytes(channel, bytes);
        add(sum, use->hop, bytes);
        forget_use(sum, use);
    }
    g_hash_table_remove(wire->uses, channel);
}

/* Heads are reported at the end of their exchange; a leg of an authentication may be that of the
 * next session. */
static void
take_head(struct session_wire *wire, const struct oa_event *event)
{
    unsigned status = event->mapi->response.has_head ? event->mapi->response.head.status : 0;

    if (event->vc && status != 401 && status != 407)
        take_use(wire, event->channel, event->vc);
}

/* --- all connections --- */

static void
end_channel(struct session_wire *wire, const struct oa_channel *channel)
{
    uint64_t bytes[2];

    if (channel->kind == OA_CHANNEL_MAPI_HTTP) {
        end_use(wire, channel);
    } else if (channel->vc) {
        get_bytes(channel, bytes);
        add(sum_of(wire, key_of(channel->vc)), channel->hop, bytes);
    }
}

static void
join(struct session_wire *wire, const struct oa_virtual_connection *part)
{
    const struct sum *sum = g_hash_table_lookup(wire->sums, key_of(part));

    if (!sum)
        return;
    struct sum *whole = sum_of(wire, key_of(part->joined));
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (sum->is_used[hop])
            add(whole, (enum oa_hop)hop, sum->bytes[hop]);
    g_hash_table_remove(wire->sums, key_of(part));
}

void
session_wire_take(struct session_wire *wire, const struct oa_event *event)
{
    if (event->type == OA_EVENT_HTTP_HEAD && event->mapi && event->channel)
        take_head(wire, event);
    else if (event->type == OA_EVENT_CHANNEL_CLOSED)
        end_channel(wire, event->channel);
    else if (event->type == OA_EVENT_VC_JOINED)
        join(wire, event->vc);
}

void
session_wire_end(struct session_wire *wire, const struct oa_virtual_connection *vc,
                 uint64_t bytes[2])
{
    struct sum *sum = g_hash_table_lookup(wire->sums, key_of(vc));
    enum oa_hop hop = oa_vc_hop(vc);
    GHashTableIter open;
    void *use;

    bytes[OA_CLIENT] = bytes[OA_SERVER] = NO_NUMBER;
    if (!sum)
        return;
    if (sum->open) {
        g_hash_table_iter_init(&open, sum->open);
        while (g_hash_table_iter_next(&open, &use, NULL))
            add(sum, ((const struct use *)use)->hop, ((const struct use *)use)->until);
    }
    for (int side = OA_CLIENT; side <= OA_SERVER && sum->is_used[hop]; side++)
        bytes[side] = sum->bytes[hop][side];
    g_hash_table_remove(wire->sums, key_of(vc));
}
