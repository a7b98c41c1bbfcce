/* fuzz_restriction.c
 * Any bytes as a restriction: the first byte chooses the code page and another restriction, the
 * others are the restriction. Inside the other one it has to be read as it is alone.
 * [MS-OXCDATA] 2.12
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "same_reading.h"

#include "rop/property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The beginnings of restrictions that end with another one. */
static const struct head {
    uint8_t length;
    uint8_t bytes[8];
} HEADS[] = {
    { 3, { 0x00, 1, 0 } },                /* and */
    { 3, { 0x01, 1, 0 } },                /* or */
    { 1, { 0x02 } },                      /* not */
    { 5, { 0x09, 0x0d, 0, 0x12, 0x0e } }, /* in a recipient */
    { 3, { 0x0a, 0, 1 } },                /* with a comment of no values */
    { 5, { 0x0b, 1, 0, 0, 0 } },          /* once */
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oa_walk *walk;
    static const struct oa_visitor NONE = { 0 };
    struct reading alone, inside;

    if (size < 1)
        return 0;
    if (!walk)
        walk = oa_walk_new(&NONE, NULL);
    const struct head *head = &HEADS[(data[0] >> 2) % G_N_ELEMENTS(HEADS)];

    begin_reading(&alone, walk, data[0]);
    read_behind(&alone, walk, &OA_LAYOUT_RESTRICTION, NULL, 0, data + 1, size - 1);
    begin_reading(&inside, walk, data[0]);
    read_behind(&inside, walk, &OA_LAYOUT_RESTRICTION, head->bytes, head->length, data + 1,
                size - 1);
    require_same(&alone, &inside);
    return 0;
}
