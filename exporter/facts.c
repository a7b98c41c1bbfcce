/* facts.c
 * Facts about calls, sessions, channels and connections that several reports print.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "facts.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "http/mapi_http.h"
#include "track/connection_end.h"

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

const struct oa_call_half *
call_half_if_whole(const struct oa_call_half *half)
{
    return half->is_complete && !half->has_gap ? half : NULL;
}

const struct oa_call_half *
call_request(const struct oa_call *call)
{
    for (int hop = (int)oa_call_hop(call); hop < OA_HOPS; hop++)
        if (call->request[hop].fragments)
            return &call->request[hop];
    return NULL;
}

bool
call_is_prompt(const struct oa_call *call)
{
    return !oa_rpc_operation_has(call->iface, call->opnum, OA_OP_WAITS);
}

const uint8_t CALL_LIMITS_S[CALL_LIMITS] = { 2, 5, 10 };

const char *
interface_text(const struct oa_rpc_interface *iface, const struct oa_rpc_syntax *syntax,
               char uuid[OA_UUID_TEXT])
{
    static const struct oa_rpc_syntax NONE;

    if (iface)
        return iface->name;
    if (memcmp(syntax, &NONE, sizeof NONE) == 0)
        return NULL;
    oa_text_uuid(syntax->uuid, uuid);
    return uuid;
}

const char *
operation_text(const struct oa_rpc_interface *iface, uint16_t opnum, char number[OPERATION_TEXT])
{
    const char *name = oa_rpc_operation_name(iface, opnum);

    if (!name)
        snprintf(number, OPERATION_TEXT, "opnum %u", opnum);
    return name ? name : number;
}

bool
interface_has_opnums(const struct oa_rpc_interface *iface)
{
    return !iface || !oa_rpc_interface_is_mapi_http(iface);
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
    static const char *const NAMES[] = { [OA_CLIENT_MODE_UNKNOWN] = NULL,
                                         [OA_CLIENT_CLASSIC] = "classic",
                                         [OA_CLIENT_CACHED] = "cached" };

    return NAMES[mode];
}

const char *
end_name(enum oa_end how)
{
    static const char *const NAMES[] = { [OA_END_OPEN] = "open",
                                         [OA_END_FIN] = "fin",
                                         [OA_END_RESET] = "reset",
                                         [OA_END_REPLACED] = "replaced",
                                         [OA_END_UNKNOWN] = "unknown" };

    return NAMES[how];
}

const char *
side_name(enum oa_side side)
{
    return side == OA_CLIENT ? "client" : "server";
}

const char *
ended_by(struct oa_ending ending)
{
    return ending.how == OA_END_FIN || ending.how == OA_END_RESET ? side_name(ending.by) : NULL;
}

bool
session_has_hop(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    return vc->leg_seen[hop][OA_LEG_IN] || vc->leg_seen[hop][OA_LEG_OUT];
}

/* How likely it is that a client has the address: that of no host, of anybody, of a private network
 * or an example, [RFC 1918], [RFC 5737]. */
static int
likelihood_of(const uint8_t address[4])
{
    static const struct {
        uint8_t prefix[3], mask[3];
    } PRIVATE[] = {
        { { 10 }, { 255 } },
        { { 172, 16 }, { 255, 240 } },
        { { 192, 168 }, { 255, 255 } },
        { { 192, 0, 2 }, { 255, 255, 255 } },
        { { 198, 51, 100 }, { 255, 255, 255 } },
        { { 203, 0, 113 }, { 255, 255, 255 } },
    };

    if (address[0] == 0 || address[0] == 127 || address[0] >= 224)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(PRIVATE); i++) {
        bool is_in = true;
        for (int k = 0; k < 3; k++)
            is_in &= (address[k] & PRIVATE[i].mask[k]) == PRIVATE[i].prefix[k];
        if (is_in)
            return 2;
    }
    return 1;
}

/* The document wants little endian; there are proxies that send network order. */
static bool
is_little_endian(const struct oa_rts_address *address)
{
    const uint8_t *sent = address->bytes;
    const uint8_t reversed[4] = { sent[3], sent[2], sent[1], sent[0] };

    return !address->sockaddr_form && likelihood_of(reversed) >= likelihood_of(sent);
}

static void
map_ipv4(const uint8_t sent[4], bool is_little_endian, uint8_t mapped[16])
{
    static const uint8_t PREFIX[12] = { [10] = 0xFF, [11] = 0xFF };

    memcpy(mapped, PREFIX, sizeof PREFIX);
    for (int i = 0; i < 4; i++)
        mapped[12 + i] = sent[is_little_endian ? 3 - i : i];
}

/* If the client's hop was not captured: the proxy reports the client to the server, [MS-RPCH]
 * 2.2.3.2. */
