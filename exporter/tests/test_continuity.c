/* test_continuity.c
 * Files cut from one capture: which follows which, and how the clock was set between them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "continuity.h"

#include <glib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define FILES 5
#define ACK TCP_ACK
#define PSH 0x08
#define RIGHT_BEHIND 1000

enum side { CLIENT, SERVER };

struct bench {
    struct continuity *continuity;
    uint16_t port;         /* of the client */
    uint32_t next[2];      /* sequence numbers of the connection */
    uint32_t ticks;        /* of the timestamps option; 0: none */
    int64_t behind[FILES]; /* by how much the clock of a file is behind */
};

static struct bench
new_bench(void)
{
    struct bench bench = { .continuity = continuity_new(FILES),
                           .port = 50000,
                           .next = { UINT32_MAX - 100, 5000 } };

    continuity_begin(bench.continuity);
    return bench;
}

static void
end_bench(struct bench *bench)
{
    continuity_free(bench->continuity);
}

static void
send(struct bench *bench, size_t file, enum side side, uint8_t flags, uint32_t length,
     int64_t time_ns)
{
    struct oa_endpoint ends[2] = { { .address = { [15] = 9 }, .port = bench->port },
                                   { .address = { [15] = 1 }, .port = 80 } };
    uint8_t header[32] = {
        [20] = 1, 1, 8, 10, 0, 0, (uint8_t)(bench->ticks >> 8), (uint8_t)bench->ticks
    };
    struct segment segment = { .source = ends[side],
                               .destination = ends[side ^ 1],
                               .sequence = bench->next[side],
                               .acknowledgment = bench->next[side ^ 1],
                               .flags = flags,
                               .payload_length = length,
                               .header = header,
                               .header_length = bench->ticks ? sizeof header : 20 };

    bench->next[side] += length + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
    continuity_take_frame(bench->continuity, file, time_ns - bench->behind[file]);
    continuity_take_segment(bench->continuity, file, &segment, time_ns - bench->behind[file]);
}

/* A request and its response, from that time on: all of it is acknowledged after 30 ms. */
static void
exchange(struct bench *bench, size_t file, int64_t time_ns)
{
    send(bench, file, CLIENT, ACK | PSH, 100, time_ns);
    send(bench, file, SERVER, ACK, 0, time_ns + 10 * MS);
    send(bench, file, SERVER, ACK | PSH, 200, time_ns + 20 * MS);
    send(bench, file, CLIENT, ACK, 0, time_ns + 30 * MS);
}

static int64_t
correction(const struct bench *bench, size_t file)
{
    return continuity_step(bench->continuity, file)->correction_ns;
}

/* The second file's clock was put back; the files in either order. */
static void
test_back(void)
{
    static const int64_t BEHIND[] = { SECOND, 300 * MS, HOUR, 365 * 24 * HOUR };

    for (size_t i = 0; i < G_N_ELEMENTS(BEHIND); i++)
        for (size_t second = 0; second <= 1; second++) {
            struct bench bench = new_bench();
            bench.behind[second] = BEHIND[i];
            exchange(&bench, 1 - second, 10 * HOUR);
            exchange(&bench, second, 10 * HOUR + 40 * MS);
            g_assert_true(continuity_settle(bench.continuity));
            const struct continuity_step *step = continuity_step(bench.continuity, second);
            g_assert_true(step->is_step);
            g_assert_cmpuint(step->after, ==, 1 - second);
            g_assert_cmpint(step->size_ns, ==, 10 * MS - BEHIND[i]);
            g_assert_cmpint(step->correction_ns, ==, BEHIND[i] - 10 * MS + RIGHT_BEHIND);
            g_assert_false(continuity_step(bench.continuity, 1 - second)->is_step);
            g_assert_true(continuity_is_one_capture(bench.continuity, 0, 1));
            g_assert_false(continuity_is_one_capture(bench.continuity, 0, 2));
            end_bench(&bench);
        }
}

/* In order; out of order as frames of several queues are; another connection with the same ports.
 */
static void
test_no_step(void)
{
    static const int64_t BEHIND[] = { 0, 60 * MS, -SECOND };

    for (size_t i = 0; i < G_N_ELEMENTS(BEHIND); i++) {
        struct bench bench = new_bench();
        bench.behind[1] = BEHIND[i];
        exchange(&bench, 0, HOUR);
        exchange(&bench, 1, HOUR + 40 * MS);
        g_assert_false(continuity_settle(bench.continuity));
        g_assert_true(continuity_is_one_capture(bench.continuity, 0, 1));
        end_bench(&bench);
    }
    struct bench bench = new_bench();
    bench.behind[1] = SECOND;
    exchange(&bench, 0, HOUR);
    send(&bench, 1, CLIENT, TCP_SYN, 0, HOUR + 40 * MS);
    exchange(&bench, 1, HOUR + 50 * MS);
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);
}

