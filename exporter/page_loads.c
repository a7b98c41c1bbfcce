/* page_loads.c
 * What the page shows over time: the columns of counters.csv by server, in at most POINTS_MAX
 * points.
 *
 * The file is read twice: for its time and its busiest servers, and for the numbers. Memory depends
 * on the points, the servers shown, and the number of servers. Percentiles of a point that sums up
 * several rows follow from histograms.csv; without it, they are the greatest of the rows, and the
 * load is not exact.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page_loads.h"

#include <math.h>
#include <string.h>

#include "csv_reader.h"
#include "histogram.h"
#include "page_json.h"

/* A week in 5 minutes, a day in minutes. */
#define POINTS_MAX 2400

/* Servers that are shown alone. */
#define SERVERS_MAX 6

#define US_PER_S 1000000
#define NS_PER_MS 1e6

/* How the values of rows become that of a point, and those of servers that of all. */
enum sum {
    SUM,      /* added; added */
    MEAN,     /* weighted by covered time; added */
    GREATEST, /* the greatest; the greatest */
    DISTINCT, /* the greatest; added, so that what several servers have counts for each */
};

/* Series that are more than shown. */
enum { P50, P95, P99, LATENCY_MAX, CALLS, BYTES_IN, BYTES_OUT };

/* clang-format off */
static const struct {
    const char *column;
    enum sum sum;
} SERIES[] = {
    [P50] = { "latency_p50_ms", GREATEST },
    [P95] = { "latency_p95_ms", GREATEST },
    [P99] = { "latency_p99_ms", GREATEST },
    [LATENCY_MAX] = { "latency_max_ms", GREATEST },
    [CALLS] = { "calls", SUM },
    [BYTES_IN] = { "wire_bytes_in", SUM },
    [BYTES_OUT] = { "wire_bytes_out", SUM },
    { "connections_open", MEAN },
    { "channels_open", MEAN },
    { "sessions_open", MEAN },
    { "users_open", DISTINCT },
    { "users_active", DISTINCT },
    { "anonymous_sessions", DISTINCT },
    { "http_requests", SUM },
    { "auth_refused", SUM },
    { "http_errors", SUM },
    { "rpc_errors", SUM },
    { "waiting_calls", SUM },
    { "faults", SUM },
    { "unanswered", SUM },
    { "unknown_calls", SUM },
    { "orphan_responses", SUM },
    { "outstanding_mean", MEAN },
    { "over_2s", SUM },
    { "over_5s", SUM },
    { "over_10s", SUM },
    { "payload_bytes_in", SUM },
    { "payload_bytes_out", SUM },
    { "retransmitted_bytes", SUM },
    { "lost_bytes", SUM },
};
/* clang-format on */

#define N_SERIES G_N_ELEMENTS(SERIES)

/* What `quality` may contain, by its bit in the page; the last one is a column of its own. */
static const char *const QUALITIES[] = { "partial", "loss", "clock", "one_way", "estimated" };
#define ESTIMATED (1u << (G_N_ELEMENTS(QUALITIES) - 1))

struct load {
    char *role, *address, *name;
    double calls, bytes;      /* by which the busiest are chosen */
    double *series[N_SERIES]; /* NULL: it is not shown; NAN: unknown */
    double *covered_s;
    unsigned *quality;
    unsigned *rows;             /* with latencies */
    struct histogram **latency; /* NULL before and after its rows of histograms.csv */
    bool is_done;               /* with these */
    size_t inexact;             /* points whose percentiles are the greatest of their rows */
};

struct loads {
    struct page_grid *grid;
    struct load all;
    GHashTable *servers; /* struct load, by role and address */
    GPtrArray *shown;    /* of these, the busiest first */
};

void
page_grid_clear(struct page_grid *grid)
{
    g_free(grid->covered_s);
    *grid = (struct page_grid){ 0 };
}

static int64_t
floor_of(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;

    return value - (rest < 0 ? rest + unit : rest);
}

size_t
page_grid_at(const struct page_grid *grid, int64_t time_us)
{
    int64_t s = floor_of(time_us, US_PER_S) / US_PER_S - grid->start_s;

    return s < 0 || grid->n == 0 ? grid->n : MIN((size_t)(s / grid->step_s), grid->n);
}

