/* connection_end.c
 * What the end of a TCP connection shows: lost bytes, TLS alerts, certificates that clients do not
 * accept, a server that does not listen.
 * [RFC 8446] 6.2, [RFC 5280] 4.1.2.5, [RFC 9525] 6
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/connection_end.h"

#include <string.h>

#include <glib.h>

#include "base/renamer.h"
#include "base/text.h"
#include "rpc/service.h"
#include "track/emit.h"
#include "track/tracker_state.h"

#define NS_PER_S INT64_C(1000000000)

/* Certificates that are remembered; further ones are not reported. */
#define CERTIFICATES_MAX 4096

/* Ends that wait, of all servers; beyond, the oldest is dropped. */
#define HELD_MAX 4096

#define ALERT_CLOSE_NOTIFY 0
#define ALERT_USER_CANCELED 90

struct server {
    uint8_t address[16]; /* first: the key */
    GQueue held;         /* of struct held */
    uint64_t dropped;
};

/* An end that waits. */
struct held {
    struct oa_connection_end end;
    struct oa_tls_facts tls;
    struct oa_tls_certificate certificate;
    struct server *server;
    GList link;     /* in the server's */
    GList age_link; /* in the order of all */
};

struct connection_end_table {
    GTree *told;    /* text of finding, server, name and certificate */
    GTree *servers; /* address -> struct server, of ends that wait */
    GQueue by_age;  /* of struct held, of all servers */
    struct oa_end_listener listener;
};

static int
compare_texts(const void *a, const void *b, void *unused)
{
    (void)unused;
    return strcmp(a, b);
}

static int
compare_addresses(const void *a, const void *b, void *unused)
{
    (void)unused;
    return memcmp(a, b, sizeof((struct server *)NULL)->address);
}

struct connection_end_table *
oa_connection_ends_new(void)
{
    struct connection_end_table *table = g_new0(struct connection_end_table, 1);

    table->told = g_tree_new_full(compare_texts, NULL, g_free, NULL);
    table->servers = g_tree_new_full(compare_addresses, NULL, NULL, g_free);
    return table;
}

/* Takes the end out of both lists, and frees it. */
static void
free_held(struct connection_end_table *table, struct held *held)
{
    g_queue_unlink(&held->server->held, &held->link);
    g_queue_unlink(&table->by_age, &held->age_link);
    if (table->listener.forget)
        table->listener.forget(held->end.host);
    g_free(held);
}

void
oa_connection_ends_free(struct connection_end_table *table)
{
    while (table->by_age.length > 0)
        free_held(table, table->by_age.head->data);
    g_tree_unref(table->servers);
    g_tree_unref(table->told);
    g_free(table);
}

void
oa_connection_ends_listen(struct oa_tracker *tracker, const struct oa_end_listener *listener)
{
    tracker->connection_ends->listener = *listener;
}

bool
oa_connection_counts(const struct oa_channel *channel, const struct oa_tls_facts *tls,
                     uint16_t server_port)
{
    const struct oa_service_port *port = oa_service_hop_port(server_port);

    return channel || (port && (port->service != OA_SERVICE_HTTP || tls));
}

static struct oa_event
event_at(const struct oa_connection_end *end, struct oa_stamp stamp)
{
    return (struct oa_event){ .first = stamp,
                              .last = stamp,
                              .channel = end->channel,
                              .vc = end->channel ? end->channel->vc : NULL,
                              .host = end->host };
}

/* --- alerts --- */

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

static bool
is_failure(const struct oa_tls_alert *alert)
{
    return alert->is_seen && alert->description != ALERT_CLOSE_NOTIFY &&
           alert->description != ALERT_USER_CANCELED;
}

/* The client rejects the certificate of the server. */
static bool
is_refused(const struct oa_tls_facts *tls)
{
    return is_failure(&tls->alert) && tls->alert.by == OA_CLIENT &&
           is_about_certificate(tls->alert.description);
}

