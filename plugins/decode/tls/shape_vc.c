/* shape_vc.c
 * Which connections inside TLS are virtual connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape_vc.h"

/* Pairs are told apart by that many exchanges, or not. */
#define SETTLE_LEAST 3
#define SETTLE_MOST 32

/* Those that began before the capture are given up with more signs than that that they are none. */
#define HOPELESS_LEAST 2

/* Proposals of all connections together. */
#define PROPOSALS_MAX 8192

static void
drop_vc(struct oa_shape_vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++) {
        struct oa_shape *member = g_ptr_array_index(vc->members, i);
        g_ptr_array_remove(member->vcs, vc);
        if (!member->vcs->len)
            member->role = OA_SHAPE_PLAIN;
    }
    if (vc->is_settled)
        g_ptr_array_remove(vc->group->vcs, vc);
    else
        vc->shapes->n_proposals--;
    g_ptr_array_unref(vc->members);
    oa_pair_free(vc->pair);
    g_free(vc);
}

void
oa_shape_join(struct oa_shape_vc *vc, struct oa_shape *shape, enum oa_shape_role role)
{
    shape->role = role;
    g_ptr_array_add(vc->members, shape);
    g_ptr_array_add(shape->vcs, vc);
}

struct oa_shape_vc *
oa_shape_propose(struct oa_shape *in, struct oa_shape *out)
{
    const struct oa_tls_facts *tls = oa_tls_facts_of(out->tls);

    if (in->shapes->n_proposals >= PROPOSALS_MAX)
        return NULL;
    in->shapes->n_proposals++;
    struct oa_shape_vc *vc = g_new0(struct oa_shape_vc, 1);
    vc->pair = oa_pair_new();
    vc->shapes = in->shapes;
    vc->group = in->group;
    vc->members = g_ptr_array_new();
    oa_shape_join(vc, in, OA_SHAPE_IN);
    oa_shape_join(vc, out, OA_SHAPE_OUT);
    struct oa_estimate *estimate = &vc->pair->estimate;
    estimate->client = out->client;
    estimate->server = out->server;
    estimate->in_port = in->client.port;
    estimate->begun = in->begun.time_ns < out->begun.time_ns ? in->begun : out->begun;
    if (tls) {
        g_strlcpy(estimate->sni, tls->sni, sizeof estimate->sni);
        estimate->tls_version = tls->version;
        estimate->cipher_suite = tls->cipher_suite;
    }
    return vc;
}

/* How well the channels fit: sizes cannot be right by chance as often as turns are. */
static int64_t
fit_of(const struct oa_shape_vc *vc)
{
    const struct oa_estimate *estimate = &vc->pair->estimate;

    return (int64_t)(oa_pair_clean(vc->pair) + oa_pair_is_bound(vc->pair) +
                     estimate->has_exact_sizes) -
           2 * (int64_t)(estimate->orphans + estimate->overlaps);
}

static bool
is_better(const struct oa_shape_vc *a, const struct oa_shape_vc *b)
{
    int64_t left = fit_of(a), right = fit_of(b);

    return left != right ? left > right : a->apart_ns < b->apart_ns;
}

static struct oa_shape_vc *
best_of(const GPtrArray *vcs)
{
    struct oa_shape_vc *best = NULL;

    for (guint i = 0; i < vcs->len; i++) {
        struct oa_shape_vc *vc = g_ptr_array_index(vcs, i);
        if (!best || is_better(vc, best))
            best = vc;
    }
    return best;
}

void
oa_shape_drop_vcs(GPtrArray *vcs, const struct oa_shape_vc *kept)
{
    for (guint i = vcs->len; i > 0; i--) {
        struct oa_shape_vc *vc = g_ptr_array_index(vcs, i - 1);
        if (vc != kept && !vc->is_settled)
            drop_vc(vc);
    }
}

/* Whether no other proposal fits as well. */
static bool
is_distinct(const struct oa_shape_vc *vc)
{
    for (guint m = 0; m < vc->members->len; m++) {
        const struct oa_shape *member = g_ptr_array_index(vc->members, m);
        for (guint i = 0; i < member->vcs->len; i++) {
            const struct oa_shape_vc *other = g_ptr_array_index(member->vcs, i);
            if (other != vc && fit_of(other) >= fit_of(vc))
                return false;
        }
    }
    return true;
}

