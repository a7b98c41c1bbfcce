/* report_sessions.c
 * sessions.csv: one row for each virtual connection, or session context of MAPI over HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "report.h"

struct row {
    const struct oa_virtual_connection *vc;
    const struct oa_rpc_interface *iface; /* NULL if unknown */
    const struct oa_client *client;       /* NULL if unknown */
    const struct oa_auth *http, *rpc;     /* who, on both levels */
    const uint8_t *client_address, *proxy_address, *store_address;
    const struct oa_cookie *cookie, *association_group;
    const char *channels, *hops, *purpose, *target_allowed;
    const char *rpc_auth, *rpc_auth_level, *workstation, *anonymous, *ended_by;
    uint64_t target_port, store_port, rpc_association_group;
    int64_t duration_ns, setup_ns;

    /* On the hop nearest to the client. */
    const struct oa_traffic *in, *out;
    uint64_t rts_pdus, pings, acks, skipped_bytes;
};

/* clang-format off */
static const struct column COLUMNS_OF_SESSIONS[] = {
    { "session", NUMBER_OF(vc, number),
      "Number of the session, from 0 in order of appearance; rpch.vc in Wireshark" },
    { "transport", NAME_OF(vc, transport, transport_name),
      "rpc_http, rpc_http_v1, rpc_tcp, or mapi_http (a session context, on any number of "
      "connections)" },
    { "channels", TEXT(channels),
      "both; in_only or out_only if the other channel is not in the capture" },
    { "client_address", ADDRESS(client_address),
      "Client as seen in the capture, or as named by a load balancer (PROXY protocol); if its hop "
      "is not captured, as reported by the proxy" },
    { "proxy_address", ADDRESS(proxy_address), "Proxy as seen in the capture" },
    { "proxy_name", TEXT_OF(vc, proxy_name), "Host header of the requests" },
    { "target_server", TEXT_OF(vc, target_server),
      "Server named in the URI; for MAPI over HTTP the MailboxId" },
    { "target_port", NUMBER(target_port),
      "Port named in the URI, else the TCP port of the server" },
    { "service", NAME_OF(iface, service, oa_service_name),
      "Service of the bound interface: store, directory, referral, management, endpoint mapper" },
    { "interface", TEXT_OF(iface, name),
      "First known RPC interface that was accepted, else that was proposed" },
    { "user", USER(http), "User of the HTTP authentication" },
    { "http_auth", NAME_OF(http, scheme, oa_auth_scheme_name), "HTTP authentication scheme" },
    { "rpc_user", USER(rpc), "User of the RPC authentication" },
    { "rpc_auth", TEXT(rpc_auth), "RPC authentication type" },
    { "rpc_auth_level", TEXT(rpc_auth_level), "Negotiated RPC protection level" },
    { "workstation", TEXT(workstation), "Client computer, self-reported (NTLM)" },
    { "start", TIME_OF(vc, opened.time_ns), "First request head on its channels" },
    { "end", TIME_OF(vc, last.time_ns), "Last PDU" },
    { "duration_ms", MS(duration_ns), "From start to end" },
    { "setup_ms", MS(setup_ns),
      "From start to CONN/C2 (CONN/C1 if the client's hop is not captured), or to the response to "
      "Connect or Bind; empty if the session was never established" },
    { "binds", COUNT_OF(vc, binds), "Bind PDUs" },
    { "rejected_contexts", COUNT_OF(vc, rejected_bindings),
      "Presentation contexts rejected by the server" },
    { "calls", COUNT_OF(vc, calls), "RPC calls, or MAPI over HTTP requests" },
    { "answered", COUNT_OF(vc, answered),
      "Calls with a request and a complete response in the capture" },
    { "faults", COUNT_OF(vc, faults),
      "Calls that ended in a fault; for MAPI over HTTP in an X-ResponseCode or an HTTP error "
      "status" },
    { "unanswered", COUNT_OF(vc, unanswered), "Calls that got no response although nothing of it is missing" },
    { "rpc_pdus_in", COUNT_OF(in, rpc_pdus), "RPC PDUs, or requests, from the client" },
    { "rpc_pdus_out", COUNT_OF(out, rpc_pdus), "RPC PDUs, or responses, to the client" },
    { "rpc_bytes_in", BYTES_OF(in, rpc_bytes),
      "Bytes of these; for MAPI over HTTP only the bodies" },
    { "rpc_bytes_out", BYTES_OF(out, rpc_bytes),
      "Bytes of these; for MAPI over HTTP only the bodies" },
    { "rts_pdus", COUNT(rts_pdus), "RTS PDUs, both directions" },
    { "pings", COUNT(pings), "Ping RTS PDUs, both directions" },
    { "flow_control_acks", COUNT(acks), "RTS PDUs with a flow control acknowledgment" },
    { "skipped_bytes", BYTES(skipped_bytes), "Bytes missing from the capture or not decoded" },
    { "recycles_in", COUNT_OF(vc, recycles[OA_LEG_IN]),
      "Recyclings of the IN channel that were started" },
    { "recycles_out", COUNT_OF(vc, recycles[OA_LEG_OUT]),
      "Recyclings of the OUT channel that were started" },
    { "cookie", UUID(cookie), "Virtual connection cookie" },
    { "association_group", UUID(association_group),
      "Client association group, the same for all sessions of a client process" },
    { "end_state", NAME_OF(vc, ending.how, end_name),
      "How the first channel to end was closed: fin, reset, replaced, open; for MAPI over HTTP the "
      "connection used last" },
    { "ended_by", TEXT(ended_by), "Side that sent the first FIN or the RST: client, server" },
    { "hops", TEXT(hops),
      "Hops in the capture: client_proxy, proxy_store, both; client_store if there is no proxy; with "
      "more than one HTTP hop all of them from the client on, as in client_proxy http_2 "
      "proxy_store" },
    { "store_address", ADDRESS(store_address),
      "Server to which the proxy, or the client, connected" },
    { "store_port", NUMBER(store_port), "TCP port of that server" },
    { "recycles_failed", COUNT_OF(vc, recycles_failed),
      "Recyclings that were refused or not finished" },
    { "purpose", TEXT(purpose),
      "mail (calls to an Exchange interface); rpcping (only a connection, or calls to the "
      "management interface); connect_only (an Exchange interface was bound but not called); "
      "endpoint_lookup (calls to the endpoint mapper); rd_gateway (TsProxyRpcInterface); other "
      "(another service's interface was bound); empty if unknown" },
    { "target_allowed", TEXT(target_allowed),
      "Whether --valid-ports contains the target: allowed, refused; empty without the option, or "
      "if no target was seen" },
    { "anonymous", TEXT(anonymous),
      "Outcome of requests without credentials or with an anonymous logon: accepted, refused; "
      "empty if there was none" },
    { "user_dn", TEXT_OF(client, user_dn),
      "Distinguished name of the user, from EcDoConnect, EcDoConnectEx, RfrGetNewDSA, or Connect" },
    { "client_software", TEXT_OF(client, software),
      "Client program, self-reported; else the product that its version belongs to; "
      "X-ClientApplication" },
    { "client_version", TEXT_OF(client, version), "Client version, self-reported" },
    { "client_mode", NAME_OF(client, mode, mode_name), "classic, cached; self-reported" },
    { "client_name", TEXT_OF(client, computer),
      "Client computer, self-reported (auxiliary block)" },
    { "server_version", TEXT_OF(client, server_version), "Server version, self-reported" },
    { "rpc_association_group", NUMBER(rpc_association_group),
      "Association group id assigned by the server; connections of a client that share context "
      "handles have the same" },
    { "unknown", COUNT_OF(vc, unknown),
      "Calls whose response may be among bytes that the capture lacks" },
    { "no_request", COUNT_OF(vc, no_request), "Responses whose request is not in the capture" },
};
/* clang-format on */

