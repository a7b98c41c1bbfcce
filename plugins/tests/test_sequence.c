/* test_sequence.c
 * Establishment and recycling: which PDUs belong together, R1 or R2, and what is missing.
 * [MS-RPCH] 2.2.4, 3.2.1.5.1, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/sequence.h"

#include <string.h>

#include "track/sequence_steps.h"
#include "wire.h"

/* A virtual connection with a channel for each leg, whose PDUs are given by name. */
struct bench {
    struct wire *wire;
    struct oa_virtual_connection vc;
    struct oa_channel channel[OA_HOPS][OA_LEGS];
    const struct oa_sequence *sequence; /* of the last PDU */
};

static void
init(struct bench *bench, bool client_hop, bool server_hop)
{
    memset(bench, 0, sizeof *bench);
    bench->wire = wire_new(false);
    bench->vc.ending.how = OA_END_FIN;
    for (int hop = 0; hop < OA_HOPS; hop++)
        for (int leg = 0; leg < OA_LEGS; leg++) {
            struct oa_channel *channel = &bench->channel[hop][leg];
            channel->hop = (enum oa_hop)hop;
            channel->kind = leg == OA_LEG_IN ? OA_CHANNEL_IN : OA_CHANNEL_OUT;
            channel->vc = &bench->vc;
            bench->vc.leg_seen[hop][leg] =
                oa_hop_is_http((enum oa_hop)hop) ? client_hop : server_hop;
            bench->vc.legs_ended[hop][leg] = 2;
        }
}

static void
end(struct bench *bench)
{
    oa_sequences_free(&bench->vc);
    g_free(bench->vc.findings);
    wire_free(bench->wire);
}

static enum oa_rts_pdu
pdu_of(const char *name)
{
    for (unsigned pdu = OA_RTS_UNKNOWN + 1; pdu < OA_RTS_PDUS; pdu++)
        if (strcmp(OA_RTS_PDU_ROWS[pdu].name, name) == 0)
            return (enum oa_rts_pdu)pdu;
    g_error("%s is no PDU", name);
}

/* Names as the decoder sets them: both names if PDUs of R1 and R2 have the same signature and
 * place. */
static struct oa_rts_name
name_of(const char *name)
{
    enum oa_rts_pdu pdu = pdu_of(name);
    const struct oa_rts_pdu_row *row = &OA_RTS_PDU_ROWS[pdu];
    struct oa_rts_name both = { pdu, pdu, false };

    for (unsigned i = OA_RTS_UNKNOWN + 1; i < OA_RTS_PDUS; i++) {
        const struct oa_rts_pdu_row *other = &OA_RTS_PDU_ROWS[i];
        if (other->flags == row->flags && other->places == row->places &&
            other->n_commands == row->n_commands &&
            memcmp(other->commands, row->commands, sizeof row->commands) == 0) {
            if (strstr(other->name, "_R2/"))
                both.r2 = (enum oa_rts_pdu)i;
            else
                both.r1 = (enum oa_rts_pdu)i;
        }
    }
    return both;
}

/* Takes the PDU under that name, in a frame of its own. */
static enum oa_sequence_effect
take_name(struct bench *bench, const char *name, struct oa_rts_name rts_name)
{
    unsigned places = OA_RTS_PDU_ROWS[pdu_of(name)].places;
    bool on_client_hop = places & (OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST | OA_RTS_OUT_RESPONSE);
    bool on_in = places & (OA_RTS_IN_REQUEST | OA_RTS_IN_PROXY | OA_RTS_IN_SERVER);
    struct oa_event event = { .vc = &bench->vc, .rts_name = rts_name };

    event.channel = &bench->channel[on_client_hop ? OA_HOP_CLIENT : OA_HOP_SERVER]
                                   [on_in ? OA_LEG_IN : OA_LEG_OUT];
    event.first = event.last = bench->wire->now;
    bench->wire->now.frame++;
    enum oa_sequence_effect effect = oa_sequence_take(bench->wire->tracker, &event);
    bench->sequence = event.sequence;
    return effect;
}

