/* object_copies.c
 * Copies of the decoder's objects for another thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "object_copies.h"

#include <glib.h>
#include <string.h>

#include "auth/auth_copies.h"

/* Of an object: what differs is sent by blocks. */
#define BLOCK 64
#define BLOCKS_OF(bytes) (((bytes) + BLOCK - 1) / BLOCK)
#define BLOCKS(type) BLOCKS_OF(sizeof(type))
_Static_assert(BLOCKS(struct oa_virtual_connection) <= 64 && BLOCKS(struct oa_channel) <= 64,
               "one bit for each block");

/* Of a session: all that is copied, and that without what it has carried. */
#define SESSION_BYTES offsetof(struct oa_virtual_connection, channel)
#define SESSION_BYTES_CALLED offsetof(struct oa_virtual_connection, traffic)

/* What a copy refers to, and what it was copied from. */
struct kept {
    void *data;
    size_t length;
};

union session_blocks {
    struct oa_virtual_connection vc;
    uint8_t blocks[BLOCKS(struct oa_virtual_connection)][BLOCK];
};

union channel_blocks {
    struct oa_channel channel;
    uint8_t blocks[BLOCKS(struct oa_channel)][BLOCK];
};

struct session_copy {
    GList link;
    struct kept target_server, proxy_name, client, bindings;
    const struct oa_auth *auth, *rpc_auth; /* held */
    union session_blocks copy, sent;
};

struct channel_copy {
    struct kept target_server, proxy_name, user_agent;
    const struct oa_auth *auth;
    union channel_blocks copy, sent;
};

/* Of a connection there is no second copy to compare it with: there may be very many. */
struct connection_copy {
    GList link;
    bool is_ending;
    struct channel_copy *channel; /* NULL: none */
    struct counted_facts counted;
    struct connection copy;
};

struct object_copies {
    struct task_queue *queue;
    GQueue sessions, connections; /* all of them */
    GPtrArray *ending;            /* of struct connection_copy */
};

struct object_copies *
object_copies_new(struct task_queue *queue)
{
    struct object_copies *copies = g_new0(struct object_copies, 1);

    copies->queue = queue;
    copies->ending = g_ptr_array_new();
    return copies;
}

void
object_copies_free(struct object_copies *copies)
{
    if (!copies)
        return;
    g_ptr_array_unref(copies->ending);
    g_free(copies);
}

/* --- what objects refer to --- */

/* What is not referred to any more is freed before the task that says so has been carried out; but
 * between the tasks so far and that one there are none that look at it. */

static void *
keep(struct object_copies *copies, struct kept *kept, const void *data, size_t length)
{
    if (kept->length == length && (!length || memcmp(kept->data, data, length) == 0))
        return kept->data;
    if (kept->data)
        task_queue_free_later(copies->queue, kept->data, g_free);
    *kept = (struct kept){ g_memdup2(data, length), length };
    return kept->data;
}

static char *
keep_text(struct object_copies *copies, struct kept *kept, const char *text)
{
    return keep(copies, kept, text, text ? strlen(text) + 1 : 0);
}

static void
release_auth(void *auth)
{
    oa_auth_copy_release(auth);
}

static const struct oa_auth *
keep_auth(struct object_copies *copies, const struct oa_auth **kept, const struct oa_auth *auth)
{
    if (*kept == auth)
        return auth;
    if (*kept)
        task_queue_free_later(copies->queue, (void *)*kept, release_auth);
    *kept = oa_auth_copy_hold(auth);
    return *kept;
}

/* --- what has changed --- */

/* Behind it the blocks that have changed, of `to`: bits 1 << index. */
struct change {
    uint8_t *to;
    void **own; /* a member of it that stays */
    uint64_t changed;
    uint8_t blocks[][BLOCK];
};

static void
apply_change(void *task)
{
    const struct change *change = task;
    void *own = change->own ? *change->own : NULL;

    unsigned n = 0;

    for (uint64_t rest = change->changed; rest; rest &= rest - 1)
        memcpy(change->to + (size_t)__builtin_ctzll(rest) * BLOCK, change->blocks[n++], BLOCK);
    if (change->own)
        *change->own = own;
}

static uint64_t
changed_blocks(const uint8_t (*now)[BLOCK], const uint8_t (*sent)[BLOCK], size_t n)
{
    uint64_t changed = 0;

    for (size_t i = 0; i < n; i++)
        if (memcmp(now[i], sent[i], BLOCK) != 0)
            changed |= (uint64_t)1 << i;
    return changed;
}

