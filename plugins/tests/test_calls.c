/* test_calls.c
 * Pairing requests and responses: fragments, faults, orphans, reused ids, losses, merges.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/calls.h"

#include <string.h>

#include "track/bindings.h"
#include "wire.h"

#define FIRST OA_RPC_FIRST_FRAG
#define LAST OA_RPC_LAST_FRAG

/* One virtual connection with both channels of a hop, whose PDUs are given in parsed form. */
struct bench {
    struct wire *wire;
    struct oa_virtual_connection vc;
    struct oa_channel channel[OA_HOPS][OA_LEGS];
    struct call_list list;
    struct oa_event event; /* the last one */
};

static void
see_hop(struct bench *bench, enum oa_hop hop)
{
    for (int leg = 0; leg < OA_LEGS; leg++) {
        bench->channel[hop][leg].hop = hop;
        bench->vc.channel[hop][leg] = &bench->channel[hop][leg];
        bench->vc.leg_seen[hop][leg] = true;
    }
}

static void
init(struct bench *bench, struct wire *wire)
{
    memset(bench, 0, sizeof *bench);
    bench->wire = wire;
    see_hop(bench, OA_HOP_CLIENT);
    oa_call_list_init(&bench->list, bench->wire->tracker, &bench->vc);
    oa_calls_tie(&bench->list);
}

static void
clear(struct bench *bench)
{
    oa_calls_forget_ended(bench->wire->tracker);
    oa_call_list_clear(&bench->list);
    g_free(bench->vc.client);
    g_free(bench->vc.bindings);
    g_free(bench->vc.findings);
}

static void
end(struct bench *bench)
{
    clear(bench);
    wire_free(bench->wire);
}

/* Adds an accepted context of that interface. */
static void
bind_to(struct bench *bench, uint16_t id, const uint8_t interface[20])
{
    *oa_binding_add(&bench->vc) =
        (struct oa_rpc_binding){ .context_id = id, .iface = oa_rpc_interface_find(interface) };
}

/* Takes the PDU in `rpc`, whose bytes are made from its call id. */
static struct call *
take_on(struct bench *bench, enum oa_hop hop, struct oa_rpc_pdu rpc)
{
    bool is_request = rpc.header.ptype == OA_RPC_REQUEST;
    uint8_t bytes[64];

    memset(bytes, (int)rpc.header.call_id, sizeof bytes);
    oa_calls_forget_ended(bench->wire->tracker);
    bench->wire->now.frame++;
    bench->wire->now.time_ns += 1000;
    bench->event =
        (struct oa_event){ .type = OA_EVENT_RPC,
                           .first = bench->wire->now,
                           .last = bench->wire->now,
                           .side = is_request ? OA_CLIENT : OA_SERVER,
                           .channel = &bench->channel[hop][is_request ? OA_LEG_IN : OA_LEG_OUT],
                           .vc = &bench->vc,
                           .pdu = bytes,
                           .pdu_length = sizeof bytes,
                           .rpc = &rpc,
                           .seal = rpc.verifier.present &&
                                           rpc.verifier.level == OA_RPC_LEVEL_PKT_PRIVACY
                                       ? OA_SEAL_NO_SECRETS
                                       : OA_SEAL_NONE };
    struct call *call = oa_calls_take(&bench->list, &bench->event);
    if (!call)
        return NULL;
    g_assert_true(bench->event.call == &call->facts);
    oa_calls_settle(&bench->list, call, hop);
    return call;
}

static const uint8_t ZEROS[100];

static struct call *
request(struct bench *bench, uint32_t id, unsigned flags, uint16_t opnum)
{
    return take_on(
        bench, OA_HOP_CLIENT,
        (struct oa_rpc_pdu){
            .header = { .ptype = OA_RPC_REQUEST, .flags = (uint8_t)flags, .call_id = id },
            .opnum = opnum,
            .stub = ZEROS,
            .stub_length = sizeof ZEROS });
}

static struct call *
response(struct bench *bench, uint32_t id, unsigned flags)
{
    return take_on(
        bench, OA_HOP_CLIENT,
        (struct oa_rpc_pdu){
            .header = { .ptype = OA_RPC_RESPONSE, .flags = (uint8_t)flags, .call_id = id },
            .stub = (const uint8_t *)"\1\2\3\4\5\6\7\10",
            .stub_length = 8 });
}

