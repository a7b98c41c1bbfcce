/* comparison.c
 * What has changed between two folders of reports.
 *
 * Each counters.csv is read twice: first for the times that it covers, then for the sums over the
 * times that both cover.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "comparison.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "csv_reader.h"
#include "histogram.h"

#define WEEK_S 604800
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS 1e6
#define US_PER_S 1000000

/* The epoch was a Thursday, and weeks begin on Monday. */
#define MONDAY_S (3 * 86400)

/* Columns of counters.csv that are read. */
enum column {
    CALLS,
    WAITING_CALLS,
    TIMED_CALLS,
    FAULTS,
    UNANSWERED,
    OVER_2S,
    OVER_5S,
    OVER_10S,
    LATENCY_MEAN,
    LATENCY_MAX,
    OUTSTANDING_MEAN,
    OUTSTANDING_MAX,
    ROPS,
    USERS_OPEN,
    USERS_ACTIVE,
    SESSIONS_OPEN,
    SESSIONS_MAX,
    CHANNELS_OPEN,
    CONNECTIONS_OPEN,
    CONNECTIONS_MAX,
    CONNECTIONS_NEW,
    CONNECTIONS_FAILED,
    BACKEND_ATTEMPTS,
    BACKEND_FAILED,
    HTTP_REQUESTS,
    HTTP_ERRORS,
    RPC_ERRORS,
    AUTH_REFUSED,
    RPC_IN,
    RPC_OUT,
    PAYLOAD_IN,
    PAYLOAD_OUT,
    WIRE_IN,
    WIRE_OUT,
    PACKETS_IN,
    PACKETS_OUT,
    RETRANSMITTED,
    LOST,
    COLUMNS,
    NONE = COLUMNS
};

static const char *const NAMES[COLUMNS] = {
    [CALLS] = "calls",
    [WAITING_CALLS] = "waiting_calls",
    [TIMED_CALLS] = "timed_calls",
    [FAULTS] = "faults",
    [UNANSWERED] = "unanswered",
    [OVER_2S] = "over_2s",
    [OVER_5S] = "over_5s",
    [OVER_10S] = "over_10s",
    [LATENCY_MEAN] = "latency_mean_ms",
    [LATENCY_MAX] = "latency_max_ms",
    [OUTSTANDING_MEAN] = "outstanding_mean",
    [OUTSTANDING_MAX] = "outstanding_max",
    [ROPS] = "rops",
    [USERS_OPEN] = "users_open",
    [USERS_ACTIVE] = "users_active",
    [SESSIONS_OPEN] = "sessions_open",
    [SESSIONS_MAX] = "sessions_max",
    [CHANNELS_OPEN] = "channels_open",
    [CONNECTIONS_OPEN] = "connections_open",
    [CONNECTIONS_MAX] = "connections_max",
    [CONNECTIONS_NEW] = "connections_new",
    [CONNECTIONS_FAILED] = "connections_failed",
    [BACKEND_ATTEMPTS] = "backend_attempts",
    [BACKEND_FAILED] = "backend_failed",
    [HTTP_REQUESTS] = "http_requests",
    [HTTP_ERRORS] = "http_errors",
    [RPC_ERRORS] = "rpc_errors",
    [AUTH_REFUSED] = "auth_refused",
    [RPC_IN] = "rpc_bytes_in",
    [RPC_OUT] = "rpc_bytes_out",
    [PAYLOAD_IN] = "payload_bytes_in",
    [PAYLOAD_OUT] = "payload_bytes_out",
    [WIRE_IN] = "wire_bytes_in",
    [WIRE_OUT] = "wire_bytes_out",
    [PACKETS_IN] = "packets_in",
    [PACKETS_OUT] = "packets_out",
    [RETRANSMITTED] = "retransmitted_bytes",
    [LOST] = "lost_bytes",
};

enum kind {
    COVERED,    /* seconds */
    GOOD,       /* share of them with quality ok */
    RATE,       /* sum by covered second */
    MEAN,       /* by covered time */
    DISTINCT,   /* the same; cannot be added over servers */
    PEAK,       /* greatest; of all servers together it is unknown */
    GREATEST,   /* greatest, of all servers together too */
    CALL_MEAN,  /* by calls */
    SHARE,      /* of the sum of up to three others */
    PERCENTILE, /* from histograms.csv: `whole` is the percentage, and in `column` its measure */
};

