/* test_clocks.c
 * Clocks of files that hold the same PDUs: how far they differ, and what is taken for the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "clocks.h"

#include <glib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static char *const PATHS[] = { "a/client.pcap", "b/proxy.pcap", "c/proxy_2.pcap" };

struct bench {
    struct clocks *clocks;
    uint64_t frame;
    uint8_t handle; /* in requests; 0: none */
    uint8_t level;  /* of a verifier; 0: none */
    size_t left; /* bytes that a snap length leaves, one more at each place than before; 0: all */
    GString *findings;
};

static void
on_event(void *context, const struct oa_event *event)
{
    struct bench *bench = context;

    g_assert_cmpint(event->type, ==, OA_EVENT_FINDING);
    g_assert_cmpint(event->finding->id, ==, OA_FINDING_CLOCK_SKEW);
    g_string_append_printf(bench->findings, "%s\n", event->finding->text);
}

static struct bench
new_bench(void)
{
    struct bench bench = { .clocks = clocks_new(PATHS, G_N_ELEMENTS(PATHS)),
                           .handle = 1,
                           .findings = g_string_new(NULL) };

    clocks_begin(bench.clocks);
    return bench;
}

static void
end_bench(struct bench *bench)
{
    clocks_free(bench->clocks);
    g_string_free(bench->findings, TRUE);
}

/* The places are the files, and MERGED is a second interface of the third. */
#define MERGED 3

static size_t
place_of(size_t place, unsigned *interface)
{
    *interface = place == MERGED;
    return place - (place == MERGED);
}

static int64_t
correction(const struct bench *bench, size_t place)
{
    const int64_t *corrections = clocks_corrections(bench->clocks);
    unsigned interface;
    size_t file = place_of(place, &interface);

    return corrections ? corrections[file * CAPTURE_INTERFACES + interface] : 0;
}

/* A PDU of the call at that place, on the connection with that number. */
static void
see(struct bench *bench, size_t place, uint64_t connection, uint32_t call, enum oa_side side,
    int64_t time_ns)
{
    uint8_t bytes[24 + 20] = { 5, 0, side == OA_CLIENT ? 0 : 2, OA_RPC_FIRST_FRAG };
    struct oa_channel channel = { .number = connection };
    struct oa_virtual_connection vc = { .number = connection };
    struct oa_rpc_pdu rpc = { .header = { .ptype =
                                              side == OA_CLIENT ? OA_RPC_REQUEST : OA_RPC_RESPONSE,
                                          .flags = OA_RPC_FIRST_FRAG },
                              .stub = bytes + 24,
                              .stub_length = sizeof bytes - 24,
                              .verifier = { .present = bench->level > 0, .level = bench->level } };
    struct oa_stamp stamp = { time_ns, ++bench->frame };
    size_t there = bench->left ? bench->left + place : sizeof bytes;
    unsigned interface;

    memcpy(bytes + 12, &call, sizeof call);
    memset(bytes + 24 + 4, bench->handle, 16);
    memset(bytes + there, (int)bench->frame, sizeof bytes - there);
    rpc.stub_length = there - 24;
    channel.endpoint[OA_CLIENT].port = (uint16_t)connection;
    size_t file = place_of(place, &interface);
    clocks_take_frame(bench->clocks, file, interface, stamp);
    clocks_take_event(bench->clocks, &(struct oa_event){ .type = OA_EVENT_RPC,
                                                         .first = stamp,
                                                         .last = stamp,
                                                         .side = side,
                                                         .channel = &channel,
                                                         .vc = &vc,
                                                         .pdu = bytes,
                                                         .length = there,
                                                         .pdu_length = sizeof bytes,
                                                         .is_cut = there < sizeof bytes,
                                                         .rpc = &rpc });
}

/* The PDU that opens a channel, with its cookies. */
/* The PDU that opens a channel, with that many cookies left of it. */
static void
see_opening(struct bench *bench, size_t place, uint64_t connection, uint8_t cookie, uint8_t left,
            int64_t time_ns)
{
    struct oa_rts rts = { .n_commands = 2, .n_parsed = left };
    struct oa_channel channel = { .number = connection };
    struct oa_stamp stamp = { time_ns, ++bench->frame };
    unsigned interface;

    for (uint8_t i = 0; i < left; i++) {
        rts.commands[i].type = OA_RTS_COOKIE;
        memset(&rts.commands[i].value.cookie, cookie + i, OA_COOKIE_SIZE);
    }
    channel.endpoint[OA_CLIENT].port = (uint16_t)connection;
    size_t file = place_of(place, &interface);
    clocks_take_frame(bench->clocks, file, interface, stamp);
    clocks_take_event(bench->clocks, &(struct oa_event){ .type = OA_EVENT_RTS,
                                                         .first = stamp,
                                                         .last = stamp,
                                                         .side = OA_CLIENT,
                                                         .channel = &channel,
                                                         .rts = &rts });
}

