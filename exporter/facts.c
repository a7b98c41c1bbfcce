/* facts.c
 * What several reports ask of calls and sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "http/mapi_http.h"

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

/* Warnings are results all the same, [MS-OXCDATA] 2.4.3. */
bool
call_failed(const struct oa_call *call)
{
    bool returns_1 = oa_rpc_operation_has(call->iface, call->opnum, OA_OP_RETURNS_1);

    if (call->state == OA_CALL_FAULT)
        return true;
    return call->has_return_value && call->return_value != 0 && call->return_value >> 16 != 4 &&
           !(returns_1 && call->return_value == 1);
}

bool
call_latency(const struct oa_call *call, int64_t *ns)
{
    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];

    if (!request->is_complete || !response->is_complete ||
        oa_rpc_operation_has(call->iface, call->opnum, OA_OP_WAITS))
        return false;
    *ns = response->last.time_ns - request->last.time_ns;
    return true;
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

const char *
mode_name(enum oa_client_mode mode)
{
    static const char *const NAMES[] = { [OA_CLIENT_MODE_UNKNOWN] = "",
                                         [OA_CLIENT_CLASSIC] = "classic",
                                         [OA_CLIENT_CACHED] = "cached" };

    return NAMES[mode];
}

void
user_text(const struct oa_auth *auth, char text[USER_TEXT])
{
    text[0] = '\0';
    if (auth && auth->user[0])
        snprintf(text, USER_TEXT, "%s%s%s", auth->domain, auth->domain[0] ? "\\" : "", auth->user);
}

void
user_of_session(const struct oa_virtual_connection *vc, char text[USER_TEXT])
{
    user_text(vc->auth, text);
    if (!text[0])
        user_text(&vc->security.auth, text);
}

/* Where the client's hop is not in the capture, the proxy tells the server who the client is,
 * [MS-RPCH] 2.2.3.5.12. */
bool
client_address_of(const struct oa_virtual_connection *vc, uint8_t address[16])
{
    static const uint8_t MAPPED[16] = { [10] = 0xFF, [11] = 0xFF };

    if (oa_vc_hop(vc) == OA_HOP_CLIENT || vc->transport == OA_TRANSPORT_RPC_TCP) {
        memcpy(address, vc->endpoint[oa_vc_hop(vc)][OA_CLIENT].address, 16);
        return true;
    }
    if (!vc->has_client_address)
        return false;
    memcpy(address, MAPPED, 16);
    if (vc->client_address.is_ipv6)
        memcpy(address, vc->client_address.bytes, 16);
    else
        memcpy(address + 12, vc->client_address.bytes, 4);
    return true;
}

char *
server_of_session(const struct oa_virtual_connection *vc)
{
    enum oa_hop hop = vc->transport == OA_TRANSPORT_MAPI_HTTP ? OA_HOP_CLIENT : OA_HOP_SERVER;
    char text[ADDRESS_TEXT];

    if (vc->target_server)
        return g_strdup(vc->target_server);
    if (!vc->endpoint[hop][OA_SERVER].port)
        return g_strdup("");
    return g_strdup(address_text(vc->endpoint[hop][OA_SERVER].address, text));
}
