/* lower_bound.h
 * Where something is, or would be, in an array that is in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LOWER_BOUND_H
#define LOWER_BOUND_H

#include <glib.h>
#include <stdint.h>

/* The index of the first element whose place is not below that one; the length if there is none.
 * The elements are in order of their places: times, or numbers. */
static inline guint
lower_bound(const GArray *array, int64_t place, int64_t (*place_of)(const void *element))
{
    guint low = 0, high = array->len, size = g_array_get_element_size((GArray *)array);

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (place_of(array->data + (size_t)middle * size) < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
