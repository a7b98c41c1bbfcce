/* http_exchange.c
 * Pairs the requests and responses of one TCP connection: keep-alive, pipelining, chunks, loss.
 * [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3.2, [RFC 9112] 6, 7.1, 9.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_exchange.h"

#include <string.h>

#include <glib.h>

#include "base/limits.h"
#include "http/chunked.h"
#include "http/http_message.h"
#include "http/http_store.h"

/* Positions in one piece of bytes at which a head is searched for after a loss. */
#define TRIES_MAX 16

enum state {
    AT_HEAD,
    IN_BODY,   /* `left` more bytes; UINT64_MAX: all up to the end of the connection */
    IN_CHUNKS, /* position is in `walk` */
    LOST,      /* searching for a head */
    DRAIN,     /* no longer HTTP */
};

/* What the host sees, and the memory it points to. */
struct exchange {
    struct oa_http_exchange facts;
    bool is_mapi;
    bool is_doubtful;    /* its response may be among the lost bytes */
    bool is_orphan;      /* its response is complete, its request may still come */
    GByteArray *head[2]; /* by enum oa_side; the texts of the heads point into these */
    GByteArray *body[2];
    size_t kept;
};

struct stream {
    enum state state;
    uint64_t left;
    struct oa_chunk_walk walk;
    GByteArray *carry; /* bytes waiting for more; NULL until there are any */
    struct oa_stamp carry_from;
    struct exchange *current; /* whose message is being read; NULL at a head */
};

struct oa_http_connection {
    oa_http_exchange_function on_exchange;
    oa_http_head_function on_head;
    void *context;
    GQueue waiting; /* of struct exchange: requests without a complete response, in order */
    GQueue orphans; /* of struct exchange, in the order of their responses */
    bool requests_are_late;
    uint64_t newest;       /* number of the exchange of the last request */
    bool has_lost_request; /* since then bytes of the client were lost */
    struct stream stream[2];
    bool has_response; /* of any request */
    bool gave_up;
    uint64_t n_exchanges;
    size_t kept; /* of bodies and heads */
    struct oa_http_store *store;
    bool owns_store;
    const uint8_t *known_at; /* the head there has been read: */
    const struct oa_http_head *known;
};

/* One piece of one side's bytes. */
struct piece {
    enum oa_side side;
    const uint8_t *data;
    size_t length;
    struct oa_stamp first, last;
};

static struct oa_http_message *
message_of(struct exchange *exchange, enum oa_side side)
{
    return side == OA_CLIENT ? &exchange->facts.request : &exchange->facts.response;
}

/* --- memory of exchanges --- */

/* A message without a head has nothing else either. */
static void
clear_message(struct oa_http_message *message)
{
    if (message->has_head)
        memset(message, 0, sizeof *message);
}

static void
clear_exchange(struct exchange *exchange)
{
    const size_t rest = offsetof(struct exchange, facts.n_continues);

    clear_message(&exchange->facts.request);
    clear_message(&exchange->facts.response);
    memset((char *)exchange + rest, 0, sizeof *exchange - rest);
}

static struct exchange *
new_exchange(struct oa_http_connection *connection)
{
    struct exchange *exchange = oa_http_store_take(connection->store, sizeof *exchange);

    exchange->facts.number = connection->n_exchanges++;
    return exchange;
}

static void
free_exchange(struct oa_http_connection *connection, struct exchange *exchange)
{
    struct oa_http_store *store = connection->store;

    connection->kept -= exchange->kept;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        if (exchange->body[side])
            *oa_http_store_used(store) -= exchange->body[side]->len;
        oa_http_store_give_back_bytes(store, exchange->head[side]);
        oa_http_store_give_back_bytes(store, exchange->body[side]);
    }
    clear_exchange(exchange);
    oa_http_store_give_back(store, exchange);
}

/* Drops the bytes that wait for more, with their memory. */
static void
drop_carry(struct stream *stream)
{
    if (stream->carry)
        g_byte_array_unref(stream->carry);
    stream->carry = NULL;
}

