/* report_auth.c
 * auth.csv: one row for each authentication exchange, over HTTP or at the RPC level.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "report.h"
#include "auth/auth_exchange.h"

#define VERSION_TEXT 24
#define NUMBER_TEXT 16
#define OFFERED_TEXT 128

/* Filled when the exchange is reported: when its connection ends, or when the next one starts. */
struct row {
    const struct oa_auth_exchange *exchange;
    const struct oa_auth_exchange *http;    /* the same exchange; NULL for RPC */
    const struct oa_auth_exchange *rpc;     /* the same; NULL for HTTP */
    const struct oa_auth *client, *server;  /* facts from their tokens */
    const struct oa_auth *authenticate;     /* `client` after an AUTHENTICATE message; else NULL */
    const struct oa_channel *channel;       /* NULL for RPC */
    const struct connection *tcp;           /* NULL for RPC */
    const struct oa_virtual_connection *vc; /* NULL if unknown */
    const uint8_t *client_address, *server_address;
    const char *place, *scheme, *mechanism, *rpc_level, *asked_by, *spnego_state, *kerberos_error;
    const char *netbios_computer, *netbios_domain, *dns_computer, *dns_domain, *dns_forest;
    uint64_t status, code_page;
    int64_t time_ns;
    char client_version[VERSION_TEXT], server_version[VERSION_TEXT], ntlm_flags[NUMBER_TEXT];
    char kerberos_number[NUMBER_TEXT], offered[OFFERED_TEXT];
};

static const char *
proof_name(enum oa_ntlm_proof proof)
{
    static const char *const NAMES[] = { [OA_NTLM_PROOF_NONE] = NULL,
                                         [OA_NTLM_PROOF_LM] = "lm",
                                         [OA_NTLM_PROOF_V1] = "v1",
                                         [OA_NTLM_PROOF_V1_SESSION] = "v1_session",
                                         [OA_NTLM_PROOF_V2] = "v2" };

    return NAMES[proof];
}

static const char *
ticket_text(enum oa_seal_outcome ticket)
{
    return oa_seal_is_open(ticket) ? "opened" : oa_seal_reason(ticket);
}

