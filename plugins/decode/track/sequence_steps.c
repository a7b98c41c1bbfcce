/* sequence_steps.c
 * The steps of a sequence of RTS PDUs: which step each requires, and what it becomes on the next
 * hop. [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.1 (establishment), 3.2.1.5.2 (recycling)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/sequence_steps.h"

#include <glib.h>
#include <string.h>

/* [MS-RPCH] 2.2.4: what must have come before a PDU on the same hop. Steps that have a name in both
 * recyclings are listed by that of oa_rts_name.r1. */
/* clang-format off */
static const struct {
    enum oa_rts_pdu pdu, before;
} REQUIRED[] = {
    { OA_RTS_CONN_A3, OA_RTS_CONN_A1 },
    { OA_RTS_CONN_C2, OA_RTS_CONN_A1 },
    { OA_RTS_CONN_C1, OA_RTS_CONN_A2 },
    { OA_RTS_CONN_B3, OA_RTS_CONN_B2 },
    { OA_RTS_IN_R1_A3, OA_RTS_IN_R1_A2 },
    { OA_RTS_IN_R1_A4, OA_RTS_IN_R1_A1 },
    { OA_RTS_IN_R1_A5, OA_RTS_IN_R1_A1 },
    { OA_RTS_IN_R1_B1, OA_RTS_IN_R1_A6 },
    { OA_RTS_IN_R1_B2, OA_RTS_IN_R1_B1 },
    { OA_RTS_IN_R2_A3, OA_RTS_IN_R1_A6 },
    { OA_RTS_IN_R2_A4, OA_RTS_IN_R1_A1 },
    { OA_RTS_OUT_R1_A3, OA_RTS_OUT_R1_A2 },
    { OA_RTS_OUT_R1_A4, OA_RTS_OUT_R1_A1 },
    { OA_RTS_OUT_R1_A5, OA_RTS_OUT_R1_A4 },
    { OA_RTS_OUT_R1_A6, OA_RTS_OUT_R1_A3 },
    { OA_RTS_OUT_R1_A7, OA_RTS_OUT_R1_A2 },
    { OA_RTS_OUT_R1_A8, OA_RTS_OUT_R1_A1 },
    { OA_RTS_OUT_R1_A9, OA_RTS_OUT_R1_A8 },
    { OA_RTS_OUT_R1_A10, OA_RTS_OUT_R1_A7 },
    { OA_RTS_OUT_R1_A11, OA_RTS_OUT_R1_A10 },
    { OA_RTS_OUT_R2_A4, OA_RTS_OUT_R1_A1 },
    { OA_RTS_OUT_R2_A5, OA_RTS_OUT_R2_A4 },
    { OA_RTS_OUT_R2_A6, OA_RTS_OUT_R1_A3 },
    { OA_RTS_OUT_R2_A7, OA_RTS_OUT_R1_A2 },
    { OA_RTS_OUT_R2_B2, OA_RTS_OUT_R1_A8 },
    { OA_RTS_OUT_R2_B3, OA_RTS_OUT_R1_A2 },
    { OA_RTS_OUT_R2_C1, OA_RTS_OUT_R1_A3 },
};

/* The PDU that another one becomes when it is forwarded to the next hop, by r1 of the names. */
static const struct {
    enum oa_rts_pdu from, to;
} PASSED_ON[] = {
    { OA_RTS_CONN_A1, OA_RTS_CONN_A2 },
    { OA_RTS_CONN_B1, OA_RTS_CONN_B2 },
    { OA_RTS_CONN_C1, OA_RTS_CONN_C2 },
    { OA_RTS_IN_R1_A1, OA_RTS_IN_R1_A2 },
    { OA_RTS_IN_R1_A3, OA_RTS_IN_R1_A4 },
    { OA_RTS_IN_R1_A5, OA_RTS_IN_R1_A6 },
    { OA_RTS_IN_R2_A3, OA_RTS_IN_R2_A4 },
    { OA_RTS_OUT_R1_A1, OA_RTS_OUT_R1_A2 },
    { OA_RTS_OUT_R1_A3, OA_RTS_OUT_R1_A4 },
    { OA_RTS_OUT_R1_A5, OA_RTS_OUT_R1_A6 },
    { OA_RTS_OUT_R1_A7, OA_RTS_OUT_R1_A8 },
    { OA_RTS_OUT_R1_A9, OA_RTS_OUT_R1_A10 },
    { OA_RTS_OUT_R1_A3, OA_RTS_OUT_R2_A4 },
    { OA_RTS_OUT_R2_A5, OA_RTS_OUT_R2_A6 },
    { OA_RTS_OUT_R2_A7, OA_RTS_OUT_R1_A8 },
    { OA_RTS_OUT_R2_A7, OA_RTS_OUT_R2_A8 },
    { OA_RTS_OUT_R1_A9, OA_RTS_OUT_R2_B3 },
    { OA_RTS_IN_R1_A1, OA_RTS_IN_R1_A6 },
};
/* clang-format on */

