/* channel.c
 * One TCP connection: HTTP heads and bodies, then PDUs, in both directions, split anywhere.
 * [MS-RPCH] 2.1.2 (messages), 3.2.3.5.10 (end of an OUT channel); [RFC 9112] 6, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/channel.h"

#include <string.h>

#include "auth/auth_course.h"
#include "base/clock_steps.h"
#include "http/http_exchange.h"
#include "track/authentication.h"
#include "track/call_join.h"
#include "track/channel_head.h"
#include "track/channel_pdu.h"
#include "track/channel_state.h"
#include "track/connection_end.h"
#include "track/emit.h"
#include "track/endings.h"
#include "track/lone_channels.h"
#include "track/mapi_session.h"
#include "track/tracker_state.h"
#include "track/vc_rts.h"
#include "track/virtual_connection.h"

/* frag_length has 16 bits. */
#define PDU_MAX 0xFFFF

/* With which PDUs begin, and no head. */
#define RPC_VERSION 5

/* Frees a channel that is no longer in a table. */
static void
free_channel(void *data)
{
    struct channel *channel = data;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        oa_stream_drop_carry(&channel->stream[side]);
    g_free(channel->facts.target_server);
    g_free(channel->facts.proxy_name);
    g_free(channel->facts.user_agent);
    oa_auth_copy_release(channel->facts.auth);
    oa_auth_repeated_clear(&channel->credentials);
    g_free(channel->facts.findings);
    oa_auth_course_free(channel->facts.exchange);
    oa_http_connection_free(channel->mapi);
    g_free(channel->trail);
    g_free(channel);
}

struct channel_table *
oa_channels_new(void)
{
    struct channel_table *table = g_new0(struct channel_table, 1);

    table->open = g_hash_table_new(NULL, NULL);
    g_queue_init(&table->alone);
    table->joined = g_malloc(PDU_MAX);
    return table;
}

void
oa_channels_free(struct channel_table *table)
{
    GHashTableIter iter;
    void *channel;

    g_hash_table_iter_init(&iter, table->open);
    while (g_hash_table_iter_next(&iter, &channel, NULL))
        free_channel(channel);
    g_hash_table_unref(table->open);
    g_free(table->joined);
    g_free(table);
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
    /* The request is not in the capture; the PDUs will show whether it was for an IN channel. */
    channel->last_request_is_rpc = recognition->is_raw || recognition->is_answer;
    channel->facts.number = tracker->channels->n_channels++;
    channel->facts.host = host;
    channel->proxy_line = recognition->proxy_line.length;
    channel->facts.endpoint[OA_CLIENT] =
        recognition->proxy_line.has_client ? recognition->proxy_line.client : *client;
    channel->facts.endpoint[OA_SERVER] = *server;
    channel->facts.opened = channel->facts.last = stamp;
    g_hash_table_add(tracker->channels->open, channel);
    oa_emit(tracker, &(struct oa_event){ .type = OA_EVENT_CHANNEL_OPENED,
                                         .first = stamp,
                                         .last = stamp,
                                         .channel = &channel->facts });
    if (recognition->is_mapi_http)
        oa_mapi_begin(channel);
    else if (oa_hop_is_http(recognition->hop))
        oa_lone_channels_add(channel);
    if (oa_hop_is_http(recognition->hop))
        oa_connection_ends_know(tracker, server);
    return &channel->facts;
}

void
oa_channel_describe(struct oa_channel *channel, struct oa_known_connection known)
{
    channel->is_in_tls = known.is_in_tls;
    channel->is_from_middle = !known.is_from_start;
    channel->ending.how = known.has_unknown_end ? OA_END_UNKNOWN : OA_END_OPEN;
}

/* `is_unknown`: PDUs may have been among them. */
static void
count_skipped(struct channel *channel, enum oa_side side, uint64_t bytes, bool is_unknown)
{
    channel->facts.traffic[side].skipped_bytes += bytes;
    if (is_unknown)
        channel->facts.last_pdu.frame = 0; /* how long nothing came is unknown, too */
    oa_vc_note_skipped(channel, side, bytes, is_unknown);
}

