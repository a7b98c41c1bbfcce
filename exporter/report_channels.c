/* report_channels.c
 * channels.csv: one row for each IN or OUT channel instance.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"
#include "track/channel_kind.h"

struct row {
    const struct oa_channel *channel;
    const struct oa_virtual_connection *vc; /* NULL if there is none */
    const struct connection *tcp;
    const struct oa_auth *auth; /* NULL if there is none */
    const uint8_t *proxy_address;
    const struct oa_cookie *cookie, *predecessor_cookie, *successor_cookie;
    const char *hop, *rpc_error, *ended_by, *target_allowed;
    uint64_t target_port, http_status, lifetime, lifetime_used, receive_window;
    uint64_t connection_timeout_ms;
    int64_t duration_ns, response_time_ns, longest_idle_ns;
    uint64_t rpc_pdus, rpc_bytes, rts_pdus, rts_bytes, pings, acks,
        skipped_bytes; /* both directions */
};

/* clang-format off */
static const struct column COLUMNS_OF_CHANNELS[] = {
    { "channel", NUMBER_OF(channel, number),
      "Number of the channel instance, from 0 in order of appearance" },
    { "session", SESSION(vc),
      "Session that it belongs to, as in sessions.csv; for MAPI over HTTP the last one that used "
      "it; empty if it never carried a PDU" },
    { "connection", NUMBER_OF(tcp, number), "TCP connection, as in connections.csv" },
    { "kind", NAME_OF(channel, kind, oa_channel_kind_name),
      "IN, OUT, IN and OUT (version 1, RPC over TCP), echo (proxy discovery), or MAPI over HTTP; "
      "empty if only authentication was seen" },
    { "client_address", ADDRESS_OF(channel, endpoint[OA_CLIENT].address),
      "Client as seen in the capture" },
    { "client_port", NUMBER_OF(channel, endpoint[OA_CLIENT].port), "TCP port of the client" },
    { "proxy_address", ADDRESS(proxy_address),
      "Proxy as seen in the capture; empty if there is none" },
    { "proxy_name", NAMED_OF(HOST, channel, proxy_name), "Host header of the request" },
    { "target_server", NAMED_OF(HOST, channel, target_server), "Server named in the URI" },
    { "target_port", NUMBER(target_port), "Port named in the URI" },
    { "user_agent", WORD_OF(channel, user_agent), "User-Agent header" },
    { "http_status", NUMBER(http_status), "Final status of the response to the last request; a working IN channel has none" },
    { "rpc_error", WORD(rpc_error),
      "Error from the reason phrase `RPC Error: ...`, by name, else in hex" },
    { "auth_scheme", NAME_OF(auth, scheme, oa_auth_scheme_name),
      "HTTP authentication scheme of the requests" },
    { "auth_legs", COUNT_OF(channel, auth_legs), "Requests answered with 401 or 407" },
    { "user", USER(auth), "User of the HTTP authentication as sent; users.csv may spell him otherwise" },
    { "cookie", UUID(cookie), "Channel cookie" },
    { "predecessor_cookie", UUID(predecessor_cookie),
      "Cookie of the channel that this one replaced in a recycling" },
    { "start", TIME_OF(channel, opened.time_ns), "First request head, of an authentication too" TIMES_ARE },
    { "end", TIME_OF(channel, last.time_ns), "Last PDU or head decoded" },
    { "duration_ms", MS(duration_ns), "From start to end" },
    { "response_time_ms", MS(response_time_ns),
      "From the head of the request that carries the channel to the head of its final response" },
    { "lifetime_bytes", BYTES(lifetime), "Bytes that the channel may carry (Content-Length)" },
    { "lifetime_used_bytes", BYTES(lifetime_used),
      "RPC and RTS bytes carried in the direction of the channel" },
    { "rpc_pdus", COUNT(rpc_pdus), "RPC PDUs, without RTS PDUs" },
    { "rpc_bytes", BYTES(rpc_bytes), "Bytes of these PDUs" },
    { "rts_pdus", COUNT(rts_pdus), "RTS PDUs from both sides of the connection, pings and acknowledgments too" },
    { "rts_bytes", BYTES(rts_bytes), "Bytes of these PDUs" },
    { "pings", COUNT(pings), "Of these, pings" },
    { "flow_control_acks", COUNT(acks),
      "Of these, those with a flow control acknowledgment" },
    { "skipped_bytes", BYTES(skipped_bytes), "Bytes missing from the capture or not decoded" },
    { "receive_window_bytes", BYTES(receive_window), "Receive window announced for the channel" },
    { "connection_timeout_ms", WHOLE_MS(connection_timeout_ms),
      "Idle timeout announced for the channel" },
    { "end_state", NAME_OF(channel, ending.how, end_name),
      "How its TCP connection ended: fin, reset, replaced, open; unknown for exported PDUs" },
    { "ended_by", WORD(ended_by), "Side that sent the first FIN or the RST: client, server" },
    { "hop", WORD(hop),
      "client_proxy (HTTP), proxy_store (TCP), or client_store (plain RPC over TCP)" },
    { "successor_cookie", UUID(successor_cookie),
      "Cookie of the channel that replaced this one in a recycling" },
    { "join", NAME_OF(channel, join, oa_join_name),
      "How it was joined to its session: cookie, recycling, succession, call ids, session context, "
      "or alone (no other channel)" },
    { "join_certainty", NAME_OF(channel, join, oa_join_certainty), "certain, likely" },
    { "window_stalls", COUNT_OF(channel, flow.stalls),
      "Times the sender waited for the receive window, for 50 ms or more" },
    { "window_stalled_ms", MS_OF(channel, flow.stalled_ns), "Total time spent in these waits" },
    { "longest_stall_ms", MS_OF(channel, flow.longest_stall_ns), "Longest of these waits" },
    { "longest_idle_ms", MS(longest_idle_ns),
      "Longest time without a PDU in either direction, with MAPI over HTTP without a part of a "
      "message; also the time before the FIN or RST, or the end of the capture; empty if there was "
      "none" },
    { "target_allowed", WORD(target_allowed),
      "Whether --valid-ports contains the target: allowed, refused; empty without the option, or "
      "if no target was seen" },
};
/* clang-format on */

