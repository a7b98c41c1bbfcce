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

#include <string.h>

#include "busy_seconds.h"
#include "column.h"
#include "coverage.h"
#include "facts.h"
#include "http/http_exchange.h"
#include "interval_outstanding.h"
#include "interval_servers.h"
#include "session_traffic.h"

/* An open connection that is silent for so long is taken for forgotten. */
#define FORGOTTEN_NS (4 * 3600 * NS_PER_S)

/* Ends of intervals at which a call is counted as outstanding. */
#define OUTSTANDING_MAX 10000

/* Intervals whose bytes wait for a call of their session. */
#define WAITING_MAX 8

#define OPEN_END INT64_MAX

const struct intervals_settings INTERVALS_DEFAULT = { .interval_ns = 60 * NS_PER_S,
                                                      .max_gap_ns = NS_PER_S };

/* What has been counted of a connection. The sides are those of its opening, whatever it turned out
 * to be later. */
struct traffic {
    int64_t start_ns;
    struct connection_stream stream[2];
};

struct counted {
    struct server *whole;             /* NULL: not yet known where it counts */
    const char *service;              /* of the server */
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
    bool has_rops;
    uint64_t rops;
    struct rop_messages messages;
};

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

/* At the server and its service. */
static void
add_to_rows(const struct intervals *intervals, const struct counted *counted, int64_t start_ns,
            enum oa_side side, const struct connection_stream *more,
            const struct connection_stream *less)
{
    struct server *at = server_part(intervals, counted->whole, counted->service);

    for (; at; at = at->whole)
        add_to_row(server_row_starting(at, start_ns), side, more, less);
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

        if (memcmp(stream, mark, sizeof *mark) == 0)
            continue;
        if (counted->whole)
            add_to_rows(intervals, counted, interval_start(intervals, time_ns), (enum oa_side)side,
                        stream, mark);
        else
            add_stream(&waiting_at(counted, interval_start(intervals, time_ns))
                            ->stream[side ^ connection->is_swapped],
                       stream, mark);
        *mark = *stream;
    }
}

