/* report_connection_status.c
 * connection_status.csv: what Outlook's Connection Status window shows, from the network's side.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <string.h>

/* Rows told apart; the rest is counted in one row without names. */
#define ROWS_MAX 262144
#define KEY_OF_THE_REST "\177"

struct status {
    char *key;
    char *user;
    char *server;
    char *proxy;
    const struct oa_rpc_interface *iface;
    enum oa_transport transport;
    bool has_transport;
    const char *http_auth;
    uint8_t rpc_level;
    char server_version[OA_CLIENT_VERSION];
    char client_version[OA_CLIENT_VERSION];
    uint64_t sessions, open_sessions;
    uint64_t requests, failures, unanswered;
    uint64_t timed;
    int64_t time_ns; /* sum of the timed ones */
    int64_t last_ns;
};

#define ROW(name) const struct status *name = row

#define TEXT_CELL(member)                                                                          \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(status);                                                                               \
        csv_text(csv, status->member);                                                             \
    }

TEXT_CELL(user)
TEXT_CELL(server)
TEXT_CELL(proxy)
TEXT_CELL(http_auth)
TEXT_CELL(server_version)
TEXT_CELL(client_version)

#define NUMBER_CELL(member)                                                                        \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(status);                                                                               \
        csv_number(csv, status->member);                                                           \
    }

NUMBER_CELL(sessions)
NUMBER_CELL(open_sessions)
NUMBER_CELL(requests)
NUMBER_CELL(failures)
NUMBER_CELL(unanswered)

/* Outlook's words for the services. */
static void
type(struct csv *csv, const void *row)
{
    static const char *const TYPES[OA_SERVICES] = {
        [OA_SERVICE_STORE] = "Mail",
        [OA_SERVICE_DIRECTORY] = "Directory",
        [OA_SERVICE_REFERRAL] = "Referral",
    };
    ROW(status);
    enum oa_service_id service = status->iface ? status->iface->service : OA_SERVICE_NONE;

    csv_text(csv, TYPES[service] ? TYPES[service] : oa_service_name(service));
}

static void
interface_name(struct csv *csv, const void *row)
{
    ROW(status);
    csv_text(csv, status->iface ? status->iface->name : NULL);
}

/* What is inside TLS is not seen here, so that there is no HTTPS. */
static void
conn(struct csv *csv, const void *row)
{
    ROW(status);
    csv_text(csv, !status->has_transport                        ? NULL
                  : status->transport == OA_TRANSPORT_RPC_TCP   ? "TCP/IP"
                  : status->transport == OA_TRANSPORT_MAPI_HTTP ? "HTTP (MAPI)"
                                                                : "HTTP");
}

static void
rpc_auth_level(struct csv *csv, const void *row)
{
    ROW(status);
    csv_text(csv, status->rpc_level ? oa_rpc_auth_level_name(status->rpc_level) : NULL);
}

static void
status_word(struct csv *csv, const void *row)
{
    ROW(status);
    csv_text(csv, status->open_sessions ? "Established" : "Disconnected");
}

static void
average(struct csv *csv, const void *row)
{
    ROW(status);
    if (status->timed)
        csv_ms(csv, status->time_ns / (int64_t)status->timed);
    else
        csv_empty(csv);
}

static void
last_seen(struct csv *csv, const void *row)
{
    ROW(status);
    csv_time(csv, status->last_ns);
}

static const struct column COLUMNS_OF_STATUS[] = {
    { "user", "text",
      "User of the HTTP authentication, else of the one inside RPC, else the distinguished name",
      user },
    { "server", "text", "Server named in the URI, or MailboxId; else the address of the server",
      server },
    { "proxy", "text", "Host header of the requests", proxy },
    { "type", "text", "Mail, Directory, Referral; else what the interface is for", type },
    { "interface", "text", "Interface of the sessions", interface_name },
    { "conn", "text", "HTTP (RPC over HTTP), HTTP (MAPI), or TCP/IP", conn },
    { "http_auth", "text", "HTTP authentication scheme", http_auth },
    { "rpc_auth_level", "text", "Protection agreed inside RPC", rpc_auth_level },
    { "status", "text",
      "Established (a session was still open when the capture ended), or Disconnected",
      status_word },
    { "sessions", "count", "Sessions", sessions },
    { "open_sessions", "count", "Of these, not ended in the capture", open_sessions },
    { "requests", "count", "Calls", requests },
    { "failures", "count",
      "Calls answered by a fault, or by a return value that tells of a failure", failures },
    { "unanswered", "count", "Calls whose answer is not in the capture", unanswered },
    { "avg_response_ms", "ms",
      "Mean time from the last byte of a request to the last of its response; calls that wait for "
      "news (EcDoAsyncWaitEx, NotificationWait) are left out",
      average },
    { "server_version", "text", "Version by the server's own word", server_version },
    { "client_version", "text", "Version by the client's own word", client_version },
    { "last_seen", "time", "End of the last session", last_seen },
};

