/* intervals.c
 * What each server carried in each interval of time: the numbers of counters.csv and capacity.csv.
 *
 * What belongs to an instant is counted at once, in the interval's row. What lasts is kept as a
 * span, because a connection that the capture joins in its middle was open before, and a session
 * may turn out to be a part of another one; levels and users are computed from the spans at the
 * end. The connection's role, too, may be known only at its end: its bytes wait until then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "intervals.h"

#include <glib.h>
#include <string.h>

#include "column.h"
#include "coverage.h"
#include "facts.h"
#include "http/http_exchange.h"
#include "user_identity.h"

#define NS_PER_S INT64_C(1000000000)

/* Beyond, as with a frame whose time is wrong by years, only intervals with traffic are listed. */
#define LISTED_MAX 1000000

/* An open connection that is silent for so long is taken for forgotten. */
#define FORGOTTEN_NS (4 * 3600 * NS_PER_S)

/* Ends of intervals at which a call is counted as outstanding. */
#define OUTSTANDING_MAX 10000

#define OPEN_END INT64_MAX

const struct intervals_settings INTERVALS_DEFAULT = { .interval_ns = 60 * NS_PER_S,
                                                      .max_gap_ns = NS_PER_S };

static const int64_t LIMITS_NS[INTERVAL_LIMITS] = { 2 * NS_PER_S, 5 * NS_PER_S, 10 * NS_PER_S };

/* Half-open. What was there before the capture begins with the covered piece of its `from_ns`. */
struct span {
    int64_t from_ns, to_ns;
    uint32_t user;
    uint32_t program; /* of a session: in `programs` */
    bool was_before;
    bool is_cached, is_classic, is_mapi_http;
};

/* A user with a call in an interval; may occur repeatedly. */
struct active {
    int64_t start_ns;
    uint32_t user;
};

enum spans { CONNECTIONS, CHANNELS, OUTSTANDING, ONE_WAY, SESSIONS, SPANS };

struct server {
    uint8_t address[16];
    enum server_role role;
    bool is_all, has_packets;
    bool is_proxy;         /* not just some host that connected to the port of a server */
    GHashTable *rows;      /* of struct interval, by start_ns */
    struct interval *last; /* that was used */
    GArray *spans[SPANS];  /* of struct span */
    GArray *active;        /* of struct active */
    GHashTable *names;     /* name -> number of times */
    GTree *services;       /* set of static strings */
};

/* What has been counted of a connection. The sides are those of its opening, whatever it turned out
 * to be later. */
struct traffic {
    int64_t start_ns;
    struct connection_stream stream[2];
};

struct counted {
    struct server *server;            /* NULL: not yet known */
    struct connection_stream mark[2]; /* everything so far */
    GArray *waiting;                  /* of struct traffic; NULL: none */
};

/* A call, as far as it is needed. */
struct call_facts {
    enum oa_hop hop;
    enum oa_call_state state;
    bool is_prompt, has_request;
    int64_t requested_ns, responded_ns;
    int64_t latency_ns, store_latency_ns; /* NO_TIME: unknown */
    int64_t given_up_ns;                  /* unanswered */
};

struct bytes {
    int64_t start_ns;
    enum oa_hop hop;
    uint64_t bytes[2];
};

/* A session that is open. */
struct session {
    uint64_t mark[OA_HOPS][2]; /* RPC bytes counted so far */
    GArray *calls;             /* of struct call_facts: until it is known whose they are */
    GArray *bytes;             /* of struct bytes: the same */
    GArray *active;            /* of int64_t: intervals with a call */
    GArray *open[OA_HOPS];     /* of struct span; NULL: none */
};

struct intervals {
    struct intervals_settings settings;
    struct coverage *coverage;
    bool is_settled;
    int64_t now_ns;
    GTree *servers;       /* struct server, key and value */
    GHashTable *counted;  /* set of struct counted */
    GHashTable *sessions; /* number -> struct session */
    struct user_identities *users;
    GPtrArray *programs; /* of clients, by number; NULL is the first: unknown */
    GHashTable *program_numbers;
};

struct server_sessions {
    const struct intervals *intervals;
    const GArray *spans;
    const GArray *active;
};

const char *
server_role_name(enum server_role role)
{
    static const char *const NAMES[] = {
        [ROLE_PROXY] = "proxy", [ROLE_STORE] = "store", [ROLE_DIRECTORY] = "directory"
    };

    return NAMES[role];
}

/* --- rows --- */

static int64_t
start_of(const struct intervals *intervals, int64_t time_ns)
{
    int64_t length_ns = intervals->settings.interval_ns, rest = time_ns % length_ns;

    return time_ns - (rest < 0 ? rest + length_ns : rest);
}

static void
row_free(void *data)
{
    struct interval *row = data;

    histogram_free(row->latency);
    histogram_free(row->store_latency);
    g_free(row);
}

static struct interval *
row_starting(struct server *server, int64_t start_ns)
{
    if (server->last && server->last->start_ns == start_ns)
        return server->last;
    struct interval *row = g_hash_table_lookup(server->rows, &start_ns);
    if (!row) {
        row = g_new0(struct interval, 1);
        row->start_ns = start_ns;
        g_hash_table_insert(server->rows, &row->start_ns, row);
    }
    return server->last = row;
}

static struct interval *
row_at(const struct intervals *intervals, struct server *server, int64_t time_ns)
{
    return row_starting(server, start_of(intervals, time_ns));
}

static void
add_latency(struct histogram **histogram, int64_t ns)
{
    if (!*histogram)
        *histogram = histogram_new();
    histogram_add(*histogram, ns);
}

/* --- servers --- */

static int
compare_servers(const void *a, const void *b, void *data)
{
    const struct server *left = a, *right = b;

    (void)data;
    if (left->role != right->role)
        return left->role < right->role ? -1 : 1;
    return memcmp(left->address, right->address, sizeof left->address);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct server *
server_new(enum server_role role, const uint8_t address[16])
{
    struct server *server = g_new0(struct server, 1);

    server->role = role;
    memcpy(server->address, address, sizeof server->address);
    server->rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, row_free);
    server->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    server->services = g_tree_new(compare_names);
    server->active = g_array_new(FALSE, FALSE, sizeof(struct active));
    for (int i = 0; i < SPANS; i++)
        server->spans[i] = g_array_new(FALSE, FALSE, sizeof(struct span));
    return server;
}