static void
check_alert(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    const struct oa_tls_facts *tls = end->tls;
    const struct oa_tls_alert *alert = &tls->alert;

    if (!is_failure(alert))
        return;
    bool refuses = is_refused(tls);
    const char *name = oa_tls_alert_name(alert->description);
    const char *subject =
        OA_SHOWN(tracker->renamer, DN, tls->certificate ? tls->certificate->subject : "");
    const char *issuer =
        OA_SHOWN(tracker->renamer, DN, tls->certificate ? tls->certificate->issuer : "");
    bool shows_certificate = refuses && subject[0];
    const struct oa_event where = event_at(end, alert->stamp);
    oa_emit_finding(tracker, &where,
                    refuses ? OA_FINDING_CERTIFICATE_REFUSED : OA_FINDING_TLS_ALERT,
                    "%s (%u) by the %s%s%.48s%s%.48s%s%.48s", name ? name : "alert",
                    alert->description, alert->by == OA_CLIENT ? "client" : "server",
                    tls->sni[0] ? "; requested " : "", OA_SHOWN(tracker->renamer, HOST, tls->sni),
                    shows_certificate ? "; certificate of " : "", shows_certificate ? subject : "",
                    shows_certificate ? " by " : "", shows_certificate ? issuer : "");
}

/* The client left before it had finished the handshake, without a word. */
static void
check_abandoned(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    const struct oa_tls_facts *tls = end->tls;
    const struct oa_ending *ending = &end->ending;
    bool is_end = ending->how == OA_END_FIN || ending->how == OA_END_RESET;

    if (!is_end || ending->by != OA_CLIENT || !tls->has_server_hello ||
        tls->has_switched[OA_CLIENT] || tls->alert.is_seen || tls->is_lost[OA_CLIENT] ||
        tls->is_lost[OA_SERVER])
        return;
    const struct oa_event where =
        event_at(end, (struct oa_stamp){ .time_ns = ending->time_ns, .frame = ending->frame });
    const char *subject =
        OA_SHOWN(tracker->renamer, DN, tls->certificate ? tls->certificate->subject : "");
    oa_emit_finding(tracker, &where, OA_FINDING_TLS_ABANDONED,
                    "%s by the client after the server's %s%.48s%s%.48s",
                    ending->how == OA_END_RESET ? "RST" : "FIN",
                    subject[0] ? "certificate of " : "hello", subject,
                    tls->sni[0] ? "; requested " : "", OA_SHOWN(tracker->renamer, HOST, tls->sni));
}

/* --- certificates --- */

/* Remembers the text, and owns it from now on; false if it was there already. */
static bool
remember(GTree *told, char *text)
{
    bool is_known = g_tree_lookup(told, text) != NULL;

    g_tree_replace(told, text, told);
    return !is_known;
}

/* Whether it was not reported yet of that server. */
static bool
is_new(struct connection_end_table *table, const struct oa_connection_end *end,
       enum oa_finding_id id)
{
    const struct oa_tls_certificate *certificate = end->tls->certificate;
    char address[OA_ADDRESS_TEXT];

    if (g_tree_nnodes(table->told) >= CERTIFICATES_MAX)
        return false;
    oa_text_address(end->server.address, address);
    return remember(table->told, g_strdup_printf("%d|%s|%u|%s|%s|%" G_GINT64_FORMAT, id, address,
                                                 end->server.port, end->tls->sni,
                                                 certificate->subject, certificate->not_after_s));
}

static void
day_of(int64_t seconds, char text[16])
{
    GDateTime *time = g_date_time_new_from_unix_utc(seconds);

    g_snprintf(text, 16, "%04d-%02d-%02d", time ? g_date_time_get_year(time) : 0,
               time ? g_date_time_get_month(time) : 0,
               time ? g_date_time_get_day_of_month(time) : 0);
    if (time)
        g_date_time_unref(time);
}

/* Of a connection whose certificate was seen. */

static bool
is_early(const struct oa_tls_facts *tls)
{
    return tls->certificate->has_validity &&
           tls->certificate_stamp.time_ns / NS_PER_S < tls->certificate->not_before_s;
}

static bool
is_late(const struct oa_tls_facts *tls)
{
    return tls->certificate->has_validity &&
           tls->certificate_stamp.time_ns / NS_PER_S > tls->certificate->not_after_s;
}

