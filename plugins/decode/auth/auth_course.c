/* auth_course.c
 * The course of an authentication exchange: how each request, response and token advances it.
 * [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_course.h"

#include <glib.h>
#include <string.h>

#define NTLM_CHALLENGE 2
#define NTLM_AUTHENTICATE 3

/* CONN/B1 follows the request at once; later PDUs were allowed by CONN/C2, so the request was
 * accepted. [MS-RPCH] 3.2.2.4.1 */
#define PDUS_OF_AN_ACCEPTED_IN_CHANNEL 2

static void
release_token(const struct oa_auth *token)
{
    if (token != &OA_AUTH_NONE)
        oa_auth_copy_release(token);
}

struct oa_auth_course *
oa_auth_course_new(struct oa_auth_copies *copies, uint64_t number, enum oa_auth_place place,
                   struct oa_stamp first)
{
    struct oa_auth_course *course = g_new0(struct oa_auth_course, 1);

    course->copies = copies;
    course->facts.number = number;
    course->facts.place = place;
    course->facts.client = course->facts.server = &OA_AUTH_NONE;
    course->facts.first = course->facts.last = first;
    return course;
}

void
oa_auth_course_free(void *data)
{
    struct oa_auth_course *course = data;

    if (!course)
        return;
    release_token(course->facts.client);
    release_token(course->facts.server);
    g_free(course);
}

/*
 * Adds another token of the same side. An NTLM message replaces earlier ones; the list of
 * mechanisms comes only with the first token, and the last one often has a state only.
 */
static void
add_token(struct oa_auth_course *course, const struct oa_auth **kept, const struct oa_auth *token)
{
    const struct oa_auth *was = *kept;
    bool replaces = !was->has_token || token->ntlm_type || token->mechanism == OA_AUTH_BASIC;
    struct oa_auth to;

    memcpy(&to, replaces ? token : was, sizeof to);
    if (replaces && !token->is_spnego_init && was->n_mechs) {
        memcpy(to.mechs, was->mechs, sizeof to.mechs);
        to.n_mechs = was->n_mechs;
    } else if (!replaces && token->mechanism != OA_AUTH_UNKNOWN) {
        to.mechanism = token->mechanism;
    }
    to.has_state = was->has_state || token->has_state;
    to.state = token->has_state ? token->state : was->state;
    to.chosen = token->chosen ? token->chosen : was->chosen;
    if (token->kerberos_message) {
        to.kerberos_message = token->kerberos_message;
        to.kerberos_error = token->kerberos_error;
    }
    if (replaces && token->ntlm_type && was->realm[0]) {
        /* The ticket that came before NTLM. */
        memcpy(to.realm, was->realm, sizeof to.realm);
        to.ticket = was->ticket;
        if (!to.user[0] && !to.is_anonymous)
            memcpy(to.user, was->user, sizeof to.user);
        if (!to.target_name[0])
            memcpy(to.target_name, was->target_name, sizeof to.target_name);
    }
    to.malformed = was->malformed || token->malformed;
    *kept = oa_auth_copies_keep(course->copies, &to);
    release_token(was);
}

/* Adds a token of the server; one of SPNEGO may choose NTLM in place of a ticket. */
static void
add_token_of_server(struct oa_auth_course *course, const struct oa_auth *token)
{
    struct oa_auth_exchange *facts = &course->facts;

    add_token(course, &facts->server, token);
    facts->kerberos_declined |= token->chosen == OA_SPNEGO_MECH_NTLM &&
                                facts->client->kerberos_message == OA_KERBEROS_AP_REQ;
}

/* Some mechanisms report the result in their tokens; NTLM does not. */
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

const struct oa_http_credentials *
oa_auth_course_credentials(const struct oa_auth_course *course, const struct oa_http_head *request)
{
    const struct oa_http_credentials *found = NULL;
    bool for_proxy = course && course->facts.is_proxy;

    for (size_t i = 0; i < request->n_credentials; i++) {
        bool proxy = request->credentials[i].header == OA_HTTP_PROXY_AUTHORIZATION;

        if (!found || proxy == for_proxy)
            found = &request->credentials[i];
    }
    return found;
}

/* Whether the request continues the exchange; otherwise it begins one of its own. */
static bool
continues(const struct oa_auth_course *exchange, const struct oa_auth *auth)
{
    bool is_next_token = auth && (auth->ntlm_type == NTLM_AUTHENTICATE ||
                                  (auth->is_spnego && !auth->is_spnego_init));

    if (exchange->phase == OA_AUTH_CHALLENGED)
        return auth != NULL;
    /* A response is missing from the capture. */
    return exchange->phase == OA_AUTH_WAITING && exchange->facts.result == OA_AUTH_PENDING &&
           is_next_token;
}