static bool
skip(struct channel *channel, struct oa_event *event, size_t length)
{
    event->type = OA_EVENT_SKIPPED;
    event->length = length;
    oa_pdu_trail_break(channel->trail, event->side);
    count_skipped(channel, event->side, length, true);
    return true;
}

static bool
is_head_here(enum oa_side side, const uint8_t *data, size_t length)
{
    static const char STATUS[] = "HTTP/1.";

    if (length && data[0] == RPC_VERSION) /* as in most segments */
        return false;
    if (side == OA_SERVER)
        return memcmp(data, STATUS, MIN(length, sizeof STATUS - 1)) == 0;
    return oa_http_rpc_method(data, length, &(enum oa_http_method){ 0 }) != OA_HTTP_NOT_A_HEAD;
}

/*
 * Whether a PDU of that side begins here, after bytes that could not be decoded. A single header
 * may be chance, so a second one must follow it if the bytes reach that far. `*need` is set if more
 * bytes would decide.
 */
static bool
is_pdu_here(enum oa_side side, const uint8_t *data, size_t length, size_t *need)
{
    struct oa_rpc_header header;

    if (!oa_rpc_may_be_header(data, length))
        return false;
    if (length < OA_RPC_HEADER_SIZE) {
        *need = OA_RPC_HEADER_SIZE;
        return false;
    }
    if (!oa_rpc_header_parse(data, length, &header) || oa_rpc_sender(header.ptype, side) != side)
        return false;
    if (length <= header.frag_length) {
        *need = header.frag_length;
        return length == header.frag_length;
    }
    return oa_rpc_may_be_header(data + header.frag_length, length - header.frag_length);
}

/* The same for a chunk that begins with a PDU: another PDU or the end of the chunk follows. */
static bool
is_chunk_here(const uint8_t *data, size_t length, size_t *need)
{
    struct oa_rpc_header header;
    size_t size, line = oa_stream_find_chunk(data, length, &size, need), end = line + size;

    if (line == 0)
        return false;
    if (length < end + 2) {
        *need = end + 2;
        return false;
    }
    return memcmp(data + end, "\r\n", 2) == 0 &&
           oa_rpc_header_parse(data + line, length - line, &header) &&
           (header.frag_length >= size ||
            oa_rpc_may_be_header(data + line + header.frag_length, size - header.frag_length));
}

/* What follows where the stream was lost. */
enum found { FOUND_NOTHING, FOUND_HEAD, FOUND_PDU, FOUND_CHUNK };

/* What begins here; `*need` as above. */
static enum found
find_here(const struct channel *channel, enum oa_side side, const uint8_t *data, size_t length,
          size_t *need)
{
    bool is_http = oa_hop_is_http(channel->facts.hop);

    *need = 0;
    if (data[0] == RPC_VERSION)
        return is_pdu_here(side, data, length, need) ? FOUND_PDU : FOUND_NOTHING;
    if (is_http && (data[0] == 'H' || data[0] == 'R'))
        return is_head_here(side, data, length) &&
                       oa_http_head_parse(data, length, &channel->tracker->channels->http) !=
                           OA_HTTP_NOT_A_HEAD
                   ? FOUND_HEAD
                   : FOUND_NOTHING;
    return is_http && g_ascii_isxdigit(data[0]) && is_chunk_here(data, length, need)
               ? FOUND_CHUNK
               : FOUND_NOTHING;
}

/* Finds where decoding can resume; the bytes before it are skipped. */
static bool
next_after_loss(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
                size_t *need)
{
    struct stream *stream = &channel->stream[event->side];

    for (size_t at = 0; at < length; at++) {
        size_t wanted;
        enum found found = find_here(channel, event->side, data + at, length - at, &wanted);

        if (found == FOUND_NOTHING && !wanted)
            continue;
        if (at > 0)
            return skip(channel, event, at);
        if (found == FOUND_HEAD)
            oa_stream_begin_body(stream, STREAM_HEAD, UINT64_MAX);
        else if (found == FOUND_CHUNK)
            oa_stream_begin_chunked_body(stream, STREAM_PDUS);
        else if (found == FOUND_PDU)
            oa_stream_begin_body(stream, STREAM_PDUS, UINT64_MAX);
        else
            *need = wanted;
        return false;
    }
    return skip(channel, event, length);
}

