/* report_auth.c
 * auth.csv: one row for each authentication exchange, over HTTP or at the RPC level.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>

#include "auth/auth_exchange.h"

/* What is known when the exchange is told, which is when its connection ends or asks anew. */
struct row {
    const struct oa_auth_exchange *exchange;
    const struct oa_channel *channel;       /* HTTP; NULL for RPC */
    const struct oa_virtual_connection *vc; /* NULL while not known */
};

#define ROW(name) const struct row *name = row
#define IS_HTTP(row) ((row)->exchange->place == OA_AUTH_HTTP)

static void
yes_or_no(struct csv *csv, bool value)
{
    csv_text(csv, value ? "yes" : "no");
}

static void
number(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_number(csv, auth->exchange->number);
}

static void
place(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, IS_HTTP(auth) ? "http" : "rpc");
}

static void
session(struct csv *csv, const void *row)
{
    ROW(auth);
    if (auth->vc)
        csv_number(csv, auth->vc->number);
    else
        csv_empty(csv);
}

static void
channel_number(struct csv *csv, const void *row)
{
    ROW(auth);
    if (auth->channel)
        csv_number(csv, auth->channel->number);
    else
        csv_empty(csv);
}

static void
connection(struct csv *csv, const void *row)
{
    ROW(auth);
    if (auth->channel)
        csv_number(csv, ((const struct tcp_connection *)auth->channel->host)->number);
    else
        csv_empty(csv);
}

static const struct oa_endpoint *
ends_of(const struct row *auth)
{
    return auth->channel ? auth->channel->endpoint : auth->vc->endpoint[oa_vc_hop(auth->vc)];
}

static void
client_address(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_address(csv, ends_of(auth)[OA_CLIENT].address);
}

static void
server_address(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_address(csv, ends_of(auth)[OA_SERVER].address);
}

static void
scheme(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, IS_HTTP(auth) ? oa_auth_scheme_name(auth->exchange->scheme)
                                : oa_rpc_auth_type_name(auth->exchange->type));
}

static void
mechanism(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, oa_auth_mechanism_name(oa_auth_exchange_mechanism(auth->exchange)));
}

static void
legs(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_number(csv, auth->exchange->legs);
}

#define TEXT_CELL(function, member)                                                                \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(auth);                                                                                 \
        csv_text(csv, auth->exchange->member);                                                     \
    }

TEXT_CELL(user, client->user)
TEXT_CELL(domain, client->domain)
TEXT_CELL(workstation, client->workstation)
TEXT_CELL(realm, client->realm)

/* The target name of a CHALLENGE; clients repeat the av pairs but not this. */
TEXT_CELL(target_name, server->target_name)

/* The service asked for: of the ticket, or of the NTLMv2 response. */
TEXT_CELL(spn, client->target_name)

/* The server's names: of the CHALLENGE, else of the NTLMv2 response, which repeats them. */
#define SERVER_NAME_CELL(function, member)                                                         \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(auth);                                                                                 \
        const struct oa_auth_exchange *exchange = auth->exchange;                                  \
        csv_text(csv, exchange->server->member[0] ? exchange->server->member                       \
                                                  : exchange->client->member);                     \
    }

SERVER_NAME_CELL(netbios_computer, netbios_computer)
SERVER_NAME_CELL(netbios_domain, netbios_domain)
SERVER_NAME_CELL(dns_computer, dns_computer)
SERVER_NAME_CELL(dns_domain, dns_domain)
SERVER_NAME_CELL(dns_forest, dns_forest)

static void
ntlm_version(struct csv *csv, const void *row)
{
    static const char *const NAMES[] = { [OA_NTLM_PROOF_NONE] = "",
                                         [OA_NTLM_PROOF_LM] = "lm",
                                         [OA_NTLM_PROOF_V1] = "v1",
                                         [OA_NTLM_PROOF_V1_SESSION] = "v1_session",
                                         [OA_NTLM_PROOF_V2] = "v2" };
    ROW(auth);
    csv_text(csv, NAMES[auth->exchange->client->ntlm_proof]);
}

static void
version(struct csv *csv, const struct oa_auth *auth)
{
    char text[24];

    if (!auth->has_version) {
        csv_empty(csv);
        return;
    }
    snprintf(text, sizeof text, "%u.%u.%u", auth->version_major, auth->version_minor,
             auth->version_build);
    csv_text(csv, text);
}

