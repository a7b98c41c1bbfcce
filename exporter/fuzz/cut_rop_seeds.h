/* cut_rop_seeds.h
 * Cuts seeds of parts of ROP buffers from captures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CUT_ROP_SEEDS_H
#define CUT_ROP_SEEDS_H

#include <stdbool.h>

/* Writes the restrictions of the capture and a value of each property to FOLDER/restriction and
 * FOLDER/property_value, in the form that the targets of these names read, but for those that are
 * there. False, with a message on standard error, if the capture cannot be read. */
bool cut_rop_seeds(const char *folder, const char *path);

#endif
