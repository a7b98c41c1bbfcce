/* report_findings.c
 * findings.csv: one row for each problem seen, as the decoder tells them, and what only the TCP
 * connections, TLS and the options show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define NS_PER_MS G_GINT64_CONSTANT(1000000)

/* Silence that makes a reset suspicious where no connection timeout was agreed; devices that forget
 * idle connections do so after a minute at the earliest. */
#define LONG_SILENCE_NS (60 * NS_PER_S)

/* How soon a reset answers a PDU that came too late. */
#define ANSWER_NS (5 * NS_PER_S)

struct row {
    struct oa_finding finding;
    struct oa_stamp stamp;
    const struct oa_channel *channel; /* any of these may be NULL */
    const struct oa_virtual_connection *vc;
    const struct connection *tcp;
};

#define ROW(name) const struct row *name = row

static const struct oa_finding_row *
kind_of(const void *row)
{
    ROW(found);
    return &OA_FINDING_ROWS[found->finding.id];
}

static void
time_cell(struct csv *csv, const void *row)
{
    ROW(found);
    csv_time(csv, found->stamp.time_ns);
}

static void
severity(struct csv *csv, const void *row)
{
    csv_text(csv, oa_severity_name(kind_of(row)->severity));
}

static void
code(struct csv *csv, const void *row)
{
    csv_text(csv, kind_of(row)->code);
}

static void
meaning(struct csv *csv, const void *row)
{
    csv_text(csv, kind_of(row)->meaning);
}

static void
evidence(struct csv *csv, const void *row)
{
    ROW(found);
    csv_text(csv, found->finding.text);
}

static void
host(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->channel && found->channel->hop == OA_HOP_CLIENT)
        csv_address(csv, found->channel->endpoint[OA_CLIENT].address);
    else if (found->vc)
        cell_client_address(csv, found->vc);
    else if (found->tcp && !found->channel)
        csv_address(csv, found->tcp->endpoint[OA_CLIENT].address);
    else
        csv_empty(csv);
}

static void
session(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->vc)
        csv_number(csv, found->vc->number);
    else
        csv_empty(csv);
}

static void
channel_number(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->channel)
        csv_number(csv, found->channel->number);
    else
        csv_empty(csv);
}

static void
connection(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->tcp)
        csv_number(csv, found->tcp->number);
    else
        csv_empty(csv);
}

static void
hop(struct csv *csv, const void *row)
{
    ROW(found);
    csv_text(csv,
             found->tcp ? hop_name(found->channel, found->tcp->endpoint[OA_SERVER].port) : NULL);
}

static void
frame(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->stamp.frame)
        csv_number(csv, found->stamp.frame);
    else
        csv_empty(csv);
}

static void
target_server(struct csv *csv, const void *row)
{
    ROW(found);
    csv_text(csv, found->vc && found->vc->target_server ? found->vc->target_server
                  : found->channel                      ? found->channel->target_server
                                                        : NULL);
}

static void
target_port(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->vc && found->vc->target_server)
        csv_number(csv, found->vc->target_port);
    else if (found->channel && found->channel->target_server)
        csv_number(csv, found->channel->target_port);
    else
        csv_empty(csv);
}

static void
server_address(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->tcp)
        csv_address(csv, found->tcp->endpoint[OA_SERVER].address);
    else
        csv_empty(csv);
}

static void
server_port(struct csv *csv, const void *row)
{
    ROW(found);
    if (found->tcp)
        csv_number(csv, found->tcp->endpoint[OA_SERVER].port);
    else
        csv_empty(csv);
}

/* Who, by the channel, else by the other channel, else inside RPC. */
static void
user(struct csv *csv, const void *row)
{
    ROW(found);
    const struct oa_auth *auth = found->channel ? found->channel->auth : NULL;

    if ((!auth || !auth->user[0]) && found->vc)
        auth = found->vc->auth;
    if ((!auth || !auth->user[0]) && found->vc)
        auth = &found->vc->security.auth;
    cell_user(csv, auth);
}

