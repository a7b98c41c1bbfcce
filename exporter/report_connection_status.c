/* report_connection_status.c
 * connection_status.csv: what Outlook's Connection Status window shows, as seen on the network.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "intervals.h"
#include "tally.h"

/* Rows with a key of their own; all others are counted in one row without names. */
#define ROWS_MAX 262144

/* The strings are owned by the row. */
struct key {
    const char *user;
    const char *server;
    const struct oa_rpc_interface *iface;
    enum oa_transport transport;
    bool is_in_tls;
};

struct row {
    struct key key;
    char *proxy;
    const char *type, *conn, *http_auth, *rpc_auth_level;
    char server_version[OA_CLIENT_VERSION], client_version[OA_CLIENT_VERSION];
    uint64_t sessions;
    uint64_t open_sessions; /* NO_NUMBER: of none it is known */
    uint64_t unknown_sessions;
    uint64_t requests, failures, unanswered, unknown;
    uint64_t timed;
    int64_t time_ns; /* total response time of the `timed` calls */
    int64_t last_ns;
};

static void status(struct writer *writer, const void *row);
static void average(struct writer *writer, const void *row);

/* clang-format off */
static const struct column COLUMNS_OF_STATUS[] = {
    { "user", NAMED(USER, key.user),
      "User as in users.csv: of the HTTP authentication, else of the RPC authentication, else the "
      "distinguished name; with --user-key that name" },
    { "server", NAMED(HOST, key.server),
      "Server named in the URI, or MailboxId; else the address of the server" },
    { "proxy", NAMED(HOST, proxy), "Host header of the requests" },
    { "type", WORD(type), "Mail, Directory, Referral; else the service of the interface" },
    { "interface", WORD_OF(key.iface, name), "Interface of the sessions" },
    { "conn", WORD(conn), "HTTP (RPC over HTTP), HTTP (MAPI), or TCP/IP; HTTPS in place of HTTP if it was inside TLS and "
      "decrypted, here or by Wireshark" },
    { "http_auth", WORD(http_auth), "HTTP authentication scheme" },
    { "rpc_auth_level", WORD(rpc_auth_level), "Negotiated RPC protection level" },
    { "status", COMPUTED_NAMED(WORD, status),
      "Established (a session was still open when the capture ended), Unknown (exported PDUs do not "
      "show it), or Disconnected" },
    { "sessions", COUNT(sessions), "Sessions" },
    { "open_sessions", COUNT(open_sessions),
      "Sessions that were still open when the capture ended; empty if it is known of none" },
    { "requests", COUNT(requests), CALLS_ARE },
    { "failures", COUNT(failures), "Calls that ended in a fault or returned an error" },
    { "unanswered", COUNT(unanswered), IS_UNANSWERED },
    { "avg_response_ms", COMPUTED("ms", average),
      "Mean time from the last byte of a request to the last byte of its response; without calls "
      "that wait for notifications (EcDoAsyncWaitEx, NotificationWait)" },
    { "server_version", WORD(server_version), "Server version, self-reported" },
    { "client_version", WORD(client_version), "Client version, self-reported" },
    { "last_seen", LAST_TIME(last_ns), "End of the last session" TIMES_ARE },
    { "unknown", COUNT(unknown),
      IS_UNKNOWN },
};
/* clang-format on */

static void
status(struct writer *writer, const void *row)
{
    const struct row *of = row;
    bool is_open = of->open_sessions != NO_NUMBER && of->open_sessions > 0;

    writer_text(writer, is_open                ? "Established"
                        : of->unknown_sessions ? "Unknown"
                                               : "Disconnected");
}

static void
average(struct writer *writer, const void *data)
{
    const struct row *row = data;

    if (row->timed)
        writer_ms(writer, row->time_ns / (int64_t)row->timed);
    else
        writer_empty(writer);
}

/* Outlook's names for the services. */
static const char *
type_of(const struct oa_rpc_interface *iface)
{
    static const char *const TYPES[OA_SERVICES] = {
        [OA_SERVICE_STORE] = "Mail",
        [OA_SERVICE_DIRECTORY] = "Directory",
        [OA_SERVICE_REFERRAL] = "Referral",
    };
    enum oa_service_id service = iface ? iface->service : OA_SERVICE_NONE;

    return TYPES[service] ? TYPES[service] : oa_service_name(service);
}

static const char *
conn_of(const struct key *key)
{
    if (key->transport == OA_TRANSPORT_RPC_TCP)
        return "TCP/IP";
    if (key->transport == OA_TRANSPORT_MAPI_HTTP)
        return key->is_in_tls ? "HTTPS (MAPI)" : "HTTP (MAPI)";
    return key->is_in_tls ? "HTTPS" : "HTTP";
}

