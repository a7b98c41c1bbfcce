/* test_column.c
 * Types of columns: what they print and how they merge; and the column tables of all reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "csv_writer.h"
#include "reports.h"

enum colour { RED, GREEN };

static const char *
colour_name(enum colour colour)
{
    return colour == RED ? "red" : "green";
}

struct object {
    const char *text;
    char chars[8];
    enum colour colour;
    bool yes;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    uint8_t u8;
    int64_t ns;
    uint8_t address[16];
};

struct row {
    const struct object *object;
    char *text;
    char chars[8];
    uint64_t number, count, bytes;
    int64_t ns, first, last;
    double ratio;
    struct histogram *latency;
    const uint8_t *address;
    const struct oa_cookie *cookie;
    const struct oa_endpoint *endpoint;
    const struct oa_auth *auth;
};

static void
put_square(struct writer *writer, const void *value)
{
    const struct row *row = value;

    writer_number(writer, row->number * row->number);
}

/* clang-format off */
static const struct column TABLE[] = {
    { "a", TEXT(text), "" },
    { "b", TEXT(chars), "" },
    { "c", TEXT_OF(object, text), "" },
    { "d", TEXT_OF(object, chars), "" },
    { "e", NAME_OF(object, colour, colour_name), "" },
    { "f", YES_NO_OF(object, yes), "" },
    { "g", NUMBER(number), "" },
    { "h", NUMBER_OF(object, u64), "" },
    { "i", COUNT_OF(object, u32), "" },
    { "j", BYTES_OF(object, u16), "" },
    { "k", NUMBER_OF(object, u8), "" },
    { "l", WHOLE_MS(number), "" },
    { "m", COUNT(count), "" },
    { "n", BYTES(bytes), "" },
    { "o", TIME(ns), "" },
    { "p", TIME_OF(object, ns), "" },
    { "q", MS(ns), "" },
    { "r", MS_OF(object, ns), "" },
    { "s", FIRST_TIME(first), "" },
    { "t", LAST_TIME(last), "" },
    { "u", TIME_TEXT(chars), "" },
    { "v", RATIO(ratio), "" },
    { "w", LEAST_MS(latency), "" },
    { "x", MEAN_MS(latency), "" },
    { "y", P50_MS(latency), "" },
    { "z", GREATEST_MS(latency), "" },
    { "aa", ADDRESS(address), "" },
    { "ab", ADDRESS_OF(object, address), "" },
    { "ac", UUID(cookie), "" },
    { "ad", ENDPOINT(endpoint), "" },
    { "ae", USER(auth), "" },
    { "af", COMPUTED("number", put_square), "" },
    { "ag", COMPUTED_NAMED_OF(WORD, cell_chars, chars), "" },
#ifdef ONE_MORE /* what the build compiles by itself, to see whether it does */
    { "ah", ONE_MORE, "" },
#endif
};
/* clang-format on */

/* The line that a row makes. */
static char *
line_of(const struct row *row)
{
    char *folder = g_dir_make_tmp(NULL, NULL), *path = g_build_filename(folder, "t.csv", NULL);
    char *message = NULL, *line = NULL;
    struct writer *writer = csv_writer_open(folder, "t", (struct writer_columns){ 0 },
                                            (struct output_style){ 0 }, &message);

    columns_print(TABLE, G_N_ELEMENTS(TABLE), writer, row);
    writer_end_row(writer);
    g_assert_true(writer_flush(writer, &message));
    g_assert_true(writer_publish(writer, &message));
    writer_close(writer);
    g_assert_true(g_file_get_contents(path, &line, NULL, NULL));
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return line;
}

static void
test_types(void)
{
    struct object object = { "b,b", "cc", GREEN, true, 1, 2, 3, 4, 1500000, { [15] = 1 } };
    struct oa_endpoint endpoint = { { [10] = 0xff, 0xff, 192, 0, 2, 1 }, 443 };
    struct oa_cookie cookie = { { 0 } };
    struct oa_auth auth = { .user = "u", .domain = "D" };
    struct row row = { .object = &object,
                       .text = "a",
                       .chars = "aa",
                       .number = 5,
                       .count = 6,
                       .bytes = 7,
                       .ns = 1000000,
                       .first = 0,
                       .last = 1000000000,
                       .ratio = 0.5,
                       .latency = histogram_new(),
                       .address = endpoint.address,
                       .cookie = &cookie,
                       .endpoint = &endpoint,
                       .auth = &auth };

    histogram_add(row.latency, 1000);
    histogram_add(row.latency, 2000);
    char *line = line_of(&row);
    g_assert_cmpstr(line, ==,
                    "a,aa,\"b,b\",cc,green,yes,5,1,2,3,4,5,6,7,1970-01-01T00:00:00.001000Z,"
                    "1970-01-01T00:00:00.001500Z,1.000,1.500,1970-01-01T00:00:00.000000Z,"
                    "1970-01-01T00:00:01.000000Z,aa,0.5000,0.001,0.002,0.001,0.002,192.0.2.1,::1,"
                    "00000000-0000-0000-0000-000000000000,192.0.2.1:443,D\\u,25,aa\n");
    g_free(line);
    histogram_free(row.latency);
}

