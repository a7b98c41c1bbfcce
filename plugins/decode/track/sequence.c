/* sequence.c
 * Follows the sequences of RTS PDUs that establish a virtual connection and recycle its channels,
 * and determines the type of a recycling.
 * [MS-RPCH] 2.2.4 (PDUs), 3.2.1.5.1 (establishment), 3.2.1.5.2 (recycling)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "track/emit.h"
#include "track/endings.h"
#include "track/sequence_steps.h"

static void
free_chain(struct oa_sequence *sequence)
{
    while (sequence) {
        struct oa_sequence *next = sequence->next;
        g_free(sequence);
        sequence = next;
    }
}

void
oa_sequences_free(struct oa_virtual_connection *vc)
{
    for (int leg = 0; leg < OA_LEGS; leg++)
        free_chain(vc->recycle[leg]);
    free_chain(vc->absorbed);
}

/* Forgets the oldest recyclings of the channel, unless hosts may still read them. */
static void
limit_recycles(struct oa_tracker *tracker, struct oa_virtual_connection *vc, enum oa_leg leg,
               const struct oa_event *event)
{
    struct oa_sequence *last = vc->recycle[leg];

    if (oa_keeps_closed(tracker))
        return;
    for (unsigned i = 1; last && i < OA_LIMIT_RECYCLINGS; i++)
        last = last->next;
    if (!last || !last->next)
        return;
    oa_emit_limit(tracker, event, OA_LIMIT_OF_RECYCLINGS);
    for (const struct oa_sequence *old = last->next; old; old = old->next)
        vc->recycles_forgotten += !old->is_complete;
    free_chain(last->next);
    last->next = NULL;
}

static struct oa_sequence *
begin_recycle(struct oa_virtual_connection *vc, enum oa_leg leg, struct oa_stamp stamp)
{
    struct oa_sequence *recycle = g_new0(struct oa_sequence, 1);

    recycle->kind = leg == OA_LEG_OUT ? OA_SEQUENCE_OUT : OA_SEQUENCE_IN;
    recycle->first = stamp;
    recycle->next = vc->recycle[leg];
    vc->recycle[leg] = recycle;
    return recycle;
}

static bool
is_first_step(struct oa_rts_name name)
{
    return name.r1 == OA_RTS_IN_R1_A1 || name.r1 == OA_RTS_IN_R1_A2 || name.r1 == OA_RTS_IN_R1_A6 ||
           name.r1 == OA_RTS_OUT_R1_A1 || name.r1 == OA_RTS_OUT_R1_A2;
}

static struct oa_sequence_step *
find_step(struct oa_sequence *sequence, struct oa_rts_name name)
{
    for (unsigned i = 0; i < sequence->n_steps; i++)
        if (sequence->step[i].name.r1 == name.r1)
            return &sequence->step[i];
    return NULL;
}

/* Whether the sequence has that step already, on the same hop. Every HTTP hop carries each step. */
static bool
is_step_again(struct oa_sequence *sequence, struct oa_rts_name name, enum oa_hop hop)
{
    const struct oa_sequence_step *step = find_step(sequence, name);

    return step && (step->hops & 1u << hop || !oa_hop_is_http(hop));
}

/*
 * Whether the PDU begins a new recycling: a step that the newest one already has, or the first step
 * on one of the hops if that one is complete. The successor's cookie on the server's IN connection
 * is the first step of an IN_R2 but a late one of an IN_R1.
 */
static bool
begins_another(struct oa_sequence *recycle, struct oa_rts_name name, enum oa_hop hop)
{
    if (!recycle || is_step_again(recycle, name, hop))
        return true;
    return recycle->is_complete && is_first_step(name) &&
           (name.r1 != OA_RTS_IN_R1_A6 || recycle->type == OA_RECYCLE_R2);
}

static bool
has_beginning(const struct oa_virtual_connection *vc)
{
    return vc->conn.n_steps > 0;
}

/*
 * What the PDU shows of the type of the recycling. A name of one type only decides it. Besides, the
 * document assigns the short A7 to R1, and an inbound proxy that sends the server a cookie without
 * having opened another connection before (IN_R1/A2) does so in R2.
 */