/* Chunk framing between PDUs, or after the last one. */
static bool
next_chunk_framing(struct channel *channel, struct oa_event *event, const uint8_t *data,
                   size_t length)
{
    event->type = OA_EVENT_CHUNK;
    event->length = oa_stream_take_framing(&channel->stream[event->side], data, length);
    return event->length > 0;
}

static bool
next_pdu(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
         size_t *need)
{
    struct stream *stream = &channel->stream[event->side];
    struct oa_rpc_header header;
    uint8_t *joined = channel->tracker->channels->joined;
    struct oa_chunk_walk walk;
    size_t got;

    if (!stream->chunked && oa_hop_is_http(channel->facts.hop) &&
        is_head_here(event->side, data, length)) {
        stream->state = STREAM_HEAD; /* an error in the middle of the stream, or the next request */
        stream->broken_off = true;
        return false;
    }
    const uint8_t *pdu =
        oa_stream_look(stream, data, length, OA_RPC_HEADER_SIZE, joined, &walk, &got);
    const uint8_t *seen = pdu ? pdu : stream->chunked ? joined : data;
    if (walk.broken ||
        !(pdu ? oa_rpc_header_parse(pdu, got, &header) : oa_rpc_may_be_header(seen, got))) {
        oa_stream_lose(stream);
        return false;
    }
    if (!pdu) {
        *need = length + OA_RPC_HEADER_SIZE - got;
        return false;
    }
    pdu = oa_stream_look(stream, data, length, header.frag_length, joined, &walk, &got);
    if (!pdu) {
        *need = length + header.frag_length - got;
        return false;
    }
    event->length = walk.wire;
    event->pdu = pdu;
    event->pdu_length = header.frag_length;
    oa_stream_find_arrival(stream, event->length, &event->first, &event->last);
    oa_stream_take_found(stream, header.frag_length, &walk);
    stream->was_lost = false;
    oa_channel_take_pdu(channel, event, &header);
    return true;
}

static bool
next_body(struct channel *channel, struct oa_event *event, size_t length)
{
    struct stream *stream = &channel->stream[event->side];

    event->type = OA_EVENT_HTTP_BODY;
    event->length = (size_t)MIN(stream->left, length);
    oa_stream_take(stream, event->length);
    return true;
}

static bool
next_head(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length)
{
    if (data[0] == '\r' ||
        data[0] == '\n') { /* an empty line before a message is ignored, [RFC 9112] 2.2 */
        event->type = OA_EVENT_CHUNK;
        event->length = 1;
        return true;
    }
    switch (oa_http_head_parse(data, length, &channel->tracker->channels->http)) {
    case OA_HTTP_COMPLETE:
        if (channel->tracker->channels->http.is_request == (event->side == OA_CLIENT)) {
            oa_channel_take_head(channel, event);
            return true;
        }
        break;
    case OA_HTTP_INCOMPLETE:
        return false;
    case OA_HTTP_NOT_A_HEAD:
        break;
    }
    oa_stream_lose(&channel->stream[event->side]);
    return false;
}

/* The server's first bytes on a raw connection; version 2 proxies do not require a banner,
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

/* The line of the PROXY protocol in front of the first head. */
static bool
next_proxy_line(struct channel *channel, struct oa_event *event, size_t length)
{
    event->type = OA_EVENT_IGNORED;
    event->length = MIN(channel->proxy_line, length);
    channel->proxy_line -= event->length;
    return true;
}

/* One attempt in the current state; a failed attempt may have changed the state. */
static bool
try_next(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
         size_t *need)
{
    struct stream *stream = &channel->stream[event->side];

    if (channel->proxy_line && event->side == OA_CLIENT)
        return next_proxy_line(channel, event, length);
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
            facts->last = oa_clock_steps_last(channel->tracker->clock_steps, facts->last, last);
            event->vc = facts->vc;
            oa_emit(channel->tracker, event);
            if (event->type == OA_EVENT_HTTP_HEAD)
                oa_auth_take_credentials(channel->tracker, event);
            return true;
        }
    } while (stream->state != tried);
    return false;
}

