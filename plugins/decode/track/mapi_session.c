/* mapi_session.c
 * Sessions and calls of MAPI over HTTP: which exchanges belong to one Session Context, reported as
 * virtual connections and their calls. [MS-OXCMAPIHTTP] 2.2.3.2 (cookies), 3.1.5, 3.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/mapi_session.h"

#include <string.h>

#include "auth/auth_copies.h"
#include "base/clock_steps.h"
#include "base/limits.h"
#include "exchange/call_facts.h"
#include "exchange/mapi_http_body.h"
#include "http/http_exchange.h"
#include "http/http_store.h"
#include "track/authentication.h"
#include "track/call_result.h"
#include "track/call_rops.h"
#include "track/calls.h"
#include "track/channel_state.h"
#include "track/connection_end.h"
#include "track/emit.h"
#include "track/endings.h"
#include "track/mailboxes.h"
#include "track/mapi_hops.h"
#include "track/outcome.h"
#include "track/tracker_state.h"
#include "track/virtual_connection.h"

/* A server drops a session after the time in X-ExpirationInfo, [MS-OXCMAPIHTTP] 2.2.3.3.11; servers
 * send 15 minutes. */
#define NS_PER_MS INT64_C(1000000)
#define EXPIRES_MS_DEFAULT (15 * 60 * 1000)
#define EXPIRES_MS_MIN (60 * 1000)
#define EXPIRES_MS_MAX (24 * 3600 * 1000)

/* How long to wait for the responses to other requests after the client has ended its session. */
#define LINGER_MS (60 * 1000)

/* What identifies a session: its cookie, the GUID of its requests, and the client with its
 * X-ClientInfo. */
enum key_kind { KEY_CONTEXT, KEY_REQUESTS, KEY_CLIENT, KEYS };

struct key {
    enum oa_mapi_http_endpoint endpoint;
    enum key_kind kind;
    struct oa_text text; /* of a kept one, behind it */
};

struct mapi_sessions {
    GTree *by_key; /* struct key -> struct mapi_session, by what identifies it in requests */
    GQueue by_age; /* of struct mapi_session, idle for longest first */
    struct mapi_hops *hops;
    struct oa_http_store *store; /* of all connections */
};

struct mapi_session {
    struct virtual_connection *vc;
    struct oa_mailbox_session *mailbox; /* of a session with a store that was opened; or NULL */
    enum oa_mapi_http_endpoint endpoint;
    bool has_beginning;    /* the request that opened it is known */
    struct key *key[KEYS]; /* owned by the table; NULL: not in it */
    GList link;            /* in by_age */
    struct channel *last;  /* of the client's hop, the one used last; NULL: it has ended */
    GList last_link;       /* in its list */
    int64_t expires_ns;
};

/* --- which session --- */

static int
compare_keys(const void *a, const void *b, void *unused)
{
    const struct key *one = a, *other = b;

    (void)unused;
    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (one->endpoint != other->endpoint)
        return one->endpoint < other->endpoint ? -1 : 1;
    if (one->text.length != other->text.length)
        return one->text.length < other->text.length ? -1 : 1;
    return one->text.length ? memcmp(one->text.at, other->text.at, one->text.length) : 0;
}

static struct mapi_session *
look_up(const struct mapi_sessions *sessions, enum oa_mapi_http_endpoint endpoint,
        enum key_kind kind, struct oa_text text)
{
    return text.length ? g_tree_lookup(sessions->by_key, &(struct key){ endpoint, kind, text })
                       : NULL;
}

/* The GUID of X-RequestId stays the same as long as the session, and no other has it; responses
 * repeat it. Empty if there is none. [MS-OXCMAPIHTTP] 2.2.3.3.2 */
static struct oa_text
guid_of_requests(const struct oa_http_head *head)
{
    struct oa_text id = head->mapi.request_id;
    const char *colon = id.length ? memchr(id.at, ':', id.length) : NULL;

    return (struct oa_text){ id.at, colon ? (size_t)(colon - id.at) : 0 };
}

/* The addresses of the connection with the X-ClientInfo of the head, in a text of its own. */
static GString *
client_of(const struct oa_channel *channel, const struct oa_http_head *head)
{
    struct oa_text info = head->mapi.client_info;
    GString *client = g_string_sized_new(2 * sizeof channel->endpoint[0].address + info.length);

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        g_string_append_len(client, (const char *)channel->endpoint[side].address,
                            sizeof channel->endpoint[side].address);
    return g_string_append_len(client, info.at, (gssize)info.length);
}

