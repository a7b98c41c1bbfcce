/* task_queue.h
 * Tasks for a thread of their own: taken in order, in batches, within bounded memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TASK_QUEUE_H
#define TASK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct task_queue;

/* Carries out a task, in the thread. */
typedef void (*task_function)(void *task);

/* Begins the thread; NULL if there can be none. `goes_on` is called there after some tasks, and
 * returns false if there is no point in any more. */
struct task_queue *task_queue_begin(bool (*goes_on)(void *context), void *context);

/* Adds a task of so many bytes, at most 64 KB, which the caller fills in before anything else is
 * done with the queue. What it refers to belongs to the thread, or does not change, until
 * task_queue_drain(). */
void *task_queue_add(struct task_queue *queue, task_function function, size_t bytes);

/* Frees the object, here and not in the thread, when all tasks so far have been carried out. */
void task_queue_free_later(struct task_queue *queue, void *object, void (*function)(void *object));

/* Waits until all tasks have been carried out. */
void task_queue_drain(struct task_queue *queue);

/* Whether it does not go on, as far as known now. */
bool task_queue_failed(const struct task_queue *queue);

/* Has all tasks carried out, ends the thread, and frees. May be NULL. */
void task_queue_end(struct task_queue *queue);

#endif
