/* report_operations.c
 * operations.csv: one row for each operation of an interface, per target server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <string.h>

#include "histogram.h"

/* Different fault codes told apart for one operation; hostile captures could bring any number. */
#define FAULT_KINDS_MAX 16

/* Operations told apart; the rest is counted in one row without a name. Real servers have some
 * dozens. */
#define OPERATIONS_MAX 4096

struct operation {
    char *key;
    char *target_server;
    struct oa_call sample; /* names the interface and the operation */
    uint64_t calls, answered, faults, unanswered;
    uint64_t request_bytes, response_bytes;
    struct histogram *latency;
    struct fault_count {
        enum oa_status_kind kind;
        uint32_t status;
        uint64_t count;
    } fault_counts[FAULT_KINDS_MAX];
    unsigned n_fault_counts;
};

#define ROW(name) const struct operation *name = row

static void
target_server(struct csv *csv, const void *row)
{
    ROW(operation);
    csv_text(csv, operation->target_server);
}

static void
service(struct csv *csv, const void *row)
{
    ROW(operation);
    csv_text(csv,
             operation->sample.iface ? oa_service_name(operation->sample.iface->service) : NULL);
}

static void
interface_name(struct csv *csv, const void *row)
{
    ROW(operation);
    cell_interface(csv, &operation->sample);
}

static void
operation_name(struct csv *csv, const void *row)
{
    ROW(operation);
    cell_operation(csv, &operation->sample);
}

static void
opnum(struct csv *csv, const void *row)
{
    ROW(operation);
    if (operation->sample.has_opnum &&
        !(operation->sample.iface && oa_rpc_interface_is_mapi_http(operation->sample.iface)))
        csv_number(csv, operation->sample.opnum);
    else
        csv_empty(csv);
}

#define NUMBER_CELL(member)                                                                        \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(operation);                                                                            \
        csv_number(csv, operation->member);                                                        \
    }

NUMBER_CELL(calls)
NUMBER_CELL(answered)
NUMBER_CELL(faults)
NUMBER_CELL(unanswered)
NUMBER_CELL(request_bytes)
NUMBER_CELL(response_bytes)

static void
fault_statuses(struct csv *csv, const void *row)
{
    ROW(operation);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < operation->n_fault_counts; i++) {
        const struct fault_count *fault = &operation->fault_counts[i];
        char number[STATUS_TEXT];

        g_string_append_printf(text, "%s%s:%" G_GUINT64_FORMAT, i ? ";" : "",
                               status_text(fault->kind, fault->status, number), fault->count);
    }
    csv_text(csv, text->str);
    g_string_free(text, TRUE);
}

#define LATENCY_CELL(function, value)                                                              \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(operation);                                                                            \
        if (histogram_count(operation->latency))                                                   \
            csv_ms(csv, (int64_t)(value));                                                         \
        else                                                                                       \
            csv_empty(csv);                                                                        \
    }

LATENCY_CELL(latency_min, histogram_min(operation->latency))
LATENCY_CELL(latency_mean, histogram_mean(operation->latency) + 0.5)
LATENCY_CELL(latency_p50, histogram_percentile(operation->latency, 50))
LATENCY_CELL(latency_p95, histogram_percentile(operation->latency, 95))
LATENCY_CELL(latency_p99, histogram_percentile(operation->latency, 99))
LATENCY_CELL(latency_max, histogram_max(operation->latency))

