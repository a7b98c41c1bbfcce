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
row_of(void (*fill)(struct csv *csv), struct csv_style style)
{
    char *folder = g_dir_make_tmp(NULL, NULL);
    char *path = g_build_filename(folder, "t.csv", NULL);
    char *message = NULL, *text = NULL;
    struct csv *csv = csv_open(folder, "t", style, &message);

    g_assert_nonnull(csv);
    fill(csv);
    csv_end_row(csv);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(csv_flush(csv, &message));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(csv_publish(csv, &message));
    csv_close(csv);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing else was left in it */
    g_free(path);
    g_free(folder);
    return text;
}

static void
fill_text(struct csv *csv)
{
    csv_text(csv, "plain");
    csv_text(csv, NULL);
    csv_text(csv, "");
    csv_text(csv, "a,b");
    csv_text(csv, "say \"x\"");
    csv_text(csv, "two\nlines");
    csv_text(csv, "=1+1");
    csv_text(csv, "+1");
    csv_text(csv, "-1");
    csv_text(csv, "@a,b");
    csv_text(csv, "\tx");
    csv_text(csv, "\rx");
    csv_text(csv, "a=b");
}

static void
test_text(void)
{
    char *text = row_of(fill_text, (struct csv_style){ 0 });

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
fill_guarded(struct csv *csv)
{
    for (size_t i = 0; i < G_N_ELEMENTS(GUARD_ROWS); i++) {
        csv_text(csv, GUARD_ROWS[i].text);
        csv_end_row(csv);
    }
}

static void
test_guards(void)
{
    g_autofree char *text = row_of(fill_guarded, (struct csv_style){ 0 });
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; i < G_N_ELEMENTS(GUARD_ROWS); i++)
        g_assert_cmpstr(lines[i], ==, GUARD_ROWS[i].cell);
}

static void
fill_numbers(struct csv *csv)
{
    static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    static const uint8_t uuid[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

    csv_number(csv, 0);
    csv_number(csv, UINT64_MAX);
    csv_ms(csv, 0);
    csv_ms(csv, 1499);
    csv_ms(csv, 1500);
    csv_ms(csv, 1234567890);
    csv_ms(csv, -2000000);
    csv_ms(csv, -499);
    csv_time(csv, -1);
    csv_time(csv, 0);
    csv_time(csv, 1795476117787947200);
    csv_time(csv, -1);
    csv_ratio(csv, 0.5);
    csv_address(csv, v4);
    csv_address(csv, v6);
    csv_endpoint(csv, v4, 80);
    csv_endpoint(csv, v6, 65535);
    csv_uuid(csv, uuid);
    csv_empty(csv);
}

static void
test_numbers(void)
{
    char *text = row_of(fill_numbers, (struct csv_style){ 0 });

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
fill_word(struct csv *csv)
{
    csv_text(csv, "x");
}

static void
test_style(void)
{
    char *text = row_of(fill_word, (struct csv_style){ .crlf = true, .bom = true });

    g_assert_cmpstr(text, ==, "\xEF\xBB\xBFx\r\n");
    g_free(text);
}

static void
fill_long(struct csv *csv)
{
    char *text = g_strnfill(700000, 'y');

    csv_text(csv, text);
    csv_text(csv, text);
    g_free(text);
}

static void
test_long(void)
{
    char *text = row_of(fill_long, (struct csv_style){ 0 });

    g_assert_cmpuint(strlen(text), ==, 2 * 700000 + 2);
    g_free(text);
}

static void
test_discard(void)
{
    char *folder = g_dir_make_tmp(NULL, NULL);
    char *message = NULL;
    struct csv *csv = csv_open(folder, "t", (struct csv_style){ 0 }, &message);

    csv_text(csv, "x");
    csv_end_row(csv);
    csv_discard(csv);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_null(csv_open(folder, "t", (struct csv_style){ 0 }, &message));
    g_assert_nonnull(message);
    g_free(message);
    g_free(folder);
}

/* The row "x,<number>,y" of a session that is open. */
static void
put_session(struct csv *csv, const struct oa_virtual_connection *vc)
{
    csv_text(csv, "x");
    csv_session(csv, session_number_hold(vc));
    csv_text(csv, "y");
    csv_end_row(csv);
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
    struct csv *csv = csv_open(folder, "t", (struct csv_style){ 0 }, &message);
    struct oa_virtual_connection vc[4] = {
        { .number = 0 }, { .number = 1 }, { .number = 2 }, { .number = 3, .has_final_number = true }
    };

    for (int i = 0; i < 4; i++)
        put_session(csv, &vc[i]);
    vc[1].joined = &vc[0]; /* the part has been given the number that is not used any more */
    finish_session(OA_EVENT_VC_JOINED, &vc[1]);
    vc[0].joined = &vc[2];
    vc[2].number = 0;
    vc[0].number = 2;
    finish_session(OA_EVENT_VC_JOINED, &vc[0]);
    put_session(csv, &vc[2]);
    vc[2].has_final_number = true;
    put_session(csv, &vc[2]);
    finish_session(OA_EVENT_VC_CLOSED, &vc[2]);
    finish_session(OA_EVENT_VC_CLOSED, &vc[3]);
    g_assert_true(csv_flush(csv, &message));
    g_assert_true(csv_publish(csv, &message));
    csv_close(csv);
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
    struct csv *csv = csv_open(folder, "t", (struct csv_style){ 0 }, &message);
    struct oa_virtual_connection vc = { .number = 5 };
    unsigned rows = 0, first = 0;

    for (unsigned i = 0; i < ROWS; i++) {
        csv_text(csv, text);
        csv_session(csv, session_number_hold(&vc));
        csv_end_row(csv);
    }
    g_free(text);
    vc.number = 1;
    finish_session(OA_EVENT_VC_CLOSED, &vc);
    g_assert_true(csv_flush(csv, &message));
    g_assert_true(csv_publish(csv, &message));
    csv_close(csv);
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
    g_test_add_func("/csv/style", test_style);
    g_test_add_func("/csv/long", test_long);
    g_test_add_func("/csv/sessions", test_sessions);
    g_test_add_func("/csv/sessions_beyond", test_sessions_beyond);
    g_test_add_func("/csv/discard", test_discard);
    return g_test_run();
}
