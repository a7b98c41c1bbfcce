/* report_operations.c
 * operations.csv: one row for each operation of an interface, per target server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "base/text.h"
#include "tally.h"

/* Fault codes counted separately for an operation; a hostile capture could contain any number. */
#define FAULT_KINDS_MAX 16

/* Operations with a row of their own; all others are counted in one row without a name. Real
 * servers have a few dozen. */
#define OPERATIONS_MAX 4096

/* The request was not seen; sorts after all numbers. */
#define OPNUM_UNKNOWN 0x10000

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
};

struct row {
    struct key key;
    char *interface, *operation;
    uint64_t opnum;
    uint64_t calls, answered, faults, unanswered, unknown, no_request;
    uint64_t request_bytes, response_bytes;
    struct histogram *latency;
    struct fault_count fault_counts[FAULT_KINDS_MAX];
    unsigned n_fault_counts;
};

static void fault_statuses(struct writer *writer, const void *row);

/* clang-format off */
static const struct column COLUMNS_OF_OPERATIONS[] = {
    { "target_server", TEXT(key.server),
      "Server named in the URI of the channels, or MailboxId; else the address of the server" },
    { "service", NAME_OF(key.iface, service, oa_service_name), "Service of the interface" },
    { "interface", TEXT(interface), "RPC interface by name, else its UUID" },
    { "operation", TEXT(operation), "Operation by name, else by number" },
    { "opnum", NUMBER(opnum), "Operation number" },
    { "calls", COUNT(calls), CALLS_ARE },
    { "answered", COUNT(answered), IS_ANSWERED },
    { "faults", COUNT(faults), IS_FAULT },
    { "unanswered", COUNT(unanswered), IS_UNANSWERED },
    { "fault_statuses", COMPUTED("text", fault_statuses),
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
};
/* clang-format on */

static void
fault_statuses(struct writer *writer, const void *data)
{
    const struct row *row = data;
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < row->n_fault_counts; i++) {
        const struct fault_count *fault = &row->fault_counts[i];
        char number[STATUS_TEXT];

        g_string_append_printf(text, "%s%s:%" G_GUINT64_FORMAT, i ? ";" : "",
                               status_text(fault->kind, fault->status, number), fault->count);
    }
    writer_text(writer, text->str);
    g_string_free(text, TRUE);
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
    return order ? order : (left->opnum > right->opnum) - (left->opnum < right->opnum);
}

static void
begin(void *data, const void *key_data)
{
    struct row *row = data;
    const struct key *key = key_data;
    char uuid[OA_UUID_TEXT], number[OPERATION_TEXT];

    row->latency = histogram_new();
    row->opnum = NO_NUMBER;
    if (!key)
        return;
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

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_call *call = event->call;
    char address[ADDRESS_TEXT];
    int64_t latency_ns;

    if (event->type != OA_EVENT_CALL)
        return;
    struct key key = { .server = server_of_session(call->vc, address),
                       .iface = call->iface,
                       .syntax = call->syntax,
                       .opnum = call->has_opnum ? call->opnum : OPNUM_UNKNOWN };
    struct row *row = tally_row(run->state, &key);
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
    if (call_latency(call, oa_call_hop(call), &latency_ns))
        histogram_add(row->latency, latency_ns);
}

const struct report REPORT_OPERATIONS = {
    .name = "operations",
    .row_is = "interface and operation, per target server",
    .order = "ordered by server, interface, operation number",
    COLUMNS(COLUMNS_OF_OPERATIONS),
    TALLY(ROWS),
    .event = take,
};