static const struct column COLUMNS_OF_OPERATIONS[] = {
    { "target_server", "text",
      "Server named in the URI of the channels, or MailboxId; else the address of the server",
      target_server },
    { "service", "text", "What the interface is for", service },
    { "interface", "text", "RPC interface by name, else its UUID", interface_name },
    { "operation", "text", "Operation by name, else by number", operation_name },
    { "opnum", "number", "Operation number", opnum },
    { "calls", "count", "Calls", calls },
    { "answered", "count", "Calls with a whole response", answered },
    { "faults", "count", "Calls answered by a fault", faults },
    { "unanswered", "count", "Calls whose answer is not in the capture", unanswered },
    { "fault_statuses", "text",
      "Fault statuses with their counts, `name:count` joined by semicolons", fault_statuses },
    { "request_bytes", "bytes", "Stub data of all requests", request_bytes },
    { "response_bytes", "bytes", "Stub data of all responses", response_bytes },
    { "latency_min_ms", "ms",
      "Least latency: last byte of the request to last byte of the response", latency_min },
    { "latency_mean_ms", "ms", "Arithmetic mean of the latencies", latency_mean },
    { "latency_p50_ms", "ms", "Median latency, within 0.4 percent", latency_p50 },
    { "latency_p95_ms", "ms", "95th percentile, nearest rank, within 0.4 percent", latency_p95 },
    { "latency_p99_ms", "ms", "99th percentile, nearest rank, within 0.4 percent", latency_p99 },
    { "latency_max_ms", "ms", "Greatest latency", latency_max },
};

static void
free_operation(void *data)
{
    struct operation *operation = data;

    g_free(operation->key);
    g_free(operation->target_server);
    histogram_free(operation->latency);
    g_free(operation);
}

static void *
new_state(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_operation);
}

/* Rows are sorted by this text: server, then interface, then operation number. */
static char *
key_of(const struct oa_call *call)
{
    char uuid[OA_UUID_TEXT];

    oa_text_uuid(call->syntax.uuid, uuid);
    char *server = server_of_session(call->vc);
    char *key = g_strdup_printf("%s\t%s\t%s\t%05d", server, call->iface ? call->iface->name : "~",
                                uuid, call->has_opnum ? call->opnum : 99999);
    g_free(server);
    return key;
}

static struct operation *
operation_of(GHashTable *operations, const struct oa_call *call)
{
    bool is_full = g_hash_table_size(operations) >= OPERATIONS_MAX;
    char *key = key_of(call);
    struct operation *operation = g_hash_table_lookup(operations, key);

    if (!operation && is_full) {
        g_free(key);
        key = g_strdup("~");
        operation = g_hash_table_lookup(operations, key);
    }
    if (operation) {
        g_free(key);
        return operation;
    }
    operation = g_new0(struct operation, 1);
    operation->key = key;
    if (!is_full) {
        operation->sample = *call;
        operation->target_server = server_of_session(call->vc);
    }
    operation->latency = histogram_new();
    g_hash_table_insert(operations, operation->key, operation);
    return operation;
}

static void
count_fault(struct operation *operation, enum oa_status_kind kind, uint32_t status)
{
    unsigned i = 0;

    while (i < operation->n_fault_counts &&
           (operation->fault_counts[i].status != status || operation->fault_counts[i].kind != kind))
        i++;
    if (i == FAULT_KINDS_MAX)
        return;
    if (i == operation->n_fault_counts) {
        operation->fault_counts[i] = (struct fault_count){ .kind = kind, .status = status };
        operation->n_fault_counts++;
    }
    operation->fault_counts[i].count++;
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_call *call = event->call;

    if (event->type != OA_EVENT_CALL)
        return;
    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    struct operation *operation = operation_of(run->state, call);
    operation->calls++;
    operation->answered += call->state == OA_CALL_ANSWERED;
    operation->faults += call->state == OA_CALL_FAULT;
    operation->unanswered += call->state == OA_CALL_UNANSWERED;
    operation->request_bytes += request->stub_bytes;
    operation->response_bytes += response->stub_bytes;
    if (call->state == OA_CALL_FAULT)
        count_fault(operation, call->fault_kind, call->fault_status);
    if (request->is_complete && response->is_complete)
        histogram_add(operation->latency, response->last.time_ns - request->last.time_ns);
}

static void
finish(struct report_run *run)
{
    report_rows_by_key(run, run->state);
}

static void
free_state(void *state)
{
    g_hash_table_unref(state);
}

const struct report REPORT_OPERATIONS = {
    .name = "operations",
    .row_is = "interface and operation, per target server",
    .order = "by server, interface, operation number",
    COLUMNS(COLUMNS_OF_OPERATIONS),
    .new_state = new_state,
    .event = take,
    .finish = finish,
    .free_state = free_state,
};
