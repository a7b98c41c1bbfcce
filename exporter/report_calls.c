/* report_calls.c
 * calls.csv: one row for each RPC call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout/fields.h"
#include "report.h"

#define ROW(name) const struct oa_call *name = row

static void
call_number(struct csv *csv, const void *row)
{
    ROW(call);
    csv_number(csv, call->number);
}

static void
session(struct csv *csv, const void *row)
{
    ROW(call);
    csv_number(csv, call->vc->number);
}

static void
client_address(struct csv *csv, const void *row)
{
    ROW(call);
    cell_client_address(csv, call->vc);
}

static void
target_server(struct csv *csv, const void *row)
{
    ROW(call);
    csv_text(csv, call->vc->target_server);
}

static void
service(struct csv *csv, const void *row)
{
    ROW(call);
    csv_text(csv, call->iface ? oa_service_name(call->iface->service) : NULL);
}

static void
interface_name(struct csv *csv, const void *row)
{
    ROW(call);
    cell_interface(csv, call);
}

static void
operation(struct csv *csv, const void *row)
{
    ROW(call);
    cell_operation(csv, call);
}

static void
opnum(struct csv *csv, const void *row)
{
    ROW(call);
    if (call->has_opnum && !(call->iface && oa_rpc_interface_is_mapi_http(call->iface)))
        csv_number(csv, call->opnum);
    else
        csv_empty(csv);
}

static void
call_id(struct csv *csv, const void *row)
{
    ROW(call);
    csv_number(csv, call->call_id);
}

static void
auth_level(struct csv *csv, const void *row)
{
    ROW(call);
    csv_text(csv, call->auth_level ? oa_rpc_auth_level_name(call->auth_level) : NULL);
}

static void
state(struct csv *csv, const void *row)
{
    static const char *const NAMES[] = {
        [OA_CALL_PENDING] = "pending",       [OA_CALL_ANSWERED] = "answered",
        [OA_CALL_FAULT] = "fault",           [OA_CALL_UNANSWERED] = "unanswered",
        [OA_CALL_NO_REQUEST] = "no_request",
    };
    ROW(call);
    csv_text(csv, NAMES[call->state]);
}

static void
fault(struct csv *csv, const void *row)
{
    ROW(call);
    char number[STATUS_TEXT];

    csv_text(csv, call->state == OA_CALL_FAULT
                      ? status_text(call->fault_kind, call->fault_status, number)
                      : NULL);
}

static void
return_value(struct csv *csv, const void *row)
{
    ROW(call);
    const char *name = oa_field_name(OA_NAMES_STATUS, call->return_value);
    char number[STATUS_TEXT];

    if (!call->has_return_value)
        csv_empty(csv);
    else
        csv_text(csv, name ? name : status_text(OA_STATUS_RPC, call->return_value, number));
}

/* A size is told only if all of it is there. */
static void
size_of_half(struct csv *csv, const struct oa_call_half *half, uint64_t size)
{
    if (half->is_complete && !half->has_gap)
        csv_number(csv, size);
    else
        csv_empty(csv);
}

static void
number_of_half(struct csv *csv, const struct oa_call_half *half, uint64_t number)
{
    if (half->fragments)
        csv_number(csv, number);
    else
        csv_empty(csv);
}

static const struct oa_call_half *
request_of(const struct oa_call *call)
{
    return &call->request[oa_call_hop(call)];
}

static const struct oa_call_half *
response_of(const struct oa_call *call)
{
    return &call->response[oa_call_hop(call)];
}

#define HALF_CELL(function, half, member, put)                                                     \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(call);                                                                                 \
        put(csv, half##_of(call), half##_of(call)->member);                                        \
    }

HALF_CELL(request_bytes, request, stub_bytes, size_of_half)
HALF_CELL(response_bytes, response, stub_bytes, size_of_half)
HALF_CELL(request_pdu_bytes, request, pdu_bytes, size_of_half)
HALF_CELL(response_pdu_bytes, response, pdu_bytes, size_of_half)
HALF_CELL(request_fragments, request, fragments, number_of_half)
HALF_CELL(response_fragments, response, fragments, number_of_half)
HALF_CELL(request_frame, request, last.frame, number_of_half)
HALF_CELL(response_frame, response, last.frame, number_of_half)

static void
start(struct csv *csv, const void *row)
{
    ROW(call);
    if (request_of(call)->fragments)
        csv_time(csv, request_of(call)->first.time_ns);
    else
        csv_empty(csv);
}

static void
since_request(struct csv *csv, const struct oa_call *call, struct oa_stamp stamp, bool known)
{
    if (known && request_of(call)->is_complete)
        csv_ms(csv, stamp.time_ns - request_of(call)->last.time_ns);
    else
        csv_empty(csv);
}

static void
latency_first(struct csv *csv, const void *row)
{
    ROW(call);
    const struct oa_call_half *response = response_of(call);
    since_request(csv, call, response->first, response->fragments > 0 && !response->has_gap);
}

