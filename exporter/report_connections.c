/* report_connections.c
 * connections.csv: one row for each TCP connection of a service hop, also those that stay
 * undecoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>

#include "rpc/service.h"

#define ROW(name) const struct connection_row *name = row

/* The row of a port that is always on the same hop, or NULL. */
static const struct oa_service_port *
find_port(uint16_t server_port)
{
    const struct oa_service_port *port = oa_service_port(server_port);

    return port && port->hop ? port : NULL;
}

static void
connection_number(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->number);
}

/* HTTP is a service hop only where it carries RPC or TLS; everything else on port 80 is not asked
 * for. */
bool
connection_is_of_service(const struct connection_row *row)
{
    const struct oa_service_port *port = find_port(row->tcp->endpoint[OA_SERVER].port);

    return row->channel || (port && (port->service != OA_SERVICE_HTTP || row->tls));
}

const char *
hop_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    if (hop == OA_HOP_CLIENT)
        return "client_proxy";
    return vc && vc->transport == OA_TRANSPORT_RPC_TCP ? "client_store" : "proxy_store";
}

const char *
hop_name(const struct oa_channel *channel, uint16_t server_port)
{
    const struct oa_service_port *port = find_port(server_port);

    if (channel)
        return hop_of_session(channel->vc, channel->hop);
    return port ? port->hop : "proxy_store";
}

const char *
service_name(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
             uint16_t server_port)
{
    const struct oa_service_port *port = find_port(server_port);

    if (channel && channel->kind == OA_CHANNEL_MAPI_HTTP)
        return "mapi over http";
    if (channel && channel->hop == OA_HOP_CLIENT)
        return "rpc over http";
    if (channel && vc && vc->iface)
        return oa_service_name(vc->iface->service);
    return port ? oa_service_name(port->service) : "rpc";
}

static void
hop(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_text(csv, hop_name(connection->channel, connection->tcp->endpoint[OA_SERVER].port));
}

static void
service(struct csv *csv, const void *row)
{
    ROW(connection);
    const struct oa_channel *channel = connection->channel;

    csv_text(csv, service_name(channel, channel ? channel->vc : NULL,
                               connection->tcp->endpoint[OA_SERVER].port));
}

#define SIDE_CELLS(side, index)                                                                    \
    static void side##_address(struct csv *csv, const void *row)                                   \
    {                                                                                              \
        ROW(connection);                                                                           \
        csv_address(csv, connection->tcp->endpoint[index].address);                                \
    }                                                                                              \
    static void side##_port(struct csv *csv, const void *row)                                      \
    {                                                                                              \
        ROW(connection);                                                                           \
        csv_number(csv, connection->tcp->endpoint[index].port);                                    \
    }

SIDE_CELLS(client, OA_CLIENT)
SIDE_CELLS(server, OA_SERVER)

static void
start(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_time(csv, connection->tcp->first.time_ns);
}

static void
end(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_time(csv, connection->tcp->last.time_ns);
}

static void
duration(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_ms(csv, connection->tcp->last.time_ns - connection->tcp->first.time_ns);
}

#define STREAM_CELL(function, sender, member, is_known)                                            \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(connection);                                                                           \
        if (is_known)                                                                              \
            csv_number(csv, connection->tcp->stream[sender].member);                               \
        else                                                                                       \
            csv_empty(csv);                                                                        \
    }
#define TCP_CELL(function, sender, member)                                                         \
    STREAM_CELL(function, sender, member, !connection->tcp->payload_only)

TCP_CELL(frames_in, OA_CLIENT, frames)
TCP_CELL(frames_out, OA_SERVER, frames)
STREAM_CELL(bytes_in, OA_CLIENT, payload_bytes, true)
STREAM_CELL(bytes_out, OA_SERVER, payload_bytes, true)
TCP_CELL(retransmitted_in, OA_CLIENT, retransmitted_frames)
TCP_CELL(retransmitted_out, OA_SERVER, retransmitted_frames)
TCP_CELL(lost_in, OA_CLIENT, lost_bytes)
TCP_CELL(lost_out, OA_SERVER, lost_bytes)

static void
handshake(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_text(csv, connection->tcp->payload_only     ? NULL
                  : connection->tcp->handshake_seen ? "seen"
                                                    : "not_seen");
}

static void
ending(struct csv *csv, const void *row)
{
    ROW(connection);
    cell_ending(csv, connection->tcp->ending);
}

static void
ended_by(struct csv *csv, const void *row)
{
    ROW(connection);
    cell_ended_by(csv, connection->tcp->ending);
}

