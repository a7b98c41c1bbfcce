/* mapi_http_body.c
 * The bodies of MAPI over HTTP. [MS-OXCMAPIHTTP] 2.2.1 (address book values), 2.2.4
 * (mailbox), 2.2.5 (address book), [MS-OXCDATA] 2.11 (property values), 2.12 (restrictions)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/mapi_http_body.h"

#include "exchange/ext_payload.h"
#include "exchange/nspi.h"

#define GUID_SIZE 16

/* clang-format off */

/* A value preceded by a byte: the value is absent if the byte is 0. */
#define HAS(...) OA_U8(OXCMAPIHTTP_HAS), OA_IF_NOT(OXCMAPIHTTP_HAS, 0), __VA_ARGS__

/* Property values, 2.2.1.1: as in [MS-OXCDATA] 2.11, with counts of four bytes, and with a byte for
 * the presence of the value before text, binary and multiple values, and again before each element
 * of multiple text and binary values. */

#define ENTRY_ID_OR_BINARY                                                                         \
    OA_COUNTED(4, OXNSPI_VALUE_SIZE),                                                              \
    OA_BLOB_IF(OXNSPI_VALUE_BINARY, oa_nspi_is_entry_id, oa_nspi_entry_id)

/* A counted list of values, and the property value that is such a list. */
#define MULTIPLE(id, element)                                                                      \
    OA_LAYOUT(id##_LIST, "PtypMultiple", OA_LIST(4, OXNSPI_COUNT, NONE), element);                 \
    OA_LAYOUT(id, "PtypMultiple", HAS(OA_STRUCT(OXNSPI_VALUE_LIST, id##_LIST)))

OA_LAYOUT(I16, "PtypInteger16", OA_U16(OXNSPI_VALUE_I16));
OA_LAYOUT(I32, "PtypInteger32", OA_I32(OXNSPI_VALUE_I32));
OA_LAYOUT(I64, "PtypInteger64", OA_U64(OXNSPI_VALUE_I64));
OA_LAYOUT(FLOATING32, "PtypFloating32", OA_BYTES(OXNSPI_VALUE_FLOAT, 4));
OA_LAYOUT(FLOATING64, "PtypFloating64", OA_BYTES(OXNSPI_VALUE_DOUBLE, 8));
OA_LAYOUT(ERROR_CODE, "PtypErrorCode", OA_U32(OXNSPI_VALUE_ERROR));
OA_LAYOUT(BOOLEAN, "PtypBoolean", OA_U8(OXNSPI_VALUE_BOOLEAN));
OA_LAYOUT(TIME, "PtypTime", OA_FILETIME(OXNSPI_VALUE_TIME));
OA_LAYOUT(GUID, "PtypGuid", OA_BYTES(OXNSPI_VALUE_GUID, GUID_SIZE));
OA_LAYOUT(STRING8, "PtypString8", HAS(OA_STRING8Z(OXNSPI_VALUE_STRING8)));
OA_LAYOUT(STRING, "PtypString", HAS(OA_STRING16Z(OXNSPI_VALUE_STRING)));
OA_LAYOUT(BINARY, "PtypBinary", HAS(ENTRY_ID_OR_BINARY));
MULTIPLE(MULTIPLE_I16, OA_U16(OXNSPI_VALUE_I16));
MULTIPLE(MULTIPLE_I32, OA_I32(OXNSPI_VALUE_I32));
MULTIPLE(MULTIPLE_I64, OA_U64(OXNSPI_VALUE_I64));
MULTIPLE(MULTIPLE_FLOATING32, OA_BYTES(OXNSPI_VALUE_FLOAT, 4));
MULTIPLE(MULTIPLE_FLOATING64, OA_BYTES(OXNSPI_VALUE_DOUBLE, 8));
MULTIPLE(MULTIPLE_TIME, OA_FILETIME(OXNSPI_VALUE_TIME));
MULTIPLE(MULTIPLE_GUID, OA_BYTES(OXNSPI_VALUE_GUID, GUID_SIZE));
MULTIPLE(MULTIPLE_STRING8, OA_STRUCT(OXNSPI_VALUE, STRING8));
MULTIPLE(MULTIPLE_STRING, OA_STRUCT(OXNSPI_VALUE, STRING));
MULTIPLE(MULTIPLE_BINARY, OA_STRUCT(OXNSPI_VALUE, BINARY));

/* By property type. PtypObject has no value here; floating time and currency are 8 bytes. */
#define TYPED_ARMS                                                                                 \
    OA_ARM_EMPTY(0x0001),                                                                          \
    OA_ARM(0x0002, I16),                                                                           \
    OA_ARM(0x0003, I32),                                                                           \
    OA_ARM(0x0004, FLOATING32),                                                                    \
    OA_ARM(0x0005, FLOATING64),                                                                    \
    OA_ARM(0x0006, I64),                                                                           \
    OA_ARM(0x0007, FLOATING64),                                                                    \
    OA_ARM(0x000a, ERROR_CODE),                                                                    \
    OA_ARM(0x000b, BOOLEAN),                                                                       \
    OA_ARM_EMPTY(0x000d),                                                                          \
    OA_ARM(0x0014, I64),                                                                           \
    OA_ARM(0x001e, STRING8),                                                                       \
    OA_ARM(0x001f, STRING),                                                                        \
    OA_ARM(0x0040, TIME),                                                                          \
    OA_ARM(0x0048, GUID),                                                                          \
    OA_ARM(0x0102, BINARY),                                                                        \
    OA_ARM(0x1002, MULTIPLE_I16),                                                                  \
    OA_ARM(0x1003, MULTIPLE_I32),                                                                  \
    OA_ARM(0x1004, MULTIPLE_FLOATING32),                                                           \
    OA_ARM(0x1005, MULTIPLE_FLOATING64),                                                           \
    OA_ARM(0x1006, MULTIPLE_I64),                                                                  \
    OA_ARM(0x1007, MULTIPLE_FLOATING64),                                                           \
    OA_ARM(0x1014, MULTIPLE_I64),                                                                  \
    OA_ARM(0x101e, MULTIPLE_STRING8),                                                              \
    OA_ARM(0x101f, MULTIPLE_STRING),                                                               \
    OA_ARM(0x1040, MULTIPLE_TIME),                                                                 \
    OA_ARM(0x1048, MULTIPLE_GUID),                                                                 \
    OA_ARM(0x1102, MULTIPLE_BINARY)

static const struct oa_arm TYPED_VALUE_ARMS[] = {
    TYPED_ARMS,
    OA_ARMS_END,
};

/* AddressBookTypedPropertyValue, 2.2.1.4, for columns requested as PtypUnspecified */
OA_LAYOUT(TYPED, "AddressBookTypedPropertyValue",
    OA_U16(OXCMAPIHTTP_VALUE_TYPE),
    OA_SWITCH(OXCMAPIHTTP_VALUE_TYPE, 0xffff, TYPED_VALUE_ARMS)
);

static const struct oa_arm VALUE_ARMS[] = {
    OA_ARM(0x0000, TYPED),
    TYPED_ARMS,
    OA_ARMS_END,
};

/* AddressBookTaggedPropertyValue, 2.2.1.2, and a list of them, 2.2.1.3 */
OA_LAYOUT(TAGGED, "AddressBookTaggedPropertyValue",
    OA_U32(OXNSPI_TAG),
    OA_SWITCH(OXNSPI_TAG, 0xffff, VALUE_ARMS)
);
OA_LAYOUT(VALUE_LIST, "AddressBookPropertyValueList",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    OA_STRUCT(OXNSPI_VALUE, TAGGED)
);
OA_LAYOUT(VALUE_LISTS, "AddressBookPropertyValueList",
    OA_LIST(4, OXNSPI_ROW_COUNT, OXNSPI_ROWS),
    OA_STRUCT(OXNSPI_ROW, VALUE_LIST)
);

OA_LAYOUT(TAGS, "LargePropertyTagArray",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    OA_U32(OXNSPI_TAG)
);
OA_LAYOUT(MIDS, "MinimalIds",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    OA_U32(OXNSPI_MID)
);
OA_LAYOUT(RESOLVED, "MinimalIds",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    OA_U32(OXNSPI_MID_RESOLVED)
);
OA_LAYOUT(DNS, "Names",
    OA_LIST(4, OXNSPI_NAME_COUNT, NONE),
    OA_STRING8Z(OXNSPI_DN)
);
OA_LAYOUT(NAMES, "WStringsArray_r",
    OA_LIST(4, OXNSPI_NAME_COUNT, NONE),
    OA_STRING16Z(OXNSPI_NAME)
);
OA_LAYOUT(PROPERTY_NAME, "PropertyName",
    OA_BYTES(OXNSPI_PROPERTY_NAME_GUID, GUID_SIZE),
    OA_U32(OXNSPI_PROPERTY_NAME_ID)
);
OA_LAYOUT(BINARY_LIST, "EntryIds",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    ENTRY_ID_OR_BINARY
);

/* Rows, 2.2.1.7: values without tags, in the order of the columns. In flagged rows each value has a
 * flag that shows whether it is present, 2.2.1.5, 2.2.1.6; a value requested as PtypUnspecified has
 * its type. */

OA_LAYOUT(TYPED_CELL, "AddressBookTypedPropertyValue",
    OA_SWITCH(OXCMAPIHTTP_VALUE_TYPE, 0xffff, TYPED_VALUE_ARMS)
);
OA_LAYOUT(CELL, "AddressBookPropertyValue", OA_SWITCH(OXNSPI_TAG, 0xffff, VALUE_ARMS));

static const struct oa_arm FLAG_ARMS[] = {
    OA_ARM(0x00, CELL),
    OA_ARM_EMPTY(0x01),
    OA_ARM(0x0a, ERROR_CODE),
    OA_ARMS_END,
};
static const struct oa_arm TYPED_FLAG_ARMS[] = {
    OA_ARM(0x00, TYPED_CELL),
    OA_ARM_EMPTY(0x01),
    OA_ARM(0x0a, ERROR_CODE),
    OA_ARMS_END,
};

OA_LAYOUT(FLAGGED_CELL, "AddressBookFlaggedPropertyValue",
    OA_U8(OXCMAPIHTTP_VALUE_FLAG),
    OA_SWITCH(OXCMAPIHTTP_VALUE_FLAG, 0xff, FLAG_ARMS)
);
OA_LAYOUT(TYPED_FLAGGED_CELL, "AddressBookFlaggedPropertyValueWithType",
    OA_U16(OXCMAPIHTTP_VALUE_TYPE),
    OA_U8(OXCMAPIHTTP_VALUE_FLAG),
    OA_SWITCH(OXCMAPIHTTP_VALUE_FLAG, 0xff, TYPED_FLAG_ARMS)
);

static const struct oa_arm FLAGGED_ARMS[] = {
    OA_ARM(0x0000, TYPED_FLAGGED_CELL),
    OA_ARM_DEFAULT(FLAGGED_CELL),
    OA_ARMS_END,
};
OA_LAYOUT(ANY_FLAGGED_CELL, "AddressBookFlaggedPropertyValue",
    OA_SWITCH(OXNSPI_TAG, 0xffff, FLAGGED_ARMS)
);

static const struct oa_arm CELL_ARMS[] = {
    OA_ARM(0, CELL),
    OA_ARM_DEFAULT(ANY_FLAGGED_CELL),
    OA_ARMS_END,
};
OA_LAYOUT(ANY_CELL, "AddressBookPropertyValue", OA_SWITCH(OXCMAPIHTTP_ROW_FLAGS, 0xff, CELL_ARMS));

OA_LAYOUT(ROW, "AddressBookPropertyRow",
    OA_U8(OXCMAPIHTTP_ROW_FLAGS),
    OA_CELLS(OXNSPI_VALUE, OXNSPI_TAG, ANY_CELL)
);
OA_LAYOUT(ROW_SET, "ColumnsAndRows",
    OA_COLUMNS(OXNSPI_TAG),
    OA_STRUCT(OXNSPI_COLUMNS, TAGS),
    OA_LIST(4, OXNSPI_ROW_COUNT, NONE),
    OA_STRUCT(OXNSPI_ROW, ROW)
);

/* Restrictions, [MS-OXCDATA] 2.12, with counts of four bytes. The value of a content or property
 * restriction is preceded by a byte for its presence, which the document does not mention. */

static const struct oa_layout RESTRICTION;

#define INNER OA_STRUCT(OXNSPI_RESTRICTION, RESTRICTION)
#define COMPARED_VALUE HAS(OA_STRUCT(OXNSPI_VALUE, TAGGED))

OA_LAYOUT(AND_OR, "AndRestriction",
    OA_LIST(4, OXNSPI_COUNT, NONE),
    INNER
);
OA_LAYOUT(NOT, "NotRestriction", INNER);
OA_LAYOUT(CONTENT, "ContentRestriction",
    OA_U32(OXNSPI_FUZZY_LEVEL),
    OA_U32(OXNSPI_TAG),
    COMPARED_VALUE
);
OA_LAYOUT(PROPERTY, "PropertyRestriction",
    OA_U8(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    COMPARED_VALUE
);
OA_LAYOUT(COMPARE, "ComparePropertiesRestriction",
    OA_U8(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_TAG)
);
OA_LAYOUT(BIT_MASK, "BitMaskRestriction",
    OA_U8(OXNSPI_REL_BMR),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_MASK)
);
OA_LAYOUT(SIZE, "SizeRestriction",
    OA_U8(OXNSPI_REL_OP),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_SIZE)
);
OA_LAYOUT(EXIST, "ExistRestriction", OA_U32(OXNSPI_TAG));
OA_LAYOUT(SUB, "SubObjectRestriction",
    OA_U32(OXNSPI_SUB_OBJECT),
    INNER
);
OA_LAYOUT(COMMENT, "CommentRestriction",
    OA_LIST(1, OXNSPI_COUNT, NONE),
    OA_STRUCT(OXNSPI_VALUE, TAGGED),
    HAS(INNER)
);
OA_LAYOUT(COUNTED, "CountRestriction",
    OA_U32(OXNSPI_COUNT),
    INNER
);

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
    OA_ARM(10, COMMENT),
    OA_ARM(11, COUNTED),
    OA_ARMS_END,
};
OA_LAYOUT(RESTRICTION, "Restriction",
    OA_U8(OXNSPI_RESTRICTION_TYPE),
    OA_SWITCH(OXNSPI_RESTRICTION_TYPE, 0xff, RESTRICTION_ARMS)
);

/* Bodies, by the ids of mapi_http_types.def. All end with the auxiliary buffer, which in a failed
 * response follows the status. */

#define AUXILIARY                                                                                  \
    OA_U32(OXCMAPIHTTP_AUX_SIZE),                                                                  \
    OA_IF_NOT(OXCMAPIHTTP_AUX_SIZE, 0),                                                            \
    OA_BOUND(OXCMAPIHTTP_AUX_SIZE, 0),                                                             \
    OA_BLOB(OXCMAPIHTTP_AUX, oa_ext_aux)

#define REQUEST(id, ...)                                                                           \
    static const struct oa_slot id##_REQUEST[] = {                                                 \
        __VA_ARGS__,                                                                               \
        AUXILIARY,                                                                                 \
        OA_END,                                                                                    \
    }

#define RESPONSE(id, ...)                                                                          \
    OA_LAYOUT(id##_SUCCESS, "success", __VA_ARGS__);                                               \
    static const struct oa_arm id##_ARMS[] = {                                                     \
        OA_ARM(0, id##_SUCCESS),                                                                   \
        OA_ARM_DEFAULT_EMPTY,                                                                      \
        OA_ARMS_END,                                                                               \
    };                                                                                             \
    static const struct oa_slot id##_RESPONSE[] = {                                                \
        OA_U32(OXCMAPIHTTP_STATUS),                                                                \
        OA_SWITCH(OXCMAPIHTTP_STATUS, 0xffffffff, id##_ARMS),                                      \
        AUXILIARY,                                                                                 \
        OA_END,                                                                                    \
    }

#define STAT HAS(OA_STRUCT(OXNSPI_STAT, OA_LAYOUT_STAT))
#define COLUMNS HAS(OA_STRUCT(OXNSPI_COLUMNS, TAGS))
#define PROPERTY_TAGS HAS(OA_STRUCT(OXNSPI_TAGS, TAGS))
#define MID_LIST HAS(OA_STRUCT(OXNSPI_MIDS, MIDS))
#define ROWS HAS(OA_STRUCT(OXNSPI_ROW_SET, ROW_SET))
#define RESERVED OA_U32(OXNSPI_RESERVED)
#define CODE_PAGE OA_U32(OXNSPI_CODE_PAGE)
#define RESULT OA_U32(OXNSPI_RETURN)

/* Of the mailbox, 2.2.4 */

REQUEST(CONNECT,
    OA_STRING8Z(OXCRPC_USER_DN),
    OA_U32(OXCRPC_CONNECT_FLAGS),
    OA_U32(OXCRPC_CPID),
    OA_U32(OXCRPC_LCID_SORT),
    OA_U32(OXCRPC_LCID_STRING)
);
RESPONSE(CONNECT,
    OA_U32(OXCRPC_RETURN),
    OA_U32(OXCRPC_POLLS_MAX),
    OA_U32(OXCRPC_RETRY),
    OA_U32(OXCRPC_RETRY_DELAY),
    OA_STRING8Z(OXCRPC_DN_PREFIX),
    OA_STRING16Z(OXCMAPIHTTP_DISPLAY_NAME)
);

REQUEST(EXECUTE,
    OA_U32(OXCRPC_FLAGS),
    OA_U32(OXCRPC_CB_IN),
    OA_BOUND(OXCRPC_CB_IN, 0),
    OA_BLOB(OXCRPC_IN, oa_ext_rops),
    OA_U32(OXCRPC_CB_OUT)
);
RESPONSE(EXECUTE,
    OA_U32(OXCRPC_RETURN),
    OA_U32(OXCRPC_FLAGS),
    OA_U32(OXCRPC_CB_OUT),
    OA_BOUND(OXCRPC_CB_OUT, 0),
    OA_BLOB(OXCRPC_OUT, oa_ext_rops)
);

static const struct oa_slot DISCONNECT_REQUEST[] = {
    AUXILIARY,
    OA_END,
};
RESPONSE(DISCONNECT,
    OA_U32(OXCRPC_RETURN)
);

REQUEST(NOTIFICATION_WAIT,
    OA_U32(OXCMAPIHTTP_WAIT_FLAGS)
);
RESPONSE(NOTIFICATION_WAIT,
    OA_U32(OXCRPC_RETURN),
    OA_U32(OXCMAPIHTTP_EVENT_PENDING)
);

/* Of the address book, 2.2.5 */

REQUEST(BIND,
    OA_U32(OXNSPI_BIND_FLAGS),
    STAT
);
RESPONSE(BIND,
    RESULT,
    OA_BYTES(OXNSPI_SERVER_GUID, GUID_SIZE)
);

REQUEST(UNBIND,
    RESERVED
);
RESPONSE(UNBIND,
    OA_U32(OXNSPI_UNBIND_RETURN)
);

REQUEST(COMPARE_MIN_IDS,
    RESERVED,
    STAT,
    OA_U32(OXNSPI_MID1),
    OA_U32(OXNSPI_MID2)
);
RESPONSE(COMPARE_MIN_IDS,
    RESULT,
    OA_I32(OXNSPI_RESULT)
);

REQUEST(DN_TO_MIN_ID,
    RESERVED,
    HAS(OA_STRUCT(OXNSPI_NAMES, DNS))
);
RESPONSE(DN_TO_MIN_ID,
    RESULT,
    MID_LIST
);

REQUEST(GET_MATCHES,
    RESERVED,
    STAT,
    MID_LIST,
    RESERVED,
    HAS(INNER),
    HAS(OA_STRUCT(OXNSPI_PROPERTY_NAME, PROPERTY_NAME)),
    OA_U32(OXNSPI_ROWS_WANTED),
    COLUMNS
);
RESPONSE(GET_MATCHES,
    RESULT,
    STAT,
    MID_LIST,
    ROWS
);

REQUEST(GET_PROP_LIST,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    OA_U32(OXNSPI_MID),
    CODE_PAGE
);
RESPONSE(GET_PROP_LIST,
    RESULT,
    PROPERTY_TAGS
);

REQUEST(GET_PROPS,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    STAT,
    PROPERTY_TAGS
);
RESPONSE(GET_PROPS,
    RESULT,
    CODE_PAGE,
    HAS(OA_STRUCT(OXNSPI_VALUES, VALUE_LIST))
);

REQUEST(GET_SPECIAL_TABLE,
    OA_U32(OXNSPI_TABLE_FLAGS),
    STAT,
    HAS(OA_U32(OXNSPI_VERSION))
);
RESPONSE(GET_SPECIAL_TABLE,
    RESULT,
    CODE_PAGE,
    HAS(OA_U32(OXNSPI_VERSION)),
    HAS(OA_STRUCT(OXNSPI_ROW_SET, VALUE_LISTS))
);

REQUEST(GET_TEMPLATE_INFO,
    OA_U32(OXNSPI_TEMPLATE_FLAGS),
    OA_U32(OXNSPI_TEMPLATE_TYPE),
    HAS(OA_STRING8Z(OXNSPI_TEMPLATE_DN)),
    CODE_PAGE,
    OA_U32(OXNSPI_LOCALE)
);
RESPONSE(GET_TEMPLATE_INFO,
    RESULT,
    CODE_PAGE,
    HAS(OA_STRUCT(OXNSPI_VALUES, VALUE_LIST))
);

REQUEST(MOD_LINK_ATT,
    OA_U32(OXNSPI_LINK_FLAGS),
    OA_U32(OXNSPI_TAG),
    OA_U32(OXNSPI_MID),
    HAS(OA_STRUCT(OXNSPI_ENTRY_IDS, BINARY_LIST))
);
RESPONSE(MOD_LINK_ATT,
    RESULT
);

REQUEST(MOD_PROPS,
    RESERVED,
    STAT,
    PROPERTY_TAGS,
    HAS(OA_STRUCT(OXNSPI_VALUES, VALUE_LIST))
);
RESPONSE(MOD_PROPS,
    RESULT
);

REQUEST(QUERY_COLUMNS,
    RESERVED,
    OA_U32(OXNSPI_COLUMN_FLAGS)
);
RESPONSE(QUERY_COLUMNS,
    RESULT,
    COLUMNS
);

REQUEST(QUERY_ROWS,
    OA_U32(OXNSPI_RETRIEVE_FLAGS),
    STAT,
    OA_STRUCT(OXNSPI_EXPLICIT_TABLE, MIDS),
    OA_U32(OXNSPI_ROWS_WANTED),
    COLUMNS
);
RESPONSE(QUERY_ROWS,
    RESULT,
    STAT,
    ROWS
);

REQUEST(RESOLVE_NAMES,
    RESERVED,
    STAT,
    PROPERTY_TAGS,
    HAS(OA_STRUCT(OXNSPI_NAMES, NAMES))
);
RESPONSE(RESOLVE_NAMES,
    RESULT,
    CODE_PAGE,
    HAS(OA_STRUCT(OXNSPI_MIDS, RESOLVED)),
    ROWS
);

REQUEST(RESORT_RESTRICTION,
    RESERVED,
    STAT,
    MID_LIST
);
RESPONSE(RESORT_RESTRICTION,
    RESULT,
    STAT,
    MID_LIST
);

REQUEST(SEEK_ENTRIES,
    RESERVED,
    STAT,
    HAS(OA_STRUCT(OXNSPI_VALUE, TAGGED)),
    HAS(OA_STRUCT(OXNSPI_EXPLICIT_TABLE, MIDS)),
    COLUMNS
);
RESPONSE(SEEK_ENTRIES,
    RESULT,
    STAT,
    ROWS
);

REQUEST(UPDATE_STAT,
    RESERVED,
    STAT,
    OA_U8(OXCMAPIHTTP_DELTA_REQUESTED)
);
RESPONSE(UPDATE_STAT,
    RESULT,
    STAT,
    HAS(OA_I32(OXNSPI_DELTA))
);

REQUEST(GET_MAILBOX_URL,
    OA_U32(OXCMAPIHTTP_URL_FLAGS),
    OA_STRING16Z(OXCMAPIHTTP_DN)
);
RESPONSE(GET_MAILBOX_URL,
    RESULT,
    OA_STRING16Z(OXCMAPIHTTP_URL)
);

REQUEST(GET_ADDRESS_BOOK_URL,
    OA_U32(OXCMAPIHTTP_URL_FLAGS),
    OA_STRING16Z(OXCMAPIHTTP_DN)
);
RESPONSE(GET_ADDRESS_BOOK_URL,
    RESULT,
    OA_STRING16Z(OXCMAPIHTTP_URL)
);

#define LAYOUTS_NONE(id, name) { { NULL, NULL }, { NULL, NULL } }
#define LAYOUTS_LAYOUTS(id, name) { { name, id##_REQUEST }, { name, id##_RESPONSE } }

/* clang-format on */

/* Rows without slots: the type has no bodies. */
static const struct {
    struct oa_layout request, response;
} LAYOUTS[OA_MAPI_HTTP_TYPES] = {
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts)                                \
    [OA_MAPI_HTTP_##id] = LAYOUTS_##layouts(id, name),
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
};

const struct oa_layout *
oa_mapi_http_layout(enum oa_mapi_http_type type, bool is_response)
{
    if ((unsigned)type >= OA_MAPI_HTTP_TYPES)
        return NULL;
    const struct oa_layout *layout = is_response ? &LAYOUTS[type].response : &LAYOUTS[type].request;
    return layout->slots ? layout : NULL;
}