/* Sends what differs between `now` and what was sent before. */
static void
send_changes(struct object_copies *copies, void *to, void **own, const uint8_t (*now)[BLOCK],
             uint8_t (*sent)[BLOCK], size_t n)
{
    uint64_t changed = changed_blocks(now, sent, n);
    unsigned count = 0;

    if (!changed)
        return;
    struct change *change =
        task_queue_add(copies->queue, apply_change,
                       sizeof *change + (size_t)__builtin_popcountll(changed) * BLOCK);
    *change = (struct change){ to, own, changed };
    for (uint64_t rest = changed; rest; rest &= rest - 1) {
        int i = __builtin_ctzll(rest);
        memcpy(sent[i], now[i], BLOCK);
        memcpy(change->blocks[count++], now[i], BLOCK);
    }
}

/* --- sessions --- */

static struct session_copy *
session_copy(struct object_copies *copies, struct oa_virtual_connection *vc)
{
    struct session_copy *session = vc->host;

    if (session)
        return session;
    session = g_new0(struct session_copy, 1);
    session->link.data = session;
    g_queue_push_tail_link(&copies->sessions, &session->link);
    vc->host = session;
    return session;
}

/* The session itself, or what it is a part of: its copy. */
static struct oa_virtual_connection *
copy_of_other(struct object_copies *copies, struct oa_virtual_connection *vc)
{
    if (!vc)
        return NULL;
    if (!vc->host)
        return copy_of_session(copies, vc);
    return &((struct session_copy *)vc->host)->copy.vc;
}

/* As the copy has it; only what is in blocks whose beginning is copied is set. */
static void
set_session(struct object_copies *copies, struct session_copy *session,
            const struct oa_virtual_connection *vc, struct oa_virtual_connection *now)
{
    now->host = NULL;
    now->joined = copy_of_other(copies, vc->joined);
    now->target_server = keep_text(copies, &session->target_server, vc->target_server);
    now->proxy_name = keep_text(copies, &session->proxy_name, vc->proxy_name);
    now->auth = keep_auth(copies, &session->auth, vc->auth);
    now->client = keep(copies, &session->client, vc->client, vc->client ? sizeof *vc->client : 0);
    now->bindings =
        keep(copies, &session->bindings, vc->bindings, vc->n_bindings * sizeof *vc->bindings);
    now->security.auth = keep_auth(copies, &session->rpc_auth, vc->security.auth);
}

/* Brings so many bytes up to date. */
static struct oa_virtual_connection *
bring_session(struct object_copies *copies, struct oa_virtual_connection *vc, size_t bytes)
{
    size_t n = BLOCKS_OF(bytes);
    union session_blocks now;

    if (!vc)
        return NULL;
    struct session_copy *session = session_copy(copies, vc);
    memset(now.blocks[n - 1], 0, BLOCK);
    memcpy(&now.vc, vc, MIN(n * BLOCK, SESSION_BYTES));
    set_session(copies, session, vc, &now.vc);
    send_changes(copies, &session->copy, &session->copy.vc.host, now.blocks, session->sent.blocks,
                 n);
    return &session->copy.vc;
}

struct oa_virtual_connection *
copy_of_session(struct object_copies *copies, struct oa_virtual_connection *vc)
{
    return bring_session(copies, vc, SESSION_BYTES);
}

struct oa_virtual_connection *
copy_of_called_session(struct object_copies *copies, struct oa_virtual_connection *vc)
{
    return bring_session(copies, vc, SESSION_BYTES_CALLED);
}

struct oa_virtual_connection *
copy_of_placed_session(const struct oa_virtual_connection *vc)
{
    struct session_copy *session = vc ? vc->host : NULL;
    const struct oa_virtual_connection *sent = session ? &session->sent.vc : NULL;
    bool is_placed = sent && sent->number == vc->number && sent->iface == vc->iface &&
                     sent->transport == vc->transport &&
                     sent->has_final_number == vc->has_final_number &&
                     memcmp(sent->leg_seen, vc->leg_seen, sizeof sent->leg_seen) == 0 &&
                     memcmp(sent->endpoint, vc->endpoint, sizeof sent->endpoint) == 0;

    return is_placed ? &session->copy.vc : NULL;
}

static void
free_session(void *data)
{
    struct session_copy *session = data;

    g_free(session->target_server.data);
    g_free(session->proxy_name.data);
    g_free(session->client.data);
    g_free(session->bindings.data);
    oa_auth_copy_release(session->auth);
    oa_auth_copy_release(session->rpc_auth);
    g_free(session);
}

static void
end_session(struct object_copies *copies, struct session_copy *session)
{
    g_queue_unlink(&copies->sessions, &session->link);
    task_queue_free_later(copies->queue, session, free_session);
}

void
object_copies_end_session(struct object_copies *copies, struct oa_virtual_connection *vc)
{
    if (vc->host)
        end_session(copies, vc->host);
    vc->host = NULL;
}

/* --- connections --- */

static struct connection_copy *
connection_copy(struct object_copies *copies, struct connection *tcp)
{
    struct connection_copy *connection = tcp->counted;

    if (connection)
        return connection;
    connection = g_new0(struct connection_copy, 1);
    connection->link.data = connection;
    g_queue_push_tail_link(&copies->connections, &connection->link);
    tcp->counted = connection;
    return connection;
}

