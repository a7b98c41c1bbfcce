/* test_false_gaps.c
 * Pauses of a capture: which of them the hosts did not have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "false_gaps.h"

#include <glib.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

enum side { CLIENT, SERVER };

/* What is captured: the time goes on, and with it the clocks of the hosts; or not. */
struct bench {
    struct false_gaps *gaps;
    uint64_t record;
    int64_t time_ns;     /* of the capture */
    int64_t awake_ns[2]; /* that the clock of a host has gone */
    int64_t tick_ns[2];  /* 0: it has none */
    uint8_t address[2];  /* of the hosts */
    unsigned interface;
    uint16_t port; /* of the client */
};

static struct bench
new_bench(void)
{
    return (struct bench){ .gaps = false_gaps_new(SECOND),
                           .time_ns = 400000 * HOUR,
                           .awake_ns = { 7 * HOUR, 11 * DAY },
                           .tick_ns = { MS, MS },
                           .address = { 9, 1 },
                           .port = 50000 };
}

static GArray *
end_bench(struct bench *bench)
{
    GArray *found = false_gaps_end(bench->gaps);

    false_gaps_free(bench->gaps);
    return found;
}

static void
wait_for(struct bench *bench, int64_t time_ns)
{
    bench->time_ns += time_ns;
    bench->awake_ns[CLIENT] += time_ns;
    bench->awake_ns[SERVER] += time_ns;
}

static void
send_flags(struct bench *bench, enum side side, uint8_t flags)
{
    uint16_t ports[2] = { bench->port, 80 };
    struct oa_endpoint ends[2];
    uint32_t ticks =
        bench->tick_ns[side] ? (uint32_t)(bench->awake_ns[side] / bench->tick_ns[side]) : 0;
    uint8_t header[32] = { [20] = 1,
                           1,
                           8,
                           10,
                           (uint8_t)(ticks >> 24),
                           (uint8_t)(ticks >> 16),
                           (uint8_t)(ticks >> 8),
                           (uint8_t)ticks };

    for (int i = 0; i < 2; i++)
        ends[i] = (struct oa_endpoint){ .address = { [15] = bench->address[i] }, .port = ports[i] };
    struct segment segment = { .source = ends[side],
                               .destination = ends[side ^ 1],
                               .flags = flags,
                               .header = header,
                               .header_length = bench->tick_ns[side] ? sizeof header : 20 };
    false_gaps_take_frame(bench->gaps, ++bench->record, bench->time_ns);
    false_gaps_take_segment(bench->gaps, bench->interface, &segment);
}

static void
send(struct bench *bench, enum side side)
{
    send_flags(bench, side, TCP_ACK);
}

/* Requests and responses for 200 ms. */
static void
talk(struct bench *bench)
{
    for (int i = 0; i < 10; i++) {
        send(bench, CLIENT);
        wait_for(bench, 10 * MS);
        send(bench, SERVER);
        wait_for(bench, 10 * MS);
    }
}

static void
check_step(GArray *found, uint64_t record, int64_t size_ns)
{
    g_assert_cmpuint(found->len, ==, 1);
    const struct false_gap *gap = &g_array_index(found, struct false_gap, 0);

    g_assert_cmpuint(gap->record, ==, record);
    g_assert_cmpint(ABS(gap->size_ns - size_ns), <=, gap->within_ns + 2 * MS);
    g_assert_cmpint(gap->within_ns, <, SECOND);
    g_assert_cmpint(gap->gap_ns, >=, size_ns);
    g_array_unref(found);
}

static void
check_nothing(struct bench *bench)
{
    GArray *found = end_bench(bench);

    g_assert_cmpuint(found->len, ==, 0);
    g_array_unref(found);
}

/* Steps of any size, with clocks of any rate, as soon as the hosts go on. */
static void
test_step(void)
{
    static const int64_t SIZES[] = { 1500 * MS, 2 * SECOND, 60 * SECOND, HOUR, 20000 * DAY };
    static const int64_t TICKS[] = { MS, 4 * MS, 10 * MS };

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(TICKS); k++) {
            struct bench bench = new_bench();
            bench.tick_ns[CLIENT] = TICKS[k];
            talk(&bench);
            bench.time_ns += SIZES[i];
            uint64_t record = bench.record + 1;
            talk(&bench);
            check_step(end_bench(&bench), record, SIZES[i]);
        }
}

