/* entry_id.c
 * Entry IDs and keys of objects, as binary property values have them.
 * [MS-OXCDATA] 2.2.4 (stores), 2.2.5 (recipients), [MS-OXCFXICS] 2.2.2.2, 2.2.2.3 (XID)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/entry_id.h"

#include <string.h>

#define GUID_SIZE 16
#define HEAD_SIZE 20 /* Flags and ProviderUID */
#define TYPE_SIZE 2
#define ID_SIZE 24 /* DatabaseGuid, GlobalCounter, Pad */
#define DLL_SIZE 14
#define ONE_OFF_UNICODE 0x8000

/* clang-format off */

#define HEAD                                                                                       \
    OA_U32(ENTRY_FLAGS),                                                                           \
    OA_BYTES(ENTRY_PROVIDER, GUID_SIZE)

OA_LAYOUT(OBJECT, "ID of an object",
    OA_BYTES(ROP_DATABASE_GUID, GUID_SIZE),
    OA_BYTES(ROP_GLOBAL_COUNTER, 6),
    OA_U16(ROP_PAD)
);
OA_LAYOUT(FOLDER, "FolderEntryID",
    HEAD,
    OA_U16(ENTRY_TYPE),
    OA_STRUCT(ENTRY_FOLDER, OBJECT)
);
OA_LAYOUT(MESSAGE, "MessageEntryID",
    HEAD,
    OA_U16(ENTRY_TYPE),
    OA_STRUCT(ENTRY_FOLDER, OBJECT),
    OA_STRUCT(ENTRY_MESSAGE, OBJECT)
);
OA_LAYOUT(STORE, "StoreObjectEntryID",
    HEAD,
    OA_U8(ENTRY_STORE_VERSION),
    OA_U8(ENTRY_STORE_FLAG),
    OA_BYTES(ENTRY_STORE_DLL, DLL_SIZE),
    OA_U32(ENTRY_STORE_WRAPPED_FLAGS),
    OA_BYTES(ENTRY_STORE_WRAPPED_PROVIDER, GUID_SIZE),
    OA_U32(ENTRY_STORE_WRAPPED_TYPE),
    OA_STRING8Z(ENTRY_STORE_SERVER),
    OA_STRING8Z(ENTRY_STORE_DN)
);
OA_LAYOUT(ADDRESS_BOOK, "AddressBookEntryID",
    HEAD,
    OA_U32(ENTRY_BOOK_VERSION),
    OA_U32(ENTRY_BOOK_TYPE),
    OA_STRING8Z(ENTRY_BOOK_DN)
);

#define TEXT(name)                                                                                 \
    OA_IF_ANY(ENTRY_ONE_OFF_FLAGS, ONE_OFF_UNICODE),                                               \
    OA_STRING16Z(ENTRY_ONE_OFF_##name),                                                            \
    OA_IF_NONE(ENTRY_ONE_OFF_FLAGS, ONE_OFF_UNICODE),                                              \
    OA_STRING8Z(ENTRY_ONE_OFF_##name##8)
OA_LAYOUT(ONE_OFF, "OneOffEntryID",
    HEAD,
    OA_U16(ENTRY_ONE_OFF_VERSION),
    OA_U16(ENTRY_ONE_OFF_FLAGS),
    TEXT(NAME),
    TEXT(TYPE),
    TEXT(ADDRESS)
);

const struct oa_layout OA_LAYOUT_XID = OA_LAYOUT_OF("XID",
    OA_BYTES(XID_NAMESPACE, GUID_SIZE),
    OA_OCTETS(XID_LOCAL_ID)
);
const struct oa_layout OA_LAYOUT_PREDECESSORS = OA_LAYOUT_OF("PredecessorChangeList",
    OA_REPEAT_REST(NONE),
    OA_COUNTED(1, XID_SIZE),
    OA_XID(XID)
);

/* clang-format on */

/* Kinds that are known by their provider, and the fewest bytes that they have. */
static const struct {
    uint8_t provider[GUID_SIZE];
    size_t minimum;
    const struct oa_layout *layout;
} PROVIDERS[] = {
    { { 0x38, 0xa1, 0xbb, 0x10, 0x05, 0xe5, 0x10, 0x1a, 0xa1, 0xbb, 0x08, 0x00, 0x2b, 0x2a, 0x56,
        0xc2 },
      HEAD_SIZE + 42,
      &STORE },
    { { 0xdc, 0xa7, 0x40, 0xc8, 0xc0, 0x42, 0x10, 0x1a, 0xb4, 0xb9, 0x08, 0x00, 0x2b, 0x2f, 0xe1,
        0x82 },
      HEAD_SIZE + 9,
      &ADDRESS_BOOK },
    { { 0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54,
        0x02 },
      HEAD_SIZE + 7,
      &ONE_OFF },
};

/* Whether the type is one of folders, or of messages, 2.2.4.1, 2.2.4.2. */
static bool
is_type(const uint8_t *at, bool of_message)
{
    static const uint8_t FOLDERS[] = { 0x01, 0x03, 0x05, 0x0c };
    static const uint8_t MESSAGES[] = { 0x07, 0x09, 0x0b };

    return at[1] == 0 && (of_message ? memchr(MESSAGES, at[0], sizeof MESSAGES)
                                     : memchr(FOLDERS, at[0], sizeof FOLDERS)) != NULL;
}

/* Entry IDs of folders and messages have the provider of their store: they are known by their
 * length and type. NULL: not an entry ID. */
static const struct oa_layout *
layout_of(const uint8_t *bytes, size_t length)
{
    if (length < HEAD_SIZE + TYPE_SIZE)
        return NULL;
    for (size_t i = 0; i < sizeof PROVIDERS / sizeof PROVIDERS[0]; i++)
        if (length >= PROVIDERS[i].minimum &&
            memcmp(bytes + 4, PROVIDERS[i].provider, GUID_SIZE) == 0)
            return PROVIDERS[i].layout;
    if (length == HEAD_SIZE + TYPE_SIZE + ID_SIZE && is_type(bytes + HEAD_SIZE, false))
        return &FOLDER;
    if (length == HEAD_SIZE + TYPE_SIZE + 2 * ID_SIZE && is_type(bytes + HEAD_SIZE, true))
        return &MESSAGE;
    return NULL;
}

bool
oa_rop_is_entry_id(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    (void)walk;
    return layout_of(bytes, length) != NULL;
}

void
oa_rop_entry_id(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    oa_walk_layout(walk, node, layout_of(bytes, length));
}

bool
oa_rop_is_xid(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    (void)walk;
    (void)bytes;
    return length > GUID_SIZE;
}

void
oa_rop_xid(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    oa_walk_layout(walk, node, &OA_LAYOUT_XID);
}