struct connection *
copy_of_counted(struct object_copies *copies, struct connection *tcp)
{
    return &connection_copy(copies, tcp)->copy;
}

struct counted_facts *
counted_facts_of(const struct connection *tcp)
{
    return &((struct connection_copy *)tcp->counted)->counted;
}

struct facts {
    struct connection *to;
    struct connection facts;
};

static void
apply_facts(void *task)
{
    const struct facts *facts = task;
    void *counted = facts->to->counted;

    *facts->to = facts->facts;
    facts->to->counted = counted;
}

struct connection *
copy_of_connection(struct object_copies *copies, struct connection *tcp)
{
    struct connection *copy = copy_of_counted(copies, tcp);
    struct facts *facts = task_queue_add(copies->queue, apply_facts, sizeof *facts);

    *facts = (struct facts){ copy, *tcp };
    return copy;
}

static void
free_connection(void *data)
{
    struct connection_copy *connection = data;
    struct channel_copy *channel = connection->channel;

    if (channel) {
        g_free(channel->target_server.data);
        g_free(channel->proxy_name.data);
        g_free(channel->user_agent.data);
        oa_auth_copy_release(channel->auth);
    }
    g_free(channel);
    g_free(connection);
}

static void
end_connection(struct object_copies *copies, struct connection_copy *connection)
{
    g_queue_unlink(&copies->connections, &connection->link);
    task_queue_free_later(copies->queue, connection, free_connection);
}

void
object_copies_end_connection(struct object_copies *copies, struct connection *tcp)
{
    if (tcp->counted)
        end_connection(copies, tcp->counted);
    tcp->counted = NULL;
}

/* --- channels --- */

static void
set_channel(struct object_copies *copies, struct channel_copy *copy,
            const struct oa_channel *channel, struct oa_channel *now)
{
    *now = *channel;
    now->is_waiting = NULL;
    now->vc = copy_of_other(copies, channel->vc);
    now->target_server = keep_text(copies, &copy->target_server, channel->target_server);
    now->proxy_name = keep_text(copies, &copy->proxy_name, channel->proxy_name);
    now->user_agent = keep_text(copies, &copy->user_agent, channel->user_agent);
    now->auth = keep_auth(copies, &copy->auth, channel->auth);
    now->exchange = NULL;
    now->findings = NULL;
}

struct oa_channel *
copy_of_channel(struct object_copies *copies, struct oa_channel *channel)
{
    if (!channel)
        return NULL;
    struct connection *tcp = copy_of_connection(copies, channel->host);
    struct connection_copy *connection = ((struct connection *)channel->host)->counted;
    if (!connection->channel)
        connection->channel = g_new0(struct channel_copy, 1);
    struct channel_copy *copy = connection->channel;
    union channel_blocks now;
    memset(now.blocks[G_N_ELEMENTS(now.blocks) - 1], 0, BLOCK);
    set_channel(copies, copy, channel, &now.channel);
    now.channel.host = tcp;
    send_changes(copies, &copy->copy, NULL, now.blocks, copy->sent.blocks,
                 G_N_ELEMENTS(now.blocks));
    return &copy->copy.channel;
}

struct oa_channel *
copy_of_placed_channel(const struct oa_channel *channel, const struct oa_virtual_connection *vc)
{
    const struct connection_copy *connection = connection_of(channel)->counted;
    struct channel_copy *copy = connection ? connection->channel : NULL;
    const struct oa_channel *sent = copy ? &copy->sent.channel : NULL;
    bool is_placed = sent && sent->vc == vc && !vc == !channel->vc && sent->hop == channel->hop &&
                     sent->kind == channel->kind &&
                     memcmp(sent->endpoint, channel->endpoint, sizeof sent->endpoint) == 0;

    return is_placed ? &copy->copy.channel : NULL;
}

void
object_copies_end_channel(struct object_copies *copies, struct oa_channel *channel)
{
    struct connection_copy *connection = connection_of(channel)->counted;

    if (connection && !connection->is_ending)
        g_ptr_array_add(copies->ending, connection);
    if (connection)
        connection->is_ending = true;
}

void
object_copies_sweep(struct object_copies *copies)
{
    if (copies->ending->len == 0) /* as with most frames */
        return;
    for (guint i = 0; i < copies->ending->len; i++)
        end_connection(copies, g_ptr_array_index(copies->ending, i));
    g_ptr_array_set_size(copies->ending, 0);
}

void
object_copies_forget(struct object_copies *copies)
{
    GList *link;

    g_ptr_array_set_size(copies->ending, 0);
    while ((link = g_queue_peek_head_link(&copies->sessions)))
        end_session(copies, link->data);
    while ((link = g_queue_peek_head_link(&copies->connections)))
        end_connection(copies, link->data);
}