static enum oa_sequence_effect
take(struct bench *bench, const char *name)
{
    return take_name(bench, name, name_of(name));
}

/* Takes PDUs in that order, with their names separated by spaces; returns the frame of the first.
 * */
static uint64_t
take_all(struct bench *bench, const char *names)
{
    char **list = g_strsplit(names, " ", -1);
    uint64_t first = bench->wire->now.frame;

    for (char **name = list; *name; name++)
        take(bench, *name);
    g_strfreev(list);
    return first;
}

static void
judge(struct bench *bench)
{
    wire_forget(bench->wire);
    oa_sequence_judge(bench->wire->tracker, &bench->vc, NULL);
}

static void
expect_type(const struct bench *bench, enum oa_leg leg, enum oa_recycle_type type, bool is_complete)
{
    g_assert_nonnull(bench->vc.recycle[leg]);
    g_assert_cmpint(bench->vc.recycle[leg]->type, ==, type);
    g_assert_cmpint(bench->vc.recycle[leg]->is_complete, ==, is_complete);
}

#define CONN "CONN/A1 CONN/B1 CONN/A3 CONN/C2"
#define CONN_SERVER "CONN/A2 CONN/B2 CONN/C1 CONN/B3"
#define CONN_BOTH "CONN/A1 CONN/A2 CONN/B1 CONN/B2 CONN/A3 CONN/C1 CONN/C2 CONN/B3"

static void
test_establishment(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, "CONN/A1 CONN/B1 CONN/A3");
    g_assert_false(bench.vc.conn.is_complete);
    take(&bench, "CONN/C2");
    g_assert_true(bench.vc.conn.is_complete);
    g_assert_true(bench.sequence == &bench.vc.conn);
    g_assert_cmpuint(bench.vc.conn.n_steps, ==, 4);
    g_assert_cmpuint(bench.vc.conn.first.frame, ==, 1);
    g_assert_cmpuint(bench.vc.conn.last.frame, ==, 4);
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);
}

/* Both hops: what a PDU becomes when it is forwarded, and what it was before. */
static void
test_passed_on(void)
{
    struct bench bench;

    init(&bench, true, true);
    take_all(&bench, CONN_BOTH);
    const struct oa_sequence *conn = &bench.vc.conn;
    g_assert_cmpuint(oa_sequence_passed_on_in(conn, OA_RTS_CONN_A1), ==, 2);
    g_assert_cmpuint(oa_sequence_passed_on_from(conn, OA_RTS_CONN_B2), ==, 3);
    g_assert_cmpuint(oa_sequence_passed_on_in(conn, OA_RTS_CONN_C1), ==, 7);
    g_assert_cmpuint(oa_sequence_passed_on_in(conn, OA_RTS_CONN_C2), ==, 0);
    g_assert_cmpuint(oa_sequence_passed_on_in(conn, OA_RTS_CONN_A3), ==, 0);
    /* A1 of an IN_R2 becomes the server's A2, which has the signature of A6 of an IN_R1, which A5
     * becomes. */
    take_all(&bench, "IN_R2/A1 IN_R2/A2 IN_R2/A3 IN_R2/A4 IN_R2/A5");
    g_assert_cmpuint(oa_sequence_passed_on_in(bench.sequence, OA_RTS_IN_R1_A1), ==, 10);
    g_assert_cmpuint(oa_sequence_passed_on_from(bench.sequence, OA_RTS_IN_R1_A6), ==, 9);
    g_assert_cmpuint(oa_sequence_passed_on_in(bench.sequence, OA_RTS_IN_R1_A5), ==, 0);
    take_all(&bench, "IN_R1/A1 IN_R1/A2 IN_R1/A3 IN_R1/A4 IN_R1/A5 IN_R1/A6 IN_R1/B1 IN_R1/B2");
    g_assert_cmpuint(oa_sequence_passed_on_in(bench.sequence, OA_RTS_IN_R1_A1), ==, 15);
    g_assert_cmpuint(oa_sequence_passed_on_in(bench.sequence, OA_RTS_IN_R1_A5), ==, 19);
    g_assert_cmpuint(oa_sequence_passed_on_from(bench.sequence, OA_RTS_IN_R1_A6), ==, 18);
    end(&bench);
}