static void
server_free(void *data)
{
    struct server *server = data;

    g_hash_table_unref(server->rows);
    g_hash_table_unref(server->names);
    g_tree_destroy(server->services);
    g_array_unref(server->active);
    for (int i = 0; i < SPANS; i++)
        g_array_unref(server->spans[i]);
    g_free(server);
}

static struct server *
server_of(const struct intervals *intervals, enum server_role role, const uint8_t address[16])
{
    struct server key = { .role = role };

    memcpy(key.address, address, sizeof key.address);
    struct server *server = g_tree_lookup(intervals->servers, &key);
    if (!server) {
        server = server_new(role, address);
        g_tree_insert(intervals->servers, server, server);
    }
    return server;
}

static enum server_role
role_of_hop(enum oa_hop hop)
{
    return oa_hop_is_http(hop) ? ROLE_PROXY : ROLE_STORE;
}

/* The server where the hop ends. */
static struct server *
server_of_hop(const struct intervals *intervals, const struct oa_virtual_connection *vc,
              enum oa_hop hop)
{
    return server_of(intervals, role_of_hop(hop), vc->endpoint[hop][OA_SERVER].address);
}

static struct server *
server_of_channel(const struct intervals *intervals, const struct oa_channel *channel)
{
    return server_of(intervals, role_of_hop(channel->hop), channel->endpoint[OA_SERVER].address);
}

static void
note_name(struct server *server, const char *name)
{
    if (!name || !name[0])
        return;
    guint times = GPOINTER_TO_UINT(g_hash_table_lookup(server->names, name));
    g_hash_table_replace(server->names, g_strdup(name), GUINT_TO_POINTER(times + 1));
}

/* The most frequent name, of equal ones the first in the alphabet. */
static const char *
name_of(const struct server *server)
{
    GHashTableIter names;
    void *name, *times;
    const char *best = NULL;
    guint most = 0;

    g_hash_table_iter_init(&names, server->names);
    while (g_hash_table_iter_next(&names, &name, &times)) {
        guint n = GPOINTER_TO_UINT(times);
        if (n > most || (n == most && strcmp(name, best) < 0)) {
            best = name;
            most = n;
        }
    }
    return best;
}

/* --- connections and their bytes --- */

static void
counted_free(void *data)
{
    struct counted *counted = data;

    if (counted->waiting)
        g_array_unref(counted->waiting);
    g_free(counted);
}

static struct counted *
counted_of(struct intervals *intervals, struct connection *connection)
{
    if (!connection->counted) {
        struct counted *counted = g_new0(struct counted, 1);
        g_hash_table_add(intervals->counted, counted);
        connection->counted = counted;
    }
    return connection->counted;
}

static void
add_stream(struct connection_stream *sum, const struct connection_stream *more,
           const struct connection_stream *less)
{
    sum->frames += more->frames - less->frames;
    sum->payload_bytes += more->payload_bytes - less->payload_bytes;
    sum->retransmitted_bytes += more->retransmitted_bytes - less->retransmitted_bytes;
    sum->lost_bytes += more->lost_bytes - less->lost_bytes;
    sum->wire_bytes += more->wire_bytes - less->wire_bytes;
}

static void
add_to_row(struct interval *row, enum oa_side side, const struct connection_stream *more,
           const struct connection_stream *less)
{
    row->packets[side] += more->frames - less->frames;
    row->payload_bytes[side] += more->payload_bytes - less->payload_bytes;
    row->wire_bytes[side] += more->wire_bytes - less->wire_bytes;
    row->retransmitted_bytes += more->retransmitted_bytes - less->retransmitted_bytes;
    row->lost_bytes += more->lost_bytes - less->lost_bytes;
}

/* The waiting traffic of the interval. */
static struct traffic *
waiting_at(struct counted *counted, int64_t start_ns)
{
    if (!counted->waiting)
        counted->waiting = g_array_new(FALSE, TRUE, sizeof(struct traffic));
    GArray *waiting = counted->waiting;
    if (!waiting->len ||
        g_array_index(waiting, struct traffic, waiting->len - 1).start_ns != start_ns) {
        struct traffic traffic = { .start_ns = start_ns };
        g_array_append_val(waiting, traffic);
    }
    return &g_array_index(waiting, struct traffic, waiting->len - 1);
}

/* Counts what has come for the connection since the last time. */
static void
count(const struct intervals *intervals, struct counted *counted,
      const struct connection *connection, int64_t time_ns)
{
    for (unsigned side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct connection_stream *stream = &connection->stream[side];
        struct connection_stream *mark = &counted->mark[side ^ connection->is_swapped];

        if (counted->server)
            add_to_row(row_at(intervals, counted->server, time_ns), (enum oa_side)side, stream,
                       mark);
        else
            add_stream(&waiting_at(counted, start_of(intervals, time_ns))
                            ->stream[side ^ connection->is_swapped],
                       stream, mark);
        *mark = *stream;
    }
}

/* From now on it is known where the connection counts. */
static void
choose_server(struct counted *counted, const struct connection *connection, struct server *server)
{
    static const struct connection_stream NOTHING;

    if (counted->server)
        return;
    counted->server = server;
    server->has_packets |= !connection->payload_only;
    for (guint i = 0; counted->waiting && i < counted->waiting->len; i++) {
        const struct traffic *traffic = &g_array_index(counted->waiting, struct traffic, i);
        struct interval *row = row_starting(server, traffic->start_ns);
        for (unsigned side = OA_CLIENT; side <= OA_SERVER; side++)
            add_to_row(row, (enum oa_side)side, &traffic->stream[side ^ connection->is_swapped],
                       &NOTHING);
    }
    if (counted->waiting)
        g_array_unref(counted->waiting);
    counted->waiting = NULL;
}