/* What is known only once everything has been received. */
static void
complete_facts(struct oa_http_exchange *facts)
{
    struct oa_http_message *response = &facts->response;

    facts->preamble.state = OA_MAPI_HTTP_OTHER;
    if (oa_mapi_http_has_body(&response->head) && response->has_head &&
        response->head.content_encoding.length == 0)
        oa_mapi_http_preamble(response->body, response->body_kept, &facts->preamble);
    facts->has_response_code = facts->preamble.has_response_code;
    facts->response_code = facts->preamble.response_code;
    if (!facts->has_response_code)
        facts->has_response_code =
            oa_mapi_http_response_code(response->head.mapi.response_code, &facts->response_code);
}

/* The exchange is over, complete or not. */
static void
finish(struct oa_http_connection *connection, struct exchange *exchange)
{
    g_queue_remove(exchange->is_orphan ? &connection->orphans : &connection->waiting, exchange);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        struct oa_http_message *message = message_of(exchange, (enum oa_side)side);

        if (connection->stream[side].current == exchange)
            connection->stream[side].current = NULL;
        message->body = exchange->body[side] ? exchange->body[side]->data : NULL;
        message->body_kept = exchange->body[side] ? exchange->body[side]->len : 0;
    }
    if (exchange->is_mapi && connection->on_exchange) {
        complete_facts(&exchange->facts);
        connection->on_exchange(connection->context, &exchange->facts);
    }
    free_exchange(connection, exchange);
}

static void
keep_body(struct oa_http_connection *connection, const struct piece *piece, size_t count)
{
    struct exchange *exchange = connection->stream[piece->side].current;

    if (!exchange)
        return;
    struct oa_http_message *message = message_of(exchange, piece->side);
    message->wire_bytes += count;
    message->last = piece->last;
    GByteArray *body = exchange->body[piece->side];
    size_t kept = body ? body->len : 0;
    size_t room = OA_LIMIT_BODIES - MIN(connection->kept, OA_LIMIT_BODIES);

    room = MIN(room, OA_LIMIT_BODIES_ALL -
                         MIN(*oa_http_store_used(connection->store), OA_LIMIT_BODIES_ALL));
    exchange->facts.is_cut |= exchange->is_mapi && count > room;
    room = MIN(room, OA_LIMIT_BODY - kept);
    /* Only the bytes before the first gap are kept. */
    if (exchange->is_mapi && kept == message->body_length && room > 0) {
        if (!body)
            body = exchange->body[piece->side] = oa_http_store_take_bytes(connection->store);
        g_byte_array_append(body, piece->data, (guint)MIN(count, room));
        exchange->kept += MIN(count, room);
        connection->kept += MIN(count, room);
        *oa_http_store_used(connection->store) += MIN(count, room);
    }
    message->body_length += count;
}

/* Whether the request of a response without one may still come. */
static bool
may_be_late(const struct oa_http_connection *connection, const struct exchange *exchange)
{
    return connection->requests_are_late && !exchange->facts.request.has_head &&
           connection->orphans.length < OA_LIMIT_PIPELINE;
}

/* The response is complete, or its rest is lost. */
static void
end_response(struct oa_http_connection *connection, struct exchange *exchange)
{
    if (!may_be_late(connection, exchange)) {
        finish(connection, exchange);
        return;
    }
    g_queue_remove(&connection->waiting, exchange);
    g_queue_push_tail(&connection->orphans, exchange);
    exchange->is_orphan = true;
}

/* The response of the orphan, which nothing else names, is that of the request. */
static void
adopt_response(struct oa_http_connection *connection, struct exchange *exchange,
               struct exchange *orphan)
{
    size_t kept = orphan->facts.response.head.length +
                  (orphan->body[OA_SERVER] ? orphan->body[OA_SERVER]->len : 0);

    exchange->facts.response = orphan->facts.response;
    exchange->head[OA_SERVER] = g_steal_pointer(&orphan->head[OA_SERVER]);
    exchange->body[OA_SERVER] = g_steal_pointer(&orphan->body[OA_SERVER]);
    exchange->kept += kept;
    orphan->kept -= kept;
    g_queue_remove(&connection->orphans, orphan);
    free_exchange(connection, orphan);
    finish(connection, exchange);
}