/* --- rows --- */

static int
compare(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->user, right->user);

    if (!order)
        order = strcmp(left->server, right->server);
    if (!order)
        order =
            strcmp(left->iface ? left->iface->name : "~", right->iface ? right->iface->name : "~");
    if (!order)
        order = (int)left->transport - (int)right->transport;
    return order ? order : (int)left->is_in_tls - (int)right->is_in_tls;
}

static void
begin(void *data, const void *key)
{
    struct row *row = data;

    row->open_sessions = NO_NUMBER;
    row->last_ns = NO_TIME;
    if (!key)
        return;
    row->key = *(const struct key *)key;
    row->key.user = g_strdup(row->key.user);
    row->key.server = g_strdup(row->key.server);
    row->type = type_of(row->key.iface);
    row->conn = conn_of(&row->key);
}

/* The proxy and the HTTP scheme are those seen first; versions and protection those seen last. */
static void
merge(void *into, const void *from)
{
    const struct row *other = from;
    struct row *row = into;

    row->unknown_sessions += other->unknown_sessions;
    row->timed += other->timed;
    row->time_ns += other->time_ns;
    if (!row->key.user)
        return; /* counts many users */
    if (!row->proxy)
        row->proxy = g_strdup(other->proxy);
    if (!row->http_auth)
        row->http_auth = other->http_auth;
    if (other->rpc_auth_level)
        row->rpc_auth_level = other->rpc_auth_level;
    if (other->server_version[0])
        memcpy(row->server_version, other->server_version, sizeof row->server_version);
    if (other->client_version[0])
        memcpy(row->client_version, other->client_version, sizeof row->client_version);
}

static void
clear(void *data)
{
    struct row *row = data;

    g_free((char *)row->key.user);
    g_free((char *)row->key.server);
    g_free(row->proxy);
}

/* --- events --- */

/* Called at the first call of the session, or at its end. */
static void *
row_of(struct tally *tally, const struct oa_virtual_connection *vc)
{
    char user[OA_USER_TEXT], address[ADDRESS_TEXT];
    const char *name = report_user(tally_run(tally), vc, user);
    struct key key = { .user = name ? name : "",
                       .server = oa_vc_server(vc, address),
                       .iface = vc->iface,
                       .transport = vc->transport,
                       .is_in_tls = vc->is_in_tls };

    if (!name && vc->client && !tally_run(tally)->settings->users.has_key)
        key.user = vc->client->user_dn;
    return tally_row(tally, &key);
}

static void
take_call(struct tally *tally, void *data, const struct oa_call *call)
{
    struct row *row = data;
    int64_t latency_ns;

    (void)tally;
    row->requests++;
    row->failures += oa_call_failed(call);
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown += call->state == OA_CALL_UNKNOWN;
    if (call_is_prompt(call) && oa_call_latency(call, oa_call_hop(call), &latency_ns)) {
        row->timed++;
        row->time_ns += latency_ns;
    }
}

static bool
is_open(const struct oa_virtual_connection *vc)
{
    return vc->ending.how == OA_END_OPEN && !vc->has_logged_off &&
           (vc->established.frame || vc->answered);
}

static void
take_session(struct tally *tally, void *row, const struct oa_virtual_connection *vc)
{
    bool is_unknown = vc->ending.how == OA_END_UNKNOWN && !vc->has_logged_off;
    struct row one = { .proxy = vc->proxy_name,
                       .http_auth = vc->auth ? oa_auth_scheme_name(vc->auth->scheme) : NULL,
                       .sessions = 1,
                       .open_sessions = is_unknown ? NO_NUMBER : is_open(vc),
                       .unknown_sessions = is_unknown,
                       .last_ns = vc->last.time_ns };

    if (vc->security.present && vc->security.level)
        one.rpc_auth_level = oa_rpc_auth_level_name(vc->security.level);
    if (vc->client) {
        memcpy(one.server_version, vc->client->server_version, sizeof one.server_version);
        memcpy(one.client_version, vc->client->version, sizeof one.client_version);
    }
    tally_add(tally, row, &one);
}

static const struct tally_rows ROWS = {
    .size = sizeof(struct row),
    .max = ROWS_MAX,
    .compare = compare,
    .begin = begin,
    .merge = merge,
    .clear = clear,
    .of_session = row_of,
    .call = take_call,
    .session = take_session,
};

const struct report REPORT_CONNECTION_STATUS = {
    .name = "connection_status",
    .row_is = "user, server and interface",
    .order = "ordered by user, server, interface",
    COLUMNS(COLUMNS_OF_STATUS),
    TALLY(ROWS),
    .event = tally_take_event,
    .takes = TALLY_TAKES,
};
