/* report_channels.c
 * channels.csv: one row for each IN or OUT channel instance.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include "track/channel_kind.h"

struct row {
    const struct oa_channel *channel;
    const struct valid_ports *valid_ports;
};

#define ROW(name) const struct oa_channel *name = ((const struct row *)row)->channel

static void
number_or_empty(struct csv *csv, uint64_t number)
{
    if (number)
        csv_number(csv, number);
    else
        csv_empty(csv);
}

/* The side whose PDUs use up the channel. */
static enum oa_side
carrying_side(const struct oa_channel *channel)
{
    return oa_channel_carrier(channel);
}

static void
channel_number(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_number(csv, channel->number);
}

static void
session(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->vc)
        csv_number(csv, channel->vc->number);
    else
        csv_empty(csv);
}

static void
connection(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_number(csv, ((const struct tcp_connection *)channel->host)->number);
}

static void
kind(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, oa_channel_kind_name(channel->kind));
}

static void
client_address(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_address(csv, channel->endpoint[OA_CLIENT].address);
}

static void
client_port(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_number(csv, channel->endpoint[OA_CLIENT].port);
}

static void
proxy_address(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->vc && channel->vc->transport == OA_TRANSPORT_RPC_TCP)
        csv_empty(csv);
    else
        csv_address(csv, channel->endpoint[OA_SERVER].address);
}

static void
proxy_name(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, channel->proxy_name);
}

static void
target_server(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, channel->target_server);
}

static void
target_port(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->target_server)
        csv_number(csv, channel->target_port);
    else
        csv_empty(csv);
}

static void
user_agent(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, channel->user_agent);
}

static void
http_status(struct csv *csv, const void *row)
{
    ROW(channel);
    number_or_empty(csv, channel->http_status);
}

static void
rpc_error(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->has_rpc_error)
        cell_status(csv, channel->rpc_error);
    else
        csv_empty(csv);
}

static void
auth_scheme(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, channel->auth ? oa_auth_scheme_name(channel->auth->scheme) : NULL);
}

static void
auth_legs(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_number(csv, channel->auth_legs);
}

static void
user(struct csv *csv, const void *row)
{
    ROW(channel);
    cell_user(csv, channel->auth);
}

static void
cookie(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->has_cookie)
        csv_uuid(csv, channel->cookie.bytes);
    else
        csv_empty(csv);
}

static void
predecessor_cookie(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->is_successor)
        csv_uuid(csv, channel->predecessor_cookie.bytes);
    else
        csv_empty(csv);
}

static void
start(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_time(csv, channel->opened.time_ns);
}

static void
end(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_time(csv, channel->last.time_ns);
}

static void
duration(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_ms(csv, channel->last.time_ns - channel->opened.time_ns);
}

static void
response_time(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->head.frame && channel->response.frame &&
        channel->response.time_ns >= channel->head.time_ns)
        csv_ms(csv, channel->response.time_ns - channel->head.time_ns);
    else
        csv_empty(csv);
}

static void
lifetime(struct csv *csv, const void *row)
{
    ROW(channel);
    number_or_empty(csv, channel->lifetime);
}

static void
lifetime_used(struct csv *csv, const void *row)
{
    ROW(channel);
    const struct oa_traffic *traffic = &channel->traffic[carrying_side(channel)];
    csv_number(csv, traffic->rpc_bytes + traffic->rts_bytes);
}

#define TRAFFIC_CELL(member)                                                                       \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(channel);                                                                              \
        csv_number(csv, channel->traffic[OA_CLIENT].member + channel->traffic[OA_SERVER].member);  \
    }

TRAFFIC_CELL(rpc_pdus)
TRAFFIC_CELL(rpc_bytes)
TRAFFIC_CELL(rts_pdus)
TRAFFIC_CELL(rts_bytes)
TRAFFIC_CELL(pings)
TRAFFIC_CELL(acks)
TRAFFIC_CELL(skipped_bytes)

static void
receive_window(struct csv *csv, const void *row)
{
    ROW(channel);
    number_or_empty(csv, channel->receive_window);
}

static void
connection_timeout(struct csv *csv, const void *row)
{
    ROW(channel);
    number_or_empty(csv, channel->connection_timeout_ms);
}

static void
ending(struct csv *csv, const void *row)
{
    ROW(channel);
    cell_ending(csv, channel->ending);
}

static void
ended_by(struct csv *csv, const void *row)
{
    ROW(channel);
    cell_ended_by(csv, channel->ending);
}

static void
hop(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, hop_of_session(channel->vc, channel->hop));
}

static void
successor_cookie(struct csv *csv, const void *row)
{
    ROW(channel);
    if (channel->has_successor)
        csv_uuid(csv, channel->successor_cookie.bytes);
    else
        csv_empty(csv);
}

static void
join(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, oa_join_name(channel->join));
}

static void
join_certainty(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_text(csv, oa_join_certainty(channel->join));
}

static void
window_stalls(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_number(csv, channel->flow.stalls);
}

