/* pdu_trail.c
 * The last RPC PDUs of a connection of which a snap length leaves too little to tell one from
 * others. A proxy sends PDUs on as they are and in their order. [C706] 12.6.3 (header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/pdu_trail.h"

#include <glib.h>
#include <string.h>

/* PDUs of each sender that are kept, and those that are passed over where some may be missing. */
#define KEPT 16
#define PASSED_MAX 3

/* Of a PDU that is cut short that many bytes are left at most: headers below it, and so what a snap
 * length leaves, are longer on one hop than on another. */
#define SHORT_MAX 64

struct mark {
    int64_t time_ns;
    uint8_t there;       /* of the following */
    bool is_after_break; /* others may have come before it */
    uint8_t bytes[OA_PDU_TELLING_BYTES];
};

struct marks {
    uint64_t n; /* so far; the last ones are kept */
    bool is_broken;
    struct mark last[KEPT];
};

struct pdu_trail {
    struct marks of[2]; /* by sender */
};

void
oa_pdu_trail_add(struct pdu_trail **trail, enum oa_side sender, const uint8_t *pdu, size_t there,
                 bool is_cut, struct oa_stamp first)
{
    if (!*trail && !(is_cut && there <= SHORT_MAX))
        return;
    if (!*trail)
        *trail = g_new0(struct pdu_trail, 1);
    struct marks *marks = &(*trail)->of[sender];
    struct mark *mark = &marks->last[marks->n++ % KEPT];

    mark->time_ns = first.time_ns;
    mark->is_after_break = marks->is_broken;
    mark->there = (uint8_t)MIN(there, sizeof mark->bytes);
    memcpy(mark->bytes, pdu, mark->there);
    marks->is_broken = false;
}

void
oa_pdu_trail_break(struct pdu_trail *trail, enum oa_side sender)
{
    if (trail)
        trail->of[sender].is_broken = true;
}

bool
oa_pdu_trail_is_vague(const struct pdu_trail *trail, enum oa_side sender)
{
    const struct marks *marks = trail ? &trail->of[sender] : NULL;

    return marks && marks->n && marks->last[(marks->n - 1) % KEPT].there < OA_PDU_TELLING_BYTES;
}

/* The oldest one that is kept; of `most` before `end`. */
static uint64_t
oldest(const struct marks *marks)
{
    return marks->n > KEPT ? marks->n - KEPT : 0;
}

static uint64_t
oldest_of(const struct marks *marks, uint64_t end, uint64_t most)
{
    return MAX(oldest(marks), end > most ? end - most : 0);
}

static const struct mark *
mark_at(const struct marks *marks, uint64_t number)
{
    return &marks->last[number % KEPT];
}

/* Whether the bytes that are left of both are the same, and come to the one hop first. */
static bool
are_same(const struct mark *first, const struct mark *then)
{
    int64_t apart_ns = then->time_ns - first->time_ns;

    return apart_ns >= -OA_PAIRING_NS && apart_ns <= HOP_DELAY_NS &&
           memcmp(first->bytes, then->bytes, MIN(first->there, then->there)) == 0;
}

/* Where in both the walk is: at the PDUs before these. */
struct walk {
    const struct marks *first, *then;
    uint64_t at_first, at_then;
};

/* Steps back to the next pair that is the same, over PDUs that the other hop may lack. False at the
 * start of one of them, and if none is the same, which excludes that both carry the same. */
static bool
step_back(struct walk *walk, struct pdu_trail_fit *fit)
{
    bool first_may_lack = mark_at(walk->first, walk->at_first)->is_after_break;
    bool then_may_lack = mark_at(walk->then, walk->at_then)->is_after_break;
    uint64_t passed_first = 1 + (then_may_lack ? PASSED_MAX : 0);
    uint64_t passed_then = 1 + (first_may_lack ? PASSED_MAX : 0);
    uint64_t from_first = oldest_of(walk->first, walk->at_first, passed_first);
    uint64_t from_then = oldest_of(walk->then, walk->at_then, passed_then);

    if (walk->at_first == from_first || walk->at_then == from_then)
        return false;
    for (uint64_t i = walk->at_first; i-- > from_first;)
        for (uint64_t j = walk->at_then; j-- > from_then;)
            if (are_same(mark_at(walk->first, i), mark_at(walk->then, j))) {
                walk->at_first = i;
                walk->at_then = j;
                return true;
            }
    fit->is_excluded = !first_may_lack && !then_may_lack;
    return false;
}

/* The last pair that both have. The hop that comes first may have newer ones. */
static bool
find_last(struct walk *walk)
{
    for (uint64_t j = walk->then->n; j-- > oldest_of(walk->then, walk->then->n, 1 + PASSED_MAX);)
        for (uint64_t i = walk->first->n; i-- > oldest(walk->first);)
            if (are_same(mark_at(walk->first, i), mark_at(walk->then, j))) {
                walk->at_first = i;
                walk->at_then = j;
                return true;
            }
    return false;
}

struct pdu_trail_fit
oa_pdu_trails_fit(const struct pdu_trail *near, const struct pdu_trail *far, enum oa_side sender)
{
    struct pdu_trail_fit fit = { 0 };

    if (!near || !far)
        return fit;
    struct walk walk = { .first = &(sender == OA_CLIENT ? near : far)->of[sender],
                         .then = &(sender == OA_CLIENT ? far : near)->of[sender] };
    if (!find_last(&walk))
        return fit;
    /* What came then, came first, too. */
    fit.is_excluded = walk.at_then + 1 < walk.then->n && !walk.first->is_broken;
    fit.is_whole = walk.at_first + 1 == walk.first->n && walk.at_then + 1 == walk.then->n &&
                   walk.first->n == walk.then->n && walk.first->n <= KEPT;
    do {
        int64_t apart_ns =
            mark_at(walk.then, walk.at_then)->time_ns - mark_at(walk.first, walk.at_first)->time_ns;
        fit.apart_ns = MAX(fit.apart_ns, apart_ns);
        fit.same++;
    } while (step_back(&walk, &fit));
    fit.is_whole &= fit.same == walk.first->n;
    return fit;
}
