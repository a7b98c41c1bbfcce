/* metrics.c
 * The counters of a run in the text format of Prometheus.
 *
 * What only grows is taken before the end of the captures is pretended, because that end makes
 * calls unanswered that will be answered: a counter must not go back. The same holds for the time
 * of the last frame, because that end is later on a line on which nothing comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "metrics.h"

#include <glib.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "column.h"
#include "interval_connections.h"
#include "interval_levels.h"
#include "interval_row.h"
#include "interval_servers.h"
#include "output_file.h"

/* Bounds of buckets of latency, in seconds: those of slow calls among them. */
static const double BOUNDS_S[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30 };
#define BOUNDS G_N_ELEMENTS(BOUNDS_S)

enum kind { COUNT, LATENCY, LEVEL_MEAN, LEVEL };

/* A member of struct interval that is shown. */
struct metric {
    const char *name, *help;
    enum kind kind;
    size_t at;
    const char *direction; /* "in": from clients; NULL: none */
};

#define SHOWN(kind, member) kind, offsetof(struct interval, member)

/* clang-format off */
static const struct metric TOTALS[] = {
    { "oaexport_connections_total", "TCP connections opened", SHOWN(COUNT, connections_new), NULL },
    { "oaexport_connections_failed_total", "Of these, refused, unanswered, or without the end of their TLS handshake", SHOWN(COUNT, connections_failed), NULL },
    { "oaexport_http_requests_total", "Requests for a channel and of MAPI over HTTP, without those refused with 401 or 407", SHOWN(COUNT, http_requests), NULL },
    { "oaexport_http_errors_total", "Requests with another 4xx or 5xx status", SHOWN(COUNT, http_errors), NULL },
    { "oaexport_auth_refused_total", "Authentication exchanges that end with 401 or 407", SHOWN(COUNT, auth_refused), NULL },
    { "oaexport_rpc_errors_total", "Requests with an RPC Error in the status line", SHOWN(COUNT, rpc_errors), NULL },
    { "oaexport_backend_attempts_total", "Connections that a proxy opened to a server", SHOWN(COUNT, backend_attempts), NULL },
    { "oaexport_backend_failed_total", "Of these, refused, unanswered, or closed before the server sent anything", SHOWN(COUNT, backend_failed), NULL },
    { "oaexport_calls_total", "RPC calls and MAPI over HTTP requests that have ended", SHOWN(COUNT, calls), NULL },
    { "oaexport_calls_waiting_total", "Of these, calls that wait for notifications", SHOWN(COUNT, waiting_calls), NULL },
    { "oaexport_calls_faults_total", "Of these, calls that ended with a fault", SHOWN(COUNT, faults), NULL },
    { "oaexport_calls_unanswered_total", "Of these, calls without a response", SHOWN(COUNT, unanswered), NULL },
    { "oaexport_calls_unknown_total", "Of these, calls whose outcome is unknown", SHOWN(COUNT, unknown_calls), NULL },
    { "oaexport_calls_estimated_total", "Of these, calls estimated from the shape of connections inside TLS", SHOWN(COUNT, estimated_calls), NULL },
    { "oaexport_orphan_responses_total", "Responses whose requests are not in the capture", SHOWN(COUNT, orphan_responses), NULL },
    { "oaexport_rops_total", "ROPs of the calls, if they are read", SHOWN(COUNT, rops), NULL },
    { "oaexport_rpc_bytes_total", "RPC PDUs, or bodies", SHOWN(COUNT, rpc_bytes[OA_CLIENT]), "in" },
    { "oaexport_rpc_bytes_total", "RPC PDUs, or bodies", SHOWN(COUNT, rpc_bytes[OA_SERVER]), "out" },
    { "oaexport_payload_bytes_total", "TCP payload, each byte once", SHOWN(COUNT, payload_bytes[OA_CLIENT]), "in" },
    { "oaexport_payload_bytes_total", "TCP payload, each byte once", SHOWN(COUNT, payload_bytes[OA_SERVER]), "out" },
    { "oaexport_wire_bytes_total", "IP packets with their headers", SHOWN(COUNT, wire_bytes[OA_CLIENT]), "in" },
    { "oaexport_wire_bytes_total", "IP packets with their headers", SHOWN(COUNT, wire_bytes[OA_SERVER]), "out" },
    { "oaexport_packets_total", "IP packets", SHOWN(COUNT, packets[OA_CLIENT]), "in" },
    { "oaexport_packets_total", "IP packets", SHOWN(COUNT, packets[OA_SERVER]), "out" },
    { "oaexport_retransmitted_bytes_total", "TCP payload that was sent again", SHOWN(COUNT, retransmitted_bytes), NULL },
    { "oaexport_lost_bytes_total", "TCP payload that is missing from the capture", SHOWN(COUNT, lost_bytes), NULL },
    { "oaexport_call_latency_seconds", "Time from the last byte of a request to that of its response, without calls that wait", SHOWN(LATENCY, latency), NULL },
    { "oaexport_store_latency_seconds", "The same as the proxy sees it, of calls captured on both hops", SHOWN(LATENCY, store_latency), NULL },
};

