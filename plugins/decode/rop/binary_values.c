/* binary_values.c
 * Structures that the values of binary properties are, by the property.
 * [MS-OXOMSG] 2.2.1.3 (conversation index), 2.2.1.74 (verb stream), 2.2.2.22 (report tag),
 * [MS-OXCDATA] 2.3.3 (lists of entry IDs), [MS-OXOSFLD] 2.2.4, [MS-OXOCFG] 2.2.7.1 (folders),
 * [MS-OXCMSG] 2.2.1.58 (retention), [MS-OXORULE] 2.2.4, 2.2.5 (rules)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/binary_values.h"

#include <string.h>

#include "rop/calendar_values.h"
#include "rop/entry_id.h"
#include "rop/property.h"

#define CONVERSATION_TIME_SIZE 5
#define LEVEL_SIZE 5
#define CONVERSATION_HEAD_SIZE 22
#define COOKIE_SIZE 9

/* clang-format off */

OA_LAYOUT(LEVEL, "ResponseLevel",
    OA_BIG_ENDIAN,
    OA_U32(CONVERSATION_DELTA),
    OA_U8(CONVERSATION_RANDOM)
);
OA_LAYOUT(CONVERSATION_INDEX, "PidTagConversationIndex",
    OA_U8(CONVERSATION_RESERVED),
    OA_BYTES(CONVERSATION_TIME, CONVERSATION_TIME_SIZE),
    OA_GUID(CONVERSATION_GUID),
    OA_REPEAT_REST(NONE),
    OA_STRUCT(CONVERSATION_LEVEL, LEVEL)
);

OA_LAYOUT(SEARCH_KEY, "SearchKey", OA_STRING8Z(ADDRESS_SEARCH_KEY));
OA_LAYOUT(ONE_GUID, "GUID", OA_GUID(BINARY_GUID));

#define ENTRY_ID(field) OA_BLOB_IF(field, oa_rop_is_entry_id, oa_rop_entry_id)

/* Entries are padded to a multiple of four bytes, the last one perhaps not. */
OA_LAYOUT(PAD1, "FlatEntry", OA_IF_LEFT(1), OA_BYTES(FLAT_ENTRY_PAD, 1));
OA_LAYOUT(PAD2, "FlatEntry", OA_IF_LEFT(2), OA_BYTES(FLAT_ENTRY_PAD, 2));
OA_LAYOUT(PAD3, "FlatEntry", OA_IF_LEFT(3), OA_BYTES(FLAT_ENTRY_PAD, 3));
static const struct oa_arm PAD_ARMS[] = {
    [0] = OA_ARM_AT_EMPTY,
    [1] = OA_ARM_AT(PAD3),
    [2] = OA_ARM_AT(PAD2),
    [3] = OA_ARM_AT(PAD1),
};
OA_LAYOUT(FLAT_ENTRY, "FlatEntry",
    OA_COUNTED(4, FLAT_ENTRY_SIZE),
    ENTRY_ID(FLAT_ENTRY_ID),
    OA_SWITCH_INDEX(FLAT_ENTRY_SIZE, 3, PAD_ARMS)
);
OA_LAYOUT(FLAT_ENTRIES, "FlatEntryList",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(FLAT_ENTRY, FLAT_ENTRY)
);
OA_LAYOUT(FLAT_LIST, "FlatEntryList",
    OA_U32(FLAT_COUNT),
    OA_COUNTED(4, FLAT_SIZE),
    OA_STRUCT(FLAT_ENTRIES, FLAT_ENTRIES)
);

/* Folders */

OA_LAYOUT(PERSIST_ELEMENT, "PersistElement",
    OA_U16(PERSIST_ELEMENT_ID),
    OA_COUNTED(2, PERSIST_ELEMENT_SIZE),
    ENTRY_ID(PERSIST_ELEMENT_DATA)
);
OA_LAYOUT(PERSIST_ELEMENTS, "PersistData",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(PERSIST_ELEMENT, PERSIST_ELEMENT)
);
OA_LAYOUT(PERSIST_BLOCK, "PersistData",
    OA_U16(PERSIST_ID),
    OA_COUNTED(2, PERSIST_SIZE),
    OA_PARTS(PERSIST_ELEMENTS)
);
OA_LAYOUT(PERSIST_DATA, "PidTagAdditionalRenEntryIdsEx",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(PERSIST_DATA, PERSIST_BLOCK)
);

