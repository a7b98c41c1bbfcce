/* page_tables.c
 * The tables of the page. Rows of a report that belong together, as those of a user with several
 * addresses, become one row; the largest rows are shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page_tables.h"

#include <math.h>
#include <string.h>

#include "csv_reader.h"
#include "page_calls.h"
#include "page_json.h"
#include "report.h"
#include "reports.h"

/* Of the users with most calls, most bytes and most time, each. */
#define USERS_SHOWN 100

/* Of operations and hops. */
#define ROWS_SHOWN 200

/* Of a finding. */
#define EXAMPLES 3

/* Points of the curve of load by users. */
#define CURVE_POINTS 100

/* How the rows of a report are grouped. The columns of the key come first; a value of a group is
 * the sum, the greatest or the first of those of its rows. */
enum fold { KEY, FIRST, SUM, GREATEST, EARLIEST, LATEST };

struct fold_column {
    const char *name;
    enum fold fold;
    bool is_number;
    const char *mean,
        *counts[2]; /* of the report: the value is the mean times these, unless NULL */
};

#define COLUMNS_MAX 24

struct fold_table {
    const char *report;
    struct fold_column columns[COLUMNS_MAX];
    bool ignores_case;  /* of its key */
    const char *unless; /* rows with this column are left out; NULL: none */
};

/* clang-format off */
#define FOLD_TEXT(name, fold) { name, fold, false, NULL, { NULL } }
#define FOLD_NUMBER(name, fold) { name, fold, true, NULL, { NULL } }

static const struct fold_table USERS = {
    .report = "users",
    .columns = {
        FOLD_TEXT("user", KEY),
        FOLD_TEXT("client_address", FIRST),
        FOLD_TEXT("clients", FIRST),
        FOLD_TEXT("client_modes", FIRST),
        FOLD_NUMBER("sessions", SUM),
        FOLD_NUMBER("calls", SUM),
        FOLD_NUMBER("failures", SUM),
        FOLD_NUMBER("unanswered", SUM),
        FOLD_NUMBER("bytes_in", SUM),
        FOLD_NUMBER("bytes_out", SUM),
        FOLD_NUMBER("latency_p95_ms", GREATEST),
        FOLD_NUMBER("latency_max_ms", GREATEST),
        FOLD_TEXT("first_seen", EARLIEST),
        FOLD_TEXT("last_seen", LATEST),
    },
    .ignores_case = true,
};

static const struct fold_table OPERATIONS = {
    .report = "operations",
    .unless = "rop",
    .columns = {
        FOLD_TEXT("service", KEY),
        FOLD_TEXT("interface", KEY),
        FOLD_TEXT("operation", KEY),
        FOLD_NUMBER("calls", SUM),
        FOLD_NUMBER("answered", SUM),
        FOLD_NUMBER("faults", SUM),
        FOLD_NUMBER("unanswered", SUM),
        FOLD_NUMBER("request_bytes", SUM),
        FOLD_NUMBER("response_bytes", SUM),
        { "time_ms", SUM, true, "latency_mean_ms", { "answered", "faults" } },
        FOLD_NUMBER("latency_p50_ms", GREATEST),
        FOLD_NUMBER("latency_p95_ms", GREATEST),
        FOLD_NUMBER("latency_max_ms", GREATEST),
    },
};

static const struct fold_table HOPS = {
    .report = "hops",
    .columns = {
        FOLD_TEXT("hop", KEY),
        FOLD_TEXT("client_address", KEY),
        FOLD_TEXT("server_address", KEY),
        FOLD_TEXT("service", FIRST),
        FOLD_NUMBER("connections", SUM),
        FOLD_NUMBER("sessions", SUM),
        FOLD_NUMBER("bytes_in", SUM),
        FOLD_NUMBER("bytes_out", SUM),
        FOLD_NUMBER("refused", SUM),
        FOLD_NUMBER("unanswered", SUM),
        FOLD_NUMBER("reset_without_data", SUM),
        FOLD_NUMBER("reset", SUM),
        FOLD_NUMBER("tls_alerts", SUM),
    },
};
/* clang-format on */

/* Reports whose definitions the page shows. */
static const char *const DEFINED[] = { "captures",   "counters", "capacity", "users",
                                       "operations", "hops",     "findings" };

struct group {
    char *text[COLUMNS_MAX]; /* NULL: of a number */
    double number[COLUMNS_MAX];
    double more[2]; /* what the table adds, see there */
    unsigned rows;
};

static void
free_group(void *data)
{
    struct group *group = data;

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        g_free(group->text[i]);
    g_free(group);
}