/* Establishments with missing steps, each with its finding. */
static void
test_missing(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, "CONN/A3 CONN/B1 CONN/C2");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "rts_state: CONN/A3 without CONN/A1\nrts_state: CONN/C2 without CONN/A1\n");
    g_assert_cmpint(oa_sequence_missing(&bench.vc.conn, OA_RTS_CONN_C2).r1, ==, OA_RTS_CONN_A1);
    g_assert_cmpint(oa_sequence_missing(&bench.vc.conn, OA_RTS_CONN_B1).r1, ==, OA_RTS_UNKNOWN);
    end(&bench);

    /* It may be among bytes that the capture lacks, or have come before the capture began. */
    for (int is_late = 0; is_late <= 1; is_late++) {
        init(&bench, true, false);
        take_all(&bench, "CONN/A3 CONN/B1 CONN/C2");
        if (is_late)
            bench.vc.leg_late[OA_HOP_CLIENT][OA_LEG_OUT] = true;
        else
            bench.vc.traffic[OA_HOP_CLIENT][OA_CLIENT].skipped_bytes = 76;
        judge(&bench);
        g_assert_cmpstr(bench.wire->findings->str, ==, "");
        end(&bench);
    }

    init(&bench, true, true);
    take_all(&bench, "CONN/A1 CONN/B1 CONN/B2 CONN/C1 CONN/B3 CONN/A3 CONN/C2");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "rts_state: CONN/C1 without CONN/A2\n");
    end(&bench);

    /* C2 without A3, as through a broker, is allowed. */
    init(&bench, true, false);
    take_all(&bench, "CONN/A1 CONN/B1 CONN/C2");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);

    /* Begun but never finished. */
    init(&bench, true, false);
    take_all(&bench, "CONN/A1 CONN/B1 CONN/A3");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "not_established: The establishment ends with CONN/A3\n");
    end(&bench);
}

/* What is under way when the capture ends has not failed, unless it was for long. */
static void
test_end_of_capture(void)
{
    static const char RECYCLE[] = CONN " OUT_R1/A1 OUT_R1/A2", BEGUN[] = "CONN/A1 CONN/B1";
    struct bench bench;

    for (int is_long = 0; is_long <= 1; is_long++)
        for (int is_recycle = 0; is_recycle <= 1; is_recycle++) {
            init(&bench, true, false);
            bench.vc.ending.how = OA_END_OPEN;
            take_all(&bench, is_recycle ? RECYCLE : BEGUN);
            bench.wire->now.time_ns += is_long ? INT64_C(11000000000) : INT64_C(9000000000);
            wire_in(bench.wire, 9); /* the capture goes on */
            judge(&bench);
            g_assert_cmpstr(bench.wire->findings->str, ==,
                            !is_long ? ""
                            : is_recycle
                                ? "recycle_failed: A recycling of the OUT channel ends "
                                  "with OUT_R?/A2\n"
                                : "not_established: The establishment ends with CONN/B1\n");
            g_assert_cmpuint(bench.vc.recycles_failed, ==, is_long && is_recycle);
            end(&bench);
        }
}

/* The capture lacks the connection of a successor, or of the first channel. */
static void
test_lacks_connection(void)
{
    static const char *const RECYCLES[] = { " IN_R1/A4 IN_R1/A5", " OUT_R1/A1 OUT_R1/A2 OUT_R1/A6",
                                            " OUT_R1/A1 OUT_R1/A2" };
    struct bench bench;

    for (size_t i = 0; i < G_N_ELEMENTS(RECYCLES); i++)
        for (unsigned ended = 1; ended <= 2; ended++) {
            char *steps = g_strconcat(CONN, RECYCLES[i], NULL);
            init(&bench, true, false);
            for (int leg = 0; leg < OA_LEGS; leg++)
                bench.vc.legs_ended[OA_HOP_CLIENT][leg] = ended;
            take_all(&bench, steps);
            judge(&bench);
            g_assert_cmpint(bench.wire->findings->len > 0, ==, ended == 2 || i == 2);
            g_free(steps);
            end(&bench);
        }
}

