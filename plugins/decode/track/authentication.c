/* authentication.c
 * Follows authentication exchanges: HTTP by the requests and responses of a TCP connection, RPC by
 * the verifiers of a virtual connection. [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11,
 * [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/authentication.h"

#include <string.h>

#include <glib.h>

#include "auth/auth_course.h"
#include "track/auth_findings.h"
#include "track/channel_state.h"
#include "track/emit.h"
#include "track/endings.h"
#include "track/tracker_state.h"

/* Challenges that are remembered until their clients answer them, and for how long. */
#define CHALLENGES 256
#define CHALLENGE_NS (INT64_C(60) * 1000000000)

#define NTLM_CHALLENGE 2
#define NTLM_AUTHENTICATE 3

/* An NTLM challenge without a response so far. */
struct challenge {
    uint64_t channel;   /* its number */
    uint64_t timestamp; /* MsvAvTimestamp, which the response repeats; 0 without one */
    uint8_t client[16];
    struct oa_stamp stamp; /* frame 0: none here */
};

/* The number of the next exchange, and the token of the current event. */
struct auth_table {
    uint64_t n_exchanges;
    struct oa_auth_reader reader;
    struct oa_auth_copies *copies; /* identities and tokens that are kept */
    struct oa_auth token;
    struct challenge challenges[CHALLENGES]; /* the newest ones, at n_challenges % CHALLENGES */
    uint64_t n_challenges;
};

struct auth_table *
oa_auth_table_new(struct oa_code_pages *pages)
{
    struct auth_table *table = g_new0(struct auth_table, 1);

    table->reader.pages = pages;
    table->copies = oa_auth_copies_new(&table->reader);
    return table;
}

void
oa_auth_table_open_tickets(struct auth_table *table, const struct oa_kerberos_host *kerberos)
{
    table->reader.kerberos = kerberos;
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

    if (was == auth || (was && was->user[0] && !auth->user[0]))
        return;
    *known = oa_auth_copies_keep(tracker->auth->copies, auth);
    oa_auth_copy_release(was);
}

/* The credentials of a request: valid until the next ones are read. */
static const struct oa_auth *
read_credentials(struct oa_tracker *tracker, struct oa_channel *channel,
                 const struct oa_http_credentials *credentials)
{
    struct auth_table *table = tracker->auth;

    return oa_auth_repeated_read(&((struct channel *)channel)->credentials, credentials,
                                 table->copies, &table->token);
}

static const struct oa_auth *
read_challenge(struct auth_table *table, const struct oa_http_credentials *challenge)
{
    oa_auth_from_http(challenge, &table->reader, &table->token);
    return &table->token;
}

