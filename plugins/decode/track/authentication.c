/* authentication.c
 * Follows authentication exchanges: HTTP by the requests and responses of a TCP connection, RPC by
 * the verifiers of a virtual connection. [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11,
 * [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/authentication.h"

#include <glib.h>

#include "auth/auth_course.h"
#include "track/emit.h"
#include "track/tracker_state.h"

/* The number of the next exchange, and the token of the current event. */
struct auth_table {
    uint64_t n_exchanges;
    struct oa_auth_copies *copies; /* identities and tokens that are kept */
    struct oa_auth token;
};

struct auth_table *
oa_auth_table_new(struct oa_code_pages *pages)
{
    struct auth_table *table = g_new0(struct auth_table, 1);

    table->copies = oa_auth_copies_new(pages);
    return table;
}

void
oa_auth_table_free(struct auth_table *table)
{
    oa_auth_copies_free(table->copies);
    g_free(table);
}

static struct oa_auth_course *
course_of(struct oa_auth_exchange *exchange)
{
    return (struct oa_auth_course *)exchange;
}

/* --- identity --- */

/* Keeps the identity: a token with a user name takes precedence over one without. */
static void
note_auth(const struct oa_tracker *tracker, const struct oa_auth **known,
          const struct oa_auth *auth)
{
    const struct oa_auth *was = *known;

    if (was && was->user[0] && !auth->user[0])
        return;
    *known = oa_auth_copies_keep(tracker->auth->copies, auth);
    oa_auth_copy_release(was);
}

void
oa_auth_take_credentials(struct oa_tracker *tracker, const struct oa_event *head)
{
    const struct oa_http_head *http = head->http;
    struct oa_auth *token = &tracker->auth->token;

    for (size_t i = 0; i < http->n_credentials; i++) {
        oa_auth_from_http(&http->credentials[i], tracker->code_pages, token);
        if (http->is_request)
            note_auth(tracker, &head->channel->auth, token);
        struct oa_event event = *head;
        event.type = OA_EVENT_AUTH;
        event.auth = token;
        event.auth_place = OA_AUTH_HTTP;
        oa_emit(tracker, &event);
    }
}

/* --- findings --- */

/* "NTLM, LAB\\ada", "NTLM, an anonymous logon", "no credentials". */
static void
describe_client(const struct oa_auth_exchange *facts, char *text, size_t size)
{
    const struct oa_auth *client = facts->client;
    const char *scheme = facts->place == OA_AUTH_RPC ? oa_rpc_auth_type_name(facts->type)
                                                     : oa_auth_scheme_name(facts->scheme);

    if (facts->place == OA_AUTH_HTTP && !oa_auth_exchange_has_credentials(facts))
        g_snprintf(text, (gulong)size, "no credentials");
    else if (client->is_anonymous)
        g_snprintf(text, (gulong)size, "%s, an anonymous logon", scheme);
    else if (client->user[0])
        g_snprintf(text, (gulong)size, "%s, %.80s%s%.80s", scheme, client->domain,
                   client->domain[0] ? "\\" : "", client->user);
    else
        g_snprintf(text, (gulong)size, "%s", scheme);
}

/* Refusals on one connection that are reported as a loop. Further ones are not reported. */
#define LOOP 3

static void
tell_refusal(struct oa_tracker *tracker, struct oa_channel *channel,
             const struct oa_auth_exchange *facts, const struct oa_event *where,
             enum oa_finding_id id)
{
    char client[OA_FINDING_TEXT];

    describe_client(facts, client, sizeof client);
    if (channel->vc && (id == OA_FINDING_ANONYMOUS_REFUSED || facts->client->is_anonymous))
        channel->vc->anonymous_refused = true;
    if (++channel->auth_refusals < LOOP)
        oa_emit_finding(tracker, where, id, "%s; %u after %u requests", client, facts->status,
                        facts->legs);
    else if (channel->auth_refusals == LOOP)
        oa_emit_finding(tracker, where, OA_FINDING_AUTH_LOOP,
                        "%u authentications refused, the last: %s; %u", channel->auth_refusals,
                        client, facts->status);
}

/* Reported once for each virtual connection. */
static void
tell_acceptance(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
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
    describe_client(facts, client, sizeof client);
    oa_emit_finding(tracker, where, OA_FINDING_ANONYMOUS_ACCEPTED, "%s", client);
}

static void
tell_rpc_refusal(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                 const struct oa_event *where)
{
    char client[OA_FINDING_TEXT];

    describe_client(facts, client, sizeof client);
    oa_emit_finding(tracker, where, OA_FINDING_AUTH_REFUSED, "Inside RPC: %s; by a %s", client,
                    oa_rpc_ptype_name(where->rpc->header.ptype));
}