static void
latency(struct csv *csv, const void *row)
{
    ROW(call);
    since_request(csv, call, response_of(call)->last, response_of(call)->is_complete);
}

static void
hops(struct csv *csv, const void *row)
{
    ROW(call);
    bool client = call->request[OA_HOP_CLIENT].fragments || call->response[OA_HOP_CLIENT].fragments;
    bool server = call->request[OA_HOP_SERVER].fragments || call->response[OA_HOP_SERVER].fragments;
    csv_text(csv, !server   ? "client_proxy"
                  : !client ? hop_of_session(call->vc, OA_HOP_SERVER)
                            : "both");
}

static bool
has_latency(const struct oa_call *call, enum oa_hop hop)
{
    return call->request[hop].is_complete && call->response[hop].is_complete;
}

static int64_t
latency_on(const struct oa_call *call, enum oa_hop hop)
{
    return call->response[hop].last.time_ns - call->request[hop].last.time_ns;
}

static void
store_latency(struct csv *csv, const void *row)
{
    ROW(call);
    if (has_latency(call, OA_HOP_SERVER))
        csv_ms(csv, latency_on(call, OA_HOP_SERVER));
    else
        csv_empty(csv);
}

static void
proxy_latency(struct csv *csv, const void *row)
{
    ROW(call);
    if (has_latency(call, OA_HOP_CLIENT) && has_latency(call, OA_HOP_SERVER))
        csv_ms(csv, latency_on(call, OA_HOP_CLIENT) - latency_on(call, OA_HOP_SERVER));
    else
        csv_empty(csv);
}

static const struct column COLUMNS_OF_CALLS[] = {
    { "call", "number",
      "Number of the call, from 0 in the order of the requests; of MAPI over HTTP in that of the "
      "answers",
      call_number },
    { "session", "number", "Session it belongs to, as in sessions.csv", session },
    { "client_address", "address", "Client as seen in the capture", client_address },
    { "target_server", "text",
      "Server named in the URI of the channels; of MAPI over HTTP the MailboxId", target_server },
    { "service", "text",
      "What the interface is for: store, directory, referral, management, endpoint mapper",
      service },
    { "interface", "text",
      "RPC interface by name, else its UUID; empty if the bind is not in the capture; of MAPI over "
      "HTTP by the endpoint",
      interface_name },
    { "operation", "text",
      "Operation by name, else by number; empty if the request is not in the capture", operation },
    { "opnum", "number", "Operation number; MAPI over HTTP has none", opnum },
    { "call_id", "number", "Call id on the wire; of MAPI over HTTP the counter in X-RequestId",
      call_id },
    { "auth_level", "text", "Protection by the verifier of the request; empty without one",
      auth_level },
    { "state", "text",
      "answered, fault, unanswered (the session or the capture ended first), no_request", state },
    { "fault_status", "text",
      "Status of the fault by name, else in hex; of MAPI over HTTP the X-ResponseCode by name, or "
      "the HTTP status",
      fault },
    { "request_bytes", "bytes",
      "Stub data of the request, without headers, verifiers and padding, or the body; empty unless "
      "all of it is in the capture",
      request_bytes },
    { "response_bytes", "bytes",
      "Stub data of the response, or the body without the lines in front of it; empty unless all "
      "of it is in the capture",
      response_bytes },
    { "request_pdu_bytes", "bytes", "All PDUs of the request as they are on the wire",
      request_pdu_bytes },
    { "response_pdu_bytes", "bytes", "All PDUs of the response as they are on the wire",
      response_pdu_bytes },
    { "request_fragments", "count", "PDUs of the request in the capture", request_fragments },
    { "response_fragments", "count", "PDUs of the response in the capture", response_fragments },
    { "start", "time", "First byte of the request", start },
    { "latency_first_ms", "ms", "Last byte of the request to first byte of the response",
      latency_first },
    { "latency_ms", "ms", "Last byte of the request to last byte of the response", latency },
    { "request_frame", "number", "Frame with the last byte of the request", request_frame },
    { "response_frame", "number", "Frame with the last byte of the response", response_frame },
    { "hops", "text",
      "Hops on which it is in the capture: client_proxy, proxy_store, both; client_store", hops },
    { "store_latency_ms", "ms", "Latency as the proxy sees the server", store_latency },
    { "proxy_latency_ms", "ms",
      "What the proxy, and the way between, add to it; empty unless both hops are captured",
      proxy_latency },
    { "return_value", "text",
      "What the operation returned, by name, else in hex; empty if it is sealed, or of an "
      "interface "
      "that is not Exchange's",
      return_value },
};

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_CALL)
        report_row(run, event->call);
}

const struct report REPORT_CALLS = {
    .name = "calls",
    .row_is = "RPC call",
    .order = "by the end of the call",
    COLUMNS(COLUMNS_OF_CALLS),
    .event = take,
};
