/* test_task_queue.c
 * Tasks are carried out in their order, whatever their sizes, and what is freed later is not freed
 * before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "task_queue.h"

#define TASKS 20000
#define SIZE_MAX_HERE 3000

/* What the thread has done. */
struct done {
    unsigned n;
    unsigned sum; /* of the numbers behind the tasks */
    bool goes_on;
};

struct task {
    struct done *done;
    unsigned number;
    size_t more;
    unsigned *lent; /* freed later */
    uint8_t bytes[];
};

static bool
goes_on(void *done)
{
    return ((const struct done *)done)->goes_on;
}

static void
check_task(void *data)
{
    const struct task *task = data;

    g_assert_cmpuint(task->number, ==, task->done->n);
    g_assert_cmpuint(*task->lent, ==, task->number);
    for (size_t i = 0; i < task->more; i++)
        g_assert_cmpuint(task->bytes[i], ==, task->number % 256);
    task->done->n++;
    task->done->sum += *task->lent;
}

/* Writes into what is freed, so that it shows if it was too early. */
static void
spoil(void *lent)
{
    *(unsigned *)lent = G_MAXUINT;
    g_free(lent);
}

static void
add(struct task_queue *queue, struct done *done, unsigned number)
{
    size_t more = (size_t)g_test_rand_int_range(0, SIZE_MAX_HERE);
    unsigned *lent = g_new(unsigned, 1);
    struct task *task = task_queue_add(queue, check_task, sizeof *task + more);

    *lent = number;
    *task = (struct task){ done, number, more, lent };
    memset(task->bytes, (int)(number % 256), more);
    task_queue_free_later(queue, lent, spoil);
}

static void
test_order(void)
{
    struct done done = { .goes_on = true };
    struct task_queue *queue = task_queue_begin(goes_on, &done);

    g_assert_nonnull(queue);
    for (unsigned i = 0; i < TASKS; i++) {
        add(queue, &done, i);
        if (i % 777 == 0) {
            task_queue_drain(queue);
            g_assert_cmpuint(done.n, ==, i + 1);
        }
    }
    task_queue_drain(queue);
    g_assert_false(task_queue_failed(queue));
    task_queue_end(queue);
    g_assert_cmpuint(done.n, ==, TASKS);
    g_assert_cmpuint(done.sum, ==, (unsigned)TASKS / 2 * (TASKS - 1));
}

/* What was not waited for is done at the end; nothing at all is no special case. */
static void
test_end(void)
{
    for (unsigned n = 0; n < 3; n++) {
        struct done done = { .goes_on = true };
        struct task_queue *queue = task_queue_begin(goes_on, &done);
        for (unsigned i = 0; i < n; i++)
            add(queue, &done, i);
        task_queue_end(queue);
        g_assert_cmpuint(done.n, ==, n);
    }
    task_queue_end(NULL);
}

static void
test_failure(void)
{
    struct done done = { .goes_on = false };
    struct task_queue *queue = task_queue_begin(goes_on, &done);

    g_assert_false(task_queue_failed(queue));
    add(queue, &done, 0);
    task_queue_drain(queue);
    g_assert_true(task_queue_failed(queue));
    task_queue_end(queue);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/task_queue/order", test_order);
    g_test_add_func("/task_queue/end", test_end);
    g_test_add_func("/task_queue/failure", test_failure);
    return g_test_run();
}