/* A7 and A8 of an OUT_R2 have a long form, with a name of its own: each form is the step. A step
 * that is missing has the name of the recycling's type. */
static void
test_both_forms(void)
{
    static const enum oa_rts_pdu LONG[] = { OA_RTS_OUT_R2_A7, OA_RTS_OUT_R2_A8 };
    struct bench bench;

    for (int is_long = 0; is_long <= 1; is_long++) {
        init(&bench, true, true);
        take_all(&bench, CONN_BOTH " OUT_R2/A1 OUT_R2/A2 OUT_R2/A3 OUT_R2/A4 OUT_R2/A5 OUT_R2/A6");
        for (size_t i = 0; i < G_N_ELEMENTS(LONG); i++) {
            const char *name = OA_RTS_PDU_ROWS[LONG[i]].name;
            take_name(&bench, name,
                      is_long ? (struct oa_rts_name){ LONG[i], LONG[i], false } : name_of(name));
        }
        take_all(&bench, "OUT_R2/C1 OUT_R2/B1 OUT_R2/B3");
        judge(&bench);
        g_assert_cmpstr(bench.wire->findings->str, ==, "");
        end(&bench);
    }

    init(&bench, true, true);
    take_all(&bench, CONN_BOTH " OUT_R2/A1 OUT_R2/A2 OUT_R2/A3 OUT_R2/A4 OUT_R2/A5 OUT_R2/A6 "
                               "OUT_R2/A7 OUT_R2/C1 OUT_R2/B1 OUT_R2/B3");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "rts_state: OUT_R2/B1 without OUT_R2/A8\n");
    end(&bench);
}

/* A step that is not in the capture may still have been sent. */
static void
test_not_judged(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, "CONN/A3 CONN/C2");
    bench.vc.leg_seen[OA_HOP_CLIENT][OA_LEG_IN] = false; /* one channel of two */
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    bench.vc.leg_seen[OA_HOP_CLIENT][OA_LEG_IN] = true;
    bench.vc.traffic[OA_HOP_CLIENT][OA_SERVER].skipped_bytes = 1; /* a loss */
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    bench.vc.traffic[OA_HOP_CLIENT][OA_SERVER].skipped_bytes = 0;
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, !=, "");
    end(&bench);

    /* A recycling in a capture that begins in the middle. */
    init(&bench, true, false);
    take_all(&bench, "OUT_R1/A6 OUT_R1/A7");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);

    /* Only one hop is complete: only its steps are checked. */
    init(&bench, true, true);
    take_all(&bench, CONN_BOTH);
    bench.vc.leg_seen[OA_HOP_SERVER][OA_LEG_IN] = false;
    take_all(&bench, "OUT_R1/A2 OUT_R1/A3 OUT_R1/A6 OUT_R1/A9 OUT_R1/A11");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "rts_state: OUT_R1/A11 without OUT_R1/A10\n");
    end(&bench);
}

static void
test_again(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, "CONN/A1 CONN/B1 CONN/A1");
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "rts_state: CONN/A1 again; first seen in frame 1\n");
    g_assert_cmpuint(bench.vc.conn.n_steps, ==, 2);
    wire_forget(bench.wire);
    /* After a 401 the client begins once more. */
    bench.channel[OA_HOP_CLIENT][OA_LEG_IN].auth_legs = 1;
    take(&bench, "CONN/B1");
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    g_assert_cmpuint(oa_sequence_frame(&bench.vc.conn, OA_RTS_CONN_B1), ==, 2);
    end(&bench);
}