static struct oa_text
text_of(const GString *string)
{
    return (struct oa_text){ string->str, string->len };
}

static bool
has_key(const struct mapi_session *session, enum key_kind kind, struct oa_text text)
{
    const struct key *key = session->key[kind];

    return key && key->text.length == text.length &&
           memcmp(key->text.at, text.at, text.length) == 0;
}

static struct key *
copy_key(const struct key *key)
{
    struct key *copy = g_malloc(sizeof *copy + key->text.length);
    char *text = (char *)(copy + 1);

    memcpy(text, key->text.at, key->text.length);
    *copy = *key;
    copy->text.at = text;
    return copy;
}

/* From now on the session is found by that key, and by no other of its kind. An empty one is none.
 */
static void
give_key(struct mapi_session *session, enum key_kind kind, struct oa_text text)
{
    GTree *table = session->vc->tracker->mapi->by_key;
    const struct key key = { session->endpoint, kind, text };

    if (!text.length || has_key(session, kind, text))
        return;
    struct mapi_session *known = g_tree_lookup(table, &key);
    if (known)
        known->key[kind] = NULL;
    if (session->key[kind])
        g_tree_remove(table, session->key[kind]);
    session->key[kind] = copy_key(&key);
    g_tree_replace(table, session->key[kind], session);
}

struct mapi_sessions *
oa_mapi_sessions_new(void)
{
    struct mapi_sessions *sessions = g_new0(struct mapi_sessions, 1);

    sessions->by_key = g_tree_new_full(compare_keys, NULL, g_free, NULL);
    g_queue_init(&sessions->by_age);
    sessions->hops = oa_mapi_hops_new();
    sessions->store = oa_http_store_new();
    return sessions;
}

void
oa_mapi_sessions_free(struct mapi_sessions *sessions)
{
    struct mapi_session *session;

    while ((session = g_queue_peek_head(&sessions->by_age))) {
        g_queue_unlink(&sessions->by_age, &session->link);
        g_free(session);
    }
    g_tree_unref(sessions->by_key);
    oa_mapi_hops_free(sessions->hops);
    oa_http_store_free(sessions->store);
    g_free(sessions);
}

/* The channel may be NULL. */
static void
set_last(struct mapi_session *session, struct channel *channel)
{
    if (session->last == channel)
        return;
    if (session->last)
        g_queue_unlink(&session->last->last_of, &session->last_link);
    session->last = channel;
    if (!channel)
        return;
    g_queue_push_tail_link(&channel->last_of, &session->last_link);
    session->vc->facts.ending = channel->facts.ending;
}

/* Whether the server has forgotten it by then, as far as is known. */
static bool
is_expired(const struct mapi_session *session, struct oa_stamp now)
{
    const struct virtual_connection *vc = session->vc;

    return session->expires_ns < now.time_ns &&
           !oa_clock_stepped(vc->tracker->clock_steps, vc->facts.last, now);
}

void
oa_mapi_close_channel(struct channel *channel)
{
    const struct oa_ending *ending = &channel->facts.ending;
    struct mapi_session *session;

    while ((session = g_queue_peek_head(&channel->last_of))) {
        struct oa_virtual_connection *vc = &session->vc->facts;

        if (!is_expired(session, (struct oa_stamp){ ending->time_ns, ending->frame }))
            vc->ending = *ending;
        if (ending->is_one_way)
            vc->silent = ending->silent;
        vc->is_one_way |= ending->is_one_way;
        set_last(session, NULL);
    }
}

static void
close_session(struct mapi_session *session)
{
    struct virtual_connection *vc = session->vc;
    struct oa_tracker *tracker = vc->tracker;
    GList *link;

    for (int kind = 0; kind < KEYS; kind++)
        if (session->key[kind])
            g_tree_remove(tracker->mapi->by_key, session->key[kind]);
    g_queue_unlink(&tracker->mapi->by_age, &session->link);
    while ((link = g_queue_peek_head_link(&vc->channels))) {
        struct channel *channel = link->data;

        oa_vc_detach(channel, vc);
        channel->facts.vc = NULL;
    }
    if (session->mailbox) {
        oa_mailbox_close(tracker, session->mailbox);
        oa_mailbox_release(tracker, session->mailbox);
    }
    set_last(session, NULL);
    g_free(session);
    oa_vc_close(vc, NULL);
}