static struct call *
fault(struct bench *bench, uint32_t id, uint32_t status)
{
    return take_on(bench, OA_HOP_CLIENT,
                   (struct oa_rpc_pdu){
                       .header = { .ptype = OA_RPC_FAULT, .flags = WIRE_WHOLE, .call_id = id },
                       .fault_status = status });
}

static void
expect_counts(const struct bench *bench, unsigned calls, unsigned answered, unsigned faults,
              unsigned unanswered)
{
    g_assert_cmpuint(bench->vc.calls, ==, calls);
    g_assert_cmpuint(bench->vc.answered, ==, answered);
    g_assert_cmpuint(bench->vc.faults, ==, faults);
    g_assert_cmpuint(bench->vc.unanswered, ==, unanswered);
}

static void
expect_calls(struct bench *bench, const char *calls)
{
    g_assert_cmpstr(bench->wire->calls->str, ==, calls);
    wire_forget(bench->wire);
}

/* Interleaved fragments of two calls, each counted in its call. */
static void
test_fragments(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    bind_to(&bench, 0, WIRE_EMSMDB);
    struct call *call = request(&bench, 1, FIRST, 11);
    g_assert_cmpuint(call->facts.number, ==, 0);
    g_assert_cmpstr(call->facts.iface->name, ==, "EMSMDB");
    request(&bench, 2, FIRST, 10);
    request(&bench, 1, 0, 11);
    request(&bench, 2, LAST, 10);
    g_assert_true(request(&bench, 1, LAST, 11) == call);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].fragments, ==, 3);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].stub_bytes, ==, 300);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].pdu_bytes, ==, 3 * 64);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].first.frame, ==, 2);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].last.frame, ==, 6);
    g_assert_true(call->facts.request[OA_HOP_CLIENT].is_complete);
    g_assert_false(call->facts.request[OA_HOP_CLIENT].has_gap);
    response(&bench, 1, FIRST);
    response(&bench, 2, FIRST | LAST);
    expect_calls(&bench, "2 1 2/1\n");
    g_assert_cmpuint(oa_calls_ended(bench.wire->tracker)->call_id, ==, 2);
    response(&bench, 1, LAST);
    expect_calls(&bench, "1 1 3/2\n");
    expect_counts(&bench, 2, 2, 0, 0);
    g_assert_cmpuint(bench.vc.exchange_calls, ==, 2);
    g_assert_null(oa_calls_find(&bench.list, 1));
    g_assert_cmpuint(oa_calls_ended(bench.wire->tracker)->call_id, ==, 1);
    oa_calls_forget_ended(bench.wire->tracker);
    g_assert_null(oa_calls_ended(bench.wire->tracker));
    end(&bench);
}

/* The clock was set back between request and response: the call is answered, but nothing shows how
 * long it took. */
static void
test_clock_set_back(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    see_hop(&bench, OA_HOP_SERVER); /* the call is not over yet */
    struct call *call = request(&bench, 1, FIRST | LAST, 11);
    response(&bench, 1, FIRST | LAST);
    g_assert_true(oa_call_has_latency(&call->facts, OA_HOP_CLIENT));
    call = request(&bench, 2, FIRST | LAST, 11);
    bench.wire->now.time_ns -= 3000000;
    response(&bench, 2, FIRST | LAST);
    g_assert_true(call->facts.response[OA_HOP_CLIENT].is_complete);
    g_assert_false(oa_call_has_latency(&call->facts, OA_HOP_CLIENT));
    end(&bench);
}

/* A fault ends its call; it has another finding if it comes from the directory. */
static void
test_fault(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    bind_to(&bench, 0, WIRE_EMSMDB);
    request(&bench, 1, WIRE_WHOLE, 11);
    fault(&bench, 1, 0x1c010003);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "rpc_fault: EcDoRpcExt2: nca_unk_if (0x1c010003)\n");
    expect_calls(&bench, "1 2 1/1\n");
    bench.vc.bindings[0].iface = oa_rpc_interface_find(WIRE_NSPI);
    request(&bench, 2, FIRST, 0); /* without its last fragment */
    fault(&bench, 2, 5);
    expect_calls(&bench, "");
    request(&bench, 3, WIRE_WHOLE, 0);
    fault(&bench, 3, 0x12345678);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "directory_refused: NspiBind: unknown status (0x12345678)\n");
    expect_calls(&bench, "3 2 1/1\n");
    oa_calls_end(&bench.list);
    expect_calls(&bench, "2 2 1/1\n");
    /* A call without a request, of which only the fault is known. */
    fault(&bench, 4, 5);
    oa_calls_end(&bench.list);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "directory_refused: call: ERROR_ACCESS_DENIED (0x00000005)\n");
    expect_calls(&bench, "4 2 0/1\n");
    expect_counts(&bench, 4, 0, 4, 0);
    end(&bench);
}

