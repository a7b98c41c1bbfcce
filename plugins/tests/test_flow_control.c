/* test_flow_control.c
 * Windows, acknowledgments and stalls of one channel. [MS-RPCH] 3.2.1.1.4, 3.2.1.1.5, 3.2.1.4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/flow_control.h"

#include <string.h>

#include "wire.h"

#define MS INT64_C(1000000)

/* An OUT channel whose beginning is in the capture. */
struct bench {
    struct wire *wire;
    struct oa_channel channel;
    struct oa_event event; /* the last one */
};

static struct bench
new_bench(uint32_t window)
{
    struct bench bench = { .wire = wire_new(false) };

    bench.channel.kind = OA_CHANNEL_OUT;
    bench.channel.has_start = true;
    bench.channel.traffic[OA_SERVER].rts_pdus = 1;
    if (window)
        oa_flow_begin(&bench.channel, window);
    return bench;
}

static void
end_bench(struct bench *bench)
{
    g_free(bench->channel.findings);
    wire_free(bench->wire);
}

/* Sends one RPC PDU, `after_ms` after the previous event. */
static void
send_by(struct bench *bench, enum oa_side side, size_t length, int64_t after_ms)
{
    struct oa_stamp *now = &bench->wire->now;

    now->frame++;
    now->time_ns += after_ms * MS;
    bench->event = (struct oa_event){
        .first = *now, .last = *now, .side = side, .channel = &bench->channel, .pdu_length = length
    };
    oa_flow_take_rpc(bench->wire->tracker, &bench->event);
}

static void
send_pdu(struct bench *bench, size_t length, int64_t after_ms)
{
    send_by(bench, OA_SERVER, length, after_ms);
}

static void
acknowledge_at(struct bench *bench, uint32_t received, uint32_t window, int64_t after_ms,
               bool has_reached_sender)
{
    struct oa_rts_ack ack = { .bytes_received = received, .available_window = window };
    struct oa_stamp *now = &bench->wire->now;

    now->frame++;
    now->time_ns += after_ms * MS;
    bench->event = (struct oa_event){
        .first = *now, .last = *now, .side = OA_CLIENT, .channel = &bench->channel
    };
    oa_flow_take_ack(bench->wire->tracker, &bench->channel, &ack, has_reached_sender,
                     &bench->event);
    g_assert_true(bench->event.acknowledged == &bench->channel);
}

static void
acknowledge(struct bench *bench, uint32_t received, uint32_t window, int64_t after_ms)
{
    acknowledge_at(bench, received, window, after_ms, true);
}

static int64_t
available(const struct bench *bench)
{
    int64_t left = oa_flow_available(&bench->channel.flow);

    g_assert_cmpint(oa_flow_available(&bench->event.flow), ==, left); /* as in the event */
    return left;
}

/* The example of the document: [MS-RPCH] 3.2.1.1.5. */
static void
test_example(void)
{
    struct bench bench = new_bench(1000);

    g_assert_cmpint(oa_flow_available(&bench.channel.flow), ==, 1000);
    send_pdu(&bench, 250, 1);
    g_assert_cmpint(available(&bench), ==, 750);
    send_pdu(&bench, 500, 1);
    g_assert_cmpint(available(&bench), ==, 250);
    acknowledge(&bench, 250, 850, 1); /* sent before the 500 arrived */
    g_assert_cmpint(available(&bench), ==, 350);
    acknowledge(&bench, 750, 550, 1);
    g_assert_cmpint(available(&bench), ==, 550);
    acknowledge(&bench, 750, 1000, 1);
    g_assert_cmpint(available(&bench), ==, 1000);
    g_assert_cmpuint(bench.channel.flow.sent, ==, 750);
    g_assert_cmpuint(bench.channel.flow.acks, ==, 3);
    g_assert_cmpuint(bench.channel.receive_window, ==, 1000);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end_bench(&bench);
}

/* Over the window: the available bytes are negative, and it is reported once for the channel. */
static void
test_violation(void)
{
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 1000, 1);
    g_assert_cmpint(available(&bench), ==, 0);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    send_pdu(&bench, 1, 1);
    g_assert_cmpint(available(&bench), ==, -1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "window_violation: 1 bytes more than the window of 1000 allows\n");
    send_pdu(&bench, 5000, 1);
    g_assert_cmpint(available(&bench), ==, -5001);
    wire_forget(bench.wire);
    acknowledge(&bench, 6001, 1000, 1);
    send_pdu(&bench, 900, 1);
    send_pdu(&bench, 2000, 1);
    g_assert_cmpint(available(&bench), ==, -1900);
    g_assert_null(strstr(bench.wire->findings->str, "window_violation"));
    end_bench(&bench);
}