void
oa_auth_take_credentials(struct oa_tracker *tracker, const struct oa_event *head)
{
    const struct oa_http_head *http = head->http;

    for (size_t i = 0; i < http->n_credentials; i++) {
        const struct oa_auth *token =
            http->is_request ? read_credentials(tracker, head->channel, &http->credentials[i])
                             : read_challenge(tracker->auth, &http->credentials[i]);
        if (http->is_request)
            note_auth(tracker, &head->channel->auth, token);
        struct oa_event event = *head;
        event.type = OA_EVENT_AUTH;
        event.auth = token;
        event.auth_place = OA_AUTH_HTTP;
        oa_emit(tracker, &event);
    }
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

/* `is_over`: nothing more will follow. */
static void
finish_http(struct oa_tracker *tracker, struct oa_channel *channel, bool is_over)
{
    struct oa_auth_exchange *exchange = channel->exchange;

    if (exchange && is_over && oa_auth_course_end(course_of(exchange)))
        oa_auth_tell_refusal(tracker, channel, exchange,
                             &(struct oa_event){ .first = exchange->first,
                                                 .last = exchange->last,
                                                 .side = OA_SERVER,
                                                 .channel = channel },
                             OA_FINDING_ANONYMOUS_REFUSED);
    finish(tracker, exchange, channel, channel->vc);
}

/* --- the legs of NTLM, which have to come on one connection, [MS-NTHT] 2.2.2 --- */

static void
remember_challenge(struct auth_table *table, const struct oa_event *event)
{
    const struct oa_channel *channel = event->channel;
    struct challenge *next = &table->challenges[table->n_challenges++ % CHALLENGES];

    *next = (struct challenge){ .channel = channel->number,
                                .timestamp = channel->exchange->server->av_timestamp,
                                .stamp = event->last };
    memcpy(next->client, channel->endpoint[OA_CLIENT].address, sizeof next->client);
}

/* Whether the challenge can be the one that the client responds to with this AUTHENTICATE. */
static bool
is_challenge_of(const struct challenge *challenge, const struct oa_event *event,
                const struct oa_auth *authenticate)
{
    const struct oa_channel *channel = event->channel;

    if (!challenge->stamp.frame || event->last.time_ns - challenge->stamp.time_ns > CHALLENGE_NS ||
        memcmp(challenge->client, channel->endpoint[OA_CLIENT].address, sizeof challenge->client))
        return false;
    return !authenticate->is_ntlm_v2 || challenge->timestamp == authenticate->av_timestamp;
}

/* The client responds to a challenge: which is then no longer one without a response. Reports a
 * response on another connection than its challenge's, if its own had none (`lacks_one`). */
static void
match_challenge(struct oa_tracker *tracker, struct oa_auth_course *course,
                const struct oa_event *event, const struct oa_auth *authenticate, bool lacks_one)
{
    struct auth_table *table = tracker->auth;
    struct challenge *other = NULL;

    for (uint64_t i = table->n_challenges; i > 0 && table->n_challenges - i < CHALLENGES; i--) {
        struct challenge *challenge = &table->challenges[(i - 1) % CHALLENGES];
        if (challenge->stamp.frame && challenge->channel == event->channel->number) {
            challenge->stamp.frame = 0;
            return;
        }
        if (lacks_one && !other && is_challenge_of(challenge, event, authenticate))
            other = challenge;
    }
    if (!other)
        return;
    course->facts.is_split = true;
    oa_auth_tell_split(tracker, &course->facts, event, other->stamp.frame);
    other->stamp.frame = 0;
}

static struct oa_auth_course *
begin_http(struct oa_tracker *tracker, struct oa_channel *channel, struct oa_stamp first)
{
    struct oa_auth_course *course = oa_auth_course_new(
        tracker->auth->copies, tracker->auth->n_exchanges++, OA_AUTH_HTTP, first);

    course->facts.may_begin_earlier = channel->is_from_middle && !channel->exchange;
    finish_http(tracker, channel, true);
    channel->exchange = &course->facts;
    course->facts.channel = channel;
    return course;
}

static void
take_request(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_auth_course *course = course_of(event->channel->exchange);
    const struct oa_http_credentials *credentials = oa_auth_course_credentials(course, event->http);
    const struct oa_auth *auth =
        credentials ? read_credentials(tracker, event->channel, credentials) : NULL;
    bool is_proxy = credentials && credentials->header == OA_HTTP_PROXY_AUTHORIZATION;

    enum oa_auth_relation relation = oa_auth_course_relate(course, auth);
    if (relation == OA_AUTH_RESTS) {
        event->exchange = &course->facts;
        if (oa_auth_course_rest(course, event->first))
            oa_auth_tell_acceptance(tracker, &course->facts, event);
        return;
    }
    if (relation == OA_AUTH_BEGINS)
        course = begin_http(tracker, event->channel, event->first);
    oa_auth_course_add_request(course, event->http, auth, is_proxy, event->last);
    if (auth && auth->ntlm_type == NTLM_AUTHENTICATE)
        match_challenge(tracker, course, event, auth,
                        relation == OA_AUTH_BEGINS && !course->facts.may_begin_earlier);
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
    if (oa_auth_course_is_late(course, event->last)) {
        event->exchange = &course->facts;
        return;
    }
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
    bool was_declined = course->facts.kerberos_declined;
    enum oa_auth_result result =
        oa_auth_course_add_response(course, event->http, event->last, &tracker->auth->token);
    event->exchange = &course->facts;
    event->auth_leg = course->facts.legs;
    if (result == OA_AUTH_PENDING && course->facts.server->ntlm_type == NTLM_CHALLENGE)
        remember_challenge(tracker->auth, event);
    if (course->facts.kerberos_declined && !was_declined)
        oa_auth_tell_declined(tracker, &course->facts, event);
    if (result == OA_AUTH_REFUSED)
        oa_auth_tell_refusal(tracker, event->channel, &course->facts, event,
                             OA_FINDING_AUTH_REFUSED);
    else if (result == OA_AUTH_ACCEPTED)
        oa_auth_tell_acceptance(tracker, &course->facts, event);
}

/* Whether the credentials of the last request are among what is missing. Requests without any that
 * follow on the connection may rest on them. */
static bool
lacks_credentials(struct oa_channel *facts, const struct oa_http_head *http)
{
    struct channel *channel = (struct channel *)facts;

    if (http->is_request)
        channel->lacks_credentials =
            (http->is_cut || channel->lacks_credentials) && !http->n_credentials;
    return channel->lacks_credentials;
}

void
oa_auth_take_head(struct oa_tracker *tracker, struct oa_event *event)
{
    if (lacks_credentials(event->channel, event->http))
        return;
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
        oa_auth_tell_acceptance(tracker, channel->exchange, event);
}

void
oa_auth_close_channel(struct oa_tracker *tracker, struct oa_channel *channel)
{
    const struct oa_auth_exchange *exchange = channel->exchange;

    finish_http(tracker, channel,
                exchange && oa_ending_settles(tracker, channel->ending.how, exchange->last));
    channel->exchange = NULL;
    oa_auth_repeated_clear(&((struct channel *)channel)->credentials);
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
    bool was_declined = exchange->kerberos_declined;
    bool is_refused =
        oa_auth_course_add_token(course_of(exchange), event->side, event->auth, event->last);
    event->exchange = exchange;
    event->auth_leg = exchange->legs;
    if (exchange->kerberos_declined && !was_declined)
        oa_auth_tell_declined(tracker, exchange, event);
    if (is_refused)
        oa_auth_tell_rpc_refusal(tracker, exchange, event);
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
    if (!oa_auth_from_token(verifier->value, verifier->value_length, &tracker->auth->reader, auth))
        return;
    if (auth->user[0] || auth->mechanism != OA_AUTH_UNKNOWN)
        note_auth(tracker, &security->auth, auth);
    event->auth = auth;
    event->auth_place = OA_AUTH_RPC;
    struct oa_event told = *event;
    told.type = OA_EVENT_AUTH;
    oa_emit(tracker, &told);
}

/* Faults with which a server refuses the first call after the client's tokens, [MS-ERREF] 2.2,
 * [C706] appendix E: Samba sends nca_proto_error. */
static bool
is_refusal(uint32_t fault)
{
    static const struct {
        uint32_t first, last;
    } REFUSALS[] = {
        { 0x5, 0x5 },               /* ERROR_ACCESS_DENIED */
        { 0x52E, 0x533 },           /* ERROR_LOGON_FAILURE to ERROR_ACCOUNT_DISABLED */
        { 0x569, 0x569 },           /* ERROR_LOGON_TYPE_NOT_GRANTED */
        { 0x576, 0x576 },           /* ERROR_TIME_SKEW */
        { 0x6CD, 0x6CD },           /* RPC_S_UNKNOWN_AUTHN_TYPE */
        { 0x6D2, 0x6D5 },           /* RPC_S_BINDING_HAS_NO_AUTH to RPC_S_INVALID_AUTH_IDENTITY */
        { 0x71D, 0x71D },           /* RPC_S_UNSUPPORTED_AUTHN_LEVEL */
        { 0x721, 0x721 },           /* RPC_S_SEC_PKG_ERROR */
        { 0x1C00001F, 0x1C00001F }, /* nca_invalid_checksum */
        { 0x1C01000B, 0x1C01000B }, /* nca_proto_error */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(REFUSALS); i++)
        if (REFUSALS[i].first <= fault && fault <= REFUSALS[i].last)
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
        oa_auth_tell_rpc_refusal(tracker, exchange, event);
    } else if (ptype == OA_RPC_RESPONSE || ptype == OA_RPC_FAULT) {
        exchange->result = OA_AUTH_ACCEPTED;
    }
}

static void
note_signature(const struct oa_event *event)
{
    struct oa_auth_exchange *exchange = event->vc->rpc_exchange;

    if (exchange && (event->is_cut || exchange->context_id == event->rpc->verifier.context_id))
        oa_signatures_add(&exchange->signatures, event->signature);
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
    case OA_RPC_REQUEST:
        note_signature(event);
        break;
    case OA_RPC_BIND_NAK:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        note_signature(event);
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