/* The last request so far, and the next one is sent at that time: a response between the two that
 * repeats no X-RequestId, as a proxy's own, is its response; of a request whose head is cut before
 * that, any one. */
static void
answer_last_request(struct oa_http_connection *connection, int64_t until_ns)
{
    struct exchange *last = g_queue_peek_tail(&connection->waiting);

    if (!last || last->facts.number != connection->newest || last->facts.response.has_head)
        return;
    const struct oa_http_head *head = &last->facts.request.head;
    bool is_id_cut = head->is_cut && head->mapi.request_id.length == 0;

    for (GList *link = connection->orphans.head; link; link = link->next) {
        struct exchange *orphan = link->data;
        const struct oa_http_message *response = &orphan->facts.response;

        if (orphan->facts.request.has_head ||
            (response->head.mapi.request_id.length > 0 && !is_id_cut) ||
            response->first.time_ns < last->facts.request.last.time_ns)
            continue;
        if (response->first.time_ns < until_ns)
            adopt_response(connection, last, orphan);
        return;
    }
}

/* Requests sent from that time on belong to none of the responses that had come by then. */
static void
give_up_orphans(struct oa_http_connection *connection, int64_t from_ns)
{
    struct exchange *oldest;

    answer_last_request(connection, from_ns);
    while ((oldest = g_queue_peek_head(&connection->orphans)) &&
           oldest->facts.response.first.time_ns < from_ns)
        finish(connection, oldest);
}

/* The message being read on that side is complete. */
static void
end_message(struct oa_http_connection *connection, enum oa_side side)
{
    struct stream *stream = &connection->stream[side];
    struct exchange *exchange = stream->current;

    stream->state = AT_HEAD;
    stream->current = NULL;
    if (!exchange)
        return;
    message_of(exchange, side)->is_complete = true;
    if (side == OA_SERVER)
        end_response(connection, exchange);
    else if (exchange->is_orphan)
        finish(connection, exchange);
}

static void
doubt(void *exchange, void *unused)
{
    (void)unused;
    ((struct exchange *)exchange)->is_doubtful = true;
}

/* Bytes are invalid or missing: the message being read stays as it is. */
static void
lose(struct oa_http_connection *connection, enum oa_side side)
{
    struct stream *stream = &connection->stream[side];
    struct exchange *exchange = stream->current;

    if (stream->state == DRAIN)
        return;
    stream->state = LOST;
    stream->current = NULL;
    if (side == OA_SERVER)
        g_queue_foreach(&connection->waiting, doubt, NULL);
    else
        connection->has_lost_request = true;
    if (!exchange)
        return;
    message_of(exchange, side)->has_gap = true;
    if (side == OA_SERVER)
        end_response(connection, exchange);
    else if (exchange->is_orphan)
        finish(connection, exchange);
}

/* --- heads --- */

static bool
same_text(struct oa_text a, struct oa_text b)
{
    return a.length == b.length && a.length > 0 && memcmp(a.at, b.at, a.length) == 0;
}

/* The request that a response of that time belongs to if the response does not identify it. After
 * lost bytes it is the first one sent since, otherwise the last one sent before the response:
 * clients rarely send a request before they have the response to the previous one. NULL if it may
 * also be one that is lost. */
static struct exchange *
next_answered(struct oa_http_connection *connection, int64_t at_ns)
{
    struct exchange *first = g_queue_peek_head(&connection->waiting), *second;

    while (first->is_doubtful && (second = g_queue_peek_nth(&connection->waiting, 1)) &&
           second->facts.request.first.time_ns <= at_ns) {
        finish(connection, first);
        first = second;
    }
    bool may_be_of_other = connection->has_lost_request || connection->requests_are_late;
    return first->is_doubtful && may_be_of_other ? NULL : first;
}

/*
 * Responses come in the order of the requests. Where the capture has lost some of either,
 * X-RequestId ([MS-OXCMAPIHTTP] 2.2.3.3.2), which the response repeats, identifies the request;
 * those before it get no response. If a response repeats the X-RequestId of no waiting request, its
 * request is missing.
 */