/* Traffic that was recorded, and sent again an hour later, each time captured in two files. */
static void
test_replayed(void)
{
    struct bench bench = new_bench(), before = bench;

    for (size_t file = 0; file < 4; file++) {
        if (file == 2)
            memcpy(bench.next, before.next, sizeof bench.next);
        exchange(&bench, file, 10 * HOUR + (int64_t)(file / 2) * HOUR + (int64_t)file * SECOND);
    }
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);
}

/* The same packets in two files; and one direction in each. */
static void
test_parallel(void)
{
    struct bench bench = new_bench();

    bench.behind[1] = 20 * SECOND;
    for (int64_t i = 0; i < 10; i++) {
        struct bench before = bench;
        exchange(&bench, 0, HOUR + i * SECOND);
        memcpy(bench.next, before.next, sizeof bench.next);
        exchange(&bench, 1, HOUR + i * SECOND + MS);
    }
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);

    bench = new_bench();
    bench.behind[1] = 20 * SECOND;
    for (int64_t i = 0; i < 10; i++) {
        send(&bench, 0, CLIENT, ACK | PSH, 100, HOUR + i * SECOND);
        send(&bench, 1, SERVER, ACK | PSH, 100, HOUR + i * SECOND + MS);
    }
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);
}

enum evidence { NOTHING, IN_FLIGHT, BURST, TICKS, ANSWER, CALL, EVIDENCE };

/* The second file's clock was put forward, of which there is that sign; `ahead_ns` may also have
 * passed. */
static void
pass_forward(struct bench *bench, enum evidence evidence, int64_t ahead_ns)
{
    int64_t at_ns = 10 * HOUR;

    bench->behind[1] = -ahead_ns;
    bench->ticks = evidence == TICKS ? 1000 : 0;
    exchange(bench, 0, at_ns);
    if (evidence == IN_FLIGHT) {
        send(bench, 0, CLIENT, ACK | PSH, 100, at_ns + 40 * MS);
        send(bench, 1, SERVER, ACK, 0, at_ns + 50 * MS);
    } else if (evidence == BURST) {
        send(bench, 0, CLIENT, ACK, 1460, at_ns + 40 * MS);
        send(bench, 0, SERVER, ACK, 0, at_ns + 45 * MS);
        send(bench, 1, CLIENT, ACK, 1460, at_ns + 50 * MS);
    } else if (evidence == ANSWER) {
        send(bench, 0, CLIENT, ACK | PSH, 100, at_ns + 40 * MS);
        send(bench, 0, SERVER, ACK, 0, at_ns + 45 * MS);
        send(bench, 1, SERVER, ACK | PSH, 100, at_ns + 50 * MS);
    } else if (evidence == CALL) {
        continuity_take_call(bench->continuity, at_ns, at_ns + 60 * MS + ahead_ns);
    }
    bench->ticks += bench->ticks ? 5 : 0;
    exchange(bench, 1, at_ns + 60 * MS);
}

static void
test_forward(void)
{
    static const int64_t LEAST[EVIDENCE] = { INT64_MAX,   10 * SECOND,  10 * SECOND,
                                             10 * SECOND, 600 * SECOND, 600 * SECOND };
    static const int64_t AHEAD[] = { 9 * SECOND, 11 * SECOND, 590 * SECOND, 610 * SECOND, HOUR };

    for (int evidence = NOTHING; evidence < EVIDENCE; evidence++)
        for (size_t i = 0; i < G_N_ELEMENTS(AHEAD); i++) {
            struct bench bench = new_bench();
            pass_forward(&bench, (enum evidence)evidence, AHEAD[i]);
            bool is_step = AHEAD[i] >= LEAST[evidence];
            g_assert_cmpint(continuity_settle(bench.continuity), ==, is_step);
            g_assert_cmpint(continuity_step(bench.continuity, 1)->is_step, ==, is_step);
            g_assert_cmpint(correction(&bench, 1), ==, 0);
            end_bench(&bench);
        }
}

/* Senders whose clocks have gone on, and bytes that are missing: time did pass. */
static void
test_time_passed(void)
{
    struct bench bench = new_bench();

    bench.ticks = 1000;
    exchange(&bench, 0, HOUR);
    bench.ticks = 1000 + 3601;
    exchange(&bench, 1, 2 * HOUR);
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);

    bench = new_bench();
    pass_forward(&bench, ANSWER, HOUR);
    for (bench.port++; bench.port < 50010; bench.port++) {
        exchange(&bench, 0, 10 * HOUR);
        bench.next[SERVER] += 1000;
        exchange(&bench, 1, 10 * HOUR + 60 * MS);
    }
    g_assert_false(continuity_settle(bench.continuity));
    end_bench(&bench);
}