enum latency { LATENCY, STORE_LATENCY, LATENCIES };

static const char *const LATENCY_NAMES[LATENCIES] = { "latency", "store_latency" };

/* clang-format off */
static const struct {
    const char *name;
    enum kind kind;
    int column;
    int whole[3];
} MEASURES[] = {
    { "covered_s", COVERED, NONE, { NONE, NONE, NONE } },
    { "quality_ok_share", GOOD, NONE, { NONE, NONE, NONE } },
    { "users_open", DISTINCT, USERS_OPEN, { NONE, NONE, NONE } },
    { "users_open_max", PEAK, USERS_OPEN, { NONE, NONE, NONE } },
    { "users_active", DISTINCT, USERS_ACTIVE, { NONE, NONE, NONE } },
    { "users_active_max", PEAK, USERS_ACTIVE, { NONE, NONE, NONE } },
    { "sessions_open", MEAN, SESSIONS_OPEN, { NONE, NONE, NONE } },
    { "sessions_max", PEAK, SESSIONS_MAX, { NONE, NONE, NONE } },
    { "channels_open", MEAN, CHANNELS_OPEN, { NONE, NONE, NONE } },
    { "connections_open", MEAN, CONNECTIONS_OPEN, { NONE, NONE, NONE } },
    { "connections_max", PEAK, CONNECTIONS_MAX, { NONE, NONE, NONE } },
    { "connections_new_per_s", RATE, CONNECTIONS_NEW, { NONE, NONE, NONE } },
    { "connections_failed_share", SHARE, CONNECTIONS_FAILED, { CONNECTIONS_NEW, NONE, NONE } },
    { "http_requests_per_s", RATE, HTTP_REQUESTS, { NONE, NONE, NONE } },
    { "http_errors_share", SHARE, HTTP_ERRORS, { HTTP_REQUESTS, NONE, NONE } },
    { "rpc_errors_share", SHARE, RPC_ERRORS, { HTTP_REQUESTS, NONE, NONE } },
    { "auth_refused_per_s", RATE, AUTH_REFUSED, { NONE, NONE, NONE } },
    { "backend_attempts_per_s", RATE, BACKEND_ATTEMPTS, { NONE, NONE, NONE } },
    { "backend_failed_share", SHARE, BACKEND_FAILED, { BACKEND_ATTEMPTS, NONE, NONE } },
    { "calls_per_s", RATE, CALLS, { NONE, NONE, NONE } },
    { "waiting_calls_per_s", RATE, WAITING_CALLS, { NONE, NONE, NONE } },
    { "rops_per_s", RATE, ROPS, { NONE, NONE, NONE } },
    { "faults_share", SHARE, FAULTS, { CALLS, NONE, NONE } },
    { "unanswered_share", SHARE, UNANSWERED, { CALLS, NONE, NONE } },
    { "outstanding_mean", MEAN, OUTSTANDING_MEAN, { NONE, NONE, NONE } },
    { "outstanding_max", PEAK, OUTSTANDING_MAX, { NONE, NONE, NONE } },
    { "latency_mean_ms", CALL_MEAN, LATENCY_MEAN, { TIMED_CALLS, NONE, NONE } },
    { "latency_p50_ms", PERCENTILE, LATENCY, { 50, NONE, NONE } },
    { "latency_p95_ms", PERCENTILE, LATENCY, { 95, NONE, NONE } },
    { "latency_p99_ms", PERCENTILE, LATENCY, { 99, NONE, NONE } },
    { "latency_max_ms", GREATEST, LATENCY_MAX, { NONE, NONE, NONE } },
    { "store_latency_p50_ms", PERCENTILE, STORE_LATENCY, { 50, NONE, NONE } },
    { "store_latency_p95_ms", PERCENTILE, STORE_LATENCY, { 95, NONE, NONE } },
    { "over_2s_per_s", RATE, OVER_2S, { NONE, NONE, NONE } },
    { "over_5s_per_s", RATE, OVER_5S, { NONE, NONE, NONE } },
    { "over_10s_per_s", RATE, OVER_10S, { NONE, NONE, NONE } },
    { "rpc_bytes_in_per_s", RATE, RPC_IN, { NONE, NONE, NONE } },
    { "rpc_bytes_out_per_s", RATE, RPC_OUT, { NONE, NONE, NONE } },
    { "payload_bytes_in_per_s", RATE, PAYLOAD_IN, { NONE, NONE, NONE } },
    { "payload_bytes_out_per_s", RATE, PAYLOAD_OUT, { NONE, NONE, NONE } },
    { "wire_bytes_in_per_s", RATE, WIRE_IN, { NONE, NONE, NONE } },
    { "wire_bytes_out_per_s", RATE, WIRE_OUT, { NONE, NONE, NONE } },
    { "packets_in_per_s", RATE, PACKETS_IN, { NONE, NONE, NONE } },
    { "packets_out_per_s", RATE, PACKETS_OUT, { NONE, NONE, NONE } },
    { "retransmitted_share", SHARE, RETRANSMITTED, { PAYLOAD_IN, PAYLOAD_OUT, RETRANSMITTED } },
    { "lost_share", SHARE, LOST, { PAYLOAD_IN, PAYLOAD_OUT, LOST } },
};
/* clang-format on */