static enum oa_recycle_type
evidence_of(const struct oa_virtual_connection *vc, const struct oa_sequence *recycle,
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

/* Whether the first step would be in the capture if it had been sent. */
static bool
could_have_begun(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    const bool *seen = vc->leg_seen[hop];

    return has_beginning(vc) && seen[OA_LEG_IN] && seen[OA_LEG_OUT];
}

/* Returns whether the step is a new one of the sequence. */
static bool
add_step(struct oa_tracker *tracker, struct oa_sequence *sequence, struct oa_event *event)
{
    enum oa_hop hop = event->channel->hop;
    struct oa_sequence_step *known = find_step(sequence, event->rts_name);
    bool is_again = known && is_step_again(sequence, event->rts_name, hop);

    event->sequence = sequence;
    sequence->last = event->last;
    if (known)
        known->hops |= (uint8_t)(1u << hop);
    if (is_again && event->channel->auth_legs) {
        /* After a 401 the client sends its first PDU again with the next request. */
        return false;
    }
    if (is_again) {
        char name[OA_RTS_NAME_TEXT];
        oa_rts_name_text(event->rts_name, sequence->type, name);
        oa_emit_finding(tracker, event, OA_FINDING_RTS_STATE,
                        "%s again; first seen in frame %" G_GUINT64_FORMAT, name,
                        oa_sequence_frame(sequence, event->rts_name.r1));
    } else if (!known && sequence->n_steps < OA_SEQUENCE_STEPS_MAX) {
        sequence->step[sequence->n_steps++] =
            (struct oa_sequence_step){ event->rts_name, event->last, (uint8_t)(1u << hop) };
    }
    if (!sequence->first.frame)
        sequence->first = event->last;
    return !known || is_again;
}

/* Handles the last PDU of each sequence on each hop. */
static enum oa_sequence_effect
note_end(struct oa_tracker *tracker, struct oa_sequence *sequence, const struct oa_event *event,
         bool is_new)
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
        sequence->is_complete |= oa_vc_hop(event->vc) == OA_HOP_SERVER;
        break;
    case OA_RTS_OUT_R1_A10:
    case OA_RTS_OUT_R2_B3:
        sequence->is_complete = true;
        return OA_SEQUENCE_DRAINS;
    case OA_RTS_OUT_R2_B2:
        if (!is_new) /* the same on another hop */
            break;
        sequence->is_complete = sequence->has_failed = true;
        event->vc->recycles_failed++;
        oa_emit_finding(tracker, event, OA_FINDING_RECYCLE_FAILED,
                        "The server refuses the successor of the OUT channel (OUT_R2/B2)");
        break;
    default:
        break;
    }
    return OA_SEQUENCE_GOES_ON;
}

enum oa_sequence_effect
oa_sequence_take(struct oa_tracker *tracker, struct oa_event *event)
{
    struct oa_virtual_connection *vc = event->vc;
    struct oa_rts_name name = event->rts_name;
    enum oa_rts_sequence kind = OA_RTS_PDU_ROWS[name.r1].sequence;
    struct oa_sequence *sequence;

    if (kind == OA_RTS_SEQUENCE_CONN) {
        sequence = &vc->conn;
    } else if (kind != OA_RTS_SEQUENCE_NONE) {
        bool is_out = kind == OA_RTS_SEQUENCE_OUT_R1 || kind == OA_RTS_SEQUENCE_OUT_R2;
        enum oa_leg leg = is_out ? OA_LEG_OUT : OA_LEG_IN;
        sequence = vc->recycle[leg];
        if (begins_another(sequence, name, event->channel->hop)) {
            sequence = begin_recycle(vc, leg, event->last);
            limit_recycles(tracker, vc, leg, event);
            vc->recycles[leg] += is_first_step(name) || !could_have_begun(vc, event->channel->hop);
        }
        if (sequence->type == OA_RECYCLE_UNDECIDED)
            sequence->type = evidence_of(vc, sequence, name);
    } else {
        return OA_SEQUENCE_GOES_ON;
    }
    return note_end(tracker, sequence, event, add_step(tracker, sequence, event));
}

/* Whether both can be parts of one recycling: they have no step in common, and their types do not
 * differ. */