/* Another file shows what happened meanwhile. */
static void
test_covered(void)
{
    struct bench bench = new_bench();

    pass_forward(&bench, IN_FLIGHT, HOUR);
    continuity_take_frame(bench.continuity, 2, 10 * HOUR - SECOND);
    continuity_take_frame(bench.continuity, 2, 10 * HOUR + 10 * SECOND);
    g_assert_true(continuity_settle(bench.continuity));
    g_assert_cmpint(correction(&bench, 1), ==, -HOUR - 10 * MS + RIGHT_BEHIND);
    end_bench(&bench);
}

/* Files behind one whose clock was put back: with a connection that goes on, and without; and one
 * where the clock is right again. */
static void
test_chain(void)
{
    struct bench bench = new_bench();

    bench.behind[1] = bench.behind[2] = bench.behind[3] = HOUR;
    exchange(&bench, 0, 10 * HOUR);
    exchange(&bench, 1, 10 * HOUR + 40 * MS);
    exchange(&bench, 2, 10 * HOUR + 80 * MS);
    bench.port++;
    exchange(&bench, 3, 10 * HOUR + 120 * MS);
    exchange(&bench, 4, 10 * HOUR + 160 * MS);
    g_assert_true(continuity_settle(bench.continuity));
    for (size_t i = 1; i <= 3; i++)
        g_assert_cmpint(correction(&bench, i), ==, HOUR - 10 * MS + RIGHT_BEHIND);
    g_assert_true(continuity_step(bench.continuity, 1)->is_step);
    g_assert_false(continuity_step(bench.continuity, 2)->is_step);
    g_assert_false(continuity_step(bench.continuity, 3)->is_step);
    g_assert_true(continuity_step(bench.continuity, 4)->is_step);
    g_assert_cmpint(correction(&bench, 4), ==, 0);
    end_bench(&bench);
}

/* Files that follow each other in a circle, and times at both ends of their range: made to confuse,
 * and not settled. */
static void
test_hostile(void)
{
    struct bench bench = new_bench();

    for (size_t file = 0; file < 3; file++) {
        struct bench before = bench;
        bench.port = (uint16_t)(50000 + file);
        exchange(&bench, file, 10 * HOUR);
        exchange(&bench, (file + 1) % 3, 10 * HOUR - SECOND);
        memcpy(bench.next, before.next, sizeof bench.next);
    }
    continuity_settle(bench.continuity);
    for (size_t file = 0; file < 3; file++)
        g_assert_cmpint(correction(&bench, file), ==, 0);
    end_bench(&bench);

    bench = new_bench();
    exchange(&bench, 0, INT64_MAX - SECOND);
    exchange(&bench, 1, INT64_MIN);
    exchange(&bench, 2, INT64_MAX - SECOND);
    continuity_settle(bench.continuity);
    for (size_t file = 0; file < 3; file++)
        g_assert_cmpint(correction(&bench, file), ==, 0);
    end_bench(&bench);
}

/* More connections than are kept: some are compared, the same in both files. */
static void
test_many(void)
{
    struct bench bench = new_bench();

    bench.behind[1] = SECOND;
    for (size_t file = 0; file <= 1; file++)
        for (unsigned port = 1; port <= 60000; port++) {
            bench.port = (uint16_t)port;
            bench.next[CLIENT] = bench.next[SERVER] = port * 1000 + (uint32_t)file * 500;
            send(&bench, file, CLIENT, ACK | PSH, 500, 10 * HOUR + (int64_t)file * MS);
        }
    g_assert_true(continuity_settle(bench.continuity));
    g_assert_cmpint(correction(&bench, 1), ==, SECOND - MS + RIGHT_BEHIND);
    end_bench(&bench);
}

/* What connections between hosts show in two files, none of which is in both. */
struct hosts {
    int64_t passed_ns;    /* from file to file, by the clocks of the hosts */
    int64_t asleep_ns;    /* by how much less by the server's */
    unsigned connections; /* in a file */
    uint16_t
        begins_anew; /* by so many seconds each connection's clock is ahead of the last one's */
    bool has_third;  /* another pair shows that all of the time did pass */
};