static struct exchange *
answered_by(struct oa_http_connection *connection, const struct oa_http_head *head, int64_t at_ns)
{
    struct exchange *first = g_queue_peek_head(&connection->waiting);
    GList *found = connection->waiting.head;

    if (!first)
        return NULL;
    if (head->mapi.request_id.length == 0 || first->facts.request.head.mapi.request_id.length == 0)
        return next_answered(connection, at_ns);
    while (found && !same_text(((struct exchange *)found->data)->facts.request.head.mapi.request_id,
                               head->mapi.request_id))
        found = found->next;
    if (!found)
        return NULL;
    struct exchange *exchange = found->data;
    while ((first = g_queue_peek_head(&connection->waiting)) != exchange)
        finish(connection, first);
    return exchange;
}

/* A head, and the copy of its bytes that it points into. */
struct kept_head {
    struct oa_http_head head;
    GByteArray *bytes;
};

/* The head at the start of the bytes, if the host has read it; else NULL. */
static const struct oa_http_head *
known_head(const struct oa_http_connection *connection, const struct piece *piece)
{
    return connection->known_at == piece->data && connection->known->length <= piece->length
               ? connection->known
               : NULL;
}

static bool
read_copy(struct kept_head *kept, const struct piece *piece, const struct oa_http_head *known,
          bool is_cut)
{
    if (is_cut)
        return oa_http_head_parse_cut(kept->bytes->data, kept->bytes->len, &kept->head) ==
               OA_HTTP_COMPLETE;
    if (!known)
        return oa_http_head_read(kept->bytes->data, kept->bytes->len, &kept->head);
    kept->head = *known;
    oa_http_head_move(&kept->head, piece->data, kept->bytes->data);
    return true;
}

/* Copies and reads the head of that length, which is cut or not; false if it is none of that side.
 */
static bool
copy_head(struct oa_http_connection *connection, const struct piece *piece, size_t length,
          bool is_cut, struct kept_head *kept)
{
    kept->bytes = g_byte_array_append(oa_http_store_take_bytes(connection->store), piece->data,
                                      (guint)length);
    if (read_copy(kept, piece, known_head(connection, piece), is_cut) &&
        kept->head.is_request == (piece->side == OA_CLIENT))
        return true;
    oa_http_store_give_back_bytes(connection->store, kept->bytes);
    return false;
}

/* Stores a head in its exchange, which owns the bytes from now on. */
static void
keep_head(struct oa_http_connection *connection, struct exchange *exchange,
          const struct piece *piece, struct kept_head *kept)
{
    struct oa_http_message *message = message_of(exchange, piece->side);

    exchange->head[piece->side] = g_steal_pointer(&kept->bytes);
    exchange->kept += kept->head.length;
    connection->kept += kept->head.length;
    message->has_head = true;
    message->head = kept->head;
    message->context = oa_mapi_http_context(&kept->head);
    message->wire_bytes = kept->head.length;
    message->first = piece->first;
    message->last = piece->last;
    connection->stream[piece->side].current = exchange;
}

static void
begin_body(struct oa_http_connection *connection, enum oa_side side,
           const struct oa_http_head *head, bool has_none)
{
    struct stream *stream = &connection->stream[side];

    if (head->is_cut)
        return; /* where the body begins is not known */
    stream->left = oa_http_plain_length(head);
    stream->walk = (struct oa_chunk_walk){ .wire = 0 };
    if (!has_none && head->chunked)
        stream->state = IN_CHUNKS;
    else if (!has_none && stream->left > 0)
        stream->state = IN_BODY;
    else
        end_message(connection, side);
}

static void
tell_head(struct oa_http_connection *connection, const struct exchange *exchange, enum oa_side side)
{
    if (exchange->is_mapi && connection->on_head)
        connection->on_head(connection->context, &exchange->facts, side);
}

/* Whether the exchange has a response alone, which repeats that X-RequestId. */
static bool
is_response_to(const struct exchange *exchange, struct oa_text id)
{
    return !exchange->facts.request.has_head &&
           same_text(exchange->facts.response.head.mapi.request_id, id);
}

/* The exchange of a request that comes after its response, or the beginning of that; NULL if that
 * is not known. */