void
intervals_take_counted(struct intervals *intervals, struct connection *connection,
                       struct oa_stamp stamp)
{
    count(intervals, counted_of(intervals, connection), connection, stamp.time_ns);
}

/* When the connection was open. */
static struct span
span_of(const struct connection *connection)
{
    struct span span = { .from_ns = connection->first.time_ns,
                         .was_before = !connection->handshake_seen };

    if (connection_has_ended(connection, &span.to_ns))
        return span;
    bool is_forgotten = connection->watched_ns - connection->last.time_ns >= FORGOTTEN_NS;
    span.to_ns = is_forgotten ? connection->last.time_ns : OPEN_END;
    return span;
}

static enum server_role
role_of(const struct connection_row *row)
{
    const char *hop = hop_name(row->channel, row->tcp->endpoint[OA_SERVER].port);

    if (row->channel)
        return role_of_hop(row->channel->hop);
    return strcmp(hop, "store_dc") == 0       ? ROLE_DIRECTORY
           : strcmp(hop, "client_proxy") == 0 ? ROLE_PROXY
                                              : ROLE_STORE;
}

static void
count_attempt(const struct intervals *intervals, struct server *server,
              const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool is_unanswered = tcp->was_refused || !tcp->stream[OA_SERVER].frames;
    bool is_silent = tcp->ending.how != OA_END_OPEN && !tcp->stream[OA_SERVER].payload_bytes;
    struct interval *at = row_at(intervals, server, tcp->first.time_ns);

    at->connections_new++;
    at->connections_failed += is_unanswered || (row->tls && !row->tls->is_finished);
    if (strcmp(hop_name(row->channel, tcp->endpoint[OA_SERVER].port), "proxy_store") == 0) {
        struct server *proxy = server_of(intervals, ROLE_PROXY, tcp->endpoint[OA_CLIENT].address);
        proxy->is_proxy |= row->channel != NULL;
        at = row_at(intervals, proxy, tcp->first.time_ns);
        at->backend_attempts++;
        at->backend_failed += is_unanswered || is_silent;
    }
}

void
intervals_take_connection(struct intervals *intervals, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    struct counted *counted = tcp->counted;

    if (connection_is_of_service(row)) {
        struct server *server =
            server_of(intervals, role_of(row), tcp->endpoint[OA_SERVER].address);
        struct span span = span_of(tcp);

        server->is_proxy = true; /* if that is its role */
        const char *service = service_name(row->channel, row->channel ? row->channel->vc : NULL,
                                           tcp->endpoint[OA_SERVER].port);
        g_tree_insert(server->services, (char *)service, NULL);
        if (counted) {
            choose_server(counted, tcp, server);
            count(intervals, counted, tcp, tcp->last.time_ns);
        }
        if (!tcp->payload_only) {
            g_array_append_val(server->spans[CONNECTIONS], span);
            if (tcp->handshake_seen)
                count_attempt(intervals, server, row);
            bool is_one_way = !tcp->stream[0].frames || !tcp->stream[1].frames;
            if (is_one_way && (tcp->stream[0].payload_bytes || tcp->stream[1].payload_bytes)) {
                span.to_ns = tcp->last.time_ns + 1;
                g_array_append_val(server->spans[ONE_WAY], span);
            }
        }
    }
    if (counted)
        g_hash_table_remove(intervals->counted, counted);
}

/* --- calls, once it is known where they count --- */

/* A call that takes long is counted at the end of each interval too. */
static void
count_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                  int64_t to_ns)
{
    int64_t length_ns = intervals->settings.interval_ns;
    int64_t start_ns = start_of(intervals, from_ns);

    if (to_ns - from_ns <= LIMITS_NS[0])
        return;
    for (int i = 0; i < OUTSTANDING_MAX && start_ns + length_ns < to_ns; i++) {
        int64_t waited_ns = start_ns + length_ns - from_ns;
        for (int limit = 0; limit < INTERVAL_LIMITS; limit++)
            if (waited_ns > LIMITS_NS[limit])
                row_starting(server, start_ns)->over[limit]++;
        start_ns += length_ns;
    }
}

static void
add_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                int64_t to_ns)
{
    struct span span = { .from_ns = from_ns, .to_ns = to_ns };

    if (to_ns <= from_ns)
        return;
    g_array_append_val(server->spans[OUTSTANDING], span);
    count_outstanding(intervals, server, from_ns, to_ns);
}

static void
count_call(const struct intervals *intervals, struct server *server, const struct call_facts *call)
{
    struct interval *row;

    if (!call->has_request) {
        row_at(intervals, server, call->responded_ns)->orphan_responses++;
        return;
    }
    row = row_at(intervals, server, call->requested_ns);
    row->calls++;
    row->waiting_calls += !call->is_prompt;
    row->faults += call->state == OA_CALL_FAULT;
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown_calls += call->state == OA_CALL_UNKNOWN;
    if (!call->is_prompt)
        return;
    if (call->latency_ns != NO_TIME) {
        row = row_at(intervals, server, call->responded_ns);
        add_latency(&row->latency, call->latency_ns);
        for (int limit = 0; limit < INTERVAL_LIMITS; limit++)
            row->over[limit] += call->latency_ns > LIMITS_NS[limit];
        if (call->store_latency_ns != NO_TIME)
            add_latency(&row->store_latency, call->store_latency_ns);
        add_outstanding(intervals, server, call->requested_ns, call->responded_ns);
    } else if (call->state == OA_CALL_UNANSWERED) {
        add_outstanding(intervals, server, call->requested_ns, call->given_up_ns);
    }
}

/* --- sessions --- */

static void
session_free(void *data)
{
    struct session *session = data;

    g_array_unref(session->calls);
    g_array_unref(session->bytes);
    g_array_unref(session->active);
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (session->open[hop])
            g_array_unref(session->open[hop]);
    g_free(session);
}

