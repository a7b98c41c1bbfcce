/* report_calls.c
 * calls.csv: one row for each RPC call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "estimate_event.h"
#include "layout/fields.h"
#include "report.h"
#include "rop_facts.h"
#include "session_number.h"

#define NS_PER_S INT64_C(1000000000)

struct row {
    uint64_t number, session;
    const struct oa_virtual_connection *open; /* the session, if its number may still change */
    const struct oa_rpc_interface *iface;     /* NULL if unknown */
    const uint8_t *client_address;
    const char *user, *target_server;
    const char *interface, *operation, *auth_level, *state, *fault_status, *return_value, *hops;
    const char *unsealed, *unsealed_why_not;
    uint64_t call_id, opnum, server_time_ms, rops, over, signatures, signatures_verified;
    const char *first_rop, *estimated, *signatures_why_not;
    int64_t start_ns;
    double confidence;

    /* On the hop nearest to the client, by sender; bytes only if it was captured completely. */
    uint64_t stub_bytes[2], pdu_bytes[2], fragments[2], frame[2];
    int64_t latency_first_ns, latency_ns;

    int64_t store_latency_ns; /* on the hop between proxy and server */
    int64_t proxy_latency_ns; /* the difference */
    int64_t http_latency_ns[OA_HOP_SERVER - OA_HOP_HTTP_2]; /* on further HTTP hops */
};

static const char *
state_name(enum oa_call_state state)
{
    static const char *const NAMES[] = {
        [OA_CALL_PENDING] = "pending",       [OA_CALL_ANSWERED] = "answered",
        [OA_CALL_FAULT] = "fault",           [OA_CALL_UNANSWERED] = "unanswered",
        [OA_CALL_NO_REQUEST] = "no_request", [OA_CALL_UNKNOWN] = "unknown",
    };

    return NAMES[state];
}

static void
put_session(struct writer *writer, const void *value)
{
    const struct row *row = value;

    if (row->open)
        cell_session(writer, row->open);
    else
        cell_u64(writer, &row->session);
}

