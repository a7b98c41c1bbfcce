/* report_findings.c
 * findings.csv: one row for each problem found: those reported by the decoder, and those that only
 * the TCP connections, TLS and the options show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define NS_PER_MS G_GINT64_CONSTANT(1000000)

/* Silence after which a reset is suspicious if no connection timeout was announced: devices that
 * drop idle connections do so after a minute at the earliest. */
#define LONG_SILENCE_NS (60 * NS_PER_S)

/* A reset this soon after a PDU is the response to it. */
#define ANSWER_NS (5 * NS_PER_S)

struct row {
    struct oa_finding finding;
    struct oa_stamp stamp;
    const struct oa_channel *channel; /* any of these may be NULL */
    const struct oa_virtual_connection *vc;
    const struct connection *tcp;

    /* Derived from these by put(). */
    const struct oa_finding_row *kind;
    const char *hop, *target_server;
    const uint8_t *host;
    const struct oa_auth *user;
    uint64_t frame, target_port;
};

/* clang-format off */
static const struct column COLUMNS_OF_FINDINGS[] = {
    { "time", TIME(stamp.time_ns),
      "Time of the frame; for findings that only the end of a session shows, of that end" },
    { "severity", NAME_OF(kind, severity, oa_severity_name), "note, warning, error" },
    { "code", TEXT_OF(kind, code), "Code of the finding; codes never change" },
    { "meaning", TEXT_OF(kind, meaning), "Meaning of the code" },
    { "host", ADDRESS(host),
      "Client as seen in the capture; if its hop is not captured, as reported by the proxy" },
    { "session", NUMBER_OF(vc, number), "Session, as in sessions.csv; empty if unknown" },
    { "channel", NUMBER_OF(channel, number), "Channel, as in channels.csv" },
    { "connection", NUMBER_OF(tcp, number), "TCP connection, as in connections.csv" },
    { "hop", TEXT(hop),
      "As in connections.csv: client_proxy, proxy_store, client_store, or store_dc" },
    { "frame", NUMBER(frame), "Frame that shows it" },
    { "target_server", TEXT(target_server), "Server named in the URI" },
    { "target_port", NUMBER(target_port), "Port named in the URI" },
    { "server_address", ADDRESS_OF(tcp, endpoint[OA_SERVER].address),
      "Server of the TCP connection" },
    { "server_port", NUMBER_OF(tcp, endpoint[OA_SERVER].port), "TCP port of that server" },
    { "user", USER(user), "User, as far as known at that time" },
    { "evidence", TEXT(finding.text), "Evidence in words" },
};
/* clang-format on */

static const uint8_t *
host_of(const struct row *row, uint8_t mapped[16])
{
    if (row->channel && row->channel->hop == OA_HOP_CLIENT)
        return row->channel->endpoint[OA_CLIENT].address;
    if (row->vc)
        return client_address_of(row->vc, mapped);
    return row->tcp && !row->channel ? row->tcp->endpoint[OA_CLIENT].address : NULL;
}

/* The user of the channel, else of the other channel, else of the RPC authentication. */
static const struct oa_auth *
user_of(const struct row *row)
{
    const struct oa_auth *auth = row->channel ? row->channel->auth : NULL;

    return (!auth || !auth->user[0]) && row->vc ? user_of_session(row->vc) : auth;
}

static void
put(struct report_run *run, struct row *row)
{
    const struct oa_virtual_connection *vc = row->vc;
    uint8_t mapped[16];

    row->kind = &OA_FINDING_ROWS[row->finding.id];
    row->hop = row->tcp ? hop_name(row->channel, row->tcp->endpoint[OA_SERVER].port) : NULL;
    row->host = host_of(row, mapped);
    row->user = user_of(row);
    row->frame = or_none(row->stamp.frame);
    if (!row->stamp.frame && !row->stamp.time_ns)
        row->stamp.time_ns = NO_TIME; /* of no frame in particular */
    row->target_port = NO_NUMBER;
    if (vc && vc->target_server) {
        row->target_server = vc->target_server;
        row->target_port = vc->target_port;
    } else if (row->channel && row->channel->target_server) {
        row->target_server = row->channel->target_server;
        row->target_port = row->channel->target_port;
    }
    report_row(run, row);
}

static void find(struct report_run *run, struct row *row, enum oa_finding_id id, const char *format,
                 ...) G_GNUC_PRINTF(4, 5);

static void
find(struct report_run *run, struct row *row, enum oa_finding_id id, const char *format, ...)
{
    va_list arguments;

    row->finding.id = id;
    va_start(arguments, format);
    vsnprintf(row->finding.text, sizeof row->finding.text, format, arguments);
    va_end(arguments);
    oa_text_mend(row->finding.text);
    put(run, row);
}