/* A capture may contain frames of two connections in the wrong order. */
static void
test_response_first(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    bind_to(&bench, 0, WIRE_NSPI);
    bind_to(&bench, 1, WIRE_EMSMDB);
    struct call *call = response(&bench, 1, WIRE_WHOLE);
    expect_calls(&bench, "");
    g_assert_false(call->facts.has_opnum);
    g_assert_cmpuint(bench.list.orphans.length, ==, 1);
    take_on(
        &bench, OA_HOP_CLIENT,
        (struct oa_rpc_pdu){ .header = { .ptype = OA_RPC_REQUEST, .flags = FIRST, .call_id = 1 },
                             .context_id = 1,
                             .opnum = 11 });
    g_assert_cmpuint(bench.list.orphans.length, ==, 0);
    g_assert_cmpstr(call->facts.iface->name, ==, "EMSMDB"); /* from the context of the request */
    expect_calls(&bench, "");
    request(&bench, 1, LAST, 11);
    expect_calls(&bench, "1 1 2/1\n");
    expect_counts(&bench, 1, 1, 0, 0);
    end(&bench);
}

/* A response without a request is an orphan: a few of them wait, then the oldest is given up. */
static void
test_orphans(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    request(&bench, 1000, WIRE_WHOLE, 1);
    for (uint32_t id = 1; id <= 1024; id++)
        response(&bench, id == 1000 ? 2000 : id, WIRE_WHOLE);
    expect_calls(&bench, "");
    response(&bench, 1025, WIRE_WHOLE);
    expect_calls(&bench, "1 4 0/1\n");
    response(&bench, 1026, FIRST);
    expect_calls(&bench, "2 4 0/1\n");
    g_assert_nonnull(oa_calls_find(&bench.list, 1000)); /* a request still waits */
    g_assert_cmpuint(bench.list.orphans.length, ==, 1024);
    oa_calls_end(&bench.list);
    g_assert_cmpuint(bench.list.orphans.length, ==, 0);
    g_assert_true(g_str_has_prefix(bench.wire->calls->str, "1000 3 1/0\n3 4 0/1\n"));
    g_assert_true(g_str_has_suffix(bench.wire->calls->str, "\n1026 4 0/1\n"));
    /* Responses without requests are counted apart, complete or not. */
    expect_counts(&bench, 1027, 0, 0, 1);
    g_assert_cmpuint(bench.vc.no_request, ==, 1026);
    end(&bench);
}

/* Requests behind a loss are held back; they come after the responses, in whatever number, and are
 * paired with them by their ids and times. */
static void
test_late_requests(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    for (uint32_t id = 1; id <= 500; id++)
        response(&bench, id, WIRE_WHOLE);
    bench.wire->now.time_ns -= 501000; /* the time stamps of the requests are true */
    for (uint32_t id = 2; id <= 500; id++)
        request(&bench, id, WIRE_WHOLE, 1);
    expect_counts(&bench, 500, 499, 0, 0);
    bench.wire->now.time_ns += 2000000;
    request(&bench, 1, WIRE_WHOLE, 1); /* made after the response: the id is used again */
    g_assert_cmpuint(bench.vc.no_request, ==, 1);
    response(&bench, 1, WIRE_WHOLE);
    expect_counts(&bench, 501, 500, 0, 0);
    end(&bench);
}

/* A response that has begun and has no end: its call failed only if the server left, or the client
 * while it waited. */
