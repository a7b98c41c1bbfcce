/* report_sessions.c
 * sessions.csv: one row for each virtual connection, or session of MAPI over HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <string.h>

struct row {
    const struct oa_virtual_connection *vc;
    const struct valid_ports *valid_ports;
};

#define ROW(name) const struct oa_virtual_connection *name = ((const struct row *)row)->vc

static void
session(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_number(csv, vc->number);
}

static void
transport(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, transport_name(vc->transport));
}

static void
halves(struct csv *csv, const void *row)
{
    ROW(vc);
    const bool *seen = vc->leg_seen[oa_vc_hop(vc)];
    csv_text(csv, seen[OA_LEG_IN] && seen[OA_LEG_OUT] ? "both"
                  : seen[OA_LEG_IN]                   ? "in_only"
                  : seen[OA_LEG_OUT]                  ? "out_only"
                                                      : NULL);
}

static void
client_address(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_client_address(csv, vc);
}

static void
proxy_address(struct csv *csv, const void *row)
{
    ROW(vc);
    if (oa_vc_hop(vc) == OA_HOP_CLIENT)
        csv_address(csv, vc->endpoint[OA_HOP_CLIENT][OA_SERVER].address);
    else if (vc->transport == OA_TRANSPORT_RPC_TCP)
        csv_empty(csv);
    else
        csv_address(csv, vc->endpoint[OA_HOP_SERVER][OA_CLIENT].address);
}

static void
proxy_name(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->proxy_name);
}

static void
target_server(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->target_server);
}

static void
target_port(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->target_server && vc->target_port)
        csv_number(csv, vc->target_port);
    else if (vc->endpoint[OA_HOP_SERVER][OA_SERVER].port)
        csv_number(csv, vc->endpoint[OA_HOP_SERVER][OA_SERVER].port);
    else
        csv_empty(csv);
}

static void
service(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->iface ? oa_service_name(vc->iface->service) : NULL);
}

static void
interface_name(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->iface ? vc->iface->name : NULL);
}

static void
http_user(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_user(csv, vc->auth);
}

static void
http_auth(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->auth ? oa_auth_scheme_name(vc->auth->scheme) : NULL);
}

static void
rpc_user(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_user(csv, &vc->security.auth);
}

static void
rpc_auth(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->security.present ? oa_rpc_auth_type_name(vc->security.type) : NULL);
}

static void
rpc_auth_level(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->security.present ? oa_rpc_auth_level_name(vc->security.level) : NULL);
}

static void
workstation(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->auth && vc->auth->workstation[0] ? vc->auth->workstation
                                                       : vc->security.auth.workstation);
}

static void
start(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_time(csv, vc->opened.time_ns);
}

static void
end(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_time(csv, vc->last.time_ns);
}

static void
duration(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_ms(csv, vc->last.time_ns - vc->opened.time_ns);
}

static void
setup(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->established.frame)
        csv_ms(csv, vc->established.time_ns - vc->opened.time_ns);
    else
        csv_empty(csv);
}

#define NUMBER_CELL(function, value)                                                               \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(vc);                                                                                   \
        csv_number(csv, value);                                                                    \
    }

NUMBER_CELL(binds, vc->binds)
NUMBER_CELL(rejected, vc->rejected_bindings)
NUMBER_CELL(calls, vc->calls)
NUMBER_CELL(answered, vc->answered)
NUMBER_CELL(faults, vc->faults)
NUMBER_CELL(unanswered, vc->unanswered)
NUMBER_CELL(rpc_pdus_in, vc->traffic[oa_vc_hop(vc)][OA_CLIENT].rpc_pdus)
NUMBER_CELL(rpc_pdus_out, vc->traffic[oa_vc_hop(vc)][OA_SERVER].rpc_pdus)
NUMBER_CELL(rpc_bytes_in, vc->traffic[oa_vc_hop(vc)][OA_CLIENT].rpc_bytes)
NUMBER_CELL(rpc_bytes_out, vc->traffic[oa_vc_hop(vc)][OA_SERVER].rpc_bytes)
NUMBER_CELL(rts_pdus, vc->traffic[oa_vc_hop(vc)][OA_CLIENT].rts_pdus +
                          vc->traffic[oa_vc_hop(vc)][OA_SERVER].rts_pdus)
NUMBER_CELL(pings, vc->traffic[oa_vc_hop(vc)][OA_CLIENT].pings +
                       vc->traffic[oa_vc_hop(vc)][OA_SERVER].pings)
NUMBER_CELL(acks,
            vc->traffic[oa_vc_hop(vc)][OA_CLIENT].acks + vc->traffic[oa_vc_hop(vc)][OA_SERVER].acks)
NUMBER_CELL(skipped, vc->traffic[oa_vc_hop(vc)][OA_CLIENT].skipped_bytes +
                         vc->traffic[oa_vc_hop(vc)][OA_SERVER].skipped_bytes)
NUMBER_CELL(recycles_in, vc->recycles[OA_LEG_IN])
NUMBER_CELL(recycles_out, vc->recycles[OA_LEG_OUT])
NUMBER_CELL(recycles_failed, vc->recycles_failed)

static bool
has_hop(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    return vc->leg_seen[hop][OA_LEG_IN] || vc->leg_seen[hop][OA_LEG_OUT];
}

static void
hops(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, !has_hop(vc, OA_HOP_SERVER)   ? "client_proxy"
                  : !has_hop(vc, OA_HOP_CLIENT) ? hop_of_session(vc, OA_HOP_SERVER)
                                                : "both");
}

static void
store_address(struct csv *csv, const void *row)
{
    ROW(vc);
    if (has_hop(vc, OA_HOP_SERVER))
        csv_address(csv, vc->endpoint[OA_HOP_SERVER][OA_SERVER].address);
    else
        csv_empty(csv);
}

static void
store_port(struct csv *csv, const void *row)
{
    ROW(vc);
    if (has_hop(vc, OA_HOP_SERVER))
        csv_number(csv, vc->endpoint[OA_HOP_SERVER][OA_SERVER].port);
    else
        csv_empty(csv);
}

/* RPCPing sets a connection up, and at the most asks the management interface. What calls are for
 * whose bind is not in the capture is not known. */