static void
close_expired(struct oa_tracker *tracker, struct oa_stamp now)
{
    struct mapi_session *oldest;

    while ((oldest = g_queue_peek_head(&tracker->mapi->by_age)) &&
           (is_expired(oldest, now) || tracker->mapi->by_age.length > OA_LIMIT_SESSIONS)) {
        if (!is_expired(oldest, now))
            oa_emit_limit(tracker, &(struct oa_event){ .side = OA_CLIENT }, OA_LIMIT_OF_SESSIONS);
        else if (!oldest->vc->facts.ended_ns)
            oldest->vc->facts.ended_ns = oldest->expires_ns;
        close_session(oldest);
    }
}

unsigned
oa_mapi_give_up(struct oa_tracker *tracker)
{
    const GQueue *by_age = &tracker->mapi->by_age;
    unsigned n = by_age->length / 16 + 1, given_up = 0;

    while (given_up < n && by_age->length > OA_LIMIT_SESSIONS_KEPT) {
        close_session(by_age->head->data);
        given_up++;
    }
    return given_up;
}

void
oa_mapi_end(struct oa_tracker *tracker)
{
    struct mapi_session *oldest;

    while ((oldest = g_queue_peek_head(&tracker->mapi->by_age)))
        close_session(oldest);
}

static void
keep_alive(struct mapi_session *session, int64_t now_ns, uint64_t expires_ms)
{
    GQueue *by_age = &session->vc->tracker->mapi->by_age;

    int64_t expires_ns = (int64_t)expires_ms * NS_PER_MS;

    session->expires_ns = now_ns < INT64_MAX - expires_ns ? now_ns + expires_ns : INT64_MAX;
    g_queue_unlink(by_age, &session->link);
    g_queue_push_tail_link(by_age, &session->link);
}

static struct mapi_session *
new_session(struct channel *channel, enum oa_mapi_http_endpoint endpoint, struct oa_stamp first)
{
    struct mapi_session *session = g_new0(struct mapi_session, 1);
    struct virtual_connection *vc = oa_vc_new(channel, first);

    oa_vc_tie(vc);
    vc->facts.transport = OA_TRANSPORT_MAPI_HTTP;
    vc->facts.iface = oa_rpc_interface_over_http(endpoint);
    memcpy(vc->facts.endpoint[OA_HOP_CLIENT], channel->facts.endpoint,
           sizeof channel->facts.endpoint);
    vc->facts.client = g_new0(struct oa_client, 1);
    session->vc = vc;
    session->endpoint = endpoint;
    session->link.data = session->last_link.data = session;
    g_queue_push_tail_link(&vc->tracker->mapi->by_age, &session->link);
    return session;
}

/* A request that creates a new Session Context, [MS-OXCMAPIHTTP] 2.2.4.1, 2.2.5.1. */
static bool
begins_session(enum oa_mapi_http_type type)
{
    return type == OA_MAPI_HTTP_CONNECT || type == OA_MAPI_HTTP_BIND;
}

static bool
ends_session(enum oa_mapi_http_type type)
{
    return type == OA_MAPI_HTTP_DISCONNECT || type == OA_MAPI_HTTP_UNBIND;
}

/* The message that identifies the exchange: the request, otherwise the response. */
static const struct oa_http_message *
telling_message(const struct oa_http_exchange *exchange)
{
    return exchange->request.has_head ? &exchange->request : &exchange->response;
}

/* By the cookie: mostly the session of which the connection has carried the exchange before. */
static struct mapi_session *
find_context(struct channel *channel, enum oa_mapi_http_endpoint endpoint, struct oa_text context)
{
    struct mapi_session *last = g_queue_peek_tail(&channel->last_of);

    if (last && last->endpoint == endpoint && has_key(last, KEY_CONTEXT, context))
        return last;
    return look_up(channel->tracker->mapi, endpoint, KEY_CONTEXT, context);
}

/* The session that the exchange opened, if other connections have used it before the exchange was
 * known to be over; also one whose requests have the same GUID, if the capture lacks the response
 * that gave it its cookie. Otherwise NULL. */
static struct mapi_session *
find_begun(struct channel *channel, const struct oa_http_exchange *exchange)
{
    enum oa_mapi_http_endpoint endpoint = exchange->mapi.endpoint;
    struct mapi_session *found = find_context(channel, endpoint, exchange->response.context);

    if (!found) {
        found = look_up(channel->tracker->mapi, endpoint, KEY_REQUESTS,
                        guid_of_requests(&telling_message(exchange)->head));
        if (found && found->has_beginning)
            found = NULL;
    }
    return found && !found->vc->facts.established.frame && !found->vc->facts.faults ? found : NULL;
}

