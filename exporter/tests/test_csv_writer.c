/* test_csv_writer.c
 * Cells as they have to look, and files that appear whole or not at all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "csv_writer.h"
#include "session_number.h"

/* Writes one row by `fill` in a folder of its own and returns the file's content. */
static char *
row_of(void (*fill)(struct writer *writer), struct output_style style)
{
    char *folder = g_dir_make_tmp(NULL, NULL);
    char *path = g_build_filename(folder, "t.csv", NULL);
    char *message = NULL, *text = NULL;
    struct writer *writer =
        csv_writer_open(folder, "t", (struct writer_columns){ 0 }, style, &message);

    g_assert_nonnull(writer);
    fill(writer);
    writer_end_row(writer);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(writer_flush(writer, &message));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(writer_publish(writer, &message));
    writer_close(writer);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing else was left in it */
    g_free(path);
    g_free(folder);
    return text;
}

static void
fill_text(struct writer *writer)
{
    writer_text(writer, "plain");
    writer_text(writer, NULL);
    writer_text(writer, "");
    writer_text(writer, "a,b");
    writer_text(writer, "say \"x\"");
    writer_text(writer, "two\nlines");
    writer_text(writer, "=1+1");
    writer_text(writer, "+1");
    writer_text(writer, "-1");
    writer_text(writer, "@a,b");
    writer_text(writer, "\tx");
    writer_text(writer, "\rx");
    writer_text(writer, "a=b");
}

static void
test_text(void)
{
    char *text = row_of(fill_text, (struct output_style){ 0 });

    g_assert_cmpstr(text, ==,
                    "plain,,,\"a,b\",\"say "
                    "\"\"x\"\"\",\"two\nlines\",'=1+1,'+1,'-1,\"'@a,b\",'\tx,\"'\rx\",a=b\n");
    g_free(text);
}

/* What a cell seems to be, it is: formulas behind separators or in wide characters, hidden
 * characters, and bytes that are not UTF-8. */
static const struct guard_row {
    const char *text, *cell;
} GUARD_ROWS[] = {
    { "a;=1+1;b", "a;'=1+1;b" },
    { "a; =1", "a; '=1" },
    { "a\t+1", "a\t'+1" },
    { " =1", " '=1" },
    { "\xc2\xa0=1", "\xc2\xa0'=1" },
    { "\xe2\x80\x8b=1", "<U+200B>=1" },
    { "\xef\xbb\xbf=1", "<U+FEFF>=1" },
    { "\xef\xbc\x9d"
      "1+1",
      "'\xef\xbc\x9d"
      "1+1" },
    { "a\xe2\x80\xaetxt.exe", "a<U+202E>txt.exe" },
    { "a\xe2\x80\xa8=1", "a<U+2028>=1" },
    { "a\xc2\x85z", "a<U+0085>z" },
    { "a\x1bz", "a<U+001B>z" },
    { "a\x7fz", "a<U+007F>z" },
    { "a\xffz", "a\xef\xbf\xbdz" },
    { "cut \xc3", "cut \xef\xbf\xbd" },
    { "\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80" },
    { "a;b", "a;b" },
    { "a = b", "a = b" },
};

static void
fill_guarded(struct writer *writer)
{
    for (size_t i = 0; i < G_N_ELEMENTS(GUARD_ROWS); i++) {
        writer_text(writer, GUARD_ROWS[i].text);
        writer_end_row(writer);
    }
}

static void
test_guards(void)
{
    g_autofree char *text = row_of(fill_guarded, (struct output_style){ 0 });
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; i < G_N_ELEMENTS(GUARD_ROWS); i++)
        g_assert_cmpstr(lines[i], ==, GUARD_ROWS[i].cell);
}

