/* auth_exchange.c
 * Follows authentication exchanges: HTTP by the requests and answers of a TCP connection, RPC by
 * the verifiers of a virtual connection. [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11,
 * [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/authentication.h"

#include <string.h>

#include "track/channel_state.h"
#include "track/emit.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

#define NTLM_CHALLENGE 2
#define NTLM_AUTHENTICATE 3

/* CONN/B1 follows the request at once; what comes behind it was allowed by CONN/C2, so that the
 * request was let in. [MS-RPCH] 3.2.2.4.1 */
#define PDUS_OF_AN_ACCEPTED_IN_CHANNEL 2

/* What is known of all exchanges together, and the token of the current event. */
struct auth_exchanges {
    uint64_t n_exchanges;
    struct oa_auth token;
};

enum phase {
    WAITING,    /* for the answer to the last request */
    CHALLENGED, /* for the client's next request */
    SETTLED,
};

struct exchange {
    struct oa_auth_exchange facts; /* first, so that the two convert */
    enum phase phase;
    bool is_later_request; /* the request that waits rests on an exchange that has ended */
    struct oa_stamp later_request;
    bool tries_credentials; /* the last request had some */
    unsigned pdus;          /* of the client, behind the last request */
};

/* Most requests bring no token: what is kept of one is large. */
static const struct oa_auth NO_TOKEN;

static void
free_token(const struct oa_auth *token)
{
    if (token != &NO_TOKEN)
        g_free((struct oa_auth *)token);
}

void
oa_auth_exchange_free(struct oa_auth_exchange *exchange)
{
    if (!exchange)
        return;
    free_token(exchange->client);
    free_token(exchange->server);
    g_free(exchange);
}

static void
free_exchange(void *exchange)
{
    oa_auth_exchange_free(exchange);
}

struct auth_exchanges *
oa_auth_exchanges_new(void)
{
    return g_new0(struct auth_exchanges, 1);
}

void
oa_auth_exchanges_free(struct auth_exchanges *exchanges)
{
    g_free(exchanges);
}

