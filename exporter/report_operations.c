/* report_operations.c
 * operations.csv: one row for each operation of an interface, per target server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "base/text.h"
#include "rop_facts.h"
#include "tally.h"

/* Fault codes counted separately for an operation; a hostile capture could contain any number. */
#define FAULT_KINDS_MAX 16

/* Operations, and ROPs, with a row of their own; all others are counted in one row without a name.
 * Real servers have a few dozen. */
#define OPERATIONS_MAX 4096

/* The request was not seen; sorts after all numbers. */
#define OPNUM_UNKNOWN 0x10000

/* The row of the operation, which precedes those of its ROPs. */
#define NO_ROP (-1)

struct fault_count {
    enum oa_status_kind kind;
    uint32_t status;
    uint64_t count;
};

struct key {
    const char *server; /* owned by the row */
    const struct oa_rpc_interface *iface;
    struct oa_rpc_syntax syntax;
    uint32_t opnum;
    int rop; /* RopId, or NO_ROP */
};

struct row {
    struct key key;
    char *interface, *operation;
    uint64_t opnum;
    uint64_t calls, answered, faults, unanswered, unknown, no_request;
    uint64_t request_bytes, response_bytes;
    struct histogram *latency;
    struct fault_count fault_counts[FAULT_KINDS_MAX]; /* of a ROP: errors that it returned */
    unsigned n_fault_counts;
    const char *rop, *rop_class; /* NULL: the row of the operation */
    uint64_t rops, rop_failures, rop_request_bytes, rop_response_bytes;
};

static void fault_statuses(struct writer *writer, const void *row);
static void rop_errors(struct writer *writer, const void *row);

/* clang-format off */
static const struct column COLUMNS_OF_OPERATIONS[] = {
    { "target_server", NAMED(HOST, key.server),
      "Server named in the URI of the channels, or MailboxId; else the address of the server" },
    { "service", NAME_OF(key.iface, service, oa_service_name), "Service of the interface" },
    { "interface", WORD(interface), "RPC interface by name, else its UUID" },
    { "operation", WORD(operation), "Operation by name, else by number" },
    { "opnum", NUMBER(opnum), "Operation number" },
    { "calls", COUNT(calls), CALLS_ARE },
    { "answered", COUNT(answered), IS_ANSWERED },
    { "faults", COUNT(faults), IS_FAULT },
    { "unanswered", COUNT(unanswered), IS_UNANSWERED },
    { "fault_statuses", COMPUTED_NAMED(WORD, fault_statuses),
      "Fault statuses with their counts: `name:count`, separated by semicolons" },
    { "request_bytes", BYTES(request_bytes), "Stub data of the requests that were completely captured, as in calls.csv" },
    { "response_bytes", BYTES(response_bytes), "Stub data of the responses that were completely captured, as in calls.csv" },
    { "latency_min_ms", LEAST_MS(latency),
      "Minimum latency: from the last byte of the request to the last byte of the response" },
    { "latency_mean_ms", MEAN_MS(latency), "Mean latency" },
    { "latency_p50_ms", P50_MS(latency), "Median latency, within 0.4 percent" },
    { "latency_p95_ms", P95_MS(latency), "95th percentile, nearest rank, within 0.4 percent" },
    { "latency_p99_ms", P99_MS(latency), "99th percentile, nearest rank, within 0.4 percent" },
    { "latency_max_ms", GREATEST_MS(latency), "Maximum latency" },
    { "unknown", COUNT(unknown),
      IS_UNKNOWN },
    { "no_request", COUNT(no_request), IS_NO_REQUEST },
    { "rop", WORD(rop),
      "Name of the ROP, in a row that counts one kind of the ROPs that the operation carries; such rows exist only if ROPs are read (--rops). "
      "Latencies in it are those of calls with no other ROP than this one and RopRelease; other cells about calls are empty" },
    { "rop_class", WORD(rop_class), "Kind of load of this ROP, as in rops.csv" },
    { "rops", COUNT(rops), "These ROPs" },
    { "rop_failures", COUNT(rop_failures), ROP_FAILURES_ARE },
    { "rop_errors", COMPUTED_NAMED(WORD, rop_errors), "Errors returned with their counts: `name:count`, separated by semicolons" },
    { "rop_request_bytes", BYTES(rop_request_bytes), "The ROPs in requests" },
    { "rop_response_bytes", BYTES(rop_response_bytes), "The ROPs in responses" },
};
/* clang-format on */