static gpointer
key_of(const struct oa_virtual_connection *vc)
{
    return GSIZE_TO_POINTER((gsize)vc->number);
}

static struct session *
session_of(struct intervals *intervals, const struct oa_virtual_connection *vc)
{
    struct session *session = g_hash_table_lookup(intervals->sessions, key_of(vc));

    if (!session) {
        session = g_new0(struct session, 1);
        session->calls = g_array_new(FALSE, FALSE, sizeof(struct call_facts));
        session->bytes = g_array_new(FALSE, FALSE, sizeof(struct bytes));
        session->active = g_array_new(FALSE, FALSE, sizeof(int64_t));
        g_hash_table_insert(intervals->sessions, key_of(vc), session);
    }
    return session;
}

/* Counts what waited until it was known which hop is nearest to the client. */
static void
count_waiting(struct intervals *intervals, struct session *session,
              const struct oa_virtual_connection *vc)
{
    enum oa_hop nearest = oa_vc_hop(vc);

    for (guint i = 0; i < session->calls->len; i++) {
        const struct call_facts *call = &g_array_index(session->calls, struct call_facts, i);
        count_call(intervals, server_of_hop(intervals, vc, call->hop), call);
    }
    g_array_set_size(session->calls, 0);
    for (guint i = 0; i < session->bytes->len; i++) {
        const struct bytes *bytes = &g_array_index(session->bytes, struct bytes, i);
        if (bytes->hop != nearest)
            continue;
        struct interval *row = row_starting(server_of_hop(intervals, vc, nearest), bytes->start_ns);
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            row->rpc_bytes[side] += bytes->bytes[side];
    }
    g_array_set_size(session->bytes, 0);
}

/* Notes what the hops have carried since the last time. */
static void
note_bytes(const struct intervals *intervals, struct session *session,
           const struct oa_virtual_connection *vc, int64_t time_ns)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        struct bytes more = { .start_ns = start_of(intervals, time_ns), .hop = (enum oa_hop)hop };

        for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
            more.bytes[side] = vc->traffic[hop][side].rpc_bytes - session->mark[hop][side];
            session->mark[hop][side] = vc->traffic[hop][side].rpc_bytes;
        }
        if (!more.bytes[OA_CLIENT] && !more.bytes[OA_SERVER])
            continue;
        g_array_append_val(session->bytes, more);
    }
}

static void
note_traffic(struct intervals *intervals, const struct oa_virtual_connection *vc, int64_t time_ns)
{
    struct session *session = session_of(intervals, vc);

    note_bytes(intervals, session, vc, time_ns);
    if (vc->has_final_number)
        count_waiting(intervals, session, vc);
}

/* The request on the first hop, from this one on, where it is in the capture; or NULL. */
static const struct oa_call_half *
request_of(const struct oa_call *call, enum oa_hop hop)
{
    for (int on = (int)hop; on < OA_HOPS; on++)
        if (call->request[on].fragments)
            return &call->request[on];
    return NULL;
}

static void
take_call(struct intervals *intervals, const struct oa_call *call)
{
    const struct oa_virtual_connection *vc = call->vc;
    enum oa_hop hop = oa_call_hop(call);
    struct session *session = session_of(intervals, vc);
    const struct oa_call_half *request = request_of(call, hop);
    struct call_facts facts = {
        .hop = hop,
        .state = call->state,
        .is_prompt = call_is_prompt(call),
        .has_request = request != NULL,
        .requested_ns = request ? request->last.time_ns : 0,
        .responded_ns = call->response[hop].last.time_ns,
        .given_up_ns = oa_end_is_known(vc->ending.how) ? vc->ending.time_ns : intervals->now_ns,
    };

    if (!call_latency(call, hop, &facts.latency_ns))
        facts.latency_ns = NO_TIME;
    if (hop == OA_HOP_SERVER || !call_latency(call, OA_HOP_SERVER, &facts.store_latency_ns))
        facts.store_latency_ns = NO_TIME;
    if (facts.has_request) {
        int64_t start_ns = start_of(intervals, facts.requested_ns);
        GArray *active = session->active;
        if (!active->len || g_array_index(active, int64_t, active->len - 1) != start_ns)
            g_array_append_val(active, start_ns);
    }
    g_array_append_val(session->calls, facts);
    if (vc->has_final_number)
        count_waiting(intervals, session, vc);
}

static void
append_all(GArray *to, const GArray *from)
{
    g_array_append_vals(to, from->data, from->len);
}

static void
join_sessions(struct intervals *intervals, const struct oa_virtual_connection *part)
{
    const struct session *of_part = g_hash_table_lookup(intervals->sessions, key_of(part));

    if (!of_part)
        return;
    struct session *whole = session_of(intervals, part->joined);
    append_all(whole->calls, of_part->calls);
    append_all(whole->bytes, of_part->bytes);
    append_all(whole->active, of_part->active);
    for (int hop = 0; hop < OA_HOPS; hop++) {
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            whole->mark[hop][side] += of_part->mark[hop][side];
        if (!of_part->open[hop])
            continue;
        if (!whole->open[hop])
            whole->open[hop] = g_array_new(FALSE, FALSE, sizeof(struct span));
        append_all(whole->open[hop], of_part->open[hop]);
    }
    g_hash_table_remove(intervals->sessions, key_of(part));
}

static int
compare_spans(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    return left->from_ns < right->from_ns ? -1 : left->from_ns > right->from_ns;
}

static uint32_t
program_of(struct intervals *intervals, const struct oa_client *client)
{
    void *number;

    if (!client || !client->software[0])
        return 0;
    char *name =
        g_strdup_printf("%s%s%s", client->software, client->version[0] ? " " : "", client->version);
    if (g_hash_table_lookup_extended(intervals->program_numbers, name, NULL, &number)) {
        g_free(name);
        return GPOINTER_TO_UINT(number);
    }
    g_ptr_array_add(intervals->programs, name);
    g_hash_table_insert(intervals->program_numbers, name,
                        GUINT_TO_POINTER(intervals->programs->len - 1));
    return intervals->programs->len - 1;
}

