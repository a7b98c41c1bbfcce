/* test_comparison.c
 * Two folders of reports: which intervals count, and what follows from them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "comparison.h"

#define HOUR_NS INT64_C(3600000000000)
#define HEAD                                                                                       \
    "start,interval_s,covered_s,role,server_address,server_name,quality,calls,timed_calls,"        \
    "latency_mean_ms,latency_max_ms,users_open,connections_open,connections_max,faults,"           \
    "lost_bytes,payload_bytes_in,payload_bytes_out\n"
#define BINS "start,role,server_address,measure,bin_low_ms,bin_high_ms,calls\n"

static const int64_t UTC[2];

struct folders {
    char *path[2];
};

static void
set_up(struct folders *folders, const void *data)
{
    (void)data;
    for (int i = 0; i < 2; i++)
        folders->path[i] = g_dir_make_tmp(NULL, NULL);
}

static void
write_report(const struct folders *folders, int folder, const char *name, const char *head,
             const char *rows)
{
    g_autofree char *path = g_build_filename(folders->path[folder], name, NULL);
    g_autofree char *text = g_strconcat(head, rows, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
tear_down(struct folders *folders, const void *data)
{
    (void)data;
    for (int i = 0; i < 2; i++) {
        static const char *const NAMES[] = { "counters.csv", "histograms.csv" };
        for (size_t k = 0; k < G_N_ELEMENTS(NAMES); k++) {
            g_autofree char *path = g_build_filename(folders->path[i], NAMES[k], NULL);
            g_unlink(path);
        }
        g_rmdir(folders->path[i]);
        g_free(folders->path[i]);
    }
}

struct wanted {
    const char *server, *measure;
    double value[2];
    unsigned times;
};

static void
look(void *context, const struct comparison_value *value)
{
    struct wanted *wanted = context;

    if (strcmp(value->server, wanted->server) != 0 || strcmp(value->measure, wanted->measure) != 0)
        return;
    memcpy(wanted->value, value->value, sizeof wanted->value);
    wanted->times++;
}

static void
expect(const struct comparison *comparison, const char *server, const char *measure, double first,
       double second)
{
    struct wanted wanted = { .server = server, .measure = measure };
    const double expected[] = { first, second };

    comparison_each(comparison, look, &wanted);
    g_assert_cmpuint(wanted.times, ==, 1);
    for (int i = 0; i < 2; i++) {
        if (isnan(expected[i]))
            g_assert_true(isnan(wanted.value[i]));
        else
            g_assert_cmpfloat_with_epsilon(wanted.value[i], expected[i], 1e-9);
    }
}

static struct comparison *
read_both(const struct folders *folders, const int64_t offset_ns[2])
{
    char *message = NULL;
    const char *const paths[] = { folders->path[0], folders->path[1] };
    struct comparison *comparison = comparison_read(paths, offset_ns, &message);

    g_assert_cmpstr(message, ==, NULL);
    return comparison;
}

static void
expect_error(const struct folders *folders, const int64_t offset_ns[2], const char *words)
{
    char *message = NULL;
    const char *const paths[] = { folders->path[0], folders->path[1] };

    g_assert_null(comparison_read(paths, offset_ns, &message));
    g_assert_nonnull(strstr(message, words));
    g_assert_null(strchr(message, '\n'));
    g_free(message);
}

/* Monday 10:00 and 10:01 in the first; the week after, 10:01 and 10:02 in the second: 10:01 counts.
 */