static void
client_version(struct csv *csv, const void *row)
{
    ROW(auth);
    version(csv, auth->exchange->client);
}

static void
server_version(struct csv *csv, const void *row)
{
    ROW(auth);
    version(csv, auth->exchange->server);
}

static void
ntlm_flags(struct csv *csv, const void *row)
{
    ROW(auth);
    char text[16];

    if (!auth->exchange->client->ntlm_type) {
        csv_empty(csv);
        return;
    }
    snprintf(text, sizeof text, "0x%08x", auth->exchange->client->ntlm_flags);
    csv_text(csv, text);
}

/* What only an AUTHENTICATE message can tell. */
#define AUTHENTICATE_CELL(function, value)                                                         \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(auth);                                                                                 \
        if (auth->exchange->client->ntlm_type == 3)                                                \
            yes_or_no(csv, auth->exchange->client->value);                                         \
        else                                                                                       \
            csv_empty(csv);                                                                        \
    }

AUTHENTICATE_CELL(mic, has_mic)
AUTHENTICATE_CELL(channel_bindings, has_channel_bindings)
AUTHENTICATE_CELL(ntlm_anonymous, is_anonymous)

static void
spnego_state(struct csv *csv, const void *row)
{
    ROW(auth);
    const struct oa_auth *server = auth->exchange->server;

    csv_text(csv, server->has_state ? oa_spnego_state_name(server->state) : NULL);
}

static void
kerberos_error(struct csv *csv, const void *row)
{
    ROW(auth);
    const struct oa_auth *server = auth->exchange->server;
    const char *name = oa_kerberos_error_name(server->kerberos_error);

    if (server->kerberos_message != OA_KERBEROS_ERROR)
        csv_empty(csv);
    else if (name)
        csv_text(csv, name);
    else
        csv_number(csv, server->kerberos_error);
}

static void
rpc_level(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, IS_HTTP(auth) ? NULL : oa_rpc_auth_level_name(auth->exchange->level));
}

static void
result(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, oa_auth_result_name(auth->exchange->result));
}

static void
start(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_time(csv, auth->exchange->first.time_ns);
}

static void
time_taken(struct csv *csv, const void *row)
{
    ROW(auth);
    const struct oa_auth_exchange *exchange = auth->exchange;

    if (exchange->answered || (!IS_HTTP(auth) && exchange->legs > 1))
        csv_ms(csv, exchange->last.time_ns - exchange->first.time_ns);
    else
        csv_empty(csv);
}

static void
status(struct csv *csv, const void *row)
{
    ROW(auth);
    if (auth->exchange->status)
        csv_number(csv, auth->exchange->status);
    else
        csv_empty(csv);
}

static void
anonymous(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, oa_auth_anonymous_name(auth->exchange->anonymous));
}

static void
certificate_path(struct csv *csv, const void *row)
{
    ROW(auth);
    if (IS_HTTP(auth))
        yes_or_no(csv, auth->exchange->may_have_certificate);
    else
        csv_empty(csv);
}

static void
persistent(struct csv *csv, const void *row)
{
    ROW(auth);
    if (IS_HTTP(auth))
        yes_or_no(csv, auth->exchange->is_persistent);
    else
        csv_empty(csv);
}

static void
later_requests(struct csv *csv, const void *row)
{
    ROW(auth);
    if (IS_HTTP(auth))
        csv_number(csv, auth->exchange->later_requests);
    else
        csv_empty(csv);
}

static void
offered(struct csv *csv, const void *row)
{
    ROW(auth);
    char text[128];
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = OA_AUTH_SCHEME_BASIC; i <= OA_AUTH_SCHEME_OTHER; i++)
        if (auth->exchange->offered & (1u << i))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "",
                                     oa_auth_scheme_name((enum oa_auth_scheme)i));
    csv_text(csv, text);
}

static void
asked_by(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_text(csv, !IS_HTTP(auth) ? "rpc_server" : auth->exchange->is_proxy ? "proxy" : "server");
}

static void
first_frame(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_number(csv, auth->exchange->first.frame);
}

static void
last_frame(struct csv *csv, const void *row)
{
    ROW(auth);
    csv_number(csv, auth->exchange->last.frame);
}