/* Skipped bytes hold the lost ones too, which are not among the payload. */
static void
decoded_share(struct csv *csv, const void *row)
{
    ROW(connection);
    uint64_t payload = 0, undecoded = 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct connection_stream *stream = &connection->tcp->stream[side];
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
tls_version(struct csv *csv, const void *row)
{
    ROW(connection);
    char text[OA_TLS_VERSION_TEXT];

    if (!connection->tls || !connection->tls->has_server_hello) {
        csv_empty(csv);
        return;
    }
    oa_tls_version_text(connection->tls->version, text);
    csv_text(csv, text);
}

static void
tls_sni(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_text(csv, connection->tls ? connection->tls->sni : NULL);
}

/* Chosen, or offered where the choice is not visible. */
static void
tls_alpn(struct csv *csv, const void *row)
{
    ROW(connection);
    const struct oa_tls_facts *tls = connection->tls;

    if (!tls || tls->alpn[0] || !tls->alpn_offered[0] ||
        (tls->has_server_hello && tls->version <= OA_TLS_1_2)) {
        csv_text(csv, tls ? tls->alpn : NULL);
        return;
    }
    char *text = g_strconcat("offered:", tls->alpn_offered, NULL);
    csv_text(csv, text);
    g_free(text);
}

static void
tls_cipher(struct csv *csv, const void *row)
{
    ROW(connection);
    char text[OA_TLS_CIPHER_TEXT];

    if (!connection->tls || !connection->tls->has_server_hello) {
        csv_empty(csv);
        return;
    }
    oa_tls_cipher_text(connection->tls->cipher_suite, text);
    csv_text(csv, text);
}

static const struct oa_tls_certificate *
certificate_of(const void *row)
{
    ROW(connection);
    return connection->tls ? connection->tls->certificate : NULL;
}

static void
tls_certificate_subject(struct csv *csv, const void *row)
{
    const struct oa_tls_certificate *certificate = certificate_of(row);
    csv_text(csv, certificate ? certificate->subject : NULL);
}

static void
tls_certificate_issuer(struct csv *csv, const void *row)
{
    const struct oa_tls_certificate *certificate = certificate_of(row);
    csv_text(csv, certificate ? certificate->issuer : NULL);
}

/* Certificates may end in the year 9999, beyond what nanoseconds since the epoch can say. */
static void
tls_certificate_not_after(struct csv *csv, const void *row)
{
    const struct oa_tls_certificate *certificate = certificate_of(row);
    GDateTime *time = certificate && certificate->has_validity
                          ? g_date_time_new_from_unix_utc(certificate->not_after_s)
                          : NULL;
    char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000000Z") : NULL;

    csv_text(csv, text);
    g_free(text);
    if (time)
        g_date_time_unref(time);
}

static void
tls_alert(struct csv *csv, const void *row)
{
    ROW(connection);
    const char *name;
    char number[OA_TLS_VERSION_TEXT];

    if (!connection->tls || !connection->tls->alert.is_seen) {
        csv_empty(csv);
        return;
    }
    name = oa_tls_alert_name(connection->tls->alert.description);
    g_snprintf(number, sizeof number, "alert %u", connection->tls->alert.description);
    csv_text(csv, name ? name : number);
}

static void
tls_alert_by(struct csv *csv, const void *row)
{
    ROW(connection);
    const struct oa_tls_facts *tls = connection->tls;

    if (!tls || !tls->alert.is_seen)
        csv_empty(csv);
    else
        csv_text(csv, tls->alert.by == OA_CLIENT ? "client" : "server");
}

static void
tls_handshake(struct csv *csv, const void *row)
{
    ROW(connection);
    if (!connection->tls)
        csv_empty(csv);
    else
        csv_text(csv, connection->tls->is_finished ? "finished" : "unfinished");
}

static void
tls_client_certificate(struct csv *csv, const void *row)
{
    ROW(connection);
    const struct oa_tls_facts *tls = connection->tls;

    if (!tls || !(tls->certificate_requested || tls->client_certificate_sent))
        csv_empty(csv);
    else
        csv_text(csv, tls->client_certificate_sent      ? "sent"
                      : tls->client_certificate_refused ? "refused"
                                                        : "requested");
}

static void
first_frame(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->first.frame);
}

static void
last_frame(struct csv *csv, const void *row)
{
    ROW(connection);
    csv_number(csv, connection->tcp->last.frame);
}

static const struct column COLUMNS_OF_CONNECTIONS[] = {
    { "connection", "number", "Number of the TCP connection, from 0; tcp.stream in Wireshark",
      connection_number },
    { "hop", "text",
      "client_proxy, proxy_store, client_store (plain RPC over TCP, no proxy), or store_dc", hop },
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
    { "tls_version", "text", "TLS version that the server chose", tls_version },
    { "tls_sni", "text", "Server name that the client asked for", tls_sni },
    { "tls_alpn", "text",
      "Application protocol that the server chose; \"offered:\" and the client's list where the "
      "choice cannot be seen, as in TLS 1.3",
      tls_alpn },
    { "tls_cipher", "text", "Cipher suite that the server chose; a number if it has no known name",
      tls_cipher },
    { "tls_certificate_subject", "text",
      "Subject of the server's certificate; encrypted in TLS 1.3, not sent when a session is "
      "resumed",
      tls_certificate_subject },
    { "tls_certificate_issuer", "text", "Issuer of that certificate", tls_certificate_issuer },
    { "tls_certificate_not_after", "time", "End of its validity", tls_certificate_not_after },
    { "tls_alert", "text",
      "First unencrypted alert but close_notify; else close_notify if there was one", tls_alert },
    { "tls_alert_by", "text", "Who sent it: client, server", tls_alert_by },
    { "tls_handshake", "text",
      "finished if both sides went on to encrypted data, as far as the capture shows; unfinished",
      tls_handshake },
    { "tls_client_certificate", "text",
      "requested by the server, refused (an empty answer), sent; encrypted in TLS 1.3",
      tls_client_certificate },
};

static void
take(struct report_run *run, const struct connection_row *row)
{
    if (connection_is_of_service(row))
        report_row(run, row);
}

const struct report REPORT_CONNECTIONS = {
    .name = "connections",
    .row_is = "TCP connection of a service hop",
    .order = "by the end of the connection",
    COLUMNS(COLUMNS_OF_CONNECTIONS),
    .connection = take,
};
