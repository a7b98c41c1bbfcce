/* batch_ring.c
 * A ring of batches between two threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "batch_ring.h"

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

/* Then waits until at most so many are full. */
static void
hand_over(struct batch_ring *ring, size_t most_full)
{
    pthread_mutex_lock(&ring->lock);
    ring->n_full++;
    pthread_cond_signal(&ring->was_filled);
    while (ring->n_full > most_full)
        pthread_cond_wait(&ring->was_emptied, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    ring->filling = (ring->filling + 1) % RING_BATCHES;
}

void
batch_ring_hand_over(struct batch_ring *ring)
{
    hand_over(ring, RING_BATCHES - 1);
}

void
batch_ring_hand_over_all(struct batch_ring *ring)
{
    hand_over(ring, 0);
}

void
batch_ring_hand_over_last(struct batch_ring *ring)
{
    hand_over(ring, RING_BATCHES);
}

void
batch_ring_take(struct batch_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->is_emptying) {
        ring->n_full--;
        ring->emptying = (ring->emptying + 1) % RING_BATCHES;
        pthread_cond_signal(&ring->was_emptied);
    }
    while (ring->n_full == 0)
        pthread_cond_wait(&ring->was_filled, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    ring->is_emptying = true;
}