/* By the client and its X-ClientInfo. */
static struct mapi_session *
find_client(struct channel *channel, enum oa_mapi_http_endpoint endpoint,
            const struct oa_http_head *head)
{
    GString *client = client_of(&channel->facts, head);
    struct mapi_session *found =
        look_up(channel->tracker->mapi, endpoint, KEY_CLIENT, text_of(client));

    g_string_free(client, TRUE);
    return found;
}

/*
 * By the cookie. Without one, or with one that was issued before the capture began, by the GUID of
 * its requests, or by the client and its X-ClientInfo, if the session has no other cookie.
 */
static struct mapi_session *
find_session(struct channel *channel, const struct oa_http_exchange *exchange)
{
    const struct oa_http_message *message = telling_message(exchange);
    enum oa_mapi_http_endpoint endpoint = exchange->mapi.endpoint;

    if (begins_session(exchange->mapi.type))
        return find_begun(channel, exchange);
    struct mapi_session *found = find_context(channel, endpoint, message->context);
    if (found)
        return found;
    found =
        look_up(channel->tracker->mapi, endpoint, KEY_REQUESTS, guid_of_requests(&message->head));
    if (!found)
        found = find_client(channel, endpoint, &message->head);
    return found && message->context.length && found->key[KEY_CONTEXT] ? NULL : found;
}

/* The connection belongs to the session until it carries an exchange of another. */
static void
use_channel(struct mapi_session *session, struct channel *channel)
{
    struct virtual_connection *vc = session->vc;

    if (channel->facts.hop == OA_HOP_CLIENT)
        set_last(session, channel);
    if (channel->facts.vc == &vc->facts)
        return;
    if (channel->facts.vc)
        oa_vc_detach(channel, (struct virtual_connection *)channel->facts.vc);
    channel->facts.vc = &vc->facts;
    channel->facts.join = OA_JOIN_CONTEXT;
    vc->facts.is_in_tls |= channel->facts.is_in_tls;
    g_queue_push_tail_link(&vc->channels, &channel->link);
    oa_vc_place_channel(channel);
    if (!oa_vc_has_endpoint(&vc->facts, channel->facts.hop))
        memcpy(vc->facts.endpoint[channel->facts.hop], channel->facts.endpoint,
               sizeof channel->facts.endpoint);
}

/* --- facts of an exchange --- */

/* Heads are reported as those of RPC over HTTP are, so that authentication is followed the same
 * way. */
static void
take_head(struct channel *channel, const struct oa_http_exchange *exchange, enum oa_side side)
{
    const struct oa_http_message *message =
        side == OA_CLIENT ? &exchange->request : &exchange->response;
    struct oa_channel *facts = &channel->facts;
    const struct oa_http_head *head = &message->head;
    struct oa_event event = { .type = OA_EVENT_HTTP_HEAD,
                              .first = message->first,
                              .last = message->last,
                              .side = side,
                              .channel = facts,
                              .vc = facts->vc,
                              .length = head->length,
                              .http = head,
                              .mapi = exchange };

    if (!message->has_head)
        return;
    if (side == OA_CLIENT) {
        facts->head = message->first;
        if (!facts->proxy_name || !oa_text_is(head->host, facts->proxy_name)) {
            oa_text_keep(&facts->proxy_name, head->host);
            oa_connection_ends_know_name(channel->tracker, head->host);
        }
        oa_text_keep(&facts->user_agent, head->user_agent);
    } else {
        facts->response = message->first;
        facts->http_status = head->status;
        facts->auth_legs += head->status == 401 || head->status == 407;
    }
    oa_auth_take_head(channel->tracker, &event);
    oa_emit(channel->tracker, &event);
    oa_auth_take_credentials(channel->tracker, &event);
}

/* Bytes of the actual body. */
static uint64_t
body_bytes(const struct oa_http_exchange *exchange, enum oa_side side)
{
    const struct oa_http_message *message =
        side == OA_CLIENT ? &exchange->request : &exchange->response;

    if (side == OA_CLIENT || exchange->preamble.state == OA_MAPI_HTTP_OTHER)
        return message->body_length;
    return message->body_length - exchange->preamble.body_offset;
}