static size_t
n_columns(const struct fold_table *table)
{
    size_t n = 0;

    while (n < COLUMNS_MAX && table->columns[n].name)
        n++;
    return n;
}

static size_t
index_of(const struct fold_table *table, const char *name)
{
    size_t i = 0;

    while (i < n_columns(table) && strcmp(table->columns[i].name, name) != 0)
        i++;
    return i;
}

/* The value of a column that the table has. */
static double
number_of(const struct fold_table *table, const struct group *group, const char *name)
{
    return group->number[index_of(table, name)];
}

static void
fold_text(char **into, const char *text, enum fold fold)
{
    bool is_better = fold == EARLIEST ? strcmp(text, *into ? *into : "") < 0
                                      : fold == LATEST && strcmp(text, *into ? *into : "") > 0;

    if (!text[0] || (*into && !is_better))
        return;
    g_free(*into);
    *into = g_strdup(text);
}

static void
fold_number(double *into, double number, enum fold fold)
{
    if (isnan(number))
        return;
    if (isnan(*into))
        *into = number;
    else
        *into = fold == SUM ? *into + number : fmax(*into, number);
}

static double
number_named(const struct csv_reader *reader, const char *name)
{
    return csv_reader_number(reader, csv_reader_column(reader, name));
}

static double
number_in(const struct fold_column *column, const struct csv_reader *reader)
{
    if (!column->mean)
        return number_named(reader, column->name);
    return number_named(reader, column->mean) *
           (number_named(reader, column->counts[0]) + number_named(reader, column->counts[1]));
}

static const char *
text_in(const struct fold_column *column, const struct csv_reader *reader)
{
    return csv_reader_text(reader, csv_reader_column(reader, column->name));
}

static void
fold_row(const struct fold_table *table, struct group *group, const struct csv_reader *reader)
{
    group->rows++;
    for (size_t i = 0; i < n_columns(table); i++) {
        const struct fold_column *column = &table->columns[i];

        if (column->is_number)
            fold_number(&group->number[i], number_in(column, reader), column->fold);
        else
            fold_text(&group->text[i], text_in(column, reader), column->fold);
    }
}

static char *
key_of(const struct fold_table *table, const struct csv_reader *reader)
{
    GString *key = g_string_new(NULL);

    for (size_t i = 0; i < n_columns(table) && table->columns[i].fold == KEY; i++) {
        g_string_append(key, text_in(&table->columns[i], reader));
        g_string_append_c(key, '\n');
    }
    if (table->ignores_case) {
        char *lower = g_utf8_strdown(key->str, -1);
        g_string_assign(key, lower);
        g_free(lower);
    }
    return g_string_free(key, FALSE);
}

static struct group *
new_group(void)
{
    struct group *group = g_new0(struct group, 1);

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        group->number[i] = NAN;
    return group;
}

/* The groups of a report; NULL if it is missing, or with a message if it cannot be read. */
static GPtrArray *
fold(const struct fold_table *table, const char *directory, char **message)
{
    struct csv_reader *reader = csv_reader_open(directory, table->report, message);

    if (!reader)
        return NULL;
    GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *all = g_ptr_array_new_with_free_func(free_group);
    size_t unless = table->unless ? csv_reader_column(reader, table->unless) : CSV_NO_COLUMN;
    while (csv_reader_next(reader, message)) {
        if (csv_reader_text(reader, unless)[0])
            continue;
        char *key = key_of(table, reader);
        struct group *group = g_hash_table_lookup(groups, key);

        if (!group) {
            group = new_group();
            g_ptr_array_add(all, group);
            g_hash_table_insert(groups, g_steal_pointer(&key), group);
        }
        g_free(key);
        fold_row(table, group, reader);
    }
    g_hash_table_unref(groups);
    csv_reader_close(reader);
    if (*message)
        g_clear_pointer(&all, g_ptr_array_unref);
    return all;
}

/* Appends the columns of a group, without the brackets around them. */
static void
put_group(GString *json, const struct fold_table *table, const struct group *group)
{
    page_json_number_of(json, "rows", group->rows);
    for (size_t i = 0; i < n_columns(table); i++)
        if (table->columns[i].is_number)
            page_json_number_of(json, table->columns[i].name, group->number[i]);
        else
            page_json_text_of(json, table->columns[i].name, group->text[i] ? group->text[i] : "");
}

static double
or_0(double number)
{
    return isnan(number) ? 0 : number;
}

static int
compare_numbers(double left, double right)
{
    return or_0(left) < or_0(right) ? 1 : or_0(left) > or_0(right) ? -1 : 0;
}

/* --- users --- */

