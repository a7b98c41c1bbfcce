/* mailboxes.c
 * Open sessions with mailbox stores, by context handle; and the code pages of bindings to a
 * directory.
 * [MS-OXCRPC] 3.1.1.1, 3.1.4.1, 3.1.4.3, [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/mailboxes.h"

#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "track/emit.h"
#include "track/tracker_state.h"

/* A session has one handle of each kind. */
enum handle_kind { HANDLE_SYNC, HANDLE_ASYNC, HANDLES };

struct session {
    struct oa_mailbox_session facts; /* first, so that the two convert */
    uint8_t handle[HANDLES][OA_HANDLE_SIZE];
    bool has_handle[HANDLES];       /* which is then a key of by_handle */
    struct oa_rop_objects *objects; /* NULL: none yet */
    struct oa_rop_budget *budget;   /* of the objects of all sessions */
    bool is_open;
    unsigned holders;
    GList link; /* in by_age, or in closed */
};

struct binding {
    uint8_t handle[OA_HANDLE_SIZE];
    uint32_t code_page;
    GList link; /* in bindings_by_age */
};

/* Sessions found last, by a number made of their handle: most calls are of one of them. Handles
 * that were chosen to have the same number cost no more than the search in the tree. */
#define RECENT 1024

struct mailbox_table {
    GTree *by_handle;               /* handle -> struct session, that has the key */
    struct session *recent[RECENT]; /* each open, and found by that handle; NULL: none */
    GQueue by_age;                  /* the longest silent first */
    GQueue closed;                  /* held still, and not kept as closed objects are */
    uint64_t n_sessions;
    struct oa_rop_budget rops; /* of all sessions */
    GTree *bindings;           /* handle -> struct binding, that has the key */
    GQueue bindings_by_age;
};

/* --- the table --- */

static int
compare_handles(const void *a, const void *b)
{
    return memcmp(a, b, OA_HANDLE_SIZE);
}

static bool
has_handle(const struct session *session, const uint8_t handle[OA_HANDLE_SIZE])
{
    for (int kind = 0; kind < HANDLES; kind++)
        if (session->has_handle[kind] && compare_handles(session->handle[kind], handle) == 0)
            return true;
    return false;
}

