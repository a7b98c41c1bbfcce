/* tally.h
 * The rows of a report that counts over the whole capture: found by key, bounded in number, merged,
 * written in order at the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TALLY_H
#define TALLY_H

#include "report.h"

struct tally;

/* What the rows of such a report are. A row begins with its key. */
struct tally_rows {
    size_t size;  /* of a row */
    unsigned max; /* rows with a key of their own; everything beyond is counted in one without */
    int (*compare)(const void *a, const void *b); /* two keys, or rows: the order of the rows */
    void (*begin)(void *row, const void *key); /* fills a new row, all zero so far; takes copies of
                                                  what is in the key, which is NULL for the row of
                                                  all that is beyond */
    void (*merge)(void *into, const void *from); /* what the types of the columns leave to do, may
                                                    be NULL */
    void (*clear)(void *row);                    /* frees what the row owns; may be NULL */

    /* For tally_take_event(). */
    void *(*of_session)(struct tally *tally, const struct oa_virtual_connection *vc); /* its row */
    void (*call)(void *row, const struct oa_call *call);
    void (*session)(struct tally *tally, void *row, const struct oa_virtual_connection *vc);
};

/* The row of that key, new or not; once there are too many, the one without a key. Stays where it
 * is. */
void *tally_row(struct tally *tally, const void *key);

/* The row of that key, the row without a key; NULL if there is none. */
void *tally_find(const struct tally *tally, const void *key);
void *tally_rest(const struct tally *tally);

/* Merges a row that is not of the tally into one that is, whatever its key. */
void tally_add(const struct tally *tally, void *row, const void *other);

/* For a report that counts by session: a session, once it has ended, and its calls before, count in
 * one row, chosen when the session is first met: who it is may become clearer later. */
void tally_take_event(struct report_run *run, const struct oa_event *event);

/* Members of struct report for a report whose state is a tally of these rows. */
#define TALLY(of)                                                                                  \
    .rows = &(of), .new_state = tally_new, .merge = tally_merge, .finish = tally_write,            \
    .free_state = tally_free

void *tally_new(const struct report *report);
void tally_merge(void *into, const void *from);
void tally_write(struct report_run *run);
void tally_free(void *tally);

#endif