/* clang-format off */
static const struct column COLUMNS_OF_CALLS[] = {
    { "call", NUMBER(number),
      "Number of the call, from 0 in order of the requests; for MAPI over HTTP in order of the "
      "responses" },
    { "session", COMPUTED("number", put_session), "Session that it belongs to, as in sessions.csv" },
    { "client_address", ADDRESS(client_address), "Client as seen in the capture" },
    { "target_server", NAMED(HOST, target_server),
      "Server named in the URI of the channels; for MAPI over HTTP the MailboxId" },
    { "service", NAME_OF(iface, service, oa_service_name),
      "Service of the interface: store, directory, referral, management, endpoint mapper" },
    { "interface", WORD(interface),
      "RPC interface by name, else its UUID; empty if the bind is not in the capture; for MAPI "
      "over HTTP that of the endpoint" },
    { "operation", WORD(operation),
      "Operation by name, else by number; empty if the request is not in the capture" },
    { "opnum", NUMBER(opnum), "Operation number; MAPI over HTTP has none" },
    { "call_id", NUMBER(call_id),
      "Call id on the wire; for MAPI over HTTP the counter in X-RequestId" },
    { "auth_level", WORD(auth_level),
      "Protection level in the verifier of the request; empty without a verifier" },
    { "state", WORD(state),
      "answered, fault, unanswered (the session or the capture ended first), no_request, unknown "
      "(the response may be among bytes that the capture lacks, or had begun and was still going on "
      "when the capture ended or the client left on purpose)" },
    { "fault_status", WORD(fault_status),
      "Status of the fault by name, else in hex; for MAPI over HTTP the X-ResponseCode by name, or "
      "the HTTP status" },
    { "request_bytes", BYTES(stub_bytes[OA_CLIENT]),
      "Stub data of the request, without headers, verifiers and padding, or the body; empty unless "
      "completely captured" },
    { "response_bytes", BYTES(stub_bytes[OA_SERVER]),
      "Stub data of the response, or the body without the lines that precede it; empty unless "
      "completely captured" },
    { "request_pdu_bytes", BYTES(pdu_bytes[OA_CLIENT]),
      "All PDUs of the request, as on the wire; empty unless completely captured" },
    { "response_pdu_bytes", BYTES(pdu_bytes[OA_SERVER]),
      "All PDUs of the response, as on the wire; empty unless completely captured" },
    { "request_fragments", COUNT(fragments[OA_CLIENT]), "PDUs of the request in the capture" },
    { "response_fragments", COUNT(fragments[OA_SERVER]), "PDUs of the response in the capture" },
    { "start", TIME(start_ns), "First byte of the request" TIMES_ARE },
    { "latency_first_ms", MS(latency_first_ns),
      "From the last byte of the request to the first byte of the response" },
    { "latency_ms", MS(latency_ns),
      "From the last byte of the request to the last byte of the response" },
    { "request_frame", NUMBER(frame[OA_CLIENT]), "Frame with the last byte of the request" },
    { "response_frame", NUMBER(frame[OA_SERVER]),
      "Frame with the last byte of the response" },
    { "hops", WORD(hops),
      "Hops on which it was captured: client_proxy, proxy_store, both; client_store; with more than "
      "one HTTP hop all of them, as in client_proxy http_2 proxy_store" },
    { "store_latency_ms", MS(store_latency_ns),
      "Latency of the server, measured on the hop between proxy and server" },
    { "proxy_latency_ms", MS(proxy_latency_ns),
      "Latency added by the proxy and the network to it; empty unless both hops were captured" },
    { "return_value", WORD(return_value),
      "Return value of the operation by name, else in hex; empty if it stays sealed or is not of an "
      "Exchange interface" },
    { "http_2_latency_ms", MS(http_latency_ns[0]),
      "Latency on the second HTTP hop, where a balancer or front end passes requests on by HTTP" },
    { "http_3_latency_ms", MS(http_latency_ns[1]), "Latency on the third HTTP hop" },
    { "http_4_latency_ms", MS(http_latency_ns[2]), "Latency on the fourth HTTP hop" },
    { "user", NAMED(USER, user), USER_OF_CALL_IS },
    { "server_time_ms", WHOLE_MS(server_time_ms),
      "Time that the server says it took: X-ElapsedTime of MAPI over HTTP, pulTransTime of "
      "EcDoRpcExt2; empty if it stays sealed" },
    { "rops", COUNT(rops), "ROPs that the call carries, as in rops.csv" ROPS_ARE },
    { "first_rop", WORD(first_rop), "The first of them" },
    { "over", WHOLE_S(over),
      "The greatest of 2, 5 and 10 s that latency_ms is above; empty if it is not, and for calls that "
      "wait for notifications" },
    { "unsealed", WORD(unsealed),
      "What its sealed stubs (packet privacy) were read with: password, nt_hash, keytab, anonymous (nothing: the "
      "client has no user); partly (the request or the response only); no; empty if they are not sealed" },
    { "unsealed_why_not", WORD(unsealed_why_not), "Why not, or not all of it, in words" },
    { "estimated", WORD(estimated), ESTIMATED_IS },
    { "confidence", RATIO(confidence), CONFIDENCE_IS },
    { "signatures", COUNT(signatures),
      "PDUs of request and response with a signature (packet integrity, packet privacy), on one hop; empty if "
      "PDUs are cut, and so is what would show whether they have one" },
    { "signatures_verified", COUNT(signatures_verified),
      "How many of these signatures were verified, with the secrets given" },
    { "signatures_why_not", WORD(signatures_why_not), "Why not all of them, in words" },
};
/* clang-format on */

static const char *
return_value_text(const struct oa_call *call, char number[STATUS_TEXT])
{
    const char *name = oa_field_name(OA_NAMES_STATUS, call->return_value);

    if (!call->has_return_value)
        return NULL;
    return name ? name : status_text(OA_STATUS_RPC, call->return_value, number);
}

/* What was read with a secret, of both stubs. */
static void
set_unsealed(struct row *row, const struct oa_call *call)
{
    enum oa_seal_outcome request = call->seal[OA_CLIENT], response = call->seal[OA_SERVER];
    enum oa_seal_outcome worst = MAX(request, response);

    row->unsealed_why_not = oa_seal_reason(worst);
    if (worst == OA_SEAL_NONE || oa_seal_is_open(worst))
        row->unsealed = oa_seal_source(worst);
    else
        row->unsealed = oa_seal_is_open(MIN(request, response)) ? "partly" : "no";
}