/* The request was accepted, as an anonymous one if no credentials were sent at all. */
static void
accept_request(struct oa_auth_exchange *facts)
{
    facts->result = OA_AUTH_ACCEPTED;
    if (!oa_auth_exchange_has_credentials(facts))
        facts->anonymous =
            facts->may_begin_earlier ? OA_AUTH_ANONYMOUS_UNKNOWN : OA_AUTH_ANONYMOUS_ACCEPTED;
}

/* Whether the request, which has no credentials, shows that the last token of the client was
 * accepted: the response to it is missing from the capture. */
static bool
shows_acceptance(const struct oa_auth_course *exchange, const struct oa_auth *auth)
{
    const struct oa_auth_exchange *facts = &exchange->facts;

    return !auth && exchange->phase == OA_AUTH_WAITING && exchange->tries_credentials &&
           facts->result == OA_AUTH_PENDING &&
           (facts->client->ntlm_type == NTLM_AUTHENTICATE ||
            facts->client->mechanism == OA_AUTH_KERBEROS);
}

/* Whether the request needs no exchange: the connection is authenticated, or Basic is repeated. */
static bool
rests_on(const struct oa_auth_course *exchange, const struct oa_auth *auth)
{
    const struct oa_auth *known = exchange->facts.client;

    if (shows_acceptance(exchange, auth))
        return true;
    if (exchange->facts.result != OA_AUTH_ACCEPTED)
        return false;
    if (!auth)
        return true;
    return auth->mechanism == OA_AUTH_BASIC && known->mechanism == OA_AUTH_BASIC &&
           strcmp(auth->user, known->user) == 0 && strcmp(auth->domain, known->domain) == 0;
}

enum oa_auth_relation
oa_auth_course_relate(const struct oa_auth_course *course, const struct oa_auth *auth)
{
    if (course && rests_on(course, auth))
        return OA_AUTH_RESTS;
    return course && continues(course, auth) ? OA_AUTH_CONTINUES : OA_AUTH_BEGINS;
}

bool
oa_auth_course_rest(struct oa_auth_course *course, struct oa_stamp first)
{
    bool is_news = course->facts.result != OA_AUTH_ACCEPTED;

    if (is_news) {
        accept_request(&course->facts);
        course->phase = OA_AUTH_SETTLED;
    }
    course->is_later_request = true;
    course->later_request = first;
    course->facts.later_requests++;
    course->pdus = 0;
    return is_news;
}

void
oa_auth_course_add_request(struct oa_auth_course *course, const struct oa_http_head *request,
                           const struct oa_auth *auth, bool is_proxy, struct oa_stamp last)
{
    struct oa_auth_exchange *facts = &course->facts;

    course->phase = OA_AUTH_WAITING;
    course->pdus = 0;
    course->unanswered++;
    course->tries_credentials = auth != NULL;
    facts->legs++;
    facts->last = last;
    facts->answered = false;
    facts->status = 0;
    facts->may_have_certificate |= oa_text_starts(request->path, "/rpcwithcert/");
    if (auth) {
        facts->scheme = auth->scheme;
        facts->is_proxy = is_proxy;
        add_token(course, &facts->client, auth);
    } else {
        facts->anonymous = OA_AUTH_ANONYMOUS_PENDING;
    }
}

static bool
asks_for_credentials(const struct oa_http_head *response)
{
    return response->status == 401 || response->status == 407;
}

/* A request that relies on the exchange was accepted. With Basic nothing persists: it comes with
 * each request. */
static void
note_persistence(struct oa_auth_exchange *facts)
{
    facts->is_persistent |= facts->scheme != OA_AUTH_SCHEME_BASIC;
}

bool
oa_auth_course_is_late(struct oa_auth_course *course, struct oa_stamp last)
{
    bool is_late = course->unanswered > 1 && oa_stamp_is_before(last, course->facts.last);

    course->unanswered = is_late ? course->unanswered - 1 : 0;
    return is_late;
}

enum oa_auth_relation
oa_auth_course_match_response(struct oa_auth_course *course, const struct oa_http_head *response,
                              struct oa_stamp *request)
{
    struct oa_auth_exchange *facts = &course->facts;

    if (course->is_later_request) {
        course->is_later_request = false;
        *request = course->later_request;
        if (asks_for_credentials(response))
            return OA_AUTH_BEGINS;
        note_persistence(facts);
        return OA_AUTH_RESTS;
    }
    if (course->phase != OA_AUTH_WAITING)
        return OA_AUTH_UNRELATED;
    if (facts->is_proxy && course->tries_credentials && response->status == 401) {
        /* The proxy passed it on to the server, which asks for credentials itself. */
        facts->result = OA_AUTH_ACCEPTED;
        *request = facts->last;
        return OA_AUTH_BEGINS;
    }
    return OA_AUTH_CONTINUES;
}

