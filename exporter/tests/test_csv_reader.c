/* test_csv_reader.c
 * Rows, cells, numbers and times of CSV files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>

#include "csv_reader.h"

static char *folder;

static struct csv_reader *
open_text(const char *text, gssize length, char **message)
{
    g_autofree char *path = g_build_filename(folder, "report.csv", NULL);

    g_assert_true(g_file_set_contents(path, text, length, NULL));
    return csv_reader_open(folder, "report", message);
}

/* The cells of the next row, separated by bars. */
static void
expect_row(struct csv_reader *reader, const char *expected)
{
    g_auto(GStrv) cells = g_strsplit(expected, "|", -1);
    char *message;

    g_assert_true(csv_reader_next(reader, &message));
    for (size_t i = 0; cells[i]; i++)
        g_assert_cmpstr(csv_reader_text(reader, i), ==, cells[i]);
}

static void
expect_end(struct csv_reader *reader)
{
    char *message;

    g_assert_false(csv_reader_next(reader, &message));
    g_assert_null(message);
    csv_reader_close(reader);
}

static void
test_cells(void)
{
    static const char TEXT[] = "\xEF\xBB\xBF"
                               "user,calls,note\r\n"
                               "anna,1,\"a, \"\"b\"\"\nc\"\r\n"
                               ",\"\",\n"
                               "\n"
                               "one\n"
                               "more,2,x,y\n"
                               "a\"b,\"c\"d,\0";
    char *message;
    struct csv_reader *reader = open_text(TEXT, sizeof TEXT - 1, &message);

    g_assert_nonnull(reader);
    g_assert_cmpuint(csv_reader_column(reader, "user"), ==, 0);
    g_assert_cmpuint(csv_reader_column(reader, "note"), ==, 2);
    g_assert_cmpuint(csv_reader_column(reader, "other"), ==, CSV_NO_COLUMN);
    expect_row(reader, "anna|1|a, \"b\"\nc");
    g_assert_cmpstr(csv_reader_text(reader, CSV_NO_COLUMN), ==, "");
    expect_row(reader, "||");
    expect_row(reader, "|");
    expect_row(reader, "one||");
    expect_row(reader, "more|2|x|y|");
    expect_row(reader, "a\"b|cd| ");
    expect_end(reader);
}

static void
test_numbers(void)
{
    char *message;
    struct csv_reader *reader =
        open_text("n\n12.5\n-3\n\"7\"\n\nnan\ninf\n1e999\n1x\n", -1, &message);
    const double expected[] = { 12.5, -3, 7, NAN, NAN, NAN, NAN, NAN };

    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_true(csv_reader_next(reader, &message));
        double found = csv_reader_number(reader, 0);
        g_assert_true(isnan(expected[i]) ? isnan(found) : found == expected[i]);
    }
    expect_end(reader);
}

static void
test_times(void)
{
    static const struct {
        const char *text;
        int64_t us; /* -1: none */
    } ROWS[] = {
        { "1970-01-01T00:00:00.000001Z", 1 },
        { "2026-11-24T01:02:03.456789Z", INT64_C(1795482123456789) },
        { "2026-11-24 01:02:03.456", INT64_C(1795482123456000) },
        { "2024-02-29T23:59:59Z", INT64_C(1709251199000000) },
        { "2024-03-01T00:00:00Z", INT64_C(1709251200000000) },
        { "2000-03-01T00:00:00Z", INT64_C(951868800000000) },
        { "2026-11-24", -1 },
        { "2026-11-24x01:02:03", -1 },
        { "now", -1 },
    };
    g_autoptr(GString) text = g_string_new("time\n");
    char *message;

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        g_string_append_printf(text, "%s\n", ROWS[i].text);
    struct csv_reader *reader = open_text(text->str, -1, &message);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        int64_t us = -1;

        g_assert_true(csv_reader_next(reader, &message));
        g_assert_true(csv_reader_time(reader, 0, &us) == (ROWS[i].us >= 0));
        g_assert_cmpint(us, ==, ROWS[i].us);
    }
    expect_end(reader);
}

static void
test_unreadable(void)
{
    g_autofree char *longest = g_strnfill(2 * 1024 * 1024, 'x');
    g_autofree char *text = g_strconcat("a\n", longest, NULL);
    char *message;

    g_assert_null(csv_reader_open(folder, "missing", &message));
    g_assert_null(message);
    g_assert_null(open_text("", 0, &message));
    g_assert_nonnull(message);
    g_free(message);
    struct csv_reader *reader = open_text(text, -1, &message);
    g_assert_false(csv_reader_next(reader, &message));
    g_assert_nonnull(message);
    g_free(message);
    csv_reader_close(reader);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("csv_reader.XXXXXX", NULL);
    g_test_add_func("/csv_reader/cells", test_cells);
    g_test_add_func("/csv_reader/numbers", test_numbers);
    g_test_add_func("/csv_reader/times", test_times);
    g_test_add_func("/csv_reader/unreadable", test_unreadable);
    int code = g_test_run();
    g_autofree char *path = g_build_filename(folder, "report.csv", NULL);
    g_unlink(path);
    g_rmdir(folder);
    g_free(folder);
    return code;
}
