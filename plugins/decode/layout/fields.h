/* fields.h
 * Descriptors of everything that layouts can report: one row for each field, names of values,
 * single bits.
 *
 * A row is written once, in one of the fields_*.def files: the decoder refers to the field by
 * number (OA_F_OXCRPC_USER_DN), the plugin registers the rows as display fields, and tests and
 * reports use their labels and names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_FIELDS_H
#define OA_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oa_field {
    OA_F_NONE,
#define OA_FIELD(id, filter, label, type, base, names) OA_F_##id,
#define OA_FIELD_AS(id, filter, label, type, base, names, role) OA_F_##id,
#define OA_BIT(parent, filter, label, mask)
#define OA_PART(parent, filter, label, mask, names)
#include "layout/fields.def"
#undef OA_FIELD
#undef OA_FIELD_AS
#undef OA_BIT
#undef OA_PART
    OA_FIELDS_COUNT
};

/* The type of a field's value; integers are reported as oa_value.number, all others as bytes. */
enum oa_type {
    OA_TYPE_NONE, /* a structure, which has no value of its own */
    OA_TYPE_UINT8,
    OA_TYPE_UINT16,
    OA_TYPE_UINT32,
    OA_TYPE_UINT64,
    OA_TYPE_INT16,
    OA_TYPE_INT32,
    OA_TYPE_INT64,
    OA_TYPE_BOOL,
    OA_TYPE_ID,       /* folder or message ID, [MS-OXCDATA] 2.2.1 */
    OA_TYPE_CURRENCY, /* ten thousandths, as a signed number of 64 bits */
    OA_TYPE_FLOAT,
    OA_TYPE_DOUBLE,
    OA_TYPE_FLOATING_TIME, /* days since 1899-12-30, as a double */
    OA_TYPE_FILETIME,      /* number: 100 ns since 1601, [MS-DTYP] 2.3.3 */
    OA_TYPE_GUID,
    OA_TYPE_SID, /* [MS-DTYP] 2.4.2 */
    OA_TYPE_BYTES,
    OA_TYPE_TEXT8,   /* in the code page of oa_value */
    OA_TYPE_TELETEX, /* 8-bit text that is always ASCII: DNs, names of servers */
    OA_TYPE_TEXT16,  /* UTF-16 in the walk's byte order */
};

enum oa_base {
    OA_BASE_NONE,
    OA_BASE_DEC,
    OA_BASE_HEX,
    OA_BASE_MINUTES, /* decimal: minutes since 1601, see oa_minutes_text() */
};

/* The meaning of a field to code; NONE for one that is only displayed. */
enum oa_role {
    OA_ROLE_NONE,
    OA_ROLE_RETURN_VALUE, /* what the call returned */
    OA_ROLE_CODE_PAGE,    /* of the 8-bit text that follows; 0: not given */
    OA_ROLE_TITLED,       /* a structure that is titled by the name of a value in it: */
    OA_ROLE_NAMED,        /* a structure that has the name of a value in it as its title */
    OA_ROLE_TITLE,        /* this value, see oa_value_name() */
    OA_ROLES
};

/* Tables of value names: those of field_names.def. */
enum oa_names {
    OA_NAMES_NONE,
#define OA_NAMES_BEGIN(id) OA_NAMES_##id,
#define OA_NAME(value, name)
#define OA_NAMES_END(id)
#include "layout/field_names.def"
#undef OA_NAMES_BEGIN
#undef OA_NAME
#undef OA_NAMES_END
    OA_NAMES_COUNT
};

struct oa_name {
    uint32_t value;
    const char *name;
};

/* Rows in ascending order of value. */
struct oa_name_table {
    const struct oa_name *rows;
    size_t count;
};

struct oa_field_row {
    const char *filter; /* "oxcrpc.user_dn"; begins with the name of the protocol */
    const char *label;
    enum oa_type type;
    enum oa_base base;
    enum oa_names names;
    enum oa_role role;
};

/* One bit of an integer field, or a group of bits that form a number. */
struct oa_bit_row {
    enum oa_field parent;
    const char *filter;
    const char *label;
    uint32_t mask;
    bool is_number;      /* a group of bits: displayed as a number, shifted down */
    enum oa_names names; /* of that number */
};

extern const struct oa_field_row OA_FIELDS[OA_FIELDS_COUNT];
extern const struct oa_bit_row OA_BITS[];
extern const size_t OA_BITS_COUNT;
extern const struct oa_name_table OA_NAME_TABLES[OA_NAMES_COUNT];

/* The name of a value in a table, or NULL. */
const char *oa_field_name(enum oa_names names, uint32_t value);

/* The name of an integer field's value: in the field's table of names, or else that of the first
 * part which has such a table; NULL when there is none. */
const char *oa_value_name(enum oa_field field, uint32_t value);

#endif