enum { TIME_MS, PROMPT }; /* of `more`: time in calls, and their number */

static const char *const RANKS[] = { "calls", "bytes", "time" };

static double
load_of(const struct group *user, size_t rank)
{
    switch (rank) {
    case 0:
        return number_of(&USERS, user, "calls");
    case 1:
        return or_0(number_of(&USERS, user, "bytes_in")) +
               or_0(number_of(&USERS, user, "bytes_out"));
    default:
        return user->more[TIME_MS];
    }
}

static int
compare_users(const void *a, const void *b, void *rank)
{
    const struct group *left = *(struct group *const *)a, *right = *(struct group *const *)b;
    int order = compare_numbers(load_of(left, GPOINTER_TO_SIZE(rank)),
                                load_of(right, GPOINTER_TO_SIZE(rank)));

    return order ? order : g_strcmp0(left->text[0], right->text[0]);
}

/* What share of the load the heaviest users make, from none of them to all. */
static void
put_curve(GString *json, const GPtrArray *users, size_t rank)
{
    g_autofree double *sums = g_new0(double, users->len + 1);
    g_autofree double *points = g_new0(double, CURVE_POINTS + 1);
    double part = 0;

    for (guint i = 0; i < users->len; i++)
        sums[i + 1] = sums[i] + or_0(load_of(g_ptr_array_index(users, i), rank));
    for (size_t i = 0; i <= CURVE_POINTS; i++) {
        double at = (double)users->len * (double)i / CURVE_POINTS;
        size_t below = (size_t)at;

        part = sums[below];
        if (below < users->len)
            part += (sums[below + 1] - sums[below]) * (at - (double)below);
        points[i] = part / sums[users->len];
    }
    page_json_numbers_of(json, RANKS[rank], points, CURVE_POINTS + 1);
}

static void
put_user(GString *json, const struct group *user)
{
    page_json_begin(json, '{');
    put_group(json, &USERS, user);
    page_json_number_of(json, "time_ms", user->more[TIME_MS]);
    page_json_number_of(json, "latency_mean_ms", user->more[TIME_MS] / user->more[PROMPT]);
    page_json_end(json, '}');
}

static void
put_users(GString *json, GPtrArray *users, const struct page_calls *calls)
{
    g_autoptr(GHashTable) shown = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < users->len; i++) {
        struct group *user = g_ptr_array_index(users, i);
        g_autofree char *name = g_utf8_strdown(user->text[0] ? user->text[0] : "", -1);
        if (!page_calls_of_user(calls, name, &user->more[TIME_MS], &user->more[PROMPT]))
            user->more[TIME_MS] = user->more[PROMPT] = NAN;
    }
    page_json_number_of(json, "count", users->len);
    page_json_key(json, "curves");
    page_json_begin(json, '{');
    for (size_t rank = 0; rank < G_N_ELEMENTS(RANKS); rank++) {
        g_ptr_array_sort_with_data(users, compare_users, GSIZE_TO_POINTER(rank));
        put_curve(json, users, rank);
        for (guint i = 0; i < MIN(users->len, USERS_SHOWN); i++)
            g_hash_table_add(shown, g_ptr_array_index(users, i));
    }
    page_json_end(json, '}');
    g_ptr_array_sort_with_data(users, compare_users, GSIZE_TO_POINTER(0));
    page_json_key(json, "items");
    page_json_begin(json, '[');
    for (guint i = 0; i < users->len; i++)
        if (g_hash_table_contains(shown, g_ptr_array_index(users, i)))
            put_user(json, g_ptr_array_index(users, i));
    page_json_end(json, ']');
}

/* --- operations --- */

static int
compare_operations(const void *a, const void *b)
{
    const struct group *left = *(struct group *const *)a, *right = *(struct group *const *)b;

    return compare_numbers(number_of(&OPERATIONS, left, "time_ms"),
                           number_of(&OPERATIONS, right, "time_ms"));
}

static void
put_operations(GString *json, GPtrArray *operations)
{
    g_ptr_array_sort(operations, compare_operations);
    page_json_number_of(json, "count", operations->len);
    page_json_key(json, "items");
    page_json_begin(json, '[');
    for (guint i = 0; i < MIN(operations->len, ROWS_SHOWN); i++) {
        const struct group *operation = g_ptr_array_index(operations, i);
        const char *name = operation->text[index_of(&OPERATIONS, "operation")];

        page_json_begin(json, '{');
        put_group(json, &OPERATIONS, operation);
        page_json_number_of(json, "waits", name && page_calls_waits(name));
        page_json_end(json, '}');
    }
    page_json_end(json, ']');
}