/* From now on it is known where the connection counts. */
static void
choose_server(const struct intervals *intervals, struct counted *counted,
              const struct connection *connection, struct server *server, const char *service)
{
    static const struct connection_stream NOTHING;

    if (counted->whole)
        return;
    counted->whole = server_whole(server);
    counted->service = service;
    for (struct server *at = server; at; at = at->whole)
        at->has_packets |= !connection->payload_only;
    for (guint i = 0; counted->waiting && i < counted->waiting->len; i++) {
        const struct traffic *traffic = &g_array_index(counted->waiting, struct traffic, i);
        for (unsigned side = OA_CLIENT; side <= OA_SERVER; side++)
            add_to_rows(intervals, counted, traffic->start_ns, (enum oa_side)side,
                        &traffic->stream[side ^ connection->is_swapped], &NOTHING);
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

static bool
is_forgotten(const struct connection *connection)
{
    int64_t ended_ns;

    return !connection_has_ended(connection, &ended_ns) &&
           connection->watched_ns - connection->last.time_ns >= FORGOTTEN_NS;
}

/* When the connection was open. */
static struct span
span_of(const struct connection *connection)
{
    struct span span = { .from_ns = connection->first.time_ns,
                         .was_before = !connection->handshake_seen };

    if (connection_has_ended(connection, &span.to_ns))
        return span;
    span.to_ns = is_forgotten(connection) ? connection->last.time_ns : OPEN_END;
    return span;
}

static enum server_role
role_of(const struct connection_row *row)
{
    const char *hop = hop_name(row->channel, row->tcp->endpoint[OA_SERVER].port);

    if (row->channel)
        return server_role_of_hop(row->channel->hop);
    return strcmp(hop, "store_dc") == 0       ? ROLE_DIRECTORY
           : strcmp(hop, "client_proxy") == 0 ? ROLE_PROXY
                                              : ROLE_STORE;
}

static bool
is_unanswered(const struct connection *tcp)
{
    return tcp->was_refused || !tcp->stream[OA_SERVER].frames;
}

/* What a proxy connects to belongs to its RPC over HTTP. */
static void
count_back_end(const struct intervals *intervals, const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    bool is_silent = tcp->ending.how != OA_END_OPEN && !tcp->stream[OA_SERVER].payload_bytes;
    struct server *proxy =
        server_of(intervals, ROLE_PROXY, tcp->endpoint[OA_CLIENT].address, SERVICE_RPC_OVER_HTTP);

    server_whole(proxy)->has_back_end |= row->channel != NULL;
    for (; proxy; proxy = proxy->whole) {
        struct interval *at = server_row(intervals, proxy, tcp->first.time_ns);
        at->backend_attempts++;
        at->backend_failed += is_unanswered(tcp) || is_silent;
    }
}

/* Only clients' hops have the network between clients and servers. */
static void
note_round_trip(const struct intervals *intervals, struct interval *at,
                const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    const char *hop = hop_name(row->channel, tcp->endpoint[OA_SERVER].port);

    if (tcp->has_round_trip && g_str_has_prefix(hop, "client_") &&
        !oa_clock_stepped(intervals->clock_steps, tcp->first, tcp->last))
        interval_add_latency(&at->round_trip, tcp->round_trip_ns);
}

/* Of a connection that has ended, what TCP shows. */
static void
count_connection(const struct intervals *intervals, struct server *server,
                 const struct connection_row *row)
{
    const struct connection *tcp = row->tcp;
    struct interval *first = server_row(intervals, server, tcp->first.time_ns);
    struct span span = span_of(tcp);

    g_array_append_val(server->spans[CONNECTIONS], span);
    note_round_trip(intervals, first, row);
    first->connections_new += tcp->handshake_seen;
    first->connections_failed +=
        tcp->handshake_seen && (is_unanswered(tcp) || (row->tls && !row->tls->is_finished));
    server_row(intervals, server, tcp->last.time_ns)->forgotten += is_forgotten(tcp);
    bool is_one_way = !tcp->stream[0].frames || !tcp->stream[1].frames;
    if (is_one_way && (tcp->stream[0].payload_bytes || tcp->stream[1].payload_bytes)) {
        span.to_ns = tcp->last.time_ns + 1;
        g_array_append_val(server->spans[ONE_WAY], span);
    }
}

void
intervals_take_connection(struct intervals *intervals, const struct connection_row *row)
{
    struct connection *tcp = row->tcp;
    const struct oa_endpoint *end = &tcp->endpoint[OA_SERVER];
    struct counted *counted = tcp->counted;

    if (connection_is_of_service(row)) {
        const char *service =
            service_name(row->channel, row->channel ? row->channel->vc : NULL, end->port);
        struct server *server = server_of(intervals, role_of(row), end->address, service);
        struct server *whole = server_whole(server);

        whole->is_proxy = whole->role == ROLE_PROXY;
        g_tree_insert(whole->services, (char *)service, NULL);
        if (counted) {
            choose_server(intervals, counted, tcp, server, service);
            count(intervals, counted, tcp, tcp->last.time_ns);
        }
        for (struct server *at = server; at && !tcp->payload_only; at = at->whole)
            count_connection(intervals, at, row);
        bool is_to_store = strcmp(hop_name(row->channel, end->port), "proxy_store") == 0;
        if (is_to_store && tcp->handshake_seen && !tcp->payload_only)
            count_back_end(intervals, row);
    }
    if (counted)
        g_hash_table_remove(intervals->counted, counted);
    tcp->counted = NULL;
}

/* --- calls, once it is known where they count --- */

/* A call that takes long is counted at the end of each interval too. */
static void
count_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                  int64_t to_ns)
{
    int64_t length_ns = intervals->settings.interval_ns;
    int64_t start_ns = interval_start(intervals, from_ns);

    if (to_ns - from_ns <= CALL_LIMITS_S[0] * NS_PER_S)
        return;
    for (int i = 0; i < OUTSTANDING_MAX && start_ns + length_ns < to_ns; i++) {
        int64_t waited_ns = start_ns + length_ns - from_ns;
        for (int limit = 0; limit < CALL_LIMITS; limit++)
            if (waited_ns > CALL_LIMITS_S[limit] * NS_PER_S)
                server_row_starting(server, start_ns)->over[limit]++;
        start_ns += length_ns;
    }
}

/* So many calls were under way at once; what began too long ago is added from its span. */
static void
add_outstanding_time(void *context, int64_t start_ns, int64_t from_ns, int64_t to_ns,
                     uint64_t calls)
{
    struct interval *row = server_row_starting(context, start_ns);

    row->outstanding_ns += (int64_t)calls * (to_ns - from_ns);
    if (calls > row->outstanding_most) {
        row->outstanding_most = calls;
        row->outstanding_most_ns = from_ns;
    }
}

static void
add_outstanding(const struct intervals *intervals, struct server *server, int64_t from_ns,
                int64_t to_ns)
{
    struct span span = { .from_ns = from_ns, .to_ns = to_ns };

    if (to_ns <= from_ns)
        return;
    if (!server->outstanding)
        server->outstanding =
            outstanding_new(intervals->settings.interval_ns, add_outstanding_time, server);
    if (coverage_has_hole(intervals->coverage, from_ns, to_ns, intervals->settings.max_gap_ns) ||
        !outstanding_add(server->outstanding, from_ns, to_ns, intervals->now_ns))
        g_array_append_val(server->spans[OUTSTANDING], span);
    count_outstanding(intervals, server, from_ns, to_ns);
}

static void
count_call(const struct intervals *intervals, struct server *server, const struct call_facts *call)
{
    struct interval *row;

    if (!call->has_request) {
        server_row(intervals, server, call->responded_ns)->orphan_responses++;
        return;
    }
    row = server_row(intervals, server, call->requested_ns);
    row->calls++;
    row->has_rops |= call->has_rops;
    row->rops += call->rops;
    rop_add_messages(&row->messages, &call->messages);
    row->waiting_calls += !call->is_prompt;
    row->faults += call->state == OA_CALL_FAULT;
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown_calls += call->state == OA_CALL_UNKNOWN;
    if (!call->is_prompt)
        return;
    if (call->latency_ns != NO_TIME) {
        row = server_row(intervals, server, call->responded_ns);
        interval_add_latency(&row->latency, call->latency_ns);
        for (int limit = 0; limit < CALL_LIMITS; limit++)
            row->over[limit] += call->latency_ns > CALL_LIMITS_S[limit] * NS_PER_S;
        if (call->store_latency_ns != NO_TIME)
            interval_add_latency(&row->store_latency, call->store_latency_ns);
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
    session_traffic_free(session->traffic);
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
        session->traffic = session_traffic_new();
        session->active = g_array_new(FALSE, FALSE, sizeof(struct active));
        g_hash_table_insert(intervals->sessions, key_of(vc), session);
    }
    return session;
}

static void
count_bytes(void *server, int64_t start_ns, const struct traffic_growth *growth)
{
    for (struct server *at = server; at; at = at->whole) {
        struct interval *row = server_row_starting(at, start_ns);
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            row->rpc_bytes[side] += growth->rpc_bytes[side];
    }
}

/* Counts what waited until it was known which hop is nearest to the client. */
static void
count_waiting(struct intervals *intervals, struct session *session,
              const struct oa_virtual_connection *vc)
{
    for (guint i = 0; i < session->calls->len; i++) {
        const struct call_facts *call = &g_array_index(session->calls, struct call_facts, i);
        struct server *at = server_of_hop(intervals, vc, call->hop);
        if (call->has_request)
            busy_seconds_add(intervals->seconds, call->requested_ns);
        for (; at; at = at->whole)
            count_call(intervals, at, call);
    }
    g_array_set_size(session->calls, 0);
    session_traffic_each(session->traffic, vc, count_bytes,
                         server_of_hop(intervals, vc, oa_vc_hop(vc)));
}

/* Its bytes are counted with the next call, or when many intervals wait. */
static void
note_pdu(struct intervals *intervals, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->vc;
    struct session *session = session_of(intervals, vc);

    session_traffic_note_hop(session->traffic, vc, event->channel->hop,
                             interval_start(intervals, event->last.time_ns));
    if (vc->has_final_number && session_traffic_waiting(session->traffic) > WAITING_MAX)
        count_waiting(intervals, session, vc);
}

/* A request and a response of MAPI over HTTP, which is no PDU. */
static void
note_bodies(struct intervals *intervals, const struct oa_event *event)
{
    session_traffic_note(session_of(intervals, event->vc)->traffic, event->vc,
                         interval_start(intervals, event->last.time_ns));
}

static void
note_active(struct session *session, int64_t start_ns, bool has_rops)
{
    GArray *active = session->active;
    struct active one = { .start_ns = start_ns, .has_rops = has_rops };
    struct active *last =
        active->len ? &g_array_index(active, struct active, active->len - 1) : NULL;

    if (last && last->start_ns == start_ns)
        last->has_rops |= has_rops;
    else
        g_array_append_val(active, one);
}

static void
count_rops(struct call_facts *facts, const struct oa_call *call)
{
    size_t count;
    const struct rop_pair *rops = rops_of_call(call, &count);

    facts->has_rops = rops != NULL;
    facts->rops = count;
    for (size_t i = 0; i < count; i++)
        rop_count_messages(&facts->messages, &rops[i]);
}

static void
take_call(struct intervals *intervals, const struct oa_call *call)
{
    const struct oa_virtual_connection *vc = call->vc;
    enum oa_hop hop = oa_call_hop(call);
    struct session *session = session_of(intervals, vc);
    const struct oa_call_half *request = call_request(call);
    struct call_facts facts = {
        .hop = hop,
        .state = call->state,
        .is_prompt = call_is_prompt(call),
        .has_request = request != NULL,
        .requested_ns = request ? request->last.time_ns : 0,
        .responded_ns = call->response[hop].last.time_ns,
        .given_up_ns = oa_end_is_known(vc->ending.how) ? vc->ending.time_ns : intervals->now_ns,
    };

    if (!oa_call_latency(call, hop, &facts.latency_ns))
        facts.latency_ns = NO_TIME;
    if (hop == OA_HOP_SERVER || !oa_call_latency(call, OA_HOP_SERVER, &facts.store_latency_ns))
        facts.store_latency_ns = NO_TIME;
    count_rops(&facts, call);
    if (facts.has_request) {
        note_active(session, interval_start(intervals, facts.requested_ns), facts.has_rops);
    }
    g_array_append_val(session->calls, facts);
    if (vc->has_final_number)
        count_waiting(intervals, session, vc);
}

static void
join_sessions(struct intervals *intervals, const struct oa_virtual_connection *part)
{
    const struct session *of_part = g_hash_table_lookup(intervals->sessions, key_of(part));

    if (!of_part)
        return;
    struct session *whole = session_of(intervals, part->joined);
    interval_append(whole->calls, of_part->calls);
    session_traffic_join(whole->traffic, of_part->traffic);
    interval_append(whole->active, of_part->active);
    for (int hop = 0; hop < OA_HOPS; hop++) {
        if (!of_part->open[hop])
            continue;
        if (!whole->open[hop])
            whole->open[hop] = g_array_new(FALSE, FALSE, sizeof(struct span));
        interval_append(whole->open[hop], of_part->open[hop]);
    }
    g_hash_table_remove(intervals->sessions, key_of(part));
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
    struct user_names_text text;
    struct user_names names = user_names_of(vc, &text);

    return (struct span){ .user = user_identities_take(intervals->users, &names),
                          .is_anonymous = !user_names_any(&intervals->settings.users, &names),
                          .program = program_of(intervals, vc->client),
                          .is_cached = mode == OA_CLIENT_CACHED,
                          .is_classic = mode == OA_CLIENT_CLASSIC,
                          .is_mapi_http = vc->transport == OA_TRANSPORT_MAPI_HTTP };
}

/* The session is open while one of its channels is. */
static void
add_open(struct server *server, GArray *channels, const struct span *facts)
{
    g_array_sort(channels, interval_compare_spans);
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
        struct active active = g_array_index(starts, struct active, i);
        active.user = user;
        g_array_append_val(server->active, active);
    }
}