struct state {
    GHashTable *rows;     /* key -> struct status */
    GHashTable *sessions; /* number of a session -> its row, from its first call to its end */
};

static void
free_status(void *data)
{
    struct status *status = data;

    g_free(status->key);
    g_free(status->user);
    g_free(status->server);
    g_free(status->proxy);
    g_free(status);
}

static void *
new_state(void)
{
    struct state *state = g_new0(struct state, 1);

    state->rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_status);
    state->sessions = g_hash_table_new(NULL, NULL);
    return state;
}

/* Who, or "". */
static char *
user_name(const struct oa_virtual_connection *vc)
{
    char name[USER_TEXT];

    user_of_session(vc, name);
    return g_strdup(name[0] ? name : vc->client ? vc->client->user_dn : "");
}

static struct status *
row_of(struct state *state, const struct oa_virtual_connection *vc)
{
    void *number = GSIZE_TO_POINTER((gsize)vc->number);
    struct status *status = g_hash_table_lookup(state->sessions, number);

    if (status)
        return status;
    char *user = user_name(vc), *server = server_of_session(vc);
    char *key = g_strdup_printf("%s\t%s\t%s\t%u", user, server, vc->iface ? vc->iface->name : "~",
                                (unsigned)vc->transport);
    bool is_full = g_hash_table_size(state->rows) >= ROWS_MAX;
    status = g_hash_table_lookup(state->rows, key);
    if (!status && is_full)
        status = g_hash_table_lookup(state->rows, KEY_OF_THE_REST);
    if (!status) {
        status = g_new0(struct status, 1);
        status->key = g_strdup(is_full ? KEY_OF_THE_REST : key);
        if (!is_full) {
            status->user = g_steal_pointer(&user);
            status->server = g_steal_pointer(&server);
            status->iface = vc->iface;
            status->transport = vc->transport;
            status->has_transport = true;
        }
        g_hash_table_insert(state->rows, status->key, status);
    }
    g_hash_table_insert(state->sessions, number, status);
    g_free(key);
    g_free(user);
    g_free(server);
    return status;
}

static void
take_call(struct state *state, const struct oa_call *call)
{
    struct status *status = row_of(state, call->vc);
    int64_t latency_ns;

    status->requests++;
    status->failures += call_failed(call);
    status->unanswered += call->state == OA_CALL_UNANSWERED;
    if (call_latency(call, &latency_ns)) {
        status->timed++;
        status->time_ns += latency_ns;
    }
}

static bool
is_open(const struct oa_virtual_connection *vc)
{
    return vc->ending.how == OA_END_OPEN && !vc->has_logged_off &&
           (vc->established.frame || vc->answered);
}

static void
take_session(struct state *state, const struct oa_virtual_connection *vc)
{
    struct status *status = row_of(state, vc);

    g_hash_table_remove(state->sessions, GSIZE_TO_POINTER((gsize)vc->number));
    status->sessions++;
    status->open_sessions += is_open(vc);
    status->last_ns = MAX(status->last_ns, vc->last.time_ns);
    if (!status->user)
        return;
    if (!status->proxy && vc->proxy_name)
        status->proxy = g_strdup(vc->proxy_name);
    if (!status->http_auth && vc->auth)
        status->http_auth = oa_auth_scheme_name(vc->auth->scheme);
    if (vc->security.present)
        status->rpc_level = vc->security.level;
    if (vc->client && vc->client->server_version[0])
        g_strlcpy(status->server_version, vc->client->server_version, OA_CLIENT_VERSION);
    if (vc->client && vc->client->version[0])
        g_strlcpy(status->client_version, vc->client->version, OA_CLIENT_VERSION);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_CALL)
        take_call(run->state, event->call);
    else if (event->type == OA_EVENT_VC_CLOSED)
        take_session(run->state, event->vc);
}

static void
finish(struct report_run *run)
{
    const struct state *own = run->state;
    report_rows_by_key(run, own->rows);
}

static void
free_state(void *data)
{
    struct state *own = data;

    g_hash_table_unref(own->rows);
    g_hash_table_unref(own->sessions);
    g_free(own);
}

const struct report REPORT_CONNECTION_STATUS = {
    .name = "connection_status",
    .row_is = "user, server and interface",
    .order = "by user, server, interface",
    COLUMNS(COLUMNS_OF_STATUS),
    .new_state = new_state,
    .event = take,
    .finish = finish,
    .free_state = free_state,
};
