/* property.c
 * Property tags, names, values and rows as they are in ROP buffers; restrictions and sort orders.
 * [MS-OXCDATA] 2.2.1 (IDs), 2.6 (names), 2.7 (problems), 2.8.1 (rows), 2.11 (values), 2.12
 * (restrictions), 2.13 (sort orders), [MS-OXORULE] 2.2.5 (rule actions)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/property.h"

#include "rop/entry_id.h"

#define GUID_SIZE 16

/* clang-format off */

const struct oa_layout OA_LAYOUT_LONG_TERM_ID = OA_LAYOUT_OF("LongTermID",
    OA_GUID(ROP_DATABASE_GUID),
    OA_BYTES(ROP_GLOBAL_COUNTER, 6),
    OA_U16(ROP_PAD)
);

/* Values, 2.11.1. In ROP buffers binary values have counts of two bytes, multiple values of four. */

#define BINARY_VALUE                                                                               \
    OA_COUNTED_BY(VALUE_SIZE, EXTENDED_RULE),                                                      \
    OA_BLOB_IF(VALUE_BINARY, oa_rop_is_entry_id, oa_rop_entry_id)

const struct oa_layout OA_LAYOUT_INTEGER16 = OA_LAYOUT_OF("PtypInteger16", OA_I16(VALUE_I16));
const struct oa_layout OA_LAYOUT_INTEGER32 = OA_LAYOUT_OF("PtypInteger32", OA_I32(VALUE_I32));
OA_LAYOUT(NUMBER64, "PtypInteger64", OA_I64(VALUE_I64));
const struct oa_layout OA_LAYOUT_FLOATING32 = OA_LAYOUT_OF("PtypFloating32", OA_BYTES(VALUE_FLOAT, 4));
const struct oa_layout OA_LAYOUT_FLOATING64 = OA_LAYOUT_OF("PtypFloating64", OA_BYTES(VALUE_DOUBLE, 8));
const struct oa_layout OA_LAYOUT_CURRENCY = OA_LAYOUT_OF("PtypCurrency", OA_I64(VALUE_CURRENCY));
const struct oa_layout OA_LAYOUT_FLOATING_TIME = OA_LAYOUT_OF("PtypFloatingTime", OA_BYTES(VALUE_FLOATING_TIME, 8));
const struct oa_layout OA_LAYOUT_ERROR_CODE = OA_LAYOUT_OF("PtypErrorCode", OA_U32(VALUE_ERROR));
OA_LAYOUT(BOOLEAN, "PtypBoolean", OA_BOOL(VALUE_BOOLEAN));
OA_LAYOUT(STRING8, "PtypString8", OA_STRING8Z(VALUE_STRING8));
OA_LAYOUT(STRING, "PtypString", OA_STRING16Z(VALUE_STRING));
const struct oa_layout OA_LAYOUT_TIME = OA_LAYOUT_OF("PtypTime", OA_FILETIME(VALUE_TIME));
const struct oa_layout OA_LAYOUT_GUID = OA_LAYOUT_OF("PtypGuid", OA_BYTES(VALUE_GUID, GUID_SIZE));
OA_LAYOUT(ANY_BINARY, "PtypBinary", BINARY_VALUE);

/* Properties whose integers are IDs, and whose binary values are keys. */
OA_LAYOUT(ID, "PtypInteger64", OA_ID(VALUE_ID));
static const struct oa_arm I64_ARMS[] = {
    OA_ARM(0x67480014, ID), /* PidTagFolderId */
    OA_ARM(0x67490014, ID), /* PidTagParentFolderId */
    OA_ARM(0x674a0014, ID), /* PidTagMid */
    OA_ARM(0x674d0014, ID), /* PidTagInstID */
    OA_ARM_DEFAULT(NUMBER64),
    OA_ARMS_END,
};
const struct oa_layout OA_LAYOUT_INTEGER64 = OA_LAYOUT_OF("PtypInteger64",
    OA_SWITCH(ROP_TAG, 0xffffffff, I64_ARMS)
);

