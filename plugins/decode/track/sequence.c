/* sequence.c
 * Follows the sequences of RTS PDUs that establish a virtual connection and recycle its channels,
 * and decides by them which recycling it is.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.1 (establishment), 3.2.1.5.2 (recycling)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/tracker.h"

#include <stdlib.h>
#include <string.h>

/* [MS-RPCH] 2.2.4: what must have come before a PDU on the same hop. Names with the same step in
 * both recyclings stand here by the one that oa_rts_name.r1 has. */
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

/* The PDU that another one becomes when it is passed on to the next hop, by r1 of the names. */
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
            return sequence->step[i].frame;
    return 0;
}

/* In an IN_R2 the server's A2 is what A1 becomes; in an IN_R1 a like PDU is A6, which A5 becomes.
 */
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

enum oa_rts_pdu
oa_sequence_missing(const struct oa_sequence *sequence, enum oa_rts_pdu pdu)
{
    for (size_t i = 0; i < G_N_ELEMENTS(REQUIRED); i++)
        if (REQUIRED[i].pdu == pdu && !oa_sequence_frame(sequence, REQUIRED[i].before))
            return REQUIRED[i].before;
    return OA_RTS_UNKNOWN;
}

static struct oa_sequence *
begin_recycle(struct virtual_connection *vc, enum oa_leg leg, struct oa_stamp stamp)
{
    struct oa_sequence *recycle = g_new0(struct oa_sequence, 1);

    recycle->kind = leg == OA_LEG_OUT ? OA_SEQUENCE_OUT : OA_SEQUENCE_IN;
    recycle->first = stamp;
    recycle->next = vc->facts.recycle[leg];
    vc->facts.recycle[leg] = recycle;
    return recycle;
}

static bool
is_first_step(struct oa_rts_name name)
{
    return name.r1 == OA_RTS_IN_R1_A1 || name.r1 == OA_RTS_IN_R1_A2 || name.r1 == OA_RTS_IN_R1_A6 ||
           name.r1 == OA_RTS_OUT_R1_A1 || name.r1 == OA_RTS_OUT_R1_A2;
}

/*
 * Whether the PDU opens another recycling than the newest one: a step that this one has had, or the
 * first step on one of the hops when it is over. The successor's cookie on the server's IN
 * connection is the first step of an IN_R2 but a late one of an IN_R1.
 */
static bool
begins_another(const struct oa_sequence *recycle, struct oa_rts_name name)
{
    if (!recycle || oa_sequence_frame(recycle, name.r1))
        return true;
    return recycle->is_complete && is_first_step(name) &&
           (name.r1 != OA_RTS_IN_R1_A6 || recycle->type == OA_RECYCLE_R2);
}

static bool
has_beginning(const struct virtual_connection *vc)
{
    return vc->facts.conn.n_steps > 0;
}

/*
 * What the PDU says of the recycling's type. A name of one type alone says it. Beyond that the text
 * gives the short A7 to R1, and an inbound proxy that tells the server a cookie without having
 * opened another connection before (IN_R1/A2) does so in R2.
 */
static enum oa_recycle_type
evidence_of(const struct virtual_connection *vc, const struct oa_sequence *recycle,
            struct oa_rts_name name)
{
    if (name.r1 == name.r2)
        return strstr(OA_RTS_PDU_ROWS[name.r1].name, "_R1/") ? OA_RECYCLE_R1 : OA_RECYCLE_R2;
    if (name.r1 == OA_RTS_OUT_R1_A7)
        return OA_RECYCLE_R1;
    if (name.r1 == OA_RTS_IN_R1_A6 && has_beginning(vc) &&
        !oa_sequence_frame(recycle, OA_RTS_IN_R1_A2))
        return OA_RECYCLE_R2;
    return OA_RECYCLE_UNDECIDED;
}

/* Whether the first step would be in the capture if there had been one. */
static bool
could_have_begun(const struct virtual_connection *vc, const struct channel *channel)
{
    const bool *seen = vc->facts.leg_seen[channel->facts.hop];

    return has_beginning(vc) && seen[OA_LEG_IN] && seen[OA_LEG_OUT];
}