/* A client that goes on trusts it. */
static bool
is_self_signed(const struct oa_tls_facts *tls)
{
    const struct oa_tls_certificate *certificate = tls->certificate;

    return !tls->has_switched[OA_CLIENT] && certificate->subject[0] &&
           strcmp(certificate->subject, certificate->issuer) == 0;
}

static bool
has_other_name(const struct oa_tls_facts *tls)
{
    return tls->name_match == OA_TLS_NAME_NOT_COVERED;
}

bool
oa_connection_has_certificate_problem(const struct oa_tls_facts *tls)
{
    return is_refused(tls) || (tls->certificate && (is_early(tls) || is_late(tls) ||
                                                    is_self_signed(tls) || has_other_name(tls)));
}

static void
check_validity(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    const struct oa_tls_certificate *certificate = end->tls->certificate;
    const struct oa_event where = event_at(end, end->tls->certificate_stamp);
    bool comes_early = is_early(end->tls);
    char day[16];

    if ((!comes_early && !is_late(end->tls)) ||
        !is_new(tracker->connection_ends, end, OA_FINDING_CERTIFICATE_EXPIRED))
        return;
    day_of(comes_early ? certificate->not_before_s : certificate->not_after_s, day);
    oa_emit_finding(tracker, &where, OA_FINDING_CERTIFICATE_EXPIRED, "%.120s: %s %s",
                    OA_SHOWN(tracker->renamer, DN, certificate->subject),
                    comes_early ? "not valid before" : "expired on", day);
}

static void
check_certificate(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    const struct oa_tls_certificate *certificate = end->tls->certificate;
    const struct oa_event where = event_at(end, end->tls->certificate_stamp);

    if (!certificate)
        return;
    check_validity(tracker, end);
    if (is_self_signed(end->tls) &&
        is_new(tracker->connection_ends, end, OA_FINDING_CERTIFICATE_SELF_SIGNED))
        oa_emit_finding(tracker, &where, OA_FINDING_CERTIFICATE_SELF_SIGNED, "%.120s",
                        OA_SHOWN(tracker->renamer, DN, certificate->subject));
    if (has_other_name(end->tls) &&
        is_new(tracker->connection_ends, end, OA_FINDING_CERTIFICATE_NAME))
        oa_emit_finding(tracker, &where, OA_FINDING_CERTIFICATE_NAME, "%.80s; requested %.80s",
                        OA_SHOWN(tracker->renamer, DN, certificate->subject),
                        OA_SHOWN(tracker->renamer, HOST, end->tls->sni));
}

/* --- TCP --- */

static void
check_loss(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    uint64_t in = end->lost_bytes[OA_CLIENT], out = end->lost_bytes[OA_SERVER];
    const struct oa_event where = event_at(end, end->last);

    if (in || out)
        oa_emit_finding(tracker, &where, OA_FINDING_CAPTURE_LOSS,
                        "%" G_GUINT64_FORMAT " bytes from the client and %" G_GUINT64_FORMAT
                        " from the server are missing from the capture",
                        in, out);
}

static void
report_end(const struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    const struct oa_end_listener *listener = &tracker->connection_ends->listener;
    const struct oa_event where = event_at(end, end->last);

    if (listener->ended)
        listener->ended(listener->context, end);
    if (!end->is_attempt && !oa_connection_counts(end->channel, end->tls, end->server.port))
        return;
    if (end->was_refused)
        oa_emit_finding(tracker, &where, OA_FINDING_CONNECTION_REFUSED,
                        "No program listens on the port");
    if (end->tls) {
        check_certificate(tracker, end);
        check_alert(tracker, end);
        check_abandoned(tracker, end);
    }
    check_loss(tracker, end);
}

/* --- ends that wait --- */

static struct server *
server_of(struct connection_end_table *table, const struct oa_endpoint *endpoint)
{
    struct server *server = g_tree_lookup(table->servers, endpoint->address);

    if (!server) {
        server = g_new0(struct server, 1);
        memcpy(server->address, endpoint->address, sizeof server->address);
        g_tree_insert(table->servers, server->address, server);
    }
    return server;
}