static void
test_endless_response(void)
{
    static const struct {
        bool is_exchange;
        uint16_t opnum;
        struct oa_ending ending;
        enum oa_call_state state;
    } CASES[] = {
        { false, 8, { .how = OA_END_OPEN }, OA_CALL_UNKNOWN },
        { false, 8, { .how = OA_END_FIN, .by = OA_CLIENT }, OA_CALL_UNKNOWN },
        { false, 8, { .how = OA_END_RESET, .by = OA_SERVER }, OA_CALL_UNANSWERED },
        { true, 11, { .how = OA_END_OPEN }, OA_CALL_UNKNOWN },
        { true, 11, { .how = OA_END_FIN, .by = OA_CLIENT }, OA_CALL_UNANSWERED },
        { true, 11, { .how = OA_END_FIN, .by = OA_SERVER }, OA_CALL_UNANSWERED },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct bench bench;

        init(&bench, wire_new(false));
        if (CASES[i].is_exchange)
            bind_to(&bench, 0, WIRE_EMSMDB);
        request(&bench, 1, WIRE_WHOLE, CASES[i].opnum);
        response(&bench, 1, FIRST);
        response(&bench, 1, 0);
        request(&bench, 2, WIRE_WHOLE, CASES[i].opnum); /* without a response */
        bench.vc.ending = CASES[i].ending;
        oa_calls_end(&bench.list);
        g_assert_cmpuint(bench.vc.unknown, ==, CASES[i].state == OA_CALL_UNKNOWN);
        g_assert_cmpuint(bench.vc.unanswered, ==, 1 + (CASES[i].state == OA_CALL_UNANSWERED));
        end(&bench);
    }
}

/* A late part of a request whose call has ended is no call of its own. */
static void
test_part_after_end(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    request(&bench, 7, LAST, 1);
    response(&bench, 7, WIRE_WHOLE);
    expect_counts(&bench, 1, 1, 0, 0);
    bench.wire->now.time_ns -= 2000;
    g_assert_null(request(&bench, 7, FIRST, 1));
    expect_counts(&bench, 1, 1, 0, 0);
    bench.wire->now.time_ns += 2000;
    request(&bench, 7, WIRE_WHOLE, 1); /* another one */
    expect_counts(&bench, 2, 1, 0, 0);
    end(&bench);
}

/* The call is over on the server's hop before its request comes on the client's, by clocks that
 * differ a little. */
static void
test_request_after_end(void)
{
    static const enum oa_rpc_ptype PTYPES[] = { OA_RPC_REQUEST, OA_RPC_RESPONSE };
    struct bench bench;

    init(&bench, wire_new(false));
    see_hop(&bench, OA_HOP_SERVER);
    bench.vc.channel[OA_HOP_CLIENT][OA_LEG_OUT] = NULL; /* it joins later */
    for (size_t i = 0; i < G_N_ELEMENTS(PTYPES); i++)
        take_on(&bench, OA_HOP_SERVER,
                (struct oa_rpc_pdu){
                    .header = { .ptype = PTYPES[i], .flags = WIRE_WHOLE, .call_id = 7 } });
    expect_counts(&bench, 1, 1, 0, 0);
    bench.wire->now.time_ns += 500000;
    g_assert_null(request(&bench, 7, WIRE_WHOLE, 0));
    bench.wire->now.time_ns += 1000000;
    g_assert_nonnull(request(&bench, 7, WIRE_WHOLE, 0)); /* another one */
    expect_counts(&bench, 2, 1, 0, 0);
    end(&bench);
}

/* A call whose response may be among lost bytes is not unanswered. */
static void
test_unknown(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    request(&bench, 1, WIRE_WHOLE, 1);
    request(&bench, 4, WIRE_WHOLE, 1);
    oa_calls_note_loss(&bench.list, OA_HOP_CLIENT, OA_SERVER);
    response(&bench, 4, WIRE_WHOLE);
    request(&bench, 2, WIRE_WHOLE, 1); /* made after the loss */
    bench.wire->now.time_ns -= 3500;
    request(&bench, 5, WIRE_WHOLE, 1); /* made before it, but held back */
    bench.wire->now.time_ns += 3500;
    oa_calls_note_loss(&bench.list, OA_HOP_CLIENT, OA_CLIENT);
    oa_calls_end(&bench.list);
    expect_calls(&bench, "4 1 1/1\n1 5 1/0\n2 3 1/0\n5 5 1/0\n");
    g_assert_cmpuint(bench.vc.unknown, ==, 2);
    expect_counts(&bench, 4, 1, 0, 1);

    bench.vc.is_one_way = true; /* no frame of the server is in the capture */
    bench.vc.silent = OA_SERVER;
    request(&bench, 3, WIRE_WHOLE, 1);
    oa_calls_end(&bench.list);
    expect_calls(&bench, "3 5 1/0\n");
    end(&bench);
}

