/* report_sessions.c
 * sessions.csv: one row for each virtual connection, or session context of MAPI over HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "estimate_event.h"
#include "intervals.h"
#include "report.h"
#include "session_wire.h"

#define OUTCOME_TEXT 32

/* When a session was open; NO_TIME: not in the capture. */
struct open_time {
    int64_t from_ns, to_ns;
    int64_t first_ns; /* first frame */
};

/* The connections of a session that have ended, by hop. */
struct connections {
    struct open_time hop[OA_HOPS];
    bool is_used[OA_HOPS];
};

struct state {
    GHashTable *sessions; /* number -> struct connections */
    struct session_wire *wire;
};

struct row {
    const struct oa_virtual_connection *vc;
    const struct oa_rpc_interface *iface; /* NULL if unknown */
    const struct oa_client *client;       /* NULL if unknown */
    const struct oa_auth *http, *rpc;     /* who, on both levels */
    const uint8_t *client_address, *proxy_address, *store_address;
    const uint8_t *client_address_other;
    const struct oa_cookie *cookie, *association_group;
    const char *client_address_order;
    const char *channels, *hops, *purpose, *target_allowed;
    const char *rpc_auth, *rpc_auth_level, *workstation, *anonymous, *ended_by;
    uint64_t target_port, store_port, rpc_association_group;
    int64_t duration_ns, setup_ns;
    const char *outcome;
    char outcome_text[OUTCOME_TEXT];
    uint64_t http_status;
    struct open_time open;
    uint64_t wire_bytes[2]; /* by sender */
    const char *identity;
    const char *transport, *estimated;
    uint64_t number, calls, answered, rpc_bytes[2];
    int64_t start_ns, end_ns;
    double confidence;

    /* On the hop nearest to the client. */
    const struct oa_traffic *in, *out;
    uint64_t rts_pdus, pings, acks, skipped_bytes;
};