/* A proxy may connect to servers from another address than that to which clients connect. */
static void
note_front(const struct intervals *intervals, const struct oa_virtual_connection *vc)
{
    if (!session_has_hop(vc, OA_HOP_SERVER))
        return;
    for (int hop = OA_HOP_SERVER - 1; hop >= 0; hop--)
        if (session_has_hop(vc, (enum oa_hop)hop)) {
            struct server *front = server_whole(server_of_hop(intervals, vc, (enum oa_hop)hop));
            struct server *inside = server_whole(
                server_of(intervals, ROLE_PROXY, vc->endpoint[OA_HOP_SERVER][OA_CLIENT].address,
                          SERVICE_RPC_OVER_HTTP));
            inside->front = front == inside ? NULL : front;
            return;
        }
}

static void
add_session(struct server *server, const struct session *session,
            const struct oa_virtual_connection *vc, struct span facts)
{
    enum oa_hop hop = oa_vc_hop(vc);

    add_active(server, session->active, facts.user);
    if (vc->transport == OA_TRANSPORT_MAPI_HTTP) {
        facts.from_ns = vc->opened.time_ns;
        facts.to_ns = vc->ended_ns ? vc->ended_ns : OPEN_END;
        facts.was_before = !vc->established.frame;
        g_array_append_val(server->spans[SESSIONS], facts);
    } else if (session->open[hop]) {
        add_open(server, session->open[hop], &facts);
    }
}

