/* channel_head.c
 * One HTTP head of a channel: what it shows of the channel, and how the following body is framed.
 * [MS-RPCH] 2.1.2 (messages), 3.2.2.5 (errors); [RFC 9112] 6
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/channel_head.h"

#include "rpc/http_error.h"
#include "track/authentication.h"
#include "track/channel_kind.h"
#include "track/connection_end.h"
#include "track/emit.h"
#include "track/named_ports.h"
#include "track/tracker_state.h"

/* An RPC_IN_DATA or RPC_OUT_DATA request with a body up to this size is an echo request,
 * [MS-RPCH] 2.1.2.1.5. */
#define ECHO_BODY_MAX 16

/* The response to an echo is one RTS PDU without commands. */
#define ECHO_RESPONSE_SIZE OA_RTS_HEADER_SIZE

/* Content-Length of the request for a successor of an OUT channel: A3 and the empty PDU that
 * follows it. For a first one it is that of CONN/A1, 76. [MS-RPCH] 2.1.2.1.2 */
#define REPLACEMENT_BODY 120

static bool
has_pdus(const struct oa_channel *facts)
{
    return facts->vc || facts->traffic[OA_CLIENT].rts_pdus || facts->traffic[OA_CLIENT].rpc_pdus;
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
            oa_stream_begin_chunked_body(stream, STREAM_BODY);
        else
            oa_stream_begin_body(stream, STREAM_BODY, http->content_length);
        return;
    }
    channel->last_request_has_length = http->has_content_length || http->chunked;
    channel->method = http->method_id;
    if (!facts->response.frame || !oa_stamp_is_before(stamp, facts->response)) {
        facts->http_status = 0; /* of an earlier request */
        facts->has_rpc_error = false;
        channel->waiting = stamp;
    }
    oa_text_keep(&facts->proxy_name, http->host);
    oa_connection_ends_know_name(channel->tracker, http->host);
    oa_text_keep(&facts->user_agent, http->user_agent);
    if (http->has_rpc_server && !facts->target_server) {
        oa_text_keep(&facts->target_server, http->rpc_server);
        facts->target_port = http->rpc_port;
        oa_named_ports_add(channel->tracker, http->rpc_port);
    }
    if (channel->is_kind_of_cut_head && !has_pdus(facts))
        facts->kind = OA_CHANNEL_UNKNOWN;
    channel->is_kind_of_cut_head = http->is_cut && !http->has_content_length;
    if (http->has_content_length && http->content_length <= ECHO_BODY_MAX) {
        /* Without a body it is the first leg of an authentication, or an echo request; the response
         * will show which. */
        if (facts->kind == OA_CHANNEL_UNKNOWN && http->content_length)
            facts->kind = OA_CHANNEL_ECHO;
        oa_stream_begin_body(stream, STREAM_BODY, http->content_length);
        return;
    }
    if (http->method_id == OA_HTTP_RPC_IN_DATA)
        facts->kind = OA_CHANNEL_IN;
    else if (http->method_id == OA_HTTP_RPC_OUT_DATA)
        facts->kind = OA_CHANNEL_OUT;
    else
        facts->kind = OA_CHANNEL_DUPLEX;
    facts->head = stamp;
    channel->is_replacement = facts->kind == OA_CHANNEL_OUT && http->has_content_length &&
                              http->content_length == REPLACEMENT_BODY;
    if (http->method_id == OA_HTTP_RPC_IN_DATA && http->has_content_length)
        facts->lifetime = http->content_length;
    if (http->chunked)
        oa_stream_begin_chunked_body(stream, STREAM_PDUS);
    else
        oa_stream_begin_body(stream, STREAM_PDUS,
                             http->has_content_length ? http->content_length : UINT64_MAX);
}

/* Whether the body of the response consists of PDUs. Clients check the status only; an IN channel
 * has no such response. */
static bool
has_pdus_in_body(const struct channel *channel, const struct oa_http_head *http)
{
    if (http->status != 200 || !channel->last_request_is_rpc)
        return false;
    return channel->method != OA_HTTP_RPC_IN_DATA ||
           oa_text_equals(http->content_type, "application/rpc");
}

/* Whether a request without a length turns out to be an echo request by the size of its response:
 * nothing came between the two. */
static bool
is_echo_response(const struct channel *channel, const struct oa_http_head *http)
{
    const struct oa_channel *facts = &channel->facts;

    return !channel->is_raw && channel->method != OA_HTTP_OTHER &&
           !channel->last_request_has_length && !has_pdus(facts) && http->has_content_length &&
           http->content_length == ECHO_RESPONSE_SIZE;
}