static void
hold(struct connection_end_table *table, const struct oa_connection_end *end)
{
    struct held *held = g_new0(struct held, 1);

    held->end = *end;
    held->end.watch = NULL;
    if (table->listener.keep)
        held->end.host = table->listener.keep(end->host);
    if (end->tls) {
        held->tls = *end->tls;
        held->end.tls = &held->tls;
    }
    if (held->tls.certificate) {
        held->certificate = *held->tls.certificate;
        held->tls.certificate = &held->certificate;
    }
    held->server = server_of(table, &end->server);
    held->link.data = held->age_link.data = held;
    g_queue_push_tail_link(&held->server->held, &held->link);
    g_queue_push_tail_link(&table->by_age, &held->age_link);
    if (table->by_age.length > HELD_MAX) {
        held = table->by_age.head->data;
        held->server->dropped++;
        free_held(table, held);
    }
}

static void
report_dropped(const struct oa_tracker *tracker, const struct server *server)
{
    const struct oa_event where = { .type = OA_EVENT_FINDING };
    char address[OA_ADDRESS_TEXT];

    oa_text_address(server->address, address);
    oa_emit_finding(tracker, &where, OA_FINDING_LIMIT_REACHED,
                    "%" G_GUINT64_FORMAT " connections inside TLS to %s ended too long before it "
                    "turned out to be a proxy",
                    server->dropped, OA_SHOWN(tracker->renamer, HOST, address));
}

void
oa_connection_ends_know(struct oa_tracker *tracker, const struct oa_endpoint *endpoint)
{
    struct connection_end_table *table = tracker->connection_ends;
    struct server *server;

    if (!oa_tls_proxies_add(tracker, endpoint))
        return;
    server = g_tree_lookup(table->servers, endpoint->address);
    if (!server)
        return;
    while (server->held.length > 0) {
        struct held *held = server->held.head->data;
        report_end(tracker, &held->end);
        free_held(table, held);
    }
    if (server->dropped)
        report_dropped(tracker, server);
    g_tree_remove(table->servers, server->address);
}

void
oa_connection_ends_know_name(struct oa_tracker *tracker, struct oa_text host)
{
    struct connection_end_table *table = tracker->connection_ends;
    const char *name = oa_tls_proxies_add_name(tracker, host);
    struct held *held;

    if (!name)
        return;
    for (GList *link = table->by_age.head, *next; link; link = next) {
        next = link->next;
        held = link->data;
        if (g_ascii_strcasecmp(held->tls.sni, name) == 0) {
            report_end(tracker, &held->end);
            free_held(table, held);
        }
    }
}

static gboolean
tell_undecided(void *key, void *value, void *data)
{
    const struct oa_end_listener *listener = data;
    const struct server *server = value;

    (void)key;
    for (const GList *link = server->held.head; link; link = link->next) {
        const struct held *held = link->data;
        listener->undecided(listener->context, server->address, &held->end, 1);
    }
    if (server->dropped)
        listener->undecided(listener->context, server->address, NULL, server->dropped);
    return FALSE;
}

void
oa_connection_ends_tell_undecided(const struct connection_end_table *table)
{
    if (table->listener.undecided)
        g_tree_foreach(table->servers, tell_undecided, (void *)&table->listener);
}

/* Whether the end has to wait for evidence: it is on the port of HTTPS, or TLS on that of HTTP. */
static bool
is_doubtful(const struct oa_connection_end *end)
{
    const struct oa_service_port *port = oa_service_hop_port(end->server.port);

    return !end->channel && end->has_data && port &&
           (port->service == OA_SERVICE_HTTPS || (port->service == OA_SERVICE_HTTP && end->tls));
}

void
oa_connection_ended(struct oa_tracker *tracker, const struct oa_connection_end *end)
{
    if (end->watch && oa_tls_watch_ended(end->watch, end->tls, end->begin_ns))
        oa_connection_ends_know(tracker, &end->server);
    if (is_doubtful(end) && !oa_tls_proxies_has(tracker, &end->server, end->tls))
        hold(tracker->connection_ends, end);
    else
        report_end(tracker, end);
}