static void
take_half(struct oa_call_half *half, const struct oa_http_exchange *exchange, enum oa_side side)
{
    const struct oa_http_message *message =
        side == OA_CLIENT ? &exchange->request : &exchange->response;

    if (!message->has_head)
        return;
    *half = (struct oa_call_half){ .first = message->first,
                                   .last = message->last,
                                   .fragments = 1,
                                   .stub_bytes = body_bytes(exchange, side),
                                   .pdu_bytes = message->wire_bytes,
                                   .is_complete = message->is_complete,
                                   .has_gap = message->has_gap,
                                   .end_is_lost = message->end_is_lost };
}

/* The body of every successful response begins with StatusCode and ErrorCode, [MS-OXCMAPIHTTP]
 * 2.2.4, 2.2.5; the second has no meaning unless the first is 0. */
static void
take_return_value(struct oa_call *call, const struct oa_http_exchange *exchange)
{
    const struct oa_http_message *response = &exchange->response;
    struct oa_cursor cursor = oa_cursor_over(response->body, response->body_kept);

    if (exchange->preamble.state != OA_MAPI_HTTP_BODY || call->is_fault ||
        exchange->mapi.type == OA_MAPI_HTTP_PING)
        return;
    oa_cursor_skip(&cursor, exchange->preamble.body_offset);
    uint32_t status = oa_cursor_u32(&cursor);
    uint32_t error = oa_cursor_left(&cursor) >= 4 && status == 0 ? oa_cursor_u32(&cursor) : status;
    call->has_return_value = !cursor.is_short;
    call->return_value = error;
}

/* X-ElapsedTime comes in the lines before the body, else in the head. */
static void
take_server_time(struct oa_call *call, const struct oa_http_exchange *exchange)
{
    uint64_t ms = exchange->preamble.elapsed_time_ms;

    call->has_server_time =
        exchange->preamble.has_elapsed_time ||
        (exchange->response.has_head &&
         oa_text_number(exchange->response.head.mapi.elapsed_time, 10, UINT32_MAX, &ms));
    call->server_time_ms = (uint32_t)ms;
}

static void
take_outcome(struct oa_call *call, const struct oa_channel *channel,
             const struct oa_http_exchange *exchange)
{
    const struct oa_http_message *response = &exchange->response;
    bool may_be_lost = response->has_gap || channel->traffic[OA_SERVER].skipped_bytes > 0 ||
                       (channel->ending.is_one_way && channel->ending.silent == OA_SERVER) ||
                       (channel->ending.is_beyond && channel->ending.by == OA_SERVER);

    if (response->has_head && response->head.status != 200) {
        call->is_fault = true;
        call->fault_kind = OA_STATUS_HTTP;
        call->fault_status = response->head.status;
    } else if (exchange->has_response_code && exchange->response_code != 0) {
        call->is_fault = true;
        call->fault_kind = OA_STATUS_MAPI_HTTP;
        call->fault_status = exchange->response_code;
    }
    take_return_value(call, exchange);
    take_server_time(call, exchange);
    call->state = call->is_fault                ? OA_CALL_FAULT
                  : !exchange->request.has_head ? OA_CALL_NO_REQUEST
                  : response->is_complete       ? OA_CALL_ANSWERED
                  : may_be_lost                 ? OA_CALL_UNKNOWN
                                                : OA_CALL_UNANSWERED;
}

/* `{guid}:number`, [MS-OXCMAPIHTTP] 2.2.3.3.2; the response repeats that of the request. */
static void
take_id(struct oa_call *call, const struct oa_http_exchange *exchange)
{
    const struct oa_text *ids[] = { &exchange->request.head.mapi.request_id,
                                    &exchange->response.head.mapi.request_id };
    const struct oa_text *id = ids[ids[0]->length == 0];
    const char *colon = id->length ? memchr(id->at, ':', id->length) : NULL;
    uint64_t number;

    call->has_no_id =
        !colon ||
        !oa_text_number((struct oa_text){ colon + 1, id->length - (size_t)(colon + 1 - id->at) },
                        10, UINT32_MAX, &number);
    if (!call->has_no_id)
        call->call_id = (uint32_t)number;
}