/* Reports the exchange and retires it. `exchange` may be NULL. */
static void
finish(struct oa_tracker *tracker, struct oa_auth_exchange *exchange, struct oa_channel *channel,
       struct oa_virtual_connection *vc)
{
    if (!exchange)
        return;
    oa_emit(tracker, &(struct oa_event){ .type = OA_EVENT_AUTH_DONE,
                                         .first = exchange->first,
                                         .last = exchange->last,
                                         .channel = channel,
                                         .vc = vc,
                                         .auth_place = exchange->place,
                                         .exchange = exchange });
    oa_retire(tracker, exchange, oa_auth_course_free);
}

/* --- HTTP --- */

static void
finish_http(struct oa_tracker *tracker, struct oa_channel *channel)
{
    struct oa_auth_exchange *exchange = channel->exchange;

    if (exchange && oa_auth_course_end(course_of(exchange)))
        tell_refusal(tracker, channel, exchange,
                     &(struct oa_event){ .first = exchange->first,
                                         .last = exchange->last,
                                         .side = OA_SERVER,
                                         .channel = channel },
                     OA_FINDING_ANONYMOUS_REFUSED);
    finish(tracker, exchange, channel, channel->vc);
}

static struct oa_auth_course *
begin_http(struct oa_tracker *tracker, struct oa_channel *channel, struct oa_stamp first)
{
    struct oa_auth_course *course = oa_auth_course_new(
        tracker->auth->copies, tracker->auth->n_exchanges++, OA_AUTH_HTTP, first);

    finish_http(tracker, channel);
    channel->exchange = &course->facts;
    course->facts.channel = channel;
    return course;
}

static void
take_request(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_auth_course *course = course_of(event->channel->exchange);
    struct oa_auth *auth = &tracker->auth->token;
    bool is_proxy = false;

    if (!oa_auth_course_credentials(course, tracker->code_pages, event->http, &is_proxy, auth))
        auth = NULL;
    enum oa_auth_relation relation = oa_auth_course_relate(course, auth);
    if (relation == OA_AUTH_RESTS) {
        oa_auth_course_rest(course, event->first);
        event->exchange = &course->facts;
        return;
    }
    if (relation == OA_AUTH_BEGINS)
        course = begin_http(tracker, event->channel, event->first);
    oa_auth_course_add_request(course, event->http, auth, is_proxy, event->last);
    event->exchange = &course->facts;
    event->auth_leg = course->facts.legs;
}

static void
take_response(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_auth_course *course = course_of(event->channel->exchange);
    struct oa_stamp request;

    if (!course || event->http->status < 200)
        return;
    switch (oa_auth_course_match_response(course, event->http, &request)) {
    case OA_AUTH_UNRELATED:
        return;
    case OA_AUTH_RESTS:
        event->exchange = &course->facts;
        return;
    case OA_AUTH_BEGINS:
        course = begin_http(tracker, event->channel, request);
        course->facts.legs = 1;
        break;
    case OA_AUTH_CONTINUES:
        break;
    }
    enum oa_auth_result result =
        oa_auth_course_add_response(course, event->http, event->last, &tracker->auth->token);
    event->exchange = &course->facts;
    event->auth_leg = course->facts.legs;
    if (result == OA_AUTH_REFUSED)
        tell_refusal(tracker, event->channel, &course->facts, event, OA_FINDING_AUTH_REFUSED);
    else if (result == OA_AUTH_ACCEPTED)
        tell_acceptance(tracker, &course->facts, event);
}

void
oa_auth_take_head(struct oa_tracker *tracker, struct oa_event *event)
{
    if (event->http->is_request)
        take_request(tracker, event);
    else
        take_response(tracker, event);
}

void
oa_auth_take_pdu(struct oa_tracker *tracker, const struct oa_event *event)
{
    struct oa_channel *channel = event->channel;

    if (channel->exchange && event->side == OA_CLIENT && channel->kind == OA_CHANNEL_IN &&
        oa_auth_course_take_pdu(course_of(channel->exchange)))
        tell_acceptance(tracker, channel->exchange, event);
}

void
oa_auth_close_channel(struct oa_tracker *tracker, struct oa_channel *channel)
{
    finish_http(tracker, channel);
    channel->exchange = NULL;
}

/* --- RPC --- */

static void
begin_rpc(struct oa_tracker *tracker, const struct oa_event *event)
{
    struct oa_auth_course *course = oa_auth_course_new(
        tracker->auth->copies, tracker->auth->n_exchanges++, OA_AUTH_RPC, event->first);
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;

    finish(tracker, event->vc->rpc_exchange, event->channel, event->vc);
    event->vc->rpc_exchange = &course->facts;
    course->facts.vc = event->vc;
    course->facts.type = verifier->type;
    course->facts.level = verifier->level;
    course->facts.context_id = verifier->context_id;
}

static bool
begins_rpc(const struct oa_auth_exchange *facts, const struct oa_event *event)
{
    if (event->side != OA_CLIENT)
        return false;
    if (!facts || event->rpc->header.ptype == OA_RPC_BIND)
        return true;
    return event->rpc->header.ptype == OA_RPC_ALTER_CONTEXT &&
           (facts->result != OA_AUTH_PENDING ||
            facts->context_id != event->rpc->verifier.context_id);
}