static struct exchange *
begin(struct oa_tracker *tracker, enum oa_auth_place place, struct oa_stamp first)
{
    struct exchange *exchange = g_new0(struct exchange, 1);

    exchange->facts.number = tracker->exchanges->n_exchanges++;
    exchange->facts.place = place;
    exchange->facts.client = exchange->facts.server = &NO_TOKEN;
    exchange->facts.first = exchange->facts.last = first;
    return exchange;
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

/* How many refusals of one connection make a loop. Further ones are not told. */
#define LOOP 3

static void
tell_refusal(struct channel *channel, const struct oa_auth_exchange *facts,
             const struct oa_event *where, enum oa_finding_id id)
{
    char client[OA_FINDING_TEXT];

    describe_client(facts, client, sizeof client);
    if (channel->facts.vc && (id == OA_FINDING_ANONYMOUS_REFUSED || facts->client->is_anonymous))
        channel->facts.vc->anonymous_refused = true;
    if (++channel->refusals < LOOP)
        oa_emit_finding(channel->tracker, where, id, "%s; %u after %u requests", client,
                        facts->status, facts->legs);
    else if (channel->refusals == LOOP)
        oa_emit_finding(channel->tracker, where, OA_FINDING_AUTH_LOOP,
                        "%u authentications refused, the last: %s; %u", channel->refusals, client,
                        facts->status);
}

/* Once for a virtual connection. */
static void
tell_acceptance(struct channel *channel, const struct oa_auth_exchange *facts,
                const struct oa_event *where)
{
    struct virtual_connection *vc = (struct virtual_connection *)channel->facts.vc;
    char client[OA_FINDING_TEXT];

    if (facts->anonymous != OA_AUTH_ANONYMOUS_ACCEPTED && !facts->client->is_anonymous)
        return;
    if (vc) {
        vc->facts.anonymous_accepted = true;
        if (vc->told_anonymous)
            return;
        vc->told_anonymous = true;
    }
    describe_client(facts, client, sizeof client);
    oa_emit_finding(channel->tracker, where, OA_FINDING_ANONYMOUS_ACCEPTED, "%s", client);
}

static void
tell_rpc_refusal(struct virtual_connection *vc, const struct oa_auth_exchange *facts,
                 const struct oa_event *where)
{
    char client[OA_FINDING_TEXT];

    describe_client(facts, client, sizeof client);
    oa_emit_finding(vc->tracker, where, OA_FINDING_AUTH_REFUSED, "Inside RPC: %s; by a %s", client,
                    oa_rpc_ptype_name(where->rpc->header.ptype));
}

/* Tells of it, and lets it go. */
static void
finish(struct oa_tracker *tracker, struct oa_auth_exchange *facts, struct oa_channel *channel,
       struct oa_virtual_connection *vc)
{
    struct exchange *exchange = (struct exchange *)facts;

    if (!exchange)
        return;
    /* A client that had nothing to try after the first 401 has been refused. */
    if (exchange->phase == CHALLENGED && !exchange->tries_credentials) {
        facts->result = OA_AUTH_REFUSED;
        tell_refusal(
            (struct channel *)channel, facts,
            &(struct oa_event){
                .first = facts->first, .last = facts->last, .side = OA_SERVER, .channel = channel },
            OA_FINDING_ANONYMOUS_REFUSED);
    }
    oa_emit(tracker, &(struct oa_event){ .type = OA_EVENT_AUTH_DONE,
                                         .first = facts->first,
                                         .last = facts->last,
                                         .channel = channel,
                                         .vc = vc,
                                         .auth_place = facts->place,
                                         .exchange = facts });
    oa_retire(tracker, exchange, free_exchange);
}

/*
 * Adds what another token of the same side tells. An NTLM message stands for itself; the list of
 * mechanisms comes only with the first token, and the last one often holds a state alone.
 */
static void
add_token(const struct oa_auth **kept, const struct oa_auth *token)
{
    struct oa_auth *to = g_memdup2(*kept, sizeof **kept);
    struct oa_auth was = *to;

    if (!to->has_token || token->ntlm_type || token->mechanism == OA_AUTH_BASIC) {
        *to = *token;
        if (!token->is_spnego_init && was.n_mechs) {
            memcpy(to->mechs, was.mechs, sizeof to->mechs);
            to->n_mechs = was.n_mechs;
        }
    } else if (token->mechanism != OA_AUTH_UNKNOWN) {
        to->mechanism = token->mechanism;
    }
    to->has_state = was.has_state || token->has_state;
    to->state = token->has_state ? token->state : was.state;
    to->chosen = token->chosen ? token->chosen : was.chosen;
    if (token->kerberos_message) {
        to->kerberos_message = token->kerberos_message;
        to->kerberos_error = token->kerberos_error;
    }
    to->malformed = was.malformed || token->malformed;
    free_token(*kept);
    *kept = to;
}

/* Some mechanisms tell in their tokens how it ended; NTLM does not. */
static enum oa_auth_result
result_of_token(const struct oa_auth *token)
{
    if (token->has_state && token->state == OA_SPNEGO_REJECT)
        return OA_AUTH_REFUSED;
    if (token->kerberos_message == OA_KERBEROS_ERROR)
        return OA_AUTH_REFUSED;
    if (token->has_state)
        return token->state == OA_SPNEGO_ACCEPT_COMPLETED ? OA_AUTH_ACCEPTED : OA_AUTH_PENDING;
    return token->kerberos_message == OA_KERBEROS_AP_REP ? OA_AUTH_ACCEPTED : OA_AUTH_PENDING;
}

/* --- HTTP --- */

/* The credentials of a request: for the one who asked last, else for the server. */
static bool
find_credentials(const struct oa_http_head *http, bool for_proxy, bool *is_proxy,
                 struct oa_auth *auth)
{
    const struct oa_http_credentials *found = NULL;

    for (size_t i = 0; i < http->n_credentials; i++) {
        bool proxy = http->credentials[i].header == OA_HTTP_PROXY_AUTHORIZATION;

        if (!found || proxy == for_proxy)
            found = &http->credentials[i];
    }
    if (!found)
        return false;
    *is_proxy = found->header == OA_HTTP_PROXY_AUTHORIZATION;
    oa_auth_from_http(found, auth);
    return true;
}

/* Whether the request goes on with the exchange, or begins one of its own. */
static bool
continues(const struct exchange *exchange, const struct oa_auth *auth)
{
    bool is_next_token = auth && (auth->ntlm_type == NTLM_AUTHENTICATE ||
                                  (auth->is_spnego && !auth->is_spnego_init));

    if (exchange->phase == CHALLENGED)
        return auth != NULL;
    /* An answer is missing in the capture. */
    return exchange->phase == WAITING && exchange->facts.result == OA_AUTH_PENDING && is_next_token;
}

/* Whether the request needs no exchange: the connection is known, or Basic is repeated. */
static bool
rests_on(const struct exchange *exchange, const struct oa_auth *auth)
{
    const struct oa_auth *known = exchange->facts.client;

    if (exchange->facts.result != OA_AUTH_ACCEPTED)
        return false;
    if (!auth)
        return true;
    return auth->mechanism == OA_AUTH_BASIC && known->mechanism == OA_AUTH_BASIC &&
           strcmp(auth->user, known->user) == 0 && strcmp(auth->domain, known->domain) == 0;
}

static struct exchange *
begin_http(struct channel *channel, struct oa_stamp first)
{
    struct exchange *exchange = begin(channel->tracker, OA_AUTH_HTTP, first);

    finish(channel->tracker, channel->facts.exchange, &channel->facts, channel->facts.vc);
    channel->facts.exchange = &exchange->facts;
    exchange->facts.channel = &channel->facts;
    return exchange;
}

static void
take_request(struct channel *channel, struct oa_event *event)
{
    struct exchange *exchange = (struct exchange *)channel->facts.exchange;
    bool for_proxy = exchange && exchange->facts.is_proxy;
    struct oa_auth *auth = &channel->tracker->exchanges->token;
    bool is_proxy = false;

    if (!find_credentials(event->http, for_proxy, &is_proxy, auth))
        auth = NULL;
    if (exchange && rests_on(exchange, auth)) {
        exchange->is_later_request = true;
        exchange->later_request = event->first;
        exchange->facts.later_requests++;
        exchange->pdus = 0;
        event->exchange = &exchange->facts;
        return;
    }
    if (!exchange || !continues(exchange, auth))
        exchange = begin_http(channel, event->first);

    struct oa_auth_exchange *facts = &exchange->facts;
    exchange->phase = WAITING;
    exchange->pdus = 0;
    exchange->tries_credentials = auth != NULL;
    facts->legs++;
    facts->last = event->last;
    facts->answered = false;
    facts->status = 0;
    facts->may_have_certificate |= oa_text_starts(event->http->path, "/rpcwithcert/");
    if (auth) {
        facts->scheme = auth->scheme;
        facts->is_proxy = is_proxy;
        add_token(&facts->client, auth);
    } else {
        facts->anonymous = OA_AUTH_ANONYMOUS_PENDING;
    }
    event->exchange = facts;
    event->auth_leg = facts->legs;
}

/* Notes the schemes offered, and adds the token of the one in use. True if there is such a token.
 */
static bool
take_challenges(struct exchange *exchange, const struct oa_http_head *http, struct oa_auth *auth)
{
    struct oa_auth_exchange *facts = &exchange->facts;
    bool found = false;

    for (size_t i = 0; i < http->n_credentials; i++) {
        oa_auth_from_http(&http->credentials[i], auth);
        facts->offered |= 1u << auth->scheme;
        if (!auth->has_token || auth->scheme != facts->scheme || found)
            continue;
        add_token(&facts->server, auth);
        found = auth->ntlm_type == NTLM_CHALLENGE || auth->is_spnego || auth->kerberos_message;
    }
    return found;
}

/* Whether the client's last token was the last that its mechanism has. */
static bool
is_final(const struct oa_auth *client)
{
    return client->ntlm_type == NTLM_AUTHENTICATE;
}

static void
refuse_request(struct exchange *exchange, bool has_token)
{
    struct oa_auth_exchange *facts = &exchange->facts;
    bool is_rejected = result_of_token(facts->server) == OA_AUTH_REFUSED;

    exchange->phase = CHALLENGED;
    if (!exchange->tries_credentials) {
        facts->anonymous = OA_AUTH_ANONYMOUS_REFUSED;
    } else if (!has_token || is_rejected || is_final(facts->client)) {
        exchange->phase = SETTLED;
        facts->result = OA_AUTH_REFUSED;
    }
}

/* The request was let in: nothing but a request without credentials makes it an anonymous one. */
static void
accept_request(struct oa_auth_exchange *facts, const struct oa_event *event)
{
    facts->result = OA_AUTH_ACCEPTED;
    if (!oa_auth_exchange_has_credentials(facts))
        facts->anonymous = OA_AUTH_ANONYMOUS_ACCEPTED;
    tell_acceptance((struct channel *)facts->channel, facts, event);
}

static void
settle(struct exchange *exchange, const struct oa_http_head *http, struct oa_event *event,
       struct oa_auth *auth)
{
    struct oa_auth_exchange *facts = &exchange->facts;
    bool has_token = take_challenges(exchange, http, auth);

    facts->last = event->last;
    facts->answered = true;
    facts->status = http->status;
    facts->result = OA_AUTH_PENDING; /* what an IN channel let conclude has been too early */
    facts->is_persistent |= http->persistent_auth;
    facts->is_proxy |= http->status == 407;
    event->exchange = facts;
    event->auth_leg = facts->legs;
    if (http->status == 401 || http->status == 407) {
        refuse_request(exchange, has_token);
        if (exchange->phase == SETTLED)
            tell_refusal((struct channel *)facts->channel, facts, event, OA_FINDING_AUTH_REFUSED);
        return;
    }
    exchange->phase = SETTLED;
    /* An error of the RPC proxy itself is one behind the authentication. */
    if (http->status < 400 || http->has_rpc_error)
        accept_request(facts, event);
    else
        facts->result = OA_AUTH_UNDECIDED;
}

/* The request that waits stands in no exchange, and is refused: it begins one. */
static struct exchange *
begin_with_refused(struct channel *channel, struct oa_stamp request)
{
    struct exchange *exchange = begin_http(channel, request);

    exchange->facts.legs = 1;
    return exchange;
}

static void
take_response(struct channel *channel, struct oa_event *event)
{
    struct exchange *exchange = (struct exchange *)channel->facts.exchange;
    const struct oa_http_head *http = event->http;
    bool asks = http->status == 401 || http->status == 407;

    if (!exchange || http->status < 200)
        return;
    if (exchange->is_later_request) {
        exchange->is_later_request = false;
        if (!asks) {
            /* Basic comes with each request: nothing persists. */
            exchange->facts.is_persistent |= exchange->facts.scheme != OA_AUTH_SCHEME_BASIC;
            event->exchange = &exchange->facts;
            return;
        }
        exchange = begin_with_refused(channel, exchange->later_request);
    } else if (exchange->phase != WAITING) {
        return;
    } else if (exchange->facts.is_proxy && exchange->tries_credentials && http->status == 401) {
        /* The proxy let it through to the server, which asks in its turn. */
        struct oa_stamp request = exchange->facts.last;

        exchange->facts.result = OA_AUTH_ACCEPTED;
        exchange = begin_with_refused(channel, request);
    }
    settle(exchange, http, event, &channel->tracker->exchanges->token);
}

void
oa_auth_exchange_take_head(struct channel *channel, struct oa_event *event)
{
    if (event->http->is_request)
        take_request(channel, event);
    else
        take_response(channel, event);
}

/* An IN channel that works has no answer: that it goes on is the answer. */
void
oa_auth_exchange_take_pdu(struct channel *channel, const struct oa_event *event)
{
    struct exchange *exchange = (struct exchange *)channel->facts.exchange;

    if (!exchange || event->side != OA_CLIENT || channel->facts.kind != OA_CHANNEL_IN)
        return;
    if (++exchange->pdus != PDUS_OF_AN_ACCEPTED_IN_CHANNEL)
        return;
    if (exchange->is_later_request)
        exchange->facts.is_persistent |= exchange->facts.scheme != OA_AUTH_SCHEME_BASIC;
    else if (exchange->phase == WAITING)
        accept_request(&exchange->facts, event);
}

void
oa_auth_exchange_close_channel(struct channel *channel)
{
    finish(channel->tracker, channel->facts.exchange, &channel->facts, channel->facts.vc);
    channel->facts.exchange = NULL;
}

/* --- who --- */

/* Keeps the identity: a token that tells a user is better than one that does not. */
static void
note_auth(struct channel *channel, const struct oa_auth *auth)
{
    if (!channel->facts.auth)
        channel->facts.auth = g_new0(struct oa_auth, 1);
    if (auth->user[0] || !channel->facts.auth->user[0])
        *channel->facts.auth = *auth;
}

void
oa_auth_take_credentials(struct channel *channel, const struct oa_event *head)
{
    const struct oa_http_head *http = head->http;
    struct oa_tracker *tracker = channel->tracker;

    for (size_t i = 0; i < http->n_credentials; i++) {
        oa_auth_from_http(&http->credentials[i], &tracker->exchanges->token);
        if (http->is_request)
            note_auth(channel, &tracker->exchanges->token);
        struct oa_event event = *head;
        event.type = OA_EVENT_AUTH;
        event.auth = &tracker->exchanges->token;
        event.auth_place = OA_AUTH_HTTP;
        oa_emit(tracker, &event);
    }
}

/* --- RPC --- */

static void
begin_rpc(struct virtual_connection *vc, const struct oa_event *event)
{
    struct exchange *exchange = begin(vc->tracker, OA_AUTH_RPC, event->first);
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;

    finish(vc->tracker, vc->facts.rpc_exchange, event->channel, &vc->facts);
    vc->facts.rpc_exchange = &exchange->facts;
    exchange->facts.vc = &vc->facts;
    exchange->facts.type = verifier->type;
    exchange->facts.level = verifier->level;
    exchange->facts.context_id = verifier->context_id;
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

/* A PDU whose verifier carries a token. `event->auth` is what it was understood to be, or NULL. */
static void
take_rpc_token(struct virtual_connection *vc, struct oa_event *event)
{
    if (begins_rpc(vc->facts.rpc_exchange, event))
        begin_rpc(vc, event);

    struct exchange *exchange = (struct exchange *)vc->facts.rpc_exchange;
    if (!exchange)
        return; /* the capture begins behind the client's token */
    struct oa_auth_exchange *facts = &exchange->facts;
    facts->legs++;
    facts->last = event->last;
    facts->answered = event->side == OA_SERVER;
    event->exchange = facts;
    event->auth_leg = facts->legs;
    if (!event->auth)
        return;
    if (event->side == OA_CLIENT) {
        facts->scheme = event->auth->scheme;
        add_token(&facts->client, event->auth);
    } else {
        add_token(&facts->server, event->auth);
        if (facts->result == OA_AUTH_PENDING)
            facts->result = result_of_token(event->auth);
        if (facts->result == OA_AUTH_REFUSED)
            tell_rpc_refusal(vc, facts, event);
    }
}

/* The tokens of an authentication come in binds, their answers and auth3; later verifiers are
 * signatures. */
static void
take_verifier(struct virtual_connection *vc, struct oa_event *event)
{
    const struct oa_rpc_verifier *verifier = &event->rpc->verifier;
    struct oa_rpc_security *security = &vc->facts.security;
    struct oa_auth *auth = &vc->tracker->exchanges->token;

    if (!verifier->present)
        return;
    security->present = true;
    security->type = verifier->type;
    security->level = verifier->level;
    if (!oa_auth_from_token(verifier->value, verifier->value_length, auth))
        return;
    if (auth->user[0] || (auth->mechanism != OA_AUTH_UNKNOWN && !security->auth.user[0]))
        security->auth = *auth;
    event->auth = auth;
    event->auth_place = OA_AUTH_RPC;
    struct oa_event told = *event;
    told.type = OA_EVENT_AUTH;
    told.vc = &vc->facts;
    oa_emit(vc->tracker, &told);
}

/* Faults by which a server tells that it did not accept the client's tokens, [MS-ERREF] 2.2. */
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

/* What the server does behind the last token answers it. */
static void
take_rpc_answer(struct virtual_connection *vc, const struct oa_event *event)
{
    struct oa_auth_exchange *facts = vc->facts.rpc_exchange;
    uint8_t ptype = event->rpc->header.ptype;
    bool refused =
        ptype == OA_RPC_BIND_NAK || (ptype == OA_RPC_FAULT && is_refusal(event->rpc->fault_status));

    if (!facts || facts->result != OA_AUTH_PENDING)
        return;
    if (refused) {
        facts->result = OA_AUTH_REFUSED;
        tell_rpc_refusal(vc, facts, event);
    } else if (ptype == OA_RPC_RESPONSE || ptype == OA_RPC_FAULT) {
        facts->result = OA_AUTH_ACCEPTED;
    }
}

void
oa_auth_exchange_take_rpc(struct virtual_connection *vc, struct oa_event *event)
{
    switch (event->rpc->header.ptype) {
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
    case OA_RPC_AUTH3:
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT_RESP:
        take_verifier(vc, event);
        if (event->rpc->verifier.present)
            take_rpc_token(vc, event);
        break;
    case OA_RPC_BIND_NAK:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        take_rpc_answer(vc, event);
        break;
    default:
        break;
    }
}

void
oa_auth_exchange_close_vc(struct virtual_connection *vc)
{
    finish(vc->tracker, vc->facts.rpc_exchange, NULL, &vc->facts);
    vc->facts.rpc_exchange = NULL;
}

/* Two virtual connections are one: the exchange goes along, or ends where there is one already. */
void
oa_auth_exchange_merge_vc(struct virtual_connection *into, struct virtual_connection *from)
{
    if (into->facts.rpc_exchange) {
        oa_auth_exchange_close_vc(from);
        return;
    }
    into->facts.rpc_exchange = from->facts.rpc_exchange;
    from->facts.rpc_exchange = NULL;
    if (into->facts.rpc_exchange)
        into->facts.rpc_exchange->vc = &into->facts;
}
