/* property_scope.c
 * The names of properties at each place of a walk: those that the logon has given, or in an
 * extended rule those of its own list. [MS-OXORULE] 2.2.4.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/property_scope.h"

#include <stddef.h>
#include <string.h>

/* IDs and names are only read as far as they are counted. */
void
oa_property_scope_start(struct oa_property_scope *scope)
{
    memset(scope, 0, offsetof(struct oa_property_scope, ids));
}

void
oa_property_scope_begin(struct oa_property_scope *scope, enum oa_field field)
{
    if (field == OA_F_PROPERTY_NAME)
        scope->name = (struct oa_property_name){ .kind = OA_PROPERTY_NAME_NONE };
    if (field != OA_F_EXTENDED_RULE)
        return;
    scope->rules++;
    scope->n_ids = scope->n_names = 0;
}

void
oa_property_scope_field(struct oa_property_scope *scope, const struct oa_value *value)
{
    oa_rop_name_field(&scope->name, value);
    if (value->id == OA_F_PROPERTY_ID && scope->rules > 0 && scope->n_ids < OA_SCOPE_NAMES)
        scope->ids[scope->n_ids++] = (uint16_t)value->number;
}

void
oa_property_scope_end(struct oa_property_scope *scope, enum oa_field field)
{
    if (field == OA_F_PROPERTY_NAME && scope->rules > 0 && scope->n_names < OA_SCOPE_NAMES)
        scope->names[scope->n_names++] = scope->name;
    else if (field == OA_F_EXTENDED_RULE)
        scope->rules--;
}

bool
oa_is_named_property(uint32_t tag)
{
    return tag >> 16 >= OA_NAMED_ID_MIN;
}

bool
oa_property_scope_name(const struct oa_property_scope *scope, const struct oa_rop *rop,
                       uint32_t tag, char out[OA_ROP_TAG_SIZE])
{
    if (scope->rules == 0 || !oa_is_named_property(tag))
        return oa_rop_tag_name(rop, tag, out);
    for (unsigned i = 0; i < MIN(scope->n_ids, scope->n_names); i++)
        if (scope->ids[i] == tag >> 16 && scope->names[i].kind != OA_PROPERTY_NAME_NONE) {
            oa_property_name_text(&scope->names[i], out, OA_ROP_TAG_SIZE);
            return true;
        }
    return false;
}
