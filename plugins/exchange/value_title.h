/* value_title.h
 * The value of a field as text in the title of a structure, where the tree has it as an item too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VALUE_TITLE_H
#define VALUE_TITLE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "layout/layout.h"

/* Bytes of a text in a title, with its terminator; more are cut. */
#define VALUE_TITLE_MAX 120

/* The text, by the type of the field; from the pool. `tvb` has the value's bytes at its offset. */
const char *value_title(wmem_allocator_t *pool, tvbuff_t *tvb, const struct oa_value *value);

#endif
