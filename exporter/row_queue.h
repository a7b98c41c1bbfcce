/* row_queue.h
 * Rows that are written in a thread of their own: what a row needs is copied, and its cells are
 * made there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ROW_QUEUE_H
#define ROW_QUEUE_H

#include "task_queue.h"

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

/* Writes a row, in the thread; false if nothing more can be written. */
typedef bool (*row_function)(void *to, const void *row);

/* Adds a row for `to`, which belongs to the thread until task_queue_drain(). Rows are a few hundred
 * bytes, and what they refer to is bounded text. */
void row_queue_add(struct task_queue *queue, row_function write, void *to,
                   const struct row_shape *shape, const void *row);

#endif