/* The smallest multiple of the interval with few enough points; those of whole minutes and hours
 * first. */
static int64_t
step_of(int64_t interval_s, int64_t span_s)
{
    static const int64_t FACTORS[] = { 1,  2,  3,   5,   10,  15,  20,  30,
                                       60, 90, 120, 180, 300, 600, 900, 1800 };
    int64_t step_s = interval_s;

    for (size_t i = 0; i < G_N_ELEMENTS(FACTORS); i++) {
        step_s = interval_s * FACTORS[i];
        if (span_s / step_s + 2 <= POINTS_MAX)
            return step_s;
    }
    while (span_s / step_s + 2 > POINTS_MAX)
        step_s *= 2;
    return step_s;
}

static void
free_histograms(struct load *load, size_t n)
{
    for (size_t i = 0; load->latency && i < n; i++)
        histogram_free(load->latency[i]);
    g_clear_pointer(&load->latency, g_free);
}

static void
clear_load(struct load *load)
{
    for (size_t i = 0; i < N_SERIES; i++)
        g_free(load->series[i]);
    g_free(load->role);
    g_free(load->address);
    g_free(load->name);
    g_free(load->covered_s);
    g_free(load->quality);
    g_free(load->rows);
}

static void
free_load(void *load)
{
    clear_load(load);
    g_free(load);
}

static void
show_load(struct load *load, size_t n)
{
    for (size_t i = 0; i < N_SERIES; i++) {
        load->series[i] = g_new(double, n);
        for (size_t k = 0; k < n; k++)
            load->series[i][k] = NAN;
    }
    load->covered_s = g_new0(double, n);
    load->quality = g_new0(unsigned, n);
    load->rows = g_new0(unsigned, n);
}

/* --- the first time: time and servers --- */

struct columns {
    size_t start, interval_s, covered_s, role, address, name, quality, estimated;
    size_t series[N_SERIES];
};

static struct columns
columns_of(const struct csv_reader *reader)
{
    struct columns columns = {
        .start = csv_reader_column(reader, "start"),
        .interval_s = csv_reader_column(reader, "interval_s"),
        .covered_s = csv_reader_column(reader, "covered_s"),
        .role = csv_reader_column(reader, "role"),
        .address = csv_reader_column(reader, "server_address"),
        .name = csv_reader_column(reader, "server_name"),
        .quality = csv_reader_column(reader, "quality"),
        .estimated = csv_reader_column(reader, "estimated"),
    };

    for (size_t i = 0; i < N_SERIES; i++)
        columns.series[i] = csv_reader_column(reader, SERIES[i].column);
    return columns;
}

static char *
key_of(const struct csv_reader *reader, size_t role, size_t address)
{
    return g_strdup_printf("%s %s", csv_reader_text(reader, role),
                           csv_reader_text(reader, address));
}

static double
or_0(double number)
{
    return isnan(number) ? 0 : number;
}

static struct load *
server_of(struct loads *loads, const struct csv_reader *reader, const struct columns *columns)
{
    char *key = key_of(reader, columns->role, columns->address);
    struct load *load = g_hash_table_lookup(loads->servers, key);

    if (load) {
        g_free(key);
        return load;
    }
    load = g_new0(struct load, 1);
    load->role = g_strdup(csv_reader_text(reader, columns->role));
    load->address = g_strdup(csv_reader_text(reader, columns->address));
    load->name = g_strdup(csv_reader_text(reader, columns->name));
    g_hash_table_insert(loads->servers, key, load);
    g_ptr_array_add(loads->shown, load);
    return load;
}

static void
look_at(struct loads *loads, const struct csv_reader *reader, const struct columns *columns,
        int64_t *first_us, int64_t *last_us, double *interval_s)
{
    struct load *load = server_of(loads, reader, columns);
    int64_t start_us;

    load->calls += or_0(csv_reader_number(reader, columns->series[CALLS]));
    load->bytes += or_0(csv_reader_number(reader, columns->series[BYTES_IN])) +
                   or_0(csv_reader_number(reader, columns->series[BYTES_OUT]));
    if (!csv_reader_time(reader, columns->start, &start_us))
        return;
    *first_us = MIN(*first_us, start_us);
    *last_us = MAX(*last_us, start_us);
    *interval_s = fmax(*interval_s, or_0(csv_reader_number(reader, columns->interval_s)));
}