/* clang-format off */
static const struct column COLUMNS_OF_SESSIONS[] = {
    { "session", NUMBER(number),
      "Number of the session, from 0 in order of appearance; rpch.vc in Wireshark. Sessions that turn "
 "out to be parts of one have its lowest number, so that numbers may be missing" },
    { "transport", WORD(transport),
      "rpc_http, rpc_http_v1, rpc_tcp, or mapi_http (a session context, on any number of "
      "connections)" },
    { "channels", WORD(channels),
      "both; in_only or out_only if the other channel is not in the capture" },
    { "client_address", ADDRESS(client_address),
      "Client as seen in the capture, or as named by a load balancer (PROXY protocol); if its hop "
      "is not captured, as reported by the proxy" },
    { "proxy_address", ADDRESS(proxy_address), "Proxy as seen in the capture" },
    { "proxy_name", NAMED_OF(HOST, vc, proxy_name), "Host header of the requests" },
    { "target_server", NAMED_OF(HOST, vc, target_server),
      "Server named in the URI; for MAPI over HTTP the MailboxId" },
    { "target_port", NUMBER(target_port),
      "Port named in the URI, else the TCP port of the server" },
    { "service", NAME_OF(iface, service, oa_service_name),
      "Service of the bound interface: store, directory, referral, management, endpoint mapper" },
    { "interface", WORD_OF(iface, name),
      "First known RPC interface that was accepted, else that was proposed" },
    { "user", USER(http), "User of the HTTP authentication as sent; identity and users.csv may spell him otherwise" },
    { "http_auth", NAME_OF(http, scheme, oa_auth_scheme_name), "HTTP authentication scheme" },
    { "rpc_user", USER(rpc), "User of the RPC authentication as sent; identity and users.csv may spell him otherwise" },
    { "rpc_auth", WORD(rpc_auth), "RPC authentication type" },
    { "rpc_auth_level", WORD(rpc_auth_level), "Negotiated RPC protection level" },
    { "workstation", NAMED(HOST, workstation), "Client computer, self-reported (NTLM)" },
    { "start", TIME(start_ns), "First request head on its channels, of an authentication too; without HTTP the first PDU" TIMES_ARE },
    { "end", TIME(end_ns), "Last RPC or RTS PDU on any of its hops, or last byte of its last request or response of "
 "MAPI over HTTP; its connections may be open for longer, see open_to" },
    { "duration_ms", MS(duration_ns), "From start to end" },
    { "setup_ms", MS(setup_ns),
      "From start to CONN/C2 (CONN/C1 if the client's hop is not captured), or to the response to "
      "Connect or Bind; empty if the session was never established" },
    { "binds", COUNT_OF(vc, binds), "Bind PDUs" },
    { "rejected_contexts", COUNT_OF(vc, rejected_bindings),
      "Presentation contexts rejected by the server; with a bind_nak all of that bind" },
    { "calls", COUNT(calls), CALLS_ARE },
    { "answered", COUNT(answered),
      IS_ANSWERED },
    { "faults", COUNT_OF(vc, faults),
      IS_FAULT },
    { "unanswered", COUNT_OF(vc, unanswered), IS_UNANSWERED },
    { "rpc_pdus_in", COUNT_OF(in, rpc_pdus), "RPC PDUs, or requests, from the client, on the hop nearest to it" },
    { "rpc_pdus_out", COUNT_OF(out, rpc_pdus), "RPC PDUs, or responses, to the client, on the hop nearest to it" },
    { "rpc_bytes_in", BYTES(rpc_bytes[OA_CLIENT]),
      "Bytes of these; for MAPI over HTTP only the bodies" },
    { "rpc_bytes_out", BYTES(rpc_bytes[OA_SERVER]),
      "Bytes of these; for MAPI over HTTP only the bodies" },
    { "rts_pdus", COUNT(rts_pdus), "RTS PDUs from both sides on the hop nearest to the client, pings and acknowledgments too" },
    { "pings", COUNT(pings), "Of these, pings" },
    { "flow_control_acks", COUNT(acks), "Of these, those with a flow control acknowledgment" },
    { "skipped_bytes", BYTES(skipped_bytes), "Bytes missing from the capture or not decoded" },
    { "recycles_in", COUNT_OF(vc, recycles[OA_LEG_IN]),
      "Recyclings of the IN channel that were started" },
    { "recycles_out", COUNT_OF(vc, recycles[OA_LEG_OUT]),
      "Recyclings of the OUT channel that were started" },
    { "cookie", UUID(cookie), "Virtual connection cookie" },
    { "association_group", UUID(association_group),
      "Client association group, the same for all sessions of a client process" },
    { "end_state", NAME_OF(vc, ending.how, end_name),
      "How the first channel to end was closed: fin, reset, replaced, open, or unknown (exported "
      "PDUs); for MAPI over HTTP the connection used last, open if it outlives the session" },
    { "ended_by", WORD(ended_by), "Side that sent the first FIN or the RST: client, server" },
    { "hops", WORD(hops),
      "Hops in the capture: client_proxy, proxy_store, both; client_store if there is no proxy; with "
      "more than one HTTP hop all of them from the client on, as in client_proxy http_2 "
      "proxy_store" },
    { "store_address", ADDRESS(store_address),
      "Server to which the proxy, or the client, connected" },
    { "store_port", NUMBER(store_port), "TCP port of that server" },
    { "recycles_failed", COUNT_OF(vc, recycles_failed),
      "Recyclings that were refused or not finished" },
    { "purpose", WORD(purpose),
      "mail (calls to an Exchange interface); rpcping (only a connection, or calls to the "
      "management interface); connect_only (an Exchange interface was bound but not called); "
      "endpoint_lookup (calls to the endpoint mapper); rd_gateway (TsProxyRpcInterface); other "
      "(another service's interface was bound); empty if unknown" },
    { "target_allowed", WORD(target_allowed),
      "Whether --valid-ports contains the target: allowed, refused; empty without the option, or "
      "if no target was seen" },
    { "anonymous", WORD(anonymous),
      "Outcome of requests without credentials or with an anonymous logon: accepted, refused; "
      "empty if there was none, or if an authentication before the capture may count" },
    { "user_dn", NAMED_OF(DN, client, user_dn),
      "Distinguished name of the user, from EcDoConnect, EcDoConnectEx, RfrGetNewDSA, or Connect" },
    { "client_software", WORD_OF(client, software),
      "Client program, self-reported; else the product that its version belongs to; "
      "X-ClientApplication" },
    { "client_version", WORD_OF(client, version), "Client version, self-reported" },
    { "client_mode", NAME_OF(client, mode, mode_name), "classic, cached; self-reported" },
    { "client_name", NAMED_OF(HOST, client, computer),
      "Client computer, self-reported (auxiliary block)" },
    { "server_version", WORD_OF(client, server_version), "Server version, self-reported" },
    { "rpc_association_group", NUMBER(rpc_association_group),
      "Association group id assigned by the server; connections of a client that share context "
      "handles have the same" },
    { "unknown", COUNT_OF(vc, unknown),
      IS_UNKNOWN },
    { "no_request", COUNT_OF(vc, no_request), IS_NO_REQUEST },
    { "outcome", WORD(outcome),
      "established (also if only what was sent over it shows that), refused_401 or refused_407, "
      "rpc_error_ with the error in hex, http_ with another HTTP status, response_code_ with an "
      "X-ResponseCode, bind_rejected, never_answered (nothing came from the server before the end), "
      "unknown" },
    { "http_status", NUMBER(http_status),
      "HTTP status that led to the outcome: an error, else that of the OUT channel, or the first one "
      "of MAPI over HTTP" },
    { "open_from", TIME(open.from_ns),
      "SYN of the first of its connections on the hop nearest to the client; for MAPI over HTTP the "
      "Connect or Bind; empty if it began before the capture" },
    { "open_to", TIME(open.to_ns),
      "FIN or RST of the last of these connections; for MAPI over HTTP the response to Disconnect or "
      "Unbind, else when it expired; empty while it is open" },
    { "client_address_order", WORD(client_address_order),
      "Byte order in which client_address was read from CONN/B2, where the capture does not show "
      "which one the proxy used: little_endian as documented, or network if only that makes an "
      "address that a client can have, or a private one; empty if the client itself was captured, "
      "and if the form of the address shows the order" },
    { "client_address_other", ADDRESS(client_address_other),
      "The address in the other byte order" },
    { "identity", NAMED(USER, identity),
      "What the session itself shows of its user, by which he is told from others: the first known of "
      "user_dn, rpc_user, user and client_address, or what --user-key says, as spelt first; sessions with "
      "other names may turn out to be his in users.csv" },
    { "wire_bytes_in", BYTES(wire_bytes[OA_CLIENT]),
      "From the client on its connections on the hop nearest to it: " WIRE_BYTES_ARE "; for MAPI over "
      "HTTP empty if one of them carried requests of another session too before this one was closed, and of "
      "one that outlives the session up to the end of its last response" },
    { "wire_bytes_out", BYTES(wire_bytes[OA_SERVER]), "The same to the client" },
    { "estimated", WORD(estimated), ESTIMATED_IS },
    { "confidence", RATIO(confidence), CONFIDENCE_IS },
    { "sealed_calls", COUNT_OF(vc, sealed_calls),
      "Calls whose parameters, or a part of them, stay encrypted (packet privacy)" },
};
/* clang-format on */

