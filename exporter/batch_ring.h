/* batch_ring.h
 * A ring of batches between two threads, by their indexes: one fills them, the other one empties
 * them in the same order. Each belongs to one of the two at any time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef BATCH_RING_H
#define BATCH_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Enough that the two seldom wait for each other, few enough to take little memory. */
#define RING_BATCHES 8

struct batch_ring {
    pthread_mutex_t lock; /* of `n_full` */
    pthread_cond_t was_filled, was_emptied;
    size_t n_full;    /* with the one that is being emptied */
    size_t filling;   /* the index of the one being filled; of the thread that does */
    size_t emptying;  /* and emptied, likewise */
    bool is_emptying; /* there is one */
};

void batch_ring_begin(struct batch_ring *ring);
void batch_ring_end(struct batch_ring *ring);

/* By the thread that fills: hands over the batch `filling`, and waits for an empty one, which is
 * `filling` then; or waits until none is full. */
void batch_ring_hand_over(struct batch_ring *ring);
void batch_ring_hand_over_all(struct batch_ring *ring);

/* The same when nothing more comes; waits for nothing. */
void batch_ring_hand_over_last(struct batch_ring *ring);

/* By the other one: the batch `emptying` is empty, and waits for the next full one, which is
 * `emptying` then. */
void batch_ring_take(struct batch_ring *ring);

#endif
