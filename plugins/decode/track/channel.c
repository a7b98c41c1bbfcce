/* channel.c
 * One TCP connection: HTTP heads and bodies, then PDUs, in both directions, cut anywhere.
 * [MS-RPCH] 2.1.2 (messages), 3.2.3.5.10 (end of an OUT channel); [RFC 9112] 6, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/channel.h"

#include "http/chunked.h"
#include "http/http_exchange.h"
#include "track/tracker.h"

#include <string.h>

/* An RPC_IN_DATA or RPC_OUT_DATA request with a body up to this size is an echo request,
 * [MS-RPCH] 2.1.2.1.5. */
#define ECHO_BODY_MAX 16

/* An echo is answered by one RTS PDU without commands. */
#define ECHO_ANSWER_SIZE OA_RTS_HEADER_SIZE

/* Frees a channel that is in no table any more. */
void
oa_channel_free(void *data)
{
    struct channel *channel = data;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (channel->stream[side].carry)
            g_byte_array_unref(channel->stream[side].carry);
    g_free(channel->facts.target_server);
    g_free(channel->facts.proxy_name);
    g_free(channel->facts.user_agent);
    g_free(channel->facts.auth);
    oa_auth_exchange_free(channel->facts.exchange);
    oa_http_connection_free(channel->mapi);
    g_free(channel);
}

const char *
oa_channel_kind_name(enum oa_channel_kind kind)
{
    static const char *const NAMES[] = {
        [OA_CHANNEL_UNKNOWN] = "",          [OA_CHANNEL_IN] = "IN",
        [OA_CHANNEL_OUT] = "OUT",           [OA_CHANNEL_ECHO] = "echo",
        [OA_CHANNEL_DUPLEX] = "IN and OUT", [OA_CHANNEL_MAPI_HTTP] = "MAPI over HTTP"
    };
    return NAMES[kind];
}

unsigned
oa_channel_places(const struct oa_channel *channel, enum oa_side side)
{
    static const uint8_t PLACES[OA_HOPS][2][OA_CHANNEL_KINDS] = {
        [OA_HOP_CLIENT] = {
            [OA_CLIENT] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST,
                            [OA_CHANNEL_IN] = OA_RTS_IN_REQUEST,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_REQUEST },
            [OA_SERVER] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_OUT_RESPONSE,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_RESPONSE,
                            [OA_CHANNEL_ECHO] = OA_RTS_ECHO_RESPONSE },
        },
        [OA_HOP_SERVER] = {
            [OA_CLIENT] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_PROXY | OA_RTS_OUT_PROXY,
                            [OA_CHANNEL_IN] = OA_RTS_IN_PROXY,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_PROXY },
            [OA_SERVER] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_SERVER | OA_RTS_OUT_SERVER,
                            [OA_CHANNEL_IN] = OA_RTS_IN_SERVER,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_SERVER },
        },
    };
    return PLACES[channel->hop][side][channel->kind];
}

enum oa_side
oa_channel_carrier(const struct oa_channel *channel)
{
    return channel->kind == OA_CHANNEL_OUT || channel->kind == OA_CHANNEL_ECHO ? OA_SERVER
                                                                               : OA_CLIENT;
}

static const struct {
    const char *name, *certainty;
} JOINS[] = {
    [OA_JOIN_NONE] = { "", "" },
    [OA_JOIN_ALONE] = { "alone", "certain" },
    [OA_JOIN_COOKIE] = { "cookie", "certain" },
    [OA_JOIN_RECYCLE] = { "recycling", "certain" },
    [OA_JOIN_CALL_IDS] = { "call ids", "likely" },
    [OA_JOIN_CONTEXT] = { "session context", "certain" },
};

const char *
oa_join_name(enum oa_join join)
{
    return JOINS[join].name;
}

const char *
oa_join_certainty(enum oa_join join)
{
    return JOINS[join].certainty;
}