OA_LAYOUT(FOLDER_FLAG, "PidTagExtendedFolderFlags",
    OA_U8(FOLDER_FLAG_ID),
    OA_COUNTED(1, FOLDER_FLAG_SIZE),
    OA_OCTETS(FOLDER_FLAG_DATA)
);
OA_LAYOUT(FOLDER_FLAGS, "PidTagExtendedFolderFlags",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(FOLDER_FLAG, FOLDER_FLAG)
);

OA_LAYOUT(START_DATE, "PidTagStartDateEtc",
    OA_U32(RETENTION_PERIOD),
    OA_FILETIME(RETENTION_START)
);

/* Reports and votes */

#define SIZED OA_COUNTED(4, REPORT_SIZE)
OA_LAYOUT(REPORT_TAG, "PidTagReportTag",
    OA_BYTES(REPORT_COOKIE, COOKIE_SIZE),
    OA_U32(REPORT_VERSION),
    SIZED, ENTRY_ID(REPORT_STORE),
    SIZED, ENTRY_ID(REPORT_FOLDER),
    SIZED, ENTRY_ID(REPORT_MESSAGE),
    SIZED, ENTRY_ID(REPORT_SEARCH_FOLDER),
    SIZED, OA_OCTETS(REPORT_SEARCH_KEY),
    SIZED, OA_STRING8(REPORT_TEXT)
);

#define VERB_TEXT(field) OA_COUNTED(1, VERB_TEXT_LENGTH), OA_STRING8(field)
OA_LAYOUT(VOTE_OPTION, "VoteOption",
    OA_U32(VERB_TYPE),
    VERB_TEXT(VERB_DISPLAY_NAME),
    VERB_TEXT(VERB_CLASS),
    VERB_TEXT(VERB_INTERNAL_TEXT),
    VERB_TEXT(VERB_DISPLAY_NAME_REPEAT),
    OA_U32(VERB_INTERNAL32),
    OA_U8(VERB_INTERNAL8),
    OA_U32(VERB_US_HEADERS),
    OA_U32(VERB_INTERNAL32),
    OA_U32(VERB_SEND_BEHAVIOR),
    OA_U32(VERB_INTERNAL32),
    OA_U32(VERB_ID),
    OA_U32(VERB_INTERNAL32)
);
#define WIDE_TEXT(field)                                                                           \
    OA_U8(VERB_TEXT_LENGTH),                                                                       \
    OA_BOUND_UNITS(VERB_TEXT_LENGTH, 2),                                                           \
    OA_STRING16(field)
OA_LAYOUT(VOTE_EXTRAS, "VoteOptionExtras",
    WIDE_TEXT(VERB_WIDE_NAME),
    WIDE_TEXT(VERB_WIDE_NAME_REPEAT)
);
OA_LAYOUT(VERB_STREAM, "PidLidVerbStream",
    OA_U16(VERB_VERSION),
    OA_LIST(4, VERB_COUNT, NONE),
    OA_STRUCT(VERB_OPTION, VOTE_OPTION),
    OA_U16(VERB_VERSION),
    OA_REPEAT(NONE, VERB_COUNT),
    OA_STRUCT(VERB_EXTRAS, VOTE_EXTRAS)
);

/* Rules. Extended rules have counts of four bytes where others have two; the properties that they
 * name are in their own list. */

OA_LAYOUT(RULE_IDS, "PidTagRuleIds",
    OA_REPEAT_REST(NONE),
    OA_ID(RULE_ID)
);
OA_LAYOUT(NAMES, "NamedPropertyInformation",
    OA_REPEAT_REST(NONE),
    OA_STRUCT(PROPERTY_NAME, OA_LAYOUT_PROPERTY_NAME)
);
#define NAMED_PROPERTIES                                                                           \
    OA_U16(EXTENDED_RULE_NAME_COUNT),                                                              \
    OA_IF_NOT(EXTENDED_RULE_NAME_COUNT, 0),                                                        \
    OA_REPEAT(PROPERTY_IDS, EXTENDED_RULE_NAME_COUNT),                                             \
    OA_U16(PROPERTY_ID),                                                                           \
    OA_IF_NOT(EXTENDED_RULE_NAME_COUNT, 0),                                                        \
    OA_COUNTED(4, EXTENDED_RULE_NAMES_SIZE),                                                       \
    OA_STRUCT(PROPERTY_NAMES, NAMES)

