/* test_json_writer.c
 * Rows as lines of JSON: each value as what it is, and unknown ones as null.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "column.h"
#include "json_writer.h"
#include "session_number.h"

static const struct column COLUMNS[] = { { .name = "a" }, { .name = "b" } };

/* Writes what `fill` puts, in a folder of its own, and returns the file's content. */
static char *
lines_of(void (*fill)(struct writer *writer))
{
    char *folder = g_dir_make_tmp(NULL, NULL);
    char *path = g_build_filename(folder, "t.jsonl", NULL);
    char *message = NULL, *text = NULL;
    struct writer *writer = json_writer_open(
        folder, "t", (struct writer_columns){ COLUMNS, G_N_ELEMENTS(COLUMNS) }, &message);

    g_assert_nonnull(writer);
    fill(writer);
    g_assert_true(writer_flush(writer, &message));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(writer_publish(writer, &message));
    writer_close(writer);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(path);
    g_free(folder);
    return text;
}

static void
put_values(struct writer *writer)
{
    static const uint8_t address[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

    writer_number(writer, UINT64_MAX);
    writer_ms(writer, -1500000);
    writer_end_row(writer);
    writer_ratio(writer, 0.5);
    writer_time(writer, 0);
    writer_end_row(writer);
    writer_address(writer, address);
    writer_endpoint(writer, address, 80);
    writer_end_row(writer);
    writer_empty(writer);
    writer_text(writer, NULL);
    writer_end_row(writer);
}

static void
test_values(void)
{
    g_autofree char *text = lines_of(put_values);

    g_assert_cmpstr(text, ==,
                    "{\"a\":18446744073709551615,\"b\":-1.500}\n"
                    "{\"a\":0.5000,\"b\":\"1970-01-01T00:00:00.000000Z\"}\n"
                    "{\"a\":\"192.0.2.1\",\"b\":\"192.0.2.1:80\"}\n"
                    "{\"a\":null,\"b\":null}\n");
}

static void
put_texts(struct writer *writer)
{
    writer_text(writer, "=1+1");
    writer_text(writer, "DOM\\user \"x\"");
    writer_end_row(writer);
    writer_text(writer, "two\nlines\tof");
    writer_text(writer, "a\xe2\x80\xae\xc3\xa4\xff\x1b");
    writer_end_row(writer);
}

/* Nothing is a formula here, so that text stays as it is; but it stays visible. */
static void
test_texts(void)
{
    g_autofree char *text = lines_of(put_texts);

    g_assert_cmpstr(text, ==,
                    "{\"a\":\"=1+1\",\"b\":\"DOM\\\\user \\\"x\\\"\"}\n"
                    "{\"a\":\"two\\u000alines\\u0009of\",\"b\":\"a<U+202E>\xc3\xa4\xef\xbf\xbd"
                    "<U+001B>\"}\n");
}

static void
put_sessions(struct writer *writer)
{
    struct oa_virtual_connection vc = { .number = 7 };

    for (int i = 0; i < 2; i++) {
        writer_session(writer, session_number_hold(&vc));
        writer_text(writer, "x");
        writer_end_row(writer);
    }
    vc.number = 3;
    session_number_take_event(&(struct oa_event){ .type = OA_EVENT_VC_CLOSED, .vc = &vc });
}

static void
test_sessions(void)
{
    g_autofree char *text = lines_of(put_sessions);

    g_assert_cmpstr(text, ==, "{\"a\":3,\"b\":\"x\"}\n{\"a\":3,\"b\":\"x\"}\n");
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/texts", test_texts);
    g_test_add_func("/json/sessions", test_sessions);
    return g_test_run();
}