struct oa_channel *
oa_channel_open(struct oa_tracker *tracker, const struct oa_recognition *recognition,
                const struct oa_endpoint *client, const struct oa_endpoint *server, void *host,
                struct oa_stamp stamp)
{
    struct channel *channel = g_new0(struct channel, 1);

    channel->tracker = tracker;
    channel->link.data = channel;
    channel->is_raw = recognition->is_raw;
    channel->facts.hop = recognition->hop;
    channel->facts.has_start = recognition->has_start;
    if (recognition->is_direct)
        channel->facts.kind = OA_CHANNEL_DUPLEX;
    if (recognition->is_raw) {
        channel->stream[OA_CLIENT].state = STREAM_PDUS;
        channel->stream[OA_CLIENT].left = UINT64_MAX;
        channel->stream[OA_SERVER].state = STREAM_BANNER;
        channel->stream[OA_SERVER].left = UINT64_MAX;
    }
    /* A request that is not in the capture; whether it was for an IN channel, PDUs tell. */
    channel->last_request_is_rpc = recognition->is_raw || recognition->is_answer;
    channel->facts.number = tracker->n_channels++;
    channel->facts.host = host;
    channel->facts.endpoint[OA_CLIENT] = *client;
    channel->facts.endpoint[OA_SERVER] = *server;
    channel->facts.opened = channel->facts.last = stamp;
    g_hash_table_add(tracker->channels, channel);
    oa_tracker_emit(tracker, &(struct oa_event){ .type = OA_EVENT_CHANNEL_OPENED,
                                                 .first = stamp,
                                                 .last = stamp,
                                                 .channel = &channel->facts });
    if (recognition->is_mapi_http)
        oa_mapi_begin(channel);
    return &channel->facts;
}

static void
begin_body(struct stream *stream, enum stream_state state, uint64_t left)
{
    stream->state = left ? state : STREAM_HEAD;
    stream->left = left;
}

static void
begin_chunked_body(struct stream *stream, enum stream_state state)
{
    stream->state = state;
    stream->chunked = true;
    stream->in_chunk = stream->after_chunk = false;
    stream->left = UINT64_MAX;
}

/* The next message begins where the body ends. */
static void
end_body(struct stream *stream)
{
    stream->state = STREAM_HEAD;
    stream->chunked = false;
    stream->left = 0;
}

static void
take_bytes_of_body(struct stream *stream, uint64_t bytes)
{
    if (stream->left != UINT64_MAX || stream->in_chunk) {
        stream->left -= MIN(bytes, stream->left);
        if (stream->left == 0 && stream->in_chunk) {
            stream->in_chunk = false;
            stream->after_chunk = true;
        } else if (stream->left == 0) {
            end_body(stream);
        }
    }
}

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
oa_channel_take_credentials(struct channel *channel, const struct oa_event *head)
{
    const struct oa_http_head *http = head->http;
    struct oa_tracker *tracker = channel->tracker;

    for (size_t i = 0; i < http->n_credentials; i++) {
        oa_auth_from_http(&http->credentials[i], &tracker->auth);
        if (http->is_request)
            note_auth(channel, &tracker->auth);
        struct oa_event event = *head;
        event.type = OA_EVENT_AUTH;
        event.auth = &tracker->auth;
        event.auth_place = OA_AUTH_HTTP;
        oa_tracker_emit(tracker, &event);
    }
}

void
oa_channel_copy_once(char **to, struct oa_text text)
{
    char clean[1024];

    if (*to || text.length == 0)
        return;
    oa_text_copy(text, clean, sizeof clean);
    *to = g_strdup(clean);
}