OA_LAYOUT(CONDITION, "PidTagExtendedRuleMessageCondition",
    NAMED_PROPERTIES,
    OA_STRUCT(RESTRICTION, OA_LAYOUT_RESTRICTION)
);
OA_LAYOUT(ACTIONS, "PidTagExtendedRuleMessageActions",
    NAMED_PROPERTIES,
    OA_U32(EXTENDED_RULE_VERSION),
    OA_PARTS(OA_LAYOUT_RULE_ACTIONS)
);

static oa_blob_fn read_condition, read_actions;
OA_LAYOUT(EXTENDED_CONDITION, "PidTagExtendedRuleMessageCondition", OA_CALL(read_condition));
OA_LAYOUT(EXTENDED_ACTIONS, "PidTagExtendedRuleMessageActions", OA_CALL(read_actions));

/* clang-format on */

static void
read_extended(struct oa_walk *walk, void *node, const struct oa_layout *layout)
{
    unsigned known = oa_walk_known(walk);

    oa_walk_set(walk, OA_F_EXTENDED_RULE, 1);
    void *inner = oa_walk_begin(walk, node, OA_F_EXTENDED_RULE, -1);
    oa_walk_layout(walk, inner, layout);
    oa_walk_end(walk, inner);
    oa_walk_forget(walk, known);
}

static void
read_condition(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    read_extended(walk, node, &CONDITION);
}

static void
read_actions(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    read_extended(walk, node, &ACTIONS);
}

/* --- whether bytes are such a structure --- */

/* The head, and whole levels after it. */
static bool
is_conversation_index(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 1 && (length - CONVERSATION_HEAD_SIZE) % LEVEL_SIZE == 0;
}

/* "EX:/O=LAB/...", with a terminator. */
static bool
is_address(const uint8_t *bytes, size_t length)
{
    size_t type = 0;

    while (type < length && g_ascii_isalnum(bytes[type]))
        type++;
    return type > 0 && type < length && bytes[type] == ':' &&
           memchr(bytes, 0, length) == bytes + length - 1;
}

/* The size is that of the rest. */
static bool
is_flat_list(const uint8_t *bytes, size_t length)
{
    struct oa_cursor cursor = oa_cursor_over(bytes + 4, length - 4);

    return oa_cursor_u32(&cursor) == length - 8;
}

/* Blocks up to the end, each with a number and its size. */
static bool
is_chain(const uint8_t *bytes, size_t length, unsigned width)
{
    struct oa_cursor cursor = oa_cursor_over(bytes, length);

    while (oa_cursor_left(&cursor) > 0 && !cursor.is_short) {
        oa_cursor_skip(&cursor, width);
        oa_cursor_skip(&cursor, (size_t)oa_cursor_uint(&cursor, width));
    }
    return !cursor.is_short;
}

static bool
is_folder_flags(const uint8_t *bytes, size_t length)
{
    return is_chain(bytes, length, 1);
}

static bool
is_persist_data(const uint8_t *bytes, size_t length)
{
    return is_chain(bytes, length, 2);
}

/* The size of the data is that of the rest. */
static bool
is_global_id(const uint8_t *bytes, size_t length)
{
    struct oa_cursor cursor = oa_cursor_over(bytes + 36, length - 36);

    return oa_cursor_u32(&cursor) == length - 40;
}

/* --- kinds --- */

/* clang-format off */
#define RECURRENCE_HEAD "\x04\x30\x04\x30"