/* The step falls into a silence; before, there were others. */
static void
test_step_in_silence(void)
{
    struct bench bench = new_bench();

    for (int i = 0; i < 50; i++) {
        talk(&bench);
        wait_for(&bench, 30 * SECOND);
    }
    bench.time_ns += 10 * SECOND;
    uint64_t record = bench.record + 1;
    for (int i = 0; i < 50; i++) {
        talk(&bench);
        wait_for(&bench, 30 * SECOND);
    }
    check_step(end_bench(&bench), record, 10 * SECOND);
}

/* Silence is no step: for any time, with clocks that drift, or of a rate that no kernel has. */
static void
test_silence(void)
{
    static const int64_t SILENCES[] = { 1001 * MS, 60 * SECOND, 8 * HOUR, 3 * DAY, 60 * DAY };
    static const int64_t TICKS[] = { MS, MS + 300, MS - 300, 4 * MS, 10 * MS, 976562, 3333333 };

    for (size_t i = 0; i < G_N_ELEMENTS(SILENCES); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(TICKS); k++)
            for (int before = 0; before < 40; before += 13) {
                struct bench bench = new_bench();
                bench.tick_ns[CLIENT] = bench.tick_ns[SERVER] = TICKS[k];
                for (int n = 0; n < before; n++) {
                    talk(&bench);
                    wait_for(&bench, 5 * SECOND);
                }
                talk(&bench);
                wait_for(&bench, SILENCES[i]);
                talk(&bench);
                check_nothing(&bench);
            }
}

/* The clock of a host that sleeps may stand still, not that of its peer; with one direction alone,
 * or both ends of one host, that cannot be told. */
static void
test_one_host(void)
{
    for (int kind = 0; kind < 4; kind++) {
        struct bench bench = new_bench();
        bench.address[SERVER] = kind == 1 ? bench.address[CLIENT] : 1;
        bench.tick_ns[SERVER] = kind == 2 ? 0 : MS;
        talk(&bench);
        bench.time_ns += HOUR;
        bench.awake_ns[SERVER] += kind == 0 ? HOUR : 0;
        for (int i = 0; i < 20; i++) {
            send(&bench, CLIENT);
            wait_for(&bench, 10 * MS);
            if (kind != 3)
                send(&bench, SERVER);
        }
        check_nothing(&bench);
    }
}

/* One of many connections shows that the time did pass. */
static void
test_contradiction(void)
{
    struct bench bench = new_bench();

    talk(&bench);
    bench.port++;
    talk(&bench);
    bench.port--;
    bench.time_ns += 10 * SECOND;
    talk(&bench);
    bench.port++;
    bench.awake_ns[CLIENT] += 10 * SECOND;
    talk(&bench);
    check_nothing(&bench);
}

/* Frames that waited where they are captured have late times: soon the clocks agree again. */
static void
test_late_frames(void)
{
    struct bench bench = new_bench();

    for (int i = 0; i < 5; i++) {
        talk(&bench);
        wait_for(&bench, 3 * SECOND);
    }
    talk(&bench);
    bench.time_ns += 5 * SECOND;
    for (int i = 0; i < 250; i++) {
        send(&bench, CLIENT);
        send(&bench, SERVER);
        bench.awake_ns[CLIENT] += 20 * MS;
        bench.awake_ns[SERVER] += 20 * MS;
    }
    talk(&bench);
    check_nothing(&bench);
}

/* What is no clock: it stands still, counts packets, is another connection's. */
static void
test_no_clock(void)
{
    for (int kind = 0; kind < 3; kind++) {
        struct bench bench = new_bench();
        for (int burst = 0; burst < 20; burst++) {
            for (int i = 0; i < 30; i++) {
                bench.time_ns += kind == 2 ? 0 : i % 7 * MS;
                bench.awake_ns[CLIENT] += kind == 0 ? 0 : MS;
                bench.awake_ns[SERVER] += kind == 0 ? 0 : MS;
                send(&bench, i % 2 ? CLIENT : SERVER);
            }
            bench.time_ns += 100 * SECOND;
        }
        check_nothing(&bench);
    }
    struct bench bench = new_bench();
    talk(&bench);
    bench.time_ns += HOUR;
    send_flags(&bench, CLIENT, TCP_SYN);
    talk(&bench);
    check_nothing(&bench);
}

