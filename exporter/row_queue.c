/* row_queue.c
 * Rows that are written in a thread of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "row_queue.h"

#include <glib.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "batch_ring.h"

#define BATCH_BYTES (128 * 1024)

/* Behind it the row, and what it refers to. */
struct queued {
    void *to;
    size_t length; /* of all, to the next one */
    max_align_t row[];
};

struct batch {
    size_t used;
    bool is_last;
    uint8_t *bytes; /* BATCH_BYTES */
};

struct row_queue {
    row_function write;
    pthread_t thread;
    struct batch_ring ring;
    atomic_bool has_failed;
    bool has_rows; /* since it was drained */
    struct batch batches[RING_BATCHES];
};

/* --- the thread --- */

static void
write_rows(struct row_queue *queue, const struct batch *batch)
{
    const struct queued *queued;

    for (size_t at = 0; at < batch->used; at += queued->length) {
        queued = (const struct queued *)(batch->bytes + at);
        if (!queue->write(queued->to, queued->row))
            atomic_store(&queue->has_failed, true);
    }
}

static void *
write_all(void *data)
{
    struct row_queue *queue = data;
    const struct batch *batch;

    do {
        batch_ring_take(&queue->ring);
        batch = &queue->batches[queue->ring.emptying];
        write_rows(queue, batch);
    } while (!batch->is_last);
    return NULL;
}

/* --- whoever adds rows --- */

static void
free_queue(struct row_queue *queue)
{
    for (size_t i = 0; i < RING_BATCHES; i++)
        g_free(queue->batches[i].bytes);
    batch_ring_end(&queue->ring);
    g_free(queue);
}

struct row_queue *
row_queue_begin(row_function write)
{
    struct row_queue *queue = g_new0(struct row_queue, 1);

    queue->write = write;
    batch_ring_begin(&queue->ring);
    for (size_t i = 0; i < RING_BATCHES; i++)
        queue->batches[i].bytes = g_malloc(BATCH_BYTES);
    if (pthread_create(&queue->thread, NULL, write_all, queue) == 0)
        return queue;
    free_queue(queue);
    return NULL;
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

static struct batch *
filling(struct row_queue *queue)
{
    return &queue->batches[queue->ring.filling];
}

/* Rows are a few hundred bytes, and what they refer to is bounded text. */
static struct queued *
make_room(struct row_queue *queue, size_t length)
{
    struct batch *batch = filling(queue);

    g_assert(length <= BATCH_BYTES);
    if (BATCH_BYTES - batch->used < length) {
        batch_ring_hand_over(&queue->ring);
        batch = filling(queue);
        batch->used = 0;
    }
    struct queued *queued = (struct queued *)(batch->bytes + batch->used);
    batch->used += length;
    queued->length = length;
    return queued;
}

void
row_queue_add(struct row_queue *queue, void *to, const struct row_shape *shape, const void *row)
{
    const size_t alignment = alignof(struct queued);
    size_t length = sizeof(struct queued) + shape->size;

    for (const struct row_reference *at = shape->references; at->offset; at++)
        length += length_of(row, at);
    length = (length + alignment - 1) / alignment * alignment;

    struct queued *queued = make_room(queue, length);
    char *copy = (char *)memcpy(queued->row, row, shape->size) + shape->size;
    queued->to = to;
    for (const struct row_reference *at = shape->references; at->offset; at++) {
        size_t size = length_of(row, at);
        if (!size)
            continue;
        memcpy(copy, target_of(row, at), size);
        memcpy((char *)queued->row + at->offset, &copy, sizeof copy);
        copy += size;
    }
    queue->has_rows = true;
}

void
row_queue_drain(struct row_queue *queue)
{
    if (!queue->has_rows)
        return;
    batch_ring_hand_over_all(&queue->ring);
    filling(queue)->used = 0;
    queue->has_rows = false;
}

bool
row_queue_failed(const struct row_queue *queue)
{
    return atomic_load(&queue->has_failed);
}

void
row_queue_end(struct row_queue *queue)
{
    if (!queue)
        return;
    filling(queue)->is_last = true;
    batch_ring_hand_over_last(&queue->ring);
    pthread_join(queue->thread, NULL);
    free_queue(queue);
}