/* What the spans of the session have in common. */
static struct span
facts_of(struct intervals *intervals, const struct oa_virtual_connection *vc)
{
    enum oa_client_mode mode = vc->client ? vc->client->mode : OA_CLIENT_MODE_UNKNOWN;

    return (struct span){ .user = user_identity_of(intervals->users, vc),
                          .program = program_of(intervals, vc->client),
                          .is_cached = mode == OA_CLIENT_CACHED,
                          .is_classic = mode == OA_CLIENT_CLASSIC,
                          .is_mapi_http = vc->transport == OA_TRANSPORT_MAPI_HTTP };
}

/* The session is open while one of its channels is. */
static void
add_open(struct server *server, GArray *channels, const struct span *facts)
{
    g_array_sort(channels, compare_spans);
    for (guint i = 0; i < channels->len;) {
        const struct span *first = &g_array_index(channels, struct span, i);
        struct span span = *facts;

        span.from_ns = first->from_ns;
        span.to_ns = first->to_ns;
        span.was_before = first->was_before;
        while (++i < channels->len) {
            const struct span *next = &g_array_index(channels, struct span, i);
            if (next->from_ns > span.to_ns)
                break;
            span.was_before |= next->was_before;
            span.to_ns = MAX(span.to_ns, next->to_ns);
        }
        g_array_append_val(server->spans[SESSIONS], span);
    }
}

static void
add_active(struct server *server, const GArray *starts, uint32_t user)
{
    for (guint i = 0; user != USER_ANONYMOUS && i < starts->len; i++) {
        struct active active = { g_array_index(starts, int64_t, i), user };
        g_array_append_val(server->active, active);
    }
}

static void
end_session(struct intervals *intervals, const struct oa_virtual_connection *vc)
{
    if (!oa_vc_is_foreign(vc)) {
        struct session *session = session_of(intervals, vc);
        enum oa_hop hop = oa_vc_hop(vc);
        struct server *server = server_of_hop(intervals, vc, hop);
        struct span facts = facts_of(intervals, vc);

        note_bytes(intervals, session, vc, vc->last.time_ns);
        count_waiting(intervals, session, vc);
        add_active(server, session->active, facts.user);
        if (vc->transport == OA_TRANSPORT_MAPI_HTTP) {
            facts.from_ns = vc->opened.time_ns;
            facts.to_ns = vc->ended_ns ? vc->ended_ns : OPEN_END;
            facts.was_before = !vc->established.frame;
            g_array_append_val(server->spans[SESSIONS], facts);
        } else if (session->open[hop]) {
            add_open(server, session->open[hop], &facts);
        }
        if (session_has_hop(vc, OA_HOP_SERVER))
            note_name(server_of_hop(intervals, vc, OA_HOP_SERVER), vc->target_server);
    }
    g_hash_table_remove(intervals->sessions, key_of(vc));
}

/* --- channels --- */

static void
count_status(struct interval *row, unsigned status)
{
    bool is_leg = status == 401 || status == 407;

    row->http_requests += !is_leg;
    row->http_errors += !is_leg && status >= 400;
}

static void
end_channel(struct intervals *intervals, const struct oa_channel *channel)
{
    const struct oa_virtual_connection *vc = channel->vc;
    struct span span = span_of(connection_of(channel));
    struct server *server = server_of_channel(intervals, channel);
    bool is_http = oa_hop_is_http(channel->hop);

    if (channel->kind == OA_CHANNEL_MAPI_HTTP) {
        note_name(server, channel->proxy_name);
        return;
    }
    if (is_http && channel->head.frame) {
        count_status(row_at(intervals, server, channel->head.time_ns), channel->http_status);
        row_at(intervals, server, channel->head.time_ns)->rpc_errors += channel->has_rpc_error;
        note_name(server, channel->proxy_name);
    }
    if (!vc)
        return;
    if (channel->kind == OA_CHANNEL_IN || channel->kind == OA_CHANNEL_OUT)
        g_array_append_val(server->spans[CHANNELS], span);
    struct session *session = session_of(intervals, vc);
    if (!session->open[channel->hop])
        session->open[channel->hop] = g_array_new(FALSE, FALSE, sizeof(struct span));
    g_array_append_val(session->open[channel->hop], span);
}

/* The role of a connection to a proxy is known as soon as it is a channel; any other may turn out
 * to be of another service. */
static void
begin_channel(struct intervals *intervals, const struct oa_channel *channel)
{
    struct connection *connection = channel->host;

    if (oa_hop_is_http(channel->hop))
        choose_server(counted_of(intervals, connection), connection,
                      server_of_channel(intervals, channel));
}

static void
take_auth(const struct intervals *intervals, const struct oa_auth_exchange *exchange)
{
    bool is_refused = exchange->status == 401 || exchange->status == 407;

    if (exchange->place == OA_AUTH_HTTP && exchange->channel && is_refused)
        row_at(intervals, server_of_channel(intervals, exchange->channel), exchange->last.time_ns)
            ->auth_refused++;
}

static void
take_mapi(const struct intervals *intervals, const struct oa_event *event)
{
    const struct oa_http_exchange *exchange = event->mapi;

    if (event->side == OA_CLIENT && exchange && event->channel)
        count_status(
            row_at(intervals, server_of_channel(intervals, event->channel), event->first.time_ns),
            exchange->response.has_head ? exchange->response.head.status : 0);
}

void
intervals_take_event(struct intervals *intervals, const struct oa_event *event)
{
    switch (event->type) {
    case OA_EVENT_CHANNEL_OPENED:
        begin_channel(intervals, event->channel);
        break;
    case OA_EVENT_CHANNEL_CLOSED:
        end_channel(intervals, event->channel);
        break;
    case OA_EVENT_HTTP_HEAD:
        take_mapi(intervals, event);
        break;
    case OA_EVENT_RPC:
        if (event->vc)
            note_traffic(intervals, event->vc, event->last.time_ns);
        break;
    case OA_EVENT_CALL:
        note_traffic(intervals, event->call->vc, event->last.time_ns);
        take_call(intervals, event->call);
        break;
    case OA_EVENT_AUTH_DONE:
        take_auth(intervals, event->exchange);
        break;
    case OA_EVENT_VC_JOINED:
        join_sessions(intervals, event->vc);
        break;
    case OA_EVENT_VC_CLOSED:
        end_session(intervals, event->vc);
        break;
    default:
        break;
    }
}