/* An id that is used again while its call still waits ends that call. */
static void
test_reused(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    request(&bench, 5, WIRE_WHOLE, 1);
    request(&bench, 5, WIRE_WHOLE, 2);
    expect_calls(&bench, "5 3 1/0\n");
    response(&bench, 5, WIRE_WHOLE);
    expect_calls(&bench, "5 1 1/1\n");
    expect_counts(&bench, 2, 1, 0, 1);
    /* A later fragment does not. */
    request(&bench, 6, FIRST, 1);
    request(&bench, 6, 0, 1);
    expect_calls(&bench, "");
    end(&bench);
}

/* Missing fragments: the first one is noticed by its flag, others by losses of the channel. */
static void
test_gaps(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    struct call *headless = request(&bench, 1, LAST, 1);
    struct call *open = request(&bench, 2, FIRST, 1);
    struct call *done = request(&bench, 3, WIRE_WHOLE, 1);
    g_assert_true(headless->facts.request[OA_HOP_CLIENT].has_gap);
    response(&bench, 3, FIRST);
    oa_calls_note_loss(&bench.list, OA_HOP_SERVER, OA_CLIENT); /* the other hop */
    g_assert_false(open->facts.request[OA_HOP_CLIENT].has_gap);
    oa_calls_note_loss(&bench.list, OA_HOP_CLIENT, OA_CLIENT);
    open = oa_calls_find(&bench.list, open->facts.call_id);
    g_assert_true(open->facts.request[OA_HOP_CLIENT].has_gap);
    g_assert_false(done->facts.request[OA_HOP_CLIENT].has_gap);
    g_assert_false(done->facts.response[OA_HOP_CLIENT].has_gap);
    oa_calls_note_loss(&bench.list, OA_HOP_CLIENT, OA_SERVER);
    done = oa_calls_find(&bench.list, done->facts.call_id);
    g_assert_true(done->facts.response[OA_HOP_CLIENT].has_gap);
    g_assert_false(open->facts.response[OA_HOP_CLIENT].has_gap); /* nothing of it was received */
    end(&bench);
}

/* On two hops a call ends when it is complete on both, unless the OUT channel of a hop is missing.
 * */
static void
test_two_hops(void)
{
    struct oa_rpc_pdu question = {
        .header = { .ptype = OA_RPC_REQUEST, .flags = WIRE_WHOLE, .call_id = 9 }
    };
    struct oa_rpc_pdu reply = { .header = {
                                    .ptype = OA_RPC_RESPONSE, .flags = WIRE_WHOLE, .call_id = 9 } };
    struct bench bench;

    init(&bench, wire_new(false));
    see_hop(&bench, OA_HOP_SERVER);
    take_on(&bench, OA_HOP_CLIENT, question);
    take_on(&bench, OA_HOP_SERVER, question);
    take_on(&bench, OA_HOP_SERVER, reply);
    expect_calls(&bench, "");
    struct call *call = take_on(&bench, OA_HOP_CLIENT, reply);
    expect_calls(&bench, "9 1 1/1\n");
    g_assert_cmpuint(call->facts.request[OA_HOP_SERVER].fragments, ==, 1);
    expect_counts(&bench, 1, 1, 0, 0);
    bench.vc.channel[OA_HOP_SERVER][OA_LEG_OUT] = NULL;
    take_on(&bench, OA_HOP_CLIENT, question);
    take_on(&bench, OA_HOP_CLIENT, reply);
    expect_calls(&bench, "9 1 1/1\n");
    end(&bench);
}

/* The number of waiting calls is bounded, more tightly if only one channel is in the capture. */
static void
test_limits(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    for (uint32_t id = 0; id < 4096; id++)
        request(&bench, id, WIRE_WHOLE, 1);
    expect_calls(&bench, "");
    request(&bench, 4096, WIRE_WHOLE, 1);
    expect_calls(&bench, "0 3 1/0\n");
    bench.vc.leg_seen[OA_HOP_CLIENT][OA_LEG_OUT] = false;
    request(&bench, 4097, WIRE_WHOLE, 1);
    g_assert_cmpuint(bench.list.by_age.length, ==, 64);
    g_assert_cmpuint(g_hash_table_size(bench.list.by_id), ==, 64);
    g_assert_nonnull(oa_calls_find(&bench.list, 4097));
    g_assert_null(oa_calls_find(&bench.list, 4033));
    expect_counts(&bench, 4098, 0, 0, 1);
    g_assert_cmpuint(bench.vc.unknown, ==, 4033);       /* no response could be in the capture */
    g_assert_cmpstr(bench.wire->findings->str, ==, ""); /* nothing is lost by that */
    /* Now there is harm. */
    wire_forget(bench.wire);
    bench.vc.leg_seen[OA_HOP_CLIENT][OA_LEG_OUT] = true;
    request(&bench, 4098, WIRE_WHOLE, 1);
    g_assert_cmpstr(
        bench.wire->findings->str, ==,
        "limit_reached: Too many calls waited for the late channel: the oldest were given up\n");
    /* Responses without requests. */
    wire_forget(bench.wire);
    for (uint32_t id = 0; id <= 1024; id++)
        response(&bench, 10000 + id, WIRE_WHOLE);
    g_assert_cmpuint(bench.vc.no_request, ==, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "limit_reached: Too many responses wait for their request: the oldest are "
                    "given up\n");
    end(&bench);
}