/* A connection of 200 ms at that time, by the clock of the capture and those of the hosts. */
static void
show_clocks(struct bench *bench, size_t file, uint8_t client, int64_t time_ns,
            const int64_t ticks_ms[2])
{
    for (int i = 0; i < 20; i++) {
        enum side side = i % 2 ? SERVER : CLIENT;
        struct oa_endpoint ends[2] = { { .address = { [15] = client }, .port = bench->port },
                                       { .address = { [15] = 1 }, .port = 80 } };
        uint32_t ticks = (uint32_t)(ticks_ms[side] + 10 * i);
        uint8_t header[32] = { [20] = 1,
                               1,
                               8,
                               10,
                               (uint8_t)(ticks >> 24),
                               (uint8_t)(ticks >> 16),
                               (uint8_t)(ticks >> 8),
                               (uint8_t)ticks };
        struct segment segment = { .source = ends[side],
                                   .destination = ends[side ^ 1],
                                   .sequence = bench->next[side],
                                   .acknowledgment = bench->next[side ^ 1],
                                   .flags = ACK,
                                   .payload_length = 10,
                                   .header = header,
                                   .header_length = sizeof header };
        bench->next[side] += 10;
        continuity_take_frame(bench->continuity, file, time_ns + 10 * i * MS);
        continuity_take_segment(bench->continuity, file, &segment, time_ns + 10 * i * MS);
    }
    bench->port++;
}

static const struct continuity_step *
step_of_hosts(struct bench *bench, const struct hosts *hosts, int64_t pause_ns)
{
    for (size_t file = 0; file <= 1; file++) {
        int64_t time_ns = 10 * HOUR + (int64_t)file * pause_ns;
        int64_t passed_ms = (int64_t)file * hosts->passed_ns / MS;
        for (unsigned i = 0; i < hosts->connections; i++) {
            int64_t more_ms = (int64_t)i * 20 + bench->port * INT64_C(1000) * hosts->begins_anew;
            int64_t ticks_ms[2] = { UINT32_MAX - 700 + passed_ms + more_ms,
                                    5000 + passed_ms + more_ms -
                                        (int64_t)file * hosts->asleep_ns / MS };
            show_clocks(bench, file, 9, time_ns + i * 20 * MS, ticks_ms);
            int64_t awake_ms[2] = { time_ns / MS, time_ns / MS };
            if (hosts->has_third)
                show_clocks(bench, file, 8, time_ns, awake_ms);
        }
    }
    continuity_settle(bench->continuity);
    return continuity_step(bench->continuity, 1);
}

/* No connection goes on from file to file, but the clocks of both hosts do. */
static void
test_hosts(void)
{
    static const struct hosts STEP = { .passed_ns = 3 * SECOND, .connections = 2 };
    static const struct hosts NONE[] = {
        { .passed_ns = HOUR, .connections = 2 }, /* time passed */
        { .passed_ns = HOUR, .asleep_ns = HOUR - SECOND, .connections = 2 },
        { .passed_ns = HOUR - 8 * SECOND, .connections = 2 }, /* but little of it */
        { .passed_ns = 3 * SECOND, .connections = 1 },        /* no clock in common */
        { .passed_ns = 3 * SECOND, .connections = 3, .begins_anew = 500 },
        { .passed_ns = 3 * SECOND, .connections = 2, .has_third = true }, /* contradicted */
    };
    struct bench bench = new_bench();
    const struct continuity_step *step = step_of_hosts(&bench, &STEP, HOUR);

    g_assert_true(step->is_step);
    g_assert_cmpuint(step->after, ==, 0);
    g_assert_cmpint(step->size_ns, ==, HOUR - 210 * MS);
    g_assert_cmpint(ABS(step->by_hosts_ns - (HOUR - 3 * SECOND)), <, SECOND);
    g_assert_cmpint(step->correction_ns, ==, 0);
    end_bench(&bench);
    for (size_t i = 0; i < G_N_ELEMENTS(NONE); i++) {
        bench = new_bench();
        g_assert_false(step_of_hosts(&bench, &NONE[i], HOUR)->is_step);
        end_bench(&bench);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/continuity/back", test_back);
    g_test_add_func("/continuity/no-step", test_no_step);
    g_test_add_func("/continuity/parallel", test_parallel);
    g_test_add_func("/continuity/replayed", test_replayed);
    g_test_add_func("/continuity/forward", test_forward);
    g_test_add_func("/continuity/time-passed", test_time_passed);
    g_test_add_func("/continuity/covered", test_covered);
    g_test_add_func("/continuity/chain", test_chain);
    g_test_add_func("/continuity/hostile", test_hostile);
    g_test_add_func("/continuity/many", test_many);
    g_test_add_func("/continuity/hosts", test_hosts);
    return g_test_run();
}