void
intervals_take_frame(struct intervals *intervals, size_t file, int64_t time_ns)
{
    intervals->now_ns = time_ns;
    coverage_take(intervals->coverage, file, time_ns);
}

/* --- the end: levels and users from spans --- */

static int
compare_edges(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* The spans as their ends, in order of time: odd if it begins, even if it ends, so that ends come
 * first. */
static GArray *
edges_of(const struct intervals *intervals, const GArray *spans)
{
    GArray *edges = g_array_sized_new(FALSE, FALSE, sizeof(int64_t), 2 * spans->len);

    for (guint i = 0; i < spans->len; i++) {
        const struct span *span = &g_array_index(spans, struct span, i);
        int64_t from = span->was_before ? coverage_begin_of(intervals->coverage, span->from_ns)
                                        : span->from_ns;
        int64_t begin = from | 1, end = span->to_ns & ~INT64_C(1);
        if (end <= begin)
            continue;
        g_array_append_val(edges, begin);
        g_array_append_val(edges, end);
    }
    g_array_sort(edges, compare_edges);
    return edges;
}

struct walk {
    const struct intervals *intervals;
    const struct server_load *load;
    size_t level_at; /* offset of the level in a row */
    size_t row;
};

/* So many were open between the two times. */
static void
add_level(struct walk *walk, int64_t from_ns, int64_t to_ns, uint64_t level)
{
    int64_t length_ns = walk->intervals->settings.interval_ns;
    struct interval *rows = walk->load->interval;

    while (walk->row < walk->load->n && rows[walk->row].start_ns + length_ns <= from_ns)
        walk->row++;
    for (size_t i = walk->row; level && i < walk->load->n && rows[i].start_ns < to_ns; i++) {
        int64_t begin = MAX(from_ns, rows[i].start_ns);
        int64_t end = MIN(to_ns, rows[i].start_ns + length_ns);
        struct interval_level *sum = (void *)((char *)&rows[i] + walk->level_at);

        if (begin >= end)
            continue;
        sum->max = MAX(sum->max, level);
        sum->mean += (double)level * (double)coverage_within(walk->intervals->coverage, begin, end);
    }
}

static void
add_levels(const struct intervals *intervals, const struct server_load *load, const GArray *spans,
           size_t level_at)
{
    struct walk walk = { intervals, load, level_at, 0 };
    GArray *edges = edges_of(intervals, spans);
    int64_t before = load->n ? load->interval[0].start_ns : 0;
    uint64_t level = 0;

    for (guint i = 0; i < edges->len; i++) {
        int64_t edge = g_array_index(edges, int64_t, i);
        if (edge > before) {
            add_level(&walk, before, edge, level);
            before = edge;
        }
        level += edge & 1 ? 1 : (uint64_t)-1;
    }
    g_array_unref(edges);
    for (size_t i = 0; i < load->n; i++) {
        struct interval_level *sum = (void *)((char *)&load->interval[i] + level_at);
        double covered = (double)load->interval[i].covered_ns;
        sum->mean = covered > 0 ? sum->mean / covered : NO_RATIO;
    }
}

/* The first row that ends after the time. */
static size_t
row_after(const struct server_load *load, int64_t length_ns, int64_t time_ns)
{
    size_t low = 0, high = load->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load->interval[middle].start_ns <= time_ns - length_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int
compare_user_spans(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    if (left->user != right->user)
        return left->user < right->user ? -1 : 1;
    return compare_spans(a, b);
}

/* Each user counts once in an interval, anonymous sessions each. The number in a row is the sum of
 * the changes up to it. */
static void
add_users(const struct intervals *intervals, const struct server_load *load, GArray *sessions)
{
    int64_t *change = g_new0(int64_t, load->n + 1), *anonymous = g_new0(int64_t, load->n + 1);
    int64_t length_ns = intervals->settings.interval_ns, users = 0, unknown = 0;
    uint32_t user = USER_ANONYMOUS;
    size_t next = 0; /* the first row that does not yet have the user */

    g_array_sort(sessions, compare_user_spans);
    for (guint i = 0; i < sessions->len; i++) {
        const struct span *span = &g_array_index(sessions, struct span, i);
        int64_t from = span->was_before ? coverage_begin_of(intervals->coverage, span->from_ns)
                                        : span->from_ns;
        size_t first = row_after(load, length_ns, from);
        size_t end = row_after(load, length_ns, MAX(span->to_ns, from + 1) - 1);

        end = MIN(end + 1, load->n);
        if (span->user == USER_ANONYMOUS) {
            anonymous[first]++;
            anonymous[MAX(end, first)]--;
            continue;
        }
        if (span->user != user)
            next = 0;
        user = span->user;
        first = MAX(first, next);
        if (first < end) {
            change[first]++;
            change[end]--;
            next = end;
        }
    }
    for (size_t i = 0; i < load->n; i++) {
        load->interval[i].users_open = (uint64_t)(users += change[i]);
        load->interval[i].anonymous_sessions = (uint64_t)(unknown += anonymous[i]);
    }
    g_free(change);
    g_free(anonymous);
}

static int
compare_active(const void *a, const void *b)
{
    const struct active *left = a, *right = b;

    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    return left->user < right->user ? -1 : left->user > right->user;
}

static void
add_active_users(const struct server_load *load, GArray *active)
{
    size_t row = 0;

    g_array_sort(active, compare_active);
    for (guint i = 0; i < active->len; i++) {
        const struct active *one = &g_array_index(active, struct active, i);
        if (i > 0 && compare_active(one, one - 1) == 0)
            continue;
        while (row < load->n && load->interval[row].start_ns < one->start_ns)
            row++;
        if (row < load->n && load->interval[row].start_ns == one->start_ns)
            load->interval[row].users_active++;
    }
}

static int
compare_rows(const void *a, const void *b)
{
    const struct interval *left = a, *right = b;

    return left->start_ns < right->start_ns ? -1 : left->start_ns > right->start_ns;
}

/* All intervals of the captures, with those of the server among them. */
static void
list_rows(struct intervals *intervals, const struct server *server, struct server_load *load)
{
    int64_t length_ns = intervals->settings.interval_ns, first_ns, last_ns;
    GHashTableIter rows;
    void *key, *row;
    uint64_t n = 0;

    if (intervals_span(intervals, &first_ns, &last_ns))
        n = ((uint64_t)start_of(intervals, last_ns) - (uint64_t)start_of(intervals, first_ns)) /
                (uint64_t)length_ns +
            1;
    bool lists_all = n <= LISTED_MAX;
    GArray *list = g_array_new(FALSE, TRUE, sizeof(struct interval));
    for (uint64_t i = 0; lists_all && i < n; i++) {
        struct interval empty = { .start_ns =
                                      start_of(intervals, first_ns) + (int64_t)i * length_ns };
        const struct interval *found = g_hash_table_lookup(server->rows, &empty.start_ns);
        g_array_append_vals(list, found ? found : &empty, 1);
    }
    g_hash_table_iter_init(&rows, server->rows);
    while (!lists_all && g_hash_table_iter_next(&rows, &key, &row))
        g_array_append_vals(list, row, 1);
    g_array_sort(list, compare_rows);
    load->n = list->len;
    load->interval = (struct interval *)(void *)g_array_free(list, FALSE);
}

static void
finish_rows(const struct intervals *intervals, const struct server *server,
            const struct server_load *load)
{
    int64_t length_ns = intervals->settings.interval_ns;

    for (size_t i = 0; i < load->n; i++) {
        struct interval *row = &load->interval[i];
        row->covered_ns =
            coverage_within(intervals->coverage, row->start_ns, row->start_ns + length_ns);
        row->has_step =
            coverage_has_step(intervals->coverage, row->start_ns, row->start_ns + length_ns);
    }
    add_levels(intervals, load, server->spans[CONNECTIONS], offsetof(struct interval, connections));
    add_levels(intervals, load, server->spans[CHANNELS], offsetof(struct interval, channels));
    add_levels(intervals, load, server->spans[SESSIONS], offsetof(struct interval, sessions));
    add_levels(intervals, load, server->spans[OUTSTANDING], offsetof(struct interval, outstanding));
    add_users(intervals, load, server->spans[SESSIONS]);
    add_active_users(load, server->active);
    for (guint i = 0; i < server->spans[ONE_WAY]->len; i++) {
        const struct span *span = &g_array_index(server->spans[ONE_WAY], struct span, i);
        for (size_t row = row_after(load, length_ns, span->from_ns);
             row < load->n && load->interval[row].start_ns < span->to_ns; row++)
            load->interval[row].is_one_way = true;
    }
}

static void
merge_latency(struct histogram **into, const struct histogram *from)
{
    if (!from)
        return;
    if (!*into)
        *into = histogram_new();
    histogram_merge(*into, from);
}

static void
merge_rows(struct interval *into, const struct interval *from)
{
    into->connections_new += from->connections_new;
    into->connections_failed += from->connections_failed;
    into->http_requests += from->http_requests;
    into->auth_refused += from->auth_refused;
    into->http_errors += from->http_errors;
    into->rpc_errors += from->rpc_errors;
    into->backend_attempts += from->backend_attempts;
    into->backend_failed += from->backend_failed;
    into->calls += from->calls;
    into->waiting_calls += from->waiting_calls;
    into->faults += from->faults;
    into->unanswered += from->unanswered;
    into->unknown_calls += from->unknown_calls;
    into->orphan_responses += from->orphan_responses;
    for (int limit = 0; limit < INTERVAL_LIMITS; limit++)
        into->over[limit] += from->over[limit];
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        into->rpc_bytes[side] += from->rpc_bytes[side];
        into->payload_bytes[side] += from->payload_bytes[side];
        into->wire_bytes[side] += from->wire_bytes[side];
        into->packets[side] += from->packets[side];
    }
    into->retransmitted_bytes += from->retransmitted_bytes;
    into->lost_bytes += from->lost_bytes;
    merge_latency(&into->latency, from->latency);
    merge_latency(&into->store_latency, from->store_latency);
}

static gboolean
merge_server(void *key, void *value, void *data)
{
    const struct server *server = value;
    struct server *all = data;
    GHashTableIter rows;
    void *start, *row;

    (void)key;
    g_hash_table_iter_init(&rows, server->rows);
    while (g_hash_table_iter_next(&rows, &start, &row))
        merge_rows(row_starting(all, *(const int64_t *)start), row);
    for (int i = 0; i < SPANS; i++)
        append_all(all->spans[i], server->spans[i]);
    append_all(all->active, server->active);
    all->has_packets |= server->has_packets;
    return FALSE;
}

/* --- what the reports get --- */

static void
settle(struct intervals *intervals)
{
    if (!intervals->is_settled)
        coverage_settle(intervals->coverage, intervals->settings.max_gap_ns);
    intervals->is_settled = true;
}

bool
intervals_span(struct intervals *intervals, int64_t *first_ns, int64_t *last_ns)
{
    settle(intervals);
    return coverage_span(intervals->coverage, first_ns, last_ns);
}

struct giving {
    struct intervals *intervals;
    void (*take)(void *context, const struct server_load *server);
    void *context;
};

static gboolean
add_service(void *service, void *value, void *text)
{
    (void)value;
    if (((GString *)text)->len)
        g_string_append_c(text, ';');
    g_string_append(text, service);
    return FALSE;
}

static char *
services_of(const struct server *server)
{
    GString *text = g_string_new(NULL);

    g_tree_foreach(server->services, add_service, text);
    return g_string_free(text, FALSE);
}

static gboolean
give(void *key, void *value, void *data)
{
    const struct server *server = value;
    const struct giving *giving = data;
    struct server_sessions sessions = { giving->intervals, server->spans[SESSIONS],
                                        server->active };
    struct server_load load = { .name = name_of(server),
                                .address = server->is_all ? NULL : server->address,
                                .role = server->role,
                                .has_packets = server->has_packets,
                                .sessions = &sessions };

    (void)key;
    if (server->role == ROLE_PROXY && !server->is_proxy && !server->is_all)
        return FALSE;
    g_autofree char *services = services_of(server);
    load.services = services;
    list_rows(giving->intervals, server, &load);
    finish_rows(giving->intervals, server, &load);
    giving->take(giving->context, &load);
    g_free(load.interval);
    return FALSE;
}

void
intervals_each(struct intervals *intervals, bool with_all,
               void (*take)(void *context, const struct server_load *server), void *context)
{
    static const uint8_t NOWHERE[16];
    struct giving giving = { intervals, take, context };

    settle(intervals);
    g_tree_foreach(intervals->servers, give, &giving);
    if (!with_all || g_tree_nnodes(intervals->servers) == 0)
        return;
    struct server *all = server_new(ROLE_PROXY, NOWHERE);
    all->is_all = true;
    g_tree_foreach(intervals->servers, merge_server, all);
    give(all, all, &giving);
    server_free(all);
}

static int64_t
from_of(const struct server_sessions *sessions, const struct span *span)
{
    return span->was_before ? coverage_begin_of(sessions->intervals->coverage, span->from_ns)
                            : span->from_ns;
}

uint64_t
server_users(const struct server_load *server, int64_t from_ns, int64_t to_ns)
{
    const struct server_sessions *sessions = server->sessions;
    uint32_t user = USER_ANONYMOUS; /* counted last: the sessions are in order of users */
    uint64_t n = 0;

    for (guint i = 0; i < sessions->spans->len; i++) {
        const struct span *span = &g_array_index(sessions->spans, struct span, i);
        int64_t from = from_of(sessions, span);
        if (span->user == user || from >= to_ns || span->to_ns <= from_ns)
            continue;
        user = span->user;
        n++;
    }
    return n;
}

uint64_t
server_active_users(const struct server_load *server, int64_t from_ns, int64_t to_ns)
{
    const GArray *active = server->sessions->active;
    GHashTable *users = g_hash_table_new(NULL, NULL);
    guint low = 0, high = active->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(active, struct active, middle).start_ns < from_ns)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < active->len; low++) {
        const struct active *one = &g_array_index(active, struct active, low);
        if (one->start_ns >= to_ns)
            break;
        g_hash_table_add(users, GUINT_TO_POINTER(one->user));
    }
    uint64_t n = g_hash_table_size(users);
    g_hash_table_unref(users);
    return n;
}