static void
fill_numbers(struct writer *writer)
{
    static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    static const uint8_t uuid[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

    writer_number(writer, 0);
    writer_number(writer, UINT64_MAX);
    writer_ms(writer, 0);
    writer_ms(writer, 1499);
    writer_ms(writer, 1500);
    writer_ms(writer, 1234567890);
    writer_ms(writer, -2000000);
    writer_ms(writer, -499);
    writer_time(writer, -1);
    writer_time(writer, 0);
    writer_time(writer, 1795476117787947200);
    writer_time(writer, -1);
    writer_ratio(writer, 0.5);
    writer_address(writer, v4);
    writer_address(writer, v6);
    writer_endpoint(writer, v4, 80);
    writer_endpoint(writer, v6, 65535);
    writer_uuid(writer, uuid);
    writer_empty(writer);
}

static void
test_numbers(void)
{
    char *text = row_of(fill_numbers, (struct output_style){ 0 });

    g_assert_cmpstr(text, ==,
                    "0,18446744073709551615,0.000,0.001,0.002,1234.568,-2.000,0.000,"
                    "1969-12-31T23:59:59.999999Z,1970-01-01T00:00:00.000000Z,2026-11-23T23:21:57."
                    "787947Z,1969-12-31T23:59:59."
                    "999999Z,0.5000,"
                    "192.0.2.1,2001:db8::1,192.0.2.1:80,[2001:db8::1]:65535,"
                    "00112233-4455-6677-8899-aabbccddeeff,\n");
    g_free(text);
}

static void
check_number(uint64_t number, unsigned width)
{
    char text[SHORT_CELL], expected[SHORT_CELL];

    *writer_put_number(text, number, width) = '\0';
    g_snprintf(expected, sizeof expected, "%0*" G_GUINT64_FORMAT, (int)width, number);
    g_assert_cmpstr(text, ==, expected);
}

/* Where the number of digits changes, or the way in which they are found. */
static void
test_digits(void)
{
    for (uint64_t power = 1;; power *= 10) {
        for (unsigned width = 1; width <= 20; width++) {
            check_number(power - 1, width);
            check_number(power, width);
            check_number(power / 10 * 7 + 5, width);
        }
        if (power > UINT64_MAX / 10)
            break;
    }
    check_number(UINT32_MAX, 1);
    check_number((uint64_t)UINT32_MAX + 1, 1);
    check_number(UINT64_MAX, 1);
}

static void
fill_minutes(struct writer *writer)
{
    writer_time(writer, INT64_C(1700000039999999999));
    writer_time(writer, INT64_C(1700000040000000000));
    writer_time(writer, INT64_C(-60000000001));
    writer_time(writer, INT64_C(-60000000000));
}

static void
test_minutes(void)
{
    char *text = row_of(fill_minutes, (struct output_style){ 0 });

    g_assert_cmpstr(text, ==,
                    "2023-11-14T22:13:59.999999Z,2023-11-14T22:14:00.000000Z,"
                    "1969-12-31T23:58:59.999999Z,1969-12-31T23:59:00.000000Z\n");
    g_free(text);
}

static void
fill_word(struct writer *writer)
{
    writer_text(writer, "x");
}

static void
test_style(void)
{
    char *text = row_of(fill_word, (struct output_style){ .crlf = true, .bom = true });

    g_assert_cmpstr(text, ==, "\xEF\xBB\xBFx\r\n");
    g_free(text);
}

static void
fill_times(struct writer *writer)
{
    writer_time(writer, 1795476117787947200);
    writer_time(writer, -1);
    writer_time_text(writer, "9999-12-31T23:59:59.000000Z");
    writer_time_text(writer, "");
}

/* Excel reads three decimals at most, and no T and Z. */
static void
test_times(void)
{
    g_autofree char *iso = row_of(fill_times, (struct output_style){ 0 });
    g_autofree char *spreadsheet =
        row_of(fill_times, (struct output_style){ .spreadsheet_times = true });

    g_assert_cmpstr(iso, ==,
                    "2026-11-23T23:21:57.787947Z,1969-12-31T23:59:59.999999Z,"
                    "9999-12-31T23:59:59.000000Z,\n");
    g_assert_cmpstr(spreadsheet, ==,
                    "2026-11-23 23:21:57.787,1969-12-31 23:59:59.999,9999-12-31 23:59:59.000,\n");
}

static void
fill_long(struct writer *writer)
{
    char *text = g_strnfill(700000, 'y');

    writer_text(writer, text);
    writer_text(writer, text);
    g_free(text);
}

static void
test_long(void)
{
    char *text = row_of(fill_long, (struct output_style){ 0 });

    g_assert_cmpuint(strlen(text), ==, 2 * 700000 + 2);
    g_free(text);
}

static void
test_discard(void)
{
    char *folder = g_dir_make_tmp(NULL, NULL);
    char *message = NULL;
    struct writer *writer = csv_writer_open(folder, "t", (struct writer_columns){ 0 },
                                            (struct output_style){ 0 }, &message);

    writer_text(writer, "x");
    writer_end_row(writer);
    writer_discard(writer);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_null(csv_writer_open(folder, "t", (struct writer_columns){ 0 },
                                  (struct output_style){ 0 }, &message));
    g_assert_nonnull(message);
    g_free(message);
    g_free(folder);
}

/* The row "x,<number>,y" of a session that is open. */
static void
put_session(struct writer *writer, const struct oa_virtual_connection *vc)
{
    writer_text(writer, "x");
    writer_session(writer, session_number_hold(vc));
    writer_text(writer, "y");
    writer_end_row(writer);
}

static void
finish_session(enum oa_event_type type, struct oa_virtual_connection *vc)
{
    session_number_take_event(&(struct oa_event){ .type = type, .vc = vc });
}

/* Rows name the session that remains, whichever number it has in the end; their order stays. */
static void
test_sessions(void)
{
    char *folder = g_dir_make_tmp(NULL, NULL), *path = g_build_filename(folder, "t.csv", NULL);
    char *message = NULL, *text = NULL;
    struct writer *writer = csv_writer_open(folder, "t", (struct writer_columns){ 0 },
                                            (struct output_style){ 0 }, &message);
    struct oa_virtual_connection vc[4] = {
        { .number = 0 }, { .number = 1 }, { .number = 2 }, { .number = 3, .has_final_number = true }
    };

    for (int i = 0; i < 4; i++)
        put_session(writer, &vc[i]);
    vc[1].joined = &vc[0]; /* the part has been given the number that is not used any more */
    finish_session(OA_EVENT_VC_JOINED, &vc[1]);
    vc[0].joined = &vc[2];
    vc[2].number = 0;
    vc[0].number = 2;
    finish_session(OA_EVENT_VC_JOINED, &vc[0]);
    put_session(writer, &vc[2]);
    vc[2].has_final_number = true;
    put_session(writer, &vc[2]);
    finish_session(OA_EVENT_VC_CLOSED, &vc[2]);
    finish_session(OA_EVENT_VC_CLOSED, &vc[3]);
    g_assert_true(writer_flush(writer, &message));
    g_assert_true(writer_publish(writer, &message));
    writer_close(writer);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "x,0,y\nx,0,y\nx,0,y\nx,3,y\nx,0,y\nx,0,y\n");
    g_unlink(path);
    g_rmdir(folder);
    g_free(text);
    g_free(path);
    g_free(folder);
}

