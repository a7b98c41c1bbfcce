/* stub_nspi.c
 * Parameters of NSPI, the address book.
 * [MS-OXNSPI] 2.2 (structures), 3.1.4.1 (operations), [MS-NSPI] 3.1.4 (operations 17 and 18)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/nspi.h"
#include "exchange/stub.h"

#include <string.h>

#define ENTRY_ID_HEAD 28
#define EPHEMERAL_SIZE 32
#define EPHEMERAL 0x87
#define GUID_SIZE 16

/* Entry IDs, 2.2.9 */

/* clang-format off */

static const struct oa_slot EPHEMERAL_SLOTS[] = {
    OA_U8(OXNSPI_ENTRY_ID_TYPE),
    OA_BYTES(OXNSPI_ENTRY_ID_RESERVED, 3),
    OA_BYTES(OXNSPI_ENTRY_ID_PROVIDER, GUID_SIZE),
    OA_U32(OXNSPI_ENTRY_ID_VERSION),
    OA_U32(OXNSPI_ENTRY_ID_DISPLAY_TYPE),
    OA_U32(OXNSPI_MID),
    OA_END,
};
static const struct oa_layout EPHEMERAL_ID = { "EphemeralEntryID", EPHEMERAL_SLOTS };

static const struct oa_slot PERMANENT_SLOTS[] = {
    OA_U8(OXNSPI_ENTRY_ID_TYPE),
    OA_BYTES(OXNSPI_ENTRY_ID_RESERVED, 3),
    OA_BYTES(OXNSPI_ENTRY_ID_PROVIDER, GUID_SIZE),
    OA_U32(OXNSPI_ENTRY_ID_VERSION),
    OA_U32(OXNSPI_ENTRY_ID_DISPLAY_TYPE),
    OA_STRING8Z(OXNSPI_ENTRY_ID_DN),
    OA_END,
};
static const struct oa_layout PERMANENT_ID = { "PermanentEntryID", PERMANENT_SLOTS };

bool
oa_nspi_is_entry_id(const uint8_t *bytes, size_t length)
{
    static const uint8_t GUID_NSPI[GUID_SIZE] = { 0xdc, 0xa7, 0x40, 0xc8, 0xc0, 0x42, 0x10, 0x1a,
                                                  0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1, 0x82 };
    static const uint8_t RESERVED[3] = { 0, 0, 0 };

    if (length <= ENTRY_ID_HEAD || memcmp(bytes + 1, RESERVED, sizeof RESERVED) != 0)
        return false;
    if (bytes[0] == EPHEMERAL)
        return length == EPHEMERAL_SIZE;
    return bytes[0] == 0 && memcmp(bytes + 4, GUID_NSPI, GUID_SIZE) == 0;
}

void
oa_nspi_entry_id(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    (void)length;
    oa_walk_layout(walk, node, bytes[0] == EPHEMERAL ? &EPHEMERAL_ID : &PERMANENT_ID);
}

/* Property values, 2.2.2. FlatUID_r is an array of bytes: it is not aligned as a GUID would be. */

#define NSPI_BINARY OA_BLOB_IF(OXNSPI_VALUE_BINARY, oa_nspi_is_entry_id, oa_nspi_entry_id)

static const struct oa_slot BINARY_SLOTS[] = {
    OA_U32(OXNSPI_VALUE_SIZE),
    OA_UNIQUE,
    OA_CONFORMANT(NONE),
    NSPI_BINARY,
    OA_END,
};
static const struct oa_layout BINARY = { "Binary_r", BINARY_SLOTS };