/* A response may come before the end of the head of its request, which waits behind a loss. */
static void
look_at_request(struct channel *channel)
{
    const struct stream *stream = &channel->stream[OA_CLIENT];
    enum oa_http_method method;

    if (stream->state != STREAM_HEAD || !stream->carry ||
        oa_http_rpc_method(stream->carry->data, stream->carry->len, &method) != OA_HTTP_COMPLETE)
        return;
    channel->last_request_is_rpc = true;
    channel->last_request_has_length = false;
    channel->method = method;
}

static void
take_response(struct channel *channel, const struct oa_http_head *http, struct oa_stamp stamp)
{
    struct oa_channel *facts = &channel->facts;
    struct stream *stream = &channel->stream[OA_SERVER];

    look_at_request(channel);

    if (http->status < 200) {
        oa_stream_begin_body(stream, STREAM_BODY, 0);
        return;
    }
    channel->waiting.frame = 0;
    if (channel->last_request_is_rpc) {
        facts->http_status = http->status;
        facts->response = stamp;
        facts->has_rpc_error = http->has_rpc_error;
        facts->rpc_error = http->rpc_error;
        if (http->status == 401 || http->status == 407)
            facts->auth_legs++;
    }
    enum stream_state state = has_pdus_in_body(channel, http) ? STREAM_PDUS : STREAM_BODY;
    if (state == STREAM_PDUS && is_echo_response(channel, http))
        facts->kind = OA_CHANNEL_ECHO;
    if (state == STREAM_PDUS && facts->kind == OA_CHANNEL_UNKNOWN && !http->is_cut)
        facts->kind =
            http->chunked || (http->has_content_length && http->content_length > ECHO_RESPONSE_SIZE)
                ? OA_CHANNEL_OUT
                : OA_CHANNEL_ECHO;
    if (state == STREAM_PDUS && facts->kind == OA_CHANNEL_OUT && http->has_content_length)
        facts->lifetime = http->content_length;
    if (http->status == 204 || http->status == 304 || channel->last_request_is_head)
        oa_stream_begin_body(stream, state, 0);
    else if (http->chunked)
        oa_stream_begin_chunked_body(stream, state);
    else
        oa_stream_begin_body(stream, state,
                             http->has_content_length ? http->content_length : UINT64_MAX);
}

/* An error response, to the request that was to open the channel or in the middle of it, [MS-RPCH]
 * 3.2.2.5. Requests for credentials are reported by their authentication exchange. */
static void
tell_error(struct channel *channel, const struct oa_event *event, bool in_stream)
{
    const struct oa_http_head *http = event->http;
    const struct oa_channel *facts = &channel->facts;
    const char *kind = oa_channel_kind_name(facts->kind);
    char error[OA_FINDING_TEXT];

    if (http->is_request || http->status < 400 || !channel->last_request_is_rpc)
        return;
    oa_http_error_text(http, channel->tracker->renamer, error, sizeof error);
    if (in_stream)
        oa_emit_finding(channel->tracker, event, OA_FINDING_ERROR_IN_STREAM,
                        "%s after %" G_GUINT64_FORMAT " server PDUs", error,
                        facts->traffic[OA_SERVER].rpc_pdus + facts->traffic[OA_SERVER].rts_pdus);
    else if (http->status != 401 && http->status != 407)
        oa_emit_finding(channel->tracker, event,
                        http->has_rpc_error ? OA_FINDING_RPC_ERROR : OA_FINDING_HTTP_ERROR,
                        "%s to the request for the %s channel", error,
                        facts->kind == OA_CHANNEL_UNKNOWN ? "RPC" : kind);
}

void
oa_channel_take_head(struct channel *channel, struct oa_event *event)
{
    struct stream *stream = &channel->stream[event->side];
    bool in_stream = stream->broken_off;

    event->type = OA_EVENT_HTTP_HEAD;
    event->http = &channel->tracker->channels->http;
    event->length = event->http->length;
    event->is_cut = event->http->is_cut;
    stream->chunked = stream->broken_off = false;
    if (event->http->is_request)
        take_request(channel, event->http, event->last);
    else
        take_response(channel, event->http, event->last);
    tell_error(channel, event, in_stream);
    oa_auth_take_head(channel->tracker, event);
    if (event->is_cut) /* so is how the body is framed */
        oa_stream_lose(stream);
}