static int64_t
response_time(const struct report_run *run, const struct oa_channel *channel)
{
    return channel->head.frame && channel->response.frame
               ? report_duration(run, channel->head, channel->response)
               : NO_TIME;
}

/* With the silence at the end, of which exported PDUs do not show how long it was. */
static int64_t
longest_idle(const struct report_run *run, const struct oa_channel *channel)
{
    const struct connection *tcp = connection_of(channel);
    struct oa_stamp end = { .frame = tcp->ending.frame ? tcp->ending.frame : UINT64_MAX };
    int64_t end_ns;

    if (!channel->last_pdu.frame)
        return NO_TIME;
    if (oa_clock_stepped(run->clock_steps, channel->last_pdu, end))
        return channel->longest_idle_ns;
    if (!connection_has_ended(tcp, &end_ns))
        end_ns = tcp->watched_ns;
    return MAX(channel->longest_idle_ns, end_ns - channel->last_pdu.time_ns);
}

static const uint8_t *
proxy_address_of(const struct oa_channel *channel)
{
    bool has_none = channel->vc && channel->vc->transport == OA_TRANSPORT_RPC_TCP;

    return has_none ? NULL : channel->endpoint[OA_SERVER].address;
}

static const struct oa_cookie *
known_cookie(const struct oa_cookie *cookie)
{
    static const struct oa_cookie UNKNOWN;

    return memcmp(cookie, &UNKNOWN, sizeof UNKNOWN) != 0 ? cookie : NULL;
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_channel *channel = event->channel;
    char number[STATUS_TEXT];

    if (channel->vc && oa_vc_is_foreign(channel->vc))
        return;
    const struct oa_traffic *in = &channel->traffic[OA_CLIENT];
    const struct oa_traffic *out = &channel->traffic[OA_SERVER];
    const struct oa_traffic *carried = &channel->traffic[oa_channel_carrier(channel)];
    struct row row = {
        .channel = channel,
        .vc = channel->vc,
        .tcp = connection_of(channel),
        .auth = channel->auth,
        .proxy_address = proxy_address_of(channel),
        .cookie = channel->has_cookie ? &channel->cookie : NULL,
        .predecessor_cookie = known_cookie(&channel->predecessor_cookie),
        .successor_cookie = known_cookie(&channel->successor_cookie),
        .hop = hop_of_session(channel->vc, channel->hop),
        .rpc_error =
            channel->has_rpc_error ? status_text(OA_STATUS_RPC, channel->rpc_error, number) : NULL,
        .ended_by = ended_by(channel->ending),
        .target_allowed =
            target_allowed(run->valid_ports, channel->target_server, channel->target_port),
        .target_port = channel->target_server ? channel->target_port : NO_NUMBER,
        .http_status = or_none(channel->http_status),
        .lifetime = or_none(channel->lifetime),
        .lifetime_used = carried->rpc_bytes + carried->rts_bytes,
        .receive_window = or_none(channel->receive_window),
        .connection_timeout_ms = or_none(channel->connection_timeout_ms),
        .duration_ns = report_duration(run, channel->opened, channel->last),
        .response_time_ns = response_time(run, channel),
        .longest_idle_ns = longest_idle(run, channel),
        .rpc_pdus = in->rpc_pdus + out->rpc_pdus,
        .rpc_bytes = in->rpc_bytes + out->rpc_bytes,
        .rts_pdus = in->rts_pdus + out->rts_pdus,
        .rts_bytes = in->rts_bytes + out->rts_bytes,
        .pings = in->pings + out->pings,
        .acks = in->acks + out->acks,
        .skipped_bytes = in->skipped_bytes + out->skipped_bytes,
    };
    report_row(run, &row);
}

const struct report REPORT_CHANNELS = {
    .name = "channels",
    .has_key = true,
    .row_is = "IN or OUT channel instance, or connection with MAPI over HTTP",
    .order = "ordered by the end of the channel",
    COLUMNS(COLUMNS_OF_CHANNELS),
    .event = take,
    .takes = REPORT_TAKES(CHANNEL_CLOSED),
};