static struct exchange *
orphan_of(struct oa_http_connection *connection, struct oa_text id)
{
    struct exchange *under_way = connection->stream[OA_SERVER].current;

    for (GList *link = connection->orphans.head; link; link = link->next)
        if (is_response_to(link->data, id))
            return link->data;
    if (!under_way || !is_response_to(under_way, id))
        return NULL;
    g_queue_remove(&connection->waiting, under_way);
    g_queue_push_tail(&connection->waiting, under_way);
    return under_way;
}

/* Makes room for one more request. The client had the response of the oldest one long ago: the
 * capture lacks it, perhaps as it lacks all that the server has sent. */
static void
give_up_oldest(struct oa_http_connection *connection)
{
    if (connection->waiting.length < OA_LIMIT_PIPELINE)
        return;
    struct exchange *oldest = g_queue_peek_head(&connection->waiting);
    oldest->facts.response.has_gap = true;
    connection->gave_up |= connection->has_response;
    finish(connection, oldest);
}

static void
take_request(struct oa_http_connection *connection, const struct piece *piece,
             struct kept_head *kept)
{
    give_up_orphans(connection, piece->first.time_ns);
    give_up_oldest(connection);
    struct exchange *exchange = orphan_of(connection, kept->head.mapi.request_id);

    if (!exchange) {
        exchange = new_exchange(connection);
        g_queue_push_tail(&connection->waiting, exchange);
    }
    keep_head(connection, exchange, piece, kept);
    connection->newest = exchange->facts.number;
    connection->has_lost_request = false;
    exchange->is_mapi = oa_mapi_http_request(&exchange->facts.request.head, &exchange->facts.mapi);
    tell_head(connection, exchange, OA_CLIENT);
    begin_body(connection, OA_CLIENT, &kept->head, false);
}

static void
take_response(struct oa_http_connection *connection, const struct piece *piece,
              struct kept_head *kept)
{
    const struct oa_http_head *head = &kept->head;

    connection->has_response = true;
    struct exchange *exchange = answered_by(connection, head, piece->first.time_ns);

    if (head->status < 200 && head->status != 101) {
        if (exchange)
            exchange->facts.n_continues++;
        return;
    }
    if (!exchange) {
        exchange = new_exchange(connection);
        exchange->is_mapi = oa_mapi_http_is_response(head);
        g_queue_push_head(&connection->waiting, exchange);
    }
    keep_head(connection, exchange, piece, kept);
    const struct oa_http_head *request = &exchange->facts.request.head;
    if (!exchange->facts.request.has_head) {
        enum oa_mapi_http_type type =
            oa_mapi_http_type_of(exchange->facts.response.head.mapi.request_type);
        exchange->facts.mapi.type = type;
        exchange->facts.mapi.endpoint = oa_mapi_http_type_endpoint(type);
    }
    bool is_tunnel =
        head->status == 101 || (head->status < 300 && oa_text_equals(request->method, "CONNECT"));
    tell_head(connection, exchange, OA_SERVER);
    begin_body(connection, OA_SERVER, head,
               oa_http_never_has_body(head) || is_tunnel ||
                   oa_text_equals(request->method, "HEAD"));
    if (is_tunnel)
        connection->stream[OA_CLIENT].state = connection->stream[OA_SERVER].state = DRAIN;
}

static size_t
take_head(struct oa_http_connection *connection, const struct piece *piece)
{
    struct kept_head kept;
    size_t length;

    if (piece->data[0] == '\r' || piece->data[0] == '\n')
        return 1; /* an empty line before a message is ignored, [RFC 9112] 2.2 */
    const struct oa_http_head *known = known_head(connection, piece);
    enum oa_http_parse result = OA_HTTP_COMPLETE;
    if (known)
        length = known->length;
    else
        result = oa_http_head_find(piece->data, piece->length, &length);
    if (result == OA_HTTP_INCOMPLETE)
        return 0;
    if (result != OA_HTTP_COMPLETE || !copy_head(connection, piece, length, false, &kept)) {
        lose(connection, piece->side);
        return 0;
    }
    if (kept.head.is_request)
        take_request(connection, piece, &kept);
    else
        take_response(connection, piece, &kept);
    oa_http_store_give_back_bytes(connection->store,
                                  kept.bytes); /* of a head that no exchange has */
    return length;
}

