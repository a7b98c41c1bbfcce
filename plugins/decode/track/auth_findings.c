/* auth_findings.c
 * What is reported of authentication exchanges, and in which words.
 * [MS-NTHT] 3, [RFC 4559] 4, [RFC 4120] 7.5.9, [MS-RPCE] 2.2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/auth_findings.h"

#include <glib.h>

#include "base/renamer.h"
#include "track/emit.h"
#include "track/tracker_state.h"

/* "NTLM, LAB\\ada", "NTLM, an anonymous logon", "Negotiate, HTTP/mail.lab of LAB.TEST",
 * "Negotiate, ada@LAB.TEST for HTTP/mail.lab", "no credentials". */
static void
describe_client(const struct oa_tracker *tracker, const struct oa_auth_exchange *facts, char *text,
                size_t size)
{
    const struct oa_renamer *renamer = tracker->renamer;
    const struct oa_auth *client = facts->client;
    const char *scheme = facts->place == OA_AUTH_RPC ? oa_rpc_auth_type_name(facts->type)
                                                     : oa_auth_scheme_name(facts->scheme);
    bool has_ticket = client->mechanism == OA_AUTH_KERBEROS && client->target_name[0];

    if (facts->place == OA_AUTH_HTTP && !oa_auth_exchange_has_credentials(facts))
        g_snprintf(text, (gulong)size, "no credentials");
    else if (client->is_anonymous)
        g_snprintf(text, (gulong)size, "%s, an anonymous logon", scheme);
    else if (has_ticket && client->user[0]) /* an opened one */
        g_snprintf(text, (gulong)size, "%s, %.80s for %.80s", scheme,
                   OA_SHOWN(renamer, USER, client->user),
                   OA_SHOWN(renamer, SERVICE, client->target_name));
    else if (client->user[0])
        g_snprintf(text, (gulong)size, "%s, %.80s%s%.80s", scheme,
                   OA_SHOWN(renamer, HOST, client->domain), client->domain[0] ? "\\" : "",
                   OA_SHOWN(renamer, USER, client->user));
    else if (has_ticket)
        g_snprintf(text, (gulong)size, "%s, %.80s of %.40s", scheme,
                   OA_SHOWN(renamer, SERVICE, client->target_name),
                   OA_SHOWN(renamer, HOST, client->realm));
    else
        g_snprintf(text, (gulong)size, "%s", scheme);
}

/* What the server's tokens say of the cause: ": KRB_AP_ERR_SKEW"; empty if nothing. */
#define CAUSE_TEXT 64

static const char *
cause_of(const struct oa_auth_exchange *facts, char text[CAUSE_TEXT])
{
    const struct oa_auth *server = facts->server;
    const char *name = oa_kerberos_error_name(server->kerberos_error);

    text[0] = '\0';
    if (server->kerberos_message == OA_KERBEROS_ERROR && name)
        g_snprintf(text, CAUSE_TEXT, ": %s", name);
    else if (server->kerberos_message == OA_KERBEROS_ERROR)
        g_snprintf(text, CAUSE_TEXT, ": Kerberos error %u", server->kerberos_error);
    else if (server->has_state && server->state == OA_SPNEGO_REJECT)
        g_snprintf(text, CAUSE_TEXT, ": SPNEGO reject");
    return text;
}

/* --- HTTP --- */

/* Whether the server offers other schemes only: the client's settings and the server's differ. */
static bool
is_mismatch(const struct oa_auth_exchange *facts)
{
    return oa_auth_exchange_has_credentials(facts) && facts->offered &&
           !(facts->offered & 1u << facts->scheme);
}

static void
tell_mismatch(const struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
              const struct oa_event *where, const char *client)
{
    GString *offered = g_string_new(NULL);

    for (unsigned scheme = OA_AUTH_SCHEME_BASIC; scheme <= OA_AUTH_SCHEME_OTHER; scheme++)
        if (facts->offered & 1u << scheme)
            g_string_append_printf(offered, "%s%s", offered->len ? ", " : "",
                                   oa_auth_scheme_name((enum oa_auth_scheme)scheme));
    oa_emit_finding(tracker, where, OA_FINDING_AUTH_SCHEME_MISMATCH,
                    "%s; %u, and the server offers %s only", client, facts->status, offered->str);
    g_string_free(offered, TRUE);
}