static void
take_request(struct channel *channel, const struct oa_http_head *http, struct oa_stamp stamp)
{
    struct oa_channel *facts = &channel->facts;
    struct stream *stream = &channel->stream[OA_CLIENT];

    channel->last_request_is_rpc = http->method_id != OA_HTTP_OTHER;
    channel->last_request_is_head = oa_text_equals(http->method, "HEAD");
    if (!channel->last_request_is_rpc) {
        if (http->chunked)
            begin_chunked_body(stream, STREAM_BODY);
        else
            begin_body(stream, STREAM_BODY, http->content_length);
        return;
    }
    channel->method = http->method_id;
    oa_channel_copy_once(&facts->proxy_name, http->host);
    oa_channel_copy_once(&facts->user_agent, http->user_agent);
    if (http->has_rpc_server && !facts->target_server) {
        oa_channel_copy_once(&facts->target_server, http->rpc_server);
        facts->target_port = http->rpc_port;
    }
    if (http->has_content_length && http->content_length <= ECHO_BODY_MAX) {
        /* Without a body it is the first leg of an authentication, or an echo request; the answer
         * tells. */
        if (facts->kind == OA_CHANNEL_UNKNOWN && http->content_length)
            facts->kind = OA_CHANNEL_ECHO;
        begin_body(stream, STREAM_BODY, http->content_length);
        return;
    }
    if (http->method_id == OA_HTTP_RPC_IN_DATA)
        facts->kind = OA_CHANNEL_IN;
    else if (http->method_id == OA_HTTP_RPC_OUT_DATA)
        facts->kind = OA_CHANNEL_OUT;
    else
        facts->kind = OA_CHANNEL_DUPLEX;
    facts->head = stamp;
    if (http->method_id == OA_HTTP_RPC_IN_DATA && http->has_content_length)
        facts->lifetime = http->content_length;
    if (http->chunked)
        begin_chunked_body(stream, STREAM_PDUS);
    else
        begin_body(stream, STREAM_PDUS,
                   http->has_content_length ? http->content_length : UINT64_MAX);
}

/* Whether the body of that answer is made of PDUs. Clients look at the status alone; an IN channel
 * has no such answer. */
static bool
answers_with_pdus(const struct channel *channel, const struct oa_http_head *http)
{
    if (http->status != 200 || !channel->last_request_is_rpc)
        return false;
    return channel->method != OA_HTTP_RPC_IN_DATA ||
           oa_text_equals(http->content_type, "application/rpc");
}

static void
take_response(struct channel *channel, const struct oa_http_head *http, struct oa_stamp stamp)
{
    struct oa_channel *facts = &channel->facts;
    struct stream *stream = &channel->stream[OA_SERVER];

    if (http->status < 200) {
        begin_body(stream, STREAM_BODY, 0);
        return;
    }
    if (channel->last_request_is_rpc) {
        facts->http_status = http->status;
        facts->response = stamp;
        facts->has_rpc_error = http->has_rpc_error;
        facts->rpc_error = http->rpc_error;
        if (http->status == 401 || http->status == 407)
            facts->auth_legs++;
    }
    enum stream_state state = answers_with_pdus(channel, http) ? STREAM_PDUS : STREAM_BODY;
    if (state == STREAM_PDUS && facts->kind == OA_CHANNEL_UNKNOWN)
        facts->kind = http->has_content_length && http->content_length > ECHO_ANSWER_SIZE
                          ? OA_CHANNEL_OUT
                          : OA_CHANNEL_ECHO;
    if (state == STREAM_PDUS && facts->kind == OA_CHANNEL_OUT && http->has_content_length)
        facts->lifetime = http->content_length;
    if (http->status == 204 || http->status == 304 || channel->last_request_is_head)
        begin_body(stream, state, 0);
    else if (http->chunked)
        begin_chunked_body(stream, state);
    else
        begin_body(stream, state, http->has_content_length ? http->content_length : UINT64_MAX);
}

static void
take_head(struct channel *channel, struct oa_event *event)
{
    event->type = OA_EVENT_HTTP_HEAD;
    event->http = &channel->tracker->http;
    event->length = event->http->length;
    bool broken_off = channel->stream[event->side].broken_off;
    channel->stream[event->side].chunked = channel->stream[event->side].broken_off = false;
    if (event->http->is_request)
        take_request(channel, event->http, event->last);
    else
        take_response(channel, event->http, event->last);
    oa_http_error_tell(channel, event, broken_off);
    oa_auth_exchange_take_head(channel, event);
}