static void
window_stalled(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_ms(csv, channel->flow.stalled_ns);
}

static void
longest_stall(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_ms(csv, channel->flow.longest_stall_ns);
}

static void
longest_idle(struct csv *csv, const void *row)
{
    ROW(channel);
    csv_ms(csv, channel->longest_idle_ns);
}

static void
target_allowed(struct csv *csv, const void *row)
{
    ROW(channel);
    cell_allowed(csv, ((const struct row *)row)->valid_ports, channel->target_server,
                 channel->target_port);
}

static const struct column COLUMNS_OF_CHANNELS[] = {
    { "channel", "number", "Number of the channel instance, from 0 in order of appearance",
      channel_number },
    { "session", "number",
      "Session it belongs to, as in sessions.csv; of MAPI over HTTP the last one that used it; "
      "empty if it never carried a PDU",
      session },
    { "connection", "number", "TCP connection, as in connections.csv", connection },
    { "kind", "text",
      "IN, OUT, IN and OUT (version 1, RPC over TCP), echo (proxy discovery), or MAPI over HTTP; "
      "empty while only authentication was seen",
      kind },
    { "client_address", "address", "Client as seen in the capture", client_address },
    { "client_port", "number", "TCP port of the client", client_port },
    { "proxy_address", "address", "Proxy as seen in the capture; empty where there is none",
      proxy_address },
    { "proxy_name", "text", "Host header of the request", proxy_name },
    { "target_server", "text", "Server named in the URI", target_server },
    { "target_port", "number", "Port named in the URI", target_port },
    { "user_agent", "text", "User-Agent header", user_agent },
    { "http_status", "number", "Last final HTTP status; an IN channel that works has none",
      http_status },
    { "rpc_error", "text", "Error of the reason phrase `RPC Error: ...` by name, else in hex",
      rpc_error },
    { "auth_scheme", "text", "HTTP authentication scheme of the requests", auth_scheme },
    { "auth_legs", "count", "Requests answered with 401 or 407", auth_legs },
    { "user", "text", "User of the HTTP authentication", user },
    { "cookie", "uuid", "Channel cookie", cookie },
    { "predecessor_cookie", "uuid", "Cookie of the channel that this one replaces in a recycling",
      predecessor_cookie },
    { "start", "time", "First request head", start },
    { "end", "time", "Last thing decoded", end },
    { "duration_ms", "ms", "start to end", duration },
    { "response_time_ms", "ms",
      "Request head that carries the channel to the head of its final response", response_time },
    { "lifetime_bytes", "bytes", "Bytes the channel may carry (Content-Length)", lifetime },
    { "lifetime_used_bytes", "bytes", "RPC and RTS bytes it has carried in its own direction",
      lifetime_used },
    { "rpc_pdus", "count", "RPC PDUs, RTS not among them", rpc_pdus },
    { "rpc_bytes", "bytes", "Bytes of these", rpc_bytes },
    { "rts_pdus", "count", "RTS PDUs, both directions", rts_pdus },
    { "rts_bytes", "bytes", "Bytes of these", rts_bytes },
    { "pings", "count", "Ping RTS PDUs, both directions", pings },
    { "flow_control_acks", "count", "RTS PDUs with a flow control acknowledgment that it carried",
      acks },
    { "skipped_bytes", "bytes", "Bytes lost by the capture or not understood", skipped_bytes },
    { "receive_window_bytes", "bytes", "Receive window announced for the channel", receive_window },
    { "connection_timeout_ms", "ms", "Idle timeout announced for the channel", connection_timeout },
    { "end_state", "text", "How its TCP connection ended: fin, reset, replaced, open", ending },
    { "ended_by", "text", "Who sent the first FIN or the RST", ended_by },
    { "hop", "text", "client_proxy (HTTP), proxy_store (TCP), or client_store (plain RPC over TCP)",
      hop },
    { "successor_cookie", "uuid", "Cookie of the channel that replaces this one in a recycling",
      successor_cookie },
    { "join", "text",
      "What ties it to its session: cookie, recycling, call ids, session context, or alone (no "
      "other channel)",
      join },
    { "join_certainty", "text", "certain, or likely", join_certainty },
    { "window_stalls", "count", "Times the sender waited for the receive window", window_stalls },
    { "window_stalled_ms", "ms", "Sum of these waits", window_stalled },
    { "longest_stall_ms", "ms", "The longest of these waits", longest_stall },
    { "longest_idle_ms", "ms", "Longest time without a PDU in either direction", longest_idle },
    { "target_allowed", "text",
      "Whether the target is among --valid-ports: allowed, refused; empty without the option, or "
      "if "
      "no target was seen",
      target_allowed },
};

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_CHANNEL_CLOSED)
        report_row(run, &(struct row){ event->channel, run->valid_ports });
}

const struct report REPORT_CHANNELS = {
    .name = "channels",
    .row_is = "IN or OUT channel instance, or connection with MAPI over HTTP",
    .order = "by the end of the channel",
    COLUMNS(COLUMNS_OF_CHANNELS),
    .event = take,
};