/* The PDU that shows the type of a recycling is another one on each hop. */
static void
test_type(void)
{
    static const struct {
        const char *before, *undecided, *decides;
        bool client_hop, server_hop;
        enum oa_leg leg;
        enum oa_recycle_type type;
    } CASES[] = {
        { CONN, "IN_R1/A1", "IN_R1/A4", true, false, OA_LEG_IN, OA_RECYCLE_R1 },
        { CONN, "IN_R2/A1", "IN_R2/A4", true, false, OA_LEG_IN, OA_RECYCLE_R2 },
        { CONN_SERVER, NULL, "IN_R1/A2", false, true, OA_LEG_IN, OA_RECYCLE_R1 },
        { CONN_SERVER, NULL, "IN_R2/A2", false, true, OA_LEG_IN, OA_RECYCLE_R2 },
        { CONN, "OUT_R1/A2 OUT_R1/A3", "OUT_R1/A6", true, false, OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN, "OUT_R2/A2 OUT_R2/A3", "OUT_R2/A6", true, false, OA_LEG_OUT, OA_RECYCLE_R2 },
        { CONN, "OUT_R1/A2 OUT_R1/A3", "OUT_R1/A7", true, false, OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN, "OUT_R2/A2 OUT_R2/A3", "OUT_R2/A7", true, false, OA_LEG_OUT, OA_RECYCLE_R2 },
        { CONN_SERVER, "OUT_R1/A1", "OUT_R1/A4", false, true, OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN_SERVER, "OUT_R2/A1", "OUT_R2/A4", false, true, OA_LEG_OUT, OA_RECYCLE_R2 },
        /* In the middle of a connection the single cookie of an inbound proxy may belong to either.
         */
        { NULL, "IN_R2/A2", "IN_R1/B1", false, true, OA_LEG_IN, OA_RECYCLE_R1 },
        { NULL, "OUT_R1/A8", "OUT_R2/B2", false, true, OA_LEG_OUT, OA_RECYCLE_R2 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct bench bench;

        g_test_message("%s", CASES[i].decides);
        init(&bench, CASES[i].client_hop, CASES[i].server_hop);
        if (CASES[i].before)
            take_all(&bench, CASES[i].before);
        if (CASES[i].undecided) {
            take_all(&bench, CASES[i].undecided);
            g_assert_cmpint(bench.sequence->type, ==, OA_RECYCLE_UNDECIDED);
        }
        take(&bench, CASES[i].decides);
        g_assert_true(bench.sequence == bench.vc.recycle[CASES[i].leg]);
        g_assert_cmpint(bench.sequence->type, ==, CASES[i].type);
        g_assert_null(bench.vc.recycle[!CASES[i].leg]);
        end(&bench);
    }
}

/* Complete recyclings on one hop and on both have no finding; bytes on the predecessor after its
 * last PDU have no meaning. */
static void
test_whole(void)
{
    static const struct {
        const char *conn, *names, *drains;
        bool client_hop, server_hop;
        enum oa_leg leg;
        enum oa_recycle_type type;
    } CASES[] = {
        { CONN, "IN_R1/A1 IN_R1/A4 IN_R1/A5", "", true, false, OA_LEG_IN, OA_RECYCLE_R1 },
        { CONN, "IN_R2/A1 IN_R2/A4 IN_R2/A5", "", true, false, OA_LEG_IN, OA_RECYCLE_R2 },
        { CONN_SERVER, "IN_R1/A2 IN_R1/A3 IN_R1/A6 IN_R1/B1 IN_R1/B2", "", false, true, OA_LEG_IN,
          OA_RECYCLE_R1 },
        { CONN_SERVER, "IN_R2/A2 IN_R2/A3", "", false, true, OA_LEG_IN, OA_RECYCLE_R2 },
        { CONN_BOTH, "IN_R1/A1 IN_R1/A2 IN_R1/A3 IN_R1/A4 IN_R1/A5 IN_R1/A6 IN_R1/B1 IN_R1/B2", "",
          true, true, OA_LEG_IN, OA_RECYCLE_R1 },
        { CONN_BOTH, "IN_R2/A1 IN_R2/A2 IN_R2/A3 IN_R2/A4 IN_R2/A5", "", true, true, OA_LEG_IN,
          OA_RECYCLE_R2 },
        { CONN, "OUT_R1/A2 OUT_R1/A3 OUT_R1/A6 OUT_R1/A7 OUT_R1/A10 OUT_R1/A11", "OUT_R1/A10", true,
          false, OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN, "OUT_R2/A2 OUT_R2/A3 OUT_R2/A6 OUT_R2/A7 OUT_R2/C1 OUT_R2/B3", "OUT_R2/B3", true,
          false, OA_LEG_OUT, OA_RECYCLE_R2 },
        { CONN_SERVER, "OUT_R1/A1 OUT_R1/A4 OUT_R1/A5 OUT_R1/A8 OUT_R1/A9", "", false, true,
          OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN_SERVER, "OUT_R2/A1 OUT_R2/A4 OUT_R2/A5 OUT_R2/A8 OUT_R2/B1", "", false, true,
          OA_LEG_OUT, OA_RECYCLE_R2 },
        { CONN_BOTH,
          "OUT_R1/A1 OUT_R1/A2 OUT_R1/A3 OUT_R1/A4 OUT_R1/A5 OUT_R1/A6 OUT_R1/A7 OUT_R1/A8 "
          "OUT_R1/A9 OUT_R1/A10 OUT_R1/A11",
          "OUT_R1/A10", true, true, OA_LEG_OUT, OA_RECYCLE_R1 },
        { CONN_BOTH,
          "OUT_R2/A1 OUT_R2/A2 OUT_R2/A3 OUT_R2/A4 OUT_R2/A5 OUT_R2/A6 OUT_R2/C1 OUT_R2/A7 "
          "OUT_R2/A8 OUT_R2/B1 OUT_R2/B3",
          "OUT_R2/B3", true, true, OA_LEG_OUT, OA_RECYCLE_R2 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        char **names = g_strsplit(CASES[i].names, " ", -1);
        const struct oa_sequence *sequence = NULL;
        struct bench bench;

        g_test_message("%s", CASES[i].names);
        init(&bench, CASES[i].client_hop, CASES[i].server_hop);
        take_all(&bench, CASES[i].conn);
        for (char **name = names; *name; name++) {
            enum oa_sequence_effect effect = take(&bench, *name);
            g_assert_cmpint(effect == OA_SEQUENCE_DRAINS, ==, strcmp(*name, CASES[i].drains) == 0);
            g_assert_true(!sequence || sequence == bench.sequence); /* all belong to one sequence */
            sequence = bench.sequence;
        }
        g_assert_cmpuint(sequence->n_steps, ==, g_strv_length(names));
        g_assert_cmpuint(bench.vc.recycles[CASES[i].leg], ==, 1);
        expect_type(&bench, CASES[i].leg, CASES[i].type, true);
        judge(&bench);
        g_assert_cmpstr(bench.wire->findings->str, ==, "");
        g_assert_cmpuint(bench.vc.recycles_failed, ==, 0);
        g_strfreev(names);
        end(&bench);
    }
}

/* OUT_R2/B2 is the server's refusal; an incomplete recycling has failed, unless the capture ended
 * first. */
static void
test_failed(void)
{
    struct bench bench;

    init(&bench, false, true);
    take_all(&bench, CONN_SERVER " OUT_R2/A1 OUT_R2/A4 OUT_R2/A5 OUT_R2/A8");
    g_assert_cmpint(take(&bench, "OUT_R2/B2"), ==, OA_SEQUENCE_GOES_ON);
    g_assert_true(bench.sequence->has_failed);
    g_assert_cmpuint(bench.vc.recycles_failed, ==, 1);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "recycle_failed: The server refuses the successor of the OUT channel "
                    "(OUT_R2/B2)\n");
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    g_assert_cmpuint(bench.vc.recycles_failed, ==, 1);
    end(&bench);

    init(&bench, true, false);
    take_all(&bench, CONN " IN_R2/A1 OUT_R2/A2 OUT_R2/A3");
    judge(&bench);
    g_assert_cmpuint(bench.vc.recycles_failed, ==, 2);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "recycle_failed: A recycling of the IN channel ends with IN_R?/A1\n"
                    "recycle_failed: A recycling of the OUT channel ends with OUT_R?/A3\n");
    bench.vc.recycles_failed = 0;
    bench.vc.ending.how = OA_END_OPEN;
    judge(&bench);
    g_assert_cmpuint(bench.vc.recycles_failed, ==, 0);
    end(&bench);
}