/* Byte counts have 64 bits here, 32 on the wire. */
static void
test_more_than_32_bits(void)
{
    struct bench bench = new_bench(UINT32_MAX);

    send_pdu(&bench, UINT32_MAX, 1);
    g_assert_cmpint(available(&bench), ==, 0);
    send_pdu(&bench, UINT32_MAX, 1);
    g_assert_cmpint(available(&bench), ==, -(int64_t)UINT32_MAX);
    g_assert_cmpuint(bench.channel.flow.sent, ==, UINT64_C(2) * UINT32_MAX);
    end_bench(&bench);
}

/* A sender stops before a PDU that does not fit, and continues after the acknowledgment. */
static void
test_stall(void)
{
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 600, 1);
    acknowledge(&bench, 0, 1000, 20); /* nothing new, and the sender did not wait for it */
    send_pdu(&bench, 300, 20);
    g_assert_cmpint(bench.event.stall_ns, ==, 0);
    acknowledge(&bench, 900, 1000, 50);
    send_pdu(&bench, 400, 10); /* 100 were left */
    g_assert_cmpint(bench.event.stall_ns, ==, 60 * MS);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "window_stall: The sender waited 60.000 ms for the window; 100 bytes were left "
                    "of 1000\n");
    send_pdu(&bench, 600, 60);
    g_assert_cmpint(bench.event.stall_ns, ==, 0); /* without an acknowledgment in between */
    acknowledge(&bench, 1900, 1000, 80);
    send_pdu(&bench, 1000, 5);
    g_assert_cmpint(bench.event.stall_ns, ==, 85 * MS);
    g_assert_cmpuint(bench.channel.flow.stalls, ==, 2);
    g_assert_cmpint(bench.channel.flow.stalled_ns, ==, 145 * MS);
    g_assert_cmpint(bench.channel.flow.longest_stall_ns, ==, 85 * MS);
    end_bench(&bench);
}

/* Waits below the stated length are none; and the window is not what a sender waits for that goes
 * on long after it was open. Several acknowledgments may make room: the first one ends the wait. */
static void
test_short_waits(void)
{
    const int64_t least = OA_STALL_MIN_NS / MS;
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 1000, 1);
    acknowledge(&bench, 1000, 1000, least - 2);
    send_pdu(&bench, 1000, 1);
    g_assert_cmpint(bench.event.stall_ns, ==, 0);
    acknowledge(&bench, 2000, 1000, 1);
    send_pdu(&bench, 1000, 5000); /* it had nothing to send */
    g_assert_cmpint(bench.event.stall_ns, ==, 0);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    acknowledge(&bench, 2000, 500, 1); /* makes no room */
    acknowledge(&bench, 2500, 1000, 100);
    acknowledge(&bench, 3000, 1000, 30);
    send_pdu(&bench, 600, 3000);
    g_assert_cmpint(bench.event.stall_ns, ==, 101 * MS);
    g_assert_cmpuint(bench.channel.flow.stalls, ==, 1);
    end_bench(&bench);
}

/* On its way to the sender an acknowledgment changes nothing. */
static void
test_on_its_way(void)
{
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 800, 1);
    acknowledge_at(&bench, 800, 1000, 1, false);
    g_assert_cmpint(available(&bench), ==, 200);
    g_assert_cmpuint(bench.channel.flow.acks, ==, 0);
    send_pdu(&bench, 300, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "window_violation: 100 bytes more than the window of 1000 allows\n");
    acknowledge(&bench, 800, 1000, 1);
    g_assert_cmpint(available(&bench), ==, 700);
    end_bench(&bench);
}

/* Frames of two connections may be in the wrong order: a stall is never negative. */
static void
test_stall_out_of_order(void)
{
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 1000, 1);
    acknowledge(&bench, 1000, 1000, 2);
    send_pdu(&bench, 1000, -5);
    g_assert_cmpint(bench.event.stall_ns, ==, 0);
    g_assert_cmpuint(bench.channel.flow.stalls, ==, 0);
    end_bench(&bench);
}

/* Impossible acknowledgments. */
static void
test_invalid(void)
{
    struct bench bench = new_bench(1000);

    send_pdu(&bench, 500, 1);
    acknowledge(&bench, 501, 1000, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "ack_invalid: 501 bytes are acknowledged, 500 were sent\n");
    wire_forget(bench.wire);
    acknowledge(&bench, 400, 1000, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "ack_invalid: 400 bytes are acknowledged, fewer than the 501 before\n");
    wire_forget(bench.wire);
    acknowledge(&bench, 500, 1001, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "ack_invalid: A window of 1001 is more than the 1000 announced\n");
    wire_forget(bench.wire);
    acknowledge(&bench, 600, 1001, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "ack_invalid: 600 bytes are acknowledged, 500 were sent\n"
                    "ack_invalid: A window of 1001 is more than the 1000 announced\n");
    end_bench(&bench);
}

/* Reassembly holds back what follows a lost frame: until it is there, another connection is ahead,
 * and neither of both is wrong. */