static const struct column COLUMNS_OF_AUTH[] = {
    { "auth", "number", "Number of the exchange, from 0 in order of appearance", number },
    { "session", "number", "Session it belongs to, as in sessions.csv; empty while not known",
      session },
    { "channel", "number", "Channel, as in channels.csv; HTTP only", channel_number },
    { "connection", "number", "TCP connection, as in connections.csv; HTTP only", connection },
    { "place", "text", "http (headers) or rpc (verifiers of bind and the like)", place },
    { "client_address", "address", "Client as seen in the capture", client_address },
    { "server_address", "address", "Proxy as seen in the capture", server_address },
    { "scheme", "text",
      "HTTP scheme or RPC authentication type of the client; empty if it showed no credentials",
      scheme },
    { "mechanism", "text", "What the tokens were: NTLM, Kerberos, Basic", mechanism },
    { "legs", "count", "HTTP: requests; RPC: PDUs with a token, of both sides", legs },
    { "user", "text", "User as the client names itself; never known with Kerberos", user },
    { "domain", "text", "Domain of the user; empty with user@domain", domain },
    { "workstation", "text", "Client's computer by NTLM", workstation },
    { "target_name", "text", "NTLM: domain or server that the challenge names", target_name },
    { "spn", "text", "Service asked for: of the Kerberos ticket, or of the NTLMv2 response", spn },
    { "realm", "text", "Realm of the Kerberos ticket", realm },
    { "netbios_computer", "text", "NTLM target information: server", netbios_computer },
    { "netbios_domain", "text", "NTLM target information: domain", netbios_domain },
    { "dns_computer", "text", "NTLM target information: server", dns_computer },
    { "dns_domain", "text", "NTLM target information: domain", dns_domain },
    { "dns_forest", "text", "NTLM target information: forest", dns_forest },
    { "ntlm_version", "text", "Proof in the last NTLM message: v2, v1, v1_session, or lm",
      ntlm_version },
    { "client_os_version", "text", "Version in the client's NTLM message", client_version },
    { "server_os_version", "text", "Version in the challenge", server_version },
    { "ntlm_flags", "text", "Flags of the client's last NTLM message", ntlm_flags },
    { "mic", "text", "Whether the last NTLM message protects those before: yes, no", mic },
    { "channel_bindings", "text", "Whether it is bound to the TLS channel: yes, no",
      channel_bindings },
    { "ntlm_anonymous", "text", "Whether it is an anonymous logon: yes, no", ntlm_anonymous },
    { "spnego_state", "text", "Last state that the server gave in SPNEGO", spnego_state },
    { "kerberos_error", "text", "Error of the server's KRB-ERROR", kerberos_error },
    { "rpc_level", "text", "RPC: protection asked for, connect to packet privacy", rpc_level },
    { "result", "text",
      "accepted; refused; undecided (an answer such as 404 that does not tell); unfinished",
      result },
    { "start", "time", "First request or PDU", start },
    { "time_ms", "ms",
      "start to the last answer, for RPC to the last token; empty where an IN channel has none",
      time_taken },
    { "status", "number", "HTTP status that answered the last request", status },
    { "anonymous", "text",
      "What became of a request without credentials: accepted, refused; empty if there was none",
      anonymous },
    { "certificate_path", "text", "Path used by clients that show a certificate in TLS: yes, no",
      certificate_path },
    { "persistent", "text", "Whether later requests of the connection need no credentials: yes, no",
      persistent },
    { "later_requests", "count", "Requests of the connection that rest on it", later_requests },
    { "offered", "text", "Schemes that the server offered", offered },
    { "asked_by", "text", "server, proxy (an HTTP proxy, by 407), or rpc_server", asked_by },
    { "first_frame", "number", "Frame of the start", first_frame },
    { "last_frame", "number", "Frame of the last answer, request or token", last_frame },
};

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type != OA_EVENT_AUTH_DONE)
        return;
    struct row row = { event->exchange, event->exchange->channel, event->vc };
    report_row(run, &row);
}

const struct report REPORT_AUTH = {
    .name = "auth",
    .row_is = "authentication exchange",
    .order = "by the end of the connection, or the begin of its next exchange",
    COLUMNS(COLUMNS_OF_AUTH),
    .event = take,
};