static const struct column COLUMNS_OF_FINDINGS[] = {
    { "time", "time", "Time of the frame; for what only the end of a session shows, of that end",
      time_cell },
    { "severity", "text", "note, warning, error", severity },
    { "code", "text", "What was found, by a name that never changes", code },
    { "meaning", "text", "The same in words", meaning },
    { "host", "address",
      "Client: as seen in the capture; if its hop is not, by the word of the proxy", host },
    { "session", "number", "Session, as in sessions.csv; empty while not known", session },
    { "channel", "number", "Channel, as in channels.csv", channel_number },
    { "connection", "number", "TCP connection, as in connections.csv", connection },
    { "hop", "text", "As in connections.csv: client_proxy, proxy_store, client_store, or store_dc",
      hop },
    { "frame", "number", "Frame that shows it", frame },
    { "target_server", "text", "Server named in the URI", target_server },
    { "target_port", "number", "Port named in the URI", target_port },
    { "server_address", "address", "Server of the TCP connection", server_address },
    { "server_port", "number", "TCP port of that server", server_port },
    { "user", "text", "User, as far as known then", user },
    { "evidence", "text", "What was seen, in words", evidence },
};

static void tell(struct report_run *run, struct row *row, enum oa_finding_id id, const char *format,
                 ...) G_GNUC_PRINTF(4, 5);

static void
tell(struct report_run *run, struct row *row, enum oa_finding_id id, const char *format, ...)
{
    va_list arguments;

    row->finding.id = id;
    va_start(arguments, format);
    vsnprintf(row->finding.text, sizeof row->finding.text, format, arguments);
    va_end(arguments);
    report_row(run, row);
}

/* Once for a session, or for a channel that never came to be of one. */
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
    tell(run, &row, OA_FINDING_TARGET_REFUSED, "%s:%u is not in the list", channel->target_server,
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
        report_row(run, &row);
    } else {
        check_target(run, event);
    }
}

/* --- what the connections show --- */

/* Alerts by which a client says that it does not take the server's certificate, [RFC 8446] 6.2. */
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
    tell(run, row, refuses ? OA_FINDING_CERTIFICATE_REFUSED : OA_FINDING_TLS_ALERT,
         "%s (%u) by the %s%s%.48s%s%.48s%s%.48s", name ? name : "alert", alert->description,
         alert->by == OA_CLIENT ? "client" : "server", tls->sni[0] ? "; asked for " : "", tls->sni,
         shows_certificate ? "; certificate of " : "", shows_certificate ? subject : "",
         shows_certificate ? " by " : "", shows_certificate ? issuer : "");
}

static void
check_loss(struct report_run *run, struct row *row)
{
    uint64_t in = row->tcp->stream[OA_CLIENT].lost_bytes;
    uint64_t out = row->tcp->stream[OA_SERVER].lost_bytes;

    if (in || out)
        tell(run, row, OA_FINDING_CAPTURE_LOSS,
             "%" G_GUINT64_FORMAT " bytes of the client and %" G_GUINT64_FORMAT
             " of the server are not in the capture",
             in, out);
}

/* The silence that ended with the reset, or with a PDU that the reset answers. */
static void
check_idle_reset(struct report_run *run, struct row *row)
{
    const struct oa_channel *channel = row->channel;

    if (!channel || row->tcp->ending.how != OA_END_RESET || !channel->last_pdu.frame ||
        channel->hop != OA_HOP_CLIENT)
        return;
    const char *by = row->tcp->ending.by == OA_CLIENT ? "client" : "server";
    int64_t limit = channel->connection_timeout_ms
                        ? (int64_t)channel->connection_timeout_ms * NS_PER_MS / 2
                        : LONG_SILENCE_NS;
    int64_t since = row->tcp->last.time_ns - channel->last_pdu.time_ns;
    if (since > limit)
        tell(run, row, OA_FINDING_IDLE_RESET, "Reset by the %s after %.3f s without a PDU", by,
             (double)since / 1e9);
    else if (since < ANSWER_NS && channel->last_idle_ns > limit)
        tell(run, row, OA_FINDING_IDLE_RESET,
             "Reset by the %s as an answer to a PDU that came after %.3f s without any", by,
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
        tell(run, &row, OA_FINDING_CONNECTION_REFUSED, "No program listens on the port");
    check_tls(run, &row, connection_row->tls);
    check_loss(run, &row);
    check_idle_reset(run, &row);
}

const struct report REPORT_FINDINGS = {
    .name = "findings",
    .row_is = "problem seen",
    .order = "as they are found",
    COLUMNS(COLUMNS_OF_FINDINGS),
    .event = take,
    .connection = take_connection,
};