/* Takes a head of which the capture does not have the end, as far as it goes. */
static void
take_cut_head(struct oa_http_connection *connection, enum oa_side side)
{
    const struct stream *stream = &connection->stream[side];
    const GByteArray *carry = stream->carry;
    struct kept_head kept;

    if (!carry || stream->state != AT_HEAD)
        return;
    struct piece piece = { side, carry->data, carry->len, stream->carry_from, stream->carry_from };
    if (copy_head(connection, &piece, carry->len, true, &kept)) {
        (side == OA_CLIENT ? take_request : take_response)(connection, &piece, &kept);
        oa_http_store_give_back_bytes(connection->store, kept.bytes);
    }
    if (stream->current)
        message_of(stream->current, side)->end_is_lost = true;
}

/* Skips to where a head may begin. If the bytes end in what may be the start of one, waits for
 * more. */
static size_t
take_lost(struct oa_http_connection *connection, const struct piece *piece)
{
    static const char *const STARTS[] = { [OA_CLIENT] = "POST ", [OA_SERVER] = "HTTP/1." };
    const char *start = STARTS[piece->side];
    size_t full = strlen(start);
    unsigned tries = 0;

    for (size_t at = 0; at < piece->length && tries < TRIES_MAX; at++) {
        size_t left = piece->length - at;
        struct oa_http_head head;

        if (memcmp(piece->data + at, start, MIN(full, left)) != 0)
            continue;
        tries++;
        if (oa_http_head_parse(piece->data + at, left, &head) == OA_HTTP_NOT_A_HEAD)
            continue;
        if (at == 0 && left >= full)
            connection->stream[piece->side].state = AT_HEAD;
        return at;
    }
    return piece->length;
}

/* --- bodies --- */

static size_t
take_body(struct oa_http_connection *connection, const struct piece *piece)
{
    struct stream *stream = &connection->stream[piece->side];
    size_t count = (size_t)MIN(stream->left, piece->length);

    keep_body(connection, piece, count);
    if (stream->left == UINT64_MAX)
        return count;
    stream->left -= count;
    if (stream->left == 0)
        end_message(connection, piece->side);
    return count;
}

static size_t
take_chunks(struct oa_http_connection *connection, const struct piece *piece)
{
    struct stream *stream = &connection->stream[piece->side];
    struct oa_chunk_walk *walk = &stream->walk;

    if (walk->in_chunk) {
        size_t count = (size_t)MIN(walk->left, piece->length);

        keep_body(connection, piece, count);
        walk->left -= count;
        walk->in_chunk = walk->left > 0;
        walk->after_chunk = walk->left == 0;
        return count;
    }
    walk->wire = 0;
    bool found = oa_chunk_walk_to_data(walk, piece->data, piece->length);
    if (stream->current && walk->wire > 0) {
        message_of(stream->current, piece->side)->wire_bytes += walk->wire;
        message_of(stream->current, piece->side)->last = piece->last;
    }
    size_t count = walk->wire;
    if (walk->broken)
        lose(connection, piece->side);
    else if (found && walk->ended)
        end_message(connection, piece->side);
    return count;
}

/* Takes the next item from the start of the piece; 0 if nothing can be taken in this state. */
static size_t
take(struct oa_http_connection *connection, const struct piece *piece)
{
    switch (connection->stream[piece->side].state) {
    case AT_HEAD:
        return take_head(connection, piece);
    case IN_BODY:
        return take_body(connection, piece);
    case IN_CHUNKS:
        return take_chunks(connection, piece);
    case LOST:
        return take_lost(connection, piece);
    case DRAIN:
        break;
    }
    return piece->length;
}

/* Takes as much as possible; returns how many bytes at the end wait for more. The first `old` bytes
 * came before `stamp`. */
static size_t
take_all(struct oa_http_connection *connection, enum oa_side side, const uint8_t *data,
         size_t length, size_t old, struct oa_stamp stamp)
{
    struct stream *stream = &connection->stream[side];
    size_t at = 0;

    while (at < length) {
        struct piece piece = { side, data + at, length - at, at < old ? stream->carry_from : stamp,
                               stamp };
        enum state was = stream->state;
        size_t count = take(connection, &piece);

        if (count == 0 && stream->state == was)
            break;
        at += count;
    }
    if (at >= old)
        stream->carry_from = stamp;
    return length - at;
}