static void
end_session(struct intervals *intervals, const struct oa_virtual_connection *vc)
{
    if (!oa_vc_is_foreign(vc)) {
        struct session *session = session_of(intervals, vc);
        struct server *server = server_of_hop(intervals, vc, oa_vc_hop(vc));
        struct span facts = facts_of(intervals, vc);

        session_traffic_note(session->traffic, vc, interval_start(intervals, vc->last.time_ns));
        count_waiting(intervals, session, vc);
        for (; server; server = server->whole)
            add_session(server, session, vc, facts);
        note_front(intervals, vc);
        if (session_has_hop(vc, OA_HOP_SERVER))
            server_note_name(server_of_hop(intervals, vc, OA_HOP_SERVER), vc->target_server);
    }
    g_hash_table_remove(intervals->sessions, key_of(vc));
}

/* --- estimates --- */

/* Whether it has failed is unknown. */
static void
take_estimated_call(struct intervals *intervals, struct server *server,
                    const struct oa_estimated_call *call)
{
    const struct call_facts facts = {
        .state = OA_CALL_ANSWERED,
        .is_prompt = !call->is_waiting,
        .has_request = true,
        .requested_ns = call->request_last.time_ns,
        .responded_ns = call->response_last.time_ns,
        .latency_ns = estimate_latency(call),
        .store_latency_ns = NO_TIME,
    };

    count_call(intervals, server, &facts);
    struct interval *row = server_row(intervals, server, facts.requested_ns);
    row->estimated_calls++;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        row->rpc_bytes[side] += estimate_bytes(call->bytes[side]);
}

