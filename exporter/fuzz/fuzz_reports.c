/* fuzz_reports.c
 * Any bytes as a capture file, from wiretap to all reports: the files are CSV of the columns they
 * announce, in UTF-8, every other time with pseudonyms, and no report names a session that
 * `sessions` does not have. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz_folder.h"

#include <stdio.h>
#include <string.h>

#include "pseudonyms.h"
#include "report_set.h"
#include "reports.h"
#include "rop_facts.h"
#include "source.h"
#include "track/tracker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a report has in a file: rows of as many cells as columns. */
struct table {
    size_t n_columns, n_cells;
    GPtrArray *cells; /* in the order of the file, the header first */
};

static void
require(bool condition)
{
    if (!condition)
        abort();
}

/* ---- one run ---- */

static void
on_event(void *context, const struct oa_event *event)
{
    report_set_event(context, event);
}

static void
on_connection(void *context, const struct connection_row *row)
{
    report_set_connection(context, row);
}

static void
on_warning(void *context, const char *message)
{
    (void)context;
    require(message[0] && !strchr(message, '\n'));
}

static void
on_frame(void *context, size_t file, int64_t time_ns)
{
    report_set_frame(context, file, time_ns);
}

static void
on_gap(void *context, size_t file)
{
    report_set_gap(context, file);
}

static void
on_counted(void *context, struct connection *connection, struct oa_stamp stamp)
{
    report_set_counted(context, connection, stamp);
}

static void
on_capture(void *context, const struct capture_facts *facts)
{
    report_set_capture(context, facts);
}

/* The reader's state outlives the tracker, as in oaexport. */
static void
begin_rops(void *context, struct oa_tracker *tracker)
{
    static struct rop_reading reading;
    struct oa_rop_listener listener = rop_facts_listener(&reading);

    (void)context;
    oa_tracker_read_rops(tracker, &listener);
}

/* False if the bytes are not a capture. */
static bool
run(const char *path, struct capture_order order, struct pseudonyms *pseudonyms,
    bool *is_disordered)
{
    struct output_style style = { .pseudonyms = pseudonyms };
    const struct report *reports[64];
    size_t n = 0;
    char *message = NULL;
    struct source_result result = { 0 };
    char *paths[] = { (char *)path };
    atomic_int stop = 0;

    order.forward = forward_steps_new(paths, 1, NULL, order.window_ns, &stop);
    struct source *source = source_open(paths, 1, &order, &message);
    if (!source) {
        require(message && message[0]);
        g_free(message);
        forward_steps_free(order.forward);
        return false;
    }
    for (; REPORTS[n]; n++)
        reports[n] = REPORTS[n];
    struct report_set *set = report_set_open(reports, n, fuzz_folder, style, NULL, &message);
    require(set != NULL);
    report_set_count_intervals(set, &INTERVALS_DEFAULT);
    struct source_sink sink = { .context = set,
                                .begin = begin_rops,
                                .event = on_event,
                                .connection = on_connection,
                                .frame = on_frame,
                                .gap = on_gap,
                                .counted = on_counted,
                                .capture = on_capture,
                                .warning = on_warning,
                                .renamer = pseudonyms ? pseudonyms_renamer(pseudonyms) : NULL };
    source_run(source, &sink, &result);
    *is_disordered = result.disordered;
    if (!result.disordered)
        require(report_set_commit(set, &message));
    report_set_free(set);
    source_close(source);
    forward_steps_free(order.forward);
    return !result.disordered;
}

/* ---- what was written ---- */

/* Takes one cell and what ends it from the text. */
static char *
take_cell(const char **at, bool *is_last)
{
    GString *cell = g_string_new(NULL);
    const char *p = *at;
    bool is_quoted = *p == '"';

    for (p += is_quoted; is_quoted ? *p != '"' || p[1] == '"' : *p != ',' && *p != '\n'; p++) {
        require(*p && (is_quoted || *p != '"'));
        p += *p == '"';
        g_string_append_c(cell, *p);
    }
    p += is_quoted;
    require(*p == ',' || *p == '\n');
    *is_last = *p == '\n';
    *at = p + 1;
    return g_string_free(cell, FALSE);
}

static struct table
read_table(const struct report *report)
{
    g_autofree char *name = g_strconcat(report->name, ".csv", NULL);
    g_autofree char *path = g_build_filename(fuzz_folder, name, NULL);
    struct table table = { .cells = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *text = NULL;
    gsize length;

    require(g_file_get_contents(path, &text, &length, NULL));
    require(g_utf8_validate(text, (gssize)length, NULL) && strlen(text) == length);
    for (const char *at = text; *at;) {
        size_t n = 0;
        for (bool is_last = false; !is_last; n++)
            g_ptr_array_add(table.cells, take_cell(&at, &is_last));
        if (table.n_columns == 0)
            table.n_columns = n;
        require(n == table.n_columns);
    }
    g_unlink(path);
    table.n_cells = table.cells->len;
    return table;
}

static void
for_each_session(const struct table *table, void (*take)(GHashTable *, const char *),
                 GHashTable *sessions)
{
    for (size_t column = 0; column < table->n_columns; column++) {
        if (strcmp(table->cells->pdata[column], "session") != 0)
            continue;
        for (size_t i = table->n_columns + column; i < table->n_cells; i += table->n_columns)
            take(sessions, table->cells->pdata[i]);
    }
}

static void
add(GHashTable *sessions, const char *number)
{
    require(number[0] && g_hash_table_add(sessions, g_strdup(number)));
}

static void
expect(GHashTable *sessions, const char *number)
{
    require(!number[0] || g_hash_table_contains(sessions, number));
}

static void
check_reports(void)
{
    GHashTable *sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct table table = read_table(report_find("sessions"));

    for_each_session(&table, add, sessions);
    g_ptr_array_unref(table.cells);
    for (size_t i = 0; REPORTS[i]; i++) {
        if (strcmp(REPORTS[i]->name, "sessions") == 0)
            continue;
        table = read_table(REPORTS[i]);
        for_each_session(&table, expect, sessions);
        g_ptr_array_unref(table.cells);
    }
    g_hash_table_destroy(sessions);
}

static void
write_capture(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = g_fopen(path, "wb");

    require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capture_order order = { .window_ns = 1000000000 };
    struct pseudonyms *pseudonyms = NULL;
    bool is_disordered = false;

    if (size % 2)
        pseudonyms = pseudonyms_new((const uint8_t *)"key", 3);
    if (!fuzz_folder)
        fuzz_folder_begin("fuzz_reports");
    g_autofree char *path = g_build_filename(fuzz_folder, "capture", NULL);
    write_capture(path, data, size);
    bool done = run(path, order, pseudonyms, &is_disordered);
    if (is_disordered) {
        order.reads_ahead = true;
        done = run(path, order, pseudonyms, &is_disordered);
        require(!is_disordered);
    }
    if (done)
        check_reports();
    g_unlink(path);
    pseudonyms_free(pseudonyms);
    return 0;
}