static bool
may_be_one(const struct oa_sequence *a, const struct oa_sequence *b)
{
    for (unsigned i = 0; i < a->n_steps; i++)
        if (oa_sequence_frame(b, a->step[i].name.r1))
            return false;
    return a->type == b->type || a->type == OA_RECYCLE_UNDECIDED || b->type == OA_RECYCLE_UNDECIDED;
}

static int
compare_steps(const void *a, const void *b)
{
    struct oa_stamp mine = ((const struct oa_sequence_step *)a)->stamp;
    struct oa_stamp other = ((const struct oa_sequence_step *)b)->stamp;

    return oa_stamp_is_before(mine, other) ? -1 : oa_stamp_is_before(other, mine);
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
    if (!into->first.frame || (from->first.frame && oa_stamp_is_before(from->first, into->first)))
        into->first = from->first;
    if (oa_stamp_is_before(into->last, from->last))
        into->last = from->last;
    from->joined = into;
}

/* Kept as long as the whole: hosts that have a pointer to it read the whole from it. */
static void
absorb(struct oa_virtual_connection *into, struct oa_sequence *part)
{
    part->next = into->absorbed;
    into->absorbed = part;
}

void
oa_sequence_merge(struct oa_virtual_connection *into, struct oa_virtual_connection *from)
{
    merge_steps(&into->conn, &from->conn);
    for (int leg = 0; leg < OA_LEGS; leg++) {
        struct oa_sequence *mine = into->recycle[leg];
        struct oa_sequence **end = &into->recycle[leg];
        struct oa_sequence *other = from->recycle[leg];

        into->recycles[leg] += from->recycles[leg];
        if (mine && other && may_be_one(mine, other)) {
            struct oa_sequence *older = other->next;
            merge_steps(mine, other);
            into->recycles[leg]--;
            absorb(into, other);
            other = older;
        }
        while (*end)
            end = &(*end)->next;
        *end = other;
        from->recycle[leg] = NULL;
    }
    while (from->absorbed) {
        struct oa_sequence *next = from->absorbed->next;
        absorb(into, from->absorbed);
        from->absorbed = next;
    }
    into->recycles_failed += from->recycles_failed;
    into->recycles_forgotten += from->recycles_forgotten;
}

static void
move_steps(struct oa_sequence *sequence, enum oa_hop from, enum oa_hop to, unsigned places)
{
    for (; sequence; sequence = sequence->next)
        for (unsigned i = 0; i < sequence->n_steps; i++) {
            struct oa_sequence_step *step = &sequence->step[i];
            if (!(step->hops & 1u << from) || !(OA_RTS_PDU_ROWS[step->name.r1].places & places))
                continue;
            step->hops = (uint8_t)((step->hops & ~(1u << from)) | 1u << to);
        }
}

void
oa_sequences_move(struct oa_virtual_connection *vc, enum oa_leg leg, enum oa_hop from,
                  enum oa_hop to)
{
    unsigned places =
        leg == OA_LEG_IN ? OA_RTS_IN_REQUEST : OA_RTS_OUT_REQUEST | OA_RTS_OUT_RESPONSE;

    move_steps(&vc->conn, from, to, places);
    for (int i = 0; i < OA_LEGS; i++)
        move_steps(vc->recycle[i], from, to, places);
}

static bool
is_whole(const struct oa_virtual_connection *vc)
{
    for (int hop = 0; hop < OA_HOPS; hop++)
        for (int side = OA_CLIENT; side <= OA_SERVER; side++)
            if (vc->traffic[hop][side].skipped_bytes)
                return false;
    return true;
}

/* Whether the recycling has had a connection of its own on the hop. A successor that was asked for
 * (OUT_R/A1, A2) may never have come; the server has none in R2. A single PDU shows no recycling.
 */
static bool
needs_connection(const struct oa_sequence *recycle, enum oa_hop hop)
{
    bool was_asked_for = recycle->kind == OA_SEQUENCE_OUT;

    for (unsigned i = 0; i < recycle->n_steps; i++)
        was_asked_for &= recycle->step[i].name.r1 == OA_RTS_OUT_R1_A1 ||
                         recycle->step[i].name.r1 == OA_RTS_OUT_R1_A2;
    return !was_asked_for && recycle->n_steps > 1 &&
           (oa_hop_is_http(hop) || recycle->type != OA_RECYCLE_R2);
}

/* Whether the capture holds all connections of the hop: the first of each leg and their successors.
 * All have ended by now. */