static void
set_signatures(struct row *row, const struct oa_call *call)
{
    const struct oa_signatures *request = &call->signatures[OA_CLIENT];
    const struct oa_signatures *response = &call->signatures[OA_SERVER];

    bool is_known = !request->unsure && !response->unsure;

    row->signatures = is_known ? (uint64_t)request->count + response->count : NO_NUMBER;
    row->signatures_verified =
        is_known ? (uint64_t)request->verified + response->verified : NO_NUMBER;
    row->signatures_why_not = oa_seal_reason(MAX(request->worst, response->worst));
}

static void
set_rops(struct row *row, const struct oa_call *call)
{
    size_t count;
    const struct rop_pair *rops = rops_of_call(call, &count);

    row->rops = rops ? count : NO_NUMBER;
    row->first_rop = count > 0 ? oa_rop_name(rops[0].id) : NULL;
}

static void
set_half(struct row *row, enum oa_side side, const struct oa_call_half *half)
{
    const struct oa_call_half *whole = call_half_if_whole(half);

    row->stub_bytes[side] = whole ? whole->stub_bytes : NO_NUMBER;
    row->pdu_bytes[side] = whole ? whole->pdu_bytes : NO_NUMBER;
    row->fragments[side] = or_none(half->fragments);
    row->frame[side] = half->fragments ? half->last.frame : NO_NUMBER;
}

static void
set_session(struct row *row, const struct oa_virtual_connection *vc)
{
    if (session_number_is_known(vc))
        row->session = vc->number;
    else
        row->open = vc;
}

static int64_t
latency_on(const struct oa_call *call, enum oa_hop hop)
{
    int64_t ns;

    return oa_call_latency(call, hop, &ns) ? ns : NO_TIME;
}

/* The greatest limit that the response time exceeds. */
static uint64_t
limit_exceeded(int64_t latency_ns)
{
    uint64_t exceeded = NO_NUMBER;

    for (int i = 0; i < CALL_LIMITS && latency_ns != NO_TIME; i++)
        if (latency_ns > CALL_LIMITS_S[i] * NS_PER_S)
            exceeded = CALL_LIMITS_S[i];
    return exceeded;
}

static bool
is_on(const struct oa_call *call, enum oa_hop hop)
{
    return call->request[hop].fragments || call->response[hop].fragments;
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_call *call = event->call;
    uint8_t mapped[16];
    char user[OA_USER_TEXT];
    char uuid[OA_UUID_TEXT], number[OPERATION_TEXT], fault[STATUS_TEXT], value[STATUS_TEXT];

    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    bool has_first = oa_call_half_has_end(request) && response->fragments && !response->has_gap;
    bool seen[OA_HOPS];
    char hops[HOPS_TEXT];
    int64_t client_ns = latency_on(call, OA_HOP_CLIENT);
    int64_t server_ns = latency_on(call, OA_HOP_SERVER);
    for (int hop = 0; hop < OA_HOPS; hop++)
        seen[hop] = is_on(call, (enum oa_hop)hop);
    struct row row = {
        .number = call->number,
        .call_id = call->has_no_id ? NO_NUMBER : call->call_id,
        .state = state_name(call->state),
        .confidence = NO_RATIO,
        .start_ns = request->fragments ? request->first.time_ns : NO_TIME,
        .target_server = call->vc->target_server,
        .iface = call->iface,
        .user = report_user(run, call->vc, user),
        .server_time_ms = call->has_server_time ? call->server_time_ms : NO_NUMBER,
        .client_address = client_address_of(call->vc, mapped),
        .interface = interface_text(call->iface, &call->syntax, uuid),
        .operation = call->has_opnum ? operation_text(call->iface, call->opnum, number) : NULL,
        .opnum = call->has_opnum && interface_has_opnums(call->iface) ? call->opnum : NO_NUMBER,
        .auth_level = call->auth_level ? oa_rpc_auth_level_name(call->auth_level) : NULL,
        .fault_status = call->state == OA_CALL_FAULT
                            ? status_text(call->fault_kind, call->fault_status, fault)
                            : NULL,
        .return_value = return_value_text(call, value),
        .hops = hops_text(call->vc, seen, hops),
        .latency_first_ns =
            has_first ? report_duration(run, request->last, response->first) : NO_TIME,
        .latency_ns = latency_on(call, oa_call_hop(call)),
        .store_latency_ns = server_ns,
        .proxy_latency_ns = client_ns == NO_TIME || server_ns == NO_TIME
                                ? NO_TIME
                                : time_between(server_ns, client_ns),
        .http_latency_ns = { latency_on(call, OA_HOP_HTTP_2), latency_on(call, OA_HOP_HTTP_3),
                             latency_on(call, OA_HOP_HTTP_4) },
    };
    row.over = call_is_prompt(call) ? limit_exceeded(row.latency_ns) : NO_NUMBER;
    set_session(&row, call->vc);
    set_half(&row, OA_CLIENT, request);
    set_half(&row, OA_SERVER, response);
    set_rops(&row, call);
    set_unsealed(&row, call);
    set_signatures(&row, call);
    report_row(run, &row);
}