static const char *
fault_text(const struct row *row, const struct fault_count *fault, char number[STATUS_TEXT])
{
    return row->rop ? rop_return_value_text(fault->status, number)
                    : status_text(fault->kind, fault->status, number);
}

static void
put_faults(struct writer *writer, const struct row *row)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < row->n_fault_counts; i++) {
        const struct fault_count *fault = &row->fault_counts[i];
        char number[STATUS_TEXT];

        g_string_append_printf(text, "%s%s:%" G_GUINT64_FORMAT, i ? ";" : "",
                               fault_text(row, fault, number), fault->count);
    }
    writer_text(writer, text->str);
    g_string_free(text, TRUE);
}

static void
fault_statuses(struct writer *writer, const void *data)
{
    const struct row *row = data;

    if (row->rop)
        writer_empty(writer);
    else
        put_faults(writer, row);
}

static void
rop_errors(struct writer *writer, const void *data)
{
    const struct row *row = data;

    if (row->rop)
        put_faults(writer, row);
    else
        writer_empty(writer);
}

/* --- rows --- */

/* Interfaces by name; unknown ones last, by UUID. */
static int
compare_interfaces(const struct key *left, const struct key *right)
{
    char uuid[2][OA_UUID_TEXT];
    int order = 0;

    if (left->iface != right->iface)
        order =
            strcmp(left->iface ? left->iface->name : "~", right->iface ? right->iface->name : "~");
    if (order || memcmp(left->syntax.uuid, right->syntax.uuid, sizeof left->syntax.uuid) == 0)
        return order;
    oa_text_uuid(left->syntax.uuid, uuid[0]);
    oa_text_uuid(right->syntax.uuid, uuid[1]);
    return strcmp(uuid[0], uuid[1]);
}

static int
compare(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->server, right->server);

    if (!order)
        order = compare_interfaces(left, right);
    if (!order)
        order = (left->opnum > right->opnum) - (left->opnum < right->opnum);
    return order ? order : left->rop - right->rop;
}

/* A row whose calls are counted in the row of the operation. */
static void
begin_rop(struct row *row, uint8_t id)
{
    row->rop = oa_rop_name(id);
    row->rop_class = oa_rop_class_name(oa_rop_class(id));
    row->rops = row->rop_failures = row->rop_request_bytes = row->rop_response_bytes = 0;
    row->calls = row->answered = row->faults = row->unanswered = row->unknown = row->no_request =
        row->request_bytes = row->response_bytes = NO_NUMBER;
}

static void
begin(void *data, const void *key_data)
{
    struct row *row = data;
    const struct key *key = key_data;
    char uuid[OA_UUID_TEXT], number[OPERATION_TEXT];

    row->latency = histogram_new();
    row->opnum = NO_NUMBER;
    row->rops = row->rop_failures = row->rop_request_bytes = row->rop_response_bytes = NO_NUMBER;
    if (!key)
        return;
    if (key->rop != NO_ROP)
        begin_rop(row, (uint8_t)key->rop);
    row->key = *key;
    row->key.server = g_strdup(key->server);
    row->interface = g_strdup(interface_text(key->iface, &key->syntax, uuid));
    if (key->opnum == OPNUM_UNKNOWN)
        return;
    row->operation = g_strdup(operation_text(key->iface, (uint16_t)key->opnum, number));
    if (interface_has_opnums(key->iface))
        row->opnum = key->opnum;
}

static void
count_fault(struct row *row, const struct fault_count *fault)
{
    unsigned i = 0;

    while (i < row->n_fault_counts && (row->fault_counts[i].status != fault->status ||
                                       row->fault_counts[i].kind != fault->kind))
        i++;
    if (i == FAULT_KINDS_MAX)
        return;
    if (i == row->n_fault_counts)
        row->fault_counts[row->n_fault_counts++] = *fault;
    else
        row->fault_counts[i].count += fault->count;
}