static void
add_step(struct virtual_connection *vc, struct oa_sequence *sequence, struct oa_event *event)
{
    event->sequence = sequence;
    sequence->last = event->last;
    bool is_again = oa_sequence_frame(sequence, event->rts_name.r1) != 0;
    if (is_again && event->channel->auth_legs) {
        /* After a 401 the client sends its first PDU again with the next request. */
        return;
    }
    if (is_again) {
        char name[OA_RTS_NAME_TEXT];
        oa_rts_name_text(event->rts_name, sequence->type, name);
        oa_tracker_find(vc->tracker, event, OA_FINDING_RTS_STATE,
                        "%s again; it came in frame %" G_GUINT64_FORMAT " before", name,
                        oa_sequence_frame(sequence, event->rts_name.r1));
    } else if (sequence->n_steps < OA_SEQUENCE_STEPS_MAX) {
        sequence->step[sequence->n_steps++] =
            (struct oa_sequence_step){ event->rts_name, event->last.frame };
    }
    if (!sequence->first.frame)
        sequence->first = event->last;
}

/* The last PDUs of each sequence on each hop. */
static void
note_end(struct virtual_connection *vc, struct channel *channel, struct oa_sequence *sequence,
         struct oa_event *event)
{
    switch (event->rts_name.r1) {
    case OA_RTS_CONN_C1:
    case OA_RTS_CONN_C2:
    case OA_RTS_IN_R1_A5:
    case OA_RTS_IN_R1_B1:
    case OA_RTS_OUT_R1_A9:
        sequence->is_complete = true;
        break;
    case OA_RTS_IN_R2_A3:
        sequence->is_complete |= oa_vc_hop(&vc->facts) == OA_HOP_SERVER;
        break;
    case OA_RTS_OUT_R1_A10:
    case OA_RTS_OUT_R2_B3:
        sequence->is_complete = true;
        channel->stream[event->side].state = STREAM_DRAIN;
        break;
    case OA_RTS_OUT_R2_B2:
        sequence->is_complete = sequence->has_failed = true;
        vc->facts.recycles_failed++;
        oa_tracker_find(vc->tracker, event, OA_FINDING_RECYCLE_FAILED,
                        "The server refuses the successor of the OUT channel (OUT_R2/B2)");
        break;
    default:
        break;
    }
}

/* Puts the RTS PDU into the sequence it belongs to, if it is a step of one. */
void
oa_sequence_take(struct virtual_connection *vc, struct channel *channel, struct oa_event *event)
{
    struct oa_rts_name name = event->rts_name;
    enum oa_rts_sequence kind = OA_RTS_PDU_ROWS[name.r1].sequence;
    struct oa_sequence *sequence;

    if (kind == OA_RTS_SEQUENCE_CONN) {
        sequence = &vc->facts.conn;
    } else if (kind != OA_RTS_SEQUENCE_NONE) {
        bool is_out = kind == OA_RTS_SEQUENCE_OUT_R1 || kind == OA_RTS_SEQUENCE_OUT_R2;
        enum oa_leg leg = is_out ? OA_LEG_OUT : OA_LEG_IN;
        sequence = vc->facts.recycle[leg];
        if (begins_another(sequence, name)) {
            sequence = begin_recycle(vc, leg, event->last);
            vc->facts.recycles[leg] += is_first_step(name) || !could_have_begun(vc, channel);
        }
        if (sequence->type == OA_RECYCLE_UNDECIDED)
            sequence->type = evidence_of(vc, sequence, name);
    } else {
        return;
    }
    add_step(vc, sequence, event);
    note_end(vc, channel, sequence, event);
}

static bool
share_a_step(const struct oa_sequence *a, const struct oa_sequence *b)
{
    for (unsigned i = 0; i < a->n_steps; i++)
        if (oa_sequence_frame(b, a->step[i].name.r1))
            return true;
    return false;
}

static int
compare_steps(const void *a, const void *b)
{
    uint64_t mine = ((const struct oa_sequence_step *)a)->frame;
    uint64_t other = ((const struct oa_sequence_step *)b)->frame;

    return mine < other ? -1 : mine > other;
}

static void
merge_steps(struct oa_sequence *into, struct oa_sequence *from)
{
    for (unsigned i = 0; i < from->n_steps && into->n_steps < OA_SEQUENCE_STEPS_MAX; i++)
        into->step[into->n_steps++] = from->step[i];
    qsort(into->step, into->n_steps, sizeof into->step[0], compare_steps);
    if (into->type == OA_RECYCLE_UNDECIDED)
        into->type = from->type;
    into->is_complete |= from->is_complete;
    into->has_failed |= from->has_failed;
    if (!into->first.frame || (from->first.frame && from->first.frame < into->first.frame))
        into->first = from->first;
    if (from->last.frame > into->last.frame)
        into->last = from->last;
    from->joined = into;
}

/* What was told of it stays good as long as the whole: hosts ask it for its type. */
static void
absorb(struct virtual_connection *into, struct oa_sequence *part)
{
    part->next = into->absorbed;
    into->absorbed = part;
}

