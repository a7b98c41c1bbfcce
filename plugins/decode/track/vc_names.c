/* vc_names.c
 * By what a virtual connection is named.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/vc_names.h"

#include <stdio.h>

const struct oa_auth *
oa_vc_user(const struct oa_virtual_connection *vc)
{
    if (vc->auth && vc->auth->user[0])
        return vc->auth;
    return vc->security.auth ? vc->security.auth : &OA_AUTH_NONE;
}

const char *
oa_user_text(const struct oa_auth *auth, char text[OA_USER_TEXT])
{
    if (!auth->user[0] || !auth->domain[0])
        return auth->user;
    snprintf(text, OA_USER_TEXT, "%s\\%s", auth->domain, auth->user);
    return text;
}

const char *
oa_vc_user_name(const struct oa_virtual_connection *vc, char text[OA_USER_TEXT])
{
    const char *name = oa_user_text(oa_vc_user(vc), text);

    if (!name[0] && vc->client)
        name = vc->client->user_dn;
    return name[0] ? name : NULL;
}

const char *
oa_vc_server(const struct oa_virtual_connection *vc, char text[OA_ADDRESS_TEXT])
{
    enum oa_hop hop = vc->transport == OA_TRANSPORT_MAPI_HTTP ? OA_HOP_CLIENT : OA_HOP_SERVER;

    if (vc->target_server)
        return vc->target_server;
    if (!vc->endpoint[hop][OA_SERVER].port)
        return "";
    return oa_text_address(vc->endpoint[hop][OA_SERVER].address, text);
}

uint32_t
oa_vc_target_port(const struct oa_virtual_connection *vc)
{
    if (vc->target_server && vc->target_port)
        return vc->target_port;
    return vc->endpoint[OA_HOP_SERVER][OA_SERVER].port;
}

/* Whether an interface was bound that is none of rpc_interface.h. */
static bool
binds_foreign(const struct oa_virtual_connection *vc)
{
    for (unsigned i = 0; i < vc->n_bindings; i++)
        if (!vc->bindings[i].iface)
            return true;
    return false;
}

/* RPCPing establishes a connection and at most calls the management interface. The purpose of calls
 * whose bind was not captured is unknown. */
const char *
oa_vc_purpose(const struct oa_virtual_connection *vc)
{
    if (vc->exchange_calls)
        return "mail";
    if (!vc->established.frame && !vc->calls && !vc->binds)
        return NULL;
    return vc->iface && vc->iface->is_exchange             ? "connect_only"
           : oa_rpc_interface_is(vc->iface, OA_IF_EPM)     ? "endpoint_lookup"
           : oa_rpc_interface_is(vc->iface, OA_IF_TSPROXY) ? "rd_gateway"
           : binds_foreign(vc)                             ? "other"
           : vc->calls && !vc->n_bindings                  ? NULL
                                                           : "rpcping";
}
