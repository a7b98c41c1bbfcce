/* exchange_stats.c
 * The tap of the exchange plugin and its listeners: service response times, and a tree of
 * operations with their results. [MS-OXCRPC] 3.1.4, [MS-OXCMAPIHTTP] 2.2.4, 2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange_stats.h"

#include <epan/srt_table.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>

#include <string.h>

#include "decode_args.h"
#include "exchange_fields.h"
#include "http/mapi_http.h"
#include "rpc/rpc_interface.h"

static int exchange_tap = -1;

/* --- the tap --- */

struct exchange_tap *
exchange_new_record(packet_info *pinfo)
{
    if (!have_tap_listener(exchange_tap))
        return NULL;
    struct exchange_tap *record = wmem_new0(pinfo->pool, struct exchange_tap);
    record->version = EXCHANGE_TAP_VERSION;
    record->latency_ns = -1;
    return record;
}

void
exchange_queue_tap(packet_info *pinfo, struct exchange_tap *record)
{
    record->operation = oa_rpc_operation_name(record->iface, record->opnum);
    tap_queue_packet(exchange_tap, pinfo, record);
}

/* --- service response times --- */

/* One table for each interface. The filter of a row is this field with the row's number; request
 * types have no number on the wire. */
static const struct {
    enum oa_interface_id interface;
    const char *name;
    const char *filter;
} tables[] = {
    { OA_IF_EMSMDB, "Exchange EMSMDB", "oxcrpc.opnum" },
    { OA_IF_ASYNC_EMSMDB, "Exchange AsyncEMSMDB", "oxcrpc_async.opnum" },
    { OA_IF_NSPI, "Exchange NSPI", "oxnspi.opnum" },
    { OA_IF_RFR, "Exchange RFR", "oxabref.opnum" },
    { OA_IF_EMSMDB_HTTP, "Exchange MAPI/HTTP emsmdb", NULL },
    { OA_IF_NSPI_HTTP, "Exchange MAPI/HTTP nspi", NULL },
};

/* Tables are made with their first call, so that none is empty. */
static void
init_tables(struct register_srt *srt _U_, GArray *srt_array _U_)
{
}

static size_t
place_of(gconstpointer entry)
{
    const srt_stat_table *table = *(srt_stat_table *const *)entry;
    size_t i = 0;

    while (i < array_length(tables) && strcmp(table->name, tables[i].name) != 0)
        i++;
    return i;
}

static gint
compare_places(gconstpointer a, gconstpointer b)
{
    return (gint)place_of(a) - (gint)place_of(b);
}

/* The table of that interface; NULL if it has none. */
static srt_stat_table *
table_of(GArray *srt_array, const struct oa_rpc_interface *iface)
{
    size_t kind = 0;

    while (kind < array_length(tables) && tables[kind].interface != iface->id)
        kind++;
    if (kind == array_length(tables))
        return NULL;
    for (guint i = 0; i < srt_array->len; i++) {
        srt_stat_table *table = g_array_index(srt_array, srt_stat_table *, i);
        if (strcmp(table->name, tables[kind].name) == 0)
            return table;
    }
    unsigned n_operations = oa_rpc_interface_operations(iface);
    srt_stat_table *table =
        init_srt_table(tables[kind].name, iface->name, srt_array, (int)n_operations, iface->name,
                       tables[kind].filter, NULL);
    for (unsigned opnum = 0; opnum < n_operations; opnum++)
        init_srt_table_row(table, (int)opnum, oa_rpc_operation_name(iface, (uint16_t)opnum));
    g_array_sort(srt_array, compare_places);
    return table;
}

static tap_packet_status
take_response_time(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                   tap_flags_t flags _U_)
{
    const srt_data_t *srt = tapdata;
    const struct exchange_tap *record = data;

    if (!record->is_response || record->is_repeat || record->latency_ns < 0 || !record->operation)
        return TAP_PACKET_DONT_REDRAW;
    srt_stat_table *table = table_of(srt->srt_array, record->iface);
    if (!table)
        return TAP_PACKET_DONT_REDRAW;
    nstime_t latency = encode_ns(record->latency_ns);
    nstime_t request_time;
    nstime_delta(&request_time, &pinfo->abs_ts, &latency);
    add_srt_table_data(table, record->opnum, &request_time, pinfo);
    return TAP_PACKET_REDRAW;
}

/* --- results of operations --- */

static const char *
outcome_of(const packet_info *pinfo, const struct exchange_tap *record)
{
    const struct oa_call *call = record->call;
    const struct oa_call_facts *facts = record->response;

    if (call && call->is_fault) {
        const char *name = call->fault_kind == OA_STATUS_MAPI_HTTP
                               ? oa_mapi_http_response_code_name(call->fault_status)
                               : NULL;
        return wmem_strdup_printf(pinfo->pool, "%s %u%s%s",
                                  call->fault_kind == OA_STATUS_HTTP ? "HTTP status"
                                                                     : "X-ResponseCode",
                                  call->fault_status, name ? ", " : "", name ? name : "");
    }
    if (!facts || !facts->has_status)
        return "no status";
    const char *name = oa_field_name(OA_NAMES_STATUS, facts->status);
    return name ? name : wmem_strdup_printf(pinfo->pool, "0x%08x", facts->status);
}

static tap_packet_status
take_outcome(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
             tap_flags_t flags _U_)
{
    const struct exchange_tap *record = data;

    if (!record->is_response || record->is_repeat || !record->operation)
        return TAP_PACKET_DONT_REDRAW;
    int node = tick_stat_node(tree, "Exchange responses", 0, TRUE);
    node = tick_stat_node(tree, record->iface->name, node, TRUE);
    node = tick_stat_node(tree, record->operation, node, TRUE);
    tick_stat_node(tree, outcome_of(pinfo, record), node, FALSE);
    return TAP_PACKET_REDRAW;
}

static void
init_tree(stats_tree *tree)
{
    stats_tree_create_node(tree, "Exchange responses", 0, STAT_DT_INT, TRUE);
}

void
exchange_stats_register(void)
{
    exchange_tap = register_tap(EXCHANGE_TAP);
    register_srt_table(proto_exchange, EXCHANGE_TAP, array_length(tables), take_response_time,
                       init_tables, NULL);
    stats_tree_register_plugin(EXCHANGE_TAP, "exchange", "Exchange", 0, take_outcome, init_tree,
                               NULL);
}
