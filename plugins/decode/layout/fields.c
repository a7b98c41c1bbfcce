/* fields.c
 * Descriptors of everything that layouts can report: one row for each field, names of values,
 * single bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "layout/fields.h"

/* clang-format off */
const struct oa_field_row OA_FIELDS[OA_FIELDS_COUNT] = {
    [OA_F_NONE] = { .filter = "exchange.none", .label = "None" },
#define OA_FIELD(id, filter, label, type, base, names)                                             \
    OA_FIELD_AS(id, filter, label, type, base, names, NONE)
#define OA_FIELD_AS(id, filter, label, type, base, names, role)                                    \
    [OA_F_##id] = { filter, label, OA_TYPE_##type, OA_BASE_##base, OA_NAMES_##names, OA_ROLE_##role },
#define OA_BIT(parent, filter, label, mask)
#define OA_PART(parent, filter, label, mask, names)
#include "layout/fields.def"
#undef OA_FIELD
#undef OA_FIELD_AS
#undef OA_BIT
#undef OA_PART
};
/* clang-format on */

const struct oa_bit_row OA_BITS[] = {
#define OA_FIELD(id, filter, label, type, base, names)
#define OA_FIELD_AS(id, filter, label, type, base, names, role)
#define OA_BIT(parent, filter, label, mask)                                                        \
    { OA_F_##parent, filter, label, mask, false, OA_NAMES_NONE },
#define OA_PART(parent, filter, label, mask, names)                                                \
    { OA_F_##parent, filter, label, mask, true, OA_NAMES_##names },
#include "layout/fields.def"
#undef OA_FIELD
#undef OA_FIELD_AS
#undef OA_BIT
#undef OA_PART
};

const size_t OA_BITS_COUNT = sizeof OA_BITS / sizeof OA_BITS[0];

#define OA_NAMES_BEGIN(id) static const struct oa_name NAMES_##id[] = {
#define OA_NAME(value, name) { value, name },
#define OA_NAMES_END(id)                                                                           \
    }                                                                                              \
    ;
#include "layout/field_names.def"
#undef OA_NAMES_BEGIN
#undef OA_NAME
#undef OA_NAMES_END

const struct oa_name_table OA_NAME_TABLES[OA_NAMES_COUNT] = {
    [OA_NAMES_NONE] = { NULL, 0 },
#define OA_NAMES_BEGIN(id)                                                                         \
    [OA_NAMES_##id] = { NAMES_##id, sizeof NAMES_##id / sizeof NAMES_##id[0] },
#define OA_NAME(value, name)
#define OA_NAMES_END(id)
#include "layout/field_names.def"
#undef OA_NAMES_BEGIN
#undef OA_NAME
#undef OA_NAMES_END
};

const char *
oa_field_name(enum oa_names names, uint32_t value)
{
    const struct oa_name_table *table = &OA_NAME_TABLES[names];
    size_t low = 0;
    size_t high = table->count;

    if (high > 0 && table->rows[0].value == value) /* success, as of most calls */
        return table->rows[0].name;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->rows[middle].value == value)
            return table->rows[middle].name;
        if (table->rows[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The number of a part, shifted down. */
static uint32_t
part_of(uint32_t value, uint32_t mask)
{
    return (value & mask) / (mask & (~mask + 1));
}

const char *
oa_value_name(enum oa_field field, uint32_t value)
{
    if (OA_FIELDS[field].names)
        return oa_field_name(OA_FIELDS[field].names, value);
    for (size_t i = 0; i < OA_BITS_COUNT; i++)
        if (OA_BITS[i].parent == field && OA_BITS[i].names)
            return oa_field_name(OA_BITS[i].names, part_of(value, OA_BITS[i].mask));
    return NULL;
}
