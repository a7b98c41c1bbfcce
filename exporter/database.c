/* database.c
 * Writes the reports of a run as tables of one SQLite database.
 *
 * One transaction without a journal: the file is temporary until it is whole, and is removed when
 * anything fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "database.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "output_file.h"
#include "session_number.h"
#include "visible_text.h"

/* Rows that wait for the number of their session. When there are more, the oldest ones keep the
 * number known by then. */
#define GAPS_MAX (512 * 1024)

/* Text of a row that is kept until the row is written; what is longer, SQLite copies. */
#define ROW_TEXT 4096

#define NEEDS_MAX 2 /* reports that a view needs */

struct database {
    struct output_file file;
    sqlite3 *sqlite;
    const struct report *const *reports;
    size_t n;
    unsigned holders;
    bool is_whole, is_published, is_failed;
    char *error; /* the first one, in words */
};

/* A row whose session may still get another number. */
struct gap {
    int64_t row;
    uint64_t number; /* written, unless there is none */
    bool is_none;
    struct session_number *session;
};

struct table {
    struct writer base;
    struct database *database;
    sqlite3_stmt *insert;
    sqlite3_stmt *set_session; /* NULL: has no sessions that wait */
    char text[ROW_TEXT];       /* of the row; SQLite would allocate each one */
    size_t used;
    int cell;                       /* index of the next one of the row, from 1 */
    struct session_number *session; /* of the row; NULL: final, or none */
    GQueue gaps;                    /* of struct gap: in order of the rows */
};

/* Views, of the reports that they need: created if all of these are in the database. */
static const struct {
    const char *name;
    const char *needs[NEEDS_MAX];
    const char *select;
} VIEWS[] = {
    { "busy_hour",
      { "calls" },
      "SELECT strftime('%Y-%m-%dT%H:00:00Z', start) AS hour, target_server, service,"
      " count(*) AS calls, count(DISTINCT user) AS users, count(DISTINCT session) AS sessions,"
      " sum(request_pdu_bytes) AS request_pdu_bytes, sum(response_pdu_bytes) AS response_pdu_bytes,"
      " avg(latency_ms) FILTER (WHERE coalesce(operation, '') NOT IN"
      " ('EcDoAsyncWaitEx', 'NotificationWait'))"
      " AS latency_mean_ms"
      " FROM calls WHERE start IS NOT NULL GROUP BY 1, 2, 3 ORDER BY calls DESC" },
    { "top_users",
      { "users" },
      "SELECT user, user_dn, client_address, sessions, calls, failures, bytes_in, bytes_out,"
      " bytes_in + bytes_out AS bytes, latency_mean_ms, latency_p95_ms, latency_max_ms"
      " FROM users ORDER BY calls DESC, bytes DESC" },
    { "slow_calls",
      { "calls", "sessions" },
      "SELECT call, calls.start, calls.user, calls.client_address, calls.target_server,"
      " calls.service, calls.interface, operation, state, latency_ms, proxy_latency_ms,"
      " store_latency_ms, request_frame, response_frame, session, workstation"
      " FROM calls LEFT JOIN sessions USING (session)"
      " WHERE latency_ms IS NOT NULL"
      " AND coalesce(operation, '') NOT IN ('EcDoAsyncWaitEx', 'NotificationWait')"
      " ORDER BY latency_ms DESC" },
};

/* --- errors and statements --- */

static void
fail(struct database *database)
{
    if (!database->is_failed)
        database->error =
            g_strdup(database->sqlite ? sqlite3_errmsg(database->sqlite) : g_strerror(ENOMEM));
    database->is_failed = true;
}

/* Returns false, with the error as a message. */
static bool
report_error(const struct database *database, char **message)
{
    *message = g_strdup_printf("%s: %s", output_file_place(&database->file), database->error);
    return false;
}

