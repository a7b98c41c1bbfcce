/* row_queue.h
 * Rows that are written in a thread of their own: what a row needs is copied, and its cells are
 * made there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROW_QUEUE_H
#define ROW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* What a row refers to: a pointer in it, to a text, or to so many bytes. */
struct row_reference {
    size_t offset; /* not 0 */
    size_t length; /* 0: a text */
};

/* What is to be copied of rows. Other pointers in them are to what keeps as long as the program. */
struct row_shape {
    size_t size;
    const struct row_reference *references; /* ended by an offset of 0 */
};

struct row_queue;

/* Writes a row, in the thread; false if nothing more can be written. */
typedef bool (*row_function)(void *to, const void *row);

/* Begins the thread; NULL if there can be none. */
struct row_queue *row_queue_begin(row_function write);

/* Adds a row for `to`, which belongs to the thread until row_queue_drain(). */
void row_queue_add(struct row_queue *queue, void *to, const struct row_shape *shape,
                   const void *row);

/* Waits until all rows are written. */
void row_queue_drain(struct row_queue *queue);

/* Whether a row could not be written, as far as known now. */
bool row_queue_failed(const struct row_queue *queue);

/* Writes all rows, ends the thread, and frees. May be NULL. */
void row_queue_end(struct row_queue *queue);

#endif