/* A successor is recycled itself, IN and OUT overlap, and R1 follows R2. */
static void
test_chain(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, CONN);
    take_all(&bench, "IN_R2/A1 OUT_R1/A2 IN_R2/A4 OUT_R1/A3 IN_R2/A5");
    const struct oa_sequence *first = bench.vc.recycle[OA_LEG_IN];
    expect_type(&bench, OA_LEG_IN, OA_RECYCLE_R2, true);
    expect_type(&bench, OA_LEG_OUT, OA_RECYCLE_UNDECIDED, false);
    take_all(&bench, "IN_R1/A1 OUT_R1/A6 IN_R1/A4");
    expect_type(&bench, OA_LEG_IN, OA_RECYCLE_R1, false);
    take_all(&bench, "IN_R1/A5 IN_R2/A1 IN_R2/A4 IN_R2/A5 OUT_R1/A7 OUT_R1/A10 OUT_R1/A11");
    expect_type(&bench, OA_LEG_IN, OA_RECYCLE_R2, true);
    expect_type(&bench, OA_LEG_OUT, OA_RECYCLE_R1, true);
    g_assert_cmpuint(bench.vc.recycles[OA_LEG_IN], ==, 3);
    g_assert_cmpuint(bench.vc.recycles[OA_LEG_OUT], ==, 1);
    g_assert_true(bench.vc.recycle[OA_LEG_IN]->next->next == first);
    g_assert_null(first->next);
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);

    /* A step that the newest recycling already has begins another, even if the newest one is
     * incomplete. */
    init(&bench, true, false);
    take_all(&bench, CONN " IN_R2/A1 IN_R2/A4 IN_R2/A1");
    g_assert_cmpuint(bench.vc.recycles[OA_LEG_IN], ==, 2);
    g_assert_cmpstr(bench.wire->findings->str, ==, "");
    end(&bench);
}