static const struct oa_slot SHORT_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_U16(OXNSPI_VALUE_I16),
    OA_END,
};
static const struct oa_slot LONG_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_I32(OXNSPI_VALUE_I32),
    OA_END,
};
static const struct oa_slot STRING_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_UNIQUE,
    OA_STRING8(OXNSPI_VALUE_STRING8),
    OA_END,
};
static const struct oa_slot WSTRING_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_UNIQUE,
    OA_STRING16(OXNSPI_VALUE_STRING),
    OA_END,
};
static const struct oa_slot BINARY_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_STRUCT(OXNSPI_VALUE, BINARY),
    OA_END,
};
static const struct oa_slot GUID_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_UNIQUE,
    OA_BYTES(OXNSPI_VALUE_GUID, GUID_SIZE),
    OA_END,
};
static const struct oa_slot TIME_ARRAY_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUE_LIST),
    OA_FILETIME(OXNSPI_VALUE_TIME),
    OA_END,
};
static const struct oa_layout SHORT_ARRAY = { "ShortArray_r", SHORT_ARRAY_SLOTS };
static const struct oa_layout LONG_ARRAY = { "LongArray_r", LONG_ARRAY_SLOTS };
static const struct oa_layout STRING_ARRAY = { "StringArray_r", STRING_ARRAY_SLOTS };
static const struct oa_layout WSTRING_ARRAY = { "WStringArray_r", WSTRING_ARRAY_SLOTS };
static const struct oa_layout BINARY_ARRAY = { "BinaryArray_r", BINARY_ARRAY_SLOTS };
static const struct oa_layout GUID_ARRAY = { "FlatUIDArray_r", GUID_ARRAY_SLOTS };
static const struct oa_layout TIME_ARRAY = { "DateTimeArray_r", TIME_ARRAY_SLOTS };

static const struct oa_slot I16_SLOTS[] = { OA_U16(OXNSPI_VALUE_I16), OA_END };
static const struct oa_slot I32_SLOTS[] = { OA_I32(OXNSPI_VALUE_I32), OA_END };
static const struct oa_slot BOOLEAN_SLOTS[] = { OA_U16(OXNSPI_VALUE_BOOLEAN), OA_END };
static const struct oa_slot STRING8_SLOTS[] = {
    OA_UNIQUE,
    OA_STRING8(OXNSPI_VALUE_STRING8),
    OA_END,
};
static const struct oa_slot STRING_SLOTS[] = {
    OA_UNIQUE,
    OA_STRING16(OXNSPI_VALUE_STRING),
    OA_END,
};
static const struct oa_slot GUID_SLOTS[] = {
    OA_UNIQUE,
    OA_BYTES(OXNSPI_VALUE_GUID, GUID_SIZE),
    OA_END,
};
static const struct oa_slot TIME_SLOTS[] = { OA_FILETIME(OXNSPI_VALUE_TIME), OA_END };
static const struct oa_slot ERROR_SLOTS[] = { OA_U32(OXNSPI_VALUE_ERROR), OA_END };
static const struct oa_slot NULL_SLOTS[] = { OA_I32(OXNSPI_VALUE_NULL), OA_END };
static const struct oa_layout I16 = { "i", I16_SLOTS };
static const struct oa_layout I32 = { "l", I32_SLOTS };
static const struct oa_layout BOOLEAN = { "b", BOOLEAN_SLOTS };
static const struct oa_layout STRING8 = { "lpszA", STRING8_SLOTS };
static const struct oa_layout STRING = { "lpszW", STRING_SLOTS };
static const struct oa_layout GUID = { "lpguid", GUID_SLOTS };
static const struct oa_layout TIME = { "ft", TIME_SLOTS };
static const struct oa_layout ERROR = { "err", ERROR_SLOTS };
static const struct oa_layout NULL_VALUE = { "lReserved", NULL_SLOTS };

/* PROP_VAL_UNION, by the property type. PtypUnspecified is not of the union as declared; servers
 * send it with lReserved all the same. */