/* Takes as much of `data` as possible; returns how many bytes at its end wait for more. */
static size_t
take_all(struct oa_channel *facts, enum oa_side side, const uint8_t *data, size_t length,
         size_t old, struct oa_stamp stamp)
{
    struct stream *stream = &((struct channel *)facts)->stream[side];
    struct oa_event event;
    size_t at = 0;
    size_t need = 0;

    oa_stream_go_to(stream, 0);
    while (at < length &&
           oa_channel_next(facts, side, data + at, length - at,
                           at < old ? stream->carry_from : stamp, stamp, &event, &need))
        oa_stream_go_to(stream, at += event.length);
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

    if (stamp.time_ns > channel->tracker->latest.time_ns)
        channel->tracker->latest = stamp;
    if (channel->mapi) {
        oa_channel_measure_idle(channel->tracker, facts, stamp);
        facts->last = oa_clock_steps_last(channel->tracker->clock_steps, facts->last, stamp);
        if (side == OA_CLIENT && channel->proxy_line) {
            size_t line = MIN(channel->proxy_line, length);
            channel->proxy_line -= line;
            data += line;
            length -= line;
            if (length == 0)
                return;
        }
        if (side == OA_SERVER)
            oa_http_connection_expect_late(channel->mapi,
                                           facts->is_waiting && facts->is_waiting[OA_CLIENT]);
        oa_http_connection_data(channel->mapi, side, data, length, stamp);
        if (oa_http_connection_gave_up(channel->mapi))
            oa_emit_limit(
                channel->tracker,
                &(struct oa_event){ .first = stamp, .last = stamp, .channel = facts, .side = side },
                OA_LIMIT_OF_PIPELINE);
        return;
    }
    if (was == 0) {
        rest = take_all(facts, side, data, length, 0, stamp);
        if (rest) {
            oa_stream_carry(stream, data + length - rest, rest);
            oa_stream_note_arrival(stream, stamp);
        }
        return;
    }
    g_byte_array_append(stream->carry, data, (guint)length);
    oa_stream_note_arrival(stream, stamp);
    if (stream->carry->len < stream->carry_need)
        return;
    if (stream->state == STREAM_HEAD &&
        !oa_http_head_may_be_whole(stream->carry->data, stream->carry->len, was))
        return;
    rest = take_all(facts, side, stream->carry->data, stream->carry->len, was, stamp);
    if (rest)
        oa_stream_shorten_carry(stream, stream->carry->len - rest);
    else
        oa_stream_drop_carry(stream);
}

void
oa_channel_data_with_head(struct oa_channel *facts, enum oa_side side, const uint8_t *data,
                          size_t length, const struct oa_http_head *head, size_t head_at,
                          struct oa_stamp stamp)
{
    struct channel *channel = (struct channel *)facts;

    if (channel->mapi && head->length)
        oa_http_connection_know_head(channel->mapi, data + head_at, head);
    oa_channel_data(facts, side, data, length, stamp);
}

size_t
oa_channel_waiting(const struct oa_channel *facts, enum oa_side side)
{
    const struct stream *stream = &((const struct channel *)facts)->stream[side];

    return stream->carry ? stream->carry->len : 0;
}

/* --- bytes that are missing from the capture --- */

/* Whether a PDU of which these are the first bytes can be used: it is of a call, with its fixed
 * fields, or opens the channel. */
static bool
is_of_use(const struct channel *channel, enum oa_side side, const uint8_t *data, size_t length,
          struct oa_rpc_header *header)
{
    struct oa_rpc_pdu rpc;
    struct oa_rts rts;

    if (!oa_rpc_header_parse(data, length, header))
        return false;
    if (header->ptype == OA_RPC_RTS)
        return oa_rts_parse_cut(data, length, &rts) && oa_vc_rts_opens(channel, side, &rts);
    return oa_rpc_parse_beginning(data, length, &rpc) && rpc.stub;
}