static void
test_waiting(void)
{
    struct bench bench = new_bench(1000);
    bool is_waiting[2] = { false, true };

    bench.channel.is_waiting = is_waiting;
    send_pdu(&bench, 500, 1);
    acknowledge(&bench, 900, 1000, 1); /* of 400 that are held back */
    send_pdu(&bench, 400, 1);
    send_pdu(&bench, 1100, 1); /* an acknowledgment may be held back */
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    is_waiting[OA_SERVER] = false;
    acknowledge(&bench, 2001, 1000, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "ack_invalid: 2001 bytes are acknowledged, 2000 were sent\n");
    end_bench(&bench);
}

/* Where the capture holds nothing that the sender has sent, acknowledgments cannot be wrong. */
static void
test_unseen_sender(void)
{
    struct bench bench = new_bench(1000);

    bench.channel.traffic[OA_SERVER].rts_pdus = 0;
    acknowledge(&bench, 900, 1000, 1);
    acknowledge(&bench, 1800, 1000, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    g_assert_true(bench.channel.flow.is_estimate);
    end_bench(&bench);
}

/* In the middle of a connection the first acknowledgment is the base, and nothing is certain enough
 * to be reported. */
static void
test_estimate(void)
{
    struct bench bench = new_bench(0);

    bench.channel.has_start = false;
    send_pdu(&bench, 3000, 1);
    g_assert_false(bench.channel.flow.has_window);
    g_assert_true(bench.channel.flow.is_estimate);
    acknowledge(&bench, 100000, 1000, 1);
    g_assert_cmpint(available(&bench), ==, 1000);
    g_assert_cmpuint(bench.channel.flow.sent, ==, 100000);
    send_pdu(&bench, 1500, 1);
    g_assert_cmpint(available(&bench), ==, -500);
    acknowledge(&bench, 99000, 2000,
                1); /* going back, and above what was sent: may be due to losses */
    acknowledge(&bench, 200000, 1000, 50);
    send_pdu(&bench, 900, 1);
    g_assert_cmpint(bench.event.stall_ns, ==, 0);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end_bench(&bench);
}

/* Without a known window nothing is over it; after acknowledgments an announced window changes
 * nothing. */
static void
test_window_unknown(void)
{
    struct bench bench = new_bench(0);

    send_pdu(&bench, 100000, 1);
    g_assert_false(bench.channel.flow.has_window);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    acknowledge(&bench, 100000, 700, 1);
    oa_flow_begin(&bench.channel, 1000); /* its frame comes late */
    g_assert_cmpint(oa_flow_available(&bench.channel.flow), ==, 700);
    g_assert_cmpuint(bench.channel.flow.window_max, ==, 1000);
    end_bench(&bench);
}

/* Only the side whose RPC bytes the channel carries is subject to its window. */
static void
test_sides(void)
{
    struct bench bench = new_bench(1000);

    send_by(&bench, OA_CLIENT, 5000, 1);
    g_assert_cmpuint(bench.channel.flow.sent, ==, 0);
    g_assert_cmpuint(bench.event.flow.sent, ==, 0);
    bench.channel.kind = OA_CHANNEL_IN;
    send_by(&bench, OA_SERVER, 5000, 1);
    g_assert_cmpuint(bench.channel.flow.sent, ==, 0);
    send_by(&bench, OA_CLIENT, 200, 1);
    g_assert_cmpuint(bench.channel.flow.sent, ==, 200);
    static const enum oa_channel_kind UNBOUND[] = { OA_CHANNEL_DUPLEX, OA_CHANNEL_UNKNOWN };
    for (size_t i = 0; i < G_N_ELEMENTS(UNBOUND); i++) {
        bench.channel.kind = UNBOUND[i];
        send_by(&bench, OA_CLIENT, 5000, 1);
        send_by(&bench, OA_SERVER, 5000, 1);
        g_assert_cmpuint(bench.channel.flow.sent, ==, 200);
    }
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end_bench(&bench);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flow-control/example", test_example);
    g_test_add_func("/flow-control/violation", test_violation);
    g_test_add_func("/flow-control/more-than-32-bits", test_more_than_32_bits);
    g_test_add_func("/flow-control/stall", test_stall);
    g_test_add_func("/flow-control/short-waits", test_short_waits);
    g_test_add_func("/flow-control/on-its-way", test_on_its_way);
    g_test_add_func("/flow-control/stall-out-of-order", test_stall_out_of_order);
    g_test_add_func("/flow-control/invalid", test_invalid);
    g_test_add_func("/flow-control/waiting", test_waiting);
    g_test_add_func("/flow-control/unseen-sender", test_unseen_sender);
    g_test_add_func("/flow-control/estimate", test_estimate);
    g_test_add_func("/flow-control/window-unknown", test_window_unknown);
    g_test_add_func("/flow-control/sides", test_sides);
    return g_test_run();
}