/* In which of two pauses the time did not pass cannot be told. */
static void
test_two_gaps(void)
{
    struct bench bench = new_bench();

    talk(&bench);
    wait_for(&bench, 10 * SECOND);
    false_gaps_take_frame(bench.gaps, ++bench.record, bench.time_ns);
    bench.time_ns += 10 * SECOND;
    talk(&bench);
    check_nothing(&bench);
}

/* A frame of the time between may come late: the pause that it leaves has to be long enough. */
static void
test_late_frame(void)
{
    struct bench bench = new_bench();

    talk(&bench);
    bench.time_ns += 1500 * MS;
    talk(&bench);
    false_gaps_take_frame(bench.gaps, ++bench.record, bench.time_ns - 1000 * MS);
    check_nothing(&bench);

    bench = new_bench();
    talk(&bench);
    bench.time_ns += 10 * SECOND;
    uint64_t record = bench.record + 1;
    talk(&bench);
    false_gaps_take_frame(bench.gaps, ++bench.record, bench.time_ns - 1000 * MS);
    GArray *found = end_bench(&bench);
    g_assert_cmpuint(found->len, ==, 1);
    g_assert_cmpuint(g_array_index(found, struct false_gap, 0).record, ==, record);
    g_assert_cmpint(g_array_index(found, struct false_gap, 0).gap_ns, ==,
                    10 * SECOND + 10 * MS + 200 * MS - 1000 * MS);
    g_array_unref(found);
}

/* The clock may be put back before it goes forward. */
static void
test_back_and_forward(void)
{
    struct bench bench = new_bench();

    talk(&bench);
    bench.time_ns -= HOUR;
    talk(&bench);
    bench.time_ns += HOUR;
    uint64_t record = bench.record + 1;
    talk(&bench);
    check_step(end_bench(&bench), record, HOUR);
}

/* Of more gaps and connections than are kept, the newest are known. */
static void
test_many(void)
{
    struct bench bench = new_bench();

    for (unsigned i = 0; i < 20000; i++) {
        bench.port = (uint16_t)(i % 10000 + 1);
        wait_for(&bench, 2 * SECOND);
        send(&bench, i % 2 ? CLIENT : SERVER);
    }
    talk(&bench);
    bench.time_ns += HOUR;
    uint64_t record = bench.record + 1;
    talk(&bench);
    check_step(end_bench(&bench), record, HOUR);
}

/* Times as far apart as can be. */
static void
test_hostile(void)
{
    struct bench bench = new_bench();

    bench.time_ns = INT64_MIN + DAY;
    talk(&bench);
    bench.time_ns = INT64_MAX - DAY;
    uint64_t record = bench.record + 1;
    talk(&bench);
    GArray *found = end_bench(&bench);
    g_assert_cmpuint(found->len, ==, 1);
    g_assert_cmpuint(g_array_index(found, struct false_gap, 0).record, ==, record);
    g_assert_cmpint(g_array_index(found, struct false_gap, 0).size_ns, ==, INT64_MAX);
    g_array_unref(found);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/false-gaps/step", test_step);
    g_test_add_func("/false-gaps/step-in-silence", test_step_in_silence);
    g_test_add_func("/false-gaps/silence", test_silence);
    g_test_add_func("/false-gaps/one-host", test_one_host);
    g_test_add_func("/false-gaps/contradiction", test_contradiction);
    g_test_add_func("/false-gaps/late-frames", test_late_frames);
    g_test_add_func("/false-gaps/no-clock", test_no_clock);
    g_test_add_func("/false-gaps/two-gaps", test_two_gaps);
    g_test_add_func("/false-gaps/late-frame", test_late_frame);
    g_test_add_func("/false-gaps/back-and-forward", test_back_and_forward);
    g_test_add_func("/false-gaps/many", test_many);
    g_test_add_func("/false-gaps/hostile", test_hostile);
    return g_test_run();
}