static const char *
channels_of(const struct oa_virtual_connection *vc)
{
    const bool *seen = vc->leg_seen[oa_vc_hop(vc)];

    return seen[OA_LEG_IN] && seen[OA_LEG_OUT] ? "both"
           : seen[OA_LEG_IN]                   ? "in_only"
           : seen[OA_LEG_OUT]                  ? "out_only"
                                               : NULL;
}

static const uint8_t *
proxy_address_of(const struct oa_virtual_connection *vc)
{
    if (oa_hop_is_http(oa_vc_hop(vc)))
        return vc->endpoint[oa_vc_hop(vc)][OA_SERVER].address;
    return vc->transport == OA_TRANSPORT_RPC_TCP ? NULL
                                                 : vc->endpoint[OA_HOP_SERVER][OA_CLIENT].address;
}

/* --- what became of it --- */

static const char *
outcome_of(const struct oa_virtual_connection *vc, char text[OUTCOME_TEXT])
{
    const struct oa_traffic *out = &vc->traffic[oa_vc_hop(vc)][OA_SERVER];
    bool is_silent = vc->leg_seen[oa_vc_hop(vc)][OA_LEG_OUT] && !out->rpc_pdus && !out->rts_pdus &&
                     !out->skipped_bytes && !vc->http_status;
    bool has_refusal = vc->http_status == 401 || vc->http_status == 407;

    if (oa_vc_has_worked(vc))
        return "established";
    if (vc->has_rpc_error)
        snprintf(text, OUTCOME_TEXT, "rpc_error_%x", vc->rpc_error);
    else if (vc->http_status >= 400)
        snprintf(text, OUTCOME_TEXT, "%s_%u", has_refusal ? "refused" : "http", vc->http_status);
    else if (vc->response_code)
        snprintf(text, OUTCOME_TEXT, "response_code_%u", vc->response_code);
    else if (vc->rejected_bindings)
        return "bind_rejected";
    else if (is_silent && !vc->is_one_way && oa_end_is_known(vc->ending.how))
        return "never_answered";
    else
        return "unknown";
    return text;
}