static int
compare_loads(const void *a, const void *b)
{
    const struct load *left = *(struct load *const *)a, *right = *(struct load *const *)b;

    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return strcmp(left->address, right->address);
}

static bool
look(struct loads *loads, const char *directory, int64_t utc_offset_s, char **message)
{
    struct csv_reader *reader = csv_reader_open(directory, "counters", message);
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    double interval_s = 1;

    if (!reader)
        return !*message;
    struct columns columns = columns_of(reader);
    while (csv_reader_next(reader, message))
        look_at(loads, reader, &columns, &first_us, &last_us, &interval_s);
    csv_reader_close(reader);
    if (*message || first_us > last_us)
        return !*message;

    struct page_grid *grid = loads->grid;
    int64_t first_s = floor_of(first_us, US_PER_S) / US_PER_S, last_s = last_us / US_PER_S;
    grid->step_s = step_of((int64_t)fmin(interval_s, 86400), last_s - first_s);
    grid->start_s = floor_of(first_s + utc_offset_s, grid->step_s) - utc_offset_s;
    grid->n = (size_t)((last_s - grid->start_s) / grid->step_s) + 1;
    grid->covered_s = g_new0(double, grid->n);
    g_ptr_array_sort(loads->shown, compare_loads);
    g_ptr_array_set_size(loads->shown, MIN((int)loads->shown->len, SERVERS_MAX));
    show_load(&loads->all, grid->n);
    for (guint i = 0; i < loads->shown->len; i++)
        show_load(g_ptr_array_index(loads->shown, i), grid->n);
    return true;
}

/* --- the second time: numbers --- */

static void
add_value(double *into, double value, enum sum sum)
{
    if (isnan(value))
        return;
    if (isnan(*into))
        *into = value;
    else if (sum == GREATEST || sum == DISTINCT)
        *into = fmax(*into, value);
    else
        *into += value;
}

static unsigned
quality_of(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ";", -1);
    unsigned bits = 0;

    for (char **word = words; *word; word++)
        for (unsigned i = 0; i < G_N_ELEMENTS(QUALITIES); i++)
            if (strcmp(*word, QUALITIES[i]) == 0)
                bits |= 1u << i;
    return bits;
}

static void
add_row(struct load *load, const struct csv_reader *reader, const struct columns *columns,
        size_t at)
{
    double covered_s = or_0(csv_reader_number(reader, columns->covered_s));

    load->covered_s[at] += covered_s;
    load->quality[at] |= quality_of(csv_reader_text(reader, columns->quality));
    if (csv_reader_text(reader, columns->estimated)[0])
        load->quality[at] |= ESTIMATED;
    for (size_t i = 0; i < N_SERIES; i++) {
        double value = csv_reader_number(reader, columns->series[i]);

        load->rows[at] += i == P50 && !isnan(value);
        add_value(&load->series[i][at], SERIES[i].sum == MEAN ? value * covered_s : value,
                  SERIES[i].sum);
    }
}

/* Adds a server to all. `grid->covered_s` is that of any: the captures cover the same time of
 * each. */
static void
add_server(struct loads *loads, const struct load *server)
{
    struct load *all = &loads->all;

    for (size_t at = 0; at < loads->grid->n; at++) {
        all->covered_s[at] = fmax(all->covered_s[at], server->covered_s[at]);
        all->quality[at] |= server->quality[at];
        all->rows[at] += server->rows[at];
        for (size_t i = 0; i < N_SERIES; i++)
            add_value(&all->series[i][at], server->series[i][at],
                      SERIES[i].sum == GREATEST ? GREATEST : SUM);
    }
    all->calls += server->calls;
    all->bytes += server->bytes;
}