/* Late steps count as a recycling only in a capture that begins in the middle. */
static void
test_late_steps(void)
{
    struct bench bench;

    init(&bench, true, false);
    take_all(&bench, CONN " OUT_R1/A6");
    g_assert_cmpuint(bench.vc.recycles[OA_LEG_OUT], ==, 0);
    judge(&bench);
    g_assert_cmpstr(bench.wire->findings->str, ==,
                    "rts_state: OUT_R1/A6 without OUT_R1/A3\n"
                    "recycle_failed: A recycling of the OUT channel ends with OUT_R1/A6\n");
    end(&bench);

    init(&bench, true, false);
    take(&bench, "OUT_R1/A6");
    g_assert_cmpuint(bench.vc.recycles[OA_LEG_OUT], ==, 1);
    end(&bench);
}

/* PDUs that are not steps of a sequence. */
static void
test_unrelated(void)
{
    struct bench bench;

    init(&bench, true, true);
    take_all(&bench, "Ping Keep-Alive PingTrafficSentNotify FlowControlAck");
    g_assert_null(bench.sequence);
    g_assert_cmpuint(bench.vc.conn.n_steps, ==, 0);
    g_assert_null(bench.vc.recycle[OA_LEG_IN]);
    g_assert_null(bench.vc.recycle[OA_LEG_OUT]);
    end(&bench);
}

