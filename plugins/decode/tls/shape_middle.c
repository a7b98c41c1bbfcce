/* shape_middle.c
 * Channels that began before the capture.
 * [MS-RPCH] 3.2.2, [MS-RPCE] 2.2.2.1 (no PDU is shorter than its header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape_middle.h"

/* Records that are kept until it shows what they belong to; connections that are compared with one
 * connection at a time; connections that are remembered for that, of a client and a server. */
#define EARLY_MAX 64
#define PROPOSALS_MAX 64
#define ONE_WAY_MAX 1024

#define PDU_LEAST 16

/* Nothing but turns shows what they are. */
#define SETTLE_LEAST 7

struct oa_shape_middle *
oa_shape_middle_new(void)
{
    struct oa_shape_middle *middle = g_new0(struct oa_shape_middle, 1);

    middle->early = g_array_new(FALSE, FALSE, sizeof(struct oa_shape_record));
    return middle;
}

/* Nothing more is looked for. */
static void
forget(struct oa_shape *shape)
{
    struct oa_shape_middle *middle = shape->middle;
    guint at;

    g_clear_pointer(&middle->early, g_array_unref);
    if (middle->is_listed && g_ptr_array_find(shape->group->one_way, shape, &at))
        shape->group->one_way->pdata[at] = NULL; /* the others keep their places */
    middle->is_listed = false;
}

void
oa_shape_middle_free(struct oa_shape *shape)
{
    if (!shape->middle)
        return;
    forget(shape);
    g_clear_pointer(&shape->middle, g_free);
}

struct oa_tls_size
oa_shape_middle_size(struct oa_shape_middle *middle, const struct oa_shape_record *record)
{
    oa_tls_guess_note(&middle->guess, record->by, record->length, record->number);
    return oa_tls_guess_size(&middle->guess, record->length);
}

static void
keep(struct oa_shape *shape, const struct oa_shape_record *record)
{
    struct oa_shape_middle *middle = shape->middle;
    GPtrArray *one_way = shape->group->one_way;

    if (middle->early->len < EARLY_MAX)
        g_array_append_vals(middle->early, record, 1);
    else
        middle->has_more = true;
    if (record->by == OA_SERVER && !middle->is_listed && one_way->len < ONE_WAY_MAX) {
        g_ptr_array_add(one_way, shape);
        middle->is_listed = true;
    }
}

/* What both have sent so far, in the order of frames. */
static void
replay(struct oa_pair *pair, const struct oa_shape *in, const struct oa_shape *out)
{
    const struct oa_shape_middle *from[2] = { in->middle, out->middle };
    guint at[2] = { 0, 0 };

    while (at[0] < from[0]->early->len || at[1] < from[1]->early->len) {
        const struct oa_shape_record *record[2] = { NULL, NULL };
        for (int i = 0; i < 2; i++)
            if (at[i] < from[i]->early->len)
                record[i] = &g_array_index(from[i]->early, struct oa_shape_record, at[i]);
        int i = !record[0] || (record[1] && record[1]->last.frame < record[0]->last.frame);
        oa_pair_take(pair, oa_tls_guess_size(&from[i]->guess, record[i]->length), record[i], false);
        at[i]++;
    }
}

static bool
is_candidate(const struct oa_shape *out)
{
    return out && out->middle && out->middle->early && !oa_shape_is_settled(out);
}

/* Compares an IN channel with the OUT channels that it has not been compared with. */
static void
propose(struct oa_shape *in)
{
    GPtrArray *one_way = in->group->one_way;
    struct oa_shape_vc *vc;

    while (in->middle->n_tried < one_way->len && in->vcs->len < PROPOSALS_MAX) {
        struct oa_shape *out = g_ptr_array_index(one_way, in->middle->n_tried);
        if (!is_candidate(out)) {
            in->middle->n_tried++;
            continue;
        }
        if (out->vcs->len >= PROPOSALS_MAX || !(vc = oa_shape_propose(in, out)))
            return;
        in->middle->n_tried++;
        vc->settle_least = SETTLE_LEAST;
        oa_pair_begin_middle(vc->pair, in->middle->has_more || out->middle->has_more,
                             in->shapes->begun_ns);
        replay(vc->pair, in, out);
    }
}

void
oa_shape_middle_take(struct oa_shape *shape, struct oa_tls_size size,
                     const struct oa_shape_record *record)
{
    enum oa_side side = shape->role == OA_SHAPE_IN ? OA_CLIENT : OA_SERVER;

    if (oa_shape_is_settled(shape)) {
        forget(shape);
        if (record->by == side)
            oa_shape_give(shape, size, record);
        return;
    }
    if (!shape->middle->early || !shape->group)
        return;
    if ((shape->n_records[OA_CLIENT] && shape->n_records[OA_SERVER]) || size.most < PDU_LEAST) {
        oa_shape_drop_vcs(shape->vcs, NULL);
        forget(shape);
        return;
    }
    keep(shape, record);
    oa_shape_give(shape, size, record);
    if (record->by == OA_CLIENT && !oa_shape_is_settled(shape))
        propose(shape);
}