OA_LAYOUT(KEY, "XID",
    OA_COUNTED(2, VALUE_SIZE),
    OA_IF_LEFT(1),
    OA_XID(XID)
);
OA_LAYOUT(CHANGES, "PredecessorChangeList",
    OA_COUNTED(2, VALUE_SIZE),
    OA_STRUCT(VALUE_LIST, OA_LAYOUT_PREDECESSORS)
);
static const struct oa_arm BINARY_ARMS[] = {
    OA_ARM(0x65e00102, KEY),     /* PidTagSourceKey */
    OA_ARM(0x65e10102, KEY),     /* PidTagParentSourceKey */
    OA_ARM(0x65e20102, KEY),     /* PidTagChangeKey */
    OA_ARM(0x65e30102, CHANGES), /* PidTagPredecessorChangeList */
    OA_ARM_DEFAULT(ANY_BINARY),
    OA_ARMS_END,
};
OA_LAYOUT(BINARY, "PtypBinary", OA_SWITCH(ROP_TAG, 0xffffffff, BINARY_ARMS));

/* PtypServerId, 2.11.1.4 */
OA_LAYOUT(OURS, "PtypServerId",
    OA_ID(ROP_FOLDER_ID),
    OA_ID(ROP_MESSAGE_ID),
    OA_U32(VALUE_SERVER_ID_INSTANCE)
);
OA_LAYOUT(NOT_OURS, "PtypServerId", OA_OCTETS(VALUE_SERVER_ID_CLIENT));
static const struct oa_arm SERVER_ID_ARMS[] = {
    OA_ARM(1, OURS),
    OA_ARM_DEFAULT(NOT_OURS),
    OA_ARMS_END,
};
const struct oa_layout OA_LAYOUT_SERVER_ID = OA_LAYOUT_OF("PtypServerId",
    OA_U8(VALUE_SERVER_ID_OURS),
    OA_SWITCH(VALUE_SERVER_ID_OURS, 0xff, SERVER_ID_ARMS)
);
OA_LAYOUT(SERVER_ID, "PtypServerId",
    OA_COUNTED(2, VALUE_SIZE),
    OA_STRUCT(VALUE_SERVER_ID, OA_LAYOUT_SERVER_ID)
);
OA_LAYOUT(RESTRICTION, "PtypRestriction", OA_STRUCT(RESTRICTION, OA_LAYOUT_RESTRICTION));