static const struct metric LEVELS[] = {
    { "oaexport_connections", "Mean of open TCP connections in the last interval", SHOWN(LEVEL_MEAN, connections), NULL },
    { "oaexport_channels", "Mean of open IN and OUT channels in the last interval", SHOWN(LEVEL_MEAN, channels), NULL },
    { "oaexport_sessions", "Mean of open sessions in the last interval", SHOWN(LEVEL_MEAN, sessions), NULL },
    { "oaexport_calls_outstanding", "Mean of calls under way in the last interval, without those that wait", SHOWN(LEVEL_MEAN, outstanding), NULL },
    { "oaexport_users", "Distinct users with a session open in the last interval", SHOWN(LEVEL, users_open), NULL },
    { "oaexport_users_active", "Distinct users with a call in the last interval", SHOWN(LEVEL, users_active), NULL },
};
/* clang-format on */

/* What was counted at a server. */
struct total {
    uint8_t address[16];
    enum server_role role;
    char *name;
    struct interval *sum;
};

struct metrics {
    GPtrArray *totals; /* of struct total, in order of role and address */
    uint64_t frames;
    bool has_time;
    int64_t last_ns; /* the time of the last frame */
};

/* ---- what grows ---- */

static bool
add_row(void *total, struct interval *row)
{
    interval_merge(((struct total *)total)->sum, row);
    return false;
}

static gboolean
take_server(void *key, void *value, void *metrics)
{
    struct server *server = value;
    struct total *total = g_new0(struct total, 1);

    (void)key;
    memcpy(total->address, server->address, sizeof total->address);
    total->role = server->role;
    total->name = g_strdup(server_name(server));
    total->sum = interval_new(0);
    server_rows_each(server, add_row, total);
    if (server->before)
        interval_merge(total->sum, server->before);
    g_ptr_array_add(((struct metrics *)metrics)->totals, total);
    return FALSE;
}

static void
free_total(void *data)
{
    struct total *total = data;

    interval_free(total->sum);
    g_free(total->name);
    g_free(total);
}

struct metrics *
metrics_take(struct intervals *intervals, uint64_t frames)
{
    struct metrics *metrics = g_new0(struct metrics, 1);

    metrics->frames = frames;
    metrics->has_time = intervals->n_frames > 0;
    metrics->last_ns = intervals->last_ns;
    metrics->totals = g_ptr_array_new_with_free_func(free_total);
    interval_settle_connections(intervals);
    g_tree_foreach(intervals->servers, take_server, metrics);
    return metrics;
}

void
metrics_free(struct metrics *metrics)
{
    if (metrics)
        g_ptr_array_unref(metrics->totals);
    g_free(metrics);
}

/* ---- text ---- */

static void
put_head(GString *text, const char *name, const char *help, const char *type)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Any text that is UTF-8 may be the value of a label. */
static void
put_label(GString *text, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value ? value : "", -1);

    g_string_append_printf(text, "%s=\"", name);
    for (const char *at = valid; *at; at++)
        switch (*at) {
        case '\n':
            g_string_append(text, "\\n");
            break;
        case '"':
        case '\\':
            g_string_append_c(text, '\\');
            g_string_append_c(text, *at);
            break;
        default:
            g_string_append_c(text, *at);
        }
    g_string_append(text, "\",");
}

/* "{role="proxy",server_address="192.0.2.10",...": more may follow, and the brace has to. */
static char *
labels_of(enum server_role role, const uint8_t address[16], const char *name)
{
    GString *text = g_string_new("{");
    char shown[ADDRESS_TEXT];

    put_label(text, "role", server_role_name(role));
    put_label(text, "server_address", address_text(address, shown));
    put_label(text, "server_name", name);
    return g_string_free(text, FALSE);
}

/* Ends the labels, without the comma behind the last one. */
static void
end_labels(GString *text, const char *more, const char *value)
{
    if (more)
        g_string_append_printf(text, "%s=\"%s\"}", more, value);
    else
        text->str[text->len - 1] = '}';
}

