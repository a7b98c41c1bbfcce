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
};

/* Begins with what the program has before it reads anything. */
struct memory_bound memory_bound_begin(uint64_t limit);

/* Whether something has to be given up. Costs one system call while much is left. */
bool memory_bound_is_exceeded(const struct memory_bound *bound);

/* Whether enough was given up for some time. */
bool memory_bound_has_room(const struct memory_bound *bound);

/* Sets the limit so that there is room. */
void memory_bound_raise(struct memory_bound *bound);

/* Gives what was freed back to the system, as far as possible. */
void memory_bound_return_freed(void);

#endif