/* Calls that pass both places, `transit_ms` apart; the second one's clock is ahead by that much.
 * As captures are merged, all of one place may come first. */
static void
pass_calls(struct bench *bench, size_t near, size_t far, int64_t ahead_ns, int64_t transit_ns,
           uint32_t first_call)
{
    const bool is_near_first = ahead_ns > 0;

    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < 20; i++) {
            int64_t at_ns = 1000 * SECOND + i * 10 * MS;
            if ((pass == 0) == is_near_first) {
                see(bench, near, 1, first_call + i, OA_CLIENT, at_ns);
                see(bench, near, 2, first_call + i, OA_SERVER, at_ns + 4 * transit_ns);
            } else {
                see(bench, far, 3, first_call + i, OA_CLIENT, at_ns + transit_ns + ahead_ns);
                see(bench, far, 4, first_call + i, OA_SERVER, at_ns + 3 * transit_ns + ahead_ns);
            }
        }
}

/* Both signs, from less than a call takes to most of a minute; either file may be the one that is
 * nearer to the client. */
static void
test_difference(void)
{
    static const int64_t AHEAD[] = {
        45 * SECOND, -45 * SECOND, 300 * MS, -300 * MS, 2 * MS, -2 * MS
    };

    for (size_t i = 0; i < G_N_ELEMENTS(AHEAD); i++)
        for (size_t near = 0; near <= 1; near++) {
            struct bench bench = new_bench();
            pass_calls(&bench, near, 1 - near, near == 0 ? AHEAD[i] : -AHEAD[i], MS, 1);
            g_assert_cmpint(correction(&bench, 1), ==, 0);
            g_assert_true(clocks_settle(bench.clocks));
            g_assert_cmpint(correction(&bench, 0), ==, 0);
            g_assert_cmpint(ABS(correction(&bench, 1) + AHEAD[i]), <=, 10000);
            g_assert_false(clocks_settle(bench.clocks));
            end_bench(&bench);
        }
}

/* Of PDUs that are cut, one more byte is left on one hop: they are compared as far as they tell
 * which ones they are. */
static void
test_cut(void)
{
    static const struct {
        size_t left;
        int64_t ahead_ns;
    } CASES[] = { { 40, 7 * SECOND }, { 42, 7 * SECOND }, { 38, 0 } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct bench bench = new_bench();
        bench.left = CASES[i].left;
        pass_calls(&bench, 0, 1, 7 * SECOND, MS, 1);
        g_assert_cmpint(clocks_settle(bench.clocks), ==, CASES[i].ahead_ns != 0);
        g_assert_cmpint(ABS(correction(&bench, 1) + CASES[i].ahead_ns), <=, 10000);
        end_bench(&bench);
    }
}

/* The cookies of both channels show a difference without a call, those of one with a response.
 * The first cookie is enough if the other one is cut on a hop. */
static void
test_openings(void)
{
    static const struct {
        uint8_t openings;
        uint8_t left[2]; /* of the cookies, at each place */
        uint32_t calls;
        bool differ;
    } CASES[] = { { 2, { 2, 2 }, 0, true },  { 1, { 2, 2 }, 1, true },  { 1, { 2, 2 }, 0, false },
                  { 0, { 2, 2 }, 2, false }, { 2, { 1, 2 }, 0, true },  { 2, { 2, 1 }, 0, true },
                  { 2, { 1, 1 }, 0, true },  { 2, { 0, 2 }, 0, false }, { 1, { 1, 2 }, 0, false } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct bench bench = new_bench();
        bench.handle = 0;
        for (size_t place = 0; place <= 1; place++) {
            int64_t at_ns = 1000 * SECOND + (int64_t)place * 7 * SECOND;
            for (uint8_t cookie = 1; cookie <= CASES[i].openings; cookie++)
                see_opening(&bench, place, 2 * place + 1, 4 * cookie, CASES[i].left[place], at_ns);
            for (uint32_t call = 1; call <= CASES[i].calls; call++)
                see(&bench, place, 2 * place + 2, call, OA_SERVER, at_ns);
        }
        g_assert_cmpint(clocks_settle(bench.clocks), ==, CASES[i].differ);
        g_assert_cmpint(correction(&bench, 1), ==, CASES[i].differ ? -7 * SECOND : 0);
        end_bench(&bench);
    }
}