/* clang-format off */
static const struct column COLUMNS_OF_AUTH[] = {
    { "auth", NUMBER_OF(exchange, number),
      "Number of the exchange, from 0 in order of appearance" },
    { "session", SESSION(vc),
      "Session that it belongs to, as in sessions.csv; empty if unknown" },
    { "channel", NUMBER_OF(channel, number), "Channel, as in channels.csv; HTTP only" },
    { "connection", NUMBER_OF(tcp, number), "TCP connection, as in connections.csv; HTTP only" },
    { "place", WORD(place), "http (headers) or rpc (verifiers of bind and other PDUs)" },
    { "client_address", ADDRESS(client_address), "Client as seen in the capture" },
    { "server_address", ADDRESS(server_address), "Proxy as seen in the capture" },
    { "scheme", WORD(scheme),
      "HTTP scheme or RPC authentication type of the client; empty if it sent no credentials" },
    { "mechanism", WORD(mechanism), "Mechanism of the tokens: NTLM, Kerberos, Basic" },
    { "legs", COUNT_OF(exchange, legs), "HTTP: requests; RPC: PDUs with a token, from both sides" },
    { "user", NAMED_OF(USER, client, user), "User name as sent by the client; with Kerberos NAME@REALM from the ticket, if --keytab opens it; users.csv may spell him otherwise" },
    { "domain", NAMED_OF(HOST, client, domain), "Domain of the user; empty with user@domain" },
    { "workstation", NAMED_OF(HOST, client, workstation), "Client computer (NTLM)" },
    { "target_name", NAMED_OF(HOST, server, target_name),
      "NTLM: domain or server named in the challenge" },
    { "spn", NAMED_OF(SERVICE, client, target_name),
      "Requested service, from the Kerberos ticket or the NTLMv2 response" },
    { "realm", NAMED_OF(HOST, client, realm), "Realm of the Kerberos ticket" },
    { "netbios_computer", NAMED(HOST, netbios_computer), "NTLM target information: server" },
    { "netbios_domain", NAMED(HOST, netbios_domain), "NTLM target information: domain" },
    { "dns_computer", NAMED(HOST, dns_computer), "NTLM target information: server" },
    { "dns_domain", NAMED(HOST, dns_domain), "NTLM target information: domain" },
    { "dns_forest", NAMED(HOST, dns_forest), "NTLM target information: forest" },
    { "ntlm_version", NAME_OF(client, ntlm_proof, proof_name),
      "Proof in the last NTLM message: v2, v1, v1_session, or lm" },
    { "client_os_version", WORD(client_version), "Version in the NTLM message of the client" },
    { "server_os_version", WORD(server_version), "Version in the challenge" },
    { "ntlm_flags", WORD(ntlm_flags), "Flags of the last NTLM message of the client" },
    { "mic", YES_NO_OF(authenticate, has_mic),
      "Whether the last NTLM message protects the earlier ones: yes, no" },
    { "channel_bindings", YES_NO_OF(authenticate, has_channel_bindings),
      "Whether that message is bound to the TLS channel: yes, no" },
    { "ntlm_anonymous", YES_NO_OF(authenticate, is_anonymous),
      "Whether that message is an anonymous logon: yes, no" },
    { "spnego_state", WORD(spnego_state), "Last SPNEGO state sent by the server" },
    { "kerberos_error", WORD(kerberos_error), "Error in the KRB-ERROR of the server" },
    { "rpc_level", WORD(rpc_level),
      "RPC: requested protection level, from connect to packet privacy" },
    { "result", NAME_OF(exchange, result, oa_auth_result_name),
      "accepted; refused; undecided (a response such as 404 that leaves it open); unfinished" },
    { "start", TIME_OF(exchange, first.time_ns), "First request or PDU" TIMES_ARE },
    { "time_ms", MS(time_ns),
      "From start to the last response, for RPC to the last token, or to the bind_nak or fault that "
      "refused it; empty without a response, as on IN channels" },
    { "status", NUMBER(status), "HTTP status of the response to the last request" },
    { "anonymous", NAME_OF(exchange, anonymous, oa_auth_anonymous_name),
      "Outcome of a request without credentials: accepted, refused, unknown (accepted, perhaps for an "
      "authentication before the capture); empty if there was none" },
    { "certificate_path", YES_NO_OF(http, may_have_certificate),
      "Whether the path is the one for clients with a TLS certificate: yes, no" },
    { "persistent", YES_NO_OF(http, is_persistent),
      "Whether later requests on the connection need no credentials: yes, no" },
    { "later_requests", COUNT_OF(http, later_requests),
      "Later requests on the connection that rely on it" },
    { "offered", WORD(offered), "Schemes offered by the server, in its order" },
    { "asked_by", WORD(asked_by),
      "Who requested it: server, proxy (an HTTP proxy, with 407), or rpc_server" },
    { "first_frame", NUMBER_OF(exchange, first.frame), "Frame of the first request or PDU" },
    { "last_frame", NUMBER_OF(exchange, last.frame),
      "Frame of the last response, request or token; of the bind_nak or fault that refused it" },
    { "code_page", NUMBER(code_page),
      "Code page in which names of the client were read that are neither Unicode nor ASCII: that of "
      "--code-page, else a guess, 932 or 1252; empty if there were none" },
    { "ticket", NAME_OF(client, ticket, ticket_text),
      "Kerberos ticket: opened, or in words why it is not; empty without one" },
    { "signatures", COUNT_OF(rpc, signatures.count),
      "RPC: PDUs of calls that it protects with a signature (packet integrity, packet privacy), until "
      "the next exchange of the session" },
    { "signatures_verified", COUNT_OF(rpc, signatures.verified),
      "How many of these signatures were verified, with the secrets given" },
    { "signatures_why_not", NAME_OF(rpc, signatures.worst, oa_seal_reason),
      "Why not all of them, in words" },
};
/* clang-format on */

static const char *
either(const char *first, const char *second)
{
    return first[0] ? first : second;
}