/* The programs by their time, most first; consumes the times. */
static char *
programs_text(const struct intervals *intervals, double *time, double sum)
{
    GString *text = g_string_new(NULL);

    for (guint n = 1; sum > 0 && n < intervals->programs->len; n++) {
        guint most = 1;
        for (guint i = 2; i < intervals->programs->len; i++)
            if (time[i] > time[most])
                most = i;
        if (time[most] <= 0)
            break;
        g_string_append_printf(text, "%s%s:%.4f", text->len ? ";" : "",
                               (const char *)g_ptr_array_index(intervals->programs, most),
                               time[most] / sum);
        time[most] = 0;
    }
    g_free(time);
    return g_string_free(text, FALSE);
}

void
server_clients(const struct server_load *server, int64_t from_ns, int64_t to_ns,
               struct server_clients *clients)
{
    const struct server_sessions *sessions = server->sessions;
    const struct intervals *intervals = sessions->intervals;
    double sum = 0, cached = 0, classic = 0, mapi_http = 0;
    double *time = g_new0(double, intervals->programs->len);

    for (guint i = 0; i < sessions->spans->len; i++) {
        const struct span *span = &g_array_index(sessions->spans, struct span, i);
        int64_t from = MAX(from_of(sessions, span), from_ns), to = MIN(span->to_ns, to_ns);
        double open = (double)MAX(to - from, 0);

        sum += open;
        cached += span->is_cached ? open : 0;
        classic += span->is_classic ? open : 0;
        mapi_http += span->is_mapi_http ? open : 0;
        time[span->program] += open;
    }
    double known = cached + classic;
    *clients = (struct server_clients){ .cached = known > 0 ? cached / known : NO_RATIO,
                                        .classic = known > 0 ? classic / known : NO_RATIO,
                                        .mapi_http = sum > 0 ? mapi_http / sum : NO_RATIO,
                                        .programs = programs_text(intervals, time, sum) };
}

struct intervals *
intervals_new(const struct intervals_settings *settings)
{
    struct intervals *intervals = g_new0(struct intervals, 1);

    intervals->settings = *settings;
    intervals->coverage = coverage_new();
    intervals->servers = g_tree_new_full(compare_servers, NULL, NULL, server_free);
    intervals->counted = g_hash_table_new_full(NULL, NULL, counted_free, NULL);
    intervals->sessions = g_hash_table_new_full(NULL, NULL, NULL, session_free);
    intervals->users = user_identities_new();
    intervals->programs = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(intervals->programs, NULL);
    intervals->program_numbers = g_hash_table_new(g_str_hash, g_str_equal);
    return intervals;
}

void
intervals_free(struct intervals *intervals)
{
    if (!intervals)
        return;
    coverage_free(intervals->coverage);
    g_tree_destroy(intervals->servers);
    g_hash_table_unref(intervals->counted);
    g_hash_table_unref(intervals->sessions);
    user_identities_free(intervals->users);
    g_hash_table_unref(intervals->program_numbers);
    g_ptr_array_unref(intervals->programs);
    g_free(intervals);
}

const struct intervals_settings *
intervals_settings(const struct intervals *intervals)
{
    return &intervals->settings;
}