/* --- when it was open --- */

static gpointer
key_of(const struct oa_virtual_connection *vc)
{
    return GSIZE_TO_POINTER((gsize)vc->number);
}

/* The first connection begins it. Unknown is later than all other ends. */
static void
add_open_time(struct connections *to, int hop, const struct open_time *time)
{
    struct open_time *sum = &to->hop[hop];
    bool is_first = !to->is_used[hop];

    if (is_first || time->first_ns < sum->first_ns) {
        sum->first_ns = time->first_ns;
        sum->from_ns = time->from_ns;
    }
    if (is_first || (sum->to_ns != NO_TIME && (time->to_ns == NO_TIME || time->to_ns > sum->to_ns)))
        sum->to_ns = time->to_ns;
    to->is_used[hop] = true;
}

static struct connections *
connections_of(GHashTable *sessions, gpointer key)
{
    struct connections *connections = g_hash_table_lookup(sessions, key);

    if (!connections) {
        connections = g_new0(struct connections, 1);
        g_hash_table_insert(sessions, key, connections);
    }
    return connections;
}

static void
note_connection(GHashTable *sessions, const struct oa_channel *channel)
{
    const struct connection *tcp = connection_of(channel);
    struct open_time time = { .first_ns = tcp->first.time_ns,
                              .from_ns = tcp->handshake_seen ? tcp->first.time_ns : NO_TIME };

    if (!connection_has_ended(tcp, &time.to_ns))
        time.to_ns = NO_TIME;
    if (!channel->vc || channel->vc->transport == OA_TRANSPORT_MAPI_HTTP)
        return;
    add_open_time(connections_of(sessions, key_of(channel->vc)), channel->hop, &time);
}

static void
join_connections(GHashTable *sessions, const struct oa_virtual_connection *part)
{
    const struct connections *connections = g_hash_table_lookup(sessions, key_of(part));

    if (!connections)
        return;
    struct connections *whole = connections_of(sessions, key_of(part->joined));
    for (int hop = 0; hop < OA_HOPS; hop++)
        if (connections->is_used[hop])
            add_open_time(whole, hop, &connections->hop[hop]);
    g_hash_table_remove(sessions, key_of(part));
}