static void
put_number(GString *text, double number)
{
    char shown[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(text, " %s\n", g_ascii_dtostr(shown, sizeof shown, number));
}

struct buckets {
    uint64_t count[BOUNDS]; /* that are no longer than the bound */
};

/* A bin counts where its middle is. */
static void
add_bin(void *context, int64_t low_ns, int64_t high_ns, uint64_t count)
{
    struct buckets *buckets = context;
    double middle_s = ((double)low_ns + (double)high_ns) / 2e9;

    for (size_t i = 0; i < BOUNDS; i++)
        buckets->count[i] += middle_s <= BOUNDS_S[i] ? count : 0;
}

static void
put_latency(GString *text, const char *name, const char *labels, const struct histogram *latency)
{
    struct buckets buckets = { { 0 } };
    double count = latency ? (double)histogram_count(latency) : 0;

    if (latency)
        histogram_each(latency, add_bin, &buckets);
    for (size_t i = 0; i < BOUNDS; i++) {
        char bound[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(text, "%s_bucket%s", name, labels);
        end_labels(text, "le", g_ascii_formatd(bound, sizeof bound, "%g", BOUNDS_S[i]));
        put_number(text, (double)buckets.count[i]);
    }
    g_string_append_printf(text, "%s_bucket%s", name, labels);
    end_labels(text, "le", "+Inf");
    put_number(text, count);
    g_string_append_printf(text, "%s_sum%s", name, labels);
    end_labels(text, NULL, NULL);
    put_number(text, latency ? histogram_mean(latency) * count / 1e9 : 0);
    g_string_append_printf(text, "%s_count%s", name, labels);
    end_labels(text, NULL, NULL);
    put_number(text, count);
}

static void
put_total(GString *text, const struct metric *metric, const struct total *total)
{
    const char *at = (const char *)total->sum + metric->at;
    g_autofree char *labels = labels_of(total->role, total->address, total->name);

    if (metric->kind == LATENCY) {
        put_latency(text, metric->name, labels, *(struct histogram *const *)(const void *)at);
        return;
    }
    g_string_append_printf(text, "%s%s", metric->name, labels);
    end_labels(text, metric->direction ? "direction" : NULL, metric->direction);
    put_number(text, (double)*(const uint64_t *)(const void *)at);
}

/* The same name twice is one metric with two directions. */
static bool
is_first_of_name(size_t i)
{
    return i == 0 || strcmp(TOTALS[i].name, TOTALS[i - 1].name) != 0;
}

static void
put_totals(GString *text, const struct metrics *metrics)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TOTALS); i++) {
        if (is_first_of_name(i))
            put_head(text, TOTALS[i].name, TOTALS[i].help,
                     TOTALS[i].kind == LATENCY ? "histogram" : "counter");
        for (guint k = 0; k < metrics->totals->len; k++)
            put_total(text, &TOTALS[i], g_ptr_array_index(metrics->totals, k));
    }
}

/* ---- what goes up and down ---- */

struct putting {
    GString *text[G_N_ELEMENTS(LEVELS)];
};

static void
put_levels(void *context, const struct server_load *load)
{
    const struct putting *putting = context;
    const struct interval *last = load->n ? &load->interval[load->n - 1] : NULL;
    g_autofree char *labels = labels_of(load->role, load->address, load->name);

    for (size_t i = 0; last && i < G_N_ELEMENTS(LEVELS); i++) {
        const void *at = (const char *)last + LEVELS[i].at;
        bool is_mean = LEVELS[i].kind == LEVEL_MEAN;
        double level =
            is_mean ? ((const struct interval_level *)at)->mean : (double)*(const uint64_t *)at;
        if (load->is_back_end_only || (is_mean && level == NO_RATIO))
            continue;
        g_string_append_printf(putting->text[i], "%s%s", LEVELS[i].name, labels);
        end_labels(putting->text[i], NULL, NULL);
        put_number(putting->text[i], level);
    }
}

static void
put_all(GString *text, const struct metrics *metrics, struct intervals *intervals)
{
    struct putting putting;

    put_head(text, "oaexport_frames_total", "Frames read, of any protocol", "counter");
    g_string_append(text, "oaexport_frames_total");
    put_number(text, (double)metrics->frames);
    if (metrics->has_time) {
        put_head(text, "oaexport_last_frame_timestamp_seconds", "Time of the last frame", "gauge");
        g_string_append_printf(text, "oaexport_last_frame_timestamp_seconds %.6f\n",
                               (double)metrics->last_ns / 1e9);
    }
    put_totals(text, metrics);
    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        putting.text[i] = g_string_new(NULL);
    intervals_each(intervals, put_levels, &putting);
    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++) {
        put_head(text, LEVELS[i].name, LEVELS[i].help, "gauge");
        g_string_append_len(text, putting.text[i]->str, (gssize)putting.text[i]->len);
        g_string_free(putting.text[i], TRUE);
    }
}

bool
metrics_write(const struct metrics *metrics, struct intervals *intervals, const char *path,
              char **message)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct output_file file;

    put_all(text, metrics, intervals);
    if (!output_file_open(&file, path, message))
        return false;
    if (!output_file_write(&file, text->str, text->len, message) ||
        !output_file_publish(&file, message)) {
        output_file_discard(&file);
        return false;
    }
    output_file_close(&file);
    return true;
}