static void
end_estimate(struct server *server, const struct oa_estimate *estimate)
{
    const struct span span = { .from_ns = estimate->begun.time_ns,
                               .to_ns = estimate->is_open ? OPEN_END : estimate->ended.time_ns,
                               .is_estimated = true,
                               .confidence = estimate->score };

    g_array_append_val(server->spans[SESSIONS], span);
}

void
intervals_take_estimate(struct intervals *intervals, const struct estimate_event *event)
{
    const struct oa_endpoint *end = &event->of->server;
    const struct oa_estimated_call *call = event->call;
    struct server *server =
        server_of(intervals, ROLE_PROXY, end->address, service_name(NULL, NULL, end->port));

    server_whole(server)->is_proxy = true;
    if (call && call->request_last.frame)
        busy_seconds_add(intervals->seconds, call->request_last.time_ns);
    for (; server; server = server->whole) {
        if (!call)
            end_estimate(server, event->of);
        else if (call->request_last.frame)
            take_estimated_call(intervals, server, call);
    }
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
        server_note_name(server, channel->proxy_name);
        return;
    }
    if (is_http && channel->head.frame)
        server_note_name(server, channel->proxy_name);
    for (struct server *at = server; at; at = at->whole) {
        if (is_http && channel->head.frame) {
            struct interval *row = server_row(intervals, at, channel->head.time_ns);
            count_status(row, channel->http_status);
            row->rpc_errors += channel->has_rpc_error;
        }
        if (vc && (channel->kind == OA_CHANNEL_IN || channel->kind == OA_CHANNEL_OUT))
            g_array_append_val(at->spans[CHANNELS], span);
    }
    if (!vc)
        return;
    struct session *session = session_of(intervals, vc);
    if (!session->open[channel->hop])
        session->open[channel->hop] = g_array_new(FALSE, FALSE, sizeof(struct span));
    g_array_append_val(session->open[channel->hop], span);
}

