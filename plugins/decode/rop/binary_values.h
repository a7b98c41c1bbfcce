/* binary_values.h
 * Structures that the values of binary properties are, by the property. [MS-OXPROPS] 2
 *
 * Entry IDs are known by their own bytes, see entry_id.h; values of synchronization are in
 * sync_values.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_BINARY_VALUES_H
#define OA_BINARY_VALUES_H

#include "layout/layout.h"
#include "rop/named_properties.h"

/* The kind of structure that a property's values are, or 0. `name` is that of a named property;
 * NULL: not known, or none. */
unsigned oa_binary_kind(uint16_t property_id, const struct oa_property_name *name);

/* The layout of a value of that kind; NULL: the bytes are not such a structure. */
const struct oa_layout *oa_binary_layout(unsigned kind, const uint8_t *bytes, size_t length);

#endif