/* Rows of servers that are not shown alone are summed up one server after the other. */
static bool
sum_up(struct loads *loads, const char *directory, char **message)
{
    struct csv_reader *reader = csv_reader_open(directory, "counters", message);
    struct load other = { 0 }, *load = NULL;
    int64_t start_us;

    if (!reader)
        return !*message;
    struct columns columns = columns_of(reader);
    while (csv_reader_next(reader, message)) {
        g_autofree char *key = key_of(reader, columns.role, columns.address);
        struct load *server = g_hash_table_lookup(loads->servers, key);
        size_t at = csv_reader_time(reader, columns.start, &start_us)
                        ? page_grid_at(loads->grid, start_us)
                        : loads->grid->n;

        if (!server || at == loads->grid->n)
            continue; /* the file has changed, or this is no time */
        if (server != load && other.covered_s) {
            add_server(loads, &other);
            clear_load(&other);
            other = (struct load){ 0 };
        }
        load = server;
        if (!server->covered_s && !other.covered_s) {
            show_load(&other, loads->grid->n);
            other.calls = server->calls;
            other.bytes = server->bytes;
        }
        add_row(server->covered_s ? server : &other, reader, &columns, at);
    }
    csv_reader_close(reader);
    if (other.covered_s)
        add_server(loads, &other);
    clear_load(&other);
    return !*message;
}

/* --- percentiles --- */

static void
add_bin(struct load *load, size_t n, size_t at, int64_t middle_ns, uint32_t calls)
{
    if (!load->latency)
        load->latency = g_new0(struct histogram *, n);
    if (!load->latency[at])
        load->latency[at] = histogram_new();
    histogram_add_many(load->latency[at], middle_ns, calls);
}

/* Percentiles of points that sum up several rows; those of one row are known to the nanosecond. */
static void
take_percentiles(struct load *load, size_t n)
{
    static const double PERCENTS[] = { [P50] = 50, [P95] = 95, [P99] = 99 };

    for (size_t at = 0; at < n; at++) {
        const struct histogram *histogram = load->latency ? load->latency[at] : NULL;

        if (load->rows[at] <= 1)
            continue;
        load->inexact += !histogram;
        for (size_t i = 0; histogram && i < G_N_ELEMENTS(PERCENTS); i++) {
            double ms = (double)histogram_percentile(histogram, PERCENTS[i]) / NS_PER_MS;
            load->series[i][at] = fmin(round(ms * 1000) / 1000, load->series[LATENCY_MAX][at]);
        }
    }
    free_histograms(load, n);
    load->is_done = true;
}

static void
add_histogram_row(struct loads *loads, const struct csv_reader *reader, const size_t columns[5],
                  struct load *load)
{
    double low_ms = csv_reader_number(reader, columns[2]);
    double high_ms = csv_reader_number(reader, columns[3]);
    double calls = csv_reader_number(reader, columns[4]);
    double middle_ns = (low_ms + high_ms) / 2 * NS_PER_MS;
    int64_t start_us;

    if (!(calls >= 1 && calls <= UINT32_MAX && middle_ns >= 0 && middle_ns < 9e18) ||
        !csv_reader_time(reader, columns[0], &start_us))
        return;
    size_t n = loads->grid->n, at = page_grid_at(loads->grid, start_us);
    if (at == n)
        return;
    add_bin(&loads->all, n, at, (int64_t)middle_ns, (uint32_t)calls);
    if (load && load->covered_s)
        add_bin(load, n, at, (int64_t)middle_ns, (uint32_t)calls);
}

/* Reads the rows of one server after the other, so that only its histograms are held, and those of
 * all. */
static bool
read_histograms(struct loads *loads, const char *directory, char **message)
{
    static const char *const NAMES[] = { "start", "measure", "bin_low_ms", "bin_high_ms", "calls" };
    struct csv_reader *reader = csv_reader_open(directory, "histograms", message);
    struct load *load = NULL;
    size_t columns[G_N_ELEMENTS(NAMES)];

    if (!reader)
        return !*message;
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        columns[i] = csv_reader_column(reader, NAMES[i]);
    size_t role = csv_reader_column(reader, "role");
    size_t address = csv_reader_column(reader, "server_address");
    while (!*message && csv_reader_next(reader, message)) {
        g_autofree char *key = key_of(reader, role, address);
        struct load *server = g_hash_table_lookup(loads->servers, key);

        if (strcmp(csv_reader_text(reader, columns[1]), "latency") != 0)
            continue;
        if (server != load && load && load->covered_s)
            take_percentiles(load, loads->grid->n);
        load = server;
        if (load && load->is_done)
            *message = g_strdup_printf("%s: histograms.csv is not ordered by server", directory);
        else
            add_histogram_row(loads, reader, columns, load);
    }
    csv_reader_close(reader);
    return !*message;
}