/* The role and the service of a connection to a proxy are known as soon as its channel has a kind;
 * any other may turn out to be of another service. */
static void
place_channel(struct intervals *intervals, const struct oa_channel *channel)
{
    struct connection *connection = channel->host;
    struct counted *counted = connection->counted;

    if (counted && !counted->whole && oa_hop_is_http(channel->hop) &&
        channel->kind != OA_CHANNEL_UNKNOWN)
        choose_server(intervals, counted, connection, server_of_channel(intervals, channel),
                      service_name(channel, NULL, 0));
}

static void
take_auth(const struct intervals *intervals, const struct oa_auth_exchange *exchange)
{
    bool is_refused = exchange->status == 401 || exchange->status == 407;

    if (exchange->place != OA_AUTH_HTTP || !exchange->channel || !is_refused)
        return;
    struct server *at = server_of_channel(intervals, exchange->channel);
    for (; at; at = at->whole)
        server_row(intervals, at, exchange->last.time_ns)->auth_refused++;
}

static void
take_mapi(const struct intervals *intervals, const struct oa_event *event)
{
    const struct oa_http_exchange *exchange = event->mapi;

    if (event->side != OA_CLIENT || !exchange || !event->channel)
        return;
    struct server *at = server_of_channel(intervals, event->channel);
    for (; at; at = at->whole)
        count_status(server_row(intervals, at, event->first.time_ns),
                     exchange->response.has_head ? exchange->response.head.status : 0);
}

void
intervals_take_event(struct intervals *intervals, const struct oa_event *event)
{
    if (event->channel)
        place_channel(intervals, event->channel);
    switch (event->type) {
    case OA_EVENT_CHANNEL_CLOSED:
        end_channel(intervals, event->channel);
        break;
    case OA_EVENT_HTTP_HEAD:
        take_mapi(intervals, event);
        break;
    case OA_EVENT_RPC:
        if (event->vc)
            note_pdu(intervals, event);
        break;
    case OA_EVENT_CALL:
        if (event->mapi)
            note_bodies(intervals, event);
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
intervals_use_clock_steps(struct intervals *intervals, const struct oa_clock_steps *steps)
{
    intervals->clock_steps = steps;
}

void
intervals_take_frame(struct intervals *intervals, size_t file, int64_t time_ns)
{
    intervals->now_ns = time_ns;
    coverage_take(intervals->coverage, file, time_ns);
}

struct intervals *
intervals_new(const struct intervals_settings *settings)
{
    struct intervals *intervals = g_new0(struct intervals, 1);

    intervals->settings = *settings;
    intervals->begin_ns = INT64_MIN;
    intervals->end_ns = INT64_MAX;
    intervals->coverage = coverage_new();
    intervals->seconds = busy_seconds_new();
    intervals->servers = g_tree_new_full(server_compare, NULL, NULL, server_free);
    intervals->counted = g_hash_table_new_full(NULL, NULL, counted_free, NULL);
    intervals->sessions = g_hash_table_new_full(NULL, NULL, NULL, session_free);
    intervals->users = user_identities_new(&intervals->settings.users);
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
    busy_seconds_free(intervals->seconds);
    g_tree_destroy(intervals->servers);
    g_hash_table_unref(intervals->counted);
    g_hash_table_unref(intervals->sessions);
    user_identities_free(intervals->users);
    g_hash_table_unref(intervals->program_numbers);
    g_ptr_array_unref(intervals->programs);
    g_free(intervals);
}

void
intervals_divide(struct intervals *intervals)
{
    intervals->by_service = true;
}

const struct intervals_settings *
intervals_settings(const struct intervals *intervals)
{
    return &intervals->settings;
}