static const char *
channels_of(const struct oa_virtual_connection *vc)
{
    const bool *seen = vc->leg_seen[oa_vc_hop(vc)];

    return seen[OA_LEG_IN] && seen[OA_LEG_OUT] ? "both"
           : seen[OA_LEG_IN]                   ? "in_only"
           : seen[OA_LEG_OUT]                  ? "out_only"
                                               : NULL;
}

static const uint8_t *
proxy_address_of(const struct oa_virtual_connection *vc)
{
    if (oa_hop_is_http(oa_vc_hop(vc)))
        return vc->endpoint[oa_vc_hop(vc)][OA_SERVER].address;
    return vc->transport == OA_TRANSPORT_RPC_TCP ? NULL
                                                 : vc->endpoint[OA_HOP_SERVER][OA_CLIENT].address;
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
static const char *
purpose_of(const struct oa_virtual_connection *vc)
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

static uint64_t
target_port_of(const struct oa_virtual_connection *vc)
{
    if (vc->target_server && vc->target_port)
        return vc->target_port;
    return or_none(vc->endpoint[OA_HOP_SERVER][OA_SERVER].port);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->vc;
    uint8_t mapped[16];

    if (event->type != OA_EVENT_VC_CLOSED || oa_vc_is_foreign(vc))
        return;
    const struct oa_traffic *in = &vc->traffic[oa_vc_hop(vc)][OA_CLIENT];
    const struct oa_traffic *out = &vc->traffic[oa_vc_hop(vc)][OA_SERVER];
    const struct oa_endpoint *store = &vc->endpoint[OA_HOP_SERVER][OA_SERVER];
    bool has_store = session_has_hop(vc, OA_HOP_SERVER);
    const struct oa_rpc_security *security = &vc->security;
    const struct oa_auth *rpc = security->auth ? security->auth : &OA_AUTH_NONE;
    bool seen[OA_HOPS];
    char hops[HOPS_TEXT];

    for (int hop = 0; hop < OA_HOPS; hop++)
        seen[hop] = session_has_hop(vc, (enum oa_hop)hop);
    struct row row = {
        .vc = vc,
        .iface = vc->iface,
        .client = vc->client,
        .http = vc->auth,
        .rpc = rpc,
        .client_address = client_address_of(vc, mapped),
        .proxy_address = proxy_address_of(vc),
        .store_address = has_store ? store->address : NULL,
        .store_port = has_store ? store->port : NO_NUMBER,
        .cookie = vc->has_cookie ? &vc->cookie : NULL,
        .association_group = vc->has_association_group ? &vc->association_group : NULL,
        .channels = channels_of(vc),
        .hops = hops_text(vc, seen, hops),
        .purpose = purpose_of(vc),
        .target_allowed = target_allowed(run->valid_ports, vc->target_server, vc->target_port),
        .target_port = target_port_of(vc),
        .rpc_auth = security->present ? oa_rpc_auth_type_name(security->type) : NULL,
        .rpc_auth_level = security->present ? oa_rpc_auth_level_name(security->level) : NULL,
        .workstation =
            vc->auth && vc->auth->workstation[0] ? vc->auth->workstation : rpc->workstation,
        .anonymous = vc->anonymous_accepted  ? "accepted"
                     : vc->anonymous_refused ? "refused"
                                             : NULL,
        .ended_by = ended_by(vc->ending),
        .rpc_association_group = or_none(vc->assoc_group_id),
        .duration_ns = vc->last.time_ns - vc->opened.time_ns,
        .setup_ns = vc->established.frame ? vc->established.time_ns - vc->opened.time_ns : NO_TIME,
        .in = in,
        .out = out,
        .rts_pdus = in->rts_pdus + out->rts_pdus,
        .pings = in->pings + out->pings,
        .acks = in->acks + out->acks,
        .skipped_bytes = in->skipped_bytes + out->skipped_bytes,
    };
    report_row(run, &row);
}

const struct report REPORT_SESSIONS = {
    .name = "sessions",
    .row_is = "virtual connection, or session context of MAPI over HTTP",
    .order = "ordered by the end of the session",
    COLUMNS(COLUMNS_OF_SESSIONS),
    .event = take,
};