/* The return value of an Exchange operation is in the last four bytes, in the byte order of the
 * PDU; not taken from an encrypted stub, another interface, or another fragment than the last. */
static void
test_return_value(void)
{
    static const struct {
        bool knows_interface, big_endian;
        uint8_t flags, level;
        size_t length;
        bool is_there;
        uint32_t value;
    } CASES[] = {
        { true, false, WIRE_WHOLE, 0, 8, true, 0x08070605 },
        { true, true, WIRE_WHOLE, 0, 8, true, 0x05060708 },
        { true, false, WIRE_WHOLE, OA_RPC_LEVEL_PKT_INTEGRITY, 8, true, 0x08070605 },
        { true, false, WIRE_WHOLE, OA_RPC_LEVEL_PKT_PRIVACY, 8, false, 0 },
        { true, false, FIRST, 0, 8, false, 0 },
        { true, false, WIRE_WHOLE, 0, 3, false, 0 },
        { true, false, WIRE_WHOLE, 0, 4, true, 0x04030201 },
        { false, false, WIRE_WHOLE, 0, 8, false, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct bench bench;
        struct oa_rpc_pdu reply = { .header = { .ptype = OA_RPC_RESPONSE,
                                                .flags = CASES[i].flags,
                                                .big_endian = CASES[i].big_endian,
                                                .call_id = 1 },
                                    .verifier = { .present = CASES[i].level > 0,
                                                  .level = CASES[i].level },
                                    .stub = (const uint8_t *)"\1\2\3\4\5\6\7\10",
                                    .stub_length = CASES[i].length };

        g_test_message("case %u", (unsigned)i);
        init(&bench, wire_new(false));
        if (CASES[i].knows_interface)
            bind_to(&bench, 0, WIRE_EMSMDB);
        request(&bench, 1, WIRE_WHOLE, 1);
        const struct call *call = take_on(&bench, OA_HOP_CLIENT, reply);
        g_assert_cmpint(call->facts.has_return_value, ==, CASES[i].is_there);
        g_assert_cmphex(call->facts.return_value, ==, CASES[i].value);
        end(&bench);
    }
}

/* The beginning of a request comes behind its rest, which is on the next channel: it is no other
 * request with that number. One that follows is. */
static void
test_late_beginning(void)
{
    struct bench bench;

    init(&bench, wire_new(false));
    struct oa_stamp start = bench.wire->now;
    bench.wire->now.time_ns += 1000000;
    struct call *call = request(&bench, 3, LAST, 1);
    struct oa_stamp ended = bench.wire->now;
    bench.wire->now = start;
    g_assert_true(request(&bench, 3, FIRST, 1) == call);
    g_assert_cmpuint(call->facts.request[OA_HOP_CLIENT].fragments, ==, 2);
    g_assert_cmpint(call->facts.request[OA_HOP_CLIENT].first.time_ns, ==, start.time_ns + 1000);
    g_assert_cmpint(call->facts.request[OA_HOP_CLIENT].last.time_ns, ==, ended.time_ns);
    g_assert_cmpuint(bench.vc.calls, ==, 1);
    bench.wire->now = ended;
    request(&bench, 3, FIRST, 1);
    g_assert_cmpuint(bench.vc.calls, ==, 2);
    end(&bench);
}

/* Calls that may join virtual connections: those of virtual connections that may be a part of
 * another, also when they are over. */
static void
test_loose(void)
{
    struct wire *wire = wire_new(false);
    struct bench a, b, tied;

    init(&a, wire);
    init(&b, wire);
    init(&tied, wire);
    a.list.is_part = b.list.is_part = true;
    g_assert_null(oa_calls_loose(wire->tracker, 3));
    request(&tied, 3, WIRE_WHOLE, 1);
    g_assert_null(oa_calls_loose(wire->tracker, 3));
    struct call *older = request(&a, 3, WIRE_WHOLE, 1);
    struct call *newer = request(&b, 3, WIRE_WHOLE, 1);
    const GQueue *loose = oa_calls_loose(wire->tracker, 3);
    g_assert_cmpuint(loose->length, ==, 2);
    g_assert_true(loose->head->data == newer);
    g_assert_true(loose->tail->data == older);
    g_assert_true(
        oa_calls_same_pdu(&older->hash[OA_CLIENT][PDU_LAST], &newer->hash[OA_CLIENT][PDU_LAST]));
    g_assert_false(
        oa_calls_same_pdu(&older->hash[OA_SERVER][PDU_LAST], &newer->hash[OA_SERVER][PDU_LAST]));
    response(&b, 3, WIRE_WHOLE);
    g_assert_cmpuint(oa_calls_loose(wire->tracker, 3)->length, ==, 2);
    g_assert_true(((const struct call *)oa_calls_loose(wire->tracker, 3)->head->data)->over_in ==
                  &b.list);
    oa_calls_end(&a.list);
    g_assert_cmpuint(oa_calls_loose(wire->tracker, 3)->length, ==, 1);
    clear(&b);
    g_assert_null(oa_calls_loose(wire->tracker, 3));
    clear(&a);
    end(&tied);
}

/* A call was over on one hop before its PDUs came on the other, where they were held back: it
 * counts once, whichever of the two virtual connections is a part of the other. */
static void
test_merge_ended(void)
{
    for (int reverse = 0; reverse <= 1; reverse++) {
        struct wire *wire = wire_new(true);
        struct bench near, far;
        struct call_list *lists[] = { &near.list, &far.list };

        init(&near, wire);
        init(&far, wire);
        see_hop(&near, OA_HOP_SERVER);
        near.list.is_part = far.list.is_part = true;
        request(&far, 1, WIRE_WHOLE, 11);
        response(&far, 1, WIRE_WHOLE);
        expect_calls(&far, "1 1 1/1\n");
        take_on(&near, OA_HOP_SERVER,
                (struct oa_rpc_pdu){
                    .header = { .ptype = OA_RPC_RESPONSE, .flags = WIRE_WHOLE, .call_id = 1 } });
        oa_calls_merge(lists[reverse], lists[!reverse]);
        g_assert_cmpuint(lists[reverse]->by_age.length, ==, 0);
        g_assert_cmpuint(lists[reverse]->vc->calls, ==, 1);
        g_assert_cmpuint(lists[reverse]->vc->answered, ==, 1);
        clear(&near);
        clear(&far);
        wire_free(wire);
    }
}

/* Two virtual connections are merged, one with requests, the other with responses. */
static void
test_merge(void)
{
    struct wire *wire = wire_new(true); /* keeps merged calls for inspection */
    struct bench in, out;

    init(&in, wire);
    init(&out, wire);
    bind_to(&in, 0, WIRE_EMSMDB);
    in.vc.channel[OA_HOP_CLIENT][OA_LEG_OUT] = NULL;
    out.vc.channel[OA_HOP_CLIENT][OA_LEG_IN] = NULL;
    struct call *asked = request(&in, 1, WIRE_WHOLE, 11); /* 1: complete on both sides */
    struct call *answered = response(&out, 1, WIRE_WHOLE);
    request(&in, 2, WIRE_WHOLE, 11); /* 2: without a response */
    response(&out, 3, WIRE_WHOLE);   /* 3: without a request */
    struct call *failed = fault(&out, 4, 5);
    request(&in, 4, WIRE_WHOLE, 10);
    struct call *begun = response(&out, 5, FIRST); /* 5: incomplete */
    request(&in, 5, WIRE_WHOLE, 11);
    wire_forget(wire);
    in.vc.channel[OA_HOP_CLIENT][OA_LEG_OUT] = &in.channel[OA_HOP_CLIENT][OA_LEG_OUT];
    oa_calls_merge(&in.list, &out.list);
    g_assert_cmpstr(wire->calls->str, ==, "1 1 1/1\n4 2 1/1\n");
    g_assert_cmpstr(wire->findings->str, ==,
                    "rpc_fault: EcDoConnectEx: ERROR_ACCESS_DENIED (0x00000005)\n");
    g_assert_true(answered->facts.joined == &asked->facts);
    g_assert_true(begun->facts.joined == &oa_calls_find(&in.list, 5)->facts);
    g_assert_nonnull(failed->facts.joined);
    g_assert_true(oa_calls_find(&in.list, 3)->facts.vc == &in.vc);
    g_assert_cmpuint(out.list.by_age.length, ==, 0);
    g_assert_cmpuint(in.list.orphans.length, ==, 1);
    g_assert_cmpuint(in.vc.calls, ==, 5);
    /* The call that ended last is that of the current event. */
    g_assert_cmpuint(oa_calls_ended(wire->tracker)->call_id, ==, 4);
    wire_forget(wire);
    response(&in, 5, LAST);
    expect_calls(&in, "5 1 1/2\n");
    oa_calls_end(&in.list);
    expect_calls(&in, "2 3 1/0\n3 4 0/1\n");
    expect_counts(&in, 5, 2, 1, 1);
    clear(&out);
    end(&in);
}

/* EcDoConnectEx identifies the client, [MS-OXCRPC] 3.1.4.1: its parameters are kept until it ends,
 * from all fragments, unless one is missing or they are encrypted. */
static void
test_client(void)
{
    static const char DN[] = "/o=Lab/cn=ada";
    GByteArray *stub = g_byte_array_new();

    wire_put(stub, sizeof DN, 4); /* szUserDN: conformant varying, with its terminator */
    wire_put(stub, 0, 4);
    wire_put(stub, sizeof DN, 4);
    wire_put_bytes(stub, DN, sizeof DN);
    wire_put(stub, 0, (4 - sizeof DN % 4) % 4);
    for (int i = 0; i < 30; i++) /* the following parameters do not matter here */
        wire_put(stub, 0, 4);
    for (int variant = 0; variant < 3; variant++) {
        struct oa_rpc_pdu part = {
            .header = { .ptype = OA_RPC_REQUEST, .flags = FIRST, .call_id = 1 },
            .opnum = 10,
            .stub = stub->data,
            .stub_length = 7
        };
        struct bench bench;

        init(&bench, wire_new(false));
        bind_to(&bench, 0, WIRE_EMSMDB);
        part.verifier.present = variant == 2;
        part.verifier.level = OA_RPC_LEVEL_PKT_PRIVACY;
        take_on(&bench, OA_HOP_CLIENT, part);
        if (variant == 1)
            oa_calls_note_loss(&bench.list, OA_HOP_CLIENT, OA_CLIENT);
        part.header.flags = LAST;
        part.stub += 7;
        part.stub_length = stub->len - 7;
        take_on(&bench, OA_HOP_CLIENT, part);
        g_assert_null(bench.vc.client);
        response(&bench, 1, WIRE_WHOLE);
        if (variant == 0)
            g_assert_cmpstr(bench.vc.client->user_dn, ==, DN);
        else
            g_assert_true(!bench.vc.client || !bench.vc.client->user_dn[0]);
        end(&bench);
    }
    g_byte_array_unref(stub);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calls/fragments", test_fragments);
    g_test_add_func("/calls/clock-set-back", test_clock_set_back);
    g_test_add_func("/calls/fault", test_fault);
    g_test_add_func("/calls/response-first", test_response_first);
    g_test_add_func("/calls/orphans", test_orphans);
    g_test_add_func("/calls/late-requests", test_late_requests);
    g_test_add_func("/calls/request-after-end", test_request_after_end);
    g_test_add_func("/calls/endless-response", test_endless_response);
    g_test_add_func("/calls/part-after-end", test_part_after_end);
    g_test_add_func("/calls/unknown", test_unknown);
    g_test_add_func("/calls/reused", test_reused);
    g_test_add_func("/calls/gaps", test_gaps);
    g_test_add_func("/calls/two-hops", test_two_hops);
    g_test_add_func("/calls/limits", test_limits);
    g_test_add_func("/calls/return-value", test_return_value);
    g_test_add_func("/calls/loose", test_loose);
    g_test_add_func("/calls/late-beginning", test_late_beginning);
    g_test_add_func("/calls/merge", test_merge);
    g_test_add_func("/calls/a part of a call that has ended", test_merge_ended);
    g_test_add_func("/calls/client", test_client);
    return g_test_run();
}