static void
take_all_percentiles(struct loads *loads)
{
    for (guint i = 0; i < loads->shown->len; i++) {
        struct load *load = g_ptr_array_index(loads->shown, i);
        if (!load->is_done)
            take_percentiles(load, loads->grid->n);
    }
    take_percentiles(&loads->all, loads->grid->n);
}

/* --- output --- */

static bool
is_unknown(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            return false;
    return true;
}

static void
put_load(GString *json, const struct load *load, size_t n)
{
    page_json_begin(json, '{');
    page_json_text_of(json, "role", load->role);
    page_json_text_of(json, "address", load->address);
    page_json_text_of(json, "name", load->name);
    page_json_number_of(json, "inexact", (double)load->inexact);
    page_json_key(json, "quality");
    page_json_begin(json, '[');
    for (size_t at = 0; at < n; at++)
        page_json_number(json, load->quality[at]);
    page_json_end(json, ']');
    for (size_t i = 0; i < N_SERIES; i++) {
        if (SERIES[i].sum == MEAN)
            for (size_t at = 0; at < n; at++)
                load->series[i][at] /= load->covered_s[at];
        if (!is_unknown(load->series[i], n))
            page_json_numbers_of(json, SERIES[i].column, load->series[i], n);
    }
    page_json_end(json, '}');
}

static void
put_loads(GString *json, const struct loads *loads)
{
    const struct page_grid *grid = loads->grid;

    page_json_key(json, "grid");
    page_json_begin(json, '{');
    page_json_number_of(json, "start_s", (double)grid->start_s);
    page_json_number_of(json, "step_s", (double)grid->step_s);
    page_json_number_of(json, "servers", (double)g_hash_table_size(loads->servers));
    page_json_numbers_of(json, "covered_s", grid->covered_s, grid->n);
    page_json_key(json, "qualities");
    page_json_begin(json, '[');
    for (size_t i = 0; i < G_N_ELEMENTS(QUALITIES); i++)
        page_json_text(json, QUALITIES[i]);
    page_json_end(json, ']');
    page_json_end(json, '}');
    page_json_key(json, "loads");
    page_json_begin(json, '[');
    put_load(json, &loads->all, grid->n);
    for (guint i = 0; i < loads->shown->len; i++)
        put_load(json, g_ptr_array_index(loads->shown, i), grid->n);
    page_json_end(json, ']');
}

bool
page_loads_put(GString *json, const char *directory, int64_t utc_offset_s, struct page_grid *grid,
               char **message)
{
    struct loads loads = {
        .grid = grid,
        .all = { .role = g_strdup(""), .address = g_strdup(""), .name = g_strdup("all") }
    };

    *grid = (struct page_grid){ 0 };
    loads.servers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_load);
    loads.shown = g_ptr_array_new();
    bool good = look(&loads, directory, utc_offset_s, message);
    if (good && grid->n) {
        good = sum_up(&loads, directory, message);
        for (guint i = 0; i < loads.shown->len; i++)
            add_server(&loads, g_ptr_array_index(loads.shown, i));
        memcpy(grid->covered_s, loads.all.covered_s, grid->n * sizeof *grid->covered_s);
        good = good && read_histograms(&loads, directory, message);
        take_all_percentiles(&loads);
        if (good)
            put_loads(json, &loads);
    }
    for (guint i = 0; i < loads.shown->len; i++)
        free_histograms(g_ptr_array_index(loads.shown, i), grid->n);
    free_histograms(&loads.all, grid->n);
    g_ptr_array_unref(loads.shown);
    g_hash_table_unref(loads.servers);
    clear_load(&loads.all);
    return good;
}