static struct open_time
open_time_of(GHashTable *sessions, const struct oa_virtual_connection *vc)
{
    const struct connections *connections = g_hash_table_lookup(sessions, key_of(vc));

    if (vc->transport == OA_TRANSPORT_MAPI_HTTP)
        return (struct open_time){ vc->established.frame ? vc->opened.time_ns : NO_TIME,
                                   vc->ended_ns ? vc->ended_ns : NO_TIME, 0 };
    return connections ? connections->hop[oa_vc_hop(vc)]
                       : (struct open_time){ NO_TIME, NO_TIME, 0 };
}

/* --- rows --- */

static void
put_session(struct report_run *run, const struct oa_virtual_connection *vc)
{
    const struct state *state = run->state;
    uint8_t mapped[16], other[16];
    const struct oa_traffic *in = &vc->traffic[oa_vc_hop(vc)][OA_CLIENT];
    const struct oa_traffic *out = &vc->traffic[oa_vc_hop(vc)][OA_SERVER];
    const struct oa_endpoint *store = &vc->endpoint[OA_HOP_SERVER][OA_SERVER];
    bool has_store = session_has_hop(vc, OA_HOP_SERVER);
    const struct oa_rpc_security *security = &vc->security;
    const struct oa_auth *rpc = security->auth ? security->auth : &OA_AUTH_NONE;
    bool seen[OA_HOPS];
    char hops[HOPS_TEXT];
    struct user_names_text text;
    struct user_names names = user_names_of(vc, &text);

    for (int hop = 0; hop < OA_HOPS; hop++)
        seen[hop] = session_has_hop(vc, (enum oa_hop)hop);
    struct row row = {
        .vc = vc,
        .number = vc->number,
        .transport = transport_name(vc->transport),
        .start_ns = vc->opened.time_ns,
        .end_ns = vc->last.time_ns,
        .calls = vc->calls,
        .answered = vc->answered,
        .rpc_bytes = { in->rpc_bytes, out->rpc_bytes },
        .confidence = NO_RATIO,
        .iface = vc->iface,
        .client = vc->client,
        .http = vc->auth,
        .rpc = rpc,
        .client_address = client_address_of(vc, mapped),
        .proxy_address = proxy_address_of(vc),
        .store_address = has_store ? store->address : NULL,
        .store_port = has_store ? store->port : NO_NUMBER,
        .cookie = vc->cookie_bytes == OA_COOKIE_SIZE ? &vc->cookie : NULL,
        .association_group = vc->has_association_group ? &vc->association_group : NULL,
        .channels = channels_of(vc),
        .hops = hops_text(vc, seen, hops),
        .purpose = oa_vc_purpose(vc),
        .target_allowed = target_allowed(run->valid_ports, vc->target_server, vc->target_port),
        .target_port = or_none(oa_vc_target_port(vc)),
        .rpc_auth = security->present ? oa_rpc_auth_type_name(security->type) : NULL,
        .rpc_auth_level = security->present ? oa_rpc_auth_level_name(security->level) : NULL,
        .workstation =
            vc->auth && vc->auth->workstation[0] ? vc->auth->workstation : rpc->workstation,
        .anonymous = vc->anonymous_accepted  ? "accepted"
                     : vc->anonymous_refused ? "refused"
                                             : NULL,
        .ended_by = ended_by(vc->ending),
        .rpc_association_group = or_none(vc->assoc_group_id),
        .duration_ns = report_duration(run, vc->opened, vc->last),
        .setup_ns =
            vc->established.frame ? report_duration(run, vc->opened, vc->established) : NO_TIME,
        .in = in,
        .out = out,
        .rts_pdus = in->rts_pdus + out->rts_pdus,
        .pings = in->pings + out->pings,
        .acks = in->acks + out->acks,
        .skipped_bytes = in->skipped_bytes + out->skipped_bytes,
        .http_status = or_none(vc->http_status),
        .open = open_time_of(state->sessions, vc),
        .identity = user_spelling(run->spellings, user_best_name(&run->settings->users, &names)),
    };
    row.client_address_order = client_address_order(vc, other);
    row.client_address_other = row.client_address_order ? other : NULL;
    row.outcome = outcome_of(vc, row.outcome_text);
    session_wire_end(state->wire, vc, row.wire_bytes);
    report_row(run, &row);
}

