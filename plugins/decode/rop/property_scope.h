/* property_scope.h
 * The names of properties at each place of a walk: those that the logon has given, or in an
 * extended rule those of its own list. [MS-OXORULE] 2.2.4.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_PROPERTY_SCOPE_H
#define OA_PROPERTY_SCOPE_H

#include "rop/rop_words.h"

/* Names that are kept of an extended rule. */
#define OA_SCOPE_NAMES 16

/* Zeros, or oa_property_scope_start(), are the beginning of a walk. */
struct oa_property_scope {
    struct oa_property_name name; /* the last PropertyName, complete when it has ended */
    unsigned rules;               /* extended rules around */
    unsigned n_ids, n_names;      /* in the innermost of these */
    uint16_t ids[OA_SCOPE_NAMES];
    struct oa_property_name names[OA_SCOPE_NAMES];
};

void oa_property_scope_start(struct oa_property_scope *scope);

/* For a visitor, with each report of the walk. */
void oa_property_scope_begin(struct oa_property_scope *scope, enum oa_field field);
void oa_property_scope_field(struct oa_property_scope *scope, const struct oa_value *value);
void oa_property_scope_end(struct oa_property_scope *scope, enum oa_field field);

/* The name of a property here, as oa_rop_tag_name(). */
bool oa_property_scope_name(const struct oa_property_scope *scope, const struct oa_rop *rop,
                            uint32_t tag, char out[OA_ROP_TAG_SIZE]);

/* Whether the name of a property depends on its ID: an ID of a named property. */
bool oa_is_named_property(uint32_t tag);

#endif