struct oa_http_connection *
oa_http_connection_new(oa_http_exchange_function on_exchange, void *context,
                       struct oa_http_store *store)
{
    struct oa_http_connection *connection = g_new0(struct oa_http_connection, 1);

    connection->on_exchange = on_exchange;
    connection->context = context;
    connection->store = store ? store : oa_http_store_new();
    connection->owns_store = !store;
    g_queue_init(&connection->waiting);
    g_queue_init(&connection->orphans);
    return connection;
}

void
oa_http_connection_on_head(struct oa_http_connection *connection, oa_http_head_function on_head)
{
    connection->on_head = on_head;
}

static void
take_data(struct oa_http_connection *connection, enum oa_side side, const uint8_t *data,
          size_t length, struct oa_stamp stamp)
{
    struct stream *stream = &connection->stream[side];
    size_t was = stream->carry ? stream->carry->len : 0;
    size_t rest;

    if (was == 0) {
        rest = take_all(connection, side, data, length, 0, stamp);
        if (rest == 0)
            return;
        if (!stream->carry)
            stream->carry = g_byte_array_new();
        g_byte_array_append(stream->carry, data + length - rest, (guint)rest);
        return;
    }
    g_byte_array_append(stream->carry, data, (guint)length);
    if (stream->state == AT_HEAD &&
        !oa_http_head_may_be_whole(stream->carry->data, stream->carry->len, was))
        return;
    rest = take_all(connection, side, stream->carry->data, stream->carry->len, was, stamp);
    if (rest)
        g_byte_array_remove_range(stream->carry, 0, stream->carry->len - (guint)rest);
    else
        drop_carry(stream);
}

void
oa_http_connection_know_head(struct oa_http_connection *connection, const uint8_t *at,
                             const struct oa_http_head *head)
{
    connection->known_at = at;
    connection->known = head;
}

void
oa_http_connection_data(struct oa_http_connection *connection, enum oa_side side,
                        const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    take_data(connection, side, data, length, stamp);
    connection->known_at = NULL;
}

void
oa_http_connection_expect_late(struct oa_http_connection *connection, bool requests_are_late)
{
    if (!requests_are_late)
        give_up_orphans(connection, INT64_MAX);
    connection->requests_are_late = requests_are_late;
}

bool
oa_http_connection_gave_up(const struct oa_http_connection *connection)
{
    return connection->gave_up;
}

void
oa_http_connection_lost(struct oa_http_connection *connection, enum oa_side side, uint64_t bytes)
{
    struct stream *stream = &connection->stream[side];

    if (bytes == 0)
        return;
    take_cut_head(connection, side);
    drop_carry(stream);
    if (stream->state != IN_BODY || bytes > stream->left || stream->left == UINT64_MAX) {
        lose(connection, side);
        return;
    }
    if (stream->current) {
        struct oa_http_message *message = message_of(stream->current, side);

        message->has_gap = true;
        message->end_is_lost = bytes == stream->left;
        message->body_length += bytes;
    }
    stream->left -= bytes;
    if (stream->left == 0)
        end_message(connection, side);
}

void
oa_http_connection_close(struct oa_http_connection *connection, bool is_clean)
{
    struct stream *stream = &connection->stream[OA_SERVER];
    struct exchange *exchange;

    if (is_clean && stream->state == IN_BODY && stream->left == UINT64_MAX)
        end_message(connection, OA_SERVER);
    give_up_orphans(connection, INT64_MAX);
    while ((exchange = g_queue_peek_head(&connection->waiting)))
        finish(connection, exchange);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        drop_carry(&connection->stream[side]);
    if (connection->owns_store)
        oa_http_store_free(connection->store);
    g_free(connection);
}

void
oa_http_connection_free(struct oa_http_connection *connection)
{
    if (!connection)
        return;
    connection->on_exchange = NULL;
    oa_http_connection_close(connection, false);
}
