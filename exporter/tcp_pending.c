/* tcp_pending.c
 * Pieces of a TCP stream that arrived out of order, until the bytes before them come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp_pending.h"

/* What an out-of-order piece costs in addition to its bytes, so that many tiny ones are bounded
 * too.
 */
#define PIECE_COST (sizeof(struct tcp_piece) + 48)

static void
piece_free(gpointer data)
{
    struct tcp_piece *piece = (struct tcp_piece *)data;

    g_free(piece->bytes);
    g_free(piece);
}

static size_t
piece_cost(const struct tcp_piece *piece)
{
    return PIECE_COST + (piece->bytes ? piece->length : 0);
}

static int
compare_pieces(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct tcp_piece *left = (const struct tcp_piece *)a,
                           *right = (const struct tcp_piece *)b;

    (void)data;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void
count(struct tcp_pending *pending, size_t *total, size_t added, size_t taken)
{
    pending->bytes += added - taken;
    *total += added - taken;
}

void
tcp_pending_mark(struct tcp_pending *pending, int64_t from, int64_t to, struct tcp_mark mark)
{
    struct tcp_piece key = { .offset = from };

    if (!pending->pieces)
        return;
    /* Behind an equal one. */
    GSequenceIter *at = g_sequence_search(pending->pieces, &key, compare_pieces, NULL);
    for (; !g_sequence_iter_is_end(at); at = g_sequence_iter_next(at)) {
        struct tcp_piece *piece = (struct tcp_piece *)g_sequence_get(at);

        if (piece->offset > to)
            return;
        if (!piece->acked.segments)
            piece->acked = mark;
    }
}

struct tcp_piece
tcp_pending_take_first(struct tcp_pending *pending, size_t *total)
{
    GSequenceIter *first = g_sequence_get_begin_iter(pending->pieces);
    struct tcp_piece *piece = (struct tcp_piece *)g_sequence_get(first);
    struct tcp_piece taken = *piece;

    count(pending, total, 0, piece_cost(piece));
    piece->bytes = NULL;
    g_sequence_remove(first);
    if (g_sequence_is_empty(pending->pieces)) {
        g_sequence_free(pending->pieces);
        pending->pieces = NULL;
    }
    return taken;
}

uint64_t
tcp_pending_add(struct tcp_pending *pending, size_t *total, int64_t offset, const uint8_t *bytes,
                uint32_t length, struct oa_stamp stamp)
{
    struct tcp_piece key = { .offset = offset };
    int64_t end = offset + length, at = offset;
    uint64_t added = 0;

    if (length == 0)
        return 0;
    if (!pending->pieces)
        pending->pieces = g_sequence_new(piece_free);
    GSequenceIter *next = g_sequence_search(pending->pieces, &key, compare_pieces, NULL);
    if (!g_sequence_iter_is_begin(next)) {
        const struct tcp_piece *before =
            (const struct tcp_piece *)g_sequence_get(g_sequence_iter_prev(next));
        at = MAX(at, before->offset + before->length);
    }
    while (at < end) {
        const struct tcp_piece *after =
            g_sequence_iter_is_end(next) ? NULL : (const struct tcp_piece *)g_sequence_get(next);
        int64_t stop = after ? MIN(end, after->offset) : end;

        if (at < stop) {
            struct tcp_piece *piece = g_new(struct tcp_piece, 1);
            *piece = (struct tcp_piece){ .offset = at,
                                         .length = (uint32_t)(stop - at),
                                         .is_cut = bytes == NULL,
                                         .stamp = stamp };
            if (bytes)
                piece->bytes = (uint8_t *)g_memdup2(bytes + (at - offset), piece->length);
            count(pending, total, piece_cost(piece), 0);
            g_sequence_insert_before(next, piece);
            added += piece->length;
        }
        if (!after)
            break;
        at = MAX(at, after->offset + after->length);
        next = g_sequence_iter_next(next);
    }
    return added;
}