static void
tell_failure(struct virtual_connection *vc, struct channel *channel, const struct oa_call *call)
{
    const struct oa_call_half *response = &call->response[OA_HOP_CLIENT];
    const char *name = call->fault_kind == OA_STATUS_MAPI_HTTP
                           ? oa_mapi_http_response_code_name(call->fault_status)
                           : NULL;

    oa_emit_finding(vc->tracker,
                    &(struct oa_event){ .first = response->first,
                                        .last = response->last,
                                        .channel = &channel->facts,
                                        .vc = &vc->facts,
                                        .side = OA_SERVER },
                    OA_FINDING_MAPI_HTTP_FAILED, "%s: %s %u%s%s",
                    oa_mapi_http_type_name((enum oa_mapi_http_type)call->opnum),
                    call->fault_kind == OA_STATUS_HTTP ? "HTTP status" : "X-ResponseCode",
                    call->fault_status, name ? ", " : "", name ? name : "");
}

static bool
is_good(const struct oa_http_exchange *exchange)
{
    return exchange->response.is_complete && exchange->response.head.status == 200 &&
           exchange->has_response_code && exchange->response_code == 0;
}

/* A session with a store has a mailbox session from its first successful response on; a Connect
 * also has to return success. `connect` has the facts of its request, or is NULL. */
static void
take_mailbox(struct mapi_session *session, struct oa_call *call,
             const struct oa_http_exchange *exchange, const struct oa_call_facts *connect)
{
    bool is_refused = begins_session(exchange->mapi.type) && call->return_value != 0;

    if (session->endpoint != OA_MAPI_HTTP_NSPI && !session->mailbox && is_good(exchange) &&
        !is_refused) {
        session->mailbox = oa_mailbox_begin(session->vc->tracker, connect);
        oa_mailbox_hold(session->mailbox);
    }
    call->mailbox = session->mailbox;
    if (session->mailbox && ends_session(exchange->mapi.type) && is_good(exchange))
        session->mailbox->has_ended = true;
}

static void
take_rops(struct oa_tracker *tracker, struct oa_call *call, const struct oa_http_exchange *exchange)
{
    const struct oa_http_message *request = &exchange->request, *response = &exchange->response;
    size_t start = exchange->preamble.body_offset;

    if (exchange->mapi.type != OA_MAPI_HTTP_EXECUTE || exchange->is_cut)
        return;
    if (request->is_complete && !request->has_gap && request->body)
        oa_call_rops_read_body(tracker, call, OA_CLIENT, request->body, request->body_kept);
    if (is_good(exchange) && !response->has_gap && response->body && response->body_kept > start)
        oa_call_rops_read_body(tracker, call, OA_SERVER, response->body + start,
                               response->body_kept - start);
}

/* `halves` has what was seen of the call on each hop; `connect` has the facts of the request that
 * opens the session, or is NULL. */
static void
take_call(struct mapi_session *session, struct channel *channel,
          const struct oa_http_exchange *exchange, const struct oa_call *halves,
          const struct oa_call_facts *connect)
{
    struct virtual_connection *vc = session->vc;
    struct oa_tracker *tracker = vc->tracker;
    struct call *call = oa_call_new(tracker, &vc->facts);
    struct oa_call *facts = &call->facts;

    take_id(facts, exchange);
    facts->opnum = (uint16_t)exchange->mapi.type;
    facts->has_opnum = true;
    facts->iface = vc->facts.iface;
    memcpy(facts->request, halves->request, sizeof facts->request);
    memcpy(facts->response, halves->response, sizeof facts->response);
    oa_call_note_clock(facts, tracker->clock_steps);
    take_outcome(facts, &channel->facts, exchange);
    take_mailbox(session, facts, exchange, connect);
    take_rops(tracker, facts, exchange);
    vc->facts.calls++;
    vc->facts.exchange_calls++;
    vc->facts.answered += facts->state == OA_CALL_ANSWERED;
    vc->facts.faults += facts->state == OA_CALL_FAULT;
    vc->facts.unanswered += facts->state == OA_CALL_UNANSWERED;
    vc->facts.unknown += facts->state == OA_CALL_UNKNOWN;
    vc->facts.no_request += facts->state == OA_CALL_NO_REQUEST;
    if (facts->is_fault)
        tell_failure(vc, channel, facts);
    oa_ending_of_call(tracker, facts, &channel->facts, &channel->facts.ending);
    oa_emit(tracker, &(struct oa_event){ .type = OA_EVENT_CALL,
                                         .first = facts->request[OA_HOP_CLIENT].first,
                                         .last = vc->facts.last,
                                         .channel = &channel->facts,
                                         .vc = &vc->facts,
                                         .call = facts,
                                         .mapi = exchange });
    oa_retire(tracker, call, oa_call_free);
}