/* A column over the intervals where it is known. */
struct sum {
    double value, covered_s, by_time, by_calls, calls, greatest; /* NAN: never known */
};

/* What one folder has of one server. */
struct load {
    double covered_s, good_s; /* NAN: it has nothing of it */
    struct sum sum[COLUMNS];
    struct histogram *latency[LATENCIES]; /* NULL: none */
};

struct server {
    char *address, *role, *name;
    struct load load[2];
};

struct comparison {
    int64_t utc_offset_s[2], interval_s;
    GPtrArray *servers; /* of struct server, in order of appearance */
    GHashTable *found;  /* "role address" -> struct server */
    uint8_t *covered;   /* by time of the week in intervals: bits of the folders */
    struct server all;
};

/* --- which time --- */

/* The time of the local week, in intervals. */
static size_t
slot_of(const struct comparison *comparison, int folder, int64_t time_s)
{
    int64_t of_week = ((time_s % WEEK_S) + comparison->utc_offset_s[folder] + MONDAY_S) % WEEK_S;

    return (size_t)((of_week + WEEK_S) % WEEK_S / comparison->interval_s);
}

static bool
set_interval(struct comparison *comparison, const char *folder, double interval_s, char **message)
{
    if (!(interval_s >= 1 && interval_s <= WEEK_S) || interval_s != (double)(int64_t)interval_s ||
        WEEK_S % (int64_t)interval_s != 0)
        *message =
            g_strdup_printf("%s: intervals of %g s do not divide a week", folder, interval_s);
    else if (comparison->interval_s && comparison->interval_s != (int64_t)interval_s)
        *message =
            g_strdup_printf("%s: intervals of %g s cannot be compared with those of %d s before",
                            folder, interval_s, (int)comparison->interval_s);
    else if (!comparison->interval_s)
        comparison->covered = g_new0(uint8_t, WEEK_S / (size_t)interval_s);
    if (*message)
        return false;
    comparison->interval_s = (int64_t)interval_s;
    return true;
}

/* Opens a report that has to have these columns; a list that ends with NULL. */
static struct csv_reader *
open_report(const char *folder, const char *report, const char *const needed[], char **message)
{
    struct csv_reader *reader = csv_reader_open(folder, report, message);

    if (!reader && !*message)
        *message = g_strdup_printf("%s has no %s.csv", folder, report);
    for (; reader && *needed && !*message; needed++)
        if (csv_reader_column(reader, *needed) == CSV_NO_COLUMN)
            *message = g_strdup_printf("%s: %s.csv has no column %s", folder, report, *needed);
    if (*message)
        g_clear_pointer(&reader, csv_reader_close);
    return reader;
}

static const char *const KEY_COLUMNS[] = { "start",          "interval_s",  "covered_s", "role",
                                           "server_address", "server_name", "quality",   NULL };

static const char *
text_at(const struct csv_reader *reader, const char *column)
{
    return csv_reader_text(reader, csv_reader_column(reader, column));
}

