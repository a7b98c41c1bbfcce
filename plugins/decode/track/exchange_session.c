/* exchange_session.c
 * Sessions with a mailbox store: from EcDoConnectEx (or EcDoConnect) to EcDoDisconnect, known by
 * their context handles; and the code pages of bindings to a directory. [MS-OXCRPC] 3.1.1.1,
 * 3.1.4.1, 3.1.4.3, [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/exchange_session.h"

#include <glib.h>
#include <string.h>

/* Where the UUID of a context handle stands in a stub that begins with one. */
#define HANDLE_AT 4

struct oa_exchange_sessions {
    GHashTable *by_handle; /* GBytes of synchronous and asynchronous handles; sessions not ended */
    GPtrArray *all;
    GHashTable *bindings; /* GBytes of handles -> code page; bindings to a directory not ended */
};

struct oa_exchange_sessions *
oa_exchange_sessions_new(void)
{
    struct oa_exchange_sessions *sessions = g_new0(struct oa_exchange_sessions, 1);

    sessions->by_handle =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    sessions->all = g_ptr_array_new_with_free_func(g_free);
    sessions->bindings =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    return sessions;
}

void
oa_exchange_sessions_free(struct oa_exchange_sessions *sessions)
{
    if (!sessions)
        return;
    g_hash_table_destroy(sessions->by_handle);
    g_ptr_array_free(sessions->all, TRUE);
    g_hash_table_destroy(sessions->bindings);
    g_free(sessions);
}

static bool
is_null_handle(const uint8_t handle[OA_HANDLE_SIZE])
{
    static const uint8_t ZEROS[OA_HANDLE_SIZE];

    return memcmp(handle, ZEROS, OA_HANDLE_SIZE) == 0;
}

static void
link_handle(struct oa_exchange_sessions *sessions, const uint8_t handle[OA_HANDLE_SIZE],
            struct oa_exchange_session *session)
{
    g_hash_table_replace(sessions->by_handle, g_bytes_new(handle, OA_HANDLE_SIZE), session);
}

/* The session that uses the handle now, or NULL. */
static gpointer
look_up(GHashTable *table, const uint8_t handle[OA_HANDLE_SIZE])
{
    GBytes *key = g_bytes_new_static(handle, OA_HANDLE_SIZE);
    gpointer found = g_hash_table_lookup(table, key);

    g_bytes_unref(key);
    return found;
}

static struct oa_exchange_session *
add_session(struct oa_exchange_sessions *sessions, const uint8_t handle[OA_HANDLE_SIZE])
{
    struct oa_exchange_session *session = g_new0(struct oa_exchange_session, 1);

    g_ptr_array_add(sessions->all, session);
    session->number = sessions->all->len;
    memcpy(session->handle, handle, OA_HANDLE_SIZE);
    link_handle(sessions, handle, session);
    return session;
}

static bool
is_disconnect(const struct oa_call_facts *facts)
{
    return facts->opnum == OA_EMSMDB_EC_DO_DISCONNECT && facts->interface->id == OA_IF_EMSMDB;
}

/* The session of a handle, begun in the middle if it has to be; but not with the answer to a
 * disconnect, which comes once more on the other hop. */
static struct oa_exchange_session *
session_of(struct oa_exchange_sessions *sessions, const struct oa_call_facts *facts, bool is_answer)
{
    if (!facts->has_handle || is_null_handle(facts->handle))
        return NULL;
    struct oa_exchange_session *session = look_up(sessions->by_handle, facts->handle);
    if (!session && !(is_answer && is_disconnect(facts)))
        session = add_session(sessions, facts->handle);
    return session;
}

static void
copy_text(char *out, const char *text, size_t size)
{
    if (text[0] != '\0')
        g_strlcpy(out, text, size);
}

static void
learn_client(struct oa_exchange_session *session, const struct oa_call_facts *request)
{
    copy_text(session->user_dn, request->user_dn, sizeof session->user_dn);
    copy_text(session->machine, request->machine, sizeof session->machine);
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

/* An answered connect begins a session if it succeeded. Where both hops are in the capture it is
 * seen once on each. */
static struct oa_exchange_session *
note_connect(struct oa_exchange_sessions *sessions, const struct oa_call_facts *request,
             const struct oa_call_facts *response)
{
    struct oa_exchange_session *session = response ? session_of(sessions, response, true) : NULL;

    if (!session)
        return NULL;
    session->has_connect = true;
    if (request)
        learn_client(session, request);
    copy_text(session->display_name, response->display_name, sizeof session->display_name);
    if (response->has_version) {
        session->server_version = oa_version_from_words(response->version_words);
        session->has_server_version = true;
    }
    return session;
}

static gboolean
is_of_session(gpointer handle, gpointer session, gpointer wanted)
{
    (void)handle;
    return session == wanted;
}

static void
note_answer(struct oa_exchange_sessions *sessions, struct oa_exchange_session *session,
            const struct oa_call_facts *response)
{
    session->calls++;
    session->failures += response->has_status && response->status != 0;
    if (is_disconnect(response)) {
        session->has_ended = true;
        g_hash_table_foreach_remove(sessions->by_handle, is_of_session, session);
    }
    if (response->opnum == OA_EMSMDB_EC_DO_ASYNC_CONNECT_EX &&
        response->interface->id == OA_IF_EMSMDB && response->has_handle &&
        !is_null_handle(response->handle))
        link_handle(sessions, response->handle, session);
}

static void
note_directory(struct oa_exchange_sessions *sessions, const struct oa_call_facts *request,
               const struct oa_call_facts *response)
{
    if (!request || !response)
        return;
    if (request->opnum == OA_NSPI_BIND && response->has_handle && !is_null_handle(response->handle))
        g_hash_table_replace(sessions->bindings, g_bytes_new(response->handle, OA_HANDLE_SIZE),
                             GUINT_TO_POINTER(request->code_page));
    if (request->opnum == OA_NSPI_UNBIND && request->has_handle) {
        GBytes *key = g_bytes_new_static(request->handle, OA_HANDLE_SIZE);
        g_hash_table_remove(sessions->bindings, key);
        g_bytes_unref(key);
    }
}

uint32_t
oa_exchange_sessions_code_page(const struct oa_exchange_sessions *sessions,
                               const struct oa_stub *stub)
{
    const struct oa_layout *layout = oa_stub_layout(stub);

    if (!layout || layout->slots[0].layout != &OA_LAYOUT_CONTEXT_HANDLE ||
        stub->length < HANDLE_AT + OA_HANDLE_SIZE)
        return 0;
    const uint8_t *handle = stub->data + HANDLE_AT;
    const struct oa_exchange_session *session = look_up(sessions->by_handle, handle);
    if (session)
        return session->code_page;
    return GPOINTER_TO_UINT(look_up(sessions->bindings, handle));
}

struct oa_exchange_session *
oa_exchange_sessions_note(struct oa_exchange_sessions *sessions,
                          const struct oa_call_facts *request, const struct oa_call_facts *response)
{
    const struct oa_call_facts *any = request ? request : response;
    struct oa_exchange_session *session;

    if (!any || !any->interface)
        return NULL;
    if (any->interface->id == OA_IF_NSPI)
        note_directory(sessions, request, response);
    if (any->interface->service != OA_SERVICE_STORE)
        return NULL;
    if (oa_rpc_operation_has(any->interface, any->opnum, OA_OP_IDENTIFIES)) {
        session = note_connect(sessions, request, response);
    } else {
        session = session_of(sessions, any, response != NULL);
        if (session && request && !response)
            learn_client(session, request);
    }
    if (session && response)
        note_answer(sessions, session, response);
    return session;
}
