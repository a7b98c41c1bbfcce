/* row_queue.c
 * Rows that are written in a thread of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "row_queue.h"

#include <string.h>

/* Behind it the row, and what it refers to. */
struct queued_row {
    row_function write;
    void *to;
    max_align_t row[];
};

static void
write_row(void *task)
{
    struct queued_row *queued = task;

    queued->write(queued->to, queued->row);
}

static const void *
target_of(const void *row, const struct row_reference *reference)
{
    const void *target;

    memcpy(&target, (const char *)row + reference->offset, sizeof target);
    return target;
}

/* 0: there is none. */
static size_t
length_of(const void *row, const struct row_reference *reference)
{
    const void *target = target_of(row, reference);

    return !target ? 0 : reference->length ? reference->length : strlen(target) + 1;
}

void
row_queue_add(struct task_queue *queue, row_function write, void *to, const struct row_shape *shape,
              const void *row)
{
    size_t length = sizeof(struct queued_row) + shape->size;

    for (const struct row_reference *at = shape->references; at->offset; at++)
        length += length_of(row, at);

    struct queued_row *queued = task_queue_add(queue, write_row, length);
    char *copy = (char *)memcpy(queued->row, row, shape->size) + shape->size;
    queued->write = write;
    queued->to = to;
    for (const struct row_reference *at = shape->references; at->offset; at++) {
        size_t size = length_of(row, at);
        if (!size)
            continue;
        memcpy(copy, target_of(row, at), size);
        memcpy((char *)queued->row + at->offset, &copy, sizeof copy);
        copy += size;
    }
}