/* Whether what begins here after a loss is a PDU that goes on within the gap, or ends with it: a
 * snap length cuts the ends of segments, which PDUs begin. */
static bool
goes_on_in_gap(const uint8_t *data, size_t length, uint64_t missing)
{
    struct oa_rpc_header header;

    return oa_rpc_header_parse(data, length, &header) && header.frag_length >= length + missing;
}

/* Where the search for the next head or PDU has come to one that is cut, it has found it. */
static void
end_search(struct channel *channel, enum oa_side side, const uint8_t *data, size_t length,
           uint64_t missing)
{
    struct stream *stream = &channel->stream[side];

    bool is_http = oa_hop_is_http(channel->facts.hop);
    size_t size, need;

    if (is_http && is_head_here(side, data, length))
        stream->state = STREAM_HEAD;
    else if (is_http && oa_stream_find_chunk(data, length, &size, &need))
        oa_stream_begin_chunked_body(stream, STREAM_PDUS);
    else if (goes_on_in_gap(data, length, missing))
        oa_stream_begin_body(stream, STREAM_PDUS, UINT64_MAX);
}

/* Within that PDU `gone` bytes have passed: its rest follows, or the next one. */
static void
pass_within(struct stream *stream, uint64_t pdu, uint64_t gone)
{
    stream->tail = pdu - gone;
    if (stream->state == STREAM_PDUS)
        oa_stream_take(stream, pdu);
    if (stream->tail)
        stream->state = STREAM_TAIL;
    else if (stream->state == STREAM_TAIL)
        stream->state = STREAM_PDUS;
}

/* Takes a head as far as it goes. */
static bool
take_cut_head(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length)
{
    struct oa_http_head *http = &channel->tracker->channels->http;

    if (oa_http_head_parse_cut(data, length, http) != OA_HTTP_COMPLETE ||
        http->is_request != (event->side == OA_CLIENT))
        return false;
    oa_channel_take_head(channel, event);
    return true;
}

/* Takes the PDU of a call whose header shows what it is, and how long. What chunk framing is among
 * the bytes that are missing, and whether the end of the PDU, is not known. */
static bool
take_cut_pdu(struct channel *channel, struct oa_event *event, const uint8_t *data, size_t length,
             uint64_t missing)
{
    struct stream *stream = &channel->stream[event->side];
    uint64_t gone = length + missing;
    struct oa_rpc_header header;
    struct oa_chunk_walk walk;

    if (stream->chunked) {
        uint8_t *joined = channel->tracker->channels->joined;
        if (oa_stream_look(stream, data, length, PDU_MAX, joined, &walk, &length))
            return false;
        data = joined;
        gone = 0;
    }
    if (!is_of_use(channel, event->side, data, length, &header)) {
        if (length >= OA_RPC_HEADER_SIZE && oa_rpc_header_parse(data, length, &header) &&
            header.ptype != OA_RPC_RTS)
            oa_pdu_trail_add(&channel->trail, event->side, data, MIN(length, header.frag_length),
                             true, event->first);
        return false;
    }
    event->length = length;
    event->pdu = data;
    event->pdu_length = header.frag_length;
    event->is_cut = true;
    event->end_is_lost |= gone < header.frag_length;
    oa_channel_take_pdu(channel, event, &header);
    if (!stream->chunked && gone <= header.frag_length)
        pass_within(stream, header.frag_length, gone);
    else
        oa_stream_lose(stream);
    return true;
}

/* Passes over bytes of which nothing is known. */
static void
pass_gap(struct channel *channel, enum oa_side side, const uint8_t *data, size_t length,
         uint64_t missing)
{
    struct stream *stream = &channel->stream[side];
    uint64_t gone = length + missing;
    struct oa_rpc_header header;

    if (stream->state == STREAM_TAIL && stream->tail >= gone)
        pass_within(stream, stream->tail, gone);
    else if (stream->state == STREAM_PDUS && !stream->chunked && length &&
             oa_rpc_header_parse(data, length, &header) && header.frag_length >= gone)
        pass_within(stream, header.frag_length, gone);
    else if (stream->state == STREAM_BODY && !stream->chunked && stream->left > gone)
        oa_stream_take(stream, gone);
    else
        oa_stream_lose(stream);
}