/* Reads a row, and when its interval starts. False at the end, or with a message. */
static bool
next_row(struct csv_reader *reader, const char *folder, int64_t *time_s, char **message)
{
    int64_t time_us;

    if (!csv_reader_next(reader, message))
        return false;
    if (!csv_reader_time(reader, csv_reader_column(reader, "start"), &time_us)) {
        *message = g_strdup_printf("%s: '%s' is no time", folder, text_at(reader, "start"));
        return false;
    }
    *time_s = time_us / US_PER_S - (time_us % US_PER_S < 0);
    return true;
}

static void
note_covered(struct comparison *comparison, const char *directory, int folder, char **message)
{
    struct csv_reader *reader = open_report(directory, "counters", KEY_COLUMNS, message);
    int64_t time_s;

    if (!reader)
        return;
    size_t interval = csv_reader_column(reader, "interval_s");
    size_t covered = csv_reader_column(reader, "covered_s");
    while (next_row(reader, directory, &time_s, message) &&
           set_interval(comparison, directory, csv_reader_number(reader, interval), message))
        if (csv_reader_number(reader, covered) > 0)
            comparison->covered[slot_of(comparison, folder, time_s)] |= (uint8_t)(1 << folder);
    csv_reader_close(reader);
}

static bool
is_counted(const struct comparison *comparison, int folder, int64_t time_s)
{
    return comparison->covered[slot_of(comparison, folder, time_s)] == 3;
}

/* Intervals of one offset have to begin where those of the other do. */
static void
check_offsets(const struct comparison *comparison, char **message)
{
    int64_t differ_s = comparison->utc_offset_s[1] - comparison->utc_offset_s[0];

    if (comparison->interval_s && differ_s % comparison->interval_s != 0)
        *message = g_strdup_printf("intervals of %d s do not fit UTC offsets that differ by %d s",
                                   (int)comparison->interval_s,
                                   (int)(differ_s < 0 ? -differ_s : differ_s));
}

static bool
has_common_time(const struct comparison *comparison)
{
    for (int64_t slot = 0; comparison->interval_s && slot < WEEK_S / comparison->interval_s; slot++)
        if (comparison->covered[slot] == 3)
            return true;
    return false;
}

/* --- sums --- */

static void
load_begin(struct load *load)
{
    load->covered_s = load->good_s = NAN;
    for (int column = 0; column < COLUMNS; column++)
        load->sum[column] = (struct sum){ NAN, NAN, NAN, NAN, NAN, NAN };
}

/* NAN adds nothing. */
static void
add(double *sum, double value)
{
    if (!isnan(value))
        *sum = isnan(*sum) ? value : *sum + value;
}

static void
raise_to(double *greatest, double value)
{
    if (!isnan(value))
        *greatest = isnan(*greatest) ? value : MAX(*greatest, value);
}

static struct server *
server_of(struct comparison *comparison, const struct csv_reader *reader)
{
    const char *address = text_at(reader, "server_address"), *role = text_at(reader, "role");
    g_autofree char *key = g_strdup_printf("%s %s", role, address);
    struct server *server = g_hash_table_lookup(comparison->found, key);

    if (server)
        return server;
    server = g_new0(struct server, 1);
    server->address = g_strdup(address);
    server->role = g_strdup(role);
    for (int folder = 0; folder < 2; folder++)
        load_begin(&server->load[folder]);
    g_hash_table_insert(comparison->found, g_steal_pointer(&key), server);
    g_ptr_array_add(comparison->servers, server);
    return server;
}

static void
add_cell(struct sum *sum, double value, double covered_s, double calls)
{
    if (isnan(value))
        return;
    add(&sum->value, value);
    add(&sum->covered_s, covered_s);
    add(&sum->by_time, value * covered_s);
    if (calls > 0) {
        add(&sum->by_calls, value * calls);
        add(&sum->calls, calls);
    }
    raise_to(&sum->greatest, value);
}

/* Text in CSV has an apostrophe before what a spreadsheet would take for a formula. */
static void
note_name(struct server *server, const char *name)
{
    if (name[0] == '\'' && name[1] && strchr("=+-@\t\r", name[1]))
        name++;
    if (!server->name && name[0])
        server->name = g_strdup(name);
}

