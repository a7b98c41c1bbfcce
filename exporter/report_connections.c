/* report_connections.c
 * connections.csv: one row for each TCP connection of a service hop, also those that stay
 * undecoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"
#include "service_ports.h"

#define ROW(name) const struct connection_row *name = row

/* Plain HTTP is a service hop only where it carries RPC; everything else on port 80 is not asked
 * for. */
#define HTTP_PORT 80

static const struct service_port *
port_of(const struct connection_row *connection)
{
    return service_port_find(connection->tcp->port[TCP_SERVER]);
}

static void
connection_number(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->number);
}

static void
hop(struct csv *csv, const void *row)
{
    static const char *const HOPS[OA_HOPS] = { "client_proxy", "proxy_store" };
    ROW(connection);
    csv_text(csv, connection->channel ? HOPS[connection->channel->hop] : port_of(connection)->hop);
}

static void
service(struct csv *csv, const void *row)
{
    ROW(connection);
    const struct oa_channel *channel = connection->channel;
    const struct service_port *port = port_of(connection);

    if (channel && channel->hop == OA_HOP_CLIENT)
        csv_text(csv, "rpc over http");
    else if (channel && channel->vc && channel->vc->iface)
        csv_text(csv, channel->vc->iface->service);
    else
        csv_text(csv, port ? port->service : "rpc");
}

#define SIDE_CELLS(side, index)                                                                    \
    static void side##_address(struct csv *csv, const void *row)                                   \
    {                                                                                              \
        ROW(connection);                                                                           \
        csv_address(csv, connection->tcp->address[index].bytes);                                   \
    }                                                                                              \
    static void side##_port(struct csv *csv, const void *row)                                      \
    {                                                                                              \
        ROW(connection);                                                                           \
        csv_number(csv, connection->tcp->port[index]);                                             \
    }

SIDE_CELLS(client, TCP_CLIENT)
SIDE_CELLS(server, TCP_SERVER)

static void
start(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_time(csv, connection->tcp->first_ns);
}

static void
end(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_time(csv, connection->tcp->last_ns);
}

static void
duration(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_ms(csv, connection->tcp->last_ns - connection->tcp->first_ns);
}

#define STREAM_CELL(function, sender, member)                                                      \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(connection);                                                                           \
        csv_number(csv, connection->tcp->stream[sender].member);                                   \
    }

STREAM_CELL(frames_in, TCP_CLIENT, frames)
STREAM_CELL(frames_out, TCP_SERVER, frames)
STREAM_CELL(bytes_in, TCP_CLIENT, payload_bytes)
STREAM_CELL(bytes_out, TCP_SERVER, payload_bytes)
STREAM_CELL(retransmitted_in, TCP_CLIENT, retransmitted_frames)
STREAM_CELL(retransmitted_out, TCP_SERVER, retransmitted_frames)
STREAM_CELL(lost_in, TCP_CLIENT, lost_bytes)
STREAM_CELL(lost_out, TCP_SERVER, lost_bytes)

static void
handshake(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_text(csv, connection->tcp->handshake_seen ? "seen" : "not_seen");
}

static struct oa_ending
ending_of(const struct tcp_connection *tcp)
{
    static const enum oa_end ENDS[] = {
        [TCP_END_OPEN] = OA_END_OPEN,
        [TCP_END_FIN] = OA_END_FIN,
        [TCP_END_RESET] = OA_END_RESET,
        [TCP_END_REPLACED] = OA_END_REPLACED,
    };
    return (struct oa_ending){ ENDS[tcp->end],
                               tcp->ended_by == TCP_CLIENT ? OA_CLIENT : OA_SERVER };
}

static void
ending(struct csv *csv, const void *row)
{
    ROW(connection);
    cell_ending(csv, ending_of(connection->tcp));
}

static void
ended_by(struct csv *csv, const void *row)
{
    ROW(connection);
    cell_ended_by(csv, ending_of(connection->tcp));
}

/* Skipped bytes hold the lost ones too, which are not among the payload. */
static void
decoded_share(struct csv *csv, const void *row)
{
    ROW(connection);
    uint64_t payload = 0, undecoded = 0;

    for (int side = TCP_CLIENT; side <= TCP_SERVER; side++) {
        const struct tcp_stream *stream = &connection->tcp->stream[side];
        payload += stream->payload_bytes;
        if (connection->channel)
            undecoded += connection->channel->traffic[side].skipped_bytes - stream->lost_bytes;
    }
    if (payload == 0)
        csv_empty(csv);
    else
        csv_ratio(csv, connection->channel && undecoded <= payload
                           ? 1.0 - (double)undecoded / (double)payload
                           : 0.0);
}

static void
first_frame(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->first_frame);
}

static void
last_frame(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->last_frame);
}

static const struct column COLUMNS_OF_CONNECTIONS[] = {
    { "connection", "number", "Number of the TCP connection, from 0; tcp.stream in Wireshark",
      connection_number },
    { "hop", "text", "client_proxy, proxy_store, or store_dc", hop },
    { "service", "text", "What the connection is for, by its content, else by the server's port",
      service },
    { "client_address", "address", "Side that opened the connection", client_address },
    { "client_port", "number", "TCP port of the client", client_port },
    { "server_address", "address", "Side that accepted the connection", server_address },
    { "server_port", "number", "TCP port of the server", server_port },
    { "start", "time", "First frame", start },
    { "end", "time", "Last frame", end },
    { "duration_ms", "ms", "start to end", duration },
    { "frames_in", "count", "Frames from the client", frames_in },
    { "frames_out", "count", "Frames to the client", frames_out },
    { "bytes_in", "bytes", "TCP payload from the client, each byte once", bytes_in },
    { "bytes_out", "bytes", "TCP payload to the client, each byte once", bytes_out },
    { "retransmitted_frames_in", "count",
      "Frames from the client with nothing but payload seen before", retransmitted_in },
    { "retransmitted_frames_out", "count",
      "Frames to the client with nothing but payload seen before", retransmitted_out },
    { "lost_bytes_in", "bytes", "Payload from the client that the capture does not hold", lost_in },
    { "lost_bytes_out", "bytes", "Payload to the client that the capture does not hold", lost_out },
    { "handshake", "text", "Whether the capture has the SYN: seen, not_seen", handshake },
    { "end_state", "text", "fin, reset, replaced (by a new connection of the same ports), open",
      ending },
    { "ended_by", "text", "Who sent the first FIN or the RST", ended_by },
    { "decoded_share", "ratio",
      "Part of the payload that was understood as RPC over HTTP; empty without payload",
      decoded_share },
    { "first_frame", "number", "Number of the first frame", first_frame },
    { "last_frame", "number", "Number of the last frame", last_frame },
};

static void
take(struct report_run *run, const struct connection_row *row)
{
    const struct service_port *port = port_of(row);

    if (row->channel || (port && port->port != HTTP_PORT))
        report_row(run, row);
}

const struct report REPORT_CONNECTIONS = {
    .name = "connections",
    .row_is = "TCP connection of a service hop",
    .order = "by the end of the connection",
    COLUMNS(COLUMNS_OF_CONNECTIONS),
    .connection = take,
};
