/* report.c
 * The list of reports, and the cells that several of them have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "mapi_http.h"

const struct report *const REPORTS[] = {
    &REPORT_CONNECTIONS, &REPORT_CHANNELS, &REPORT_SESSIONS, &REPORT_CALLS,  &REPORT_OPERATIONS,
    &REPORT_AUTH,        &REPORT_FINDINGS, &REPORT_HOPS,     &REPORT_FRAMES, NULL,
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

const char *
status_text(enum oa_status_kind kind, uint32_t status, char number[STATUS_TEXT])
{
    const char *name = kind == OA_STATUS_RPC         ? oa_rpc_status_name(status)
                       : kind == OA_STATUS_MAPI_HTTP ? oa_mapi_http_response_code_name(status)
                                                     : NULL;

    if (kind == OA_STATUS_RPC)
        snprintf(number, STATUS_TEXT, "0x%08x", status);
    else
        snprintf(number, STATUS_TEXT, "%s %u", kind == OA_STATUS_HTTP ? "HTTP" : "X-ResponseCode",
                 status);
    return name ? name : number;
}

void
cell_status(struct csv *csv, uint32_t status)
{
    char number[STATUS_TEXT];

    csv_text(csv, status_text(OA_STATUS_RPC, status, number));
}

/* NspiUnbind, and Unbind, return 1 where all is well, [MS-OXNSPI] 3.1.4.1.2; warnings are results
 * all the same, [MS-OXCDATA] 2.4.3. */
bool
call_failed(const struct oa_call *call)
{
    const char *operation = oa_rpc_operation_name(call->iface, call->opnum);
    bool is_unbind = operation && call->has_return_value && call->return_value == 1 &&
                     (strcmp(operation, "NspiUnbind") == 0 || strcmp(operation, "Unbind") == 0);

    if (call->state == OA_CALL_FAULT)
        return true;
    return call->has_return_value && call->return_value != 0 && call->return_value >> 16 != 4 &&
           !is_unbind;
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
    char text[2 * OA_AUTH_NAME];

    if (!auth || !auth->user[0]) {
        csv_empty(csv);
        return;
    }
    snprintf(text, sizeof text, "%s%s%s", auth->domain, auth->domain[0] ? "\\" : "", auth->user);
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

/* Where the client's hop is not in the capture, the proxy tells the server who the client is,
 * [MS-RPCH] 2.2.3.5.12. */
void
cell_client_address(struct csv *csv, const struct oa_virtual_connection *vc)
{
    uint8_t address[16] = { [10] = 0xFF, [11] = 0xFF };

    if (oa_vc_hop(vc) == OA_HOP_CLIENT || vc->transport == OA_TRANSPORT_RPC_TCP) {
        csv_address(csv, vc->endpoint[oa_vc_hop(vc)][OA_CLIENT].address);
    } else if (vc->has_client_address) {
        if (vc->client_address.is_ipv6)
            memcpy(address, vc->client_address.bytes, 16);
        else
            memcpy(address + 12, vc->client_address.bytes, 4);
        csv_address(csv, address);
    } else {
        csv_empty(csv);
    }
}

void
cell_mode(struct csv *csv, const struct oa_client *client)
{
    static const char *const NAMES[] = { [OA_CLIENT_MODE_UNKNOWN] = NULL,
                                         [OA_CLIENT_CLASSIC] = "classic",
                                         [OA_CLIENT_CACHED] = "cached" };

    csv_text(csv, client ? NAMES[client->mode] : NULL);
}

const char *
transport_name(enum oa_transport transport)
{
    static const char *const NAMES[] = { [OA_TRANSPORT_RPC_HTTP] = "rpc_http",
                                         [OA_TRANSPORT_RPC_HTTP_V1] = "rpc_http_v1",
                                         [OA_TRANSPORT_RPC_TCP] = "rpc_tcp",
                                         [OA_TRANSPORT_MAPI_HTTP] = "mapi_http" };

    return NAMES[transport];
}
