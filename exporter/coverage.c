/* coverage.c
 * The time that the captures cover: from the first frame of a file to its last, of any protocol,
 * united over all files; not where a clock was put forward.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "coverage.h"

#include <glib.h>

#include "lower_bound.h"

struct piece {
    int64_t first_ns, last_ns;
    bool is_used;
    bool is_behind_gap; /* the time before it is not covered, however short */
};

struct coverage {
    GArray *files;  /* struct piece, by position on the command line: since the last gap */
    GArray *ended;  /* struct piece, those before the gaps in files */
    GArray *pieces; /* struct piece, disjoint and in order; NULL until settled */
};

struct coverage *
coverage_new(void)
{
    struct coverage *coverage = g_new0(struct coverage, 1);

    coverage->files = g_array_new(FALSE, TRUE, sizeof(struct piece));
    coverage->ended = g_array_new(FALSE, FALSE, sizeof(struct piece));
    return coverage;
}

void
coverage_free(struct coverage *coverage)
{
    if (!coverage)
        return;
    g_array_unref(coverage->files);
    g_array_unref(coverage->ended);
    if (coverage->pieces)
        g_array_unref(coverage->pieces);
    g_free(coverage);
}

void
coverage_take(struct coverage *coverage, size_t file, int64_t time_ns)
{
    if (file >= coverage->files->len)
        g_array_set_size(coverage->files, (guint)file + 1);
    struct piece *piece = &g_array_index(coverage->files, struct piece, file);

    if (!piece->is_used) {
        *piece = (struct piece){ time_ns, time_ns, true, piece->is_behind_gap };
        return;
    }
    piece->first_ns = MIN(piece->first_ns, time_ns);
    piece->last_ns = MAX(piece->last_ns, time_ns);
}

void
coverage_take_gap(struct coverage *coverage, size_t file)
{
    if (file >= coverage->files->len)
        return;
    struct piece *piece = &g_array_index(coverage->files, struct piece, file);

    if (piece->is_used)
        g_array_append_val(coverage->ended, *piece);
    *piece = (struct piece){ .is_behind_gap = true };
}

static guint
n_pieces(const struct coverage *coverage)
{
    return coverage->files->len + coverage->ended->len;
}

/* Of a file, each below n_pieces(). */
static struct piece *
piece_of_file(const struct coverage *coverage, guint i)
{
    guint n = coverage->files->len;

    return i < n ? &g_array_index(coverage->files, struct piece, i)
                 : &g_array_index(coverage->ended, struct piece, i - n);
}

/* How long after the time before may pass uncovered. */
static int64_t
gap_before(const struct piece *piece, int64_t max_gap_ns)
{
    return piece->is_behind_gap ? 0 : max_gap_ns;
}

void
coverage_forget(struct coverage *coverage, int64_t begin_ns)
{
    struct piece *latest = NULL;

    for (guint i = 0; i < n_pieces(coverage); i++) {
        struct piece *piece = piece_of_file(coverage, i);
        if (piece->is_used && (!latest || piece->last_ns > latest->last_ns))
            latest = piece;
    }
    for (guint i = 0; i < n_pieces(coverage); i++) {
        struct piece *piece = piece_of_file(coverage, i);
        piece->is_used &= piece->last_ns >= begin_ns || piece == latest;
        piece->first_ns = MAX(piece->first_ns, begin_ns);
        piece->last_ns = MAX(piece->last_ns, begin_ns);
    }
}

static int
compare_pieces(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;

    return left->first_ns < right->first_ns ? -1 : left->first_ns > right->first_ns;
}

void
coverage_settle(struct coverage *coverage, int64_t max_gap_ns)
{
    GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));

    if (coverage->ended->len)
        g_array_append_vals(coverage->files, coverage->ended->data, coverage->ended->len);
    g_array_set_size(coverage->ended, 0);
    g_array_sort(coverage->files, compare_pieces);
    for (guint i = 0; i < coverage->files->len; i++) {
        const struct piece *file = &g_array_index(coverage->files, struct piece, i);
        struct piece *last =
            pieces->len ? &g_array_index(pieces, struct piece, pieces->len - 1) : NULL;

        if (!file->is_used)
            continue;
        if (last && (file->first_ns <= last->last_ns ||
                     (uint64_t)file->first_ns - (uint64_t)last->last_ns <=
                         (uint64_t)gap_before(file, max_gap_ns)))
            last->last_ns = MAX(last->last_ns, file->last_ns);
        else
            g_array_append_val(pieces, *file);
    }
    coverage->pieces = pieces;
}

bool
coverage_has_hole(const struct coverage *coverage, int64_t from_ns, int64_t to_ns,
                  int64_t max_gap_ns)
{
    int64_t at_ns = from_ns;

    while (to_ns > at_ns && (uint64_t)to_ns - (uint64_t)at_ns > (uint64_t)max_gap_ns) {
        int64_t next_ns = at_ns; /* up to there, files go on */
        for (guint i = 0; i < n_pieces(coverage); i++) {
            const struct piece *file = piece_of_file(coverage, i);
            if (file->is_used && file->first_ns <= at_ns + gap_before(file, max_gap_ns))
                next_ns = MAX(next_ns, file->last_ns);
        }
        if (next_ns == at_ns)
            return true;
        at_ns = next_ns;
    }
    return false;
}

bool
coverage_span(const struct coverage *coverage, int64_t *first_ns, int64_t *last_ns)
{
    const GArray *pieces = coverage->pieces;

    if (pieces->len == 0)
        return false;
    *first_ns = g_array_index(pieces, struct piece, 0).first_ns;
    *last_ns = g_array_index(pieces, struct piece, pieces->len - 1).last_ns;
    return true;
}

void
coverage_each_piece(const struct coverage *coverage,
                    void (*take)(void *context, int64_t first_ns, int64_t last_ns), void *context)
{
    for (guint i = 0; i < coverage->pieces->len; i++) {
        const struct piece *piece = &g_array_index(coverage->pieces, struct piece, i);
        take(context, piece->first_ns, piece->last_ns);
    }
}

static int64_t
end_of_piece(const void *piece)
{
    return ((const struct piece *)piece)->last_ns;
}

/* The first piece that ends at that time or later; their number if none does. */
static guint
piece_at(const struct coverage *coverage, int64_t time_ns)
{
    return lower_bound(coverage->pieces, time_ns, end_of_piece);
}

int64_t
coverage_within(const struct coverage *coverage, int64_t from_ns, int64_t to_ns)
{
    int64_t covered_ns = 0;

    for (guint i = piece_at(coverage, from_ns); i < coverage->pieces->len; i++) {
        const struct piece *piece = &g_array_index(coverage->pieces, struct piece, i);
        if (piece->first_ns >= to_ns)
            break;
        covered_ns += MIN(piece->last_ns, to_ns) - MAX(piece->first_ns, from_ns);
    }
    return covered_ns;
}

int64_t
coverage_begin_of(const struct coverage *coverage, int64_t time_ns)
{
    guint i = piece_at(coverage, time_ns);

    if (i == coverage->pieces->len)
        return time_ns;
    return MIN(g_array_index(coverage->pieces, struct piece, i).first_ns, time_ns);
}