/* Reads the user and the auxiliary blocks of a Connect; returns false for other requests, and if
 * the body is missing. */
static bool
read_connect(const struct oa_tracker *tracker, const struct oa_http_exchange *exchange,
             struct oa_call_facts *facts)
{
    const struct oa_layout *layout = oa_mapi_http_layout(OA_MAPI_HTTP_CONNECT, false);
    const struct oa_http_message *request = &exchange->request;
    struct oa_stub stub = { .interface = NULL };

    if (exchange->mapi.type != OA_MAPI_HTTP_CONNECT || !layout || !request->body)
        return false;
    oa_walk_reuse(tracker->walk, &OA_CALL_FACTS_VISITOR, facts);
    oa_walk_set_code_pages(tracker->walk, tracker->code_pages);
    oa_call_facts_start(facts, &stub);
    oa_walk_run(tracker->walk, layout, OA_PLAIN, false, request->body, request->body_kept, NULL);
    return true;
}

static void
take_identity(struct virtual_connection *vc, const struct channel *channel,
              const struct oa_http_exchange *exchange, const struct oa_call_facts *connect)
{
    struct oa_virtual_connection *facts = &vc->facts;

    oa_text_keep(&facts->target_server, exchange->mapi.mailbox_id);
    oa_text_keep(&facts->proxy_name, exchange->request.head.host);
    if (!facts->auth)
        facts->auth = oa_auth_copy_hold(channel->facts.auth);
    if (connect)
        oa_client_take_call(facts->client, connect);
    if (exchange->request.has_head)
        oa_client_take_head(facts->client, &exchange->request.head);
    if (exchange->response.has_head)
        oa_client_take_head(facts->client, &exchange->response.head);
}

static void
take_traffic(struct channel *channel, const struct oa_http_exchange *exchange)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct oa_http_message *message =
            side == OA_CLIENT ? &exchange->request : &exchange->response;
        struct oa_traffic *const to[] = { &channel->facts.traffic[side],
                                          &channel->facts.vc->traffic[channel->facts.hop][side] };
        for (size_t i = 0; i < G_N_ELEMENTS(to) && message->has_head; i++) {
            to[i]->rpc_pdus++;
            to[i]->rpc_bytes += body_bytes(exchange, (enum oa_side)side);
        }
    }
}

/* Updates the keys of the session, and when it expires. */
static void
renew(struct mapi_session *session, struct channel *channel,
      const struct oa_http_exchange *exchange, int64_t now_ns)
{
    const struct oa_http_message *response = &exchange->response;
    const struct oa_http_message *message = telling_message(exchange);
    uint64_t expires_ms = EXPIRES_MS_DEFAULT;
    bool is_new = begins_session(exchange->mapi.type);

    if (response->has_head) {
        if (!oa_text_number(response->head.mapi.expiration_info, 10, EXPIRES_MS_MAX, &expires_ms))
            expires_ms = EXPIRES_MS_DEFAULT;
        expires_ms = MAX(expires_ms, EXPIRES_MS_MIN);
    }
    if (response->context.length || !is_new)
        give_key(session, KEY_CONTEXT,
                 response->context.length ? response->context : message->context);
    if (is_new || !session->key[KEY_REQUESTS])
        give_key(session, KEY_REQUESTS, guid_of_requests(&message->head));
    if (is_new || !session->key[KEY_CLIENT]) {
        GString *client = client_of(&channel->facts, &message->head);
        give_key(session, KEY_CLIENT, text_of(client));
        g_string_free(client, TRUE);
    }
    if (ends_session(exchange->mapi.type) && is_good(exchange)) {
        session->vc->facts.has_logged_off = true;
        session->vc->facts.ended_ns = exchange->response.last.time_ns;
    }
    if (session->vc->facts.has_logged_off)
        expires_ms = LINGER_MS;
    keep_alive(session, now_ns, expires_ms);
}

static void
take_heads(struct channel *channel, const struct oa_http_exchange *exchange)
{
    take_head(channel, exchange, OA_CLIENT);
    take_head(channel, exchange, OA_SERVER);
}

/* The connection turns out to be that hop of its sessions. */
static void
put_on_hop(struct channel *channel, enum oa_hop hop)
{
    if (channel->facts.hop == hop)
        return;
    if (channel->facts.vc)
        oa_vc_detach(channel, (struct virtual_connection *)channel->facts.vc);
    channel->facts.vc = NULL;
    channel->facts.hop = hop;
}

