/* batch_ring.c
 * A ring of batches between two threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "batch_ring.h"

/* Who has to wait goes on when so many are full, or empty: each time costs as much as a part of a
 * batch. */
#define WORTH_WAKING (RING_BATCHES / 2)

void
batch_ring_begin(struct batch_ring *ring)
{
    *ring = (struct batch_ring){ 0 };
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->was_filled, NULL);
    pthread_cond_init(&ring->was_emptied, NULL);
}

void
batch_ring_end(struct batch_ring *ring)
{
    pthread_cond_destroy(&ring->was_emptied);
    pthread_cond_destroy(&ring->was_filled);
    pthread_mutex_destroy(&ring->lock);
}

/* Then waits while more than `most_full` are full, until at most so many are. */
static void
hand_over(struct batch_ring *ring, size_t least_waking, size_t most_full, size_t until_full)
{
    pthread_mutex_lock(&ring->lock);
    if (++ring->n_full >= least_waking)
        pthread_cond_signal(&ring->was_filled);
    if (ring->n_full > most_full)
        while (ring->n_full > until_full)
            pthread_cond_wait(&ring->was_emptied, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    ring->filling = (ring->filling + 1) % RING_BATCHES;
}

void
batch_ring_hand_over(struct batch_ring *ring)
{
    hand_over(ring, WORTH_WAKING, RING_BATCHES - 1, RING_BATCHES - WORTH_WAKING);
}

void
batch_ring_hand_over_all(struct batch_ring *ring)
{
    hand_over(ring, 1, 0, 0);
}

void
batch_ring_hand_over_last(struct batch_ring *ring)
{
    hand_over(ring, 1, RING_BATCHES, 0);
}

void
batch_ring_take(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->is_emptying) {
        ring->n_full--;
        ring->emptying = (ring->emptying + 1) % RING_BATCHES;
        if (ring->n_full <= RING_BATCHES - WORTH_WAKING)
            pthread_cond_signal(&ring->was_emptied);
    }
    while (ring->n_full == 0)
        pthread_cond_wait(&ring->was_filled, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    ring->is_emptying = true;
}