static void
merge(void *into, const void *from)
{
    const struct row *other = from;

    for (unsigned i = 0; i < other->n_fault_counts; i++)
        count_fault(into, &other->fault_counts[i]);
}

static void
clear(void *data)
{
    struct row *row = data;

    g_free((char *)row->key.server);
    g_free(row->interface);
    g_free(row->operation);
    histogram_free(row->latency);
}

static const struct tally_rows ROWS = {
    .size = sizeof(struct row),
    .max = OPERATIONS_MAX,
    .compare = compare,
    .begin = begin,
    .merge = merge,
    .clear = clear,
};

static uint64_t
whole_bytes(const struct oa_call_half *half)
{
    return call_half_if_whole(half) ? half->stub_bytes : 0;
}

/* The latency of a call is that of a ROP if it carries no other than this one and RopRelease.
 * NULL: no such ROP. */
static const struct rop_pair *
only_rop(const struct rop_pair *rops, size_t count)
{
    const struct rop_pair *only = NULL;

    for (size_t i = 0; i < count; i++) {
        if (rops[i].id == OA_ROP_RELEASE)
            continue;
        if (only)
            return NULL;
        only = &rops[i];
    }
    return only;
}

static void
take_rop(struct row *row, const struct rop_pair *rop)
{
    row->rops++;
    row->rop_request_bytes += rop->sent ? rop->sent->bytes : 0;
    row->rop_response_bytes += rop->received ? rop->received->bytes : 0;
    if (!rop_failed(rop))
        return;
    row->rop_failures++;
    count_fault(row, &(struct fault_count){ OA_STATUS_RPC, rop->response->return_value, 1 });
}

/* The row without a key counts no ROPs. */
static void
take_rops(struct tally *tally, const struct oa_call *call, const struct key *of_call)
{
    struct key key = *of_call;
    size_t count;
    const struct rop_pair *rops = rops_of_call(call, &count);
    const struct rop_pair *only = only_rop(rops, count);
    int64_t latency_ns;

    for (size_t i = 0; i < count; i++) {
        key.rop = rops[i].id;
        struct row *row = tally_row(tally, &key);
        if (!row->rop)
            continue;
        take_rop(row, &rops[i]);
        if (&rops[i] == only && oa_call_latency(call, oa_call_hop(call), &latency_ns))
            histogram_add(row->latency, latency_ns);
    }
}

static void
take_call(struct row *row, const struct oa_call *call)
{
    int64_t latency_ns;

    row->calls++;
    row->answered += call->state == OA_CALL_ANSWERED;
    row->faults += call->state == OA_CALL_FAULT;
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown += call->state == OA_CALL_UNKNOWN;
    row->no_request += call->state == OA_CALL_NO_REQUEST;
    row->request_bytes += whole_bytes(&call->request[oa_call_hop(call)]);
    row->response_bytes += whole_bytes(&call->response[oa_call_hop(call)]);
    if (call->state == OA_CALL_FAULT)
        count_fault(row, &(struct fault_count){ call->fault_kind, call->fault_status, 1 });
    if (oa_call_latency(call, oa_call_hop(call), &latency_ns))
        histogram_add(row->latency, latency_ns);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_call *call = event->call;
    char address[ADDRESS_TEXT];

    struct key key = { .server = oa_vc_server(call->vc, address),
                       .iface = call->iface,
                       .syntax = call->syntax,
                       .opnum = call->has_opnum ? call->opnum : OPNUM_UNKNOWN,
                       .rop = NO_ROP };
    take_call(tally_row(run->state, &key), call);
    take_rops(run->state, call, &key);
}

const struct report REPORT_OPERATIONS = {
    .name = "operations",
    .row_is = "interface and operation, and for each ROP that it carries, per target server",
    .order = "ordered by server, interface, operation number, ROP",
    COLUMNS(COLUMNS_OF_OPERATIONS),
    TALLY(ROWS),
    .event = take,
    .takes = REPORT_TAKES(CALL),
};