/* A PDU whose verifier carries a token. `event->auth` is the decoded token, or NULL. */
static void
take_rpc_token(struct oa_tracker *tracker, struct oa_event *event)
{
    if (begins_rpc(event->vc->rpc_exchange, event))
        begin_rpc(tracker, event);

    struct oa_auth_exchange *exchange = event->vc->rpc_exchange;
    if (!exchange)
        return; /* the capture begins after the client's token */
    bool is_refused =
        oa_auth_course_add_token(course_of(exchange), event->side, event->auth, event->last);
    event->exchange = exchange;
    event->auth_leg = exchange->legs;
    if (is_refused)
        tell_rpc_refusal(tracker, exchange, event);
}

/* Authentication tokens come in binds, their responses and auth3; later verifiers are signatures.
 * */
static void
take_verifier(struct oa_tracker *tracker, struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;
    struct oa_rpc_security *security = &event->vc->security;
    struct oa_auth *auth = &tracker->auth->token;

    security->present = true;
    security->type = verifier->type;
    security->level = verifier->level;
    if (!oa_auth_from_token(verifier->value, verifier->value_length, tracker->code_pages, auth))
        return;
    if (auth->user[0] || auth->mechanism != OA_AUTH_UNKNOWN)
        note_auth(tracker, &security->auth, auth);
    event->auth = auth;
    event->auth_place = OA_AUTH_RPC;
    struct oa_event told = *event;
    told.type = OA_EVENT_AUTH;
    oa_emit(tracker, &told);
}

/* Faults that report that the server did not accept the client's tokens, [MS-ERREF] 2.2. */
static bool
is_refusal(uint32_t fault)
{
    static const uint32_t REFUSALS[] = {
        5,     /* ERROR_ACCESS_DENIED */
        0x52E, /* ERROR_LOGON_FAILURE */
        0x6D3, /* RPC_S_UNKNOWN_AUTHN_SERVICE */
        0x6D4, /* RPC_S_UNKNOWN_AUTHN_LEVEL */
        0x6D5, /* RPC_S_INVALID_AUTH_IDENTITY */
        0x721, /* RPC_S_SEC_PKG_ERROR */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(REFUSALS); i++)
        if (REFUSALS[i] == fault)
            return true;
    return false;
}

static bool
refuses(const struct oa_rpc_pdu *rpc)
{
    return rpc->header.ptype == OA_RPC_BIND_NAK ||
           (rpc->header.ptype == OA_RPC_FAULT && is_refusal(rpc->fault_status));
}

/* The exchange ends with the PDU that refuses it. */
static void
note_refusal(const struct oa_event *event)
{
    struct oa_auth_exchange *exchange = event->vc->rpc_exchange;

    if (exchange && exchange->result == OA_AUTH_PENDING && refuses(event->rpc)) {
        exchange->last = event->last;
        exchange->answered = true;
    }
}

/* What the server sends after the last token shows the result. */
static void
take_rpc_response(struct oa_tracker *tracker, const struct oa_event *event)
{
    struct oa_auth_exchange *exchange = event->vc->rpc_exchange;
    uint8_t ptype = event->rpc->header.ptype;
    bool refused = refuses(event->rpc);

    if (!exchange || exchange->result != OA_AUTH_PENDING)
        return;
    if (refused) {
        exchange->result = OA_AUTH_REFUSED;
        tell_rpc_refusal(tracker, exchange, event);
    } else if (ptype == OA_RPC_RESPONSE || ptype == OA_RPC_FAULT) {
        exchange->result = OA_AUTH_ACCEPTED;
    }
}

void
oa_auth_take_rpc(struct oa_tracker *tracker, struct oa_event *event)
{
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
    case OA_RPC_AUTH3:
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT_RESP:
        if (!event->rpc->verifier.present)
            break;
        take_verifier(tracker, event);
        take_rpc_token(tracker, event);
        break;
    case OA_RPC_BIND_NAK:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        note_refusal(event);
        take_rpc_response(tracker, event);
        break;
    default:
        break;
    }
}

void
oa_auth_close_vc(struct oa_tracker *tracker, struct oa_virtual_connection *vc)
{
    finish(tracker, vc->rpc_exchange, NULL, vc);
    vc->rpc_exchange = NULL;
}

void
oa_auth_merge_vc(struct oa_tracker *tracker, struct oa_virtual_connection *into,
                 struct oa_virtual_connection *from)
{
    if (into->rpc_exchange) {
        oa_auth_close_vc(tracker, from);
        return;
    }
    into->rpc_exchange = from->rpc_exchange;
    from->rpc_exchange = NULL;
    if (into->rpc_exchange)
        into->rpc_exchange->vc = into;
}