static const struct oa_arm VALUE_ARMS[] = {
    OA_ARM(0x0000, NULL_VALUE),
    OA_ARM(0x0001, NULL_VALUE),
    OA_ARM(0x0002, I16),
    OA_ARM(0x0003, I32),
    OA_ARM(0x000a, ERROR),
    OA_ARM(0x000b, BOOLEAN),
    OA_ARM(0x000d, NULL_VALUE),
    OA_ARM(0x001e, STRING8),
    OA_ARM(0x001f, STRING),
    OA_ARM(0x0040, TIME),
    OA_ARM(0x0048, GUID),
    OA_ARM(0x0102, BINARY),
    OA_ARM(0x1002, SHORT_ARRAY),
    OA_ARM(0x1003, LONG_ARRAY),
    OA_ARM(0x101e, STRING_ARRAY),
    OA_ARM(0x101f, WSTRING_ARRAY),
    OA_ARM(0x1040, TIME_ARRAY),
    OA_ARM(0x1048, GUID_ARRAY),
    OA_ARM(0x1102, BINARY_ARRAY),
    OA_ARMS_END,
};

static const struct oa_slot VALUE_SLOTS[] = {
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_RESERVED),
    OA_UNION(OXNSPI_VALUE, 4, VALUE_ARMS),
    OA_END,
};
static const struct oa_layout VALUE = { "PropertyValue_r", VALUE_SLOTS };

/* Rows and lists of properties, 2.2.2.1, 2.2.3, 2.2.4 */

static const struct oa_slot ROW_SLOTS[] = {
    OA_U32(OXNSPI_RESERVED),
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_VALUES),
    OA_STRUCT(OXNSPI_VALUE, VALUE),
    OA_END,
};
static const struct oa_layout ROW = { "PropertyRow_r", ROW_SLOTS };

static const struct oa_slot ROW_SET_SLOTS[] = {
    OA_U32(OXNSPI_ROW_COUNT),
    OA_CONFORMANT(OXNSPI_ROWS),
    OA_STRUCT(OXNSPI_ROW, ROW),
    OA_END,
};
static const struct oa_layout ROW_SET = { "PropertyRowSet_r", ROW_SET_SLOTS };

/* PropertyTagArray_r carries property tags, minimal entry IDs and what names resolved to. */
static const struct oa_slot TAGS_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_CONFORMANT_VARYING(NONE),
    OA_U32(OXNSPI_TAG),
    OA_END,
};
static const struct oa_slot MIDS_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_CONFORMANT_VARYING(NONE),
    OA_U32(OXNSPI_MID),
    OA_END,
};
static const struct oa_slot RESOLVED_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_CONFORMANT_VARYING(NONE),
    OA_U32(OXNSPI_MID_RESOLVED),
    OA_END,
};
static const struct oa_layout TAGS = { "PropertyTagArray_r", TAGS_SLOTS };
static const struct oa_layout MIDS = { "PropertyTagArray_r", MIDS_SLOTS };
static const struct oa_layout RESOLVED = { "PropertyTagArray_r", RESOLVED_SLOTS };

/* Restrictions, 2.2.5 */

static const struct oa_layout RESTRICTION;

static const struct oa_slot AND_OR_SLOTS[] = {
    OA_U32(OXNSPI_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(NONE),
    OA_STRUCT(OXNSPI_RESTRICTION, RESTRICTION),
    OA_END,
};
static const struct oa_slot NOT_SLOTS[] = {
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_RESTRICTION, RESTRICTION),
    OA_END,
};
static const struct oa_slot CONTENT_SLOTS[] = {
    OA_U32(OXNSPI_FUZZY_LEVEL),
    OA_U32(OXNSPI_TAG),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_VALUE, VALUE),
    OA_END,
};
static const struct oa_slot PROPERTY_SLOTS[] = {
    OA_U32(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_VALUE, VALUE),
    OA_END,
};
static const struct oa_slot COMPARE_SLOTS[] = {
    OA_U32(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_TAG),
    OA_END,
};
static const struct oa_slot BIT_MASK_SLOTS[] = {
    OA_U32(OXNSPI_REL_BMR),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_MASK),
    OA_END,
};
static const struct oa_slot SIZE_SLOTS[] = {
    OA_U32(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_SIZE),
    OA_END,
};
static const struct oa_slot EXIST_SLOTS[] = {
    OA_U32(OXNSPI_RESERVED),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_RESERVED),
    OA_END,
};
static const struct oa_slot SUB_SLOTS[] = {
    OA_U32(OXNSPI_SUB_OBJECT),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_RESTRICTION, RESTRICTION),
    OA_END,
};
static const struct oa_layout AND_OR = { "AndRestriction_r", AND_OR_SLOTS };
static const struct oa_layout NOT = { "NotRestriction_r", NOT_SLOTS };
static const struct oa_layout CONTENT = { "ContentRestriction_r", CONTENT_SLOTS };
static const struct oa_layout PROPERTY = { "PropertyRestriction_r", PROPERTY_SLOTS };
static const struct oa_layout COMPARE = { "ComparePropsRestriction_r", COMPARE_SLOTS };
static const struct oa_layout BIT_MASK = { "BitMaskRestriction_r", BIT_MASK_SLOTS };
static const struct oa_layout SIZE = { "SizeRestriction_r", SIZE_SLOTS };
static const struct oa_layout EXIST = { "ExistRestriction_r", EXIST_SLOTS };
static const struct oa_layout SUB = { "SubRestriction_r", SUB_SLOTS };

