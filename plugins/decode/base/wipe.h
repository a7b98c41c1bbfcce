/* wipe.h
 * Clears secrets from memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_WIPE_H
#define OA_WIPE_H

#include <stddef.h>
#include <stdint.h>

/* Overwrites memory that may hold a secret; a compiler must not omit volatile stores. */
static inline void
oa_wipe(void *data, size_t length)
{
    volatile uint8_t *at = (volatile uint8_t *)data;

    while (length > 0)
        at[--length] = 0;
}

#endif