static struct session **
recent_place(struct mailbox_table *table, const uint8_t handle[OA_HANDLE_SIZE])
{
    uint32_t words[OA_HANDLE_SIZE / sizeof(uint32_t)], sum = 0;

    memcpy(words, handle, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        sum = (sum ^ words[i]) * UINT32_C(0x9E3779B1);
    return &table->recent[sum >> 16 & (RECENT - 1)];
}

static struct session *
look_up(struct mailbox_table *table, const uint8_t handle[OA_HANDLE_SIZE])
{
    struct session **recent = recent_place(table, handle);

    if (!*recent || !has_handle(*recent, handle))
        *recent = g_tree_lookup(table->by_handle, handle);
    return *recent;
}

static void
free_session(void *data)
{
    struct session *session = data;

    g_free(session->facts.user_dn);
    g_free(session->facts.display_name);
    g_free(session->facts.machine);
    oa_rop_objects_free(session->objects);
    g_free(session);
}

struct mailbox_table *
oa_mailboxes_new(void)
{
    struct mailbox_table *table = g_new0(struct mailbox_table, 1);

    table->by_handle = g_tree_new(compare_handles);
    table->bindings = g_tree_new(compare_handles);
    return table;
}

void
oa_mailboxes_free(struct mailbox_table *table)
{
    GQueue *const sessions[] = { &table->by_age, &table->closed };

    g_tree_unref(table->by_handle);
    g_tree_unref(table->bindings);
    for (size_t i = 0; i < G_N_ELEMENTS(sessions); i++)
        for (GList *link = sessions[i]->head; link;) {
            struct session *session = link->data;
            link = link->next;
            free_session(session);
        }
    for (GList *link = table->bindings_by_age.head; link;) {
        struct binding *binding = link->data;
        link = link->next;
        g_free(binding);
    }
    g_free(table);
}

/* --- life of a session --- */

static void
forget_handle(struct mailbox_table *table, struct session *session, enum handle_kind kind)
{
    if (!session->has_handle[kind])
        return;
    struct session **recent = recent_place(table, session->handle[kind]);
    if (*recent == session)
        *recent = NULL;
    g_tree_remove(table->by_handle, session->handle[kind]);
    session->has_handle[kind] = false;
}

/* From now on the handle, and no other of its kind, leads to this session. */
static void
give_handle(struct mailbox_table *table, struct session *session, enum handle_kind kind,
            const uint8_t handle[OA_HANDLE_SIZE])
{
    struct session *known = look_up(table, handle);

    for (int i = 0; known && i < HANDLES; i++)
        if (known->has_handle[i] && compare_handles(known->handle[i], handle) == 0)
            forget_handle(table, known, (enum handle_kind)i);
    forget_handle(table, session, kind);
    memcpy(session->handle[kind], handle, OA_HANDLE_SIZE);
    session->has_handle[kind] = true;
    g_tree_replace(table->by_handle, session->handle[kind], session);
}

static void
close_session(struct oa_tracker *tracker, struct session *session)
{
    struct mailbox_table *table = tracker->mailboxes;

    if (!session->is_open)
        return;
    session->is_open = false;
    oa_rop_objects_free(session->objects);
    session->objects = NULL;
    for (int kind = 0; kind < HANDLES; kind++)
        forget_handle(table, session, (enum handle_kind)kind);
    g_queue_unlink(&table->by_age, &session->link);
    if (session->holders == 0 || oa_keeps_closed(tracker))
        oa_retire(tracker, session, free_session);
    else
        g_queue_push_tail_link(&table->closed, &session->link);
}

static struct session *
new_session(struct oa_tracker *tracker)
{
    struct mailbox_table *table = tracker->mailboxes;
    struct session *session = g_new0(struct session, 1);

    session->facts.number = ++table->n_sessions;
    session->budget = &table->rops;
    session->is_open = true;
    session->link.data = session;
    g_queue_push_tail_link(&table->by_age, &session->link);
    if (table->by_age.length > OA_LIMIT_SESSIONS) {
        oa_emit_limit(tracker, &(struct oa_event){ .side = OA_CLIENT }, OA_LIMIT_OF_SESSIONS);
        close_session(tracker, g_queue_peek_head(&table->by_age));
    }
    return session;
}

void
oa_mailbox_close(struct oa_tracker *tracker, struct oa_mailbox_session *session)
{
    close_session(tracker, (struct session *)session);
}

void
oa_mailbox_hold(struct oa_mailbox_session *session)
{
    if (session)
        ((struct session *)session)->holders++;
}

void
oa_mailbox_release(struct oa_tracker *tracker, struct oa_mailbox_session *facts)
{
    struct session *session = (struct session *)facts;

    if (!session || --session->holders > 0 || session->is_open || oa_keeps_closed(tracker))
        return;
    g_queue_unlink(&tracker->mailboxes->closed, &session->link);
    free_session(session);
}

struct oa_rop_objects *
oa_mailbox_objects(struct oa_mailbox_session *facts)
{
    struct session *session = (struct session *)facts;

    if (!session->objects && session->is_open)
        session->objects = oa_rop_objects_new(session->budget);
    return session->objects;
}

/* --- which session --- */

static bool
is_null_handle(const uint8_t handle[OA_HANDLE_SIZE])
{
    static const uint8_t ZEROS[OA_HANDLE_SIZE];

    return memcmp(handle, ZEROS, OA_HANDLE_SIZE) == 0;
}

static struct session *
find_session(struct mailbox_table *table, const uint8_t handle[OA_HANDLE_SIZE])
{
    struct session *session = look_up(table, handle);

    if (session) {
        g_queue_unlink(&table->by_age, &session->link);
        g_queue_push_tail_link(&table->by_age, &session->link);
    }
    return session;
}

static struct session *
session_of_handle(struct oa_tracker *tracker, const uint8_t handle[OA_HANDLE_SIZE])
{
    if (is_null_handle(handle))
        return NULL;
    struct session *session = find_session(tracker->mailboxes, handle);
    if (!session) {
        session = new_session(tracker);
        give_handle(tracker->mailboxes, session, HANDLE_SYNC, handle);
    }
    return session;
}

struct oa_mailbox_session *
oa_mailbox_of_handle(struct oa_tracker *tracker, const uint8_t handle[OA_HANDLE_SIZE])
{
    struct session *session = session_of_handle(tracker, handle);

    return session ? &session->facts : NULL;
}

static bool
is_operation(const struct oa_rpc_interface *iface, uint16_t opnum, enum oa_interface_id id,
             uint16_t wanted)
{
    return opnum == wanted && oa_rpc_interface_is(iface, id);
}

static bool
is_disconnect(const struct oa_call_facts *facts)
{
    return is_operation(facts->interface, facts->opnum, OA_IF_EMSMDB, OA_EMSMDB_EC_DO_DISCONNECT);
}

static bool
is_async_connect(const struct oa_call_facts *facts)
{
    return is_operation(facts->interface, facts->opnum, OA_IF_EMSMDB,
                        OA_EMSMDB_EC_DO_ASYNC_CONNECT_EX);
}

bool
oa_mailboxes_want(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    return is_operation(iface, opnum, OA_IF_EMSMDB, OA_EMSMDB_EC_DO_DISCONNECT) ||
           is_operation(iface, opnum, OA_IF_EMSMDB, OA_EMSMDB_EC_DO_ASYNC_CONNECT_EX) ||
           is_operation(iface, opnum, OA_IF_NSPI, OA_NSPI_BIND) ||
           is_operation(iface, opnum, OA_IF_NSPI, OA_NSPI_UNBIND);
}

/* The session of a call other than a connect. The other hop shows the response to a disconnect
 * again when the session has ended. */
static struct session *
session_of_call(struct oa_tracker *tracker, const struct oa_call_facts *facts, bool has_response)
{
    if (!facts->has_handle)
        return NULL;
    if (has_response && is_disconnect(facts))
        return find_session(tracker->mailboxes, facts->handle);
    return session_of_handle(tracker, facts->handle);
}

/* --- facts from calls --- */

static void
learn_text(char **to, const char *text)
{
    if (text[0] == '\0')
        return;
    g_free(*to);
    *to = g_strdup(text);
}

static void
learn_client(struct oa_mailbox_session *session, const struct oa_call_facts *request)
{
    learn_text(&session->user_dn, request->user_dn);
    learn_text(&session->machine, request->machine);
    if (request->client_mode)
        session->client_mode = request->client_mode;
    if (request->has_version) {
        session->client_version = oa_version_from_words(request->version_words);
        session->has_client_version = true;
    }
    if (request->has_locale) {
        session->code_page = request->code_page;
        session->lcid_string = request->lcid_string;
        session->lcid_sort = request->lcid_sort;
    }
}

/* A connect begins a session if it succeeded. With both hops in the capture it is seen on each. */
static struct session *
take_connect(struct oa_tracker *tracker, const struct oa_call_facts *request,
             const struct oa_call_facts *response)
{
    struct session *session = response ? session_of_call(tracker, response, true) : NULL;

    if (!session)
        return NULL;
    session->facts.has_connect = true;
    if (request)
        learn_client(&session->facts, request);
    learn_text(&session->facts.display_name, response->display_name);
    if (response->has_version) {
        session->facts.server_version = oa_version_from_words(response->version_words);
        session->facts.has_server_version = true;
    }
    return session;
}

static void
take_response(struct oa_tracker *tracker, struct session *session,
              const struct oa_call_facts *response)
{
    if (is_disconnect(response)) {
        session->facts.has_ended = true;
    } else if (is_async_connect(response) && response->has_handle &&
               !is_null_handle(response->handle)) {
        give_handle(tracker->mailboxes, session, HANDLE_ASYNC, response->handle);
    }
}

struct oa_mailbox_session *
oa_mailbox_begin(struct oa_tracker *tracker, const struct oa_call_facts *connect)
{
    struct session *session = new_session(tracker);

    if (connect) {
        session->facts.has_connect = true;
        learn_client(&session->facts, connect);
    }
    return &session->facts;
}

/* --- bindings to a directory --- */

static void
forget_binding(struct mailbox_table *table, const uint8_t handle[OA_HANDLE_SIZE])
{
    struct binding *binding = g_tree_lookup(table->bindings, handle);

    if (!binding)
        return;
    g_tree_remove(table->bindings, handle);
    g_queue_unlink(&table->bindings_by_age, &binding->link);
    g_free(binding);
}

static void
add_binding(struct oa_tracker *tracker, const uint8_t handle[OA_HANDLE_SIZE], uint32_t code_page)
{
    struct mailbox_table *table = tracker->mailboxes;
    struct binding *binding = g_new0(struct binding, 1);

    forget_binding(table, handle);
    memcpy(binding->handle, handle, OA_HANDLE_SIZE);
    binding->code_page = code_page;
    binding->link.data = binding;
    g_tree_replace(table->bindings, binding->handle, binding);
    g_queue_push_tail_link(&table->bindings_by_age, &binding->link);
    if (table->bindings_by_age.length > OA_LIMIT_SESSIONS) {
        const struct binding *oldest = g_queue_peek_head(&table->bindings_by_age);
        oa_emit_limit(tracker, &(struct oa_event){ .side = OA_CLIENT }, OA_LIMIT_OF_SESSIONS);
        forget_binding(table, oldest->handle);
    }
}

static void
take_directory(struct oa_tracker *tracker, const struct oa_call_facts *request,
               const struct oa_call_facts *response)
{
    if (!request || !response)
        return;
    if (request->opnum == OA_NSPI_BIND && response->has_handle && !is_null_handle(response->handle))
        add_binding(tracker, response->handle, request->code_page);
    if (request->opnum == OA_NSPI_UNBIND && request->has_handle)
        forget_binding(tracker->mailboxes, request->handle);
}

uint32_t
oa_mailboxes_code_page(const struct oa_tracker *tracker, const uint8_t handle[OA_HANDLE_SIZE])
{
    const struct mailbox_table *table = tracker->mailboxes;
    const struct session *session = g_tree_lookup(table->by_handle, handle);
    const struct binding *binding = g_tree_lookup(table->bindings, handle);

    return session ? session->facts.code_page : binding ? binding->code_page : 0;
}

/* --- calls of any interface --- */

struct oa_mailbox_session *
oa_mailboxes_take(struct oa_tracker *tracker, const struct oa_call_facts *request,
                  const struct oa_call_facts *response)
{
    const struct oa_call_facts *any = request ? request : response;
    struct session *session;

    if (!any || !any->interface)
        return NULL;
    if (any->interface->id == OA_IF_NSPI)
        take_directory(tracker, request, response);
    if (any->interface->service != OA_SERVICE_STORE)
        return NULL;
    if (oa_rpc_operation_has(any->interface, any->opnum, OA_OP_IDENTIFIES))
        session = take_connect(tracker, request, response);
    else
        session = session_of_call(tracker, any, response != NULL);
    if (!session)
        return NULL;
    if (response)
        take_response(tracker, session, response);
    return &session->facts;
}
