/* memory_bound.c
 * How much memory the program has in use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "memory_bound.h"

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

struct memory_bound
memory_bound_begin(uint64_t limit)
{
    struct memory_bound bound = { .limit = limit };
    uint64_t all = resident(), used = heap();

    bound.fixed = all > used ? all - used : 0;
    return bound;
}

/* What is freed stays resident until it is returned, so this alone does not show what is used. */
bool
memory_bound_is_exceeded(const struct memory_bound *bound)
{
    if (!bound->limit || resident() < bound->limit - bound->limit / 16)
        return false;
    return bound->fixed + heap() >= bound->limit - bound->limit / 8;
}

bool
memory_bound_has_room(const struct memory_bound *bound)
{
    return bound->fixed + heap() < bound->limit - bound->limit / 4;
}

void
memory_bound_raise(struct memory_bound *bound)
{
    uint64_t used = bound->fixed + heap();

    bound->limit = used + used / 2 > bound->limit ? used + used / 2 : bound->limit;
}

void
memory_bound_return_freed(void)
{
    malloc_trim(0);
}