/* The session and what was kept of it. */
static void
end_session(struct report_run *run, const struct oa_virtual_connection *vc)
{
    const struct state *state = run->state;
    uint64_t unused[2];

    if (oa_vc_is_foreign(vc))
        session_wire_end(state->wire, vc, unused);
    else
        put_session(run, vc);
    g_hash_table_remove(state->sessions, key_of(vc));
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct state *state = run->state;

    session_wire_take(state->wire, event);
    if (event->type == OA_EVENT_CHANNEL_CLOSED)
        note_connection(state->sessions, event->channel);
    else if (event->type == OA_EVENT_VC_JOINED)
        join_connections(state->sessions, event->vc);
    else if (event->type == OA_EVENT_VC_CLOSED)
        end_session(run, event->vc);
}

/* --- estimates --- */

static void
put_estimate(struct report_run *run, const struct estimate_event *event)
{
    const struct oa_estimate *estimate = event->of;

    if (event->call)
        return;
    bool is_mapi_http = estimate->kind == OA_ESTIMATE_MAPI_HTTP;
    const struct row row = {
        .number = ESTIMATED_FROM + estimate->number,
        .transport = transport_name(is_mapi_http ? OA_TRANSPORT_MAPI_HTTP : OA_TRANSPORT_RPC_HTTP),
        .channels = "both",
        .hops = "client_proxy",
        .client_address = estimate->client.address,
        .proxy_address = estimate->server.address,
        .start_ns = estimate->begun.time_ns,
        .end_ns = estimate->ended.time_ns,
        .duration_ns = estimate->ended.time_ns - estimate->begun.time_ns,
        .setup_ns = NO_TIME,
        .calls = estimate_calls(estimate),
        .answered = estimate_answered(estimate),
        .rpc_bytes = { is_mapi_http ? NO_NUMBER : estimate_bytes(estimate->bytes[OA_CLIENT]),
                       is_mapi_http ? NO_NUMBER : estimate_bytes(estimate->bytes[OA_SERVER]) },
        .rts_pdus = NO_NUMBER,
        .pings = is_mapi_http ? NO_NUMBER : estimate->pings,
        .acks = is_mapi_http ? NO_NUMBER : estimate->acks,
        .skipped_bytes = NO_NUMBER,
        .target_port = NO_NUMBER,
        .store_port = NO_NUMBER,
        .rpc_association_group = NO_NUMBER,
        .http_status = NO_NUMBER,
        .open = { estimate->begun.time_ns, estimate->is_open ? NO_TIME : estimate->ended.time_ns,
                  0 },
        .wire_bytes = { NO_NUMBER, NO_NUMBER },
        .outcome = "established",
        .estimated = "yes",
        .confidence = estimate->score,
    };
    report_row(run, &row);
}

static void *
new_state(const struct report *report)
{
    struct state *state = g_new0(struct state, 1);

    (void)report;
    state->sessions = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->wire = session_wire_new();
    return state;
}

static void
free_state(void *data)
{
    struct state *state = data;

    g_hash_table_unref(state->sessions);
    session_wire_free(state->wire);
    g_free(state);
}

const struct report REPORT_SESSIONS = {
    .name = "sessions",
    .has_key = true,
    .row_is = "virtual connection, or session context of MAPI over HTTP",
    .order = "ordered by the end of the session",
    COLUMNS(COLUMNS_OF_SESSIONS),
    .new_state = new_state,
    .event = take,
    .takes = REPORT_TAKES(HTTP_HEAD) | REPORT_TAKES(CHANNEL_CLOSED) | REPORT_TAKES(VC_JOINED) |
             REPORT_TAKES(VC_CLOSED),
    .estimate = put_estimate,
    .free_state = free_state,
};