static void
add_rows(struct comparison *comparison, const char *directory, int folder, char **message)
{
    struct csv_reader *reader = open_report(directory, "counters", KEY_COLUMNS, message);
    size_t at[COLUMNS];
    int64_t time_s;

    if (!reader)
        return;
    for (int column = 0; column < COLUMNS; column++)
        at[column] = csv_reader_column(reader, NAMES[column]);
    size_t covered = csv_reader_column(reader, "covered_s");
    while (next_row(reader, directory, &time_s, message)) {
        double covered_s = csv_reader_number(reader, covered);
        if (!(covered_s > 0) || !is_counted(comparison, folder, time_s))
            continue;
        struct server *server = server_of(comparison, reader);
        struct load *load = &server->load[folder];
        double calls = csv_reader_number(reader, at[TIMED_CALLS]);
        note_name(server, text_at(reader, "server_name"));
        add(&load->covered_s, covered_s);
        add(&load->good_s, strcmp(text_at(reader, "quality"), "ok") == 0 ? covered_s : 0);
        for (int column = 0; column < COLUMNS; column++)
            add_cell(&load->sum[column], csv_reader_number(reader, at[column]), covered_s, calls);
    }
    csv_reader_close(reader);
}

static void
add_bins(struct comparison *comparison, const char *directory, int folder, char **message)
{
    static const char *const NEEDED[] = { "start",      "role",        "server_address", "measure",
                                          "bin_low_ms", "bin_high_ms", "calls",          NULL };
    struct csv_reader *reader = open_report(directory, "histograms", NEEDED, message);
    int64_t time_s;

    if (!reader)
        return;
    size_t calls = csv_reader_column(reader, "calls");
    size_t low = csv_reader_column(reader, "bin_low_ms");
    size_t high = csv_reader_column(reader, "bin_high_ms");
    while (next_row(reader, directory, &time_s, message)) {
        double middle_ns =
            (csv_reader_number(reader, low) + csv_reader_number(reader, high)) / 2 * NS_PER_MS;
        double count = csv_reader_number(reader, calls);
        if (!is_counted(comparison, folder, time_s) ||
            !(middle_ns >= 0 && middle_ns < (double)INT64_MAX) ||
            !(count >= 1 && count < UINT32_MAX))
            continue;
        struct load *load = &server_of(comparison, reader)->load[folder];
        for (int kind = 0; kind < LATENCIES; kind++) {
            if (strcmp(text_at(reader, "measure"), LATENCY_NAMES[kind]) != 0)
                continue;
            if (!load->latency[kind])
                load->latency[kind] = histogram_new();
            histogram_add_many(load->latency[kind], (int64_t)middle_ns, (uint32_t)count);
        }
    }
    csv_reader_close(reader);
}

/* All servers together: what was covered, was for all of them. */
static void
add_server(struct load *all, const struct load *server)
{
    raise_to(&all->covered_s, server->covered_s);
    if (!isnan(server->good_s))
        all->good_s = isnan(all->good_s) ? server->good_s : MIN(all->good_s, server->good_s);
    for (int column = 0; column < COLUMNS; column++) {
        struct sum *sum = &all->sum[column];
        const struct sum *more = &server->sum[column];

        add(&sum->value, more->value);
        add(&sum->by_time, more->by_time);
        add(&sum->by_calls, more->by_calls);
        add(&sum->calls, more->calls);
        raise_to(&sum->covered_s, more->covered_s);
        raise_to(&sum->greatest, more->greatest);
    }
    for (int kind = 0; kind < LATENCIES; kind++) {
        if (!server->latency[kind])
            continue;
        if (!all->latency[kind])
            all->latency[kind] = histogram_new();
        histogram_merge(all->latency[kind], server->latency[kind]);
    }
}

/* --- reading --- */

static void
load_clear(struct load *load)
{
    for (int kind = 0; kind < LATENCIES; kind++)
        histogram_free(load->latency[kind]);
}

static void
server_free(void *data)
{
    struct server *server = data;

    for (int folder = 0; folder < 2; folder++)
        load_clear(&server->load[folder]);
    g_free(server->address);
    g_free(server->role);
    g_free(server->name);
    g_free(server);
}