/* Refusals on one connection that are reported as a loop. Further ones are not reported. */
#define LOOP 3

void
oa_auth_tell_refusal(struct oa_tracker *tracker, struct oa_channel *channel,
                     const struct oa_auth_exchange *facts, const struct oa_event *where,
                     enum oa_finding_id id)
{
    char client[OA_FINDING_TEXT];
    char cause[CAUSE_TEXT];

    describe_client(tracker, facts, client, sizeof client);
    if (channel->vc && (id == OA_FINDING_ANONYMOUS_REFUSED || facts->client->is_anonymous))
        channel->vc->anonymous_refused = true;
    if (++channel->auth_refusals > LOOP)
        return;
    if (channel->auth_refusals == LOOP)
        oa_emit_finding(tracker, where, OA_FINDING_AUTH_LOOP,
                        "%u authentications refused, the last: %s; %u%s", channel->auth_refusals,
                        client, facts->status, cause_of(facts, cause));
    else if (is_mismatch(facts))
        tell_mismatch(tracker, facts, where, client);
    else
        oa_emit_finding(tracker, where, id, "%s; %u after %u requests%s", client, facts->status,
                        facts->legs, cause_of(facts, cause));
}

void
oa_auth_tell_acceptance(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                        const struct oa_event *where)
{
    struct oa_virtual_connection *vc = facts->channel->vc;
    char client[OA_FINDING_TEXT];

    if (facts->anonymous != OA_AUTH_ANONYMOUS_ACCEPTED && !facts->client->is_anonymous)
        return;
    if (vc && vc->anonymous_accepted)
        return;
    if (vc)
        vc->anonymous_accepted = true;
    describe_client(tracker, facts, client, sizeof client);
    oa_emit_finding(tracker, where, OA_FINDING_ANONYMOUS_ACCEPTED, "%s", client);
}

void
oa_auth_tell_declined(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                      const struct oa_event *where)
{
    oa_emit_finding(tracker, where, OA_FINDING_KERBEROS_DECLINED,
                    "%s%.80s of %.40s; the server chose NTLM",
                    facts->place == OA_AUTH_RPC ? "Inside RPC: " : "",
                    OA_SHOWN(tracker->renamer, SERVICE, facts->client->target_name),
                    OA_SHOWN(tracker->renamer, HOST, facts->client->realm));
}

void
oa_auth_tell_split(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                   const struct oa_event *where, uint64_t challenge)
{
    char client[OA_FINDING_TEXT];

    describe_client(tracker, facts, client, sizeof client);
    oa_emit_finding(tracker, where, OA_FINDING_AUTH_SPLIT,
                    "%s; the challenge was sent on another connection, in frame %" G_GUINT64_FORMAT,
                    client, challenge);
}

/* --- RPC --- */

/* "fault: ERROR_ACCESS_DENIED (0x00000005)", "bind_nak: reason 8, authentication type not
 * recognised". */
static void
describe_refusal(const struct oa_auth_exchange *facts, const struct oa_rpc_pdu *rpc, char *text,
                 size_t size)
{
    const char *ptype = oa_rpc_ptype_name(rpc->header.ptype);
    const char *status = oa_rpc_status_name(rpc->fault_status);
    char cause[CAUSE_TEXT];

    if (rpc->header.ptype == OA_RPC_FAULT)
        g_snprintf(text, (gulong)size, "%s: %s (0x%08x)", ptype, status ? status : "unknown status",
                   rpc->fault_status);
    else if (rpc->header.ptype == OA_RPC_BIND_NAK)
        g_snprintf(text, (gulong)size, "%s: reason %u, %s", ptype, rpc->reject_reason,
                   oa_rpc_reject_reason_name(rpc->reject_reason));
    else
        g_snprintf(text, (gulong)size, "%s%s", ptype, cause_of(facts, cause));
}

void
oa_auth_tell_rpc_refusal(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                         const struct oa_event *where)
{
    char client[OA_FINDING_TEXT], by[OA_FINDING_TEXT];

    describe_client(tracker, facts, client, sizeof client);
    describe_refusal(facts, where->rpc, by, sizeof by);
    oa_emit_finding(tracker, where, OA_FINDING_AUTH_REFUSED, "Inside RPC: %s; by a %s", client, by);
}