/* What was seen of the call on each hop; its own is set in the channel. */
static struct oa_call
take_halves(struct channel *channel, const struct oa_http_exchange *exchange)
{
    struct oa_call halves = { .number = 0 };

    take_half(&halves.request[OA_HOP_CLIENT], exchange, OA_CLIENT);
    take_half(&halves.response[OA_HOP_CLIENT], exchange, OA_SERVER);
    if (exchange->request.has_head)
        put_on_hop(channel, oa_mapi_hops_end(channel->tracker->mapi->hops,
                                             exchange->request.head.mapi.request_id,
                                             &channel->facts, &halves));
    return halves;
}

/* A request that is sent on: it counts on the client's hop. */
static void
take_further_hop(struct channel *channel, const struct oa_http_exchange *exchange)
{
    struct mapi_session *session = find_session(channel, exchange);

    if (session)
        use_channel(session, channel);
    take_heads(channel, exchange);
    if (session)
        take_traffic(channel, exchange);
}

static void
take_exchange(void *context, const struct oa_http_exchange *exchange)
{
    struct channel *channel = context;
    const struct oa_http_message *request = &exchange->request, *response = &exchange->response;
    struct oa_stamp first = request->has_head ? request->first : response->first;
    struct oa_stamp last = response->has_head ? response->last : request->last;
    unsigned status = response->has_head ? response->head.status : 0;

    const struct oa_call halves = take_halves(channel, exchange);
    if (status == 401 || status == 407) {
        take_heads(channel, exchange);
        return; /* a leg of an authentication, not a call */
    }
    close_expired(channel->tracker, first);
    if (channel->facts.hop != OA_HOP_CLIENT) {
        take_further_hop(channel, exchange);
        return;
    }
    struct mapi_session *session = find_session(channel, exchange);
    if (!session)
        session = new_session(channel, exchange->mapi.endpoint, first);
    session->has_beginning |= begins_session(exchange->mapi.type);
    use_channel(session, channel);
    take_heads(channel, exchange);

    struct virtual_connection *vc = session->vc;
    struct oa_call_facts facts;
    const struct oa_call_facts *connect =
        read_connect(vc->tracker, exchange, &facts) ? &facts : NULL;
    take_traffic(channel, exchange);
    take_identity(vc, channel, exchange, connect);
    if (first.time_ns < vc->facts.opened.time_ns)
        vc->facts.opened = first;
    if (last.time_ns > vc->facts.last.time_ns)
        vc->facts.last = last;
    if (begins_session(exchange->mapi.type) && is_good(exchange))
        vc->facts.established = response->last;
    oa_outcome_take_response(&vc->facts, status,
                             exchange->has_response_code ? exchange->response_code : 0);
    take_call(session, channel, exchange, &halves, connect);
    if (exchange->is_cut)
        oa_emit_limit(
            vc->tracker,
            &(struct oa_event){
                .first = first, .last = last, .channel = &channel->facts, .vc = &vc->facts },
            OA_LIMIT_OF_BODIES);
    renew(session, channel, exchange, last.time_ns);
}

/* The session of a request is reported here if its cookie identifies it; otherwise it is known at
 * the end of the exchange. */
static void
tell_head(void *context, const struct oa_http_exchange *exchange, enum oa_side side)
{
    struct channel *channel = context;
    const struct oa_http_message *message =
        side == OA_CLIENT ? &exchange->request : &exchange->response;
    const struct mapi_session *session = side == OA_CLIENT ? find_session(channel, exchange) : NULL;

    if (side == OA_CLIENT)
        oa_mapi_hops_begin(channel->tracker->mapi->hops, message->head.mapi.request_id,
                           &channel->facts);
    oa_emit(channel->tracker, &(struct oa_event){ .type = OA_EVENT_MAPI_HEAD,
                                                  .first = message->first,
                                                  .last = message->last,
                                                  .side = side,
                                                  .channel = &channel->facts,
                                                  .vc = session ? &session->vc->facts : NULL,
                                                  .http = &message->head,
                                                  .mapi = exchange,
                                                  .mailbox = session ? session->mailbox : NULL });
}

void
oa_mapi_begin(struct channel *channel)
{
    channel->facts.kind = OA_CHANNEL_MAPI_HTTP;
    channel->mapi = oa_http_connection_new(take_exchange, channel, channel->tracker->mapi->store);
    oa_http_connection_on_head(channel->mapi, tell_head);
}