/* Two virtual connections are one: each may have seen a part of the same recycling. */
void
oa_sequence_merge(struct virtual_connection *into, struct virtual_connection *from)
{
    merge_steps(&into->facts.conn, &from->facts.conn);
    for (int leg = 0; leg < OA_LEGS; leg++) {
        struct oa_sequence *mine = into->facts.recycle[leg];
        struct oa_sequence **end = &into->facts.recycle[leg];
        struct oa_sequence *other = from->facts.recycle[leg];

        into->facts.recycles[leg] += from->facts.recycles[leg];
        if (mine && other && !share_a_step(mine, other)) {
            struct oa_sequence *older = other->next;
            merge_steps(mine, other);
            into->facts.recycles[leg]--;
            absorb(into, other);
            other = older;
        }
        while (*end)
            end = &(*end)->next;
        *end = other;
        from->facts.recycle[leg] = NULL;
    }
    while (from->absorbed) {
        struct oa_sequence *next = from->absorbed->next;
        absorb(into, from->absorbed);
        from->absorbed = next;
    }
    into->facts.recycles_failed += from->facts.recycles_failed;
}

static bool
is_whole(const struct virtual_connection *vc)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            if (vc->facts.traffic[hop][side].skipped_bytes)
                return false;
    return true;
}

/* Whether all that a step asks for could have been seen: both connections of its hop. */
static bool
is_hop_whole(const struct virtual_connection *vc, enum oa_rts_pdu pdu)
{
    bool on_client_hop = OA_RTS_PDU_ROWS[pdu].places &
                         (OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST | OA_RTS_OUT_RESPONSE);
    const bool *seen = vc->facts.leg_seen[on_client_hop ? OA_HOP_CLIENT : OA_HOP_SERVER];

    return seen[OA_LEG_IN] && seen[OA_LEG_OUT];
}

static void
judge_sequence(struct virtual_connection *vc, const struct oa_sequence *sequence,
               const struct oa_event *where)
{
    static const char *const KINDS[] = { "The establishment", "A recycling of the IN channel",
                                         "A recycling of the OUT channel" };
    char name[OA_RTS_NAME_TEXT], missing_name[OA_RTS_NAME_TEXT];

    for (unsigned i = 0; i < sequence->n_steps; i++) {
        enum oa_rts_pdu missing = oa_sequence_missing(sequence, sequence->step[i].name.r1);
        if (missing == OA_RTS_UNKNOWN || !is_hop_whole(vc, sequence->step[i].name.r1))
            continue;
        struct oa_event step = *where;
        step.first.frame = step.last.frame = sequence->step[i].frame;
        oa_rts_name_text(sequence->step[i].name, sequence->type, name);
        oa_rts_name_text((struct oa_rts_name){ missing, missing, false }, sequence->type,
                         missing_name);
        oa_tracker_find(vc->tracker, &step, OA_FINDING_RTS_STATE, "%s without %s", name,
                        missing_name);
    }
    if (sequence->is_complete)
        return;
    oa_rts_name_text(sequence->step[sequence->n_steps - 1].name, sequence->type, name);
    if (sequence->kind == OA_SEQUENCE_CONN)
        oa_tracker_find(vc->tracker, where, OA_FINDING_NOT_ESTABLISHED,
                        "The establishment ends with %s", name);
    else
        oa_tracker_find(vc->tracker, where, OA_FINDING_RECYCLE_FAILED, "%s ends with %s",
                        KINDS[sequence->kind], name);
}

/* The virtual connection is over: what was begun and not finished, and what came without what has
 * to come before. Nothing is said of one that is not in the capture from its beginning, or not
 * whole. */
void
oa_sequence_judge(struct virtual_connection *vc, struct oa_channel *channel)
{
    struct oa_event where = {
        .first = vc->facts.last, .last = vc->facts.last, .channel = channel, .vc = &vc->facts
    };

    for (int leg = 0; leg < OA_LEGS; leg++)
        for (struct oa_sequence *recycle = vc->facts.recycle[leg]; recycle; recycle = recycle->next)
            if (!recycle->is_complete && vc->facts.ending.how != OA_END_OPEN)
                vc->facts.recycles_failed++;
    if (!has_beginning(vc) || !is_whole(vc))
        return;
    if (!is_hop_whole(vc, vc->facts.conn.step[0].name.r1))
        return;
    judge_sequence(vc, &vc->facts.conn, &where);
    for (int leg = 0; leg < OA_LEGS; leg++)
        for (struct oa_sequence *recycle = vc->facts.recycle[leg]; recycle; recycle = recycle->next)
            judge_sequence(vc, recycle, &where);
}