/*
 * Finds `want` bytes of the body at the start of `data`: where they are (in place, or put together
 * in the tracker's buffer), and how many bytes they take on the wire. NULL if they are not all
 * there; `*got` is then how many are.
 */
static const uint8_t *
body_bytes(struct channel *channel, const struct stream *stream, const uint8_t *data, size_t length,
           size_t want, struct oa_chunk_walk *walk, size_t *got)
{
    *walk = (struct oa_chunk_walk){ .in_chunk = stream->in_chunk,
                                    .after_chunk = stream->after_chunk,
                                    .left = stream->left };
    *got = 0;
    if (!stream->chunked) {
        *got = MIN(length, want);
        walk->wire = want;
        return length >= want ? data : NULL;
    }
    while (*got < want) {
        if (!oa_chunk_walk_to_data(walk, data, length) || walk->ended)
            return NULL;
        size_t piece = MIN(want - *got, MIN(walk->left, length - walk->wire));
        if (piece == 0)
            return NULL;
        const uint8_t *at = data + walk->wire;
        walk->wire += piece;
        walk->left -= piece;
        if (walk->left == 0) {
            walk->in_chunk = false;
            walk->after_chunk = true;
        }
        if (*got == 0 && piece == want) {
            *got = want;
            return at;
        }
        memcpy(channel->tracker->joined + *got, at, piece);
        *got += piece;
    }
    return channel->tracker->joined;
}

static void
count_skipped(struct channel *channel, enum oa_side side, uint64_t bytes)
{
    channel->facts.traffic[side].skipped_bytes += bytes;
    if (channel->facts.vc && bytes) {
        channel->facts.vc->traffic[channel->facts.hop][side].skipped_bytes += bytes;
        oa_calls_note_loss(channel, side);
    }
}

static bool
skip(struct channel *channel, struct oa_event *event, size_t length)
{
    event->type = OA_EVENT_SKIPPED;
    event->length = length;
    count_skipped(channel, event->side, length);
    return true;
}

static bool
is_head_here(enum oa_side side, const uint8_t *data, size_t length)
{
    static const char STATUS[] = "HTTP/1.";

    if (side == OA_SERVER)
        return memcmp(data, STATUS, MIN(length, sizeof STATUS - 1)) == 0;
    return oa_http_rpc_method(data, length, &(enum oa_http_method){ 0 }) != OA_HTTP_NOT_A_HEAD;
}

/*
 * Whether a PDU begins here, after bytes that made no sense. One header alone can be chance, so a
 * second one behind it is asked for where the bytes reach that far. `*need` is set when more bytes
 * would decide.
 */
static bool
is_pdu_here(const uint8_t *data, size_t length, size_t *need)
{
    struct oa_rpc_header header;

    if (!oa_rpc_may_be_header(data, length))
        return false;
    if (length < OA_RPC_HEADER_SIZE) {
        *need = OA_RPC_HEADER_SIZE;
        return false;
    }
    if (!oa_rpc_header_parse(data, length, &header))
        return false;
    if (length <= header.frag_length) {
        *need = header.frag_length;
        return length == header.frag_length;
    }
    return oa_rpc_may_be_header(data + header.frag_length, length - header.frag_length);
}

