/* task_queue.c
 * Tasks for a thread of their own: taken in order, in batches, within bounded memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "task_queue.h"

#include <glib.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "batch_ring.h"

#define BATCH_BYTES (128 * 1024)
#define TASK_BYTES_MAX (64 * 1024)

/* Behind it the task. */
struct queued {
    task_function function;
    size_t length; /* of all, to the next one */
    max_align_t task[];
};

struct later {
    void *object;
    void (*function)(void *object);
};

struct batch {
    size_t used;
    bool is_last;
    uint8_t *bytes; /* BATCH_BYTES */
    GArray *later;  /* of struct later: freed when it has been emptied */
};

struct task_queue {
    bool (*goes_on)(void *context);
    void *context;
    pthread_t thread;
    struct batch_ring ring;
    atomic_bool has_failed;
    bool has_tasks; /* since it was drained */
    struct batch batches[RING_BATCHES];
};

/* --- the thread --- */

static void
carry_out(const struct batch *batch)
{
    struct queued *queued;

    for (size_t at = 0; at < batch->used; at += queued->length) {
        queued = (struct queued *)(batch->bytes + at);
        queued->function(queued->task);
    }
}

static void *
carry_out_all(void *data)
{
    struct task_queue *queue = data;
    const struct batch *batch;

    do {
        batch_ring_take(&queue->ring);
        batch = &queue->batches[queue->ring.emptying];
        carry_out(batch);
        if (!queue->goes_on(queue->context))
            atomic_store(&queue->has_failed, true);
    } while (!batch->is_last);
    return NULL;
}

/* --- whoever adds tasks --- */

static void
free_what_is_over(struct batch *batch)
{
    for (guint i = 0; i < batch->later->len; i++) {
        const struct later *later = &g_array_index(batch->later, struct later, i);
        later->function(later->object);
    }
    g_array_set_size(batch->later, 0);
}

static void
free_queue(struct task_queue *queue)
{
    for (size_t i = 0; i < RING_BATCHES; i++) {
        free_what_is_over(&queue->batches[i]);
        g_array_unref(queue->batches[i].later);
        g_free(queue->batches[i].bytes);
    }
    batch_ring_end(&queue->ring);
    g_free(queue);
}

struct task_queue *
task_queue_begin(bool (*goes_on)(void *context), void *context)
{
    struct task_queue *queue = g_new0(struct task_queue, 1);

    queue->goes_on = goes_on;
    queue->context = context;
    batch_ring_begin(&queue->ring);
    for (size_t i = 0; i < RING_BATCHES; i++) {
        queue->batches[i].bytes = g_malloc(BATCH_BYTES);
        queue->batches[i].later = g_array_new(FALSE, FALSE, sizeof(struct later));
    }
    if (pthread_create(&queue->thread, NULL, carry_out_all, queue) == 0)
        return queue;
    free_queue(queue);
    return NULL;
}

static struct batch *
filling(struct task_queue *queue)
{
    return &queue->batches[queue->ring.filling];
}

void *
task_queue_add(struct task_queue *queue, task_function function, size_t bytes)
{
    const size_t alignment = alignof(struct queued);
    size_t length = (sizeof(struct queued) + bytes + alignment - 1) / alignment * alignment;
    struct batch *batch = filling(queue);

    g_assert(bytes <= TASK_BYTES_MAX);
    if (BATCH_BYTES - batch->used < length) {
        batch_ring_hand_over(&queue->ring);
        batch = filling(queue);
        batch->used = 0;
        free_what_is_over(batch);
    }
    struct queued *queued = (struct queued *)(batch->bytes + batch->used);
    batch->used += length;
    queued->function = function;
    queued->length = length;
    queue->has_tasks = true;
    return queued->task;
}

void
task_queue_free_later(struct task_queue *queue, void *object, void (*function)(void *object))
{
    struct later later = { object, function };

    g_array_append_val(filling(queue)->later, later);
}

void
task_queue_drain(struct task_queue *queue)
{
    if (queue->has_tasks) {
        batch_ring_hand_over_all(&queue->ring);
        filling(queue)->used = 0;
        queue->has_tasks = false;
    }
    for (size_t i = 0; i < RING_BATCHES; i++)
        free_what_is_over(&queue->batches[i]);
}

bool
task_queue_failed(const struct task_queue *queue)
{
    return atomic_load(&queue->has_failed);
}

void
task_queue_end(struct task_queue *queue)
{
    if (!queue)
        return;
    filling(queue)->is_last = true;
    batch_ring_hand_over_last(&queue->ring);
    pthread_join(queue->thread, NULL);
    free_queue(queue);
}