/* Which is the virtual connection of these channels; the others are none. */
static void
settle(struct oa_shape_vc *vc)
{
    struct oa_estimate *estimate = &vc->pair->estimate;

    if (vc->is_settled)
        return;
    if (!is_distinct(vc))
        estimate->doubt = OA_DOUBT_PARTNER;
    for (guint i = 0; i < vc->members->len; i++)
        oa_shape_drop_vcs(((struct oa_shape *)g_ptr_array_index(vc->members, i))->vcs, vc);
    estimate->number = vc->shapes->n_estimates++;
    vc->shapes->n_proposals--;
    vc->is_settled = true;
    g_ptr_array_add(vc->group->vcs, vc);
}

static bool
is_alone(const struct oa_shape_vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++)
        if (((struct oa_shape *)g_ptr_array_index(vc->members, i))->vcs->len > 1)
            return false;
    return true;
}

/* Without sizes, only turns show that it is one at all. */
static bool
is_credible(const struct oa_shape_vc *vc)
{
    const struct oa_estimate *estimate = &vc->pair->estimate;
    uint64_t others = estimate->orphans + estimate->overlaps, clean = oa_pair_clean(vc->pair);

    if (!oa_pair_is_bound(vc->pair))
        return false;
    if (estimate->has_exact_sizes)
        return others + estimate->lossy <= clean + 1;
    bool has_bind = oa_pair_has_bind(vc->pair);
    return clean + 1 >= (has_bind ? MIN(vc->settle_least, SETTLE_LEAST) : vc->settle_least) &&
           others * 9 <= clean && oa_pair_is_dialogue(vc->pair) &&
           (!estimate->is_middle || is_distinct(vc));
}

/* Whether it cannot become credible soon: of the many that are compared when the capture begins. */
static bool
is_hopeless(const struct oa_shape_vc *vc)
{
    const struct oa_estimate *estimate = &vc->pair->estimate;

    return estimate->is_middle && !vc->is_settled &&
           estimate->orphans + estimate->overlaps > HOPELESS_LEAST + estimate->clean / 4;
}

/* After something has happened on the IN channel. */
static void
try_to_settle(struct oa_shape *in)
{
    struct oa_shape_vc *best = in->vcs->len ? best_of(in->vcs) : NULL;
    uint64_t calls = best ? best->pair->estimate.calls : 0;

    if (!best || best->is_settled || !is_credible(best)) {
        if (best && !best->is_settled && calls >= SETTLE_MOST) {
            in->is_in = OA_SHAPE_NONE;
            oa_shape_drop_vcs(in->vcs, NULL);
        }
    } else if (is_alone(best) || calls >= SETTLE_MOST ||
               (calls >= SETTLE_LEAST && is_distinct(best))) {
        settle(best);
    }
}

/* All its connections have ended, or it never was one. */
static void
end_vc(struct oa_shape_vc *vc)
{
    if (vc->is_settled)
        oa_pair_end(vc->pair, &vc->shapes->listener);
    drop_vc(vc);
}

/* Whether bytes that count are missing now on one of its connections. */
static bool
is_missing(const struct oa_shape_vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++) {
        const struct oa_shape *member = g_ptr_array_index(vc->members, i);
        if (member->is_waiting &&
            member->is_waiting[member->role == OA_SHAPE_IN ? OA_CLIENT : OA_SERVER])
            return true;
    }
    return false;
}

void
oa_shape_give(struct oa_shape *shape, struct oa_tls_size size, const struct oa_shape_record *record)
{
    for (guint i = shape->vcs->len; i > 0; i--) {
        struct oa_shape_vc *vc = g_ptr_array_index(shape->vcs, i - 1);
        oa_pair_take(vc->pair, size, record, is_missing(vc));
        if (vc->is_settled && oa_pair_is_full(vc->pair))
            oa_pair_tell(vc->pair, &shape->shapes->listener, record->last.time_ns);
        if (is_hopeless(vc))
            drop_vc(vc);
    }
    if (record->by == OA_CLIENT)
        try_to_settle(shape);
}

bool
oa_shape_is_settled(const struct oa_shape *shape)
{
    return shape->vcs->len > 0 &&
           ((struct oa_shape_vc *)g_ptr_array_index(shape->vcs, 0))->is_settled;
}

void
oa_shape_settle_at_end(struct oa_shape *shape)
{
    struct oa_shape_vc *best = shape->vcs->len ? best_of(shape->vcs) : NULL;

    if (best && is_credible(best))
        settle(best);
    else
        oa_shape_drop_vcs(shape->vcs, NULL);
}

void
oa_shape_leave_vc(struct oa_shape *shape, struct oa_shape_vc *vc)
{
    g_ptr_array_remove(vc->members, shape);
    if (!vc->members->len)
        end_vc(vc);
}