/* --- estimates --- */

static void
put_estimate(struct report_run *run, const struct estimate_event *event)
{
    const struct oa_estimated_call *call = event->call;
    uint64_t *number = run->state;

    if (!call)
        return;
    bool has_request = call->request_last.frame, has_response = call->response_last.frame;
    bool has_both = has_request && has_response;
    struct row row = {
        .number = ESTIMATED_FROM + (*number)++,
        .session = ESTIMATED_FROM + event->of->number,
        .client_address = event->of->client.address,
        .call_id = NO_NUMBER,
        .opnum = NO_NUMBER,
        .server_time_ms = NO_NUMBER,
        .rops = NO_NUMBER,
        .stub_bytes = { NO_NUMBER, NO_NUMBER },
        .fragments = { NO_NUMBER, NO_NUMBER },
        .signatures = NO_NUMBER,
        .signatures_verified = NO_NUMBER,
        .hops = "client_proxy",
        .start_ns = has_request ? call->request_first.time_ns : NO_TIME,
        .frame = { or_none(call->request_last.frame), or_none(call->response_last.frame) },
        .pdu_bytes = { has_request ? estimate_bytes(call->bytes[OA_CLIENT]) : NO_NUMBER,
                       has_response ? estimate_bytes(call->bytes[OA_SERVER]) : NO_NUMBER },
        .latency_first_ns =
            has_both ? call->response_first.time_ns - call->request_last.time_ns : NO_TIME,
        .latency_ns = estimate_latency(call),
        .store_latency_ns = NO_TIME,
        .proxy_latency_ns = NO_TIME,
        .http_latency_ns = { NO_TIME, NO_TIME, NO_TIME },
        .over = NO_NUMBER,
        .estimated = "yes",
        .confidence = call->score,
    };
    if (!call->is_waiting)
        row.over = limit_exceeded(row.latency_ns);
    report_row(run, &row);
}

static void *
new_state(const struct report *report)
{
    (void)report;
    return g_new0(uint64_t, 1);
}

static const struct row_reference REFERENCES[] = {
    { offsetof(struct row, client_address), 16 },
    { offsetof(struct row, user), 0 },
    { offsetof(struct row, target_server), 0 },
    { offsetof(struct row, interface), 0 },
    { offsetof(struct row, operation), 0 },
    { offsetof(struct row, fault_status), 0 },
    { offsetof(struct row, return_value), 0 },
    { offsetof(struct row, hops), 0 },
    { 0 },
};

static const struct row_shape SHAPE = { sizeof(struct row), REFERENCES };

static bool
is_settled(const void *row)
{
    return !((const struct row *)row)->open;
}

const struct report REPORT_CALLS = {
    .name = "calls",
    .has_key = true,
    .row_is = "RPC call",
    .order = "ordered by the end of the call",
    COLUMNS(COLUMNS_OF_CALLS),
    .new_state = new_state,
    .event = take,
    .takes = REPORT_TAKES(CALL),
    .estimate = put_estimate,
    .shape = &SHAPE,
    .is_settled = is_settled,
    .free_state = g_free,
};
