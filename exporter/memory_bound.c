/* memory_bound.c
 * How much memory the program has in use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "memory_bound.h"

#include <glib.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* What is resident, [proc(5)] /proc/self/statm; 0: unknown. */
static uint64_t
resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What is allocated. */
static uint64_t
heap(void)
{
    struct mallinfo2 info = mallinfo2();

    return (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
}

/* With so much in use, something is given up. The rest is for what grows at once, as tables that
 * become twice as large, and for what is written at the end: pages that are used in part do not
 * become free for that. */
static uint64_t
most_of(uint64_t limit)
{
    return limit - limit / 16 * 3;
}

/* Until no more than that is. */
static uint64_t
room_of(uint64_t limit)
{
    return limit - limit / 16 * 5;
}

struct memory_bound
memory_bound_begin(uint64_t limit)
{
    struct memory_bound bound = { .limit = limit };
    uint64_t all = resident(), used = heap();

    bound.fixed = all > used ? all - used : 0;
    bound.room = room_of(limit);
    return bound;
}

uint64_t
memory_bound_in_use(const struct memory_bound *bound)
{
    return bound->fixed + heap();
}

/* What is freed stays resident until it is returned, so this alone does not show what is used. */
bool
memory_bound_is_exceeded(struct memory_bound *bound)
{
    uint64_t all = bound->limit ? resident() : 0;

    if (all <= bound->seen || all < most_of(bound->limit))
        return false;
    bound->seen = all;
    return memory_bound_in_use(bound) >= most_of(bound->limit);
}

bool
memory_bound_has_room(const struct memory_bound *bound)
{
    return memory_bound_in_use(bound) < bound->room;
}

bool
memory_bound_stays(const struct memory_bound *bound, uint64_t before, double share)
{
    uint64_t now = memory_bound_in_use(bound);
    double freed = before > now ? (double)(before - now) : 0;

    return share > 0 && (double)before - freed / share > (double)(bound->limit / 2);
}

/* A limit that is nearly reached by what cannot be given up would have the rest given up again and
 * again. */
void
memory_bound_settle(struct memory_bound *bound)
{
    uint64_t used = memory_bound_in_use(bound), most = most_of(bound->limit);

    if (used < most - most / 16) {
        bound->room = used + (most - used) / 2;
        return;
    }
    bound->limit = MAX(bound->limit, used + used / 2);
    bound->room = room_of(bound->limit);
}

void
memory_bound_return_freed(struct memory_bound *bound)
{
    malloc_trim(0);
    bound->seen = resident();
}