/* Takes over `sql`. */
static void
execute(struct database *database, char *sql)
{
    if (!database->is_failed && sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(database);
    g_free(sql);
}

static sqlite3_stmt *
prepare(struct database *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (!database->is_failed &&
        sqlite3_prepare_v2(database->sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(database);
    return statement;
}

static void
step(struct database *database, sqlite3_stmt *statement)
{
    if (database->is_failed)
        return;
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail(database);
    sqlite3_reset(statement);
}

/* --- the schema --- */

/* The report to whose key the column refers, or NULL. */
static const struct report *
parent_of(const struct database *database, const struct report *report, const char *column)
{
    for (size_t i = 0; i < database->n; i++)
        if (database->reports[i] != report && database->reports[i]->has_key &&
            strcmp(database->reports[i]->columns[0].name, column) == 0)
            return database->reports[i];
    return NULL;
}

static const char *
type_of(const char *unit)
{
    static const char *const INTEGERS[] = { "number", "count", "bytes", NULL };
    static const char *const REALS[] = { "ms",      "s",       "h",   "1/s",   "ratio",   "mean",
                                         "bytes/h", "bytes/d", "1/d", "value", "percent", NULL };

    return g_strv_contains(INTEGERS, unit) ? "INTEGER"
           : g_strv_contains(REALS, unit)  ? "REAL"
                                           : "TEXT";
}

static void
create_table(struct database *database, const struct report *report)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql, "CREATE TABLE \"%s\" (", report->name);
    for (size_t i = 0; i < report->n_columns; i++) {
        const struct column *column = &report->columns[i];
        const struct report *parent = parent_of(database, report, column->name);
        g_string_append_printf(sql, "%s\n  \"%s\" %s", i ? "," : "", column->name,
                               type_of(column->cell.unit));
        if (i == 0 && report->has_key)
            g_string_append(sql, " PRIMARY KEY");
        if (parent)
            g_string_append_printf(sql, " REFERENCES \"%s\"", parent->name);
    }
    g_string_append(sql, "\n)");
    execute(database, g_string_free(sql, FALSE));
}

static void
describe(struct database *database)
{
    sqlite3_stmt *insert;

    execute(database, g_strdup("CREATE TABLE report_columns (report TEXT, \"column\" TEXT,"
                               " unit TEXT, definition TEXT, PRIMARY KEY (report, \"column\"))"));
    insert = prepare(database, "INSERT INTO report_columns VALUES (?, ?, ?, ?)");
    for (size_t i = 0; i < database->n && insert; i++)
        for (size_t k = 0; k < database->reports[i]->n_columns; k++) {
            const struct column *column = &database->reports[i]->columns[k];
            sqlite3_bind_text(insert, 1, database->reports[i]->name, -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 2, column->name, -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 3, column->cell.unit, -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 4, column->definition, -1, SQLITE_STATIC);
            step(database, insert);
        }
    sqlite3_finalize(insert);
}

/* Made at the end, when all rows are there, which is faster than with each row. */
static void
create_indices(struct database *database, const struct report *report)
{
    bool has_time = false;

    for (size_t i = 0; i < report->n_columns; i++) {
        const struct column *column = &report->columns[i];
        bool is_time = strcmp(column->cell.unit, "time") == 0;
        if (parent_of(database, report, column->name) || strcmp(column->name, "user") == 0 ||
            (is_time && !has_time))
            execute(database,
                    g_strdup_printf("CREATE INDEX \"%s_%s\" ON \"%s\" (\"%s\")", report->name,
                                    column->name, report->name, column->name));
        has_time |= is_time;
    }
}

static bool
has_report(const struct database *database, const char *name)
{
    for (size_t i = 0; i < database->n; i++)
        if (strcmp(database->reports[i]->name, name) == 0)
            return true;
    return false;
}

static void
create_views(struct database *database)
{
    for (size_t i = 0; i < G_N_ELEMENTS(VIEWS); i++) {
        bool is_possible = true;
        for (size_t k = 0; k < NEEDS_MAX && VIEWS[i].needs[k]; k++)
            is_possible &= has_report(database, VIEWS[i].needs[k]);
        if (is_possible)
            execute(database,
                    g_strdup_printf("CREATE VIEW %s AS %s", VIEWS[i].name, VIEWS[i].select));
    }
}

/* --- cells --- */

static void
put_empty(struct writer *base)
{
    struct table *table = (struct table *)base;

    sqlite3_bind_null(table->insert, table->cell++);
}

static void
put_token(struct writer *base, const char *text, size_t length)
{
    struct table *table = (struct table *)base;

    sqlite3_destructor_type ownership = SQLITE_TRANSIENT;

    if (length <= ROW_TEXT - table->used) {
        text = memcpy(table->text + table->used, text, length);
        table->used += length;
        ownership = SQLITE_STATIC;
    }
    sqlite3_bind_text(table->insert, table->cell++, text, (int)length, ownership);
}

static void
put_text(struct writer *base, const char *text)
{
    size_t length = 0;

    if (!text || !text[0]) {
        put_empty(base);
        return;
    }
    while (text[length] >= ' ' && text[length] < 0x7f)
        length++;
    if (!text[length]) {
        put_token(base, text, length);
        return;
    }
    g_autoptr(GString) visible = g_string_sized_new(2 * length + 64);
    visible_text_append(visible, text, false);
    put_token(base, visible->str, visible->len);
}

/* SQLite has no integers of 64 bits without a sign; what it cannot hold is not written as another
 * number. */
static void
put_number(struct writer *base, uint64_t number)
{
    struct table *table = (struct table *)base;

    if (number > INT64_MAX)
        put_empty(base);
    else
        sqlite3_bind_int64(table->insert, table->cell++, (sqlite3_int64)number);
}

static void
put_decimal(struct writer *base, const char *text, size_t length)
{
    struct table *table = (struct table *)base;
    char copy[SHORT_CELL];

    memcpy(copy, text, MIN(length, sizeof copy - 1));
    copy[MIN(length, sizeof copy - 1)] = '\0';
    sqlite3_bind_double(table->insert, table->cell++, g_ascii_strtod(copy, NULL));
}

/* --- numbers of sessions that are not final: written as far as known, and put right --- */

static void
put_session(struct writer *base, struct session_number *session)
{
    struct table *table = (struct table *)base;

    if (session_number_is_none(session))
        put_empty(base);
    else
        put_number(base, session_number_now(session));
    if (session_number_is_final(session))
        session_number_release(session);
    else
        table->session = session;
}

static void
fill_gap(struct table *table)
{
    struct gap *gap = g_queue_pop_head(&table->gaps);
    uint64_t number = session_number_now(gap->session);

    bool is_none = session_number_is_none(gap->session);

    if (number != gap->number || is_none != gap->is_none) {
        if (is_none)
            sqlite3_bind_null(table->set_session, 1);
        else
            sqlite3_bind_int64(table->set_session, 1, (sqlite3_int64)number);
        sqlite3_bind_int64(table->set_session, 2, gap->row);
        step(table->database, table->set_session);
    }
    session_number_release(gap->session);
    g_free(gap);
}

static void
fill_gaps(struct table *table, bool at_end)
{
    const struct gap *gap;

    while ((gap = g_queue_peek_head(&table->gaps)) &&
           (at_end || table->gaps.length > GAPS_MAX || session_number_is_final(gap->session)))
        fill_gap(table);
}

static void
end_row(struct writer *base)
{
    struct table *table = (struct table *)base;

    step(table->database, table->insert);
    table->cell = 1;
    table->used = 0;
    if (table->session) {
        struct gap *gap = g_new(struct gap, 1);
        *gap = (struct gap){ sqlite3_last_insert_rowid(table->database->sqlite),
                             session_number_now(table->session),
                             session_number_is_none(table->session), table->session };
        g_queue_push_tail(&table->gaps, gap);
        table->session = NULL;
    }
    fill_gaps(table, false);
}

/* --- the file --- */

/* "reports.sqlite.4711.partial", in the folder of the database, that no other run has locked. */
static void
remove_leftovers(const char *path)
{
    g_autofree char *folder_name = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    GDir *folder = g_dir_open(folder_name, 0, NULL);
    const char *other;
    size_t length = strlen(name);

    while (folder && (other = g_dir_read_name(folder))) {
        if (strncmp(other, name, length) != 0 || other[length] != '.' ||
            !g_ascii_isdigit(other[length + 1]) || !g_str_has_suffix(other, TEMPORARY_SUFFIX))
            continue;
        g_autofree char *leftover = g_build_filename(folder_name, other, NULL);
        int fd = g_open(leftover, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            g_unlink(leftover);
        if (fd >= 0)
            close(fd);
    }
    if (folder)
        g_dir_close(folder);
}

static bool
create_file(struct database *database, const char *path, char **message)
{
    remove_leftovers(path);
    if (!output_file_open(&database->file, path, message))
        return false;
    flock(database->file.fd, LOCK_EX | LOCK_NB); /* for remove_leftovers() of other runs */
    /* A whole path, as some names have a meaning of their own for SQLite. */
    g_autofree char *whole = g_canonicalize_filename(database->file.temporary, NULL);
    if (sqlite3_open_v2(whole, &database->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        fail(database);
    execute(database, g_strdup("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                               "PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = OFF;"
                               "PRAGMA encoding = 'UTF-8'; BEGIN"));
    return true;
}

/* Adds what is made when all rows are there, and writes everything. */
static bool
finish(struct database *database, char **message)
{
    for (size_t i = 0; i < database->n; i++)
        create_indices(database, database->reports[i]);
    create_views(database);
    execute(database, g_strdup("COMMIT"));
    return database->is_failed ? report_error(database, message)
                               : output_file_sync(&database->file, message);
}

struct database *
database_open(const char *path, const struct report *const reports[], size_t n, char **message)
{
    struct database *database = g_new0(struct database, 1);

    database->reports = reports;
    database->n = n;
    if (!create_file(database, path, message)) {
        g_free(database);
        return NULL;
    }
    database->holders = 1;
    for (size_t i = 0; i < n; i++)
        create_table(database, reports[i]);
    describe(database);
    if (!database->is_failed)
        return database;
    report_error(database, message);
    database_release(database);
    return NULL;
}

void
database_release(struct database *database)
{
    if (!database || --database->holders)
        return;
    sqlite3_close(database->sqlite);
    if (database->is_published)
        output_file_close(&database->file);
    else
        output_file_discard(&database->file);
    g_free(database->error);
    g_free(database);
}

/* --- a table as the writer of a report --- */

static bool
has_failed(const struct writer *base)
{
    return ((const struct table *)base)->database->is_failed;
}

static bool
flush(struct writer *base, char **message)
{
    struct table *table = (struct table *)base;

    fill_gaps(table, true);
    return !table->database->is_failed || report_error(table->database, message);
}

/* The first table does it for all of them, when all have been flushed. */
static bool
sync_file(struct writer *base, char **message)
{
    struct database *database = ((struct table *)base)->database;

    if (!database->is_whole)
        database->is_whole = finish(database, message);
    return database->is_whole;
}

/* As before. */
static bool
publish(struct writer *base, char **message)
{
    struct database *database = ((struct table *)base)->database;

    if (!database->is_published)
        database->is_published = output_file_publish(&database->file, message);
    return database->is_published;
}

static void
free_table(struct writer *base)
{
    struct table *table = (struct table *)base;
    struct gap *gap;

    while ((gap = g_queue_pop_head(&table->gaps))) {
        session_number_release(gap->session);
        g_free(gap);
    }
    session_number_release(table->session);
    sqlite3_finalize(table->insert);
    sqlite3_finalize(table->set_session);
    database_release(table->database);
    g_free(table);
}

static const struct writer_format TABLE = {
    .text = put_text,
    .token = put_token,
    .number = put_number,
    .decimal = put_decimal,
    .empty = put_empty,
    .session = put_session,
    .end_row = end_row,
    .failed = has_failed,
    .flush = flush,
    .sync = sync_file,
    .publish = publish,
    .close = free_table,
    .discard = free_table,
};

static bool
has_column(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->n_columns; i++)
        if (strcmp(report->columns[i].name, name) == 0)
            return true;
    return false;
}

static sqlite3_stmt *
prepare_insert(struct database *database, const struct report *report)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql, "INSERT INTO \"%s\" VALUES (?", report->name);
    for (size_t i = 1; i < report->n_columns; i++)
        g_string_append(sql, ", ?");
    g_string_append(sql, ")");
    sqlite3_stmt *statement = prepare(database, sql->str);
    g_string_free(sql, TRUE);
    return statement;
}

struct writer *
database_writer(struct database *database, const struct report *report, char **message)
{
    g_autofree char *set_session =
        g_strdup_printf("UPDATE \"%s\" SET session = ? WHERE rowid = ?", report->name);
    struct table *table = g_new0(struct table, 1);

    table->base.format = &TABLE;
    table->database = database;
    table->cell = 1;
    database->holders++;
    table->insert = prepare_insert(database, report);
    if (has_column(report, "session"))
        table->set_session = prepare(database, set_session);
    if (!database->is_failed)
        return &table->base;
    report_error(database, message);
    free_table(&table->base);
    return NULL;
}

bool
database_is_name_of(const char *path)
{
    return g_str_has_suffix(path, ".sqlite") || g_str_has_suffix(path, ".sqlite3") ||
           g_str_has_suffix(path, ".db");
}
