/* tally.h
 * The rows of a report that counts over the whole capture: found by key, bounded in number,
 * mergeable, written in order at the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TALLY_H
#define TALLY_H

#include "report.h"
#include "session_traffic.h"

struct tally;

/* The rows of such a report. A row starts with its key. */
struct tally_rows {
    size_t size;  /* of a row */
    unsigned max; /* rows with a key; everything else is counted in one row without */
    int (*compare)(const void *a, const void *b); /* keys or rows; the order of the rows */
    void (*begin)(void *row, const void *key); /* initialises a row that is all zero, with copies of
                                                  what the key points to; the key is NULL for the
                                                  row without one */
    void (*merge)(void *into, const void *from); /* what columns_merge() does not do; may be NULL */
    bool merges_all;                             /* the columns are not of these rows */
    void (*clear)(void *row);                    /* frees what the row owns; may be NULL */

    /* For tally_take_event(). */
    void *(*of_session)(struct tally *tally,
                        const struct oa_virtual_connection *vc); /* chooses a row */
    void (*call)(struct tally *tally, void *row, const struct oa_call *call);
    /* What the session carried in a span of time; and where the span of a time starts. NULL: not
     * wanted. */
    void (*traffic)(void *row, int64_t start_ns, const struct traffic_growth *growth);
    int64_t (*span_start)(const struct tally *tally, int64_t time_ns);
    void (*session)(struct tally *tally, void *row, const struct oa_virtual_connection *vc);
};

/* Returns the row with that key, which is created if it is missing; the row without a key if there
 * are too many. Rows do not move. */
void *tally_row(struct tally *tally, const void *key);

/* Return the row with that key; the row without a key; NULL if there is none. */
void *tally_find(const struct tally *tally, const void *key);
void *tally_rest(const struct tally *tally);

/* The run whose event is taken; for the functions that tally_take_event() calls. */
const struct report_run *tally_run(const struct tally *tally);

/* Merges `other`, which is not in the tally, into a row of it. The key of `other` is ignored. */
void tally_add(const struct tally *tally, void *row, const void *other);

/* The `event` function of a report that counts by session. The calls of a session, and its end, are
 * counted in one row, which is chosen at the first of them: more may become known about the session
 * later. While it may turn out to be a part of another one, its calls are kept apart. */
void tally_take_event(struct report_run *run, const struct oa_event *event);
#define TALLY_TAKES                                                                                \
    (REPORT_TAKES(RPC) | REPORT_TAKES(CALL) | REPORT_TAKES(VC_JOINED) | REPORT_TAKES(VC_CLOSED))

/* Members of struct report for a report whose state is a tally of these rows. */
#define TALLY(of)                                                                                  \
    .rows = &(of), .new_state = tally_new, .merge = tally_merge, .fill = tally_fill,               \
    .rotate = tally_rotate, .finish = tally_finish, .free_state = tally_free

void *tally_new(const struct report *report);
void tally_merge(void *into, const void *from);
void tally_finish(struct report_run *run);
void tally_fill(void *tally);
void tally_rotate(void *tally);
void tally_free(void *tally);

/* Calls the function with each row, in their order, then with that without a key. */
void tally_each(const struct tally *tally, void (*take)(void *context, void *row), void *context);

/* Writes the rows of a tally that is a part of the report's state. */
void tally_write(struct report_run *run, const struct tally *tally);

#endif