static const struct oa_arm RESTRICTION_ARMS[] = {
    OA_ARM(0, AND_OR),
    OA_ARM(1, AND_OR),
    OA_ARM(2, NOT),
    OA_ARM(3, CONTENT),
    OA_ARM(4, PROPERTY),
    OA_ARM(5, COMPARE),
    OA_ARM(6, BIT_MASK),
    OA_ARM(7, SIZE),
    OA_ARM(8, EXIST),
    OA_ARM(9, SUB),
    OA_ARMS_END,
};
static const struct oa_slot RESTRICTION_SLOTS[] = {
    OA_U32(OXNSPI_RESTRICTION_TYPE),
    OA_UNION(OXNSPI_RESTRICTION, 4, RESTRICTION_ARMS),
    OA_END,
};
static const struct oa_layout RESTRICTION = { "Restriction_r", RESTRICTION_SLOTS };

/* Property names, arrays of strings, 2.2.6, 2.2.7 */

static const struct oa_slot PROPERTY_NAME_SLOTS[] = {
    OA_UNIQUE,
    OA_BYTES(OXNSPI_PROPERTY_NAME_GUID, GUID_SIZE),
    OA_U32(OXNSPI_RESERVED),
    OA_U32(OXNSPI_PROPERTY_NAME_ID),
    OA_END,
};
static const struct oa_layout PROPERTY_NAME = { "PropertyName_r", PROPERTY_NAME_SLOTS };

static const struct oa_slot PROPERTY_NAME_SET_SLOTS[] = {
    OA_U32(OXNSPI_NAME_COUNT),
    OA_CONFORMANT(OXNSPI_PROPERTY_NAMES),
    OA_STRUCT(OXNSPI_PROPERTY_NAME, PROPERTY_NAME),
    OA_END,
};
static const struct oa_layout PROPERTY_NAME_SET = { "PropertyNameSet_r", PROPERTY_NAME_SET_SLOTS };

static const struct oa_slot DNS_SLOTS[] = {
    OA_U32(OXNSPI_NAME_COUNT),
    OA_CONFORMANT(NONE),
    OA_UNIQUE,
    OA_STRING8(OXNSPI_DN),
    OA_END,
};
static const struct oa_slot NAMES8_SLOTS[] = {
    OA_U32(OXNSPI_NAME_COUNT),
    OA_CONFORMANT(NONE),
    OA_UNIQUE,
    OA_STRING8(OXNSPI_NAME8),
    OA_END,
};
static const struct oa_slot NAMES_SLOTS[] = {
    OA_U32(OXNSPI_NAME_COUNT),
    OA_CONFORMANT(NONE),
    OA_UNIQUE,
    OA_STRING16(OXNSPI_NAME),
    OA_END,
};
static const struct oa_layout DNS = { "StringsArray_r", DNS_SLOTS };
static const struct oa_layout NAMES8 = { "StringsArray_r", NAMES8_SLOTS };
static const struct oa_layout NAMES = { "WStringsArray_r", NAMES_SLOTS };

/* STAT, 2.2.8 */

