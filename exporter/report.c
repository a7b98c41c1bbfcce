/* report.c
 * The list of reports, and the cells that several of them have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>
#include <string.h>

const struct report *const REPORTS[] = {
    &REPORT_CONNECTIONS,
    &REPORT_CHANNELS,
    &REPORT_SESSIONS,
    &REPORT_CALLS,
    &REPORT_OPERATIONS,
    &REPORT_USERS,
    &REPORT_CONNECTION_STATUS,
    &REPORT_AUTH,
    &REPORT_HOPS,
    &REPORT_FINDINGS,
    &REPORT_FRAMES,
    NULL,
};

const struct report *
report_find(const char *name)
{
    for (size_t i = 0; REPORTS[i]; i++)
        if (strcmp(REPORTS[i]->name, name) == 0)
            return REPORTS[i];
    return NULL;
}

void
reports_list(void)
{
    for (size_t i = 0; REPORTS[i]; i++)
        printf("%-12s %s%s\n", REPORTS[i]->name, REPORTS[i]->row_is,
               REPORTS[i]->on_request ? " (only when asked for by name)" : "");
}

void
report_describe(const struct report *report)
{
    printf("%s: one row for each %s, %s\n", report->name, report->row_is, report->order);
    for (size_t i = 0; i < report->n_columns; i++)
        printf("  %-26s %-8s %s\n", report->columns[i].name, report->columns[i].unit,
               report->columns[i].definition);
}

void
report_header(struct report_run *run)
{
    for (size_t i = 0; i < run->report->n_columns; i++)
        csv_text(run->csv, run->report->columns[i].name);
    csv_end_row(run->csv);
}

void
report_row(struct report_run *run, const void *row)
{
    for (size_t i = 0; i < run->report->n_columns; i++)
        run->report->columns[i].cell(run->csv, row);
    csv_end_row(run->csv);
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

void
report_rows_by_key(struct report_run *run, GHashTable *rows)
{
    GList *keys = g_list_sort(g_hash_table_get_keys(rows), compare_texts);

    for (const GList *key = keys; key; key = key->next)
        report_row(run, g_hash_table_lookup(rows, key->data));
    g_list_free(keys);
}

void
cell_status(struct csv *csv, uint32_t status)
{
    char number[STATUS_TEXT];

    csv_text(csv, status_text(OA_STATUS_RPC, status, number));
}

void
cell_operation(struct csv *csv, const struct oa_call *call)
{
    const char *name = oa_rpc_operation_name(call->iface, call->opnum);
    char text[16];

    snprintf(text, sizeof text, "opnum %u", call->opnum);
    csv_text(csv, !call->has_opnum ? NULL : name ? name : text);
}

void
cell_interface(struct csv *csv, const struct oa_call *call)
{
    static const struct oa_rpc_syntax NONE;

    if (call->iface)
        csv_text(csv, call->iface->name);
    else if (memcmp(&call->syntax, &NONE, sizeof NONE) == 0)
        csv_empty(csv);
    else
        csv_uuid(csv, call->syntax.uuid);
}

void
cell_user(struct csv *csv, const struct oa_auth *auth)
{
    char text[USER_TEXT];

    user_text(auth, text);
    csv_text(csv, text);
}

void
cell_allowed(struct csv *csv, const struct valid_ports *ports, const char *server, uint32_t port)
{
    if (ports && server)
        csv_text(csv, valid_ports_allow(ports, server, port) ? "allowed" : "refused");
    else
        csv_empty(csv);
}

void
cell_ending(struct csv *csv, struct oa_ending ending)
{
    static const char *const NAMES[] = { [OA_END_OPEN] = "open",
                                         [OA_END_FIN] = "fin",
                                         [OA_END_RESET] = "reset",
                                         [OA_END_REPLACED] = "replaced" };
    csv_text(csv, NAMES[ending.how]);
}

void
cell_ended_by(struct csv *csv, struct oa_ending ending)
{
    if (ending.how == OA_END_FIN || ending.how == OA_END_RESET)
        csv_text(csv, ending.by == OA_CLIENT ? "client" : "server");
    else
        csv_empty(csv);
}

void
cell_client_address(struct csv *csv, const struct oa_virtual_connection *vc)
{
    uint8_t address[16];

    if (client_address_of(vc, address))
        csv_address(csv, address);
    else
        csv_empty(csv);
}

void
cell_mode(struct csv *csv, const struct oa_client *client)
{
    csv_text(csv, client ? mode_name(client->mode) : NULL);
}