/* --- hops --- */

/* The clients of a server are one end of the edge. */
static bool
is_from_clients(const struct group *edge)
{
    return edge->text[0] && g_str_has_prefix(edge->text[0], "client_");
}

static void
merge_edge(struct group *into, const struct group *edge)
{
    into->rows++;
    for (size_t i = 0; i < n_columns(&HOPS); i++)
        if (HOPS.columns[i].is_number)
            fold_number(&into->number[i], edge->number[i], HOPS.columns[i].fold);
        else
            fold_text(&into->text[i], edge->text[i] ? edge->text[i] : "", HOPS.columns[i].fold);
}

static int
compare_edges(const void *a, const void *b)
{
    const struct group *left = *(struct group *const *)a, *right = *(struct group *const *)b;

    return compare_numbers(number_of(&HOPS, left, "connections"),
                           number_of(&HOPS, right, "connections"));
}

/* `rows` of an edge from clients is the number of their addresses. */
static void
put_hops(GString *json, GPtrArray *hops)
{
    size_t client = index_of(&HOPS, "client_address"), server = index_of(&HOPS, "server_address");
    g_autoptr(GHashTable) from_clients =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) edges = g_ptr_array_new();
    g_autoptr(GPtrArray) merged = g_ptr_array_new_with_free_func(free_group);

    for (guint i = 0; i < hops->len; i++) {
        struct group *edge = g_ptr_array_index(hops, i);
        if (!is_from_clients(edge)) {
            g_ptr_array_add(edges, edge);
            continue;
        }
        char *key =
            g_strdup_printf("%s\n%s", edge->text[0], edge->text[server] ? edge->text[server] : "");
        struct group *sum = g_hash_table_lookup(from_clients, key);
        if (!sum) {
            sum = new_group();
            g_ptr_array_add(merged, sum);
            g_ptr_array_add(edges, sum);
            g_hash_table_insert(from_clients, g_steal_pointer(&key), sum);
        }
        g_free(key);
        merge_edge(sum, edge);
        if (sum->rows > 1)
            g_clear_pointer(&sum->text[client], g_free);
    }
    g_ptr_array_sort(edges, compare_edges);
    page_json_number_of(json, "count", edges->len);
    page_json_key(json, "items");
    page_json_begin(json, '[');
    for (guint i = 0; i < MIN(edges->len, ROWS_SHOWN); i++) {
        page_json_begin(json, '{');
        put_group(json, &HOPS, g_ptr_array_index(edges, i));
        page_json_end(json, '}');
    }
    page_json_end(json, ']');
}

/* --- findings --- */

struct finding {
    char *severity, *code, *meaning;
    char *first, *last;
    double count;
    unsigned n_examples;
    GString *examples; /* as JSON */
};

static void
free_finding(void *data)
{
    struct finding *finding = data;

    g_free(finding->severity);
    g_free(finding->code);
    g_free(finding->meaning);
    g_free(finding->first);
    g_free(finding->last);
    g_string_free(finding->examples, TRUE);
    g_free(finding);
}

static const char *
text_of(const struct csv_reader *reader, const char *column)
{
    return csv_reader_text(reader, csv_reader_column(reader, column));
}

static void
add_finding(struct finding *finding, const struct csv_reader *reader)
{
    static const char *const TEXTS[] = { "time", "host", "user", "hop", "evidence" };

    finding->count++;
    fold_text(&finding->first, text_of(reader, "time"), EARLIEST);
    fold_text(&finding->last, text_of(reader, "time"), LATEST);
    if (finding->n_examples == EXAMPLES)
        return;
    finding->n_examples++;
    page_json_begin(finding->examples, '{');
    page_json_number_of(finding->examples, "frame", number_named(reader, "frame"));
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        page_json_text_of(finding->examples, TEXTS[i], text_of(reader, TEXTS[i]));
    page_json_end(finding->examples, '}');
}

static void
put_finding(GString *json, const struct finding *finding)
{
    page_json_begin(json, '{');
    page_json_text_of(json, "severity", finding->severity);
    page_json_text_of(json, "code", finding->code);
    page_json_text_of(json, "meaning", finding->meaning);
    page_json_number_of(json, "count", finding->count);
    page_json_text_of(json, "first", finding->first ? finding->first : "");
    page_json_text_of(json, "last", finding->last ? finding->last : "");
    page_json_key(json, "examples");
    page_json_begin(json, '[');
    g_string_append(json, finding->examples->str);
    page_json_end(json, ']');
    page_json_end(json, '}');
}