static const struct oa_slot STAT_SLOTS[] = {
    OA_U32(OXNSPI_STAT_SORT_TYPE),
    OA_U32(OXNSPI_STAT_CONTAINER),
    OA_U32(OXNSPI_STAT_CURRENT),
    OA_I32(OXNSPI_STAT_DELTA),
    OA_U32(OXNSPI_STAT_POSITION),
    OA_U32(OXNSPI_STAT_TOTAL),
    OA_U32(OXNSPI_STAT_CODE_PAGE),
    OA_U32(OXNSPI_STAT_TEMPLATE_LOCALE),
    OA_U32(OXNSPI_STAT_SORT_LOCALE),
    OA_END,
};
const struct oa_layout OA_LAYOUT_STAT = { "STAT", STAT_SLOTS };

/* Parameters that many operations have */

#define HANDLE OA_CONTEXT_HANDLE(OXNSPI_HANDLE)
#define RESERVED OA_U32(OXNSPI_RESERVED)
#define STAT OA_STRUCT(OXNSPI_STAT, OA_LAYOUT_STAT)
#define COLUMNS OA_UNIQUE, OA_STRUCT(OXNSPI_COLUMNS, TAGS)
#define PROPERTY_TAGS OA_UNIQUE, OA_STRUCT(OXNSPI_TAGS, TAGS)
#define MID_LIST OA_UNIQUE, OA_STRUCT(OXNSPI_MIDS, MIDS)
#define ROWS OA_UNIQUE, OA_STRUCT(OXNSPI_ROW_SET, ROW_SET)
#define RETURN OA_U32(OXNSPI_RETURN), OA_END

static const struct oa_slot RETURN_ONLY[] = { RETURN };

static const struct oa_slot BIND_IN[] = {
    OA_U32(OXNSPI_BIND_FLAGS),
    STAT,
    OA_UNIQUE,
    OA_BYTES(OXNSPI_SERVER_GUID, GUID_SIZE),
    OA_END,
};
static const struct oa_slot BIND_OUT[] = {
    OA_UNIQUE,
    OA_BYTES(OXNSPI_SERVER_GUID, GUID_SIZE),
    HANDLE,
    RETURN,
};
static const struct oa_slot UNBIND_IN[] = {
    HANDLE,
    RESERVED,
    OA_END,
};
static const struct oa_slot UNBIND_OUT[] = {
    HANDLE,
    OA_U32(OXNSPI_UNBIND_RETURN),
    OA_END,
};
static const struct oa_slot UPDATE_STAT_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    OA_UNIQUE,
    OA_I32(OXNSPI_DELTA),
    OA_END,
};
static const struct oa_slot UPDATE_STAT_OUT[] = {
    STAT,
    OA_UNIQUE,
    OA_I32(OXNSPI_DELTA),
    RETURN,
};
static const struct oa_slot QUERY_ROWS_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    STAT,
    OA_U32(OXNSPI_EXPLICIT_COUNT),
    OA_UNIQUE,
    OA_CONFORMANT(OXNSPI_EXPLICIT_TABLE),
    OA_U32(OXNSPI_MID),
    OA_U32(OXNSPI_ROWS_WANTED),
    COLUMNS,
    OA_END,
};
static const struct oa_slot ROWS_OUT[] = {
    STAT,
    ROWS,
    RETURN,
};
static const struct oa_slot SEEK_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    OA_STRUCT(OXNSPI_VALUE, VALUE),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_EXPLICIT_TABLE, MIDS),
    COLUMNS,
    OA_END,
};
static const struct oa_slot MATCHES_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    MID_LIST,
    RESERVED,
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_RESTRICTION, RESTRICTION),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_PROPERTY_NAME, PROPERTY_NAME),
    OA_U32(OXNSPI_ROWS_WANTED),
    COLUMNS,
    OA_END,
};
static const struct oa_slot MATCHES_OUT[] = {
    STAT,
    MID_LIST,
    ROWS,
    RETURN,
};
static const struct oa_slot RESORT_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    OA_STRUCT(OXNSPI_MIDS, MIDS),
    MID_LIST,
    OA_END,
};
static const struct oa_slot RESORT_OUT[] = {
    STAT,
    MID_LIST,
    RETURN,
};
static const struct oa_slot DN_TO_MID_IN[] = {
    HANDLE,
    RESERVED,
    OA_STRUCT(OXNSPI_NAMES, DNS),
    OA_END,
};
static const struct oa_slot MIDS_OUT[] = { MID_LIST, RETURN };
static const struct oa_slot PROP_LIST_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    OA_U32(OXNSPI_MID),
    OA_U32(OXNSPI_CODE_PAGE),
    OA_END,
};
static const struct oa_slot TAGS_OUT[] = { PROPERTY_TAGS, RETURN };
static const struct oa_slot PROPS_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    STAT,
    PROPERTY_TAGS,
    OA_END,
};
static const struct oa_slot ROW_OUT[] = {
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_ROW, ROW),
    RETURN,
};
static const struct oa_slot COMPARE_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    OA_U32(OXNSPI_MID1),
    OA_U32(OXNSPI_MID2),
    OA_END,
};
static const struct oa_slot COMPARE_OUT[] = { OA_I32(OXNSPI_RESULT), RETURN };
static const struct oa_slot MOD_PROPS_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    PROPERTY_TAGS,
    OA_STRUCT(OXNSPI_ROW, ROW),
    OA_END,
};