static bool
has_all_connections(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    for (int leg = 0; leg < OA_LEGS; leg++) {
        unsigned needed = 1;
        for (const struct oa_sequence *recycle = vc->recycle[leg]; recycle; recycle = recycle->next)
            needed += needs_connection(recycle, hop);
        if (vc->legs_ended[hop][leg] < needed)
            return false;
    }
    return true;
}

static enum oa_hop
hop_of(enum oa_rts_pdu pdu)
{
    bool is_clients = OA_RTS_PDU_ROWS[pdu].places &
                      (OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST | OA_RTS_OUT_RESPONSE);

    return is_clients ? OA_HOP_CLIENT : OA_HOP_SERVER;
}

/* Whether everything that the steps of the hop require could have been seen: all its connections,
 * from their beginning. */
static bool
is_hop_whole(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    const bool *seen = vc->leg_seen[hop], *late = vc->leg_late[hop];

    return seen[OA_LEG_IN] && seen[OA_LEG_OUT] && !late[OA_LEG_IN] && !late[OA_LEG_OUT] &&
           has_all_connections(vc, hop);
}

/* Whether it ends without its last PDU. Otherwise that is there, or may be on a connection that is
 * not in the capture, or behind the end of the capture. */
static bool
is_broken_off(const struct oa_tracker *tracker, const struct oa_virtual_connection *vc,
              const struct oa_sequence *sequence)
{
    return !sequence->is_complete && is_hop_whole(vc, oa_vc_hop(vc)) &&
           oa_ending_settles(tracker, vc->ending.how, sequence->last);
}

static void
judge_sequence(struct oa_tracker *tracker, const struct oa_virtual_connection *vc,
               const struct oa_sequence *sequence, const struct oa_event *where)
{
    static const char *const KINDS[] = { "The establishment", "A recycling of the IN channel",
                                         "A recycling of the OUT channel" };
    char name[OA_RTS_NAME_TEXT], missing_name[OA_RTS_NAME_TEXT];

    for (unsigned i = 0; i < sequence->n_steps; i++) {
        struct oa_rts_name missing = oa_sequence_missing(sequence, sequence->step[i].name.r1);
        if (missing.r1 == OA_RTS_UNKNOWN || !is_hop_whole(vc, hop_of(sequence->step[i].name.r1)))
            continue;
        struct oa_event step = *where;
        step.first = step.last = sequence->step[i].stamp;
        oa_rts_name_text(sequence->step[i].name, sequence->type, name);
        oa_rts_name_text(missing, sequence->type, missing_name);
        oa_emit_finding(tracker, &step, OA_FINDING_RTS_STATE, "%s without %s", name, missing_name);
    }
    if (!is_broken_off(tracker, vc, sequence))
        return;
    oa_rts_name_text(sequence->step[sequence->n_steps - 1].name, sequence->type, name);
    if (sequence->kind == OA_SEQUENCE_CONN)
        oa_emit_finding(tracker, where, OA_FINDING_NOT_ESTABLISHED,
                        "The establishment ends with %s", name);
    else
        oa_emit_finding(tracker, where, OA_FINDING_RECYCLE_FAILED, "%s ends with %s",
                        KINDS[sequence->kind], name);
}

void
oa_sequence_judge(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                  struct oa_channel *channel)
{
    struct oa_event where = { .first = vc->last, .last = vc->last, .channel = channel, .vc = vc };

    for (int leg = 0; leg < OA_LEGS; leg++)
        for (struct oa_sequence *recycle = vc->recycle[leg]; recycle; recycle = recycle->next)
            vc->recycles_failed += is_broken_off(tracker, vc, recycle);
    if (oa_end_is_known(vc->ending.how))
        vc->recycles_failed += vc->recycles_forgotten;
    if (!has_beginning(vc) || !is_whole(vc))
        return;
    if (!is_hop_whole(vc, hop_of(vc->conn.step[0].name.r1)))
        return;
    judge_sequence(tracker, vc, &vc->conn, &where);
    for (int leg = 0; leg < OA_LEGS; leg++)
        for (struct oa_sequence *recycle = vc->recycle[leg]; recycle; recycle = recycle->next)
            judge_sequence(tracker, vc, recycle, &where);
}