/* There are as many codes as the program knows. */
static bool
put_findings(GString *json, const char *directory, char **message)
{
    struct csv_reader *reader = csv_reader_open(directory, "findings", message);

    if (!reader)
        return !*message;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(free_finding);
    g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
    while (csv_reader_next(reader, message)) {
        struct finding *finding = g_hash_table_lookup(codes, text_of(reader, "code"));

        if (!finding) {
            finding = g_new0(struct finding, 1);
            finding->severity = g_strdup(text_of(reader, "severity"));
            finding->code = g_strdup(text_of(reader, "code"));
            finding->meaning = g_strdup(text_of(reader, "meaning"));
            finding->examples = g_string_new(NULL);
            g_ptr_array_add(findings, finding);
            g_hash_table_insert(codes, finding->code, finding);
        }
        add_finding(finding, reader);
    }
    csv_reader_close(reader);
    page_json_key(json, "findings");
    page_json_begin(json, '[');
    for (guint i = 0; i < findings->len; i++)
        put_finding(json, g_ptr_array_index(findings, i));
    page_json_end(json, ']');
    return !*message;
}

/* --- captures, capacity, definitions --- */

/* A row as it is, without the columns that have no value. */
static char *
row_text(const struct csv_reader *reader, const struct report *report)
{
    GString *row = g_string_new(NULL);

    page_json_begin(row, '{');
    for (size_t i = 0; i < report->n_columns; i++) {
        const char *name = report->columns[i].name;
        const char *text = text_of(reader, name);
        bool is_text = strcmp(report->columns[i].cell.unit, "text") == 0;
        double number = is_text ? NAN : number_named(reader, name);

        if (text[0] && !isnan(number))
            page_json_number_of(row, name, number);
        else if (text[0])
            page_json_text_of(row, name, text);
    }
    page_json_end(row, '}');
    return g_string_free(row, FALSE);
}

/* The rows of a report; of many, the last ones: capacity of all servers comes last. */
static bool
put_rows(GString *json, const char *directory, const struct report *report, char **message)
{
    struct csv_reader *reader = csv_reader_open(directory, report->name, message);
    guint n = 0;

    if (!reader)
        return !*message;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
    for (; csv_reader_next(reader, message); n++) {
        if (rows->len == ROWS_SHOWN)
            g_ptr_array_remove_index(rows, 0);
        g_ptr_array_add(rows, row_text(reader, report));
    }
    csv_reader_close(reader);
    page_json_key(json, report->name);
    page_json_begin(json, '{');
    page_json_number_of(json, "count", n);
    page_json_key(json, "items");
    page_json_begin(json, '[');
    for (guint i = 0; i < rows->len; i++)
        g_string_append_printf(json, "%s%s", i ? "," : "",
                               (const char *)g_ptr_array_index(rows, i));
    page_json_end(json, ']');
    page_json_end(json, '}');
    return !*message;
}

/* Unit and definition of each column. */
static void
put_definitions(GString *json)
{
    page_json_key(json, "definitions");
    page_json_begin(json, '{');
    for (size_t i = 0; i < G_N_ELEMENTS(DEFINED); i++) {
        const struct report *report = report_find(DEFINED[i]);

        page_json_key(json, report->name);
        page_json_begin(json, '{');
        for (size_t k = 0; k < report->n_columns; k++) {
            page_json_key(json, report->columns[k].name);
            page_json_begin(json, '[');
            page_json_text(json, report->columns[k].cell.unit);
            page_json_text(json, report->columns[k].definition);
            page_json_end(json, ']');
        }
        page_json_end(json, '}');
    }
    page_json_end(json, '}');
}

/* A report whose rows are grouped. */
static bool
put_folded(GString *json, const char *directory, const struct fold_table *table,
           const struct page_calls *calls, char **message)
{
    g_autoptr(GPtrArray) groups = fold(table, directory, message);

    if (!groups)
        return !*message;
    page_json_key(json, table->report);
    page_json_begin(json, '{');
    if (table == &USERS)
        put_users(json, groups, calls);
    else if (table == &OPERATIONS)
        put_operations(json, groups);
    else
        put_hops(json, groups);
    page_json_end(json, '}');
    return true;
}

bool
page_tables_put(GString *json, const char *directory, const struct page_calls *calls,
                char **message)
{
    put_definitions(json);
    return put_rows(json, directory, &REPORT_CAPTURES, message) &&
           put_rows(json, directory, &REPORT_CAPACITY, message) &&
           put_folded(json, directory, &USERS, calls, message) &&
           put_folded(json, directory, &OPERATIONS, calls, message) &&
           put_folded(json, directory, &HOPS, calls, message) &&
           put_findings(json, directory, message);
}