static void
purpose(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->exchange_calls)
        csv_text(csv, "mail");
    else if (vc->established.frame || vc->calls || vc->binds)
        csv_text(csv, vc->iface && vc->iface->is_exchange         ? "connect_only"
                      : oa_rpc_interface_is(vc->iface, OA_IF_EPM) ? "endpoint_lookup"
                      : vc->calls && !vc->n_bindings              ? NULL
                                                                  : "rpcping");
    else
        csv_empty(csv);
}

#define CLIENT_CELL(function, member)                                                              \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(vc);                                                                                   \
        csv_text(csv, vc->client ? vc->client->member : NULL);                                     \
    }

CLIENT_CELL(user_dn, user_dn)
CLIENT_CELL(client_software, software)
CLIENT_CELL(client_version, version)
CLIENT_CELL(client_name, computer)
CLIENT_CELL(server_version, server_version)

static void
client_mode(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_mode(csv, vc->client);
}

static void
cookie(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->has_cookie)
        csv_uuid(csv, vc->cookie.bytes);
    else
        csv_empty(csv);
}

static void
association_group(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->has_association_group)
        csv_uuid(csv, vc->association_group.bytes);
    else
        csv_empty(csv);
}

static void
ending(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_ending(csv, vc->ending);
}

static void
ended_by(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_ended_by(csv, vc->ending);
}

static void
target_allowed(struct csv *csv, const void *row)
{
    ROW(vc);
    cell_allowed(csv, ((const struct row *)row)->valid_ports, vc->target_server, vc->target_port);
}

/* One of the two channels may have been let in, and the other not. */
static void
anonymous(struct csv *csv, const void *row)
{
    ROW(vc);
    csv_text(csv, vc->anonymous_accepted ? "accepted" : vc->anonymous_refused ? "refused" : NULL);
}

static void
rpc_association_group(struct csv *csv, const void *row)
{
    ROW(vc);
    if (vc->assoc_group_id)
        csv_number(csv, vc->assoc_group_id);
    else
        csv_empty(csv);
}