/* Adds it after those that the server named before. */
static void
add_offer(struct oa_auth_exchange *facts, enum oa_auth_scheme scheme)
{
    unsigned n = 0;

    if (facts->offered & 1u << scheme)
        return;
    facts->offered |= 1u << scheme;
    while (facts->offer[n] != OA_AUTH_SCHEME_NONE)
        n++;
    facts->offer[n] = (uint8_t)scheme;
}

/* Adds the offered schemes, and the token of the one in use. True if there is such a token. */
static bool
take_challenges(struct oa_auth_course *exchange, const struct oa_http_head *http,
                struct oa_auth *auth)
{
    struct oa_auth_exchange *facts = &exchange->facts;
    bool found = false;

    for (size_t i = 0; i < http->n_credentials; i++) {
        oa_auth_from_http(&http->credentials[i], oa_auth_copies_reader(exchange->copies), auth);
        add_offer(facts, auth->scheme);
        if (!auth->has_token || auth->scheme != facts->scheme || found)
            continue;
        add_token_of_server(exchange, auth);
        found = auth->ntlm_type == NTLM_CHALLENGE || auth->is_spnego || auth->kerberos_message;
    }
    return found;
}

/* Whether the client's last token is the final one of its mechanism. */
static bool
is_final(const struct oa_auth *client)
{
    return client->ntlm_type == NTLM_AUTHENTICATE;
}

/* Without a token in it the response is the server's last word, unless its end is missing. */
static void
refuse_request(struct oa_auth_course *course, bool has_token, bool is_cut)
{
    struct oa_auth_exchange *facts = &course->facts;
    bool is_rejected = result_of_token(facts->server) == OA_AUTH_REFUSED;

    course->phase = OA_AUTH_CHALLENGED;
    if (!course->tries_credentials) {
        facts->anonymous = OA_AUTH_ANONYMOUS_REFUSED;
    } else if ((!has_token && !is_cut) || is_rejected || is_final(facts->client)) {
        course->phase = OA_AUTH_SETTLED;
        facts->result = facts->is_split ? OA_AUTH_UNDECIDED : OA_AUTH_REFUSED;
    }
}

enum oa_auth_result
oa_auth_course_add_response(struct oa_auth_course *course, const struct oa_http_head *response,
                            struct oa_stamp last, struct oa_auth *auth)
{
    struct oa_auth_exchange *facts = &course->facts;
    bool has_token = take_challenges(course, response, auth);

    facts->last = last;
    facts->answered = true;
    facts->status = response->status;
    facts->result = OA_AUTH_PENDING; /* a conclusion from the PDUs of an IN channel was premature */
    facts->is_persistent |= response->persistent_auth;
    facts->is_proxy |= response->status == 407;
    if (asks_for_credentials(response)) {
        refuse_request(course, has_token, response->is_cut);
        return facts->result;
    }
    course->phase = OA_AUTH_SETTLED;
    /* An error of the RPC proxy itself comes after the authentication. */
    if (response->status < 400 || response->has_rpc_error)
        accept_request(facts);
    else
        facts->result = OA_AUTH_UNDECIDED;
    return facts->result;
}

bool
oa_auth_course_take_pdu(struct oa_auth_course *course)
{
    if (++course->pdus != PDUS_OF_AN_ACCEPTED_IN_CHANNEL)
        return false;
    if (course->is_later_request) {
        note_persistence(&course->facts);
        return false;
    }
    if (course->phase != OA_AUTH_WAITING)
        return false;
    accept_request(&course->facts);
    return true;
}

bool
oa_auth_course_end(struct oa_auth_course *course)
{
    if (course->phase != OA_AUTH_CHALLENGED || course->tries_credentials)
        return false;
    course->facts.result = OA_AUTH_REFUSED;
    return true;
}

/* --- RPC --- */

bool
oa_auth_course_add_token(struct oa_auth_course *course, enum oa_side side,
                         const struct oa_auth *auth, struct oa_stamp last)
{
    struct oa_auth_exchange *facts = &course->facts;

    facts->legs++;
    facts->last = last;
    facts->answered = side == OA_SERVER;
    if (!auth)
        return false;
    if (side == OA_CLIENT) {
        facts->scheme = auth->scheme;
        add_token(course, &facts->client, auth);
        return false;
    }
    add_token_of_server(course, auth);
    if (facts->result == OA_AUTH_PENDING)
        facts->result = result_of_token(auth);
    return facts->result == OA_AUTH_REFUSED;
}
