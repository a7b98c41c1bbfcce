/* intervals.c
 * What each server carried in each interval of time: the numbers of counters.csv and capacity.csv.
 *
 * What belongs to an instant is counted at once, in the interval's row. What lasts is kept as a
 * span, because a connection that the capture joins in its middle was open before, and a session
 * may turn out to be a part of another one; levels and users are computed from the spans at the
 * end.
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
#include "interval_calls.h"
#include "interval_connections.h"
#include "interval_servers.h"
#include "session_traffic.h"

/* Intervals whose bytes wait for a call of their session. */
#define WAITING_MAX 8

const struct intervals_settings INTERVALS_DEFAULT = { .interval_ns = 60 * NS_PER_S,
                                                      .max_gap_ns = NS_PER_S };

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

/* Counts what waited until it was known which hop is nearest to the client; and the call behind it,
 * unless that is NULL. */
static void
count_waiting(struct intervals *intervals, struct session *session,
              const struct oa_virtual_connection *vc, const struct call_facts *last)
{
    struct server *server = NULL; /* of that hop */
    enum oa_hop hop = oa_vc_hop(vc);
    guint n = session->calls->len;

    for (guint i = 0; i < n + (last != NULL); i++) {
        const struct call_facts *call =
            i < n ? &g_array_index(session->calls, struct call_facts, i) : last;
        if (!server || call->hop != hop)
            server = server_of_hop(intervals, vc, hop = call->hop);
        if (call->has_request)
            busy_seconds_add(intervals->seconds, call->requested_ns);
        for (struct server *at = server; at; at = at->whole)
            interval_count_call(intervals, at, call);
    }
    if (n)
        g_array_set_size(session->calls, 0);
    if (!server || hop != oa_vc_hop(vc))
        server = server_of_hop(intervals, vc, oa_vc_hop(vc));
    session_traffic_each(session->traffic, vc, count_bytes, server);
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
        count_waiting(intervals, session, vc, NULL);
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

/* When a call that was not answered was over: with its session, or with the connection of a request
 * of MAPI over HTTP. */
static int64_t
given_up_ns(const struct intervals *intervals, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->call->vc;

    if (oa_end_is_known(vc->ending.how))
        return vc->ending.time_ns;
    if (vc->transport == OA_TRANSPORT_MAPI_HTTP && event->channel &&
        oa_end_is_known(event->channel->ending.how))
        return event->channel->ending.time_ns;
    return intervals->now_ns;
}

static void
take_call(struct intervals *intervals, const struct oa_event *event)
{
    const struct oa_call *call = event->call;
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
        .given_up_ns = given_up_ns(intervals, event),
    };

    if (!oa_call_latency(call, hop, &facts.latency_ns))
        facts.latency_ns = NO_TIME;
    if (hop == OA_HOP_SERVER || !oa_call_latency(call, OA_HOP_SERVER, &facts.store_latency_ns))
        facts.store_latency_ns = NO_TIME;
    count_rops(&facts, call);
    if (facts.has_request) {
        note_active(session, interval_start(intervals, facts.requested_ns), facts.has_rops);
    }
    if (vc->has_final_number)
        count_waiting(intervals, session, vc, &facts);
    else
        g_array_append_val(session->calls, facts);
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
    uint32_t user = user_identities_take(intervals->users, &names);

    return (struct span){ .user = user,
                          .is_anonymous = user == USER_ANONYMOUS ||
                                          !user_names_any(&intervals->settings.users, &names),
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
        count_waiting(intervals, session, vc, NULL);
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

    interval_count_call(intervals, server, &facts);
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
    struct span span = interval_span_of(connection_of(channel));
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
        interval_place_channel(intervals, event->channel);
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
        take_call(intervals, event);
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
intervals_take_counted(struct intervals *intervals, struct connection *connection,
                       struct oa_stamp stamp)
{
    interval_take_counted(intervals, connection, stamp);
}

void
intervals_take_connection(struct intervals *intervals, const struct connection_row *row)
{
    interval_take_connection(intervals, row);
}

void
intervals_take_frame(struct intervals *intervals, size_t file, int64_t time_ns)
{
    intervals->now_ns = time_ns;
    intervals->last_ns = intervals->n_frames++ ? MAX(intervals->last_ns, time_ns) : time_ns;
    coverage_take(intervals->coverage, file, time_ns);
}

void
intervals_take_gap(struct intervals *intervals, size_t file)
{
    coverage_take_gap(intervals->coverage, file);
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
    intervals->counted = g_hash_table_new_full(NULL, NULL, interval_free_counted, NULL);
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
intervals_fill(struct intervals *intervals)
{
    user_identities_fill(intervals->users, true);
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