static void
put_version(const struct oa_auth *auth, char text[VERSION_TEXT])
{
    if (auth->has_version)
        snprintf(text, VERSION_TEXT, "%u.%u.%u", auth->version_major, auth->version_minor,
                 auth->version_build);
}

/* The names of the server are taken from the CHALLENGE, else from the NTLMv2 response, which
 * repeats them. */
static void
fill_ntlm(struct row *row)
{
    const struct oa_auth *client = row->client, *server = row->server;

    row->authenticate = client->ntlm_type == 3 ? client : NULL;
    row->netbios_computer = either(server->netbios_computer, client->netbios_computer);
    row->netbios_domain = either(server->netbios_domain, client->netbios_domain);
    row->dns_computer = either(server->dns_computer, client->dns_computer);
    row->dns_domain = either(server->dns_domain, client->dns_domain);
    row->dns_forest = either(server->dns_forest, client->dns_forest);
    put_version(client, row->client_version);
    put_version(server, row->server_version);
    if (client->ntlm_type)
        snprintf(row->ntlm_flags, sizeof row->ntlm_flags, "0x%08x", client->ntlm_flags);
}

static void
fill_kerberos(struct row *row)
{
    const struct oa_auth *server = row->server;

    if (server->has_state)
        row->spnego_state = oa_spnego_state_name(server->state);
    if (server->kerberos_message != OA_KERBEROS_ERROR)
        return;
    snprintf(row->kerberos_number, sizeof row->kerberos_number, "%u", server->kerberos_error);
    row->kerberos_error = oa_kerberos_error_name(server->kerberos_error);
    if (!row->kerberos_error)
        row->kerberos_error = row->kerberos_number;
}

static void
fill_offered(struct row *row)
{
    size_t used = 0;

    for (unsigned i = 0; i < OA_AUTH_OFFER_MAX && row->exchange->offer[i]; i++)
        used += (size_t)snprintf(row->offered + used, sizeof row->offered - used, "%s%s",
                                 used ? " " : "",
                                 oa_auth_scheme_name((enum oa_auth_scheme)row->exchange->offer[i]));
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_auth_exchange *exchange = event->exchange;
    const struct oa_virtual_connection *vc = event->vc;

    bool is_http = exchange->place == OA_AUTH_HTTP;
    bool is_timed = exchange->answered || (!is_http && exchange->legs > 1);
    const struct oa_channel *channel = exchange->channel;
    const struct oa_endpoint *ends = channel ? channel->endpoint : vc->endpoint[oa_vc_hop(vc)];
    struct row row = {
        .exchange = exchange,
        .http = is_http ? exchange : NULL,
        .rpc = is_http ? NULL : exchange,
        .client = exchange->client,
        .server = exchange->server,
        .channel = channel,
        .tcp = channel ? connection_of(channel) : NULL,
        .vc = vc,
        .client_address = ends[OA_CLIENT].address,
        .server_address = ends[OA_SERVER].address,
        .mechanism = oa_auth_mechanism_name(oa_auth_exchange_mechanism(exchange)),
        .place = is_http ? "http" : "rpc",
        .scheme =
            is_http ? oa_auth_scheme_name(exchange->scheme) : oa_rpc_auth_type_name(exchange->type),
        .rpc_level = is_http ? NULL : oa_rpc_auth_level_name(exchange->level),
        .asked_by = !is_http             ? "rpc_server"
                    : exchange->is_proxy ? "proxy"
                                         : "server",
        .status = or_none(exchange->status),
        .code_page = or_none(exchange->client->code_page),
        .time_ns = is_timed ? report_duration(run, exchange->first, exchange->last) : NO_TIME,
    };
    fill_ntlm(&row);
    fill_kerberos(&row);
    fill_offered(&row);
    report_row(run, &row);
}

const struct report REPORT_AUTH = {
    .name = "auth",
    .row_is = "authentication exchange",
    .order = "ordered by the end of the connection, or the start of its next exchange",
    COLUMNS(COLUMNS_OF_AUTH),
    .event = take,
    .takes = REPORT_TAKES(AUTH_DONE),
};