bool
oa_channel_next_cut(struct oa_channel *facts, enum oa_side side, const uint8_t *data, size_t length,
                    uint64_t missing, struct oa_stamp first, struct oa_stamp last, bool end_is_lost,
                    struct oa_event *event)
{
    struct channel *channel = (struct channel *)facts;
    const struct stream *stream = &channel->stream[side];
    bool is_inside = stream->state == STREAM_TAIL && stream->tail >= missing;
    bool is_taken = false;

    if (stream->state == STREAM_DRAIN)
        return false;
    oa_calls_forget_ended(channel->tracker);
    *event = (struct oa_event){
        .first = first, .last = last, .side = side, .channel = facts, .end_is_lost = end_is_lost
    };
    if (length && stream->state == STREAM_LOST)
        end_search(channel, side, data, length, missing);
    if (length && stream->state == STREAM_HEAD)
        is_taken = take_cut_head(channel, event, data, length);
    else if (length && stream->state == STREAM_PDUS)
        is_taken = take_cut_pdu(channel, event, data, length, missing);
    if (!is_taken)
        pass_gap(channel, side, data, length, missing);
    is_inside |= is_taken && stream->state != STREAM_LOST;
    if (stream->state == STREAM_LOST)
        oa_pdu_trail_break(channel->trail, side);
    count_skipped(channel, side, missing + (is_taken ? 0 : length), !is_inside);
    if (!is_taken)
        return false;
    facts->last = oa_clock_steps_last(channel->tracker->clock_steps, facts->last, last);
    event->vc = facts->vc;
    oa_emit(channel->tracker, event);
    if (event->type == OA_EVENT_HTTP_HEAD)
        oa_auth_take_credentials(channel->tracker, event);
    return true;
}

static void
take_gap(struct channel *channel, enum oa_side side, uint64_t bytes, struct oa_stamp last,
         bool end_is_lost)
{
    struct stream *stream = &channel->stream[side];
    GByteArray *carry = stream->carry;
    struct oa_event event;

    if (channel->mapi) {
        count_skipped(channel, side, bytes, true);
        oa_http_connection_lost(channel->mapi, side, bytes);
        return;
    }
    oa_channel_next_cut(&channel->facts, side, carry ? carry->data : NULL, carry ? carry->len : 0,
                        bytes, stream->carry_from, last, end_is_lost, &event);
    oa_stream_drop_carry(stream);
}

void
oa_channel_lost(struct oa_channel *facts, enum oa_side side, uint64_t bytes)
{
    struct channel *channel = (struct channel *)facts;

    take_gap(channel, side, bytes, channel->stream[side].carry_from, true);
}

void
oa_channel_cut(struct oa_channel *facts, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    take_gap((struct channel *)facts, side, bytes, stamp, false);
}

void
oa_channel_close(struct oa_channel *facts, struct oa_ending ending)
{
    struct channel *channel = (struct channel *)facts;
    struct oa_tracker *tracker = channel->tracker;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (channel->stream[side].carry)
            count_skipped(channel, (enum oa_side)side, channel->stream[side].carry->len, true);
    facts->ending = ending;
    if (channel->mapi) {
        oa_http_connection_close(channel->mapi, ending.how == OA_END_FIN);
        oa_mapi_close_channel(channel);
    }
    channel->mapi = NULL;
    oa_lone_channels_remove(channel);
    oa_call_join_rest(channel);
    oa_auth_close_channel(tracker, facts);
    oa_ending_of_channel(channel);
    if (!facts->vc)
        oa_emit_suppressed(
            tracker,
            &(struct oa_event){ .first = facts->last, .last = facts->last, .channel = facts });
    oa_emit(tracker, &(struct oa_event){ .type = OA_EVENT_CHANNEL_CLOSED,
                                         .first = facts->opened,
                                         .last = facts->last,
                                         .channel = facts,
                                         .vc = facts->vc });
    oa_vc_leave(channel);
    g_hash_table_remove(tracker->channels->open, channel);
    oa_retire(tracker, channel, free_channel);
}