static bool
has_histograms(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "histograms.csv", NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
add_all(struct comparison *comparison)
{
    for (int folder = 0; folder < 2; folder++) {
        load_begin(&comparison->all.load[folder]);
        for (guint i = 0; i < comparison->servers->len; i++) {
            const struct server *server = g_ptr_array_index(comparison->servers, i);
            add_server(&comparison->all.load[folder], &server->load[folder]);
        }
    }
}

struct comparison *
comparison_read(const char *const folders[2], const int64_t utc_offset_ns[2], char **message)
{
    struct comparison *comparison = g_new0(struct comparison, 1);
    bool has_both = has_histograms(folders[0]) && has_histograms(folders[1]);

    comparison->servers = g_ptr_array_new_with_free_func(server_free);
    comparison->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int folder = 0; folder < 2 && !*message; folder++) {
        comparison->utc_offset_s[folder] = utc_offset_ns[folder] / NS_PER_S;
        note_covered(comparison, folders[folder], folder, message);
    }
    if (!*message)
        check_offsets(comparison, message);
    if (!*message && !has_common_time(comparison))
        *message = g_strdup_printf("%s and %s have no covered time of the week in common",
                                   folders[0], folders[1]);
    for (int folder = 0; folder < 2 && !*message; folder++)
        add_rows(comparison, folders[folder], folder, message);
    for (int folder = 0; folder < 2 && has_both && !*message; folder++)
        add_bins(comparison, folders[folder], folder, message);
    add_all(comparison);
    if (*message)
        g_clear_pointer(&comparison, comparison_free);
    return comparison;
}

void
comparison_free(struct comparison *comparison)
{
    if (!comparison)
        return;
    for (int folder = 0; folder < 2; folder++)
        load_clear(&comparison->all.load[folder]);
    g_hash_table_unref(comparison->found);
    g_ptr_array_unref(comparison->servers);
    g_free(comparison->covered);
    g_free(comparison);
}

/* --- measures --- */

static double
divided(double value, double by)
{
    return by > 0 ? value / by : NAN;
}

static double
share_of(const struct load *load, size_t measure)
{
    double whole = NAN;

    for (size_t i = 0; i < G_N_ELEMENTS(MEASURES[measure].whole); i++)
        if (MEASURES[measure].whole[i] != NONE)
            add(&whole, load->sum[MEASURES[measure].whole[i]].value);
    return divided(load->sum[MEASURES[measure].column].value, whole);
}

static double
value_of(const struct load *load, size_t measure, bool is_sum)
{
    int column = MEASURES[measure].column;
    const struct sum *sum = &load->sum[column == NONE ? 0 : column];
    const struct histogram *latency = NULL;

    switch (MEASURES[measure].kind) {
    case COVERED:
        return load->covered_s;
    case GOOD:
        return divided(load->good_s, load->covered_s);
    case RATE:
        return divided(sum->value, sum->covered_s);
    case DISTINCT:
        return is_sum ? NAN : divided(sum->by_time, sum->covered_s);
    case MEAN:
        return divided(sum->by_time, sum->covered_s);
    case PEAK:
        return is_sum ? NAN : sum->greatest;
    case GREATEST:
        return sum->greatest;
    case CALL_MEAN:
        return divided(sum->by_calls, sum->calls);
    case SHARE:
        return share_of(load, measure);
    case PERCENTILE:
        latency = load->latency[column];
        break;
    }
    return latency ? (double)histogram_percentile(latency, MEASURES[measure].whole[0]) / NS_PER_MS
                   : NAN;
}

static void
take_server(const struct server *server, bool is_sum,
            void (*take)(void *context, const struct comparison_value *value), void *context)
{
    struct comparison_value value = { .server = server->address ? server->address : "all",
                                      .service = server->role,
                                      .server_name = server->name };

    for (size_t measure = 0; measure < G_N_ELEMENTS(MEASURES); measure++) {
        value.measure = MEASURES[measure].name;
        for (int folder = 0; folder < 2; folder++)
            value.value[folder] = value_of(&server->load[folder], measure, is_sum);
        take(context, &value);
    }
}

void
comparison_each(const struct comparison *comparison,
                void (*take)(void *context, const struct comparison_value *value), void *context)
{
    for (guint i = 0; i < comparison->servers->len; i++)
        take_server(g_ptr_array_index(comparison->servers, i), false, take, context);
    take_server(&comparison->all, comparison->servers->len > 1, take, context);
}