const uint8_t *
client_address_of(const struct oa_virtual_connection *vc, uint8_t mapped[16])
{
    const struct oa_rts_address *reported = &vc->client_address;

    if (oa_vc_hop(vc) == OA_HOP_CLIENT || vc->transport == OA_TRANSPORT_RPC_TCP)
        return vc->endpoint[oa_vc_hop(vc)][OA_CLIENT].address;
    if (!vc->has_client_address)
        return NULL;
    if (reported->is_ipv6)
        return reported->bytes;
    map_ipv4(reported->bytes, is_little_endian(reported), mapped);
    return mapped;
}

const char *
client_address_order(const struct oa_virtual_connection *vc, uint8_t other[16])
{
    const struct oa_rts_address *reported = &vc->client_address;

    if (oa_vc_hop(vc) == OA_HOP_CLIENT || vc->transport == OA_TRANSPORT_RPC_TCP ||
        !vc->has_client_address || reported->is_ipv6 || reported->sockaddr_form)
        return NULL;
    map_ipv4(reported->bytes, !is_little_endian(reported), other);
    return is_little_endian(reported) ? "little_endian" : "network";
}

const char *
target_allowed(const struct valid_ports *ports, const char *server, uint32_t port)
{
    if (!ports || !server)
        return NULL;
    return valid_ports_allow(ports, server, port) ? "allowed" : "refused";
}

const char *
hop_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    static const char *const HTTP_HOPS[] = { [OA_HOP_CLIENT] = "client_proxy",
                                             [OA_HOP_HTTP_2] = "http_2",
                                             [OA_HOP_HTTP_3] = "http_3",
                                             [OA_HOP_HTTP_4] = "http_4" };

    if (oa_hop_is_http(hop))
        return HTTP_HOPS[hop];
    return vc && vc->transport == OA_TRANSPORT_RPC_TCP ? "client_store" : "proxy_store";
}

const char *
hops_text(const struct oa_virtual_connection *vc, const bool seen[OA_HOPS], char text[HOPS_TEXT])
{
    enum oa_hop last = OA_HOP_CLIENT;
    unsigned n = 0;

    for (int hop = 0; hop < OA_HOPS; hop++) {
        n += seen[hop];
        last = seen[hop] ? (enum oa_hop)hop : last;
    }
    if (n == 1) /* as with most calls */
        return hop_of_session(vc, last);
    if (n == 2 && seen[OA_HOP_CLIENT] && seen[OA_HOP_SERVER])
        return "both";
    text[0] = '\0';
    for (int hop = 0; hop < OA_HOPS; hop++) {
        if (!seen[hop])
            continue;
        if (text[0])
            g_strlcat(text, " ", HOPS_TEXT);
        g_strlcat(text, hop_of_session(vc, (enum oa_hop)hop), HOPS_TEXT);
    }
    return text;
}

const char *
hop_name(const struct oa_channel *channel, uint16_t server_port)
{
    const struct oa_service_port *port = oa_service_hop_port(server_port);

    if (channel)
        return hop_of_session(channel->vc, channel->hop);
    return port ? port->hop : "proxy_store";
}

const char SERVICE_RPC_OVER_HTTP[] = "rpc over http";
const char SERVICE_MAPI_OVER_HTTP[] = "mapi over http";

static const char *
service_over_http(bool is_mapi)
{
    return is_mapi ? SERVICE_MAPI_OVER_HTTP : SERVICE_RPC_OVER_HTTP;
}

static const char *
service_over_tcp(const struct oa_virtual_connection *vc, uint16_t server_port)
{
    const struct oa_service_port *port = oa_service_hop_port(server_port);

    if (vc && vc->iface)
        return oa_service_name(vc->iface->service);
    return port ? oa_service_name(port->service) : "rpc";
}

const char *
service_name(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
             uint16_t server_port)
{
    bool is_mapi = channel && channel->kind == OA_CHANNEL_MAPI_HTTP;

    if (is_mapi || (channel && oa_hop_is_http(channel->hop)))
        return service_over_http(is_mapi);
    return service_over_tcp(channel ? vc : NULL, server_port);
}

const char *
service_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    return oa_hop_is_http(hop) ? service_over_http(vc->transport == OA_TRANSPORT_MAPI_HTTP)
                               : service_over_tcp(vc, vc->endpoint[hop][OA_SERVER].port);
}

/* An attempt to reach a server that a URI names is one, whatever its port. */
bool
connection_is_of_service(const struct connection_row *row)
{
    if (row->channel && row->channel->vc && oa_vc_is_foreign(row->channel->vc))
        return false;
    return row->is_attempt ||
           oa_connection_counts(row->channel, row->tls, row->tcp->endpoint[OA_SERVER].port);
}