static void
test_report(void)
{
    struct bench bench = new_bench();

    pass_calls(&bench, 0, 1, -45 * SECOND, MS, 1);
    g_assert_true(clocks_settle(bench.clocks));
    clocks_report(bench.clocks, NULL, on_event, &bench);
    g_assert_cmpstr(bench.findings->str, ==,
                    "proxy.pcap: 45.000000 s behind client.pcap, within 0.001000 s by 40 PDUs in "
                    "both; its times were corrected\n");
    end_bench(&bench);
}

/* Clocks that may be the same are the same; files without the same PDUs are not compared, nor those
 * with a few, or more than a minute apart. */
static void
test_agree(void)
{
    struct bench bench = new_bench();

    pass_calls(&bench, 0, 1, 0, MS, 1);
    for (uint32_t call = 100; call < 120; call++)
        see(&bench, 2, 5, call, OA_CLIENT, 1000 * SECOND);
    see(&bench, 2, 5, 1, OA_CLIENT, 1010 * SECOND);
    see(&bench, 2, 5, 2, OA_CLIENT, 1010 * SECOND);
    g_assert_false(clocks_settle(bench.clocks));
    clocks_report(bench.clocks, NULL, on_event, &bench);
    g_assert_cmpstr(bench.findings->str, ==, "");
    end_bench(&bench);

    bench = new_bench();
    pass_calls(&bench, 0, 1, 100 * SECOND, MS, 1);
    g_assert_false(clocks_settle(bench.clocks));
    end_bench(&bench);
}

/* Requests alone may have taken that long, unless it is more than any transit takes. */
static void
test_one_direction(void)
{
    static const int64_t APART[] = { 5 * MS, 30 * SECOND };

    for (size_t i = 0; i < G_N_ELEMENTS(APART); i++) {
        struct bench bench = new_bench();
        for (uint32_t call = 0; call < 20; call++) {
            see(&bench, 0, 1, call, OA_CLIENT, 1000 * SECOND + call * MS);
            see(&bench, 1, 2, call, OA_CLIENT, 1000 * SECOND + call * MS + APART[i]);
        }
        g_assert_cmpint(clocks_settle(bench.clocks), ==, i == 1);
        g_assert_cmpint(correction(&bench, 1), ==, i == 1 ? -APART[i] : 0);
        end_bench(&bench);
    }
}

/* Some of them were held back: the difference is that of the others, in whichever order the files
 * are. */
static void
test_one_direction_held_back(void)
{
    for (size_t near = 0; near <= 1; near++) {
        struct bench bench = new_bench();
        for (uint32_t call = 0; call < 20; call++) {
            int64_t held_ns = call % 4 == 0 ? 250 * MS : 0;
            see(&bench, near, 1, call, OA_CLIENT, 1000 * SECOND + call * MS);
            see(&bench, 1 - near, 2, call, OA_CLIENT, 1007 * SECOND + call * MS + held_ns);
        }
        g_assert_true(clocks_settle(bench.clocks));
        g_assert_cmpint(correction(&bench, 1), ==, near == 0 ? -7 * SECOND : 7 * SECOND);
        end_bench(&bench);
    }
}

/* PDUs that only look the same, in a few other sessions, change nothing; nor do those that one file
 * has twice. */
static void
test_outliers(void)
{
    struct bench bench = new_bench();

    for (uint32_t call = 500; call < 505; call++) {
        see(&bench, 0, 10, call, OA_CLIENT, 990 * SECOND);
        see(&bench, 1, 11, call, OA_CLIENT, 990 * SECOND + call * MS);
        see(&bench, 1, 11, call + 100, OA_SERVER, 990 * SECOND);
        see(&bench, 1, 12, call + 100, OA_SERVER, 991 * SECOND);
        see(&bench, 0, 10, call + 100, OA_SERVER, 992 * SECOND);
    }
    pass_calls(&bench, 0, 1, 20 * SECOND, MS, 1);
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(ABS(correction(&bench, 1) + 20 * SECOND), <=, 10000);
    end_bench(&bench);
}

/* A third file has a difference to the second one only, or is its continuation. */
static void
test_three_files(void)
{
    struct bench bench = new_bench();

    pass_calls(&bench, 0, 1, 10 * SECOND, MS, 1);
    pass_calls(&bench, 1, 2, -4 * SECOND, MS, 1000);
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(ABS(correction(&bench, 1) + 10 * SECOND), <=, 10000);
    g_assert_cmpint(ABS(correction(&bench, 2) + 6 * SECOND), <=, 20000);
    end_bench(&bench);

    bench = new_bench();
    pass_calls(&bench, 0, 1, 10 * SECOND, MS, 1);
    see(&bench, 2, 3, 2000, OA_CLIENT, 1100 * SECOND); /* the connection of the second file */
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(correction(&bench, 2), ==, correction(&bench, 1));
    clocks_report(bench.clocks, NULL, on_event, &bench);
    g_assert_cmpstr(bench.findings->str, ==,
                    "proxy.pcap and 1 more: 10.000000 s ahead of client.pcap, within "
                    "0.001000 s by 40 PDUs in both; its times were corrected\n");
    end_bench(&bench);
}