/* Reported once for each session, and for each channel that never belonged to one. */
static void
check_target(struct report_run *run, const struct oa_event *event)
{
    const struct oa_channel *channel = event->channel;
    bool is_opened = event->type == OA_EVENT_VC_OPENED;

    if (!run->valid_ports || !channel || !channel->target_server ||
        (!is_opened && (event->type != OA_EVENT_CHANNEL_CLOSED || channel->vc)) ||
        valid_ports_allow(run->valid_ports, channel->target_server, channel->target_port))
        return;
    struct row row = { .stamp = channel->head.frame ? channel->head : channel->opened,
                       .channel = channel,
                       .vc = event->vc,
                       .tcp = connection_of(channel) };
    find(run, &row, OA_FINDING_TARGET_REFUSED, "%s:%u is not in the list", channel->target_server,
         channel->target_port);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_FINDING) {
        struct row row = { .finding = *event->finding,
                           .stamp = event->last,
                           .channel = event->channel,
                           .vc = event->vc,
                           .tcp = event->channel ? connection_of(event->channel) : NULL };
        put(run, &row);
    } else {
        check_target(run, event);
    }
}

/* --- findings from TCP connections --- */

/* Alerts with which a client rejects the certificate of the server, [RFC 8446] 6.2. */
static bool
is_about_certificate(uint8_t description)
{
    static const uint8_t ALERTS[] = {
        42,  /* bad_certificate */
        43,  /* unsupported_certificate */
        44,  /* certificate_revoked */
        45,  /* certificate_expired */
        46,  /* certificate_unknown */
        48,  /* unknown_ca */
        113, /* bad_certificate_status_response */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ALERTS); i++)
        if (ALERTS[i] == description)
            return true;
    return false;
}

#define ALERT_CLOSE_NOTIFY 0
#define ALERT_USER_CANCELED 90

static void
check_tls(struct report_run *run, struct row *row, const struct oa_tls_facts *tls)
{
    const struct oa_tls_alert *alert = tls ? &tls->alert : NULL;

    if (!alert || !alert->is_seen || alert->description == ALERT_CLOSE_NOTIFY ||
        alert->description == ALERT_USER_CANCELED)
        return;
    bool refuses = alert->by == OA_CLIENT && is_about_certificate(alert->description);
    const char *name = oa_tls_alert_name(alert->description);
    const char *subject = tls->certificate ? tls->certificate->subject : "";
    const char *issuer = tls->certificate ? tls->certificate->issuer : "";
    bool shows_certificate = refuses && subject[0];
    find(run, row, refuses ? OA_FINDING_CERTIFICATE_REFUSED : OA_FINDING_TLS_ALERT,
         "%s (%u) by the %s%s%.48s%s%.48s%s%.48s", name ? name : "alert", alert->description,
         side_name(alert->by), tls->sni[0] ? "; requested " : "", tls->sni,
         shows_certificate ? "; certificate of " : "", shows_certificate ? subject : "",
         shows_certificate ? " by " : "", shows_certificate ? issuer : "");
}

static void
check_loss(struct report_run *run, struct row *row)
{
    uint64_t in = row->tcp->stream[OA_CLIENT].lost_bytes;
    uint64_t out = row->tcp->stream[OA_SERVER].lost_bytes;

    if (in || out)
        find(run, row, OA_FINDING_CAPTURE_LOSS,
             "%" G_GUINT64_FORMAT " bytes from the client and %" G_GUINT64_FORMAT
             " from the server are missing from the capture",
             in, out);
}

/* Silence that ended with the reset, or with a PDU that was answered by the reset. */
static void
check_idle_reset(struct report_run *run, struct row *row)
{
    const struct oa_channel *channel = row->channel;

    if (!channel || row->tcp->ending.how != OA_END_RESET || !channel->last_pdu.frame ||
        !oa_hop_is_http(channel->hop))
        return;
    const char *by = side_name(row->tcp->ending.by);
    int64_t limit = channel->connection_timeout_ms
                        ? (int64_t)channel->connection_timeout_ms * NS_PER_MS / 2
                        : LONG_SILENCE_NS;
    int64_t since = row->tcp->last.time_ns - channel->last_pdu.time_ns;
    if (since > limit)
        find(run, row, OA_FINDING_IDLE_RESET, "Reset by the %s after %.3f s without a PDU", by,
             (double)since / 1e9);
    else if (since < ANSWER_NS && channel->last_idle_ns > limit)
        find(run, row, OA_FINDING_IDLE_RESET,
             "Reset by the %s in response to a PDU after %.3f s without one", by,
             (double)channel->last_idle_ns / 1e9);
}

static void
take_connection(struct report_run *run, const struct connection_row *connection_row)
{
    const struct oa_channel *of = connection_row->channel;
    const struct connection *tcp = connection_row->tcp;
    struct row row = { .stamp = tcp->last, .channel = of, .vc = of ? of->vc : NULL, .tcp = tcp };

    if (!connection_is_of_service(connection_row))
        return;
    if (tcp->was_refused)
        find(run, &row, OA_FINDING_CONNECTION_REFUSED, "No program listens on the port");
    check_tls(run, &row, connection_row->tls);
    check_loss(run, &row);
    check_idle_reset(run, &row);
}

const struct report REPORT_FINDINGS = {
    .name = "findings",
    .row_is = "problem found",
    .order = "in order of discovery",
    COLUMNS(COLUMNS_OF_FINDINGS),
    .event = take,
    .connection = take_connection,
};