/* The two hops were taken for two virtual connections. */
static void
test_merge(void)
{
    struct bench client, server;

    init(&client, true, false);
    init(&server, false, true);
    take_all(&client, "CONN/A1 CONN/B1");
    server.wire->now.frame = 3;
    take_all(&server, "CONN/A2 CONN/B2 CONN/C1");
    client.wire->now.frame = 6;
    take_all(&client, "CONN/A3 CONN/C2 OUT_R2/A2 OUT_R2/A3"); /* of R1 or R2 */
    const struct oa_sequence *mine = client.sequence;
    server.wire->now.frame = 20;
    take_all(&server, "OUT_R2/A1 OUT_R2/A4 OUT_R2/A5 OUT_R2/A8 OUT_R2/B1");
    const struct oa_sequence *part = server.sequence;

    oa_sequence_merge(&client.vc, &server.vc);
    g_assert_cmpuint(client.vc.conn.n_steps, ==, 7);
    for (unsigned i = 1; i < client.vc.conn.n_steps; i++)
        g_assert_cmpuint(client.vc.conn.step[i - 1].stamp.frame, <,
                         client.vc.conn.step[i].stamp.frame);
    g_assert_cmpuint(oa_sequence_passed_on_in(&client.vc.conn, OA_RTS_CONN_A1), ==, 3);
    g_assert_true(oa_sequence_whole(&server.vc.conn) == &client.vc.conn);
    /* It is one recycling, of which each had one hop: now its type is known. */
    g_assert_true(client.vc.recycle[OA_LEG_OUT] == mine);
    g_assert_null(mine->next);
    g_assert_cmpuint(mine->n_steps, ==, 7);
    g_assert_cmpint(mine->type, ==, OA_RECYCLE_R2);
    g_assert_true(mine->is_complete);
    g_assert_cmpuint(client.vc.recycles[OA_LEG_OUT], ==, 1);
    g_assert_true(oa_sequence_whole(part) == mine); /* pointers to the part lead to the whole */
    g_assert_null(server.vc.recycle[OA_LEG_OUT]);
    g_assert_null(server.vc.absorbed);
    end(&server);
    g_assert_true(oa_sequence_whole(part) == mine);
    end(&client);
}

/* Recyclings with a common step, or of different types, are not merged. */
static void
test_merge_apart(void)
{
    static const char *const MINE[] = { "IN_R2/A1 IN_R2/A4", "IN_R2/A1 IN_R2/A4" };
    static const char *const OTHER[] = { "IN_R2/A4 IN_R2/A5", "IN_R1/A2 IN_R1/A6" };

    for (size_t i = 0; i < G_N_ELEMENTS(MINE); i++) {
        struct bench into, from;

        init(&into, true, false);
        init(&from, true, true);
        take_all(&into, MINE[i]);
        take_all(&from, OTHER[i]);
        oa_sequence_merge(&into.vc, &from.vc);
        const struct oa_sequence *newest = into.vc.recycle[OA_LEG_IN];
        g_assert_cmpuint(newest->n_steps, ==, 2);
        g_assert_cmpuint(newest->next->n_steps, ==, 2);
        g_assert_null(newest->next->next);
        g_assert_null(newest->joined);
        g_assert_null(newest->next->joined);
        g_assert_cmpuint(into.vc.recycles[OA_LEG_IN], ==, 2);
        g_assert_null(into.vc.absorbed);
        end(&from);
        end(&into);
    }
}

/* A sequence does not exceed its size however many parts are merged. */
static void
test_merge_full(void)
{
    struct bench into;

    init(&into, true, true);
    take_all(&into, CONN_BOTH);
    for (int i = 0; i < 4; i++) {
        struct bench from;
        init(&from, true, true);
        take_all(&from, CONN_BOTH);
        oa_sequence_merge(&into.vc, &from.vc);
        end(&from);
    }
    g_assert_cmpuint(into.vc.conn.n_steps, ==, OA_SEQUENCE_STEPS_MAX);
    end(&into);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sequence/establishment", test_establishment);
    g_test_add_func("/sequence/passed-on", test_passed_on);
    g_test_add_func("/sequence/missing", test_missing);
    g_test_add_func("/sequence/lacks-connection", test_lacks_connection);
    g_test_add_func("/sequence/end-of-capture", test_end_of_capture);
    g_test_add_func("/sequence/both-forms", test_both_forms);
    g_test_add_func("/sequence/not-judged", test_not_judged);
    g_test_add_func("/sequence/again", test_again);
    g_test_add_func("/sequence/type", test_type);
    g_test_add_func("/sequence/whole", test_whole);
    g_test_add_func("/sequence/failed", test_failed);
    g_test_add_func("/sequence/chain", test_chain);
    g_test_add_func("/sequence/late-steps", test_late_steps);
    g_test_add_func("/sequence/unrelated", test_unrelated);
    g_test_add_func("/sequence/merge", test_merge);
    g_test_add_func("/sequence/merge-apart", test_merge_apart);
    g_test_add_func("/sequence/merge-full", test_merge_full);
    return g_test_run();
}
