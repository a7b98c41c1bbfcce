/* memory_bound.h
 * How much memory the program has in use, compared with a limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MEMORY_BOUND_H
#define MEMORY_BOUND_H

#include <stdbool.h>
#include <stdint.h>

struct memory_bound {
    uint64_t limit; /* bytes, resident; 0: none */
    uint64_t fixed; /* of these, what is no heap: the program and its libraries */
    uint64_t room;  /* of the limit: so much in use leaves room for some time */
    uint64_t seen;  /* what was resident when that was not too much */
};

/* Begins with what the program has before it reads anything. */
struct memory_bound memory_bound_begin(uint64_t limit);

/* Whether something has to be given up. Costs one system call while no more is resident than when
 * it was asked last. */
bool memory_bound_is_exceeded(struct memory_bound *bound);

/* Whether enough was given up for some time. Takes as long as there are pieces of free memory. */
bool memory_bound_has_room(const struct memory_bound *bound);

/* Bytes. */
uint64_t memory_bound_in_use(const struct memory_bound *bound);

/* Whether what cannot be given up takes more than half of the limit: an estimate, from that share
 * of the rest having been given up since `before` bytes were in use. */
bool memory_bound_stays(const struct memory_bound *bound, uint64_t before, double share);

/* Nothing more can be given up: from now on there is room with less of the limit free; or the limit
 * is raised, if too little of it is. */
void memory_bound_settle(struct memory_bound *bound);

/* Gives what was freed back to the system, as far as possible. */
void memory_bound_return_freed(struct memory_bound *bound);

#endif