static void
test_common_time(struct folders *folders, const void *data)
{
    (void)data;
    write_report(folders, 0, "counters.csv", HEAD,
                 "2026-11-23T10:00:00.000000Z,60.0000,60.0000,proxy,192.0.2.1,px,ok,600,600,1.000,"
                 "9.000,7,5.0000,9,60,0,100,100\n"
                 "2026-11-23T10:01:00.000000Z,60.0000,30.0000,proxy,192.0.2.1,px,partial,60,50,"
                 "4.000,8.000,3,2.0000,4,6,100,150,150\n");
    write_report(folders, 1, "counters.csv", HEAD,
                 "2026-11-30T10:01:00.000000Z,60.0000,60.0000,proxy,192.0.2.1,px,ok,240,200,2.000,"
                 "16.000,6,3.0000,4,6,0,0,0\n"
                 "2026-11-30T10:02:00.000000Z,60.0000,60.0000,proxy,192.0.2.1,px,ok,9999,9999,"
                 "9.000,99.000,99,99.0000,99,99,99,99,99\n");
    struct comparison *comparison = read_both(folders, UTC);
    expect(comparison, "192.0.2.1", "covered_s", 30, 60);
    expect(comparison, "192.0.2.1", "quality_ok_share", 0, 1);
    expect(comparison, "192.0.2.1", "calls_per_s", 2, 4);
    expect(comparison, "192.0.2.1", "latency_mean_ms", 4, 2);
    expect(comparison, "192.0.2.1", "latency_max_ms", 8, 16);
    expect(comparison, "192.0.2.1", "users_open", 3, 6);
    expect(comparison, "192.0.2.1", "connections_max", 4, 4);
    expect(comparison, "192.0.2.1", "faults_share", 0.1, 0.025);
    expect(comparison, "192.0.2.1", "lost_share", 0.25, NAN);
    expect(comparison, "192.0.2.1", "latency_p95_ms", NAN, NAN);
    expect(comparison, "192.0.2.1", "rops_per_s", NAN, NAN);
    expect(comparison, "all", "users_open_max", 3, 6); /* one server is all */
    comparison_free(comparison);
}

/* Covered time is the weight of means, calls that of latency; the same minute of two weeks adds. */
static void
test_weights(struct folders *folders, const void *data)
{
    (void)data;
    write_report(
        folders, 0, "counters.csv", HEAD,
        "2026-11-16 10:00:00.000,60.0000,60.0000,proxy,192.0.2.1,px,ok,60,10,1.000,2.000,1,"
        "1.0000,1,0,0,0,0\n"
        "2026-11-23 10:00:00.000,60.0000,30.0000,proxy,192.0.2.1,px,partial,120,30,5.000,"
        "6.000,4,4.0000,4,0,0,0,0\n"
        "2026-11-16 10:00:00.000,60.0000,60.0000,store,192.0.2.2,'=x,ok,30,0,,,2,1.0000,"
        "2,0,0,0,0\n");
    write_report(
        folders, 1, "counters.csv", HEAD,
        "2026-11-30T10:00:00.000000Z,60.0000,60.0000,proxy,192.0.2.3,px,ok,30,0,,,,,,0,0,0,"
        "0\n");
    struct comparison *comparison = read_both(folders, UTC);
    expect(comparison, "192.0.2.1", "connections_open", 2, NAN);
    expect(comparison, "192.0.2.1", "latency_mean_ms", 4, NAN);
    expect(comparison, "192.0.2.1", "calls_per_s", 2, NAN);
    expect(comparison, "192.0.2.2", "latency_mean_ms", NAN, NAN);
    expect(comparison, "192.0.2.3", "calls_per_s", NAN, 0.5);
    expect(comparison, "192.0.2.3", "users_open", NAN, NAN);
    /* Servers may have moved: all together are compared. */
    expect(comparison, "all", "calls_per_s", 210.0 / 90, 0.5);
    expect(comparison, "all", "covered_s", 90, 60);
    expect(comparison, "all", "latency_max_ms", 6, NAN);
    expect(comparison, "all", "users_open", NAN, NAN);
    expect(comparison, "all", "connections_max", NAN, NAN);
    comparison_free(comparison);
}