/* The pointers are [ref], without bytes. Clients made with impacket send them as [unique]: a
 * referent ID before STAT, and one before the version or, being null, in its place. No other stub
 * has these lengths, with a verification trailer neither. */
static const struct oa_slot SPECIAL_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_TABLE_FLAGS),
    OA_IF_LEFT_IS(44),
    OA_U32(NDR_REFERENT_ID),
    OA_IF_LEFT_IS(48),
    OA_U32(NDR_REFERENT_ID),
    STAT,
    OA_IF_LEFT_IS(8),
    OA_U32(NDR_REFERENT_ID),
    OA_U32(OXNSPI_VERSION),
    OA_END,
};
static const struct oa_slot SPECIAL_OUT[] = {
    OA_U32(OXNSPI_VERSION),
    ROWS,
    RETURN,
};
static const struct oa_slot TEMPLATE_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_TEMPLATE_FLAGS),
    OA_U32(OXNSPI_TEMPLATE_TYPE),
    OA_UNIQUE,
    OA_STRING8(OXNSPI_TEMPLATE_DN),
    OA_U32(OXNSPI_CODE_PAGE),
    OA_U32(OXNSPI_LOCALE),
    OA_END,
};
static const struct oa_slot LINK_IN[] = {
    HANDLE,
    OA_U32(OXNSPI_LINK_FLAGS),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_MID),
    OA_STRUCT(OXNSPI_ENTRY_IDS, BINARY_ARRAY),
    OA_END,
};
static const struct oa_slot UNUSED15_IN[] = {
    HANDLE,
    RESERVED,
    RESERVED,
    OA_STRUCT(OXNSPI_ENTRY_IDS, BINARY_ARRAY),
    OA_END,
};
static const struct oa_slot COLUMNS_IN[] = {
    HANDLE,
    RESERVED,
    OA_U32(OXNSPI_COLUMN_FLAGS),
    OA_END,
};
static const struct oa_slot NAMES_FROM_IDS_IN[] = {
    HANDLE,
    RESERVED,
    OA_UNIQUE,
    OA_BYTES(OXNSPI_PROPERTY_SET, GUID_SIZE),
    PROPERTY_TAGS,
    OA_END,
};
static const struct oa_slot NAMES_FROM_IDS_OUT[] = {
    PROPERTY_TAGS,
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_PROPERTY_NAME_SET, PROPERTY_NAME_SET),
    RETURN,
};
static const struct oa_slot IDS_FROM_NAMES_IN[] = {
    HANDLE,
    RESERVED,
    OA_U32(OXNSPI_NAME_FLAGS),
    OA_U32(OXNSPI_NAME_COUNT),
    OA_CONFORMANT(OXNSPI_PROPERTY_NAMES),
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_PROPERTY_NAME, PROPERTY_NAME),
    OA_END,
};
static const struct oa_slot RESOLVE_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    COLUMNS,
    OA_STRUCT(OXNSPI_NAMES, NAMES8),
    OA_END,
};
static const struct oa_slot RESOLVE_W_IN[] = {
    HANDLE,
    RESERVED,
    STAT,
    COLUMNS,
    OA_STRUCT(OXNSPI_NAMES, NAMES),
    OA_END,
};
static const struct oa_slot RESOLVE_OUT[] = {
    OA_UNIQUE,
    OA_STRUCT(OXNSPI_MIDS, RESOLVED),
    ROWS,
    RETURN,
};