static const struct column COLUMNS_OF_SESSIONS[] = {
    { "session", "number",
      "Number of the virtual connection, from 0 in order of appearance; rpch.vc in Wireshark",
      session },
    { "transport", "text",
      "rpc_http, rpc_http_v1, rpc_tcp, or mapi_http (a session context, on any connections)",
      transport },
    { "channels", "text",
      "both, or in_only or out_only when the other channel is not in the capture", halves },
    { "client_address", "address",
      "Client as seen in the capture; if its hop is not, by the word of the proxy",
      client_address },
    { "proxy_address", "address", "Proxy as seen in the capture", proxy_address },
    { "proxy_name", "text", "Host header of the requests", proxy_name },
    { "target_server", "text", "Server named in the URI; of MAPI over HTTP the MailboxId",
      target_server },
    { "target_port", "number", "Port named in the URI, else that of the server", target_port },
    { "service", "text",
      "What the bound interface is for: store, directory, referral, management, endpoint mapper",
      service },
    { "interface", "text",
      "RPC interface accepted first, else proposed first, among the known ones", interface_name },
    { "user", "text", "User of the HTTP authentication", http_user },
    { "http_auth", "text", "HTTP authentication scheme", http_auth },
    { "rpc_user", "text", "User of the authentication inside RPC", rpc_user },
    { "rpc_auth", "text", "Authentication type inside RPC", rpc_auth },
    { "rpc_auth_level", "text", "Protection agreed inside RPC", rpc_auth_level },
    { "workstation", "text", "Client computer by its own word (NTLM)", workstation },
    { "start", "time", "First request head of its channels", start },
    { "end", "time", "Last PDU", end },
    { "duration_ms", "ms", "start to end", duration },
    { "setup_ms", "ms",
      "start to CONN/C2, or CONN/C1 where the client's hop is not captured, or to the answer of "
      "Connect or Bind; empty if the session was never established",
      setup },
    { "binds", "count", "bind PDUs", binds },
    { "rejected_contexts", "count", "Presentation contexts that the server rejected", rejected },
    { "calls", "count", "RPC calls, or requests of MAPI over HTTP", calls },
    { "answered", "count", "Calls with a whole response", answered },
    { "faults", "count",
      "Calls answered by a fault, of MAPI over HTTP by an X-ResponseCode or an HTTP status",
      faults },
    { "unanswered", "count", "Calls whose answer is not in the capture", unanswered },
    { "rpc_pdus_in", "count", "RPC PDUs, or requests, from the client", rpc_pdus_in },
    { "rpc_pdus_out", "count", "RPC PDUs, or answers, to the client", rpc_pdus_out },
    { "rpc_bytes_in", "bytes", "Bytes of these; of MAPI over HTTP bodies alone", rpc_bytes_in },
    { "rpc_bytes_out", "bytes", "Bytes of these; of MAPI over HTTP bodies alone", rpc_bytes_out },
    { "rts_pdus", "count", "RTS PDUs, both directions", rts_pdus },
    { "pings", "count", "Ping RTS PDUs, both directions", pings },
    { "flow_control_acks", "count", "RTS PDUs with a flow control acknowledgment", acks },
    { "skipped_bytes", "bytes", "Bytes lost by the capture or not understood", skipped },
    { "recycles_in", "count", "Recyclings of the IN channel begun", recycles_in },
    { "recycles_out", "count", "Recyclings of the OUT channel begun", recycles_out },
    { "cookie", "uuid", "Virtual connection cookie", cookie },
    { "association_group", "uuid",
      "Client association group, the same for the sessions of one client process",
      association_group },
    { "end_state", "text",
      "How the channel that ended first ended: fin, reset, replaced, open; of MAPI over HTTP the "
      "one that was last in use",
      ending },
    { "ended_by", "text", "Who sent the first FIN or the RST", ended_by },
    { "hops", "text",
      "Hops in the capture: client_proxy, proxy_store, both; client_store where there is no proxy",
      hops },
    { "store_address", "address", "Server that the proxy, or the client, connected to",
      store_address },
    { "store_port", "number", "TCP port of that server", store_port },
    { "recycles_failed", "count", "Recyclings refused or not finished", recycles_failed },
    { "purpose", "text",
      "mail (calls of an Exchange interface); rpcping (no more than a connection, or calls of "
      "management); connect_only (an Exchange interface was bound and not called); endpoint_lookup "
      "(calls of the endpoint mapper); empty where the capture does not tell",
      purpose },
    { "target_allowed", "text",
      "Whether the target is among --valid-ports: allowed, refused; empty without the option, or "
      "if "
      "no target was seen",
      target_allowed },
    { "anonymous", "text",
      "What became of requests without credentials, or with an anonymous logon: accepted, refused; "
      "empty if there was none",
      anonymous },
    { "user_dn", "text",
      "Distinguished name of the user in the first call: EcDoConnect, EcDoConnectEx, RfrGetNewDSA, "
      "or Connect",
      user_dn },
    { "client_software", "text",
      "Program that the client names; else its product by the version; X-ClientApplication",
      client_software },
    { "client_version", "text", "Version by the client's own word", client_version },
    { "client_mode", "text", "classic or cached, by the client's own word", client_mode },
    { "client_name", "text", "Client computer by its own word (auxiliary block)", client_name },
    { "server_version", "text", "Version by the server's own word", server_version },
    { "rpc_association_group", "number",
      "Number by which the server marks connections of one client that share context handles",
      rpc_association_group },
};

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_VC_CLOSED)
        report_row(run, &(struct row){ event->vc, run->valid_ports });
}

const struct report REPORT_SESSIONS = {
    .name = "sessions",
    .row_is = "virtual connection, or session of MAPI over HTTP",
    .order = "by the end of the session",
    COLUMNS(COLUMNS_OF_SESSIONS),
    .event = take,
};