static void
test_percentiles(struct folders *folders, const void *data)
{
    static const char *const STARTS[] = { "2026-11-23T10:00:00.000000Z",
                                          "2026-11-30T10:00:00.000000Z" };

    (void)data;
    for (int i = 0; i < 2; i++) {
        g_autofree char *counters = g_strdup_printf("%s,60.0000,60.0000,proxy,192.0.2.1,px,ok,100,"
                                                    "100,1.000,1.000,1,1.0000,1,0,0,0,0\n",
                                                    STARTS[i]);
        g_autofree char *bins =
            g_strdup_printf("%s,proxy,192.0.2.1,latency,0.996,1.004,%d\n"
                            "%s,proxy,192.0.2.1,latency,99.600,100.400,%d\n"
                            "%s,proxy,192.0.2.1,store_latency,9.960,10.040,1\n"
                            "2026-11-24T10:00:00.000000Z,proxy,192.0.2.1,"
                            "latency,999.000,1001.000,1000\n",
                            STARTS[i], i ? 40 : 60, STARTS[i], i ? 60 : 40, STARTS[i]);
        write_report(folders, i, "counters.csv", HEAD, counters);
        write_report(folders, i, "histograms.csv", BINS, bins);
    }
    struct comparison *comparison = read_both(folders, UTC);
    struct wanted p50 = { .server = "192.0.2.1", .measure = "latency_p50_ms" };
    comparison_each(comparison, look, &p50);
    g_assert_cmpfloat_with_epsilon(p50.value[0], 1, 0.01);
    g_assert_cmpfloat_with_epsilon(p50.value[1], 100, 1);
    struct wanted store = { .server = "all", .measure = "store_latency_p95_ms" };
    comparison_each(comparison, look, &store);
    g_assert_cmpfloat_with_epsilon(store.value[0], 10, 0.1);
    comparison_free(comparison);
}

#define ROW(start, interval)                                                                       \
    start "," interval "," interval ",proxy,192.0.2.1,px,ok,1,1,1.0,1.0,1,1.0,1,0,0,0,0\n"

/* Nine o'clock in summer and in winter. */
static void
test_offsets(struct folders *folders, const void *data)
{
    static const int64_t SUMMER_WINTER[] = { 2 * HOUR_NS, HOUR_NS };

    (void)data;
    write_report(folders, 0, "counters.csv", HEAD, ROW("2026-10-19T07:00:00.000000Z", "3600"));
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-10-26T08:00:00.000000Z", "3600"));
    expect_error(folders, UTC, "no covered time of the week in common");
    struct comparison *comparison = read_both(folders, SUMMER_WINTER);
    expect(comparison, "all", "covered_s", 3600, 3600);
    comparison_free(comparison);
    write_report(folders, 0, "counters.csv", HEAD, ROW("2026-10-19T06:00:00.000000Z", "7200"));
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-10-26T06:00:00.000000Z", "7200"));
    expect_error(folders, SUMMER_WINTER, "do not fit UTC offsets that differ by 3600 s");
    /* Sunday and Monday, before the epoch too. */
    write_report(folders, 0, "counters.csv", HEAD, ROW("1969-12-29T00:00:00.000000Z", "86400"));
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-23T00:00:00.000000Z", "86400"));
    comparison_free(read_both(folders, UTC));
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-22T00:00:00.000000Z", "86400"));
    expect_error(folders, UTC, "in common");
}

static void
test_errors(struct folders *folders, const void *data)
{
    (void)data;
    expect_error(folders, UTC, "has no counters.csv");
    write_report(folders, 0, "counters.csv", HEAD, ROW("2026-11-23T10:00:00.000000Z", "60"));
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-30T10:00:00.000000Z", "300"));
    expect_error(folders, UTC, "intervals of 300 s cannot be compared with those of 60 s");
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-30T10:00:00.000000Z", "7777"));
    expect_error(folders, UTC, "do not divide a week");
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-30T10:00:00.000000Z", "0"));
    expect_error(folders, UTC, "do not divide a week");
    write_report(folders, 1, "counters.csv", HEAD, ROW("Monday", "60"));
    expect_error(folders, UTC, "'Monday' is no time");
    write_report(folders, 1, "counters.csv", "start,calls\n", "");
    expect_error(folders, UTC, "no column interval_s");
    write_report(folders, 1, "counters.csv", HEAD, "");
    expect_error(folders, UTC, "in common");
    write_report(folders, 1, "counters.csv", HEAD, ROW("2026-11-30T10:00:00.000000Z", "60"));
    write_report(folders, 0, "histograms.csv", "start\n", "");
    comparison_free(read_both(folders, UTC)); /* only one has it */
    write_report(folders, 1, "histograms.csv", BINS, "");
    expect_error(folders, UTC, "histograms.csv has no column");
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name)                                                                                  \
    g_test_add("/comparison/" #name, struct folders, NULL, set_up, test_##name, tear_down)
    ADD(common_time);
    ADD(weights);
    ADD(percentiles);
    ADD(offsets);
    ADD(errors);
    return g_test_run();
}