/* clang-format on */

/* Requests and responses by opnum. 15, 17 and 18 are not used by Exchange clients; 17 and 18 carry
 * what they carried when they were. */
#define OPERATIONS(ROW)                                                                            \
    ROW(0, "NspiBind", BIND_IN, BIND_OUT)                                                          \
    ROW(1, "NspiUnbind", UNBIND_IN, UNBIND_OUT)                                                    \
    ROW(2, "NspiUpdateStat", UPDATE_STAT_IN, UPDATE_STAT_OUT)                                      \
    ROW(3, "NspiQueryRows", QUERY_ROWS_IN, ROWS_OUT)                                               \
    ROW(4, "NspiSeekEntries", SEEK_IN, ROWS_OUT)                                                   \
    ROW(5, "NspiGetMatches", MATCHES_IN, MATCHES_OUT)                                              \
    ROW(6, "NspiResortRestriction", RESORT_IN, RESORT_OUT)                                         \
    ROW(7, "NspiDNToMId", DN_TO_MID_IN, MIDS_OUT)                                                  \
    ROW(8, "NspiGetPropList", PROP_LIST_IN, TAGS_OUT)                                              \
    ROW(9, "NspiGetProps", PROPS_IN, ROW_OUT)                                                      \
    ROW(10, "NspiCompareMIds", COMPARE_IN, COMPARE_OUT)                                            \
    ROW(11, "NspiModProps", MOD_PROPS_IN, RETURN_ONLY)                                             \
    ROW(12, "NspiGetSpecialTable", SPECIAL_IN, SPECIAL_OUT)                                        \
    ROW(13, "NspiGetTemplateInfo", TEMPLATE_IN, ROW_OUT)                                           \
    ROW(14, "NspiModLinkAtt", LINK_IN, RETURN_ONLY)                                                \
    ROW(15, "Opnum15NotUsedOnWire", UNUSED15_IN, RETURN_ONLY)                                      \
    ROW(16, "NspiQueryColumns", COLUMNS_IN, TAGS_OUT)                                              \
    ROW(17, "Opnum17NotUsedOnWire", NAMES_FROM_IDS_IN, NAMES_FROM_IDS_OUT)                         \
    ROW(18, "Opnum18NotUsedOnWire", IDS_FROM_NAMES_IN, TAGS_OUT)                                   \
    ROW(19, "NspiResolveNames", RESOLVE_IN, RESOLVE_OUT)                                           \
    ROW(20, "NspiResolveNamesW", RESOLVE_W_IN, RESOLVE_OUT)

#define AS_REQUEST(opnum, name, request, response) [opnum] = { name, request },
#define AS_RESPONSE(opnum, name, request, response) [opnum] = { name, response },
#define AS_ROW(opnum, name, request, response) [opnum] = { &REQUESTS[opnum], &RESPONSES[opnum] },

static const struct oa_layout REQUESTS[] = { OPERATIONS(AS_REQUEST) };
static const struct oa_layout RESPONSES[] = { OPERATIONS(AS_RESPONSE) };
static const struct oa_stub_row STUB_ROWS[] = { OPERATIONS(AS_ROW) };

const struct oa_stub_table OA_STUB_NSPI = {
    OA_IF_NSPI,
    sizeof STUB_ROWS / sizeof STUB_ROWS[0],
    STUB_ROWS,
};