/* Looks for the place where decoding can take up again; what stands before it is skipped. */
static bool
next_after_loss(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
                size_t *need)
{
    struct stream *stream = &channel->stream[event->side];

    for (size_t at = 0; at < length; at++) {
        size_t wanted = 0;
        bool head = channel->facts.hop == OA_HOP_CLIENT && (data[at] == 'H' || data[at] == 'R') &&
                    is_head_here(event->side, data + at, length - at) &&
                    oa_http_head_parse(data + at, length - at, &channel->tracker->http) !=
                        OA_HTTP_NOT_A_HEAD;

        if (!head && data[at] != 5)
            continue;
        if (!head && !is_pdu_here(data + at, length - at, &wanted) && !wanted)
            continue;
        if (at > 0)
            return skip(channel, event, at);
        if (!wanted || wanted <= length) {
            stream->state = head ? STREAM_HEAD : STREAM_PDUS;
            if (!head)
                stream->left = UINT64_MAX;
            stream->chunked = false;
            return false;
        }
        *need = wanted;
        return false;
    }
    return skip(channel, event, length);
}

/* Chunk framing that stands between PDUs, or behind the last one. */
static bool
next_chunk_framing(struct channel *channel, struct oa_event *event, const uint8_t *data,
                   size_t length)
{
    struct stream *stream = &channel->stream[event->side];
    size_t line_end = data[0] == '\r' ? 2 : 1;
    struct oa_chunk_walk walk = { 0 };

    event->type = OA_EVENT_CHUNK;
    if (stream->after_chunk && (data[0] == '\r' || data[0] == '\n')) {
        if (length < line_end)
            return false;
        event->length = line_end;
        stream->after_chunk = false;
        return true;
    }
    if (!oa_chunk_walk_to_data(&walk, data, length)) {
        if (walk.broken) {
            stream->state = STREAM_LOST;
            stream->chunked = false;
        }
        return false;
    }
    event->length = walk.wire;
    stream->in_chunk = walk.in_chunk;
    stream->after_chunk = false;
    stream->left = walk.left;
    if (walk.ended)
        end_body(stream);
    return true;
}

static bool
next_pdu(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
         size_t *need)
{
    struct stream *stream = &channel->stream[event->side];
    struct oa_rpc_header header;
    struct oa_chunk_walk walk;
    size_t got;

    if (!stream->chunked && channel->facts.hop == OA_HOP_CLIENT &&
        is_head_here(event->side, data, length)) {
        stream->state = STREAM_HEAD; /* an error in the middle of the stream, or the next request */
        stream->broken_off = true;
        return false;
    }
    const uint8_t *pdu = body_bytes(channel, stream, data, length, OA_RPC_HEADER_SIZE, &walk, &got);
    const uint8_t *seen = pdu ? pdu : stream->chunked ? channel->tracker->joined : data;
    if (walk.broken || !oa_rpc_may_be_header(seen, got) ||
        (pdu && !oa_rpc_header_parse(pdu, got, &header))) {
        stream->state = STREAM_LOST;
        stream->chunked = false;
        return false;
    }
    if (!pdu) {
        *need = length + OA_RPC_HEADER_SIZE - got;
        return false;
    }
    pdu = body_bytes(channel, stream, data, length, header.frag_length, &walk, &got);
    if (!pdu) {
        *need = length + header.frag_length - got;
        return false;
    }
    event->length = walk.wire;
    event->pdu = pdu;
    event->pdu_length = header.frag_length;
    if (stream->chunked) {
        stream->in_chunk = walk.in_chunk;
        stream->after_chunk = walk.after_chunk;
        stream->left = walk.left;
    } else {
        take_bytes_of_body(stream, header.frag_length);
    }
    oa_channel_take_pdu(channel, event, &header);
    return true;
}

static bool
next_body(struct channel *channel, struct oa_event *event, size_t length)
{
    struct stream *stream = &channel->stream[event->side];

    event->type = OA_EVENT_HTTP_BODY;
    event->length = (size_t)MIN(stream->left, length);
    take_bytes_of_body(stream, event->length);
    return true;
}