/* What is not known makes empty cells. */
static void
test_nothing(void)
{
    struct row row = { .number = NO_NUMBER,
                       .count = NO_NUMBER,
                       .bytes = NO_NUMBER,
                       .ns = NO_TIME,
                       .first = NO_TIME,
                       .last = NO_TIME,
                       .ratio = NO_RATIO,
                       .latency = histogram_new() };
    char *line = line_of(&row);

    /* Only the square is of a number, whatever that is. */
    char *expected = g_strnfill(G_N_ELEMENTS(TABLE) - 2, ',');
    char *whole = g_strconcat(expected, "1,\n", NULL);
    g_assert_cmpstr(line, ==, whole);
    g_free(whole);
    g_free(expected);
    g_free(line);
    histogram_free(row.latency);
}

static void
test_merge(void)
{
    struct row into = { .count = 1, .bytes = 2, .number = 3, .first = 10, .last = 20 };
    struct row from = { .count = 10, .bytes = 20, .number = 30, .first = 5, .last = 15 };

    into.latency = histogram_new();
    histogram_add(into.latency, 1);
    columns_merge(TABLE, G_N_ELEMENTS(TABLE), &into, &from); /* without a histogram */
    from.latency = histogram_new();
    histogram_add(from.latency, 2);
    columns_merge(TABLE, G_N_ELEMENTS(TABLE), &into, &from);
    g_assert_cmpuint(into.count, ==, 21);
    g_assert_cmpuint(into.bytes, ==, 42);
    g_assert_cmpuint(into.number, ==, 3);
    g_assert_cmpint(into.first, ==, 5);
    g_assert_cmpint(into.last, ==, 20);
    g_assert_cmpuint(histogram_count(into.latency), ==, 2); /* not once for each column */
    histogram_free(into.latency);
    histogram_free(from.latency);
}

/* No duration is negative: if the clock was set back, it is unknown. */
static void
test_time_between(void)
{
    g_assert_cmpint(time_between(5, 5), ==, 0);
    g_assert_cmpint(time_between(-5, 5), ==, 10);
    g_assert_cmpint(time_between(5, 4), ==, NO_TIME);
}

/* A unit that the end of a name speaks of is the unit of the column, and the other way round. */
static void
expect_unit(const struct report *report, const struct column *column)
{
    static const struct {
        const char *ending, *unit;
        bool always; /* no other column has that unit */
    } RULES[] = {
        { "_ms", "ms", true },          { "bytes", "bytes", false },
        { "bytes_in", "bytes", false }, { "bytes_out", "bytes", false },
        { "_share", "ratio", false },   { "_address", "address", false },
        { "cookie", "uuid", false },    { "first_seen", "time", false },
        { "last_seen", "time", false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++) {
        bool has_ending = g_str_has_suffix(column->name, RULES[i].ending);
        bool has_unit = strcmp(column->cell.unit, RULES[i].unit) == 0;

        if ((has_ending && !has_unit) || (RULES[i].always && has_unit && !has_ending))
            g_error("%s.%s has the unit %s", report->name, column->name, column->cell.unit);
    }
    if (strcmp(column->cell.unit, "bytes") == 0 && !strstr(column->name, "bytes"))
        g_error("%s.%s does not say that it is bytes", report->name, column->name);
}

static bool
is_snake_case(const char *name)
{
    return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void
test_tables(void)
{
    static const char *const UNITS[] = { "number", "count",   "bytes",   "ms",      "s",
                                         "1/s",    "h",       "time",    "text",    "ratio",
                                         "uuid",   "address", "mean",    "bytes/h", "bytes/d",
                                         "1/d",    "value",   "percent", NULL };

    for (size_t r = 0; REPORTS[r]; r++) {
        GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < REPORTS[r]->n_columns; i++) {
            const struct column *column = &REPORTS[r]->columns[i];
            g_assert_true(is_snake_case(column->name));
            g_assert_true(g_hash_table_add(names, (void *)column->name));
            g_assert_true(g_strv_contains(UNITS, column->cell.unit));
            g_assert_true(!column->cell.print != !column->cell.name);
            g_assert_true(column->definition[0]);
            g_assert_false(g_str_has_suffix(column->definition, "."));
            expect_unit(REPORTS[r], column);
        }
        g_hash_table_unref(names);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/column/types", test_types);
    g_test_add_func("/column/nothing", test_nothing);
    g_test_add_func("/column/merge", test_merge);
    g_test_add_func("/column/time-between", test_time_between);
    g_test_add_func("/column/tables", test_tables);
    return g_test_run();
}