/* Not more waits than the limit allows: the oldest rows get the number known by then. */
static void
test_sessions_beyond(void)
{
    enum { ROWS = 400, LENGTH = 100000 };
    char *folder = g_dir_make_tmp(NULL, NULL), *path = g_build_filename(folder, "t.csv", NULL);
    char *message = NULL, *text = g_strnfill(LENGTH, 'a');
    struct writer *writer = csv_writer_open(folder, "t", (struct writer_columns){ 0 },
                                            (struct output_style){ 0 }, &message);
    struct oa_virtual_connection vc = { .number = 5 };
    unsigned rows = 0, first = 0;

    for (unsigned i = 0; i < ROWS; i++) {
        writer_text(writer, text);
        writer_session(writer, session_number_hold(&vc));
        writer_end_row(writer);
    }
    g_free(text);
    vc.number = 1;
    finish_session(OA_EVENT_VC_CLOSED, &vc);
    g_assert_true(writer_flush(writer, &message));
    g_assert_true(writer_publish(writer, &message));
    writer_close(writer);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (const char *line = text; *line; line = strchr(line, '\n') + 1, rows++)
        first += line[LENGTH + 1] == '5';
    g_assert_cmpuint(rows, ==, ROWS);
    g_assert_cmpuint(first, >, 0);
    g_assert_cmpuint(first, <, ROWS);
    g_unlink(path);
    g_rmdir(folder);
    g_free(text);
    g_free(path);
    g_free(folder);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/text", test_text);
    g_test_add_func("/csv/guards", test_guards);
    g_test_add_func("/csv/numbers", test_numbers);
    g_test_add_func("/csv/digits", test_digits);
    g_test_add_func("/csv/minutes", test_minutes);
    g_test_add_func("/csv/style", test_style);
    g_test_add_func("/csv/times", test_times);
    g_test_add_func("/csv/long", test_long);
    g_test_add_func("/csv/sessions", test_sessions);
    g_test_add_func("/csv/sessions_beyond", test_sessions_beyond);
    g_test_add_func("/csv/discard", test_discard);
    return g_test_run();
}
