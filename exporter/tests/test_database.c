/* test_database.c
 * Rows in a database: each value as what it is, sessions by their final number, and a file that
 * appears whole or not at all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "database.h"
#include "session_number.h"

static const struct column COLUMNS_OF_THINGS[] = {
    { "thing", { .unit = "number" }, "" },    { "share", { .unit = "ratio" }, "" },
    { "wait_ms", { .unit = "ms" }, "" },      { "start", { .unit = "time" }, "" },
    { "address", { .unit = "address" }, "" }, { "user", { .unit = "text" }, "" },
};
static const struct column COLUMNS_OF_SESSIONS[] = { { "session", { .unit = "number" }, "" } };
static const struct column COLUMNS_OF_PARTS[] = { { "session", { .unit = "number" }, "" },
                                                  { "text", { .unit = "text" }, "" } };

static const struct report THINGS = { .name = "things",
                                      .has_key = true,
                                      COLUMNS(COLUMNS_OF_THINGS) };
static const struct report SESSIONS = { .name = "sessions",
                                        .has_key = true,
                                        COLUMNS(COLUMNS_OF_SESSIONS) };
static const struct report PARTS = { .name = "parts", COLUMNS(COLUMNS_OF_PARTS) };
static const struct report *const ALL[] = { &THINGS, &SESSIONS, &PARTS };

/* A database in a folder of its own, with its writers. */
struct fixture {
    char *folder, *path;
    struct writer *writer[G_N_ELEMENTS(ALL)];
};

static void
set_up(struct fixture *fixture, gconstpointer data)
{
    char *message = NULL;

    (void)data;
    fixture->folder = g_dir_make_tmp(NULL, NULL);
    fixture->path = g_build_filename(fixture->folder, "t.sqlite", NULL);
    struct database *database = database_open(fixture->path, ALL, G_N_ELEMENTS(ALL), &message);
    g_assert_nonnull(database);
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        g_assert_nonnull(fixture->writer[i] = database_writer(database, ALL[i], &message));
    database_release(database);
}

static void
tear_down(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    g_unlink(fixture->path);
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0); /* nothing else was left in it */
    g_free(fixture->path);
    g_free(fixture->folder);
}

static void
publish(struct fixture *fixture)
{
    char *message = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        g_assert_true(writer_flush(fixture->writer[i], &message));
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        g_assert_true(writer_sync(fixture->writer[i], &message));
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        g_assert_true(writer_publish(fixture->writer[i], &message));
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        writer_close(fixture->writer[i]);
}

/* The first column of the rows of a query, one a line. */
static char *
answer(const struct fixture *fixture, const char *query)
{
    GString *text = g_string_new(NULL);
    sqlite3_stmt *statement;
    sqlite3 *sqlite;

    g_assert_cmpint(sqlite3_open(fixture->path, &sqlite), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(sqlite, query, -1, &statement, NULL), ==, SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        g_string_append_printf(text, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return g_string_free(text, FALSE);
}

static void
expect(const struct fixture *fixture, const char *query, const char *text)
{
    g_autofree char *found = answer(fixture, query);

    g_assert_cmpstr(found, ==, text);
}

static void
put_thing(struct writer *writer, uint64_t number, const char *user)
{
    static const uint8_t address[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

    writer_number(writer, number);
    writer_ratio(writer, 0.25);
    writer_ms(writer, -1234567);
    writer_time(writer, 0);
    writer_address(writer, address);
    writer_text(writer, user);
    writer_end_row(writer);
}

static void
test_values(struct fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(100000, 'y');
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    (void)data;
    put_thing(fixture->writer[0], 5, "=1+1");
    put_thing(fixture->writer[0], 6, "a\xe2\x80\xae\xff'\"");
    put_thing(fixture->writer[0], 7, text);
    for (size_t i = 0; i < G_N_ELEMENTS(COLUMNS_OF_THINGS); i++)
        writer_empty(fixture->writer[0]);
    writer_end_row(fixture->writer[0]);
    put_thing(fixture->writer[0], 1 + (uint64_t)INT64_MAX, NULL);
    publish(fixture);
    expect(fixture, "SELECT user FROM things WHERE thing = 5", "=1+1\n");
    expect(fixture, "SELECT user FROM things WHERE thing = 6", "a<U+202E>\xef\xbf\xbd'\"\n");
    expect(fixture, "SELECT user FROM things WHERE thing = 7", line);
    expect(
        fixture,
        "SELECT typeof(thing) || typeof(share) || share || typeof(wait_ms) || wait_ms || start ||"
        " address FROM things LIMIT 1",
        "integerreal0.25real-1.2351970-01-01T00:00:00.000000Z192.0.2.1\n");
    expect(fixture, "SELECT count(*) FROM things WHERE wait_ms IS NULL AND user IS NULL", "1\n");
    expect(fixture, "SELECT count(*) FROM things", "5\n");
}

static void
put_part(struct writer *writer, const struct oa_virtual_connection *vc)
{
    writer_session(writer, session_number_hold(vc));
    writer_text(writer, "x");
    writer_end_row(writer);
}

/* Rows name the session that remains, whichever number it has in the end. */
static void
test_sessions(struct fixture *fixture, gconstpointer data)
{
    struct oa_virtual_connection vc[2] = { { .number = 0 }, { .number = 1 } };

    (void)data;
    for (int i = 0; i < 4; i++)
        put_part(fixture->writer[2], &vc[i % 2]);
    vc[1].joined = &vc[0];
    session_number_take_event(&(struct oa_event){ .type = OA_EVENT_VC_JOINED, .vc = &vc[1] });
    put_part(fixture->writer[2], &vc[0]);
    session_number_take_event(&(struct oa_event){ .type = OA_EVENT_VC_CLOSED, .vc = &vc[0] });
    writer_number(fixture->writer[1], 0);
    writer_end_row(fixture->writer[1]);
    publish(fixture);
    expect(fixture, "SELECT session FROM parts", "0\n0\n0\n0\n0\n");
    expect(fixture, "SELECT count(*) FROM pragma_foreign_key_check", "0\n");
    expect(fixture, "SELECT \"table\" FROM pragma_foreign_key_list('parts')", "sessions\n");
}

/* What is discarded is not there, also with rows that wait. */
static void
test_discard(struct fixture *fixture, gconstpointer data)
{
    struct oa_virtual_connection vc = { .number = 0 };

    (void)data;
    put_part(fixture->writer[2], &vc);
    session_number_take_event(&(struct oa_event){ .type = OA_EVENT_VC_CLOSED, .vc = &vc });
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        writer_discard(fixture->writer[i]);
}

/* A key that is not one fails the output instead of losing a row. */
static void
test_failure(struct fixture *fixture, gconstpointer data)
{
    char *message = NULL;

    (void)data;
    put_thing(fixture->writer[0], 5, "a");
    g_assert_false(writer_failed(fixture->writer[0]));
    put_thing(fixture->writer[0], 5, "b");
    g_assert_true(writer_failed(fixture->writer[0]));
    g_assert_false(writer_flush(fixture->writer[0], &message));
    g_assert_true(g_str_has_prefix(message, fixture->path));
    g_free(message);
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        writer_discard(fixture->writer[i]);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/database/values", struct fixture, NULL, set_up, test_values, tear_down);
    g_test_add("/database/sessions", struct fixture, NULL, set_up, test_sessions, tear_down);
    g_test_add("/database/discard", struct fixture, NULL, set_up, test_discard, tear_down);
    g_test_add("/database/failure", struct fixture, NULL, set_up, test_failure, tear_down);
    return g_test_run();
}
