/* report_findings.c
 * findings.csv: one row for each problem found: those reported by the decoder, and those that only
 * the options show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

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
      "Time of the frame; for findings that only the end of a session shows, of that end" TIMES_ARE },
    { "severity", NAME_OF(kind, severity, oa_severity_name), "note, warning, error" },
    { "code", WORD_OF(kind, code), "Code of the finding; codes never change" },
    { "meaning", WORD_OF(kind, meaning), "Meaning of the code" },
    { "host", ADDRESS(host),
      "Client as seen in the capture; if its hop is not captured, as reported by the proxy" },
    { "session", SESSION(vc), "Session, as in sessions.csv; empty if unknown" },
    { "channel", NUMBER_OF(channel, number), "Channel, as in channels.csv" },
    { "connection", NUMBER_OF(tcp, number), "TCP connection, as in connections.csv" },
    { "hop", WORD(hop),
      "As in connections.csv: client_proxy, proxy_store, client_store, or store_dc" },
    { "frame", NUMBER(frame), "Frame that shows it" },
    { "target_server", NAMED(HOST, target_server), "Server named in the URI" },
    { "target_port", NUMBER(target_port), "Port named in the URI" },
    { "server_address", ADDRESS_OF(tcp, endpoint[OA_SERVER].address),
      "Server of the TCP connection" },
    { "server_port", NUMBER_OF(tcp, endpoint[OA_SERVER].port), "TCP port of that server" },
    { "user", USER(user), "User as sent, as far as known at that time; users.csv may spell him otherwise" },
    { "evidence", WORD(finding.text), "Evidence in words" },
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

    return (!auth || !auth->user[0]) && row->vc ? oa_vc_user(row->vc) : auth;
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

    if (!run->valid_ports || !channel || !channel->target_server || (!is_opened && channel->vc) ||
        valid_ports_allow(run->valid_ports, channel->target_server, channel->target_port))
        return;
    struct row row = { .stamp = channel->head.frame ? channel->head : channel->opened,
                       .channel = channel,
                       .vc = event->vc,
                       .tcp = connection_of(channel) };
    find(run, &row, OA_FINDING_TARGET_REFUSED, "%s:%u is not in the list",
         OA_SHOWN(run->renamer, HOST, channel->target_server), channel->target_port);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_FINDING) {
        struct row row = { .finding = *event->finding,
                           .stamp = event->last,
                           .channel = event->channel,
                           .vc = event->vc,
                           .tcp = event->channel ? connection_of(event->channel) : event->host };
        put(run, &row);
    } else {
        check_target(run, event);
    }
}

const struct report REPORT_FINDINGS = {
    .name = "findings",
    .row_is = "problem found",
    .order = "in order of discovery",
    COLUMNS(COLUMNS_OF_FINDINGS),
    .event = take,
    .takes = REPORT_TAKES(FINDING) | REPORT_TAKES(VC_OPENED) | REPORT_TAKES(CHANNEL_CLOSED),
};