static bool
next_head(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length)
{
    if (data[0] == '\r' ||
        data[0] == '\n') { /* an empty line before a message is to be ignored, [RFC 9112] 2.2 */
        event->type = OA_EVENT_CHUNK;
        event->length = 1;
        return true;
    }
    switch (oa_http_head_parse(data, length, &channel->tracker->http)) {
    case OA_HTTP_COMPLETE:
        if (channel->tracker->http.is_request == (event->side == OA_CLIENT)) {
            take_head(channel, event);
            return true;
        }
        break;
    case OA_HTTP_INCOMPLETE:
        return false;
    case OA_HTTP_NOT_A_HEAD:
        break;
    }
    channel->stream[event->side].state = STREAM_LOST;
    return false;
}

/* The server's first bytes on a raw connection; version 2 proxies do not insist on a banner,
 * [MS-RPCH] 2.1.2.2. */
static bool
next_banner(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
            size_t *need)
{
    struct stream *stream = &channel->stream[event->side];

    if (memcmp(data, OA_BANNER, MIN(length, OA_BANNER_SIZE)) != 0) {
        stream->state = STREAM_PDUS;
        return false;
    }
    if (length < OA_BANNER_SIZE) {
        *need = OA_BANNER_SIZE;
        return false;
    }
    event->type = OA_EVENT_BANNER;
    event->length = OA_BANNER_SIZE;
    channel->facts.has_banner = channel->facts.has_start = true;
    stream->state = STREAM_PDUS;
    return true;
}

/* One try in the state as it is; a try that fails may have changed the state. */
static bool
try_next(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
         size_t *need)
{
    struct stream *stream = &channel->stream[event->side];

    switch (stream->state) {
    case STREAM_HEAD:
        return next_head(channel, event, data, length);
    case STREAM_BANNER:
        return next_banner(channel, event, data, length, need);
    case STREAM_BODY:
        if (stream->chunked && !stream->in_chunk)
            return next_chunk_framing(channel, event, data, length);
        return next_body(channel, event, length);
    case STREAM_PDUS:
        if (stream->chunked && !stream->in_chunk)
            return next_chunk_framing(channel, event, data, length);
        return next_pdu(channel, event, data, length, need);
    case STREAM_TAIL:
        skip(channel, event, (size_t)MIN(stream->tail, length));
        stream->tail -= event->length;
        if (stream->tail == 0)
            stream->state = STREAM_PDUS;
        return true;
    case STREAM_LOST:
        return next_after_loss(channel, event, data, length, need);
    case STREAM_DRAIN:
        event->type = OA_EVENT_IGNORED;
        event->length = length;
        return true;
    }
    return false;
}

bool
oa_channel_next(struct oa_channel *facts, enum oa_side side, const uint8_t *data, size_t length,
                struct oa_stamp first, struct oa_stamp last, struct oa_event *event, size_t *need)
{
    struct channel *channel = (struct channel *)facts;
    struct stream *stream = &channel->stream[side];
    enum stream_state tried;

    *need = 0;
    if (length == 0)
        return false;
    oa_calls_forget_ended(channel->tracker);
    do {
        tried = stream->state;
        *event = (struct oa_event){ .first = first, .last = last, .side = side, .channel = facts };
        if (try_next(channel, event, data, length, need)) {
            facts->last = last;
            event->vc = facts->vc;
            oa_tracker_emit(channel->tracker, event);
            if (event->type == OA_EVENT_HTTP_HEAD)
                oa_channel_take_credentials(channel, event);
            return true;
        }
    } while (stream->state != tried);
    return false;
}

/* Takes as much of `data` as makes sense; returns how many bytes wait for their rest at its end. */
static size_t
take_all(struct oa_channel *facts, enum oa_side side, const uint8_t *data, size_t length,
         size_t old, struct oa_stamp stamp)
{
    struct stream *stream = &((struct channel *)facts)->stream[side];
    struct oa_event event;
    size_t at = 0;
    size_t need = 0;

    while (at < length &&
           oa_channel_next(facts, side, data + at, length - at,
                           at < old ? stream->carry_from : stamp, stamp, &event, &need))
        at += event.length;
    if (at >= old)
        stream->carry_from = stamp;
    stream->carry_need = need;
    return length - at;
}

