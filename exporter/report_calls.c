/* report_calls.c
 * calls.csv: one row for each RPC call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "estimate_event.h"
#include "layout/fields.h"
#include "report.h"
#include "rop_facts.h"

#define NS_PER_S INT64_C(1000000000)

struct row {
    const struct oa_call *call, *with_id; /* NULL: its id is not known */
    const struct oa_virtual_connection *vc;
    const struct oa_rpc_interface *iface; /* NULL if unknown */
    const uint8_t *client_address;
    const char *user;
    const char *interface, *operation, *auth_level, *fault_status, *return_value, *hops;
    const char *unsealed, *unsealed_why_not;
    uint64_t opnum, server_time_ms, rops, over;
    const char *first_rop, *estimated, *signatures_why_not;
    uint64_t signatures, signatures_verified;
    uint64_t number, session; /* the latter of an estimate, else NO_NUMBER */
    uint64_t pdu_bytes[2], frame[2];
    int64_t start_ns;
    double confidence;

    /* On the hop nearest to the client; NULL if not captured, or not captured completely. */
    const struct oa_call_half *request, *whole_request, *response, *whole_response;
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

    if (row->vc)
        cell_session(writer, row->vc);
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
    { "target_server", NAMED_OF(HOST, vc, target_server),
      "Server named in the URI of the channels; for MAPI over HTTP the MailboxId" },
    { "service", NAME_OF(iface, service, oa_service_name),
      "Service of the interface: store, directory, referral, management, endpoint mapper" },
    { "interface", WORD(interface),
      "RPC interface by name, else its UUID; empty if the bind is not in the capture; for MAPI "
      "over HTTP that of the endpoint" },
    { "operation", WORD(operation),
      "Operation by name, else by number; empty if the request is not in the capture" },
    { "opnum", NUMBER(opnum), "Operation number; MAPI over HTTP has none" },
    { "call_id", NUMBER_OF(with_id, call_id),
      "Call id on the wire; for MAPI over HTTP the counter in X-RequestId" },
    { "auth_level", WORD(auth_level),
      "Protection level in the verifier of the request; empty without a verifier" },
    { "state", NAME_OF(call, state, state_name),
      "answered, fault, unanswered (the session or the capture ended first), no_request, unknown "
      "(the response may be among bytes that the capture lacks, or had begun and was still going on "
      "when the capture ended or the client left on purpose)" },
    { "fault_status", WORD(fault_status),
      "Status of the fault by name, else in hex; for MAPI over HTTP the X-ResponseCode by name, or "
      "the HTTP status" },
    { "request_bytes", BYTES_OF(whole_request, stub_bytes),
      "Stub data of the request, without headers, verifiers and padding, or the body; empty unless "
      "completely captured" },
    { "response_bytes", BYTES_OF(whole_response, stub_bytes),
      "Stub data of the response, or the body without the lines that precede it; empty unless "
      "completely captured" },
    { "request_pdu_bytes", BYTES(pdu_bytes[OA_CLIENT]),
      "All PDUs of the request, as on the wire; empty unless completely captured" },
    { "response_pdu_bytes", BYTES(pdu_bytes[OA_SERVER]),
      "All PDUs of the response, as on the wire; empty unless completely captured" },
    { "request_fragments", COUNT_OF(request, fragments), "PDUs of the request in the capture" },
    { "response_fragments", COUNT_OF(response, fragments), "PDUs of the response in the capture" },
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
      "PDUs of request and response with a signature (packet integrity, packet privacy), on one hop" },
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

    row->signatures = (uint64_t)request->count + response->count;
    row->signatures_verified = (uint64_t)request->verified + response->verified;
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

static const struct oa_call_half *
if_seen(const struct oa_call_half *half)
{
    return half->fragments ? half : NULL;
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

    if (event->type != OA_EVENT_CALL)
        return;
    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    bool has_first = oa_call_half_has_end(request) && response->fragments && !response->has_gap;
    bool seen[OA_HOPS];
    char hops[HOPS_TEXT];
    int64_t client_ns = latency_on(call, OA_HOP_CLIENT);
    int64_t server_ns = latency_on(call, OA_HOP_SERVER);
    for (int hop = 0; hop < OA_HOPS; hop++)
        seen[hop] = is_on(call, (enum oa_hop)hop);
    const struct oa_call_half *whole_request = call_half_if_whole(request);
    const struct oa_call_half *whole_response = call_half_if_whole(response);
    struct row row = {
        .call = call,
        .with_id = call->has_no_id ? NULL : call,
        .number = call->number,
        .session = NO_NUMBER,
        .confidence = NO_RATIO,
        .start_ns = if_seen(request) ? request->first.time_ns : NO_TIME,
        .frame = { if_seen(request) ? request->last.frame : NO_NUMBER,
                   if_seen(response) ? response->last.frame : NO_NUMBER },
        .pdu_bytes = { whole_request ? whole_request->pdu_bytes : NO_NUMBER,
                       whole_response ? whole_response->pdu_bytes : NO_NUMBER },
        .vc = call->vc,
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
        .request = if_seen(request),
        .whole_request = whole_request,
        .response = if_seen(response),
        .whole_response = whole_response,
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
        .opnum = NO_NUMBER,
        .server_time_ms = NO_NUMBER,
        .rops = NO_NUMBER,
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

const struct report REPORT_CALLS = {
    .name = "calls",
    .has_key = true,
    .row_is = "RPC call",
    .order = "ordered by the end of the call",
    COLUMNS(COLUMNS_OF_CALLS),
    .new_state = new_state,
    .event = take,
    .estimate = put_estimate,
    .free_state = g_free,
};