/* The size, the bytes that it begins with, and the test have to fit. */
static const struct kind {
    uint16_t id;
    const char *name; /* of a named property, which has no ID of its own */
    const struct oa_layout *layout;
    size_t minimum, maximum; /* 0: no maximum */
    const char *head;
    bool (*fits)(const uint8_t *bytes, size_t length);
} KINDS[] = {
    { 0x0031, NULL, &REPORT_TAG, 13, 0, "PCDFEB09", NULL },                         /* PidTagReportTag */
    { 0x003b, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagSentRepresentingSearchKey */
    { 0x004f, NULL, &FLAT_LIST, 8, 0, "", is_flat_list },                           /* PidTagReplyRecipientEntries */
    { 0x0051, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagReceivedBySearchKey */
    { 0x0052, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagReceivedRepresentingSearchKey */
    { 0x0053, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagReadReceiptSearchKey */
    { 0x0054, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagReportSearchKey */
    { 0x005c, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagOriginalSenderSearchKey */
    { 0x005f, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagOriginalSentRepresentingSearchKey */
    { 0x0071, NULL, &CONVERSATION_INDEX, CONVERSATION_HEAD_SIZE, 0, "", is_conversation_index }, /* PidTagConversationIndex */
    { 0x0c1d, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagSenderSearchKey */
    { 0x0e99, NULL, &EXTENDED_ACTIONS, 6, 0, "", NULL },                            /* PidTagExtendedRuleMessageActions */
    { 0x0e9a, NULL, &EXTENDED_CONDITION, 3, 0, "", NULL },                          /* PidTagExtendedRuleMessageCondition */
    { 0x0ff8, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagMappingSignature */
    { 0x0ffa, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagStoreRecordKey */
    { 0x300b, NULL, &SEARCH_KEY, 3, 0, "", is_address },                            /* PidTagSearchKey */
    { 0x3013, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagConversationId */
    { 0x3018, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagArchiveTag */
    { 0x3019, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagPolicyTag */
    { 0x301b, NULL, &START_DATE, 12, 12, "", NULL },                                /* PidTagStartDateEtc */
    { 0x3414, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagStoreProvider */
    { 0x36d9, NULL, &PERSIST_DATA, 4, 0, "", is_persist_data },                     /* PidTagAdditionalRenEntryIdsEx */
    { 0x36da, NULL, &FOLDER_FLAGS, 2, 0, "", is_folder_flags },                     /* PidTagExtendedFolderFlags */
    { 0x6645, NULL, &OA_LAYOUT_RULE_ACTIONS, 2, 0, "", NULL },                      /* PidTagClientActions */
    { 0x6675, NULL, &RULE_IDS, 8, 0, "", NULL },                                    /* PidTagRuleIds */
    { 0x6842, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagSearchFolderId, PidTagWlinkGroupHeaderID */
    { 0x684f, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagWlinkFolderType */
    { 0x6850, NULL, &ONE_GUID, 16, 16, "", NULL },                                  /* PidTagWlinkGroupClsid */
    { 0, "PidLidAppointmentRecur", &OA_LAYOUT_APPOINTMENT_RECURRENCE, 22, 0, RECURRENCE_HEAD, NULL },
    { 0, "PidLidAppointmentTimeZoneDefinitionEndDisplay", &OA_LAYOUT_TIME_ZONE_DEFINITION, 4, 0, "\x02", NULL },
    { 0, "PidLidAppointmentTimeZoneDefinitionRecur", &OA_LAYOUT_TIME_ZONE_DEFINITION, 4, 0, "\x02", NULL },
    { 0, "PidLidAppointmentTimeZoneDefinitionStartDisplay", &OA_LAYOUT_TIME_ZONE_DEFINITION, 4, 0, "\x02", NULL },
    { 0, "PidLidCleanGlobalObjectId", &OA_LAYOUT_GLOBAL_OBJECT_ID, 40, 0, "\x04", is_global_id },
    { 0, "PidLidGlobalObjectId", &OA_LAYOUT_GLOBAL_OBJECT_ID, 40, 0, "\x04", is_global_id },
    { 0, "PidLidTaskRecurrence", &OA_LAYOUT_RECURRENCE, 22, 0, RECURRENCE_HEAD, NULL },
    { 0, "PidLidTimeZoneStruct", &OA_LAYOUT_TIME_ZONE, 48, 48, "", NULL },
    { 0, "PidLidVerbStream", &VERB_STREAM, 6, 0, "\x02\x01", NULL },
    { 0, "PidLidContactLinkEntry", &FLAT_LIST, 8, 0, "", is_flat_list },
};
/* clang-format on */

unsigned
oa_binary_kind(uint16_t property_id, const struct oa_property_name *name)
{
    const char *canonical = name ? oa_property_name_canonical(name) : NULL;

    if (property_id >= OA_NAMED_ID_MIN && !canonical)
        return 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (canonical ? KINDS[i].name && strcmp(KINDS[i].name, canonical) == 0
                      : KINDS[i].id == property_id && !KINDS[i].name)
            return i + 1;
    return 0;
}

const struct oa_layout *
oa_binary_layout(unsigned kind, const uint8_t *bytes, size_t length)
{
    const struct kind *row = kind ? &KINDS[kind - 1] : NULL;

    if (!row || length < row->minimum || (row->maximum && length > row->maximum))
        return NULL;
    if (memcmp(bytes, row->head, strlen(row->head)) != 0 ||
        (row->fits && !row->fits(bytes, length)))
        return NULL;
    return row->layout;
}