void
oa_channel_data(struct oa_channel *facts, enum oa_side side, const uint8_t *data, size_t length,
                struct oa_stamp stamp)
{
    struct channel *channel = (struct channel *)facts;
    struct stream *stream = &channel->stream[side];
    size_t was = stream->carry ? stream->carry->len : 0;
    size_t rest;

    if (channel->mapi) {
        facts->last = stamp;
        oa_http_connection_data(channel->mapi, side, data, length, stamp);
        return;
    }
    if (was == 0) {
        rest = take_all(facts, side, data, length, 0, stamp);
        if (rest) {
            if (!stream->carry)
                stream->carry = g_byte_array_new();
            g_byte_array_append(stream->carry, data + length - rest, (guint)rest);
        }
        return;
    }
    g_byte_array_append(stream->carry, data, (guint)length);
    if (stream->carry->len < stream->carry_need)
        return;
    if (stream->state == STREAM_HEAD &&
        !oa_http_head_may_be_whole(stream->carry->data, stream->carry->len, was))
        return;
    rest = take_all(facts, side, stream->carry->data, stream->carry->len, was, stamp);
    g_byte_array_remove_range(stream->carry, 0, stream->carry->len - (guint)rest);
}

size_t
oa_channel_waiting(const struct oa_channel *facts, enum oa_side side)
{
    const struct stream *stream = &((const struct channel *)facts)->stream[side];

    return stream->carry ? stream->carry->len : 0;
}

void
oa_channel_lost(struct oa_channel *facts, enum oa_side side, uint64_t bytes)
{
    struct channel *channel = (struct channel *)facts;
    struct stream *stream = &channel->stream[side];
    size_t waiting = stream->carry ? stream->carry->len : 0;
    struct oa_rpc_header header;
    uint64_t gone = bytes + waiting;
    uint64_t tail = 0;

    if (stream->state == STREAM_DRAIN)
        return;
    count_skipped(channel, side, gone);
    if (channel->mapi) {
        oa_http_connection_lost(channel->mapi, side, bytes);
        return;
    }
    if (stream->state == STREAM_PDUS && !stream->chunked && waiting &&
        oa_rpc_header_parse(stream->carry->data, waiting, &header) && header.frag_length >= gone) {
        tail = header.frag_length - gone;
        stream->state = tail ? STREAM_TAIL : STREAM_PDUS;
        stream->tail = tail;
        take_bytes_of_body(stream, header.frag_length);
    } else if (stream->state == STREAM_TAIL && stream->tail >= gone) {
        stream->tail -= gone;
        stream->state = stream->tail ? STREAM_TAIL : STREAM_PDUS;
    } else if (stream->state == STREAM_BODY && !stream->chunked && stream->left > gone) {
        take_bytes_of_body(stream, gone);
    } else if (stream->state != STREAM_DRAIN) {
        stream->state = STREAM_LOST;
        stream->chunked = false;
    }
    if (waiting)
        g_byte_array_set_size(stream->carry, 0);
}

void
oa_channel_close(struct oa_channel *facts, struct oa_ending ending)
{
    struct channel *channel = (struct channel *)facts;
    struct oa_tracker *tracker = channel->tracker;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (channel->stream[side].carry)
            count_skipped(channel, (enum oa_side)side, channel->stream[side].carry->len);
    facts->ending = ending;
    if (channel->mapi)
        oa_http_connection_close(channel->mapi, ending.how == OA_END_FIN);
    channel->mapi = NULL;
    oa_auth_exchange_close_channel(channel);
    oa_tracker_emit(tracker, &(struct oa_event){ .type = OA_EVENT_CHANNEL_CLOSED,
                                                 .first = facts->opened,
                                                 .last = facts->last,
                                                 .channel = facts,
                                                 .vc = facts->vc });
    oa_vc_leave(channel);
    g_hash_table_remove(tracker->channels, channel);
    oa_tracker_retire(tracker, channel, oa_channel_free);
}