/* PtypRuleAction, [MS-OXORULE] 2.2.5 */
OA_LAYOUT(SERVER_EID, "ServerEid",
    OA_U8(VALUE_SERVER_ID_OURS),
    OA_ID(ROP_FOLDER_ID),
    OA_ID(ROP_MESSAGE_ID),
    OA_U32(VALUE_SERVER_ID_INSTANCE)
);
OA_LAYOUT(STANDARD_MOVE, "OP_MOVE",
    OA_BOOL(ACTION_IN_THIS_STORE),
    OA_COUNTED(2, ACTION_STORE_SIZE),
    OA_OCTETS(ACTION_STORE),
    OA_U16(ACTION_FOLDER_SIZE),
    OA_IF_NOT(ACTION_IN_THIS_STORE, 0),
    OA_BOUND(ACTION_FOLDER_SIZE, 0),
    OA_STRUCT(ACTION_SERVER_ID, SERVER_EID),
    OA_IF_EQUAL(ACTION_IN_THIS_STORE, 0),
    OA_BOUND(ACTION_FOLDER_SIZE, 0),
    OA_OCTETS(ACTION_FOLDER)
);
OA_LAYOUT(EXTENDED_MOVE, "OP_MOVE",
    OA_COUNTED(4, ACTION_STORE_SIZE),
    OA_BLOB_IF(ACTION_STORE, oa_rop_is_entry_id, oa_rop_entry_id),
    OA_COUNTED(4, ACTION_FOLDER_SIZE),
    OA_BLOB_IF(ACTION_FOLDER, oa_rop_is_entry_id, oa_rop_entry_id)
);
OA_LAYOUT(STANDARD_REPLY, "OP_REPLY",
    OA_ID(ROP_FOLDER_ID),
    OA_ID(ROP_MESSAGE_ID)
);
OA_LAYOUT(EXTENDED_REPLY, "OP_REPLY",
    OA_COUNTED(4, ACTION_MESSAGE_SIZE),
    OA_BLOB_IF(ACTION_MESSAGE, oa_rop_is_entry_id, oa_rop_entry_id)
);
#define BY_RULE(name)                                                                              \
    OA_IF_EQUAL(EXTENDED_RULE, 0),                                                                 \
    OA_PARTS(STANDARD_##name),                                                                     \
    OA_IF_NOT(EXTENDED_RULE, 0),                                                                   \
    OA_PARTS(EXTENDED_##name)
OA_LAYOUT(MOVE, "OP_MOVE", BY_RULE(MOVE));
OA_LAYOUT(REPLY, "OP_REPLY",
    BY_RULE(REPLY),
    OA_GUID(ACTION_TEMPLATE_GUID)
);
OA_LAYOUT(DEFER, "OP_DEFER_ACTION", OA_OCTETS(ACTION_DATA));
OA_LAYOUT(BOUNCE, "OP_BOUNCE", OA_U32(ACTION_BOUNCE));
OA_LAYOUT(RECIPIENT, "RecipientBlock",
    OA_U8(ACTION_RESERVED),
    OA_U16_BY(PROPERTY_COUNT, EXTENDED_RULE),
    OA_REPEAT(NONE, PROPERTY_COUNT),
    OA_STRUCT(PROPERTY, OA_LAYOUT_PROPERTY)
);
OA_LAYOUT(FORWARD, "OP_FORWARD",
    OA_U16_BY(ACTION_RECIPIENT_COUNT, EXTENDED_RULE),
    OA_REPEAT(NONE, ACTION_RECIPIENT_COUNT),
    OA_STRUCT(ACTION_RECIPIENT, RECIPIENT)
);
OA_LAYOUT(TAG, "OP_TAG", OA_STRUCT(PROPERTY, OA_LAYOUT_PROPERTY));

static const struct oa_arm ACTION_ARMS[] = {
    [0x1] = OA_ARM_AT(MOVE),
    [0x2] = OA_ARM_AT(MOVE),
    [0x3] = OA_ARM_AT(REPLY),
    [0x4] = OA_ARM_AT(REPLY),
    [0x5] = OA_ARM_AT(DEFER),
    [0x6] = OA_ARM_AT(BOUNCE),
    [0x7] = OA_ARM_AT(FORWARD),
    [0x8] = OA_ARM_AT(FORWARD),
    [0x9] = OA_ARM_AT(TAG),
    [0xa] = OA_ARM_AT_EMPTY,
    [0xb] = OA_ARM_AT_EMPTY,
};
OA_LAYOUT(ACTION_PARTS, "ActionBlock",
    OA_U8(ACTION_TYPE),
    OA_U32(ACTION_FLAVOR),
    OA_U32(ACTION_FLAGS),
    OA_SWITCH_INDEX(ACTION_TYPE, 0xff, ACTION_ARMS)
);
const struct oa_layout OA_LAYOUT_RULE_ACTIONS = OA_LAYOUT_OF("RuleAction",
    OA_U16_BY(ACTION_COUNT, EXTENDED_RULE),
    OA_REPEAT(ACTIONS, ACTION_COUNT),
    OA_COUNTED_BY(ACTION_SIZE, EXTENDED_RULE),
    OA_STRUCT(ACTION, ACTION_PARTS)
);

/* By property type. An object is never in rows; clients set one as if it were binary, [MS-OXCDATA]
 * 2.11.1.5. */
static const struct oa_arm SINGLE_ARMS[] = {
    [0x000] = OA_ARM_AT_EMPTY,
    [0x001] = OA_ARM_AT_EMPTY,
    [0x002] = OA_ARM_AT(OA_LAYOUT_INTEGER16),
    [0x003] = OA_ARM_AT(OA_LAYOUT_INTEGER32),
    [0x004] = OA_ARM_AT(OA_LAYOUT_FLOATING32),
    [0x005] = OA_ARM_AT(OA_LAYOUT_FLOATING64),
    [0x006] = OA_ARM_AT(OA_LAYOUT_CURRENCY),
    [0x007] = OA_ARM_AT(OA_LAYOUT_FLOATING_TIME),
    [0x00a] = OA_ARM_AT(OA_LAYOUT_ERROR_CODE),
    [0x00b] = OA_ARM_AT(BOOLEAN),
    [0x00d] = OA_ARM_AT(BINARY),
    [0x014] = OA_ARM_AT(OA_LAYOUT_INTEGER64),
    [0x01e] = OA_ARM_AT(STRING8),
    [0x01f] = OA_ARM_AT(STRING),
    [0x040] = OA_ARM_AT(OA_LAYOUT_TIME),
    [0x048] = OA_ARM_AT(OA_LAYOUT_GUID),
    [0x0fb] = OA_ARM_AT(SERVER_ID),
    [0x0fd] = OA_ARM_AT(RESTRICTION),
    [0x0fe] = OA_ARM_AT(OA_LAYOUT_RULE_ACTIONS),
    [0x102] = OA_ARM_AT(BINARY),
};

#define MULTIPLE(id, element)                                                                      \
    OA_LAYOUT(id, "PtypMultiple", OA_LIST(4, VALUE_COUNT, VALUE_LIST), element)

MULTIPLE(MULTIPLE_I16, OA_I16(VALUE_I16));
MULTIPLE(MULTIPLE_I32, OA_I32(VALUE_I32));
MULTIPLE(MULTIPLE_I64, OA_I64(VALUE_I64));
MULTIPLE(MULTIPLE_FLOATING32, OA_BYTES(VALUE_FLOAT, 4));
MULTIPLE(MULTIPLE_FLOATING64, OA_BYTES(VALUE_DOUBLE, 8));
MULTIPLE(MULTIPLE_CURRENCY, OA_I64(VALUE_CURRENCY));
MULTIPLE(MULTIPLE_FLOATING_TIME, OA_BYTES(VALUE_FLOATING_TIME, 8));
MULTIPLE(MULTIPLE_STRING8, OA_STRING8Z(VALUE_STRING8));
MULTIPLE(MULTIPLE_STRING, OA_STRING16Z(VALUE_STRING));
MULTIPLE(MULTIPLE_TIME, OA_FILETIME(VALUE_TIME));
MULTIPLE(MULTIPLE_GUID, OA_BYTES(VALUE_GUID, GUID_SIZE));
MULTIPLE(MULTIPLE_BINARY, BINARY_VALUE);

static const struct oa_arm MULTIPLE_ARMS[] = {
    [0x002] = OA_ARM_AT(MULTIPLE_I16),
    [0x003] = OA_ARM_AT(MULTIPLE_I32),
    [0x004] = OA_ARM_AT(MULTIPLE_FLOATING32),
    [0x005] = OA_ARM_AT(MULTIPLE_FLOATING64),
    [0x006] = OA_ARM_AT(MULTIPLE_CURRENCY),
    [0x007] = OA_ARM_AT(MULTIPLE_FLOATING_TIME),
    [0x014] = OA_ARM_AT(MULTIPLE_I64),
    [0x01e] = OA_ARM_AT(MULTIPLE_STRING8),
    [0x01f] = OA_ARM_AT(MULTIPLE_STRING),
    [0x040] = OA_ARM_AT(MULTIPLE_TIME),
    [0x048] = OA_ARM_AT(MULTIPLE_GUID),
    [0x102] = OA_ARM_AT(MULTIPLE_BINARY),
};

/* A value by the type in a field. A column of type 0x3000 and more has one value of a multiple
 * property in each row, [MS-OXCTABL] 2.2.2.2.1. */
#define VALUE_BY(id, field)                                                                        \
    OA_LAYOUT(id##_SINGLE, "PropertyValue", OA_SWITCH_INDEX(field, 0x0fff, SINGLE_ARMS));          \
    OA_LAYOUT(id##_MULTIPLE, "PropertyValue", OA_SWITCH_INDEX(field, 0x0fff, MULTIPLE_ARMS));      \
    static const struct oa_arm id##_ARMS[] = {                                                     \
        OA_ARM(0x1000, id##_MULTIPLE),                                                             \
        OA_ARM_DEFAULT(id##_SINGLE),                                                               \
        OA_ARMS_END,                                                                               \
    }

VALUE_BY(BY_TAG, ROP_TAG);
VALUE_BY(BY_TYPE, PROPERTY_CELL_TYPE);

/* TypedPropertyValue, 2.11.3, where the type is not specified in the tag */
OA_LAYOUT(TYPED, "TypedPropertyValue",
    OA_U16(PROPERTY_CELL_TYPE),
    OA_SWITCH(PROPERTY_CELL_TYPE, 0x3000, BY_TYPE_ARMS)
);
OA_LAYOUT(UNTYPED, "PropertyValue", OA_SWITCH(ROP_TAG, 0x3000, BY_TAG_ARMS));

static const struct oa_arm VALUE_ARMS[] = {
    OA_ARM(0x0000, TYPED),
    OA_ARM_DEFAULT(UNTYPED),
    OA_ARMS_END,
};
const struct oa_layout OA_LAYOUT_PROPERTY_VALUE = OA_LAYOUT_OF("PropertyValue",
    OA_SWITCH(ROP_TAG, 0xffff, VALUE_ARMS)
);

const struct oa_layout OA_LAYOUT_PROPERTY = OA_LAYOUT_OF("TaggedPropertyValue",
    OA_U32(ROP_TAG),
    OA_SWITCH(ROP_TAG, 0xffff, VALUE_ARMS)
);

/* Rows, 2.8.1. Each value of a flagged row has a flag that shows whether it is there, 2.11.5,
 * 2.11.6. */

#define FLAGGED(id, ...)                                                                           \
    OA_LAYOUT(id##_CELL, "PropertyValue", __VA_ARGS__);                                            \
    static const struct oa_arm id##_FLAG_ARMS[] = {                                                \
        OA_ARM(0x00, id##_CELL),                                                                   \
        OA_ARM_EMPTY(0x01),                                                                        \
        OA_ARM(0x0a, OA_LAYOUT_ERROR_CODE),                                                                  \
        OA_ARMS_END,                                                                               \
    }

FLAGGED(TYPED, OA_SWITCH(PROPERTY_CELL_TYPE, 0x3000, BY_TYPE_ARMS));
FLAGGED(UNTYPED, OA_SWITCH(ROP_TAG, 0x3000, BY_TAG_ARMS));

OA_LAYOUT(FLAGGED_TYPED, "FlaggedPropertyValueWithType",
    OA_U16(PROPERTY_CELL_TYPE),
    OA_U8(PROPERTY_CELL_FLAG),
    OA_SWITCH(PROPERTY_CELL_FLAG, 0xff, TYPED_FLAG_ARMS)
);
OA_LAYOUT(FLAGGED_UNTYPED, "FlaggedPropertyValue",
    OA_U8(PROPERTY_CELL_FLAG),
    OA_SWITCH(PROPERTY_CELL_FLAG, 0xff, UNTYPED_FLAG_ARMS)
);
static const struct oa_arm FLAGGED_ARMS[] = {
    OA_ARM(0x0000, FLAGGED_TYPED),
    OA_ARM_DEFAULT(FLAGGED_UNTYPED),
    OA_ARMS_END,
};
OA_LAYOUT(FLAGGED_CELL, "FlaggedPropertyValue", OA_SWITCH(ROP_TAG, 0xffff, FLAGGED_ARMS));

static const struct oa_arm CELL_ARMS[] = {
    OA_ARM(0, OA_LAYOUT_PROPERTY_VALUE),
    OA_ARM(1, FLAGGED_CELL),
    OA_ARMS_END,
};
const struct oa_layout OA_LAYOUT_PROPERTY_CELL = OA_LAYOUT_OF("PropertyValue",
    OA_SWITCH(PROPERTY_ROW_FLAG, 0xff, CELL_ARMS)
);

const struct oa_layout OA_LAYOUT_PROPERTY_ROW = OA_LAYOUT_OF("PropertyRow",
    OA_U8(PROPERTY_ROW_FLAG),
    OA_CELLS(PROPERTY_CELL, ROP_TAG, OA_LAYOUT_PROPERTY_CELL)
);

/* Names and problems, 2.6.1, 2.7. A name of kind 0xff has a GUID too, though the document makes it
 * optional. */

const struct oa_layout OA_LAYOUT_PROPERTY_NAME = OA_LAYOUT_OF("PropertyName",
    OA_U8(PROPERTY_NAME_KIND),
    OA_BYTES(PROPERTY_NAME_GUID, GUID_SIZE),
    OA_IF_EQUAL(PROPERTY_NAME_KIND, 0),
    OA_U32(PROPERTY_NAME_LID),
    OA_IF_EQUAL(PROPERTY_NAME_KIND, 1),
    OA_COUNTED(1, PROPERTY_NAME_SIZE),
    OA_STRING16(PROPERTY_NAME_TEXT)
);

const struct oa_layout OA_LAYOUT_PROBLEM = OA_LAYOUT_OF("PropertyProblem",
    OA_U16(PROBLEM_INDEX),
    OA_U32(ROP_TAG),
    OA_U32(PROBLEM_ERROR)
);

/* TypedString, 2.11.7. Reduced Unicode has the lower byte of each character only. */
OA_LAYOUT(TEXT8, "String", OA_STRING8Z(MESSAGE_TEXT8));
OA_LAYOUT(TEXT, "String", OA_STRING16Z(MESSAGE_TEXT));
static const struct oa_arm TYPED_STRING_ARMS[] = {
    OA_ARM_EMPTY(0),
    OA_ARM_EMPTY(1),
    OA_ARM(2, TEXT8),
    OA_ARM(3, TEXT8),
    OA_ARM(4, TEXT),
    OA_ARMS_END,
};
const struct oa_layout OA_LAYOUT_TYPED_STRING = OA_LAYOUT_OF("TypedString",
    OA_U8(TYPED_STRING_TYPE),
    OA_SWITCH(TYPED_STRING_TYPE, 0xff, TYPED_STRING_ARMS)
);

const struct oa_layout OA_LAYOUT_SORT_ORDER = OA_LAYOUT_OF("SortOrder",
    OA_U32(ROP_TAG),
    OA_U8(SORT_DIRECTION)
);

/* Restrictions, 2.12. */

#define INNER OA_STRUCT(RESTRICTION, OA_LAYOUT_RESTRICTION)
#define COMPARED_VALUE OA_STRUCT(PROPERTY, OA_LAYOUT_PROPERTY)

OA_LAYOUT(AND_OR, "AndRestriction",
    OA_U16_BY(RESTRICTION_COUNT, EXTENDED_RULE),
    OA_REPEAT(NONE, RESTRICTION_COUNT),
    INNER
);
OA_LAYOUT(NOT, "NotRestriction", INNER);
OA_LAYOUT(CONTENT, "ContentRestriction",
    OA_U32(RESTRICTION_FUZZY),
    OA_U32(RESTRICTION_TAG),
    COMPARED_VALUE
);
OA_LAYOUT(PROPERTY, "PropertyRestriction",
    OA_U8(RESTRICTION_REL_OP),
    OA_U32(RESTRICTION_TAG),
    COMPARED_VALUE
);
OA_LAYOUT(COMPARE, "ComparePropertiesRestriction",
    OA_U8(RESTRICTION_REL_OP),
    OA_U32(RESTRICTION_TAG),
    OA_U32(RESTRICTION_TAG)
);
OA_LAYOUT(BIT_MASK, "BitMaskRestriction",
    OA_U8(RESTRICTION_BITMAP_REL_OP),
    OA_U32(RESTRICTION_TAG),
    OA_U32(RESTRICTION_MASK)
);
OA_LAYOUT(SIZE, "SizeRestriction",
    OA_U8(RESTRICTION_REL_OP),
    OA_U32(RESTRICTION_TAG),
    OA_U32(RESTRICTION_VALUE_SIZE)
);
OA_LAYOUT(EXIST, "ExistRestriction", OA_U32(RESTRICTION_TAG));
OA_LAYOUT(SUB_OBJECT, "SubObjectRestriction",
    OA_U32(RESTRICTION_SUB_OBJECT),
    INNER
);
OA_LAYOUT(COMMENT, "CommentRestriction",
    OA_LIST(1, RESTRICTION_VALUE_COUNT, NONE),
    COMPARED_VALUE,
    OA_BOOL(RESTRICTION_PRESENT),
    OA_IF_NOT(RESTRICTION_PRESENT, 0),
    INNER
);
OA_LAYOUT(COUNT, "CountRestriction",
    OA_U32(RESTRICTION_MATCHES),
    INNER
);

static const struct oa_arm RESTRICTION_ARMS[] = {
    [0x00] = OA_ARM_AT(AND_OR),
    [0x01] = OA_ARM_AT(AND_OR),
    [0x02] = OA_ARM_AT(NOT),
    [0x03] = OA_ARM_AT(CONTENT),
    [0x04] = OA_ARM_AT(PROPERTY),
    [0x05] = OA_ARM_AT(COMPARE),
    [0x06] = OA_ARM_AT(BIT_MASK),
    [0x07] = OA_ARM_AT(SIZE),
    [0x08] = OA_ARM_AT(EXIST),
    [0x09] = OA_ARM_AT(SUB_OBJECT),
    [0x0a] = OA_ARM_AT(COMMENT),
    [0x0b] = OA_ARM_AT(COUNT),
};
const struct oa_layout OA_LAYOUT_RESTRICTION = OA_LAYOUT_OF("Restriction",
    OA_U8(RESTRICTION_TYPE),
    OA_SWITCH_INDEX(RESTRICTION_TYPE, 0xff, RESTRICTION_ARMS)
);

/* clang-format on */