/* Two interfaces of one file: of one clock if nothing shows something else, even if that of the
 * file is not that of others. */
static void
test_interfaces(void)
{
    struct bench bench = new_bench();

    pass_calls(&bench, 2, MERGED, 5 * SECOND, MS, 1);
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(correction(&bench, 2), ==, 0);
    g_assert_cmpint(ABS(correction(&bench, MERGED) + 5 * SECOND), <=, 10000);
    clocks_report(bench.clocks, NULL, on_event, &bench);
    g_assert_cmpstr(
        bench.findings->str, ==,
        "proxy_2.pcap interface 1: 5.000000 s ahead of proxy_2.pcap interface 0, within "
        "0.001000 s by 40 PDUs in both; its times were corrected\n");
    end_bench(&bench);

    bench = new_bench();
    pass_calls(&bench, 0, 2, 5 * SECOND, MS, 1);
    see(&bench, MERGED, 9, 2000, OA_CLIENT, 1100 * SECOND);
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(correction(&bench, MERGED), ==, correction(&bench, 2));
    clocks_report(bench.clocks, NULL, on_event, &bench);
    g_assert_cmpstr(
        bench.findings->str, ==,
        "proxy_2.pcap: 5.000000 s ahead of client.pcap, within 0.001000 s by 40 PDUs in "
        "both; its times were corrected\n");
    end_bench(&bench);
}

/* Without a cookie or a handle the same bytes may be of other sessions, even if all of a session is
 * as far away. */
static void
test_not_unique(void)
{
    struct bench bench = new_bench();

    bench.handle = 0;
    pass_calls(&bench, 0, 1, 7 * SECOND, MS, 1);
    g_assert_false(clocks_settle(bench.clocks));
    end_bench(&bench);

    /* A verifier without a signature does not distinguish them, one with it does. */
    for (uint8_t level = OA_RPC_LEVEL_CONNECT; level <= OA_RPC_LEVEL_PKT_PRIVACY; level++) {
        bench = new_bench();
        bench.handle = 0;
        bench.level = level;
        pass_calls(&bench, 0, 1, 7 * SECOND, MS, 1);
        g_assert_cmpint(clocks_settle(bench.clocks), ==, level >= OA_RPC_LEVEL_PKT);
        end_bench(&bench);
    }

    bench = new_bench(); /* nor do a few calls decide that lie together by chance */
    for (uint32_t call = 0; call < 40; call++) {
        see(&bench, 0, 1, call, OA_CLIENT, 1000 * SECOND + call * SECOND);
        see(&bench, 1, 2, call, OA_CLIENT, 1000 * SECOND + call * call * 43 * MS);
    }
    g_assert_false(clocks_settle(bench.clocks));
    end_bench(&bench);
}

/* What was read before the captures are read again does not count. */
static void
test_again(void)
{
    struct bench bench = new_bench();

    pass_calls(&bench, 0, 1, 10 * SECOND, MS, 1);
    clocks_begin(bench.clocks);
    pass_calls(&bench, 0, 1, 0, MS, 1);
    g_assert_false(clocks_settle(bench.clocks));
    end_bench(&bench);
}

/* More PDUs than are kept: some are compared, the same in both files. */
static void
test_many(void)
{
    struct bench bench = new_bench();

    for (size_t file = 0; file <= 1; file++)
        for (uint32_t call = 0; call < 200000; call++)
            see(&bench, file, file, call, OA_CLIENT,
                1000 * SECOND + call * 100000 + (int64_t)file * 30 * SECOND);
    g_assert_true(clocks_settle(bench.clocks));
    g_assert_cmpint(correction(&bench, 1), ==, -30 * SECOND);
    end_bench(&bench);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clocks/difference", test_difference);
    g_test_add_func("/clocks/cut", test_cut);
    g_test_add_func("/clocks/openings", test_openings);
    g_test_add_func("/clocks/report", test_report);
    g_test_add_func("/clocks/agree", test_agree);
    g_test_add_func("/clocks/one-direction", test_one_direction);
    g_test_add_func("/clocks/one-direction-held-back", test_one_direction_held_back);
    g_test_add_func("/clocks/outliers", test_outliers);
    g_test_add_func("/clocks/three-files", test_three_files);
    g_test_add_func("/clocks/interfaces", test_interfaces);
    g_test_add_func("/clocks/not-unique", test_not_unique);
    g_test_add_func("/clocks/again", test_again);
    g_test_add_func("/clocks/many", test_many);
    return g_test_run();
}