const struct oa_sequence *
oa_sequence_whole(const struct oa_sequence *sequence)
{
    while (sequence && sequence->joined)
        sequence = sequence->joined;
    return sequence;
}

uint64_t
oa_sequence_frame(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    for (unsigned i = 0; i < sequence->n_steps; i++)
        if (sequence->step[i].name.r1 == pdu)
            return sequence->step[i].stamp.frame;
    return 0;
}

/* In an IN_R2, A1 becomes the server's A2; in an IN_R1 a PDU with the same signature is A6, which
 * A5 becomes. */
static bool
is_passed_on(const struct oa_sequence *sequence, size_t row)
{
    if (PASSED_ON[row].to != OA_RTS_IN_R1_A6)
        return true;
    return (PASSED_ON[row].from == OA_RTS_IN_R1_A1) == (sequence->type == OA_RECYCLE_R2);
}

uint64_t
oa_sequence_passed_on_in(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    uint64_t frame = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(PASSED_ON) && !frame; i++)
        if (PASSED_ON[i].from == pdu && is_passed_on(sequence, i))
            frame = oa_sequence_frame(sequence, PASSED_ON[i].to);
    return frame;
}

uint64_t
oa_sequence_passed_on_from(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    uint64_t frame = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(PASSED_ON) && !frame; i++)
        if (PASSED_ON[i].to == pdu && is_passed_on(sequence, i))
            frame = oa_sequence_frame(sequence, PASSED_ON[i].from);
    return frame;
}

/* Whether the sequence has that step, in whichever form: the long A7 and A8 of an OUT_R2 have names
 * of their own. */
static bool
has_step(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    return oa_sequence_frame(sequence, pdu) ||
           (pdu == OA_RTS_OUT_R1_A7 && oa_sequence_frame(sequence, OA_RTS_OUT_R2_A7)) ||
           (pdu == OA_RTS_OUT_R1_A8 && oa_sequence_frame(sequence, OA_RTS_OUT_R2_A8));
}

/* The names of a step that is listed by the first one: in an R2 the PDU of the same signature and
 * place has another. */
static struct oa_rts_name
name_of(enum oa_rts_pdu pdu)
{
    const struct oa_rts_pdu_row *row = &OA_RTS_PDU_ROWS[pdu];

    for (unsigned i = OA_RTS_UNKNOWN + 1; i < OA_RTS_PDUS; i++) {
        const struct oa_rts_pdu_row *other = &OA_RTS_PDU_ROWS[i];
        if (i != (unsigned)pdu && other->flags == row->flags && other->places == row->places &&
            other->n_commands == row->n_commands &&
            memcmp(other->commands, row->commands, sizeof row->commands) == 0)
            return (struct oa_rts_name){ pdu, (enum oa_rts_pdu)i, false };
    }
    return (struct oa_rts_name){ pdu, pdu, false };
}

struct oa_rts_name
oa_sequence_missing(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    for (size_t i = 0; i < G_N_ELEMENTS(REQUIRED); i++)
        if (REQUIRED[i].pdu == pdu && !has_step(sequence, REQUIRED[i].before))
            return name_of(REQUIRED[i].before);
    return (struct oa_rts_name){ OA_RTS_UNKNOWN, OA_RTS_UNKNOWN, false };
}
